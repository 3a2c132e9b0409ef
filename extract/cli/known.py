"""CLI: what is known, and how more of it gets to be known: rules, rules new, rules import."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from extract.cli.app import Schemas, app, load, stop

if TYPE_CHECKING:
    from extract.schema import Schema


class Rules(TyperGroup):
    """``rules WORD`` looks for a word: whatever is not the name of a command goes to ``rules show``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not args or (args[0] not in self.commands and args[0] not in ctx.help_option_names):
            args = ["show", *args]
        return super().parse_args(ctx, args)


rules = typer.Typer(
    cls=Rules,
    help="Look through what is known (rules WORD), write a new rule, import a term list or an ontology.",
    rich_markup_mode=None,
)
app.add_typer(rules, name="rules")


@rules.command()
def show(
    query: Annotated[str, typer.Argument(metavar="[WORD]", help="Only what has this in its words.")] = "",
    field: Annotated[str, typer.Option(metavar="NAME", help="Only rules for this kind of find, or column.")] = "",
    fields: Annotated[bool, typer.Option("--fields", help="Only the columns of the tables, and the signals.")] = False,
    scales: Annotated[bool, typer.Option("--scales", help="Only outcome measures.")] = False,
    units: Annotated[bool, typer.Option("--units", help="Only units.")] = False,
    sections: Annotated[bool, typer.Option("--sections", help="Only titles of sections.")] = False,
    cues: Annotated[bool, typer.Option("--cues", help="Only cues of context.")] = False,
    everything: Annotated[
        bool, typer.Option("--all", help="Also what only tells of WORD, in a guard or an example.")
    ] = False,
    limit: Annotated[int, typer.Option(min=0, metavar="N", help="Entries shown at most (0: all).")] = 20,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")] = False,
    schemas: Schemas = None,
) -> None:
    """Look through what is known: each entry with its file and line, its words, and an example.

    ``caseloom rules WORD`` is short for ``caseloom rules show WORD``. Without anything: an overview.
    Exit code 1: nothing is called so (what is spelled nearly so is shown).
    """
    from extract.rulebook.known import WrongField, as_text, fields_named, known, overview, search
    from extract.rulebook.known import as_json as in_json

    schema = load(schemas)
    switches = {"field": fields, "scale": scales, "unit": units, "section": sections, "cue": cues}
    kinds = [kind for kind, on in switches.items() if on]
    if not query and not field and not kinds and not as_json:
        typer.echo(overview(schema))
        typer.echo("Look closer: caseloom rules WORD, --field NAME, --fields, --scales, --units, --sections, --cues.")
        return
    try:
        names = fields_named(field, schema) if field else ()
    except WrongField as error:
        stop(str(error))
    found = search(known(schema), query, kinds=kinds, fields=names, everything=everything)
    typer.echo(in_json(found) if as_json else as_text(found, query, limit))
    raise typer.Exit(1 if found.near or not found.entries else 0)


@rules.command()
def new(
    field: Annotated[
        str, typer.Argument(metavar="FIELD", help="What the words tell: route, therapy, weight, scale ...")
    ],
    sentence: Annotated[
        str, typer.Argument(metavar="SENTENCE", help='A sentence with the words in brackets: "He [[never smoked]]."')
    ],
    value: Annotated[str, typer.Option(metavar="WORD", help="What the words come to (default: themselves).")] = "",
    kind: Annotated[
        str, typer.Option(metavar="KIND", help="terms, pattern or quantity (default: what the words suggest).")
    ] = "",
    rule: Annotated[str, typer.Option(metavar="ID", help="The list of terms that the words join.")] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be written, and write nothing.")] = False,
    schemas: Schemas = None,
) -> None:
    """Write a rule that finds the words in brackets, with the sentence as its first example.

    It goes into the right file of the project's schemas, and only if all examples of all rules hold with it. Words that
    are known already are told with their rule. Exit code 2: nothing could be written.
    """
    schema = _own(schemas)
    from extract.rulebook.additions import WrongRule, shown
    from extract.rulebook.skeleton import AlreadyKnown, new_rule

    try:
        done = new_rule(field, sentence, schema, value=value, kind=kind, rule=rule, write=not dry_run)
    except WrongRule as error:
        stop(str(error))
    except OSError as error:
        stop(f"{error.filename}: cannot be written ({error.strerror}).")
    if isinstance(done, AlreadyKnown):
        typer.echo(f"'{done.words}' is known already, as {done.value}, by the rule '{done.rule}' ({done.place}).")
        return
    typer.echo(shown(done.addition, schema.folder))
    typer.echo(
        f"\n{'Not written (--dry-run). It' if dry_run else 'Written. It'} passes: all {done.examples} examples hold."
    )
    for note in done.notes:
        typer.echo(note)
    typer.echo(f"\nThe sentence {'would give' if dry_run else 'gives now'}:\n\n{done.gives}")


@rules.command("import")
def import_file(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A term list (.csv) or an ontology (.obo, .owl).")],
    field: Annotated[str, typer.Option(metavar="NAME", help="What its terms are.")] = "diagnosis",
    name: Annotated[
        str, typer.Option(metavar="NAME", help="Of the rules file (default: that of the ontology or the list).")
    ] = "",
    scopes: Annotated[
        list[str] | None,
        typer.Option(
            "--scope", metavar="SCOPE", help="Synonyms to take: exact, narrow, broad, related. May be repeated."
        ),
    ] = None,
    roots: Annotated[
        list[str] | None,
        typer.Option("--root", metavar="ID", help="Only this term and those under it. May be repeated."),
    ] = None,
    xrefs: Annotated[
        list[str] | None,
        typer.Option("--xref", metavar="PREFIX=NAME", help="Take cross-references as codes, as in ICD10WHO=icd10."),
    ] = None,
    limit: Annotated[int, typer.Option(min=0, metavar="N", help="Only the first N terms (0: all).")] = 0,
    replace: Annotated[bool, typer.Option("--replace", help="Make a file anew that an import wrote before.")] = False,
    report: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Where the words that were left out are listed.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell what would be taken, and write nothing.")] = False,
    schemas: Schemas = None,
) -> None:
    """Take the words of a term list or an ontology that you have into the rules, with its ids as codes.

    A list has the columns value, words (separated by |), and a column for each code. Of an ontology (MONDO, HPO,
    DOID ...) names and exact synonyms are taken, obsolete terms are not. Words that are too short, too common, or
    belong to something else already are left out and listed. Exit code 2: nothing could be taken.
    """
    schema = _own(schemas)
    from extract.rulebook.additions import WrongRule
    from extract.rulebook.known import WrongField, fields_named
    from extract.rulebook.termfiles import SCOPES, TermFileError, read_terms
    from extract.rulebook.vocabularies import as_text, import_terms, report_csv

    wrong = sorted(set(scopes or ()) - set(SCOPES))
    if wrong:
        stop(f"--scope {wrong[0]}: not known. Allowed: {', '.join(SCOPES)}.")
    codes = dict(pair.split("=", 1) for pair in xrefs or () if re.fullmatch(r"[\w.-]+=[a-z]\w*", pair))
    if len(codes) < len(xrefs or ()):
        stop("--xref: give PREFIX=NAME, as in ICD10WHO=icd10.")
    try:
        field = sorted(fields_named(field, schema))[0]
        terms = read_terms(file, scopes=scopes or ("exact",), roots=roots or (), xrefs=codes)
        called = re.sub(r"[^a-z0-9_]+", "_", (name or terms.prefix or file.name.split(".")[0]).lower()).strip("_")
        called = called or "terms"
        given = {"--scope": scopes, "--root": roots, "--xref": xrefs, "--limit": [str(limit)] if limit else None}
        asked = "".join(f" {option} {value}" for option, values in given.items() for value in values or ())
        found = import_terms(
            terms, file, schema, field=field, name=called, limit=limit, replace=replace, asked=asked
        )  # fmt: skip
        listed = report or Path(schema.folder).parent / f"{called}_left_out.csv"
        if not dry_run:
            (Path(schema.folder) / found.addition.file).write_text(found.addition.after, encoding="utf-8", newline="\n")
            if found.left:
                listed.write_text(report_csv(found), encoding="utf-8", newline="\n")
    except (WrongField, WrongRule) as error:
        stop(str(error))
    except TermFileError as error:
        stop(*error.errors)
    except OSError as error:
        stop(f"{error.filename}: cannot be written ({error.strerror}).")
    typer.echo(as_text(found, terms, file, listed))
    typer.echo("Nothing was written (--dry-run)." if dry_run else f"Written: {schema.folder}/{found.addition.file}")


def _own(given: Path | None) -> Schema:
    """The schema of a folder that may be written to."""
    from extract.project import WrongFolder, own_schemas
    from extract.schema import SchemaError

    try:
        return load(own_schemas(given))
    except SchemaError as error:
        stop(*error.errors)
    except WrongFolder as error:
        stop(str(error))
