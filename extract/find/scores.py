"""The find room's reader of scores: scale names and the values that belong to them -> Mentions.

In running text the values follow their scale ("EDSS was 6.5 at baseline and 4.0 after a year"), now and then they
precede it ("a 6 on the VAS"); in tables a header names the scale, the time, or both. A value outside the range of
its scale is returned and marked, never dropped.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import lru_cache, partial
from typing import Any

from extract.find.joints import motion_name
from extract.find.language import Passage
from extract.find.novalues import without_doses
from extract.find.pairing import (
    Group,
    blocks_of,
    fits,
    give_values,
    is_global,
    lead_start,
    merged,
    without_asides,
)
from extract.find.phase_slots import Slot
from extract.find.phases import SCALE_MARK, Point, read_timing, timeline
from extract.find.phasing import give_phases
from extract.find.raters import rater_after, rater_near, scorer_of
from extract.find.readings import Range, Reading, find_ranges, find_readings
from extract.find.rows import flat_cells
from extract.find.slashes import is_acuity, with_pairs, with_times
from extract.find.standing import (
    Standing,
    at_visit,
    counted_on,
    looked_back,
    names_same_time,
    standing,
    with_lead,
    with_same_time,
)
from extract.find.subjects import PRONOUN, find_subjects, without_aliases
from extract.find.subjects import ScaleHit as ScaleHit
from extract.model import Mention, Quantity, Rater
from extract.schema import Scale


def find_scores(passage: Passage, hits: Sequence[ScaleHit]) -> list[Mention]:
    """The scores of a passage: one mention for each value of each scale, with phase, time, rater and maximum.

    ``hits`` are the scale names of the passage without overlaps. In a table cell the cell's headers give the time.
    """
    if not hits:
        return []
    out = _read_flat(passage, hits) if passage.cell is None else []
    known: tuple[ScaleHit, ...] = ()
    measured: set[int] = set()
    for start, end in passage.sentences:
        text = passage.text[start:end]
        inside = [ScaleHit(h.start - start, h.end - start, h.scale) for h in hits if start <= h.start and h.end <= end]
        if not inside and not (known and PRONOUN.search(text)):
            known = ()
            continue
        stands = partial(standing, passage, start, measured)
        found, known = _read_sentence(text, sorted(inside, key=lambda h: h.start), known, stands)
        if found:
            measured.add(start)
        for hit, reading, point, rater, top in found:
            if passage.cell is not None and point.phase == "unspecified":
                point = next(iter(timeline(passage.headers)[:1]), point)
            mention = score_mention(passage, start, hit.scale, reading, point, rater, top)
            if hit.scale.id == MOTION:
                # the side stands in front, "right knee flexion"; the joint may stand behind, "flexion of the right hip"
                around = text[max(0, hit.start - 25) : reading.start if reading.start > hit.end else hit.end + 25]
                name = motion_name(around, hit.scale.name)
                mention = mention.model_copy(update={"details": {**mention.details, "measure": name}})
            out.append(mention)
    return out


# "Schirmer 1 → 4 mm": the number is a value, not the version of the test
_VALUE_IN_NAME = re.compile(r"(?P<name>.*[A-Za-z.])\s(?P<value>\d{1,2})")
_GOES_TO = re.compile(r"\s*(?:→|[-–—−=]?>|➔|⇒|to\s|[-–—−])\s*\d")


def _without_value(text: str, hit: ScaleHit) -> ScaleHit:
    match = _VALUE_IN_NAME.fullmatch(text[hit.start : hit.end])
    if match and _GOES_TO.match(text, hit.end) and match["name"].lower() in {word.lower() for word in hit.scale.words}:
        return hit._replace(end=hit.start + match.end("name"))
    return hit


MOTION = "rom"


Found = tuple[ScaleHit, Reading, Point, Rater | None, Decimal | None]


def _read_sentence(
    text: str, hits: list[ScaleHit], known: tuple[ScaleHit, ...], stands: Callable[[], Standing]
) -> tuple[list[Found], tuple[ScaleHit, ...]]:
    """The scores of one sentence, and the scales that a pronoun of the next sentence may stand for.

    ``stands`` tells, when it is asked, which time the sentences before leave standing.
    """
    marked = text
    hits = [_without_value(text, hit) for hit in hits]
    for hit in hits:
        marked = marked[: hit.start] + SCALE_MARK * (hit.end - hit.start) + marked[hit.end :]
    marked = without_doses(marked)
    timing = read_timing(marked)
    ranges = find_ranges(marked)
    readings = with_pairs(text, hits, find_readings(marked, timing.spent, ranges))
    if not readings:
        return [], tuple(hits)
    if names_same_time(marked):
        timing = with_same_time(marked, timing, stands().last)
    hits = without_aliases(text, hits, readings)
    plain_text = without_asides(marked, readings, timing.cues, ranges)
    groups = give_values(text, plain_text, find_subjects(text, hits, known), readings, timing.cues)
    slots: list[Slot] = []
    owners: list[list[tuple[ScaleHit, Reading]]] = []
    for number, group in enumerate(groups):
        for block in blocks_of(text, group):
            first, last = block[0][1], block[-1][1]
            scale = block[-1][0].scale
            subject = min(
                group.subject.start, lead_start(text, first) if first.start < group.subject.start else first.start
            )
            slots.append(Slot(number, subject, first.start, last.end, scale.id, first.number, scale.better))
            owners.append(block)
    if not slots:
        return [], tuple(hits)
    points = looked_back(marked, slots, give_phases(marked, slots, timing.cues))
    points = with_lead(marked, slots, points, timing.cues)
    points = at_visit(marked, slots, points, timing.cues, stands)
    if " later" in marked or "thereafter" in marked:
        points = counted_on(points, stands().last)
    tops = _tops(groups, ranges)
    raters = _raters(text, slots, owners)
    out: list[Found] = []
    for slot, block, point, rater in zip(slots, owners, points, raters, strict=True):
        for hit, reading in block:
            own = hit.scale.rater if len(block) > 1 else None
            who = (rater_after(text, reading.end) or own or rater) if is_global(hit.scale) else hit.scale.rater
            top = reading.top or tops.get((hit.scale.id, slot.group, reading.start))
            out.append((hit, reading, point, who, top))
    told = {(hit.scale.id, hit.start): hit for group in groups for hit in group.subject.hits}
    return out, tuple(told.values())


def _raters(
    text: str, slots: Sequence[Slot], owners: Sequence[Sequence[tuple[ScaleHit, Reading]]]
) -> list[Rater | None]:
    """Who gave each value: the rater named last before it, in the clause of its scale or since the value before."""
    out: list[Rater | None] = []
    for index, slot in enumerate(slots):
        first = index == 0 or slots[index - 1].group != slot.group
        since = slots[index - 1].end if index else 0
        named = next((hit.scale.rater for hit, _ in owners[index] if hit.scale.rater), None)
        if first and named == "patient" and (scorer := scorer_of(text[since : slot.start])):
            named = scorer  # "the mother put the boy's global well-being at 7"
        rater = named if first else rater_near(text[since : slot.start])
        if rater is None and first:
            rater = rater_near(text[since : slot.start].split("|")[-1])
        if rater is None and not first:
            rater = out[-1]
        out.append(rater)
    return out


def _tops(groups: Sequence[Group], ranges: Sequence[Range]) -> dict[tuple[str, int, int], Decimal]:
    """The printed maximum of each value, by scale, group and start of the value.

    Printed once, it goes to all values of its scale in the sentence; printed several times, each to the value before.
    """
    out: dict[tuple[str, int, int], Decimal] = {}
    shared: dict[str, Decimal] = {}
    for_all = next((one.top for one in ranges if one.shared), None)
    for number, group in enumerate(groups):
        scale = group.subject.hits[-1].scale.id
        begin = min(group.subject.start, group.readings[0].start)
        stop = groups[number + 1].subject.start if number + 1 < len(groups) else 1_000_000
        near = [one for one in ranges if begin - (0 if number else 60) <= one.start < stop]
        told = _owned(group)
        for owner, top in [*((owner, r.top) for owner, r in told), *((scale, one.top) for one in near)]:
            if top is not None:
                shared.setdefault(owner, top)
        for index, reading in enumerate(group.readings):
            following = group.readings[index + 1].start if index + 1 < len(group.readings) else stop
            own = [one.top for one in near if reading.end <= one.start < following] if len(near) > 1 else []
            if own:
                out[scale, number, reading.start] = own[0]
    scales = list(dict.fromkeys(hit.scale.id for group in groups for hit in group.subject.hits))
    told_for_all = for_all is not None
    if len(scales) == len(ranges) > 1 and all(one.start >= groups[-1].readings[-1].end for one in ranges):
        shared |= {scale: one.top for scale, one in zip(scales, ranges, strict=True)}
        out.clear()
        told_for_all = True
    if for_all is not None:
        shared |= dict.fromkeys(scales, for_all)
    for number, group in enumerate(groups):
        owners = group.subject.hits if told_for_all else group.subject.hits[-1:]
        for scale, reading in [(hit.scale.id, reading) for hit in owners for reading in group.readings]:
            if scale in shared:
                out.setdefault((scale, number, reading.start), shared[scale])
    return out


def _owned(group: Group) -> list[tuple[str, Reading]]:
    """The values of a group with the scales they belong to: in turn where several are told together."""
    ids = [hit.scale.id for hit in group.subject.hits]
    in_turn = len(group.readings) % len(ids) == 0
    return [(ids[i % len(ids)] if in_turn else ids[-1], reading) for i, reading in enumerate(group.readings)]


# "-2.1": a sign, and no dash between two numbers
_SIGN = re.compile(r"(?:^\s*|[(\[:|,;=→>]\s*|[A-Za-z]\s+)[-\u2010-\u2015\u2212]$")


def score_mention(
    passage: Passage,
    offset: int,
    scale: Scale,
    reading: Reading,
    point: Point,
    rater: Rater | None,
    top: Decimal | None,
) -> Mention:
    """A reading as a mention: value, phase, time, rater, printed maximum, and whether it lies outside its scale."""
    number = reading.number
    signed = scale.minimum is not None and scale.minimum < 0 and _SIGN.search(passage.text[: offset + reading.start])
    if number is not None and signed:
        number = -number
        reading = reading._replace(start=reading.start - 1, text=f"-{reading.text}")
    if number is not None and reading.top is not None and is_acuity(scale):
        number, top = (number / reading.top).quantize(Decimal("0.0001")).normalize(), None
    reading = _with_own_unit(scale, reading, passage.text, offset)
    details: dict[str, Any] = {"measure": scale.name, "value_text": reading.text, "phase": point.phase}
    if number is not None and reading.high is None:
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


def _with_own_unit(scale: Scale, reading: Reading, text: str, offset: int) -> Reading:
    """A reading with the unit behind it, where that is one that only the scale knows: "34 Ns"."""
    if reading.unit or not scale.units or reading.kind != "digits":
        return reading
    unit = _own_units(scale.units).match(text, offset + reading.end)
    return reading if unit is None else reading._replace(unit=unit["unit"], end=unit.end() - offset)


@lru_cache(maxsize=1024)
def _own_units(units: tuple[str, ...]) -> re.Pattern[str]:
    words = "|".join(re.escape(unit) for unit in sorted(units, key=len, reverse=True))
    return re.compile(rf"\s?(?P<unit>{words})(?![\w/])")


def _outside(scale: Scale, number: Decimal, top: Decimal | None) -> bool:
    if top is not None and number > top:
        return True
    high = max(scale.maximum, top) if scale.maximum is not None and top is not None else scale.maximum
    return (high is not None and number > high) or (scale.minimum is not None and number < scale.minimum)


# A column of changes, of counts or of test results is no column of values.
_NOT_VALUES = re.compile(
    r"\b(?:change|changes|difference|delta|improvement|reduction|decrease|increase|p\W?values?|percent(?:age)?|MCID"
    r"|respon\w+|slope|"
    r"normal\s+range)\b|Δ|^\s*(?:normal|reference)\b",
    re.IGNORECASE,
)
_FOOTNOTE = re.compile(r"(?<=\d)[a-f*†‡§#](?=[\s*†‡§#,;)]|$)")
_NORMAL = re.compile(r"\s*(?:normal(?:i[sz]ed)?|within normal limits|WNL)\s*", re.IGNORECASE)


def find_scores_in_cell(
    passage: Passage,
    scale: Scale,
    header: str,
    *,
    around: str = "",
    part: str = "",
    start: int = 0,
    end: int | None = None,
) -> list[Mention]:
    """The scores of a cell whose row or column header names the scale; ``header`` are both headers, a bar between.

    ``around`` are further words over the cell, ``part`` what the row is of the scale (``pain`` of the HHS); ``start``
    and ``end`` say which piece of the cell holds them.
    """
    found = _read_cell(passage, scale, header, start, len(passage.text) if end is None else end)
    name = motion_name(f"{header} | {around}", scale.name) if scale.id == MOTION else f"{scale.name} {part}".strip()
    if name == scale.name:
        return found
    return [mention.model_copy(update={"details": {**mention.details, "measure": name}}) for mention in found]


def _read_cell(passage: Passage, scale: Scale, header: str, start: int, end: int) -> list[Mention]:
    text = without_doses(_FOOTNOTE.sub(" ", passage.text[start:end]))
    no_values = scale.domain != "response" and _NOT_VALUES.search(header.split("|")[0])
    if no_values or len(text.split()) > 16:
        return []
    if scale.kind == "laboratory" and _NORMAL.fullmatch(text):
        whole = Reading(0, len(text.rstrip()), None, text.strip(), "normal")
        readings = [whole]
    else:
        timing = read_timing(text)
        told = with_times(scale, timeline(header), find_readings(text, timing.spent, find_ranges(text)))
        readings = [r for r in told if fits(scale, r)]
        readings = merged(text, [r for r in readings if not _is_spread(text, r, readings)], scale)
    points = _cell_points(text, scale, header, readings)
    tops = [one.top for one in (*find_ranges(header), *find_ranges(text))]
    top = tops[0] if tops else None
    rater = scale.rater or (rater_near(header.split("|")[0]) if is_global(scale) else None)
    return [
        score_mention(
            passage,
            start,
            scale,
            reading,
            point,
            (rater_after(text, reading.end) if is_global(scale) else None) or rater,
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
        if len(line) > len(readings) and text.count("/") == len(line) - 1:
            return [line[text.count("/", 0, reading.start)] for reading in readings]  # "8 / 9 / –"
        if len(line) == 1 and all(point.phase == "unspecified" for point in told):
            return [line[0]] * len(readings)
    return told


def _read_flat(passage: Passage, hits: Sequence[ScaleHit]) -> list[Mention]:
    """A table that came as plain lines: the scale stands in the header of its column."""
    out = []
    for cell in flat_cells(passage.text):
        for hit in hits:
            if cell.header_start <= hit.start < cell.header_end:
                out += _read_cell(passage, hit.scale, f"{cell.header} | {cell.row}", cell.start, cell.end)
                break
            if cell.row_start <= hit.start < cell.row_end:
                out += _read_cell(passage, hit.scale, f"{cell.row} | {cell.header}", cell.start, cell.end)
                break
    return out
