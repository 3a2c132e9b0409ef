"""SYNTHESIS: what became of each measure of each patient, and what cannot be told."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from series import against, outcome, series, treated

from extract.schema import Schema
from extract.synthesis.direction import Change, Course, all_courses
from extract.synthesis.measures import UnitOf, convert, plain_unit, unit_table
from extract.synthesis.readings import interval_of


@pytest.fixture
def courses(tmp_path: Path, schema: Schema) -> Any:
    """The courses of one patient with some outcome rows and conflicts, by measure and rater."""

    def make(*rows: Any, diagnosis: str = "systemic lupus erythematosus") -> dict[str, Course]:
        outputs = series(tmp_path, schema, *treated(diagnosis=diagnosis), *rows)
        return {course.measure.title: course for course in all_courses(outputs)}

    return make


def last(course: Course) -> Change:
    assert course.last is not None
    return course.last


def two(measure: str, before: Any, after: Any, **more: Any) -> tuple[Any, Any]:
    """A value before and one after the cells."""
    return outcome("1", 1, measure, "pre", before, **more), outcome("1", 2, measure, "post", after, 6, **more)


@pytest.mark.parametrize(
    ("measure", "before", "after", "direction"),
    [
        ("SLEDAI-2K", 12, 4, "improved"),
        ("SLEDAI-2K", 4, 12, "worsened"),
        ("SLEDAI-2K", 4, 4, "unchanged"),
        ("CMAS", 20, 44, "improved"),
        ("CMAS", 44, 20, "worsened"),
        ("SLEDAI-2K", 0, 0, "unchanged"),
    ],
)
def test_direction_is_that_of_the_scale(courses: Any, measure: str, before: int, after: int, direction: str) -> None:
    assert last(courses(*two(measure, before, after))[measure]).direction == direction


@pytest.mark.parametrize("measure", ["WBC", "a measure that nobody knows"])
def test_a_scale_without_better_direction_gets_none(courses: Any, measure: str) -> None:
    change = last(courses(*two(measure, 2, 4))[measure])
    assert (change.direction, change.reason) == ("not assessed", "no better direction in schemas/scales.yaml")
    assert change.size == 2


def test_the_table_says_what_is_better_before_the_schema_does(courses: Any) -> None:
    assert last(courses(*two("WBC", 2, 4, better="higher"))["WBC"]).direction == "improved"


def test_change_is_in_per_cent_of_the_range_and_positive_for_the_better(courses: Any) -> None:
    found = courses(*two("SLEDAI-2K", 23, 2), *two("CMAS", 26, 13))
    assert last(found["SLEDAI-2K"]).percent == Decimal("20.0")
    assert last(found["CMAS"]).percent == Decimal("-25.0")


def test_a_printed_maximum_makes_the_range(courses: Any) -> None:
    change = last(courses(*two("PGA", 8, 2, scale_max=10))["PGA"])
    assert change.percent == Decimal("60.0")


def test_a_maximum_printed_once_counts_for_the_course(courses: Any) -> None:
    rows = outcome("1", 1, "PGA", "pre", "2.4", scale_max=3), outcome("1", 2, "PGA", "post", Decimal("0.9"), 6)
    before = outcome("1", 1, "PGA", "pre", Decimal("2.4"), scale_max=3)
    assert last(courses(before, rows[1])["PGA"]).percent == Decimal("50.0")


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        (two("PGA", 8, 2), "the range of the scale is neither printed nor in schemas/scales.yaml"),
        (two("VAS pain", 8, 2), "the length of the rating line (10 or 100) is not printed"),
        (two("JADAS", 11, 6), "the version of the scale is not said (JADAS10, JADAS27)"),
        (two("CRP", 40, 5), "a laboratory value has no scale"),
        (two("6MWD", 300, 400), "a measurement has no scale"),
        (two("Kellgren-Lawrence", 3, 2), "stages are ranks, their distances mean nothing"),
        (two("CMAS", 20, 60), "60 lies outside 0 to 52"),
    ],
)
def test_no_per_cent_without_a_range_and_why(courses: Any, rows: Any, why: str) -> None:
    (course,) = courses(*rows).values()
    assert last(course).percent is None
    assert course.bounds.source == why
    assert last(course).is_told


def test_millimetres_give_a_rating_line_its_length(courses: Any) -> None:
    assert last(courses(*two("VAS pain", 62, 25, unit="mm"))["VAS pain"]).percent == Decimal("37.0")


def test_values_on_different_scales_are_not_compared(courses: Any) -> None:
    before, after = outcome("1", 1, "PGA", "pre", 8, scale_max=10), outcome("1", 2, "PGA", "post", 20, scale_max=100)
    change = last(courses(before, after)["PGA"])
    assert (change.direction, change.reason) == ("not assessed", "printed on different scales (/10, /100)")


def test_units_are_converted_where_they_can_be_and_not_compared_where_they_cannot(courses: Any) -> None:
    rows = (
        outcome("1", 1, "hemoglobin", "pre", 94, unit="g/L"),
        outcome("1", 2, "hemoglobin", "post", Decimal("11.6"), 6, unit="g/dL"),
        outcome("1", 3, "CRP", "pre", 40, unit="mg/L"),
        outcome("1", 4, "CRP", "post", 5, 6, unit="nmol/L"),
    )
    found = courses(*rows)
    assert last(found["hemoglobin"]).size == 22
    assert last(found["hemoglobin"]).direction == "improved"
    assert last(found["CRP"]).direction == "not assessed"


def test_raters_are_never_mixed(courses: Any) -> None:
    rows = (
        outcome("1", 1, "PGA", "pre", 8, rater="patient"),
        outcome("1", 2, "PGA", "post", 2, 6, rater="physician"),
        outcome("1", 3, "PGA", "post", 1, 6),
    )
    found = courses(*rows)
    assert set(found) == {"PGA (patient)", "PGA (physician)", "PGA"}
    assert found["PGA (patient)"].last is None
    assert last(found["PGA (physician)"]).reason == "no value before treatment"


def test_versions_of_a_scale_are_never_mixed(courses: Any) -> None:
    found = courses(outcome("1", 1, "JADAS10", "pre", 18), outcome("1", 2, "JADAS27", "post", 4, 6))
    assert found["JADAS10"].last is None
    assert last(found["JADAS27"]).direction == "not assessed"


def test_the_baseline_is_the_value_nearest_to_the_cells(courses: Any) -> None:
    rows = (
        outcome("1", 1, "SLEDAI-2K", "pre", 20, -12),
        outcome("1", 2, "SLEDAI-2K", "pre", 9, 0),
        outcome("1", 3, "SLEDAI-2K", "pre", 14),
        outcome("1", 4, "SLEDAI-2K", "post", 9, 3),
    )
    course = courses(*rows)["SLEDAI-2K"]
    assert course.baseline is not None
    assert course.baseline.low == 9
    assert last(course).direction == "unchanged"


def test_several_undated_baselines_give_a_direction_only_where_all_agree(courses: Any) -> None:
    rows = [outcome("1", i, "SLEDAI-2K", "pre", value) for i, value in enumerate((10, 14))]
    below = last(courses(*rows, outcome("1", 9, "SLEDAI-2K", "post", 4, 6))["SLEDAI-2K"])
    assert (below.direction, below.low, below.high, below.percent) == ("improved", -10, -6, None)


def test_values_that_nothing_tells_apart_have_no_direction_when_they_overlap(courses: Any) -> None:
    rows = [outcome("1", i, "KOOS", "pre", value) for i, value in enumerate((39, 10))]
    rows += [outcome("1", i, "KOOS", "post", value, 6) for i, value in enumerate((69, 35), 5)]
    change = last(courses(*rows)["KOOS"])
    assert change.direction == "unclear"
    assert change.reason == "several values of one time that the table does not tell apart"


def test_each_class_of_time_has_its_last_value(courses: Any) -> None:
    months = {10: Decimal("0.9"), 9: 1, 8: 2, 7: 12, 6: 13, 5: 30}
    rows = [outcome("1", i, "SLEDAI-2K", "post", value, at) for i, (value, at) in enumerate(months.items(), 2)]
    course = courses(outcome("1", 1, "SLEDAI-2K", "pre", 12), *rows)["SLEDAI-2K"]
    found = {name: change.after.low for name, change in course.by_class.items()}
    assert found == {"≤1 month": 9, ">1–3 months": 8, ">3–12 months": 7, ">12 months": 5}
    assert last(course).after.low == 5


def test_an_undated_value_is_the_last_only_where_the_paper_says_so(courses: Any) -> None:
    rows = outcome("1", 1, "SLEDAI-2K", "pre", 12), outcome("1", 2, "SLEDAI-2K", "post", 4, 6)
    after = outcome("1", 3, "SLEDAI-2K", "post", 8, timepoint="after treatment")
    called = outcome("1", 3, "SLEDAI-2K", "post", 8, timepoint="at the last visit")
    assert last(courses(*rows, after)["SLEDAI-2K"]).after.low == 4
    assert last(courses(*rows, called)["SLEDAI-2K"]).after.low == 8


def test_months_that_were_counted_are_used_and_marked(courses: Any) -> None:
    rows = (
        outcome("1", 1, "SLEDAI-2K", "pre", 12),
        outcome("1", 2, "SLEDAI-2K", "post", 4, 6),
        outcome("1", 3, "SLEDAI-2K", "post", 2, timepoint_months_derived=Decimal("14.5")),
    )
    course = courses(*rows)["SLEDAI-2K"]
    assert [reading.when for reading in course.after] == ["6 mo", "14.5 mo, derived"]
    assert last(course).after.low == 2


def test_what_a_conflict_passed_over_is_not_mixed_in_but_kept_beside(courses: Any) -> None:
    before, after = outcome("1", 1, "SLEDAI-2K", "pre", 12), outcome("1", 2, "SLEDAI-2K", "post", 4, 6)
    other = outcome("1", 3, "SLEDAI-2K", "post", 9, 6, where="table")
    change = last(courses(before, after, other, against("1", "SLEDAI-2K post", after, other, after))["SLEDAI-2K"])
    assert (change.size, change.direction, change.holds) == (-8, "improved", True)
    assert [rival.value for rival in change.after.rivals] == ["9"]


def test_a_direction_that_hangs_on_a_conflict_says_so(courses: Any) -> None:
    before, after = outcome("1", 1, "SLEDAI-2K", "pre", 6), outcome("1", 2, "SLEDAI-2K", "post", 4, 6)
    other = outcome("1", 3, "SLEDAI-2K", "post", 9, 6, where="table")
    change = last(courses(before, after, other, against("1", "SLEDAI-2K post", after, other, after))["SLEDAI-2K"])
    assert change.direction == "improved"
    assert not change.holds


def test_a_conflict_without_a_choice_leaves_both_values(courses: Any) -> None:
    before, after = outcome("1", 1, "SLEDAI-2K", "pre", 6), outcome("1", 2, "SLEDAI-2K", "post", 4, 6)
    other = outcome("1", 3, "SLEDAI-2K", "post", 9, 6, where="table")
    change = last(courses(before, after, other, against("1", "SLEDAI-2K post", after, other))["SLEDAI-2K"])
    assert change.direction == "unclear"


def test_a_chosen_value_without_a_time_takes_that_of_the_one_passed_over(courses: Any) -> None:
    before, early = outcome("1", 1, "ABI", "pre", Decimal("0.4")), outcome("1", 2, "ABI", "post", Decimal("0.5"), 3)
    told = outcome("1", 3, "ABI", "post", Decimal("0.6"))
    table = outcome("1", 4, "ABI", "post", Decimal("0.7"), 6, where="table")
    course = courses(before, early, told, table, against("1", "ABI post", told, table, told))["ABI"]
    assert last(course).after.low == Decimal("0.6")
    assert last(course).after.months == 6


def test_a_setback_after_the_best_value_is_told(courses: Any) -> None:
    rows = [outcome("1", i, "VAS pain", "post", value, at) for i, (at, value) in enumerate([(6, 2), (12, 5)], 2)]
    course = courses(outcome("1", 1, "VAS pain", "pre", 8), *rows)["VAS pain"]
    assert last(course).direction == "improved"
    assert course.setback is not None
    assert (course.setback.before, course.setback.size) == (course.best, 3)


def test_steady_improvement_has_no_setback(courses: Any) -> None:
    rows = [outcome("1", i, "VAS pain", "post", value, at) for i, (at, value) in enumerate([(6, 5), (12, 2)], 2)]
    assert courses(outcome("1", 1, "VAS pain", "pre", 8), *rows)["VAS pain"].setback is None


def test_a_rated_change_is_told_without_a_value_before(courses: Any) -> None:
    row = outcome("1", 1, "overall improvement (%)", "post", "80–90 %")
    change = last(courses(row)["overall improvement (%)"])
    assert (change.direction, change.rated, change.low, change.high) == ("improved", True, 80, 90)


# --- thresholds


@pytest.mark.parametrize(
    ("after", "met"), [(27, "not met"), (26, "between"), (25, "between"), (24, "met"), (31, "not met")]
)
def test_two_published_figures_leave_a_grey_zone(courses: Any, after: int, met: str) -> None:
    course = courses(*two("mRSS", 29, after), diagnosis="systemic sclerosis")["mRSS"]
    assert [response.met for response in course.responses] == [met]


def test_a_threshold_of_another_disease_is_not_applied(courses: Any) -> None:
    rows = two("VAS pain", 80, 20, scale_max=100)
    assert courses(*rows, diagnosis="knee osteoarthritis")["VAS pain"].responses == ()
    assert [r.met for r in courses(*rows, diagnosis="rheumatoid arthritis")["VAS pain"].responses] == ["met"]


@pytest.mark.parametrize(("after", "met"), [(Decimal("6.1"), "not met"), (6, "met")])
def test_a_threshold_of_100_points_counts_on_a_line_of_10(courses: Any, after: Any, met: str) -> None:
    rows = two("VAS pain", 8, after, scale_max=10)
    assert [r.met for r in courses(*rows, diagnosis="rheumatoid arthritis")["VAS pain"].responses] == [met]


def test_a_threshold_on_a_scale_of_unknown_range_is_not_applied(courses: Any) -> None:
    assert courses(*two("VAS pain", 8, 2), diagnosis="rheumatoid arthritis")["VAS pain"].responses == ()


def test_a_state_is_told_before_and_after(courses: Any) -> None:
    course = courses(*two("CDAI-Crohn", 310, 140), diagnosis="Crohn's disease")["CDAI-Crohn"]
    found = {response.threshold.meaning: (response.before, response.met) for response in course.responses}
    assert found["remission"] == ("not met", "met")
    assert found["response (fall of 100)"] == (None, "met")


# --- intervals and units


@pytest.mark.parametrize(
    ("text", "interval"),
    [
        ("80–90 %", (80, 90)),
        ("1:80–160", (80, 160)),
        ("1:640", (640, 640)),
        ("2 to 3", (2, 3)),
        ("27 lbs", (27, 27)),
        ("-1.5", (Decimal("-1.5"), Decimal("-1.5"))),
    ],
)
def test_words_with_one_number_or_range_are_intervals(text: str, interval: Any) -> None:
    assert interval_of(text) == interval


@pytest.mark.parametrize("text", ["normal", "< 0.5", "grade III", "3 of 12 joints", ""])
def test_other_words_are_no_numbers(text: str) -> None:
    assert interval_of(text) is None


@given(st.decimals(-10_000, 10_000, places=3, allow_nan=False))
def test_there_and_back_again_in_another_unit_is_the_same(number: Decimal) -> None:
    units = {"g/l": UnitOf("mg/L", Decimal(1000)), "g/dl": UnitOf("mg/L", Decimal(10_000))}
    there = convert(number, "g/L", "g/dL", units)
    assert there is not None
    assert convert(there, "g/dL", "g/L", units) == number


@pytest.mark.parametrize("written", ["% of predicted", "% of the predicted value", "%", "% pred."])
def test_per_cent_of_predicted_is_one_unit(written: str) -> None:
    assert plain_unit(written) == "%"


def test_the_units_of_the_schema_are_known_as_written(schema: Schema) -> None:
    table = unit_table(schema)
    assert table[plain_unit("g/24 h")].base == "g/day"
    assert table[plain_unit("µg/L")] == table[plain_unit("ug/L")]
