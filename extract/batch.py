"""The recipe for many documents: collect the files, have each read by a guarded worker, write the tables.

A document that oversteps its time or memory, hangs or dies costs itself a row with the reason; its neighbours do
not notice.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from extract import __version__
from extract.crew import program
from extract.garbage import collecting_seldom
from extract.guard import read_guarded
from extract.schema import Schema, SchemaError
from extract.sources import Source, WrongUse, collect, names_of
from extract.store import FOLDER, Busy, Damaged, FileDigests, Progress, Reader, Reading, Step, Store, locked
from extract.whole import clear_parts_of_tables
from extract.worker import Limits, Work

if TYPE_CHECKING:
    from extract.evidence import Written, WrittenTables
    from extract.evidence.decisions import Decision

PACKAGES = ("pdfplumber", "pypdfium2", "spacy", "scispacy", "pandas", "pydantic")


class Summary(NamedTuple):
    """What a run came to; ``notes`` is what people must know, ``tables`` are those that were written.

    ``kept``: how many documents were taken from the store; ``unread``: how many were not read because the run was
    stopped (these are no failures); ``failures_kept``: how many of the failures were not tried again.
    """

    folder: Path
    counts: dict[str, int]
    failures: list[tuple[str, str, str]]
    decisions: dict[str, int]
    notes: list[str]
    tables: WrittenTables
    kept: int
    unread: int
    failures_kept: int


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
    parquet: bool = False,
    force: bool = False,
    only_failed: bool = False,
    reader: Reader = read_guarded,
    stop: Callable[[], bool] | None = None,
    then: Callable[[Summary], None] | None = None,
) -> Summary:
    """Read all papers at ``paths`` and write every table into ``folder``. ``workers`` 0 means one for each
    core; ``decisions`` is the folder of what reviewers decided (default: none). With ``parquet`` the tables are written
    as Parquet files, too.

    What was done by an earlier run into ``folder`` is not done again (``extract.store``), unless with ``force``;
    ``only_failed`` tries those again that could not be read. ``reader`` has the documents read; ``work`` does something
    else with each document than to read it, and nothing of that is kept. Once ``stop`` says yes only the documents in
    hand are finished, and the tables say of the others that they were not read. ``then`` is called with the summary
    while the folder is still locked for other runs.

    Raises WrongUse for a path or a folder it cannot use or that another run is using, or decisions it cannot read, and
    SchemaError for rules that fail their examples, before anything is written; KeyboardInterrupt when it is stopped
    before any document was read.
    """
    started = datetime.now(UTC)
    clock = time.monotonic()
    digests = FileDigests(folder / FOLDER)
    sources = collect(paths, digests)
    decided = _decisions(decisions)
    if parquet:
        _see_that_parquet_can_be_written()
    workers = workers or cores()
    limits = limits or Limits()
    with _own(folder) as store, contextlib.ExitStack() as stack:
        digests.save()
        if work:
            store = Store(Path(stack.enter_context(tempfile.TemporaryDirectory())))
        reading = Reading(sources, schema, store, limits, ocr=ocr, anew=force, failed=only_failed, work=work)
        reading.read(reader, workers, progress, stop)
        summary = _write(
            reading,
            folder,
            schema,
            decided,
            _Frame(started, clock, list(command), workers, parquet, force, work is not None),
        )
        if then:
            then(summary)
        return summary


class _Frame(NamedTuple):
    """What run.json tells of a run besides what it came to."""

    started: datetime
    clock: float
    command: list[str]
    workers: int
    parquet: bool
    anew: bool
    """Whether tables are written although they would come out as they are."""
    own_work: bool
    """Whether something else was done with the papers than to read them: nobody can tell what tables come of that."""


def _write(reading: Reading, folder: Path, schema: Schema, decided: Sequence[Decision], frame: _Frame) -> Summary:
    """Write the tables and run.json."""
    from extract.evidence import WrittenTables, write_tables
    from extract.evidence.previous import keep_previous
    from extract.evidence.unchanged import tell_again, unchanged

    failures = reading.failures()
    made_of = "" if frame.own_work else _made_of(reading, schema, decided)

    def told(written: Written) -> dict[str, Any]:
        """What run.json says."""
        return {
            "caseloom": __version__,
            "python": platform.python_version(),
            "packages": {name: installed for name in PACKAGES if (installed := _installed(name))},
            "schema": {"folder": schema.folder, "hash": schema.hash},
            **({"model": {"name": schema.model.name, "version": schema.model.version}} if schema.model else {}),
            "command": frame.command,
            **({"decisions": written.decisions} if decided else {}),
            "started": frame.started.isoformat(timespec="seconds"),
            "seconds": round(time.monotonic() - frame.clock, 2),
            "workers": frame.workers,
            "counts": _counts(written, len(failures)),
            "kept": reading.kept,
            **({"unread": reading.unread} if reading.unread else {}),
            **({"notes": written.notes} if written.notes else {}),
            "made_of": made_of,
            "durations": {name: round(took, 2) for name, took in sorted(reading.seconds.items())},
            "failures": [dict(zip(("document", "reason", "message"), row, strict=True)) for row in failures],
        }

    try:
        before = None if frame.anew or not made_of else unchanged(folder, made_of, parquet=frame.parquet)
        if before is not None:
            written = _as_written(before, schema)
            tell_again(folder, told(written), before)
        else:
            with keep_previous(folder), collecting_seldom():
                written = write_tables(
                    reading.records(), schema, folder, run=told, decisions=decided, parquet=frame.parquet
                )
    except (Damaged, FileNotFoundError) as error:
        raise WrongUse(f"{folder}: a record was damaged while the run was at work ({error}). Run it again.") from error
    except OSError as error:
        raise WrongUse(f"{folder}: the tables cannot be written there ({error.strerror}).") from error
    return Summary(
        folder,
        _counts(written, len(failures)),
        failures,
        written.decisions,
        written.notes,
        WrittenTables(folder, written.rows),
        reading.kept,
        reading.unread,
        reading.failures_kept,
    )


def _made_of(reading: Reading, schema: Schema, decided: Sequence[Decision]) -> str:
    """A digest of all that the tables are made of: the papers and what became of each, the rules, the decisions, the
    program. What a paper's record says follows from its bytes, the rules and the program."""
    digest = hashlib.sha256(json.dumps([schema.hash, program(schema), reading.keys]).encode())
    for index, source in enumerate(reading.sources):
        entry = reading.entries[index]
        facts = (source.name, source.file, source.sha256, entry.told.model_dump_json(), entry.message, entry.same_as)
        digest.update(json.dumps(facts).encode())
    for decision in decided:
        digest.update(decision.model_dump_json().encode())
    return digest.hexdigest()


def _as_written(before: Mapping[str, Any], schema: Schema) -> Written:
    """What was told of tables when they were written."""
    from extract.evidence import Written
    from extract.evidence.codebook import codebook_rows

    rows = {name: count for name, count in before["counts"].items() if name != "failed"}
    rows = {name: rows.get(name, len(codebook_rows(schema))) for name in schema.tables}
    return Written(rows, before.get("decisions", {}), before.get("notes", []))


def _counts(written: Written, failed: int) -> dict[str, int]:
    """How many documents there are, how many failed, and how long the tables are."""
    rows = written.rows
    return {
        "documents": rows["documents"],
        "failed": failed,
        **{name: count for name, count in rows.items() if name not in ("documents", "codebook")},
    }


@contextlib.contextmanager
def _own(folder: Path) -> Iterator[Store]:
    """Make an output folder and hold its lock. Leaves nothing behind, not even an empty folder, when it ends with an
    error before anything was kept."""
    made = not folder.exists()
    prepare(folder)
    store = Store(folder.absolute() / FOLDER)
    try:
        try:
            store.create()
            with locked(store.folder):
                store.sweep()
                clear_parts_of_tables(folder)
                yield store
        except Busy as busy:
            who = f" ({busy})" if str(busy) else ""
            way_out = "Wait for it, or choose another folder with -o."
            raise WrongUse(f"{folder}: another run is at work there{who}. {way_out}") from busy
    except BaseException:
        if made and next(store.digests(), None) is None:
            shutil.rmtree(store.folder, ignore_errors=True)
            with contextlib.suppress(OSError):
                folder.rmdir()
        raise


def _decisions(folder: Path | None) -> list[Decision]:
    from extract.evidence.decisions import DecisionError, read_decisions

    try:
        return read_decisions(folder) if folder is not None else []
    except DecisionError as error:
        raise WrongUse("\n".join(error.errors)) from error


def _see_that_parquet_can_be_written() -> None:
    from extract.evidence import NoParquet, arrow

    try:
        arrow()
    except NoParquet as error:
        raise WrongUse(f"--parquet: {error}") from error


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


def _installed(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


__all__ = [
    "Limits",
    "SchemaError",
    "Source",
    "Step",
    "Summary",
    "WrongUse",
    "collect",
    "names_of",
    "run",
]
