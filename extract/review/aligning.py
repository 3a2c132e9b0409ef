"""REVIEW: which rows of two people (or of a person and the program) tell of the same thing.

Whoever extracts without seeing the program's values numbers nothing as the program does. Patients are paired as for the
score (``extract.score.facts.People``), rows of a table within a patient by what tells them apart, as many pairs as fit
best together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from scipy.optimize import linear_sum_assignment

from extract.score.alike import TIMES, alike, close, measure_key, number_of
from extract.score.facts import People
from extract.score.gold import patient_key

Cells = Mapping[str, str]
"""The values of a row by column, none of them empty."""


class Identity(NamedTuple):
    """What tells the rows of a table apart: the column that must agree, and what each other one weighs."""

    must: str
    weights: Mapping[str, float]


IDENTITY: Mapping[str, Identity] = {
    "diagnoses": Identity("diagnosis", {"role": 1}),
    "administrations": Identity(
        "",
        {
            "route": 3, "dose_cells": 3, "cells_per_kg": 3, "dose_value": 2, "site": 1.5, "laterality": 1.5,
            "course": 1, "order": 1, "tissue": 1, "cell_type": 1, "product": 1, "timing_months": 1, "volume_ml": 1,
            "donor": 0.5, "count": 0.5,
        },
    ),
    "outcomes": Identity(
        "measure", {"timepoint_months": 3, "phase": 2, "rater": 2, "value": 2, "value_text": 2, "timepoint": 1}
    ),
    "adverse_events": Identity("event", {"present": 1, "serious": 0.5}),
    "therapies": Identity("therapy", {"role": 1, "status": 0.5}),
}  # fmt: skip

AGAINST = 0.5
"""A column that differs takes away this share of what it would have added."""


def same_people(reference: Sequence[str], other: Sequence[str]) -> dict[str, str]:
    """For each patient of ``other`` the name that ``reference`` has for the same one, else his own."""
    people = People(reference, other)
    if people.alone and reference:
        return dict.fromkeys(other, reference[0])
    named = {patient_key(name): name for name in reference}
    return {name: named.get(people.found(name), name) for name in other}


def likeness(table: str, a: Cells, b: Cells) -> float:
    """How well two rows of one patient go together; 0 where they cannot be the same."""
    identity = IDENTITY.get(table)
    if identity is None:
        return 1  # one row a patient, or a paper
    must, weights = identity
    if must and not _alike(must, a.get(must, ""), b.get(must, "")):
        return 0
    score = 1.0 if must else 0.0
    for column, weight in weights.items():
        if column in a and column in b:
            score += weight if _alike(column, a[column], b[column]) else -AGAINST * weight
    return max(score, 0.0)


def _alike(column: str, a: str, b: str) -> bool:
    if column == "measure":
        return measure_key(a) == measure_key(b)
    first, second = number_of(a), number_of(b)
    if first is not None and second is not None and column != "timepoint":
        return close(first, second, TIMES) if column == "timepoint_months" else close(first, second)
    return a.casefold() == b.casefold() or alike(a, b)


def pair_rows(table: str, left: Sequence[Sequence[Cells]], right: Sequence[Cells]) -> dict[int, int]:
    """For each row of ``right`` the place in ``left`` of the rows that tell of the same thing, where there are any.

    Each place of ``left`` holds the rows of several people that were found to be one; it is taken once at most, and
    the sum of the likenesses is as large as can be. Among equals the order of the rows decides.
    """
    if not left or not right:
        return {}
    scores = [[max(likeness(table, own, row) for own in rows) for rows in left] for row in right]
    cost = [[-score + 1e-6 * abs(here - there) for there, score in enumerate(line)] for here, line in enumerate(scores)]
    pairs = zip(*linear_sum_assignment(cost), strict=True)
    return {int(here): int(there) for here, there in pairs if scores[here][there] > 0}
