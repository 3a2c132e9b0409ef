"""Context: whether a find is so, of whom, and when."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from extract.find.context import compile_cues, judge
from extract.find.examples import make_passage
from extract.schema import Schema

CASES: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "cases" / "context.yaml").read_text("utf-8"))


@pytest.mark.parametrize("case", CASES, ids=[case["because"] for case in CASES])
def test_context(case: dict[str, Any], schema: Schema) -> None:
    match = re.search(r"\[\[(.+?)\]\]", case["text"])
    assert match
    text = case["text"].replace("[[", "").replace("]]", "")
    passage = make_passage(text)._replace(section=case.get("section", "case"))
    mention = passage.mention(case["of"], match[1], match.start(), match.start() + len(match[1]), "test")
    (judged,) = judge(passage, [mention], compile_cues(schema))
    found = {"presence": judged.context.presence, "who": judged.context.who, "status": judged.detail("status")}
    expect = {"presence": "present", "who": "patient", "status": None, **case["expect"]}
    assert found == expect, judged.context.cues


def test_the_words_that_decided_are_kept(schema: Schema) -> None:
    passage = make_passage("No fever was seen.")
    (judged,) = judge(passage, [passage.mention("adverse_event", "fever", 3, 8, "test")], compile_cues(schema))
    assert "No" in judged.context.cues
