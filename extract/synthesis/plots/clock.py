"""SYNTHESIS: the time axis: months since the first cells, true to scale, with strips beside it for what has none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from extract.synthesis.plots.layout import PALE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

STEPS = (0.25, 0.5, 1, 2, 3, 6, 12, 24, 36, 48, 60, 120, 240, 600)
"""Months between ticks."""

STRIP = 0.16
"""The share of the axis that a strip takes."""


@dataclass(frozen=True)
class Clock:
    """Where times stand on an axis from 0 to 1: ``before`` and ``after`` are the middles of the strips."""

    first: float
    last: float
    start: float
    end: float
    ticks: tuple[float, ...]
    has_before: bool
    has_after: bool
    has_months: bool

    def at(self, months: Decimal) -> float:
        """The place of a month."""
        return self.start + (float(months) - self.first) / (self.last - self.first) * (self.end - self.start)

    @property
    def before(self) -> float:
        """The place of what was before the cells, nobody says when."""
        return STRIP / 2

    @property
    def after(self) -> float:
        """The place of what was after the cells, nobody says when."""
        return 1 - STRIP / 2

    def set_up(self, axes: Axes) -> None:
        """Strips and ticks."""
        axes.set_xlim(0, 1)
        places, words = [], []
        if self.has_before:
            axes.axvspan(0, STRIP, color=PALE, linewidth=0, zorder=0)
            places, words = [self.before], ["pre"]
        if self.has_months:
            places += [self.at(Decimal(tick)) for tick in self.ticks]
            words += [f"{tick:g}" for tick in self.ticks]
        if self.has_after:
            axes.axvspan(1 - STRIP, 1, color=PALE, linewidth=0, zorder=0)
            places, words = [*places, self.after], [*words, "post"]
        axes.set_xticks(places, words)


def clock_of(months: Sequence[Decimal], *, before: bool, after: bool, ticks: int) -> Clock:
    """The axis for some months, with about as many ticks as asked for; the first cells were given at 0."""
    first = min(0.0, *map(float, months)) if months else 0.0
    last = max(0.0, *map(float, months)) if months else 1.0
    if last - first < 0.25:
        last = first + 1
    step = next((step for step in STEPS if (last - first) / step <= ticks), STEPS[-1])
    low = int(-(-first // step)) if first >= 0 else -int(-first // step)
    marks = tuple(step * number for number in range(low, int(last // step) + 1))
    return Clock(
        first=first,
        last=last,
        start=STRIP + 0.09 if before else 0.05,
        end=1 - STRIP - 0.1 if after else 0.96,
        ticks=marks,
        has_before=before,
        has_after=after,
        has_months=bool(months),
    )
