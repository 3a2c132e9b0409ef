"""Small documents and mentions made by hand, for the tests of the LINK room."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from extract.model import Block, Cell, Context, Document, Mention, Metadatum, Quantity, Span, Table

Passage = tuple[str, str]
"""Section and words. A section that ends in ``:heading`` is a heading of that section."""


def paper(
    passages: Sequence[Passage], table: Sequence[Sequence[str]] = (), caption: str = "", title: str = ""
) -> Document:
    """A document of these passages, with one table (first row and first column are headers) at its end."""
    text = ""
    blocks: list[Block] = []
    headings: tuple[str, ...] = ()
    metadata: list[Metadatum] = []
    if title:
        passages = [("other:heading", title), *passages]
    for kind, words in passages:
        section, _, what = kind.partition(":")
        start = len(text)
        text += words
        span = Span(start=start, end=len(text))
        if what == "heading" and not (title and start == 0):
            headings = (words,)
        blocks.append(
            Block(
                kind="heading" if what == "heading" else what or "paragraph",  # type: ignore[arg-type]
                section=section,  # type: ignore[arg-type]
                span=span,
                headings=() if what == "heading" else headings,
                level=1 if what == "heading" else 0,
            )
        )
        if title and start == 0:
            metadata.append(Metadatum(field="title", value=title, span=span))
        text += "\n\n"
    cells: list[Cell] = []
    tables: tuple[Table, ...] = ()
    if table:
        start = len(text)
        for i, row in enumerate(table):
            for j, words in enumerate(row):
                if words:
                    at = len(text)
                    text += words
                    cells.append(
                        Cell(
                            table=0,
                            row=i,
                            column=j,
                            span=Span(start=at, end=len(text)),
                            row_header=row[0] if j else "",
                            column_header=table[0][j] if i else "",
                            is_header=i == 0,
                        )
                    )
                text += " | "
            text += "\n"
        span = Span(start=start, end=len(text))
        blocks.append(Block(kind="table", section="results", span=span))
        tables = (Table(number=0, span=span, caption=caption, rows=len(table), columns=len(table[0])),)
    return Document(
        name="made_by_hand",
        file="made_by_hand.txt",
        sha256=hashlib.sha256(text.encode()).hexdigest(),
        format="text",
        text=text,
        blocks=tuple(blocks),
        tables=tables,
        cells=tuple(cells),
        metadata=tuple(metadata),
    )


def mention(document: Document, field: str, words: str, value: Any = None, **more: Any) -> Mention:
    """A mention of these words. ``in_cell``: the row and column it stands in; ``after``: words before it;
    ``who``, ``presence``, ``when``: its context; ``quantity`` and ``unit``; everything else is a detail."""
    place = more.pop("in_cell", None)
    after = more.pop("after", "")
    context = Context(**{axis: more.pop(axis) for axis in ("who", "presence", "when") if axis in more})
    number = more.pop("number", None)
    low, high = more.pop("low", None), more.pop("high", None)
    unit = more.pop("unit", "")
    cell_index = None
    if place is not None:
        cell_index, cell = next((i, c) for i, c in enumerate(document.cells) if (c.row, c.column) == place)
        start = document.text.index(words, cell.span.start, cell.span.end)
        sentence = cell.span
    else:
        start = document.text.index(words, document.text.index(after) if after else 0)
        block = document.blocks[document.block_at(start) or 0]
        sentence = sentence_around(document.text, block.span, start)
    span = Span(start=start, end=start + len(words))
    quantity = None
    if number is not None or low is not None:
        quantity = Quantity(
            number=Decimal(number) if number is not None else None,
            low=Decimal(low) if low is not None else None,
            high=Decimal(high) if high is not None else None,
            unit=unit,
            as_written=words,
        )
    details = {name: Decimal(d) if isinstance(d, int) and not isinstance(d, bool) else d for name, d in more.items()}
    if isinstance(value, int) and not isinstance(value, bool):
        value = Decimal(value)
    if field == "score" and isinstance(value, Decimal):
        details["value"] = value
    if value is None:
        value = Decimal(number) if number is not None else words
    return Mention(
        field=field,
        value=value,
        span=span,
        text=words,
        rule_id=f"test.{field}",
        quantity=quantity,
        details=details,
        context=context,
        sentence=sentence,
        block=document.block_at(start),
        cell=cell_index,
    )


def sentence_around(text: str, block: Span, start: int) -> Span:
    """The sentence of a block around an offset; sentences end with a full stop and a blank."""
    left = text.rfind(". ", block.start, start)
    right = text.find(". ", start, block.end)
    return Span(start=left + 2 if left >= 0 else block.start, end=right + 1 if right >= 0 else block.end)
