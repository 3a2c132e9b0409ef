"""REVIEW: a file of corrections as it comes back from Excel, LibreOffice or pandas, beside what the run wrote.

What a spreadsheet does to cells that nobody touched is no change: other separators, decimal commas, ``1E+08``, TRUE,
characters that an encoding lost. What it destroyed is told, never guessed: a cell that became a date, an error, a
formula without its result, a number without its decimal point.
"""

from __future__ import annotations

import csv
import difflib
import io
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from extract.evidence.cells import unprotect
from extract.evidence.decisions import Via
from extract.evidence.files import read_baseline
from extract.evidence.returned import WorkbookError, read_workbook
from extract.evidence.workbook import RENAMED, TEXT
from extract.model import RECORDS
from extract.schema import Column, Schema

Cells = dict[str, str]

TABLES = (*RECORDS, "conflicts", "values", "documents")
"""The tables in which corrections are made."""

_MONTH = (
    r"(?:jan|feb|f[ée]v|mar|mär|apr|avr|ma[iy]|jun|juin|jul|juil|aug|ao[uû]|sep|o[ck]t|nov|d[eé][cz])[a-zäéû]{0,6}\.?"
)
DATE = re.compile(
    r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d)?)?|\d{1,2}(?P<by>[-/.])\d{1,2}(?P=by)\d{2,4}"
    rf"|\d{{1,2}}[-/. ]+{_MONTH}([-/. ]+\d{{2,4}})?|{_MONTH}[-/. ]+\d{{1,4}}",
    re.IGNORECASE,
)
_ERROR = re.compile(r"#(N/A|NV|NAME\??|VALUE!|WERT!|REF!|BEZUG!|DIV/0!|NUM!|ZAHL!|NULL!|CALC!|SPILL!|#+)|Err:\d{3}")
_NO_WORDS = frozenset({"#N/A", "#NA", "<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null", "-NaN", "-nan"})
_NUMBER = re.compile(r"[-+]?\d+(\.\d+)?([eE][-+]?\d+)?")
_POINTED = re.compile(r"\d{1,4}[-/.]\d{1,2}([-/.]\d{2,4})?")


class WrongFile(Exception):
    """A file that corrections cannot be read from. The message says why and what to do."""


@dataclass(frozen=True)
class Line:
    """A row of the file: its number as a spreadsheet shows it, and its cells by column."""

    number: int
    cells: Cells


@dataclass(frozen=True)
class Sheet:
    """A table of the file, and the same table as the run wrote it (``before``).

    ``lost``: what became of cells whose content cannot be known any more, by row number and column. ``commas``: numbers
    are written with a decimal comma. ``narrow``: characters that do not fit cp1252 were lost on the way.
    """

    title: str
    table: str
    columns: tuple[str, ...]
    lines: tuple[Line, ...]
    before: tuple[Cells, ...]
    lost: Mapping[tuple[int, str], str] = field(default_factory=dict)
    commas: bool = False
    narrow: bool = False


@dataclass(frozen=True)
class Came:
    """The file: its sheets, the trail of the run that it was made from (values.csv), and how it came."""

    sheets: tuple[Sheet, ...]
    trail: tuple[Cells, ...]
    via: Via
    notes: tuple[str, ...] = ()


def read_file(path: Path, outputs: Path | None, schema: Schema) -> Came:
    """The corrections in a workbook (.xlsx) or a CSV that is named as a table of the run in ``outputs``.

    Raises WrongFile.
    """
    try:
        if path.suffix.lower() in (".xlsx", ".xlsm"):
            return _workbook(path)
        if path.suffix.lower() in (".csv", ".tsv", ".txt"):
            return _csv(path, outputs, schema)
    except OSError as error:
        raise WrongFile(f"{path}: cannot be opened ({error.strerror}).") from error
    raise WrongFile(f"{path}: neither a workbook (.xlsx) nor a CSV. Save it as one of these.")


# --- a workbook


def _workbook(path: Path) -> Came:
    try:
        came = read_workbook(path)
    except WorkbookError as error:
        raise WrongFile(str(error)) from error
    formulas: dict[tuple[str, int, str], str] | None = None
    sheets = []
    for table, frame in came.sheets.items():
        before = tuple(_rows(came.before[table]))
        lines = tuple(Line(number, cells) for number, cells in enumerate(_rows(frame), 2))
        dated = {int(re.sub(r"\D", "", cell.rpartition("!")[2])) for cell in came.dates if _of(cell, table)}
        lost = {
            (line.number, column): "a date"
            for line in lines
            if line.number in dated
            for column, text in line.cells.items()
            if DATE.fullmatch(text)
        }
        if any(not text for line in lines for text in line.cells.values()):
            formulas = _formulas(path) if formulas is None else formulas
            lost |= {(row, column): text for (name, row, column), text in formulas.items() if name == table}
        columns = tuple(map(str, frame.columns))
        sheets.append(Sheet(table, table, columns, lines, before, lost))
    titles = {new: old for old, new in RENAMED["values"].items()}
    trail = tuple({titles.get(name, name): text for name, text in row.items()} for row in _rows(came.before["values"]))
    return Came(tuple(sheets), trail, "workbook")


def _of(cell: str, table: str) -> bool:
    return re.fullmatch(rf"{re.escape(table)}(_\d+)?", cell.rpartition("!")[0]) is not None


def _formulas(path: Path) -> dict[tuple[str, int, str], str]:
    """The cells that hold a formula but no result, since no spreadsheet has computed them."""
    from openpyxl import load_workbook

    data = path.read_bytes()
    plain = load_workbook(io.BytesIO(data), read_only=True)
    found: dict[tuple[str, int, str], str] = {}
    results: Any = None
    for title in plain.sheetnames:
        head: list[str] = []
        for number, row in enumerate(plain[title].iter_rows(values_only=True), 1):
            head = head or [str(cell or "") for cell in row]
            for column, cell in zip(head, row, strict=False):
                if isinstance(cell, str) and cell.startswith("=") and column:
                    results = results or load_workbook(io.BytesIO(data), data_only=True)
                    if results[title].cell(number, head.index(column) + 1).value is None:
                        found[title, number, column] = f"a formula without its result ({cell})"
    return found


def _rows(frame: pd.DataFrame) -> list[Cells]:
    return [{str(name): str(cell) for name, cell in row.items()} for row in frame.to_dict("records")]


# --- a CSV


def _csv(path: Path, outputs: Path | None, schema: Schema) -> Came:
    if outputs is None:
        raise WrongFile(f"{path}: with a CSV, name the folder that 'caseloom run' wrote: --outputs DIR.")
    known = {column.name for spec in schema.tables.values() for column in spec.columns}
    form = read_csv(path, known)
    table = _table_of(path, form.columns, schema)
    try:
        before = tuple(_rows(read_baseline(outputs, table)))
        trail = tuple(_rows(read_baseline(outputs, "values")))
    except FileNotFoundError as error:
        missing = f"{outputs}: no copy of {table}.csv as it was written, to compare with. Run 'caseloom run' again."
        raise WrongFile(missing) from error
    notes = (f"{path.name} is not UTF-8: characters that its encoding lacks were lost.",) if form.narrow else ()
    sheet = Sheet(path.name, table, form.columns, form.lines, before, {}, form.commas, form.narrow)
    return Came((sheet,), trail, "csv", notes)


class Form(NamedTuple):
    """A CSV as it was read: its columns and rows, whether numbers have decimal commas, whether its encoding holds few
    characters only."""

    columns: tuple[str, ...]
    lines: tuple[Line, ...]
    commas: bool
    narrow: bool


def read_csv(path: Path, known: Collection[str]) -> Form:
    """A CSV from any spreadsheet; its separator is the one that gives most of the ``known`` columns.

    Raises WrongFile for one that is empty or cannot be read as CSV, OSError when it cannot be opened.
    """
    text, narrow = _decoded(path)
    text = re.sub(r"\Asep=.\r?\n", "", text)

    def columns(delimiter: str) -> int:
        return sum(name.strip() in known for name in next(csv.reader(io.StringIO(text), delimiter=delimiter), []))

    delimiter = max((",", ";", "\t", "|"), key=columns)
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise WrongFile(f"{path}: not readable as CSV ({error}).") from error
    if not rows:
        raise WrongFile(f"{path}: there is nothing in it.")
    head = [unprotect(cell).strip() for cell in rows[0]]
    lines = tuple(
        Line(number, {name: unprotect(cell).strip() for name, cell in zip(head, row, strict=False) if name})
        for number, row in enumerate(rows[1:], 2)
    )
    return Form(tuple(filter(None, head)), lines, delimiter != ",", narrow)


def _decoded(path: Path) -> tuple[str, bool]:
    """The text of a file, and whether its encoding can hold few characters only."""
    data = path.read_bytes()
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", errors="replace"), False
    try:
        return data.decode("utf-8-sig"), False
    except UnicodeDecodeError:
        return data.decode("cp1252", errors="replace"), True


def _table_of(path: Path, head: Iterable[str], schema: Schema) -> str:
    """The table that a file holds, by its name, else by its columns."""
    if path.stem in TABLES:
        return path.stem
    named = [name for name in TABLES if path.stem.lower().startswith(name)]
    if named:
        return max(named, key=len)
    if path.stem in schema.tables:
        raise WrongFile(
            f"{path}: {path.stem}.csv is for reading; correct {', '.join(f'{name}.csv' for name in TABLES[:4])}, … "
            "or the sheets of evidence.xlsx."
        )
    columns = set(head)
    best = max(TABLES, key=lambda name: len(columns & set(schema.tables[name].names())))
    spec = set(schema.tables[best].names())
    if len(columns & spec) >= max(3, len(spec) / 2):
        return best
    near = difflib.get_close_matches(path.stem, TABLES, n=1)
    hint = f" Did you mean {near[0]}.csv?" if near else ""
    raise WrongFile(f"{path}: not named as a table.{hint} Name it as one of: {', '.join(TABLES)}.")


# --- what is the same, and what was destroyed


def as_typed(sheet: Sheet, column: Column | None, text: str) -> str:
    """A cell with the decimal comma of its file made a point, where the column holds numbers."""
    numbers = column is not None and (column.type in ("number", "integer") or bool(column.unit))
    return _pointed(text) if sheet.commas and numbers else text


def _pointed(text: str) -> str:
    return re.sub(r"(?<=\d),(?=\d)", ".", text)


def unchanged(sheet: Sheet, column: Column | None, before: str, now: str) -> bool:
    """Whether a cell says what it said, whatever a spreadsheet made of its form."""
    before, now = " ".join(before.split()), " ".join(now.split())
    if before == now:
        return True
    if sheet.narrow and before.encode("cp1252", errors="replace").decode("cp1252") == now:
        return True
    if len(before) >= TEXT - 1 and len(now) >= TEXT - 1 and before[: TEXT - 2] == now[: TEXT - 2]:
        return True
    if before in (_garbled(now), whole_number(now)) or (sheet.commas and _pointed(now) == before):
        return True
    if column is None:
        return False
    now = as_typed(sheet, column, now)
    if column.type == "boolean":
        return before.casefold() == now.casefold()
    if column.type == "list":
        return [part.strip() for part in before.split(";")] == [part.strip() for part in now.split(";")]
    first, second = _number(before), _number(now)
    if first is None or second is None or column.type not in ("number", "integer"):
        return before == now
    digits = len(re.sub(r"[eE].*|\D", "", now))
    return first == second or ("e" in now.lower() and _rounded(first, digits) == second)


def whole_number(text: str) -> str:
    """A number without the ``.0`` that pandas adds to a column with empty cells."""
    return text[:-2] if re.fullmatch(r"\d+\.0", text) else text


def _garbled(text: str) -> str:
    """What a text was before UTF-8 was taken for cp1252."""
    try:
        return text.encode("cp1252").decode("utf-8")
    except UnicodeError:
        return ""


def _rounded(number: Decimal, digits: int) -> Decimal:
    return Decimal(f"{number:.{max(digits - 1, 0)}E}")


def _number(text: str) -> Decimal | None:
    try:
        return Decimal(text) if _NUMBER.fullmatch(text) else None
    except InvalidOperation:
        return None


def faded(before: str, now: str) -> bool:
    """Whether a word became an empty cell, as pandas does to ``None`` and ``NA``."""
    return not now and before in _NO_WORDS


def destroyed(sheet: Sheet, number: int, name: str, column: Column | None, before: str, now: str) -> str:
    """What a spreadsheet made of a cell so that nobody can know what was meant; '' for nothing."""
    if what := sheet.lost.get((number, name)):
        return f"the spreadsheet made {what} of it. Type the value again, as text."
    if faded(before, now):
        return f"pandas reads '{before}' as an empty cell. Choose reject if the paper does not say it."
    if _ERROR.fullmatch(now):
        return "it is an error of the spreadsheet. Type the value again."
    numeric = column is not None and column.type in ("number", "integer")
    if DATE.fullmatch(now) and (numeric or _POINTED.fullmatch(before)) and not _number(as_typed(sheet, column, now)):
        return "it looks like a date that the spreadsheet made of it. Type the value again, as text."
    if numeric and "." in before and re.sub(r"\D", "", before) == now:
        return (
            f"it was {before}: the spreadsheet may have lost the decimal point. Change it on the page if it is meant."
        )
    return ""


def same_id(known: str, text: str) -> bool:
    """Whether a spreadsheet may have made ``text`` of an id: ``0012`` became 12, ``12e4`` became 1.2E+05."""
    number = _number(text.replace(",", "."))
    if known == text or number is None or not re.fullmatch(r"\d+(e\d{1,3})?", known):
        return known == text
    digits = len(re.sub(r"[eE].*|\D", "", text))
    return Decimal(known) == number or ("E" in text and _rounded(Decimal(known), digits) == number)
