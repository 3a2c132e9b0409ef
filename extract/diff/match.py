"""DIFF: which row of the old tables is which row of the new ones.

A record's id holds on to the place of its words, so it moves when they move, and when a patient gets another name. What
ids do not match is matched by what the rows say.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Sequence

from extract.diff.folder import Row

KEYS = frozenset({"document", "patient", "record"})
"""Columns that say whose the row is, not what it says."""

NUMBERS = frozenset({"administration", "outcome"})
"""Columns that count the rows of a patient: they change when a row is won or lost before them."""

PLACES = frozenset({"as_written", "where"})
"""Columns that say where a row's values stand."""

MOST = 250_000
"""So many pairs of rows at most are held against each other one by one; beyond, only rows that say the same match."""

Pairs = list[tuple[int, int]]
"""Places in the old and in the new list of what belongs together."""


def content(row: Row) -> frozenset[tuple[str, str]]:
    """What a row says: its columns with a value, but for those that name, count or place it."""
    return frozenset(
        (name, cell) for name, cell in row.items() if cell and name not in KEYS and name not in NUMBERS | PLACES
    )


def match_rows(old: Sequence[Row], new: Sequence[Row]) -> Pairs:
    """The rows of one patient and table that are the same: by record id, by equal content, then by likeness.

    Rows are alike that share their name (the first thing that they say: a measure, a drug) or their words, and at least
    half of all they say, where cells that most rows share (``phase pre``) count little. The likest go first.
    """
    pairs = _equal(old, new, lambda row: row.get("record") or None)
    pairs += _equal_rest(old, new, pairs, content)
    before, after = _left(old, new, pairs)
    mine, theirs = [old[i] for i in before], [new[j] for j in after]
    return sorted(
        pairs
        + [
            (before[i], after[j])
            for i, j in _alike(
                list(map(content, mine)), list(map(content, theirs)), list(map(_names, mine)), list(map(_names, theirs))
            )
        ]
    )


def match_people(old: Sequence[Row], new: Sequence[Row], says: Callable[[str, Row], Iterable[Hashable]]) -> Pairs:
    """The patients of one paper who are the same: by record id, by name, then by what their rows say.

    ``says`` gives what all tables say of an ``old`` or ``new`` patient.
    """
    pairs = _equal(old, new, lambda row: row.get("record") or None)
    pairs += _equal_rest(old, new, pairs, lambda row: row["patient"])
    before, after = _left(old, new, pairs)
    mine = [frozenset(says("old", old[i])) for i in before]
    theirs = [frozenset(says("new", new[j])) for j in after]
    return sorted(pairs + [(before[i], after[j]) for i, j in _alike(mine, theirs, mine, theirs)])


def moved_order(old: Sequence[Row], new: Sequence[Row], pairs: Pairs, column: str) -> set[int]:
    """Of matched rows those (by their place in ``pairs``) that stand elsewhere in the order that a column gives.

    That later numbers grow when a row is won before them is no change.
    """

    def ranks(rows: Sequence[Row], places: Iterable[int]) -> dict[int, int]:
        numbers = sorted({_number(rows[place].get(column, "")) for place in places})
        return {place: numbers.index(_number(rows[place].get(column, ""))) for place in places}

    before, after = ranks(old, [i for i, _ in pairs]), ranks(new, [j for _, j in pairs])
    return {place for place, (i, j) in enumerate(pairs) if before[i] != after[j]}


def _number(cell: str) -> int:
    return int(cell) if cell.isdecimal() else -1


def _equal(old: Sequence[Row], new: Sequence[Row], key: Callable[[Row], Hashable]) -> Pairs:
    """Rows whose key is the same, in their order; a key that is None matches nothing."""
    places: dict[Hashable, list[int]] = {}
    for j, row in enumerate(new):
        if (name := key(row)) is not None:
            places.setdefault(name, []).append(j)
    return [(i, places[name].pop(0)) for i, row in enumerate(old) if places.get(name := key(row))]


def _equal_rest(old: Sequence[Row], new: Sequence[Row], pairs: Pairs, key: Callable[[Row], Hashable]) -> Pairs:
    before, after = _left(old, new, pairs)
    found = _equal([old[i] for i in before], [new[j] for j in after], key)
    return [(before[i], after[j]) for i, j in found]


def _left(old: Sequence[Row], new: Sequence[Row], pairs: Pairs) -> tuple[list[int], list[int]]:
    """The places that no pair holds."""
    known_old, known_new = {i for i, _ in pairs}, {j for _, j in pairs}
    return [i for i in range(len(old)) if i not in known_old], [j for j in range(len(new)) if j not in known_new]


def _names(row: Row) -> frozenset[tuple[str, str]]:
    """What a row is the row of: the first thing that it says, and the paper's words."""
    first = next(((name, cell) for name, cell in row.items() if name not in KEYS | NUMBERS and cell), None)
    words = row.get("as_written", "")
    return frozenset([*([first] if first else []), *([("as_written", words)] if words else [])])


Says = Sequence[frozenset[Hashable]]


def _alike(old: Says, new: Says, old_names: Says, new_names: Says) -> Pairs:
    """What shares a name and at least half of what it says, the likest first; of equally like ones the earlier."""
    if not old or not new or len(old) * len(new) > MOST:
        return []
    often = Counter(part for parts in (*old, *new) for part in parts)

    def weight(parts: frozenset[Hashable]) -> float:
        return sum(1 / often[part] for part in parts)

    scored = []
    for i, mine in enumerate(old):
        for j, theirs in enumerate(new):
            if old_names[i] & new_names[j]:
                likeness = 2 * weight(mine & theirs) / (weight(mine) + weight(theirs))
                if likeness >= 0.5:
                    scored.append((-round(likeness, 9), i, j))
    taken_old: set[int] = set()
    taken_new: set[int] = set()
    pairs = []
    for _, i, j in sorted(scored):
        if i not in taken_old and j not in taken_new:
            taken_old.add(i)
            taken_new.add(j)
            pairs.append((i, j))
    return pairs
