"""EVIDENCE: tables to files and back, row by row. A file is there whole or not at all.

Beside the tables lies ``.baseline``: the same tables as the run wrote them, packed. Against it, what people change
later in a table can be told cell by cell.
"""

from __future__ import annotations

import contextlib
import csv
import gzip
import hashlib
import io
import json
import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import pandas as pd

from extract.evidence.cells import protect, unprotect
from extract.evidence.parquet import ParquetTable
from extract.whole import umask, whole_file

RUN = "run.json"
BASELINE = ".baseline"
BLOCK = 1 << 17
"""So many characters of a table wait in memory until they are written."""


def write_files(tables: Mapping[str, pd.DataFrame], run: Mapping[str, Any], folder: Path) -> list[Path]:
    """Write tables that are in memory, and ``run`` as run.json, into a folder that exists (see ``TableFiles``)."""
    with TableFiles(folder, {name: [str(column) for column in table.columns] for name, table in tables.items()}) as to:
        for name, table in tables.items():
            to.add(name, zip(*(table[column] for column in table.columns), strict=True))
        return to.put(run)


class TableFiles:
    """Writes every table as ``<name>.csv`` and as ``.baseline/<name>.csv.gz`` into a folder that exists, while its rows
    come in. A context: ``put`` at its end lets the files take their places; without it none is left. With ``kinds``,
    the type of each column of each table, it is written as ``<name>.parquet``, too (``extract.evidence.parquet``).

    run.json gets three keys more: ``files``, the names of the tables; ``digests``, the sha256 of each file's bytes;
    ``digest``, that of the rest of run.json itself (``run_digest``); and ``parquet``, the digests of those files.
    All files are written beside their places first and put there by renaming, run.json last. Files that an earlier
    run.json names and that are not written any more are deleted.
    """

    def __init__(
        self,
        folder: Path,
        columns: Mapping[str, Sequence[str]],
        kinds: Mapping[str, Mapping[str, str]] | None = None,
    ) -> None:
        self._folder = folder
        self._waiting: list[tuple[Path, Path]] = []
        self._open: list[BinaryIO] = []
        self._tables: dict[str, _TableFile] = {}
        self._parquet: dict[str, ParquetTable] = {}
        (folder / BASELINE).mkdir(exist_ok=True)
        try:
            for name, titles in columns.items():
                plain, packed = self._part(folder / f"{name}.csv"), self._part(baseline_path(folder, name))
                self._tables[name] = _TableFile(plain, packed, titles)
                if kinds:
                    self._parquet[name] = ParquetTable(self._part(folder / f"{name}.parquet"), kinds[name])
        except BaseException:
            self.__exit__()
            raise

    def __enter__(self) -> TableFiles:
        return self

    def __exit__(self, *_: object) -> None:
        for file in self._open:
            with contextlib.suppress(OSError):  # what is left to be written when the disk is full
                file.close()
        for temporary, _target in self._waiting:
            temporary.unlink(missing_ok=True)

    def add(self, table: str, rows: Iterable[Sequence[str]]) -> None:
        """Write rows at the end of a table. Raises OSError."""
        if table in self._parquet:
            rows = list(rows)
            self._parquet[table].add(rows)
        self._tables[table].add(rows)

    @property
    def rows(self) -> dict[str, int]:
        """How many rows each table has so far."""
        return {name: table.rows for name, table in self._tables.items()}

    def put(self, run: Mapping[str, Any]) -> list[Path]:
        """Put all files in their places, run.json last. Returns them without those of the baseline. Raises OSError."""
        digests = {f"{name}.csv": table.finish() for name, table in sorted(self._tables.items())}
        typed = {f"{name}.parquet": self._finish(name) for name in sorted(self._parquet)}
        stale = {self._folder / name for name in _files_of(self._folder / RUN) - set(digests) - set(typed)}
        told = {**run, "files": sorted(digests), "digests": digests, **({"parquet": typed} if typed else {})}
        told["digest"] = run_digest(told)
        with self._part(self._folder / RUN) as file:
            file.write((json.dumps(told, indent=2, ensure_ascii=False) + "\n").encode())
        written = [target for _, target in self._waiting]
        stale |= set((self._folder / BASELINE).glob("*.csv.gz")) - set(written)
        for temporary, target in self._waiting:
            temporary.replace(target)
        for path in stale:
            path.unlink(missing_ok=True)
        return [target for target in written if target.parent == self._folder]

    def odd(self) -> list[str]:
        """Which cells are null in a Parquet file though they say something, since it is no value of their type."""
        for table in self._parquet.values():
            table.flush()
        return [
            f"{name}.parquet, {column}: {count} cells are no {kind} and empty there; {name}.csv has them."
            for name, table in self._parquet.items()
            for column, (count, kind) in table.odd.items()
        ]

    def _finish(self, name: str) -> str:
        """Complete a Parquet file. Returns its sha256."""
        self._parquet[name].finish()
        place = next(part for part, target in self._waiting if target.name == f"{name}.parquet")
        with place.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    def _part(self, target: Path) -> BinaryIO:
        """A file beside its place, open for writing."""
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent)
        self._waiting.append((Path(name), target))
        Path(name).chmod(0o666 & ~umask())
        self._open.append(os.fdopen(handle, "wb"))
        return self._open[-1]


class _TableFile:
    """One table on its way to two open files, plain and packed: UTF-8, ``\n`` at line ends, cells that look like
    formulas disarmed."""

    def __init__(self, plain: BinaryIO, packed: BinaryIO, columns: Sequence[str]) -> None:
        self.rows = 0
        self._plain, self._packed_file = plain, packed
        self._packed = _packed(packed)
        self._digest = hashlib.sha256()
        self._text = io.StringIO()
        self._csv = csv.writer(self._text, lineterminator="\n")
        self._csv.writerow(columns)

    def add(self, rows: Iterable[Sequence[str]]) -> None:
        """Write rows."""
        for row in rows:
            self._csv.writerow([protect(cell) for cell in row])
            self.rows += 1
            if self._text.tell() > BLOCK:
                self._flush()

    def finish(self) -> str:
        """Write what is left and close both files. Returns the sha256 of the plain one."""
        self._flush()
        for file in (self._packed, self._packed_file, self._plain):
            file.close()
        return self._digest.hexdigest()

    def _flush(self) -> None:
        data = self._text.getvalue().encode()
        self._text.seek(0)
        self._text.truncate()
        self._plain.write(data)
        self._packed.write(data)
        self._digest.update(data)


def extend_run(folder: Path, more: Mapping[str, Any]) -> None:
    """Add to the run.json of a folder what became known after the tables were written. Raises OSError."""
    told = {**json.loads((folder / RUN).read_text(encoding="utf-8")), **more}
    told["digest"] = run_digest(told)
    with whole_file(folder / RUN) as part:
        part.write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def csv_bytes(table: pd.DataFrame) -> bytes:
    """A table of text as CSV: UTF-8, ``\\n`` at line ends, cells that look like formulas disarmed."""
    text = table.map(protect).to_csv(index=False, lineterminator="\n")
    return text.encode("utf-8")


def read_table(path: Path) -> pd.DataFrame:
    """A table as ``write_files`` was given it: all text, '' for empty."""
    return pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig").map(unprotect)


class WrittenTables(Mapping[str, pd.DataFrame]):
    """The tables of a folder, each read when it is asked for and then kept; ``rows`` says how long each is."""

    def __init__(self, folder: Path, rows: Mapping[str, int]) -> None:
        self._folder, self.rows = folder, dict(rows)
        self._read: dict[str, pd.DataFrame] = {}

    def __getitem__(self, name: str) -> pd.DataFrame:
        if name not in self.rows:
            raise KeyError(name)
        if name not in self._read:
            self._read[name] = read_table(self._folder / f"{name}.csv")
        return self._read[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)


def read_baseline(folder: Path, table: str) -> pd.DataFrame:
    """A table as the run wrote it into ``folder``, whatever has been changed in the CSV since: all text, '' for empty.

    Raises FileNotFoundError when the folder has no baseline of this table (an older run wrote none).
    """
    return read_table(baseline_path(folder, table))


def length_of(tables: Mapping[str, pd.DataFrame], name: str) -> int:
    """How many rows a table has, without reading it where that is known."""
    return tables.rows[name] if isinstance(tables, WrittenTables) else len(tables[name])


def baseline_path(folder: Path, table: str) -> Path:
    """Where the baseline of a table lies."""
    return folder / BASELINE / f"{table}.csv.gz"


def run_digest(run: Mapping[str, Any]) -> str:
    """The sha256 of what run.json says, its key ``digest`` left out, however it is laid out."""
    told = {key: value for key, value in run.items() if key != "digest"}
    return hashlib.sha256(json.dumps(told, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _packed(file: BinaryIO) -> gzip.GzipFile:
    """A file that packs what is written to it, the same for the same bytes at any time."""
    return gzip.GzipFile(filename="", mode="wb", fileobj=file, mtime=0, compresslevel=6)


def _files_of(path: Path) -> set[str]:
    """The tables that an earlier run wrote into the folder."""
    try:
        run = json.loads(path.read_text(encoding="utf-8"))
        names = [*run["files"], *run.get("parquet", ())]
        return {name for name in names if name.endswith((".csv", ".parquet")) and not {"/", "\\"} & set(name)}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return set()
