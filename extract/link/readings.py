"""LINK, one score: measure, rater, value, before or after the cells, and when."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Literal, NamedTuple

from extract.link.moments import in_months, moment_of_table, told_before
from extract.link.values import as_number, where_of
from extract.model import Document, Mention, Where
from extract.numbers import NUMBER_WORDS
from extract.patterns import searched
from extract.schema import Scale

_PRE = re.compile(
    r"\b(?:pre|pre-?treatment|pre-?op\w*|pre-?tx|pre-?transplant\w*|before|baseline|at entry|"
    r"at (?:presentation|admission|enrol\w+|inclusion|referral)"
    r"|on (?:admission|referral|presentation)|prior to|initial(?:ly)?|month 0|day 0|week 0|screening)\b",
    re.IGNORECASE,
)
_POST = re.compile(
    r"\b(?:post|post-?treatment|post-?op\w*|post-?tx|post-?transplant\w*|after|follow[- ]?up|"
    r"at last (?:visit|follow[- ]?up)|last (?:visit|seen)|most recent"
    r"|latest|currently|now|final|thereafter|(?:at|by|after) (?:\w+ )?(?:months?|weeks?|years?)|(?:months?|"
    r"weeks?|years?) (?:later|after|post)"
    r"|(?:had|has|have) (?:fallen|risen|dropped|improved|decreased|increased|come down|returned))\b",
    re.IGNORECASE,
)
_TIME = re.compile(
    rf"(?P<n>\d+(?:\.\d+)?|{NUMBER_WORDS})[- ]?(?P<unit>months?|mos?\b|weeks?|wks?\b|years?|yrs?\b|days?)"
    r"|(?P<unit2>months?|weeks?|years?|days?|mo|wk)\.?\s*(?P<n2>\d+(?:\.\d+)?)",
    re.IGNORECASE,
)
_ANCHOR = re.compile(
    r"\b(?P<nth>second|third|fourth|fifth|sixth|2nd|3rd|4th|last)\s+(?:\w+[- ]){0,3}?(?:infusions?|"
    r"injections?|transplant\w*|treatments?|doses?|"
    r"sessions?|courses?|procedures?|administrations?|transfusions?)\b",
    re.IGNORECASE,
)
# Words of a time that count it from the cells, not from an event of the story before them
_AFTER_CELLS = re.compile(
    r"cell|MSC|infus|inject|transplant|graft|implant|surg|operat|procedure|decompression|SVF|BMAC|post\W?|follow\W?up"
    r"|treatment|therapy|administration",
    re.IGNORECASE,
)
Phase = Literal["pre", "post", "unspecified"]


class Reading(NamedTuple):
    """One printed value of a measure, with all that its place says of it.

    ``timed_by`` holds the words of its time; ``by_order``: that it is from after the cells is known only because it
    stands behind them in the story; ``counted_by``: how its months were counted where no time is printed.
    """

    measure: str
    rater: str | None
    phase: Phase
    value: Decimal | None
    value_text: str
    scale_max: Decimal | None
    unit: str
    months: Decimal | None
    timepoint: str
    anchor: str
    mention: Mention
    where: Where
    timed_by: Mention
    by_definition: bool = False
    by_order: bool = False
    counted_by: str = ""


def is_reading(mention: Mention) -> bool:
    return (
        mention.context.presence == "present"
        and mention.context.when != "future"
        and mention.detail("measure") is not None
    )


def read_score(
    document: Document, mention: Mention, given: int | None, scales: dict[str, Scale], patient: str
) -> Reading | None:
    """A score mention as a reading of a patient: its own details first, then the headers of its cell and the caption
    of its table, then words and order."""
    value = as_number(mention.detail("value"))
    if value is None and mention.quantity is not None:
        value = mention.quantity.number
    text = str(mention.detail("value_text") or "")
    if value is None and not text and mention.quantity is None:
        return None
    if value is None and not text and mention.quantity is not None:
        text = mention.quantity.as_written
    measure = str(mention.detail("measure"))
    headers = ""
    if mention.cell is not None:
        cell = document.cells[mention.cell]
        headers = " | ".join(part for part in (cell.column_header, cell.row_header, cell.group) if part)
    months = as_number(mention.detail("timepoint_months"))
    timepoint = str(mention.detail("timepoint") or "")
    if months is None and headers:
        months, timepoint = _time_in(headers)
    phase = mention.detail("phase")
    if phase not in ("pre", "post"):
        phase = _phase(document, mention, headers, months, given)
    elif (
        phase == "post"
        and given is not None
        and _in_story_before(document, mention, given)
        and (months is None or (_one_story(document, mention, given) and not _AFTER_CELLS.search(timepoint)))
    ):
        # "After methylprednisolone the score stood at 12", "six months later it was 9": before any cells were given
        phase, months, timepoint = "pre", None, ""
    elif phase == "pre" and not timepoint and _in_story_after(document, mention, given):
        phase = "post"
    if months == 0 and phase == "unspecified":
        phase = "pre"
    timed_by = told_before(document, mention, timepoint)
    if phase == "post" and months is None and (moment := moment_of_table(document, mention, patient)) is not None:
        months, timepoint, timed_by = moment
    scale = scales.get(measure)
    rater = mention.detail("rater") or _rater_in(headers) or (scale.rater if scale else None)
    anchor = _ANCHOR.search(document.quote(mention.sentence)) if mention.cell is None else None
    return Reading(
        measure=measure,
        rater=str(rater) if rater else None,
        phase="pre" if phase == "pre" else "post" if phase == "post" else "unspecified",
        value=value,
        value_text=text,
        scale_max=as_number(mention.detail("scale_max")),
        unit=str(mention.detail("unit") or (mention.quantity.unit if mention.quantity else "") or ""),
        months=months,
        timepoint=timepoint,
        anchor=anchor["nth"].lower() if anchor else "",
        mention=mention,
        where=where_of(document, mention),
        timed_by=timed_by,
        by_order=phase == "post" != mention.detail("phase")
        and mention.cell is None
        and months is None
        and not _POST.search(document.quote(mention.sentence)),
    )


def _in_story_before(document: Document, mention: Mention, given: int) -> bool:
    return mention.cell is None and where_of(document, mention) == "narrative" and mention.span.start < given


def _one_story(document: Document, mention: Mention, given: int) -> bool:
    """Whether a value and the first cells stand in one story, so that their order is that of time: not where the
    methods are told last."""
    there = document.block_at(given)
    if mention.block is None or there is None:
        return False
    a, b = document.blocks[mention.block].section, document.blocks[there].section
    return a == b or (a == "case" and b != "methods")


def _in_story_after(document: Document, mention: Mention, given: int | None) -> bool:
    """Whether a value is told after the cells were given, with nothing before it in its sentence that looks
    back."""
    if (
        mention.cell is not None
        or given is None
        or mention.span.start < given
        or where_of(document, mention) != "narrative"
    ):
        return False
    before = document.text[mention.sentence.start : mention.span.start]
    return not _PRE.search(before) and not re.search(r"\b(?:from|against|versus|vs\.?|was|were|had been)\s*$", before)


def _phase(document: Document, mention: Mention, headers: str, months: Decimal | None, given: int | None) -> Phase:
    if headers:
        pre, post = _PRE.search(headers), _POST.search(headers)
        if bool(pre) != bool(post):
            return "pre" if pre else "post"
        if months is not None:
            return "post" if months > 0 else "pre"
        return "unspecified"
    if months is not None and months > 0:
        return "post"
    if given is not None and _in_story_before(document, mention, given):
        return "pre"
    sentence = document.quote(mention.sentence)
    pre, post = _PRE.search(sentence), _POST.search(sentence)
    if not pre and _HAD_BEEN.search(document.text[mention.sentence.start : mention.span.start]):
        return "unspecified"  # a look back, to the time before the cells or to the visit before
    if bool(pre) != bool(post):
        return "pre" if pre else "post"
    if not pre and not post and mention.block is not None:
        # "Before treatment the CMAS was 19. The physician rated activity at 8.2": the time is carried on.
        before = _COMPARED.sub("", document.text[document.blocks[mention.block].span.start : mention.sentence.start])
        pre, post = _last(_PRE, before), _last(_POST, before)
        if pre and (not post or pre.start() > post.start()):
            return "pre"
    if given is not None and where_of(document, mention) == "narrative" and not (pre and post):
        return "pre" if mention.span.start < given else "post"
    return "unspecified"


_HAD_BEEN = re.compile(r"\bhad\s+been\s+(?:about\s+|at\s+|as\s+\w+\s+as\s+)?$", re.IGNORECASE)
# "worse than before treatment": the words tell another time than that of the sentence
_COMPARED = re.compile(
    r"\b(?:than|compared\s+(?:with|to)|relative\s+to)\s+(?:it\s+was\s+|they\s+were\s+|at\s+)?(?:before\b|base\W?line\b|pre\W?\w+)",
    re.IGNORECASE,
)


def _last(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    found = None
    for found in pattern.finditer(text):  # noqa: B007
        pass
    return found


def _time_in(headers: str) -> tuple[Decimal | None, str]:
    """The time that a header names, in months, and its words."""
    found = _TIME.search(headers)
    if found is None:
        return None, ""
    return in_months((found["n"] or found["n2"]).lower(), found["unit"] or found["unit2"]), found.group()


def _rater_in(headers: str) -> str | None:
    if not headers:
        return None
    for rater, words in (
        ("physician", r"\b(?:physician|doctor|investigator|MD|clinician)\b"),
        ("parent", r"\b(?:parents?|mother|carer|caregiver)\b"),
        ("patient", r"\bpatient(?:'s|’s)?\s+(?:global|assess\w*|VAS|pain|rated|reported)|\bself[- ]"),
    ):
        if re.search(words, headers, re.IGNORECASE):
            return rater
    return None


_FROM = re.compile(r"\bfrom\s+(?:a\s+\w+\s+of\s+|about\s+|approximately\s+)?$", re.IGNORECASE)
_TO = re.compile(
    r"\s*(?:[a-zA-Z/%²·]+\s*){0,3}?(?:\([^)]*\)\s*)?(?:to|→|->)\s+(?:a\s+\w+\s+of\s+|only\s+|about\s+)?",
    re.IGNORECASE,
)


def sequenced(document: Document, readings: Sequence[Reading]) -> list[Reading]:
    """Readings whose order tells the phase: "from 7 to 3" is before and after."""
    out = sorted(readings, key=lambda r: r.mention.span.start)
    for i in range(len(out) - 1):
        a, b = out[i], out[i + 1]
        if a.measure != b.measure or a.mention.sentence != b.mention.sentence or a.mention.cell is not None:
            continue
        before = document.text[a.mention.sentence.start : a.mention.span.start]
        between = (
            document.text[a.mention.span.end : b.mention.span.start]
            if b.mention.span.start >= a.mention.span.end
            else "-"
        )
        if not _FROM.search(before) or not _TO.fullmatch(between):
            continue
        if a.mention.detail("phase") == "post":
            continue  # "it had gone back from 6 to 5": both after the cells
        if a.months is None or a.months == b.months:
            out[i] = a._replace(phase="pre", months=None, timepoint="", rater=a.rater or b.rater)
            out[i + 1] = b._replace(phase="post", rater=b.rater or a.rater)
    return out


def contrasted(document: Document, readings: Sequence[Reading]) -> list[Reading]:
    """Readings that stand undated before a dated follow-up: "The KOOS was 25. After two years it is 71".

    A value without any word of time, told after the treatment, is the one from before it when the same measure
    follows in the same section with a time after the treatment, when no other value from before is told of that
    measure, and when nothing in its paragraph up to there tells of a time after the treatment. The undated values
    beside it in the paragraph go with it.
    """
    before = {
        reading.mention.block
        for reading in readings
        if reading.by_order
        and _opens_undated(document, reading)
        and not any(_alike(reading, other) and other.phase == "pre" for other in readings)
        and any(
            _alike(reading, other)
            and other.phase == "post"
            and other.months is not None
            and other.where == reading.where
            and other.mention.span.start > reading.mention.span.end
            and _section(document, other) == _section(document, reading)
            for other in readings
        )
    }
    return [
        reading._replace(phase="pre", by_order=False)
        if reading.by_order and reading.mention.block in before and _opens_undated(document, reading)
        else reading
        for reading in readings
    ]


def _alike(a: Reading, b: Reading) -> bool:
    """One measure, perhaps once by the shorter name: "strength" and "quadriceps strength"."""
    x, y = set(a.measure.lower().split()), set(b.measure.lower().split())
    return x <= y or y <= x


def _opens_undated(document: Document, reading: Reading) -> bool:
    block = reading.mention.block
    return block is not None and not _POST.search(
        document.text[document.blocks[block].span.start : reading.mention.span.start]
    )


def _section(document: Document, reading: Reading) -> str:
    block = reading.mention.block
    return document.blocks[block].section if block is not None else ""


_SPELLED_OUT = searched(
    r"\b(?P<rater>patient|physician|parent)(?:'s|’s)?\s+global\s+assessment\s*\(\s*(?P<short>[\w-]+)\s*\)"
)


def defined_raters(document: Document, mentions: Sequence[Mention]) -> dict[str, str]:
    """Who rates a measure, as the paper spells out its abbreviation: "patient global assessment (PGA)"."""
    measures = {str(m.detail("measure")).lower(): str(m.detail("measure")) for m in mentions if m.field == "score"}
    out: dict[str, str] = {}
    for found in _SPELLED_OUT.finditer(document.text):
        measure = measures.get(found["short"].lower())
        if measure is not None:
            out.setdefault(measure, found["rater"].lower())
    return out
