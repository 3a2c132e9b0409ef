"""LINK, from passages to people: whose each draft of an administration is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from extract.link.again import with_references
from extract.link.cast import Cast
from extract.link.draft import Draft
from extract.link.givings import Dose, Giving, with_fact
from extract.link.products import GENERAL
from extract.link.references import tells_same_number
from extract.link.sites import side_of_dose
from extract.link.tablelines import table_givings
from extract.link.treatments import drafts
from extract.link.values import distinct, where_of
from extract.link.whose import whose
from extract.model import Document, Mention, Scalar


def givings_by_patient(document: Document, cast: Cast, mentions: Sequence[Mention]) -> dict[str, list[Giving]]:
    """The administrations that each passage tells of, by patient."""
    out: dict[str, list[Giving]] = {}
    general: list[Giving] = []
    ours = [m for m in mentions if m.context.when != "future"]
    for patient, found in table_givings(document, cast, ours).items():
        out.setdefault(patient, []).extend(found)
    words = [m for m in ours if m.cell is None and m.context.is_fact]
    told = [
        part
        for draft in drafts(document, words)
        for part in _clauses(document, draft, words)
        if _was_given(document, part)
    ]
    for draft in _shared_routes(document, _several_products(told, words)):
        lead = _lead(draft)
        people = whose(document, cast, lead)
        if not people and _is_general(document, draft, lead):
            general.append(_giving(document, draft, lead))
        for patient in people:
            out.setdefault(patient, []).append(_giving(document, draft, lead))
    drafted = {draft.sentence for draft in told}
    for giving, people in _placed(document, cast, [m for m in words if m.sentence not in drafted]):
        for patient in people:
            out.setdefault(patient, []).append(giving)
    for patient in cast.ids:
        found = out.get(patient, [])
        if not any(giving.get("route") for giving in found):
            found += _by_words(document, cast, patient, words)
            if found:
                out[patient] = found
    out = with_references(document, cast, out, ours)
    return _with_general_route(out, general)


def _is_general(document: Document, draft: Draft, lead: Mention) -> bool:
    """Whether a draft tells how the cells of this paper are given, without naming anyone: "given
    intravenously"."""
    return (
        "route" in draft.facts
        and not draft.doses
        and lead.context.who == "patient"
        and lead.block is not None
        and document.blocks[lead.block].section in GENERAL
        and not re.search(r"\[\d|et al", document.quote(draft.sentence))
    )


def _with_general_route(out: dict[str, list[Giving]], general: Sequence[Giving]) -> dict[str, list[Giving]]:
    """The one route that the methods name, for patients of whom no route is told."""
    routes = {giving.get("route"): giving.facts["route"] for giving in general}
    if len(routes) != 1:
        return out
    told = next(iter(routes.values()))
    return {
        patient: found
        if any(g.get("route") for g in found)
        else [with_fact(g, "route", told) if g.doses else g for g in found]
        for patient, found in out.items()
    }


def _of_sentence(draft: Draft, mentions: Sequence[Mention], field: str) -> list[Mention]:
    return [m for m in mentions if m.field == field and draft.sentence.holds(m.span)]


def _clauses(document: Document, draft: Draft, mentions: Sequence[Mention]) -> list[Draft]:
    """Two doses of one draft that a semicolon parts are two givings, each with the route and count of its
    clause."""
    if len(draft.doses) != 2:
        return [draft]
    first, second = draft.doses
    gap = document.text[first.span.end : second.span.start]
    if not re.search(r";\s*(?!(?:about|approximately|approx|ca|i\.e|that is|or)\b)", gap):
        return [draft]
    lead_in = document.text[draft.sentence.start : first.span.start]
    in_brackets = "(" in lead_in.rpartition(")")[2] and ")" not in gap
    if in_brackets:
        return [draft]
    cut = first.span.end + gap.index(";")
    out = []
    for dose, left, right in ((first, draft.sentence.start, cut), (second, cut, draft.sentence.end)):
        here = {
            m.field: m
            for m in mentions
            if left <= m.span.start < right and m.field in ("route", "count", "site", "volume")
        }
        facts = {f: m for f, m in draft.facts.items() if f not in ("route", "count", "site", "volume")}
        out.append(draft._replace(doses=(dose,), facts={**facts, **here}))
    return out


def _several_products(told: Sequence[Draft], mentions: Sequence[Mention]) -> list[Draft]:
    """A draft without a dose whose sentence names several tissues is one for each of them: "bone marrow and
    adipose derived cells were injected"."""
    out: list[Draft] = []
    for draft in told:
        tissues = {str(m.value): m for m in _of_sentence(draft, mentions, "tissue")}
        if (
            draft.doses
            or len(tissues) < 2
            or any(d is not draft and d.sentence == draft.sentence and d.doses for d in told)
        ):
            out.append(draft)
            continue
        facts = {field: m for field, m in draft.facts.items() if field != "tissue"}
        out += [draft._replace(facts={**facts, "tissue": m}) for m in tissues.values()]
    return out


def _shared_routes(document: Document, told: Sequence[Draft]) -> list[Draft]:
    """Several products with their doses in one sentence that ends "via intra-articular and intravenous
    routes": each product went each way."""
    out: list[Draft] = []
    done: set[int] = set()
    for draft in told:
        mates = [d for d in told if d.sentence == draft.sentence]
        dosed = [d for d in mates if d.doses]
        routes = {str(d.facts["route"].value): d.facts["route"] for d in mates if "route" in d.facts}
        if len(dosed) < 2 or len(routes) != 2 or not _in_one_breath(document, list(routes.values()), dosed):
            out.append(draft)
            continue
        if draft.sentence.start in done:
            continue
        done.add(draft.sentence.start)
        out += [d._replace(facts={**d.facts, "route": route}) for d in dosed for route in routes.values()]
    return out


def _in_one_breath(document: Document, routes: Sequence[Mention], dosed: Sequence[Draft]) -> bool:
    first, second = sorted(routes, key=lambda m: m.span.start)
    between = document.text[first.span.end : second.span.start] if first.span.end < second.span.start else "-"
    if not re.fullmatch(r"\s*(?:,|and|&|/|\+|as well as|and also)\s*(?:an?\s|the\s)?", between, re.IGNORECASE):
        return False
    places = [d.doses[0].span.start for d in dosed]
    return all(p < first.span.start for p in places) or all(p > second.span.end for p in places)


_PUT_IN = re.compile(
    r"\b(?:inject|implant|instill|transplant|deliver|placed)\w*\s+(?:\w+ ){0,3}?(?:into|in|to|around|"
    r"within)\b",
    re.IGNORECASE,
)
_PUT = re.compile(r"\b(?:inject|implant|instill|transplant|deliver|infus|administ|placed)\w*", re.IGNORECASE)
_OTHER_STUFF = re.compile(
    r"\b(?:PRP|plasma|platelets?|contrast|saline|steroids?|cortico\w*|lidocaine|an[ae]+sth\w*|hyaluron\w*|"
    r"dye)\b",
    re.IGNORECASE,
)
_OF_CELLS = re.compile(r"\bcells?\b|\bMSCs?\b|\bsuspension\b|\bSVF\b|\bconcentrate\b", re.IGNORECASE)
_SPINAL = re.compile(r"[CTLS]\d{1,2}\W+[CTLS]?\d{1,2}")


def _placed(document: Document, cast: Cast, mentions: Sequence[Mention]) -> list[tuple[Giving, tuple[str, ...]]]:
    """Sentences that only tell into what the cells went: "Cells were injected into the L5-S1 disc"."""
    sites: dict[tuple[int, int], list[Mention]] = {}
    drugs = {m.sentence for m in mentions if m.field == "therapy"}
    for mention in mentions:
        sentence = document.quote(mention.sentence)
        if mention.field != "site" or mention.sentence in drugs or where_of(document, mention) != "narrative":
            continue
        if _PUT_IN.search(sentence) and _OF_CELLS.search(sentence) and not _OTHER_STUFF.search(sentence):
            sites.setdefault((mention.sentence.start, mention.sentence.end), []).append(mention)
    out = []
    for found in sites.values():
        best = next((m for m in found if _SPINAL.fullmatch(str(m.value))), found[0])
        facts: dict[str, tuple[tuple[Scalar, Mention], ...]] = {"site": ((str(best.value), best),)}
        if best.detail("laterality"):
            facts["laterality"] = ((str(best.detail("laterality")), best),)
        sentence = document.quote(best.sentence)
        out.append(
            (
                Giving((), facts, (best,), ("narrative",), sentence, best.span.start, best.block),
                whose(document, cast, best),
            )
        )
    return out


def _by_words(document: Document, cast: Cast, patient: str, mentions: Sequence[Mention]) -> list[Giving]:
    """Where no passage about cells names a route: the one that a paragraph about the cells names or implies
    by an injected site ("the suspension was injected subcutaneously along each digit")."""
    cellular = {m.block for m in mentions if m.field in ("cell_type", "tissue", "product", "dose")}
    cells_told = {m.sentence for m in mentions if m.field in ("cell_type", "tissue", "product")}
    drugs = {m.sentence for m in mentions if m.field == "therapy"}
    named: list[Giving] = []
    implied: list[Giving] = []
    for mention in mentions:
        route = (
            mention.value if mention.field == "route" else mention.detail("route") if mention.field == "site" else None
        )
        sentence = document.quote(mention.sentence)
        if not route or mention.block not in cellular or where_of(document, mention) != "narrative":
            continue
        if _NOT_GIVEN.search(sentence):
            continue
        about_cells = mention.sentence in cells_told
        if not about_cells and (mention.sentence in drugs or _OTHER_STUFF.search(sentence)):
            continue
        if not _PUT.search(sentence) or _HARVEST.search(sentence) or patient not in whose(document, cast, mention):
            continue
        facts: dict[str, tuple[tuple[Scalar, Mention], ...]] = {"route": ((str(route), mention),)}
        if mention.field == "site":
            if not _PUT_IN.search(sentence):
                continue
            facts["site"] = ((str(mention.value), mention),)
        giving = Giving((), facts, (mention,), ("narrative",), sentence, mention.span.start, mention.block)
        (named if mention.field == "route" else implied).append(giving)
    return named[:1] or [g for g in implied if g.get("route") == "intra-articular"][:1] or implied[:1]


_NOT_GIVEN = re.compile(
    r"\b(?:approved|allowed|permit\w*|may be (?:given|infused|injected)|provid\w+ for|not (?:to )?exceed|"
    r"to exceed|had been (?:prepared|planned)|"
    r"(?:was|were) (?:planned|offered|cancelled|canceled|withheld|not given)|never (?:given|carried out))\b",
    re.IGNORECASE,
)
_HARVEST = re.compile(
    r"\b(?:aspirated|harvest\w*|collected|obtained|withdrawn|sucked|extracted|drawn|lipoaspirat\w+|"
    r"liposuction|donated|removed)\b",
    re.IGNORECASE,
)


def _was_given(document: Document, draft: Draft) -> bool:
    """Whether a draft is about cells given, not about what a protocol allows, what was offered, or what was
    harvested."""
    sentence = document.quote(draft.sentence)
    refusal = _NOT_GIVEN.search(sentence)
    if refusal is not None and not (draft.doses and ";" in _gap(document, draft, refusal)):
        return False
    route = draft.facts.get("route")
    implied = not draft.doses and route is not None and bool(route.detail("route"))
    if implied and not (_PUT_IN.search(sentence) or tells_same_number(sentence)):
        return False
    volumes_only = bool(draft.doses) and all(m.quantity is not None and m.quantity.unit == "mL" for m in draft.doses)
    return not ((volumes_only or not draft.doses) and _HARVEST.search(sentence) and "route" not in draft.facts)


def _gap(document: Document, draft: Draft, words: re.Match[str]) -> str:
    """What stands between the dose of a draft and some words of its sentence."""
    begin, end = draft.sentence.start + words.start(), draft.sentence.start + words.end()
    dose = draft.doses[0].span
    return document.text[dose.end : begin] if dose.end <= begin else document.text[end : dose.start]


def _lead(draft: Draft) -> Mention:
    """The mention that says whose a draft is: its dose, else its route, else the first of its facts."""
    if draft.doses:
        return draft.doses[0]
    if draft.unresolved is not None:
        return draft.unresolved
    return draft.facts.get("route") or min(draft.facts.values(), key=lambda m: m.span.start)


_GIVEN_TWICE = re.compile(
    r"\b(?:a second|another|a further)\s+(?:[\w-]+\s+){0,3}?(?:infusion|injection|dose|administration|"
    r"transfusion|session)\b[^.;\d]{0,30}\b(?:same|identical)\b(?!\s(?:\w+\s)?(?:lot|batch|bag|donor|product|source|route|way))|"
    r"\bthe same (?:dose|number of cells|amount)\b[^.;]{0,30}\b(?:was|were)?\s*(?:given|repeated|infused|"
    r"injected)\s+again\b|"
    r"\bthe same (?:(?:dose|number of cells|amount|quantity)\s+)?(?:again|once more|a second time)\b|"
    r"\brepeated\s+(?:once\b|(?:after|at)\s+\w+\s+(?:days?|weeks?|months?)\b|\w+\s+(?:days?|weeks?|"
    r"months?)\s+later)",
    re.IGNORECASE,
)


def _is_of_infusions(document: Document, draft: Draft) -> bool:
    """Whether a draft counts infusions while its route is that of an injection told beside them."""
    count, route = draft.facts.get("count"), draft.facts.get("route")
    if (
        count is None
        or route is None
        or str(route.value) == "intravenous"
        or not re.search(r"infusion", count.text, re.IGNORECASE)
    ):
        return False
    near = document.text[max(0, route.span.start - 25) : route.span.end + 25]
    return re.search(r"injection|puncture|injected", near, re.IGNORECASE) is not None


_PAIRED = frozenset(
    {
        "knee",
        "hip",
        "shoulder",
        "ankle",
        "elbow",
        "wrist",
        "eye",
        "femoral head",
        "hand",
        "foot",
        "calf",
        "thigh",
        "leg",
        "arm",
    }
)
_EACH_OF_TWO = re.compile(
    r"\beach(?:\s+of\s+(?:the|his|her|both)(?:\s+two)?)?\s+(?:(?:affected|diseased|painful|arthritic|involved)\s+)?$",
    re.IGNORECASE,
)
_ONE_IN_EACH = re.compile(r"\b(?:one|once|a\s+single\s+\w+)\s+(?:in(?:to)?|for|to|at|per)\s+each\b", re.IGNORECASE)


def _on_both_sides(document: Document, draft: Draft) -> Mention | None:
    """The site of which there are two, when a dose went into each: "20 million cells into each knee" is given twice."""
    site = draft.facts.get("site")
    if site is None or site.cell is not None or str(site.value) not in _PAIRED or site.detail("laterality"):
        return None
    ahead = document.text[max(draft.sentence.start, site.span.start - 40) : site.span.start]
    return site if _EACH_OF_TWO.search(ahead) and not _ONE_IN_EACH.search(document.quote(draft.sentence)) else None


def _giving(document: Document, draft: Draft, lead: Mention) -> Giving:
    doses = tuple(
        Dose(m.quantity.unit, m.quantity.number, m.quantity.low, m.quantity.high, draft.basis, m)
        for m in draft.doses
        if m.quantity is not None
    )
    facts: dict[str, tuple[tuple[Scalar, Mention], ...]] = {}
    for field, mention in draft.facts.items():
        if field == "site":
            facts["site"] = ((str(mention.value), mention),)
            if mention.detail("laterality"):
                facts["laterality"] = ((str(mention.detail("laterality")), mention),)
        elif field == "volume":
            number = mention.quantity.number if mention.quantity else None
            if number is not None:
                facts["volume"] = ((number, mention),)
        elif field != "count":
            facts[field] = ((mention.value, mention),)
    if (one_side := side_of_dose(document, draft)) is not None:
        facts["laterality"] = (one_side,)
    sides = _on_both_sides(document, draft)
    if sides is not None:
        facts["laterality"] = (("bilateral", sides),)
    count = draft.times
    if sides is not None and doses and draft.basis == "per_administration" and count in (None, 1):
        facts["count"] = ((Decimal(2), sides),)
    elif count is not None:
        facts["count"] = ((Decimal(count), draft.facts.get("count", lead)),)
    elif doses and len({d.unit for d in doses}) == len(doses) and _GIVEN_TWICE.search(document.quote(draft.sentence)):
        facts["count"] = ((Decimal(2), lead),)
    if "count" not in facts and "timing" in facts and ";" in str(facts["timing"][0][0]):
        times = len(str(facts["timing"][0][0]).split(";"))
        facts["count"] = ((Decimal(times), facts["timing"][0][1]),)
    if "count" in facts and "route" in facts and _is_of_infusions(document, draft):
        del facts["route"]
    return Giving(
        doses=doses,
        facts=facts,
        mentions=tuple(distinct(draft.mentions)),
        wheres=(where_of(document, lead),),
        sentence=document.quote(draft.sentence),
        start=lead.span.start,
        block=lead.block,
    )


def first_given(document: Document, givings: Sequence[Giving]) -> int | None:
    """Where the patient's narrative first tells that cells were given, with a dose if it tells one."""
    told = [g for g in givings if g.wheres[0] == "narrative" and _in_story(document, g)]
    dosed = [g for g in told if g.doses and not g.is_total] or [g for g in told if g.doses]
    first = min(dosed or told, key=lambda g: g.start, default=None)
    if first is None:
        return None
    at = document.text.rfind(first.sentence, 0, first.start + len(first.sentence))
    return min(first.start, at) if at >= 0 else first.start


def _in_story(document: Document, giving: Giving) -> bool:
    index = document.block_at(giving.start)
    return index is not None and document.blocks[index].section in ("case", "results", "methods", "other")
