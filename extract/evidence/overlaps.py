"""EVIDENCE: overlaps.csv, who may be the same person in two papers, and which papers may be one.

Two patients are held together when sex, index diagnosis and age (within a year) agree and at least one number
that is rarely equal by chance does too: a dose, or a score before or after.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping
from decimal import Decimal
from typing import Any

import pandas as pd

from extract.evidence.cells import natural

EVENTS = ("treatment", "report", "diagnosis", "onset", "last_follow_up")
"""Ages are compared only when both papers tell the age at the same event."""

YEARS_APART = Decimal(1)

Person = tuple[str, str]


def overlap_rows(tables: Mapping[str, pd.DataFrame]) -> Iterator[dict[str, str]]:
    """The rows of overlaps.csv: papers that look the same first, then patients."""
    yield from _papers(tables["documents"])
    yield from _people(tables)


def _papers(documents: pd.DataFrame) -> Iterator[dict[str, str]]:
    reasons: dict[Person, list[str]] = defaultdict(list)
    for column, say in (("doi", "same DOI {}"), ("title", "same title")):
        known = documents[["document", column]].copy()
        known["key"] = known[column].map(lambda text: re.sub(r"[^a-z0-9]+", " ", text.casefold()).strip())
        known = known[known["key"] != ""]
        pairs = known.merge(known, on="key", suffixes=("_a", "_b"))
        pairs = pairs[pairs["document_a"] < pairs["document_b"]]
        for row in pairs.to_dict("records"):
            reasons[(row["document_a"], row["document_b"])].append(say.format(row[f"{column}_a"]))
    for (document_a, document_b), said in sorted(reasons.items()):
        yield {
            "document_a": document_a,
            "document_b": document_b,
            "reasons": "; ".join(said),
            "strength": "strong",
        }


def _people(tables: Mapping[str, pd.DataFrame]) -> Iterator[dict[str, str]]:
    who = ["document", "patient"]
    patients = tables["patients"]
    patients = patients[(patients["kind"] != "group") & (patients["sex"] != "")]
    diagnoses = tables["diagnoses"]
    index = diagnoses.loc[diagnoses["role"] == "index", [*who, "diagnosis"]]
    index = index[index["diagnosis"] != ""].drop_duplicates()
    people = patients.merge(index, on=who)
    facts = pd.concat([_doses(tables["administrations"]), _scores(tables["outcomes"])], ignore_index=True)
    known = people.merge(facts.drop_duplicates(), on=who)
    pairs = known.merge(known, on=["sex", "diagnosis", "fact"], suffixes=("_a", "_b"))
    pairs = pairs[pairs["document_a"] < pairs["document_b"]]
    found: dict[tuple[Person, Person], list[str]] = defaultdict(list)
    strong: dict[tuple[Person, Person], int] = defaultdict(int)
    for row in pairs.to_dict("records"):
        ages = _ages(row)
        if not ages:
            continue
        key = ((row["document_a"], row["patient_a"]), (row["document_b"], row["patient_b"]))
        if not found[key]:
            found[key] += [f"both {row['sex']}", ages]
        for reason in (f"both {row['diagnosis']}", row["fact"]):
            if reason not in found[key]:
                found[key].append(reason)
                strong[key] += reason == row["fact"]
    for (a, b), reasons in sorted(found.items(), key=lambda item: [(x[0], natural(x[1])) for x in item[0]]):
        yield {
            "document_a": a[0],
            "patient_a": a[1],
            "document_b": b[0],
            "patient_b": b[1],
            "reasons": "; ".join(reasons),
            "strength": "strong" if strong[(a, b)] > 1 else "moderate",
        }


def _ages(row: Mapping[Hashable, Any]) -> str:
    """The ages of two patients at the same event, when at most a year apart, in words; '' otherwise."""
    for event in EVENTS:
        a, b = row[f"age_{event}_years_a"], row[f"age_{event}_years_b"]
        if a and b:
            near = abs(Decimal(a) - Decimal(b)) <= YEARS_APART
            return f"ages {a} and {b} ({event.replace('_', ' ')})" if near else ""
    return ""


def _doses(administrations: pd.DataFrame) -> pd.DataFrame:
    """Doses as facts: ``dose 120000000 cells``."""
    parts = []
    for column, unit in (("dose_cells", "cells"), ("cells_per_kg", "cells/kg")):
        table = administrations.loc[administrations[column] != "", ["document", "patient", column]]
        parts.append(table.assign(fact="dose " + table[column] + f" {unit}")[["document", "patient", "fact"]])
    return pd.concat(parts, ignore_index=True)


def _scores(outcomes: pd.DataFrame) -> pd.DataFrame:
    """Scores before and after as facts: ``SLEDAI-2K pre 6``."""
    table = outcomes[(outcomes["value"] != "") & outcomes["phase"].isin(["pre", "post"])]
    fact = table["measure"] + " " + table["phase"] + " " + table["value"]
    return table.assign(fact=fact)[["document", "patient", "fact"]]
