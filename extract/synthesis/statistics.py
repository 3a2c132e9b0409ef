"""SYNTHESIS: the statistics of small numbers: exact, with their intervals, or refused with a reason.

Pure functions of counts and numbers. What is pooled over studies is a proportion, on the logit scale with random
effects, and only where enough studies and patients are there.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from statistics import median
from typing import NamedTuple

from extract.score.intervals import Interval, wilson

__all__ = [
    "Pooled",
    "Refused",
    "Share",
    "SignTest",
    "Spread",
    "StudyCount",
    "exact_interval",
    "exact_upper",
    "pool_proportions",
    "rule_of_three",
    "share_of",
    "sign_test",
    "spread",
    "wilson",
]

LEVEL = 0.95
"""The level of every interval."""

MINIMUM_STUDIES = 5
MINIMUM_PATIENTS = 30
"""A proportion over fewer studies or patients is not pooled, unless the user sets other minimums."""

SMALLEST_SERIES = 2
"""A study of fewer patients is no series: single cases are published for their outcome and have no proportion."""


class Share(NamedTuple):
    """``hits`` of ``of`` with the exact (Clopper–Pearson) 95 % interval; interval None when ``of`` is 0."""

    hits: int
    of: int
    interval: Interval | None

    @property
    def share(self) -> float | None:
        """The proportion; None of nobody."""
        return self.hits / self.of if self.of else None


@dataclass(frozen=True)
class SignTest:
    """Counts by direction, the exact two-sided p of the sign test, and the exact 95 % interval of the share that is
    positive among those that differ. ``p`` and ``interval`` are None when no direction differs from none."""

    positive: int
    negative: int
    ties: int
    p: float | None
    interval: Interval | None


@dataclass(frozen=True)
class Spread:
    """Median and range of ``n`` numbers."""

    n: int
    median: Decimal
    low: Decimal
    high: Decimal


class StudyCount(NamedTuple):
    """``hits`` of ``of`` patients in one study."""

    study: str
    hits: int
    of: int


@dataclass(frozen=True)
class Pooled:
    """A proportion over studies: mean of a random-effects distribution of logits, back-transformed.

    ``tau2`` is on the logit scale; ``i2`` in per cent; ``prediction`` is where the proportion of a new study would lie.
    """

    studies: tuple[StudyCount, ...]
    hits: int
    of: int
    share: float
    interval: Interval
    prediction: Interval
    tau2: float
    i2: float
    q: float
    q_p: float
    left_out: tuple[StudyCount, ...] = ()


@dataclass(frozen=True)
class Refused:
    """No pooled estimate, and why; the studies stay as they are."""

    studies: tuple[StudyCount, ...]
    reason: str
    left_out: tuple[StudyCount, ...] = ()


@lru_cache(maxsize=4096)
def exact_interval(hits: int, of: int) -> Interval | None:
    """The Clopper–Pearson 95 % interval of a proportion (Biometrika 1934;26:404-13). None of nobody."""
    from scipy.stats import binomtest

    _check(hits, of)
    if of == 0:
        return None
    interval = binomtest(hits, of).proportion_ci(LEVEL, method="exact")
    return float(interval.low), float(interval.high)


def share_of(hits: int, of: int) -> Share:
    """A proportion with its exact interval."""
    return Share(hits, of, exact_interval(hits, of))


def rule_of_three(of: int) -> float | None:
    """The upper 95 % limit of a risk after none in ``of``: 3/of, at most 1 (Hanley and Lippman-Hand, JAMA
    1983;249:1743-5). A rule of thumb; ``exact_upper`` is what it stands for. None of nobody."""
    return min(1.0, 3 / of) if of > 0 else None


def exact_upper(of: int) -> float | None:
    """The exact one-sided upper 95 % limit of a risk after none in ``of``: 1 - 0.05 ** (1/of). None of nobody."""
    return 1 - 0.05 ** (1 / of) if of > 0 else None


@lru_cache(maxsize=4096)
def sign_test(positive: int, negative: int, ties: int = 0) -> SignTest:
    """The exact two-sided sign test. Ties are counted and left out of p and interval.

    It takes every vote for an independent toss; patients of one paper and papers published for their outcome are not
    (Nikolakopoulos, Res Synth Methods 2020;11:714-9). Its p is exploratory.
    """
    from scipy.stats import binomtest

    if min(positive, negative, ties) < 0:
        raise ValueError(f"counts cannot be negative: {positive}, {negative}, {ties}")
    differing = positive + negative
    p = float(binomtest(positive, differing).pvalue) if differing else None
    return SignTest(positive, negative, ties, p, exact_interval(positive, differing))


def spread(numbers: Iterable[Decimal]) -> Spread | None:
    """Median and range; None of no numbers."""
    known = sorted(numbers)
    return Spread(len(known), median(known), known[0], known[-1]) if known else None


def pool_proportions(
    studies: Sequence[StudyCount],
    *,
    minimum_studies: int = MINIMUM_STUDIES,
    minimum_patients: int = MINIMUM_PATIENTS,
) -> Pooled | Refused:
    """A proportion over studies with random effects, or the reason why there is none.

    Logits (0.5 added to both counts of a study in which all or none were hit), between-study variance by Paule and
    Mandel (J Res Natl Bur Stand 1982;87:377-85), interval by Hartung and Knapp (Stat Med 2001;20:3875-89) with a
    variance never below that of the plain model, prediction interval from t with one degree of freedom less than
    studies. The logit is taken, not the double arcsine, since the back-transformation of the latter depends on one
    number for all sample sizes and can mislead (Schwarzer et al., Res Synth Methods 2019;10:476-83). Equals
    ``rma(measure = "PLO", method = "PM", test = "adhoc")`` of R metafor.

    Studies of one patient are left out and named: a single case has no proportion.
    """
    for study in studies:
        _check(study.hits, study.of)
    used = tuple(study for study in studies if study.of >= SMALLEST_SERIES)
    left = tuple(study for study in studies if study.of < SMALLEST_SERIES)
    patients = sum(study.of for study in used)
    enough_studies = max(2, minimum_studies)
    if len(used) < enough_studies or patients < minimum_patients:
        return Refused(used, _why_refused(len(used), patients, enough_studies, minimum_patients), left)
    return _pool(used, left)


def _why_refused(studies: int, patients: int, minimum_studies: int, minimum_patients: int) -> str:
    some = "study" if studies == 1 else "studies"
    return (
        f"{studies} {some} of at least {SMALLEST_SERIES} patients, together {patients} patients; "
        f"pooling needs at least {minimum_studies} studies and {minimum_patients} patients"
    )


def _pool(studies: tuple[StudyCount, ...], left_out: tuple[StudyCount, ...]) -> Pooled:
    from scipy.stats import chi2, t

    logits, variances = zip(*(_logit(study) for study in studies), strict=True)
    free = len(studies) - 1
    tau2 = _paule_mandel(logits, variances)
    mean, error, scatter = _weighted(logits, variances, tau2)
    # the factor of Hartung and Knapp may shrink the error of homogeneous studies to nothing: it may only widen
    error *= math.sqrt(max(1.0, scatter / free))
    half = float(t.ppf((1 + LEVEL) / 2, free))
    _, _, q = _weighted(logits, variances, 0.0)
    return Pooled(
        studies=studies,
        hits=sum(study.hits for study in studies),
        of=sum(study.of for study in studies),
        share=_expit(mean),
        interval=_around(mean, half * error),
        prediction=_around(mean, half * math.sqrt(tau2 + error * error)),
        tau2=tau2,
        i2=_i2(tau2, variances),
        q=q,
        q_p=float(chi2.sf(q, free)),
        left_out=left_out,
    )


def _paule_mandel(effects: Sequence[float], variances: Sequence[float]) -> float:
    """The variance between studies at which their weighted scatter is what chance would give; 0 where it is less
    without any.

    Found by bracketing: the Newton steps of statsmodels fall back to 0 when one lands a rounding error beyond the root.
    """
    from scipy.optimize import brentq

    free = len(effects) - 1

    def excess(tau2: float) -> float:
        return _weighted(effects, variances, tau2)[2] - free

    if excess(0.0) <= 0:
        return 0.0
    high = 1.0
    while excess(high) > 0:
        high *= 2
    return float(brentq(excess, 0.0, high, xtol=1e-13, rtol=1e-12))


def _weighted(effects: Sequence[float], variances: Sequence[float], tau2: float) -> tuple[float, float, float]:
    """The weighted mean of effects, its standard error, and the weighted sum of squares around it."""
    weights = [1 / (variance + tau2) for variance in variances]
    mean = sum(weight * effect for weight, effect in zip(weights, effects, strict=True)) / sum(weights)
    scatter = sum(weight * (effect - mean) ** 2 for weight, effect in zip(weights, effects, strict=True))
    return mean, math.sqrt(1 / sum(weights)), scatter


def _logit(study: StudyCount) -> tuple[float, float]:
    """The log odds of a study and their variance."""
    add = 0.5 if study.hits in (0, study.of) else 0.0
    hits, others = study.hits + add, study.of - study.hits + add
    return math.log(hits / others), 1 / hits + 1 / others


def _i2(tau2: float, variances: Sequence[float]) -> float:
    """I² from tau² and a typical variance within studies (Higgins and Thompson, Stat Med 2002;21:1539-58), in per
    cent."""
    weights = [1 / variance for variance in variances]
    total = sum(weights)
    typical = (len(weights) - 1) * total / (total * total - sum(weight * weight for weight in weights))
    return 100 * tau2 / (tau2 + typical)


def _around(mean: float, half: float) -> Interval:
    return _expit(mean - half), _expit(mean + half)


def _expit(logit: float) -> float:
    return 1 / (1 + math.exp(-logit)) if logit > -700 else 0.0


def _check(hits: int, of: int) -> None:
    if not 0 <= hits <= of:
        raise ValueError(f"{hits} of {of}: a count lies between 0 and the number of those counted")
