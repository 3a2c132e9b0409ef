"""READ, a PDF that was cut off: what is left of it, under a table of contents of its own, so that it opens again.

A PDF keeps the list of its pages and the table of its objects at the end. When that is lost, pdfium finds no page. Here
the objects that came through are gathered (those packed into object streams included), the pages among them put in their
order, and a new catalogue is written after them. A page whose fonts are lost stays out: its letters would be guesses.
"""

from __future__ import annotations

import re
import zlib
from typing import NamedTuple

_OBJECT = re.compile(rb"(?<![\w.])(\d{1,8})\s+(\d{1,5})\s+obj\b")
_END = re.compile(rb"\bendobj\b")
_STREAM = re.compile(rb"\bstream\r?\n")
_PAGE = re.compile(rb"/Type\s*/Page(?![\w])")
_PAGES = re.compile(rb"/Type\s*/Pages\b")
_PACKED = re.compile(rb"/Type\s*/ObjStm\b")
_KIDS = re.compile(rb"/Kids\s*\[([^\]]*)\]")
_REFERENCE = re.compile(rb"(\d{1,8})\s+\d{1,5}\s+R\b")
_FONTS = re.compile(rb"/Font\s*(?:<<(.*?)>>|(\d{1,8})\s+\d{1,5}\s+R)", re.S)
_RESOURCES = re.compile(rb"/Resources\s+(\d{1,8})\s+\d{1,5}\s+R\b")
_PARENT = re.compile(rb"/Parent\s+(\d{1,8})\s+\d{1,5}\s+R\b")
_FILE = re.compile(rb"/FontFile[23]?\s+(\d{1,8})\s+\d{1,5}\s+R\b")
_LARGEST = 64 << 20  # of an object stream, unpacked


class Salvaged(NamedTuple):
    """The bytes of a file that opens again, and how many of the pages that were left could not be kept."""

    content: bytes
    dropped: int


def salvage(content: bytes) -> Salvaged | None:
    """A file that holds the pages of ``content`` that came through; None when there are none, or they are locked."""
    if b"/Encrypt" in content:
        return None
    bodies, end = _objects(content)
    unpacked = _unpacked(content, bodies)
    known = {**{number: body for number, (body, _) in bodies.items()}, **unpacked}
    pages = _in_order(known)
    kept = [number for number in pages if _has_fonts(known, number)]
    if not kept:
        return None
    out = bytearray(content[:end])
    for number, body in unpacked.items():
        out += b"\n%d 0 obj\n%b\nendobj" % (number, body)
    tree = max(known) + 1
    for number in kept:
        page = known[number]
        inherited = b"".join(_inherited(known, page))
        body = _PARENT.sub(b"", page, count=1).rstrip()
        body = body[: body.rindex(b">>")] + inherited + b"/Parent %d 0 R>>" % tree
        out += b"\n%d 0 obj\n%b\nendobj" % (number, body)
    kids = b" ".join(b"%d 0 R" % number for number in kept)
    out += b"\n%d 0 obj\n<</Type/Pages/Count %d/Kids[%b]>>\nendobj" % (tree, len(kept), kids)
    out += b"\n%d 0 obj\n<</Type/Catalog/Pages %d 0 R>>\nendobj" % (tree + 1, tree)
    out += b"\ntrailer\n<</Size %d/Root %d 0 R>>\nstartxref\n0\n%%%%EOF\n" % (tree + 2, tree + 1)
    return Salvaged(bytes(out), len(pages) - len(kept))


def _objects(content: bytes) -> tuple[dict[int, tuple[bytes, int]], int]:
    """The dictionaries of all whole objects with the place where their streams begin (0 without), and where the last
    of them ends."""
    out: dict[int, tuple[bytes, int]] = {}
    at = last = 0
    while found := _OBJECT.search(content, at):
        end = _END.search(content, found.end())
        if end is None:
            break
        start = _STREAM.search(content, found.end(), end.start())
        out[int(found[1])] = content[found.end() : start.start() if start else end.start()], start.end() if start else 0
        at = last = end.end()
    return out, last


def _unpacked(content: bytes, bodies: dict[int, tuple[bytes, int]]) -> dict[int, bytes]:
    """The objects inside the object streams."""
    out: dict[int, bytes] = {}
    for body, start in bodies.values():
        if not start or not _PACKED.search(body):
            continue
        count, first = re.search(rb"/N\s+(\d{1,6})", body), re.search(rb"/First\s+(\d{1,8})", body)
        if not count or not first:
            continue
        data = content[start:]
        if b"/FlateDecode" in body:
            try:
                data = zlib.decompressobj().decompress(data, _LARGEST)
            except zlib.error:
                continue
        head = [int(number) for number in data[: int(first[1])].split()[: 2 * int(count[1])] if number.isdigit()]
        places = sorted(zip(head[1::2], head[::2], strict=False))
        ends = [place for place, _ in places[1:]] + [len(data) - int(first[1])]
        for (place, number), stop in zip(places, ends, strict=True):
            out[number] = data[int(first[1]) + place : int(first[1]) + stop].strip()
    return out


def _in_order(known: dict[int, bytes]) -> list[int]:
    """The pages, as the branches of their tree name them; those that no branch names last, by their number."""
    pages = {number for number, body in known.items() if _PAGE.search(body)}
    out: list[int] = []
    seen: set[int] = set()
    roots = [number for number, body in sorted(known.items()) if _PAGES.search(body) and b"/Parent" not in body]
    branches = [number for number, body in sorted(known.items()) if _PAGES.search(body)]
    waiting = [*reversed(branches), *reversed(roots)]
    while waiting:
        number = waiting.pop()
        if number in seen:
            continue
        seen.add(number)
        if number in pages:
            out.append(number)
            continue
        kids = _KIDS.search(known.get(number, b""))
        if kids and _PAGES.search(known[number]):
            waiting += reversed([int(kid) for kid in _REFERENCE.findall(kids[1])])
    return out + sorted(pages - seen)


def _inherited(known: dict[int, bytes], page: bytes) -> list[bytes]:
    """What a page takes from its branches: written into it, since the branches are left behind."""
    out = []
    for name in (b"/MediaBox", b"/CropBox", b"/Rotate", b"/Resources"):
        holder = page
        for _ in range(20):
            if name in holder:
                break
            parent = _PARENT.search(holder)
            if parent is None:
                break
            holder = known.get(int(parent[1]), b"")
        if holder is page:
            continue
        value = re.search(re.escape(name) + rb"\s*(\[[^\]]*\]|\d+\s+\d+\s+R\b|-?\d+)", holder)
        if value:
            out.append(name + b" " + value[1])
    return out


def _has_fonts(known: dict[int, bytes], number: int) -> bool:
    """Whether the fonts of a page came through, with what they are drawn from and the letters they stand for."""
    page = known[number]
    holder = page
    for _ in range(20):
        named = _RESOURCES.search(holder)
        if named or b"/Resources" in holder:
            break
        parent = _PARENT.search(holder)
        if parent is None:
            return False
        holder = known.get(int(parent[1]), b"")
    resources = known.get(int(named[1]), b"") if named else holder
    fonts = _FONTS.search(resources)
    if fonts is None:
        return bool(resources)
    listed = fonts[1] if fonts[1] is not None else known.get(int(fonts[2]), b"")
    return all(_is_whole(known, int(font), 3) for font in _REFERENCE.findall(listed))


def _is_whole(known: dict[int, bytes], number: int, depth: int) -> bool:
    """Whether an object and those it names came through."""
    body = known.get(number)
    if body is None:
        return False
    return depth == 0 or all(_is_whole(known, int(other), depth - 1) for other in _REFERENCE.findall(body))
