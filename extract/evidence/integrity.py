"""EVIDENCE: whether the files of an output folder are as the run wrote them; where not, which cells have changed.

Three things are held against each other: a CSV, the digest that run.json has of it, and its baseline. A digest guards
against slips and edits, not against who rewrites all three: then the tables against each other and the papers tell.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from extract.evidence.changes import Change, Fault, Listing, Unreadable, changes, read_listing
from extract.evidence.files import BASELINE, RUN, baseline_path, run_digest

_NAME = re.compile(r"[A-Za-z0-9_]+")
_PARQUET = re.compile(r"[a-z_]+\.parquet")

MOST_UNPACKED = 1 << 31
"""Bytes to which a baseline may unpack; more is no table of ours."""


class NoOutputs(Exception):
    """A folder in which no run has written. The message says so, and what to do."""


@dataclass
class Folder:
    """The tables of an output folder by name: as they stand now, and as far as can be told as the run wrote them."""

    run: Mapping[str, Any]
    now: dict[str, Listing] = field(default_factory=dict)
    sound: dict[str, Listing] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    intact: int = 0

    def fault(self, file: str, message: str, row: int = 0, column: str = "") -> None:
        """Note something that is wrong."""
        self.faults.append(Fault(file, row, column, message))


def open_folder(path: Path, tables: tuple[str, ...]) -> Folder:
    """The output folder at a path, compared with its baseline and digests. ``tables`` are those that a run writes.

    Raises NoOutputs when no run has written there.
    """
    if not path.is_dir():
        raise NoOutputs(f"{path}: there is no such folder. Give the folder that caseloom run wrote.")
    if not (path / RUN).exists() and not (path / "values.csv").exists():
        raise NoOutputs(f"{path}: neither run.json nor values.csv is here. Give the folder that caseloom run wrote.")
    folder = Folder(run=(run := _run(path)) or {})
    digests = folder.run.get("digests")
    has_digests = digests is not None or (path / BASELINE).is_dir()
    if run is None:
        folder.fault(RUN, "it is missing or cannot be read; without it nothing says what the tables were. Run again")
    elif not has_digests:
        folder.notes.append("An older version wrote this folder, without digests: changes of cells cannot be told.")
    elif folder.run.get("digest") != run_digest(folder.run):
        folder.fault(RUN, "it has been edited: it is not what its own digest says", column="digest")
    for name, digest in _parquet(folder.run).items():
        data = _bytes(path / name) if _PARQUET.fullmatch(name) else None
        if data is None:
            folder.notes.append(f"{name} is missing; its CSV says the same.")
        elif _digest(data) != digest:
            folder.fault(name, "it is not what the run wrote; the CSV beside it is compared cell by cell")
    known = digests if isinstance(digests, dict) else {}
    listed = folder.run.get("files")
    names = {str(name).removesuffix(".csv") for name in listed} if isinstance(listed, list) else set(tables)
    for name in sorted({*names, *(str(name).removesuffix(".csv") for name in known)}):
        if not _NAME.fullmatch(name):
            folder.fault(RUN, f"{name!r} is no name of a table", column="files")
            continue
        digest = known.get(f"{name}.csv")
        if run is not None and has_digests and digest is None:
            folder.fault(RUN, f"it has no digest of {name}.csv", column=f"digests.{name}.csv")
        _open_table(path, name, digest, folder)
    return folder


def _parquet(run: Mapping[str, Any]) -> dict[str, object]:
    """The digests of the Parquet files of a run."""
    told = run.get("parquet")
    return {str(name): digest for name, digest in told.items()} if isinstance(told, dict) else {}


def _run(path: Path) -> dict[str, Any] | None:
    try:
        run = json.loads((path / RUN).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return run if isinstance(run, dict) else None


def _open_table(path: Path, name: str, digest: object, folder: Folder) -> None:
    """Read one table and its baseline into the folder, and say how they, and the digest, agree."""
    file = f"{name}.csv"
    data, packed = _bytes(path / file), _unpacked(baseline_path(path, name))
    if data is None:
        folder.fault(file, "the file is missing or cannot be opened. Run again")
    now = _listing(data, file, folder) if data is not None else None
    before = _listing(packed, "", folder) if packed is not None else None
    ours, theirs = _digest(data), _digest(packed)
    is_proven = now is not None and digest in (ours, None)
    for tables, table in ((folder.now, now or before), (folder.sound, now if is_proven else before or now)):
        if table is not None:
            tables[name] = table
    folder.intact += is_proven and (digest == ours or theirs in (ours, None))
    if digest == ours and packed is None:
        folder.notes.append(f"The baseline of {file} is missing; the file itself is as run.json has it.")
    elif digest == ours and theirs != ours:
        folder.fault(f"{BASELINE}/{file}.gz", f"it is not what was written with {file}, which is as run.json has it")
    elif ours == theirs != digest is not None:
        message = f"the digest of {file} fits neither the file nor its baseline, which agree"
        folder.fault(RUN, message, column=f"digests.{file}")
    elif ours not in (digest, theirs) and now is not None:
        _compare(file, before, now, theirs == digest, folder)


def _compare(file: str, before: Listing | None, now: Listing, proven: bool, folder: Folder) -> None:
    """Say what has changed between a baseline (``proven``: run.json has its digest) and the table now."""
    if before is None:
        if folder.run.get("digests") is not None:
            message = "it is not what the run wrote; without its baseline the cells that differ cannot be named"
            folder.fault(file, message)
        return
    found = changes(before, now)
    if not proven:
        folder.fault(file, "neither the file nor its baseline is what run.json has; they differ as told below")
    folder.faults += [_told(file, change) for change in found]
    if proven and not found:
        folder.notes.append(f"{file} has been saved anew by another program; all its cells are as they were.")
        folder.intact += 1


def _told(file: str, change: Change) -> Fault:
    """A change as a fault of a file."""
    if change.kind == "cell":
        message = f"was {_short(change.was)}, is {_short(change.now)}"
    elif change.kind == "added row":
        message = f"a row that the run did not write: {_short(change.now)}"
    elif change.kind == "deleted row":
        message = f"a row is missing (row {change.row} as the run wrote it): {_short(change.was)}"
    elif change.kind == "moved row":
        message = f"the row stood in row {change.was}"
    elif not change.column:
        message = f"the columns stand in another order: {_short(change.now)} instead of {_short(change.was)}"
    else:
        message = "the column is missing" if change.was else "a column that the run did not write"
    row = 0 if change.kind == "deleted row" else change.row
    return Fault(file, row, change.column, message)


def _short(text: str) -> str:
    return repr(text if len(text) <= 120 else text[:117] + "...")


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes() if path.is_file() else None
    except OSError:
        return None


def _unpacked(path: Path) -> bytes | None:
    """The plain bytes of a baseline; None when it is missing, b'' when it is damaged."""
    if not path.is_file():
        return None
    try:
        with gzip.open(path) as file:
            return file.read(MOST_UNPACKED)
    except (OSError, EOFError, zlib.error):
        return b""


def _digest(data: bytes | None) -> str | None:
    return None if data is None else hashlib.sha256(data).hexdigest()


def _listing(data: bytes, file: str, folder: Folder) -> Listing | None:
    """The table in some bytes; None when there is none, which is noted when the file has a name."""
    try:
        return read_listing(data)
    except Unreadable as error:
        if file:
            folder.fault(file, f"it cannot be read: {error}")
        return None
