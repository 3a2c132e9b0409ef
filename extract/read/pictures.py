"""READ, pictures of pages for people to look at."""

from __future__ import annotations

import io
from pathlib import Path

from extract.read.pdf import open_pdf


def page_picture(path: Path, page: int, *, dpi: float, gray: bool = False) -> bytes:
    """The page (from 1) of a PDF as a PNG with ``dpi`` dots to the inch."""
    with open_pdf(path) as document:
        sheet = document[page - 1]
        try:
            out = io.BytesIO()
            sheet.render(scale=dpi / 72, grayscale=gray).to_pil().save(out, format="PNG", compress_level=1)
            return out.getvalue()
        finally:
            sheet.close()
