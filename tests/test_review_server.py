"""The server behind the review page: it answers only this page, saves before it says so, and shows nothing else."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sittings import HOME, PORT, REVIEWER, ROOT, TOKEN, Sitting, aim, row_of, sitting

from extract.evidence import read_table
from extract.evidence.decisions import DecisionError
from extract.evidence.files import csv_bytes
from extract.review import ledger as ledger_module
from extract.review.outputs import WrongOutputs
from extract.review.server import MOST_BYTES
from extract.review.serving import PortTaken, address
from extract.review.session import Session
from extract.schema import Schema


@pytest.fixture
def desk(few_out: Path, tmp_path: Path, schema: Schema) -> Iterator[Sitting]:
    with sitting(few_out, tmp_path / "decisions", schema) as found:
        yield found


@pytest.fixture
def lupus(desk: Sitting) -> str:
    """The digest of a paper with four patients and four conflicts."""
    return desk.sha256("03_")


def refusal(answer: Any, status: int) -> str:
    assert answer.status_code == status, answer.text[:300]
    return str(answer.json()["error"])


# --- who is let in


@pytest.mark.parametrize(
    ("url", "headers", "status"),
    [
        (f"http://127.0.0.1:{PORT}/", {}, 404),
        (f"http://127.0.0.1:{PORT}/overview", {}, 404),
        (f"http://127.0.0.1:{PORT}/{TOKEN[:-1]}x/overview", {}, 404),
        (f"http://127.0.0.1:{PORT}/{TOKEN}", {}, 404),
        (f"http://127.0.0.1:{PORT}//{TOKEN}/overview", {}, 404),
        (HOME + "overview", {"host": "evil.example"}, 421),
        (HOME + "overview", {"host": f"evil.example:{PORT}"}, 421),
        (HOME + "overview", {"host": "127.0.0.1"}, 421),
        (HOME + "overview", {"host": f"127.0.0.1:{PORT + 1}"}, 421),
        (HOME + "overview", {"origin": "https://evil.example"}, 403),
        (HOME + "overview", {"origin": "null"}, 403),
        (HOME + "overview", {"sec-fetch-site": "cross-site"}, 403),
    ],
)
def test_a_request_from_elsewhere_is_refused(desk: Sitting, url: str, headers: dict[str, str], status: int) -> None:
    answer = desk.send("GET", url, headers=headers)
    assert answer.status_code == status
    assert "papers" not in answer.text


@pytest.mark.parametrize("host", [f"127.0.0.1:{PORT}", f"localhost:{PORT}"])
def test_this_machine_is_let_in(desk: Sitting, host: str) -> None:
    headers = {"host": host, "origin": f"http://{host}", "sec-fetch-site": "same-origin"}
    assert desk.send("GET", HOME + "overview", headers=headers).status_code == 200


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_a_form_of_another_site_cannot_decide(desk: Sitting, lupus: str, kind: str) -> None:
    body = json.dumps({"request": "request-1", "sha256": lupus, "items": [{"action": "done"}]})
    answer = desk.send("POST", HOME + "decide", content=body, headers={"content-type": kind} if kind else {})
    assert answer.status_code == 415
    assert desk.decisions() == []


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_other_methods_are_not_allowed(desk: Sitting, method: str) -> None:
    assert desk.send(method, HOME + "decide").status_code == 405


def test_a_request_that_is_too_large_is_not_read(desk: Sitting) -> None:
    body = b'{"name": "' + b"x" * MOST_BYTES + b'"}'
    answer = desk.send("POST", HOME + "enter", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 413


@pytest.mark.parametrize("path", ["", "overview", "static/app.js", "nothing", "picture/x/1"])
def test_every_answer_carries_the_headers_that_keep_the_page_to_itself(desk: Sitting, path: str) -> None:
    headers = desk.send("GET", HOME + path).headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert "http" not in headers["content-security-policy"], "no other place may be reached"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"
    assert "set-cookie" not in headers


def test_the_page_asks_nothing_of_other_places(desk: Sitting) -> None:
    page = desk.send("GET", HOME).text
    assert "http://" not in page
    assert "https://" not in page
    for script in ("app.js", "page.css", "values.css", "sheets.css", "mark.svg"):
        assert script in page
        assert desk.send("GET", HOME + f"static/{script}").status_code == 200


# --- what can be asked for


@pytest.mark.parametrize(
    "path",
    [
        "static/../session.py",
        "static/..%2fsession.py",
        "static/%2e%2e/%2e%2e/schema.py",
        "static//etc/passwd",
        "static/page.html",
        "static/",
        "picture/..%2f..%2fetc%2fpasswd/1",
        f"picture/{'0' * 64}/1",
        f"document/{'0' * 64}",
        "paper/03_lupus_four_patients",
        "words/x/1",
        "decisions",
        "corpus/decisions/anna.csv",
    ],
)
def test_no_file_but_those_of_the_page_is_served(desk: Sitting, path: str) -> None:
    answer = desk.send("GET", HOME + path)
    assert answer.status_code in (404, 405)
    assert "root:" not in answer.text
    assert "import" not in answer.text


def test_a_page_is_a_picture_and_there_is_none_beyond_the_last(desk: Sitting, lupus: str) -> None:
    answer = desk.send("GET", HOME + f"picture/{lupus}/1?dpi=72")
    assert answer.headers["content-type"] == "image/png"
    assert answer.content.startswith(b"\x89PNG")
    for page in (0, 3, 10**9):
        assert desk.send("GET", HOME + f"picture/{lupus}/{page}").status_code == 404
    for dpi in ("-1", "1e9", "99999999999", "x"):
        assert desk.send("GET", HOME + f"picture/{lupus}/1?dpi={dpi}").status_code == 200


def test_a_file_that_has_changed_is_not_served(few_out: Path, tmp_path: Path, schema: Schema) -> None:
    outputs = shutil.copytree(few_out, tmp_path / "outputs")
    table = (outputs / "documents.csv").read_text(encoding="utf-8")
    documents = read_table(outputs / "documents.csv")
    (file,) = documents.loc[documents["document"].str.startswith("08_"), "file"]
    other = tmp_path / "08_hands_letter.pdf"
    other.write_bytes(Path(file).read_bytes() + b"\n")
    (outputs / "documents.csv").write_text(table.replace(file, str(other)), encoding="utf-8")
    with sitting(outputs, tmp_path / "decisions", schema) as desk:
        paper = desk.sha256("08_")
        said = refusal(desk.send("GET", HOME + f"picture/{paper}/1"), 404)
        assert f"{other} has changed since it was read" in said
        assert desk.get(f"paper/{paper}")["rows"], "its values can still be reviewed"
    with sitting(outputs, tmp_path / "decisions", schema, papers=[Path(file).parent]) as desk:
        assert desk.send("GET", HOME + f"picture/{paper}/1?dpi=72").status_code == 200


def test_a_page_that_ends_its_reader_is_told_and_the_next_is_drawn(
    few_out: Path, tmp_path: Path, schema: Schema, monkeypatch: pytest.MonkeyPatch
) -> None:
    from children import draw_or_die

    monkeypatch.setattr("extract.review.reading.draw_page", draw_or_die)
    with sitting(few_out, tmp_path / "decisions", schema) as desk:
        paper = desk.sha256("08_")
        said = refusal(desk.send("GET", HOME + f"picture/{paper}/2"), 422)
        assert "its process ended with signal SIGABRT" in said
        assert desk.send("GET", HOME + f"picture/{paper}/1").content == b"page 1"


def test_words_come_with_their_characters_and_places(desk: Sitting, lupus: str) -> None:
    words = desk.get(f"words/{lupus}/2")
    assert len(words) > 100
    text, start, end, x0, top, x1, bottom = words[0]
    assert end - start == len(text)
    assert 0 < x0 < x1 < 700
    assert 0 < top < bottom < 900
    assert desk.get(f"words/{lupus}/99") == []


def test_a_value_over_a_line_end_gets_a_box_for_each_line(desk: Sitting) -> None:
    paper = desk.sha256("08_")
    layout = desk.get(f"document/{paper}")
    assert [page[0] for page in layout["pages"]] == [1, 2]
    row = row_of(desk.get(f"paper/{paper}"), "patients")
    place = row["cells"]["weight_kg"]["places"][0]
    boxes = layout["boxes"][f"{place['start']}-{place['end']}-{place['written']}"]
    assert len(boxes) == 2, "weighed / 58 kg"
    assert boxes[0][1] > boxes[1][3], "the end of one line, the beginning of the next"


# --- saving


def test_a_decision_is_on_the_disk_before_the_answer(desk: Sitting, lupus: str) -> None:
    row = row_of(desk.get(f"paper/{lupus}"), "diagnoses", "A")
    item = {"action": "correct", **aim(row, "role"), "old": "index", "value": "comorbidity", "place": 0, "why": "so"}
    answer = desk.strike(lupus, item).json()
    assert answer["saved"] == 1
    (decision,) = desk.decisions()
    place = row["cells"]["role"]["places"][0]
    assert (decision.action, decision.old_value, decision.new_value) == ("correct", "index", "comorbidity")
    assert (decision.quote, decision.page) == (place["quote"], str(place["page"]))
    assert (int(decision.start), int(decision.end)) == (place["start"], place["end"])
    assert (decision.patient, decision.reviewer, decision.via, decision.why) == ("A", REVIEWER, "page", "so")
    cell = row_of(answer["paper"], "diagnoses", "A")["cells"]["role"]
    assert cell["decision"]["value"] == "comorbidity"


def test_the_same_request_twice_is_one_decision(desk: Sitting, lupus: str) -> None:
    row = row_of(desk.get(f"paper/{lupus}"), "diagnoses", "A")
    item = {"action": "accept", **aim(row, "diagnosis"), "old": row["cells"]["diagnosis"]["value"]}
    assert desk.strike(lupus, item, request="the-same-one").json()["saved"] == 1
    assert desk.strike(lupus, item, request="the-same-one").json()["saved"] == 0
    undo = {"action": "undo", **aim(row, "diagnosis")}
    assert desk.strike(lupus, undo, request="take-it-back").json()["saved"] == 1
    assert desk.strike(lupus, undo, request="take-it-back").json()["saved"] == 0
    assert [decision.action for decision in desk.decisions()] == ["accept", "undo"]
    assert desk.strike(lupus, item, request="another-one").json()["saved"] == 1


def test_a_repeated_request_is_known_after_the_server_was_started_again(
    few_out: Path, tmp_path: Path, schema: Schema
) -> None:
    with sitting(few_out, tmp_path, schema) as desk:
        paper = desk.sha256("08_")
        row = row_of(desk.get(f"paper/{paper}"), "diagnoses")
        item = {"action": "accept", **aim(row, "diagnosis"), "old": row["cells"]["diagnosis"]["value"]}
        desk.strike(paper, item, request="the-same-one")
    with sitting(few_out, tmp_path, schema) as again:
        assert again.strike(paper, item, request="the-same-one").json()["saved"] == 0
        assert len(again.decisions()) == 1
        assert row_of(again.get(f"paper/{paper}"), "diagnoses")["cells"]["diagnosis"]["decision"]["action"] == "accept"


def test_a_stroke_is_saved_whole_or_not_at_all(desk: Sitting, lupus: str) -> None:
    row = row_of(desk.get(f"paper/{lupus}"), "diagnoses", "A")
    good = {"action": "accept", **aim(row, "diagnosis"), "old": row["cells"]["diagnosis"]["value"]}
    bad = {"action": "correct", **aim(row, "role"), "old": "index", "value": "main"}
    assert "Allowed: index, comorbidity, superseded" in refusal(desk.strike(lupus, good, bad), 422)
    assert desk.decisions() == []


def test_a_value_that_the_reviewer_did_not_see_is_not_decided(desk: Sitting, lupus: str) -> None:
    row = row_of(desk.get(f"paper/{lupus}"), "diagnoses", "A")
    item = {"action": "accept", **aim(row, "diagnosis"), "old": "something else"}
    assert "hold something else" in refusal(desk.strike(lupus, item), 409)
    assert desk.decisions() == []


@pytest.mark.parametrize(
    ("changes", "status", "said"),
    [
        ({"action": "accept", "field": "rater", "old": ""}, 422, "no value to accept"),
        ({"action": "correct", "field": "rater", "old": "", "value": "parent"}, 422, "Add it instead"),
        ({"action": "add", "value": "5", "start": 5, "end": 9}, 422, "Correct or reject it instead"),
        ({"action": "absent"}, 422, "Correct or reject it instead"),
        ({"action": "add", "field": "rater", "old": "", "value": "parent"}, 422, "mark the words"),
        (
            {"action": "add", "field": "rater", "old": "", "value": "parent", "start": 0, "end": 10**8},
            422,
            "not in the document any more",
        ),
        ({"action": "correct", "value": "999"}, 422, "outside 0–105"),
        ({"action": "extract", "field": "rater", "old": "", "value": "parent", "start": 5, "end": 9}, 422, "revealed"),
        ({"action": "undo"}, 409, "nothing to take back"),
        ({"action": "settle"}, 422, "said of a conflict"),
        ({"field": "shoe_size"}, 422, "There is no column shoe_size"),
        ({"table": "documents", "field": "sha256"}, 409, ""),
        ({"table": "pets"}, 422, "Choose a value"),
        ({"record": "zz"}, 400, "record"),
        ({"action": "destroy"}, 400, "action"),
        ({"colour": "red"}, 400, "colour"),
    ],
)
def test_what_cannot_be_decided_is_refused_with_the_reason(
    desk: Sitting, lupus: str, changes: dict[str, Any], status: int, said: str
) -> None:
    row = row_of(desk.get(f"paper/{lupus}"), "outcomes", "A", measure="SLEDAI-2K")
    item = {"action": "accept", **aim(row, "value"), "old": row["cells"]["value"]["value"], **changes}
    assert said in refusal(desk.strike(lupus, item), status)
    assert desk.decisions() == []


def test_a_failure_to_save_is_told_and_nothing_is_said_to_be_saved(
    desk: Sitting, lupus: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise DecisionError("anna.csv: the decision could not be saved (No space left on device).")

    monkeypatch.setattr(ledger_module, "append_decisions", full)
    row = row_of(desk.get(f"paper/{lupus}"), "diagnoses", "A")
    item = {"action": "accept", **aim(row, "diagnosis"), "old": row["cells"]["diagnosis"]["value"]}
    assert "No space left" in refusal(desk.strike(lupus, item), 507)
    assert row_of(desk.get(f"paper/{lupus}"), "diagnoses", "A")["cells"]["diagnosis"]["decision"] is None
    monkeypatch.undo()
    assert desk.strike(lupus, item).json()["saved"] == 1


def test_what_another_page_or_an_import_wrote_is_seen(desk: Sitting, lupus: str, few_out: Path, schema: Schema) -> None:
    before = desk.get("mark")["mark"]
    row = row_of(desk.get(f"paper/{lupus}"), "diagnoses", "A")
    item = {"action": "accept", **aim(row, "diagnosis"), "old": row["cells"]["diagnosis"]["value"]}
    with sitting(few_out, desk.session.decisions, schema) as second:
        second.strike(lupus, item, request="of-the-second-page")
        role = {"action": "accept", **aim(row, "role"), "old": "index"}
        desk.strike(lupus, role, request="of-the-first-page")
        assert second.get("mark") != before
    cells = row_of(desk.get(f"paper/{lupus}"), "diagnoses", "A")["cells"]
    assert [cells[name]["decision"]["action"] for name in ("diagnosis", "role")] == ["accept", "accept"]
    assert len({decision.decision for decision in desk.decisions()}) == len(desk.decisions())


# --- what goes along with a decision


def test_a_row_that_is_decided_takes_its_bookkeeping_along(desk: Sitting, lupus: str) -> None:
    row = row_of(desk.get(f"paper/{lupus}"), "administrations", "A")
    cells = {name: cell["value"] for name, cell in row["cells"].items()}
    asked = [name for name in cells if not name.endswith("_derived")]
    first, *rest = [{"action": "accept", **aim(row, name), "old": cells[name]} for name in asked]
    desk.strike(lupus, *rest)
    assert {decision.field for decision in desk.decisions()} == {*asked[1:], "dose_value"}
    desk.strike(lupus, first)
    decided = {decision.field for decision in desk.decisions()}
    assert decided >= {
        "administration",
        "order",
        "as_written",
        "where",
        "dose_value",
        "dose_unit",
        "total_cells_derived",
    }


def test_what_is_computed_from_a_corrected_value_is_not_accepted(desk: Sitting, lupus: str) -> None:
    row = row_of(desk.get(f"paper/{lupus}"), "administrations", "A")
    cells = {name: cell["value"] for name, cell in row["cells"].items() if not name.endswith("_derived")}
    items = [{"action": "accept", **aim(row, name), "old": old} for name, old in cells.items() if name != "dose_cells"]
    dose = {"action": "correct", **aim(row, "dose_cells"), "old": cells["dose_cells"], "value": "53e6", "place": 0}
    desk.strike(lupus, *items, dose)
    decided = {decision.field: decision for decision in desk.decisions()}
    assert "total_cells_derived" not in decided
    assert decided["dose_cells"].new_value == "53000000"
    assert decided["dose_value"].new_value == "53000000", "the same dose in its second column"
    assert decided["order"].action == "accept"


def test_the_side_of_a_conflict_comes_with_what_it_would_put_into_the_cell(desk: Sitting, lupus: str) -> None:
    paper = desk.get(f"paper/{lupus}")
    dose = next(conflict for conflict in paper["conflicts"] if conflict["field"] == "dose cells")
    assert [(one["field"], one["values"]) for one in dose["concerns"]] == [("dose_cells", ["120000000", "90000000"])]
    assert all(side["place"]["box"] for side in dose["sides"])
    item = {"action": "settle", "table": "conflicts", "record": dose["record"], "field": "chosen", "place": 1}
    answer = desk.strike(lupus, {**item, "value": dose["sides"][1]["value"]}).json()
    (decision,) = desk.decisions()
    assert (decision.action, decision.new_value, decision.quote) == (
        "settle",
        "90000000 cells",
        dose["sides"][1]["place"]["quote"],
    )
    settled = next(one for one in answer["paper"]["conflicts"] if one["record"] == dose["record"])
    assert settled["decision"]["value"] == "90000000 cells"
    assert "has changed" in refusal(desk.strike(lupus, {**item, "value": "7 cells"}), 409)


def test_a_missing_value_is_added_with_its_words(desk: Sitting, lupus: str) -> None:
    places = desk.post("locate", {"sha256": lupus, "words": "She was treated at 18, weighing 52kg"}).json()
    assert [place["page"] for place in places] == [1]
    item = {
        "action": "add", "table": "outcomes", "record": "00000000aa", "patient": "A", "field": "measure",
        "value": "DLQI", "start": places[0]["start"], "end": places[0]["end"],
    }  # fmt: skip
    answer = desk.strike(lupus, item).json()
    (decision,) = desk.decisions()
    assert decision.quote == "She was treated at 18, weighing 52 kg"
    assert decision.where == "narrative"
    assert decision.boxes.count(";") == 1, "two lines"
    row = next(row for row in answer["paper"]["rows"] if row["record"] == "00000000aa")
    assert row["own"]
    assert row["cells"]["measure"]["decision"]["value"] == "DLQI"
    assert "does not stand in the paper" in refusal(desk.post("locate", {"sha256": lupus, "words": "a zebra"}), 422)


@pytest.mark.parametrize("patient", ["", " A", "x" * 61, "a\nb"])
def test_a_new_row_needs_a_patient(desk: Sitting, lupus: str, patient: str) -> None:
    item = {"action": "add", "table": "outcomes", "record": "00000000aa", "patient": patient, "field": "measure"}
    answer = desk.strike(lupus, {**item, "value": "DLQI", "start": 5, "end": 9})
    assert answer.status_code in (400, 422)
    assert desk.decisions() == []


# --- the state of papers


def test_a_paper_is_untouched_partly_decided_and_done(desk: Sitting) -> None:
    review = desk.sha256("10_")

    def state() -> tuple[str, int, int]:
        entry = next(paper for paper in desk.get("papers")["papers"] if paper["sha256"] == review)
        return entry["state"], entry["decided"], entry["values"]

    (row,) = desk.get(f"paper/{review}")["rows"]
    items = [{"action": "accept", **aim(row, name), "old": cell["value"]} for name, cell in row["cells"].items()]
    assert state() == ("untouched", 0, len(items))
    desk.strike(review, items[0])
    assert state() == ("partly", 1, len(items))
    desk.strike(review, *items[1:])
    assert state() == ("decided", len(items), len(items))
    desk.strike(review, {"action": "done"})
    assert state()[0] == "done"
    desk.strike(review, {"action": "undo"})
    assert state()[0] == "decided"
    assert refusal(desk.strike(review, {"action": "undo"}), 409)


def test_a_decision_on_a_value_that_has_changed_since_is_stale(few_out: Path, tmp_path: Path, schema: Schema) -> None:
    outputs = shutil.copytree(few_out, tmp_path / "outputs")
    with sitting(outputs, tmp_path / "decisions", schema) as desk:
        paper = desk.sha256("08_")
        row = row_of(desk.get(f"paper/{paper}"), "patients")
        gone = row_of(desk.get(f"paper/{paper}"), "diagnoses")
        weight = {"action": "accept", **aim(row, "weight_kg"), "old": "58"}
        desk.strike(paper, weight, {"action": "accept", **aim(gone, "role"), "old": "index"})
        values = (outputs / "values.csv").read_text(encoding="utf-8")
        changed = values.replace(f"{row['record']},weight_kg,58", f"{row['record']},weight_kg,59")
        changed = changed.replace(gone["record"], "0123456789")
        (outputs / "values.csv").write_text(changed, encoding="utf-8")
        report = outputs / "run.json"
        os.utime(report, ns=(0, report.stat().st_mtime_ns + 10**9))
        shown = desk.get(f"paper/{paper}")
        cell = row_of(shown, "patients")["cells"]["weight_kg"]
        assert cell["value"] == "59"
        assert cell["stale"] == "You decided on 58; the program finds now 59."
        assert [(lost["table"], lost["field"]) for lost in shown["lost"]] == [("diagnoses", "role")]


def test_what_an_earlier_run_applied_is_shown_as_the_program_found_it(
    few_out: Path, tmp_path: Path, schema: Schema
) -> None:
    outputs = shutil.copytree(few_out, tmp_path / "outputs")
    table = read_table(outputs / "values.csv")
    weight = table[table["document"].str.startswith("08_") & (table["field"] == "weight_kg")].iloc[[0]]
    corrected = weight.assign(value="60", basis="reviewed", review="corrected", reviewer="ben")
    (outputs / "values.csv").write_bytes(csv_bytes(pd.concat([corrected, table])))
    with sitting(outputs, tmp_path / "decisions", schema) as desk:
        cell = row_of(desk.get(f"paper/{desk.sha256('08_')}"), "patients")["cells"]["weight_kg"]
        assert cell["value"] == "58"
        assert {place["rule"] for place in cell["places"]} == {"weight"}


def test_what_was_decided_on_the_page_is_applied_at_the_next_run_and_still_fits_the_page(
    desk: Sitting, few_out: Path, sample: Path, tmp_path: Path, schema: Schema
) -> None:
    paper = desk.sha256("08_")
    shown = desk.get(f"paper/{paper}")
    (conflict,) = shown["conflicts"]
    (concern,) = conflict["concerns"]
    side = conflict["sides"][1]
    score = next(row for row in shown["rows"] if row["record"] == concern["record"])
    dose = row_of(shown, "administrations", dose_cells="4200000")
    gone = row_of(shown, "therapies", therapy="sildenafil")
    person = row_of(shown, "patients")
    words = desk.post("locate", {"sha256": paper, "words": "Botulinum toxin, 50 units"}).json()[0]
    new = {"table": "therapies", "record": "00000000aa", "patient": "1", "start": words["start"], "end": words["end"]}
    desk.strike(
        paper,
        {
            "action": "settle", "table": "conflicts", "record": conflict["record"], "field": "chosen", "place": 1,
            "value": side["value"],
        },
        {
            "action": "correct", **aim(score, concern["field"]), "old": concern["values"][0],
            "value": concern["values"][1], "start": side["place"]["start"], "end": side["place"]["end"],
        },
    )  # fmt: skip
    desk.strike(paper, {"action": "correct", **aim(dose, "dose_cells"), "old": "4200000", "value": "4.1e6", "place": 0})
    desk.strike(
        paper,
        *({"action": "reject", **aim(gone, name), "old": cell["value"]} for name, cell in gone["cells"].items()),
    )
    desk.strike(paper, {"action": "absent", **aim(person, "age_treatment_years"), "old": ""})
    desk.strike(paper, {"action": "accept", **aim(person, "sex"), "old": "female"})
    desk.strike(paper, {"action": "add", **new, "field": "therapy", "value": "botulinum toxin"})
    desk.strike(paper, {"action": "add", **new, "field": "role", "value": "prior"})
    desk.strike(paper, {"action": "done"})
    out = tmp_path / "out"
    run = [sys.executable, "-m", "extract", "run", *map(str, sample.glob("08_*.pdf")), "-o", str(out)]
    subprocess.run([*run, "--decisions", str(desk.session.decisions)], check=True, capture_output=True, cwd=ROOT)
    states = read_table(out / "decisions.csv")
    assert set(states["state"]) == {"applied", "noted"}, states[["action", "field", "state", "reason"]]
    assert len(states) == len(desk.decisions()) > 10
    doses = read_table(out / "administrations.csv")
    assert "4100000" in set(doses["dose_cells"]) & set(doses["dose_value"]) & set(doses["total_cells_derived"])
    therapies = set(read_table(out / "therapies.csv")["therapy"])
    assert "botulinum toxin" in therapies
    assert "sildenafil" not in therapies
    with sitting(out, desk.session.decisions, schema) as later:
        again = later.get(f"paper/{paper}")
        assert again["lost"] == []
        assert [cell["stale"] for row in again["rows"] for cell in row["cells"].values() if cell["stale"]] == []
        cell = row_of(again, "administrations", dose_cells="4200000")["cells"]["dose_cells"]
        assert cell["decision"]["value"] == "4100000", "the program's own value, and the decision over it"
        (added,) = [row for row in again["rows"] if row["record"] == "00000000aa"]
        assert added["cells"]["therapy"]["decision"]["value"] == "botulinum toxin"


# --- who reviews


def test_the_name_is_asked_for_once_and_is_that_of_a_file(few_out: Path, tmp_path: Path, schema: Schema) -> None:
    with sitting(few_out, tmp_path, schema, reviewer="", proposal="dr.b") as desk:
        assert desk.get("overview")["proposal"] == "dr.b"
        paper = desk.sha256("08_")
        assert "who you are" in refusal(desk.strike(paper, {"action": "done"}), 409)
        for name in ("", "../x", "a/b", ".hidden", "a b", "ä", "x" * 65):
            assert refusal(desk.post("enter", {"name": name}), 422)
        assert desk.post("enter", {"name": "ben"}).json()["reviewer"] == "ben"
        assert "belongs to ben" in refusal(desk.post("enter", {"name": "carla"}), 422)
        desk.strike(paper, {"action": "done"})
    assert [path.name for path in tmp_path.glob("*.csv")] == ["ben.csv"]


def test_tables_of_other_rules_are_told_of(few_out: Path, tmp_path: Path, schema: Schema) -> None:
    with sitting(few_out, tmp_path, schema) as desk:
        assert not desk.session.other_rules
    with sitting(few_out, tmp_path, schema.model_copy(update={"hash": "0" * 64})) as desk:
        assert desk.session.other_rules


def test_an_ambiguous_value_is_corrected_or_rejected_but_never_accepted(
    few_out: Path, tmp_path: Path, schema: Schema
) -> None:
    outputs = shutil.copytree(few_out, tmp_path / "outputs")
    table = read_table(outputs / "values.csv")
    weight = table["document"].str.startswith("08_") & (table["field"] == "weight_kg")
    table.loc[weight, ["value", "status", "shown"]] = ["", "ambiguous", "no"]
    (outputs / "values.csv").write_bytes(csv_bytes(table))
    with sitting(outputs, tmp_path / "decisions", schema) as desk:
        paper = desk.sha256("08_")
        row = row_of(desk.get(f"paper/{paper}"), "patients")
        assert row["cells"]["weight_kg"]["status"] == "ambiguous"
        item = {**aim(row, "weight_kg"), "old": "", "place": 0}
        assert "no value to accept" in refusal(desk.strike(paper, {"action": "accept", **item}), 422)
        assert desk.strike(paper, {"action": "correct", "value": "58", **item}).json()["saved"] == 1
        assert desk.strike(paper, {"action": "reject", **item}).json()["saved"] == 1
        assert [(one.action, one.new_value, one.page) for one in desk.decisions()] == [
            ("correct", "58", "1"),
            ("reject", "", "1"),
        ]


def test_a_folder_without_tables_is_refused(tmp_path: Path, schema: Schema) -> None:
    with pytest.raises(WrongOutputs, match=r"run\.json cannot be read"):
        Session(tmp_path, schema, tmp_path)


# --- values on the page are text


def test_values_and_names_are_never_markup(few_out: Path, tmp_path: Path, schema: Schema) -> None:
    outputs = shutil.copytree(few_out, tmp_path / "outputs")
    evil = "<img src=x onerror=alert(1)>"
    for name in ("values.csv", "documents.csv"):
        path = outputs / name
        path.write_text(path.read_text(encoding="utf-8").replace("Feldhaus", evil), encoding="utf-8")
    with sitting(outputs, tmp_path / "decisions", schema) as desk:
        assert evil not in desk.send("GET", HOME).text
        answer = desk.send("GET", HOME + "papers")
        assert evil in answer.text
        assert answer.headers["content-type"] == "application/json"


def test_no_script_of_the_page_makes_markup_from_text() -> None:
    static = Path(ledger_module.__file__).parent / "static"
    scripts = {path.name: path.read_text(encoding="utf-8") for path in static.glob("*.js")}
    assert len(scripts) > 10
    for name, script in scripts.items():
        for way in (
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "new Function",
            "srcdoc",
        ):
            assert way not in script, f"{name} uses {way}"


# --- the address


def test_the_address_is_of_this_machine_only_and_cannot_be_guessed(tmp_path: Path) -> None:
    with address(tmp_path) as one, address(tmp_path / "other") as two:
        assert one.listener.getsockname()[0] == "127.0.0.1"
        assert one.token != two.token
        assert len(one.token) == 32
        assert one.url == f"http://127.0.0.1:{one.port}/{one.token}/"


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    with address(tmp_path) as one, pytest.raises(PortTaken, match=f"--port {one.port}: "), address(tmp_path, one.port):
        pass


def test_after_an_end_in_good_order_the_address_is_new_after_a_kill_the_same(tmp_path: Path) -> None:
    with address(tmp_path) as first:
        pass
    with address(tmp_path) as second:
        assert second.token != first.token
        (note,) = Path(os.environ["XDG_CACHE_HOME"]).glob("caseloom/review-*.json")
        assert stat.S_IMODE(note.stat().st_mode) == 0o600
        second.listener.close()  # as a kill does; the note stays
        with address(tmp_path) as third:
            assert (third.port, third.token) == (second.port, second.token)
