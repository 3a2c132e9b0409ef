"""EVIDENCE: what follows from values that reviewers changed is computed anew, or taken away.

A dose stands in two columns, cells and its own unit; totals, ages and an implied weight are computed; the code of a
disease, the class of a drug and the direction of a scale are looked up. None of these may contradict a corrected value.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from decimal import Decimal
from typing import Protocol

from extract.derived import ages_by_follow_up, cells_per_kg, implied_weight, total_cells
from extract.model import Administration, Record, Reported
from extract.schema import Schema, TermsRule

ENDS = ("", "_low", "_high")
DOSE = ("dose_value", "dose_low", "dose_high")
TWINS = {"cells": "dose_cells", "cells/kg": "cells_per_kg"}
"""The columns that repeat a dose of a unit."""

LOOKED_UP = (
    ("diagnoses", "diagnosis", "icd10", "code of the canonical name in schemas/rules"),
    ("therapies", "therapy", "class", "class of the drug in schemas/rules"),
    ("outcomes", "measure", "better", "direction of the scale in schemas/scales.yaml"),
)
"""Table, the column that names something, the column that is looked up for it, and how that is said."""


class Row(Protocol):
    """A record in work: its values may be changed; ``changed`` names the fields that reviewers changed."""

    record: Record
    values: dict[str, Reported]
    changed: set[str]


def follow(rows: Iterable[Row], schema: Schema) -> None:
    """Bring what follows from changed fields into line with them, in place. Rows that were taken back stay as they
    are."""
    rows = [row for row in rows if any(value.value is not None for value in row.values.values())]
    for row in rows:
        _look_up(row, schema)
        if row.record.table == "administrations":
            _pair_doses(row)
    for patient in dict.fromkeys(row.record.patient for row in rows):
        own = [row for row in rows if row.record.patient == patient]
        person = next((row for row in own if row.record.table == "patients"), None)
        given = [row for row in own if row.record.table == "administrations"]
        weighed = person is not None and "weight_kg" in person.changed
        for row in given:
            if row.changed & {"dose_cells", "count", "dose_basis", "route", "cells_per_kg"} or weighed:
                weight = _live(person.values).get("weight_kg") if person else None
                _put(row, "total_cells_derived", total_cells(_live(row.values)))
                _put(row, "cells_per_kg_derived", cells_per_kg(_live(row.values), weight))
        if person is not None:
            _follow_person(person, given)
        _number(given)


def _live(values: dict[str, Reported]) -> dict[str, Reported]:
    """The values without those that were rejected."""
    return {name: value for name, value in values.items() if value.review != "rejected"}


def _put(row: Row, field: str, value: Reported | None) -> None:
    """Put a computed value in its place, or take the old one away; what a reviewer decided on it stays."""
    if field in row.changed:
        return
    old = row.values.get(field)
    if value is None:
        row.values.pop(field, None)
    elif old is None or old.value != value.value or old.formula != value.formula:
        row.values[field] = value


def _follow_person(person: Row, given: Iterable[Row]) -> None:
    """Ages and the implied weight of a patient whose ages, follow-up, weight or doses were changed."""
    ages = {"age_treatment_years", "age_last_follow_up_years", "follow_up_months"}
    if person.changed & ages:
        computed = ages_by_follow_up(_live(person.values))
        for stated in ("age_treatment_years", "age_last_follow_up_years"):
            field = f"{stated}_derived"
            old = person.values.get(field)
            if stated in _live(person.values) or field in computed or (old is not None and "follow-up" in old.formula):
                _put(person, field, computed.get(field))
    rows = [
        Administration(id=row.record.id, patient=row.record.patient, values=_live(row.values))
        for row in given
        if isinstance(row.record, Administration)
    ]
    if "weight_kg" in person.changed or any(row.changed & {"dose_cells", "cells_per_kg"} for row in given):
        _put(person, "weight_kg_derived", implied_weight(_live(person.values), rows))


def _pair_doses(row: Row) -> None:
    """Let a dose say the same in the column of its unit and in dose_value, dose_low, dose_high."""
    unit = row.values.get("dose_unit")
    twin = TWINS.get(str(unit.value)) if unit is not None else None
    if "dose_unit" in row.changed and unit is not None:
        for name in TWINS.values():
            for end, own in zip(ENDS, DOSE, strict=True):
                if name != twin and _same(row.values.get(name + end), row.values.get(own)):
                    del row.values[name + end]
                    row.changed.add(name + end)
        row.changed |= {own for own in DOSE if own in row.values}
    if twin is None:
        return
    for end, own in zip(ENDS, DOSE, strict=True):
        _copy(row, own, twin + end)
        _copy(row, twin + end, own)


def _same(a: Reported | None, b: Reported | None) -> bool:
    return a is not None and b is not None and a.value == b.value


def _copy(row: Row, source: str, target: str) -> None:
    """Let a field follow another that a reviewer changed, unless it was changed itself."""
    if source in row.changed and target not in row.changed and source in row.values:
        row.values[target] = row.values[source]
        row.changed.add(target)


def _look_up(row: Row, schema: Schema) -> None:
    """The code, class or direction that belongs to a changed name; none where the schema knows none."""
    for table, name, field, how in LOOKED_UP:
        if row.record.table != table or name not in row.changed or field in row.changed:
            continue
        said = row.values[name]
        if said.value is None:
            continue
        found = _known(schema, table, str(said.value))
        row.values.pop(field, None)
        if found:
            places = tuple(place.model_copy(update={"basis": "derived"}) for place in said.provenance[:1])
            row.values[field] = Reported(value=found, status="derived", provenance=places, formula=how)


def _known(schema: Schema, table: str, value: str) -> str:
    """What the schema says of a disease (ICD-10), a drug (class) or a scale (direction); '' where it does not."""
    if table == "outcomes":
        return next((scale.better or "" for scale in schema.scales if scale.name == value), "")
    field, kind = ("diagnosis", "icd10") if table == "diagnoses" else ("therapy", "class")
    for rule in schema.rules_for(field):
        if isinstance(rule, TermsRule):
            for term in rule.terms:
                if term.value == value:
                    return {**term.details, **term.codes}.get(kind, "")
    return ""


def _number(rows: Collection[Row]) -> None:
    """Number the administrations that are left: their numbers are places in the order, nothing the paper says."""
    for number, row in enumerate(sorted(rows, key=lambda row: row.record.order), 1):
        for field in ("administration", "order"):
            value = row.values.get(field)
            if value is not None and value.formula and value.value is not None:
                row.values[field] = value.model_copy(update={"value": Decimal(number)})
