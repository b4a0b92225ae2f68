"""The mid-year population of Surrey's LSOAs of 2011 on those of 2021 and on districts, to the last person."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest

from tests.real.test_reference import existing, records
from tests.unit.test_converted_figures import Pair, convert, figure, pairs

SURREY = {f"E07000{number}" for number in range(207, 218)}


@pytest.fixture(scope="module")
def people(real_data: Path) -> dict[str, int]:
    """LSOA of 2011 to its people in 2020, all of England and Wales."""
    path = existing(real_data / "population" / "lsoa11_mid_year_totals.csv")
    with path.open(newline="") as file:
        return {row["lsoa11_code"]: int(float(row["population_2020"])) for row in csv.DictReader(file)}


@pytest.fixture(scope="module")
def changes(real_data: Path) -> list[tuple[str, str, str, str]]:
    """LSOA of 2011, flag of change, LSOA of 2021, district: the rows of Surrey."""
    path = existing(real_data / "geography" / "lookups" / "lookup_lsoa11_lsoa21_ltla22.csv")
    rows = [(row[1], row[2], row[4], row[6]) for row in records(path)]
    return [row for row in rows if row[3] in SURREY]


def test_lsoas_of_2021_hold_everybody_and_say_where_they_are_estimates(
    people: dict[str, int], changes: list[tuple[str, str, str, str]]
) -> None:
    parts = Counter(old for old, *_ in changes)
    methods = {"U": "unchanged", "M": "merged", "S": "by_area"}
    lookup: list[Pair] = [(old, new, 1 / parts[old], methods[flag]) for old, flag, new, _ in changes]
    supplied = {old: people[old] for old in parts}
    rows = convert([figure(old, value) for old, value in supplied.items()], pairs(*lookup))
    assert (len(supplied), len(rows)) == (709, 719)
    assert sum(row["value"] for row in rows) == sum(supplied.values())
    assert all(row["value"].is_integer() for row in rows)
    assert Counter(row["status"] for row in rows) == {"ok": 697, "estimated": 22}
    merged = {row["area_code"]: row["value"] for row in rows if row["area_method"] == "merged"}
    assert merged == {"E01034293": people["E01030982"] + people["E01030985"]}


def test_districts_are_exact_and_all_others_of_the_country_are_outside(
    people: dict[str, int], changes: list[tuple[str, str, str, str]]
) -> None:
    lookup: list[Pair] = [(old, district, 1.0, "merged") for old, district in {(row[0], row[3]) for row in changes}]
    rows = convert([figure(old, value) for old, value in people.items()], pairs(*lookup))
    assert {row["area_code"] for row in rows} == SURREY | {"outside"}
    assert {row["status"] for row in rows} == {"ok"}
    assert sum(row["value"] for row in rows) == sum(people.values())
    expected = Counter[str]()
    for old, district in {(row[0], row[3]) for row in changes}:
        expected[district] += people[old]
    assert {row["area_code"]: row["value"] for row in rows if row["area_code"] != "outside"} == dict(expected)
