"""A run and judgements of its papers written by hand, for the tests of appraisal."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from series import against, outcome, treated, write_series
from written import case, digest, place, row, said

from extract.evidence.decisions import Decision, Via, decision_id
from extract.schema import Schema
from extract.synthesis.appraisal import Appraisal, Assessment, appraisals
from extract.synthesis.outputs import load_outputs

WHEN = "2026-03-01T09:00:00Z"


def at(value: Any, quote: str, page: int = 1, start: int = 500) -> Any:
    """A value with the words that it was taken from."""
    return said(value, place(quote=quote, page=page, start=start))


def given(name: str) -> tuple[Any, ...]:
    """The disease of a girl and the cells that she was given."""
    words = place(quote="Allogeneic marrow cells were given by vein.", page=2)
    return (
        row("diagnoses", "1", 0, name, diagnosis=at("systemic lupus erythematosus", "She had lupus."), role="index"),
        row("administrations", "1", 1, name, count=1, **{
            column: said(value, words) for column, value in (
                ("route", "intravenous"), ("tissue", "bone marrow"), ("donor", "allogeneic")
            )
        }),
    )  # fmt: skip


def girl(*more: Any, name: str = "girl2020", person: Any = None, **changes: Any) -> Any:
    """A report on one girl; ``person`` is her row of patients instead of the usual one, ``more`` are further rows."""
    sex, age = at("female", "She was 12 years old."), at(12, "She was 12 years old.")
    return case(
        name,
        person or row("patients", "1", 0, name, kind="individual", n=1, sex=sex, age_treatment_years=age),
        *given(name),
        row("outcomes", "1", 1, name, measure="SLEDAI-2K", phase="pre", value=at(16, "SLEDAI-2K was 16.", 2)),
        row("outcomes", "1", 2, name, measure="SLEDAI-2K", phase="post", value=at(4, "It fell to 4.", 3)),
        *more,
        **{"design": "case_report", **changes},
    )


def two(name: str = "two2021") -> Any:
    """A series of two, of whom one has a contradiction; its design is not told."""
    low = outcome("1", 2, "SLEDAI-2K", "post", 4, 12)
    high = outcome("1", 3, "SLEDAI-2K", "post", 9, 12, where="table")
    return case(name, *treated("1"), *treated("2"), low, high, against("1", "SLEDAI-2K post", low, high, low))


def run_of(folder: Path, schema: Schema, *cases: Any) -> Path:
    """The folder of a run over some cases."""
    return write_series(folder, schema, *cases)


def appraised(folder: Path, schema: Schema, decisions: Iterable[Decision] = ()) -> tuple[Appraisal, ...]:
    return appraisals(load_outputs(folder, schema), decisions)


def item(found: Iterable[Appraisal], record: str, document: str = "girl2020") -> Assessment:
    """An item of a paper by the record under which it is judged."""
    (one,) = (
        each for one in found if one.document == document for each in one.assessments if one.record(each.item) == record
    )
    return one


def judged(
    reviewer: str,
    record: str,
    said: str,
    seen: str,
    *,
    document: str = "girl2020",
    when: str = WHEN,
    via: Via = "workbook",
    why: str = "",
    sha256: str = "",
) -> Decision:
    """A judgement as the file of a reviewer holds it."""
    return Decision(
        decision=decision_id(reviewer, document, record, said, seen, when, via, sha256),
        when=when, reviewer=reviewer, action="judge", document=document, sha256=sha256 or digest(document),
        table="appraisal", record=record, field="judgement", old_value=seen, new_value=said, why=why, via=via,
    )  # fmt: skip
