"""SYNTHESIS: the words of a paper that bear on an item of an appraisal tool, with their pages."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from extract.schema import Schema
from extract.schema.appraisal import Item
from extract.synthesis.rows import Conflict, Person, Row
from extract.synthesis.sheets import conflict_note, large_numbers

MOST = 6
"""So many quotes of an item are shown; values.csv has all."""

LONGEST = 400
"""A longer quote is cut where it is shown."""

NAMES = ("label", "diagnosis", "measure")
"""Columns whose value says by itself what it is."""

DOSES = {
    "dose_cells": "cells", "dose_cells_low": "cells", "cells_per_kg": "cells/kg", "cells_per_kg_low": "cells/kg",
    "dose_value": "", "dose_low": "",
}  # fmt: skip
"""Columns of a dose and their unit; '' where it stands beside them."""


@dataclass(frozen=True)
class Quote:
    """Words of a paper that bear on an item, and the cells that were taken from them (``says``)."""

    page: str
    text: str
    says: tuple[str, ...]

    def __str__(self) -> str:
        page = f"p. {self.page} " if self.page else ""
        words = self.text if len(self.text) <= LONGEST else self.text[: LONGEST - 1] + "…"
        return f"{page}“{words}” [{'; '.join(self.says)}]"


@dataclass(frozen=True)
class Words:
    """All that a paper says to an item. ``quotes`` in the order of the pages; ``shown``: as many of them as a reader
    can take in, those that tell most first; ``conflicts`` are those of the item's
    values, as footnotes say them; ``seen`` is changed when any quote is."""

    quotes: tuple[Quote, ...] = ()
    shown: tuple[Quote, ...] = ()
    conflicts: tuple[str, ...] = ()
    seen: str = "no quote"

    def __str__(self) -> str:
        lines = [str(quote) for quote in self.shown]
        if more := len(self.quotes) - len(self.shown):
            lines.append(f"… and {more} more in values.csv")
        return "\n".join([*lines, *(f"Conflict: {conflict}" for conflict in self.conflicts)])


Cell = tuple[str, str, str]
"""Table, record and column."""


def words_for(item: Item, paper: Row, people: Sequence[Person], conflicts: Iterable[Conflict], schema: Schema) -> Words:
    """The words of a paper that bear on an item; ``people`` and ``conflicts`` are those of the paper."""
    several = len(people) > 1
    found: dict[tuple[str, str], list[tuple[str, str]]] = {}
    cells: set[Cell] = set()
    for row, column in _cells(item, paper, people):
        value = row.values[column]
        cells.add((row.table, row.record, column))
        fact = row.patient if several else "", _said(row, column, schema)
        for place in value.places:
            key = place.page, _plain(place.quote)
            found.setdefault(key, []).append(fact)
    touching = [conflict for conflict in conflicts if _is_about(conflict, cells)]
    quotes = [Quote(page, text, _told(facts)) for (page, text), facts in found.items()]
    quotes.sort(key=lambda quote: int(quote.page) if quote.page.isdecimal() else 0)
    chosen = _chosen(quotes, found)
    sides = [(side.page, _plain(side.quote)) for c in touching for side in (c.a, c.b) if side.quote]
    return Words(
        tuple(quotes),
        tuple(quote for quote in quotes if quote in chosen),
        tuple(f"{f'{c.patient}: ' if several and c.patient else ''}{conflict_note(c)}" for c in touching),
        _mark({(quote.page, quote.text) for quote in quotes} | set(sides)),
    )


def _cells(item: Item, paper: Row, people: Sequence[Person]) -> Iterator[tuple[Row, str]]:
    """The filled cells that bear on an item."""
    for bearing in item.evidence:
        for row in _rows(bearing.table, paper, people):
            if all(row.text(name) in words for name, words in bearing.only.items()):
                yield from ((row, name) for name in bearing.columns if name in row)


def _rows(table: str, paper: Row, people: Sequence[Person]) -> Iterable[Row]:
    if table == "documents":
        return [paper]
    if table == "patients":
        return [person.row for person in people]
    return [row for person in people for row in getattr(person, table)]


def _is_about(conflict: Conflict, cells: set[Cell]) -> bool:
    return conflict.severity != "info" and bool((conflict.a.cells | conflict.b.cells) & cells)


def _chosen(quotes: Sequence[Quote], facts: Mapping[tuple[str, str], Sequence[tuple[str, str]]]) -> set[Quote]:
    """Few quotes that tell many facts of many patients: each time the one that adds most, while one adds anything."""
    told: set[tuple[str, str]] = set()
    chosen: set[Quote] = set()
    while len(chosen) < min(MOST, len(quotes)):
        best = max(quotes, key=lambda quote: len(set(facts[quote.page, quote.text]) - told))
        if told.issuperset(facts[best.page, best.text]):
            break
        told.update(facts[best.page, best.text])
        chosen.add(best)
    return chosen


def _mark(places: set[tuple[str, str]]) -> str:
    """What is changed when one of the quotes is: how many there are, and a digest of them."""
    if not places:
        return Words.seen
    digest = hashlib.sha256("\n".join(f"{page}\t{text}" for page, text in sorted(places)).encode()).hexdigest()
    return f"{len(places)} quote{'' if len(places) == 1 else 's'} {digest[:10]}"


def _said(row: Row, column: str, schema: Schema) -> str:
    """A cell in plain words: ``SLEDAI-2K 16``, ``no fever``, ``age at onset 12 years``."""
    text = large_numbers(row.text(column))
    if row.table == "documents":
        return column.replace("_", " ")
    if row.table == "outcomes" and column != "measure":
        between = {"timepoint": ", ", "rater": " rated by "}.get(column, " ")
        unit = f" {row.text('unit')}" if column == "value" and row.text("unit") else ""
        return f"{row.text('measure')}{between}{text}{unit}"
    if row.table == "adverse_events" and (column in ("event", "present") or row.text("present") == "false"):
        event = row.text("event")
        return f"no {event.removeprefix('any ')}" if row.text("present") == "false" else event
    if column == "serious":
        return "serious" if text == "true" else "not serious"
    if row.table == "therapies":
        return f"{row.text('therapy')} ({row.text('status') if column == 'status' else row.text('role')})"
    if column in NAMES:
        return text
    if column in DOSES:
        unit = DOSES[column] or row.text("dose_unit")
        return f"dose {'from ' if column.endswith('_low') else ''}{text} {unit}".rstrip()
    spec = next((c for c in schema.tables[row.table].columns if c.name == column), None)
    unit = spec.unit if spec else ""
    name = re.sub(r"^age ", "age at ", column.removesuffix(f"_{unit}").replace("_", " "))
    return f"{name} {text}{f' {unit}' if unit else ''}"


def _told(facts: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Facts by patient, patients with the same ones together: ``A, B: no fever, no rash``."""
    of_patient: dict[str, dict[str, None]] = {}
    for patient, fact in facts:
        of_patient.setdefault(patient, {})[fact] = None
    alike: dict[str, list[str]] = {}
    for patient, own in of_patient.items():
        alike.setdefault(", ".join(own), []).append(patient)
    return tuple(f"{', '.join(who)}: {own}" if any(who) else own for own, who in alike.items())


def _plain(text: str) -> str:
    return " ".join(text.split())
