"""READ: a table found on a page, joined with its parts on later pages and confirmed by a second reading."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Literal

from extract.read.bounds import bounded
from extract.read.grid import Slot
from extract.read.pdf import Line, Sheet

TABLE_CAPTION = re.compile(
    r"(?:(?:supplement\w*|additional|extended data|online|summary)\s+)?tab(?:le|\.)"
    r"(?:\s*(?P<mark>S?\d{1,2}[a-z]?|[IVX]{1,5})\b|(?=[.:|]\s+(?-i:[A-Z\d(])))"
    r"\s*(?P<point>[.:|–—-]|\(|$)?\s*(?P<rest>.*)",
    re.I,
)
"""The first line of a caption: "Table 2", "Tab. IV:", and "Table." where a paper has only one."""
_CONTINUED = re.compile(r"cont(?:\.|inued|’d|'d|d\.?)?\)?\.?$|\(cont", re.I)

_LONGEST = 20  # seconds of computing for all second readings of a document
_MOST_MEMORY = 256  # megabytes


@dataclass(slots=True, eq=False)
class Region:
    """A table on a page: its edges in points on the upright page, its cells, and the lines that are part of it.

    ``lines`` are the lines that became cells, ``caption`` and ``notes`` those that belong to the table but stay
    text. ``parts`` are the regions on later pages with which it goes on; their cells are in ``slots`` already.
    ``doubts`` is empty for a table that is clear.
    """

    sheet: Sheet
    x0: float
    top: float
    x1: float
    bottom: float
    slots: list[Slot]
    columns: int
    rows: int
    lines: list[Line]
    caption: list[Line] = field(default_factory=list)
    notes: list[Line] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    parts: list[Region] = field(default_factory=list)
    readings: Literal["both", "one"] = "one"

    @property
    def mark(self) -> str:
        """The number of the table as its caption prints it, '' without caption."""
        match = TABLE_CAPTION.match(self.caption[0].text) if self.caption else None
        return (match.group("mark") or "").lower() if match else ""


def join_parts(regions: list[Region]) -> list[Region]:
    """Join the parts of tables that go on over pages."""
    out: list[Region] = []
    for region in regions:
        words = " ".join(line.text for line in region.caption)
        match = TABLE_CAPTION.match(words)
        before = next((r for r in reversed(out) if r.mark and r.mark == region.mark), None)
        if match and before and _CONTINUED.search(match.group("rest").strip()) and before.columns == region.columns:
            append_part(before, region)
        else:
            out.append(region)
    return out


def append_part(before: Region, region: Region) -> None:
    """Add the rows of a part to the table that it goes on with, without the header it repeats."""
    head = {(s.row, s.column): s.text for s in before.slots if s.row < 3}
    repeated = 0
    while repeated < min(3, region.rows - 1):
        row = [s for s in region.slots if s.row == repeated]
        if not row or any(head.get((s.row, s.column)) != s.text for s in row):
            break
        repeated += 1
    for slot in region.slots:
        if slot.row >= repeated:
            before.slots.append(slot._replace(row=slot.row - repeated + before.rows))
    before.rows += region.rows - repeated
    before.parts.append(region)
    before.notes += region.notes
    before.doubts += region.doubts


def confirm_tables(path: Path, regions: Sequence[Region]) -> None:
    """Let pdfplumber read the doubtful tables of a PDF once more, each in a crop of its page.

    Where its cells agree with ours the table's ``readings`` become ``both`` and its doubts are settled.
    """
    doubtful = [region for region in regions if region.doubts and not region.sheet.turned]
    if not doubtful:
        return
    import pdfplumber

    logging.getLogger("pdfminer").setLevel(logging.CRITICAL)  # what it says of a damaged file is nothing for a user
    with bounded(_LONGEST, _MOST_MEMORY), pdfplumber.open(path) as pdf:
        for region in doubtful:
            page = pdf.pages[region.sheet.number - 1]
            edges = (
                max(page.bbox[0], region.x0 - 4),
                max(page.bbox[1], region.top - 4),
                min(page.bbox[2], region.x1 + 4),
                min(page.bbox[3], region.bottom + 4),
            )
            crop = page.crop(edges)
            settings = {"vertical_strategy": "text", "horizontal_strategy": "text", "min_words_vertical": 2}
            readings = [crop.extract_table(), crop.extract_table(settings)]
            if any(reading and _agree(region, reading) for reading in readings):
                region.readings = "both"
                region.doubts = []
            page.close()


def _agree(region: Region, rows: Sequence[Sequence[str | None]]) -> bool:
    """Whether nine tenths of the cells with a number stand beside the same neighbour in both readings."""
    slots = sorted(region.slots, key=lambda slot: (slot.row, slot.column))
    mine = [[slot.text for slot in slots if slot.row == row] for row in range(region.rows)]
    ours = {pair for row in mine for pair in pairwise(filter(None, map(_plain, row)))}
    theirs = {pair for row in rows for pair in pairwise(filter(None, (_plain(c or "") for c in row)))}
    return bool(ours) and len(ours & theirs) >= 0.9 * len(ours)


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9.]+", "", text.lower())
