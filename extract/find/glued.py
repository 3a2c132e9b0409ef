"""The find room's eye for scale names that a PDF glued to their neighbours: ``107ITEDSS6.5→5.0`` holds an EDSS."""

from __future__ import annotations

import re
from collections.abc import Sequence

from extract.find.subjects import ScaleHit
from extract.schema import Scale

# Two values with a dash or an arrow prove that the letters before them are a name and no part of a word.
_FROM_TO = (
    r"(?=(?:\s(?:pain|symptoms?|ADL|sports?|QoL|function|stiffness|total|score|index))?"
    r"\s?[:=]?\s?\d{1,3}(?:\.\d+)?\s?%?\s?(?:→|[-–—−=]?>|➔|⇒|[-\u2010-\u2015\u2212])\s?\d)"
)
# What stands before a glued name: the end of a word or number, or an abbreviation of a route or product.
_BEFORE = (
    r"(?:(?<=[a-z\d)])|(?<=\dIT)|(?<=\dIA)|(?<=\dIV)|(?<=\dIM)|(?<=\dIC)|(?<=\dIO)|"
    r"(?<=\dID)|(?<=\dSC)|(?<=MSC)|(?<=SVF)|(?<=BMAC))"
)


_TWO_VALUES = re.compile(r"\d\s?%?\s?(?:→|[-–—−=]?>|➔|⇒|[-\u2010-\u2015\u2212])\s?\d")
_GLUED = re.compile(r"[a-z\d)][A-Z]{2}|[a-z]{2}[A-Z][a-z]*\d")


def find_glued(text: str, scales: Sequence[Scale], known: Sequence[ScaleHit]) -> list[ScaleHit]:
    """Scale names inside a run of letters and digits, followed by "from-to" values; none where one is known already."""
    if not _TWO_VALUES.search(text) or not _GLUED.search(text):
        return []
    if id(scales) not in _READY:
        for old in list(_READY)[: len(_READY) - 3]:
            del _READY[old]
        _READY[id(scales)] = (scales, *_names(scales))
    _, pattern, names = _READY[id(scales)]
    out = []
    for match in pattern.finditer(text):
        if not any(hit.start < match.end() and match.start() < hit.end for hit in known):
            out.append(ScaleHit(match.start(), match.end(), names[match.group()]))
    return out


# by identity, since comparing a hundred scales costs more than the search; the scales themselves keep the id theirs
_READY: dict[int, tuple[Sequence[Scale], re.Pattern[str], dict[str, Scale]]] = {}


def _names(scales: Sequence[Scale]) -> tuple[re.Pattern[str], dict[str, Scale]]:
    """All abbreviations of scales as one pattern, the longest first. Those that need other words are left out."""
    names: dict[str, Scale] = {}
    for scale in scales:
        if scale.needs or scale.kind == "laboratory":
            continue
        for word in (*scale.exact, *scale.words):
            if re.fullmatch(r"[A-Za-z]*[A-Z]{2}[A-Z\d-]*", word) and len(word) >= 3:
                names.setdefault(word, scale)
    body = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    return re.compile(rf"{_BEFORE}(?:{body}){_FROM_TO}"), names
