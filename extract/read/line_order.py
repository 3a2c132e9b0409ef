"""READ, layout: the lines of a column in the order of reading, raised marks with the lines they belong to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from operator import attrgetter

from extract.read.areas import Item
from extract.read.sheet import Line, Word, line_of

_SIDE_CAPTION = re.compile(r"(?:fig(?:ure)?\.?|table|scheme)\s*\d{1,2}\s?[.:|]", re.I)


def in_rows(items: Sequence[Item]) -> list[Item]:
    """Sort items from the top and join the pieces of each printed line, raised marks drawn apart included."""
    lines = sorted((item for item in items if isinstance(item, Line)), key=attrgetter("baseline", "x0"))
    out: list[Item] = []
    rows: list[list[Line]] = []
    for line in lines:
        row = rows[-1] if rows else None
        if row and abs(row[-1].baseline - line.baseline) < 0.22 * max(line.size, row[-1].size) and _level(row, line):
            row.append(line)
        else:
            rows.append([line])
    _adopt_marks(rows)
    for row in (part for whole in rows for part in _captions_apart(whole)):
        if len(row) == 1:
            out.append(row[0])
            continue
        row.sort(key=lambda line: line.x0)
        words: list[Word] = []
        for piece in row:
            first = piece.words[0]
            if words and first.rise == 0:
                first = first._replace(space=first.x0 - words[-1].x1 > 0.12 * first.size)
            words += [first, *piece.words[1:]]
        out.append(line_of(words, min(piece.order for piece in row)))
    out += [item for item in items if not isinstance(item, Line)]
    out.sort(key=lambda item: item.baseline if isinstance(item, Line) else item.top)
    return out


def _captions_apart(row: list[Line]) -> list[list[Line]]:
    """The pieces of a printed line, cut where the caption of another figure begins."""
    if len(row) < 2:
        return [row]
    row = sorted(row, key=lambda line: line.x0)
    parts = [[row[0]]]
    for piece in row[1:]:
        if _SIDE_CAPTION.match(piece.text):
            parts.append([piece])
        else:
            parts[-1].append(piece)
    return parts


def _level(row: Sequence[Line], line: Line) -> bool:
    """Whether a line stands beside the pieces of a row, not on top of them."""
    return all(line.x0 > piece.x1 - 0.3 * line.size or line.x1 < piece.x0 + 0.3 * line.size for piece in row)


def _adopt_marks(rows: list[list[Line]]) -> None:
    """Give raised or lowered marks that stand as a row of their own back to the line that they belong to."""
    for index in range(len(rows) - 1, -1, -1):
        row = rows[index]
        if any(len(piece.text) > 12 for piece in row):
            continue
        for piece in list(row):
            for near in (index + 1, index - 1):
                if not 0 <= near < len(rows):
                    continue
                host = max(rows[near], key=lambda line: line.x1 - line.x0)
                drop = host.baseline - piece.baseline
                if piece.size > 0.88 * host.size or not (-0.4 * host.size < drop < 0.7 * host.size):
                    continue
                if not (host.x0 - host.size < piece.x0 and piece.x1 < host.x1 + 1.5 * host.size):
                    continue
                marked = [word._replace(rise=1 if drop > 0 else -1) for word in piece.words]
                words = sorted([*host.words, *marked], key=lambda word: word.x0)
                rows[near][rows[near].index(host)] = line_of(words, host.order)
                row.remove(piece)
                break
        if not row:
            del rows[index]
