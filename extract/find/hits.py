"""Hits: words of a passage that a rule recognises, and which of several that overlap are meant."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from extract.model import Mention, Quantity
from extract.schema import Scale

# A find inside a longer find of these fields is part of its name: the femur in "osteonecrosis of the femoral
# head" is no site, Crohn's disease in "Crohn's disease activity index" no diagnosis.
_SWALLOWED_BY: Mapping[str, frozenset[str]] = {
    "site": frozenset({"diagnosis", "scale", "therapy", "adverse_event"}),
    "diagnosis": frozenset({"scale"}),
    "adverse_event": frozenset({"scale", "diagnosis"}),
    "therapy": frozenset({"scale"}),
    "tissue": frozenset({"diagnosis", "adverse_event"}),
    "route": frozenset({"scale"}),
}


class Hit(NamedTuple):
    """Words of a passage (relative range) that a rule recognises."""

    field: str
    value: str
    start: int
    end: int
    rule_id: str
    details: Mapping[str, str] = {}
    quantity: Quantity | None = None
    scale: Scale | None = None


class Rejected(NamedTuple):
    """Words that a rule would have recognised, and why it did not count."""

    field: str
    value: str
    start: int
    end: int
    rule_id: str
    reason: str


class Found(NamedTuple):
    """What a passage (or a document) holds, and what was seen but did not count."""

    mentions: list[Mention]
    rejected: list[Rejected]


def join_names(hits: Sequence[Hit]) -> list[Hit]:
    """Names of one scale that share words are one name: "VAS itch" and "itch score" in "VAS itch score".

    Names of other fields stay apart: each of two routes or products that share a word may be meant.
    """
    out: list[Hit] = []
    last: dict[str, int] = {}
    for hit in sorted(hits, key=lambda h: (h.start, -h.end)):
        if hit.field == "scale":
            at = last.get(hit.value)
            if at is not None and out[at].start < hit.start < out[at].end < hit.end:
                out[at] = out[at]._replace(end=hit.end)
                continue
            last[hit.value] = len(out)
        out.append(hit)
    return out


_IN_BRACKETS = re.compile(r"\s?[(\[]\s?")


def shortened_names(hits: Sequence[Hit], text: str) -> list[Hit]:
    """A scale's name with a numbered abbreviation of it in brackets is the version that the abbreviation names.

    "Manual muscle testing (MMT8)" is MMT8, though the words alone name a scale of their own.
    """
    scales = [hit for hit in hits if hit.field == "scale"]
    return [hit for hit in hits if hit.field != "scale" or not _is_shortened(hit, scales, text)]


def _is_shortened(hit: Hit, scales: Sequence[Hit], text: str) -> bool:
    gap = _IN_BRACKETS.match(text, hit.end)
    if gap is None:
        return False
    initials = "".join(word[0] for word in re.findall(r"[^\W\d_]+", text[hit.start : hit.end])).lower()
    return any(
        other.start == gap.end()
        and other.value != hit.value
        and re.fullmatch(rf"{initials}[\s-]?\d\w*", text[other.start : other.end], re.IGNORECASE)
        for other in scales
    )


def longest(hits: Sequence[Hit], rejected: list[Rejected] | None = None) -> list[Hit]:
    """Of overlapping hits of one field only the longest; parts of longer names dropped. Sorted by place.

    What is dropped though it means something else goes to ``rejected``.
    """
    ordered = sorted(hits, key=lambda h: (-(h.end - h.start), h.start, h.field, h.value))
    kept: list[Hit] = []
    for hit in ordered:
        clash = False
        for other in kept:
            if (
                other.start < hit.end
                and hit.start < other.end
                and (
                    (
                        other.field == hit.field
                        and (other.end - other.start > hit.end - hit.start or other.value == hit.value)
                    )
                    or (
                        other.field in _SWALLOWED_BY.get(hit.field, ())
                        and other.end - other.start > hit.end - hit.start
                    )
                )
            ):
                clash = True
            if clash:
                if rejected is not None and (other.field, other.value) != (hit.field, hit.value):
                    reason = f"its words are part of a longer name: {other.value} ({other.field})"
                    rejected.append(Rejected(hit.field, hit.value, hit.start, hit.end, hit.rule_id, reason))
                break
        if not clash:
            kept.append(hit)
    return sorted(kept, key=lambda h: (h.start, h.end, h.field, h.value))
