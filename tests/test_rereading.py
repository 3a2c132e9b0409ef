"""Reading again: what counts as the same words, and whether they stand in their boxes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import pypdfium2
import pytest
import typst
from hypothesis import given
from hypothesis import strategies as st

from extract.model import Box, Document, Span
from extract.model.geometry import turned
from extract.read import read_document
from extract.read.places import Pages, Search, frames, spoken, stand
from extract.read.rereading import Claim, Finding, Reread, Rereading
from extract.read.spots import Glyph, Sight, see_page, see_page_again
from extract.read.wording import match, printed
from extract.schema import Schema


def glyphs(*words: str, font: str = "Serif") -> list[tuple[int, int, bool, Glyph]]:
    """Characters as printed, a line for each text. ``^x`` is a raised x, ``~x`` a spare, ``%x`` a cropped one."""
    out = []
    for line, text in enumerate(words):
        x, marks = 0.0, ""
        for letter in text:
            if letter in "^~%":
                marks = letter
            elif letter != " ":
                base, size = 20.0 * line - 3.5 * (marks == "^"), 6.0 if marks == "^" else 10.0
                glyph = Glyph(letter, x, base - size, x + 5, base, base, size, 0, font, marks == "%")
                out.append((len(out), line, marks == "~", glyph))
                marks = ""
            x += 5 if not marks else 0
    return out


SAME = [
    ("She was 12.", ["She was 12."], ""),
    ("She was12.", ["She was 12."], "white space"),
    ("Month | 0 | 6", ["Month", "0", "6"], "bars between cells"),
    ("advanced disease", ["ad-", "vanced disease"], "a hyphen at the end of a line is left out"),
    ("non-biologic", ["non-", "biologic"], "a hyphen at the end of a line is kept"),
    ("advanced", ["ad\u00advanced"], "soft hyphen"),
    ("advanced", ["ad\x02", "vanced"], "a hyphen as pdfium gives it at the end of a line"),
    ("post-treatment", ["post‐treatment"], "hyphens of any make"),
    ("five fits", ["ﬁve ﬁts"], "ligatures"),
    ("α of 5 μg", ["𝛼 of 5 𝜇g"], "letters of formulas"),
    ("2 × 10⁶ cells", ["2 × 10^6 cells"], "a power of ten"),
    ("10⁻³", ["10^-^3"], "a negative power"),
    ("2 × 10⁶ cells", ["2 × 10⁶ cells"], "a power that is a sign of its own"),
    ("as shown [12,13] before", ["as shown^1^2^,^1^3 before"], "a raised citation"),
    ("shown [12] before", ["shown¹² before"], "a citation in raised signs"),
    ("better [1–3]", ["better^1^−^3"], "a range of citations"),
    ("shown [4].", ["shown^[^4^]."], "a citation raised in brackets of its own"),
    ("Smith [a,b]", ["Smith^a^,^b^,"], "marks of footnotes, the last comma dropped"),
    ("39 °C", ["39 ^oC"], "a degree sign that is a letter"),
    ("1.5 × 10⁶", ["1:5 × 10^6"], "a decimal point printed as a colon before a power of ten"),
    ("1.5 × 10⁶", ["1.5 3 10^6"], "a sign of multiplication that came out as 3"),
    ("5 ± 1", ["5 Â± 1"], "characters decoded twice"),
    ("a–b", ["aâ€“b"], "a dash decoded twice"),
    ("Kahari", ["Kah¨ari"], "an accent drawn apart"),
    ("on the page", ["on the% ,page"], "what is cropped away"),
    ("2 mg", ["~12 mg~."], "what is spare at both ends"),
    ("12 mg", ["~12 mg~."], "what is spare and belongs to it"),
    ("[b] Stromal Cell Unit", ["^b Stromal Cell Unit"], "a mark that opens its line"),
    ("1st visit", ["1^s^t visit"], "an ordinal"),
]

OTHER = [
    ("She was 13.", ["She was 12."], "a digit"),
    ("She was 12", ["She was 12."], "a full stop that is left out"),
    ("She was 12..", ["She was 12."], "a full stop too many"),
    ("she was 12.", ["She was 12."], "a capital"),
    ("He was 12.", ["She was 12."], "a letter"),
    ("< 5", ["> 5"], "a sign"),
    ("-5", ["5"], "a minus that is not printed"),
    ("2 × 106 cells", ["2 × 10^6 cells"], "a power of ten set on the line"),
    ("2 × 10⁶ cells", ["2 × 106 cells"], "a power that is not raised on the page"),
    ("2 × 10⁷ cells", ["2 × 10^6 cells"], "another power"),
    ("post treatment", ["post-treatment"], "a hyphen within a line left out"),
    ("[12] cells", ["12 cells"], "brackets around what is not raised"),
    ("12 cells [3]", ["12 cells"], "a citation that is not there"),
    ("1.5 mg", ["1:5 mg"], "a colon that stands before no power"),
    ("5 ° 3", ["5 o 3"], "a letter that is not raised"),
    ("5 × 3", ["5 3 3"], "a 3 that is no sign"),
    ("mg", ["12 mg"], "words left out at the start"),
    ("12", ["12 mg"], "words left out at the end"),
    ("12 g", ["12 mg"], "a letter left out"),
    ("a|b", ["ab"], "a bar that parts no cells"),
    ("10? cells", ["10^6 cells"], "a doubtful digit where nothing was read by OCR"),
]


@pytest.mark.parametrize(("quote", "lines", "because"), SAME, ids=[because or quote for quote, _, because in SAME])
def test_the_same_words_in_other_spelling_match(quote: str, lines: list[str], because: str) -> None:
    page = printed(glyphs(*lines))
    found = match(quote, page)
    assert found is not None
    for letter, at in zip(quote, found, strict=True):
        assert at is not None or letter.isspace() or letter in "[]|", (letter, found)


@pytest.mark.parametrize(("quote", "lines", "because"), OTHER, ids=[because for _, _, because in OTHER])
def test_other_words_do_not_match(quote: str, lines: list[str], because: str) -> None:
    assert match(quote, printed(glyphs(*lines))) is None


def test_a_power_that_ocr_read_is_not_compared() -> None:
    page = printed(glyphs("2 x 106 cells"))
    assert match("2 x 10? cells", page, ocr=True)
    assert match("2 x 10? cells", page) is None
    assert match("3 x 10? cells", page, ocr=True) is None


def test_a_sign_of_a_font_of_formulas_is_what_it_prints() -> None:
    assert match("5 × 3", printed(glyphs("5 3 3", font="AdvPi-MathematicalPi"))) is not None
    assert match("5 + 3", printed(glyphs("5 3 3", font="AdvPi-MathematicalPi"))) is None


@given(st.text("ab1 -.×[]°", min_size=1, max_size=12), st.integers(0, 11), st.sampled_from("ab1.×"))
def test_a_changed_letter_never_matches(text: str, at: int, letter: str) -> None:
    lines = [text.replace(" ", "")]
    if not lines[0]:
        return
    changed = lines[0][: at % len(lines[0])] + letter + lines[0][at % len(lines[0]) + 1 :]
    found = match(changed, printed(glyphs(*lines)))
    assert (found is not None) == (changed == lines[0]) or _only_hyphen_at_end(lines[0], changed)


def _only_hyphen_at_end(printed_text: str, quote: str) -> bool:
    """A hyphen that ends a line may be missing, whatever stands for it then was changed with it."""
    return printed_text.endswith("-") and quote.rstrip("-") == printed_text.rstrip("-")


# --- on pages


STORY = """
#set page(width: 420pt, height: 300pt, columns: 2, margin: 30pt)
#set text(size: 9pt, font: "Libertinus Serif", hyphenate: true)
#set par(justify: true)
= Case report
A twelve-year-old girl with refractory systemic lupus erythematosus was treated in this hospital after cyclophosphamide
and rituximab had failed. She received two intravenous infusions of 2 #sym.times 10#super(typographic: false)[6]
cells/kg of umbilical cord mesenchymal stromal cells, four weeks apart, without any adverse
event.#super(typographic: false)[4] The SLEDAI-2K was 14 before treatment, 6/10 of its items were clinical, and it had
fallen to 4 at six months.

#table(columns: 3, [Month], [SLEDAI-2K], [Weight, kg], [0], [14], [31.5], [6], [4], [33])
"""


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("story") / "story.pdf"
    path.write_bytes(typst.compile(STORY.encode()))
    return path


def changed(path: Path, out: Path, change: Callable[[pypdfium2.PdfPage], object]) -> Path:
    """A copy of a PDF with each page changed."""
    document = pypdfium2.PdfDocument(path)
    for page in document:
        change(page)
    document.save(out)
    return out


def claim_of(document: Document, start: int, end: int, words: str) -> Claim:
    """What the trail would say of words within a stretch of a document."""
    at = document.text.index(words, start, end)
    boxes = document.boxes(Span(start=at, end=at + len(words)))
    here = [box for box in boxes if box.page == boxes[0].page]
    box = Box(
        page=here[0].page,
        x0=round(min(box.x0 for box in here), 2),
        top=round(min(box.top for box in here), 2),
        x1=round(max(box.x1 for box in here), 2),
        bottom=round(max(box.bottom for box in here), 2),
    )
    span = Span(start=start, end=end)
    return Claim(
        quote=document.quote(span),
        boxes=document.boxes(span),
        start=start,
        end=end,
        words=words,
        page=box.page,
        box=box,
    )


def claims_of(document: Document) -> list[Claim]:
    """A claim for each word of each sentence and cell."""
    spans = [block.span for block in document.blocks if block.kind in ("heading", "paragraph")]
    spans += [cell.span for cell in document.cells]
    return [
        claim_of(document, span.start, span.end, word) for span in spans for word in set(document.quote(span).split())
    ]


def reread(path: Path, claims: Iterable[Claim], schema: Schema) -> Reread:
    return Rereading({"story": tuple(claims)})(path, schema, "story")


def one(path: Path, claim: Claim, schema: Schema, **changes: object) -> Finding:
    (finding,) = reread(path, [claim.model_copy(update=changes)], schema).findings
    return finding


PAGES: dict[str, Callable[[pypdfium2.PdfPage], object]] = {
    "as it is": lambda page: page.set_rotation(0),
    "turned right": lambda page: page.set_rotation(90),
    "upside down": lambda page: page.set_rotation(180),
    "turned left": lambda page: page.set_rotation(270),
    "cropped": lambda page: page.set_cropbox(10, 15, 410, 290),
    "on a larger sheet": lambda page: page.set_mediabox(-50, -20, 420, 300),
}


@pytest.mark.parametrize("way", PAGES)
def test_every_word_of_a_page_holds_by_both_readings(way: str, story: Path, schema: Schema, tmp_path: Path) -> None:
    path = changed(story, tmp_path / "story.pdf", PAGES[way])
    document = read_document(path, schema)
    claims = claims_of(document)
    found = reread(path, claims, schema)
    assert found.pages == 1
    assert len(claims) > 60
    assert {(finding.verdict, finding.by) for finding in found.findings} == {("holds", "pdfium")}
    again = Pages(lambda number: see_page_again(path, number), 1)
    assert all(stand(claim.quote, claim.boxes, again) for claim in claims)


@pytest.fixture(scope="module")
def dose(story: Path, schema: Schema) -> Claim:
    document = read_document(story, schema)
    start = document.text.index("She received")
    return claim_of(document, start, document.text.index("event.") + 6, "2 × 10⁶")


def test_words_that_are_framed_hold(story: Path, dose: Claim, schema: Schema) -> None:
    assert one(story, dose, schema).verdict == "holds"
    assert len(dose.boxes) > 3


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("two", "ten"),
        ("10⁶", "10⁷"),
        ("10⁶", "106"),
        ("without any", "with"),
        ("cells/kg of", "cells/kg"),
        ("She", "she"),
    ],
)
def test_a_changed_quote_is_gone(story: Path, dose: Claim, schema: Schema, old: str, new: str) -> None:
    quote = dose.quote.replace(old, new)
    changes = {"quote": quote, "words": "infusions", "end": dose.start + len(quote)}
    finding = one(story, dose, schema, **changes)
    assert (finding.verdict, finding.column) == ("gone", "quote")
    assert "in these boxes the file says 'She received two intravenous infusions of 2 × 106 cells/kg" in finding.message


def test_a_quote_whose_length_is_not_that_of_its_offsets_has_moved(story: Path, dose: Claim, schema: Schema) -> None:
    finding = one(story, dose, schema, end=dose.end + 3)
    assert (finding.verdict, finding.column) == ("moved", "start")


def test_words_that_are_not_in_the_quote_are_gone(story: Path, dose: Claim, schema: Schema) -> None:
    finding = one(story, dose, schema, words="3 × 10⁶")
    assert (finding.verdict, finding.column) == ("gone", "as_written")


@pytest.mark.parametrize("by", [-9, 9, 25])
@pytest.mark.parametrize("side", ["x0", "top", "x1", "bottom"])
def test_a_side_of_a_box_that_is_off_is_named(story: Path, dose: Claim, schema: Schema, side: str, by: float) -> None:
    assert dose.box is not None
    sides = {name: getattr(dose.box, name) for name in ("x0", "top", "x1", "bottom")}
    sides[side] += by
    if sides["x0"] > sides["x1"] or sides["top"] > sides["bottom"]:
        return
    finding = one(story, dose, schema, box=Box(page=1, **sides))
    assert (finding.verdict, finding.column) == ("moved", side)
    assert "the box does not frame '2 × 10⁶', which stands on page 1 at" in finding.message
    assert finding.boxes


def test_another_page_is_named(story: Path, dose: Claim, schema: Schema) -> None:
    assert dose.box is not None
    finding = one(story, dose, schema, page=2, box=dose.box.model_copy(update={"page": 2}))
    assert (finding.verdict, finding.column) == ("moved", "page")


def test_boxes_that_hold_other_words_are_told_where_the_words_stand(story: Path, dose: Claim, schema: Schema) -> None:
    down = tuple(box.model_copy(update={"top": box.top + 40, "bottom": box.bottom + 40}) for box in dose.boxes)
    for boxes in (
        down,
        tuple(box.model_copy(update={"page": 7}) for box in dose.boxes),
        dose.boxes[1:],
        dose.boxes[:-1],
    ):
        finding = one(story, dose, schema, boxes=boxes)
        assert (finding.verdict, finding.column) == ("moved", "quote_boxes"), boxes
        assert len(finding.boxes) == len(dose.boxes)
        assert all(abs(a.x0 - b.x0) + abs(a.top - b.top) < 5 for a, b in zip(finding.boxes, dose.boxes, strict=True))


def test_a_line_that_is_framed_too_widely_is_named(story: Path, dose: Claim, schema: Schema) -> None:
    wide = (*dose.boxes[:-1], dose.boxes[-1].model_copy(update={"bottom": dose.boxes[-1].bottom + 6}))
    finding = one(story, dose, schema, boxes=wide)
    assert (finding.verdict, finding.column) == ("moved", "quote_boxes")
    assert f"box {len(wide)} of the quote does not frame its words" in finding.message


def test_words_without_boxes_are_looked_for(story: Path, dose: Claim, schema: Schema) -> None:
    finding = one(story, dose, schema, boxes=(), page=None, box=None)
    assert (finding.verdict, finding.column) == ("moved", "page")


def test_of_equal_words_the_nearest_is_told(story: Path, schema: Schema) -> None:
    document = pypdfium2.PdfDocument(story)
    pages = Pages(lambda number: see_page(document, number), 1)
    fours = [glyph for glyph in pages[1].glyphs if glyph.text == "4"]
    assert len(fours) > 3
    cell = read_document(story, schema)
    (box,) = (cell.box for cell in cell.cells if cell.row == 2 and cell.column == 1)
    assert box is not None
    (found,) = Search(pages).find("4", [box])
    assert abs(found.x0 - box.x0) < 6
    assert abs(found.top - box.top) < 6


def test_part_of_a_number_is_not_that_number(story: Path) -> None:
    document = pypdfium2.PdfDocument(story)
    pages = Pages(lambda number: see_page(document, number), 1)
    assert Search(pages).find("1.5", []) == ()
    assert Search(pages).find("31.5", [])


def test_hidden_words_in_a_box_do_not_disturb_those_that_are_seen(schema: Schema, tmp_path: Path) -> None:
    source = """
#set page(width: 400pt, height: 200pt)
= Case report
#place(dy: 3pt, text(fill: white)[Cells were never given to anybody in this hidden sentence of the page.])
A girl with lupus received an infusion of stromal cells in the spring of that year and was well.
"""
    path = tmp_path / "story.pdf"
    path.write_bytes(typst.compile(source.encode()))
    document = read_document(path, schema)
    start = document.text.index("A girl")
    claim = claim_of(document, start, document.text.index("well.") + 5, "stromal")
    assert one(path, claim, schema).verdict == "holds"
    seen = spoken(claim.boxes, Pages(lambda number: see_page(pypdfium2.PdfDocument(path), number), 1))
    assert "hidden" in seen or "never" in seen


def test_a_file_with_boxes_that_has_no_pages_has_moved_words(dose: Claim, schema: Schema, tmp_path: Path) -> None:
    path = tmp_path / "story.txt"
    path.write_text("Case report\n\n" + dose.quote, encoding="utf-8")
    assert one(path, dose, schema).column == "page"


def test_what_a_reviewer_entered_may_differ_in_white_space(schema: Schema, tmp_path: Path) -> None:
    path = tmp_path / "story.txt"
    path.write_text("Case report\n\nA girl of 9 years\nreceived cells.\n", encoding="utf-8")
    text = read_document(path, schema).text
    start = text.index("A girl")
    claim = Claim(quote="A girl of 9  years", start=start, end=start + 17, words="9 years")
    assert one(path, claim, schema).verdict == "moved"
    assert one(path, claim, schema, entered=True).verdict == "holds"
    assert one(path, claim, schema, entered=True, quote="A girl of 8 years", words="8").verdict == "gone"


# --- laws


@given(st.tuples(*[st.floats(-500, 500)] * 4), st.integers(-8, 8))
def test_turning_a_rectangle_back_gives_it_again(sides: tuple[float, float, float, float], quarters: int) -> None:
    assert turned(turned(sides, quarters), -quarters) == sides


def test_no_box_frames_words_far_from_it() -> None:
    sight = Sight(1, [Glyph(letter, 10 + 5 * i, 20, 15 + 5 * i, 28, 28, 10, 0, "") for i, letter in enumerate("abc")])
    assert frames(Box(page=1, x0=10, top=20.2, x1=25, bottom=30.2), sight, [0, 1, 2])
    for wrong in ((30, 20.2, 45, 30.2), (10, 40, 25, 50), (10, 20.2, 20, 30.2), (0, 0, 400, 400)):
        x0, top, x1, bottom = wrong
        assert not frames(Box(page=1, x0=x0, top=top, x1=x1, bottom=bottom), sight, [0, 1, 2])
