"""Agreement of reviewers and the program: whose rows are the same, what each says, figures, lists."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from reviewing import Desk, record_of, two_patients, write_outputs
from typer.testing import CliRunner, Result
from written import place, said

from extract.cli import app
from extract.evidence import read_table
from extract.evidence.decisions import Decision, append_decisions
from extract.review.agreement import Agreement, NothingToCompare, as_json, as_text, compare, write_agreement
from extract.review.aligning import likeness, pair_rows, same_people
from extract.review.outputs import Outputs
from extract.review.ratings import PROGRAM, Unit, collect, read_run
from extract.review.spelling import Spelling
from extract.schema import Schema

FIRST, SECOND = record_of("administrations", "2", 1), record_of("administrations", "2", 2)
PERSON = record_of("patients", "1")


@pytest.fixture(scope="module")
def spelling(schema: Schema) -> Spelling:
    return Spelling(schema)


@pytest.fixture(scope="module")
def folder(schema: Schema, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_outputs(tmp_path_factory.mktemp("run") / "out", schema)


@pytest.fixture(scope="module")
def outputs(folder: Path, schema: Schema) -> Outputs:
    return read_run(folder, schema)


def units_of(
    decisions: Sequence[Decision], outputs: Outputs, spelling: Spelling, *raters: str
) -> dict[tuple[str, str, str], Unit]:
    found = collect(decisions, outputs, spelling, raters)
    return {(unit.target.patient, unit.name, unit.about): unit for unit in found}


def says(unit: Unit) -> dict[str, str]:
    return {who: rating.value for who, rating in unit.ratings.items()}


def only(units: dict[tuple[str, str, str], Unit], name: str) -> Unit:
    found = [unit for unit in units.values() if unit.name == name]
    assert len(found) == 1, [unit.about for unit in found]
    return found[0]


# --- what a decision leaves in the cell


def test_each_reviewer_rates_by_what_he_leaves_in_the_cell(outputs: Outputs, spelling: Spelling) -> None:
    ana, bo = Desk("ana"), Desk("bo")
    ana("accept", "patients", "1", PERSON, "age_treatment_years", "14")
    bo("correct", "patients", "1", PERSON, "age_treatment_years", "14", "14.5")
    ana("reject", "administrations", "2", FIRST, "tissue", "bone marrow")
    bo("accept", "administrations", "2", FIRST, "tissue", "bone marrow")
    ana("add", "administrations", "2", FIRST, "volume_ml", "", "5")
    bo("absent", "administrations", "2", FIRST, "volume_ml")
    units = units_of([*ana.made, *bo.made], outputs, spelling, "ana", "bo")
    assert says(only(units, "patients.age_treatment_years")) == {"ana": "14", "bo": "14.5"}
    assert says(only(units, "administrations.tissue")) == {"ana": "", "bo": "bone marrow"}
    assert says(only(units, "administrations.volume_ml")) == {"ana": "5", "bo": ""}


def test_what_was_undone_is_no_rating_and_the_last_word_counts(outputs: Outputs, spelling: Spelling) -> None:
    ana, bo = Desk("ana"), Desk("bo")
    for desk in (ana, bo):
        desk("accept", "patients", "1", PERSON, "sex", "female")
    ana("correct", "patients", "1", PERSON, "sex", "female", "male")
    bo("undo", "patients", "1", PERSON, "sex")
    units = units_of([*ana.made, *bo.made], outputs, spelling, "ana", "bo")
    assert says(only(units, "patients.sex")) == {"ana": "male"}


def test_the_program_rates_by_what_it_found_itself_also_after_a_correction(
    outputs: Outputs, spelling: Spelling, schema: Schema, tmp_path: Path
) -> None:
    ana = Desk("ana")
    conflict = next(iter(outputs.papers.values())).conflicts[0].id
    ana("correct", "administrations", "2", FIRST, "count", "1", "2")
    ana("reject", "administrations", "2", SECOND, "tissue", "bone marrow")
    ana("settle", "conflicts", "1", conflict, "chosen", "4", "5", quote="5 in the table")
    after = read_run(write_outputs(tmp_path, schema, decisions=ana.made), schema)
    for run in (outputs, after):
        units = units_of(ana.made, run, spelling, "ana", PROGRAM)
        assert says(only(units, "administrations.count")) == {"ana": "2", PROGRAM: "1"}
        assert says(only(units, "administrations.tissue")) == {"ana": "", PROGRAM: "bone marrow"}
        assert says(only(units, "conflicts.chosen")) == {"ana": "5", PROGRAM: "4"}


def test_two_ways_of_writing_one_value_agree(outputs: Outputs, spelling: Spelling) -> None:
    ana, bo = Desk("ana"), Desk("bo")
    for field, old, one, other in (
        ("dose_cells", "5000000", "6000000", "6.0E6"),
        ("route", "intra-articular", "intravenous", "IV"),
        ("timing_months", "", "0;2;6", "0; 2; 6.0"),
    ):
        ana("correct", "administrations", "2", FIRST, field, old, one)
        bo("correct", "administrations", "2", FIRST, field, old, other)
    units = units_of([*ana.made, *bo.made], outputs, spelling, "ana", "bo")
    assert len(units) == 3
    assert not any(unit.differs for unit in units.values())


# --- rows of people who did not see the program's


def extracted(desk: Desk, *, done: bool = True) -> None:
    """What a person wrote down who read the paper on his own: other names, another order, one row more."""
    desk.row("extract", "patients", "Case 1", "e1", sex="female", age_treatment_years="14")
    desk.row("extract", "patients", "Case 2", "e2", sex="male", age_treatment_years="9.5")
    desk.row("extract", "administrations", "Case 2", "e3", route="IV", cells_per_kg="2000000", count="1")
    desk.row("extract", "administrations", "Case 2", "e4", route="intra-articular", dose_cells="5000000", count="2")
    desk.row("extract", "outcomes", "Case 1", "e5", measure="SLEDAI 2000", phase="post", value="4")
    desk.row("extract", "adverse_events", "Case 1", "e6", event="headache", present="true")
    if done:
        desk("done")


def test_rows_of_a_blind_extractor_find_those_of_the_program(outputs: Outputs, spelling: Spelling) -> None:
    ana = Desk("ana")
    extracted(ana)
    units = units_of(ana.made, outputs, spelling, "ana", PROGRAM)
    by_row = {(unit.target.record, unit.target.field): unit for unit in units.values()}
    assert says(by_row[FIRST, "count"]) == {"ana": "2", PROGRAM: "1"}
    assert says(by_row[SECOND, "route"]) == {"ana": "IV", PROGRAM: "intravenous"}
    assert not by_row[SECOND, "route"].differs
    assert says(by_row[record_of("patients", "2"), "age_treatment_years"]) == {"ana": "9.5", PROGRAM: "9"}
    assert says(by_row[record_of("outcomes", "1", 2), "value"]) == {"ana": "4", PROGRAM: "4"}


def test_what_a_blind_extractor_who_is_through_left_out_is_not_reported(outputs: Outputs, spelling: Spelling) -> None:
    ana, bo = Desk("ana"), Desk("ana")
    extracted(ana)
    extracted(bo, done=False)
    baseline = record_of("outcomes", "1", 1)
    through = {u.target: u for u in collect(ana.made, outputs, spelling, ("ana", PROGRAM))}
    halfway = {u.target: u for u in collect(bo.made, outputs, spelling, ("ana", PROGRAM))}
    left_out = next(target for target in through if (target.record, target.field) == (baseline, "value"))
    assert says(through[left_out]) == {"ana": "", PROGRAM: "12"}
    assert left_out not in halfway  # nobody but the program has rated it so far
    missed = next(u for u in halfway.values() if u.name == "adverse_events.event")
    assert says(missed) == {"ana": "headache", PROGRAM: ""}


def test_a_dose_is_compared_once_whichever_of_its_columns_was_filled(outputs: Outputs, spelling: Spelling) -> None:
    ana = Desk("ana")
    ana.row("extract", "administrations", "2", "e4", route="intra-articular", dose_value="5e6", dose_unit="cells")
    ana.row("extract", "administrations", "2", "e3", route="intravenous", dose_value="3", dose_unit="mL")
    ana("done")
    units = collect(ana.made, outputs, spelling, ("ana", PROGRAM))
    doses = {(u.target.record, u.target.field): says(u) for u in units if "dose" in u.name or "per_kg" in u.name}
    assert doses[FIRST, "dose_cells"] == {"ana": "5e6", PROGRAM: "5000000"}
    assert (FIRST, "dose_value") not in doses
    assert doses[SECOND, "dose_value"] == {"ana": "3", PROGRAM: "2000000"}


def test_what_a_blind_extractor_decides_after_seeing_the_program_is_no_blind_rating(
    outputs: Outputs, spelling: Spelling
) -> None:
    ana = Desk("ana")
    extracted(ana)
    ana("accept", "administrations", "2", FIRST, "count", "1")
    units = collect(ana.made, outputs, spelling, ("ana", PROGRAM))
    count = next(unit for unit in units if (unit.target.record, unit.target.field) == (FIRST, "count"))
    assert says(count)["ana"] == "2"


def test_a_row_that_two_reviewers_added_is_one_row_and_a_third_who_is_through_missed_it(
    outputs: Outputs, spelling: Spelling
) -> None:
    ana, bo, cy = Desk("ana"), Desk("bo"), Desk("cy")
    ana.row("add", "administrations", "1", "aaaaaaaaaa", route="intravenous", dose_cells="72000000")
    bo.row("add", "administrations", "1", "bbbbbbbbbb", route="intravenous", dose_cells="72000000", count="1")
    cy("accept", "patients", "1", PERSON, "sex", "female")
    cy("done")
    units = units_of([*ana.made, *bo.made, *cy.made], outputs, spelling, "ana", "bo", "cy")
    dose = only(units, "administrations.dose_cells")
    assert says(dose) == {"ana": "72000000", "bo": "72000000", "cy": ""}
    assert dose.target.record == "aaaaaaaaaa"
    assert says(only(units, "administrations.count")) == {"ana": "", "bo": "1", "cy": ""}


def test_a_row_added_beside_a_similar_one_of_the_program_stays_a_row_of_its_own(
    outputs: Outputs, spelling: Spelling
) -> None:
    ana = Desk("ana")
    ana.row("add", "administrations", "1", "aaaaaaaaaa", route="intravenous", dose_cells="34000000")
    unit = only(units_of(ana.made, outputs, spelling, "ana", PROGRAM), "administrations.route")
    assert says(unit) == {"ana": "intravenous", PROGRAM: ""}


def test_decisions_on_a_row_that_the_run_has_no_more_are_still_compared_with_each_other(
    outputs: Outputs, spelling: Spelling
) -> None:
    ana, bo = Desk("ana"), Desk("bo")
    ana("accept", "patients", "1", "0000000000", "sex", "female")
    bo("reject", "patients", "1", "0000000000", "sex", "female")
    unit = only(units_of([*ana.made, *bo.made], outputs, spelling, "ana", "bo", PROGRAM), "patients.sex")
    assert says(unit) == {"ana": "female", "bo": ""}


def test_settling_a_dispute_is_no_rating(outputs: Outputs, spelling: Spelling) -> None:
    ana, bo, judge = Desk("ana"), Desk("bo"), Desk("judge")
    ana("accept", "patients", "1", PERSON, "sex", "female")
    bo("correct", "patients", "1", PERSON, "sex", "female", "male")
    judge("accept", "patients", "1", PERSON, "sex", "female", via="adjudication")
    result = compare([*ana.made, *bo.made, *judge.made], outputs, spelling)
    assert result.parts[0].raters == ("ana", "bo")
    assert [says(unit) for unit in result.disagreements] == [{"ana": "female", "bo": "male"}]
    assert list(result.settled.values()) == ["female"]


def test_a_reviewer_who_also_settles_rates_by_what_he_said_as_a_reviewer(outputs: Outputs, spelling: Spelling) -> None:
    ana, bo = Desk("ana"), Desk("bo")
    ana("accept", "patients", "1", PERSON, "sex", "female")
    bo("correct", "patients", "1", PERSON, "sex", "female", "male")
    ana("correct", "patients", "1", PERSON, "sex", "female", "male", via="adjudication")
    unit = only(units_of([*ana.made, *bo.made], outputs, spelling, "ana", "bo"), "patients.sex")
    assert says(unit) == {"ana": "female", "bo": "male"}


def test_what_is_told_in_another_column_or_computed_is_not_held_against_a_blind_extractor(
    schema: Schema, spelling: Spelling, tmp_path: Path
) -> None:
    record = two_patients()
    first, post = record.outcomes
    better = said("higher", place("series", basis="derived"), status="derived", formula="looked up")
    post = post.model_copy(update={"values": {**post.values, "better": better, "rater": better}})
    run = read_run(write_outputs(tmp_path, schema, record.model_copy(update={"outcomes": (first, post)})), schema)
    ana = Desk("ana")
    ana.row("extract", "outcomes", "1", "e1", measure="SLEDAI-2K", phase="post", value="4", timepoint="at month 6")
    ana("done")
    units = {u.target.field: u for u in collect(ana.made, run, spelling, ("ana", PROGRAM)) if u.about.endswith("post")}
    assert says(units["value"]) == {"ana": "4", PROGRAM: "4"}
    assert "timepoint_months" not in units  # told in words
    assert "rater" not in units  # computed


# --- pairing


def test_patients_are_paired_by_number_by_being_alone_or_in_order() -> None:
    assert same_people(["1", "2"], ["Case 2", "P1"]) == {"Case 2": "2", "P1": "1"}
    assert same_people(["1"], ["the girl"]) == {"the girl": "1"}
    assert same_people(["A", "B"], ["1", "2"]) == {"1": "A", "2": "B"}
    assert same_people(["1", "2"], ["2", "3"]) == {"2": "2", "3": "3"}


def test_rows_are_paired_so_that_all_fit_best_and_not_one_after_the_other() -> None:
    left = [[{"route": "intravenous", "order": "1"}], [{"route": "intravenous", "order": "2", "dose_cells": "5"}]]
    right = [{"route": "intravenous", "order": "2"}, {"dose_cells": "5", "order": "2", "route": "intravenous"}]
    assert pair_rows("administrations", left, right) == {0: 0, 1: 1}


@pytest.mark.parametrize(
    ("table", "a", "b"),
    [
        ("outcomes", {"measure": "PGA", "value": "4"}, {"measure": "CHAQ", "value": "4"}),
        ("outcomes", {"measure": "PGA"}, {}),
        ("diagnoses", {"diagnosis": "lupus nephritis"}, {"diagnosis": "morphoea"}),
        ("administrations", {"route": "intravenous"}, {"route": "intrathecal"}),
        ("adverse_events", {"event": "fever", "present": "true"}, {"event": "rash", "present": "true"}),
    ],
)
def test_rows_that_cannot_be_the_same_are_never_paired(table: str, a: dict[str, str], b: dict[str, str]) -> None:
    assert likeness(table, a, b) == 0
    assert pair_rows(table, [[a]], [b]) == {}


def test_pre_and_post_values_of_one_measure_go_to_their_own_phase() -> None:
    left = [[{"measure": "PGA", "phase": "pre", "value": "3"}], [{"measure": "PGA", "phase": "post", "value": "3"}]]
    right = [{"measure": "PGA", "phase": "post", "value": "7"}, {"measure": "PGA", "phase": "pre", "value": "3"}]
    assert pair_rows("outcomes", left, right) == {0: 1, 1: 0}


# --- figures and lists


@pytest.fixture
def two(outputs: Outputs, spelling: Spelling) -> Agreement:
    """Two reviewers of ten values: eight alike."""
    ana, bo = Desk("ana"), Desk("bo")
    for desk, ages in ((ana, ("14", "9")), (bo, ("14", "9.5"))):
        for patient, age in zip(("1", "2"), ages, strict=True):
            record = record_of("patients", patient)
            desk("correct", "patients", patient, record, "age_treatment_years", "", age, quote="aged so", page="3")
            desk("accept", "patients", patient, record, "sex", {"1": "female", "2": "male"}[patient])
            desk("absent", "patients", patient, record, "follow_up_months")
        for record in (FIRST, SECOND):
            desk("accept", "administrations", "2", record, "tissue", "bone marrow")
            desk("accept", "administrations", "2", record, "count", "1" if desk is ana or record == FIRST else "3")
    return compare([*ana.made, *bo.made], outputs, spelling)


def test_figures_stand_for_each_field_and_over_all(two: Agreement) -> None:
    figures = {figure.field: figure for figure in two.parts[0].figures}
    assert list(figures) == [
        "patients.sex", "patients.age_treatment_years", "patients.follow_up_months", "administrations.count",
        "administrations.tissue", "all",
    ]  # fmt: skip
    assert (figures["all"].percent.value, figures["all"].percent.units) == (0.8, 10)
    assert figures["patients.sex"].kappa.value == 1
    assert figures["patients.age_treatment_years"].percent.value == 0.5
    assert figures["patients.follow_up_months"].ac1.value is None
    assert "'not reported'" in figures["patients.follow_up_months"].ac1.why
    assert "'bone marrow'" in figures["administrations.tissue"].alpha.why


def test_more_than_two_raters_are_shown_together_and_pair_by_pair(outputs: Outputs, spelling: Spelling) -> None:
    desks = [Desk(name) for name in ("ana", "bo", "cy")]
    for desk in desks:
        for patient, sex in (("1", "female"), ("2", "male")):
            desk("accept", "patients", patient, record_of("patients", patient), "sex", sex)
    result = compare([d for desk in desks for d in desk.made], outputs, spelling)
    assert [part.raters for part in result.parts] == [
        ("ana", "bo", "cy"), ("ana", "bo"), ("ana", "cy"), ("bo", "cy")
    ]  # fmt: skip
    assert result.parts[0].figures[-1].alpha.value == 1
    assert result.parts[0].figures[-1].kappa.why == "more than two raters: see the pairs"
    assert result.parts[1].figures[-1].kappa.value == 1


def test_the_text_tells_figures_reasons_and_each_disagreement_with_its_words(two: Agreement) -> None:
    text = as_text(two)
    assert "ana and bo" in text
    assert "patients.age_treatment_years          2  50 %" in text
    assert "not defined: all ratings are the same value, so that chance cannot be told (2)" in text
    assert "2 disagreements" in text
    assert "  patient 2, patients.age_treatment_years\n    ana          9   p.3 “aged so”\n    bo           9.5" in text
    assert "ana          9" not in as_text(two, listed=False)


def test_the_files_hold_the_same_figures_and_disagreements(two: Agreement, tmp_path: Path) -> None:
    paths = write_agreement(two, tmp_path / "new" / "folder")
    assert [path.name for path in paths] == ["agreement.csv", "disagreements.csv"]
    figures, differing = map(read_table, paths)
    whole = figures[figures["field"] == "all"].iloc[0]
    assert (whole["units"], whole["percent"], whole["raters"]) == ("10", "0.8000", "ana; bo")
    assert whole["kappa_low"] < whole["kappa"] < whole["kappa_high"]
    assert list(differing["field"]) == ["age_treatment_years", "count"]
    first = differing.iloc[0]
    assert (first["value_ana"], first["value_bo"], first["quote_bo"], first["settled"]) == ("9", "9.5", "aged so", "")
    told = json.loads(as_json(two))
    assert told["parts"][0]["figures"][-1]["percent"]["value"] == 0.8
    assert [item["ratings"]["bo"]["value"] for item in told["disagreements"]] == ["9.5", "3"]


# --- nothing to compare


def test_nothing_to_compare_says_what_is_there(outputs: Outputs, spelling: Spelling) -> None:
    ana, bo = Desk("ana"), Desk("bo")
    with pytest.raises(NothingToCompare, match="no reviewer has decided"):
        compare([], outputs, spelling)
    ana("accept", "patients", "1", PERSON, "sex", "female")
    with pytest.raises(NothingToCompare, match=r"only ana has decided. Add --program"):
        compare(ana.made, outputs, spelling, program=False)
    with pytest.raises(NothingToCompare, match=r"Did you mean 'ana'\? There are: ana\."):
        compare(ana.made, outputs, spelling, reviewers=["anna"])
    bo("accept", "patients", "2", record_of("patients", "2"), "sex", "male")
    with pytest.raises(NothingToCompare, match="ana rated 1; bo rated 1"):
        compare([*ana.made, *bo.made], outputs, spelling)


def test_one_reviewer_is_compared_with_the_program_and_told_what_that_means(
    outputs: Outputs, spelling: Spelling
) -> None:
    ana = Desk("ana")
    ana("accept", "patients", "1", PERSON, "sex", "female")
    result = compare(ana.made, outputs, spelling)
    assert result.parts[0].raters == ("ana", PROGRAM)
    assert any("ana saw the program's values" in note for note in result.notes)
    blind = Desk("bo")
    extracted(blind, done=False)
    notes = " ".join(compare(blind.made, outputs, spelling).notes)
    assert "bo has not finished series" in notes
    assert "saw the program's" not in notes


# --- the command


def command(outputs: Path, decisions: Path, schema: Schema, *arguments: object) -> Result:
    folders = ("--decisions", decisions, "--schemas", schema.folder)
    return CliRunner().invoke(app, ["review", "agreement", str(outputs), *map(str, (*folders, *arguments))])


def test_the_command_shows_and_writes_the_agreement(folder: Path, schema: Schema, tmp_path: Path) -> None:
    for name, sex in (("ana", "female"), ("bo", "male")):
        desk = Desk(name)
        desk("correct", "patients", "1", PERSON, "sex", "female", sex)
        append_decisions(tmp_path / "decisions", name, desk.made)
    done = command(folder, tmp_path / "decisions", schema, "-o", tmp_path / "new")
    assert done.exit_code == 0, done.output
    assert "ana and bo" in done.output
    assert "1 disagreement" in done.output
    assert read_table(tmp_path / "new" / "disagreements.csv")["value_bo"][0] == "male"
    done = command(folder, tmp_path / "decisions", schema, "--reviewer", "bo", "--program", "--json")
    assert json.loads(done.output)["parts"][0]["raters"] == ["bo", "program"]


def test_the_command_says_when_there_is_nothing_to_compare(folder: Path, schema: Schema, tmp_path: Path) -> None:
    done = command(folder, tmp_path, schema)
    assert (done.exit_code, "nothing to compare" in done.output) == (1, True)
    for arguments, told in (
        ((folder, tmp_path / "none"), "there is no such folder"),
        ((tmp_path, tmp_path), "Name the folder that caseloom run wrote"),
    ):
        done = command(*arguments, schema)
        assert done.exit_code == 2
        assert told in done.output
