"""Small invented papers as text: siblings, both knees, tables named by their caption, printed dates."""

from __future__ import annotations

from decimal import Decimal

import pytest

from extract.find import find_mentions
from extract.link import link_cases
from extract.model import CaseRecord, plain
from extract.read.text import text_document
from extract.schema import Schema

KNEES = """Cultured fat cells in the knees of a woman with osteoarthritis: a case report

Case report
A 61-year-old woman had osteoarthritis of both knees. {given}
"""
DATED = """Cord cells in a man with cord injury: a case report

Case report
A 33-year-old man had a spinal cord injury. On 4 May 2015 he received 2 × 10^7 umbilical cord mesenchymal stem cells by
lumbar puncture, and again on 4 June 2015. The Barthel index was 45 on 2 May 2015. On 4 November 2015 the Barthel
index was 55.
"""
SIBLINGS = """Marrow cells in two siblings with epidermolysis bullosa

Case reports
Sister. The girl was 9 years old. She received 4 × 10^7 bone marrow mesenchymal stem cells intravenously. Fever
followed.

Brother. He was 6 years old. Like his sister, he received cells: 3 × 10^7 of them, from bone marrow, intravenously.

Cells. They came from an unrelated donor of 25 years.
"""
ROWS = """Marrow cells in two siblings with epidermolysis bullosa: a case series

Results
Both siblings received bone marrow mesenchymal stem cells intravenously.

Table 1. The family
| Person | Age at treatment | Dose (×10^6 cells), i.v. | Remark |
| Mother | 35 y | none | carrier |
| Older brother | 9 y | 40 | - |
| Younger sister | 6 y | 30 | - |
"""
CAPTION = """Marrow cells in limb ischaemia: a case series

Results
Two patients were treated; they received bone marrow mononuclear cells intramuscularly.

Table 1. {caption}
| Patient | Baseline | 6 months |
| {first} | {one} | {two} |
| {second} | {three} | {four} |

Both were men of 50 and 60 years and could walk again, and neither of them smoked any more after that.
"""


def linked(text: str, schema: Schema) -> CaseRecord:
    document = text_document(text, "invented", schema)
    return link_cases(document, find_mentions(document, schema), schema)


def rows(record: CaseRecord, table: str, *fields: str) -> list[tuple[object, ...]]:
    """The values of some fields in every row of a table, numbers as plain text."""
    return [
        (row.patient, *(plain(v) if isinstance(v := row.value(field), Decimal) else v for field in fields))
        for row in getattr(record, table)
    ]


@pytest.mark.parametrize(
    ("given", "expect"),
    [
        ("She got 2 × 10^7 adipose stem cells into each knee joint.", [("1", "2", "bilateral")]),
        ("She got 2 × 10^7 adipose stem cells into the left knee joint.", [("1", "1", "left")]),
        (
            "She got 2 × 10^7 adipose stem cells into the left knee joint and 3 × 10^7 into the right.",
            [("1", "1", "left"), ("1", "1", "right")],
        ),
    ],
)
def test_a_dose_into_each_of_two_knees_is_given_twice(
    given: str, expect: list[tuple[str, ...]], schema: Schema
) -> None:
    record = linked(KNEES.format(given=given), schema)
    assert rows(record, "administrations", "count", "laterality") == expect


@pytest.mark.parametrize(
    ("text", "doses", "sides"),
    [
        (
            "10 million cells went into the left knee joint and 20 into the right.",
            ["10000000", "20000000"],
            ["left", "right"],
        ),
        (
            "1.5 × 10^7 cells went into his right hip, and 2 into the other.",
            ["15000000", "20000000"],
            ["right", "left"],
        ),
        ("10 million cells went into the left knee and 20 patients went to the right ward.", ["10000000"], ["left"]),
        ("10 million cells went into the left knee, and 20 on the second day.", ["10000000"], ["left"]),
    ],
)
def test_the_second_side_takes_power_and_place_from_the_first(
    text: str, doses: list[str], sides: list[str], schema: Schema
) -> None:
    found = find_mentions(text_document(text, "snippet", schema), schema)
    told = [
        plain(m.quantity.number) for m in found if m.field == "dose" and m.quantity and m.quantity.number is not None
    ]
    assert told == doses
    assert [m.detail("laterality") for m in found if m.field == "site"] == sides


def test_a_printed_date_is_told_by_the_date_of_the_first_cells(schema: Schema) -> None:
    record = linked(DATED, schema)
    assert rows(record, "outcomes", "value", "phase", "timepoint_months_derived") == [
        ("1", "45", "pre", None),
        ("1", "55", "post", "6"),
    ]
    months = record.outcomes[1].values["timepoint_months_derived"]
    assert (months.status, months.formula) == ("derived", "4 November 2015 - 4 May 2015, the date of the first cells")


def test_dates_without_a_first_one_change_nothing(schema: Schema) -> None:
    record = linked(DATED.replace("On 4 May 2015 he", "He").replace(", and again on 4 June 2015", ""), schema)
    assert [row[3] for row in rows(record, "outcomes", "value", "phase", "timepoint_months")] == [None, None]


def test_siblings_are_told_apart_by_the_words_their_paragraphs_begin_with(schema: Schema) -> None:
    record = linked(SIBLINGS, schema)
    assert rows(record, "patients", "age_report_years", "sex") == [("1", "9", "female"), ("2", "6", "male")]
    assert rows(record, "administrations", "dose_cells") == [("1", "40000000"), ("2", "30000000")]
    assert rows(record, "adverse_events", "event") == [("1", "fever")]


def test_siblings_whom_only_rows_of_a_table_name_are_patients_and_their_parents_are_not(schema: Schema) -> None:
    record = linked(ROWS, schema)
    assert rows(record, "patients", "age_treatment_years") == [("1", "9"), ("2", "6")]
    assert rows(record, "administrations", "dose_cells") == [("1", "40000000"), ("2", "30000000")]


def caption(words: str, *cells: str, names: tuple[str, str] = ("1", "2")) -> str:
    one, two, three, four = cells
    return CAPTION.format(caption=words, first=names[0], second=names[1], one=one, two=two, three=three, four=four)


def test_the_measure_of_a_table_may_stand_in_its_caption_alone(schema: Schema) -> None:
    record = linked(caption("Six-minute walk distance in metres", "120", "210", "90", "130"), schema)
    assert rows(record, "outcomes", "measure", "value", "phase") == [
        ("1", "6MWD", "120", "pre"),
        ("1", "6MWD", "210", "post"),
        ("2", "6MWD", "90", "pre"),
        ("2", "6MWD", "130", "post"),
    ]


def test_a_second_measure_of_a_caption_stands_in_brackets(schema: Schema) -> None:
    text = caption("DAS28 (HAQ in brackets) before and after", "5.4 (2.0)", "4.1 (1.25)", "4.9 (1.5)", "3.6 (1.0)")
    record = linked(text, schema)
    told = rows(record, "outcomes", "measure", "value")
    assert told[:4] == [("1", "DAS28", "5.4"), ("1", "HAQ", "2"), ("1", "DAS28", "4.1"), ("1", "HAQ", "1.25")]


def test_a_caption_with_two_measures_names_none(schema: Schema) -> None:
    record = linked(caption("Six-minute walk distance and EDSS", "120", "210", "90", "130"), schema)
    assert record.outcomes == ()


def test_patients_may_be_called_first_and_second_in_a_table(schema: Schema) -> None:
    text = caption("Six-minute walk distance in metres", "120", "210", "90", "130", names=("First", "Second"))
    assert [row[0] for row in rows(linked(text, schema), "outcomes", "value")] == ["1", "1", "2", "2"]


@pytest.mark.parametrize(
    ("text", "events"),
    [
        ("Her joint pain had been an 8 out of 10 before the cells.", []),
        ("After the infusion she had joint pain for 8 days.", ["arthralgia"]),
        ("A seizure-like movement was seen after the infusion.", []),
    ],
)
def test_a_rated_complaint_and_a_compound_are_no_events(text: str, events: list[str], schema: Schema) -> None:
    found = find_mentions(text_document(text, "snippet", schema), schema)
    assert [m.value for m in found if m.field == "adverse_event"] == events
