"""SYNTHESIS: references are read whole or refused, and matched without guessing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from series import words, write_series
from written import case, row

from extract.schema import Schema
from extract.synthesis.bibliography import (
    BibliographyError,
    Reference,
    load_references,
    match_references,
    plain_title,
    with_references,
)
from extract.synthesis.outputs import load_outputs
from extract.synthesis.rows import Outputs

BIBTEX = r"""
@comment{made by hand}
@article{tarn2019,
  title = {Three routes, three {MSC} sources in j{\"u}venile disease},
  author = {Tarn, Ilse and Rui Pe{\~n}alver and {The Stromal Group}},
  journaltitle = {Open Reports},
  date = {2019-05-01},
  volume = 7, number = {2}, pages = {1--9},
  doi = {https://doi.org/10.5555/ORCT.2019.0041},
  file = {Full Text:C\:\\papers\\tarn.pdf:application/pdf},
}
@book{other, title = {A book}, year = 2001}
"""

RIS = """TY  - JOUR
AU  - Tarn, Ilse
AU  - Peñalver, Rui
TI  - Three routes
PY  - 2019/05/01
JO  - Open Reports
VL  - 7
IS  - 2
SP  - 1
EP  - 9
DO  - 10.5555/orct.2019.0041
ER  -

TY  - JOUR
TI  - Another one
ER  -
"""


def saved(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_bibtex_is_read_with_its_names_signs_and_files(tmp_path: Path) -> None:
    first, second = load_references(saved(tmp_path, "refs.bib", BIBTEX))
    assert first == Reference(
        key="tarn2019",
        title="Three routes, three MSC sources in jüvenile disease",
        authors=("Tarn, Ilse", "Peñalver, Rui", "The Stromal Group"),
        year="2019",
        journal="Open Reports",
        volume="7",
        issue="2",
        pages="1–9",
        doi="10.5555/orct.2019.0041",
        files=("tarn",),
    )
    assert (second.key, second.year, second.doi) == ("other", "2001", "")


def test_ris_is_read_like_bibtex(tmp_path: Path) -> None:
    first, second = load_references(saved(tmp_path, "refs.ris", RIS))
    assert (first.title, first.authors, first.year) == ("Three routes", ("Tarn, Ilse", "Peñalver, Rui"), "2019")
    assert (first.journal, first.volume, first.pages, first.doi) == (
        "Open Reports",
        "7",
        "1–9",
        "10.5555/orct.2019.0041",
    )
    assert second.title == "Another one"


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("refs.bib", "@article{a, title={x}}\n@article{a, title={y}}", r"refs\.bib:2: the key 'a' is used twice"),
        ("refs.bib", "@article{a, title={x}}\n@article{b, title={y\n", r"refs\.bib:2: not valid BibTeX"),
        ("refs.bib", "no references at all", r"no reference in it"),
        ("refs.ris", "TY  - JOUR\nTI  - a\nTY  - JOUR\nTI  - b\nER  -\n", r"1 whole references of 2"),
        ("refs.ris", "hello\n", r"0 whole references of 0"),
        ("refs.xml", "<a/>", r"from \.bib \(BibTeX\) and \.ris \(RIS\) files"),
    ],
)
def test_references_that_are_broken_are_refused_not_lost(tmp_path: Path, name: str, text: str, said: str) -> None:
    with pytest.raises(BibliographyError, match=said):
        load_references(saved(tmp_path, name, text))


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(BibliographyError, match="No such file"):
        load_references(tmp_path / "none.bib")


def papers(folder: Path, schema: Schema, **facts: dict[str, str]) -> Outputs:
    cases = []
    for name, values in facts.items():
        paper = case(name, row("patients", "1", kind="individual", n=1))
        said: dict[str, Any] = {key: words(value) for key, value in values.items()}
        cases.append(paper.model_copy(update={"paper": paper.paper.model_copy(update={"values": said})}))
    return load_outputs(write_series(folder, schema, *cases), schema)


def test_the_doi_goes_before_the_title(tmp_path: Path, schema: Schema) -> None:
    outputs = papers(tmp_path, schema, a={"doi": "10.5555/x.1", "title": "A long enough title"})
    by_doi, by_title = Reference("d", doi="10.5555/x.1"), Reference("t", title="A long enough title")
    matches = match_references(outputs, [by_title, by_doi])
    assert matches.found == {"a": (by_doi, "DOI")}
    assert matches.unmatched == (by_title,)


def test_a_title_must_be_the_same_but_for_printing(tmp_path: Path, schema: Schema) -> None:
    outputs = papers(
        tmp_path, schema, a={"title": "Stromal cells — in a naïve  child"}, b={"title": "Stromal cells in a child"}
    )
    same = Reference("s", title="STROMAL CELLS: in a naive child.")
    near = Reference("n", title="Stromal cell in a child")
    matches = match_references(outputs, [same, near])
    assert matches.found == {"a": (same, "title")}
    assert matches.without == ("b",)
    assert matches.unmatched == (near,)


def test_a_file_name_matches_a_paper_that_tells_nothing(tmp_path: Path, schema: Schema) -> None:
    outputs = papers(tmp_path, schema, tarn={}, other={})
    reference = Reference("k", title="Whatever it is", files=("tarn",))
    assert match_references(outputs, [reference]).found == {"tarn": (reference, "file")}


def test_what_fits_more_than_one_way_is_not_taken(tmp_path: Path, schema: Schema) -> None:
    title = {"title": "A case report of stromal cells"}
    one, two = Reference("one", **title), Reference("two", **title)
    twice = match_references(papers(tmp_path / "r", schema, a=title), [one, two])
    assert twice.found == {}
    assert twice.doubts == ("title: a and one, two fit more than one way; none is taken.",)
    papers_twice = match_references(papers(tmp_path / "p", schema, a=title, b=title), [one])
    assert papers_twice.found == {}
    assert papers_twice.without == ("a", "b")


def test_short_titles_match_nothing() -> None:
    assert plain_title("Case report") == ""


def test_references_name_the_studies_anew(tmp_path: Path, schema: Schema) -> None:
    outputs = papers(
        tmp_path, schema, a={"doi": "10.5555/x.1"}, b={"doi": "10.5555/x.2", "title": "As printed in the paper"}
    )
    references = [
        Reference("1", title="First", authors=("Tarn, Ilse",), year="2019", doi="10.5555/x.1"),
        Reference("2", authors=("Tarn, Ilse",), year="2019", doi="10.5555/x.2"),
    ]
    named = with_references(outputs, match_references(outputs, references))
    assert [person.study for person in named.people] == ["Tarn 2019a", "Tarn 2019b"]
    assert [paper.text("title") for paper in named.papers] == ["First", "As printed in the paper"]
    year = named.papers[0].value("year")
    assert year is not None
    assert (year.number, year.basis) == (2019, "reference")


def test_a_reference_is_printed_as_journals_do() -> None:
    whole = Reference(
        "k", "Three routes", ("Tarn, Ilse", "Boaz, K."), "2019", "Open Reports", "7", "2", "1–9", "10.5555/x.1"
    )
    assert whole.text == "Tarn Ilse, Boaz K. Three routes. Open Reports. 2019;7(2):1–9. doi:10.5555/x.1."
    assert Reference("k", "Only a title").text == "Only a title."
