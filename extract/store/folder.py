"""STORE: the folder of records. A record is there whole or not at all, at whatever moment a process is killed."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from extract.store.packing import Damaged, Failure, Header, Stage, Told, check_part, open_part, pack, unpack
from extract.whole import umask

FOLDER = ".store"
"""The store's name in an output folder."""

TAG = "Signature: 8a477f597d28d172789f06886806bc55\n# What caseloom can make again. See https://bford.info/cachedir/\n"
"""What tells backup programs that a folder can be made again."""


class Store:
    """The records in a folder, by the sha256 of the papers."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def create(self) -> None:
        """Make the folder. Raises OSError."""
        self.folder.mkdir(parents=True, exist_ok=True)
        tag = self.folder / "CACHEDIR.TAG"
        if not tag.exists():
            tag.write_text(TAG, encoding="ascii")

    def path(self, sha256: str) -> Path:
        """Where a record lies."""
        return self.folder / "records" / sha256[:2] / sha256

    def get(self, sha256: str) -> tuple[Header, dict[Stage, bytes]]:
        """A record's header and its packed parts. Raises FileNotFoundError and Damaged."""
        try:
            header, parts = unpack(self.path(sha256).read_bytes())
        except FileNotFoundError:
            raise
        except OSError as error:
            raise Damaged(error.strerror or "cannot be read") from error
        if header.sha256 != sha256:
            raise Damaged("it is the record of another paper")
        return header, parts

    def put(self, data: bytes) -> None:
        """Keep a record, packed. It is on the disk before it is in its place. Raises OSError."""
        path = self.path(unpack(data)[0].sha256)
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            Path(name).chmod(0o666 & ~umask())
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise

    def put_failure(self, sha256: str, failure: Failure) -> None:
        """Keep why a paper could not be read, beside the stages that it came through. Raises OSError."""
        try:
            header, parts = self.get(sha256)
        except (FileNotFoundError, Damaged):
            header, parts = Header(sha256=sha256), {}
        self.put(pack(header.model_copy(update={"failure": failure}), parts))

    def case_of(self, sha256: str) -> bytes:
        """The case record of a paper as JSON. Raises FileNotFoundError and Damaged."""
        header, parts = self.get(sha256)
        if "link" not in parts:
            raise Damaged("it holds no case record")
        return open_part(header.stages["link"], parts["link"])

    def told(self, sha256: str) -> tuple[Header, Told | None]:
        """A record's header and, when its case record is whole, what it tells. Raises FileNotFoundError and Damaged."""
        header, parts = self.get(sha256)
        if header.told is None or "link" not in header.stages:
            return header, None
        check_part(header.stages["link"], parts.get("link", b""))
        return header, header.told

    def digests(self) -> Iterator[str]:
        """The sha256 of each paper that has a record."""
        for path in sorted((self.folder / "records").glob("??/*")):
            if not path.name.startswith("."):
                yield path.name

    def sweep(self) -> None:
        """Delete what writers that were killed left behind. Only for the one who holds the lock."""
        for part in (self.folder / "records").glob("??/.*.part"):
            with suppress(OSError):
                part.unlink()
