"""What a text must hold for a regular expression to match in it, read off the expression itself.

The way of RE2's and Code Search's filters (Cox 2012, https://swtch.com/~rsc/regexp/regexp4.html), with strings in place
of their trigrams: parts that follow each other are needed all, of alternatives one, and short parts that touch are
joined. Texts and strings are compared as ``fold`` makes them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import product
from typing import Any, NamedTuple

_parser: Any = re._parser  # type: ignore[attr-defined]

Strings = frozenset[str]


class Need(NamedTuple):
    """What a folded text must hold: of each of ``clauses`` a string, and of each of ``choices`` what one of it needs.

    Without both, nothing can be said: the expression has to be run.
    """

    clauses: frozenset[Strings] = frozenset()
    choices: tuple[tuple[Need, ...], ...] = ()


NOTHING = Need()

_JOINED = 64
"""Parts that touch are joined as long as they make no more strings than this."""

_MOST = 600
"""A clause of more strings than this is left out."""

_DIGITS = re.compile(r"\d+")


def fold(text: str) -> str:
    """Text in the form in which strings are looked up: white space is one space, a number one 0, and what
    ``re.IGNORECASE`` takes for the same letter is the same."""
    return f" {_DIGITS.sub('0', _one_case(' '.join(text.split())))} "


def _one_case(words: str) -> str:
    return words.lower() if words.isascii() else words.casefold().replace("\u0307", "").replace("ı", "i")


def needs_of(pattern: re.Pattern[str]) -> Need:
    """What a text must hold for a compiled pattern to match anywhere in it."""
    told = _of_sequence(_parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG), first=True, last=True)
    return _need(told)


@cache
def _need(told: Strings | Need) -> Need:
    """A part of which all is known, as what a text must hold."""
    if isinstance(told, Need):
        return told
    if not all(map(_tells_something, told)):
        return NOTHING
    kept: list[str] = []
    for string in sorted(told, key=len):  # of "patient" and "patients" the first suffices
        if not any(shorter in string for shorter in kept[:_JOINED]):
            kept.append(string)
    return Need(frozenset([frozenset(kept)])) if len(kept) <= _MOST else NOTHING


def _tells_something(string: str) -> bool:
    """Whether not just any text holds a string, as every text holds an ``e``."""
    words = string.strip()
    return len(words) > 1 or (words != "" and not words.isalpha())


def _of_sequence(parts: Sequence[tuple[Any, Any]], *, first: bool, last: bool) -> Strings | Need:
    """The strings that a sequence of parts matches, when these are all; else what a text must hold for it.

    ``first`` and ``last`` say that nothing of the expression stands before or behind it: there, what is only looked at
    may be joined to what is matched.
    """
    run: Strings = frozenset([""])
    needs: list[Need] = []
    is_all = True
    for index, (op, value) in enumerate(parts):
        name = str(op)
        at_first = first and index == 0
        at_last = last and index == len(parts) - 1
        if name in ("AT", "ASSERT_NOT"):
            continue  # has no width: what stands before and after it touches
        if name == "ASSERT" and not (at_first if value[0] < 0 else at_last):
            needs.append(_need(_of_sequence(value[1], first=False, last=False)))
            is_all = False
            continue
        told, repeats = _of_part(name, value, first=at_first, last=at_last)
        if told is None or isinstance(told, Need):
            needs += [_need(run), told or NOTHING]
            run, is_all = frozenset([""]), False
            continue
        joined = _joined(run, told)
        if joined is None or repeats:
            needs.append(_need(run if joined is None else joined))
            run, is_all = told, False
        else:
            run = joined
    if is_all:
        return run
    return _all_of([*needs, _need(run)])


def _of_part(name: str, value: Any, *, first: bool, last: bool) -> tuple[Strings | Need | None, bool]:
    """What a part matches or needs (None: nothing can be said), and whether it may do so several times in a row."""
    if name == "LITERAL":
        return frozenset([_folded(value)]), False
    if name == "IN":
        return _of_set(value), False
    if name == "BRANCH":
        return _one_of([_of_sequence(branch, first=first, last=last) for branch in value[1]]), False
    if name in ("SUBPATTERN", "ASSERT", "ATOMIC_GROUP"):
        inner = value[3] if name == "SUBPATTERN" else value[1] if name == "ASSERT" else value
        return _of_sequence(inner, first=first, last=last), False
    if name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
        least, most, inner = value
        told = _of_sequence(inner, first=False, last=False)
        if isinstance(told, Need):
            return (told if least else None), False
        several = most > 1 and _joined(told, told) != told  # spaces and digits in a row are one
        if least:
            return told, several
        return (None if several else told | {""}), False
    return None, False


def _of_set(members: Any) -> Strings | None:
    out: set[str] = set()
    for op, value in members:
        name = str(op)
        if name == "LITERAL":
            out.add(_folded(value))
        elif name == "RANGE" and value[1] - value[0] < 10:
            out |= {_folded(code) for code in range(value[0], value[1] + 1)}
        elif name == "CATEGORY" and str(value) in ("CATEGORY_DIGIT", "CATEGORY_SPACE"):
            out.add("0" if str(value) == "CATEGORY_DIGIT" else " ")
        else:
            return None
    return frozenset(out) if len(out) <= 10 else None


def _one_of(told: Sequence[Strings | Need]) -> Strings | Need:
    """Alternatives: all their strings, when these are few and all; else what one of them needs."""
    exact = [strings for strings in told if not isinstance(strings, Need)]
    if len(exact) == len(told):
        return frozenset().union(*exact)
    needs = list(dict.fromkeys(map(_need, told)))
    if NOTHING in needs:
        return NOTHING
    single = [next(iter(need.clauses)) for need in needs if len(need.clauses) == 1 and not need.choices]
    several = tuple(need for need in needs if len(need.clauses) != 1 or need.choices)
    merged: Strings = frozenset().union(*single)
    if not several:
        return _need(merged)
    alternatives = (*([_need(merged)] if merged else []), *several)
    if NOTHING in alternatives:
        return NOTHING
    quick = [min(need.clauses, key=_vagueness) for need in alternatives if need.clauses]
    first_look = _need(frozenset().union(*quick)) if len(quick) == len(alternatives) else NOTHING
    return Need(first_look.clauses, (alternatives,))


def _vagueness(clause: Strings) -> tuple[int, int, list[str]]:
    """How little a clause tells: less by more strings, and by short ones."""
    return len(clause), -min(map(len, clause)), sorted(clause)


def _all_of(needs: Iterable[Need]) -> Need:
    needs = list(needs)
    clauses: frozenset[Strings] = frozenset().union(*(need.clauses for need in needs))
    return Need(clauses, tuple(dict.fromkeys(choice for need in needs for choice in need.choices)))


def _joined(before: Strings, after: Strings) -> Strings | None:
    """Every string of one part followed by every one of the next; None when these are too many."""
    if len(before) == len(after) == 1:
        (a,), (b,) = before, after
        return frozenset([_touching(a, b)])
    if len(before) > 1 and len(after) > 1 and len(before) * len(after) > _JOINED:
        return None
    return frozenset(_touching(a, b) for a, b in product(before, after))


def _touching(a: str, b: str) -> str:
    """Two strings in a row, folded as a text is: a space after a space is the same space, a digit the same number."""
    return a + b[1:] if a and b and a[-1] == b[0] and a[-1] in " 0" else a + b


@cache
def _folded(code: int) -> str:
    character = chr(code)
    return " " if character.isspace() else _DIGITS.sub("0", _one_case(character))
