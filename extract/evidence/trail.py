"""EVIDENCE: values.csv, the trail from every value to the words it comes from."""

from __future__ import annotations

from collections.abc import Iterator

from extract.evidence.cells import reported_text
from extract.model import Box, CaseRecord, Conflict, Provenance, Reported, record_id
from extract.schema import Schema


def trail_rows(record: CaseRecord, schema: Schema) -> Iterator[dict[str, str]]:
    """One row for each value of a document and each place it comes from: the paper's own facts first, then
    the patient-level tables, then both sides of every conflict."""
    paper = record.paper
    about = record_id(paper.sha256, "documents", "", 0)
    yield from _value_rows(paper.name, "", "documents", about, paper.values, schema)
    for row in record.records():
        yield from _value_rows(paper.name, row.patient, row.table, row.id, row.values, schema)
    for conflict in record.conflicts:
        for side, candidate in (("value_a", conflict.a), ("value_b", conflict.b)):
            yield {
                "value_id": f"{conflict.id}.{side}",
                "document": paper.name,
                "patient": conflict.patient,
                "table": "conflicts",
                "record": conflict.id,
                "field": side,
                "value": candidate.value,
                "status": "conflict",
                "shown": "yes" if conflict.chosen and candidate.value == conflict.chosen else "no",
                "review": _settled(conflict, candidate.value),
                "reviewer": conflict.reviewer,
                **_place(candidate.provenance),
            }


def _value_rows(
    document: str, patient: str, table: str, record: str, values: dict[str, Reported], schema: Schema
) -> Iterator[dict[str, str]]:
    spec = schema.tables[table]
    units = {column.name: column.unit for column in spec.columns}
    order = {name: index for index, name in enumerate(spec.names())}
    for field in sorted(values, key=lambda name: (order.get(name, len(order)), name)):
        reported = values[field]
        said = [(reported, "yes" if reported.value is not None and field in units else "no")]
        if reported.earlier is not None:
            said.append((reported.earlier, "no"))
        for one, shown in said:
            for provenance in one.provenance:
                yield {
                    "value_id": f"{record}.{field}",
                    "document": document,
                    "patient": patient,
                    "table": table,
                    "record": record,
                    "field": field,
                    "value": reported_text(one),
                    "unit": one.unit or units.get(field, ""),
                    "status": one.status,
                    "shown": shown,
                    "review": reported.review,
                    "reviewer": reported.reviewer,
                    "formula": one.formula,
                    **_place(provenance),
                }


def _settled(conflict: Conflict, value: str) -> str:
    """What a reviewer who settled a conflict decided of one side."""
    if conflict.review == "unreviewed":
        return "unreviewed"
    return "accepted" if value == conflict.chosen else "rejected"


def _place(provenance: Provenance) -> dict[str, str]:
    """The columns that say where a value stands."""
    page = provenance.page
    boxes = [box for box in provenance.boxes if box.page == page]
    place = {
        "basis": provenance.basis,
        "as_written": provenance.as_written,
        "quote": provenance.quote,
        "page": "" if page is None else str(page),
        "quote_boxes": "; ".join(_box_text(box) for box in provenance.quote_boxes),
        "start": str(provenance.span.start),
        "end": str(provenance.span.end),
        "where": provenance.where,
        "rule": provenance.rule_id,
    }
    if boxes:
        place["x0"] = _points(min(box.x0 for box in boxes))
        place["top"] = _points(min(box.top for box in boxes))
        place["x1"] = _points(max(box.x1 for box in boxes))
        place["bottom"] = _points(max(box.bottom for box in boxes))
    return place


def _box_text(box: Box) -> str:
    return " ".join([str(box.page), *map(_points, (box.x0, box.top, box.x1, box.bottom))])


def _points(length: float) -> str:
    """A length in points, to the hundredth, as ``number_text`` writes it."""
    text = f"{length:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
