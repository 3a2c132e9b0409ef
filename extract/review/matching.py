"""REVIEW: which row of the run a row of a corrected table is, also when its id was damaged or its column deleted."""

from __future__ import annotations

from collections.abc import Mapping

from extract.review.sheets import Cells, Line, Sheet, same_id
from extract.review.wishes import Intake, says_anything

KEYS = {"conflicts": "conflict", "documents": "sha256"}
"""The column that names a row, where it is not ``record``."""

NUMBERS = {"administrations": ("administration",), "outcomes": ("outcome",), "patients": (), "documents": ()}
"""Tables whose rows are told apart by document, patient and these columns, should the id be gone."""


def match_rows(sheet: Sheet, intake: Intake) -> dict[int, Cells | None]:
    """The row of the run for each row number of a sheet, None for a row that is new.

    Rows that cannot be matched are refused, rows of the run that are gone are told of.
    """
    key = KEYS.get(sheet.table, "record")
    known = {row[key]: row for row in sheet.before}
    free = dict(known)
    matched: dict[int, Cells | None] = {}
    waiting: list[Line] = []
    for line in filter(says_anything, sheet.lines):
        name = line.cells.get(key, "")
        if name in free:
            matched[line.number] = free.pop(name)
        elif name in known:
            first = next(number for number, row in matched.items() if row is known[name])
            if not any(other.number == first and other.cells == line.cells for other in sheet.lines):
                reason = f"{key} {name} stands in row {first} too. For a new row leave it empty."
                intake.refuse(sheet, line, key, "", reason)
        else:
            waiting.append(line)
    for line in waiting:
        name = line.cells.get(key, "")
        row = _damaged(free, name) if name else None if key in sheet.columns else _by_content(sheet, line, free, intake)
        if row is not None:
            matched[line.number] = free.pop(row[key])
        elif name:
            reason = f"{key} '{name}' is not of this run. Put the right one back; for a new row leave it empty."
            intake.refuse(sheet, line, key, "", reason)
        elif key in sheet.columns:
            matched[line.number] = None
        else:
            reason = f"the column {key} is missing, and no row of the run has just these cells. Put the column back."
            intake.refuse(sheet, line, key, "", reason)
    intake.tell_deleted(sheet, list(free.values()))
    return matched


def data_columns(sheet: Sheet) -> list[str]:
    """The columns of the run that the file still has."""
    had = set(sheet.before[0]) if sheet.before else set()
    return [column for column in sheet.columns if column in had]


def _damaged(free: Mapping[str, Cells], name: str) -> Cells | None:
    """The only row whose id a spreadsheet may have read as a number."""
    rows = [row for known, row in free.items() if same_id(known, name)]
    return rows[0] if len(rows) == 1 else None


def _by_content(sheet: Sheet, line: Line, free: Mapping[str, Cells], intake: Intake) -> Cells | None:
    """The row with the very same cells (any of them, should there be several), else the one with the same number."""
    columns = data_columns(sheet)
    for row in free.values():
        if all(intake.same(sheet, column, row[column], line.cells.get(column, "")) for column in columns):
            return row
    if sheet.table not in NUMBERS:
        return None
    telling = [
        c for c in ("document", "patient", *NUMBERS[sheet.table]) if c in (sheet.before[0] if sheet.before else ())
    ]
    rows = [row for row in free.values() if all(row[c] == line.cells.get(c) != "" for c in telling)]
    return rows[0] if len(rows) == 1 else None
