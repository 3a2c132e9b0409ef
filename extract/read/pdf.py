"""READ, the page: a PDF file through pdfium into sheets of lines and words with their geometry.

pdfium is asked for each word (its box, and the type it is set in when the text object changes), never for each
character: that alone would cost as much as everything else together.
"""

from __future__ import annotations

import contextlib
import ctypes
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import pypdfium2
import pypdfium2.raw as pdfium

from extract.read.failure import ReadFailure

_HYPHENS = "\ufffe\u00ad"  # how pdfium writes a hyphen at the end of a line, and at the end of a page
_TOKEN = re.compile(r"[^\s\x00-\x1f\ufffe]+\ufffe?|\ufffe")
_LETTER = re.compile(r"[^\W\d_]")
_NO_LETTERS = re.compile(r"[\W\d_]+")
_SMALL = re.compile(r"[a-zà-öø-ÿßœα-ω]+")
_MOST_OBJECTS = 20_000  # drawings on one page that are looked at; maps and plots can hold a million


class Font(NamedTuple):
    """A typeface as far as reading needs it."""

    name: str
    bold: bool
    italic: bool


class Word(NamedTuple):
    """Characters set together, without white space, in one type and on one baseline.

    Points, origin top left of the upright page. ``top`` and ``bottom`` are those of the type (ascender and
    descender), not of the ink. ``space`` tells whether white space stands before the word; ``rise`` is 1 for
    a raised word, -1 for a lowered one. ``hyphen`` is set when the text goes on without it on the next line.
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
        fonts: dict[Font, int] = {}
        for word in self.words:
            fonts[word.font] = fonts.get(word.font, 0) + len(word.text)
        return first if len(fonts) == 1 else max(fonts, key=lambda font: fonts[font])

    @cached_property
    def bold(self) -> bool:
        """Whether all its words of letters are bold."""
        fonts = {word.font for word in self.words if word.rise == 0 and _LETTER.search(word.text)}
        return bool(fonts) and all(font.bold for font in fonts)

    @cached_property
    def italic(self) -> bool:
        """Whether all its words of letters are italic."""
        fonts = {word.font for word in self.words if word.rise == 0 and _LETTER.search(word.text)}
        return bool(fonts) and all(font.italic for font in fonts)

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
    ``turned`` is how far (0, 90, 180, 270 degrees clockwise) the text stands turned on the page as shown.
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

    def shown(self, x0: float, top: float, x1: float, bottom: float) -> tuple[float, float, float, float]:
        """A rectangle of the upright page, as it lies on the page as shown."""
        if self.turned == 0:
            return x0, top, x1, bottom
        if self.turned == 90:
            return self.shown_width - bottom, x0, self.shown_width - top, x1
        if self.turned == 180:
            return self.shown_width - x1, self.shown_height - bottom, self.shown_width - x0, self.shown_height - top
        return top, self.shown_height - x1, bottom, self.shown_height - x0


def _prototype(function: Any, result: Any, *arguments: Any) -> Any:
    # pypdfium2's own prototypes build a pointer object for each answer; addresses as integers cost half as much
    address = ctypes.cast(function, ctypes.c_void_p).value
    return ctypes.CFUNCTYPE(result, *arguments)(address)


_P, _I, _D = ctypes.c_void_p, ctypes.c_int, ctypes.c_double
_count_rects = _prototype(pdfium.FPDFText_CountRects, _I, _P, _I, _I)
_get_rect = _prototype(pdfium.FPDFText_GetRect, _I, _P, _I, _P, _P, _P, _P)
_char_box = _prototype(pdfium.FPDFText_GetCharBox, _I, _P, _I, _P, _P, _P, _P)
_text_object = _prototype(pdfium.FPDFText_GetTextObject, _P, _P, _I)
_char_matrix = _prototype(pdfium.FPDFText_GetMatrix, _I, _P, _I, _P)
_char_origin = _prototype(pdfium.FPDFText_GetCharOrigin, _I, _P, _I, _P, _P)
_font_size = _prototype(pdfium.FPDFText_GetFontSize, _D, _P, _I)
_unmapped = _prototype(pdfium.FPDFText_HasUnicodeMapError, _I, _P, _I)
_char_index = _prototype(pdfium.FPDFText_GetCharIndexFromTextIndex, _I, _P, _I)
_object_font = _prototype(pdfium.FPDFTextObj_GetFont, _P, _P)
_font_flags = _prototype(pdfium.FPDFFont_GetFlags, _I, _P)
_font_name = _prototype(pdfium.FPDFFont_GetBaseFontName, ctypes.c_size_t, _P, _P, ctypes.c_size_t)
_clip_path = _prototype(pdfium.FPDFPageObj_GetClipPath, _P, _P)
_clip_paths = _prototype(pdfium.FPDFClipPath_CountPaths, _I, _P)
_clip_segments = _prototype(pdfium.FPDFClipPath_CountPathSegments, _I, _P, _I)
_clip_segment = _prototype(pdfium.FPDFClipPath_GetPathSegment, _P, _P, _I, _I)
_fill_colour = _prototype(pdfium.FPDFPageObj_GetFillColor, _I, _P, _P, _P, _P, _P)
_count_objects = _prototype(pdfium.FPDFPage_CountObjects, _I, _P)
_get_object = _prototype(pdfium.FPDFPage_GetObject, _P, _P, _I)
_count_form = _prototype(pdfium.FPDFFormObj_CountObjects, _I, _P)
_form_object = _prototype(pdfium.FPDFFormObj_GetObject, _P, _P, ctypes.c_ulong)
_object_type = _prototype(pdfium.FPDFPageObj_GetType, _I, _P)
_object_bounds = _prototype(pdfium.FPDFPageObj_GetBounds, _I, _P, _P, _P, _P, _P)
_object_matrix = _prototype(pdfium.FPDFPageObj_GetMatrix, _I, _P, _P)
_count_segments = _prototype(pdfium.FPDFPath_CountSegments, _I, _P)
_path_segment = _prototype(pdfium.FPDFPath_GetPathSegment, _P, _P, _I)
_segment_point = _prototype(pdfium.FPDFPathSegment_GetPoint, _I, _P, _P, _P)
_segment_type = _prototype(pdfium.FPDFPathSegment_GetType, _I, _P)

Affine = tuple[float, float, float, float, float, float]


@contextlib.contextmanager
def open_pdf(path: Path) -> Iterator[pypdfium2.PdfDocument]:
    """A PDF file, open; closed again at the end of the block.

    Raises ReadFailure with reason ``empty_file``, ``not_a_pdf``, ``encrypted`` or ``unreadable``.
    """
    with path.open("rb") as file:
        head = file.read(1024)
    if not head:
        raise ReadFailure("empty_file", f"{path.name}: the file is empty. Fetch it again.")
    if b"%PDF-" not in head:
        raise ReadFailure("not_a_pdf", f"{path.name}: this is not a PDF (it does not begin with %PDF-). "
                          "Give a PDF, a JATS XML or a text file.")  # fmt: skip
    try:
        document = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) == pdfium.FPDF_ERR_PASSWORD or "password" in str(error).lower():
            raise ReadFailure("encrypted", f"{path.name}: the PDF is encrypted. "
                              "Save a copy without password and read that.") from error  # fmt: skip
        raise ReadFailure("not_a_pdf", f"{path.name}: pdfium cannot open this file ({error}). "
                          "It may be cut off or damaged: fetch it again.") from error  # fmt: skip
    try:
        if len(document) == 0:
            raise ReadFailure("not_a_pdf", f"{path.name}: the PDF has no pages. Fetch it again.")
        yield document
    finally:
        document.close()


def is_cut_off(path: Path) -> bool:
    """Whether the end mark of a PDF is missing, as in a download that broke off."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 2048))
        return b"%%EOF" not in file.read()


def read_sheet(document: pypdfium2.PdfDocument, number: int) -> Sheet:
    """The page ``number`` (from 1) as words, lines and drawings.

    Raises ReadFailure (``unreadable``) when pdfium cannot load the page.
    """
    try:
        page = document[number - 1]
        textpage = page.get_textpage()
    except pypdfium2.PdfiumError as error:
        raise ReadFailure("unreadable", f"page {number} cannot be loaded ({error})") from error
    try:
        handle = ctypes.cast(page.raw, _P).value
        texthandle = ctypes.cast(textpage.raw, _P).value
        count = pdfium.FPDFText_CountChars(textpage.raw)
        turn = _direction(texthandle, count, page.get_rotation())
        left, bottom, right, top = page.get_bbox()
        to_upright, sheet = _upright(number, (left, bottom, right, top), page.get_rotation(), turn)
        text = textpage.get_text_range() if count > 0 else ""
        if len(text) != count and any(letter > "\uffff" for letter in text):
            # pdfium counts characters beyond the basic plane as two; so must the indices into its text
            units = text.encode("utf-16-le", "surrogatepass")
            text = "".join(map(chr, memoryview(units).cast("H")))
        words, sideways = _read_words(texthandle, text, count, to_upright, sheet)
        sheet.lines = join_words(words)
        _read_drawings(handle, to_upright, sheet)
        if _collide(sheet.lines):
            # text on top of text: what is clipped away or white on white is read as if it could be seen
            sheet.characters = sheet.objects = sheet.unmapped = 0
            words, sideways = _read_words(texthandle, text, count, to_upright, sheet, _Seen(to_upright, sheet))
            sheet.lines = join_words(words)
        sheet.sideways = [line_of([word], i) for i, word in enumerate(sideways)]
        return sheet
    finally:
        textpage.close()
        page.close()


def page_picture(path: Path, page: int, scale: float = 2.0) -> bytes:
    """The page (from 1) of a PDF as a PNG, ``scale`` pixels to the point."""
    import io

    with open_pdf(path) as document:
        sheet = document[page - 1]
        out = io.BytesIO()
        sheet.render(scale=scale).to_pil().save(out, format="PNG", optimize=False)
        return out.getvalue()


def _direction(texthandle: Any, count: int, rotation: int) -> int:
    """How far clockwise most characters are turned on the page as shown, from a sample of them."""
    matrix = (ctypes.c_float * 6)()
    address = ctypes.addressof(matrix)
    votes = [0, 0, 0, 0]
    for index in range(0, count, max(1, count // 60)):
        if _char_matrix(texthandle, index, address) and _text_object(texthandle, index):
            votes[_quarter(matrix[0], matrix[1], rotation)] += 1
    return votes.index(max(votes)) * 90


def _quarter(a: float, b: float, rotation: int) -> int:
    """Quarter turns clockwise of a line of text with direction (a, b), y upwards, on a page turned by rotation."""
    if abs(a) >= abs(b):
        turns = 0 if a > 0 else 2
    else:
        turns = 3 if b > 0 else 1
    return (turns + rotation // 90) % 4


def _upright(number: int, bbox: tuple[float, float, float, float], rotation: int, turn: int) -> tuple[Affine, Sheet]:
    left, bottom, right, top = bbox
    width, height = right - left, top - bottom
    shown = (height, width) if rotation in (90, 270) else (width, height)
    size = (shown[1], shown[0]) if turn in (90, 270) else shown
    sheet = Sheet(number, size[0], size[1], shown[0], shown[1], turn)
    quarters = ((rotation - turn) // 90) % 4
    maps: tuple[Affine, ...] = (
        (1, 0, -left, 0, -1, top),
        (0, 1, -bottom, 1, 0, -left),
        (-1, 0, right, 0, 1, -bottom),
        (0, -1, top, -1, 0, right),
    )
    return maps[quarters], sheet


def _font_of(text_object: int, fonts: dict[int, Font]) -> Font:
    handle = _object_font(text_object)
    known = fonts.get(handle)
    if known is None:
        buffer = ctypes.create_string_buffer(256)
        _font_name(handle, ctypes.addressof(buffer), 256)
        name = buffer.value.decode("utf-8", "replace").rsplit("+", 1)[-1]
        flags = _font_flags(handle)
        bold = bool(re.search(r"bold|black|heavy|semib|demi|[-.,](b|bd|bi|sb)$|bx\d|\.b(i)?(\+|$)", name, re.I))
        bold = bold or bool(flags & 1 << 18 and flags > 0)
        italic = bool(re.search(r"ital|obli|[-.,](i|it|bi)$|ti\d", name, re.I)) or bool(flags > 0 and flags & 1 << 6)
        known = fonts[handle] = Font(name, bold, italic)
    return known


def _read_words(
    texthandle: Any, text: str, count: int, to_upright: Affine, sheet: Sheet, seen: _Seen | None = None
) -> tuple[list[Word], list[Word]]:
    words: list[Word] = []
    sideways: list[Word] = []
    fonts: dict[int, Font] = {}
    corner = (ctypes.c_double * 4)()
    a0 = ctypes.addressof(corner)
    a1, a2, a3 = a0 + 8, a0 + 16, a0 + 24
    matrix = (ctypes.c_float * 6)()
    matrix_address = ctypes.addressof(matrix)
    xx, xy, xc, yx, yy, yc = to_upright
    same_index = count == len(text) and _char_index(texthandle, count - 1) == count - 1
    page_width, page_height = sheet.width, sheet.height

    # the type in force, kept as long as pdfium answers with the same text object
    object_now: int | None = None
    font, size, baseline, upright = Font("", False, False), 10.0, 0.0, True
    end_before = 0
    for token in _TOKEN.finditer(text):
        start, end = token.span()
        space = start > end_before and end_before > 0
        end_before = end
        first = start if same_index else _char_index(texthandle, start)
        length = end - start if same_index else max(1, _char_index(texthandle, end - 1) - first + 1)
        rects = _count_rects(texthandle, first, length)
        pieces: list[tuple[int, int, str]] = [(first, length, token.group())]
        if rects > 1:
            pieces = _pieces(texthandle, first, length, token.group())
        for index, (at, size_of, letters) in enumerate(pieces):
            if rects != 1:
                rects_here = _count_rects(texthandle, at, size_of)
                if rects_here == 0:
                    if not _char_box(texthandle, at, a0, a2, a3, a1):
                        continue
                    left, top, right, bottom = corner[0], corner[1], corner[2], corner[3]
                else:
                    left, top, right, bottom = 1e9, -1e9, -1e9, 1e9
                    for k in range(rects_here):
                        _get_rect(texthandle, k, a0, a1, a2, a3)
                        left, right = min(left, corner[0]), max(right, corner[2])
                        top, bottom = max(top, corner[1]), min(bottom, corner[3])
            else:
                _get_rect(texthandle, 0, a0, a1, a2, a3)
                left, top, right, bottom = corner
            text_object = _text_object(texthandle, at)
            if text_object and text_object != object_now:
                object_now = text_object
                sheet.objects += 1
                font = _font_of(text_object, fonts)
                _char_matrix(texthandle, at, matrix_address)
                a, b, c, d = matrix[0], matrix[1], matrix[2], matrix[3]
                _char_origin(texthandle, at, a0, a1)
                baseline = yx * corner[0] + yy * corner[1] + yc
                ux, uy = xx * a + xy * b, yx * a + yy * b
                upright = ux > 0 and abs(uy) < 0.2 * ux
                size = abs(_font_size(texthandle, at)) * (c * c + d * d) ** 0.5
                if _unmapped(texthandle, at) > 0:
                    sheet.unmapped += 1
            x0, x1 = xx * left + xy * bottom + xc, xx * right + xy * top + xc
            ink_top, ink_bottom = yx * right + yy * top + yc, yx * left + yy * bottom + yc
            if x0 > x1:
                x0, x1 = x1, x0
            if ink_top > ink_bottom:
                ink_top, ink_bottom = ink_bottom, ink_top
            if x1 < 0 or x0 > page_width or ink_bottom < 0 or ink_top > page_height:
                continue  # printer's marks and what was cropped away
            if seen is not None and text_object and not seen.shows(text_object, Rect(x0, ink_top, x1, ink_bottom)):
                continue
            tall = ink_bottom - ink_top
            if size < 0.6 * tall or size > 20 * tall + 20:
                size = tall  # fonts whose own unit is not the point
            hyphen = letters[-1] in _HYPHENS
            if "\u00ad" in letters[:-1]:
                letters = _visible_hyphens(texthandle, at, letters, size)
            if hyphen:
                letters = letters[:-1] + "-"
            elif "\ud800" <= max(letters) <= "\udfff":
                letters = letters.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
            here = Word(
                letters,
                x0,
                baseline - 0.78 * size if upright else ink_top,
                x1,
                baseline + 0.22 * size if upright else ink_bottom,
                baseline if upright else ink_bottom,
                size,
                font,
                space and index == 0,
                0,
                hyphen,
            )
            sheet.characters += len(letters)
            (words if upright else sideways).append(here)
            if hyphen:
                end_before = -1
    return words, sideways


def _visible_hyphens(texthandle: Any, first: int, letters: str, size: float) -> str:
    """Soft hyphens inside a word: a hyphen where one is printed (many fonts call their hyphen so), else nothing."""
    box = (ctypes.c_double * 4)()
    a0 = ctypes.addressof(box)
    out = ""
    for i, letter in enumerate(letters):
        if letter == "\u00ad" and i < len(letters) - 1:
            printed = _char_box(texthandle, first + i, a0, a0 + 8, a0 + 16, a0 + 24) and box[1] - box[0] > 0.1 * size
            out += "-" if printed else ""
        else:
            out += letter
    return out


def _collide(lines: Sequence[Line]) -> bool:
    """Whether lines of several words stand on top of each other."""
    wide = sorted((line for line in lines if len(line.words) > 1), key=lambda line: line.baseline)
    for i, line in enumerate(wide):
        for other in wide[i + 1 :]:
            if other.baseline - line.baseline > 0.6 * line.size:
                break
            shared = min(line.x1, other.x1) - max(line.x0, other.x0)
            if shared > 2 * line.size and shared > 0.4 * min(line.x1 - line.x0, other.x1 - other.x0):
                return True
    return False


class _Seen:
    """Tells whether words can be seen: inside the clip of their text object, and not white on white."""

    def __init__(self, to_upright: Affine, sheet: Sheet) -> None:
        self.to_upright = to_upright
        self.grounds = [*sheet.boxes, *sheet.pictures]
        self.known: dict[int, tuple[bool, Rect | None]] = {}

    def shows(self, text_object: int, word: Rect) -> bool:
        """Whether the middle of a word drawn by this text object can be seen."""
        if text_object not in self.known:
            self.known[text_object] = _is_white(text_object), self._clip(text_object)
        white, clip = self.known[text_object]
        x, y = (word.x0 + word.x1) / 2, (word.top + word.bottom) / 2
        if clip is not None and not _holds(clip, x, y):
            return False
        return not white or any(_holds(ground, x, y) for ground in self.grounds)

    def _clip(self, text_object: int) -> Rect | None:
        clip = _clip_path(text_object)
        xx, xy, xc, yx, yy, yc = self.to_upright
        point = (ctypes.c_float * 2)()
        p0 = ctypes.addressof(point)
        out: Rect | None = None
        for path in range(max(0, _clip_paths(clip)) if clip else 0):
            xs: list[float] = []
            ys: list[float] = []
            for i in range(min(200, _clip_segments(clip, path))):
                _segment_point(_clip_segment(clip, path, i), p0, p0 + 4)
                xs.append(xx * point[0] + xy * point[1] + xc)
                ys.append(yx * point[0] + yy * point[1] + yc)
            if xs:
                here = Rect(min(xs), min(ys), max(xs), max(ys))
                out = here if out is None else Rect(
                    max(out.x0, here.x0), max(out.top, here.top), min(out.x1, here.x1), min(out.bottom, here.bottom)
                )  # fmt: skip
        return out


def _is_white(text_object: int) -> bool:
    colour = (ctypes.c_uint * 4)()
    c0 = ctypes.addressof(colour)
    return bool(_fill_colour(text_object, c0, c0 + 4, c0 + 8, c0 + 12)) and min(colour[:3]) > 250


def _holds(rect: Rect, x: float, y: float) -> bool:
    return rect.x0 - 1 <= x <= rect.x1 + 1 and rect.top - 1 <= y <= rect.bottom + 1


def _pieces(texthandle: Any, first: int, length: int, letters: str) -> list[tuple[int, int, str]]:
    """Cut a word that several text objects draw where size or baseline changes, or where a gap lies between."""
    if length != len(letters):
        return [(first, length, letters)]
    x = (ctypes.c_double * 6)()
    a0 = ctypes.addressof(x)
    cuts = [0]
    before: int | None = None
    style: tuple[float, float] | None = None
    for i in range(length):
        at = first + i
        text_object = _text_object(texthandle, at)
        if text_object and text_object != before:
            before = text_object
            matrix = (ctypes.c_float * 6)()
            _char_matrix(texthandle, at, ctypes.addressof(matrix))
            size = abs(_font_size(texthandle, at)) * (matrix[2] ** 2 + matrix[3] ** 2) ** 0.5
            if abs(matrix[1]) > abs(matrix[0]):
                continue
            _char_origin(texthandle, at, a0, a0 + 8)
            now = (size, x[1])
            if style is not None and i and (abs(size - style[0]) > 0.08 * style[0] or abs(x[1] - style[1]) > 0.06 * size):
                cuts.append(i)
            elif i:
                _char_box(texthandle, at, a0, a0 + 8, a0 + 16, a0 + 24)
                left = x[0]
                _char_box(texthandle, at - 1, a0, a0 + 8, a0 + 16, a0 + 24)
                if left - x[1] > 0.6 * size:
                    cuts.append(i)
            style = now
    cuts.append(length)
    return [(first + i, j - i, letters[i:j]) for i, j in zip(cuts, cuts[1:], strict=False)]


def line_of(words: list[Word], order: int = 0) -> Line:
    """The line that words side by side make; ``order`` is its place in the order of drawing."""
    first = main = words[0]
    x0, top, x1, bottom, weight = first.x0, 1e9, first.x1, -1e9, -1e9
    for word in words:
        if word.x0 < x0:
            x0 = word.x0
        if word.x1 > x1:
            x1 = word.x1
        here = word.size * min(4, len(word.text)) - (1e6 if word.rise else 0)
        if here > weight:
            main, weight = word, here
        if word.rise == 0:
            top, bottom = min(top, word.top), max(bottom, word.bottom)
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


def _read_drawings(page: Any, to_upright: Affine, sheet: Sheet) -> None:
    """Note rules, boxes and pictures; forms are looked into, five deep at most."""
    left = _MOST_OBJECTS
    bounds = (ctypes.c_float * 4)()
    b0 = ctypes.addressof(bounds)
    matrix = (ctypes.c_float * 6)()
    xx, xy, xc, yx, yy, yc = to_upright

    def note(corners: tuple[float, float, float, float], within: Affine | None, kind: int) -> None:
        x0, y0, x1, y1 = corners
        if within is not None:
            a, b, c, d, e, f = within
            x0, y0, x1, y1 = a * x0 + c * y0 + e, b * x0 + d * y0 + f, a * x1 + c * y1 + e, b * x1 + d * y1 + f
        left, right = sorted((xx * x0 + xy * y0 + xc, xx * x1 + xy * y1 + xc))
        top, bottom = sorted((yx * x0 + yy * y0 + yc, yx * x1 + yy * y1 + yc))
        if right < 0 or left > sheet.width or bottom < 0 or top > sheet.height:
            return
        rect = Rect(left, top, right, bottom)
        if kind == 2:
            sheet.pictures.append(rect)
        elif min(right - left, bottom - top) < 3:
            if max(right - left, bottom - top) > 6:
                sheet.rules.append(rect)
        elif kind == 0:
            sheet.boxes.append(rect)
        else:
            sheet.pictures.append(rect)

    def look(owner: Any, count: int, get: Any, within: Affine | None, depth: int) -> None:
        nonlocal left
        for i in range(count):
            left -= 1
            if left < 0:
                return
            item = get(owner, i)
            kind = _object_type(item)
            if kind == pdfium.FPDF_PAGEOBJ_TEXT:
                continue
            if kind == pdfium.FPDF_PAGEOBJ_FORM and depth < 5:
                _object_matrix(item, ctypes.addressof(matrix))
                inner: Affine = tuple(matrix)  # type: ignore[assignment]
                if within is not None:
                    inner = _product(inner, within)
                look(item, _count_form(item), _form_object, inner, depth + 1)
            elif kind == pdfium.FPDF_PAGEOBJ_PATH:
                segments = _count_segments(item)
                if 6 < segments <= 400:
                    left -= segments // 4
                    for corners in _straight(item, segments):
                        note(corners, within, 0)
                _object_bounds(item, b0, b0 + 4, b0 + 8, b0 + 12)
                if segments <= 6 or max(bounds[2] - bounds[0], bounds[3] - bounds[1]) < 400:
                    note((bounds[0], bounds[1], bounds[2], bounds[3]), within, 0 if segments <= 6 else 1)
            elif kind in (pdfium.FPDF_PAGEOBJ_IMAGE, pdfium.FPDF_PAGEOBJ_SHADING):
                _object_bounds(item, b0, b0 + 4, b0 + 8, b0 + 12)
                note((bounds[0], bounds[1], bounds[2], bounds[3]), within, 2)

    look(page, _count_objects(page), _get_object, None, 0)


def _product(inner: Affine, outer: Affine) -> Affine:
    a, b, c, d, e, f = inner
    p, q, r, s, t, u = outer
    return (a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s, e * p + f * r + t, e * q + f * s + u)


def _straight(path: Any, segments: int) -> list[tuple[float, float, float, float]]:
    """The horizontal and vertical strokes of a path of many segments (a whole grid drawn in one go)."""
    point = (ctypes.c_float * 2)()
    p0 = ctypes.addressof(point)
    out: list[tuple[float, float, float, float]] = []
    x = y = 0.0
    for i in range(segments):
        segment = _path_segment(path, i)
        kind = _segment_type(segment)
        if kind == pdfium.FPDF_SEGMENT_BEZIERTO:
            return []
        _segment_point(segment, p0, p0 + 4)
        if kind == pdfium.FPDF_SEGMENT_LINETO and (abs(point[0] - x) < 0.5) != (abs(point[1] - y) < 0.5):
            out.append((x, y, point[0], point[1]))
        x, y = point[0], point[1]
    return out
