"""CLI: the app itself, and what its commands share: options, loading, ending with a message."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from extract import __version__

if TYPE_CHECKING:
    from extract.model import Document
    from extract.schema import Schema

ORDER = (
    "init", "run", "review", "report", "verify", "score", "diff", "cache", "read", "try", "explain", "check", "rules",
)  # fmt: skip
"""The commands in the order of --help: beginning, the main job, what follows it, then looking closer and the rules."""


class Commands(TyperGroup):
    """The commands of caseloom, listed in ORDER."""

    def list_commands(self, ctx: Any) -> list[str]:
        names = super().list_commands(ctx)
        return sorted(names, key=lambda name: ORDER.index(name) if name in ORDER else len(ORDER))


app = typer.Typer(
    name="caseloom",
    cls=Commands,
    help="Reads clinical case reports (PDF) into an evidence table; every value leads back to its words.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Schemas = Annotated[
    Path | None,
    typer.Option(
        "--schemas", metavar="DIR", help="Folder with the rules (default: ./schemas, else the built-in ones)."
    ),
]
Model = Annotated[
    str,
    typer.Option(
        "--model",
        metavar="NAME",
        help="A spaCy or scispaCy model that you have installed (en_core_sci_md, en_ner_bc5cdr_md, or a folder): "
        "it proposes diagnoses that the rules lack.",
    ),
]

Decisions = Annotated[
    Path | None,
    typer.Option(
        "--decisions", metavar="DIR", help="Folder of the reviewers' decisions (default: corpus/decisions, if there)."
    ),
]

DECISIONS = Path("corpus/decisions")
"""Where decisions lie when nothing else is said, seen from the working directory."""

Ocr = Annotated[
    bool, typer.Option("--ocr", help="Read scanned pages from their pictures (needs tesseract; check every number).")
]


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"caseloom {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Options that stand before the command."""


def load(folder: Path | None, model: str = "") -> Schema:
    """The schema to use, with the model that was asked for."""
    from extract.schema import SchemaError, load_schema

    try:
        schema = load_schema(folder)
    except SchemaError as error:
        stop(*error.errors)
    if not model:
        return schema
    from extract.find.proposals import ModelError, with_model

    try:
        return with_model(schema, model)
    except ModelError as error:
        stop(str(error))


def check_ocr(asked: bool) -> None:
    if asked:
        from extract.read.ocr import missing

        if fault := missing():
            stop(fault)


def read_file(file: Path, schema: Schema, *, ocr: bool = False) -> Document:
    from extract.read import read_document
    from extract.read.failure import ReadFailure

    if not file.is_file():
        stop(f"{file}: there is no such file.")
    try:
        return read_document(file, schema, name=file.stem, ocr=ocr)
    except ReadFailure as failure:
        stop(failure.message, code=1)


def stop(*messages: str, code: int = 2) -> NoReturn:
    for message in messages:
        typer.echo(message, err=True)
    raise typer.Exit(code)


def count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
