"""REVIEW: who says what: the value that each rater leaves for each field of each row, rows of different people joined.

A unit is a field of a row of a patient of a paper, but for those that number or quote the row or are computed. A
reviewer rates it by what he leaves there: the value he accepted, corrected, added or extracted, or nothing where he
rejected it or looked for it in vain. The program rates each unit of the papers it read by the value that it found
itself, whatever was corrected since.

A *blind* reviewer of a paper is one who extracted from it before he saw what the program found: there only what he
extracted counts. When he is through with the paper, what he did not write down is "not reported"; before that, it is
not rated. A reviewer who is through with a paper and did not add the row or the value that somebody else added has
rated that too. Settling a dispute (``via`` adjudication) is no rating.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from extract.evidence.decisions import Decision, Target, standing
from extract.review.aligning import pair_rows, same_people
from extract.review.outputs import BOOKKEEPING, PRINTED_DOSE, REPEATED_DOSE, TABLES, Outputs, Paper, Place, read_outputs
from extract.review.spelling import Spelling
from extract.schema import Schema
from extract.schema.appraisal import TABLE as APPRAISAL
from extract.schema.appraisal import ItemName

PROGRAM = "program"
"""What the program is called among the raters."""

NOT_REPORTED = "not reported"

OWN_WORDS = ("extract", "add")
"""Actions that can make a row which the program does not have."""

NO_SIGHT = ("extract", "judge", "undo", "done")
"""Actions of somebody who does not see what the program found, or that say nothing of it."""

ONE_OF = (
    frozenset({"timepoint", "timepoint_months"}),
    frozenset({"value", "value_text"}),
    frozenset({"dose_cells", "cells_per_kg", "dose_value"}),
)
"""Columns that tell one thing in two ways: whoever filled one has not left the other empty."""


@dataclass(frozen=True)
class Rating:
    """What one rater says of a unit: ``value`` as written ('' for not reported), ``key`` for comparing, and the place
    of his words."""

    value: str
    key: str
    place: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Unit:
    """A field of a row, and what each rater who rated it says.

    ``target`` is the one of the program's row where there is one, else that of the first reviewer who has the row;
    ``about`` tells the row in a few words. ``added``: the records under which reviewers added the row, by reviewer.
    """

    document: str
    target: Target
    about: str
    ratings: Mapping[str, Rating]
    blind: frozenset[str] = frozenset()
    added: Mapping[str, str] = field(default_factory=dict)

    @property
    def differs(self) -> bool:
        """Whether two raters disagree."""
        return len({rating.key for rating in self.ratings.values()}) > 1

    @property
    def name(self) -> str:
        """The field with its table; of an appraisal the tool, since each has judgements of its own."""
        table, field = self.target.table, self.target.field
        return f"{table}.{ItemName.of(self.target.record).tool if table == APPRAISAL else field}"


@dataclass
class _Line:
    """A row of one person: its record, patient, and what he says of its fields."""

    record: str
    patient: str
    cells: dict[str, Rating] = field(default_factory=dict)

    def values(self) -> dict[str, str]:
        return {name: rating.value for name, rating in self.cells.items() if rating.value}


@dataclass
class _Group:
    """The rows of several raters that tell of the same thing. ``record``: the id of the first of them."""

    patient: str
    record: str
    lines: dict[str, _Line] = field(default_factory=dict)


def read_run(folder: Path, schema: Schema) -> Outputs:
    """The papers of a run with all that the program found. Raises WrongOutputs."""
    return read_outputs(folder, {table: schema.tables[table].names() for table in TABLES})


def collect(
    decisions: Iterable[Decision],
    outputs: Outputs,
    spelling: Spelling,
    raters: Sequence[str],
) -> list[Unit]:
    """The units that at least one of ``raters`` (reviewers, and PROGRAM) has a value for or decided, papers, tables
    and rows in the order of the run; then what the run does not have."""
    decisions = list(decisions)
    marks = latest_marks(decisions)
    said: dict[str, dict[str, list[Decision]]] = defaultdict(lambda: defaultdict(list))
    names = {sha256: paper.name for sha256, paper in outputs.papers.items()}
    for decision in decisions:
        if decision.reviewer in raters and decision.via != "adjudication":
            if decision.action == "judge" and not is_judged_on(decision, marks):
                continue
            said[decision.sha256][decision.reviewer].append(decision)
            names.setdefault(decision.sha256, decision.document)
    return [
        unit
        for sha256, name in names.items()
        if said[sha256]
        for unit in _Paper(sha256, name, outputs.papers.get(sha256), said[sha256], spelling).units(raters)
    ]


Item = tuple[str, str]
"""A paper and the record of an item of an appraisal."""


def latest_marks(decisions: Iterable[Decision]) -> dict[Item, str]:
    """The quotes on which each item of an appraisal was judged last."""
    judged = sorted((d for d in standing(decisions) if d.action == "judge" and d.new_value), key=lambda d: d.when)
    return {(decision.sha256, decision.record): decision.old_value for decision in judged}


def is_judged_on(decision: Decision, marks: Mapping[Item, str]) -> bool:
    """Whether a judgement was made on the quotes on which its item was judged last: one made on others cannot be
    compared with it. What takes a judgement back is always heard."""
    return not decision.new_value or marks.get((decision.sha256, decision.record)) == decision.old_value


class _Paper:
    """What all raters say of one paper."""

    def __init__(
        self,
        sha256: str,
        name: str,
        paper: Paper | None,
        said: Mapping[str, Sequence[Decision]],
        spelling: Spelling,
    ) -> None:
        self.sha256, self.name, self.spelling = sha256, name, spelling
        self.read = paper is not None and paper.about["status"] != "failed"
        self.found = _found(paper, spelling) if paper else {}
        settled = sorted((d for own in said.values() for d in own if d.action == "settle"), key=lambda d: d.when)
        for decision in reversed(settled):  # what the program chose is gone from the tables once it was settled
            if line := self.found.get("conflicts", {}).get(decision.record):
                line.cells["chosen"] = Rating(decision.old_value, decision.old_value.casefold())
        self.blind = {who for who, own in said.items() if any(decision.action == "extract" for decision in own)}
        self.done: set[str] = set()
        self.rated: dict[tuple[str, str, str, str], Rating] = {}
        self.patients: dict[tuple[str, str, str, str], str] = {}
        self.own: dict[str, dict[str, dict[str, _Line]]] = defaultdict(lambda: defaultdict(dict))
        for who in sorted(said):
            counted = [d for d in said[who] if who not in self.blind or d.action in NO_SIGHT]
            for decision in standing(counted):
                self._take(who, decision)
            for table, lines in self.own[who].items():
                for line in lines.values():
                    _complete(table, line, spelling)

    def _take(self, who: str, decision: Decision) -> None:
        if decision.action == "done":
            self.done.add(who)
            return
        value = decision.outcome
        if decision.action == "judge" and not value:
            return  # taken back: not rated
        place = {key: getattr(decision, key) for key in PLACE}
        rating = Rating(value, self.spelling.key(decision.table, decision.field, value), place)
        if decision.action in OWN_WORDS and decision.record not in self.found.get(decision.table, {}):
            lines = self.own[who][decision.table]
            line = lines.setdefault(decision.record, _Line(decision.record, decision.patient))
            line.cells[decision.field] = rating
        else:
            where = (who, decision.table, decision.record, decision.field)
            self.rated[where], self.patients[where] = rating, decision.patient

    def units(self, raters: Sequence[str]) -> list[Unit]:
        """The units of the paper."""
        people = self._people()
        others = (table for who in sorted(self.own) for table in self.own[who])
        tables = dict.fromkeys([*self.found, *others, *(table for _, table, _, _ in self.rated)])
        return [
            unit
            for table in tables
            for group in self._groups(table, people)
            for unit in self._units(table, group, raters)
        ]

    def _people(self) -> dict[tuple[str, str], str]:
        """For each rater and each patient he names the name of that patient in the program's tables."""
        reference = [line.patient for line in self.found.get("patients", {}).values()]
        same: dict[tuple[str, str], str] = {}
        for who in sorted(self.own):
            lines = [line for table in self.own[who].values() for line in table.values()]
            own = list(dict.fromkeys(line.patient for line in lines if line.patient))
            reference = reference or own
            for name, other in same_people(reference, own).items():
                same[who, name] = other
        return same

    def _groups(self, table: str, people: Mapping[tuple[str, str], str]) -> list[_Group]:
        """The rows of a table. Who extracted blindly may mean a row of the program; who saw them and added a row does
        not."""
        groups = [_Group(line.patient, line.record, {PROGRAM: line}) for line in self.found.get(table, {}).values()]
        for who in sorted(self.own, key=lambda who: (who not in self.blind, who)):
            lines = list(self.own[who].get(table, {}).values())
            for patient in dict.fromkeys(people.get((who, line.patient), line.patient) for line in lines):
                mine = [line for line in lines if people.get((who, line.patient), line.patient) == patient]
                theirs = [g for g in groups if g.patient == patient and (who in self.blind or PROGRAM not in g.lines)]
                pairs = pair_rows(
                    table,
                    [[line.values() for line in group.lines.values()] for group in theirs],
                    [line.values() for line in mine],
                )
                for number, line in enumerate(mine):
                    if number in pairs:
                        theirs[pairs[number]].lines[who] = line
                    else:
                        groups.append(_Group(patient, line.record, {who: line}))
        known = {group.record for group in groups}
        gone = {record: patient for (_, of, record, _), patient in self.patients.items() if of == table}
        return groups + [_Group(patient, record) for record, patient in gone.items() if record not in known]

    def _units(self, table: str, group: _Group, raters: Sequence[str]) -> list[Unit]:
        record = group.record
        decided = {name for _, of, row, name in self.rated if (of, row) == (table, record)}
        fields = dict.fromkeys([*(name for line in group.lines.values() for name in line.cells), *sorted(decided)])
        rows = [line.values() for line in group.lines.values()]
        repeated = all(row["dose_unit"] in REPEATED_DOSE for row in rows if "dose_unit" in row)
        twice = {*PRINTED_DOSE, "dose_unit"} if repeated else set()
        about = record if table == APPRAISAL else _about(table, rows)
        added = {who: line.record for who, line in group.lines.items() if who != PROGRAM and who not in self.blind}
        units = []
        for name in fields:
            if name in BOOKKEEPING or name in twice or name.endswith("_derived"):
                continue
            ratings = {}
            for who in raters:
                rating = self._rating(who, table, record, name, group)
                if rating is not None:
                    ratings[who] = rating
            humans = [rating for who, rating in ratings.items() if who != PROGRAM]
            if humans and (any(rating.value for rating in ratings.values()) or name in decided):
                target = Target(self.sha256, group.patient, table, record, name)
                units.append(Unit(self.name, target, about, ratings, frozenset(self.blind), added))
        return units

    def _rating(self, who: str, table: str, record: str, name: str, group: _Group) -> Rating | None:
        """What a rater says of a field; None when he has not rated it."""
        nothing = Rating("", self.spelling.key(table, name, ""))
        line = group.lines.get(who)
        if who == PROGRAM:  # a row that nobody has any more was the program's, under an id that it had before
            return (line.cells.get(name, nothing) if line else nothing) if self.read and group.lines else None
        if (rating := self.rated.get((who, table, record, name))) is not None:
            return rating
        program = group.lines.get(PROGRAM)
        found = program.cells.get(name) if program else None
        if line is not None:
            rating = line.cells.get(name)
            told = any(name in pair and pair & line.cells.keys() for pair in ONE_OF)
            computed = found is not None and found.place.get("basis") == "derived"
            return rating or (None if told or computed else nothing)
        if who not in self.done or table == APPRAISAL:
            return None
        if who in self.blind:
            silent = table in PAPERS or (found is not None and found.place.get("basis") == "derived")
            return None if silent else nothing
        return nothing if found is None or not found.value else None


PAPERS = ("documents", "conflicts")
"""Tables that nobody who extracts is expected to fill."""

PLACE = ("quote", "page", "boxes", "start", "end", "where")
"""What tells where the words of a value stand, by the names of ``Decision``."""


def place_of(place: Place) -> dict[str, str]:
    """A place of values.csv by the names of ``Decision``."""
    return {key: getattr(place, "quote_boxes" if key == "boxes" else key) for key in PLACE}


def _found(paper: Paper, spelling: Spelling) -> dict[str, dict[str, _Line]]:
    """What the program itself found in a paper, by table and record."""
    lines: dict[str, dict[str, _Line]] = defaultdict(dict)
    for row in paper.rows:
        line = lines[row.table][row.record] = _Line(row.record, row.patient)
        for name, value in {**row.values, **row.minor}.items():
            place = {**place_of(value.places[0]), "basis": value.basis}
            line.cells[name] = Rating(value.text, spelling.key(row.table, name, value.text), place)
    for conflict in paper.conflicts:
        side = next((side for side in conflict.sides if side.value == conflict.chosen), None)
        rating = Rating(conflict.chosen, conflict.chosen.casefold(), place_of(side.place) if side else {})
        lines["conflicts"][conflict.id] = _Line(conflict.id, conflict.patient, {"chosen": rating})
    return lines


def _complete(table: str, line: _Line, spelling: Spelling) -> None:
    """Repeat a dose in the columns that hold it in whatever unit, or in its own, as the tables do."""
    if table != "administrations":
        return
    cells = line.cells

    def copy(source: str, column: str, value: str = "") -> None:
        given = cells[source]
        text = value or given.value
        cells[column] = Rating(text, spelling.key(table, column, text), given.place)

    if "dose_value" not in cells:
        for column, unit in (("dose_cells", "cells"), ("cells_per_kg", "cells/kg")):
            if column in cells and cells[column].value and "dose_value" not in cells:
                copy(column, "dose_value")
                copy(column, "dose_unit", unit)
    elif "dose_unit" in cells:
        column = {"cells": "dose_cells", "cells/kg": "cells_per_kg"}.get(cells["dose_unit"].key, "")
        if column and column not in cells:
            copy("dose_value", column)


_TELLING = {
    "patients": ("label",),
    "diagnoses": ("diagnosis",),
    "administrations": ("route", "site", "laterality", "dose_value", "dose_unit"),
    "outcomes": ("measure", "rater", "phase", "timepoint"),
    "adverse_events": ("event",),
    "therapies": ("therapy", "role"),
}


def _about(table: str, rows: Sequence[Mapping[str, str]]) -> str:
    """A row in a few words, as the first who has it tells it."""
    return " ".join(filter(None, (rows[0].get(name, "") for name in _TELLING.get(table, ())))) if rows else ""
