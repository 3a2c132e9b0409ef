"""Files made to break a reader: each ends with its status and its reason, and its neighbours do not notice."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest
from hostile import FILES, SAMPLE, WORDS, Hostile, cut, document, encrypted, lines, packed_and_cut, write_files

from extract import batch
from extract.evidence import read_table
from extract.read import ReadFailure, page_picture, read_document
from extract.schema import Schema, load_schema
from extract.store import reading
from extract.worker import Limits

LIMITS = Limits(seconds=12, megabytes=512)
NEIGHBOURS = ("01_juvenile_dermatomyositis", "08_hands_letter")
EXPECTED = {
    "encrypted",
    "no_text_layer",
    "not_a_pdf",
    "not_jats",
    "timeout",
    "out_of_memory",
    "crashed",
}


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The tables of all hostile files with two papers among them, and those of the two papers alone."""
    work = tmp_path_factory.mktemp("hostile")
    schema = load_schema(SAMPLE.parent.parent / "schemas")
    papers = [SAMPLE / f"{name}.pdf" for name in NEIGHBOURS]
    write_files(work / "in")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(work / "cache"))
        reading._remember(reading._marker(schema))  # the examples of the rules are another test's business
        batch.run([papers[0], *sorted((work / "in").iterdir()), papers[1]], work / "all", schema, limits=LIMITS)
        batch.run(papers, work / "alone", schema, limits=LIMITS)
    return work / "all", work / "alone"


@pytest.fixture(scope="module")
def documents(outputs: tuple[Path, Path]) -> pd.DataFrame:
    table = read_table(outputs[0] / "documents.csv")
    return table.set_index(table["file"].map(lambda file: Path(file).name))


@pytest.fixture(scope="module")
def issues(outputs: tuple[Path, Path]) -> pd.DataFrame:
    return read_table(outputs[0] / "issues.csv")


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_each_file_ends_with_its_status_and_reason(file: Hostile, documents: pd.DataFrame) -> None:
    row = documents.loc[file.name]
    assert (row["status"], row["reason"]) in file.ends, file.because


def test_no_file_is_lost_and_no_reason_is_made_up(documents: pd.DataFrame) -> None:
    assert set(documents.index) == {file.name for file in FILES} | {f"{name}.pdf" for name in NEIGHBOURS}
    assert set(documents.loc[documents["status"] == "failed", "reason"]) <= EXPECTED
    assert set(documents.loc[documents["status"] == "partial", "reason"]) <= {"truncated", "partly_read"}


def test_what_fails_says_what_to_know(documents: pd.DataFrame, issues: pd.DataFrame) -> None:
    messages = issues[issues["severity"] == "major"].groupby("document")["message"].first()
    for name, row in documents[documents["status"] == "failed"].iterrows():
        assert str(name) in messages[row["document"]]
        assert not re.search(r"\b\w+(?:Error|Exception|Traceback): ", messages[row["document"]])


def test_the_neighbours_do_not_notice(outputs: tuple[Path, Path]) -> None:
    together, alone = outputs
    for path in sorted(alone.glob("*.csv")):
        left, right = read_table(together / path.name), read_table(path)
        if "document" in right:
            left = left[left["document"].isin(NEIGHBOURS)].reset_index(drop=True)
            pd.testing.assert_frame_equal(left, right)
    assert len(read_table(alone / "administrations.csv")) > 2


def test_letters_that_a_font_does_not_name_are_not_trusted(documents: pd.DataFrame, issues: pd.DataFrame) -> None:
    for name in ("unmapped_font.pdf", "scrambled_font.pdf"):
        said = issues[issues["document"] == documents.loc[name, "document"]]
        assert {"unmapped_font"} <= set(said["reason"])


# --- what is left of a file is read exactly


def read(path: Path, content: bytes, schema: Schema) -> str:
    path.write_bytes(content)
    return read_document(path, schema).text


def test_a_password_that_only_forbids_changes_does_not_hide_the_text(tmp_path: Path, small_schema: Schema) -> None:
    text = read(tmp_path / "a.pdf", encrypted(b"", b"owner"), small_schema)
    assert " ".join(text.split()) == " ".join(WORDS)


def test_what_is_left_of_a_paper_that_was_cut_off_reads_as_before(tmp_path: Path, small_schema: Schema) -> None:
    whole = read_document(SAMPLE / "08_hands_letter.pdf", small_schema)
    path = tmp_path / "cut.pdf"
    path.write_bytes(cut(0.97))
    rest = read_document(path, small_schema)
    assert rest.partly_read == "truncated"
    assert [i.reason for i in rest.issues if i.severity == "major"] == ["truncated"]
    assert rest.text == whole.text
    path.write_bytes(cut(0.8))
    first = read_document(path, small_schema)
    assert len(first.pages) == 1
    told = [first.quote(block.span) for block in first.blocks if block.kind == "paragraph"]
    assert len(told) > 5
    assert all(paragraph[:60] in whole.text for paragraph in told)
    assert page_picture(path, 1, dpi=15).startswith(b"\x89PNG")


def test_pages_packed_into_a_stream_are_found_again(tmp_path: Path, small_schema: Schema) -> None:
    text = read(tmp_path / "a.pdf", packed_and_cut(), small_schema)
    assert " ".join(text.split()) == " ".join(WORDS)


def test_a_page_whose_font_was_cut_off_is_left_out(tmp_path: Path, small_schema: Schema) -> None:
    content = document(lines(*WORDS)).replace(b"3 0 R", b"9 0 R").split(b"xref")[0]
    with pytest.raises(ReadFailure) as failure:
        read(tmp_path / "a.pdf", content, small_schema)
    assert failure.value.reason == "not_a_pdf"


def test_a_locked_file_that_was_cut_off_stays_locked(tmp_path: Path, small_schema: Schema) -> None:
    with pytest.raises(ReadFailure) as failure:
        read(tmp_path / "a.pdf", encrypted(b"secret", b"owner")[:-8], small_schema)
    assert failure.value.reason in ("encrypted", "not_a_pdf")
