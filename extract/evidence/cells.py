"""EVIDENCE: how one value is written in a cell, and how it is read back."""

from __future__ import annotations

import re
from decimal import Context, Decimal

from extract.model import Reported, Where, plain

WHERES: tuple[Where, ...] = ("narrative", "table", "figure", "caption", "abstract", "discussion")
"""The parts of a paper in the order in which a cell names them."""

_DIGITS = Context(prec=10)
_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_FORMULA = re.compile(r"'*[=+\-@\t]")
_PROTECTED = re.compile(r"'+[=+\-@\t]")
_SPECIAL = frozenset("'=+-@")
_UNWRITABLE = re.compile("[\x00\ud800-\udfff]")


def number_text(number: Decimal) -> str:
    """A number without exponent; an endless fraction is cut to ten digits."""
    exponent = number.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -6:
        number = _DIGITS.plus(number)
    return plain(number)


def value_text(value: str | bool | Decimal | None) -> str:
    """A value as it stands in a cell: ``true``, ``0.5``, words; '' for none."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return number_text(value)
    return value


def reported_text(reported: Reported | None) -> str:
    """The value of a field as it stands in a cell, '' when there is none to show."""
    return value_text(reported.value) if reported else ""


def protect(text: str) -> str:
    """Text as it is written to CSV: a spreadsheet must not run it, and UTF-8 must be able to hold it.

    Text that begins with ``= + - @`` gets an apostrophe; plain numbers stay as they are.
    """
    if text.isascii() and text.isprintable() and text[:1] not in _SPECIAL:
        return text  # as nearly all are
    text = _UNWRITABLE.sub("\ufffd", text).replace("\r", " ")
    if _FORMULA.match(text) and not _NUMBER.fullmatch(text):
        return "'" + text
    return text


def unprotect(text: str) -> str:
    """The text that ``protect`` was given."""
    return text[1:] if _PROTECTED.match(text) else text


def natural(text: str) -> tuple[tuple[int, int, str], ...]:
    """Sorting key in which ``2`` comes before ``10`` and numbers before letters."""
    parts = re.findall(r"\d+|\D+", text)
    return tuple((0, int(part), "") if part.isdecimal() else (1, 0, part.casefold()) for part in parts)


def distinct(items: list[str]) -> list[str]:
    """The items without repeats and without empty ones, in their order."""
    return list(dict.fromkeys(item for item in items if item))
