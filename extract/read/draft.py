"""READ: blocks and tables, in reading order, become the one text and everything that points into it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from typing import Literal, NamedTuple

from extract.model import (
    Block,
    BlockKind,
    Cell,
    Document,
    Issue,
    Metadatum,
    Page,
    Repair,
    Run,
    Section,
    Span,
    Table,
)
from extract.read.grid import Headed, Slot, find_headers

BETWEEN_BLOCKS = "\n\n"
BETWEEN_CELLS = " | "
BETWEEN_ROWS = "\n"


class Passage(NamedTuple):
    """A stretch of text before it is put into the document; its runs and repairs count as if it began at ``at``."""

    text: str
    runs: tuple[Run, ...] = ()
    repairs: tuple[Repair, ...] = ()
    at: int = 0


def moved(runs: Iterable[Run], by: int) -> Iterable[Run]:
    """Runs further on in the text by so many characters."""
    if not by:
        return runs
    new = tuple.__new__  # a Run from its fields as they are; _replace costs five times as much
    return [new(Run, (run[0] + by, run[1] + by, *run[2:])) for run in runs]


def moved_repairs(repairs: Iterable[Repair], by: int) -> Iterable[Repair]:
    """Repairs further on in the text by so many characters."""
    if not by:
        return repairs
    return [
        Repair(span=Span(start=r.span.start + by, end=r.span.end + by), as_printed=r.as_printed, reason=r.reason)
        for r in repairs
    ]


class Draft:
    """Collects blocks and tables in reading order; ``document`` closes it.

    The text is the blocks joined by a blank line. A table is one block of kind ``table``: its rows are lines, its
    cells stand between `` | ``, and every filled cell has its span.
    """

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._size = 0
        self.blocks: list[Block] = []
        self.tables: list[Table] = []
        self.cells: list[Cell] = []
        self.runs: list[Run] = []
        self.repairs: list[Repair] = []
        self.metadata: list[Metadatum] = []
        self.issues: list[Issue] = []

    def add(
        self,
        text: str,
        kind: BlockKind,
        section: Section,
        *,
        page: int | None = None,
        headings: Sequence[str] = (),
        level: int = 0,
        runs: Iterable[Run] = (),
        repairs: Iterable[Repair] = (),
        at: int = 0,
    ) -> Span | None:
        """Put a block at the end of the text; give its span, or None when it has no words.

        Its runs and repairs count as if it began at ``at``.
        """
        if not text.strip():
            return None
        start = self._append(text)
        span = Span(start=start, end=self._size)
        self.blocks.append(
            Block(kind=kind, section=section, span=span, page=page, headings=tuple(headings), level=level)
        )
        self._point(start - at, runs, repairs)
        return span

    def add_table(
        self,
        slots: Sequence[Slot],
        section: Section,
        *,
        page: int | None = None,
        headings: Sequence[str] = (),
        caption: str = "",
        notes: str = "",
        readings: Literal["both", "one", "marked up"] = "one",
    ) -> Span | None:
        """Put a table at the end of the text as one block; its caption and notes are blocks of their own,
        added by the caller before and after it. Give its span, or None when no cell has words."""
        headed = [h for h in find_headers(slots) if h.slot.text.strip()]
        if not headed:
            return None
        number = len(self.tables)
        rows = max(s.row + s.rows for s in slots)
        columns = max(s.column + s.columns for s in slots)
        text, starts = _laid_out(headed)
        start = self._append(text)
        span = Span(start=start, end=self._size)
        self.blocks.append(Block(kind="table", section=section, span=span, page=page, headings=tuple(headings)))
        self.tables.append(
            Table(
                number=number,
                span=span,
                page=page,
                caption=caption,
                notes=notes,
                rows=rows,
                columns=columns,
                readings=readings,
            )
        )
        for at, one in sorted(zip(starts, headed, strict=True), key=lambda pair: pair[0]):
            slot = one.slot
            begin = start + at
            self.cells.append(
                Cell(
                    table=number,
                    row=slot.row,
                    column=slot.column,
                    span=Span(start=begin, end=begin + len(slot.text)),
                    row_header=one.row_header,
                    column_header=one.column_header,
                    is_header=one.is_header,
                    group=one.group,
                    box=slot.box,
                )
            )
            self._point(begin, slot.runs, slot.repairs)
        return span

    def fact(self, field: str, value: str, span: Span | None = None, formula: str = "") -> None:
        """Note a fact about the paper itself and where it stands, or how it was told from what stands there."""
        if value:
            self.metadata.append(Metadatum(field=field, value=value, span=span, formula=formula))

    def note(self, issue: Issue) -> None:
        """Note what a reader of the result must know."""
        self.issues.append(issue)

    @property
    def end(self) -> int:
        """Where the next block will begin."""
        return self._size + len(BETWEEN_BLOCKS) if self._parts else 0

    @property
    def text(self) -> str:
        """The text as far as it has come."""
        return "".join(self._parts)

    def document(
        self,
        *,
        name: str,
        file: str,
        sha256: str,
        format: Literal["pdf", "xml", "text"],
        pages: Sequence[Page] = (),
        partly_read: str = "",
    ) -> Document:
        """The finished document."""
        document = Document(
            name=name,
            file=file,
            sha256=sha256,
            format=format,
            text=self.text,
            pages=tuple(pages),
            blocks=tuple(self.blocks),
            tables=tuple(self.tables),
            cells=tuple(self.cells),
            repairs=tuple(self.repairs),
            metadata=tuple(self.metadata),
            issues=tuple(self.issues),
            partly_read=partly_read,
        )
        # The runs go in unchecked, but for their ends: to check that each is a Run costs as much as to make it.
        end = max((run[1] for run in self.runs), default=0)
        if end > self._size:
            raise ValueError(f"a place ends at {end}, but the text has {self._size} characters")
        return document.model_copy(update={"runs": tuple(self.runs)})

    def _append(self, text: str) -> int:
        if self._parts:
            self._parts.append(BETWEEN_BLOCKS)
            self._size += len(BETWEEN_BLOCKS)
        start = self._size
        self._parts.append(text)
        self._size += len(text)
        return start

    def _point(self, by: int, runs: Iterable[Run], repairs: Iterable[Repair]) -> None:
        self.runs.extend(moved(runs, by))
        self.repairs.extend(moved_repairs(repairs, by))


def _laid_out(headed: Sequence[Headed]) -> tuple[str, list[int]]:
    """The text of a table and where each cell begins in it, in the order given."""
    by_row: dict[int, dict[int, int]] = {}
    for index, one in enumerate(headed):
        by_row.setdefault(one.slot.row, {})[one.slot.column] = index
    starts = [0] * len(headed)
    parts: list[str] = []
    size = 0
    for line, row in enumerate(sorted(by_row)):
        if line:
            parts.append(BETWEEN_ROWS)
            size += len(BETWEEN_ROWS)
        last = max(by_row[row])
        for column in range(last + 1):
            if column:
                parts.append(BETWEEN_CELLS)
                size += len(BETWEEN_CELLS)
            index = by_row[row].get(column, -1)
            if index >= 0:
                starts[index] = size
                parts.append(headed[index].slot.text)
                size += len(headed[index].slot.text)
    return "".join(parts), starts


def digest_of(content: bytes) -> str:
    """The sha256 of a file's bytes, in hex."""
    return hashlib.sha256(content).hexdigest()
