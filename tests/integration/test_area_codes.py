"""Figures and events by area code: old codes, two sets mixed in one file, areas that have ended."""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import polars as pl
import pytest
import shapely

from pipelines.place.boundaries.sets import area_schema, write_set
from pipelines.place.directories.code_history import add_history
from pipelines.place.lookups.derive import By, Measure, derive
from pipelines.place.lookups.shares import AreaSet
from pipelines.place.lookups.store import write_lookup
from pipelines.specs.check import load_specs
from tests.conftest import ROOT, Bench, code_map
from tests.integration.test_observations import FILES

FEED = "partners/fernshire/litter.yml"
CRIMES = """
title: Offences by area
cadence: {every: month, due: 20 days after}
recording: {unit: recorded_crime, clock: occurred, place: area}
retention: 5 years
versions:
  - valid_from: 2014-01
    files: "log-{period:%Y-%m}.csv"
    format: {type: csv}
    columns:
      Ref: source_id
      Day: {field: occurred, date: "%Y-%m-%d"}
      Kind: {field: category_code, map: kind}
    location:
      - {by: coordinates, x: E, y: N, crs: "EPSG:27700"}
      - {by: area, column: Area, boundary_set: [lsoa_2011, lsoa_2021]}
"""
HISTORY = (
    "changed_to_code,changed_to_name,changed_from_code,changed_from_name,desc,entity_type,date,year,split,merge\n"
    "E01000001,One,E01000008,Eight,The One Order,E01,2009-04-01,2009,False,True\n"
    "E01000001,One,E01000009,Nine,The One Order,E01,2009-04-01,2009,False,True\n"
)
# 1 is in both sets; 2 became 3 and 4.
SETS = {
    "lsoa_2011": (date(2011, 3, 27), {"E01000001": "43UBFZ", "E01000002": None}),
    "lsoa_2021": (date(2021, 3, 21), {"E01000001": "43UBFZ", "E01000003": None, "E01000004": None}),
}


def add_set(boundaries: Path, name: str, began: date, codes: dict[str, str | None]) -> None:
    rows = [{"boundary_set": name, "area_code": code, "old_code": old, "valid_from": began, "has_cover": False}
            for code, old in codes.items()]  # fmt: skip
    write_set(boundaries, name, pl.DataFrame(rows, schema=area_schema()))


@pytest.fixture
def coded(bench: Bench, tmp_path: Path) -> Bench:
    root = tmp_path / "ingest_specs"
    shutil.copytree(ROOT / "ingest_specs", root)
    made = FILES | {
        FEED: FILES[FEED].replace("boundary_set: fernshire_ward", "boundary_set: [lsoa_2011, lsoa_2021]"),
        "partners/fernshire/crime.yml": CRIMES,
        "partners/fernshire/codes/kind.csv": code_map("B,map,burglary"),
    }
    for name, text in made.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text.lstrip("\n"))
    bench.specs = load_specs(root)
    for name, (began, codes) in SETS.items():
        add_set(bench.home.boundaries, name, began, codes)
    (tmp_path / "history.csv").write_text(HISTORY)
    add_history([tmp_path / "history.csv"], bench.home.code_history)
    return bench


def figures(bench: Bench, years: Iterable[str]) -> None:
    codes = ("43UBFZ", "E01000002", "E01000004", "E01000008", "E01000009", "E01000077", "E99999999")
    rows = [f"{code},{year},summer,{at},1\n" for year in years for at, code in enumerate(codes)]
    path = bench.home.landing / "fernshire" / "2024-06-01" / "litter.csv"
    path.parent.mkdir(parents=True)
    path.write_text("Ward,Year,Season,Roads,Paths\n" + "".join(rows))
    report = bench.load()
    assert report.ok


def events(bench: Bench, folder: Path, at: Iterable[str]) -> None:
    """Load and build burglaries of September 2022, a day apart, at what is written of their places: `E,N,Area`."""
    lines = [f"R{number},2022-09-0{number + 1},B,{place}" for number, place in enumerate(at)]
    path = folder / "log-2022-09.csv"
    path.write_text("\n".join(["Ref,Day,Kind,E,N,Area", *lines]) + "\n")
    assert bench.load(path).ok
    bench.build(as_of=date(2022, 11, 30))


def issues(bench: Bench) -> dict[str, int]:
    frames = [pl.read_parquet(path) for path in bench.home.issues.rglob("*.parquet")]
    return dict(pl.concat(frames)["issue_type"].value_counts().rows())


def test_each_figure_stands_in_the_set_its_code_is_of_and_none_is_lost(coded: Bench) -> None:
    figures(coded, ["2013-14", "2022-23"])
    coded.build(as_of=date(2024, 9, 30))
    rows = coded.ask(
        "select year(period_start), boundary_set, area_code, value from observations "
        "where dataset = 'litter' and category_code = 'road' order by 1, 4"
    )
    alike = [
        ("lsoa_2011", "E01000002", 1.0),
        ("lsoa_2021", "E01000004", 2.0),
        # Figures of parts are not added up to the figure of the whole, nor given to it.
        (None, "E01000008", 3.0),
        (None, "E01000009", 4.0),
        (None, "E01000077", 5.0),
        (None, "E99999999", 6.0),
    ]
    assert rows == [
        *((2013, *row) for row in [("lsoa_2011", "E01000001", 0.0), *alike]),
        *((2022, *row) for row in [("lsoa_2021", "E01000001", 0.0), *alike]),
    ]
    assert issues(coded) == {"old_area_code": 4, "historic_area_code": 8, "unknown_area_code": 4}
    codes = coded.ask("select area_code, boundary_set, status, followed_by, old_code from area_codes order by all")
    assert codes == [
        ("E01000001", "lsoa_2011", "live", None, "43UBFZ"),
        ("E01000001", "lsoa_2021", "live", None, "43UBFZ"),
        ("E01000002", "lsoa_2011", "live", None, None),
        ("E01000003", "lsoa_2021", "live", None, None),
        ("E01000004", "lsoa_2021", "live", None, None),
        ("E01000008", None, "historic", "E01000001", None),
        ("E01000009", None, "historic", "E01000001", None),
    ]


def test_another_set_changes_nothing_and_a_named_one_has_the_figures_made_again(coded: Bench) -> None:
    figures(coded, ["2022-23"])

    def made() -> set[str]:
        return {row["fingerprint"] for row in coded.ledger.rows(delivery)}

    from warehouse.ledger import delivery

    before = made()
    add_set(coded.home.boundaries, "ward_2018", date(2018, 5, 1), {"E05000001": None})
    coded.load()
    assert made() == before
    began, codes = SETS["lsoa_2021"]
    add_set(coded.home.boundaries, "lsoa_2021", began, codes | {"E01000077": None})
    coded.load()
    assert made() != before
    coded.build(as_of=date(2024, 9, 30))
    assert coded.ask("select distinct boundary_set from observations where area_code = 'E01000077'") == [("lsoa_2021",)]


def test_events_without_a_point_say_their_area_and_why_not(coded: Bench, tmp_path: Path) -> None:
    at = ("499750,149650,E01000001", ",,E01000001", ",,43UBFZ", ",,E01000002", ",,E01000009", ",,E01000077", ",,")
    events(coded, tmp_path, at)
    rows = coded.ask(
        "select place_method, stated_set, stated_area, easting is not null or square_m is not null "
        "or place_confidence is not null from records order by source_id"
    )
    assert rows == [
        ("coordinates", None, None, True),
        ("area", "lsoa_2021", "E01000001", False),
        ("area", "lsoa_2021", "E01000001", False),
        ("area", "lsoa_2011", "E01000002", False),
        ("area", "lsoa_2021", "E01000001", False),
        ("unknown_area_code", None, None, False),
        ("no_location", None, None, False),
    ]
    assert issues(coded) == {
        "old_area_code": 1, "historic_area_code": 1, "unknown_area_code": 1, "no_location": 1,
    }  # fmt: skip
    (path,) = coded.home.issues.rglob("*.parquet")
    said = dict(pl.read_parquet(path).select("issue_type", "message").rows())
    assert said["historic_area_code"] == (
        "E01000009 (Nine) ended on 2009-03-31, followed by E01000001 (One); the whole of it went into E01000001 (One)"
    )


def test_events_without_a_point_are_counted_in_their_area_and_the_total_is_that_of_every_set(
    coded: Bench, tmp_path: Path
) -> None:
    left, right = shapely.box(499_000, 149_000, 500_000, 150_000), shapely.box(500_000, 149_000, 501_000, 150_000)
    low, high = shapely.box(500_000, 149_000, 501_000, 149_500), shapely.box(500_000, 149_500, 501_000, 150_000)
    drawn = {
        "lsoa_2011": {"E01000001": left, "E01000002": right},
        "lsoa_2021": {"E01000001": left, "E01000003": low, "E01000004": high},
    }
    for name, shapes in drawn.items():
        kept = pl.read_parquet(coded.home.boundaries / name / "areas.parquet").sort("area_code")
        wkb = pl.Series([shapely.to_wkb(shape) for shape in shapes.values()], dtype=pl.Binary)
        write_set(
            coded.home.boundaries,
            name,
            kept.with_columns(parent_code=pl.lit("E07000209"), has_cover=pl.lit(True), wkb=wkb),
        )
    for from_set, to_set in (("lsoa_2011", "lsoa_2021"), ("lsoa_2021", "lsoa_2011")):
        source, target = (AreaSet(coded.home.boundaries, name) for name in (from_set, to_set))
        write_lookup(coded.home.lookups, derive(source, target, Measure(By.area)).rows)
    at = ("499750,149650,", ",,E01000001", ",,E01000002", ",,E01000077", ",,")
    events(coded, tmp_path, at)
    counts = coded.ask(
        "select boundary_set, area_code, sum(count) from record_counts "
        "where period_type = 'month' and count > 0 group by all order by all"
    )
    assert counts == [
        ("lsoa_2011", "E01000001", 2),
        ("lsoa_2011", "E01000002", 1),
        ("lsoa_2011", "unplaced", 2),
        ("lsoa_2021", "E01000001", 2),
        ("lsoa_2021", "unplaced", 2),
        # In 2021 it was two areas, and nobody knows in which of them the event was: it was in their district.
        ("lsoa_2021", "unplaced:E07000209", 1),
    ]
