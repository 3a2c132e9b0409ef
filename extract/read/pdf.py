"""READ, a PDF file: through pdfium into sheets of lines and words with their geometry.

pdfium is asked for each word (its box, and the type it is set in when the text object changes), never for each
character: that alone would cost as much as everything else together.
"""

from __future__ import annotations

import contextlib
import ctypes
import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pypdfium2
import pypdfium2.raw as pdfium

from extract.read.drawings import Seen, read_drawings
from extract.read.failure import ReadFailure
from extract.read.pdfium import (
    POINTER,
    Affine,
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
    render_mode,
    unmapped,
)
from extract.read.salvage import salvage
from extract.read.sheet import Font as Font
from extract.read.sheet import Line as Line
from extract.read.sheet import Rect as Rect
from extract.read.sheet import Sheet as Sheet
from extract.read.sheet import Word as Word
from extract.read.sheet import join_words
from extract.read.sheet import line_of as line_of

_HYPHENS = "\ufffe\u00ad"  # how pdfium writes a hyphen at the end of a line, and at the end of a page
_TOKEN = re.compile(r"[^\s\x00-\x1f\ufffe]+\ufffe?|\ufffe")


@contextlib.contextmanager
def open_pdf(path: Path) -> Iterator[pypdfium2.PdfDocument]:
    """A PDF file, open; closed again at the end of the block. Of a file that is cut off, the pages that are left.

    Raises ReadFailure with reason ``not_a_pdf`` or ``encrypted``.
    """
    with path.open("rb") as file:
        head = file.read(1024)
    if not head:
        raise ReadFailure("not_a_pdf", f"{path.name}: the file is empty. Fetch it again.")
    if b"%PDF-" not in head:
        raise ReadFailure("not_a_pdf", f"{path.name}: this is not a PDF (it does not begin with %PDF-). "
                          "Give a PDF, a JATS XML or a text file.")  # fmt: skip
    try:
        document = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) == pdfium.FPDF_ERR_PASSWORD or "password" in str(error).lower():
            raise ReadFailure("encrypted", f"{path.name}: the PDF is encrypted. "
                              "Save a copy without password and read that.") from error  # fmt: skip
        document = _rest_of(path)
        if document is None:
            raise ReadFailure("not_a_pdf", f"{path.name}: pdfium cannot open this file ({error}). "
                              "It may be cut off or damaged: fetch it again.") from error  # fmt: skip
    try:
        if len(document) == 0:
            raise ReadFailure("not_a_pdf", f"{path.name}: the PDF has no pages. Fetch it again.")
        yield document
    finally:
        document.close()


def _rest_of(path: Path) -> pypdfium2.PdfDocument | None:
    """What is left of a file that is cut off, when pages are."""
    left = salvage(path.read_bytes()) if is_cut_off(path) else None
    with contextlib.suppress(pypdfium2.PdfiumError):
        return pypdfium2.PdfDocument(left) if left else None
    return None


def is_cut_off(path: Path) -> bool:
    """Whether the end mark of a PDF is missing, as in a download that broke off."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 2048))
        return b"%%EOF" not in file.read()


def read_sheet(document: pypdfium2.PdfDocument, number: int) -> Sheet:
    """The page ``number`` (from 1) as words, lines and drawings.

    Raises ReadFailure (``not_a_pdf``) when pdfium cannot load the page.
    """
    try:
        page = document[number - 1]
        textpage = page.get_textpage()
    except pypdfium2.PdfiumError as error:
        raise ReadFailure("not_a_pdf", f"page {number} cannot be loaded ({error})") from error
    try:
        handle = ctypes.cast(page.raw, POINTER).value
        texthandle = ctypes.cast(textpage.raw, POINTER).value
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
        read_drawings(handle, to_upright, sheet)
        if _collide(sheet.lines):
            # text on top of text: what is clipped away or white on white is read as if it could be seen
            sheet.characters = sheet.objects = sheet.unmapped = 0
            words, sideways = _read_words(texthandle, text, count, to_upright, sheet, Seen(to_upright, sheet))
            sheet.lines = join_words(words)
        sheet.sideways = [line_of([word], i) for i, word in enumerate(sideways)]
        sheet.ocr = _stands_for_a_picture(texthandle, count, sheet)
        return sheet
    finally:
        textpage.close()
        page.close()


def _stands_for_a_picture(texthandle: Any, count: int, sheet: Sheet) -> bool:
    """Whether a page is one picture with invisible words on it, as scanners and OCR programs make them."""
    page = sheet.width * sheet.height
    if not any((rect.x1 - rect.x0) * (rect.bottom - rect.top) > 0.7 * page for rect in sheet.pictures):
        return False
    objects = {object_at(texthandle, index) for index in range(0, count, max(1, count // 60))} - {0, None}
    hidden: int = sum(render_mode(each) == pdfium.FPDF_TEXTRENDERMODE_INVISIBLE for each in objects)
    return hidden * 2 > len(objects)


def _direction(texthandle: Any, count: int, rotation: int) -> int:
    """How far clockwise most characters are turned on the page as shown, from a sample of them."""
    matrix = (ctypes.c_float * 6)()
    address = ctypes.addressof(matrix)
    votes = [0, 0, 0, 0]
    for index in range(0, count, max(1, count // 60)):
        if char_matrix(texthandle, index, address) and object_at(texthandle, index):
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
    handle = object_font(text_object)
    known = fonts.get(handle)
    if known is None:
        buffer = ctypes.create_string_buffer(256)
        font_name(handle, ctypes.addressof(buffer), 256)
        name = buffer.value.decode("utf-8", "replace").rsplit("+", 1)[-1]
        flags = font_flags(handle)
        bold = bool(re.search(r"bold|black|heavy|semib|demi|[-.,](b|bd|bi|sb)$|bx\d|\.b(i)?(\+|$)", name, re.I))
        bold = bold or bool(flags & 1 << 18 and flags > 0)
        italic = bool(re.search(r"ital|obli|[-.,](i|it|bi)$|ti\d", name, re.I)) or bool(flags > 0 and flags & 1 << 6)
        known = fonts[handle] = Font(name, bold, italic)
    return known


def _read_words(
    texthandle: Any, text: str, count: int, to_upright: Affine, sheet: Sheet, seen: Seen | None = None
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
    same_index = count == len(text) and char_index(texthandle, count - 1) == count - 1
    page_width, page_height = sheet.width, sheet.height

    # the type in force, kept as long as pdfium answers with the same text object
    object_now: int | None = None
    font, type_size, baseline, upright, turn = Font("", False, False), 10.0, 0.0, True, 0
    end_before = 0
    for token in _TOKEN.finditer(text):
        start, end = token.span()
        space = start > end_before and end_before > 0
        end_before = end
        first = start if same_index else char_index(texthandle, start)
        length = end - start if same_index else max(1, char_index(texthandle, end - 1) - first + 1)
        rects = count_rects(texthandle, first, length)
        pieces: list[tuple[int, int, str]] = [(first, length, token.group())]
        if rects > 1:
            pieces = _pieces(texthandle, first, length, token.group())
        for index, (at, size_of, letters) in enumerate(pieces):
            if rects != 1:
                rects_here = count_rects(texthandle, at, size_of)
                if rects_here == 0:
                    if not char_box(texthandle, at, a0, a2, a3, a1):
                        continue
                    left, top, right, bottom = corner[0], corner[1], corner[2], corner[3]
                else:
                    left, top, right, bottom = 1e9, -1e9, -1e9, 1e9
                    for k in range(rects_here):
                        get_rect(texthandle, k, a0, a1, a2, a3)
                        left, right = min(left, corner[0]), max(right, corner[2])
                        top, bottom = max(top, corner[1]), min(bottom, corner[3])
            else:
                get_rect(texthandle, 0, a0, a1, a2, a3)
                left, top, right, bottom = corner
            text_object = object_at(texthandle, at)
            if text_object and text_object != object_now:
                object_now = text_object
                sheet.objects += 1
                font = _font_of(text_object, fonts)
                char_matrix(texthandle, at, matrix_address)
                a, b, c, d = matrix[0], matrix[1], matrix[2], matrix[3]
                char_origin(texthandle, at, a0, a1)
                baseline = yx * corner[0] + yy * corner[1] + yc
                ux, uy = xx * a + xy * b, yx * a + yy * b
                upright = ux > 0 and abs(uy) < 0.2 * ux
                turn = 0 if upright else _quarter(ux, -uy, 0)
                type_size = abs(font_size(texthandle, at)) * (c * c + d * d) ** 0.5
                if unmapped(texthandle, at) > 0:
                    sheet.unmapped += 1
            x0, x1 = xx * left + xy * bottom + xc, xx * right + xy * top + xc
            ink_top, ink_bottom = yx * right + yy * top + yc, yx * left + yy * bottom + yc
            if x0 > x1:
                x0, x1 = x1, x0
            if ink_top > ink_bottom:
                ink_top, ink_bottom = ink_bottom, ink_top
            if x1 < 0 or x0 > page_width or ink_bottom < 0 or ink_top > page_height:
                continue  # printer's marks and what was cropped away
            if not (-1e5 < x0 <= x1 < 1e5 and -1e5 < ink_top <= ink_bottom < 1e5 and -1e6 < baseline < 1e6):
                continue  # no place on any page: a damaged file
            if seen is not None and text_object and not seen.shows(text_object, Rect(x0, ink_top, x1, ink_bottom)):
                continue
            tall = ink_bottom - ink_top
            # some fonts have a unit of their own, other than the point
            size = type_size if 0.6 * tall <= type_size <= 20 * tall + 20 else tall
            hyphen = False
            if not letters.isascii():
                hyphen = letters[-1] in _HYPHENS
                if "\u00ad" in letters[:-1]:
                    letters = _visible_hyphens(texthandle, at, letters, size)
                if hyphen:
                    letters = letters[:-1] + "-"
                elif "\ud800" <= max(letters) <= "\udfff":
                    letters = letters.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
            if upright:
                top, bottom, line = baseline - 0.78 * size, baseline + 0.22 * size, baseline
            else:
                top, bottom, line = ink_top, ink_bottom, ink_bottom
            here = Word(letters, x0, top, x1, bottom, line, size, font, space and index == 0, 0, hyphen, turn)
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
            printed = char_box(texthandle, first + i, a0, a0 + 8, a0 + 16, a0 + 24) and box[1] - box[0] > 0.1 * size
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
        text_object = object_at(texthandle, at)
        if text_object and text_object != before:
            before = text_object
            matrix = (ctypes.c_float * 6)()
            char_matrix(texthandle, at, ctypes.addressof(matrix))
            size = abs(font_size(texthandle, at)) * (matrix[2] ** 2 + matrix[3] ** 2) ** 0.5
            if abs(matrix[1]) > abs(matrix[0]):
                continue
            char_origin(texthandle, at, a0, a0 + 8)
            now = (size, x[1])
            if (
                style is not None
                and i
                and (abs(size - style[0]) > 0.08 * style[0] or abs(x[1] - style[1]) > 0.06 * size)
            ):
                cuts.append(i)
            elif i:
                char_box(texthandle, at, a0, a0 + 8, a0 + 16, a0 + 24)
                left = x[0]
                char_box(texthandle, at - 1, a0, a0 + 8, a0 + 16, a0 + 24)
                if left - x[1] > 0.6 * size:
                    cuts.append(i)
            style = now
    cuts.append(length)
    return [(first + i, j - i, letters[i:j]) for i, j in pairwise(cuts)]
