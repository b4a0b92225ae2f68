"""Places held against the publishers' own reference data: OSTN15 test points, grid references, UK districts."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest
import shapely

from pipelines.place.boundaries import BoundaryFields, add_boundaries
from pipelines.place.cover import in_cover
from pipelines.place.grid_reference import parse_grid_reference
from pipelines.place.raster import area_by_grid, area_by_tests
from pipelines.place.transform import to_national_grid

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


def is_written_as_ours(text: str) -> bool:
    """Letters and figures: 100 km squares alone and quarter squares (`SU SW`) are no form a partner sends."""
    return re.fullmatch(r"[A-Z]{2}[ \d]*\d *", text) is not None


def test_grid_references_are_accepted_or_not_as_their_publisher_says(reference: Path) -> None:
    told = [
        case
        for case in cases(reference, "bng_reference_test_cases.json", "_validate_bng_ref_string")
        if is_written_as_ours(str(case["bng_ref_string"]))
    ]
    assert len(told) > 15
    for case in told:
        text = str(case["bng_ref_string"])
        assert (parse_grid_reference(text) is not None) is case["expected"], text


def test_grid_references_name_the_squares_their_publisher_says(reference: Path) -> None:
    told = [
        case
        for case in cases(reference, "indexing_test_cases.json", "bng_to_bbox")
        if is_written_as_ours(str(case["bng_ref_string"]))
    ]
    assert len(told) > 10
    for case in told:
        west, south, east, north = case["expected"]  # type: ignore[misc]
        assert parse_grid_reference(str(case["bng_ref_string"])) == (
            (west + east) / 2,
            (south + north) / 2,
            east - west,
        ), case


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
