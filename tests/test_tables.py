"""READ, tables: small pages set for the test, read through pdfium, cell by cell."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import typst

from extract.model import Document
from extract.read import read_document
from extract.read.grid import Slot, find_headers
from extract.read.hyphens import count_words
from extract.read.layout import body_type
from extract.read.pdf import open_pdf, read_sheet
from extract.read.regions import TABLE_CAPTION, Region, confirm_tables
from extract.read.tables import find_tables
from extract.schema import Schema

PAGE = """
#set super(typographic: false)
#set document(date: none)
#set page(width: 595pt, height: 842pt, margin: 60pt)
#set text(size: 10pt)
"""
PROSE = (
    "The patient was a girl of nine years with a rash of the face and swollen joints who had been treated with "
    "methotrexate for two years without any lasting effect and was then referred to our clinic. "
)
RULED = "stroke: none, table.hline(), {head}, table.hline(stroke: .4pt), {body}, table.hline()"

Rows = list[list[str]]
Setter = Callable[[str], Path]


@pytest.fixture
def typeset(tmp_path: Path) -> Setter:
    """Set a page with a text above and below and give the path of the PDF."""

    def typeset(body: str, head: str = PAGE) -> Path:
        path = tmp_path / "paper.pdf"
        source = tmp_path / "paper.typ"
        source.write_text(f"{head}\n{PROSE * 2}\n\n{body}\n\n{PROSE * 3}\n", encoding="utf-8")
        typst.compile(source, output=path)
        return path

    return typeset


def regions_of(path: Path) -> list[Region]:
    with open_pdf(path) as document:
        sheets = [read_sheet(document, i + 1) for i in range(len(document))]
    words = count_words("\n".join(line.text for sheet in sheets for line in sheet.lines))
    return find_tables(sheets, body_type(sheets), words)


def rows_of(region: Region) -> Rows:
    slots = sorted(region.slots, key=lambda slot: (slot.row, slot.column))
    return [[slot.text for slot in slots if slot.row == row] for row in range(region.rows)]


def only_table(path: Path) -> Region:
    regions = regions_of(path)
    assert len(regions) == 1
    return regions[0]


def governed(slots: list[Slot]) -> dict[str, tuple[str, str]]:
    """Each body cell's words, with its row and column header."""
    return {h.slot.text: (h.row_header, h.column_header) for h in find_headers(slots) if not h.is_header}


def test_three_rules_make_a_table_with_its_header(typeset: Setter) -> None:
    table = RULED.format(
        head="[Patient], [Age (y)], [Dose (×10#super[6] cells)], [Route]",
        body="[1], [9], [55], [Intravenous], [2], [12], [60.5], [Intra-articular], [3], [14], [–], [None]",
    )
    region = only_table(typeset(f"*Table 1.* Patients\n\n#table(columns: 4, {table})"))
    assert rows_of(region) == [
        ["Patient", "Age (y)", "Dose (×10⁶ cells)", "Route"],
        ["1", "9", "55", "Intravenous"],
        ["2", "12", "60.5", "Intra-articular"],
        ["3", "14", "–", "None"],
    ]
    assert governed(region.slots)["60.5"] == ("Patient 2", "Dose (×10⁶ cells)")
    assert region.caption[0].text.startswith("Table 1")


def test_rows_under_a_caption_make_a_table_without_any_rule(typeset: Setter) -> None:
    cells = "[Patient], [Age], [Route], [1], [9], [IV], [2], [12], [IA], [3], [14], [IV]"
    region = only_table(typeset(f"Table 1. Routes\n\n#table(columns: 3, stroke: none, column-gutter: 16pt, {cells})"))
    assert rows_of(region)[0] == ["Patient", "Age", "Route"]
    assert rows_of(region)[2] == ["2", "12", "IA"]


def test_a_grid_of_rules_gives_cells_that_span(typeset: Setter) -> None:
    cells = """table.cell(rowspan: 2)[Patient],
      table.cell(colspan: 2)[Intravenous], table.cell(colspan: 2)[Intrathecal],
      [Number], [Dose, ×10#super[6]/kg], [Number], [Dose, ×10#super[6]],
      table.cell(rowspan: 2)[Case 1], [2], [1.0], [7], [20], [3], [1.5], [8], [25],
      [Case 2], [1], [2.0], [–], [n.d.]"""
    region = only_table(typeset(f"Table 1. Doses\n\n#table(columns: 5, stroke: .5pt, {cells})"))
    by_words = governed(region.slots)
    assert by_words["25"] == ("Case 1", "Intrathecal Dose, ×10⁶")
    assert by_words["2.0"] == ("Case 2", "Intravenous Dose, ×10⁶/kg")


def test_patients_in_columns_keep_both_headers(typeset: Setter) -> None:
    table = RULED.format(
        head="[], [Patient 1], [Patient 2], [Patient 3]",
        body="[Sex], [F], [M], [F], [Dose (×10#super[6])], [55], [61], [70], [Follow-up], [2 years], [3 years], [1 y]",
    )
    region = only_table(typeset(f"Table 1. Patients\n\n#table(columns: 4, {table})"))
    assert governed(region.slots)["61"] == ("Dose (×10⁶)", "Patient 2")
    assert governed(region.slots)["2 years"] == ("Follow-up", "Patient 1")


def test_a_table_framed_by_two_rules_ends_at_the_second(typeset: Setter) -> None:
    head = PAGE.replace("margin: 60pt", "margin: 50pt, columns: 2").replace("10pt", "9pt")
    cells = "[Patient], [HAQ before], [HAQ after], [1], [2.1], [0.5], [2], [1.9], [0.8], [3], [1.2], [0.2]"
    table = f"#table(columns: 3, stroke: none, table.hline(), {cells}, table.hline())"
    float = f'#place(top, scope: "parent", float: true)[Table 1. Scores\n\n{table}]'
    region = only_table(typeset(f"{PROSE * 6}\n\n{float}\n\n{PROSE * 20}", head))
    assert rows_of(region) == [
        ["Patient", "HAQ before", "HAQ after"], ["1", "2.1", "0.5"], ["2", "1.9", "0.8"], ["3", "1.2", "0.2"],
    ]  # fmt: skip
    assert governed(region.slots)["0.8"] == ("Patient 2", "HAQ after")


def test_a_head_over_two_columns_governs_both(typeset: Setter) -> None:
    table = """stroke: none, align: center, table.hline(),
      [], table.cell(colspan: 2)[SLEDAI-2K], table.cell(colspan: 2)[Global assessment],
      table.hline(start: 1, stroke: .4pt),
      [Patient], [Before], [After], [Before], [After], table.hline(stroke: .4pt),
      [1], [12], [2], [8], [1.5], [2], [10], [4], [7], [3], table.hline()"""
    region = only_table(typeset(f"Table 1. Scores\n\n#table(columns: 5, {table})"))
    assert governed(region.slots)["1.5"] == ("Patient 1", "Global assessment After")
    assert governed(region.slots)["12"] == ("Patient 1", "SLEDAI-2K Before")


def test_lines_of_one_cell_are_joined_and_rows_stay_apart(typeset: Setter) -> None:
    table = RULED.format(
        head="[Author, year], [Disease], [Cells and dose], [Outcome]",
        body="""[Sun, 2010], [Systemic lupus erythematosus, refractory], [Umbilical cord MSC, 1 × 10#super[6]/kg],
          [SLEDAI fell from 13.5 to 3.2 at twelve months; two relapses were treated],
          [Wang, 2016], [Juvenile idiopathic arthritis], [Umbilical cord MSC, twice], [DAS28 fell],
          [Liang, 2012], [Systemic sclerosis with digital ulcers], [Bone marrow MSC], [mRSS fell from 20 to 14]""",
    )
    region = only_table(typeset(f"Table 1. Reports\n\n#table(columns: (60pt, 90pt, 100pt, 120pt), {table})"))
    rows = rows_of(region)
    assert [row[0] for row in rows] == ["Author, year", "Sun, 2010", "Wang, 2016", "Liang, 2012"]
    assert rows[1][1:3] == ["Systemic lupus erythematosus, refractory", "Umbilical cord MSC, 1 × 10⁶/kg"]
    assert rows[2][1] == "Juvenile idiopathic arthritis"


def test_blanks_stretched_by_justified_type_are_no_columns(typeset: Setter) -> None:
    table = RULED.format(
        head="[Author, year], [Disease], [Cells and dose], [Outcome]",
        body="""[Sun et al., 2010], [Systemic lupus erythematosus, refractory],
          [Umbilical cord MSC, 1 × 10#super[6]/kg intravenously],
          [SLEDAI fell from 13.5 to 3.2 at twelve months; two relapses were treated with steroids],
          [Wang, 2016], [Juvenile idiopathic arthritis], [Umbilical cord MSC, 4 × 10#super[7] twice], [DAS28 fell],
          [Liang, 2012], [Systemic sclerosis with digital ulcers and lung involvement], [Bone marrow MSC],
          [mRSS fell from 20 to 14 and the ulcers healed within three months of treatment]""",
    )
    columns = "(70pt, 90pt, 100pt, 1fr)"
    head = PAGE + "#set par(justify: true)\n"
    path = typeset(f"Table 1. Reports\n\n#text(size: 8pt)[#table(columns: {columns}, align: left, {table})]", head)
    rows = rows_of(only_table(path))
    assert [len(row) for row in rows] == [4, 4, 4, 4]
    assert rows[1][2] == "Umbilical cord MSC, 1 × 10⁶/kg intravenously"


def test_a_group_row_is_the_group_of_the_rows_below_it(typeset: Setter) -> None:
    table = RULED.format(
        head="[Measure], [Before], [After]",
        body="""table.cell(colspan: 3)[Patient-reported], [Pain VAS (mm)], [62], [10], [CHAQ], [1.5], [0.25],
          table.cell(colspan: 3)[Laboratory], [CRP (mg/L)], [70], [2], [ESR (mm/h)], [90], [12]""",
    )
    region = only_table(typeset(f"Table 1. Course\n\n#table(columns: 3, {table})"))
    groups = {h.slot.text: h.group for h in find_headers(region.slots)}
    assert groups["0.25"] == "Patient-reported"
    assert groups["12"] == "Laboratory"


def test_times_under_one_patient_belong_to_that_patient(typeset: Setter) -> None:
    table = RULED.format(
        head="[Patient], [Time], [PGA], [JADAS10]",
        body="""table.cell(rowspan: 3)[1], [Baseline], [7], [24], [6 months], [3], [11], [12 months], [1], [4.5],
          table.cell(rowspan: 2)[2], [Baseline], [6], [19], [6 months], [2], [8]""",
    )
    region = only_table(typeset(f"Table 1. Scores\n\n#table(columns: 4, {table})"))
    assert governed(region.slots)["4.5"] == ("Patient 1 12 months", "JADAS10")
    assert governed(region.slots)["8"] == ("Patient 2 6 months", "JADAS10")


def test_a_table_over_two_pages_is_one_table(typeset: Setter) -> None:
    def part(first: int, last: int) -> str:
        body = ", ".join(f"[P{i}], [{5 + i}], [{i}.5], [IV]" for i in range(first, last))
        return "#table(columns: 4, " + RULED.format(head="[Patient], [Age], [Dose], [Route]", body=body) + ")"

    region = only_table(
        typeset(f"Table 1. Patients\n\n{part(1, 5)}\n#pagebreak()\nTable 1. (continued)\n\n{part(5, 9)}")
    )
    assert rows_of(region) == [
        ["Patient", "Age", "Dose", "Route"],
        *([f"P{i}", f"{5 + i}", f"{i}.5", "IV"] for i in range(1, 9)),
    ]
    assert {slot.box.page for slot in region.slots if slot.box} == {1, 2}
    assert governed(region.slots)["7.5"] == ("P7", "Dose")


def test_captions_below_their_tables_stay_with_them(typeset: Setter) -> None:
    first = RULED.format(head="[Measure], [Before], [After]", body="[PGA], [7], [2], [CHAQ], [1.5], [0.25]")
    second = RULED.format(head="[Test], [Day 0], [Day 30]", body="[CRP], [70], [3], [ESR], [90], [12]")
    body = f"#table(columns: 3, {first})\nTable 1: Scores.\n\n{PROSE}\n\n"
    body += f"#table(columns: 3, {second})\nTable 2: Laboratory."
    tables = {region.caption[0].text: rows_of(region)[1][0] for region in regions_of(typeset(body))}
    assert tables == {"Table 1: Scores.": "PGA", "Table 2: Laboratory.": "CRP"}


def test_notes_under_a_table_keep_their_marks(typeset: Setter) -> None:
    table = RULED.format(
        head="[Patient], [Dose#super[a]], [Site]", body="[P1], [12#super[b]], [Left knee], [P2], [8], [Right knee]"
    )
    notes = "#text(size: 8pt)[#super[a] In millions. #super[b] Second passage.]"
    region = only_table(typeset(f"Table 1. Doses\n\n#table(columns: 3, {table})\n{notes}"))
    assert rows_of(region)[1][1] == "12 [b]"
    assert "Second passage" in region.notes[0].text


def test_a_table_in_one_column_leaves_the_other_column_alone(typeset: Setter) -> None:
    head = PAGE.replace("margin: 60pt", "margin: 50pt, columns: 2").replace("10pt", "9pt")
    table = RULED.format(head="[Month], [0], [6]", body="[SLEDAI], [14], [2], [Prednisone], [20], [5]")
    path = typeset(f"{PROSE * 6}\n\nTable 1. Course\n\n#table(columns: 3, {table})\n\n{PROSE * 25}", head)
    assert rows_of(only_table(path)) == [["Month", "0", "6"], ["SLEDAI", "14", "2"], ["Prednisone", "20", "5"]]


@pytest.mark.parametrize(
    ("body", "because"),
    [
        (f"#rect(width: 100%)[*Key points* \\ {PROSE} \\ {PROSE}]", "a box around text is no table"),
        (f"Table 1 shows the doses that were used. {PROSE}", "a sentence about a table is no caption"),
        (
            "References\n\n"
            + "\n\n".join(f"#grid(columns: (18pt, 1fr), [{i}.], [Smith A. A paper. {PROSE}])" for i in range(9)),
            "numbers of a list are no column",
        ),
        (f"#line(length: 100%)\n#columns(2)[{PROSE * 6}]\n#line(length: 100%)", "two columns of text between rules"),
    ],
)
def test_what_is_no_table_stays_text(typeset: Setter, body: str, because: str) -> None:
    assert regions_of(typeset(body)) == [], because


def test_heads_drawn_over_the_wrong_columns_are_set_right() -> None:
    # Three heads over "Right Left Right Left Right Left", the first two drawn one column wide, the last four.
    slots = [Slot("Motion", 0, 0), Slot("Before", 0, 1), Slot("6 months", 0, 2), Slot("1 year", 0, 3, columns=4)]
    slots += [Slot("Right" if c % 2 else "Left", 1, c) for c in range(1, 7)]
    slots += [Slot(text, 2, c) for c, text in enumerate(["Flexion", "80", "70", "91", "92", "120", "121"])]
    assert governed(slots)["70"] == ("Flexion", "Before Left")
    assert governed(slots)["91"] == ("Flexion", "6 months Right")
    assert governed(slots)["121"] == ("Flexion", "1 year Left")


def test_pdfplumber_settles_a_doubt_only_when_it_agrees(typeset: Setter) -> None:
    cells = ", ".join(f"[{word}]" for word in ("Patient", "Age", "Route", 1, 9, "IV", 2, 12, "IA", 3, 14, "IV"))
    path = typeset(f"Table 1. Routes\n\n#table(columns: 3, stroke: .5pt, {cells})")
    region = only_table(path)
    region.doubts = ["made doubtful by the test"]
    confirm_tables(path, [region])
    assert (region.readings, region.doubts) == ("both", [])
    wrong = only_table(path)
    wrong.doubts = ["made doubtful by the test"]
    wrong.slots = [slot._replace(column=slot.column if slot.row else 2 - slot.column) for slot in wrong.slots]
    wrong.slots = [slot._replace(text=f"{slot.text}7") if slot.column == 1 else slot for slot in wrong.slots]
    confirm_tables(path, [wrong])
    assert (wrong.readings, wrong.doubts) == ("one", ["made doubtful by the test"])


def test_cells_of_a_document_lie_where_their_words_are(typeset: Setter, schema: Schema) -> None:
    table = RULED.format(head="[Patient], [Dose (×10#super[6])]", body="[P1], [12], [P2], [8], [P3], [9.5]")
    document: Document = read_document(typeset(f"Table 1. Doses\n\n#table(columns: 2, {table})"), schema)
    (cell,) = [c for c in document.cells if document.quote(c.span) == "9.5"]
    assert (cell.row_header, cell.column_header) == ("P3", "Dose (×10⁶)")
    (box,) = document.boxes(cell.span)
    assert cell.box is not None
    assert cell.box.x0 - 1 <= box.x0 <= box.x1 <= cell.box.x1 + 1
    table_block = next(b for b in document.blocks if b.kind == "table")
    assert table_block.span.holds(cell.span)
    outside = document.text[: table_block.span.start] + document.text[table_block.span.end :]
    assert not re.search(r"\bP3\b", outside)


@pytest.mark.parametrize(
    ("line", "mark"),
    [
        ("Table 2. Course of the scores", "2"),
        ("TABLE IV: Doses", "IV"),
        ("Table. Both ears before and after", None),
        ("Table: 12 visits of one boy", None),
    ],
)
def test_a_caption_may_stand_without_a_number(line: str, mark: str | None) -> None:
    match = TABLE_CAPTION.match(line)
    assert match
    assert match["mark"] == mark
    assert match["point"]


@pytest.mark.parametrize("line", ["Tables and chairs", "Table. of contents", "Table salt: two grams", "Table"])
def test_a_line_that_only_begins_with_the_word_is_no_caption(line: str) -> None:
    assert not TABLE_CAPTION.match(line)


def test_the_text_below_a_table_down_to_a_rule_is_no_part_of_it(typeset: Setter, schema: Schema) -> None:
    table = "table(columns: (1fr, 1fr, 1fr), stroke: none, table.hline(), [Month], [0], [6], table.hline(), "
    table += "[EDSS], [6], [4], [FVC], [61], [70], table.hline())"
    below = "#line(length: 100%, stroke: .4pt)"
    top = "#set figure.caption(position: top)"
    body = f"{top}\n#figure(kind: table, caption: [Two scores.], {table})\n\n{PROSE}\n\n{below}"
    document = read_document(typeset(body), schema)
    (found,) = document.tables
    assert found.rows == 3
    assert "methotrexate" not in document.quote(found.span)
