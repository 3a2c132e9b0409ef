"""LINK, routes and sites of a stretch: those named, those a drug took, those that an injected site implies."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from extract.link.stretches import Stretch, place
from extract.model import Mention

GOVERNED = re.compile(
    r"\b(?:inject|implant|instill|deliver|placed|put|introduc|transplant|infus|distribut|shot|graft|appl|"
    r"press|infiltrat(?:ed|ion)\s(?:(?:of\s[^.;]{1,50}?\s)?(?:with|into)|into)|deposit|split|divided|shared|dripped|pushed|trickl|pass(?:ed|age)|flush|spread|went|return|enter|"
    r"emptied|left in|pack|fill|perfus|"
    r"cells? (?:in|into)|MSCs? (?:in|into)|received|dosed|treated|given|took)\w*",
    re.IGNORECASE,
)
_NOT_CELLS = re.compile(
    r"\s*(?:fluids?|antibiotics?|steroids?|contrast|saline|line (?:was )?(?:inserted|placed)|ana?esth|sedation|access|"
    r"immunoglobulins?|catheter was|drip of|pulses?|medication|therapy with|glucocorticoid|corticosteroid)",
    re.IGNORECASE,
)
_APART = re.compile(r"\b(?:after|before|following|under|without|despite|once|when|while)\b|[.;]", re.IGNORECASE)
"""Between a route and a drug: the drug came at another time, the route is not its own."""
_INTO = re.compile(
    r"\b(?:into|within|inside|via|through|directly to)\s+(?:[\w'’-]+\s+){0,5}$"
    r"|\b(?:intra\w+|IM|IA|SC|IO|IT|ID|subcutaneous\w*)\s?\(\s?(?:the\s|left\s|right\s|both\s)?$"
    r"|\b(?:in|on|onto|to|at|around|along|between|among|of|each|both|per|for|by|left|right|over)\s+(?:(?:the|his|"
    r"her|their|its|each|both|one|all|two|three|"
    r"left|right|affected|same|injured|medial|lateral|anterior|posterior|upper|lower|subchondral|[\w-]+ed)\s+){0,4}$",
    re.IGNORECASE,
)
_LOOKED_AT = re.compile(
    r"\b(?:MRI|magnetic|radiograph\w*|x-?rays?|CT|tomograph\w*|scans?|scintigraph\w*|examin\w+|imaging|"
    r"ultrasonograph\w*|arthritis|pain|"
    r"swelling|effusion|biops\w+|replacement|fracture|due to|because)\b",
    re.IGNORECASE,
)
_VERB = re.compile(
    r"\b(?:received|injected|infused|implanted|delivered|placed|(?:was|were|been) given)\b", re.IGNORECASE
)
_SUBJECT = re.compile(
    r"^\w*\s*(?:joints?\s)?(?:was|were|received|got|had|is|took|injections?|implantation|infusions?|dos(?:e|"
    r"es|ing)|delivery|"
    r"instillation|administration)\b",
    re.IGNORECASE,
)

# "on the day of the first lumbar puncture", "after the IV infusion": when something else was given
_WHEN = re.compile(
    r"\b(?:(?:on|at|around|near|by) the (?:same )?(?:day|date|time|moment|end|start)s? of|day of|after|before|"
    r"following|prior to|preceding|since|until|between|"
    r"(?:together|along|simultaneously|concurrently|concomitantly|parallel) with)\s+"
    r"(?P<which>(?:(?:the|this|that|each|every|his|her|their|either|both|first|second|third|fourth|fifth|last|final|"
    r"next|previous|initial|earlier|same|1st|2nd|3rd)\s+)*)(?:[\w-]+ed\s)?(?:intra-?)?$",
    re.IGNORECASE,
)
_NOUN_OF_GIVING = re.compile(
    r"\s*(?:(?:MSC|stem[- ]cell|cell)s?\s)?(?:infusion|injection|administration|dose|puncture|treatment|"
    r"transplantation|implantation|instillation|transfusion|delivery|procedure)s?\b",
    re.IGNORECASE,
)
_OF_SO_MANY = re.compile(r"\s*(?:\(|of\b|with\b|\[)[^.;,]{0,25}?\d", re.IGNORECASE)
_OF_SOMETHING = re.compile(r"\s*(?:\(|of\b|with\b|\[)", re.IGNORECASE)


def only_dates(stretch: Stretch, route: Mention) -> bool:
    """Whether a route stands in a time reference that tells no amount: the giving told of is another one."""
    if not _WHEN.search(stretch.before(route, 60)):
        return False
    noun = _NOUN_OF_GIVING.match(stretch.after(route))
    if noun is None and not _NOUN_OF_GIVING.search(route.text):
        return False
    return not _OF_SO_MANY.match(stretch.after(route)[noun.end() if noun else 0 :])


def _is_known(stretch: Stretch, route: Mention) -> bool:
    """Whether a time reference points to a giving told of elsewhere: "the first IV infusion"."""
    when = _WHEN.search(stretch.before(route, 60))
    noun = _NOUN_OF_GIVING.match(stretch.after(route))
    if _OF_SOMETHING.match(stretch.after(route)[noun.end() if noun else 0 :]):
        return False
    return bool(when and when["which"]) or "puncture" in route.text.lower()


def routes_of(stretch: Stretch, by: Mapping[str, Sequence[Mention]]) -> list[Mention]:
    """The routes of a stretch in order; where none is named, those that an injected site implies."""
    kept = [m for m in by.get("route", ()) if not _of_a_drug(stretch, m, by.get("therapy", ()))]
    sites = [m for m in by.get("site", ()) if m.detail("route")]
    sites = [m for m in sites if not is_measure(stretch, m)] or sites
    dated = [m for m in kept if only_dates(stretch, m)]
    if any(m not in dated for m in kept):
        kept = [m for m in kept if m not in dated or not _is_known(stretch, m)]
    if not kept:
        if not stretch.cells and not GOVERNED.search(stretch.text):
            return []
        seen: dict[str, Mention] = {}
        counted = any(by.get(field) for field in ("dose", "count", "volume"))
        for site in sites:
            if counted if stretch.cells else injected(stretch, site):
                seen.setdefault(str(site.detail("route")), implied_route(site))
        return list(seen.values())
    for site in sites:
        implied = str(site.detail("route"))
        if stretch.cells or implied in {str(m.value) for m in kept}:
            continue
        # "into the knee, and by vein": a site of a giving of its own beside a named route
        near = min(kept, key=lambda m: stretch.cost(m, site))
        if (
            stretch.boundaries(near, site) > 0
            and GOVERNED.search(stretch.clause(site))
            and not any(str(m.value) for m in kept if m.span.start in _range(stretch, site))
            and injected(stretch, site)
        ):
            kept.append(implied_route(site))
    return sorted(kept, key=place)


def _range(stretch: Stretch, site: Mention) -> range:
    """The characters of the clause of a site."""
    clause = stretch.clause(site)
    start = stretch.span.start + stretch.text.index(clause)
    return range(start, start + len(clause))


def _of_a_drug(stretch: Stretch, route: Mention, drugs: Sequence[Mention]) -> bool:
    """Whether a route is a drug's: "oral prednisone", "methylprednisolone i.v."."""
    for drug in drugs:
        if 0 <= drug.span.start - route.span.end <= 12 and not _APART.search(stretch.between(route, drug)):
            return True
        if 0 <= route.span.start - drug.span.end <= 3:
            return True
    return bool(_NOT_CELLS.match(stretch.after(route)[:40]))


def implied_route(site: Mention) -> Mention:
    """The route that a site implies, at the words of the site."""
    return site.model_copy(
        update={"field": "route", "value": str(site.detail("route")), "rule_id": f"{site.rule_id}.route"}
    )


def is_measure(stretch: Stretch, site: Mention) -> bool:
    """Whether a site only says what the dose is counted by: per hip, each knee."""
    return bool(re.search(r"\b(?:per|each|every)\s(?:affected\s)?$", stretch.before(site, 20), re.IGNORECASE))


def injected(stretch: Stretch, site: Mention) -> bool:
    """Whether something was put into a site: it stands behind a preposition or is itself the subject of the verb."""
    if stretch.cells or len(stretch.text) < 60:
        return True
    clause = stretch.clause(site)
    if _LOOKED_AT.search(clause) and not GOVERNED.search(clause):
        return False
    # what was looked at before the verb of giving says nothing of the site: "the patient with pain received cells at"
    if _LOOKED_AT.search(_VERB.split(stretch.before(site, 34))[-1]):
        return False
    return bool(_INTO.search(stretch.before(site, 44)) or _SUBJECT.match(stretch.after(site)[:48]))
