"""READ: the rules drawn on a page, joined into the bars and posts of tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from extract.read.pdf import Rect, Sheet

NEAR = 3.0
"""Points within which two rules are taken to meet."""


class Bar(NamedTuple):
    """A horizontal rule over its whole length, with the pieces it is drawn in (x0, x1)."""

    y: float
    x0: float
    x1: float
    pieces: tuple[tuple[float, float], ...]

    def covers(self, x: float) -> bool:
        """Whether the rule is drawn at x."""
        return any(a - NEAR <= x <= b + NEAR for a, b in self.pieces)


class Post(NamedTuple):
    """A vertical rule over its whole length."""

    x: float
    top: float
    bottom: float


def find_bars(sheet: Sheet) -> list[Bar]:
    """The horizontal rules of a page from the top down; pieces on one line that meet are one bar."""
    flat = [r for r in sheet.rules if r.x1 - r.x0 >= r.bottom - r.top and r.x1 - r.x0 > 8]
    flat += [Rect(b.x0, y, b.x1, y) for b in _cells(sheet) for y in (b.top, b.bottom)]
    flat.sort(key=lambda r: r.top + r.bottom)
    levels: list[list[Rect]] = []
    for rect in flat:
        if levels and (rect.top + rect.bottom) / 2 - (levels[-1][0].top + levels[-1][0].bottom) / 2 <= 1.6:
            levels[-1].append(rect)
        else:
            levels.append([rect])
    out: list[Bar] = []
    for level in levels:
        y = sum(r.top + r.bottom for r in level) / (2 * len(level))
        for group in _meeting([(r.x0, r.x1) for r in level]):
            out.append(Bar(y, group[0][0], max(b for _, b in group), tuple(group)))
    return sorted(out)


def find_posts(sheet: Sheet) -> list[Post]:
    """The vertical rules of a page from the left; pieces on one line that meet are one post."""
    steep = [r for r in sheet.rules if r.bottom - r.top > r.x1 - r.x0 and r.bottom - r.top > 5]
    steep += [Rect(x, b.top, x, b.bottom) for b in _cells(sheet) for x in (b.x0, b.x1)]
    steep.sort(key=lambda r: r.x0 + r.x1)
    levels: list[list[Rect]] = []
    for rect in steep:
        if levels and (rect.x0 + rect.x1) / 2 - (levels[-1][0].x0 + levels[-1][0].x1) / 2 <= 1.6:
            levels[-1].append(rect)
        else:
            levels.append([rect])
    out: list[Post] = []
    for level in levels:
        x = sum(r.x0 + r.x1 for r in level) / (2 * len(level))
        for group in _meeting([(r.top, r.bottom) for r in level]):
            out.append(Post(x, group[0][0], max(b for _, b in group)))
    return sorted(out)


def _cells(sheet: Sheet) -> list[Rect]:
    """Boxes that stand edge to edge in rows and columns: the cells of a table that are drawn one by one."""
    boxes = [
        b for b in sheet.boxes if b.x1 - b.x0 > 12 and 7 < b.bottom - b.top < 200 and b.x1 - b.x0 < 0.9 * sheet.width
    ]
    if len(boxes) < 4 or len(boxes) > 3000:
        return []
    lefts: dict[int, set[int]] = {}
    ends: dict[int, set[int]] = {}
    for b in boxes:
        lefts.setdefault(round(b.x0), set()).add(round(b.top))
        ends.setdefault(round(b.x0), set()).add(round(b.bottom))
    # Stripes behind every other row stand alone; cells have a neighbour above or below.
    return [
        b
        for b in boxes
        if any(y in lefts[round(b.x0)] for y in range(round(b.bottom) - 1, round(b.bottom) + 2))
        or any(round(b.top) in range(y - 1, y + 2) for y in ends[round(b.x0)])
    ]


def _meeting(stretches: Iterable[tuple[float, float]]) -> list[list[tuple[float, float]]]:
    """Stretches on one line, those that meet or overlap together."""
    groups: list[list[tuple[float, float]]] = []
    end = 0.0
    for a, b in sorted(set(stretches)):
        if groups and a <= end + NEAR:
            groups[-1].append((a, b))
            end = max(end, b)
        else:
            groups.append([(a, b)])
            end = b
    return groups


def seams_of(bar: Bar) -> list[float]:
    """Where the pieces of a bar meet, when they lie side by side over the columns of a table."""
    pieces: list[tuple[float, float]] = []
    for a, b in bar.pieces:
        if pieces and a < pieces[-1][1] - NEAR:
            if b - a < pieces[-1][1] - pieces[-1][0]:
                pieces[-1] = (a, b) if a <= pieces[-1][0] + NEAR else pieces[-1]
                continue
            continue
        pieces.append((a, b))
    if len(pieces) < 2 or any(b - a < 12 for a, b in pieces):
        return []
    return [(left[1] + right[0]) / 2 for left, right in pairwise(pieces)]


def alike(bar: Bar, other: Bar, slack: float = 6.0) -> bool:
    """Whether two bars have the same ends."""
    return abs(bar.x0 - other.x0) <= slack and abs(bar.x1 - other.x1) <= slack


def inner_posts(posts: Sequence[Post], x0: float, top: float, x1: float, bottom: float) -> list[Post]:
    """The posts that stand between the edges of a region and reach over a good part of a row of it."""
    return [
        post
        for post in posts
        if x0 - NEAR <= post.x <= x1 + NEAR and min(post.bottom, bottom + 2) - max(post.top, top - 2) > 6
    ]
