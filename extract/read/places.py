"""READ, words and boxes: whether words stand in their boxes, whether a box frames them, where else they stand."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise, product
from typing import NamedTuple

from extract.model import Box
from extract.model.geometry import Sides, turned
from extract.read.exponents import CLEAN, LOWER
from extract.read.spots import Glyph, Sight
from extract.read.wording import Printed, match, printed

_LETTERS = re.compile(r"[^\W_]+")

MOST_PLACES = 200
"""So many places are looked at when words are searched for; what stands oftener proves nothing."""

OCR_OFF = 3.0
"""So many times farther the letters that OCR has set behind a picture may stand from where the picture shows them."""

ASCENT, DESCENT = 0.78, 0.22  # how far the type of a line reaches above and below it, in ems, as the reader takes it


class Pages:
    """The pages of a file, each looked at when it is first asked for. Page 1 is the first."""

    def __init__(self, see: Callable[[int], Sight], count: int) -> None:
        self.count = count
        self._see = see
        self._seen: dict[int, Sight] = {}

    def __getitem__(self, number: int) -> Sight:
        if number not in self._seen:
            self._seen[number] = self._see(number) if 1 <= number <= self.count else Sight(number, ())
        return self._seen[number]

    def put(self, sight: Sight) -> None:
        """Take this for what stands on a page."""
        self._seen[sight.number] = sight


# --- words in their boxes


@dataclass(frozen=True)
class Standing:
    """A quote found in the boxes of its lines: ``where`` holds for each of its characters the index in ``atoms`` of the
    printed one, None for one that is not printed."""

    quote: str
    boxes: tuple[Box, ...]
    pages: Pages
    atoms: tuple[Printed, ...]
    where: tuple[int | None, ...]
    ocr: bool = False

    def misplaced_line(self) -> int | None:
        """The first of the boxes that does not frame its line of the quote; None when all do."""
        lines = self._lines(0, len(self.quote))
        for number, box in enumerate(self.boxes):
            if number not in lines or not frames(box, self.pages[box.page], lines[number], ocr=self.ocr):
                return number
        return None

    def stands_at(self, words: str, page: int, box: Box) -> bool:
        """Whether a box frames words of the quote (their part on the first page that they touch)."""
        found = False
        for lines in self._occurrences(words):
            found = True
            first = self.boxes[min(lines)].page
            glyphs = [glyph for line, glyphs in lines.items() if self.boxes[line].page == first for glyph in glyphs]
            if page == box.page == first and frames(box, self.pages[first], glyphs, ocr=self.ocr):
                return True
        return not found  # words of marks alone, which are not printed

    def places(self, words: str) -> tuple[Box, ...]:
        """The boxes of words of the quote, line by line, where they stand first."""
        lines = next(self._occurrences(words), {})
        pages = {line: self.boxes[line].page for line in lines}
        return tuple(_around(pages[line], [self.pages[pages[line]].glyphs[i] for i in lines[line]]) for line in lines)

    def _occurrences(self, words: str) -> Iterator[dict[int, list[int]]]:
        at = self.quote.find(words)
        while at >= 0:
            lines = self._lines(at, at + len(words))
            if lines:
                yield lines
            at = self.quote.find(words, at + 1)

    def _lines(self, start: int, end: int) -> dict[int, list[int]]:
        """The glyphs of a stretch of the quote by the line on which they stand, hyphens at line ends among them."""
        matched = [at for at in self.where[start:end] if at is not None]
        out: dict[int, list[int]] = {}
        if matched:
            for atom in self.atoms[min(matched) : max(matched) + 1]:
                out.setdefault(atom.line, []).append(atom.glyph)
        return out


def stand(quote: str, boxes: Sequence[Box], pages: Pages, *, ocr: bool = False) -> Standing | None:
    """The quote in the boxes of its lines; None when other words, or more, or fewer stand there."""
    found = _in_boxes(boxes, pages, OCR_OFF if ocr else 1.0)
    for order in (found, sorted(found, key=lambda each: (each[1], sum(each[3].along)))):
        atoms = printed(order)
        where = match(quote, atoms, ocr=ocr)
        if where is not None:
            return Standing(quote, tuple(boxes), pages, tuple(atoms), tuple(where), ocr)
    return None


def spoken(boxes: Sequence[Box], pages: Pages) -> str:
    """What stands in boxes, as people read it."""
    words: list[str] = []
    for box in boxes:
        sight = pages[box.page]
        glyphs = [sight.glyphs[index] for index in sight.inside(box)]
        if words and glyphs:
            words.append(" ")
        for before, glyph in pairwise([None, *glyphs]):
            if before and glyph and glyph.along[0] - before.along[1] > 0.2 * glyph.size:
                words.append(" ")
            words.append(glyph.text.translate(CLEAN) if glyph else "")
    return "".join(words).replace("\x02", "-").replace("\ufffe", "-")


def _in_boxes(boxes: Sequence[Box], pages: Pages, off: float) -> list[tuple[int, int, bool, Glyph]]:
    """The glyphs in boxes (index, number of the box, whether it is spare, the glyph), box by box as drawn.

    A quote may begin and end within a word, where the reader can only tell about where it is cut: at the outer edges of
    the first and the last box, glyphs within an em outside are spare, and those at the edge of a word that goes on.
    """
    out: list[tuple[int, int, bool, Glyph]] = []
    for number, box in enumerate(boxes):
        sight = pages[box.page]
        inside = sight.inside(box)
        spare: set[int] = set()
        if inside and number in (0, len(boxes) - 1):
            turn = sight.glyphs[inside[0]].turn
            left, _, right, _ = turned(sides_of(box), turn)
            em = off * max(4.0, min(box.x1 - box.x0, box.bottom - box.top))
            near = [i for i in sight.inside(box, em) if sight.glyphs[i].turn == turn]
            if number == 0:
                spare |= _at_edge(sight, set(inside), near, left, em, 1)
            if number == len(boxes) - 1:
                spare |= _at_edge(sight, set(inside), near, -right, em, -1)
        out += [(i, number, i in spare, sight.glyphs[i]) for i in sorted({*inside, *spare})]
    return out


def _at_edge(sight: Sight, inside: set[int], near: list[int], edge: float, em: float, way: int) -> set[int]:
    """The glyphs outside of an edge of a box (left: way 1; right: way -1) that are near to it, and those inside that
    stand at the edge in the same word."""

    def reach(index: int) -> tuple[float, float]:
        start, end = sight.glyphs[index].along
        return (start, end) if way > 0 else (-end, -start)

    outside = {i for i in near if i not in inside and sum(reach(i)) / 2 < edge}
    if not outside or not inside:
        return outside
    gap = min(reach(i)[0] for i in inside) - max(reach(i)[1] for i in outside)
    if gap > 0.2 * em:
        return outside
    return outside | {i for i in inside if sum(reach(i)) / 2 < edge + 0.35 * em}


# --- boxes around words


def frames(box: Box, sight: Sight, indices: Sequence[int], *, ocr: bool = False) -> bool:
    """Whether a box lies around these glyphs of a page as the reader draws boxes: from the first to the last, as high
    as their type. An edge within a word may be half an em off (more where OCR set the letters), any other a third."""
    glyphs = [sight.glyphs[index] for index in indices]
    turn = glyphs[0].turn
    em = max(glyph.size for glyph in glyphs)
    start, over, end, under = turned(sides_of(box), turn)
    inks = [turned((glyph.x0, glyph.top, glyph.x1, glyph.bottom), turn) for glyph in glyphs]
    first, last = min(ink[0] for ink in inks), max(ink[2] for ink in inks)
    off = (OCR_OFF if ocr else 1.0) * (em / 2 + 1)
    for edge, ink, way in ((start, first, -1), (end, last, 1)):
        far = abs(edge - ink)
        if far > em / 3 + 0.5 and (far > off or not _goes_on(sight, indices, way)):
            return False
    highest = min(min(ink[1], glyph.base - ASCENT * glyph.size) for ink, glyph in zip(inks, glyphs, strict=True))
    lowest = max(max(ink[3], glyph.base + DESCENT * glyph.size) for ink, glyph in zip(inks, glyphs, strict=True))
    slack = 0.3 * em + 0.5
    return highest - slack <= over <= min(ink[1] for ink in inks) + slack and (
        max(ink[3] for ink in inks) - slack <= under <= lowest + slack
    )


def _goes_on(sight: Sight, indices: Sequence[int], way: int) -> bool:
    """Whether the word at one end of these glyphs (way -1: their start) goes on beyond them."""
    glyphs = [sight.glyphs[index] for index in indices]
    at = max(glyphs, key=lambda glyph: glyph.along[1]) if way > 0 else min(glyphs, key=lambda glyph: glyph.along[0])
    for index in sight.inside(_around(sight.number, [at]), at.size):
        other = sight.glyphs[index]
        gap = other.along[0] - at.along[1] if way > 0 else at.along[0] - other.along[1]
        if index not in indices and abs(gap) < 0.25 * at.size:
            return True
    return False


def sides_of(box: Box) -> Sides:
    """The sides of a box."""
    return box.x0, box.top, box.x1, box.bottom


def _around(page: int, glyphs: Sequence[Glyph]) -> Box:
    """The box of the ink of glyphs, to the hundredth of a point."""
    return Box(
        page=page,
        x0=round(min(glyph.x0 for glyph in glyphs), 2),
        top=round(min(glyph.top for glyph in glyphs), 2),
        x1=round(max(glyph.x1 for glyph in glyphs), 2),
        bottom=round(max(glyph.bottom for glyph in glyphs), 2),
    )


# --- words anywhere


class _Keys(NamedTuple):
    """The letters and digits of a page in the order of drawing, and the glyph of each."""

    text: str
    glyphs: list[int]


class Search:
    """Looks for words anywhere in a file."""

    def __init__(self, pages: Pages) -> None:
        self.pages = pages
        self._keys: dict[int, _Keys] = {}

    def find(self, quote: str, near: Sequence[Box], *, ocr: bool = False) -> tuple[Box, ...]:
        """Where the words of a quote stand, line by line; of several places the one nearest to the box in ``near``,
        best on its page. () when they stand nowhere. A quote may be parted once, by the end of a column or page."""
        key = _key(quote)
        if not key:
            return ()
        around = near[0] if near else Box(page=1, x0=0, top=0, x1=0, bottom=0)
        order = sorted(range(1, self.pages.count + 1), key=lambda number: (abs(number - around.page), number))
        for place in self._places(key, order, around):
            if stand(quote, boxes := self._lines(place), self.pages, ocr=ocr):
                return boxes
        size = bisect_right(range(1, len(key)), 0, key=lambda n: not any(key[:n] in self._of(p).text for p in order))
        if not size:
            return ()
        heads = [place for place in self._places(key[:size], order, around) if self._at_line_end(*place[-1], 1)]
        tails = [place for place in self._places(key[size:], order, around) if self._at_line_end(*place[0], -1)]
        for head, tail in islice(product(heads, tails), MOST_PLACES):
            if stand(quote, boxes := (*self._lines(head), *self._lines(tail)), self.pages, ocr=ocr):
                return boxes
        return ()

    def _of(self, number: int) -> _Keys:
        if number not in self._keys:
            text: list[str] = []
            at: list[int] = []
            for index, glyph in enumerate(self.pages[number].glyphs):
                letters = _key(glyph.text)
                text.append(letters)
                at += [index] * len(letters)
            self._keys[number] = _Keys("".join(text), at)
        return self._keys[number]

    def _places(self, key: str, order: Sequence[int], near: Box) -> list[list[tuple[int, int]]]:
        """Page and index of the glyphs of each place at which letters stand, the best places first."""
        places: list[tuple[float, list[tuple[int, int]]]] = []
        for number in order:
            keys = self._of(number)
            at = keys.text.find(key)
            while at >= 0 and len(places) < MOST_PLACES:
                first, last = keys.glyphs[at], keys.glyphs[at + len(key) - 1]
                if not self._within_a_word(number, first, last):
                    glyph = self.pages[number].glyphs[first]
                    far = abs(glyph.x0 - near.x0) + abs(glyph.top - near.top) + 10_000 * abs(number - near.page)
                    places.append((far, [(number, index) for index in range(first, last + 1)]))
                at = keys.text.find(key, at + 1)
        return [place for _, place in sorted(places)]

    def _at_line_end(self, number: int, index: int, way: int) -> bool:
        """Whether a glyph is the last (way -1: the first) of its line, but for a hyphen or another sign."""
        sight = self.pages[number]
        at = sight.glyphs[index]
        beside = [sight.glyphs[i] for i in sight.inside(_around(number, [at]), 2 * at.size) if i != index]
        return not any(_key(each.text) and way * (sum(each.along) - sum(at.along)) > 0 for each in beside)

    def _within_a_word(self, number: int, first: int, last: int) -> bool:
        """Whether letters or digits go on without a gap before or after."""
        glyphs = self.pages[number].glyphs
        for left, right in ((first - 1, first), (last, last + 1)):
            if left >= 0 and right < len(glyphs) and _key(glyphs[left].text) and _key(glyphs[right].text):
                a, b = glyphs[left], glyphs[right]
                if a.turn == b.turn and abs(b.along[0] - a.along[1]) < 0.15 * a.size and abs(a.base - b.base) < a.size:
                    return True
        return False

    def _lines(self, place: Sequence[tuple[int, int]]) -> tuple[Box, ...]:
        """The boxes of the lines on which glyphs stand."""
        lines: list[tuple[int, list[Glyph]]] = []
        for number, index in place:
            glyph = self.pages[number].glyphs[index]
            before = lines[-1][1][-1] if lines and lines[-1][0] == number else None
            if (
                before is None
                or before.turn != glyph.turn
                or abs(before.base - glyph.base) > 0.8 * max(before.size, glyph.size)
                or glyph.along[0] < before.along[0] - glyph.size
            ):
                lines.append((number, []))
            lines[-1][1].append(glyph)
        return tuple(_line_box(number, glyphs) for number, glyphs in lines)


def _line_box(page: int, glyphs: Sequence[Glyph]) -> Box:
    """The box of glyphs of one line, as high as their type."""
    turn = glyphs[0].turn
    start, end = min(glyph.along[0] for glyph in glyphs), max(glyph.along[1] for glyph in glyphs)
    over = min(glyph.base - ASCENT * glyph.size for glyph in glyphs)
    under = max(glyph.base + DESCENT * glyph.size for glyph in glyphs)
    x0, top, x1, bottom = turned((start, over, end, under), -turn)
    return Box(page=page, x0=round(x0, 2), top=round(top, 2), x1=round(x1, 2), bottom=round(bottom, 2))


def _key(text: str) -> str:
    """The letters and digits of a text, by which it is looked for."""
    return "".join(_LETTERS.findall(text.translate(CLEAN).translate(LOWER)))
