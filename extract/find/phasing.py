"""The find room's dating of values: a row of values and the words of time around them -> a point of time for each.

A time may stand before its value ("at baseline 44"), behind it ("44 at baseline"), or over all of them ("before
treatment ..."); "from A to B" says it without any word of time. What a value's own words say goes before what
the sentence says, and a value without any hint stays unspecified.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from extract.find.phase_hints import by_contrast, by_verb, like_the_last, reason_for_cells, share_end, shared_behind
from extract.find.phase_slots import FROM, UNSAID, Joint, Slot, ahead, joints
from extract.find.phases import Cue, Point
from extract.model import Phase

_RETURNED = re.compile(
    r"\b(?:return(?:ed|ing)|(?:went|gone|come|came|fell|fallen|slid|slipped|dropped)\s+back|relapsed|rebounded|reverted"
    r"|re-?bounded)\b[^;|]*$",
    re.IGNORECASE,
)
# "rose over 0.4 to 0.6": the first value is one on the way
_ON_THE_WAY = re.compile(
    r"\b(?:rose|fell|went|came|risen|fallen|climbed|dropped)\s+(?:over|via|through|by\s+way\s+of)\s+$", re.IGNORECASE
)
_BREAK = re.compile(r"[|\n]|(?<!vs)\.\s+(?=[A-Z¶])")
_TIGHT_BEFORE = re.compile(
    r"\s*[(\[]?\s*(?:(?:was|were|had\s+been|is)\s+)?(?:(?:noted|recorded|charted|measured|documented|found|obtained"
    r"|registered|seen|reached)\s+)?"
    r"(?:(?:points?|scores?|units?|cm|mm|m|value|both|all|each|as|only|still|even|already)\s+){0,2}",
    re.IGNORECASE,
)
_TIGHT_AFTER = re.compile(
    r"[\s:=(¶-]*(?:(?:the|an?|her|his|its|their|of|was|were|is|had|been|at|to|scores?|values?|level|with|it|she|he"
    r"|they|mean|median|stage|"
    r"grade|class|total|patient['’]?s?|physician['’]?s?|own|global|reached|only|both|about)[\s:=(¶]+)*",
    re.IGNORECASE,
)
_OPENS_NEXT = re.compile(r"\s*[,;]?\s*(?:and|but|or|then|;|whereas|while)\b|\s*;", re.IGNORECASE)
_ENDS_CLAUSE = re.compile(r"\s*,\s*(?:(?:the|her|his|their|its|an?|mean|median)\s+)*¶")
_BEGINS = re.compile(r"[,;:(]|\b(?:and|but|or|then|while|whereas)\b")
# An event that stands between a value and a time takes the time
_OF_AN_EVENT = re.compile(
    r"\b(?:after|following|despite|owing\s+to|due\s+to|because\s+of)\s+(?:an?|the|his|her|their|another|one|this)\s+"
    r"(?:[a-z-]+\s+){0,2}?(?:flares?|relapses?|falls?|infections?|attacks?|fractures?|accidents?|episodes?|exacerbations?"
    r"|pneumonia|influenza|pregnancy|tapers?|withdrawal|discontinuation)\s*\(?$",
    re.IGNORECASE,
)
_ALL_BEFORE = re.compile(r"\b(?:before|prior|run-in|pre)", re.IGNORECASE)


def give_phases(text: str, slots: Sequence[Slot], cues: Sequence[Cue]) -> list[Point]:
    """The point of time of each slot, in order; ``text`` is the sentence with scale names marked out."""
    own: list[Point | None] = [None] * len(slots)
    over: list[tuple[int, int, Point]] = []  # cues that reach forward over several values: position, slot, point
    spread: set[int] = set()
    waiting = list(reversed(cues))
    while waiting:
        cue = waiting.pop()
        before = next((i for i in range(len(slots) - 1, -1, -1) if slots[i].end <= cue.start), None)
        after = next((i for i in range(len(slots)) if slots[i].start >= cue.end), None)
        led = before is not None and any(other.end <= slots[before].start for other in cues)
        if before is not None and led and _OF_AN_EVENT.search(text, slots[before].end, cue.start):
            continue  # under another time, "0.9 after a flare at week 44": the time of the flare
        if before is not None and _BREAK.search(text, slots[before].end, cue.start):
            before = None
        if after is not None and _BREAK.search(text, cue.end, slots[after].start):
            after = None
        if len(cue.points) > 1:
            if not _distribute(text, slots, cue, before, after, own, spread):
                waiting += reversed(cue.parts)  # "15 before the cells and 107 days later 6": no list after all
            continue
        point = cue.points[0]
        if _goes_forward(text, slots, cue, before, after):
            assert after is not None
            leads = before is None or slots[before].group != slots[after].group
            if leads and cue.start <= slots[after].subject:
                over.append((cue.start, after, point))
            else:
                own[after] = point
        elif before is not None:
            if point.phase == "post" and _stands_alone_from(text, slots, before, cue):
                continue  # "from 312 the CDAI had lost 140 points within ten weeks"
            dated = own[before] is not None or any(at < slots[before].start for at, _, _ in over)
            if dated and ";" in text[slots[before].end : cue.start]:
                continue  # "at 3 months it was 30; at 9 months he walked": a new clause with a time of its own
            own[before] = point if own[before] is None else own[before]
    return _fill(text, slots, own, over, spread, joints(text, slots, cues))


def _stands_alone_from(text: str, slots: Sequence[Slot], index: int, cue: Cue) -> bool:
    """Whether a value is the only one of its scale and told as a start: "from 6 ..."."""
    alone = sum(slot.group == slots[index].group for slot in slots) == 1
    return (
        alone
        and FROM.search(ahead(text, slots, index)) is not None
        and _TIGHT_BEFORE.fullmatch(text[slots[index].end : cue.start]) is None
    )


_OPENED = re.compile(r"[(\[]\s*(?:from\s+(?:an?\s+)?|against\s+|vs\.?\s+)?$")
_CLOSED = re.compile(r"\s*(?:points?|mm|cm|%)?\s*[)\]]")


def _goes_forward(text: str, slots: Sequence[Slot], cue: Cue, before: int | None, after: int | None) -> bool:
    """Whether words of time between two values belong to the second."""
    if after is None or before is None:
        return after is not None
    ahead = text[slots[before].end : cue.start]
    behind = text[cue.end : slots[after].start]
    if slots[before].group != slots[after].group and _ENDS_CLAUSE.match(behind) and not _BEGINS.search(ahead):
        return False  # "PASI 14 was recorded at entry, DLQI 8": the comma ends the clause of the time
    tight_ahead = _TIGHT_BEFORE.fullmatch(ahead) is not None
    tight_behind = _TIGHT_AFTER.fullmatch(behind) is not None
    if behind.lstrip().startswith(":"):
        return True
    if _OPENED.search(ahead) and _CLOSED.match(text, slots[after].end):
        return True  # "was 81 (baseline 47)"
    if tight_ahead:
        return False
    return tight_behind or not _OPENS_NEXT.match(behind)


def _distribute(
    text: str,
    slots: Sequence[Slot],
    cue: Cue,
    before: int | None,
    after: int | None,
    own: list[Point | None],
    spread: set[int],
) -> bool:
    """Give a list of times to the groups that have as many values: "44, 60 and 79 at 0, 6 and 12 months"."""
    size = len(cue.points)
    given = False
    groups: dict[int, list[int]] = {}
    for index, slot in enumerate(slots):
        groups.setdefault(slot.group, []).append(index)
    backward = before is not None and len(groups[slots[before].group]) >= size
    for members in groups.values():
        chosen: list[int] = []
        if backward:
            inside = [i for i in members if slots[i].end <= cue.start and own[i] is None]
            if not _BREAK.search(text, slots[members[0]].start, cue.start):
                chosen = inside[-size:] if len(inside) >= size and before in inside else []
        elif after is not None and slots[members[0]].start >= cue.end:
            chosen = [i for i in members if own[i] is None]
            if _BREAK.search(text, cue.end, slots[members[0]].start):
                chosen = []
        if len(chosen) == size:
            for index, point in zip(chosen, cue.points, strict=True):
                own[index] = point
                spread.add(index)
            given = True
    return given


def _fill(
    text: str,
    slots: Sequence[Slot],
    own: list[Point | None],
    over: list[tuple[int, int, Point]],
    spread: set[int],
    joints: list[Joint],
) -> list[Point]:
    """Put together what the words of time say and what "from A to B" says."""
    told: list[Point | None] = list(own)
    index = 0
    mirror: dict[str, list[Phase]] = {}
    while index < len(slots):
        stop = index + 1
        while stop < len(slots) and slots[stop].group == slots[index].group and joints[stop] in ("to", "slash"):
            stop += 1
        chain = list(range(index, stop))
        slashes = sum(joints[i] == "slash" for i in chain[1:])
        lead = next((point for position, _, point in reversed(over) if position < slots[index].start), None)
        lead_here = next((point for _, slot, point in over if slot == index), None)
        if not spread.intersection(chain) and len(chain) > 1 and (slashes == 0 or len(chain) > 2):
            over_all = lead_here or (lead if lead and lead.phase == "post" else None)
            if (
                over_all
                and over_all.phase == "post"
                and _RETURNED.search(text[slots[index].subject : slots[index].start])
            ):
                told[index] = told[index] or Point("post", None, "")  # "in month 10 it returned from 3.0 to 3.5"
            if lead_here and _starts_then(text, slots, told, index, stop - 1, lead_here):
                told[index] = lead_here
            if told[index] is None and _ON_THE_WAY.search(text[: slots[index].start]):
                told[index] = Point("post", None, "")
            _tell_chain(told, chain, over_all)
        elif len(chain) == 1 and stop < len(slots) and slots[stop].group == slots[index].group:
            after = joints[stop]
            behind = told[stop]
            goes_on = stop + 1 < len(slots) and slots[stop + 1].group == slots[stop].group and joints[stop + 1] == "to"
            if after == "from" and goes_on:
                after = "other"  # "7 on the right, but on the left it went from 6 to 5"
            if after == "from" and told[index] is None and behind is not None and behind.phase == "post":
                # "fell to 3 from 8 after the infusion": the time at the end is that of the 3
                told[index], told[stop] = behind, None
            if after == "from" or (after == "against" and told[index] is None and told[stop] is None):
                told[index] = told[index] or Point(
                    "post", lead.months if lead and lead.phase == "post" else None, lead.words if lead else ""
                )
                told[stop] = told[stop] or Point("pre", None, "")
                chain.append(stop)
                stop += 1
            elif after == "against":
                if told[index] is None and lead is None and behind is not None and behind.phase != "unspecified":
                    # "24, against 17 before the infusions"
                    told[index] = Point("post" if behind.phase == "pre" else "pre", None, "")
                opposite: Phase = "pre" if (told[index] or lead or UNSAID).phase == "post" else "post"
                if told[index] is None and lead is not None:
                    told[index] = lead
                told[stop] = told[stop] or Point(opposite, None, "")
                chain.append(stop)
                stop += 1
        if len(chain) > 1:
            mirror[slots[index].scale] = [(told[i] or UNSAID).phase for i in chain]
        index = stop
    _tell_rest(text, slots, told, over, mirror)
    share_end(text, slots, told)
    return [point or UNSAID for point in told]


def _starts_then(
    text: str, slots: Sequence[Slot], told: Sequence[Point | None], first: int, last: int, lead: Point
) -> bool:
    """Whether the time at the beginning is that of the first value, since the last has its own: "at six months it was
    6 and fell to 4 at one year"; not "at one year it had fallen from 6 to 4 after a second dose"."""
    end = told[last]
    own_end = end is not None and end.phase == "post" and end.months != lead.months
    return lead.phase == "post" and told[first] is None and own_end and not FROM.search(ahead(text, slots, first))


def _tell_chain(told: list[Point | None], chain: list[int], lead: Point | None) -> None:
    """ "from A to B": before, then after; unless words of time say that all of it was before the cells."""
    last = told[chain[-1]]
    all_before = (lead is not None and lead.phase == "pre" and _ALL_BEFORE.search(lead.words)) or (
        last is not None and last.phase == "pre" and told[chain[0]] is None
    )
    for place, index in enumerate(chain):
        if told[index] is not None:
            continue
        if all_before:
            told[index] = lead or last
        elif place == 0:
            told[index] = Point("pre", None, "")
        elif place == len(chain) - 1 and lead is not None and lead.phase == "post":
            told[index] = lead
        else:
            told[index] = Point("post", None, "")


def _tell_rest(
    text: str,
    slots: Sequence[Slot],
    told: list[Point | None],
    over: list[tuple[int, int, Point]],
    mirror: dict[str, list[Phase]],
) -> None:
    """Values that neither their own words nor a from-to have dated: by what stands over them, behind them, or near."""
    for index, slot in enumerate(slots):
        if told[index] is not None:
            continue
        lead = next(
            (p for at, _, p in reversed(over) if at < slot.start and not _BREAK.search(text, at, slot.start)), None
        )
        if lead is not None:
            told[index] = lead
        elif FROM.search(ahead(text, slots, index)):
            told[index] = Point("pre", None, "")
    for index, slot in enumerate(slots):
        if told[index] is not None:
            continue
        group = [i for i, other in enumerate(slots) if other.group == slot.group]
        # two medians told after two means are in the same order
        pattern = mirror.get(slot.scale)
        open_ones = [i for i in group if told[i] is None]
        if pattern and len(open_ones) == len(pattern) and group[: len(pattern)] != open_ones:
            for i, phase in zip(open_ones, pattern, strict=True):
                told[i] = Point(phase, None, "")
            continue
        told[index] = (
            like_the_last(text, slots, told, group)
            or by_contrast(text, slots, told, index)
            or shared_behind(text, slots, told, index)
            or by_verb(text, slots, told, index)
            or reason_for_cells(text, slots, index)
        )
