"""Givings told by reference to the one before, in small invented papers."""

from __future__ import annotations

import pytest

from extract.find import find_mentions
from extract.link import link_cases
from extract.model import CaseRecord
from extract.read.text import text_document
from extract.schema import Schema

FISTULA = """Marrow cells in a man with Crohn's fistula: a case report

Case report
A man of 40 years with Crohn's disease had a perianal fistula. Forty million bone marrow mesenchymal stem cells were
injected around the tract. PDAI fell from 12 to 7. """


def linked(text: str, schema: Schema) -> CaseRecord:
    document = text_document(text, "paper", schema)
    return link_cases(document, find_mentions(document, schema), schema)


def counts(sentence: str, schema: Schema) -> list[str]:
    return [str(row.value("count")) for row in linked(FISTULA + sentence, schema).administrations]


@pytest.mark.parametrize(
    ("sentence", "count"),
    [
        ("As the tract still wept, a second injection with the same number of cells was performed at week 12.", "2"),
        ("A repeat injection of the same dose was given in month 3.", "2"),
        ("The procedure was repeated with the same dose.", "2"),
        ("The injection was tolerated well and repeated after 3 months.", "2"),
        ("The injection was repeated twice.", "3"),
        ("The injection was repeated at the same dose one month and three months later.", "3"),
        ("The injection was repeated at weeks 4 and 8.", "3"),
        (
            "He had another injection with the same dose in May. A third injection of the same dose was given later.",
            "3",
        ),
    ],
)
def test_a_giving_repeated_with_the_dose_before_is_counted(sentence: str, count: str, schema: Schema) -> None:
    assert counts(sentence, schema) == [count]


@pytest.mark.parametrize(
    "sentence",
    [
        "A second injection was performed at week 12.",
        "The procedure was repeated with half the dose.",
        "The injection was repeated monthly.",
        "A third injection with the same number of cells was performed at week 30.",
    ],
)
def test_a_giving_that_cannot_be_known_to_be_the_only_one_has_no_count(sentence: str, schema: Schema) -> None:
    assert counts(sentence, schema) == ["None"]


@pytest.mark.parametrize(
    "sentence",
    [
        "A second injection with the same dose was planned for month 6.",
        "No second injection was given.",
        "Rituximab was begun. The infusion was repeated after two weeks.",
        "A second injection of PRP was given in month 3.",
        "MRI was repeated after 3 months.",
        "If he relapses, another injection with the same dose would be given.",
    ],
)
def test_what_was_not_given_again_adds_nothing(sentence: str, schema: Schema) -> None:
    assert counts(sentence, schema) == ["1"]


def test_a_further_giving_with_a_dose_of_its_own_is_a_row_and_leaves_the_first_alone(schema: Schema) -> None:
    later = (
        "A second injection of 20 million cells was given in month 6. After the second injection was given he rested."
    )
    assert counts(later, schema) == ["1", "1"]
