"""init: what a new project holds, what it refuses, and that a run works in it at once."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from extract import __version__, project
from extract.cli import app
from extract.evidence.decisions import read_decisions
from extract.project import newer_rules, start_project
from extract.schema import builtin_schemas

ROOT = Path(__file__).resolve().parent.parent


def init(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["init", *map(str, arguments)])


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_project_holds_all_rules_a_paper_its_gold_and_a_readme(tmp_path: Path) -> None:
    result = init(tmp_path / "review")
    assert result.exit_code == 0, result.stderr
    made = files(tmp_path / "review")
    rules = files(builtin_schemas())
    assert {name.removeprefix("schemas/"): data for name, data in made.items() if name.startswith("schemas/")} == {
        **rules,
        "origin.json": made["schemas/origin.json"],
    }
    assert {name for name in made if not name.startswith("schemas/")} == {
        "README.md",
        ".gitignore",
        "corpus/01_two_cousins.pdf",
        "corpus/gold/01_two_cousins.json",
        "corpus/decisions/.gitkeep",
        "corpus/manifest.csv",
    }
    assert (tmp_path / "review" / "outputs").is_dir()
    assert read_decisions(tmp_path / "review" / "corpus" / "decisions") == []
    assert f"cd {tmp_path}/review\n  caseloom run corpus\n" in result.stdout


def test_the_manifest_names_the_paper(tmp_path: Path) -> None:
    start_project(tmp_path)
    with (tmp_path / "corpus" / "manifest.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert (tmp_path / "corpus" / f"{row['document']}.pdf").is_file()
    assert row["decision"] == "included"
    assert set(row) == {"document", "doi", "source", "found_on", "decision", "reason", "reviewer"}


def test_the_commands_of_the_projects_readme_work_at_once(tmp_path: Path) -> None:
    start_project(tmp_path)
    block = (tmp_path / "README.md").read_text().split("```sh\n")[1].split("```")[0]
    commands = block.splitlines()
    assert len(commands) == 3
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONSAFEPATH": "1"}
    for command in commands:
        words = [sys.executable, "-m", "extract", *command.split()[1:]]
        done = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
    rows = (tmp_path / "outputs" / "evidence.csv").read_text().splitlines()
    assert len(rows) == 3
    assert json.loads((tmp_path / "outputs" / "run.json").read_text())["schema"]["folder"] == "schemas"


@pytest.mark.parametrize(
    ("names", "told"),
    [(["notes.txt"], "notes.txt"), (["a", "b", "c", "d", "e", "f", "g"], "a, b, c, d, e and 2 more")],
)
def test_a_folder_that_holds_something_is_refused(tmp_path: Path, names: list[str], told: str) -> None:
    for name in names:
        (tmp_path / name).write_text("mine")
    result = init(tmp_path)
    assert result.exit_code == 2
    assert f"{tmp_path}: is not empty; it holds {told}." in result.stderr
    assert "--force" in result.stderr
    assert sorted(path.name for path in tmp_path.iterdir()) == names


def test_hidden_files_do_not_count_as_content(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    assert init(tmp_path).exit_code == 0


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "review").write_text("mine")
    result = init(tmp_path / "review")
    assert result.exit_code == 2
    assert result.stderr == f"{tmp_path}/review: is a file. Name a new folder.\n"


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    result = init(tmp_path / "file" / "review")
    assert result.exit_code == 2
    assert "cannot be written" in result.stderr


def test_force_adds_what_is_missing_and_overwrites_nothing(tmp_path: Path) -> None:
    start_project(tmp_path)
    before = files(tmp_path)
    (tmp_path / "schemas" / "units.yaml").write_text("# mine\n")
    (tmp_path / "README.md").write_text("mine")
    (tmp_path / "schemas" / "scales.yaml").unlink()
    result = init(tmp_path, "--force")
    assert result.exit_code == 0, result.stderr
    assert result.stdout.startswith(f"1 file added to {tmp_path}; {len(before) - 2} files left as found.")
    after = files(tmp_path)
    assert after.pop("schemas/units.yaml") == b"# mine\n"
    assert after.pop("README.md") == b"mine"
    assert after == {name: before[name] for name in after}
    assert len(after) == len(before) - 2


# --- newer rules


def test_rules_as_they_came_give_no_hint(tmp_path: Path) -> None:
    start_project(tmp_path)
    assert newer_rules(tmp_path / "schemas") == ""
    (tmp_path / "schemas" / "units.yaml").write_text("# mine\n")
    assert newer_rules(tmp_path / "schemas") == ""
    assert newer_rules(tmp_path / "elsewhere") == ""


def test_a_later_version_tells_which_files_are_newer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    start_project(tmp_path / "review")
    later = tmp_path / "later"
    shutil.copytree(builtin_schemas(), later)
    for name in ("units.yaml", "scales.yaml"):
        (later / name).write_text("# newer\n" + (later / name).read_text())
    own = tmp_path / "review" / "schemas"
    (own / "scales.yaml").write_text("# mine\n")
    (own / "context.yaml").write_text("# mine\n")
    monkeypatch.setattr(project, "builtin_schemas", lambda: later)
    hint = newer_rules(own)
    assert f"copied from caseloom {__version__}" in hint
    assert "Not edited by you: units.yaml. Delete them" in hint
    assert "Edited by you: scales.yaml. The newer ones are in" in hint
    assert "context.yaml" not in hint
    (own / "units.yaml").unlink()
    start_project(tmp_path / "review", force=True)
    assert "units.yaml" not in newer_rules(own)


# --- the first paper


def test_the_first_paper_is_what_its_source_typesets() -> None:
    build = ROOT / "corpus" / "sample" / "sources" / "build.py"
    arguments = [sys.executable, str(build), "--check", str(ROOT / "corpus" / "first" / "sources")]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
