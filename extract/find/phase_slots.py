"""FIND, phases: a value that waits for its time, and how two values are joined (from, to, against, a slash)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Literal, NamedTuple

from extract.find.phases import Cue, Point

UNSAID = Point("unspecified", None, "")


class Slot(NamedTuple):
    """A value, or the values of several scales told together, that belongs to one time.

    ``group`` counts the subjects of the sentence, ``subject`` is where the group's scale name begins, ``scale`` its id.
    """

    group: int
    subject: int
    start: int
    end: int
    scale: str
    number: Decimal | None = None
    better: Literal["lower", "higher"] | None = None


Joint = Literal["to", "from", "against", "slash", "list", "other"]
_ARROW = re.compile(r"[\s)]*(?:[-–—−=]?>|→|➔|➝|⇒|[-\u2010-\u2015\u2212]{1,2})\s*")
TO = re.compile(
    r"(?:^|\W)(?:(?:(?:down|up|on|back|over)\s+)?to|into|becoming|becomes?|became|(?:to\s+)?reach(?:ed|ing)?)\s+(?:(?:an?|one|the|about"
    r"|approximately|only|just|nearly|"
    r"as\s+\w+\s+as|its|stage|grade|class|score|value|level|of)\s+)*$",
    re.IGNORECASE,
)
FROM = re.compile(
    r"(?:^|\W)(?:from|starting\s+at)\s+(?:(?:an?|the|its|his|her|about|approximately|mean|median|initial|original"
    r"|stage|grade|class|(?:start|"
    r"value|level|score|peak|high|low|maximum)(?:\s+of)?)\s+)*$",
    re.IGNORECASE,
)
_AGAINST = re.compile(
    r"\b(?:against|compared\s+(?:with|to)|in\s+comparison\s+(?:with|to)|versus|vs\.?|as\s+opposed\s+to)\W",
    re.IGNORECASE,
)
_LIST = re.compile(r"[\s,;&)]*(?:and|then|,)?[\s(]*", re.IGNORECASE)
_AND = re.compile(r"[\s,;]*and\b", re.IGNORECASE)
_BARE_SIGN = re.compile(r"(?<=\s)[-\u2010-\u2015\u2212]$")


def joints(text: str, slots: Sequence[Slot], cues: Sequence[Cue]) -> list[Joint]:
    """How each slot is joined to the one before it in its group; the first of a group is joined as "other"."""
    out: list[Joint] = []
    for index, slot in enumerate(slots):
        if index == 0 or slots[index - 1].group != slot.group:
            out.append("other")
            continue
        gap = _without(text, slots[index - 1].end, slot.start, cues)
        joint = _joint(gap)
        if joint == "to" and _AND.match(gap) and TO.search(ahead(text, slots, index - 1)):
            joint = "list"  # "had fallen to 4, and by the third month to 2"
        out.append(joint)
    return out


def _without(text: str, start: int, end: int, cues: Sequence[Cue]) -> str:
    """A piece of text with the words of time taken out."""
    out, at = [], start
    for cue in cues:
        if cue.end <= start or cue.start >= end:
            continue
        out.append(text[at : max(at, cue.start)])
        at = max(at, min(end, cue.end))
    out.append(text[at:end])
    return " ".join(out)


def _joint(gap: str) -> Joint:
    gap = _BARE_SIGN.sub("", gap)
    if _ARROW.fullmatch(gap):
        return "to"
    if gap.strip() == "/":
        return "slash"
    if TO.search(gap):
        return "to"
    if FROM.search(gap):
        return "from"
    if _AGAINST.search(gap):
        return "against"
    return "list" if _LIST.fullmatch(gap) else "other"


def ahead(text: str, slots: Sequence[Slot], index: int) -> str:
    """The words between a value and the value before it in its group, or its scale's name."""
    slot = slots[index]
    follows = index > 0 and slots[index - 1].group == slot.group
    return text[slots[index - 1].end if follows else slot.subject : slot.start]
