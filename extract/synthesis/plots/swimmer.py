"""SYNTHESIS: the swimmer plot: each treated patient's follow-up, cells, outcomes and events over time.

The axis is true: months since the first cells. What has no month stands in columns beside it, as a number or a mark,
never at a place of the axis that nobody told.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from extract.model import plain
from extract.synthesis.confounding import co_interventions
from extract.synthesis.direction import Change, Course, courses_of
from extract.synthesis.given import INTRAVENOUS
from extract.synthesis.grouping import VOTES, Vote, joint_vote
from extract.synthesis.later import Sign, later_signs
from extract.synthesis.measures import unit_table
from extract.synthesis.plots.clock import STEPS
from extract.synthesis.plots.empty import empty_plot
from extract.synthesis.plots.layout import (
    GREY,
    GRID,
    INK,
    SIZE,
    STRIPE,
    TINY,
    KeyEntry,
    axes_at,
    balanced,
    canvas,
    counted,
    draw_key,
    fit,
    fit_name,
    key_height,
    left_out_by,
    new_figure,
    page_name,
    page_title,
    sentences,
)
from extract.synthesis.plots.marks import (
    ORANGE,
    VOTE_LOOK,
    VOTE_WORDS,
    review_key,
    review_words,
    rows_reviewed,
    vote_look,
)
from extract.synthesis.plots.plot import Data, Plot, number_cell, style, yes_no
from extract.synthesis.rows import Outputs, Person, Row
from extract.synthesis.safety import events_of, state

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

KIND = "swimmer"
TITLE = "Follow-up, cells, outcomes and events of each patient"
COLUMNS = (
    "study", "document", "patient", "what", "months", "months_derived", "route", "number", "direction", "detail",
    "told", "reviewed",
)  # fmt: skip

ROWS = 36
"""Patients of a page."""

MOST_PAGES = 12

ROW = 0.225
NAMES, AXIS, GAP = 1.45, 2.6, 0.12
BESIDE = (
    (("IV cells,", "no month"), 0.5),
    (("other cells,", "no month"), 0.56),
    (("outcome,", "no month"), 0.46),
    (("adverse", "events"), 0.42),
    (("other", "treatments"), 0.5),
    (("signs of", "worsening"), 0.47),
)
"""What stands beside the axis: heads and inches."""


@dataclass(frozen=True)
class _Given:
    """Cells that were given at a month, or how often without one: ``months`` None."""

    row: Row
    months: Decimal | None
    times: int
    told: bool

    @property
    def is_intravenous(self) -> bool:
        return self.row.text("route") == INTRAVENOUS


@dataclass(frozen=True)
class _Point:
    """What the readings of one time say together; ``months`` None for those without."""

    months: Decimal | None
    vote: Vote
    changes: tuple[tuple[Course, Change], ...]

    @property
    def reviewed(self) -> bool:
        return rows_reviewed(row for _, change in self.changes for row in change.rows)

    @property
    def counted(self) -> bool:
        return any(change.after.counted for _, change in self.changes)


@dataclass(frozen=True)
class _Lane:
    """A patient's lane. ``length``: the end of the follow-up; ``stated`` whether the paper says so, else it is the last
    month that anything is told of."""

    person: Person
    courses: tuple[Course, ...]
    given: tuple[_Given, ...]
    points: tuple[_Point, ...]
    signs: tuple[Sign, ...]
    length: Decimal | None
    stated: bool

    @property
    def months(self) -> list[Decimal]:
        times = [*_dated(self.given), *_dated(self.points)]
        return [*times, *([self.length] if self.length is not None else [])]


def swimmer(outputs: Outputs) -> tuple[Plot, ...]:
    """Each patient who was given cells and is told of one by one."""
    units = unit_table(outputs.schema)
    lanes = [_lane(person, courses_of(outputs, person, units)) for person in outputs.individuals]
    if not lanes:
        why = "No patient who was given cells is told of one by one."
        return (empty_plot(KIND, TITLE, why, COLUMNS),)
    shown, over = lanes[: MOST_PAGES * ROWS], lanes[MOST_PAGES * ROWS :]
    last = max((month for lane in shown for month in lane.months), default=Decimal(0))
    pages = balanced(shown, ROWS)
    plots = []
    for number, own in enumerate(pages):
        data = [row for lane in own for row in _rows(lane)]
        if number == len(pages) - 1:
            data += [row for lane in over for row in _rows(lane)]
        with style():
            figure = _page(own, last)
        papers = len({lane.person.document for lane in own})
        caption = sentences(
            f"{counted(len(own), 'patient')} of {counted(papers, 'paper')}. Months since the first cells stand on a "
            "true axis. Bars: follow-up; dashed: its length is not told, so that it ends where the last dated value or "
            "administration stands. A direction mark sums up all measures of that time against the last value before "
            "the cells. What has no month stands at the right and nowhere on the axis: how often cells were given (a "
            "range where products may have been mixed), the direction of the values, how many kinds of adverse events "
            "were told (0: said to be none; –: not told), how many treatments were taken with the cells or after them, "
            "and how many signs there are that the patient got worse again (listed in the data; a sign is no "
            "judgement).",
            f"{counted(sum(lane.length is not None and lane.stated for lane in own), 'patient')} with a stated length "
            "of follow-up.",
            f"{counted(len(over), 'patient')} did not find room and stand in the data only." if over else "",
            f"Not drawn: {counted(len(outputs.groups), 'group')} whose patients are not told one by one."
            if outputs.groups
            else "",
            review_words(course for lane in own for course in lane.courses),
            left_out_by(outputs),
        )
        title = page_title(TITLE, number, len(pages))
        plots.append(Plot(page_name(KIND, number), KIND, title, caption, _alt(own), figure, Data(COLUMNS, tuple(data))))
    return tuple(plots)


# --- what is told


def _lane(person: Person, courses: tuple[Course, ...]) -> _Lane:
    given, points = _given(person), _points(courses)
    stated = person.row.number("follow_up_months")
    told = [month for month in (*_dated(given), *_dated(points)) if month > 0]
    length = stated if stated is not None else max(told, default=None)
    signs = later_signs(person, courses)
    return _Lane(person, courses, given, points, signs, length, stated is not None)


def _dated(items: Iterable[_Given | _Point]) -> list[Decimal]:
    return [item.months for item in items if item.months is not None]


def _given(person: Person) -> tuple[_Given, ...]:
    """The administrations: one for each month that is told, one for all others of a row.

    The first cells were given at month 0, whatever the paper says of it; so one stands there too where all rows that
    can have been first are of one product and went one way.
    """
    out: list[_Given] = []
    rows = person.administrations
    first = [row for row in rows if row.text("course") == rows[0].text("course")]
    ways = {(row.text("route"), _product(row)) for row in first}
    is_first_known = len(ways) == 1 and not any(_months(row) for row in rows)
    for number, row in enumerate(rows):
        months = _months(row) or ([Decimal(0)] if is_first_known and number == 0 else [])
        times = int(row.number("count") or 1)
        out += [_Given(row, month, 1, True) for month in months]
        if times > len(months):
            out.append(_Given(row, None, times - len(months), "count" in row))
    return tuple(out)


def _product(row: Row) -> str:
    return row.text("tissue") or row.text("cell_type") or row.text("product")


def _months(row: Row) -> list[Decimal]:
    try:
        return [Decimal(item) for item in row.items("timing_months")]
    except InvalidOperation:
        return []


def _points(courses: Sequence[Course]) -> tuple[_Point, ...]:
    """What the readings after the cells say, time by time."""
    by: dict[Decimal | None, list[tuple[Course, Change]]] = {}
    for course in courses:
        for reading in course.after:
            by.setdefault(reading.months, []).append((course, course.change_to(reading)))
    times = sorted(by, key=lambda month: (month is None, month or Decimal(0)))
    return tuple(_Point(month, joint_vote(change for _, change in by[month]), tuple(by[month])) for month in times)


def _rows(lane: _Lane) -> list[tuple[str, ...]]:
    person = lane.person
    who = (person.study, person.document, person.patient)
    rows: list[tuple[str, ...]] = []
    length = person.row.value("follow_up_months")
    derived = length is None or length.is_derived
    told = "stated" if lane.stated else "last that is dated"
    rows.append((*who, "follow-up", number_cell(lane.length), yes_no(derived), "", "", "", "", told, ""))
    for item in lane.given:
        route, interval = item.row.text("route"), item.row.text("interval")
        times = str(item.times) if item.told else f"at least {item.times}"
        rows.append((*who, "cells", number_cell(item.months), "", route, times, "", "", interval, ""))
    for point in lane.points:
        measures = "; ".join(f"{course.measure.title} {change.after.text}" for course, change in point.changes)
        when = "; ".join(dict.fromkeys(change.after.time for _, change in point.changes if change.after.time))
        rows.append((
            *who, "outcome", number_cell(point.months), yes_no(point.counted), "", str(len(point.changes)), point.vote,
            measures, when, yes_no(point.reviewed),
        ))  # fmt: skip
    for row in person.adverse_events:
        if row.text("present") == "true":
            value = row.value("event")
            done = yes_no(value is not None and value.is_reviewed)
            rows.append((*who, "adverse event", "", "", "", "", "", row.text("event"), row.text("timing"), done))
    for row in co_interventions(person):
        value = row.value("therapy")
        done = yes_no(value is not None and value.is_reviewed)
        rows.append((*who, "other treatment", "", "", "", "", "", row.text("therapy"), row.text("role"), done))
    for sign in lane.signs:
        rows.append((*who, "sign of worsening", "", "", "", "", "", f"{sign.kind}: {sign.text}", sign.when, ""))
    return rows


def _alt(lanes: Sequence[_Lane]) -> str:
    told = []
    for lane in lanes:
        last = lane.points[-1].vote if lane.points else "no outcome after the cells"
        length = "length of follow-up not told" if lane.length is None else f"{plain(round(lane.length, 1))} months"
        told.append(f"{lane.person.name}: {length}, last {last}")
    return "Swimmer plot, a bar for each patient. " + "; ".join(told) + "."


# --- drawing


def _page(lanes: Sequence[_Lane], last: Decimal) -> Figure:
    key = _key(lanes)
    top, tall = 0.36, ROW * len(lanes)
    foot = top + tall + 0.42
    beside = NAMES + AXIS + GAP
    width = beside + sum(wide for _, wide in BESIDE) + 0.02
    figure = new_figure(foot + key_height(key, width - 0.2), width)
    page = canvas(figure)
    for number, lane in enumerate(lanes):
        y = top + number * ROW
        if number % 2 == 0:
            page.fill_between([0.04, width - 0.02], y, y + ROW, color=STRIPE, linewidth=0)
        page.text(NAMES - 0.08, y + ROW / 2, fit_name(lane.person.study, lane.person.patient, NAMES - 0.14), size=SIZE,
                  color=INK, ha="right", va="center_baseline", label=f"name:{lane.person.name}")  # fmt: skip
        _draw_beside(page, beside, y + ROW / 2, lane)
    left = beside
    for words, wide in BESIDE:
        for line, word in enumerate(words):
            page.text(left + wide / 2, top - 0.16 + 0.1 * line, word, size=TINY, color=GREY, ha="center", va="baseline")
        left += wide
    axes = axes_at(figure, NAMES, top, AXIS, tall)
    axes.set_label("lanes")
    axes.patch.set_visible(False)
    _set_up(axes, len(lanes), float(last) * 1.02 or 1.0)
    for number, lane in enumerate(lanes):
        _draw_lane(axes, number, lane)
    draw_key(page, key, 0.1, foot, width - 0.2)
    return figure


def _set_up(axes: Axes, lanes: int, end: float) -> None:
    axes.set_xlim(-0.02 * end, end)
    axes.set_ylim(lanes - 0.5, -0.5)
    step = next((step for step in STEPS if end / step <= 7), STEPS[-1])
    ticks = [step * number for number in range(int(end // step) + 1)]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.set_yticks([])
    axes.spines["left"].set_visible(False)
    axes.grid(axis="x", color=GRID, linewidth=0.4)
    axes.set_axisbelow(True)
    axes.set_xlabel("months since the first cells")


def _draw_lane(axes: Axes, y: int, lane: _Lane) -> None:
    name = lane.person.name
    if lane.length is not None:
        length = float(lane.length)
        if lane.stated:
            axes.barh(y, length, height=0.3, color="#c9c9c9", linewidth=0)[0].set_label(f"follow-up:{name}")
        else:
            axes.plot([0, length], [y, y], color=GREY, linewidth=0.9, linestyle=(0, (3, 2)), label=f"at least:{name}")
    for item in lane.given:
        if item.months is not None:
            up = item.is_intravenous
            axes.plot([float(item.months)], [y - 0.22 if up else y + 0.22], linestyle="none", label=f"cells:{name}",
                      clip_on=False, **_given_look(intravenous=up))  # fmt: skip
    for point in lane.points:
        if point.months is not None:
            axes.plot([float(point.months)], [y], linestyle="none", zorder=4, label=f"outcome:{name}", clip_on=False,
                      **vote_look(point.vote, reviewed=point.reviewed))  # fmt: skip


def _given_look(*, intravenous: bool) -> dict[str, Any]:
    """Cells by vein stand above the lane and are black, others below it and orange."""
    colour = INK if intravenous else ORANGE
    marker = 7 if intravenous else 6  # carets that touch their place with the tip
    return {"marker": marker, "markersize": 3.4, "color": colour, "markeredgewidth": 0}


def _draw_beside(page: Axes, left: float, y: float, lane: _Lane) -> None:
    columns = []
    for _, wide in BESIDE:
        columns.append((left, wide))
        left += wide

    def words(column: int, text: str) -> None:
        start, wide = columns[column]
        page.text(start + wide / 2, y, fit(text, wide - 0.02, TINY), size=TINY, color=INK, ha="center",
                  va="center_baseline", label=f"beside:{lane.person.name}")  # fmt: skip

    words(0, _without_month(lane, intravenous=True))
    words(1, _without_month(lane, intravenous=False) if lane.given else "NR")
    for point in lane.points:
        if point.months is None:
            start, wide = columns[2]
            page.plot([start + wide / 2], [y], linestyle="none", label=f"outcome:{lane.person.name}",
                      **vote_look(point.vote, reviewed=point.reviewed))  # fmt: skip
    events = len(events_of(lane.person))
    told = {"events": str(events), "none stated": "0", "some denied": "some no", "not reported": "–"}
    words(3, told[state(lane.person)])
    others = len(co_interventions(lane.person))
    words(4, str(others) if others else "")
    words(5, str(len(lane.signs)) if lane.signs else "")


def _without_month(lane: _Lane, *, intravenous: bool) -> str:
    """How often cells were given by vein, or otherwise, at no month that is told."""
    undated = [item for item in lane.given if item.months is None and item.is_intravenous == intravenous]
    least, most = _times(undated)
    if not most:
        return ""
    return ("" if all(item.told for item in undated) else "≥") + (f"{least}–{most}" if most > least else str(least))


def _times(items: Sequence[_Given]) -> tuple[int, int]:
    """The least and the most times: different products that went one way may have been mixed."""
    by: dict[str, dict[str, int]] = {}
    for item in items:
        of_route = by.setdefault(item.row.text("route"), {})
        of_route[_product(item.row)] = of_route.get(_product(item.row), 0) + item.times
    return sum(max(found.values()) for found in by.values()), sum(sum(found.values()) for found in by.values())


def _key(lanes: Sequence[_Lane]) -> list[KeyEntry]:
    entries: list[KeyEntry] = []
    points = [point for lane in lanes for point in lane.points]
    given = [item for lane in lanes for item in lane.given if item.months is not None]
    if any(lane.stated for lane in lanes):
        entries.append(KeyEntry({"color": "#c9c9c9", "linestyle": "-", "linewidth": 4}, "follow-up"))
    if any(lane.length is not None and not lane.stated for lane in lanes):
        entries.append(KeyEntry({"color": GREY, "linestyle": (0, (3, 2)), "linewidth": 0.9}, "length not told"))
    for veins, text in ((True, "cells by vein"), (False, "cells by another route")):
        if any(item.is_intravenous == veins for item in given):
            entries.append(KeyEntry(_given_look(intravenous=veins), text))
    found = {VOTE_LOOK[point.vote]: point.vote for point in sorted(points, key=lambda point: VOTES.index(point.vote))}
    entries += [KeyEntry(vote_look(vote), VOTE_WORDS[vote]) for vote in found.values()]
    entries += review_key(point.reviewed for point in points)
    return entries
