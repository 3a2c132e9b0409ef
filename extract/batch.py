"""The recipe for many documents: collect the files, have each read by a guarded worker, write the tables.

A document that oversteps its time or memory, hangs or dies costs itself a row with the reason; its neighbours do
not notice.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from extract import __version__
from extract.guard import read_guarded
from extract.model import CaseRecord, Issue, Paper
from extract.schema import Schema, SchemaError
from extract.worker import Limits, Work

if TYPE_CHECKING:
    from extract.evidence import Written, WrittenTables
    from extract.evidence.decisions import Decision

SUFFIXES = frozenset({".pdf", ".xml", ".nxml"})
"""Files that a folder is searched for. A .txt is read only when it is named itself."""

SKIPPED = frozenset({"sources", "gold", "decisions"})
"""Folders that hold something else than papers."""

PACKAGES = ("pdfplumber", "pypdfium2", "spacy", "scispacy", "pandas", "pydantic")


class WrongUse(Exception):
    """The command was given something it cannot work with. The message says what, and what to do."""


class Source(NamedTuple):
    """A file to read: where it is, how it was given, what the tables call it, the digest of its bytes."""

    path: Path
    file: str
    name: str
    sha256: str


class Summary(NamedTuple):
    """What a run came to; ``notes`` is what people must know, ``tables`` are those that were written."""

    folder: Path
    counts: dict[str, int]
    failures: list[tuple[str, str, str]]
    decisions: dict[str, int]
    notes: list[str]
    tables: WrittenTables


Progress = Callable[[int, int, CaseRecord], None]
"""Called for each document that is done: how many are done, how many there are, what it says."""


def run(
    paths: Sequence[Path],
    folder: Path,
    schema: Schema,
    *,
    workers: int = 0,
    limits: Limits | None = None,
    command: Sequence[str] = (),
    progress: Progress | None = None,
    work: Work | None = None,
    ocr: bool = False,
    decisions: Path | None = None,
) -> Summary:
    """Read all papers at ``paths`` and write every table into ``folder``. ``workers`` 0 means one for each
    core; ``decisions`` is the folder of what reviewers decided (default: none).

    Raises WrongUse for a path or a folder it cannot use, or decisions it cannot read, and SchemaError for rules that
    fail their examples, before anything is written.
    """
    started = datetime.now(UTC)
    clock = time.monotonic()
    sources = collect(paths)
    decided = _decisions(decisions)
    made = not folder.exists()
    prepare(folder)
    workers = workers or cores()
    try:
        records, seconds = read_sources(
            sources, schema, workers=workers, limits=limits or Limits(), progress=progress, work=work, ocr=ocr
        )
    except BaseException:
        if made:
            with contextlib.suppress(OSError):
                folder.rmdir()  # leave nothing behind: not even an empty folder
        raise

    from extract.evidence import WrittenTables, write_tables

    def told(written: Written) -> dict[str, Any]:
        """What run.json says."""
        return {
            "caseloom": __version__,
            "python": platform.python_version(),
            "packages": {name: installed for name in PACKAGES if (installed := _installed(name))},
            "schema": {"folder": schema.folder, "hash": schema.hash},
            **({"model": {"name": schema.model.name, "version": schema.model.version}} if schema.model else {}),
            "command": list(command),
            **({"decisions": written.decisions} if decided else {}),
            "started": started.isoformat(timespec="seconds"),
            "seconds": round(time.monotonic() - clock, 2),
            "workers": workers,
            "counts": _counts(written),
            **({"notes": written.notes} if written.notes else {}),
            "durations": {name: round(took, 2) for name, took in sorted(seconds.items())},
            "failures": [dict(zip(("document", "reason", "message"), row, strict=True)) for row in written.failures],
        }

    try:
        written = write_tables(records, schema, folder, run=told, decisions=decided)
    except OSError as error:
        raise WrongUse(f"{folder}: the tables cannot be written there ({error.strerror}).") from error
    tables = WrittenTables(folder, written.rows)
    return Summary(folder, _counts(written), written.failures, written.decisions, written.notes, tables)


def _counts(written: Written) -> dict[str, int]:
    """How many documents there are, how many failed, and how long the tables are."""
    rows = written.rows
    return {
        "documents": rows["documents"],
        "failed": len(written.failures),
        **{name: count for name, count in rows.items() if name not in ("documents", "codebook")},
    }


def _decisions(folder: Path | None) -> list[Decision]:
    from extract.evidence.decisions import DecisionError, read_decisions

    try:
        return read_decisions(folder) if folder is not None else []
    except DecisionError as error:
        raise WrongUse("\n".join(error.errors)) from error


def collect(paths: Iterable[Path]) -> list[Source]:
    """The papers at some paths, sorted by name. Raises WrongUse for a path that holds none."""
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
    return [
        Source(path=file.resolve(), file=file.as_posix(), name=name, sha256=_digest(file))
        for name, file in sorted(named)
    ]


def _search(folder: Path, faults: list[str]) -> Iterable[Path]:
    def refuse(error: OSError) -> None:
        faults.append(f"{error.filename}: the folder cannot be opened ({error.strerror}).")

    for where, folders, files in os.walk(folder, onerror=refuse):
        folders[:] = [name for name in folders if not name.startswith(".") and name.lower() not in SKIPPED]
        for name in files:
            if not name.startswith(".") and Path(name).suffix.lower() in SUFFIXES:
                yield Path(where) / name


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


def _digest(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise WrongUse(f"{file}: the file cannot be opened ({error.strerror}).") from error


def prepare(folder: Path) -> None:
    """Make the output folder and see that files can be written there. Raises WrongUse otherwise."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        reason = "it is a file" if folder.is_file() else error.strerror
        raise WrongUse(f"{folder}: cannot write there ({reason}). Choose another folder with -o.") from error


def cores() -> int:
    """The number of processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def read_sources(
    sources: Sequence[Source],
    schema: Schema,
    *,
    workers: int,
    limits: Limits,
    progress: Progress | None = None,
    work: Work | None = None,
    ocr: bool = False,
) -> tuple[list[CaseRecord], dict[str, float]]:
    """What each source says, in their order, and how many seconds each took. The same bytes are read once."""
    first: dict[str, int] = {}
    for index, source in enumerate(sources):
        first.setdefault(source.sha256, index)
    records: dict[int, CaseRecord] = {}
    seconds: dict[str, float] = {}
    marker = _marker(schema)
    tasks = [(index, sources[index].path, sources[index].name) for index in first.values()]
    results = read_guarded(
        tasks,
        schema,
        workers=workers,
        limits=limits,
        work=work,
        ocr=ocr,
        check_rules=work is None and not marker.exists(),
    )
    for result in results:
        source = sources[result.task]
        records[result.task] = _record_of(source, result.json, result.reason, result.message, schema)
        seconds[source.name] = result.seconds
        if progress:
            progress(len(records), len(sources), records[result.task])
    if work is None:
        _remember(marker)
    for index, source in enumerate(sources):
        if index not in records:
            records[index] = _duplicate(source, records[first[source.sha256]])
            if progress:
                progress(len(records), len(sources), records[index])
    return [records[index] for index in range(len(sources))], seconds


def _record_of(source: Source, json: bytes, reason: str, message: str, schema: Schema) -> CaseRecord:
    """A record from what a worker sent, under the name, file and digest of its source."""
    if reason:
        paper = Paper(name=source.name, file=source.file, sha256=source.sha256, status="failed", reason=reason)
        issue = Issue(severity="major", message=message, reason=reason)
        return CaseRecord(paper=paper, issues=(issue,), schema_hash=schema.hash, version=__version__)
    record = CaseRecord.model_validate_json(json)
    paper = record.paper.model_copy(update={"name": source.name, "file": source.file, "sha256": source.sha256})
    return record.model_copy(update={"paper": paper, "schema_hash": schema.hash, "version": __version__})


def _duplicate(source: Source, original: CaseRecord) -> CaseRecord:
    """The row of a file whose bytes were read under another name."""
    paper = Paper(
        name=source.name,
        file=source.file,
        sha256=source.sha256,
        status=original.paper.status,
        reason=original.paper.reason if original.paper.status == "failed" else "duplicate_file",
        pages=original.paper.pages,
        pages_without_text=original.paper.pages_without_text,
    )
    same = original.paper.name
    message = f"{source.name} is the same file as {same}, byte for byte; it was read once, as {same}."
    issue = Issue(severity="info", message=message, reason="duplicate_file")
    return CaseRecord(paper=paper, issues=(issue,), schema_hash=original.schema_hash, version=original.version)


def _marker(schema: Schema) -> Path:
    """The file whose presence says that these rules passed their examples with this version."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "caseloom" / f"examples-{__version__}-{schema.hash[:32]}"


def _remember(marker: Path) -> None:
    try:
        marker.parent.mkdir(parents=True, exist_ok=True)
        marker.touch()
    except OSError:
        pass  # only means that the examples run again next time


def _installed(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


__all__ = [
    "Limits",
    "SchemaError",
    "Source",
    "Summary",
    "WrongUse",
    "collect",
    "names_of",
    "read_sources",
    "run",
]
