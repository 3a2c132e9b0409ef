"""LINK, values: where a mention stands, what is quoted for it, the Reported value made of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple

from extract.model import (
    Box,
    Document,
    Mention,
    Provenance,
    Reported,
    Scalar,
    Span,
    Status,
    Where,
    plain,
    record_id,
)

QUOTE_LENGTH = 300

PRECEDENCE: tuple[Where, ...] = ("narrative", "table", "figure", "caption", "abstract", "discussion")
"""What is shown when places differ, best first."""


def where_of(document: Document, mention: Mention) -> Where:
    """In which part of the paper a mention stands."""
    return "table" if mention.cell is not None else where_at(document, mention.span, mention.block)


def where_at(document: Document, span: Span, index: int | None = None) -> Where:
    """In which part of the paper some words stand; ``index`` is that of their block, where it is known."""
    if index is None:
        index = document.block_at(span.start)
    if index is None:
        return "narrative"
    block = document.blocks[index]
    if block.kind == "caption":
        return "caption"
    if block.kind == "table":
        return "table"
    if block.section == "abstract" or is_title(document, span):
        return "abstract"
    if block.section in ("discussion", "conclusion"):
        return "discussion"
    return "narrative"


def is_title(document: Document, span: Span) -> bool:
    """Whether a span lies in the title of the paper."""
    for datum in document.metadata:
        if datum.field == "title" and datum.span is not None and datum.span.holds(span):
            return True
    return False


def quote_span(document: Document, mention: Mention) -> Span:
    """The stretch that is quoted: the sentence or cell, cut at word ends to 300 characters around the
    mention."""
    start = min(mention.sentence.start, mention.span.start)
    end = max(mention.sentence.end, mention.span.end)
    if end - start > QUOTE_LENGTH:
        spare = max(0, QUOTE_LENGTH - (mention.span.end - mention.span.start))
        left = max(start, mention.span.start - spare // 2)
        right = min(end, left + max(QUOTE_LENGTH, mention.span.end - mention.span.start))
        left = max(start, min(left, right - QUOTE_LENGTH))
        if left > start:
            space = document.text.find(" ", left, mention.span.start)
            left = space + 1 if space >= 0 else mention.span.start
        if right < end:
            space = document.text.rfind(" ", mention.span.end, right)
            right = space if space >= 0 else max(right, mention.span.end)
        start, end = left, right
    text = document.text[start:end]
    start += len(text) - len(text.lstrip())
    end -= len(text) - len(text.rstrip())
    return Span(start=start, end=end) if end > start else mention.span


class _Known(NamedTuple):
    """What was looked up of a document: the boxes of its stretches, the places of its mentions by their identity."""

    document: Document
    boxes: dict[Span, tuple[Box, ...]]
    places: dict[tuple[int, str], tuple[Mention, Provenance]]


_KNOWN: dict[int, _Known] = {}
"""The document in hand, by its identity: to compare documents would cost more than to look things up again."""


def _known_of(document: Document) -> _Known:
    known = _KNOWN.get(id(document))
    if known is None:
        _KNOWN.clear()
        known = _KNOWN[id(document)] = _Known(document, {}, {})
    return known


def provenance(document: Document, mention: Mention, basis: str = "stated") -> Provenance:
    """Where a mention stands, with the quote that shows it. Looked up once, since a mention serves several fields."""
    places = _known_of(document).places
    known = places.get((id(mention), basis))
    if known is None:
        known = places[id(mention), basis] = (mention, _provenance(document, mention, basis))
    return known[1]


def _provenance(document: Document, mention: Mention, basis: str) -> Provenance:
    span = quote_span(document, mention)
    boxes = _boxes(document, mention.span)
    page = boxes[0].page if boxes else None
    return Provenance(
        document=document.sha256,
        page=page,
        boxes=boxes,
        quote_boxes=_boxes(document, span),
        span=span,
        quote=document.text[span.start : span.end],
        rule_id=(mention.rule_id or mention.field) + (" (OCR)" if document.by_ocr(page) else ""),
        where=where_of(document, mention),
        basis="derived" if basis == "derived" else "stated",
        as_written=mention.text,
    )


def _boxes(document: Document, span: Span) -> tuple[Box, ...]:
    """Where the words of a span stand. Looked up once, since a sentence is quoted for each of its facts."""
    known = _known_of(document).boxes
    if span not in known:
        known[span] = document.boxes(span)
    return known[span]


def reported(
    document: Document,
    value: Scalar,
    mentions: Iterable[Mention],
    *,
    status: Status = "reported",
    unit: str = "",
    formula: str = "",
) -> Reported:
    """A value with its places. A formula makes it derived."""
    if formula:
        status = "derived"
    basis = "derived" if status == "derived" else "stated"
    places = tuple(dict.fromkeys(provenance(document, mention, basis) for mention in distinct(mentions)))
    return Reported(value=value, status=status, unit=unit, provenance=places, formula=formula)


def ambiguous(document: Document, mentions: Iterable[Mention], unit: str = "") -> Reported:
    """Candidates without a reason to choose between them."""
    places = tuple(provenance(document, mention) for mention in distinct(mentions))
    return Reported(status="ambiguous", unit=unit, provenance=places)


def distinct(mentions: Iterable[Mention]) -> list[Mention]:
    """Mentions without repeats, in the order given."""
    seen: set[tuple[str, int, int, str]] = set()
    out = []
    for mention in mentions:
        key = (mention.field, mention.span.start, mention.span.end, str(mention.value))
        if key not in seen:
            seen.add(key)
            out.append(mention)
    return out


def wheres(places: Iterable[Where]) -> str:
    """The places of one fact in the order of precedence: ``narrative;table``."""
    found = set(places)
    return ";".join(where for where in PRECEDENCE if where in found)


def rank(where: Where) -> int:
    """How far down a place stands in the order of precedence."""
    return PRECEDENCE.index(where)


def number_of(mention: Mention) -> Decimal | None:
    """The single number of a mention, from its quantity or its value."""
    if mention.quantity is not None:
        return mention.quantity.number
    return as_number(mention.value)


def as_number(value: object) -> Decimal | None:
    """A number, or None for anything else."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, Decimal):
        return value
    if isinstance(value, int):
        return Decimal(value)
    if isinstance(value, str) and re.fullmatch(r"\s*[-+]?\d+(\.\d+)?\s*", value):
        return Decimal(value.strip())
    return None


def shown(value: object) -> str:
    """A value as people read it."""
    return plain(value) if isinstance(value, Decimal) else str(value)


def close(a: Decimal | None, b: Decimal | None, tolerance: str = "0.005") -> bool:
    """Whether two numbers are the same but for rounding; two missing ones are."""
    if a is None or b is None:
        return a is None and b is None
    return abs(a - b) <= Decimal(tolerance) * max(abs(a), abs(b))


def new_id(document: Document, table: str, patient: str, mentions: Sequence[Mention], taken: set[str]) -> str:
    """The id of a record from the first of its mentions that no other record of the table was named after."""
    starts = [mention.span.start for mention in mentions] or [0]
    offset = 0
    while True:
        for start in starts:
            name = record_id(document.sha256, table, patient, start + offset)
            if name not in taken:
                taken.add(name)
                return name
        offset += 1


def plain_words(number: Decimal | None) -> str:
    """A number without an exponent, a dash for none."""
    return plain(number) if number is not None else "–"
