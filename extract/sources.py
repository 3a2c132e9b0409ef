"""The files of a run: which are taken, what the tables call them, and the digest of their bytes."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

SUFFIXES = frozenset({".pdf", ".xml", ".nxml"})
"""Files that a folder is searched for. A .txt is read only when it is named itself."""

SKIPPED = frozenset({"sources", "gold", "decisions"})
"""Folders that hold something else than papers."""


class WrongUse(Exception):
    """The command was given something it cannot work with. The message says what, and what to do."""


class Source(NamedTuple):
    """A file to read: where it is, how it was given, what the tables call it, the digest and the number of its
    bytes."""

    path: Path
    file: str
    name: str
    sha256: str
    size: int = 0


def digest_of(file: Path) -> str:
    """The sha256 of a file's bytes, in hex. Raises OSError."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def collect(paths: Iterable[Path], digest: Callable[[Path], str] = digest_of) -> list[Source]:
    """The papers at some paths, sorted by name; ``digest`` gives the sha256 of a file. Raises WrongUse for a path that
    holds none, and for a file that cannot be opened."""
    faults: list[str] = []
    found: dict[Path, Path] = {}
    for path in paths:
        if path.is_dir():
            inside = sorted(_search(path, faults))
            if not inside:
                faults.append(f"{path}: no .pdf, .xml or .nxml file here. Name the folder that holds the papers.")
        elif not path.exists():
            faults.append(f"{path}: there is no such file or folder.")
            continue
        elif path.suffix.lower() not in SUFFIXES | {".txt"}:
            faults.append(f"{path}: not a paper by its name. Give .pdf, .xml, .nxml or .txt files.")
            continue
        else:
            inside = [path]
        for file in inside:
            found.setdefault(file.resolve(), file)
    if faults:
        raise WrongUse("\n".join(faults))
    files = list(found.values())
    named = zip(names_of(files), files, strict=True)
    return [_source(name, file, digest) for name, file in sorted(named)]


def _source(name: str, file: Path, digest: Callable[[Path], str]) -> Source:
    try:
        path = file.resolve()
        return Source(path, file.as_posix(), name, digest(path), path.stat().st_size)
    except OSError as error:
        raise WrongUse(f"{file}: the file cannot be opened ({error.strerror}).") from error


def _search(folder: Path, faults: list[str]) -> Iterable[Path]:
    def refuse(error: OSError) -> None:
        faults.append(f"{error.filename}: the folder cannot be opened ({error.strerror}).")

    for where, folders, files in os.walk(folder, onerror=refuse):
        if _is_report(Path(where)):
            folders.clear()  # its plots are PDF files too, and no papers
            continue
        folders[:] = [name for name in folders if not name.startswith(".") and name.lower() not in SKIPPED]
        for name in files:
            if not name.startswith(".") and Path(name).suffix.lower() in SUFFIXES:
                yield Path(where) / name


def _is_report(folder: Path) -> bool:
    """Whether a folder holds a report that caseloom wrote."""
    try:
        told = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(told, dict) and "caseloom" in told


def names_of(files: Sequence[Path]) -> list[str]:
    """What the tables call each file: its stem; where two share it, the file name; where they share that too,
    the file name after as many folders as tell them apart."""
    depth = [0] * len(files)
    while True:
        names = [_name(file, level) for file, level in zip(files, depth, strict=True)]
        often = Counter(names)
        deeper = [index for index, name in enumerate(names) if often[name] > 1]
        if not deeper:
            return names
        for index in deeper:
            depth[index] += 1


def _name(file: Path, level: int) -> str:
    return file.stem if level == 0 else "/".join(file.absolute().parts[-level:])


def changes(paths: Sequence[Path], more: Sequence[Path] = (), pause: float = 1.0) -> Iterator[bool]:
    """Yield at the beginning and whenever papers at some paths, or YAML and CSV files in the folders ``more``, have
    changed and then rested for ``pause`` seconds: what is still being copied is waited for. What is yielded says
    whether there are papers at all."""
    done: frozenset[tuple[str, int, int]] | None = None
    seen = _state(paths, more)
    while True:
        time.sleep(pause)
        now = _state(paths, more)
        if now == seen and now != done:
            done = now
            yield any(Path(name).suffix.lower() not in (".yaml", ".csv") for name, _, _ in now)
        seen = now


def _state(paths: Sequence[Path], more: Sequence[Path]) -> frozenset[tuple[str, int, int]]:
    """Name, size and time of change of all files."""
    files = [file for path in paths for file in (_search(path, []) if path.is_dir() else [path])]
    files += [file for path in more for suffix in ("yaml", "csv") for file in path.rglob(f"*.{suffix}")]
    out = set()
    for file in files:
        with suppress(OSError):
            state = file.stat()
            out.add((str(file), state.st_size, state.st_mtime_ns))
    return frozenset(out)
