"""READ: the header of a table on a page: which columns each of its words stands over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from extract.read.columns import Piece, Printed
from extract.read.ruling import Bar


class Head(NamedTuple):
    """A header cell: its level and how many levels it fills, its first and last column, its words."""

    level: int
    rows: int
    first: int
    last: int
    pieces: tuple[Piece, ...]


class _Span(NamedTuple):
    first: int
    last: int
    pieces: tuple[Piece, ...]


def stack_heads(lines: Sequence[Printed], bars: Sequence[Bar], edges: Sequence[float]) -> tuple[list[Head], int]:
    """The heads of a header of several printed lines, each with its level, and how many levels there are.

    Words that stand over several columns are a level of their own; below them come the columns' own words, lines
    of which are joined. ``edges`` are the x of the columns' edges.
    """
    chains: list[list[_Span]] = [[] for _ in range(len(edges) - 1)]
    for line in lines:
        for span in _spans(line, lines, bars, edges):
            columns = range(span.first, span.last + 1)
            above = [chains[c][-1] if chains[c] else None for c in columns]
            one = above[0]
            if (
                one is not None
                and all(each is one for each in above)
                and (one.first, one.last) == (span.first, span.last)
            ):
                joined = _Span(span.first, span.last, one.pieces + span.pieces)
                for c in columns:
                    chains[c][-1] = joined
            else:
                for c in columns:
                    chains[c].append(span)
    height = max((len(chain) for chain in chains), default=0)
    heads: list[Head] = []
    seen: set[int] = set()
    for column, chain in enumerate(chains):
        for level, span in enumerate(chain):
            if id(span) not in seen and span.first == column:
                seen.add(id(span))
                rows = height - level if level == len(chain) - 1 else 1
                heads.append(Head(level, rows, span.first, span.last, span.pieces))
    return heads, height


def _spans(line: Printed, lines: Sequence[Printed], bars: Sequence[Bar], edges: Sequence[float]) -> list[_Span]:
    """The heads on one printed line, each with the columns it stands over."""
    heads = [_Span(c, c, tuple(pieces)) for c, pieces in line.cells.items()]
    heads += [_Span(a, b, (piece,)) for a, b, piece in line.wide]
    heads.sort(key=lambda h: h.first)
    out: list[_Span] = []
    for head in heads:
        x0, x1 = min(p.x0 for p in head.pieces), max(p.x1 for p in head.pieces)
        bottom = max(p.bottom for p in head.pieces)
        under = [
            bar
            for bar in bars
            if -2 < bar.y - bottom < 0.9 * head.pieces[0].size
            and bar.x0 <= x0 + 6
            and bar.x1 >= x1 - 6
            and bar.x1 - bar.x0 < 0.93 * (edges[-1] - edges[0])
        ]
        if under:
            pieces = [(a, b) for bar in under for a, b in bar.pieces if a <= x0 + 6 and b >= x1 - 6]
            a, b = min(pieces, key=lambda p: p[1] - p[0]) if pieces else (under[0].x0, under[0].x1)
            columns = [c for c in range(len(edges) - 1) if a - 4 <= (edges[c] + edges[c + 1]) / 2 <= b + 4]
            if len(columns) > 1 and columns[0] <= head.first and columns[-1] >= head.last:
                head = _Span(columns[0], columns[-1], head.pieces)
        out.append(head)
    return _parted(_widened(out, line, lines), edges)


def _widened(heads: list[_Span], line: Printed, lines: Sequence[Printed]) -> list[_Span]:
    """Let a head in the middle of three columns reach over its neighbours, when these have words only below it."""
    index = lines.index(line)
    below = lines[index + 1] if index + 1 < len(lines) else None
    if below is None or len(heads) * 2 > len(below.cells) or len(lines) > 3:
        return heads
    taken = {c for h in heads for c in range(h.first, h.last + 1)}
    out = []
    for head in heads:
        first, last = head.first, head.last
        free = {first - 1, last + 1}
        if first == last and first > 1 and not free & taken and free | {first} <= set(below.cells):
            middle = (head.pieces[0].x0 + head.pieces[-1].x1) / 2
            left, right = below.cells[first - 1][0], below.cells[last + 1][-1]
            if abs((left.x0 + right.x1) / 2 - middle) < 1.5 * head.pieces[0].size:
                first, last = first - 1, last + 1
        out.append(_Span(first, last, head.pieces))
    return out


def _parted(heads: list[_Span], edges: Sequence[float]) -> list[_Span]:
    """Share columns that two heads claim: each goes to the head that is nearer."""
    out: list[_Span] = []
    for head in heads:
        if out and head.first <= out[-1].last:
            before = out[-1]
            a = (before.pieces[0].x0 + before.pieces[-1].x1) / 2
            b = (head.pieces[0].x0 + head.pieces[-1].x1) / 2
            last = before.first
            for c in range(before.first, max(before.last, head.last) + 1):
                middle = (edges[c] + edges[c + 1]) / 2
                if abs(middle - a) <= abs(middle - b):
                    last = c
            out[-1] = before._replace(last=last)
            head = head._replace(first=last + 1, last=max(head.last, last + 1))
            if head.first >= len(edges) - 1:
                out[-1] = before._replace(pieces=before.pieces + head.pieces)
                continue
        out.append(head)
    return out
