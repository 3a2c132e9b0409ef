"""The find room's view of a table that reached it as plain lines: cells between bars, headers on the first line."""

from __future__ import annotations

from typing import NamedTuple


class FlatCell(NamedTuple):
    """A cell at start..end of a text, with the words above it and where those stand."""

    start: int
    end: int
    header: str
    header_start: int
    header_end: int


def flat_cells(text: str) -> list[FlatCell]:
    """The body cells of ``Age | Dose\\n30 | 5.5``; none when the lines do not have as many cells as the first."""
    if "\n" not in text or "|" not in text:
        return []
    lines: list[list[tuple[int, int]]] = []
    at = 0
    for line in text.split("\n"):
        cells, begin = [], at
        for part in line.split("|"):
            lead = len(part) - len(part.lstrip())
            cells.append((begin + lead, begin + max(lead, len(part.rstrip()))))
            begin += len(part) + 1
        if line.strip():
            lines.append(cells)
        at += len(line) + 1
    head, *body = lines
    if len(head) < 2:
        return []
    return [
        FlatCell(start, end, text[above[0] : above[1]], *above)
        for line in body
        if len(line) == len(head)
        for (start, end), above in zip(line, head, strict=True)
        if start < end
    ]
