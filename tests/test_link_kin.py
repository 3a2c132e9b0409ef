"""Two relatives who are numbered as patients and later called the elder and the younger, in small invented papers."""

from __future__ import annotations

import pytest

from extract.find import find_mentions
from extract.link import link_cases
from extract.model import CaseRecord
from extract.read.text import text_document
from extract.schema import Schema

BROTHERS = """Fat cells for perianal fistula in two brothers

Case reports
Patient 1, aged 34 years, had Crohn's disease with a perianal fistula. {who} was 29 years old and had had one for six
years.

Adipose-derived stromal cells were expanded. In both, 30 million cells were injected around the tract. In the elder
brother the fistula had closed at week 8. In the younger, the procedure was repeated at week 12 with 60 million cells.
PDAI was 2 in the elder and 5 in the younger brother at week 24.
"""


def linked(text: str, schema: Schema) -> CaseRecord:
    document = text_document(text, "paper", schema)
    return link_cases(document, find_mentions(document, schema), schema)


@pytest.mark.parametrize("who", ["Patient 2, his younger brother,", "His younger brother (Patient 2)"])
def test_the_elder_and_the_younger_are_known_where_one_is_introduced_as_such(who: str, schema: Schema) -> None:
    case = linked(BROTHERS.format(who=who), schema)
    doses = [(row.patient, str(row.value("dose_cells"))) for row in case.administrations]
    assert doses == [("1", "30000000"), ("2", "30000000"), ("2", "60000000")]
    scores = [(row.patient, str(row.value("value"))) for row in case.outcomes if row.value("measure") == "PDAI"]
    assert ("1", "2") in scores
    assert ("1", "5") not in scores


def test_nobody_is_the_younger_where_nothing_says_so(schema: Schema) -> None:
    case = linked(BROTHERS.format(who="Patient 2, his brother,"), schema)
    assert "60000000" not in [str(row.value("dose_cells")) for row in case.administrations]
    assert not [row for row in case.outcomes if row.value("measure") == "PDAI"]


def test_words_of_age_that_name_no_person_name_nobody(schema: Schema) -> None:
    text = BROTHERS.format(who="Patient 2, his younger brother,").replace(
        "In the younger, the procedure", "In the younger age group of the trials, the procedure"
    )
    assert ("2", "60000000") not in [
        (r.patient, str(r.value("dose_cells"))) for r in linked(text, schema).administrations
    ]
