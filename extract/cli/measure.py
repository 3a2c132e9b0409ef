"""CLI: what the tables are worth: score."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from extract.cli.app import Schemas, app, load, stop


@app.command()
def score(
    outputs: Annotated[Path, typer.Argument(metavar="OUTPUTS", help="The folder that run wrote.")],
    gold: Annotated[Path, typer.Option(metavar="DIR", help="Folder with a gold file (JSON) for each paper.")],
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="DIR", help="Also write score.csv and score_misses.csv here."),
    ] = None,
    listed: Annotated[bool, typer.Option("--list", help="List what was missed and what was found falsely.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")] = False,
    schemas: Schemas = None,
) -> None:
    """Measure the tables against gold: precision, recall and F1 of each field, with 95 % intervals.

    A gold paper that the tables lack counts as missed altogether. Exit code 2: wrong use or invalid gold files.
    """
    from extract.score import WrongOutputs, as_text, score_outputs, write_score
    from extract.score import as_json as in_json
    from extract.score.gold import GoldError, known_words, load_gold
    from extract.score.ownfields import own_fields

    schema = load(schemas)
    try:
        result = score_outputs(outputs, load_gold(gold, known_words(schema)), own_fields(schema))
        paths = write_score(result, output) if output else []
    except GoldError as error:
        stop(*error.errors)
    except WrongOutputs as error:
        stop(str(error))
    except OSError as error:
        stop(f"{error.filename}: {error.strerror}.")
    typer.echo(in_json(result) if as_json else as_text(result, misses=listed))
    for path in paths:
        typer.echo(f"Written: {path}", err=True)
