"""Intervals: how far a share, or an F1, may be from what was counted."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from math import sqrt

import pandas as pd

Z = 1.959963984540054
"""The standard normal quantile of a 95 % interval."""

DRAWS = 2000
SEED = 20240501

Interval = tuple[float, float]


def wilson(hits: int, of: int) -> Interval | None:
    """Wilson's 95 % interval of a share, without continuity correction (J Am Stat Assoc 1927;22:209-12)."""
    if of == 0:
        return None
    share = hits / of
    middle = (share + Z * Z / (2 * of)) / (1 + Z * Z / of)
    half = Z * sqrt(share * (1 - share) / of + Z * Z / (4 * of * of)) / (1 + Z * Z / of)
    return max(0.0, middle - half) if hits else 0.0, min(1.0, middle + half) if hits < of else 1.0


def f1_of(tp: float, fp: float, fn: float) -> float | None:
    """The harmonic mean of precision and recall; none where nothing was asked for and nothing found."""
    return 2 * tp / (2 * tp + fp + fn) if tp + fp + fn else None


def draws(units: int) -> pd.DataFrame | None:
    """How often each unit comes in each draw with replacement; none for fewer than two units."""
    if units < 2:
        return None
    chance = random.Random(SEED)
    drawn = (Counter(chance.choices(range(units), k=units)) for _ in range(DRAWS))
    return pd.DataFrame([[draw[unit] for unit in range(units)] for draw in drawn])


def bootstrap(parts: Sequence[tuple[int, int, int]], weights: pd.DataFrame | None) -> Interval | None:
    """The 2.5th and 97.5th percentile of F1 over the draws."""
    if weights is None:
        return None
    sums = weights.dot(pd.DataFrame(parts, columns=["tp", "fp", "fn"]))
    below = 2 * sums["tp"] + sums["fp"] + sums["fn"]
    f1 = (2 * sums["tp"] / below)[below > 0]
    return (float(f1.quantile(0.025)), float(f1.quantile(0.975))) if len(f1) else None
