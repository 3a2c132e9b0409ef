"""A file that is there whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def whole_file(target: Path) -> Iterator[Path]:
    """A path to write to, beside its place; at the end of the block it is put there by renaming, or, when the block
    fails, deleted. Raises OSError when nothing can be written there."""
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".part", dir=target.parent)
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        temporary.chmod(0o666 & ~umask())
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)


def clear_parts(target: Path) -> None:
    """Delete what processes that were killed left of a file. Raises OSError."""
    for part in target.parent.glob(f".{target.name}.*.part"):
        part.unlink(missing_ok=True)


def clear_parts_of_tables(folder: Path) -> None:
    """Delete what runs that were killed left of the tables of an output folder. Only for the one who holds its lock.
    Raises OSError."""
    for place in (folder, folder / ".baseline"):
        for kind in (".csv", ".csv.gz", ".parquet", ".json"):
            for part in place.glob(f".*{kind}.*.part"):
                part.unlink(missing_ok=True)


def umask() -> int:
    """The permissions that this process takes from the files it makes."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
