"""diff: what is told of two output folders, and what is not; laws that hold whatever the tables say."""

from __future__ import annotations

import csv
import json
import os
import pty
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner, Result

from extract.cli import app
from extract.diff import Change, Diff, WrongUse, compare_outputs, diff_page, write_diff

ROOT = Path(__file__).resolve().parent.parent
Row = dict[str, str]
PAPER = "02_scleroderma_three_cases"


def read(folder: Path, table: str) -> list[Row]:
    with (folder / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write(folder: Path, table: str, rows: list[Row]) -> None:
    header = list(read(folder, table)[0]) if not rows else list(rows[0])
    with (folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, header, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def edit(folder: Path, table: str, change: Callable[[list[Row]], object]) -> None:
    rows = read(folder, table)
    change(rows)
    write(folder, table, rows)


@pytest.fixture
def old(sample_out: Path) -> Path:
    return sample_out


@pytest.fixture
def new(sample_out: Path, tmp_path: Path) -> Path:
    """A copy of the tables of the sample papers, to be changed."""
    shutil.copytree(sample_out, tmp_path / "new")
    return tmp_path / "new"


def command(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["diff", *map(str, arguments)])


def told(diff: Diff) -> list[tuple[str, str, str, str, str, str]]:
    return [(c.kind, c.patient, c.table, c.field, c.old, c.new) for c in diff.changes]


def of(rows: list[Row], **cells: str) -> Row:
    """The one row with some cells."""
    (row,) = [row for row in rows if all(row[name] == cell for name, cell in cells.items())]
    return row


# --- values


def test_the_same_tables_differ_in_nothing(old: Path, new: Path) -> None:
    result = command(old, new)
    assert result.exit_code == 0
    assert result.stdout == f"{old} and {new} say the same of 16 papers.\n"


def test_a_changed_value_is_told_with_its_row_quote_page_and_rule(old: Path, new: Path) -> None:
    def change(rows: list[Row]) -> None:
        of(rows, document=PAPER, patient="1", measure="mRSS", phase="pre")["value"] = "99"

    was = of(read(old, "outcomes"), document=PAPER, patient="1", measure="mRSS", phase="pre")["value"]
    edit(new, "outcomes", change)
    (only,) = compare_outputs(old, new).changes
    assert (only.kind, only.document, only.patient, only.table, only.field) == (
        "changed", PAPER, "1", "outcomes", "value",
    )  # fmt: skip
    assert (only.old, only.new) == (was, "99")
    assert only.row == "mRSS pre"
    assert was in only.before.quote
    assert only.before.rule == "scale:mrss"
    assert only.before.page == "1"
    result = command(old, new)
    assert result.exit_code == 1
    assert "0 values won, 0 lost, 1 changed in 1 of 16 papers." in result.stdout
    assert f"      ~ value: {was} -> 99\n          p. 1 “" in result.stdout


def test_a_won_and_a_lost_row_are_told_whole_under_their_patient(old: Path, new: Path) -> None:
    lost = read(old, "therapies")[0]
    edit(new, "therapies", lambda rows: rows.pop(0))
    diff = compare_outputs(old, new)
    assert {change.kind for change in diff.changes} == {"lost"}
    assert all(change.whole for change in diff.changes)
    shown = command(old, new).stdout
    assert f"    - therapies: therapy {lost['therapy']}; class {lost['class']}" in shown
    assert f"\n{lost['document']}\n  patient {lost['patient']}\n" in shown
    back = command(new, old).stdout
    assert f"    + therapies: therapy {lost['therapy']}; class {lost['class']}" in back


def test_moved_ids_are_no_difference(old: Path, new: Path) -> None:
    """When words move in a text, all ids after them do."""

    def move(rows: list[Row]) -> None:
        for row in rows:
            row["record"] = row["record"][::-1]

    for table in ("patients", "diagnoses", "administrations", "outcomes", "adverse_events", "therapies", "values"):
        edit(new, table, move)
    diff = compare_outputs(old, new)
    assert told(diff) == []
    assert diff.same


def test_numbers_that_grow_because_a_row_was_won_are_no_difference(old: Path, new: Path) -> None:
    """Of three rows the first is taken out: the numbers of the others are one less."""

    def change(rows: list[Row]) -> None:
        mine = [row for row in rows if row["document"] == PAPER and row["patient"] == "1"]
        rows.remove(mine[0])
        for row in mine[1:]:
            row["outcome"] = str(int(row["outcome"]) - 1)

    def reorder(rows: list[Row]) -> None:
        mine = [row for row in rows if row["document"] == "07_five_patient_pilot" and row["patient"] == "2"]
        assert len(mine) > 1
        rows.remove(mine[0])
        for row in mine[1:]:
            row["order"] = str(int(row["order"]) - 1)
            row["administration"] = str(int(row["administration"]) - 1)

    edit(new, "outcomes", change)
    edit(new, "administrations", reorder)
    diff = compare_outputs(old, new)
    assert all(change.whole and change.kind == "lost" for change in diff.changes)
    assert {(change.table, change.record_old) for change in diff.changes} == {
        ("outcomes", of_first(old, "outcomes", PAPER, "1")),
        ("administrations", of_first(old, "administrations", "07_five_patient_pilot", "2")),
    }


def of_first(folder: Path, table: str, document: str, patient: str) -> str:
    return next(
        row["record"] for row in read(folder, table) if (row["document"], row["patient"]) == (document, patient)
    )


def test_another_order_of_the_same_rows_is_a_difference(old: Path, new: Path) -> None:
    def swap(rows: list[Row]) -> None:
        first, second = [r for r in rows if r["document"] == "07_five_patient_pilot" and r["patient"] == "2"][:2]
        first["order"], second["order"] = second["order"], first["order"]

    edit(new, "administrations", swap)
    assert [(c.kind, c.field) for c in compare_outputs(old, new).changes] == [("changed", "order")] * 2


def test_a_row_whose_id_and_value_changed_is_changed_not_lost_and_won(old: Path, new: Path) -> None:
    def change(rows: list[Row]) -> None:
        row = of(rows, document=PAPER, patient="1", measure="mRSS", phase="pre")
        row["record"], row["value"] = "ffffffffff", "99"

    edit(new, "outcomes", change)
    (only,) = compare_outputs(old, new).changes
    assert (only.kind, only.field, only.new, only.record_new) == ("changed", "value", "99", "ffffffffff")


def test_another_drug_of_the_same_class_is_another_row(old: Path, new: Path) -> None:
    def change(rows: list[Row]) -> None:
        rows[0].update(record="ffffffffff", therapy="wolfsbane", as_written="Wolfsbane")

    edit(new, "therapies", change)
    diff = compare_outputs(old, new)
    assert {change.kind for change in diff.changes} == {"won", "lost"}
    assert all(change.whole for change in diff.changes)


def test_the_column_of_a_new_field_is_won(old: Path, new: Path) -> None:
    def add(rows: list[Row]) -> None:
        for row in rows:
            row["smoking"] = "never" if row["document"] == PAPER and row["patient"] == "2" else ""

    edit(new, "patients", add)
    assert told(compare_outputs(old, new)) == [("won", "2", "patients", "smoking", "", "never")]
    assert told(compare_outputs(new, old)) == [("lost", "2", "patients", "smoking", "never", "")]


def test_a_table_that_only_one_folder_has_is_won(old: Path, new: Path) -> None:
    (new / "smoking.csv").write_text(f"document,patient,packs,record\n{PAPER},2,20,abcdefabcd\n")
    assert told(compare_outputs(old, new)) == [("won", "2", "smoking", "packs", "", "20")]
    assert told(compare_outputs(new, old)) == [("lost", "2", "smoking", "packs", "20", "")]


def test_a_value_that_is_in_doubt_now_says_so(old: Path, new: Path) -> None:
    row = of(read(old, "outcomes"), document=PAPER, patient="1", measure="mRSS", phase="pre")

    def empty(rows: list[Row]) -> None:
        of(rows, record=row["record"])["value"] = ""

    def doubt(rows: list[Row]) -> None:
        for value in rows:
            if (value["record"], value["field"]) == (row["record"], "value"):
                value.update(status="ambiguous", shown="no")

    edit(new, "outcomes", empty)
    edit(new, "values", doubt)
    assert f"- value: {row['value']} -> (none) (now ambiguous)" in command(old, new).stdout


def test_the_same_value_by_another_rule_is_counted_and_listed_but_no_difference(
    old: Path, new: Path, tmp_path: Path
) -> None:
    def rename(rows: list[Row]) -> None:
        for row in rows:
            row["rule"] = row["rule"].replace("scale:mrss", "scale:rodnan")

    edit(new, "values", rename)
    result = command(old, new, "-o", tmp_path / "out")
    assert result.exit_code == 0
    listed = [row for row in read(tmp_path / "out", "diff") if row["field"] == "value"]
    assert len(listed) > 1
    assert {(row["kind"], row["rule_old"], row["rule_new"]) for row in listed} == {
        ("moved", "scale:mrss", "scale:rodnan")
    }
    assert re.search(r"say the same of 16 papers\. \d+ values are the same, but from other words", result.stdout)


# --- patients and papers


def test_a_patient_with_another_name_is_the_same_patient(old: Path, new: Path) -> None:
    """The id of a record holds the patient's name, so all of them change with it."""
    records = {row["record"] for table in ("patients", "outcomes", "values") for row in read(old, table)}

    def rename(rows: list[Row]) -> None:
        for row in rows:
            if row["document"] == PAPER and row["patient"] == "2":
                row["patient"] = "B"
                if "record" in row:
                    row["record"] = row["record"][::-1]

    for table in ("patients", "diagnoses", "administrations", "outcomes", "adverse_events", "therapies", "values"):
        edit(new, table, rename)
    edit(new, "conflicts", rename)
    diff = compare_outputs(old, new)
    assert len(records) > 100
    assert [entry for entry in told(diff) if entry[2] != "conflicts"] == [
        ("changed", "B", "patients", "patient", "2", "B")
    ]


def test_a_patient_that_is_new_is_won_with_all_rows(old: Path, new: Path) -> None:
    def drop(rows: list[Row]) -> None:
        rows[:] = [row for row in rows if (row["document"], row["patient"]) != (PAPER, "3")]

    tables = ("patients", "diagnoses", "administrations", "outcomes", "adverse_events", "therapies")
    for table in tables:
        edit(new, table, drop)
    won = compare_outputs(new, old).changes
    assert {change.kind for change in won} == {"won"}
    assert {change.patient for change in won} == {"3"}
    assert {change.table for change in won} >= {"patients", "diagnoses", "administrations", "outcomes"}


def without(folder: Path, document: str) -> None:
    for path in folder.glob("*.csv"):
        rows = read(folder, path.stem)
        if rows and "document" in rows[0]:
            write(folder, path.stem, [row for row in rows if row["document"] != document])


def test_new_and_gone_papers_are_told_apart_and_their_values_counted(old: Path, new: Path) -> None:
    without(new, PAPER)
    gone = command(old, new)
    assert gone.exit_code == 1
    assert re.search(rf"\npaper gone: {PAPER}: 3 patients, \d+ values\n", gone.stdout)
    come = compare_outputs(new, old)
    assert [(paper.kind, paper.document, paper.patients) for paper in come.papers] == [("new", PAPER, 3)]
    assert come.changes == ()
    assert not come.same


def test_a_paper_that_cannot_be_read_any_more_is_told_with_the_reason(old: Path, new: Path) -> None:
    row = of(read(new, "documents"), document=PAPER)
    without(new, PAPER)
    edit(new, "documents", lambda rows: rows.append({**dict.fromkeys(row, ""), **keys(row)}))
    assert f"not read any more: {PAPER} (timeout): 3 patients" in command(old, new).stdout
    assert [paper.kind for paper in compare_outputs(new, old).papers] == ["read"]


def keys(row: Row) -> Row:
    return {"document": row["document"], "sha256": row["sha256"], "status": "failed", "reason": "timeout"}


def test_a_renamed_file_is_the_same_paper(old: Path, new: Path) -> None:
    def rename(rows: list[Row]) -> None:
        for row in rows:
            if row["document"] == PAPER:
                row["document"] = "renamed"

    for path in new.glob("*.csv"):
        if read(new, path.stem) and "document" in read(new, path.stem)[0]:
            edit(new, path.stem, rename)
    diff = compare_outputs(old, new)
    assert [(paper.kind, paper.told) for paper in diff.papers] == [("renamed", f"was {PAPER}")]
    assert diff.changes == ()
    assert diff.same


def test_what_is_said_of_a_paper_is_compared(old: Path, new: Path) -> None:
    edit(new, "documents", lambda rows: of(rows, document=PAPER).update(year="1066", file="elsewhere.pdf"))
    (only,) = compare_outputs(old, new).changes
    assert (only.patient, only.table, only.field, only.new) == ("", "documents", "year", "1066")
    assert only.before.rule == "read.year"


# --- conflicts, issues


def test_conflicts_are_won_lost_and_changed(old: Path, new: Path) -> None:
    gone = next(row for row in read(old, "conflicts") if row["document"] == PAPER)
    edit(new, "conflicts", lambda rows: rows.remove(gone))
    (lost,) = compare_outputs(old, new).changes
    assert (lost.kind, lost.table, lost.field) == ("lost", "conflicts", gone["field"])
    assert gone["quote_a"] in lost.before.quote
    assert gone["quote_b"] in lost.before.quote
    assert "; conflicts: 1 lost." in command(old, new).stdout
    edit(new, "conflicts", lambda rows: rows.append({**gone, "conflict": "moved", "chosen": gone["value_b"]}))
    (changed,) = compare_outputs(old, new).changes
    assert (changed.kind, changed.new.rsplit(", ", 1)[1]) == ("changed", f"shown: {gone['value_b']}")


def test_issues_and_overlaps_are_compared(old: Path, new: Path) -> None:
    issue = {**read(old, "issues")[0], "document": PAPER, "message": "mRSS 99 is outside 0-51."}
    edit(new, "issues", lambda rows: rows.append(issue))
    (new / "overlaps.csv").write_text(
        "document_a,patient_a,document_b,patient_b,reasons,strength\na,1,b,2,same initials,weak\n"
    )
    changes = compare_outputs(old, new).changes
    assert [(c.kind, c.table, c.new) for c in changes] == [
        ("won", "issues", "mRSS 99 is outside 0-51."),
        ("won", "overlaps", "weak: same initials"),
    ]


# --- asking for less


@pytest.mark.parametrize(("name", "found"), [("value", 1), ("therapies", 4), ("dose", 0), ("class", 1)])
def test_only_the_fields_that_are_asked_for_are_compared(old: Path, new: Path, name: str, found: int) -> None:
    edit(new, "outcomes", lambda rows: rows[0].update(value="99"))
    edit(new, "therapies", lambda rows: rows.pop(0))
    assert all(read(old, "therapies")[0][cell] for cell in ("therapy", "class", "role", "status"))
    diff = compare_outputs(old, new, [name])
    assert len(diff.changes) == found
    assert command(old, new, "--fields", name).exit_code == (1 if found else 0)


def test_a_beginning_stands_for_its_columns(old: Path, new: Path) -> None:
    edit(new, "administrations", lambda rows: rows[0].update(dose_value="7", dose_unit="pints"))
    assert [change.field for change in compare_outputs(old, new, ["dose"]).changes] == ["dose_value", "dose_unit"]


def test_fields_that_nobody_has_are_refused_with_the_nearest(old: Path, new: Path) -> None:
    result = command(old, new, "--fields", "therapys")
    assert result.exit_code == 2
    assert "--fields therapys: no table and no column is called that. Did you mean 'therapy'?" in result.stderr


def test_no_more_rows_are_shown_than_asked_for(old: Path, new: Path) -> None:
    edit(new, "therapies", lambda rows: rows.__delitem__(slice(0, 5)))
    shown = command(old, new, "--limit", 2).stdout
    assert shown.count("    - therapies") == 2
    assert "... and 3 more rows." in shown
    assert command(old, new, "--limit", 0).stdout.count("    - therapies") == 5


# --- wrong use


def test_a_folder_that_is_no_output_is_refused(old: Path, tmp_path: Path) -> None:
    result = command(old, tmp_path)
    assert result.exit_code == 2
    assert f"{tmp_path}: no patients.csv here." in result.stderr
    assert f"{tmp_path}/x: there is no such folder." in command(old, tmp_path / "x").stderr


def test_a_torn_table_is_refused_with_its_row(old: Path, new: Path) -> None:
    with (new / "outcomes.csv").open("a") as file:
        file.write("torn,row\n")
    number, columns = len(read(old, "outcomes")) + 2, len(read(old, "outcomes")[0])
    with pytest.raises(WrongUse, match=rf"outcomes\.csv: row {number} has 2 cells instead of {columns}"):
        compare_outputs(old, new)


def test_a_trail_without_its_columns_is_refused(old: Path, new: Path) -> None:
    (new / "values.csv").write_text("value_id,document\nx,y\n")
    with pytest.raises(WrongUse, match=r"values\.csv: no column 'table'"):
        compare_outputs(old, new)


def test_bytes_that_are_no_text_are_refused(old: Path, new: Path) -> None:
    (new / "outcomes.csv").write_bytes(b"\xff\xfe\x00")
    assert "cannot be read as a table" in command(old, new).stderr


# --- gold


def test_with_gold_every_figure_that_changed_is_told(old: Path, new: Path, sample: Path) -> None:
    def change(rows: list[Row]) -> None:
        of(rows, document=PAPER, patient="1", measure="mRSS", phase="pre")["value"] = "99"

    edit(new, "outcomes", change)
    worse = command(old, new, "--gold", sample / "gold").stdout
    assert re.search(r"\n  outcome +[01]\.\d{3} -> 0\.99\d +[01]\.\d{3} -> 0\.99\d +[01]\.\d{3} -> 0\.99\d\n", worse)
    assert re.search(r"\n  all \(micro\) +[01]\.\d{3} -> 0\.99\d", worse)
    assert "  as before: patients, sex, age" in worse
    assert re.search(
        rf"wrong now:\n    {PAPER}, patient 1, \w+ outcome: gold: mRSS pre \d+ \| found: mRSS pre 99", worse
    )
    better = command(new, old, "--gold", sample / "gold").stdout
    assert "no longer wrong:\n" in better
    assert "wrong now" not in better


def test_gold_that_is_wrong_is_refused(old: Path, new: Path, tmp_path: Path) -> None:
    (tmp_path / "gold").mkdir()
    (tmp_path / "gold" / "a.json").write_text('{"document": "a"}')
    result = command(old, new, "--gold", tmp_path / "gold")
    assert result.exit_code == 2
    assert "key 'patients' is missing" in result.stderr


# --- files


def test_json_holds_everything(old: Path, new: Path, sample: Path) -> None:
    edit(new, "therapies", lambda rows: rows.pop(0))
    data = json.loads(command(old, new, "--json", "--gold", sample / "gold").stdout)
    assert data["counts"] == {"won": 0, "lost": len(data["changes"]), "changed": 0, "moved": 0}
    assert data["changes"][0]["quote_old"]
    assert data["gold"]["figures"][-1]["field"] == "all"


HOSTILE = "<script>alert(1)</script> & \"'"


def test_the_page_escapes_what_papers_say_and_loads_nothing(tmp_path: Path) -> None:
    from extract.diff import Place

    place = Place(quote=f"He was {HOSTILE}", as_written=HOSTILE, page="1", rule=HOSTILE)
    change = Change("won", HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE, "", HOSTILE, after=place)
    page = diff_page(Diff(HOSTILE, HOSTILE, 1, (), (change,)))
    assert "<script>alert" not in page
    assert page.count("<script>") == 1
    assert "<mark>&lt;script&gt;" in page
    assert not re.search(r"(?:src|href)=|https?:|url\(|@import", page)


def test_the_table_disarms_formulas_and_the_page_shows_all_papers(old: Path, new: Path, tmp_path: Path) -> None:
    def change(rows: list[Row]) -> None:
        rows[0]["therapy"] = "'=1+1"
        rows[-1]["therapy"] = "wolfsbane"

    edit(new, "therapies", change)
    rows = read(new, "therapies")
    paths = write_diff(compare_outputs(old, new), tmp_path / "out")
    assert [path.name for path in paths] == ["diff.csv", "diff.html"]
    assert "'=1+1" in {row["new"] for row in read(tmp_path / "out", "diff")}
    page = (tmp_path / "out" / "diff.html").read_text(encoding="utf-8")
    for row in (rows[0], rows[-1]):
        assert f"<h2>{row['document']}</h2>" in page
    assert "<mark>" in page


def test_an_output_that_cannot_be_written_is_told(old: Path, new: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    result = command(old, new, "-o", tmp_path / "file")
    assert result.exit_code == 2
    assert result.stderr == f"{tmp_path}/file: File exists.\n"


def test_colours_are_for_terminals_that_want_them(old: Path, new: Path) -> None:
    edit(new, "therapies", lambda rows: rows.pop(0))
    assert "\x1b[" not in command(old, new).stdout

    def on_a_terminal(**environment: str) -> str:
        leader, follower = pty.openpty()
        arguments = [sys.executable, "-m", "extract", "diff", str(old), str(new)]
        child = subprocess.Popen(
            arguments, stdout=follower, env={**os.environ, "PYTHONPATH": str(ROOT), **environment}, cwd=ROOT
        )
        os.close(follower)
        shown = b""
        while True:
            try:
                part = os.read(leader, 65536)
            except OSError:
                break
            if not part:
                break
            shown += part
        child.wait()
        os.close(leader)
        return shown.decode()

    assert "\x1b[31m    - therapies" in on_a_terminal(TERM="xterm")
    assert "\x1b[" not in on_a_terminal(TERM="xterm", NO_COLOR="1")


# --- laws

CELLS = st.sampled_from(["", "a", "b", "c"])
ROWS = st.lists(st.tuples(CELLS, CELLS, CELLS, st.sampled_from(["r1", "r2", "r3", "r4", ""])), max_size=5)


def outputs(folder: Path, rows: list[tuple[str, str, str, str]]) -> Path:
    folder.mkdir()
    (folder / "documents.csv").write_text("document,sha256,status\nd,s,ok\n")
    (folder / "patients.csv").write_text("document,patient,sex,record\nd,1,male,p\n")
    lines = [
        "document,patient,therapy,class,role,as_written,record",
        *(f"d,1,{a},{b},{c},{a},{r}" for a, b, c, r in rows),
    ]
    (folder / "therapies.csv").write_text("\n".join(lines) + "\n")
    return folder


def cells(rows: list[tuple[str, str, str, str]]) -> list[str]:
    return sorted(cell for *row, _ in rows for cell in row if cell)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ROWS, ROWS)
def test_what_is_won_one_way_is_lost_the_other_and_nothing_is_forgotten(
    before: list[tuple[str, str, str, str]], after: list[tuple[str, str, str, str]]
) -> None:
    with tempfile.TemporaryDirectory() as name:
        old, new = outputs(Path(name) / "old", before), outputs(Path(name) / "new", after)
        there, back = compare_outputs(old, new), compare_outputs(new, old)
        assert compare_outputs(old, old).changes == ()
    kept = cells(before)
    for change in there.changes:
        if change.old:
            kept.remove(change.old)
    for change in there.changes:
        if change.new:
            kept.append(change.new)
    assert sorted(kept) == cells(after)
    mirrored = sum(bool(c.old) for c in back.changes), sum(bool(c.new) for c in back.changes)
    assert mirrored == (sum(bool(c.new) for c in there.changes), sum(bool(c.old) for c in there.changes))
