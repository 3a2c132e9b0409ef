"""A run's folder and reviewers' decisions written by hand, for the tests of review."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from written import case, conflict, digest, place, row, said

from extract.evidence import apply_decisions, build_tables, write_files
from extract.evidence.decisions import Decision, decision_id
from extract.model import CaseRecord, record_id
from extract.schema import Schema

WHEN = "2026-03-01T09:00:00Z"


def two_patients(document: str = "series") -> CaseRecord:
    """An imagined series of two patients."""

    def line(table: str, patient: str, order: int = 0, **values: Any) -> Any:
        return row(table, patient, order, document, **{
            name: value if not isinstance(value, int | str | Decimal | bool) else said(
                value, place(document, quote=f"{name} was {value}", start=100 + 7 * order)
            )
            for name, value in values.items()
        })  # fmt: skip

    return case(
        document,
        line("patients", "1", kind="individual", sex="female", age_treatment_years=14),
        line("patients", "2", kind="individual", sex="male", age_treatment_years=9, weight_kg=Decimal("31.5")),
        line("diagnoses", "1", diagnosis="juvenile dermatomyositis", role="index"),
        line("diagnoses", "2", diagnosis="systemic lupus erythematosus", role="index"),
        line("administrations", "1", 1, count=2, route="intravenous", tissue="umbilical cord", dose_cells=34000000,
             dose_value=34000000, dose_unit="cells"),
        line("administrations", "2", 1, count=1, route="intra-articular", tissue="bone marrow", dose_cells=5000000,
             dose_value=5000000, dose_unit="cells"),
        line("administrations", "2", 2, count=1, route="intravenous", tissue="bone marrow", cells_per_kg=2000000,
             dose_value=2000000, dose_unit="cells/kg"),
        line("outcomes", "1", 1, measure="SLEDAI-2K", phase="pre", value=12),
        line("outcomes", "1", 2, measure="SLEDAI-2K", phase="post", value=4, timepoint_months=6),
        line("adverse_events", "2", event="fever", present=True),
        conflict("1", "SLEDAI-2K post", "4", "5", chosen="4", id=record_id(digest(document), "conflicts", "1", 0)),
        design="case_series",
        values={"title": said("Cells for two – “10⁶” each", place(document, quote="Cells for two"))},
    )  # fmt: skip


def write_outputs(folder: Path, schema: Schema, *records: CaseRecord, decisions: Sequence[Decision] = ()) -> Path:
    """The files of a run that found these records, with decisions applied."""
    folder.mkdir(parents=True, exist_ok=True)
    applied = apply_decisions(records or (two_patients(),), decisions, schema)
    write_files(build_tables(applied.records, schema, applied.rows()), {"caseloom": "test"}, folder)
    return folder


def record_of(table: str, patient: str = "1", order: int = 0, document: str = "series") -> str:
    """The id of a row of ``two_patients``."""
    return str(row(table, patient, order, document).id)


class Desk:
    """Makes the decisions of one reviewer, one after the other."""

    def __init__(self, reviewer: str, document: str = "series") -> None:
        self.reviewer, self.document, self.made = reviewer, document, list[Decision]()

    def __call__(self, action: str, table: str = "", patient: str = "", record: str = "", field: str = "",
                 old: str = "", new: str = "", **more: str) -> Decision:  # fmt: skip
        facts: dict[str, Any] = {
            "decision": decision_id(self.reviewer, self.document, str(len(self.made))),
            "when": WHEN, "reviewer": self.reviewer, "action": action, "document": self.document,
            "sha256": digest(self.document), "patient": patient, "table": table, "record": record, "field": field,
            "old_value": old, "new_value": new, "via": "page",
        }  # fmt: skip
        self.made.append(Decision(**{**facts, **more}))
        return self.made[-1]

    def row(self, action: str, table: str, patient: str, record: str, **values: str) -> None:
        """Decisions on several fields of one row."""
        for field, value in values.items():
            self(action, table, patient, record, field, new=value)
