"""LINK, treatments: the drafts of all passages become the administrations of each patient, one fact one row."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from itertools import product as pairs
from typing import NamedTuple

from extract.link.claims import Claim, Dispute, dispute
from extract.link.givings import (
    ANOTHER,
    GENERIC,
    NEW_COURSE,
    SOURCE,
    Dose,
    Giving,
    agree,
    bundled,
    count_of,
    differ,
    joined,
    order_of,
    same_dose,
    with_fact,
)
from extract.link.values import as_number, close, distinct, new_id, plain_words, rank, reported, shown, wheres
from extract.model import Administration, Document, Mention, Reported, Scalar, Where

_UNIT_FIELDS = {"cells": "dose_cells", "cells/kg": "cells_per_kg"}


class Treatments(NamedTuple):
    """The rows of one patient, and what their passages disagree about."""

    rows: list[Administration]
    disputes: list[Dispute]


def treatments_of(
    document: Document,
    givings: Sequence[Giving],
    sources: dict[str, tuple[tuple[Scalar, Mention], ...]],
    patient: str,
    weight: Reported | None,
    taken: set[str],
    sessions: tuple[Scalar, Mention] | None = None,
) -> Treatments:
    """The administrations of one patient from all that is told of them.

    ``sources``: what the paper says of tissue, donor, cell type and product for this patient outside the drafts,
    used where a draft is silent; ``sessions``: the number of sessions, told apart from any dose. The narrative itemises; table and abstract confirm, complete or contradict it.
    """
    disputes: list[Dispute] = []
    told = _explicit(document, bundled(document, [g for g in givings if g.wheres[0] == "narrative"]))
    table = [g for g in givings if g.wheres[0] == "table"]
    others = sorted((g for g in givings if g.wheres[0] not in ("narrative", "table")), key=lambda g: (rank(g.wheres[0]), g.start))
    rows = _crossed(_itemised(_within(_routed(document, told))))
    if table:
        rows = _with_table(rows, _within(table), patient, disputes)
    _elsewhere_disputes(rows, others, patient, disputes)
    rows = _with_mentions_elsewhere(rows, others)
    rows = _with_sources(rows, sources)
    rows = _unique(rows)
    if sessions is not None:
        rows = [row if row.facts.get("count") else with_fact(row, "count", (sessions,)) for row in rows]
    rows.sort(key=lambda g: order_of(document, g))
    return Treatments(_as_records(document, rows, patient, weight, disputes, taken), disputes)


# ---------------------------------------------------------------- one place


def _explicit(document: Document, givings: Sequence[Giving]) -> list[Giving]:
    """A route that only the site implies ("hip injections") gives way to the one the paragraph names ("intraosseous
    injections into the head of the femur")."""
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


def _within(givings: Sequence[Giving]) -> list[Giving]:
    """Tellings of one place: repeats of one administration become one, repetitions of it are counted."""
    rows: list[Giving] = []
    for giving in givings:
        if not giving.doses and giving.get("route") is None and giving.get("count") is None:
            # only a site: it belongs to what the paragraph gives
            rows = [_completed(row, giving) if row.block == giving.block and giving.get("site") else row for row in rows]
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
    """Whether a giving told in mL only is the volume of one that was told in cells: same tissue, no other route."""
    if not giving.doses or any(dose.unit != "mL" for dose in giving.doses) or giving.get("tissue") is None:
        return False
    return any(_measured(row) and row.get("tissue") == giving.get("tissue") and not differ(row, giving, "route") for row in rows)


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
        if field == "count" and giving.get("route") is not None and row.doses and count_of(row) is None:
            out = with_fact(out, field, told) if _single_of_route(giving) else out
        elif field != "count" or count_of(row) is None:
            out = with_fact(out, field, told)
    return out._replace(mentions=tuple(distinct((*out.mentions, *giving.mentions))))


def _single_of_route(giving: Giving) -> bool:
    return count_of(giving) is not None


_TOLD_GIVEN = re.compile(
    r"\b(?:was|were)\s+(?:\w+\s+){0,2}?(?:made|given|performed|done|administered|infused|injected|repeated|added|carried out)\b|\breceived\b|\bunderwent\b",
    re.IGNORECASE,
)


def _is_another(giving: Giving) -> bool:
    """Whether a telling without a dose is of a further administration: "a second perianal injection was made"."""
    return giving.wheres[0] == "narrative" and bool(ANOTHER.search(giving.sentence) and _TOLD_GIVEN.search(giving.sentence))


def _without_vague(rows: Sequence[Giving]) -> list[Giving]:
    """A telling with a route but no dose that came before the itemised ones of that route adds only details."""
    out = list(rows)
    for vague in [row for row in rows if not row.doses]:
        route = vague.get("route")
        clearer = [
            i for i, row in enumerate(out) if row is not vague and row.doses and (row.get("route") == route or route is None)
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
            if count is not None and (len(clearer) > 1 and route is not None or count_of(out[i]) is not None):
                part = vague._replace(facts={f: told for f, told in vague.facts.items() if f != "count"})
            out[i] = _completed(out[i], part)
        out = [row for row in out if row is not vague]
    return out


def _itemised(rows: Sequence[Giving]) -> list[Giving]:
    """A total that the itemised doses come to is no further administration: "90 million, divided into three" and
    "30 million each time" are one row with count 3."""
    out = list(rows)
    for total in rows:
        if len(out) < 2 or not (total.is_total or _sums_up(total, rows)):
            continue
        dose = total.doses[0]
        parts = [row for row in out if row is not total and (d := row.dose(dose.unit)) is not None and d.basis != "total"]
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
    parts = [d.number * (count_of(row) or 1) for row in rows if row is not total and (d := row.dose(dose.unit)) is not None and d.number]
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


def _routed(document: Document, told: Sequence[Giving]) -> list[Giving]:
    """Doses without a route take the one that the paragraph told last: "was injected subcutaneously. The right hand
    took 4 million cells"."""
    out: list[Giving] = []
    for row in told:
        if row.get("route") is None and row.doses:
            block = document.block_at(row.start)
            before = [g for g in out if g.get("route") is not None and g.start < row.start and document.block_at(g.start) == block]
            infused = [g for g in before if g.get("route") == "intravenous"]
            if re.search(r"\binfus", row.sentence, re.IGNORECASE) and infused:
                before = infused
            if before:
                row = with_fact(row, "route", before[-1].facts["route"])
        out.append(row)
    return out


def _crossed(rows: Sequence[Giving]) -> list[Giving]:
    """Products told without a route, routes told without a product: each product went each way."""
    products = [row for row in rows if row.get("route") is None and row.doses]
    routes = [row for row in rows if row.get("route") is not None and not row.doses]
    if not products or not routes or any(row.get("route") is not None and row.doses for row in rows):
        return list(rows)
    out = [row for row in rows if row not in products and row not in routes]
    for a, b in pairs(products, routes):
        tissue = b.get("tissue")
        if tissue is not None and a.get("tissue") not in (None, tissue) and any(p.get("tissue") == tissue for p in products):
            continue
        merged = joined(a, b)
        facts = {**merged.facts}
        if b.facts.get("count") and not a.facts.get("count"):
            facts["count"] = b.facts["count"]
        out.append(merged._replace(facts=facts))
    return out


# ---------------------------------------------------------------- narrative and table


def _with_table(rows: list[Giving], table: Sequence[Giving], patient: str, disputes: list[Dispute]) -> list[Giving]:
    if not any(row.doses or row.get("route") for row in rows):
        return [*table]
    out = list(rows)
    narrative = list(rows)
    routes = {row.get("route") for row in rows if row.get("route")}
    for cell in sorted(table, key=lambda c: not any(count_of(r) == count_of(c) is not None for r in rows if r.get("route") is None)):
        out = _confirmed(out, cell, routes, patient, disputes)
    _count_disputes(narrative, table, patient, disputes)
    _site_disputes(narrative, table, patient, disputes)
    _route_disputes(narrative, table, patient, disputes)
    return out


def _confirmed(
    rows: list[Giving], cell: Giving, routes: set[Scalar | None], patient: str, disputes: list[Dispute]
) -> list[Giving]:
    """The rows after what one table entry adds: it confirms those it agrees with, completes those without a dose."""
    route = cell.get("route")
    same_route = [i for i, row in enumerate(rows) if route is None or row.get("route") == route]
    same_route += [i for i, row in enumerate(rows) if i not in same_route and row.get("route") is None]
    agreeing = [i for i in same_route if agree(rows[i], cell)]
    if not agreeing:
        agreeing = [i for i in range(len(rows)) if cell.doses and _shares_dose(rows[i], cell)]
    if agreeing:
        _all_alike(rows, agreeing, cell, patient, disputes)
        for i in agreeing:
            rows[i] = _joined_from_table(rows[i], cell, len(agreeing) == 1)
        return rows
    if not cell.doses:
        if route is None or same_route:
            for i in same_route:
                rows[i] = _joined_from_table(rows[i], cell, len(same_route) == 1)
        elif not routes:
            rows.append(cell)
        return rows
    units = {dose.unit for dose in cell.doses}
    alike = [
        rows[i]
        for i in same_route
        if any(rows[i].dose(unit) is not None for unit in units) and "narrative" in rows[i].wheres and _counts_fit(rows[i], cell)
    ]
    if alike:
        _dose_disputes(alike, cell, patient, disputes)
        return rows
    bare = [i for i in same_route if not rows[i].doses]
    if bare:
        for i in bare:
            rows[i] = _joined_from_table(rows[i], cell, len(bare) == 1)
        return rows
    same_route = [i for i in same_route if _counts_fit(rows[i], cell)]
    if same_route:
        # The narrative has the dose in another unit: the table's figure completes it only where it can mean one row.
        if len(same_route) == 1:
            rows[same_route[0]] = _joined_from_table(rows[same_route[0]], cell, True)
        return rows
    rows.append(cell)
    return rows


def _counts_fit(row: Giving, cell: Giving) -> bool:
    """A row without a route is the table's only when it was given as often."""
    return row.get("route") is not None or None in (count_of(row), count_of(cell)) or count_of(row) == count_of(cell)


def _all_alike(rows: Sequence[Giving], agreeing: Sequence[int], cell: Giving, patient: str, disputes: list[Dispute]) -> None:
    """A table that gives one dose for as many administrations as the text tells of, some of them with another dose."""
    route = cell.get("route") or (rows[agreeing[0]].get("route") if len({r.get("route") for r in rows}) == 1 else None)
    same_route = [row for row in rows if row.get("route") == route]
    if count_of(cell) is None or route is None or count_of(cell) != sum(count_of(row) or 1 for row in same_route):
        return
    for row in same_route:
        if row not in [rows[i] for i in agreeing]:
            _dose_disputes([row], cell, patient, disputes)


def _shares_dose(row: Giving, cell: Giving) -> bool:
    return any(same_dose(a, b) for a in row.doses for b in cell.doses)


def _joined_from_table(row: Giving, cell: Giving, alone: bool) -> Giving:
    """A row with what the table adds. A count of the table goes to a row only where it can mean that row alone."""
    facts = {field: told for field, told in cell.facts.items() if field != "count" or (alone and count_of(row) is None and cell.get("route") is not None)}
    if row.get("route") is not None:
        facts.pop("route", None) if facts.get("route", ((None, None),))[0][0] != row.get("route") else None
    return joined(row, cell._replace(facts=facts))


def _dose_disputes(rows: Sequence[Giving], cell: Giving, patient: str, disputes: list[Dispute]) -> None:
    for dose in cell.doses:
        told = [d for row in rows if (d := row.dose(dose.unit)) is not None]
        if not told or any(same_dose(d, dose) for d in told):
            continue
        totals = [d for d in told if d.number is not None]
        if dose.number is not None and len(totals) > 1 and close(sum((d.number for d in totals if d.number), Decimal(0)), dose.number, "0.011"):
            continue
        if dose.number is not None and any(_in_range(dose.number, d) for d in told):
            continue
        field = "dose per kg" if dose.unit == "cells/kg" else f"dose {dose.unit}"
        words = f"Dose {dose_words(told[0])} and {dose_words(dose)}."
        disputes.append(dispute(patient, field, dose_claim(told[0], "narrative"), dose_claim(dose, "table"), "dose.places", words))


def _in_range(number: Decimal, dose: Dose) -> bool:
    if dose.low is None or dose.high is None:
        return False
    return min(dose.low, dose.high) <= number <= max(dose.low, dose.high)


def dose_words(dose: Dose) -> str:
    """A dose as people read it: ``1800000 cells/kg``."""
    if dose.number is not None:
        return f"{plain_words(dose.number)} {dose.unit}"
    return f"{plain_words(dose.low)}–{plain_words(dose.high)} {dose.unit}"


def dose_claim(dose: Dose, where: Where) -> Claim:
    """A dose as one side of a dispute."""
    return Claim(dose_words(dose), dose.mention, where)


def _count_disputes(narrative: Sequence[Giving], table: Sequence[Giving], patient: str, disputes: list[Dispute]) -> None:
    """The number of administrations by a route, itemised in the narrative and counted in the table."""
    for route in dict.fromkeys(cell.get("route") for cell in table):
        cells = [cell for cell in table if cell.get("route") == route and count_of(cell) is not None]
        if not cells or (route is None and len({row.get("route") for row in narrative if row.get("route")}) > 1):
            continue
        rows = [row for row in narrative if route is None or row.get("route") == route]
        if not rows or not any(row.doses for row in rows):
            continue
        printed = sum(count_of(cell) or 0 for cell in cells)
        itemised = sum(count_of(row) or 1 for row in rows)
        if printed == itemised:
            continue
        teller = next((row.facts["count"][0][1] for row in rows if row.facts.get("count")), rows[0].mentions[0])
        a = Claim(Decimal(itemised), teller, "narrative")
        b = Claim(Decimal(printed), cells[0].facts["count"][0][1], "table")
        words = f"{itemised} {route or ''} administrations are told in the text, {printed} in the table.".replace("  ", " ")
        disputes.append(dispute(patient, f"number of {route or 'cell'} administrations", a, b, "count.places", words))


_LEVEL = re.compile(r"[CTLS]\d{1,2}\s*[-–/]\s*[CTLS]?\d{1,2}")


def _site_disputes(narrative: Sequence[Giving], table: Sequence[Giving], patient: str, disputes: list[Dispute]) -> None:
    """A spinal level, or a side, that text and table give differently for the one place that was treated."""
    for pick in (_levels, _sides):
        told = {value: m for row in narrative for value, m in pick(row)}
        printed = {value: m for cell in table for value, m in pick(cell)}
        if len(told) == 1 and len(printed) == 1 and set(told) != set(printed):
            (ours, a), (theirs, b) = next(iter(told.items())), next(iter(printed.items()))
            words = f"Given into {ours} in the text, {theirs} in the table."
            disputes.append(dispute(patient, "site", Claim(ours, a, "narrative"), Claim(theirs, b, "table"), "site.places", words))


def _levels(giving: Giving) -> list[tuple[str, Mention]]:
    return [(str(v), m) for v, m in giving.facts.get("site", ()) if _LEVEL.fullmatch(str(v))]


def _sides(giving: Giving) -> list[tuple[str, Mention]]:
    return [(str(v), m) for v, m in giving.facts.get("laterality", ()) if v in ("left", "right")]


def _route_disputes(narrative: Sequence[Giving], table: Sequence[Giving], patient: str, disputes: list[Dispute]) -> None:
    """One route that only the text has against one that only the table has, given equally often."""
    told = {row.get("route"): row for row in narrative if row.get("route")}
    printed = {cell.get("route"): cell for cell in table if cell.get("route")}
    ours, theirs = [r for r in told if r not in printed], [r for r in printed if r not in told]
    if len(ours) != 1 or len(theirs) != 1:
        return
    row, cell = told[ours[0]], printed[theirs[0]]
    if count_of(row) is not None and count_of(cell) is not None and count_of(row) != count_of(cell):
        return
    a = Claim(str(ours[0]), row.facts["route"][0][1], "narrative")
    b = Claim(str(theirs[0]), cell.facts["route"][0][1], "table")
    words = f"Given {ours[0]} in the text, {theirs[0]} in the table."
    disputes.append(dispute(patient, "route", a, b, "route.places", words))


# ---------------------------------------------------------------- abstract, discussion, source


def _elsewhere_disputes(rows: Sequence[Giving], others: Sequence[Giving], patient: str, disputes: list[Dispute]) -> None:
    """A dose that abstract or discussion give for the patient and that no row, no sum of rows and no range comes to."""
    for giving in others:
        if giving.wheres[0] not in ("abstract", "discussion"):
            continue
        for dose in giving.doses:
            told = [(row, d) for row in rows if (d := row.dose(dose.unit)) is not None and not differ(row, giving, "route", "tissue")]
            if dose.number is None or not told or any(same_dose(d, dose) or _in_range(dose.number, d) for _, d in told):
                continue
            sizes = [d.number for _, d in told if d.number is not None]
            sums = {sum(sizes, Decimal(0)), *(d.number * (count_of(row) or 1) for row, d in told if d.number is not None)}
            everything = sum((d.number * (count_of(row) or 1) for row in rows if (d := row.dose(dose.unit)) is not None and d.number), Decimal(0))
            if not sizes or any(close(dose.number, total, "0.03") for total in {*sums, everything}):
                continue
            first = told[0]
            words = f"Dose {dose_words(first[1])} in the text, {dose_words(dose)} in the {giving.wheres[0]}."
            a = dose_claim(first[1], first[0].wheres[0])
            field = "dose per kg" if dose.unit == "cells/kg" else f"dose {dose.unit}"
            disputes.append(dispute(patient, field, a, dose_claim(dose, giving.wheres[0]), "dose.elsewhere", words))


def _with_mentions_elsewhere(rows: list[Giving], others: Sequence[Giving]) -> list[Giving]:
    """Abstract and discussion confirm; only where body and table tell of nothing do they stand for themselves."""
    if not rows:
        first = others[0].wheres[0] if others else None
        return _crossed(_itemised(_within([g for g in others if g.wheres[0] == first])))
    out = list(rows)
    for giving in others:
        agreeing = [i for i, row in enumerate(out) if giving.doses and agree(row, giving)]
        for i in agreeing:
            merged = joined(out[i], giving._replace(facts={f: t for f, t in giving.facts.items() if f in SOURCE or f == "route"}))
            out[i] = merged
        if not giving.doses and giving.get("route") is not None:
            routeless = [i for i, row in enumerate(out) if row.get("route") is None]
            routes = {g.get("route") for g in others if g.get("route")} | {row.get("route") for row in out if row.get("route")}
            if len(routes) == 1:
                for i in routeless:
                    out[i] = with_fact(out[i], "route", giving.facts["route"])
    return out


def _with_sources(rows: Sequence[Giving], sources: dict[str, tuple[tuple[Scalar, Mention], ...]]) -> list[Giving]:
    """Fill tissue, donor, cell type and product where the paper knows one for the patient. Where it knows several tissues
    and other rows do not tell that each has its own way, a row without one stands for each of them."""
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


def _unique(rows: Sequence[Giving]) -> list[Giving]:
    """Rows that inheritance has made equal are one."""
    out: list[Giving] = []
    for row in rows:
        twin = next(
            (
                i
                for i, other in enumerate(out)
                if not row.doses and not other.doses and all(row.get(f) == other.get(f) for f in ("route", "tissue", "cell_type", "site", "course"))
            ),
            None,
        )
        if twin is None:
            out.append(row)
        else:
            out[twin] = joined(out[twin], row)
    return out


# ---------------------------------------------------------------- rows


def _as_records(
    document: Document, rows: Sequence[Giving], patient: str, weight: Reported | None, disputes: list[Dispute], taken: set[str]
) -> list[Administration]:
    contested = {d.a.mention.span.start for d in disputes if d.field.startswith(("dose", "route"))}
    out: list[Administration] = []
    course = 1
    for number, row in enumerate(rows, 1):
        told = as_number(row.get("course"))
        if told is not None:
            course = int(told)
        elif number > 1 and NEW_COURSE.search(_own_words(document, rows, number - 1)):
            course += 1
        values = _values(document, row, contested)
        values["administration"] = reported(document, Decimal(number), row.mentions[:1], formula="order of the paper")
        values["course"] = reported(document, Decimal(course), row.mentions[:1], formula="counted by words like second transplant, N months later")
        values["order"] = reported(document, Decimal(number), row.mentions[:1], formula="order of the paper")
        values.update(_computed(document, row, weight, values))
        id = new_id(document, "administrations", patient, row.mentions, taken)
        out.append(Administration(id=id, patient=patient, order=number, values=values))
    return out


def _own_words(document: Document, rows: Sequence[Giving], index: int) -> str:
    """The words of a row's sentence that no neighbour in the same sentence has a better claim to."""
    row = rows[index]
    start = document.text.rfind(row.sentence, 0, row.start + len(row.sentence))
    if start < 0:
        return ""
    left, right = start, start + len(row.sentence)
    if index > 0 and rows[index - 1].sentence == row.sentence:
        left = max(left, min(row.start, rows[index - 1].start + 40))
    if index + 1 < len(rows) and rows[index + 1].sentence == row.sentence:
        right = min(right, rows[index + 1].start)
    return document.text[left:right]


def _values(document: Document, row: Giving, contested: set[int]) -> dict[str, Reported]:
    values: dict[str, Reported] = {}
    for field, column in (
        ("cell_type", "cell_type"), ("tissue", "tissue"), ("donor", "donor"), ("product", "product"), ("route", "route"),
        ("site", "site"), ("laterality", "laterality"), ("volume", "volume_ml"), ("timing", "timing_months"), ("interval", "interval"),
    ):  # fmt: skip
        told = row.facts.get(field, ())
        if told:
            in_dispute = any(m.span.start in contested for _, m in told) and field == "route"
            values[column] = reported(document, told[0][0], [m for _, m in told], status="conflict" if in_dispute else "reported")
    for dose in row.doses:
        if dose.unit in _UNIT_FIELDS:
            values.update(_dose_values(document, row, dose, _UNIT_FIELDS[dose.unit], contested))
    main = next((d for unit in ("cells", "cells/kg") if (d := row.dose(unit)) is not None), row.doses[0] if row.doses else None)
    if main is not None:
        values.update(_dose_values(document, row, main, "dose", contested))
        values["dose_unit"] = reported(document, main.unit, [main.mention])
        values["dose_basis"] = reported(document, main.basis or "unclear", [main.mention])
    count = row.facts.get("count", ())
    if count and count_of(row) is not None:
        values["count"] = reported(document, count[0][0], [m for _, m in count])
    else:
        values["count"] = reported(document, Decimal(1), row.mentions[:1], formula="one administration told without a number")
    values["where"] = reported(document, wheres(row.wheres), row.mentions)
    lead = main.mention if main is not None else row.mentions[0]
    values["as_written"] = reported(document, lead.text, [lead])
    return values


def _dose_values(document: Document, row: Giving, dose: Dose, column: str, contested: set[int]) -> dict[str, Reported]:
    same = [dose.mention, *(m for m in row.mentions if m.field == "dose" and m.value == dose.mention.value)]
    status = "conflict" if dose.mention.span.start in contested else "reported"
    ends = {"dose": ("dose_value", "dose_low", "dose_high")}.get(column, (column, f"{column}_low", f"{column}_high"))
    return {
        name: reported(document, number, same, unit=dose.unit, status="conflict" if status == "conflict" else "reported")
        for name, number in zip(ends, dose.size, strict=True)
        if number is not None
    }


def _computed(document: Document, row: Giving, weight: Reported | None, values: dict[str, Reported]) -> dict[str, Reported]:
    """Cells per kg from the printed weight, and the cells of the whole row."""
    out: dict[str, Reported] = {}
    cells = row.dose("cells")
    if cells is None or cells.number is None:
        return out
    kilos = as_number(weight.value) if weight is not None and weight.status == "reported" else None
    if kilos and row.dose("cells/kg") is None and cells.basis != "total" and row.get("route") == "intravenous" and weight is not None:
        per_kg = (cells.number / kilos).quantize(Decimal(1))
        formula = f"{shown(cells.number)} cells / {shown(kilos)} kg"
        derived = reported(document, per_kg, [cells.mention], unit="cells/kg", formula=formula)
        out["cells_per_kg_derived"] = derived.model_copy(update={"provenance": (*derived.provenance, *weight.provenance[:1])})
    count = as_number(values["count"].value) or Decimal(1)
    total = cells.number if cells.basis == "total" else cells.number * count
    formula = f"{shown(cells.number)} cells × {shown(count)}" if cells.basis != "total" else f"{shown(cells.number)} cells in total"
    mentions = [cells.mention, *(m for _, m in row.facts.get("count", ()))]
    out["total_cells_derived"] = reported(document, total, mentions, unit="cells", formula=formula)
    return out


__all__ = ["Treatments", "dose_claim", "dose_words", "treatments_of"]
