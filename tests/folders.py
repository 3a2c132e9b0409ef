"""Output folders as tests look at them."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

OF_RUNS = frozenset({".store", ".previous", "run.log"})
"""What a run keeps for the next one, and what it tells of itself: it holds times, or depends on the runs before."""


def files_of(folder: Path, but: Collection[str] = ("run.json",)) -> dict[str, bytes]:
    """The bytes of every file below a folder, but some and what is of runs, by their path in it."""
    files = {path.relative_to(folder): path for path in folder.rglob("*") if path.is_file()}
    kept = {name.as_posix(): path for name, path in sorted(files.items()) if name.parts[0] not in OF_RUNS}
    return {name: path.read_bytes() for name, path in kept.items() if name not in but}
