"""SYNTHESIS: before and after: each patient's values of one measure by one rater, one panel for each measure.

Months stand on a true axis. What has no month stands apart, in a grey strip before or behind it. A line begins at the
value that the change is counted from (see ``Course.baseline``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from extract.synthesis.direction import Course, all_courses
from extract.synthesis.measures import plain_unit
from extract.synthesis.plots.empty import empty_plot
from extract.synthesis.plots.layout import balanced, counted, left_out_by, page_name, page_title, sentences
from extract.synthesis.plots.marks import is_derived, is_reviewed, review_words
from extract.synthesis.plots.plot import Data, Plot, number_cell, style, yes_no
from extract.synthesis.plots.slope_panels import ACROSS, DOWN, Panel, draw_panels
from extract.synthesis.rows import Outputs

KIND = "slopes"
TITLE = "Values before and after the cells, per patient and measure"
COLUMNS = (
    "panel", "domain", "measure", "rater", "better", "unit", "scale_low", "scale_high", "study", "document", "patient",
    "phase", "months", "time", "months_derived", "value", "low", "high", "several_values", "value_derived", "reviewed",
    "other_values_in_conflict", "direction", "drawn", "why_not_drawn",
)  # fmt: skip

MOST_PAGES = 8
"""The measures with fewest patients stand in the data only."""


def slopes(outputs: Outputs) -> tuple[Plot, ...]:
    """The values of every measure that a patient has before and after the cells."""
    courses = all_courses(outputs)
    drawn = [course for course in courses if not why_not(course)]
    panels = _panels(drawn)
    missing = [course for course in courses if why_not(course)]
    if not panels:
        why = "No patient has a value of one measure both before and after the cells."
        return (empty_plot(KIND, TITLE, sentences(why, _left_out(missing)), COLUMNS),)
    shown, over = panels[: MOST_PAGES * ACROSS * DOWN], panels[MOST_PAGES * ACROSS * DOWN :]
    pages = balanced(shown, ACROSS * DOWN)
    plots = []
    for number, own in enumerate(pages):
        data = [row for panel in own for course in panel.courses for row in _rows(panel.title, course)]
        if number == len(pages) - 1:
            data += [row for panel in over for course in panel.courses for row in _rows("", course, NO_ROOM)]
            data += [row for course in missing for row in _rows("", course, why_not(course))]
        people = {course.person.key for panel in own for course in panel.courses}
        caption = sentences(
            f"{counted(len(own), 'measure')} of {counted(len(people), 'patient')}; n: patients in a panel. Raters, "
            "scales and units are never mixed. Lines begin at the last value before the cells; months since the first "
            "cells stand on a true axis, values whose month is not told in the grey strips, where only before and "
            "after mean something. Bars and bands: a range, or several values of one time that the paper does not tell "
            "apart. Open diamonds: what another place of the paper says of the same value.",
            f"{counted(len(over), 'measure')} of fewest patients did not find room; their values are in the data."
            if over
            else "",
            _left_out(missing),
            review_words(course for panel in own for course in panel.courses),
            left_out_by(outputs),
        )
        title = page_title(TITLE, number, len(pages))
        with style():
            figure = draw_panels(own)
        plots.append(
            Plot(
                page_name(KIND, number), KIND, title, caption, _alt(own), figure, Data(COLUMNS, tuple(data))
            )
        )  # fmt: skip
    return tuple(plots)


NO_ROOM = "no room"


def why_not(course: Course) -> str:
    """Why a course has no line, '' where it has one."""
    if course.obstacle:
        return course.obstacle
    if course.baseline is None or not course.baseline.is_number:
        return "no number before the cells"
    if not any(reading.is_number for reading in course.after):
        return "no number after the cells"
    return ""


def _left_out(missing: Sequence[Course]) -> str:
    if not missing:
        return ""
    reasons: dict[str, int] = {}
    for course in missing:
        reason = why_not(course).split(" (")[0]
        reasons[reason] = reasons.get(reason, 0) + 1
    told = "; ".join(f"{reason}: {number}" for reason, number in sorted(reasons.items()))
    return f"Not drawn, counting each measure of each patient: {told}."


def _panels(courses: Iterable[Course]) -> list[Panel]:
    """The panels, those of most patients first."""
    found: dict[tuple[str, ...], list[Course]] = {}
    for course in courses:
        measure, bounds = course.measure, course.bounds
        unit = _unit(course)
        # a score of unknown range may be another one in another paper
        own = course.person.document if bounds.high is None and measure.kind in ("score", "") else ""
        key = (measure.domain, measure.title, measure.better or "", plain_unit(unit), str(bounds[:2]), own)
        found.setdefault(key, []).append(course)
    with_unit = {own[0].measure.title for own in found.values() if _unit(own[0])}
    panels = [
        Panel(own[0].measure, unit, tuple(own), lacks_unit=not unit and own[0].measure.title in with_unit)
        for own in found.values()
        for unit in [_unit(own[0])]
    ]
    return sorted(
        panels, key=lambda p: (-len(p.courses), p.measure.domain, p.title, p.unit, p.courses[0].person.key)
    )  # fmt: skip


def _unit(course: Course) -> str:
    unit = (*course.before, *course.after)[0].unit
    return unit if plain_unit(unit) else ""


def _alt(panels: Sequence[Panel]) -> str:
    told = []
    for panel in panels:
        directions = [course.last.direction for course in panel.courses if course.last is not None]
        counts = ", ".join(
            f"{directions.count(name)} {name}" for name in dict.fromkeys(directions)
        )  # fmt: skip
        told.append(f"{panel.title}: n = {len(panel.courses)}, {counts}")
    return "Line plots of values before and after the cells. " + "; ".join(told) + "."


# --- data


def _rows(panel: str, course: Course, why: str = "") -> list[tuple[str, ...]]:
    measure, person, bounds = course.measure, course.person, course.bounds
    direction = course.last.direction if course.last is not None else ""
    rows: list[tuple[str, ...]] = []
    for phase, readings in (("before", course.before), ("after", course.after), ("not told", course.unplaced)):
        for reading in readings:
            no = why or (
                "" if reading.is_number and phase != "not told" else "words" if not reading.is_number else "no phase"
            )
            rows.append((
                panel, measure.domain, measure.name, measure.rater, measure.better or "", _unit(course),
                number_cell(bounds.low), number_cell(bounds.high), person.study, person.document, person.patient,
                phase, number_cell(reading.months), reading.time, yes_no(reading.counted), reading.text,
                number_cell(reading.low), number_cell(reading.high), yes_no(reading.several),
                yes_no(is_derived(reading)), yes_no(is_reviewed(reading)),
                "; ".join(rival.value for rival in reading.rivals), direction,
                "no" if no else "yes", no,
            ))  # fmt: skip
    return rows
