"""EVIDENCE: what has changed between a table as the run wrote it and the same table now, cell by cell."""

from __future__ import annotations

import csv
import io
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

from extract.evidence.cells import unprotect

MOST_PAIRS = 200_000
"""So many pairs of changed rows are compared to find which was which; beyond that, rows are taken by their place."""


class Unreadable(Exception):
    """Bytes that are not a table. The message says why."""


class Listing(NamedTuple):
    """A table as it stands in a file: its columns, and its rows from top to bottom, all text."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def records(self) -> list[dict[str, str]]:
        """The rows by column."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


class Change(NamedTuple):
    """Something that differs. ``row`` counts as spreadsheets do, the header being row 1: that of the table now, for a
    deleted row that of the table as it was; 0 when the change is about columns."""

    kind: Literal["cell", "added row", "deleted row", "moved row", "columns"]
    row: int
    column: str = ""
    was: str = ""
    now: str = ""


class Fault(NamedTuple):
    """Something that is wrong in a file. ``row`` counts as spreadsheets do; 0 when it is not about one row."""

    file: str
    row: int
    column: str
    message: str


def read_listing(data: bytes) -> Listing:
    """The table that a CSV file holds, as it was before cells that look like formulas were disarmed.

    Raises Unreadable for what is not UTF-8, not CSV, or has rows of different lengths.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Unreadable(f"byte {error.start + 1} is not UTF-8; save the file as CSV UTF-8") from error
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        raise Unreadable(f"it is not CSV ({error})") from error
    if not lines or not any(lines[0]):
        raise Unreadable("it is empty")
    columns = tuple(lines[0])
    twice = sorted({name for name in columns if columns.count(name) > 1})
    if twice:
        raise Unreadable(f"column {twice[0]} stands there twice")
    rows = []
    for number, line in enumerate(lines[1:], start=2):
        if len(line) != len(columns):
            raise Unreadable(f"row {number} has {len(line)} cells, the header has {len(columns)}")
        rows.append(tuple(map(unprotect, line)))
    return Listing(columns, tuple(rows))


def changes(before: Listing, now: Listing) -> list[Change]:
    """What differs between two states of a table, in the order of its rows; columns first."""
    out = list(_columns(before, now))
    shared = [name for name in before.columns if name in now.columns]
    old, new = _only(before, shared), _only(now, shared)
    kept = _matched(old, new)
    pairs = {**kept, **_paired(old, new, kept)}
    for at, row in enumerate(new):
        if at not in pairs:
            out.append(Change("added row", at + 2, now="; ".join(filter(None, row))))
            continue
        was = old[pairs[at]]
        out += [Change("cell", at + 2, name, a, b) for name, a, b in zip(shared, was, row, strict=True) if a != b]
    gone = set(range(len(old))) - set(pairs.values())
    out += [Change("deleted row", at + 2, was="; ".join(filter(None, old[at]))) for at in sorted(gone)]
    out += [
        Change("moved row", at + 2, was=str(pairs[at] + 2), now=str(at + 2))
        for at in _out_of_order(sorted(pairs.items()))
    ]
    return out


def _columns(before: Listing, now: Listing) -> Iterator[Change]:
    for name in before.columns:
        if name not in now.columns:
            yield Change("columns", 0, name, was=name)
    for name in now.columns:
        if name not in before.columns:
            yield Change("columns", 0, name, now=name)
    shared = [name for name in before.columns if name in now.columns]
    order = [name for name in now.columns if name in before.columns]
    if shared != order:
        yield Change("columns", 0, was=", ".join(shared), now=", ".join(order))


def _only(table: Listing, columns: Sequence[str]) -> list[tuple[str, ...]]:
    if tuple(columns) == table.columns:
        return list(table.rows)
    places = [table.columns.index(name) for name in columns]
    return [tuple(row[place] for place in places) for row in table.rows]


def _matched(old: Sequence[tuple[str, ...]], new: Sequence[tuple[str, ...]]) -> dict[int, int]:
    """Rows that are the same: place now -> place before. Of equal rows the first goes with the first."""
    places: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for at in range(len(old) - 1, -1, -1):
        places[old[at]].append(at)
    out: dict[int, int] = {}
    for at, row in enumerate(new):
        if places.get(row):
            out[at] = places[row].pop()
    return out


def _paired(old: Sequence[tuple[str, ...]], new: Sequence[tuple[str, ...]], kept: dict[int, int]) -> dict[int, int]:
    """Changed rows and what they were: those that have most cells in common, at least half; the nearest of several."""
    taken = set(kept.values())
    before = [at for at in range(len(old)) if at not in taken]
    after = [at for at in range(len(new)) if at not in kept]
    if len(before) * len(after) > MOST_PAIRS:
        same = (
            zip(after, before, strict=False)
            if len(before) == len(after)
            else ((at, at) for at in after if at in before)
        )
        return {a: b for a, b in same if _alike(old[b], new[a]) * 2 >= len(new[a])}
    scores = sorted(
        (-_alike(old[b], new[a]), abs(place_b - place_a), a, b)
        for place_a, a in enumerate(after)
        for place_b, b in enumerate(before)
    )
    out: dict[int, int] = {}
    left = set(before)
    for score, _, a, b in scores:
        if -score * 2 >= len(new[a]) and a not in out and b in left:
            out[a] = b
            left.remove(b)
    return out


def _alike(a: Sequence[str], b: Sequence[str]) -> int:
    return sum(x == y for x, y in zip(a, b, strict=True))


def _out_of_order(pairs: Sequence[tuple[int, int]]) -> list[int]:
    """The rows that must be lifted out so that the others stand in the order in which they stood: as few as can be."""
    ends: list[int] = []  # the lowest end of a rising sequence of each length
    lengths = []
    for _, was in pairs:
        length = bisect_left(ends, was)
        ends[length : length + 1] = [was]
        lengths.append(length)
    stay: set[int] = set()
    want, limit = len(ends) - 1, float("inf")
    for (now, was), length in zip(reversed(pairs), reversed(lengths), strict=True):
        if length == want and was < limit:
            stay.add(now)
            want, limit = want - 1, was
    return [now for now, _ in pairs if now not in stay]
