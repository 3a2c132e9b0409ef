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

from extract.find import find_mentions
from extract.find.cellscores import head_stages, one_staging
from extract.find.examples import make_passage
from extract.find.glued import find_glued
from extract.find.joints import motion_name
from extract.find.phases import timeline
from extract.find.rules import Rules, compile_rules, find_terms
from extract.find.scores import ScaleHit, find_scores, find_scores_in_cell
from extract.model import Mention, plain
from extract.numbers import decimal_number, number_word, roman_number
from extract.read.text import text_document
from extract.schema import Scale, Schema, load_schema

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
        ("2½ years", "post", "30"),
        ("Month +3", "post", "3"),
        ("D+30", "post", "0.99"),
        ("POD 14", "post", "0.46"),
        ("T1 (3 months)", "post", "3"),
        ("Follow-up 2 (6 mo)", "post", "6"),
        ("6M post", "post", "6"),
        ("Post (2.5 y)", "post", "30"),
        ("FU1", "post", None),
        ("Discharge", "post", None),
        ("Final", "post", None),
        ("Week -2", "pre", None),
        ("Day \u22127", "pre", None),
        ("-1 mo", "pre", None),
        ("Age 12 years", "unspecified", None),
        ("Left knee", "unspecified", None),
    ],
)
def test_headers_say_when(words: str, phase: str, months: str | None) -> None:
    told = [(when.phase, when.months) for when in timeline(words)[-1:]] or [("unspecified", None)]
    assert told == [(phase, Decimal(months) if months is not None else None)]


def cell_values(text: str, rules: Rules) -> list[str]:
    """What the body cells of a table that came as lines are read as."""
    document = text_document(text, "table", rules.schema, where="table_row")
    return shown([m for m in find_mentions(document, rules.schema) if m.field == "score"])


def test_a_row_under_a_scale_is_a_part_of_it_and_the_total_is_the_scale(rules: Rules) -> None:
    table = "Harris Hip Score | Before | 12 months\nPain | 20 | 40\nLimp | 5 | 11\nTotal score | 51 | 88"
    assert cell_values(table, rules) == [
        "HHS pain 20 pre",
        "HHS pain 40 post 12",
        "HHS limp 5 pre",
        "HHS limp 11 post 12",
        "HHS 51 pre",
        "HHS 88 post 12",
    ]


def test_questionnaire_parts_with_scores_of_their_own_keep_the_name(rules: Rules) -> None:
    assert cell_values("KOOS | Before | 12 months\nPain | 40 | 80\nSymptoms | 50 | 82", rules) == [
        "KOOS 40 pre",
        "KOOS 80 post 12",
        "KOOS 50 pre",
        "KOOS 82 post 12",
    ]


def test_times_down_the_side_date_the_scores_of_their_row(rules: Rules) -> None:
    assert cell_values("Visit | HAQ (0–3) | PASI\nmonth 0 | 2.1 | 14\nmonth 6 | 0.4 | 3", rules) == [
        "HAQ 2.1/3 pre 0",
        "PASI 14 pre 0",
        "HAQ 0.4/3 post 6",
        "PASI 3 post 6",
    ]


def test_joint_movement_and_side_of_the_headers_name_a_range_of_motion(rules: Rules) -> None:
    table = "Knee: range of motion | Before, right | 12 months, right\nFlexion | 80 | 120\nExtension | 5 | 0"
    assert cell_values(table, rules)[:2] == ["knee ROM flexion, right 80 pre", "knee ROM flexion, right 120 post 12"]


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("right hip flexion", "hip ROM flexion, right"),
        ("External Rotation | 1 year Left | Hip joint", "hip ROM external rotation, left"),
        ("knee", "knee ROM"),
        ("plantar flexion", "ROM plantar flexion"),
        ("range of motion", "range of motion"),
    ],
)
def test_names_of_motion(words: str, name: str) -> None:
    assert motion_name(words, "range of motion") == name


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Case 4F29MSUC-MSC6 × 107ITEDSS5.5→4.0", ["EDSS"]),
        ("No. 7Knee OASVF2 × 107IAKOOS pain 44–80", ["KOOS"]),
        ("The TODIX trial 62–24", []),
        ("BOEDSSON 6.5", []),
        ("His EDSS went 6.5→4.0", []),  # not glued: the vocabulary knows it
    ],
)
def test_glued_names_need_values_from_to(text: str, names: list[str], rules: Rules) -> None:
    known = [hit for hit in scales_in(text, rules) if text[max(0, hit.start - 1)] == " "]
    assert [hit.scale.name for hit in find_glued(text, rules.schema.scales, known)] == names


def test_a_stage_in_a_header_belongs_to_the_one_staging_of_the_paper(rules: Rules) -> None:
    ficat = scale_with("ficat", rules)
    assert shown(head_stages(make_passage("Before treatment: stage III"), ficat)) == ["Ficat-Arlet stage 3 pre"]
    assert shown(head_stages(make_passage("12 months: STAGE II"), ficat)) == ["Ficat-Arlet stage 2 post 12"]
    assert head_stages(make_passage("Before treatment: stage III"), None) == []
    assert head_stages(make_passage("Patients in stage III"), ficat) == []
    assert one_staging([ficat, scale_with("edss", rules)]) == ficat
    assert one_staging([ficat, scale_with("arco", rules)]) is None


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


def test_names_of_one_scale_that_share_words_are_one_name(schema: Schema) -> None:
    document = text_document("The VAS itch score fell from 8 to 2 at 14 months.", "text", schema)
    found = [
        (m.details["measure"], m.details["phase"], m.value)
        for m in find_mentions(document, schema)
        if m.field == "score"
    ]
    assert found == [("VAS itch", "pre", Decimal(8)), ("VAS itch", "post", Decimal(2))]
