"""When a value was measured: captions, the story before the cells, values without a word of time, where it is said."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from linking import paper

from extract.find import find_mentions
from extract.link import link_cases
from extract.model import CaseRecord, Outcome, plain
from extract.schema import Schema

GIVEN = "She received 60 million bone marrow mesenchymal stem cells intravenously."


def story(
    schema: Schema, *passages: tuple[str, str], table: Sequence[Sequence[str]] = (), caption: str = ""
) -> CaseRecord:
    """The record of a case that is written as these passages, with a table and its caption at the end."""
    told = [*passages, ("results:caption", caption)] if caption else list(passages)
    document = paper(told, table, caption, title="Cells for sclerosis: a case report")
    return link_cases(document, find_mentions(document, schema), schema)


def line(outcome: Outcome) -> str:
    """``measure value phase months``."""
    parts = [outcome.value(field) for field in ("measure", "value", "phase", "timepoint_months")]
    return " ".join(str(part) if isinstance(part, str) else plain(part) for part in parts if part is not None)  # type: ignore[arg-type]


def lines(record: CaseRecord) -> list[str]:
    return [line(outcome) for outcome in record.outcomes]


def case(words: str) -> tuple[str, str]:
    return "case", f"A 30-year-old woman had multiple sclerosis. {words}"


HEADS = [["", "Pre-treatment", "Post treatment"], ["EDSS", "6.0", "4.5"]]


@pytest.mark.parametrize(
    ("caption", "expected"),
    [
        ("Table 1. Disability before and one year after the cells.", "EDSS 4.5 post 12"),
        ("Table 1. Scores. Post-treatment values were taken at 18 months.", "EDSS 4.5 post 18"),
        ("Table 1. Scores. Values after treatment are those at week 24.", "EDSS 4.5 post 5.52"),
        # what is no time of these values
        ("Table 1. Disability before and after the cells.", "EDSS 4.5 post"),
        ("Table 1. Scores over 24 months of follow-up.", "EDSS 4.5 post"),
        ("Table 1. Scores of a woman aged 30 years.", "EDSS 4.5 post"),
        ("Table 1. Scores. Interferon was stopped 3 months after the cells.", "EDSS 4.5 post"),
        ("Table 1. Scores at 6 and at 12 months after the cells.", "EDSS 4.5 post"),
        ("Table 1. Scores of a woman with a 9-year history of sclerosis.", "EDSS 4.5 post"),
    ],
)
def test_a_caption_dates_the_values_after_treatment(caption: str, expected: str, schema: Schema) -> None:
    record = story(schema, case(GIVEN), table=HEADS, caption=caption)
    assert lines(record) == ["EDSS 6 pre", expected]


def test_a_header_with_a_time_goes_before_the_caption(schema: Schema) -> None:
    heads = [["", "Pre-treatment", "6 months", "Last visit"], ["EDSS", "6.0", "4.5", "4.0"]]
    record = story(schema, case(GIVEN), table=heads, caption="Table 1. Disability before and one year after the cells.")
    assert lines(record) == ["EDSS 6 pre", "EDSS 4.5 post 6", "EDSS 4 post"]


def test_a_caption_tells_each_patient_another_time(schema: Schema) -> None:
    rows = [["Case", "EDSS pre", "EDSS post"], ["1", "6.0", "4.5"], ["2", "5.0", "3.5"], ["3", "7.0", "6.5"]]
    told = [
        ("case", f"Case 1. A 30-year-old woman with multiple sclerosis. {GIVEN}"),
        ("case", f"Case 2. A 40-year-old woman with multiple sclerosis. {GIVEN}"),
        ("case", f"Case 3. A 50-year-old woman with multiple sclerosis. {GIVEN}"),
    ]
    words = "Table 1. Values after treatment are those at 12 months in cases 1 and 2 and at nine months in case 3."
    record = story(schema, *told, table=rows, caption=words)
    after = [(o.patient, o.value("timepoint_months")) for o in record.outcomes if o.value("phase") == "post"]
    assert after == [("1", 12), ("2", 12), ("3", 9)]


def test_the_time_of_a_caption_is_cited_from_the_caption(schema: Schema) -> None:
    record = story(schema, case(GIVEN), table=HEADS, caption="Table 1. Disability before and one year after the cells.")
    told = record.outcomes[1].values["timepoint_months"].provenance
    assert "one year after" in told[0].quote
    assert "4.5" in record.outcomes[1].values["value"].provenance[0].quote


def test_a_time_carried_on_is_cited_from_the_sentence_that_tells_it(schema: Schema) -> None:
    record = story(schema, case(f"{GIVEN} At 12 months the EDSS was 3. The mRS was 2."))
    assert lines(record) == ["EDSS 3 post 12", "mRS 2 post 12"]
    assert record.outcomes[1].values["timepoint_months"].provenance[0].quote == "At 12 months the EDSS was 3."


def test_months_later_in_the_story_before_the_cells_are_before_them(schema: Schema) -> None:
    words = f"Interferon was begun; six months later the EDSS was 6. {GIVEN} A year later it was 4."
    record = story(schema, case(words))
    assert lines(record)[0] == "EDSS 6 pre"
    assert record.outcomes[0].value("timepoint") is None


def test_methods_that_are_told_last_make_no_result_a_value_before(schema: Schema) -> None:
    record = story(
        schema,
        ("case", "A 30-year-old woman had multiple sclerosis."),
        ("results", "At six months the EDSS was 4."),
        ("methods", GIVEN),
    )
    assert lines(record) == ["EDSS 4 post 6"]


def test_a_time_counted_from_the_cells_holds_wherever_it_is_told(schema: Schema) -> None:
    words = "Six months after the infusion of cells the EDSS was 4; she had come to us with 6."
    record = story(schema, case(f"{words} {GIVEN}"))
    assert "EDSS 4 post 6" in lines(record)


def test_undated_values_before_a_dated_follow_up_are_from_before(schema: Schema) -> None:
    record = story(
        schema,
        case(GIVEN),
        ("results", "The EDSS was 6.5. The mRS was 4."),
        ("results", "After two years the EDSS is 4.0. The mRS is 2."),
    )
    assert lines(record) == ["EDSS 6.5 pre", "mRS 4 pre", "EDSS 4 post 24", "mRS 2 post 24"]


@pytest.mark.parametrize(
    ("before", "first", "why"),
    [
        ("", "She improved soon after the infusion. The EDSS was 5.", "the paragraph tells of a time after"),
        ("At entry the EDSS was 6.5. ", "The EDSS was 5.", "another value is from before"),
    ],
)
def test_undated_values_stay_after_the_cells_when_something_says_so(
    before: str, first: str, why: str, schema: Schema
) -> None:
    told = [case(f"{before}{GIVEN}"), ("results", first), ("results", "After two years the EDSS is 4.0.")]
    assert "EDSS 5 post" in lines(story(schema, *told)), why


def test_a_laboratory_value_of_the_illness_is_not_the_one_compared(schema: Schema) -> None:
    words = f"The first ANA titer was 1:160. {GIVEN} The ANA titer declined from 1:640 to 1:80."
    record = story(schema, ("case", f"A 30-year-old woman had lupus. {words}"))
    assert lines(record) == ["ANA titer 640 pre", "ANA titer 80 post"]


def test_laboratory_values_without_a_comparison_are_all_kept(schema: Schema) -> None:
    words = f"The ANA titer was 1:160, a year later 1:640. {GIVEN} The ANA titer was 1:80 after a year."
    record = story(schema, ("case", f"A 30-year-old woman had lupus. {words}"))
    assert [line for line in lines(record) if " pre" in line] == ["ANA titer 160 pre", "ANA titer 640 pre"]


def test_printed_months_go_before_months_computed_from_weeks(schema: Schema) -> None:
    heads = [["", "Before", "Month 1"], ["EDSS", "6.0", "4.5"]]
    record = story(schema, case(f"{GIVEN} Four weeks after the infusion the EDSS was 4.5."), table=heads)
    (after,) = [outcome for outcome in record.outcomes if outcome.value("phase") == "post"]
    assert after.value("timepoint_months") == 1
    assert after.value("where") == "narrative;table"


def test_a_time_in_words_alone_is_kept_without_months(schema: Schema) -> None:
    record = story(schema, case(f"{GIVEN} At discharge the EDSS was 5. At last follow-up the EDSS was 4."))
    assert [o.value("timepoint") for o in record.outcomes] == ["At discharge", "At last follow-up"]
    assert [o.value("timepoint_months") for o in record.outcomes] == [None, None]


def test_a_look_back_is_not_of_the_visit(schema: Schema) -> None:
    record = story(schema, case(f"{GIVEN} At 6 months the EDSS was 4; it had been 6. The mRS had been 4."))
    assert lines(record) == ["EDSS 4 post 6", "EDSS 6 pre", "mRS 4 unspecified"]
