"""STORE: the digests of files that were digested before and have not been touched since."""

from __future__ import annotations

import hashlib
import json
import time
from pathlib import Path

from extract.sources import digest_of
from extract.whole import whole_file

NAME = "files.json"
"""The file in the store that holds them, after a line with its own sha256."""

SETTLED = 2.0
"""Seconds that a file must have rested for its digest to be kept: who writes twice within the grain of the file
system's clock leaves no mark of the second time."""


class FileDigests:
    """Digests by path, size, time of change and place on the disk."""

    def __init__(self, store: Path) -> None:
        self._path = store / NAME
        self._known = _load(self._path)
        self._changed = False

    def __call__(self, file: Path) -> str:
        """The sha256 of a file's bytes, in hex. Raises OSError."""
        state = file.stat()
        mark = [state.st_size, state.st_mtime_ns, state.st_ctime_ns, state.st_ino]
        known = self._known.get(str(file))
        if known is not None and known[:-1] == mark:
            return str(known[-1])
        now = time.time()
        digest = digest_of(file)
        if now - max(state.st_mtime, state.st_ctime) > SETTLED:
            self._known[str(file)] = [*mark, digest]
            self._changed = True
        return digest

    def save(self) -> None:
        """Keep them for the next run. Raises OSError."""
        if not self._changed:
            return
        body = json.dumps(self._known, separators=(",", ":"), sort_keys=True).encode()
        with whole_file(self._path) as part:
            part.write_bytes(hashlib.sha256(body).hexdigest().encode() + b"\n" + body)
        self._changed = False

    def forget(self) -> int:
        """Drop what is known of files that are not there any more. Returns how many these are."""
        gone = [name for name in self._known if not Path(name).exists()]
        for name in gone:
            del self._known[name]
        self._changed = self._changed or bool(gone)
        return len(gone)


def _load(path: Path) -> dict[str, list[int | str]]:
    """What was kept; nothing when it is not as it was written."""
    try:
        seal, _, body = path.read_bytes().partition(b"\n")
        if hashlib.sha256(body).hexdigest().encode() != seal:
            return {}
        known = json.loads(body)
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}
