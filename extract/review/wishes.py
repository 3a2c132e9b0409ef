"""REVIEW: what a file of corrections asks for: wishes, and refusals of what cannot be understood or cannot be.

A wish is not yet a decision: the same field may be changed in two sheets. Nothing is dropped in silence; a refusal
names sheet, row and column.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from extract.review.sheets import Cells, Line, Sheet, as_typed, destroyed, unchanged
from extract.review.spelling import Spelling
from extract.schema import Column, Schema

Kind = Literal["set", "keep", "none", "settle"]

REVIEWS: dict[str, str] = {
    "accept": "accept", "accepted": "accept", "ok": "accept", "reject": "reject", "rejected": "reject",
    "absent": "absent", "not reported": "absent", "": "", "unreviewed": "", "correct": "set", "corrected": "set",
    "add": "set", "added": "set", "settle": "set", "settled": "set",
}  # fmt: skip
"""What may be written in the column review, and what it asks for; ``set`` asks for a change that stands in the row."""


class Spot(NamedTuple):
    """A cell of the file; ``row`` as a spreadsheet counts, 0 for a row that is gone."""

    sheet: str
    row: int
    column: str


class Field(NamedTuple):
    """What a wish is about. The record of a row that the run does not have is ``new`` and its number in the file."""

    document: str
    patient: str
    table: str
    record: str
    field: str


@dataclass(frozen=True)
class Wish:
    """What shall become of a field. ``set``: ``value`` shall stand there ('' for nothing); ``keep``: what stands there
    is right; ``none``: it was looked for in vain; ``settle``: ``value`` is the side that holds. ``words`` are those of
    the paper that say it, ``place`` the row of the trail whose words a person chose."""

    spot: Spot
    field: Field
    kind: Kind
    value: str = ""
    words: str = ""
    why: str = ""
    place: Cells | None = None


@dataclass(frozen=True)
class Refusal:
    """A change that is not imported, and why. ``about``: the cells of its row."""

    spot: Spot
    about: Cells
    before: str
    value: str
    reason: str


@dataclass
class Found:
    """All that a file asks for. ``deleted``: rows of the run that the file has no more. ``new_rows``: rows that the run
    does not have, by the name that their wishes give as record."""

    wishes: list[Wish] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    deleted: list[Refusal] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    new_rows: dict[str, Cells] = field(default_factory=dict)


class Intake:
    """Takes in wishes and refusals, with what it takes to judge a cell: the rules, and the trail of the run."""

    def __init__(self, schema: Schema, spelling: Spelling, trail: Sequence[Cells], documents: Iterable[str]) -> None:
        self.schema, self.spelling = schema, spelling
        self.documents = set(documents)
        self.patients = {(row["document"], row["patient"]) for row in trail if row["table"] == "patients"}
        self.papers = {row["document"]: row["record"] for row in trail if row["table"] == "documents"}
        """The record under which the trail tells of each paper itself."""
        self.told: dict[str, set[str]] = defaultdict(set)
        """The fields of each record that the trail tells of."""
        for row in trail:
            self.told[row["record"]].add(row["field"])
        self.shown = {row["value_id"] for row in trail if row["shown"] == "yes"}
        """The values that have a place which is shown."""
        self.found = Found()

    def column(self, table: str, name: str) -> Column | None:
        """A column of a table; None for one that the table does not have."""
        spec = self.schema.tables[table]
        return spec.column(name) if name in spec.names() else None

    def same(self, sheet: Sheet, name: str, before: str, now: str) -> bool:
        """Whether a cell of a sheet says what it said."""
        return unchanged(sheet, self.column(sheet.table, name), before, now)

    def asked(self, sheet: Sheet, line: Line, before: Cells) -> str | None:
        """What the column review of a row asks for, '' for nothing; None when it cannot be understood."""
        said, was = line.cells.get("review", "").strip().casefold(), before.get("review", "").casefold()
        if said == was or "review" not in sheet.columns:
            return ""
        if said not in REVIEWS:
            self.refuse(sheet, line, "review", was, f"'{said}' cannot be chosen. Choose accept, reject or absent.")
            return None
        if REVIEWS[said] == "" and was not in ("", "unreviewed"):
            self.refuse(sheet, line, "review", was, "a decision is taken back on the page of 'caseloom review'.")
            return None
        return REVIEWS[said]

    def value(
        self, sheet: Sheet, line: Line, about: tuple[str, str], before: str, row: Mapping[str, str], column: str = ""
    ) -> str | None:
        """The value that was typed for a field (``about``: table and name) into the column of its name, or another, as
        the tables hold it; None when it cannot be, which is refused."""
        table, name = about
        column = column or name
        spec = self.schema.tables[table].column(name)
        now = line.cells.get(column, "")
        if fault := destroyed(sheet, line.number, column, spec, before, now):
            self.refuse(sheet, line, column, before, fault)
            return None
        reading = self.spelling.read(table, name, as_typed(sheet, spec, now), row, line.cells.get("words", ""))
        if reading.fault:
            self.refuse(sheet, line, column, before, reading.fault)
            return None
        if reading.note:
            self.found.notes.append(f"{sheet.title} row {line.number}, {name}: {reading.note}.")
        return reading.value

    def wish(self, sheet: Sheet, line: Line, about: Field, kind: Kind, value: str = "", **more: Cells | None) -> None:
        """Take in a wish; its words and reasons stand in its row, if it needs any."""
        column = "value" if sheet.table == "values" else about.field
        words = line.cells.get("words", "") if kind == "set" and value else ""
        spot = Spot(sheet.title, line.number, column)
        self.found.wishes.append(Wish(spot, about, kind, value, words, line.cells.get("why", ""), **more))

    def refuse(self, sheet: Sheet, line: Line, column: str, before: str, reason: str) -> None:
        """Take in a change that cannot be imported."""
        spot = Spot(sheet.title, line.number, column)
        self.found.refusals.append(Refusal(spot, line.cells, before, line.cells.get(column, ""), reason))

    def tell_deleted(self, sheet: Sheet, rows: Sequence[Cells]) -> None:
        """Rows of the run that are gone, of papers that the file still has."""
        kept = {line.cells.get("document", "") for line in sheet.lines}
        for row in rows:
            if row.get("document", "") in kept:
                reason = "the row was deleted, which rejects nothing: to reject it, put it back and choose reject."
                self.found.deleted.append(Refusal(Spot(sheet.title, 0, ""), row, "", "", reason))
        others = {row.get("document", "") for row in rows} - kept
        if others:
            number = f"{len(others)} document{'s' if len(others) > 1 else ''}"
            self.found.notes.append(f"{sheet.title}: {number} of the run not in it, left as they are.")


def says_anything(line: Line) -> bool:
    """Whether somebody wrote into a row."""
    return any(text for name, text in line.cells.items() if name not in ("page", "state"))


def resolved(wishes: Sequence[Wish]) -> Iterator[tuple[Wish, list[Wish]]]:
    """One wish for each field, with those that contradict it. What was changed goes before what was confirmed."""
    fields: dict[Field, list[Wish]] = defaultdict(list)
    for wish in wishes:
        fields[wish.field].append(wish)
    for several in fields.values():
        changed = [wish for wish in several if wish.kind in ("set", "settle")] or several
        first = max(changed, key=lambda wish: bool(wish.words))
        against = [wish for wish in changed if (wish.kind, wish.value) != (first.kind, first.value)]
        if first.kind == "set" and not first.value:
            against += [wish for wish in several if wish.kind == "keep"]
        yield first, against
