"""Whole little papers, invented: what is found in them and how it is linked."""

from __future__ import annotations

from decimal import Decimal

import pytest

from extract.find import find_mentions
from extract.link import link_cases
from extract.link.labels import read_label
from extract.model import CaseRecord, plain
from extract.read.text import text_document
from extract.schema import Schema


def linked(text: str, schema: Schema) -> CaseRecord:
    document = text_document(text, "invented", schema)
    return link_cases(document, find_mentions(document, schema), schema)


def column(record: CaseRecord, table: str, *fields: str) -> list[tuple[object, ...]]:
    """The values of some fields in every row of a table, numbers as plain text."""
    return [
        tuple(plain(v) if isinstance(v := row.value(field), Decimal) else v for field in fields)
        for row in getattr(record, table)
    ]


EYE = """{title}

Abstract
We report a woman who was given {abstract} for chronic graft-versus-host disease of the mouth.

Introduction
Sore mouths are common and hard to treat.

Case report
A weaver fell ill with acute leukaemia at 28. At 29 she was transplanted with peripheral blood stem cells of her
brother (5 × 10^6 CD34-positive cells/kg) after busulfan. Twenty months after the transplantation, when she was 31, the
mouth became sore, and chronic graft-versus-host disease was diagnosed. Her VAS pain was 8.

She received 1.5 × 10^6 mesenchymal stromal cells/kg from bone marrow by vein. At six months VAS pain was 3. She is now
33.
"""


def test_an_earlier_transplantation_is_not_the_treatment_of_the_report(schema: Schema) -> None:
    title = "Mesenchymal stromal cells for graft disease of the mouth: a case report"
    record = linked(EYE.format(title=title, abstract="mesenchymal stromal cells"), schema)
    assert column(record, "administrations", "cell_type", "tissue", "cells_per_kg") == [
        ("mesenchymal stem cell", "bone marrow", "1500000")
    ]
    ages = ("age_onset_years", "age_diagnosis_years", "age_treatment_years", "age_last_follow_up_years")
    assert column(record, "patients", *ages) == [("31", "31", None, "33")]
    assert column(record, "outcomes", "phase", "value") == [("pre", "8"), ("post", "3")]


def test_a_title_that_reports_both_transplantations_keeps_both(schema: Schema) -> None:
    title = "Co-transplantation of mesenchymal stromal cells and blood stem cells: a case report"
    record = linked(EYE.format(title=title, abstract="blood stem cells and mesenchymal stromal cells"), schema)
    doses = {row[0] for row in column(record, "administrations", "cells_per_kg")}
    assert doses == {"5000000", "1500000"}


REPEATED = """A hip repaired: a case report

Case report
A man of 50 with osteonecrosis had 20 × 10^6 bone marrow MSC injected into the left hip joint. {then}
"""


@pytest.mark.parametrize(
    ("then", "expect", "because"),
    [
        (
            "Four months later the intra-articular injection was repeated with the same number of cells.",
            [("20000000", "2")],
            "the number is that of the giving before",
        ),
        (
            "In May the left hip was injected once more, with the same number of cells.",
            [("20000000", "2")],
            "the site is told, the route is understood",
        ),
        (
            "Four months later the intra-articular injection was repeated with 15 × 10^6 cells.",
            [("20000000", "1"), ("15000000", "1")],
            "a number of its own",
        ),
    ],
)
def test_the_same_number_of_cells_is_that_of_the_giving_before(
    then: str, expect: list[tuple[str, str]], because: str, schema: Schema
) -> None:
    record = linked(REPEATED.format(then=then), schema)
    assert column(record, "administrations", "dose_cells", "count") == expect, because


def test_the_same_dose_again_is_told_in_one_sentence(schema: Schema) -> None:
    text = "A case report\n\nCase report\nA girl with lupus received 40 × 10^6 cord MSC by vein, and {} in May.\n"
    again = linked(text.format("the same dose again"), schema)
    assert column(again, "administrations", "dose_cells", "count") == [("40000000", "2")]
    once = linked(text.format("went home"), schema)
    assert column(once, "administrations", "dose_cells", "count") == [("40000000", "1")]


def test_the_same_dose_of_a_drug_is_no_dose_of_cells(schema: Schema) -> None:
    text = (
        "A case report\n\nCase report\nA girl with lupus received 40 × 10^6 umbilical cord MSC intravenously in May. "
        "In June MSC were infused intravenously again, while prednisolone was given at the same dose.\n"
    )
    record = linked(text, schema)
    assert [row[0] for row in column(record, "administrations", "dose_cells")][:1] == ["40000000"]
    assert sum(row.value("dose_cells") is not None for row in record.administrations) == 1


@pytest.mark.parametrize(
    ("words", "expect"),
    [
        (
            "120 × 10^6 mononuclear cells, of which 3 × 10^6 were CD34 positive, were infused intravenously",
            ["120000000"],
        ),
        ("120 × 10^6 mononuclear cells were thawed, of which 90 × 10^6 cells were infused intravenously", ["90000000"]),
    ],
)
def test_a_part_of_some_kind_is_no_dose_but_a_part_that_was_given_is(
    words: str, expect: list[str], schema: Schema
) -> None:
    record = linked(f"A case report\n\nCase report\nThe boy had cerebral palsy. Of cord blood {words}.\n", schema)
    assert [row[0] for row in column(record, "administrations", "dose_cells")] == expect


def test_they_are_the_cells_of_the_sentence_before(schema: Schema) -> None:
    text = (
        "A case report\n\nCase report\nThe girl had cerebral palsy. After washing 300 × 10^6 cord blood mononuclear "
        "cells were left for her. They were infused into an arm vein after chlorphenamine.\n"
    )
    record = linked(text, schema)
    assert column(record, "administrations", "route", "dose_cells") == [("intravenous", "300000000")]


VISITS = """A case report

Case report
She had multiple sclerosis. The EDSS was 6 and she weighed 61 kg. She received 60 × 10^6 MSC intravenously.
{told}

Table 1. Course

Measure | Baseline | Month 3 | Month 9
EDSS | 6 | 5 | {third}
Weight (kg) | 61 | 60 | 58
"""


@pytest.mark.parametrize(
    ("told", "third", "expect", "because"),
    [
        ("The EDSS fell over 5 to 4.5.", "4", [("EDSS post", "4.5", "4")], "the same row but for one value"),
        ("The EDSS fell over 5 to 4.", "4", [], "the same row"),
        ("The EDSS later fell to 4.5.", "4", [], "one value of an unknown time among several is no contradiction"),
    ],
)
def test_a_row_that_differs_in_one_value_is_a_conflict(
    told: str, third: str, expect: list[tuple[str, str, str]], because: str, schema: Schema
) -> None:
    record = linked(VISITS.format(told=told, third=third), schema)
    found = [(c.field, str(c.a.value), str(c.b.value)) for c in record.conflicts]
    assert found == expect, because


def test_a_table_of_visits_repeats_the_weight_and_does_not_contradict_it(schema: Schema) -> None:
    told = VISITS.format(told="", third="4")
    assert not [c for c in linked(told, schema).conflicts if c.field == "weight"]
    other = told.replace("Weight (kg) | 61", "Weight (kg) | 66")
    assert [c.field for c in linked(other, schema).conflicts] == ["weight"]


def test_a_relative_who_rates_tells_of_the_patient(schema: Schema) -> None:
    text = "A case report\n\nCase report\nA boy with autism received 50 × 10^6 cord blood cells intravenously. {}\n"
    rated = linked(text.format("His mother rated his PedsQL at 55 before and at 70 after a year."), schema)
    assert column(rated, "outcomes", "phase", "value") == [("pre", "55"), ("post", "70")]
    her_own = linked(text.format("His mother, who has lupus, had a SLEDAI of 12."), schema)
    assert not her_own.outcomes


def test_an_age_told_with_then_is_of_the_time_before_it(schema: Schema) -> None:
    text = (
        "A case report\n\nCase report\nThe tremor began when he was 40. At 47 he could no longer write. He received "
        "60 × 10^6 MSC intravenously. {} He was 48 then.\n"
    )
    after = linked(text.format("Twelve months after the infusion the tremor was gone."), schema)
    assert column(after, "patients", "age_report_years", "age_last_follow_up_years") == [("47", "48")]
    unsaid = linked(text.format("The tremor was gone."), schema)
    assert column(unsaid, "patients", "age_last_follow_up_years") == [(None,)]


TWO = """Cord blood in two children, one with cerebral palsy, one with autism

Case reports
Case 1
A girl with cerebral palsy received 90 × 10^6 cord blood cells intravenously.

Case 2
A boy with autism received 80 × 10^6 cord blood cells intravenously.
"""


def test_a_title_that_shares_diseases_out_gives_none_to_all(schema: Schema) -> None:
    record = linked(TWO, schema)
    assert [(row.patient, row.value("diagnosis")) for row in record.diagnoses] == [
        ("1", "cerebral palsy"),
        ("2", "autism spectrum disorder"),
    ]


@pytest.mark.parametrize(
    ("header", "name"),
    [("Second child", "2"), ("first patient:", "1"), ("First visit", None), ("second patient and third patient", None)],
)
def test_an_ordinal_alone_in_a_header_names_a_patient(header: str, name: str | None) -> None:
    assert read_label(header) == name


@pytest.mark.parametrize(
    ("words", "expect"),
    [
        ("Colectomy, proposed twice, he would not hear of.", "refused"),
        ("Tramadol he would not take.", "refused"),
        ("Golimumab was not paid for.", None),
        ("A gastrostomy was not yet needed.", None),
        ("Edaravone was stopped because no vein would bear it.", "stopped"),
        ("He was given, without lasting benefit, azathioprine.", "failed"),
    ],
)
def test_what_became_of_a_treatment(words: str, expect: str | None, schema: Schema) -> None:
    text = f"A case report\n\nCase report\nA man had a long illness. {words} He received 60 × 10^6 MSC intravenously.\n"
    record = linked(text, schema)
    assert [row.value("status") for row in record.therapies if row.value("role") == "prior"] == [expect] * (
        expect is not None
    )


@pytest.mark.parametrize(
    ("told", "intervals"),
    [
        (
            "She received three intravenous infusions (90 × 10⁶, 80 × 10⁶ and 70 × 10⁶ cells) within a week, then one "
            "further intravenous infusion (60 × 10⁶ cells) 8 months later.",
            [None, None, None, "8 months"],
        ),
        ("She received 90 × 10⁶, 80 × 10⁶ and 70 × 10⁶ MSC intravenously every two weeks.", ["2 weeks"] * 3),
    ],
)
def test_a_step_to_one_giving_is_not_the_spacing_of_all(told: str, intervals: list[str | None], schema: Schema) -> None:
    text = f"Stem cells in lupus: a case report\n\nCase report\nA girl of twelve had lupus. {told}\n"
    assert [row.value("interval") for row in linked(text, schema).administrations] == intervals


SERIES = """Cord cells in lupus: two patients

Patients and methods
Both patients received 1 × 10⁶ cord MSC per kg of body weight per infusion through a peripheral vein, a week apart.

Table 1. Treatment
Patient | Sex | Weight (kg) | Cells per infusion (× 10⁷) | Number of i.v. infusions
1 | Male | 70 | 7 | 3
2 | Female | 50 | 5 | 2

Case reports
Patient 1. A cook had his first headache at the age of 20, and lupus was recognized at 22 after sarcoidosis was \
excluded. Chest expansion rose from 2 cm to 3 cm. Eight months after the first infusion he was admitted with pneumonia.

Patient 2. A woman with lupus since the age of 30 did well.
"""


def test_a_series_whose_methods_and_table_tell_the_treatment(schema: Schema) -> None:
    record = linked(SERIES, schema)
    assert column(record, "administrations", "route", "dose_cells", "count") == [
        ("intravenous", "70000000", "3"),
        ("intravenous", "50000000", "2"),
    ]
    assert record.conflicts == ()
    events = [(row.patient, row.value("event")) for row in record.adverse_events if row.value("present")]
    assert events == [("1", "pneumonia")]
    assert [row.value("age_diagnosis_years") for row in record.patients] == [Decimal(22), None]
    assert column(record, "outcomes", "measure", "phase", "value") == [
        ("chest expansion", "pre", "2"),
        ("chest expansion", "post", "3"),
    ]


@pytest.mark.parametrize(
    ("words", "doses"),
    [
        ("a second intravenous infusion of 50 × 10⁶ cells of the same frozen lot followed five months later", 130),
        ("a second intravenous infusion of the same number of cells was given five months later", 160),
        ("a second infusion of 80 × 10⁶ cells was given five months later", 160),
    ],
)
def test_the_same_lot_is_not_the_same_dose(words: str, doses: int, schema: Schema) -> None:
    text = (
        "Stem cells in lupus: a case report\n\nCase report\nA girl of twelve had lupus. She was given an intravenous "
        f"infusion of 80 × 10⁶ cord MSC. Later, {words}.\n"
    )
    rows = column(linked(text, schema), "administrations", "dose_cells", "count")
    assert sum(Decimal(str(cells)) * Decimal(str(count)) for cells, count in rows) == doses * 10**6
