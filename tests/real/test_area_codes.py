"""Area codes as published: two vintages of LSOA in one file, wards by codes of 2003, districts that have ended."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from pipelines.place.boundaries.sets import BoundaryFields, add_boundaries, write_set
from pipelines.place.directories.area_history import CodeHistory
from pipelines.place.directories.area_registry import AreaRegistry
from pipelines.place.directories.code_history import add_history
from pipelines.place.locate import locate
from pipelines.place.reference import ReferenceData
from pipelines.place.ways.area_codes import AreaCodes, resolved
from pipelines.specs.locations import AreaCode

NAMED = ("lsoa_2011", "lsoa_2021")
# Rows of each file whose code is of LSOA 2011 alone, of 2021 alone, of both and of none, counted apart by the ONS
# lookup between the two.
MIXED = {
    "2022-02": (383, 0, 3809, 141),
    "2022-09": (389, 22, 3985, 145),
    "2023-03": (214, 146, 4294, 271),
    "2023-06": (0, 398, 4167, 87),
}


@pytest.fixture(scope="module")
def geography(real_data: Path) -> Path:
    if not (real_data / "geography" / "code_history").is_dir():
        pytest.skip(f"{real_data / 'geography' / 'code_history'} is missing")
    return real_data / "geography"


@pytest.fixture(scope="module")
def history(geography: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("reference") / "code_history.parquet"
    folder = geography / "code_history"
    files = [*sorted(folder.glob("E*.json")), folder / "all_lad_codes_dates.csv", folder / "lad_code_changes.csv"]
    told = add_history(files, target)
    assert (told.codes, told.successions) == (16_405, 88)
    return target


@pytest.fixture(scope="module")
def vintages(geography: Path) -> AreaCodes:
    pairs = pl.read_csv(geography / "lookups" / "lookup_lsoa11_lsoa21_ltla22.csv", infer_schema=False)
    days = (date(2011, 3, 27), date(2021, 3, 21))
    columns = ("lsoa11_code", "lsoa21_code")
    sets = [
        pairs.select(
            boundary_set=pl.lit(name),
            area_code=column,
            old_code=pl.lit(None, pl.String),
            valid_from=pl.lit(day),
            valid_to=pl.lit(None, pl.Date),
        ).unique()
        for name, column, day in zip(NAMED, columns, days, strict=True)
    ]
    return AreaCodes(pl.concat(sets), NAMED, CodeHistory(None))


@pytest.mark.parametrize("month", MIXED)
def test_metropolitan_rows_go_to_the_vintage_their_code_is_of(month: str, real_data: Path, vintages: AreaCodes) -> None:
    path = real_data / "police" / "metropolitan" / f"{month}-metropolitan-street.csv"
    if not path.exists():
        pytest.skip(f"{path} is missing")
    codes = pl.read_csv(path, infer_schema=False)["LSOA code"]
    day = date.fromisoformat(f"{month}-01")
    found = resolved(codes, pl.Series([day]).new_from_index(0, len(codes)), vintages)
    earlier, later, both, none = MIXED[month]
    assert found.height == len(codes) == earlier + later + both + none
    counted = {(name, method): count for name, method, count in found.group_by(SET_METHOD).len().rows()}
    # An unchanged area is of the set in force, so that a month's totals stand in one set but for what was changed.
    wanted = {("lsoa_2011", "area"): earlier, ("lsoa_2021", "area"): later + both, (None, "no_location"): none}
    assert counted == {key: count for key, count in wanted.items() if count}


SET_METHOD = ("boundary_set", "method")


def test_surrey_wards_are_known_by_their_codes_of_2003(geography: Path, history: Path, tmp_path: Path) -> None:
    files = sorted((geography / "boundaries_surrey" / "ward_2011_martinjc").glob("E07*.json"))
    fields = BoundaryFields("WD13CD", "WD13NM", ":file")
    add_boundaries(files, tmp_path / "boundaries", "ward_2011", fields, date(2011, 5, 5), None)
    wards = [item["properties"] for path in files for item in json.loads(path.read_text())["features"]]
    old = {ward["WD13CD"]: ward["WD13CDO"] for ward in wards}
    areas = pl.read_parquet(tmp_path / "boundaries" / "ward_2011" / "areas.parquet")
    known = areas.with_columns(old_code=pl.col("area_code").replace_strict(old, return_dtype=pl.String))
    write_set(tmp_path / "boundaries", "ward_2011", known)
    way = AreaCode(by="area", column="ward", boundary_set=("ward_2011",))
    reference = ReferenceData(history.parent, tmp_path / "boundaries")
    found = locate(pl.DataFrame({"ward": list(old.values())}), (way,), reference)
    assert len(old) == len(set(old.values())) > 190
    assert found["stated_area"].to_list() == list(old)
    assert found["place_method"].unique().to_list() == ["area"]
    # A ward of Guildford's new set, which is not loaded: in force, known, and of no set named.
    new = locate(pl.DataFrame({"ward": ["E05014944", "E05000001", "E05999999"]}), (way,), reference)
    assert new["place_method"].to_list() == ["area_outside_sets", "historic_area_code", "unknown_area_code"]
    told = AreaRegistry(tmp_path / "boundaries", history, tmp_path).tell(old["E05007286"], date(2024, 1, 1))
    assert told is not None
    assert (told["area_code"], told["area_name"], told["status"]) == ("E05007286", "Ash South and Tongham", "historic")


@pytest.mark.parametrize(
    ("code", "after", "ended"),
    [
        ("E07000004", "E06000060", "2020-03-31"),  # Aylesbury Vale: Buckinghamshire
        ("E07000163", "E06000065", "2023-03-31"),  # Craven: North Yorkshire
        ("E07000246", "E06000066", "2023-03-31"),  # Somerset West and Taunton: Somerset
        ("E07000190", "E06000066", "2023-03-31"),  # Taunton Deane, by way of Somerset West and Taunton
        ("E08000020", None, "2013-03-31"),  # Gateshead: its boundary was moved, so E08000037 is not the same area
    ],
)
def test_districts_that_have_ended_are_historic_and_mergers_are_followed(
    code: str, after: str | None, ended: str, geography: Path, history: Path
) -> None:
    districts = json.loads((geography / "lad" / "lad_2024_bsc.geojson").read_text())["features"]
    field = next(name for name in districts[0]["properties"] if name.upper().startswith("LAD24CD"))
    codes = [item["properties"][field] for item in districts]
    day = pl.lit(date(2024, 4, 1))
    areas = pl.DataFrame({"area_code": codes}).select(
        "area_code",
        boundary_set=pl.lit("district_2024"),
        old_code=pl.lit(None, pl.String),
        valid_from=day,
        valid_to=pl.lit(None, pl.Date),
    )
    known = AreaCodes(areas, ("district_2024",), CodeHistory(pl.read_parquet(history)))
    found = known.resolve(code, date(2018, 6, 1))
    assert (found.area_code, found.issue) == (after, "historic_area_code")
    assert found.method == ("area" if after else "historic_area_code")
    if code != "E07000190":
        assert f"ended on {ended}" in (found.message or "")
