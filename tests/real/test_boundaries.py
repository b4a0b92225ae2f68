"""Boundary sets as publishers give them out: how many areas, what is mended, where they overlap and where they gape."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.intake.refusal import Refusal
from pipelines.place.boundaries.listing import listed_sets
from pipelines.place.boundaries.sets import AddedSet, AddOptions, BoundaryFields, add_boundaries, read_areas

SURREY = {
    "ward_2013": ("ward_2011_martinjc", BoundaryFields("WD13CD", "WD13NM", ":file", "WD13CDO"), 315),
    "ward_2025": ("ward", BoundaryFields("WD25CD", "WD25NM", "LAD25CD"), 172),
    "lsoa_2011": ("lsoa11", BoundaryFields("LSOA11CD", "LSOA11NM", "LADCD_ACTIVE"), 709),
    "lsoa_2021": ("lsoa", BoundaryFields("LSOA21CD", "LSOA21NM", "LADCD_ACTIVE"), 719),
    "msoa_2011": ("msoa11", BoundaryFields("MSOA11CD", "MSOA11NM", "LADCD_ACTIVE"), 151),
    "msoa_2021": ("msoa", BoundaryFields("MSOA21CD", "MSOA21NM", "LADCD_ACTIVE"), 151),
}
# Four districts elsewhere stand beside the eleven in the files of 2013.
PARENTS = {"ward_2013": 15}


@pytest.fixture(scope="module")
def geography(real_data: Path) -> Path:
    folder = real_data / "geography"
    for name in ("boundaries_surrey", "lad"):
        if not (folder / name).is_dir():
            pytest.skip(f"{folder / name} is missing: set COMMONGRID_REAL_DATA to a folder that has it")
    return folder


@pytest.fixture(scope="module")
def surrey(geography: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, AddedSet]]:
    sets = tmp_path_factory.mktemp("sets")
    added = {
        name: add_boundaries(sorted((geography / "boundaries_surrey" / folder).iterdir()), sets, name, fields)
        for name, (folder, fields, _) in SURREY.items()
    }
    return sets, added


@pytest.mark.parametrize("name", SURREY)
def test_the_areas_of_surrey_lie_side_by_side(surrey: tuple[Path, dict[str, AddedSet]], name: str) -> None:
    added = surrey[1][name]
    assert (added.areas, added.outside_cover, added.without_parent) == (SURREY[name][2], 0, 0)
    assert (added.mended, added.gaps) == ((), ())
    # Outlines of one LSOA of 2011 cross its neighbour's by less than a millimetre of width.
    assert len(added.slivers) == (1 if name == "lsoa_2011" else 0)
    assert all(sliver.square_m < 0.1 for sliver in added.slivers)


def test_sets_of_one_kind_and_several_dates_cover_the_same_ground(surrey: tuple[Path, dict[str, AddedSet]]) -> None:
    import polars as pl
    import shapely

    areas = read_areas(surrey[0]).filter(pl.col("parent_code").str.starts_with("E07"))
    size = {
        str(name): float(shapely.area(shapely.from_wkb(table["wkb"].to_numpy())).sum())
        for (name,), table in areas.group_by("boundary_set")
    }
    assert set(size) == set(SURREY)
    # Each is drawn anew, generalised to 20 m; the outer edge of the county is what they differ by.
    assert max(size.values()) - min(size.values()) < 1_000_000, size
    listed = listed_sets(surrey[0])
    assert [item.name for item in listed] == sorted(SURREY)
    assert {item.kind for item in listed} == {"ward", "lsoa", "msoa"}
    assert {item.name: item.parents for item in listed} == {name: PARENTS.get(name, 11) for name in SURREY}


def test_wards_of_2013_keep_the_codes_they_had_before(surrey: tuple[Path, dict[str, AddedSet]]) -> None:
    import polars as pl

    wards = read_areas(surrey[0]).filter(pl.col("boundary_set") == "ward_2013")
    onslow = wards.filter((pl.col("area_name") == "Onslow") & (pl.col("parent_code") == "E07000209"))
    assert onslow["old_code"].str.starts_with("43UD").to_list() == [True]
    assert wards["old_code"].null_count() == 0


def test_the_districts_of_2024_touch_themselves_in_eight_places(geography: Path, tmp_path: Path) -> None:
    fields = BoundaryFields("LAD24CD", "LAD24NM")
    added = add_boundaries([geography / "lad" / "lad_2024_bsc.geojson"], tmp_path, "lad_2024", fields)
    assert (added.areas, added.outside_cover, len(added.slivers)) == (361, 11, 0)
    assert [str(item) for item in added.mended if item.code.startswith("E")] == [
        "E07000085: a ring touches itself at E 486967, N 134505 (SU 869 345)",
        "E07000228: a ring touches itself at E 537979, N 134428 (TQ 379 344)",
    ]
    assert len(added.mended) == 8
    assert max(item.change_m2 for item in added.mended) < 5000
    # Lochs of Argyll and Wester Ross that an outline closes.
    assert [str(gap) for gap in added.gaps] == [
        "9,401 m² at E 170364, N 738504 (NM 703 385), inside S12000035",
        "166 m² at E 181222, N 873868 (NG 812 738), inside S12000017",
    ]


def test_the_districts_of_2011_are_a_shapefile_without_a_fault(geography: Path, tmp_path: Path) -> None:
    fields = BoundaryFields("label", "name", old_code="oldlabel")
    path = geography / "lad" / "england_lad_2011_gen.shp"
    assert add_boundaries([path], tmp_path, "lad_2011", fields) == AddedSet(326, 0, without_parent=326)
    guildford = read_areas(tmp_path).filter(area_code="E07000209")
    assert guildford.select("area_name", "old_code").rows() == [("Guildford", "43UD")]


def test_the_districts_of_2013_are_topojson_simplified_by_itself(geography: Path, tmp_path: Path) -> None:
    path, fields = geography / "lad" / "geogLA2013EW.json", BoundaryFields("AREACD", "AREANM")
    with pytest.raises(Refusal, match="its numbers look like longitudes and latitudes; give --crs EPSG:4326"):
        add_boundaries([path], tmp_path, "lad_2013", fields)
    added = add_boundaries([path], tmp_path, "lad_2013", fields, None, "EPSG:4326")
    assert (added.areas, added.outside_cover) == (348, 0)
    # Simplified for a map on a page, its outlines cross themselves and each other.
    assert len(added.mended) == 9
    assert {item.reason for item in added.mended} == {"its outline crosses itself"}
    assert len(added.slivers) == 9
    worst = added.slivers[0]
    assert (worst.codes, round(worst.square_m), round(worst.width_m)) == (("E07000108", "E07000114"), 14_406, 7)
    assert sum(not gap.is_sliver for gap in added.gaps) == 21
    assert str(added.gaps[0]) == "4.48 km² at E 462975, N 435383 (SE 629 353), between E06000011, E06000014, E07000169"


def test_one_kind_of_file_does_not_take_the_place_of_another(geography: Path, tmp_path: Path) -> None:
    lad, fields = geography / "lad", BoundaryFields("LAD24CD", "LAD24NM")
    add_boundaries([lad / "lad_2024_bsc.geojson"], tmp_path, "area", fields)
    wards = geography / "boundaries_surrey" / "ward"
    ward = BoundaryFields("WD25CD", "WD25NM")
    with pytest.raises(Refusal, match="the files hold 16 areas, and the set in place has 361"):
        add_boundaries([wards / "E07000207.geojson"], tmp_path, "area", ward)
    both = [wards / "E07000207.geojson", geography / "boundaries_surrey" / "msoa" / "E07000207.geojson"]
    with pytest.raises(Refusal, match='no field "WD25CD"'):
        add_boundaries(both, tmp_path, "area", ward)
    assert add_boundaries(both[:1], tmp_path, "area", ward, None, None, AddOptions(accept_fewer=True)).areas == 16
