"""SYNTHESIS: what an earlier report left in a folder: files that are not made any more go, files in which a person has
worked stay under another name.

``report.json`` in the folder of a report names the files of each part with the digests of their bytes, and the tables
it was made from by one digest.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from extract.evidence.kept import digest_of
from extract.synthesis.files import write_file

LISTING = "report.json"

REPORT = "report"
"""The folder of the report in an output folder, when nothing else is said."""


def digest_of_tables(run: Mapping[str, Any]) -> str:
    """One digest for all tables of a run; ``run`` is its run.json. '' where that tells none."""
    digests = run.get("digests")
    return hashlib.sha256(json.dumps(digests, sort_keys=True).encode()).hexdigest() if digests else ""


def is_outdated(outputs: Path) -> bool:
    """Whether the report in an output folder was made from other tables than are there now; no where there is none, or
    where one of the two does not say."""
    made_from = _told(outputs / REPORT).get("tables")
    try:
        now = digest_of_tables(json.loads((outputs / "run.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, AttributeError):
        return False
    return bool(made_from and now) and made_from != now


def put_aside(folder: Path, parts: Iterable[str]) -> list[tuple[str, str]]:
    """Rename the files of some parts of an earlier report that were edited since; give their names before and after.

    Raises OSError when one cannot be renamed.
    """
    aside = []
    listed = _listed(_told(folder))
    for name, digest in sorted((name, digest) for part in parts for name, digest in listed.get(part, {}).items()):
        path = folder / name
        if path.is_file() and (now := digest_of(path)) != digest:
            kept = path.with_name(f"{path.stem}-edited-{now[:10]}{path.suffix}")
            path.replace(kept)
            aside.append((name, kept.relative_to(folder).as_posix()))
    return aside


def write_listing(folder: Path, written: Mapping[str, Iterable[Path]], facts: Mapping[str, Any], tables: str) -> Path:
    """Write ``report.json`` with ``facts``, the digest of the ``tables`` and the files written for each part, and
    delete those that an earlier report wrote for these parts and this one did not. Parts that were not made stay as
    they are, and with them the digest of the tables that they were made from."""
    earlier = _told(folder)
    before = _listed(earlier)
    if set(before) - set(written):
        tables = str(earlier.get("tables", tables))
    now = {part: {_name(folder, path): digest_of(path) for path in paths} for part, paths in written.items()}
    made = {name for files in now.values() for name in files}
    for name in sorted({name for part in now for name in before.get(part, {})} - made, reverse=True):
        path = folder / name
        path.unlink(missing_ok=True)
        if path.parent != folder and path.parent.is_dir() and not any(path.parent.iterdir()):
            path.parent.rmdir()
    parts = {part: dict(sorted(files.items())) for part, files in sorted({**before, **now}.items())}
    data = json.dumps({**facts, "tables": tables, "parts": parts}, indent=1, ensure_ascii=False) + "\n"
    write_file(folder / LISTING, data.encode("utf-8"))
    return folder / LISTING


def _name(folder: Path, path: Path) -> str:
    return path.relative_to(folder).as_posix()


def _told(folder: Path) -> dict[str, Any]:
    """The listing of an earlier report; empty where there is none that can be read."""
    try:
        told = json.loads((folder / LISTING).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return told if isinstance(told, dict) else {}


def _listed(told: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """The files of an earlier report by part, with their digests."""
    parts = told.get("parts")
    if not isinstance(parts, dict):
        return {}
    return {
        part: {name: str(digest) for name, digest in files.items() if _is_inside(name)}
        for part, files in parts.items()
        if isinstance(files, dict)
    }


def _is_inside(name: str) -> bool:
    """Whether a name stays in the folder: a listing is a file like any other, and may have been changed."""
    path = Path(name)
    return bool(name) and not path.is_absolute() and ".." not in path.parts
