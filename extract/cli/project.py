"""CLI: a project from its beginning to what an edit of its rules changed: init, diff."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from extract.cli.app import Schemas, app, count, load, stop


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The new folder.")],
    force: Annotated[
        bool,
        typer.Option("--force", help="Also in a folder that holds something: add what is missing, overwrite nothing."),
    ] = False,
) -> None:
    """Begin a review project: its own rules to edit, a first paper, a place for the tables."""
    from extract.project import WrongFolder, start_project

    try:
        made = start_project(folder, force=force)
    except WrongFolder as error:
        stop(str(error))
    if made.kept:
        typer.echo(
            f"{count(len(made.written), 'file')} added to {folder}; {count(len(made.kept), 'file')} left as found."
        )
    else:
        typer.echo(f"A new project is in {folder}. It holds")
        typer.echo("  schemas/   the rules, yours to edit; schemas/README.md is a ten-minute course")
        typer.echo("  corpus/    the papers: a fictional one to begin with")
        typer.echo("  outputs/   the tables, once there are some")
    typer.echo("Begin with")
    if folder.resolve() != Path.cwd():
        typer.echo(f"  cd {folder}")
    typer.echo("  caseloom run corpus")


COLOURS = {"won": "green", "lost": "red", "changed": "yellow"}


@app.command()
def diff(
    old: Annotated[
        Path, typer.Argument(metavar="OLD", help="The folder that run wrote before; alone: compared with its last run.")
    ],
    new: Annotated[Path | None, typer.Argument(metavar="[NEW]", help="The folder that run wrote after it.")] = None,
    gold: Annotated[Path | None, typer.Option(metavar="DIR", help="Gold files: also how every figure changed.")] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="DIR", help="Also write diff.csv and diff.html here.")
    ] = None,
    fields: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Only a column (or all that begin so: dose), or a table. May be repeated."),
    ] = None,
    limit: Annotated[int, typer.Option(min=0, metavar="N", help="Rows shown at most (0: all).")] = 200,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")] = False,
    schemas: Schemas = None,
) -> None:
    """Show every value that was won, lost or changed between two output folders, with its quotes and rules.

    With one folder: what its last run brought, against the tables that stood there before (new papers, papers gone,
    values, decisions gone stale).
    What only moved (the same value from other words, or by another rule) is counted, not shown; diff.csv lists it.
    Exit code 0: both say the same; 1: they differ; 2: wrong use.
    """
    from extract.diff import WrongUse, as_text, compare_outputs, compare_scores, write_diff
    from extract.diff import as_json as in_json
    from extract.score import WrongOutputs
    from extract.score.gold import GoldError, known_words, load_gold

    names_of_run = ""
    if new is None:
        old, new, names_of_run = _before(old, gold), old, "the run before"
    names = [part for name in fields or [] for part in name.split(",") if part]
    try:
        found = compare_outputs(old, new, names)
        found = replace(found, old=names_of_run or found.old)
        gains = compare_scores(old, new, load_gold(gold, known_words(load(schemas)))) if gold else None
        paths = write_diff(found, output, gains) if output else []
    except GoldError as error:
        stop(*error.errors)
    except (WrongUse, WrongOutputs) as error:
        stop(str(error))
    except OSError as error:
        stop(f"{error.filename}: {error.strerror}.")
    typer.echo(in_json(found, gains) if as_json else as_text(found, gains, limit=limit, paint=_paint))
    for path in paths:
        typer.echo(f"Written: {path}", err=True)
    raise typer.Exit(0 if found.same else 1)


def _before(outputs: Path, gold: Path | None) -> Path:
    """Where the tables lie that stood in a folder before its last run."""
    from extract.evidence.previous import PREVIOUS

    if gold is not None:
        stop("--gold needs two folders: OLD and NEW.")
    if not (outputs / PREVIOUS).is_dir():
        reason = "its tables have not changed since the first run" if outputs.is_dir() else "there is no such folder"
        stop(f"{outputs}: {reason}. Name two folders to compare them.")
    return outputs / PREVIOUS


def _paint(text: str, what: str) -> str:
    """Colours, on a terminal that wants them."""
    if not sys.stdout.isatty() or os.environ.get("NO_COLOR"):
        return text
    return typer.style(text, fg=COLOURS.get(what), bold=what == "head" or None, dim=what == "quiet" or None)
