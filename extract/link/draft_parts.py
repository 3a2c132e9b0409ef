"""LINK, treatments: counts, and the nearest site, interval, source and the rest for each dose of a passage."""

from __future__ import annotations

import re
from collections.abc import Sequence

from extract.link.draft import Draft
from extract.link.draft_routes import part_of_cell
from extract.link.stretches import Stretch, is_over
from extract.model import Document, Mention

# "injected once for ...": the count is that of the verb
_JUST_GIVEN = re.compile(r"(?:infused|injected|instilled|implanted|transplanted|administered|given)\s$", re.IGNORECASE)
# "three infusions, then one further 9 months later": of more than two, a step to one and not the spacing of all
_STEP = re.compile(r"\b(?:later|after|afterwards?|thereafter)$", re.IGNORECASE)
_SAME_FOR_ALL = {"interval", "timing", "tissue", "donor", "cell_type", "product"}


def with_counts(document: Document, stretch: Stretch, found: list[Draft], counts: Sequence[Mention]) -> list[Draft]:
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


def with_nearest(
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
    route = draft.facts.get("route")
    anchors = draft.anchors
    if field == "site" and draft.doses and any(d is not draft and d.facts.get("route") is route for d in found):
        anchors = draft.doses[:1]  # a route that several doses share is near the site of one of them only
    best = min(mentions, key=lambda m: min(stretch.cost(a, m) for a in anchors))
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
        mine = min(stretch.cost(a, best) for a in anchors)
        if min(stretch.cost(a, best) for a in others) < mine:
            return None
    return best


def _of_a_drug(stretch: Stretch, mention: Mention, draft: Draft, drugs: Sequence[Mention]) -> bool:
    """Whether a frequency is a drug's: "prednisolone 5 mg daily"."""
    nearest = min((stretch.cost(d, mention) for d in drugs), default=None)
    return nearest is not None and nearest < min(stretch.cost(a, mention) for a in draft.anchors)
