"""The recipe for many: which files are taken, what they are called, and that no document can cost another its place."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pandas as pd
import pytest
from children import act, tell_limit, tell_process
from folders import files_of
from hypothesis import given
from hypothesis import strategies as st

from extract import batch
from extract.batch import WrongUse, collect, names_of
from extract.evidence import read_table
from extract.guard import DOCUMENTS_EACH, Guard, read_guarded
from extract.model import CaseRecord
from extract.schema import Schema
from extract.worker import Limits, Work

LIMITS = Limits(seconds=60, megabytes=512)


def put(folder: Path, **files: str) -> Path:
    """Files by stem, each with the deed that its child will do; all .xml unless the name says otherwise."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / f"{name}.xml").write_text(f"{text} {name}", encoding="utf-8")
    return folder


def go(paths: list[Path], out: Path, schema: Schema, limits: Limits = LIMITS, workers: int = 2) -> batch.Summary:
    return batch.run(paths, out, schema, workers=workers, limits=limits, work=act)


def documents(out: Path) -> pd.DataFrame:
    return read_table(out / "documents.csv").set_index("document")


# --- which files


def test_folders_are_searched_and_some_are_left_out(tmp_path: Path) -> None:
    for name in ("a.pdf", "b.XML", "c.nxml", "d.txt", "e.docx", ".f.pdf", "deep/er/g.pdf"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    for folder in ("sources", "gold", "Decisions", ".hidden"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "x.pdf").write_text(folder)
    assert [source.name for source in collect([tmp_path])] == ["a", "b", "c", "g"]


def test_a_text_file_and_a_left_out_folder_are_taken_when_named(tmp_path: Path) -> None:
    (tmp_path / "gold").mkdir()
    (tmp_path / "gold" / "x.pdf").write_text("x")
    (tmp_path / "d.txt").write_text("d")
    found = collect([tmp_path / "d.txt", tmp_path / "gold"])
    assert [source.name for source in found] == ["d", "x"]


def test_a_file_named_twice_is_one_document(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_text("a")
    assert len(collect([tmp_path, tmp_path / "a.pdf", tmp_path / "." / "a.pdf"])) == 1


def test_all_that_is_wrong_with_the_paths_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes.docx").write_text("x")
    with pytest.raises(WrongUse) as error:
        collect([tmp_path / "missing.pdf", tmp_path / "empty", tmp_path / "notes.docx"])
    assert str(error.value).splitlines() == [
        f"{tmp_path}/missing.pdf: there is no such file or folder.",
        f"{tmp_path}/empty: no .pdf, .xml or .nxml file here. Name the folder that holds the papers.",
        f"{tmp_path}/notes.docx: not a paper by its name. Give .pdf, .xml, .nxml or .txt files.",
    ]


@pytest.mark.parametrize(
    ("files", "names", "because"),
    [
        ("a/x.pdf b/y.pdf", "x y", "stems differ"),
        ("a/x.pdf b/x.xml", "x.pdf x.xml", "the extension tells them apart"),
        ("a/x.pdf b/x.pdf c/x.xml", "a/x.pdf b/x.pdf x.xml", "the folder does, where the extension does not"),
        ("p/a/x.pdf q/a/x.pdf", "p/a/x.pdf q/a/x.pdf", "as many folders as it takes"),
        ("x.pdf x.pdf.pdf a/x.xml", "r/x.pdf x.pdf.pdf x.xml", "a stem may be another's file name"),
    ],
)
def test_names_are_as_short_as_they_can_be(files: str, names: str, because: str) -> None:
    assert names_of([Path("/r") / file for file in files.split()]) == names.split(), because


@given(st.sets(st.from_regex(r"([ab]/){0,3}[xy](\.pdf|\.xml)", fullmatch=True), min_size=1))
def test_names_always_differ(files: set[str]) -> None:
    names = names_of([Path("/r") / file for file in sorted(files)])
    assert len(set(names)) == len(files)


# --- guarded workers


def test_every_document_ends_as_a_row_with_its_reason(tmp_path: Path, small_schema: Schema) -> None:
    deeds = {
        "good": "read",
        "locked": "refuse",
        "broken": "fail",
        "crash": "segfault",
        "quits": "exit",
        "zlast": "read",
    }
    out = tmp_path / "out"
    summary = go([put(tmp_path / "in", **deeds)], out, small_schema)
    table = documents(out)
    assert dict(table["status"]) == {
        "good": "ok",
        "locked": "failed",
        "broken": "failed",
        "crash": "failed",
        "quits": "failed",
        "zlast": "ok",
    }
    assert table.loc["locked", "reason"] == "encrypted"
    assert set(table.loc[["broken", "crash", "quits"], "reason"]) == {"crashed"}
    messages = read_table(out / "issues.csv").set_index("document")["message"]
    assert messages["locked"] == "locked.xml is encrypted. Save a copy without a password."
    assert messages["broken"].startswith("broken.xml: ZeroDivisionError: a fault\nin two lines (")
    assert "SIGSEGV" in messages["crash"]
    assert "exit code 3" in messages["quits"]
    assert set(read_table(out / "patients.csv")["document"]) == {"good", "zlast"}
    assert summary.counts["failed"] == 4
    assert [name for name, _, _ in summary.failures] == ["broken", "crash", "locked", "quits"]


@pytest.mark.parametrize("deed", ["hang", "deaf"])
def test_a_document_that_takes_too_long_is_ended(tmp_path: Path, small_schema: Schema, deed: str) -> None:
    out = tmp_path / "out"
    go([put(tmp_path / "in", slow=deed, quick="read")], out, small_schema, Limits(seconds=5))
    assert dict(documents(out)["reason"]) == {"slow": "timeout", "quick": ""}


@pytest.mark.parametrize("deed", ["eat", "nibble"])
def test_a_document_that_takes_too_much_memory_is_ended(tmp_path: Path, small_schema: Schema, deed: str) -> None:
    out = tmp_path / "out"
    go([put(tmp_path / "in", fat=deed, slim="read")], out, small_schema, Limits(seconds=60, megabytes=200))
    assert dict(documents(out)["reason"]) == {"fat": "out_of_memory", "slim": ""}


@pytest.mark.skipif(sys.platform != "linux", reason="children know their server only where they are forked")
def test_the_run_ends_even_when_the_server_dies(tmp_path: Path, small_schema: Schema) -> None:
    out = tmp_path / "out"
    go([put(tmp_path / "in", bad="kill_server", good="read")], out, small_schema, workers=1)
    table = documents(out)
    assert set(table["status"]) <= {"ok", "failed"}
    assert table.loc["bad", "reason"] == "crashed"


def test_children_load_neither_pandas_nor_the_tables(tmp_path: Path, small_schema: Schema) -> None:
    out = tmp_path / "out"
    go([put(tmp_path / "in", a="read")], out, small_schema)
    assert list(read_table(out / "issues.csv")["message"]) == ["loaded: []"]


def test_children_can_be_started_afresh_instead_of_forked(tmp_path: Path, small_schema: Schema) -> None:
    folder = put(tmp_path, good="read", bad="refuse", slow="hang")
    tasks = [(index, path, path.stem) for index, path in enumerate(sorted(folder.glob("*.xml")))]
    results = read_guarded(tasks, small_schema, workers=3, limits=Limits(seconds=10), work=act, method="spawn")
    assert {result.task: result.reason for result in results} == {0: "encrypted", 1: "", 2: "timeout"}


def told(
    folder: Path, schema: Schema, limits: Limits = LIMITS, work: Work = tell_process
) -> list[tuple[str, str, int]]:
    """Of each document of a folder, in the order of their names: the reason, what its worker told, the megabytes."""
    tasks = [(index, path, path.stem) for index, path in enumerate(sorted(folder.glob("*.xml")))]
    results = sorted(read_guarded(tasks, schema, workers=1, limits=limits, work=work))
    words = [json.loads(result.json)["issues"][0]["message"] if result.json else "" for result in results]
    return [(result.reason, word, result.megabytes) for result, word in zip(results, words, strict=True)]


def test_a_worker_reads_on_until_a_document_fails(tmp_path: Path, small_schema: Schema) -> None:
    deeds = {"a": "read", "b": "read", "c": "fail", "d": "read", "e": "segfault", "f": "read"}
    (_, a, _), (_, b, _), (c, _, _), (_, d, _), (e, _, _), (_, f, _) = told(put(tmp_path, **deeds), small_schema)
    assert (c, e) == ("crashed", "crashed")
    assert a == b
    assert len({a, d, f}) == 3


def test_a_worker_that_has_grown_is_replaced(tmp_path: Path, small_schema: Schema) -> None:
    (_, a, _), (_, b, _), (_, c, _) = told(put(tmp_path, a="keep", b="pass", c="read"), small_schema)
    assert a != b
    assert b == c


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells the peak of one document")
def test_memory_is_counted_by_document(tmp_path: Path, small_schema: Schema) -> None:
    deeds = {"a": "pass", "b": "read", "c": "pass"}
    (_, _, a), (_, _, b), (_, _, c) = told(put(tmp_path, **deeds), small_schema, Limits(seconds=60, megabytes=200))
    assert min(a, c) >= 120
    assert b < 60


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the computing of a process")
def test_computing_is_counted_by_document(tmp_path: Path, small_schema: Schema) -> None:
    (_, first, _), (_, second, _) = told(put(tmp_path, a="read", b="read"), small_schema, work=tell_limit)
    assert int(second) > int(first)


def test_many_documents_are_shared_among_workers(tmp_path: Path, small_schema: Schema) -> None:
    seen = told(put(tmp_path, **{f"d{n:03}": "read" for n in range(DOCUMENTS_EACH + 5)}), small_schema)
    who = [name for _, name, _ in seen]
    assert len(set(who[:DOCUMENTS_EACH])) == 1
    assert len(set(who)) == 2


def test_the_same_bytes_are_read_once(tmp_path: Path, small_schema: Schema) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for name in ("first", "second"):
        (folder / f"{name}.xml").write_text("read")
    out = tmp_path / "out"
    go([folder], out, small_schema)
    table = documents(out)
    assert dict(table["status"]) == {"first": "ok", "second": "ok"}
    assert dict(table["reason"]) == {"first": "", "second": "duplicate_file"}
    assert set(read_table(out / "patients.csv")["document"]) == {"first"}
    issues = read_table(out / "issues.csv").set_index("document")
    assert issues.loc["second", "reason"] == "duplicate_file"
    assert issues.loc["second", "message"] == (
        "second is the same file as first, byte for byte; it was read once, as first."
    )


# --- the output folder


def test_the_number_of_workers_changes_no_byte(tmp_path: Path, small_schema: Schema) -> None:
    folder = put(tmp_path / "in", **{f"d{n}": "read" for n in range(6)}, x="fail")
    written = []
    for workers in (1, 3):
        out = tmp_path / str(workers)
        go([folder], out, small_schema, workers=workers)
        written.append(files_of(out))
    assert written[0] == written[1]
    tables = {f"{name}.csv" for name in small_schema.tables}
    assert {Path(name).name.removesuffix(".gz") for name in written[0]} == tables


def test_run_json_tells_versions_counts_durations_and_failures(tmp_path: Path, small_schema: Schema) -> None:
    out = tmp_path / "out"
    batch.run([put(tmp_path / "in", a="read", b="refuse")], out, small_schema, work=act, command=["caseloom", "run"])
    told = json.loads((out / "run.json").read_text(encoding="utf-8"))
    assert told["schema"]["hash"] == small_schema.hash
    assert told["command"] == ["caseloom", "run"]
    assert set(told["durations"]) == {"a", "b"}
    assert told["counts"]["documents"] == 2
    assert told["failures"] == [
        {"document": "b", "reason": "encrypted", "message": "b.xml is encrypted. Save a copy without a password."}
    ]
    assert {"spacy", "pandas", "pypdfium2"} <= set(told["packages"])


def test_progress_counts_every_document_once(tmp_path: Path, small_schema: Schema) -> None:
    seen: list[tuple[int, int, str]] = []

    def note(step: batch.Step) -> None:
        seen.append((step.done, step.total, step.name))

    folder = put(tmp_path / "in", a="read", b="fail", c="read")
    batch.run([folder], tmp_path / "out", small_schema, work=act, progress=note)
    assert [(done, total) for done, total, _ in seen] == [(0, 3), (1, 3), (2, 3), (3, 3)]
    assert sorted(name for _, _, name in seen) == ["", "a", "b", "c"]


def test_a_folder_that_cannot_be_written_is_refused_before_reading(tmp_path: Path, small_schema: Schema) -> None:
    taken = tmp_path / "out"
    taken.write_text("a person's file")
    with pytest.raises(WrongUse, match="cannot write there"):
        go([put(tmp_path / "in", a="read")], taken, small_schema)
    with pytest.raises(WrongUse, match="cannot write there"):
        go([tmp_path / "in"], taken / "deeper", small_schema)
    assert taken.read_text() == "a person's file"


# --- one worker for somebody who waits


def test_a_guard_tells_of_what_hangs_or_dies_and_goes_on_with_the_next(tmp_path: Path, small_schema: Schema) -> None:
    folder = put(tmp_path, good="case", slow="hang", broken="segfault", encrypted="refuse")
    guard = Guard(act, small_schema, Limits(seconds=3, megabytes=512))
    try:
        told = [guard.do(folder / f"{name}.xml", name) for name in ("good", "slow", "broken", "encrypted", "good")]
    finally:
        guard.close()
    assert [result.reason for result in told] == ["", "timeout", "crashed", "encrypted", ""]
    assert CaseRecord.model_validate_json(told[-1].json).patients[0].value("label") == "good.xml"
