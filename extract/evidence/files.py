"""EVIDENCE: tables to files and back. A file is there whole or not at all."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from extract.evidence.cells import protect, unprotect
from extract.whole import whole_file

RUN = "run.json"


def write_files(tables: Mapping[str, pd.DataFrame], run: Mapping[str, Any], folder: Path) -> list[Path]:
    """Write every table as ``<name>.csv`` and ``run`` as run.json into a folder that exists.

    All files are written beside their places first and put there by renaming, run.json last. Files that an
    earlier run.json names and that are not written any more are deleted. Returns the files written.
    """
    contents = {f"{name}.csv": csv_bytes(table) for name, table in tables.items()}
    stale = _files_of(folder / RUN) - set(contents)
    contents[RUN] = (json.dumps({**run, "files": sorted(contents)}, indent=2, ensure_ascii=False) + "\n").encode()
    waiting: list[tuple[Path, Path]] = []
    try:
        for name, data in contents.items():
            handle, temporary = tempfile.mkstemp(prefix=f".{name}.", suffix=".part", dir=folder)
            waiting.append((Path(temporary), folder / name))
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            Path(temporary).chmod(0o666 & ~_umask())
        for temporary_path, target in waiting:
            temporary_path.replace(target)
    finally:
        for temporary_path, _ in waiting:
            temporary_path.unlink(missing_ok=True)
    for name in stale:
        (folder / name).unlink(missing_ok=True)
    return [target for _, target in waiting]


def extend_run(folder: Path, more: Mapping[str, Any]) -> None:
    """Add to the run.json of a folder what became known after the tables were written. Raises OSError."""
    told = json.loads((folder / RUN).read_text(encoding="utf-8"))
    with whole_file(folder / RUN) as part:
        part.write_text(json.dumps({**told, **more}, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def csv_bytes(table: pd.DataFrame) -> bytes:
    """A table of text as CSV: UTF-8, ``\\n`` at line ends, cells that look like formulas disarmed."""
    text = table.map(protect).to_csv(index=False, lineterminator="\n")
    return text.encode("utf-8")


def read_table(path: Path) -> pd.DataFrame:
    """A table as ``write_files`` was given it: all text, '' for empty."""
    return pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig").map(unprotect)


def _files_of(path: Path) -> set[str]:
    """The tables that an earlier run wrote into the folder."""
    try:
        names = json.loads(path.read_text(encoding="utf-8"))["files"]
        return {name for name in names if name.endswith(".csv") and "/" not in name and "\\" not in name}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return set()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
