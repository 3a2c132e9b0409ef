"""EVIDENCE: evidence.xlsx, all tables of a run in one workbook, to read and to correct.

How it is laid out (``extract.evidence.returned`` reads it back):

- One sheet a table, named as the table, evidence first. Row 1 holds the names of the columns as in the CSV, in the same
  order. A table too long for a sheet goes on in ``<table>_2``, ``<table>_3``.
- ``values`` leaves out the columns of ``LEFT_OUT`` (boxes and offsets: they stand in values.csv). It and ``conflicts``
  call their column ``review`` ``state``, since ``review`` is where a person writes.
- After its own columns, a table in which corrections are made has columns that are not data: ``page`` (patient-level
  tables only: the page of the row's first place, a link to its picture), then ``review``, ``words``, ``why``, empty,
  for the person who reviews. What may be chosen in ``review`` is in ``CHOICES``; ``words`` are the paper's words for a
  value typed into an empty cell. A correction itself is typed over the value.
- Columns of ids are hidden: ``record``, and in ``values`` also ``value_id``.
- Cells of columns with type number or integer are numbers where a number is exactly the text (``exact_number``), all
  others text, disarmed as in the CSV. Text longer than a cell can hold is cut and ends in an ellipsis.
- ``about`` says how to use the workbook. ``_run`` (hidden) says which run it is of: a name in the first column, its
  value in those after it. ``table.<name>`` holds the data columns of a table in which corrections are made, as they
  were written (CSV, zlib, base64).

Written with XlsxWriter, row by row, so that memory stays bounded; the same tables give the same bytes.
"""

from __future__ import annotations

import base64
import re
import tempfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import cache, lru_cache
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import xlsxwriter

from extract.evidence.cells import protect
from extract.evidence.codebook import columns_of
from extract.evidence.files import csv_bytes
from extract.evidence.looks import ABOUT, Looks
from extract.evidence.marks import Marks, marks_of
from extract.model import plain
from extract.schema import Schema

ORDER = (
    "evidence", "patients", "diagnoses", "administrations", "outcomes", "adverse_events", "therapies", "conflicts",
    "values", "documents", "issues", "overlaps", "codebook",
)  # fmt: skip
"""The first sheets; other tables come after them."""

LEFT_OUT = {"values": ("x0", "top", "x1", "bottom", "quote_boxes", "start", "end")}
RENAMED = {"values": {"review": "state"}, "conflicts": {"review": "state"}}
HIDDEN = {"values": ("value_id", "record")}
LINK = "page"
REVIEW = ("review", "words", "why")
CHOICES = {
    "": ("accept", "reject", "absent"),
    "documents": ("accept", "reject", "absent"),
    "values": ("accept", "reject"),
    "conflicts": ("a", "b"),
}
"""What a person may choose in ``review``, by table; '' stands for the patient-level tables."""

RUN = "_run"
LAYOUT = "1"
TABLE = "table."

ROWS = 1_048_576
TEXT = 32_767
LINKS = 65_000
"""What one sheet holds at most: rows, characters in a cell, links."""

MORE = 200
"""Rows below the last in which new ones can be typed with the same drop-downs."""

NARROW = 32
FEW = 40
WIDEST = 66
MOST_LINES = 7
LINE = 13.5
"""Characters of a column that is never wrapped; cells of a column that is as wide as its longest; characters of the
widest column; lines of the tallest row; points of a line."""

WRITTEN = datetime(2000, 1, 1)
_PLAIN = re.compile(r"-?(0|[1-9]\d*)(\.\d*[1-9])?")


class Links(NamedTuple):
    """Where a workbook leads: pictures of pages by digest and page, pages of review by digest ('' where there is none),
    both relative to the workbook."""

    picture: Callable[[str, str], str]
    paper: Callable[[str], str]


def write_workbook(
    tables: Mapping[str, pd.DataFrame], schema: Schema, path: Path, *, links: Links, run: Mapping[str, str]
) -> None:
    """Write the tables of a run, and what is to be told of it (``run``: name and value), as a workbook.

    Raises OSError when the file cannot be written.
    """
    digests = dict(zip(tables["documents"]["document"], tables["documents"]["sha256"], strict=True))
    marks = marks_of(tables["values"])
    with tempfile.TemporaryDirectory(prefix="caseloom-") as scratch:
        options = {"constant_memory": True, "tmpdir": scratch, "strings_to_urls": False, "strings_to_formulas": False}
        book = xlsxwriter.Workbook(str(path), options)
        try:
            book.set_properties({"title": "caseloom evidence", "created": WRITTEN})
            looks = Looks(book)
            kept: dict[str, str] = {}
            for name in (*ORDER, *(name for name in tables if name not in ORDER)):
                table = _for_sheet(name, tables[name])
                if name in (*CHOICES, "evidence") or schema.tables[name].record:
                    kept[name] = base64.b64encode(zlib.compress(csv_bytes(table), 6)).decode("ascii")
                for part, title in zip(_parts(table), _titles(name), strict=False):
                    sheet = _Sheet(book, title, name, part, schema, looks)
                    sheet.write(marks, digests, links)
            _write_about(book, looks)
            _write_run(book, {"layout": LAYOUT, **run}, kept)
            book.close()
        except xlsxwriter.exceptions.FileCreateError as error:
            raise OSError(error.args[0] if error.args else str(error)) from error


def exact_number(text: str) -> int | float | None:
    """The number that a cell can hold for a text, if it comes back as the same text; None when it would not.

    A spreadsheet keeps fifteen digits; ``0.50``, ``007`` and ``1E8`` would come back as something else.
    """
    if not _PLAIN.fullmatch(text) or sum(map(str.isdigit, text)) > 15:
        return None
    number = float(text) if "." in text else int(text)
    return number if plain(Decimal(repr(number))) == text else None


@lru_cache(maxsize=10_000)
def sheet_text(text: str) -> str:
    """A text as it stands in a cell: disarmed, and no longer than a cell can hold."""
    text = protect(text)
    return text if len(text) <= TEXT else text[: TEXT - 1] + "…"


def _for_sheet(name: str, table: pd.DataFrame) -> pd.DataFrame:
    """The columns of a table that a sheet shows, under the names it gives them."""
    left = [column for column in LEFT_OUT.get(name, ()) if column in table.columns]
    return table.drop(columns=left).rename(columns=RENAMED.get(name, {}))


def _parts(table: pd.DataFrame) -> Iterator[pd.DataFrame]:
    """A table in pieces that a sheet can hold, at least one."""
    for start in range(0, max(1, len(table)), ROWS - 1):
        yield table.iloc[start : start + ROWS - 1]


def _titles(name: str) -> Iterator[str]:
    yield name
    for number in count(2):
        yield f"{name}_{number}"


def _leads(name: str, links: Links) -> dict[str, Callable[[str, str], str]]:
    """Where the cells of some columns lead: from the digest of the document and the cell's text to a link."""
    if name in ("documents", "evidence"):
        return {"document": lambda digest, _: links.paper(digest)}
    return dict.fromkeys(("page", "page_a", "page_b"), links.picture)


class _Sheet:
    """One sheet: a table, or a piece of one."""

    def __init__(self, book: Any, title: str, name: str, table: pd.DataFrame, schema: Schema, looks: Looks) -> None:
        self.name, self.table, self.schema, self.looks = name, table, schema, looks
        self.sheet = book.add_worksheet(title)
        self.columns = [str(column) for column in table.columns]
        titles = RENAMED.get(name, {})
        known = {titles.get(column.name, column.name): column for column in columns_of(schema, name)}
        self.specs = [known[column] for column in self.columns]
        self.record = schema.tables[name].record
        self.extra = ((LINK,) if self.record else ()) + (REVIEW if self.record or name in CHOICES else ())
        self.links = 0

    def write(self, marks: Marks, digests: Mapping[str, str], links: Links) -> None:
        """Header, rows, and how the sheet looks and behaves."""
        for column, title in enumerate((*self.columns, *self.extra)):
            self.sheet.write_string(0, column, title, self.looks.head(own=column >= len(self.columns)))
        lead = _leads(self.name, links)
        widths = [_width(name, self.table[name]) for name in self.columns]
        lengths = [int(1.1 * width) for width in widths]  # the type is smaller than that in which widths are counted
        numbers = {column for column, spec in enumerate(self.specs) if spec.type in ("number", "integer")}
        typed = self.columns.index("value") if self.name == "values" else -1
        for index, row in enumerate(zip(*(self.table[name] for name in self.table.columns), strict=True), 1):
            cells = dict(zip(self.columns, row, strict=True))
            digest = digests.get(cells.get("document", ""), "")
            of_row = self._mark_of_row(cells)
            record = cells["record"] if self.record else ""
            lines = max(-(-len(text) // length) for text, length in zip(row, lengths, strict=True))
            if lines > 1:  # Excel would find the height itself, LibreOffice does not
                self.sheet.set_row(index, LINE * min(lines, MOST_LINES))
            for column, text in enumerate(row):
                name = self.columns[column]
                mark = of_row or (marks.cells.get((record, name), "") if record else "")
                if self.name == "evidence" and name == "conflicts" and text:
                    mark = "conflict"
                if not text and not mark:
                    continue
                link = lead[name](digest, text) if name in lead and digest and text else ""
                as_number = column in numbers if column != typed else self._counts(cells["table"], cells["field"])
                self._put(index, column, text, as_number, mark, link)
            page = marks.pages.get(record, "")
            if page:
                self._put(index, len(row), page, False, "", links.picture(digest, page) if digest else "")
        self._dress(widths)

    @cache  # noqa: B019  (a sheet lives as long as its workbook is written)
    def _counts(self, table: str, field: str) -> bool:
        """Whether the values of a field are numbers."""
        spec = self.schema.tables.get(table)
        return spec is not None and any(c.name == field and c.type in ("number", "integer") for c in spec.columns)

    def _mark_of_row(self, cells: Mapping[str, str]) -> str:
        """What colours a whole row, '' for nothing."""
        if self.name in ("conflicts", "issues"):
            return {"major": "conflict", "minor": "ambiguous"}.get(cells["severity"], "")
        if self.name == "values":
            return cells["status"] if cells["status"] in ("conflict", "ambiguous") else ""
        return ""

    def _put(self, row: int, column: int, text: str, as_number: bool, mark: str, link: str) -> None:
        """One cell: a link is text, since LibreOffice follows no other."""
        if link and self.links < LINKS:
            self.links += 1
            self.sheet.write_url(row, column, f"external:{link}", self.looks.link, sheet_text(text))
            return
        number = exact_number(text) if as_number and text else None
        if number is not None:
            self.sheet.write_number(row, column, number, self.looks.cell(mark, len(text.partition(".")[2])))
        elif text:
            self.sheet.write_string(row, column, sheet_text(text), self.looks.cell(mark))
        else:
            self.sheet.write_blank(row, column, None, self.looks.cell(mark))

    def _dress(self, widths: Sequence[int]) -> None:
        """Widths, frozen panes, filter, drop-downs, paper."""
        sheet, last = self.sheet, max(1, len(self.table))
        hidden = {"record"} if self.record else set(HIDDEN.get(self.name, ()))
        for column, name in enumerate(self.columns):
            options = {"hidden": True} if name in hidden else {}
            sheet.set_column(column, column, widths[column], self.looks.cell(), options)
        for column, name in enumerate(self.extra, len(self.columns)):
            look = self.looks.own if name in REVIEW else self.looks.cell()
            sheet.set_column(column, column, {LINK: 8, "review": 12}.get(name, 32), look)
        keys = [column for column in ("document", "patient") if column in self.columns[:3]]
        sheet.freeze_panes(1, max((self.columns.index(key) + 1 for key in keys), default=0))
        sheet.autofilter(0, 0, last, len(self.columns) + len(self.extra) - 1)
        sheet.ignore_errors({"number_stored_as_text": f"A1:XFD{last + 1}"})
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
        last += MORE if self.record else 0
        for column, spec in enumerate(self.specs):
            words = list(spec.allowed)
            if self.record and words and spec.type != "list" and len(",".join(words)) <= 255:
                rule = {"validate": "list", "source": words, "error_type": "warning", "error_title": spec.name,
                        "error_message": "Not one of the words that the codebook allows here."}  # fmt: skip
                sheet.data_validation(1, column, last, column, rule)
        if self.extra:
            self._offer_choices(len(self.columns) + len(self.extra) - len(REVIEW), last)

    def _offer_choices(self, column: int, last: int) -> None:
        choices = CHOICES.get(self.name, CHOICES[""])
        rule = {"validate": "list", "source": list(choices), "error_title": "review",
                "error_message": f"Choose {', '.join(choices)}, or leave it empty."}  # fmt: skip
        self.sheet.data_validation(1, column, last, column, rule)


def _width(name: str, cells: pd.Series) -> int:
    """A width in characters that shows most of the cells whole; longer ones are wrapped."""
    lengths = sorted(len(cell) for cell in cells if cell) or [0]
    all_shown = lengths[-1] <= NARROW or len(lengths) < FEW
    usual = lengths[-1] if all_shown else lengths[int(0.9 * (len(lengths) - 1))]
    return min(WIDEST, max(len(name) + 4, usual + 2))


def _write_about(book: Any, looks: Looks) -> None:
    sheet = book.add_worksheet("about")
    sheet.hide_gridlines(2)
    sheet.fit_to_pages(1, 0)
    sheet.set_column(0, 0, 22)
    sheet.set_column(1, 1, 100)
    for row, (title, text, mark) in enumerate(ABOUT):
        sheet.write_string(row, 0, title, looks.head() if not text else looks.cell(mark))
        if text:
            sheet.set_row(row, LINE * -(-len(text) // 100))
            sheet.write_string(row, 1, text, looks.cell())


def _write_run(book: Any, facts: Mapping[str, str], tables: Mapping[str, str]) -> None:
    """What says which run a workbook is of, where nobody stumbles over it."""
    sheet = book.add_worksheet(RUN)
    sheet.very_hidden()
    rows = [(name, [value]) for name, value in facts.items()]
    step = TEXT - 7
    for name, packed in tables.items():
        rows.append((TABLE + name, [packed[at : at + step] for at in range(0, len(packed), step)]))
    for row, (name, cells) in enumerate(rows):
        sheet.write_row(row, 0, [name, *cells])
