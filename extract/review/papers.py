"""REVIEW: the files of the papers, found again by the digest of their bytes."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

SUFFIXES = frozenset({".pdf", ".xml", ".nxml", ".txt"})


class PaperMissing(Exception):
    """The file of a paper is not there, or not as it was read. The message says where it was looked for."""


class _Seen(NamedTuple):
    """What a file looked like when its digest was taken; a file that looks so still has it."""

    inode: int
    size: int
    changed: int


class Papers:
    """Where the papers of an output folder lie. Only files whose bytes have the digest of a document are ever given.

    ``files`` says for each digest the file as documents.csv names it; ``folders`` are searched where it is not there.
    """

    def __init__(self, files: Mapping[str, str], folders: Iterable[Path] = ()) -> None:
        self._files = dict(files)
        self._folders = list(folders)
        self._digests: dict[Path, tuple[_Seen, str]] = {}
        self._found: dict[str, Path] = {}

    def path(self, sha256: str) -> Path:
        """The file of a document. Raises PaperMissing."""
        file = self._files.get(sha256)
        if file is None:
            raise PaperMissing("There is no such document in documents.csv.")
        candidates = [self._found[sha256]] if sha256 in self._found else []
        changed = ""
        for path in [*candidates, Path(file)]:
            digest = self._digest(path)
            if digest == sha256:
                self._found[sha256] = path
                return path
            changed = changed or (f"{path} has changed since it was read. " if digest else "")
        found = self._search(sha256, Path(file).name)
        if found is not None:
            self._found[sha256] = found
            return found
        searched = f" nor in {', '.join(map(str, self._folders))}" if self._folders else ""
        what = changed or f"{file} is not there{searched}. "
        raise PaperMissing(f"{what}Start review with --papers and the folder that holds the paper as it was read.")

    def _search(self, sha256: str, name: str) -> Path | None:
        """A file in the folders with this digest, one of this name first."""
        files = sorted(
            (Path(where) / file for folder in self._folders for where, _, names in os.walk(folder) for file in names),
            key=lambda path: (path.name != name, path),
        )
        readable = (path for path in files if path.suffix.lower() in SUFFIXES)
        return next((path for path in readable if self._digest(path) == sha256), None)

    def _digest(self, path: Path) -> str:
        """The digest of a file as it is now; '' when it cannot be read."""
        try:
            status = path.stat()
            seen = _Seen(status.st_ino, status.st_size, status.st_mtime_ns)
            known = self._digests.get(path)
            if known is not None and known[0] == seen:
                return known[1]
            with path.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
        except OSError:
            return ""
        self._digests[path] = (seen, digest)
        return digest
