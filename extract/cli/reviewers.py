"""CLI: what reviewers decided elsewhere than on the page: corrections in files, agreement, disputes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from extract.cli.app import DECISIONS, Decisions, Schemas, count, load, stop
from extract.cli.appraisal import FORMS, import_judgements
from extract.cli.review import review

if TYPE_CHECKING:
    from extract.evidence.decisions import Decision
    from extract.model import Document
    from extract.review.adjudicate import Dispute, Judge
    from extract.review.outputs import Outputs
    from extract.schema import Schema

PaperFolders = Annotated[
    list[Path] | None,
    typer.Option(
        "--papers", metavar="DIR", help="Where the papers lie, when not where they were read. May be repeated."
    ),
]
Name = Annotated[str, typer.Option("--reviewer", metavar="NAME", help="Who decides: the name of the file.")]
OutputsArgument = Annotated[Path, typer.Argument(metavar="OUTPUTS", help="The folder that run wrote.")]


@review.command("import")
def import_corrections(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="evidence.xlsx, a CSV named as a table, or appraisal.xlsx or .csv.")
    ],
    reviewer: Name,
    outputs: Annotated[
        Path | None,
        typer.Option(
            "--outputs",
            metavar="DIR",
            help="The run that FILE is of (default: the folder of FILE or the one above, else ./outputs).",
        ),
    ] = None,
    why: Annotated[str, typer.Option(metavar="TEXT", help="A reason for all rows that give none.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be imported; write nothing.")] = False,
    decisions: Decisions = None,
    papers: PaperFolders = None,
    schemas: Schemas = None,
) -> None:
    """Turn what was typed into evidence.xlsx, a CSV or a form of appraisal into decisions.

    Every change (and every judgement in a form) becomes a decision of the reviewer, once; importing a file again adds
    nothing. What cannot be imported is listed, on screen and in FILE's name with _unmatched.csv. Exit code 0: all was
    imported; 1: something was not; 2: wrong use.
    """
    from extract.evidence.decisions import DecisionError
    from extract.evidence.kept import WORKBOOK, digest_of, need_not_keep
    from extract.review.appraising import read_form
    from extract.review.importing import as_text, import_file, unmatched_path
    from extract.review.sheets import WrongFile

    schema = load(schemas)
    run = outputs or _run_of(file)
    try:
        form = read_form(file)
        digest = digest_of(file) if file.name in (WORKBOOK, *FORMS) else ""
        if form is not None:
            report = import_judgements(file, form, run, schema, decisions or DECISIONS, reviewer, why, dry_run)
        else:
            report = import_file(
                file,
                run,
                schema,
                decisions or DECISIONS,
                reviewer,
                why=why,
                papers=_folders(papers),
                dry_run=dry_run,
            )
        is_whole = not (dry_run or report.unmatched or report.waiting)
        if digest and is_whole and (form is not None or run == file.parent):
            need_not_keep(file.parent, digest, file.name)  # all that was typed is taken in: it may be written over
    except WrongFile as error:
        stop(str(error))
    except DecisionError as error:
        stop(*error.errors)
    except OSError as error:
        stop(f"{error.filename}: {error.strerror}.")
    typer.echo(as_text(report, listed=dry_run))
    if dry_run:
        typer.echo("Nothing was written (--dry-run).")
    elif report.made:
        then = "The next caseloom report shows them." if form else "The next caseloom run applies them."
        typer.echo(f"Saved in {(decisions or DECISIONS) / f'{reviewer}.csv'}. {then}")
    if report.unmatched:
        if not dry_run:
            typer.echo(f"Listed in {unmatched_path(file)}.", err=True)
        raise typer.Exit(1)


@review.command()
def agreement(
    outputs: OutputsArgument,
    decisions: Decisions = None,
    reviewer: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Only these reviewers. May be repeated.")
    ] = None,
    program: Annotated[
        bool | None,
        typer.Option("--program/--no-program", help="Count the program as a rater (default: beside one reviewer)."),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="DIR", help="Also write agreement.csv and disagreements.csv here."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")] = False,
    schemas: Schemas = None,
) -> None:
    """Show how far reviewers agree, field by field, and where they differ.

    Percent agreement, Cohen's kappa (two raters), Gwet's AC1 and Krippendorff's alpha, with 95 % intervals; values that
    somebody has not rated are left out. Exit code 1: there is nothing to compare; 2: wrong use.
    """
    from extract.review.agreement import NothingToCompare, as_text, compare, write_agreement
    from extract.review.agreement import as_json as in_json
    from extract.review.spelling import Spelling

    schema, run, decided = _opened(outputs, decisions, schemas)
    try:
        result = compare(decided, run, Spelling(schema), reviewers=reviewer or (), program=program)
        paths = write_agreement(result, output) if output else []
    except NothingToCompare as error:
        stop(str(error), code=1)
    except OSError as error:
        stop(f"{error.filename}: {error.strerror}.")
    typer.echo(in_json(result) if as_json else as_text(result))
    for path in paths:
        typer.echo(f"Written: {path}", err=True)


@review.command()
def adjudicate(
    outputs: OutputsArgument,
    reviewer: Annotated[
        str, typer.Option("--reviewer", metavar="NAME", help="Who settles (needed but for --list and -o).")
    ] = "",
    decisions: Decisions = None,
    listed: Annotated[bool, typer.Option("--list", help="Only list what is in dispute, settled or not.")] = False,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write the open disputes as CSV to fill in.")
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--import", metavar="FILE", help="Take the choices from such a CSV.")
    ] = None,
    papers: PaperFolders = None,
    schemas: Schemas = None,
) -> None:
    """Settle what reviewers disagree about, one by one or with a CSV that is filled in.

    In dispute is what reviewers say differently, and what somebody who extracted without seeing the program's values
    says otherwise than the program. Each choice is saved at once and outranks all other decisions at the next run.
    Exit code 1: some choices could not be taken; 2: wrong use.
    """
    from extract.review.adjudicate import disputes, told, write_disputes
    from extract.review.spelling import Spelling

    if sum(map(bool, (listed, output, file))) > 1:
        stop("Give one of --list, -o and --import.")
    schema, run, decided = _opened(outputs, decisions, schemas)
    found = disputes(decided, run, Spelling(schema))
    open_ones = [dispute for dispute in found if dispute.settled is None]
    if listed:
        typer.echo("\n\n".join(map(told, found)) + "\n" if found else "Nothing is in dispute.")
    if output:
        try:
            write_disputes(open_ones, output)
        except OSError as error:
            stop(f"{error.filename}: {error.strerror}.")
        typer.echo(f"Written: {output}. Fill in choice (or value, words), then give it with --import {output}.")
    if listed or output:
        typer.echo(f"{count(len(open_ones), 'dispute')} open, {len(found) - len(open_ones)} settled.")
        return
    if not reviewer:
        stop("--reviewer NAME: say who settles.")
    _settle(reviewer, decisions or DECISIONS, decided, found, schema, run, file, _folders(papers))


def _settle(
    reviewer: str,
    folder: Path,
    decided: list[Decision],
    found: list[Dispute],
    schema: Schema,
    run: Outputs,
    file: Path | None,
    papers: list[Path],
) -> None:
    from datetime import UTC, datetime

    from extract.evidence.decisions import DecisionError
    from extract.review.adjudicate import Judge, settle_from_file
    from extract.review.filing import Filing
    from extract.review.papers import Papers
    from extract.review.reading import Reading
    from extract.review.sheets import WrongFile
    from extract.review.spelling import Spelling
    from extract.schema import SchemaError
    from extract.schema.appraisal import load_tools

    files = {sha256: paper.about["file"] for sha256, paper in run.papers.items()}
    reading: list[Reading] = []

    def find(dispute: Dispute) -> Document:
        if not reading:
            reading.append(Reading(Papers(files, papers), schema, ocr="--ocr" in run.run.get("command", [])))
        return reading[0].document(dispute.target.sha256, dispute.unit.document)

    faults: list[str] = []
    try:
        filing = Filing(folder, reviewer, "adjudication", datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
        judge = Judge(filing, decided, Spelling(schema), load_tools(schema))
        if file:
            result = settle_from_file(file, found, judge, find)
            faults = result.faults
            typer.echo(
                f"{count(result.new, 'dispute')} settled, {result.again} settled so already, {result.open} left open."
            )
        else:
            _ask(found, judge, find)
    except WrongFile as error:
        stop(str(error))
    except DecisionError as error:
        stop(*error.errors)
    except SchemaError as error:
        stop(*error.errors)
    finally:
        for one in reading:
            one.close()
    for fault in faults:
        typer.echo(fault, err=True)
    if faults:
        raise typer.Exit(1)


def _ask(found: list[Dispute], judge: Judge, find: Callable[[Dispute], Document]) -> None:
    from extract.review.adjudicate import settle_in_turn

    open_ones = [dispute for dispute in found if dispute.settled is None]
    if not open_ones:
        typer.echo("Nothing is in dispute." if not found else "All disputes are settled.")
        return

    def ask(question: str) -> str:
        try:
            return input(question)
        except KeyboardInterrupt:
            raise EOFError from None

    settle_in_turn(open_ones, judge, ask, typer.echo, find)
    left = len(open_ones) - judge.settled
    done = count(judge.settled, "dispute")
    typer.echo(f"\n{done} settled, {left} open. The next caseloom run applies what is settled.")


def _opened(outputs: Path, decisions: Path | None, schemas: Path | None) -> tuple[Schema, Outputs, list[Decision]]:
    """The rules, the run and all decisions."""
    from extract.evidence.decisions import DecisionError, read_decisions
    from extract.review.outputs import WrongOutputs
    from extract.review.ratings import read_run

    folder = decisions or DECISIONS
    if not folder.is_dir():
        stop(f"{folder}: there is no such folder. Name the one that holds the decisions with --decisions DIR.")
    schema = load(schemas)
    try:
        return schema, read_run(outputs, schema), read_decisions(folder)
    except WrongOutputs as error:
        stop(str(error))
    except DecisionError as error:
        stop(*error.errors)


def _run_of(file: Path) -> Path:
    """The folder of the run that a file is of, when none was named."""
    for folder in (file.parent, file.parent.parent):
        if (folder / "run.json").is_file():
            return folder
    if not Path("outputs/run.json").is_file():
        stop(f"{file}: of which run is it? Name the folder that 'caseloom run' wrote: --outputs DIR.")
    return Path("outputs")


def _folders(papers: list[Path] | None) -> list[Path]:
    for folder in papers or []:
        if not folder.is_dir():
            stop(f"--papers {folder}: there is no such folder.")
    return papers or []
