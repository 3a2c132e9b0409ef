"""The documents tell the truth: README's commands run, and print what README says they print."""

from __future__ import annotations

import csv
import os
import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import openpyxl
import pytest

from extract.evidence import read_table
from extract.review.importing import import_file
from extract.schema import Schema

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text("utf-8")
COMMANDS = [
    line
    for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL)
    for line in block.splitlines()
    if line.startswith("caseloom ")
]


def shown(name: str) -> list[str]:
    """The lines that README shows as a command's output; ``...`` stands for lines left out."""
    match = re.search(rf"<!-- output: {name} -->\n```text\n(.*?)```", README, re.DOTALL)
    assert match, f"README shows no output called {name}"
    return [line for line in match[1].splitlines() if line.strip() != "..."]


def run(command: str, folder: Path, outputs: Path, reviewed: Path) -> subprocess.CompletedProcess[str]:
    words = shlex.split(command)[1:]
    if words[0] == "report":
        words += ["-o", "outputs/report"]
    if words[0] in ("verify", "review", "report"):
        words = [str(outputs) if word == "outputs" else word for word in words]
    if words[:2] == ["review", "import"]:
        words[2] = str(reviewed / words[2])
        words += ["--outputs", str(outputs), "--decisions", str(folder)]
    elif words[0] == "review":
        words += ["--decisions", str(reviewed)]
    if words == ["review", str(outputs), "--decisions", str(reviewed)]:
        return opened(words)
    words = ["corpus/sample" if word == "papers/" else word for word in words]
    words = [str(folder / word) if word == "my-review" else word for word in words]
    if "-o" in words:
        words[words.index("-o") + 1] = str(folder / words[words.index("-o") + 1])
    return subprocess.run(
        [sys.executable, "-m", "extract", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "100"},
    )


def opened(words: list[str]) -> subprocess.CompletedProcess[str]:
    """The review page, opened and ended with Ctrl-C."""
    command = [sys.executable, "-m", "extract", *words, "--no-browser"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env=environment) as page:
        assert page.stdout is not None
        first = page.stdout.readline()
        page.send_signal(signal.SIGINT)
        rest, _ = page.communicate(timeout=60)
    return subprocess.CompletedProcess(command, page.returncode, first + rest, "")


def test_readme_shows_pictures_that_are_there() -> None:
    pictures = re.findall(r"!\[[^]]+\]\(([^)]+)\)", README)
    assert len(pictures) > 1
    for picture in pictures:
        assert (ROOT / picture).read_bytes().startswith(b"\x89PNG")
        assert (ROOT / picture).stat().st_size < 300_000, "small enough to be cloned with the rest"


@pytest.fixture(scope="module")
def reviewed(sample_out: Path, schema: Schema, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The decisions of two reviewers on three sample papers, and the workbook in which one of them worked."""
    folder = tmp_path_factory.mktemp("reviewed")
    book = openpyxl.load_workbook(sample_out / "evidence.xlsx")
    typed = {("02_scleroderma_three_cases", "1", "count"): 2, ("02_scleroderma_three_cases", "2", "tissue"): None,
             ("03_lupus_four_patients", "A", "age_treatment_years"): 19}  # fmt: skip
    for name in ("patients", "administrations"):
        head = [cell.value for cell in book[name][1]]
        for cells in book[name].iter_rows(min_row=2):
            row = dict(zip(head, cells, strict=True))
            document, patient = str(row["document"].value), str(row["patient"].value)
            if document[:2] in ("01", "02", "03"):
                row["review"].value = "accept"
            for column in head:
                if (document, patient, column) in typed:
                    row[column].value = typed.pop((document, patient, column))
    book.save(folder / "evidence.xlsx")
    import_file(folder / "evidence.xlsx", sample_out, schema, folder, "ana")
    for name in ("patients", "administrations"):
        table = read_table(sample_out / f"{name}.csv")
        table = table[table["document"].str[:2].isin(["01", "02", "03"])].assign(review="accept")
        if name == "administrations":
            table.iloc[-1, table.columns.get_loc("donor")] = "autologous"
        table.to_csv(folder / f"{name}_bo.csv", index=False)
        import_file(folder / f"{name}_bo.csv", sample_out, schema, folder, "bo")
        (folder / f"{name}_bo.csv").unlink()  # the folder is one of decisions
    return folder


def test_readme_has_commands() -> None:
    assert {command.split()[1] for command in COMMANDS} >= {"run", "read", "try", "check", "init", "rules"}


@pytest.mark.parametrize("command", COMMANDS)
def test_readme_command_runs_and_prints_what_readme_shows(
    command: str, tmp_path: Path, sample_out: Path, reviewed: Path
) -> None:
    done = run(command, tmp_path, sample_out, reviewed)
    assert done.returncode == 0, done.stdout + done.stderr
    name = command.split()[2 if command.startswith(("caseloom review", "caseloom rules new")) else 1]
    if f"<!-- output: {name} -->" not in README:
        return
    printed = (done.stdout + done.stderr).replace(str(tmp_path) + "/", "").splitlines()
    for line in shown(name):
        assert line in printed, f"README shows {line!r}, but the command printed {printed}"


def test_readme_figures_are_those_of_the_benchmarks() -> None:
    with (ROOT / "benchmarks" / "figures.csv").open(encoding="utf-8", newline="") as file:
        figures = {row["name"]: float(row["value"]) for row in csv.DictReader(file)}
    match = re.search(r"<!-- figures -->\n(.*?)<!-- end of figures -->", README, re.DOTALL)
    assert match
    header, _, *rows = match[1].strip().splitlines()
    fields = [cell.strip() for cell in header.strip("|").split("|")][1:]
    names = {"index diagnosis": "diagnosis", "all fields": "micro_f1"}
    assert len(rows) == 2
    for prefix, row in zip(("papers", "sample"), rows, strict=True):
        cells = [cell.strip() for cell in row.strip("|").split("|")][1:]
        for field, cell in zip(fields, cells, strict=True):
            assert abs(float(cell) - figures[f"{prefix}_{names.get(field, field)}"]) <= 0.006, (prefix, field)


def test_every_output_file_is_named_in_readme() -> None:
    from extract.schema import load_schema

    for name in load_schema(ROOT / "schemas").tables:
        assert f"{name}.csv" in README, name
