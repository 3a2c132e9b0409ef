"""CLI: the main job, run, with its progress and its summary."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from extract.cli.app import DECISIONS, Decisions, Model, Ocr, Schemas, app, check_ocr, count, load, stop
from extract.cli.progress import Progress
from extract.cli.stopping import stoppable
from extract.cli.telling import How, Telling

if TYPE_CHECKING:
    from extract.batch import Summary
    from extract.guard import Result
    from extract.schema import Schema
    from extract.store import Reader
    from extract.worker import Limits


STOPPING = "Stopping: the papers in hand are finished first. Ctrl-C again ends at once."


@app.command()
def run(
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="PATHS...", help="Papers, or folders that hold them.")
    ] = None,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Where the tables go.")] = Path(
        "outputs"
    ),
    schemas: Schemas = None,
    model: Model = "",
    ocr: Ocr = False,
    decisions: Decisions = None,
    workers: Annotated[int, typer.Option(min=0, help="Papers read at the same time (0: one for each core).")] = 0,
    time_limit: Annotated[float, typer.Option(min=0.1, metavar="SECONDS", help="Longest time for one paper.")] = 120,
    memory_limit: Annotated[int, typer.Option(min=64, metavar="MB", help="Most memory for one paper.")] = 1024,
    csv_only: Annotated[
        bool, typer.Option("--csv-only", help="Write the CSV files only: no workbook, page pictures or review page.")
    ] = False,
    parquet: Annotated[
        bool, typer.Option("--parquet", help="Write each table as a Parquet file, too (numbers as numbers).")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Read every paper anew, whatever is kept of it.")] = False,
    only_failed: Annotated[
        bool,
        typer.Option("--only-failed", help="Try papers again that could not be read (beside those new or changed)."),
    ] = False,
    watch: Annotated[
        list[Path] | None,
        typer.Option(metavar="FOLDER", help="Stay, and run again when papers in this folder, or the rules, change."),
    ] = None,
    scheduler: Annotated[
        str,
        typer.Option(metavar="ADDRESS", help="Have the papers read by the workers of this Dask scheduler (tcp://…)."),
    ] = "",
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing but what went wrong.")] = False,
    json_log: Annotated[
        bool, typer.Option("--json-log", help="Tell the progress as lines of JSON on standard error.")
    ] = False,
) -> None:
    """Read papers into the evidence tables, with what reviewers decided on them.

    Beside the tables stand evidence.xlsx (to read and correct in a spreadsheet), review.html (every value with its
    quote and the picture of its page), and run.log.

    What was read before is not read again: a second run into the same folder takes up where the first one was ended,
    and after a change of the rules papers are searched anew, but not read anew. Ctrl-C finishes the papers in hand
    and writes the tables.

    Folders are searched for .pdf, .xml and .nxml files; a .txt file is read when it is named.
    Exit code 0: all papers were read; 1: some were not (documents.csv says why), or the workbook or the review page
    could not be written; 2: wrong use or invalid rules; 130: stopped before all was done.
    """
    if not paths and not watch:
        stop("Name papers, or folders that hold them (or a folder with --watch).")
    if quiet and json_log:
        stop("--quiet and --json-log: choose one of them.")
    check_ocr(ocr)
    how: How = "json" if json_log else "quiet" if quiet else "people"
    job = _Job(
        paths or [],
        output,
        schemas,
        model,
        ocr,
        decisions,
        workers,
        time_limit,
        memory_limit,
        csv_only,
        parquet,
        force,
        only_failed,
        scheduler,
        how,
    )
    if watch:
        _watch(job, watch)
    raise typer.Exit(job.run(job.paths))


@dataclass
class _Job:
    """What one run does, as the options say."""

    paths: list[Path]
    output: Path
    schemas: Path | None
    model: str
    ocr: bool
    decisions: Path | None
    workers: int
    time_limit: float
    memory_limit: int
    csv_only: bool
    parquet: bool
    force: bool
    only_failed: bool
    scheduler: str
    how: How

    def run(self, paths: list[Path]) -> int:
        """Do it once. Returns the exit code; stops with a message on wrong use."""
        from extract import batch
        from extract.schema import SchemaError
        from extract.worker import Limits

        command = ["caseloom", *sys.argv[1:]]
        schema = load(self.schemas, self.model)
        limits = Limits(self.time_limit, self.memory_limit)
        shown = True

        def finish(summary: Summary) -> None:
            nonlocal shown
            tell.end_bar()
            self._summarise(summary, tell)
            asked.at_once = True
            if not asked():
                shown = self._show(summary, schema, limits)
            elif not self.csv_only:
                tell.say("stopped", "Stopped: the workbook and the review page were not made.")

        with (
            Telling(self.output, self.how, command) as tell,
            stoppable(lambda: tell.say("stopping", STOPPING)) as asked,
        ):
            try:
                summary = batch.run(
                    paths,
                    self.output,
                    schema,
                    workers=self.workers,
                    limits=limits,
                    command=command,
                    progress=tell,
                    ocr=self.ocr,
                    decisions=_decided(self.decisions),
                    parquet=self.parquet,
                    force=self.force,
                    only_failed=self.only_failed,
                    reader=self._reader(tell),
                    stop=asked,
                    then=finish,
                )
            except batch.WrongUse as error:
                tell.end_bar()
                tell.say("error", str(error))
                return 2
            except SchemaError as error:
                tell.end_bar()
                for message in error.errors:
                    tell.say("error", message)
                return 2
            except KeyboardInterrupt:
                tell.end_bar()
                tell.say(
                    "stopped",
                    f"Interrupted. No table was written to {self.output}. Papers that were read are kept there: run "
                    "the same command again to go on.",
                )
                return 130
        if asked():
            return 130
        return 1 if summary.failures or not shown else 0

    def _reader(self, tell: Telling) -> Reader:
        """Who reads: workers on this machine, or those of a Dask cluster."""
        from extract.cluster import read_on_cluster
        from extract.guard import read_guarded

        if not self.scheduler:
            return read_guarded

        def read(*tasks: Any, **how: Any) -> Iterator[Result]:
            told = partial(tell.say, "cluster", error=False)
            how["workers"] = self.workers  # 0 means all that the cluster has, not the cores of this machine
            return read_on_cluster(*tasks, scheduler=self.scheduler, tell=told, **how)

        return read

    def _summarise(self, summary: Summary, tell: Telling) -> None:
        """Say what the run came to: the result on standard output, what went wrong on standard error."""
        from extract.synthesis.earlier import REPORT, is_outdated

        counts = summary.counts
        lines = [
            f"{count(counts['documents'], 'document')}, {count(counts['patients'], 'patient')}, "
            f"{count(counts['values'], 'value')}, {count(counts['conflicts'], 'conflict')}, "
            f"{count(counts['failed'], 'failure')}."
        ]
        if summary.decisions:
            states = ", ".join(f"{number} {state}" for state, number in sorted(summary.decisions.items()))
            lines.append(f"{count(sum(summary.decisions.values()), 'decision')}: {states} (decisions.csv says why).")
        self._print(*lines)
        for note in summary.notes:
            tell.say("note", note, error=False)
        for name, reason, message in summary.failures:
            tell.say("failed", f"Not read: {name} ({reason}). {message}", document=name, reason=reason)
        if summary.failures_kept:
            number = count(summary.failures_kept, "failure")
            tell.say("hint", f"{number} known from an earlier run; --only-failed tries again.", error=False)
        tell.say("end", f"end: {lines[0]}", only_log=True, kept=summary.kept, unread=summary.unread, counts=counts)
        if summary.unread:
            tell.say(
                "stopped",
                f"Stopped: {count(summary.unread, 'paper')} not read yet. Run the same command again to go on.",
                unread=summary.unread,
            )
        self._print(f"The tables are in {summary.folder}. Begin with {summary.folder / 'evidence.csv'}.")
        if is_outdated(summary.folder):
            tell.say(
                "hint",
                f"{summary.folder / REPORT} was made from other tables; anew: caseloom report {summary.folder}",
                error=False,
            )

    def _show(self, summary: Summary, schema: Schema, limits: Limits) -> bool:
        """Make what people look at, or take away that of an earlier run. Returns whether all could be written."""
        from extract.batch import cores
        from extract.evidence.kept import WORKBOOK
        from extract.views import PAGE, remove_views, write_views

        folder = summary.folder
        if self.csv_only:
            try:
                notes = remove_views(folder)
            except OSError as error:
                notes = [f"{error.filename}: is of an earlier run and cannot be deleted ({error.strerror})."]
            for note in notes:
                typer.echo(note, err=True)
            return True
        workers = self.workers or cores()
        try:
            with Progress("Drawing pages") if self.how == "people" else nullcontext() as tell:
                views = write_views(folder, summary.tables, schema, workers=workers, limits=limits, progress=tell)
        except KeyboardInterrupt:
            stop(f"Interrupted. The tables are complete; {WORKBOOK}, pictures and {PAGE} are not.", code=130)
        for line in (*views.notes, *views.failures):
            typer.echo(line, err=True)
        names = {file.name for file in views.files}
        if PAGE in names:
            self._print(f"Every value with its quote and page: {folder / PAGE}")
        if WORKBOOK in names:
            self._print(f"To correct in a spreadsheet: {folder / WORKBOOK}")
        return not views.failures if views.left_out else {PAGE, WORKBOOK} <= names

    def _print(self, *lines: str) -> None:
        if self.how != "quiet":
            for line in lines:
                typer.echo(line)


def _decided(folder: Path | None) -> Path | None:
    """The folder of decisions: the one that was given, else the usual one where it exists."""
    if folder is not None and not folder.is_dir():
        stop(f"{folder}: there is no such folder. Name the one that holds the decisions.")
    return folder or (DECISIONS if DECISIONS.is_dir() else None)


def _watch(job: _Job, folders: list[Path]) -> NoReturn:
    """Run whenever something has changed, until somebody presses Ctrl-C."""
    from extract.schema import SchemaError, find_schemas
    from extract.sources import changes

    for folder in folders:
        if not folder.is_dir():
            stop(f"--watch {folder}: there is no such folder.")
    try:
        rules = find_schemas(job.schemas)
    except SchemaError as error:
        stop(*error.errors)
    papers = [*job.paths, *folders]
    more = [path for path in (rules, job.decisions or DECISIONS) if path.is_dir()]
    try:
        for there_are_papers in changes(papers, more):
            try:
                code = job.run(papers) if there_are_papers else 0
            except typer.Exit:
                code = 2  # rules that are not in order: they will be mended
            if code == 130:
                raise typer.Exit(code)
            job.force = job.only_failed = False  # once
            if job.how == "people":
                typer.echo(f"{time.strftime('%H:%M:%S')} Watching {', '.join(map(str, folders))}; Ctrl-C ends it.")
    except KeyboardInterrupt:
        if job.how == "people":
            typer.echo("\nNo longer watching.")
    raise typer.Exit(0)
