"""What people look at and work in, made from the tables of a run: pictures of pages, evidence.xlsx, review.html.

The tables are written before any of this begins. Whatever fails here costs only itself, and is told.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from extract import __version__
from extract.pictures import FOLDER, Drawn, Wanted, draw_pictures, place_of, remove_pictures
from extract.schema import Schema
from extract.whole import clear_parts, whole_file
from extract.worker import Limits

if TYPE_CHECKING:
    import pandas as pd

PAGE = "review.html"

MOST = 400_000
"""So many rows of values.csv (about a thousand papers) can be looked at in a workbook and a page, which are made in
memory and which Excel and browsers open slowly. The tables themselves have no limit."""


class Views(NamedTuple):
    """What became of the views: the files that were written, how many pages have a picture, what could not be made and
    why, and what else people must know; ``left_out`` when there is more than can be looked at, and none was made."""

    files: list[Path]
    pages: int
    failures: list[str]
    notes: list[str]
    left_out: bool = False


def write_views(
    folder: Path,
    tables: Mapping[str, pd.DataFrame],
    schema: Schema,
    *,
    workers: int,
    limits: Limits | None = None,
    progress: Callable[[int, int], None] | None = None,
    most: int = MOST,
) -> Views:
    """Write the views of a run into the folder that holds its tables (``extract.batch.run``), and what became of them
    into its run.json. ``progress`` is told how many pages have a picture, and how many there will be.

    What cannot be made is told in ``failures``; nothing is raised for it. When values.csv has more than ``most`` rows
    none is made, which is told in ``notes``.
    """
    from extract.evidence.files import extend_run, length_of
    from extract.evidence.kept import WORKBOOK, digest_of, need_not_keep
    from extract.evidence.workbook import Links, write_workbook
    from extract.review.static_page import is_split, link_to, write_review_page

    files: list[Path] = []
    failures: list[str] = []
    notes: list[str] = []
    seconds: dict[str, float] = {}

    @contextmanager
    def making(name: str, hint: str = "") -> Iterator[None]:
        began = time.monotonic()
        try:
            yield
        except Exception as error:  # of any kind: the tables are there, and the other views can still be made
            what = getattr(error, "strerror", None) or f"{type(error).__name__}: {error}"
            failures.append(f"Not written: {folder / name} ({what}). {hint}".rstrip())
        seconds[name] = round(time.monotonic() - began, 2)

    drawn = Drawn()
    if (length := length_of(tables, "values")) > most:
        notes.append(
            f"Not made: {WORKBOOK}, {PAGE} and {FOLDER}/, which are for {most:,} rows of values.csv at most; it has "
            f"{length:,}. The CSV files are complete; for a part of the papers run them "
            "into another folder."
        )
        with making("what an earlier run left"):
            notes += remove_views(folder)
        with making("run.json"):
            extend_run(folder, {"views": {"files": [], "failures": failures, "notes": notes}})
        return Views([], 0, failures, notes, left_out=True)
    if (as_they_are := _as_they_are(folder)) is not None:
        return as_they_are
    with making(FOLDER):
        drawn = draw_pictures(_wanted(tables), folder, schema, workers=workers, limits=limits, progress=progress)
        failures += [f"Pictures missing: {name} ({why}). {message}" for name, (why, message) in drawn.failures.items()]
    split = is_split(folder)
    with making(WORKBOOK, "If it is open in Excel, close it and run again. The CSV files are complete."):
        clear_parts(folder / WORKBOOK)
        notes += _aside(folder)
        links = Links(
            lambda digest, page: place if (folder / (place := place_of(digest, page))).is_file() else "",
            lambda digest: link_to(digest, split=split),
        )
        with whole_file(folder / WORKBOOK) as part:
            write_workbook(tables, schema, part, links=links, run={"caseloom": __version__, "schema": schema.hash})
            need_not_keep(folder, digest_of(part))  # before it is there: no kill in between makes it look edited
        files.append(folder / WORKBOOK)
    with making(PAGE):
        clear_parts(folder / PAGE)
        files += write_review_page(folder, tables, schema, run={"caseloom": __version__, "schema": schema.hash[:16]})
    with making("run.json"):
        names = [file.relative_to(folder).as_posix() for file in files]
        told = {
            "files": names,
            "digests": [digest_of(file) for file in files],
            "pages": drawn.pages,
            "seconds": seconds,
            "failures": failures,
            "notes": notes,
        }
        extend_run(folder, {"views": told})
    return Views(files, drawn.pages, failures, notes)


def _as_they_are(folder: Path) -> Views | None:
    """The views of an earlier run when they show the tables that stand there: a run that writes tables anew drops from
    run.json what was told of views. None when one has gone or was changed, or something was told of them."""
    from extract.evidence.kept import digest_of

    with suppress(OSError, ValueError, TypeError, KeyError):
        told = json.loads((folder / "run.json").read_text(encoding="utf-8"))["views"]
        files = [folder / name for name in told["files"]]
        drawn = sum(path.stat().st_size > 0 for path in (folder / FOLDER).glob("*/*.png"))
        same = files and [digest_of(file) for file in files] == told["digests"] and drawn == told["pages"]
        if same and not told["failures"] and not told["notes"]:
            return Views(files, drawn, [], [])
    return None


def remove_views(folder: Path) -> list[str]:
    """Delete the views of an earlier run, which show other tables than those that are there now; a workbook in which a
    person has worked is put aside. Returns what people must know.

    Raises OSError when something cannot be deleted.
    """
    from extract.evidence.kept import WORKBOOK
    from extract.review.static_page import remove_review_page

    notes = _aside(folder)
    (folder / WORKBOOK).unlink(missing_ok=True)
    remove_review_page(folder)
    remove_pictures(folder)
    return notes


def _aside(folder: Path) -> list[str]:
    """Put the workbook of an earlier run aside when a person has worked in it; tell of it."""
    from extract.evidence.kept import WORKBOOK, put_aside

    aside = put_aside(folder)
    if aside is None:
        return []
    return [
        f"{folder / WORKBOOK} was edited after the last run and is now {aside.name}. "
        f"To take in its corrections: caseloom review import {aside} --reviewer NAME"
    ]


def _wanted(tables: Mapping[str, pd.DataFrame]) -> list[Wanted]:
    """The pages of this run that hold a value."""
    pages: dict[str, set[int]] = {}
    values = tables["values"]
    for document, page in set(zip(values["document"], values["page"], strict=True)):
        if page:
            pages.setdefault(document, set()).add(int(page))
    documents = tables["documents"]
    return [
        Wanted(name, Path(file), digest, tuple(sorted(pages[name])))
        for name, file, digest in zip(documents["document"], documents["file"], documents["sha256"], strict=True)
        if name in pages
    ]
