"""SYNTHESIS: the evidence map: what the cells were given for, from which source, by which route, in how many patients.

Where nothing stands, no paper of these tells of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING

from extract.synthesis.grouping import by_diagnosis, by_route, by_source
from extract.synthesis.plots.empty import empty_plot
from extract.synthesis.plots.layout import (
    GREY,
    GRID,
    INK,
    LINE,
    SIZE,
    STRIPE,
    TINY,
    WIDTH,
    KeyEntry,
    balanced,
    canvas,
    counted,
    draw_key,
    key_height,
    left_out_by,
    new_figure,
    page_name,
    page_title,
    sentences,
    wrap,
)
from extract.synthesis.plots.marks import BLUE, GREEN, ORANGE, UNTOLD, pale
from extract.synthesis.plots.plot import Data, Plot, style
from extract.synthesis.rows import Outputs, Person

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

KIND = "evidence_map"
TITLE = "Patients by diagnosis, source of the cells and route"
COLUMNS = ("diagnosis", "source", "route", "patients", "of_them_in_groups", "papers", "column", "who")

ROUTES: tuple[tuple[str, str, str], ...] = (
    ("intravenous only", BLUE, "o"),
    ("local only", ORANGE, "s"),
    ("intravenous and local", GREEN, "D"),
    ("route NR", UNTOLD, "h"),
)
"""Routes, with the colour and shape of each; they stand beside each other in a cell."""

SAME_AREA = {"o": 1.0, "s": 0.886, "D": 0.886, "h": 1.1}
"""What a shape's size is multiplied by so that all have the area of the circle."""

ACROSS = {"o": 1.0, "s": 1.0, "D": 1.42, "h": 1.0}
"""How much wider a shape is than its size."""

ONE = 9.5
"""Points of the mark of one patient where there is room."""

MOST_SOURCES, MOST_ROWS, MOST_PAGES = 7, 24, 10
OTHER = "other sources"

NAMES, TOTAL, TALL = 1.75, 0.5, 0.34


@dataclass(frozen=True)
class _Spot:
    """The patients of one diagnosis, source and route."""

    diagnosis: str
    source: str
    route: str
    people: tuple[Person, ...]

    @property
    def patients(self) -> int:
        return sum(person.n or 0 for person in self.people)

    @property
    def grouped(self) -> int:
        return sum(person.n or 0 for person in self.people if person.is_group)

    @property
    def papers(self) -> int:
        return len({person.document for person in self.people})


def evidence_map(outputs: Outputs) -> tuple[Plot, ...]:
    """Everybody who was given cells, each in one cell; groups count with their number of patients."""
    unsized = [person for person in outputs.treated if person.n is None]
    spots = _spots([person for person in outputs.treated if person.n is not None])
    if not spots:
        return (empty_plot(KIND, TITLE, "No patient of these papers was given cells.", COLUMNS),)
    by_size = _ordered(spots, "source")
    sources = by_size if len(by_size) <= MOST_SOURCES else [*by_size[: MOST_SOURCES - 1], OTHER]
    diagnoses = _ordered(spots, "diagnosis")
    shown, over = diagnoses[: MOST_ROWS * MOST_PAGES], diagnoses[MOST_ROWS * MOST_PAGES :]
    pages = balanced(shown, MOST_ROWS)
    one = _size_of_one(_cells(spots, sources).values(), _wide(sources))
    plots = []
    for number, own in enumerate(pages):
        here = [spot for spot in spots if spot.diagnosis in own]
        rest = [spot for spot in spots if spot.diagnosis in over] if number == len(pages) - 1 else []
        people = sum(spot.patients for spot in here)
        papers = len({person.document for spot in here for person in spot.people})
        grouped = sum(spot.grouped for spot in here)
        with style():
            figure = _page(here, own, sources, one)
        merged = len(by_size) - len(sources) + 1
        caption = sentences(
            f"{counted(people, 'patient')} of {counted(papers, 'paper')}, "
            f"{counted(len(own), 'diagnosis', 'diagnoses')}. "
            "Numbers are patients; the area of a mark is proportional to them. Everybody stands in one cell: several "
            "diagnoses or sources together are one of their own. An empty cell: no patient of these papers.",
            f"{counted(grouped, 'patient')} of them {'is' if grouped == 1 else 'are'} told of as a group only."
            if grouped
            else "",
            f"“{OTHER.capitalize()}” puts {merged} sources together; the data names them." if OTHER in sources else "",
            f"{counted(len(unsized), 'group')} of unknown size {'is' if len(unsized) == 1 else 'are'} not drawn."
            if unsized
            else "",
            f"{counted(len(over), 'diagnosis', 'diagnoses')} of fewest patients stand in the data only."
            if over
            else "",
            left_out_by(outputs),
        )
        rows = tuple(_row(spot, sources) for spot in (*here, *rest))
        alt = "Evidence map. " + "; ".join(
            f"{spot.diagnosis}, {spot.source}, {spot.route}: {spot.patients}" for spot in here
        )
        title = page_title(TITLE, number, len(pages))
        plots.append(Plot(page_name(KIND, number), KIND, title, caption, f"{alt}.", figure, Data(COLUMNS, rows)))
    return tuple(plots)


def _spots(people: Sequence[Person]) -> list[_Spot]:
    found: dict[tuple[str, str, str], list[Person]] = {}
    for person in people:
        found.setdefault((by_diagnosis(person), by_source(person), by_route(person)), []).append(person)
    return [_Spot(*key, tuple(own)) for key, own in sorted(found.items())]


def _ordered(spots: Sequence[_Spot], name: str) -> list[str]:
    """Names of diagnoses or sources, those of most patients first."""
    counts: dict[str, int] = {}
    for spot in spots:
        counts[getattr(spot, name)] = counts.get(getattr(spot, name), 0) + spot.patients
    return sorted(counts, key=lambda key: (-counts[key], key.casefold(), key))


def _row(spot: _Spot, sources: Sequence[str]) -> tuple[str, ...]:
    column = spot.source if spot.source in sources else OTHER
    who = "; ".join(person.name for person in spot.people)
    return (
        spot.diagnosis, spot.source, spot.route, str(spot.patients), str(spot.grouped), str(spot.papers), column, who
    )  # fmt: skip


# --- drawing


def _page(spots: Sequence[_Spot], diagnoses: Sequence[str], sources: Sequence[str], one: float) -> Figure:
    wide = _wide(sources)
    names = {name: wrap(name, NAMES - 0.16, SIZE, 3) for name in diagnoses}
    heads = {name: wrap(name, wide - 0.06, TINY, 5) for name in sources}
    talls = {name: max(TALL, LINE * len(lines) + 0.08) for name, lines in names.items()}
    top = 0.1 + 0.105 * max(len(lines) for lines in heads.values()) + 0.22
    cells = _cells(spots, sources)
    routes = [route for route, _, _ in ROUTES if any(spot.route == route for spot in spots)]
    key = [
        KeyEntry({"marker": marker, "markersize": 6, "markerfacecolor": pale(colour, 0.45), "markeredgecolor": colour},
                 route)
        for route, colour, marker in ROUTES
        if route in routes
    ]  # fmt: skip
    foot = top + sum(talls.values()) + 0.3
    right = NAMES + wide * len(sources)
    width = right + TOTAL + 0.1
    figure = new_figure(foot + key_height(key, width - 0.2), width)
    page = canvas(figure)
    for column, name in enumerate(sources):
        middle = NAMES + (column + 0.5) * wide
        for line, words in enumerate(heads[name]):
            y = top - 0.24 - 0.105 * (len(heads[name]) - 1 - line)
            page.text(middle, y, words, size=TINY, color=INK, ha="center", va="center")
        total = sum(spot.patients for spot in spots if _column(spot, sources) == name)
        page.text(middle, top - 0.1, f"n = {total}", size=TINY, color=GREY, ha="center", va="center")
    page.text(right + TOTAL / 2, top - 0.1, f"n = {sum(spot.patients for spot in spots)}", size=TINY, weight="bold",
              color=INK, ha="center", va="center")  # fmt: skip
    page.plot([0.06, right + TOTAL], [top, top], color=INK, linewidth=0.5)
    y = top
    for index, name in enumerate(diagnoses):
        tall = talls[name]
        if index % 2:
            page.fill_between([0.06, right + TOTAL], y, y + tall, color=STRIPE, linewidth=0)
        for line, words in enumerate(names[name]):
            shift = (line - (len(names[name]) - 1) / 2) * LINE
            page.text(0.12, y + tall / 2 + shift, words, size=SIZE, color=INK, va="center", label=f"diagnosis:{name}")
        total = sum(spot.patients for spot in spots if spot.diagnosis == name)
        page.text(right + TOTAL / 2, y + tall / 2, str(total), size=SIZE, color=INK, ha="center", va="center")
        for column, source in enumerate(sources):
            _draw_cell(page, NAMES + column * wide, y, wide, tall, cells.get((name, source), {}), one)
        y += tall
    for column in range(len(sources) + 1):
        edge = NAMES + column * wide
        page.plot([edge, edge], [top, y], color=GRID, linewidth=0.5, zorder=1)
    draw_key(page, key, 0.1, foot - 0.14, width - 0.2)
    return figure


def _wide(sources: Sequence[str]) -> float:
    return (WIDTH - NAMES - TOTAL - 0.1) / max(len(sources), 4)


def _size_of_one(cells: Iterable[Mapping[str, int]], wide: float) -> float:
    """Points of the mark of one patient, so that no mark runs into another or out of its row."""
    shapes = {route: marker for route, _, marker in ROUTES}
    sizes = [ONE]
    for cell in cells:
        room = 72 * min(wide / (len(cell) + 1), TALL - 0.04)
        sizes += [
            room / (sqrt(number) * SAME_AREA[shapes[route]] * ACROSS[shapes[route]]) for route, number in cell.items()
        ]
    return min(sizes)


def _column(spot: _Spot, sources: Sequence[str]) -> str:
    return spot.source if spot.source in sources else OTHER


def _cells(spots: Sequence[_Spot], sources: Sequence[str]) -> dict[tuple[str, str], dict[str, int]]:
    """Patients by route, of each diagnosis and column."""
    out: dict[tuple[str, str], dict[str, int]] = {}
    for spot in spots:
        cell = out.setdefault((spot.diagnosis, _column(spot, sources)), {})
        cell[spot.route] = cell.get(spot.route, 0) + spot.patients
    return out


def _draw_cell(
    page: Axes, left: float, top: float, wide: float, tall: float, cell: Mapping[str, int], one: float
) -> None:
    there = [(route, colour, marker) for route, colour, marker in ROUTES if route in cell]
    for index, (route, colour, marker) in enumerate(there):
        x = left + wide * (index + 1) / (len(there) + 1)
        size = one * sqrt(cell[route]) * SAME_AREA[marker]
        page.plot([x], [top + tall / 2], linestyle="none", marker=marker, markersize=size,
                  markerfacecolor=pale(colour, 0.45), markeredgecolor=colour, markeredgewidth=0.8, zorder=2,
                  label=f"spot:{route}")  # fmt: skip
        page.text(
            x, top + tall / 2, str(cell[route]), size=TINY, color=INK, ha="center", va="center_baseline", zorder=3
        )
