"""READ, plain text: wrapped lines, stray white lines, headings, tables that came out cell by cell."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from extract.model import Document
from extract.read.hyphens import count_words, join_lines, seam
from extract.read.rows import rebuild_table, split_rows
from extract.read.text import text_document
from extract.schema import Schema

SERIES = """ Abstract

Background: Children with rheumatic disease may not respond to
biologics. We report two of them.

Conclusion: Both improved.
 Introduction
The treatment of these diseases has ad-
vanced greatly with the discovery of non-biologic and
biologic drugs [1].

Case presentation
Case 1
A previously healthy 9-year-old girl presented with
right eye pain, also

known as scleritis, and multiple non-
biologic drugs had failed. She received
100 × 106 cells.
Over the next months she improved.

Fig. 1 MRI of both legs without contrast, showing the
muscles
 She remained well and her treatment was ad-
vanced.

Case 2
A boy of 11 years was given three infusions of 10
6
cells per kilogram.

Discussion
Cells have advanced.

References
1. Smith A. Dose of 200 × 106 cells in mice. J Cells 2010;1:1-9.
2. Jones B. Another paper that runs over
two lines. J Cells 2011;2:2-8.
"""

CELLS_ONE_BY_ONE = """Summary Table:

PATIENT ID*

1 2 3

DIAGNOSIS SLE MCTD JIA

AGE AT
(years)

ONSET 9 15 11

FOLLOW
UP

16 19 18

TREA
TMENT

SOURCE Autologous Adipose
tissue

Allogeneic
Cord jelly

Allogeneic
Cord

DOSE 3.3 × 106/kg/dose 1.2 × 106/kg/
dose

1.8 × 106/kg/
dose

ROUTE IV ×3, intranasal ×1,
node ×1

IV ×2, IA × 3 IV ×4

ACTIVITY

PRE TX SLEDAI-2 K 6 SLEDAI-2 K 9 JADAS 11

* ID, identification number

Discussion and conclusions
The treatment was safe.
"""


def read(text: str, schema: Schema, where: str = "narrative") -> Document:
    return text_document(text, "paper", schema, where=where)


def texts(document: Document, kind: str) -> list[str]:
    return [document.quote(block.span) for block in document.blocks if block.kind == kind]


def governed(document: Document) -> dict[str, tuple[str, str, str]]:
    return {document.quote(c.span): (c.row_header, c.column_header, c.group) for c in document.cells if not c.is_header}


def test_lines_become_paragraphs_and_white_lines_inside_a_sentence_do_not_end_them(schema: Schema) -> None:
    document = read(SERIES, schema)
    assert (
        "A previously healthy 9-year-old girl presented with right eye pain, also known as scleritis, and multiple "
        "non-biologic drugs had failed. She received 100 × 106 cells." in texts(document, "paragraph")
    )
    assert "Over the next months she improved." in texts(document, "paragraph")


def test_headings_give_sections_and_the_path_above_a_block(schema: Schema) -> None:
    document = read(SERIES, schema)
    sections = {document.quote(b.span)[:20]: (b.section, b.headings) for b in document.blocks}
    assert sections["Background: Children"] == ("abstract", ("Abstract", "Background"))
    assert sections["The treatment of the"] == ("introduction", ("Introduction",))
    assert sections["She remained well an"] == ("case", ("Case presentation", "Case 1"))
    assert sections["A boy of 11 years wa"] == ("case", ("Case presentation", "Case 2"))
    assert sections["Cells have advanced."] == ("discussion", ("Discussion",))


def test_a_title_inside_a_section_does_not_open_another(schema: Schema) -> None:
    document = read("Case report\nA girl of nine.\n\nDiscussion\nOthers did so.\n\nTreatment\nMany drugs.\n", schema)
    found = {document.quote(b.span): (b.section, b.headings) for b in document.blocks}
    assert found["Many drugs."] == ("discussion", ("Discussion", "Treatment"))


def test_the_kind_of_an_article_above_its_title_is_no_heading(schema: Schema) -> None:
    story = "Case report\nA girl of nine had arthritis and was given cells.\n"
    front = "CASE REPORT\nCells for a hip in a girl with lupus\n\n"
    document = read(f"{front}Abstract\nOne girl is told of.\n\n{story}", schema)
    assert [datum.value for datum in document.metadata if datum.field == "title"] == [
        "Cells for a hip in a girl with lupus"
    ]
    found = {document.quote(b.span): (b.kind, b.section) for b in document.blocks}
    assert found["CASE REPORT"] == ("running", "other")
    assert found["One girl is told of."][1] == "abstract"
    assert {b.section for b in read(story, schema).blocks} == {"case"}


def test_a_page_break_ends_the_caption_above_it(schema: Schema) -> None:
    document = read(SERIES, schema)
    assert texts(document, "caption") == ["Fig. 1 MRI of both legs without contrast, showing the muscles"]


def test_references_are_kept_apart(schema: Schema) -> None:
    document = read(SERIES, schema)
    assert texts(document, "reference") == [
        "1. Smith A. Dose of 200 × 106 cells in mice. J Cells 2010;1:1-9.",
        "2. Jones B. Another paper that runs over two lines. J Cells 2011;2:2-8.",
    ]
    assert {b.section for b in document.blocks if b.kind == "reference"} == {"references"}


def test_an_exponent_on_its_own_line_is_joined_and_noted(schema: Schema) -> None:
    document = read(SERIES, schema)
    (repair,) = document.repairs
    assert document.quote(repair.span) == "10 6"
    assert repair.as_printed == "10\n6"


def test_a_table_that_came_out_cell_by_cell_stands_again(schema: Schema) -> None:
    document = read(CELLS_ONE_BY_ONE, schema)
    cells = governed(document)
    assert cells["MCTD"] == ("DIAGNOSIS", "PATIENT ID 2", "")
    assert cells["15"] == ("ONSET", "PATIENT ID 2", "AGE AT (years)")
    assert cells["19"] == ("FOLLOW UP", "PATIENT ID 2", "AGE AT (years)")
    assert cells["Allogeneic Cord jelly"] == ("SOURCE", "PATIENT ID 2", "TREATMENT")
    assert cells["1.2 × 106/kg/dose"] == ("DOSE", "PATIENT ID 2", "TREATMENT")
    assert cells["IV ×2, IA × 3"] == ("ROUTE", "PATIENT ID 2", "TREATMENT")
    assert cells["SLEDAI-2 K 9"] == ("PRE TX", "PATIENT ID 2", "ACTIVITY")
    assert document.tables[0].caption == "Summary Table:"
    assert texts(document, "footnote") == ["* ID, identification number"]
    assert not document.issues


@pytest.mark.parametrize(
    ("lines", "expect", "because"),
    [
        ("Patient|Sex|Age|1|F|9|2|M|12|3|F|14", [["Patient", "Sex", "Age"], ["1", "F", "9"]], "patients in rows"),
        ("Patient|1|2|3|Sex|F|M|F|Age|9|12|14", [["Patient", "1", "2", "3"], ["Sex", "F", "M", "F"]], "in columns"),
    ],
)
def test_one_cell_per_line_is_put_back_when_patients_are_numbered(
    lines: str, expect: list[list[str]], because: str
) -> None:
    rebuilt = rebuild_table([(line, False) for line in lines.split("|")], count_words(""))
    assert rebuilt is not None, because
    assert [[s.text for s in rebuilt.slots if s.row == row] for row in (0, 1)] == expect


def test_lines_without_order_are_not_forced_into_columns(schema: Schema) -> None:
    assert rebuild_table([("Sex", False), ("female", False), ("IV", False), ("9", False)], count_words("")) is None
    document = read("Table 1. Course\n\nSex\n\nfemale and male\n\nIV\n\n9\n", schema)
    assert [issue.reason for issue in document.issues] == ["doubtful_table"]


@pytest.mark.parametrize(
    ("text", "expect"),
    [
        ("Case | Dose (× 107) | Joint\nII | 4.2 | left hip", {"4.2": ("Case II", "Dose (× 107)", "")}),
        ("IV infusion 1 2 3\nCells (million) 55 58 61", {"58": ("Cells (million)", "IV infusion 2", "")}),
        ("Age (mo) | Dose (×106/kg)\n30 | 5.5", {"30": ("", "Age (mo)", ""), "5.5": ("", "Dose (×106/kg)", "")}),
        ("Pt 3 | female | 24 y", {"female": ("Pt 3", "", ""), "24 y": ("Pt 3", "", "")}),
        ("Month | 0 | 6\nEDSS | 6.5 | 6.0", {"6.5": ("EDSS", "Month 0", ""), "6.0": ("EDSS", "Month 6", "")}),
        ("Month | EDSS\n0 | 6.5\n6 | 6.0", {"6.5": ("Month 0", "EDSS", ""), "6.0": ("Month 6", "EDSS", "")}),
        ("Years | 9 | 6\nEDSS | 6.5 | 6.0", {"6.5": ("EDSS", "", ""), "6.0": ("EDSS", "", "")}),
        ("MG | own BM | i.v.", {"MG": ("", "", ""), "own BM": ("", "", ""), "i.v.": ("", "", "")}),
        ("Pt 1\tF\t24\nPt 2\tM\t31", {"24": ("Pt 1", "", ""), "31": ("Pt 2", "", "")}),
        ("P4Crohn's diseaseAdipose1.1 × 108", {"P4 Crohn's disease Adipose 1.1 × 108": ("", "", "")}),
    ],
)
def test_a_fragment_of_a_table_knows_its_headers(
    text: str, expect: dict[str, tuple[str, str, str]], schema: Schema
) -> None:
    document = read(text, schema, where="table_row")
    found = governed(document)
    assert {word: found[word] for word in expect} == expect
    assert [block.kind for block in document.blocks] == ["table"]


def test_a_cell_broken_over_lines_is_one_cell(schema: Schema) -> None:
    document = read("Patient 9 | 10\n7\nADSC | intradiscal |", schema, where="table_row")
    assert list(governed(document)) == ["10 7 ADSC", "intradiscal"]
    assert [repair.as_printed for repair in document.repairs] == ["10\n7"]


@pytest.mark.parametrize(
    ("where", "section"), [("abstract", "abstract"), ("discussion", "discussion"), ("narrative", "case")]
)
def test_a_snippet_stands_in_the_section_it_was_taken_from(where: str, section: str, schema: Schema) -> None:
    document = read("She was given 1 × 106 cells.", schema, where=where)
    assert document.text == "She was given 1 × 106 cells."
    assert [block.section for block in document.blocks] == [section]


@pytest.mark.parametrize(
    ("before", "after", "expect", "because"),
    [
        ("1-", "-2", "1--2", "nothing but hyphens"),
        ("has ad-", "vanced", "has advanced", "a broken word"),
        ("multiple non-", "biologic drugs", "multiple non-biologic drugs", "a prefix that keeps its hyphen"),
        ("a 9-", "year-old", "a 9-year-old", "a number"),
        ("anti-", "TNF", "anti-TNF", "a capital"),
        ("disease-", "modifying", "disease-modifying", "a second part that makes compounds"),
        ("106/kg/", "dose", "106/kg/dose", "a slash"),
        ("short-", "and long-term", "short- and long-term", "a part left out"),
        ("pre\u00ad", "sented", "presented", "a soft hyphen"),
        ("MSC-", "derived", "MSC-derived", "an abbreviation"),
    ],
)
def test_hyphens_at_line_ends(before: str, after: str, expect: str, because: str) -> None:
    words = count_words("the disease of the dose")
    assert join_lines([before, after], words) == expect, because


def test_the_document_itself_decides_about_a_hyphen() -> None:
    assert seam("im-", "munosuppressive", count_words("immunosuppressive")).drop == 1
    assert join_lines(["post-", "transplant"], count_words("a post-transplant infection")) == "post-transplant"
    assert join_lines(["post-", "transplant"], count_words("a posttransplant infection")) == "posttransplant"


def test_any_text_gives_a_document_that_points_into_its_text(schema: Schema) -> None:
    @settings(max_examples=200, deadline=None)
    @given(text=st.text(alphabet="ab C1.\n\t|-×(\f", max_size=200))
    def check(text: str) -> None:
        for where in ("narrative", "table_row"):
            document = read(text, schema, where=where)
            covered = "".join(document.quote(block.span) for block in document.blocks)
            assert sorted(c for c in covered if c in "abC1") == sorted(c for c in text if c in "abC1")
            assert all(document.quote(cell.span).strip() for cell in document.cells)

    check()


def test_rules_of_a_drawn_table_are_no_row() -> None:
    slots = split_rows(["| a | b |", "|---|---|", "| 1 | 2 |"])
    assert [(slot.text, slot.row) for slot in slots] == [("a", 0), ("b", 0), ("1", 1), ("2", 1)]


def test_a_numbered_case_ends_the_abstract(schema: Schema) -> None:
    text = (
        "A title of a paper\n\nAbstract\nWe report two sisters.\n\n"
        "Case 1\nA girl of nine was treated.\n\nDiscussion\nIt is rare."
    )
    document = text_document(text, "paper", schema)
    said = {document.quote(block.span): block.section for block in document.blocks if block.kind == "paragraph"}
    assert said["We report two sisters."] == "abstract"
    assert said["A girl of nine was treated."] == "case"
    assert said["It is rare."] == "discussion"


def test_a_table_of_marked_rows_ends_at_the_white_line_below_it(schema: Schema) -> None:
    document = read(
        "Results\nTable 1. Walks\n| Patient | Before |  After |\n| 1 | 120 | 210 |\n\nPatient 1 was a fisherman.",
        schema,
    )
    assert "Patient 1 was a fisherman." in texts(document, "paragraph")
    assert len(document.cells) == 6


def test_rows_whose_cells_stand_apart_by_blanks_are_a_table(schema: Schema) -> None:
    rows = "Patient     Before     After\nFirst       5.4 (2)    4.1 (1)\nSecond      4.9 (2)    3.6 (1)"
    document = read(f"Results\nTable 1. Walks\n\n{rows}\n\nThey walked.", schema)
    assert governed(document)["3.6 (1)"][1] == "After"
    assert texts(document, "paragraph") == ["They walked."]


def test_blanks_in_prose_make_no_table(schema: Schema) -> None:
    document = read("Results\nHe  walked   far.\nShe  ran   too.\nThey  sat   down.", schema)
    assert [cell for cell in document.cells if len(document.quote(cell.span)) > 60] == []
    lines = (
        "One sentence that is long.   Another that is long as well and goes on and on and on and on.   A third.\n" * 3
    )
    assert read(f"Results\n{lines}", schema).cells == ()
