"""FIND, phases: what a value without a time of its own is told by: verbs, contrasts, the end that others share."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from extract.find.phase_slots import TO, Slot
from extract.find.phases import Point

_BETTER_TO = re.compile(r"\b(?:improv\w+|recover\w+|normali[sz]\w+|remit\w+|settled|better)\b[^;|]*$", re.IGNORECASE)
_WENT_DOWN = re.compile(
    r"\b(?:fell|fallen|falls|dropped|drop|decreas\w+|declin\w+|reduc\w+|lower\w+|came\s+down|come\s+down|sank"
    r"|lessened|down)\b[^;|]*$",
    re.IGNORECASE,
)
_WENT_UP = re.compile(
    r"\b(?:rose|risen|rises|increas\w+|climbed|gone\s+up|went\s+up|gained|up)\b[^;|]*$", re.IGNORECASE
)
_LATER_WORD = re.compile(
    r"\b(?:later|then|now|afterwards?|thereafter|finally|fell|rose|dropped|improved|declined|to)\b", re.IGNORECASE
)
# "the distance, 60 m before, was 310": the first stands in an aside
_BEYOND = re.compile(r"[^,;.]{1,40},\s*(?:was|is|had\s+become|became|now|reached|came\s+to)\s+", re.IGNORECASE)
_STAYED = re.compile(
    r"[^;.|]{0,40}\b(?:remain\w*|stay\w*|kept|still|held|maintained|unchanged|stable)\s+(?:at\s+|stable\s+at\s+|unchanged\s+at\s+)?",
    re.IGNORECASE,
)
_SEVERAL = re.compile(
    r"\b(?:both|two|three|remaining|others?|patients|children|cases|eyes|knees|hips|respectively|each)\b", re.IGNORECASE
)


def like_the_last(text: str, slots: Sequence[Slot], told: Sequence[Point | None], group: Sequence[int]) -> Point | None:
    """ "80 at baseline and 35 at week 24; the other 72 and 20, respectively": the order of the scale before."""
    first, size = group[0], len(group)
    stop = slots[group[-1] + 1].subject if group[-1] + 1 < len(slots) else len(text)
    place = sum(told[i] is not None for i in group)
    said = _RESPECTIVELY.search(text, slots[group[-1]].end, stop)
    if size < 2 or not (said or _in_one_row(text, slots, group)):
        return None
    groups = {slot.group for slot in slots[:first]}
    for number in sorted(groups, reverse=True):
        last = [told[i] for i, slot in enumerate(slots) if slot.group == number]
        if len(last) == size and all(point is not None and point.phase != "unspecified" for point in last):
            alike = all(told[i] is None or told[i] == last[at] for at, i in enumerate(group))
            return last[place] if said or (alike and last[0] != last[-1]) else None
        if not said:
            return None
    return None


_RESPECTIVELY = re.compile(
    r"[^;.|]{0,40}\b(?:respectively|at\s+the\s+same\s+(?:times?|(?:time\s?)?points?|visits?))\b", re.IGNORECASE
)
_NEXT_IN_ROW = re.compile(r"\s*(?:points?|mm|cm|m|%|[\w/.]{1,7}/\w{1,4})?\s*(?:,|and|,\s*and|/|→)\s*", re.IGNORECASE)


def _in_one_row(text: str, slots: Sequence[Slot], group: Sequence[int]) -> bool:
    """ "DAS28 5.9 at baseline and 3.1 at week 24; HAQ 2.0 and 0.9": a bare list that follows that of another scale."""
    first = group[0]
    if first == 0 or slots[first - 1].scale == slots[first].scale:
        return False
    between = text[slots[first - 1].end : slots[first].start]
    behind = re.split(r"[;.|]", text[slots[group[-1]].end :])[0][:40]
    if _SEVERAL.search(between) or _SEVERAL.search(behind) or _TO_OTHERS.search(between):
        return False
    return all(
        slots[i].group == slots[j].group and _NEXT_IN_ROW.fullmatch(text, slots[i].end, slots[j].start) is not None
        for i, j in pairwise(group)
    )


_TO_OTHERS = re.compile(
    r"\b(?:but|whereas|while|although|controls?|healthy|normal|placebo|mother|father|brother|sister)\b", re.IGNORECASE
)
# "her myasthenia (QMG 24) was treated with 5 × 10⁷ cells": the state that the cells were given for
_GIVEN_FOR_IT = re.compile(
    r"[^()\d;|]{0,6}(?:[,;]\s?[^()|]{1,40})?\)\s*,?\s*(?:(?:was|were|had been)\s+(?:then\s+|therefore\s+|first\s+)?"
    r"(?:treated|infused|injected|managed|given|transplanted)|received|underwent|got)\b"
    r"[^;.]{0,60}\b(?:cells?|\w*-?MSCs?|SVF|BMAC|infusions?|injections?)\b",
    re.IGNORECASE,
)
# "with a SLEDAI of 18, she was given 7 × 10⁷ cells"
_WITH_IT = re.compile(
    r"\b(?:with|despite|because\s+of|having)\s+(?:an?\s+|his\s+|her\s+)?[^,;."
    r"|\d]{0,40}$",
    re.IGNORECASE,
)
_SHE_WAS_GIVEN = re.compile(
    r"(?:/\d{1,3})?\s*,\s*(?:s?he|they|the\s+\w+|this\s+\w+)\s+(?:was|were|received|underwent|got|had)\b(?:\s+(?:then|therefore|first))?"
    r"[^;.]{0,60}?\b(?:cells?|\w*-?MSCs?|SVF|BMAC)\b",
    re.IGNORECASE,
)
_NOT_THE_FIRST = re.compile(
    r"\b(?:second|third|further|another|additional|again|repeat\w*|after\s+(?:the\s+)?(?:first|last|\w+\s+)?(?:cells?|infusions?"
    r"|injections?|transplant\w*)|months?|weeks?|later)\b",
    re.IGNORECASE,
)


def reason_for_cells(text: str, slots: Sequence[Slot], index: int) -> Point | None:
    """A value in brackets behind a disease or patient that is then treated with cells is one before them."""
    if _WITH_IT.search(text[: slots[index].start]) and (then := _SHE_WAS_GIVEN.match(text, slots[index].end)):
        return None if _NOT_THE_FIRST.search(text[: then.end()]) else Point("pre", None, "")
    given = _GIVEN_FOR_IT.match(text, slots[index].end)
    if given is None or "(" not in text[: slots[index].start] or _NOT_THE_FIRST.search(text[: given.end()]):
        return None
    return Point("pre", None, "")


def by_contrast(text: str, slots: Sequence[Slot], told: Sequence[Point | None], index: int) -> Point | None:
    """ "It was 30; one year after the infusion it was 18": the first is before, though nothing says so; or "6 at entry,
    later 4"."""
    slot = slots[index]
    after = index + 1
    if after < len(slots) and slots[after].group == slot.group and told[after] is not None:
        gap = text[slot.end : slots[after].start].strip()
        if gap == "and" and _SEVERAL.search(text[: slot.start]):
            return told[after]  # "in the other two it was 9 and 12 at week 16"
    for other, point in zip(slots[index + 1 :], told[index + 1 :], strict=True):
        if point is not None and (other.group == slot.group or other.scale == slot.scale):
            if point.phase == "post":
                return Point("pre", None, "")
            break
    for i in range(index - 1, -1, -1):
        point = told[i]
        if slots[i].group == slot.group and point is not None:
            beyond = _BEYOND.fullmatch(text, slots[i].end, slot.start) if i == index - 1 else None
            if point.phase == "post" and _STAYED.fullmatch(text, slots[i].end, slot.start):
                return Point("post", None, "")  # "to 1.0 at six months, and remained 1.0"
            later = point.phase == "pre" and (beyond or _LATER_WORD.search(text, slots[i].end, slot.start))
            return Point("post", None, "") if later else None
    return None


def by_verb(text: str, slots: Sequence[Slot], told: Sequence[Point | None], index: int) -> Point | None:
    """ "It had improved to 3": a value reached in the better direction is one after the treatment."""
    slot = slots[index]
    ahead = text[slot.subject : slot.start]
    if not TO.search(ahead):
        return None
    before = told[index - 1] if index else None
    if before is not None and before.phase == "post":
        between = text[slots[index - 1].end : slot.subject]
        if not re.search(r"[;|.]\s", between):
            return before  # "FVC had risen to 68, 6MWD to 455": the verb goes on
    better = (
        _BETTER_TO.search(ahead)
        or (slot.better == "lower" and _WENT_DOWN.search(ahead))
        or (slot.better == "higher" and _WENT_UP.search(ahead))
    )
    return Point("post", None, "") if better else None


def share_end(text: str, slots: Sequence[Slot], told: list[Point | None]) -> None:
    """ "X rose from 58 to 92 and Y from 49 to 84 over 24 months": the time at the end is that of both."""
    for index in range(len(slots) - 2, -1, -1):
        here = told[index]
        later = told[index + 2] if index + 2 < len(slots) and slots[index + 2].group != slots[index].group else None
        between = text[slots[index].end : slots[index + 1].start]
        if (
            here is not None
            and later is not None
            and here == Point("post", None, "")
            and later.phase == "post"
            and later.months is not None
            and slots[index + 1].group == slots[index + 2].group
            and not re.search(r"[;|.]|\bbut\b|\bwhereas\b", between)
        ):
            told[index] = later


def shared_behind(text: str, slots: Sequence[Slot], told: list[Point | None], index: int) -> Point | None:
    """The time at the end of a list of scales: "PASI 14, DLQI 19 at entry"."""
    for other in range(index + 1, len(slots)):
        between = text[slots[other - 1].end : slots[other].start]
        if re.search(r"[;|\n]|\bbut\b|\bwhereas\b|\bwhile\b", between) or slots[other].group == slots[index].group:
            return None
        if told[other] is not None:
            return told[other]
    return None
