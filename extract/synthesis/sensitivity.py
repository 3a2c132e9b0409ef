"""SYNTHESIS: the outputs without what might mislead: Outputs -> Outputs.

Each filter takes away values, never people, so that every denominator stays the number of patients with that measure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import NamedTuple

from extract.synthesis.confounding import co_interventions
from extract.synthesis.rows import Outputs, Person, Row

OUTCOME = ("value", "value_text")
"""The columns that hold what was measured."""

SOLE = {"diagnoses": ("diagnosis",), "outcomes": OUTCOME, "adverse_events": ("event",), "therapies": ("therapy",)}
"""The column that a row is about: reviewed with it, the row is."""


class Filter(NamedTuple):
    """A way of leaving out values, what it is called, and what it leaves out."""

    name: str
    meaning: str
    apply: Callable[[Outputs], Outputs]


def without_confounded(outputs: Outputs) -> Outputs:
    """Without the outcomes of patients who took another treatment with the cells or after them."""
    return _each(
        outputs,
        "without confounded outcomes",
        lambda person: replace(person, outcomes=()) if co_interventions(person) else person,
    )


def without_table_only(outputs: Outputs) -> Outputs:
    """Without outcome values that only a table of the paper tells."""
    return _each(
        outputs,
        "without table-only values",
        lambda person: replace(person, outcomes=tuple(row for row in person.outcomes if not _is_table_only(row))),
    )


def without_conflicts(outputs: Outputs) -> Outputs:
    """Without measures (of one rater and patient) on which the paper contradicts itself and nobody has decided."""
    return _each(outputs, "without measures in conflict", _without_disputed)


def only_reviewed(outputs: Outputs) -> Outputs:
    """Only with values that a reviewer accepted or entered, and what was computed in rows of which all are."""
    return _each(outputs, "only reviewed values", _reviewed)


FILTERS = (
    Filter(
        "without confounded outcomes",
        "outcomes of patients who took another treatment with the cells or after them are left out",
        without_confounded,
    ),
    Filter(
        "without table-only values",
        "outcome values that only a table of the paper tells are left out",
        without_table_only,
    ),
    Filter(
        "without measures in conflict",
        "measures on which the paper contradicts itself are left out, unless a reviewer decided",
        without_conflicts,
    ),
    Filter("only reviewed values", "values that no reviewer has accepted or entered are left out", only_reviewed),
)
"""The sensitivity analyses, in the order in which they are told."""


def _each(outputs: Outputs, name: str, change: Callable[[Person], Person]) -> Outputs:
    return replace(outputs, people=tuple(change(person) for person in outputs.people), filters=(*outputs.filters, name))


def _is_table_only(row: Row) -> bool:
    value = next((row.value(name) for name in OUTCOME if name in row), None)
    places = value.where if value is not None and value.where else row.items("where")
    return bool(places) and set(places) == {"table"}


def _without_disputed(person: Person) -> Person:
    disputed = {
        (row.text("measure"), row.text("rater"))
        for row in person.outcomes
        for conflict in person.conflicts
        if conflict.is_open and (conflict.a.is_of(row) or conflict.b.is_of(row))
    }
    return replace(
        person,
        outcomes=tuple(row for row in person.outcomes if (row.text("measure"), row.text("rater")) not in disputed),
    )


def _reviewed(person: Person) -> Person:
    def of(rows: Iterable[Row]) -> tuple[Row, ...]:
        return tuple(row for row in rows if any(_is_reviewed(row, column) for column in SOLE[row.table]))

    given = tuple(row for row in map(_reviewed_values, person.administrations) if _says_something(row))
    return replace(
        person,
        row=_reviewed_values(person.row),
        diagnoses=of(person.diagnoses),
        administrations=given,
        outcomes=of(person.outcomes),
        adverse_events=of(person.adverse_events),
        therapies=of(person.therapies),
    )


def _is_reviewed(row: Row, column: str) -> bool:
    value = row.value(column)
    return value is not None and value.is_reviewed


def _reviewed_values(row: Row) -> Row:
    """A row with the values that were reviewed, those that say whose it is, and derived ones if all others are."""
    stated = [
        value for name, value in row.values.items() if name not in _WHOSE and value.status and not value.is_derived
    ]
    whole = bool(stated) and all(value.is_reviewed for value in stated)
    kept = {
        name: value
        for name, value in row.values.items()
        if name in _WHOSE or value.is_reviewed or (value.is_derived and whole)
    }
    return replace(row, values=kept)


_WHOSE = frozenset(
    {"document", "patient", "label", "kind", "n", "record", "administration", "course", "order", "where", "as_written"}
)
"""Columns that say whose a row is and where it stands, not what the paper says of the patient."""


def _says_something(row: Row) -> bool:
    return bool(set(row.values) - _WHOSE)


def apply(outputs: Outputs, filters: Iterable[Filter]) -> Outputs:
    """The outputs after several filters."""
    for chosen in filters:
        outputs = chosen.apply(outputs)
    return outputs
