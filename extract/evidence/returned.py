"""EVIDENCE: a workbook that comes back from a person, read as it is laid out in ``extract.evidence.workbook``.

A workbook carries the tables as they were written, so it can be compared with itself: what was changed in it is known
even when the papers were run again in the meantime.
"""

from __future__ import annotations

import base64
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from extract.evidence.cells import unprotect
from extract.evidence.workbook import LAYOUT, RUN, TABLE, sheet_text
from extract.model import plain

_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")


class WorkbookError(Exception):
    """A file that is not a workbook of a run. The message says what is the matter and what to do."""


class Returned(NamedTuple):
    """What stands in a workbook. ``run`` is what it tells of its run.

    ``sheets`` are the tables in which corrections are made as they stand now, all text, '' for empty, under the columns
    of the sheet; ``before`` are the same tables as they were written (data columns only), cut as a sheet cuts them.
    ``dates`` names the cells (``outcomes!H7``) that the spreadsheet turned into dates: what was typed there is lost.
    """

    run: dict[str, str]
    sheets: dict[str, pd.DataFrame]
    before: dict[str, pd.DataFrame]
    dates: list[str]


def read_workbook(path: Path) -> Returned:
    """Read a workbook that ``write_workbook`` wrote and a person may have changed.

    Raises WorkbookError when it is none, and OSError when the file cannot be opened.
    """
    from openpyxl import load_workbook
    from openpyxl.utils.exceptions import InvalidFileException

    data = io.BytesIO(path.read_bytes())
    try:
        book = load_workbook(data, read_only=True, data_only=True)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, SyntaxError) as error:
        raise WorkbookError(f"{path}: not an Excel workbook (.xlsx). Save it as .xlsx and try again.") from error
    if RUN not in book.sheetnames:
        raise WorkbookError(
            f"{path}: not a workbook of a run (its hidden sheet {RUN} is missing). Use the evidence.xlsx of a run."
        )
    facts = {cells[0]: "".join(cells[1:]) for cells in (list(_texts(row)) for row in book[RUN].iter_rows()) if cells[0]}
    run = {name: text for name, text in facts.items() if not name.startswith(TABLE)}
    if run.get("layout") != LAYOUT:
        raise WorkbookError(f"{path}: written by another version of caseloom. Run the papers again for a new one.")
    try:
        before = {name[len(TABLE) :]: _unpacked(text) for name, text in facts.items() if name.startswith(TABLE)}
    except (ValueError, zlib.error) as error:
        raise WorkbookError(f"{path}: its hidden sheet {RUN} is damaged. Use the evidence.xlsx of a run.") from error
    dates: list[str] = []
    sheets = {name: pd.concat(list(_sheets(book, name, dates)), ignore_index=True) for name in before}
    return Returned(run, sheets, before, dates)


def _unpacked(text: str) -> pd.DataFrame:
    data = zlib.decompress(base64.b64decode(text, validate=True))
    table = pd.read_csv(io.BytesIO(data), dtype=str, keep_default_na=False).map(unprotect)
    return table.map(lambda cell: unprotect(sheet_text(cell)))


def _sheets(book: Any, name: str, dates: list[str]) -> Iterator[pd.DataFrame]:
    """The pieces of a table, one a sheet."""
    titles = [title for title in book.sheetnames if re.fullmatch(rf"{re.escape(name)}(_\d+)?", title)]
    for title in titles:
        rows = book[title].iter_rows()
        head = list(_texts(next(rows, ())))
        cells = []
        for row in rows:
            cells.append([*_texts(row), *[""] * len(head)][: len(head)])
            dates += [f"{title}!{cell.coordinate}" for cell in row if isinstance(cell.value, date | time | timedelta)]
        while cells and not any(cells[-1]):
            cells.pop()
        named = [index for index, column in enumerate(head) if column]
        yield pd.DataFrame(
            [[row[index] for index in named] for row in cells], columns=[head[index] for index in named], dtype=str
        )
    if not titles:
        yield pd.DataFrame()


def _texts(row: Any) -> Iterator[str]:
    for cell in row:
        yield cell_text(cell.value, getattr(cell, "number_format", ""))


def cell_text(value: Any, number_format: str = "") -> str:
    """The text of a cell as the CSV would have it: ``100000000``, ``0.5``, ``true``; '' for an empty one."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        number = Decimal(repr(value))
        return f"{plain(number * 100)} %" if "%" in (number_format or "") else plain(number)
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return unprotect(_ESCAPED.sub(lambda match: chr(int(match[1], 16)), str(value)))
