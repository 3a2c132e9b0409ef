"""REVIEW: what a blind extractor read, put beside what the program found once the extractor is through."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from extract.evidence.decisions import Decision, decision_id
from extract.review.checking import parse_number
from extract.review.outputs import PAPER
from extract.review.state import Standing, added_rows

NAMES = {
    "diagnoses": "diagnosis",
    "outcomes": "measure",
    "adverse_events": "event",
    "therapies": "therapy",
    "administrations": "route",
}
"""The column that says what a row is about; it weighs most when rows are paired."""

ENOUGH = 3
"""Points that make two rows one: the same name, or three other values the same."""

Row = dict[str, Any]


def put_beside(rows: list[Row], standing: Standing) -> list[Row]:
    """The rows as the page shows them, each cell with ``mine``, the reviewer's own reading of it; rows that only the
    reviewer has come after them."""
    own = _own_rows(decision for decision in standing.values() if decision.action == "extract")
    patients = _same_people(rows, own)
    pairs = sorted(
        (
            (-_likeness(mine, row), at, number)
            for at, mine in enumerate(own)
            for number, row in enumerate(rows)
            if not row.get("own") and _may_pair(mine, row, patients)
        ),
    )
    taken: dict[int, int] = {}
    for points, at, number in pairs:
        if at not in taken and number not in taken.values() and (-points >= ENOUGH or _is_single(rows[number])):
            taken[at] = number
    out = list(rows)
    for at, mine in enumerate(own):
        if at in taken:
            _lay(mine, rows[taken[at]])
        else:
            out = _with_own(mine, out, patients)
    return out


def _own_rows(extracts: Iterable[Decision]) -> list[Row]:
    keyed = {(decision.table, decision.record, decision.field): decision for decision in extracts}
    return added_rows(keyed, set(), {"extract"})


def _same_people(rows: list[Row], own: list[Row]) -> dict[str, str]:
    """For each patient of the reviewer the program's name of the same: alike in words, or both the only one."""
    theirs = list(dict.fromkeys(row["patient"] for row in rows if row["table"] != PAPER and row["patient"]))
    mine = list(dict.fromkeys(row["patient"] for row in own if row["table"] != PAPER))
    if len(theirs) == 1 and len(mine) == 1:
        return {mine[0]: theirs[0]}
    plain = {_plain_name(name): name for name in theirs}
    return {name: plain[_plain_name(name)] for name in mine if _plain_name(name) in plain}


def _plain_name(patient: str) -> str:
    return patient.casefold().removeprefix("patient").removeprefix("case").strip(" .#")


def _may_pair(mine: Row, row: Row, patients: Mapping[str, str]) -> bool:
    if mine["table"] != row["table"]:
        return False
    return bool(row["table"] == PAPER or patients.get(mine["patient"]) == row["patient"])


def _is_single(row: Row) -> bool:
    """Whether there is only one such row for a patient or paper, so that it pairs whatever it says."""
    return row["table"] in (PAPER, "patients")


def _likeness(mine: Row, row: Row) -> int:
    name = NAMES.get(mine["table"], "")
    same = [field for field, cell in mine["cells"].items() if _agree(_read(cell), _found(row, field))]
    return sum(ENOUGH if field == name else 1 for field in same)


def _read(cell: Mapping[str, Any]) -> str:
    return str(cell["decision"]["value"])


def _found(row: Row, field: str) -> str:
    cell = row["cells"].get(field)
    return str(cell["value"]) if cell else str(row["minor"].get(field, ""))


def _agree(mine: str, found: str) -> bool:
    """Whether two readings say the same: equal numbers, or equal words whatever their capitals."""
    if mine.casefold() == found.casefold():
        return bool(mine)
    a, b = parse_number(mine), parse_number(found) if found else None
    return a is not None and a == b


def _lay(mine: Row, row: Row) -> None:
    """Lay the reviewer's row over the program's."""
    for field, cell in mine["cells"].items():
        under = row["cells"].setdefault(field, {**cell, "decision": None, "stale": ""})
        under["mine"] = _mine(cell, _found(row, field))
    for cell in row["cells"].values():
        if "mine" not in cell and cell["value"]:
            cell["mine"] = {"value": "", "place": None, "agrees": False}
    row["paired"] = True


def _with_own(mine: Row, rows: list[Row], patients: Mapping[str, str]) -> list[Row]:
    """The rows with one that only the reviewer has: under an id of its own, so that what was read stays apart from
    what was made of it."""
    record = decision_id("taken", mine["record"])
    row = next((row for row in rows if row["record"] == record and row["table"] == mine["table"]), None)
    if row is None:
        patient = patients.get(mine["patient"], mine["patient"])
        row = {"table": mine["table"], "record": record, "patient": patient, "cells": {}, "minor": {}, "own": True}
        rows = [*rows, row]
    _lay(mine, row)
    return rows


def _mine(cell: Mapping[str, Any], found: str) -> dict[str, Any]:
    return {"value": _read(cell), "place": cell["decision"]["place"], "agrees": _agree(_read(cell), found)}
