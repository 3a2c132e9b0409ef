"""LINK, treatments: which route each dose of a passage went by."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from extract.link.doses import Bundle
from extract.link.draft import Draft
from extract.link.routes import only_dates
from extract.link.stretches import Stretch, is_over, place
from extract.model import Document, Mention

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


def with_routes(
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
