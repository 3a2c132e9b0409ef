"""try --diff: what a sentence gave by other rules and what it gives by these."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from extract.cli import app


def attempt(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["try", *map(str, arguments)])


@pytest.fixture
def edited(schemas_folder: Path, tmp_path: Path) -> Path:
    """The rules of ``schemas_folder`` with another value of the same words, one wording more, and one guard."""
    folder = tmp_path / "edited"
    shutil.copytree(schemas_folder, folder)
    path = folder / "rules" / "routes.yaml"
    text = path.read_text().replace("{value: intravenous, words: [intravenously, intravenous]}", TERMS)
    path.write_text(text)
    return folder


TERMS = """{value: intravenous, words: [intravenously, intravenous, by drip], unless: [by mistake]}
      - {value: subcutaneous, words: [under the skin]}"""

BOTH = "The cells were given intravenously and under the skin."


def test_what_a_sentence_gives_now_and_did_not(schemas_folder: Path, edited: Path) -> None:
    now = attempt("--schemas", edited, "--diff", schemas_folder, BOTH)
    assert now.exit_code == 0, now.stderr
    assert "+ route: subcutaneous\n+   words    'under the skin'\n+   rule     route.terms" in now.stdout
    assert "intravenous" not in now.stdout
    assert now.stdout.rstrip().endswith("1 find is the same.")
    back = attempt("--schemas", schemas_folder, "--diff", edited, BOTH)
    assert "- route: subcutaneous" in back.stdout
    assert "+ " not in back.stdout


def test_what_is_refused_now_is_told_with_the_reason(schemas_folder: Path, edited: Path) -> None:
    shown = attempt("--schemas", edited, "--diff", schemas_folder, "It was given intravenously by mistake.").stdout
    assert "- route: intravenous" in shown
    assert "+ refused route: intravenous" in shown
    assert "+   because  'by mistake' stands in the sentence" in shown


def test_the_rules_that_caseloom_brings_have_a_name(schemas_folder: Path) -> None:
    shown = attempt("--schemas", schemas_folder, "--diff", "built-in", "Methotrexate was given intravenously.").stdout
    assert "- therapy: methotrexate" in shown
    assert "intravenous\n" not in shown


def test_a_git_revision_stands_for_the_rules_as_they_were(schemas_folder: Path, edited: Path) -> None:
    def git(*arguments: str) -> None:
        who = ["-c", "user.name=a", "-c", "user.email=a@example.org"]
        subprocess.run(["git", *who, *arguments], cwd=edited.parent, check=True, capture_output=True)

    for name in ("init", "add edited", "commit -m Begin", "tag -m v1 v1"):
        git(*name.split())
    path = edited / "rules" / "routes.yaml"
    path.write_text(path.read_text().replace("under the skin", "below the skin"))
    for revision in ("HEAD", "v1"):
        shown = attempt("--schemas", edited, "--diff", revision, BOTH).stdout
        assert "- route: subcutaneous\n-   words    'under the skin'" in shown
    refused = attempt("--schemas", edited, "--diff", "v2", BOTH)
    assert refused.exit_code == 2
    assert "--diff v2: no folder of rules, not 'built-in', and no git revision of" in refused.stderr


@pytest.mark.parametrize("name", ["nowhere", "--output=x"])
def test_a_name_that_stands_for_nothing_is_refused(schemas_folder: Path, name: str) -> None:
    result = attempt("--schemas", schemas_folder, f"--diff={name}", BOTH)
    assert result.exit_code == 2
    assert f"--diff {name}: no folder of rules" in result.stderr


def test_other_rules_that_are_invalid_are_refused_with_their_faults(schemas_folder: Path, edited: Path) -> None:
    (edited / "units.yaml").write_text("units: [{unit: cells, kind: count}]\n")
    result = attempt("--schemas", schemas_folder, "--diff", edited, BOTH)
    assert result.exit_code == 2
    assert "edited/units.yaml:1: unknown key 'kind'" in result.stderr


def test_many_sentences_cannot_be_compared(schemas_folder: Path) -> None:
    assert attempt("--schemas", schemas_folder, "--diff", "built-in", "--jsonl", "x").exit_code == 2
