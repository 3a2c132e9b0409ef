"""Verify: an untouched folder holds wherever it lies; whatever is changed in it is found, and the cell is named."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import tampering
from tampering import TAMPERINGS, Tampering, forge, put, read, write
from typer.testing import CliRunner

from extract import batch
from extract import verify as module
from extract.cli import app
from extract.evidence.integrity import NoOutputs
from extract.guard import Result
from extract.read.failure import ReadFailure
from extract.schema import Schema
from extract.store import reading
from extract.verify import Failure, Report, as_text, verify
from extract.worker import Limits

ROOT = Path(__file__).resolve().parent.parent
PAPERS = ("13_eye_gvhd_both_eyes.pdf", "10_review_msc_paediatric_rheumatology.pdf")
TOLD = """
Two infusions in a girl with lupus

Case report

A 12-year-old girl with systemic lupus erythematosus received two intravenous infusions of 2 × 10⁶ cells/kg of umbilical
cord mesenchymal stromal cells, four weeks apart. The SLEDAI-2K was 14 before treatment and 4 at six months.
Her weight was 41 kg.
"""


CELLS = {
    "a value in the trail", "a word of a value", "a figure in a quote", "a page", "an edge of a box",
    "the bottom of a box", "a box of a quote made higher", "the words of a value", "a unit", "a rule", "a status",
    "an offset", "a score in its table", "the words of a row", "a sex", "a dose where none was", "the number of a row",
    "a cell of evidence", "a quote of a conflict", "a side of a conflict", "a year", "the pages of a paper",
    "a message", "a meaning",
}  # fmt: skip
"""Tamperings that change one cell each, all of them different cells."""


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory, sample: Path, schema: Schema) -> Path:
    """The tables of two sample papers and of one that is told as text; the papers lie beside them."""
    home = tmp_path_factory.mktemp("home")
    (home / "papers").mkdir()
    for name in PAPERS:
        shutil.copy(sample / name, home / "papers")
    (home / "papers" / "told.txt").write_text(TOLD, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(home)
        patch.setenv("XDG_CACHE_HOME", str(home / "cache"))
        reading._remember(reading._marker(schema))  # the examples of the rules are another test's business
        files = [Path("papers"), Path("papers/told.txt")]
        batch.run(files, Path("outputs"), schema, workers=2, limits=Limits(120, 1024))
    return home / "outputs"


@pytest.fixture
def in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Papers are read again in this process: what a worker is for is tested elsewhere."""

    def read_here(tasks: Sequence[object], schema: Schema, *, work: object, **_: object) -> Iterator[Result]:
        for number, path, name in tasks:  # type: ignore[misc]
            try:
                yield Result(number, work(path, schema, name).model_dump_json().encode(), "", "", 0)  # type: ignore[operator]
            except ReadFailure as failure:
                yield Result(number, b"", failure.reason, failure.message, 0)

    monkeypatch.setattr(module, "read_guarded", read_here)


@pytest.fixture
def copy(outputs: Path, tmp_path: Path) -> Path:
    """A copy of the folder to be changed, its papers beside it."""
    (tmp_path / "papers").mkdir()
    for paper in (outputs.parent / "papers").iterdir():
        (tmp_path / "papers" / paper.name).hardlink_to(paper)
    return Path(shutil.copytree(outputs, tmp_path / "outputs"))


def named(report: Report) -> set[tuple[str, int, str]]:
    return {(failure.file, failure.row, failure.column) for failure in report.failures}


# --- what holds


def test_the_sample_papers_hold(sample_out: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "extract", "verify", str(sample_out)],
        capture_output=True, text=True, cwd=ROOT, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    values = len(read(sample_out, "values")) - 1
    assert done.stdout.splitlines() == [
        "16 documents: 16 as read.",
        f"{values} values: {values} hold.",
        f"{len(list(sample_out.glob('*.csv')))} tables: {len(list(sample_out.glob('*.csv')))} as the run wrote them.",
        "Everything holds.",
    ]
    assert "[16/16]" in done.stderr


@pytest.mark.usefixtures("in_process")
def test_an_untouched_folder_holds_wherever_it_lies(
    copy: Path, schema: Schema, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = []
    report = verify(copy, schema, progress=lambda *each: told.append(each))
    assert report.failures == []
    assert report.notes == []
    assert set(report.documents.values()) == {"as it was read"}
    assert report.values == {"holds": len(read(copy, "values")) - 1}
    assert {by for by, rows in report.readers.items() if rows} == {"pdfium", "reader"}
    assert [(done, total) for done, total, *_ in told] == [(1, 3), (2, 3), (3, 3)]
    deeper = copy.parent / "a" / "b"
    deeper.mkdir(parents=True)
    shutil.move(copy, deeper / "moved")
    monkeypatch.chdir(deeper)
    assert verify(Path("moved"), schema).holds


@pytest.mark.usefixtures("in_process")
def test_a_renamed_paper_is_found_by_its_digest(copy: Path, schema: Schema) -> None:
    paper = copy.parent / "papers" / PAPERS[0]
    (copy.parent / "elsewhere" / "deep").mkdir(parents=True)
    paper.rename(copy.parent / "elsewhere" / "deep" / "other name.pdf")
    lost = verify(copy, schema)
    assert [(f.file, f.column, f.document) for f in lost.failures] == [("documents.csv", "file", paper.stem)]
    assert f"the file papers/{PAPERS[0]} is not there. Give its folder with --papers DIR" in lost.failures[0].line()
    assert lost.values["unchecked"] == sum(row[1] == paper.stem for row in read(copy, "values"))
    assert lost.values["moved"] == lost.values["gone"] == 0
    assert verify(copy, schema, papers=[copy.parent / "elsewhere"]).holds
    nowhere = verify(copy, schema, papers=[copy.parent / "papers"])
    assert "it is not in" in nowhere.failures[0].line()


@pytest.mark.usefixtures("in_process")
def test_a_paper_whose_bytes_have_changed_is_not_read_as_if_it_were_the_same(copy: Path, schema: Schema) -> None:
    paper = copy.parent / "papers" / PAPERS[0]
    changed = paper.read_bytes() + b"\n"
    paper.unlink()
    paper.write_bytes(changed)
    report = verify(copy, schema)
    assert report.documents[paper.stem] == "changed"
    (failure,) = report.failures
    assert "its bytes have changed. Run again" in failure.message


@pytest.mark.usefixtures("in_process")
def test_a_paper_that_can_no_longer_be_read_costs_only_its_own_values(copy: Path, schema: Schema) -> None:
    paper = copy.parent / "papers" / PAPERS[0]
    paper.unlink()
    paper.write_bytes(b"%PDF-1.7 nothing")
    put(copy, "documents", "sha256", lambda _: module._digest(paper), document=paper.stem)
    put(copy, "documents", "file", lambda _: str(paper), document=paper.stem)
    forge(copy)
    report = verify(copy, schema)
    assert report.documents[paper.stem] == "not_a_pdf"
    assert report.documents[Path(PAPERS[1]).stem] == "as it was read"
    assert report.values["unchecked"] > 0 < report.values["holds"]
    assert any("it cannot be read again (not_a_pdf)" in failure.line() for failure in report.failures)


@pytest.mark.usefixtures("in_process")
def test_a_table_saved_anew_with_the_same_cells_is_only_noted(copy: Path, schema: Schema) -> None:
    rows = read(copy, "patients")
    with (copy / "patients.csv").open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows(rows)  # as spreadsheets do: a mark, other line ends, quotes
    report = verify(copy, schema)
    assert report.holds
    assert report.notes == ["patients.csv has been saved anew by another program; all its cells are as they were."]


@pytest.mark.usefixtures("in_process")
def test_without_its_baselines_an_untouched_folder_still_holds(copy: Path, schema: Schema) -> None:
    shutil.rmtree(copy / ".baseline")
    report = verify(copy, schema)
    assert report.holds
    assert len(report.notes) == len(schema.tables)
    place = put(copy, "patients", "sex", lambda _: "other", sex="*")
    changed = verify(copy, schema).failures
    assert any("the cells that differ cannot be named" in failure.message for failure in changed)
    assert ("values.csv", "value") in {(failure.file, failure.column) for failure in changed}
    assert place[0] in {failure.file for failure in changed}


@pytest.mark.usefixtures("in_process")
def test_other_rules_are_noted_and_nothing_is_compared_with_them(copy: Path, schema: Schema) -> None:
    other = schema.model_copy(update={"hash": "0" * 64, "tables": {}})
    report = verify(copy, other)
    assert report.holds
    assert "written with other rules" in report.notes[0]


# --- what is found


@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize("way", [way for way in TAMPERINGS if way.name not in CELLS], ids=lambda way: way.name)
def test_a_change_of_a_file_is_found(way: Tampering, copy: Path, schema: Schema) -> None:
    file, row, column = way.do(copy)
    found = named(verify(copy, schema))
    assert (file, row, column) in found or (not row and not column and file in {name for name, *_ in found}), found


@pytest.mark.usefixtures("in_process")
@pytest.mark.parametrize("way", [way for way in TAMPERINGS if way.forged], ids=lambda way: way.name)
def test_a_change_is_found_also_when_digests_and_baselines_are_forged(
    way: Tampering, copy: Path, schema: Schema
) -> None:
    place = way.do(copy)
    forge(copy)
    found = named(verify(copy, schema))
    assert found
    assert not way.named or place in found, found


def test_cells_changed_at_once_are_all_named(copy: Path) -> None:
    changed = {way.do(copy) for way in TAMPERINGS if way.name in CELLS}
    assert len(changed) == len(CELLS) >= 20
    result = CliRunner().invoke(app, ["verify", str(copy), "--json", "--workers", "2"])
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert changed <= {(failure["file"], failure["row"], failure["column"]) for failure in told["failures"]}
    assert told["holds"] is False


@pytest.mark.usefixtures("in_process")
def test_words_that_moved_are_told_with_page_and_box(copy: Path, schema: Schema) -> None:
    wanted = {**tampering.SCORE, "where": "narrative", "page": "2"}
    rows = read(copy, "values")
    before = dict(zip(rows[0], rows[tampering.row_where(rows, **wanted) - 1], strict=True))
    place = put(copy, "values", "quote_boxes", lambda _: "1 50 50 150 60", **wanted)
    report = verify(copy, schema)
    (moved,) = [failure for failure in report.failures if failure.verdict == "moved"]
    assert (moved.file, moved.row, moved.column) == place
    assert report.values["moved"] == 1
    page, x0, *_ = before["quote_boxes"].split()
    assert f"the words stand on page {page} at {float(x0):g}" in moved.line()
    assert moved.document == before["document"]
    assert f"Quote: {before['quote']!r}" in moved.line()


@pytest.mark.usefixtures("in_process")
def test_words_that_are_gone_are_told_with_what_stands_there(copy: Path, schema: Schema) -> None:
    put(copy, "values", "quote", lambda text: "zzz" + text[3:], **tampering.SCORE)
    (gone,) = [failure for failure in verify(copy, schema).failures if failure.verdict == "gone"]
    assert "in these boxes the file says" in gone.line()


@pytest.mark.usefixtures("in_process")
def test_text_is_read_again_by_its_offsets(copy: Path, schema: Schema) -> None:
    said = {"document": "told", "table": "outcomes", "field": "value", "status": "reported"}
    rows = read(copy, "values")
    cells = dict(zip(rows[0], rows[tampering.row_where(rows, **said) - 1], strict=True))

    def by(step: int) -> dict[str, str]:
        return {name: str(int(cells[name]) + step) for name in ("start", "end")}

    for name, text in by(5).items():
        put(copy, "values", name, lambda _, text=text: text, **{**said, "value_id": cells["value_id"]})
    forge(copy)
    (moved,) = [failure for failure in verify(copy, schema).failures if failure.verdict]
    assert (moved.verdict, moved.column) == ("moved", "start")
    assert f"the words stand at {cells['start']} to {cells['end']}" in moved.message


@pytest.mark.usefixtures("in_process")
def test_corrections_are_told_how_to_come_back(copy: Path, schema: Schema) -> None:
    put(copy, "patients", "sex", lambda _: "other", sex="*")
    text = as_text(verify(copy, schema))
    assert f"caseloom review import {copy / 'patients.csv'} --reviewer NAME" in text
    put(copy, "patients", "sex", lambda _: "female", sex="other")
    put(copy, "evidence", "sex", lambda _: "other", sex="*")
    assert "review import" not in as_text(verify(copy, schema))


@pytest.mark.usefixtures("in_process")
def test_a_whole_column_changed_is_named_row_by_row(copy: Path, schema: Schema) -> None:
    rows = read(copy, "outcomes")
    at = rows[0].index("better")
    write(copy, "outcomes", [rows[0], *([*row[:at], "sideways", *row[at + 1 :]] for row in rows[1:])])
    found = {place for place in named(verify(copy, schema)) if place[0] == "outcomes.csv"}
    assert found == {("outcomes.csv", row, "better") for row in range(2, len(rows) + 1)}


# --- the command


def test_wrong_use_is_told(tmp_path: Path) -> None:
    for folder, words in (
        (tmp_path / "none", "there is no such folder"),
        (tmp_path, "neither run.json nor values.csv"),
    ):
        result = CliRunner().invoke(app, ["verify", str(folder)])
        assert result.exit_code == 2
        assert words in result.output
    result = CliRunner().invoke(app, ["verify", str(tmp_path), "--papers", str(tmp_path / "none")])
    assert result.exit_code == 2
    assert "--papers" in result.output


def test_a_folder_without_outputs_is_refused(tmp_path: Path, schema: Schema) -> None:
    with pytest.raises(NoOutputs, match="Give the folder that caseloom run wrote"):
        verify(tmp_path, schema)


def test_a_failure_is_one_line_with_place_and_quote() -> None:
    failure = Failure(
        "values.csv",
        7,
        "quote",
        "nothing stands in these boxes",
        "gone",
        "paper",
        "A",
        "outcomes.value",
        "3",
        "VAS 4\nof 10",
    )
    assert failure.line() == (
        "values.csv, row 7, quote (paper, p. 3, outcomes.value, patient A): gone: nothing stands in these boxes."
        " Quote: 'VAS 4\\nof 10'"
    )
    assert replace(
        failure, row=0, column="", verdict="", document="", patient="", field="", page="", quote=""
    ).line() == ("values.csv: nothing stands in these boxes.")
