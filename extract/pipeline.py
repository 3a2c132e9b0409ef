"""The recipe for one document: read it, find what it says, link that to its patients."""

from __future__ import annotations

from pathlib import Path

from extract.find import find_mentions
from extract.link import link_cases
from extract.model import CaseRecord, Document
from extract.read import read_document
from extract.read import warm_up as warm_up_reading
from extract.schema import Schema


def read_cases(path: Path, schema: Schema, name: str | None = None, *, ocr: bool = False) -> CaseRecord:
    """What one file says, patient by patient. ``name`` is what the tables call it (default: its stem); with ``ocr``
    scanned pages are read from their pictures.

    Raises ``extract.read.failure.ReadFailure`` when the file cannot be read.
    """
    document = read_document(path, schema, name=name, ocr=ocr)
    mentions = find_mentions(document, schema, others=False)
    return link_cases(document, mentions, schema)


def warm_up(schema: Schema) -> None:
    """Load the reader and the language and compile the rules, so that the first document does not wait for it."""
    warm_up_reading()
    find_mentions(Document(name="", file="", sha256="", format="text", text="Nothing."), schema)
