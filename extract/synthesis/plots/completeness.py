"""SYNTHESIS: the heat map of reporting: which items of DOSES, of CARE and of an evidence table each patient's paper
tells. Colour and shape both tell the level."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from extract.synthesis.completeness import ITEMS, Item, Level, Told, completeness_matrix
from extract.synthesis.plots.empty import empty_plot
from extract.synthesis.plots.layout import (
    GREY,
    INK,
    SIZE,
    TINY,
    KeyEntry,
    balanced,
    canvas,
    counted,
    draw_key,
    fit_name,
    key_height,
    left_out_by,
    new_figure,
    number_of,
    page_name,
    page_title,
    sentences,
    text_width,
)
from extract.synthesis.plots.plot import Data, Plot, style
from extract.synthesis.rows import Outputs, Person
from extract.synthesis.sheets import LEVEL_COLOURS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

KIND = "completeness"
TITLE = "What is reported of each patient"
COLUMNS = ("study", "document", "patient", "frame", "item", "name", "level", "not_found")

ROWS, MOST_PAGES = 36, 12
ROW, NAMES, LEFT, SHARE = 0.19, 1.5, 0.06, 0.45
CELL, GAP = 0.245, 0.12
"""Inches of a cell across, and between frames."""

LEVELS: tuple[Level, ...] = ("reported", "partly", "NR")
DOTS: dict[Level, tuple[str, float]] = {"reported": ("o", 3.4), "partly": ("o", 1.6)}
"""A dot in a cell, large for reported, small for partly, none for not reported: for who does not see the colours."""

FRAMES = {"DOSES": "DOSES", "CARE": "CARE", "extraction": "evidence table"}

_Rows = Sequence[tuple[Person, Sequence[Told]]]


def completeness_map(outputs: Outputs) -> tuple[Plot, ...]:
    """How far each item is told, a row for each patient (and group) who was given cells."""
    matrix = completeness_matrix(outputs)
    if not matrix:
        return (empty_plot(KIND, TITLE, "No patient of these papers was given cells.", COLUMNS),)
    asked = [item for item in ITEMS if item.parts]
    unread = [f"{item.frame} {item.number} {item.name.lower()}" for item in ITEMS if not item.parts]
    shown, over = matrix[: ROWS * MOST_PAGES], matrix[ROWS * MOST_PAGES :]
    pages = balanced(shown, ROWS)
    plots = []
    for number, own in enumerate(pages):
        last = number == len(pages) - 1
        with style():
            figure = _page(own, asked, number_of(len(own), len(matrix)), matrix if last else None)
        caption = sentences(
            f"{counted(len(own), 'patient')} (a group is one row). Reported: every part of the item was found; partly: "
            "some of them; not reported: none. The columns at the foot count the patients with the item reported, of "
            f"all {len(matrix)}; those at the right the items reported, of {len(asked)}."
            if last
            else f"{counted(len(own), 'patient')} (a group is one row). Reported: every part of the item was found; "
            f"partly: some of them; not reported: none. At the right the items reported, of {len(asked)}.",
            "What the tables do not hold was not found by the program; that is no finding about the paper.",
            f"Not looked for: {'; '.join(unread)}.",
            f"{counted(len(over), 'patient')} did not find room and stand in the data only." if over else "",
            left_out_by(outputs),
        )
        rows = tuple(row for person, told in (*own, *(over if last else ())) for row in _rows(person, told))
        alt = "Heat map of reporting. " + "; ".join(
            f"{item.name}: {sum(_level(told, item) == 'reported' for _, told in matrix)} of {len(matrix)} reported"
            for item in asked
        )
        title = page_title(TITLE, number, len(pages))
        plots.append(Plot(page_name(KIND, number), KIND, title, caption, f"{alt}.", figure, Data(COLUMNS, rows)))
    return tuple(plots)


def _level(told: Sequence[Told], item: Item) -> Level:
    return next(one.level for one in told if one.item is item)


def _rows(person: Person, told: Sequence[Told]) -> list[tuple[str, ...]]:
    return [
        (person.study, person.document, person.patient, one.item.frame, one.item.number, one.item.name, one.level,
         "; ".join(one.missing))
        for one in told
    ]  # fmt: skip


def _page(rows: _Rows, items: Sequence[Item], n: str, everybody: _Rows | None) -> Figure:
    key = [KeyEntry(_look(level), "not reported" if level == "NR" else level) for level in LEVELS]
    heads = [f"{item.number} {item.name}".strip() for item in items]
    top = max(text_width(head) for head in heads) * 0.72 + 0.36
    places = _places(items)
    right = places[-1] + CELL
    tall = ROW * len(rows)
    foot = top + tall + (0.4 if everybody is not None else 0.24)
    width = right + SHARE + 0.45
    figure = new_figure(foot + key_height(key, width - 0.2), width)
    page = canvas(figure)
    page.text(LEFT + NAMES - 0.08, top - 0.08, n, size=SIZE, color=GREY, ha="right", va="center")
    for frame, name in FRAMES.items():
        own = [place for place, item in zip(places, items, strict=True) if item.frame == frame]
        if own:
            page.plot([own[0], own[-1] + CELL], [top - 0.03, top - 0.03], color=INK, linewidth=0.8)
            page.text(own[0], top + tall + (0.26 if everybody is not None else 0.1), name, size=TINY, weight="bold",
                      color=INK, va="center")  # fmt: skip
    for head, place in zip(heads, places, strict=True):
        page.text(place + CELL / 2 - 0.03, top - 0.06, head, size=SIZE, color=INK, rotation=45, ha="left", va="bottom",
                  rotation_mode="anchor", label=f"item:{head}")  # fmt: skip
    for number, (person, told) in enumerate(rows):
        y = top + number * ROW
        page.text(LEFT + NAMES - 0.08, y + ROW / 2, fit_name(person.study, person.patient, NAMES - 0.1), size=SIZE,
                  color=INK, ha="right", va="center_baseline", label=f"name:{person.name}")  # fmt: skip
        levels = [_level(told, item) for item in items]
        for level, place in zip(levels, places, strict=True):
            _cell(page, place, y, level)
        page.text(right + 0.08, y + ROW / 2, f"{levels.count('reported')}/{len(items)}", size=TINY, color=INK,
                  va="center_baseline")  # fmt: skip
    if everybody is not None:
        page.text(LEFT + NAMES - 0.08, top + tall + 0.09, f"reported, of {len(everybody)}", size=SIZE, color=GREY,
                  ha="right", va="center")  # fmt: skip
        for item, place in zip(items, places, strict=True):
            told_of = sum(_level(told, item) == "reported" for _, told in everybody)
            page.text(place + CELL / 2, top + tall + 0.09, str(told_of), size=TINY, color=INK, ha="center", va="center")
    draw_key(page, key, 0.1, foot, width - 0.2)
    return figure


def _places(items: Sequence[Item]) -> list[float]:
    """Where the column of each item begins, with room between frames."""
    out, at, frame = [], LEFT + NAMES, items[0].frame
    for item in items:
        if item.frame != frame:
            at, frame = at + GAP, item.frame
        out.append(at)
        at += CELL
    return out


def _cell(page: Axes, x: float, y: float, level: Level) -> None:
    page.fill_between([x, x + CELL], y, y + ROW, facecolor=LEVEL_COLOURS[level], edgecolor="white", linewidth=0.8,
                      label=f"cell:{level}")  # fmt: skip
    if level in DOTS:
        marker, size = DOTS[level]
        page.plot([x + CELL / 2], [y + ROW / 2], linestyle="none", marker=marker, markersize=size, markeredgewidth=0,
                  color=_dot_colour(level))  # fmt: skip


def _dot_colour(level: Level) -> str:
    return "white" if level == "reported" else INK


def _look(level: Level) -> dict[str, object]:
    return {
        "marker": "s",
        "markersize": 7,
        "markerfacecolor": LEVEL_COLOURS[level],
        "markeredgecolor": GREY,
        "markeredgewidth": 0.4,
    }
