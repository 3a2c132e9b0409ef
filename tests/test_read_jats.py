"""READ, JATS: articles written in the test, read as the publisher marked them up."""

from __future__ import annotations

from pathlib import Path

import pytest

from extract.model import Document
from extract.read.failure import ReadFailure
from extract.read.jats import jats_document
from extract.schema import Schema

FRONT = """<front><journal-meta><journal-title>J Test Cells</journal-title></journal-meta><article-meta>
<article-id pub-id-type="doi">10.1234/jtc.5</article-id>
<title-group><article-title>Cells in <italic>two</italic> children</article-title></title-group>
<contrib-group>
<contrib contrib-type="author"><name><surname>Lund</surname><given-names>Ada</given-names></name></contrib>
<contrib contrib-type="editor"><name><surname>Not</surname><given-names>Me</given-names></name></contrib>
</contrib-group>
<aff><label>1</label>Unit of Cells, Oslo, <country>Norway</country></aff>
<pub-date pub-type="epub"><year>2019</year></pub-date><pub-date pub-type="collection"><year>2020</year></pub-date>
<volume>3</volume><fpage>7</fpage><lpage>9</lpage>
<abstract><sec><title>Background</title><p>Few children respond.</p></sec>
<sec><title>Results</title><p>Both did.</p></sec></abstract>
</article-meta></front>"""
ROOT = '<article xmlns:mml="http://www.w3.org/1998/Math/MathML" xmlns:xlink="http://www.w3.org/1999/xlink">'


def read(schema: Schema, body: str, back: str = "", front: str = FRONT) -> Document:
    article = f"{ROOT}{front}<body>{body}</body><back>{back}</back></article>"
    return jats_document(article.encode(), "paper", schema)


def one(schema: Schema, inside: str) -> str:
    """The words of one paragraph."""
    document = read(schema, f"<p>{inside}</p>", front="")
    return document.text


def test_facts_of_the_paper_stand_in_its_text(schema: Schema) -> None:
    document = read(schema, "<p>Text.</p>")
    facts = {m.field: m for m in document.metadata}
    assert {name: fact.value for name, fact in facts.items()} == {
        "title": "Cells in two children",
        "authors": "Ada Lund",
        "country": "Norway",
        "journal": "J Test Cells",
        "year": "2020",
        "doi": "10.1234/jtc.5",
    }
    assert all(fact.span and document.quote(fact.span) == fact.value for fact in facts.values())


@pytest.mark.parametrize(
    ("markup", "expect", "because"),
    [
        ("1 × 10<sup>6</sup> cells", "1 × 10⁶ cells", "a power of ten"),
        ("2.5 × 10<sup>&#8722;3</sup> mol", "2.5 × 10⁻³ mol", "a negative power"),
        ("1 × 10 <sup>8</sup>/kg", "1 × 10⁸/kg", "a blank before the exponent"),
        ("5 × 10<sup>6 </sup>cells", "5 × 10⁶ cells", "a blank inside the exponent"),
        ("12 cm<sup>2</sup> of skin", "12 cm² of skin", "a unit"),
        ("4 mg mL<sup>-1</sup>", "4 mg mL⁻¹", "a unit with a negative power"),
        (
            'was 25<sup><xref ref-type="bibr" rid="b1">12</xref></sup>.',
            "was 25 [12].",
            "a citation never joins a number",
        ),
        (
            'a dose of 10<sup><xref ref-type="bibr" rid="b1">6</xref></sup> mg',
            "a dose of 10 [6] mg",
            "a citation after ten is no power",
        ),
        ("as shown.<sup>3,4</sup> Then", "as shown. [3,4] Then", "raised numbers that are not marked as citations"),
        ('as shown [<xref ref-type="bibr" rid="b1">7</xref>].', "as shown [7].", "brackets that are there already"),
        ('seen before <xref ref-type="bibr" rid="b1">7</xref>.', "seen before [7].", "a bare number that cites"),
        ('by <xref ref-type="bibr" rid="b1">Lund 2019</xref>', "by Lund 2019", "a citation by name"),
        ("24.1<sup>a</sup> units", "24.1 [a] units", "a footnote letter never joins a number"),
        ("CD34<sup>+</sup> cells", "CD34+ cells", "a marker of cells"),
        ("Ca<sup>2+</sup> and <sup>13</sup>C", "Ca²⁺ and ¹³C", "charges and isotopes"),
        (
            "Brand<sup>®</sup> on the 1<sup>st</sup> day, H<sub>2</sub>O",
            "Brand® on the 1st day, H2O",
            "words stay words",
        ),
        (
            "<inline-formula><mml:math><mml:mn>3</mml:mn><mml:mo>×</mml:mo><mml:msup><mml:mn>10</mml:mn>"
            "<mml:mn>7</mml:mn></mml:msup></mml:math></inline-formula> cells",
            "3 × 10⁷ cells",
            "a formula",
        ),
        (
            r"<inline-formula><tex-math>\documentclass{x}\begin{document}$$5 \times 10^{8}$$\end{document}</tex-math>"
            "</inline-formula> cells",
            "5 × 10⁸ cells",
            "a formula in TeX",
        ),
    ],
)
def test_raised_characters_say_what_they_are(markup: str, expect: str, because: str, schema: Schema) -> None:
    assert one(schema, markup) == expect, because


def test_sections_are_nested_and_keep_their_titles(schema: Schema) -> None:
    document = read(
        schema,
        """<sec><title>Introduction</title><p>Why.</p></sec>
        <sec><title>Case presentation</title><p>Two children.</p><sec><title>Case 1</title><p>A girl.</p></sec>
          <sec><title>Results of her treatment</title><p>Well.</p></sec></sec>
        <sec><title>Results</title><sec><title>Patient 2</title><p>A boy.</p></sec></sec>
        <sec sec-type="methods"><title>How we grew cells</title><p>In flasks.</p></sec>
        <sec><title>Discussion</title><p>Others did so.</p></sec>""",
    )
    found = {document.quote(b.span): (b.section, b.headings) for b in document.blocks if b.kind == "paragraph"}
    assert found["Few children respond."] == ("abstract", ("Abstract", "Background"))
    assert found["A girl."] == ("case", ("Case presentation", "Case 1"))
    assert found["Well."] == ("case", ("Case presentation", "Results of her treatment"))
    assert found["A boy."] == ("case", ("Results", "Patient 2"))
    assert found["In flasks."] == ("methods", ("How we grew cells",))
    assert found["Others did so."] == ("discussion", ("Discussion",))


def test_references_lists_captions_and_footnotes_are_blocks_of_their_kind(schema: Schema) -> None:
    document = read(
        schema,
        """<p>She had<list><list-item><p>fever and</p></list-item>
        <list-item><p>a rash</p></list-item></list>for weeks.<fn>
        <p>As told by her mother.</p></fn></p>
        <fig><label>Figure 1</label><caption><title>Her hand</title><p>Before cells.</p></caption></fig>""",
        """<ref-list><title>References</title><ref><label>1</label><element-citation><person-group>
        <name><surname>Orne</surname><given-names>D</given-names></name></person-group><article-title>Cells</article-title><year>2012</year>
        </element-citation></ref></ref-list>""",
        front="",
    )
    kinds = [(b.kind, document.quote(b.span)) for b in document.blocks]
    assert kinds == [
        ("paragraph", "She had"),
        ("list", "fever and"),
        ("list", "a rash"),
        ("paragraph", "for weeks."),
        ("caption", "Figure 1. Her hand. Before cells."),
        ("footnote", "As told by her mother."),
        ("heading", "References"),
        ("reference", "[1] Orne D. Cells. 2012"),
    ]
    assert document.blocks[-1].section == "references"


TABLE = """<table-wrap id="t1"><label>Table 1</label><caption><p>Doses</p></caption><table>
<thead><tr><th rowspan="2">Patient</th><th colspan="2">Intravenous</th></tr>
<tr><th>Dose (×10<sup>6</sup>/kg)</th><th>Number</th></tr></thead>
<tbody><tr><td rowspan="2">1</td><td>1.5<sup>a</sup></td><td>2</td></tr><tr><td>3.5</td><td>4</td></tr>
<tr><td>2</td><td><p>2.0</p><p>then 1.0</p></td><td>6</td></tr></tbody></table>
<table-wrap-foot><fn><label>a</label><p>By vein.</p></fn></table-wrap-foot></table-wrap>"""


def test_cells_of_a_table_know_their_headers(schema: Schema) -> None:
    document = read(schema, TABLE, front="")
    cells = {document.quote(c.span): (c.row, c.column, c.row_header, c.column_header) for c in document.cells}
    assert cells["3.5"] == (3, 1, "Patient 1", "Intravenous Dose (×10⁶/kg)")
    assert cells["4"] == (3, 2, "Patient 1", "Intravenous Number")
    assert cells["2.0 then 1.0"] == (4, 1, "Patient 2", "Intravenous Dose (×10⁶/kg)")
    (table,) = document.tables
    assert (table.rows, table.columns, table.readings) == (5, 3, "marked up")
    assert (table.caption, table.notes) == ("Table 1. Doses", "a By vein.")
    assert "1.5 [a]" in cells


def test_a_table_at_the_end_of_the_file_stands_in_the_section_that_cites_it(schema: Schema) -> None:
    article = f"""{ROOT}<body><sec><title>Case report</title>
    <p>See <xref ref-type="table" rid="t1">Table 1</xref>.</p></sec></body>
    <floats-group>{TABLE}</floats-group></article>"""
    document = jats_document(article.encode(), "paper", schema)
    assert [b.section for b in document.blocks if b.kind == "table"] == ["case"]


def test_a_table_that_is_a_picture_is_an_issue(schema: Schema) -> None:
    document = read(schema, '<p>Text.</p><table-wrap><label>Table 1</label><graphic xlink:href="t.jpg"/></table-wrap>')
    assert [issue.reason for issue in document.issues] == ["table_is_picture"]


def test_an_article_without_full_text_says_so(schema: Schema) -> None:
    document = jats_document(f"{ROOT}{FRONT}</article>".encode(), "paper", schema)
    assert document.partly_read == "partly_read"
    assert [issue.reason for issue in document.issues] == ["no_body"]


def test_a_span_as_large_as_the_sea_costs_nothing(schema: Schema) -> None:
    rows = "".join(f'<tr><td rowspan="99999" colspan="99999">{i}</td><td>x</td></tr>' for i in range(20))
    document = read(schema, f"<table-wrap><table><tbody>{rows}</tbody></table></table-wrap>", front="")
    assert document.tables[0].columns <= 4100


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "not_jats"),
        (b"<article><body>", "not_jats"),
        (b"%PDF-1.4 not xml", "not_jats"),
        (b"<html><body><p>A page</p></body></html>", "not_jats"),
        (b"<article><body/></article>", "no_text_layer"),
        (
            b'<!DOCTYPE a [<!ENTITY x "lol"><!ENTITY y "&x;&x;&x;">]><article><body><p>&y;</p></body></article>',
            "not_jats",
        ),
        (
            b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><article><body><p>&x;</p></body></article>',
            "not_jats",
        ),
        (
            b"<article><body>" + b"<sec>" * 30_000 + b"<p>deep</p>" + b"</sec>" * 30_000 + b"</body></article>",
            "not_jats",
        ),
    ],
)
def test_what_is_no_article_is_refused_with_its_reason(content: bytes, reason: str, schema: Schema) -> None:
    with pytest.raises(ReadFailure) as failure:
        jats_document(content, "paper", schema, file="paper.xml")
    assert failure.value.reason == reason
    assert str(failure.value).startswith("paper.xml: ")


def test_named_characters_of_the_doctype_are_read(schema: Schema, tmp_path: Path) -> None:
    path = tmp_path / "paper.xml"
    path.write_text(
        '<!DOCTYPE article PUBLIC "-//NLM//DTD JATS//EN" "JATS.dtd">'
        "<article><body><p>5&nbsp;&micro;g</p></body></article>",
        encoding="utf-8",
    )
    document = jats_document(path, "paper", schema)
    assert document.text == "5 µg"
    assert document.file == str(path)
