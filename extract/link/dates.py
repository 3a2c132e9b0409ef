"""LINK, printed dates: whether a dated value is from before the first cells, and how many months after them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from extract.link.readings import Reading
from extract.model import Document, Mention, Span

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?|Nov(?:ember)?"
    r"|Dec(?:ember)?)\.?"
)
_DATE = re.compile(
    rf"\b(?P<day>[0-3]?\d)(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<month>{_MONTH})\s*,?\s*(?P<year>(?:19|20)\d\d)\b"
    rf"|\b(?P<month_us>{_MONTH})\s+(?P<day_us>[0-3]?\d)(?:st|nd|rd|th)?,?\s+(?P<year_us>(?:19|20)\d\d)\b"
    r"|\b(?P<year_iso>(?:19|20)\d\d)-(?P<month_iso>[01]\d)-(?P<day_iso>[0-3]\d)\b"
    rf"|\b(?P<month_only>{_MONTH})\s+(?:of\s+)?(?P<year_only>(?:19|20)\d\d)\b"
)
_GIVEN = re.compile(
    r"\b(?:infus|inject|transfus|transplant|implant|instill|administ|deliver|receiv|given|gave|underwent|procedure)\w*",
    re.IGNORECASE,
)
_OF_CELLS = re.compile(
    r"\bcells?\b|\b[\w-]*(?:MSC|ASC|MNC|ADSC|HSC|BMC)s?\b|\bSVF\b|\bBMAC\b|\bfirst\s(?:\w+\s)?(?:infusion|injection|dose)\b",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"\S.*?(?:(?<=[a-z\d)\]]\.)(?=\s+[A-Z(])|$)", re.DOTALL)
_DAYS_PER_MONTH = Decimal("30.4375")
_HUNDREDTH = Decimal("0.01")
_LONGEST = 600


class _Day(NamedTuple):
    """A printed date and where it stands; ``exact`` when the day is printed: else it is the first of the month."""

    start: int
    end: int
    day: date
    exact: bool


def _days_in(text: str, offset: int) -> list[_Day]:
    """The dates of a text, in order; what is no date of the calendar is left out."""
    out = []
    for found in _DATE.finditer(text):
        year = next(found[g] for g in ("year", "year_us", "year_iso", "year_only") if found[g])
        month = next(found[g] for g in ("month", "month_us", "month_iso", "month_only") if found[g])
        day = next((found[g] for g in ("day", "day_us", "day_iso") if found[g]), "")
        number = int(month) if month.isdigit() else _MONTHS.index(month[:3].lower()) + 1
        try:
            out.append(
                _Day(offset + found.start(), offset + found.end(), date(int(year), number, int(day or 1)), bool(day))
            )
        except ValueError:
            continue
    return out


def with_dates(document: Document, readings: Sequence[Reading], given: int | None) -> list[Reading]:
    """Readings that have a printed date instead of a time, told by the date of the first cells of the story.

    An earlier date is one before the treatment; of a later one the months between the two dates are counted, as a
    derived value. Nothing is changed where either date is missing or both are not printed alike (day or month).
    """
    measured = {reading.mention.sentence for reading in readings}
    out = []
    for reading in readings:
        first = _first_cells(document, reading, measured, given) if _may_be_dated(document, reading) else None
        out.append(reading if first is None else _dated(document, reading, first))
    return out


def _may_be_dated(document: Document, reading: Reading) -> bool:
    return (
        reading.months is None
        and reading.mention.cell is None
        and reading.where == "narrative"
        and _DATE.search(document.quote(reading.mention.sentence)) is not None
    )


def _first_cells(document: Document, reading: Reading, measured: set[Span], given: int | None) -> _Day | None:
    """The first date on which cells were given: in the paragraph of the value, else in that of the first dose."""
    blocks = [reading.mention.block, document.block_at(given) if given is not None else None]
    for index in blocks:
        if index is None:
            continue
        block = document.blocks[index].span
        days = []
        for found in _SENTENCE.finditer(document.text, block.start, block.end):
            span = Span(start=found.start(), end=found.end())
            told = _GIVEN.search(found.group()) and _OF_CELLS.search(found.group())
            if told and not any(sentence.overlaps(span) for sentence in measured):
                days += _days_in(found.group(), span.start)[:1]
        if days:
            return min(days, key=lambda day: day.day)
    return None


def _dated(document: Document, reading: Reading, first: _Day) -> Reading:
    if not _may_be_dated(document, reading):
        return reading
    sentence, value = reading.mention.sentence, reading.mention.span
    days = _days_in(document.quote(sentence), sentence.start)
    before = [day for day in days if day.end <= value.start]
    day = before[-1] if before else days[0]
    if day.exact != first.exact:
        return reading
    if day.day < first.day:
        return reading._replace(phase="pre", by_order=False)
    if day.day == first.day or reading.phase == "pre":
        return reading
    whole = Decimal((day.day.year - first.day.year) * 12 + day.day.month - first.day.month)
    months = (whole + (day.day.day - first.day.day) / _DAYS_PER_MONTH).quantize(_HUNDREDTH).normalize()
    if months > _LONGEST:
        return reading
    words = document.text[day.start : day.end]
    formula = f"{words} - {document.text[first.start : first.end]}, the date of the first cells"
    return reading._replace(
        phase="post",
        months=months,
        timepoint=words,
        timed_by=_at(document, reading.mention, day),
        counted_by=formula,
        by_order=False,
    )


def _at(document: Document, mention: Mention, day: _Day) -> Mention:
    span = Span(start=day.start, end=day.end)
    return mention.model_copy(update={"span": span, "text": document.quote(span)})
