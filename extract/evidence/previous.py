"""EVIDENCE: the tables of the run before, packed, so that a living review can be compared with itself."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from extract.evidence.files import BASELINE, RUN

PREVIOUS = ".previous"
"""The folder in an output folder that holds them."""


@contextmanager
def keep_previous(folder: Path) -> Iterator[None]:
    """A block in which the tables of an output folder are written anew: when they come out otherwise, those that stood
    there before are kept as ``.previous``. Tables of a run that was stopped are not kept. Raises OSError."""
    before = _told(folder)
    waiting = folder / f"{PREVIOUS}.part"
    shutil.rmtree(waiting, ignore_errors=True)
    kept = [folder / BASELINE / f"{name}.gz" for name in before.get("digests", {})]
    if not before.get("unread") and kept and all(path.is_file() for path in kept):
        waiting.mkdir()
        for path in kept:
            _copy(path, waiting / path.name)
        _copy(folder / RUN, waiting / RUN)
    try:
        yield
        if waiting.is_dir() and _told(folder).get("digests") != before["digests"]:
            shutil.rmtree(folder / PREVIOUS, ignore_errors=True)
            waiting.replace(folder / PREVIOUS)
    finally:
        shutil.rmtree(waiting, ignore_errors=True)


def _copy(path: Path, target: Path) -> None:
    """The same bytes under another name; what replaces ``path`` later leaves them as they are."""
    try:
        os.link(path, target)
    except OSError:
        shutil.copyfile(path, target)


def _told(folder: Path) -> dict[str, Any]:
    """What run.json says; nothing where there is none."""
    with suppress(OSError, ValueError):
        told = json.loads((folder / RUN).read_text(encoding="utf-8"))
        if isinstance(told, dict) and isinstance(told.get("digests"), dict):
            return told
    return {}
