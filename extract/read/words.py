"""READ, the words of a page: what pdfium tells of each, put on the upright page and joined into lines.

pdfium is asked for each word (its box, and the type it is set in when the text object changes), never for each
character: that alone would cost as much as everything else together. What follows from its answers is computed for all
words of a page at once.
"""

from __future__ import annotations

import ctypes
import re
from functools import lru_cache
from itertools import compress, pairwise, repeat
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from extract.read.drawings import Seen
from extract.read.pdfium import (
    Address,
    Affine,
    addresses,
    char_box,
    char_index,
    char_matrix,
    char_origin,
    count_rects,
    font_flags,
    font_name,
    font_size,
    get_rect,
    object_at,
    object_font,
    unmapped,
)
from extract.read.sheet import Font, Line, Rect, Sheet, Word, join_words, line_of

_HYPHENS = "\ufffe\u00ad"  # how pdfium writes a hyphen at the end of a line, and at the end of a page
_LAST_FIGURE = re.compile(r"\d(?=\D{0,9}\Z)")
_OF_RAISED = re.compile(r"[\d,;–—−‒a-z*†‡§-]")
FIGURE = 0.65
"""How tall a figure is, in the size of its type."""

_TOKEN = re.compile(r"[^\s\x00-\x1f\ufffe]+\ufffe?|\ufffe")
_BOLD = re.compile(r"bold|black|heavy|semib|demi|[-.,](b|bd|bi|sb)$|bx\d|\.b(i)?(\+|$)", re.I)
_ITALIC = re.compile(r"ital|obli|[-.,](i|it|bi)$|ti\d", re.I)

_Numbers = NDArray[np.float64]


def is_raised(base: float, low: float, high: float) -> bool:
    """Whether ink from ``low`` to ``high`` is that of a raised figure of its font: it begins above its baseline by more
    than half of its height. Heights count upwards. A dash or a degree sign stands as high and is none."""
    return low - base > 0.5 * (high - low) > 0


def quarter(a: float, b: float, rotation: int) -> int:
    """Quarter turns clockwise of a line of text with direction (a, b), y upwards, on a page turned by rotation."""
    if abs(a) >= abs(b):
        turns = 0 if a > 0 else 2
    else:
        turns = 3 if b > 0 else 1
    return (turns + rotation // 90) % 4


class _Faces(NamedTuple):
    """How text objects are set, by the number of the face: size, baseline and turn are those on the upright page."""

    handles: list[int]
    fonts: list[Font]
    sizes: list[float]
    baselines: list[float]
    upright: list[bool]
    turns: list[int]


class PageWords:
    """The words of a text page in the order in which the file draws them, as pdfium tells of them.

    By word: its letters, the index of the first, whether white space stands before it, its corners (left, top, right,
    bottom on the page as filed), and the number of its face.
    A word that several text objects draw can become several. ``parts`` are the words that were cut from the one before
    them, ``after_gap`` those before which one has no place, ``bare`` those that begin with a letter of no text object,
    ``superior`` those that are set in raised figures of their own font: nothing but their ink tells them apart.
    """

    def __init__(self, page: Address, text: str, count: int, to_upright: Affine, sheet: Sheet) -> None:
        """Ask for the words of ``text``, what pdfium gives for the ``count`` characters of a page. How many text
        objects draw them, and how many of these have letters without a meaning, is counted in the sheet."""
        self.page = page
        self.to_upright = to_upright
        self.sheet = sheet
        self.letters: list[str] = []
        self.starts: list[int] = []
        self.spaces: list[bool] = []
        self.corners: list[bytes] = []
        self.set_in: list[int] = []
        self.faces = _Faces([0], [Font("", False, False)], [10.0], [0.0], [True], [0])
        self.parts: set[int] = set()
        self.after_gap: set[int] = set()
        self.bare: set[int] = set()
        self.superior: list[int] = []
        corner, matrix = (ctypes.c_double * 4)(), (ctypes.c_float * 6)()
        self._sides, self._matrix_at = addresses(corner), addresses(matrix)[0]
        # unpacking a view takes a sixth of the time that unpacking the array takes
        self._bytes = memoryview(corner).cast("B")
        self._corner = self._bytes.cast("d")
        self._matrix = memoryview(matrix).cast("B").cast("f")
        self._ask_for_words(text, count)
        self._ask_for_faces()

    def _ask_for_words(self, text: str, count: int) -> None:
        """Ask where every word of the text stands."""
        page, corner = self.page, self._bytes
        left, top, right, bottom = self._sides
        same_index = count == len(text) and char_index(page, count - 1) == count - 1
        end_before = 0
        for token in _TOKEN.finditer(text):
            start, end = token.span()
            space = start > end_before > 0
            end_before = end
            length = end - start
            if not same_index:
                start = char_index(page, start)
                length = max(1, char_index(page, end - 1) - start + 1)
            rects = count_rects(page, start, length)
            letters = token.group()
            figure = None if letters.isalpha() else _LAST_FIGURE.search(letters, 1)
            if rects == 1:
                get_rect(page, 0, left, top, right, bottom)
                box = corner.tobytes()
                if figure is None or not self._stands_high(start + figure.start()):
                    self.letters.append(letters)
                    self.starts.append(start)
                    self.spaces.append(space)
                    self.corners.append(box)
                    continue
            pieces = self._pieces(start, length, letters) if rects > 1 else [(start, length, letters)]
            raised = (0, 0)
            if figure is not None and len(pieces) == 1:
                raised = self._superior(start, length, letters, figure.start())
                cuts = pairwise((0, *raised, length))
                pieces = [(start + a, b - a, letters[a:b]) for a, b in cuts if b > a]
            for index, (at, size_of, part) in enumerate(pieces):
                if not self._find_box(at, size_of):
                    self.after_gap.add(len(self.letters))
                    continue
                if index:
                    self.parts.add(len(self.letters))
                if raised[1] and at == start + raised[0]:
                    self.superior.append(len(self.letters))
                self.letters.append(part)
                self.starts.append(at)
                self.spaces.append(space and index == 0)
                self.corners.append(corner.tobytes())

    def _superior(self, first: int, length: int, letters: str, figure: int) -> tuple[int, int]:
        """Where raised figures stand in a word whose last figure is at ``figure``: "22.5" with a citation behind it,
        set in the small figures of the same font. (0, 0) where there are none."""
        if length != len(letters) or not self._is_superior(first + figure):
            return 0, 0
        start, end = figure, figure + 1
        while start > 1 and _OF_RAISED.match(letters[start - 1]) and self._is_superior(first + start - 1):
            start -= 1
        while end < length and _OF_RAISED.match(letters[end]) and self._is_superior(first + end):
            end += 1
        return start, end

    def _stands_high(self, at: int) -> bool:
        """Whether the ink of a character may be raised within that of its word, whose box is in the corners: one
        question that spares the others."""
        left, top, right, bottom = self._sides
        _, high, _, low = self._corner
        return bool(char_box(self.page, at, left, right, bottom, top)) and self._corner[3] - low > 0.15 * (high - low)

    def _is_superior(self, at: int) -> bool:
        """Whether a character is raised by its ink."""
        left, top, right, bottom = self._sides
        char_origin(self.page, at, left, top)
        base = self._corner[1]
        if not char_box(self.page, at, left, right, bottom, top):
            return False
        _, high, _, low = self._corner
        return is_raised(base, low, high)

    def _ask_for_faces(self) -> None:
        """Ask what the words are set in."""
        page, number = self.page, 0
        object_now: int | None = 0
        fonts: dict[int, Font] = {}
        for index, at in enumerate(self.starts):
            text_object = object_at(page, at)
            if text_object != object_now:
                if text_object:
                    object_now = text_object
                    number += 1
                    self._add_face(text_object, at, fonts)
                else:
                    self.bare.add(index)
            self.set_in.append(number)
        self.sheet.objects = number

    def _find_box(self, at: int, length: int) -> bool:
        """Put the box around characters of several text objects, or of none, into the corners; whether there is one."""
        left, top, right, bottom = self._sides
        rects = count_rects(self.page, at, length)
        if rects == 0:
            return bool(char_box(self.page, at, left, right, bottom, top))
        x0, y1, x1, y0 = 1e9, -1e9, -1e9, 1e9
        for number in range(rects):
            get_rect(self.page, number, left, top, right, bottom)
            a, d, c, b = self._corner
            x0, y1, x1, y0 = min(x0, a), max(y1, d), max(x1, c), min(y0, b)
        self._corner[0], self._corner[1], self._corner[2], self._corner[3] = x0, y1, x1, y0
        return True

    def _pieces(self, first: int, length: int, letters: str) -> list[tuple[int, int, str]]:
        """Cut a word that several text objects draw where size or baseline changes, or where a gap lies between.

        Index of the first character, number of characters and letters of each piece.
        """
        if length != len(letters):
            return [(first, length, letters)]
        page, corner, matrix = self.page, self._corner, self._matrix
        left, top, right, bottom = self._sides
        cuts = [0]
        before: int | None = None
        style: tuple[float, float] | None = None
        for i in range(length):
            at = first + i
            text_object = object_at(page, at)
            if not text_object or text_object == before:
                continue
            before = text_object
            char_matrix(page, at, self._matrix_at)
            a, b, c, d, _, _ = matrix
            size = abs(font_size(page, at)) * (c * c + d * d) ** 0.5
            if abs(b) > abs(a):
                continue
            char_origin(page, at, left, top)
            base = corner[1]
            if style is not None and (abs(size - style[0]) > 0.08 * style[0] or abs(base - style[1]) > 0.06 * size):
                cuts.append(i)
            elif i:
                char_box(page, at, left, right, bottom, top)
                start = corner[0]
                char_box(page, at - 1, left, right, bottom, top)
                if start - corner[2] > 0.6 * size:
                    cuts.append(i)
            style = size, base
        cuts.append(length)
        return [(first + i, j - i, letters[i:j]) for i, j in pairwise(cuts)]

    def _add_face(self, text_object: int, at: int, fonts: dict[int, Font]) -> None:
        """Note how a text object is set whose character ``at`` begins a word."""
        page = self.page
        xx, xy, _, yx, yy, yc = self.to_upright
        char_matrix(page, at, self._matrix_at)
        a, b, c, d, _, _ = self._matrix
        char_origin(page, at, self._sides[0], self._sides[1])
        x, y, _, _ = self._corner
        right, down = xx * a + xy * b, yx * a + yy * b
        upright = right > 0 and abs(down) < 0.2 * right
        if unmapped(page, at) > 0:
            self.sheet.unmapped += 1
        handle = object_font(text_object)
        if handle not in fonts:
            fonts[handle] = _font_of(handle)
        handles, names, sizes, baselines, uprights, turns = self.faces
        handles.append(text_object)
        names.append(fonts[handle])
        sizes.append(abs(font_size(page, at)) * (c * c + d * d) ** 0.5)
        baselines.append(yx * x + yy * y + yc)
        uprights.append(upright)
        turns.append(0 if upright else quarter(right, -down, 0))

    def lines(self, seen: Seen | None = None) -> tuple[list[Line], list[Line]]:
        """The lines of the words that run as most of the page does, and each word that runs in another direction as a
        line of its own. The characters of both are counted in the sheet.

        What lies beyond the edges of the page is left out, with ``seen`` also what cannot be seen.
        """
        if not self.letters:
            return [], []
        xx, xy, xc, yx, yy, yc = self.to_upright
        sheet, faces = self.sheet, self.faces
        left, top, right, bottom = np.frombuffer(b"".join(self.corners)).reshape(-1, 4).T
        set_in = np.array(self.set_in)
        baseline, of_type = np.array(faces.baselines)[set_in], np.array(faces.sizes)[set_in]
        upright = np.array(faces.upright)[set_in]
        with np.errstate(invalid="ignore", over="ignore"):  # damaged files know numbers without end
            x0, x1 = _in_order(xx * left + xy * bottom + xc, xx * right + xy * top + xc)
            over, under = _in_order(yx * right + yy * top + yc, yx * left + yy * bottom + yc)
            tall = under - over
            # some fonts have a unit of their own, other than the point
            size = np.where((0.6 * tall <= of_type) & (of_type <= 20 * tall + 20), of_type, tall)
            # not kept: printer's marks, what was cropped away, and what has no place on any page
            kept = (x1 >= 0) & (x0 <= sheet.width) & (under >= 0) & (over <= sheet.height)
            kept &= (x0 > -1e5) & (x1 < 1e5) & (over > -1e5) & (under < 1e5) & (np.abs(baseline) < 1e6)
            for index in self.superior:
                baseline[index], size[index] = under[index], tall[index] / FIGURE
            above = np.where(upright, baseline - 0.78 * size, over)
            below = np.where(upright, baseline + 0.22 * size, under)
        if seen is not None:
            boxes = zip(x0.tolist(), over.tolist(), x1.tolist(), under.tolist(), strict=True)
            for index, box in enumerate(boxes):
                if kept[index] and index not in self.bare:
                    kept[index] = seen.shows(faces.handles[self.set_in[index]], Rect(*box))
        keep, sizes = kept.tolist(), size.tolist()
        letters, spaces, hyphens = self._settled(keep, sizes)
        line = np.where(upright, baseline, under)
        rows = zip(
            letters, x0.tolist(), above.tolist(), x1.tolist(), below.tolist(), line.tolist(), sizes,
            [faces.fonts[number] for number in self.set_in], spaces, repeat(0), hyphens,
            [faces.turns[number] for number in self.set_in], strict=False,
        )  # fmt: skip
        new = tuple.__new__  # a Word from the row as it is: calling Word would take it apart and put it together again
        sheet.characters = sum(map(len, compress(letters, keep)))
        words: list[Word] = []
        sideways: list[Word] = []
        if upright.all():
            words = [new(Word, row) for row in compress(rows, keep)]
        else:
            for row, level in compress(zip(rows, upright.tolist(), strict=True), keep):
                (words if level else sideways).append(new(Word, row))
        level = kept & upright
        columns = (each[level] for each in (x0, x1, size, baseline, np.array(spaces)))
        return join_words(words, stretches_of(*columns)), [
            line_of([word], order) for order, word in enumerate(sideways)
        ]

    def _settled(self, keep: list[bool], sizes: list[float]) -> tuple[list[str], list[bool], list[bool]]:
        """The letters of the words with hyphens and halves of characters put right in those that are kept, whether
        white space stands before them, and whether each ends in a hyphen without which the text goes on."""
        out, spaces, hyphens = list(self.letters), list(self.spaces), [False] * len(keep)
        for index, letters in enumerate(self.letters):
            if letters.isascii() or not keep[index]:
                continue
            hyphen = letters[-1] in _HYPHENS
            if "\u00ad" in letters[:-1]:
                letters = self._visible_hyphens(self.starts[index], letters, sizes[index])
            if hyphen:
                letters = letters[:-1] + "-"
                hyphens[index] = True
                after = index + 1
                while after in self.parts:
                    after += 1
                if after < len(keep) and after not in self.after_gap:
                    spaces[after] = False
            elif "\ud800" <= max(letters) <= "\udfff":
                letters = letters.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
            out[index] = letters
        return out, spaces, hyphens

    def _visible_hyphens(self, first: int, letters: str, size: float) -> str:
        """Soft hyphens inside a word: a hyphen where one is printed (many fonts call their hyphen so), else nothing."""
        left, top, right, bottom = self._sides
        corner = self._corner
        out = ""
        for i, letter in enumerate(letters):
            if letter == "\u00ad" and i < len(letters) - 1:
                printed = char_box(self.page, first + i, left, right, bottom, top)
                out += "-" if printed and corner[2] - corner[0] > 0.1 * size else ""
            else:
                out += letter
        return out


def _in_order(one: _Numbers, other: _Numbers) -> tuple[_Numbers, _Numbers]:
    """The smaller and the larger of each two numbers; what is no number stays where it is."""
    swapped = one > other
    return np.where(swapped, other, one), np.where(swapped, one, other)


def stretches_of(x0: _Numbers, x1: _Numbers, size: _Numbers, baseline: _Numbers, space: NDArray[np.bool_]) -> list[int]:
    """The indices of words that do not go on an even line with the one before for certain; see ``join_words``."""
    gap, em = x0[1:] - x1[:-1], size[1:]
    goes_on = (em == size[:-1]) & (baseline[1:] == baseline[:-1])
    goes_on &= (x0[1:] >= x0[:-1]) & (x1[1:] >= x1[:-1])
    goes_on &= np.where(space[1:], (gap >= 0.08 * em) & (gap < 0.95 * em), (gap > -0.4 * em) & (gap <= 0.3 * em))
    return [0, *(np.flatnonzero(~goes_on) + 1).tolist()] if len(x0) else []


def _font_of(handle: int) -> Font:
    buffer = ctypes.create_string_buffer(256)
    font_name(handle, ctypes.addressof(buffer), 256)
    return _font(buffer.value.decode("utf-8", "replace").rsplit("+", 1)[-1], font_flags(handle))


@lru_cache(maxsize=1024)
def _font(name: str, flags: int) -> Font:
    """The typeface of this name, with the flags of its description in the file; -1 where it has none."""
    bold = bool(_BOLD.search(name)) or bool(flags & 1 << 18 and flags > 0)
    italic = bool(_ITALIC.search(name)) or bool(flags > 0 and flags & 1 << 6)
    return Font(name, bold, italic)
