"""What each patient had, got and became: ages, diseases, outcomes, events, conflicts."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from linking import mention, paper

from extract.link import link_cases
from extract.model import CaseRecord, Document, Mention, Record
from extract.schema import Column, Schema

CASE = (
    "case",
    "A 12-year-old girl with lupus had taken methotrexate. At baseline SLEDAI-2K was 9. "
    "She received 60 million cells intravenously. Fever followed. At 12 months SLEDAI-2K was 1.",
)


def linked(document: Document, schema: Schema, *mentions: Mention) -> CaseRecord:
    return link_cases(document, tuple(sorted(mentions, key=lambda m: m.span.start)), schema)


def row(records: tuple[Record, ...], index: int = 0) -> dict[str, Any]:
    return {field: value.value for field, value in records[index].values.items()}


def dose(document: Document, words: str, cells: str, unit: str = "cells", **more: Any) -> Mention:
    return mention(document, "dose", words, number=cells, unit=unit, **more)


def girl(document: Document) -> Mention:
    return mention(document, "sex", "girl", "female")


def test_a_whole_case_and_its_laws(small_schema: Schema) -> None:
    document = paper([CASE], title="Cells for lupus: a case report")
    record = linked(
        document,
        small_schema,
        girl(document),
        mention(document, "diagnosis", "lupus", "systemic lupus erythematosus", icd10="M32.9"),
        mention(document, "age", "12-year-old", number="12", unit="years", event="unspecified"),
        mention(document, "therapy", "methotrexate"),
        mention(document, "score", "9", measure="SLEDAI-2K", value=9, phase="pre", after="At baseline"),
        dose(document, "60 million cells", "60000000"),
        mention(document, "route", "intravenously", "intravenous"),
        mention(document, "administration", "received"),
        mention(document, "adverse_event", "Fever", "fever"),
        mention(document, "score", "1", measure="SLEDAI-2K", value=1, timepoint_months=12, after="SLEDAI-2K was 1"),
    )
    assert row(record.patients)["age_report_years"] == 12
    assert row(record.patients)["sex"] == "female"
    assert row(record.diagnoses)["role"] == "index"
    assert row(record.administrations)["dose_cells"] == 60000000
    assert row(record.administrations)["route"] == "intravenous"
    assert record.administrations[0].values["count"].status == "derived"
    assert [row(record.outcomes, i)["phase"] for i in (0, 1)] == ["pre", "post"]
    assert row(record.outcomes, 1)["timepoint_months"] == 12
    assert row(record.adverse_events)["event"] == "fever"
    assert (row(record.therapies)["therapy"], row(record.therapies)["role"]) == ("methotrexate", "prior")
    assert not record.conflicts
    ids = [r.id for r in record.records()]
    assert len(set(ids)) == len(ids)
    for found in record.records():
        for value in found.values.values():
            for place in value.provenance:
                assert place.quote == document.text[place.span.start : place.span.end]
                assert len(place.quote) <= 300
    assert CaseRecord.model_validate_json(record.model_dump_json()) == record


def test_an_age_that_differs_between_text_and_table_is_a_conflict(small_schema: Schema) -> None:
    document = paper([("case", "A girl. She was treated at 18.")], [["", "Patient"], ["Age at treatment", "19"]])
    record = linked(
        document,
        small_schema,
        girl(document),
        mention(document, "age", "18", number="18", unit="years", event="treatment"),
        mention(document, "age", "19", number="19", unit="years", event="treatment", in_cell=(1, 1)),
    )
    assert row(record.patients)["age_treatment_years"] == 18
    assert record.patients[0].values["age_treatment_years"].status == "conflict"
    (conflict,) = record.conflicts
    assert (conflict.field, conflict.kind, conflict.chosen) == ("age treatment", "narrative_vs_table", "18")
    assert {conflict.a.value, conflict.b.value} == {"18", "19"}


def test_two_ages_at_one_event_in_one_place_are_ambiguous(small_schema: Schema) -> None:
    document = paper([("case", "A girl. Cells were given at 9. She was treated at 11.")])
    record = linked(
        document,
        small_schema,
        girl(document),
        mention(document, "age", "9", number="9", unit="years", event="treatment"),
        mention(document, "age", "11", number="11", unit="years", event="treatment"),
    )
    value = record.patients[0].values["age_treatment_years"]
    assert (value.status, value.value, len(value.provenance)) == ("ambiguous", None, 2)


def test_of_two_onsets_the_earlier_counts(small_schema: Schema) -> None:
    document = paper([("case", "A girl. Onset was at 9. Arthritis began at 11.")])
    record = linked(
        document,
        small_schema,
        girl(document),
        mention(document, "age", "11", number="11", unit="years", event="onset"),
        mention(document, "age", "9", number="9", unit="years", event="onset"),
    )
    assert row(record.patients)["age_onset_years"] == 9


def test_a_derived_age_has_its_formula_and_its_own_column(small_schema: Schema) -> None:
    document = paper([("case", "A girl was treated at 12 and followed for 18 months.")])
    record = linked(
        document,
        small_schema,
        girl(document),
        mention(document, "age", "12", number="12", unit="years", event="treatment"),
        mention(document, "follow_up", "18 months", number="18", unit="months"),
    )
    derived = record.patients[0].values["age_last_follow_up_years_derived"]
    assert derived.value == Decimal("13.5")
    assert derived.status == "derived"
    assert "18" in derived.formula
    assert "age_last_follow_up_years" not in record.patients[0].values


def test_ages_that_run_backwards_are_a_conflict(small_schema: Schema) -> None:
    document = paper([("case", "A girl, ill since 14, was treated at 12.")])
    record = linked(
        document,
        small_schema,
        girl(document),
        mention(document, "age", "14", number="14", unit="years", event="onset"),
        mention(document, "age", "12", number="12", unit="years", event="treatment"),
    )
    assert [c.kind for c in record.conflicts] == ["timeline"]


def test_the_index_disease_is_the_one_of_title_and_diagnosis(small_schema: Schema) -> None:
    document = paper(
        [
            (
                "case",
                "She had anaemia. She was diagnosed with UCTD. Later her diagnosis was refined to lupus. "
                "Rash persisted.",
            )
        ]
    )
    record = linked(
        document,
        small_schema,
        mention(document, "diagnosis", "anaemia"),
        mention(document, "diagnosis", "UCTD", "undifferentiated connective tissue disease"),
        mention(document, "diagnosis", "lupus", "systemic lupus erythematosus"),
    )
    roles = {row(record.diagnoses, i)["diagnosis"]: row(record.diagnoses, i)["role"] for i in range(3)}
    assert roles == {
        "systemic lupus erythematosus": "index",
        "undifferentiated connective tissue disease": "superseded",
        "anaemia": "comorbidity",
    }


def test_the_same_score_in_text_and_table_is_one_outcome(small_schema: Schema) -> None:
    document = paper(
        [("case", "A girl. Before treatment EDSS was 4.0. She received 60 million cells.")],
        [["", "Before"], ["EDSS", "4.0"]],
    )
    record = linked(
        document,
        small_schema,
        girl(document),
        dose(document, "60 million cells", "60000000"),
        mention(document, "score", "4.0", measure="EDSS", value=4, phase="pre"),
        mention(document, "score", "4.0", measure="EDSS", value=4, in_cell=(1, 1)),
    )
    assert len(record.outcomes) == 1
    assert row(record.outcomes)["where"] == "narrative;table"


def test_different_scores_in_text_and_table_are_a_conflict_and_both_stay(small_schema: Schema) -> None:
    document = paper(
        [("case", "A girl. Before treatment PGA was 7/10. She received 60 million cells.")],
        [["", "Pre"], ["PGA", "10/10"]],
    )
    record = linked(
        document,
        small_schema,
        girl(document),
        dose(document, "60 million cells", "60000000"),
        mention(document, "score", "7/10", measure="PGA", value=7, phase="pre", scale_max=10),
        mention(document, "score", "10/10", measure="PGA", value=10, scale_max=10, in_cell=(1, 1)),
    )
    assert len(record.outcomes) == 2
    (conflict,) = record.conflicts
    assert (conflict.field, conflict.a.value, conflict.b.value) == ("PGA pre", "7/10", "10/10")
    assert conflict.chosen == "7/10"


def test_scores_at_different_times_are_no_conflict(small_schema: Schema) -> None:
    document = paper(
        [("case", "A girl. At 6 months EDSS was 3.0. She received 60 million cells.")],
        [["", "12 months"], ["EDSS", "2.0"]],
    )
    record = linked(
        document,
        small_schema,
        girl(document),
        dose(document, "60 million cells", "60000000"),
        mention(document, "score", "3.0", measure="EDSS", value=3, timepoint_months=6, phase="post"),
        mention(document, "score", "2.0", measure="EDSS", value=2, in_cell=(1, 1)),
    )
    assert not record.conflicts
    assert row(record.outcomes, 1)["timepoint_months"] == 12


def test_without_cells_nothing_is_before_or_after(small_schema: Schema) -> None:
    document = paper([("case", "A girl. At baseline EDSS was 4.0.")])
    record = linked(
        document,
        small_schema,
        girl(document),
        mention(document, "score", "4.0", measure="EDSS", value=4, phase="pre"),
    )
    assert row(record.outcomes)["phase"] == "unspecified"


def test_patient_and_physician_scores_are_no_conflict(small_schema: Schema) -> None:
    document = paper([("case", "Before, the patient PGA was 8 and the physician PGA 7.")])
    record = linked(
        document,
        small_schema,
        mention(document, "score", "8", measure="PGA", value=8, phase="pre", rater="patient"),
        mention(document, "score", "7", measure="PGA", value=7, phase="pre", rater="physician"),
    )
    assert len(record.outcomes) == 2
    assert not record.conflicts


def test_a_value_outside_its_scale_is_kept_with_an_issue(small_schema: Schema) -> None:
    document = paper([("case", "A girl. SLEDAI-2K was 120 at baseline.")])
    record = linked(
        document,
        small_schema,
        girl(document),
        mention(document, "score", "120", measure="SLEDAI-2K", value=120, phase="pre"),
    )
    assert row(record.outcomes)["value"] == 120
    assert [i.reason for i in record.issues if i.reason == "out_of_scale"] == ["out_of_scale"]


def test_a_symptom_before_the_cells_is_no_adverse_event(small_schema: Schema) -> None:
    document = paper(
        [("case", "A girl had fever. She received 60 million cells. She had headache. Nausea was absent.")]
    )
    record = linked(
        document,
        small_schema,
        girl(document),
        mention(document, "adverse_event", "fever"),
        dose(document, "60 million cells", "60000000"),
        mention(document, "adverse_event", "headache"),
        mention(document, "adverse_event", "Nausea", "nausea", presence="negated"),
    )
    assert [(row(record.adverse_events, i)["event"], row(record.adverse_events, i)["present"]) for i in (0, 1)] == [
        ("headache", True),
        ("nausea", False),
    ]


def test_a_statement_about_all_goes_to_each(small_schema: Schema) -> None:
    document = paper(
        [
            ("case:heading", "Case 1"),
            ("case", "A girl got 60 million cells intravenously."),
            ("case:heading", "Case 2"),
            ("case", "A boy."),
            ("discussion:heading", "Discussion"),
            ("discussion", "No serious adverse event occurred."),
        ]
    )
    record = linked(
        document,
        small_schema,
        girl(document),
        dose(document, "60 million cells", "60000000"),
        mention(document, "sex", "boy", "male"),
        mention(document, "no_adverse_event", "No serious adverse event occurred", serious=True),
    )
    assert [(e.patient, e.value("event"), e.value("present")) for e in record.adverse_events] == [
        ("1", "serious adverse event", False),
        ("2", "serious adverse event", False),
    ]


def test_a_case_without_cells_says_so(small_schema: Schema) -> None:
    document = paper([("case", "A girl took anakinra.")])
    record = linked(document, small_schema, girl(document), mention(document, "therapy", "anakinra"))
    assert record.paper.reason == "no_cell_therapy"
    assert len(record.patients) == 1


def test_a_paper_without_patients_says_so(small_schema: Schema) -> None:
    document = paper([("introduction", "Cells are studied.")], title="A review")
    record = linked(document, small_schema, mention(document, "design", "review"))
    assert record.paper.reason == "no_case_found"
    assert not record.patients


def test_fewer_patients_than_stated_is_an_issue(small_schema: Schema) -> None:
    document = paper(
        [
            ("abstract", "We report three patients."),
            ("case:heading", "Case 1"),
            ("case", "A girl."),
            ("case:heading", "Case 2"),
            ("case", "A boy."),
        ]
    )
    record = linked(
        document,
        small_schema,
        mention(document, "patient_count", "three patients", number="3"),
        girl(document),
        mention(document, "sex", "boy", "male"),
    )
    assert record.paper.patients_stated == 3
    assert [i.reason for i in record.issues] == ["no_cell_therapy", "patients_missing"]


@pytest.mark.parametrize(("kind", "value"), [("number", Decimal(110)), ("text", "110")])
def test_a_new_field_of_a_patient_needs_no_python(small_schema: Schema, kind: Any, value: Any) -> None:
    document = paper([("case", "A girl of 110 cm.")])
    spec = small_schema.tables["patients"]
    column = Column(name="height_cm", type=kind, mention="height", meaning="Height.")
    wider = spec.model_copy(update={"columns": (*spec.columns, column)})
    schema = small_schema.model_copy(update={"tables": {**small_schema.tables, "patients": wider}})
    height = mention(document, "height", "110 cm", value, number="110" if kind == "number" else None)
    record = linked(document, schema, girl(document), height)
    assert row(record.patients)["height_cm"] == value


def test_a_new_field_of_an_outcome_comes_from_its_sentence(small_schema: Schema) -> None:
    document = paper([("case", "A girl. EDSS was 4, read on the left. Pain was 5.")])
    spec = small_schema.tables["outcomes"]
    wider = spec.model_copy(update={"columns": (*spec.columns, Column(name="side", mention="side", meaning="Side."))})
    schema = small_schema.model_copy(update={"tables": {**small_schema.tables, "outcomes": wider}})
    record = linked(
        document,
        schema,
        girl(document),
        mention(document, "score", "4", measure="EDSS", value=4),
        mention(document, "side", "left"),
        mention(document, "score", "5", measure="VAS pain", value=5),
    )
    assert [row(record.outcomes, i).get("side") for i in (0, 1)] == ["left", None]
