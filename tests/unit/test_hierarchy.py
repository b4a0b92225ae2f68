"""Laws of the coarsest common roll-up: what is counted by it is the same thing on every day of the series."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.specs.hierarchy import Hierarchy
from pipelines.specs.models import Code
from tests.unit.makers import shipped

FIRST = date(2010, 1, 1)


def day(number: int) -> date:
    return FIRST + timedelta(days=number)


@st.composite
def schemes(draw: st.DrawFn) -> list[Code]:
    """A top that stands always, heads below it, and codes that come, go, and move between heads."""
    heads = [f"h{number}" for number in range(draw(st.integers(1, 3)))]
    made = [Code(code="top", label="top"), *(Code(code=head, label=head, parent="top") for head in heads)]
    for number in range(draw(st.integers(1, 6))):
        cuts = sorted(draw(st.sets(st.integers(0, 40), min_size=2, max_size=4)))
        spans = draw(st.sampled_from([list(pairwise(cuts)), [(None, None)]]))
        for begin, end in spans:
            made.append(
                Code(
                    code=f"c{number}",
                    label=f"c{number}",
                    parent=draw(st.sampled_from(heads)),
                    valid_from=None if begin is None else day(begin),
                    valid_to=None if end is None else day(end - 1),
                )
            )
    return made


SPANS = st.tuples(st.integers(-5, 45), st.integers(-5, 45)).map(sorted)


@given(schemes(), SPANS)
def test_it_is_the_code_itself_or_one_above_it(entries: list[Code], span: list[int]) -> None:
    tree = Hierarchy(entries)
    for code, common in tree.series(day(span[0]), day(span[1])).items():
        assert common == code or common in tree.ancestors(code)


@given(schemes(), SPANS)
def test_no_series_holds_another(entries: list[Code], span: list[int]) -> None:
    """So that the figures of a series may be added up, finest codes are counted in one series each."""
    tree = Hierarchy(entries)
    series = tree.series(day(span[0]), day(span[1]))
    counted = {series[entry.code] for entry in tree.leaves() if entry.code in series}
    assert not any(other in tree.ancestors(str(code)) for code in counted for other in counted)


@given(schemes(), SPANS)
def test_below_a_series_nothing_crosses_its_edge(entries: list[Code], span: list[int]) -> None:
    """On every day all that is in force below a series' code is counted as it, and nothing else is."""
    tree, first, last = Hierarchy(entries), day(span[0]), day(span[1])
    series = tree.series(first, last)
    for number in range(span[0], span[1] + 1):
        for entry in tree.leaves():
            if entry.holds_on(day(number)):
                above = set(tree.path(entry, day(number)))
                assert above & {series[leaf.code] for leaf in tree.leaves() if leaf.code in series} == {
                    series[entry.code]
                }


@given(schemes(), SPANS, SPANS)
def test_a_longer_series_is_never_finer(entries: list[Code], one: list[int], other: list[int]) -> None:
    tree = Hierarchy(entries)
    both = [min(one[0], other[0]), max(one[1], other[1])]
    longer = tree.series(day(both[0]), day(both[1]))
    for code, common in tree.series(day(one[0]), day(one[1])).items():
        assert longer[code] == common or longer[code] in tree.ancestors(str(common))


@given(schemes(), st.integers(-5, 45))
def test_on_one_day_every_code_is_counted_as_itself(entries: list[Code], number: int) -> None:
    assert all(code == common for code, common in Hierarchy(entries).series(day(number), day(number)).items())


def test_a_top_code_that_ended_compares_with_nothing() -> None:
    tree = Hierarchy([Code(code="a", label="A", valid_to=day(9)), Code(code="b", label="B")])
    assert tree.series(day(0), day(20)) == {"a": None, "b": "b"}
    assert tree.series(day(0), day(9)) == {"a": "a", "b": "b"}


def test_two_tops_that_exchange_a_code_compare_with_nothing() -> None:
    tree = Hierarchy(
        [
            Code(code="a", label="A"),
            Code(code="b", label="B"),
            Code(code="c", label="C"),
            Code(code="x", label="X", parent="a", valid_to=day(9)),
            Code(code="x", label="X", parent="b", valid_from=day(10)),
        ]
    )
    assert tree.series(day(0), day(20)) == {"a": None, "b": None, "c": "c", "x": None}


@pytest.mark.parametrize(
    ("start", "expected"),
    [
        (date(2010, 12, 1), {"drugs": "other_crime_group", "bicycle_theft": "other_crime_group"}),
        (date(2011, 9, 1), {"drugs": "drugs", "bicycle_theft": "other_theft_group"}),
        (date(2013, 5, 1), {"drugs": "drugs", "bicycle_theft": "bicycle_theft"}),
    ],
)
def test_the_eras_of_data_police_uk(start: date, expected: dict[str, str]) -> None:
    tree = Hierarchy(shipped().code_lists["crime_category"].entries)
    assert start in tree.beginnings()
    series = tree.series(start)
    assert {code: series[code] for code in expected} == expected
    assert (series["burglary"], series["anti_social_behaviour"]) == ("burglary", "anti_social_behaviour")


def test_an_era_begins_where_codes_change() -> None:
    assert Hierarchy(shipped().code_lists["crime_category"].entries).beginnings() == [
        date(2010, 12, 1), date(2011, 9, 1), date(2013, 5, 1)
    ]  # fmt: skip
    assert Hierarchy(shipped().code_lists["exclusion_reason"].entries).beginnings() == [None, date(2020, 9, 1)]
    assert Hierarchy(shipped().code_lists["weapon"].entries).beginnings() == [None]
