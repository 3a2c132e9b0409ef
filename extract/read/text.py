"""READ: plain text, as it comes out of a PDF or from a person's keyboard, becomes a Document."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from extract.model import BlockKind, Document, Issue, Section, Span
from extract.read.draft import Draft, digest_of
from extract.read.hyphens import HYPHENS, Words, count_words
from extract.read.rows import is_separated, join_cell, rebuild_table, split_rows
from extract.read.sections import find_section
from extract.read.unglue import with_gaps

if TYPE_CHECKING:
    from extract.schema import Schema

_TABLE_CAPTION = re.compile(
    r"(?:(?:supplement\w* |summary |additional |online )?table\s*(?:S?\d{1,2}[a-z]?|[IVX]+)"
    r"\s*(?:[.:|–—-]|$|\s(?=[A-Z(]))"
    r"|summary table\b|table[.:]\s+(?-i:[A-Z\d(]))",
    re.I,
)
_FIGURE_CAPTION = re.compile(
    r"(?:supplement\w* )?(?:fig(?:ure)?s?\.?|scheme)\s*S?\d{1,2}[a-z]?\s*(?:[.:|–—]|$|\s(?=[A-Za-h(]))", re.I
)
_ENDED = re.compile(r"[.!?:;][\"'”’)\]]*(?:\s*\[[\d,–\s-]+\])?$")
_BULLET = re.compile(r"(?:[•▪●‣◦·–—*]|\(?(?:[a-h]|\d{1,2}|[ivx]{1,4})[.)])\s+\S")
# "Case Description: A girl of nine": a labelled paragraph
_LABEL = re.compile(r"(?:[A-Z][A-Za-z]+)(?:\s(?:and|of|the|[A-Z][A-Za-z]+)){0,3}:\s+[A-Z]")
_NOTE = re.compile(r"(?:[*†‡§¶#]|[a-e]\s|abbreviations?\b|notes?\b|legend\b|\w{1,8}[:=,]\s)", re.I)
_REFERENCE = re.compile(r"(?:\[\d{1,3}\]|\d{1,3}[.)])\s+\S")
_NUMBERED_TITLE = re.compile(r"(?:\d{1,2}\.)+(?:\d{1,2}\.?)?\s+[A-Z]")
_CASE_TITLE = re.compile(
    r"(?:case|patient|subject)\s*(?:no\.?\s*|number\s*|#)?(?:\d{1,2}|[A-Z]|[IVX]+|one|two|three|four|five|six)\s*[.:]?$",
    re.I,
)
_RUN_IN = re.compile(r"([A-Z][A-Za-z /&-]{3,40})[:.]\s+[A-Z]")
_WORDLESS = re.compile(r"[\W\d_]*$|page \d+(?: of \d+)?$", re.I)
_DOI = re.compile(r"\b10\.\d{4,9}/[^\s\"<>]+[^\s\"<>.,;)\]]", re.I)
_PUBLISHED = re.compile(r"(?:published|accepted|©|copyright|\(c\))[^\n]{0,40}?\b((?:19|20)\d\d)\b", re.I)
_CASE_WORD = re.compile(r"\b(?:cases?|patients?|subjects?)\b", re.I)
_PART_WORD = re.compile(r"\b(?:methods?|materials?|results?|findings)\b", re.I)
_LONGEST_TABLE = 400  # lines
_LOWER_WORD = re.compile(r"(?<![^\s(])[a-z]{2,}")
_KEYWORDS = re.compile(r"key\s?words?\b", re.I)


class Line(NamedTuple):
    """A printed line without surrounding blanks; whether white lines or a new page stand before it."""

    text: str
    blank: bool
    new_page: bool


def text_document(text: str, name: str, schema: Schema, file: str = "", where: str = "narrative") -> Document:
    """Read plain text: hard-wrapped lines, stray blank lines, headings, captions, tables, references.

    ``where`` says what a snippet is taken from (``narrative``, ``table_row``, ``abstract``, ``discussion``); a text
    with headings of its own follows these. Lines with `` | `` or tabs are rows of a table. Flattened powers
    (``× 106``) stay as they are. There is nothing it refuses; an empty text gives a document without blocks.
    """
    draft = Draft()
    lines = _lines(text)
    start: Section = "abstract" if where == "abstract" else "discussion" if where == "discussion" else "case"
    if where == "table_row":
        rows = [line.text if is_separated(line.text) else with_gaps(line.text) for line in lines]
        draft.add_table(split_rows(rows), start)
    else:
        _Reader(draft, lines, count_words(text), schema, start).read()
        _add_facts(draft)
    return draft.document(name=name, file=file, sha256=digest_of(text.encode()), format="text")


_GAP = re.compile(r"(?<=\S)[ \u00a0]{2,}(?=\S)")
_WIDE_GAP = re.compile(r"\S[ \u00a0]{3,}\S")
_WIDEST_CELL = 60


def _spaced_cells(line: str) -> list[str]:
    """The cells of a line whose cells stand apart by blanks; none when it cannot be a row of at least three."""
    cells = _GAP.split(line.strip())
    fit = len(cells) > 2 and "\t" not in line and " | " not in line and _WIDE_GAP.search(line)
    return cells if fit and max(map(len, cells)) <= _WIDEST_CELL else []


def _with_marks(lines: Sequence[str]) -> list[str]:
    """The lines, those of three or more that have the same number of cells set apart by blanks with `` | `` between."""
    out = list(lines)
    cells = [_spaced_cells(line) for line in lines]
    start = 0
    while start < len(lines):
        end = start
        while end < len(lines) and cells[end] and len(cells[end]) == len(cells[start]):
            end += 1
        if end - start > 2:
            out[start:end] = [" | ".join(row) for row in cells[start:end]]
        start = max(end, start + 1)
    return out


def _lines(text: str) -> list[Line]:
    out: list[Line] = []
    blank = new_page = False
    for raw in _with_marks(text.replace("\r\n", "\n").replace("\r", "\n").split("\n")):
        # A page break often survives only as a form feed, or as one blank before the first word of the page.
        new_page = new_page or "\f" in raw or (raw.startswith(" ") and not raw.startswith("  "))
        line = raw.replace("\f", " ").strip(" ") if "\t" in raw else " ".join(raw.split())
        if not line.strip():
            blank = True
            continue
        out.append(Line(line, blank, new_page))
        blank = new_page = False
    return out


class _Reader:
    """Goes through the lines once and puts what they are into the draft."""

    def __init__(self, draft: Draft, lines: list[Line], words: Words, schema: Schema, start: Section) -> None:
        self.draft = draft
        self.lines = lines
        self.words = words
        self.schema = schema
        self.titles = [self._title(i) for i in range(len(lines))]
        self.section: Section = "other" if any(self.titles) and start == "case" else start
        self.headings: list[str] = []
        self.seen: set[str] = set()
        self.abstract_is_plain = False
        self.abstract_is_over = start != "case"

    def read(self) -> None:
        """Read all lines."""
        i = 0
        while i < len(self.lines):
            line = self.lines[i].text
            if i == 0 and self._names_the_kind():
                self._add([line], "running")
                i += 1
            elif self._opens(i):
                i = self._heading(i)
            elif self.section == "references":
                i = self._reference(i)
            elif is_separated(line):
                i = self._rows(i)
            elif _TABLE_CAPTION.match(line) and self._begins(i):
                i = self._table(i)
            elif _FIGURE_CAPTION.match(line) and self._begins(i):
                i = self._paragraph(i, "caption")
            elif _WORDLESS.match(line) and (i + 1 == len(self.lines) or self.lines[i + 1].blank) and self._begins(i):
                self._add([line], "running")
                i += 1
            else:
                i = self._paragraph(i, "list" if _BULLET.match(line) and not line[0].isdigit() else "paragraph")

    def _names_the_kind(self) -> bool:
        """Whether the first line says what kind of article it is, as printed above a title: an abstract or an
        introduction is still to come."""
        if self.titles[0] != "case" or _CASE_TITLE.match(self.lines[0].text):
            return False
        after = [title for title in self.titles[1:] if title]
        return bool(after) and after[0] in ("abstract", "introduction")

    def _title(self, i: int) -> Section | None:
        """The section that a line opens when it is a heading."""
        line = self.lines[i].text
        if len(line) > 70 or line[0].islower() or line[-1] in ",;-(" or not self._begins(i):
            return None
        return find_section(line, self.schema, exact=True)

    def _begins(self, i: int) -> bool:
        """Whether a line can begin something new: the one before it is complete."""
        if i == 0:
            return True
        here, before = self.lines[i], self.lines[i - 1]
        if before.text[-1] in HYPHENS or before.text[-1] in ",(":
            return False
        return here.blank or here.new_page or bool(_ENDED.search(before.text)) or len(before.text) < 40

    def _opens(self, i: int) -> bool:
        """Whether a line is a heading."""
        line = self.lines[i].text
        if self.titles[i]:
            return True
        if self.section == "references" or not self._begins(i) or i + 1 == len(self.lines):
            return False
        if len(line) > 80 or _ENDED.search(line.rstrip(":")):
            return bool(_CASE_TITLE.match(line))
        return bool(_CASE_TITLE.match(line)) or bool(_NUMBERED_TITLE.match(line) and len(line.split()) < 12)

    def _heading(self, i: int) -> int:
        line = self.lines[i].text
        found = self.titles[i]
        if not found:
            self.headings = [*self.headings[:1], line.rstrip(":.")]
            self._add([line], "heading", level=2)
            return i + 1
        inside_abstract = (
            self.section == "abstract"
            and not self.abstract_is_over
            and not self.abstract_is_plain
            and found not in ("abstract", "references")
            and not _CASE_TITLE.match(line)  # the parts of an abstract are not numbered: the cases themselves begin
            and line.lower() not in self.seen
            and not re.match(r"[\W\d]*introduction", line, re.I)
        )
        self.seen.add(line.lower())
        if self._is_part(found, line):
            self.headings = [*self.headings[:1], line.rstrip(":")]
            self._add([line], "heading", level=2)
            return i + 1
        one_case = found == "case" and bool(_CASE_TITLE.match(line))
        if one_case and self.section == "case" and self.headings and not _CASE_TITLE.match(self.headings[0]):
            self.headings = [self.headings[0], line.rstrip(":")]
            self._add([line], "heading", level=2)
            return i + 1
        if inside_abstract:
            self.headings = [*self.headings[:1], line]
            self._add([line], "heading", level=2)
            return i + 1
        if self.section == "abstract" and found != "abstract":
            self.abstract_is_over = True
        self.section = found
        self.headings = [line.rstrip(":")]
        self._add([line], "heading", level=1)
        return i + 1

    def _is_part(self, found: Section, line: str) -> bool:
        """Whether a title that could open a section is one inside the present one: "Treatment" in a discussion."""
        if found == "case":
            return self.section in ("methods", "results", "discussion", "conclusion") and not _CASE_WORD.search(line)
        if found in ("methods", "results"):
            return self.section == "case" and not _PART_WORD.search(line)
        return False

    def _paragraph(self, i: int, kind: BlockKind) -> int:
        taken = [self.lines[i].text]
        j = i + 1
        while j < len(self.lines) and not self._breaks(j):
            taken.append(self.lines[j].text)
            j += 1
        self._open_by_label(taken[0])
        run_in = _RUN_IN.match(taken[0]) if self.section == "abstract" else None
        headings = [*self.headings[:1], run_in.group(1)] if run_in else self.headings
        section = self.section
        if _KEYWORDS.match(taken[0]):
            self.abstract_is_over = True
        elif run_in is None and section == "abstract" and len(self.headings) < 2 and sum(map(len, taken)) > 300:
            self.abstract_is_plain = True
        self._add(taken, kind, headings=headings)
        return j

    def _open_by_label(self, line: str) -> None:
        """Begin the case with "Case Description: A girl ..." where no line of its own opens any of these parts."""
        label = _LABEL.match(line) if self.section == "other" else None
        if label and not {"case", "introduction", "abstract"}.intersection(filter(None, self.titles)):
            name = line[: line.index(":")]
            if find_section(name, self.schema, exact=True) == "case":
                self.section, self.headings = "case", [name]

    def _breaks(self, j: int) -> bool:
        """Whether something new begins with a line, seen from the paragraph before it."""
        here, before = self.lines[j], self.lines[j - 1]
        text, last = here.text, before.text
        if last[-1] in HYPHENS and last[-2:-1].isalnum() and text[0].isalnum():
            return False
        if self._opens(j) or is_separated(text):
            return True
        if (_TABLE_CAPTION.match(text) or _FIGURE_CAPTION.match(text)) and self._begins(j):
            return True
        ended = bool(_ENDED.search(last))
        goes_on = text[0].islower() or text[0] in ",;)([" or not text[0].isalpha()
        width = self._width(j)
        short = len(last) < 0.86 * width
        if here.blank:
            return ended or _LABEL.match(text) is not None or not (goes_on or (not short and not here.new_page))
        if here.new_page:
            return (ended and short) or (short and not goes_on and len(last) < 0.6 * width)
        if _BULLET.match(text) and ended and not text[0].isalpha():
            return True
        return ended and not last.endswith(";") and (short or width > 200) and not text[0].islower()

    def _width(self, j: int) -> int:
        """How long the full lines around a line are."""
        near = sorted(len(line.text) for line in self.lines[max(0, j - 6) : j + 6])
        return near[-2] if len(near) > 3 else near[-1]

    def _rows(self, i: int) -> int:
        j = i + 1
        while j < len(self.lines) and not self.lines[j].blank and is_separated(self.lines[j].text):
            j += 1
        self.draft.add_table(split_rows([line.text for line in self.lines[i:j]]), self.section, headings=self.headings)
        return j

    def _table(self, i: int) -> int:
        """A caption and the lines of the table below it, put back into rows and columns where that is certain."""
        j = i + 1
        caption = [self.lines[i].text]
        while (
            j < len(self.lines) and not self.lines[j].blank and len(caption[-1]) > 60 and not _ENDED.search(caption[-1])
        ):
            caption.append(self.lines[j].text)
            j += 1
        end = j
        while end < len(self.lines) and not self._ends_table(end, end - j):
            end += 1
        notes = end
        while notes > j and self._is_note(notes - 1):
            notes -= 1
        body = self.lines[j:notes]
        words, _ = join_cell(caption, self.words)
        note_text = " ".join(line.text for line in self.lines[notes:end])
        self._add(caption, "caption")
        if not body:
            return j
        if all(is_separated(line.text) for line in body):
            rebuilt, slots, doubtful = True, split_rows([line.text for line in body]), 0
        else:
            found = rebuild_table([(line.text, line.blank) for line in body], self.words)
            rebuilt = found is not None
            slots, doubtful = (
                (list(found.slots), found.doubtful) if found else (split_rows(["\n".join(b.text for b in body)]), 0)
            )
            if not found:
                slots = [
                    slot for r, line in enumerate(body) for slot in [s._replace(row=r) for s in split_rows([line.text])]
                ]
        self.draft.add_table(slots, self.section, headings=self.headings, caption=words, notes=note_text)
        if not rebuilt or doubtful:
            what = f"{doubtful} row(s) of it" if rebuilt else "its lines"
            self.draft.note(
                Issue(
                    severity="minor",
                    message=f"{words[:60]!r}: {what} could not be put into columns with certainty. Check it by eye.",
                    reason="doubtful_table",
                )
            )
        if notes < end:
            self._add([line.text for line in self.lines[notes:end]], "footnote")
        return end

    def _ends_table(self, i: int, so_far: int) -> bool:
        line = self.lines[i].text
        if so_far > _LONGEST_TABLE or (self.titles[i] and not line.isupper()):
            return True
        marked = so_far and all(is_separated(above.text) for above in self.lines[i - so_far : i])
        if marked and self.lines[i].blank and not is_separated(line) and not self._is_note(i):
            return True  # its rows were marked to the last, so what stands below a white line is none of them
        if _FIGURE_CAPTION.match(line) or (_TABLE_CAPTION.match(line) and so_far):
            return True
        long = [len(_LOWER_WORD.findall(n.text)) > 5 and not is_separated(n.text) for n in self.lines[i : i + 3]]
        return len(long) == 3 and all(long) and not self._is_note(i)

    def _is_note(self, i: int) -> bool:
        line = self.lines[i].text
        return (bool(_NOTE.match(line)) and len(line.split()) > 4) or line.startswith(("*", "†", "‡", "Abbreviation"))

    def _reference(self, i: int) -> int:
        taken = [self.lines[i].text]
        numbered = bool(_REFERENCE.match(taken[0]))
        j = i + 1
        while j < len(self.lines) and not self.titles[j]:
            line = self.lines[j]
            if _REFERENCE.match(line.text) or (not numbered and line.blank and _ENDED.search(taken[-1])):
                break
            if _FIGURE_CAPTION.match(line.text) and line.blank:
                break
            taken.append(line.text)
            j += 1
        self._add(taken, "reference")
        return j

    def _add(
        self, lines: Sequence[str], kind: BlockKind, *, level: int = 0, headings: Sequence[str] | None = None
    ) -> Span | None:
        text, repairs = join_cell(lines, self.words)
        above = self.headings[: level - 1] if kind == "heading" else headings if headings is not None else self.headings
        return self.draft.add(text, kind, self.section, headings=above, level=level, repairs=repairs)


def _add_facts(draft: Draft) -> None:
    """Title, doi and year, where a text has a front page above its first heading."""
    front = []
    for block in draft.blocks:
        if block.section in ("introduction", "methods", "results", "case", "discussion", "references"):
            break
        front.append(block)
    text = draft.text
    first = next((block for block in front if block.kind != "running"), None)
    if first and first.kind == "paragraph" and first.section == "other" and first.span.end - first.span.start < 350:
        draft.fact("title", text[first.span.start : first.span.end].rstrip("."), first.span)
    end = front[-1].span.end if front else 0
    for field, pattern in (("doi", _DOI), ("year", _PUBLISHED)):
        match = pattern.search(text, 0, end)
        if match:
            group = 1 if pattern is _PUBLISHED else 0
            draft.fact(field, match.group(group), Span(start=match.start(group), end=match.end(group)))
