"""What may be wrong with a boundary file is mended, told or refused, each with its areas and the place."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from shapely import MultiPolygon, Polygon, box

from pipelines.intake.refusal import Refusal
from pipelines.place.boundaries.checks import gaps, overlaps, unmatched
from pipelines.place.boundaries.listing import kind_of, listed_sets
from pipelines.place.boundaries.sets import (
    AddedSet,
    AddOptions,
    BoundaryFields,
    add_boundaries,
    read_areas,
    remove_set,
    set_digest,
    set_names,
)
from tests.unit.test_boundaries import EAST, FIELDS, GRID, WEST, areas, collection, written

# A square of Surrey in degrees, and the corner of a lattice on the grid.
DEGREES = box(-0.6, 51.2, -0.5, 51.3)
E0, N0 = 499_000.0, 149_000.0


def added(
    folder: Path,
    *files: Path,
    fields: BoundaryFields = FIELDS,
    crs: str | None = None,
    begin: date | None = None,
    **options: Any,
) -> AddedSet:
    return add_boundaries(list(files), folder / "sets", "ward", fields, begin, crs, AddOptions(**options))


def refused(folder: Path, *files: Path, **options: Any) -> str:
    with pytest.raises(Refusal) as error:
        added(folder, *files, **options)
    return str(error.value)


def shapefile(folder: Path, names: tuple[str, ...] = ("a",), encoding: str = "UTF-8") -> Path:
    shapes = [box(E0 + number * 1000, N0, E0 + number * 1000 + 1000, N0 + 1000) for number in range(len(names))]
    codes = [f"A{number}" for number in range(len(names))]
    frame = geopandas.GeoDataFrame({"code": codes, "name": names, "over": "E07"}, geometry=shapes, crs="EPSG:27700")
    path = folder / "wards.shp"
    frame.to_file(path, engine="pyogrio", encoding=encoding)
    return path


# --- rings ------------------------------------------------------------------------------------------------------------


def test_a_small_loop_in_an_outline_is_mended_and_told_with_its_place(tmp_path: Path) -> None:
    # Halfway up its east side the outline runs 2 m too far, and back across itself.
    loop = Polygon([(E0, N0), (E0 + 1000, N0), (E0 + 1000, N0 + 500), (E0 + 998, N0 + 499), (E0 + 1002, N0 + 499),
                    (E0 + 1000, N0 + 502), (E0 + 1000, N0 + 1000), (E0, N0 + 1000)])  # fmt: skip
    found = added(tmp_path, written(tmp_path, ("A", loop), ("B", EAST)))
    [mended] = found.mended
    assert str(mended).startswith("A: its outline crosses itself at E 500000, N 149499 (TQ 000 494)")
    assert mended.change_m2 < 5
    assert areas(tmp_path)["A"].is_valid
    assert areas(tmp_path)["A"].area == pytest.approx(1_000_000, abs=5)


def test_a_ring_that_touches_itself_is_mended_without_a_change(tmp_path: Path) -> None:
    # The hole is drawn as a part of the outer ring, which touches itself where the two meet.
    touching = Polygon([(E0, N0), (E0 + 500, N0), (E0 + 400, N0 + 400), (E0 + 600, N0 + 400), (E0 + 500, N0),
                        (E0 + 1000, N0), (E0 + 1000, N0 + 1000), (E0, N0 + 1000)])  # fmt: skip
    found = added(tmp_path, written(tmp_path, ("A", touching)))
    assert [str(mended) for mended in found.mended] == ["A: a ring touches itself at E 499500, N 149000 (SU 995 490)"]
    assert found.mended[0].change_m2 == 0
    assert areas(tmp_path)["A"].area == 960_000


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        (
            Polygon([(E0, N0), (E0 + 1000, N0 + 1000), (E0 + 1000, N0), (E0, N0 + 1000)]),
            "its outline crosses itself at E 499500, N 149500 (SU 995 495), and mending it would change its surface "
            "from 0 m² to 50.0 ha",
        ),
        (
            MultiPolygon([WEST, box(E0 + 200, N0 + 200, E0 + 600, N0 + 600)]),
            "one of its parts lies inside another at E 499600, N 149200 (SU 996 492), and mending it would change its "
            "surface from 1.16 km² to 1.00 km²",
        ),
    ],
    ids=["bow tie", "part inside a part"],
)
def test_a_ring_that_may_be_meant_otherwise_is_refused(tmp_path: Path, shape: Any, words: str) -> None:
    path = written(tmp_path, ("A", shape), ("B", EAST))
    told = refused(tmp_path, path)
    assert told.startswith(f"{path}: area A: {words}"), told
    assert "get the area in another resolution, or mend it in the file" in told
    assert set_names(tmp_path / "sets") == []


def test_a_part_without_a_surface_is_dropped_as_nothing_is_lost(tmp_path: Path) -> None:
    flat = MultiPolygon([WEST, Polygon([(E0, N0 - 100), (E0 + 50, N0 - 100), (E0 + 20, N0 - 100)])])
    assert [mended.code for mended in added(tmp_path, written(tmp_path, ("A", flat))).mended] == ["A"]
    assert areas(tmp_path)["A"].equals(WEST)


# --- overlaps ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "words"),
    [
        (WEST, WEST, "A and B share 1.00 km², 100.0% of the smaller"),
        (WEST, box(E0 + 200, N0 + 200, E0 + 600, N0 + 600), "A and B share 16.0 ha, 100.0% of the smaller"),
        (WEST, box(E0 + 900, N0, E0 + 1900, N0 + 1000), "A and B share 10.0 ha, 10.0% of the smaller"),
    ],
    ids=["drawn twice", "inside", "over the edge"],
)
def test_areas_that_overlap_are_refused_with_both_codes_and_the_size(
    tmp_path: Path, one: Any, other: Any, words: str
) -> None:
    for order in ((("A", one), ("B", other)), (("B", other), ("A", one))):
        path = written(tmp_path, *order)
        told = refused(tmp_path, path)
        assert told.startswith(f"{path}: areas overlap, and a place could lie in both: {words}; areas of one set"), told
    assert set_names(tmp_path / "sets") == []


def test_an_area_over_two_neighbours_is_told_with_each(tmp_path: Path) -> None:
    over = box(E0 + 500, N0, E0 + 1500, N0 + 1000)
    assert "A and O share 50.0 ha, 50.0% of the smaller; B and O share 50.0 ha" in refused(
        tmp_path, written(tmp_path, ("A", WEST), ("B", EAST), ("O", over))
    )


@pytest.mark.parametrize(("strip", "is_refused"), [(1.0, False), (9.0, False), (11.0, True)])
def test_a_narrow_overlap_is_counted_while_it_is_a_small_share(tmp_path: Path, strip: float, is_refused: bool) -> None:
    # 1 % of the 1000 m square is a strip of 10 m.
    path = written(tmp_path, ("A", WEST), ("B", box(E0 + 1000 - strip, N0, E0 + 2000, N0 + 1000)))
    if is_refused:
        assert "A and B share 1.1 ha" in refused(tmp_path, path)
        return
    [sliver] = added(tmp_path, path).slivers
    assert (sliver.codes, sliver.square_m) == (("A", "B"), strip * 1000)
    assert sliver.width_m == pytest.approx(strip, rel=0.01)


def test_a_wide_overlap_is_refused_however_small_a_share_it_is(tmp_path: Path) -> None:
    large, corner = box(E0, N0, E0 + 9000, N0 + 9000), box(E0 + 8800, N0 + 8800, E0 + 18_800, N0 + 18_800)
    assert "A and B share 4.0 ha, 0.0% of the smaller" in refused(
        tmp_path, written(tmp_path, ("A", large), ("B", corner))
    )


# --- gaps -------------------------------------------------------------------------------------------------------------


def lattice(columns: int = 3, rows: int = 3, side: float = 1000.0) -> list[tuple[str, Any]]:
    return [
        (f"L{x}{y}", box(E0 + x * side, N0 + y * side, E0 + (x + 1) * side, N0 + (y + 1) * side))
        for x in range(columns)
        for y in range(rows)
    ]


def test_a_hole_between_areas_is_told_with_its_size_place_and_neighbours(tmp_path: Path) -> None:
    about = [area for area in lattice() if area[0] != "L11"]
    [gap] = added(tmp_path, written(tmp_path, *about)).gaps
    assert str(gap) == ("1.00 km² at E 500500, N 150500 (TQ 005 505), between L01, L10, L12, L21")
    assert not gap.is_sliver


def test_a_hole_in_one_area_is_told_as_inside_it(tmp_path: Path) -> None:
    lake = WEST.difference(box(E0 + 400, N0 + 400, E0 + 500, N0 + 500))
    [gap] = added(tmp_path, written(tmp_path, ("A", lake))).gaps
    assert str(gap) == "1.0 ha at E 499450, N 149450 (SU 994 494), inside A"


def test_a_narrow_gap_is_a_sliver(tmp_path: Path) -> None:
    about = [
        (code, box(E0 + 2001, N0 + 1000, E0 + 3000, N0 + 2000) if code == "L21" else shape) for code, shape in lattice()
    ]
    [gap] = added(tmp_path, written(tmp_path, *about)).gaps
    assert gap.is_sliver and gap.width_m == pytest.approx(1.0, rel=0.01)
    assert gap.codes == ("L11", "L20", "L21", "L22")


# --- the CRS ----------------------------------------------------------------------------------------------------------


def named(code: str) -> dict[str, Any]:
    return {"type": "name", "properties": {"name": f"urn:ogc:def:crs:EPSG::{code}"}}


def swapped(shape: Any) -> Any:
    return shapely.transform(shape, lambda points: points[:, ::-1])


MERCATOR = box(-66_000, 6_650_000, -55_000, 6_660_000)


@pytest.mark.parametrize(
    ("shape", "declared", "words"),
    [
        (WEST, None, "says its CRS is EPSG:4326, but 500000, 149000 is no longitude and latitude; its numbers look "
         "like eastings and northings of the National Grid; give --crs EPSG:27700"),
        (DEGREES, GRID, "says its CRS is EPSG:27700, but -0.5, 51.2 is no easting and northing in metres; its numbers "
         "look like longitudes and latitudes; give --crs EPSG:4326"),
        (swapped(DEGREES), None, "says its CRS is EPSG:4326, but 51.2, -0.5 lies far from here; its numbers look like "
         "longitudes and latitudes, the second before the first; write the file again with the longitude or easting "
         "first"),
        (swapped(WEST), GRID, "says its CRS is EPSG:27700, but 149000, 500000 lies far from here; its numbers look "
         "like eastings and northings of the National Grid, the second before the first; write the file again"),
        (MERCATOR, None, "look like metres of Web Mercator; give --crs EPSG:3857"),
        (MERCATOR, GRID, "in EPSG:27700 all of it lies outside Great Britain; its numbers look like metres of Web "
         "Mercator; give --crs EPSG:3857"),
        (WEST, named("3857"), "in EPSG:3857 all of it lies outside Great Britain; its numbers look like eastings and "
         "northings of the National Grid; give --crs EPSG:27700"),
        (box(4.8, 52.3, 5.0, 52.4), None, "all 1 areas lie outside Great Britain, the cover of the National Grid, and "
         "no place could lie in them; if they do lie here, give their CRS with --crs"),
        (box(1e6, 2e6, 1.1e6, 2.1e6), None, "is no longitude and latitude; give the right one, as --crs EPSG:27700"),
    ],
    ids=["metres in CRS84", "degrees as metres", "latitude first", "northing first", "Mercator in CRS84",
         "Mercator as the grid", "the grid as Mercator", "Amsterdam", "no numbers from here"],
)  # fmt: skip
def test_a_file_that_lies_about_its_crs_is_refused_with_what_its_numbers_are(
    tmp_path: Path, shape: Any, declared: dict[str, Any] | None, words: str
) -> None:
    path = written(tmp_path, ("A", shape), crs=declared)
    told = refused(tmp_path, path)
    assert told.startswith(f"{path}: ")
    assert words in told
    assert set_names(tmp_path / "sets") == []


@pytest.mark.parametrize(
    ("shape", "declared", "given"),
    [(WEST, None, "EPSG:27700"), (DEGREES, GRID, "EPSG:4326"), (MERCATOR, GRID, "EPSG:3857")],
)
def test_the_crs_that_a_refusal_names_is_the_one_to_give(
    tmp_path: Path, shape: Any, declared: dict[str, Any] | None, given: str
) -> None:
    path = written(tmp_path, ("A", shape), crs=declared)
    assert f"give --crs {given}" in refused(tmp_path, path)
    assert added(tmp_path, path, crs=given).areas == 1
    assert "you say EPSG:4326, but" in refused(tmp_path, written(tmp_path, ("A", WEST)), crs="EPSG:4326")


def test_a_geopackage_that_knows_no_crs_is_asked_for_one(tmp_path: Path) -> None:
    frame = geopandas.GeoDataFrame({"code": ["A"], "name": ["a"], "over": ["E07"]}, geometry=[WEST])
    with pytest.warns(UserWarning, match="crs"):
        frame.to_file(tmp_path / "a.gpkg", driver="GPKG", engine="pyogrio")
    assert "does not say its CRS" in refused(tmp_path, tmp_path / "a.gpkg")
    assert added(tmp_path, tmp_path / "a.gpkg", crs="EPSG:27700").areas == 1


def test_areas_half_within_the_cover_are_kept_and_those_beyond_are_told(tmp_path: Path) -> None:
    shapes = [("N", box(-6.0, 54.5, -5.8, 54.7)), ("S", DEGREES), ("T", box(-0.5, 51.2, -0.4, 51.3))]
    assert added(tmp_path, written(tmp_path, *shapes, crs=None)).outside_cover == 1
    assert read_areas(tmp_path / "sets")["has_cover"].to_list() == [False, True, True]


def test_topojson_is_read_where_its_crs_is_given(tmp_path: Path) -> None:
    arcs = [[[-0.5, 51.3], [-0.5, 51.2]], [[-0.5, 51.2], [-0.6, 51.2], [-0.6, 51.3], [-0.5, 51.3]],
            [[-0.5, 51.3], [-0.4, 51.3], [-0.4, 51.2], [-0.5, 51.2]]]  # fmt: skip
    shapes = [
        {"type": "Polygon", "arcs": [rings], "properties": {"code": code, "name": code, "over": "E07"}}
        for code, rings in (("A", [0, 1]), ("B", [2, -1]))
    ]
    topology = {
        "type": "Topology",
        "arcs": arcs,
        "objects": {"w": {"type": "GeometryCollection", "geometries": shapes}},
    }
    path = tmp_path / "wards.json"
    path.write_text(json.dumps(topology), encoding="utf-8")
    assert "its numbers look like longitudes and latitudes; give --crs EPSG:4326" in refused(tmp_path, path)
    found = added(tmp_path, path, crs="EPSG:4326")
    assert (found.areas, found.slivers, found.gaps) == (2, (), ())


# --- codes, parts, dates ----------------------------------------------------------------------------------------------


def test_features_of_one_code_and_name_are_joined_where_that_is_asked_for(tmp_path: Path) -> None:
    island = box(E0, N0 + 2000, E0 + 100, N0 + 2100)
    path = written(tmp_path, ("A", WEST), ("A", island), ("B", EAST))
    assert "give --join-parts if the 2 are parts of one area" in refused(tmp_path, path)
    found = added(tmp_path, path, join_parts=True)
    assert (found.areas, found.joined) == (2, 1)
    assert areas(tmp_path)["A"].equals(MultiPolygon([WEST, island]))


def test_features_of_one_code_that_differ_in_name_are_never_joined(tmp_path: Path) -> None:
    data = collection(("A", WEST), ("A", EAST))
    data["features"][1]["properties"]["name"] = "Another"
    path = tmp_path / "wards.geojson"
    path.write_text(json.dumps(data), encoding="utf-8")
    for join in (False, True):
        told = refused(tmp_path, path, join_parts=join)
        assert '"A" also stands in' in told and "Another" in told and "--join-parts" not in told


def test_parts_that_share_ground_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path, ("A", WEST), ("A", WEST))
    assert 'the parts of area "A" share 1.00 km²: drawn twice' in refused(tmp_path, path, join_parts=True)


@pytest.mark.parametrize("blank", ["", "   "])
def test_a_blank_code_is_no_code(tmp_path: Path, blank: str) -> None:
    assert 'area 2 has no "code"' in refused(tmp_path, written(tmp_path, ("A", WEST), (blank, EAST)))


def test_points_and_lines_among_areas_are_refused_by_their_code(tmp_path: Path) -> None:
    for shape in (shapely.Point(E0, N0), shapely.GeometryCollection([WEST, shapely.Point(E0, N0)])):
        told = refused(tmp_path, written(tmp_path, ("A", WEST), ("B", shape)))
        assert f"area B has no surface of its own: it is a {shape.geom_type}, not a polygon" in told


def test_heights_are_left_out(tmp_path: Path) -> None:
    assert added(tmp_path, written(tmp_path, ("A", shapely.force_3d(WEST, 12.0)))).areas == 1
    assert not areas(tmp_path)["A"].has_z


def test_a_set_keeps_old_codes_dates_and_its_source(tmp_path: Path) -> None:
    data = collection(("A", WEST), ("B", EAST))
    own = {"snac": "43UDGA", "begins": "2011-05-05", "ends": "2015-05-06T00:00:00"}
    data["features"][0]["properties"] |= own
    data["features"][1]["properties"] |= dict.fromkeys(own)
    path = tmp_path / "wards.geojson"
    path.write_text(json.dumps(data), encoding="utf-8")
    fields = BoundaryFields("code", "name", "over", "snac", "begins", "ends")
    release = "ONS Open Geography 2013-12 BGC"
    added(tmp_path, path, fields=fields, begin=date(2013, 12, 1), source_release=release)
    rows = read_areas(tmp_path / "sets").select("old_code", "valid_from", "valid_to", "source_release").rows()
    assert rows == [
        ("43UDGA", date(2011, 5, 5), date(2015, 5, 6), release),
        (None, date(2013, 12, 1), None, release),
    ]
    told = refused(tmp_path, path, fields=fields, begin=date(2013, 12, 1), valid_to=date(2013, 1, 1))
    assert "area B ends on 2013-01-01, before it begins, 2013-12-01" in told
    assert 'area A: "snac" is 43UDGA, not a date' in refused(
        tmp_path, path, fields=BoundaryFields("code", "name", valid_from="snac")
    )


def test_a_set_that_shrinks_to_less_than_half_is_refused_unless_told(tmp_path: Path) -> None:
    added(tmp_path, written(tmp_path, *lattice()))
    before = set_digest(tmp_path / "sets", "ward")
    few = written(tmp_path, *lattice()[:4])
    assert "ward: the files hold 4 areas, and the set in place has 9" in refused(tmp_path, few)
    assert set_digest(tmp_path / "sets", "ward") == before
    assert added(tmp_path, few, accept_fewer=True).areas == 4
    assert added(tmp_path, written(tmp_path, *lattice()[:2])).areas == 2


# --- files ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("ending", "others"), [(".shx", ".dbf"), (".dbf", ".shx")])
def test_a_shapefile_without_its_companions_is_refused_by_their_ending(
    tmp_path: Path, ending: str, others: str
) -> None:
    path = shapefile(tmp_path)
    path.with_suffix(ending).unlink()
    assert refused(tmp_path, path).startswith(f"{path}: its {ending} is missing; a Shapefile is .shp, .shx and .dbf")
    path.with_suffix(others).unlink()
    assert "its .shx and .dbf are missing" in refused(tmp_path, path)


@pytest.mark.parametrize(("encoding", "says"), [("cp1252", "cp1252"), ("utf-8", "utf-8")])
def test_the_names_of_a_shapefile_that_says_no_encoding_are_read_by_their_letters(
    tmp_path: Path, encoding: str, says: str
) -> None:
    names = ("Ynys Môn\u2019s", "St Mary\u2019s \u2013 East", "Plain")
    path = shapefile(tmp_path, names, encoding)
    path.with_suffix(".cpg").unlink(missing_ok=True)
    table = bytearray(path.with_suffix(".dbf").read_bytes())
    table[29] = 0  # no language driver either
    path.with_suffix(".dbf").write_bytes(table)
    assert added(tmp_path, path).encodings == (says,)
    assert read_areas(tmp_path / "sets")["area_name"].to_list() == list(names)


def test_a_shapefile_that_says_its_encoding_is_believed_until_it_cannot_be(tmp_path: Path) -> None:
    path = shapefile(tmp_path, ("Ynys Môn\u2019s",), "cp1252")
    assert added(tmp_path, path).encodings == ()
    assert read_areas(tmp_path / "sets")["area_name"].to_list() == ["Ynys Môn\u2019s"]
    path.with_suffix(".cpg").write_text("UTF-8", encoding="ascii")
    assert "its names are not in the encoding it declares (utf-8); of a Shapefile, correct the .cpg" in refused(
        tmp_path, path
    )


def test_a_file_of_several_layers_is_asked_which(tmp_path: Path) -> None:
    path = tmp_path / "all.gpkg"
    for layer, shape in (("wards", WEST), ("beats", EAST)):
        frame = geopandas.GeoDataFrame(
            {"code": [layer], "name": ["n"], "over": ["E"]}, geometry=[shape], crs="EPSG:27700"
        )
        frame.to_file(path, layer=layer, driver="GPKG", engine="pyogrio")
    assert "has several layers, wards, beats; give one with --layer" in refused(tmp_path, path)
    assert 'no layer "beat" (did you mean "beats"?)' in refused(tmp_path, path, layer="beat")
    added(tmp_path, path, layer="beats")
    assert list(areas(tmp_path)) == ["beats"]


def test_a_table_without_outlines_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "wards.csv"
    path.write_text("code,name,over\nA,a,E07\n", encoding="utf-8")
    assert refused(tmp_path, path).startswith(f"{path}: ")


# --- sets side by side ------------------------------------------------------------------------------------------------


def test_sets_of_one_kind_stand_side_by_side_and_are_listed(tmp_path: Path) -> None:
    import polars as pl

    from pipelines.place.assign import assign_all, remember_places

    sets, path = tmp_path / "sets", written(tmp_path, ("A", WEST), ("B", EAST))
    for name, begin in (("ward_2025", date(2025, 5, 1)), ("ward_2013", None), ("beat", None)):
        add_boundaries([path], sets, name, FIELDS, begin, None, AddOptions(source_release="ONS 2025-05 BGC"))
    places = pl.DataFrame({"place_id": [1, 2, 3], "easting": [E0 + 1, E0 + 2, 0.0], "northing": [N0 + 1, N0 + 2, 0.0]})
    remember_places(tmp_path / "places", places.with_columns(square_m=pl.lit(1)))
    assign_all(tmp_path / "places", sets)
    listed = listed_sets(sets)
    assert [(item.name, item.kind) for item in listed] == [
        ("beat", "beat"), ("ward_2013", "ward"), ("ward_2025", "ward")
    ]  # fmt: skip
    newest = listed[-1]
    assert (newest.areas, newest.parents, newest.places, newest.outside) == (2, 1, 2, 1)
    assert (newest.valid_from, newest.valid_to, newest.source_release) == (date(2025, 5, 1), None, "ONS 2025-05 BGC")
    remove_set(sets, "ward_2013")
    assert set_names(sets) == ["beat", "ward_2025"]
    assert not (sets / "ward_2013").exists()
    with pytest.raises(Refusal, match=r'no boundary set "ward_2013" \(did you mean "ward_2025"\?\)'):
        remove_set(sets, "ward_2013")


@pytest.mark.parametrize(
    ("name", "kind"),
    [("ward_2013", "ward"), ("demo_ward_2024", "demo_ward"), ("lsoa", "lsoa"), ("unitary_2027_04", "unitary"),
     ("beat_12", "beat_12"), ("cluster_2009-10", "cluster")],
)  # fmt: skip
def test_a_kind_is_the_name_without_its_date(name: str, kind: str) -> None:
    assert kind_of(name) == kind


def test_an_older_set_is_refused_nothing_when_another_shrinks(tmp_path: Path) -> None:
    added(tmp_path, written(tmp_path, *lattice()))
    one = written(tmp_path, ("A", WEST))
    assert add_boundaries([one], tmp_path / "sets", "ward_2025", FIELDS).areas == 1


# --- laws -------------------------------------------------------------------------------------------------------------

WHOLE_METRES = st.lists(st.integers(100, 3000), min_size=1, max_size=4)
quick = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def tiling(wide: list[int], high: list[int]) -> list[tuple[str, Any]]:
    """Rectangles side by side in columns `wide` and rows `high` metres across."""
    east, north = np.cumsum([E0, *wide]), np.cumsum([N0, *high])
    return [
        (f"T{x}{y}", box(east[x], north[y], east[x + 1], north[y + 1]))
        for x in range(len(wide))
        for y in range(len(high))
    ]


@quick
@given(wide=WHOLE_METRES, high=WHOLE_METRES)
def test_a_tiling_has_no_overlap_and_no_gap(tmp_path: Path, wide: list[int], high: list[int]) -> None:
    found = added(tmp_path, written(tmp_path, *tiling(wide, high)), accept_fewer=True)
    assert found == AddedSet(areas=len(wide) * len(high), outside_cover=0, without_parent=0)


@quick
@given(wide=st.lists(st.integers(100, 3000), min_size=2, max_size=4), high=WHOLE_METRES, data=st.data())
def test_an_area_moved_over_its_neighbour_is_refused_with_both(
    tmp_path: Path, wide: list[int], high: list[int], data: st.DataObject
) -> None:
    drawn = dict(tiling(wide, high))
    x, y = data.draw(st.integers(0, len(wide) - 2)), data.draw(st.integers(0, len(high) - 1))
    drawn[f"T{x}{y}"] = shapely.transform(drawn[f"T{x}{y}"], lambda points: points + np.array([wide[x] / 2, 0]))
    told = refused(tmp_path, written(tmp_path, *drawn.items()))
    assert "areas overlap" in told
    assert f"T{x}{y} and T{x + 1}{y} share" in told


@quick
@given(wide=st.lists(st.integers(100, 3000), min_size=3, max_size=4), high=st.lists(st.integers(100, 3000), min_size=3,
       max_size=4), data=st.data())  # fmt: skip
def test_an_inner_area_left_out_is_a_gap_of_its_size(
    tmp_path: Path, wide: list[int], high: list[int], data: st.DataObject
) -> None:
    drawn = dict(tiling(wide, high))
    left = data.draw(st.sampled_from([f"T{x}{y}" for x in range(1, len(wide) - 1) for y in range(1, len(high) - 1)]))
    missing = drawn.pop(left)
    [gap] = added(tmp_path, written(tmp_path, *drawn.items()), accept_fewer=True).gaps
    assert gap.square_m == missing.area
    assert missing.contains(shapely.Point(gap.easting, gap.northing))


@quick
@given(st.lists(st.tuples(*[st.integers(0, 60)] * 4), min_size=2, max_size=8))
def test_the_quick_way_finds_what_looking_at_every_pair_finds(corners: list[tuple[int, int, int, int]]) -> None:
    shapes = np.array([box(x, y, x + 1 + w, y + 1 + h) for x, y, w, h in corners], dtype=object)
    codes = [f"C{number}" for number in range(len(shapes))]
    odd = unmatched(shapes)
    found = {overlap.codes: overlap.square_m for overlap in overlaps(codes, shapes, odd)}
    wanted = {
        (codes[one], codes[other]): shapes[one].intersection(shapes[other]).area
        for one in range(len(shapes))
        for other in range(one + 1, len(shapes))
        if shapes[one].intersection(shapes[other]).area > 0
    }
    assert found == pytest.approx(wanted)
    holes = [ring for part in shapely.get_parts(shapely.union_all(shapes)) for ring in part.interiors]
    by_hand = sorted((Polygon(ring).area for ring in holes), reverse=True)
    assert [gap.square_m for gap in gaps(codes, shapes, odd)] == pytest.approx(by_hand)
