"""CLI: critical appraisal: the form that reviewers fill in, and its way back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from extract.cli.app import DECISIONS, Decisions, Schemas, load, stop
from extract.cli.review import review

if TYPE_CHECKING:
    from extract.review.appraising import Form
    from extract.review.importing import Report
    from extract.schema import Schema

FORMS = ("appraisal.xlsx", "appraisal.csv")
"""The forms of appraisal that report writes."""


def import_judgements(
    file: Path, form: Form, run: Path, schema: Schema, decisions: Path, reviewer: str, why: str, dry_run: bool
) -> Report:
    """Take in a form of appraisal. Raises WrongFile, DecisionError."""
    from extract.review.appraising import import_form
    from extract.review.sheets import WrongFile
    from extract.schema import SchemaError
    from extract.schema.appraisal import load_tools
    from extract.synthesis.appraisal import appraisals
    from extract.synthesis.outputs import OutputsError, load_outputs

    try:
        tools = load_tools(schema)
        found = appraisals(load_outputs(run, schema), (), tools)
    except SchemaError as error:
        stop(*error.errors)
    except OutputsError as error:
        raise WrongFile(str(error)) from error
    seen = {(one.sha256, one.record(each.item)): each.words.seen for one in found for each in one.assessments}
    return import_form(file, form, run, tools, decisions, reviewer, why=why, dry_run=dry_run, seen=seen)


@review.command("appraisal")
def appraisal_form(
    outputs: Annotated[Path, typer.Argument(metavar="OUTPUTS", help="The folder that run wrote.")],
    reviewer: Annotated[
        str, typer.Option("--reviewer", metavar="NAME", help="Who will judge: what NAME judged so far is filled in.")
    ] = "",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="DIR", help="Where to write (default: OUTPUTS/report).")
    ] = None,
    decisions: Decisions = None,
    schemas: Schemas = None,
) -> None:
    """Write the form of critical appraisal: appraisal.xlsx with drop-downs, and appraisal.csv.

    Each row is an item of a tool (JBI, CARE, DOSES, Murad) for one paper, with the words of the paper that bear on it.
    The program never judges: choose in the column judgement, then give the file to review import. A form in which
    somebody worked is put aside, not written over. Exit code 2: wrong use.
    """
    from extract.evidence.decisions import NAME, DecisionError, read_decisions
    from extract.schema import SchemaError
    from extract.synthesis.appraisal import appraisals, leftovers, progress, write_forms
    from extract.synthesis.outputs import OutputsError, load_outputs

    if reviewer and not NAME.fullmatch(reviewer):
        stop(f"--reviewer {reviewer}: use letters, digits, dot, dash and underscore, 64 at most.")
    schema = load(schemas)
    folder = output or outputs / "report"
    try:
        decided = read_decisions(decisions or DECISIONS)
        found = appraisals(load_outputs(outputs, schema), decided)
        written, aside = write_forms(found, folder, reviewer)
    except (SchemaError, DecisionError) as error:
        stop(*error.errors)
    except OutputsError as error:
        stop(str(error))
    except OSError as error:
        stop(f"{error.filename}: {error.strerror}.")
    for line in (*progress(found), *leftovers(found, decided)):
        typer.echo(line)
    for path in aside:
        typer.echo(f"Somebody worked in an earlier form: it is kept as {path}.", err=True)
    typer.echo(f"Written: {', '.join(map(str, written))}.")
    if found:
        name = reviewer or "NAME"
        typer.echo(f"Judge in {written[1].name}, then: caseloom review import {written[1]} --reviewer {name}")
