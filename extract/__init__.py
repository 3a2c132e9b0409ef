"""caseloom: clinical case reports in, an evidence table out, every value traceable to the words on its page.

The whole way in four verbs::

    schema = load_schema()
    document = read_document(Path("smith2019.pdf"), schema)
    record = link_cases(document, find_mentions(document, schema), schema)
    tables = build_tables([record], schema)

The names are loaded when they are first used, so that ``import extract`` stays fast.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from extract.evidence import build_tables as build_tables
    from extract.find import find_mentions as find_mentions
    from extract.link import link_cases as link_cases
    from extract.read import read_document as read_document
    from extract.schema import load_schema as load_schema

_HOMES = {
    "load_schema": "extract.schema",
    "read_document": "extract.read",
    "find_mentions": "extract.find",
    "link_cases": "extract.link",
    "build_tables": "extract.evidence",
}

__all__ = ["__version__", "build_tables", "find_mentions", "link_cases", "load_schema", "read_document"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'extract' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
