"""READ, the blocks: lines in reading order become paragraphs, headings, captions, lists and footnotes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from extract.model import BlockKind
from extract.read.areas import Area, Column, Type
from extract.read.line_order import in_rows
from extract.read.sheet import Line, Sheet

CAPTION = re.compile(
    r"(?:(?:supplementary|supplemental|additional|extended data|online)\s+)?"
    r"(?P<kind>fig(?:ure)?s?\.?|table|tab\.|scheme|box|plate|photo(?:graph)?|image|illustration|chart|video)"
    r"(?:\s*(?P<mark>[SAE]?\d{1,2}(?:[.-]\d{1,2})?(?:\s?[a-h](?![a-z]))?(?:\s?[-–,&]\s?[a-h\d]\b)?|[IVX]{1,4}\b)"
    r"|(?<=gure|able)(?=[.:|]\s+(?-i:[A-Z\d(])))"
    r"\s*(?P<point>[.:|–—]|-\s|$)?",
    re.I,
)
BULLET = re.compile(r"[•●▪■□‣◦➢➤✓]|[-–—*·o]\s|\(?(?:\d{1,2}|[a-h]|[ivx]{1,4})[.)]\s", re.I)
HARD_BULLET = re.compile(r"[•●▪■□‣◦➢➤✓]")
_ENDED = re.compile(r"[.!?:;][\"'”’)\]\d]*$")
FULL_STOP = re.compile(r"[.!?:][\"'”’)\]]*(?:\s?\[[\d,–-]+\])?$")
_ENDS = frozenset(".!?:\"'”’)]")  # what a sentence ends in, at the latest after its marks
_NUMBERED = re.compile(r"\d{1,2}\.(?:\d{1,2}\.?)*\s+[A-Z]")
_LETTERS = re.compile(r"[^\W\d_]")
_RUN_IN_PLAIN = re.compile(r"([A-Z][A-Za-z’' &/,-]{2,45}?(?:\s\d{1,2}|\s[A-Z])?)\s?(?:[:.]|[–—])\s*(?=\S)")
_NOTE = re.compile(
    r"(?:[*∗†‡§¶‖#✉]|(?-i:\d{1,2}\s?[A-Z]|[a-e]\s?[A-Z])|correspond|\(?e-?mail|received|abbreviations?:|©|copyright|doi\b|https?:|"
    r"conflicts? of interest|this is an open|how to cite|cite this|address for)", re.I
)  # fmt: skip


@dataclass(slots=True, eq=False)
class Chunk:
    """A block before it is written: its lines with their pages, or a table's place. ``column`` counts the columns
    of the paper; ``left`` and ``right`` are the edges of that column; ``run_in`` is a title that opens a paragraph."""

    kind: BlockKind
    lines: list[tuple[Sheet, Line]]
    column: int
    left: float
    right: float
    sheet: Sheet
    area: Area | None = None
    run_in: str = ""
    title: bool = False

    @property
    def text(self) -> str:
        """The words as printed, lines joined by blanks."""
        return " ".join(line.text for _, line in self.lines)

    @property
    def first(self) -> Line:
        """The first line."""
        return self.lines[0][1]

    @property
    def last(self) -> Line:
        """The last line."""
        return self.lines[-1][1]

    @property
    def size(self) -> float:
        """Size of the type of most of its characters, in points."""
        first = self.first.size
        if all(line.size == first for _, line in self.lines):
            return first
        sizes: Counter[float] = Counter()
        for _, line in self.lines:
            sizes[line.size] += len(line.words)
        return max(sizes, key=lambda size: sizes[size])


def cut_column(column: Column, number: int, body: Type) -> list[Chunk]:
    """Cut one column into blocks."""
    sheet = column.sheet
    lines = [item for item in column.items if isinstance(item, Line)]
    left, right = _edges(lines, column, body)
    leadings = _leadings(lines)
    chunks: list[Chunk] = []
    now: list[Line] = []

    def close() -> None:
        if now:
            chunks.append(Chunk("paragraph", [(sheet, line) for line in now], number, left, right, sheet))
            now.clear()

    for index, item in enumerate(column.items):
        if isinstance(item, Area):
            close()
            chunks += _table_chunks(item, number, left, right, sheet)
            continue
        if now:
            follower = column.items[index + 1] if index + 1 < len(column.items) else None
            below = follower if isinstance(follower, Line) else None
            if _breaks(now, item, below, left, right, leadings, body):
                close()
        now.append(item)
    close()
    return chunks


def _table_chunks(area: Area, number: int, left: float, right: float, sheet: Sheet) -> list[Chunk]:
    out: list[Chunk] = []
    kinds: tuple[tuple[BlockKind, list[Line]], ...] = (
        ("caption", area.caption),
        ("table", []),
        ("footnote", area.notes),
    )
    for kind, lines in kinds:
        if (kind == "table" and area.table >= 0) or lines:
            rows = [(sheet, line) for line in in_rows(lines) if isinstance(line, Line)]
            out.append(Chunk(kind, rows, number, left, right, sheet, area))
    return out


def _edges(lines: Sequence[Line], column: Column, body: Type) -> tuple[float, float]:
    wide = [line for line in lines if len(line.words) > 3 and abs(line.size - body.size) < 1] or list(lines)
    if not wide:
        return column.x0, column.x1
    lefts: Counter[int] = Counter(round(line.x0) for line in wide)
    rights = sorted(line.x1 for line in wide)
    usual = max(lefts, key=lambda x: (lefts[x] + lefts[x - 1] + lefts[x + 1], -x))
    return float(usual), rights[max(0, int(len(rights) * 0.9) - 1)]


def _leadings(lines: Sequence[Line]) -> dict[int, float]:
    """The usual distance of lines for each size of type in a column."""
    steps: dict[int, Counter[float]] = {}
    for above, below in pairwise(lines):
        step = below.baseline - above.baseline
        if abs(above.size - below.size) < 0.3 and 0.85 * above.size < step < 2.6 * above.size:
            steps.setdefault(round(above.size), Counter())[round(step * 2) / 2] += 1
    out: dict[int, float] = {}
    for size, counts in steps.items():
        usual = max(counts, key=lambda step: (counts[step], -step))
        if counts[usual] > 1:
            out[size] = usual
    return out


def _breaks(
    now: list[Line], line: Line, below: Line | None, left: float, right: float, leadings: dict[int, float], body: Type
) -> bool:
    """Whether a line opens a new block after the lines so far."""
    last = now[-1]
    em = last.size
    step = line.baseline - last.baseline
    leading = leadings.get(round(last.size)) or last.size * body.leading / body.size
    ended = last.text[-1:] in _ENDS and bool(FULL_STOP.search(last.text))
    short = last.x1 < right - 1.2 * em
    alike = line.font == last.font and abs(line.size - last.size) < 0.03 * em
    large = em > 1.25 * body.size and abs(line.size - last.size) < 0.03 * em and line.bold == last.bold
    loose = large or (alike and (not ended and not short and line.text[:1].islower()))
    if step > ((1.55 if large else 1.85) * leading if loose else max(1.3 * leading, leading + 2.2)) or step < -2:
        return True
    if last.text.endswith("-") and line.text[:1].islower() and abs(line.size - last.size) < 0.03 * em:
        return False  # a word goes on
    if len(now) == 1 and len(last.words) < 4 and step < 1.6 * leading and _is_bare_label(last.text):
        return False  # "Figure 1" on a line of its own, its words below it
    if abs(line.size - last.size) > 0.07 * max(line.size, last.size):
        return True
    if large and not ended:
        return False
    if _change_of_face(now, line, short):
        return True
    text = line.text
    caption = CAPTION.match(text)
    if (
        caption
        and (caption["point"] or line.words[0].font.bold)
        and (ended or step > 1.12 * leading or line.words[0].font.bold)
    ):
        return True
    if HARD_BULLET.match(text) or (
        BULLET.match(text) and _ENDED.search(last.text) and (short or line.x0 > left + 0.4 * em)
    ):
        return True
    if line.words[0].font.bold and last.words[0].font.bold and _NUMBERED.match(text) and _NUMBERED.match(now[0].text):
        return True
    indent = line.x0 - last.x0
    if (
        0.6 * em < indent < 5 * em
        and (ended or short)
        and abs(last.x0 - left) < 0.5 * em + (indent if len(now) == 1 else 0)
        and (
            below is None
            or below.x0 < line.x0 - 0.4 * em
            or abs(below.baseline - line.baseline) > 1.3 * leading
            or (ended and short)
        )
    ):
        return True
    if (
        len(now) > 1
        and -8 * em < indent < -0.6 * em
        and abs(now[-2].x0 - last.x0) < 0.4 * em
        and now[0].x0 < last.x0 - 0.5 * em
    ):
        return True  # the next item of a list with hanging indents
    if ended and short and last.x1 + (line.words[0].x1 - line.words[0].x0) + 0.8 * em < right and step > 0.7 * leading:
        return line.x0 < last.x0 + 3 * em
    return False


def _is_bare_label(text: str) -> bool:
    match = CAPTION.match(text)
    return match is not None and match.end() >= len(text.strip())


def _change_of_face(now: list[Line], line: Line, short: bool) -> bool:
    """Whether bold, italic or the family changes between the lines so far and the next, as after a heading."""
    last = now[-1]
    bold, bold_before = line.bold, last.bold
    if bold_before and not bold:
        return not (line.words[0].font.bold and not short)
    if bold and not bold_before:
        return not last.words[-1].font.bold or short
    if last.italic != line.italic and not bold:
        if last.italic and len(now) <= 2 and all(each.italic for each in now):
            return short and not line.words[0].font.italic
        if line.italic and short:
            return True
    if last.capitals != line.capitals and len(now) <= 2 and short and last.capitals:
        return len(line.words) > 2
    if line.capitals and not last.capitals and short and len(line.text) > 6:
        return True
    return short and len(now) <= 2 and _family(last) != _family(line)


def _family(line: Line) -> str:
    return re.split(r"[-,.]", line.font.name)[0].rstrip("0123456789")[:14].lower()


def is_note(text: str) -> bool:
    """Whether words begin as a note does: with a mark, an address, a date of receipt, a licence."""
    return bool(_NOTE.match(text))


def join_broken(chunks: list[Chunk]) -> list[Chunk]:
    """Join paragraphs that a column, a page, a figure or a table cuts in two."""
    out: list[Chunk] = []
    open_at: int | None = None
    for chunk in chunks:
        if chunk.kind in ("paragraph", "list") and chunk.lines:
            before = out[open_at] if open_at is not None else None
            if before is not None and _goes_on(before, chunk, adjacent=out[-1] is before):
                before.lines += chunk.lines
                before.column, before.left, before.right = chunk.column, chunk.left, chunk.right
                continue
            out.append(chunk)
            open_at = len(out) - 1
            continue
        if chunk.kind == "heading":
            open_at = None
        out.append(chunk)
    return out


def _goes_on(before: Chunk, chunk: Chunk, adjacent: bool) -> bool:
    if chunk.kind == "list" and BULLET.match(chunk.text):
        return False
    last, first = before.last, chunk.first
    if abs(last.size - first.size) > 0.06 * last.size:
        return False
    if before.column == chunk.column and adjacent:
        return False
    text, following = last.text, chunk.text
    if chunk.run_in and chunk.kind == "paragraph" and following[:1].isupper() and first.words[0].font.bold:
        return False
    if text.endswith("-"):
        return following[:1].islower()
    if FULL_STOP.search(text):
        return following[:1].islower() and len(chunk.lines) > 1 and not is_note(following)
    if is_note(following) and not following[:1].islower():
        return False
    filled = last.x1 > before.right - 2.5 * last.size and len(before.lines) > 1
    return following[:1].islower() or (filled and (first.x0 < chunk.left + 0.6 * first.size))


def split_references(chunk: Chunk) -> list[Chunk]:
    """Cut lines of a reference list into its entries: at their numbers, or where lines stand out to the left."""
    starts = [0]
    lines = [line for _, line in chunk.lines]
    number = _entry_number(lines[0])
    for i in range(1, len(lines)):
        here = _entry_number(lines[i])
        if number is not None:
            if here is not None and here == number + 1:
                starts.append(i)
                number = here
        elif here is not None and FULL_STOP.search(lines[i - 1].text):
            starts.append(i)
            number = here
        elif lines[i].x0 < lines[i - 1].x0 - 0.6 * lines[i].size and chunk.lines[i][0] is chunk.lines[i - 1][0]:
            starts.append(i)
    starts.append(len(lines))
    return [
        Chunk("reference", chunk.lines[a:b], chunk.column, chunk.left, chunk.right, chunk.lines[a][0])
        for a, b in pairwise(starts)
    ]


def _entry_number(line: Line) -> int | None:
    match = re.match(r"[\[(]?(\d{1,3})[\]).]?(?:\s|$)", line.text) or re.match(r"[\[(]?(\d{1,3})[\]).]", line.text)
    return int(match[1]) if match else None


def find_run_in(chunk: Chunk) -> str:
    """The title that opens a paragraph on its first line, set in bold or italics; '' where there is none."""
    words = chunk.first.words
    for face in ("bold", "italic"):
        if not getattr(words[0].font, face):
            continue
        count = 0
        stream = [word for _, line in chunk.lines[:2] for word in line.words]
        while count < len(stream) and (getattr(stream[count].font, face) or not _LETTERS.search(stream[count].text)):
            count += 1
        if count >= len(stream) or count > 12:
            return ""
        title = " ".join(word.text for word in stream[:count]).strip()
        if face == "italic" and not re.search(r"[.:—–]$", title):
            return ""
        return title if _LETTERS.search(title) else ""
    return ""


def find_plain_run_in(chunk: Chunk) -> str:
    """A title before a colon or full stop that opens a paragraph in the type of its text; '' where there is none."""
    match = _RUN_IN_PLAIN.match(chunk.text)
    return match[1] if match else ""
