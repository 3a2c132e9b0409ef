"""REVIEW: what the page shows: what the program found, and over it what this reviewer decided, as plain JSON."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from extract.evidence.applying import NAMING, SOLE
from extract.evidence.decisions import Decision, boxes_of
from extract.model import Box
from extract.review.checking import Refused, check_value, known_words
from extract.review.ledger import Key
from extract.review.outputs import BOOKKEEPING, OF_GROUPS, PAPER, TABLES, Conflict, Paper, Place, Row, Value, follows
from extract.schema import Column, Schema

Standing = Mapping[Key, Decision]

DONE: Key = ("", "", "")
"""The key of the decision that a paper is done."""

SETTLED = ("accept", "correct", "reject", "add", "absent")
"""Actions that say what stands in a cell."""

_TITLES = {PAPER: "The paper", "adverse_events": "Adverse events"}
_UNREVIEWED = frozenset({"file", "sha256", "status", "reason", "pages", "pages_without_text", "study", "design",
                         "patients_stated", "patients_found"})  # fmt: skip
"""Columns of documents.csv that say something about the file, or that no words of the paper stand for."""


class Counts(NamedTuple):
    """How far a paper is: values that were decided, all there are, and of its conflicts those that are open."""

    decided: int
    values: int
    open_conflicts: int

    @property
    def open(self) -> int:
        """Values that wait for a decision."""
        return self.values - self.decided


def shown_columns(schema: Schema, table: str) -> list[Column]:
    """The columns of a table that a reviewer is asked about."""
    hidden = BOOKKEEPING | (_UNREVIEWED if table == PAPER else frozenset())
    return [column for column in schema.tables[table].columns if column.name not in hidden]


def described(schema: Schema) -> dict[str, Any]:
    """The tables and their columns, as the page needs them to build forms."""
    return {
        table: {
            "title": _TITLES.get(table, table.replace("_", " ").capitalize()),
            "naming": list(NAMING.get(table, ())),
            "columns": [
                {
                    "name": column.name,
                    "label": label_of(column),
                    "type": column.type,
                    "unit": column.unit,
                    "allowed": list(column.allowed or (("true", "false") if column.type == "boolean" else ())),
                    "words": [] if column.allowed else list(known_words(schema, table, column.name)),
                    "meaning": column.meaning,
                    "sole": SOLE.get(table) == column.name,
                    "follows": follows(table, column.name),
                    "group": column.name in OF_GROUPS and table == "patients",
                }
                for column in shown_columns(schema, table)
            ],
        }
        for table in TABLES
    }


_LABELS = {
    "dose_cells": "dose", "dose_cells_low": "dose from", "dose_cells_high": "dose to",
    "cells_per_kg_low": "cells per kg from", "cells_per_kg_high": "cells per kg to",
    "dose_value": "dose as printed", "dose_low": "printed dose from", "dose_high": "printed dose to",
    "value_text": "value in words", "scale_max": "out of", "timepoint_months": "month", "timepoint": "when",
    "icd10": "ICD-10", "doi": "DOI", "volume_ml": "volume", "timing_months": "at months",
    "age_last_follow_up_years": "age at last visit", "age_last_follow_up_years_derived": "age at last visit (computed)",
}  # fmt: skip


def label_of(column: Column) -> str:
    """A column's name in words: ``age_onset_years`` is ``age at onset``."""
    if column.name in _LABELS:
        return _LABELS[column.name]
    name = column.name.removesuffix("_derived")
    unit = column.unit.lower().replace("/", "_per_")
    if unit and name != unit:
        name = name.removesuffix(f"_{unit}")
    if name.startswith("age_"):
        name = f"age_at_{name.removeprefix('age_')}"
    words = name.replace("_", " ")
    return f"{words} (computed)" if column.name.endswith("_derived") else words


def state_of(counts: Counts, standing: Standing) -> str:
    """How far a paper is in one word: done, decided (all of it, but not said to be done), partly, untouched."""
    if DONE in standing:
        return "done"
    if counts.values and not counts.open:
        return "decided"
    return "partly" if standing else "untouched"


def listed(paper: Paper, standing: Standing, *, hidden: bool) -> dict[str, Any]:
    """A paper in the list at the left. Of one that is ``hidden`` nothing is told that the program found."""
    about = paper.about
    if hidden:
        extracted = sum(decision.action == "extract" for decision in standing.values())
        state = "partly" if extracted else "untouched"
        return {"sha256": paper.sha256, "document": paper.name, "state": state, "hidden": True, "extracted": extracted}
    counts = count(paper, standing)
    return {
        "sha256": paper.sha256,
        "document": paper.name,
        "study": about.get("study", ""),
        "title": about.get("title", ""),
        "status": about["status"],
        "reason": about["reason"],
        "state": state_of(counts, standing),
        "decided": counts.decided,
        "values": counts.values,
        "patients": len(paper.patients()),
        "conflicts": len(paper.conflicts),
        "open_conflicts": counts.open_conflicts,
        "issues": len(paper.issues),
        "hidden": False,
    }


def count(paper: Paper, standing: Standing) -> Counts:
    """How far a paper is."""
    decided = values = 0
    for row in paper.rows:
        for name in row.asked():
            values += 1
            decided += _settles(standing.get((row.table, row.record, name)), row.values[name])
    unsettled = [conflict for conflict in paper.conflicts if not _is_settled(conflict, standing)]
    values += len(paper.conflicts)
    decided += len(paper.conflicts) - len(unsettled)
    return Counts(decided, values, len(unsettled))


def _settles(decision: Decision | None, value: Value) -> bool:
    return decision is not None and decision.action in SETTLED and not stale(decision, value)


def _is_settled(conflict: Conflict, standing: Standing) -> bool:
    return ("conflicts", conflict.id, "chosen") in standing


def stale(decision: Decision, value: Value | None) -> str:
    """Why a decision does not fit what the program finds now; '' when it does."""
    found = value.text if value else ""
    if decision.action in ("accept", "correct", "reject") and decision.old_value != found:
        now = f"now {found}" if found else "now nothing"
        return f"You decided on {decision.old_value or 'an open value'}; the program finds {now}."
    if decision.action in ("add", "absent") and found:
        return f"The program now finds {found} here; you had {decision.new_value or 'none'}."
    return ""


def shown(paper: Paper, standing: Standing, schema: Schema) -> dict[str, Any]:
    """A paper with all its values, for the middle of the page."""
    used: set[Key] = {DONE}
    rows = [_row(row, standing, used) for row in paper.rows]
    conflicts = [_conflict(conflict, paper, standing, used, schema) for conflict in paper.conflicts]
    rows += added_rows(standing, used, {"add", "absent"})
    lost = [
        _decision(one) for key, one in standing.items() if key not in used and one.action not in ("extract", "judge")
    ]
    return {
        **_about(paper),
        "hidden": False,
        "done": DONE in standing,
        "rows": rows,
        "conflicts": conflicts,
        "issues": [{name: issue[name] for name in ("severity", "page", "message")} for issue in paper.issues],
        "lost": lost,
    }


def _about(paper: Paper) -> dict[str, Any]:
    about = paper.about
    names = ("document", "sha256", "study", "title", "journal", "year", "status", "reason", "design", "patients_stated")
    return {name: about.get(name, "") for name in names}


def shown_blind(paper: Paper, standing: Standing) -> dict[str, Any]:
    """A paper of which the reviewer shall not see what the program found: only what the reviewer entered."""
    extracts = {key: decision for key, decision in standing.items() if decision.action == "extract"}
    return {
        "document": paper.name,
        "sha256": paper.sha256,
        "hidden": True,
        "done": False,
        "rows": added_rows(extracts, set(), {"extract"}),
        "conflicts": [],
        "issues": [],
        "lost": [],
    }


def _row(row: Row, standing: Standing, used: set[Key]) -> dict[str, Any]:
    cells = {name: _cell(value) for name, value in row.values.items()}
    for key, decision in standing.items():
        table, record, name = key
        if (table, record) == (row.table, row.record):
            used.add(key)
            if name in row.minor:
                continue
            cell = cells.setdefault(name, _cell(_EMPTY))
            cell["decision"] = _decision(decision)
            cell["stale"] = "" if follows(table, name) else stale(decision, row.values.get(name))
    minor = {name: value.text for name, value in row.minor.items() if value.text}
    return {"table": row.table, "record": row.record, "patient": row.patient, "cells": cells, "minor": minor}


_EMPTY = Value("", "", "empty", "", "")


def added_rows(standing: Standing, used: set[Key], actions: set[str]) -> list[dict[str, Any]]:
    """The rows that only the reviewer has, from decisions on records that no row so far has."""
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for key, decision in standing.items():
        table, record, name = key
        if key in used or decision.action not in actions or table not in TABLES:
            continue
        used.add(key)
        empty = {"table": table, "record": record, "patient": decision.patient, "cells": {}, "minor": {}, "own": True}
        row = rows.setdefault((table, record), empty)
        row["cells"][name] = {**_cell(_EMPTY), "decision": _decision(decision)}
    return list(rows.values())


def _cell(value: Value) -> dict[str, Any]:
    return {
        "value": value.text,
        "unit": value.unit,
        "status": value.status,
        "basis": value.basis,
        "formula": value.formula,
        "places": [place_json(place) for place in value.places],
        "decision": None,
        "stale": "",
    }


def place_json(place: Place) -> dict[str, Any]:
    """A place as the page draws it."""
    return {
        "written": place.as_written,
        "quote": place.quote,
        "page": int(place.page) if place.page else None,
        "box": list(place.box) if place.box else None,
        "lines": lines_json(place.lines()),
        "start": int(place.start),
        "end": int(place.end),
        "where": place.where,
        "rule": place.rule,
    }


def lines_json(boxes: Iterable[Box]) -> list[list[float]]:
    """Boxes as lists: page, x0, top, x1, bottom."""
    return [[box.page, box.x0, box.top, box.x1, box.bottom] for box in boxes]


def _decision(decision: Decision) -> dict[str, Any]:
    place = None
    if decision.quote and decision.start:
        place = {
            "written": decision.quote,
            "quote": decision.quote,
            "page": int(decision.page) if decision.page else None,
            "box": None,
            "lines": lines_json(boxes_of(decision.boxes)),
            "start": int(decision.start),
            "end": int(decision.end),
            "where": decision.where,
            "rule": "",
        }
    return {
        "action": decision.action,
        "table": decision.table,
        "record": decision.record,
        "field": decision.field,
        "patient": decision.patient,
        "old": decision.old_value,
        "value": decision.outcome if decision.action != "settle" else decision.new_value,
        "when": decision.when,
        "why": decision.why,
        "place": place,
    }


def _conflict(conflict: Conflict, paper: Paper, standing: Standing, used: set[Key], schema: Schema) -> dict[str, Any]:
    key = ("conflicts", conflict.id, "chosen")
    used.add(key)
    decision = standing.get(key)
    return {
        "record": conflict.id,
        "patient": conflict.patient,
        "field": conflict.field,
        "kind": conflict.kind,
        "severity": conflict.severity,
        "chosen": conflict.chosen,
        "explanation": conflict.explanation,
        "rule": conflict.rule,
        "sides": [
            {"value": side.value, "where": side.where, "place": place_json(side.place)} for side in conflict.sides
        ],
        "concerns": [
            {"table": row.table, "record": row.record, "field": name, "values": proposals(conflict, row, name, schema)}
            for row, name in concerned(conflict, paper)
        ],
        "decision": _decision(decision) if decision else None,
    }


def concerned(conflict: Conflict, paper: Paper) -> list[tuple[Row, str]]:
    """The values of the patient that a conflict is about: those in conflict that say what one of its sides says, from
    the same words."""
    found = []
    said = {_bare(side.value) for side in conflict.sides}
    quotes = {side.place.quote for side in conflict.sides}
    for row in paper.rows:
        if row.patient != conflict.patient and conflict.patient:
            continue
        for name, value in row.values.items():
            same_words = any(place.quote in quotes for place in value.places)
            if value.status == "conflict" and value.text in said and same_words:
                found.append((row, name))
    return found


def proposals(conflict: Conflict, row: Row, name: str, schema: Schema) -> list[str]:
    """What each side would put into a cell; '' where the side's words cannot stand there."""
    out = []
    others = {column: value.text for column, value in row.values.items()}
    for side in conflict.sides:
        try:
            out.append(check_value(schema, row.table, name, _bare(side.value), others).value)
        except Refused:
            out.append("")
    return out


def _bare(said: str) -> str:
    """What one side says without its unit and the end of its scale: ``90000000 cells``, ``3/20``."""
    first = said.split(" ")[0].split("/")[0]
    return first if first.replace(".", "", 1).replace("-", "", 1).isdigit() else said
