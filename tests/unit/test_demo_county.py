"""The demo county: the same bytes each time, areas that tile, figures that add up, and planted faults."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import sqlite3
import subprocess
import sys
import zipfile
from collections import Counter
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import shapely
from convertbng.cutil import convert_bng

from pipelines.demo import (
    FIRST_INSTALMENT,
    County,
    ReferenceFiles,
    make_county,
    schedule,
    southern_reports,
    vehicles,
    write_deliveries,
    write_reference,
)
from pipelines.demo.agencies import agency_files
from pipelines.demo.crime import CORRECTION_ADDED, CORRECTION_REMOVED
from pipelines.demo.names import DISTRICTS, EASTMARK, LANDS, SALTMARK, WESTMARK
from pipelines.demo.patterns_of_crime import CENTRE, STATION
from pipelines.demo.population import BOUNDARY_SETS
from pipelines.demo.reference import (
    FIRST_LIFE,
    REUSED_POSTCODE,
    TERMINATED_IN,
    TERMINATED_POSTCODE,
    USED_AGAIN_FROM,
)
from pipelines.specs.check import gather
from pipelines.specs.load import SpecSet
from pipelines.specs.patterns import matcher

ROOT = Path(__file__).parents[2]
MAKE_ALL = """
import sys
from pathlib import Path
from pipelines.demo import make_county, write_deliveries, write_reference
county = make_county()
write_reference(county, Path(sys.argv[1]) / "reference")
write_deliveries(county, Path(sys.argv[1]) / "landing")
"""


@pytest.fixture(scope="module")
def county() -> County:
    return make_county()


@pytest.fixture(scope="module")
def landing(county: County, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("landing")
    write_deliveries(county, folder)
    return folder


@pytest.fixture(scope="module")
def reference(county: County, tmp_path_factory: pytest.TempPathFactory) -> ReferenceFiles:
    return write_reference(county, tmp_path_factory.mktemp("reference"))


@pytest.fixture(scope="module")
def specs() -> SpecSet:
    found, problems = gather(ROOT / "ingest_specs")
    assert [problem for problem in problems if "demo_" in problem.file] == []
    return found


def hashes(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def rows(path: Path, encoding: str = "utf-8") -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode(encoding), newline="")))


def crimes(landing: Path) -> list[dict[str, str]]:
    """The crimes of every month as first sent, each with its month."""
    files = [
        path for path in sorted((landing / "demo_police").glob("*/crime_*.csv")) if path.parent.name != "2025-04-02"
    ]
    return [row | {"month": path.stem.removeprefix("crime_")} for path in files for row in rows(path)]


def test_another_process_writes_the_same_bytes(landing: Path, reference: ReferenceFiles, tmp_path: Path) -> None:
    environment = dict(os.environ, PYTHONHASHSEED="7")
    subprocess.run([sys.executable, "-c", MAKE_ALL, str(tmp_path)], check=True, env=environment, cwd=ROOT)
    assert hashes(tmp_path / "landing") == hashes(landing)
    assert hashes(tmp_path / "reference") == hashes(reference.districts.parent)


def test_two_instalments_are_the_whole(county: County, landing: Path, tmp_path: Path) -> None:
    first = write_deliveries(county, tmp_path, issued_to=FIRST_INSTALMENT)
    second = write_deliveries(county, tmp_path, issued_after=FIRST_INSTALMENT)
    assert not set(first) & set(second)
    assert hashes(tmp_path) == hashes(landing)
    late = {path.relative_to(tmp_path).as_posix() for path in second}
    assert "demo_police/2025-03-24/crime_2024-09.csv" in late
    assert "demo_police/2025-04-02/crime_2024-06.csv" in late
    assert "demo_northmark/2025-04-03/AV_0824.csv" in late
    assert "demo_police/2025-05-01/recorded_crime_bulletin.csv" in late
    others = {file.partner for file in agency_files() if file.issued > FIRST_INSTALMENT}
    assert {path.split("/")[0] for path in late} == (schedule.SENDERS - {schedule.COUNTY_COUNCIL}) | others


def test_another_seed_makes_another_county(county: County) -> None:
    other = make_county(7)
    assert other.outline.area != county.outline.area
    assert shapely.coverage_is_valid([ward.polygon for ward in other.wards_2024])


def test_importing_the_demo_is_light() -> None:
    heavy = ["numpy", "shapely", "openpyxl", "pyogrio", "convertbng", "polars"]
    code = f"import sys, pipelines.demo; print([name for name in {heavy} if name in sys.modules])"
    assert subprocess.check_output([sys.executable, "-c", code], text=True, cwd=ROOT).strip() == "[]"


@pytest.mark.parametrize(("name", "count"), [("wards_2019", 48), ("wards_2024", 45), ("districts", 11)])
def test_areas_tile_the_county(county: County, name: str, count: int) -> None:
    areas = getattr(county, name)
    polygons = [area.polygon for area in areas]
    assert len({area.code for area in areas}) == len({area.name for area in areas}) == len(areas) == count
    assert all(polygon.is_valid and polygon.geom_type == "Polygon" for polygon in polygons)
    assert shapely.coverage_is_valid(polygons)  # no gaps within, no overlaps, shared edges vertex by vertex
    assert sum(polygon.area for polygon in polygons) == pytest.approx(county.outline.area, abs=0.01)
    assert shapely.coverage_union_all(polygons).equals(county.outline)
    west, south, east, north = county.outline.bounds
    assert 370_000 < west < east < 410_000
    assert 264_000 < south < north < 336_000


def test_an_estuary_parts_the_county_in_two(county: County) -> None:
    north, south = (
        shapely.coverage_union_all([each.polygon for each in county.districts if each.code in land.districts])
        for land in LANDS
    )
    assert north.geom_type == south.geom_type == "Polygon"
    assert north.distance(south) > 2_000
    assert set(DISTRICTS) == {district.code for district in county.districts}


@pytest.mark.parametrize("vintage", ["wards_2019", "wards_2024"])
def test_districts_are_unions_of_wards(county: County, vintage: str) -> None:
    for district in county.districts:
        wards = [ward.polygon for ward in getattr(county, vintage) if ward.parent_code == district.code]
        assert shapely.coverage_union_all(wards).equals(district.polygon)


def test_vintages_differ_where_districts_were_rewarded(county: County) -> None:
    old = {ward.code: ward for ward in county.wards_2019}
    new = {ward.code: ward for ward in county.wards_2024}
    kept = {code for code in old if old[code].parent_code not in (EASTMARK, WESTMARK)}
    assert set(old) & set(new) == kept
    assert all(old[code].polygon.equals(new[code].polygon) and old[code].name == new[code].name for code in kept)
    for district in (EASTMARK, WESTMARK):
        counts = [sum(ward.parent_code == district for ward in vintage.values()) for vintage in (old, new)]
        assert counts[1] < counts[0]
        before = [ward.polygon for ward in old.values() if ward.parent_code == district]
        after = [ward.polygon for ward in new.values() if ward.parent_code == district]
        assert not all(any(one.equals(other) for other in before) for one in after)


def test_codes_cannot_be_taken_for_gss_codes(county: County) -> None:
    for area in (*county.wards_2019, *county.wards_2024, *county.districts):
        assert area.code[:3] in ("X05", "X07")
        assert len(area.code) == 9


def test_boundaries_in_degrees_still_tile(county: County, reference: ReferenceFiles) -> None:
    for path, areas in ((reference.wards_2019, county.wards_2019), (reference.districts, county.districts)):
        features = json.loads(path.read_text(encoding="utf-8"))["features"]
        polygons = [shapely.from_geojson(json.dumps(feature["geometry"])) for feature in features]
        assert shapely.coverage_is_valid(polygons)
        for feature, polygon, area in zip(features, polygons, areas, strict=True):
            assert area.code in feature["properties"].values()
            lon, lat = shapely.get_coordinates(polygon.exterior).T
            east, north = convert_bng(np.ascontiguousarray(lon), np.ascontiguousarray(lat))
            back = shapely.Polygon(np.column_stack([east, north]))
            assert back.symmetric_difference(area.polygon).area < 0.01 * back.length


def test_geopackage_is_in_national_grid(county: County, reference: ReferenceFiles) -> None:
    with sqlite3.connect(reference.wards_2024) as store:
        names = store.execute("select WD24CD, WD24NM, LAD24CD from wards_2024").fetchall()
        (crs,) = store.execute("select distinct srs_id from gpkg_geometry_columns").fetchone()
    store.close()
    assert names == [(ward.code, ward.name, ward.parent_code) for ward in county.wards_2024]
    assert crs == 27700


def test_postcodes_are_well_formed_and_in_the_county(county: County, reference: ReferenceFiles) -> None:
    listed = rows(reference.postcodes)
    assert len(listed) == 1381
    assert len({row["pcds"] for row in listed}) == 1380
    for row in listed:
        outward, inward = row["pcds"].split()
        assert outward[:2] == "ZM"
        assert inward[0].isdigit()
        assert not set(inward[1:]) & set("CIKMOV")
        assert len(row["pcd"]) == 7
        assert shapely.contains_xy(county.outline, int(row["oseast1m"]), int(row["osnrth1m"]))
    assert vehicles.UNKNOWN_POSTCODE not in {row["pcds"] for row in listed}


def test_eastmark_writes_a_postcode_that_was_terminated_and_one_that_was_used_again(
    landing: Path, reference: ReferenceFiles
) -> None:
    from python_calamine import CalamineWorkbook

    lives = [(row["pcds"], row["dointr"], row["doterm"]) for row in rows(reference.postcodes)]
    assert (TERMINATED_POSTCODE, "198001", TERMINATED_IN) in lives
    assert [life[1:] for life in lives if life[0] == REUSED_POSTCODE] == [FIRST_LIFE, (USED_AGAIN_FROM, "")]
    days: dict[str, list[str]] = {}
    for path in landing.glob("demo_eastmark/*/*.xlsx"):
        for row in CalamineWorkbook.from_path(path).get_sheet_by_name("Removals").to_python()[3:-1]:
            days.setdefault(str(row[3]), []).append(f"{row[1]:%Y%m}")
    assert max(days[TERMINATED_POSTCODE]) > TERMINATED_IN > min(days[TERMINATED_POSTCODE])
    assert min(days[REUSED_POSTCODE]) > USED_AGAIN_FROM


def test_properties_are_about_the_postcodes_in_degrees_as_in_metres(county: County, reference: ReferenceFiles) -> None:
    listed = rows(reference.uprns, "utf-8-sig")
    assert list(listed[0]) == ["UPRN", "X_COORDINATE", "Y_COORDINATE", "LATITUDE", "LONGITUDE"]
    assert 6_700 < len(listed) == len({row["UPRN"] for row in listed}) <= 6_900
    metres, degrees = (
        np.array([[float(row[name]) for name in pair] for row in listed])
        for pair in (("X_COORDINATE", "Y_COORDINATE"), ("LONGITUDE", "LATITUDE"))
    )
    assert shapely.contains_xy(county.outline, *metres.T).all()
    east, north = convert_bng(np.ascontiguousarray(degrees[:, 0]), np.ascontiguousarray(degrees[:, 1]))
    assert np.hypot(east - metres[:, 0], north - metres[:, 1]).max() < 0.1


def test_names_come_as_the_publishers_tiles_do(reference: ReferenceFiles) -> None:
    with zipfile.ZipFile(reference.names) as archive:
        header, tile = (
            list(csv.reader(io.StringIO(archive.read(name).decode("utf-8-sig"), newline="")))
            for name in ("Doc/OS_Open_Names_Header.csv", "Data/SJ82.csv")
        )
    assert (len(header), {len(row) for row in header + tile}) == (1, {34})
    named = [dict(zip(header[0], row, strict=True)) for row in tile]
    roads = [row for row in named if row["LOCAL_TYPE"] == "Named Road"]
    assert {row["LOCAL_TYPE"] for row in named} == {"Named Road", "Town", "Village", "Postcode"}
    assert len({row["ID"] for row in named}) == len(named)
    church_lanes = [row["POPULATED_PLACE"] for row in roads if row["NAME1"] == "Church Lane"]
    assert len(church_lanes) == len(set(church_lanes)) == 23
    assert sum(row["NAME1"] == "Tenterfield Road" for row in roads) == 1
    for row in roads:
        west, south, east, north = (int(row[f"MBR_{side}"]) for side in ("XMIN", "YMIN", "XMAX", "YMAX"))
        assert west <= int(row["GEOMETRY_X"]) <= east
        assert south <= int(row["GEOMETRY_Y"]) <= north


def test_every_crime_is_in_the_county_and_in_its_month(county: County, landing: Path) -> None:
    found = crimes(landing)
    placed = [row for row in found if row["Lon"]]
    east, north = convert_bng(
        np.array([float(row["Lon"]) for row in placed]), np.array([float(r["Lat"]) for r in placed])
    )
    assert shapely.contains_xy(county.outline, east, north).all()
    assert 0 < len(found) - len(placed) < 0.02 * len(found)
    assert all(row["Occurred"].startswith(row["month"]) for row in found)
    assert len({row["Ref"] for row in found}) == len(found)
    assert 28_000 < len(found) < 34_000
    assert sum(row["Offence"] == "TEST" for row in found) == 4


def test_the_planted_trends_can_be_found(county: County, landing: Path) -> None:
    found = [row for row in crimes(landing) if row["Lon"]]
    lon, lat = (np.array([float(row[name]) for row in found]) for name in ("Lon", "Lat"))
    points = np.column_stack(convert_bng(lon, lat))
    pair = [ward.polygon for ward in county.wards_2024 if ward.code in county.vehicle_crime_wards]
    assert shapely.length(shapely.intersection(*pair)) > 0
    here = shapely.contains_xy(shapely.coverage_union_all(pair), points)
    before, after = (
        sum(
            inside and row["Offence"].startswith("VEH") and first <= row["month"] <= last
            for inside, row in zip(here, found, strict=True)
        )
        for first, last in (("2023-07", "2024-03"), ("2024-07", "2025-03"))  # the same nine months
    )
    assert 1.5 < after / before < 2.6
    north = shapely.contains_xy(county.districts[0].polygon, points)
    burglaries = Counter(
        row["month"] < "2024-04" for row, n in zip(found, north, strict=True) if n and row["Offence"].startswith("BURG")
    )
    assert burglaries[False] < 0.75 * burglaries[True]
    for spot, offences in ((CENTRE, ("VIOL-1", "VIOL-2", "SHOP")), (STATION, ("CYC", "BIKE"))):
        near = np.hypot(points[:, 0] - spot.easting, points[:, 1] - spot.northing) < 3 * spot.spread_m
        share = np.mean([close for close, row in zip(near, found, strict=True) if row["Offence"] in offences])
        assert share > 0.15


def test_populations_add_up(county: County, landing: Path) -> None:
    for year, issued in ((2022, "2023-02-14"), (2023, "2024-02-14"), (2024, "2025-02-14")):
        found = rows(landing / "demo_county_council" / issued / f"population_{year}.csv")
        values = {(row["Geography"], row["Code"], row["Measure"]): int(row["Value"]) for row in found}
        parents = {ward.code: ward.parent_code for ward in (*county.wards_2019, *county.wards_2024)}
        for measure, near in (("Usual residents", 400_000), ("Households", 171_500)):
            districts = {d.code: values["demo_district", d.code, measure] for d in county.districts}
            assert sum(districts.values()) == pytest.approx(near, rel=0.03)
            for vintage in ("demo_ward_2019", "demo_ward_2024"):
                totals = Counter[str]()
                for (geography, code, what), value in values.items():
                    if (geography, what) == (vintage, measure):
                        totals[parents[code]] += value
                assert totals == districts
    assert {row["Geography"] for row in found} == set(BOUNDARY_SETS)


def delivered(landing: Path) -> list[str]:
    """What stands in landing, a member of an archive below the archive's name."""
    found = []
    for path in landing.rglob("*.*"):
        told = path.relative_to(landing).as_posix()
        found += [f"{told}/{name}" for name in zipfile.ZipFile(path).namelist()] if path.suffix == ".zip" else [told]
    return found


def test_every_file_is_one_feeds_and_says_when(specs: SpecSet, landing: Path) -> None:
    patterns = {
        (name, pattern): matcher(pattern)
        for name, feed in specs.feeds.items()
        for version in feed.feed.versions
        for pattern in version.files
    }
    for told in delivered(landing):
        matched = [(name, facts) for (name, _), match in patterns.items() if (facts := match(told))]
        # The parts of one file may be feeds of their own.
        assert len(matched) == (3 if told.startswith("demo_youth_justice/") else 1), told
        for name, facts in matched:
            assert name.split("/")[0] == told.split("/")[0]
            assert facts.issued == date.fromisoformat(told.split("/")[1])
            assert specs.feeds[name].version_on(facts.period or facts.issued) is not None


def test_partners_speak_for_the_districts(specs: SpecSet, county: County) -> None:
    every = {district.code: district.name for district in county.districts}
    for partner in ("demo_police", "demo_county_council"):
        (supplier,) = specs.partners[partner].suppliers.values()
        assert set(supplier.speaks_for) == set(every)
    for code, name in every.items():
        (supplier,) = specs.partners[f"demo_{name.lower()}"].suppliers.values()
        assert (supplier.title, supplier.speaks_for) == (f"{name} District Council", (code,))


def test_each_district_records_in_its_own_way(specs: SpecSet, landing: Path) -> None:
    feeds = {name: specs.feeds[f"demo_{name.lower()}/abandoned_vehicle"].feed for name in DISTRICTS.values()}
    ways = {
        name: (
            feed.recording.unit,
            feed.cadence.every.value,
            feed.versions[0].format.type,
            feed.versions[0].location[0].by,
        )
        for name, feed in feeds.items()
    }
    assert ways == {
        "Northmark": ("report", "month", "csv", "coordinates"),
        "Eastmark": ("removal", "month", "xlsx", "postcode"),
        "Westmark": ("report", "month", "csv", "grid_reference"),
        "Millmark": ("case", "quarter", "xlsx", "street"),
        "Fenmark": ("report", "week", "fixed_width", "uprn"),
        "Highmark": ("report", "month", "xml", "coordinates"),
        "Saltmark": ("report", "month", "csv", "postcode"),
        "Heathmark": ("report", "month", "json", "coordinates"),
        "Overmark": ("visit", "quarter", "csv", "area"),
        "Nethermark": ("notice", "month", "geojson", "coordinates"),
        "Stonemark": ("report", "financial_year", "csv", "postcode"),
    }
    assert all(feed.recording.note for feed in feeds.values())
    maps = [
        {entry.raw for entry in specs.feeds[f"demo_{name.lower()}/abandoned_vehicle"].maps[column.map].entries}
        for name, feed in feeds.items()
        for version in feed.versions
        for _header, column in version.fills()
        if column.map is not None
    ]
    assert len(maps) == len({frozenset(codes) for codes in maps}) == len(DISTRICTS)  # no two write the same codes
    assert not list(landing.glob(f"demo_{DISTRICTS[SALTMARK].lower()}/*"))


def test_code_maps_cover_what_is_sent_but_for_the_planted_code(specs: SpecSet, landing: Path) -> None:
    def unmapped(feed: str, name: str, sent: set[str]) -> set[str]:
        return sent - {entry.raw for entry in specs.feeds[feed].maps[name].entries}

    police = crimes(landing)
    assert not unmapped("demo_police/crime", "offence", {row["Offence"] for row in police})
    assert unmapped("demo_police/crime", "disposal", {row["Disposal"] for row in police}) == {"", "-"}
    for entry in specs.feeds["demo_police/crime"].maps["offence"].entries:
        months = [row["month"] for row in police if row["Offence"] == entry.raw]
        assert months
        assert entry.valid_from is None or min(months) >= f"{entry.valid_from:%Y-%m}"
        assert entry.valid_to is None or max(months) <= f"{entry.valid_to:%Y-%m}"
    reported = {line.split("|")[2] for line in westmark_lines(landing)}
    assert unmapped("demo_westmark/abandoned_vehicle", "type_code", reported) == {vehicles.UNMAPPED_CODE}
    northmark = [row for path in landing.glob("demo_northmark/*/*.csv") for row in rows(path, "cp1252")]
    assert not unmapped("demo_northmark/abandoned_vehicle", "vehicle_type", {row["Type"] for row in northmark})


def westmark_lines(landing: Path) -> list[str]:
    return [
        line for path in sorted(landing.glob("demo_westmark/*/*.txt")) for line in path.read_text().splitlines()[1:]
    ]


def test_a_correction_changes_what_it_should(landing: Path) -> None:
    before = {row["Ref"]: row for row in rows(landing / "demo_police/2024-07-16/crime_2024-06.csv")}
    after = {row["Ref"]: row for row in rows(landing / "demo_police/2025-04-02/crime_2024-06.csv")}
    assert len(before.keys() - after.keys()) == CORRECTION_REMOVED
    assert len(after.keys() - before.keys()) == CORRECTION_ADDED
    changed = [ref for ref in before.keys() & after.keys() if before[ref] != after[ref]]
    assert len(changed) == 25
    assert all(before[ref]["Offence"] != after[ref]["Offence"] for ref in changed)
    assert all({**before[ref], "Offence": ""} == {**after[ref], "Offence": ""} for ref in changed)


def test_a_bulletin_counts_what_was_first_sent(landing: Path) -> None:
    bulletins = sorted((landing / "demo_police").glob("*/recorded_crime_bulletin.csv"))
    assert len(bulletins) == 5
    stated: dict[str, Counter[str]] = {}
    for row in (row for path in bulletins for row in rows(path)):
        stated.setdefault(row["Month"], Counter())[row["Figure"]] = int(row["Count"].replace(",", ""))
    sent = Counter(row["month"] for row in crimes(landing))
    assert {month: figures["All"] for month, figures in stated.items()} == {
        month: count for month, count in sent.items() if month >= "2024-01"
    }
    assert all(
        figures["Recorded crime"] + figures["Anti-social behaviour"] == figures["All"] for figures in stated.values()
    )


def test_planted_faults_of_the_districts(landing: Path) -> None:
    for month, fields in (("2023-10-*/AV_0923", 8), ("2024-03-*/AV_0224", 10)):
        (path,) = landing.glob(f"demo_northmark/{month}.csv")
        widths = Counter(len(line) for line in csv.reader(io.StringIO(path.read_bytes().decode("cp1252"), newline="")))
        assert widths[fields] == 1
        assert set(widths) == {9, fields}
    lines = westmark_lines(landing)
    assert sum(line.split("|")[1] == "31-Feb-2024" for line in lines) == 1
    assert sum(line.split("|")[2] == vehicles.UNMAPPED_CODE for line in lines) == 2
    assert [line.split("|")[3] for line in lines if line.split("|")[3][2] != " "] == list(vehicles.STREETS_NAMED)
    assert not list(landing.glob("demo_westmark/*/*_202411.txt"))
    (nil,) = landing.glob("demo_westmark/*/*_202412.txt")
    assert len(nil.read_text().splitlines()) == 1
    assert min(path.parent.name for path in landing.glob("demo_eastmark/*/*")) > "2023-08"


def test_workbooks_have_a_header_on_row_3_and_a_total(landing: Path) -> None:
    from python_calamine import CalamineWorkbook

    repeated = unknown = 0
    for path in landing.glob("demo_eastmark/*/*.xlsx"):
        sheet = CalamineWorkbook.from_path(path).get_sheet_by_name("Removals").to_python(skip_empty_area=False)
        assert sheet[2] == ["Our ref", "Removed on", "What", "Postcode", "Remarks"]
        assert sheet[-1][0] == "Total removed"
        assert sheet[-1][2] == len(sheet) - 4
        body = [tuple(row) for row in sheet[3:-1]]
        assert 6 <= len(set(body)) <= 15
        assert all(isinstance(row[1], date) for row in body)
        repeated += len(body) - len(set(body))
        unknown += sum(row[3] == vehicles.UNKNOWN_POSTCODE for row in body)
    assert (repeated, unknown) == (1, 1)


@pytest.mark.parametrize(
    ("easting", "northing", "reference"),
    [(381_250, 334_599, "SJ 812 345"), (400_000, 300_000, "SK 000 000"), (651_409, 313_177, "TG 514 131")],
)
def test_grid_references(easting: int, northing: int, reference: str) -> None:
    assert vehicles.grid_reference(easting, northing) == reference


def test_only_the_late_months_are_late(specs: SpecSet) -> None:
    late = {
        (file.partner, file.period)
        for file in schedule.planned()
        if not (file.partner == schedule.COUNTY_COUNCIL or file.correction or file.is_bulletin)
        and file.days_after >= due(specs, file.partner)
    }
    assert late == {
        (schedule.POLICE, schedule.POLICE_LATE),
        (schedule.NETHERMARK_COUNCIL, schedule.NETHERMARK_LATE),
    }


def due(specs: SpecSet, partner: str) -> int:
    """Days from a period's end to the day its return is due."""
    name = "crime" if partner == schedule.POLICE else "abandoned_vehicle"
    return specs.feeds[f"{partner}/{name}"].feed.cadence.due_days


def test_planted_faults_south_of_the_estuary(landing: Path) -> None:
    (path,) = landing.glob("demo_fenmark/*/FEN20240701.dat")
    lines = path.read_text().splitlines()[1:]
    assert len(lines) - len(set(lines)) == 1
    assert {
        len(line) for path in landing.glob("demo_fenmark/*/*.dat") for line in path.read_text().splitlines()[1:]
    } == {33}
    (path,) = landing.glob("demo_highmark/*/abandoned-2024-02.xml")
    pins = [each.attrib for each in ElementTree.fromstring(path.read_bytes()).iter("Pin")]
    assert [float(pin["lat"]) < float(pin["lon"]) for pin in pins].count(True) == 1
    reports = {
        path.stem[-6:]: len(json.loads(path.read_text())["reports"]) for path in landing.glob("demo_heathmark/*/*.json")
    }
    assert len(reports) == 24
    assert {month: count for month, count in reports.items() if count} == {
        f"{month:%Y%m}": count for month, count in southern_reports.HEATHMARK_REPORTS.items()
    }
    for path in landing.glob("demo_stonemark/*/*.txt"):
        *rows, last = path.read_text(encoding="utf-16").splitlines()[1:]
        assert last.split("\t")[:2] == ["END OF RETURN", str(len(rows))]
    (path,) = landing.glob("demo_nethermark/*/notices_June_2024.geojson")
    served = [(each["id"], each["properties"]["served"]) for each in json.loads(path.read_text())["features"]]
    assert len(set(served)) == len(served) == len(dict(served)) + 1
