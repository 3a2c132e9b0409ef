"""Damaged papers, a hundred of them, and what earlier thousands have brought to light."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

import pytest

from extract.model import Document, Page, Run
from extract.read import read_document
from extract.read.bounds import bounded
from extract.read.exponents import spell
from extract.read.hyphens import count_words
from extract.read.salvage import salvage
from extract.read.sheet import Font, Sheet, Word, line_of
from extract.schema import Schema, load_schema

ROOT = Path(__file__).resolve().parent.parent
PDFS = ROOT / "tests" / "pdfs"
sys.path.insert(0, str(ROOT / "benchmarks"))

import fuzz  # noqa: E402


def test_a_hundred_damaged_papers_end_as_a_document_or_with_a_reason() -> None:
    papers = [path.read_bytes() for path in sorted((ROOT / "corpus" / "sample").glob("*.pdf"))]
    schema = load_schema(ROOT / "schemas")
    outcomes = list(fuzz.reads(papers, schema, count=100, seed=7))
    assert len(outcomes) == 100
    assert [outcome for outcome in outcomes if outcome.unexplained] == []
    assert sum(outcome.status.startswith(("ok", "partial")) for outcome in outcomes) > 50


def test_the_same_seed_gives_the_same_files() -> None:
    papers = [path.read_bytes() for path in sorted((ROOT / "corpus" / "sample").glob("0[12]*.pdf"))]
    first = [fuzz.damaged(3, number, papers) for number in range(12)]
    assert first == [fuzz.damaged(3, number, papers) for number in range(12)]
    assert len(set(first)) == 12
    assert not set(first) & set(papers)


def test_a_document_that_does_not_hold_is_noticed() -> None:
    page = Page(number=1, width=100, height=100)
    runs = (Run(0, 2, 1, 1, 1, 9, 9),)
    good = Document(name="a", file="a", sha256="0", format="pdf", text="ab", pages=(page,), runs=runs)
    fuzz.check(good)
    for run in (Run(0, 2, 1, 9, 1, 1, 9), Run(0, 2, 2, 1, 1, 9, 9), Run(1, 1, 1, 1, 1, 9, 9)):
        with pytest.raises(AssertionError):
            fuzz.check(good.model_copy(update={"runs": (run,)}))


# --- what was found


@pytest.mark.parametrize("path", sorted(PDFS.glob("*.pdf")), ids=lambda path: path.stem)
def test_what_was_found_stays_mended(path: Path, small_schema: Schema) -> None:
    document = read_document(path, small_schema)
    fuzz.check(document)
    assert len(document.text) > 80


def test_a_second_reading_without_end_costs_only_itself(small_schema: Schema) -> None:
    document = read_document(PDFS / "widths_without_end.pdf", small_schema)
    assert [issue.reason for issue in document.issues] == ["doubtful_table", "doubtful_table"]
    assert "could not be read a second time" in document.issues[0].message
    assert document.quote(document.cells[-1].span) == "75"


@pytest.mark.skipif(sys.platform != "linux", reason="bounds are known on Linux only")
def test_what_takes_too_long_or_too_much_is_stopped() -> None:
    with pytest.raises(TimeoutError), bounded(0.1, 64):
        sum(1 for _ in iter(int, 1))
    with pytest.raises(MemoryError), bounded(20, 64):
        len([bytes(1 << 20) for _ in range(2000)])
    with bounded(20, 64):
        assert len(bytes(1 << 20)) == 1 << 20


@pytest.mark.skipif(sys.platform != "linux", reason="bounds are known on Linux only")
def test_what_takes_too_much_is_stopped_beside_other_threads() -> None:
    done = threading.Event()
    other = threading.Thread(target=done.wait)
    other.start()
    try:
        with pytest.raises(MemoryError), bounded(20, 64):
            len([bytes(1 << 20) for _ in range(2000)])
    finally:
        done.set()
        other.join()


def test_the_box_of_raised_marks_is_never_inside_out() -> None:
    def word(text: str, x0: float, x1: float, rise: int = 0) -> Word:
        return Word(text, x0, 92, x1, 102, 100, 10 if not rise else 6, Font("F", False, False), False, rise)

    sheet = Sheet(1, 200, 200, 200, 200)
    line = line_of([word("years", 80, 110), word("a", 110, 114, 1), word("b", 20, 24, 1)])
    passage = spell([(sheet, line)], count_words(""))
    assert all(run.x0 <= run.x1 for run in passage.runs)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"%PDF-1.4",
        b"1 0 obj<</Type/Page/Contents 1 0 R/Resources 1 0 R>>endobj",
        b"1 0 obj<</Type/Pages/Kids[1 0 R 1 0 R]/Parent 1 0 R>>endobj 2 0 obj<</Type/Page/Parent 1 0 R>>endobj",
        b"1 0 obj<</Type/ObjStm/N 99/First 5>>stream\n1 2 3 4\nendstream endobj",
        b"1 0 obj<</Type/ObjStm/N 2/First 999999/Filter/FlateDecode>>stream\nx\nendstream endobj",
        b"1 0 obj<</Type/Page" + b"<<" * 500 + b"endobj",
        b"1 0 obj " * 2000,
    ],
)
def test_what_is_left_of_a_file_may_be_anything(content: bytes) -> None:
    rest = salvage(content)
    assert rest is None or rest.startswith(b"%PDF-")
