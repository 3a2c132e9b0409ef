"""SYNTHESIS: sheets to files: CSV and Excel here, Word and HTML by their own modules. The same sheets give the same
bytes.

Computed values are set in italics; in CSV they end in ``(derived)``. Footnotes are lettered; in CSV they stand written
out in a last column, each after the title of its column.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from math import ceil
from pathlib import Path
from typing import Any, Literal

from extract.evidence.cells import protect
from extract.synthesis.files import WRITTEN, write_file
from extract.synthesis.html_tables import write_html
from extract.synthesis.sheets import DARK, LEVEL_COLOURS, Cell, Column, Sheet, letter
from extract.synthesis.word_tables import write_word

Format = Literal["csv", "xlsx", "docx", "html"]
FORMATS: tuple[Format, ...] = ("csv", "xlsx", "docx", "html")


def write_sheets(sheets: Sequence[Sheet], folder: Path, formats: Iterable[Format] = FORMATS) -> list[Path]:
    """Sheets in some formats: ``tables/<name>.csv`` each, ``tables.xlsx``, ``tables.docx``, ``tables.html`` together.

    Returns the files written.
    """
    written: list[Path] = []
    for chosen in dict.fromkeys(formats):
        if chosen == "csv":
            for sheet in sheets:
                written.append(folder / "tables" / f"{sheet.name}.csv")
                write_file(written[-1], sheet_csv(sheet))
            continue
        written.append(folder / f"tables.{chosen}")
        {"xlsx": write_excel, "docx": write_word, "html": write_html}[chosen](sheets, written[-1])
    return written


def sheet_csv(sheet: Sheet) -> bytes:
    """A sheet as CSV: UTF-8, the shared title before a column's own, the footnotes of each row with their columns."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    titles = [cell.text for cell in _titles(sheet)]
    writer.writerow([protect(title) for title in [*titles, "footnotes"]])
    for row in sheet.rows:
        # by column, not by letter: a paper more would letter the footnotes of all others anew
        notes = " ".join(
            f"[{title}] {sheet.footnotes[number]}"
            for title, cell in zip(titles, row, strict=True)
            for number in cell.notes
        )
        writer.writerow([protect(text) for text in [*map(_plain_text, row), notes]])
    return text.getvalue().encode("utf-8")


def _titles(sheet: Sheet) -> list[Cell]:
    """The titles of a sheet in one row: the shared one before a column's own."""
    return [Cell(f"{column.over}: {column.title}" if column.over else column.title) for column in sheet.columns]


def _plain_text(cell: Cell) -> str:
    return f"{cell.text} (derived)" if cell.is_derived else cell.text


def write_excel(sheets: Sequence[Sheet], path: Path) -> None:
    """Sheets as a workbook: numbers as numbers, computed values in italics with their formula as a comment."""
    import xlsxwriter

    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": "Evidence tables", "created": WRITTEN})
    formats = _Formats(book)
    for sheet in sheets:
        _excel_sheet(book.add_worksheet(sheet.name[:31]), sheet, formats)
    book.close()
    write_file(path, out.getvalue())


class _Formats:
    """The formats of a workbook, each made once."""

    def __init__(self, book: Any) -> None:
        self.book = book
        self.made: dict[tuple[tuple[str, Any], ...], Any] = {}

    def __call__(self, **facts: Any) -> Any:
        key = tuple(sorted(facts.items()))
        if key not in self.made:
            self.made[key] = self.book.add_format({"valign": "top", "text_wrap": True, "font_size": 10, **facts})
        return self.made[key]


def _excel_sheet(page: Any, sheet: Sheet, formats: _Formats) -> None:
    page.write_string(0, 0, sheet.title, formats(bold=True, text_wrap=False, font_size=12))
    top = 2
    head = formats(bold=True, bottom=1, valign="bottom")
    upright = formats(bold=True, bottom=1, valign="bottom", rotation=90)
    for index, (column, title) in enumerate(zip(sheet.columns, _titles(sheet), strict=True)):
        page.set_column(index, index, _letters(column))
        page.write_string(top, index, title.text, upright if column.is_upright else head)
    page.set_row(
        top, LINE * (8 if any(column.is_upright for column in sheet.columns) else _lines(sheet, _titles(sheet)))
    )
    for number, row in enumerate(sheet.rows, top + 1):
        page.set_row(number, LINE * min(_lines(sheet, row), MOST_LINES))
        for index, cell in enumerate(row):
            _excel_cell(page, number, index, sheet, cell, formats)
    page.freeze_panes(top + 1, 1)
    if sheet.rows:
        page.autofilter(top, 0, top + len(sheet.rows), len(sheet.columns) - 1)
    line = top + len(sheet.rows) + 2
    small = formats(font_size=9, text_wrap=False)
    notes = (f"{letter(number)}  {text}" for number, text in enumerate(sheet.footnotes))
    for text in (*sheet.remarks, *notes):
        page.write_string(line, 0, protect(text), small)
        line += 1
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.repeat_rows(top)


LINE = 13.5
MOST_LINES = 30
"""Points of a line of a row, and lines of the tallest row."""


def _letters(column: Column) -> float:
    """How many letters a column of a workbook holds."""
    return 5 if column.is_upright else max(7.0, 11 * column.width)


def _lines(sheet: Sheet, row: Sequence[Cell]) -> int:
    """How many lines the longest cell of a row takes: spreadsheets do not all find out by themselves."""
    return max(
        ceil((len(cell.text) + 2 * len(cell.notes)) * 1.15 / _letters(column))
        for cell, column in zip(row, sheet.columns, strict=True)
    )


def _excel_cell(page: Any, row: int, index: int, sheet: Sheet, cell: Cell, formats: _Formats) -> None:
    facts: dict[str, Any] = {"italic": True} if cell.is_derived else {}
    if cell.level:
        facts |= {"bg_color": LEVEL_COLOURS[cell.level], "font_color": "#FFFFFF" if cell.level in DARK else "#222222"}
    letters = sheet.letters(cell)
    if cell.number is not None and not letters:
        page.write_number(row, index, float(cell.number), formats(**facts))
    elif letters:
        # a superscript beside a number would make it text, so that the reader sees both
        raised = formats(font_script=1, **facts)
        page.write_rich_string(row, index, formats(**facts), cell.text, raised, f" {letters}", formats(**facts))
    else:
        page.write_string(row, index, protect(cell.text), formats(**facts))
    if cell.formula:
        page.write_comment(row, index, cell.formula, {"author": ""})
