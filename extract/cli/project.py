"""CLI: a project from its beginning to what an edit of its rules changed: init, diff."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from extract.cli.app import app, count, stop


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
