"""CLI: looking at one paper or one sentence: read, try, explain."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from extract.cli.app import Model, Ocr, Schemas, app, check_ocr, count, load, read_file, stop

if TYPE_CHECKING:
    from extract.model import Document
    from extract.schema import Schema


@app.command()
def read(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The paper.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")] = False,
    schemas: Schemas = None,
    ocr: Ocr = False,
) -> None:
    """Show what was read from a paper: sections, tables, repaired powers of ten, issues."""
    check_ocr(ocr)
    document = read_file(file, load(schemas), ocr=ocr)
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
    diff: Annotated[
        str,
        typer.Option(
            metavar="OTHER",
            help="Show only what other rules gave and these do not, and the reverse. OTHER is a folder of rules, "
            "built-in, or a git revision (HEAD).",
        ),
    ] = "",
    schemas: Schemas = None,
    model: Model = "",
) -> None:
    """Show what the rules find in a sentence and why, and what they refuse."""
    if (text is None) == (jsonl is None):
        stop("Give either a sentence or --jsonl FILE.")
    if diff and text is None:
        stop("--diff compares one sentence. Give it instead of --jsonl.")
    if context not in ("narrative", "table_row", "abstract", "discussion"):
        stop(f"--context {context}: not known. Allowed: narrative, table_row, abstract, discussion.")
    schema = load(schemas, model)
    if text is not None and diff:
        typer.echo(_compared(text, context, diff, schema, model))
        return
    if text is not None:
        from extract.read.text import text_document
        from extract.rulebook.explain import explain_sentence

        typer.echo(explain_sentence(text_document(text, "text", schema, where=context), schema))
        return
    from extract.find import find_mentions
    from extract.link.sentence import found_in
    from extract.read.text import text_document

    for line, item in _json_lines(jsonl):
        try:
            name, phrase = item["id"], str(item["text"])
        except (KeyError, TypeError):
            stop(f'{jsonl}:{line}: each line needs "id" and "text".')
        document = text_document(phrase, str(name), schema, where=str(item.get("context") or context))
        out = {"id": name, "found": found_in(document, find_mentions(document, schema))}
        typer.echo(json.dumps(out, ensure_ascii=False))


def _compared(text: str, context: str, other: str, schema: Schema, model: str) -> str:
    from extract.project import WrongFolder, other_schemas
    from extract.rulebook.explain import compare_sentence

    try:
        with other_schemas(other, Path(schema.folder)) as folder:
            return compare_sentence(text, context, load(folder, model), schema)
    except WrongFolder as error:
        stop(f"--diff {error}")


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
    schema = load(schemas, model)
    from extract.rulebook.explain import WrongField, explain_document

    document = read_file(file, schema)
    try:
        typer.echo(explain_document(document, schema, field=field, page=page))
    except WrongField as error:
        stop(str(error))


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
    lines = [f"{document.name}: {count(len(document.pages), 'page')}, {count(len(document.blocks), 'block')}"]
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
        stop(f"{path}: cannot be read ({getattr(error, 'strerror', None) or 'it is not UTF-8 text'}).")
    items = []
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                items.append((number, json.loads(line)))
            except ValueError as error:
                stop(f"{path}:{number}: not valid JSON: {error}.")
    return items
