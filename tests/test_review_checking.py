"""What a reviewer types becomes the value of the column, or is refused with what can stand there."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.review.checking import LONGEST, Refused, check_value, known_words, parse_number
from extract.review.spelling import Spelling
from extract.schema import Schema


@pytest.mark.parametrize(
    ("table", "field", "typed", "value"),
    [
        ("administrations", "dose_cells", "52000000", "52000000"),
        ("administrations", "dose_cells", "52 × 10⁶", "52000000"),
        ("administrations", "dose_cells", "52 x 10^6", "52000000"),
        ("administrations", "dose_cells", "5.2e7 cells", "52000000"),
        ("administrations", "dose_cells", "52 million cells", "52000000"),
        ("administrations", "dose_cells", "10^8", "100000000"),
        ("administrations", "dose_cells", "1,500,000", "1500000"),
        ("patients", "age_onset_years", "12 years", "12"),
        ("patients", "age_onset_years", "1 year", "1"),
        ("patients", "age_onset_years", "twelve", "12"),
        ("patients", "age_onset_years", "0.50", "0.5"),
        ("patients", "sex", "Female", "female"),
        ("adverse_events", "present", "yes", "true"),
        ("administrations", "where", "table; narrative", "table;narrative"),
        ("diagnoses", "diagnosis", "Systemic Lupus Erythematosus", "systemic lupus erythematosus"),
        ("outcomes", "timepoint", "  at the  last visit ", "at the last visit"),
    ],
)
def test_values_are_taken_as_people_type_them(schema: Schema, table: str, field: str, typed: str, value: str) -> None:
    assert check_value(schema, table, field, typed).value == value


@pytest.mark.parametrize(
    ("table", "field", "typed", "said"),
    [
        ("patients", "weight_kg", "heavy", "not a number. weight_kg holds one number, in kg: for example 12.5."),
        ("administrations", "dose_cells", "2-3 million", "for example 52000000, 52e6 or 52 × 10\\^6"),
        ("administrations", "dose_cells", "5 mL", "is not a number"),
        ("administrations", "count", "2.5", "holds a whole number, not 2.5"),
        ("patients", "weight_kg", "-4", "cannot be below zero"),
        ("patients", "sex", "femal", "Did you mean female\\? Allowed: female, male, other."),
        ("administrations", "where", "table;footer", "“footer” is not a word of where"),
        ("patients", "sex", "  ", "Type the value"),
        ("patients", "label", "x" * (LONGEST + 1), "longer than"),
        ("patients", "shoe_size", "42", "There is no column shoe_size in patients"),
        ("pets", "name", "Rex", "There is no column name in pets"),
        ("administrations", "dose_cells", "1 × 10^99", "is not a number"),
    ],
)
def test_what_cannot_stand_in_a_column_is_refused_with_the_reason(
    schema: Schema, table: str, field: str, typed: str, said: str
) -> None:
    with pytest.raises(Refused, match=said):
        check_value(schema, table, field, typed)


def test_a_score_outside_its_scale_is_refused_and_one_of_no_known_scale_is_told(schema: Schema) -> None:
    with pytest.raises(Refused, match="SLEDAI-2K 130 is outside 0–105"):
        check_value(schema, "outcomes", "value", "130", {"measure": "SLEDAI-2K"})
    assert check_value(schema, "outcomes", "value", "105", {"measure": "SLEDAI-2K"}).note == ""
    told = check_value(schema, "outcomes", "value", "130", {"measure": "our own score"})
    assert "its range was not checked" in told.note


def test_the_printed_end_of_a_scale_counts(schema: Schema) -> None:
    with pytest.raises(Refused, match="outside"):
        check_value(schema, "outcomes", "value", "11", {"measure": "VAS pain", "scale_max": "10"})


def test_an_unusual_word_is_taken_and_the_nearest_usual_one_told(schema: Schema) -> None:
    checked = check_value(schema, "diagnoses", "diagnosis", "systemic lupus erythematous")
    assert checked.value == "systemic lupus erythematous"
    assert "Did you mean systemic lupus erythematosus?" in checked.note


def test_the_usual_words_of_a_column_are_known(schema: Schema) -> None:
    assert known_words(schema, "patients", "sex") == ("female", "male", "other")
    assert "SLEDAI-2K" in known_words(schema, "outcomes", "measure")
    assert "intravenous" in known_words(schema, "administrations", "route")
    assert known_words(schema, "outcomes", "timepoint") == ()


@pytest.mark.parametrize(
    ("table", "field", "typed", "value"),
    [
        ("administrations", "route", "IV", "intravenous"),
        ("administrations", "route", "by a way of its own", "by a way of its own"),
        ("patients", "sex", "F", "female"),
        ("diagnoses", "diagnosis", "SLE", "systemic lupus erythematosus"),
        ("outcomes", "measure", "sledai 2k", "SLEDAI-2K"),
        ("administrations", "dose_cells", "52 × 10⁶", "52000000"),
        ("adverse_events", "present", "WAHR", "true"),
    ],
)
def test_on_the_page_the_words_of_papers_and_words_of_ones_own_are_taken(
    schema: Schema, table: str, field: str, typed: str, value: str
) -> None:
    assert Spelling(schema).typed(table, field, typed).value == value


@pytest.mark.parametrize(
    ("table", "field", "typed", "said"),
    [
        ("outcomes", "timepoint", "n/a", "use Not reported"),
        ("patients", "weight_kg", "1,500", "Is it 1500 or 1.500"),
        ("patients", "age_onset_years", "6 months", "6 months would be 0.5 years"),
        ("patients", "sex", "femal", "Did you mean 'female'"),
        ("patients", "shoe_size", "42", "There is no column"),
    ],
)
def test_on_the_page_what_is_not_clear_is_refused(
    schema: Schema, table: str, field: str, typed: str, said: str
) -> None:
    with pytest.raises(Refused, match=said):
        Spelling(schema).typed(table, field, typed)


def test_a_score_outside_its_scale_stands_where_the_words_print_it(schema: Schema) -> None:
    row = {"measure": "SLEDAI-2K"}
    checked = Spelling(schema).typed("outcomes", "value", "130", row, words="The SLEDAI-2K was 130.")
    assert (checked.value, checked.note) == ("130", "SLEDAI-2K 130 is outside 0–105, but the words print it so.")
    with pytest.raises(Refused, match="Or give the words that print it"):
        Spelling(schema).typed("outcomes", "value", "130", row, words="The SLEDAI-2K was 13.")


@given(st.decimals(min_value=0, max_value=10**6, places=3), st.integers(0, 9))
def test_a_power_of_ten_is_the_number_that_many_places_on(number: Decimal, power: int) -> None:
    expected = number * 10**power
    assert parse_number(f"{number} × 10^{power}") == expected
    assert parse_number(f"{number}e{power}") == expected
