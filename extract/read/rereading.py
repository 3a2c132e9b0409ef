"""READ, reading again: whether the words that values.csv quotes stand where it says, by page and box or by offset.

Runs in a guarded child, one file at a time (``Rereading`` is its work). Of a PDF the single characters are looked at
(``extract.read.spots``) and compared as ``extract.read.wording`` says; XML and text are read as they were read before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from extract.model import Box, Document, Noun
from extract.read import read_document
from extract.read.ocr import recognised
from extract.read.pdf import open_pdf
from extract.read.places import Pages, Search, Standing, spoken, stand
from extract.read.spots import Sight, see_page, see_page_again
from extract.schema import Schema

Verdict = Literal["holds", "moved", "gone", "unread"]
"""holds: the words stand where they are said to; moved: they stand elsewhere; gone: they do not stand in the file;
unread: they come from a picture, which only OCR can read."""

Reader = Literal["pdfium", "pdfplumber", "reader", "OCR"]


class Claim(Noun):
    """What values.csv says of one place: the quote with the boxes of its lines and its offsets, and within it the words
    of the value with their page and box (None for text and XML). ``ocr``: they were read from a picture; ``entered``: a
    reviewer has marked or typed them, white space may differ."""

    quote: str
    boxes: tuple[Box, ...] = ()
    start: int
    end: int
    words: str
    page: int | None = None
    box: Box | None = None
    ocr: bool = False
    entered: bool = False


class Finding(Noun):
    """What became of a claim. ``column`` is the cell of values.csv that is at fault, ``message`` says what is wrong;
    ``boxes`` (``offset`` in text and XML) is where words that have moved stand. ``by`` is what has read them."""

    verdict: Verdict
    column: str = ""
    message: str = ""
    boxes: tuple[Box, ...] = ()
    offset: int | None = None
    by: Reader | None = None


class Reread(Noun):
    """The findings for the claims of one file, in their order, and how many pages the file has (None for text)."""

    findings: tuple[Finding, ...]
    pages: int | None = None


@dataclass(frozen=True)
class Rereading:
    """The work of a guarded child: read again what is claimed of a file, by the name of its document. With ``ocr``
    the words of pictures are read again by tesseract.

    Raises ReadFailure when the file cannot be read.
    """

    claims: Mapping[str, Sequence[Claim]]
    ocr: bool = False

    def __call__(self, path: Path, schema: Schema, name: str) -> Reread:
        claims = self.claims.get(name, ())
        with path.open("rb") as file:
            is_pdf = b"%PDF-" in file.read(1024)
        if is_pdf:
            return _reread_pdf(path, claims, self.ocr)
        if not claims:
            return Reread(findings=())
        document = read_document(path, schema, name=name)
        return Reread(findings=tuple(_of_itself(claim) or _in_text(document, claim) for claim in claims))


def _of_itself(claim: Claim) -> Finding | None:
    """What is wrong with a claim whatever the file says; None when nothing is."""
    if claim.end - claim.start != len(claim.quote) and not claim.entered:
        message = f"start and end are {claim.end - claim.start} characters apart, the quote has {len(claim.quote)}"
        return Finding(verdict="moved", column="start", message=message)
    if _solid(claim.words) not in _solid(claim.quote):
        return Finding(verdict="gone", column="as_written", message=f"{claim.words!r} is not part of the quote")
    return None


# --- text and XML


def _in_text(document: Document, claim: Claim) -> Finding:
    text = document.text
    if claim.page is not None or claim.boxes or claim.box:
        return Finding(verdict="moved", column="page", message="a file without pages has no page and no boxes")
    there = text[claim.start : claim.end]
    if there == claim.quote or (claim.entered and _solid(there) == _solid(claim.quote)):
        return Finding(verdict="holds", by="reader")
    places = []
    at = text.find(claim.quote)
    while at >= 0:
        places.append(at)
        at = text.find(claim.quote, at + 1)
    if places:
        near = min(places, key=lambda place: abs(place - claim.start))
        message = f"the words stand at {near} to {near + len(claim.quote)}"
        return Finding(verdict="moved", column="start", message=message, offset=near)
    return Finding(verdict="gone", column="quote", message=_there(" ".join(there.split()), "at these offsets"))


def _solid(text: str) -> str:
    return "".join(text.split())


def _there(words: str, place: str) -> str:
    short = words if len(words) <= 100 else words[:97] + "..."
    return f"{place} the file says {short!r}" if words else f"nothing stands {place}"


# --- PDF


def _reread_pdf(path: Path, claims: Sequence[Claim], ocr: bool) -> Reread:
    with open_pdf(path) as document:
        pages = Pages(lambda number: see_page(document, number), len(document))
        wanted = {box.page for claim in claims if claim.ocr for box in claim.boxes if box.page <= pages.count}
        pictures = sorted(number for number in wanted if not pages[number].glyphs)
        if ocr and pictures:
            for number, read in recognised(document, pictures, path.name):
                pages.put(Sight(number, see_page(read, 1).glyphs))
        visible = Pages(lambda number: see_page(document, number, visible=True), pages.count)
        again = Pages(lambda number: see_page_again(path, number), pages.count)
        check = _Check({"pdfium": (pages, visible), "pdfplumber": (again,)}, frozenset(pictures), ocr)
        return Reread(findings=tuple(_of_itself(claim) or check.finding(claim) for claim in claims), pages=pages.count)


class _Check:
    """Compares claims with the pages of one PDF; each quote is looked for once."""

    def __init__(self, readings: Mapping[Reader, Sequence[Pages]], pictures: frozenset[int], ocr: bool) -> None:
        self.readings = [(by, pages) for by, all_pages in readings.items() for pages in all_pages]
        self.pages = self.readings[0][1]
        self.pictures = pictures
        self.ocr = ocr
        self._known: dict[tuple[int, str, tuple[Box, ...]], Standing | None] = {}
        self._search = Search(self.pages)

    def finding(self, claim: Claim) -> Finding:
        """The verdict on a claim: by pdfium's characters; where they differ from it by those that can be seen; then by
        pdfplumber's."""
        from_picture = any(box.page in self.pictures for box in claim.boxes)
        if from_picture and not self.ocr:
            return Finding(verdict="unread")
        faults = []
        for number, (by, pages) in enumerate(self.readings if claim.boxes else ()):
            key = (number, claim.quote, claim.boxes)
            if key not in self._known:
                self._known[key] = stand(claim.quote, claim.boxes, pages, ocr=claim.ocr)
            standing = self._known[key]
            fault = _fault(claim, standing) if standing else None
            if standing and not fault:
                return Finding(verdict="holds", by="OCR" if from_picture else by)
            faults += [fault] if fault else []
        return faults[0] if faults else self._elsewhere(claim)

    def _elsewhere(self, claim: Claim) -> Finding:
        """Where words that are not in their boxes stand instead."""
        there = _there(spoken(claim.boxes, self.pages), "in these boxes" if claim.boxes else "without boxes")
        found = self._search.find(claim.quote, claim.boxes, ocr=claim.ocr)
        if found:
            column = "quote_boxes" if claim.boxes else "page"
            return Finding(verdict="moved", column=column, message=f"the words stand {place_of(found)}", boxes=found)
        return Finding(verdict="gone", column="quote", message=there)


def _fault(claim: Claim, standing: Standing) -> Finding | None:
    """What is wrong with the boxes of a quote that stands in them."""
    line = standing.misplaced_line()
    if line is not None:
        boxes = standing.places(claim.quote)
        message = f"box {line + 1} of the quote does not frame its words, which stand {place_of(boxes)}"
        return Finding(verdict="moved", column="quote_boxes", message=message, boxes=boxes)
    if claim.words and claim.page is not None and claim.box and standing.stands_at(claim.words, claim.page, claim.box):
        return None
    boxes = standing.places(claim.words)
    if not claim.words or not boxes:
        return None
    here = [box for box in boxes if box.page == claim.page]
    column = _worst_side(claim.box, here) if claim.box and here else "page"
    message = f"the box does not frame {claim.words!r}, which stands {place_of(boxes)}"
    return Finding(verdict="moved", column=column, message=message, boxes=boxes)


def _worst_side(box: Box, boxes: Sequence[Box]) -> str:
    """The side of a box that is farthest from the words."""
    off = {
        "x0": abs(box.x0 - min(each.x0 for each in boxes)),
        "top": abs(box.top - min(each.top for each in boxes)),
        "x1": abs(box.x1 - max(each.x1 for each in boxes)),
        "bottom": abs(box.bottom - max(each.bottom for each in boxes)),
    }
    return max(off, key=lambda side: off[side])


def place_of(boxes: Sequence[Box]) -> str:
    """Boxes as people read them: ``on page 2 at 72 100.5 140 110.5; 54 111 90 121`` (x0 top x1 bottom)."""
    parts = []
    for page in dict.fromkeys(box.page for box in boxes):
        sides = [f"{box.x0:g} {box.top:g} {box.x1:g} {box.bottom:g}" for box in boxes if box.page == page]
        parts.append(f"on page {page} at {'; '.join(sides)}")
    return " and ".join(parts)
