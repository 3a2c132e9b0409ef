"""LINK, several places: what table, abstract and discussion add to the administrations of the text, or say
against them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from extract.link.claims import Claim, Dispute, dispute
from extract.link.givings import (
    SOURCE,
    Dose,
    Giving,
    agree,
    count_of,
    differ,
    joined,
    same_dose,
    with_fact,
)
from extract.link.merging import crossed, itemised, within
from extract.link.values import close, plain_words
from extract.model import Mention, Scalar, Where


def with_table(rows: list[Giving], table: Sequence[Giving], patient: str, disputes: list[Dispute]) -> list[Giving]:
    if not any(row.doses or row.get("route") for row in rows):
        return [*table]
    out = list(rows)
    narrative = list(rows)
    routes = {row.get("route") for row in rows if row.get("route")}
    for cell in sorted(
        table,
        key=lambda c: not any(count_of(r) == count_of(c) is not None for r in rows if r.get("route") is None),
    ):
        out = _confirmed(out, cell, routes, patient, disputes)
    _count_disputes(narrative, table, patient, disputes)
    _site_disputes(narrative, table, patient, disputes)
    _route_disputes(narrative, table, patient, disputes)
    return out


def _confirmed(
    rows: list[Giving], cell: Giving, routes: set[Scalar | None], patient: str, disputes: list[Dispute]
) -> list[Giving]:
    """The rows after what one table entry adds: it confirms those it agrees with, completes those without a
    dose."""
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
        if any(rows[i].dose(unit) is not None for unit in units)
        and "narrative" in rows[i].wheres
        and _counts_fit(rows[i], cell)
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
        # The narrative has the dose in another unit: the table's figure completes it only where it can mean
        # one row.
        if len(same_route) == 1:
            rows[same_route[0]] = _joined_from_table(rows[same_route[0]], cell, True)
        return rows
    rows.append(cell)
    return rows


def _counts_fit(row: Giving, cell: Giving) -> bool:
    """A row without a route is the table's only when it was given as often."""
    return row.get("route") is not None or None in (count_of(row), count_of(cell)) or count_of(row) == count_of(cell)


def _all_alike(
    rows: Sequence[Giving], agreeing: Sequence[int], cell: Giving, patient: str, disputes: list[Dispute]
) -> None:
    """A table that gives one dose for as many administrations as the text tells of, some of them with another
    dose."""
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
    """A row with what the table adds. A count of the table goes to a row only where it can mean that row
    alone."""
    facts = {
        field: told
        for field, told in cell.facts.items()
        if field != "count" or (alone and count_of(row) is None and cell.get("route") is not None)
    }
    if row.get("route") is not None:
        facts.pop("route", None) if facts.get("route", ((None, None),))[0][0] != row.get("route") else None
    return joined(row, cell._replace(facts=facts))


def _dose_disputes(rows: Sequence[Giving], cell: Giving, patient: str, disputes: list[Dispute]) -> None:
    for dose in cell.doses:
        told = [d for row in rows if (d := row.dose(dose.unit)) is not None]
        if not told or any(same_dose(d, dose) for d in told):
            continue
        totals = [d for d in told if d.number is not None]
        if (
            dose.number is not None
            and len(totals) > 1
            and close(sum((d.number for d in totals if d.number), Decimal(0)), dose.number, "0.011")
        ):
            continue
        if dose.number is not None and any(_in_range(dose.number, d) for d in told):
            continue
        field = "dose per kg" if dose.unit == "cells/kg" else f"dose {dose.unit}"
        words = f"Dose {dose_words(told[0])} and {dose_words(dose)}."
        disputes.append(
            dispute(
                patient,
                field,
                dose_claim(told[0], "narrative"),
                dose_claim(dose, "table"),
                "dose.places",
                words,
            )
        )


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


def _count_disputes(
    narrative: Sequence[Giving], table: Sequence[Giving], patient: str, disputes: list[Dispute]
) -> None:
    """The number of administrations by a route, itemised in the narrative and counted in the table."""
    for route in dict.fromkeys(cell.get("route") for cell in table):
        cells = [cell for cell in table if cell.get("route") == route and count_of(cell) is not None]
        if not cells or (route is None and len({row.get("route") for row in narrative if row.get("route")}) > 1):
            continue
        rows = [row for row in narrative if route is None or row.get("route") == route]
        if not rows or not any(row.doses for row in rows):
            continue
        if len(rows) == 1 and count_of(rows[0]) is None:
            continue  # the text does not say how often
        printed = sum(count_of(cell) or 0 for cell in cells)
        itemised = sum(count_of(row) or 1 for row in rows)
        if printed == itemised:
            continue
        teller = next((row.facts["count"][0][1] for row in rows if row.facts.get("count")), rows[0].mentions[0])
        a = Claim(Decimal(itemised), teller, "narrative")
        b = Claim(Decimal(printed), cells[0].facts["count"][0][1], "table")
        words = f"{itemised} {route or ''} administrations are told in the text, {printed} in the table.".replace(
            "  ", " "
        )
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
            disputes.append(
                dispute(
                    patient,
                    "site",
                    Claim(ours, a, "narrative"),
                    Claim(theirs, b, "table"),
                    "site.places",
                    words,
                )
            )


def _levels(giving: Giving) -> list[tuple[str, Mention]]:
    return [(str(v), m) for v, m in giving.facts.get("site", ()) if _LEVEL.fullmatch(str(v))]


def _sides(giving: Giving) -> list[tuple[str, Mention]]:
    return [(str(v), m) for v, m in giving.facts.get("laterality", ()) if v in ("left", "right")]


def _route_disputes(
    narrative: Sequence[Giving], table: Sequence[Giving], patient: str, disputes: list[Dispute]
) -> None:
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


def elsewhere_disputes(rows: Sequence[Giving], others: Sequence[Giving], patient: str, disputes: list[Dispute]) -> None:
    """A dose that abstract or discussion give for the patient and that no row, no sum of rows and no range
    comes to."""
    for giving in others:
        if giving.wheres[0] not in ("abstract", "discussion"):
            continue
        for dose in giving.doses:
            told = [
                (row, d)
                for row in rows
                if (d := row.dose(dose.unit)) is not None and not differ(row, giving, "route", "tissue")
            ]
            if dose.number is None or not told or any(same_dose(d, dose) or _in_range(dose.number, d) for _, d in told):
                continue
            sizes = [d.number for _, d in told if d.number is not None]
            sums = {
                sum(sizes, Decimal(0)),
                *(d.number * (count_of(row) or 1) for row, d in told if d.number is not None),
            }
            everything = sum(
                (
                    d.number * (count_of(row) or 1)
                    for row in rows
                    if (d := row.dose(dose.unit)) is not None and d.number
                ),
                Decimal(0),
            )
            if not sizes or any(close(dose.number, total, "0.03") for total in {*sums, everything}):
                continue
            first = told[0]
            words = f"Dose {dose_words(first[1])} in the text, {dose_words(dose)} in the {giving.wheres[0]}."
            a = dose_claim(first[1], first[0].wheres[0])
            field = "dose per kg" if dose.unit == "cells/kg" else f"dose {dose.unit}"
            disputes.append(dispute(patient, field, a, dose_claim(dose, giving.wheres[0]), "dose.elsewhere", words))


def with_mentions_elsewhere(rows: list[Giving], others: Sequence[Giving]) -> list[Giving]:
    """Abstract and discussion confirm; only where body and table tell of nothing do they stand for
    themselves."""
    if not rows:
        first = others[0].wheres[0] if others else None
        return crossed(itemised(within([g for g in others if g.wheres[0] == first])))
    out = list(rows)
    for giving in others:
        agreeing = [i for i, row in enumerate(out) if giving.doses and agree(row, giving)]
        for i in agreeing:
            merged = joined(
                out[i],
                giving._replace(facts={f: t for f, t in giving.facts.items() if f in SOURCE or f == "route"}),
            )
            out[i] = merged
        if not giving.doses and giving.get("route") is not None:
            routeless = [i for i, row in enumerate(out) if row.get("route") is None]
            routes = {g.get("route") for g in others if g.get("route")} | {
                row.get("route") for row in out if row.get("route")
            }
            if len(routes) == 1:
                for i in routeless:
                    out[i] = with_fact(out[i], "route", giving.facts["route"])
    return out
