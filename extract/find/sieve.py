"""A cheap look before a regular expression runs: whether a text holds the words without which it cannot match.

A pattern over many alternatives is tried at every character of a text, and there are hundreds of them. So each text is
looked at once, word by word, for the strings of all patterns together; what a word holds is remembered. The strings are
read off the patterns themselves (``extract.find.needs``), so that no rule has to name them.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import NamedTuple

from extract.find.needs import Need, Strings, fold, needs_of

_WORDS = 50_000
"""So many words are remembered; then the memory is begun anew."""

_LONG = 40
"""A word of more letters is not remembered."""


class Look(NamedTuple):
    """What was seen of a text: a bit for each clause of which it holds no string."""

    missing: int


class Needed(NamedTuple):
    """What a pattern needs, as bits: none of ``clauses`` may be missing, and of each of ``choices`` one must pass."""

    clauses: int
    choices: tuple[tuple[Needed, ...], ...]


@dataclass(slots=True)
class _Piece:
    """A stretch of a word by which clauses are known at once, and phrases that are then looked for in the text."""

    text: str
    clauses: int = 0
    phrases: list[str] = field(default_factory=list)


class _Sieve:
    """All clauses that are looked for, and by which pieces of words they are known.

    A string within a word is known by that word; a phrase by its most telling word, then it is looked for in the text.
    """

    def __init__(self) -> None:
        self.bits: dict[Strings, int] = {}
        self.known = 0
        self.phrases: dict[str, int] = {}
        """By phrase: the clauses that it is of."""
        self.pieces: dict[str, _Piece] = {}
        self.longer: defaultdict[str, list[_Piece]] = defaultdict(list)
        """Pieces of three characters or more by their first three."""
        self.short: list[_Piece] = []
        self.of_letters: list[_Piece] = []
        """Shorter pieces, and those of them that a word of letters alone can hold."""
        self.words: dict[str, tuple[int, list[str]]] = {}
        """By word that was seen before: its clauses and phrases."""

    def add(self, clause: Strings) -> int:
        """The bit of a clause."""
        if clause not in self.bits:
            bit = self.bits[clause] = 1 << len(self.bits)
            for string in clause:
                pieces = _pieces(string)
                if len(pieces) == 1:
                    self._piece(string).clauses |= bit
                else:
                    if string not in self.phrases:
                        self._piece(max(pieces, key=_telling)).phrases.append(string)
                    self.phrases[string] = self.phrases.get(string, 0) | bit
            self.words = {}  # what was seen of them is not all any more
            self.known |= bit
        return self.bits[clause]

    def _piece(self, text: str) -> _Piece:
        piece = self.pieces.get(text)
        if piece is None:
            piece = self.pieces[text] = _Piece(text)
            if len(text) >= 3:
                self.longer[text[:3]].append(piece)
            else:
                self.short.append(piece)
                self.of_letters += [piece] if text.strip().isalpha() else []
        return piece

    def look(self, text: str) -> Look:
        """What a text lacks of all that is known by now."""
        known, words, seen = self.known, self.words, 0
        folded = fold(text)
        waiting: list[str] = []
        for word in set(folded.split()):
            held = words.get(word)
            if held is None:
                held = self._held(word)
                if len(word) <= _LONG:
                    if len(words) >= _WORDS:
                        words.clear()
                    words[word] = held
            seen |= held[0]
            waiting += held[1]
        for phrase in waiting:
            if phrase in folded:
                seen |= self.phrases[phrase]
        return Look(known & ~seen)

    def _held(self, word: str) -> tuple[int, list[str]]:
        """The clauses of which a word holds a string, and the phrases of which it holds the most telling word."""
        padded, clauses = f" {word} ", 0
        phrases: list[str] = []
        held = [piece for piece in (self.of_letters if word.isalpha() else self.short) if piece.text in padded]
        for start in range(len(padded) - 2):
            for piece in self.longer.get(padded[start : start + 3], ()):
                if padded.startswith(piece.text, start):
                    held.append(piece)
        for piece in held:
            clauses |= piece.clauses
            phrases += piece.phrases
        return clauses, phrases


def _pieces(string: str) -> list[str]:
    """The words of a folded string, each with the spaces that it touches."""
    words = string.split(" ")
    end = len(words) - 1
    return [f"{' ' if i else ''}{word}{' ' if i < end else ''}" for i, word in enumerate(words) if word]


_COMMON = frozenset(
    """the and for was were had has have been from are this that not our his her their she all""".split()  # noqa: SIM905
)


def _telling(piece: str) -> tuple[int, int]:
    """How much a piece of a word tells: more when few texts hold it."""
    letters = piece.strip(" ,;:.()0")
    return len(letters) if len(letters) > 2 and letters not in _COMMON else 0, len(piece)


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
    return Sieved(compiled, needed_by(compiled))
