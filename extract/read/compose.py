"""READ, a PDF: its sheets become a Document, block by block."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from extract.model import Document, Issue, Page
from extract.read.areas import Area, Item, Type
from extract.read.draft import Draft, Passage
from extract.read.exponents import spell
from extract.read.facts import Written, find_facts, find_title
from extract.read.failure import ReadFailure
from extract.read.hyphens import Words, count_words
from extract.read.kinds import mark_labels, mark_notes
from extract.read.layout import Gutter, body_type, order_page, usual_gutter
from extract.read.line_order import in_rows
from extract.read.ocr import doubted, read_scanned
from extract.read.paragraphs import (
    CAPTION,
    Chunk,
    cut_column,
    find_plain_run_in,
    find_run_in,
    is_note,
    join_broken,
    split_references,
)
from extract.read.pdf import is_cut_off, open_pdf, read_sheet
from extract.read.regions import Region, confirm_tables
from extract.read.running import find_running
from extract.read.sections import Heading, Part, Place, find_section, place_parts
from extract.read.sheet import Line, Sheet, is_capitals
from extract.read.tables import find_tables

if TYPE_CHECKING:
    from extract.schema import Schema

_KEYWORDS = re.compile(r"(?:key\s?-?words?|index terms)\s*[:.–—]\s*\S", re.I)

OCR_HINT = "Read it with --ocr, or run OCR over it first (for example ocrmypdf), and check every number."
_CUT_OFF = "the file's end is missing; pages may be lost, and page numbers count those that are left"
_MOST_MISSED = 50  # pages one after the other that cannot be loaded; a damaged file can claim millions


def pdf_document(
    path: Path, schema: Schema, *, name: str | None = None, max_pages: int | None = None, ocr: bool = False
) -> Document:
    """Read a PDF. ``max_pages`` stops after that many pages and marks the document as partly read. With ``ocr`` the
    pages without text are read from their pictures.

    Raises ReadFailure: ``not_a_pdf``, ``encrypted``, ``no_text_layer``.
    """
    draft = Draft()
    sheets: list[Sheet] = []
    partly = "truncated" if is_cut_off(path) else ""
    if partly:
        draft.note(Issue(severity="major", message=_CUT_OFF, reason="truncated"))
    with open_pdf(path) as document:
        count = len(document)
        missed = 0
        for number in range(1, min(count, max_pages or count) + 1):
            try:
                sheets.append(read_sheet(document, number))
                missed = 0
            except ReadFailure as failure:
                partly = partly or "partly_read"
                sheets.append(Sheet(number, 0, 0, 0, 0))
                draft.note(Issue(severity="major", message=str(failure), page=number, reason="partly_read"))
                missed += 1
                if missed == _MOST_MISSED:
                    message = f"{missed} pages one after the other cannot be loaded; the other pages were not tried"
                    draft.note(Issue(severity="major", message=message, page=number, reason="partly_read"))
                    break
        scanned = [sheet.number for sheet in sheets if sheet.width and not sheet.characters]
        if ocr and scanned:
            for sheet in read_scanned(document, scanned, path.name):
                sheets[sheet.number - 1] = sheet
    if max_pages is not None and count > max_pages:
        partly = partly or "partly_read"
        message = f"only the first {max_pages} of {count} pages were read (the limit on pages)"
        draft.note(Issue(severity="major", message=message, reason="partly_read"))
    if not any(sheet.characters for sheet in sheets):
        if partly == "truncated":
            raise ReadFailure("not_a_pdf", f"{path.name}: the file is cut off and no text is left. Fetch it again.")
        if not any(sheet.width for sheet in sheets):
            raise ReadFailure("not_a_pdf", f"{path.name}: no page of it can be loaded. Fetch it again.")
        raise ReadFailure("no_text_layer", f"{path.name}: no page has text, only pictures of it"
                          f"{', and OCR found none' if ocr else ''}. {'' if ocr else OCR_HINT}".rstrip())  # fmt: skip
    _note_pages(sheets, draft)
    _write(path, sheets, schema, draft)
    pages = [
        Page(
            number=s.number,
            width=round(s.shown_width, 2),
            height=round(s.shown_height, 2),
            has_text=s.characters > 0,
            ocr=s.ocr and s.characters > 0,
        )
        for s in sheets
    ]
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    read = draft.document(
        name=name or path.stem, file=str(path), sha256=digest, format="pdf", pages=pages, partly_read=partly
    )
    return doubted(read) if any(page.ocr for page in pages) else read


def _note_pages(sheets: Sequence[Sheet], draft: Draft) -> None:
    for sheet in sheets:
        if not sheet.characters and sheet.width:
            draft.note(Issue(severity="minor", message="no text could be read on this page", page=sheet.number,
                             reason="page_without_text"))  # fmt: skip
        elif sheet.unmapped > 20 and sheet.unmapped > 0.2 * sheet.objects:
            draft.note(Issue(severity="major", message="a font of this page does not say which letters it prints; "
                             "its text cannot be trusted", page=sheet.number, reason="unmapped_font"))  # fmt: skip


def _write(path: Path, sheets: Sequence[Sheet], schema: Schema, draft: Draft) -> None:
    """Bring the sheets into order and put their blocks into the draft."""
    body = body_type(sheets)
    running = find_running(sheets, body)
    words = count_words("\n".join(line.text for sheet in sheets for line in sheet.lines))
    regions = find_tables(sheets, body, words, running)
    try:
        confirm_tables(path, regions)
    except Exception as error:  # pdfminer knows many ways to stumble over a damaged file; the first reading stands
        message = f"doubtful tables could not be read a second time ({type(error).__name__})"
        draft.note(Issue(severity="minor", message=message, reason="doubtful_table"))
    areas, taken = _areas(regions)
    chunks: list[Chunk] = []
    column_number = 0
    usual: Gutter | None = None
    for sheet in sheets:
        items: list[Item] = [line for line in sheet.lines if id(line) not in running and id(line) not in taken]
        items += areas.get(sheet.number, [])
        for column in order_page(sheet, items, body, usual):
            chunks += cut_column(column, column_number, body)
            column_number += 1
        if usual is None:
            usual = usual_gutter(items, body)
    heads = [line.text for sheet in sheets for line in sheet.lines if id(line) in running]
    title = find_title(chunks, heads, body)
    _mark_headings(chunks, body, schema, title)
    mark_notes(chunks, body, _reference_list(chunks, schema))
    titles = [c for c in chunks if c.kind == "heading" and c.lines and find_section(c.text, schema, exact=True)]
    mark_labels(chunks, titles, body)
    _settle_front(chunks, schema, title, body)
    labels = [chunk for chunk in chunks if chunk.kind == "running"]
    chunks = [chunk for chunk in chunks if chunk.kind != "running"]
    chunks = join_broken(chunks)
    written = _write_chunks(chunks, regions, body, schema, draft, words)
    for sheet in sheets:
        aside = [[(sheet, line)] for line in sheet.lines if id(line) in running]
        aside += [chunk.lines for chunk in labels if chunk.sheet is sheet]
        aside += [[(sheet, line)] for line in sheet.sideways]
        for lines in aside:
            passage = spell(lines, words, draft.end)
            span = draft.add(
                passage.text, "running", "other", page=sheet.number, runs=passage.runs, repairs=passage.repairs,
                at=passage.at,
            )  # fmt: skip
            if span is not None and sheet.number < 3:
                written.append(Written(passage.text, span.start, sheet.number, "running"))
    find_facts(written, next((each for each in written if title and each.place == "title"), None), words, draft)


def _areas(regions: Sequence[Region]) -> tuple[dict[int, list[Area]], set[int]]:
    """The places of tables on each page, and the ids of the lines that belong to them."""
    areas: dict[int, list[Area]] = {}
    taken: set[int] = set()
    for number, region in enumerate(regions):
        later = {id(line) for part in region.parts for line in part.notes}
        for part in (region, *region.parts):
            notes = [line for line in part.notes if part is not region or id(line) not in later]
            lines = [*part.caption, *notes]
            taken.update(id(line) for line in (*part.lines, *lines))
            area = Area(
                min([part.x0, *(line.x0 for line in lines)]), min([part.top, *(line.top for line in lines)]),
                max([part.x1, *(line.x1 for line in lines)]), max([part.bottom, *(line.bottom for line in lines)]),
                number if part is region else -1, min(line.order for line in (*part.lines, *lines)),
                list(part.caption), notes,
            )  # fmt: skip
            areas.setdefault(part.sheet.number, []).append(area)
    return areas, taken


def _write_table(region: Region, place: Place, draft: Draft, words: Words) -> None:
    caption = spell([(region.sheet, line) for line in in_rows(region.caption) if isinstance(line, Line)], words).text
    notes = spell([(region.sheet, line) for line in in_rows(region.notes) if isinstance(line, Line)], words).text
    draft.add_table(
        region.slots, place.section, page=region.sheet.number, headings=place.headings, caption=caption, notes=notes,
        readings=region.readings,
    )  # fmt: skip
    if region.doubts:
        what = caption[:60] or "a table"
        draft.note(Issue(severity="minor", message=f"table in doubt ({what}): {'; '.join(region.doubts)}",
                         page=region.sheet.number, reason="doubtful_table"))  # fmt: skip


def _mark_headings(chunks: Sequence[Chunk], body: Type, schema: Schema, title: Chunk | None) -> None:
    for chunk in chunks:
        if chunk.kind == "paragraph" and chunk.lines:
            if chunk is title:
                chunk.title = True
                chunk.kind = "heading"
            elif _is_heading(chunk, body, schema):
                chunk.kind = "heading"
            else:
                chunk.run_in = find_run_in(chunk)
                if not chunk.run_in:
                    plain = find_plain_run_in(chunk)
                    chunk.run_in = plain if plain and find_section(plain, schema, exact=True) else ""


def _reference_list(chunks: Sequence[Chunk], schema: Schema) -> range:
    """Where the list of references stands: from its heading to the next one that opens another section."""
    start = end = len(chunks)
    for index, chunk in enumerate(chunks):
        if chunk.kind == "heading" and not chunk.title:
            section = find_section(chunk.text, schema)
            if section == "references":
                start, end = index + 1, len(chunks)
            elif section is not None and start < index:
                end = min(end, index)
    return range(start, end)


def _settle_front(chunks: Sequence[Chunk], schema: Schema, title: Chunk | None, body: Type) -> None:
    """Before the first titled section of a paper nothing else is a heading: names are set as large as titles there.

    What is long there is text, however small its type: an abstract without its title. A title in the paper's own
    words is a heading also there when it is set like the headings that are known and text follows it.
    """
    above_title = title is not None
    known = {_face(c) for c in chunks if c.kind == "heading" and not c.title and find_section(c.text, schema)}
    for index, chunk in enumerate(chunks):
        if chunk.sheet.number > 2:
            break
        if chunk is title:
            above_title = False
        elif chunk.kind == "heading":
            # above the title, "Case Report" says what kind of article this is
            following = chunks[index + 1 : index + 2]
            own = _face(chunk) in known and not _is_byline(chunk.text) and _is_body_text(following, body)
            if not above_title and (find_section(chunk.text, schema) is not None or own):
                break
            chunk.kind = "paragraph"
        elif chunk.kind == "footnote" and len(chunk.text.split()) > 60 and not is_note(chunk.text):
            chunk.kind = "paragraph"
        elif chunk.run_in and find_section(chunk.run_in, schema, exact=True) in ("abstract", "introduction", "case"):
            break


def _is_byline(text: str) -> bool:
    """Whether words are names in a row: nearly all begin with a capital, and commas or "and" part them."""
    words = [word for word in re.findall(r"[^\W\d_]{2,}", text) if word not in ("and", "ID")]
    return len(words) > 3 and not is_capitals(text) and all(word[0].isupper() for word in words if len(word) > 3)


def _is_body_text(following: Sequence[Chunk], body: Type) -> bool:
    """Whether the next block, if there is one, is text of the paper: several words in the type of most of it."""
    return any(
        chunk.kind == "paragraph" and chunk.lines and abs(chunk.size - body.size) < 0.4 and len(chunk.text.split()) > 20
        for chunk in following
    )


def _face(chunk: Chunk) -> tuple[str, float, bool]:
    """How a heading is set: its font, its size, whether in capitals."""
    return chunk.first.font.name, round(chunk.size, 1), is_capitals(chunk.text)


_SECTION_NUMBER = re.compile(r"^\d{1,2}(?:\.\d{1,2})*\.?\s+")


def _is_heading(chunk: Chunk, body: Type, schema: Schema) -> bool:
    if len(chunk.lines) > 4:
        return False
    text = chunk.text.strip()
    count = len(text.split())
    words = _SECTION_NUMBER.sub("", text).replace(" ", "")
    letters = sum(map(str.isalpha, words)) if count < 25 else 0
    if letters < 3 or letters < 0.5 * len(words):
        return False
    if len(chunk.lines) == 1 and count < 9 and find_section(text, schema, exact=True) and not text[0].islower():
        return True
    if _KEYWORDS.match(text):
        return False
    stopped = (text[-1] in ".,;" and count > 5) or text[-1] in ",;"
    if stopped or CAPTION.match(text) or text[0].islower():
        return False
    line = chunk.first
    if chunk.size > body.size + 0.6 and chunk.size > 1.06 * body.size:
        return True
    if all(each.bold for _, each in chunk.lines) or (is_capitals(text) and count > 1 and len(chunk.lines) < 3):
        return chunk.size > 0.88 * body.size and any(len(word) > 2 and word.isalpha() for word in text.split())
    ends_short = line.x1 < chunk.right - line.size and chunk.last.x1 < chunk.right - line.size and text[-1] != "."
    own_face = all(word.font.name != body.font for _, each in chunk.lines for word in each.words)
    if own_face and not line.italic and chunk.size > 0.9 * body.size and ends_short:
        return count < 16  # set in a face of its own, whose name does not tell that it is bold
    if len(chunk.lines) == 1 and line.italic and count < 14:
        return chunk.size > 0.93 * body.size and line.x1 < chunk.right - line.size and text[-1] != "."
    return False


def _rank(chunk: Chunk, line: Line) -> tuple[float, int, int]:
    """How strongly a heading is set: its size, and its weight."""
    weight = 2 * line.bold + 3 * is_capitals(chunk.text) - line.italic
    return round(line.size * 2) / 2, int(weight), 0


def _write_chunks(
    chunks: Sequence[Chunk], regions: Sequence[Region], body: Type, schema: Schema, draft: Draft, words: Words
) -> list[Written]:
    """Put the blocks into the draft; give those of the first page, from which the facts of the paper are read."""
    spelled: dict[int, Passage] = {}

    def passage_of(index: int, at: int = 0) -> Passage:
        if index not in spelled:
            spelled[index] = spell(chunks[index].lines, words, at)
        return spelled[index]

    def count_words_of(index: int) -> int:
        return len(passage_of(index).text.split()) if chunks[index].kind in ("paragraph", "list") else 0

    parts: list[Part] = []
    for index, chunk in enumerate(chunks):
        heading = None
        if chunk.kind == "heading" and not chunk.title:
            heading = Heading(passage_of(index).text, _rank(chunk, chunk.first))
        elif chunk.kind == "paragraph" and chunk.run_in:
            heading = Heading(chunk.run_in, _rank(chunk, chunk.first), run_in=True)
        is_body = bool(chunk.lines) and abs(chunk.size - body.size) < 0.4
        parts.append(Part(heading, partial(count_words_of, index), is_body))
    places = place_parts(parts, schema)
    written: list[Written] = []
    front = "head" if any(chunk.title for chunk in chunks) else "front"
    for index, (chunk, place) in enumerate(zip(chunks, places, strict=True)):
        if place.section == "references" and _is_entry(chunk):
            for entry in split_references(chunk):
                whole = spell(entry.lines, words, draft.end)
                draft.add(whole.text, "reference", "references", page=entry.sheet.number, headings=place.headings,
                          runs=whole.runs, repairs=whole.repairs, at=whole.at)  # fmt: skip
            continue
        if chunk.kind == "table" and chunk.area is not None:
            _write_table(regions[chunk.area.table], place, draft, words)
            continue
        passage = passage_of(index, draft.end)
        span = draft.add(
            passage.text, chunk.kind, place.section, page=chunk.sheet.number, headings=place.headings,
            level=place.level, runs=passage.runs, repairs=passage.repairs, at=passage.at,
        )  # fmt: skip
        if span is None or chunk.sheet.number > 1:
            continue
        if chunk.title:
            front = "front"
        elif place.section not in ("other", "abstract") and front == "front" and chunk.kind != "footnote":
            front = "body"
        where = "title" if chunk.title else "front" if chunk.kind == "footnote" and front == "body" else front
        written.append(Written(passage.text, span.start, 1, where))
    return written


def _is_entry(chunk: Chunk) -> bool:
    """Whether a block below the heading of the references is part of the list."""
    if not chunk.lines:
        return False
    return chunk.kind in ("paragraph", "list") or (chunk.kind == "footnote" and not is_note(chunk.text))
