"""STORE: what all papers of a run say, as a sequence that takes up no memory: each is loaded when its turn comes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple, overload

from extract import __version__
from extract.model import CaseRecord, Issue, Paper
from extract.sources import Source
from extract.store.folder import Store
from extract.store.packing import Told

UNREAD = "interrupted"
"""The reason of a paper that the run was stopped before."""

FILE = "{file}"
"""Where the name of the file stands in the message of a failure."""


class Entry(NamedTuple):
    """What became of a source: what its record tells; of one that could not be read the message; of one with the bytes
    of another the name of that. ``mended``: a part of its record was damaged and was made anew."""

    told: Told
    message: str = ""
    same_as: str = ""
    mended: bool = False


class Records(Sequence[CaseRecord]):
    """The case records of some sources, in their order. May be gone through as often as one likes; raises
    ``store.Damaged`` when a record is damaged while it is."""

    def __init__(self, sources: Sequence[Source], entries: Sequence[Entry], store: Store, schema_hash: str) -> None:
        self._sources, self._entries, self._store, self._schema_hash = sources, entries, store, schema_hash

    def __len__(self) -> int:
        return len(self._sources)

    def __iter__(self) -> Iterator[CaseRecord]:
        return (self[index] for index in range(len(self)))

    @overload
    def __getitem__(self, index: int) -> CaseRecord: ...

    @overload
    def __getitem__(self, index: slice) -> Records: ...

    def __getitem__(self, index: int | slice) -> CaseRecord | Records:
        if isinstance(index, slice):
            return Records(self._sources[index], self._entries[index], self._store, self._schema_hash)
        source, entry = self._sources[index], self._entries[index]
        if entry.same_as:
            return self._row(source, entry, "info", "duplicate_file")
        if entry.told.status == "failed":
            return self._row(source, entry, "major", entry.told.reason)
        record = CaseRecord.model_validate_json(self._store.case_of(source.sha256))
        paper = record.paper.model_copy(update={"name": source.name, "file": source.file, "sha256": source.sha256})
        return record.model_copy(update={"paper": paper, "schema_hash": self._schema_hash, "version": __version__})

    def _row(self, source: Source, entry: Entry, severity: str, reason: str) -> CaseRecord:
        """A record that says no more than that a file was not read, or was read under another name."""
        paper = Paper(
            name=source.name, file=source.file, sha256=source.sha256, **entry.told.model_dump(exclude={"patients"})
        )
        issue = Issue.model_validate({"severity": severity, "message": entry.message, "reason": reason})
        return CaseRecord(paper=paper, issues=(issue,), schema_hash=self._schema_hash, version=__version__)


def duplicate(source: Source, first: str, entry: Entry) -> Entry:
    """The entry of a file whose bytes are read under another name."""
    reason = entry.told.reason if entry.told.status == "failed" else "duplicate_file"
    message = f"{source.name} is the same file as {first}, byte for byte; it was read once, as {first}."
    return Entry(entry.told.model_copy(update={"reason": reason, "patients": 0}), message, same_as=first)
