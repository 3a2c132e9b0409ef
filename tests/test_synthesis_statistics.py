"""SYNTHESIS: every statistic against a published worked example or an independent program."""

from __future__ import annotations

from decimal import Decimal
from math import comb, isclose

import pytest
from hypothesis import given
from hypothesis import strategies as st

from extract.synthesis.statistics import (
    Pooled,
    Refused,
    StudyCount,
    exact_interval,
    exact_upper,
    pool_proportions,
    rule_of_three,
    sign_test,
    spread,
    wilson,
)

# --- intervals of a proportion

NEWCOMBE = [
    # Newcombe RG. Stat Med 1998;17:857-72, table I: Clopper-Pearson (method 5) and Wilson (method 3)
    (81, 263, (0.2527, 0.3676), (0.2553, 0.3662)),
    (15, 148, (0.0578, 0.1617), (0.0624, 0.1605)),
    (0, 20, (0.0000, 0.1684), (0.0000, 0.1611)),
    (1, 29, (0.0009, 0.1776), (0.0061, 0.1718)),
]


@pytest.mark.parametrize(("hits", "of", "exact", "score"), NEWCOMBE)
def test_intervals_are_those_of_newcombes_table(
    hits: int, of: int, exact: tuple[float, float], score: tuple[float, float]
) -> None:
    assert exact_interval(hits, of) == pytest.approx(exact, abs=5e-5)
    assert wilson(hits, of) == pytest.approx(score, abs=5e-5)


def test_exact_interval_equals_the_one_of_r() -> None:
    # R 4.2.2: binom.test(9, 10)$conf.int; binom.test(7, 7)$conf.int
    assert exact_interval(9, 10) == pytest.approx((0.5549839, 0.9974714), abs=5e-8)
    assert exact_interval(7, 7) == pytest.approx((0.5903836, 1.0), abs=5e-8)


def test_nobody_has_no_interval() -> None:
    assert exact_interval(0, 0) is None
    assert rule_of_three(0) is None
    assert exact_upper(0) is None


@pytest.mark.parametrize(("hits", "of"), [(3, 2), (-1, 4)])
def test_impossible_counts_are_refused(hits: int, of: int) -> None:
    with pytest.raises(ValueError, match="between 0 and"):
        exact_interval(hits, of)


@given(st.integers(1, 200).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_exact_interval_holds_the_share_and_leaves_a_fortieth_on_each_side(counts: tuple[int, int]) -> None:
    hits, of = counts
    interval = exact_interval(hits, of)
    assert interval is not None
    low, high = interval
    assert low <= hits / of <= high

    def at_most(k: int, p: float) -> float:
        return sum(comb(of, i) * p**i * (1 - p) ** (of - i) for i in range(k + 1))

    assert hits == of or isclose(at_most(hits, high), 0.025, rel_tol=1e-6)
    assert hits == 0 or isclose(1 - at_most(hits - 1, low), 0.025, rel_tol=1e-6)


# --- none of n


@pytest.mark.parametrize(
    # Hanley JA, Lippman-Hand A. JAMA 1983;249:1743-5, table 1: exact maximum risk and 3/n, in per cent
    ("of", "exact", "rule"),
    [(10, 26, 30), (20, 14, 15), (30, 10, 10), (50, 6, 6), (100, 3, 3)],
)
def test_none_of_n_has_the_limits_of_hanley_and_lippman_hand(of: int, exact: int, rule: int) -> None:
    assert round(100 * (exact_upper(of) or 0)) == exact
    assert round(100 * (rule_of_three(of) or 0)) == rule


def test_the_rule_of_three_never_says_more_than_everybody() -> None:
    assert rule_of_three(2) == 1.0


# --- the sign test


def test_sign_test_equals_zars_example() -> None:
    # Zar JH. Biostatistical Analysis, 4th ed. 1999, example 24.10 (hind and fore legs of deer): 8 +, 2 -, P = 0.1094
    test = sign_test(8, 2)
    assert test.p == pytest.approx(0.109375)


@pytest.mark.parametrize(
    # R 4.2.2: binom.test(9, 10)$p.value and so on
    ("positive", "negative", "p"),
    [(9, 1, 0.021484375), (7, 0, 0.015625), (3, 7, 0.34375), (14, 3, 0.0127258300781)],
)
def test_sign_test_equals_r(positive: int, negative: int, p: float) -> None:
    assert sign_test(positive, negative).p == pytest.approx(p, rel=1e-9)


def test_ties_are_counted_but_change_nothing() -> None:
    with_ties, without = sign_test(6, 1, 9), sign_test(6, 1)
    assert with_ties.ties == 9
    assert (with_ties.p, with_ties.interval) == (without.p, without.interval)


def test_ties_alone_give_no_p() -> None:
    test = sign_test(0, 0, 4)
    assert test.p is None
    assert test.interval is None


@given(st.integers(0, 60), st.integers(0, 60))
def test_the_sign_test_does_not_know_which_direction_is_good(positive: int, negative: int) -> None:
    assert sign_test(positive, negative).p == sign_test(negative, positive).p


def test_negative_counts_are_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        sign_test(3, -1)


# --- median and range


def test_median_and_range_of_an_even_number_of_values() -> None:
    found = spread([Decimal("0.5"), Decimal(7), Decimal(2), Decimal(3)])
    assert found is not None
    assert (found.n, found.median, found.low, found.high) == (4, Decimal("2.5"), Decimal("0.5"), Decimal(7))


def test_no_numbers_have_no_median() -> None:
    assert spread([]) is None


# --- proportions over studies

# library(metafor)                                            # 3.8-1 (Debian r-cran-metafor), R 4.2.2
# fit <- function(xi, ni) {
#   d <- escalc(measure = "PLO", xi = xi, ni = ni)
#   r <- rma(yi, vi, data = d, method = "PM", test = "adhoc", control = list(tol = 1e-12, maxiter = 1000))
#   p <- predict(r, transf = transf.ilogit)
#   c(p$pred, p$ci.lb, p$ci.ub, p$pi.lb, p$pi.ub, r$tau2, r$I2, r$QE, r$QEp)
# }
PRITZ = ([16, 10, 4, 43, 10, 25, 13, 12, 22, 4, 5, 18, 58, 6], [17, 12, 8, 58, 10, 42, 14, 12, 41, 5, 6, 23, 68, 10])
"""dat.pritz1997 of R metadat: 14 studies of hyperdynamic therapy after subarachnoid haemorrhage."""

METAFOR = [
    # fit(dat.pritz1997$xi, dat.pritz1997$ni)
    (
        *PRITZ,
        [0.7586616204, 0.6490760729, 0.8423384473, 0.4261358274, 0.9301077896],
        [0.385868649046, 57.94789671, 29.78541646, 0.005056641178],
    ),
    # fit(c(3, 0, 4, 2, 5, 1), c(3, 4, 9, 5, 7, 6)): small series, all and none among them
    (
        [3, 0, 4, 2, 5, 1],
        [3, 4, 9, 5, 7, 6],
        [0.44613723629, 0.17129403485, 0.75839554452, 0.06386607969, 0.90485644942],
        [0.642300814315, 39.69887153, 7.293086816, 0.1997395471],
    ),
    # fit(c(2, 2, 3, 2, 3), c(4, 4, 6, 4, 6)): all alike; test = "knha" gives an interval of no width here
    (
        [2, 2, 3, 2, 3],
        [4, 4, 6, 4, 6],
        [0.5, 0.2435196413, 0.7564803587, 0.2435196413, 0.7564803587],
        [0, 0, 0, 1],
    ),
]


def counts(hits: list[int], of: list[int]) -> list[StudyCount]:
    return [StudyCount(f"study {i}", x, n) for i, (x, n) in enumerate(zip(hits, of, strict=True))]


@pytest.mark.parametrize(("hits", "of", "shares", "spreads"), METAFOR)
def test_pooled_proportions_equal_metafor(
    hits: list[int], of: list[int], shares: list[float], spreads: list[float]
) -> None:
    pooled = pool_proportions(counts(hits, of), minimum_studies=2, minimum_patients=2)
    assert isinstance(pooled, Pooled)
    assert [pooled.share, *pooled.interval, *pooled.prediction] == pytest.approx(shares, rel=1e-8)
    assert [pooled.tau2, pooled.i2, pooled.q, pooled.q_p] == pytest.approx(spreads, rel=1e-7, abs=1e-9)
    assert (pooled.hits, pooled.of) == (sum(hits), sum(of))


def test_too_few_studies_are_not_pooled() -> None:
    refused = pool_proportions(counts([20, 30], [40, 40]), minimum_studies=3, minimum_patients=10)
    assert isinstance(refused, Refused)
    assert refused.reason == (
        "2 studies of at least 2 patients, together 80 patients; pooling needs at least 3 studies and 10 patients"
    )
    assert [study.of for study in refused.studies] == [40, 40]


def test_too_few_patients_are_not_pooled() -> None:
    assert isinstance(pool_proportions(counts([1] * 6, [4] * 6)), Refused)
    assert isinstance(pool_proportions(counts([1] * 6, [5] * 6)), Pooled)


def test_single_cases_are_never_pooled_however_many() -> None:
    refused = pool_proportions(counts([1] * 50, [1] * 50), minimum_studies=2, minimum_patients=2)
    assert isinstance(refused, Refused)
    assert refused.studies == ()
    assert len(refused.left_out) == 50


def test_a_single_case_among_series_is_left_out_and_named() -> None:
    series = counts([3, 0, 4, 2, 5, 1], [3, 4, 9, 5, 7, 6])
    alone = pool_proportions(series, minimum_studies=2, minimum_patients=2)
    beside = pool_proportions([StudyCount("one case", 1, 1), *series], minimum_studies=2, minimum_patients=2)
    assert isinstance(alone, Pooled)
    assert isinstance(beside, Pooled)
    assert beside.share == alone.share
    assert [study.study for study in beside.left_out] == ["one case"]


def test_one_study_is_never_a_synthesis() -> None:
    assert isinstance(pool_proportions(counts([20], [40]), minimum_studies=1, minimum_patients=1), Refused)


@given(
    st.lists(st.integers(2, 30).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), min_size=2, max_size=12)
)
def test_pooling_what_did_not_happen_mirrors_pooling_what_did(studies: list[tuple[int, int]]) -> None:
    hits, of = [x for x, _ in studies], [n for _, n in studies]
    there = pool_proportions(counts(hits, of), minimum_studies=2, minimum_patients=2)
    back = pool_proportions(counts([n - x for x, n in studies], of), minimum_studies=2, minimum_patients=2)
    assert isinstance(there, Pooled)
    assert isinstance(back, Pooled)
    assert there.share == pytest.approx(1 - back.share, abs=1e-6)
    assert there.interval[0] == pytest.approx(1 - back.interval[1], abs=1e-5)
    assert there.prediction[0] <= there.interval[0] + 1e-12
    assert there.interval[0] <= there.share <= there.interval[1]
