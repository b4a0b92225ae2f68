"""Places held against the publishers' own reference data: OSTN15 test points, grid references, UK districts."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
import shapely

from pipelines.place.boundaries.sets import BoundaryFields, add_boundaries
from pipelines.place.cover import in_cover
from pipelines.place.raster import area_by_grid, area_by_tests
from pipelines.place.transform import from_national_grid, to_national_grid
from pipelines.specs.grid_reference import parse_grid_reference, write_grid_reference

CENTIMETRE = 0.01


@pytest.fixture(scope="module")
def reference(real_data: Path) -> Path:
    return existing(real_data / "reference")


def existing(path: Path) -> Path:
    if not path.exists():
        pytest.skip(f"{path} is missing: set COMMONGRID_REAL_DATA to a folder that has it")
    return path


def records(path: Path, delimiter: str = ",") -> list[list[str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.reader(file, delimiter=delimiter))[1:]


def test_the_test_points_of_ostn15_are_met_to_the_centimetre(reference: Path) -> None:
    given = records(existing(reference / "ostn15" / "OSTN15_OSGM15_TestInput_ETRStoOSGB.txt"))
    wanted = {
        row[0]: (float(row[1]), float(row[2]))
        for row in records(reference / "ostn15" / "OSTN15_OSGM15_TestOutput_ETRStoOSGB.txt")
    }
    latitude, longitude = (np.array([float(row[column]) for row in given]) for column in (1, 2))
    east, north = to_national_grid(longitude, latitude, "EPSG:4258")
    assert len(given) == len(wanted) == 40
    off = np.hypot(east - [wanted[row[0]][0] for row in given], north - [wanted[row[0]][1] for row in given])
    assert off.max() < CENTIMETRE
    assert in_cover(east, north).all()


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:4258"])
def test_the_test_points_of_ostn15_are_met_on_the_way_back(reference: Path, crs: str) -> None:
    given = records(existing(reference / "ostn15" / "OSTN15_OSGM15_TestInput_OSGBtoETRS.txt"))
    wanted = {
        row[0]: (float(row[2]), float(row[3]))
        for row in records(reference / "ostn15" / "OSTN15_OSGM15_TestOutput_OSGBtoETRS.txt")
        if row and row[1] == "RESULT"
    }
    given = [row for row in given if row]
    east, north = (np.array([float(row[column]) for row in given]) for column in (1, 2))
    longitude, latitude = from_national_grid(east, north, crs)
    assert len(given) == len(wanted) == 40
    # Metres of a degree on a sphere of the earth's mean radius: near enough to tell a centimetre.
    up = 6_371_000 * np.radians(latitude - [wanted[row[0]][0] for row in given])
    across = 6_371_000 * np.radians(longitude - [wanted[row[0]][1] for row in given]) * np.cos(np.radians(latitude))
    assert np.hypot(up, across).max() < CENTIMETRE
    there = to_national_grid(longitude, latitude, crs)
    assert np.hypot(there[0] - east, there[1] - north).max() < CENTIMETRE


def test_the_test_points_of_northern_ireland_lie_outside(reference: Path) -> None:
    rows = records(existing(reference / "ostn15" / "OSGM15_NI_TestInput_ETRS89toIG.txt"), "\t")
    rows += records(reference / "ostn15" / "OSGM15_NI_TestOutput_IGtoETRS89.txt", "\t")
    points = np.array([[degrees(row[2]), degrees(row[1])] for row in rows if len(row) > 2])
    east, north = to_national_grid(points[:, 0], points[:, 1], "EPSG:4258")
    assert len(points) > 20
    assert not in_cover(east, north).any()


def degrees(text: str) -> float:
    """`55° 10' 57.600354" N` in degrees."""
    found = re.fullmatch(r"""(\d+)° *(\d+)' *([\d.]+)" *([NSEW])""", text.strip())
    assert found is not None, text
    size = int(found.group(1)) + int(found.group(2)) / 60 + float(found.group(3)) / 3600
    return -size if found.group(4) in "SW" else size


def cases(reference: Path, name: str, function: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(existing(reference / "osbng" / name).read_text(encoding="utf-8"))[
        function
    ]
    return found


# The publisher's own library wants capitals and no blanks around them; a partner's sheet has both, and they change
# nothing of what a reference means.
def is_stricter_than_ours(text: str) -> bool:
    return text != text.upper() or text != text.strip()


def test_grid_references_are_accepted_or_not_as_their_publisher_says(reference: Path) -> None:
    told = [
        (str(case["bng_ref_string"]), case["expected"])
        for case in cases(reference, "bng_reference_test_cases.json", "_validate_bng_ref_string")
    ]
    told += [
        (str(case["bng_ref_string"]), "expected_exception" not in case)
        for case in cases(reference, "bng_reference_test_cases.json", "BNGReference")
    ]
    lenient = [text for text, expected in told if not expected and is_stricter_than_ours(text)]
    assert len(told) > 100
    for text, expected in told:
        if text not in lenient:
            assert (parse_grid_reference(text) is not None) is expected, text
    taken = [text for text in lenient if parse_grid_reference(text) is not None]
    assert len(taken) > 10
    for text in lenient:
        # Written as the publisher wants it, it is the same square, or none for both.
        assert parse_grid_reference(text) == parse_grid_reference(text.strip().upper())


@pytest.mark.parametrize("function", ["_get_bng_resolution_metres", "BNGReference"])
def test_a_grid_reference_is_as_fine_as_its_publisher_says(reference: Path, function: str) -> None:
    told = cases(reference, "bng_reference_test_cases.json", function)
    told = [case for case in told if "expected_exception" not in case]
    assert len(told) > 10
    for case in told:
        found = parse_grid_reference(str(case["bng_ref_string"]))
        assert found is not None
        assert found[2] == case.get("expected", case.get("expected_resolution_metres")), case
        for name in ("expected_bng_ref_compact", "expected_bng_ref_formatted"):
            assert parse_grid_reference(str(case.get(name, case["bng_ref_string"]))) == found, case


def corners(square: tuple[float, float, int] | None) -> tuple[float, float, float, float]:
    assert square is not None
    east, north, side = square
    return east - side / 2, north - side / 2, east + side / 2, north + side / 2


@pytest.mark.parametrize(("function", "least"), [("bng_to_bbox", 30), ("bng_to_grid_geom", 30), ("bng_to_xy", 50)])
def test_grid_references_name_the_squares_their_publisher_says(reference: Path, function: str, least: int) -> None:
    told = cases(reference, "indexing_test_cases.json", function)
    assert len(told) > least
    for case in told:
        square = parse_grid_reference(str(case["bng_ref_string"]))
        west, south, east, north = corners(square)
        expected: Any = case["expected"]
        if function == "bng_to_bbox":
            assert [west, south, east, north] == expected, case
        elif function == "bng_to_grid_geom":
            assert {tuple(point) for point in expected["coordinates"][0]} == {
                (west, south), (west, north), (east, south), (east, north),
            }, case  # fmt: skip
        else:
            points = {"lower-left": (west, south), "upper-left": (west, north), "lower-right": (east, south)}
            points |= {"upper-right": (east, north), "centre": square[:2] if square else ()}
            assert list(points[str(case["position"])]) == expected, case


def test_points_are_written_as_the_references_their_publisher_says(reference: Path) -> None:
    told = cases(reference, "indexing_test_cases.json", "xy_to_bng")
    sides = {f"{number}{unit}": number * metres for unit, metres in (("m", 1), ("km", 1000)) for number in SIZES}
    told = [case for case in told if "expected_exception" not in case]
    assert len(told) > 50
    for case in told:
        point: Any = (case["easting"], case["northing"])
        side = sides.get(str(case["resolution"])) or int(str(case["resolution"]))
        expected: Any = case["expected"]
        written = write_grid_reference(*point, side)
        assert written.replace(" ", "") == expected["bng_ref_formatted"].replace(" ", ""), case


SIZES = (1, 5, 10, 50, 100, 500)


@pytest.mark.parametrize(("function", "is_up"), [("bng_to_children", False), ("bng_to_parent", True)])
def test_squares_lie_in_one_another_as_their_publisher_says(reference: Path, function: str, is_up: bool) -> None:
    told = cases(reference, "hierarchy_test_cases.json", function)
    told = [case for case in told if "expected_exception" not in case]
    assert len(told) > 10
    for case in told:
        expected: Any = case["expected"]
        others = expected["bng_ref_formatted"]
        given = parse_grid_reference(str(case["bng_ref_string"]))
        for text in [others] if isinstance(others, str) else others:
            pair = (given, parse_grid_reference(text))
            inner, outer = (corners(square) for square in (pair if is_up else pair[::-1]))
            assert outer[0] <= inner[0] and outer[1] <= inner[1], case
            assert inner[2] <= outer[2] and inner[3] <= outer[3], case


def test_squares_stand_as_far_apart_as_their_publisher_says(reference: Path) -> None:
    for case in cases(reference, "traversal_test_cases.json", "bng_distance"):
        if not case.get("edge_to_edge"):
            one, other = (parse_grid_reference(str(case[f"bng_ref_string_{number}"])) for number in (1, 2))
            assert one is not None
            assert other is not None
            assert np.hypot(one[0] - other[0], one[1] - other[1]) == pytest.approx(case["expected"])


@pytest.fixture(scope="module")
def districts(real_data: Path) -> Path:
    return existing(real_data / "geography" / "lad" / "lad_2024_bsc.geojson")


def test_the_cover_holds_great_britain_and_nothing_of_northern_ireland(districts: Path) -> None:
    import shapely
    from pyogrio.raw import read

    info, _fids, geometry, values = read(districts)
    names = list(info["fields"])
    code = next(name for name in names if name.startswith("LAD") and name.endswith("CD"))
    shapes = shapely.from_wkb(geometry)
    owner = np.array(values[names.index(code)], dtype=str)
    corners, index = shapely.get_coordinates(shapes, return_index=True)
    east, north = to_national_grid(corners[:, 0].copy(), corners[:, 1].copy(), info["crs"])
    is_irish = np.char.startswith(owner[index], "N")
    known = np.isfinite(east)
    inside = np.zeros(len(east), dtype=bool)
    inside[known] = in_cover(east[known], north[known])
    assert is_irish.sum() > 1000
    assert set(owner[index][~is_irish & known & ~inside]) == set()
    assert set(owner[index][is_irish & inside]) == set()
    # OSTN15 has a value nearly everywhere on land.
    assert (~known & ~is_irish).sum() <= 0.001 * (~is_irish).sum()


def test_every_district_of_great_britain_has_a_surface_on_the_grid(districts: Path, tmp_path: Path) -> None:
    added = add_boundaries([districts], tmp_path, "lad_2024", BoundaryFields("LAD24CD", "LAD24NM"), None, None)
    assert (added.areas, added.outside_cover) == (361, 11)


@pytest.mark.parametrize(
    ("pattern", "fields"),
    [
        ("lad/lad_2024_bsc.geojson", BoundaryFields("LAD24CD", "LAD24NM")),
        ("boundaries_surrey/ward/*.geojson", BoundaryFields("WD25CD", "WD25NM", "LAD25CD")),
        ("boundaries_surrey/lsoa11/*.geojson", BoundaryFields("LSOA11CD", "LSOA11NM")),
    ],
)
def test_points_in_real_areas_are_found_as_by_testing_every_one(
    real_data: Path, tmp_path: Path, pattern: str, fields: BoundaryFields
) -> None:
    """Points anywhere, and every corner of every area: on the edges, where slivers and gaps are."""
    files = sorted((real_data / "geography").glob(pattern))
    add_boundaries(files, tmp_path, "areas", fields, None, None)
    table = pl.read_parquet(tmp_path / "areas" / "areas.parquet").drop_nulls("wkb").sort("area_code")
    shapes = shapely.from_wkb(table["wkb"].to_numpy())
    west, south, east, north = shapely.total_bounds(shapes)
    anywhere = np.random.default_rng(3).uniform([west, south], [east, north], (30_000, 2))
    x, y = np.vstack([anywhere, shapely.get_coordinates(shapes)]).T
    expected = area_by_tests(shapes, x, y)
    for cells in (10_000, 1_000_000):
        assert (area_by_grid(shapes, x, y, cells) == expected).all()
