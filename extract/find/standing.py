"""The find room's times that are told once for several values: a time over a sentence, "by then", and the sentences
after a visit that is dated.

A value that its own words date only as "after treatment" or "now" takes the months of the time that opens its
sentence; "at that time" is the time told last; and what follows a dated visit in the same paragraph, without any word
of time, was measured at that visit.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from extract.find.language import Passage
from extract.find.phase_slots import Slot
from extract.find.phases import Cue, Point, Timing, read_timing

NOWHERE = Point("unspecified", None, "")

# Words that say no more than that the treatment lies behind; those that begin a new time ("later", "thereafter", "at
# the last visit") or name another round ("after the second infusion") are not among them.
_NO_TIME_OF_ITS_OWN = re.compile(
    r"\W*(?:now|currently|at\s+present|today|nowadays"
    r"|(?:after|following|post)[\s-]*(?:the\s+|her\s+|his\s+|stem\s+|cell\s+|msc\s+|cell-based\s+)*"
    r"(?:treatments?|therapy|cells?|mscs?|transplant\w*|infusions?|injections?|procedure|surgery)?"
    r"|post\W?(?:treatment|therapy|transplant\w*|infusion|injection|op\w*|procedur\w*|surg\w*)"
    r"|(?:at|on|by|during|the)?\s*(?:the\s+)?follow\W?up)?\W*",
    re.IGNORECASE,
)
_SAME_TIME = re.compile(
    r"\b(?:by\s+then|(?:at|by|on|since)\s+(?:that|this|the\s+same)\s+(?:very\s+)?(?:time(?:\s+point)?|point|stage|visit"
    r"|follow\W?up|examination|assessment|review|occasion|evaluation|appointment|date|control)(?:\s+in\s+time)?)\b",
    re.IGNORECASE,
)
# A stretch of time is no moment at which the next sentence could have been measured.
_STRETCH = re.compile(r"\s*(?:within|over|during|until|to|in\s+the\s+(?:first|next|following))\b", re.IGNORECASE)
_BREAK = re.compile(r"[|\n]")
_CLAUSE_END = re.compile(r"\s*(?:$|[.,;:)])")
_LOOKS_BACK = re.compile(
    r"\b(?:had\s+(?:previously\s+)?been|previous\w*|former\w*|earlier|initial\w*|original\w*|at\s+first|highest|lowest"
    r"|peak\w*|nadir|maxim\w+|minim\w+|worst|best|usual\w*|always|throughout|repeatedly|transient\w*)\b(?!\s+corrected)",
    re.IGNORECASE,
)
# What any standing time is told with: a unit, or the time before the treatment
_DATED = re.compile(
    r"day|week|wk|month|mo\b|mos\b|mth|year|yr|base|before|pre|entry|admission|enrol|inclusion|initial|screening|after|post"
    r"|follow|visit|discharge|last|later",
    re.IGNORECASE,
)
_SOMEONE_ELSE = re.compile(
    r"\b(?:patients?|cases?|subjects?|pt)\s*(?:no\.?\s*|#\s*)?(?:\d{1,2}|[A-Z])\b"
    r"|\bthe\s+(?:other|second|third|fourth|former|latter)\s+(?:patient|case|child|girl|boy|man|woman|one)\b"
    r"|\[\d|\bet\s+al\b|\b(?:their|other)\s+(?:patients|series|study)\b",
)
_VISIT = re.compile(
    r"\b(?:visit\w*|seen|saw|examin\w+|assess\w+|evaluat\w+|re-?evaluat\w+|review\w*|follow\W?up|controls?|check\w*"
    r"|measur\w+|scor\w+|tested|return(?:ed|s)\b|attended|presented|MRI|imaging|radiograph\w*|biops\w+|improv\w+"
    r"|well|remission|asymptomatic|pain\W?free|symptom\W?free|stable|able\s+to)\b",
    re.IGNORECASE,
)


class Standing(NamedTuple):
    """The time that stands when a sentence begins: the one told last, and the one its values were measured at."""

    last: Point
    visit: Point


def standing(passage: Passage, begin: int, measured: set[int]) -> Standing:
    """What the sentences before ``begin`` in a passage leave standing.

    ``measured`` are the starts of the sentences that hold a value: a dated visit holds on through them, but not
    through a sentence that tells of something else. A visit is one time after the treatment, in months.
    """
    if not _DATED.search(passage.text, 0, begin):
        return Standing(NOWHERE, NOWHERE)
    unbroken = True
    for start, end in reversed([pair for pair in passage.sentences if pair[1] <= begin]):
        text = passage.text[start:end]
        cues = read_timing(text).cues
        if not cues:
            unbroken = unbroken and start in measured
            continue
        last = cues[-1].points[-1]
        timed = {point for cue in cues for point in cue.points if point.phase == "post" and point.months}
        opens_or_ends = cues[0].start == 0 or _CLAUSE_END.match(text, cues[-1].end)
        is_visit = start in measured or (_VISIT.search(text) and opens_or_ends)
        if unbroken and is_visit and len(timed) == 1 and last in timed and not _STRETCH.match(last.words):
            return Standing(last, last)
        return Standing(last, NOWHERE)
    return Standing(NOWHERE, NOWHERE)


def names_same_time(text: str) -> bool:
    """Whether a sentence takes up a time by "at that time" and the like."""
    return _SAME_TIME.search(text) is not None


def with_same_time(text: str, timing: Timing, before: Point) -> Timing:
    """The cues of a sentence with "by then", "at that time": the time told last in it, or else ``before`` it."""
    more = []
    for match in _SAME_TIME.finditer(text):
        if any(cue.start < match.end() and match.start() < cue.end for cue in timing.cues):
            continue
        point = next((cue.points[-1] for cue in reversed(timing.cues) if cue.end <= match.start()), before)
        if point.phase != "unspecified":
            more.append(Cue(match.start(), match.end(), (point,)))
    return timing._replace(cues=tuple(sorted((*timing.cues, *more)))) if more else timing


def with_lead(text: str, slots: Sequence[Slot], points: Sequence[Point], cues: Sequence[Cue]) -> list[Point]:
    """The points of a sentence's values; "after treatment" and "now" get the months of the time that leads it."""
    out = list(points)
    if all(point.months is not None or point.phase != "post" for point in points):
        return out
    opening = [cue for cue in cues if len(cue.points) == 1 and all(cue.end <= slot.start for slot in slots)]
    for index, (slot, point) in enumerate(zip(slots, points, strict=True)):
        if not _open(slots, index, point):
            continue
        for cue in reversed(opening):
            lead = cue.points[0]
            if _NO_TIME_OF_ITS_OWN.fullmatch(lead.words):
                continue
            if lead.phase == "post" and lead.months is not None and not _BREAK.search(text, cue.end, slot.start):
                out[index] = lead
            break
    return out


_HAD_BEEN = re.compile(
    r"\b(?:had|having)\s+(?:previously\s+|earlier\s+|once\s+)?been\s+(?:about\s+|at\s+"
    r"|only\s+)?$",
    re.IGNORECASE,
)


def looked_back(text: str, slots: Sequence[Slot], points: Sequence[Point]) -> list[Point]:
    """The points of a sentence; "at 6 months it was 4; it had been 6": the second is not of the time of the first."""
    out = list(points)
    for index in range(1, len(slots)):
        before, here = slots[index - 1], slots[index]
        same = before.scale == here.scale and points[index - 1] == points[index] and points[index].phase == "post"
        if same and _HAD_BEEN.search(text[before.end : here.start]):
            out[index] = Point("pre", None, "")
    return out


_LATER = re.compile(r"\b(?:later|thereafter|afterwards?|on)\W*$", re.IGNORECASE)


def counted_on(points: Sequence[Point], last: Point) -> list[Point]:
    """The points after a visit told before: "half a year later" counts from that visit, so that its months since the
    treatment are not printed."""
    if last.phase != "post" or not last.months:
        return list(points)
    return [
        point._replace(months=None) if point.months and point != last and _LATER.search(point.words) else point
        for point in points
    ]


def _open(slots: Sequence[Slot], index: int, point: Point) -> bool:
    """Whether a value is from after the treatment with no time of its own; of "from A to B" only B can be."""
    if point.phase != "post" or point.months is not None:
        return False
    last = index + 1 == len(slots) or slots[index + 1].group != slots[index].group
    return bool(_NO_TIME_OF_ITS_OWN.fullmatch(point.words)) and (last or bool(point.words))


def at_visit(
    text: str, slots: Sequence[Slot], points: Sequence[Point], cues: Sequence[Cue], stands: Callable[[], Standing]
) -> list[Point]:
    """The points of values after a dated visit: without a word of time in their sentence they are of that visit.

    ``stands`` is asked only where a value may be of one.
    """
    undated = [
        index for index, point in enumerate(points) if point.phase == "unspecified" or _open(slots, index, point)
    ]
    told = any(not _NO_TIME_OF_ITS_OWN.fullmatch(point.words) for cue in cues for point in cue.points)
    if not undated or told or _LOOKS_BACK.search(text) or _SOMEONE_ELSE.search(text):
        return list(points)
    visit = stands().visit
    if visit.months is None:
        return list(points)
    return [visit if index in undated else point for index, point in enumerate(points)]
