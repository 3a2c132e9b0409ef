"""EVIDENCE: codebook.csv, one row for each column of each file."""

from __future__ import annotations

from extract.evidence.parquet import parquet_type
from extract.schema import Column, Schema, TermsRule

MOST_WORDS = 60
"""A vocabulary longer than this is not listed in the codebook; schemas/rules holds it."""


def columns_of(schema: Schema, table: str) -> tuple[Column, ...]:
    """The columns of a file in order; evidence.csv ends with those that other tables send there."""
    columns = schema.tables[table].columns
    if table != "evidence":
        return columns
    known = {column.name for column in columns}
    extra: dict[str, Column] = {}
    for name, spec in schema.tables.items():
        for column in spec.columns:
            title = column.evidence
            if title and title not in known and title not in extra:
                meaning = f"{column.meaning} (From {name}.csv.)"
                extra[title] = column.model_copy(update={"name": title, "meaning": meaning})
    return (*columns, *extra.values())


def codebook_rows(schema: Schema) -> list[dict[str, str]]:
    """The rows of codebook.csv, in the order of the files and their columns."""
    return [
        {
            "file": f"{table}.csv",
            "column": column.name,
            "type": column.type,
            "unit": column.unit,
            "allowed": "; ".join(allowed_words(schema, column)),
            "meaning": column.meaning,
            "parquet": parquet_type(column.type),
        }
        for table in schema.tables
        for column in columns_of(schema, table)
    ]


def allowed_words(schema: Schema, column: Column) -> tuple[str, ...]:
    """The only words that may stand in a column: those it names, else those that the rules can put there, when they
    are a short list and only lists can. Empty when any words may."""
    if column.allowed:
        return column.allowed
    if column.type != "text" or not column.mention:
        return ()
    words: set[str] = set()
    for rule in schema.rules_for(column.mention):
        if isinstance(rule, TermsRule):
            words |= {term.value for term in rule.terms}
        elif rule.kind != "column":
            return ()
    return tuple(sorted(words)) if len(words) <= MOST_WORDS else ()
