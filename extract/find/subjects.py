"""The find room's subjects of scores: scale names of a sentence -> what the next values are about.

Names that stand together are one subject; a pronoun takes up the scales told before; a name again in brackets is none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from extract.find.raters import rater_near
from extract.find.readings import Reading
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


# "they were 33 and 4.5", "it had fallen to 3": the scales of the clause before go on
PRONOUN = re.compile(
    r"\b(?:(?P<many>they|these|both|the\s+(?:two\s+|three\s+)?(?:scores|values|figures))|(?P<one>it|this"
    r"|the\s+(?:score|value|figure)))\b"
    r"(?=\s+(?:had\s+|has\s+|have\s+)?(?:(?:further|again|also|then|both|all|gradually|slowly|subsequently|only)\s+)?(?:was|were|is|are|fell|rose|dropped|improved|increased|decreased|declined|been"
    r"|become|fallen|risen|"
    r"reached|stood|went|came|remained)\b)"
    # "he scored 52 and 60, respectively"
    r"|\b(?P<person>s?he|the\s+patient)(?=\s+scored\s+\d[^.;|]*\brespectively\b)",
    re.IGNORECASE,
)


_TOGETHER = re.compile(
    r"(?:\s|[,/&()]|and\b|or\b|the\b|an?\b|his\b|her\b|both\b|mean\b|median\b|scores?\b|values?\b|levels?\b|total\b"
    r"|as\s+well\s+as\b)*",
    re.IGNORECASE,
)


def _rater_differs(one: Scale, other: Scale) -> bool:
    return one.rater is not None and other.rater is not None and one.rater != other.rater


_TWO_RATERS = re.compile(
    r"(?P<who>\b(?:patient|parent|physician|doctor|mother|father|child|clinician|caregiver"
    r"|assessor)s?(?:['’]s?)?)\s*(?:-|–)?\s*(?:and|/|&|,)\s*"
    r"(?:the\s+|her\s+|his\s+)?$",
    re.IGNORECASE,
)


_ALIAS = re.compile(r"[(\[][^()\[\]]*[)\]]")


def without_aliases(text: str, hits: Sequence[ScaleHit], readings: Sequence[Reading]) -> list[ScaleHit]:
    """The hits less those that name a scale again in brackets behind its value: "2.4 by the doctor (PGA, 0-3)"."""
    asides = [m.span() for m in _ALIAS.finditer(text) if not any(m.start() < r.start < m.end() for r in readings)]
    return [
        hit
        for hit in hits
        if not any(
            start < hit.start < end
            and any(other.end <= start and other.scale.name == hit.scale.name for other in hits)
            and any(
                other.end <= reading.start < start
                for reading in readings
                for other in hits
                if other.scale.name == hit.scale.name
            )
            for start, end in asides
        )
    ]


# Names that are everyday words: only a number right behind them makes them a measurement ("pain was 3").
COMMON_WORDS = frozenset({"pain", "itch", "itching", "pruritus"})
_SUBSCALE = re.compile(r"\s*|[^.;|]{0,40}(?:subscales?|subscores?|domains?|sub-scores?)\b[^.;|\d]{0,20}", re.IGNORECASE)


def find_subjects(text: str, hits: Sequence[ScaleHit], known: tuple[ScaleHit, ...]) -> list[Subject]:
    """Scale names that stand together are one subject; a pronoun is one when the scales before it are known."""
    subjects: list[Subject] = []
    for hit in hits:
        before = subjects[-1] if subjects else None
        twin = _TWO_RATERS.search(text[: hit.start]) if hit.scale.name == "PGA" else None
        if twin and not (before and before.end > twin.start()):
            # "patient and physician global": two raters share the name
            other = hit.scale.model_copy(update={"rater": rater_near(f"{twin['who']} global")})
            subjects.append(Subject(twin.start(), hit.end, (hit._replace(scale=other), hit)))
            continue
        if (
            before
            and text[hit.start : hit.end].lower() in COMMON_WORDS
            and _SUBSCALE.fullmatch(text, before.end, hit.start)
        ):
            # "KOOS subscales: pain 44 to 81": the everyday word names a part of the scale
            subjects.append(Subject(hit.start, hit.end, before.hits))
            continue
        if before and _TOGETHER.fullmatch(text, before.end, hit.start):
            others = [h for h in before.hits if h.scale.name != hit.scale.name or _rater_differs(h.scale, hit.scale)]
            twins = [
                h for h in before.hits if h not in others and h.scale.rater
            ]  # "physician global (PGA)" is one scale
            subjects[-1] = Subject(before.start, hit.end, (*others, twins[-1] if twins else hit))
            continue
        subjects.append(Subject(hit.start, hit.end, (hit,)))
    for match in PRONOUN.finditer(text):
        named = tuple(h for s in subjects if s.end <= match.start() for h in s.hits) or known
        if named and not any(s.start >= match.end() and s.start - match.end() < 3 for s in subjects):
            named = tuple({h.scale.id: h for h in named}.values())
            several = match["many"] or match["person"]
            if several and len(named) < 2:
                continue  # "they" are not the one scale that is known
            subjects.append(Subject(match.start(), match.end(), named if several else named[-1:]))
    return sorted(subjects, key=lambda s: s.start)
