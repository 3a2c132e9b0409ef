"""LINK, treatments: drafts of all passages become the administrations of a patient, one fact one row."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from extract.derived import cells_per_kg, total_cells
from extract.link.abstracts import with_abstract
from extract.link.claims import Dispute
from extract.link.givings import (
    NEW_COURSE,
    Dose,
    Giving,
    bundled,
    count_of,
    order_of,
    with_fact,
)
from extract.link.merging import crossed, explicit, itemised, routed, unique, with_sources, within
from extract.link.places import elsewhere_disputes, with_mentions_elsewhere, with_table
from extract.link.sums import total_disputes
from extract.link.values import as_number, new_id, rank, reported, shown, wheres
from extract.model import Administration, Document, Mention, Reported, Scalar

_PLAIN = (
    *((name, name) for name in ("cell_type", "tissue", "donor", "product", "route", "site", "laterality")),
    ("volume", "volume_ml"),
    ("timing", "timing_months"),
    ("interval", "interval"),
)
_UNIT_FIELDS = {"cells": "dose_cells", "cells/kg": "cells_per_kg"}


class Treatments(NamedTuple):
    """The rows of one patient, and what their passages disagree about."""

    rows: list[Administration]
    disputes: list[Dispute]


def treatments_of(
    document: Document,
    givings: Sequence[Giving],
    sources: dict[str, tuple[tuple[Scalar, Mention], ...]],
    patient: str,
    weight: Reported | None,
    taken: set[str],
    sessions: tuple[Scalar, Mention] | None = None,
) -> Treatments:
    """The administrations of one patient from all that is told of them.

    ``sources``: what the paper says of tissue, donor, cell type and product for this patient outside the
    drafts, used where a draft is silent; ``sessions``: the number of sessions, told apart from any dose. The
    narrative itemises; table and abstract confirm, complete or contradict it.
    """
    disputes: list[Dispute] = []
    told = explicit(document, bundled(document, [g for g in givings if g.wheres[0] == "narrative"]))
    disputes += total_disputes(told, patient)
    table = [g for g in givings if g.wheres[0] == "table"]
    others = sorted(
        (g for g in givings if g.wheres[0] not in ("narrative", "table")),
        key=lambda g: (rank(g.wheres[0]), g.start),
    )
    rows = crossed(itemised(within(routed(document, told))))
    if table:
        rows = with_table(rows, within(table), patient, disputes)
    elsewhere_disputes(rows, others, patient, disputes)
    rows = with_abstract(with_mentions_elsewhere(rows, others), others, patient, disputes)
    rows = with_sources(rows, sources)
    rows = unique(rows)
    if sessions is not None:
        rows = [row if row.facts.get("count") else with_fact(row, "count", (sessions,)) for row in rows]
    rows.sort(key=order_of)
    return Treatments(_as_records(document, rows, patient, weight, disputes, taken), disputes)


def _as_records(
    document: Document,
    rows: Sequence[Giving],
    patient: str,
    weight: Reported | None,
    disputes: list[Dispute],
    taken: set[str],
) -> list[Administration]:
    contested = {d.a.mention.span.start for d in disputes if d.field.startswith(("dose", "route"))}
    out: list[Administration] = []
    course = 1
    for number, row in enumerate(rows, 1):
        told = as_number(row.get("course"))
        if told is not None:
            course = int(told)
        elif number > 1 and NEW_COURSE.search(_own_words(document, rows, number - 1)):
            course += 1
        values = _values(document, row, contested)
        if (one := _total_of_one(row, weight)) is not None:
            values["dose_basis"] = reported(
                document, "per_administration", [one.mention], formula="as many cells as dose per kg × weight"
            )
        values["administration"] = reported(document, Decimal(number), row.mentions[:1], formula="order of the paper")
        values["course"] = reported(
            document,
            Decimal(course),
            row.mentions[:1],
            formula="counted by words like second transplant, N months later",
        )
        values["order"] = reported(document, Decimal(number), row.mentions[:1], formula="order of the paper")
        if (per_kg := cells_per_kg(values, weight)) is not None:
            values["cells_per_kg_derived"] = per_kg
        if (total := total_cells(values)) is not None:
            values["total_cells_derived"] = total
        id = new_id(document, "administrations", patient, row.mentions, taken)
        out.append(Administration(id=id, patient=patient, order=number, values=values))
    return out


def _total_of_one(row: Giving, weight: Reported | None) -> Dose | None:
    """The dose "in total" that is no sum of givings: of three of "2 × 10^6/kg (68 × 10^6 in total)" at 34 kg, each."""
    whole, per_kg = row.dose("cells"), row.dose("cells/kg")
    kilos = as_number(weight.value) if weight is not None else None
    if whole is None or per_kg is None or whole.basis != "total" or (count_of(row) or 1) < 2:
        return None
    if whole.number is None or per_kg.number is None or kilos is None:
        return None
    return whole if abs(whole.number - per_kg.number * kilos) <= _ROUNDED * whole.number else None


_ROUNDED = Decimal("0.1")
"""A dose of cells may differ from that per kg by so much of it: both are printed rounded."""


def _own_words(document: Document, rows: Sequence[Giving], index: int) -> str:
    """The words of a row's sentence that no neighbour in the same sentence has a better claim to."""
    row = rows[index]
    start = document.text.rfind(row.sentence, 0, row.start + len(row.sentence))
    if start < 0:
        return ""
    left, right = start, start + len(row.sentence)
    if index > 0 and rows[index - 1].sentence == row.sentence:
        left = max(left, min(row.start, rows[index - 1].start + 40))
    if index + 1 < len(rows) and rows[index + 1].sentence == row.sentence:
        right = min(right, rows[index + 1].start)
    return document.text[left:right]


def _values(document: Document, row: Giving, contested: set[int]) -> dict[str, Reported]:
    values: dict[str, Reported] = {}
    for field, column in _PLAIN:
        told = row.facts.get(field, ())
        if told:
            in_dispute = any(m.span.start in contested for _, m in told) and field == "route"
            values[column] = reported(
                document, told[0][0], [m for _, m in told], status="conflict" if in_dispute else "reported"
            )
    for dose in row.doses:
        if dose.unit in _UNIT_FIELDS:
            values.update(_dose_values(document, row, dose, _UNIT_FIELDS[dose.unit], contested))
    main = next(
        (d for unit in ("cells", "cells/kg") if (d := row.dose(unit)) is not None),
        row.doses[0] if row.doses else None,
    )
    if main is not None:
        values.update(_dose_values(document, row, main, "dose", contested))
        values["dose_unit"] = reported(document, main.unit, [main.mention])
        values["dose_basis"] = reported(document, main.basis or "unclear", [main.mention])
    count = row.facts.get("count", ())
    if count and count_of(row) is not None:
        number, teller = count[0]
        stated = teller.field == "count" and (teller.quantity is None or teller.quantity.number == number)
        formula = "" if stated else f"counted from what is told: {shown(number)} times"
        values["count"] = reported(document, number, [m for _, m in count], formula=formula)
    elif not row.facts.get("again"):
        values["count"] = reported(
            document, Decimal(1), row.mentions[:1], formula="one administration told without a number"
        )
    values["where"] = reported(document, wheres(row.wheres), row.mentions)
    lead = main.mention if main is not None else row.mentions[0]
    values["as_written"] = reported(document, lead.text, [lead])
    return values


def _dose_values(document: Document, row: Giving, dose: Dose, column: str, contested: set[int]) -> dict[str, Reported]:
    same = [dose.mention, *(m for m in row.mentions if m.field == "dose" and m.value == dose.mention.value)]
    status = "conflict" if dose.mention.span.start in contested else "reported"
    ends = {"dose": ("dose_value", "dose_low", "dose_high")}.get(column, (column, f"{column}_low", f"{column}_high"))
    return {
        name: reported(
            document, number, same, unit=dose.unit, status="conflict" if status == "conflict" else "reported"
        )
        for name, number in zip(ends, dose.size, strict=True)
        if number is not None
    }
