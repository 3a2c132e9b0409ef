"""LINK, one place: repeats, totals, products and routes of one part of a paper become administrations."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from itertools import product as pairs

from extract.link.givings import (
    ANOTHER,
    GENERIC,
    SOURCE,
    Dose,
    Giving,
    agree,
    count_of,
    differ,
    joined,
    with_fact,
)
from extract.link.values import close, distinct
from extract.model import Document, Mention, Scalar


def explicit(document: Document, givings: Sequence[Giving]) -> list[Giving]:
    """A route that only the site implies ("hip injections") gives way to the one the paragraph names
    ("intraosseous injections into the head of the femur")."""
    out = []
    for giving in givings:
        told = giving.facts.get("route")
        if told and _is_implied(told[0][1]):
            block = document.block_at(giving.start)
            named = {
                g.get("route"): g.facts["route"]
                for g in givings
                if g.facts.get("route")
                and not _is_implied(g.facts["route"][0][1])
                and g.get("route") != "intravenous"
                and document.block_at(g.start) == block
            }
            if len(named) == 1:
                giving = giving._replace(facts={**giving.facts, "route": next(iter(named.values()))})
        out.append(giving)
    return out


_BODY_INJECTION = re.compile(r"(?!intra)\w+\s+injections?", re.IGNORECASE)


def _is_implied(route: Mention) -> bool:
    """Whether a route is only read off the body part: "hip injections", "into the knee"."""
    return bool(route.detail("route")) or _BODY_INJECTION.fullmatch(route.text) is not None


def within(givings: Sequence[Giving]) -> list[Giving]:
    """Tellings of one place: repeats of one administration become one, repetitions of it are counted."""
    rows: list[Giving] = []
    for giving in givings:
        if not giving.doses and giving.get("route") is None and giving.get("count") is None:
            # only a site: it belongs to what the paragraph gives
            rows = [
                _completed(row, giving) if row.block == giving.block and giving.get("site") else row for row in rows
            ]
            continue
        twin = next((i for i, row in enumerate(rows) if agree(row, giving)), None)
        if twin is not None:
            rows[twin] = _repeated(rows[twin], giving)
        elif _is_volume_of_a_row(rows, giving):
            i = next(i for i, row in enumerate(rows) if _measured(row) and not differ(row, giving, "route", "tissue"))
            rows[i] = _completed(rows[i], giving._replace(doses=()))
        elif not giving.doses and not _is_another(giving) and any(_covers(row, giving) for row in rows):
            rows = [_completed(row, giving) if _covers(row, giving) else row for row in rows]
        else:
            rows.append(giving)
    return _without_vague(rows)


def _measured(row: Giving) -> bool:
    return any(dose.unit in ("cells", "cells/kg") for dose in row.doses)


def _is_volume_of_a_row(rows: Sequence[Giving], giving: Giving) -> bool:
    """Whether a giving told in mL only is the volume of one that was told in cells: same tissue, no other
    route."""
    if not giving.doses or any(dose.unit != "mL" for dose in giving.doses) or giving.get("tissue") is None:
        return False
    return any(
        _measured(row) and row.get("tissue") == giving.get("tissue") and not differ(row, giving, "route")
        for row in rows
    )


def _repeated(row: Giving, giving: Giving) -> Giving:
    """The same dose told again: given again when the words say so and the counts are not the same fact."""
    merged = joined(row, giving)
    if row.sentence == giving.sentence or not ANOTHER.search(giving.sentence) or ANOTHER.search(row.sentence):
        return merged
    a, b = count_of(row) or 1, count_of(giving) or 1
    if count_of(row) is not None and count_of(row) == count_of(giving) and a > 1:
        return merged
    evidence = (*row.facts.get("count", ()), *giving.facts.get("count", ()))
    mention = evidence[0][1] if evidence else giving.mentions[0]
    return merged._replace(facts={**merged.facts, "count": ((Decimal(a + b), mention),)})


def _covers(row: Giving, giving: Giving) -> bool:
    """Whether a giving without a dose only says again what a row already says."""
    if giving.wheres[:1] != row.wheres[:1]:
        return False
    route = giving.get("route")
    if route is not None and row.get("route") not in (route, None):
        return False
    if differ(row, giving, "tissue", "cell_type"):
        return False
    if route is None:
        return True
    return row.get("route") == route


def _completed(row: Giving, giving: Giving) -> Giving:
    out = row
    for field, told in giving.facts.items():
        if field != "count" or count_of(row) is None:
            out = with_fact(out, field, told)
    return out._replace(mentions=tuple(distinct((*out.mentions, *giving.mentions))))


_TOLD_GIVEN = re.compile(
    r"\b(?:was|were)\s+(?:\w+\s+){0,2}?(?:made|given|performed|done|administered|infused|injected|repeated|"
    r"added|carried out)\b|\breceived\b|\bunderwent\b",
    re.IGNORECASE,
)


def _is_another(giving: Giving) -> bool:
    """Whether a telling without a dose is of a further administration: "a second perianal injection was
    made"."""
    return giving.wheres[0] == "narrative" and bool(
        ANOTHER.search(giving.sentence) and _TOLD_GIVEN.search(giving.sentence)
    )


def _without_vague(rows: Sequence[Giving]) -> list[Giving]:
    """A telling with a route but no dose adds only details to the itemised ones of that route."""
    out = list(rows)
    for vague in [row for row in rows if not row.doses]:
        route = vague.get("route")
        clearer = [
            i
            for i, row in enumerate(out)
            if row is not vague
            and row.doses
            and (row.get("route") == route or route is None)
            and not differ(vague, row, "tissue", "cell_type")
        ]
        if not clearer:
            continue
        if _is_another(vague):
            later = [i for i in clearer if out[i].start > vague.start]
            if not later:
                continue
            clearer = later[:1]
        count = count_of(vague)
        for i in clearer:
            part = vague
            if count is not None and ((len(clearer) > 1 and route is not None) or count_of(out[i]) is not None):
                part = vague._replace(facts={f: told for f, told in vague.facts.items() if f != "count"})
            out[i] = _completed(out[i], part)
        out = [row for row in out if row is not vague]
    return out


def itemised(rows: Sequence[Giving]) -> list[Giving]:
    """A total that the itemised doses come to is no further administration: "90 million, divided into three"
    and "30 million each time" are one row with count 3."""
    out = list(rows)
    for total in rows:
        if len(out) < 2 or not (total.is_total or _sums_up(total, rows)):
            continue
        dose = total.doses[0]
        parts = [
            row for row in out if row is not total and (d := row.dose(dose.unit)) is not None and d.basis != "total"
        ]
        if not parts or (not total.is_total and len(parts) < 2):
            continue
        whole = _one_part(parts, dose, count_of(total))
        if whole is not None:
            out[out.index(whole)] = _completed(whole, total)._replace(doses=whole.doses)
        out = [row for row in out if row is not total]
    return out


_IN_ALL = re.compile(r"\b(?:in all|in total|altogether|total|overall|combined|together)\b", re.IGNORECASE)


def _sums_up(total: Giving, rows: Sequence[Giving]) -> bool:
    """Whether a giving that says "in all" is the sum of the others."""
    if not _IN_ALL.search(total.sentence) or not total.doses or total.doses[0].number is None:
        return False
    dose = total.doses[0]
    parts = [
        d.number * (count_of(row) or 1)
        for row in rows
        if row is not total and (d := row.dose(dose.unit)) is not None and d.number
    ]
    return len(parts) > 1 and close(sum(parts, Decimal(0)), dose.number, "0.03")


def _one_part(parts: Sequence[Giving], total: Dose, count: int | None) -> Giving | None:
    """The row whose dose, times the count, makes the total."""
    for part in parts:
        dose = part.dose(total.unit)
        if dose is None or dose.number is None or total.number is None or not dose.number:
            continue
        times = total.number / dose.number
        if count is not None and close(times, Decimal(count), "0.02"):
            return part
    return None


def routed(document: Document, told: Sequence[Giving]) -> list[Giving]:
    """Doses without a route take the one that the paragraph told last: "was injected subcutaneously. The
    right hand took 4 million cells"."""
    out: list[Giving] = []
    for row in told:
        if row.get("route") is None and row.doses:
            block = document.block_at(row.start)
            before = [
                g
                for g in out
                if g.get("route") is not None and g.start < row.start and document.block_at(g.start) == block
            ]
            infused = [g for g in before if g.get("route") == "intravenous"]
            if re.search(r"\binfus", row.sentence, re.IGNORECASE) and infused:
                before = infused
            if before:
                row = with_fact(row, "route", before[-1].facts["route"])
        out.append(row)
    return out


def crossed(rows: Sequence[Giving]) -> list[Giving]:
    """Products told without a route, routes told without a product: each product went each way."""
    products = [row for row in rows if row.get("route") is None and row.doses]
    routes = [row for row in rows if row.get("route") is not None and not row.doses]
    if not products or not routes or any(row.get("route") is not None and row.doses for row in rows):
        return list(rows)
    out = [row for row in rows if row not in products and row not in routes]
    for a, b in pairs(products, routes):
        tissue = b.get("tissue")
        if (
            tissue is not None
            and a.get("tissue") not in (None, tissue)
            and any(p.get("tissue") == tissue for p in products)
        ):
            continue
        merged = joined(a, b)
        facts = {**merged.facts}
        if b.facts.get("count") and not a.facts.get("count"):
            facts["count"] = b.facts["count"]
        out.append(merged._replace(facts=facts))
    return out


def with_sources(rows: Sequence[Giving], sources: dict[str, tuple[tuple[Scalar, Mention], ...]]) -> list[Giving]:
    """Fill tissue, donor, cell type and product where the paper knows one for the patient. Where it knows
    several tissues and other rows do not tell that each has its own way, a row without one stands for each
    of them."""
    out: list[Giving] = []
    tissues = {value: (value, mention) for value, mention in reversed(sources.get("tissue", ()))}
    told = {row.get("tissue") for row in rows if row.get("tissue") is not None}
    for row in rows:
        if row.get("tissue") is None and len(tissues) > 1 and (not told or told == set(tissues)):
            out += [with_fact(row, "tissue", (pair,)) for pair in reversed(tissues.values())]
        else:
            out.append(row)
    filled = []
    for row in out:
        for field in SOURCE:
            known = list({value: (value, mention) for value, mention in reversed(sources.get(field, ()))}.values())
            known = [pair for pair in known if pair[0] not in GENERIC] or known
            if len(known) == 1:
                row = with_fact(row, field, known)
        filled.append(row)
    return filled


def unique(rows: Sequence[Giving]) -> list[Giving]:
    """Rows that inheritance has made equal are one."""
    out: list[Giving] = []
    for row in rows:
        twin = next(
            (
                i
                for i, other in enumerate(out)
                if not row.doses
                and not other.doses
                and all(row.get(f) == other.get(f) for f in ("route", "tissue", "cell_type", "site", "course"))
            ),
            None,
        )
        if twin is None:
            out.append(row)
        else:
            out[twin] = joined(out[twin], row)
    return out
