"""The find room's pairing of scales and values: which number of a sentence belongs to which scale name.

The first value stands near its scale, further ones follow with nothing but joining words between; whatever else stands
between ends the row. A pronoun takes up the scales told before.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from extract.find.joining import BAD_LEFT, goes_on, opens
from extract.find.phases import SCALE_MARK, Cue
from extract.find.readings import Range, Reading
from extract.find.subjects import COMMON_WORDS, ScaleHit, Subject
from extract.schema import Scale


class Group(NamedTuple):
    """A subject with its values; the values may stand before it."""

    subject: Subject
    readings: list[Reading]


_ASIDE = re.compile(
    r"[(\[][^()\[\]]*[)\]]"
    # ", who has dermatomyositis," and "when cells were first considered,"
    r"|,\s+(?:who|whose|which|where|whom)\b[^,;.|\d]*,|\b(?:when|while|as|once|because|since|although"
    r"|though)\s[^,;.|\d]*,"
)


def without_asides(text: str, readings: Sequence[Reading], cues: Sequence[Cue], ranges: Sequence[Range]) -> str:
    """The text with times, printed ranges and bracketed asides blanked, so that only the joining words are left."""
    out = list(text)

    def blank(start: int, end: int) -> None:
        out[start:end] = " " * (end - start)

    for match in _ASIDE.finditer(text):
        busy = any(match.start() < r.start < match.end() for r in readings if r.kind != "letter")
        if not busy and SCALE_MARK not in match.group():
            blank(match.start(), match.end())
    for cue in cues:
        blank(cue.start, cue.end)
    for one in ranges:
        blank(one.start, one.end)
    return "".join(out)


_AS_WAS = re.compile(r",?\s*(?:as|and\s+so)\s+(?:was|were|is|did)\s+(?:(?:the|her|his|their|its)\s+)?$", re.IGNORECASE)


def _likewise(text: str, groups: Sequence[Group]) -> list[Group]:
    """ "JADAS27 was 0, as was the physician global": the same value again; it is placed at the name of its scale."""
    out: list[Group] = []
    for group in groups:
        before = out[-1] if out else None
        if (
            not group.readings
            and before
            and before.readings
            and _AS_WAS.search(text[before.readings[-1].end : group.subject.start])
        ):
            same = before.readings[-1]._replace(start=group.subject.start, end=group.subject.end)
            group = group._replace(readings=[same] if fits(group.subject.hits[-1].scale, same) else [])
        out.append(group)
    return out


_PRECEDES = re.compile(
    r"\s*(?:points?\s+|scores?\s+)?(?:on|in|by|using|with|according\s+to|as\s+per|per)\s+(?:the\s+|an?\s+|his\s+"
    r"|her\s+)?(?:[\w-]+\s+){0,4}"
    r"|\s*(?:points?\s*)?[(\[]\s*|\s*(?:[(\[][^()\[\]]*[)\]])\s*[:,–-]\s*(?:the\s+)?",
    re.IGNORECASE,
)
_STRONGLY = re.compile(r"\s*(?:points?\s+|scores?\s+)?(?:on|according\s+to|using|as\s+per)\b", re.IGNORECASE)


# "From a baseline of 312 the CDAI": what leads to a value in front of its scale, and from there to the scale
_LEADS_TO = re.compile(
    r"(?:\bfrom|\bstarting\s+(?:from|at|with|out\s+at)|\bafter\s+starting\s+at|\bhaving\s+(?:started|begun)\s+(?:at"
    r"|from|with))\s+"
    r"(?:an?\s+|the\s+|his\s+|her\s+|about\s+|some\s+)*(?:(?:mean|median|initial|starting|original|previous|high|low"
    r"|peak|baseline|base\s*line|"
    r"pre\w*|value|score|level|maximum|entry)\s+)*(?:of\s+|at\s+)?(?:about\s+|some\s+)?$",
    re.IGNORECASE,
)
_LEADS_WITH = re.compile(
    r"(?:^|[,;:]\s*|\band\s+)with\s+(?:an?\s+|the\s+)?(?:mean\s+|median\s+|total\s+)*(?:of\s+)?$", re.IGNORECASE
)
_TO_SCALE = re.compile(
    r"[\s,]*(?:points?\b[\s,]*)?(?:(?:the|an?|his|her|their|its|this|our|mean|median|average|total|patients?['’]?s?"
    r"|boy['’]s|girl['’]s|child['’]s|"
    r"man['’]s|woman['’]s)\s+)*",
    re.IGNORECASE,
)


# "walked 210 m in six minutes": a name that says how it was measured stands behind its value
_ADVERBIAL = re.compile(r"(?:in|within|over)\b", re.IGNORECASE)


def _led_in(text: str, bare: str, loose: Sequence[Reading], subject: Subject, cues: Sequence[Cue]) -> bool:
    """Whether values in front of a scale are its own: "from 6.5 the EDSS came down", "with 61 at entry the ODI"."""
    first, last = loose[0], loose[-1]
    if not _TO_SCALE.fullmatch(bare[last.end : subject.start]):
        return False
    if _LEADS_TO.search(text[: first.start]):
        return True
    timed = any(first.end <= cue.start < subject.start for cue in cues)
    return timed and _LEADS_WITH.search(text[: first.start]) is not None


_GRADE_OF = re.compile(r"\b(?:stage|grade|class|degree)\s+$", re.IGNORECASE)
_OF_WHAT = re.compile(
    r"\s*[(\[]?\s*(?:(?!(?:but|was|were|is|had|after|before|to|then)\b)[A-Za-z-]+\s+){0,10}", re.IGNORECASE
)


def _graded(text: str, loose: Sequence[Reading], subject: Subject) -> bool:
    """Whether a stage stands in front of what it grades: "grade III tear of the lateral meniscus"."""
    last = loose[-1]
    return (
        subject.hits[-1].scale.kind == "stage"
        and _GRADE_OF.search(text[: last.start]) is not None
        and _OF_WHAT.fullmatch(text[last.end : subject.start]) is not None
    )


def lead_start(text: str, reading: Reading) -> int:
    """Where the words begin that lead to a value in front of its scale: "from a baseline of 312 the CDAI"."""
    lead = _LEADS_TO.search(text[: reading.start])
    return lead.start() if lead else reading.start


def give_values(
    text: str, bare: str, subjects: Sequence[Subject], readings: Sequence[Reading], cues: Sequence[Cue]
) -> list[Group]:
    """Give each value to its subject, or to none."""
    items: list[Subject | Reading] = sorted([*subjects, *readings], key=lambda item: item.start)
    groups: list[Group] = []
    current: Group | None = None
    loose: list[Reading] = []
    last = 0
    for item in items:
        if isinstance(item, Subject):
            group = Group(item, [])
            ahead = text[last : item.start] if last else ""
            if loose and (
                _PRECEDES.fullmatch(ahead)
                or _graded(text, loose, item)
                or _led_in(text, bare, loose, item, cues)
                or (not ahead.strip() and _ADVERBIAL.match(text, item.start))
            ):
                group.readings.extend(r for r in loose if fits(item.hits[0].scale, r))
            elif (
                current
                and len(current.readings) > 1
                and current.readings[-1].end == last
                and _STRONGLY.match(ahead)
                and current.subject.hits[-1].scale.name != item.hits[0].scale.name
                and not re.search(r"\bto\s*$|[-–→]\s*$", text[current.readings[-2].end : current.readings[-1].start])
                and _PRECEDES.fullmatch(ahead)
            ):
                group.readings.append(current.readings.pop())
            groups.append(group)
            current, loose, last = group, [], item.end
            continue
        if current is not None and last:
            first = not current.readings and last == current.subject.end
            gap = bare[last : item.start]
            possible = any(fits(hit.scale, item) for hit in current.subject.hits)
            name = text[current.subject.start : current.subject.end].lower()
            rated = any(is_global(hit.scale) for hit in current.subject.hits)
            joined = opens(gap, item) if first and name not in COMMON_WORDS else goes_on(gap, rated=rated)
            if joined and not BAD_LEFT.search(text[: item.start]) and not text[last : item.start].count("|"):
                if possible:
                    current.readings.append(item)
                last = item.end
                continue
        if loose and not goes_on(bare[last : item.start]):
            loose = []
        if current is not None and re.search(r"[;|\n]", text[last : item.start]):
            current = None
        if not BAD_LEFT.search(text[: item.start]):
            loose.append(item)
        if current is None or not loose or loose[0] is item:
            last_loose = item.end
            last = last_loose if current is None else last
        if current is not None:
            # something unknown stands between: what follows belongs to it, until a scale is named again
            current = None
            last = item.end
    return _shared_out(text, [group for group in _likewise(text, groups) if group.readings], cues)


_AND_THEN = re.compile(r"[\s,/&]*(?:and\s+)?", re.IGNORECASE)


def _shared_out(text: str, groups: list[Group], cues: Sequence[Cue]) -> list[Group]:
    """ "A 16 and B 5 on admission had become 7 and 3": the row behind the last scale holds one value for each."""
    out: list[Group] = []
    for group in groups:
        out.append(group)
        size = len(group.readings) - 1
        single = [one for one in out[-size:] if one is group or len(one.readings) == 1] if size > 1 else []
        if len(single) < 2 or len(single) != size or len({g.subject.hits[-1].scale.id for g in single}) != size:
            continue
        first, row = group.readings[0], group.readings[1:]
        between = text[first.end : row[0].start]
        listed = all(_AND_THEN.fullmatch(text[a.end : b.start]) for a, b in itertools.pairwise(row))
        apart = not _AND_THEN.fullmatch(between) and not re.search(r"\bfrom\b|\bto\s*$|[→–-]\s*$", between)
        spread = any(len(cue.points) > 1 and len(cue.points) >= size for cue in cues)
        together = all(
            not re.search(r"[;|\n]|\.\s", text[a.readings[-1].end : b.subject.start])
            for a, b in itertools.pairwise(single)
        )
        hits = tuple(g.subject.hits[-1] for g in single)
        if (
            not (listed and apart and together)
            or spread
            or not all(fits(h.scale, r) for h, r in zip(hits, row, strict=True))
        ):
            continue
        out[-1] = group._replace(readings=[first])
        out.append(Group(Subject(row[0].start, row[0].start, hits), row))
    return out


def blocks_of(text: str, group: Group) -> list[list[tuple[ScaleHit, Reading]]]:
    """The values of a group by time: one after the other, or in sets when several scales are told together."""
    hits = group.subject.hits
    readings = group.readings
    if len(hits) > 1 and len(readings) % len(hits) == 0:
        sets = [readings[i : i + len(hits)] for i in range(0, len(readings), len(hits))]
        if all(fits(hit.scale, reading) for one in sets for hit, reading in zip(hits, one, strict=True)):
            return [list(zip(hits, one, strict=True)) for one in sets]
    scale = hits[-1].scale
    fitting = [reading for reading in readings if fits(scale, reading)]
    if any(reading.number is not None for reading in fitting):
        fitting = [reading for reading in fitting if reading.kind != "letter"]
    return [[(hits[-1], reading)] for reading in merged(text, fitting, scale)]


def merged(text: str, readings: Sequence[Reading], scale: Scale) -> list[Reading]:
    """Values with a dash between that are one range: neighbouring stages, "III-IV" ("IV-II" is a course), and answers
    that are given once, "80-90 % improvement"."""
    if scale.kind != "stage" and scale.domain != "response":
        return list(readings)
    out: list[Reading] = []
    for reading in readings:
        last = out[-1] if out else None
        if (
            last is not None
            and last.number is not None
            and last.high is None
            and reading.number is not None
            and (reading.number > last.number if scale.domain == "response" else reading.number == last.number + 1)
            and re.fullmatch(r"\s?[-\u2010-\u2015/]\s?", text[last.end : reading.start])
        ):
            out[-1] = last._replace(end=reading.end, text=text[last.start : reading.end], high=reading.number)
        else:
            out.append(reading)
    return out


_GENERIC_UNITS = re.compile(r"(?:points?|pts?\.?|units?|scores?|marks?|mm|cm)\b", re.IGNORECASE)
_CONCENTRATION = re.compile(r"/|^mm$|%|mm in|mm/h|min", re.IGNORECASE)


def fits(scale: Scale, reading: Reading) -> bool:
    """Whether a scale can have such a value: its kind, its unit, its size."""
    if reading.kind == "letter":
        return reading.text in scale.letters
    if reading.kind == "titre":
        return scale.kind == "laboratory"
    if reading.kind == "roman":
        return scale.kind == "stage"
    if reading.kind == "normal" or reading.number is None:
        return False
    if reading.operator != "=" and scale.kind != "laboratory":
        return False
    if scale.kind == "stage" and reading.number != reading.number.to_integral_value():
        return False
    unit = reading.unit
    if unit and not _unit_fits(scale, unit):
        return False
    if scale.maximum is not None and reading.top is None and scale.kind in ("score", "stage"):
        return reading.number <= max(10 * scale.maximum, Decimal(100))
    return True


_SPELLED = re.compile(r"^(?:(?:milli|centi)?met(?:er|re)s?|percent)")
_SPELLED_AS = {"meter": "m", "metre": "m", "milli": "mm", "centi": "cm", "perce": "%"}


def _unit_fits(scale: Scale, unit: str) -> bool:
    known = {u.lower().replace(" ", "") for u in scale.units}
    bare = unit.lower().replace(" ", "").replace("lbs.", "lbs")
    bare = _SPELLED.sub(lambda m: _SPELLED_AS[m.group()[:5]], bare)
    bare = "degree" if bare in ("°", "degrees") else bare
    if any(k.startswith("%") for k in known) and re.fullmatch(r"m?l|lit(?:er|re)s?", bare):
        return False  # litres are another measure than per cent of what is predicted
    if bare in known or any(k and (bare.startswith(k) or k.startswith(bare)) and bare[0] == k[0] == "%" for k in known):
        return True
    if scale.kind == "laboratory":
        return bool(_CONCENTRATION.search(unit)) and (
            not bare.startswith("mm/") or any(k.startswith("mm") for k in known)
        )
    if scale.kind == "measurement":
        return not known and not unit.isalpha()
    if bare.startswith("%"):
        return scale.maximum == 100
    return bool(_GENERIC_UNITS.fullmatch(unit))


def is_global(scale: Scale) -> bool:
    """Whether words near a value say who gave it: global assessments only."""
    return scale.name == "PGA" or (scale.domain == "global" and scale.rater is None)
