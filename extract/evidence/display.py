"""EVIDENCE: evidence.csv, the table people read: one row for each patient, the facts of a patient in one
line.

Columns that fields.yaml sends here (``evidence: title``) and that need more than a list of their values are
composed by one function each; all others are listed as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation

from extract.evidence.cells import distinct, number_text
from extract.evidence.codebook import columns_of
from extract.schema import Schema

Row = Mapping[str, str]
"""A row of a table: its cells by column."""

Rows = Mapping[str, Sequence[Row]]
"""The rows of one patient, by table."""

AGES = ("treatment", "report", "diagnosis", "onset", "last_follow_up")
"""Which age stands for the age at treatment when that is not stated, best first."""

OF_THE_PRODUCT = ("administration", "order", "cell_type", "tissue", "donor", "product", "record")
"""Columns of administrations.csv that say which row or which product it is, not how it was given."""

MILLION = Decimal(1_000_000)


def evidence_rows(tables: Mapping[str, Sequence[Row]], schema: Schema) -> Iterator[dict[str, str]]:
    """The rows of evidence.csv from those of the other tables, of one document or of many: every patient of every
    document but those without cell therapy."""
    documents = {row["document"]: row for row in tables["documents"]}
    groups = {
        name: _grouped(rows, "document", "patient")
        for name, rows in tables.items()
        if name in schema.tables and {"document", "patient"} <= set(schema.tables[name].names())
    }
    columns = columns_of(schema, "evidence")
    for person in tables["patients"]:
        document, patient = person["document"], person["patient"]
        paper = documents[document]
        if paper["reason"] == "no_cell_therapy":
            continue
        rows = {name: group.get((document, patient), []) for name, group in groups.items()}
        cells = {"document": document, "patient": patient, "study": paper["study"] or document}
        for column in columns:
            if column.name not in cells:
                compose = COMPOSED.get(column.name)
                cells[column.name] = compose(rows) if compose else _listed(rows, column.name, schema)
        yield cells


def _grouped(rows: Iterable[Row], *names: str) -> dict[tuple[str, ...], list[Row]]:
    """Rows that agree in some columns, in the order of the first of each."""
    out: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        out.setdefault(tuple(row[name] for name in names), []).append(row)
    return out


def _listed(rows: Rows, title: str, schema: Schema) -> str:
    """All values of the columns that fields.yaml sends to this title."""
    values = [
        row[column.name]
        for name, spec in schema.tables.items()
        for column in spec.columns
        if column.evidence == title and name in rows
        for row in rows[name]
    ]
    return "; ".join(distinct(values))


def _age(rows: Rows) -> str:
    """The age at the first cell therapy in years; another age is named, a computed one marked."""
    row = rows["patients"][0]
    for suffix, mark in (("", ""), ("_derived", "derived")):
        for event in AGES:
            years = row.get(f"age_{event}_years{suffix}", "")
            if years:
                name = "" if event == "treatment" else event.replace("_", " ")
                notes = ", ".join(filter(None, (name, mark)))
                return f"{years} ({notes})" if notes else years
    return ""


def _diagnosis(rows: Rows) -> str:
    return "; ".join(distinct([row["diagnosis"] for row in rows["diagnoses"] if row["role"] == "index"]))


def _prior_therapy(rows: Rows) -> str:
    prior = [row for row in rows["therapies"] if row["role"] == "prior"]
    taken = [row["therapy"] for row in prior if row["status"] not in ("recommended", "refused", "planned")]
    return "; ".join(distinct(taken))


def _times(count: int | None) -> str:
    return "" if count is None else f" ×{count}"


def _count(rows: Iterable[Row]) -> int | None:
    """The sum of counts, None when one is missing or there is none."""
    counts = [row["count"] for row in rows]
    return sum(map(int, counts)) if counts and all(counts) else None


def _given(rows: Rows) -> list[Row]:
    """The administrations of a patient; of rows that differ only in the product, the first."""
    seen: dict[tuple[str, ...], Row] = {}
    for row in rows["administrations"]:
        seen.setdefault(tuple(cell for name, cell in row.items() if name not in OF_THE_PRODUCT), row)
    return list(seen.values())


def _route_name(route: str) -> str:
    return {"intravenous": "IV"}.get(route, route or "route not reported")


def _by_product(group: Sequence[Row]) -> dict[str, int | None]:
    """How often each product was given one way, by the word that tells them apart; all as one where a row has none."""
    products: dict[str, list[Row]] = {}
    for row in group:
        products.setdefault(row["tissue"] or row["cell_type"] or row["product"], []).append(row)
    if "" in products:
        return {"": _count(group)}
    return {product: _count(rows) for product, rows in products.items()}


def _routes(rows: Rows) -> str:
    parts = []
    for (route,), group in _grouped(_given(rows), "route").items():
        products = _by_product(group)
        if route and len(products) > 1:
            times = ", ".join(f"{_times(count).strip()} {product}".strip() for product, count in products.items())
            parts.append(f"{_route_name(route)} ({times})")
        elif route:
            parts.append(_route_name(route) + _times(_count(group)))
    return "; ".join(parts)


def times_given(administrations: Sequence[Row]) -> tuple[int, int, bool]:
    """How often cells were given: the least and the most it can be, and whether every row says how often.

    The two differ where different products went the same way and may have been mixed; a row without a count counts
    once.
    """
    given = _given({"administrations": administrations})
    known = [{**row, "count": row["count"] or "1"} for row in given]
    products = [_by_product(group) for group in _grouped(known, "route").values()]
    most = sum(count or 0 for product in products for count in product.values())
    least = sum(max(count or 0 for count in product.values()) for product in products)
    return least, most, all(row["count"] for row in given)


def _administrations(rows: Rows) -> str:
    """The sum of counts; the least and the most it can be where products may have been mixed."""
    least, most, told = times_given(rows["administrations"])
    if not most:
        return ""
    text = str(most) if least == most else f"{least} to {most}"
    return text if told else f"at least {text}"


def dose_text(value: str, low: str, high: str, unit: str) -> str:
    """A dose as people say it: ``1.8 × 10⁶ cells/kg``, ``1–2 × 10⁶ cells``, ``3 packets``; '' for none."""
    numbers = [Decimal(number) for number in (value, low, high) if number]
    if not numbers:
        return ""
    large = max(map(abs, numbers)) >= MILLION / 10

    def say(number: str) -> str:
        return number_text(Decimal(number) / MILLION) if large else number

    if low and high:
        extent = f"{say(low)}–{say(high)}"
        text = f"{say(value)} ({extent})" if value else extent
    else:
        text = say(value) if value else f"at least {say(low)}" if low else f"up to {say(high)}"
    return f"{text}{' × 10⁶' if large else ''} {unit}".strip()


def _doses(rows: Rows) -> str:
    """Each different dose with its route; how often it was given when there are several."""
    parts: dict[str, int | None] = {}
    for row in rows["administrations"]:
        amounts = [
            dose_text(row["dose_cells"], row["dose_cells_low"], row["dose_cells_high"], "cells"),
            dose_text(row["cells_per_kg"], row["cells_per_kg_low"], row["cells_per_kg_high"], "cells/kg"),
        ]
        if row["dose_unit"] not in ("cells", "cells/kg"):
            amounts.append(dose_text(row["dose_value"], row["dose_low"], row["dose_high"], row["dose_unit"]))
        said = [amount for amount in amounts if amount]
        if not said:
            continue
        basis = {"total": ", total", "unclear": ", each or total not said"}.get(row["dose_basis"], "")
        text = f"{_route_name(row['route'])} {said[0]}" + "".join(f" ({amount})" for amount in said[1:]) + basis
        count = int(row["count"]) if row["count"] else None
        before = parts.get(text, 0)
        parts[text] = None if count is None or before is None else before + count
    several = len(parts) > 1
    return "; ".join(text + (_times(count) if several else "") for text, count in parts.items())


def _total(rows: Rows) -> str:
    """The sum of the derived totals; '' as soon as one row has none."""
    totals = [row["total_cells_derived"] for row in rows["administrations"]]
    if not all(totals) or not totals:
        return ""
    return number_text(sum((Decimal(total) for total in totals), Decimal(0)))


def _outcomes(rows: Rows) -> str:
    """Each measure with its rater: what it was before -> what it was after, in the order of time."""
    conflicts = " ".join(row["field"].casefold() for row in rows["conflicts"] if row["review"] == "unreviewed")
    parts = []
    for (measure, rater), group in _grouped(rows["outcomes"], "measure", "rater").items():
        phases = {phase: _scores(scores) for (phase,), scores in _grouped(group, "phase").items()}
        name = f"{measure} ({rater})" if rater else measure
        if "pre" in phases or "post" in phases:
            text = f"{name} {phases.get('pre', 'NR')} → {phases.get('post', 'NR')}"
            if "unspecified" in phases:
                text += f", at an unstated time {phases['unspecified']}"
        else:
            text = f"{name} {phases.get('unspecified', '')} (time not stated)"
        parts.append(text + (" [conflict]" if measure.casefold() in conflicts else ""))
    return "; ".join(parts)


def _scores(group: Sequence[Row]) -> str:
    """The values of a measure in one phase, each with its time when there are several."""
    said = []
    for row in sorted(group, key=lambda row: _decimal(_months(row))):
        value = row["value"] or row["value_text"]
        text = f"{value}/{row['scale_max']}" if row["value"] and row["scale_max"] else value
        text += f" {row['unit']}" if row["unit"] and row["value"] else ""
        time = f"{_months(row)} mo" if _months(row) else row["timepoint"]
        said.append((text, time))
    if len({text for text, _ in said}) == 1:
        return said[0][0]
    return ", ".join(distinct([f"{text} ({time})" if time else text for text, time in said]))


def _months(row: Row) -> str:
    """When something was measured, in months as stated, else as counted from dates."""
    return row["timepoint_months"] or row["timepoint_months_derived"]


def _decimal(cell: str) -> Decimal:
    """The months of a time point, for sorting; without one, after all others."""
    try:
        return Decimal(cell)
    except InvalidOperation:
        return Decimal("Infinity")


def _adverse_events(rows: Rows) -> str:
    happened = [row for row in rows["adverse_events"] if row["present"] == "true"]
    if happened:
        said = [row["event"] + (" (serious)" if row["serious"] == "true" else "") for row in happened]
        return "; ".join(distinct(said))
    denied = [row["event"] for row in rows["adverse_events"] if row["present"] == "false"]
    if "any adverse event" in denied:
        return "none stated"
    return "; ".join(distinct([f"no {event}" for event in denied]))


def _follow_up(rows: Rows) -> str:
    return rows["patients"][0]["follow_up_months"]


def _conflicts(rows: Rows) -> str:
    said = [
        f"{row['field']}: {row['value_a']} or {row['value_b']}"
        + (f" (settled: {row['chosen']})" if row["review"] != "unreviewed" else "")
        for row in rows["conflicts"]
    ]
    return f"{len(said)}: " + "; ".join(distinct(said)) if said else ""


def _review(rows: Rows) -> str:
    """How much has been decided: of what the paper states, not of what was computed or looked up."""
    done = [row["review"] != "unreviewed" for row in rows["values"] if row["basis"] != "derived"]
    return "unreviewed" if not any(done) else "reviewed" if all(done) else "partly"


COMPOSED: dict[str, Callable[[Rows], str]] = {
    "age_at_treatment": _age,
    "diagnosis": _diagnosis,
    "prior_therapy": _prior_therapy,
    "routes": _routes,
    "dose_per_administration": _doses,
    "administrations": _administrations,
    "total_cells": _total,
    "outcomes": _outcomes,
    "adverse_events": _adverse_events,
    "follow_up": _follow_up,
    "conflicts": _conflicts,
    "review": _review,
}
