"""READ, the order of a page: columns found, lines brought into the order of reading."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

from extract.read.areas import Column, Item, Type
from extract.read.gutters import best_gutter
from extract.read.line_order import in_rows
from extract.read.sheet import Line, Sheet, Word, line_of

_ENDED = re.compile(r"[.!?:;][\"'”’)\]]*$")


def body_type(sheets: Sequence[Sheet]) -> Type:
    """Size and leading of most characters of a paper."""
    sizes: Counter[float] = Counter()
    for sheet in sheets:
        for line in sheet.lines:
            sizes[round(line.size * 4) / 4] += line.letters
    if not sizes:
        return Type(10.0, 12.0)
    near: Counter[float] = Counter()
    for size in sizes:
        near[size] = sum(n for other, n in sizes.items() if abs(other - size) <= 0.3)
    size = max(near, key=lambda s: (near[s], sizes[s]))
    steps: Counter[float] = Counter()
    for sheet in sheets:
        for above, below in pairwise(sheet.lines):
            step = below.baseline - above.baseline
            if abs(above.size - size) < 0.6 and 0.9 * size < step < 2.6 * size and abs(above.x0 - below.x0) < size:
                steps[round(step * 4) / 4] += 1
    leading = max(steps, key=lambda s: steps[s]) if steps else 1.2 * size
    fonts: Counter[str] = Counter()
    for sheet in sheets:
        for line in sheet.lines:
            if abs(line.size - size) >= 0.6:
                continue
            if len(line.fonts) == 1:
                fonts[line.fonts[0].name] += line.letters
            else:
                for word in line.words:
                    fonts[word.font.name] += len(word.text)
    return Type(max(size, 1.0), max(leading, 1.0), max(fonts, key=lambda name: fonts[name]) if fonts else "")


class Gutter(NamedTuple):
    """The white strip between the two columns of a paper, and where the lines right of it begin."""

    at: float
    edge: float


def usual_gutter(items: Sequence[Item], body: Type) -> Gutter | None:
    """The gutter of a page that shows clearly that the paper is set in columns."""
    found = _gutter(items, body)
    edge = _left_edge(items, found[0]) if found is not None and found[1] > 12 * body.leading else None
    return Gutter(found[0], edge) if found is not None and edge is not None else None


def order_page(sheet: Sheet, items: Sequence[Item], body: Type, usual: Gutter | None = None) -> list[Column]:
    """The columns of a page in the order of reading.

    Two orders are tried where they differ: by columns as they stand, and as the file draws them. The one in which
    more unfinished lines go on in lower case is taken. ``usual`` is the gutter of the pages before: a last page may
    have too few lines right of it to show it by itself.
    """
    items = _with_initials(list(items), body)
    if not items:
        return []
    by_place = _merged(sheet, _split(list(items), sheet, body, 0, usual))
    if _flow(by_place) + 3 >= _lower(by_place):
        return by_place
    as_drawn = _merged(sheet, _drawn(items))
    if len(as_drawn) > 1 and _flow(as_drawn) > _flow(by_place) + 3:
        return as_drawn
    return by_place


def _drawn(items: Sequence[Item]) -> list[list[Item]]:
    """Items in the order in which the file draws them, parted where it goes back up the page or to another column."""
    out: list[list[Item]] = []
    last: Item | None = None
    for item in sorted(items, key=lambda item: item.order):
        on = (
            last is not None
            and item.top > last.top - 0.5 * (last.bottom - last.top)
            and item.x0 < last.x1 + 1
            and item.x1 > last.x0 - 1
        )
        beside = (
            isinstance(item, Line)
            and isinstance(last, Line)
            and abs(item.baseline - last.baseline) < 1
            and item.x0 > last.x1
        )
        if on or beside:
            out[-1].append(item)
        else:
            out.append([item])
        last = item
    return out


def _lower(columns: Sequence[Column]) -> int:
    """How many lines begin in lower case: no order makes more of them go on from the line before."""
    return sum(
        item.text[:1].islower()
        for column in columns
        for item in column.items
        if isinstance(item, Line) and len(item.words) > 2
    )


def _flow(columns: Sequence[Column]) -> int:
    """How well lines go on from one column to the next, and within columns: unfinished lines that go on in lower
    case, less finished ones that do."""
    lines = [item for column in columns for item in column.items if isinstance(item, Line) and len(item.words) > 2]
    score = 0
    for above, below in pairwise(lines):
        if below.text[:1].islower():
            score += -1 if _ENDED.search(above.text) else 1
        elif above.text.endswith("-"):
            score -= 1
    return score


def _with_initials(items: list[Item], body: Type) -> list[Item]:
    """Put a large initial before the first line of the paragraph that it opens."""
    out = list(items)
    for item in items:
        if isinstance(item, Line) and item.size > 1.8 * body.size and len(item.text) == 1 and item.text.isalpha():
            beside = [
                line for line in out
                if isinstance(line, Line) and line is not item
                and -0.3 * body.size < line.x0 - item.x1 < 1.5 * body.size
                and item.top - 2 < line.baseline < item.bottom + 2 and abs(line.size - body.size) < 1.5
            ]  # fmt: skip
            if beside:
                first = min(beside, key=lambda line: line.baseline)
                initial = Word(
                    item.words[0].text, item.x0, first.top, item.x1, first.bottom, first.baseline, first.size,
                    first.words[0].font, False,
                )  # fmt: skip
                out[out.index(first)] = line_of(
                    [initial, first.words[0]._replace(space=False), *first.words[1:]], first.order
                )
                out.remove(item)
    return out


def _split(items: list[Item], sheet: Sheet, body: Type, depth: int, usual: Gutter | None = None) -> list[list[Item]]:
    """Cut items into columns, in reading order; a list of rows that belong together is left in one piece."""
    if len(items) < 2 or depth > 8:
        return [items] if items else []
    gutter = _gutter(items, body)
    if gutter is None and usual is not None and _stand_apart(items, usual):
        parts = [item for item in items if item.x1 <= usual.at + 2], [item for item in items if item.x1 > usual.at + 2]
        return [group for part in parts for group in _split(part, sheet, body, depth + 1)]
    edge = None if depth or gutter is None or gutter[1] < 12 * body.leading else _left_edge(items, gutter[0])
    # words that a justified line drives apart must not pass for columns
    joined = _join_pieces(items, edge)
    if len(joined) < len(items):
        gutter = _gutter(joined, body)
    items = joined
    if gutter is None:
        return [items]
    at, support = gutter
    spanning = sorted((item for item in items if item.x0 < at - 2 and item.x1 > at + 2), key=lambda item: item.top)
    rest = sorted((item for item in items if not (item.x0 < at - 2 and item.x1 > at + 2)), key=lambda item: item.top)
    if len(spanning) == len(items):
        return [items]
    rest, spanning = _with_last_lines(rest, spanning)
    beside = [item for item in rest if any(_beside_middle(item, other) for other in spanning)]
    if beside:
        # what stands beside a wider block (key words beside an abstract) goes with it
        rest = [item for item in rest if item not in beside]
        spanning = sorted([*spanning, *beside], key=lambda item: item.top)
    bands: list[tuple[bool, list[Item]]] = []
    queue = list(rest)
    for item in spanning:
        middle = (item.top + item.bottom) / 2
        above = [other for other in queue if (other.top + other.bottom) / 2 < middle]
        if above:
            queue = queue[len(above) :] if queue[: len(above)] == above else [o for o in queue if o not in above]
            bands.append((False, above))
        if bands and bands[-1][0]:
            bands[-1][1].append(item)
        else:
            bands.append((True, [item]))
    if queue:
        bands.append((False, queue))
    _give_on(bands, at, body)
    out: list[list[Item]] = []
    pending: list[Item] = []
    for spans, band in bands:
        left = [item for item in band if item.x1 <= at + 2]
        right = [item for item in band if item.x1 > at + 2]
        if spans or not _is_columns(left, right, support, body):
            pending += band
            continue
        if pending:
            out += _split(pending, sheet, body, depth + 1) if len(pending) < len(items) else [pending]
            pending = []
        out += _split(left, sheet, body, depth + 1)
        out += _split(right, sheet, body, depth + 1)
    if pending:
        out += _split(pending, sheet, body, depth + 1) if len(pending) < len(items) else [pending]
    return out


def _give_on(bands: Sequence[tuple[bool, list[Item]]], at: float, body: Type) -> None:
    """Give the short lines below two columns, on the left, to the wide text below where they stand nearer to it: the
    heading of the text under an abstract and its key words."""
    for (is_wide, above), (wide_next, below) in pairwise(bands):
        if is_wide or not wide_next:
            continue
        left = sorted((item for item in above if item.x1 <= at + 2), key=lambda item: item.top)
        right = [item for item in above if item.x1 > at + 2]
        if not left or not right or min(_height(left), _height(right)) < 2.5 * body.size:
            continue  # a row
        while len(left) > 1 and left[-1].top > max(item.bottom for item in right):
            last = left.pop()
            if min(item.top for item in below) - last.bottom >= last.top - left[-1].bottom:
                break
            above.remove(last)
            below.insert(0, last)


def _stand_apart(items: Sequence[Item], usual: Gutter) -> bool:
    """Whether items stand left and right of the usual gutter, the right ones where that column begins."""
    right = [item for item in items if item.x1 > usual.at + 2]
    starts = [item.x0 for item in right]
    return 0 < len(right) < len(items) and abs(min(starts) - usual.edge) < 3


def _beside_middle(item: Item, other: Item) -> bool:
    return other.top < (item.top + item.bottom) / 2 < other.bottom and (
        item.x0 > other.x1 - 1 or item.x1 < other.x0 + 1
    )


def _with_last_lines(rest: list[Item], spanning: list[Item]) -> tuple[list[Item], list[Item]]:
    """Count the short lines that end a full-width paragraph or title among the lines that span the columns."""
    out = list(spanning)
    for item in list(out):
        last = item
        while isinstance(last, Line):
            below = [
                line for line in rest
                if isinstance(line, Line) and 0.5 * last.size < line.baseline - last.baseline < 1.6 * last.size
                and abs(line.size - last.size) < 0.04 * last.size and line.words[0].font == last.words[-1].font
            ]  # fmt: skip
            beside = [
                other for other in rest
                if below and other is not below[0] and other.top < below[0].baseline < other.bottom
            ]  # fmt: skip
            if len(below) != 1 or beside:
                break
            last = below[0]
            rest = [other for other in rest if other is not last]
            out.append(last)
    return rest, sorted(out, key=lambda item: item.top)


def _left_edge(items: Sequence[Item], at: float) -> float | None:
    """Where the lines right of a gutter begin, when they begin below each other as in a column."""
    starts = Counter(round(item.x0) for item in items if item.x0 >= at - 2)
    if not starts:
        return None
    x = max(starts, key=lambda x: starts[x - 1] + starts[x] + starts[x + 1])
    return float(x) if starts[x - 1] + starts[x] + starts[x + 1] > 0.3 * starts.total() else None


def _join_pieces(items: list[Item], edge: float | None) -> list[Item]:
    """Join lines that the file draws one after the other on one baseline, not further than three ems apart.

    A line that begins at ``edge``, the left edge of a column, is left alone.
    """
    lines = sorted((item for item in items if isinstance(item, Line)), key=lambda line: line.order)
    out: list[Item] = [item for item in items if not isinstance(item, Line)]
    last: Line | None = None
    for line in lines:
        if (
            last is not None
            and abs(line.baseline - last.baseline) < 0.1 * line.size
            and abs(line.size - last.size) < 0.1 * line.size
            and 0 < line.x0 - last.x1 < 3 * line.size
            and (edge is None or abs(line.x0 - edge) > 2.5)
            and line.order - last.order <= len(last.words)
        ):
            out.pop()
            first = line.words[0]
            last = line_of(
                [*last.words, first._replace(space=first.rise == 0 or first.space), *line.words[1:]], line.order
            )
        else:
            last = line
        out.append(last)
    return out


def _is_columns(left: list[Item], right: list[Item], support: float, body: Type) -> bool:
    """Whether two sides of a gutter are columns here, rather than the parts of a row or a lone line."""
    if not left or not right:
        return support > 5 * body.leading and bool(left or right)
    if support > 12 * body.leading:
        return True
    return min(_height(left), _height(right)) > 2.5 * body.size


def _height(items: Sequence[Item]) -> float:
    return max(item.bottom for item in items) - min(item.top for item in items)


def _gutter(items: Sequence[Item], body: Type) -> tuple[float, float] | None:
    """Where the best gutter between two columns is, and how much text (height of lines) stands on its weaker side."""
    lines = [item for item in items if isinstance(item, Line)]
    text = [line for line in lines if line.size > 0.93 * body.size]
    if len(text) > 11 and len(text) < len(lines):
        # small type (tables, notes, affiliations) has a say only where the text itself shows no columns
        found = best_gutter(text, body.size)
        if found is not None:
            return found
    return best_gutter(lines, body.size)


def _merged(sheet: Sheet, groups: list[list[Item]]) -> list[Column]:
    """Columns from groups of items: sorted from the top, pieces of one printed line joined."""
    columns: list[Column] = []
    for group in groups:
        items = in_rows(group)
        lines = [item for item in items if isinstance(item, Line)] or items
        columns.append(Column(sheet, min(item.x0 for item in lines), max(item.x1 for item in lines), items))
    return columns
