"""A cheap look before a regular expression runs: the words of which a text must hold one for the pattern to match.

A pattern over many alternatives is tried at every character of a text; whether a text holds one of a few strings is
seen about a hundred times faster. The strings are read off the pattern itself, so that no rule has to name them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple

_parser: Any = re._parser  # type: ignore[attr-defined]

Strings = tuple[str, ...] | None
"""Strings of which one must stand in the folded text; None: nothing can be said, the pattern has to be run."""

_MOST = 400
"""Beyond so many strings a look at each costs as much as the pattern."""


def fold(text: str) -> str:
    """Text in the form in which strings are looked up: white space is one space, and what ``re.IGNORECASE`` takes for
    the same letter is the same."""
    words = " ".join(text.split())
    folded = words.lower() if words.isascii() else words.casefold().replace("\u0307", "").replace("ı", "i")
    return f" {folded} "


def may_match(strings: Strings, folded: str) -> bool:
    """Whether a pattern with these strings can match a folded text at all."""
    if strings is None:
        return True
    for string in strings:  # noqa: SIM110  (a generator costs twice as much here)
        if string in folded:
            return True
    return False


@cache
def strings_of(pattern: re.Pattern[str]) -> Strings:
    """The strings of a compiled pattern."""
    cover = _of_sequence(_parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG))
    if cover is None or len(cover) > _MOST or min(map(len, cover)) < 2:
        return None
    return tuple(sorted(s for s in cover if not any(o != s and o in s for o in cover)))


class Sieved(NamedTuple):
    """A pattern that is run only on texts that hold one of its strings."""

    pattern: re.Pattern[str]
    strings: Strings

    def finditer(self, text: str, folded: str) -> Iterator[re.Match[str]]:
        """As ``re.Pattern.finditer``; ``folded`` is the text, or one that holds it, folded."""
        return self.pattern.finditer(text) if may_match(self.strings, folded) else iter(())

    def search(self, text: str, folded: str) -> re.Match[str] | None:
        """As ``re.Pattern.search``."""
        return self.pattern.search(text) if may_match(self.strings, folded) else None


def sieved(pattern: str, flags: int = re.IGNORECASE) -> Sieved:
    """A pattern with the strings that are read off it."""
    compiled = re.compile(pattern, flags)
    return Sieved(compiled, strings_of(compiled))


def _of_sequence(parts: Sequence[tuple[Any, Any]]) -> frozenset[str] | None:
    """Of the things that must follow each other the one that says most: the longest strings, then the fewest."""
    best: frozenset[str] | None = None
    run = ""
    for op, value in [*parts, (None, None)]:
        name = str(op)
        if name == "LITERAL":
            run = _joined(run, chr(value))
            continue
        if name == "IN" and _is_space(value):
            run = _joined(run, " ")
            continue
        if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT") and value[0] > 0 and _is_space_part(value[2]):
            run = _joined(run, " ")
            continue
        if name in ("AT", "ASSERT_NOT"):
            continue  # has no width: what stands before and after it touches
        if run:
            best = _better(best, frozenset([run])) if run != " " else best
            run = ""
        best = _better(best, _of_part(name, value))
    return best


def _of_part(name: str, value: Any) -> frozenset[str] | None:
    if name == "BRANCH":
        return _union(_of_sequence(branch) for branch in value[1])
    if name == "SUBPATTERN":
        return _of_sequence(value[3])
    if name == "ATOMIC_GROUP":
        return _of_sequence(value)
    if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
        return _of_sequence(value[2]) if value[0] > 0 else None
    if name == "IN" and len(value) <= 4 and all(str(op) == "LITERAL" for op, _ in value):
        return frozenset(_joined("", chr(code)) for _, code in value)
    return None


def _joined(run: str, character: str) -> str:
    """A run with one more character, folded as texts are; a space after a space is the same space."""
    if character.isspace():
        return run if run.endswith(" ") else f"{run} "
    return run + fold(character)[1:-1]


def _is_space(value: Any) -> bool:
    return len(value) == 1 and str(value[0][0]) == "CATEGORY" and str(value[0][1]) == "CATEGORY_SPACE"


def _is_space_part(parts: Any) -> bool:
    return len(parts) == 1 and str(parts[0][0]) == "IN" and _is_space(parts[0][1])


def _union(covers: Iterable[frozenset[str] | None]) -> frozenset[str] | None:
    out: set[str] = set()
    for cover in covers:
        if cover is None:
            return None
        out |= cover
    return frozenset(out)


def _better(a: frozenset[str] | None, b: frozenset[str] | None) -> frozenset[str] | None:
    if a is None or b is None:
        return b if a is None else a
    return b if _worth(b) > _worth(a) else a


_COMMON = frozenset(
    """the of and in to with for was were had has have may been from at on by is are this that we our his her she
    he""".split()  # noqa: SIM905
)


def _worth(cover: frozenset[str]) -> tuple[int, int, int]:
    """How much is told by one of some strings being there: little by words that every sentence has."""
    least = min(1 if string.strip() in _COMMON else min(4, len(string)) for string in cover)
    return least, -len(cover), min(map(len, cover))
