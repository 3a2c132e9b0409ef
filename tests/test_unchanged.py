"""A run in which nothing is new leaves the tables as they are; whatever is new has them written again."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from folders import files_of

from extract import batch
from extract.evidence.decisions import COLUMNS
from extract.schema import Schema

PAPER = """Cells for a girl

Case report
A 14-year-old girl with juvenile dermatomyositis was given two intravenous infusions of 72 million umbilical cord
mesenchymal stem cells. The CMAS was 19 before treatment and 48 at 12 months.
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, schema: Schema) -> Path:
    """A folder with a paper and the outputs of a run."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "girl.txt").write_text(PAPER, encoding="utf-8")
    batch.run([folder / "girl.txt"], folder / "out", schema, workers=1)
    return folder


@pytest.fixture
def place(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made / "out", tmp_path / "out")
    shutil.copy2(made / "girl.txt", tmp_path)
    return tmp_path


def run(place: Path, made: Path, schema: Schema, **how: object) -> tuple[batch.Summary, bool]:
    """A run, and whether it wrote the tables."""
    before = (place / "out" / "values.csv").stat().st_ino
    summary = batch.run([made / "girl.txt"], place / "out", schema, workers=1, **how)  # type: ignore[arg-type]
    return summary, (place / "out" / "values.csv").stat().st_ino != before


def test_a_second_run_leaves_the_tables_and_tells_the_same_of_them(place: Path, made: Path, schema: Schema) -> None:
    before = json.loads((place / "out" / "run.json").read_text(encoding="utf-8"))
    tables = tables_of(place)
    summary, written = run(place, made, schema)
    assert not written
    assert tables_of(place) == tables
    told = json.loads((place / "out" / "run.json").read_text(encoding="utf-8"))
    assert told["kept"] == summary.kept == 1
    assert before["kept"] == 0
    for key in ("counts", "files", "digests", "made_of"):
        assert told[key] == before[key], key
    assert summary.counts == before["counts"]
    assert len(summary.tables["values"]) == summary.counts["values"]
    assert set(summary.tables) == set(schema.tables)


def tables_of(place: Path) -> dict[str, bytes]:
    """The tables and their baseline."""
    return {name: data for name, data in files_of(place / "out").items() if name.endswith((".csv", ".csv.gz"))}


def edited(place: Path) -> None:
    path = place / "out" / "patients.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("14", "15"), encoding="utf-8")


def without_baseline(place: Path) -> None:
    (place / "out" / ".baseline" / "patients.csv.gz").unlink()


def without_a_table(place: Path) -> None:
    (place / "out" / "issues.csv").unlink()


def with_another_run(place: Path) -> None:
    path = place / "out" / "run.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"caseloom": "', '"caseloom": "9'), encoding="utf-8")


def broken_run(place: Path) -> None:
    (place / "out" / "run.json").write_text("{", encoding="utf-8")


@pytest.mark.parametrize("change", [edited, without_baseline, without_a_table, with_another_run, broken_run])
def test_tables_that_are_not_as_they_were_are_written_again(
    place: Path, made: Path, schema: Schema, change: Callable[[Path], None]
) -> None:
    good = tables_of(place)
    change(place)
    _, written = run(place, made, schema)
    assert written
    assert {name: data for name, data in tables_of(place).items() if ".previous" not in name} == good


def test_a_decision_a_new_name_and_force_have_them_written(place: Path, made: Path, schema: Schema) -> None:
    decisions = place / "decisions"
    decisions.mkdir()
    assert run(place, made, schema, decisions=decisions)[1] is False
    line = dict.fromkeys(COLUMNS, "") | {
        "decision": "0123456789",
        "when": "2026-01-01T00:00:00Z",
        "reviewer": "ana",
        "action": "done",
        "document": "another",
        "sha256": "0" * 64,
        "via": "page",
    }
    (decisions / "ana.csv").write_text(f"{','.join(COLUMNS)}\n{','.join(line.values())}\n", encoding="utf-8")
    summary, written = run(place, made, schema, decisions=decisions)
    assert written
    assert summary.decisions == {"elsewhere": 1}
    summary, written = run(place, made, schema, decisions=decisions)
    assert not written
    assert summary.decisions == {"elsewhere": 1}
    assert run(place, made, schema, decisions=decisions, force=True)[1]
    (place / "other.txt").write_text(PAPER, encoding="utf-8")
    summary = batch.run([place / "other.txt"], place / "out", schema, workers=1)
    assert list(summary.tables["documents"]["document"]) == ["other"]


def test_parquet_files_are_written_when_they_are_asked_for_later(place: Path, made: Path, schema: Schema) -> None:
    pytest.importorskip("pyarrow", reason="pyarrow is not installed", exc_type=ImportError)
    assert run(place, made, schema, parquet=True)[1]
    assert (place / "out" / "values.parquet").is_file()
    assert run(place, made, schema, parquet=True)[1] is False
    assert run(place, made, schema)[1]
    assert not (place / "out" / "values.parquet").exists()
