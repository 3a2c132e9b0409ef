"""READ, layout: the type of the body, areas of a page, columns of a page."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from extract.read.sheet import Line, Sheet


class Type(NamedTuple):
    """The type most of a paper is set in: size in points, the distance of its lines, the name of its font."""

    size: float
    leading: float
    font: str = ""


@dataclass(slots=True, eq=False)
class Area:
    """A part of the page that is read as one thing, at its place: a table with its caption and its notes.

    ``table`` is its number; -1 for the later parts of a table that goes on over pages. ``order`` is that of the first
    of its lines that the file draws.
    """

    x0: float
    top: float
    x1: float
    bottom: float
    table: int
    order: int = 0
    caption: list[Line] = field(default_factory=list)
    notes: list[Line] = field(default_factory=list)


Item = Line | Area


@dataclass(slots=True, eq=False)
class Column:
    """Lines and tables under each other, from the top down; ``x0`` and ``x1`` are its edges on the upright page."""

    sheet: Sheet
    x0: float
    x1: float
    items: list[Item] = field(default_factory=list)
