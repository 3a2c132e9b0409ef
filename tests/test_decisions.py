"""Decisions of reviewers: the file that keeps them, and what becomes of them at the next run."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from written import case, computed, conflict, digest, place, row, said

from extract.evidence import apply_decisions, build_tables
from extract.evidence.applying import Applied
from extract.evidence.decisions import (
    COLUMNS,
    Decision,
    DecisionError,
    append_decisions,
    boxes_of,
    decision_id,
    read_decisions,
    standing,
)
from extract.model import CaseRecord, Record, Reported
from extract.schema import Schema

ROOT = Path(__file__).resolve().parent.parent
WHEN = "2026-03-01T12:00:00Z"


def decide(action: str, number: int = 0, **cells: Any) -> Decision:
    """A decision of ana on document a."""
    facts: dict[str, Any] = {
        "decision": decision_id(action, str(number), repr(sorted(cells.items()))),
        "when": WHEN,
        "reviewer": "ana",
        "action": action,
        "document": "a",
        "sha256": digest("a"),
        "patient": "1",
        "via": "page",
    }
    return Decision(**{**facts, **cells})


def on(record: Record, field: str, action: str, **cells: Any) -> Decision:
    """A decision of ana on a value of a record."""
    value = record.values.get(field)
    old = "" if value is None or value.value is None else str(value.value)
    quote = value.provenance[0].quote if value is not None and value.provenance else ""
    facts = {"table": record.table, "record": record.id, "field": field, "old_value": old, "quote": quote}
    return decide(action, **{**facts, "patient": record.patient, **cells})


# --- the file


def test_decisions_come_back_as_they_were_saved(tmp_path: Path) -> None:
    saved = [
        decide("correct", n, table="outcomes", record="0" * 10, field="value", old_value="6", new_value=new, why=why)
        for n, (new, why) in enumerate([("7", "misread"), ("-1", '=cmd|"x"'), ("", "a, b; “c”")])
    ]
    assert append_decisions(tmp_path / "decisions", "ana", saved[:2]) == 2
    assert append_decisions(tmp_path / "decisions", "ana", saved[2:]) == 1
    assert read_decisions(tmp_path / "decisions") == saved
    text = (tmp_path / "decisions" / "ana.csv").read_text(encoding="utf-8")
    assert text.count("\n") == 4
    assert text.startswith(",".join(COLUMNS))
    assert ",'=cmd" in text.replace('"', "")


@settings(max_examples=60, deadline=None)
@given(words=st.text(max_size=40), more=st.text(alphabet="=+-@'\"\n\r\t, ;x", max_size=12))
def test_any_words_survive_but_for_white_space(words: str, more: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("decisions")
    decision = decide("correct", quote=words, why=more)
    append_decisions(folder, "ana", [decision])
    (back,) = read_decisions(folder)
    writable = "".join("\ufffd" if c == "\x00" or "\ud800" <= c <= "\udfff" else c for c in words)
    assert back.quote == " ".join(writable.split())
    assert back.why == " ".join(more.split())


def test_a_repeated_request_leaves_one_decision(tmp_path: Path) -> None:
    once = decide("accept", table="patients", record="0" * 10, field="sex", old_value="female")
    assert [append_decisions(tmp_path, "ana", [once, once]), append_decisions(tmp_path, "ana", [once])] == [1, 0]
    assert len(read_decisions(tmp_path)) == 1


def test_a_torn_line_is_set_aside_and_nothing_else_is_lost(tmp_path: Path) -> None:
    first, second, third = (decide("accept", n) for n in range(3))
    append_decisions(tmp_path, "ana", [first, second])
    file = tmp_path / "ana.csv"
    whole = file.read_bytes()
    file.write_bytes(whole[:-30])
    assert read_decisions(tmp_path) == [first]
    assert append_decisions(tmp_path, "ana", [third]) == 1
    assert read_decisions(tmp_path) == [first, third]
    assert second.decision in (tmp_path / "ana.csv.torn").read_text(encoding="utf-8")


def test_a_last_line_without_its_end_is_whole(tmp_path: Path) -> None:
    first, second = decide("accept", 1), decide("accept", 2)
    append_decisions(tmp_path, "ana", [first])
    file = tmp_path / "ana.csv"
    file.write_bytes(file.read_bytes()[:-1])
    assert read_decisions(tmp_path) == [first]
    append_decisions(tmp_path, "ana", [second])
    assert read_decisions(tmp_path) == [first, second]
    assert not (tmp_path / "ana.csv.torn").exists()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda line: line.replace(",accept,", ",agree,"), "action is 'agree'; allowed: accept, correct"),
        (lambda line: line.replace("2026-03-01T12:00:00Z", "1 March"), "when is '1 March'"),
        (lambda line: line.replace(",ana,", ",eve,"), "reviewer is 'eve' in the file of 'ana'"),
        (lambda line: line + ",more", "21 cells where there should be 20"),
    ],
)
def test_a_line_that_is_no_decision_is_named(tmp_path: Path, change: Any, says: str) -> None:
    append_decisions(tmp_path, "ana", [decide("accept", 1), decide("accept", 2)])
    file = tmp_path / "ana.csv"
    lines = file.read_text(encoding="utf-8").splitlines()
    file.write_text("\n".join([lines[0], change(lines[1]), lines[2], ""]), encoding="utf-8")
    with pytest.raises(DecisionError) as error:
        read_decisions(tmp_path)
    assert f"ana.csv:2: {says}" in str(error.value)


def test_a_file_of_something_else_is_named(tmp_path: Path) -> None:
    (tmp_path / "ana.csv").write_text("name;age\nx;1\n", encoding="utf-8")
    with pytest.raises(DecisionError, match=r"ana\.csv:1: not a file of decisions"):
        read_decisions(tmp_path)


@pytest.mark.parametrize("name", ["", "../ana", "a b", "ana/eve", "-x", "x" * 65])
def test_a_reviewer_needs_a_name_that_is_a_file_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(DecisionError, match="use letters, digits"):
        append_decisions(tmp_path, name, [])


def test_nobody_writes_into_the_file_of_another(tmp_path: Path) -> None:
    with pytest.raises(DecisionError, match="'ana' does not go into the file of 'eve'"):
        append_decisions(tmp_path, "eve", [decide("accept")])


def _append_many(folder: str, start: int) -> None:
    for n in range(start, start + 25):
        append_decisions(Path(folder), "ana", [decide("accept", n)])


def test_two_writers_at_once_lose_nothing(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_append_many, args=(str(tmp_path), start)) for start in (0, 25)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert len({decision.decision for decision in read_decisions(tmp_path)}) == 50


def test_what_was_acknowledged_survives_a_kill(tmp_path: Path) -> None:
    code = f"""
import sys
sys.path[:0] = [{str(ROOT)!r}, {str(ROOT / "tests")!r}]
from pathlib import Path
from test_decisions import decide
from extract.evidence.decisions import append_decisions
for n in range(10_000):
    append_decisions(Path({str(tmp_path / "kept")!r}), "ana", [decide("accept", n)])
    print(n, flush=True)
"""
    writer = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert writer.stdout is not None
    told = [writer.stdout.readline() for _ in range(20)]
    writer.send_signal(signal.SIGKILL)
    told += writer.communicate()[0].splitlines()
    kept = {decision.decision for decision in read_decisions(tmp_path / "kept")}
    assert {decide("accept", int(line)).decision for line in told if line.strip()} <= kept


def test_boxes_are_read_back() -> None:
    (first, second) = boxes_of("1 48.24 57.44 519.03 72.94; 2 1 2 3 4")
    assert (first.page, first.x1, second.page, second.bottom) == (1, 519.03, 2, 4)
    assert boxes_of("") == ()


# --- which decisions count


def test_the_last_decision_of_a_reviewer_counts_and_undo_brings_back_the_one_before() -> None:
    spot = {"table": "outcomes", "record": "0" * 10, "field": "value"}
    first = decide("accept", 1, old_value="6", **spot)
    second = decide("correct", 2, old_value="6", new_value="7", **spot)
    back = decide("undo", 3, **spot)
    assert standing([first, second]) == [second]
    assert standing([first, second, back]) == [first]
    assert standing([first, back, back]) == []


# --- what becomes of them


def paper(**changes: Any) -> CaseRecord:
    """A document a: a patient with a dose, a score, an event and a conflict."""
    return case(
        "a",
        row("patients", "1", kind="individual", sex="female", age_treatment_years=14, weight_kg=50),
        row("diagnoses", "1", diagnosis="systemic lupus erythematosus", role="index", icd10=computed("M32", "code")),
        row(
            "administrations",
            "1",
            1,
            route="intravenous",
            count=said(2, place(quote="two infusions")),
            dose_cells=said(100_000_000, place(quote="10 to the 8 cells"), unit="cells"),
            dose_value=said(100_000_000, place(quote="10 to the 8 cells"), unit="cells"),
            dose_unit="cells",
            dose_basis="per_administration",
            total_cells_derived=computed(200_000_000, "100000000 cells × 2"),
            administration=computed(1, "order of the paper"),
        ),
        row(
            "outcomes",
            "1",
            1,
            measure="SLEDAI-2K",
            phase="pre",
            value=said(6, place(quote="SLEDAI was 6")),
            better=computed("lower", "direction"),
        ),
        row("adverse_events", "1", event=said("fever", place(quote="no fever")), present=True),
        conflict("1", "PGA post", "1", "2", chosen="2"),
        values={"year": said(2020)},
        **changes,
    )


def find(record: CaseRecord, table: str) -> Any:
    return getattr(record, table)[0]


def apply(schema: Schema, record: CaseRecord, *decisions: Decision) -> Applied:
    return apply_decisions([record], decisions, schema)


def tables_of(applied: Applied, schema: Schema) -> dict[str, Any]:
    return build_tables(applied.records, schema, applied.rows())


def test_without_decisions_nothing_changes(small_schema: Schema) -> None:
    record = paper()
    assert apply(small_schema, record).records == [record]


def test_an_accepted_value_is_marked(small_schema: Schema) -> None:
    record = paper()
    applied = apply(small_schema, record, on(find(record, "outcomes"), "value", "accept"))
    tables = tables_of(applied, small_schema)
    trail = tables["values"]
    score = trail[(trail["table"] == "outcomes") & (trail["field"] == "value")]
    assert list(zip(score["value"], score["review"], score["reviewer"], score["basis"], strict=True)) == [
        ("6", "accepted", "ana", "stated")
    ]
    assert list(tables["decisions"]["state"]) == ["applied"]
    assert list(tables["evidence"]["review"]) == ["partly"]


def test_a_corrected_value_is_shown_and_the_first_one_kept_in_the_trail(small_schema: Schema) -> None:
    record = paper()
    applied = apply(small_schema, record, on(find(record, "outcomes"), "value", "correct", new_value="8"))
    tables = tables_of(applied, small_schema)
    assert list(tables["outcomes"]["value"]) == ["8"]
    trail = tables["values"]
    score = trail[(trail["table"] == "outcomes") & (trail["field"] == "value")]
    assert list(zip(score["value"], score["basis"], score["shown"], score["review"], strict=True)) == [
        ("8", "reviewed", "yes", "corrected"),
        ("6", "stated", "no", "corrected"),
    ]
    assert set(score["quote"]) == {"SLEDAI was 6"}


def test_a_correction_may_name_other_words(small_schema: Schema) -> None:
    record = paper()
    words = {"quote": "it was eight", "start": "40", "end": "52", "page": "3", "boxes": "3 1 2 30 12", "where": "table"}
    score = find(record, "outcomes")
    decision = on(score, "value", "correct", new_value="8", **words)
    applied = apply(small_schema, record, decision)
    assert applied.rows()[0]["state"] == "applied"
    value = find(applied.records[0], "outcomes").values["value"]
    (spot,) = value.provenance
    assert (spot.quote, spot.page, spot.boxes[0].x1, spot.where) == ("it was eight", 3, 30, "table")
    assert value.earlier is not None
    assert value.earlier.value == Decimal(6)


def test_a_rejected_value_leaves_an_empty_cell(small_schema: Schema) -> None:
    record = paper()
    applied = apply(small_schema, record, on(find(record, "patients"), "weight_kg", "reject"))
    tables = tables_of(applied, small_schema)
    assert list(tables["patients"]["weight_kg"]) == [""]
    trail = tables["values"]
    weight = trail[trail["field"] == "weight_kg"]
    assert list(zip(weight["value"], weight["shown"], weight["review"], strict=True)) == [("50", "no", "rejected")]


@pytest.mark.parametrize(("table", "field"), [("adverse_events", "event"), ("outcomes", "value")])
def test_who_rejects_what_a_row_says_rejects_the_row(small_schema: Schema, table: str, field: str) -> None:
    record = paper()
    tables = tables_of(apply(small_schema, record, on(find(record, table), field, "reject")), small_schema)
    assert len(tables[table]) == 0
    trail = tables["values"][tables["values"]["table"] == table]
    assert len(trail) == len(find(record, table).values)
    assert set(trail["review"]) == {"rejected"}
    assert set(trail["shown"]) == {"no"}


def test_a_corrected_dose_takes_its_total_with_it(schema: Schema) -> None:
    record = paper()
    given_ = find(record, "administrations")
    tables = tables_of(apply(schema, record, on(given_, "dose_cells", "correct", new_value="30000000")), schema)
    (shown,) = tables["administrations"].to_dict("records")
    assert (shown["dose_cells"], shown["dose_value"], shown["total_cells_derived"]) == (
        "30000000",
        "30000000",
        "60000000",
    )
    assert shown["cells_per_kg_derived"] == "600000"


def test_a_dose_that_was_rejected_has_no_total(schema: Schema) -> None:
    record = paper()
    tables = tables_of(apply(schema, record, on(find(record, "administrations"), "dose_cells", "reject")), schema)
    (shown,) = tables["administrations"].to_dict("records")
    assert (shown["dose_cells"], shown["total_cells_derived"]) == ("", "")


def test_a_corrected_diagnosis_takes_its_own_code(schema: Schema) -> None:
    record = paper()
    disease = find(record, "diagnoses")
    right = on(disease, "diagnosis", "correct", new_value="juvenile dermatomyositis")
    (shown,) = tables_of(apply(schema, record, right), schema)["diagnoses"].to_dict("records")
    assert (shown["diagnosis"], shown["icd10"]) == ("juvenile dermatomyositis", "M33.0")
    unknown = on(disease, "diagnosis", "correct", new_value="a disease of its own")
    (shown,) = tables_of(apply(schema, record, unknown), schema)["diagnoses"].to_dict("records")
    assert (shown["diagnosis"], shown["icd10"]) == ("a disease of its own", "")


PLACE = {"quote": "ESR fell to 12", "start": "700", "end": "714", "page": "3", "boxes": "3 10 20 90 30"}


def test_a_missing_value_is_added_to_its_row(small_schema: Schema) -> None:
    record = paper()
    add = on(find(record, "patients"), "follow_up_months", "add", new_value="12", **PLACE)
    tables = tables_of(apply(small_schema, record, add), small_schema)
    assert list(tables["patients"]["follow_up_months"]) == ["12"]
    trail = tables["values"]
    added = trail[trail["field"] == "follow_up_months"]
    assert list(zip(added["page"], added["quote"], added["basis"], added["rule"], strict=True)) == [
        ("3", "ESR fell to 12", "reviewed", "review.add")
    ]


def test_a_missing_row_is_added_with_all_its_values(small_schema: Schema) -> None:
    record = paper()
    cells = {"measure": "ESR", "value": "12", "phase": "post"}
    adds = [
        decide("add", table="outcomes", record="abcdef0123", field=field, new_value=value, **PLACE)
        for field, value in cells.items()
    ]
    tables = tables_of(apply(small_schema, record, *adds), small_schema)
    last = tables["outcomes"].to_dict("records")[-1]
    assert {name: last[name] for name in cells} == cells
    assert (last["outcome"], last["where"], last["record"]) == ("2", "narrative", "abcdef0123")


@pytest.mark.parametrize(
    ("cells", "state", "reason"),
    [
        ({"quote": ""}, "waiting", "names no words"),
        ({"quote": "ESR fell to 12"}, "waiting", "have not been found"),
        ({**PLACE, "new_value": "a year"}, "waiting", "'a year' is not a number"),
        ({**PLACE, "field": "shoe_size"}, "stale", "no column 'shoe_size'"),
        ({**PLACE, "table": "shoes"}, "waiting", "no table 'shoes'"),
        ({**PLACE, "table": "outcomes", "record": "abcdef0123", "field": "value"}, "stale", "not found any more"),
    ],
)
def test_what_cannot_be_pointed_at_or_held_is_not_in_the_table(
    small_schema: Schema, cells: dict[str, str], state: str, reason: str
) -> None:
    record = paper()
    person = find(record, "patients")
    about = {"table": "patients", "record": person.id, "field": "follow_up_months", "new_value": "12"}
    add = decide("add", **{**about, **cells})
    applied = apply(small_schema, record, add)
    (told,) = applied.rows()
    assert told["state"] == state
    assert reason in told["reason"]
    assert applied.records[0].patients == record.patients
    assert [issue.reason for issue in applied.records[0].issues] == [f"decision_{state}"]


def test_a_decision_on_a_value_that_has_changed_is_stale(small_schema: Schema) -> None:
    before, now = paper(), paper()
    score = find(before, "outcomes")
    changed = score.model_copy(update={"values": {**score.values, "value": said(7, place(quote="SLEDAI was 6"))}})
    now = now.model_copy(update={"outcomes": (changed,)})
    for action in ("accept", "reject"):
        applied = apply(small_schema, now, on(score, "value", action))
        assert (applied.rows()[0]["state"], applied.rows()[0]["reason"]) == ("stale", "the program now finds 7")
        assert applied.records[0].outcomes == now.outcomes
    applied = apply(small_schema, now, on(score, "value", "correct", new_value="8"))
    assert (applied.rows()[0]["state"], find(applied.records[0], "outcomes").value("value")) == ("applied", Decimal(8))
    applied = apply(small_schema, now, on(score, "value", "correct", new_value="7"))
    value = find(applied.records[0], "outcomes").values["value"]
    assert (value.review, value.earlier) == ("accepted", None)


def test_a_decision_finds_its_value_by_the_words_when_the_id_has_moved(small_schema: Schema) -> None:
    before = paper()
    decision = on(find(before, "outcomes"), "value", "correct", new_value="8")
    moved = find(before, "outcomes").model_copy(update={"id": "fedcba9876"})
    other = row("outcomes", "1", 2, measure="SLEDAI-2K", value=said(6, place(quote="again 6")))
    now = before.model_copy(update={"outcomes": (other, moved)})
    applied = apply(small_schema, now, decision)
    assert [r.value("value") for r in applied.records[0].outcomes] == [Decimal(6), Decimal(8)]
    gone = before.model_copy(update={"outcomes": (other,)})
    applied = apply(small_schema, gone, decision)
    assert applied.rows()[0]["state"] == "stale"
    assert applied.records[0].outcomes == gone.outcomes


def test_a_paper_that_has_changed_makes_decisions_stale_and_one_not_given_leaves_them_be(small_schema: Schema) -> None:
    record = paper()
    kept = on(find(record, "outcomes"), "value", "accept")
    other = kept.model_copy(update={"sha256": digest("another file")})
    away = other.model_copy(update={"document": "b", "decision": "0123456789"})
    applied = apply(small_schema, record, other, away)
    assert [told["state"] for told in applied.rows()] == ["stale", "elsewhere"]


def test_reviewers_who_differ_leave_the_value_to_an_adjudicator(small_schema: Schema) -> None:
    record = paper()
    score = find(record, "outcomes")
    ana = on(score, "value", "accept")
    eve = on(score, "value", "correct", new_value="8", reviewer="eve")
    applied = apply(small_schema, record, ana, eve)
    assert [told["state"] for told in applied.rows()] == ["disputed", "disputed"]
    assert "ana: 6, eve: 8" in applied.rows()[0]["reason"]
    assert find(applied.records[0], "outcomes").values["value"].review == "unreviewed"
    judge = on(score, "value", "correct", new_value="8", reviewer="kim", via="adjudication")
    applied = apply(small_schema, record, ana, eve, judge)
    assert [told["state"] for told in applied.rows()] == ["superseded", "superseded", "applied"]
    value = find(applied.records[0], "outcomes").values["value"]
    assert (value.value, value.reviewer) == (Decimal(8), "kim")


def test_reviewers_who_agree_are_both_named(small_schema: Schema) -> None:
    record = paper()
    score = find(record, "outcomes")
    applied = apply(
        small_schema, record, on(score, "value", "accept"), on(score, "value", "accept", reviewer="eve", number=2)
    )
    assert find(applied.records[0], "outcomes").values["value"].reviewer == "ana; eve"


def test_a_settled_conflict_says_so(small_schema: Schema) -> None:
    record = paper()
    clash = record.conflicts[0]
    decision = decide("settle", table="conflicts", record=clash.id, field="chosen", old_value="2", new_value="1")
    tables = tables_of(apply(small_schema, record, decision), small_schema)
    (shown,) = tables["conflicts"].to_dict("records")
    assert (shown["chosen"], shown["review"], shown["reviewer"]) == ("1", "corrected", "ana")
    sides = tables["values"][tables["values"]["table"] == "conflicts"]
    assert list(sides["review"]) == ["accepted", "rejected"]
    assert list(tables["evidence"]["conflicts"]) == ["1: PGA post: 1 or 2 (settled: 1)"]
    moved = decision.model_copy(update={"record": "0000000000", "quote": "it was 1"})
    assert apply(small_schema, record, moved).rows()[0]["state"] == "applied"
    lost = decision.model_copy(update={"new_value": "3"})
    assert apply(small_schema, record, lost).rows()[0]["state"] == "stale"


def test_a_fact_of_the_paper_can_be_corrected(small_schema: Schema) -> None:
    record = paper()
    decision = decide(
        "correct", patient="", table="documents", field="year", old_value="2020", new_value="2021", record="x"
    )
    tables = tables_of(apply(small_schema, record, decision), small_schema)
    assert list(tables["documents"]["year"]) == ["2021"]


def test_looked_for_and_not_reported_changes_no_cell(small_schema: Schema) -> None:
    record = paper()
    applied = apply(small_schema, record, on(find(record, "patients"), "follow_up_months", "absent"))
    assert applied.records == [record]
    assert applied.rows()[0]["state"] == "applied"
    there = apply(small_schema, record, on(find(record, "patients"), "sex", "absent", old_value=""))
    assert there.rows()[0]["state"] == "stale"


def test_what_a_blind_extractor_read_is_not_applied(small_schema: Schema) -> None:
    record = paper()
    applied = apply(small_schema, record, on(find(record, "outcomes"), "value", "extract", new_value="9", old_value=""))
    assert applied.records[0].outcomes == record.outcomes
    assert applied.rows()[0]["state"] == "noted"


def test_a_rejected_patient_takes_everything_along(small_schema: Schema) -> None:
    record = paper()
    person = find(record, "patients")
    decisions = [on(person, field, "reject") for field in person.values]
    tables = tables_of(apply(small_schema, record, *decisions), small_schema)
    for name in ("patients", "diagnoses", "administrations", "outcomes", "adverse_events", "evidence"):
        assert len(tables[name]) == 0, name
    assert list(tables["documents"]["patients_found"]) == ["0"]


@settings(max_examples=40, deadline=None)
@given(st.permutations(range(4)))
def test_the_order_of_decisions_on_different_values_makes_no_difference(order: list[int]) -> None:
    from extract.schema import load_schema

    schema = load_schema(ROOT / "schemas")
    record = paper()
    decisions = [
        on(find(record, "outcomes"), "value", "correct", new_value="8"),
        on(find(record, "administrations"), "dose_cells", "correct", new_value="5000000"),
        on(find(record, "administrations"), "count", "correct", new_value="3"),
        on(find(record, "adverse_events"), "event", "reject"),
    ]
    there = apply_decisions([record], [decisions[i] for i in order], schema).records
    assert there == apply_decisions([record], decisions, schema).records
    assert there[0].administrations[0].value("total_cells_derived") == Decimal(15_000_000)


def test_a_value_keeps_its_law_after_review() -> None:
    with pytest.raises(ValueError, match="neither value nor place"):
        Reported(status="not_reported", value="x", provenance=(place(),), review="rejected")


def test_a_run_applies_the_decisions_of_the_folder(tmp_path: Path, sample: Path) -> None:
    paper_file = sample / "04_osteonecrosis_hip_knee.pdf"
    out = tmp_path / "out"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}

    def run() -> str:
        done = subprocess.run(
            [sys.executable, "-m", "extract", "run", str(paper_file), "-o", str(out)],
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env=environment,
            check=True,
        )
        return done.stdout

    from extract.evidence import read_table

    run()
    values = read_table(out / "values.csv")
    value = values[(values["field"] == "value") & (values["shown"] == "yes")].iloc[0]
    document = read_table(out / "documents.csv").iloc[0]
    decision = Decision(
        decision=decision_id("x"),
        when=WHEN,
        reviewer="ana",
        action="correct",
        document=document["document"],
        sha256=document["sha256"],
        patient=value["patient"],
        table=value["table"],
        record=value["record"],
        field="value",
        old_value=value["value"],
        new_value="1.25",
        quote=" ".join(value["quote"].split()),
        via="page",
    )
    append_decisions(tmp_path / "corpus" / "decisions", "ana", [decision])
    told = run()
    assert "1 decision: 1 applied (decisions.csv says why)." in told
    outcomes = read_table(out / "outcomes.csv")
    assert "1.25" in set(outcomes["value"])
    before = (tmp_path / "corpus" / "decisions" / "ana.csv").read_bytes()
    first = (out / "values.csv").read_bytes()
    run()
    assert (out / "values.csv").read_bytes() == first
    assert (tmp_path / "corpus" / "decisions" / "ana.csv").read_bytes() == before


def test_a_broken_decisions_file_stops_the_run_before_anything_is_written(tmp_path: Path, sample: Path) -> None:
    (tmp_path / "decisions").mkdir()
    (tmp_path / "decisions" / "ana.csv").write_text("x\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "extract", "run", str(sample), "-o", str(tmp_path / "out"), "--decisions", "decisions"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        check=False,
    )
    assert done.returncode == 2
    assert "decisions/ana.csv:1: not a file of decisions" in done.stderr
    assert not (tmp_path / "out").exists()
