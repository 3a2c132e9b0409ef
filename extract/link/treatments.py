"""LINK, first step of treatments: what one sentence or one line of a table says was given.

A draft ties a dose to the route, site, count and source that stand with it. Drafts of different passages are
made one by ``administrations``; here nothing is carried over from one passage to the next.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from extract.link.labels import PEOPLE_HEADER, read_bare, read_label
from extract.model import Document, Mention, Span

_GIVING = re.compile(
    r"\b(?:infus|inject|instill|implant|transplant|transfus|administ|deliver|receiv|given|gave|underwent|inoculat|placed|put in|treated|dose[ds]?\b|"
    r"introduc|seeded|appl(?:ied|ication)|graft|had\b|got\b|undergo|drip|repeated|shots?\b|punctures?\b|distributed|via\b|through\b|offered|therapy)",
    re.IGNORECASE,
)
_CELLISH = re.compile(
    r"\bcells?\b|\b\w*(?:MSC|ASC|MNC|SVF|BMAC|ADSC|HSC|BMC|EPC)s?\b|stromal|concentrate|lipoaspirate|micro-?fragment|\bdoses?\b|transplant|"
    r"\bgraft|progenitor|myoblast|fibroblast|exosome|vesicle|marrow|product",
    re.IGNORECASE,
)
_AGAIN = re.compile(
    r"\b(?:same|further|second|third|another|again|next|additional|following)\b[^.;]{0,40}\b(?:infusion|injection|transfusion|transplant\w*|dose|procedure)s?\b",
    re.IGNORECASE,
)
# Where one giving ends and the next begins inside a sentence.
_BOUNDARY = re.compile(
    r";|\bwhile\b|\bwhereas\b|\bthen\b|\bfollowed by\b|\band (?:a |one |two |three )?(?:further|additional|another)\b|,\s+and\b|\)\s*(?:and|,)|\bplus\b|"
    r"\band\b(?=\s+(?:\S+\s+){0,3}?(?:infus|inject|implant|were|was|\d))|\bin addition\b|\bas well as\b|,\s(?=one\b|two\b|three\b|an?\b|\d)",
    re.IGNORECASE,
)
_SAME_DOSE = re.compile(
    r"^[\s,;:(\[=≈~)/-]*(?:(?:i\.?e\.?|or|that is|namely|which is|about|approximately|approx\.?|ca\.?|corresponding to|equivalent to|equal to|equalling|"
    r"equaling|amounting to|calculated as|resulting in|representing|being|a dose of|dose|cells?|MSCs?|[\w-]*MSCs?|ASCs?|total|per dose|/dose|respectively|"
    r"thus|hence|i\.e\.,|\w*stem|stromal|mesenchymal|autologous|allogeneic|at|an average of|for a|\d+(?:\.\d+)?\s?kg)[\s,;:(\[=≈~)-]*){0,6}$",
    re.IGNORECASE,
)
_EVERY_ROUTE = re.compile(r"\b(?:both|each of|all|either|every|respectively|by each)\b", re.IGNORECASE)
_PEOPLE = re.compile(r"\b(?:patients?|arms?|cohorts?|groups?|children|men|women|pts?)\b", re.IGNORECASE)
_PARTS = ("site", "interval", "timing", "volume", "tissue", "donor", "cell_type", "product")


_ONE_THEN_ONE = re.compile(
    r"\b(?:an?|one|the first|a single)\s(?:\w+\s){0,2}(?:dose|infusion|injection|transfusion)\b[^.;]*\bfollowed by\b", re.IGNORECASE
)


class Draft(NamedTuple):
    """One administration as one passage tells it.

    ``doses``: the printed doses of it, at most one of each unit (cells and cells/kg of the same dose stand together);
    ``facts``: one mention each for route, site, count, interval, timing, volume, tissue, donor, cell_type, product;
    ``basis``: per_administration, total or unclear; ``unresolved``: a dose that was printed but cannot be read.
    ``sentence`` is the passage, or the line of the table from its first to its last cell; ``cells`` the indices of its cells.
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
        return (
            int(mention.quantity.number)
            if mention and mention.quantity and mention.quantity.number is not None
            else None
        )


class Passage(NamedTuple):
    """The facts of one sentence or table line, in order."""

    text: str
    span: Span
    mentions: tuple[Mention, ...]
    cells: tuple[int, ...] = ()


def drafts(document: Document, mentions: Sequence[Mention]) -> list[Draft]:
    """Every administration that a sentence or a line of a table tells of this paper's patients, in order of the text."""
    out: list[Draft] = []
    for passage in _passages(document, mentions):
        out += _draft_passage(document, passage)
    return out


def _passages(document: Document, mentions: Sequence[Mention]) -> Iterable[Passage]:
    sentences: dict[tuple[int, int], list[Mention]] = defaultdict(list)
    lines: dict[tuple[int, str, int], list[Mention]] = defaultdict(list)
    axes = {index: people_axis(document, index) for index in range(len(document.tables))}
    for mention in mentions:
        if not mention.context.is_fact:
            continue
        if mention.cell is not None and document.cells[mention.cell].is_header and mention.field in _FROM_HEADERS:
            continue
        if mention.cell is None:
            sentences[mention.sentence.start, mention.sentence.end].append(mention)
        else:
            cell = document.cells[mention.cell]
            axis = axes[cell.table]
            lines[cell.table, axis, cell.row if axis == "row" else cell.column].append(mention)
    headers = _header_mentions(document, mentions)
    for (start, end), found in sorted(sentences.items()):
        yield Passage(document.text[start:end], Span(start=start, end=end), tuple(sorted(found, key=_place)))
    for _, found in sorted(lines.items()):
        found += [m for m in _above(document, found, headers) if m not in found]
        found.sort(key=_place)
        span = Span(start=found[0].span.start, end=max(m.span.end for m in found))
        cells = tuple(dict.fromkeys(m.cell for m in found if m.cell is not None))
        text = " | ".join(
            f"{document.cells[c].column_header} {document.cells[c].row_header} {document.quote(document.cells[c].span)}"
            for c in cells
        )
        yield Passage(text, span, tuple(found), cells)


_FROM_HEADERS = frozenset({"route", "tissue", "donor", "cell_type", "site"})


def _header_mentions(document: Document, mentions: Sequence[Mention]) -> list[Mention]:
    """What headers say of the doses under them: "IV dose (×10⁶ cells)"."""
    return [
        m for m in mentions if m.cell is not None and document.cells[m.cell].is_header and m.field in _FROM_HEADERS
    ]


def _above(document: Document, found: Sequence[Mention], headers: Sequence[Mention]) -> list[Mention]:
    """The finds in the headers of the doses and counts of a line."""
    out = []
    for mention in found:
        if mention.field not in ("dose", "count", "volume") or mention.cell is None:
            continue
        cell = document.cells[mention.cell]
        for header in headers:
            over = document.cells[header.cell] if header.cell is not None else cell
            if over.table == cell.table and (over.column == cell.column or over.row == cell.row):
                out.append(header)
    return list({id(m): m for m in out}.values())


def _place(mention: Mention) -> tuple[int, int, str]:
    return mention.span.start, mention.span.end, mention.field


def people_axis(document: Document, table: int) -> str:
    """Whether each patient has a ``row`` or a ``column`` of a table."""
    cells = [cell for cell in document.cells if cell.table == table and not cell.is_header]
    columns = {cell.column: cell.column_header for cell in cells if cell.column_header}
    rows = {cell.row: cell.row_header for cell in cells if cell.row_header}
    in_columns = sum(read_label(h) is not None for h in columns.values())
    in_rows = sum(read_label(h) is not None for h in rows.values())
    if not in_columns and not in_rows:
        corner = next((c for c in document.cells if c.table == table and c.row == 0 and c.column == 0), None)
        named = bool(corner and PEOPLE_HEADER.match(document.quote(corner.span)))
        bare_columns = sum(read_bare(h) is not None for h in columns.values())
        bare_rows = sum(read_bare(h) is not None for h in rows.values())
        if named and bare_columns > bare_rows:
            return "column"
    return "column" if in_columns > in_rows else "row"


def _draft_passage(document: Document, passage: Passage) -> list[Draft]:
    by = defaultdict(list)
    for mention in passage.mentions:
        by[mention.field].append(mention)
    resolved = [m for m in by["dose"] if m.quantity is not None]
    unresolved = [m for m in by["dose"] if m.quantity is None]
    routes = _routes(passage, by)
    if not resolved and not unresolved:
        if not _tells_of_cells(passage, by, routes):
            return []
    elif not _is_given(passage, by, routes):
        return []
    bundles = _bundles(document, passage, resolved)
    if not bundles:
        bundles = [()]
    out = _with_routes(document, passage, bundles, routes)
    out = _with_counts(document, passage, out, by["count"])
    for field in _PARTS:
        out = _with_nearest(document, passage, out, field, _usable(field, by[field], passage))
    if unresolved:
        out = [draft if draft.doses else draft._replace(unresolved=unresolved[0]) for draft in out]
    out = [draft._replace(basis=_basis(draft)) for draft in out]
    return [
        d
        for d in out
        if d.doses or d.unresolved or d.facts.keys() & {"route", "count", "site", "interval", "timing"}
    ]


def _is_given(passage: Passage, by: dict[str, list[Mention]], routes: Sequence[Mention]) -> bool:
    """Whether the doses of a passage were given; in a table they are, elsewhere something must say so."""
    if passage.cells or routes or by["count"] or by["site"]:
        return True
    return bool(_GIVING.search(passage.text)) or bool(
        re.search(r"\bdos(?:e|es|age|ing)\b|cell number", passage.text, re.IGNORECASE)
    )


def _tells_of_cells(passage: Passage, by: dict[str, list[Mention]], routes: Sequence[Mention]) -> bool:
    """Whether a passage without a dose still tells of cells being given: by a route, a count or a site."""
    if passage.cells:
        return bool(routes)
    if not (routes or by["count"] or by["site"]):
        return False
    text = passage.text
    if not _GIVING.search(text) and not any(_CELLS_NEXT.match(_after(passage, m)) for m in routes):
        return False
    cells = [*by["cell_type"], *by["tissue"], *by["product"], *by["donor"]]
    told = bool(_CELLISH.search(text)) or bool(cells)
    drugs = by["therapy"]
    if not told and not (routes and _AGAIN.search(text) and not drugs):
        return False
    if not routes:
        return (
            bool(by["count"] and cells)
            and not drugs
            and bool(re.search(r"infus|inject|implant|transplant|transfus|dose", text, re.IGNORECASE))
        )
    if drugs:
        near = [m.span.start + passage.span.start * 0 for m in cells]
        words = [passage.span.start + m.start() for m in _CELLISH.finditer(text)]
        route = routes[0].span.start
        nearest_cell = min((abs(p - route) for p in (*near, *words)), default=10**6)
        nearest_drug = min(abs(m.span.start - route) for m in drugs)
        return nearest_cell < nearest_drug
    return True


def _after(passage: Passage, mention: Mention) -> str:
    """The words behind a mention in its passage."""
    return passage.text[mention.span.end - passage.span.start :] if not passage.cells else ""


_CELLS_NEXT = re.compile(r"\s+(?:[\w-]+\s){0,3}?(?:cells?|\w*MSCs?|graft|transplant)\b", re.IGNORECASE)
_GOVERNED = re.compile(
    r"\b(?:inject|implant|instill|deliver|placed|put|introduc|transplant|infus|distribut|shot|graft|appl|cells? (?:in|into)|MSCs? (?:in|into)|shots?|received|dosed|treated|given)\w*",
    re.IGNORECASE,
)


def _routes(passage: Passage, by: dict[str, list[Mention]]) -> list[Mention]:
    """The routes of a passage; where none is named, those that an injected site implies."""
    routes = list(by["route"])
    text = passage.text
    drugs = by["therapy"]
    kept = []
    for mention in routes:
        after = text[mention.span.end - passage.span.start :][:40] if not passage.cells else ""
        # "oral prednisone", "intravenous methylprednisolone": the drug's route
        if any(
            0 <= d.span.start - mention.span.end <= 12 or 0 <= mention.span.start - d.span.end <= 3
            for d in drugs
        ):
            continue
        if re.match(
            r"\s*(?:fluids?|antibiotics?|steroids?|contrast|saline|line (?:was )?(?:inserted|placed)|anaesth|anesth|sedation|access|immunoglobulin|catheter was)",
            after,
            re.IGNORECASE,
        ):
            continue
        kept.append(mention)
    if not kept and not passage.cells and not _GOVERNED.search(text):
        return kept
    sites = [m for m in by["site"] if m.detail("route")]
    if not kept:
        seen = set()
        for site in sites:
            implied = str(site.detail("route"))
            if implied not in seen and (passage.cells or _injected(passage, site)):
                seen.add(implied)
                kept.append(
                    site.model_copy(
                        update={"field": "route", "value": implied, "rule_id": f"{site.rule_id}.route"}
                    )
                )
    else:
        # "into the knee, and by vein": a site of its own giving beside a named route
        for site in sites:
            implied = str(site.detail("route"))
            near = min(kept, key=lambda m: _cost(passage, m, site))
            alone = (
                _boundaries(passage, near, site) > 0
                and str(near.value) != implied
                and bool(_GOVERNED.search(_clause(passage, site)))
            )
            if (
                alone
                and _injected(passage, site)
                and not passage.cells
                and implied not in {str(m.value) for m in kept}
            ):
                kept.append(
                    site.model_copy(
                        update={"field": "route", "value": implied, "rule_id": f"{site.rule_id}.route"}
                    )
                )
    return sorted(kept, key=_place)


def _clause(passage: Passage, mention: Mention) -> str:
    """The part of a passage around a mention, up to where another giving may begin."""
    at = mention.span.start - passage.span.start
    ends = [(m.start(), m.end()) for m in _BOUNDARY.finditer(passage.text)]
    start = max((e for _, e in ends if e <= at), default=0)
    end = min((s for s, _ in ends if s > at), default=len(passage.text))
    return passage.text[start:end]


def _injected(passage: Passage, site: Mention) -> bool:
    """Whether something was put into a site: it stands behind a preposition or is itself the subject of the verb."""
    at = site.span.start - passage.span.start
    before = passage.text[max(0, at - 34) : at]
    after = passage.text[site.span.end - passage.span.start :][:48]
    into = re.search(
        r"\b(?:into|in|within|to|at|around|inside|of|each|both|per|for|via|through|by|left|right)\s+(?:[\w'’-]+\s+){0,4}$",
        before,
        re.IGNORECASE,
    )
    subject = re.match(
        r"^\w*\s*(?:joints?\s)?(?:was|were|received|got|had|is|injections?|implantation)\b",
        after,
        re.IGNORECASE,
    )
    return bool(into or subject) or len(passage.text) < 60


def _bundles(document: Document, passage: Passage, doses: Sequence[Mention]) -> list[tuple[Mention, ...]]:
    """Doses of one administration together: an absolute figure and the same per kg."""
    out: list[tuple[Mention, ...]] = []
    for mention in doses:
        last = out[-1] if out else ()
        if last and not passage.cells:
            gap = document.text[last[-1].span.end : mention.span.start]
            units = {m.quantity.unit for m in last if m.quantity}
            if mention.quantity and mention.quantity.unit not in units and _same_dose_gap(gap):
                out[-1] = (*last, mention)
                continue
        elif last and passage.cells:
            unit = mention.quantity.unit if mention.quantity else ""
            for i, bundle in enumerate(out):
                if (
                    unit not in {m.quantity.unit for m in bundle if m.quantity}
                    and len(doses) <= 2
                    and {unit, *(m.quantity.unit for m in bundle if m.quantity)}
                    <= {"cells", "cells/kg", "mL"}
                ):
                    out[i] = (*bundle, mention)
                    break
            else:
                out.append((mention,))
            continue
        out.append((mention,))
    return out


def _same_dose_gap(gap: str) -> bool:
    bare = re.sub(r"^\s*(?:of\s)?(?:[\w-]+\s){0,4}?(?:cells?|MSCs?|ASCs?|[\w-]+MSCs?)\b", "", gap)
    return len(gap) < 70 and bool(_SAME_DOSE.match(gap) or _SAME_DOSE.match(bare))


def _boundaries(passage: Passage, a: Mention, b: Mention) -> int:
    """How many clause ends stand between two mentions of a passage."""
    if passage.cells:
        return 0
    first, last = (a, b) if a.span.start <= b.span.start else (b, a)
    between = passage.text[first.span.end - passage.span.start : last.span.start - passage.span.start]
    return len(_BOUNDARY.findall(between)) if between else 0


def _cost(passage: Passage, a: Mention, b: Mention) -> int:
    """How far two mentions stand apart, a clause end counting as much as sixty characters."""
    gap = max(a.span.start, b.span.start) - min(a.span.end, b.span.end)
    return max(0, gap) + 60 * _boundaries(passage, a, b)


def _with_routes(
    document: Document, passage: Passage, bundles: list[tuple[Mention, ...]], routes: Sequence[Mention]
) -> list[Draft]:
    told_one_by_one = len(bundles) > 1 and _ONE_THEN_ONE.search(passage.text) is not None

    def make(bundle: tuple[Mention, ...], route: Mention | None) -> Draft:
        facts = {"route": route} if route is not None else {}
        listed = bool(bundle) and (
            told_one_by_one or (bundle[0].detail("listed") is not None and _itemises(passage, bundle[0]))
        )
        return Draft(bundle, facts, "", passage.span, None, passage.cells, listed)

    distinct: dict[str, Mention] = {}
    for route in routes:
        distinct.setdefault(str(route.value), route)
    if len(distinct) <= 1:
        only = next(iter(distinct.values()), None)
        return [make(bundle, only) for bundle in bundles]
    doses = [bundle for bundle in bundles if bundle]
    if not doses:
        return [make((), route) for route in distinct.values()]
    if len(doses) == 1 and (
        _EVERY_ROUTE.search(passage.text) or _joined_routes(passage, list(distinct.values()))
    ):
        return [make(doses[0], route) for route in distinct.values()]
    if passage.cells:
        if len(doses) == len(distinct):
            return [make(bundle, route) for bundle, route in zip(doses, distinct.values(), strict=True)]
        return [make(bundle, None) for bundle in doses] + [make((), route) for route in distinct.values()]
    out = []
    used = set()
    for bundle in doses:
        route = min(routes, key=lambda m: _cost(passage, bundle[0], m))
        used.add(str(route.value))
        out.append(make(bundle, route))
    out += [make((), route) for value, route in distinct.items() if value not in used]
    return sorted(out, key=lambda d: (d.doses[0] if d.doses else d.facts["route"]).span.start)


def _joined_routes(passage: Passage, routes: Sequence[Mention]) -> bool:
    """Routes that stand in one breath ("intravenously and intrathecally") share what is said of them."""
    if passage.cells or len(routes) != 2:
        return False
    first, second = sorted(routes, key=_place)
    between = passage.text[first.span.end - passage.span.start : second.span.start - passage.span.start]
    return bool(
        re.fullmatch(r"\s*(?:,|and|&|/|\+|plus|as well as)\s*(?:an?\s|the\s)?", between, re.IGNORECASE)
    )


def _itemises(passage: Passage, dose: Mention) -> bool:
    """Whether a list of doses names one administration each, not arms of a study or a range of patients' doses."""
    before = passage.text[: max(0, dose.span.start - passage.span.start)]
    if re.search(r"\b(?:arms?|cohorts?|groups?|dose levels?|escalat\w+)\b", passage.text, re.IGNORECASE):
        return False
    if _PEOPLE.search(before) and not re.search(
        r"infus|inject|dos|transplant|transfus", before, re.IGNORECASE
    ):
        return bool(re.search(r"\b(?:each|one|single)\b", passage.text, re.IGNORECASE))
    return True


def _with_counts(
    document: Document, passage: Passage, found: list[Draft], counts: Sequence[Mention]
) -> list[Draft]:
    """Give each count to the administration it stands with; a count of a list says how long the list is."""
    if not counts or not found:
        return found
    out = list(found)
    size = next(
        (m.detail("list_size") for d in out for m in d.doses if m.detail("list_size") is not None), None
    )
    drugs = [m for m in passage.mentions if m.field == "therapy"]
    for count in counts:
        number = count.quantity.number if count.quantity else None
        if size is not None and number == size and sum(d.listed for d in out) == size:
            continue
        anchors = [
            (i, m)
            for i, d in enumerate(out)
            for m in (
                *d.doses,
                *([d.facts["route"]] if "route" in d.facts else []),
                *([d.unresolved] if d.unresolved else []),
            )
        ]
        if drugs and anchors and not passage.cells:
            drug = min(_cost(passage, m, count) for m in drugs)
            if drug < min(_cost(passage, m, count) for _, m in anchors):
                continue
        if len(out) == 1 or not anchors:
            targets = [0] if len(out) == 1 else []
        else:
            best = min(_cost(passage, m, count) for _, m in anchors)
            targets = sorted({i for i, m in anchors if _cost(passage, m, count) == best})
            shared = [i for i, d in enumerate(out) if d.doses and d.doses == out[targets[0]].doses]
            if (
                _EVERY_ROUTE.search(passage.text)
                or (len(shared) > 1
                and len({id(out[i].facts.get("route")) for i in shared}) > 1)
            ):
                targets = shared if len(shared) > 1 else targets
        if passage.cells and len(out) > 1 and len(counts) == len(out):
            targets = [list(counts).index(count)]
        for i in targets:
            if "count" not in out[i].facts and not out[i].listed:
                out[i] = out[i]._replace(facts={**out[i].facts, "count": count})
    return out


_SAME_FOR_ALL = {"interval", "timing", "tissue", "donor", "cell_type", "product"}


def _usable(field: str, mentions: Sequence[Mention], passage: Passage) -> list[Mention]:
    if field == "site" and not passage.cells:
        return [m for m in mentions if _injected(passage, m)]
    if field == "volume":
        # a vehicle is no dose, but the volume of what was given is a fact about it
        return list(mentions)
    return list(mentions)


def _with_nearest(
    document: Document, passage: Passage, found: list[Draft], field: str, mentions: Sequence[Mention]
) -> list[Draft]:
    """Give every draft the mention of a field that stands nearest to it, if none of the others has a better claim."""
    if not mentions:
        return found
    out = []
    for draft in found:
        anchors = [*draft.doses[:1], *([draft.facts["route"]] if "route" in draft.facts else [])] or (
            [draft.unresolved] if draft.unresolved else []
        )
        if passage.cells or not anchors:
            values = {str(m.value) for m in mentions}
            best: Mention | None = mentions[0] if len(values) == 1 or len(found) == 1 else None
        else:
            best = min(mentions, key=lambda m: min(_cost(passage, a, m) for a in anchors))
            others = [d for d in found if d is not draft]
            if field not in _SAME_FOR_ALL and others:
                mine = min(_cost(passage, a, best) for a in anchors)
                theirs = min(
                    (
                        _cost(passage, a, best)
                        for d in others
                        for a in (*d.doses[:1], *([d.facts["route"]] if "route" in d.facts else []))
                    ),
                    default=mine,
                )
                if theirs < mine:
                    best = None
        out.append(draft._replace(facts={**draft.facts, field: best}) if best is not None else draft)
    return out


def _basis(draft: Draft) -> str:
    """Per administration unless the words say total; unclear where several were given and neither each nor total is said."""
    if not draft.doses:
        return "unclear"
    stated = next((str(m.detail("basis")) for m in draft.doses if m.detail("basis")), "")
    if stated == "unclear":
        return "unclear" if (draft.times or 2) > 1 else "per_administration"
    return stated or "per_administration"
