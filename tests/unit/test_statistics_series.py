"""Trends, control charts, significance and aoristic shares in SQL: published vectors and the laws they keep."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from tests.unit.statistics_sql import given_rows, literal, sql, table, value

# --- recent trend (2.4) ----------------------------------------------------------------------------------------------

POINTS = "series, position, value, lower_limit, upper_limit, numerator, denominator"
DIABETES = [
    (7.0826, 7.0754, 7.094),
    (7.1085, 7.1013, 7.1199),
    (7.2571, 7.2499, 7.2684),
    (7.4528, 7.4456, 7.4643),
    (7.6554, 7.6481, 7.6669),
]
MMR = [
    (92.6254, 92.4168, 92.8288),
    (92.3221, 92.1072, 92.5315),
    (90.8708, 90.6358, 91.1004),
    (90.017, 89.7694, 90.2594),
    (90.1013, 89.8578, 90.3396),
]
EYE = [
    (2.935, 2.7841, 3.0919),
    (1.93028, 1.8085, 2.058),
    (2.7567, 2.6113, 2.9082),
    (2.8701, 2.7225, 3.0237),
    (3.0121, 2.8616, 3.1683),
]


def _points(
    values: Sequence[tuple[float | None, ...]], positions: Sequence[int] | None = None, numerator: int = 1
) -> str:
    rows = [
        ("a", position, *(None if figure is None else float(figure) for figure in figures), numerator, 2)
        for position, figures in zip(positions or range(1, len(values) + 1), values, strict=True)
    ]
    return f"(select * from {given_rows(POINTS, *rows)})"


def _trend(*arguments: Any, **named: Any) -> tuple[Any, ...]:
    (row,) = table(sql("recent_trend", _points(*arguments, **named)))
    return row[1:]


def test_the_threshold_is_that_of_the_source() -> None:
    assert value("trend_threshold") == pytest.approx(9.54953570608324, rel=1e-12)
    assert value("trend_threshold") == pytest.approx(stats.chi2.isf(0.002, 1), rel=1e-12)


@pytest.mark.parametrize(
    ("values", "slope", "chi_square", "trend"),
    [
        (DIABETES, 0.1488, 9740.1, "increasing"),
        (MMR, -0.7405, 418.54, "decreasing"),
        (EYE, 0.1398, 33.486, "increasing"),
    ],
)
def test_published_trends(
    values: list[tuple[float, float, float]], slope: float, chi_square: float, trend: str
) -> None:
    """The vectors are rounded: to four places, and to the places told; the independent computation below is not."""
    got = _trend(values)
    assert got[0] == pytest.approx(slope, abs=0.5e-4)
    assert got[1] == pytest.approx(chi_square, rel=2e-5)
    assert got[2] == trend


points = st.lists(st.tuples(st.floats(1, 500), st.floats(0.1, 90)), min_size=5, max_size=9)


@given(drawn=points)
@settings(max_examples=60, deadline=None)
def test_a_trend_is_weighted_least_squares_that_no_single_point_turns(drawn: list[tuple[float, float]]) -> None:
    slope, chi_square, trend = _trend([(y, y - half, y + half) for y, half in drawn])

    def fit(chosen: list[int]) -> tuple[float, float]:
        import numpy as np

        last = drawn[-5:]
        y = np.array([last[i][0] for i in chosen])
        t = np.array(chosen, dtype=float)
        # The interval's width as the macro gets it, not as it was drawn.
        w = np.array([(3.92 / ((last[i][0] + last[i][1]) - (last[i][0] - last[i][1]))) ** 2 for i in chosen])
        design = np.column_stack([np.ones_like(t), t])
        normal = np.linalg.inv(design.T @ (w[:, None] * design))
        b = (normal @ design.T @ (w * y))[1]
        return float(b), float(b * b / normal[1, 1])

    whole = fit([0, 1, 2, 3, 4])
    others = [fit([i for i in range(5) if i != out])[0] for out in range(5)]
    assert slope == pytest.approx(whole[0], rel=1e-6, abs=1e-8)
    assert chi_square == pytest.approx(whole[1], rel=1e-6, abs=1e-8)
    if min(abs(b) for b in (whole[0], *others)) < 1e-7 or abs(whole[1] - 9.5495) < 1e-3:
        return
    steady = all((b > 0) == (whole[0] > 0) for b in others)
    moved = "increasing" if whole[0] > 0 else "decreasing"
    assert trend == (moved if steady and whole[1] > 9.5495 else "no_change")


def test_a_trend_that_one_point_makes_is_none() -> None:
    """Far above the threshold; without its last point it falls."""
    values = [(10.0, 9.9, 10.1), (9.9, 9.8, 10.0), (9.8, 9.7, 9.9), (9.7, 9.6, 9.8), (14.0, 13.9, 14.1)]
    _, chi_square, trend = _trend(values)
    assert chi_square > 100
    assert trend == "no_change"


@pytest.mark.parametrize(
    ("values", "named"),
    [
        (DIABETES[:4], {}),
        (DIABETES, {"positions": [1, 2, 3, 4, 6]}),
        ([*DIABETES[:4], (None, None, None)], {}),
        ([*DIABETES[:4], (7.6, None, None)], {}),
        ([*DIABETES[:4], (7.6, 7.6, 7.6)], {}),
        (DIABETES, {"numerator": 2}),
    ],
    ids=["four points", "a gap", "no value", "no interval", "an interval of no width", "all are counted"],
)
def test_a_trend_that_cannot_be_calculated_says_so(values: Any, named: dict[str, Any]) -> None:
    assert _trend(values, **named) == (None, None, "cannot_be_calculated")


@given(rows=st.lists(st.tuples(st.integers(0, 500), st.integers(1, 500)), min_size=5, max_size=5))
@settings(max_examples=50, deadline=None)
def test_a_trend_in_proportions_is_the_correlation_of_the_people(rows: list[tuple[int, int]]) -> None:
    """Cochran and Armitage's statistic is N times the squared correlation of answer and time."""
    got = value(
        "proportion_trend", "x", "n", "t", rows=given_rows("t, x, n", *[(t, x, x + r) for t, (x, r) in enumerate(rows)])
    )
    yes = [t for t, (x, _) in enumerate(rows) for _ in range(x)]
    no = [t for t, (_, r) in enumerate(rows) for _ in range(r)]
    if not yes:
        assert got is None
        return
    correlation = stats.pearsonr([*yes, *no], [1] * len(yes) + [0] * len(no)).statistic
    assert got == pytest.approx(len(yes + no) * correlation**2, rel=1e-6, abs=1e-6)


# --- control charts (2.5) --------------------------------------------------------------------------------------------


def _chart(values: Sequence[float], **named: Any) -> list[dict[str, Any]]:
    rows = given_rows("series, position, value", *[("a", i, float(y)) for i, y in enumerate(values, start=1)])
    query = sql("control_chart", f"(select * from {rows})", **named)
    names = ["centre", "lower_limit", "upper_limit", "rule"]
    return [
        dict(zip(names, row, strict=True))
        for row in table(f"select {', '.join(names)} from ({query}) order by position")
    ]


def _runs(column: str, **columns: list[int]) -> list[bool]:
    """Which points a rule tells, of the columns that it judges by."""
    length = len(next(iter(columns.values())))
    whole = {"side": [1] * length, "step": [0] * length, "is_near": [0] * length} | columns
    rows = [
        ("a", i, side, step, bool(near))
        for i, (side, step, near) in enumerate(zip(whole["side"], whole["step"], whole["is_near"], strict=True))
    ]
    given_points = f"(select * from {given_rows('series, position, side, step, is_near', *rows)})"
    return [bool(row[0]) for row in table(f"select {column} from ({sql('runs', given_points)}) order by position")]


SPIKED = [1, 2, 1, 2, 10, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1]


def test_published_limits_of_a_chart() -> None:
    """Told to two places: held to half of the last; and to the definition."""
    screened, whole = _chart(SPIKED)[0], _chart(SPIKED, screen=False)[0]
    assert (screened["upper_limit"], screened["centre"], screened["lower_limit"]) == pytest.approx(
        (4.60, 1.94, -0.72), abs=0.005
    )
    assert (whole["upper_limit"], whole["lower_limit"]) == pytest.approx((6.95, -3.06), abs=0.005)
    moves = [abs(b - a) for a, b in itertools.pairwise(SPIKED)]
    mean = sum(SPIKED) / len(SPIKED)
    assert whole["upper_limit"] == pytest.approx(mean + 2.66 * sum(moves) / len(moves), rel=1e-12)
    assert screened["upper_limit"] == pytest.approx(mean + 2.66, rel=1e-12), "the moves that are left are all 1"
    assert [row["rule"] for row in _chart(SPIKED)] == [None] * 4 + ["outside"] + [None] * 13


def test_the_published_run_on_one_side_and_all_its_members() -> None:
    side = [1] * 8 + [-1]
    assert _runs("ends_one_side", side=side) == [False] * 6 + [True, True, False]
    assert _runs("is_one_side", side=side) == [True] * 8 + [False]
    assert not any(_runs("ends_one_side", side=[1, 1, 1, 0, 1, 1, 1, 1])), "a point on the mean breaks it"


def test_the_published_trends_of_points() -> None:
    def steps(values: list[int]) -> list[int]:
        return [0] + [(b > a) - (b < a) for a, b in itertools.pairwise(values)]

    rising = steps([2, 1, 2, 3, 4, 5, 6, 7, 3])
    assert _runs("ends_trend", step=rising) == [False] * 7 + [True, False]
    assert _runs("is_trend", step=rising) == [False] + [True] * 7 + [False]
    assert _runs("is_trend", step=[-s for s in rising]) == [False] + [True] * 7 + [False], "falling too"
    assert not any(_runs("is_trend", step=steps([1, 2, 3, 3, 4, 5, 6])))


def test_the_published_two_of_three() -> None:
    near = [0, 0, 1, 0, 1, 0, 0]
    assert _runs("is_two_of_three", is_near=near) == [False, False, True, True, True, False, False]
    assert not any(_runs("is_two_of_three", is_near=near, side=[1, 1, 1, 1, -1, 1, 1]))
    swinging = [1 if i % 2 else -1 for i in range(14)] + [5.5, -5.5]
    assert "two_of_three" not in [row["rule"] for row in _chart(swinging)]


def test_a_rule_is_told_by_its_precedence() -> None:
    jump = [10, 11] * 8 + [30] * 7
    rules = [row["rule"] for row in _chart(jump, baseline=16)]
    assert rules[16:] == ["outside"] * 7
    climb = [0, 1] * 10 + [2.0, 2.1, 2.2, 2.3, 2.4, 2.5, 2.6]
    assert [row["rule"] for row in _chart(climb, baseline=20)][20:] == ["trend"] * 7
    near = [0, 1] * 10 + [2.8, 1.9, 2.8]
    assert [row["rule"] for row in _chart(near, baseline=20)][20:] == ["two_of_three", None, "two_of_three"]
    beyond = [0, 1] * 10 + [9, 2.8, 0.9]
    assert [row["rule"] for row in _chart(beyond, baseline=20)][20:] == ["outside", None, None], "outside is not near"
    one_side = [0, 1] * 10 + [0.9, 0.8] * 4
    assert [row["rule"] for row in _chart(one_side, baseline=20)][19:] == ["one_side"] * 9


def test_later_points_move_no_limits_that_the_first_ones_fixed() -> None:
    fixed = _chart([3, 5] * 7 + [400, -90], baseline=14)
    assert fixed[-1]["upper_limit"] == _chart([3, 5] * 7)[0]["upper_limit"]
    assert fixed[-1]["rule"] == "outside"


def test_one_point_has_no_limits_and_a_constant_has_no_room() -> None:
    assert _chart([4]) == [{"centre": 4, "lower_limit": None, "upper_limit": None, "rule": None}]
    assert {(row["lower_limit"], row["upper_limit"], row["rule"]) for row in _chart([4] * 9)} == {(4, 4, None)}


@given(values=st.lists(st.integers(-50, 50), min_size=2, max_size=30), shift=st.integers(-1000, 1000))
@settings(max_examples=40, deadline=None)
def test_a_chart_moves_with_its_values_and_mirrors_with_them(values: list[int], shift: int) -> None:
    plain, moved, mirrored = _chart(values), _chart([y + shift for y in values]), _chart([-y for y in values])
    for a, b, c in zip(plain, moved, mirrored, strict=True):
        assert b["upper_limit"] == pytest.approx((a["upper_limit"] or 0) + shift, abs=1e-9)
        assert c["lower_limit"] == pytest.approx(-(a["upper_limit"] or 0), abs=1e-9)


@pytest.mark.parametrize(
    ("target", "better", "expected"),
    [
        (11, "high", "consistent_fail"),
        (11, "low", "consistent_pass"),
        (1, "high", "consistent_pass"),
        (1, "low", "consistent_fail"),
        (10, "high", "inconsistent"),
        (5, "neither", None),
        ("null", "high", None),
    ],
)
def test_assurance_is_by_where_the_target_lies(target: Any, better: str, expected: str | None) -> None:
    assert value("assurance", target, 2, 10, f"'{better}'") == expected


# --- significance (2.3) ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("average", "expected"),
    [(4, "High (0.001)"), (6, "High (0.025)"), (10, "Not significant"), (16, "Low (0.025)"), (18, "Low (0.001)")],
)
def test_an_area_is_told_from_the_average_by_its_own_limits(average: float, expected: str) -> None:
    assert value("funnel_significance", average, 8, 12, 5, 17) == expected


def test_an_area_without_limits_is_not_judged() -> None:
    assert value("funnel_significance", 10, "null", "null", "null", "null") == "Not applicable"


@given(count=st.integers(0, 200), sample=st.integers(200, 4000), average=st.floats(0.01, 0.99))
@settings(max_examples=80, deadline=None)
def test_wilsons_limits_leave_out_the_average_where_a_funnel_leaves_out_the_area(
    count: int, sample: int, average: float
) -> None:
    limits = [sql(f"wilson_{side}", count, sample, 1, level) for level in (95, 99.8) for side in ("lower", "upper")]
    got = value("funnel_significance", literal(average), *limits)
    error = (average * (1 - average) / sample) ** 0.5
    distance = (count / sample - average) / error
    sides = [abs(abs(distance) - stats.norm.isf(tail)) for tail in (0.025, 0.001)]
    if min(sides) < 1e-9:
        return
    word = "High" if distance > 0 else "Low"
    if abs(distance) > stats.norm.isf(0.001):
        assert got == f"{word} (0.001)"
    elif abs(distance) > stats.norm.isf(0.025):
        assert got == f"{word} (0.025)"
    else:
        assert got == "Not significant"


# --- aoristic shares (2.7) -------------------------------------------------------------------------------------------


def _shares(start: str, end: str) -> list[float]:
    share = sql("aoristic_share", f"timestamp '{start}'", f"timestamp '{end}'", "slot", "slot + interval 1 hour")
    slots = "range(timestamp '2003-05-01', timestamp '2003-05-04', interval 1 hour) as given (slot)"
    return [row[0] for row in table(f"select {share} from {slots} order by slot")]


def test_the_published_shares_of_a_day_at_work() -> None:
    assert _shares("2003-05-01 08:00", "2003-05-01 16:00") == [0] * 8 + [0.125] * 8 + [0] * 56


@given(start=st.integers(0, 47 * 60), length=st.integers(0, 24 * 60))
@settings(max_examples=50, deadline=None)
def test_the_shares_of_an_event_add_up_to_one(start: int, length: int) -> None:
    def clock(minute: int) -> str:
        return f"2003-05-0{1 + minute // 1440} {minute // 60 % 24:02}:{minute % 60:02}"

    shares = _shares(clock(start), clock(start + length))
    assert sum(shares) == pytest.approx(1, rel=1e-12)
    assert all(0 <= share <= 1 for share in shares)


def test_a_span_that_ends_before_it_begins_has_no_shares() -> None:
    assert set(_shares("2003-05-01 16:00", "2003-05-01 08:00")) == {None}
