"""What a plot shows, for tests: artists by label, words, and small imagined tables as in memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from matplotlib.artist import Artist
from matplotlib.text import Text

from extract.schema import Schema
from extract.synthesis.plots import Plot
from extract.synthesis.rows import Outputs, Person, Row, Value


def artists(plots: Plot | Iterable[Plot], label: str) -> list[Any]:
    """The artists whose label begins with some words, in all pages."""
    pages = [plots] if isinstance(plots, Plot) else list(plots)
    found: list[Artist] = []
    for plot in pages:
        for axes in plot.figure.axes:
            found += [a for a in axes.findobj() if str(a.get_label()).startswith(label)]
    return found


def words(plots: Plot | Iterable[Plot]) -> list[str]:
    """All words that are drawn."""
    pages = [plots] if isinstance(plots, Plot) else list(plots)
    return [text.get_text() for plot in pages for text in plot.figure.findobj(Text) if text.get_text().strip()]


def xs(artist: Any) -> list[float]:
    return [float(x) for x in artist.get_xdata()]


def ys(artist: Any) -> list[float]:
    return [float(y) for y in artist.get_ydata()]


def axes_called(plot: Plot, label: str) -> Any:
    """The axes of a figure with a label."""
    return next(axes for axes in plot.figure.axes if axes.get_label() == label)


def cells(plot: Plot, **wanted: str) -> list[dict[str, str]]:
    """The rows of a plot's data with some values."""
    rows = [dict(zip(plot.data.columns, row, strict=True)) for row in plot.data.rows]
    return [row for row in rows if all(row[name] == value for name, value in wanted.items())]


def of_cells(table: str, document: str, patient: str, **values: Any) -> Row:
    """A row as it is read from a table."""

    def value(item: Any) -> Value:
        return Value(str(item), Decimal(str(item)) if isinstance(item, int | float | Decimal) else None)

    return Row(table, document, patient, "", {name: value(item) for name, item in values.items() if item != ""})


def tables(schema: Schema, people: Sequence[Person], papers: Sequence[Row] = ()) -> Outputs:
    """Outputs without files."""
    found = {person.document: person.paper for person in people}
    return Outputs(Path(), schema, {}, tuple(papers) or tuple(found.values()), tuple(people), ())


def somebody(document: str, patient: str, outcomes: Sequence[Row] = (), given: Sequence[Row] = ()) -> Person:
    """A treated patient of a study called like its document."""
    paper = of_cells("documents", document, "", status="ok")
    row = of_cells("patients", document, patient, kind="individual", n=1)
    return Person(document, paper, row, outcomes=tuple(outcomes), administrations=tuple(given))
