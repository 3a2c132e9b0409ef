"""EVIDENCE: a table as Parquet, beside its CSV: typed, small, read by column (pandas, R, DuckDB, Spark).

Numbers are doubles, integers int64, booleans bool, an empty cell is null. All else is text as in the CSV, lists too
(items between ``;``), so that a cell says the same in both files. codebook.csv has the type of each column.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, BinaryIO

TYPES = {"number": "double", "integer": "int64", "boolean": "bool"}
"""Types of fields.yaml that are not text in Parquet."""

TEXT = "string"

ROWS = 20_000
"""Rows in a group: so many are in memory until they are written."""

_WORDS = {"true": True, "yes": True, "false": False, "no": False}


class NoParquet(Exception):
    """pyarrow is not installed, or does not fit to numpy."""


def arrow() -> Any:
    """The modules pyarrow and pyarrow.parquet. Raises NoParquet."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise NoParquet(f'Parquet files need pyarrow ({error}): pip install "caseloom[parquet]"') from error
    return pyarrow


def parquet_type(kind: str) -> str:
    """The type that a column of fields.yaml has in Parquet."""
    return TYPES.get(kind, TEXT)


class ParquetTable:
    """One table on its way to an open file. ``kinds``: the columns in order, with their types in fields.yaml."""

    def __init__(self, file: BinaryIO, kinds: Mapping[str, str]) -> None:
        self._arrow, self._file = arrow(), file
        types = {TEXT: self._arrow.string(), "double": self._arrow.float64(), "int64": self._arrow.int64(),
                 "bool": self._arrow.bool_()}  # fmt: skip
        self._kinds = [parquet_type(kind) for kind in kinds.values()]
        self._schema = self._arrow.schema([(name, types[parquet_type(kind)]) for name, kind in kinds.items()])
        self._names = list(kinds)
        self._writer = self._arrow.parquet.ParquetWriter(file, self._schema, compression="zstd")
        self._rows: list[Sequence[str]] = []
        self.odd: dict[str, tuple[int, str]] = {}
        """How many cells of a column were no value of its type, and are null; and which type that is."""

    def add(self, rows: Iterable[Sequence[str]]) -> None:
        """Write rows."""
        for row in rows:
            self._rows.append(row)
            if len(self._rows) == ROWS:
                self.flush()

    def finish(self) -> None:
        """Write what is left and close the file."""
        self.flush()
        self._writer.close()
        self._file.close()

    def flush(self) -> None:
        """Write the rows that wait."""
        if not self._rows:
            return
        columns = []
        for index, (name, kind) in enumerate(zip(self._names, self._kinds, strict=True)):
            cells = [self._value(row[index], name, kind) for row in self._rows]
            columns.append(self._arrow.array(cells, self._schema.field(name).type))
        self._rows = []
        self._writer.write_table(self._arrow.Table.from_arrays(columns, schema=self._schema))

    def _value(self, cell: str, name: str, kind: str) -> str | float | int | bool | None:
        if not cell:
            return None
        try:
            return _READ[kind](cell)
        except (ValueError, KeyError):
            self.odd[name] = self.odd.get(name, (0, ""))[0] + 1, kind
            return None


def _text(cell: str) -> str:
    return cell.encode("utf-8", "replace").decode()


def _whole(cell: str) -> int:
    number = int(cell)
    if not -(2**63) <= number < 2**63:
        raise ValueError(cell)
    return number


_READ: dict[str, Callable[[str], str | float | int | bool]] = {
    TEXT: _text,
    "double": float,
    "int64": _whole,
    "bool": _WORDS.__getitem__,
}
