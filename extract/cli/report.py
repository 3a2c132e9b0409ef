"""CLI: the cross-study synthesis: report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from extract.cli.app import DECISIONS, Decisions, Schemas, app, count, load, stop
from extract.cli.progress import Progress

if TYPE_CHECKING:
    from extract.synthesis.report import Report

Name = TypeVar("Name", bound=str)

MANIFEST = Path("corpus/manifest.csv")
"""Where the manifest lies when nothing else is said, seen from the working directory."""


@app.command()
def report(
    outputs: Annotated[Path, typer.Argument(metavar="OUTPUTS", help="The folder that run wrote.")],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="DIR", help="Where the report goes (default: OUTPUTS/report)."),
    ] = None,
    part: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PART", help="Only this: page, tables, plots, appraisal or exports. May be repeated (default: all)."
        ),
    ] = None,
    format: Annotated[
        list[str] | None,
        typer.Option(
            "--format",
            metavar="NAME",
            help="Of tables csv, xlsx, docx, html, of plots svg, pdf, png. May be repeated (default: all).",
        ),
    ] = None,
    only_reviewed: Annotated[
        bool, typer.Option("--only-reviewed", help="Use only values that a reviewer accepted or entered.")
    ] = False,
    minimum_studies: Annotated[
        int,
        typer.Option(min=2, metavar="N", help="Pool a proportion only over so many studies of two or more patients."),
    ] = 5,
    minimum_patients: Annotated[
        int, typer.Option(min=2, metavar="N", help="Pool a proportion only over so many patients together.")
    ] = 30,
    manifest: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Which papers were found, included, excluded and why (default: corpus/manifest.csv, if there).",
        ),
    ] = None,
    references: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="BibTeX (.bib) or RIS (.ris): titles, authors, years, DOIs of the papers."),
    ] = None,
    decisions: Decisions = None,
    schemas: Schemas = None,
) -> None:
    """Put the tables of a run together across studies: tables, plots, one page to read and to print.

    The page, report.html, opens from disk and needs nothing beside it; every value in it leads to its words. It begins
    with what the papers' own tables hide: who got worse later, which values conflict, and why nothing is pooled where
    nothing can be.

    Everything comes from the CSV files of OUTPUTS: no paper is read. The same tables give the same bytes. Needs the
    extra: pip install "caseloom[report]".

    Exit code 0: written; 2: wrong use, or something that is needed is missing.
    """
    from extract.synthesis import MissingExtra, require_extra

    try:
        require_extra()
    except MissingExtra as error:
        stop(str(error))
    from extract.evidence.decisions import DecisionError
    from extract.schema import SchemaError
    from extract.synthesis.bibliography import BibliographyError
    from extract.synthesis.earlier import REPORT
    from extract.synthesis.outputs import OutputsError
    from extract.synthesis.report import ALL_FORMATS, PARTS, Wishes, write_report

    wishes = Wishes(
        parts=_chosen("--part", part, PARTS),
        formats=_chosen("--format", format, ALL_FORMATS),
        only_reviewed=only_reviewed,
        minimum_studies=minimum_studies,
        minimum_patients=minimum_patients,
        manifest=_file("--manifest", manifest) or (MANIFEST if MANIFEST.is_file() else None),
        references=_file("--references", references),
        decisions=_folder(decisions) or (DECISIONS if DECISIONS.is_dir() else None),
    )
    target = output or outputs / REPORT
    if target.exists() and not target.is_dir():
        stop(f"{target}: is a file. Name a folder with -o DIR.")
    schema = load(schemas)
    try:
        with Progress("Reporting") as tell:
            done = write_report(outputs, target, schema, wishes, tell)
    except (OutputsError, BibliographyError) as error:
        stop(str(error))
    except (SchemaError, DecisionError) as error:
        stop(*error.errors)
    except OSError as error:
        stop(f"{error.filename or target}: {error.strerror or error}.")
    except KeyboardInterrupt:
        stop(f"Interrupted. What is in {target} may be of two reports: run it again.", code=130)
    _summarise(done)


def _chosen(option: str, given: list[str] | None, allowed: tuple[Name, ...]) -> tuple[Name, ...]:
    """What was chosen of what is allowed, in the order of the latter; all where nothing was."""
    from difflib import get_close_matches

    wrong = [name for name in given or () if name not in allowed]
    for name in wrong:
        near = get_close_matches(name, allowed, 1)
        hint = f" Did you mean {near[0]}?" if near else ""
        stop(f"{option} {name}: not known.{hint} Allowed: {', '.join(allowed)}.")
    return tuple(name for name in allowed if not given or name in given)


def _file(option: str, path: Path | None) -> Path | None:
    if path is not None and not path.is_file():
        stop(f"{option} {path}: there is no such file.")
    return path


def _folder(path: Path | None) -> Path | None:
    if path is not None and not path.is_dir():
        stop(f"--decisions {path}: there is no such folder. Name the one that holds the decisions.")
    return path


def _summarise(done: Report) -> None:
    outputs, found = done.outputs, done.found
    papers = len({person.document for person in outputs.treated})
    typer.echo(f"{count(len(outputs.individuals), 'patient')} given cells in {count(papers, 'paper')}.")
    conflicts, settled = len(found.conflicts), len(found.settled_conflicts)
    pooled = len(found.was_pooled)
    typer.echo(
        f"Worse later: {count(done.worse, 'patient')}. Contradictions: {conflicts}, {settled} settled. "
        f"Pooled: {count(pooled, 'proportion') if pooled else 'nothing'}."
    )
    for warning in done.warnings:
        typer.echo(warning, err=True)
    for name, kept in done.put_aside:
        typer.echo(f"{done.folder / name} was edited after the last report and is now {kept}.", err=True)
    if done.matches is not None:
        matches = done.matches
        typer.echo(
            f"References: {len(matches.found)} matched, {count(len(matches.without), 'paper')} without one, "
            f"{count(len(matches.unmatched), 'reference')} without a paper (references.csv)."
        )
    if done.page:
        typer.echo(f"Read first: {done.page}")
    typer.echo(f"{count(len(done.files), 'file')} in {done.folder}.")
