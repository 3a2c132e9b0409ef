"""EVIDENCE: CaseRecords become the tables of the output folder, every cell as text, '' for not reported.

Which columns there are is written in schemas/fields.yaml; this module only knows what is not a value of a
record.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import pandas as pd

from extract.evidence.cells import WHERES, distinct, natural, reported_text
from extract.evidence.codebook import codebook_rows, columns_of
from extract.evidence.display import evidence_rows
from extract.evidence.overlaps import Overlaps
from extract.evidence.trail import trail_rows
from extract.model import RECORDS, CaseRecord, Conflict, Record
from extract.schema import Schema

Row = dict[str, str]

NUMBERED = {"administrations": "administration", "outcomes": "outcome"}
"""Tables whose rows are numbered within a patient, and the column that says the number."""


def build_tables(
    records: Iterable[CaseRecord], schema: Schema, decisions: Iterable[dict[str, str]] = ()
) -> dict[str, pd.DataFrame]:
    """All tables of a run by name, in the order of fields.yaml, rows sorted by document, patient and order.

    ``decisions``: what became of each decision, the rows of decisions.csv. The order in which the records come makes no
    difference. All of it is in memory: for more documents than fit there, ``extract.evidence.write_tables``.
    """
    names = columns_by_table(schema)
    cells: dict[str, list[list[str]]] = {name: [] for name in schema.tables}
    with Overlaps() as overlaps:
        for record in sorted(records, key=lambda record: record.paper.name):
            rows = document_rows(record, schema)
            overlaps.add(rows)
            for name, several in rows.items():
                cells[name] += cells_of(several, names[name])
        for name, more in closing_rows(schema, decisions, overlaps).items():
            cells[name] += cells_of(more, names[name])
    return {name: pd.DataFrame(cells[name], columns=list(names[name]), dtype=str) for name in schema.tables}


def columns_by_table(schema: Schema) -> dict[str, tuple[str, ...]]:
    """The names of the columns of each table, in the order in which they are written."""
    return {name: tuple(column.name for column in columns_of(schema, name)) for name in schema.tables}


def document_rows(record: CaseRecord, schema: Schema) -> dict[str, list[Row]]:
    """The rows that one document gives to each table, in their order, every column named ('' for not reported)."""
    record = _sorted(record)
    document = record.paper.name
    rows: dict[str, list[Row]] = {name: _record_rows(name, record, schema) for name in schema.tables if name in RECORDS}
    several: dict[str, Iterable[Row]] = {
        "documents": (_document_row(record, schema),),
        "conflicts": (_conflict_row(document, conflict) for conflict in record.conflicts),
        "issues": _issue_rows(record),
        "values": trail_rows(record, schema),
    }
    rows |= {name: _whole(name, some, schema) for name, some in several.items()}
    rows["evidence"] = _whole("evidence", evidence_rows(rows, schema), schema)
    return rows


def closing_rows(
    schema: Schema, decisions: Iterable[dict[str, str]], overlaps: Overlaps
) -> dict[str, Iterable[dict[str, str]]]:
    """The rows of the tables that are written when all documents are known."""
    return {"decisions": decisions, "overlaps": overlaps.rows(), "codebook": codebook_rows(schema)}


def cells_of(rows: Iterable[Mapping[str, str]], columns: Sequence[str]) -> Iterator[list[str]]:
    """Rows as cells in the order of the columns; '' for what a row does not name."""
    for row in rows:
        yield [row.get(column, "") for column in columns]


def _sorted(record: CaseRecord) -> CaseRecord:
    """The same record with the rows of each table in the order in which they are written."""

    def key(row: Record) -> tuple[object, ...]:
        return (natural(row.patient), row.patient, row.order)

    tables = {name: tuple(sorted(getattr(record, name), key=key)) for name in RECORDS}
    conflicts = tuple(sorted(record.conflicts, key=lambda c: (natural(c.patient), c.patient)))
    return record.model_copy(update={**tables, "conflicts": conflicts})


def _whole(name: str, rows: Iterable[Row], schema: Schema) -> list[Row]:
    """Rows with all columns of their table."""
    columns = [column.name for column in columns_of(schema, name)]
    return [{column: row.get(column, "") for column in columns} for row in rows]


def _record_rows(name: str, record: CaseRecord, schema: Schema) -> list[Row]:
    """The rows of a patient-level table, numbered within their patient where the table has a column for it."""
    standing = (row for row in getattr(record, name) if not row.is_withdrawn)
    rows = _whole(name, (_record_row(record.paper.name, row, schema) for row in standing), schema)
    number = NUMBERED.get(name, "")
    counted: dict[str, int] = {}
    for row in rows if number in schema.tables[name].names() else ():
        counted[row["patient"]] = counted.get(row["patient"], 0) + 1
        row[number] = str(counted[row["patient"]])
    return rows


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
