"""SYNTHESIS: what an earlier report left in a folder: files that are not made any more go, files in which a person has
worked stay under another name.

``report.json`` in the folder of a report names every file with the digest of its bytes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from extract.synthesis.files import write_file

LISTING = "report.json"


def put_aside(folder: Path) -> list[tuple[str, str]]:
    """Rename the files of an earlier report that were edited since; give their names before and after. Raises OSError
    when one cannot be renamed."""
    aside = []
    for name, digest in _listed(folder).items():
        path = folder / name
        if path.is_file() and (now := digest_of(path)) != digest:
            kept = path.with_name(f"{path.stem}-edited-{now[:10]}{path.suffix}")
            path.replace(kept)
            aside.append((name, kept.relative_to(folder).as_posix()))
    return aside


def write_listing(folder: Path, files: Iterable[Path], facts: Mapping[str, Any]) -> Path:
    """Write ``report.json`` with ``facts`` and the digests of the files written, and delete those that the report
    before wrote and this one did not."""
    now = {path.relative_to(folder).as_posix(): digest_of(path) for path in files}
    for name in sorted(set(_listed(folder)) - set(now), reverse=True):
        path = folder / name
        path.unlink(missing_ok=True)
        if path.parent != folder and path.parent.is_dir() and not any(path.parent.iterdir()):
            path.parent.rmdir()
    data = json.dumps({**facts, "files": dict(sorted(now.items()))}, indent=1, ensure_ascii=False) + "\n"
    write_file(folder / LISTING, data.encode("utf-8"))
    return folder / LISTING


def digest_of(path: Path) -> str:
    """The sha256 of a file. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _listed(folder: Path) -> dict[str, str]:
    """The files of an earlier report with their digests; none where there is no listing that can be read."""
    try:
        told = json.loads((folder / LISTING).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    files = told.get("files") if isinstance(told, dict) else None
    if not isinstance(files, dict):
        return {}
    return {name: str(digest) for name, digest in files.items() if _is_inside(name)}


def _is_inside(name: str) -> bool:
    """Whether a name stays in the folder: a listing is a file like any other, and may have been changed."""
    path = Path(name)
    return bool(name) and not path.is_absolute() and ".." not in path.parts
