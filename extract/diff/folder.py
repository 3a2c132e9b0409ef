"""DIFF: the tables of an output folder, and the trail of just the values that are asked for."""

from __future__ import annotations

import csv
import gzip
import sys
import zlib
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import NamedTuple

from extract.evidence.cells import unprotect

Row = dict[str, str]
"""A row of a table: its cells by column, '' for empty."""

Cell = tuple[str, str]
"""A value by the id of its record and its column."""

APART = frozenset({"values", "evidence", "codebook", "decisions", "conflicts", "issues", "overlaps"})
"""Files that are not tables of a patient's records: what they hold is compared otherwise, or follows from the rest."""


TRAIL = ("document", "table", "record", "field", "as_written", "quote", "page", "where", "rule", "status", "shown")
"""Columns of values.csv that are read."""


class WrongUse(Exception):
    """A folder or a name that cannot be compared. The message says why, and what to give instead."""


class Place(NamedTuple):
    """Where a value comes from: the words around it, its own words, the page, the part of the paper, rule, status."""

    quote: str = ""
    as_written: str = ""
    page: str = ""
    where: str = ""
    rule: str = ""
    status: str = ""


NOWHERE = Place()
"""The place of a value that is not there."""


class Folder:
    """An output folder as ``caseloom run`` wrote it, its tables packed or not; they are read when asked for."""

    def __init__(self, path: Path) -> None:
        """Raises WrongUse when the folder holds no patients.csv."""
        self.path = path
        if self._file("patients") is None:
            found = "no patients.csv here" if path.is_dir() else "there is no such folder"
            raise WrongUse(f"{path}: {found}. Name two folders that 'caseloom run' wrote.")

    def names(self) -> list[str]:
        """The tables whose rows are records of a patient, in the order of the run's own list, else of the alphabet."""
        names = []
        for table in sorted({path.name.split(".csv")[0] for path in self.path.glob("*.csv*")}):
            if table not in APART and {"document", "patient"} <= set(self.columns(table)):
                names.append(table)
        return sorted(names, key=lambda name: (name != "patients", name))

    def columns(self, table: str) -> list[str]:
        """The columns of a table; none where it is missing."""
        for header in self._lines(table):
            return header
        return []

    def rows(self, table: str) -> Iterator[Row]:
        """The rows of a table; none where it is missing."""
        lines = self._checked(table)
        header = next(lines, [])
        yield from (dict(zip(header, map(unprotect, line), strict=True)) for line in lines)

    def by_document(self, table: str) -> dict[str, list[Row]]:
        """The rows of a table by the document they belong to."""
        out: dict[str, list[Row]] = {}
        for row in self.rows(table):
            out.setdefault(row["document"], []).append(row)
        return out

    def signs(self) -> dict[int, int]:
        """For each value that a table shows a number that changes with the words it comes from and the rules.

        The keys are hashes of record and column: the trail of a large folder shall fit into memory.
        """
        signs: dict[int, int] = {}
        for record, name, line, at in self._trail():
            if line[at["shown"]] == "yes":
                key = hash((record, name))
                sign = hash((line[at["rule"]], line[at["quote"]], line[at["as_written"]]))
                signs[key] = signs.get(key, 0) ^ sign  # in whatever order the places of a value stand
        return signs

    def places(self, wanted: Collection[Cell]) -> dict[Cell, Place]:
        """Where the values that are asked for come from: of several places a shown one, with a quote if there is one;
        of a computed value its formula. A cell with the column '' asks for any place of its record."""
        best: dict[Cell, tuple[int, Place]] = {}
        if not wanted:
            return {}
        for record, name, line, at in self._trail():
            for cell in ((record, name), (record, "")):
                if cell in wanted:
                    quote = line[at["quote"]]
                    worth = 2 * (line[at["shown"]] == "yes") + bool(quote)
                    if cell not in best or worth > best[cell][0]:
                        formula = line[at["formula"]] if "formula" in at else ""
                        rest = (line[at[each]] for each in ("as_written", "page", "where", "rule", "status"))
                        best[cell] = worth, Place(unprotect(quote or formula), *map(unprotect, rest))
        return {cell: place for cell, (_, place) in best.items()}

    def _trail(self) -> Iterator[tuple[str, str, list[str], dict[str, int]]]:
        """The rows of values.csv: record (of what is said of a paper its name), column, cells as they stand in the
        file, places of the columns."""
        lines = self._checked("values")
        at = {name: place for place, name in enumerate(next(lines, []))}
        missing = [name for name in TRAIL if at and name not in at]
        if missing:
            raise WrongUse(f"{self.path / 'values'}.csv: no column '{missing[0]}'. Make the folder again with 'run'.")
        if not at:
            return
        table, document, record, field = (at[name] for name in ("table", "document", "record", "field"))
        for line in lines:
            yield line[document if line[table] == "documents" else record], line[field], line, at

    def _checked(self, table: str) -> Iterator[list[str]]:
        """The header of a table and its rows, all of one length."""
        lines = self._lines(table)
        header = next(lines, None)
        if header is None:
            return
        yield header
        for number, line in enumerate(lines, 2):
            if len(line) != len(header):
                raise WrongUse(
                    f"{self.path / table}.csv: row {number} has {len(line)} cells instead of {len(header)}. "
                    "Make the folder again with 'caseloom run'."
                )
            yield line

    def _lines(self, table: str) -> Iterator[list[str]]:
        path = self._file(table)
        if path is None:
            return
        csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
        opened = gzip.open if path.suffix == ".gz" else open
        try:
            with opened(path, "rt", encoding="utf-8-sig", newline="") as file:
                yield from csv.reader(file)
        except (OSError, EOFError, zlib.error, UnicodeDecodeError, csv.Error) as error:
            raise WrongUse(f"{path}: cannot be read as a table ({error}).") from error

    def _file(self, table: str) -> Path | None:
        """Where a table lies, as it is or packed."""
        files = (self.path / f"{table}.csv", self.path / f"{table}.csv.gz")
        return next((file for file in files if file.is_file()), None)
