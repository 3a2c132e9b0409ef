"""EVIDENCE: evidence.csv, the table people read: one row for each patient, the facts of a patient in one
line.

Columns that fields.yaml sends here (``evidence: title``) and that need more than a list of their values are
composed by one function each; all others are listed as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal

import pandas as pd

from extract.evidence.cells import distinct, number_text
from extract.evidence.codebook import columns_of
from extract.schema import Schema

Rows = Mapping[str, pd.DataFrame]
"""The rows of one patient, by table."""

AGES = ("treatment", "report", "diagnosis", "onset", "last_follow_up")
"""Which age stands for the age at treatment when that is not stated, best first."""

OF_THE_PRODUCT = ("administration", "order", "cell_type", "tissue", "donor", "product")
"""Columns of administrations.csv that say which product, not how it was given."""

MILLION = Decimal(1_000_000)


def evidence_rows(tables: Mapping[str, pd.DataFrame], schema: Schema) -> Iterator[dict[str, str]]:
    """The rows of evidence.csv: every patient of every document but those without cell therapy."""
    documents = tables["documents"].set_index("document")
    patients = tables["patients"]
    patients = patients[patients["document"].map(documents["reason"]) != "no_cell_therapy"]
    groups = {
        name: dict(list(table.groupby(["document", "patient"], sort=False)))
        for name, table in tables.items()
        if {"document", "patient"} <= set(table.columns)
    }
    empty = {name: table.iloc[:0] for name, table in tables.items() if name in groups}
    columns = columns_of(schema, "evidence")
    for document, patient in zip(patients["document"], patients["patient"], strict=True):
        rows = {name: group.get((document, patient), empty[name]) for name, group in groups.items()}
        cells = {
            "document": document,
            "patient": patient,
            "study": documents.loc[document, "study"] or document,
        }
        for column in columns:
            if column.name not in cells:
                compose = COMPOSED.get(column.name)
                cells[column.name] = compose(rows) if compose else _listed(rows, column.name, schema)
        yield cells


def _listed(rows: Rows, title: str, schema: Schema) -> str:
    """All values of the columns that fields.yaml sends to this title."""
    values = [
        value
        for name, spec in schema.tables.items()
        for column in spec.columns
        if column.evidence == title and name in rows
        for value in rows[name][column.name]
    ]
    return "; ".join(distinct(values))


def _age(rows: Rows) -> str:
    """The age at the first cell therapy in years; another age is named, a computed one marked."""
    row = rows["patients"].iloc[0]
    for suffix, mark in (("", ""), ("_derived", "derived")):
        for event in AGES:
            years = row.get(f"age_{event}_years{suffix}", "")
            if years:
                name = "" if event == "treatment" else event.replace("_", " ")
                notes = ", ".join(filter(None, (name, mark)))
                return f"{years} ({notes})" if notes else str(years)
    return ""


def _diagnosis(rows: Rows) -> str:
    table = rows["diagnoses"]
    return "; ".join(distinct(list(table.loc[table["role"] == "index", "diagnosis"])))


def _prior_therapy(rows: Rows) -> str:
    table = rows["therapies"]
    taken = ~table["status"].isin(["recommended", "refused", "planned"])
    return "; ".join(distinct(list(table.loc[(table["role"] == "prior") & taken, "therapy"])))


def _times(count: int | None) -> str:
    return "" if count is None else f" ×{count}"


def _count(cells: pd.Series) -> int | None:
    """The sum of counts, None when one is missing."""
    return int(cells.astype(int).sum()) if len(cells) and (cells != "").all() else None


def _given(rows: Rows) -> pd.DataFrame:
    """The administrations of a patient; of rows that differ only in the product, the first."""
    table = rows["administrations"]
    return table[~table.duplicated([column for column in table.columns if column not in OF_THE_PRODUCT])]


def _route_name(route: str) -> str:
    return {"intravenous": "IV"}.get(route, route or "route not reported")


def _by_product(group: pd.DataFrame) -> dict[str, int | None]:
    """How often each product was given one way, by the word that tells them apart; all as one where a row has none."""
    name = group["tissue"].where(group["tissue"] != "", group["cell_type"])
    name = name.where(name != "", group["product"])
    if (name == "").any():
        return {"": _count(group["count"])}
    return {str(product): _count(rows["count"]) for product, rows in group.groupby(name, sort=False)}


def _routes(rows: Rows) -> str:
    parts = []
    for route, group in _given(rows).groupby("route", sort=False):
        products = _by_product(group)
        if route and len(products) > 1:
            times = ", ".join(f"{_times(count).strip()} {product}".strip() for product, count in products.items())
            parts.append(f"{_route_name(str(route))} ({times})")
        elif route:
            parts.append(_route_name(str(route)) + _times(_count(group["count"])))
    return "; ".join(parts)


def _administrations(rows: Rows) -> str:
    """The sum of counts; the least and the most it can be where products may have been mixed."""
    given = _given(rows)
    if given.empty:
        return ""
    known = given.assign(count=given["count"].where(given["count"] != "", "1"))
    products = [_by_product(group) for _, group in known.groupby("route", sort=False)]
    most = sum(count or 0 for product in products for count in product.values())
    least = sum(max(count or 0 for count in product.values()) for product in products)
    text = str(most) if least == most else f"{least} to {most}"
    return text if (given["count"] != "").all() else f"at least {text}"


def _amount(value: str, low: str, high: str, unit: str) -> str:
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
    for row in rows["administrations"].to_dict("records"):
        amounts = [
            _amount(row["dose_cells"], row["dose_cells_low"], row["dose_cells_high"], "cells"),
            _amount(row["cells_per_kg"], row["cells_per_kg_low"], row["cells_per_kg_high"], "cells/kg"),
        ]
        if row["dose_unit"] not in ("cells", "cells/kg"):
            amounts.append(_amount(row["dose_value"], row["dose_low"], row["dose_high"], row["dose_unit"]))
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
    totals = rows["administrations"]["total_cells_derived"]
    if totals.empty or (totals == "").any():
        return ""
    return number_text(sum((Decimal(total) for total in totals), Decimal(0)))


def _outcomes(rows: Rows) -> str:
    """Each measure with its rater: what it was before -> what it was after, in the order of time."""
    conflicts = " ".join(rows["conflicts"]["field"].str.casefold())
    parts = []
    for key, group in rows["outcomes"].groupby(["measure", "rater"], sort=False):
        measure, rater = str(key[0]), str(key[1])
        phases = {str(phase): _scores(scores) for phase, scores in group.groupby("phase", sort=False)}
        name = f"{measure} ({rater})" if rater else measure
        if "pre" in phases or "post" in phases:
            text = f"{name} {phases.get('pre', 'NR')} → {phases.get('post', 'NR')}"
            if "unspecified" in phases:
                text += f", at an unstated time {phases['unspecified']}"
        else:
            text = f"{name} {phases.get('unspecified', '')} (time not stated)"
        parts.append(text + (" [conflict]" if measure.casefold() in conflicts else ""))
    return "; ".join(parts)


def _scores(group: pd.DataFrame) -> str:
    """The values of a measure in one phase, each with its time when there are several."""
    months = pd.to_numeric(group["timepoint_months"], errors="coerce")
    group = group.assign(months=months).sort_values("months", kind="stable")
    said = []
    for row in group.to_dict("records"):
        value = row["value"] or row["value_text"]
        text = f"{value}/{row['scale_max']}" if row["value"] and row["scale_max"] else value
        text += f" {row['unit']}" if row["unit"] and row["value"] else ""
        time = f"{row['timepoint_months']} mo" if row["timepoint_months"] else row["timepoint"]
        said.append((text, time))
    if len({text for text, _ in said}) == 1:
        return said[0][0]
    return ", ".join(distinct([f"{text} ({time})" if time else text for text, time in said]))


def _adverse_events(rows: Rows) -> str:
    table = rows["adverse_events"]
    happened = table[table["present"] == "true"]
    if not happened.empty:
        serious = happened["serious"].map(lambda cell: " (serious)" if cell == "true" else "")
        return "; ".join(distinct(list(happened["event"] + serious)))
    denied = list(table.loc[table["present"] == "false", "event"])
    if "any adverse event" in denied:
        return "none stated"
    return "; ".join(distinct([f"no {event}" for event in denied]))


def _follow_up(rows: Rows) -> str:
    return str(rows["patients"].iloc[0]["follow_up_months"])


def _conflicts(rows: Rows) -> str:
    table = rows["conflicts"]
    if table.empty:
        return ""
    said = table["field"] + ": " + table["value_a"] + " or " + table["value_b"]
    return f"{len(table)}: " + "; ".join(distinct(list(said)))


def _review(rows: Rows) -> str:
    done = rows["values"]["review"] != "unreviewed"
    return "unreviewed" if not done.any() else "reviewed" if done.all() else "partly"


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
