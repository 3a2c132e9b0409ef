"""Small invented papers as text: labelled paragraphs without headings, denials of all, what was given when."""

from __future__ import annotations

import pytest

from extract.find import find_mentions
from extract.link import link_cases
from extract.model import CaseRecord
from extract.read.text import text_document
from extract.schema import Schema

LABELLED = """Marrow Stromal Cells for Refractory Dermatomyositis in a Teacher With Interstitial Lung Disease History

Case Description: This 52-year-old woman had dermatomyositis. Therapies used before the cells included azathioprine and
rituximab. The MMT8 was 96.

Treatment: One intravenous infusion of 60 million allogeneic bone marrow MSCs was given.

Results:
Week 12 - MMT8 128.
Shingles (week 20) was treated with acyclovir.
"""
TWO = """Cells for psoriasis in two brothers

Patient 1 (boy, 9 years) had psoriasis. He received an intravenous infusion of 30 million cord mesenchymal stem cells.

Patient 2 (brother, 12 years) had psoriasis. The PASI was 12 two months after the first infusion. A cellulitis on day 95
was treated with flucloxacillin and was not deemed to be connected with the cells. Concomitantly both children used
gabapentin.

None of the two children showed seizures, jaundice or thrombosis.
"""


def linked(text: str, schema: Schema) -> CaseRecord:
    document = text_document(text, "paper", schema)
    return link_cases(document, find_mentions(document, schema), schema)


@pytest.fixture(scope="module")
def labelled(schema: Schema) -> CaseRecord:
    return linked(LABELLED, schema)


@pytest.fixture(scope="module")
def two(schema: Schema) -> CaseRecord:
    return linked(TWO, schema)


def test_a_label_opens_the_case_where_no_heading_does(schema: Schema) -> None:
    blocks = text_document(LABELLED, "paper", schema).blocks
    told = {block.section for block in blocks if "Case Description" in block.headings}
    assert told == {"case"}


def test_a_label_opens_nothing_where_a_heading_opens_the_case(schema: Schema) -> None:
    text = (
        "A title\n\nCase: A girl of nine was seen.\n\nIntroduction\nCells are used.\n\nCase report\nA girl of nine.\n"
    )
    document = text_document(text, "paper", schema)
    first = next(block for block in document.blocks if document.quote(block.span).startswith("Case: A girl"))
    assert first.section == "other"


def test_scores_beside_labels_are_before_and_after_the_cells(labelled: CaseRecord) -> None:
    assert [(str(o.value("phase")), str(o.value("value"))) for o in labelled.outcomes] == [
        ("pre", "96"),
        ("post", "128"),
    ]


def test_drugs_of_a_labelled_case_have_their_roles(labelled: CaseRecord) -> None:
    assert {(t.value("therapy"), t.value("role")) for t in labelled.therapies} == {
        ("azathioprine", "prior"), ("rituximab", "prior"), ("acyclovir", "post"),
    }  # fmt: skip


def test_what_none_of_them_showed_is_denied_of_each(two: CaseRecord) -> None:
    told = {(str(e.value("event")), e.value("present")) for e in two.adverse_events}
    assert {("seizure", False), ("jaundice", False), ("thrombosis", False)} <= told
    assert {event for event, present in told if present} == {"cellulitis"}


def test_without_a_known_day_of_the_cells_words_tell_beside_and_after(two: CaseRecord) -> None:
    roles = {(t.patient, t.value("therapy")): t.value("role") for t in two.therapies}
    assert roles["2", "flucloxacillin"] == "post"
    assert roles["2", "gabapentin"] == "concomitant"
