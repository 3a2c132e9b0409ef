"""Columns that only a project's fields.yaml has: which they are, and what a gold file may say of them.

A gold file names such a column by its title, in the item that the column is about: ``"smoking": "former"`` in a
patient, ``"construct": "CD19"`` in an administration; ``null`` says that the paper does not tell.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NamedTuple

from extract.model import plain
from extract.schema import Column, Schema, builtin_fields
from extract.schema.shapes.base import nearest

TABLES = ("patients", "diagnoses", "administrations", "outcomes", "adverse_events")
"""The tables whose rows gold files have items for."""


class OwnField(NamedTuple):
    """A column of a table that the program itself does not have."""

    table: str
    column: Column

    @property
    def name(self) -> str:
        """Its title."""
        return self.column.name


def own_fields(schema: Schema) -> tuple[OwnField, ...]:
    """The own columns of a schema, in the order of its tables."""
    builtin = builtin_fields()
    return tuple(
        OwnField(table, column)
        for table in TABLES
        if builtin is not None and table in schema.tables and table in builtin.tables
        for column in schema.tables[table].columns
        if column.name not in builtin.tables[table].names()
    )


def gold_values(field: OwnField, value: Any) -> tuple[str, ...]:
    """What a gold file says of an own column, as the tables would write it: one text, several of a list, none of null.

    Raises ValueError that says what is allowed.
    """
    if value is None:
        return ()
    column = field.column
    if column.type == "list":
        if not isinstance(value, list):
            raise ValueError(f"'{column.name}' must be a list of texts")
        return tuple(text for item in value for text in _text(column, item))
    return _text(column, value)


def _text(column: Column, value: Any) -> tuple[str, ...]:
    if column.type in ("number", "integer"):
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError(f"'{column.name}' must be a number, found {value!r}")
        return (plain(Decimal(str(value))),)
    if column.type == "boolean":
        if not isinstance(value, bool):
            raise ValueError(f"'{column.name}' must be true or false, found {value!r}")
        return (str(value).lower(),)
    if not isinstance(value, str) or not value:
        raise ValueError(f"'{column.name}' must be a text, found {value!r}")
    if column.allowed and value not in column.allowed:
        raise ValueError(f"'{value}' is not allowed for '{column.name}'.{nearest(value, column.allowed)}")
    return (value,)
