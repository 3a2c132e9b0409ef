"""SYNTHESIS: the plots over time: values before and after, and the courses of patients."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from matplotlib.colors import to_hex
from plotted import artists, axes_called, cells, of_cells, somebody, tables, words, xs, ys
from series import against, outcome, series, treated
from written import computed, row

from extract.schema import Schema
from extract.synthesis.plots import Plot, slopes, swimmer
from extract.synthesis.plots.clock import clock_of
from extract.synthesis.plots.marks import BLUE, VERMILLION
from extract.synthesis.rows import Person


@pytest.fixture
def drawn(tmp_path: Path, schema: Schema) -> Any:
    """The slopes of one paper."""

    def make(*rows: Any, name: str = "lupus2020") -> Plot:
        (plot,) = slopes(series(tmp_path, schema, *rows, name=name))
        return plot

    return make


def score(order: int, phase: str, value: Any, months: Any = None, measure: str = "SLEDAI-2K", **more: Any) -> Any:
    return outcome("1", order, measure, phase, value, months, **more)


# --- values before and after


def test_months_stand_on_a_true_axis(drawn: Any) -> None:
    plot = drawn(*treated(), score(1, "pre", 12, 0), score(2, "post", 8, 3), score(3, "post", 4, 12))
    (first, second) = artists(plot, "slope:")
    zero, three, twelve = xs(first)[0], xs(first)[1], xs(second)[1]
    assert (twelve - zero) / (three - zero) == pytest.approx(4)
    assert ys(first) == [12, 8]
    assert ys(second) == [8, 4]


def test_what_has_no_month_stands_beside_the_axis_and_the_line_to_it_is_dashed(drawn: Any) -> None:
    plot = drawn(*treated(), score(1, "pre", 12), score(2, "post", 8, 3), score(3, "post", 4, timepoint="most recent"))
    clock_labels = [label.get_text() for label in axes_called(plot, "SLEDAI-2K").get_xticklabels()]
    assert (clock_labels[0], clock_labels[-1]) == ("pre", "post")
    solid, dashed = artists(plot, "slope:")
    assert solid.get_linestyle() == "-"
    assert dashed.get_linestyle() == "--"
    assert xs(dashed)[1] > xs(solid)[1] > xs(solid)[0]


def test_without_any_month_the_axis_tells_none(drawn: Any) -> None:
    plot = drawn(*treated(), score(1, "pre", 12), score(2, "post", 4))
    assert [label.get_text() for label in axes_called(plot, "SLEDAI-2K").get_xticklabels()] == ["pre", "post"]


def test_raters_scales_and_units_have_panels_of_their_own(drawn: Any) -> None:
    plot = drawn(
        *treated(),
        score(1, "pre", 7, measure="PGA", rater="patient", scale_max=10),
        score(2, "post", 2, 6, measure="PGA", rater="patient", scale_max=10),
        score(3, "pre", 6, measure="PGA", rater="physician", scale_max=10),
        score(4, "post", 3, 6, measure="PGA", rater="physician", scale_max=10),
        *treated("2"),
        outcome("2", 1, "PGA", "pre", 2, rater="patient", scale_max=3),
        outcome("2", 2, "PGA", "post", 1, 6, rater="patient", scale_max=3),
        *treated("3"),
        outcome("3", 1, "proteinuria", "pre", 2, unit="g/24 h"),
        outcome("3", 2, "proteinuria", "post", 1, 6, unit="g/24 h"),
        *treated("4"),
        outcome("4", 1, "proteinuria", "pre", 150, unit="mg/mmol"),
        outcome("4", 2, "proteinuria", "post", 70, 6, unit="mg/mmol"),
    )
    panels = [axes.get_label() for axes in plot.figure.axes if axes.get_label()]
    assert sorted(panels) == ["PGA (patient)", "PGA (patient)", "PGA (physician)", "proteinuria", "proteinuria"]
    told = words(plot)
    assert "scale 0–10 · ↓ lower is better" in told
    assert "scale 0–3 · ↓ lower is better" in told
    assert told.count("n = 1") == 5


def test_direction_is_told_in_words_and_worse_has_another_colour(drawn: Any) -> None:
    plot = drawn(
        *treated(),
        score(1, "pre", 4), score(2, "post", 12, 6),
        score(3, "pre", 20, measure="CMAS"), score(4, "post", 40, 6, measure="CMAS"),
    )  # fmt: skip
    colours = {axes.get_label(): to_hex(axes.get_lines()[0].get_color()).upper() for axes in plot.figure.axes[1:]}
    assert colours == {"SLEDAI-2K": VERMILLION, "CMAS": BLUE}
    assert any("↑ higher is better" in text for text in words(plot))


def test_both_values_of_a_conflict_are_shown(drawn: Any) -> None:
    end, other = score(2, "post", 4, 12), score(3, "post", 9, 12, where="table")
    plot = drawn(*treated(), score(1, "pre", 12), end, other, against("1", "SLEDAI-2K post", end, other, end))
    (rival,) = artists(plot, "rival:")
    assert ys(rival) == [9]
    low, high = axes_called(plot, "SLEDAI-2K").get_ylim()
    assert low < 4
    assert high > 12
    assert cells(plot, value="4")[0]["other_values_in_conflict"] == "9"


def test_a_range_is_a_bar_and_no_middle_is_made_up(drawn: Any) -> None:
    plot = drawn(*treated(), score(1, "pre", 12), score(2, "post", "4–6", 6))
    bar = next(mark for mark in artists(plot, "value:") if len(ys(mark)) == 2)
    assert ys(bar) == [4, 6]
    assert not [line for line in artists(plot, "slope:") if hasattr(line, "get_ydata")]


def test_reviewed_values_are_full_and_computed_ones_square(drawn: Any) -> None:
    plot = drawn(
        *treated(),
        score(1, "pre", 12, review="accepted"),
        score(2, "post", 4, timepoint_months_derived=computed(6, "x")),
    )
    before, after = artists(plot, "value:")
    assert (before.get_marker(), after.get_marker()) == ("o", "s")
    assert to_hex(before.get_markerfacecolor()).upper() == BLUE
    assert to_hex(after.get_markerfacecolor()).upper() != BLUE
    assert {"full: reviewed", "pale: not reviewed", "value or its month computed"} <= set(words(plot))


def test_what_is_not_drawn_is_counted_and_in_the_data(drawn: Any) -> None:
    plot = drawn(
        *treated(),
        score(1, "pre", 12), score(2, "post", 4, 6),
        score(3, "post", 10, 24, measure="mRSS"),
        score(4, "pre", 30, measure="CMAS"),
        score(5, "pre", "severe", measure="VAS pain"), score(6, "post", "mild", 3, measure="VAS pain"),
    )  # fmt: skip
    assert "no number after the cells: 1; no number before the cells: 2." in plot.caption
    (lost,) = cells(plot, measure="mRSS")
    assert (lost["drawn"], lost["why_not_drawn"]) == ("no", "no number before the cells")
    assert not artists(plot, "mRSS")


def test_many_patients_of_a_measure_are_not_named_on_top_of_each_other(schema: Schema) -> None:
    people = [somebody("a", str(number), _two(number)) for number in range(1, 12)]
    (plot,) = slopes(tables(schema, people))
    assert not artists(plot, "name:")
    assert any(text.startswith("11 patients") for text in words(plot))


def test_many_measures_fill_pages_and_what_finds_no_room_is_told(schema: Schema, monkeypatch: Any) -> None:
    monkeypatch.setattr(sys.modules["extract.synthesis.plots.slopes"], "MOST_PAGES", 2)
    rows = [row for number in range(50) for row in _two(1, f"measure {number:02}", better="lower")]
    pages = slopes(tables(schema, [somebody("a", "1", rows)]))
    assert [page.name for page in pages] == ["slopes", "slopes_2"]
    panels = [axes.get_label() for page in pages for axes in page.figure.axes if axes.get_label()]
    assert len(panels) == len(set(panels)) == 36
    assert "14 measures of fewest patients did not find room" in pages[-1].caption
    assert len({row["measure"] for page in pages for row in cells(page)}) == 50


def _two(number: int, measure: str = "SLEDAI-2K", **more: Any) -> list[Any]:
    who = str(number)
    return [
        of_cells("outcomes", "a", who, measure=measure, phase="pre", value=10 + number % 7, **more),
        of_cells("outcomes", "a", who, measure=measure, phase="post", value=4, timepoint_months=number, **more),
    ]


@given(st.lists(st.decimals(-24, 240, places=2), min_size=2, max_size=6, unique=True), st.booleans(), st.booleans())
def test_a_clock_is_true_to_scale_and_keeps_the_strips_free(months: list[Any], before: bool, after: bool) -> None:
    clock = clock_of(months, before=before, after=after, ticks=4)
    ordered = sorted(months)
    places = [clock.at(month) for month in ordered]
    assert places == sorted(places)
    assert all(0 < place < 1 for place in places)
    assert not before or min(places) > 2 * clock.before
    assert not after or max(places) < 1 - 2 * (1 - clock.after)
    share = float((ordered[1] - ordered[0]) / (ordered[-1] - ordered[0]))
    assert (places[1] - places[0]) == pytest.approx(share * (places[-1] - places[0]), abs=1e-9)
    assert all(clock.first <= tick <= clock.last for tick in clock.ticks)


# --- courses


def lane(schema: Schema, given: Any = (), outcomes: Any = (), **patient: Any) -> Plot:
    person = somebody("a", "1", outcomes, given)
    facts = {"kind": "individual", "n": 1, **patient}
    person = Person("a", person.paper, of_cells("patients", "a", "1", **facts), (), tuple(given), tuple(outcomes))
    (plot,) = swimmer(tables(schema, [person]))
    return plot


def cell_row(order: int, **values: Any) -> Any:
    return of_cells("administrations", "a", "1", order=order, course=1, **values)


def test_a_stated_follow_up_is_a_bar_of_its_length(schema: Schema) -> None:
    plot = lane(schema, follow_up_months=18)
    (bar,) = artists(plot, "follow-up:")
    assert bar.get_width() == 18
    assert not artists(plot, "at least:")


def test_a_length_that_is_not_told_ends_dashed_at_the_last_date(schema: Schema) -> None:
    plot = lane(schema, outcomes=_two(7))
    (line,) = artists(plot, "at least:")
    assert xs(line) == [0, 7]
    assert not artists(plot, "follow-up:")
    assert "0 patients with a stated length" in plot.caption


def test_cells_stand_at_their_months_by_vein_above_and_others_below(schema: Schema) -> None:
    given = [
        cell_row(1, route="intravenous", count=3, timing_months="0;2;6"),
        cell_row(2, route="intraosseous", count=1, timing_months="2"),
    ]
    marks = artists(lane(schema, given), "cells:")
    assert sorted((xs(mark)[0], ys(mark)[0] < 0) for mark in marks) == [(0, True), (2, False), (2, True), (6, True)]


def test_cells_without_months_stand_nowhere_on_the_axis(schema: Schema) -> None:
    given = [cell_row(1, route="intravenous", count=2), cell_row(2, route="intranasal", count=1)]
    plot = lane(schema, given)
    assert not artists(plot, "cells:"), "which of them was first is not told"
    assert [text.get_text() for text in artists(plot, "beside:") if text.get_text()][:2] == ["2", "1"]


def test_the_first_cells_of_one_way_stand_at_month_0(schema: Schema) -> None:
    plot = lane(schema, [cell_row(1, route="intravenous", count=3)])
    (mark,) = artists(plot, "cells:")
    assert xs(mark) == [0]
    assert cells(plot, what="cells", months="")[0]["number"] == "2"


def test_products_that_may_have_been_mixed_are_a_range_of_times(schema: Schema) -> None:
    given = [
        cell_row(1, route="intravenous", count=3, tissue="bone marrow"),
        cell_row(2, route="intravenous", count=2, tissue="adipose tissue"),
    ]
    assert "3–5" in words(lane(schema, given))


def test_a_direction_mark_stands_at_its_month_and_apart_without_one(schema: Schema) -> None:
    later = of_cells("outcomes", "a", "1", measure="SLEDAI-2K", phase="post", value=30, timepoint="at the last visit")
    plot = lane(schema, outcomes=[*_two(5), later])
    dated, undated = artists(axes_plot := plot, "outcome:")
    on_axis = axes_called(axes_plot, "lanes")
    assert sorted(mark.axes is on_axis for mark in (dated, undated)) == [False, True]
    mark = dated if dated.axes is on_axis else undated
    assert xs(mark) == [5]
    assert mark.get_marker() == "^"
    assert (undated if mark is dated else dated).get_marker() == "v"


def test_a_month_that_was_computed_is_marked(tmp_path: Path, schema: Schema) -> None:
    printed, reckoned = score(2, "post", 8, 3), score(3, "post", 4, timepoint_months_derived=computed(6, "x"))
    (plot,) = swimmer(series(tmp_path, schema, *treated(), score(1, "pre", 12), printed, reckoned))
    (mark,) = artists(plot, "computed:")
    assert mark.get_position()[0] == 6
    assert "c: month computed" in words(plot)


def test_signs_of_getting_worse_are_counted_and_listed(tmp_path: Path, schema: Schema) -> None:
    (plot,) = swimmer(
        series(tmp_path, schema, *treated(), score(1, "pre", 12), score(2, "post", 4, 3), score(3, "post", 20, 12),
               row("adverse_events", "1", event="disease flare", present=True, as_written="a flare"))
    )  # fmt: skip
    signs = cells(plot, what="sign of worsening")
    assert [sign["detail"].split(":")[0] for sign in signs] == ["worse than before", "disease came back"]
    assert [text.get_text() for text in artists(plot, "beside:")][-1] == "2"


_months = st.sampled_from(["", "0", "0;3", "0;1;12"])
_person = st.tuples(st.integers(1, 30), _months, st.sampled_from(["intravenous", "intranasal"]), st.booleans())


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(_person, min_size=1, max_size=60))
def test_each_patient_has_one_lane_and_all_cells_are_told(
    schema: Schema, found: list[tuple[int, str, str, bool]]
) -> None:
    people = []
    for number, (times, months, route, dated) in enumerate(found):
        who = str(number)
        given_row = of_cells("administrations", "a", who, order=1, course=1, route=route, count=times,
                             timing_months=months if times >= 3 else "")  # fmt: skip
        people.append(somebody("a", who, _two(number + 1) if dated else [], [given_row]))
    pages = swimmer(tables(schema, people))
    names = [text.get_label() for text in artists(pages, "name:")]
    assert sorted(names) == sorted(f"name:{person.name}" for person in people)
    told = [row for page in pages for row in cells(page, what="cells")]
    assert sum(int(row["number"]) for row in told) == sum(times for times, *_ in found)
    assert len(artists(pages, "cells:")) == sum(row["months"] != "" for row in told)
