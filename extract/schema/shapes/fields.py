"""The shape of fields.yaml: the output tables and their columns."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from extract.schema.shapes.base import Part, Words, key

TABLES = (
    "documents", "patients", "diagnoses", "administrations", "outcomes", "adverse_events", "therapies",
    "conflicts", "issues", "values", "evidence", "decisions", "overlaps", "codebook",
)  # fmt: skip
"""The output files."""

ColumnType = Literal["text", "number", "integer", "boolean", "list", "date"]


NAME = r"^[a-z][a-z0-9_]*$"


def _is_column_name(name: str) -> str:
    if not re.fullmatch(NAME, name):
        plain = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
        near = f" Did you mean '{plain}'?" if re.fullmatch(NAME, plain) else ""
        raise ValueError(
            f"{name!r} cannot be the name of a column: small letters, digits and _ only, a letter first.{near}"
        )
    return name


def _is_title(name: str) -> str:
    return _is_column_name(name) if name else name


class Column(Part):
    """One column of an output table."""

    name: Annotated[str, AfterValidator(_is_column_name)] = key(
        "The column's title in the CSV: small letters, digits and _, a letter first.",
        "smoking",
        json_schema_extra={"pattern": NAME},
    )
    type: ColumnType = key(
        "What stands there: text, number, integer, boolean (true, false), list (items between ;), date (ISO).",
        "integer",
        default="text",
    )
    unit: str = key("What a number counts; values are converted to it.", "kg", default="")
    allowed: tuple[Words, ...] = key("The only words that may stand there.", "[never, former, current]", default=())
    meaning: Words = key("One sentence for codebook.csv.", '"Smoking as stated."')
    mention: str = key(
        "The kind of find that fills the column: the `field` of rules in rules/*.yaml.", "smoking", default=""
    )
    evidence: Annotated[str, AfterValidator(_is_title)] = key(
        "The column of evidence.csv in which it is shown.", "smoking", default=""
    )


class TableSpec(Part):
    """One output file: its meaning and its columns in order."""

    meaning: Words = key("One sentence on the file.", '"One row for each disease of a patient."')
    record: bool = key("true: its rows are about a patient.", "true", default=False)
    columns: Annotated[tuple[Column, ...], Field(min_length=1)] = key("The columns in order.")

    def names(self) -> tuple[str, ...]:
        """The column names in order."""
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column:
        """A column by name."""
        return next(column for column in self.columns if column.name == name)


class Fields(Part):
    """fields.yaml: the output tables, and the finds that no column shows."""

    tables: dict[str, TableSpec] = key(
        "The output files by name, without .csv.", json_schema_extra={"propertyNames": {"enum": list(TABLES)}}
    )
    signals: dict[str, Words] = key(
        "Finds that fill no column by themselves but that the program needs, each with its meaning.", default={}
    )
