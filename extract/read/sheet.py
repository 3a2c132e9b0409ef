"""READ, the nouns of a page: words, lines and drawings with their geometry, before anything is decided about them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

_LETTER = re.compile(r"[^\W\d_]")
_NO_LETTERS = re.compile(r"[\W\d_]+")
_SMALL = re.compile(r"[a-zà-öø-ÿßœα-ω]+")


class Font(NamedTuple):
    """A typeface as far as reading needs it."""

    name: str
    bold: bool
    italic: bool


class Word(NamedTuple):
    """Characters set together, without white space, in one type and on one baseline.

    Points, origin top left of the upright page. ``top`` and ``bottom`` are those of the type (ascender and
    descender), not of the ink. ``space`` tells whether white space stands before the word; ``rise`` is 1 for
    a raised word, -1 for a lowered one. ``hyphen`` is set when the text goes on without it on the next line; ``turn``
    is how many quarters clockwise it is turned.
    """

    text: str
    x0: float
    top: float
    x1: float
    bottom: float
    baseline: float
    size: float
    font: Font
    space: bool
    rise: int = 0
    hyphen: bool = False
    turn: int = 0


class Rect(NamedTuple):
    """A rule, box or picture drawn on the page, in points from the top left of the upright page."""

    x0: float
    top: float
    x1: float
    bottom: float


@dataclass(eq=False)
class Line:
    """Words side by side on one baseline, without a gap as wide as between columns; a piece of a printed line.

    ``size``, ``baseline`` and ``font`` are those of its largest stretch of words; ``order`` is its place in the
    order in which the file draws its text.
    """

    words: list[Word]
    x0: float
    top: float
    x1: float
    bottom: float
    baseline: float
    size: float
    order: int

    @cached_property
    def text(self) -> str:
        """The words as printed, raised marks glued to what they stand at."""
        return "".join([" " + w.text if w.space else w.text for w in self.words]).lstrip()

    @cached_property
    def font(self) -> Font:
        """The typeface of most of its characters."""
        first = self.words[0].font
        if all(word.font is first for word in self.words):
            return first
        fonts: dict[Font, int] = {}
        for word in self.words:
            fonts[word.font] = fonts.get(word.font, 0) + len(word.text)
        return max(fonts, key=lambda font: fonts[font])

    @cached_property
    def faces(self) -> list[Font]:
        """The typefaces of its words of letters, raised and lowered ones left out."""
        faces: list[Font] = []
        last: Font | None = None
        for word in self.words:
            if word.font is not last and word.rise == 0 and _LETTER.search(word.text):
                last = word.font
                faces.append(last)
        return faces

    @cached_property
    def bold(self) -> bool:
        """Whether all its words of letters are bold."""
        return bool(self.faces) and all(font.bold for font in self.faces)

    @cached_property
    def italic(self) -> bool:
        """Whether all its words of letters are italic."""
        return bool(self.faces) and all(font.italic for font in self.faces)

    @cached_property
    def capitals(self) -> bool:
        """Whether it is set in capitals."""
        return is_capitals(self.text)


def is_capitals(text: str) -> bool:
    """Whether words are set in capitals: more than three letters, hardly any of them small."""
    letters = _NO_LETTERS.sub("", text)
    return len(letters) > 3 and len(_SMALL.sub("", letters)) > 0.85 * len(letters)


@dataclass(slots=True, eq=False)
class Sheet:
    """One page as it is set: its size in points when held so that its text is upright, and what stands on it.

    ``lines`` are in the order in which the file draws them. ``sideways`` is text that runs in another direction
    than most of the page. ``rules`` are thin, ``boxes`` have an area, ``pictures`` are images and drawings.
    ``ocr`` is set when its words stand for a picture of them. ``turned`` is how far (0, 90, 180, 270 degrees clockwise)
    the text stands turned on the page as shown.
    """

    number: int
    width: float
    height: float
    shown_width: float
    shown_height: float
    turned: int = 0
    lines: list[Line] = field(default_factory=list)
    sideways: list[Line] = field(default_factory=list)
    rules: list[Rect] = field(default_factory=list)
    boxes: list[Rect] = field(default_factory=list)
    pictures: list[Rect] = field(default_factory=list)
    characters: int = 0
    objects: int = 0
    unmapped: int = 0
    ocr: bool = False

    def shown(self, x0: float, top: float, x1: float, bottom: float) -> tuple[float, float, float, float]:
        """A rectangle of the upright page, as it lies on the page as shown."""
        if self.turned == 0:
            return x0, top, x1, bottom
        if self.turned == 90:
            return self.shown_width - bottom, x0, self.shown_width - top, x1
        if self.turned == 180:
            return self.shown_width - x1, self.shown_height - bottom, self.shown_width - x0, self.shown_height - top
        return top, self.shown_height - x1, bottom, self.shown_height - x0


def line_of(words: list[Word], order: int = 0) -> Line:
    """The line that words side by side make; ``order`` is its place in the order of drawing."""
    first = main = words[0]
    x0, top, x1, bottom, weight = first.x0, 1e9, first.x1, -1e9, -1e9
    for word in words:
        if word.x0 < x0:
            x0 = word.x0
        if word.x1 > x1:
            x1 = word.x1
        length = len(word.text)
        here = word.size * (length if length < 4 else 4)
        if word.rise:
            here -= 1e6
        else:
            if word.top < top:
                top = word.top
            if word.bottom > bottom:
                bottom = word.bottom
        if here > weight:
            main, weight = word, here
    if bottom < top:
        top, bottom = main.top, main.bottom
    return Line(words, x0, top, x1, bottom, main.baseline, main.size, order)


def join_words(words: list[Word]) -> list[Line]:
    """Join words that follow each other on one baseline into lines, in the order given.

    A gap of an em or more ends a line. Smaller words just above or below the baseline are marked by their rise.
    """
    lines: list[list[Word]] = []
    now: list[Word] = []

    def close() -> None:
        if len(now) > 1 and now[-1].text in "-‐" and now[-1].x0 - now[-2].x1 < 0.4 * now[-1].size:
            now[-1] = now[-1]._replace(space=False)  # the hyphen of a word that goes on below, drawn on its own
        lines.append(now)

    size = baseline = right = 0.0
    for word in words:
        if now:
            em = max(size, word.size)
            gap = word.x0 - right
            drop = word.baseline - baseline
            if abs(drop) < 0.07 * em and -0.4 * em < gap < 0.95 * em:
                if word.size > size:
                    size = word.size
                if word.space and gap < 0.08 * em and not word.text[0].isalnum() and word.text[0] not in "([“‘":
                    word = word._replace(space=False)  # a hyphen or comma drawn on its own
                now.append(word)
                right = max(right, word.x1)
                continue
            if -0.4 * em < gap < 0.6 * em and abs(drop) < 0.75 * em:
                if word.size < 0.9 * size or (abs(drop) < 0.55 * size and gap < 0.3 * em and word.size < 1.1 * size):
                    now.append(word._replace(rise=1 if drop < 0 else -1))
                    right = max(right, word.x1)
                    continue
                if size < 0.9 * word.size and drop > 0:
                    # the line began with a raised mark: an affiliation's number, a footnote's letter
                    now = [before._replace(rise=1) for before in now]
                    now.append(word)
                    size, baseline, right = word.size, word.baseline, max(right, word.x1)
                    continue
            close()
        now = [word]
        size, baseline, right = word.size, word.baseline, word.x1
    if now:
        close()
    return [line_of(line, order) for order, line in enumerate(lines)]
