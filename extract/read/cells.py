"""READ: the words in the region of a table become its cells, by rules where they are drawn and by gaps where not."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from extract.model import Box
from extract.read.columns import (
    Piece,
    Printed,
    Separator,
    cut_pieces,
    find_alignments,
    find_separators,
    place_pieces,
    printed_lines,
    with_fixed,
)
from extract.read.exponents import spell
from extract.read.grid import Slot
from extract.read.heads import stack_heads
from extract.read.hyphens import Words
from extract.read.lines import count_clashes, group_rows
from extract.read.pdf import Line, Sheet, line_of
from extract.read.ruling import NEAR, Bar, Post, seams_of

_MOST_ROWS = 400


class Layout(NamedTuple):
    """The cells of a region; ``doubts`` says what was not clear, ``columns`` how many there are."""

    slots: tuple[Slot, ...]
    rows: int
    columns: int
    doubts: tuple[str, ...]


def read_cells(
    sheet: Sheet,
    lines: Sequence[Line],
    edges: tuple[float, float, float, float],
    bars: Sequence[Bar],
    posts: Sequence[Post],
    words: Words,
) -> Layout | None:
    """The cells of the region ``edges`` (x0, top, x1, bottom), or None when it holds no two columns.

    ``bars`` and ``posts`` are the rules inside the region and at its edges.
    """
    x0, top, x1, bottom = edges
    pieces = cut_pieces(lines)
    rows = printed_lines(pieces)
    if not rows or len(rows) > _MOST_ROWS:
        return None
    full = [bar for bar in bars if bar.x0 <= x0 + 0.04 * (x1 - x0) + NEAR and bar.x1 >= x1 - 0.04 * (x1 - x0) - NEAR]
    inner = sorted({round(post.x, 1) for post in posts if x0 + 8 < post.x < x1 - 8})
    inner = [x for i, x in enumerate(inner) if i == 0 or x - inner[i - 1] > 4]
    head = _head_bar(full, rows)
    framed = len(inner) > 1 or (len(inner) == 1 and sum(abs(post.x - x) < 5 for post in posts for x in (x0, x1)) >= 2)
    if framed:
        separators = [Separator(x - 0.5, x + 0.5) for x in inner]
    else:
        seams = [s for bar in bars for s in seams_of(bar) if bar.x1 - bar.x0 > 0.6 * (x1 - x0)]
        separators = find_separators(rows, head)
        separators = with_fixed(separators, [*inner, *seams], rows)
    if not separators:
        return None
    marks = find_alignments(rows, separators)
    printed = [place_pieces(row, separators, framed, marks) for row in rows]
    count = len(separators) + 1
    heading = [line for line in printed if head is not None and line.baseline < head + 1]
    body = [line for line in printed if head is None or line.baseline >= head + 1]
    if not body:
        heading, body = [], printed
    edge_x = [x0, *(s.middle for s in separators), x1]
    slots: list[Slot] = []
    if framed:
        slots, height = _ruled_slots(sheet, printed, bars, posts, edge_x, (top, bottom), words, head)
    else:
        height = 0
        if heading:
            slots, height = _head_slots(sheet, heading, bars, edge_x, words)
        bands = [bar.y for bar in full if head is None or bar.y > head + 1]
        for group in group_rows(body, bands):
            slots += _row_slots(sheet, group, height, words)
            height += 1
    if not slots:
        return None
    return Layout(tuple(slots), height, count, tuple(_doubts(slots, printed, height, count)))


def _head_bar(full: Sequence[Bar], rows: Sequence[Sequence[Piece]]) -> float | None:
    """Where the first rule below the header is, or None when no rule parts header and body."""
    first = rows[0][0].baseline
    last = rows[-1][0].baseline
    for bar in full:
        if bar.y < first:
            continue
        if bar.y > last:
            return None
        above = sum(row[0].baseline < bar.y for row in rows)
        return bar.y if above <= max(6, len(rows) // 2) else None
    return None


def _head_slots(
    sheet: Sheet, lines: Sequence[Printed], bars: Sequence[Bar], edges: Sequence[float], words: Words
) -> tuple[list[Slot], int]:
    heads, height = stack_heads(lines, bars, edges)
    return [
        _slot(sheet, h.pieces, h.level, h.first, words, h.rows, h.last - h.first + 1, header=True) for h in heads
    ], height


def _row_slots(sheet: Sheet, row: Sequence[Printed], number: int, words: Words) -> list[Slot]:
    cells: dict[int, list[Piece]] = {}
    wide: list[tuple[int, int, Piece]] = []
    for line in row:
        for column, pieces in line.cells.items():
            cells.setdefault(column, []).extend(pieces)
        wide += line.wide
    spans: dict[int, int] = {}
    for first, last, piece in wide:
        free = [c for c in range(first, last + 1) if c not in cells]
        if len(free) == last - first + 1:
            spans[first] = max(spans.get(first, 0), last - first + 1)
            cells[first] = [piece]
        elif first in spans:
            cells[first].append(piece)
        else:
            cells.setdefault(free[0] if free else first, []).append(piece)
    return [
        _slot(sheet, pieces, number, column, words, 1, spans.get(column, 1)) for column, pieces in sorted(cells.items())
    ]


# ruled grids


def _ruled_slots(
    sheet: Sheet,
    printed: Sequence[Printed],
    bars: Sequence[Bar],
    posts: Sequence[Post],
    edges: Sequence[float],
    ends: tuple[float, float],
    words: Words,
    head: float | None,
) -> tuple[list[Slot], int]:
    """The cells of a grid of rules; where a rule between two of them is missing they are one."""
    pieces = [p for line in printed for ps in line.cells.values() for p in ps]
    pieces += [p for line in printed for _, _, p in line.wide]
    levels = sorted(
        {round(b.y, 1) for b in bars if b.x1 - b.x0 > 0.15 * (edges[-1] - edges[0])} | {ends[0] - 2, ends[1] + 2}
    )
    levels = [y for i, y in enumerate(levels) if i == 0 or y - levels[i - 1] > 4]
    bands = [(a, b) for a, b in pairwise(levels) if any(a - 1 < (p.top + p.bottom) / 2 < b + 1 for p in pieces)]
    if len(bands) < 2 or (len(bands) == 2 and len(printed) > 5):
        return _loosely_ruled(sheet, printed, edges, words, head)
    if len(bands) > 1 and not _bands_are_rows(bands, printed):
        return _loosely_ruled(sheet, printed, edges, words, head, [a for a, _ in bands[1:]])
    count = len(edges) - 1
    owner = [[(r, c) for c in range(count)] for r in range(len(bands))]
    for r, (a, b) in enumerate(bands):
        for c in range(1, count):
            x = edges[c]
            drawn = any(abs(p.x - x) < 4 and p.top < a + 0.4 * (b - a) and p.bottom > a + 0.6 * (b - a) for p in posts)
            if not drawn and owner[r][c - 1][0] == r:
                owner[r][c] = owner[r][c - 1]
    for r in range(1, len(bands)):
        y = bands[r][0]
        level = [bar for bar in bars if abs(bar.y - y) < 4]
        for c in range(count):
            if level and owner[r][c] == (r, c) and not any(bar.covers((edges[c] + edges[c + 1]) / 2) for bar in level):
                above = owner[r - 1][c]
                reach = [k for k in range(count) if owner[r][k] == (r, c)]
                if all(owner[r - 1][k] == above for k in reach):
                    for k in reach:
                        owner[r][k] = above
    content: dict[tuple[int, int], list[Piece]] = {}
    for piece in pieces:
        y, x = (piece.top + piece.bottom) / 2, (piece.x0 + piece.x1) / 2
        r = next((i for i, (a, b) in enumerate(bands) if y <= b), len(bands) - 1)
        c = min(max(sum(x > e for e in edges[1:-1]), 0), count - 1)
        content.setdefault(owner[r][c], []).append(piece)
    slots = []
    for place, inside in content.items():
        rows = [r for r in range(len(bands)) for c in range(count) if owner[r][c] == place]
        columns = [c for r in range(len(bands)) for c in range(count) if owner[r][c] == place]
        slots.append(
            _slot(sheet, inside, place[0], place[1], words, max(rows) - place[0] + 1, max(columns) - place[1] + 1)
        )
    slots.sort(key=lambda s: (s.row, s.column))
    return slots, len(bands)


def _bands_are_rows(bands: Sequence[tuple[float, float]], printed: Sequence[Printed]) -> bool:
    clashing = 0
    for a, b in bands:
        lines = [line for line in printed if a - 1 < (line.top + line.bottom) / 2 < b + 1]
        clashing += any(count_clashes(x, y) > 1 for x, y in pairwise(lines))
    return clashing * 4 <= len(bands)


def _loosely_ruled(
    sheet: Sheet,
    printed: Sequence[Printed],
    edges: Sequence[float],
    words: Words,
    head: float | None,
    bars: Sequence[float] = (),
) -> tuple[list[Slot], int]:
    """Columns parted by rules, rows not: the rows come from the lines."""
    heading = [line for line in printed if head is not None and line.baseline < head + 1]
    body = [line for line in printed if head is None or line.baseline >= head + 1]
    slots: list[Slot] = []
    height = 0
    if heading:
        slots, height = _head_slots(sheet, heading, (), edges, words)
    for group in group_rows(body, bars):
        slots += _row_slots(sheet, group, height, words)
        height += 1
    return slots, height


# words of a cell


def _slot(
    sheet: Sheet,
    pieces: Sequence[Piece],
    row: int,
    column: int,
    words: Words,
    rows: int = 1,
    columns: int = 1,
    header: bool | None = None,
) -> Slot:
    lines = [line_of([w for p in line for w in p.words], line[0].order) for line in printed_lines(pieces)]
    for line in lines:
        for i in range(1, len(line.words)):
            if line.words[i].x0 - line.words[i - 1].x1 > 0.5 * line.size and not line.words[i].space:
                line.words[i] = line.words[i]._replace(space=True)
    passage = spell([(sheet, line) for line in lines], words)
    x0, top, x1, bottom = sheet.shown(
        min(p.x0 for p in pieces), min(p.top for p in pieces), max(p.x1 for p in pieces), max(p.bottom for p in pieces)
    )
    box = Box(page=sheet.number, x0=round(x0, 2), top=round(top, 2), x1=round(x1, 2), bottom=round(bottom, 2))
    return Slot(passage.text, row, column, rows, columns, header, box, passage.runs, passage.repairs)


def _doubts(slots: Sequence[Slot], printed: Sequence[Printed], rows: int, columns: int) -> list[str]:
    """What about a table is not clear."""
    out = []
    wide = sum(bool(line.wide) and bool(line.cells) for line in printed[1:])
    if wide > 1 and wide * 6 > len(printed):
        out.append("words that reach over the edges of columns")
    filled: dict[int, set[int]] = {}
    for slot in slots:
        if not slot.header:
            filled.setdefault(slot.row, set()).add(slot.column)
    thin = sum(len(columns_of) == 1 for columns_of in filled.values())
    if thin * 2 > len(filled) and columns > 2:
        out.append("many rows with a single cell")
    sparse = [c for c in range(columns) if sum(c in f for f in filled.values()) < 2]
    if len(sparse) * 3 > columns and rows > 3:
        out.append("columns with hardly a cell")
    return out
