"""REVIEW: what may stand in a cell, and when two cells say the same.

A person writes "IV", "1.8 x 10^6", "12 years" or "TRUE"; the tables hold ``intravenous``, ``1800000``, ``12`` and
``true``. What is not clear is refused with what is allowed, never guessed.
"""

from __future__ import annotations

import difflib
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from extract.alike import plain_name
from extract.evidence.cells import number_text
from extract.evidence.codebook import allowed_words
from extract.numbers import number_word
from extract.schema import AnyRule, Column, ColumnRule, Scale, Schema, TermsRule, Unit

BOOKKEEPING = frozenset({"document", "patient", "record", "administration", "outcome", "where", "as_written"})
"""Columns that say where a row belongs and how it was read: they are not values that a person corrects."""

UNITS = ("unit", "dose_unit")
"""Columns that name a unit."""

LISTED = 12
"""So many allowed words are listed in a message."""

_EMPTY = frozenset(
    {"na", "n/a", "nr", "not reported", "not available", "not given", "unknown", "-", "–", "—", "?", "."}
)
_TRUE = frozenset({"true", "yes", "1", "wahr", "vrai", "verdadero", "vero", "waar"})
_FALSE = frozenset({"false", "no", "0", "falsch", "faux", "falso", "onwaar"})
_SHAPES = {"icd10": (r"[A-Z]\d\d(\.\d{1,2})?", "a code like M32.1"), "doi": (r"10\.\d{4,9}/\S+", "like 10.1000/xyz")}
_PLAIN = re.compile(r"[-+]?\d+(\.\d+)?(e[-+]?\d{1,2})?", re.IGNORECASE)
_GROUPED = re.compile(
    r"[-+]?\d{1,3}(?:([ \u00a0\u2009\u202f'])\d{3}(?:\1\d{3})*|(?:,\d{3}){2,})(\.\d+)?|\d{1,3},\d{3}\.\d+"
)
_COMMA = re.compile(r"[-+]?\d+,\d+")
_POWER = re.compile(r"(\d+(?:\.\d+)?)\s*[×x*·]\s*10\s*\^?\s*(\d{1,2})", re.IGNORECASE)
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_LED = re.compile(
    r"(?P<number>[-+]?[\d.,]+(?:\s*[×x*·]\s*10\s*\^?\s*\d{1,2}|e[-+]?\d+)?)\s*(?P<unit>[^\d\s].*)", re.IGNORECASE
)


@dataclass(frozen=True)
class Reading:
    """A cell as it stands in the tables. ``fault``: why it cannot stand there, and what can; then there is no value.
    ``note``: what was understood where it was written otherwise."""

    value: str
    fault: str = ""
    note: str = ""


class Spelling:
    """How values are written in the columns of a schema."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._columns = {(name, c.name): c for name, spec in schema.tables.items() for c in spec.columns}
        self._words: dict[tuple[str, str], dict[str, set[str]]] = {}
        self._units: dict[str, set[str]] = defaultdict(set)
        for unit in schema.units:
            for word in (unit.unit, *unit.words, *unit.exact):
                self._units[_plural(word)].add(unit.unit)
        self._unit = {unit.unit: unit for unit in schema.units}

    def column(self, table: str, field: str) -> Column | None:
        """A column that a person may correct; None for any other."""
        return None if field in BOOKKEEPING else self._columns.get((table, field))

    def allowed(self, table: str, field: str) -> tuple[str, ...]:
        """The only words that may stand in a column; empty when any may."""
        column = self._columns.get((table, field))
        return allowed_words(self._schema, column) if column else ()

    def read(self, table: str, field: str, text: str) -> Reading:
        """What a person wrote into a cell, as the tables hold it."""
        text = " ".join(text.split())
        column = self._columns[table, field]
        if not text:
            return Reading("")
        if text.lower() in _EMPTY:
            return Reading("", f"'{text}' is no value. Leave the cell empty, or choose absent as the review.")
        if column.type == "list":
            readings = [self._one(table, column, part) for part in map(str.strip, text.split(";")) if part]
            fault = next((reading.fault for reading in readings if reading.fault), "")
            notes = "; ".join(filter(None, (reading.note for reading in readings)))
            glue = ";" if column.unit or column.allowed else "; "
            return Reading("" if fault else glue.join(reading.value for reading in readings), fault, notes)
        return self._one(table, column, text)

    def key(self, table: str, field: str, text: str) -> str:
        """What two cells have in common when they say the same: ``4.0`` and ``4``, ``IV`` and ``intravenous``."""
        column = self._columns.get((table, field))
        if column is None or column.type in ("number", "integer", "boolean"):
            value = self._one(table, column, text).value if column and text else ""
            return (value or text).casefold()
        parts = [" ".join(part.split()) for part in (text.split(";") if column.type == "list" else [text])]
        keys = {self._word_key(table, column, part) for part in parts if part}
        return ";".join(sorted(keys))

    def row_fault(self, table: str, field: str, value: str, row: Mapping[str, str], words: str = "") -> str:
        """Why a value cannot stand beside the others of its row: a score outside its scale, unless ``words`` of the
        paper print it."""
        number = _number(value)
        if (table, field) != ("outcomes", "value") or number is None or str(value) in words:
            return ""
        scales = self._scales(row.get("measure", ""), row.get("rater", ""))
        top = _number(row.get("scale_max", ""))
        if not scales or any(_within(number, scale, top) for scale in scales):
            return ""
        scale = scales[0]
        low, high = ("" if end is None else number_text(end) for end in (scale.minimum, scale.maximum))
        return (
            f"{scale.name} {value} is outside {low}–{high} (schemas/scales.yaml). "
            "If the paper prints it, give the words that do."
        )

    def _word_key(self, table: str, column: Column, text: str) -> str:
        if column.name in UNITS:
            units = sorted(self._units.get(_plural(text), ()))
            return units[0] if len(units) == 1 else text.casefold()
        value = self._one(table, column, text).value or text
        return plain_name(value) if column.mention and plain_name(value) else value.casefold()

    # --- one value

    def _one(self, table: str, column: Column, text: str) -> Reading:
        if column.type in ("number", "integer") or (column.type == "list" and column.unit):
            return self._read_number(column, text)
        if column.type == "boolean" and set(column.allowed or ("true",)) <= {"true", "false"}:
            return _read_boolean(text)
        if shape := _SHAPES.get(column.name):
            return Reading(text) if re.fullmatch(shape[0], text) else Reading("", f"'{text}' is not {shape[1]}.")
        return self._read_words(table, column, text)

    def _read_number(self, column: Column, text: str) -> Reading:
        what = f"a plain number{f' in {column.unit}' if column.unit else ''}"
        number, hint = _number_in(text), ""
        if number is None and (led := _LED.fullmatch(text)):
            amount, unit = _number_in(led["number"]), self._unit_of(led["unit"])
            own = self._unit_of(column.unit)
            if amount is not None and unit is not None and own is not None:
                if unit.unit == own.unit:
                    number = amount
                elif unit.quantity == own.quantity:
                    other = number_text((amount * unit.factor / own.factor).quantize(Decimal("0.0001")).normalize())
                    hint = f" {text} would be {other} {column.unit}."
        if number is None:
            if _COMMA.fullmatch(text):
                hint = f" Is it {text.replace(',', '')} or {text.replace(',', '.')}?"
            return Reading("", f"'{text}' is not {what}.{hint}")
        if column.type == "integer" and number != number.to_integral_value():
            return Reading("", f"'{text}' is not a whole number.")
        if number < 0 and column.name != "value":
            return Reading("", f"'{text}' is below zero.")
        value = number_text(number)
        return Reading(value, note="" if _same_number(value, text) else f"'{text}' read as {value}")

    def _read_words(self, table: str, column: Column, text: str) -> Reading:
        if column.name in UNITS:
            units = self._units.get(_plural(text), set())
            return Reading(next(iter(units)) if column.name == "dose_unit" and len(units) == 1 else text)
        allowed = self.allowed(table, column.name)
        meant = self._meant(table, column, allowed).get(plain_name(text) or text, set())
        exact = next((word for word in (*allowed, *sorted(meant)) if word.casefold() == text.casefold()), None)
        if exact is not None:
            return Reading(exact)
        if len(meant) == 1:
            word = next(iter(meant))
            return Reading(word, note=f"'{text}' read as {word}")
        if not allowed:
            return Reading(text)
        if meant:
            return Reading("", f"'{text}' can mean {' or '.join(sorted(meant))}. Write one of them.")
        near = difflib.get_close_matches(text.lower(), [word.lower() for word in allowed], n=1)
        hint = next((f" Did you mean '{word}'?" for word in allowed if near and word.lower() == near[0]), "")
        listed = ", ".join(allowed) if len(allowed) <= LISTED else f"the {len(allowed)} words of codebook.csv"
        return Reading("", f"'{text}' is not allowed here.{hint} Allowed: {listed}.")

    def _meant(self, table: str, column: Column, allowed: Iterable[str]) -> dict[str, set[str]]:
        """The words of the tables by the words of papers that mean them."""
        key = (table, column.name)
        if key not in self._words:
            words: dict[str, set[str]] = defaultdict(set)
            for word in allowed:
                words[plain_name(word)].add(word)
            if (table, column.name) == ("outcomes", "measure"):
                for scale in self._schema.scales:
                    for word in (scale.name, scale.long_name, *scale.words, *scale.exact):
                        words[plain_name(word)].add(scale.name)
            elif column.mention:
                for rule in self._schema.rules_for(column.mention):
                    for word, value in _taught(rule):
                        words[plain_name(word)].add(value)
                for word, values in words.items():  # a canonical word means itself
                    own = {value for value in values if plain_name(value) == word}
                    words[word] = own or values
            self._words[key] = words
        return self._words[key]

    def _unit_of(self, word: str) -> Unit | None:
        units = self._units.get(_plural(word), set())
        return self._unit[next(iter(units))] if len(units) == 1 else None

    def _scales(self, measure: str, rater: str) -> list[Scale]:
        named = [scale for scale in self._schema.scales if scale.name.casefold() == measure.casefold()]
        return [scale for scale in named if scale.rater == rater] or named


# --- parts


def _taught(rule: AnyRule) -> Iterator[tuple[str, str]]:
    """Each word of a rule with the word of the tables that it means."""
    if isinstance(rule, TermsRule):
        for term in rule.terms:
            yield from ((word, term.value) for word in (term.value, *term.words, *term.exact))
    elif isinstance(rule, ColumnRule):
        yield from rule.values.items()


def _number_in(text: str) -> Decimal | None:
    """The number that a cell says, in digits, powers of ten or words; None when it is none, or not clear."""
    plain = text.replace("\u2212", "-").translate(_RAISED)
    if (number := _number(plain)) is not None:
        return number
    if _GROUPED.fullmatch(plain):
        return _number(re.sub(r"[^\d.+-]", "", plain))
    if _COMMA.fullmatch(plain):
        whole, part = plain.split(",")
        return _number(f"{whole}.{part}") if len(part) != 3 or whole.strip("-+") in ("0", "") else None
    if power := _POWER.fullmatch(plain):
        return Decimal(power[1]).scaleb(int(power[2]))
    return number_word(plain) if re.search("[a-z]", plain, re.IGNORECASE) else None


def _number(text: str) -> Decimal | None:
    if not _PLAIN.fullmatch(text):
        return None
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def _same_number(value: str, text: str) -> bool:
    return bool(_PLAIN.fullmatch(text)) and Decimal(value) == Decimal(text)


def _read_boolean(text: str) -> Reading:
    for value, words in (("true", _TRUE), ("false", _FALSE)):
        if text.casefold() in words:
            return Reading(value)
    return Reading("", f"'{text}' is not allowed here. Allowed: true, false.")


def _within(number: Decimal, scale: Scale, top: Decimal | None) -> bool:
    high = scale.maximum
    if high is not None and top is not None:
        high = max(high, top)
    return not ((scale.minimum is not None and number < scale.minimum) or (high is not None and number > high))


def _plural(word: str) -> str:
    """A word for comparison: lower case, one space, no plural s."""
    word = " ".join(word.casefold().split())
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
