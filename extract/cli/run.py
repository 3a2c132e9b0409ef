"""CLI: the main job, run, with its progress and its summary."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from extract.cli.app import DECISIONS, Decisions, Model, Ocr, Schemas, app, check_ocr, count, load, stop
from extract.cli.progress import Progress

if TYPE_CHECKING:
    from extract.batch import Summary
    from extract.model import CaseRecord
    from extract.schema import Schema
    from extract.worker import Limits


@app.command()
def run(
    paths: Annotated[list[Path], typer.Argument(metavar="PATHS...", help="Papers, or folders that hold them.")],
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
) -> None:
    """Read papers into the evidence tables, with what reviewers decided on them.

    Beside the tables stand evidence.xlsx (to read and correct in a spreadsheet) and review.html (every value with its
    quote and the picture of its page).

    Folders are searched for .pdf, .xml and .nxml files; a .txt file is read when it is named.
    Exit code 0: all papers were read; 1: some were not (documents.csv says why), or the workbook or the review page
    could not be written; 2: wrong use or invalid rules.
    """
    from extract import batch
    from extract.schema import SchemaError
    from extract.worker import Limits

    schema = load(schemas, model)
    check_ocr(ocr)
    limits = Limits(time_limit, memory_limit)
    try:
        with Progress("Reading") as tell:
            summary = batch.run(
                paths,
                output,
                schema,
                workers=workers,
                limits=limits,
                command=["caseloom", *sys.argv[1:]],
                progress=lambda done, total, record: tell(done, total, record.paper.name, _outcome(record)),
                ocr=ocr,
                decisions=_decided(decisions),
            )
    except batch.WrongUse as error:
        stop(str(error))
    except SchemaError as error:
        stop(*error.errors)
    except KeyboardInterrupt:
        stop(f"Interrupted. Nothing was written to {output}.", code=130)
    _summarise(summary)
    shown = _show(summary, schema, csv_only, workers or batch.cores(), limits)
    raise typer.Exit(1 if summary.failures or not shown else 0)


def _show(summary: Summary, schema: Schema, csv_only: bool, workers: int, limits: Limits) -> bool:
    """Make what people look at, or take away that of an earlier run. Returns whether all could be written."""
    from extract.evidence.kept import WORKBOOK
    from extract.views import PAGE, remove_views, write_views

    folder = summary.folder
    if csv_only:
        try:
            notes = remove_views(folder)
        except OSError as error:
            notes = [f"{error.filename}: is of an earlier run and cannot be deleted ({error.strerror})."]
        for note in notes:
            typer.echo(note, err=True)
        return True
    try:
        with Progress("Drawing pages") as tell:
            views = write_views(folder, summary.tables, schema, workers=workers, limits=limits, progress=tell)
    except KeyboardInterrupt:
        stop(f"Interrupted. The tables are complete; {WORKBOOK}, pictures and {PAGE} are not.", code=130)
    for line in (*views.notes, *views.failures):
        typer.echo(line, err=True)
    names = {file.name for file in views.files}
    if PAGE in names:
        typer.echo(f"Every value with its quote and page: {folder / PAGE}")
    if WORKBOOK in names:
        typer.echo(f"To correct in a spreadsheet: {folder / WORKBOOK}")
    return not views.failures if views.left_out else {PAGE, WORKBOOK} <= names


def _decided(folder: Path | None) -> Path | None:
    """The folder of decisions: the one that was given, else the usual one where it exists."""
    if folder is not None and not folder.is_dir():
        stop(f"{folder}: there is no such folder. Name the one that holds the decisions.")
    return folder or (DECISIONS if DECISIONS.is_dir() else None)


def _outcome(record: CaseRecord) -> str:
    paper = record.paper
    status = f"{paper.status} ({paper.reason})" if paper.reason else paper.status
    return f"{status}, {count(len(record.patients), 'patient')}"


def _summarise(summary: Summary) -> None:
    counts = summary.counts
    typer.echo(
        f"{count(counts['documents'], 'document')}, {count(counts['patients'], 'patient')}, "
        f"{count(counts['values'], 'value')}, {count(counts['conflicts'], 'conflict')}, "
        f"{count(counts['failed'], 'failure')}."
    )
    if summary.decisions:
        states = ", ".join(f"{number} {state}" for state, number in sorted(summary.decisions.items()))
        typer.echo(f"{count(sum(summary.decisions.values()), 'decision')}: {states} (decisions.csv says why).")
    for note in summary.notes:
        typer.echo(note)
    for name, reason, message in summary.failures:
        typer.echo(f"Not read: {name} ({reason}). {message}", err=True)
    typer.echo(f"The tables are in {summary.folder}. Begin with {summary.folder / 'evidence.csv'}.")
