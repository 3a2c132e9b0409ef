"""The find room's reader of scores: scale names and the values that belong to them -> Mentions.

In running text the values follow their scale ("EDSS was 6.5 at baseline and 4.0 after a year"), now and then they
precede it ("a 6 on the VAS"); in tables a header names the scale, the time, or both. A value outside the range of
its scale is returned and marked, never dropped.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from extract.find.language import Passage
from extract.find.phases import SCALE_MARK, Cue, Point, read_timing, timeline
from extract.find.phasing import Slot, give_phases
from extract.find.raters import rater_after, rater_near
from extract.find.readings import Range, Reading, find_ranges, find_readings
from extract.find.rows import flat_cells
from extract.model import Mention, Quantity, Rater
from extract.schema import Scale


class ScaleHit(NamedTuple):
    """A scale's name at start..end of a passage."""

    start: int
    end: int
    scale: Scale


class Subject(NamedTuple):
    """What the next values are about: a scale, several joined by "and", or what a pronoun stands for."""

    start: int
    end: int
    hits: tuple[ScaleHit, ...]


class Group(NamedTuple):
    """A subject with its values; the values may stand before it."""

    subject: Subject
    readings: list[Reading]


def find_scores(passage: Passage, hits: Sequence[ScaleHit]) -> list[Mention]:
    """The scores of a passage: one mention for each value of each scale, with phase, time, rater and maximum.

    ``hits`` are the scale names of the passage without overlaps. In a table cell the cell's headers give the time.
    """
    if not hits:
        return []
    out = _read_flat(passage, hits) if passage.cell is None else []
    known: tuple[ScaleHit, ...] = ()
    for start, end in passage.sentences:
        text = passage.text[start:end]
        inside = [ScaleHit(h.start - start, h.end - start, h.scale) for h in hits if start <= h.start and h.end <= end]
        if not inside and not (known and _PRONOUN.search(text)):
            known = ()
            continue
        found, known = _read_sentence(text, sorted(inside, key=lambda h: h.start), known)
        for hit, reading, point, rater, top in found:
            if passage.cell is not None and point.phase == "unspecified":
                point = next(iter(timeline(passage.headers)[:1]), point)
            out.append(_mention(passage, start, hit.scale, reading, point, rater, top))
    return out


Found = tuple[ScaleHit, Reading, Point, Rater | None, Decimal | None]

# "they were 33 and 4.5", "it had fallen to 3": the scales of the clause before go on
_PRONOUN = re.compile(
    r"\b(?:(?P<many>they|these|both|the\s+(?:two\s+|three\s+)?(?:scores|values|figures))|(?P<one>it|this|the\s+(?:score|value|figure)))\b"
    r"(?=\s+(?:had\s+|has\s+|have\s+)?(?:was|were|is|are|fell|rose|dropped|improved|increased|decreased|declined|been|become|fallen|risen|"
    r"reached|stood|went|came|remained)\b)",
    re.IGNORECASE,
)


def _read_sentence(
    text: str, hits: list[ScaleHit], known: tuple[ScaleHit, ...]
) -> tuple[list[Found], tuple[ScaleHit, ...]]:
    """The scores of one sentence, and the scales that a pronoun of the next sentence may stand for."""
    marked = text
    for hit in hits:
        marked = marked[: hit.start] + SCALE_MARK * (hit.end - hit.start) + marked[hit.end :]
    timing = read_timing(marked)
    ranges = find_ranges(marked)
    readings = find_readings(marked, timing.spent, ranges)
    if not readings:
        return [], tuple(hits)
    plain_text = _without_asides(marked, readings, timing.cues, ranges)
    groups = _attach(text, plain_text, _subjects(text, hits, known), readings)
    slots: list[Slot] = []
    owners: list[list[tuple[ScaleHit, Reading]]] = []
    for number, group in enumerate(groups):
        for block in _blocks(text, group):
            first, last = block[0][1], block[-1][1]
            scale = block[-1][0].scale
            subject = min(group.subject.start, first.start)
            slots.append(Slot(number, subject, first.start, last.end, scale.id, first.number, scale.better))
            owners.append(block)
    if not slots:
        return [], tuple(hits)
    points = give_phases(marked, slots, timing.cues)
    tops = _tops(groups, ranges)
    raters = _raters(text, slots, owners)
    out: list[Found] = []
    for slot, block, point, rater in zip(slots, owners, points, raters, strict=True):
        for hit, reading in block:
            who = (rater_after(text, reading.end) or rater) if _is_global(hit.scale) else hit.scale.rater
            top = reading.top or tops.get((hit.scale.id, slot.group, reading.start))
            out.append((hit, reading, point, who, top))
    last = groups[-1] if groups else None
    return out, tuple(dict.fromkeys(h for g in groups for h in g.subject.hits)) if last else tuple(hits)


_ASIDE = re.compile(r"[(\[][^()\[\]]*[)\]]")


def _without_asides(text: str, readings: Sequence[Reading], cues: Sequence[Cue], ranges: Sequence[Range]) -> str:
    """The text with words of time, printed ranges and bracketed asides blanked, so that only the joining words are left."""
    out = list(text)

    def blank(start: int, end: int) -> None:
        out[start:end] = " " * (end - start)

    for match in _ASIDE.finditer(text):
        busy = any(match.start() < r.start < match.end() for r in readings)
        if not busy and SCALE_MARK not in match.group():
            blank(match.start(), match.end())
    for cue in cues:
        blank(cue.start, cue.end)
    for one in ranges:
        blank(one.start, one.end)
    return "".join(out)


_TOGETHER = re.compile(
    r"(?:\s|[,/&()]|and\b|or\b|the\b|an?\b|his\b|her\b|both\b|mean\b|median\b|scores?\b|values?\b|levels?\b|total\b|as\s+well\s+as\b)*",
    re.IGNORECASE,
)


def _subjects(text: str, hits: Sequence[ScaleHit], known: tuple[ScaleHit, ...]) -> list[Subject]:
    """Scale names that stand together are one subject; a pronoun is one when the scales before it are known."""
    subjects: list[Subject] = []
    for hit in hits:
        before = subjects[-1] if subjects else None
        if before and text[hit.start : hit.end].lower() in _COMMON_WORDS and _SUBSCALE.fullmatch(text, before.end, hit.start):
            # "KOOS subscales: pain 44 to 81": the everyday word names a part of the scale
            subjects.append(Subject(hit.start, hit.end, before.hits))
            continue
        if before and _TOGETHER.fullmatch(text, before.end, hit.start):
            same = [h for h in before.hits if h.scale.id != hit.scale.id]
            subjects[-1] = Subject(before.start, hit.end, (*same, hit))
            continue
        subjects.append(Subject(hit.start, hit.end, (hit,)))
    for match in _PRONOUN.finditer(text):
        named = tuple(h for s in subjects if s.end <= match.start() for h in s.hits) or known
        if named and not any(s.start >= match.end() and s.start - match.end() < 3 for s in subjects):
            named = tuple({h.scale.id: h for h in named}.values())
            subjects.append(Subject(match.start(), match.end(), named if match["many"] else named[-1:]))
    return sorted(subjects, key=lambda s: s.start)


_BAD_LEFT = re.compile(
    r"(?:\b(?:by|in|for|per|than|above|below|over|under|least|most|aged?|within|plus|another|additional|every|each|next|minus|among|"
    r"all|nor|items?|approximately\s+by)|[×*±^])\s*$",
    re.IGNORECASE,
)
_NEW_CLAUSE = re.compile(
    r"(?:[,]|\band\b|\bbut\b|\bwhile\b|\bwhereas\b|\bwith\b|\bso\b|\bwhich\b|\bwho\b|\bthat\b)\s+(?:(?:the|an?|his|her|their|its|no|she|he|they|we)\s+)?"
    r"(?!it\b|score|value|this\b|was\b|were\b|is\b|had\b|has\b|went\b|fell\b|rose\b|dropped\b)[a-z][\w'-]*(?:\s+[\w'-]+){0,4}?\s+"
    r"(?:was|were|is|are|had|has|rose|fell|dropped|increased|decreased|improved|went|received|took|underwent|needed)\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"[A-Za-z][\w'’-]*")
_GOING_ON = frozenset(
    ["and", "to", "from", "then", "later", "but", "or", "was", "were", "is", "are", "had", "has", "have", "been", "be", "being", "fell", "fall", "fallen", "falling", "rose", "rise", "risen", "rising", "dropped", "drop", "declined", "decreased", "increased", "reduced", "improved", "worsened", "deteriorated", "changed", "went", "gone", "go", "came", "come", "became", "become", "down", "up", "back", "stood", "with", "against", "vs", "versus", "compared", "at", "of", "a", "an", "the", "on", "only", "again", "further", "even", "still", "already", "about", "approximately", "respectively", "score", "scores", "value", "values", "point", "points", "mean", "median", "means", "medians", "corresponding", "it", "she", "he", "her", "his", "they", "we", "i.e", "that", "is", "this", "both", "each", "all", "marked", "rated", "gave", "put", "reached", "remained", "stayed", "stable", "settled", "starting", "start", "left", "right", "hip", "knee", "eye", "side", "hand", "shoulder", "ankle", "elbow", "other", "as", "well", "so", "thereafter", "in", "comparison", "her-own", "own", "treating", "physician", "physicians", "doctor", "doctors", "rheumatologist", "dermatologist", "clinician", "md", "mother", "father", "parents", "parent", "patient", "patient's", "physician's", "assessor", "neurologist", "while", "whereas", "when", "which", "stage", "grade", "class", "level", "unchanged", "slightly", "finally", "eventually", "over", "until", "by", "after", "equal", "just", "nearly", "predicted", "cm", "mm", "m", "month", "months", "last", "first", "second", "third", "final", "peak", "lowest", "highest", "best", "worst", "value", "follow-up", "visit", "reading", "measurement", "result", "out", "whole", "whereby", "not"]
)
_OF_RATERS = frozenset(
    ["assessment", "assessments", "rating", "ratings", "global", "girl's", "boy's", "girl", "boy", "child", "herself", "himself"]
)
_SPEAKS = re.compile(
    r"\b(?:physicians?|doctors?|rheumatologist|dermatologist|clinician|md|mother|father|parents?|patient|assessor|neurologist|it|they|"
    r"she|he|then|later|and)\b|^\s*;?\s*$",
    re.IGNORECASE,
)
_PRECEDES = re.compile(
    r"\s*(?:points?\s+|scores?\s+)?(?:on|in|by|using|with|according\s+to|as\s+per|per)\s+(?:the\s+|an?\s+|his\s+|her\s+)?(?:[\w-]+\s+){0,4}"
    r"|\s*(?:points?\s*)?[(\[]\s*",
    re.IGNORECASE,
)
_STRONGLY = re.compile(r"\s*(?:points?\s+|scores?\s+)?(?:on|according\s+to|using|as\s+per)\b", re.IGNORECASE)


def _attach(text: str, bare: str, subjects: Sequence[Subject], readings: Sequence[Reading]) -> list[Group]:
    """Give each value to its subject, or to none."""
    items: list[Subject | Reading] = sorted([*subjects, *readings], key=lambda item: item.start)
    groups: list[Group] = []
    current: Group | None = None
    loose: list[Reading] = []
    last = 0
    for item in items:
        if isinstance(item, Subject):
            group = Group(item, [])
            ahead = bare[last : item.start] if last else ""
            if loose and _PRECEDES.fullmatch(ahead):
                group.readings.extend(r for r in loose if _fits(item.hits[0].scale, r))
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
            fits = any(_fits(hit.scale, item) for hit in current.subject.hits)
            name = text[current.subject.start : current.subject.end].lower()
            is_global = any(_is_global(hit.scale) for hit in current.subject.hits)
            joined = _opens(gap, item) if first and name not in _COMMON_WORDS else _goes_on(gap, is_global=is_global)
            if joined and not _BAD_LEFT.search(text[: item.start]) and not text[last : item.start].count("|"):
                if fits:
                    current.readings.append(item)
                last = item.end
                continue
        if loose and not _goes_on(bare[last : item.start]):
            loose = []
        if current is not None and re.search(r"[;|\n]", text[last : item.start]):
            current = None
        if not _BAD_LEFT.search(text[: item.start]):
            loose.append(item)
        if current is None or not loose or loose[0] is item:
            last_loose = item.end
            last = last_loose if current is None else last
        if current is not None:
            # something unknown stands between: what follows belongs to it, until a scale is named again
            current = None
            last = item.end
    return [group for group in groups if group.readings]


# Names that are everyday words: only a number right behind them makes them a measurement ("pain was 3").
_COMMON_WORDS = frozenset({"pain"})
_SUBSCALE = re.compile(r"\s*|[^.;|]{0,40}(?:subscales?|subscores?|domains?|sub-scores?)\b[^.;|\d]{0,20}", re.IGNORECASE)


def _opens(gap: str, reading: Reading) -> bool:
    """Whether the words between a scale's name and a number let the number be its first value."""
    if re.search(r"[;|\n]|[.]\s+[A-Z]", gap) or len(gap.split()) > 16:
        return False
    if reading.kind in ("roman", "letter") and len(_WORD.findall(gap)) > 5:
        return False
    return not _NEW_CLAUSE.search(gap)


def _goes_on(gap: str, *, is_global: bool = False) -> bool:
    """Whether the words between two numbers let the second be a further value of the same scale."""
    if re.search(r"[|\n]|[.]\s+[A-Z]", gap) or len(gap) > 90:
        return False
    words = [word.lower().removesuffix("'s").removesuffix("’s").rstrip("'’") for word in _WORD.findall(gap)]
    if any(word not in _GOING_ON and not (is_global and word in _OF_RATERS) for word in words):
        # "from 8 points despite rituximab to 3": the frame holds other words together
        return bool(re.search(r"\bto\s*$", gap)) and len(words) <= 6 and not re.search(r"[,;.]", gap)
    return ";" not in gap or bool(_SPEAKS.search(gap.split(";")[-1]))


def _blocks(text: str, group: Group) -> list[list[tuple[ScaleHit, Reading]]]:
    """The values of a group by time: one after the other, or in sets when several scales are told together."""
    hits = group.subject.hits
    readings = group.readings
    if len(hits) > 1 and len(readings) % len(hits) == 0:
        sets = [readings[i : i + len(hits)] for i in range(0, len(readings), len(hits))]
        if all(_fits(hit.scale, reading) for one in sets for hit, reading in zip(hits, one, strict=True)):
            return [list(zip(hits, one, strict=True)) for one in sets]
    scale = hits[-1].scale
    fitting = [reading for reading in readings if _fits(scale, reading)]
    if any(reading.number is not None for reading in fitting):
        fitting = [reading for reading in fitting if reading.kind != "letter"]
    return [[(hits[-1], reading)] for reading in (_merged(text, fitting) if scale.kind == "stage" else fitting)]


def _merged(text: str, readings: Sequence[Reading]) -> list[Reading]:
    """Neighbouring stages with a dash between, "III-IV", are one range; "IV-II" is a course."""
    out: list[Reading] = []
    for reading in readings:
        last = out[-1] if out else None
        if last and re.fullmatch(r"\s?[-\u2010-\u2015/]\s?", text[last.end : reading.start]) and last.high is None:
            if last.number is not None and reading.number == last.number + 1:
                out[-1] = last._replace(end=reading.end, text=text[last.start : reading.end], high=reading.number)
                continue
        out.append(reading)
    return out


_GENERIC_UNITS = re.compile(r"(?:points?|pts?\.?|units?|scores?|marks?|mm|cm)\b", re.IGNORECASE)
_CONCENTRATION = re.compile(r"/|^mm$|%|mm in|mm/h|min", re.IGNORECASE)


def _fits(scale: Scale, reading: Reading) -> bool:
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


def _unit_fits(scale: Scale, unit: str) -> bool:
    known = {u.lower().replace(" ", "") for u in scale.units}
    bare = unit.lower().replace(" ", "")
    if any(k.startswith("%") for k in known) and re.fullmatch(r"m?l|lit(?:er|re)s?", bare):
        return False  # litres are another measure than per cent of what is predicted
    if bare in known or any(k and (bare.startswith(k) or k.startswith(bare)) and bare[0] == k[0] == "%" for k in known):
        return True
    if scale.kind == "laboratory":
        return bool(_CONCENTRATION.search(unit)) and (not bare.startswith("mm/") or any(k.startswith("mm") for k in known))
    if scale.kind == "measurement":
        return not known and not unit.isalpha()
    if bare.startswith("%"):
        return scale.maximum == 100
    return bool(_GENERIC_UNITS.fullmatch(unit))


def _is_global(scale: Scale) -> bool:
    """Whether words near a value say who gave it: global assessments only."""
    return scale.name == "PGA" or (scale.domain == "global" and scale.rater is None)


def _raters(
    text: str, slots: Sequence[Slot], owners: Sequence[Sequence[tuple[ScaleHit, Reading]]]
) -> list[Rater | None]:
    """Who gave each value: the rater named last before it, in the clause of its scale or since the value before."""
    out: list[Rater | None] = []
    for index, slot in enumerate(slots):
        first = index == 0 or slots[index - 1].group != slot.group
        since = slots[index - 1].end if index else 0
        named = next((hit.scale.rater for hit, _ in owners[index] if hit.scale.rater), None)
        rater = named if first else rater_near(text[since : slot.start])
        if rater is None and first:
            rater = rater_near(text[since : slot.start].split("|")[-1])
        if rater is None and not first:
            rater = out[-1]
        out.append(rater)
    return out


def _tops(groups: Sequence[Group], ranges: Sequence[Range]) -> dict[tuple[str, int, int], Decimal]:
    """The printed maximum of each value, by scale, group and start of the value.

    A maximum printed once goes to all values of its scale in the sentence; several in one group each to the value before.
    """
    out: dict[tuple[str, int, int], Decimal] = {}
    shared: dict[str, Decimal] = {}
    for number, group in enumerate(groups):
        scale = group.subject.hits[-1].scale.id
        begin = min(group.subject.start, group.readings[0].start)
        stop = groups[number + 1].subject.start if number + 1 < len(groups) else 1_000_000
        near = [one for one in ranges if begin - (0 if number else 12) <= one.start < stop]
        printed = [r.top for r in group.readings if r.top is not None] + [one.top for one in near]
        if printed:
            shared.setdefault(scale, printed[0])
        for index, reading in enumerate(group.readings):
            following = group.readings[index + 1].start if index + 1 < len(group.readings) else stop
            own = [one.top for one in near if reading.end <= one.start < following] if len(near) > 1 else []
            if own:
                out[scale, number, reading.start] = own[0]
    for number, group in enumerate(groups):
        scale = group.subject.hits[-1].scale.id
        for reading in group.readings:
            if scale in shared:
                out.setdefault((scale, number, reading.start), shared[scale])
    return out


def _mention(
    passage: Passage,
    offset: int,
    scale: Scale,
    reading: Reading,
    point: Point,
    rater: Rater | None,
    top: Decimal | None,
) -> Mention:
    number = reading.number
    if (
        number is not None
        and reading.top is not None
        and re.search(r"snellen|acuity|bcva", f"{scale.name} {scale.long_name}", re.I)
    ):
        number, top = (number / reading.top).quantize(Decimal("0.0001")).normalize(), None
    details: dict[str, Any] = {"measure": scale.name, "value_text": reading.text, "phase": point.phase}
    if number is not None:
        details["value"] = number
    if top is not None:
        details["scale_max"] = top
    if point.months is not None:
        details["timepoint_months"] = point.months
    if point.words:
        details["timepoint"] = point.words
    if reading.unit:
        details["unit"] = reading.unit
    if rater is not None:
        details["rater"] = rater
    if number is not None and _outside(scale, number, top):
        details["out_of_scale"] = "true"
    quantity = None
    if number is not None:
        span_high = reading.high
        quantity = Quantity(
            number=None if span_high is not None else number,
            low=number if span_high is not None else None,
            high=span_high,
            unit=reading.unit,
            as_written=reading.text,
        )
    value: str | Decimal = reading.text if number is None or reading.high is not None else number
    return passage.mention(
        "score",
        value,
        offset + reading.start,
        offset + reading.end,
        f"scale:{scale.id}",
        quantity=quantity,
        details=details,
    )


def _outside(scale: Scale, number: Decimal, top: Decimal | None) -> bool:
    if top is not None and number > top:
        return True
    high = max(scale.maximum, top) if scale.maximum is not None and top is not None else scale.maximum
    return (high is not None and number > high) or (scale.minimum is not None and number < scale.minimum)


# A column of changes, of counts or of test results is no column of values.
_NOT_VALUES = re.compile(
    r"\b(?:change|changes|difference|delta|improvement|reduction|decrease|increase|p\W?values?|percent(?:age)?|MCID|respon\w+|slope|"
    r"normal(?:\s+range)?|reference)\b|Δ",
    re.IGNORECASE,
)
_FOOTNOTE = re.compile(r"(?<=\d)[a-f*†‡§#](?=[\s*†‡§#,;)]|$)")
_NORMAL = re.compile(r"\s*(?:normal(?:i[sz]ed)?|within normal limits|WNL)\s*", re.IGNORECASE)


def find_scores_in_cell(passage: Passage, scale: Scale, header: str) -> list[Mention]:
    """The scores of a cell whose row or column header names the scale; ``header`` are both headers, a bar between."""
    return _read_cell(passage, scale, header, 0, len(passage.text))


def _read_cell(passage: Passage, scale: Scale, header: str, start: int, end: int) -> list[Mention]:
    text = _FOOTNOTE.sub(" ", passage.text[start:end])
    if _NOT_VALUES.search(header.split("|")[0]) or len(text.split()) > 16:
        return []
    if scale.kind == "laboratory" and _NORMAL.fullmatch(text):
        whole = Reading(0, len(text.rstrip()), None, text.strip(), "normal")
        readings = [whole]
    else:
        timing = read_timing(text)
        readings = [r for r in find_readings(text, timing.spent, find_ranges(text)) if _fits(scale, r)]
        readings = [r for r in readings if not _is_spread(text, r, readings)]
    points = _cell_points(text, scale, header, readings)
    tops = [one.top for one in (*find_ranges(header), *find_ranges(text))]
    top = tops[0] if tops else None
    rater = scale.rater or (rater_near(header.split("|")[0]) if _is_global(scale) else None)
    return [
        _mention(
            passage,
            start,
            scale,
            reading,
            point,
            (rater_after(text, reading.end) if _is_global(scale) else None) or rater,
            reading.top or top,
        )
        for reading, point in zip(readings, points, strict=True)
    ]


def _is_spread(text: str, reading: Reading, readings: Sequence[Reading]) -> bool:
    """A bracketed number behind a value: "62 (8)", "62 (51-70)"."""
    if reading is readings[0]:
        return False
    opened = max(text.rfind("(", 0, reading.start), text.rfind("[", 0, reading.start))
    return opened > readings[0].start and not re.search(r"[A-Za-z]", text[opened : reading.start])


def _cell_points(text: str, scale: Scale, header: str, readings: Sequence[Reading]) -> list[Point]:
    """Times of the values of a cell: said in the cell, or by its headers, or by "from-to"."""
    slots = [Slot(0, 0, r.start, r.end, scale.id, r.number, scale.better) for r in readings]
    told = give_phases(text, slots, read_timing(text).cues)
    lines = [line for part in reversed(header.split("|")) if (line := timeline(part.strip()))]
    for line in lines:
        if len(line) == len(readings) and (len(line) > 1 or told[0].phase == "unspecified"):
            return list(line)
        if len(line) == 1 and all(point.phase == "unspecified" for point in told):
            return [line[0]] * len(readings)
    return told


def _read_flat(passage: Passage, hits: Sequence[ScaleHit]) -> list[Mention]:
    """A table that came as plain lines: the scale stands in the header of its column."""
    out = []
    for cell in flat_cells(passage.text):
        for hit in hits:
            if cell.header_start <= hit.start < cell.header_end:
                out += _read_cell(passage, hit.scale, cell.header, cell.start, cell.end)
    return out
