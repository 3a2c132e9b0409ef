"""Vocabulary, guards, the paper's own abbreviations, and the examples of every rule."""

from __future__ import annotations

from typing import Any

import pytest

from extract.find import find_mentions
from extract.find.examples import check_examples, example_count
from extract.find.language import normal_form, sentences
from extract.model import Mention
from extract.read.text import text_document
from extract.schema import Schema, Term, TermsRule


def values(text: str, field: str, schema: Schema) -> list[Any]:
    document = text_document(text, "text", schema)
    return [m.value for m in find_mentions(document, schema) if m.field == field]


def test_every_example_of_every_rule_holds(schema: Schema) -> None:
    assert check_examples(schema) == []
    assert example_count(schema) > 500


def test_an_example_that_fails_says_what_was_found_instead(schema: Schema) -> None:
    bad = TermsRule(
        id="bad",
        kind="terms",
        field="tissue",
        matches=("Cells from [[moonlight]].",),
        terms=(Term(value="x", words=("sunlight",)),),
    )  # type: ignore[arg-type]
    faults = check_examples(schema.model_copy(update={"rules": (*schema.rules, bad), "hash": "another"}))
    assert len(faults) == 1
    assert faults[0].text == (
        "rule 'bad' does not find the words in brackets of \"Cells from [[moonlight]].\".\n"
        "    nothing was found there: no term of the rule has 'moonlight' among its words."
    )


@pytest.mark.parametrize(
    ("text", "field", "expect"),
    [
        ("She received adipose-derived cells.", "tissue", ["adipose tissue"]),
        ("She received adipose derived cells.", "tissue", ["adipose tissue"]),
        ("Umbilical cord-blood cells were infused.", "tissue", ["umbilical cord blood"]),
        ("He had class IV lupus nephritis.", "route", []),
        ("Cells were given i.v. on Monday.", "route", ["intravenous"]),
        ("UC cells from a healthy birth were infused.", "tissue", ["umbilical cord"]),
        ("Her UC with bloody stools had resisted mesalazine.", "tissue", []),
    ],
)
def test_vocabulary(text: str, field: str, expect: list[str], schema: Schema) -> None:
    assert values(text, field, schema) == expect


def test_the_papers_own_abbreviation_decides(schema: Schema) -> None:
    colitis = "A boy with ulcerative colitis (UC) was seen. His UC was active and cells were discussed."
    assert "umbilical cord" not in values(colitis, "tissue", schema)
    assert values(colitis, "diagnosis", schema).count("ulcerative colitis") >= 2
    cord = "Cells of the umbilical cord (UC) were grown. The UC product was given."
    assert values(cord, "tissue", schema).count("umbilical cord") >= 2


def test_a_longer_name_swallows_the_shorter(schema: Schema) -> None:
    assert values("She had systemic juvenile idiopathic arthritis.", "diagnosis", schema) == [
        "systemic juvenile idiopathic arthritis"
    ]


def test_every_mention_is_the_text_at_its_span(schema: Schema) -> None:
    text = (
        "A 9-year-old girl with SLE received 2 × 106 cells/kg i.v. twice; her SLEDAI fell from 12 to 4 without fever."
    )
    document = text_document(text, "text", schema)
    mentions = find_mentions(document, schema)
    assert len(mentions) > 6
    for mention in mentions:
        assert isinstance(mention, Mention)
        assert document.text[mention.span.start : mention.span.end] == mention.text
        assert mention.sentence.holds(mention.span)


def test_finding_twice_gives_the_same(schema: Schema) -> None:
    document = text_document("She received 3 × 106 MSC/kg for lupus.", "text", schema)
    assert find_mentions(document, schema) == find_mentions(document, schema)


@pytest.mark.parametrize(
    ("word", "form"),
    [
        ("Haematopoietic", "hematopoietic"),
        ("tumours", "tumor"),
        ("biopsies", "biopsy"),
        ("Behçet’s", "behcet's"),
        ("status", "status"),
    ],
)
def test_normal_form(word: str, form: str) -> None:
    assert normal_form(word) == form


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("She got 98 g/L. Pelvic pain followed.", 2),
        ("Moreau et al. found none. It was odd.", 2),
        ("The dose (approx. 3 mL) was given i.v. over an hour.", 1),
        ("It rose to 3.5. The rest fell.", 2),
        ("Nine were treated. [5] One died.", 2),
        ("It fell within four years.1,3 In lupus the marrow is poor.4–6 We report one man.", 3),
        ("It rose to 3.5 In all.", 1),
    ],
)
def test_sentences(text: str, count: int) -> None:
    assert len(sentences(text)) == count
