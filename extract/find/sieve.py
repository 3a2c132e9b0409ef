"""A cheap look before a regular expression runs: whether a text holds the words without which it cannot match.

A pattern over many alternatives is tried at every character of a text, and there are hundreds of them. So each text is
looked at once for the strings of all patterns together. The strings are read off the patterns themselves
(``extract.find.needs``), so that no rule has to name them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import NamedTuple

import ahocorasick

from extract.find.needs import Need, Strings, fold, needs_of
from extract.patterns import hastened


class Look(NamedTuple):
    """What was seen of a text: a bit for each clause of which it holds no string."""

    missing: int


class Needed(NamedTuple):
    """What a pattern needs, as bits: none of ``clauses`` may be missing, and of each of ``choices`` one must pass."""

    clauses: int
    choices: tuple[tuple[Needed, ...], ...]


class _Sieve:
    """All clauses that are looked for, and their strings in one automaton (Aho and Corasick 1975)."""

    def __init__(self) -> None:
        self.bits: dict[Strings, int] = {}
        self.known = 0
        self.clauses: defaultdict[str, int] = defaultdict(int)
        """By string: the clauses that hold it."""
        self.automaton = ahocorasick.Automaton()
        self.is_ready = False

    def add(self, clause: Strings) -> int:
        """The bit of a clause."""
        if clause not in self.bits:
            bit = self.bits[clause] = 1 << len(self.bits)
            for string in clause:
                self.clauses[string] |= bit
                self.automaton.add_word(string, self.clauses[string])
            self.known |= bit
            self.is_ready = False
        return self.bits[clause]

    def look(self, text: str) -> Look:
        """What a text lacks of all that is known by now."""
        if not self.is_ready:
            self.automaton.make_automaton()
            self.is_ready = True
        seen = 0
        for _, clauses in self.automaton.iter(fold(text)):
            seen |= clauses
        return Look(self.known & ~seen)


_SIEVE = _Sieve()


@lru_cache(maxsize=2048)
def look_at(text: str) -> Look:
    """What a text (a passage, a sentence) holds of what patterns need."""
    return _SIEVE.look(text)


def may_match(needed: Needed, look: Look) -> bool:
    """Whether a pattern that needs this can match the text of a look, or a part of it, at all."""
    if needed.clauses & look.missing:
        return False
    for choice in needed.choices:
        for alternative in choice:
            if may_match(alternative, look):
                break
        else:
            return False
    return True


@cache
def needed_by(pattern: re.Pattern[str]) -> Needed:
    """What a compiled pattern needs; from now on texts are looked at for it."""
    return _needed(needs_of(pattern))


def _needed(need: Need) -> Needed:
    clauses = 0
    for clause in sorted(need.clauses, key=sorted):
        clauses |= _SIEVE.add(clause)
    return Needed(clauses, tuple(tuple(map(_needed, choice)) for choice in need.choices))


class Sieved(NamedTuple):
    """A pattern that is run only on texts that hold what it needs."""

    pattern: re.Pattern[str]
    needed: Needed

    def finditer(self, text: str, look: Look) -> Iterator[re.Match[str]]:
        """As ``re.Pattern.finditer``; ``look`` is that at the text, or at one that holds it."""
        return self.pattern.finditer(text) if may_match(self.needed, look) else iter(())

    def search(self, text: str, look: Look) -> re.Match[str] | None:
        """As ``re.Pattern.search``."""
        return self.pattern.search(text) if may_match(self.needed, look) else None


def sieved(pattern: str, flags: int = re.IGNORECASE) -> Sieved:
    """A pattern with what it needs."""
    compiled = re.compile(pattern, flags)
    return Sieved(hastened(compiled), needed_by(compiled))
