"""LINK, first step of treatments: what one sentence or one line of a table says was given.

A draft ties a dose to the route, site, count and source that stand with it. Drafts of different passages are
made one by ``administrations``; here nothing is carried over from one passage to the next.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from extract.link.doses import Bundle, bundles_of, is_part, is_stock
from extract.link.references import tells_same_number
from extract.link.routes import injected, is_measure, only_dates, routes_of
from extract.link.sites import fits, one_side_each, place_of_disease
from extract.link.stretches import Stretch, is_over, place, stretches
from extract.model import Document, Mention, Span

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
_EVERY_ROUTE = re.compile(r"\b(?:both|each of|all|either|every|respectively|by each)\b", re.IGNORECASE)
_OWN_GIVING = re.compile(
    r"\b(?:infusions?|injections?|transfusions?|implantations?|infused|injected|transfused|implanted)\b", re.IGNORECASE
)
_PEOPLE = re.compile(r"\b(?:patients?|arms?|cohorts?|groups?|children|men|women|pts?)\b", re.IGNORECASE)
_ONE_THEN_ONE = re.compile(
    r"\b(?:an?|one|the first|a single)\s(?:\w+\s){0,2}(?:dose|infusion|injection|transfusion)\b[^.;]*\bfollowed by\b",
    re.IGNORECASE,
)
# "Dose 1: ..., dose 2: ...": a list of single givings
_NUMBERED = re.compile(
    r"\b(?:(?:doses?|infusion|injection|transplant(?:ation)?|administration|treatment|session|procedure)\s(?:no\.?\s)?"
    r"(?:[1-9]|I{1,3}|[A-C])|(?:first|second|third|fourth|1st|2nd|3rd|4th)\s"
    r"(?:doses?|infusion|injection|transplant(?:ation)?|administration|treatment|session)"
    r"|the\s(?:second|third|fourth)(?=\s(?:one\s)?(?:of\s|was\s|with\s|held\s|contained\s)?\d))\b",
    re.IGNORECASE,
)
FIRST_AND_NEXT = re.compile(r"\bthe\s(?:first|former|one)\b[^.]*?\bthe\s(?:second|latter|other|last)\b", re.IGNORECASE)
# "injected once for ...": the count is that of the verb
_JUST_GIVEN = re.compile(r"(?:infused|injected|instilled|implanted|transplanted|administered|given)\s$", re.IGNORECASE)
_PARTS = ("site", "interval", "timing", "volume", "tissue", "donor", "cell_type", "product")
# "three infusions, then one further 9 months later": of more than two, a step to one and not the spacing of all
_STEP = re.compile(r"\b(?:later|after|afterwards?|thereafter)$", re.IGNORECASE)
_SAME_FOR_ALL = {"interval", "timing", "tissue", "donor", "cell_type", "product"}


class Draft(NamedTuple):
    """One administration as one passage tells it.

    ``doses``: the printed doses of it, at most one of each unit (cells and cells/kg of the same dose stand together);
    ``facts``: one mention each for route, site, count, interval, timing, volume, tissue, donor, cell_type, product;
    ``basis``: per_administration, total or unclear; ``unresolved``: a dose that was printed but cannot be read.
    ``sentence`` is the passage, or the line of the table from its first to its last cell; ``cells`` its cells.
    """

    doses: tuple[Mention, ...]
    facts: dict[str, Mention]
    basis: str
    sentence: Span
    unresolved: Mention | None = None
    cells: tuple[int, ...] = ()
    listed: bool = False

    @property
    def mentions(self) -> tuple[Mention, ...]:
        """Everything the draft rests on, doses first."""
        odd = (self.unresolved,) if self.unresolved else ()
        return (*self.doses, *odd, *self.facts.values())

    @property
    def times(self) -> int | None:
        """How many times, when a number is told; each dose of a list counts once."""
        if self.listed:
            return 1
        mention = self.facts.get("count")
        quantity = mention.quantity if mention else None
        return int(quantity.number) if quantity and quantity.number is not None else None

    @property
    def anchors(self) -> tuple[Mention, ...]:
        """What other facts are tied to: the dose and the route."""
        route = (self.facts["route"],) if "route" in self.facts else ()
        odd = (self.unresolved,) if self.unresolved else ()
        return (*self.doses[:1], *route) or odd


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
    out = _with_routes(document, stretch, bundles, routes)
    out = _with_counts(document, stretch, out, by["count"])
    for field in _PARTS:
        usable = [m for m in by[field] if field != "site" or injected(stretch, m)]
        if field == "site":
            routes_told = {str(d.facts["route"].value) for d in out if "route" in d.facts}
            usable = [m for m in usable if str(m.detail("repeats")) not in routes_told]
            usable = [m for m in usable if not is_measure(stretch, m)] or usable
            out = _with_sites(document, stretch, out, usable, by["site"])
            continue
        out = _with_nearest(document, stretch, out, field, usable)
    if unresolved:
        out = [draft if draft.doses else draft._replace(unresolved=unresolved[0]) for draft in out]
    out = [draft._replace(basis=_basis(draft)) for draft in out]
    told = {"route", "count", "site", "interval", "timing"}
    return [d for d in out if d.doses or d.unresolved or d.facts.keys() & told]


def _is_given(stretch: Stretch, by: Mapping[str, list[Mention]], routes: Sequence[Mention]) -> bool:
    """Whether the doses of a passage were given; in a table they are, elsewhere something must say so."""
    if stretch.cells or routes or by["count"] or by["site"]:
        return True
    return bool(_GIVING.search(stretch.text)) or bool(
        re.search(
            r"\bdos(?:e|es|age|ing)\b|cell number|contain|held|consist|\b(?:left|available|ready) for\b|there remained",
            stretch.text,
            re.IGNORECASE,
        )
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
    if not _GIVING.search(text) and not any(_CELLS_NEXT.match(stretch.after(m)) for m in routes):
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


# ---------------------------------------------------------------- sites


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
        out[i] = _with_nearest(document, stretch, found, "site", [m for m in usable if fits(m, route)])[i]
        if "site" not in out[i].facts and not usable and len(found) == 1 and route:
            place = place_of_disease(stretch, named, route)
            if place is not None:
                out[i] = draft._replace(facts={**draft.facts, "site": place})
    return out


# ---------------------------------------------------------------- routes


def _with_routes(
    document: Document, stretch: Stretch, bundles: Sequence[Bundle], routes: Sequence[Mention]
) -> list[Draft]:
    one_by_one = len(bundles) > 1 and (
        _as_many_told(stretch, len(bundles))
        or _ONE_THEN_ONE.search(stretch.text) is not None
        or len(_NUMBERED.findall(stretch.text)) == len(bundles)
    )

    def make(bundle: Bundle, route: Mention | None) -> Draft:
        facts = {"route": route} if route is not None else {}
        if bundle.volume is not None:
            facts["volume"] = bundle.volume
        first = bundle.doses[0] if bundle.doses else None
        listed = first is not None and (
            one_by_one
            or _in_numbered_row(document, first)
            or (first.detail("listed") is not None and _itemises(stretch, first))
        )
        return Draft(bundle.doses, facts, "", stretch.span, None, stretch.cells, listed)

    distinct: dict[str, Mention] = {}
    for route in routes:
        distinct.setdefault(str(route.value), route)
    doses = [bundle for bundle in bundles if bundle.doses]
    if not doses:
        return [make(bundles[0], route) for route in distinct.values()] or [make(bundles[0], None)]
    if stretch.cells:
        return _in_line(document, doses, list(distinct.values()), routes, make)
    if len(distinct) > 1 and len(doses) == 1 and (_EVERY_ROUTE.search(stretch.text) or _in_one_breath(stretch, routes)):
        return [make(doses[0], route) for route in distinct.values()]
    out, used = [], set()
    own = [route for route in routes if not only_dates(stretch, route)]
    for bundle in doses:
        near = min(own or routes, key=lambda m: stretch.cost(bundle.doses[0], m), default=None)
        if near is not None and _of_another_giving(stretch, bundle.doses[0], near):
            near = None
        if near is not None:
            used.add(str(near.value))
        out.append(make(bundle, near))
    spare = [route for value, route in distinct.items() if value not in used]
    out += [make(Bundle((), None), route) for route in spare]
    return sorted(out, key=lambda d: d.anchors[0].span.start)


_NUMBERED_ROW = re.compile(
    r"(?:[\w-]+\s){0,2}(?:infusion|injection|dose|administration|transplantation|transfusion|procedure)\s?"
    r"(?:no\.?|number|nr\.?|#)?\s?#?\d{1,2}",
    re.IGNORECASE,
)


def _in_numbered_row(document: Document, dose: Mention) -> bool:
    """Whether a dose stands in a row that is one giving: ``Infusion no. 2``."""
    return dose.cell is not None and _NUMBERED_ROW.fullmatch(document.cells[dose.cell].row_header) is not None


def _as_many_told(stretch: Stretch, size: int) -> bool:
    """Whether as many givings are counted as doses follow: "two infusions, the first with ... and the second ..."."""
    counted = any(m.field == "count" and m.quantity and m.quantity.number == size for m in stretch.mentions)
    return counted and not stretch.cells and FIRST_AND_NEXT.search(stretch.text) is not None


def _of_another_giving(stretch: Stretch, dose: Mention, route: Mention) -> bool:
    """Whether a route belongs to a clause that tells of a giving of its own, the dose to another such clause."""
    if not stretch.boundaries(dose, route) or _EVERY_ROUTE.search(stretch.text):
        return False
    return bool(_OWN_GIVING.search(stretch.clause(dose)) and _OWN_GIVING.search(stretch.clause(route)))


def _in_one_breath(stretch: Stretch, routes: Sequence[Mention]) -> bool:
    """Routes that stand side by side ("intravenously and intrathecally") share what is said of them."""
    if len(routes) != 2:
        return False
    return _JOINED.fullmatch(stretch.between(*routes)) is not None


_JOINED = re.compile(r"\s*(?:,|and|&|/|\+|plus|as well as)\s*(?:an?\s|the\s)?", re.IGNORECASE)


def _told_as_one(document: Document, first: Mention, last: Mention) -> bool:
    """Whether two routes stand side by side in one cell: ``IV + IM``."""
    return first.cell == last.cell and _JOINED.fullmatch(document.text[first.span.end : last.span.start]) is not None


def _in_line(
    document: Document,
    doses: Sequence[Bundle],
    distinct: Sequence[Mention],
    routes: Sequence[Mention],
    make: Callable[[Bundle, Mention | None], Draft],
) -> list[Draft]:
    """Routes of a table line: the one over the dose's column, or the one in the same place of its own list."""
    if len(distinct) <= 1:
        return [make(bundle, distinct[0] if distinct else None) for bundle in doses]
    if len(doses) == 1 and len(distinct) == 2 and _told_as_one(document, *distinct):
        return [make(doses[0], route) for route in distinct]
    out, used = [], set()
    for bundle in doses:
        dose = bundle.doses[0]
        over = next((r for r in routes if is_over(document, r, dose)), None)
        if over is None:
            own = [r for r in routes if r.cell == dose.cell]
            over = max((r for r in own if r.span.start <= dose.span.start), key=place, default=None)
        if over is None:
            over = _same_part(document, dose, doses, distinct)
        if over is not None:
            used.add(str(over.value))
        out.append(make(bundle, over))
    if not used and len(doses) == len(distinct):
        return [make(bundle, route) for bundle, route in zip(doses, distinct, strict=True)]
    return out + [make(Bundle((), None), route) for route in distinct if str(route.value) not in used]


def part_of_cell(document: Document, mention: Mention) -> int:
    """In which part of a cell that lists things with semicolons a mention stands, from 0."""
    if mention.cell is None:
        return 0
    cell = document.cells[mention.cell]
    return document.text[cell.span.start : mention.span.start].count(";")


def _same_part(document: Document, dose: Mention, doses: Sequence[Bundle], routes: Sequence[Mention]) -> Mention | None:
    """``40, 45, 50; 20`` beside ``IV; IT``: the route with the same number between semicolons."""
    parts = {part_of_cell(document, b.doses[0]) for b in doses if b.doses[0].cell == dose.cell}
    if len(parts) != len(routes) or len({part_of_cell(document, r) for r in routes}) != len(routes):
        return None
    part = part_of_cell(document, dose)
    return next((r for r in routes if part_of_cell(document, r) == part), None)


def _itemises(stretch: Stretch, dose: Mention) -> bool:
    """Whether a list of doses names one administration each, not arms of a study or the doses of several patients."""
    before = stretch.text[: max(0, dose.span.start - stretch.span.start)]
    if re.search(r"\b(?:arms?|cohorts?|groups?|dose levels?|escalat\w+)\b", stretch.text, re.IGNORECASE):
        return False
    if re.search(r"\brespectively\b", stretch.text) and re.search(
        r"\b(?:patients|cases|children|boys|girls|adults|men|women)\b", before
    ):
        return False
    if _PEOPLE.search(before) and not re.search(r"infus|inject|dos|transplant|transfus", before, re.IGNORECASE):
        return bool(re.search(r"\b(?:each|one|single)\b", stretch.text, re.IGNORECASE))
    return True


# ---------------------------------------------------------------- counts and the rest


def _with_counts(document: Document, stretch: Stretch, found: list[Draft], counts: Sequence[Mention]) -> list[Draft]:
    """Give each count to the administration it stands with; a count of a list says how long the list is."""
    out = list(found)
    size = next((m.detail("list_size") for d in out for m in d.doses if m.detail("list_size") is not None), None)
    drugs = [m for m in stretch.mentions if m.field == "therapy"]
    for count in counts:
        number = count.quantity.number if count.quantity else None
        if size is not None and number == size and sum(d.listed for d in out) == size:
            continue
        for i in _counted(document, stretch, out, count, counts, drugs):
            if "count" not in out[i].facts and not out[i].listed:
                out[i] = out[i]._replace(facts={**out[i].facts, "count": count})
    return out


def _counted(
    document: Document,
    stretch: Stretch,
    found: Sequence[Draft],
    count: Mention,
    counts: Sequence[Mention],
    drugs: Sequence[Mention],
) -> list[int]:
    """The drafts that a count belongs to."""
    if stretch.cells:
        return _counted_in_line(document, found, count, counts)
    anchors = [(i, m) for i, d in enumerate(found) for m in d.anchors]
    if (
        drugs
        and anchors
        and not _JUST_GIVEN.search(stretch.before(count, 24))
        and min(stretch.cost(m, count) for m in drugs) < min(stretch.cost(m, count) for _, m in anchors)
    ):
        return []
    if len(found) == 1:
        return [0]
    if not anchors:
        return []
    best = min(stretch.cost(m, count) for _, m in anchors)
    targets = sorted({i for i, m in anchors if stretch.cost(m, count) == best})
    # the same dose by several routes: the count holds for each
    shared = [i for i, d in enumerate(found) if d.doses and d.doses == found[targets[0]].doses]
    return shared if len(shared) > 1 else targets


def _counted_in_line(
    document: Document, found: Sequence[Draft], count: Mention, counts: Sequence[Mention]
) -> list[int]:
    if len(found) == 1:
        return [0]
    routes = [d.facts.get("route") for d in found]
    over = [i for i, r in enumerate(routes) if r is not None and is_over(document, r, count)]
    if over:
        return over
    same_cell = [(i, m) for i, d in enumerate(found) for m in d.anchors if m.cell == count.cell]
    if same_cell:
        before = [pair for pair in same_cell if pair[1].span.start <= count.span.start] or same_cell
        return [min(before, key=lambda pair: abs(pair[1].span.start - count.span.start))[0]]
    parts = [part_of_cell(document, d.anchors[0]) if d.anchors else 0 for d in found]
    alike = [i for i, part in enumerate(parts) if part == part_of_cell(document, count)]
    if len({part_of_cell(document, c) for c in counts}) > 1 and alike:
        return alike
    return [list(counts).index(count)] if len(counts) == len(found) else []


def _with_nearest(
    document: Document, stretch: Stretch, found: list[Draft], field: str, mentions: Sequence[Mention]
) -> list[Draft]:
    """Give every draft the mention of a field that stands nearest to it, if none of the others has a better claim."""
    if not mentions:
        return found
    out = []
    for draft in found:
        if field in draft.facts:
            out.append(draft)
            continue
        best = _nearest(document, stretch, found, draft, field, mentions)
        out.append(draft._replace(facts={**draft.facts, field: best}) if best is not None else draft)
    return out


def _nearest(
    document: Document,
    stretch: Stretch,
    found: Sequence[Draft],
    draft: Draft,
    field: str,
    mentions: Sequence[Mention],
) -> Mention | None:
    if stretch.cells:
        over = [m for m in mentions for a in draft.anchors if is_over(document, m, a) or m.cell == a.cell]
        if over:
            return over[0]
    if stretch.cells or not draft.anchors:
        return mentions[0] if len({str(m.value) for m in mentions}) == 1 or len(found) == 1 else None
    if field in ("interval", "timing"):
        drugs = [m for m in stretch.mentions if m.field == "therapy"]
        mentions = [m for m in mentions if not _of_a_drug(stretch, m, draft, drugs)]
        if not mentions:
            return None
    best = min(mentions, key=lambda m: min(stretch.cost(a, m) for a in draft.anchors))
    route = draft.facts.get("route")
    others = [
        a for d in found if d is not draft and (route is None or d.facts.get("route") is not route) for a in d.anchors
    ]
    if field == "interval" and len(found) > 2 and _STEP.search(best.text):
        nearest = min(
            (a for d in found for a in d.anchors),
            key=lambda a: (stretch.cost(a, best), abs(a.span.start - best.span.start)),
        )
        return best if nearest in draft.anchors else None
    if field not in _SAME_FOR_ALL and others:
        mine = min(stretch.cost(a, best) for a in draft.anchors)
        if min(stretch.cost(a, best) for a in others) < mine:
            return None
    return best


def _of_a_drug(stretch: Stretch, mention: Mention, draft: Draft, drugs: Sequence[Mention]) -> bool:
    """Whether a frequency is a drug's: "prednisolone 5 mg daily"."""
    nearest = min((stretch.cost(d, mention) for d in drugs), default=None)
    return nearest is not None and nearest < min(stretch.cost(a, mention) for a in draft.anchors)


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
