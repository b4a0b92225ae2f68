"""Lookups in a row: by way of a third set, and through a register of dated changes of codes."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.intake.refusal import Refusal
from pipelines.place.lookups.add import AddedLookup, LookupFile, add_lookup
from pipelines.place.lookups.compose import STRENGTH, compose, lost_on_the_way
from pipelines.place.lookups.store import METHODS
from tests.unit.lookups import as_pairs, kept_pairs, kept_set, rectangle, table

UNKNOWN = (None, "not_comparable")
HEADER = "changed_to_code,changed_from_code,date,split,merge\n"
# a and b merge; the next year that merges with c; d is split; e is given a new boundary and code; f a new name.
REGISTER = (
    HEADER
    + """\
ab,a,2019-04-01,False,True
ab,b,2019-04-01,False,True
abc,ab,2020-04-01,False,True
abc,c,2020-04-01,False,True
d1,d,2019-04-01,True,False
d2,d,2019-04-01,True,False
e2,e,2021-04-01,False,False
f,f,2021-04-01,False,False
"""
)


def test_weights_multiply_along_each_way_and_add_up_over_them() -> None:
    first = table([("a", "b1", 0.25, "by_addresses"), ("a", "b2", 0.75, "by_addresses"), ("z", "b3", 1.0, "merged")])
    second = table([("b1", "c", 1.0, "unchanged"), ("b2", "c", 0.4, "by_area"), ("b2", "d", 0.6, "by_area")])
    pairs = as_pairs(compose(first, second))
    assert pairs == {
        ("a", "c"): (pytest.approx(0.55), "by_area"),
        ("a", "d"): (pytest.approx(0.45), "by_area"),
    }
    assert lost_on_the_way(first, second) == ["z"]


def test_what_is_not_comparable_on_one_way_is_not_comparable() -> None:
    first = table([("a", "b1", 0.5, "by_area"), ("a", "b2", 0.5, "by_area")])
    second = table(
        [("b1", "c", 1.0, "merged"), ("b2", "c", None, "not_comparable"), ("b2", "d", None, "not_comparable")]
    )
    assert as_pairs(compose(first, second)) == {("a", "c"): UNKNOWN, ("a", "d"): UNKNOWN}


def test_the_order_of_strength_is_that_of_the_methods() -> None:
    assert [method for method in STRENGTH if method in METHODS] == list(METHODS)


def lookups(source: str, target: str) -> st.SearchStrategy[list[tuple[str, str, float, str]]]:
    """Lookups whose weights add up to 1 for each of four from-areas."""
    shares = st.lists(st.integers(0, 5), min_size=4, max_size=4).filter(any)

    def rows(chosen: list[list[int]]) -> list[tuple[str, str, float, str]]:
        made = []
        for a, parts in enumerate(chosen):
            for b, part in enumerate(parts):
                if part:
                    weight = part / sum(parts)
                    made.append((f"{source}{a}", f"{target}{b}", weight, "merged" if weight == 1 else "by_area"))
        return made

    return st.lists(shares, min_size=4, max_size=4).map(rows)


@given(first=lookups("a", "b"), second=lookups("b", "c"), third=lookups("c", "d"))
def test_weights_of_each_area_add_up_to_1_however_lookups_are_put_together(
    first: list[Any], second: list[Any], third: list[Any]
) -> None:
    one, two, three = table(first), table(second), table(third)
    left, right = as_pairs(compose(compose(one, two), three)), as_pairs(compose(one, compose(two, three)))
    assert left.keys() == right.keys()
    for pair, (weight, method) in left.items():
        assert right[pair] == (pytest.approx(weight), method)
    for code in ("a0", "a1", "a2", "a3"):
        assert sum(weight or 0 for (source, _), (weight, _) in left.items() if source == code) == pytest.approx(1)


def added(home: Path, text: str = REGISTER, **fields: Any) -> AddedLookup:
    path = home / "changes.csv"
    path.write_text(text, encoding="utf-8")
    return add_lookup(LookupFile(path, **fields), home / "boundaries", home / "lookups", "old", "new", None)


def test_a_register_of_changes_is_followed_from_day_to_day(tmp_path: Path) -> None:
    made = added(tmp_path)
    assert kept_pairs(tmp_path, "old", "new") == {
        ("a", "abc"): (1.0, "merged"),
        ("b", "abc"): (1.0, "merged"),
        ("c", "abc"): (1.0, "merged"),
        ("d", "d1"): UNKNOWN,
        ("d", "d2"): UNKNOWN,
        ("e", "e2"): (1.0, "best_fit"),
        ("f", "f"): (1.0, "unchanged"),
    }
    assert kept_pairs(tmp_path, "new", "old") == {
        ("abc", "a"): UNKNOWN,
        ("abc", "b"): UNKNOWN,
        ("abc", "c"): UNKNOWN,
        ("d1", "d"): (1.0, "summed_back"),
        ("d2", "d"): (1.0, "summed_back"),
        ("e2", "e"): (1.0, "best_fit"),
        ("f", "f"): (1.0, "unchanged"),
    }
    assert made.register_alone
    assert [direction.awaiting for direction in made.directions] == [1, 1]
    added(tmp_path, exact=True)
    assert kept_pairs(tmp_path, "old", "new")["e", "e2"] == (1.0, "unchanged")


def test_the_days_bound_which_changes_count(tmp_path: Path) -> None:
    added(tmp_path, after=date(2019, 4, 1), until=date(2020, 4, 1))
    assert kept_pairs(tmp_path, "old", "new") == {("ab", "abc"): (1.0, "merged"), ("c", "abc"): (1.0, "merged")}


def test_a_loaded_set_brings_the_areas_that_never_changed(tmp_path: Path) -> None:
    square = rectangle(0, 0, 10, 10)
    kept_set(tmp_path, "old", dict.fromkeys(("a", "b", "c", "g"), square))
    kept_set(tmp_path, "new", dict.fromkeys(("ab", "c", "g"), square), date(2019, 4, 1))
    made = added(tmp_path)
    # The new set came into force before the merger with c.
    assert kept_pairs(tmp_path, "old", "new") == {
        ("a", "ab"): (1.0, "merged"),
        ("b", "ab"): (1.0, "merged"),
        ("c", "c"): (1.0, "unchanged"),
        ("g", "g"): (1.0, "unchanged"),
    }
    assert not made.register_alone
    assert made.leads_nowhere == ()


def test_changes_that_contradict_their_flags_are_not_comparable(tmp_path: Path) -> None:
    added(tmp_path, HEADER + "x,a,2019-04-01,False,True\ny,a,2019-04-01,False,True\nx,b,2019-04-01,False,True\n")
    assert set(kept_pairs(tmp_path, "old", "new").values()) == {UNKNOWN}
    assert set(kept_pairs(tmp_path, "new", "old").values()) == {UNKNOWN}


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("x,a,1 April 2019,False,True\n", 'changes.csv:2: "1 April 2019" in "date" is not a date such as'),
        ("x,a,2019-04-01,no,True\n", 'changes.csv:2: "no" in "split" is not True or False'),
        ("x,,2019-04-01,False,True\n", 'changes.csv:2: "" in "changed_from_code" is not a code'),
        ("x,a,2019-04-01,False,True\n" * 2, "changes.csv:3: a to x on 2019-04-01 also stands in line 2"),
    ],
)
def test_what_a_register_gets_wrong_is_said_with_its_line(tmp_path: Path, row: str, said: str) -> None:
    with pytest.raises(Refusal) as error:
        added(tmp_path, HEADER + row)
    assert said in str(error.value)
