"""Figures on a set that comes by lookup: counts, supplied figures and rates of a unitary that two wards stand for."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from pipelines.place.boundaries.sets import BoundaryFields, add_boundaries
from pipelines.place.lookups.store import lookup_schema, write_lookup
from pipelines.specs.check import load_specs
from tests.conftest import Bench
from tests.integration.street import EAST, EAST_PARENT, WEST, WEST_PARENT, add_wards, street, wards
from tests.integration.test_releases_diff import COUNCIL
from tests.unit.makers import spoiled

RATE = (
    "select area_code, numerator, denominator, status, flags from indicator_values "
    "where indicator_id = 'recorded_crime_rate' and boundary_set = 'unitary_2027' and period_type = 'month' "
    "and period_start = '2014-05-01'"
)
PEOPLE = (
    "select boundary_set, area_code, value, status, area_method from observations where measure = 'residents' "
    "order by all"
)


def lookup(bench: Bench, *rows: tuple[str, str, str, str, float | None, str]) -> None:
    write_lookup(bench.home.lookups, pl.DataFrame(rows, schema=lookup_schema(), orient="row"))


def merged(bench: Bench, method: str = "merged") -> None:
    lookup(bench, *(("ward_2014", code, "unitary_2027", "U1", 1.0, method) for code in ("W01", "W02")))


def unitary(
    bench: Bench, folder: Path, name: str = "unitary_2027", code: str = "U1", parent: str | None = None
) -> None:
    """A set of one area that holds both wards."""
    corners = [[-0.6, 51.2], [-0.4, 51.2], [-0.4, 51.3], [-0.6, 51.3], [-0.6, 51.2]]
    feature = {
        "type": "Feature",
        "properties": {"code": code, "name": f"Area {code}", "parent": parent},
        "geometry": {"type": "Polygon", "coordinates": [corners]},
    }
    path = folder / f"{name}.geojson"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    add_boundaries([path], bench.home.boundaries, name, BoundaryFields("code", "name", "parent"), None, None)


def people(bench: Bench, west: int | None, east: int, issued: str = "2014-09-01") -> None:
    rows = [f"ward_2014,{code},People,{n}" for code, n in (("W01", west), ("W02", east)) if n is not None]
    path = bench.home.landing / "fernshire" / issued / "population_2014.csv"
    path.parent.mkdir(parents=True)
    path.write_text("\n".join(["Set,Ward,Of,Number", *rows]) + "\n")
    assert bench.load().ok


@pytest.fixture
def county(bench: Bench, tmp_path: Path) -> Bench:
    """Two wards, the unitary of 2027 that both are merged to, people, and three crimes of May."""
    root = spoiled(tmp_path)
    for name, text in COUNCIL.items():
        path = root / "partners/fernshire" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.lstrip("\n"), encoding="utf-8")
    bench.specs = load_specs(root)
    add_wards(bench.home.boundaries, wards(tmp_path))
    unitary(bench, tmp_path)
    merged(bench)
    people(bench, 1500, 2500)
    crimes = [("a1", WEST, "Burglary"), ("a2", EAST, "Robbery"), ("a3", EAST, "Robbery")]
    assert bench.load(street(tmp_path, crimes)).ok
    return bench


def same_when_full(bench: Bench) -> None:
    incremental = bench.hashes()
    bench.build(full=True)
    assert bench.hashes() == incremental


def test_a_unitary_made_of_wards_has_counts_figures_and_rates(county: Bench) -> None:
    county.build()
    assert county.ask(PEOPLE) == [
        ("unitary_2027", "U1", 4000, "ok", "merged"),
        ("ward_2014", "W01", 1500, "ok", None),
        ("ward_2014", "W02", 2500, "ok", None),
    ]
    # The wards' parents are districts that Surrey's force speaks for, so it speaks for what they become.
    assert county.ask(
        "select supplier, sum(count), min(coverage_share), min(status), max(status) from record_counts "
        "where boundary_set = 'unitary_2027' and area_code = 'U1' and period_type = 'month' group by all"
    ) == [("surrey", 3, 1.0, "ok", "ok")]
    assert county.ask(RATE) == [("U1", 3, 4000, "ok", "snapped_points")]
    assert county.ask("from area_lookup order by all") == [
        ("ward_2014", "W01", "unitary_2027", "U1", 1.0, "merged"),
        ("ward_2014", "W02", "unitary_2027", "U1", 1.0, "merged"),
    ]


def test_an_estimate_and_what_nobody_can_say_are_told_as_such(county: Bench) -> None:
    merged(county, "best_fit")
    county.build()
    # Nobody is known to speak for an area that others only roughly make up; where its parent is told, somebody is.
    flags = "estimated_denominator,outside_supplier_area,snapped_points"
    assert county.ask(RATE) == [("U1", None, 4000, "not_supplied", flags)]
    assert county.ask(PEOPLE)[0] == ("unitary_2027", "U1", 4000, "estimated", "best_fit")
    unitary(county, county.home.root / "drawn", parent=WEST_PARENT)
    county.build()
    assert county.ask(RATE) == [("U1", 3, 4000, "estimated", "estimated_denominator,snapped_points")]
    rows = [("ward_2014", "W01", "unitary_2027", "U1", None, "not_comparable")]
    lookup(county, *rows, ("ward_2014", "W02", "unitary_2027", "U1", 1.0, "merged"))
    county.build()
    assert county.ask(RATE) == [("U1", None, None, "not_comparable", "snapped_points")]
    same_when_full(county)


def test_incremental_equals_full_when_a_return_a_lookup_or_a_set_changes(county: Bench, tmp_path: Path) -> None:
    county.build()
    people(county, None, 2600, "2014-09-02")
    county.build()
    assert county.ask(PEOPLE) == [
        ("unitary_2027", "U1", 2600, "partial", "merged"), ("ward_2014", "W02", 2600, "ok", None),
    ]  # fmt: skip
    assert county.ask(RATE)[0][3] == "not_applicable"
    same_when_full(county)
    # The wards' parents change, and with them who speaks for the unitary.
    add_wards(county.home.boundaries, wards(tmp_path / "anew", split=-0.52))
    lookup(county, ("ward_2014", "W01", "beat", "B1", 1.0, "unchanged"))
    county.build()
    same_when_full(county)
    text = (tmp_path / "anew" / "wards.geojson").read_text()
    assert WEST_PARENT in text
    moved = text.replace(WEST_PARENT, "Z1").replace(EAST_PARENT, "Z1")
    (tmp_path / "anew" / "wards.geojson").write_text(moved)
    add_wards(county.home.boundaries, tmp_path / "anew" / "wards.geojson")
    county.build()
    speaking = "select distinct supplier from record_counts where boundary_set = 'unitary_2027' and area_code = 'U1'"
    assert (None,) in county.ask(speaking)
    same_when_full(county)


def test_a_release_says_which_figures_a_lookup_moved(county: Bench) -> None:
    from warehouse.query import ask

    county.build()
    county.publish()
    lookup(county, ("ward_2014", "W01", "unitary_2027", "U1", 1.0, "merged"))
    people(county, 1500, 2600, "2014-09-02")
    county.build()
    path = county.publish(as_of=date(2014, 10, 1)).path
    moved = ask(
        path / "commongrid.duckdb",
        "select boundary_set, area_code, old_value, new_value, reason from changes where \"table\" = 'observations' "
        "order by all",
    ).to_pylist()
    assert [tuple(row.values()) for row in moved] == [
        ("unitary_2027", "U1", 4000.0, 1500.0, "revision"),
        ("unitary_2027", "outside", None, 2600.0, "revision"),
        ("ward_2014", "W02", 2500.0, 2600.0, "revision"),
    ]
    merged(county)
    county.build()
    path = county.publish(as_of=date(2014, 10, 2)).path
    moved = ask(
        path / "commongrid.duckdb",
        "select area_code, old_value, new_value, reason from changes where \"table\" = 'observations' order by all",
    ).to_pylist()
    assert [tuple(row.values()) for row in moved] == [
        ("U1", 1500.0, 4100.0, "boundary"), ("outside", 2600.0, None, "boundary"),
    ]  # fmt: skip
