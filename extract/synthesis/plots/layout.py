"""SYNTHESIS: figures laid out in inches, so that words are as large on every page and never run into each other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from extract.synthesis.rows import Outputs

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH = 7.0
TALLEST = 9.2
"""Inches of two columns of a journal page, and of its height beside a caption."""

LINE = 0.125
"""Inches from one line of small words to the next."""

SIZE = 6.5
TINY = 6.0
"""Points of words in a figure; nothing is smaller."""

INK, GREY, PALE, GRID, STRIPE = "#222222", "#6b6b6b", "#f0f0f0", "#d9d9d9", "#f5f5f5"


def new_figure(height: float, width: float = WIDTH) -> Figure:
    """An empty figure, its size in inches."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height))
    FigureCanvasAgg(figure)
    return figure


def axes_at(figure: Figure, left: float, top: float, width: float, height: float) -> Axes:
    """Axes at a place of a figure, in inches from its upper left corner."""
    wide, tall = figure.get_size_inches()
    return figure.add_axes((left / wide, 1 - (top + height) / tall, width / wide, height / tall))


def canvas(figure: Figure) -> Axes:
    """Axes over the whole figure whose units are inches from the upper left corner; nothing of it is drawn itself."""
    wide, tall = figure.get_size_inches()
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_xlim(0, wide)
    axes.set_ylim(tall, 0)
    axes.set_axis_off()
    axes.patch.set_visible(False)
    return axes


# --- words


@lru_cache(maxsize=20_000)
def text_width(text: str, size: float = SIZE, weight: str = "normal") -> float:
    """How many inches wide a line of words is."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    font = FontProperties(family="DejaVu Sans", size=size, weight=weight)
    width, _, _ = text_to_path.get_text_width_height_descent(text, font, ismath=False)
    return float(width) / 72


@lru_cache(maxsize=1)
def _letters() -> frozenset[int]:
    from matplotlib.font_manager import FontProperties, findfont
    from matplotlib.ft2font import FT2Font

    return frozenset(FT2Font(findfont(FontProperties(family="DejaVu Sans"))).get_charmap())


def drawable(text: str) -> str:
    """Words with a box in place of each letter that the font has not; line breaks and tabs become spaces."""
    return "".join(letter if ord(letter) in _letters() else "□" for letter in " ".join(text.split()))


def fit(text: str, inches: float, size: float = SIZE, weight: str = "normal") -> str:
    """Words cut so that they are no wider than some inches; ``…`` where something was cut."""
    text = drawable(text)
    if text_width(text, size, weight) <= inches:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if text_width(text[:middle].rstrip() + "…", size, weight) <= inches:
            low = middle
        else:
            high = middle - 1
    return text[:low].rstrip() + "…"


def fit_name(study: str, patient: str, inches: float, size: float = SIZE) -> str:
    """Study and patient cut to some inches: the study is cut, since the patient tells two of one study apart."""
    behind = f", {drawable(patient)}"
    if text_width(behind, size) > inches / 2:
        return fit(f"{study}{behind}", inches, size)
    return fit(study, inches - text_width(behind, size), size) + behind


def wrap(text: str, inches: float, size: float = SIZE, most: int = 0, weight: str = "normal") -> list[str]:
    """Words in lines no wider than some inches; with ``most`` the rest is cut from the last line."""
    lines: list[str] = []
    rest = ""
    for word in drawable(text).split(" "):
        longer = f"{rest} {word}".strip()
        if rest and text_width(longer, size, weight) > inches:
            lines.append(rest)
            rest = word
        else:
            rest = longer
    lines.append(rest)
    if most and len(lines) > most:
        lines = [*lines[: most - 1], " ".join(lines[most - 1 :])]
    return [fit(line, inches, size, weight) for line in lines]


def spaced(wanted: Sequence[float], apart: float, low: float, high: float) -> list[float]:
    """Places near the wanted ones, in their order, at least ``apart`` from each other between ``low`` and ``high``;
    closer where there is no room for all."""
    order = sorted(range(len(wanted)), key=lambda index: wanted[index])
    apart = min(apart, (high - low) / max(1, len(wanted) - 1))
    places = [min(max(wanted[index], low), high) for index in order]
    for here, there in pairwise(range(len(places))):
        places[there] = max(places[there], places[here] + apart)
    if places and places[-1] > high:
        places[-1] = high
        for there, here in pairwise(range(len(places) - 1, -1, -1)):
            places[here] = min(places[here], places[there] - apart)
    out = [0.0] * len(wanted)
    for index, place in zip(order, places, strict=True):
        out[index] = place
    return out


# --- keys


class KeyEntry(NamedTuple):
    """An entry of a key: how its mark looks (facts of a ``Line2D``; none for words alone), and its words."""

    look: dict[str, Any]
    words: str


def key_lines(entries: Sequence[KeyEntry], width: float) -> list[list[KeyEntry]]:
    """The entries of a key in lines no wider than some inches."""
    lines: list[list[KeyEntry]] = [[]]
    used = 0.0
    for entry in entries:
        wide = _entry_width(entry)
        if lines[-1] and used + wide > width:
            lines.append([])
            used = 0.0
        lines[-1].append(entry)
        used += wide
    return lines


def key_height(entries: Sequence[KeyEntry], width: float) -> float:
    """How many inches a key takes."""
    return len(key_lines(entries, width)) * KEY_LINE


KEY_LINE = 0.16
MARK = 0.22


def _entry_width(entry: KeyEntry) -> float:
    return (MARK if entry.look else 0) + text_width(drawable(entry.words), SIZE) + 0.18


def draw_key(axes: Axes, entries: Sequence[KeyEntry], left: float, top: float, width: float) -> None:
    """A key on a canvas."""
    for number, line in enumerate(key_lines(entries, width)):
        y = top + (number + 0.5) * KEY_LINE
        x = left
        for entry in line:
            if "linestyle" in entry.look:
                axes.plot([x, x + 0.16], [y, y], solid_capstyle="butt", **entry.look)
            elif entry.look:
                axes.plot([x + 0.08], [y], linestyle="none", **entry.look)
            left_of_words = x + (MARK if entry.look else 0)
            axes.text(left_of_words, y, drawable(entry.words), va="center_baseline", size=SIZE, color=INK)
            x += _entry_width(entry)


# --- pages


def balanced(items: Sequence[Any], most: int) -> list[Sequence[Any]]:
    """Items in as few pages of at most ``most`` as it takes, the pages about equally full."""
    pages = max(1, -(-len(items) // most))
    size, more = divmod(len(items), pages)
    out, start = [], 0
    for page in range(pages):
        end = start + size + (page < more)
        out.append(items[start:end])
        start = end
    return out


def page_name(kind: str, page: int) -> str:
    """The name of a page of a plot: the first has that of the plot."""
    return kind if page == 0 else f"{kind}_{page + 1}"


def page_title(title: str, page: int, pages: int) -> str:
    """The title of a page of a plot."""
    return title if pages == 1 else f"{title} (page {page + 1} of {pages})"


def sentences(*parts: str) -> str:
    """Parts of a caption as one text; empty ones are left out."""
    return " ".join(part for part in parts if part)


def counted(number: int, one: str, many: str = "") -> str:
    """``1 patient``, ``3 patients``."""
    return f"{number} {one if number == 1 else many or f'{one}s'}"


def number_of(here: int, together: int) -> str:
    """``n = 12``, on one page of several ``n = 12 of 40``."""
    return f"n = {here}" if here == together else f"n = {here} of {together}"


def listed(words: Iterable[str], most: int = 12) -> str:
    """Words in a row; after the first ``most`` the number of the others."""
    words = list(words)
    rest = len(words) - most
    return ", ".join(words[:most]) + (f" and {rest} more" if rest > 0 else "")


def left_out_by(outputs: Outputs) -> str:
    """What was left out of all plots on purpose, as a sentence."""
    return f"Of the tables: {', '.join(outputs.filters)}." if outputs.filters else ""
