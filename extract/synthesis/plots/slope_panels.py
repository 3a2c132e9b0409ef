"""SYNTHESIS: the panels of values before and after: one measure by one rater, a line for each patient."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from extract.model import plain
from extract.synthesis.direction import Course, Direction
from extract.synthesis.measures import Measure
from extract.synthesis.plots.clock import Clock, clock_of
from extract.synthesis.plots.layout import (
    GREY,
    GRID,
    INK,
    PALE,
    SIZE,
    TINY,
    KeyEntry,
    axes_at,
    canvas,
    draw_key,
    fit,
    fit_name,
    key_height,
    new_figure,
    spaced,
)
from extract.synthesis.plots.marks import (
    BLUE,
    RIVAL,
    SAME,
    UNTOLD,
    VERMILLION,
    face,
    is_derived,
    is_reviewed,
    look,
    pale,
    review_key,
)
from extract.synthesis.readings import Reading, interval_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ACROSS, DOWN = 3, 6
"""Panels beside and above each other on a page."""

MOST_NAMED = 8
"""Patients of a panel beside whose line the name stands."""

PANEL, PANEL_TALL = 2.36, 1.42
AXES_LEFT, AXES_TOP, AXES_WIDE, AXES_TALL = 0.4, 0.32, 1.04, 0.8

COLOURS: dict[Direction, str] = {
    "improved": BLUE,
    "worsened": VERMILLION,
    "unchanged": SAME,
    "unclear": UNTOLD,
    "not assessed": UNTOLD,
}


@dataclass(frozen=True)
class Panel:
    """The courses of one measure by one rater in one unit on one scale."""

    measure: Measure
    unit: str
    courses: tuple[Course, ...]
    lacks_unit: bool = False
    """Whether the same measure has a unit elsewhere."""

    @property
    def title(self) -> str:
        return self.measure.title

    @property
    def about(self) -> str:
        """Unit, scale and better direction, in few words."""
        bounds = self.courses[0].bounds
        parts = ["unit not told" if self.lacks_unit else self.unit]
        if bounds.low is not None and bounds.high is not None:
            parts.append(f"scale {plain(bounds.low)}–{plain(bounds.high)}")
        elif self.measure.kind in ("score", ""):
            parts.append("scale not known")
        better = {"lower": "↓ lower is better", "higher": "↑ higher is better"}
        parts.append(better[self.measure.better] if self.measure.better else "better direction not known")
        return " · ".join(part for part in parts if part)


def draw_panels(panels: Sequence[Panel]) -> Figure:
    """A page of panels with its key."""
    key = _key(panels)
    down = -(-len(panels) // ACROSS)
    width = PANEL * ACROSS
    body = 0.05 + down * PANEL_TALL
    figure = new_figure(body + 0.12 + key_height(key, width - 0.2), width)
    page = canvas(figure)
    for number, panel in enumerate(panels):
        left, top = (number % ACROSS) * PANEL, 0.05 + (number // ACROSS) * PANEL_TALL
        room = PANEL - 0.12
        n = f" n = {len(panel.courses)}"
        page.text(left + 0.06, top + 0.08, fit(panel.title, room - 0.5, 7, "bold"), size=7, weight="bold", color=INK,
                  va="center")  # fmt: skip
        page.text(left + room, top + 0.08, n.strip(), size=SIZE, color=INK, va="center", ha="right")
        page.text(left + 0.06, top + 0.2, fit(panel.about, room, TINY), size=TINY, color=GREY, va="center")
        axes = axes_at(figure, left + AXES_LEFT, top + AXES_TOP, AXES_WIDE, AXES_TALL)
        _draw(axes, panel)
    draw_key(page, key, 0.06, body + 0.06, width - 0.2)
    return figure


def _draw(axes: Axes, panel: Panel) -> None:
    readings = [r for c in panel.courses for r in (*c.before, *c.after) if r.is_number]
    clock = clock_of(
        [reading.months for reading in readings if reading.months is not None],
        before=any(r.is_number and r.months is None for c in panel.courses for r in c.before),
        after=any(r.is_number and r.months is None for c in panel.courses for r in c.after),
        ticks=3,
    )
    axes.set_label(panel.title)
    clock.set_up(axes)
    ends = [_draw_course(axes, course, clock) for course in panel.courses]
    low, high = _set_values(axes, readings)
    axes.tick_params(pad=1.5)
    axes.grid(axis="y", color=GRID, linewidth=0.4)
    axes.set_axisbelow(True)
    if len(ends) > MOST_NAMED:
        axes.text(1.06, 0.5, f"{len(ends)} patients;\nnames in\nthe data", size=TINY, color=GREY, va="center",
                  transform=axes.transAxes)  # fmt: skip
        return
    wanted = [(y - low) / (high - low) for _, y in ends]
    places = spaced(wanted, 0.1 / AXES_TALL, 0.0, 1.0)
    room = PANEL - AXES_LEFT - AXES_WIDE - 0.13
    for course, (x, _), wish, place in zip(panel.courses, ends, wanted, places, strict=True):
        axes.plot([x, 1.01, 1.06], [wish, wish, place], color=GRID, linewidth=0.4, transform=axes.transAxes,
                  clip_on=False, zorder=0.5, scalex=False, scaley=False)  # fmt: skip
        name = fit_name(course.person.study, course.person.patient, room, TINY)
        axes.text(1.07, place, name, size=TINY, color=_colour(course), va="center",
                  transform=axes.transAxes, label=f"name:{course.person.name}")  # fmt: skip


def _set_values(axes: Axes, readings: Sequence[Reading]) -> tuple[float, float]:
    """The axis of values: room around all that is drawn, whole numbers where all are; returns its ends."""
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    ends = [end for reading in readings if reading.widest is not None for end in reading.widest]
    whole = all(end == end.to_integral_value() for end in ends)
    low, high = float(min(ends)), float(max(ends))
    room = 0.1 * (high - low) or 0.1 * abs(high) or 1.0
    if whole:
        room = max(room, 0.5)
    axes.set_ylim(low - room, high + room)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=4, integer=whole, steps=[1, 2, 5, 10]))
    axes.yaxis.set_major_formatter(FuncFormatter(_tick))
    return low - room, high + room


def _tick(value: float, _place: int | None = None) -> str:
    text = f"{value / 1000:g}k" if abs(value) >= 10_000 else f"{value:g}"
    return text.replace("-", "\N{MINUS SIGN}")


def _colour(course: Course) -> str:
    return COLOURS[course.last.direction] if course.last is not None else UNTOLD


def _draw_course(axes: Axes, course: Course, clock: Clock) -> tuple[float, float]:
    """Draws a course; returns where its name belongs."""
    colour, label = _colour(course), f"slope:{course.person.name}"
    start = course.baseline
    assert start is not None  # such courses have no panel, see why_not

    def place(reading: Reading, strip: float) -> float:
        return strip if reading.months is None else clock.at(reading.months)

    after = [reading for reading in course.after if reading.is_number]
    path = [(place(start, clock.before), start)]
    path += [(clock.at(reading.months), reading) for reading in after if reading.months is not None]
    for (x, one), (to, other) in pairwise(path):
        _link(axes, x, one, to, other, colour, label)
    end = course.last.after if course.last is not None else None
    if end is not None and end.months is None and end.is_number:
        _link(axes, *path[-1], clock.after, end, colour, label, linestyle=(0, (2, 1.5)))
    own = {id(row) for row in start.rows}
    marks = [*path, *((clock.after, reading) for reading in after if reading.months is None)]
    marks += [
        (place(reading, clock.before), reading)
        for reading in course.before
        if reading.is_number and not {id(row) for row in reading.rows} <= own
    ]
    for x, reading in marks:
        _mark(axes, x, reading, colour, course)
    x, last = max(marks, key=lambda item: item[0])
    return x, float((_low(last) + _high(last)) / 2)


def _low(reading: Reading) -> Decimal:
    return reading.low if reading.low is not None else Decimal(0)


def _high(reading: Reading) -> Decimal:
    return reading.high if reading.high is not None else Decimal(0)


def _link(axes: Axes, x: float, one: Reading, to: float, other: Reading, colour: str, label: str, **look: Any) -> None:
    """A line from a value to the next; a band where one of them is an interval: no middle is made up."""
    if one.is_point and other.is_point:
        axes.plot([x, to], [float(_low(one)), float(_low(other))], color=colour, linewidth=1.0, label=label, **look)
        return
    lows, highs = [float(_low(one)), float(_low(other))], [float(_high(one)), float(_high(other))]
    axes.fill_between([x, to], lows, highs, color=pale(colour, 0.5), alpha=0.5, linewidth=0, label=label)


def _mark(axes: Axes, x: float, reading: Reading, colour: str, course: Course) -> None:
    low, high = float(_low(reading)), float(_high(reading))
    shape = look("s" if is_derived(reading) else "o", colour, reviewed=is_reviewed(reading), size=3.2, zorder=3)
    label = f"value:{course.person.name}"
    if low == high:
        axes.plot([x], [low], linestyle="none", label=label, **shape)
    else:
        axes.plot([x, x], [low, high], color=colour, linewidth=3.2, solid_capstyle="butt", label=label, zorder=3)
        axes.plot([x, x], [low, high], color=face(colour, reviewed=is_reviewed(reading)), linewidth=1.8,
                  solid_capstyle="butt", label=f"inside:{course.person.name}", zorder=3)  # fmt: skip
    for rival in reading.rivals:
        interval = interval_of(rival.value.split("/")[0])
        if interval is None:
            continue
        there = float(sum(interval) / 2)
        axes.plot([x, x], [low, there], color=INK, linewidth=0.6, linestyle=":", zorder=2)
        axes.plot([x], [there], linestyle="none", label=f"rival:{course.person.name}", **RIVAL)


def _key(panels: Sequence[Panel]) -> list[KeyEntry]:
    courses = [course for panel in panels for course in panel.courses]
    readings = [r for c in courses for r in (*c.before, *c.after) if r.is_number]
    told = {course.last.direction for course in courses if course.last is not None}
    words: dict[Direction, str] = {"improved": "improved", "worsened": "worsened", "unchanged": "unchanged"}
    entries = [
        KeyEntry({"color": COLOURS[name], "linestyle": "-", "linewidth": 1.4}, text)
        for name, text in words.items()
        if name in told
    ]
    if told & {"unclear", "not assessed"}:
        entries.append(KeyEntry({"color": UNTOLD, "linestyle": "-", "linewidth": 1.4}, "direction not to be told"))
    entries += review_key(is_reviewed(reading) for reading in readings)
    if any(is_derived(reading) for reading in readings):
        entries.append(KeyEntry(look("s", INK), "value or its month computed"))
    if any(not reading.is_point for reading in readings):
        entries.append(KeyEntry({"color": INK, "linestyle": "-", "linewidth": 3.2}, "range, or values not told apart"))
    if any(reading.rivals for reading in readings):
        entries.append(KeyEntry(RIVAL, "other value in the paper (conflict)"))
    if any(c.last is not None and c.last.after.months is None and c.last.after.is_point for c in courses):
        entries.append(
            KeyEntry({"color": INK, "linestyle": (0, (2, 1.5)), "linewidth": 1.0}, "to a value without month")
        )
    if any(reading.months is None for reading in readings):
        entries.append(KeyEntry({"marker": "s", "markersize": 7, "color": PALE}, "strip: order only"))
    entries.append(KeyEntry({}, "axis: months since the first cells; pre, post: month not told"))
    return entries
