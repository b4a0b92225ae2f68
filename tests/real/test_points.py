"""Points as partners publish them: masked fire incidents, and street files with and without a pile of records."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import polars as pl
import pytest

from pipelines.place.locate import locate
from pipelines.place.located import PLACE_COLUMNS
from pipelines.place.reference import ReferenceData
from pipelines.place.ways.stand_ins import pile_ups
from pipelines.specs.grid_reference import parse_grid_reference
from pipelines.specs.locations import Coordinates

NONE = ReferenceData(None)
STREET = Coordinates(by="coordinates", x="Longitude", y="Latitude", crs="EPSG:4326")


def existing(path: Path) -> Path:
    if not path.exists():
        pytest.skip(f"{path} is missing: set COMMONGRID_REAL_DATA to a folder that has it")
    return path


def piles(frame: pl.DataFrame, way: Coordinates = STREET) -> list[str]:
    placed = locate(frame, (way,), NONE).select(PLACE_COLUMNS).with_row_index("row")
    return [message for _, message in pile_ups(placed, ("row",), (way,))]


def test_masked_fire_incidents_stand_at_the_middle_of_their_square(real_data: Path) -> None:
    path = existing(real_data / "councils" / "bath_nes" / "Avon_Fire_and_Rescue_Incidents.csv")
    frame = pl.read_csv(path, infer_schema=False)
    masked = Coordinates(by="coordinates", x="x_coordinate", y="y_coordinate", crs="EPSG:27700")
    found = locate(frame, (masked,), NONE)
    methods = dict(found["place_method"].value_counts().iter_rows())
    # One of them has thousands marked off: 9,999***.
    assert methods == {"coordinates": 10_209, "bad_location": 1}
    assert found["square_m"].drop_nulls().unique().to_list() == [1000]
    assert (found["easting"].drop_nulls() % 1000 == 500).all()
    # The same file tells where they were, to the metre, in another column.
    point = frame["location"].str.extract_groups(r"\((?<Latitude>[^,]+), (?<Longitude>[^)]+)\)").struct.unnest()
    true = locate(point, (STREET,), NONE)
    off = pl.DataFrame(
        {"e": found["easting"] - true["easting"], "n": found["northing"] - true["northing"]}
    ).drop_nulls()
    assert off.height > 10_000
    assert off.select(((pl.col("e").abs() <= 500) & (pl.col("n").abs() <= 500)).mean()).item() > 0.99


def test_the_squares_of_masked_points_are_no_pile(real_data: Path) -> None:
    path = existing(real_data / "councils" / "bath_nes" / "Avon_Fire_and_Rescue_Incidents.csv")
    masked = Coordinates(by="coordinates", x="x_coordinate", y="y_coordinate", crs="EPSG:27700", pile_up_share=0.01)
    assert piles(pl.read_csv(path, infer_schema=False), masked) == []


def test_streets_are_no_pile(real_data: Path) -> None:
    files = sorted(existing(real_data / "police" / "surrey").glob("*.csv"))
    assert len(files) == 11
    for file in files:
        assert piles(pl.read_csv(file, infer_schema=False)) == [], file.name


def test_of_all_forces_only_the_one_with_a_pile_is_told(real_data: Path) -> None:
    told = {}
    for path in sorted(existing(real_data / "police" / "national").glob("*.zip")):
        with zipfile.ZipFile(path) as archive:
            for name in [item for item in archive.namelist() if item.endswith("-street.csv")]:
                content = pl.read_csv(io.BytesIO(archive.read(name)), infer_schema=False, truncate_ragged_lines=True)
                for message in piles(content):
                    told[name.rsplit("/", 1)[-1]] = (message, content)
    assert list(told) == ["2014-02-bedfordshire-street.csv"]
    message, content = told["2014-02-bedfordshire-street.csv"]
    assert message.startswith("278 of 4,534 records stand at one point;")
    # What it says can be pasted as it stands, and no record stands there then.
    point = message.split('"')[1]
    assert parse_grid_reference(point) is not None
    settled = STREET.model_copy(update={"default_points": (point,)})
    methods = dict(locate(content, (settled,), NONE)["place_method"].value_counts().iter_rows())
    assert methods["default_point"] == 278
    assert piles(content, settled) == []
