"""LINK, sites of a stretch: which of them fits a route, one side for each of two doses, the place of the disease."""

from __future__ import annotations

import re
from collections.abc import Sequence

from extract.link.draft import Draft
from extract.link.stretches import Stretch
from extract.model import Document, Mention, Span

_SYSTEMIC = frozenset({"oral", "inhaled", "intranasal", "intrathecal", "intraperitoneal"})
_SIDED = re.compile(
    r"\b(?P<one>left|right)(?:\s(?:[\w-]+\s){0,2}?|\s?)(?:and|or|,)\s(?:in(?:to)?\s)?(?:the\s|his\s|her\s)?(?:left|right)\s$",
    re.IGNORECASE,
)
_SIDED_PLACE = re.compile(
    r"\b(?P<side>left|right|both|bilateral)\s(?P<place>knee|hip|shoulder|ankle|elbow|wrist|femoral head)s?\b",
    re.IGNORECASE,
)


def fits(site: Mention, route: str) -> bool:
    """Whether cells given by a route can be said to be at a site: what goes into a vein is at no knee."""
    if route == "intravenous":
        return False
    return route not in _SYSTEMIC or site.detail("route") in (None, route)


def one_side_each(stretch: Stretch, site: Mention) -> tuple[Mention, Mention] | None:
    """The two sides of a site in the order told, "the right and left knee"; None where it is not told so."""
    sides = _SIDED.search(stretch.before(site, 60))
    if sides is None:
        return None
    first = sides["one"].lower()
    return _on_side(site, first), _on_side(site, "right" if first == "left" else "left")


def _on_side(site: Mention, side: str) -> Mention:
    return site.model_copy(update={"details": {**site.details, "laterality": side}})


def place_of_disease(stretch: Stretch, named: Sequence[Mention], route: str) -> Mention | None:
    """The one sided place that is ill and fits the route, for cells of which no place is told.

    "A man with arthritis of the left knee received an intra-articular injection": the left knee.
    """
    sided = [m for m in (*named, *_in_diagnoses(stretch)) if m.detail("laterality") and not m.detail("repeats")]
    places = {(str(m.value), m.detail("laterality")): m for m in sided if m.detail("route") == route}
    return next(iter(places.values())) if len(places) == 1 else None


def _in_diagnoses(stretch: Stretch) -> list[Mention]:
    """The sided places in the names of diseases, as sites: "osteonecrosis of the right femoral head"."""
    out = []
    for mention in stretch.mentions:
        found = _SIDED_PLACE.search(mention.text) if mention.field == "diagnosis" else None
        if found is None or mention.cell is not None:
            continue
        place, side = found["place"].lower(), found["side"].lower()
        details = {
            "route": "intraosseous" if place == "femoral head" else "intra-articular",
            "laterality": "bilateral" if side == "both" else side,
        }
        start = mention.span.start + found.start("place")
        span = Span(start=start, end=start + len(place))
        out.append(
            mention.model_copy(
                update={"field": "site", "value": place, "span": span, "text": found["place"], "details": details}
            )
        )
    return out


_SIDE_OF_DOSE = re.compile(
    r"\s*(?:(?!and\b|or\b)[\w-]+\s+){0,3}?(?:\(|(?:on|in|into|to)\s+the\s+)?(?P<side>right|left|bilaterally)(?:\s+side)?"
    r"(?=\s*(?:[,;.)/]|$|and\b|versus\b))",
    re.IGNORECASE,
)


def side_of_dose(document: Document, draft: Draft) -> tuple[str, Mention] | None:
    """The side that stands alone behind a dose whose sentence names no site: "1.2 million SVF cells right, 0.9 million
    left". None for what went into a vein."""
    route = draft.facts.get("route")
    if "site" in draft.facts or len(draft.doses) != 1 or draft.cells or (route and route.value == "intravenous"):
        return None
    dose = draft.doses[0]
    match = _SIDE_OF_DOSE.match(document.text, dose.span.end, draft.sentence.end)
    if match is None:
        return None
    side = match["side"].lower()
    return ("bilateral" if side == "bilaterally" else side), dose
