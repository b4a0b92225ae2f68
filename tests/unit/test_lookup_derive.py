"""Lookups worked out from outlines: exact where areas lie whole in others, else shares of what stands in each part."""

from __future__ import annotations

import itertools
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.intake.refusal import Refusal
from pipelines.place.lookups.derive import By, Derived, Measure, derive, read_people
from pipelines.place.lookups.shares import AreaSet
from tests.unit.lookups import EAST, NORTH, as_pairs, converted, kept_set, rectangle

AREA = Measure(By.area)


def strip(cuts: list[int], south: float = 0, north: float = 100) -> dict[str, object]:
    """Rectangles side by side, from each cut to the next, in metres."""
    pairs = list(itertools.pairwise(cuts))
    return {f"{index:02}": rectangle(west, south, east, north) for index, (west, east) in enumerate(pairs)}


def with_points(home: Path, *points: tuple[float, float], kind: str = "uprns", **more: list[object]) -> Measure:
    (home / "reference").mkdir(exist_ok=True)
    table = {"easting": [float(EAST + x) for x, _ in points], "northing": [float(NORTH + y) for _, y in points], **more}
    pl.DataFrame(table).write_parquet(home / "reference" / f"{kind}.parquet")
    return Measure(By.addresses, home / "reference")


def sums(derived: Derived) -> dict[str, float]:
    return dict(derived.rows.group_by("from_code").agg(pl.col("weight").sum()).iter_rows())


cut_lists = st.sets(st.integers(1, 19), max_size=6).map(lambda cuts: [0, *sorted(cut * 50 for cut in cuts), 1000])


@given(old=cut_lists, new=cut_lists, figures=st.lists(st.integers(0, 1_000_000), min_size=7, max_size=7))
def test_shares_of_surface_are_those_of_the_ruler_and_convert_every_figure_whole(
    tmp_path_factory: pytest.TempPathFactory, old: list[int], new: list[int], figures: list[int]
) -> None:
    home = tmp_path_factory.mktemp("home")
    derived = derive(kept_set(home, "old", strip(old)), kept_set(home, "new", strip(new)), AREA)
    pairs = as_pairs(derived.rows)
    wanted = {}
    for a, (west, east) in enumerate(itertools.pairwise(old)):
        for b, (left, right) in enumerate(itertools.pairwise(new)):
            common = min(east, right) - max(west, left)
            if common > 0:
                wanted[f"{a:02}", f"{b:02}"] = common / (east - west)
    assert {pair: weight for pair, (weight, _) in pairs.items()} == pytest.approx(wanted)
    for (a, b), (weight, method) in pairs.items():
        same = strip(old)[a] == strip(new)[b]
        assert method == ("unchanged" if same else "merged" if weight == 1 else "by_area")
    assert sums(derived) == pytest.approx(dict.fromkeys(strip(old), 1.0), abs=1e-12)
    assert derived.outside == {}
    given_ = dict(zip(strip(old), figures, strict=False))
    assert sum(converted(given_, pairs).values()) == sum(given_.values())


@given(
    points=st.lists(st.tuples(st.integers(1, 999), st.integers(1, 99)), min_size=1, max_size=30),
    old=cut_lists,
    new=cut_lists,
)
def test_shares_of_addresses_are_counts_of_points(
    tmp_path_factory: pytest.TempPathFactory, points: list[tuple[int, int]], old: list[int], new: list[int]
) -> None:
    home = tmp_path_factory.mktemp("home")
    # Half a metre off every edge, so that each point lies in one area of each set.
    inside = [(x + 0.5 if x % 50 == 0 else x, y) for x, y in points]
    measure = with_points(home, *inside)
    derived = derive(kept_set(home, "old", strip(old)), kept_set(home, "new", strip(new)), measure)
    assert sums(derived) == pytest.approx(dict.fromkeys(strip(old), 1.0), abs=1e-12)
    for (a, b), (weight, method) in as_pairs(derived.rows).items():
        here = [x for x, _ in inside if old[int(a)] < x < old[int(a) + 1]]
        both = [x for x in here if new[int(b)] < x < new[int(b) + 1]]
        if method == "by_addresses":
            assert weight == pytest.approx(len(both) / len(here))
        elif method == "by_area":
            assert not here
            assert a in derived.by_area_instead
        else:
            assert weight == 1.0


def test_what_lies_in_no_area_of_the_other_set_is_said_and_not_shared_out(tmp_path: Path) -> None:
    old = kept_set(tmp_path, "old", strip([0, 100, 200, 300, 400]))
    new = kept_set(tmp_path, "new", strip([0, 125, 180]))
    derived = derive(old, new, AREA)
    assert as_pairs(derived.rows) == {
        ("00", "00"): (1.0, "merged"),
        ("01", "00"): (pytest.approx(0.25), "by_area"),
        ("01", "01"): (pytest.approx(0.55), "by_area"),
    }
    assert derived.outside == pytest.approx({"01": 0.2, "02": 1.0, "03": 1.0})
    measure = with_points(tmp_path, (110, 50), (150, 50), (150, 60), (190, 50))
    assert as_pairs(derive(old, new, measure).rows)["01", "01"] == (pytest.approx(0.5), "by_addresses")


def test_a_part_of_what_was_split_is_summed_back(tmp_path: Path) -> None:
    whole = kept_set(tmp_path, "whole", strip([0, 100]), date(2011, 3, 27))
    parts = kept_set(tmp_path, "parts", strip([0, 70, 100]), date(2021, 3, 21))
    assert as_pairs(derive(parts, whole, AREA).rows) == {
        ("00", "00"): (1.0, "summed_back"),
        ("01", "00"): (1.0, "summed_back"),
    }
    assert as_pairs(derive(whole, parts, AREA).rows)["00", "01"] == (pytest.approx(0.3), "by_area")


def test_edges_drawn_a_little_otherwise_divide_nothing(tmp_path: Path) -> None:
    old = kept_set(tmp_path, "old", strip([0, 1000, 2000]))
    new = kept_set(tmp_path, "new", strip([5, 1010, 1995]))
    derived = derive(old, new, AREA)
    assert as_pairs(derived.rows) == {("00", "00"): (1.0, "unchanged"), ("01", "01"): (1.0, "unchanged")}
    assert (derived.slivers, derived.outside) == (1, {})
    closer = as_pairs(derive(old, new, Measure(By.area, tolerance=0.001)).rows)
    assert closer["01", "00"] == (pytest.approx(0.01), "by_area")


def test_a_small_area_of_a_large_one_is_no_sliver(tmp_path: Path) -> None:
    one = kept_set(tmp_path, "one", strip([0, 10_000]))
    many = kept_set(tmp_path, "many", strip(list(range(0, 10_001, 100))))
    weights = [weight for weight, _ in as_pairs(derive(one, many, AREA).rows).values()]
    assert weights == pytest.approx([0.01] * 100)


def test_postcodes_in_use_stand_in_where_no_addresses_are_loaded(tmp_path: Path) -> None:
    old = kept_set(tmp_path, "old", strip([0, 100]))
    new = kept_set(tmp_path, "new", strip([0, 50, 100]))
    with pytest.raises(Refusal, match="neither addresses nor postcodes"):
        derive(old, new, Measure(By.addresses, tmp_path / "reference"))
    ended = [None, None, None, date(2003, 1, 1)]
    measure = with_points(tmp_path, (10, 50), (60, 50), (70, 50), (20, 50), kind="postcodes", terminated=ended)
    derived = derive(old, new, measure)
    assert derived.counted == "postcodes"
    assert as_pairs(derived.rows)["00", "01"] == (pytest.approx(2 / 3), "by_addresses")
    with_points(tmp_path, (10, 50))
    assert derive(old, new, measure).counted == "uprns"


def people(home: Path, text: str, small: AreaSet) -> Measure:
    path = home / "people.csv"
    path.write_text(text, encoding="utf-8")
    return Measure(By.population, people=read_people(path, small, "code", "people"))


def test_population_is_that_of_the_small_areas_in_each_part(tmp_path: Path) -> None:
    old = kept_set(tmp_path, "old", strip([0, 400, 800]))
    new = kept_set(tmp_path, "new", strip([0, 150, 700]))
    small = kept_set(tmp_path, "small", strip([0, 100, 200, 300, 400, 800]))
    derived = derive(old, new, people(tmp_path, "code,people\n00,60\n01,20\n02,10\n03,10\n04,500\n", small))
    pairs = as_pairs(derived.rows)
    # 60 people and half of 20 live west of 150 m, of 100 in all.
    assert pairs["00", "00"] == (pytest.approx(0.7), "by_population")
    assert pairs["00", "01"] == (pytest.approx(0.3), "by_population")
    # One small area makes up all of the second: it says no more than the surface does.
    assert pairs["01", "01"] == (pytest.approx(0.75), "by_area")
    assert derived.by_area_instead == ("01",)


def test_population_beyond_the_other_set_stays_there(tmp_path: Path) -> None:
    old = kept_set(tmp_path, "old", strip([0, 400]))
    new = kept_set(tmp_path, "new", strip([0, 200, 300]))
    small = kept_set(tmp_path, "small", strip([0, 300, 400]))
    derived = derive(old, new, people(tmp_path, "code,people\n00,90\n01,10\n", small))
    assert as_pairs(derived.rows) == {
        ("00", "00"): (pytest.approx(0.6), "by_population"),
        ("00", "01"): (pytest.approx(0.3), "by_population"),
    }
    assert derived.outside == pytest.approx({"00": 0.1})


def test_a_small_area_without_a_count_is_not_taken_for_empty(tmp_path: Path) -> None:
    old = kept_set(tmp_path, "old", strip([0, 400]))
    new = kept_set(tmp_path, "new", strip([0, 100, 400]))
    small = kept_set(tmp_path, "small", strip([0, 100, 400]))
    derived = derive(old, new, people(tmp_path, "code,people\n00,90\n", small))
    assert as_pairs(derived.rows)["00", "00"] == (pytest.approx(0.25), "by_area")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("code,people\n00,many\n", 'people.csv:2: "many" in "people" is not a count'),
        ("code,people\n00,5\n01,-1\n", 'people.csv:3: "-1" in "people" is not a count'),
        ("code,people\n00,5\n01,\n", 'people.csv:3: "" in "people" is not a count'),
        ("code,people\n00,nan\n", 'people.csv:2: "nan"'),
        ("code,people\n00,5\n01,6\n00,5\n", 'people.csv:4: "00" also stands in line 2'),
        ("code,people\nelsewhere,5\n", 'none of its "code" is an area of small'),
    ],
)
def test_counts_that_are_none_are_refused(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(Refusal) as error:
        people(tmp_path, text, kept_set(tmp_path, "small", strip([0, 100, 400])))
    assert said in str(error.value)


def test_a_set_that_is_not_loaded_is_refused_with_the_nearest_name(tmp_path: Path) -> None:
    kept_set(tmp_path, "ward_2013", strip([0, 100]))
    with pytest.raises(Refusal, match=r"ward_2031.*ward_2013"):
        AreaSet(tmp_path / "boundaries", "ward_2031")
