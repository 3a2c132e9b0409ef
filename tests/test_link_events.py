"""Adverse events where only a table gives the doses: the story tells of rounds, not of doses."""

from __future__ import annotations

import pytest
from linking import paper

from extract.find import find_mentions
from extract.link import link_cases
from extract.schema import Schema

TABLE = [
    ["Patient", "Route", "Dose per infusion (× 10⁶ cells/kg)"],
    ["1", "intravenous", "2"],
    ["2", "intravenous", "1"],
]


@pytest.mark.parametrize(
    ("story", "events"),
    [
        (
            "Patient 1. A girl with multiple sclerosis. The first infusion was quiet. In month 10 she had a relapse.",
            ["disease flare"],
        ),
        ("Patient 1. A girl with multiple sclerosis. She had a relapse before she came to us.", []),
        (
            "Patient 1. A girl with sclerosis was infused in May 2018. The thigh was bruised for a week. In the fourth "
            "month a blister of the left thumb became infected.",
            ["bruising", "infection"],
        ),
        ("Patient 1. A girl with sclerosis was treated with rituximab in 2018. The thigh was bruised for a week.", []),
        (
            "Patient 1. A girl with lupus was infused in May 2018. The rash began to fade in June.",
            [],
        ),
        (
            "Patient 1. A girl with lupus was infused in May 2018. A rash came in June. The rash faded in July.",
            ["rash"],
        ),
        ("Patient 1. A girl with multiple sclerosis. She had a relapse in May. The first infusion followed.", []),
    ],
)
def test_an_event_after_a_round_of_cells_in_the_paragraph(story: str, events: list[str], schema: Schema) -> None:
    told = [("case", story), ("case", "Patient 2. A boy with multiple sclerosis.")]
    document = paper(told, TABLE, title="Mesenchymal stem cells in sclerosis: two cases")
    record = link_cases(document, find_mentions(document, schema), schema)
    assert [str(e.value("event")) for e in record.adverse_events if e.patient == "1" and e.value("present")] == events
