"""SYNTHESIS: the report as one HTML page that needs nothing beside it: style, script, figures and data are inside, and
its content security policy allows nothing else."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import jinja2
from markupsafe import Markup

from extract.synthesis.first_page import Block
from extract.synthesis.html_tables import STYLE, html_table
from extract.synthesis.methods import REFERENCES, Section
from extract.synthesis.sheets import Sheet, place_name
from extract.synthesis.swim import SwimItem
from extract.synthesis.words import Words
from extract.synthesis.writers import sheet_csv

if TYPE_CHECKING:
    from extract.synthesis.plots import Plot

_HERE = Path(__file__).resolve().parent / "templates"

MOST_PLACES = 4
"""Of the same value told at more places than that, the page shows so many; values.csv has all."""


@dataclass(frozen=True)
class Picture:
    """A figure of the page: its number and words, its drawing and its data as ``data:`` addresses, and whether it is
    higher than wide."""

    name: str
    number: int
    title: str
    caption: str
    alt: str
    source: Markup
    data: Markup
    file: str
    is_tall: bool


@dataclass(frozen=True)
class Table:
    """A table of the page: its number, itself as HTML, its data as a ``data:`` address."""

    name: str
    number: int
    title: str
    html: Markup
    data: Markup
    file: str


@dataclass(frozen=True)
class Chapter:
    """A part of the page with its tables and figures in the order in which they are read. Tall figures get a
    sheet of paper of their own; one that came first would leave the title alone on another."""

    name: str
    title: str
    lead: str
    items: tuple[Table | Picture, ...]


@dataclass(frozen=True)
class Content:
    """All that the page says."""

    title: str
    subtitle: str
    facts: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...]
    blocks: tuple[Block, ...]
    chapters: tuple[Chapter, ...]
    methods: tuple[Section, ...]
    swim: tuple[SwimItem, ...]
    words: Words
    files: tuple[tuple[str, str], ...]


def render_page(content: Content) -> bytes:
    """The page as the bytes of a file."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    css = STYLE.strip() + "\n" + (_HERE / "report.css").read_text(encoding="utf-8")
    script = (_HERE / "report.js").read_text(encoding="utf-8")
    anchors = {item.name: item for chapter in content.chapters for item in chapter.items if isinstance(item, Table)}
    text = environment.get_template("report.html.jinja").render(
        page=content,
        css=Markup(css),
        script=Markup(script),
        policy=_policy(script),
        references=REFERENCES,
        tables=anchors,
        place_name=place_name,
        most_places=MOST_PLACES,
    )
    return text.encode("utf-8", errors="replace")


def _policy(script: str) -> str:
    """A content security policy that allows what is inside the file and nothing else."""
    digest = base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")
    return (
        f"default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; "
        "base-uri 'none'; form-action 'none'"
    )


class Numbering:
    """Makes tables and figures of a page, numbered in the order in which they are asked for."""

    def __init__(self, words: Words) -> None:
        self._words = words
        self._tables = 0
        self._pictures = 0

    def table(self, sheet: Sheet) -> Table:
        """A sheet as a table whose cells lead to their words."""
        self._tables += 1
        return Table(
            f"table-{sheet.name}",
            self._tables,
            sheet.title,
            Markup(html_table(sheet, number=self._tables, link=self._words.anchor)),
            _data_address("text/csv", sheet_csv(sheet)),
            f"{sheet.name}.csv",
        )

    def picture(self, plot: Plot) -> Picture:
        """A plot as a figure with its data."""
        from extract.synthesis.plots import data_csv, render

        self._pictures += 1
        width, height = plot.figure.get_size_inches()
        return Picture(
            f"figure-{plot.name}",
            self._pictures,
            plot.title,
            plot.caption,
            plot.alt,
            _data_address("image/svg+xml", render(plot, "svg")),
            _data_address("text/csv", data_csv(plot)),
            f"{plot.name}.csv",
            is_tall=height > width,
        )


def _data_address(kind: str, data: bytes) -> Markup:
    return Markup(f"data:{kind};base64,{base64.b64encode(data).decode('ascii')}")


def chapter(name: str, title: str, lead: str, items: Iterable[Table | Picture]) -> Chapter:
    """A part of the page. Tall figures at its beginning come after its first table."""
    order = list(items)
    first = next((index for index, item in enumerate(order) if isinstance(item, Table)), 0)
    tall = [item for item in order[:first] if isinstance(item, Picture) and item.is_tall]
    others = [item for item in order[:first] if item not in tall]
    return Chapter(name, title, lead, (*others, *order[first : first + 1], *tall, *order[first + 1 :]))


def by_kind(plots: Sequence[Plot], *kinds: str) -> list[Plot]:
    """The plots of some kinds, in the order of the kinds; those that could not be drawn too, since they say why."""
    return [plot for kind in kinds for plot in plots if plot.kind == kind]
