"""REVIEW: a value that a person types -> the value as the table holds it, or why it cannot stand there."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from extract.evidence.cells import number_text
from extract.numbers import decimal_number, number_word
from extract.schema import Column, Scale, Schema, TermsRule

LONGEST = 500
"""Characters that a value may have."""

_POWER = re.compile(r"(.+?)\s*[x×✕*·]\s*10\s*(?:\^|\*\*)?\s*([-−⁻]?[\d⁰¹²³⁴⁵⁶⁷⁸⁹]+)")
_BARE_POWER = re.compile(r"10\s*(?:(?:\^|\*\*)\s*(\d{1,2})|([⁰¹²³⁴⁵⁶⁷⁸⁹]+))")
_SCIENTIFIC = re.compile(r"([-+−]?[\d.,]+)[eE]([-+−]?\d{1,2})")
_LOWERED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻−", "0123456789--")
_LARGEST_POWER = 15


class Refused(Exception):
    """A value that cannot stand in its column. The message says why and what can."""


class Checked(NamedTuple):
    """A value as the table holds it, and what its reader may want to look at again ('' for nothing)."""

    value: str
    note: str = ""


def check_value(schema: Schema, table: str, field: str, text: str, row: Mapping[str, str] | None = None) -> Checked:
    """The value that ``text`` means in a column; ``row`` holds the other values of its row (the measure of a score).

    Numbers may be typed as ``52e6``, ``52 × 10^6`` or ``52 million``, with the column's unit or without. Raises
    Refused for a value of the wrong type, a word outside the allowed ones, or a score outside its scale.
    """
    column = column_of(schema, table, field)
    typed = " ".join(text.split())
    if not typed:
        raise Refused("Type the value. To say that the paper does not report it, use Not reported.")
    if len(typed) > LONGEST:
        raise Refused(f"The value is longer than {LONGEST} characters. The words of the paper go into the quote.")
    if column.type in ("number", "integer"):
        number = _number(typed, column)
        return Checked(number_text(number), _scale_note(schema, table, field, number, row or {}))
    if column.type == "boolean":
        typed = {"yes": "true", "no": "false"}.get(typed.casefold(), typed)
    if column.type == "date":
        return Checked(_day(typed))
    parts = [part.strip() for part in typed.split(";")] if column.type == "list" else [typed]
    if column.allowed:
        return Checked(";".join(_one_of(part, column.allowed, column.name) for part in parts))
    return _known_word(typed, known_words(schema, table, field))


def column_of(schema: Schema, table: str, field: str) -> Column:
    """The column of a table. Raises Refused when there is none."""
    spec = schema.tables.get(table)
    if spec is None or field not in spec.names():
        raise Refused(f"There is no column {field} in {table}.")
    return spec.column(field)


def known_words(schema: Schema, table: str, field: str) -> tuple[str, ...]:
    """The words that usually stand in a column: the allowed ones, else those of the rules that fill it."""
    column = column_of(schema, table, field)
    return column.allowed or _vocabulary(schema, table, column)


def _vocabulary(schema: Schema, table: str, column: Column) -> tuple[str, ...]:
    if table == "outcomes" and column.name == "measure":
        return tuple(sorted({scale.name for scale in schema.scales}, key=str.casefold))
    if column.type != "text":
        return ()
    rules = schema.rules_for(column.mention) if column.mention else ()
    words = {term.value for rule in rules if isinstance(rule, TermsRule) for term in rule.terms}
    return tuple(sorted(words, key=str.casefold))


def _number(typed: str, column: Column) -> Decimal:
    words = typed
    unit = column.unit
    if unit and (match := re.fullmatch(rf"(.*\S)\s*{re.escape(unit)}|(.*\S)\s+{re.escape(unit.removesuffix('s'))}",
                                       typed, re.I)):  # fmt: skip
        words = match[1] or match[2]
    number = parse_number(words)
    if number is None:
        example = "52000000, 52e6 or 52 × 10^6" if unit.startswith("cells") else "12.5"
        tail = f", in {unit}" if unit else ""
        raise Refused(f"“{typed}” is not a number. {column.name} holds one number{tail}: for example {example}.")
    if column.type == "integer" and number != number.to_integral_value():
        raise Refused(f"{column.name} holds a whole number, not {number_text(number)}.")
    if column.unit and number < 0:
        raise Refused(f"{column.name} cannot be below zero.")
    return number


@lru_cache(maxsize=256)
def parse_number(text: str) -> Decimal | None:
    """The number that somebody typed, None when it is none: ``1.5 × 10⁶``, ``52e6``, ``120 million``, ``12,500``."""
    typed = text.strip().translate(str.maketrans("−", "-"))
    if power := _BARE_POWER.fullmatch(typed):
        return _times_ten(Decimal(1), power[1] or power[2])
    if power := _POWER.fullmatch(typed):
        return _times_ten(decimal_number(power[1]), power[2])
    if power := _SCIENTIFIC.fullmatch(typed):
        return _times_ten(decimal_number(power[1]), power[2])
    number = decimal_number(typed)
    return number if number is not None else number_word(typed)


def _times_ten(number: Decimal | None, exponent: str) -> Decimal | None:
    power = int(exponent.translate(_LOWERED))
    return number.scaleb(power) if number is not None and abs(power) <= _LARGEST_POWER else None


def _scale_note(schema: Schema, table: str, field: str, number: Decimal, row: Mapping[str, str]) -> str:
    """Refuses a score outside the range of its scale; tells of one that a step does not reach."""
    if table != "outcomes" or field != "value" or not row.get("measure"):
        return ""
    scale = scale_of(schema, row["measure"])
    if scale is None:
        return f"{row['measure']} is not a known scale: its range was not checked."
    low, high = scale.minimum, scale.maximum
    printed = parse_number(row.get("scale_max", ""))
    high = printed if printed is not None else high
    if (low is not None and number < low) or (high is not None and number > high):
        ends = f"{'' if low is None else number_text(low)}–{'' if high is None else number_text(high)}"
        said = f"{scale.name} {number_text(number)} is outside {ends}."
        raise Refused(f"{said} Correct the measure first if it is another.")
    if scale.step and low is not None and (number - low) % scale.step:
        return f"{scale.name} counts in steps of {number_text(scale.step)}: is {number_text(number)} printed so?"
    return ""


def scale_of(schema: Schema, measure: str) -> Scale | None:
    """The scale with a name."""
    return next((scale for scale in schema.scales if scale.name == measure), None)


def _one_of(word: str, allowed: tuple[str, ...], name: str) -> str:
    for right in allowed:
        if right.casefold() == word.casefold():
            return right
    near = nearest(word, allowed)
    hint = f" Did you mean {near}?" if near else ""
    raise Refused(f"“{word}” is not a word of {name}.{hint} Allowed: {', '.join(allowed)}.")


def _known_word(typed: str, known: tuple[str, ...]) -> Checked:
    """The known word that differs from the typed one in capitals only; else the typed one, with the nearest."""
    for word in known:
        if word.casefold() == typed.casefold():
            return Checked(word)
    near = nearest(typed, known)
    return Checked(typed, f"Not one of the usual words. Did you mean {near}?" if near else "")


def nearest(word: str, known: tuple[str, ...]) -> str:
    """The known word most like a word; '' when none is like it."""
    lower = {other.casefold(): other for other in known}
    near = difflib.get_close_matches(word.casefold(), list(lower), n=1, cutoff=0.75)
    return lower[near[0]] if near else ""


def _day(typed: str) -> str:
    try:
        return date.fromisoformat(typed).isoformat()
    except ValueError:
        raise Refused(f"“{typed}” is not a date. Type it as 2019-03-28.") from None
