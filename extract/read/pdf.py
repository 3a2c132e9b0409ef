"""READ, a PDF file: through pdfium into sheets of lines and words with their geometry."""

from __future__ import annotations

import contextlib
import ctypes
from collections.abc import Iterator, Sequence
from pathlib import Path

import pypdfium2
import pypdfium2.raw as pdfium

from extract.read.drawings import Seen, read_drawings
from extract.read.failure import ReadFailure
from extract.read.pdfium import Address, Affine, addresses, char_matrix, handle_of, object_at, ready, render_mode
from extract.read.salvage import salvage
from extract.read.sheet import Font as Font
from extract.read.sheet import Line as Line
from extract.read.sheet import Rect as Rect
from extract.read.sheet import Sheet as Sheet
from extract.read.sheet import Word as Word
from extract.read.sheet import line_of as line_of
from extract.read.words import PageWords, quarter


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
        texts = ready(handle_of(textpage))
        count = pdfium.FPDFText_CountChars(textpage.raw)
        turn = _direction(texts, count, page.get_rotation())
        left, bottom, right, top = page.get_bbox()
        to_upright, sheet = _upright(number, (left, bottom, right, top), page.get_rotation(), turn)
        text = textpage.get_text_range() if count > 0 else ""
        if len(text) != count and any(letter > "\uffff" for letter in text):
            # pdfium counts characters beyond the basic plane as two; so must the indices into its text
            units = text.encode("utf-16-le", "surrogatepass")
            text = "".join(map(chr, memoryview(units).cast("H")))
        words = PageWords(texts, text, count, to_upright, sheet)
        sheet.lines, sheet.sideways = words.lines()
        read_drawings(handle_of(page), to_upright, sheet)
        if _collide(sheet.lines):
            # text on top of text: what is clipped away or white on white is read as if it could be seen
            sheet.lines, sheet.sideways = words.lines(Seen(to_upright, sheet))
        sheet.ocr = _stands_for_a_picture(texts, count, sheet)
        return sheet
    finally:
        textpage.close()
        page.close()


def _stands_for_a_picture(texts: Address, count: int, sheet: Sheet) -> bool:
    """Whether a page is one picture with invisible words on it, as scanners and OCR programs make them."""
    page = sheet.width * sheet.height
    if not any((rect.x1 - rect.x0) * (rect.bottom - rect.top) > 0.7 * page for rect in sheet.pictures):
        return False
    objects = {object_at(texts, index) for index in range(0, count, max(1, count // 60))} - {0, None}
    hidden: int = sum(render_mode(each) == pdfium.FPDF_TEXTRENDERMODE_INVISIBLE for each in objects)
    return hidden * 2 > len(objects)


def _direction(texts: Address, count: int, rotation: int) -> int:
    """How far clockwise most characters are turned on the page as shown, from a sample of them."""
    matrix = (ctypes.c_float * 6)()
    address = addresses(matrix)[0]
    votes = [0, 0, 0, 0]
    for index in range(0, count, max(1, count // 60)):
        if char_matrix(texts, index, address) and object_at(texts, index):
            votes[quarter(matrix[0], matrix[1], rotation)] += 1
    return votes.index(max(votes)) * 90


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
