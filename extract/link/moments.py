"""LINK, when a value was measured, where its own words and headers do not say it: the table's caption and notes, and
the place of the words that a time was carried on from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from extract.model import Cell, Document, Mention, Span
from extract.numbers import NUMBER_WORDS, number_word

MONTHS = {
    "d": Decimal(12) / Decimal(365),
    "w": Decimal(12 * 7) / Decimal(365),
    "m": Decimal(1),
    "y": Decimal(12),
}
_COUNTED = re.compile(
    rf"(?<![\w.])(?P<n>\d+(?:\.\d+)?|{NUMBER_WORDS})[\s-]*(?P<unit>months?|mos?|weeks?|wks?|years?|yrs?|days?)\b"
    r"(?P<rel>\s*(?:\W\s*)?(?:after|post|following|later|of\s+follow|follow)\b)?"
    r"|\b(?P<unit2>months?|weeks?|years?|days?)\s+(?P<n2>\d+)\b(?!\s*(?:months?|weeks?|years?|days?)\b)",
    re.IGNORECASE,
)
_AT = re.compile(r"\b(?:at|after|by|those\s+of|values\s+of)\s+(?:the\s+)?(?:about\s+)?$", re.IGNORECASE)
# The time of something else, or a stretch of it: "over 24 months", "aged 12 years", "prednisone for six weeks"
_NO_MOMENT = re.compile(
    r"\b(?:over|during|for|within|every|each|aged?|age\s+of|history\s+of|duration\s+of|first|last|next|until|up\s+to)"
    r"\s+(?:the\s+)?(?:first\s+|last\s+|next\s+)?$",
    re.IGNORECASE,
)
_NO_MOMENT_AFTER = re.compile(r"[\s-]*(?:old\b|of\s+age\b|apart\b|history\b|course\b|intervals?\b)", re.IGNORECASE)
_ABOUT_VALUES = re.compile(
    r"\b(?:values?|scores?|results?|outcomes?|measure\w*|assess\w*|evaluat\w*|examin\w*|findings?|taken|data|MRI|imaging"
    r"|parameters?|levels?|tests?|post\W?(?:treatment|therapy|transplant\w*|op\w*|infusion|injection)|comparison|changes?)\b",
    re.IGNORECASE,
)
_OTHER_EVENT = re.compile(
    r"\b(?:stopp\w+|discontinu\w+|taper\w+|started|begun|began|received|died|relaps\w+|amputat\w+|repeated|withdrawn)\b",
    re.IGNORECASE,
)
_LABEL = re.compile(r"^\W*(?:supplementary\s+)?table\s+[\dIVXS]+\W+", re.IGNORECASE)
# "at 6 and 12 months": the number before shares the unit
_LISTED = re.compile(
    rf"(?<![\w.])(?P<n>\d+(?:\.\d+)?|{NUMBER_WORDS})\s*(?:,\s*(?:and|or)?|/|&|and|or|to|[-\u2010-\u2015])\s*(?:at\s+)?$",
    re.IGNORECASE,
)
_CASE_LIST = re.compile(r"\b(?:cases?|patients?|subjects?|pts?)\s[\d,&\s]*(?:and\s)?$", re.IGNORECASE)
_OF_CASES = re.compile(
    r"\s*(?:\w+\s+){0,2}?\b(?:in|for|of)\s+(?:cases?|patients?|subjects?|pts?)\s+"
    r"(?P<list>[A-Z\d]{1,2}\b(?:(?:\s*,\s*(?:and\s+)?|\s+and\s+|\s*&\s*)[A-Z\d]{1,2}\b)*)",
    re.IGNORECASE,
)


class Moment(NamedTuple):
    """A time after the treatment in months, and the mention that holds its words."""

    months: Decimal
    words: str
    mention: Mention


def in_months(number: str, unit: str) -> Decimal:
    """A printed length of time in months."""
    return ((number_word(number) or Decimal(0)) * MONTHS[unit.lower()[0]]).quantize(Decimal("0.01")).normalize()


def moment_of_table(document: Document, mention: Mention, patient: str) -> Moment | None:
    """The one time at which the values after treatment in a table were taken, as its caption or its notes tell it.

    None where a header of the table has a time of its own, where several times are told that are not shared out
    among the patients, or where the words tell the time of something else.
    """
    if mention.cell is None:
        return None
    cell = document.cells[mention.cell]
    table = document.tables[cell.table]
    if not (table.caption or table.notes) or _heads_have_times(document, cell):
        return None
    for words in (table.caption, table.notes):
        told = list(_moments(words))
        if not told:
            continue
        mine = [one for one in told if not one[2] or patient.lower() in one[2]]
        if len({one[0] for one in mine}) == 1 and (len(mine) == len(told) or mine[0][2]):
            months, text, _ = mine[0]
            return Moment(months, text, _at(document, mention, words, text))
        return None
    return None


def _heads_have_times(document: Document, cell: Cell) -> bool:
    return any(
        other.table == cell.table and (_COUNTED.search(other.column_header) or _COUNTED.search(other.row_header))
        for other in document.cells
    )


def _moments(words: str) -> Iterator[tuple[Decimal, str, frozenset[str]]]:
    """The times of measurement of a caption: months, words, and the patients they are told of (none: of all)."""
    for index, sentence in enumerate(re.split(r"(?<=[a-z)\d])[.;]\s+", _LABEL.sub("", words))):
        if _OTHER_EVENT.search(sentence) or not (_ABOUT_VALUES.search(sentence) or index == 0):
            continue
        for found in _COUNTED.finditer(sentence):
            before, after = sentence[: found.start()], sentence[found.end() :]
            if _NO_MOMENT.search(before) or _NO_MOMENT_AFTER.match(after):
                continue
            if not (found["rel"] or found["unit2"] or _AT.search(before)):
                continue
            number, unit = found["n"] or found["n2"], found["unit"] or found["unit2"]
            cases = _OF_CASES.match(after)
            names = re.findall(r"[A-Z\d]{1,2}\b", cases["list"].upper().replace("AND", ",")) if cases else []
            months = in_months(number, unit)
            if months:
                yield months, found.group().strip(), frozenset(name.lower() for name in names)
            other = _LISTED.search(before) if found["n"] else None
            if other is not None and not _CASE_LIST.search(before[: other.start()]):
                yield in_months(other["n"], unit), other.group().strip(), frozenset()


def _at(document: Document, mention: Mention, passage: str, words: str) -> Mention:
    """The words of a time inside a passage of the document, as a mention; the value's own where it cannot be found."""
    begin = document.text.find(passage.strip())
    start = document.text.find(words, begin) if begin >= 0 else -1
    if start < 0:
        return mention
    span = Span(start=start, end=start + len(words))
    return mention.model_copy(
        update={
            "span": span,
            "text": words,
            "sentence": Span(start=begin, end=begin + len(passage.strip())),
            "block": document.block_at(start),
            "cell": None,
        }
    )


def told_before(document: Document, mention: Mention, words: str) -> Mention:
    """Where the time of a value is told: its own sentence, or the sentence before it in the paragraph that has it."""
    if not words or mention.cell is not None or mention.block is None or words in document.quote(mention.sentence):
        return mention
    begin = document.blocks[mention.block].span.start
    start = document.text.rfind(words, begin, mention.sentence.start)
    if start < 0:
        return mention
    left = document.text.rfind(". ", begin, start)
    right = document.text.find(". ", start, mention.sentence.start)
    sentence = Span(start=left + 2 if left >= 0 else begin, end=right + 1 if right >= 0 else mention.sentence.start)
    span = Span(start=start, end=start + len(words))
    return mention.model_copy(update={"span": span, "text": words, "sentence": sentence})
