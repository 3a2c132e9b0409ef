"""SYNTHESIS: the JSON Schema of what ``exports`` writes for a study, made of the columns and words of fields.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from extract.schema import Column, Schema
from extract.synthesis.direction import DIRECTIONS
from extract.synthesis.safety import STATES

SCHEMA_ID = "urn:caseloom:study:1"

RECORDS = ("diagnoses", "administrations", "outcomes", "adverse_events", "therapies")
WHOSE = ("document", "patient", "record")
"""Columns that say whose a row is: they stand above the values."""


def study_schema(schema: Schema) -> dict[str, Any]:
    """The JSON Schema (2020-12) of ``study_json``, with the columns and words of fields.yaml."""
    text, number = {"type": "string"}, {"type": ["number", "null"]}
    texts = {"type": "array", "items": text}
    reading = _object(
        {"text": text, "low": number, "high": number, "unit": text, "months": number, "time": text, "records": texts,
         "conflicts": texts}
    )  # fmt: skip
    change = _object(
        {
            "direction": {"enum": list(DIRECTIONS)},
            "reason": text,
            "before": {"type": ["string", "null"]},
            "after": text,
            "months": number,
            "change_low": number,
            "change_high": number,
            "percent_of_range": {**number, "description": "Positive for the better."},
            "same_whatever_conflict": {"type": "boolean"},
        }
    )
    met = ["met", "not met", "between"]
    threshold = _object(
        {"meaning": text, "value": text, "source": text, "met": {"enum": met}, "met_before": {"enum": [*met, None]}}
    )
    readings = {"type": "array", "items": {"$ref": "#/$defs/reading"}}
    maybe_change = {"anyOf": [{"$ref": "#/$defs/change"}, {"type": "null"}]}
    course = _object(
        {
            "measure": text,
            "rater": text,
            "domain": text,
            "better": {"enum": ["lower", "higher", None]},
            "range": {"type": ["array", "null"], "items": {"type": "number"}, "minItems": 2, "maxItems": 2},
            "range_from": text,
            "before": readings,
            "after": readings,
            "phase_not_told": readings,
            "last": maybe_change,
            "by_time": {"type": "object", "additionalProperties": maybe_change},
            "thresholds": {"type": "array", "items": threshold},
        }
    )
    statement = _object({"value": text, "where": text, "quote": text, "page": text})
    conflict = _object(
        {
            "conflict": text,
            "patient": text,
            "about": text,
            "statements": {"type": "array", "items": statement, "minItems": 2, "maxItems": 2},
            "kind": text,
            "severity": {"enum": ["major", "minor", "info"]},
            "preferred": text,
            "settled_by": text,
            "explanation": text,
        }
    )
    records = {
        name: {"type": "array", "items": _object({"record": text, "values": _columns(schema, name)})}
        for name in RECORDS
    }
    patient = _object(
        {
            "patient": text,
            "group": {"type": "boolean"},
            "n": {"type": ["integer", "null"]},
            "values": _columns(schema, "patients"),
            **records,
            "courses": {"type": "array", "items": {"$ref": "#/$defs/course"}},
            "adverse_events_told": {"enum": list(STATES)},
            "could_also_explain": texts,
        }
    )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        "title": "What one paper says of its patients, as caseloom exports it",
        "description": "What is not there is not reported.",
        **_object(
            {
                "schema": {"const": SCHEMA_ID},
                "document": text,
                "study": text,
                "rules": {**text, "description": "Digest of the rules with which the paper was read."},
                "paper": _columns(schema, "documents"),
                "patients": {"type": "array", "items": {"$ref": "#/$defs/patient"}},
                "conflicts": {"type": "array", "items": {"$ref": "#/$defs/conflict"}},
            }
        ),
        "$defs": {"patient": patient, "course": course, "reading": reading, "change": change, "conflict": conflict},
    }


def _object(properties: Mapping[str, Any]) -> dict[str, Any]:
    """An object that has all of these and nothing else."""
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


def _columns(schema: Schema, table: str) -> dict[str, Any]:
    """The values of a row: each column may be there or not."""
    return {
        "type": "object",
        "properties": {
            column.name: _column(column) for column in schema.tables[table].columns if column.name not in WHOSE
        },
        "additionalProperties": False,
    }


def _column(column: Column) -> dict[str, Any]:
    kinds: dict[str, dict[str, Any]] = {
        "number": {"type": "number"},
        "integer": {"type": "integer"},
        "boolean": {"type": "boolean"},
        "list": {"type": "array", "items": {"type": "string"}},
    }
    value: dict[str, Any] = kinds.get(column.type, {"type": "string"})
    if column.allowed and column.type == "text":
        value = {"enum": list(column.allowed)}
    text = {"type": "string"}
    texts = {"type": "array", "items": text}
    facts = {"status": text, "basis": text, "review": text, "formula": text}
    lists = {"where": texts, "pages": texts, "quotes": texts, "rules": texts}
    meaning = f"{column.meaning} ({column.unit})" if column.unit else column.meaning
    return {
        "description": meaning,
        "type": "object",
        "properties": {"value": value, **facts, **lists},
        "required": ["value"],
        "additionalProperties": False,
    }
