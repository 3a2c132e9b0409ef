"""Agreement of raters: worked examples as printed, another implementation, laws, and what cannot be computed."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from extract.review.statistics import Coefficient, Ratings, ac1, alpha, kappa, percent_agreement

Measure = Callable[[Ratings], Coefficient]


def observers(*rows: str) -> list[list[str | None]]:
    """Ratings as papers print them: a row an observer, a column a unit, a point where one is missing."""
    return [[None if cell == "." else cell for cell in unit] for unit in zip(*map(str.split, rows), strict=True)]


def table(*rows: list[int]) -> list[list[str]]:
    """Ratings of two raters from how often each pair of categories was given."""
    return [[str(a), str(b)] for a, row in enumerate(rows) for b, count in enumerate(row) for _ in range(count)]


FOUR = observers(
    "1 2 3 3 2 1 4 1 2 . . .",
    "1 2 3 3 2 2 4 1 2 5 . 3",
    ". 3 3 3 2 3 4 2 2 5 1 .",
    "1 2 3 3 2 4 4 1 2 5 1 .",
)
"""Four observers, twelve units: Krippendorff 2011, section C; cac.raw4raters of Gwet's R package irrCAC."""

ABSTRACTORS = table([13, 0, 0], [0, 20, 7], [0, 4, 56])
"""Two abstractors, a hundred women: Gwet 2014; cont3x3abstractors of irrCAC."""

PSYCHIATRISTS = [
    ["Depression"] * d + ["Personality"] * p + ["Schizophrenia"] * s + ["Neurosis"] * n + ["Other"] * o
    for d, p, s, n, o in (
        (0, 0, 0, 6, 0), (0, 3, 0, 0, 3), (0, 1, 4, 0, 1), (0, 0, 0, 0, 6), (0, 3, 0, 3, 0),
        (2, 0, 4, 0, 0), (0, 0, 4, 0, 2), (2, 0, 3, 1, 0), (2, 0, 0, 4, 0), (0, 0, 0, 0, 6),
        (1, 0, 0, 5, 0), (1, 1, 0, 4, 0), (0, 3, 3, 0, 0), (1, 0, 0, 5, 0), (0, 2, 0, 3, 1),
    )
]  # fmt: skip
"""Six psychiatrists, fifteen patients: distrib.6raters of irrCAC, from Fleiss, Psychol Bull 1971;76:378-82."""


@pytest.mark.parametrize(
    ("measure", "ratings", "printed", "source"),
    [
        (alpha, FOUR, 0.743, "Krippendorff 2011, section C: four observers, nominal, missing ratings"),
        (
            alpha,
            observers("0 1 0 0 0 0 0 0 1 0", "1 1 1 0 0 1 0 0 0 0"),
            0.095,
            "Krippendorff 2011, section A: two observers, binary",
        ),
        (
            alpha,
            observers("a a b b d c c c e d d a", "b a b b b c c c e d d d"),
            0.692,
            "Krippendorff 2011, section B: two observers, nominal",
        ),
        (alpha, ABSTRACTORS, 0.7972585, "irrCAC, krippen2.table(cont3x3abstractors)"),
        (alpha, PSYCHIATRISTS, 0.4204384, "irrCAC, krippen.alpha.dist(distrib.6raters)"),
        (ac1, FOUR, 0.77544, "irrCAC, gwet.ac1.raw(cac.raw4raters)"),
        (ac1, ABSTRACTORS, 0.8493305, "irrCAC, gwet.ac1.table(cont3x3abstractors)"),
        (ac1, PSYCHIATRISTS, 0.4448007, "irrCAC, gwet.ac1.dist(distrib.6raters)"),
        (percent_agreement, FOUR, 0.8181818, "irrCAC, pa.coeff.raw(cac.raw4raters)"),
        (percent_agreement, PSYCHIATRISTS, 0.5511111, "irrCAC, gwet.ac1.dist(distrib.6raters), pa"),
        (percent_agreement, ABSTRACTORS, 0.89, "irrCAC, pa2.table(cont3x3abstractors)"),
        (kappa, ABSTRACTORS, 0.7964094, "irrCAC, kappa2.table(cont3x3abstractors)"),
        (kappa, table([88, 14, 18], [10, 40, 10], [2, 6, 12]), 0.492, "Cohen 1960"),
        (kappa, table([40, 9], [6, 45]), 0.70, "Feinstein & Cicchetti, J Clin Epidemiol 1990;43:543-9"),
        (kappa, table([80, 10], [5, 5]), 0.32, "the same, the first paradox: equal agreement, lower kappa"),
        (percent_agreement, table([80, 10], [5, 5]), 0.85, "the same"),
    ],
)
def test_worked_examples_come_out_as_printed(measure: Measure, ratings: Ratings, printed: float, source: str) -> None:
    digits = len(str(printed).partition(".")[2])
    value = measure(ratings).value
    assert value is not None
    assert abs(value - printed) <= 0.5 * 10**-digits + 1e-9, source


@pytest.mark.parametrize(
    ("measure", "ratings", "low", "high"),
    [
        (percent_agreement, FOUR, 0.542, 1),
        (ac1, FOUR, 0.461, 1),
        (alpha, FOUR, 0.419, 1),
        (ac1, PSYCHIATRISTS, 0.264, 0.625),
        (kappa, ABSTRACTORS, 0.68, 0.913),
    ],
)
def test_intervals_come_out_as_irrcac_prints_them(measure: Measure, ratings: Ratings, low: float, high: float) -> None:
    interval = measure(ratings).interval
    assert interval is not None
    assert (round(interval[0], 3), round(interval[1], 3)) == (low, high)


def test_a_share_of_units_gets_wilsons_interval() -> None:
    # Newcombe, Stat Med 1998;17:857-72, table I: 81 of 263 is 0.2553 to 0.3662
    found = percent_agreement(table([81, 182], [0, 0])).interval
    assert found is not None
    assert (round(found[0], 4), round(found[1], 4)) == (0.2553, 0.3662)


def test_high_agreement_on_a_rare_category_keeps_ac1_near_the_agreement_where_kappa_falls() -> None:
    ratings = table([118, 5], [2, 0])  # Gwet 2008, the paradox
    low, high = kappa(ratings).value, ac1(ratings).value
    assert low is not None
    assert high is not None
    assert low < 0 < 0.9 < high


def test_the_number_of_units_and_ratings_that_went_in_is_told() -> None:
    assert (alpha(FOUR).units, alpha(FOUR).ratings) == (11, 40)  # the unit that one observer rated is left out
    assert (ac1(FOUR).units, ac1(FOUR).ratings) == (11, 41)  # it tells AC1 how often a category is used
    assert (kappa(ABSTRACTORS).units, kappa(ABSTRACTORS).ratings) == (100, 200)
    assert kappa([["a", "a"], ["b", None], ["b", "b"]]).units == 2


# --- what cannot be computed

MEASURES: list[Measure] = [percent_agreement, kappa, ac1, alpha]
CHANCE: list[Measure] = [kappa, ac1, alpha]


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize(
    ("ratings", "why"),
    [
        ([], "nothing was rated"),
        ([[None, None]], "nothing was rated"),
        ([["a", None], ["b", None]], "only one rater"),
        ([["a", None], [None, "a"]], "no unit was rated by two raters"),
    ],
)
def test_without_two_ratings_of_a_unit_nothing_is_defined(measure: Measure, ratings: Ratings, why: str) -> None:
    found = measure(ratings)
    assert (found.value, found.interval, found.why) == (None, None, why)


@pytest.mark.parametrize("measure", CHANCE)
def test_one_category_for_all_tells_nothing_of_chance(measure: Measure) -> None:
    found = measure([["a", "a"]] * 5)
    assert (found.value, found.interval, found.units) == (None, None, 5)
    assert found.why == "every rating is 'a': nothing to tell from chance"
    assert percent_agreement([["a", "a"]] * 5).value == 1


@pytest.mark.parametrize("measure", CHANCE)
def test_agreement_without_spread_gets_no_interval_that_would_claim_certainty(measure: Measure) -> None:
    found = measure([["a", "a"], ["b", "b"]])
    assert (found.value, found.interval) == (1, None)
    assert measure([["a", "b"]]).interval is None  # one unit
    assert measure([["a", "b"], ["b", None], [None, "a"]]).interval is None


def test_kappa_refuses_a_third_rater() -> None:
    with pytest.raises(ValueError, match="two raters"):
        kappa([["a", "a", "b"]])


# --- laws

marks = st.sampled_from(["a", "b", "c", None])
units = st.integers(2, 4).flatmap(
    lambda raters: st.lists(st.lists(marks, min_size=raters, max_size=raters), min_size=1, max_size=12)
)
pairs = st.lists(st.lists(st.sampled_from(["a", "b", "c"]), min_size=2, max_size=2), min_size=1, max_size=30)


def same(a: Coefficient, b: Coefficient) -> bool:
    if a.value is None or b.value is None:
        return a.value is b.value and a.why == b.why
    ends = zip(a.interval or (), b.interval or (), strict=True)
    return math.isclose(a.value, b.value, abs_tol=1e-9) and all(math.isclose(x, y, abs_tol=1e-6) for x, y in ends)


@given(units, st.randoms(use_true_random=False))
def test_the_order_of_raters_and_units_does_not_matter(ratings: Ratings, chance: object) -> None:
    raters = list(range(len(ratings[0])))
    chance.shuffle(raters)  # type: ignore[attr-defined]
    turned = [[unit[rater] for rater in raters] for unit in ratings]
    chance.shuffle(turned)  # type: ignore[attr-defined]
    for measure in (percent_agreement, ac1, alpha, *([kappa] if len(raters) == 2 else [])):
        assert same(measure(ratings), measure(turned))


@given(pairs)
def test_other_names_for_the_categories_change_nothing(ratings: Ratings) -> None:
    names = {"a": "z", "b": "a", "c": "m"}
    renamed = [[names[str(mark)] for mark in unit] for unit in ratings]
    for measure in MEASURES:
        assert measure(ratings).value == pytest.approx(measure(renamed).value)


@given(st.lists(st.sampled_from(["a", "b", "c"]), min_size=2, max_size=20), st.integers(2, 4))
def test_raters_who_always_agree_come_to_one(kinds: list[str], raters: int) -> None:
    assume(len(set(kinds)) > 1)
    ratings = [[kind] * raters for kind in kinds]
    for measure in (percent_agreement, ac1, alpha, *([kappa] if raters == 2 else [])):
        assert measure(ratings).value == pytest.approx(1)


@given(units)
def test_a_unit_that_nobody_rated_changes_nothing(ratings: Ratings) -> None:
    more = [*ratings, [None] * len(ratings[0])]
    for measure in (percent_agreement, ac1, alpha):
        assert same(measure(ratings), measure(more))


@given(pairs)
def test_kappa_is_the_one_of_scikit_learn(ratings: Ratings) -> None:
    assume(len({mark for unit in ratings for mark in unit}) > 1)
    other = cohen_kappa_score([unit[0] for unit in ratings], [unit[1] for unit in ratings])
    assert kappa(ratings).value == pytest.approx(other)


@given(units)
def test_an_interval_holds_its_value_and_stays_between_minus_one_and_one(ratings: Ratings) -> None:
    for measure in (percent_agreement, ac1, alpha):
        found = measure(ratings)
        assert found.value is None or -1 <= found.value <= 1
        if found.interval and found.value is not None:
            low, high = found.interval
            assert -1 <= low <= found.value + 1e-9
            assert found.value - 1e-9 <= high <= 1
