"""The tables of many documents, written one by one: the bytes of all at once, in memory for one at a time."""

from __future__ import annotations

import gc
import json
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest
from folders import files_of
from reviewing import Desk, record_of, two_patients
from test_evidence import person
from written import case, row

from extract.evidence import apply_decisions, build_tables, write_files, write_tables
from extract.evidence.overlaps import MOST
from extract.evidence.writing import Written
from extract.model import CaseRecord, Issue
from extract.schema import Schema

FAILED = case(
    "lost", Issue(severity="major", message="lost.pdf is encrypted."), status="failed", reason="encrypted", pages=0
)


def told(written: Written) -> dict[str, object]:
    return {"rows": written.rows}


def several() -> list[CaseRecord]:
    """Documents of all kinds in the order of their names: some alike, one failed, one that was decided on."""
    alike = [person(f"d{n:02}", 10 + n % 3, 10**6 * (1 + n % 4)) for n in range(12)]
    return [*alike, FAILED, two_patients("series")]


def test_document_by_document_gives_the_bytes_of_all_at_once(small_schema: Schema, tmp_path: Path) -> None:
    desk = Desk("ana")
    desk("correct", "patients", "1", record_of("patients"), "age_treatment_years", "14", "15")
    desk("accept", "patients", "9", record_of("patients", "9"), "sex", "male", "male")
    records = several()
    for name in ("one", "all"):
        (tmp_path / name).mkdir()
    written = write_tables(records, small_schema, tmp_path / "one", run=told, decisions=desk.made)
    applied = apply_decisions(records, desk.made, small_schema)
    tables = build_tables(applied.records, small_schema, applied.rows())
    write_files(tables, {"rows": {name: len(table) for name, table in tables.items()}}, tmp_path / "all")
    assert files_of(tmp_path / "one", but=()) == files_of(tmp_path / "all", but=())
    assert written.rows["overlaps"] > 0
    assert written.decisions == applied.states() == {"applied": 1, "stale": 1}


def test_one_document_is_in_memory_at_a_time(small_schema: Schema, tmp_path: Path) -> None:
    most = 0

    class Loaded:
        """Records that are made when their turn comes, and forgotten."""

        def __iter__(self) -> Iterator[CaseRecord]:
            nonlocal most
            alive: list[weakref.ref[CaseRecord]] = []
            for number in range(20):
                record = person(f"d{number:02}", 10, 10**6)
                alive.append(weakref.ref(record))
                gc.collect()
                most = max(most, sum(one() is not None for one in alive))
                yield record
                del record

    write_tables(Loaded(), small_schema, tmp_path, run=told)
    assert most <= 2  # the one in the tables' hands, and the next


@pytest.mark.parametrize("names", [("b", "a"), ("a", "a")])
def test_documents_out_of_order_are_refused_and_cost_nothing(
    small_schema: Schema, tmp_path: Path, names: tuple[str, str]
) -> None:
    write_tables([two_patients()], small_schema, tmp_path, run=told)
    before = files_of(tmp_path, but=())
    with pytest.raises(ValueError, match="'a' after"):
        write_tables([case(name, row("patients")) for name in names], small_schema, tmp_path, run=told)
    assert files_of(tmp_path, but=()) == before


def test_a_disk_that_fills_up_leaves_the_tables_that_were_there(
    small_schema: Schema, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_tables([two_patients()], small_schema, tmp_path, run=told)
    before = files_of(tmp_path, but=())
    from extract.evidence import files

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files._TableFile, "_flush", full)
    with pytest.raises(OSError, match="No space"):
        write_tables(several(), small_schema, tmp_path, run=told)
    assert files_of(tmp_path, but=()) == before


def test_progress_counts_the_documents_in_the_tables(small_schema: Schema, tmp_path: Path) -> None:
    counted: list[int] = []
    write_tables(several(), small_schema, tmp_path, run=told, progress=counted.append)
    assert counted == list(range(1, 15))


# --- people meet under keys


def crowd(number: int, dose: int = 10**6) -> list[CaseRecord]:
    """So many papers, each of a person of one age with one dose."""
    return [person(f"c{index:03}", 14, dose) for index in range(number)]


def test_as_many_as_may_share_a_number_are_all_held_together(small_schema: Schema, tmp_path: Path) -> None:
    written = write_tables(crowd(MOST), small_schema, tmp_path, run=told)
    assert written.rows["overlaps"] == 4950  # a hundred people, each with each
    assert written.notes == []


def test_a_number_that_more_share_points_to_nobody_and_that_is_said(small_schema: Schema, tmp_path: Path) -> None:
    written = write_tables(crowd(MOST + 1), small_schema, tmp_path, run=told)
    assert written.rows["overlaps"] == 0
    (note,) = written.notes
    assert f"more than {MOST}" in note


def test_two_who_share_a_rarer_number_are_found_in_the_crowd(small_schema: Schema) -> None:
    common, rare = (
        row("administrations", "1", order, count=1, dose_cells=dose) for order, dose in ((0, 10**6), (1, 34))
    )
    twins = [
        case(
            name,
            row("patients", kind="individual", sex="female", age_treatment_years=14),
            row("diagnoses", diagnosis="scleroderma", role="index"),
            common,
            rare,
        )
        for name in ("x", "y")
    ]
    (found,) = build_tables([*crowd(MOST), *twins], small_schema)["overlaps"].to_dict("records")
    assert (found["document_a"], found["document_b"]) == ("x", "y")
    assert "dose 1000000 cells; dose 34 cells" in found["reasons"]


def test_what_is_told_of_a_run_knows_its_rows(small_schema: Schema, tmp_path: Path) -> None:
    written = write_tables(several(), small_schema, tmp_path, run=told)
    run = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))
    assert run["rows"] == written.rows
    assert written.rows["documents"] == 14
