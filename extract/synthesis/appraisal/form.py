"""SYNTHESIS: the form in which a reviewer appraises: appraisal.xlsx with drop-downs, and the same as appraisal.csv.

It shows the words that bear on each item and nobody's judgement but that of the one it is made for, so that two can
judge apart from each other. ``caseloom review import`` takes it back; what an item is, and the words it was judged on,
come back in the columns of ``KEPT``.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from math import ceil
from pathlib import Path
from typing import Any

from extract.evidence.cells import protect
from extract.evidence.kept import digest_of, need_not_keep, put_aside
from extract.schema.appraisal import UNCLEAR
from extract.synthesis.appraisal.judging import Appraisal, Assessment
from extract.synthesis.appraisal.sheets import words_text
from extract.synthesis.files import WRITTEN, write_file

CSV, EXCEL = "appraisal.csv", "appraisal.xlsx"
SHEET = "appraisal"

SHOWN = ("study", "tool", "item", "question", "words", "judgement", "why", "allowed")
KEPT = ("document", "sha256", "record", "seen", "before", "reviewer")
"""Hidden columns: what a judgement is about, the mark of the quotes it is made on, what the reviewer had said
before, and for whom the form was made ('' for anybody)."""

WIDTHS = {"study": 18, "tool": 15, "item": 18, "question": 34, "words": 80, "judgement": 15, "why": 30, "allowed": 14}
LINE = 13.0
MOST_LINES = 30
"""Points of a line, and lines of the tallest row."""

ABOUT = (
    ("What this is", "Each row is an item of a tool for one paper, with the words of the paper that bear on it."),
    ("What to do", "Read the paper, choose in the column judgement, and say why where it is not plain."),
    ("Left empty", "An item without a judgement stays open. Nothing is judged by the program: 'unclear' before the "
     "words says only that none were found."),
    ("To take back", "Empty the judgement in a form that was made for you; it holds what you said before."),
    ("When done", "caseloom review import appraisal.xlsx --reviewer NAME"),
    ("Hidden columns", "They say which item a row is: leave them. Rows may be sorted, filtered or deleted."),
)  # fmt: skip


def form_rows(found: Iterable[Appraisal], reviewer: str = "") -> list[dict[str, str]]:
    """The rows of a form, paper by paper, with what ``reviewer`` judged so far; what is stale is told and must be
    judged again."""
    return [
        {
            "study": one.study,
            "tool": one.tool.name,
            "item": each.item.label,
            "question": each.item.question,
            "words": _words(each, reviewer),
            "judgement": (said := _said(each, reviewer))[0],
            "why": said[1],
            "allowed": "; ".join(one.tool.judgements),
            "document": one.document,
            "sha256": one.sha256,
            "record": one.record(each.item),
            "seen": each.words.seen,
            "before": said[0],
            "reviewer": reviewer,
        }
        for one in sorted(found, key=lambda one: one.document)
        for each in one.assessments
    ]


def _said(assessment: Assessment, reviewer: str) -> tuple[str, str]:
    """What a reviewer said of an item, and why."""
    mine = [one for one in _own(assessment, reviewer) if not one.stale]
    return (mine[0].said, mine[0].why) if mine else ("", "")


def _own(assessment: Assessment, reviewer: str) -> list[Any]:
    return [one for one in assessment.judgements if one.reviewer == reviewer and not one.is_adjudication]


def _words(assessment: Assessment, reviewer: str) -> str:
    text = words_text(assessment)
    if not assessment.words.quotes:
        text = f"{UNCLEAR}: {text}"
    stale = [f"You said '{one.said}' before, but {one.stale}." for one in _own(assessment, reviewer) if one.stale]
    return "\n".join([*stale, text])


def write_forms(found: Sequence[Appraisal], folder: Path, reviewer: str = "") -> tuple[list[Path], list[Path]]:
    """Write appraisal.csv and appraisal.xlsx into a folder. Returns the files written, and where earlier ones were put
    aside in which somebody had worked. Raises OSError."""
    rows = form_rows(found, reviewer)
    written, aside = [], []
    for name, data in ((CSV, _csv(rows)), (EXCEL, _excel(rows))):
        if (kept := put_aside(folder, name)) is not None:
            aside.append(kept)
        path = folder / name
        write_file(path, data)
        need_not_keep(folder, digest_of(path), name)
        written.append(path)
    return written, aside


def _csv(rows: Sequence[dict[str, str]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*SHOWN, *KEPT])
    writer.writerows([protect(row[name]) for name in (*SHOWN, *KEPT)] for row in rows)
    return text.getvalue().encode("utf-8")


def _excel(rows: Sequence[dict[str, str]]) -> bytes:
    import xlsxwriter

    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": "Appraisal", "created": WRITTEN})
    page = book.add_worksheet(SHEET)
    plain = book.add_format({"valign": "top", "text_wrap": True, "font_size": 10})
    own = book.add_format({"valign": "top", "text_wrap": True, "font_size": 10, "bg_color": "#FFF8DC", "border": 1,
                           "border_color": "#CCCCCC"})  # fmt: skip
    head = book.add_format({"bold": True, "bottom": 1, "bg_color": "#E8EEF2"})
    columns = (*SHOWN, *KEPT)
    for index, name in enumerate(columns):
        page.set_column(index, index, WIDTHS.get(name, 12), plain, {"hidden": name in KEPT})
        page.write_string(0, index, name, head)
    for number, row in enumerate(rows, 1):
        page.set_row(number, LINE * min(_lines(row), MOST_LINES))
        for index, name in enumerate(columns):
            look = own if name in ("judgement", "why") else plain
            if row[name]:
                page.write_string(number, index, protect(row[name]), look)
            else:
                page.write_blank(number, index, None, look)
    for first, last, words in _runs(rows):
        page.data_validation(first, columns.index("judgement"), last, columns.index("judgement"), _choices(words))
    page.freeze_panes(1, 3)
    page.autofilter(0, 0, max(1, len(rows)), len(columns) - 1)
    page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.repeat_rows(0)
    about = book.add_worksheet("about")
    about.set_column(0, 0, 18)
    about.set_column(1, 1, 100)
    for number, (title, text) in enumerate(ABOUT):
        about.write_string(number, 0, title, head)
        about.write_string(number, 1, text, plain)
    book.close()
    return out.getvalue()


def _lines(row: dict[str, str]) -> int:
    """How many lines the tallest cell of a row takes: spreadsheets do not all find out by themselves."""
    return max(sum(max(1, ceil(len(line) * 0.95 / WIDTHS[name])) for line in row[name].split("\n")) for name in SHOWN)


def _runs(rows: Sequence[dict[str, str]]) -> list[tuple[int, int, str]]:
    """First and last line of rows with the same choices."""
    runs: list[tuple[int, int, str]] = []
    for number, row in enumerate(rows, 1):
        if runs and runs[-1][2] == row["allowed"]:
            runs[-1] = (runs[-1][0], number, row["allowed"])
        else:
            runs.append((number, number, row["allowed"]))
    return runs


def _choices(allowed: str) -> dict[str, Any]:
    words = allowed.split("; ")
    shown = f"Choose {', '.join(words)}, or leave it empty."
    if len(",".join(words)) > 255:  # more than a drop-down holds; the import checks the word
        return {"validate": "any", "input_message": shown[:255]}
    return {"validate": "list", "source": words, "error_title": "judgement", "error_message": shown[:255]}
