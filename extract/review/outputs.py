"""REVIEW: the folder of a run as review needs it: the papers, and what the program itself found in them.

The tables are read as the run wrote them (``.baseline``), whatever was typed into the CSV files since.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from extract.evidence.files import read_baseline, read_table

Row = Mapping[str, str]


class WrongOutputs(Exception):
    """A folder that does not hold the tables of a run. The message says what to do."""


@dataclass(frozen=True)
class Outputs:
    """The tables of a run. ``papers``: the rows of documents.csv by name; ``tables``: the rows of the other tables."""

    folder: Path
    papers: Mapping[str, Row]
    tables: Mapping[str, tuple[Row, ...]]

    def sha256(self, document: str) -> str:
        """The digest of a paper, '' for one that is not in the run."""
        return self.papers.get(document, {}).get("sha256", "")


def read_outputs(folder: Path, tables: tuple[str, ...]) -> Outputs:
    """The papers of a run and the rows of some of its tables, in their order.

    Raises WrongOutputs when the folder is not that of a run, or when a table is missing.
    """
    if not (folder / "documents.csv").is_file():
        raise WrongOutputs(f"{folder}: no documents.csv here. Name the folder that 'caseloom run' wrote.")
    papers = {row["document"]: row for row in _rows(folder, "documents")}
    return Outputs(folder, papers, {table: tuple(_rows(folder, table)) for table in tables})


def _rows(folder: Path, table: str) -> list[Row]:
    try:
        try:
            frame = read_baseline(folder, table)
        except FileNotFoundError:  # written by a version that kept no baseline
            frame = read_table(folder / f"{table}.csv")
    except FileNotFoundError:
        raise WrongOutputs(f"{folder}: no {table}.csv here. Run 'caseloom run' again.") from None
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError, OSError, EOFError) as error:
        raise WrongOutputs(f"{folder}: {table}.csv cannot be read ({error}). Run 'caseloom run' again.") from None
    return [{str(key): str(cell) for key, cell in row.items()} for row in frame.to_dict("records")]
