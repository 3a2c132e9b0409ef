"""SYNTHESIS: sheets as HTML: tables for a page, and a page of their own."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from itertools import groupby
from pathlib import Path

from extract.synthesis.files import write_file
from extract.synthesis.sheets import DARK, LEVEL_COLOURS, Cell, Column, Sheet, letter, unbroken

Link = Callable[[str], str]
"""The id of a value -> the anchor of its words on the page, '' where it has none."""


SHORT = 10
"""A table of so many rows is not torn apart by the end of a page."""


def html_table(sheet: Sheet, *, number: int | None = None, link: Link | None = None) -> str:
    """A sheet as an HTML ``figure``: caption, table, remarks and footnotes; no style of its own. With ``link`` cells
    lead to the words of their values."""
    head = f"Table {number}. " if number is not None else ""
    title = html.escape(f"{head}{sheet.title}")
    lines = [
        f'<figure class="sheet{" short" if len(sheet.rows) <= SHORT else ""}" id="table-{sheet.name}">',
        f'<div class="scroll" tabindex="0" role="region" aria-label="{title}">',
        f'<table style="--columns:{len(sheet.columns)}">',
        f"<caption>{title}</caption>",
        *_html_head(sheet),
        "<tbody>",
    ]
    for row in sheet.rows:
        cells = (_html_cell(sheet, cell, index, link) for index, cell in enumerate(row))
        lines.append(f"<tr>{''.join(cells)}</tr>")
    if not sheet.rows:
        lines.append(f'<tr><td colspan="{len(sheet.columns)}">Nothing to show.</td></tr>')
    lines += ["</tbody>", "</table></div>", *_html_notes(sheet), "</figure>"]
    return "\n".join(lines) + "\n"


def _html_head(sheet: Sheet) -> list[str]:
    columns = "".join(f'<col style="width:{100 * share:.1f}%">' for share in sheet.shares())
    if not any(column.over for column in sheet.columns):
        rows = f"<tr>{''.join(_html_title(column) for column in sheet.columns)}</tr>"
        return [f"<colgroup>{columns}</colgroup>", f"<thead>{rows}</thead>"]
    upper, lower = [], []
    for over, group in groupby(sheet.columns, key=lambda column: column.over):
        own = list(group)
        if over:
            upper.append(f'<th scope="colgroup" colspan="{len(own)}" class="over">{html.escape(over)}</th>')
            lower += [_html_title(column) for column in own]
        else:
            upper += [_html_title(column, rows=2) for column in own]
    rows = f"<tr>{''.join(upper)}</tr><tr>{''.join(lower)}</tr>"
    return [f"<colgroup>{columns}</colgroup>", f"<thead>{rows}</thead>"]


def _html_title(column: Column, rows: int = 1) -> str:
    span = f' rowspan="{rows}"' if rows > 1 else ""
    kind = ' class="n"' if column.is_number else ' class="upright"' if column.is_upright else ""
    title = html.escape(column.title)
    return f'<th scope="col"{span}{kind}>{f"<span>{title}</span>" if column.is_upright else title}</th>'


def _html_cell(sheet: Sheet, cell: Cell, index: int, link: Link | None) -> str:
    text = html.escape(unbroken(cell.text)).replace("_", "_<wbr>")
    anchors = tuple(dict.fromkeys(anchor for id in cell.values if (anchor := link(id)))) if link else ()
    if anchors:
        more = f' data-words="{" ".join(anchors)}"' if len(anchors) > 1 else ""
        text = f'<a class="value" href="#{anchors[0]}"{more}>{text}</a>'
    if cell.is_derived:
        title = f' title="{html.escape(cell.formula)}"' if cell.formula else ""
        text = f"<em{title}>{text}</em>"
    if cell.notes:
        text += f"<sup>{sheet.letters(cell)}</sup>"
    kinds = ["n"] if sheet.columns[index].is_number else []
    kinds += [f"level-{cell.level.replace(' ', '-')}"] if cell.level else []
    kind = f' class="{" ".join(kinds)}"' if kinds else ""
    return f'<th scope="row"{kind}>{text}</th>' if index == 0 else f"<td{kind}>{text}</td>"


def _html_notes(sheet: Sheet) -> list[str]:
    lines = []
    if sheet.remarks:
        lines.append(f'<p class="remarks">{" ".join(map(html.escape, sheet.remarks))}</p>')
    if sheet.footnotes:
        notes = "".join(
            f"<li><sup>{letter(number)}</sup> {html.escape(text)}</li>" for number, text in enumerate(sheet.footnotes)
        )
        lines.append(f'<ul class="footnotes">{notes}</ul>')
    return lines


LEVEL_STYLE = "".join(
    f"figure.sheet .level-{level.replace(' ', '-')} {{ background: {colour}; "
    f"color: {'#fff' if level in DARK else '#222'}; }}\n"
    for level, colour in LEVEL_COLOURS.items()
)

STYLE = f"""
figure.sheet {{ margin: 2em 0; }}
figure.sheet caption {{ padding-bottom: .4em; font-size: 1.25em; font-weight: bold; text-align: left; }}
figure.sheet .scroll {{ overflow-x: auto; }}
figure.sheet table {{ border-collapse: collapse; border-top: 1.5pt solid #222; border-bottom: 1.5pt solid #222;
  font-size: .82em; line-height: 1.3; width: 100%; table-layout: fixed;
  min-width: calc(var(--columns) * 8em); }}
figure.sheet th, figure.sheet td {{ padding: .25em .45em; text-align: left; vertical-align: top;
  overflow-wrap: break-word; }}
figure.sheet thead {{ border-bottom: .75pt solid #222; }}
figure.sheet thead th {{ vertical-align: bottom; }}
figure.sheet thead th.over {{ border-bottom: .5pt solid #888; text-align: center; }}
figure.sheet tbody th {{ font-weight: normal; }}
figure.sheet tbody tr + tr {{ border-top: .25pt solid #ccc; }}
figure.sheet .n {{ text-align: right; font-variant-numeric: tabular-nums; padding-right: .9em; }}
figure.sheet table:has(.upright) {{ min-width: 80em; }}
figure.sheet .upright span {{ writing-mode: vertical-rl; transform: rotate(180deg); max-height: 12em; }}
figure.sheet td[class^=level] {{ text-align: center; border: .5pt solid #fff; }}
figure.sheet sup {{ font-size: .75em; line-height: 0; }}
figure.sheet .remarks, figure.sheet .footnotes {{ font-size: .78em; color: #333; margin: .4em 0; }}
figure.sheet .footnotes {{ list-style: none; padding: 0; }}
{LEVEL_STYLE}@media print {{
  figure.sheet {{ margin: 1.2em 0; }}
  figure.sheet .scroll {{ overflow: visible; }}
  figure.sheet table, figure.sheet table:has(.upright) {{ font-size: 7pt; line-height: 1.2; min-width: 0; }}
  figure.sheet .remarks, figure.sheet .footnotes {{ font-size: 6.5pt; }}
  figure.sheet.short {{ break-inside: avoid; }}
  figure.sheet tr {{ break-inside: avoid; }}
  figure.sheet thead {{ display: table-header-group; break-inside: avoid; break-after: avoid; }}
  figure.sheet caption {{ break-after: avoid; }}
  figure.sheet tbody tr:first-child {{ break-before: avoid; }}
  figure.sheet td, figure.sheet th {{ print-color-adjust: exact; }}
}}
"""
"""The style of ``html_table``, for the page that holds it."""

PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ font-family: "Source Sans 3", "Segoe UI", Helvetica, Arial, sans-serif; color: #222; margin: 2em; }}
@page {{ size: A4 landscape; margin: 12mm; }}
{style}
</style></head><body>
<h1>{title}</h1>
{tables}</body></html>
"""


def write_html(sheets: Sequence[Sheet], path: Path, title: str = "Evidence tables") -> None:
    """Sheets as one page that needs nothing beside it."""
    tables = "".join(html_table(sheet, number=number) for number, sheet in enumerate(sheets, 1))
    write_file(path, PAGE.format(title=html.escape(title), style=STYLE.strip(), tables=tables).encode("utf-8"))
