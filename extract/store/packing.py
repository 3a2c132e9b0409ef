"""STORE: a record as bytes: a header that tells what is in it, then one packed part for each stage.

The first line holds a mark, the length of the header and its sha256; the header is JSON and holds the length and the
sha256 of each part. So a record tells what it is with its first lines, and no damage goes unnoticed.
"""

from __future__ import annotations

import hashlib
import zlib
from typing import Literal

from pydantic import ValidationError

from extract.model import Noun

MARK = b"caseloom-record-1"
"""What a record begins with; the number changes with the layout."""

LEVEL = 1
"""How hard zlib tries. The hardest takes twice the time and saves a tenth."""

Stage = Literal["read", "find", "link"]


class Damaged(Exception):
    """A record that is not as it was written."""


class Part(Noun):
    """What is kept of a stage: by which key it was made, the sha256 and the length of its bytes."""

    key: str
    digest: str
    size: int


class Told(Noun):
    """What documents.csv and the progress say of a paper that was read to the end."""

    status: Literal["ok", "partial", "failed"]
    reason: str = ""
    pages: int = 0
    pages_without_text: int = 0
    patients: int = 0


class Failure(Noun):
    """Why there is no case record: the stage that failed, by which key it was tried and within which limits.

    ``message`` has ``{file}`` where the name of the file stands.
    """

    stage: Stage
    key: str
    reason: str
    message: str
    seconds: float
    megabytes: int


class Header(Noun):
    """What a record holds. ``mended``: a part of the record before it was damaged and was made anew (said once, to the
    run that did it)."""

    sha256: str
    stages: dict[Stage, Part] = {}
    told: Told | None = None
    failure: Failure | None = None
    mended: bool = False


def make_part(key: str, data: bytes) -> tuple[Part, bytes]:
    """A part and its packed bytes."""
    packed = zlib.compress(data, LEVEL)
    return Part(key=key, digest=hashlib.sha256(packed).hexdigest(), size=len(packed)), packed


def open_part(part: Part, packed: bytes) -> bytes:
    """The bytes that were packed. Raises Damaged."""
    check_part(part, packed)
    try:
        return zlib.decompress(packed)
    except zlib.error as error:
        raise Damaged(str(error)) from error


def check_part(part: Part, packed: bytes) -> None:
    """Raises Damaged when packed bytes are not those of the part."""
    if len(packed) != part.size or hashlib.sha256(packed).hexdigest() != part.digest:
        raise Damaged("a part differs from its digest")


def pack(header: Header, parts: dict[Stage, bytes]) -> bytes:
    """A record as bytes: its header, then the parts in the header's order; without parts the header alone."""
    body = header.model_dump_json().encode()
    first = b"%s %d %s\n" % (MARK, len(body), hashlib.sha256(body).hexdigest().encode())
    return first + body + b"\n" + b"".join(parts[stage] for stage in header.stages if stage in parts)


def unpack(data: bytes) -> tuple[Header, dict[Stage, bytes]]:
    """A header and the packed parts after it, as far as they are there; they are not checked yet. Raises Damaged."""
    first, _, rest = data.partition(b"\n")
    try:
        mark, size, digest = first.split(b" ")
        length = int(size)
    except ValueError as error:
        raise Damaged("not a record") from error
    body = rest[:length]
    if mark != MARK or hashlib.sha256(body).hexdigest().encode() != digest:
        raise Damaged("the header differs from its digest")
    try:
        header = Header.model_validate_json(body)
    except ValidationError as error:
        raise Damaged("the header cannot be understood") from error
    at, parts = length + 1, {}
    for stage, part in header.stages.items():
        if at < len(rest):
            parts[stage] = rest[at : at + part.size]
        at += part.size
    return header, parts
