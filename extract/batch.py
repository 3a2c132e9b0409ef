"""The recipe for many documents: collect the files, have each read by a guarded worker, write the tables.

A document that oversteps its time or memory, hangs or dies costs itself a row with the reason; its neighbours do
not notice.
"""

from __future__ import annotations

import contextlib
import os
import platform
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from extract import __version__
from extract.guard import Result, read_guarded
from extract.model import CaseRecord
from extract.schema import Schema, SchemaError
from extract.sources import Source, WrongUse, collect, names_of
from extract.store import FOLDER, Entry, Records, StagedWork, Store, stage_keys
from extract.store.packing import Failure, Header, Stage, Told, make_part, pack, unpack
from extract.store.plan import Plan, entry_of, plan_work
from extract.store.records import FILE, duplicate
from extract.store.stages import failure_key, told_of
from extract.worker import Limits, Task, Work

if TYPE_CHECKING:
    import pandas as pd

    from extract.evidence.decisions import Decision

PACKAGES = ("pdfplumber", "pypdfium2", "spacy", "scispacy", "pandas", "pydantic")


class Summary(NamedTuple):
    """What a run came to; ``tables`` are those that were written, by name. ``kept``: how many documents were taken
    from the store; ``damaged``: those whose records were not as they had been written."""

    folder: Path
    counts: dict[str, int]
    failures: list[tuple[str, str, str]]
    decisions: dict[str, int]
    tables: dict[str, pd.DataFrame]
    kept: int
    damaged: list[str]


class Step(NamedTuple):
    """One more document is done: how many are done and how many there are, how many of these were kept from an earlier
    run and how many failed, its name and what became of it, the seconds it took, and the share of the work that is
    done, from 0 to 1. Without a name: what was kept."""

    done: int
    total: int
    kept: int
    failed: int
    share: float
    name: str = ""
    told: Told | None = None
    seconds: float = 0


Progress = Callable[[Step], None]


class Reader(Protocol):
    """What has many documents read: ``guard.read_guarded``, or another with its signature."""

    def __call__(
        self,
        tasks: Sequence[Task],
        schema: Schema,
        *,
        workers: int,
        limits: Limits,
        work: Work | None = None,
        check_rules: bool = False,
    ) -> Iterator[Result]: ...


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
    force: bool = False,
    only_failed: bool = False,
    reader: Reader = read_guarded,
) -> Summary:
    """Read all papers at ``paths`` and write every table into ``folder``. ``workers`` 0 means one for each
    core; ``decisions`` is the folder of what reviewers decided (default: none).

    What was done by an earlier run into ``folder`` is not done again (``extract.store``), unless with ``force``;
    ``only_failed`` tries those again that could not be read. ``reader`` has the documents read; ``work`` does something
    else with each document than to read it, and nothing of that is kept.

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
    limits = limits or Limits()
    with contextlib.ExitStack() as stack:
        try:
            where = Path(stack.enter_context(tempfile.TemporaryDirectory())) if work else folder / FOLDER
            reading = _Reading(sources, schema, Store(where), limits, work, ocr, force, only_failed)
            reading.read(reader, workers, progress)
        except BaseException:
            if made:
                with contextlib.suppress(OSError):
                    folder.rmdir()  # leave nothing behind: not even an empty folder
            raise
        records = reading.records()

        from extract.evidence import apply_decisions, build_tables, write_files

        applied = apply_decisions(records, decided, schema)
        tables = build_tables(applied.records, schema, applied.rows())
    failures = reading.failures()
    counts = {
        "documents": len(records),
        "failed": len(failures),
        **{name: len(table) for name, table in tables.items() if name not in ("documents", "codebook")},
    }
    report: dict[str, Any] = {
        "caseloom": __version__,
        "python": platform.python_version(),
        "packages": {name: installed for name in PACKAGES if (installed := _installed(name))},
        "schema": {"folder": schema.folder, "hash": schema.hash},
        **({"model": {"name": schema.model.name, "version": schema.model.version}} if schema.model else {}),
        "command": list(command),
        **({"decisions": applied.states()} if decided else {}),
        "started": started.isoformat(timespec="seconds"),
        "seconds": round(time.monotonic() - clock, 2),
        "workers": workers,
        "counts": counts,
        "kept": reading.kept,
        "durations": {name: round(took, 2) for name, took in sorted(reading.seconds.items())},
        "failures": [dict(zip(("document", "reason", "message"), row, strict=True)) for row in failures],
    }
    try:
        write_files(tables, report, folder)
    except OSError as error:
        raise WrongUse(f"{folder}: the tables cannot be written there ({error.strerror}).") from error
    return Summary(folder, counts, failures, applied.states(), tables, reading.kept, reading.plan.damaged)


class _Reading:
    """The documents of a run on their way into the store."""

    def __init__(
        self,
        sources: Sequence[Source],
        schema: Schema,
        store: Store,
        limits: Limits,
        work: Work | None,
        ocr: bool,
        force: bool,
        only_failed: bool,
    ) -> None:
        self.sources, self.schema, self.store, self.limits, self.own = sources, schema, store, limits, work
        self.keys = stage_keys(schema, ocr=ocr)
        self.work = work or StagedWork(store.folder, self.keys, ocr, force)
        self.plan: Plan = plan_work(sources, store, self.keys, limits, anew=force, failed=only_failed)
        self.entries = dict(self.plan.entries)
        self.kept = len(self.entries)
        self.failed = sum(entry.told.status == "failed" for entry in self.entries.values())
        self.seconds: dict[str, float] = {}

    def read(self, reader: Reader, workers: int, progress: Progress | None) -> None:
        """Have everything read that is not kept."""
        self._create()
        tasks, total = self.plan.tasks, len(self.sources)
        share, all_work = 0, sum(_weight(self.sources[task[0]]) for task in tasks) or 1
        if progress and self.kept:
            progress(Step(self.kept, total, self.kept, self.failed, 0 if tasks else 1))
        marker = _marker(self.schema)
        check_rules = self.own is None and not marker.exists()
        if self.own:
            tasks = [(index, path, self.sources[index].name) for index, path, _ in tasks]
        results = reader(
            tasks, self.schema, workers=workers, limits=self.limits, work=self.work, check_rules=check_rules
        )
        for result in results:
            source = self.sources[result.task]
            entry = self.entries[result.task] = self._take(source, result)
            self.seconds[source.name] = result.seconds
            self.failed += entry.told.status == "failed"
            share += _weight(source)
            if progress:
                done = len(self.entries)
                progress(
                    Step(done, total, self.kept, self.failed, share / all_work, source.name, entry.told, result.seconds)
                )
        if check_rules and tasks:
            _remember(marker)
        for index, source in enumerate(self.sources):
            first = self.plan.first[source.sha256]
            if index != first:
                entry = self.entries[index] = duplicate(source, self.sources[first].name, self.entries[first])
                self.failed += entry.told.status == "failed"
                if progress:
                    progress(Step(len(self.entries), total, self.kept, self.failed, 1, source.name, entry.told))

    def _create(self) -> None:
        try:
            self.store.create()
        except OSError as error:
            raise WrongUse(f"{self.store.folder}: cannot be made ({error.strerror}).") from error

    def _take(self, source: Source, result: Result) -> Entry:
        """Keep what a worker made, as far as it has not done so itself, and tell what it is."""
        try:
            if result.reason:
                return self._fail(source, result)
            data = self._pack_own(source, result.json) if self.own else result.json
            header, parts = unpack(data)
            if parts:
                self.store.put(data)
        except OSError as error:
            raise WrongUse(f"{self.store.folder}: nothing can be kept there ({error.strerror}).") from error
        assert header.told is not None
        return Entry(header.told)

    def _fail(self, source: Source, result: Result) -> Entry:
        stage: Stage = result.stage if result.stage in ("find", "link") else "read"  # type: ignore[assignment]
        failure = Failure(
            stage=stage,
            key=failure_key(stage, self.keys, source.path),
            reason=result.reason,
            message=result.message.replace(source.path.name, FILE, 1),
            seconds=self.limits.seconds,
            megabytes=self.limits.megabytes,
        )
        if not result.outside and result.reason != "changed":
            self.store.put_failure(source.sha256, failure)
        return entry_of(failure, source)

    def _pack_own(self, source: Source, json: bytes) -> bytes:
        """A record of something else than the three stages."""
        part, packed = make_part("", json)
        told = told_of(CaseRecord.model_validate_json(json))
        return pack(Header(sha256=source.sha256, stages={"link": part}, told=told), {"link": packed})

    def records(self) -> Records:
        """What all sources say, in their order."""
        entries = [self.entries[index] for index in range(len(self.sources))]
        return Records(self.sources, entries, self.store, self.schema.hash)

    def failures(self) -> list[tuple[str, str, str]]:
        """Name, reason and message of each document that could not be read."""
        named = ((source, self.entries[index]) for index, source in enumerate(self.sources))
        return [(source.name, e.told.reason, e.message) for source, e in named if e.told.status == "failed"]


def _weight(source: Source) -> int:
    """What reading a source is taken to cost, for the share of the work that is done."""
    return source.size + 100_000


def _decisions(folder: Path | None) -> list[Decision]:
    from extract.evidence.decisions import DecisionError, read_decisions

    try:
        return read_decisions(folder) if folder is not None else []
    except DecisionError as error:
        raise WrongUse("\n".join(error.errors)) from error


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
    "run",
]
