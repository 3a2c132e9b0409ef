"""REVIEW: what a person wrote into a cell of a table, as the tables hold it, and when two cells say the same.

``extract.review.checking`` says what may stand in a column. Here is what cells need beside it: the words of papers
("IV" for ``intravenous``), what spreadsheets make of cells in other languages ("WAHR", "1,5"), and signs for nothing
("n/a"). What is not clear is refused with what is allowed, never guessed.
"""

from __future__ import annotations

import difflib
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from extract.evidence.cells import number_text
from extract.evidence.codebook import allowed_words
from extract.review.checking import Checked, Refused, check_value, column_of, parse_number
from extract.review.state import shown_columns
from extract.schema import AnyRule, Column, ColumnRule, Schema, TermsRule, Unit
from extract.score.alike import plain_name

UNITS = ("unit", "dose_unit")
"""Columns that name a unit."""

LISTED = 12
"""So many allowed words are listed in a message."""

OLDEST = 130
"""Years that nobody has lived."""

_EMPTY = frozenset(
    {"na", "n/a", "nr", "not reported", "not available", "not given", "unknown", "-", "–", "—", "?", "."}
)
_TRUE = frozenset({"true", "yes", "1", "wahr", "vrai", "verdadero", "vero", "waar"})
_FALSE = frozenset({"false", "no", "0", "falsch", "faux", "falso", "onwaar"})
_SHAPES = {"icd10": (r"[A-Z]\d\d(\.\d{1,2})?", "a code like M32.1"), "doi": (r"10\.\d{4,9}/\S+", "like 10.1000/xyz")}
_THREE = re.compile(r"[-+]?[1-9]\d{0,2},\d{3}")
_WITH_UNIT = re.compile(r"(?P<number>.*\d)\s*(?P<unit>[^\d\s].*)")


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
        self._order = {name: index for index, name in enumerate(self._columns)}
        self._words: dict[tuple[str, str], dict[str, set[str]]] = {}
        self._units: dict[str, set[str]] = defaultdict(set)
        for unit in schema.units:
            for word in (unit.unit, *unit.words, *unit.exact):
                self._units[_singular(word)].add(unit.unit)
        self._unit = {unit.unit: unit for unit in schema.units}

    def column(self, table: str, field: str) -> Column:
        """The column of a table. Raises Refused when there is none."""
        return column_of(self._schema, table, field)

    def can_be_corrected(self, table: str) -> list[str]:
        """The columns of a table that hold values which a person may correct."""
        shown = [column.name for column in shown_columns(self._schema, table)]
        return shown + [name for name in ("order", "better") if (table, name) in self._columns]

    def position(self, table: str, field: str) -> int:
        """Where a column stands among all columns of all tables."""
        return self._order.get((table, field), len(self._order))

    def read(self, table: str, field: str, text: str, row: Mapping[str, str] | None = None, words: str = "") -> Reading:
        """What a person wrote into a cell, as the tables hold it.

        ``row``: the other values of the row, ``words``: those of the paper; a score outside its scale stands only when
        they print it.
        """
        text = " ".join(text.split())
        column = self._columns[table, field]
        if not text:
            return Reading("")
        if text.lower() in _EMPTY:
            return Reading("", f"'{text}' is no value. Leave the cell empty, or choose absent as the review.")
        if column.type != "list":
            reading = self._one(table, column, text)
            return reading if reading.fault else self._checked(table, column, reading, row or {}, words)
        readings = [self._one(table, column, part) for part in map(str.strip, text.split(";")) if part]
        fault = next((reading.fault for reading in readings if reading.fault), "")
        notes = "; ".join(filter(None, (reading.note for reading in readings)))
        glue = ";" if column.unit or column.allowed else "; "
        return Reading("" if fault else glue.join(reading.value for reading in readings), fault, notes)

    def typed(
        self, table: str, field: str, text: str, row: Mapping[str, str] | None = None, words: str = ""
    ) -> Checked:
        """What somebody typed who sees at once how it is understood. As ``read``, but a word that no rule knows is
        taken where the column has no fixed ones, with a note. Raises Refused."""
        column = self.column(table, field)
        if text.strip().lower() in _EMPTY:
            raise Refused(f"'{text.strip()}' is no value. To say that the paper does not report it, use Not reported.")
        reading = self.read(table, field, text, row, words)
        free = column.type == "text" and not column.allowed
        if reading.fault and not free:
            raise Refused(reading.fault)
        if reading.fault or not reading.value:
            return check_value(self._schema, table, field, text, row)
        try:
            return check_value(self._schema, table, field, reading.value, row)
        except Refused as refused:  # a score outside its scale that the words print
            return Checked(reading.value, f"{str(refused).split('. ')[0]}, but the words print it so.")

    def key(self, table: str, field: str, text: str) -> str:
        """What two cells have in common when they say the same: ``4.0`` and ``4``, ``IV`` and ``intravenous``."""
        column = self._columns.get((table, field))
        if column is None or not text:
            return text.casefold()
        if column.type in ("number", "integer", "boolean"):
            return (self._one(table, column, text).value or text).casefold()
        parts = [" ".join(part.split()) for part in (text.split(";") if column.type == "list" else [text])]
        return ";".join(sorted({self._word_key(table, column, part) for part in parts if part}))

    def _word_key(self, table: str, column: Column, text: str) -> str:
        if column.name in UNITS:
            units = sorted(self._units.get(_singular(text), ()))
            return units[0] if len(units) == 1 else text.casefold()
        value = self._one(table, column, text).value or text
        return plain_name(value) if column.mention and plain_name(value) else value.casefold()

    # --- one value

    def _one(self, table: str, column: Column, text: str) -> Reading:
        if column.type in ("number", "integer") or (column.type == "list" and column.unit):
            return self._number(column, text)
        if column.type == "boolean":
            value = "true" if text.casefold() in _TRUE else "false" if text.casefold() in _FALSE else ""
            return Reading(value, "" if value else f"'{text}' is not allowed here. Allowed: true, false.")
        if shape := _SHAPES.get(column.name):
            return Reading(text) if re.fullmatch(shape[0], text) else Reading("", f"'{text}' is not {shape[1]}.")
        return self._read_words(table, column, text)

    def _checked(self, table: str, column: Column, reading: Reading, row: Mapping[str, str], words: str) -> Reading:
        """A reading that the column lets stand beside the others of its row."""
        try:
            check_value(self._schema, table, column.name, reading.value, row)
        except Refused as refused:
            if not (table == "outcomes" and column.name == "value" and reading.value in words):
                tail = " Or give the words that print it." if column.name == "value" else ""
                return Reading("", f"{refused}{tail}")
        return reading

    def _number(self, column: Column, text: str) -> Reading:
        what = f"a plain number{f' in {column.unit}' if column.unit else ''}"
        if _THREE.fullmatch(text):
            return Reading("", f"'{text}' is not {what}. Is it {text.replace(',', '')} or {text.replace(',', '.')}?")
        number, hint = parse_number(text), ""
        if number is None and (match := _WITH_UNIT.fullmatch(text)):
            number, hint = self._in_unit(column, text, parse_number(match["number"]), self._unit_of(match["unit"]))
        if number is None:
            return Reading("", f"'{text}' is not {what}.{hint}")
        if column.unit == "years" and number > OLDEST:
            return Reading("", f"'{text}' is more than {OLDEST} years.")
        value = number_text(number)
        same = re.fullmatch(r"[-+]?\d+(\.\d+)?([eE][-+]?\d+)?", text) is not None
        return Reading(value, note="" if same else f"'{text}' read as {value}")

    def _in_unit(
        self, column: Column, text: str, number: Decimal | None, unit: Unit | None
    ) -> tuple[Decimal | None, str]:
        """A number with its unit as the column counts it, or what it would be there."""
        own = self._unit_of(column.unit)
        if number is None or unit is None or own is None or unit.quantity != own.quantity:
            return None, ""
        if unit.unit == own.unit:
            return number, ""
        other = number_text((number * unit.factor / own.factor).quantize(Decimal("0.0001")).normalize())
        return None, f" {text} would be {other} {column.unit}."

    def _unit_of(self, word: str) -> Unit | None:
        units = self._units.get(_singular(word), set())
        return self._unit[next(iter(units))] if len(units) == 1 else None

    def _read_words(self, table: str, column: Column, text: str) -> Reading:
        if column.name in UNITS:
            units = self._units.get(_singular(text), set())
            return Reading(next(iter(units)) if column.name == "dose_unit" and len(units) == 1 else text)
        allowed = allowed_words(self._schema, column)
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
        known = self._meant(table, column, allowed)
        near = difflib.get_close_matches(plain_name(text), [word for word in known if len(known[word]) == 1], n=1)
        hint = f" Did you mean '{min(known[near[0]])}'?" if near else ""
        listed = ", ".join(allowed) if len(allowed) <= LISTED else f"the {len(allowed)} words of codebook.csv"
        return Reading("", f"'{text}' is not allowed here.{hint} Allowed: {listed}.")

    def _meant(self, table: str, column: Column, allowed: tuple[str, ...]) -> dict[str, set[str]]:
        """The words of the tables by the words of papers that mean them."""
        key = (table, column.name)
        if key not in self._words:
            words: dict[str, set[str]] = defaultdict(set)
            for word in allowed:
                words[plain_name(word)].add(word)
            if key == ("outcomes", "measure"):
                for scale in self._schema.scales:
                    for word in (scale.name, scale.long_name, *scale.words, *scale.exact):
                        words[plain_name(word)].add(scale.name)
            elif column.mention:
                for rule in self._schema.rules_for(column.mention):
                    for word, value in _taught(rule):
                        words[plain_name(word)].add(value)
            for word, values in words.items():  # a canonical word means itself
                words[word] = {value for value in values if plain_name(value) == word} or values
            self._words[key] = words
        return self._words[key]


def _taught(rule: AnyRule) -> Iterator[tuple[str, str]]:
    """Each word of a rule with the word of the tables that it means."""
    if isinstance(rule, TermsRule):
        for term in rule.terms:
            yield from ((word, term.value) for word in (term.value, *term.words, *term.exact))
    elif isinstance(rule, ColumnRule):
        yield from rule.values.items()


def _singular(word: str) -> str:
    """A unit's word for comparison: lower case, one space, no plural s."""
    word = " ".join(word.casefold().split())
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
