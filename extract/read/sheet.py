"""READ, the nouns of a page: words, lines and drawings with their geometry, before anything is decided about them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Generic, NamedTuple, TypeVar

_LETTER = re.compile(r"[^\W\d_]")
_NO_LETTERS = re.compile(r"[\W\d_]+")
_SMALL = [*range(0x61, 0x7B), 0xDF, *range(0xE0, 0xF7), *range(0xF8, 0x100), 0x153, *range(0x3B1, 0x3CA)]
_WITHOUT_SMALL = dict.fromkeys(_SMALL)  # a-z, ß, à-ö, ø-ÿ, œ, α-ω

_T = TypeVar("_T")


class once(Generic[_T]):
    """A property that is computed when it is first asked for, and then kept in the attribute of its name.

    ``functools.cached_property`` locks up to Python 3.11, and keeps its value in a way that makes all other attributes
    of the object slower: asked some times for every line, both cost more than what is computed.
    """

    def __init__(self, compute: Callable[[Any], _T]) -> None:
        self.compute = compute
        self.name = compute.__name__

    def __get__(self, owner: object, _: type | None = None) -> _T:
        value = self.compute(owner)
        setattr(owner, self.name, value)
        return value


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
    order in which the file draws its text. A line is ``even`` when all its words have one size and one baseline, each
    stands just after the one before, and where there is a gap there is white space: nearly all lines of a text are.
    """

    words: list[Word]
    x0: float
    top: float
    x1: float
    bottom: float
    baseline: float
    size: float
    order: int
    even: bool = False

    @once
    def text(self) -> str:
        """The words as printed, raised marks glued to what they stand at."""
        return "".join([" " + w.text if w.space else w.text for w in self.words]).lstrip()

    @once
    def letters(self) -> int:
        """How many characters its words have."""
        return len(self.text) - self.text.count(" ")

    @once
    def fonts(self) -> list[Font]:
        """Its typefaces, each once."""
        first = self.words[0].font
        if all(word.font is first for word in self.words):
            return [first]
        return list(dict.fromkeys([word.font for word in self.words]))

    @once
    def font(self) -> Font:
        """The typeface of most of its characters."""
        if len(self.fonts) == 1:
            return self.fonts[0]
        fonts: dict[Font, int] = {}
        for word in self.words:
            fonts[word.font] = fonts.get(word.font, 0) + len(word.text)
        return max(fonts, key=lambda font: fonts[font])

    @once
    def faces(self) -> list[Font]:
        """The typefaces of its words of letters, raised and lowered ones left out."""
        if self.even and len(self.fonts) == 1:
            return self.fonts if _LETTER.search(self.text) else []
        faces: list[Font] = []
        last: Font | None = None
        for word in self.words:
            if word.font is not last and word.rise == 0 and _LETTER.search(word.text):
                last = word.font
                faces.append(last)
        return faces

    @once
    def bold(self) -> bool:
        """Whether all its words of letters are bold."""
        faces = self.faces
        return faces[0].bold if len(faces) == 1 else bool(faces) and all(font.bold for font in faces)

    @once
    def italic(self) -> bool:
        """Whether all its words of letters are italic."""
        faces = self.faces
        return faces[0].italic if len(faces) == 1 else bool(faces) and all(font.italic for font in faces)

    @once
    def capitals(self) -> bool:
        """Whether it is set in capitals."""
        return is_capitals(self.text)


def is_capitals(text: str) -> bool:
    """Whether words are set in capitals: more than three letters, hardly any of them small."""
    if text.isascii():
        small = len(text) - len(text.encode().translate(None, b"abcdefghijklmnopqrstuvwxyz"))
    else:
        small = len(text) - len(text.translate(_WITHOUT_SMALL))
    if small > 0.16 * len(text):
        return False  # as nearly all lines: their letters need not be counted
    letters = len(_NO_LETTERS.sub("", text))
    return letters > 3 and letters - small > 0.85 * letters


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


def join_words(words: Sequence[Word], stretches: Sequence[int] | None = None) -> list[Line]:
    """Join words that follow each other on one baseline into lines, in the order given.

    A gap of an em or more ends a line. Smaller words just above or below the baseline are marked by their rise.
    ``stretches`` are the indices before which an even line may end: the words of a stretch are taken together. By
    default every word is looked at.
    """
    if stretches is None:
        stretches = range(len(words))
    lines: list[Line] = []
    now: list[Word] = []
    even = True

    def close() -> None:
        order = len(lines)
        if len(now) > 1 and now[-1].text in "-‐" and now[-1].x0 - now[-2].x1 < 0.4 * now[-1].size:
            now[-1] = now[-1]._replace(space=False)  # the hyphen of a word that goes on below, drawn on its own
        elif even:
            first, last = now[0], now[-1]
            line = Line(now, first.x0, first.top, last.x1, first.bottom, first.baseline, first.size, order, even=True)
            lines.append(line)
            return
        lines.append(line_of(now, order))

    size = baseline = right = 0.0
    for start, end in pairwise([*stretches, len(words)]):
        index = start
        while index < end:
            word = words[index]
            index += 1
            em = max(size, word.size)
            gap = word.x0 - right
            drop = word.baseline - baseline
            if now and abs(drop) < 0.07 * em and -0.4 * em < gap < 0.95 * em:
                even = False
                if word.size > size:
                    size = word.size
                if word.space and gap < 0.08 * em and not word.text[0].isalnum() and word.text[0] not in "([“‘":
                    now.append(word._replace(space=False))  # a hyphen or comma drawn on its own
                else:
                    now.append(word)
                right = max(right, word.x1)
            elif (
                now
                and -0.4 * em < gap < 0.6 * em
                and abs(drop) < 0.75 * em
                and (word.size < 0.9 * size or (abs(drop) < 0.55 * size and gap < 0.3 * em and word.size < 1.1 * size))
            ):
                even = False
                now.append(word._replace(rise=1 if drop < 0 else -1))
                right = max(right, word.x1)
            elif now and -0.4 * em < gap < 0.6 * em and 0 < drop < 0.75 * em and size < 0.9 * word.size:
                # the line began with a raised mark: an affiliation's number, a footnote's letter
                even = False
                now = [before._replace(rise=1) for before in now]
                now.append(word)
                size, baseline, right = word.size, word.baseline, max(right, word.x1)
            else:
                if now:
                    close()
                now, even = [word], True
                size, baseline, right = word.size, word.baseline, word.x1
            if index < end and size == word.size and baseline == word.baseline and right == word.x1:
                now += words[index:end]
                right = words[end - 1].x1
                index = end
    if now:
        close()
    return lines
