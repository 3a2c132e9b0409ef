"""SYNTHESIS: an output folder is read whole, or refused with what is missing."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from series import against, outcome, series, treated, words, write_series
from written import case, computed, row

from extract.evidence.files import csv_bytes, read_table
from extract.schema import Schema
from extract.synthesis.outputs import OutputsError, leave_out_documents, load_manifest, load_outputs, plain_doi
from extract.synthesis.rows import Outputs


def two_papers(folder: Path, schema: Schema) -> Outputs:
    same = {"study": words("Smith 2020")}
    first = case("a", *treated("1"))
    second = case("b", *treated("1"))
    cases = [c.model_copy(update={"paper": c.paper.model_copy(update={"values": same})}) for c in (first, second)]
    return load_outputs(write_series(folder, schema, *cases), schema)


def test_a_folder_without_tables_is_refused_with_what_it_lacks(tmp_path: Path, schema: Schema) -> None:
    write_series(tmp_path, schema, case("a", *treated()))
    (tmp_path / "outcomes.csv").unlink()
    (tmp_path / "values.csv").unlink()
    with pytest.raises(OutputsError, match=r"no outcomes\.csv, values\.csv here\. Name the folder"):
        load_outputs(tmp_path, schema)


def test_a_number_that_is_none_is_refused_with_its_place(tmp_path: Path, schema: Schema) -> None:
    write_series(tmp_path, schema, case("a", *treated(), outcome("1", 1, "SLEDAI-2K", "pre", 6)))
    path = tmp_path / "outcomes.csv"
    path.write_text(path.read_text().replace(",6,", ",six,"), encoding="utf-8")
    with pytest.raises(OutputsError, match=r"outcomes\.csv, line 2: value is 'six', which is not a number"):
        load_outputs(tmp_path, schema)


def test_a_person_who_stands_there_twice_is_refused(tmp_path: Path, schema: Schema) -> None:
    write_series(tmp_path, schema, case("a", *treated()))
    path = tmp_path / "patients.csv"
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines, lines[1]]) + "\n", encoding="utf-8")
    with pytest.raises(OutputsError, match="a, 1 stands there 2 times"):
        load_outputs(tmp_path, schema)


def test_a_value_knows_what_the_trail_says_of_it(tmp_path: Path, schema: Schema) -> None:
    outputs = series(
        tmp_path,
        schema,
        *treated(
            dose_cells=words(60_000_000, "table", review="accepted"), total_cells_derived=computed(60_000_000, "×")
        ),
    )
    given = outputs.people[0].administrations[0]
    dose, total = given.value("dose_cells"), given.value("total_cells_derived")
    assert dose is not None
    assert total is not None
    assert (dose.number, dose.where, dose.is_derived, dose.is_reviewed) == (
        Decimal(60_000_000),
        ("table",),
        False,
        True,
    )
    assert (total.is_derived, total.formula, total.is_reviewed) == (True, "×", False)
    assert given.value("volume_ml") is None
    assert given.number("volume_ml") is None
    assert given.text("volume_ml") == ""


def test_columns_of_a_later_version_are_taken_for_empty(tmp_path: Path, schema: Schema) -> None:
    write_series(tmp_path, schema, case("a", *treated(), outcome("1", 1, "SLEDAI-2K", "pre", 6)))
    for path in tmp_path.glob("*.csv"):
        table = read_table(path)
        if path.stem != "values" and "record" in table.columns:
            path.write_bytes(csv_bytes(table.drop(columns="record")))
    outputs = load_outputs(tmp_path, schema)
    value = outputs.people[0].outcomes[0].value("value")
    assert value is not None
    assert (value.number, value.status, value.where) == (Decimal(6), "", ())
    assert any(note.startswith("An older run: ") for note in outputs.notes)


def test_tables_made_with_other_rules_are_told_of(tmp_path: Path, schema: Schema) -> None:
    write_series(tmp_path, schema, case("a", *treated()), run={"schema": {"hash": "0" * 64}})
    assert "with other rules (000000000000)" in load_outputs(tmp_path, schema).notes[0]


def test_studies_of_one_name_get_letters(tmp_path: Path, schema: Schema) -> None:
    assert two_papers(tmp_path, schema).studies == {"a": "Smith 2020a", "b": "Smith 2020b"}


def test_both_sides_of_a_conflict_lead_to_their_rows(tmp_path: Path, schema: Schema) -> None:
    low, high = outcome("1", 1, "SLEDAI-2K", "post", 2), outcome("1", 2, "SLEDAI-2K", "post", 4, where="table")
    outputs = series(tmp_path, schema, *treated(), low, high, against("1", "SLEDAI-2K post", low, high, low))
    (conflict,) = outputs.people[0].conflicts
    assert conflict.a.is_of(outputs.people[0].outcomes[0])
    assert conflict.b.is_of(outputs.people[0].outcomes[1])
    assert [side.value for side in conflict.passed_over] == ["4"]
    assert conflict.is_open


def test_a_conflict_is_not_led_to_another_measure_of_the_same_sentence(tmp_path: Path, schema: Schema) -> None:
    there = words(2)
    one = row("outcomes", "1", 1, measure="SLEDAI-2K", phase="post", value=there)
    two = row("outcomes", "1", 2, measure="PGA", phase="post", value=there)
    high = outcome("1", 3, "SLEDAI-2K", "post", 4)
    outputs = series(tmp_path, schema, *treated(), one, two, high, against("1", "SLEDAI-2K post", one, high, one))
    (conflict,) = outputs.people[0].conflicts
    assert [conflict.a.is_of(found) for found in outputs.people[0].outcomes] == [True, False, False]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [({}, True), ({"review": "accepted"}, False), ({"severity": "info"}, False)],
)
def test_only_undecided_contradictions_are_open(
    tmp_path: Path, schema: Schema, changes: dict[str, str], expected: bool
) -> None:
    low, high = outcome("1", 1, "SLEDAI-2K", "post", 2), outcome("1", 2, "SLEDAI-2K", "post", 4)
    conflict = against("1", "SLEDAI-2K post", low, high, low, **changes)
    outputs = series(tmp_path, schema, *treated(), low, high, conflict)
    assert outputs.conflicts[0].is_open is expected


def test_groups_and_papers_without_cells_are_no_individuals(tmp_path: Path, schema: Schema) -> None:
    group = [row("patients", "all", kind="group", n=12), row("administrations", "all", 1, route="intravenous")]
    papers = [case("a", *treated()), case("b", *group), case("c", *treated(), reason="no_cell_therapy")]
    outputs = load_outputs(write_series(tmp_path, schema, *papers), schema)
    assert [person.document for person in outputs.individuals] == ["a"]
    assert [(person.document, person.n) for person in outputs.groups] == [("b", 12)]


def test_a_manifest_leaves_out_what_it_excludes(tmp_path: Path, schema: Schema) -> None:
    outputs = two_papers(tmp_path / "out", schema)
    path = tmp_path / "manifest.csv"
    path.write_text("document,decision,reason\na,included,\nb,duplicate,same patients as a\n", encoding="utf-8")
    left = leave_out_documents(outputs, load_manifest(path))
    assert [paper.document for paper in left.papers] == ["a"]
    assert [person.document for person in left.people] == ["a"]
    assert "Left out by the manifest: b." in left.notes


def test_a_manifest_with_an_unknown_decision_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "manifest.csv"
    path.write_text("document,decision\na,maybe\n", encoding="utf-8")
    with pytest.raises(OutputsError, match=r"line 2: decision is 'maybe'; allowed: included, excluded, duplicate"):
        load_manifest(path)


@pytest.mark.parametrize(
    "written", ["10.5555/ABC.1", "https://doi.org/10.5555/abc.1", "doi:10.5555/abc.1.", " 10.5555/abc.1 "]
)
def test_a_doi_is_one_however_it_is_written(written: str) -> None:
    assert plain_doi(written) == "10.5555/abc.1"
