"""STORE: what a store holds, and what of it nobody needs any more."""

from __future__ import annotations

import csv
import sys
from collections import Counter
from contextlib import suppress
from pathlib import Path

from pydantic import BaseModel

from extract.store.digests import FileDigests
from extract.store.folder import Store
from extract.store.keys import Keys
from extract.store.packing import Damaged, Header, Stage, check_part
from extract.store.stages import SUFFIXES, is_current, wanted_key


class Survey(BaseModel):
    """``current``: records that a run with these rules takes as they are; ``outdated``: those of which stages are made
    anew, by the first of them; ``failures``: papers that could not be read, by reason; ``damaged``: records that are
    not as they were written; ``unused``: records of papers that are not in the tables. ``bytes`` is what the records
    take up, ``by_stage`` what of it each stage does; ``pages`` the pages that they hold."""

    records: int = 0
    bytes: int = 0
    by_stage: dict[Stage, int] = {}
    pages: int = 0
    current: int = 0
    outdated: dict[Stage, int] = {}
    failures: dict[str, int] = {}
    damaged: list[str] = []
    unused: list[str] = []
    unused_bytes: int = 0


def survey(store: Store, outputs: Path, keys: Keys) -> Survey:
    """Look at every record of a store, and check every byte of it. Raises OSError for a table that cannot be read."""
    used = papers_of(outputs)
    found = Survey()
    by_stage, outdated, failures = Counter[Stage](), Counter[Stage](), Counter[str]()
    for sha256 in store.digests():
        size = store.path(sha256).stat().st_size
        found.records += 1
        found.bytes += size
        if used is not None and sha256 not in used:
            found.unused.append(sha256)
            found.unused_bytes += size
        try:
            header, parts = store.get(sha256)
            for stage, part in header.stages.items():
                check_part(part, parts.get(stage, b""))
                by_stage[stage] += part.size
        except (Damaged, FileNotFoundError):
            found.damaged.append(sha256)
            continue
        found.pages += header.told.pages if header.told else 0
        if header.failure is not None:
            failures[header.failure.reason] += 1
        elif stage_due := _due(header, keys):
            outdated[stage_due] += 1
        else:
            found.current += 1
    found.by_stage, found.outdated, found.failures = dict(by_stage), dict(outdated), dict(failures)
    return found


def prune(store: Store, found: Survey) -> None:
    """Delete the records that nobody needs, and what is known of files that are gone. Only for the one who holds the
    lock. Raises OSError."""
    for sha256 in {*found.unused, *found.damaged}:
        store.path(sha256).unlink(missing_ok=True)
        with suppress(OSError):
            store.path(sha256).parent.rmdir()
    digests = FileDigests(store.folder)
    digests.forget()
    digests.save()
    store.sweep()


def papers_of(outputs: Path) -> set[str] | None:
    """The sha256 of the papers in the tables of a folder; None when it has no documents.csv."""
    path = outputs / "documents.csv"
    if not path.is_file():
        return None
    csv.field_size_limit(min(sys.maxsize, 2**31 - 1))
    with path.open(encoding="utf-8-sig", newline="") as file:
        return {row.get("sha256") or "" for row in csv.DictReader(file)}


def _due(header: Header, keys: Keys) -> Stage | None:
    """The first stage that would be made anew; None when there is none. By what suffix the file goes is not known
    here: any that fits will do."""
    paths = [Path(f"x{suffix}") for suffix in SUFFIXES]
    fitting = [path for path in paths if _has(header, "read", keys, path)]
    if not fitting:
        return "read"
    if not _has(header, "find", keys, fitting[0]):
        return "find"
    return None if is_current(header, keys, fitting[0]) else "link"


def _has(header: Header, stage: Stage, keys: Keys, path: Path) -> bool:
    part = header.stages.get(stage)
    return part is not None and part.key == wanted_key(stage, header, keys, path)
