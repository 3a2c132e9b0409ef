"""STORE: a Document as bytes that pack well: its word boxes column by column, everything else as JSON.

The boxes are most of a document. Column by column, and of each column the first bytes of all numbers before the second
ones, they take up less than half the room that JSON takes, in less time, and every number stays exactly what it was.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterable
from itertools import accumulate, pairwise

from extract.model import Document, Run
from extract.store.packing import Damaged

WHOLE, EXACT = "i", "d"
"""Types of a column: integers of 4 bytes, floats of 8 bytes."""

COLUMNS = WHOLE * 4 + EXACT * 4
"""Start (as the step from the one before), length, page, turn; x0, top, x1, bottom."""


def document_to_bytes(document: Document) -> bytes:
    """A document as one line of JSON without its runs, a line with their number, and their columns."""
    out = [document.model_dump_json(exclude={"runs"}).encode(), b"\n%d\n" % len(document.runs)]
    if document.runs:
        starts, ends, pages, x0, top, x1, bottom, turns = zip(*document.runs, strict=True)
        steps = [starts[0], *(later - earlier for earlier, later in pairwise(starts))]
        lengths = [end - start for start, end in zip(starts, ends, strict=True)]
        columns = (steps, lengths, pages, turns, x0, top, x1, bottom)
        out += [_to_bytes(kind, column) for kind, column in zip(COLUMNS, columns, strict=True)]
    return b"".join(out)


def document_from_bytes(data: bytes) -> Document:
    """The document that ``document_to_bytes`` was given. Raises Damaged."""
    try:
        body, number, packed = data.split(b"\n", 2)
        count = int(number)
        columns, at = [], 0
        for kind in COLUMNS:
            size = array(kind).itemsize
            columns.append(_from_bytes(kind, packed[at : at + count * size], size))
            at += count * size
        steps, lengths, pages, turns, x0, top, x1, bottom = columns
        starts = list(accumulate(steps))
        ends = (start + length for start, length in zip(starts, lengths, strict=True))
        runs = tuple(map(Run._make, zip(starts, ends, pages, x0, top, x1, bottom, turns, strict=True)))
        return Document.model_validate_json(body).model_copy(update={"runs": runs})
    except ValueError as error:
        raise Damaged("it is not a document") from error


def _to_bytes(kind: str, column: Iterable[float]) -> bytes:
    numbers = array(kind, column)
    if sys.byteorder == "big":
        numbers.byteswap()
    data, size = numbers.tobytes(), numbers.itemsize
    return b"".join(data[place::size] for place in range(size))


def _from_bytes(kind: str, data: bytes, size: int) -> array[float]:
    count = len(data) // size
    ordered = bytearray(len(data))
    for place in range(size):
        ordered[place::size] = data[place * count : (place + 1) * count]
    numbers: array[float] = array(kind, bytes(ordered))
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers
