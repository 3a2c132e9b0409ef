"""DIFF: what a comparison comes to: changes of values, changes of papers, all of them together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from extract.diff.folder import APART, NOWHERE, Place

Kind = Literal["won", "lost", "changed", "moved"]
"""won: only the new folder has it; lost: only the old one; changed: another value; moved: the same value, but from
other words or by another rule."""


@dataclass(frozen=True)
class Change:
    """One value that is not what it was. ``row`` tells in words which row it stands in, ``whole`` that all of that row
    was won or lost; ``before`` and ``after`` where the old and the new value come from.

    ``table`` may also be ``conflicts``, ``issues``, ``decisions`` or ``overlaps``; then the value is the whole entry
    in words.
    """

    kind: Kind
    document: str
    patient: str
    table: str
    row: str
    field: str
    old: str
    new: str
    record_old: str = ""
    record_new: str = ""
    whole: bool = False
    before: Place = NOWHERE
    after: Place = NOWHERE


PaperKind = Literal["new", "gone", "read", "unread", "altered", "renamed"]
"""new, gone: only one folder has the paper; read, unread: only one could read it; altered: its file has other bytes;
renamed: the same file under another name."""


@dataclass(frozen=True)
class PaperChange:
    """What is to be told of a paper as a whole. ``values`` counts what its tables hold."""

    kind: PaperKind
    document: str
    told: str
    patients: int
    values: int

    @property
    def whole(self) -> bool:
        """Whether all of the paper was won or lost, so that its values are counted and not listed."""
        return self.kind in ("new", "gone", "read", "unread")


@dataclass(frozen=True)
class Diff:
    """All differences of two folders, in the order of the papers, patients and tables."""

    old: str
    new: str
    documents: int
    papers: tuple[PaperChange, ...]
    changes: tuple[Change, ...]

    def count(self, kind: Kind, *tables: str) -> int:
        """How many changes of a kind there are: in some tables, or, without, among the values of the papers."""
        return sum(
            change.kind == kind and (change.table in tables if tables else change.table not in APART)
            for change in self.changes
        )

    @property
    def stale(self) -> int:
        """How many decisions do not fit any more what they were made on."""
        return sum(change.table == "decisions" and change.new.startswith("stale") for change in self.changes)

    @property
    def same(self) -> bool:
        """Whether both folders say the same, wherever they have it from."""
        return not any(paper.whole for paper in self.papers) and all(change.kind == "moved" for change in self.changes)
