"""The eleven Surrey months of 2014 as published, against an independent join; and May as published twice."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from pipelines.place.boundaries.sets import BoundaryFields, add_boundaries
from tests.conftest import AS_OF, ROOT, Bench
from warehouse.home import Home
from warehouse.ledger import Ledger

pytestmark = pytest.mark.slow

SETS = {
    "ward_2013": ("ward_2011_martinjc/E07*.json", BoundaryFields("WD13CD", "WD13NM", ":file"), 75_020),
    "ward_2025": ("ward/*.geojson", BoundaryFields("WD25CD", "WD25NM", "LAD25CD"), 75_015),
    "lsoa_2021": ("lsoa/*.geojson", BoundaryFields("LSOA21CD", "LSOA21NM", "LADCD_ACTIVE"), 75_005),
}


@pytest.fixture(scope="module")
def surrey(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    from pipelines.specs.check import load_specs

    home = Home(tmp_path_factory.mktemp("surrey"), ROOT / "ingest_specs", ROOT / "dbt_project")
    bench = Bench(home, load_specs(home.specs), Ledger(home.ledger))
    folder = real_data / "geography" / "boundaries_surrey"
    for name, (pattern, fields, _) in SETS.items():
        add_boundaries(sorted(folder.glob(pattern)), home.boundaries, name, fields, None, None)
    assert bench.load(*sorted((real_data / "police" / "surrey").glob("*.csv"))).ok
    bench.build(as_of=AS_OF)
    yield bench
    bench.ledger.close()


def test_every_row_is_accounted_for(surrey: Bench) -> None:
    from warehouse import ledger as led

    rows = surrey.ledger.rows(led.delivery)
    assert sum(row["read"] + row["unread"] for row in rows) == 78_727
    assert sum(row["loaded"] for row in rows) == 78_727
    assert surrey.ask("select count(*), count(place_id), count(distinct record_id) from records") == [
        (78_727, 75_388, 78_727)
    ]


@pytest.mark.parametrize("name", SETS)
def test_places_fall_in_areas_outside_or_nowhere(surrey: Bench, name: str) -> None:
    rows = dict(
        surrey.ask(
            "select case when area_code in ('outside', 'unplaced') then area_code else 'in' end as place, sum(count) "
            f"from record_counts where boundary_set = '{name}' and period_type = 'month' group by all"
        )
    )
    assert sum(rows.values()) == 78_727
    assert rows["unplaced"] == 3_339
    assert rows["in"] == pytest.approx(SETS[name][2], rel=0.001)


@pytest.mark.parametrize("name", SETS)
def test_counts_agree_with_an_independent_join(surrey: Bench, real_data: Path, name: str) -> None:
    """By ward, month and category: geopandas on the published longitudes and latitudes, with no projection at all."""
    import geopandas as gpd
    import pandas as pd

    pattern, fields, _ = SETS[name]
    folder = real_data / "geography" / "boundaries_surrey"
    areas = pd.concat([gpd.read_file(path)[[fields.code, "geometry"]] for path in sorted(folder.glob(pattern))])
    crimes = pd.concat(
        [pd.read_csv(path, dtype=str) for path in sorted((real_data / "police" / "surrey").glob("*.csv"))]
    )
    crimes = crimes[crimes["Longitude"].notna()]
    points = gpd.GeoDataFrame(
        crimes[["Month", "Crime type"]],
        geometry=gpd.points_from_xy(crimes["Longitude"].astype(float), crimes["Latitude"].astype(float)),
        crs=4326,
    )
    joined = gpd.sjoin(points, gpd.GeoDataFrame(areas, crs=4326), how="inner", predicate="within")
    expected = joined.groupby([fields.code, "Month", "Crime type"]).size().to_dict()
    ours = surrey.ask(
        "select area_code, strftime(period_start, '%Y-%m'), category_name, count from record_counts "
        f"where boundary_set = '{name}' and period_type = 'month' and count > 0 "
        "and area_code not in ('outside', 'unplaced')"
    )
    assert {row[:3]: row[3] for row in ours} == expected


def test_areas_of_the_county_are_spoken_for(surrey: Bench) -> None:
    rows = surrey.ask(
        "select distinct boundary_set, status from record_counts where period_type = 'month' and supplier = 'surrey' "
        "and coverage_share is not null and status <> 'ok'"
    )
    assert {status for _set, status in rows} <= {"partial"}
    strays = surrey.ask(
        "select count(*) from record_counts where flags like '%outside_supplier_area%' and period_type = 'month'"
    )
    assert strays == [(0,)]


@pytest.mark.parametrize("order", list(itertools.permutations(["earlier", "later", "earlier"])))
def test_may_as_published_twice_ends_the_same_in_any_order(
    bench: Bench, real_data: Path, order: tuple[str, ...]
) -> None:
    name = "2014-05-surrey-street.csv"
    issues = {
        "earlier": (real_data / "police/surrey_earlier_release" / name, date(2014, 7, 31)),
        "later": (real_data / "police/surrey" / name, date(2015, 1, 31)),
    }
    for issue in order:
        path, issued = issues[issue]
        assert bench.load(path, issued=issued).ok
    from warehouse.ledger import current_returns

    [current] = current_returns(bench.ledger)
    assert (current["rows_loaded"], current["revision"], current["known_on"]) == (7_090, 2, date(2015, 1, 31))
    [before] = current_returns(bench.ledger, date(2014, 8, 31))
    assert (before["rows_loaded"], before["revision"]) == (7_111, 1)


def test_each_publication_of_may_can_be_asked_for(bench: Bench, real_data: Path) -> None:
    from pipelines.orchestration.as_known import known_database
    from warehouse.query import ask

    name = "2014-05-surrey-street.csv"
    bench.load(real_data / "police/surrey" / name, issued=date(2015, 1, 31))
    bench.load(real_data / "police/surrey_earlier_release" / name, issued=date(2014, 7, 31))
    bench.build()
    assert bench.ask("select count(*) from records") == [(7_090,)]
    for day, rows in ((date(2014, 12, 31), 7_111), (date(2015, 2, 1), 7_090)):
        answer = ask(known_database(bench.home, bench.specs, bench.ledger, day), "select count(*) as n from records")
        assert answer.to_pylist() == [{"n": rows}]
