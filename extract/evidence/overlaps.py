"""EVIDENCE: overlaps.csv, who may be the same person in two papers, and which papers may be one.

Two patients are held together when sex, index diagnosis and age (within a year) agree and at least one number
does too: a dose, or a score before or after. Numbers that are often equal by chance (10⁶ cells per kg, a score of 0)
count for less, shared authors for more; the pair is shown, never merged.
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
"""Ages at one event are compared first; an age at treatment and one at report stand for each other."""

ALIKE = (("treatment", "report"), ("report", "treatment"))

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
    equal: dict[tuple[Person, Person], list[str]] = defaultdict(list)
    authors = _authors(tables["documents"])
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
                equal[key] += [reason] if reason == row["fact"] else []
    for (a, b), reasons in sorted(found.items(), key=lambda item: [(x[0], natural(x[1])) for x in item[0]]):
        shared = sorted(authors[a[0]] & authors[b[0]])
        yield {
            "document_a": a[0],
            "patient_a": a[1],
            "document_b": b[0],
            "patient_b": b[1],
            "reasons": "; ".join([*reasons, *([f"shared authors {', '.join(shared)}"] if shared else [])]),
            "strength": _strength(equal[(a, b)], bool(shared)),
        }


def _strength(facts: list[str], same_authors: bool) -> str:
    """How much equal numbers and shared authors say: strong, moderate or weak."""
    points = sum(1 if _COMMON.search(fact) else 2 for fact in facts) + 2 * same_authors
    return "strong" if points > 3 else "moderate" if points > 1 else "weak"


_COMMON = re.compile(r"^dose [1-9]0{5,6} cells/kg$|\s0$")
"""Equal by chance in many papers: one figure times 10⁵ or 10⁶ cells per kg, a score of 0."""


def _authors(documents: pd.DataFrame) -> dict[str, frozenset[str]]:
    """The names of each paper's authors, without dots and marks."""
    out = {}
    for document, names in zip(documents["document"], documents["authors"], strict=True):
        plain = (re.sub(r"[.*†‡§\d]", "", name).strip() for name in re.split(r"[;,]| and ", names))
        out[str(document)] = frozenset(name for name in plain if len(name) > 5)
    return out


def _ages(row: Mapping[Hashable, Any]) -> str:
    """The ages of two patients at the same event, when at most a year apart, in words; '' otherwise."""
    for first, second in (*((event, event) for event in EVENTS), *ALIKE):
        a, b = row[f"age_{first}_years_a"], row[f"age_{second}_years_b"]
        if a and b:
            near = abs(Decimal(a) - Decimal(b)) <= YEARS_APART
            where = first if first == second else f"{first} and {second}"
            return f"ages {a} and {b} ({where.replace('_', ' ')})" if near else ""
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
