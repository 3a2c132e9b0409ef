"""Words that a reviewer marks or pastes are found where they stand, or refused with the reason."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from extract.model import Document
from extract.read import read_document
from extract.read.text import text_document
from extract.review.locate import MOST_HITS, MOST_WORDS, NotThere, locate, place_between
from extract.schema import Schema

TEXT = """CASE REPORT

A 12-year-old girl weighing 34 kg received 2 × 10⁶ cells/kg, then 120 and 20 million cells. Her mother’s well-being
was un- changed; the naïve co-\noperation “held”.

DISCUSSION

It was 1.5 at first. The girl received nothing after that.
"""


@pytest.fixture(scope="module")
def paper(schema: Schema) -> Document:
    return text_document(TEXT, "a", schema)


@pytest.fixture(scope="module")
def sample_document(schema: Schema, sample: Path) -> Document:
    return read_document(sorted(sample.glob("08_*.pdf"))[0], schema)


@pytest.mark.parametrize(
    ("words", "found", "because"),
    [
        ("weighing 34 kg", "weighing 34 kg", "as printed"),
        ("weighing  34\nkg", "weighing 34 kg", "white space makes no difference"),
        ("WEIGHING 34 KG", "weighing 34 kg", "nor do capitals"),
        ("2 x 10^6 cells/kg", "2 × 10⁶ cells/kg", "a power may be typed"),
        ("2×106 cells", "2 × 10⁶ cells", "or copied with its raised digit flattened"),
        ("12 year old girl", "12-year-old girl", "hyphens make no difference"),
        ("mother's well\u2010being", "mother’s well-being", "nor does the kind of mark"),
        ("unchanged", "un- changed", "a word that is broken in the text"),
        ("nai\u0308ve", "naïve", "an accent apart from its letter"),
        ('"held"', "“held”", "the kind of quotation mark"),
    ],
)
def test_words_are_found_as_people_type_and_copy_them(paper: Document, words: str, found: str, because: str) -> None:
    places = locate(paper, words)
    assert [place.quote for place in places] == [found], because
    assert paper.text[places[0].start : places[0].end] == found


@pytest.mark.parametrize(("words", "count"), [("20", 1), ("1", 0), ("5", 0), ("1.5", 1), ("12", 1), ("girl", 2)])
def test_a_number_is_never_found_within_another(paper: Document, words: str, count: int) -> None:
    if count == 0:
        with pytest.raises(NotThere):
            locate(paper, words)
    else:
        assert len(locate(paper, words)) == count


def test_a_word_is_found_within_another_only_where_it_stands_nowhere_by_itself(paper: Document) -> None:
    assert [place.quote for place in locate(paper, "million")] == ["million"]
    assert [place.quote for place in locate(paper, "illion")] == ["illion"]
    assert [place.quote for place in locate(paper, "at")] == ["at"], "not the one in that"


def test_the_part_of_the_paper_is_told(paper: Document) -> None:
    first, second = locate(paper, "girl")
    assert (first.where, second.where) == ("narrative", "discussion")


def test_several_places_are_offered_those_on_the_asked_page_first(sample_document: Document) -> None:
    words = "cells"
    everywhere = locate(sample_document, words)
    assert {place.page for place in everywhere} == {1, 2}
    pages = [place.page for place in locate(sample_document, words, page=2)]
    assert pages == sorted(pages, reverse=True)
    assert all(place.boxes for place in everywhere)


def test_boxes_frame_the_words_line_by_line(sample_document: Document) -> None:
    (place,) = locate(sample_document, "limited cutaneous systemic sclerosis")
    assert place.page == 1
    assert len(place.boxes) == 2, "the words run over the end of a line"
    assert all(box.bottom - box.top < 12 for box in place.boxes)


def test_what_is_not_there_is_refused_with_how_far_the_text_goes_along(paper: Document) -> None:
    with pytest.raises(NotThere, match=r"does not stand in the paper. The paper begins so.*then goes on.*received 2"):
        locate(paper, "A 12-year-old girl weighing 34 kg refused")
    with pytest.raises(NotThere, match="What cannot be pointed at is not in the table"):
        locate(paper, "a boy of nine")


@pytest.mark.parametrize("words", ["", "  \n", "…", "-–", "x" * (MOST_WORDS + 1)])
def test_nothing_and_too_much_are_refused(paper: Document, words: str) -> None:
    with pytest.raises(NotThere):
        locate(paper, words)


def test_so_many_places_and_no_more_are_offered(small_schema: Schema) -> None:
    document = text_document("again and " * (MOST_HITS * 2), "a", small_schema)
    assert len(locate(document, "again")) == MOST_HITS


def test_marked_words_lose_the_white_space_around_them(paper: Document) -> None:
    start = paper.text.index(" weighing")
    place = place_between(paper, start, start + len(" weighing 34 "))
    assert place.quote == "weighing 34"


@pytest.mark.parametrize(("start", "end"), [(5, 5), (9, 4), (0, 10**6), (11, 12)])
def test_marks_outside_the_text_or_of_nothing_are_refused(paper: Document, start: int, end: int) -> None:
    with pytest.raises(NotThere):
        place_between(paper, start, end)


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_every_stretch_of_words_is_found_again_at_its_place(sample_document: Document, data: st.DataObject) -> None:
    runs = sample_document.runs
    first = data.draw(st.integers(0, len(runs) - 9))
    last = first + data.draw(st.integers(1, 8))
    start, end = runs[first].start, runs[last].end
    words = sample_document.text[start:end]
    assume(sum(letter.isalnum() for letter in words) > 8)
    assume(words[0].isalnum() and words[-1].isalnum())
    found = locate(sample_document, words)
    assert (start, end) in {(place.start, place.end) for place in found} or len(found) == MOST_HITS
