"""MODEL: one file as read: its text, blocks, tables, cells, and where each word stands."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from operator import attrgetter
from typing import Literal, NamedTuple

from pydantic import Field, model_validator

from extract.model.basics import BlockKind, Box, Noun, Section, Severity, Span
from extract.model.geometry import Sides, advance, turned


class Run(NamedTuple):
    """A stretch of text set in one go: characters start to end of the text and where they stand.

    ``turn``: how many quarters clockwise its line is turned on the page.
    """

    start: int
    end: int
    page: int
    x0: float
    top: float
    x1: float
    bottom: float
    turn: int = 0


class Page(Noun):
    """Size of one page in points, whether any text could be read on it, and whether that came from a picture (OCR)."""

    number: int = Field(ge=1)
    width: float
    height: float
    has_text: bool = True
    ocr: bool = False


class Block(Noun):
    """A paragraph, heading, caption, table, ... of the text, in reading order.

    ``headings`` holds the titles above the block, outermost first. ``page`` is None for text and XML.
    """

    kind: BlockKind
    section: Section
    span: Span
    page: int | None = None
    headings: tuple[str, ...] = ()
    level: int = 0


class Cell(Noun):
    """One filled cell of a table. ``table`` is the index in ``Document.tables``; row and column count from 0,
    header rows included. The headers are the words of the header cells that govern the cell, '' where none."""

    table: int
    row: int
    column: int
    span: Span
    row_header: str = ""
    column_header: str = ""
    is_header: bool = False
    group: str = ""
    box: Box | None = None


class Table(Noun):
    """What is known of a table as a whole. ``span`` covers its cells, ``caption`` and ``notes`` are its words.

    ``readings`` says how it was seen: by ``both`` independent detections, by ``one``, or ``marked up`` by its source.
    """

    number: int
    span: Span
    page: int | None = None
    caption: str = ""
    notes: str = ""
    rows: int
    columns: int
    readings: Literal["both", "one", "marked up"] = "one"


class Repair(Noun):
    """A place where the text differs from what the file's characters say, and why: ``106`` read as ``10⁶``."""

    span: Span
    as_printed: str
    reason: str


class Metadatum(Noun):
    """A fact about the paper itself (title, doi, year, ...) and where it stands, when it stands in the text.

    One that is not printed but told from what is (the language) says how in ``formula``; its span is an example.
    """

    field: str
    value: str
    span: Span | None = None
    formula: str = ""


class Issue(Noun):
    """Something that a reader of the result must know."""

    severity: Severity
    message: str
    page: int | None = None
    reason: str = ""


class Document(Noun):
    """One file as read. ``text`` is built once; everything else points into it.

    Blocks do not overlap and stand in the order of the text; cells lie inside their table's span.
    """

    name: str
    file: str
    sha256: str
    format: Literal["pdf", "xml", "text"]
    text: str
    pages: tuple[Page, ...] = ()
    blocks: tuple[Block, ...] = ()
    tables: tuple[Table, ...] = ()
    cells: tuple[Cell, ...] = ()
    runs: tuple[Run, ...] = ()
    repairs: tuple[Repair, ...] = ()
    metadata: tuple[Metadatum, ...] = ()
    issues: tuple[Issue, ...] = ()
    partly_read: str = ""

    @model_validator(mode="after")
    def _points_into_text(self) -> Document:
        size = len(self.text)
        last = 0
        for block in self.blocks:
            if block.span.start < last:
                raise ValueError(f"block at {block.span.start} overlaps the one before it, which ends at {last}")
            last = block.span.end
        ends = [last, *(cell.span.end for cell in self.cells), *(run.end for run in self.runs)]
        if max(ends) > size:
            raise ValueError(f"a place ends at {max(ends)}, but the text has {size} characters")
        return self

    def quote(self, span: Span) -> str:
        """The words at a span."""
        return self.text[span.start : span.end]

    def boxes(self, span: Span) -> tuple[Box, ...]:
        """Where the words of a span stand: one box for each line of text it touches, more where a line has wide gaps;
        () for text and XML.

        A run that is only partly inside the span is cut where its characters stand, as wide as they usually are.
        """
        lines: list[tuple[int, int, float, float, float, float]] = []
        page, turn, start, over, end, under = 0, 0, 0.0, 0.0, 0.0, 0.0
        for run in self.runs_in(span):
            sides = run.x0, run.top, run.x1, run.bottom
            left, top, right, bottom = turned(sides, run.turn) if run.turn else sides
            if run.start < span.start or run.end > span.end:
                letters = self.text[run.start : run.end]
                unit = (right - left) / advance(letters)
                left += unit * advance(letters[: max(0, span.start - run.start)])
                right -= unit * advance(letters[len(letters) - max(0, run.end - span.end) :])
            height = bottom - top
            if (
                page == run.page
                and turn == run.turn
                and start <= left <= end + 3 * height
                and min(under, bottom) - max(over, top) > 0.4 * min(under - over, height)
            ):
                over, end, under = min(over, top), max(end, right), max(under, bottom)
            else:
                lines.append((page, turn, start, over, end, under))
                page, turn, start, over, end, under = run.page, run.turn, left, top, max(left, right), bottom
        lines.append((page, turn, start, over, end, under))
        return tuple(_box(number, turned((a, b, c, d), -quarters)) for number, quarters, a, b, c, d in lines[1:])

    def runs_in(self, span: Span) -> list[Run]:
        """The runs that a span touches (runs are ordered by their start)."""
        first = bisect_right(self.runs, span.start, key=attrgetter("end"))
        last = bisect_left(self.runs, span.end, first, key=attrgetter("start"))
        return list(self.runs[first:last])

    def by_ocr(self, page: int | None) -> bool:
        """Whether the words of a page were read from a picture."""
        return page is not None and page <= len(self.pages) and self.pages[page - 1].ocr

    def page_of(self, span: Span) -> int | None:
        """Page on which a span begins; None for text and XML."""
        runs = self.runs_in(span)
        return runs[0].page if runs else None

    def block_at(self, offset: int) -> int | None:
        """Index of the block that holds a character offset."""
        index = bisect_right(self.blocks, offset, key=lambda block: block.span.start) - 1
        return index if index >= 0 and offset < self.blocks[index].span.end else None


def _box(page: int, sides: Sides) -> Box:
    return Box(page=page, x0=sides[0], top=sides[1], x1=sides[2], bottom=sides[3])
