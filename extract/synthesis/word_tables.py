"""SYNTHESIS: sheets as a Word document: three-rule tables in landscape, footnotes below each."""

from __future__ import annotations

import io
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from extract.synthesis.files import WRITTEN, with_one_date, write_file
from extract.synthesis.sheets import DARK, LEVEL_COLOURS, Cell, Sheet, letter, unbroken


def write_word(sheets: Sequence[Sheet], path: Path, title: str = "Evidence tables") -> None:
    """Sheets as a Word document in landscape: three-rule tables with repeated heads, footnotes below each."""
    from docx import Document
    from docx.enum.section import WD_ORIENT
    from docx.shared import Mm, Pt

    document: Any = Document()
    section = document.sections[0]
    section.orientation = WD_ORIENT.LANDSCAPE
    section.page_width, section.page_height = Mm(297), Mm(210)
    section.left_margin = section.right_margin = Mm(12)
    section.top_margin = section.bottom_margin = Mm(14)
    normal = document.styles["Normal"]
    normal.font.name, normal.font.size = "Arial", Pt(9)
    normal.paragraph_format.space_after = Pt(2)
    document.add_heading(title, level=1)
    for number, sheet in enumerate(sheets, 1):
        _word_sheet(document, sheet, number)
        if number < len(sheets):
            document.add_page_break()
    facts = document.core_properties
    facts.title, facts.author, facts.last_modified_by, facts.revision = title, "", "", 1
    facts.created = facts.modified = WRITTEN
    out = io.BytesIO()
    document.save(out)
    write_file(path, with_one_date(out.getvalue()))


WIDTH_MM = 273
"""The printable width of the page."""


def _word_sheet(document: Any, sheet: Sheet, number: int) -> None:
    from docx.shared import Mm, Pt

    caption = document.add_paragraph()
    caption.paragraph_format.keep_with_next = True
    caption.add_run(f"Table {number}. {sheet.title}").bold = True
    has_over = any(column.over for column in sheet.columns)
    heads = 2 if has_over else 1
    table = document.add_table(rows=heads, cols=len(sheet.columns))
    table.autofit = False
    widths = [Mm(WIDTH_MM * share) for share in sheet.shares()]
    for width, column in zip(widths, table.columns, strict=True):
        column.width = width
    _word_head(table, sheet, has_over)
    for row in sheet.rows:
        cells = table.add_row().cells
        for index, cell in enumerate(row):
            _word_cell(cells[index], sheet, cell, sheet.columns[index].is_number)
    for line in table.rows:
        _no_break(line)
        for width, cell in zip(widths, line.cells, strict=True):
            cell.width = width
    for line in table.rows[:heads]:
        _repeat(line)
    _rules(table, heads)
    for text in sheet.remarks:
        _small(document, text)
    for index, text in enumerate(sheet.footnotes):
        note = _small(document, "")
        raised = note.add_run(letter(index))
        raised.font.superscript, raised.font.size = True, Pt(7.5)
        note.add_run(f" {text}").font.size = Pt(7.5)


def _small(document: Any, text: str) -> Any:
    from docx.shared import Pt

    paragraph = document.add_paragraph()
    paragraph.paragraph_format.space_after = Pt(0)
    if text:
        paragraph.add_run(text).font.size = Pt(7.5)
    return paragraph


def _word_head(table: Any, sheet: Sheet, has_over: bool) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Mm

    last = table.rows[-1].cells
    for index, column in enumerate(sheet.columns):
        _word_text(last[index], column.title, bold=True)
        if column.is_upright:
            last[index]._element.get_or_add_tcPr().append(_element("w:textDirection", val="btLr"))
            table.rows[-1].height = Mm(34)
        elif column.is_number:
            last[index].paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.RIGHT
    if not has_over:
        return
    first, index = table.rows[0].cells, 0
    for over, group in groupby(sheet.columns, key=lambda column: column.over):
        own = len(list(group))
        if over:
            _word_text(first[index].merge(first[index + own - 1]), over, bold=True)
        else:
            for at in range(index, index + own):
                _word_text(last[at], "", bold=True)
                _word_text(first[at].merge(last[at]), sheet.columns[at].title, bold=True)
        index += own


def _word_text(place: Any, text: str, *, bold: bool = False) -> Any:
    from docx.shared import Pt

    paragraph = place.paragraphs[0]
    for other in place.paragraphs[1:]:
        other._element.getparent().remove(other._element)
    for run in paragraph.runs:
        run._element.getparent().remove(run._element)
    paragraph.paragraph_format.space_after = Pt(0)
    run = paragraph.add_run(text)
    run.font.size = Pt(7)
    if bold:
        run.bold = True
    return run


def _word_cell(place: Any, sheet: Sheet, cell: Cell, is_number: bool) -> None:
    from docx.enum.text import WD_ALIGN_PARAGRAPH
    from docx.shared import Pt, RGBColor

    run = _word_text(place, unbroken(cell.text))
    if cell.is_derived:
        run.italic = True
    if cell.notes:
        raised = place.paragraphs[0].add_run(sheet.letters(cell))
        raised.font.superscript, raised.font.size = True, Pt(7)
    if is_number:
        place.paragraphs[0].alignment = WD_ALIGN_PARAGRAPH.RIGHT
    if cell.level:
        _fill(place, LEVEL_COLOURS[cell.level])
        if cell.level in DARK:
            run.font.color.rgb = RGBColor(255, 255, 255)


def _element(name: str, **attributes: str) -> Any:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    element = OxmlElement(name)
    for key, value in attributes.items():
        element.set(qn(f"w:{key}"), value)
    return element


def _fill(place: Any, colour: str) -> None:
    shade = _element("w:shd", val="clear", color="auto", fill=colour.removeprefix("#"))
    place._element.get_or_add_tcPr().append(shade)


def _no_break(line: Any) -> None:
    line._tr.get_or_add_trPr().append(_element("w:cantSplit"))


def _repeat(line: Any) -> None:
    line._tr.get_or_add_trPr().append(_element("w:tblHeader"))


def _rules(table: Any, heads: int) -> None:
    """The three rules of a table: above and below its head, and at its end."""
    borders = _element("w:tblBorders")
    for side, size in (("top", "12"), ("bottom", "12"), ("insideH", "2")):
        colour = "BFBFBF" if side == "insideH" else "222222"
        borders.append(_element(f"w:{side}", val="single", sz=size, space="0", color=colour))
    table._tbl.tblPr.append(borders)
    margins = _element("w:tblCellMar")
    for side in ("left", "right"):
        margins.append(_element(f"w:{side}", w="70", type="dxa"))
    table._tbl.tblPr.append(margins)
    for place in table.rows[heads - 1].cells:
        under = _element("w:tcBorders")
        under.append(_element("w:bottom", val="single", sz="6", space="0", color="222222"))
        place._element.get_or_add_tcPr().append(under)
