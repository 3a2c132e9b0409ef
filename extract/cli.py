"""The command: options, messages, exit codes. What is heavy is imported inside the commands."""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from extract import __version__

if TYPE_CHECKING:
    from extract.batch import Progress, Summary
    from extract.model import CaseRecord, Document
    from extract.schema import Schema

app = typer.Typer(
    name="caseloom",
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

Ocr = Annotated[
    bool, typer.Option("--ocr", help="Read scanned pages from their pictures (needs tesseract; check every number).")
]


def main() -> None:
    """Run the command."""
    if not sys.warnoptions:
        warnings.simplefilter("ignore")  # those of libraries are nothing a user can act on
    app()


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


@app.command()
def run(
    paths: Annotated[list[Path], typer.Argument(metavar="PATHS...", help="Papers, or folders that hold them.")],
    output: Annotated[Path, typer.Option("--output", "-o", metavar="DIR", help="Where the tables go.")] = Path(
        "outputs"
    ),
    schemas: Schemas = None,
    model: Model = "",
    ocr: Ocr = False,
    workers: Annotated[int, typer.Option(min=0, help="Papers read at the same time (0: one for each core).")] = 0,
    time_limit: Annotated[float, typer.Option(min=0.1, metavar="SECONDS", help="Longest time for one paper.")] = 120,
    memory_limit: Annotated[int, typer.Option(min=64, metavar="MB", help="Most memory for one paper.")] = 1024,
) -> None:
    """Read papers into the evidence tables.

    Folders are searched for .pdf, .xml and .nxml files; a .txt file is read when it is named.
    Exit code 0: all papers were read; 1: some were not (documents.csv says why); 2: wrong use or invalid
    rules.
    """
    from extract import batch
    from extract.schema import SchemaError
    from extract.worker import Limits

    schema = _load(schemas, model)
    _check_ocr(ocr)
    try:
        with _Progress() as progress:
            summary = batch.run(
                paths,
                output,
                schema,
                workers=workers,
                limits=Limits(time_limit, memory_limit),
                command=["caseloom", *sys.argv[1:]],
                progress=progress,
                ocr=ocr,
            )
    except batch.WrongUse as error:
        _stop(str(error))
    except SchemaError as error:
        _stop(*error.errors)
    except KeyboardInterrupt:
        _stop(f"Interrupted. Nothing was written to {output}.", code=130)
    _summarise(summary)
    raise typer.Exit(1 if summary.failures else 0)


@app.command()
def read(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The paper.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")] = False,
    schemas: Schemas = None,
    ocr: Ocr = False,
) -> None:
    """Show what was read from a paper: sections, tables, repaired powers of ten, issues."""
    _check_ocr(ocr)
    document = _read(file, _load(schemas), ocr=ocr)
    typer.echo(json.dumps(_as_json(document), ensure_ascii=False) if as_json else _as_text(document))


@app.command("try")
def try_rules(
    text: Annotated[str | None, typer.Argument(metavar="TEXT", help="A sentence.")] = None,
    jsonl: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help='JSON Lines with "id", "text" and "context" (- for standard input).'),
    ] = None,
    context: Annotated[
        str, typer.Option(help="Where the sentence stands: narrative, table_row, abstract or discussion.")
    ] = "narrative",
    schemas: Schemas = None,
    model: Model = "",
) -> None:
    """Show what the rules find in a sentence and why, and what they refuse."""
    if (text is None) == (jsonl is None):
        _stop("Give either a sentence or --jsonl FILE.")
    if context not in ("narrative", "table_row", "abstract", "discussion"):
        _stop(f"--context {context}: not known. Allowed: narrative, table_row, abstract, discussion.")
    schema = _load(schemas, model)
    from extract.find import find_mentions
    from extract.read.text import text_document

    if text is not None:
        from extract.explain import explain_sentence

        typer.echo(explain_sentence(text_document(text, "text", schema, where=context), schema))
        return
    from extract.link.sentence import found_in

    for line, item in _json_lines(jsonl):
        try:
            name, phrase = item["id"], str(item["text"])
        except (KeyError, TypeError):
            _stop(f'{jsonl}:{line}: each line needs "id" and "text".')
        document = text_document(phrase, str(name), schema, where=str(item.get("context") or context))
        out = {"id": name, "found": found_in(document, find_mentions(document, schema))}
        typer.echo(json.dumps(out, ensure_ascii=False))


@app.command()
def explain(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The paper.")],
    field: Annotated[
        str, typer.Option(metavar="NAME", help="Only one kind of find (dose, route, diagnosis, ...), or a column.")
    ] = "",
    page: Annotated[int | None, typer.Option(metavar="N", help="Only what stands on this page.")] = None,
    schemas: Schemas = None,
    model: Model = "",
) -> None:
    """Show why a value was, or was not, found in a paper.

    Everything that was found is listed with its place, its words, the rule, how it is meant, and where the tables show
    it; and what a rule saw but refused, with the reason.
    """
    schema = _load(schemas, model)
    from extract.explain import WrongField, explain_document

    document = _read(file, schema)
    try:
        typer.echo(explain_document(document, schema, field=field, page=page))
    except WrongField as error:
        _stop(str(error))


@app.command()
def check(schemas: Schemas = None) -> None:
    """Check the rules: their form, and every example of what they must and must not find."""
    from extract.find.examples import check_examples, example_count

    schema = _load(schemas)
    faults = check_examples(schema)
    examples = example_count(schema)
    if faults:
        _stop(*faults, f"{len(faults)} of {examples} examples fail in {schema.folder}.")
    columns = sum(len(table.columns) for table in schema.tables.values())
    typer.echo(
        f"{schema.folder}: {len(schema.rules)} rules, {len(schema.scales)} scales, "
        f"{len(schema.context.cues)} cues and {columns} columns are in order; all {examples} examples hold."
    )


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
    from extract.gold import GoldError, known_words, load_gold
    from extract.score import WrongOutputs, as_text, score_outputs, write_score
    from extract.score import as_json as in_json

    words = known_words(_load(schemas))
    try:
        result = score_outputs(outputs, load_gold(gold, words))
        paths = write_score(result, output) if output else []
    except GoldError as error:
        _stop(*error.errors)
    except WrongOutputs as error:
        _stop(str(error))
    except OSError as error:
        _stop(f"{error.filename}: {error.strerror}.")
    typer.echo(in_json(result) if as_json else as_text(result, misses=listed))
    for path in paths:
        typer.echo(f"Written: {path}", err=True)


def _load(folder: Path | None, model: str = "") -> Schema:
    """The schema to use, with the model that was asked for."""
    from extract.schema import SchemaError, load_schema

    try:
        schema = load_schema(folder)
    except SchemaError as error:
        _stop(*error.errors)
    if not model:
        return schema
    from extract.find.proposals import ModelError, with_model

    try:
        return with_model(schema, model)
    except ModelError as error:
        _stop(str(error))


def _check_ocr(asked: bool) -> None:
    if asked:
        from extract.read.ocr import missing

        if fault := missing():
            _stop(fault)


def _read(file: Path, schema: Schema, *, ocr: bool = False) -> Document:
    from extract.read import read_document
    from extract.read.failure import ReadFailure

    if not file.is_file():
        _stop(f"{file}: there is no such file.")
    try:
        return read_document(file, schema, name=file.stem, ocr=ocr)
    except ReadFailure as failure:
        _stop(failure.message, code=1)


def _stop(*messages: str, code: int = 2) -> NoReturn:
    for message in messages:
        typer.echo(message, err=True)
    raise typer.Exit(code)


class _Progress:
    """Tells on standard error which papers are done: a bar on a terminal, else one line for each paper."""

    def __enter__(self) -> Progress:
        self._bar: Any = None
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

            columns = (
                TextColumn("Reading"),
                BarColumn(),
                MofNCompleteColumn(),
                TimeRemainingColumn(),
                TextColumn("{task.description}"),
            )
            self._bar = Progress(*columns, console=Console(stderr=True), transient=True)
            self._bar.start()
            self._task = self._bar.add_task("", total=None)
        return self._tell

    def _tell(self, done: int, total: int, record: CaseRecord) -> None:
        paper = record.paper
        if self._bar is not None:
            self._bar.update(self._task, completed=done, total=total, description=paper.name)
            return
        outcome = f"{paper.status} ({paper.reason})" if paper.reason else paper.status
        typer.echo(f"[{done}/{total}] {paper.name}: {outcome}, {_count(len(record.patients), 'patient')}", err=True)

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.stop()


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


def _summarise(summary: Summary) -> None:
    counts = summary.counts
    typer.echo(
        f"{_count(counts['documents'], 'document')}, {_count(counts['patients'], 'patient')}, "
        f"{_count(counts['values'], 'value')}, {_count(counts['conflicts'], 'conflict')}, "
        f"{_count(counts['failed'], 'failure')}."
    )
    for name, reason, message in summary.failures:
        typer.echo(f"Not read: {name} ({reason}). {message}", err=True)
    typer.echo(f"The tables are in {summary.folder}. Begin with {summary.folder / 'evidence.csv'}.")


def _as_json(document: Document) -> dict[str, Any]:
    return {
        "text": document.text,
        "blocks": [
            {"section": b.section, "kind": b.kind, "page": b.page, "text": document.quote(b.span)}
            for b in document.blocks
        ],
        "tables": [{"page": t.page, "rows": _rows(document, t.number)} for t in document.tables],
        "issues": [issue.model_dump() for issue in document.issues],
    }


def _rows(document: Document, table: int) -> list[list[str]]:
    """The cells of a table as a rectangle, '' where there is none."""
    spec = document.tables[table]
    rows = [[""] * spec.columns for _ in range(spec.rows)]
    for cell in document.cells:
        if cell.table == table:
            rows[cell.row][cell.column] = document.quote(cell.span)
    return rows


def _as_text(document: Document) -> str:
    """The document for people to look over: blocks under their section, tables as rows, then what to know."""
    lines = [f"{document.name}: {_count(len(document.pages), 'page')}, {_count(len(document.blocks), 'block')}"]
    lines += [f"{fact.field}: {fact.value}" for fact in document.metadata]
    section = None
    for block in document.blocks:
        if block.section != section:
            section = block.section
            lines += ["", f"== {section} =="]
        words = " ".join(document.quote(block.span).split())
        place = f"p.{block.page} " if block.page else ""
        if block.kind == "heading":
            lines += ["", f"# {words}"]
        elif block.kind != "table":
            lines.append(f"  {place}{block.kind}: {words if len(words) <= 160 else words[:157] + '...'}")
    for table in document.tables:
        place = f", page {table.page}" if table.page else ""
        lines += ["", f"== table {table.number + 1}{place} ==", table.caption]
        lines += ["  " + " | ".join(" ".join(cell.split()) for cell in row) for row in _rows(document, table.number)]
    if document.repairs:
        lines += ["", "== repaired =="]
        lines += [f"  {r.as_printed!r} read as {document.quote(r.span)!r}: {r.reason}" for r in document.repairs]
    if document.issues:
        lines += ["", "== issues =="]
        lines += [f"  {i.severity}{f', page {i.page}' if i.page else ''}: {i.message}" for i in document.issues]
    return "\n".join(lines)


def _json_lines(path: Path | None) -> list[tuple[int, Any]]:
    """The objects of a JSON Lines file, each with its line number."""
    try:
        text = sys.stdin.read() if path == Path("-") else path.read_text(encoding="utf-8-sig") if path else ""
    except (OSError, UnicodeDecodeError) as error:
        _stop(f"{path}: cannot be read ({getattr(error, 'strerror', None) or 'it is not UTF-8 text'}).")
    items = []
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                items.append((number, json.loads(line)))
            except ValueError as error:
                _stop(f"{path}:{number}: not valid JSON: {error}.")
    return items
