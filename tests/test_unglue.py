"""A table line whose cells ran together gets its gaps back, and no other line is touched."""

from __future__ import annotations

import pytest

from extract.read.unglue import with_gaps


@pytest.mark.parametrize(
    ("line", "expected", "because"),
    [
        ("Pt2M51ALSIT2.0 × 107WJ-MSC", "Pt2 M51 ALS IT 2.0 × 107 WJ-MSC", "a route ends a run of capitals"),
        ("Left kneeIABMAC4 mLWOMAC51→20", "Left knee IA BMAC 4 mL WOMAC 51→20", "a volume ends at its unit"),
        ("P6F22MSUC-MSC1.4 × 106/kgIV×2", "P6 F22 MS UC-MSC 1.4 × 106/kg IV ×2", "a count follows its route"),
        ("SubjectCDuchenne MD9 yIMThigh", "Subject C Duchenne MD 9 y IM Thigh", "an age ends at its unit"),
    ],
)
def test_gaps_come_back(line: str, expected: str, because: str) -> None:
    assert with_gaps(line) == expected, because


@pytest.mark.parametrize(
    "line",
    [
        "She received 2 × 106 cells/kg intravenously.",
        "CD34+ cells, 4 × 106/kg, were returned.",
        "Kellgren-Lawrence 3, L4-L5, IgG 9 g/L",
        "ABCB5+ MSC | IV | 2 × 106/kg",
    ],
)
def test_a_line_with_gaps_stays_as_it_is(line: str) -> None:
    assert with_gaps(line) == line
