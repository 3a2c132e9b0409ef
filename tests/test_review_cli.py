"""The command that opens the review: what it refuses, and how it says so."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from extract.cli import app
from extract.cli.review import ReviewCommands
from extract.evidence.decisions import NAME

ROOT = Path(__file__).resolve().parent.parent


def call(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["review", *map(str, arguments)])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["{tmp}"],
            "{tmp}: run.json cannot be read (No such file or directory). Name the folder that caseloom run wrote.",
        ),
        (["{tmp}/nowhere"], "run.json cannot be read"),
        (["{tmp}", "--reviewer", "../anna"], "--reviewer ../anna: use letters, digits, dot, dash and underscore"),
        (["{tmp}", "--papers", "{tmp}/nowhere"], "--papers {tmp}/nowhere: there is no such folder."),
        (["--blind", "{tmp}"], "run.json cannot be read"),
        (["page", "{tmp}"], "run.json cannot be read"),
    ],
)
def test_wrong_use_is_refused_with_the_way_out(arguments: list[str], said: str, tmp_path: Path) -> None:
    result = call(*(argument.replace("{tmp}", str(tmp_path)) for argument in arguments))
    assert result.exit_code == 2
    assert said.replace("{tmp}", str(tmp_path)) in result.stderr


def test_broken_decisions_are_named_before_anything_is_served(few_out: Path, tmp_path: Path) -> None:
    (tmp_path / "anna.csv").write_text("not,a,file,of,decisions\n1,2,3,4,5\n")
    result = call(few_out, "--reviewer", "anna", "--decisions", tmp_path, "--no-browser")
    assert result.exit_code == 2
    assert f"{tmp_path}/anna.csv:1: not a file of decisions" in result.stderr


def test_a_port_that_is_taken_is_named(few_out: Path, tmp_path: Path) -> None:
    import socket

    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        result = call(few_out, "--reviewer", "anna", "--decisions", tmp_path, "--no-browser", "--port", port)
    assert result.exit_code == 2
    assert f"--port {port}: Address already in use." in result.stderr


def test_without_the_extra_the_way_to_it_is_told(few_out: Path) -> None:
    code = f"""
import sys
sys.modules["starlette"] = None
from extract.cli import app
app(["review", {str(few_out)!r}])
"""
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)
    assert shown.returncode == 2
    assert "pip install 'caseloom[review]'" in shown.stderr
    assert "Traceback" not in shown.stderr


def test_a_folder_goes_to_the_page_and_a_command_to_itself() -> None:
    assert "OUTPUTS" in call("page", "--help").output
    assert "page" in call("--help").output
    group = next(group for group in app.registered_groups if group.typer_instance.info.name == "review")
    assert group.typer_instance.info.cls is ReviewCommands


def test_the_proposed_name_fits_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from extract.cli.review import _proposal

    (tmp_path / "config").write_text("[user]\n\tname = Dr. Ánna  de la Crux\n", encoding="utf-8")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "config"))
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)
    monkeypatch.chdir(tmp_path)
    assert _proposal() == "dr.nna.de.la.crux"
    assert NAME.fullmatch(_proposal())
