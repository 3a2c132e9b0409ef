"""LINK, notes of tables: what a cell's abbreviation means ("IA, intraarticular") and what its mark adds ("[a] the
second was reduced to 0.5 × 10⁶ cells/kg")."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import NamedTuple

from extract.model import Cell, Context, Document, Mention, Span

_SPELLED = frozenset({"route", "tissue", "donor", "cell_type"})
_SHORT = re.compile(r"(?:^|[;.,*†‡§(\s])(?P<short>[A-Za-z][A-Za-z-]{0,7})\s*(?:[,:=–-]|\bmeans\b)\s*$")
_MARK = re.compile(r"\[(?P<a>\w{1,2})\]|(?P<b>[*†‡§¶#]{1,3})\s*$|(?<=[\d.)\]])\s?(?P<c>[a-h])\s*$")
_LATER_ONE = re.compile(
    r"\bthe\s+(?P<nth>second|third|fourth|fifth|sixth|2nd|3rd|4th|last|final)\b(?:\s+\w+){0,3}?\s+"
    r"(?:was|were|had\s+been|with|at|of)\b[^.;]*$",
    re.IGNORECASE,
)
_NOT_SO = re.compile(r"\b(?:not|no|never|declined|refused|planned|withheld|omitted|cancelled)\b", re.IGNORECASE)


def with_notes(document: Document, mentions: Sequence[Mention]) -> tuple[Mention, ...]:
    """The mentions, with those that a table's notes give to abbreviations in its cells.

    Only an abbreviation that the notes of the same table spell out, and only where nothing was read at that place.
    """
    more = [m for table in range(len(document.tables)) for m in _spelled_out(document, table, mentions)]
    return tuple(sorted((*mentions, *more), key=lambda m: (m.span.start, m.span.end))) if more else tuple(mentions)


def _spelled_out(document: Document, table: int, mentions: Sequence[Mention]) -> Iterator[Mention]:
    place = _place(document, table)
    if place is None:
        return
    meanings: dict[str, Mention] = {}
    for mention in mentions:
        if mention.field in _SPELLED and mention.cell is None and place.holds(mention.span):
            short = _SHORT.search(document.text[place.start : mention.span.start])
            after = document.text[mention.span.end : place.end].lstrip()
            if short is not None and (not after or after[0] in ";.,)"):
                meanings.setdefault(short["short"], mention)
    taken = [m.span for m in mentions if m.cell is not None]
    for index, cell in enumerate(document.cells):
        if cell.table != table or cell.is_header:
            continue
        for short_form, meaning in meanings.items():
            for found in re.finditer(rf"(?<![\w-]){re.escape(short_form)}(?![\w-])", document.quote(cell.span)):
                span = Span(start=cell.span.start + found.start(), end=cell.span.start + found.end())
                if not any(span.overlaps(other) for other in taken):
                    yield meaning.model_copy(
                        update={
                            "span": span,
                            "text": document.quote(span),
                            "rule_id": f"{meaning.rule_id}, spelled out under the table",
                            "context": Context(),
                            "sentence": cell.span,
                            "block": document.block_at(span.start),
                            "cell": index,
                        }
                    )


def _place(document: Document, table: int) -> Span | None:
    """Where the notes of a table stand in the text."""
    notes = document.tables[table].notes
    for block in document.blocks if notes else ():
        if block.kind == "footnote" and document.quote(block.span).strip() == notes.strip():
            return block.span
    return None


class Later(NamedTuple):
    """A dose of a note: that of one later administration of the cell's, and its mention."""

    mention: Mention
    how_many: Decimal


def later_dose(document: Document, cell: Cell, unit: str, mentions: Sequence[Mention]) -> Later | None:
    """The dose that the note of a cell's mark tells for one later administration, in the unit of the cell's own.

    None unless the note is of this table and this mark, has one dose, and says which administration had it.
    """
    mark, place = _MARK.search(document.quote(cell.span)), _place(document, cell.table)
    if mark is None or place is None:
        return None
    note = _note(document, place, mark.group().strip(), mark["a"] or mark["b"] or mark["c"])
    if note is None:
        return None
    doses = [m for m in mentions if m.field == "dose" and m.cell is None and note.holds(m.span)]
    if len(doses) != 1 or doses[0].quantity is None or doses[0].quantity.unit != unit:
        return None
    before = document.text[note.start : doses[0].span.start]
    if _NOT_SO.search(document.quote(note)) or not _LATER_ONE.search(before):
        return None
    told = doses[0].model_copy(update={"context": Context(), "sentence": note})
    return Later(told, Decimal(1))


def _note(document: Document, place: Span, printed: str, mark: str) -> Span | None:
    """The words behind a mark in the notes, up to the next mark."""
    text = document.quote(place)
    starts = (
        [text.find(printed)]
        if printed.startswith("[")
        else [m.start() for m in re.finditer(rf"(?:^|(?<=[.;]\s)){re.escape(mark)}(?=[\s:A-Z])", text)]
    )
    if not starts or starts[0] < 0:
        return None
    begin = starts[0] + len(printed)
    following = re.search(r"\[\w{1,2}\]|(?<=[.;]\s)(?:[*†‡§¶#]{1,3}|[a-h](?=[\s:][A-Z]))", text[begin:])
    end = begin + following.start() if following else len(text)
    words = text[begin:end]
    begin += len(words) - len(words.lstrip())
    end -= len(words) - len(words.rstrip())
    return Span(start=place.start + begin, end=place.start + end) if begin < end else None
