"""SYNTHESIS: signs that somebody got worse again are found, and told from what the paper's tables show."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from series import outcome, series, treated
from written import place, row, said

from extract.schema import Schema
from extract.synthesis.direction import courses_of
from extract.synthesis.later import Sign, later_signs


@pytest.fixture
def signs(tmp_path: Path, schema: Schema) -> Any:
    def find(*rows: Any) -> list[Sign]:
        outputs = series(tmp_path, schema, *treated(), *rows)
        person = outputs.people[0]
        return list(later_signs(person, courses_of(outputs, person)))

    return find


def quoted(order: int, measure: str, phase: str, value: Any, quote: str, where: str = "narrative", **more: Any) -> Any:
    there = place(quote=quote, as_written=str(value), where=where, start=500 + 50 * order)
    return row("outcomes", "1", order, measure=measure, phase=phase, value=said(value, there), **more)


def test_a_value_worse_than_before_is_a_sign(signs: Any) -> None:
    (sign,) = signs(outcome("1", 1, "VAS pain", "pre", 5), outcome("1", 2, "VAS pain", "post", 7, 22, where="table"))
    assert (sign.kind, sign.when, sign.in_table) == ("worse than before", "22 mo", True)
    assert sign.text == "VAS pain 5 before, 7 at the last reading"


def test_a_value_worse_than_the_best_since_is_a_sign(signs: Any) -> None:
    rows = [outcome("1", i, "VAS pain", phase, v, m) for i, (phase, v, m) in
            enumerate([("pre", 8, None), ("post", 2, 6), ("post", 4, 12)])]  # fmt: skip
    (sign,) = signs(*rows)
    assert (sign.kind, sign.in_table) == ("worse than its best", False)
    assert sign.text == "VAS pain 2 at 6 mo, 4 at the last reading"


def test_a_first_value_that_a_sentence_calls_worse_is_a_sign(signs: Any) -> None:
    quote = "Two years later her skin has worsened, with an mRSS of 10."
    (sign,) = signs(quoted(1, "mRSS", "post", 10, quote, timepoint_months=24))
    assert (sign.kind, sign.quote, sign.measure) == ("told as worse", quote, "mRSS")


def test_a_first_value_of_which_nothing_is_said_is_none(signs: Any) -> None:
    assert signs(quoted(1, "mRSS", "post", 10, "Two years later her mRSS is 10.", timepoint_months=24)) == []


def test_a_flare_is_a_sign_and_a_denied_one_is_not(signs: Any) -> None:
    came = row("adverse_events", "1", 1, event="disease flare", present=True)
    denied = row("adverse_events", "1", 2, event="disease flare", present=False)
    again = row("adverse_events", "1", 3, event="scleritis", present=True, as_written="recurrence of scleritis")
    assert [sign.text for sign in signs(came, denied, again)] == ["as the paper says", "recurrence of scleritis"]


def test_a_drug_for_the_disease_after_the_cells_is_a_sign_and_a_painkiller_is_not(signs: Any) -> None:
    def after(order: int, name: str, kind: str, role: str = "post") -> Any:
        return row("therapies", "1", order, therapy=name, role=role, status="received", **{"class": kind})

    found = signs(
        after(1, "rituximab", "bDMARD"),
        after(2, "paracetamol", "analgesic"),
        after(3, "prednisone", "steroid", "prior"),
    )
    assert [(sign.kind, sign.text) for sign in found] == [("treatment after the cells", "rituximab")]


def test_cells_given_again_are_a_sign(signs: Any) -> None:
    (sign,) = signs(row("administrations", "1", 2, route="intravenous", course=2, count=1, interval="9 months"))
    assert (sign.kind, sign.text, sign.when) == ("cells given again", "course 2: intravenous", "9 months")


def test_steady_improvement_gives_no_sign(signs: Any) -> None:
    rows = [outcome("1", i, "VAS pain", phase, v, m) for i, (phase, v, m) in
            enumerate([("pre", 8, None), ("post", 4, 6), ("post", 2, 12)])]  # fmt: skip
    assert signs(*rows) == []
