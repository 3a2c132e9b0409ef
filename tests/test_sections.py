"""Sections: what titles open, and which section a block stands in."""

from __future__ import annotations

from pathlib import Path

import pytest

from extract.read.sections import Heading, Part, find_section, place_parts
from extract.schema import Schema, load_schema

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def schema(schemas_folder: Path) -> Schema:
    """A small schema with the real titles of sections."""
    (schemas_folder / "sections.yaml").write_bytes((ROOT / "schemas" / "sections.yaml").read_bytes())
    return load_schema(schemas_folder)


TITLES = [
    ("Introduction", "introduction", ""),
    ("1. INTRODUCTION", "introduction", "numbered, in capitals"),
    ("Background:", "introduction", ""),
    ("2.1. Materials and Methods", "methods", ""),
    ("Patients & Methods", "methods", ""),
    ("III. RESULTS", "results", "roman number"),
    ("Results and Discussion", "results", "the first of two decides"),
    ("A B S T R A C T", "abstract", "spaced out"),
    ("Case 1", "case", ""),
    ("Case No. 2", "case", ""),
    ("Patient B", "case", ""),
    ("Case 3: a girl with lupus", "case", "the words before the colon count"),
    ("Case Reports", "case", ""),
    ("Case report and review of the literature", "case", ""),
    ("Therapeutic Intervention", "case", "CARE checklist"),
    ("Authors’ contributions", "other", "apostrophe"),
    ("Conflict of Interest Statement", "other", ""),
    ("Literature cited", "references", ""),
    ("Concluding remarks", "conclusion", ""),
    ("Discussion and conclusions", "discussion", ""),
    ("Statistical methods", "methods", ""),
    ("The biology of stromal cells", None, "a title of its own says nothing"),
    ("Why we report this boy", "introduction", "in the authors' own words"),
    ("What was given", "case", "in the authors' own words"),
    ("The two brothers and their patients", None, "not the patients themselves"),
    ("The three patients", "case", ""),
    ("What this case adds", "abstract", "a box of a few lines"),
    ("Casein and its uses", None, "begins like case, is not"),
    ("Casement", None, ""),
]


@pytest.mark.parametrize(("title", "expect", "because"), TITLES)
def test_a_title_opens_its_section(schema: Schema, title: str, expect: str | None, because: str) -> None:
    assert find_section(title, schema) == expect, because


def test_a_line_that_only_might_be_a_heading_needs_the_exact_words(schema: Schema) -> None:
    assert find_section("Methods", schema, exact=True) == "methods"
    assert find_section("Methods such as these have been used before", schema, exact=True) is None
    assert find_section("Case 3: a girl with lupus", schema, exact=True) is None


BIG, SMALL = (12.0, 2, 0), (10.0, 2, 0)


def head(title: str, rank: tuple[float, int, int] = BIG) -> Part:
    return Part(Heading(title, rank), 0)


def run_in(title: str, words: int = 60) -> Part:
    return Part(Heading(title, SMALL, run_in=True), words)


def text(words: int = 80, is_body: bool = True) -> Part:
    return Part(None, words, is_body)


def sections(parts: list[Part], schema: Schema) -> list[str]:
    return [place.section for place in place_parts(parts, schema)]


def test_a_subsection_belongs_to_the_section_above_it(schema: Schema) -> None:
    parts = [head("Methods"), head("Patients", SMALL), text(), head("Outcome", SMALL), text(), head("Results"), text()]
    assert sections(parts, schema) == ["methods"] * 5 + ["results"] * 2


def test_numbering_tells_what_stands_under_what(schema: Schema) -> None:
    parts = [head("2. Case presentation"), text(), head("2.1. Background"), text(), head("3. Discussion"), text()]
    assert sections(parts, schema) == ["case"] * 4 + ["discussion"] * 2


def test_cases_stand_in_the_headings_of_their_text(schema: Schema) -> None:
    places = place_parts(
        [head("Case presentations"), head("Case 1", SMALL), text(), head("Case 2", SMALL), text()], schema
    )
    assert places[2].headings == ("Case presentations", "Case 1")
    assert places[4].headings == ("Case presentations", "Case 2")
    assert {place.section for place in places} == {"case"}


def test_a_case_that_opens_a_paragraph_holds_until_the_next_heading(schema: Schema) -> None:
    places = place_parts([head("Patients"), run_in("Patient 1."), text(), run_in("Patient 2."), text()], schema)
    assert places[2].headings[-1] == "Patient 1"
    assert places[4].headings[-1] == "Patient 2"
    assert places[4].section == "case"


def test_the_labels_of_an_abstract_stay_in_it(schema: Schema) -> None:
    parts = [head("Abstract"), run_in("Background"), run_in("Methods"), run_in("Results"), run_in("Conclusion")]
    assert sections([*parts, head("Introduction"), text()], schema) == ["abstract"] * 5 + ["introduction"] * 2


def test_labels_on_lines_of_their_own_stay_in_the_abstract(schema: Schema) -> None:
    parts = [head("Abstract")]
    for title in ("Background", "Methods", "Results", "Conclusion"):
        parts += [head(title, SMALL), text()]
    rest = [head("Background"), text(), head("Methods"), text(), head("References"), text()]
    assert (
        sections(parts + rest, schema) == ["abstract"] * 9 + ["introduction"] * 2 + ["methods"] * 2 + ["references"] * 2
    )


def test_an_abstract_without_its_title_is_known_by_its_labels(schema: Schema) -> None:
    parts = [
        text(12),
        run_in("Background"),
        run_in("Case presentation"),
        run_in("Conclusion"),
        head("Introduction"),
        text(),
    ]
    assert sections(parts, schema) == ["other"] + ["abstract"] * 3 + ["introduction"] * 2


def test_an_abstract_without_title_and_labels_is_the_long_text_before_the_introduction(schema: Schema) -> None:
    assert sections([text(9), text(120), head("Introduction"), text()], schema) == [
        "other", "abstract", "introduction", "introduction",
    ]  # fmt: skip


def test_what_follows_the_references_is_not_one_of_them(schema: Schema) -> None:
    parts = [head("Discussion"), text(), head("References"), text(), head("Acknowledgements"), text()]
    assert sections(parts, schema) == ["discussion"] * 2 + ["references"] * 2 + ["other"] * 2


def test_consent_after_the_conclusion_is_no_part_of_it(schema: Schema) -> None:
    parts = [head("Conclusion"), text(), head("Consent, funding and interests", SMALL), text()]
    assert sections(parts, schema) == ["conclusion"] * 2 + ["other"] * 2


def test_results_never_stand_under_the_introduction(schema: Schema) -> None:
    parts = [head("Introduction"), text(), head("Results", SMALL), text()]
    assert sections(parts, schema) == ["introduction"] * 2 + ["results"] * 2


def test_a_part_of_its_own_after_the_methods_of_a_review_is_not_the_methods(schema: Schema) -> None:
    parts = [head("Methods"), text(), head("What has been given"), text(), head("Discussion"), text()]
    assert sections(parts, schema) == ["methods"] * 2 + ["other"] * 2 + ["discussion"] * 2


BIG, RUN_IN = (12.0, 2, 0), (9.0, 2, 0)


def sections_of(schema: Schema, *parts: Part) -> list[str]:
    return [place.section for place in place_parts(parts, schema)]


def test_an_abstract_told_in_one_paragraph_behind_its_title_ends_there(schema: Schema) -> None:
    box = Part(Heading("What this case adds.", RUN_IN, run_in=True), 60)
    told = sections_of(schema, box, Part(None, 50), Part(Heading("The patient", BIG), 0), Part(None, 90))
    assert told == ["abstract", "introduction", "case", "case"]
    short = Part(Heading("Abstract.", RUN_IN, run_in=True), 5)
    assert sections_of(schema, short, Part(None, 50))[1] == "abstract"


def test_a_paragraph_that_begins_with_background_before_the_introduction_is_an_abstract(schema: Schema) -> None:
    whole = Part(Heading("Background.", RUN_IN, run_in=True), 70)
    told = sections_of(schema, whole, Part(Heading("Introduction", BIG), 0), Part(None, 80))
    assert told == ["abstract", "introduction", "introduction"]
    assert sections_of(schema, whole, Part(Heading("Case report", BIG), 0), Part(None, 80))[0] == "introduction"
