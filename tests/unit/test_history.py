"""A return against its feed's history: judged only where there is enough of it, and only as far as the spec says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.specs.feeds import History
from quality_checks.history import HISTORY_RETURNS, Profile, judge, mix_distance

mixes = st.dictionaries(st.sampled_from("abcd"), st.integers(0, 50))
LIMITS = {"after": 3, "volume": {"action": "warn", "limit": 2}, "category_mix": {"action": "stop", "limit": 0.3}}
USUAL = {"burglary": 60, "drugs": 40}


def profile(name: str, rows: int, mix: dict[str, int] | None = None, history: int = 6, **limits: object) -> Profile:
    return Profile(
        (name,),
        rows,
        USUAL if mix is None else mix,
        [(100, USUAL)] * history,
        History.model_validate({**LIMITS, **limits}),
    )


def verdicts(*profiles: Profile) -> list[tuple[str, str, str]]:
    return [(verdict.key[0], verdict.issue_type, verdict.action) for verdict in judge(profiles)]


@given(mixes, mixes)
def test_the_distance_between_mixes_is_a_share(one: dict[str, int], other: dict[str, int]) -> None:
    distance = mix_distance(one, other)
    assert -1e-12 <= distance <= 1 + 1e-12
    assert distance == pytest.approx(mix_distance(other, one))
    assert mix_distance(one, one) == 0
    assert mix_distance({name: count * 7 for name, count in one.items()}, other) == pytest.approx(distance)


def test_the_distance_is_the_share_of_rows_that_would_have_to_move() -> None:
    assert mix_distance({"a": 50, "b": 50}, {"a": 25, "b": 75}) == pytest.approx(0.25)
    assert mix_distance({"a": 1}, {"b": 9}) == 1
    assert mix_distance({}, {"a": 9}) == mix_distance({"a": 0}, {"a": 9}) == 0


def test_nothing_is_judged_before_there_is_enough_history() -> None:
    assert verdicts(profile("short", 9000, {"fraud": 9000}, history=2)) == []
    assert judge([]) == []


def test_each_return_is_judged_against_its_own_history() -> None:
    told = verdicts(
        profile("usual", 100),
        profile("short", 1, history=2),
        profile("half", 50),
        profile("fewer", 49),
        profile("double", 200),
        profile("more", 201),
        profile("shifted", 100, {"burglary": 25, "drugs": 75}),
        profile("both", 500, {"fraud": 500}),
        profile("none", 0, {}),
    )
    assert sorted(told) == [
        ("both", "mix_unlike_history", "stop"),
        ("both", "volume_unlike_history", "warn"),
        ("fewer", "volume_unlike_history", "warn"),
        ("more", "volume_unlike_history", "warn"),
        ("none", "volume_unlike_history", "warn"),
        ("shifted", "mix_unlike_history", "stop"),
    ]


def test_the_spec_says_what_happens() -> None:
    limits = {"volume": {"action": "stop", "limit": 2}, "category_mix": {"action": "warn", "limit": 0.3}}
    (volume, mix) = sorted(judge([profile("a", 500, {"fraud": 500}, **limits)]), key=lambda verdict: verdict.action)
    assert (volume.action, volume.message) == ("stop", "500 rows, where its history suggests 50 to 200")
    assert (mix.action, mix.message) == ("warn", "categories are 100% unlike its history (limit 30%)")


def test_only_recent_history_counts() -> None:
    grown = Profile(("a",), 1000, {}, [(10, {})] * 100 + [(1000, {})] * HISTORY_RETURNS, History.model_validate(LIMITS))
    shrunk = Profile(("b",), 10, {}, grown.history, grown.limits)
    assert verdicts(grown, shrunk) == [("b", "volume_unlike_history", "warn")]
