"""LINK, people in tables: whose each row, column and cell is."""

from __future__ import annotations

import re
from collections.abc import Sequence

from extract.link.cast import Cast, person_called
from extract.link.labels import (
    PEOPLE_HEADER,
    read_bare,
    read_kin,
    read_label,
)
from extract.model import Cell, Document, Span, Table

OTHERS_TABLE = re.compile(
    r"\b(?:literature|previous(?:ly)?|published|prior (?:studies|reports)|reported (?:cases|studies)|"
    r"studies|trials|review|"
    r"definitions?|reference (?:values|ranges)|abbreviations|search strategy)\b",
    re.IGNORECASE,
)
YARDSTICK_TABLE = re.compile(
    r"\b(?:grad(?:es?|ings?)|classifications?|criteria|scoring system|stag(?:es|ing))\b", re.IGNORECASE
)
COURSE_HEADER = re.compile(
    r"\b(?:pre|post|before|after|baseline|follow[- ]?up|months?|weeks?|years?|patients?|cases?|visit|day)\b",
    re.IGNORECASE,
)
AUTHOR_ROW = re.compile(r"\bet al\b|\b[A-Z]\w+[^|]{0,40}\b(?:19|20)\d\d\b|^\s*\[\d+\]|\[\d+(?:[,–-]\d+)*\]\s*$")
NOBODY_ROW = re.compile(r"\s*(?:median|mean|average|total|range|all|sum|overall|sd|iqr|p[- ]?value)\b", re.IGNORECASE)


def is_others_table(table: Table, headers: str) -> bool:
    """Whether a table is about other people's patients, or explains a scale, by its caption."""
    if OTHERS_TABLE.search(table.caption) and not re.search(r"\b(?:our|these|present|treated) ", table.caption):
        return True
    return bool(YARDSTICK_TABLE.search(table.caption)) and not COURSE_HEADER.search(headers)


def _cells_by_table(document: Document) -> dict[int, list[tuple[int, Cell]]]:
    by_table: dict[int, list[tuple[int, Cell]]] = {}
    for index, cell in enumerate(document.cells):
        by_table.setdefault(cell.table, []).append((index, cell))
    return by_table


_NUMBERING = re.compile(r"\W*(?:no|nr|number|id|#)\W*", re.IGNORECASE)
_PERSONAL_HEADER = re.compile(r"\b(?:age|sex|gender|diagnosis|patients?|weight)\b", re.IGNORECASE)


def _axis_names(document: Document, cells: Sequence[tuple[int, Cell]], axis: str, known: set[str]) -> dict[int, str]:
    """Row or column number -> the name its header gives, where headers along that axis name people."""
    if axis == "column":
        headers = {cell.column: cell.column_header for _, cell in cells if cell.column_header and not cell.is_header}
        corner = {cell.row_header for _, cell in cells if cell.is_header} | {
            document.quote(cell.span) for _, cell in cells if cell.is_header and cell.column == 0
        }
    else:
        headers = {cell.row: cell.row_header for _, cell in cells if cell.row_header and not cell.is_header}
        first = {cell.row: document.quote(cell.span) for _, cell in cells if cell.column == 0 and not cell.is_header}
        headers = {**first, **headers}
        corner = {document.quote(cell.span) for _, cell in cells if cell.is_header and cell.column == 0} | {
            cell.column_header for _, cell in cells if cell.column == 0
        }
    over_people = any(PEOPLE_HEADER.match(text.strip()) for text in corner if text)
    if over_people and all(_NUMBERING.fullmatch(text.strip()) for text in corner if text):
        # "No." numbers patients only in a table that tells of people.
        over_people = any(
            _PERSONAL_HEADER.search(cell.column_header) or _PERSONAL_HEADER.search(cell.row_header) for _, cell in cells
        )
    out: dict[int, str] = {}
    for number, text in headers.items():
        words = text.strip()
        if len(words) > 60 or NOBODY_ROW.match(words):
            continue
        name = read_label(words)
        if name is None and over_people:
            name = read_bare(words)
        if name is None and known:
            bare = read_bare(words)
            name = bare if bare in known else None
        if name is None:
            name = read_kin(words) if len(words) < 40 else None
        if name is not None:
            out[number] = name
    return out


def table_names(document: Document, known: set[str]) -> dict[int, dict[str, Span]]:
    """For each table the names in its headers, with the cells that show them."""
    out: dict[int, dict[str, Span]] = {}
    for number, cells in _cells_by_table(document).items():
        if number < len(document.tables) and is_others_table(document.tables[number], _header_words(document, cells)):
            continue
        axis, names = _oriented(document, cells, known)
        found: dict[str, Span] = {}
        for index, name in names.items():
            if len(name) > 2:
                continue
            axis_cells = [c for _, c in cells if (c.column if axis == "column" else c.row) == index]
            heads = [c for c in axis_cells if c.is_header or c.column == 0]
            best = min(
                heads or axis_cells,
                key=lambda c: (read_bare(document.quote(c.span)) != name, c.row, c.column),
            )
            found.setdefault(name, best.span)
        if found:
            out[number] = found
    return out


_SPARED = re.compile(
    r"\b(?:healthy|unaffected|carriers?|donors?|untreated|not treated|no symptoms|asymptomatic)\b", re.I
)
_SIBLINGS = frozenset({"brother", "sister", "twin", "sibling", "son", "daughter", "boy", "girl"})


def kin_of_tables(document: Document) -> dict[str, Span]:
    """The brothers and sisters whom only the rows of a table name as patients; nobody unless there are two.

    Parents, and those whose row says that they are healthy or gave the cells, are no patients.
    """
    for number, cells in _cells_by_table(document).items():
        if number < len(document.tables) and is_others_table(document.tables[number], _header_words(document, cells)):
            continue
        found: dict[str, Span] = {}
        for _, cell in cells:
            words = document.quote(cell.span).strip()
            name = read_kin(words) if cell.column == 0 and cell.row and len(words) < 40 else None
            row = " | ".join(document.quote(other.span) for _, other in cells if other.row == cell.row)
            if name is not None and name.split()[-1] in _SIBLINGS and not _SPARED.search(row):
                found.setdefault(name, cell.span)
        if len(found) > 1:
            return found
    return {}


def _header_words(document: Document, cells: Sequence[tuple[int, Cell]]) -> str:
    return " | ".join(
        document.quote(cell.span) for _, cell in cells if cell.is_header or cell.row == 0 or cell.column == 0
    )


def _oriented(document: Document, cells: Sequence[tuple[int, Cell]], known: set[str]) -> tuple[str, dict[int, str]]:
    """Whether people stand in the columns or in the rows of a table, and which of them is whose."""
    columns = _axis_names(document, cells, "column", known)
    rows = _axis_names(document, cells, "row", known)
    if len(set(columns.values())) >= len(set(rows.values())) and columns:
        return "column", columns
    return "row", rows


def whose_cells(document: Document, cast: Cast) -> dict[int, tuple[str, ...]]:
    """Whose each cell is."""
    out: dict[int, tuple[str, ...]] = {}
    known = set(cast.ids)
    for number, cells in _cells_by_table(document).items():
        table = document.tables[number] if number < len(document.tables) else None
        if table is not None and is_others_table(table, _header_words(document, cells)):
            continue
        if cast.single:
            for index, cell in cells:
                if not AUTHOR_ROW.search(cell.row_header):
                    out[index] = cast.ids
            continue
        axis, names = _oriented(document, cells, known)
        owner = read_label(table.caption) if table is not None else None
        for index, cell in cells:
            if AUTHOR_ROW.search(cell.row_header) or NOBODY_ROW.match(cell.row_header):
                continue
            name = names.get(cell.column if axis == "column" else cell.row) or read_label(cell.group) or owner
            id = name if name in known else person_called(cast, name)
            if id is not None:
                out[index] = (id,)
        # A line of its own over several patients ("Multiple sclerosis") is told of all under it.
        for index, cell in cells:
            words = document.quote(cell.span).strip()
            under = [out[i] for i, other in cells if i in out and other.group and other.group == words]
            if index not in out and cell.is_header and under:
                out[index] = tuple(dict.fromkeys(id for ids in under for id in ids))
    return out
