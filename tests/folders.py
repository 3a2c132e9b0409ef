"""Output folders as tests look at them."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path


def files_of(folder: Path, but: Collection[str] = ("run.json",)) -> dict[str, bytes]:
    """The bytes of every file below a folder, but some, by their path in it."""
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in sorted(files.items()) if name not in but}
