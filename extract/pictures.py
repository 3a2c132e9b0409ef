"""The picture pass: every page that holds a value, drawn once as ``pages/<first 10 of sha256>/<page>.png``.

pdfium draws in guarded children, as it reads: a file that kills it, hangs it or fills the memory costs only its own
pictures. Pictures are named by content, so those that are there from an earlier run are kept and not drawn again; those
that no value of this run needs are deleted.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from pydantic import BaseModel

from extract.guard import read_guarded
from extract.read.failure import ReadFailure
from extract.read.pictures import DPI, picture_size
from extract.schema import Schema
from extract.whole import whole_file
from extract.worker import Limits

FOLDER = "pages"

_OURS = re.compile(r"\.?\d+\.png(\.\w+\.part)?")
_PLACE = re.compile(r"[0-9a-f]{10}")


class Wanted(NamedTuple):
    """A PDF of which pages are to be drawn: what it is called, where it is, its digest, the pages that hold a value."""

    name: str
    path: Path
    sha256: str
    pages: tuple[int, ...]


class Drawn(BaseModel):
    """What became of the pictures: how many pages there are, how many of them were drawn now, and, by document, why
    others are missing (reason and message)."""

    pages: int = 0
    drawn: int = 0
    failures: dict[str, tuple[str, str]] = {}


def place_of(sha256: str, page: int | str) -> str:
    """Where the picture of a page lies, seen from the output folder."""
    return f"{FOLDER}/{sha256[:10]}/{page}.png"


def draw_pictures(
    wanted: Sequence[Wanted],
    folder: Path,
    schema: Schema,
    *,
    workers: int,
    limits: Limits | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Drawn:
    """Draw what is missing into an output folder and delete what is not wanted. ``progress`` is told how many pages are
    there, and how many there will be.

    Raises OSError when nothing can be written there.
    """
    _prune(folder / FOLDER, {f"{one.sha256[:10]}/{page}.png" for one in wanted for page in one.pages})
    total = sum(len(one.pages) for one in wanted)
    missing = [one._replace(pages=_missing(one, folder)) for one in wanted]
    missing = [one for one in missing if one.pages]
    there = total - sum(len(one.pages) for one in missing)
    out = Drawn(pages=there)
    if not missing:
        return out
    for one in missing:
        (folder / place_of(one.sha256, 1)).parent.mkdir(parents=True, exist_ok=True)
    plan = {one.name: (one.sha256, one.pages) for one in missing}
    tasks = [(number, one.path, one.name) for number, one in enumerate(missing)]
    work = partial(_draw, plan=plan, folder=folder.resolve())
    for result in read_guarded(tasks, schema, workers=min(workers, len(tasks)), limits=limits or Limits(), work=work):
        one = missing[result.task]
        told = Drawn.model_validate_json(result.json) if result.json else Drawn()
        if result.reason:
            told.failures[one.name] = (result.reason, result.message)
            told.drawn = len(one.pages) - len(_missing(one, folder))
        out.drawn += told.drawn
        out.failures |= told.failures
        if progress:
            progress(there + out.drawn, total)
    out.pages = there + out.drawn
    out.failures = dict(sorted(out.failures.items()))
    return out


def remove_pictures(folder: Path) -> None:
    """Delete the pictures of an output folder. Raises OSError when one cannot be deleted."""
    _prune(folder / FOLDER, set())


def _missing(one: Wanted, folder: Path) -> tuple[int, ...]:
    """The pages that have no whole picture yet, or one that was made in another way."""
    sizes = {page: picture_size(folder / place_of(one.sha256, page)) for page in one.pages}
    return tuple(page for page, size in sizes.items() if size is None or size.dpi != DPI)


def _draw(
    path: Path, schema: Schema, name: str, *, plan: Mapping[str, tuple[str, Sequence[int]]], folder: Path
) -> Drawn:
    """What a guarded child does with a file: draw its pages, each into a file that is there whole or not at all."""
    from extract.read.pdf import open_pdf
    from extract.read.pictures import draw_page

    del schema
    digest, pages = plan[name]
    with path.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != digest:
            raise ReadFailure("changed", f"{path.name}: the file was changed after it was read. Run again.")
    out = Drawn()
    faults: list[str] = []
    with open_pdf(path) as document:
        for page in pages:
            try:
                picture = draw_page(document, page, gray=True)
            except ReadFailure as failure:
                faults.append(failure.message)
                continue
            with whole_file(folder / place_of(digest, page)) as place:
                place.write_bytes(picture)
            out.drawn += 1
    if faults:
        out.failures[name] = ("not_a_pdf", f"{path.name}: {'; '.join(faults)}")
    return out


def _prune(folder: Path, wanted: set[str]) -> None:
    """Delete pictures that are not wanted, and what a run that was killed left of one. Other files stay."""
    if not folder.is_dir():
        return
    for place in folder.iterdir():
        if not _PLACE.fullmatch(place.name) or not place.is_dir():
            continue
        for file in place.iterdir():
            if _OURS.fullmatch(file.name) and f"{place.name}/{file.name}" not in wanted:
                file.unlink(missing_ok=True)
        with contextlib.suppress(OSError):
            place.rmdir()  # only when it is empty
    with contextlib.suppress(OSError):
        folder.rmdir()
