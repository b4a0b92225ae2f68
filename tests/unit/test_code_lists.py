"""The shipped schemes: each a tree on every day, with its source, and with as many codes as its publisher gives it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from pipelines.specs.hierarchy import Hierarchy
from pipelines.specs.models import Code
from tests.unit.makers import shipped


def tree(name: str) -> Hierarchy:
    return Hierarchy(shipped().code_lists[name].entries)


def in_force(name: str, day: date) -> list[Code]:
    """What a scheme's records can be coded by on a day."""
    return [entry for entry in tree(name).leaves() if entry.holds_on(day)]


def test_every_list_names_its_publisher_and_publication() -> None:
    table = shipped().list_sources
    assert table is not None
    assert {source.list for source in table.entries} == set(shipped().code_lists)


@pytest.mark.parametrize("name", sorted(shipped().code_lists))
def test_on_every_day_a_scheme_is_a_tree(name: str) -> None:
    """On the days its codes change and the days before: one entry a code, and every parent in force."""
    entries = shipped().code_lists[name].entries
    changes = {entry.first_day for entry in entries} | {entry.last_day for entry in entries}
    for day in changes | {day - timedelta(days=1) for day in changes if day > date.min}:
        standing = [entry for entry in entries if entry.holds_on(day)]
        codes = {entry.code for entry in standing}
        assert len(codes) == len(standing)
        assert {entry.parent for entry in standing} <= codes | {None}
        for entry in standing:
            path = tree(name).path(entry, day)
            assert path[-1] == entry.code
            assert len(set(path)) == len(path)


@pytest.mark.parametrize(
    ("name", "day", "codes"),
    [
        ("crime_category", date(2011, 8, 31), 6),  # with anti-social behaviour
        ("crime_category", date(2013, 4, 30), 11),
        ("crime_category", date(2013, 5, 1), 14),
        ("asb_type", date(2011, 3, 31), 14),
        ("asb_type", date(2011, 4, 1), 3),
        ("exclusion_reason", date(2020, 8, 31), 12),
        ("exclusion_reason", date(2020, 9, 1), 16),
        ("ethnicity", date(2011, 3, 26), 16 + 1),
        ("ethnicity", date(2011, 3, 27), 18 + 1),
        ("ethnicity", date(2021, 3, 21), 19 + 1),  # with Roma
        ("fly_tipping_land", date(2024, 1, 1), 10),
        ("fly_tipping_size", date(2024, 1, 1), 7),
        ("abandoned_vehicle_stage", date(2024, 1, 1), 4),
        (
            "outcome_type",
            date(2024, 1, 1),
            22 + 3 + 19,
        ),  # 1, 2 and 3 also for an alternate offence; data.police.uk's own
        ("offence_code", date(2024, 1, 1), 3_039),
    ],
)
def test_a_scheme_has_the_codes_its_publisher_gives_it(name: str, day: date, codes: int) -> None:
    assert len(in_force(name, day)) == codes


def test_kinds_of_anti_social_behaviour_roll_up_to_three_which_do_not_compare_with_types() -> None:
    asb = tree("asb_type")
    before = [entry for entry in asb.leaves() if entry.last_day == date(2011, 3, 31)]
    assert {entry.parent for entry in before} == {"personal", "nuisance", "environmental"}
    series = asb.series(date(2010, 4, 1), date(2010, 12, 31))
    assert series["street_drinking"] == "street_drinking"
    across = asb.series(date(2010, 4, 1), date(2012, 3, 31))
    assert {across[entry.code] for entry in before} == {across["personal"]} == {"asb"}


def test_chinese_moved_group_in_2011_so_only_both_groups_together_compare() -> None:
    series = tree("ethnicity").series(date(2005, 1, 1), date(2015, 1, 1))
    assert {series[code] for code in ("chinese", "asian_indian", "arab", "other_other")} == {"asian_or_other"}
    assert series["white_traveller"] == series["white_other"] == "white"
    assert series["black_african"] == "black_african"


def test_exclusion_reasons_are_followed_over_2020_by_what_replaced_them() -> None:
    series = tree("exclusion_reason").series(date(2019, 9, 1), date(2021, 8, 31))
    assert {series[code] for code in ("OT", "OW", "MT", "PH")} == {"other"}
    assert {series[code] for code in ("BU", "RA", "LG", "DS")} == {"abuse"}
    assert series["PP"] == "PP"


def test_an_offence_that_moved_subgroup_is_followed_by_its_group() -> None:
    offence = tree("offence")
    assert {len(offence.path(entry)) for entry in offence.leaves()} == {3}
    across = offence.series(date(2014, 4, 1), date(2016, 3, 31))
    assert across["8L"] == across["2"] == "violence"  # harassment left violence without injury
    assert across["34A"] == "34A"
    assert offence.series(date(2015, 4, 1), date(2017, 3, 31))["8L"] == "8L"


def test_an_age_is_in_one_finest_band() -> None:
    bands = [entry for entry in tree("age_band").leaves() if entry.lower is not None]
    for age in range(121):
        assert sum(band.lower <= age and (band.upper is None or age <= band.upper) for band in bands) == 1  # type: ignore[operator]
