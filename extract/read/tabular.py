"""READ, tables: what lines and pieces look like: a caption, a row of prose, a table."""

from __future__ import annotations

import re
from collections.abc import Sequence
from statistics import median

from extract.read.areas import Type
from extract.read.cells import Layout
from extract.read.columns import Piece, cut_pieces, printed_lines
from extract.read.pdf import Line
from extract.read.regions import TABLE_CAPTION

FIGURE = re.compile(r"(?:fig(?:ure)?s?\.?|scheme|box|plate)\s*S?\d", re.I)


def is_caption(line: Line, lines: Sequence[Line], body: Type) -> bool:
    """Whether a line opens the caption of a table, rather than a sentence that speaks of one."""
    match = TABLE_CAPTION.match(line.text)
    if not match:
        return False
    rest, point = match.group("rest"), match.group("point")
    beside = [
        other
        for other in lines
        if other is not line and abs(other.baseline - line.baseline) < 1.5 and 0 < line.x0 - other.x1 < 2 * line.size
    ]
    if beside:
        return False
    if point:
        return True
    first = rest[:1]
    if not first or first.isupper():
        return not re.match(r"[A-Z][a-z]+s\b.*\.\s", rest) or abs(line.size - body.size) > 0.3 or line.font.bold
    return (abs(line.size - body.size) > 0.5 or line.words[0].font.bold) and not re.match(
        r"(?:and|shows?|lists?|gives?|presents?|summari[sz]es|provides?|describes?|contains?|in|of|for|are|is)\b", rest
    )


def overlap(a: Line, b: Line) -> float:
    return min(a.x1, b.x1) - max(a.x0, b.x0)


def is_prose_row(row: Sequence[Piece], body: Type) -> bool:
    """Whether the pieces of a printed line are lines of columns of text rather than cells."""
    return len(row) <= 3 and all(len(p.text) > 32 and abs(p.size - body.size) < 0.3 for p in row)


def _is_text(piece: Piece, body: Type) -> bool:
    """Whether a piece reads like a line of the paper's text: many words, mostly small letters, in its type."""
    small = sum(word.text[:1].islower() for word in piece.words)
    return len(piece.words) > 8 and small > 0.6 * len(piece.words) and abs(piece.size - body.size) < 0.3


def is_tabular(lines: Sequence[Line], body: Type, height: float) -> bool:
    """Whether lines between two bars are rows of cells."""
    if not lines:
        return height < 5
    pieces = cut_pieces(lines)
    rows = printed_lines(pieces)
    if any(FIGURE.match(row[0].text) or TABLE_CAPTION.match(row[0].text) for row in rows):
        return False
    if all(len(row) == 1 for row in rows) and any(_is_text(row[0], body) for row in rows):
        return False  # text down to a rule at the foot of the page
    if len(rows) <= 3 and height < 4 * body.size:
        return True
    columns = _columns(pieces)
    if columns < 2:
        return len(rows) <= 3
    lengths = median(len(p.words) for p in pieces)
    if columns == 2 and lengths > 4.5 and len(rows) > 6 and max(p.size for p in pieces) > body.size - 1:
        return False
    prose = sum(is_prose_row(row, body) for row in rows if len(row) > 1)
    return prose * 2 <= len(rows) or columns > 3 or len(rows) < 5


def _columns(pieces: Sequence[Piece]) -> int:
    """How many strips of words stand beside each other; a piece far wider than most bridges none."""
    usual = sorted(p.x1 - p.x0 for p in pieces)[9 * (len(pieces) - 1) // 10]
    count, end = 0, -1e9
    for piece in sorted(pieces, key=lambda p: p.x0):
        if piece.x1 - piece.x0 > 1.2 * usual:
            continue
        if piece.x0 > end + 0.4 * piece.size:
            count += 1
        end = max(end, piece.x1)
    return count


def is_plausible(layout: Layout) -> bool:
    """Whether cells look like a table at all: rows of which most have several cells."""
    rows: dict[int, int] = {}
    for slot in layout.slots:
        rows[slot.row] = rows.get(slot.row, 0) + 1
    several = sum(count > 1 for count in rows.values())
    return several >= 2 or (several == 1 and len(rows) < 4)
