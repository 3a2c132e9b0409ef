"""LINK, columns that only schemas/ knows: a field declared with ``mention`` is filled without a line of
Python."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from extract.link.claims import Settled, Told, claim, report, settle, told_of
from extract.link.values import number_of, reported
from extract.model import Document, Mention, Record, Reported, Scalar
from extract.schema import Column, Schema

R = TypeVar("R", bound=Record)

HANDLED = frozenset(
    {
        "sex", "age", "weight", "follow_up", "diagnosis", "count", "cell_type", "tissue",
        "donor", "product", "route", "site", "dose", "volume", "timing",
        "interval", "score", "adverse_event", "no_adverse_event", "therapy",
    }
)  # fmt: skip
"""The fields that linking itself computes with; every other one goes through this module."""


def patient_extras(document: Document, told: Sequence[Told], patient: str, schema: Schema) -> dict[str, Reported]:
    """The columns of patients.csv that are filled from mentions as they are."""
    out: dict[str, Reported] = {}
    for column in schema.tables["patients"].columns:
        if not column.mention or column.mention in HANDLED:
            continue
        mentions = [m for m in told_of(told, patient, column.mention) if m.context.is_fact]
        filled = _filled(document, column, mentions)
        if filled is not None:
            out[column.name] = filled
    return out


def _filled(document: Document, column: Column, mentions: Sequence[Mention]) -> Reported | None:
    told = [(value, m) for m in mentions if (value := _value(column, m)) is not None]
    if not told:
        return None
    if column.type == "list":
        values = list(dict.fromkeys(str(value) for value, _ in told))
        return reported(document, ";".join(values), [m for _, m in told], unit=column.unit)
    choice = settle([claim(document, value, m) for value, m in told])
    return report(document, choice or Settled(None, (), ()), column.unit)


def _value(column: Column, mention: Mention) -> Scalar | None:
    if column.type in ("number", "integer"):
        if mention.quantity is not None and column.unit and mention.quantity.unit != column.unit:
            return None  # counts something else: it could not be converted
        number = number_of(mention)
        return number if number is None or column.type == "number" or number == int(number) else None
    if column.type == "boolean":
        return mention.value in (True, "true", "yes", "present")
    if column.allowed and str(mention.value) not in column.allowed:
        return None
    return mention.value


def with_record_extras(document: Document, records: Sequence[R], told: Sequence[Told], schema: Schema) -> tuple[R, ...]:
    """Records with the columns that only schemas/ knows, from the nearest mention of the same row or
    sentence."""
    if not records:
        return ()
    columns = [c for c in schema.tables[records[0].table].columns if c.mention and c.mention not in HANDLED]
    if not columns:
        return tuple(records)
    out = []
    for record in records:
        more: dict[str, Reported] = {}
        for column in columns:
            near = [
                m
                for m in told_of(told, record.patient, column.mention)
                if m.context.is_fact and _near(document, record, m)
            ]
            filled = _filled(document, column, near if column.type == "list" else near[:1])
            if filled is not None and column.name not in record.values:
                more[column.name] = filled
        out.append(record.model_copy(update={"values": {**record.values, **more}}) if more else record)
    return tuple(out)


def _near(document: Document, record: Record, mention: Mention) -> bool:
    """Whether a mention stands in a sentence or table row that the record was read from."""
    for value in record.values.values():
        for place in value.provenance:
            if mention.cell is not None:
                cell = document.cells[mention.cell]
                row = [c.span for c in document.cells if c.table == cell.table and c.row == cell.row]
                if any(span.overlaps(place.span) for span in row):
                    return True
            elif mention.sentence.overlaps(place.span):
                return True
    return False
