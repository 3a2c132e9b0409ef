"""A quicker form of a regular expression: one that looks at a single character before it tries its alternatives.

Python's ``re`` knows what a match can begin with only for the plainest expressions. Behind a word boundary, or where
case is ignored, it tries every alternative at every word. Put before the expression, a look at the next character
spares most of that; what is found stays the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any, NamedTuple

_parser: Any = re._parser  # type: ignore[attr-defined]

_MOST = 40
"""A set of more members than this is not worth asking for."""

_CATEGORIES = {
    "CATEGORY_DIGIT": r"\d", "CATEGORY_NOT_DIGIT": r"\D", "CATEGORY_SPACE": r"\s", "CATEGORY_NOT_SPACE": r"\S",
    "CATEGORY_WORD": r"\w", "CATEGORY_NOT_WORD": r"\W",
}  # fmt: skip


class Starts(NamedTuple):
    """What a part of an expression can begin with: members of a character class, and whether it can be empty."""

    members: frozenset[str]
    may_be_empty: bool


@cache
def hastened(pattern: re.Pattern[str]) -> re.Pattern[str]:
    """An expression that finds what ``pattern`` finds, with the same groups, in less time where that can be had."""
    starts = _of_sequence(_parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG))
    if starts is None or starts.may_be_empty or not 0 < len(starts.members) <= _MOST:
        return pattern
    if re.match(r"\(\?[aiLmsux]+\)", pattern.pattern) or pattern.flags & re.VERBOSE:
        return pattern  # flags told in the expression itself have to stand first
    either_case = "i" if "(?i" in pattern.pattern else ""  # in a part of it: to look for more is no fault
    first = f"(?{either_case}:(?=[{''.join(sorted(starts.members))}]))"
    return re.compile(f"{first}(?:{pattern.pattern})", pattern.flags)


def searched(pattern: str, flags: int = re.IGNORECASE) -> re.Pattern[str]:
    """A compiled expression that is looked for in long texts; see ``hastened``."""
    return hastened(re.compile(pattern, flags))


def _of_sequence(parts: Sequence[tuple[Any, Any]]) -> Starts | None:
    """What parts that follow each other can begin with; None where that can be anything."""
    members: frozenset[str] = frozenset()
    for op, value in parts:
        name = str(op)
        if name in ("AT", "ASSERT", "ASSERT_NOT"):
            continue  # takes no character
        starts = _of_part(name, value)
        if starts is None:
            return None
        members |= starts.members
        if not starts.may_be_empty:
            return Starts(members, False)
    return Starts(members, True)


def _of_part(name: str, value: Any) -> Starts | None:
    if name == "LITERAL":
        return Starts(frozenset([_member(value)]), False)
    if name == "IN":
        return _of_set(value)
    if name == "BRANCH":
        return _any_of(map(_of_sequence, value[1]))
    if name == "SUBPATTERN":
        return _of_sequence(value[3])
    if name == "ATOMIC_GROUP":
        return _of_sequence(value)
    if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
        least, _, inner = value
        starts = _of_sequence(inner)
        return starts and Starts(starts.members, starts.may_be_empty or least == 0)
    return None


def _any_of(several: Iterable[Starts | None]) -> Starts | None:
    members: frozenset[str] = frozenset()
    may_be_empty = False
    for starts in several:
        if starts is None:
            return None
        members |= starts.members
        may_be_empty |= starts.may_be_empty
    return Starts(members, may_be_empty)


def _of_set(told: Iterable[tuple[Any, Any]]) -> Starts | None:
    members = set()
    for op, value in told:
        name = str(op)
        if name == "LITERAL":
            members.add(_member(value))
        elif name == "RANGE":
            members.add(f"{_member(value[0])}-{_member(value[1])}")
        elif name == "CATEGORY" and str(value) in _CATEGORIES:
            members.add(_CATEGORIES[str(value)])
        else:
            return None  # all but these
    return Starts(frozenset(members), False)


def _member(code: int) -> str:
    """A character as it stands in a class."""
    return f"\\U{code:08x}"
