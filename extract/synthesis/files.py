"""SYNTHESIS: bytes to a file: whole or not at all, and the same for the same."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime
from pathlib import Path

from extract.whole import whole_file

WRITTEN = datetime(2000, 1, 1)
"""The date inside every file: the day of writing would make the same tables differ."""


def write_file(path: Path, data: bytes) -> None:
    """Write a file, which is there whole or not at all, and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as part:
        part.write_bytes(data)


def with_one_date(data: bytes) -> bytes:
    """The same archive with one date for all its parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for item in old.infolist():
            info = zipfile.ZipInfo(item.filename, (1980, 1, 1, 0, 0, 0))
            info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
            new.writestr(info, old.read(item.filename))
    return out.getvalue()
