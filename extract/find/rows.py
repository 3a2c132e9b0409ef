"""The find room's view of a table that reached it as plain lines: cells between bars, headers on the first line."""

from __future__ import annotations

import re
from typing import NamedTuple


class FlatCell(NamedTuple):
    """A cell at start..end of a text, with the words above it and those at the head of its line, and where they stand.

    A bare number in the first line or column is completed by the corner: ``Month | KOOS`` over ``6 | 62``,
    ``Month | 0 | 6`` over ``KOOS | 44 | 62``.
    """

    start: int
    end: int
    header: str
    header_start: int
    header_end: int
    row: str
    row_start: int
    row_end: int


_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_TIME_COLUMN = re.compile(r"(?:days?|weeks?|wks?|months?|mo|years?|yrs?)\b", re.IGNORECASE)


def flat_cells(text: str) -> list[FlatCell]:
    """The body cells of ``Age | Dose\\n30 | 5.5``; none when the lines do not have as many cells as the first.

    A first line that lacks the cell over the row headers is moved one to the right.
    """
    if "\n" not in text or "|" not in text:
        return []
    lines: list[list[tuple[int, int]]] = []
    at = 0
    for printed in text.split("\n"):
        cells, begin = [], at
        for part in printed.split("|"):
            lead = len(part) - len(part.lstrip())
            cells.append((begin + lead, begin + max(lead, len(part.rstrip()))))
            begin += len(part) + 1
        if printed.strip():
            lines.append(cells)
        at += len(printed) + 1
    head, *body = lines
    if len(head) < 2:
        return []
    if body and all(len(line) == len(head) + 1 for line in body):
        head = [(0, 0), *head]
    corner = text[head[0][0] : head[0][1]]
    out = []
    for line in body:
        if len(line) != len(head):
            continue
        first, last = line[0]
        row = text[first:last]
        if _NUMBER.fullmatch(row) and (unit := _TIME_COLUMN.search(corner)):
            row = f"{unit.group()} {row}"
        for index, ((start, end), above) in enumerate(zip(line, head, strict=True)):
            if start < end:
                own_row, begin, stop = (row, first, last) if index else ("", 0, 0)
                header = text[above[0] : above[1]]
                if index and _NUMBER.fullmatch(header) and (unit := _TIME_COLUMN.search(corner)):
                    header = f"{unit.group()} {header}"
                out.append(FlatCell(start, end, header, above[0], above[1], own_row, begin, stop))
    return out
