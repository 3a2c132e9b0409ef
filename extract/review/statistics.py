"""REVIEW: how far raters agree: percent agreement, Cohen's kappa, Gwet's AC1 and Krippendorff's alpha.

All four are for nominal ratings: two ratings are the same or they are not. What cannot be computed is not 0: the value
is None and ``why`` says what is missing. The PyPI packages for this were left aside, krippendorff for its licence (GPL)
and irrCAC for pinning one old release of scipy.

Intervals are of 95 %. They take units as independent, which values of one paper are not: read them as the least doubt
there is. None is given where fewer than two units were rated twice, or where the estimated variance is zero, since an
interval without width would claim certainty.

Sources: Cohen J, Educ Psychol Meas 1960;20:37-46 (kappa) · Fleiss JL, Cohen J, Everitt BS, Psychol Bull 1969;72:323-7
(its variance) · Gwet KL, Br J Math Stat Psychol 2008;61:29-48 (AC1, its variance) · Krippendorff K, Computing
Krippendorff's Alpha-Reliability, 2011 (alpha) · Gwet KL, Handbook of Inter-Rater Reliability, 4th ed. 2014 (ratings
that are missing, the variance of alpha, t quantiles) · Wilson EB, J Am Stat Assoc 1927;22:209-12 (shares).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from scipy.special import stdtrit

from extract.score.intervals import Interval, wilson

Ratings = Sequence[Sequence[str | None]]
"""One row a unit, one place a rater, None where he did not rate it. All rows are equally long."""

TINY = 1e-12
"""Below this a variance is rounding."""


@dataclass(frozen=True)
class Coefficient:
    """A measure of agreement. ``value`` is None where it is not defined, ``why`` says why.

    ``units`` were rated at least twice; ``ratings`` is how many ratings went in.
    """

    value: float | None
    interval: Interval | None = None
    units: int = 0
    ratings: int = 0
    why: str = ""


def percent_agreement(ratings: Ratings) -> Coefficient:
    """The share of pairs of ratings of a unit that are the same, averaged over the units rated at least twice.

    The interval is Wilson's where each unit has two ratings, otherwise Gwet's (2014) with t quantiles.
    """
    counts = _counted(ratings)
    pairs = [unit for unit in counts if unit.total() > 1]
    fault = _too_few(ratings, len(pairs))
    if fault:
        return fault
    rated = sum(unit.total() for unit in pairs)
    shares = [_same_pairs(unit) for unit in pairs]
    value = sum(shares) / len(pairs)
    if all(unit.total() == 2 for unit in pairs):
        interval = wilson(round(sum(shares)), len(pairs))
    else:
        scale = len(counts) / len(pairs)
        parts = [scale * _same_pairs(unit) if unit.total() > 1 else 0.0 for unit in counts]
        interval = _interval(value, _variance(parts, value)) if len(pairs) > 1 else None
    return Coefficient(value, interval, len(pairs), rated)


def kappa(ratings: Ratings) -> Coefficient:
    """Cohen's kappa of two raters over the units that both rated, with the variance of Fleiss, Cohen and Everitt.

    Raises ValueError for any other number of raters than two.
    """
    if any(len(unit) != 2 for unit in ratings):
        raise ValueError("kappa is of two raters")
    both = [(first, second) for first, second in ratings if first is not None and second is not None]
    n = len(both)
    fault = _too_few(ratings, n)
    if fault:
        return fault
    cells, rows, columns = Counter(both), Counter(a for a, _ in both), Counter(b for _, b in both)
    kinds = sorted({*rows, *columns})
    observed = sum(cells[kind, kind] for kind in kinds) / n
    expected = sum(rows[kind] * columns[kind] for kind in kinds) / n**2
    if len(kinds) == 1:
        return _one_kind(kinds[0], n, 2 * n)
    value = (observed - expected) / (1 - expected)
    diagonal = sum(
        cells[kind, kind] / n * ((1 - expected) - (rows[kind] + columns[kind]) / n * (1 - observed)) ** 2
        for kind in kinds
    )
    beside = sum(count / n * ((columns[a] + rows[b]) / n) ** 2 for (a, b), count in cells.items() if a != b)
    last = observed * expected - 2 * expected + observed
    variance = (diagonal + (1 - observed) ** 2 * beside - last**2) / (n * (1 - expected) ** 4)
    return Coefficient(value, _interval(value, (variance, n)), n, 2 * n)


def ac1(ratings: Ratings) -> Coefficient:
    """Gwet's AC1 of two or more raters; units rated once count for how often a category is used.

    The categories are those that occur in the ratings.
    """
    counts = _counted(ratings)
    n = len(counts)
    pairs = [unit for unit in counts if unit.total() > 1]
    fault = _too_few(ratings, len(pairs))
    if fault:
        return fault
    rated = sum(unit.total() for unit in counts)
    kinds = sorted(set().union(*counts))
    if len(kinds) == 1:
        return _one_kind(kinds[0], len(pairs), rated)
    use = {kind: sum(unit[kind] / unit.total() for unit in counts) / n for kind in kinds}
    observed = sum(map(_same_pairs, pairs)) / len(pairs)
    expected = sum(share * (1 - share) for share in use.values()) / (len(kinds) - 1)
    value = (observed - expected) / (1 - expected)
    parts = []
    for unit in counts:
        agreed = n / len(pairs) * (_same_pairs(unit) - expected) / (1 - expected) if unit.total() > 1 else 0.0
        chance = sum(count / unit.total() * (1 - use[kind]) for kind, count in unit.items()) / (len(kinds) - 1)
        parts.append(agreed - 2 * (1 - value) * (chance - expected) / (1 - expected))
    interval = _interval(value, _variance(parts, value)) if len(pairs) > 1 else None
    return Coefficient(value, interval, len(pairs), rated)


def alpha(ratings: Ratings) -> Coefficient:
    """Krippendorff's alpha (nominal) of two or more raters; only units rated at least twice count."""
    pairs = [unit for unit in _counted(ratings) if unit.total() > 1]
    n = len(pairs)
    fault = _too_few(ratings, n)
    if fault:
        return fault
    rated = sum(unit.total() for unit in pairs)
    totals: Counter[str] = sum(pairs, Counter())
    if len(totals) == 1:
        return _one_kind(next(iter(totals)), n, rated)
    differing = sum(_different_pairs(unit) / (unit.total() - 1) for unit in pairs)
    value = 1 - (rated - 1) * differing / _different_pairs(totals)
    return Coefficient(value, _interval(value, _variance(*_alpha_parts(pairs, totals))), n, rated)


def _alpha_parts(pairs: Sequence[Counter[str]], totals: Counter[str]) -> tuple[list[float], float]:
    """What each unit adds to alpha, linearised (Gwet 2014), and the middle of these."""
    n, rated = len(pairs), totals.total()
    mean = rated / n
    share = {kind: count / rated for kind, count in totals.items()}
    expected = sum(part**2 for part in share.values())
    agreed = [_same_pairs(unit) * unit.total() / mean for unit in pairs]
    observed = sum(agreed) / n
    middle = (observed - expected) / (1 - expected)
    parts = []
    for unit, own in zip(pairs, agreed, strict=True):
        more = (unit.total() - mean) / mean
        chance = sum(count * share[kind] for kind, count in unit.items()) / mean - expected * more
        parts.append((own - observed * more - expected - 2 * (1 - middle) * (chance - expected)) / (1 - expected))
    return parts, middle


# --- parts of the formulas


def _counted(ratings: Ratings) -> list[Counter[str]]:
    """How often each category was given to each unit; units that nobody rated are left out."""
    counts = (Counter(rating for rating in unit if rating is not None) for unit in ratings)
    return [unit for unit in counts if unit]


def _same_pairs(unit: Counter[str]) -> float:
    """The share of pairs of ratings of a unit that are the same."""
    total = unit.total()
    return sum(count * (count - 1) for count in unit.values()) / (total * (total - 1))


def _different_pairs(unit: Counter[str]) -> int:
    """How many ordered pairs of ratings differ."""
    return unit.total() ** 2 - sum(count**2 for count in unit.values())


def _variance(parts: Sequence[float], middle: float) -> tuple[float, int]:
    """The variance of a mean from what each unit adds to it, with the number of units."""
    n = len(parts)
    return (sum((part - middle) ** 2 for part in parts) / (n * (n - 1)) if n > 1 else 0.0), n


def _interval(value: float, spread: tuple[float, int]) -> Interval | None:
    """The interval of a value from its variance and the number of units, kept within -1 and 1."""
    variance, n = spread
    if n < 2 or variance < TINY:
        return None
    half = float(stdtrit(n - 1, 0.975)) * sqrt(variance)
    return max(-1.0, value - half), min(1.0, value + half)


def _too_few(ratings: Ratings, twice: int) -> Coefficient | None:
    """Why nothing can be said, when no unit was rated twice."""
    if twice:
        return None
    raters = sum(any(rating is not None for rating in column) for column in zip(*ratings, strict=True))
    if not raters:
        return Coefficient(None, why="nothing was rated")
    if raters == 1:
        return Coefficient(None, why="only one rater")
    return Coefficient(None, why="no unit was rated by two raters")


def _one_kind(kind: str, units: int, ratings: int) -> Coefficient:
    return Coefficient(None, None, units, ratings, f"every rating is '{kind}': nothing to tell from chance")
