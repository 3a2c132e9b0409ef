"""READ: which cells of a table are headers, and which words govern each of its cells.

One function for every source: tables marked up in XML, tables drawn on a page, rows of plain text. What the
source says (a header element, a span) is believed; what it leaves open is decided from the cells themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from extract.model import Box, Repair, Run


class Slot(NamedTuple):
    """A filled cell of a grid: its words, where it begins (rows and columns count from 0), how far it reaches.

    ``header`` is True or False where the source says so and None where it does not. ``runs`` and ``repairs``
    count their characters from the start of ``text``.
    """

    text: str
    row: int
    column: int
    rows: int = 1
    columns: int = 1
    header: bool | None = None
    box: Box | None = None
    runs: tuple[Run, ...] = ()
    repairs: tuple[Repair, ...] = ()


class Headed(NamedTuple):
    """A slot with the words that govern it."""

    slot: Slot
    row_header: str
    column_header: str
    is_header: bool
    group: str


_NUMBER = re.compile(r"[~≈<>≤≥±+−–(-]?\s*[+−–-]?\d")
_TIME = re.compile(
    r"(?:at |after |post |pre )?(?:day|week|month|year|visit|cycle|time)s?\b"
    r"|\d+(?:[.,–-]\d+)?(?:st|nd|rd|th)?[\s-]*(?:days?|d|wks?|weeks?|w|months?|mos?|mths?|m|years?|yrs?|y|hours?|hrs?|h|min)\b",
    re.I,
)
_ORDINAL = re.compile(
    r"\d+(?:st|nd|rd|th)\b|\d+(?:\.\d+)?\s*%\s*(?:ci|confidence)|\d-[a-z]{3}|\d+(?:-| )?[A-Z]{2}", re.I
)
_ANSWER = re.compile(
    r"(?:yes|no|none|n/?[ad]|n\.?[ads]\.?|nr|nil|unknown|absent|present|[-–—−+±✓✗/]+|[mf]|male|female|left|right)$",
    re.I,
)
_UNIT_ROW = re.compile(r"\(.{1,30}\)$|\[.{1,30}\]$|n\s*=\s*\d+$|n\s*\(%\)$|mean|median|range|sd\b|p\b|%$", re.I)
_BARE_ID = re.compile(r"(?:no\.? ?)?#?(?:[−-]?\d{1,3}|[A-Z]|[IVX]{1,5}|[ivx]{1,5})$")
_LABEL = re.compile(
    r"(?:patients?|pts?|cases?|subjects?|participants?|child|infant|donor|p|pt|no|id|(?-i:[A-Z]{2,5}))[\s.#:-]*(?:no\.?\s*)?"
    r"(?:\d{1,3}|[A-Z]|[IVX]+)$",
    re.I,
)
_ID_HEADER = re.compile(
    r"\b(?:patients?|pts?|cases?|subjects?|participants?|no|nr|number|id|identification|initials|study|author|reference)\b|^#",
    re.I,
)
_PHASE = re.compile(
    r"(?:pre|post|before|after|baseline|prior|(?:first|second)\b(?!\s+authors?\b)|initial|final)\b", re.I
)
_HEADING_WORD = re.compile(
    r"\b(?:pre|post|before|after|baseline|follow|patients?|cases?|findings?|values?|results?|descriptions?|grade"
    r"|cells?|source|dose|route|outcomes?|comments?|treatments?|references?|details?|events?|times?)\b",
    re.I,
)
_ROMAN = ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"]
_MARKS = re.compile(r"[\s#]+$|\s?\[(?:[a-z]|[*†‡§¶#]+)\]|[*†‡§¶‖ᵃᵇᶜᵈᵉᶠ]+")


def bare(text: str) -> str:
    """Words of a cell without footnote marks behind them."""
    return _MARKS.sub("", " ".join(text.split()))


def is_value(text: str) -> bool:
    """Whether the words of a cell look like a value rather than a heading."""
    text = text.strip()
    if not text:
        return False
    if _ANSWER.match(text):
        return True
    return bool(_NUMBER.match(text)) and not _TIME.match(text) and not _ORDINAL.match(text)


_TIME_CORNER = re.compile(r"(?:time|follow-?up)?[\s,(]*(?:days?|weeks?|wks?|months?|mos?|years?|yrs?)\)?$", re.I)


def _counts_time(corner: str, names: Sequence[str]) -> bool:
    """Whether numbers beside or below a corner are points of time: ``Month`` over or before 0, 3, 12."""
    if not _TIME_CORNER.match(corner) or len(names) < 2 or not all(re.fullmatch(r"\d{1,3}", name) for name in names):
        return False
    numbers = [int(name) for name in names]
    return numbers == sorted(set(numbers))


def find_headers(slots: Sequence[Slot]) -> list[Headed]:
    """Give every slot its row header, its column header and its group, in the order of the slots.

    Headers of several levels are joined with a blank, outermost first. A header that is only a number or letter
    ("1" in the row "Patient ID") takes the words of its corner with it: "Patient ID 1".
    """
    if not slots:
        return []
    grid = _Grid(slots)
    top = grid.header_rows()
    side = grid.header_columns(top)
    grid.even_out(top, side)
    groups = grid.groups(top)
    repeated = grid.repeated_headers(top)
    labels = [grid.row_label(row, side, top, groups) for row in range(grid.height)]
    heads = [grid.column_label(column, top, side) for column in range(grid.width)]
    out = []
    for slot in slots:
        heading_row = slot.row < top or slot.row in repeated
        if heading_row:
            above = grid.column_label(slot.column, min(slot.row, top), side) if slot.row < top else ""
            counted = slot.column >= max(side, 1) and slot.row < top and _BARE_ID.match(bare(slot.text))
            corner = grid.text(slot.row, 0) if counted else ""
            out.append(Headed(slot, corner, above, True, ""))
        elif slot.row in groups and groups[slot.row][1]:
            out.append(Headed(slot, "", "", True, ""))
        else:
            group = groups.get(slot.row, ("", False))[0]
            head = (
                _joined(heads[c] for c in range(slot.column, slot.column + slot.columns))
                if slot.columns > 1
                else heads[slot.column]
            )
            label = "" if slot.column < side else labels[slot.row]
            out.append(Headed(slot, label, head, slot.column < side, group))
    return out


class _Grid:
    """The slots laid out on rows and columns."""

    def __init__(self, slots: Sequence[Slot]) -> None:
        self.slots = slots
        self.height = max(s.row + s.rows for s in slots)
        self.width = max(s.column + s.columns for s in slots)
        self.owner: list[list[Slot | None]] = [[None] * self.width for _ in range(self.height)]
        for slot in slots:
            for row in range(slot.row, slot.row + slot.rows):
                for column in range(slot.column, slot.column + slot.columns):
                    self.owner[row][column] = slot
        self.marked = any(s.header for s in slots)

    def text(self, row: int, column: int) -> str:
        slot = self.owner[row][column]
        return bare(slot.text) if slot else ""

    def filled(self, row: int) -> list[Slot]:
        """The slots with words that stand in a row, each once."""
        return list({id(s): s for s in self.owner[row] if s and s.text.strip()}.values())

    def begins(self, row: int) -> list[Slot]:
        return [s for s in self.filled(row) if s.row == row]

    def header_rows(self) -> int:
        """How many rows at the top are headers."""
        if self.marked:
            count = 0
            while count < self.height and self.filled(count) and all(s.header for s in self.filled(count)):
                count += 1
            if 0 < count < self.height:
                return count
        if self.height < 2 or self.width < 2:
            return 0
        first = 0
        while first < self.height - 1 and len(self.filled(first)) < 2:
            slot = self.filled(first)[0] if self.filled(first) else None
            if slot and slot.columns < self.width and slot.column == 0:
                return 0
            first += 1
        times = [self.text(first, column) for column in range(1, self.width)]
        if not self._looks_like_header(first) and not _counts_time(self.text(first, 0), times):
            return 0
        return self._last_header_row(first) + 1

    def _last_header_row(self, first: int) -> int:
        last = max(first, max(s.row + s.rows - 1 for s in self.filled(first) if s.rows < 4 or s.rows < self.height))
        last = min(last, self.height - 2)
        while last + 1 < self.height - 1 and self._goes_on(last):
            last += 1
        return last

    def _goes_on(self, row: int) -> bool:
        """Whether the row below a header row is one too: units, or words under a head that spans columns."""
        below = self.begins(row + 1)
        spanning = any(1 < s.columns < self.width for s in self.filled(row))
        names = [bare(s.text) for s in below]
        if spanning and len(set(names)) * 2 <= len(names) and not any(map(_NUMBER.match, names)):
            return True  # "right left right left" under heads
        units = [bool(_UNIT_ROW.match(s.text.strip())) for s in below]
        if not below or any(is_value(s.text) and not unit for s, unit in zip(below, units, strict=True)):
            return False
        if all(units):
            return True
        if not spanning:
            return False
        if self.owner[row + 1][0] is self.owner[row][0]:
            return True
        if not self.text(row + 1, 0) and not self._sequence(below):
            return True
        over, same = self._contrast(row + 1)
        return over > 0 and same == 0

    def _sequence(self, slots: Sequence[Slot]) -> bool:
        """Whether slots count up: 1 2 3, A B C, Patient 1 Patient 2."""
        ends = [re.search(r"(\d+|[A-Z]|[IVX]+)$", bare(s.text)) for s in slots]
        if len(slots) < 2 or not all(ends):
            return False
        if not all(_BARE_ID.match(bare(s.text)) or _LABEL.match(bare(s.text)) for s in slots):
            return False
        marks = [m.group() for m in ends if m]
        if all(m.isdigit() for m in marks):
            numbers = [int(m) for m in marks]
            return all(b - a == 1 for a, b in pairwise(numbers))
        if all(len(m) == 1 and m not in "IVX" for m in marks):
            return all(ord(b) - ord(a) == 1 for a, b in pairwise(marks))
        return marks == _ROMAN[: len(marks)]

    def _contrast(self, row: int) -> tuple[int, int]:
        """Columns where words stand over values, and columns where a value stands over values."""
        over, same = 0, 0
        for column in range(self.width):
            below = [self.text(r, column) for r in range(row + 1, self.height)]
            below = [t for t in below if t]
            values = sum(map(is_value, below))
            if not below or values * 2 < len(below):
                continue
            here = self.text(row, column)
            if here and not is_value(here):
                over += 1
            elif here:
                same += 1
        return over, same

    def _value_columns(self, row: int) -> bool:
        """Whether a column mostly holds values below a row."""
        for column in range(self.width):
            below = [t for r in range(row + 1, self.height) if (t := self.text(r, column))]
            if below and sum(map(is_value, below)) * 2 >= len(below):
                return True
        return False

    def _looks_like_header(self, row: int) -> bool:
        slots = self.filled(row)
        rest = [s for s in slots if s.column > 0]
        if self._sequence(rest):
            return True
        if _LABEL.match(self.text(row, 0)) and row + 1 < self.height and _LABEL.match(self.text(row + 1, 0)):
            return False
        values = [s for s in slots if is_value(s.text)]
        times = [s for s in rest if _TIME.match(s.text.strip())]
        if len(times) == 1 and len(rest) == 2 and is_value(rest[0].text):
            return False
        over, same = self._contrast(row)
        if not values:
            if over:
                return True
            if same or self._value_columns(row) or any(len(s.text) > 80 for s in slots) or len(slots) < self.width - 1:
                return False
            # Words over words: in two columns the first row may as well be a label and its value.
            return self.width > 2 or any(_HEADING_WORD.search(s.text) for s in rest)
        return len(values) * 3 <= len(slots) and over >= 2 and over > same

    def header_columns(self, top: int) -> int:
        """How many columns at the left are headers."""
        body = range(top, self.height)
        if self.width < 2 or not body:
            return 0
        if self.marked:
            count = 0
            while count < self.width - 1:
                column = [s for r in body if (s := self.owner[r][count]) and s.text.strip() and s.columns < self.width]
                if not column or not all(s.header for s in column):
                    break
                count += 1
            if count:
                return count
        names = [t for r in body if (t := self.text(r, 0)) and len(self.filled(r)) > 1]
        if not names:
            return 0
        corner = self.text(top - 1, 0) if top else ""
        if top == 0 and self.height == 1:
            return 1 if _LABEL.match(names[0]) else 0
        if top and _PHASE.match(corner):
            return 0  # "before" and "after" side by side: both columns hold findings
        numbers = sum(bool(_NUMBER.match(t)) and not _TIME.match(t) for t in names)
        if numbers * 2 > len(names) and not _ID_HEADER.search(corner) and not _counts_time(corner, names):
            counted = [int(t) for t in names if t.isdecimal()]
            if (
                len(counted) < len(names)
                or counted != list(range(counted[0], counted[0] + len(counted)))
                or len(names) < 2
            ):
                return 0
        if top:
            slot = self.owner[top - 1][0]
            if slot and 1 < slot.columns < self.width - 1:
                return slot.columns
            sub = [self.text(r, 1) for r in body]
            blank = not self.text(top - 1, 1)
            if blank and self.width > 3 and sum(map(bool, sub)) * 2 >= len(sub) and not any(map(is_value, sub)):
                return 2
        return 2 if self._has_sublabels(body) else 1

    def _has_sublabels(self, body: range) -> bool:
        """Whether labels in the first column reach over rows that the second column tells apart."""
        if self.width < 3:
            return False
        under: list[list[str]] = []
        for row in body:
            outer, inner = self.owner[row][0], self.owner[row][1]
            if len(self.filled(row)) < 2:
                under.append([])
                continue
            if inner is None or inner.rows > 1 or is_value(inner.text) or inner.columns > 1:
                return False
            if (outer is None or outer.row < row) and under:
                under[-1].append(bare(inner.text))
            else:
                under.append([bare(inner.text)])
        labelled = [names for names in under if names]
        several = [names for names in labelled if len(names) > 1]
        return len(several) * 2 >= len(labelled) > 0 and all(len(set(names)) == len(names) for names in several)

    def even_out(self, top: int, side: int) -> None:
        """Set heads right that are drawn over the wrong columns: three heads over "right left right left right left"
        govern two columns each, however wide they are."""
        columns = range(side, self.width)
        for row in range(top - 1):
            heads = list({id(s): s for c in columns if (s := self.owner[row][c]) and s.text.strip()}.values())
            below = [self.text(row + 1, c) for c in columns]
            size = len(below) // len(heads) if heads else 0
            if size < 2 or len(heads) < 2 or len(below) != size * len(heads) or len(set(below[:size])) < size:
                continue
            if "" in below or any(text != below[i % size] for i, text in enumerate(below)):
                continue
            for i, column in enumerate(columns):
                self.owner[row][column] = heads[i // size]

    def groups(self, top: int) -> dict[int, tuple[str, bool]]:
        """For each row under a group row: the group's words, and whether the row is that group row itself."""
        single = {}
        for row in range(top, self.height):
            slots = self.filled(row)
            if len(slots) == 1 and slots[0].row == row and slots[0].column == 0 and self.width > 1:
                single[row] = bare(slots[0].text)
        out: dict[int, tuple[str, bool]] = {}
        if len(single) * 2 > self.height - top and self.height - top > 2:
            return out
        group = ""
        for row in range(top, self.height):
            follows = any(r not in single for r in range(row + 1, self.height))
            if row in single and follows:
                group = f"{group} {single[row]}" if row - 1 in single else single[row]
                out[row] = (group, True)
            elif group:
                out[row] = (group, False)
        return out

    def repeated_headers(self, top: int) -> set[int]:
        """Rows further down that say the header row again, as a table does that goes on over the page."""
        if not top:
            return set()
        said = {tuple(self.text(r, c) for c in range(self.width)) for r in range(top)}
        return {
            r
            for r in range(top, self.height)
            if len(self.filled(r)) > 1 and tuple(self.text(r, c) for c in range(self.width)) in said
        }

    def row_label(self, row: int, side: int, top: int, groups: dict[int, tuple[str, bool]]) -> str:
        words: list[str] = []
        seen: set[int] = set()
        for column in range(side):
            above = row
            while above > top and not self.text(above, column) and not groups.get(above, ("", False))[1]:
                above -= 1
            if column and above != row:  # only the outer label reaches down to the rows below it
                continue
            slot = self.owner[above][column]
            if not slot or id(slot) in seen or not slot.text.strip() or groups.get(above, ("", False))[1]:
                continue
            seen.add(id(slot))
            text = bare(slot.text)
            if _BARE_ID.match(text):
                text = _joined((self.column_label(column, top, 0), text))
            words.append(text)
        return _joined(words)

    def column_label(self, column: int, top: int, side: int) -> str:
        words: list[str] = []
        seen: set[int] = set()
        for row in range(top):
            slot = self.owner[row][column]
            if not slot or id(slot) in seen or not slot.text.strip():
                continue
            if len(self.filled(row)) == 1 and slot.columns == self.width and self.width > 1:
                continue  # a title over the whole table governs no column
            seen.add(id(slot))
            text = bare(slot.text)
            if column >= max(side, 1) and _BARE_ID.match(text) and side:
                text = _joined((self.text(row, 0), text))
            words.append(text)
        return _joined(words)


def _joined(words: Iterable[str]) -> str:
    out: list[str] = []
    for word in words:
        if word and word not in out:
            out.append(word)
    return " ".join(out)
