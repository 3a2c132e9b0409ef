"""REVIEW: papers are read and pages drawn in guarded workers, since a file is hostile until it was read."""

from __future__ import annotations

import base64
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Lock

from extract.guard import Guard
from extract.model import Document, Noun
from extract.review.papers import Papers
from extract.schema import Schema
from extract.worker import MEGABYTE, Limits, Work

DOCUMENTS_KEPT = 6
PICTURES_KEPT = 96 * MEGABYTE
RESOLUTIONS = (72, 108, 144, 216, 288)
"""Dots per inch in which pages are drawn; asking for others would fill the memory with nearly equal pictures."""


class Unreadable(Exception):
    """A paper could not be read or a page not be drawn. The message is for people."""


class Picture(Noun):
    """A page as PNG, in base64."""

    png: str


def read_paper(path: Path, schema: Schema, name: str) -> Document:
    """The work of a guarded worker: read a paper."""
    from extract.read import read_document

    return read_document(path, schema, name=name)


def read_scanned_paper(path: Path, schema: Schema, name: str) -> Document:
    """The work of a guarded worker: read a paper, its scanned pages by OCR."""
    from extract.read import read_document

    return read_document(path, schema, name=name, ocr=True)


def draw_page(path: Path, schema: Schema, order: str) -> Picture:  # noqa: ARG001
    """The work of a guarded worker: draw the page that ``order`` names as ``page@dpi``."""
    from extract.read.pictures import page_picture

    page, dpi = map(int, order.split("@"))
    return Picture(png=base64.b64encode(page_picture(path, page, dpi=dpi)).decode("ascii"))


class Reading:
    """Reads the papers of a review and draws their pages; what was asked for lately is kept."""

    def __init__(self, papers: Papers, schema: Schema, *, ocr: bool = False, limits: Limits | None = None) -> None:
        limits = limits or Limits(seconds=60)
        self._papers = papers
        self._readers = _Desk(read_scanned_paper if ocr else read_paper, schema, limits)
        self._drawers = _Desk(draw_page, schema, limits)
        self._documents: OrderedDict[str, Document] = OrderedDict()
        self._pictures: OrderedDict[tuple[str, int, int], bytes] = OrderedDict()
        self._lock = Lock()

    def document(self, sha256: str, name: str) -> Document:
        """A paper as read. Raises PaperMissing or Unreadable."""
        path = self._papers.path(sha256)
        with self._lock:
            known = self._documents.get(sha256)
            if known is not None:
                self._documents.move_to_end(sha256)
                return known
        document = Document.model_validate_json(self._readers.do(path, name))
        if document.sha256 != sha256:
            raise Unreadable(f"{path} has changed while it was read. Load the page again.")
        with self._lock:
            self._documents[sha256] = document
            while len(self._documents) > DOCUMENTS_KEPT:
                self._documents.popitem(last=False)
        return document

    def picture(self, sha256: str, page: int, dpi: int) -> bytes:
        """A page (from 1) as PNG, in the nearest resolution that is at least ``dpi``. Raises PaperMissing or
        Unreadable."""
        path = self._papers.path(sha256)
        dots = next((known for known in RESOLUTIONS if known >= dpi), RESOLUTIONS[-1])
        key = (sha256, page, dots)
        with self._lock:
            known = self._pictures.get(key)
            if known is not None:
                self._pictures.move_to_end(key)
                return known
        drawn = Picture.model_validate_json(self._drawers.do(path, f"{page}@{dots}"))
        png = base64.b64decode(drawn.png)
        with self._lock:
            self._pictures[key] = png
            while sum(map(len, self._pictures.values())) > PICTURES_KEPT:
                self._pictures.popitem(last=False)
        return png

    def warm(self) -> None:
        """Start the workers, so that the first page does not wait for them."""
        self._readers.warm()
        self._drawers.warm()

    def close(self) -> None:
        """End the workers."""
        self._readers.close()
        self._drawers.close()


class _Desk:
    """A guarded worker, started when it is first needed, and the one thread that may speak to it."""

    def __init__(self, work: Work, schema: Schema, limits: Limits) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=work.__name__)
        self._with = (work, schema, limits)
        self._guard: Guard | None = None

    def warm(self) -> None:
        self._thread.submit(self._ready)

    def do(self, path: Path, order: str) -> bytes:
        result = self._thread.submit(lambda: self._ready().do(path, order)).result()
        if result.reason:
            raise Unreadable(result.message)
        return result.json

    def close(self) -> None:
        self._thread.submit(self._end).result()
        self._thread.shutdown()

    def _ready(self) -> Guard:
        self._guard = self._guard or Guard(*self._with)
        return self._guard

    def _end(self) -> None:
        if self._guard is not None:
            self._guard.close()
