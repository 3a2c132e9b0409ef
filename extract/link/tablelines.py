"""LINK, treatments in tables: what the cells of one patient say was given.

A dose takes its route from its own cell ("IV 76; IM 40"), from the header over it ("Intravenous | Dose"), or
from the patient's route cell, item by item where both are lists.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise
from typing import NamedTuple

from extract.link.cast import Cast
from extract.link.givings import SOURCE, Dose, Giving
from extract.link.notes import later_dose
from extract.link.values import as_number, distinct
from extract.model import Cell, Document, Mention, Scalar, Span

_TREATMENT = re.compile(
    r"(?<![-\w])(?<!post )(?<!pre )(?<!before )(?<!after )(?<!prior to )"
    r"(?:rout\w*|dos\w*|administ\w*|deliver\w*|inject\w*|infus\w*|transfus\w*|transplant\w*|implant\w*|"
    r"treatments?|MSCs?|SVF|BMAC|product)\b",
    re.IGNORECASE,
)
_COUNT_HEADER = re.compile(
    r"\b(?:number|no|n|#)\b\.?\s*(?:of)?\s*(?:[\w.-]+\s){0,3}?(?:infusions?|injections?|doses|administrations?|"
    r"sessions?|transfusions?|transplants?)\b"
    r"|\b(?:infusions?|injections?|doses|administrations?|sessions?|transfusions?)\s*[,(]?\s*(?:n|no|number|"
    r"#)\b",
    re.IGNORECASE,
)
_TOTAL_HEADER = re.compile(r"\b(?:total|cumulative|overall)\b", re.IGNORECASE)
_FACTS = ("site", "interval", "timing", "volume", *SOURCE)


class _Line(NamedTuple):
    """The mentions of one patient in one table, each with its cell."""

    patient: str
    found: tuple[tuple[Mention, Cell], ...]

    def of(self, field: str) -> list[tuple[Mention, Cell]]:
        """The mentions of one field."""
        return [(m, c) for m, c in self.found if m.field == field]


def table_givings(document: Document, cast: Cast, mentions: Sequence[Mention]) -> dict[str, list[Giving]]:
    """The administrations that tables tell of, by patient."""
    lines: dict[tuple[int, str], list[tuple[Mention, Cell]]] = defaultdict(list)
    header_routes: dict[int, list[tuple[str, Mention]]] = defaultdict(list)
    for mention in mentions:
        if mention.cell is None or not mention.context.is_fact:
            continue
        cell = document.cells[mention.cell]
        if cell.is_header:
            if mention.field == "route":
                header_routes[cell.table].append((document.quote(cell.span), mention))
            continue
        for patient in cast.cells.get(mention.cell, ()):
            lines[cell.table, patient].append((mention, cell))
    for index, cell in enumerate(document.cells):
        if not cell.is_header and _COUNT_HEADER.search(f"{cell.column_header} | {cell.row_header}"):
            for patient in cast.cells.get(index, ()):
                key = (cell.table, patient)
                if not any(m.field == "count" and m.cell == index for m, _ in lines[key]):
                    lines[key] += [(m, cell) for m in _printed_counts(document, index, cell)]
    out: dict[str, list[Giving]] = {}
    for (table, patient), found in lines.items():
        found.sort(key=lambda pair: pair[0].span.start)
        givings = _line_givings(document, _Line(patient, tuple(found)), header_routes[table])
        givings = _with_later_doses(document, givings, mentions)
        if givings:
            out.setdefault(patient, []).extend(givings)
    return out


def _printed_counts(document: Document, index: int, cell: Cell) -> list[Mention]:
    """The numbers of a cell under "number of infusions": ``3; 1``."""
    text = document.quote(cell.span)
    out = []
    for item in re.finditer(r"(?<![\d.,])\d{1,2}(?![\d.,]|\s*[×x])", text):
        span = Span(start=cell.span.start + item.start(), end=cell.span.start + item.end())
        out.append(
            Mention(
                field="count",
                value=Decimal(item.group()),
                span=span,
                text=item.group(),
                rule_id="link.count_column",
                sentence=cell.span,
                block=document.block_at(span.start),
                cell=index,
            )
        )
    return out


def _line_givings(document: Document, line: _Line, headers: Sequence[tuple[str, Mention]]) -> list[Giving]:
    doses = [(m, c) for m, c in line.of("dose") if m.quantity is not None]
    route_cells = [(m, c) for m, c in line.of("route") if _TREATMENT.search(_headers(c))]
    if not doses and not route_cells:
        return []
    shared = _shared_facts(line)
    own = [(m, c, _route_in_cell(m, line) or _route_of_headers(c, headers)) for m, c in doses]
    listed = [m for m, c in route_cells if not any(d.cell == m.cell for d, _ in doses)]
    givings: list[Giving] = []
    spread = _spread(document, [(m, c) for m, c, route in own if route is None], listed)
    general = None if route_cells else _one_counted_route(headers)
    for mention, cell, route in own:
        route = route or spread.get(mention.span.start) or general
        givings.append(_giving(document, mention, cell, route, shared))
    givings = _same_route_joined(givings)
    told = {g.get("route") for g in givings}
    for mention, cell in route_cells:
        if mention.value not in told and not (
            None in told
            and len({m.value for m, _ in route_cells}) > 1
            and doses
            and mention in listed
            and len(listed) == 1
        ):
            told.add(mention.value)
            givings.append(_bare(document, mention, cell, shared))
    return _counted(givings, line, headers)


def _with_later_doses(document: Document, givings: Sequence[Giving], mentions: Sequence[Mention]) -> list[Giving]:
    """A dose whose mark leads to another one for a later administration is two: "[a] the second was reduced to"."""
    out: list[Giving] = []
    for giving in givings:
        out.append(giving)
        if len(giving.doses) != 1 or giving.doses[0].mention.cell is None:
            continue
        dose, cell = giving.doses[0], document.cells[giving.doses[0].mention.cell]
        later = later_dose(document, cell, dose.unit, mentions)
        if later is None or (number := as_number(giving.get("count"))) is None or number <= later.how_many:
            continue
        teller, quantity = giving.facts["count"][0][1], later.mention.quantity
        assert quantity is not None
        told = Dose(dose.unit, quantity.number, quantity.low, quantity.high, dose.basis, later.mention)
        out[-1] = giving._replace(facts={**giving.facts, "count": ((number - later.how_many, teller),)})
        facts = {**giving.facts, "count": ((later.how_many, later.mention),)}
        out.append(
            giving._replace(
                doses=(told,), facts=facts, mentions=(later.mention, *giving.mentions), start=giving.start + 1
            )
        )
    return out


def _headers(cell: Cell) -> str:
    return f"{cell.column_header} | {cell.row_header} | {cell.group}"


def _route_in_cell(dose: Mention, line: _Line) -> Mention | None:
    """The route printed before a dose in its own cell, or the only one there."""
    routes = [m for m, _ in line.of("route") if m.cell == dose.cell]
    before = [m for m in routes if m.span.start < dose.span.start]
    if before:
        return before[-1]
    return routes[0] if len(routes) == 1 else None


def _route_of_headers(cell: Cell, headers: Sequence[tuple[str, Mention]]) -> Mention | None:
    words = _headers(cell)
    named = [m for text, m in headers if text and text in words]
    return named[0] if len({m.value for m in named}) == 1 else None


def _one_counted_route(headers: Sequence[tuple[str, Mention]]) -> Mention | None:
    """The one route whose administrations a table counts ("Number of i.v. infusions"), when no header names another."""
    counted = [m for text, m in headers if _COUNT_HEADER.search(text)]
    return counted[0] if counted and len({m.value for _, m in headers}) == 1 else None


def _spread(document: Document, doses: Sequence[tuple[Mention, Cell]], routes: Sequence[Mention]) -> dict[int, Mention]:
    """Routes of doses by their order: one route for all, or item by item between semicolons."""
    if not doses or not routes:
        return {}
    if len({m.value for m in routes}) == 1:
        return {m.span.start: routes[0] for m, _ in doses}
    by_cell: dict[int | None, list[Mention]] = defaultdict(list)
    for mention, _ in doses:
        by_cell[mention.cell].append(mention)
    out: dict[int, Mention] = {}
    for found in by_cell.values():
        groups: list[list[Mention]] = [[found[0]]]
        for before, after in pairwise(found):
            between = document.text[before.span.end : after.span.start]
            if ";" in between or "\n" in between:
                groups.append([after])
            else:
                groups[-1].append(after)
        if len(groups) == len(routes):
            for group, route in zip(groups, routes, strict=True):
                out.update({m.span.start: route for m in group})
    return out


def _shared_facts(line: _Line) -> dict[str, tuple[tuple[Scalar, Mention], ...]]:
    """Source, site and timing that the line gives once."""
    facts: dict[str, tuple[tuple[Scalar, Mention], ...]] = {}
    for field in _FACTS:
        told = line.of(field)
        if field == "volume":
            told = [(m, c) for m, c in told if m.quantity is not None and m.quantity.number is not None]
        values = {str(m.value) for m, _ in told}
        if len(values) == 1:
            mention = told[0][0]
            value = mention.quantity.number if field == "volume" and mention.quantity else mention.value
            if value is not None:
                facts[field] = ((value, mention),)
    return facts


def _giving(
    document: Document,
    mention: Mention,
    cell: Cell,
    route: Mention | None,
    shared: dict[str, tuple[tuple[Scalar, Mention], ...]],
) -> Giving:
    quantity = mention.quantity
    assert quantity is not None
    basis = str(mention.detail("basis") or ("total" if _TOTAL_HEADER.search(_headers(cell)) else "per_administration"))
    facts = dict(shared)
    if route is not None:
        facts["route"] = ((route.value, route),)
    dose = Dose(quantity.unit, quantity.number, quantity.low, quantity.high, basis, mention)
    mentions = distinct([mention, *([route] if route else []), *(m for told in shared.values() for _, m in told)])
    return Giving((dose,), facts, tuple(mentions), ("table",), document.quote(cell.span), mention.span.start)


def _bare(
    document: Document, route: Mention, cell: Cell, shared: dict[str, tuple[tuple[Scalar, Mention], ...]]
) -> Giving:
    facts = {**shared, "route": ((route.value, route),)}
    mentions = distinct([route, *(m for told in shared.values() for _, m in told)])
    return Giving((), facts, tuple(mentions), ("table",), document.quote(cell.span), route.span.start)


def _same_route_joined(givings: Sequence[Giving]) -> list[Giving]:
    """Cells and cells per kg of one route in two columns are one administration."""
    out: list[Giving] = []
    for giving in givings:
        unit = giving.doses[0].unit
        mates = [g for g in givings if g.get("route") == giving.get("route") and g.doses[0].unit == unit]
        twin = next(
            (
                i
                for i, g in enumerate(out)
                if g.get("route") == giving.get("route")
                and all(d.unit != unit for d in g.doses)
                and len(mates) == 1
                and sum(o.get("route") == giving.get("route") for o in out) == 1
            ),
            None,
        )
        if twin is None:
            out.append(giving)
        else:
            mine = out[twin]
            out[twin] = mine._replace(
                doses=(*mine.doses, *giving.doses),
                mentions=tuple(distinct((*mine.mentions, *giving.mentions))),
            )
    return out


def _counted(givings: list[Giving], line: _Line, headers: Sequence[tuple[str, Mention]]) -> list[Giving]:
    """Give each count to its route: beside it in the cell ("IV ×3"), under its header, or in the order of the
    list."""
    counts = line.of("count")
    routes = [m for m, _ in line.of("route")]
    loose: list[Mention] = []
    for mention, cell in counts:
        number = as_number(mention.quantity.number if mention.quantity else mention.value)
        if number is None:
            continue
        in_cell = [m for m in routes if m.cell == mention.cell]
        before = [m for m in in_cell if m.span.start < mention.span.start]
        route = before[-1] if before else in_cell[0] if in_cell else _route_of_headers(cell, headers)
        if route is None:
            loose.append(mention)
            continue
        givings = _count_route(givings, route.value, number, mention)
    order = list(dict.fromkeys(g.get("route") for g in givings))
    if len(loose) == len(order):
        for mention, value in zip(loose, order, strict=True):
            number = as_number(mention.quantity.number if mention.quantity else mention.value)
            if number is not None:
                givings = _count_route(givings, value, number, mention)
    return givings


def _count_route(givings: Sequence[Giving], route: Scalar | None, number: Decimal, mention: Mention) -> list[Giving]:
    """The count of a route: to its one row, or one each where as many doses are listed as were given."""
    mine = [g for g in givings if g.get("route") == route]
    each = number if len(mine) == 1 else Decimal(1) if number == len(mine) else None
    if each is None:
        return list(givings)
    return [
        g._replace(facts={**g.facts, "count": ((each, mention),)}) if g in mine and not g.facts.get("count") else g
        for g in givings
    ]
