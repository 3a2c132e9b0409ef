"""READ: where on the pages the tables are, and their cells."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from operator import attrgetter
from statistics import median

from extract.read.areas import Type
from extract.read.cells import read_cells
from extract.read.columns import cut_pieces, printed_lines
from extract.read.hyphens import Words
from extract.read.pdf import Line, Sheet
from extract.read.regions import TABLE_CAPTION, Region, append_part, join_parts
from extract.read.ruling import Bar, Post, alike, find_bars, find_posts, inner_posts
from extract.read.tabular import FIGURE, is_caption, is_plausible, is_prose_row, is_tabular, overlap

_VALUE = re.compile(r"[<>≤≥~±−-]?\s?\d|[-–—]$|(?:NA|ND|NR|N/A)$")
_NOTE = re.compile(
    r"[*†‡§¶‖#]|\(?[a-z]\)?\s[A-Z]|[a-z][A-Z]|(?i:notes?\b|abbreviations?\b|legend\b|key\b|(?:data|values) are\b)"
    r"|\w{1,9}\s?[:=]\s|[A-Z][\w-]{0,8}, [a-z]|n\.\s?[ads]\.|[A-Z][A-Z0-9-]{1,7}\s"
)


def find_tables(
    sheets: Sequence[Sheet], body: Type, words: Words, running: frozenset[int] | set[int] = frozenset()
) -> list[Region]:
    """The tables of a paper, in the order of the pages, each from the top of its page.

    ``running`` holds the ids of lines that are no part of the text. A table that goes on over pages is one region
    with ``parts``.
    """
    found: list[Region] = []
    pages = [
        _Page(sheet, [line for line in sheet.lines if id(line) not in running], list(sheet.lines), body, words)
        for sheet in sheets
    ]
    captions_below = sum(page.votes() for page in pages) > 0
    for page in pages:
        page.captions_below = captions_below
        found += page.tables()
    begun: dict[int, Region] = {}
    for page, following in pairwise(pages):
        before = max(page.found, key=lambda region: region.bottom, default=None)
        if before and not page.below(before) and (part := following.overleaf(before)):
            found = [region for region in found if region is not part]
            begun[id(part)] = begun.get(id(before), before)
            append_part(begun[id(part)], part)
    return join_parts(found)


_MOST_PAIRS = 400_000


@dataclass(slots=True)
class _Page:
    """What is on a page while its tables are looked for."""

    sheet: Sheet
    lines: list[Line]
    all_lines: list[Line]
    body: Type
    words: Words
    bars: list[Bar] = field(default_factory=list)
    posts: list[Post] = field(default_factory=list)
    captions: list[Line] = field(default_factory=list)
    used: set[int] = field(default_factory=set)
    found: list[Region] = field(default_factory=list)
    captions_below: bool = False

    def __post_init__(self) -> None:
        self.lines.sort(key=attrgetter("baseline", "x0"))
        captions = [line for line in self.lines if is_caption(line, self.lines, self.body)]
        # a caption printed several times over, as bold type is feigned or as damage leaves it, is one
        self.captions = list(
            {(line.text, round(line.x0), round(line.top)): line for line in reversed(captions)}.values()
        )
        if self.captions or self.sheet.rules or self.sheet.boxes:
            self.bars, self.posts = find_bars(self.sheet), find_posts(self.sheet)

    def votes(self) -> int:
        """How many captions have a table only above them (positive) or only below them (negative)."""
        count = 0
        for caption in self.captions:
            bars = [b for b in self.bars if b.x0 < caption.x1 and b.x1 > caption.x0 and b.x1 - b.x0 > 40]
            over = any(-2 < caption.top - b.y < 2.5 * caption.size for b in bars)
            under = any(-2 < b.y - caption.bottom < 6 * caption.size for b in bars)
            count += over - under
        return count

    def tables(self) -> list[Region]:
        captions = self.captions
        out = []
        for caption in sorted(captions, key=lambda line: line.top):
            ways = (self._above, self._below) if self.captions_below else (self._below, self._above)
            region = ways[0](caption, captions) or ways[1](caption, captions)
            if region:
                self._take(region)
                out.append(region)
        out += self._uncaptioned()
        return sorted(out, key=lambda region: region.top)

    def below(self, region: Region) -> bool:
        """Whether text of the paper stands under a table, over its width."""
        return any(
            id(line) not in self.used and line.top > region.bottom and line.x0 < region.x1 and line.x1 > region.x0
            for line in self.lines
        )

    def overleaf(self, before: Region) -> Region | None:
        """The rows with which this page begins, when the last table of the page before goes on in them: as many columns
        between the same edges, without a caption, with or without the header."""
        first = min((line for line in self.lines), key=lambda line: line.top, default=None)
        if first is None or any(first is line for region in self.found for line in region.caption):
            return None
        for region in self.found:
            if not region.caption and first in region.lines:
                return region if self._alike(region, before) else None
        rows = printed_lines(cut_pieces([line for line in self.lines if id(line) not in self.used]))
        if not rows or len(rows[0]) < max(3, before.columns - 1) or is_prose_row(rows[0], self.body):
            return None
        top = min(piece.top for piece in rows[0]) - 1
        bottom = self._rows_below(top, before.x0, before.x1, self.sheet.height)
        part = self._region(before.x0, top, before.x1, bottom, [])
        if part is None or not self._alike(part, before):
            return None
        self._take(part)
        return part

    def _alike(self, part: Region, before: Region) -> bool:
        """Whether two parts have the same columns at the same places."""
        edges = abs(part.x0 - before.x0) < 3 * self.body.size and abs(part.x1 - before.x1) < 3 * self.body.size
        return part.columns == before.columns > 2 and edges

    def _take(self, region: Region) -> None:
        self.found.append(region)
        self.used |= {id(line) for line in region.lines} | {id(line) for line in region.caption}
        region.notes = self._notes(region)
        self.used |= {id(line) for line in region.notes}

    def _below(self, caption: Line, captions: Sequence[Line]) -> Region | None:
        """The table under a caption."""
        later = [c.top for c in captions if c is not caption and c.top > caption.bottom and overlap(c, caption) > 0]
        floor = min(later, default=self.sheet.height)
        bars = [
            bar
            for bar in self.bars
            if caption.bottom - 2 < bar.y < floor
            and bar.x0 < caption.x1
            and bar.x1 > caption.x0
            and bar.x1 - bar.x0 > 40
        ]
        if bars:
            first = bars[0]
            between = self._between(caption.bottom, first.y, first.x0, first.x1)
            words = [line for line in between if line is not caption]
            if len(words) <= 8 and self._is_prose_run(caption, words) and first.y - caption.bottom < 9 * caption.size:
                chain = [bar for bar in bars if alike(bar, first) or self._tiles(bar, first)]
                region = self._ruled(chain, [caption, *words], floor)
                if region:
                    return region
        return self._unruled(caption, floor)

    def _tiles(self, bar: Bar, first: Bar) -> bool:
        """Whether a bar lies within another's ends and covers nearly all of it."""
        return bar.x0 >= first.x0 - 8 and bar.x1 <= first.x1 + 8 and bar.x1 - bar.x0 > 0.9 * (first.x1 - first.x0)

    def _is_prose_run(self, caption: Line, words: Sequence[Line]) -> bool:
        """Whether lines are the rest of a caption: close under each other, one to a printed line."""
        at = caption
        for line in sorted(words, key=lambda line: line.baseline):
            if line.baseline - at.baseline > 2.2 * caption.size or abs(line.size - caption.size) > 1.6:
                return False
            if abs(line.baseline - at.baseline) < 1 and line.x0 - at.x1 > 3 * caption.size:
                return False
            at = line
        return True

    def _between(self, top: float, bottom: float, x0: float, x1: float, *, running: bool = False) -> list[Line]:
        return [
            line
            for line in (self.all_lines if running else self.lines)
            if id(line) not in self.used
            and top - 1 < (line.top + line.bottom) / 2 < bottom + 1
            and line.x1 > x0 - 1
            and line.x0 < x1 + 1
            and min(line.x1, x1) - max(line.x0, x0) > 0.5 * (line.x1 - line.x0)
        ]

    def _ruled(self, chain: Sequence[Bar], caption: list[Line], floor: float) -> Region | None:
        """The table between bars of the same ends, from the first down as far as rows of cells go on."""
        x0, x1 = min(bar.x0 for bar in chain[:2]), max(bar.x1 for bar in chain[:2])
        top = chain[0].y
        last = 0
        for index, (a, b) in enumerate(pairwise(chain)):
            inside = self._between(a.y, b.y, x0, x1)
            if is_tabular(inside, self.body, b.y - a.y):
                last = index + 1
                continue
            break
        bottom = chain[last].y
        if last < 2 and not (last and self._holds_values(top, bottom, x0, x1)):
            bottom = self._rows_below(bottom, x0, x1, floor)
        # rules or tints over the columns of values only: a longer rule of the table shows where its rows begin
        longer = [b for b in self.bars if top - 2 < b.y < bottom + 5 and b.x0 < x0 + 2 and b.x1 > x1 - 2]
        x0, x1 = min([x0, *(bar.x0 for bar in longer)]), max([x1, *(bar.x1 for bar in longer)])
        return self._region(x0, top, x1, bottom, caption)

    def _holds_values(self, top: float, bottom: float, x0: float, x1: float) -> bool:
        """Whether there are rows of values between two rules: a whole table then, framed by them, and not its head."""
        rows = printed_lines(cut_pieces(self._between(top, bottom, x0, x1)))
        wide = [row for row in rows if len(row) > 2]
        values = [row for row in wide if sum(_VALUE.match(piece.text) is not None for piece in row) > len(row) / 2]
        return len(values) > 1

    def _rows_below(self, top: float, x0: float, x1: float, floor: float) -> float:
        """How far down rows of cells go on under the last rule."""
        lines = self._between(top, floor, x0, x1)
        rows = printed_lines(cut_pieces(lines))
        end = kept = top
        misses = 0
        sizes: list[float] = []
        for row in rows:
            size = row[0].size
            gap = row[0].top - end
            if gap > 2.6 * size or FIGURE.match(row[0].text) or TABLE_CAPTION.match(row[0].text):
                break
            if sizes and all(piece.size > 1.15 * median(sizes) for piece in row):
                break  # headings of the columns of text, side by side under the table
            sizes += [piece.size for piece in row]
            if len(row) > 1 and not is_prose_row(row, self.body):
                misses = 0
                end = max(p.bottom for p in row)
            elif len(row) == 1 and row[0].x1 - row[0].x0 < 0.6 * (x1 - x0) and misses < 2:
                misses += 1
                if misses == 1:
                    kept = end
                end = max(p.bottom for p in row)
            else:
                break
        return end if not misses else kept

    def _unruled(self, caption: Line, floor: float) -> Region | None:
        """The table under a caption that has no rules: lines of several pieces that stand under each other."""
        x0, x1 = self._column_of(caption)
        words = [caption]
        lines = [line for line in self._between(caption.bottom, floor, x0, x1) if line is not caption]
        rows = printed_lines(cut_pieces(lines))
        skip = 0
        at = caption
        for row in rows:
            if len(row) == 1 and row[0].baseline - at.baseline < 1.7 * caption.size and skip < 6:
                near = [line for line in lines if abs(line.baseline - row[0].baseline) < 1.5]
                words += near
                at = near[-1] if near else at
                skip += 1
            else:
                break
        table = rows[skip:]
        if not table or table[0][0].top - at.bottom > 4 * caption.size or len(table[0]) < 2:
            return None
        top = table[0][0].top - 1
        return self._aligned(x0, top, x1, self._rows_below(top, x0, x1, floor), words)

    def _unruled_above(self, caption: Line, ceiling: float) -> Region | None:
        """The table over a caption that has no rules."""
        x0, x1 = self._column_of(caption)
        lines = self._between(ceiling, caption.top - 1, x0, x1)
        rows = printed_lines(cut_pieces(lines))
        edge, lone, first = caption.top, 0, len(rows)
        for index in range(len(rows) - 1, -1, -1):
            row = rows[index]
            if edge - row[0].bottom > 2.6 * row[0].size or is_prose_row(row, self.body) or lone > 1:
                break
            edge = min(p.top for p in row)
            if len(row) > 1:
                first, lone = index, 0
            else:
                lone += 1
        if first == len(rows):
            return None
        return self._aligned(x0, rows[first][0].top - 1, x1, caption.top - 1, [caption, *self._goes_on(caption)])

    def _aligned(self, x0: float, top: float, x1: float, bottom: float, caption: list[Line]) -> Region | None:
        """The table of an area without rules, when its rows are several and its cells stand under each other."""
        lines = self._between(top, bottom, x0, x1)
        if not lines:
            return None
        left, right = min(line.x0 for line in lines), max(line.x1 for line in lines)
        region = self._region(left - 2, top, right + 2, bottom, caption)
        if region is None or (region.columns == 2 and region.rows < 3):
            return None
        return region

    def _goes_on(self, caption: Line) -> list[Line]:
        """The further lines of a caption."""
        out: list[Line] = []
        at = caption
        for line in self.lines:
            near = 0 < line.baseline - at.baseline < 1.5 * caption.size and abs(line.size - caption.size) < 0.5
            if near and abs(line.x0 - caption.x0) < 4 * caption.size:
                out.append(line)
                at = line
        return out[:8]

    def _column_of(self, caption: Line) -> tuple[float, float]:
        """The edges of the column of text that a caption stands in: as wide as the lines under it reach."""
        near = [line for line in self.lines if 0 <= line.top - caption.top < 14 * self.body.size]
        left, right = 0.0, self.sheet.width
        middle = self.sheet.width / 2
        crossing = [line for line in near if line.x0 < middle - 8 and line.x1 > middle + 8]
        if not crossing and caption.x1 < middle:
            right = middle
        elif not crossing and caption.x0 > middle:
            left = middle
        return left, right

    def _above(self, caption: Line, captions: Sequence[Line]) -> Region | None:
        """The table over a caption."""
        ceiling = max((c.bottom for c in captions if c is not caption and c.bottom < caption.top), default=0.0)
        bars = [
            bar
            for bar in self.bars
            if ceiling < bar.y < caption.top + 2
            and bar.x0 < caption.x1
            and bar.x1 > caption.x0
            and bar.x1 - bar.x0 > 40
        ]
        last = bars[-1] if bars else None
        if last is None or caption.top - last.y > 4 * caption.size:
            return self._unruled_above(caption, ceiling)
        if self._between(last.y, caption.top - 1, last.x0, last.x1):
            return self._unruled_above(caption, last.y)
        chain = [bar for bar in bars if alike(bar, last)]
        first = len(chain) - 1
        for index in range(len(chain) - 1, 0, -1):
            inside = self._between(chain[index - 1].y, chain[index].y, last.x0, last.x1)
            if not inside or not (is_tabular(inside, self.body, 0) or index - 1 == 0):
                break
            first = index - 1
        if first == len(chain) - 1:
            return None
        return self._region(last.x0, chain[first].y, last.x1, last.y, [caption, *self._goes_on(caption)])

    def _uncaptioned(self) -> list[Region]:
        """Tables without a caption of their own, seen from their rules: grids, and rows between three rules."""
        out: list[Region] = []
        bars = [bar for bar in self.bars if bar.x1 - bar.x0 > 60]
        if len(bars) * (len(bars) + len(self.posts)) > _MOST_PAIRS:
            return out  # a plot or a map
        for index, bar in enumerate(bars):
            if any(r.top - 2 <= bar.y <= r.bottom + 2 and bar.x0 < r.x1 and bar.x1 > r.x0 for r in self.found):
                continue
            chain = [b for b in bars[index:] if alike(b, bar, 4)]
            if len(chain) < 3:
                continue
            posts = [
                post
                for post in inner_posts(self.posts, bar.x0, bar.y, bar.x1, chain[-1].y)
                if bar.x0 + 8 < post.x < bar.x1 - 8
            ]
            reach = [b for b in chain if any(p.top - 4 < b.y < p.bottom + 4 for p in posts)]
            if len(reach) > 2:
                region = self._region(bar.x0, reach[0].y, bar.x1, reach[-1].y, [])
            else:
                region = self._between_three(chain)
            if region and region.rows > 1 and len(region.slots) > 3 and not region.doubts:
                self._take(region)
                out.append(region)
        return out

    def _between_three(self, chain: Sequence[Bar]) -> Region | None:
        """Rows between three rules, a header between the first two; no columns of text, no axes of a figure."""
        last = 0
        for index, (a, b) in enumerate(pairwise(chain)):
            inside = self._between(a.y, b.y, a.x0, a.x1)
            if not inside or not is_tabular(inside, self.body, b.y - a.y):
                break
            last = index + 1
        if last < 2:
            return None
        region = self._region(chain[0].x0, chain[0].y, chain[0].x1, chain[last].y, [])
        if region is None or region.columns < 3 or region.rows < 3:
            return None
        rows: dict[int, int] = {}
        for slot in region.slots:
            rows[slot.row] = rows.get(slot.row, 0) + 1
        if sum(count > 1 for count in rows.values()) < 0.7 * len(rows) or any(len(s.text) > 350 for s in region.slots):
            return None
        return region

    def _region(self, x0: float, top: float, x1: float, bottom: float, caption: list[Line]) -> Region | None:
        # Between rules all lines are the table's, also a row of numbers that looks like the foot of a page.
        ruled = sum(abs(bar.y - y) < 2 for bar in self.bars for y in (top, bottom) if bar.x0 < x1 and bar.x1 > x0) > 1
        lines = self._between(top, bottom, x0, x1, running=ruled)
        lines = [line for line in lines if not any(line is c for c in caption)]
        if len(lines) < 2:
            return None
        bars = [bar for bar in self.bars if top - 2 <= bar.y <= bottom + 2 and bar.x1 > x0 and bar.x0 < x1]
        posts = inner_posts(self.posts, x0, top, x1, bottom)
        layout = read_cells(self.sheet, lines, (x0, top, x1, bottom), bars, posts, self.words)
        if layout is None or layout.columns < 2 or layout.rows < 2 or not is_plausible(layout):
            return None
        return Region(
            self.sheet, x0, top, x1, bottom, list(layout.slots), layout.columns, layout.rows, lines, caption,
            doubts=list(layout.doubts),
        )  # fmt: skip

    def _notes(self, region: Region) -> list[Line]:
        """The notes under a table: smaller than the text, or opened by a mark, close under the last row."""
        sizes = [line.size for line in region.lines]
        size = median(sizes)
        low = max(region.bottom, max(line.bottom for line in region.lines))
        low = max([low, *(line.bottom for line in region.caption if line.top > region.top)])
        below = [line for line in self.lines if id(line) not in self.used and line.top > low - 3]
        out: list[Line] = []
        at = low
        for line in below:
            beside = line.x0 >= region.x1 or line.x1 <= region.x0
            if beside and not (out and abs(line.x0 - out[0].x0) < 2 * line.size):
                continue
            if (
                line.top - at > (1.6 if not out else 0.9) * line.size
                or TABLE_CAPTION.match(line.text)
                or FIGURE.match(line.text)
            ):
                break
            marked = line.words[0].rise > 0 or bool(_NOTE.match(line.text))
            inside = line.x0 > region.x0 - 12 and line.x1 < region.x1 + 12
            small = line.size < self.body.size - 0.4 and line.size < size + 0.8
            if out and abs(line.size - out[0].size) > 0.4:
                break
            if not out and not (small and (inside or marked)) and not (marked and line.size < self.body.size - 0.1):
                break
            out.append(line)
            at = line.bottom
        return out
