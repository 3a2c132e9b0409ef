"""READ, pictures of pages: a page of a PDF as people see it, drawn by pdfium as a small PNG.

A picture shows the page as a viewer would: cut to its crop box, turned by its rotation. That is the page in which boxes
are told (points, origin top left), so a box lands right when the picture is stretched over the page's size in points.
The picture carries that size with it (``picture_size``).
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from extract.read.failure import ReadFailure

if TYPE_CHECKING:
    import pypdfium2
    from PIL import Image

DPI = 110
"""Dots per inch at which small print can still be read."""

GREYS = 16
LONGEST = 3600
"""Pixels of the longer side at most: a poster is drawn more coarsely, A4 up to 300 dots per inch as asked."""

_LEVEL = 5  # of compression: 9 is 4 % smaller and takes ten times as long
_NEAREST = [round(shade * (GREYS - 1) / 255) for shade in range(256)]
_PALETTE = [channel for grey in range(GREYS) for channel in (grey * 17,) * 3]
_SIZE = "caseloom page"  # the text chunk that holds width, height, dots per inch


class PictureSize(NamedTuple):
    """The size of a page in points, and the dots per inch at which its picture was asked for."""

    width: float
    height: float
    dpi: int


def page_picture(path: Path, page: int, *, dpi: int = DPI, gray: bool = False) -> bytes:
    """The page (from 1) of a PDF as a PNG; with ``gray`` in 16 greys, which is about half as large.

    The same file gives the same bytes. Raises ReadFailure when the file or the page cannot be opened. A hostile file
    can make pdfium end the process: what is not trusted is drawn in a guarded child only (``extract.guard``).
    """
    from extract.read.pdf import open_pdf

    with open_pdf(path) as document:
        return draw_page(document, page, dpi=dpi, gray=gray)


def draw_page(document: pypdfium2.PdfDocument, page: int, *, dpi: int = DPI, gray: bool = False) -> bytes:
    """A page of an open PDF, as ``page_picture``."""
    from pypdfium2 import PdfiumError

    if not 1 <= page <= len(document):
        raise ReadFailure("not_a_pdf", f"there is no page {page}: the file has {len(document)}")
    try:
        sheet = document[page - 1]
    except PdfiumError as error:
        raise ReadFailure("not_a_pdf", f"page {page} cannot be loaded ({error})") from error
    try:
        width, height = sheet.get_size()
        if min(width, height) <= 0:
            raise ReadFailure("not_a_pdf", f"page {page} has no extent ({width:g} by {height:g} points)")
        scale = min(dpi / 72, LONGEST / max(width, height))
        picture = sheet.render(scale=scale, grayscale=gray).to_pil()
    finally:
        sheet.close()
    return _png(picture, PictureSize(width, height, dpi), gray)


def _png(picture: Image.Image, size: PictureSize, gray: bool) -> bytes:
    from PIL import Image, PngImagePlugin

    notes = PngImagePlugin.PngInfo()
    notes.add_text(_SIZE, f"{size.width:.3f} {size.height:.3f} {size.dpi}")
    out = io.BytesIO()
    if gray:
        few = Image.frombytes("P", picture.size, picture.convert("L").point(_NEAREST).tobytes())
        few.putpalette(_PALETTE)
        few.save(out, format="PNG", bits=4, compress_level=_LEVEL, pnginfo=notes)
    else:
        picture.convert("RGB").save(out, format="PNG", compress_level=_LEVEL, pnginfo=notes)
    return out.getvalue()


def picture_size(path: Path) -> PictureSize | None:
    """What a picture made here says of its page; None for a file that is not one, or not whole."""
    try:
        with path.open("rb") as file:
            head = file.read(512)
            file.seek(-12, io.SEEK_END)
            whole = file.read() == b"\0\0\0\0IEND\xaeB`\x82"
    except OSError:
        return None
    if not whole or not head.startswith(b"\x89PNG\r\n\x1a\n"):
        return None
    for kind, data in _chunks(head):
        if kind == b"tEXt" and data.startswith(_SIZE.encode() + b"\0"):
            width, height, dpi = data[len(_SIZE) + 1 :].decode("ascii").split()
            return PictureSize(float(width), float(height), int(dpi))
    return None


def _chunks(head: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The chunks that begin within the first bytes of a PNG: kind and data."""
    at = 8
    while at + 8 <= len(head):
        length, kind = struct.unpack(">I4s", head[at : at + 8])
        yield kind, head[at + 8 : at + 8 + length]
        at += length + 12
