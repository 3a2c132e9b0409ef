"""SYNTHESIS: the swimmer plot: each treated patient's follow-up, cells, outcomes and events over time.

The axis is true: months since the first cells. What has no month stands in columns beside it, as a number or a mark,
never at a place of the axis that nobody told.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from extract.model import plain
from extract.synthesis.confounding import co_interventions
from extract.synthesis.direction import courses_of
from extract.synthesis.grouping import VOTES
from extract.synthesis.measures import unit_table
from extract.synthesis.plots.clock import STEPS
from extract.synthesis.plots.empty import empty_plot
from extract.synthesis.plots.lanes import Given, Lane, lane_of, product_of
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
    number_of,
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
    vote_look,
)
from extract.synthesis.plots.plot import Data, Plot, number_cell, style, yes_no
from extract.synthesis.rows import Outputs
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


def swimmer(outputs: Outputs) -> tuple[Plot, ...]:
    """Each patient who was given cells and is told of one by one."""
    units = unit_table(outputs.schema)
    lanes = [lane_of(person, courses_of(outputs, person, units)) for person in outputs.individuals]
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
            figure = _page(own, last, number_of(len(own), len(lanes)))
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


def _rows(lane: Lane) -> list[tuple[str, ...]]:
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


def _alt(lanes: Sequence[Lane]) -> str:
    told = []
    for lane in lanes:
        last = lane.points[-1].vote if lane.points else "no outcome after the cells"
        length = "length of follow-up not told" if lane.length is None else f"{plain(round(lane.length, 1))} months"
        told.append(f"{lane.person.name}: {length}, last {last}")
    return "Swimmer plot, a bar for each patient. " + "; ".join(told) + "."


# --- drawing


def _page(lanes: Sequence[Lane], last: Decimal, n: str) -> Figure:
    key = _key(lanes)
    top, tall = 0.36, ROW * len(lanes)
    foot = top + tall + 0.42
    beside = NAMES + AXIS + GAP
    width = beside + sum(wide for _, wide in BESIDE) + 0.02
    figure = new_figure(foot + key_height(key, width - 0.2), width)
    page = canvas(figure)
    page.text(NAMES - 0.08, top - 0.06, n, size=SIZE, color=GREY, ha="right", va="baseline")
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


def _draw_lane(axes: Axes, y: int, lane: Lane) -> None:
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
            if point.counted:
                axes.text(float(point.months), y - 0.22, "c", size=TINY, color=INK, ha="center", va="bottom",
                          label=f"computed:{name}")  # fmt: skip


def _given_look(*, intravenous: bool) -> dict[str, Any]:
    """Cells by vein stand above the lane and are black, others below it and orange."""
    colour = INK if intravenous else ORANGE
    marker = 7 if intravenous else 6  # carets that touch their place with the tip
    return {"marker": marker, "markersize": 3.4, "color": colour, "markeredgewidth": 0}


def _draw_beside(page: Axes, left: float, y: float, lane: Lane) -> None:
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


def _without_month(lane: Lane, *, intravenous: bool) -> str:
    """How often cells were given by vein, or otherwise, at no month that is told."""
    undated = [item for item in lane.given if item.months is None and item.is_intravenous == intravenous]
    least, most = _times(undated)
    if not most:
        return ""
    return ("" if all(item.told for item in undated) else "≥") + (f"{least}–{most}" if most > least else str(least))


def _times(items: Sequence[Given]) -> tuple[int, int]:
    """The least and the most times: different products that went one way may have been mixed."""
    by: dict[str, dict[str, int]] = {}
    for item in items:
        of_route = by.setdefault(item.row.text("route"), {})
        of_route[product_of(item.row)] = of_route.get(product_of(item.row), 0) + item.times
    return sum(max(found.values()) for found in by.values()), sum(sum(found.values()) for found in by.values())


def _key(lanes: Sequence[Lane]) -> list[KeyEntry]:
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
    if any(point.counted for point in points):
        entries.append(KeyEntry({}, "c: month computed"))
    return entries
