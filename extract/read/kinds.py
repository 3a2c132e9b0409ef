"""READ, the kinds of blocks: captions, lists, footnotes and the words inside figures, told apart from paragraphs."""

from __future__ import annotations

from collections.abc import Sequence

from extract.read.areas import Type
from extract.read.paragraphs import BULLET, CAPTION, FULL_STOP, HARD_BULLET, Chunk, is_note
from extract.read.sheet import Line, Rect, Sheet


def mark_notes(chunks: Sequence[Chunk], body: Type, references: range) -> None:
    """Mark captions, lists and footnotes among paragraphs; ``references`` is where the list of references stands."""
    lowest: dict[tuple[int, int], float] = {}
    for chunk in chunks:
        if chunk.lines and chunk.size > 0.95 * body.size:
            key = (chunk.sheet.number, chunk.column)
            lowest[key] = max(lowest.get(key, 0.0), chunk.last.baseline)
    for index, chunk in enumerate(chunks):
        if not chunk.lines or chunk.kind != "paragraph":
            continue
        text = chunk.text
        caption = CAPTION.match(text)
        small = chunk.size < 0.96 * body.size
        set_apart = small or chunk.first.words[0].font.bold or len(text) < 12
        if caption and (small or (caption["point"] != "-" and (caption["point"] or set_apart))):
            chunk.kind = "caption"
            continue
        if index in references:
            continue
        if small and chunk.size < 0.93 * body.size:
            under = chunk.first.baseline > lowest.get((chunk.sheet.number, chunk.column), 0.0)
            table_above = (
                index > 0 and chunks[index - 1].kind in ("table", "footnote") and chunks[index - 1].sheet is chunk.sheet
            )
            if table_above and chunk.lines and _below(chunks[index - 1], chunk):
                chunk.kind = "footnote"
                continue
            if under and (chunk.first.top > 0.55 * chunk.sheet.height or is_note(text)):
                chunk.kind = "footnote"
                continue
        if HARD_BULLET.match(text) or (BULLET.match(text) and _has_bulleted_neighbour(chunks, index)):
            chunk.kind = "list"


def mark_labels(chunks: Sequence[Chunk], titles: Sequence[Chunk], body: Type) -> None:
    """Set aside the words inside figures: short pieces on a picture, or just above the caption of a figure.

    ``titles`` are headings that surely are none of them.
    """
    faces = {chunk.first.font.name for chunk in titles}
    grounds: dict[int, list[Rect]] = {}
    for chunk in chunks:
        if chunk.sheet.number not in grounds:
            grounds[chunk.sheet.number] = _figures(chunk.sheet)
        if chunk.lines and not _is_short(chunk):
            # a box or tint behind text is no figure
            grounds[chunk.sheet.number] = [each for each in grounds[chunk.sheet.number] if not _lies_on(chunk, each)]
    for index, chunk in enumerate(chunks):
        on_picture = any(_lies_on(chunk, picture) for picture in grounds[chunk.sheet.number]) if chunk.lines else False
        if on_picture and chunk.kind in ("paragraph", "heading", "footnote") and not chunk.title and _is_short(chunk):
            chunk.kind = "running"
        caption = CAPTION.match(chunk.text) if chunk.kind == "caption" else None
        if caption is None or caption["kind"].lower().startswith("tab") or chunk.area is not None:
            continue
        at = index - 1
        found: list[Chunk] = []
        while at >= 0 and chunks[at].column == chunk.column and chunks[at].lines and chunks[at].kind != "caption":
            label = chunks[at]
            if not _is_short(label) or label.area is not None or label.first.font.name in faces or label.title:
                break
            if label.size > 0.97 * body.size and label.first.font.name == body.font:
                break
            found.append(label)
            at -= 1
        # a lone short piece is as likely the end of a paragraph
        if len(found) > 1 or (found and not FULL_STOP.search(found[0].text)):
            for label in found:
                label.kind = "running"


def _is_short(chunk: Chunk) -> bool:
    return all(len(line.words) <= 7 or _is_scattered(line) for _, line in chunk.lines)


def _is_scattered(line: Line) -> bool:
    """Whether the words of a line stand far from each other, as at the axis of a chart."""
    return sum(word.x1 - word.x0 for word in line.words) < 0.62 * (line.x1 - line.x0)


def _figures(sheet: Sheet) -> list[Rect]:
    """Pictures large enough for a figure, and not the ground of a whole page."""
    return [
        picture for picture in sheet.pictures
        if min(picture.x1 - picture.x0, picture.bottom - picture.top) > 60
        and (picture.x1 - picture.x0) * (picture.bottom - picture.top) < 0.6 * sheet.width * sheet.height
    ]  # fmt: skip


def _lies_on(chunk: Chunk, picture: Rect) -> bool:
    return all(
        picture.x0 - 3 < line.x0
        and line.x1 < picture.x1 + 3
        and picture.top - 3 < line.top
        and line.bottom < picture.bottom + 3
        for _, line in chunk.lines
    )


def _below(above: Chunk, chunk: Chunk) -> bool:
    bottom = above.area.bottom if above.area else above.last.bottom
    return 0 <= chunk.first.top - bottom < 3 * chunk.size


def _has_bulleted_neighbour(chunks: Sequence[Chunk], index: int) -> bool:
    near = [chunks[i] for i in (index - 1, index + 1) if 0 <= i < len(chunks)]
    return any(chunk.lines and BULLET.match(chunk.text) for chunk in near)
