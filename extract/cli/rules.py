"""CLI: the rules themselves: check."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from extract.cli.app import Schemas, app, stop

if TYPE_CHECKING:
    from extract.rulebook.check import Verdict


@app.command()
def check(
    schemas: Schemas = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="Stay and check again at each save, until Ctrl-C: one line for each.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")] = False,
    regenerate: Annotated[bool, typer.Option("--regenerate", hidden=True)] = False,
) -> None:
    """Check the rules: their form, every example of what they must and must not find, and what cannot be meant.

    All errors come at once, each with its file and line; warnings stop nothing. Exit code 2: something is wrong.
    """
    from extract.project import newer_rules
    from extract.rulebook import check as checking

    if regenerate:
        _regenerate(schemas)
        return
    if watch:
        _watch(schemas, as_json)
        return
    verdict = checking.check(schemas)
    if as_json:
        typer.echo(checking.as_json(verdict))
    else:
        _show(verdict)
        if verdict.in_order:
            typer.echo(checking.summary(verdict))
        if hint := newer_rules(Path(verdict.folder)):
            typer.echo(hint, err=True)
    if not verdict.in_order:
        stop(*([] if as_json else [checking.summary(verdict)]))


def _show(verdict: Verdict) -> None:
    for fault in verdict.errors:
        typer.echo(str(fault), err=True)
    if verdict.warnings:
        typer.echo("\nWarnings:" if verdict.errors else "Warnings:", err=True)
        for fault in verdict.warnings:
            typer.echo(str(fault), err=True)
        typer.echo("", err=True)


def _watch(schemas: Path | None, as_json: bool) -> None:
    """Check at each save until somebody presses Ctrl-C."""
    from extract.rulebook import check as checking
    from extract.schema import SchemaError, find_schemas

    try:
        folder = find_schemas(schemas)
    except SchemaError as error:
        stop(*error.errors)
    if not as_json:
        typer.echo(f"Watching {folder}; Ctrl-C ends it.")
    told: set[str] = set()
    try:
        for _ in checking.saves(folder):
            verdict = checking.check(folder)
            if as_json:
                typer.echo(checking.as_json(verdict))
                continue
            for fault in verdict.errors:
                typer.echo(str(fault))
            new = [fault for fault in verdict.warnings if str(fault) not in told]
            told = {str(fault) for fault in verdict.warnings}
            for fault in new:
                typer.echo(f"warning: {fault}")
            state = "in order" if verdict.in_order else "not in order"
            typer.echo(f"{time.strftime('%H:%M:%S')} {state}: {checking.summary(verdict)} ({verdict.seconds:.1f} s)")
    except KeyboardInterrupt:
        if not as_json:
            typer.echo("\nNo longer watching.")


def _regenerate(schemas: Path | None) -> None:
    """Write REFERENCE.md and the JSON Schemas of a folder anew, as this version of the program has them."""
    from extract.rulebook.jsonschemas import write_schemas
    from extract.rulebook.reference import reference
    from extract.schema import SchemaError, find_schemas

    try:
        folder = find_schemas(schemas)
    except SchemaError as error:
        stop(*error.errors)
    try:
        paths = write_schemas(folder)
        (folder / "REFERENCE.md").write_text(reference(), encoding="utf-8")
    except OSError as error:
        stop(f"{error.filename}: cannot be written ({error.strerror}).")
    for path in [*paths, folder / "REFERENCE.md"]:
        typer.echo(f"Written: {path}")
