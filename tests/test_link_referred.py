"""Small invented papers as text: one patient told by another, sentences about all, and what was before the cells."""

from __future__ import annotations

from extract.find import find_mentions
from extract.link import link_cases
from extract.link.labels import labels_in, read_label, tells_of_all
from extract.model import CaseRecord
from extract.read.text import text_document
from extract.schema import Schema

THREE = """Cord cells in three children with lupus: report of three cases

Case 1. A girl of 12 years with lupus (SLEDAI 22) got 2 infusions of 5 × 10^7 umbilical cord mesenchymal stem cells
intravenously. At six months SLEDAI was 8.

Case 2. A boy of 14 years with lupus. SLEDAI was 18 before. Dose and route as in Case 1. At six months SLEDAI was 10.
Nine months after the infusions he had pericarditis, and cyclophosphamide was begun.

Case 3. A girl of 17 years with lupus. She received 4 × 10^7 of the same cells intravenously. Shingles followed.

None of the three had an infusion reaction. Infections occurred in one.
"""
SISTERS = """Fat cells in two sisters with localised scleroderma

Case reports
Patient 1 was a 16-year-old girl. She received 2 × 10^6 adipose-derived stem cells subcutaneously into the forehead.

Patient 2, her younger sister, was 13 years old at treatment and had been ill since she was 10. She received 3 × 10^6
adipose-derived stem cells subcutaneously. Paracetamol was given before each injection. Prednisone was begun two months
later. Both had used tacrolimus and methotrexate, which were stopped before grafting.
"""


def linked(text: str, schema: Schema) -> CaseRecord:
    document = text_document(text, "paper", schema)
    return link_cases(document, find_mentions(document, schema), schema)


def test_a_patient_who_is_only_compared_with_takes_nothing_over(schema: Schema) -> None:
    case = linked(THREE, schema)
    scores = [(o.patient, str(o.value("phase")), str(o.value("value"))) for o in case.outcomes]
    assert ("2", "pre", "18") in scores
    assert ("2", "post", "10") in scores
    assert [value for patient, phase, value in scores if patient == "1"] == ["22", "8"]
    assert [(t.patient, t.value("therapy")) for t in case.therapies] == [("2", "cyclophosphamide")]
    assert [e.patient for e in case.adverse_events if e.value("event") == "pericarditis"] == ["2"]


def test_what_none_of_the_three_had_is_said_of_each_and_what_one_had_of_nobody_in_particular(schema: Schema) -> None:
    events = [(e.patient, str(e.value("event")), e.value("present")) for e in linked(THREE, schema).adverse_events]
    assert [patient for patient, event, present in events if event == "infusion reaction" and not present] == [
        "1", "2", "3",
    ]  # fmt: skip
    assert not [patient for patient, event, _ in events if event == "infection"]


def test_the_age_of_a_sister_who_is_a_patient_is_hers(schema: Schema) -> None:
    first, second = linked(SISTERS, schema).patients
    assert str(second.value("age_onset_years")) == "10"
    assert str(second.value("age_treatment_years")) == "13"
    assert first.value("age_onset_years") is None


def test_what_somebody_had_used_is_prior_wherever_it_is_told(schema: Schema) -> None:
    roles = {str(t.value("therapy")): t.value("role") for t in linked(SISTERS, schema).therapies if t.patient == "2"}
    assert roles["methotrexate"] == "prior"
    assert roles["paracetamol"] == "concomitant"
    assert roles["prednisone"] == "post"


def test_names_that_words_only_compare_with_are_left_out() -> None:
    assert [name for *_, name in labels_in("The dose was the same as in Cases 1 and 3, unlike Patient 2.")] == []
    assert [name for *_, name in labels_in("Patient 2, the sister of Patient 1, was treated like Patient 3.")] == ["2"]
    assert [name for *_, name in labels_in("As for Patient 4, he died; in Patient 5 nothing was seen.")] == ["5"]
    assert read_label("Patient 2 (brother of Patient 1)") == "2"


def test_words_of_all_need_a_verb_or_an_end_behind_their_number() -> None:
    assert tells_of_all("None of the three had a reaction.")
    assert tells_of_all("Fever was seen in all of the four.")
    assert not tells_of_all("None of the three infusions caused a fever.")
    assert not tells_of_all("Two of the three had fever.")


ONE = """Placental cells in a boy with autoimmune hepatitis: a case report

Case report
A boy of 14 years received three doses of placental mesenchymal stem cells (60 × 10^6 each) intravenously after failure
of prednisone and azathioprine. He had been conditioned with cyclophosphamide. Three days after the first treatment he
developed urticaria, which needed an antihistamine. His treatment for nausea went on. The remaining doses were
uneventful.

Two boys with hepatitis are known to us. In a Chinese trial of 26 patients with primary biliary cholangitis, no serious
adverse events were seen.
"""


def test_drugs_that_failed_are_prior_where_the_cells_are_told_first(schema: Schema) -> None:
    roles = {str(t.value("therapy")): t.value("role") for t in linked(ONE, schema).therapies}
    assert roles["prednisone"] == roles["azathioprine"] == "prior"
    assert roles["cyclophosphamide"] == "concomitant"
    assert roles["antihistamines"] == "post"


def test_an_event_after_the_treatment_is_not_what_was_treated(schema: Schema) -> None:
    events = [(e.value("event"), e.value("present")) for e in linked(ONE, schema).adverse_events]
    assert events == [("urticaria", True)]


def test_a_trial_elsewhere_tells_nothing_of_the_patient(schema: Schema) -> None:
    assert [d.value("diagnosis") for d in linked(ONE, schema).diagnoses] == ["autoimmune hepatitis"]


def test_both_before_a_name_means_both(schema: Schema) -> None:
    more = "Both sisters had taken hydroxychloroquine, and Patient 1 also abatacept. Both had used"
    text = SISTERS.replace("Both had used", more)
    prior = {(t.patient, str(t.value("therapy"))) for t in linked(text, schema).therapies if t.value("role") == "prior"}
    assert {("1", "hydroxychloroquine"), ("2", "hydroxychloroquine"), ("1", "abatacept")} <= prior
    assert ("2", "abatacept") not in prior


BROTHERS = """Cord cells in two brothers with vasculitis: a case series

2. Case reports

2.1. Patient 1

The older brother, aged 11 years at treatment and weighing 34 kg, had a rash since the age of 3 years. Umbilical cord
mesenchymal stem cells (2 × 10^6 cells/kg; 68 × 10^6 in total) were infused intravenously on days 0, 30 and 60.

2.2. Patient 2

The younger brother (8 years, 25 kg) received 90 × 10^6 umbilical cord mesenchymal stem cells in total, in three
intravenous infusions. The mother, aged 39, is well.
"""


def test_a_brother_who_is_a_patient_keeps_his_ages_and_his_heading_its_name(schema: Schema) -> None:
    first, second = linked(BROTHERS, schema).patients
    assert [first.value("label"), second.value("label")] == ["Patient 1", "Patient 2"]
    assert str(first.value("age_onset_years")) == "3"
    assert "39" not in {str(value.value) for patient in (first, second) for value in patient.values.values()}


def test_a_total_that_is_dose_per_kg_times_weight_is_that_of_one_infusion(schema: Schema) -> None:
    given = linked(BROTHERS, schema).administrations
    rows = [(a.patient, str(a.value("dose_value")), a.value("dose_basis")) for a in given]
    assert rows == [("1", "68000000", "per_administration"), ("2", "90000000", "total")]
