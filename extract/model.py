"""The nouns: what a document is, what was found in it, and what it says of each patient.

Everything here is frozen and checked on construction. This module imports nothing from
``extract``; every room takes one of these nouns and returns the next.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from decimal import Decimal
from operator import attrgetter
from typing import Annotated, Any, ClassVar, Literal, NamedTuple

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    model_validator,
)

Status = Literal["reported", "derived", "ambiguous", "conflict", "not_reported"]
Basis = Literal["stated", "derived", "reviewed"]
Where = Literal["narrative", "table", "figure", "caption", "abstract", "discussion"]
Section = Literal[
    "abstract",
    "introduction",
    "methods",
    "results",
    "case",
    "discussion",
    "conclusion",
    "references",
    "other",
]
BlockKind = Literal[
    "heading",
    "paragraph",
    "list",
    "caption",
    "table",
    "footnote",
    "running",
    "reference",
]
Design = Literal["case_report", "case_series", "trial", "review", "other"]
Rater = Literal["patient", "physician", "parent", "assessor"]
Phase = Literal["pre", "post", "unspecified"]
ConflictKind = Literal[
    "narrative_vs_table",
    "narrative_vs_abstract",
    "narrative_vs_discussion",
    "within_narrative",
    "within_table",
    "implausible_range",
    "out_of_scale",
    "arithmetic",
    "timeline",
    "count",
]
Severity = Literal["major", "minor", "info"]
Presence = Literal["present", "negated", "uncertain", "planned"]
Who = Literal[
    "patient",
    "family",
    "donor",
    "other_patient",
    "literature",
    "control",
    "animal",
    "in_vitro",
]
When = Literal["current", "historical", "future"]
Operator = Literal["=", "<", "<=", ">", ">="]


def plain(number: Decimal) -> str:
    """Write a number without an exponent and without trailing zeros: ``1E+8`` as ``100000000``."""
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def _number_in(value: Any) -> Any:
    if isinstance(value, dict) and set(value) == {"number"}:
        return Decimal(value["number"])
    return value


def _number_out(value: Any) -> Any:
    return {"number": str(value)} if isinstance(value, Decimal) else value


Scalar = Annotated[
    str | bool | Decimal,
    BeforeValidator(_number_in),
    PlainSerializer(_number_out, when_used="json"),
]
"""One value: words, yes or no, or an exact number (``{"number": "1.5"}`` in JSON)."""


class Noun(BaseModel):
    """Base of all nouns: frozen, no unknown attributes, no silent conversion."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Span(Noun):
    """Half-open range of characters in ``Document.text``: 0 <= start < end."""

    start: int = Field(ge=0)
    end: int

    @model_validator(mode="after")
    def _ordered(self) -> Span:
        if self.end <= self.start:
            raise ValueError(f"span end {self.end} is not after its start {self.start}")
        return self

    def holds(self, other: Span) -> bool:
        """Whether the other span lies wholly within this one."""
        return self.start <= other.start and other.end <= self.end

    def overlaps(self, other: Span) -> bool:
        """Whether the two spans share a character."""
        return self.start < other.end and other.start < self.end


class Box(Noun):
    """Rectangle on a page in points, origin top left, as pdfplumber gives it; page counts from 1."""

    page: int = Field(ge=1)
    x0: float
    top: float
    x1: float
    bottom: float

    @model_validator(mode="after")
    def _ordered(self) -> Box:
        if self.x1 < self.x0 or self.bottom < self.top:
            raise ValueError(f"box ({self.x0}, {self.top}, {self.x1}, {self.bottom}) is inside out")
        return self


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


Sides = tuple[float, float, float, float]


def turned(sides: Sides, quarters: int) -> Sides:
    """The sides of a rectangle (x0, top, x1, bottom) as they are when lines that stand turned clockwise by so many
    quarters are held level: where it starts and ends along the lines comes first and third. ``-quarters`` undoes it."""
    x0, top, x1, bottom = sides
    return (sides, (top, -x1, bottom, -x0), (-x1, -bottom, -x0, -top), (-bottom, x0, -top, x1))[quarters % 4]


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
                unit = (right - left) / _advance(letters)
                left += unit * _advance(letters[: max(0, span.start - run.start)])
                right -= unit * _advance(letters[len(letters) - max(0, run.end - span.end) :])
            height = bottom - top
            if (
                page == run.page
                and turn == run.turn
                and start <= left <= end + 3 * height
                and min(under, bottom) - max(over, top) > 0.5 * min(under - over, height)
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


_NARROW = frozenset("ijltfI.,:;'’‘`|!()[]{}/\\-‐‑·")
_WIDE = frozenset("mwMWG@%—…×±≥≤=+<>") | {chr(code) for code in range(0x41, 0x5B)} - {"I", "J"}


def _box(page: int, sides: Sides) -> Box:
    return Box(page=page, x0=sides[0], top=sides[1], x1=sides[2], bottom=sides[3])


def _advance(letters: str) -> float:
    """How far letters reach in a usual type, in halves of an em."""
    return sum(0.6 if letter in _NARROW else 1.4 if letter in _WIDE else 1.0 for letter in letters)


class Quantity(Noun):
    """A number or a range with its unit, as exact decimals, and how it was printed.

    An inverted range stays as printed (``low`` > ``high``); whoever reads it raises the issue.
    ``repair`` tells what had to be decided to read it: ``106 read as 10^6: ...``.
    """

    number: Decimal | None = None
    low: Decimal | None = None
    high: Decimal | None = None
    operator: Operator = "="
    unit: str = ""
    as_written: str
    repair: str = ""

    @model_validator(mode="after")
    def _holds_something(self) -> Quantity:
        numbers = [n for n in (self.number, self.low, self.high) if n is not None]
        if not numbers:
            raise ValueError("a quantity needs a number, a low end or a high end")
        if not all(n.is_finite() for n in numbers):
            raise ValueError("a quantity cannot be infinite")
        return self

    @property
    def inverted(self) -> bool:
        """Whether the printed range runs from high to low."""
        return self.low is not None and self.high is not None and self.low > self.high


class Context(Noun):
    """How something is said: whether it is so, of whom, and when; ``cues`` are the words that decided."""

    presence: Presence = "present"
    who: Who = "patient"
    when: When = "current"
    cues: tuple[str, ...] = ()

    @property
    def is_fact(self) -> bool:
        """Whether it is said as a fact about a patient of this paper (present or past)."""
        return self.presence == "present" and self.who == "patient"


class Mention(Noun):
    """A typed, normalised thing that was found at one place of the text.

    ``details`` carries what belongs to the find itself (the measure and phase of a score, the event of an age);
    ``sentence`` is the sentence or cell around it, ``block`` the index of its block, ``cell`` of its cell.
    """

    field: str
    value: Scalar
    span: Span
    text: str
    rule_id: str
    quantity: Quantity | None = None
    details: dict[str, Scalar] = {}
    context: Context = Context()
    sentence: Span
    block: int | None = None
    cell: int | None = None

    def detail(self, name: str) -> Any:
        """A detail, or None when the text does not say it."""
        return self.details.get(name)


class Provenance(Noun):
    """Where a value stands: enough to check it by eye. ``boxes`` frame the words of the value, ``quote_boxes`` the
    lines of the quote around them; both are empty for text and XML."""

    document: str
    page: int | None = None
    boxes: tuple[Box, ...] = ()
    quote_boxes: tuple[Box, ...] = ()
    span: Span
    quote: str = Field(min_length=1)
    rule_id: str = Field(min_length=1)
    where: Where
    basis: Basis = "stated"
    as_written: str = ""


class Reported(Noun):
    """A value with its status and its places. A value never travels without both.

    ``not_reported`` has neither value nor place; ``ambiguous`` has places but no value; all others have both.
    """

    value: Scalar | None = None
    status: Status
    unit: str = ""
    provenance: tuple[Provenance, ...] = ()
    formula: str = ""

    @model_validator(mode="after")
    def _complete(self) -> Reported:
        if self.status == "not_reported":
            if self.value is not None or self.provenance:
                raise ValueError("what is not reported has neither value nor place")
            return self
        if not self.provenance:
            raise ValueError(f"a value that is {self.status} needs the place it comes from")
        if self.status == "ambiguous":
            if self.value is not None:
                raise ValueError("an ambiguous field has candidates, not a value")
        elif self.value is None:
            raise ValueError(f"status {self.status} needs a value")
        if self.status == "derived" and not self.formula:
            raise ValueError("a derived value needs its formula")
        return self


class Record(Noun):
    """A row of a patient-level table: its id, whose it is, where it comes in the order, its values by field."""

    table: ClassVar[str]
    id: str
    patient: str
    order: int = 0
    values: dict[str, Reported] = {}

    def value(self, field: str) -> Any:
        """The value of a field, or None when there is none to show."""
        reported = self.values.get(field)
        return reported.value if reported else None


class Patient(Record):
    """A person (or, when no individuals are reported, a group) of the paper."""

    table: ClassVar[str] = "patients"


class Diagnosis(Record):
    """A disease of a patient."""

    table: ClassVar[str] = "diagnoses"


class Administration(Record):
    """Cells given: one row per product, route, dose and course."""

    table: ClassVar[str] = "administrations"


class Outcome(Record):
    """A score or laboratory value of a patient at one time."""

    table: ClassVar[str] = "outcomes"


class AdverseEvent(Record):
    """An event after cells, or the statement that it did not happen."""

    table: ClassVar[str] = "adverse_events"


class Therapy(Record):
    """Another treatment of a patient."""

    table: ClassVar[str] = "therapies"


RECORDS: dict[str, type[Record]] = {
    kind.table: kind for kind in (Patient, Diagnosis, Administration, Outcome, AdverseEvent, Therapy)
}


class Candidate(Noun):
    """One side of a conflict: what is said, and where."""

    value: str
    provenance: Provenance


class Conflict(Noun):
    """Two statements of one document that cannot both hold. Both are kept; ``chosen`` is the one shown, '' if none."""

    id: str
    patient: str
    field: str
    a: Candidate
    b: Candidate
    kind: ConflictKind
    severity: Severity
    chosen: str = ""
    rule: str
    explanation: str = ""


class Paper(Noun):
    """What documents.csv says of a file that was read: where it lies, what kind of paper it is."""

    name: str
    file: str
    sha256: str
    status: Literal["ok", "partial", "failed"] = "ok"
    reason: str = ""
    pages: int = 0
    pages_without_text: int = 0
    design: Design | None = None
    patients_stated: int | None = None
    values: dict[str, Reported] = {}


class CaseRecord(Noun):
    """What one document says. ``model_dump_json`` and ``model_validate_json`` are exact inverses."""

    paper: Paper
    patients: tuple[Patient, ...] = ()
    diagnoses: tuple[Diagnosis, ...] = ()
    administrations: tuple[Administration, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    adverse_events: tuple[AdverseEvent, ...] = ()
    therapies: tuple[Therapy, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    issues: tuple[Issue, ...] = ()
    schema_hash: str = ""
    version: str = ""

    def records(self) -> Iterable[Record]:
        """All rows of all patient-level tables, patients first."""
        yield from self.patients
        yield from self.diagnoses
        yield from self.administrations
        yield from self.outcomes
        yield from self.adverse_events
        yield from self.therapies


def record_id(sha256: str, table: str, patient: str, start: int) -> str:
    """The id of a record: ten hex digits of the digest of its document, table, patient and the start of its
    defining span. The same words in the same file always give the same id."""
    from hashlib import sha256 as digest

    return digest(f"{sha256}\n{table}\n{patient}\n{start}".encode()).hexdigest()[:10]
