"""SYNTHESIS: the cells given: a row for each administration, and what a patient's line says of them."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from extract.evidence.display import dose_text
from extract.model import plain
from extract.synthesis.given import CELLS, INTRAVENOUS, PER_KG, times
from extract.synthesis.patient_tables import about, footnotes, opening_remarks, people_remark, who
from extract.synthesis.rows import Conflict, Outputs, Person, Row, Value
from extract.synthesis.sheets import (
    NONE,
    NR,
    Cell,
    Column,
    Draft,
    Sheet,
    conflict_note,
    ids_of,
    joined,
    numbered,
    said,
    shown,
)


def treatment_table(outputs: Outputs) -> Sheet:
    """Cells given: a row for each administration row. Doses per kg as printed and as computed stand in columns of their
    own."""
    draft = Draft(
        "treatment",
        "Cells given",
        (
            Column("Study", width=1.5),
            Column("Patient", width=0.8),
            Column("Course", width=0.6, is_number=True),
            Column("Kind of cell", width=1.4),
            Column("Donor", width=0.9),
            Column("Tissue", width=1.1),
            Column("Route", width=1.1),
            Column("Site", width=1),
            Column("cells", "Dose per administration", 1.2),
            Column("cells/kg, stated", "Dose per administration", 1.2),
            Column("cells/kg, derived", "Dose per administration", 1.2),
            Column("other unit", "Dose per administration", 0.9),
            Column("Number", width=0.6, is_number=True),
            Column("Interval or months", width=1),
            Column("Total cells", width=1.1),
        ),
        opening_remarks(
            outputs,
            "Cells/kg as printed and as computed (cells divided by the printed weight, for intravenous doses) are "
            "never mixed. Total: cells times number.",
            *people_remark(outputs),
        ),
    )
    for person in outputs.treated:
        for row in person.administrations:
            draft.add(*_treatment(draft, person, row))
        if not person.administrations:
            draft.add(person.study, who(person), *[NR] * 13)
    return draft.sheet()


def _treatment(draft: Draft, person: Person, row: Row) -> Iterable[Cell]:
    site = " ".join(filter(None, (row.text("laterality"), row.text("site"))))
    cells, per_kg, other = dose_cells(draft, person, row)
    yield said(person.study)
    yield said(who(person))
    yield shown(_told(row.value("course")))
    yield _told_cell(draft, person, row, "cell_type")
    yield _told_cell(draft, person, row, "donor")
    source = joined([row.text("tissue"), row.text("product")])
    yield said(source, _linked(draft, person, row, "tissue"), of=map(row.value, ("tissue", "product")))
    yield _told_cell(draft, person, row, "route")
    yield said(site, _linked(draft, person, row, "site"), NONE, map(row.value, ("laterality", "site")))
    yield from (cells, per_kg, derived_per_kg(row), other)
    yield shown(row.value("count"), _linked(draft, person, row, "count", f"number of {row.text('route') or 'admin'}"))
    yield said(joined([row.text("interval"), _months(row)]), of=map(row.value, ("interval", "timing_months")))
    yield total_cell(row)


def _told_cell(draft: Draft, person: Person, row: Row, name: str) -> Cell:
    return said(row.text(name), _linked(draft, person, row, name), of=[row.value(name)])


def _told(value: Value | None) -> Value | None:
    """A value without the mark of being computed: the number of a course is the program's way of counting."""
    return None if value is None else Value(value.text, value.number)


def _months(row: Row) -> str:
    months = row.items("timing_months")
    return f"at {', '.join(months)} months" if months else ""


def dose_cells(draft: Draft, person: Person, row: Row) -> tuple[Cell, Cell, Cell]:
    """The dose of a row in cells, in cells per kg as printed, and in another unit."""
    basis = {
        "total": "Total of all administrations, not the dose of each.",
        "unclear": "The paper does not say whether this is the dose of each administration or of all.",
    }.get(row.text("dose_basis"))
    of_basis = [basis] if basis else []
    loose = [conflict for conflict in about(person, "dose cells", "dose range") if _is_loose(person, conflict)]
    absolute = dict.fromkeys([*_of_row(person, row, *CELLS), *loose])
    relative = dict.fromkeys([*_of_row(person, row, *PER_KG), *_loose_per_kg(person, row)])
    notes = draft.notes([*of_basis, *map(conflict_note, absolute)])
    cells = said(_dose(row, CELLS, "cells"), notes, of=map(row.value, CELLS))
    if cells.text != NR:
        of_basis = []
    notes = draft.notes([*of_basis, *map(conflict_note, relative)])
    per_kg = said(_dose(row, PER_KG, "cells/kg"), notes, of=map(row.value, PER_KG))
    unit = row.text("dose_unit")
    other = ""
    names = ("dose_value", "dose_low", "dose_high")
    if unit not in ("cells", "cells/kg"):
        other = dose_text(row.text("dose_value"), row.text("dose_low"), row.text("dose_high"), unit)
    return cells, per_kg, said(other, missing=NONE, of=map(row.value, names) if other else ())


def _dose(row: Row, names: tuple[str, str, str], unit: str) -> str:
    """A dose without its unit, which the column says."""
    one, low, high = (row.text(name) for name in names)
    return dose_text(one, low, high, unit).removesuffix(f" {unit}")


def derived_per_kg(row: Row) -> Cell:
    """The computed dose per kg, to three digits; none where the paper prints one or there is nothing to compute it
    from."""
    value = row.value("cells_per_kg_derived")
    if value is None or value.number is None:
        return Cell(NONE)
    rounded = plain(value.number.quantize(Decimal(1).scaleb(value.number.adjusted() - 2)))
    text = dose_text(rounded, "", "", "cells/kg").removesuffix(" cells/kg")
    return Cell(text, None, True, value.formula, values=ids_of([value]))


def total_cell(row: Row) -> Cell:
    """The computed total of a row."""
    value = row.value("total_cells_derived")
    if value is None:
        return Cell(NR)
    text = dose_text(value.text, "", "", "cells").removesuffix(" cells")
    return Cell(text, None, True, value.formula, values=ids_of([value]))


def _of_row(person: Person, row: Row, *names: str) -> list[Conflict]:
    """The conflicts that one side of is shown in some columns of a row."""
    wanted = {(row.table, row.record, name) for name in names}
    return [c for c in person.conflicts if c.a.cells & wanted or c.b.cells & wanted]


def _is_loose(person: Person, conflict: Conflict) -> bool:
    """Whether no row of the patient's table shows either side."""
    records = {row.record for row in person.administrations}
    return not any(record in records for _, record, _ in (*conflict.a.cells, *conflict.b.cells))


def _loose_per_kg(person: Person, row: Row) -> list[Conflict]:
    if not any(name in row for name in PER_KG):
        return []
    return [conflict for conflict in about(person, "dose per kg") if _is_loose(person, conflict)]


def _linked(draft: Draft, person: Person, row: Row, name: str, topic: str = "") -> tuple[int, ...]:
    """The footnotes of a cell: conflicts that it is a side of, and those of its topic that no cell is a side of."""
    loose = [conflict for conflict in about(person, topic or name) if _is_loose(person, conflict)]
    return footnotes(draft, dict.fromkeys([*_of_row(person, row, name), *loose]))


def dose_summary(draft: Draft, person: Person) -> Cell:
    """The doses of a patient by route, each with its number, for the table with one line a patient."""
    parts: dict[str, int | None] = {}
    notes: list[int] = []
    values: list[str] = []
    for row in person.administrations:
        cells, per_kg, other = dose_cells(draft, person, row)
        computed = derived_per_kg(row)
        route = "IV" if row.text("route") == INTRAVENOUS else row.text("route") or "route NR"
        said_doses = [
            f"{cells.text}" if cells.text != NR else "",
            f"{per_kg.text}/kg s" if per_kg.text != NR else "",
            f"{computed.text}/kg d" if computed.text != NONE else "",
            other.text if other.text != NONE else "",
        ]
        doses = [text for text in said_doses if text]
        text = f"{route} {doses[0]}" + (f" ({', '.join(doses[1:])})" if doses[1:] else "") if doses else f"{route} NR"
        number = row.number("count")
        before = parts.get(text, 0)
        parts[text] = None if number is None or before is None else before + int(number)
        notes += [*cells.notes, *per_kg.notes]
        values += [*ids_of([row.value("route")]), *cells.values, *per_kg.values, *other.values]
    text = "; ".join(f"{dose} ×{number}" if number else dose for dose, number in parts.items())
    return Cell(text or NR, notes=tuple(sorted(set(notes))), values=tuple(dict.fromkeys(values)))


def total_of(person: Person) -> Cell:
    """All cells of a patient, computed; NR as soon as the total of one administration row is not known."""
    values = [row.value("total_cells_derived") for row in person.administrations]
    numbers = [value.number for value in values if value is not None and value.number is not None]
    span = times(person)
    if not numbers or len(numbers) < len(values) or span.least != span.most:
        return Cell(NR)
    total = sum(numbers, Decimal(0))
    formula = " + ".join(value.formula for value in values if value is not None)
    return Cell(dose_text(plain(total), "", "", "cells").removesuffix(" cells"), None, True, formula)


def number_cell(draft: Draft, person: Person) -> Cell:
    """How often a patient was given cells."""
    if not person.administrations:
        return numbered(None)
    text = times(person).text
    whole = Decimal(text) if text.isdigit() else None
    return Cell(text, whole, notes=footnotes(draft, about(person, "number of")))
