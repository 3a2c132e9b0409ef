"""What a run does not search, to save time, changes nothing in what it says."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from spacy.language import Language

from extract.find import find_mentions, language
from extract.link import link_cases
from extract.model import Document
from extract.read import read_document
from extract.read.text import text_document
from extract.schema import Schema

SAMPLE = Path(__file__).resolve().parent.parent / "corpus" / "sample"
PAPERS = sorted([*SAMPLE.glob("*.pdf"), *(Path(__file__).resolve().parent / "fresh").glob("*.pdf")])


def fields(document: Document, schema: Schema, *, others: bool) -> set[str]:
    return {mention.field for mention in find_mentions(document, schema, others=others)}


@pytest.mark.parametrize("path", PAPERS, ids=lambda path: path.stem)
def test_the_cases_of_a_paper_are_the_same_without_what_is_spared(path: Path, schema: Schema) -> None:
    document = read_document(path, schema)
    everything = find_mentions(document, schema)
    needed = find_mentions(document, schema, others=False)
    assert link_cases(document, needed, schema) == link_cases(document, everything, schema)
    assert {mention.span for mention in needed} <= {mention.span for mention in everything}


INTRODUCTION = """Stem cells in lupus

Introduction

Umbilical cord cells were infused intravenously in a large trial, and its patients received 2 × 10^6 cells/kg.

{}

Case report

A 12-year-old girl with systemic lupus erythematosus received 60 × 10^6 umbilical cord cells intravenously."""


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("Bone marrow is drawn from the iliac crest by others.", False),
        ("In our patient bone marrow was drawn from the iliac crest.", True),
        ("We report a girl whose bone marrow was drawn from the iliac crest.", True),
    ],
)
def test_a_paragraph_of_an_introduction_is_searched_when_it_claims_a_patient(
    told: str, kept: bool, schema: Schema
) -> None:
    document = text_document(INTRODUCTION.format(told), "text", schema)
    everything = [mention for mention in find_mentions(document, schema) if mention.value == "bone marrow"]
    needed = [mention for mention in find_mentions(document, schema, others=False) if mention.value == "bone marrow"]
    assert everything
    assert needed == (everything if kept else [])


@pytest.mark.parametrize(
    ("title", "body", "searched"),
    [
        ("An extract of leaves", "Cells were seeded at 1 × 10^6 per well with 10 mg of the extract.", False),
        ("An extract of leaves in rats", "Rats aged 8 weeks weighing 200 g received 1 × 10^6 cells.", False),
        ("A review of stem cells", "Intravenous infusions of 1 × 10^6 cells/kg were well tolerated.", False),
        ("Stem cells in lupus: a case report", "She received 1 × 10^6 cells/kg intravenously.", True),
        ("Stem cells in lupus", "We treated 14 patients with 1 × 10^6 cells/kg intravenously.", True),
        ("Stem cells in lupus", "A 12-year-old girl received 1 × 10^6 cells/kg intravenously.", True),
        ("Stem cells in lupus", "The woman received 1 × 10^6 cells/kg intravenously.", True),
        ("Stem cells in lupus", "Weighing 52 kg, the recipient was given 1 × 10^6 cells/kg.", True),
    ],
)
def test_a_paper_that_tells_of_nobody_is_asked_for_its_design_only(
    title: str, body: str, searched: bool, schema: Schema
) -> None:
    document = text_document(f"{title}\n\nMethods\n\n{body}", "text", schema)
    assert fields(document, schema, others=True) - {"design"}
    assert (fields(document, schema, others=False) - {"design"} != set()) == searched


def test_a_review_keeps_its_design(schema: Schema) -> None:
    document = text_document("A systematic review\n\nMethods\n\nThis review is on 10 mg of a drug.", "text", schema)
    case = link_cases(document, find_mentions(document, schema, others=False), schema)
    assert (case.paper.design, case.patients) == ("review", ())


@pytest.fixture(scope="module")
def unspared() -> Language:
    """The language with every pattern of its tokenizer asked about every word."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(language, "_spare_plain_words", lambda own, find: setattr(own, "infix_finditer", find))
        return language.load_language.__wrapped__()


@given(word=st.from_regex(r"[a-z]{1,20}", fullmatch=True))
@example(word="mg")
@example(word="moabc")
@example(word="cannot")
def test_patterns_cut_nothing_in_a_word_of_small_letters(word: str, unspared: Language) -> None:
    assert [token.text for token in unspared(word)] == [word]


def test_patterns_cut_elsewhere(unspared: Language) -> None:
    text = "adipose-derived (60 mL) marrow2.6"
    assert [token.text for token in language.load_language()(text)] == [token.text for token in unspared(text)]
    assert len(unspared(text)) > 7
