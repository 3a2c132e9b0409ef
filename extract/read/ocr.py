"""READ, scanned pages: pictures of pages become sheets of words through tesseract, and none of it passes for print.

tesseract is a program of its own (Debian: ``tesseract-ocr``). It reads letters well and numbers badly: 10⁶ comes out
as 10°, 106 or 10%, ≥ as 2. A power of ten on such a page therefore loses its exponent on purpose (``10?``), and the
page says that every number on it must be checked.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pypdfium2

from extract.model import Document, Issue, Repair, Span
from extract.read.failure import ReadFailure
from extract.read.sheet import Sheet

PROGRAM = "tesseract"
WAY_OUT = "Install tesseract (Debian and Ubuntu: apt-get install tesseract-ocr) and pip install 'caseloom[ocr]'."
RESOLUTION = 300  # dots per inch at which tesseract reads best
LARGEST = 7000  # pixels of the longer side of a picture

_AFTER = r"(?=\s?/|\s(?:\w+\s){0,3}?(?:cells?|MSCs?|per|nucleated|mononuclear|platelets)\b)"
_EXPONENT = (
    r"(?:\s?[\^*]\s?\d{1,2}|[°º®%?'\"*]{1,2}|[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,2}"
    r"|(?:[4-9]|1[0-2])(?!\d)|\s(?:[4-9]|1[0-2])(?!\d)|[oO](?!\w))"
)
_POWER = re.compile(
    rf"(?:(?<=[x×*X])|(?<=[x×*X]\s))(?P<after_times>10{_EXPONENT})(?!\d|[.,]\d)"
    rf"|(?<![\d.,])(?P<before_cells>10{_EXPONENT}){_AFTER}",
)
_REASON = "a power of ten read by OCR: its exponent is not trusted"


def missing() -> str:
    """What is missing for OCR and how to get it; '' when nothing is."""
    if shutil.which(PROGRAM) is None:
        return f"--ocr needs the program {PROGRAM}, which was not found. {WAY_OUT}"
    try:
        import PIL  # noqa: F401
    except ImportError:
        return f"--ocr needs the package Pillow, which was not found. {WAY_OUT}"
    return ""


def read_scanned(document: pypdfium2.PdfDocument, numbers: Sequence[int], file: str) -> list[Sheet]:
    """The pages with these numbers (from 1), their words read from their pictures. Raises ReadFailure
    (``no_text_layer``) when tesseract is missing or gives up."""
    from extract.read.pdf import read_sheet

    out = []
    for number, read in recognised(document, numbers, file):
        sheet = read_sheet(read, 1)
        sheet.number = number
        sheet.ocr = True
        sheet.pictures, sheet.rules, sheet.boxes = [], [], []
        out.append(sheet)
    return out


def recognised(
    document: pypdfium2.PdfDocument, numbers: Sequence[int], file: str
) -> Iterator[tuple[int, pypdfium2.PdfDocument]]:
    """Each page with one of these numbers (from 1), and a PDF of one page with the words that tesseract reads in its
    picture; the PDF is open until the next one is asked for. Raises ReadFailure (``no_text_layer``) when tesseract is
    missing or gives up."""
    fault = missing()
    if fault:
        raise ReadFailure("no_text_layer", f"{file}: no page has text, only pictures of it. {fault}")
    with tempfile.TemporaryDirectory() as work:
        for number in numbers:
            dots = _picture(document, number, Path(work) / "page.png")
            fault = _recognise(Path(work), dots)
            if fault:
                raise ReadFailure("no_text_layer", f"{file}: tesseract could not read page {number} ({fault}).")
            with pypdfium2.PdfDocument(Path(work) / "page.pdf") as read:
                yield number, read


def _picture(document: pypdfium2.PdfDocument, number: int, path: Path) -> int:
    """Write the picture of a page as PNG; give its dots per inch."""
    page = document[number - 1]
    try:
        longest = max(1.0, *page.get_size())
        dots = max(1, min(RESOLUTION, int(72 * LARGEST / longest)))
        page.render(scale=dots / 72, grayscale=True).to_pil().save(path, format="PNG", compress_level=1)
        return dots
    finally:
        page.close()


def _recognise(work: Path, dots: int) -> str:
    """Let tesseract write page.pdf from page.png; give what it says when it fails, else ''."""
    command = [PROGRAM, "page.png", "page", "--dpi", str(dots), "--psm", "1", "pdf"]
    one = {**os.environ, "OMP_THREAD_LIMIT": "1"}  # a worker is one processor's worth
    ended = subprocess.run(command, cwd=work, env=one, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    if ended.returncode == 0 and (work / "page.pdf").exists():
        return ""
    return ended.stderr.decode(errors="replace").strip()[-200:] or f"exit code {ended.returncode}"


def doubted(document: Document) -> Document:
    """The document with every power of ten on its pages read by OCR unresolved, and an issue for each such page.

    The text keeps its length: ``2 x 10° cells`` becomes ``2 x 10? cells``, and the repair says what was read.
    """
    pages = {page.number for page in document.pages if page.ocr}
    if not pages:
        return document
    text = list(document.text)
    repairs = list(document.repairs)
    counts = dict.fromkeys(sorted(pages), 0)
    for block in document.blocks:
        if block.page not in pages:
            continue
        for start, end in _powers(document.text, block.span.start, block.span.end):
            read = document.text[start:end]
            text[start:end] = _unresolved(read)
            repairs.append(Repair(span=Span(start=start, end=end), as_printed=read, reason=_REASON))
            counts[block.page] += 1
    issues = [
        Issue(severity="major", message=_warning(count), page=page, reason="ocr") for page, count in counts.items()
    ]
    return document.model_copy(
        update={
            "text": "".join(text),
            "repairs": tuple(sorted(repairs, key=lambda repair: repair.span.start)),
            "issues": (*document.issues, *issues),
            "blocks": tuple(
                b.model_copy(update={"headings": tuple(map(_without_powers, b.headings))}) if b.page in pages else b
                for b in document.blocks
            ),
            "tables": tuple(
                t.model_copy(update={"caption": _without_powers(t.caption), "notes": _without_powers(t.notes)})
                if t.page in pages
                else t
                for t in document.tables
            ),
            "cells": tuple(
                c.model_copy(
                    update={
                        "row_header": _without_powers(c.row_header),
                        "column_header": _without_powers(c.column_header),
                        "group": _without_powers(c.group),
                    }
                )
                if document.tables[c.table].page in pages
                else c
                for c in document.cells
            ),
        }
    )


def _powers(text: str, start: int, end: int) -> Iterable[tuple[int, int]]:
    """Where powers of ten stand in a stretch of text."""
    for match in _POWER.finditer(text, start, end):
        yield match.span("after_times" if match["after_times"] else "before_cells")


def _unresolved(read: str) -> str:
    """A power as read, its exponent replaced by question marks."""
    return "10" + "?" * (len(read) - 2)


def _without_powers(text: str) -> str:
    out = list(text)
    for start, end in _powers(text, 0, len(text)):
        out[start:end] = _unresolved(text[start:end])
    return "".join(out)


def _warning(powers: int) -> str:
    lost = f"; {powers} power{'s' if powers > 1 else ''} of ten left unresolved" if powers else ""
    return f"the words of this page were read from a picture (OCR): check every number against the page{lost}"
