"""SYNTHESIS: the panels of dose against change: one for each kind of dose."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from extract.synthesis.direction import Change, Course
from extract.synthesis.given import CELLS, PER_KG, Dose
from extract.synthesis.plots.layout import (
    GREY,
    GRID,
    INK,
    SIZE,
    WIDTH,
    KeyEntry,
    axes_at,
    canvas,
    counted,
    draw_key,
    key_height,
    new_figure,
)
from extract.synthesis.plots.marks import (
    BLUE,
    GREEN,
    ORANGE,
    PURPLE,
    RIVAL,
    SAME,
    SKY,
    UNTOLD,
    VERMILLION,
    look,
    review_key,
    rows_reviewed,
)
from extract.synthesis.rows import Person, Row

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

DOMAIN_LOOKS = (
    ("o", BLUE), ("^", VERMILLION), ("s", GREEN), ("D", PURPLE), ("v", ORANGE), ("P", SKY), ("X", SAME),
)  # fmt: skip
"""Shapes and colours of the domains with most points; the others share the last."""

OTHERS = ("h", UNTOLD)

PANEL_TALL, LEFT, BETWEEN = 2.2, 0.55, 0.62


@dataclass(frozen=True)
class DoseKind:
    """A kind of dose: where, in what, and whether it is computed."""

    title: str
    unit: str
    dose: Callable[[Person], tuple[Dose, Row] | None]
    is_derived: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of administrations.csv that it is in, that of a single figure first."""
        return ("cells_per_kg_derived",) if self.is_derived else PER_KG if self.unit == "cells/kg" else CELLS


@dataclass(frozen=True)
class Point:
    """A measure of a patient against a dose."""

    person: Person
    dose: Dose
    row: Row
    course: Course
    change: Change
    percent: Decimal
    others: tuple[Decimal, ...]
    other_doses: tuple[Decimal, ...]

    @property
    def reviewed(self) -> bool:
        return rows_reviewed(self.change.rows)


Looks = dict[str, tuple[str, str]]


def about(points: Sequence[Point]) -> str:
    """How many patients and measures some points are."""
    people = len({point.person.key for point in points})
    return f"{counted(people, 'patient')}, {counted(len(points), 'measure')}"


def looks_of(points: Sequence[Point]) -> Looks:
    """The look of each domain, those with most points first."""
    counts: dict[str, int] = {}
    for point in points:
        counts[point.course.measure.domain] = counts.get(point.course.measure.domain, 0) + 1
    ordered = sorted(counts, key=lambda domain: (-counts[domain], domain))
    return {domain: DOMAIN_LOOKS[i] if i < len(DOMAIN_LOOKS) else OTHERS for i, domain in enumerate(ordered)}


def draw_doses(panels: Sequence[tuple[DoseKind, Sequence[Point]]], looks: Looks) -> Figure:
    """The panels, two beside each other, with their key."""
    across = min(2, len(panels))
    down = -(-len(panels) // 2)
    width = WIDTH if across == 2 else WIDTH / 2 + 0.3
    points = [point for _, found in panels for point in found]
    key = _key(points, looks)
    tall = down * PANEL_TALL
    figure = new_figure(tall + 0.1 + key_height(key, width - 0.2), width)
    page = canvas(figure)
    wide = (width - 0.12 - across * LEFT - (across - 1) * (BETWEEN - LEFT)) / across
    low, high = _ends(points)
    for number, (kind, found) in enumerate(panels):
        left = LEFT + (number % 2) * (wide + BETWEEN)
        top = (number // 2) * PANEL_TALL + 0.3
        axes = axes_at(figure, left, top + 0.08, wide, PANEL_TALL - 0.38 - 0.45)
        axes.set_label(kind.title)
        page.text(left, top - 0.15, kind.title, size=7, weight="bold", color=INK, va="center")
        page.text(left, top - 0.02, f"n = {about(found)}", size=SIZE, color=GREY, va="center")
        _draw(axes, kind, found, looks, (low, high))
    draw_key(page, key, 0.1, tall + 0.04, width - 0.2)
    return figure


def _ends(points: Sequence[Point]) -> tuple[float, float]:
    values = [float(value) for point in points for value in (point.percent, *point.others)]
    low, high = min(0.0, *values), max(0.0, *values)
    room = 0.08 * (high - low) or 5.0
    return low - room, high + room


def _draw(axes: Axes, kind: DoseKind, points: Sequence[Point], looks: Looks, ends: tuple[float, float]) -> None:
    from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

    axes.set_xscale("log")
    lows = [float(min(point.dose.low, *point.other_doses)) for point in points if point.other_doses]
    highs = [float(max(point.dose.high, *point.other_doses)) for point in points if point.other_doses]
    lows += [float(point.dose.low) for point in points]
    highs += [float(point.dose.high) for point in points]
    axes.set_xlim(min(lows) / 1.6, max(highs) * 1.6)
    axes.set_ylim(*ends)
    axes.axhline(0, color=GREY, linewidth=0.6, zorder=1)
    axes.grid(axis="y", color=GRID, linewidth=0.4)
    axes.set_axisbelow(True)
    decades = max(highs) / min(lows)
    axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if decades < 200 else (1.0,), numticks=12))
    axes.xaxis.set_major_formatter(FuncFormatter(_millions))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.set_xlabel(f"× 10⁶ {kind.unit}, largest single dose")
    axes.set_ylabel("change, % of range (+ better)")
    places = _places(axes, points)
    for key, x in places.items():
        own = [point for point in points if point.person.key == key]
        percents = [float(point.percent) for point in own]
        if len(own) > 1:
            axes.plot([x, x], [min(percents), max(percents)], color=GRID, linewidth=0.8, zorder=1)
        for point in own:
            _draw_point(axes, x, point, looks, 4.0 if len(points) <= CROWD else 2.8)
        for other in own[0].other_doses:
            y = max(percents)
            axes.plot([x, float(other)], [y, y], color=INK, linewidth=0.6, linestyle=":", zorder=2)
            axes.plot([float(other)], [y], linestyle="none", label=f"other dose:{own[0].person.name}", **RIVAL)


CROWD = 80
"""Marks of a panel above which they are drawn smaller."""

STEP, SPREAD = 0.015, 0.05
"""How far patients of one dose stand from each other, and from the first to the last, as shares of the axis."""


def _places(axes: Axes, points: Sequence[Point]) -> dict[tuple[str, str], float]:
    """Where each patient stands across: at the dose (of a range: at its geometric middle, where its bar is held);
    those of one dose beside each other, around it."""
    by: dict[float, list[tuple[str, str]]] = {}
    for point in points:
        dose = math.sqrt(float(point.dose.low) * float(point.dose.high))
        if point.person.key not in by.setdefault(dose, []):
            by[dose].append(point.person.key)
    low, high = axes.get_xlim()
    out = {}
    for dose, people in by.items():
        step = min(STEP, SPREAD / len(people))
        for index, key in enumerate(people):
            out[key] = dose * (high / low) ** (step * (index - (len(people) - 1) / 2))
    return out


def _draw_point(axes: Axes, x: float, point: Point, looks: Looks, size: float) -> None:
    marker, colour = looks[point.course.measure.domain]
    y, name = float(point.percent), point.person.name
    if point.dose.low != point.dose.high:
        axes.plot([float(point.dose.low), float(point.dose.high)], [y, y], color=colour, linewidth=0.8,
                  label=f"range:{name}", zorder=2)  # fmt: skip
    for other in point.others:
        axes.plot([x, x], [y, float(other)], color=INK, linewidth=0.6, linestyle=":", zorder=2)
        rival = {**RIVAL, "markersize": 0.85 * size}
        axes.plot([x], [float(other)], linestyle="none", label=f"rival:{name}", **rival)
    axes.plot([x], [y], linestyle="none", label=f"point:{name}", zorder=3,
              **look(marker, colour, reviewed=point.reviewed, size=size))  # fmt: skip


def _millions(value: float, _place: int | None = None) -> str:
    return f"{value / 1e6:g}"


def _key(points: Sequence[Point], looks: Looks) -> list[KeyEntry]:
    named = [domain for domain, own in looks.items() if own != OTHERS]
    entries = [KeyEntry(look(*looks[domain], size=4), domain) for domain in named]
    if len(named) < len(looks):
        entries.append(KeyEntry(look(*OTHERS, size=4), counted(len(looks) - len(named), "other domain")))
    entries += review_key(point.reviewed for point in points)
    if any(point.dose.low != point.dose.high for point in points):
        entries.append(KeyEntry({"color": INK, "linestyle": "-", "linewidth": 0.8}, "dose printed as a range"))
    if any(point.others or point.other_doses for point in points):
        entries.append(KeyEntry(RIVAL, "if the other value in the paper is right"))
    return entries
