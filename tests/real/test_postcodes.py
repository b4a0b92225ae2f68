"""Postcodes held against real files: a publisher's cases, directories of Surrey, Scotland and Trafford."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from pipelines.place.directories.postcode_directory import add_postcodes
from pipelines.place.directories.postcode_layouts import Named, layout_of
from pipelines.place.locate import locate
from pipelines.place.reference import ReferenceData
from pipelines.place.ways.postcode_areas import sector_squares
from pipelines.specs.locations import Postcode
from pipelines.specs.postcode_text import parse_postcode

POSTCODE = Postcode(by="postcode", column="postcode")
PARTS = {
    "areas": "area",
    "districts": "district",
    "incodes": "incode",
    "normalisation": "postcode",
    "outcodes": "outcode",
    "sectors": "sector",
    "sub-districts": "subdistrict",
    "units": "unit",
}


def existing(path: Path) -> Path:
    if not path.exists():
        pytest.skip(f"{path} is missing: set COMMONGRID_REAL_DATA to a folder that has it")
    return path


@pytest.fixture(scope="module")
def folder(real_data: Path) -> Path:
    return existing(real_data / "geography" / "postcodes")


def cases(real_data: Path, name: str) -> list[dict[str, object]]:
    text = existing(real_data / "reference" / "postcode_tests" / f"{name}.json").read_text(encoding="utf-8")
    found: list[dict[str, object]] = json.loads(text)["tests"]
    return found


@pytest.mark.parametrize("name", PARTS)
def test_a_postcode_is_taken_apart_as_the_cases_say(real_data: Path, name: str) -> None:
    told = cases(real_data, name)
    assert len(told) > 10
    for case in told:
        parts = parse_postcode(str(case["base"]))
        assert (None if parts is None else getattr(parts, PARTS[name])) == case["expected"], case


def test_a_text_is_a_postcode_or_not_as_the_cases_say(real_data: Path) -> None:
    told = cases(real_data, "validation")
    assert {case["expected"] for case in told} == {True, False}
    for case in told:
        assert (parse_postcode(str(case["base"])) is not None) is case["expected"], case


def test_no_case_file_is_left_out(real_data: Path) -> None:
    files = existing(real_data / "reference" / "postcode_tests").glob("*.json")
    assert {path.stem for path in files} == {*PARTS, "validation"}


@pytest.mark.parametrize(
    ("name", "postcodes", "without_position"),
    [("GU", 36578, 6), ("RG", 46554, 90), ("TW", 20611, 171), ("SM", 6820, 32)],
)
def test_areas_given_in_degrees_are_read_whole(
    folder: Path, tmp_path: Path, name: str, postcodes: int, without_position: int
) -> None:
    added = add_postcodes([existing(folder / f"{name}.csv")], tmp_path / "postcodes.parquet")
    assert (added.postcodes, added.layouts, added.terminated) == (postcodes, ("degrees",), 0)
    assert (added.without_position, added.outside_cover) == (without_position, 0)
    table = pl.read_parquet(tmp_path / "postcodes.parquet").drop_nulls("easting")
    # The Thames valley and Surrey, in kilometres of the National Grid.
    assert table["easting"].is_between(400_000, 540_000).all()
    assert table["northing"].is_between(90_000, 200_000).all()
    assert all(parse_postcode(text) for text in table["postcode"])


def test_the_headquarters_of_surrey_police_stand_where_they_do(folder: Path, tmp_path: Path) -> None:
    add_postcodes([existing(folder / "GU.csv")], tmp_path / "postcodes.parquet")
    reference = ReferenceData(tmp_path)
    frame = pl.DataFrame({"postcode": ["GU3 1HG", "gu31hg", "GUE 1HG"]})
    placed = locate(frame, (POSTCODE,), reference)
    # Mount Browne, Sandy Lane, Guildford: SU 98 48.
    assert placed["place_method"].to_list() == ["postcode", "postcode", "invalid_postcode"]
    assert (placed["easting"][0] // 1000, placed["northing"][0] // 1000) == (498, 148)
    squares = sector_squares(reference.postcodes if reference.postcodes is not None else pl.DataFrame())
    assert squares["square_m"].is_between(1000, 40_000).all()
    assert squares.height > 100


def test_trafford_is_read_by_its_own_headings(folder: Path, tmp_path: Path) -> None:
    added = add_postcodes([existing(folder / "trafford_postcodes.csv")], tmp_path / "postcodes.parquet")
    assert (added.postcodes, added.without_position, added.outside_cover) == (11264, 0, 0)


def test_the_scottish_directory_has_the_months_a_postcode_was_in_use(folder: Path, tmp_path: Path) -> None:
    files = [existing(folder / name) for name in ("SmallUser.csv", "LargeUser.csv")]
    added = add_postcodes(files, tmp_path / "postcodes.parquet")
    assert (added.postcodes, added.lives, added.terminated, added.layouts) == (201, 201, 107, ("scottish",))
    assert (added.first_introduced, added.outside_cover) == (date(1973, 8, 1), 0)
    frame = pl.DataFrame({"postcode": ["G2 8AE", "G2 8AE", "G2 8AE", "PA31 8UA", "DD5 1JA"]})
    days = pl.Series([date(2008, 3, 31), date(2017, 1, 31), date(2017, 2, 1), date(2020, 1, 1), date(2010, 8, 1)])
    placed = locate(frame, (POSTCODE,), ReferenceData(tmp_path), days)
    assert placed.select("easting", "northing", "place_method").rows() == [
        (258484.0, 664975.0, "postcode_later"),
        (258484.0, 664975.0, "postcode"),
        (258484.0, 664975.0, "postcode_terminated"),
        (179562.0, 707515.0, "postcode"),
        (345043.0, 731242.0, "postcode_terminated"),
    ]


def test_the_headings_of_ons_are_those_of_its_schema(folder: Path) -> None:
    schema = json.loads(existing(folder / "onspd_schema.json").read_text(encoding="utf-8"))
    layout = layout_of([column["code"] for column in schema], Named())
    assert layout is not None
    assert layout.name == "ons"
    assert layout.used == ("pcds", "oseast1m", "osnrth1m", "dointr", "doterm", "osgrdind")
