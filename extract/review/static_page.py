"""REVIEW: review.html, for those who only look: every value of a run with its quote and the picture of its page.

The page is one file that needs nothing else: pictures, style and script are inside, and its content security policy
allows no other. Without scripts it is tables to read. When the pictures of a run are too many for one file,
review.html lists the papers, and each has a file of its own in the folder ``review``.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import jinja2
import pandas as pd
from markupsafe import Markup

from extract.evidence.marks import Marks, marks_of
from extract.pictures import place_of
from extract.read.pictures import PictureSize, picture_size
from extract.schema import Schema
from extract.whole import whole_file

NAME = "review.html"
FOLDER = "review"

LIMIT = 60_000_000
"""So many bytes of pictures go into one file."""

ASIDE = frozenset({"document", "patient", "record", "administration", "outcome", "order", "where", "as_written"})
"""Columns that number, quote or sort a row: the page shows them with each value, or not at all."""

TRAIL = (
    "field", "value", "unit", "status", "basis", "as_written", "quote", "page", "box", "quote_boxes", "where", "rule",
    "shown", "review", "reviewer", "formula",
)  # fmt: skip
"""What the page is told of each place of a value; ``box`` is x0, top, x1 and bottom."""

_HERE = Path(__file__).resolve().parent
_OURS = re.compile(r"\.?[0-9a-f]{10}\.html(\.\w+\.part)?")  # with what a run that was killed left of one


class Cell(NamedTuple):
    """A cell of a table: its text, the value it leads to ('' for none), how it came about."""

    text: str
    value: str
    mark: str


class Rows(NamedTuple):
    """The rows of a table that are one patient's: its name, its columns with their meaning, its cells."""

    name: str
    columns: list[tuple[str, str]]
    rows: list[list[Cell]]


class Person(NamedTuple):
    """A patient: anchor, name, what the paper calls them, their own facts, their tables."""

    anchor: str
    name: str
    label: str
    facts: list[tuple[str, Cell]]
    tables: list[Rows]


def write_review_page(
    folder: Path, tables: Mapping[str, pd.DataFrame], schema: Schema, *, run: Mapping[str, str], limit: int = LIMIT
) -> list[Path]:
    """Write review.html into an output folder that holds the pictures of the pages (``extract.pictures``), and, where
    they are too many, a file for each paper. ``run`` is what to tell of the run at the foot. Returns the files written.

    Raises OSError when a file cannot be written.
    """
    split = is_split(folder, limit)
    book = _Book(folder, tables, schema)
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    template = environment.get_template("static_page.html")
    inside = {name: (_HERE / "static" / f"static_page.{name}").read_text(encoding="utf-8") for name in ("css", "js")}
    shared = {
        "css": Markup(inside["css"]),
        "js": Markup(inside["js"]),
        "csp": _policy(inside["css"], inside["js"]),
        "run": run,
        "split": split,
        "entries": book.entries,
    }
    written = []

    def write(name: str, **told: Any) -> None:
        target = folder / name
        target.parent.mkdir(exist_ok=True)
        with whole_file(target) as part, part.open("w", encoding="utf-8", errors="replace", newline="\n") as file:
            file.writelines(template.generate(**shared, **told))
        written.append(target)

    overview = {"evidence": book.evidence(split), "title": "Evidence review"}
    write(NAME, papers=() if split else book.papers(), home="", **overview)
    for entry in book.entries if split else ():
        if entry["section"]:
            title = entry["study"] or entry["name"]
            papers = (book.paper(entry),)
            write(f"{FOLDER}/{entry['key']}.html", papers=papers, evidence=None, title=title, home=f"../{NAME}")
    _prune(folder, set(written))
    return written


def is_split(folder: Path, limit: int = LIMIT) -> bool:
    """Whether the pictures in an output folder are too many for one file."""
    return sum(path.stat().st_size for path in folder.glob(place_of("?" * 10, "*"))) * 4 // 3 > limit


def link_to(sha256: str, *, split: bool) -> str:
    """Where a paper stands, seen from the output folder."""
    return f"{FOLDER}/{sha256[:10]}.html" if split else f"{NAME}#paper-{sha256[:10]}"


def remove_review_page(folder: Path) -> None:
    """Delete the pages that an earlier run wrote into a folder."""
    (folder / NAME).unlink(missing_ok=True)
    _prune(folder, set())


def _prune(folder: Path, written: set[Path]) -> None:
    inner = folder / FOLDER
    if not inner.is_dir():
        return
    for path in inner.iterdir():
        if _OURS.fullmatch(path.name) and path not in written:
            path.unlink()
    if not any(inner.iterdir()):
        inner.rmdir()


def _policy(css: str, js: str) -> str:
    """A content security policy that allows what is inside the file and nothing else."""
    style, script = (base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in (css, js))
    return (
        f"default-src 'none'; img-src data:; style-src 'sha256-{style}'; script-src 'sha256-{script}'; "
        "base-uri 'none'; form-action 'none'"
    )


Shown = Callable[[Mapping[str, str], str], Cell]
"""How a cell of a row, named by its column, is shown."""


class _Book:
    """The tables of a run, paper by paper."""

    def __init__(self, folder: Path, tables: Mapping[str, pd.DataFrame], schema: Schema) -> None:
        self.folder, self.schema = folder, schema
        self.tables = {name: _Table(table) for name, table in tables.items() if "document" in table.columns}
        self.evidence_columns = [str(name) for name in tables["evidence"].columns]
        self.documents = [self._rows("documents", name)[0] for name in tables["documents"]["document"]]
        self.marks: Marks = marks_of(tables["values"])
        self.records = [name for name, spec in schema.tables.items() if spec.record]

    @cached_property
    def entries(self) -> list[dict[str, Any]]:
        """The papers as a list with counts. Of files that are the same byte for byte, only the first has a section."""
        seen: set[str] = set()
        out = []
        for paper in self.documents:
            key, name = paper["sha256"][:10], paper["document"]
            values = self._rows("values", name)
            out.append(
                {
                    "key": key,
                    "name": name,
                    "paper": paper,
                    "study": paper["study"],
                    "section": key not in seen,
                    "href": f"#paper-{key}",
                    "file": f"{FOLDER}/{key}.html",
                    "counts": {
                        "patients": len(self._rows("patients", name)),
                        "found": len({row["value_id"] for row in values}),
                        "conflicts": len(self._rows("conflicts", name)),
                        "issues": len(self._rows("issues", name)),
                        "reviewed": len({row["value_id"] for row in values if row["review"] != "unreviewed"}),
                    },
                }
            )
            seen.add(key)
        return out

    def evidence(self, split: bool) -> dict[str, Any]:
        """The rows of evidence.csv that people read, each leading to its patient."""
        columns = [name for name in self.evidence_columns if name not in ("document", "study", "patient")]
        rows = [row for entry in self.entries for row in self._rows("evidence", entry["name"])]
        filled = [name for name in columns if any(row[name] for row in rows)]
        keys = {entry["name"]: entry for entry in self.entries}
        anchors = {
            (name, row["patient"]): f"#{_anchor(entry['key'], index)}"
            for name, entry in keys.items()
            for index, row in enumerate(self._rows("patients", name))
        }
        return {
            "columns": [(name.replace("_", " "), self._meaning("evidence", name)) for name in filled],
            "rows": [
                {
                    "href": (keys[row["document"]]["file"] if split else "") + anchors[row["document"], row["patient"]],
                    "study": row["study"],
                    "patient": row["patient"],
                    "cells": [row[name] for name in filled],
                }
                for row in rows
            ],
        }

    def papers(self) -> Iterator[dict[str, Any]]:
        """All papers, one after the other, so that the pictures of one are in memory at a time."""
        for entry in self.entries:
            if entry["section"]:
                yield self.paper(entry)

    def paper(self, entry: dict[str, Any]) -> dict[str, Any]:
        """All that is shown of one paper."""
        name, key = entry["name"], entry["key"]
        trail = self._rows("values", name)
        known = {row["value_id"] for row in trail}
        rejected = {row["value_id"] for row in trail if row["review"] == "rejected"}
        pages = sorted({int(row["page"]) for row in trail if row["page"]})
        places = {page: self.folder / place_of(entry["paper"]["sha256"], page) for page in pages}
        sizes = {page: size for page in pages if (size := picture_size(places[page]))}

        def cell(row: Mapping[str, str], column: str) -> Cell:
            value = f"{row['record']}.{column}" if "record" in row else ""
            mark = self.marks.cells.get((row.get("record", ""), column), "")
            text = row[column]
            if not text and value in known:
                text = "rejected" if value in rejected else "ambiguous" if mark == "ambiguous" else ""
                mark = "open" if text else ""
            return Cell(text, value if value in known and text else "", mark)

        about = {row["field"]: row["value_id"] for row in trail if row["table"] == "documents"}
        return {
            **entry,
            "facts": [
                (field.replace("_", " "), Cell(text, about.get(field, ""), ""))
                for field, text in entry["paper"].items()
                if text and field not in ("document", "sha256", "study", "title", "reason")
            ],
            "title": Cell(entry["paper"]["title"], about.get("title", ""), ""),
            "people": self._people(name, key, cell),
            "conflicts": self._rows("conflicts", name),
            "issues": self._rows("issues", name),
            "known": known,
            "sizes": sizes,
            "picture": lambda page: Markup(_data_uri(places[page])),
            "trail": Markup(_trail(trail, sizes)),
        }

    def _people(self, name: str, key: str, cell: Shown) -> list[Person]:
        out = []
        for index, person in enumerate(self._rows("patients", name)):
            facts = [
                (column.replace("_", " "), found)
                for column in person
                if column not in ASIDE and (found := cell(person, column)).text
            ]
            tables = []
            for table in self.records:
                rows = [row for row in self._rows(table, name) if row["patient"] == person["patient"]]
                if table != "patients" and rows:
                    tables.append(self._table(table, rows, cell))
            out.append(Person(_anchor(key, index), person["patient"], person["label"], facts, tables))
        return out

    def _table(self, name: str, rows: Sequence[Mapping[str, str]], cell: Shown) -> Rows:
        """A table of one patient without the columns in which nothing stands."""
        columns = [column for column in rows[0] if column not in ASIDE]
        cells = [{column: cell(row, column) for column in columns} for row in rows]
        filled = [column for column in columns if any(row[column].text for row in cells)]
        return Rows(
            name.replace("_", " "),
            [(column.replace("_", " "), self._meaning(name, column)) for column in filled],
            [[row[column] for column in filled] for row in cells],
        )

    def _rows(self, table: str, document: str) -> list[dict[str, str]]:
        return self.tables[table].rows(document)

    def _meaning(self, table: str, column: str) -> str:
        return next((spec.meaning for spec in self.schema.tables[table].columns if spec.name == column), "")


class _Table:
    """A table whose rows are asked for document by document, so that few of them are made at a time."""

    def __init__(self, table: pd.DataFrame) -> None:
        self._names = [str(name) for name in table.columns]
        self._cells = [list(table[name]) for name in table.columns]
        self._where: dict[str, list[int]] = {}
        for index, document in enumerate(table["document"]):
            self._where.setdefault(document, []).append(index)

    def rows(self, document: str) -> list[dict[str, str]]:
        """The rows of a document, in their order."""
        return [
            dict(zip(self._names, (column[index] for column in self._cells), strict=True))
            for index in self._where.get(document, ())
        ]


def _anchor(key: str, index: int) -> str:
    return f"patient-{key}-{index + 1}"


def _data_uri(path: Path) -> str:
    return "data:image/png;base64," + base64.b64encode(path.read_bytes()).decode("ascii")


def _trail(rows: Sequence[Mapping[str, str]], sizes: Mapping[int, PictureSize]) -> str:
    """The places of every value as JSON that may stand in a script element: each text once, rows point to texts."""
    texts: dict[str, int] = {}
    places: dict[str, list[list[int]]] = {}
    for row in rows:
        box = " ".join(row[name] for name in ("x0", "top", "x1", "bottom")).strip()
        cells = (box if name == "box" else row[name] for name in TRAIL)
        places.setdefault(row["value_id"], []).append([texts.setdefault(cell, len(texts)) for cell in cells])
    pages = {str(page): [size.width, size.height] for page, size in sizes.items()}
    data = json.dumps(
        {"columns": TRAIL, "texts": list(texts), "places": places, "pages": pages},
        ensure_ascii=False,
        separators=(",", ":"),
    )
    return re.sub(r"[<>&\u2028\u2029]", lambda match: f"\\u{ord(match[0]):04x}", data)
