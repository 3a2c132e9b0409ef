"""READ, a PDF that was cut off: what is left of it, under a table of contents of its own, so that it opens again.

A PDF keeps the list of its pages and the table of its objects at the end. When that is lost, pdfium finds no page.
Here the objects that came through are gathered (those packed into object streams included), the pages among them put
in their order, and a new catalogue is written after them. A page whose fonts are lost stays out: its letters would be
guesses.
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
_CONTENTS = re.compile(rb"/Contents\s*(\[[^\]]*\]|\d{1,8}\s+\d{1,5}\s+R\b)")
_COUNT = re.compile(rb"/N\s+(\d{1,6})")
_FIRST = re.compile(rb"/First\s+(\d{1,8})")
_LARGEST = 64 << 20  # of an object stream, unpacked


class Found(NamedTuple):
    """An object that came through: its dictionary, its place in the file, all of its bytes, and those of its stream."""

    body: bytes
    place: int
    content: bytes
    stream: bytes = b""


def salvage(content: bytes) -> bytes | None:
    """A file that holds the pages of ``content`` that came through; None when there are none, or they are locked."""
    if b"/Encrypt" in content:
        return None
    whole = _objects(content)
    known = whole | _unpacked(whole)
    bones = {number: found.body for number, found in known.items()}
    seen: dict[tuple[int, int], bool] = {}
    kept = [number for number in _in_order(known) if _is_readable(bones, number, seen)]
    if not kept:
        return None
    parts = {number: found.content for number, found in known.items() if not _PACKED.search(found.body)}
    tree = max(known) + 1
    for number in kept:
        inherited = b"".join(_inherited(bones, bones[number]))
        body = _PARENT.sub(b"", bones[number], count=1)
        parts[number] = body[: body.rindex(b">>")] + inherited + b"/Parent %d 0 R>>" % tree
    kids = b" ".join(b"%d 0 R" % number for number in kept)
    parts[tree] = b"<</Type/Pages/Count %d/Kids[%b]>>" % (len(kept), kids)
    parts[tree + 1] = b"<</Type/Catalog/Pages %d 0 R>>" % tree
    return _written(parts, tree + 1)


def _written(parts: dict[int, bytes], root: int) -> bytes:
    """A file of these objects, with a table that says where they are."""
    out = bytearray(b"%PDF-1.7\n")
    table = bytearray()
    for number, content in sorted(parts.items()):
        table += b"%d 1\n%010d 00000 n \n" % (number, len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    start = len(out)
    out += b"xref\n0 1\n0000000000 65535 f \n" + table
    return bytes(out + b"trailer\n<</Size %d/Root %d 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (root + 1, root, start))


def _objects(content: bytes) -> dict[int, Found]:
    """All whole objects by their number."""
    out: dict[int, Found] = {}
    at = 0
    while found := _OBJECT.search(content, at):
        end = _END.search(content, found.end())
        if end is None:
            break
        start = _STREAM.search(content, found.end(), end.start())
        body = content[found.end() : start.start() if start else end.start()]
        stream = content[start.end() : end.start()] if start else b""
        out[int(found[1])] = Found(body, found.start(), content[found.end() : end.start()], stream)
        at = end.end()
    return out


def _unpacked(whole: dict[int, Found]) -> dict[int, Found]:
    """The objects inside the object streams, at the places of their streams."""
    out: dict[int, Found] = {}
    for pack in whole.values():
        count, first = _COUNT.search(pack.body), _FIRST.search(pack.body)
        if not (pack.stream and _PACKED.search(pack.body) and count and first):
            continue
        data = pack.stream
        if b"/FlateDecode" in pack.body:
            try:
                data = zlib.decompressobj().decompress(data, _LARGEST)
            except zlib.error:
                continue
        skip = int(first[1])
        head = [int(number) for number in data[:skip].split()[: 2 * int(count[1])] if number.isdigit()]
        places = sorted(zip(head[1::2], head[::2], strict=False))
        ends = [place for place, _ in places[1:]] + [len(data) - skip]
        for (place, number), stop in zip(places, ends, strict=True):
            body = data[skip + place : skip + stop].strip()
            out[number] = Found(body, pack.place, body)
    return out


def _in_order(known: dict[int, Found]) -> list[int]:
    """The pages, as the branches of their tree name them; those that no branch names last, as the file has them."""
    pages = {number for number, found in known.items() if _PAGE.search(found.body) and b">>" in found.body}
    branches = [number for number, found in sorted(known.items()) if _PAGES.search(found.body)]
    roots = [number for number in branches if b"/Parent" not in known[number].body]
    waiting = [*reversed(branches), *reversed(roots)]
    out: list[int] = []
    seen: set[int] = set()
    while waiting:
        number = waiting.pop()
        if number in seen:
            continue
        seen.add(number)
        if number in pages:
            out.append(number)
        elif number in known and (kids := _KIDS.search(known[number].body)) and _PAGES.search(known[number].body):
            waiting += reversed([int(kid) for kid in _REFERENCE.findall(kids[1])])
    return out + sorted(pages - seen, key=lambda number: (known[number].place, number))


def _inherited(bones: dict[int, bytes], page: bytes) -> list[bytes]:
    """What a page takes from its branches: written into it, since the branches are left behind."""
    out = []
    for name in (b"/MediaBox", b"/CropBox", b"/Rotate", b"/Resources"):
        holder = _holder(bones, page, name)
        if holder is not None and holder is not page:
            value = re.search(re.escape(name) + rb"\s*(\[[^\]]*\]|\d+\s+\d+\s+R\b|-?\d+)", holder)
            out += [name + b" " + value[1]] if value else []
    return out


def _holder(bones: dict[int, bytes], page: bytes, name: bytes) -> bytes | None:
    """The page, or the nearest branch above it, that has an entry of this name."""
    for _ in range(20):
        if name in page:
            return page
        parent = _PARENT.search(page)
        if parent is None:
            return None
        page = bones.get(int(parent[1]), b"")
    return None


def _is_readable(bones: dict[int, bytes], number: int, seen: dict[tuple[int, int], bool]) -> bool:
    """Whether what a page shows came through, and its fonts with all that they are made of."""
    page = bones[number]
    shown = _CONTENTS.search(page)
    if shown is None or any(int(part) not in bones for part in _REFERENCE.findall(shown[1])):
        return False
    holder = _holder(bones, page, b"/Resources")
    if holder is None:
        return False
    named = _RESOURCES.search(holder)
    resources = bones.get(int(named[1]), b"") if named else holder
    fonts = _FONTS.search(resources)
    if fonts is None:
        return bool(resources)
    listed = fonts[1] if fonts[1] is not None else bones.get(int(fonts[2]), b"")
    return all(_is_whole(bones, int(font), 3, seen) for font in _REFERENCE.findall(listed))


def _is_whole(bones: dict[int, bytes], number: int, depth: int, seen: dict[tuple[int, int], bool]) -> bool:
    """Whether an object and those it names came through."""
    if number not in bones:
        return False
    if depth and (number, depth) not in seen:
        seen[number, depth] = True
        inner = _REFERENCE.findall(bones[number])
        seen[number, depth] = all(_is_whole(bones, int(other), depth - 1, seen) for other in inner)
    return seen.get((number, depth), True)
