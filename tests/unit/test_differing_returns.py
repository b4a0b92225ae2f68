"""What is told of the returns in which two releases differ."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.publish.returns import differing_returns

MAY, JUNE = date(2014, 5, 1), date(2014, 6, 1)
MADE = {"spec": "s", "maps": "m", "corrections": "", "reference": "r", "rights": ""}
Row = dict[str, Any]


def entry(delivery: str, fingerprint: str = "f", revision: int = 1, start: date = MAY, supplier: str = "surrey") -> Row:
    key = {"feed": "police_uk/crime", "supplier": supplier, "period_start": start}
    return {**key, "delivery_id": delivery, "fingerprint": fingerprint, "revision": revision}


def returned(start: date = MAY, *months: str) -> Row:
    key = {"feed": "police_uk/crime", "supplier": "surrey", "period_start": start}
    return {**key, "period_type": "month", "months": dict.fromkeys(months, 1)}


def told(new: list[Row], old: list[Row], makings: list[Row] | None = None) -> list[tuple[str, str]]:
    return [(row["reason"], row["delivery_id"]) for row in differing_returns(new, old, [], makings or [])]


def test_a_return_that_was_not_there_is_late() -> None:
    assert told([entry("a"), entry("b", start=JUNE)], [entry("a")]) == [("late_return", "b")]


@pytest.mark.parametrize(
    ("new", "old", "delivery"),
    [
        ([entry("b", revision=2)], [entry("a")], "b"),
        ([entry("a"), entry("b", revision=2)], [entry("a")], "b"),
        ([entry("a")], [entry("a"), entry("b", revision=2)], "b"),
        ([], [entry("a")], "a"),
        ([entry("b"), entry("a", revision=3)], [entry("a"), entry("b", revision=2)], "a"),
    ],
    ids=["another", "one more", "one less", "none", "the same in another order"],
)
def test_another_set_of_deliveries_is_a_revision(new: list[Row], old: list[Row], delivery: str) -> None:
    assert told(new, old) == [("revision", delivery)]


def test_a_later_number_of_the_only_delivery_moves_nothing() -> None:
    """An earlier revision that came late: the one in force is the second now, and the same."""
    assert told([entry("a", revision=2)], [entry("a")]) == []


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"corrections": "c"}, "correction"),
        ({"maps": "n"}, "code_map"),
        ({"reference": "q"}, "geocoding"),
        ({"spec": "t"}, "replay"),
        ({"spec": "t", "reference": "q"}, "geocoding"),
        ({"spec": "t", "reference": "q", "maps": "n"}, "code_map"),
        ({"spec": "t", "reference": "q", "maps": "n", "corrections": "c"}, "correction"),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, dict) else value,
)
def test_a_delivery_made_again_says_what_was_changed(changed: Row, reason: str) -> None:
    makings = [{"fingerprint": "f", **MADE}, {"fingerprint": "g", **MADE, **changed}]
    assert told([entry("a", "g")], [entry("a", "f")], makings) == [(reason, "a")]


def test_of_several_deliveries_made_again_the_narrower_reason_is_told() -> None:
    makings = [
        {"fingerprint": "f", **MADE},
        {"fingerprint": "g", **MADE, "spec": "t"},
        {"fingerprint": "h", **MADE, "maps": "n"},
    ]
    new = [entry("a", "g"), entry("b", "h", 2), entry("c", "g", 3)]
    old = [entry("a", "f"), entry("b", "f", 2), entry("c", "f", 3)]
    assert told(new, old, makings) == [("code_map", "b")]


def test_the_months_are_those_of_the_period_and_of_its_events() -> None:
    returns = [returned(MAY, "2014-04-01"), returned(MAY, "2014-05-01", "2014-03-01"), returned(JUNE, "2014-07-01")]
    [row] = differing_returns([entry("a")], [], returns, [])
    assert row["months"] == [date(2014, 3, 1), date(2014, 4, 1), MAY]


entries = st.lists(
    st.builds(
        entry,
        st.sampled_from("abc"),
        st.sampled_from("fg"),
        st.integers(1, 3),
        st.sampled_from([MAY, JUNE]),
        st.sampled_from(["surrey", "kent"]),
    ),
    unique_by=lambda row: (row["supplier"], row["period_start"], row["delivery_id"]),
)


@given(entries, entries)
def test_what_differs_one_way_differs_the_other_way(new: list[Row], old: list[Row]) -> None:
    def keys(one: list[Row], other: list[Row]) -> list[tuple[str, date]]:
        return [(row["supplier"], row["period_start"]) for row in differing_returns(one, other, [], [])]

    assert keys(new, old) == keys(old, new)
    assert keys(new, new) == []
