"""READ: a file becomes a Document. The only room that knows pdfium, pdfplumber and XML."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from extract.garbage import collecting_seldom
from extract.read.failure import ReadFailure as ReadFailure

if TYPE_CHECKING:
    from extract.model import Document
    from extract.read.jats import jats_document as jats_document
    from extract.read.pictures import page_picture as page_picture
    from extract.read.text import text_document as text_document
    from extract.schema import Schema

__all__ = ["ReadFailure", "jats_document", "page_picture", "read_document", "text_document", "warm_up"]

_HOMES = {"text_document": "text", "jats_document": "jats", "page_picture": "pictures"}


@collecting_seldom()
def read_document(
    path: Path, schema: Schema, *, name: str | None = None, max_pages: int | None = None, ocr: bool = False
) -> Document:
    """Read one file, whatever its name ends in: a PDF, an article in JATS XML, or plain text.

    ``name`` is what the document is called (default: the file's stem); of a PDF at most ``max_pages`` pages are read,
    and with ``ocr`` those without text are read from their pictures.

    Raises ReadFailure with a reason (``not_a_pdf``, ``not_jats``, ``encrypted``, ``no_text_layer``, ``out_of_memory``);
    OSError when the file cannot be opened.
    """
    return _read(path, schema, name or path.stem, max_pages, ocr)


def _read(path: Path, schema: Schema, name: str, max_pages: int | None, ocr: bool) -> Document:
    with path.open("rb") as file:
        head = file.read(4096)
    if not head.strip(b"\0\t\n\r\f ") and path.stat().st_size <= len(head):
        kind = "not_jats" if path.suffix.lower() in (".xml", ".nxml") else "not_a_pdf"
        raise ReadFailure(kind, f"{path.name}: the file is empty. Fetch it again.")
    if b"%PDF-" in head[:1024] or path.suffix.lower() == ".pdf":
        from extract.read.compose import pdf_document

        return pdf_document(path, schema, name=name, max_pages=max_pages, ocr=ocr)
    opening = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if path.suffix.lower() in (".xml", ".nxml") or opening.startswith((b"<?xml", b"<!DOCTYPE", b"<article")):
        from extract.read.jats import jats_document

        return jats_document(path, name, schema, file=str(path))
    return _text_file(path, name, schema)


def warm_up() -> None:
    """Load what reading needs, so that the first document does not wait for it."""
    from extract.read import compose, jats, text

    del compose, jats, text


def _text_file(path: Path, name: str, schema: Schema) -> Document:
    from extract.read.text import text_document

    data = path.read_bytes()
    if b"\0" in data and data[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        raise ReadFailure("not_a_pdf", f"{path.name}: this is neither a PDF nor XML nor text. Give one of these.")
    for encoding in ("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig", "cp1252", "latin-1"):
        try:
            text = data.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    document = text_document(text, name, schema, file=str(path))
    return document.model_copy(update={"sha256": hashlib.sha256(data).hexdigest()})


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'extract.read' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"extract.read.{_HOMES[name]}"), name)
