"""CLI: verify, whether what an output folder says still stands in the papers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from extract.cli.app import Schemas, app, check_ocr, load, stop
from extract.cli.progress import Progress


@app.command()
def verify(
    outputs: Annotated[Path, typer.Argument(metavar="OUTPUTS", help="The folder that run wrote.")],
    papers: Annotated[
        list[Path] | None,
        typer.Option(metavar="DIR", help="Where papers lie that have been moved or renamed since (may be repeated)."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")] = False,
    ocr: Annotated[
        bool, typer.Option("--ocr", help="Read the words of scanned pages again from their pictures (needs tesseract).")
    ] = False,
    workers: Annotated[int, typer.Option(min=0, help="Papers read at the same time (0: one for each core).")] = 0,
    time_limit: Annotated[float, typer.Option(min=0.1, metavar="SECONDS", help="Longest time for one paper.")] = 120,
    memory_limit: Annotated[int, typer.Option(min=64, metavar="MB", help="Most memory for one paper.")] = 1024,
    schemas: Schemas = None,
) -> None:
    """Read every quote again from its paper, by page and box, and hold the tables against each other.

    Each failure is a line: words that moved or are gone, papers that are missing or have changed, cells that differ
    from what the run wrote. Exit code 0: everything holds; 1: something fails; 2: wrong use.
    """
    from extract.batch import cores
    from extract.evidence.integrity import NoOutputs
    from extract.verify import as_json as in_json
    from extract.verify import as_text
    from extract.verify import verify as verify_folder
    from extract.worker import Limits

    schema = load(schemas)
    check_ocr(ocr)
    for folder in papers or ():
        if not folder.exists():
            stop(f"--papers {folder}: there is no such folder.")
    try:
        with Progress("Reading again") as tell:
            report = verify_folder(
                outputs,
                schema,
                papers=papers or (),
                workers=workers or cores(),
                limits=Limits(time_limit, memory_limit),
                ocr=ocr,
                progress=tell,
            )
    except NoOutputs as error:
        stop(str(error))
    except KeyboardInterrupt:
        stop("Interrupted.", code=130)
    typer.echo(in_json(report) if as_json else as_text(report))
    raise typer.Exit(0 if report.holds else 1)
