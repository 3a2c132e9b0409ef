"""READ, what stands at a place: the single characters of a page, for checking words that were read from it.

This path shares nothing with the one that builds the text but the file: no words, lines, columns or seams, only each
character and where it is printed. pdfium gives the characters; pdfplumber, slower and of another make, gives them again
where the first reading leaves a doubt.
"""

from __future__ import annotations

import bisect
import ctypes
import logging
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pypdfium2
import pypdfium2.raw as pdfium

from extract.model import Box
from extract.model.geometry import turned
from extract.read.bounds import bounded
from extract.read.drawings import Seen, read_drawings
from extract.read.pdfium import (
    Address,
    Affine,
    addresses,
    char_box,
    char_matrix,
    char_origin,
    char_unicode,
    font_name,
    font_size,
    handle_of,
    is_generated,
    object_at,
    object_font,
    ready,
)
from extract.read.sheet import Rect, Sheet
from extract.read.words import FIGURE, is_raised

EDGE = 0.3
"""Points by which the middle of a character may lie outside its box: values.csv holds hundredths."""

_LONGEST, _MOST_MEMORY = 20, 400  # seconds and megabytes for pdfplumber's reading of one page


class Glyph(NamedTuple):
    """A printed character and its ink on the page as shown, in points from the top left.

    ``base`` is how far down its line stands, seen in the direction of reading; ``size`` that of its type; ``turn`` the
    quarter turns clockwise of its line; ``font`` its name; ``cropped``: it lies beyond the edge of the page.
    """

    text: str
    x0: float
    top: float
    x1: float
    bottom: float
    base: float
    size: float
    turn: int
    font: str
    cropped: bool = False

    @property
    def along(self) -> tuple[float, float]:
        """Where it begins and ends in the direction of reading."""
        start, _, end, _ = turned((self.x0, self.top, self.x1, self.bottom), self.turn)
        return start, end


class Sight:
    """The characters of a page in the order in which the file draws them, to be asked for those inside a box."""

    def __init__(self, number: int, glyphs: Iterable[Glyph]) -> None:
        self.number = number
        self.glyphs = tuple(glyphs)
        self._middles = [((g.x0 + g.x1) / 2, (g.top + g.bottom) / 2) for g in self.glyphs]
        self._down = sorted(range(len(self.glyphs)), key=lambda index: self._middles[index][1])
        self._heights = [self._middles[index][1] for index in self._down]

    def inside(self, box: Box, spare: float = 0.0) -> list[int]:
        """The indices of the characters whose middle lies in a box, or up to ``spare`` points before or after it on the
        same line, in the order of drawing."""
        first = bisect.bisect_left(self._heights, box.top - spare)
        last = bisect.bisect_right(self._heights, box.bottom + spare)
        return sorted(index for index in self._down[first:last] if self._holds(box, index, spare))

    def _holds(self, box: Box, index: int, spare: float) -> bool:
        x, y = self._middles[index]
        level, upright = (spare + EDGE, 0.0) if self.glyphs[index].turn % 2 == 0 else (0.0, spare + EDGE)
        return box.x0 - level <= x <= box.x1 + level and box.top - upright <= y <= box.bottom + upright


def see_page(document: pypdfium2.PdfDocument, number: int, *, visible: bool = False) -> Sight:
    """The characters of a page (from 1) by pdfium, with ``visible`` without those that are clipped away or white on
    white. A page that cannot be loaded, or that is not there, has none."""
    if not 1 <= number <= len(document):
        return Sight(number, ())
    try:
        page = document[number - 1]
        textpage = page.get_textpage()
    except pypdfium2.PdfiumError:
        return Sight(number, ())
    try:
        left, bottom, right, top = page.get_bbox()
        quarter = page.get_rotation() // 90
        to_shown = (
            (1, 0, -left, 0, -1, top),
            (0, 1, -bottom, 1, 0, -left),
            (-1, 0, right, 0, 1, -bottom),
            (0, -1, top, -1, 0, right),
        )[quarter]
        seen = None
        if visible:
            sheet = Sheet(number, *page.get_size(), *page.get_size())
            read_drawings(handle_of(page), to_shown, sheet)
            seen = Seen(to_shown, sheet)
        handle = ready(handle_of(textpage))
        shown = (right - left, top - bottom) if quarter % 2 == 0 else (top - bottom, right - left)
        count = pdfium.FPDFText_CountChars(textpage.raw)
        return Sight(number, _joined(_glyphs(handle, count, to_shown, shown, seen)))
    finally:
        textpage.close()
        page.close()


def _glyphs(
    handle: Address, count: int, to_shown: Affine, shown: tuple[float, float], seen: Seen | None
) -> Iterator[Glyph]:
    width, height = shown
    corner = (ctypes.c_double * 4)()
    left, bottom, right, top = addresses(corner)
    matrix = (ctypes.c_float * 6)()
    m0 = addresses(matrix)[0]
    xx, xy, xc, yx, yy, yc = to_shown
    object_now: int | None = None
    font, size, turn = "", 0.0, 0
    fonts: dict[int, str] = {}
    for index in range(count):
        code = char_unicode(handle, index)
        letter = chr(code) if 0 < code < 0x110000 else ""
        if not letter or letter.isspace() or (code < 32 and code != 2):
            continue
        if is_generated(handle, index) == 1 or not char_box(handle, index, left, right, bottom, top):
            continue
        low, high = corner[1], corner[3]
        x0, x1 = sorted((xx * corner[0] + xy * corner[1] + xc, xx * corner[2] + xy * corner[3] + xc))
        y0, y1 = sorted((yx * corner[0] + yy * corner[1] + yc, yx * corner[2] + yy * corner[3] + yc))
        text_object = object_at(handle, index)
        if text_object != object_now:
            object_now = text_object
            char_matrix(handle, index, m0)
            a, b, c, d = matrix[0], matrix[1], matrix[2], matrix[3]
            size = _sound(abs(font_size(handle, index)) * (c * c + d * d) ** 0.5, max(x1 - x0, y1 - y0))
            turn = _turn(xx * a + xy * b, yx * a + yy * b)
            font = _font_name(text_object, fonts) if text_object else ""
        if seen is not None and text_object and not seen.shows(text_object, Rect(x0, y0, x1, y1)):
            continue
        char_origin(handle, index, left, bottom)
        own_size = size
        if letter.isalnum() and is_raised(corner[1], low, high):
            corner[1], own_size = low, (high - low) / FIGURE
        x, y = xx * corner[0] + xy * corner[1] + xc, yx * corner[0] + yy * corner[1] + yc
        cropped = x1 < 0 or x0 > width or y1 < 0 or y0 > height
        yield Glyph(letter, x0, y0, x1, y1, (y, -x, -y, x)[turn], own_size, turn, font, cropped)


def _sound(size: float, ink: float) -> float:
    """The size of a type: some fonts have a unit of their own, other than the point; their ink tells better."""
    return size if 0.6 * ink <= size <= 20 * ink + 20 else ink / 0.7


def _turn(right: float, down: float) -> int:
    """Quarter turns clockwise of a line that runs this way on the page as shown."""
    if abs(right) >= abs(down):
        return 0 if right >= 0 else 2
    return 1 if down > 0 else 3


def _font_name(text_object: int, fonts: dict[int, str]) -> str:
    handle = object_font(text_object)
    if handle not in fonts:
        buffer = ctypes.create_string_buffer(256)
        font_name(handle, ctypes.addressof(buffer), 256)
        fonts[handle] = buffer.value.decode("utf-8", "replace")
    return fonts[handle]


def _joined(glyphs: Iterable[Glyph]) -> Iterator[Glyph]:
    """Characters beyond the basic plane put together from the halves in which pdfium gives them."""
    half: Glyph | None = None
    for glyph in glyphs:
        if half is not None and "\udc00" <= glyph.text <= "\udfff":
            whole = (half.text + glyph.text).encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
            yield half._replace(text=whole)
            half = None
            continue
        half = glyph if "\ud800" <= glyph.text <= "\udbff" else None
        if half is None:
            yield glyph


def see_page_again(path: Path, number: int) -> Sight:
    """The characters of a page (from 1) by pdfplumber; none where it stumbles over the file."""
    import pdfplumber

    logging.getLogger("pdfminer").setLevel(logging.CRITICAL)  # what it says of a damaged file is nothing for a user
    try:
        with bounded(_LONGEST, _MOST_MEMORY), pdfplumber.open(path, pages=[number]) as pdf:
            page = pdf.pages[0]
            media, crop = page.mediabox, page.cropbox
            left, top = max(media[0], crop[0]), max(media[1], crop[1])
            base = float(page.height) + media[1] - top
            return Sight(number, [_printed(char, left, top, media[0] - left, base) for char in page.chars])
    except Exception:  # pdfminer knows many ways to stumble; the first reading stands
        return Sight(number, ())


def _printed(char: dict[str, Any], left: float, top: float, right: float, down: float) -> Glyph:
    """A character of pdfplumber: its sides count from the corner of the sheet, its matrix from that of the media."""
    a, b, _, _, e, f = char["matrix"]
    turn = _turn(a, -b)
    x, y = float(e + right), float(down - f)
    x0, over, x1, under = (float(char[side]) for side in ("x0", "top", "x1", "bottom"))
    box = (x0 - left, over - top, x1 - left, under - top)
    size = x1 - x0 if turn % 2 else under - over
    return Glyph(char["text"], *box, (y, -x, -y, x)[turn], size, turn, str(char["fontname"]))
