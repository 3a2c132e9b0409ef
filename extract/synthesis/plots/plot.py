"""SYNTHESIS: a plot: a figure with its title, caption, words for who cannot see it, and the data it is drawn from; and
its files.

The same tables give the same bytes: the look does not depend on the settings of the user's matplotlib, and no file
holds a date, a version or an id made of memory.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, get_args

from extract.evidence.cells import protect
from extract.model import plain
from extract.synthesis.files import write_file

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PlotFormat = Literal["svg", "pdf", "png"]
PLOT_FORMATS: tuple[PlotFormat, ...] = get_args(PlotFormat)

DOTS = 300
"""Dots per inch of a PNG: what journals ask for of figures with text."""


class Data(NamedTuple):
    """What a plot is drawn from: the titles of its columns, and its rows, '' for what is not reported."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def number_cell(number: Decimal | None) -> str:
    """A number as a cell of data, '' for none."""
    return "" if number is None else plain(number)


def yes_no(true: bool) -> str:
    """A truth as a cell of data."""
    return "yes" if true else "no"


@dataclass(frozen=True, eq=False)
class Plot:
    """A plot, or one page of it.

    ``name`` is that of its files (``slopes``, ``slopes_2``), ``kind`` is that of all its pages. ``caption``
    says what is shown, of how many, and what was left out and why; ``alt`` tells who cannot see it what it shows.
    ``is_empty``: nothing could be drawn; the figure and the caption say why.
    """

    name: str
    kind: str
    title: str
    caption: str
    alt: str
    figure: Figure
    data: Data
    is_empty: bool = False

    @cached_property
    def svg(self) -> bytes:
        """The plot as SVG, drawn once for its file and for the page."""
        return _rendered(self, "svg")


@contextmanager
def style() -> Iterator[None]:
    """The look of every plot, whatever the user's own settings are. Figures are made and saved within."""
    import matplotlib.style

    with matplotlib.style.context(["default", _STYLE], after_reset=True):
        yield


_STYLE: dict[str, Any] = {
    "font.family": "DejaVu Sans",  # comes with matplotlib, so that every machine draws the same
    "font.size": 7.0,
    "axes.titlesize": 7.5,
    "axes.labelsize": 7.0,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.unicode_minus": True,
    "xtick.labelsize": 6.5,
    "ytick.labelsize": 6.5,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "legend.fontsize": 6.5,
    "legend.frameon": False,
    "lines.linewidth": 1.0,
    "hatch.linewidth": 0.5,
    "text.parse_math": False,  # a dollar sign in a title is one
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "svg.fonttype": "path",
    "svg.hashsalt": "caseloom",
    "pdf.fonttype": 42,
    "pdf.compression": 6,
}


def render(plot: Plot, chosen: PlotFormat) -> bytes:
    """A plot as the bytes of a file."""
    return plot.svg if chosen == "svg" else _rendered(plot, chosen)


def _rendered(plot: Plot, chosen: PlotFormat) -> bytes:
    out = io.BytesIO()
    facts: dict[str, dict[str, Any]] = {
        "svg": {"Creator": "caseloom", "Date": None, "Title": plot.title, "Description": plot.alt},
        "pdf": {"Creator": "caseloom", "Producer": "caseloom", "CreationDate": None, "Title": plot.title},
        "png": {"Software": None, "Title": plot.title},
    }
    with style():
        plot.figure.savefig(out, format=chosen, dpi=DOTS, metadata=facts[chosen])
    return out.getvalue()


def data_csv(plot: Plot) -> bytes:
    """The data of a plot as CSV, UTF-8."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    for row in (plot.data.columns, *plot.data.rows):
        writer.writerow([protect(cell) for cell in row])
    return text.getvalue().encode("utf-8")


def write_plots(plots: Sequence[Plot], folder: Path, formats: Iterable[PlotFormat] = PLOT_FORMATS) -> list[Path]:
    """Plots as ``<name>.svg``, ``.pdf``, ``.png``, and the data of each as ``<name>.csv``. Returns the files."""
    written: list[Path] = []
    for plot in plots:
        for chosen in dict.fromkeys(formats):
            written.append(folder / f"{plot.name}.{chosen}")
            write_file(written[-1], render(plot, chosen))
        written.append(folder / f"{plot.name}.csv")
        write_file(written[-1], data_csv(plot))
    return written
