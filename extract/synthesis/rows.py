"""SYNTHESIS: what the tables of a run hold, row by row, each value with what the trail says of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from extract.schema import Schema

REVIEWED = ("accepted", "corrected")
"""What a reviewer can have decided of a value that stands."""


class Place(NamedTuple):
    """Words of a paper, the page that they stand on ('' in text without pages), and the part of the paper."""

    page: str
    quote: str
    where: str


@dataclass(frozen=True)
class Value:
    """A value that a table shows. ``number`` is set in columns of numbers. The rest is from values.csv and empty where
    that does not tell: ``where`` names the parts of the paper, ``quotes`` its words, ``pages`` their pages, ``places``
    all three together; ``id`` is its value_id."""

    text: str
    number: Decimal | None = None
    status: str = ""
    basis: str = ""
    review: str = ""
    where: tuple[str, ...] = ()
    quotes: tuple[str, ...] = ()
    pages: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    formula: str = ""
    id: str = ""
    places: tuple[Place, ...] = ()

    @property
    def is_derived(self) -> bool:
        """Whether the value was computed from what the paper prints, or looked up for it."""
        return self.status == "derived" or self.basis == "derived"

    @property
    def is_reviewed(self) -> bool:
        """Whether a reviewer accepted or entered it."""
        return self.review in REVIEWED


@dataclass(frozen=True)
class Row:
    """A row of a table: whose it is, its record id, and its values; a cell that is empty has none."""

    table: str
    document: str
    patient: str
    record: str
    values: Mapping[str, Value]

    def __contains__(self, name: str) -> bool:
        return name in self.values

    def value(self, name: str) -> Value | None:
        """The value of a column, None where the cell is empty."""
        return self.values.get(name)

    def text(self, name: str) -> str:
        """The text of a cell, '' for empty."""
        value = self.values.get(name)
        return value.text if value else ""

    def number(self, name: str) -> Decimal | None:
        """The number of a cell, None for empty or for a column of words."""
        value = self.values.get(name)
        return value.number if value else None

    def items(self, name: str) -> tuple[str, ...]:
        """The items of a list cell."""
        return tuple(item for part in self.text(name).split(";") if (item := part.strip()))


@dataclass(frozen=True)
class Side:
    """One of two statements that cannot both hold; ``cells``: the (table, record, column) that show it."""

    value: str
    where: str
    quote: str
    page: str
    cells: frozenset[tuple[str, str, str]] = frozenset()

    def is_of(self, row: Row) -> bool:
        """Whether a row shows this statement."""
        return any((table, record) == (row.table, row.record) for table, record, _ in self.cells)


@dataclass(frozen=True)
class Conflict:
    """Two statements of one paper that cannot both hold; ``patient`` is '' where it is about the whole paper."""

    id: str
    document: str
    patient: str
    field: str
    a: Side
    b: Side
    kind: str
    severity: str
    chosen: str
    rule: str
    explanation: str
    review: str
    reviewer: str

    @property
    def is_settled(self) -> bool:
        """Whether a reviewer decided it."""
        return self.review in REVIEWED

    @property
    def is_open(self) -> bool:
        """Whether two values stand against each other and nobody has decided; remarks on one value do not count."""
        return not self.is_settled and self.severity != "info"

    @property
    def passed_over(self) -> tuple[Side, ...]:
        """The sides that are not shown because the other one was chosen; none where nothing was."""
        if not self.chosen:
            return ()
        return tuple(side for side in (self.a, self.b) if side.value != self.chosen)

    def other(self, side: Side) -> Side:
        """The side that stands against one."""
        return self.b if side is self.a else self.a


@dataclass(frozen=True)
class Person:
    """A row of patients.csv with all that belongs to it; several people where ``is_group``."""

    study: str
    paper: Row
    row: Row
    diagnoses: tuple[Row, ...] = ()
    administrations: tuple[Row, ...] = ()
    outcomes: tuple[Row, ...] = ()
    adverse_events: tuple[Row, ...] = ()
    therapies: tuple[Row, ...] = ()
    conflicts: tuple[Conflict, ...] = ()

    @property
    def document(self) -> str:
        """The document that tells of the person."""
        return self.row.document

    @property
    def patient(self) -> str:
        """The paper's own number or letter."""
        return self.row.patient

    @property
    def key(self) -> tuple[str, str]:
        """Document and patient: what tells one person from all others."""
        return self.document, self.patient

    @property
    def name(self) -> str:
        """Study and patient, as a reader knows them."""
        return f"{self.study}, {self.patient}"

    @property
    def is_group(self) -> bool:
        """Whether the row stands for several people who are not told one by one."""
        return self.row.text("kind") == "group"

    @property
    def n(self) -> int | None:
        """How many people the row stands for; None for a group of unknown size."""
        number = self.row.number("n")
        return int(number) if number is not None else None if self.is_group else 1

    @property
    def is_treated(self) -> bool:
        """Whether the paper tells of cells given."""
        return self.paper.text("reason") != "no_cell_therapy"

    @cached_property
    def index(self) -> tuple[str, ...]:
        """The diagnoses that the cells were given for."""
        names = (row.text("diagnosis") for row in self.diagnoses if row.text("role") == "index")
        return tuple(dict.fromkeys(name for name in names if name))


@dataclass(frozen=True)
class Outputs:
    """The tables of a run. ``people`` holds groups too; most questions are about ``individuals``.

    ``notes`` says what a reader of any result must know of the tables as they were found; ``filters`` names what was
    left out on purpose (see ``extract.synthesis.sensitivity``).
    """

    folder: Path
    schema: Schema
    run: Mapping[str, Any]
    papers: tuple[Row, ...]
    people: tuple[Person, ...]
    conflicts: tuple[Conflict, ...]
    issues: tuple[Row, ...] = ()
    overlaps: tuple[Row, ...] = ()
    decisions: tuple[Row, ...] = ()
    notes: tuple[str, ...] = ()
    filters: tuple[str, ...] = ()
    studies: Mapping[str, str] = field(default_factory=dict)
    """The name of the study by document: first author and year, with a letter where two would be the same."""

    @property
    def treated(self) -> tuple[Person, ...]:
        """Everybody who was given cells, groups included."""
        return tuple(person for person in self.people if person.is_treated)

    @property
    def individuals(self) -> tuple[Person, ...]:
        """Everybody who was given cells and is told of one by one."""
        return tuple(person for person in self.treated if not person.is_group)

    @property
    def groups(self) -> tuple[Person, ...]:
        """Those who were given cells and are told of as a group only."""
        return tuple(person for person in self.treated if person.is_group)

    def by_paper(self) -> Iterator[tuple[Row, tuple[Person, ...]]]:
        """Each paper with its people."""
        for paper in self.papers:
            yield paper, tuple(person for person in self.people if person.document == paper.document)
