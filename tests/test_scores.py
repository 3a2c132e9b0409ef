"""Scores: every notation, whose scale, when, by whom; and what is no score."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from extract.find.examples import make_passage
from extract.find.glued import find_glued
from extract.find.numbers import decimal_number, number_word, roman_number
from extract.find.phases import phase_of, timeline
from extract.find.rules import Rules, compile_rules, find_terms
from extract.find.scores import ScaleHit, find_scores, find_scores_in_cell
from extract.model import Mention, plain
from extract.schema import Scale, load_schema

CASES: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "cases" / "scores.yaml").read_text("utf-8"))


@lru_cache(maxsize=1)
def ready() -> Rules:
    return compile_rules(load_schema())


@pytest.fixture
def rules() -> Rules:
    return ready()


def scales_in(text: str, rules: Rules) -> list[ScaleHit]:
    hits, _ = find_terms(make_passage(text), rules, {})
    found = [ScaleHit(h.start, h.end, h.scale) for h in hits if h.scale is not None]
    return sorted([*found, *find_glued(text, rules.schema.scales, found)], key=lambda hit: hit.start)


def shown(mentions: Sequence[Mention]) -> list[str]:
    """``measure value[/maximum][ unit] phase[ months][ rater][ !]``; the mark says out of scale."""
    out = []
    for mention in mentions:
        value = plain(mention.value) if isinstance(mention.value, Decimal) else str(mention.value)
        top = mention.detail("scale_max")
        months = mention.detail("timepoint_months")
        words = [
            str(mention.detail("measure")),
            value + (f"/{plain(top)}" if top is not None else ""),
            str(mention.detail("phase")),
            plain(months) if months is not None else "",
            str(mention.detail("rater") or ""),
            "!" if mention.detail("out_of_scale") else "",
        ]
        out.append(" ".join(word for word in words if word))
    return out


def scale_with(id: str, rules: Rules) -> Scale:
    return next(scale for scale in rules.schema.scales if scale.id == id)


@pytest.mark.parametrize("case", CASES, ids=[case["because"] for case in CASES])
def test_scores(case: dict[str, Any], rules: Rules) -> None:
    if "header" in case:
        found = find_scores_in_cell(make_passage(case["text"]), scale_with(case["scale"], rules), case["header"])
    else:
        found = find_scores(make_passage(case["text"]), scales_in(case["text"], rules))
    assert shown(found) == case["expect"], case["because"]


def test_a_score_points_at_its_number_with_the_denominator(rules: Rules) -> None:
    text = "Her EDSS was 6.5/10 before the infusion."
    (mention,) = find_scores(make_passage(text), scales_in(text, rules))
    assert mention.text == "6.5/10"
    assert text[mention.span.start : mention.span.end] == mention.text
    assert mention.detail("value_text") == "6.5/10"
    assert mention.rule_id == "scale:edss"


@given(st.integers(min_value=0, max_value=9), st.integers(min_value=0, max_value=9))
def test_from_to_gives_both_values_whatever_they_are(before: int, after: int) -> None:
    text = f"EDSS went from {before} to {after}."
    assert shown(find_scores(make_passage(text), scales_in(text, ready()))) == [
        f"EDSS {before} pre",
        f"EDSS {after} post",
    ]


@pytest.mark.parametrize(
    ("words", "phase", "months"),
    [
        ("Baseline", "pre", None),
        ("Pre-treatment", "pre", None),
        ("PRE TX", "pre", None),
        ("Before", "pre", None),
        ("Month 0", "pre", "0"),
        ("T0", "pre", None),
        ("12 months", "post", "12"),
        ("Month 5", "post", "5"),
        ("24 mo", "post", "24"),
        ("M12", "post", "12"),
        ("6 weeks", "post", "1.38"),
        ("1 week", "post", "0.23"),
        ("2 years", "post", "24"),
        ("Last follow-up", "post", None),
        ("Post-op", "post", None),
        ("Left knee", "unspecified", None),
    ],
)
def test_headers_say_when(words: str, phase: str, months: str | None) -> None:
    said, after = phase_of(words)
    assert said == phase
    assert after == (Decimal(months) if months is not None else None)


def test_a_header_may_hold_several_times() -> None:
    assert [point.phase for point in timeline("mRSS pre / post")] == ["pre", "post"]
    assert [point.months for point in timeline("3, 6 and 12 months")] == [Decimal(3), Decimal(6), Decimal(12)]


@pytest.mark.parametrize(
    ("words", "number"),
    [
        ("thirty-five", "35"),
        ("ninety million", "90000000"),
        ("two hundred and fifty thousand", "250000"),
        ("half a million", "500000"),
        ("three quarters of a million", "750000"),
        ("one and a half", "1.5"),
        ("2.5 million", "2500000"),
        ("twice", "2"),
        ("seven", "7"),
    ],
)
def test_number_words(words: str, number: str) -> None:
    assert number_word(words) == Decimal(number)


@pytest.mark.parametrize("words", ["a", "some", "many thousand", "", "seven knees"])
def test_what_is_no_number_word(words: str) -> None:
    assert number_word(words) is None


def test_printed_digits_and_roman_numerals() -> None:
    assert decimal_number("12,500") == 12500
    assert decimal_number("2,5") == Decimal("2.5")
    assert decimal_number("2..5") is None
    assert [roman_number(word) for word in ("IV", "IX", "II", "C", "")] == [4, 9, 2, None, None]
