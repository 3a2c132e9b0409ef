"""Reading PDFs: order, hyphens, raised digits, running heads, boxes, and files that cannot be read.

The papers of these tests are typeset on the spot with typst; superscripts are raised (``typographic: false``).
"""

from __future__ import annotations

import re
from pathlib import Path

import pdfplumber
import pypdfium2
import pytest
import typst

from extract.model import Document, Span
from extract.read import ReadFailure, page_picture, read_document
from extract.schema import Schema, load_schema

ROOT = Path(__file__).resolve().parent.parent

SETUP = """
#set document(date: none)
#set page(width: 420pt, height: 560pt, margin: 40pt)
#set text(font: "Libertinus Serif", size: 9pt, lang: "en", hyphenate: true)
#set par(justify: true, first-line-indent: 1em, leading: 0.55em, spacing: 0.55em)
#set super(typographic: false)
#show heading: set text(size: 11pt)
"""

STORY = """
The girl had been well until her seventh birthday, when a violaceous rash of the eyelids and profound weakness of the
shoulders were noticed by her grandmother. Creatine kinase was considerably elevated, electromyography demonstrated
spontaneous activity, and magnetic resonance imaging confirmed widespread inflammation of both thighs. Methotrexate and
prednisolone were administered without convincing improvement, and intravenous immunoglobulin was subsequently added to
the regimen. Calcinosis appeared on the elbows during the second winter and restricted extension considerably. After
multidisciplinary discussion the family consented to an infusion of mesenchymal stromal cells from an unrelated donor.
""".strip().replace("\n", " ")


@pytest.fixture
def schema(schemas_folder: Path) -> Schema:
    """A small schema with the real titles of sections: reading needs no rules."""
    (schemas_folder / "sections.yaml").write_bytes((ROOT / "schemas" / "sections.yaml").read_bytes())
    return load_schema(schemas_folder)


@pytest.fixture
def paper(tmp_path: Path, schema: Schema):
    """Typeset a source and read it."""

    def read(source: str, name: str = "paper", setup: str = SETUP) -> Document:
        path = tmp_path / f"{name}.pdf"
        path.write_bytes(typst.compile((setup + source).encode()))
        return read_document(path, schema)

    return read


def words(text: str) -> list[str]:
    return re.findall(r"\w+", text)


def body(document: Document) -> str:
    """The words of the paragraphs, in order."""
    return " ".join(document.quote(b.span) for b in document.blocks if b.kind in ("paragraph", "list"))


def told_of(number: int) -> str:
    """The story of another child, its sentences in another order."""
    first, *rest = STORY.replace("The girl", f"Child number {number}").split(". ")
    rest = [sentence.rstrip(".") for sentence in rest]
    turn = number % len(rest)
    return ". ".join([first, *rest[turn:], *rest[:turn]]) + "."


STORIES = [told_of(number) for number in range(1, 13)]


@pytest.mark.parametrize("columns", [1, 2, 3])
def test_columns_are_read_one_after_the_other_and_hyphens_closed(paper, columns: int) -> None:
    document = paper(f"#set page(columns: {columns})\n" + "\n\n".join(STORIES))
    assert len(document.pages) > 1
    assert words(body(document)) == words(" ".join(STORIES))
    assert "\ufffe" not in document.text
    assert not re.search(r"[a-z]- ?[a-z]", document.text)


@pytest.mark.parametrize("last", [1, 2, 3])
def test_a_last_page_with_few_lines_in_its_second_column(paper, last: int) -> None:
    lines = "".join(f"{word} \\ " for word in ["Seven", "plain", "words"][:last])
    first = "\n\n".join(STORIES[:9])
    document = paper(f"#set page(columns: 2)\n{first}\n#pagebreak()\n{STORIES[9]}\n#colbreak()\n{lines}")
    told = words(" ".join([*STORIES[:10], *["Seven", "plain", "words"][:last]]))
    assert words(body(document)) == told


def test_a_paragraph_over_a_column_and_a_page_is_one_block(paper) -> None:
    document = paper("#set page(columns: 2)\n" + "\n\n".join(STORIES))
    paragraphs = [document.quote(b.span) for b in document.blocks if b.kind == "paragraph"]
    assert [p.split(" had")[0] for p in paragraphs] == [f"Child number {n}" for n in range(1, 13)]


def test_full_width_parts_stand_between_the_columns_above_and_below_them(paper) -> None:
    source = f"""
#align(center, text(15pt, weight: "bold")[A remarkable recovery after stromal cells in one girl])
#columns(2)[= Introduction
{STORY.replace("The girl", "First child")}]
#figure(rect(width: 100%, height: 60pt)[#text(6pt)[axis 10 20 30]], caption: [The course of weakness over
two years, with the infusions marked by arrows on the upper edge.])
#columns(2)[= Discussion
{STORY.replace("The girl", "Last child")}]
"""
    document = paper(source)
    kinds = [(b.kind, b.section) for b in document.blocks if b.kind not in ("running",)]
    assert kinds == [
        ("heading", "other"), ("heading", "introduction"), ("paragraph", "introduction"), ("caption", "introduction"),
        ("heading", "discussion"), ("paragraph", "discussion"),
    ]  # fmt: skip
    assert words(body(document)) == words(
        STORY.replace("The girl", "First child") + " " + STORY.replace("The girl", "Last child")
    )


def test_words_beside_the_text_in_a_margin_do_not_cut_its_lines(paper) -> None:
    source = f"""
#grid(columns: (80pt, 1fr), column-gutter: 16pt,
  text(7pt)[Received: 11 January. Accepted: 19 April. Correspondence: nobody\\@nowhere.example. Keywords: skin.],
  [{STORY}])
"""
    assert STORY in body(paper(source))


def test_a_heading_under_an_abstract_with_key_words_beside_it_opens_the_text_below(paper) -> None:
    source = f"""
#align(center, text(15pt, weight: "bold")[A remarkable recovery after stromal cells in one girl])
#grid(columns: (1fr, 2.4fr), column-gutter: 16pt,
  text(8pt)[_Article history_ \\ Received: 11 January \\ Accepted: 19 April \\ _Keywords_ \\ skin; muscle; cells],
  [Abstract \\ {STORY.replace("The girl", "Brief child")}])
#v(14pt)
*1. Introduction*

{STORY.replace("The girl", "First child")}

*2.1. Case 1*

{STORY.replace("The girl", "Second child")}
"""
    document = paper(source)
    blocks = [(b.kind, document.quote(b.span).split(" had")[0]) for b in document.blocks if b.kind != "running"]
    assert [block for block in blocks if block[1] in ("1. Introduction", "2.1. Case 1") or "child" in block[1]] == [
        ("paragraph", "Abstract Brief child"), ("heading", "1. Introduction"), ("paragraph", "First child"),
        ("heading", "2.1. Case 1"), ("paragraph", "Second child"),
    ]  # fmt: skip


def test_powers_units_and_citations_that_are_raised_alike_are_told_apart(paper) -> None:
    source = """
She received 2 #sym.times 10#super[6] cells/kg, then 34 #sym.times 10#super[7]/kg.#super[4,5] Mean onset was 7.4
years#super[6], the score fell to 6#super[3] after treatment#super[7–9] at 375 mg/m#super[2] and 5 #sym.times
10#super[−3] mol/L. Cells carried CD34#super[+], the 1#super[st] infusion was of 10#super[8] cells at 37 #super[o]C.
"""
    document = paper(source)
    text = " ".join(document.text.split())
    assert "2 × 10⁶ cells/kg, then 34 × 10⁷/kg. [4,5] Mean onset was 7.4 years [6], the score fell to 6 [3]" in text
    assert "treatment [7–9] at 375 mg/m² and 5 × 10⁻³ mol/L" in text
    assert "CD34+, the 1st infusion was of 10⁸ cells" in text
    repaired = {(document.quote(r.span), r.as_printed) for r in document.repairs}
    assert {("⁶", "6"), ("[4,5]", "4,5"), ("[3]", "3"), ("²", "2"), ("⁻³", "−3")} <= repaired


def test_footnote_letters_do_not_become_part_of_a_number(paper) -> None:
    document = paper("A dose of 25 #sym.times 10#super[6b] cells in 12#super[a] patients was given.")
    assert "25 × 10⁶ [b] cells in 12 [a] patients" in document.text


def test_raised_figures_of_the_font_itself_are_told_from_figures_of_a_number(paper) -> None:
    """Only their ink says that they are raised: size and baseline of the text object are those of the line."""
    source = """
The JADAS10 was 22.5#super[5] and the mutation in NOD2#super[1,2] was known; 1.5 × 10#super[6] cells/kg, that is
60 × 10#super[6], were given in 4 mL#super[3]. At 38.5 °C, 5′ long, CD34+ and "B27" she weighed 41 kg at a height of
1.48 m, with a surface of 1.3 m#super[2]/kg.
"""
    text = paper(source, setup='#set super(typographic: true)\n#set text(font: "Libertinus Serif")\n').text
    words = " ".join(text.split())
    assert "was 22.5 [5] and the mutation in NOD2 [1,2] was known" in words
    assert "1.5 × 10⁶ cells/kg, that is 60 × 10⁶, were given in 4 mL [3]" in words
    assert "At 38.5 °C, 5′ long, CD34+ and “B27” she weighed 41 kg at a height of 1.48 m" in words
    assert "1.3 m²/kg" in words


def test_a_power_without_geometry_stays_as_it_is(paper) -> None:
    document = paper("A dose of 2 #sym.times 106 cells was given to her at last.")
    assert "2 × 106 cells" in document.text
    assert not document.repairs


def test_running_heads_and_page_numbers_are_set_aside_at_the_end(paper) -> None:
    source = """
#set page(columns: 2, header: [Nobody et al. Annals of Nothing 2020; 4: 12])
#set page(footer: context [Page #counter(page).display()])
""" + "\n\n".join(STORIES)
    document = paper(source)
    running = [document.quote(b.span) for b in document.blocks if b.kind == "running"]
    assert len(running) == 2 * len(document.pages)
    assert words(body(document)) == words(" ".join(STORIES))
    first_running = min(b.span.start for b in document.blocks if b.kind == "running")
    assert first_running > max(b.span.end for b in document.blocks if b.kind == "paragraph") - 1


def test_line_numbers_of_a_manuscript_are_set_aside(paper) -> None:
    document = paper('#set par.line(numbering: "1")\n' + STORY + "\n\n" + STORY)
    assert words(body(document)) == words(STORY + " " + STORY)


def test_footnotes_stand_apart_from_the_paragraph_they_interrupt(paper) -> None:
    source = (
        "#set page(columns: 2)\n"
        + STORY
        + "#footnote[Written for this test, by nobody in particular.] "
        + " ".join(STORIES[:9])
    )
    document = paper(source)
    assert [b.kind for b in document.blocks].count("footnote") == 1
    assert "Written for this test" not in body(document)


def test_compounds_keep_their_hyphen_at_a_line_end(paper) -> None:
    # narrow enough that the lines break at the hyphens
    source = (
        "#set page(width: 130pt)\n"
        + " ".join(["disease-modifying anti-inflammatory non-biologic 12-year-old"] * 6)
        + "."
    )
    text = body(paper(source))
    assert text.count("disease-modifying") == text.count("12-year-old") == text.count("non-biologic") == 6


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_a_turned_page_reads_the_same_and_its_boxes_lie_on_the_page_as_shown(
    tmp_path: Path, schema: Schema, rotation: int
) -> None:
    path = tmp_path / "turned.pdf"
    path.write_bytes(typst.compile((SETUP + "#set page(columns: 2)\n" + "\n\n".join(STORIES[:5])).encode()))
    upright = read_document(path, schema)
    pdf = pypdfium2.PdfDocument(path)
    for page in pdf:
        page.set_rotation(rotation)
    turned_path = tmp_path / "turned2.pdf"
    pdf.save(turned_path)
    turned = read_document(turned_path, schema)
    assert turned.text == upright.text
    assert_boxes_agree_with_pdfplumber(turned, turned_path)


def assert_boxes_agree_with_pdfplumber(document: Document, path: Path) -> None:
    """The boxes of words lie where pdfplumber sees ink of the same letters."""
    with pdfplumber.open(path) as pdf:
        for number, page in enumerate(pdf.pages[:1], 1):
            letters = [char for char in page.chars if char["text"].strip(" \u00ad")]
            runs = [run for run in document.runs if run.page == number and run.end - run.start > 4][::7]
            assert len(runs) > 10
            for run in runs:
                inside = [
                    c for c in letters
                    if run.x0 - 2 < (c["x0"] + c["x1"]) / 2 < run.x1 + 2
                    and run.top - 1 < (c["top"] + c["bottom"]) / 2 < run.bottom + 1
                ]  # fmt: skip
                assert sorted("".join(c["text"] for c in inside)) == sorted(document.text[run.start : run.end])


def test_boxes_of_words_are_where_pdfplumber_sees_them(tmp_path: Path, schema: Schema, paper) -> None:
    document = paper("#set page(columns: 2)\n#set text(hyphenate: false)\n" + "\n\n".join(STORIES[:5]), name="boxed")
    assert_boxes_agree_with_pdfplumber(document, tmp_path / "boxed.pdf")
    at = document.text.index("Methotrexate")
    boxes = document.boxes(Span(start=at, end=at + len("Methotrexate")))
    assert len(boxes) == 1
    assert 20 < boxes[0].x1 - boxes[0].x0 < 80


def test_every_word_of_a_block_is_covered_by_runs_in_order(paper) -> None:
    document = paper("= Introduction\n" + STORY + "#super[4]\n= Results\n" + STORY)
    starts = [run.start for run in document.runs]
    assert starts == sorted(starts)
    covered = set()
    for run in document.runs:
        assert run.x0 < run.x1
        assert run.top < run.bottom
        covered.update(range(run.start, run.end))
    for block in document.blocks:
        missing = [
            i for i in range(block.span.start, block.span.end) if i not in covered and not document.text[i].isspace()
        ]
        assert not missing, document.text[missing[0] - 10 : missing[0] + 10]


def test_a_mark_in_raised_signs_is_cut_from_the_word_before_it(paper) -> None:
    document = paper("= Case report\nThe patient was well again afterwards⁷, and stayed so.")
    start = document.text.index("afterwards")
    assert document.text[start : start + 15] == "afterwards [7],"
    (word,) = document.boxes(Span(start=start, end=start + 10))
    (mark,) = document.boxes(Span(start=start + 11, end=start + 14))
    assert word.x1 == mark.x0
    assert (mark.x1 - mark.x0) * 6 < word.x1 - word.x0


def test_what_the_paper_says_of_itself(paper) -> None:
    source = f"""
#set page(header: context if counter(page).get().first() > 1 [Annals of Nothing 2021; 9: 112–113])
#text(7pt)[Annals of Nothing 2021; 9: 112–113 #h(1fr) https://doi.org/10.5555/aon.2021.0117]

#text(15pt, weight: "bold")[Two infusions of stromal cells in a girl with refractory dermatomyositis]

Ana Maria Nobody#super[1], Jo Someone-Else#super[1,2] and Li Thirdperson#super[2]

#text(7pt)[#super[1] Children’s Hospital, Nowhere, Norway; #super[2] Institute of Cells, Elsewhere, Norway]

= Abstract
{STORY}
= Introduction
{STORY}
"""
    document = paper(source)
    said = {m.field: m.value for m in document.metadata}
    assert said == {
        "title": "Two infusions of stromal cells in a girl with refractory dermatomyositis",
        "authors": "Ana Maria Nobody; Jo Someone-Else; Li Thirdperson",
        "journal": "Annals of Nothing",
        "year": "2021",
        "doi": "10.5555/aon.2021.0117",
        "country": "Norway",
        "language": "en",
    }
    for fact in document.metadata:
        assert fact.span is not None
        if fact.field == "language":
            assert (document.quote(fact.span), fact.formula) == (
                said["title"],
                "most of the common words of the text are English",
            )
        elif fact.field != "authors":
            assert document.quote(fact.span) == fact.value


def test_white_words_on_top_of_others_are_not_read(paper) -> None:
    hidden = (
        "#place(dy: 3pt, text(fill: white)[Cells were never given to anybody in this hidden sentence of the page.])"
    )
    document = paper(hidden + STORY)
    assert "hidden sentence" not in document.text
    assert STORY in body(document)


def test_page_picture_is_a_png(tmp_path: Path, paper) -> None:
    paper(STORY, name="seen")
    assert page_picture(tmp_path / "seen.pdf", 1, dpi=36).startswith(b"\x89PNG")


# files that cannot be read, or only in part


def reason_of(path: Path, schema: Schema) -> str:
    with pytest.raises(ReadFailure) as caught:
        read_document(path, schema)
    assert path.name in str(caught.value)
    return caught.value.reason


def minimal_pdf(extra_objects: str = "", trailer: str = "") -> bytes:
    objects = "1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    objects += "3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>endobj\n" + extra_objects
    return f"%PDF-1.4\n{objects}trailer<</Root 1 0 R{trailer}>>\n%%EOF\n".encode("latin-1")


def test_an_empty_file_says_so(tmp_path: Path, schema: Schema) -> None:
    path = tmp_path / "nothing.pdf"
    path.write_bytes(b"")
    assert reason_of(path, schema) == "not_a_pdf"


def test_a_file_that_is_no_pdf_says_so(tmp_path: Path, schema: Schema) -> None:
    path = tmp_path / "page.pdf"
    path.write_bytes(b"<html>Access denied</html>" * 200)
    assert reason_of(path, schema) == "not_a_pdf"


def test_a_pdf_without_text_says_so(tmp_path: Path, schema: Schema) -> None:
    path = tmp_path / "scan.pdf"
    path.write_bytes(typst.compile(b"#rect(width: 100%, height: 50%, fill: gray)"))
    assert reason_of(path, schema) == "no_text_layer"


def test_an_encrypted_pdf_says_so(tmp_path: Path, schema: Schema) -> None:
    path = tmp_path / "locked.pdf"
    key = "<" + "5a" * 32 + ">"
    lock = f"/Encrypt<</Filter/Standard/V 1/R 2/O{key}/U{key}/P -4>>/ID[<00><00>]"
    path.write_bytes(minimal_pdf(trailer=lock))
    assert reason_of(path, schema) == "encrypted"


def test_a_pdf_without_pages_says_so(tmp_path: Path, schema: Schema) -> None:
    path = tmp_path / "hollow.pdf"
    path.write_bytes(minimal_pdf().replace(b"/Kids[3 0 R]/Count 1", b"/Kids[]/Count 0"))
    assert reason_of(path, schema) == "not_a_pdf"


def test_a_pdf_under_another_name_is_read(tmp_path: Path, schema: Schema) -> None:
    path = tmp_path / "paper.txt"
    path.write_bytes(typst.compile((SETUP + STORY).encode()))
    assert read_document(path, schema).format == "pdf"


def test_a_cut_off_pdf_is_read_as_far_as_it_goes_and_says_so(tmp_path: Path, schema: Schema) -> None:
    # one uncompressed page, then the end is missing
    stream = "BT /F1 12 Tf 20 100 Td (The girl was well) Tj ET"
    extra = f"4 0 obj<</Length {len(stream)}>>stream\n{stream}\nendstream endobj\n"
    extra += "5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj\n"
    whole = minimal_pdf(extra).replace(b"200 200]", b"200 200]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>")
    path = tmp_path / "broken.pdf"
    path.write_bytes(whole.replace(b"%%EOF\n", b""))
    document = read_document(path, schema)
    assert document.partly_read == "truncated"
    assert "The girl was well" in document.text
    assert [issue.reason for issue in document.issues] == ["truncated"]


def test_a_limit_on_pages_is_noted(tmp_path: Path, schema: Schema) -> None:
    path = tmp_path / "long.pdf"
    path.write_bytes(typst.compile((SETUP + "\n#pagebreak()\n".join([STORY] * 3)).encode()))
    document = read_document(path, schema, max_pages=2)
    assert document.partly_read == "partly_read"
    assert len(document.pages) == 2
    assert "first 2 of 3 pages" in document.issues[0].message


# real papers


def test_real_papers_keep_every_word_that_pdfium_reads(papers: Path, schema: Schema) -> None:
    for path in sorted([*papers.glob("papers/*.pdf"), *papers.glob("reading/*.pdf")]):
        document = read_document(path, schema)
        pdf = pypdfium2.PdfDocument(path)
        plain = " ".join(re.sub(r"\S*\ufffe\S*", " ", page.get_textpage().get_text_range()) for page in pdf)
        want = set(re.findall(r"(?<![a-z])[a-z]{7,}(?![a-z-])", plain.lower()))
        lost = want - set(re.findall(r"[a-z]{7,}", document.text.lower()))
        assert len(lost) < 0.02 * len(want), (
            f"{path.name}: {len(lost)} of {len(want)} long words are gone: {sorted(lost)[:20]}"
        )
