"""SYNTHESIS: one JSON file for each study, with the JSON Schema that describes it."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from extract.schema import Schema
from extract.synthesis.confounding import co_interventions, names_of
from extract.synthesis.direction import Change, Course, courses_of
from extract.synthesis.files import write_file
from extract.synthesis.json_schema import RECORDS, SCHEMA_ID, WHOSE, study_schema
from extract.synthesis.measures import unit_table
from extract.synthesis.readings import Reading
from extract.synthesis.rows import Conflict, Outputs, Person, Row, Value
from extract.synthesis.safety import state

SCHEMA_FILE = "study.schema.json"


def study_json(outputs: Outputs, paper: Row) -> dict[str, Any]:
    """What one paper says, as data for ``json``: every value with its status, basis, review, places and words."""
    people = [person for person in outputs.people if person.document == paper.document]
    units = unit_table(outputs.schema)
    return {
        "schema": SCHEMA_ID,
        "document": paper.document,
        "study": outputs.studies.get(paper.document, paper.document),
        "rules": str(outputs.run.get("schema", {}).get("hash", "")) if outputs.run else "",
        "paper": _values(paper, outputs.schema),
        "patients": [_person(outputs, person, courses_of(outputs, person, units)) for person in people],
        "conflicts": [_conflict(conflict) for conflict in outputs.conflicts if conflict.document == paper.document],
    }


def _person(outputs: Outputs, person: Person, courses: Sequence[Course]) -> dict[str, Any]:
    return {
        "patient": person.patient,
        "group": person.is_group,
        "n": person.n,
        "values": _values(person.row, outputs.schema),
        **{
            name: [{"record": row.record, "values": _values(row, outputs.schema)} for row in getattr(person, name)]
            for name in RECORDS
        },
        "courses": [_course(course) for course in courses],
        "adverse_events_told": state(person),
        "could_also_explain": list(names_of(co_interventions(person))),
    }


def _values(row: Row, schema: Schema) -> dict[str, Any]:
    spec = schema.tables.get(row.table)
    types = {column.name: column.type for column in spec.columns} if spec else {}
    return {name: _value(value, types.get(name, "text")) for name, value in row.values.items() if name not in WHOSE}


def _value(value: Value, kind: str) -> dict[str, Any]:
    out: dict[str, Any] = {"value": _plain(value, kind)}
    facts = {
        "status": value.status,
        "basis": value.basis,
        "review": value.review,
        "formula": value.formula,
        "where": list(value.where),
        "pages": list(value.pages),
        "quotes": list(value.quotes),
        "rules": list(value.rules),
    }
    return out | {name: fact for name, fact in facts.items() if fact}


def _plain(value: Value, kind: str) -> Any:
    if value.number is not None:
        return _number(value.number)
    if kind == "boolean" and value.text in ("true", "false"):
        return value.text == "true"
    if kind == "list":
        return [item for part in value.text.split(";") if (item := part.strip())]
    return value.text


def _number(number: Decimal) -> int | float:
    """The number that JSON writes with the same digits."""
    return int(number) if number == number.to_integral_value() else float(number)


def _maybe(number: Decimal | None) -> int | float | None:
    return None if number is None else _number(number)


def _course(course: Course) -> dict[str, Any]:
    return {
        "measure": course.measure.name,
        "rater": course.measure.rater,
        "domain": course.measure.domain,
        "better": course.measure.better,
        "range": None if course.bounds.high is None else [_maybe(course.bounds.low), _maybe(course.bounds.high)],
        "range_from": course.bounds.source,
        "before": [_reading(reading) for reading in course.before],
        "after": [_reading(reading) for reading in course.after],
        "phase_not_told": [_reading(reading) for reading in course.unplaced],
        "last": _change(course.last),
        "by_time": {name: _change(change) for name, change in course.by_class.items()},
        "thresholds": [
            {
                "meaning": response.threshold.meaning,
                "value": response.threshold.value,
                "source": response.threshold.source,
                "met": response.met,
                "met_before": response.before,
            }
            for response in course.responses
        ],
    }


def _reading(reading: Reading) -> dict[str, Any]:
    return {
        "text": reading.text,
        "low": _maybe(reading.low),
        "high": _maybe(reading.high),
        "unit": reading.unit,
        "months": _maybe(reading.months),
        "time": reading.time,
        "records": [row.record for row in reading.rows],
        "conflicts": [conflict.id for conflict in reading.conflicts],
    }


def _change(change: Change | None) -> dict[str, Any] | None:
    if change is None:
        return None
    return {
        "direction": change.direction,
        "reason": change.reason,
        "before": None if change.before is None else change.before.text,
        "after": change.after.text,
        "months": _maybe(change.after.months),
        "change_low": _maybe(change.low),
        "change_high": _maybe(change.high),
        "percent_of_range": _maybe(change.percent),
        "same_whatever_conflict": change.holds,
    }


def _conflict(conflict: Conflict) -> dict[str, Any]:
    return {
        "conflict": conflict.id,
        "patient": conflict.patient,
        "about": conflict.field,
        "statements": [
            {"value": side.value, "where": side.where, "quote": side.quote, "page": side.page}
            for side in (conflict.a, conflict.b)
        ],
        "kind": conflict.kind,
        "severity": conflict.severity,
        "preferred": conflict.chosen,
        "settled_by": conflict.reviewer if conflict.is_settled else "",
        "explanation": conflict.explanation,
    }


def _json(data: Any) -> bytes:
    return (json.dumps(data, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode("utf-8")


def write_studies(outputs: Outputs, folder: Path) -> list[Path]:
    """One JSON file for each paper, and the JSON Schema beside them. Returns the files written."""
    paths = [folder / SCHEMA_FILE]
    write_file(paths[0], _json(study_schema(outputs.schema)))
    for paper in outputs.papers:
        paths.append(folder / f"{safe_name(paper.document)}.json")
        write_file(paths[-1], _json(study_json(outputs, paper)))
    return paths


def safe_name(document: str) -> str:
    """A document's name as the name of a file in one folder."""
    return re.sub(r"[^\w.-]+", "_", document).strip(".") or "paper"
