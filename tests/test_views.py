"""Views of a run: whatever cannot be made costs only itself, and no work of a person is written over."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import openpyxl
import pytest
from typer.testing import CliRunner

from extract import batch
from extract.cli import app
from extract.evidence.kept import digest_of, need_not_keep
from extract.evidence.returned import read_workbook
from extract.evidence.workbook import REVIEW
from extract.schema import Schema
from extract.views import Views, remove_views, write_views

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory, schema: Schema) -> batch.Summary:
    """One paper, read into its tables."""
    folder = tmp_path_factory.mktemp("ran")
    paper = folder / "letter.pdf"
    shutil.copy(ROOT / "corpus" / "sample" / "08_hands_letter.pdf", paper)
    return batch.run([paper], folder / "out", schema, workers=1)


@pytest.fixture
def out(ran: batch.Summary, tmp_path: Path) -> Path:
    """Its tables in a folder of their own."""
    shutil.copytree(ran.folder, tmp_path / "out")
    return tmp_path / "out"


def view(out: Path, ran: batch.Summary, schema: Schema) -> Views:
    return write_views(out, ran.tables, schema, workers=1)


def csvs(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.csv")}


def files(folder: Path) -> dict[str, bytes]:
    """All that lies in a folder, but run.json, which tells times."""
    found = (path for path in folder.rglob("*") if path.is_file() and path.name != "run.json")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def test_pictures_workbook_and_page_stand_beside_the_tables(out: Path, ran: batch.Summary, schema: Schema) -> None:
    before = csvs(out)
    views = view(out, ran, schema)
    assert [path.name for path in views.files] == ["evidence.xlsx", "review.html"]
    pages = sorted(path.relative_to(out).as_posix() for path in (out / "pages").rglob("*.png"))
    digest = ran.tables["documents"]["sha256"][0][:10]
    held = sorted(set(ran.tables["values"]["page"]) - {""})
    assert pages == [f"pages/{digest}/{page}.png" for page in held]
    assert (views.pages, views.failures, views.notes) == (len(held), [], [])
    assert csvs(out) == before
    told = json.loads((out / "run.json").read_text(encoding="utf-8"))
    assert told["views"]["files"] == ["evidence.xlsx", "review.html"]
    assert told["views"]["pages"] == len(held)
    assert told["counts"]["documents"] == 1


def test_a_second_time_gives_the_same_bytes(out: Path, ran: batch.Summary, schema: Schema) -> None:
    view(out, ran, schema)
    first = files(out)
    view(out, ran, schema)
    second = files(out)
    memory = ".baseline/evidence.xlsx.sha256"
    assert set(first.pop(memory).split()) == set(second.pop(memory).split())
    assert first == second


def test_what_a_killed_run_left_half_written_is_deleted(out: Path, ran: batch.Summary, schema: Schema) -> None:
    left = [
        out / ".evidence.xlsx.ab12.part",
        out / ".review.html.cd34.part",
        out / "review" / ".0123456789.html.x.part",
    ]
    (out / "review").mkdir()
    for path in left:
        path.write_text("half")
    view(out, ran, schema)
    assert [path for path in left if path.exists()] == []
    assert not (out / "review").exists()


def test_links_of_the_workbook_lead_to_files_that_are_there(out: Path, ran: batch.Summary, schema: Schema) -> None:
    view(out, ran, schema)
    targets = set()
    for sheet in openpyxl.load_workbook(out / "evidence.xlsx"):
        for row in sheet.iter_rows():
            targets |= {str(cell.hyperlink.target).replace("\\", "/") for cell in row if cell.hyperlink}
    assert len(targets) > 1
    assert {target for target in targets if not (out / target).is_file()} == set()


@pytest.mark.parametrize("name", ["evidence.xlsx", "review.html"])
def test_a_view_that_cannot_be_written_costs_only_itself(
    out: Path, ran: batch.Summary, schema: Schema, name: str
) -> None:
    before = csvs(out)
    (out / name / "in the way").mkdir(parents=True)
    views = view(out, ran, schema)
    assert {path.name for path in views.files} == {"evidence.xlsx", "review.html"} - {name}
    assert len(views.failures) == 1
    assert views.failures[0].startswith(f"Not written: {out / name} (")
    assert csvs(out) == before
    assert not [path for path in out.iterdir() if path.name.endswith(".part")]
    told = json.loads((out / "run.json").read_text(encoding="utf-8"))
    assert told["views"]["failures"] == views.failures


def test_pictures_that_cannot_be_written_cost_only_themselves(out: Path, ran: batch.Summary, schema: Schema) -> None:
    (out / "pages").write_text("a person's file")
    views = view(out, ran, schema)
    assert [path.name for path in views.files] == ["evidence.xlsx", "review.html"]
    assert len(views.failures) == 1
    assert str(out / "pages") in views.failures[0]


def test_a_paper_that_is_gone_costs_only_its_pictures(
    out: Path, ran: batch.Summary, schema: Schema, tmp_path: Path
) -> None:
    documents = ran.tables["documents"].assign(file=str(tmp_path / "gone.pdf"))
    views = write_views(out, {**ran.tables, "documents": documents}, schema, workers=1)
    assert views.pages == 0
    assert len(views.failures) == 1
    assert views.failures[0].startswith("Pictures missing: letter (")
    assert [path.name for path in views.files] == ["evidence.xlsx", "review.html"]


# --- a workbook in which a person has worked


def typed(path: Path) -> bytes:
    """Correct a cell, as a person would."""
    book = openpyxl.load_workbook(path)
    sheet = book["patients"]
    sheet.cell(2, next(cell.column for cell in sheet[1] if cell.value == REVIEW[2])).value = "I looked."
    book.save(path)
    return path.read_bytes()


def test_a_workbook_that_was_edited_is_put_aside(out: Path, ran: batch.Summary, schema: Schema) -> None:
    view(out, ran, schema)
    written = (out / "evidence.xlsx").read_bytes()
    edited = typed(out / "evidence.xlsx")
    views = view(out, ran, schema)
    (aside,) = out.glob("evidence-edited-*.xlsx")
    assert aside.read_bytes() == edited
    assert (out / "evidence.xlsx").read_bytes() == written
    assert len(views.notes) == 1
    assert f"caseloom review import {aside}" in views.notes[0]
    assert read_workbook(aside).sheets["patients"]["why"][0] == "I looked."


def test_a_workbook_whose_corrections_were_taken_in_need_not_be_kept(
    out: Path, ran: batch.Summary, schema: Schema
) -> None:
    view(out, ran, schema)
    typed(out / "evidence.xlsx")
    need_not_keep(out, digest_of(out / "evidence.xlsx"))
    assert view(out, ran, schema).notes == []
    assert not list(out.glob("evidence-edited-*"))
    typed(out / "evidence.xlsx")
    need_not_keep(out, digest_of(out / "evidence.xlsx"))
    book = openpyxl.load_workbook(out / "evidence.xlsx")
    book["patients"]["A2"].value = "more, typed afterwards"
    book.save(out / "evidence.xlsx")
    assert len(view(out, ran, schema).notes) == 1
    assert len(list(out.glob("evidence-edited-*"))) == 1


@pytest.mark.parametrize(("choice", "kept"), [("accept", False), ("perhaps", True)])
def test_importing_a_workbook_wholly_makes_it_one_that_need_not_be_kept(
    out: Path, ran: batch.Summary, schema: Schema, tmp_path: Path, choice: str, kept: bool
) -> None:
    view(out, ran, schema)
    book = openpyxl.load_workbook(out / "evidence.xlsx")
    sheet = book["therapies"]
    sheet.cell(2, next(cell.column for cell in sheet[1] if cell.value == REVIEW[0])).value = choice
    book.save(out / "evidence.xlsx")
    words = ["review", "import", out / "evidence.xlsx", "--reviewer", "anna", "--decisions", tmp_path / "decisions"]
    result = CliRunner().invoke(app, [str(word) for word in words])
    assert result.exit_code == int(kept), result.output
    view(out, ran, schema)
    assert bool(list(out.glob("evidence-edited-*"))) == kept


def test_a_workbook_that_was_not_edited_is_written_anew(out: Path, ran: batch.Summary, schema: Schema) -> None:
    for _ in range(3):
        assert view(out, ran, schema).notes == []
    assert not list(out.glob("evidence-edited-*"))


def test_a_workbook_is_not_taken_for_edited_after_a_kill(
    out: Path, ran: batch.Summary, schema: Schema, monkeypatch: pytest.MonkeyPatch
) -> None:
    view(out, ran, schema)

    def killed(self: Path, target: Path) -> Path:
        if target.name == "evidence.xlsx":
            raise KeyboardInterrupt
        return replace(self, target)

    replace = Path.replace
    monkeypatch.setattr(Path, "replace", killed)
    for year in ("2020", "2021"):
        changed = {**ran.tables, "evidence": ran.tables["evidence"].assign(study=year)}
        with pytest.raises(KeyboardInterrupt):
            write_views(out, changed, schema, workers=1)
    monkeypatch.undo()
    assert view(out, ran, schema).notes == []
    assert not list(out.glob("evidence-edited-*"))


def test_without_views_those_of_an_earlier_run_are_deleted(out: Path, ran: batch.Summary, schema: Schema) -> None:
    before = csvs(out)
    view(out, ran, schema)
    assert remove_views(out) == []
    assert {path.name for path in out.iterdir()} == {*before, "run.json", ".baseline", ".store"}
    view(out, ran, schema)
    edited = typed(out / "evidence.xlsx")
    (note,) = remove_views(out)
    (aside,) = out.glob("evidence-edited-*.xlsx")
    assert aside.read_bytes() == edited
    assert aside.name in note
    assert not (out / "evidence.xlsx").exists()


def test_more_than_can_be_looked_at_is_said_and_costs_no_table(out: Path, ran: batch.Summary, schema: Schema) -> None:
    view(out, ran, schema)
    before = csvs(out)
    most = ran.tables.rows["values"] - 1
    views = write_views(out, ran.tables, schema, workers=1, most=most)
    assert views.left_out
    assert (views.files, views.failures) == ([], [])
    (note,) = views.notes
    assert f"{most:,} rows of values.csv" in note
    assert csvs(out) == before
    assert not any((out / name).exists() for name in ("evidence.xlsx", "review.html", "pages"))
    assert json.loads((out / "run.json").read_text(encoding="utf-8"))["views"]["notes"] == [note]


def test_exactly_what_can_be_looked_at_is_made(out: Path, ran: batch.Summary, schema: Schema) -> None:
    views = write_views(out, ran.tables, schema, workers=1, most=ran.tables.rows["values"])
    assert [path.name for path in views.files] == ["evidence.xlsx", "review.html"]
