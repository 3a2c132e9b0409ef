"""SYNTHESIS: the evidence tables with a row for each study, patient or administration."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from decimal import Decimal

from extract.model import plain
from extract.synthesis.confounding import TAKEN, prior, withdrawn
from extract.synthesis.given import sources
from extract.synthesis.rows import Conflict, Outputs, Person, Row, Value
from extract.synthesis.sheets import (
    ABBREVIATIONS,
    IN_ITALICS,
    NONE,
    NR,
    ONLY_REVIEWED,
    Cell,
    Column,
    Draft,
    Sheet,
    conflict_note,
    counted,
    first_of,
    joined,
    said,
    shown,
)

AGES = (
    ("age_treatment_years", ""),
    ("age_treatment_years_derived", ""),
    ("age_report_years", "at report"),
    ("age_diagnosis_years", "at diagnosis"),
    ("age_onset_years", "at onset"),
)
"""What stands for the age at the first cells, best first, and how another age is named."""


def opening_remarks(outputs: Outputs, *more: str) -> tuple[str, ...]:
    """The remarks that every table of values begins with."""
    missing = ONLY_REVIEWED if "only reviewed values" in outputs.filters else ABBREVIATIONS
    return (missing, IN_ITALICS, *more)


def about(person: Person, *topics: str) -> list[Conflict]:
    """The conflicts of a person whose field begins with one of some words."""
    return [conflict for conflict in person.conflicts if conflict.field.startswith(topics)]


def who(person: Person) -> str:
    """The patient as a row names it: the paper's number, and for a group how many."""
    if not person.is_group:
        return person.patient
    return f"{person.patient} (group of {person.n if person.n is not None else NR})"


def people_remark(outputs: Outputs) -> tuple[str, ...]:
    """What is to be said where groups stand among individuals."""
    if not outputs.groups:
        return ()
    return (
        "A group row stands for several people who are not told one by one; it is counted in no number of patients.",
    )


def study_table(outputs: Outputs) -> Sheet:
    """Study characteristics: a row for each paper that was read and tells of a patient."""
    draft = Draft(
        "studies",
        "Characteristics of the studies",
        (
            Column("Study", width=1.6),
            Column("Year", is_number=True, width=0.6),
            Column("Country"),
            Column("Design"),
            Column("stated", "Patients", 0.6, is_number=True),
            Column("found", "Patients", 0.6, is_number=True),
            Column("given cells", "Patients", 0.6, is_number=True),
            Column("Diagnoses", width=2),
            Column("Cells", width=2),
            Column("Routes", width=1.6),
            Column("Follow-up, months", width=0.9),
            Column("DOI", width=1.4),
        ),
        opening_remarks(outputs, *people_remark(outputs), *outputs.notes, *_overlap_remark(outputs)),
    )
    for paper, people in outputs.by_paper():
        if not people:
            continue
        treated = [person for person in people if person.is_treated]
        whole = [
            conflict for conflict in outputs.conflicts if conflict.document == paper.document and not conflict.patient
        ]
        notes = draft.notes(conflict_note(conflict) for conflict in whole)
        if paper.text("status") == "partial":
            notes = draft.notes([*_texts(draft, notes), f"Read in part only ({paper.text('reason')})."])
        draft.add(
            said(outputs.studies[paper.document], notes),
            shown(paper.value("year")),
            said(paper.text("country"), of=[paper.value("country")]),
            said(paper.text("design").replace("_", " "), of=[paper.value("design")]),
            shown(paper.value("patients_stated")),
            shown(paper.value("patients_found")),
            _treated_count(treated),
            said(joined(name for person in people for name in person.index)),
            said(joined(name for person in treated for name in sources(person)), missing=NONE),
            said(joined(row.text("route") for person in treated for row in person.administrations), missing=NONE),
            said(_extent([person.row.number("follow_up_months") for person in treated])),
            said(paper.text("doi"), of=[paper.value("doi")]),
        )
    return draft.sheet()


def _overlap_remark(outputs: Outputs) -> tuple[str, ...]:
    """Who may be counted twice: the same person in two papers, unless the chance is small."""

    def name(row: Row, side: str) -> str:
        document, patient = row.text(f"document_{side}"), row.text(f"patient_{side}")
        return joined([outputs.studies.get(document, document), patient], ", ")

    pairs = [
        f"{name(row, 'a')} and {name(row, 'b')} ({row.text('strength')})"
        for row in outputs.overlaps
        if row.text("strength") != "weak"
    ]
    if not pairs:
        return ()
    return (f"May be the same, and are then counted twice: {joined(pairs)}. A manifest can leave one of them out.",)


def _texts(draft: Draft, notes: Iterable[int]) -> list[str]:
    return [draft.footnotes[number] for number in notes]


def _treated_count(people: Sequence[Person]) -> Cell:
    sizes = [person.n for person in people]
    return Cell(NR) if None in sizes else counted(sum(size for size in sizes if size is not None))


def _extent(numbers: Iterable[Decimal | None]) -> str:
    known = sorted(number for number in numbers if number is not None)
    if not known:
        return ""
    return plain(known[0]) if known[0] == known[-1] else f"{plain(known[0])} to {plain(known[-1])}"


def patient_table(outputs: Outputs) -> Sheet:
    """Patient characteristics: a row for each person who was given cells."""
    draft = Draft(
        "patients",
        "Characteristics of the patients",
        (
            Column("Study", width=1.5),
            Column("Patient", width=0.8),
            Column("Sex", width=0.8),
            Column("onset", "Age in years at", 0.7, is_number=True),
            Column("diagnosis", "Age in years at", 0.8, is_number=True),
            Column("first cells", "Age in years at", 0.9, is_number=True),
            Column("last follow-up", "Age in years at", 0.9, is_number=True),
            Column("Weight, kg", width=0.7, is_number=True),
            Column("Diagnosis", width=1.8),
            Column("Other diagnoses", width=2),
            Column("Treatment before", width=2.6),
            Column("Treatment with or after the cells", width=2),
            Column("Follow-up, months", width=0.8, is_number=True),
        ),
        opening_remarks(
            outputs,
            "Treatment with or after the cells: what was taken; stopped ones are named so.",
            *people_remark(outputs),
        ),
    )
    for person in outputs.treated:
        row = person.row
        others = [d.text("diagnosis") for d in person.diagnoses if d.text("role") == "comorbidity"]
        draft.add(
            person.study,
            who(person),
            shown(row.value("sex"), footnotes(draft, about(person, "sex"))),
            _age(draft, person, "onset"),
            _age(draft, person, "diagnosis"),
            age_cell(draft, person),
            _age(draft, person, "last_follow_up"),
            shown(first_of(row, "weight_kg", "weight_kg_derived"), footnotes(draft, about(person, "weight"))),
            index_cell(draft, person),
            said(joined(others), missing=NONE, of=_of_role(person, "comorbidity")),
            treatment_before_cell(person, joined(prior(person))),
            treatment_with_cell(person),
            follow_up_cell(person),
        )
    return draft.sheet()


def index_cell(draft: Draft, person: Person) -> Cell:
    """The diagnoses that the cells were given for."""
    notes = footnotes(draft, about(person, "diagnosis"))
    return said(joined(person.index), notes, of=_of_role(person, "index"))


def _of_role(person: Person, role: str) -> list[Value | None]:
    return [row.value("diagnosis") for row in person.diagnoses if row.text("role") == role]


def _taken(person: Person, *roles: str) -> list[Value | None]:
    """The treatments of some roles, as values that lead to their words."""
    return [row.value("therapy") for row in person.therapies if row.text("role") in roles]


def treatment_before_cell(person: Person, text: str) -> Cell:
    """The treatments before the cells in the words of a table."""
    return said(text, of=_taken(person, "prior"))


def treatment_with_cell(person: Person) -> Cell:
    """The treatments with the cells or after them."""
    return said(treatment_with(person), of=_taken(person, "concomitant", "post"))


def follow_up_cell(person: Person) -> Cell:
    """The follow-up as stated; else at least as long as the last dated value, which is computed."""
    stated = person.row.value("follow_up_months")
    if stated is not None:
        return shown(stated)
    times = (first_of(row, "timepoint_months", "timepoint_months_derived") for row in person.outcomes)
    last = max((time.number for time in times if time is not None and time.number is not None), default=Decimal(0))
    if last <= 0:
        return Cell(NR)
    return Cell(f"≥{plain(round(last, 2))}", None, True, "the last dated value")


def treatment_with(person: Person) -> str:
    """What was taken with the cells or after them, premedication too, and what was stopped."""
    taken = [
        row for row in person.therapies if row.text("role") in ("concomitant", "post") and row.text("status") in TAKEN
    ]
    names = [row.text("therapy") for row in taken]
    return joined([*names, *(f"{row.text('therapy')} stopped" for row in withdrawn(person))])


def footnotes(draft: Draft, conflicts: Iterable[Conflict]) -> tuple[int, ...]:
    """The footnotes of some conflicts."""
    return draft.notes(conflict_note(conflict) for conflict in conflicts)


def _age(draft: Draft, person: Person, event: str) -> Cell:
    value = _in_hundredths(first_of(person.row, f"age_{event}_years", f"age_{event}_years_derived"))
    return shown(value, footnotes(draft, about(person, f"age {event.replace('_', ' ')}")))


def age_cell(draft: Draft, person: Person) -> Cell:
    """The age at the first cells, or another one that is named in a footnote."""
    for name, event in AGES:
        value = person.row.value(name)
        if value is not None:
            notes = [conflict_note(conflict) for conflict in about(person, "age treatment")]
            if event:
                notes.append(f"Age {event}; the age at the first cells is not reported.")
            return shown(_in_hundredths(value), draft.notes(notes))
    return Cell(NR)


def _in_hundredths(value: Value | None) -> Value | None:
    """An age to two decimals: twenty months are 1.67 years."""
    if value is None or value.number is None:
        return value
    return replace(value, number=round(value.number, 2))
