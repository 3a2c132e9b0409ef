"""LINK, what is read together: the sentences of the text and the lines of its tables, with the facts in them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from extract.link.labels import PEOPLE_HEADER, read_bare, read_label
from extract.model import Document, Mention, Span

# Where one giving ends and the next begins inside a sentence.
_BOUNDARY = re.compile(
    r";|\bwhile\b|\bwhereas\b|\bthen\b|\bfollowed by\b|\band (?:a |one |two |three )?(?:further|additional|another)\b"
    r"|,\s+and\b|\)\s*(?:and|,)|\bplus\b|\band\b(?=\s+(?:\S+\s+){0,3}?(?:infus|inject|implant|were|was|\d))"
    r"|\bin addition\b|\bas well as\b|,\s(?=one\b|two\b|three\b|an?\b|\d)",
    re.IGNORECASE,
)
_FROM_HEADERS = frozenset({"route", "tissue", "donor", "cell_type", "site"})


class Stretch(NamedTuple):
    """The facts of one sentence, or of one patient's line in a table, in order; ``cells`` are its cells' indices."""

    text: str
    span: Span
    mentions: tuple[Mention, ...]
    cells: tuple[int, ...] = ()

    def before(self, mention: Mention, length: int) -> str:
        """So many characters of the sentence before a mention; '' in tables."""
        at = mention.span.start - self.span.start
        return "" if self.cells else self.text[max(0, at - length) : at]

    def after(self, mention: Mention) -> str:
        """The rest of the sentence behind a mention; '' in tables."""
        return "" if self.cells else self.text[mention.span.end - self.span.start :]

    def between(self, a: Mention, b: Mention) -> str:
        """The words between two mentions; '' in tables."""
        if self.cells:
            return ""
        first, last = (a, b) if a.span.start <= b.span.start else (b, a)
        return self.text[first.span.end - self.span.start : last.span.start - self.span.start]

    def boundaries(self, a: Mention, b: Mention) -> int:
        """How many times a new giving may begin between two mentions."""
        if self.cells:
            return 0
        first, last = (a, b) if a.span.start <= b.span.start else (b, a)
        start, end = first.span.end - self.span.start, last.span.start - self.span.start
        # what begins the next giving may stand right behind: ", 2 × 10^7 cells"
        return sum(start <= m.start() and m.end() <= end for m in _BOUNDARY.finditer(self.text))

    def cost(self, a: Mention, b: Mention) -> int:
        """How far two mentions stand apart in characters, the beginning of a new giving counting as sixty."""
        gap = max(a.span.start, b.span.start) - min(a.span.end, b.span.end)
        return max(0, gap) + 60 * self.boundaries(a, b)

    def clause(self, mention: Mention) -> str:
        """The part of the sentence around a mention, up to where another giving may begin."""
        at = mention.span.start - self.span.start
        ends = [(m.start(), m.end()) for m in _BOUNDARY.finditer(self.text)]
        start = max((e for _, e in ends if e <= at), default=0)
        end = min((s for s, _ in ends if s > at), default=len(self.text))
        return self.text[start:end]


def stretches(document: Document, mentions: Sequence[Mention]) -> Iterable[Stretch]:
    """Every sentence and every table line that holds a fact about this paper's patients, in the order of the text."""
    sentences: dict[tuple[int, int], list[Mention]] = defaultdict(list)
    lines: dict[tuple[int, str, int], list[Mention]] = defaultdict(list)
    axes = {index: people_axis(document, index) for index in range(len(document.tables))}
    headers = []
    for mention in mentions:
        if not mention.context.is_fact:
            continue
        if mention.cell is None:
            sentences[mention.sentence.start, mention.sentence.end].append(mention)
            continue
        cell = document.cells[mention.cell]
        if cell.is_header and mention.field in _FROM_HEADERS:
            headers.append(mention)
            continue
        axis = axes[cell.table]
        lines[cell.table, axis, cell.row if axis == "row" else cell.column].append(mention)
    for (start, end), found in sorted(sentences.items()):
        yield Stretch(document.text[start:end], Span(start=start, end=end), tuple(sorted(found, key=place)))
    for _, found in sorted(lines.items()):
        found.sort(key=place)
        span = Span(start=found[0].span.start, end=max(m.span.end for m in found))
        cells = tuple(dict.fromkeys(m.cell for m in found if m.cell is not None))
        over = [*_above(document, found, headers), *_sided(document, found, headers)]
        found = sorted([*found, *(m for m in over if m not in found)], key=place)
        text = " | ".join(
            f"{document.cells[c].column_header} {document.cells[c].row_header} {document.quote(document.cells[c].span)}"
            for c in cells
        )
        yield Stretch(text, span, tuple(found), cells)


def place(mention: Mention) -> tuple[int, int, str]:
    """The order of mentions in the text."""
    return mention.span.start, mention.span.end, mention.field


def people_axis(document: Document, table: int) -> str:
    """Whether each patient has a ``row`` or a ``column`` of a table."""
    cells = [cell for cell in document.cells if cell.table == table and not cell.is_header]
    columns = {cell.column: cell.column_header for cell in cells if cell.column_header}
    rows = {cell.row: cell.row_header for cell in cells if cell.row_header}
    in_columns = sum(read_label(h) is not None for h in columns.values())
    in_rows = sum(read_label(h) is not None for h in rows.values())
    if not in_columns and not in_rows:
        corner = next((c for c in document.cells if c.table == table and c.row == 0 and c.column == 0), None)
        named = bool(corner and PEOPLE_HEADER.match(document.quote(corner.span)))
        bare_columns = sum(read_bare(h) is not None for h in columns.values())
        bare_rows = sum(read_bare(h) is not None for h in rows.values())
        if named and bare_columns > bare_rows:
            return "column"
    return "column" if in_columns > in_rows else "row"


def is_over(document: Document, header: Mention, mention: Mention) -> bool:
    """Whether a find in a header governs one in a cell: "IV dose" over its column, "Intravenous" spanning several."""
    if header.cell is None or mention.cell is None:
        return False
    top, cell = document.cells[header.cell], document.cells[mention.cell]
    if not top.is_header or top.table != cell.table or top == cell:
        return False
    if top.column == cell.column or top.row == cell.row:
        return True
    words = document.quote(top.span).lower()
    return words in cell.column_header.lower() or words in cell.row_header.lower()


_SIDES = {
    **dict.fromkeys(("right", "r", "rt", "od"), "right"),
    **dict.fromkeys(("left", "l", "lt", "os"), "left"),
    **dict.fromkeys(("both", "bilateral", "r + l", "l + r", "right and left", "left and right", "ou"), "bilateral"),
}


def _sided(document: Document, found: Sequence[Mention], headers: Sequence[Mention]) -> list[Mention]:
    """The sites that a header names and a cell of the line gives the side of: ``Eye`` over ``right``."""
    at = next(document.cells[m.cell] for m in found if m.cell is not None)
    out: list[Mention] = []
    for header in headers:
        if header.field != "site" or header.cell is None:
            continue
        top = document.cells[header.cell]
        below = (c for c in document.cells if (c.table, c.row, c.column) == (top.table, at.row, top.column))
        side = next((_SIDES.get(document.quote(c.span).strip(" .").lower()) for c in below if c is not top), None)
        if side and top.table == at.table:
            out.append(header.model_copy(update={"details": {**header.details, "laterality": side}}))
    return out


def _above(document: Document, found: Sequence[Mention], headers: Sequence[Mention]) -> list[Mention]:
    """The finds in the headers of the doses, volumes and counts of a line."""
    governed = [m for m in found if m.field in ("dose", "count", "volume")]
    return [header for header in headers if any(is_over(document, header, m) for m in governed)]
