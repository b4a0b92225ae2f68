"""Lookups against the publishers' own: small areas of Surrey across censuses, districts across reorganisations."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from pipelines.place.boundaries.merge import merge_set
from pipelines.place.boundaries.sets import BoundaryFields, add_boundaries, read_areas
from pipelines.place.lookups.add import AddedLookup, LookupFile, add_lookup
from pipelines.place.lookups.derive import By, Measure, derive, read_people
from pipelines.place.lookups.shares import AreaSet
from pipelines.place.lookups.store import EXACT
from tests.conftest import ROOT
from tests.unit.lookups import Pairs, as_pairs, converted, kept_pairs

LSOA = ("boundaries_surrey/lsoa11/*.geojson", "boundaries_surrey/lsoa/*.geojson")
UNKNOWN = (None, "not_comparable")
# Unitary councils since 2019 and the districts before them, all of whole districts: the structural changes orders.
REORGANISED = {
    "E06000058": {"E06000028", "E06000029", "E07000048"},  # Bournemouth, Christchurch and Poole
    "E06000059": {f"E070000{number}" for number in (49, 50, 51, 52, 53)},  # Dorset
    "E06000060": {f"E0700000{number}" for number in (4, 5, 6, 7)},  # Buckinghamshire
    "E06000061": {f"E07000{number}" for number in (150, 152, 153, 156)},  # North Northamptonshire
    "E06000062": {f"E07000{number}" for number in (151, 154, 155)},  # West Northamptonshire
    "E06000063": {f"E070000{number}" for number in (26, 28, 29)},  # Cumberland
    "E06000064": {f"E070000{number}" for number in (27, 30, 31)},  # Westmorland and Furness
    "E06000065": {f"E07000{number}" for number in range(163, 170)},  # North Yorkshire
    # Somerset: two of its districts had already merged in 2019.
    "E06000066": {f"E07000{number}" for number in (187, 188, 189, 190, 191)},
}


@pytest.fixture(scope="module")
def geography(real_data: Path) -> Path:
    folder = real_data / "geography"
    for needed in ("lookups", "code_history", "lad"):
        if not (folder / needed).is_dir():
            pytest.skip(f"{folder / needed} is missing: set COMMONGRID_REAL_DATA to a folder that has it")
    return folder


@pytest.fixture(scope="module")
def loaded(geography: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the small areas (LSOAs) of Surrey, 2011 and 2021."""
    home = tmp_path_factory.mktemp("home")
    for pattern, year, day in zip(LSOA, (2011, 2021), (date(2011, 3, 27), date(2021, 3, 21)), strict=True):
        fields = BoundaryFields(f"LSOA{year % 100}CD", f"LSOA{year % 100}NM", "LADCD_ACTIVE")
        add_boundaries(sorted(geography.glob(pattern)), home / "boundaries", f"lsoa_{year}", fields, day, None)
    return home


def added(home: Path, file: LookupFile, sets: tuple[str, str], measure: Measure | None = None) -> AddedLookup:
    return add_lookup(file, home / "boundaries", home / "lookups", *sets, measure)


def methods(pairs: Pairs) -> Mapping[str, int]:
    return Counter(method for _, method in pairs.values())


def test_surreys_small_areas_from_2011_to_2021_and_back(loaded: Path, geography: Path) -> None:
    file = LookupFile(
        geography / "lookups" / "lookup_lsoa11_lsoa21_ltla22.csv", "lsoa11_code", "lsoa21_code", "change_code"
    )
    made = added(loaded, file, ("lsoa_2011", "lsoa_2021"))
    ahead, back = (kept_pairs(loaded, *pair) for pair in (("lsoa_2011", "lsoa_2021"), ("lsoa_2021", "lsoa_2011")))
    assert (len({old for old, _ in ahead}), len({new for _, new in ahead})) == (709, 719)
    assert methods(ahead) == {"unchanged": 696, "merged": 2, "not_comparable": 22}
    assert methods(back) == {"unchanged": 696, "summed_back": 22, "not_comparable": 2}
    assert ahead["E01030982", "E01034293"] == ahead["E01030985", "E01034293"] == (1.0, "merged")
    assert [direction.awaiting for direction in made.directions] == [11, 1]
    assert (made.not_loaded, made.leads_nowhere, made.not_in_file) == ((), (), {})
    figures = {code: 7 * n + 3 for n, code in enumerate(sorted({new for new, _ in back} - {"E01034293"}))}
    assert sum(converted(figures, back).values()) == sum(figures.values())
    added(loaded, file, ("lsoa_2011", "lsoa_2021"), Measure(By.area))
    assert methods(kept_pairs(loaded, "lsoa_2011", "lsoa_2021")) == {"unchanged": 696, "merged": 2, "by_area": 22}


def test_the_outlines_alone_give_what_the_publisher_says(loaded: Path, geography: Path) -> None:
    """696 unchanged, 2 merged and 22 parts, found from the boundaries, are those of the change flags."""
    flags = pl.read_csv(geography / "lookups" / "lookup_lsoa11_lsoa21_ltla22.csv", infer_schema=False)
    named = {"U": "unchanged", "M": "merged", "S": "by_area"}
    old, new = (AreaSet(loaded / "boundaries", f"lsoa_{year}") for year in (2011, 2021))
    wanted = {
        (row["lsoa11_code"], row["lsoa21_code"]): named[row["change_code"]]
        for row in flags.filter(pl.col("lsoa11_code").is_in(old.codes.tolist())).iter_rows(named=True)
    }
    found = as_pairs(derive(old, new, Measure(By.area)).rows)
    assert {pair: method for pair, (_, method) in found.items()} == wanted
    back = {"unchanged": "unchanged", "merged": "by_area", "by_area": "summed_back"}
    found = as_pairs(derive(new, old, Measure(By.area)).rows)
    assert {(b, a): method for (a, b), (_, method) in found.items()} == {
        pair: back[method] for pair, method in wanted.items()
    }


def test_population_shares_surreys_wards_of_2013_among_those_of_2025(
    loaded: Path, geography: Path, real_data: Path
) -> None:
    folder = loaded / "boundaries"
    wards = geography / "boundaries_surrey"
    old_fields, new_fields = BoundaryFields("WD13CD", "WD13NM"), BoundaryFields("WD25CD", "WD25NM")
    add_boundaries(
        sorted((wards / "ward_2011_martinjc").glob("E07*.json")), folder, "ward_2013", old_fields, None, None
    )
    add_boundaries(sorted((wards / "ward").glob("*.geojson")), folder, "ward_2025", new_fields, None, None)
    counts = real_data / "population" / "lsoa11_mid_year_totals.csv"
    people = read_people(counts, AreaSet(folder, "lsoa_2011"), "lsoa11_code", "population_2020")
    assert people.lacking == ()
    old, new = AreaSet(folder, "ward_2013"), AreaSet(folder, "ward_2025")
    by_people = derive(old, new, Measure(By.population, people=people))
    by_area = derive(old, new, Measure(By.area))
    sums = by_people.rows.group_by("from_code").agg(pl.col("weight").sum())
    assert sums.height == len(old.codes)
    assert sums["weight"].to_list() == pytest.approx([1.0] * sums.height, abs=1e-9)
    assert as_pairs(by_people.rows).keys() == as_pairs(by_area.rows).keys()
    # Most wards are no mere field: people stand otherwise than the surface.
    shared = by_people.rows.join(by_area.rows, on=("from_code", "to_code")).filter(pl.col("method") == "by_population")
    assert shared.filter((pl.col("weight") - pl.col("weight_right")).abs() > 0.05).height > 20


@pytest.fixture(scope="module")
def districts(geography: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the districts of the United Kingdom in 2024."""
    home = tmp_path_factory.mktemp("home")
    fields = BoundaryFields("LAD24CD", "LAD24NM")
    files = [geography / "lad" / "lad_2024_bsc.geojson"]
    add_boundaries(files, home / "boundaries", "district_2024", fields, date(2024, 4, 1), None)
    return home


def test_figures_of_abolished_districts_become_their_successors_whole_and_not_the_other_way(
    districts: Path, geography: Path
) -> None:
    file = LookupFile(geography / "code_history" / "lad_code_changes.csv", after=date(2009, 4, 1))
    added(districts, file, ("district_2009", "district_2024"))
    ahead = kept_pairs(districts, "district_2009", "district_2024")
    back = kept_pairs(districts, "district_2024", "district_2009")
    for council, parts in REORGANISED.items():
        assert {old for old, new in ahead if new == council} == parts
        assert {ahead[part, council] for part in parts} == {(1.0, "merged")}
        assert {back[council, part] for part in parts} == {UNKNOWN}
        figures = {part: 100 + n for n, part in enumerate(sorted(parts))}
        assert converted(figures, ahead) == {council: sum(figures.values())}
    # A new boundary under a new code: most of it is the old one, and that is all that can be said.
    assert ahead["E07000100", "E07000240"] == (1.0, "best_fit")


def test_the_register_and_the_lookup_of_councils_agree(districts: Path, geography: Path) -> None:
    register = LookupFile(geography / "code_history" / "lad_code_changes.csv", after=date(2016, 12, 31))
    added(districts, register, ("district_2017", "district_2024"))
    table = LookupFile(geography / "lookups" / "lookup_ltla_ltla.csv", "ltla16_code", "ltla24_code", exact=True)
    added(districts, table, ("district_2016", "district_2024"))
    by_register = kept_pairs(districts, "district_2017", "district_2024")
    by_table = kept_pairs(districts, "district_2016", "district_2024")
    changed = {pair: way for pair, way in by_table.items() if pair[0].startswith("E") and pair[0] != pair[1]}
    assert {pair: way for pair, way in by_register.items() if pair[0] != pair[1]} == changed
    assert {method for _, method in changed.values()} == {"merged"}


def test_surreys_districts_of_2024_are_its_two_councils_of_2027(districts: Path) -> None:
    groups = ROOT / "docs" / "examples" / "surrey_2027.csv"
    folders = (districts / "boundaries", districts / "lookups")
    begun = date(2027, 4, 1)
    merged = merge_set(*folders, "district_2024", "unitary_2027", groups, begun, pending=True, keep_rest=False)
    assert merged.pending == ("pending:east-surrey", "pending:west-surrey")
    ahead = kept_pairs(districts, "district_2024", "unitary_2027")
    assert len(ahead) == 11
    assert set(ahead.values()) == {(1.0, "merged")}
    assert set(kept_pairs(districts, "unitary_2027", "district_2024").values()) == {UNKNOWN}
    old, new = AreaSet(folders[0], "district_2024"), AreaSet(folders[0], "unitary_2027")
    parts = {part for part, _ in ahead}
    surrey = sum(surface for code, surface in zip(old.codes, old.surfaces, strict=True) if code in parts)
    assert new.surfaces.sum() == pytest.approx(surrey, rel=1e-9)
    # The outlines say the same as the groups; weights for the way back follow from them.
    assert as_pairs(derive(old, new, Measure(By.area)).rows) == ahead
    weights = as_pairs(derive(new, old, Measure(By.area)).rows)
    assert {(b, a) for a, b in weights} == ahead.keys()
    assert not {method for _, method in weights.values()} & set(EXACT)
    names = read_areas(folders[0]).filter(pl.col("boundary_set") == "unitary_2027")["area_name"]
    assert sorted(names) == ["East Surrey", "West Surrey"]
