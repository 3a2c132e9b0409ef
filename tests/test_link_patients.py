"""Who is who, and whose each mention is."""

from __future__ import annotations

import pytest
from linking import mention, paper

from extract.link.cast import Cast, known_sexes, person_called, with_sexes
from extract.link.labels import (
    labels_in,
    read_bare,
    read_kin,
    read_label,
    same_name,
    tells_of_all,
    tells_of_number,
    tells_of_ours,
)
from extract.link.patients import cast_of
from extract.link.whose import whose


@pytest.mark.parametrize(
    ("text", "expect"),
    [
        ("Case 1", "1"),
        ("Patient A", "A"),
        ("Case II", "2"),
        ("Patient No. 3", "3"),
        ("Case two: a girl", "2"),
        ("P4", "4"),
        ("Case report", None),
        ("Case presentation", None),
        ("Cases 1 and 2", None),
        ("Patient 25 years", None),
        ("12 patients", None),
    ],
)
def test_a_heading_names_one_patient_or_nobody(text: str, expect: str | None) -> None:
    assert read_label(text) == expect


def test_a_bare_number_is_a_name_only_where_a_header_says_so() -> None:
    assert read_bare("3") == "3"
    assert read_bare("(B)") is None
    assert read_bare("12.5") is None


@pytest.mark.parametrize(
    ("text", "expect"),
    [
        ("The older brother", "older brother"),
        ("His sister", "sister"),
        ("Brother and sister", None),
        ("Outcome", None),
    ],
)
def test_a_relative_is_a_name(text: str, expect: str | None) -> None:
    assert read_kin(text) == expect


def test_lists_of_names_are_read_to_their_end() -> None:
    assert [name for _, _, name in labels_in("It fell in patients A, B and D, not in patient C.")] == [
        "A",
        "B",
        "D",
        "C",
    ]


@pytest.mark.parametrize(
    ("text", "expect"),
    [
        ("No serious adverse event occurred in these three patients.", True),
        ("All children improved.", True),
        ("None of our patients had fever.", True),
        ("Both hips were treated.", False),
        ("She had no fever.", False),
        ("Both parents consented.", False),
    ],
)
def test_words_that_mean_everyone(text: str, expect: bool) -> None:
    assert tells_of_all(text) is expect


def test_words_that_mean_the_papers_own_patient() -> None:
    assert tells_of_ours("In our patient the score fell.")
    assert not tells_of_ours("In ten adults the score fell.")


def test_a_single_case_is_patient_1_and_owns_the_case_section() -> None:
    document = paper(
        [
            ("introduction", "Ten adults were given cells."),
            ("case", "A 12-year-old girl was treated."),
            ("discussion", "Doses of 2 million are usual. Our patient tolerated 3 million."),
        ]
    )
    own = mention(document, "age", "12-year-old", number="12", unit="years")
    usual = mention(document, "dose", "2 million", number="2000000", unit="cells")
    ours = mention(document, "dose", "3 million", number="3000000", unit="cells")
    cast = cast_of(document, [own, usual, ours])
    assert cast.ids == ("1",)
    assert whose(document, cast, own) == ("1",)
    assert whose(document, cast, usual) == ()
    assert whose(document, cast, ours) == ("1",)


def test_cases_under_headings_own_what_follows_them() -> None:
    document = paper(
        [
            ("abstract", "Three girls are reported. The girl in case 2 had fever."),
            ("case:heading", "Case 1"),
            ("case", "A girl aged 9. She weighed 30 kg."),
            ("case:heading", "Case 2"),
            ("case", "A boy aged 12. Unlike case 1, he weighed 40 kg."),
            ("discussion:heading", "Discussion"),
            ("discussion", "Both patients had rash."),
        ]
    )
    first = mention(document, "weight", "30 kg", number="30")
    second = mention(document, "age", "aged 12", number="12")
    fever = mention(document, "adverse_event", "fever")
    rash = mention(document, "adverse_event", "rash")
    cast = cast_of(document, [first, second, fever, rash])
    assert cast.ids == ("1", "2")
    assert cast.design == "case_series"
    assert whose(document, cast, first) == ("1",)
    assert whose(document, cast, second) == ("2",)
    assert whose(document, cast, fever) == ("2",)
    assert whose(document, cast, rash) == ("1", "2")


def test_a_paragraph_that_begins_with_a_name_is_that_patients() -> None:
    document = paper(
        [
            ("results", "Patient 1 (P1). A girl with relapses. EDSS was 4.0."),
            ("results", "Patient 2 (P2). A boy. EDSS was 5.5."),
            ("results", "All patients were followed for 12 months."),
        ]
    )
    one = mention(document, "score", "4.0", measure="EDSS")
    two = mention(document, "score", "5.5", measure="EDSS")
    everyone = mention(document, "follow_up", "12 months", number="12")
    cast = cast_of(document, [mention(document, "sex", "girl", "female"), one, two, everyone])
    assert whose(document, cast, one) == ("1",)
    assert whose(document, cast, two) == ("2",)
    assert whose(document, cast, everyone) == ("1", "2")


def test_relatives_are_numbered_in_order_and_found_by_their_sex() -> None:
    document = paper(
        [
            ("abstract", "The boy received his own cells. In the girl PDAI was 9."),
            ("case:heading", "The older brother"),
            ("case", "He weighed 41 kg. His sister is well."),
            ("case:heading", "His sister"),
            ("case", "She weighed 28 kg."),
        ]
    )
    he = mention(document, "weight", "41 kg", number="41")
    she = mention(document, "weight", "28 kg", number="28")
    score = mention(document, "score", "9", measure="PDAI")
    cast = cast_of(document, [he, she, score])
    assert [(p.id, p.label) for p in cast.persons] == [("1", "The older brother"), ("2", "His sister")]
    assert whose(document, cast, he) == ("1",)
    assert whose(document, cast, she) == ("2",)
    assert whose(document, cast, score) == ("2",)


def test_the_only_girl_of_a_series_is_found_by_the_word() -> None:
    document = paper(
        [
            ("case:heading", "Case 1"),
            ("case", "He was well."),
            ("case:heading", "Case 2"),
            ("case", "She was ill."),
            ("discussion:heading", "Discussion"),
            ("discussion", "The girl had fever."),
        ]
    )
    he, she = mention(document, "sex", "He", "male"), mention(document, "sex", "She", "female")
    fever = mention(document, "adverse_event", "fever")
    cast = cast_of(document, [he, she, fever])
    assert whose(document, cast, fever) == ()
    told = [(m, whose(document, cast, m)) for m in (he, she)]
    cast = with_sexes(cast, known_sexes(told))
    assert whose(document, cast, fever) == ("2",)


def test_names_after_the_values_they_belong_to() -> None:
    document = paper(
        [
            ("case:heading", "Case 1"),
            ("case", "He was well."),
            ("case:heading", "Case 2"),
            ("case", "She was ill."),
            ("discussion:heading", "Discussion"),
            ("discussion", "The score was 24 in case 1 and 17 in case 2."),
        ]
    )
    a, b = mention(document, "score", "24", measure="X"), mention(document, "score", "17", measure="X")
    cast = cast_of(document, [a, b])
    assert whose(document, cast, a) == ("1",)
    assert whose(document, cast, b) == ("2",)


@pytest.mark.parametrize("upright", [True, False])
def test_a_dose_in_a_table_goes_to_the_patient_of_its_row_or_column(upright: bool) -> None:
    rows = [["Patient", "1", "2"], ["Dose", "52", "90"], ["Weight", "20", "30"]]
    if not upright:
        rows = [list(row) for row in zip(*rows, strict=True)]
    document = paper([("case:heading", "Case 1"), ("case", "A."), ("case:heading", "Case 2"), ("case", "B.")], rows)
    place = (1, 2) if upright else (2, 1)
    dose = mention(document, "dose", "90", number="90", in_cell=place)
    cast = cast_of(document, [dose])
    assert whose(document, cast, dose) == ("2",)


def test_people_named_only_in_a_table_are_found() -> None:
    rows = [["", "Patient A", "Patient B"], ["Age", "12", "14"], ["Median", "1", "2"]]
    document = paper([("results", "The patients are listed.")], rows)
    age = mention(document, "age", "14", number="14", in_cell=(1, 2))
    median = mention(document, "age", "2", number="2", in_cell=(2, 2))
    cast = cast_of(document, [age, median])
    assert cast.ids == ("A", "B")
    assert whose(document, cast, age) == ("B",)
    assert whose(document, cast, median) == ()


def test_rows_of_other_studies_are_nobodys() -> None:
    rows = [["Study", "Dose"], ["Smith et al. 2012", "5"], ["Present case", "7"]]
    document = paper([("case", "A girl.")], rows)
    girl = mention(document, "sex", "girl", "female")
    theirs = mention(document, "dose", "5", number="5", in_cell=(1, 1))
    cast = cast_of(document, [girl, theirs])
    assert whose(document, cast, theirs) == ()


def test_a_review_has_nobody() -> None:
    document = paper([("introduction", "We review cells.")], title="Cells in arthritis: a review")
    review = mention(document, "design", "review", "review")
    dose = mention(document, "dose", "cells", who="literature")
    assert cast_of(document, [review, dose]).persons == ()


def test_a_group_stands_only_where_no_individual_is_told_of() -> None:
    document = paper([("abstract", "Twelve patients were treated."), ("results", "They received 2 million cells.")])
    count = mention(document, "patient_count", "Twelve patients", number="12")
    dose = mention(document, "dose", "2 million", number="2000000")
    cast = cast_of(document, [count, dose])
    assert [(p.id, p.kind, p.n) for p in cast.persons] == [("all", "group", 12)]
    assert whose(document, cast, dose) == ("all",)


def test_facts_about_relatives_and_other_papers_are_nobodys() -> None:
    document = paper([("case", "A girl. Her aunt had lupus.")])
    girl = mention(document, "sex", "girl", "female")
    aunt = mention(document, "diagnosis", "lupus", who="family")
    cast = cast_of(document, [girl, aunt])
    assert whose(document, cast, aunt) == ()


def test_two_adults_in_the_abstract_are_both_patients() -> None:
    document = paper(
        [
            ("abstract", "We report two adults with sclerosis."),
            ("case", "The first patient, a man, was ill. He had pain."),
            ("case", "The second patient was a woman. She had fever."),
        ]
    )
    disease = mention(document, "diagnosis", "sclerosis")
    man, woman = mention(document, "sex", "man", "male"), mention(document, "sex", "woman", "female")
    fever = mention(document, "adverse_event", "fever")
    cast = cast_of(document, [disease, man, woman, fever])
    assert cast.ids == ("1", "2")
    assert whose(document, cast, disease) == ("1", "2")
    assert whose(document, cast, man) == ("1",)
    assert whose(document, cast, fever) == ("2",)


def test_an_age_belongs_to_the_person_named_right_after_it() -> None:
    document = paper(
        [
            ("abstract", "A 14-year-old boy and his 12-year-old sister were treated."),
            ("case:heading", "The brother"),
            ("case", "He was ill."),
            ("case:heading", "The sister"),
            ("case", "She was ill."),
        ]
    )
    his = mention(document, "age", "14", number="14", unit="years")
    hers = mention(document, "age", "12", number="12", unit="years")
    he = mention(document, "sex", "He", "male")
    cast = cast_of(document, [his, hers, he])
    assert whose(document, cast, his) == ("1",)
    assert whose(document, cast, hers) == ("2",)


def test_a_numbered_table_of_people_names_them() -> None:
    rows = [["No.", "Age", "Dose"], ["1", "7", "2"], ["2", "4", "1"]]
    document = paper([("results", "Three children were treated.")], rows)
    ages = [mention(document, "age", w, number=w, in_cell=(r, 1)) for r, w in ((1, "7"), (2, "4"))]
    cast = cast_of(document, ages)
    assert cast.ids == ("1", "2")


def test_a_laboratory_paper_has_nobody() -> None:
    document = paper([("methods", "Oil was tested on cells."), ("results", "The score was 4.")])
    score = mention(document, "score", "4", measure="X", value=4)
    assert cast_of(document, [score]).persons == ()


def test_a_relative_is_no_patient_where_patients_are_not_told_as_kin() -> None:
    cast = Cast(sexes={"1": "female", "2": "male"})
    assert person_called(cast, "girl") == "1"
    assert person_called(cast, "sister") is None
    assert person_called(cast.model_copy(update={"kin": {"older sister": "1", "brother": "2"}}), "sister") == "1"


@pytest.mark.parametrize(
    ("name", "same"),
    [("two", "2"), ("ii", "2"), ("IV", "4"), ("v", "5"), ("02", "2"), ("third", "3"), ("b", "B"), ("c", "C")],
)
def test_numbers_and_letters_of_patients_are_told_apart(name: str, same: str) -> None:
    assert same_name(name) == same


@pytest.mark.parametrize(
    ("text", "number", "told"),
    [
        ("We treated thirteen young patients.", 13, True),
        ("One of two patients died.", 2, True),
        ("Two of 30 patients died.", 2, False),
        ("Three children were seen.", 2, False),
    ],
)
def test_the_number_of_people_in_words(text: str, number: int, told: bool) -> None:
    assert tells_of_number(text, number) is told
