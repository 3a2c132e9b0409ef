"""Corrections that come back from Excel, LibreOffice or pandas: each becomes a decision or is reported, none twice."""

from __future__ import annotations

import csv
import io
import os
import random
import re
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from linking import paper
from reviewing import record_of, two_patients, write_outputs
from typer.testing import CliRunner, Result
from written import digest, place
from written import said as said_so

from extract.cli import app
from extract.evidence import read_table
from extract.evidence.applying import apply_decisions
from extract.evidence.decisions import Decision, DecisionError, append_decisions, read_decisions
from extract.evidence.files import csv_bytes, read_baseline
from extract.evidence.workbook import Links, write_workbook
from extract.model import Document
from extract.review.filing import ruling
from extract.review.importing import Report, as_text, import_file, unmatched_path
from extract.review.papers import PaperMissing
from extract.review.sheets import TABLES, WrongFile, read_file, same_id
from extract.review.spelling import Spelling
from extract.schema import Schema

NOWHERE = Links(lambda _digest, _page: "", lambda _digest: "")
GIVEN_1 = record_of("administrations", "1", 1)
GIVEN_2 = record_of("administrations", "2", 1)
GIVEN_3 = record_of("administrations", "2", 2)
SCORE = record_of("outcomes", "1", 2)
TEXT = paper(
    [
        ("case", "The boy weighed 31.5 kg and received 5 mL into the knee. He was 9 years old. A rash followed."),
        ("results", "The volume was 5 mL."),
    ]
)


def find(sha256: str, name: str) -> Document:
    assert (sha256, name) == (digest("series"), "series")
    return TEXT


class Office:
    """A run, the workbook and the CSV files that a person edits, and the folder of decisions."""

    def __init__(self, folder: Path, schema: Schema, outputs: Path | None = None) -> None:
        self.schema, self.folder = schema, folder
        self.decisions = folder / "decisions"
        self.outputs = outputs or write_outputs(folder / "out", schema)
        self.write_book()

    def write_book(self) -> None:
        tables = {name: read_baseline(self.outputs, name) for name in self.schema.tables}
        self.book = self.folder / "evidence.xlsx"
        write_workbook(tables, self.schema, self.book, links=NOWHERE, run={})

    def bring(self, file: Path | None = None, reviewer: str = "ana", **more: Any) -> Report:
        more = {"finder": find, **more}
        now = datetime(2026, 3, 1, 9, tzinfo=UTC)
        return import_file(
            file or self.book, self.outputs, self.schema, self.decisions, reviewer, now=lambda: now, **more
        )

    def edit(self, *changes: tuple[str, str, str, Any]) -> None:
        """Type into cells of the workbook: sheet, record (or value_id, conflict), column, value."""
        book = openpyxl.load_workbook(self.book)
        for sheet, key, column, value in changes:
            cell_of(book[sheet], key, column).value = value
        book.save(self.book)

    def table(self, name: str) -> list[list[str]]:
        with (self.outputs / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.reader(file))

    def write_csv(self, name: str, rows: list[list[str]], *, file: str = "", **form: Any) -> Path:
        encoding = form.pop("encoding", "utf-8")
        out = io.StringIO()
        csv.writer(out, **{"lineterminator": "\n", **form}).writerows(rows)
        path = self.folder / (file or f"{name}.csv")
        path.write_bytes(out.getvalue().encode(encoding, errors="replace"))
        return path

    def edit_csv(self, name: str, *changes: tuple[str, str, str], **form: Any) -> Path:
        rows = self.table(name)
        key = {"values": "value_id", "conflicts": "conflict", "documents": "document"}.get(name, "record")
        for record, column, value in changes:
            if column not in rows[0]:
                rows[0].append(column)
                for row in rows[1:]:
                    row.append("")
            line = next(row for row in rows[1:] if row[rows[0].index(key)] == record)
            line[rows[0].index(column)] = value
        return self.write_csv(name, rows, **form)


def cell_of(sheet: Any, key: str, column: str) -> Any:
    head = [cell.value for cell in sheet[1]]
    keys = [head.index(name) for name in ("value_id", "record", "conflict") if name in head]
    row = next(row for row in sheet.iter_rows(min_row=2) if any(row[index].value == key for index in keys))
    return row[head.index(column)]


@pytest.fixture
def office(tmp_path: Path, schema: Schema) -> Office:
    return Office(tmp_path, schema)


def said(report: Report) -> list[tuple[str, str, str, str, str]]:
    return [(d.action, d.table, d.field, d.old_value, d.new_value) for _, d in report.made]


def reasons(report: Report) -> str:
    return "\n".join(item.reason for item in report.refused)


# --- what a person types


def test_a_typed_over_value_is_a_correction_with_the_words_it_stood_in(office: Office) -> None:
    office.edit(("administrations", GIVEN_1, "count", 3), ("administrations", GIVEN_1, "why", "table 2 says three"))
    report = office.bring()
    assert said(report) == [("correct", "administrations", "count", "2", "3")]
    decision = report.made[0][1]
    assert decision in read_decisions(office.decisions)
    assert (decision.reviewer, decision.via, decision.why) == ("ana", "workbook", "table 2 says three")
    assert (decision.document, decision.sha256, decision.patient) == ("series", digest("series"), "1")
    assert (decision.quote, decision.page, decision.where) == ("count was 2", "2", "narrative")
    assert decision.start == "107"
    assert decision.when == "2026-03-01T09:00:00Z"


def test_an_emptied_cell_is_a_rejection_and_a_filled_one_with_words_an_addition(office: Office) -> None:
    office.edit(
        ("administrations", GIVEN_1, "tissue", None),
        ("administrations", GIVEN_2, "volume_ml", 5),
        ("administrations", GIVEN_2, "words", "received 5 ml into the knee"),
    )
    report = office.bring()
    assert said(report) == [
        ("reject", "administrations", "tissue", "umbilical cord", ""),
        ("add", "administrations", "volume_ml", "", "5"),
    ]
    added = report.made[1][1]
    assert added.quote == "received 5 mL into the knee"
    assert TEXT.text[int(added.start) : int(added.end)] == added.quote
    assert not report.waiting


@pytest.mark.parametrize(
    ("words", "finder", "told"),
    [
        ("", find, "give the paper's words"),
        ("received 7 mL", find, "does not stand in the paper"),
        ("received 5 mL", None, "the paper is not there"),
    ],
)
def test_an_addition_without_words_that_are_found_is_kept_and_waits(
    office: Office, words: str, finder: Any, told: str
) -> None:
    def missing(sha256: str, name: str) -> Document:
        raise PaperMissing("the paper is not there")

    office.edit(("administrations", GIVEN_2, "volume_ml", "5"), ("administrations", GIVEN_2, "words", words))
    report = office.bring(finder=finder or missing)
    decision = report.made[0][1]
    assert (decision.action, decision.quote, decision.start) == ("add", words, "")
    assert told in report.waiting[0].reason
    assert "not applied before the paper's words are found" in as_text(report)
    states = [fate.state for _, fate in apply_decisions([two_patients()], [decision], office.schema).fates]
    assert states == ["waiting"]


def test_words_given_later_complete_an_addition(office: Office) -> None:
    office.edit(("administrations", GIVEN_2, "volume_ml", "5"))
    office.bring()
    office.edit(("administrations", GIVEN_2, "words", "received 5 mL"))
    report = office.bring()
    assert [d.start != "" for d in read_decisions(office.decisions)] == [False, True]
    assert not report.waiting
    assert office.bring().made == []


def test_words_at_several_places_are_taken_at_the_first_and_that_is_told(office: Office) -> None:
    office.edit(("administrations", GIVEN_2, "volume_ml", "5"), ("administrations", GIVEN_2, "words", "5 mL"))
    report = office.bring()
    assert report.made[0][1].start == str(TEXT.text.index("5 mL"))
    assert any("2 places" in note for note in report.notes)


def test_the_review_column_of_a_row_accepts_rejects_or_says_absent(office: Office) -> None:
    office.edit(
        ("administrations", GIVEN_1, "review", "accept"),
        ("administrations", GIVEN_2, "review", "reject"),
        ("outcomes", SCORE, "review", "absent"),
        ("patients", record_of("patients", "1"), "review", "Accept"),
        ("patients", record_of("patients", "1"), "sex", "male"),
    )
    report = office.bring()
    by_row: dict[str, list[str]] = {}
    for _, decision in report.made:
        by_row.setdefault(decision.record, []).append(f"{decision.action} {decision.field}")
    assert {"accept count", "accept route", "accept dose_cells", "accept tissue"} <= set(by_row[GIVEN_1])
    assert all(text.startswith("accept") for text in by_row[GIVEN_1])
    assert {"reject count", "reject route"} <= set(by_row[GIVEN_2])
    assert {"absent unit", "absent rater", "absent timepoint"} <= set(by_row[SCORE])
    assert not any(name in text for text in by_row[SCORE] for name in ("measure", "_derived", "document"))
    patient = by_row[record_of("patients", "1")]
    assert "correct sex" in patient
    assert "accept age_treatment_years" in patient
    applied = apply_decisions([two_patients()], [d for _, d in report.made], office.schema)
    assert applied.states() == {"applied": len(report.made)}


def test_a_conflict_is_settled_by_a_letter_or_by_its_value(office: Office) -> None:
    id = read_baseline(office.outputs, "conflicts").iloc[0]["conflict"]
    office.edit(("conflicts", id, "review", "b"))
    first = office.bring()
    assert said(first) == [("settle", "conflicts", "chosen", "4", "5")]
    assert (first.made[0][1].quote, first.made[0][1].where) == ("5 in the table", "table")
    second = office.bring(office.edit_csv("conflicts", (id, "chosen", "5")), reviewer="bo")
    assert said(second) == said(first)
    third = office.bring(office.edit_csv("conflicts", (id, "chosen", "6")), reviewer="cy")
    assert third.made == []
    assert "one of its sides: 4 or 5" in reasons(third)


def test_values_are_corrected_accepted_and_rejected_in_values(office: Office) -> None:
    path = office.edit_csv(
        "values",
        (f"{GIVEN_1}.count", "value", "3"),
        (f"{GIVEN_1}.tissue", "review", "accepted"),
        (f"{GIVEN_2}.route", "review", "rejected"),
        (f"{GIVEN_3}.cells_per_kg", "value", ""),
    )
    report = office.bring(path)
    assert said(report) == [
        ("correct", "administrations", "count", "2", "3"),
        ("accept", "administrations", "tissue", "umbilical cord", ""),
        ("reject", "administrations", "route", "intra-articular", ""),
        ("reject", "administrations", "cells_per_kg", "2000000", ""),
    ]
    assert {d.via for _, d in report.made} == {"csv"}


def test_new_words_in_the_quote_of_values_go_with_the_new_value(office: Office) -> None:
    id = record_of("patients", "2") + ".weight_kg"
    path = office.edit_csv("values", (id, "value", "31"), (id, "quote", "The boy weighed 31.5 kg"))
    decision = office.bring(path).made[0][1]
    assert (decision.new_value, decision.quote) == ("31", "The boy weighed 31.5 kg")
    assert decision.start == "0"


def test_facts_of_the_paper_are_corrected_in_documents(office: Office) -> None:
    report = office.bring(
        office.edit_csv("documents", ("series", "title", "Cells for three"), ("series", "pages", "9"))
    )
    assert said(report) == [("correct", "documents", "title", "Cells for two – “10⁶” each", "Cells for three")]
    assert report.made[0][1].patient == ""
    assert "pages is no value that can be corrected" in reasons(report)


# --- new rows


def add_row(office: Office, sheet: str, **cells: Any) -> None:
    book = openpyxl.load_workbook(office.book)
    head = [cell.value for cell in book[sheet][1]]
    book[sheet].append([cells.get(name) for name in head])
    book.save(office.book)


def test_a_typed_row_becomes_a_row_of_its_own_and_its_values_share_an_id(office: Office) -> None:
    add_row(
        office, "adverse_events", document="series", patient="2", event="rash", present=True, words="A rash followed"
    )
    report = office.bring()
    assert said(report) == [
        ("add", "adverse_events", "event", "", "rash"), ("add", "adverse_events", "present", "", "true")
    ]  # fmt: skip
    records = {d.record for _, d in report.made}
    assert len(records) == 1
    assert re.fullmatch("[0-9a-f]{10}", records.pop())
    tables = apply_decisions([two_patients()], [d for _, d in report.made], office.schema)
    assert [row.value("event") for row in tables.records[0].adverse_events] == ["fever", "rash"]


def test_a_typed_row_is_the_same_row_when_the_file_comes_again_with_more_in_it(office: Office) -> None:
    cells = {"document": "series", "patient": "2", "event": "rash", "words": "A rash followed"}
    add_row(office, "adverse_events", **cells)
    first = office.bring().made[0][1].record
    book = openpyxl.load_workbook(office.book)
    sheet = book["adverse_events"]
    sheet.cell(sheet.max_row, [c.value for c in sheet[1]].index("present") + 1).value = "true"
    book.save(office.book)
    again = office.bring()
    assert [(d.field, d.record) for _, d in again.made] == [("present", first)]
    assert again.again == 1


def test_two_rows_typed_alike_are_two_rows(office: Office) -> None:
    for _ in range(2):
        add_row(office, "adverse_events", document="series", patient="2", event="rash", words="A rash followed")
    report = office.bring()
    assert len({d.record for _, d in report.made}) == 2
    assert office.bring().made == []


def test_a_row_for_a_new_patient_needs_the_patient(office: Office) -> None:
    add_row(office, "adverse_events", document="series", patient="3", event="rash", words="A rash followed")
    assert "no patient '3' (it has 1, 2)" in reasons(office.bring())
    add_row(office, "patients", document="series", patient="3", sex="male", words="The boy")
    assert {d.table for _, d in office.bring().made} == {"patients", "adverse_events"}


@pytest.mark.parametrize(
    ("sheet", "cells", "told"),
    [
        (
            "adverse_events",
            {"document": "serie", "patient": "2", "event": "rash"},
            "'serie' is not a document of this run",
        ),
        ("adverse_events", {"patient": "2", "event": "rash"}, "does not say of which document"),
        ("adverse_events", {"document": "series", "event": "rash"}, "does not say of which patient"),
        ("adverse_events", {"document": "series", "patient": "2", "present": "true"}, "a new row needs event"),
        ("patients", {"document": "series", "patient": "2", "sex": "male"}, "patient 2 is there already"),
        ("conflicts", {"document": "series", "patient": "2", "value_a": "1"}, "cannot be added"),
        ("values", {"document": "series", "patient": "2", "value": "1"}, "type the value into the sheet of its table"),
    ],
)
def test_a_row_that_cannot_be_added_is_reported(office: Office, sheet: str, cells: dict[str, str], told: str) -> None:
    add_row(office, sheet, **cells)
    report = office.bring()
    assert report.made == []
    assert told in reasons(report)
    assert report.refused[0].spot.sheet == sheet


# --- what cannot be imported is reported


@pytest.mark.parametrize(
    ("sheet", "key", "column", "value", "told"),
    [
        ("administrations", GIVEN_1, "route", "intravenus", "Did you mean 'intravenous'? Allowed: the "),
        ("administrations", GIVEN_1, "dose_basis", "each", "Allowed: per_administration, total, unclear"),
        ("administrations", GIVEN_1, "count", "2.5", "whole number"),
        ("administrations", GIVEN_1, "dose_cells", "lots", "not a plain number in cells"),
        ("patients", record_of("patients", "1"), "age_treatment_years", "18 months", "would be 1.5 years"),
        ("patients", record_of("patients", "1"), "weight_kg", "1,500", "Is it 1500 or 1.500?"),
        ("patients", record_of("patients", "1"), "age_treatment_years", "1400", "more than 130 years"),
        ("patients", record_of("patients", "1"), "sex", "n/a", "choose absent"),
        ("outcomes", SCORE, "value", "400", "outside 0–105"),
        ("diagnoses", record_of("diagnoses", "1"), "icd10", "lupus", "a code like M32.1"),
        ("administrations", GIVEN_1, "document", "other", "cannot be moved to another patient"),
        ("administrations", GIVEN_1, "patient", "2", "cannot be moved to another patient"),
        ("administrations", GIVEN_1, "as_written", "two", "no value that can be corrected"),
        ("administrations", GIVEN_1, "record", "0123456789", "is not of this run"),
        ("administrations", GIVEN_1, "review", "maybe", "Choose accept, reject or absent"),
        ("administrations", GIVEN_1, "review", "correct", "nothing is changed in this row"),
        ("values", f"{GIVEN_1}.count", "value_id", "x.count", "is not of this run"),
        ("values", f"{GIVEN_1}.count", "rule", "mine", "only value, review, words and why"),
        ("conflicts", "conflict", "quote_a", "else", "stays as the paper has it"),
    ],
)  # fmt: skip
def test_what_cannot_stand_is_reported_with_its_cell_and_not_imported(
    office: Office, sheet: str, key: str, column: str, value: str, told: str
) -> None:
    if key == "conflict":
        key = read_baseline(office.outputs, "conflicts").iloc[0]["conflict"]
    book = openpyxl.load_workbook(office.book)
    cell = cell_of(book[sheet], key, column)
    cell.value = value
    book.save(office.book)
    report = office.bring()
    assert report.made == []
    assert told in reasons(report)
    refused = next(item for item in report.refused if told in item.reason)
    assert (refused.spot.sheet, refused.spot.row) == (sheet, cell.row)
    listed = read_table(unmatched_path(office.book))
    assert told in " ".join(listed["reason"])
    assert f"{sheet} row {cell.row}, " in as_text(report)


def test_a_score_outside_its_scale_stands_when_the_paper_prints_it(office: Office) -> None:
    office.edit(("outcomes", SCORE, "value", "400"), ("outcomes", SCORE, "words", "SLEDAI-2K of 400"))
    assert said(office.bring()) == [("correct", "outcomes", "value", "4", "400")]


def test_one_bad_cell_does_not_keep_the_others_of_its_row(office: Office) -> None:
    office.edit(("administrations", GIVEN_1, "route", "xx"), ("administrations", GIVEN_1, "count", 4))
    report = office.bring()
    assert said(report) == [("correct", "administrations", "count", "2", "4")]
    assert len(report.refused) == 1


def test_two_sheets_that_ask_for_different_values_are_reported_and_agreeing_ones_count_once(office: Office) -> None:
    office.edit(("administrations", GIVEN_1, "count", 3), ("values", f"{GIVEN_1}.count", "value", 4))
    report = office.bring()
    assert report.made == []
    assert "values row" in reasons(report)
    assert "asks for another value (4)" in reasons(report)
    office.edit(("values", f"{GIVEN_1}.count", "value", 3))
    assert len(office.bring().made) == 1


def test_a_sheet_for_reading_that_was_changed_is_reported(office: Office) -> None:
    book = openpyxl.load_workbook(office.book)
    head = [cell.value for cell in book["evidence"][1]]
    book["evidence"].cell(3, head.index("sex") + 1).value = "other"
    book.save(office.book)
    report = office.bring()
    assert report.made == []
    assert [(item.spot, item.before, item.value) for item in report.refused] == [
        (("evidence", 3, "sex"), "male", "other")
    ]  # fmt: skip
    assert "Correct the sheet of the table instead" in reasons(report)


def test_corrections_of_a_paper_whose_file_has_changed_since_are_reported(office: Office) -> None:
    office.edit(("administrations", GIVEN_1, "count", 3))
    record = two_patients()
    paper = record.paper.model_copy(update={"sha256": digest("another file")})
    write_outputs(office.outputs, office.schema, record.model_copy(update={"paper": paper}))
    report = office.bring()
    assert report.made == []
    assert "the file of series has changed since" in reasons(report)


def test_a_value_emptied_in_one_sheet_and_accepted_in_another_is_reported(office: Office) -> None:
    office.edit(("administrations", GIVEN_1, "tissue", None), ("values", f"{GIVEN_1}.tissue", "review", "accept"))
    report = office.bring()
    assert report.made == []
    assert "asks for another value (umbilical cord)" in reasons(report)


def test_a_row_rejected_and_changed_at_once_is_reported(office: Office) -> None:
    office.edit(("administrations", GIVEN_1, "review", "reject"), ("administrations", GIVEN_1, "count", 3))
    report = office.bring()
    assert report.made == []
    assert "rejected and changed at the same time" in reasons(report)


def test_a_deleted_row_rejects_nothing_and_is_reported(office: Office) -> None:
    book = openpyxl.load_workbook(office.book)
    sheet = book["adverse_events"]
    sheet.delete_rows(2)
    book.save(office.book)
    report = office.bring()
    assert report.made == []
    assert [item.spot.sheet for item in report.deleted] == []  # the paper has no other row in this sheet
    assert any("adverse_events: 1 document of the run not in it" in note for note in report.notes)
    sheet = book["administrations"]
    sheet.delete_rows(2)
    book.save(office.book)
    report = office.bring()
    assert [item.about["record"] for item in report.deleted] == [GIVEN_1]
    assert "1 gone from the file" in as_text(report)
    assert list(read_table(unmatched_path(office.book))["record"]) == [GIVEN_1]


def test_a_copied_row_that_keeps_its_id_is_reported_and_an_untouched_copy_is_not(office: Office) -> None:
    rows = office.table("administrations")
    copy = list(rows[1])
    path = office.write_csv("administrations", [*rows, copy])
    assert office.bring(path).refused == []
    copy[rows[0].index("count")] = "9"
    report = office.bring(office.write_csv("administrations", [*rows, copy]))
    assert report.made == []
    assert "stands in row 2 too" in reasons(report)


# --- what spreadsheets do to cells that nobody touched

Form = Callable[[Office, str], Path]


def as_written(office: Office, table: str) -> Path:
    return office.write_csv(table, office.table(table))


def european(office: Office, table: str) -> Path:
    rows = [[re.sub(r"^(\d+)\.(\d+)$", r"\1,\2", cell) for cell in row] for row in office.table(table)]
    return office.write_csv(table, rows, delimiter=";", lineterminator="\r\n", encoding="utf-8-sig")


def american(office: Office, table: str) -> Path:
    def mangled(cell: str) -> str:
        if cell in ("true", "false"):
            return cell.upper()
        return f"{float(cell):.2E}" if re.fullmatch(r"\d{7,12}", cell) else cell.removeprefix("'")

    rows = [[mangled(cell) for cell in row] for row in office.table(table)]
    path = office.write_csv(table, rows, lineterminator="\r\n")
    path.write_bytes(b"sep=,\r\n" + path.read_bytes())
    return path


def old_windows(office: Office, table: str) -> Path:
    return office.write_csv(table, office.table(table), encoding="cp1252")


def taken_for_windows(office: Office, table: str) -> Path:
    """UTF-8 without a mark at its beginning, opened as cp1252 and saved as UTF-8."""
    rows = [[cell.encode().decode("cp1252", errors="ignore") for cell in row] for row in office.table(table)]
    good = [
        [now if now.encode("cp1252") == was.encode() else was for was, now in zip(*pair, strict=True)]
        for pair in zip(office.table(table), rows, strict=True)
    ]  # fmt: skip
    return office.write_csv(table, good)


def unicode_text(office: Office, table: str) -> Path:
    return office.write_csv(table, office.table(table), delimiter="\t", encoding="utf-16")


def from_pandas(office: Office, table: str) -> Path:
    frame = pd.read_csv(office.outputs / f"{table}.csv")
    path = office.folder / f"{table}.csv"
    frame.sample(frac=1, random_state=1).to_csv(path, index=table != "values")
    return path


def rearranged(office: Office, table: str) -> Path:
    rows = office.table(table)
    chance = random.Random(5)
    order = list(range(len(rows[0])))
    chance.shuffle(order)
    body = rows[1:]
    chance.shuffle(body)
    turned = [[row[index] for index in order] + ["mine"] for row in [rows[0], *body]]
    turned[0][-1] = "my notes"
    return office.write_csv(table, [*turned, [""] * len(turned[0]), []])


def fewer_columns(office: Office, table: str) -> Path:
    rows = office.table(table)
    keep = [i for i, name in enumerate(rows[0]) if name in ("document", "patient", "record", "value_id", "conflict",
                                                            "sha256", "value", "count", "chosen")]  # fmt: skip
    return office.write_csv(table, [[row[index] for index in keep] for row in rows])


FORMS = [as_written, european, american, old_windows, taken_for_windows, unicode_text, from_pandas, rearranged,
         fewer_columns]  # fmt: skip


@pytest.fixture(scope="module")
def sample_office(schema: Schema, sample_out: Path, tmp_path_factory: pytest.TempPathFactory) -> Office:
    return Office(tmp_path_factory.mktemp("sample"), schema, sample_out)


def saved(office: Office, form: Form, table: str) -> tuple[list[tuple[str, str, str, str, str]], str, list[Any]]:
    report = office.bring(form(office, table))
    return said(report), reasons(report), report.deleted


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_saving_a_table_in_any_form_changes_nothing(office: Office, form: Form) -> None:
    for table in TABLES:
        assert saved(office, form, table) == ([], "", []), table


@pytest.mark.parametrize("form", [european, american, from_pandas], ids=lambda form: form.__name__)
def test_saving_the_tables_of_real_papers_changes_nothing(sample_office: Office, form: Form) -> None:
    for table in TABLES:
        assert saved(sample_office, form, table) == ([], "", []), table


def test_saving_the_workbook_changes_nothing(sample_office: Office) -> None:
    openpyxl.load_workbook(sample_office.book).save(sample_office.book)
    report = sample_office.bring()
    assert (said(report), reasons(report), report.deleted) == ([], "", [])


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__)
def test_a_correction_is_seen_in_any_form(office: Office, form: Form) -> None:
    rows = office.table("administrations")
    rows[1][rows[0].index("count")] = "5"
    (office.outputs / "administrations.csv").write_bytes(csv_text(rows))
    assert said(office.bring(form(office, "administrations"))) == [("correct", "administrations", "count", "2", "5")]


def csv_text(rows: list[list[str]]) -> bytes:
    return csv_bytes(pd.DataFrame(rows[1:], columns=rows[0], dtype=str))


def test_a_column_of_ids_that_was_deleted_is_made_up_for_by_the_number_of_the_row(office: Office) -> None:
    rows = office.table("administrations")
    index = rows[0].index("record")
    rows[1][rows[0].index("count")] = "7"
    report = office.bring(office.write_csv("administrations", [row[:index] + row[index + 1 :] for row in rows]))
    assert [(d.record, d.new_value) for _, d in report.made] == [(GIVEN_1, "7")]
    events = office.table("adverse_events")
    index = events[0].index("record")
    events[1][events[0].index("event")] = "chills"
    report = office.bring(office.write_csv("adverse_events", [row[:index] + row[index + 1 :] for row in events]))
    assert report.made == []
    assert "the column record is missing" in reasons(report)


def with_event(office: Office, **changes: Any) -> None:
    """A run whose adverse event has another id or other values."""
    record = two_patients()
    event = record.adverse_events[0].model_copy(update=changes)
    write_outputs(office.outputs, office.schema, record.model_copy(update={"adverse_events": (event,)}))


def test_a_row_whose_id_became_a_number_is_still_that_row(office: Office) -> None:
    with_event(office, id="0012345678")
    path = office.edit_csv("adverse_events", ("0012345678", "event", "rash"), ("0012345678", "record", "12345678"))
    assert [(d.record, d.new_value) for _, d in office.bring(path).made] == [("0012345678", "rash")]


def test_words_that_pandas_takes_for_nothing_are_no_change_where_nobody_corrects_and_asked_about_elsewhere(
    office: Office,
) -> None:
    none = said_so("None", place("series", quote="None"))
    with_event(office, values={"event": said_so("rash", place("series")), "as_written": none, "timing": none})
    for table, refused in (("adverse_events", ["timing"]), ("values", ["value"])):
        report = office.bring(from_pandas(office, table))
        assert report.made == []
        assert [item.spot.column for item in report.refused] == refused
        assert "pandas reads 'None' as an empty cell" in reasons(report)


@pytest.mark.parametrize(
    ("known", "text", "same"),
    [
        ("0012345678", "12345678", True), ("12345e6789", "1.23E+04", False), ("1234567e12", "1.234567E+18", True),
        ("1022789646", "1022789646", True), ("4700b5702e", "4700", False), ("12e4", "120001", False),
    ],
)  # fmt: skip
def test_an_id_that_a_spreadsheet_took_for_a_number_is_known_again(known: str, text: str, same: bool) -> None:
    assert same_id(known, text) is same


@pytest.mark.parametrize(
    ("table", "record", "column", "before", "now", "told"),
    [
        ("outcomes", SCORE, "value", "4", "04. Jan", "looks like a date"),
        ("outcomes", SCORE, "value", "4", "2026-04-01", "looks like a date"),
        ("patients", record_of("patients", "2"), "weight_kg", "31.5", "315", "lost the decimal point"),
        ("patients", record_of("patients", "2"), "weight_kg", "31.5", "#VALUE!", "an error of the spreadsheet"),
        ("administrations", GIVEN_1, "dose_cells", "34000000", "########", "an error of the spreadsheet"),
    ],
)
def test_what_a_spreadsheet_destroyed_is_reported_and_not_guessed(
    office: Office, table: str, record: str, column: str, before: str, now: str, told: str
) -> None:
    assert before in [row[office.table(table)[0].index(column)] for row in office.table(table)]
    report = office.bring(office.edit_csv(table, (record, column, now)))
    assert report.made == []
    assert told in reasons(report)


def test_a_cell_that_became_a_date_in_the_workbook_is_reported(office: Office) -> None:
    office.edit(
        ("outcomes", SCORE, "value", datetime(2026, 4, 1)), ("outcomes", SCORE, "timepoint", datetime(2026, 6, 1))
    )
    report = office.bring()
    assert report.made == []
    assert reasons(report).count("the spreadsheet made a date of it") == 2


def test_a_formula_without_its_result_is_no_emptied_cell(office: Office) -> None:
    office.edit(("administrations", GIVEN_1, "dose_cells", "=2*17000000"))
    report = office.bring()
    assert report.made == []
    assert "formula without its result" in reasons(report)


def test_a_decimal_comma_is_read_where_the_file_has_them_and_asked_about_elsewhere(office: Office) -> None:
    record = record_of("patients", "2")
    here = office.edit_csv("patients", (record, "weight_kg", "32,125"), delimiter=";")
    assert said(office.bring(here)) == [("correct", "patients", "weight_kg", "31.5", "32.125")]
    there = office.bring(office.edit_csv("patients", (record, "weight_kg", "32,125")), reviewer="bo")
    assert "Is it 32125 or 32.125?" in reasons(there)


EDITS = {
    "count": ("4", "17"), "route": ("intrathecal", "epidural"), "tissue": ("placenta", "dental pulp", ""),
    "donor": ("autologous", "allogeneic"), "dose_unit": ("mL", ""), "cell_type": ("chondrocyte",),
}  # fmt: skip


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.tuples(st.integers(1, 3), st.sampled_from(sorted(EDITS))).flatmap(
            lambda cell: st.tuples(st.just(cell), st.sampled_from(EDITS[cell[1]]))
        ),
        max_size=8,
        unique_by=lambda edit: edit[0],
    ),
    st.randoms(use_true_random=False),
    st.sampled_from([{}, {"delimiter": ";"}, {"lineterminator": "\r\n", "encoding": "utf-16"}]),
)
def test_just_what_was_changed_becomes_decisions_wherever_rows_and_columns_went(
    office: Office, edits: list[tuple[tuple[int, str], str]], chance: random.Random, form: dict[str, str]
) -> None:
    rows = office.table("administrations")
    wanted = {}
    for (line, column), value in edits:
        index = rows[0].index(column)
        if rows[line][index] != value:
            wanted[rows[line][rows[0].index("record")], column] = value
        rows[line][index] = value
    order = list(range(len(rows[0])))
    chance.shuffle(order)
    body = rows[1:]
    chance.shuffle(body)
    path = office.write_csv("administrations", [[row[i] for i in order] for row in (rows[0], *body)], **form)
    report = office.bring(path, dry_run=True)
    assert {(d.record, d.field): d.new_value for _, d in report.made} == wanted
    assert (reasons(report), report.deleted) == ("", [])


# --- again, later, and by somebody else


def test_the_same_file_twice_adds_nothing(office: Office) -> None:
    office.edit(
        ("administrations", GIVEN_1, "count", 3), ("administrations", GIVEN_2, "tissue", None),
        ("administrations", GIVEN_3, "review", "accept"), ("outcomes", SCORE, "review", "absent"),
    )  # fmt: skip
    first = office.bring()
    again = office.bring()
    assert (again.made, again.again) == ([], len(first.made))
    assert len(read_decisions(office.decisions)) == len(first.made) > 10
    assert f"0 decisions. {len(first.made)} more were there already" in as_text(again)


def test_a_value_with_blanks_at_its_ends_is_accepted_once_and_applied(office: Office) -> None:
    record = two_patients()
    given = record.administrations[0]
    spaced = given.values["tissue"].model_copy(update={"value": "umbilical  cord "})
    others = (given.model_copy(update={"values": {**given.values, "tissue": spaced}}), *record.administrations[1:])
    record = record.model_copy(update={"administrations": others})
    write_outputs(office.outputs, office.schema, record)
    office.write_book()
    office.edit(("administrations", GIVEN_1, "review", "accept"))
    made = [d for _, d in office.bring().made]
    assert office.bring().made == []
    assert apply_decisions([record], made, office.schema).states() == {"applied": len(made)}


def test_a_change_of_mind_is_a_new_decision_and_back_again_another(office: Office) -> None:
    for count in (3, 4, 3, 2):
        office.edit(
            ("administrations", GIVEN_1, "count", count),
            ("administrations", GIVEN_1, "review", "accept" if count == 2 else None),
        )
        office.bring()
    counts = [d for d in read_decisions(office.decisions) if d.field == "count"]
    assert [(d.action, d.outcome) for d in counts] == [
        ("correct", "3"), ("correct", "4"), ("correct", "3"), ("accept", "2")
    ]  # fmt: skip


def test_what_was_taken_back_can_be_imported_again(office: Office) -> None:
    office.edit(("administrations", GIVEN_1, "count", 3))
    made = office.bring().made[0][1]
    undo = made.model_copy(update={"decision": "0000000001", "action": "undo", "old_value": "", "new_value": ""})
    append_decisions(office.decisions, "ana", [undo])
    assert [d.outcome for _, d in office.bring().made] == ["3"]
    assert len({d.decision for d in read_decisions(office.decisions)}) == 3


def test_after_the_next_run_an_old_and_a_new_workbook_add_nothing(office: Office) -> None:
    office.edit(("administrations", GIVEN_1, "count", 3), ("administrations", GIVEN_2, "tissue", None))
    add_row(office, "adverse_events", document="series", patient="2", event="rash", words="A rash followed")
    made = [d for _, d in office.bring().made]
    write_outputs(office.outputs, office.schema, decisions=made)
    assert office.bring().made == []  # the old one
    office.write_book()
    assert office.bring().made == []  # the new one, as it is
    office.edit(("administrations", GIVEN_1, "count", 4))
    assert said(office.bring()) == [("correct", "administrations", "count", "2", "4")]


def test_another_reviewer_who_accepts_a_corrected_value_says_the_same_as_the_first(office: Office) -> None:
    office.edit(("administrations", GIVEN_1, "count", 3), ("administrations", GIVEN_1, "words", "received 5 mL"))
    first = [d for _, d in office.bring().made]
    write_outputs(office.outputs, office.schema, decisions=first)
    office.write_book()
    office.edit(("values", f"{GIVEN_1}.count", "review", "accept"))
    second = [d for _, d in office.bring(reviewer="bo").made]
    assert [(d.action, d.old_value, d.new_value, d.quote) for d in second] == [("correct", "2", "3", "received 5 mL")]
    for order in ([*first, *second], [*second, *first]):
        applied = apply_decisions([two_patients()], order, office.schema)
        assert applied.states() == {"applied": 2}
        assert applied.records[0].administrations[0].value("count") == 3


def test_each_decision_comes_back_from_the_next_run_as_it_was_made(office: Office) -> None:
    office.edit(
        ("administrations", GIVEN_1, "dose_cells", 35000000),
        ("administrations", GIVEN_2, "route", "IV"),
        ("administrations", GIVEN_2, "volume_ml", 5),
        ("administrations", GIVEN_2, "words", "received 5 mL"),
        ("diagnoses", record_of("diagnoses", "2"), "review", "reject"),
        ("outcomes", SCORE, "value", None),
    )
    made = [d for _, d in office.bring().made]
    write_outputs(office.outputs, office.schema, decisions=made)
    given = read_table(office.outputs / "administrations.csv")
    assert (given["dose_cells"][0], given["dose_value"][0]) == ("35000000", "35000000")
    assert (given["route"][1], given["volume_ml"][1]) == ("intravenous", "5")
    fates = read_table(office.outputs / "decisions.csv")
    assert set(fates["state"]) == {"applied"}, fates[["field", "state", "reason"]].to_string()


@pytest.mark.parametrize(
    ("own", "wanted", "said"),
    [
        ("2", "2", ("accept", "2", "")), ("2", "3", ("correct", "2", "3")), ("2", "", ("reject", "2", "")),
        ("", "3", ("add", "", "3")), ("", "", ("absent", "", "")),
    ],
)  # fmt: skip
def test_a_decision_is_told_against_what_the_program_found(own: str, wanted: str, said: tuple[str, str, str]) -> None:
    assert ruling(own, wanted) == said


# --- fifty corrections, and the power goes


@pytest.fixture(scope="module")
def fifty(schema: Schema, tmp_path_factory: pytest.TempPathFactory) -> tuple[Office, list[str]]:
    """A run of six papers, fifty cells of its workbook typed over or emptied, and what was typed."""
    folder = tmp_path_factory.mktemp("fifty")
    office = Office(
        folder, schema, write_outputs(folder / "out", schema, *(two_patients(f"series{n}") for n in range(6)))
    )
    new = {"age_treatment_years": 11, "sex": "other", "count": 7, "route": "epidural", "tissue": "dental pulp",
           "dose_cells": None, "value": None, "phase": "unspecified", "role": "superseded"}  # fmt: skip
    book = openpyxl.load_workbook(office.book)
    cells = [
        (row[index], new[title])
        for name in ("patients", "administrations", "outcomes", "diagnoses")
        for index, title in enumerate([cell.value for cell in book[name][1]])
        if title in new
        for row in book[name].iter_rows(min_row=2)
        if row[index].value not in (None, "")
    ]
    typed = random.Random(3).sample(cells, 50)
    for cell, value in typed:
        cell.value = value
    book.save(office.book)
    return office, ["" if value is None else str(value) for _, value in typed]


CRASHING = """
    import os, signal, sys
    from pathlib import Path
    from extract.evidence import decisions
    from extract.review.importing import import_file
    from extract.schema import load_schema

    book, out, folder, schemas, cut = sys.argv[1:]
    whole = decisions._write

    def torn(file, data):
        file.write(data[: int(len(data) * float(cut))])
        os.kill(os.getpid(), signal.SIGKILL)

    decisions._write = torn
    import_file(Path(book), Path(out), load_schema(Path(schemas)), Path(folder), "ana")
"""


@pytest.mark.parametrize("cut", [0.0, 0.001, 0.5, 1.0])
def test_fifty_corrections_through_the_workbook_survive_a_kill_in_the_middle(
    fifty: tuple[Office, list[str]], tmp_path: Path, cut: float
) -> None:
    office, typed = fifty
    office.decisions = tmp_path / "decisions"
    root = Path(__file__).resolve().parent.parent
    killed = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(CRASHING), str(office.book), str(office.outputs),
         str(office.decisions), str(root / "schemas"), str(cut)],
        env={**os.environ, "PYTHONPATH": str(root)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    report = office.bring()
    assert reasons(report) == ""
    decisions = read_decisions(office.decisions)
    assert len(decisions) == 50 == len({d.decision for d in decisions}) == len({d.target for d in decisions})
    assert len(report.made) + report.again == 50
    assert (report.again > 0) == (cut > 0.01)
    assert sorted(d.new_value for d in decisions) == sorted(typed)
    again = office.bring()
    assert (again.made, again.again) == ([], 50)


# --- what it refuses, and what it leaves alone


def test_a_dry_run_tells_all_and_writes_nothing(office: Office) -> None:
    office.edit(("administrations", GIVEN_1, "count", 3), ("administrations", GIVEN_2, "route", "xx"))
    before = sorted(office.folder.rglob("*"))
    report = office.bring(dry_run=True)
    assert "administrations row 2, count: correct 2 -> 3" in as_text(report, listed=True)
    assert "'xx' is not allowed here" in as_text(report)
    assert sorted(office.folder.rglob("*")) == before


def test_a_reason_for_the_whole_file_goes_where_the_row_gives_none(office: Office) -> None:
    office.edit(
        ("administrations", GIVEN_1, "count", 3), ("administrations", GIVEN_2, "count", 3),
        ("administrations", GIVEN_2, "why", "own reason"),
    )  # fmt: skip
    assert [d.why for _, d in office.bring(why="second reading").made] == ["second reading", "own reason"]


def test_the_list_of_what_was_not_imported_goes_when_all_is_well(office: Office) -> None:
    office.edit(("administrations", GIVEN_1, "route", "xx"))
    office.bring()
    assert unmatched_path(office.book).exists()
    office.edit(("administrations", GIVEN_1, "route", "intrathecal"))
    office.bring()
    assert not unmatched_path(office.book).exists()


@pytest.mark.parametrize("name", ["", "a b", "../x", "program", "-x"])
def test_a_name_that_cannot_be_a_reviewer_is_refused(office: Office, name: str) -> None:
    with pytest.raises(DecisionError, match="letters, digits"):
        office.bring(reviewer=name)


def bad_files(office: Office) -> Iterator[tuple[Path, str]]:
    def file(name: str, data: bytes) -> Path:
        path = office.folder / name
        path.write_bytes(data)
        return path

    yield file("x.xlsx", b"no"), "not an Excel workbook"
    yield file("notes.docx", b"no"), "neither a workbook"
    yield file("evidence.csv", b"document,patient\n"), "for reading"
    yield file("odd.csv", b"a,b,c\n1,2,3\n"), "not named as a table"
    yield file("outcoms.csv", b"a,b\n1,2\n"), "Did you mean outcomes.csv"
    yield file("outcomes.csv", b""), "there is nothing in it"
    yield office.folder / "none.csv", "cannot be opened"
    other = openpyxl.Workbook()
    other.save(office.folder / "other.xlsx")
    yield office.folder / "other.xlsx", "not a workbook of a run"


def test_a_file_that_is_none_is_refused_with_a_way_out(office: Office) -> None:
    for path, told in bad_files(office):
        with pytest.raises(WrongFile, match=told):
            office.bring(path)


def test_a_csv_is_known_by_its_name_or_by_its_columns(office: Office) -> None:
    rows = office.table("administrations")
    rows[1][rows[0].index("count")] = "3"
    for name in ("administrations_checked.csv", "Administrations (1).csv", "from ana.csv"):
        came = read_file(office.write_csv("", rows, file=name), office.outputs, office.schema)
        assert came.sheets[0].table == "administrations"


def test_a_run_without_a_copy_of_its_tables_is_refused(office: Office) -> None:
    for path in (office.outputs / ".baseline").iterdir():
        path.unlink()
    with pytest.raises(WrongFile, match="Run 'caseloom run' again"):
        office.bring(office.edit_csv("administrations", (GIVEN_1, "count", "3")))


def test_a_line_that_was_edited_in_the_tables_of_the_run_itself_is_compared_with_what_was_written(
    office: Office,
) -> None:
    path = office.edit_csv("administrations", (GIVEN_1, "count", "3"))
    path = path.rename(office.outputs / "administrations.csv")
    assert said(office.bring(path)) == [("correct", "administrations", "count", "2", "3")]


# --- the command


def command(office: Office, *arguments: object) -> Result:
    folders = ("--decisions", office.decisions, "--schemas", office.schema.folder)
    return CliRunner().invoke(app, ["review", "import", *map(str, (*arguments, *folders))])


def test_the_command_imports_and_its_exit_code_tells_whether_all_was(office: Office) -> None:
    office.edit(("administrations", GIVEN_1, "count", 3))
    book = office.book.rename(office.outputs / "evidence.xlsx")  # beside run.json
    done = command(office, book, "--reviewer", "ana")
    assert done.exit_code == 0, done.output
    assert "evidence.xlsx: 1 decision (1 corrected)." in done.output
    assert f"Saved in {office.decisions / 'ana.csv'}. The next caseloom run applies them." in done.output
    office.book = book
    office.edit(("administrations", GIVEN_2, "route", "xx"))
    done = command(office, book, "--reviewer", "ana")
    assert done.exit_code == 1
    assert "administrations row 3, route" in done.output
    assert f"Listed in {unmatched_path(book)}." in done.output


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["none.xlsx", "--reviewer", "ana", "--outputs", "."], "cannot be opened"),
        (["none.xlsx", "--reviewer", "ana"], "of which run is it?"),
        (["evidence.xlsx", "--reviewer", "a b", "--outputs", "out"], "use letters, digits"),
        (["evidence.xlsx", "--reviewer", "ana", "--outputs", "decisions"], "not the folder of a run"),
        (["evidence.xlsx", "--reviewer", "ana", "--outputs", "out", "--papers", "nowhere"], "there is no such folder"),
        (["evidence.xlsx"], "--reviewer"),
    ],
)
def test_wrong_use_of_the_command_ends_with_two(
    office: Office, monkeypatch: pytest.MonkeyPatch, arguments: list[str], told: str
) -> None:
    office.decisions.mkdir()
    monkeypatch.chdir(office.folder)
    done = command(office, *arguments)
    assert done.exit_code == 2
    assert told in done.output


# --- spelling


def test_every_value_that_a_run_writes_is_read_back_as_it_is(sample_out: Path, schema: Schema) -> None:
    spelling = Spelling(schema)
    wrong = []
    for table in TABLES:
        if table in ("values", "conflicts"):
            continue
        frame = read_table(sample_out / f"{table}.csv")
        for column in spelling.can_be_corrected(table):
            for value in frame[column].unique():
                reading = spelling.read(table, column, value)
                if reading.fault or reading.value != value:
                    wrong.append((table, column, value, reading))
    assert wrong == []


@pytest.mark.parametrize(
    ("table", "field", "typed", "value"),
    [
        ("administrations", "route", "IV", "intravenous"), ("administrations", "tissue", "adipose", "adipose tissue"),
        ("administrations", "dose_cells", "34 million", "34000000"), ("administrations", "volume_ml", "1E+02", "100"),
        ("administrations", "dose_cells", "1.8 × 10⁶", "1800000"), ("administrations", "volume_ml", "5 mL", "5"),
        ("administrations", "timing_months", "0; 2 ;6", "0;2;6"), ("patients", "sex", "F", "female"),
        ("patients", "age_onset_years", "12 years", "12"), ("patients", "age_onset_years", "1,5", "1.5"),
        ("adverse_events", "present", "WAHR", "true"), ("adverse_events", "serious", "No", "false"),
        ("outcomes", "measure", "sledai 2k", "SLEDAI-2K"), ("outcomes", "unit", "µmol/L", "µmol/L"),
        ("diagnoses", "diagnosis", "SLE", "systemic lupus erythematosus"),
        ("diagnoses", "diagnosis", "a disease of its own", "a disease of its own"),
    ],
)  # fmt: skip
def test_what_people_write_is_read_as_the_tables_hold_it(
    schema: Schema, table: str, field: str, typed: str, value: str
) -> None:
    reading = Spelling(schema).read(table, field, typed)
    assert (reading.value, reading.fault) == (value, "")
    assert Spelling(schema).key(table, field, typed) == Spelling(schema).key(table, field, value)


def test_a_word_that_can_mean_two_things_is_asked_about(schema: Schema) -> None:
    assert Spelling(schema).read("administrations", "route", "IA").fault == (
        "'IA' can mean intra-arterial or intra-articular. Write one of them."
    )


def test_a_second_reviewer_of_the_same_cells_has_decisions_of_his_own(office: Office) -> None:
    office.edit(("administrations", GIVEN_1, "count", 3))
    office.bring()
    office.bring(reviewer="bo")
    made: list[Decision] = read_decisions(office.decisions)
    assert [(d.reviewer, d.new_value) for d in made] == [("ana", "3"), ("bo", "3")]
