"""CLI: cache, what is kept of the papers in an output folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from extract.cli.app import Model, Ocr, Schemas, app, count, load, stop

if TYPE_CHECKING:
    from extract.store.survey import Survey

DOES = {"read": "read anew", "find": "searched anew", "link": "linked anew"}
"""What a run does with a record of which a stage is outdated."""


@app.command()
def cache(
    outputs: Annotated[Path, typer.Argument(metavar="OUTPUTS", help="A folder that 'caseloom run' wrote.")],
    prune: Annotated[
        bool, typer.Option("--prune", help="Delete what is damaged, and what belongs to papers not in the tables.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")] = False,
    schemas: Schemas = None,
    model: Model = "",
    ocr: Ocr = False,
) -> None:
    """Show what is kept of the papers of an output folder, so that they need not be read again.

    It lies in the hidden folder .store and holds the text of the papers. To delete it is safe: the next run reads all
    papers anew. Exit code 0: all is whole, or was pruned; 1: something is damaged; 2: wrong use.
    """
    from extract.store import FOLDER, Busy, Store, locked, stage_keys
    from extract.store import survey as surveying

    store = Store(outputs / FOLDER)
    if not store.folder.is_dir():
        found = "holds no records of papers" if outputs.is_dir() else "there is no such folder"
        stop(f"{outputs}: {found}. Name a folder that 'caseloom run' wrote.")
    keys = stage_keys(load(schemas, model), ocr=ocr)
    try:
        if not prune:
            survey = surveying.survey(store, outputs, keys)
        else:
            with locked(store.folder):
                survey = surveying.survey(store, outputs, keys)
                surveying.prune(store, survey)
    except Busy as busy:
        stop(f"{outputs}: a run is at work there ({busy}). Wait for it.")
    except OSError as error:
        stop(f"{error.filename or outputs}: {error.strerror}.")
    typer.echo(survey.model_dump_json(indent=2) if as_json else _as_text(survey, pruned=prune))
    raise typer.Exit(1 if survey.damaged and not prune else 0)


def _as_text(survey: Survey, *, pruned: bool) -> str:
    each = f", {survey.bytes // survey.pages // 100 / 10:g} kB a page" if survey.pages else ""
    lines = [f"{count(survey.records, 'record')}, {_megabytes(survey.bytes)}{each}."]
    shares = ", ".join(f"{stage} {_megabytes(size)}" for stage, size in survey.by_stage.items())
    if shares:
        lines.append(f"  by stage       {shares}")
    lines.append(f"  taken as is    {survey.current}")
    lines += [f"  {DOES[stage]:<13}  {number}" for stage, number in sorted(survey.outdated.items())]
    if survey.failures:
        reasons = ", ".join(f"{reason} {number}" for reason, number in sorted(survey.failures.items()))
        lines.append(f"  not readable   {sum(survey.failures.values())} ({reasons})")
    done = "deleted" if pruned else "--prune deletes them"
    if survey.damaged:
        lines.append(f"  damaged        {len(survey.damaged)} (made anew when needed; {done})")
    if survey.unused:
        lines.append(f"  not in tables  {len(survey.unused)}, {_megabytes(survey.unused_bytes)} ({done})")
    return "\n".join(lines)


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB"
