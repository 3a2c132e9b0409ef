"""Records written by hand, for tests of what comes after reading."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from extract.model import (
    RECORDS,
    Box,
    Candidate,
    CaseRecord,
    Conflict,
    Issue,
    Paper,
    Provenance,
    Record,
    Reported,
    Span,
    record_id,
)


def digest(name: str) -> str:
    """A digest for an imagined file."""
    from hashlib import sha256

    return sha256(name.encode()).hexdigest()


def place(document: str = "a", quote: str = "as the paper says", **changes: Any) -> Provenance:
    start = changes.pop("start", 100)
    facts: dict[str, Any] = {
        "document": digest(document),
        "page": 2,
        "boxes": (Box(page=2, x0=72.0, top=100.25, x1=300.0, bottom=110.126),),
        "span": Span(start=start, end=start + len(quote)),
        "quote": quote,
        "rule_id": "rule.one",
        "where": "narrative",
        "as_written": quote,
    }
    return Provenance(**{**facts, **changes})


def said(value: Any, *places: Provenance, **changes: Any) -> Reported:
    """A reported value; numbers may be given as int or text with ``number``."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = Decimal(str(value))
    return Reported(**{"value": value, "status": "reported", "provenance": places or (place(),), **changes})


def computed(value: Any, formula: str) -> Reported:
    return said(value, place(basis="derived"), status="derived", formula=formula)


def row(table: str, patient: str = "1", order: int = 0, document: str = "a", **values: Any) -> Any:
    """A record of a table; plain values become reported ones."""
    kind: type[Record] = RECORDS[table]
    reported = {name: v if isinstance(v, Reported) else said(v) for name, v in values.items()}
    name = record_id(digest(document), table, patient, order)
    return kind(id=name, patient=patient, order=order, values=reported)


def conflict(patient: str, field: str, a: str, b: str, chosen: str = "", **changes: Any) -> Conflict:
    facts: dict[str, Any] = {
        "id": record_id("", "conflicts", patient + field, 0),
        "patient": patient,
        "field": field,
        "a": Candidate(value=a, provenance=place(quote=f"it was {a}")),
        "b": Candidate(value=b, provenance=place(quote=f"{b} in the table", where="table", page=3, boxes=())),
        "kind": "narrative_vs_table",
        "severity": "major",
        "chosen": chosen,
        "rule": "narrative.table",
    }
    return Conflict(**{**facts, **changes})


def case(name: str, *rows: Any, **changes: Any) -> CaseRecord:
    """What one document says: rows of any table, issues and conflicts in any order."""
    tables: dict[str, list[Any]] = {}
    for item in rows:
        table = "issues" if isinstance(item, Issue) else "conflicts" if isinstance(item, Conflict) else item.table
        tables.setdefault(table, []).append(item)
    facts = {"name": name, "file": f"papers/{name}.pdf", "sha256": digest(name), "pages": 4, **changes}
    return CaseRecord(paper=Paper(**facts), **{table: tuple(items) for table, items in tables.items()})
