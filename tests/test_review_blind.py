"""The program as blind second reader: nothing it found is told before the person's reading is in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sittings import HOME, Sitting, aim, row_of, sitting

from extract.evidence import read_table
from extract.schema import Schema


@pytest.fixture
def desk(few_out: Path, tmp_path: Path, schema: Schema) -> Iterator[Sitting]:
    with sitting(few_out, tmp_path / "decisions", schema, blind=True) as found:
        yield found


@pytest.fixture
def letter(desk: Sitting) -> str:
    """The digest of a letter on one patient."""
    return desk.sha256("08_")


def read(desk: Sitting, paper: str, words: str, **cells: str) -> dict[str, Any]:
    """What the reviewer reads: a value with the words that say it."""
    place = desk.post("locate", {"sha256": paper, "words": words}).json()[0]
    return {"action": "extract", "patient": "1", **cells, "start": place["start"], "end": place["end"]}


def readings(desk: Sitting, paper: str) -> list[dict[str, Any]]:
    """A short blind reading: a weight as printed, an age misread, an outcome, and an outcome that nobody else sees."""
    person = {"table": "patients", "record": "aaaaaaaaaa"}
    pain = {"table": "outcomes", "record": "bbbbbbbbbb"}
    own = {"table": "outcomes", "record": "cccccccccc"}
    return [
        read(desk, paper, "weighed 58 kg", **person, field="weight_kg", value="58"),
        read(desk, paper, "at the age of 39", **person, field="age_onset_years", value="38"),
        read(desk, paper, "62 mm", **pain, field="measure", value="VAS pain"),
        read(desk, paper, "62 mm", **pain, field="value", value="62"),
        read(desk, paper, "62 mm", **pain, field="phase", value="pre"),
        read(desk, paper, "swollen for two days", **own, field="measure", value="swelling of the hands"),
    ]


def test_nothing_that_the_program_found_is_told_before_the_reading_is_in(
    desk: Sitting, letter: str, few_out: Path
) -> None:
    told = "\n".join(
        desk.send("GET", HOME + path).text
        for path in ("", "overview", "papers", "mark", f"paper/{letter}", f"document/{letter}")
    )
    values = read_table(few_out / "values.csv")
    mine = values[values["document"].str.startswith("08_")]
    documents = read_table(few_out / "documents.csv")
    about = documents[documents["document"].str.startswith("08_")].iloc[0]
    secrets = {*mine["record"], *mine["value_id"], *mine["quote"], about["title"], about["study"]}
    for secret in (secret for secret in secrets if len(secret) > 8):
        assert secret not in told
    entry = next(paper for paper in desk.get("papers")["papers"] if paper["sha256"] == letter)
    assert set(entry) == {"sha256", "document", "state", "hidden", "extracted"}


@pytest.mark.parametrize("action", ["accept", "correct", "reject", "add", "absent"])
def test_who_reads_blind_cannot_judge(desk: Sitting, letter: str, few_out: Path, action: str) -> None:
    values = read_table(few_out / "values.csv")
    weight = values[values["document"].str.startswith("08_") & (values["field"] == "weight_kg")].iloc[0]
    item = {"action": action, "table": "patients", "record": weight["record"], "field": "weight_kg"}
    answer = desk.strike(letter, {**item, "old": "58", "value": "59"})
    assert answer.status_code == 422
    assert "Enter what the paper says first" in answer.json()["error"]
    assert desk.decisions() == []


def test_a_reading_needs_words_and_a_right_value(desk: Sitting, letter: str) -> None:
    good = readings(desk, letter)[0]
    without = {name: part for name, part in good.items() if name not in ("start", "end")}
    assert "What cannot be pointed at" in desk.strike(letter, without).json()["error"]
    assert "is not a plain number" in desk.strike(letter, {**good, "value": "heavy"}).json()["error"]
    assert desk.strike(letter, good).json()["saved"] == 1
    (decision,) = desk.decisions()
    assert (decision.action, decision.new_value, decision.quote) == ("extract", "58", "weighed 58 kg")


def test_a_reading_can_be_changed_and_taken_back_until_it_is_done(desk: Sitting, letter: str) -> None:
    weight, age, *_ = readings(desk, letter)
    desk.strike(letter, weight, age)
    desk.strike(letter, {**weight, "value": "57"})
    target = {name: age[name] for name in ("table", "record", "field", "patient")}
    answer = desk.strike(letter, {"action": "undo", **target}).json()
    (row,) = answer["paper"]["rows"]
    assert {name: cell["decision"]["value"] for name, cell in row["cells"].items()} == {"weight_kg": "57"}


def test_both_readings_lie_side_by_side_once_it_is_done(desk: Sitting, letter: str) -> None:
    desk.strike(letter, *readings(desk, letter))
    paper = desk.strike(letter, {"action": "done"}).json()["paper"]
    assert paper["compared"]
    person = row_of(paper, "patients")["cells"]
    assert person["weight_kg"]["mine"]["agrees"]
    assert (person["age_onset_years"]["value"], person["age_onset_years"]["mine"]["value"]) == ("39", "38")
    assert not person["age_onset_years"]["mine"]["agrees"]
    assert person["sex"]["mine"] == {"value": "", "place": None, "agrees": False}
    pain = row_of(paper, "outcomes", measure="VAS pain", value="62")
    assert {name for name, cell in pain["cells"].items() if cell["mine"]["agrees"]} == {"measure", "value", "phase"}
    (own,) = [row for row in paper["rows"] if row.get("own")]
    assert own["cells"]["measure"]["mine"]["value"] == "swelling of the hands"
    assert own["record"] != "cccccccccc", "what was read stays apart from what is made of it"


def test_after_it_is_done_the_reading_stands_and_stays_open(desk: Sitting, letter: str) -> None:
    weight, *_ = readings(desk, letter)
    desk.strike(letter, weight)
    desk.strike(letter, {"action": "done"})
    assert "what you read before stands" in desk.strike(letter, {**weight, "value": "57"}).json()["error"]
    assert "cannot be hidden again" in desk.strike(letter, {"action": "undo"}).json()["error"]


def test_ones_own_reading_or_the_programs_is_taken(desk: Sitting, letter: str) -> None:
    desk.strike(letter, *readings(desk, letter))
    paper = desk.strike(letter, {"action": "done"}).json()["paper"]
    person = row_of(paper, "patients")
    mine = person["cells"]["age_onset_years"]["mine"]
    (own,) = [row for row in paper["rows"] if row.get("own")]
    taken = own["cells"]["measure"]["mine"]
    answer = desk.strike(
        letter,
        {"action": "accept", **aim(person, "weight_kg"), "old": "58"},
        {
            "action": "correct", **aim(person, "age_onset_years"), "old": "39", "value": mine["value"],
            "start": mine["place"]["start"], "end": mine["place"]["end"],
        },
        {
            "action": "add", **aim(own, "measure"), "value": taken["value"],
            "start": taken["place"]["start"], "end": taken["place"]["end"],
        },
    )  # fmt: skip
    assert answer.json()["saved"] == 3
    after = answer.json()["paper"]
    (again,) = [row for row in after["rows"] if row.get("own")]
    assert again["record"] == own["record"]
    assert again["cells"]["measure"]["decision"]["action"] == "add"
    stand = {(decision.action, decision.new_value) for decision in desk.decisions()}
    assert {("extract", "38"), ("extract", "swelling of the hands"), ("correct", "38")} <= stand


def test_the_other_papers_stay_hidden(desk: Sitting, letter: str) -> None:
    desk.strike(letter, {"action": "done"})
    hidden = {paper["document"][:2]: paper["hidden"] for paper in desk.get("papers")["papers"]}
    assert hidden == {"03": True, "08": False, "10": True}


def test_without_blindness_readings_are_still_shown_beside(few_out: Path, tmp_path: Path, schema: Schema) -> None:
    with sitting(few_out, tmp_path, schema, blind=True) as desk:
        paper = desk.sha256("08_")
        desk.strike(paper, *readings(desk, paper))
        desk.strike(paper, {"action": "done"})
    with sitting(few_out, tmp_path, schema) as open_desk:
        assert row_of(open_desk.get(f"paper/{paper}"), "patients")["cells"]["weight_kg"]["mine"]["agrees"]
