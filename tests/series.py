"""Output folders written by hand, for tests of what is made from them."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Any

from written import case, conflict, place, row, said

from extract.evidence import build_tables, write_files
from extract.model import Candidate, CaseRecord, Conflict
from extract.schema import Schema
from extract.synthesis.outputs import load_outputs
from extract.synthesis.rows import Outputs

_start = count(1000, 100)


def words(value: Any, where: str = "narrative", **changes: Any) -> Any:
    """A value that stands at a place of its own."""
    there = place(quote=f"it was {value}", as_written=str(value), where=where, start=next(_start))
    return said(value, there, **changes)


def outcome(
    patient: str,
    order: int,
    measure: str,
    phase: str,
    value: Any,
    months: Any = None,
    where: str = "narrative",
    review: str = "unreviewed",
    **more: Any,
) -> Any:
    """An outcome row: a number, or words where ``value`` is text."""
    values: dict[str, Any] = {"measure": measure, "phase": phase, **more}
    values["value_text" if isinstance(value, str) else "value"] = words(value, where, review=review)
    if months is not None:
        values["timepoint_months"] = months
    return row("outcomes", patient, order, **values)


def against(patient: str, field: str, one: Any, other: Any, chosen: Any = None, **changes: Any) -> Conflict:
    """A conflict between the values of two outcome rows; ``chosen`` is the row that is shown."""

    def told(item: Any) -> str:
        return str(item.values["value"].value)

    a, b = (Candidate(value=told(item), provenance=item.values["value"].provenance[0]) for item in (one, other))
    shown = told(chosen) if chosen is not None else ""
    return conflict(patient, field, a.value, b.value, shown).model_copy(update={"a": a, "b": b, **changes})


def treated(patient: str = "1", diagnosis: str = "systemic lupus erythematosus", **values: Any) -> tuple[Any, ...]:
    """A patient with an index diagnosis and one intravenous administration; ``values`` are of the administration."""
    given: dict[str, Any] = {
        "route": "intravenous",
        "count": 1,
        "cell_type": "mesenchymal stem cell",
        "tissue": "bone marrow",
        "donor": "allogeneic",
        **values,
    }
    return (
        row("patients", patient, kind="individual", n=1, sex="female"),
        row("diagnoses", patient, diagnosis=diagnosis, role="index"),
        row("administrations", patient, 1, **given),
    )


def write_series(folder: Path, schema: Schema, *cases: CaseRecord, run: dict[str, Any] | None = None) -> Path:
    """The files of a run over some cases."""
    folder.mkdir(parents=True, exist_ok=True)
    facts = {"caseloom": "0.1.0", "schema": {"folder": "schemas", "hash": schema.hash}, "started": "2026-01-02"}
    write_files(build_tables(cases, schema), {**facts, **(run or {})}, folder)
    return folder


def series(folder: Path, schema: Schema, *rows: Any, name: str = "lupus2020", **changes: Any) -> Outputs:
    """The outputs of one paper."""
    return load_outputs(write_series(folder, schema, case(name, *rows, **changes)), schema)
