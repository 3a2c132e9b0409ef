"""REVIEW: an output folder as the program wrote it, paper by paper: rows with their values and the places of each."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from extract.evidence import read_table
from extract.evidence.cells import natural
from extract.evidence.decisions import boxes_of
from extract.evidence.files import RUN
from extract.evidence.following import LOOKED_UP
from extract.model import RECORDS, Box

PAPER = "documents"
"""The table of the paper's own facts; its values belong to no patient."""

TABLES = (PAPER, *RECORDS)
"""The tables whose values are reviewed, in the order of the page."""

BOOKKEEPING = frozenset(
    {"document", "patient", "record", "administration", "outcome", "order", "where", "as_written", "better"}
)
"""Columns that number, quote or sort a row and say nothing of the patient: they are accepted with the row."""

PRINTED_DOSE = ("dose_value", "dose_low", "dose_high")
"""Columns that hold a dose in the unit of ``dose_unit``; in the units below, other columns repeat them."""

REPEATED_DOSE = {
    "cells": ("dose_cells", "dose_cells_low", "dose_cells_high"),
    "cells/kg": ("cells_per_kg", "cells_per_kg_low", "cells_per_kg_high"),
}

_LOOKED_UP = frozenset((table, column) for table, _, column, _ in LOOKED_UP)

OF_GROUPS = frozenset({"kind", "n"})
"""Columns that only a group of patients is worth asking about."""


def follows(table: str, column: str) -> bool:
    """Whether a column is computed or looked up from others: it changes with them and is accepted with its row."""
    return column.endswith("_derived") or (table, column) in _LOOKED_UP


class WrongOutputs(Exception):
    """The folder holds no tables to review. The message says what is missing."""


class Place(NamedTuple):
    """One place of a value: its words, the quote around them, and where both stand. ``box`` frames the words."""

    as_written: str
    quote: str
    page: str
    box: tuple[float, float, float, float] | None
    quote_boxes: str
    start: str
    end: str
    where: str
    rule: str

    def lines(self) -> tuple[Box, ...]:
        """The boxes of the quote, line by line."""
        return boxes_of(self.quote_boxes)


@dataclass
class Value:
    """A value as the program found it, '' where it is ambiguous, with its places."""

    text: str
    unit: str
    status: str
    basis: str
    formula: str
    places: list[Place] = field(default_factory=list)


@dataclass
class Row:
    """A row of a table: its values by column. ``minor`` holds those that no reviewer is asked about; ``twins`` names
    for a column those of them that repeat it and change with it."""

    table: str
    record: str
    patient: str
    values: dict[str, Value] = field(default_factory=dict)
    minor: dict[str, Value] = field(default_factory=dict)
    twins: dict[str, str] = field(default_factory=dict)

    def asked(self) -> list[str]:
        """The columns about which the reviewer is asked: not those that follow from others."""
        return [name for name in self.values if not follows(self.table, name)]


class Side(NamedTuple):
    """One statement of a conflict."""

    value: str
    where: str
    place: Place


@dataclass(frozen=True)
class Conflict:
    """Two statements of a paper that cannot both hold."""

    id: str
    patient: str
    field: str
    kind: str
    severity: str
    chosen: str
    explanation: str
    rule: str
    sides: tuple[Side, Side]


@dataclass
class Paper:
    """What the tables say of one document."""

    about: dict[str, str]
    rows: list[Row]
    conflicts: list[Conflict]
    issues: list[dict[str, str]]

    @property
    def sha256(self) -> str:
        """The digest of the document."""
        return self.about["sha256"]

    @property
    def name(self) -> str:
        """What the tables call the document."""
        return self.about["document"]

    def row(self, table: str, record: str) -> Row | None:
        """A row by its table and id."""
        return next((row for row in self.rows if row.record == record and row.table == table), None)

    def patients(self) -> list[str]:
        """The patients in their order, without the paper itself."""
        return list(dict.fromkeys(row.patient for row in self.rows if row.table == "patients"))


@dataclass
class Outputs:
    """The papers of an output folder by digest, those given twice named apart."""

    folder: Path
    papers: dict[str, Paper]
    duplicates: list[dict[str, str]]
    run: dict[str, Any]
    written: int

    @property
    def changed(self) -> bool:
        """Whether the folder was written anew since it was read."""
        return _written(self.folder) != self.written


def read_outputs(folder: Path, columns: Mapping[str, Iterable[str]]) -> Outputs:
    """The papers of an output folder. ``columns`` names the columns of each table that is shown.

    What a decision put into the tables at an earlier run is left out: a reviewer sees what the program found.
    Raises WrongOutputs when the folder does not hold what ``caseloom run`` writes.
    """
    written = _written(folder)
    try:
        run = json.loads((folder / RUN).read_text(encoding="utf-8"))
        tables = {name: read_table(folder / f"{name}.csv") for name in (PAPER, "values", "conflicts", "issues")}
        grouped = {name: _by_document(table.to_dict("records")) for name, table in tables.items() if name != PAPER}
        papers: dict[str, Paper] = {}
        duplicates = []
        for about in tables[PAPER].to_dict("records"):
            said = {str(name): str(cell) for name, cell in about.items()}
            if said["sha256"] in papers:
                duplicates.append(said)
                continue
            mine = {name: rows.get(said["document"], []) for name, rows in grouped.items()}
            papers[said["sha256"]] = Paper(
                about=said,
                rows=_rows(mine["values"], columns),
                conflicts=_conflicts(mine["conflicts"], mine["values"]),
                issues=mine["issues"],
            )
    except OSError as error:
        raise WrongOutputs(
            f"{folder}: {Path(str(error.filename)).name} cannot be read ({error.strerror}). "
            "Name the folder that caseloom run wrote."
        ) from error
    except (KeyError, ValueError) as error:
        raise WrongOutputs(
            f"{folder}: these are not the tables of this version ({error}). Run caseloom anew."
        ) from error
    return Outputs(folder, papers, duplicates, run, written)


def _written(folder: Path) -> int:
    try:
        return (folder / RUN).stat().st_mtime_ns
    except OSError:
        return 0


def _by_document(rows: Iterable[Mapping[Any, Any]]) -> dict[str, list[dict[str, str]]]:
    grouped: dict[str, list[dict[str, str]]] = {}
    for row in rows:
        grouped.setdefault(row["document"], []).append(dict(row))
    return grouped


def _rows(trail: list[dict[str, str]], columns: Mapping[str, Iterable[str]]) -> list[Row]:
    """The rows of a document, the paper's own first, then patient by patient, table by table."""
    rows: dict[tuple[str, str], Row] = {}
    shown = {table: frozenset(names) for table, names in columns.items()}
    for cells in trail:
        table, name = cells["table"], cells["field"]
        if table not in TABLES or cells["basis"] == "reviewed" or name not in shown[table]:
            continue
        row = rows.setdefault((table, cells["record"]), Row(table, cells["record"], cells["patient"]))
        values = row.minor if name in BOOKKEEPING or name in OF_GROUPS else row.values
        value = values.get(name)
        if value is None:
            value = values[name] = Value(
                cells["value"], cells["unit"], cells["status"], cells["basis"], cells["formula"]
            )
        value.places.append(_place(cells))
    for row in rows.values():
        if row.table == "patients" and row.minor.get("kind", _NONE).text == "group":
            row.values = {name: value for name, value in row.minor.items() if name in OF_GROUPS} | row.values
            row.minor = {name: value for name, value in row.minor.items() if name not in OF_GROUPS}
        _set_twins_aside(row)
    order = {name: index for index, name in enumerate(TABLES)}
    return sorted(
        rows.values(), key=lambda row: (row.table != PAPER, natural(row.patient), row.patient, order[row.table])
    )


def _set_twins_aside(row: Row) -> None:
    """A dose that stands in two columns is asked about once."""
    columns = REPEATED_DOSE.get(row.values.get("dose_unit", _NONE).text, ())
    pairs = [(again, name) for again, name in zip(columns, PRINTED_DOSE, strict=False) if name in row.values]
    if not pairs or any(row.values.get(again, _NONE).text != row.values[name].text for again, name in pairs):
        return
    row.twins = dict(pairs)
    row.minor |= {name: row.values.pop(name) for name in (*row.twins.values(), "dose_unit")}


_NONE = Value("", "", "", "", "")


def _place(cells: Mapping[str, str]) -> Place:
    box = [cells[side] for side in ("x0", "top", "x1", "bottom")]
    return Place(
        as_written=cells["as_written"],
        quote=cells["quote"],
        page=cells["page"],
        box=(float(box[0]), float(box[1]), float(box[2]), float(box[3])) if all(box) else None,
        quote_boxes=cells["quote_boxes"],
        start=cells["start"],
        end=cells["end"],
        where=cells["where"],
        rule=cells["rule"],
    )


def _conflicts(rows: list[dict[str, str]], trail: list[dict[str, str]]) -> list[Conflict]:
    places = {(cells["record"], cells["field"]): _place(cells) for cells in trail if cells["table"] == "conflicts"}
    return [
        Conflict(
            id=row["conflict"],
            sides=(
                Side(row["value_a"], row["where_a"], places[row["conflict"], "value_a"]),
                Side(row["value_b"], row["where_b"], places[row["conflict"], "value_b"]),
            ),
            **{name: row[name] for name in ("patient", "field", "kind", "severity", "chosen", "explanation", "rule")},
        )
        for row in rows
    ]
