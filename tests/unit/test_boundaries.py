"""Boundary sets: the same areas from every format and CRS, faults refused or said, each point in one area."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import polars as pl
import pytest
import shapely
from shapely import MultiPolygon, Polygon, box

from pipelines.intake.refusal import Refusal
from pipelines.place.assign import OUTSIDE, assign, assign_all, remember_places
from pipelines.place.boundaries.sets import (
    FILE_NAME,
    AddedSet,
    BoundaryFields,
    add_boundaries,
    read_areas,
    set_digest,
    set_names,
)

FIELDS = BoundaryFields("code", "name", "over")
WEST, EAST = box(499_000, 149_000, 500_000, 150_000), box(500_000, 149_000, 501_000, 150_000)
GRID = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::27700"}}


def collection(*areas: tuple[str | None, Any], crs: dict[str, Any] | None = GRID, **properties: Any) -> dict[str, Any]:
    features = [
        {
            "type": "Feature",
            "properties": {"code": code, "name": f"Area {code}", "over": "E07", **properties},
            "geometry": None if shape is None else json.loads(shapely.to_geojson(shape)),
        }
        for code, shape in areas
    ]
    return {"type": "FeatureCollection", "features": features, **({"crs": crs} if crs else {})}


def written(folder: Path, *areas: tuple[str | None, Any], name: str = "wards.geojson", **more: Any) -> Path:
    path = folder / name
    path.write_text(json.dumps(collection(*areas, **more)), encoding="utf-8")
    return path


def added(
    folder: Path, *files: Path, fields: BoundaryFields = FIELDS, crs: str | None = None, name: str = "ward"
) -> AddedSet:
    return add_boundaries(list(files), folder / "sets", name, fields, date(2014, 1, 1), crs)


def areas(folder: Path) -> dict[str, Any]:
    table = read_areas(folder / "sets")
    return {
        code: None if wkb is None else shapely.from_wkb(wkb)
        for code, wkb in table.select("area_code", "wkb").iter_rows()
    }


def refusal(folder: Path, *files: Path, **more: Any) -> str:
    with pytest.raises(Refusal) as error:
        added(folder, *files, **more)
    return f"{error.value.issue_type}: {error.value}"


@pytest.mark.parametrize("driver", ["GeoJSON", "GPKG", "ESRI Shapefile"])
@pytest.mark.parametrize("crs", ["EPSG:27700", "EPSG:4326", "EPSG:4258", "EPSG:25830"])
def test_every_format_and_crs_gives_the_same_areas(tmp_path: Path, driver: str, crs: str) -> None:
    from convertbng.cutil import convert_lonlat
    from pyproj import Transformer

    shapes = [
        WEST,
        EAST,
        MultiPolygon([box(499_000, 148_000, 499_400, 148_400), box(499_600, 148_600, 499_900, 148_900)]),
    ]

    def there(points: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        if crs == "EPSG:27700":
            return points
        longitude, latitude = convert_lonlat(np.ascontiguousarray(points[:, 0]), np.ascontiguousarray(points[:, 1]))
        if crs == "EPSG:25830":
            longitude, latitude = Transformer.from_crs("EPSG:4258", crs, always_xy=True).transform(longitude, latitude)
        return np.column_stack((longitude, latitude))

    frame = geopandas.GeoDataFrame(
        {"code": ["A", "B", "C"], "name": ["a", "b", "c"], "over": ["E07"] * 3},
        geometry=[shapely.transform(shape, there) for shape in shapes],
        crs=crs,
    )
    path = tmp_path / f"wards.{ {'GeoJSON': 'geojson', 'GPKG': 'gpkg'}.get(driver, 'shp') }"
    frame.to_file(path, driver=driver, engine="pyogrio", **({"COORDINATE_PRECISION": 9} if driver == "GeoJSON" else {}))
    assert added(tmp_path, path) == AddedSet(areas=3, outside_cover=0, without_parent=0)
    # A published longitude and latitude is good to some millimetres.
    for found, shape in zip(areas(tmp_path).values(), shapes, strict=True):
        assert shapely.hausdorff_distance(found, shape) < 0.01


def test_a_set_remembers_names_parents_and_dates(tmp_path: Path) -> None:
    added(tmp_path, written(tmp_path, ("A", WEST), ("B", EAST)))
    table = read_areas(tmp_path / "sets")
    assert table.drop("wkb").rows(named=True)[0] == {
        "boundary_set": "ward", "area_code": "A", "area_name": "Area A", "parent_code": "E07", "old_code": None,
        "valid_from": date(2014, 1, 1), "valid_to": None, "source_release": None, "has_cover": True,
    }  # fmt: skip
    assert set_names(tmp_path / "sets") == ["ward"]


def test_the_file_name_may_stand_for_the_parent(tmp_path: Path) -> None:
    files = [
        written(tmp_path, ("A", WEST), name="E07000209.geojson"),
        written(tmp_path, ("B", EAST), name="E07000210.geojson"),
    ]
    added(tmp_path, *files, fields=BoundaryFields("code", "name", FILE_NAME))
    assert read_areas(tmp_path / "sets")["parent_code"].to_list() == ["E07000209", "E07000210"]


def test_areas_without_a_parent_are_counted(tmp_path: Path) -> None:
    path = written(tmp_path, ("A", WEST), ("B", EAST))
    assert added(tmp_path, path, fields=BoundaryFields("code", "name")).without_parent == 2
    data = collection(("A", WEST), ("B", EAST))
    data["features"][0]["properties"]["over"] = None
    path.write_text(json.dumps(data), encoding="utf-8")
    assert added(tmp_path, path).without_parent == 1
    assert read_areas(tmp_path / "sets")["parent_code"].to_list() == [None, "E07"]


def test_a_code_given_twice_is_refused_with_both_files(tmp_path: Path) -> None:
    one, other = (
        written(tmp_path, ("A", WEST), name="one.geojson"),
        written(tmp_path, ("A", EAST), name="other.geojson"),
    )
    assert refusal(tmp_path, one, other) == (
        f'bad_value: {other}: area "A" also stands in {one}; give --join-parts if the 2 are parts of one area'
    )


def test_a_missing_field_is_refused_with_the_nearest(tmp_path: Path) -> None:
    path = written(tmp_path, ("A", WEST))
    told = refusal(tmp_path, path, fields=BoundaryFields("cod", "name"))
    assert told == f'missing_column: {path}: no field "cod" (did you mean "code"?); it has code, name, over'


def test_a_shapefile_without_a_crs_is_refused_until_one_is_given(tmp_path: Path) -> None:
    frame = geopandas.GeoDataFrame({"code": ["A"], "name": ["a"], "over": ["E07"]}, geometry=[WEST], crs="EPSG:27700")
    frame.to_file(tmp_path / "a.shp", engine="pyogrio")
    (tmp_path / "a.prj").unlink()
    told = refusal(tmp_path, tmp_path / "a.shp")
    assert "does not say its CRS; its numbers look like eastings and northings of the National Grid" in told
    assert "give --crs EPSG:27700" in told
    assert added(tmp_path, tmp_path / "a.shp", crs="EPSG:27700").areas == 1
    assert areas(tmp_path)["A"].equals(WEST)


@pytest.mark.filterwarnings("ignore:Best transformation is not available")
@pytest.mark.parametrize(
    ("crs", "words"),
    [
        ("EPSG:4277", "only an approximate transformation"),
        ("EPSG:99999", "is not a CRS that is known here"),
        ("OSGB", "is not a CRS"),
    ],
)
def test_a_crs_that_is_unknown_or_approximate_is_refused(tmp_path: Path, crs: str, words: str) -> None:
    assert words in refusal(tmp_path, written(tmp_path, ("A", box(-0.6, 51.2, -0.5, 51.3))), crs=crs)


@pytest.mark.parametrize(
    "shape",
    [None, shapely.Point(499_500, 149_500), shapely.LineString([(499_000, 149_000), (500_000, 150_000)]),
     Polygon([(499_000, 149_000), (500_000, 149_000), (499_500, 149_000)])],
    ids=["nothing", "point", "line", "flat ring"],
)  # fmt: skip
def test_an_area_without_a_surface_is_refused(tmp_path: Path, shape: Any) -> None:
    assert "area A has no surface" in refusal(tmp_path, written(tmp_path, ("A", shape)))


def test_an_area_without_a_code_is_refused(tmp_path: Path) -> None:
    assert 'area 2 has no "code"' in refusal(tmp_path, written(tmp_path, ("A", WEST), (None, EAST)))


@pytest.mark.parametrize(
    ("content", "words"),
    [("", "not a boundary file"), ("{}", "not a boundary file"), ("a,b\n1,2\n", "not a boundary file")],
)
def test_what_is_no_boundary_file_is_refused(tmp_path: Path, content: str, words: str) -> None:
    path = tmp_path / "wards.geojson"
    path.write_text(content, encoding="utf-8")
    assert words in refusal(tmp_path, path)
    assert "there is no such file" in refusal(tmp_path, tmp_path / "none.geojson")


def test_a_refused_set_leaves_the_earlier_one(tmp_path: Path) -> None:
    added(tmp_path, written(tmp_path, ("A", WEST)))
    before = set_digest(tmp_path / "sets", "ward")
    refusal(tmp_path, written(tmp_path, ("B", WEST), ("B", EAST)))
    assert set_digest(tmp_path / "sets", "ward") == before


def test_northern_ireland_is_kept_without_a_surface_and_said(tmp_path: Path) -> None:
    belfast = box(-6.0, 54.5, -5.8, 54.7)
    path = written(tmp_path, ("N", belfast), ("S", box(-0.6, 51.2, -0.5, 51.3)), crs=None)
    assert added(tmp_path, path).outside_cover == 1
    assert {code: shape is None for code, shape in areas(tmp_path).items()} == {"N": True, "S": False}


# --- points into areas ----------------------------------------------------------------------------------------------


def points(*pairs: tuple[float, float]) -> pl.DataFrame:
    frame = pl.DataFrame(pairs, schema={"easting": pl.Float64, "northing": pl.Float64}, orient="row")
    return frame.with_row_index("place_id").with_columns(
        pl.col("place_id").cast(pl.Int64), square_m=pl.lit(1, pl.Int32)
    )


def area_of(folder: Path, places: pl.DataFrame) -> list[str]:
    return assign(places, folder / "sets" / "ward" / "areas.parquet").sort("place_id")["area_code"].to_list()


def test_a_point_on_an_edge_is_in_the_area_of_the_lowest_code(tmp_path: Path) -> None:
    places = points(
        (500_000, 149_500), (500_000, 150_000), (499_000, 149_000), (501_000, 149_500), (501_000.001, 149_500)
    )
    for order in [(("A", EAST), ("B", WEST)), (("B", WEST), ("A", EAST))]:
        added(tmp_path, written(tmp_path, *order))
        assert area_of(tmp_path, places) == ["A", "A", "B", "A", OUTSIDE]
    backwards = places.reverse()
    assert area_of(tmp_path, backwards) == area_of(tmp_path, places)


@pytest.mark.parametrize("seed", range(3))
def test_areas_are_found_as_by_looking_at_every_one(tmp_path: Path, seed: int) -> None:
    random = np.random.default_rng(seed)
    # A patchwork of triangles on a lattice with a hole in it; the points lie anywhere, on edges and on corners too.
    corners = random.integers(0, 20, size=(30, 2, 2)) * 100 + np.array([499_000, 149_000])
    cells = shapely.voronoi_polygons(
        shapely.multipoints(corners[:, 0].astype(float)), extend_to=box(499_000, 149_000, 501_000, 151_000)
    )
    shapes = [shape for shape in cells.geoms][:-3]
    added(tmp_path, written(tmp_path, *((f"A{number:02}", shape) for number, shape in enumerate(shapes))))
    anywhere = random.uniform([498_900, 148_900], [501_100, 151_100], size=(200, 2))
    edges = np.vstack([shapely.get_coordinates(shape) for shape in shapes])
    places = points(*map(tuple, np.vstack([anywhere, edges])))
    stored = areas(tmp_path)
    expected = [
        next((code for code, shape in sorted(stored.items()) if shape.intersects(shapely.Point(x, y))), OUTSIDE)
        for x, y in places.select("easting", "northing").iter_rows()
    ]
    assert area_of(tmp_path, places) == expected
    assert {OUTSIDE, "A00"} < set(expected)


def test_places_are_kept_once_and_brought_up_to_each_set(tmp_path: Path) -> None:
    folder, sets = tmp_path / "places", tmp_path / "sets"
    added(tmp_path, written(tmp_path, ("A", WEST), ("B", EAST)))
    places = points((499_500, 149_500), (500_500, 149_500), (0, 0))
    assert remember_places(folder, places.head(2)) == 2
    assert assign_all(folder, sets) == {"ward": 2}
    assert remember_places(folder, pl.concat([places, places])) == 1
    assert assign_all(folder, sets) == {"ward": 1}
    assert assign_all(folder, sets) == {"ward": 0}
    found = pl.concat([pl.read_parquet(path) for path in sorted((sets / "ward" / "places").glob("*.parquet"))]).sort(
        "place_id"
    )
    assert found.rows() == [(0, "A"), (1, "B"), (2, OUTSIDE)]
    # A new drawing of the set forgets where places lay in the old one.
    added(tmp_path, written(tmp_path, ("A", EAST), ("B", WEST)))
    assert assign_all(folder, sets) == {"ward": 3}


def numbered(start: int, count: int) -> pl.DataFrame:
    return points(*((499_000 + number, 149_500) for number in range(start, start + count))).with_columns(
        pl.col("place_id") + start
    )


def held(folder: Path) -> pl.DataFrame:
    return pl.concat([pl.read_parquet(path) for path in folder.glob("*.parquet")]).sort("place_id")


def small_files(folder: Path) -> None:
    for number in range(64):
        remember_places(folder, numbered(number * 20, 20))


def test_many_small_files_of_places_are_put_together(tmp_path: Path) -> None:
    folder, sets = tmp_path / "places", tmp_path / "sets"
    added(tmp_path, written(tmp_path, ("A", WEST), ("B", EAST)))
    small_files(folder)
    assert assign_all(folder, sets) == {"ward": 1_280}
    before, linked = held(sets / "ward" / "places"), tmp_path / "snapshot"
    linked.mkdir()
    for path in (sets / "ward" / "places").glob("*.parquet"):
        (linked / path.name).hardlink_to(path)
    assert len(list(folder.glob("*.parquet"))) == 64
    assert remember_places(folder, numbered(1_270, 20)) == 10
    assert len(list(folder.iterdir())) == 1
    assert held(folder)["place_id"].to_list() == list(range(1_290))
    assert assign_all(folder, sets) == {"ward": 10}
    assert len(list((sets / "ward" / "places").iterdir())) == 1
    now = held(sets / "ward" / "places")
    assert now.head(1_280).equals(before)
    assert set(now["area_code"]) == {"A", "B"}
    assert held(linked).equals(before)


@pytest.mark.parametrize("writes", range(4))
@pytest.mark.parametrize("removals", (0, 1, 30))
def test_putting_together_may_break_off_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, writes: int, removals: int
) -> None:
    """After so many writes and removals of files; then the next command finds every place once, in one area."""
    folder, sets = tmp_path / "places", tmp_path / "sets"
    added(tmp_path, written(tmp_path, ("A", WEST), ("B", EAST)))
    small_files(folder)
    assign_all(folder, sets)
    left = {"replace": writes, "unlink": removals}

    def counted(name: str) -> Any:
        plain = getattr(Path, name)

        def step(path: Path, *given: Any, **named: Any) -> Any:
            if path.suffix != ".part" or name == "replace":
                if not left[name]:
                    raise KeyboardInterrupt
                left[name] -= 1
            return plain(path, *given, **named)

        return step

    with monkeypatch.context() as broken, pytest.raises(KeyboardInterrupt):
        for name in left:
            broken.setattr(Path, name, counted(name))
        remember_places(folder, numbered(1_280, 10))
        assign_all(folder, sets)
    remember_places(folder, numbered(1_280, 10))
    assign_all(folder, sets)
    assert held(folder)["place_id"].to_list() == list(range(1_290))
    assert held(sets / "ward" / "places")["place_id"].to_list() == list(range(1_290))
    assert len(list(folder.iterdir())) == len(list((sets / "ward" / "places").iterdir())) < 65


def test_places_assigned_under_other_names_are_assigned_again_not_twice(tmp_path: Path) -> None:
    folder, sets = tmp_path / "places", tmp_path / "sets"
    added(tmp_path, written(tmp_path, ("A", WEST)))
    remember_places(folder, numbered(0, 5))
    assign_all(folder, sets)
    (only,) = (sets / "ward" / "places").iterdir()
    only.rename(only.with_name("earlier.parquet"))
    assert assign_all(folder, sets) == {"ward": 0}
    assert held(sets / "ward" / "places")["place_id"].to_list() == list(range(5))


def test_millions_of_places_are_assigned_some_at_a_time_and_that_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipelines.place.assign._AT_A_TIME", 10)
    folder, sets = tmp_path / "places", tmp_path / "sets"
    added(tmp_path, written(tmp_path, ("A", WEST)))
    remember_places(folder, numbered(0, 25))
    told: list[str] = []
    assert assign_all(folder, sets, told.append) == {"ward": 25}
    assert told[-1] == "placing   25 of 25 places in ward"
    assert len(told) == 3
    assert all(pl.read_parquet(path).height <= 10 for path in (sets / "ward" / "places").iterdir())
    told.clear()
    assert assign_all(folder, sets, told.append) == {"ward": 0}
    assert told == []
