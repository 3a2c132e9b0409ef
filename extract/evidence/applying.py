"""EVIDENCE: decisions of reviewers are applied to what documents say.

A decision finds its value by the digest of the document, the record and the field, and where the record's id has moved
by the words it was taken from. Nothing is applied on a guess: what has changed since is stale, where reviewers differ
the program's value stays, and every decision's fate is a row of decisions.csv.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from extract.evidence.cells import reported_text
from extract.evidence.decisions import Decision, standing
from extract.evidence.fates import Fate, Unfit, places_of, scalar_of
from extract.evidence.following import follow
from extract.model import (
    RECORDS,
    CaseRecord,
    Conflict,
    Issue,
    Record,
    Reported,
)
from extract.schema import Schema
from extract.schema.appraisal import TABLE as APPRAISAL

NAMING = {
    "patients": ("label", "kind", "sex"),
    "diagnoses": ("diagnosis",),
    "administrations": ("route", "dose_cells", "cells_per_kg", "dose_value", "tissue", "cell_type", "product"),
    "outcomes": ("measure",),
    "adverse_events": ("event",),
    "therapies": ("therapy",),
}
"""What a row of a table cannot be without: one of these must be given for a new one."""

SOLE = {"diagnoses": "diagnosis", "outcomes": "measure", "adverse_events": "event", "therapies": "therapy"}
"""The value without which a row says nothing: who rejects it rejects the row."""


class Spot(NamedTuple):
    """Where a decision applies in this run: a field of a record; the record is '' for facts of the paper."""

    table: str
    record: str
    field: str


class Applied(NamedTuple):
    """The records after review, and the fate of every decision in the order given."""

    records: list[CaseRecord]
    fates: list[tuple[Decision, Fate]]

    def states(self) -> dict[str, int]:
        """How many decisions came to which state."""
        return states(self.fates)

    def rows(self) -> list[dict[str, str]]:
        """The rows of decisions.csv."""
        return decision_rows(self.fates)


def states(fates: Iterable[tuple[Decision, Fate]]) -> dict[str, int]:
    """How many decisions came to which state."""
    return dict(Counter(fate.state for _, fate in fates))


def decision_rows(fates: Iterable[tuple[Decision, Fate]]) -> list[dict[str, str]]:
    """The rows of decisions.csv."""
    return [{**decision.model_dump(), "state": fate.state, "reason": fate.reason} for decision, fate in fates]


class Applying:
    """Applies decisions to the documents that are handed to it, one after the other.

    An accepted value is marked, a corrected one replaced (basis reviewed; the program's own stays as ``earlier``), a
    rejected one taken away, a missing one added; what follows from a changed value is computed anew. Decisions that are
    stale, disputed or incomplete change nothing and become an issue of their document.
    """

    def __init__(self, decisions: Sequence[Decision], schema: Schema) -> None:
        self._decisions, self._schema = decisions, schema
        self._of_paper: dict[str, list[Decision]] = {}
        for decision in decisions:
            if decision.table != APPRAISAL:
                self._of_paper.setdefault(decision.sha256, []).append(decision)
        self._wanted = {decision.document for decision in decisions}
        self._names: dict[str, str] = {}
        self._fates = _of_judgements([decision for decision in decisions if decision.table == APPRAISAL])

    def apply(self, record: CaseRecord) -> CaseRecord:
        """A document with what was decided on it."""
        paper = record.paper
        if paper.name in self._wanted:
            self._names[paper.name] = paper.sha256
        own = self._of_paper.get(paper.sha256, []) if paper.reason != "duplicate_file" else []
        if not own:
            return record
        work = _Paper(record, self._schema)
        work.apply(own, self._fates)
        return work.result(self._fates, own)

    def fates(self) -> list[tuple[Decision, Fate]]:
        """What became of each decision, in the order given, when all documents were handed in."""
        for decision in self._decisions:
            if decision.decision in self._fates:
                continue
            now = self._names.get(decision.document)
            changed = now is not None and now != decision.sha256
            reason = f"the file of {decision.document} has changed since" if changed else "its paper is not in this run"
            self._fates[decision.decision] = Fate("stale" if changed else "elsewhere", reason)
        return [(decision, self._fates[decision.decision]) for decision in self._decisions]


def apply_decisions(records: Iterable[CaseRecord], decisions: Sequence[Decision], schema: Schema) -> Applied:
    """Records with what reviewers decided (see ``Applying``), and what became of each decision."""
    applying = Applying(decisions, schema)
    return Applied([applying.apply(record) for record in records], applying.fates())


def _of_judgements(decisions: Sequence[Decision]) -> dict[str, Fate]:
    """The fates of judgements on items of an appraisal: they change no table, whatever was read in this run."""
    live = {decision.decision for decision in standing(decisions)}
    return {
        d.decision: Fate("noted", "a judgement of an appraisal: the report shows it")
        if d.decision in live
        else Fate("noted", "takes back an earlier decision")
        if d.action == "undo"
        else Fate("superseded", f"{d.reviewer} decided anew or took it back")
        for d in decisions
    }


@dataclass
class _Row:
    """A record in work."""

    record: Record
    values: dict[str, Reported]
    changed: set[str]


class _Paper:
    """One document in work: its rows by id, its own facts, its conflicts."""

    def __init__(self, case: CaseRecord, schema: Schema) -> None:
        self.case = case
        self.schema = schema
        self.facts = dict(case.paper.values)
        self.rows = {row.id: _Row(row, dict(row.values), set()) for row in case.records()}
        self.conflicts = {conflict.id: conflict for conflict in case.conflicts}

    # --- which decisions apply

    def apply(self, decisions: Sequence[Decision], fates: dict[str, Fate]) -> None:
        """Apply all decisions on this paper and write down their fates."""
        live = standing(decisions)
        known = {decision.decision for decision in live}
        for decision in decisions:
            if decision.action == "undo":
                fates[decision.decision] = Fate("noted", "takes back an earlier decision")
            elif decision.decision not in known:
                fates[decision.decision] = Fate("superseded", f"{decision.reviewer} decided anew or took it back")
        named = self._new_rows(live)
        spots: dict[Spot, list[Decision]] = {}
        for decision in live:
            if decision.action in ("done", "extract"):
                fates[decision.decision] = Fate("noted", "a blind reading" if decision.action == "extract" else "")
                continue
            try:
                spots.setdefault(self._find(decision, named), []).append(decision)
            except Unfit as unfit:
                fates[decision.decision] = unfit.fate
        for spot, several in spots.items():
            self._settle(spot, several, fates)

    def _settle(self, spot: Spot, decisions: Sequence[Decision], fates: dict[str, Fate]) -> None:
        """Apply what reviewers decided on one spot, if they agree or an adjudicator did."""
        judged = [decision for decision in decisions if decision.via == "adjudication"]
        rulings = {(decision.action == "settle", decision.outcome) for decision in judged or decisions}
        if len(rulings) > 1:
            who = ", ".join(sorted({f"{d.reviewer}: {d.outcome or 'not reported'}" for d in judged or decisions}))
            fate = Fate("disputed", f"reviewers differ ({who}); settle it with review adjudicate")
            fates.update((decision.decision, fate) for decision in decisions)
            return
        chosen = (judged or list(decisions))[-1]
        reviewer = "; ".join(sorted({decision.reviewer for decision in judged or decisions}))
        try:
            fate = self._change(spot, chosen, reviewer)
        except Unfit as unfit:
            fate = unfit.fate
        for decision in decisions:
            over = judged and decision not in judged
            by = f"settled by {reviewer}: {chosen.outcome or 'not reported'}"
            fates[decision.decision] = Fate("superseded", by) if over else fate

    # --- where a decision applies

    def _new_rows(self, decisions: Iterable[Decision]) -> set[str]:
        """The ids of new rows that are complete enough to be one."""
        return {d.record for d in decisions if d.action == "add" and d.field in NAMING.get(d.table, ())}

    def _find(self, decision: Decision, named: set[str]) -> Spot:
        """The spot of a decision in this run. Raises Unfit when it has gone."""
        if decision.table == "conflicts":
            return Spot("conflicts", self._conflict(decision).id, "chosen")
        if decision.table == "documents":
            return Spot("documents", "", decision.field)
        if decision.table not in RECORDS:
            raise Unfit("waiting", f"there is no table {decision.table!r} of values")
        if decision.record in named and decision.record not in self.rows:  # a row that reviewers add, or take back
            return Spot(decision.table, decision.record, decision.field)
        row = self._row(decision)
        if row is not None:
            return Spot(decision.table, row.record.id, decision.field)
        if decision.action == "absent" and decision.via == "adjudication":
            raise Unfit("noted", "the row that it denies was not found by the program either")
        raise Unfit("stale", f"the row of {decision.table} that it is about is not found any more")

    def _row(self, decision: Decision) -> _Row | None:
        """The row that a decision is about: by its id, else by the quoted words, else the patient's only one."""
        same = self.rows.get(decision.record)
        if same is not None and same.record.table == decision.table:
            # a correction may rest on other words than the value did
            as_it_was = _said(same.values.get(decision.field)) == decision.old_value
            if self._speaks(same, decision) or (decision.action == "correct" and as_it_was):
                return same
        rows = [
            row
            for row in self.rows.values()
            if row.record.table == decision.table and row.record.patient == decision.patient
        ]
        if decision.table == "patients":
            return rows[0] if rows else None
        if decision.action in ("add", "absent"):
            return same if same is not None and same.record.table == decision.table else None
        quoted = [row for row in rows if self._speaks(row, decision)]
        alike = [row for row in quoted if _said(row.values[decision.field]) == decision.old_value]
        found = alike or quoted
        return found[0] if len(found) == 1 else None

    def _speaks(self, row: _Row, decision: Decision) -> bool:
        """Whether a row holds the field with the words that a decision rests on."""
        if decision.action in ("add", "absent"):
            return True
        value = row.values.get(decision.field)
        return value is not None and (not decision.quote or _quotes(value, decision.quote))

    def _conflict(self, decision: Decision) -> Conflict:
        same = self.conflicts.get(decision.record)
        sides = [
            conflict
            for conflict in ([same] if same else self.conflicts.values())
            if conflict.patient == decision.patient and decision.new_value in (conflict.a.value, conflict.b.value)
        ]
        if not same:
            sides = [c for c in sides if any(_plain(x.provenance.quote) == decision.quote != "" for x in (c.a, c.b))]
        if len(sides) != 1:
            raise Unfit("stale", "the conflict that it settles is not found any more")
        return sides[0]

    # --- what a decision changes

    def _change(self, spot: Spot, decision: Decision, reviewer: str) -> Fate:
        if spot.table == "conflicts":
            return self._settle_conflict(spot.record, decision, reviewer)
        if spot.table == "documents":
            self.facts, fate = self._with_value(self.facts, spot, decision, reviewer)
            return fate
        row = self.rows.get(spot.record)
        if row is None:
            kind = RECORDS[spot.table]
            peers = [r.record.order for r in self.rows.values() if r.record.table == spot.table]
            row = _Row(kind(id=spot.record, patient=decision.patient, order=max(peers, default=0) + 1), {}, set())
        row.values, fate = self._with_value(row.values, spot, decision, reviewer)
        self.rows.setdefault(spot.record, row)
        if decision.action in ("correct", "reject", "add"):
            row.changed.add(spot.field)
        return fate

    def _settle_conflict(self, id: str, decision: Decision, reviewer: str) -> Fate:
        conflict = self.conflicts[id]
        same = decision.new_value == conflict.chosen
        self.conflicts[id] = conflict.model_copy(
            update={
                "chosen": decision.new_value,
                "review": "accepted" if same else "corrected",
                "reviewer": reviewer,
            }
        )
        return Fate("applied")

    def _with_value(
        self, values: dict[str, Reported], spot: Spot, decision: Decision, reviewer: str
    ) -> tuple[dict[str, Reported], Fate]:
        """The values of a row with one decision applied."""
        column = next((c for c in self.schema.tables[spot.table].columns if c.name == spot.field), None)
        if column is None:
            raise Unfit("stale", f"{spot.table}.csv has no column {spot.field!r}")
        now = values.get(spot.field)
        shown = _said(now)
        if decision.action == "absent":
            if shown:
                raise Unfit("stale", f"the program now finds {shown}")
            return values, Fate("applied")
        agrees = decision.action in ("correct", "add") and shown == decision.new_value != ""
        if decision.action in ("accept", "reject", "add") and not agrees and shown != decision.old_value:
            raise Unfit("stale", f"the program now finds {shown or 'nothing'}")
        if decision.action == "accept" or agrees:
            if now is None or now.value is None:
                raise Unfit("stale", "there is no value to accept")
            reason = "the program now finds it too" if agrees else ""
            return {**values, spot.field: now.model_copy(update=_marks("accepted", reviewer))}, Fate("applied", reason)
        if decision.action == "reject":
            gone = Reported(status="not_reported", earlier=now, review="rejected", reviewer=reviewer)
            return {**values, spot.field: gone}, Fate("applied")
        value = Reported(
            value=scalar_of(decision.new_value, column),
            status="reported",
            unit=(now.unit if now else "") or column.unit,
            provenance=places_of(decision, now),
            review="corrected",
            reviewer=reviewer,
            earlier=now if now is not None and now.provenance else None,
        )
        moved = decision.action == "correct" and shown not in (decision.old_value, decision.new_value)
        return {**values, spot.field: value}, Fate("applied", f"the program now finds {shown}" if moved else "")

    # --- the result

    def result(self, fates: Mapping[str, Fate], decisions: Iterable[Decision]) -> CaseRecord:
        """The record of the document after review."""
        self._withdraw()
        follow(self.rows.values(), self.schema)
        tables = {
            name: tuple(
                row.record.model_copy(update={"values": row.values})
                for row in self.rows.values()
                if row.record.table == name
            )
            for name in RECORDS
        }
        open_points = [
            Issue(
                severity="minor",
                message=f"A decision of {d.reviewer} on {d.field} of {d.table} was not applied: {fate.reason}.",
                page=int(d.page) if d.page else None,
                reason=f"decision_{fate.state}",
            )
            for d in decisions
            if (fate := fates[d.decision]).state in ("stale", "disputed", "waiting")
        ]
        return self.case.model_copy(
            update={
                **tables,
                "paper": self.case.paper.model_copy(update={"values": self.facts}),
                "conflicts": tuple(self.conflicts.values()),
                "issues": (*self.case.issues, *open_points),
            }
        )

    def _withdraw(self) -> None:
        """Rows whose sole value was rejected go as a whole, and with a patient all that is said of the person."""
        gone: dict[str, str] = {}
        for row in self.rows.values():
            reviewer = self._rejected_by(row)
            if reviewer:
                _reject_all(row, reviewer)
                if row.record.table == "patients":
                    gone[row.record.patient] = reviewer
        for row in self.rows.values():
            if row.record.patient in gone and row.record.table != "patients":
                _reject_all(row, gone[row.record.patient])

    def _rejected_by(self, row: _Row) -> str:
        """Who has rejected a row; '' for nobody."""
        rejected = {name: value for name, value in row.values.items() if value.review == "rejected"}
        sole = SOLE.get(row.record.table, "")
        if sole in rejected:
            return rejected[sole].reviewer
        if row.record.table == "outcomes" and rejected:
            held = [value for name in ("value", "value_text") if (value := row.values.get(name)) is not None]
            if held and all(value.review == "rejected" for value in held):
                return held[0].reviewer
        if rejected and all(value.value is None or value.formula for value in row.values.values()):
            return next(iter(rejected.values())).reviewer
        return ""


def _reject_all(row: _Row, reviewer: str) -> None:
    for name, value in row.values.items():
        if value.value is not None:
            row.values[name] = Reported(status="not_reported", earlier=value, review="rejected", reviewer=reviewer)


def _marks(review: str, reviewer: str) -> dict[str, str]:
    return {"review": review, "reviewer": reviewer}


def _said(value: Reported | None) -> str:
    """A value as decisions hold it: on one line, without blanks at its ends."""
    return _plain(reported_text(value))


def _plain(words: str) -> str:
    return " ".join(words.split())


def _quotes(value: Reported, words: str) -> bool:
    """Whether one of the places of a value has these words."""
    return any(_plain(place.quote) == _plain(words) for place in value.provenance)
