"""Tables as Parquet: the cells of the CSV, numbers as numbers, nothing lost without a word."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from folders import files_of
from reviewing import two_patients
from typer.testing import CliRunner

from extract.cli import app
from extract.evidence import NoParquet, arrow, read_table, write_tables
from extract.evidence import parquet as module
from extract.evidence.integrity import open_folder
from extract.schema import Schema

pyarrow = pytest.importorskip("pyarrow", reason="pyarrow is not installed", exc_type=ImportError)


def told(_: object) -> dict[str, object]:
    return {"caseloom": "test"}


@pytest.fixture
def out(small_schema: Schema, tmp_path: Path) -> Path:
    """The tables of a series of two patients, both ways."""
    write_tables([two_patients()], small_schema, tmp_path, run=told, parquet=True)
    return tmp_path


def columns(path: Path) -> dict[str, list[Any]]:
    import pyarrow.parquet

    found: dict[str, list[Any]] = pyarrow.parquet.read_table(path).to_pydict()
    return found


def test_each_table_says_the_same_in_both_files(out: Path) -> None:
    tables = sorted(out.glob("*.csv"))
    assert len(tables) == 14
    for path in tables:
        told, typed = read_table(path), columns(path.with_suffix(".parquet"))
        assert list(typed) == list(told.columns)
        for name, cells in typed.items():
            assert len(cells) == len(told)
            for text, cell in zip(told[name], cells, strict=True):
                if cell is None or isinstance(cell, str):
                    assert (cell or "") == text
                elif isinstance(cell, bool):
                    assert text in (("true", "yes") if cell else ("false", "no"))
                else:
                    assert float(text) == cell


def test_numbers_are_numbers_and_what_is_not_reported_is_null(out: Path) -> None:
    given = columns(out / "administrations.parquet")
    assert given["dose_cells"] == [34000000.0, 5000000.0, None]
    assert given["count"] == [2, 1, 1]
    assert columns(out / "patients.parquet")["weight_kg"] == [None, 31.5]
    assert columns(out / "adverse_events.parquet")["present"] == [True]
    assert isinstance(given["count"][0], int)


def test_the_codebook_tells_the_type_that_each_column_has(out: Path) -> None:
    import pyarrow.parquet

    book = read_table(out / "codebook.csv")
    for file, name, kind in zip(book["file"], book["column"], book["parquet"], strict=True):
        typed = pyarrow.parquet.read_schema(out / file.replace(".csv", ".parquet"))
        assert str(typed.field(name).type) == kind, (file, name)


def test_the_same_tables_give_the_same_bytes(out: Path, small_schema: Schema, tmp_path_factory: Any) -> None:
    again = tmp_path_factory.mktemp("again")
    write_tables([two_patients()], small_schema, again, run=told, parquet=True)
    assert files_of(again, but=()) == files_of(out, but=())


def test_rows_are_written_in_groups_and_none_is_lost(
    small_schema: Schema, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pyarrow.parquet

    monkeypatch.setattr(module, "ROWS", 10)
    written = write_tables([two_patients()], small_schema, tmp_path, run=told, parquet=True)
    file = pyarrow.parquet.ParquetFile(tmp_path / "values.parquet")
    assert file.metadata.num_rows == written.rows["values"]
    assert file.num_row_groups == -(-written.rows["values"] // 10)
    assert columns(tmp_path / "values.parquet")["quote"] == list(read_table(tmp_path / "values.csv")["quote"])


def test_a_cell_that_is_no_number_is_null_and_that_is_said(small_schema: Schema, tmp_path: Path) -> None:
    record = two_patients()
    rows = [
        row.model_copy(update={"values": {**row.values, "value": row.values["measure"]}}) for row in record.outcomes
    ]
    written = write_tables(
        [record.model_copy(update={"outcomes": tuple(rows)})], small_schema, tmp_path, run=told, parquet=True
    )
    assert columns(tmp_path / "outcomes.parquet")["value"] == [None, None]
    (note,) = written.notes
    assert note.startswith("outcomes.parquet, value: 2 cells are no double")


def test_a_run_without_them_takes_those_of_an_earlier_run_away(out: Path, small_schema: Schema) -> None:
    (out / "mine.parquet").write_bytes(b"a person's own file")
    write_tables([two_patients()], small_schema, out, run=told)
    assert [path.name for path in out.glob("*.parquet")] == ["mine.parquet"]
    assert "parquet" not in json.loads((out / "run.json").read_text(encoding="utf-8"))


def test_verify_sees_a_changed_parquet_file_and_notes_a_missing_one(out: Path) -> None:
    assert open_folder(out, ()).faults == []
    path = out / "outcomes.parquet"
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    (out / "issues.parquet").unlink()
    folder = open_folder(out, ())
    (fault,) = folder.faults
    assert fault.file == "outcomes.parquet"
    assert any(note.startswith("issues.parquet is missing") for note in folder.notes)


def test_without_pyarrow_the_run_is_refused_before_anything_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(NoParquet):
        arrow()
    (tmp_path / "a.txt").write_text("A girl.", encoding="utf-8")
    done = CliRunner().invoke(app, ["run", str(tmp_path / "a.txt"), "-o", str(tmp_path / "out"), "--parquet"])
    assert done.exit_code == 2
    assert 'pip install "caseloom[parquet]"' in done.stderr
    assert not (tmp_path / "out").exists()
