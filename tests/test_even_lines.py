"""Lines whose words are set alike are taken as a whole: what comes out must be what word by word gives."""

from __future__ import annotations

import gc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.read import ReadFailure, read_document
from extract.read.draft import Draft
from extract.read.exponents import CLEAN, UNCLEAN, spell
from extract.read.hyphens import count_words
from extract.read.sheet import Font, Line, Sheet, Word, is_capitals, join_words
from extract.read.words import stretches_of
from extract.schema import Schema

SERIF, SIGNS = Font("Serif", False, False), Font("MathematicalPi", False, False)
TEXTS = ("cells", "dose", "10", "6", "3", "-", ",", "ﬁne", "µg", "non-", "(a)", "a\u200bb")


@st.composite
def words_of_a_page(draw: st.DrawFn) -> list[Word]:
    """Words after each other, most of them set like the one before, some raised, apart, on top or on the next line."""
    out: list[Word] = []
    x, baseline, size, font = 50.0, 100.0, 10.0, SERIF
    for _ in range(draw(st.integers(1, 25))):
        change = draw(st.integers(0, 19))
        if change == 0:
            x, baseline = 50.0, baseline + 12
        elif change == 1:
            size = draw(st.sampled_from((7.0, 10.0)))
        elif change == 2:
            baseline += draw(st.sampled_from((-4.0, 4.0, 0.3)))
        elif change == 3:
            font = draw(st.sampled_from((SERIF, SIGNS)))
        text = draw(st.sampled_from(TEXTS))
        x += draw(st.sampled_from((2.5, 2.5, 2.5, 0.0, 0.5, 4.0, 9.7, -3.0, -30.0)))
        end = x + 5 * len(text)
        top, bottom = baseline - 0.78 * size, baseline + 0.22 * size
        out.append(Word(text, x, top, end, bottom, baseline, size, font, draw(st.booleans())))
        x = end
    return out


def columns(words: list[Word]) -> list[int]:
    x0, x1, size, baseline = np.array([(w.x0, w.x1, w.size, w.baseline) for w in words]).T
    return stretches_of(x0, x1, size, baseline, np.array([word.space for word in words]))


def told(line: Line) -> tuple[object, ...]:
    place = line.x0, line.top, line.x1, line.bottom, line.baseline, line.size, line.order
    return line.words, place, line.text, line.font, line.bold, line.italic, line.letters


@given(words_of_a_page())
def test_words_taken_together_make_the_lines_that_each_by_itself_makes(words: list[Word]) -> None:
    assert list(map(told, join_words(words, columns(words)))) == list(map(told, join_words(words)))


@given(words_of_a_page(), st.integers(0, 50))
def test_even_lines_are_written_as_word_by_word(words: list[Word], at: int) -> None:
    sheet, counted = Sheet(1, 600, 800, 600, 800), count_words("cells dose fine")
    whole = spell([(sheet, line) for line in join_words(words, columns(words))], counted, at)
    single = join_words(words)
    for line in single:
        line.even = False
    passages = []
    for passage in (whole, spell([(sheet, line) for line in single], counted)):
        draft = Draft()
        draft.add("x" * 7, "paragraph", "other")
        draft.add(passage.text, "paragraph", "other", runs=passage.runs, repairs=passage.repairs, at=passage.at)
        passages.append((draft.text, draft.runs, draft.repairs))
    assert passages[0] == passages[1]


def test_an_even_line_ends_where_the_type_or_the_baseline_changes() -> None:
    words = [
        Word(text, x, 92.0, x + 20, 102.0, baseline, size, SERIF, True)
        for text, x, baseline, size in (("a", 0, 100.0, 10.0), ("b", 23, 100.0, 10.0), ("c", 46, 100.0, 8.0))
    ]
    assert columns(words) == [0, 2]
    assert [line.even for line in join_words(words[:2], [0])] == [True]
    assert [line.even for line in join_words(words, columns(words))] == [False]


def test_every_character_that_is_written_otherwise_is_looked_for() -> None:
    assert all(UNCLEAN.match(chr(code)) for code in CLEAN)
    assert not UNCLEAN.search("plain words, µg and “quotes” – 3 × 10⁶ naïve Čech")


@pytest.mark.parametrize(
    ("text", "capitals"),
    [
        ("CASE REPORT", True),
        ("CASE REPORTs", True),
        ("CASe", False),
        ("ÉTUDES DE à", True),
        ("Étude", False),
        ("12 34 IV", False),
        ("ABCDEFGHIJKLMNOPQabc", False),
        ("ABCDEFGHIJKLMNOPQRab", True),
    ],
)
def test_capitals_are_letters_of_which_hardly_any_is_small(text: str, capitals: bool) -> None:
    assert is_capitals(text) is capitals


def test_a_word_broken_at_a_line_end_is_not_counted_nor_what_it_is_joined_to() -> None:
    words = count_words("treat-\nment of cells. Well-known cells, non-\n\nself- \r\nmade end")
    assert {word: words.count(word) for word in ("treat", "ment", "cells", "well-known", "known", "self", "made")} == {
        "treat": 0, "ment": 0, "cells": 2, "well-known": 1, "known": 1, "self": 0, "made": 1,
    }  # fmt: skip


def test_reading_leaves_the_search_for_garbage_as_it_was(tmp_path: Path, schema: Schema) -> None:
    often = gc.get_threshold()
    empty = tmp_path / "empty.pdf"
    empty.write_bytes(b"%PDF-1.4\n%%EOF")
    with pytest.raises(ReadFailure):
        read_document(empty, schema)
    assert gc.get_threshold() == often
