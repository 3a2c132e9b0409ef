"""Ages: every wording, which event, in years; and what is no age of a patient."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from extract.find.ages import find_ages, in_years
from extract.find.examples import make_passage
from extract.model import Mention, plain

CASES: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "cases" / "ages.yaml").read_text("utf-8"))


def shown(mentions: list[Mention]) -> list[str]:
    return [f"{plain(m.value)} {m.detail('event')}" for m in mentions]  # type: ignore[arg-type]


@pytest.mark.parametrize("case", CASES, ids=[case["because"] for case in CASES])
def test_ages(case: dict[str, Any]) -> None:
    passage = make_passage(case["text"])
    found = find_ages(passage._replace(cell=0), case["header"]) if "header" in case else find_ages(passage)
    assert shown(found) == case["expect"], case["because"]


def test_an_age_points_at_its_words() -> None:
    text = "She was infused with cells at the age of fourteen."
    (mention,) = find_ages(make_passage(text))
    assert text[mention.span.start : mention.span.end] == mention.text == "fourteen"
    assert mention.quantity is not None
    assert mention.quantity.unit == "years"


@given(st.integers(min_value=2, max_value=99))
def test_every_age_is_read_in_an_attribute(years: int) -> None:
    assert shown(find_ages(make_passage(f"A {years}-year-old patient was referred."))) == [f"{years} report"]


@given(st.integers(min_value=1, max_value=40))
def test_a_follow_up_is_never_an_age(years: int) -> None:
    assert find_ages(make_passage(f"The {years}-year follow-up was complete, over {years} years.")) == []


def test_units_of_age() -> None:
    from decimal import Decimal

    assert in_years(Decimal(30), "months") == Decimal("2.5")
    assert in_years(Decimal(20), "months") == Decimal("1.667")
    assert in_years(Decimal(3), "days") == Decimal("0.00821")
    assert in_years(Decimal(12), "yrs") == 12
