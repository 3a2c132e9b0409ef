"""Diseases without an entry in the vocabulary: taken from phrases that define them, and only as a last resort."""

from __future__ import annotations

import pytest

from extract.find import explain_mentions, find_mentions
from extract.find.open_diagnoses import disease_like, disease_name
from extract.link import link_cases
from extract.model import Mention
from extract.read.text import text_document
from extract.schema import Schema


def opened(text: str, schema: Schema) -> list[Mention]:
    mentions = find_mentions(text_document(text, "text", schema), schema)
    return [m for m in mentions if m.field == "diagnosis" and m.detail("open") == "true"]


@pytest.mark.parametrize(
    ("text", "rule", "value"),
    [
        ("She was diagnosed with severe Bruck syndrome at the age of 7.", "diagnosed", "Bruck syndrome"),
        ("The diagnosis of necrobiotic xanthogranulomatosis was made.", "diagnosis_of",
         "necrobiotic xanthogranulomatosis"),
        ("The final diagnosis was Kashin-Beck disease.", "diagnosis_was", "Kashin-Beck disease"),
        ("We describe a case of the Vogt-Koyanagi-Harada disease in a man.", "case_of", "Vogt-Koyanagi-Harada disease"),
        ("A boy suffering from refractory Rosai-Dorfman disease, aged 4, was infused.", "suffering",
         "Rosai-Dorfman disease"),
        ("Cells for the treatment of nodular regenerative panarteritis in a child", "treatment_of",
         "nodular regenerative panarteritis"),
        ("Infusion in a young patient with Susac syndrome who had failed steroids.", "patient_with", "Susac syndrome"),
        ("Kashin-Beck disease: a case report", "title", "Kashin-Beck disease"),
        ("He was diagnosed with deficiency of adenosine deaminase 3 and was infused.", "diagnosed",
         "deficiency of adenosine deaminase 3"),
        ("He was diagnosed with Bruck syndrome and severe contractures.", "diagnosed", "Bruck syndrome"),
    ],
)  # fmt: skip
def test_a_defining_phrase_names_a_disease(text: str, rule: str, value: str, schema: Schema) -> None:
    (mention,) = opened(text, schema)
    assert mention.rule_id == f"diagnosis.open.{rule}"
    assert mention.value == value
    assert mention.text.lower() == value.lower()


@pytest.mark.parametrize(
    ("text", "because"),
    [
        ("She was diagnosed with lupus.", "the vocabulary knows it"),
        ("She was diagnosed with severe, biopsy-proven lupus nephritis.", "the vocabulary knows it"),
        ("Her diagnosis was confirmed by biopsy.", "no name follows"),
        ("He was diagnosed with a rare autoimmune disease.", "a kind of disease, not one"),
        ("A case of severe pain is described.", "a symptom"),
        ("She suffered from high fever and diarrhoea.", "symptoms"),
        ("In case of treatment failure the infusion was repeated.", "no disease"),
        ("A patient with leukocytosis came.", "a sign"),
        ("Treatment of the patient with mesenchymal stem cells began.", "a treatment"),
        ("A case of bone marrow transplantation is described.", "a procedure"),
        ("A boy with a good prognosis came.", "the ending alone names nothing"),
        ("A girl with a history of trauma came.", "an accident"),
    ],
)
def test_other_words_name_none(text: str, because: str, schema: Schema) -> None:
    assert [m.value for m in opened(text, schema)] == [], because


def test_a_denied_one_is_no_fact(schema: Schema) -> None:
    mentions = opened("He was not diagnosed with Bruck syndrome.", schema)
    assert all(not m.context.is_fact for m in mentions)


def test_a_refused_phrase_says_why(schema: Schema) -> None:
    document = text_document("A case of severe joint pain is described.", "x", schema)
    refused = explain_mentions(document, schema).rejected
    reasons = [no.reason for no in refused if no.rule_id == "diagnosis.open.case_of"]
    assert len(reasons) == 1
    assert "arthralgia" in reasons[0]


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("the severe Bruck syndrome at the age of 3", "Bruck syndrome"),
        ("biopsy-proven linear IgA dermatosis which had", "linear IgA dermatosis"),
        ("hyper-IgD and periodic fever syndrome in", "hyper-IgD and periodic fever syndrome"),
        ("mucopolysaccharidosis type IVA, confirmed", "mucopolysaccharidosis type IVA"),
        ("bilateral congenital pseudarthrosis of the tibia after", "congenital pseudarthrosis of the tibia"),
    ],
)
def test_the_name_is_cut_out_of_its_clause(words: str, name: str) -> None:
    named = disease_name(words)
    assert (words[named.start : named.end], named.reason) == (name, "")


@pytest.mark.parametrize(
    "name",
    ["myositis ossificans", "osteogenesis imperfecta", "epidermolysis bullosa", "retinitis pigmentosa", "hip fracture"],
)
def test_names_built_like_diseases(name: str) -> None:
    assert disease_like(name)


@pytest.mark.parametrize("name", ["stroma", "diagnosis", "disease", "chronic disease", "apathy", "cell therapy", ""])
def test_names_built_otherwise(name: str) -> None:
    assert not disease_like(name)


def diagnoses(text: str, schema: Schema) -> list[tuple[str, str]]:
    document = text_document(text, "text", schema)
    record = link_cases(document, find_mentions(document, schema), schema)
    return [(str(d.value("diagnosis")), str(d.value("role"))) for d in record.diagnoses]


def test_it_counts_where_a_patient_has_no_other(schema: Schema) -> None:
    text = "Case report\n\nA 9-year-old girl was diagnosed with Bruck syndrome. She received 5 × 10^7 cells by vein."
    assert diagnoses(text, schema) == [("Bruck syndrome", "index")]


def test_it_does_not_count_beside_one_of_the_vocabulary(schema: Schema) -> None:
    text = "Case report\n\nA 9-year-old girl was diagnosed with Bruck syndrome. She has osteoporosis."
    assert ("Bruck syndrome", "index") not in diagnoses(text, schema)
