"""READ, what comes again on every page: running heads and feet, page numbers, the numbers of a manuscript's lines."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from operator import attrgetter

from extract.read.areas import Type
from extract.read.sheet import Line, Sheet

_DIGITS = re.compile(r"\d+|\b[ivxlc]{1,6}\b")
_PAGE_NUMBER = re.compile(
    r"(?:page|p\.|seite)?\s*[-–—|(]?\s*[eES]?\d{1,6}\s*(?:(?:of|/|von|de)\s*\d{1,4})?\s*[-–—|)]?$", re.I
)

_height = attrgetter("baseline")


def find_running(sheets: Sequence[Sheet], body: Type) -> set[int]:
    """The ids of lines that are no part of the text: heads and feet that come again on other pages, page numbers,
    line numbers."""
    counted = _count_of_lines(sheets)
    found: set[int] = set()
    places: dict[tuple[str, bool], set[int]] = {}
    keyed: list[tuple[Line, Sheet, str, bool]] = []
    for sheet in sheets:
        for line in sheet.lines:
            if id(line) in counted:
                continue
            upper = line.bottom < 0.16 * sheet.height
            lower = line.top > 0.86 * sheet.height
            edge = line.x1 < 0.09 * sheet.width or line.x0 > 0.93 * sheet.width
            if not (upper or lower or edge):
                continue
            key = _DIGITS.sub("#", line.text.lower().replace(" ", ""))
            keyed.append((line, sheet, key, upper))
            places.setdefault((key, upper), set()).add(sheet.number)
    by_height = {sheet.number: sorted(sheet.lines, key=_height) for sheet in sheets}
    for line, sheet, key, upper in keyed:
        if _goes_with_text(line, by_height[sheet.number], upper, body):
            continue
        outermost = _is_outermost(line, sheet, upper)
        if (
            len(places[key, upper]) > 1
            and (len(key) > 3 or outermost)
            and _stands_alike(line, sheet, key, upper, keyed)
        ) or (_PAGE_NUMBER.match(line.text) and outermost):
            found.add(id(line))
    _spread(sheets, found, counted)
    return found | counted


def _goes_with_text(line: Line, by_height: Sequence[Line], upper: bool, body: Type) -> bool:
    """Whether a line is set like the text and at least three more follow it towards the middle of the page, as close
    as lines of the text are. ``by_height`` are the lines of the page from the top down."""
    if abs(line.size - body.size) > 0.3 or _PAGE_NUMBER.match(line.text):
        return False
    for _ in range(3):
        reach = 1.25 * body.leading + 1
        first, last = (line.baseline, line.baseline + reach) if upper else (line.baseline - reach, line.baseline)
        near = by_height[bisect_left(by_height, first, key=_height) : bisect_right(by_height, last, key=_height)]
        following = [
            other
            for other in near
            if 0 < abs(other.baseline - line.baseline) < 1.25 * body.leading
            and abs(other.size - line.size) < 0.3
            and other.font == line.font
            and min(other.x1, line.x1) - max(other.x0, line.x0) > 0.3 * (line.x1 - line.x0)
        ]
        if not following:
            return False
        line = min(following, key=lambda other: other.order)
    return True


def _stands_alike(
    line: Line, sheet: Sheet, key: str, upper: bool, keyed: Sequence[tuple[Line, Sheet, str, bool]]
) -> bool:
    """Whether the same words stand at the same height on another page."""
    return any(
        other_sheet is not sheet and other_key == key and other_upper == upper
        and (
            abs(other.baseline - line.baseline) < 8
            or abs(other_sheet.height - other.baseline - sheet.height + line.baseline) < 8
        )
        for other, other_sheet, other_key, other_upper in keyed
    )  # fmt: skip


def _is_outermost(line: Line, sheet: Sheet, upper: bool) -> bool:
    """Whether no other line stands further out than this one, towards the top or bottom edge of the page."""
    if upper:
        return not any(other.bottom < line.top for other in sheet.lines)
    return not any(other.top > line.bottom for other in sheet.lines)


def _spread(sheets: Sequence[Sheet], found: set[int], counted: set[int]) -> None:
    """Add what stands beside a running line, on its baseline in its margin: the other half of a running head."""
    for sheet in sheets:
        running = [line for line in sheet.lines if id(line) in found]
        for line in sheet.lines:
            if id(line) in found or id(line) in counted:
                continue
            sides = {
                other.bottom < 0.12 * sheet.height
                for other in running
                if abs(other.baseline - line.baseline) < 2
                and abs(line.size - other.size) < 1.2
                and (other.bottom < 0.12 * sheet.height or other.top > 0.88 * sheet.height)
            }
            for upper in sides:
                beyond = any(
                    (each.bottom < line.top - 1 if upper else each.top > line.bottom + 1)
                    and id(each) not in found
                    and each is not line
                    for each in sheet.lines
                )
                if not beyond:
                    found.add(id(line))
                    break


def _count_of_lines(sheets: Sequence[Sheet]) -> set[int]:
    """The ids of line numbers: where one page has many, the few in the same place of others are such too."""
    found = [line for sheet in sheets for line in _line_numbers(sheet)]
    right = Counter(round(line.x1) for line in found)
    left = Counter(round(line.x0) for line in found)
    out = {id(line) for line in found}
    for sheet in sheets:
        for line in sheet.lines:
            if found and len(line.words) == 1 and line.text.isdecimal() and len(line.text) < 5:
                near = (right[round(line.x1) + d] + left[round(line.x0) + d] for d in (-1, 0, 1))
                if sum(near) > 0.5 * len(found):
                    out.add(id(line))
    return out


def _line_numbers(sheet: Sheet) -> list[Line]:
    """Numbers that count the lines of a manuscript, in a margin of their own."""
    lone = [line for line in sheet.lines if len(line.words) == 1 and line.text.isdecimal() and len(line.text) < 5]
    if len(lone) < 8:
        return []
    for edge in ("x1", "x0"):
        places = Counter(round(getattr(line, edge)) for line in lone)
        place = max(places, key=lambda p: places[p])
        column = [line for line in lone if abs(getattr(line, edge) - place) <= 2]
        column.sort(key=lambda line: line.baseline)
        counts = [int(line.text) for line in column]
        steps = [b - a for a, b in pairwise(counts)]
        if len(column) >= 8 and steps and sum(step in (1, 5) for step in steps) > 0.9 * len(steps):
            others = [line for line in sheet.lines if line not in column]
            margin = max(line.x1 for line in column)
            inner = min(line.x0 for line in column)
            if all(line.x0 > margin - 1 or line.x1 < inner + 1 for line in others):
                return column
    return []
