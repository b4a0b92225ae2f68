"""Standardised rates, survey estimates and decompositions in SQL: published vectors and the laws they keep."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from tests.unit.statistics_sql import LEVELS, alpha, given_rows, literal, sql, table, value

# --- standardised rates (2.3) ----------------------------------------------------------------------------------------

GROUPS = "events, people, standard"
# The European Standard Population 2013, by five years of age up to 90 and over.
ESP2013 = [5000, 5500, 5500, 5500, 6000, 6000, 6500, *[7000] * 4, 6500, 6000, 5500, 5000, 4000, 2500, 1500, 1000]
strata = st.lists(
    st.tuples(st.integers(0, 400), st.integers(100, 90_000), st.integers(1, 9000)), min_size=1, max_size=19
)


def _standardised(macro: str, rows: list[tuple[Any, ...]], *arguments: Any) -> Any:
    return value(macro, "events", "people", "standard", *arguments, rows=given_rows(GROUPS, *rows))


@given(rows=strata, level=st.sampled_from(LEVELS))
@settings(max_examples=60, deadline=None)
def test_a_directly_standardised_rate_is_dobsons(rows: list[tuple[int, int, int]], level: float) -> None:
    total = sum(o for o, _, _ in rows)
    got = [_standardised(macro, rows, 1000, level) for macro in ("dsr_lower", "dsr_upper")]
    rate = _standardised("dsr_value", rows, 1000)
    reason = _standardised("dsr_reason", rows)
    if total < 10:
        assert (rate, *got, reason) == (None, None, None, "fewer than 10 events")
        return
    weights = sum(w for _, _, w in rows)
    expected = sum(w * o / n for o, n, w in rows) / weights
    error = math.sqrt(sum(w * w * o / n**2 for o, n, w in rows) / weights**2 / total)
    z = stats.norm.isf(alpha(level) / 2)
    byar = (
        total * (1 - 1 / (9 * total) - z / (3 * math.sqrt(total))) ** 3,
        (total + 1) * (1 - 1 / (9 * (total + 1)) + z / (3 * math.sqrt(total + 1))) ** 3,
    )
    assert reason is None
    assert rate == pytest.approx(expected * 1000, rel=1e-9)
    assert got == pytest.approx([1000 * (expected + error * (limit - total)) for limit in byar], rel=1e-9, abs=1e-12)
    assert got[0] <= rate <= got[1]


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
            value(crude, events, people, 1000, *extra), rel=1e-9
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


def _groups_with(events: int, rate: float, spread: float) -> list[tuple[int, float, float]]:
    """Two groups of equal standard with so many events, this rate, and this much a moved event moves it by.

    With r = o/n in each: (r1 + r2) / 2 = rate and (r1^2/o1 + r2^2/o2) / 4 = events * spread^2.
    """
    first = events // 2
    second = events - first
    a, b = 1 / first + 1 / second, -4 * rate / second
    c = 4 * rate**2 / second - 4 * events * spread**2
    own = (-b + math.sqrt(b * b - 4 * a * c)) / (2 * a)
    return [(first, first / own, 1.0), (second, second / (2 * rate - own), 1.0)]


@pytest.mark.parametrize(
    ("events", "rate", "lower", "upper"),
    [(895, 1043.0247991, 971.7709068, 1117.8940915), (91, 110.3212025, 87.7455768, 136.7088228)],
)
def test_published_standardised_rates(events: int, rate: float, lower: float, upper: float) -> None:
    """The vectors are told without their groups: these have the vector's events, rate and lower limit."""
    spread = (lower - rate) / (value("count_lower", events) - events)
    rows = _groups_with(events, rate / 10_000, spread / 10_000)
    assert _standardised("dsr_value", rows, 10_000) == pytest.approx(rate, rel=1e-6)
    assert _standardised("dsr_lower", rows, 10_000) == pytest.approx(lower, rel=1e-6)
    assert _standardised("dsr_upper", rows, 10_000) == pytest.approx(upper, rel=1e-6)


def test_the_european_standard_is_its_nineteen_groups() -> None:
    """A rate that is the same in every group is the same by any standard."""
    rows = [(5 * (i + 1), 100 * (i + 1), w) for i, w in enumerate(ESP2013)]
    assert sum(ESP2013) == 100_000
    assert _standardised("dsr_value", rows, 100) == pytest.approx(5, rel=1e-12)


def test_the_published_indirectly_standardised_rate() -> None:
    arguments = (895, "835.8835612311743e0", "9349.88309221102e0")
    assert value("indirect_ratio", *arguments) == pytest.approx(10011.137622, rel=1e-6)
    assert value("indirect_lower", *arguments) == pytest.approx(9365.916003, rel=1e-6)
    assert value("indirect_upper", *arguments) == pytest.approx(10689.097583, rel=1e-6)


@given(rows=st.lists(st.tuples(st.integers(1, 9000), st.integers(0, 900), st.integers(1000, 10**6)), min_size=1))
@settings(max_examples=40, deadline=None)
def test_what_is_expected_is_the_areas_people_at_the_references_rates(rows: list[tuple[int, int, int]]) -> None:
    expected = value("expected_events", "people", "o", "n", rows=given_rows("people, o, n", *rows))
    assert expected == pytest.approx(sum(p * o / n for p, o, n in rows), rel=1e-12)


def test_an_area_that_is_the_reference_has_the_ratio_of_100() -> None:
    rows = [(500, 7, 500), (900, 11, 900)]
    expected = value("expected_events", "people", "o", "n", rows=given_rows("people, o, n", *rows))
    assert value("indirect_ratio", 18, literal(expected)) == pytest.approx(100, rel=1e-12)


@pytest.mark.parametrize("row", [(None, 7, 500), (500, None, 500), (500, 7, 0), (500, 7, None)])
def test_nothing_is_expected_where_a_group_lacks_a_figure(row: tuple[Any, ...]) -> None:
    rows = given_rows("people, o, n", (900, 11, 900), row)
    assert value("expected_events", "people", "o", "n", rows=rows) is None
    assert value("indirect_ratio", 5, "null::double") is None
    assert value("indirect_upper", 5, "0e0") is None


def test_a_ratio_to_nothing_is_null_and_an_index_has_its_base_at_100() -> None:
    assert value("ratio", 3, 4, 1000) == 750
    assert value("ratio", 3, 0) is None
    assert value("ratio", "null", 4) is None
    assert value("index_number", 30, 20) == 150
    assert value("index_number", 30, "null") is None


# --- surveys ---------------------------------------------------------------------------------------------------------

ANSWERS = "answer, weight"
respondents = st.lists(st.tuples(st.booleans(), st.floats(0.05, 20)), min_size=1, max_size=60)


@given(rows=respondents, level=st.sampled_from(LEVELS))
@settings(max_examples=60, deadline=None)
def test_a_weighted_estimate_has_kishs_effective_sample(rows: list[tuple[bool, float]], level: float) -> None:
    of = {"rows": given_rows(ANSWERS, *rows)}
    share, effective, effect = (
        value(macro, "answer", "weight", **of) for macro in ("survey_proportion", "effective_sample", "design_effect")
    )
    total = sum(w for _, w in rows)
    assert share == pytest.approx(sum(w for chosen, w in rows if chosen) / total, rel=1e-12)
    assert effective == pytest.approx(total**2 / sum(w * w for _, w in rows), rel=1e-12)
    assert effective <= len(rows) * (1 + 1e-12)
    assert effect * effective == pytest.approx(len(rows), rel=1e-12)
    scaled = literal(share), literal(effective), 100, level
    lower, upper = (value(f"survey_{side}", *scaled) for side in ("lower", "upper"))
    z = stats.norm.isf(alpha(level) / 2)
    middle = (share + z * z / (2 * effective)) / (1 + z * z / effective)
    margin = z * math.sqrt(share * (1 - share) / effective + z * z / (4 * effective**2)) / (1 + z * z / effective)
    assert (lower, upper) == pytest.approx((100 * (middle - margin), 100 * (middle + margin)), rel=1e-9, abs=1e-9)
    assert 0 <= lower <= 100 * share * (1 + 1e-12) and 100 * share <= upper * (1 + 1e-12) and upper <= 100


def test_with_equal_weights_an_estimate_is_wilsons() -> None:
    of = {"rows": given_rows(ANSWERS, *[(i < 65, 1.7) for i in range(100)])}
    share, effective = (value(macro, "answer", "weight", **of) for macro in ("survey_proportion", "effective_sample"))
    assert effective == pytest.approx(100, rel=1e-12)
    assert value("survey_lower", literal(share), literal(effective)) == pytest.approx(0.5525444329688797, rel=1e-9)


def test_who_gave_no_answer_or_has_no_weight_is_in_neither_part() -> None:
    asked = [(True, 2.0), (False, 1.0)]
    more = [*asked, (None, 50.0), (True, None), (True, 0.0), (False, -1.0)]
    for macro in ("survey_proportion", "effective_sample", "design_effect", "survey_sample"):
        few, all_ = (value(macro, "answer", "weight", rows=given_rows(ANSWERS, *rows)) for rows in (asked, more))
        assert few == all_, macro
    nobody = given_rows(ANSWERS, (None, 1.0))
    assert value("survey_proportion", "answer", "weight", rows=nobody) is None
    assert value("effective_sample", "answer", "weight", rows=nobody) is None


# --- why it moved (2.7) ----------------------------------------------------------------------------------------------

SHARES = "rate, share, rate_before, share_before"


def _kitagawa(*rows: tuple[Any, ...]) -> tuple[Any, ...]:
    names = [name.strip() for name in SHARES.split(",")]
    parts = ", ".join(
        f"sum({sql(macro, *names)})" for macro in ("kitagawa_rate_part", "kitagawa_composition_part", "kitagawa_change")
    )
    return table(f"select {parts} from {given_rows(SHARES, *rows)}")[0]


def test_kitagawas_published_parts() -> None:
    """All rates fell, and the crude rate rose."""
    parts = _kitagawa((10, 0.5, 12, 0.8), (40, 0.5, 50, 0.2))
    assert [float(part) for part in parts] == pytest.approx([-4.8, 10.2, 5.4], rel=1e-9)


groups = st.lists(
    st.tuples(st.integers(0, 500), st.integers(1, 9000), st.integers(0, 500), st.integers(1, 9000)), min_size=1
)


@given(rows=groups)
@settings(max_examples=60, deadline=None)
def test_rate_and_composition_parts_sum_exactly_to_the_change(rows: list[tuple[int, int, int, int]]) -> None:
    people, before = sum(n for _, n, _, _ in rows), sum(n for _, _, _, n in rows)
    shares = [(1000 * o / n, n / people, 1000 * p / m, m / before) for o, n, p, m in rows]
    rate, composition, change = _kitagawa(*shares)
    assert rate + composition == change, "exactly: they are decimals"
    crude = 1000 * sum(o for o, *_ in rows) / people - 1000 * sum(p for _, _, p, _ in rows) / before
    assert float(change) == pytest.approx(crude, abs=1e-9)
    assert float(composition) == pytest.approx(
        sum((r + q) / 2 * (w - v) for r, w, q, v in shares), abs=1e-9 * (1 + sum(r + q for r, _, q, _ in shares))
    )


def test_a_group_that_came_or_went_is_all_composition() -> None:
    rate, composition, _ = _kitagawa((10, 0.5, 10, 1.0), (40, 0.5, None, 0))
    assert float(rate) == 0
    assert float(composition) == pytest.approx(15)


@given(
    now=st.tuples(st.integers(0, 10**6), st.integers(1, 10**6)),
    then=st.tuples(st.integers(0, 10**6), st.integers(1, 10**6)),
)
@settings(max_examples=100, deadline=None)
def test_numerator_and_denominator_parts_sum_exactly_to_the_change(now: tuple[int, int], then: tuple[int, int]) -> None:
    arguments = (*now, *then, 1000)
    top, bottom, change = (value(macro, *arguments) for macro in ("numerator_part", "denominator_part", "ratio_change"))
    assert top + bottom == change, "exactly: they are decimals"
    (n1, d1), (n0, d0) = now, then
    size = 1e-9 * (1 + 1000 * (n1 + n0) * (1 / d1 + 1 / d0))
    assert float(change) == pytest.approx(1000 * (n1 / d1 - n0 / d0), abs=size)
    assert float(bottom) == pytest.approx(1000 * (1 / d1 - 1 / d0) * (n1 + n0) / 2, abs=size)


def test_what_did_not_move_moved_nothing() -> None:
    assert value("numerator_part", 5, 200, 5, 100, 1000) == 0
    assert value("denominator_part", 7, 100, 5, 100, 1000) == 0


@pytest.mark.parametrize("arguments", [(5, 0, 5, 100), (5, 100, 5, 0), (5, 100, 5, "null"), ("null", 100, 5, 100)])
@pytest.mark.parametrize("macro", ["ratio_change", "numerator_part", "denominator_part"])
def test_no_change_is_told_where_a_ratio_is_missing(macro: str, arguments: tuple[Any, ...]) -> None:
    assert value(macro, *arguments) is None
