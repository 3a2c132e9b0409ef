"""The command as people use it: what it prints, what it writes, how it ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from folders import files_of
from typer.testing import CliRunner, Result

from extract import __version__
from extract.cli import app
from extract.evidence import read_table

ROOT = Path(__file__).resolve().parent.parent

HEAVY = ("pandas", "numpy", "spacy", "scispacy", "pypdfium2", "pdfplumber", "pydantic", "yaml", "rich")


def call(*arguments: object) -> Result:
    """The command within this process: for what ends before any paper is read."""
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def command(*arguments: object, cwd: Path = ROOT, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """The command in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-m", "extract", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=cwd,
        input=stdin,
        env=environment,
        check=False,
    )


# --- help and version


def test_help_loads_nothing_heavy() -> None:
    code = f"""
import sys
from extract.cli import app
try:
    app(["--help"])
except SystemExit:
    pass
print("loaded:", sorted(set(sys.modules) & set({HEAVY!r})))
"""
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert shown.stdout.splitlines()[-1] == "loaded: []"
    for name in ("run", "read", "try", "check", "score"):
        assert f"\n  {name} " in shown.stdout


def test_version() -> None:
    assert call("--version").stdout.strip() == f"caseloom {__version__}"


@pytest.mark.parametrize("arguments", [["run"], ["run", "x.pdf", "--colour"], ["weave"], ["try"]])
def test_wrong_use_ends_with_2(arguments: list[str]) -> None:
    assert call(*arguments).exit_code == 2


# --- run: what is refused before anything is written


def test_a_missing_path_is_refused(tmp_path: Path, schemas_folder: Path) -> None:
    out = tmp_path / "out"
    result = call("run", tmp_path / "missing", "-o", out, "--schemas", schemas_folder)
    assert result.exit_code == 2
    assert result.stderr == f"{tmp_path}/missing: there is no such file or folder.\n"
    assert not out.exists()


def test_a_folder_without_papers_is_refused(tmp_path: Path, schemas_folder: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "notes.md").write_text("x")
    result = call("run", tmp_path / "in", "-o", tmp_path / "out", "--schemas", schemas_folder)
    assert result.exit_code == 2
    assert "no .pdf, .xml or .nxml file here" in result.stderr
    assert not (tmp_path / "out").exists()


def test_an_output_folder_that_cannot_be_written_is_refused(tmp_path: Path, schemas_folder: Path) -> None:
    (tmp_path / "a.xml").write_text("x")
    (tmp_path / "out").write_text("a person's file")
    result = call("run", tmp_path / "a.xml", "-o", tmp_path / "out", "--schemas", schemas_folder)
    assert result.exit_code == 2
    assert result.stderr == f"{tmp_path}/out: cannot write there (it is a file). Choose another folder with -o.\n"
    assert (tmp_path / "out").read_text() == "a person's file"


@pytest.mark.parametrize("name", ["run", "check", "try"])
def test_invalid_schemas_are_refused_with_all_faults(schemas_folder: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "a.xml").write_text("x")
    (schemas_folder / "units.yaml").write_text("units: [{unit: cells, kind: count}]\n")
    (schemas_folder / "context.yaml").unlink()
    arguments = {"run": [tmp_path / "a.xml", "-o", tmp_path / "out"], "check": [], "try": ["a sentence"]}[name]
    result = call(name, *arguments, "--schemas", schemas_folder)
    assert result.exit_code == 2
    assert "schemas/units.yaml:1: unknown key 'kind'" in result.stderr
    assert "schemas/context.yaml: cannot be read" in result.stderr
    assert not (tmp_path / "out").exists()


def test_rules_that_fail_their_examples_are_refused(schemas_folder: Path, tmp_path: Path) -> None:
    path = schemas_folder / "rules" / "routes.yaml"
    path.write_text(path.read_text().replace("given [[intravenously]]", "given [[by mouth]]"))
    (tmp_path / "a.xml").write_text("x")
    for arguments in (["run", tmp_path / "a.xml", "-o", tmp_path / "out"], ["check"]):
        result = command(*arguments, "--schemas", schemas_folder, cwd=tmp_path)
        assert result.returncode == 2, result.stderr
        assert "by mouth" in result.stderr
        assert "routes.yaml" in result.stderr or "route.terms" in result.stderr
    assert not (tmp_path / "out").exists()


# --- run


def test_every_document_is_accounted_for(tmp_path: Path, sample: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "empty.pdf").write_bytes(b"")
    (folder / "notes.pdf").write_text("This is a text.")
    paper = sorted(sample.glob("*.pdf"))[0]
    (folder / "paper.pdf").write_bytes(paper.read_bytes())
    result = command("run", folder, "-o", tmp_path / "out", cwd=tmp_path)
    assert result.returncode == 1, result.stderr
    documents = read_table(tmp_path / "out" / "documents.csv").set_index("document")
    assert dict(documents["status"]) == {"empty": "failed", "notes": "failed", "paper": "ok"}
    assert documents.loc["notes", "reason"] == "not_a_pdf"
    assert "3 documents, 1 patient" in result.stdout
    assert "2 failures" in result.stdout
    assert f"The tables are in {tmp_path}/out." in result.stdout
    assert "Not read: notes (not_a_pdf). notes.pdf: " in result.stderr
    assert "[3/3]" in result.stderr
    assert "Warning" not in result.stderr


def test_the_sample_papers_give_the_same_bytes_with_one_worker(sample_out: Path, sample: Path, tmp_path: Path) -> None:
    result = command("run", sample, "-o", tmp_path, "--workers", "1")
    assert result.returncode == 0, result.stderr
    assert files_of(tmp_path) == files_of(sample_out)
    told = [json.loads((folder / "run.json").read_text()) for folder in (tmp_path, sample_out)]
    assert told[0]["digests"] == told[1]["digests"]
    assert {"evidence.csv", "evidence.xlsx", "review.html"} <= set(files_of(tmp_path))


def test_csv_only_writes_the_tables_and_nothing_else(sample: Path, tmp_path: Path) -> None:
    paper = sample / "08_hands_letter.pdf"
    result = command("run", paper, "-o", tmp_path / "out")
    assert f"Every value with its quote and page: {tmp_path}/out/review.html\n" in result.stdout
    assert f"To correct in a spreadsheet: {tmp_path}/out/evidence.xlsx\n" in result.stdout
    full = files_of(tmp_path / "out")
    result = command("run", paper, "-o", tmp_path / "out", "--csv-only")
    assert result.returncode == 0, result.stderr
    assert "review.html" not in result.stdout
    tables = {name: data for name, data in full.items() if name.endswith((".csv", ".csv.gz"))}
    left = files_of(tmp_path / "out")
    left.pop(".baseline/evidence.xlsx.sha256")
    assert left == tables


def test_a_workbook_that_cannot_be_written_is_told_and_costs_no_table(sample: Path, tmp_path: Path) -> None:
    (tmp_path / "out" / "evidence.xlsx" / "in the way").mkdir(parents=True)
    result = command("run", sample / "08_hands_letter.pdf", "-o", tmp_path / "out")
    assert result.returncode == 1
    assert f"Not written: {tmp_path}/out/evidence.xlsx (" in result.stderr
    assert "review.html" in result.stdout
    assert len(read_table(tmp_path / "out" / "evidence.csv")) == 1


def test_no_column_of_the_patient_tables_holds_a_word_outside_its_list(sample_out: Path) -> None:
    book = read_table(sample_out / "codebook.csv")
    from extract.schema import load_schema

    schema = load_schema(ROOT / "schemas")
    checked = 0
    for name, spec in schema.tables.items():
        table = read_table(sample_out / f"{name}.csv")
        for column in spec.columns:
            if column.allowed:
                cells = table[column.name].str.split(";").explode() if column.type == "list" else table[column.name]
                assert set(cells) <= {*column.allowed, ""}, f"{name}.{column.name}"
                checked += 1
            if column.type in ("number", "integer"):
                pattern = r"(-?\d+(\.\d+)?)?" if column.type == "number" else r"(-?\d+)?"
                assert table[column.name].str.fullmatch(pattern).all(), f"{name}.{column.name}"
    assert checked > 20
    assert not book.empty


def test_quotes_stand_where_the_trail_says(sample_out: Path, sample: Path) -> None:
    from extract.read import read_document
    from extract.schema import load_schema

    schema = load_schema(ROOT / "schemas")
    trail = read_table(sample_out / "values.csv")
    name = sorted(trail["document"].unique())[0]
    document = read_document(sample / f"{name}.pdf", schema, name=name)
    rows = trail[trail["document"] == name]
    assert len(rows) > 50
    for row in rows.to_dict("records"):
        assert document.text[int(row["start"]) : int(row["end"])] == row["quote"]


# --- read


def test_read_prints_json(sample: Path) -> None:
    result = command("read", "--json", sorted(sample.glob("*.pdf"))[0])
    assert result.returncode == 0, result.stderr
    told = json.loads(result.stdout)
    assert set(told) == {"text", "blocks", "tables", "issues"}
    assert {"section", "kind", "page", "text"} == set(told["blocks"][0])
    for block in told["blocks"]:
        assert block["text"] in told["text"]
    for table in told["tables"]:
        assert set(table) == {"page", "rows"}
        assert len({len(row) for row in table["rows"]}) == 1


def test_read_prints_sections_for_people(sample: Path) -> None:
    result = command("read", sorted(sample.glob("*.pdf"))[0])
    assert result.returncode == 0, result.stderr
    assert "== discussion ==" in result.stdout


def test_a_file_that_cannot_be_read_ends_with_1(tmp_path: Path) -> None:
    (tmp_path / "notes.pdf").write_text("This is a text.")
    result = command("read", tmp_path / "notes.pdf")
    assert result.returncode == 1
    assert result.stderr.startswith("notes.pdf: ")
    assert command("read", tmp_path / "missing.pdf").returncode == 2


# --- try


def test_try_explains_what_was_found() -> None:
    result = command("try", "She received an intravenous infusion of allogeneic cells.")
    assert result.returncode == 0, result.stderr
    found = result.stdout.split("\n\n")
    route = next(part for part in found if part.startswith("route: intravenous"))
    assert "  words    'intravenous" in route
    assert "  rule     " in route
    assert "  context  present, patient, current" in route


def test_try_says_when_nothing_was_found() -> None:
    assert command("try", "The weather was fine.").stdout.startswith("Nothing was found.")


def test_try_answers_each_line_of_a_file_in_order(tmp_path: Path) -> None:
    lines = [
        {"id": "one", "text": "She was given 2 × 106 cells/kg intravenously.", "context": "narrative"},
        {"id": "two", "text": "The weather was fine.\u2028And warm."},
    ]
    text = "\n".join(json.dumps(line, ensure_ascii=False) for line in lines) + "\n"
    (tmp_path / "in.jsonl").write_text(text, encoding="utf-8")
    result = command("try", "--jsonl", tmp_path / "in.jsonl")
    assert result.returncode == 0, result.stderr
    one, two = map(json.loads, result.stdout.rstrip("\n").split("\n"))
    assert (one["id"], two["id"]) == ("one", "two")
    assert one["found"]["administrations"][0]["dose_value"] == 2000000
    assert one["found"]["administrations"][0]["route"] == "intravenous"
    assert not any(two["found"][key] for key in ("administrations", "outcomes", "diagnoses", "ages"))
    assert command("try", "--jsonl", "-", stdin=text).stdout == result.stdout


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"id": 1, "text": ', ":2: not valid JSON"),
        ('{"id": 1}', ':2: each line needs "id" and "text".'),
        ("[]", ':2: each line needs "id" and "text".'),
    ],
)
def test_a_line_that_cannot_be_used_is_named(tmp_path: Path, line: str, said: str) -> None:
    path = tmp_path / "in.jsonl"
    path.write_text('{"id": 0, "text": "fine"}\n' + line + "\n")
    result = command("try", "--jsonl", path)
    assert result.returncode == 2
    assert said in result.stderr


# --- check


def test_the_rules_of_this_repository_hold() -> None:
    result = command("check")
    assert result.returncode == 0, result.stderr
    assert "examples hold" in result.stdout


# --- real papers


def test_real_papers_are_all_accounted_for(papers: Path, tmp_path: Path) -> None:
    files = sorted(p for p in (papers / "papers").iterdir() if p.suffix in (".pdf", ".xml"))
    seed = papers / "seed" / "seed_case_series.txt"
    result = command("run", papers / "papers", seed, "-o", tmp_path)
    assert result.returncode == 0, result.stderr
    documents = read_table(tmp_path / "documents.csv")
    assert set(documents["document"]) == {file.stem for file in [*files, seed]}
    assert set(documents["status"]) <= {"ok", "partial"}
    evidence = read_table(tmp_path / "evidence.csv")
    assert set(evidence.loc[evidence["document"] == seed.stem, "patient"]) == {"1", "2", "3"}
