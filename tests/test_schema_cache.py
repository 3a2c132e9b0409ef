"""What was checked once is kept: the same files come back faster, others and damaged ones are read anew."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from extract.schema import SchemaError, load_schema
from extract.schema import loading as schema_module

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the schemas, with an empty cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return shutil.copytree(ROOT / "schemas", tmp_path / "schemas")


def kept(folder: Path) -> list[Path]:
    return sorted((folder.parent / "cache" / "caseloom").glob("schema-*.json"))


def refuse_to_check(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the files were read again")

    monkeypatch.setattr(schema_module, "_check", refuse)


def test_the_second_time_nothing_is_checked(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = load_schema(folder)
    assert len(kept(folder)) == 1
    refuse_to_check(monkeypatch)
    assert load_schema(folder) == first


def test_the_same_files_elsewhere_keep_their_own_name(folder: Path) -> None:
    load_schema(folder)
    other = shutil.copytree(folder, folder.parent / "elsewhere" / "schemas")
    assert load_schema(other).folder == str(other)
    assert len(kept(folder)) == 1


def test_a_changed_byte_is_seen(folder: Path) -> None:
    before = load_schema(folder)
    with (folder / "rules" / "routes.yaml").open("a", encoding="utf-8") as file:
        file.write("# one more remark\n")
    after = load_schema(folder)
    assert after.hash != before.hash
    assert len(kept(folder)) == 2


@pytest.mark.parametrize("damage", ["", "half", "{}", "byte"])
def test_what_is_damaged_is_read_anew(damage: str, folder: Path) -> None:
    first = load_schema(folder)
    (path,) = kept(folder)
    data = path.read_bytes()
    broken = {"": b"", "half": data[: len(data) // 2], "{}": b"0\n{}", "byte": data.replace(b"lupus", b"lupis", 1)}
    path.write_bytes(broken[damage])
    assert load_schema(folder) == first
    assert path.read_bytes() == data


def test_faults_are_not_kept(folder: Path) -> None:
    (folder / "units.yaml").write_text("units: nothing\n")
    for _ in range(2):
        with pytest.raises(SchemaError):
            load_schema(folder)
    assert kept(folder) == []


def test_without_a_place_to_keep_it_all_goes_on(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = folder.parent / "file"
    blocked.write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocked))
    assert load_schema(folder).rules


def test_only_some_are_kept(folder: Path) -> None:
    for number in range(schema_module._KEPT["schema"] + 2):
        (folder / "units.yaml").write_text((ROOT / "schemas" / "units.yaml").read_text() + f"# {number}\n")
        load_schema(folder)
    assert len(kept(folder)) == schema_module._KEPT["schema"]
