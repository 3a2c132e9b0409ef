"""Ages that follow from others: the age at treatment counted from an earlier event, the age at a visit told before."""

from __future__ import annotations

from decimal import Decimal

import pytest
from linking import paper

from extract.find import find_mentions
from extract.link import link_cases
from extract.model import Patient
from extract.schema import Schema

GIVEN = "she received 60 million umbilical cord mesenchymal stem cells intravenously"


def girl(schema: Schema, story: str) -> Patient:
    document = paper([("case", story)], title="Cells for sclerosis in a girl: a case report")
    (patient,) = link_cases(document, find_mentions(document, schema), schema).patients
    return patient


@pytest.mark.parametrize(
    ("story", "years"),
    [
        (f"A girl was diagnosed with multiple sclerosis at 4. Fourteen months after the diagnosis {GIVEN}.", "5.17"),
        (f"A girl was diagnosed with multiple sclerosis at 4, and 14 months later {GIVEN}.", "5.17"),
        (f"A girl had multiple sclerosis since the age of 6. Three years after onset {GIVEN}.", "9"),
        # counted from something else, or printed
        (f"A girl was diagnosed with multiple sclerosis at 4. Fourteen months after a relapse {GIVEN}.", None),
        (f"A girl was diagnosed with multiple sclerosis at 4. Two years after starting interferon {GIVEN}.", None),
        (f"A girl was diagnosed with multiple sclerosis. Fourteen months after the diagnosis {GIVEN}.", None),
        (
            f"A girl was diagnosed with sclerosis at 4. Two years after the diagnosis, at the age of 6, {GIVEN}.",
            None,
        ),
    ],
)
def test_the_age_at_treatment_is_counted_from_an_earlier_age(story: str, years: str | None, schema: Schema) -> None:
    patient = girl(schema, story)
    derived = patient.values.get("age_treatment_years_derived")
    assert (derived.value if derived else None) == (Decimal(years) if years else None)
    if derived is not None:
        assert derived.status == "derived"
        assert "years until the cells" in derived.formula
        assert "age_treatment_years" not in patient.values


def test_an_age_then_is_that_of_the_visit_before(schema: Schema) -> None:
    told = (
        f"A girl was diagnosed with multiple sclerosis at 4. At 5 {GIVEN}. At 12 months the EDSS was 3. She was 6 then."
    )
    assert girl(schema, told).value("age_last_follow_up_years") == 6


def test_an_age_then_in_the_story_before_the_cells_is_no_follow_up(schema: Schema) -> None:
    told = f"A girl had multiple sclerosis. After 12 months the EDSS was 3. She was 6 then. At 8 {GIVEN}."
    assert girl(schema, told).value("age_last_follow_up_years") is None
