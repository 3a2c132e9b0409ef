"""EVIDENCE: tables to files and back. A file is there whole or not at all.

Beside the tables lies ``.baseline``: the same tables as the run wrote them, packed. Against it, what people change
later in a table can be told cell by cell.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from extract.evidence.cells import protect, unprotect
from extract.whole import umask, whole_file

RUN = "run.json"
BASELINE = ".baseline"


def write_files(tables: Mapping[str, pd.DataFrame], run: Mapping[str, Any], folder: Path) -> list[Path]:
    """Write every table as ``<name>.csv`` and as ``.baseline/<name>.csv.gz``, and ``run`` as run.json, into a folder
    that exists.

    run.json gets three keys more: ``files``, the names of the tables; ``digests``, the sha256 of each file's bytes;
    ``digest``, that of the rest of run.json itself (``run_digest``). All files are written beside their places first
    and put there by renaming, run.json last. Files that an earlier run.json names and that are not written any more
    are deleted. Returns the files written, without those of the baseline.
    """
    contents = {f"{name}.csv": csv_bytes(table) for name, table in tables.items()}
    stale = {folder / name for name in _files_of(folder / RUN) - set(contents)}
    digests = {name: hashlib.sha256(data).hexdigest() for name, data in contents.items()}
    told = {**run, "files": sorted(contents), "digests": dict(sorted(digests.items()))}
    told["digest"] = run_digest(told)
    packed = {f"{BASELINE}/{name}.gz": _packed(data) for name, data in contents.items()}
    stale |= {path for path in (folder / BASELINE).glob("*.csv.gz") if f"{BASELINE}/{path.name}" not in packed}
    listing = (json.dumps(told, indent=2, ensure_ascii=False) + "\n").encode()
    (folder / BASELINE).mkdir(exist_ok=True)
    waiting: list[tuple[Path, Path]] = []
    try:
        for name, data in {**contents, **packed, RUN: listing}.items():
            target = folder / name
            handle, temporary = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent)
            waiting.append((Path(temporary), target))
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            Path(temporary).chmod(0o666 & ~umask())
        for temporary_path, target in waiting:
            temporary_path.replace(target)
    finally:
        for temporary_path, _ in waiting:
            temporary_path.unlink(missing_ok=True)
    for path in stale:
        path.unlink(missing_ok=True)
    return [target for _, target in waiting if target.parent == folder]


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


def read_baseline(folder: Path, table: str) -> pd.DataFrame:
    """A table as the run wrote it into ``folder``, whatever has been changed in the CSV since: all text, '' for empty.

    Raises FileNotFoundError when the folder has no baseline of this table (an older run wrote none).
    """
    return read_table(baseline_path(folder, table))


def baseline_path(folder: Path, table: str) -> Path:
    """Where the baseline of a table lies."""
    return folder / BASELINE / f"{table}.csv.gz"


def run_digest(run: Mapping[str, Any]) -> str:
    """The sha256 of what run.json says, its key ``digest`` left out, however it is laid out."""
    told = {key: value for key, value in run.items() if key != "digest"}
    return hashlib.sha256(json.dumps(told, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _packed(data: bytes) -> bytes:
    """Bytes as gzip, the same for the same bytes at any time."""
    out = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=out, mtime=0, compresslevel=6) as file:
        file.write(data)
    return out.getvalue()


def _files_of(path: Path) -> set[str]:
    """The tables that an earlier run wrote into the folder."""
    try:
        names = json.loads(path.read_text(encoding="utf-8"))["files"]
        return {name for name in names if name.endswith(".csv") and "/" not in name and "\\" not in name}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return set()
