"""Disputes between reviewers: what is in dispute, how it is settled, and that the next run does as was settled."""

from __future__ import annotations

import csv
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from linking import paper
from reviewing import WHEN, Desk, record_of, two_patients, write_outputs
from typer.testing import CliRunner, Result

from extract.cli import app
from extract.evidence import read_table
from extract.evidence.applying import apply_decisions
from extract.evidence.decisions import Decision, append_decisions, read_decisions
from extract.model import Document
from extract.review.adjudicate import (
    TWICE,
    Choice,
    Dispute,
    Judge,
    disputes,
    settle_from_file,
    settle_in_turn,
    told,
    write_disputes,
)
from extract.review.agreement import compare
from extract.review.filing import Filing
from extract.review.outputs import Outputs
from extract.review.ratings import PROGRAM, read_run
from extract.review.sheets import WrongFile
from extract.review.spelling import Spelling
from extract.schema import Schema

GIVEN = record_of("administrations", "2", 1)
PERSON = record_of("patients", "1")
TEXT = paper([("case", "The girl was 15 years old. She had three infusions.")])


class Court:
    """A run, the reviewers' decisions, and a judge."""

    def __init__(self, folder: Path, schema: Schema, *desks: Desk) -> None:
        self.schema, self.spelling, self.folder = schema, Spelling(schema), folder / "decisions"
        self.outputs = folder / "out"
        write_outputs(self.outputs, schema)
        for desk in desks:
            append_decisions(self.folder, desk.reviewer, desk.made)

    @property
    def run(self) -> Outputs:
        return read_run(self.outputs, self.schema)

    def decisions(self) -> list[Decision]:
        return read_decisions(self.folder)

    def found(self) -> list[Dispute]:
        return disputes(self.decisions(), self.run, self.spelling)

    def judge(self, name: str = "cy") -> Judge:
        return Judge(Filing(self.folder, name, "adjudication", WHEN), self.decisions(), self.spelling)

    def made(self) -> list[Decision]:
        return [decision for decision in self.decisions() if decision.via == "adjudication"]

    def answers(self, *lines: str) -> list[str]:
        """Settle with these answers; gives what was shown."""
        left, shown = list(lines), list[str]()

        def ask(question: str) -> str:
            if not left:
                raise EOFError
            shown.append(question)
            return left.pop(0)

        open_ones = [dispute for dispute in self.found() if dispute.settled is None]
        settle_in_turn(open_ones, self.judge(), ask, shown.append, lambda _: TEXT)
        assert not left, f"not asked for: {left}"
        return shown

    def next_run(self) -> dict[str, list[str]]:
        """The states of all decisions at the next run, by reviewer; the tables are written anew."""
        decisions = self.decisions()
        fates = apply_decisions([two_patients()], decisions, self.schema).fates
        write_outputs(self.outputs, self.schema, decisions=decisions)
        states: dict[str, list[str]] = {}
        for decision, fate in fates:
            states.setdefault(decision.reviewer, []).append(fate.state)
        return states


Hold = Callable[..., Court]


@pytest.fixture
def hold(tmp_path: Path, schema: Schema) -> Hold:
    return lambda *desks: Court(tmp_path, schema, *desks)


def two_opinions() -> tuple[Desk, Desk]:
    """Ana and Bo differ on two values, agree on one that differs from the program's, and on one that does not."""
    ana, bo = Desk("ana"), Desk("bo")
    ana("accept", "patients", "1", PERSON, "age_treatment_years", "14", quote="age_treatment_years was 14")
    bo(
        "correct",
        "patients",
        "1",
        PERSON,
        "age_treatment_years",
        "14",
        "15",
        quote="15 years old",
        start="13",
        end="25",
    )
    ana("reject", "administrations", "2", GIVEN, "tissue", "bone marrow")
    bo("correct", "administrations", "2", GIVEN, "tissue", "bone marrow", "adipose tissue")
    for desk in (ana, bo):
        desk("correct", "administrations", "2", GIVEN, "count", "1", "3")
        desk("accept", "administrations", "2", GIVEN, "route", "intra-articular")
    return ana, bo


# --- what is in dispute


def test_what_reviewers_say_differently_is_in_dispute_and_nothing_else(hold: Hold) -> None:
    found = hold(*two_opinions()).found()
    assert [dispute.unit.name for dispute in found] == ["patients.age_treatment_years", "administrations.tissue"]
    first, second = found
    assert [(side.value, side.raters) for side in first.sides] == [("14", ("ana", PROGRAM)), ("15", ("bo",))]
    assert [(side.value, side.raters) for side in second.sides] == [
        ("", ("ana",)), ("adipose tissue", ("bo",)), ("bone marrow", (PROGRAM,))
    ]  # fmt: skip


def test_a_blind_extractor_disputes_what_the_program_found_otherwise(hold: Hold) -> None:
    ana = Desk("ana")
    given = {"route": "intra-articular", "tissue": "bone marrow", "dose_cells": "5e6"}
    ana.row("extract", "administrations", "2", "a1", **given, count="3")
    ana.row("extract", "adverse_events", "1", "a2", event="headache", present="true")
    names = [dispute.unit.name for dispute in hold(ana).found()]
    assert names == ["administrations.count", "adverse_events.event", "adverse_events.present"]


def test_one_reviewer_who_corrected_the_program_disputes_nothing(hold: Hold) -> None:
    assert hold(two_opinions()[1]).found() == []


def test_a_row_that_the_run_has_no_more_cannot_be_settled(hold: Hold) -> None:
    ana, bo = Desk("ana"), Desk("bo")
    ana("accept", "patients", "1", "0000000000", "sex", "female")
    bo("correct", "patients", "1", "0000000000", "sex", "female", "male")
    assert hold(ana, bo).found() == []


# --- in turn


def test_the_terminal_shows_both_sides_with_their_words_and_saves_each_choice(hold: Hold) -> None:
    court = hold(*two_opinions())
    shown = "\n".join(court.answers("2", "1"))
    assert "[1/2] series, patient 1, patients.age_treatment_years" in shown
    assert "  1  14                       ana, program   “age_treatment_years was 14”" in shown
    assert "  2  15                       bo   “15 years old”" in shown
    assert "1/2/3 choose, n not reported, e another value, s skip, q quit" in shown
    made = court.made()
    assert [(d.action, d.old_value, d.new_value) for d in made] == [
        ("correct", "14", "15"), ("reject", "bone marrow", "")
    ]  # fmt: skip
    assert {(d.reviewer, d.via) for d in made} == {("cy", "adjudication")}
    assert (made[0].quote, made[0].start) == ("15 years old", "13")


def test_quitting_keeps_what_was_settled_and_skipping_leaves_it_open(hold: Hold) -> None:
    court = hold(*two_opinions())
    court.answers("s", "3")
    assert [d.field for d in court.made()] == ["tissue"]
    court.answers("q")
    court.answers("1")  # the input ends after it
    assert [d.field for d in court.made()] == ["tissue", "age_treatment_years"]
    assert [dispute.settled for dispute in court.found()] == ["14", "bone marrow"]


def test_another_value_is_checked_and_its_words_are_located(hold: Hold) -> None:
    court = hold(*two_opinions())
    shown = court.answers("e", "old", "", "7", "e", "15.5", "She is 15", "e", "15", "was 15 years old", "n")
    assert any("'old' is not a plain number in years" in line for line in shown)
    assert any("'7' is none of these" in line for line in shown)
    assert any("does not stand in the paper" in line for line in shown)
    age, tissue = court.made()
    assert (age.new_value, age.quote, age.start) == ("15", "was 15 years old", "9")
    assert (tissue.action, tissue.outcome) == ("reject", "")


def test_each_choice_is_on_the_disk_before_the_next_question(hold: Hold) -> None:
    court = hold(*two_opinions())
    seen: list[int] = []

    def ask(question: str) -> str:
        seen.append(len(court.made()))
        return "1"

    settle_in_turn(court.found(), court.judge(), ask, lambda _: None, lambda _: TEXT)
    assert seen == [0, 1]


# --- what the next run does


def test_what_was_settled_stands_in_the_next_run_above_all_others(hold: Hold) -> None:
    court = hold(*two_opinions())
    assert court.next_run()["ana"] == ["disputed", "disputed", "applied", "applied"]
    court.answers("2", "1")
    assert court.next_run() == {
        "ana": ["superseded", "superseded", "applied", "applied"],
        "bo": ["superseded", "superseded", "applied", "applied"],
        "cy": ["applied", "applied"],
    }
    assert read_table(court.outputs / "patients.csv")["age_treatment_years"][0] == "15"
    assert read_table(court.outputs / "administrations.csv")["tissue"][1] == ""


def test_a_conflict_is_settled_by_one_of_its_sides(hold: Hold) -> None:
    ana, bo = Desk("ana"), Desk("bo")
    court = hold()
    conflict = next(iter(court.run.papers.values())).conflicts[0]
    for desk, side in zip((ana, bo), conflict.sides, strict=True):
        desk("settle", "conflicts", "1", conflict.id, "chosen", "4", side.value, quote=side.place.quote)
        append_decisions(court.folder, desk.reviewer, desk.made)
    shown = "\n".join(court.answers("2"))
    assert "not reported" not in shown
    assert [(d.action, d.new_value) for d in court.made()] == [("settle", "5")]
    assert court.next_run()["cy"] == ["applied"]
    assert read_table(court.outputs / "conflicts.csv")["chosen"][0] == "5"


def test_what_a_blind_extractor_found_enters_the_tables_once_it_is_settled(hold: Hold) -> None:
    ana = Desk("ana")
    place = {"quote": "three infusions", "start": "35", "end": "50"}
    for field, value in (("event", "headache"), ("present", "true")):
        ana("extract", "adverse_events", "1", "abcdef0123", field, new=value, **place)
    court = hold(ana)
    court.answers("1", "1")
    assert court.next_run()["cy"] == ["applied", "applied"]
    assert list(read_table(court.outputs / "adverse_events.csv")["event"]) == ["headache", "fever"]


def test_what_a_blind_extractor_found_stays_out_when_the_program_was_right(hold: Hold) -> None:
    ana = Desk("ana")
    ana("extract", "adverse_events", "1", "abcdef0123", "event", new="headache")
    court = hold(ana)
    court.answers("n")
    assert court.next_run() == {"ana": ["noted"], "cy": ["noted"]}
    assert list(read_table(court.outputs / "adverse_events.csv")["event"]) == ["fever"]
    assert [dispute.settled for dispute in court.found()] == [""]


def added_by_two() -> tuple[Desk, Desk]:
    ana, bo = Desk("ana"), Desk("bo")
    place = {"quote": "three infusions", "start": "35", "end": "50"}
    for desk, record, count in ((ana, "aaaaaaaaaa", "1"), (bo, "bbbbbbbbbb", "3")):
        for field, value in (("route", "intrathecal"), ("count", count)):
            desk("add", "administrations", "1", record, field, new=value, **place)
    return ana, bo


def test_a_row_that_two_added_is_kept_once_with_what_was_settled_of_it(hold: Hold) -> None:
    court = hold(*added_by_two())
    assert court.next_run() == {"ana": ["applied"] * 2, "bo": ["applied"] * 2}
    assert list(read_table(court.outputs / "administrations.csv")["route"]).count("intrathecal") == 2
    assert [dispute.target.field for dispute in court.found()] == [TWICE, "count"]
    shown = "\n".join(court.answers("1", "2"))
    assert "the same row (intrathecal) was added twice" in shown
    states = court.next_run()
    assert states["bo"] == ["superseded", "superseded"]
    assert set(states["cy"]) == {"applied"}
    given = read_table(court.outputs / "administrations.csv")
    assert list(given[given["route"] == "intrathecal"]["count"]) == ["3"]
    assert all(dispute.settled is not None for dispute in court.found())


def test_a_row_that_one_added_and_another_denies_can_be_taken_back(hold: Hold) -> None:
    ana, bo = added_by_two()[0], Desk("bo")
    bo("accept", "patients", "1", PERSON, "sex", "female")
    bo("done")
    court = hold(ana, bo)
    assert [dispute.unit.name for dispute in court.found()] == ["administrations.route", "administrations.count"]
    court.answers("n", "n")
    court.next_run()
    assert list(read_table(court.outputs / "administrations.csv")["route"]) == [
        "intravenous", "intra-articular", "intravenous"
    ]  # fmt: skip


def test_after_settling_the_agreement_is_what_the_reviewers_said(hold: Hold) -> None:
    court = hold(*two_opinions())
    before = compare(court.decisions(), court.run, court.spelling)
    court.answers("2", "1")
    court.next_run()
    after = compare(court.decisions(), court.run, court.spelling)
    assert after.parts == before.parts
    assert [dict(unit.ratings) for unit in after.disagreements] == [dict(unit.ratings) for unit in before.disagreements]
    assert sorted(after.settled.values()) == ["", "15"]


# --- as a file


def filled(path: Path, *cells: dict[str, str]) -> Path:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, rows[0], delimiter=";")
        writer.writeheader()
        writer.writerows(row | more for row, more in zip(rows, cells, strict=True))
    return path


@pytest.fixture
def listed(hold: Hold, tmp_path: Path) -> tuple[Court, Path]:
    court = hold(*two_opinions())
    path = tmp_path / "disputes.csv"
    write_disputes(court.found(), path)
    return court, path


def test_the_list_names_each_side_with_its_words(listed: tuple[Court, Path]) -> None:
    table = read_table(listed[1])
    first = table.iloc[0]
    assert (first["value_ana"], first["value_bo"], first["value_program"]) == ("14", "15", "14")
    assert (first["quote_bo"], first["choice"], first["settled"]) == ("15 years old", "", "")
    assert table.iloc[1]["value_ana"] == "not reported"


def test_a_list_that_was_filled_in_settles_and_settles_nothing_twice(listed: tuple[Court, Path]) -> None:
    court, path = listed
    filled(path, {"choice": "BO", "why": "table 1"}, {"value": "placenta"})
    for new, again in ((2, 0), (0, 2)):
        result = settle_from_file(path, court.found(), court.judge(), lambda _: TEXT)
        assert (result.new, result.again, result.faults) == (new, again, [])
    age, tissue = court.made()
    assert (age.new_value, age.why, tissue.new_value) == ("15", "table 1", "placenta")


@pytest.mark.parametrize(
    ("cells", "told"),
    [
        ({"choice": "anna"}, "'anna' cannot be chosen. Did you mean 'ana'? Allowed: ana, program, bo, not reported."),
        ({"choice": "ana", "value": "15"}, "Give one of the two"),
        ({"value": "old"}, "not a plain number"),
        ({"value": "15", "words": "She is 15"}, "does not stand in the paper"),
        ({"choice": "ana", "record": "0123456789"}, "not in dispute"),
    ],
)
def test_a_choice_that_cannot_be_taken_is_reported_with_its_row(
    listed: tuple[Court, Path], cells: dict[str, str], told: str
) -> None:
    court, path = listed
    filled(path, cells, {})
    result = settle_from_file(path, court.found(), court.judge(), lambda _: TEXT)
    assert len(result.faults) == 1
    assert "disputes.csv row 2" in result.faults[0]
    assert told in result.faults[0]
    assert (result.open, court.made()) == (1, [])


def test_a_file_that_is_no_list_of_disputes_is_refused(listed: tuple[Court, Path], tmp_path: Path) -> None:
    court, _ = listed
    other = tmp_path / "other.csv"
    other.write_text("a,b\n1,2\n")
    with pytest.raises(WrongFile, match="the column sha256 is missing"):
        settle_from_file(other, court.found(), court.judge(), lambda _: TEXT)
    with pytest.raises(WrongFile, match="cannot be opened"):
        settle_from_file(tmp_path / "none.csv", court.found(), court.judge(), lambda _: TEXT)


def test_settling_the_same_again_adds_nothing_and_another_way_does(hold: Hold) -> None:
    court = hold(*two_opinions())
    dispute = court.found()[0]
    choices: Sequence[Choice] = [Choice(side.value, side.place) for side in dispute.sides]
    assert court.judge().settle(dispute, choices[1])
    assert not court.judge().settle(dispute, choices[1])
    assert court.judge().settle(dispute, choices[0])
    assert [d.outcome for d in court.made()] == ["15", "14"]
    assert "settled: 14" in told(court.found()[0])


def find_nothing(_: Dispute) -> Document:
    raise AssertionError("no paper is read when no words are given")


def test_no_paper_is_read_when_no_words_are_given(listed: tuple[Court, Path]) -> None:
    court, path = listed
    filled(path, {"value": "15"}, {})
    assert settle_from_file(path, court.found(), court.judge(), find_nothing).new == 1
    assert court.made()[0].quote == "15 years old"  # the words of the one who said so too


# --- the command


def command(court: Court, *arguments: object, stdin: str = "") -> Result:
    fixed = ("--decisions", court.folder, "--schemas", court.schema.folder)
    words = ["review", "adjudicate", str(court.outputs), *map(str, (*fixed, *arguments))]
    return CliRunner().invoke(app, words, input=stdin)


def test_the_command_lists_asks_and_saves(hold: Hold) -> None:
    court = hold(*two_opinions())
    done = command(court, "--list")
    assert (done.exit_code, "2 disputes open, 0 settled." in done.output) == (0, True)
    done = command(court, "--reviewer", "cy", stdin="2\n")  # the input ends after one answer
    assert done.exit_code == 0, done.output
    assert "1 dispute settled, 1 open." in done.output
    assert [d.new_value for d in court.made()] == ["15"]
    assert command(court, "--reviewer", "cy", stdin="1\n").exit_code == 0
    assert "All disputes are settled." in command(court, "--reviewer", "cy").output


def test_the_command_writes_a_list_and_takes_it_back(hold: Hold, tmp_path: Path) -> None:
    court = hold(*two_opinions())
    path = tmp_path / "disputes.csv"
    assert command(court, "-o", path).exit_code == 0
    filled(path, {"choice": "bo"}, {"choice": "nobody"})
    done = command(court, "--reviewer", "cy", "--import", path)
    assert done.exit_code == 1
    assert "1 dispute settled, 0 settled so already, 0 left open." in done.output
    assert "disputes.csv row 3, administrations.tissue: 'nobody' cannot be chosen" in done.output


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "say who settles"),
        (["--reviewer", "program"], "It is the program's own"),
        (["--list", "-o", "x.csv"], "Give one of --list, -o and --import"),
        (["--reviewer", "cy", "--import", "nowhere.csv"], "cannot be opened"),
    ],
)
def test_wrong_use_of_the_command_ends_with_two(hold: Hold, arguments: list[str], told: str) -> None:
    done = command(hold(*two_opinions()), *arguments)
    assert done.exit_code == 2
    assert told in done.output
