"""EVIDENCE: what the trail tells of the cells of the patient-level tables, for all who show them in colour."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd

_RANK = {"reviewed": 4, "conflict": 3, "ambiguous": 2, "derived": 1}


class Marks(NamedTuple):
    """``cells``: conflict, ambiguous, reviewed or derived, by record and field; what is plainly reported is not in it.
    ``pages``: the page of a row's first place, by record."""

    cells: dict[tuple[str, str], str]
    pages: dict[str, str]


def marks_of(values: pd.DataFrame) -> Marks:
    """What values.csv tells of each cell and row. What a person decided outweighs all else."""
    cells: dict[tuple[str, str], str] = {}
    pages: dict[str, str] = {}
    columns = ("record", "field", "status", "basis", "review", "shown", "page")
    for record, field, status, basis, review, shown, page in zip(*(values[name] for name in columns), strict=True):
        reviewed = basis == "reviewed" or review not in ("", "unreviewed")
        mark = "reviewed" if reviewed else status
        if _RANK.get(mark, 0) > _RANK.get(cells.get((record, field), ""), 0):
            cells[record, field] = mark
        if page and shown == "yes":
            pages.setdefault(record, page)
    return Marks(cells, pages)
