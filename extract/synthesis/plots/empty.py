"""SYNTHESIS: the plot of nothing: a figure that says why there is none."""

from __future__ import annotations

from extract.synthesis.plots.layout import GREY, INK, LINE, WIDTH, canvas, new_figure, wrap
from extract.synthesis.plots.plot import Data, Plot, style


def empty_plot(kind: str, title: str, why: str, columns: tuple[str, ...]) -> Plot:
    """A plot without anything to draw: its title and the reason, as a sentence."""
    lines = wrap(why, WIDTH - 0.8, 7.5)
    with style():
        figure = new_figure(0.75 + LINE * len(lines))
        axes = canvas(figure)
        axes.text(0.4, 0.32, title, size=8, weight="bold", color=INK, va="center")
        for number, line in enumerate(lines):
            axes.text(0.4, 0.55 + LINE * number, line, size=7.5, color=GREY, va="center", label="reason")
    return Plot(kind, kind, title, why, f"No plot: {why}", figure, Data(columns, ()), is_empty=True)
