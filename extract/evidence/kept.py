"""EVIDENCE: the workbook of a run is written over only when nobody's work is lost with it.

Beside the baseline lie the digests of the workbooks that need not be kept: those that a run wrote, and those whose
corrections were all taken in. Any other was edited by a person.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from extract.evidence.files import BASELINE
from extract.whole import whole_file

WORKBOOK = "evidence.xlsx"
REMEMBERED = 20
"""So many digests are kept, the latest."""


def put_aside(folder: Path, name: str = WORKBOOK) -> Path | None:
    """Rename the workbook (or another file to work in) in a folder when a person has worked in it; give its new place,
    None when there is nothing to keep. Raises OSError when it cannot be renamed."""
    book = folder / name
    if not book.is_file():
        return None
    digest = digest_of(book)
    if digest in _known(folder, name):
        return None
    aside = folder / f"{book.stem}-edited-{digest[:10]}{book.suffix}"
    book.replace(aside)
    return aside


def need_not_keep(folder: Path, digest: str, name: str = WORKBOOK) -> None:
    """Note that a file with this name and digest may be written over by the next run. Raises OSError."""
    (folder / BASELINE).mkdir(exist_ok=True)
    with whole_file(_file(folder, name)) as part:
        part.write_text("\n".join([*_known(folder, name)[1 - REMEMBERED :], digest]) + "\n", encoding="ascii")


def digest_of(path: Path) -> str:
    """The sha256 of a file. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _file(folder: Path, name: str) -> Path:
    return folder / BASELINE / f"{name}.sha256"


def _known(folder: Path, name: str) -> list[str]:
    file = _file(folder, name)
    return file.read_text(encoding="ascii", errors="replace").split() if file.is_file() else []
