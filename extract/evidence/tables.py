"""EVIDENCE: CaseRecords become the tables of the output folder, every cell as text, '' for not reported.

Which columns there are is written in schemas/fields.yaml; this module only knows what is not a value of a
record.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd

from extract.evidence.cells import WHERES, distinct, natural, reported_text
from extract.evidence.codebook import codebook_rows, columns_of
from extract.evidence.display import evidence_rows
from extract.evidence.overlaps import overlap_rows
from extract.evidence.trail import trail_rows
from extract.model import RECORDS, CaseRecord, Conflict, Record
from extract.schema import Schema

NUMBERED = {"administrations": "administration", "outcomes": "outcome"}
"""Tables whose rows are numbered within a patient, and the column that says the number."""


def build_tables(
    records: Iterable[CaseRecord], schema: Schema, decisions: Iterable[dict[str, str]] = ()
) -> dict[str, pd.DataFrame]:
    """All tables of a run by name, in the order of fields.yaml, rows sorted by document, patient and order.

    ``decisions``: what became of each decision, the rows of decisions.csv. The order in which the records come makes no
    difference.
    """
    ordered = sorted((_sorted(record) for record in records), key=lambda record: record.paper.name)
    tables: dict[str, pd.DataFrame] = {}
    for name in schema.tables:
        if name in RECORDS:
            tables[name] = _record_table(name, ordered, schema)
    tables["documents"] = _frame("documents", (_document_row(record, schema) for record in ordered), schema)
    tables["conflicts"] = _frame(
        "conflicts",
        (_conflict_row(record.paper.name, conflict) for record in ordered for conflict in record.conflicts),
        schema,
    )
    tables["issues"] = _frame("issues", (row for record in ordered for row in _issue_rows(record)), schema)
    tables["values"] = _frame("values", (row for record in ordered for row in trail_rows(record, schema)), schema)
    tables["evidence"] = _frame("evidence", evidence_rows(tables, schema), schema)
    tables["decisions"] = _frame("decisions", decisions, schema)
    tables["overlaps"] = _frame("overlaps", overlap_rows(tables), schema)
    tables["codebook"] = _frame("codebook", codebook_rows(schema), schema)
    return {name: tables[name] for name in schema.tables}


def _sorted(record: CaseRecord) -> CaseRecord:
    """The same record with the rows of each table in the order in which they are written."""

    def key(row: Record) -> tuple[object, ...]:
        return (natural(row.patient), row.patient, row.order)

    tables = {name: tuple(sorted(getattr(record, name), key=key)) for name in RECORDS}
    conflicts = tuple(sorted(record.conflicts, key=lambda c: (natural(c.patient), c.patient)))
    return record.model_copy(update={**tables, "conflicts": conflicts})


def _frame(name: str, rows: Iterable[dict[str, str]], schema: Schema) -> pd.DataFrame:
    columns = [column.name for column in columns_of(schema, name)]
    cells = [[row.get(column, "") for column in columns] for row in rows]
    return pd.DataFrame(cells, columns=columns, dtype=str)


def _record_table(name: str, records: Sequence[CaseRecord], schema: Schema) -> pd.DataFrame:
    rows = (
        _record_row(record.paper.name, row, schema)
        for record in records
        for row in getattr(record, name)
        if not row.is_withdrawn
    )
    table = _frame(name, rows, schema)
    number = NUMBERED.get(name)
    if number in table.columns:
        table[number] = (table.groupby(["document", "patient"]).cumcount() + 1).astype(str)
    return table


def _record_row(document: str, row: Record, schema: Schema) -> dict[str, str]:
    """A row of a patient-level table: its values, and what can be said of the row as a whole."""
    cells = {name: reported_text(row.values.get(name)) for name in schema.tables[row.table].names()}
    cells |= {"document": document, "patient": row.patient, "record": row.id}
    if "order" in cells and not cells["order"]:
        cells["order"] = str(row.order)
    places = [place for value in row.values.values() for place in value.provenance]
    if "where" in cells and not cells["where"]:
        cells["where"] = ";".join(where for where in WHERES if any(place.where == where for place in places))
    if "as_written" in cells and not cells["as_written"]:
        first = sorted({(place.span.start, place.as_written) for place in places})
        cells["as_written"] = "; ".join(distinct([words for _, words in first]))
    return cells


def _document_row(record: CaseRecord, schema: Schema) -> dict[str, str]:
    paper = record.paper
    cells = {name: reported_text(paper.values.get(name)) for name in schema.tables["documents"].names()}
    cells |= {
        "document": paper.name,
        "file": paper.file,
        "sha256": paper.sha256,
        "status": paper.status,
        "reason": paper.reason,
        "pages": str(paper.pages or ""),
        "pages_without_text": str(paper.pages_without_text) if paper.pages else "",
        "design": paper.design or "",
        "patients_stated": "" if paper.patients_stated is None else str(paper.patients_stated),
        "patients_found": "" if paper.status == "failed" else str(sum(map(_people, record.patients))),
    }
    if not cells.get("study"):
        cells["study"] = study_of(cells.get("authors", ""), cells.get("year", ""))
    return cells


def study_of(authors: str, year: str) -> str:
    """The short name of a study: the first author's last name and the year; '' without authors."""
    author = authors.split(";")[0].split(",")[0].strip()
    return f"{author.split(' ')[-1]} {year}".strip() if author else ""


def _people(patient: Record) -> int:
    """How many people a row of patients.csv stands for."""
    if patient.is_withdrawn:
        return 0
    number = patient.value("n")
    return int(number) if number is not None and patient.value("kind") == "group" else 1


def _conflict_row(document: str, conflict: Conflict) -> dict[str, str]:
    cells = {
        "conflict": conflict.id,
        "document": document,
        "patient": conflict.patient,
        "field": conflict.field,
        "kind": conflict.kind,
        "severity": conflict.severity,
        "chosen": conflict.chosen,
        "rule": conflict.rule,
        "explanation": conflict.explanation,
        "review": conflict.review,
        "reviewer": conflict.reviewer,
    }
    for side, candidate in (("a", conflict.a), ("b", conflict.b)):
        page = candidate.provenance.page
        cells |= {
            f"value_{side}": candidate.value,
            f"where_{side}": candidate.provenance.where,
            f"quote_{side}": candidate.provenance.quote,
            f"page_{side}": "" if page is None else str(page),
        }
    return cells


def _issue_rows(record: CaseRecord) -> list[dict[str, str]]:
    return [
        {
            "document": record.paper.name,
            "severity": issue.severity,
            "page": "" if issue.page is None else str(issue.page),
            "message": issue.message,
            "reason": issue.reason,
        }
        for issue in record.issues
    ]
