"""Scanned pages: read only when asked, marked as read from a picture, and never trusted with a power of ten."""

from __future__ import annotations

import io
import json
import os
import zlib
from pathlib import Path

import pypdfium2
import pytest
import typst
from hostile import FORM, IMAGE, document, lines, stream
from typer.testing import CliRunner

from extract import batch
from extract.cli import app
from extract.evidence import read_table
from extract.model import Block, Cell, Document, Page, Span, Table
from extract.read import ReadFailure, ocr, read_document
from extract.schema import Schema
from extract.store import reading
from extract.worker import Limits

SETUP = '#set page(width: 400pt, height: 300pt)\n#set text(size: 12pt, font: "Libertinus Serif")\n'
TEXT = """
= Case report
A nine-year-old girl with systemic lupus erythematosus was treated in this hospital. She received an intravenous
infusion of 2 #sym.times 10#super(typographic: false)[6] cells/kg of mesenchymal stromal cells without any adverse
event. Her weight was 31 kg. Two years later she was well and attended school.
"""


@pytest.fixture(scope="module")
def tesseract() -> None:
    fault = ocr.missing()
    if fault:
        if os.environ.get("CASELOOM_REQUIRE_OCR") == "1":
            pytest.fail(fault)
        pytest.skip(fault)


@pytest.fixture(scope="module")
def scan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page that is a picture of ``TEXT``, as a scanner makes it."""
    path = tmp_path_factory.mktemp("scan") / "scan.pdf"
    page = pypdfium2.PdfDocument(typst.compile((SETUP + TEXT).encode()))[0]
    out = io.BytesIO()
    page.render(scale=200 / 72).to_pil().convert("L").save(out, format="PDF", resolution=200)
    path.write_bytes(out.getvalue())
    return path


@pytest.fixture(scope="module")
def scanned(tesseract: None, scan: Path, schema: Schema, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tables of the scan."""
    out = tmp_path_factory.mktemp("scanned")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(out / "cache"))
        reading._remember(reading._marker(schema))  # the examples of the rules are another test's business
        batch.run([scan], out / "out", schema, workers=1, limits=Limits(120, 1024), ocr=True)
    return out / "out"


def test_without_being_asked_a_scan_has_no_text_and_says_the_way_out(scan: Path, small_schema: Schema) -> None:
    with pytest.raises(ReadFailure) as failure:
        read_document(scan, small_schema)
    assert failure.value.reason == "no_text_layer"
    assert "--ocr" in failure.value.message


@pytest.mark.usefixtures("tesseract")
def test_a_scan_is_read_and_every_page_of_it_marked(scan: Path, small_schema: Schema) -> None:
    document = read_document(scan, small_schema, ocr=True)
    text = " ".join(document.text.split())
    assert "She received an intravenous infusion of 2" in text
    assert "Two years later she was well and attended school." in text
    assert [page.ocr for page in document.pages] == [True]
    assert [(i.severity, i.page) for i in document.issues if i.reason == "ocr"] == [("major", 1)]
    at = text.index("school")
    boxes = document.boxes(Span(start=document.text.index("school"), end=document.text.index("school") + 6))
    assert at > 0
    assert 0 < boxes[0].x0 < boxes[0].x1 < 400
    assert 0 < boxes[0].top < boxes[0].bottom < 300


@pytest.mark.usefixtures("tesseract")
def test_a_dose_of_a_scan_stays_unresolved_and_its_values_name_ocr(scanned: Path) -> None:
    documents = read_table(scanned / "documents.csv")
    assert list(documents["status"]) == ["ok"]
    values = read_table(scanned / "values.csv")
    read = values[values["page"] != ""]
    assert len(read) > 2
    assert read["rule"].str.endswith(" (OCR)").all()
    given = read_table(scanned / "administrations.csv")
    assert not set(given["cells_per_kg"]) & {"2000000", "2", "212"}
    assert "ocr" in set(read_table(scanned / "issues.csv")["reason"])


@pytest.mark.usefixtures("tesseract")
def test_words_of_a_scan_are_verified_only_when_asked(scanned: Path) -> None:
    count = len(read_table(scanned / "values.csv"))
    result = CliRunner().invoke(app, ["verify", str(scanned)])
    assert result.exit_code == 0, result.output
    assert f"{count} read by OCR, not checkable by text (--ocr reads their pictures again)." in result.stdout
    told = CliRunner().invoke(app, ["verify", str(scanned), "--ocr", "--json"])
    assert told.exit_code == 0, told.output
    assert json.loads(told.stdout)["values"] == {"holds": count}
    assert json.loads(told.stdout)["read_by"] == {"OCR": count}


def test_asked_for_without_the_program_it_says_how_to_get_it(scan: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    for command in (["read", str(scan), "--ocr"], ["run", str(scan), "--ocr"]):
        result = CliRunner().invoke(app, command)
        assert result.exit_code == 2
        assert "apt-get install tesseract-ocr" in result.output


def test_a_picture_that_tesseract_cannot_read_is_no_crash(
    scan: Path, small_schema: Schema, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = tmp_path / "tesseract"
    program.write_text("#!/bin/sh\necho broken >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(ReadFailure, match="page 1 \\(broken\\)") as failure:
        read_document(scan, small_schema, ocr=True)
    assert failure.value.reason == "no_text_layer"


# --- pages on which someone else's OCR has left invisible words


def seen_and_hidden(mode: int) -> bytes:
    image = stream(zlib.compress(bytes([200]) * 64 * 64), IMAGE % (64, 64, b"Gray"))
    words = lines("A girl received 2 x 106 cells/kg by vein.", "She weighed 31 kg and was well.")
    content = b"q 595 0 0 842 0 0 cm /P Do Q %d Tr %b" % (mode, words)
    return document(content, resources=b"/XObject<</P 5 0 R>>", more=[image, stream(b"", FORM)])


def test_invisible_words_over_a_picture_are_known_as_ocr(tmp_path: Path, small_schema: Schema) -> None:
    path = tmp_path / "searchable.pdf"
    path.write_bytes(seen_and_hidden(3))
    hidden = read_document(path, small_schema)
    assert hidden.pages[0].ocr
    assert "2 x 10? cells/kg" in hidden.text
    assert [r.as_printed for r in hidden.repairs] == ["106"]
    path.write_bytes(seen_and_hidden(0))
    shown = read_document(path, small_schema)
    assert not shown.pages[0].ocr
    assert "2 x 106 cells/kg" in shown.text


# --- powers


@pytest.mark.parametrize(
    ("read", "kept", "because"),
    [
        ("2 x 106 cells/kg", "2 x 10? cells/kg", "a flattened power"),
        ("2 × 10° cells/kg", "2 × 10? cells/kg", "what tesseract makes of a raised 6"),
        ("2 x 10% cells", "2 x 10? cells", "and of a raised 8"),
        ("2 × 10⁶ cells", "2 × 10? cells", "even when it looks right"),
        ("5 x 10^7 MSCs", "5 x 10?? MSCs", "with a caret"),
        ("a total of 106 nucleated cells", "a total of 10? nucleated cells", "without a factor"),
        ("platelets 98 × 109/L", "platelets 98 × 10?/L", "a power of a count"),
        ("3 × 10 cells", "3 × 10 cells", "lost already: the grammar knows"),
        ("4 x 100 mg", "4 x 100 mg", "a hundred"),
        ("4 x 1000 IU", "4 x 1000 IU", "a thousand"),
        ("10 cells per field", "10 cells per field", "ten"),
        ("106 patients were seen", "106 patients were seen", "people"),
        ("at 108 months", "at 108 months", "time"),
    ],
)
def test_a_power_read_by_ocr_loses_its_exponent_on_purpose(read: str, kept: str, because: str) -> None:
    span = Span(start=0, end=len(read))
    before = Document(
        name="a", file="a", sha256="0", format="pdf", text=read,
        pages=(Page(number=1, width=1, height=1, ocr=True),),
        blocks=(Block(kind="table", section="case", span=span, page=1, headings=(read,)),),
        tables=(Table(number=0, span=span, page=1, caption=read, rows=1, columns=1),),
        cells=(Cell(table=0, row=0, column=0, span=span, row_header=read),),
    )  # fmt: skip
    after = ocr.doubted(before)
    assert after.text == kept, because
    assert after.tables[0].caption == after.cells[0].row_header == after.blocks[0].headings[0] == kept
    assert [r.as_printed for r in after.repairs] == [read[r.span.start : r.span.end] for r in after.repairs]
    assert bool(after.repairs) == (read != kept)
    unread = before.model_copy(update={"pages": (Page(number=1, width=1, height=1),)})
    assert ocr.doubted(unread) == unread


def test_an_unresolved_power_gives_no_dose(schema: Schema) -> None:
    from extract.find import find_mentions
    from extract.read.text import text_document

    text = "She received an intravenous infusion of 2 × 10? cells/kg of mesenchymal stromal cells."
    mentions = find_mentions(text_document(text, "text", schema), schema)
    numbers = [m.quantity.number for m in mentions if m.quantity is not None]
    assert not [number for number in numbers if number is not None and number >= 1000]
