"""Limits of counts, rates, proportions and means in SQL: published vectors, an independent computation, their laws.

The vectors are those of the tests of ukhsa-collaboration/PHEindicatormethods, as in design/domain.md section 2.
"""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from tests.unit.statistics_sql import LEVELS, alpha, literal, sql, table, value

# --- quantiles -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("level", LEVELS)
def test_every_quantile_is_that_of_an_independent_computation(level: float) -> None:
    half = alpha(level) / 2
    assert value("normal_quantile", level) == pytest.approx(stats.norm.isf(half), rel=1e-12)
    exact = [(stats.chi2.ppf(half, 2 * x) / 2 if x else 0, stats.chi2.isf(half, 2 * x + 2) / 2) for x in range(10)]
    assert value("exact_poisson_lowers", level) == pytest.approx([lower for lower, _ in exact], rel=1e-13)
    assert value("exact_poisson_uppers", level) == pytest.approx([upper for _, upper in exact], rel=1e-13)


@pytest.mark.parametrize("level", LEVELS)
def test_students_t_holds_to_a_billionth_for_any_degrees_of_freedom(level: float) -> None:
    degrees = [*range(1, 200), 500, 1000, 12345, 10**6, 10**9]
    query = f"select {sql('student_t', 'degrees', level)} from unnest({degrees}) as given (degrees) order by degrees"
    got = [row[0] for row in table(query)]
    assert got == pytest.approx([stats.t.isf(alpha(level) / 2, n) for n in degrees], rel=1e-9)


@pytest.mark.parametrize("level", [94, 100, 0, "95", 0.95])
@pytest.mark.parametrize(
    "macro", ["normal_quantile", "exact_poisson_lowers", "exact_poisson_uppers", "student_t_quantiles"]
)
def test_a_level_without_quantiles_is_refused_with_those_that_have(macro: str, level: Any) -> None:
    with pytest.raises(ValueError, match=rf"confidence level {level}: quantiles are at hand for 90, 95, 99, 99\.8"):
        sql(macro, level)


# --- counts and rates (2.1) ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "level", "lower", "upper"),
    [
        (0, 95, 0, 3.6888794541139363),
        (9, 95, 4.1153731, 17.0848035),
        (10, 95, 4.7874499, 18.3914586),
        (65, 95, 50.163187710459454, 82.84913854593984),
        (1045, 95, 982.5932018073325, 1110.33121298565),
        (0, 99.8, 0, 6.907755278982137),
        (10, 99.8, 2.916318374695686, 24.193724927880535),
        (65, 99.8, 42.8802614714802, 94.00029084431802),
    ],
)
def test_published_limits_of_a_count(count: int, level: float, lower: float, upper: float) -> None:
    # The vector of 9 is published to eight figures, and 1e-6 of it is held.
    assert value("count_lower", count, level) == pytest.approx(lower, rel=1e-6)
    assert value("count_upper", count, level) == pytest.approx(upper, rel=1e-6)


@pytest.mark.parametrize(
    ("count", "denominator", "scale", "rate", "lower", "upper"),
    [
        (1, 100, 100, 1, 0.0253178, 5.5716434),
        (5, 100, 100, 5, 1.6234864, 11.6683321),
        (20, 100, 100, 20, 12.2114288, 30.8898804),
        (9856, 12345, 100, 79.8379911, 78.2694906, 81.4300165),
        (250, 220, 100_000, 113636.3636364, 99984.947, 128631.145),
        (0, 100, 100, 0, 0, 3.6888794541),
    ],
)
def test_published_limits_of_a_rate(
    count: int, denominator: int, scale: int, rate: float, lower: float, upper: float
) -> None:
    assert value("rate", count, denominator, scale) == pytest.approx(rate, rel=1e-6)
    assert value("rate_lower", count, denominator, scale) == pytest.approx(lower, rel=1e-6)
    assert value("rate_upper", count, denominator, scale) == pytest.approx(upper, rel=1e-6)


def test_byars_own_limits_of_a_small_count() -> None:
    assert value("byar_lower", 1) == pytest.approx(0.01307213290150435, rel=1e-6)
    assert value("byar_upper", 1) == pytest.approx(5.5637555824752605, rel=1e-6)
    assert value("byar_lower", 1, 99.8) is None, "it would be below 0"
    assert value("byar_lower", 0) is None, "nothing is divided by 0"


@pytest.mark.parametrize("macro", ["rate", "rate_lower", "rate_upper"])
@pytest.mark.parametrize("denominator", ["0", "null::bigint", "-5"])
def test_a_rate_without_a_denominator_is_null(macro: str, denominator: str) -> None:
    assert value(macro, 12, denominator, 1000) is None


@pytest.mark.parametrize("count", ["-1", "-7", "null::bigint", "2.5", "9.5::double"])
def test_what_is_no_count_has_no_limits(count: str) -> None:
    assert value("count_lower", count) is None
    assert value("count_upper", count) is None
    assert value("count_method", count) is None


def test_the_method_is_told_with_its_level() -> None:
    assert value("count_method", 9) == "exact Poisson, 95%"
    assert value("count_method", 10) == "Byar, 95%"
    assert value("count_method", 10, 99.8) == "Byar, 99.8%"


@given(count=st.integers(0, 10**9))
@settings(max_examples=60, deadline=None)
def test_limits_bracket_the_count_and_widen_with_the_level_and_rise_with_it(count: int) -> None:
    lower = [value("count_lower", count, level) for level in LEVELS]
    upper = [value("count_upper", count, level) for level in LEVELS]
    assert all(low <= count <= high for low, high in zip(lower, upper, strict=True))
    assert lower == sorted(lower, reverse=True)
    assert upper == sorted(upper)
    assert all(upper[i] < value("count_upper", count + 1, level) for i, level in enumerate(LEVELS))
    assert all(lower[i] < value("count_lower", count + 1, level) for i, level in enumerate(LEVELS))


@given(count=st.integers(10, 10**7), level=st.sampled_from(LEVELS))
@settings(max_examples=60, deadline=None)
def test_byars_limits_are_near_the_exact_ones(count: int, level: float) -> None:
    half = alpha(level) / 2
    width = math.sqrt(count)
    assert value("count_lower", count, level) == pytest.approx(stats.chi2.ppf(half, 2 * count) / 2, abs=0.02 * width)
    assert value("count_upper", count, level) == pytest.approx(
        stats.chi2.isf(half, 2 * count + 2) / 2, abs=0.02 * width
    )


# --- proportions (2.2) -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("count", "denominator", "level", "lower", "upper"),
    [
        (65, 100, 95, 0.5525444329688797, 0.7363575175690247),
        (65, 100, 99.8, 0.4954946574, 0.7783540614),
        (1045, 5000, 95, 0.1979554988, 0.2204913037),
        (0, 100, 95, 0, 0.0369934982),
    ],
)
def test_published_limits_of_a_proportion(
    count: int, denominator: int, level: float, lower: float, upper: float
) -> None:
    assert value("wilson_lower", count, denominator, 1, level) == pytest.approx(lower, rel=1e-6)
    assert value("wilson_upper", count, denominator, 1, level) == pytest.approx(upper, rel=1e-6)


def test_the_published_limits_of_one_in_a_hundred() -> None:
    """Published to six figures: held to half of the last."""
    assert value("wilson_lower", 1, 100) == pytest.approx(0.00176743, abs=0.5e-8)
    assert value("wilson_upper", 1, 100) == pytest.approx(0.05448620, abs=0.5e-8)


def test_all_and_none_reach_the_ends_exactly() -> None:
    assert value("wilson_lower", 0, 100) == 0
    assert value("wilson_upper", 100, 100, 100) == 100


@pytest.mark.parametrize(("count", "denominator"), [("7", "6"), ("-1", "6"), ("0", "0"), ("null", "6"), ("1", "null")])
@pytest.mark.parametrize("macro", ["proportion", "wilson_lower", "wilson_upper"])
def test_what_is_no_proportion_is_null(macro: str, count: str, denominator: str) -> None:
    assert value(macro, count, denominator) is None


@given(count=st.integers(0, 10**6), rest=st.integers(0, 10**6), level=st.sampled_from(LEVELS))
@settings(max_examples=100, deadline=None)
def test_wilsons_limits_solve_his_equation_within_nought_and_one(count: int, rest: int, level: float) -> None:
    if count + rest == 0:
        return
    sample = count + rest
    lower, upper = (value(f"wilson_{side}", count, sample, 1, level) for side in ("lower", "upper"))
    assert 0 <= lower <= count / sample <= upper <= 1
    test = stats.binomtest(count, sample).proportion_ci(level / 100, method="wilson")
    assert (lower, upper) == pytest.approx((test.low, test.high), rel=1e-9, abs=1e-14)


@given(share=st.floats(0, 1), sample=st.floats(0.5, 1e6))
@settings(max_examples=50, deadline=None)
def test_a_count_of_a_proportion_need_not_be_whole(share: float, sample: float) -> None:
    lower = [value("wilson_lower", literal(share * sample), literal(sample), 1, level) for level in LEVELS]
    upper = [value("wilson_upper", literal(share * sample), literal(sample), 1, level) for level in LEVELS]
    assert lower == sorted(lower, reverse=True)
    assert upper == sorted(upper)
    assert lower[0] <= share * (1 + 1e-12)
    assert upper[0] >= share * (1 - 1e-12)


# --- means (2.3) -----------------------------------------------------------------------------------------------------


@given(
    mean=st.floats(-1e6, 1e6),
    deviation=st.floats(0.001, 1e5),
    sample=st.integers(2, 10**6),
    level=st.sampled_from(LEVELS),
)
@settings(max_examples=60, deadline=None)
def test_a_means_limits_are_students(mean: float, deviation: float, sample: int, level: float) -> None:
    low, high = stats.t.interval(level / 100, sample - 1, loc=mean, scale=deviation / math.sqrt(sample))
    tolerance = 1e-9 * (high - low) + 1e-12 * abs(mean)
    assert value("mean_lower", literal(mean), literal(deviation), sample, level) == pytest.approx(low, abs=tolerance)
    assert value("mean_upper", literal(mean), literal(deviation), sample, level) == pytest.approx(high, abs=tolerance)


@pytest.mark.parametrize("sample", ["1", "0", "null::bigint"])
def test_one_observation_has_no_interval(sample: str) -> None:
    assert value("mean_lower", 5, 0, sample) is None
    assert value("mean_upper", 5, 0, sample) is None


def test_degrees_of_freedom_between_whole_ones_are_taken_down() -> None:
    assert value("student_t", "7.9") == pytest.approx(stats.t.isf(0.025, 7), rel=1e-9)
    assert value("student_t", "60.9") == pytest.approx(stats.t.isf(0.025, 60), rel=1e-9)
