"""SYNTHESIS: a table as it is printed: columns, rows of cells, footnotes. How it becomes a file is in ``writers``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from extract.evidence.display import dose_text
from extract.model import plain
from extract.synthesis.rows import Conflict, Row, Value

NR = "NR"
"""Not reported."""

NONE = "–"
"""Nothing there that could be told."""

ABBREVIATIONS = "NR: not reported."
IN_ITALICS = "In italics: computed from what the paper prints, or looked up for it."
ONLY_REVIEWED = "NR: not reported, or not reviewed yet: only what a reviewer accepted or entered is shown."

LEVEL_COLOURS = {
    "reported": "#1b7837", "partly": "#a6dba0", "NR": "#f7f7f7", "not read": "#d9d9d9",
    "yes": "#1b7837", "no": "#762a83", "unclear": "#f7f7f7", "not applicable": "#d9d9d9", "differs": "#fdb863",
    "open": "#ffffff",
}  # fmt: skip
"""The fill of heat cells; their words stand in them, so that colour is never all there is."""

DARK = ("reported", "yes", "no")
"""Levels whose fill needs white words."""

WHERE = {"narrative": "text"}
"""Parts of a paper by other names than in the tables."""


@dataclass(frozen=True)
class Cell:
    """A cell: its text, the number it is (for spreadsheets), whether it was computed and how, the numbers of its
    footnotes, in a heat table its level, and the ids of the values that it shows (a page leads from it to their
    words)."""

    text: str
    number: Decimal | None = None
    is_derived: bool = False
    formula: str = ""
    notes: tuple[int, ...] = ()
    level: str = ""
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Column:
    """A column: its title, the title that it shares with its neighbours, how wide it is beside others, whether it holds
    numbers, whether its title stands upright because the cells are narrow."""

    title: str
    over: str = ""
    width: float = 1.0
    is_number: bool = False
    is_upright: bool = False


@dataclass(frozen=True)
class Sheet:
    """A table of the report. ``footnotes`` are lettered from a in their order; ``remarks`` are about the whole
    table."""

    name: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    footnotes: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()

    def letters(self, cell: Cell) -> str:
        """The letters of a cell's footnotes: ``a, c``."""
        return ", ".join(letter(number) for number in cell.notes)

    def shares(self) -> list[float]:
        """How much of the width of a landscape page each column takes: as asked for, but never less than its longest
        word needs where that can be had."""
        total = sum(column.width for column in self.columns)
        asked = [column.width / total for column in self.columns]
        needed = [_needed(self, index) for index in range(len(asked))]
        missing = sum(max(0.0, need - ask) for need, ask in zip(needed, asked, strict=True))
        spare = sum(max(0.0, ask - need) for need, ask in zip(needed, asked, strict=True))
        if missing == 0:
            return asked
        take = min(1.0, missing / spare) if spare else 0.0
        got = [ask - take * (ask - need) if ask > need else need for need, ask in zip(needed, asked, strict=True)]
        return [share / sum(got) for share in got]


HEAD_LETTER = 0.0054
LETTER = 0.0046
PADDING = 0.012
LONGEST = 19
"""A letter of a title and of a cell, and what stands beside the words, as shares of the width of a page; words longer
than that may be broken."""


def _needed(sheet: Sheet, index: int) -> float:
    """The share of the page that the longest word of a column needs."""
    column = sheet.columns[index]
    title = 0 if column.is_upright else _longest([column.title])
    body = min(_longest(row[index].text for row in sheet.rows), LONGEST)
    return max(title * HEAD_LETTER, body * LETTER) + PADDING * (1.5 if column.is_number else 1)


def _longest(texts: Iterable[str]) -> int:
    """The letters of the longest word that cannot be broken."""
    return max((len(word) for text in texts for word in re.split(r"[ \-/–_]", unbroken(text))), default=1)


def letter(number: int) -> str:
    """The letter of a footnote, counted from 0: a to z, then aa, ab."""
    return chr(97 + number) if number < 26 else letter(number // 26 - 1) + letter(number % 26)


@dataclass
class Draft:
    """A sheet in work: collects rows and footnotes, each footnote once."""

    name: str
    title: str
    columns: Sequence[Column]
    remarks: Sequence[str] = (ABBREVIATIONS,)
    rows: list[tuple[Cell, ...]] = field(default_factory=list)
    footnotes: list[str] = field(default_factory=list)

    def note(self, text: str) -> int:
        """The number of a footnote."""
        if text not in self.footnotes:
            self.footnotes.append(text)
        return self.footnotes.index(text)

    def notes(self, texts: Iterable[str]) -> tuple[int, ...]:
        """The numbers of some footnotes, in order and without repeats."""
        return tuple(sorted({self.note(text) for text in texts}))

    def add(self, *cells: Cell | str) -> None:
        """Add a row; plain text becomes a cell, '' becomes NR."""
        row = tuple(cell if isinstance(cell, Cell) else said(cell) for cell in cells)
        if len(row) != len(self.columns):
            raise ValueError(f"{self.name}: {len(row)} cells for {len(self.columns)} columns")
        self.rows.append(row)

    def sheet(self) -> Sheet:
        """The finished sheet."""
        return Sheet(
            self.name, self.title, tuple(self.columns), tuple(self.rows), tuple(self.footnotes), tuple(self.remarks)
        )


def said(text: str, notes: tuple[int, ...] = (), missing: str = NR, of: Iterable[Value | None] = ()) -> Cell:
    """A cell of words; what is missing is said. ``of``: the values that it shows."""
    return Cell(text or missing, notes=notes, values=ids_of(of))


def ids_of(values: Iterable[Value | None]) -> tuple[str, ...]:
    """The ids of some values, each once."""
    return tuple(dict.fromkeys(value.id for value in values if value is not None and value.id))


def counted(number: int, notes: tuple[int, ...] = ()) -> Cell:
    """A cell with a count."""
    return Cell(str(number), Decimal(number), notes=notes)


def numbered(number: Decimal | None, notes: tuple[int, ...] = (), missing: str = NR) -> Cell:
    """A cell with a number."""
    return Cell(missing if number is None else plain(number), number, notes=notes)


def shown(value: Value | None, notes: tuple[int, ...] = (), missing: str = NR) -> Cell:
    """A cell that shows a value of the tables; a computed one is marked and keeps its formula."""
    if value is None:
        return Cell(missing, notes=notes)
    text = plain(value.number) if value.number is not None else value.text
    formula = value.formula if value.is_derived else ""
    return Cell(text, value.number, value.is_derived, formula, notes, values=ids_of([value]))


def first_of(row: Row, *names: str) -> Value | None:
    """The first of some columns that has a value."""
    return next((row.value(name) for name in names if name in row), None)


def joined(items: Iterable[str], separator: str = "; ") -> str:
    """Items without repeats and empty ones."""
    return separator.join(dict.fromkeys(item for item in items if item))


def conflict_note(conflict: Conflict) -> str:
    """A conflict as a footnote: both values with their places, what is preferred, whether it is settled."""
    name = conflict_topic(conflict)
    name = name[:1].upper() + name[1:]
    if conflict.severity == "info":
        return f"{name}: {large_numbers(conflict.explanation)}"
    sides = " or ".join(f"{large_numbers(x.value)} ({place_name(x.where)})" for x in (conflict.a, conflict.b))
    preferred = f"preferred: {large_numbers(conflict.chosen)}" if conflict.chosen else "none is preferred"
    end = f"settled by {conflict.reviewer}" if conflict.is_settled else "not settled"
    return f"{name}: {sides}; {preferred}; {end}."


def conflict_topic(conflict: Conflict) -> str:
    """What a conflict is about, in plain words: ``age at last follow-up``."""
    match = re.fullmatch(r"age (onset|diagnosis|treatment|last follow up|report)", conflict.field)
    return f"age at {match[1].replace('follow up', 'follow-up')}" if match else conflict.field


_LARGE = re.compile(r"(?<![\d.,])\d{6,}(?:\.0+)?(?![\d.,]*\d)")


def large_numbers(text: str) -> str:
    """Words in which large numbers are written as people do: ``1.8 × 10⁶ cells/kg``."""
    return _LARGE.sub(lambda match: dose_text(plain(Decimal(match[0])), "", "", ""), text)


def place_name(where: str) -> str:
    """A part of a paper in plain words."""
    return WHERE.get(where, where)


def unbroken(text: str) -> str:
    """Text in which a number stays with its power and its unit at the end of a line."""
    return re.sub(r"(?<=\d) (?=× 10|%|mo\b)|(?<=×) (?=10)", "\u00a0", text)


def percent(share: float) -> str:
    """A share in per cent: whole, near 0 and 100 with a decimal."""
    value = round(100 * share, 6)
    return f"{value:.1f}" if 0 < value < 10 or 90 < value < 100 else f"{value:.0f}"
