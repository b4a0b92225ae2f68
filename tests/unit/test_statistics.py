"""The statistics in SQL: published vectors, an independent computation, and the laws they keep.

The vectors are those of the tests of ukhsa-collaboration/PHEindicatormethods, as in design/domain.md section 2.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import duckdb
import jinja2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

STATISTICS = Path(__file__).resolve().parents[2] / "dbt_project" / "macros" / "statistics"
LEVELS = [90, 95, 99, 99.8]


class _Exceptions:
    """What dbt offers a macro to stop a compilation with."""

    @staticmethod
    def raise_compiler_error(message: str) -> None:
        raise ValueError(message)


MACROS = (
    jinja2.Environment(autoescape=False)
    .from_string("\n".join(path.read_text(encoding="utf-8") for path in sorted(STATISTICS.glob("*.sql"))))
    .make_module({"exceptions": _Exceptions})
)
CONNECTION = duckdb.connect(config={"threads": 1})


def _sql(macro: str, *arguments: Any) -> str:
    return str(getattr(MACROS, macro)(*arguments))


def _value(macro: str, *arguments: Any, rows: str | None = None) -> Any:
    """What a macro gives, of numbers, or of the columns of `rows`."""
    row = CONNECTION.execute(f"select {_sql(macro, *arguments)} {'from ' + rows if rows else ''}").fetchone()
    assert row is not None
    return row[0]


def _rows(columns: str, *rows: tuple[Any, ...]) -> str:
    """Rows as the FROM of a query, null for None; names in `columns`."""
    cells = [", ".join("null" if cell is None else repr(cell) for cell in row) for row in rows]
    return f"(values {', '.join(f'({line})' for line in cells)}) as given ({columns})"


def _alpha(level: float) -> float:
    return 1 - level / 100


# --- quantiles -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("level", LEVELS)
def test_every_quantile_is_that_of_an_independent_computation(level: float) -> None:
    half = _alpha(level) / 2
    assert _value("normal_quantile", level) == pytest.approx(stats.norm.isf(half), rel=1e-12)
    exact = [(stats.chi2.ppf(half, 2 * x) / 2 if x else 0, stats.chi2.isf(half, 2 * x + 2) / 2) for x in range(10)]
    assert _value("exact_poisson_lowers", level) == pytest.approx([lower for lower, _ in exact], rel=1e-11)
    assert _value("exact_poisson_uppers", level) == pytest.approx([upper for _, upper in exact], rel=1e-11)


@pytest.mark.parametrize("level", LEVELS)
def test_students_t_holds_to_a_billionth_for_any_degrees_of_freedom(level: float) -> None:
    degrees = [*range(1, 200), 500, 1000, 12345, 10**6, 10**9]
    query = f"select {_sql('student_t', 'degrees', level)} from unnest({degrees}) as given (degrees) order by degrees"
    got = [row[0] for row in CONNECTION.execute(query).fetchall()]
    assert got == pytest.approx([stats.t.isf(_alpha(level) / 2, n) for n in degrees], rel=1e-9)


@pytest.mark.parametrize("level", [94, 100, 0, "95", 0.95])
@pytest.mark.parametrize(
    "macro", ["normal_quantile", "exact_poisson_lowers", "exact_poisson_uppers", "student_t_quantiles"]
)
def test_a_level_without_quantiles_is_refused_with_those_that_have(macro: str, level: Any) -> None:
    with pytest.raises(ValueError, match=rf"confidence level {level}: quantiles are at hand for 90, 95, 99, 99\.8"):
        _sql(macro, level)


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
    assert _value("count_lower", count, level) == pytest.approx(lower, rel=1e-6)
    assert _value("count_upper", count, level) == pytest.approx(upper, rel=1e-6)


@pytest.mark.parametrize(
    ("count", "denominator", "scale", "value", "lower", "upper"),
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
    count: int, denominator: int, scale: int, value: float, lower: float, upper: float
) -> None:
    assert _value("rate", count, denominator, scale) == pytest.approx(value, rel=1e-6)
    assert _value("rate_lower", count, denominator, scale) == pytest.approx(lower, rel=1e-6)
    assert _value("rate_upper", count, denominator, scale) == pytest.approx(upper, rel=1e-6)


def test_byars_own_limits_of_a_small_count() -> None:
    assert _value("byar_lower", 1) == pytest.approx(0.01307213290150435, rel=1e-6)
    assert _value("byar_upper", 1) == pytest.approx(5.5637555824752605, rel=1e-6)
    assert _value("byar_lower", 1, 99.8) is None, "it would be below 0"
    assert _value("byar_lower", 0) is None, "nothing is divided by 0"


@pytest.mark.parametrize("macro", ["rate", "rate_lower", "rate_upper"])
@pytest.mark.parametrize("denominator", ["0", "null::bigint", "-5"])
def test_a_rate_without_a_denominator_is_null(macro: str, denominator: str) -> None:
    assert _value(macro, 12, denominator, 1000) is None


@pytest.mark.parametrize("count", ["-1", "-7", "null::bigint", "2.5", "9.5::double"])
def test_what_is_no_count_has_no_limits(count: str) -> None:
    assert _value("count_lower", count) is None
    assert _value("count_upper", count) is None
    assert _value("count_method", count) is None


def test_the_method_is_told_with_its_level() -> None:
    assert _value("count_method", 9) == "exact Poisson, 95%"
    assert _value("count_method", 10) == "Byar, 95%"
    assert _value("count_method", 10, 99.8) == "Byar, 99.8%"


@given(count=st.integers(0, 10**9))
@settings(max_examples=60, deadline=None)
def test_limits_bracket_the_count_and_widen_with_the_level_and_rise_with_it(count: int) -> None:
    lower = [_value("count_lower", count, level) for level in LEVELS]
    upper = [_value("count_upper", count, level) for level in LEVELS]
    assert all(low <= count <= high for low, high in zip(lower, upper, strict=True))
    assert lower == sorted(lower, reverse=True)
    assert upper == sorted(upper)
    assert all(upper[i] < _value("count_upper", count + 1, level) for i, level in enumerate(LEVELS))
    assert all(lower[i] < _value("count_lower", count + 1, level) for i, level in enumerate(LEVELS))


@given(count=st.integers(10, 10**7), level=st.sampled_from(LEVELS))
@settings(max_examples=60, deadline=None)
def test_byars_limits_are_near_the_exact_ones(count: int, level: float) -> None:
    half = _alpha(level) / 2
    width = math.sqrt(count)
    assert _value("count_lower", count, level) == pytest.approx(stats.chi2.ppf(half, 2 * count) / 2, abs=0.02 * width)
    assert _value("count_upper", count, level) == pytest.approx(
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
    assert _value("wilson_lower", count, denominator, 1, level) == pytest.approx(lower, rel=1e-6)
    assert _value("wilson_upper", count, denominator, 1, level) == pytest.approx(upper, rel=1e-6)


def test_the_published_limits_of_one_in_a_hundred() -> None:
    """Published to six figures: held to half of the last."""
    assert _value("wilson_lower", 1, 100) == pytest.approx(0.00176743, abs=0.5e-8)
    assert _value("wilson_upper", 1, 100) == pytest.approx(0.05448620, abs=0.5e-8)


def test_all_and_none_reach_the_ends_exactly() -> None:
    assert _value("wilson_lower", 0, 100) == 0
    assert _value("wilson_upper", 100, 100, 100) == 100


@pytest.mark.parametrize(("count", "denominator"), [("7", "6"), ("-1", "6"), ("0", "0"), ("null", "6"), ("1", "null")])
@pytest.mark.parametrize("macro", ["proportion", "wilson_lower", "wilson_upper"])
def test_what_is_no_proportion_is_null(macro: str, count: str, denominator: str) -> None:
    assert _value(macro, count, denominator) is None


@given(count=st.integers(0, 10**6), rest=st.integers(0, 10**6), level=st.sampled_from(LEVELS))
@settings(max_examples=100, deadline=None)
def test_wilsons_limits_solve_his_equation_within_nought_and_one(count: int, rest: int, level: float) -> None:
    if count + rest == 0:
        return
    sample = count + rest
    lower, upper = (_value(f"wilson_{side}", count, sample, 1, level) for side in ("lower", "upper"))
    assert 0 <= lower <= count / sample <= upper <= 1
    test = stats.binomtest(count, sample).proportion_ci(level / 100, method="wilson")
    assert (lower, upper) == pytest.approx((test.low, test.high), rel=1e-9, abs=1e-14)


@given(share=st.floats(0, 1), sample=st.floats(0.5, 1e6))
@settings(max_examples=50, deadline=None)
def test_a_count_of_a_proportion_need_not_be_whole(share: float, sample: float) -> None:
    lower = [_value("wilson_lower", repr(share * sample), repr(sample), 1, level) for level in LEVELS]
    upper = [_value("wilson_upper", repr(share * sample), repr(sample), 1, level) for level in LEVELS]
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
    assert _value("mean_lower", repr(mean), repr(deviation), sample, level) == pytest.approx(low, abs=tolerance)
    assert _value("mean_upper", repr(mean), repr(deviation), sample, level) == pytest.approx(high, abs=tolerance)


@pytest.mark.parametrize("sample", ["1", "0", "null::bigint"])
def test_one_observation_has_no_interval(sample: str) -> None:
    assert _value("mean_lower", 5, 0, sample) is None
    assert _value("mean_upper", 5, 0, sample) is None


def test_degrees_of_freedom_between_whole_ones_are_taken_down() -> None:
    assert _value("student_t", "7.9") == pytest.approx(stats.t.isf(0.025, 7), rel=1e-9)
    assert _value("student_t", "60.9") == pytest.approx(stats.t.isf(0.025, 60), rel=1e-9)


# --- standardised rates (2.3) ----------------------------------------------------------------------------------------

GROUPS = "events, people, standard"
# The European Standard Population 2013, by five years of age up to 90 and over.
ESP2013 = [5000, 5500, 5500, 5500, 6000, 6000, 6500, *[7000] * 4, 6500, 6000, 5500, 5000, 4000, 2500, 1500, 1000]
strata = st.lists(
    st.tuples(st.integers(0, 400), st.integers(100, 90_000), st.integers(1, 9000)), min_size=1, max_size=19
)


def _standardised(macro: str, rows: list[tuple[Any, ...]], *arguments: Any) -> Any:
    return _value(macro, "events", "people", "standard", *arguments, rows=_rows(GROUPS, *rows))


@given(rows=strata, level=st.sampled_from(LEVELS))
@settings(max_examples=60, deadline=None)
def test_a_directly_standardised_rate_is_dobsons(rows: list[tuple[int, int, int]], level: float) -> None:
    total = sum(o for o, _, _ in rows)
    got = [_standardised(macro, rows, 1000, level) for macro in ("dsr_lower", "dsr_upper")]
    value = _standardised("dsr_value", rows, 1000)
    reason = _standardised("dsr_reason", rows)
    if total < 10:
        assert (value, *got, reason) == (None, None, None, "fewer than 10 events")
        return
    weights = sum(w for _, _, w in rows)
    expected = sum(w * o / n for o, n, w in rows) / weights
    error = math.sqrt(sum(w * w * o / n**2 for o, n, w in rows) / weights**2 / total)
    z = stats.norm.isf(_alpha(level) / 2)
    byar = (
        total * (1 - 1 / (9 * total) - z / (3 * math.sqrt(total))) ** 3,
        (total + 1) * (1 - 1 / (9 * (total + 1)) + z / (3 * math.sqrt(total + 1))) ** 3,
    )
    assert reason is None
    assert value == pytest.approx(expected * 1000, rel=1e-9)
    assert got == pytest.approx([1000 * (expected + error * (limit - total)) for limit in byar], rel=1e-9, abs=1e-12)
    assert got[0] <= value <= got[1]


@given(rows=strata.filter(lambda rows: sum(o for o, _, _ in rows) >= 10), level=st.sampled_from(LEVELS))
@settings(max_examples=40, deadline=None)
def test_standardised_to_its_own_population_a_rate_is_the_crude_one(
    rows: list[tuple[int, int, int]], level: float
) -> None:
    own = [(o, n, n) for o, n, _ in rows]
    events, people = sum(o for o, _, _ in rows), sum(n for _, n, _ in rows)
    for direct, crude in (("dsr_value", "rate"), ("dsr_lower", "rate_lower"), ("dsr_upper", "rate_upper")):
        extra = () if crude == "rate" else (level,)
        assert _standardised(direct, own, 1000, *extra) == pytest.approx(
            _value(crude, events, people, 1000, *extra), rel=1e-9
        )


@given(rows=strata, data=st.data())
@settings(max_examples=30, deadline=None)
def test_the_order_of_groups_changes_no_bit(rows: list[tuple[int, int, int]], data: st.DataObject) -> None:
    other = data.draw(st.permutations(rows))
    assert _standardised("dsr_upper", rows, 1000) == _standardised("dsr_upper", other, 1000)


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ((None, 500, 1000), "a group has no count"),
        ((3, None, 1000), "a group has no population"),
        ((3, 0, 1000), "a group has no population"),
        ((3, 500, None), "a group has no standard population"),
    ],
)
def test_a_group_without_a_figure_leaves_no_rate_and_says_so(row: tuple[Any, ...], reason: str) -> None:
    rows = [(40, 500, 1000), row]
    assert _standardised("dsr_reason", rows) == reason
    assert [_standardised(macro, rows) for macro in ("dsr_value", "dsr_lower", "dsr_upper")] == [None] * 3


def test_nothing_standardised_to_nobody() -> None:
    assert _standardised("dsr_reason", [(40, 500, 0)]) == "the standard population is nobody"
    assert _standardised("dsr_value", [(40, 500, 0)]) is None
