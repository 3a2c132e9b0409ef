"""EVIDENCE: whether a value can follow from the words it was taken from, as far as that can be told without reading.

Two things can: a printed number gives its own figure, converted at most (``1.8 × 10⁶`` gives 1800000, ``18 months`` 1.5
years); and a word that the vocabulary of a column knows gives the name it stands for, or a longer one that holds it
(``Wharton's jelly`` gives no other tissue). What neither rule speaks of is left alone: silence is no approval.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from itertools import combinations, pairwise, product

from extract.numbers import NUMBER_WORDS, decimal_number, number_word, roman_number
from extract.schema import Column, Schema, TermsRule

AGES = tuple(f"age_{event}_years" for event in ("onset", "diagnosis", "treatment", "last_follow_up", "report"))
DOSES = tuple(f"{dose}{end}" for dose in ("dose_cells", "cells_per_kg") for end in ("", "_low", "_high"))
FIGURES = {
    "documents": ("year",),
    "patients": (*AGES, "weight_kg", "follow_up_months"),
    "administrations": (*DOSES, "dose_value", "dose_low", "dose_high", "volume_ml"),
    "outcomes": ("value",),
}
"""Columns that hold the very figure that is printed. (A time point, a scale's end or a count may stand elsewhere.)"""

ROUNDED = Decimal("0.006")
"""How far a converted figure may be off, as a share of it."""

_LOW = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
_DIGITS = re.compile(r"\d+(?:[ \u2009\u00a0,]\d{3})+(?:[.·]\d+)?(?!\d)|\d*[.,·]?\d+|[½¼¾⅓⅔⅛]")
_IN_WORDS = re.compile(NUMBER_WORDS, re.I)
_POWER = re.compile(r"10([⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+)|10\^(-?\d{1,2})|[×x✕·∙⋅*]\s?10(\d{1,2})(?![\d.,])")
_LARGE = re.compile(r"\b(?:thousand|lakh|million|crore|billion)\b", re.I)
_ROMAN = re.compile(r"\b[IVX]+\b")


class Words:
    """The rules by which values are compared with their words, for one schema."""

    def __init__(self, schema: Schema) -> None:
        self._columns = {
            (name, column.name): column for name, table in schema.tables.items() for column in table.columns
        }
        self._factors = _conversions(schema)
        mentions = {column.mention for column in self._columns.values() if column.mention}
        self._known = {mention: _vocabulary(schema, mention) for mention in mentions}

    def fault(self, row: Mapping[str, str]) -> str:
        """Why the value of a row of values.csv cannot follow from its words; '' when it can, or when no rule tells.

        Only values that the paper states are compared: what was computed or decided has other grounds.
        """
        column = self._columns.get((row["table"], row["field"]))
        value, words = row["value"], row["as_written"]
        if column is None or not value or row["basis"] != "stated" or row["status"] != "reported":
            return ""
        if column.name in FIGURES.get(row["table"], ()):
            follows = self._gives_figure(column, value, words)
        else:
            follows = self._gives_name(column, value, words)
        return "" if follows else f"{value!r} does not follow from the words {words!r}"

    def _gives_figure(self, column: Column, value: str, words: str) -> bool:
        try:
            figure = abs(Decimal(value))
        except InvalidOperation:
            return False
        printed = _printed(words)
        if not printed or figure in printed:
            return True
        if column.name.startswith(("dose", "cells")):
            return _is_dose(figure, words)
        factors = self._factors.get(column.unit, ())
        if any(_near(figure, number * factor) for number in printed for factor in factors):
            return True
        # 15 years and 6 months: a number in one unit, the next one in a smaller unit
        sums = product(pairwise(printed), combinations(factors, 2))
        return any(_near(figure, a * large + b * small) for (a, b), (small, large) in sums)

    def _gives_name(self, column: Column, value: str, words: str) -> bool:
        names = self._known.get(column.mention, {}).get(_plain(words))
        return not names or any(set(_plain(name).split()) <= set(_plain(value).split()) for name in names)


def _printed(words: str) -> list[Decimal]:
    """The numbers that words hold, without their signs: in digits, in words, in roman numerals."""
    found = [decimal_number(match.group()) for match in _DIGITS.finditer(words)]
    found += [number_word(match.group()) for match in _IN_WORDS.finditer(words)]
    found += [roman_number(match.group()) for match in _ROMAN.finditer(words)]
    return [abs(number) for number in found if number is not None]


def _is_dose(figure: Decimal, words: str) -> bool:
    """Whether a dose is one of the printed numbers, or a volume times a concentration, times its power of ten. Words
    without a power have it from the header of their table."""
    powers = [match[1] or match[2] or match[3] for match in _POWER.finditer(words)]
    large = [number_word(f"1 {match.group()}") for match in _LARGE.finditer(words)]
    scales = [Decimal(10) ** int(power.translate(_LOW)) for power in powers] + [each for each in large if each]
    numbers = _printed(_POWER.sub(" ", words)) or [Decimal(1)]
    for number in (*numbers, *(a * b for a, b in combinations(numbers, 2))):
        if scales and any(figure == number * scale for scale in scales):
            return True
        if not scales and number and (figure / number).normalize() in _TENS:
            return True
    return False


_TENS = frozenset(Decimal(10) ** power for power in range(16))


def _near(figure: Decimal, other: Decimal) -> bool:
    return abs(figure - other) <= ROUNDED * max(figure, other)


def _conversions(schema: Schema) -> dict[str, tuple[Decimal, ...]]:
    """For each unit a column may have, by what a number in any unit of its kind is multiplied to be in that unit."""
    named = {name: unit for unit in schema.units for name in (unit.unit, *(f"{word}s" for word in unit.words))}
    return {
        name: tuple(sorted({each.factor / unit.factor for each in schema.units if each.quantity == unit.quantity}))
        for name, unit in named.items()
    }


def _vocabulary(schema: Schema, mention: str) -> dict[str, set[str]]:
    """The names that the words of a column's rules stand for; none where other kinds of rules fill it too."""
    out: dict[str, set[str]] = {}
    for rule in schema.rules_for(mention):
        if isinstance(rule, TermsRule):
            for term in rule.terms:
                for word in (*term.words, *term.exact):
                    out.setdefault(_plain(word), set()).add(term.value)
    return out


def _plain(words: str) -> str:
    return " ".join(words.casefold().replace("-", " ").split())
