"""Doses that a case noted without a verb tells, in small invented papers."""

from __future__ import annotations

import pytest

from extract.find import find_mentions
from extract.link import link_cases
from extract.read.text import text_document
from extract.schema import Schema

KNEES = """SVF in knee arthritis: two cases

Methods
Abdominal fat was processed. Under ultrasound guidance 1 ml was injected into the knee joint.

Results
Case A: 59-year-old woman, gonarthrosis, KL III. {note} WOMAC 60 -> 30.

Case B: 66-year-old man, gonarthrosis. 3 million SVF cells into the left knee. WOMAC 50 -> 20.
"""


def noted(note: str, schema: Schema) -> list[tuple[str, str, str]]:
    document = text_document(KNEES.format(note=note), "paper", schema)
    rows = link_cases(document, find_mentions(document, schema), schema).administrations
    keys = ("dose_cells", "laterality", "count")
    return [tuple(str(row.value(key)) for key in keys) for row in rows if row.patient == "A"]  # type: ignore[misc]


def test_two_doses_noted_with_their_sides_are_two_administrations(schema: Schema) -> None:
    rows = noted("1.2 million SVF cells right, 0.9 million left.", schema)
    assert rows == [("1200000.0", "right", "1"), ("900000.0", "left", "1")]


@pytest.mark.parametrize("note", ["Right knee: 2.2 million SVF cells.", "Right knee, 2.2 million SVF cells."])
def test_a_side_noted_before_the_dose_is_its_side(note: str, schema: Schema) -> None:
    assert noted(note, schema) == [("2200000.0", "right", "1")]


@pytest.mark.parametrize(
    "note",
    [
        "SVF yield 1.2 million cells.",
        "1.2 million SVF cells/mL.",
        "4 x 10^6 SVF cells obtained.",
        "4 x 10^6 SVF cells per gram of fat.",
        "4.5 million SVF cells counted.",
        "Two million SVF cells frozen.",
        "4 million SVF cells in the trial of others.",
    ],
)
def test_cells_noted_as_made_counted_or_kept_are_not_given(note: str, schema: Schema) -> None:
    assert noted(note, schema) == []
