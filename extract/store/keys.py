"""STORE: by what a stage is known to be still right: the rules and the code that it depends on, and no others.

Reading depends on the section titles, finding on rules, scales, units and cues, linking on columns and scales. It is
not taken on trust: each stage is handed a schema that holds these parts only (``part_of``). Of the code a stage depends
on the modules of its room and what that draws in, by their source, so that a checkout under work is told apart as well
as a release.
"""

from __future__ import annotations

import hashlib
import sys
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple

from extract import __version__
from extract.schema import Schema
from extract.store.packing import Stage

PARTS: dict[Stage, frozenset[str]] = {
    "read": frozenset({"sections"}),
    "find": frozenset({"rules", "scales", "units", "context", "tables", "model"}),
    "link": frozenset({"tables", "scales"}),
}
"""The parts of the schema that a stage may look at."""

ROOMS: dict[Stage, tuple[str, ...]] = {
    "read": ("model", "schema/shapes", "garbage.py", "read", "store/documents.py"),
    "find": ("model", "schema/shapes", "numbers.py", "patterns.py", "find"),
    "link": ("model", "schema/shapes", "numbers.py", "patterns.py", "garbage.py", "derived.py", "find", "read", "link"),
}
"""The code that a stage runs."""

LIBRARIES: dict[Stage, tuple[str, ...]] = {
    "read": ("pypdfium2", "pdfplumber", "pdfminer.six", "numpy"),
    "find": ("spacy", "scispacy", "pyahocorasick"),
    "link": (),
}
"""The libraries on which what a stage makes depends."""


class Keys(NamedTuple):
    """What each stage depends on, besides what the stage before it made."""

    read: str
    find: str
    link: str


def part_of(schema: Schema, stage: Stage) -> Schema:
    """The schema with only what a stage may look at: to reach for anything else is an AttributeError."""
    kept = {name: getattr(schema, name) for name in PARTS[stage]}
    return Schema.model_construct(folder=schema.folder, hash=schema.hash, **kept)


def stage_keys(schema: Schema, *, ocr: bool = False) -> Keys:
    """The keys of the three stages under a schema; with ``ocr`` scanned pages are read from their pictures."""
    return Keys(
        read=_key("read", schema, f"ocr {ocr}"),
        find=_key("find", schema, schema.hash if schema.model else ""),
        link=_key("link", schema, ""),
    )


def chained(key: str, *made: str) -> str:
    """The key of a stage that was made from what stages before it made, given by its digests."""
    return hashlib.sha256("\n".join((key, *made)).encode()).hexdigest()


def _key(stage: Stage, schema: Schema, more: str) -> str:
    digest = hashlib.sha256(f"{stage} {_program(stage)} {more}\n".encode())
    for name in sorted(PARTS[stage]):
        part = schema.model_dump_json(include={name}).encode()
        digest.update(b"%s %d\n%s" % (name.encode(), len(part), part))
    return digest.hexdigest()


@lru_cache(maxsize=3)
def _program(stage: Stage) -> str:
    """A digest of the code of a stage, its libraries and the Python that runs it."""
    here = Path(__file__).resolve().parent.parent
    digest = hashlib.sha256(f"{__version__} {sys.version_info[:2]}\n".encode())
    for library in LIBRARIES[stage]:
        try:
            digest.update(f"{library} {version(library)}\n".encode())
        except PackageNotFoundError:
            digest.update(f"{library}\n".encode())
    for room in ROOMS[stage]:
        for path in [here / room] if room.endswith(".py") else sorted((here / room).rglob("*.py")):
            data = path.read_bytes() if path.exists() else b""
            digest.update(b"%s %d\n%s" % (path.relative_to(here).as_posix().encode(), len(data), data))
    return digest.hexdigest()
