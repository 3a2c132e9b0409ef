"""LINK, first step of treatments: what one sentence or one line of a table says was given.

A draft ties a dose to the route, site, count and source that stand with it. Drafts of different passages are
made one by ``administrations``; here nothing is carried over from one passage to the next.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence

from extract.link.doses import Bundle, bundles_of, is_part, is_stock
from extract.link.draft import Draft
from extract.link.draft_parts import with_counts, with_nearest
from extract.link.draft_routes import with_routes
from extract.link.references import tells_same_number
from extract.link.routes import injected, is_measure, routes_of
from extract.link.sites import fits, one_side_each, place_of_disease
from extract.link.stretches import Stretch, stretches
from extract.model import Document, Mention

_GIVING = re.compile(
    r"\b(?:infus|inject|instill|implant|transplant|transfus|administ|deliver|receiv|given|gave|underwent|"
    r"inoculat|placed|put in|"
    r"treated|dose[ds]?\b|introduc|seeded|appl(?:ied|ication)|graft|had\b|got\b|undergo|drip|repeated|"
    r"shots?\b|punctures?\b|"
    r"distributed|via\b|through\b|offered|therapy|took\b|used\b|pressed|deposit|flushed|went in|emptied|"
    r"spread|return|entered|reinfus|perfus|packed|filled|carried)",
    re.IGNORECASE,
)
_CELLS = re.compile(
    r"\bcells?\b|\b\w*(?:MSC|ASC|MNC|SVF|BMAC|ADSC|HSC|BMC|EPC)s?\b|stromal|concentrate|lipoaspirate|micro-?fragment|"
    r"progenitor|myoblast|fibroblast|exosome|vesicle|marrow",
    re.IGNORECASE,
)
_BLOOD = re.compile(
    r"\b(?:packed |washed |irradiated )?(?:red|white)[- ](?:blood[- ])?cells?\b|\bpacked cells\b", re.IGNORECASE
)
_PERHAPS_CELLS = re.compile(r"\bdoses?\b|transplant|\bgraft|product", re.IGNORECASE)
_AGAIN = re.compile(
    r"\b(?:same|further|second|third|another|again|next|additional|following)\b[^.;]{0,40}"
    r"\b(?:infusion|injection|transfusion|transplant\w*|dose|procedure)s?\b",
    re.IGNORECASE,
)
# what the sentence before told of: "They were infused into a hand vein after hydrocortisone"
_THEY = re.compile(
    r"\W*(?:they|these|both|the\s+(?:unit|bag|graft|suspension|product|preparation|dose|concentrate)s?)\s+(?:was|were|had\s+been)\s+"
    r"(?:\w+ly\s+|then\s+|all\s+)?(?:infused|injected|transfused|instilled|transplanted|implanted|given|administered|delivered)\b",
    re.IGNORECASE,
)
# what is mixed with cells is no drug beside them
_ADJUVANT = re.compile(r"platelet|hyaluron|fibrin|plasma injection|scaffold", re.IGNORECASE)
_CELLS_NEXT = re.compile(r"\s+(?:[\w-]+\s){0,3}?(?:cells?|\w*MSCs?|graft|transplant)\b", re.IGNORECASE)
_PARTS = ("site", "interval", "timing", "volume", "tissue", "donor", "cell_type", "product")


def drafts(document: Document, mentions: Sequence[Mention]) -> list[Draft]:
    """Every administration that a sentence or a table line tells of this paper's patients, in order of the text."""
    facts = [m for m in mentions if m.context.is_fact]
    drugs = any(m.field == "therapy" for m in facts)
    of_cells = not drugs or any(
        m.field in ("cell_type", "product")
        or (m.field == "dose" and m.quantity and m.quantity.unit.startswith("cells"))
        for m in facts
    )
    out: list[Draft] = []
    for stretch in stretches(document, mentions):
        out += _draft(document, stretch, of_cells)
    return out


def _draft(document: Document, stretch: Stretch, of_cells: bool) -> list[Draft]:
    by: dict[str, list[Mention]] = defaultdict(list)
    for mention in stretch.mentions:
        by[mention.field].append(mention)
    resolved = [m for m in by["dose"] if m.quantity is not None]
    resolved = [m for m in resolved if not is_part(stretch, m) and not (is_stock(stretch, m) and len(resolved) > 1)]
    unresolved = [m for m in by["dose"] if m.quantity is None]
    routes = routes_of(stretch, by)
    if not resolved and not unresolved:
        if not _tells_of_cells(stretch, by, routes, of_cells):
            return []
    elif not _is_given(stretch, by, routes):
        return []
    bundles = bundles_of(document, stretch, resolved) or [Bundle((), None)]
    out = with_routes(document, stretch, bundles, routes)
    out = with_counts(document, stretch, out, by["count"])
    for field in _PARTS:
        usable = [m for m in by[field] if field != "site" or injected(stretch, m)]
        if field == "site":
            routes_told = {str(d.facts["route"].value) for d in out if "route" in d.facts}
            usable = [m for m in usable if str(m.detail("repeats")) not in routes_told]
            usable = [m for m in usable if not is_measure(stretch, m)] or usable
            out = _with_sites(document, stretch, out, usable, by["site"])
            continue
        out = with_nearest(document, stretch, out, field, usable)
    if unresolved:
        out = [draft if draft.doses else draft._replace(unresolved=unresolved[0]) for draft in out]
    out = [draft._replace(basis=_basis(draft)) for draft in out]
    told = {"route", "count", "site", "interval", "timing"}
    return [d for d in out if d.doses or d.unresolved or d.facts.keys() & told]


def _is_given(stretch: Stretch, by: Mapping[str, list[Mention]], routes: Sequence[Mention]) -> bool:
    """Whether the doses of a passage were given; in a table they are, elsewhere something must say so."""
    if stretch.cells or routes or by["count"] or by["site"] or by["administration"]:
        return True
    return bool(_GIVING.search(stretch.text) or _is_note(stretch, by)) or bool(
        re.search(
            r"\bdos(?:e|es|age|ing)\b|cell number|contain|held|consist|\b(?:left|available|ready) for\b|there remained",
            stretch.text,
            re.IGNORECASE,
        )
    )


_VERB = re.compile(
    r"\b(?:is|are|was|were|be|been|has|have|had|can|could|may|might|will|would|should|show\w*|found|rose|fell|grew|"
    r"yield\w*|contain\w*|count\w*|viab\w*|recover\w*|passages?|CD\d+\w*|per|each|ranges?|from|before|after|others?|et\s+al"
    r"|(?!(?:adipose-)?derived|cultured|expanded|enriched|frozen|need|bed|seed)[a-z]+ed)\b",
    re.IGNORECASE,
)
_NOTED = re.compile(r"\W*(?:(?:[\w-]+\s+){1,3}[:,–-]\s*|(?:right|left)\W+)?(?:[\w-]+\s+){0,2}[~≈]?\d")


def _is_note(stretch: Stretch, by: Mapping[str, list[Mention]]) -> bool:
    """Whether a sentence without a verb notes what was given: "1.2 million SVF cells right, 0.9 million left."; its
    dose is of cells that it names, and no more than a few words stand before it."""
    cells = [*by["cell_type"], *by["tissue"], *by["product"]]
    return (
        bool(cells)
        and not by["score"]
        and not by["therapy"]
        and len(stretch.text) < 120
        and _NOTED.match(stretch.text) is not None
        and _VERB.search(stretch.text) is None
        and all(m.context.who == "patient" and not m.detail("basis") for m in by["dose"])
    )


def _tells_of_cells(
    stretch: Stretch, by: Mapping[str, list[Mention]], routes: Sequence[Mention], of_cells: bool
) -> bool:
    """Whether a passage without a dose still tells of cells being given: by a route, a count or a site."""
    if stretch.cells:
        return bool(routes)
    if not (routes or by["count"] or by["site"]):
        return False
    text = _BLOOD.sub(" ", stretch.text)
    given = bool(by["administration"]) or _GIVING.search(text) is not None
    if not given and not any(_CELLS_NEXT.match(stretch.after(m)) for m in routes):
        return False
    cells = [*by["cell_type"], *by["tissue"], *by["product"], *by["donor"]]
    drugs = [m for m in by["therapy"] if not _ADJUVANT.search(str(m.value))]
    told = bool(cells) or bool(_CELLS.search(text)) or (of_cells and bool(_PERHAPS_CELLS.search(text)))
    if routes and of_cells and _THEY.match(text):
        return True
    if not told and not (routes and of_cells and _AGAIN.search(text) and not drugs):
        return False
    if not routes and by["site"] and not drugs and tells_same_number(text):
        return True
    if not routes:
        nouns = re.search(r"infus|inject|implant|transplant|transfus|dose", text, re.IGNORECASE)
        return bool(by["count"] and cells) and not drugs and bool(nouns)
    if drugs:
        # what stands nearer to the route, the cells or the drug?
        words = [stretch.span.start + m.start() for m in _CELLS.finditer(text)]
        route = routes[0].span.start
        nearest_cell = min((abs(p - route) for p in (*(m.span.start for m in cells), *words)), default=10**6)
        return nearest_cell < min(abs(m.span.start - route) for m in drugs)
    return True


def _with_sites(
    document: Document, stretch: Stretch, found: list[Draft], usable: Sequence[Mention], named: Sequence[Mention]
) -> list[Draft]:
    """Give every draft the site that fits its route; two doses "into the right and left knee" one side each."""
    out = list(found)
    if len(usable) == 1 and len(found) == 2 and all(d.listed for d in found):
        sides = one_side_each(stretch, usable[0])
        if sides:
            return [d._replace(facts={**d.facts, "site": side}) for d, side in zip(found, sides, strict=True)]
    for i, draft in enumerate(found):
        route = str(draft.facts["route"].value) if "route" in draft.facts else ""
        out[i] = with_nearest(document, stretch, found, "site", [m for m in usable if fits(m, route)])[i]
        if "site" not in out[i].facts and not usable and len(found) == 1 and route:
            place = place_of_disease(stretch, named, route)
            if place is not None:
                out[i] = draft._replace(facts={**draft.facts, "site": place})
    return out


def _basis(draft: Draft) -> str:
    """Per administration unless the words say total; unclear where several were given and neither is said."""
    if not draft.doses:
        return "unclear"
    stated = {str(m.detail("basis")) for m in draft.doses if m.detail("basis")}
    if "unclear" in stated:
        return "unclear" if (draft.times or 2) > 1 else "per_administration"
    if "total" in stated and len(draft.doses) > 1 and (draft.times or 1) == 1:
        # "1 × 10⁶/kg, 34 × 10⁶ cells in all": the absolute figure of the one dose
        return "per_administration" if any(not m.detail("basis") for m in draft.doses) else "total"
    return next(iter(sorted(stated, reverse=True)), "per_administration")
