"""The demo county, as a newcomer runs it: two releases that already show quarantine, a revision and a gap."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from warehouse.query import ask


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    home = tmp_path_factory.mktemp("demo")
    done = subprocess.run(
        [sys.executable, "-m", "pipelines.cli.main", "demo"],
        env={**os.environ, "COMMONGRID_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return home, done.stdout


def _ask(demo: tuple[Path, str], sql: str) -> list[dict[str, Any]]:
    answer: list[dict[str, Any]] = ask(demo[0] / "releases/restricted/current/commongrid.duckdb", sql).to_pylist()
    return answer


def test_it_ends_with_where_the_results_are_and_three_answered_questions(demo: tuple[Path, str]) -> None:
    _home, said = demo
    assert "The results are in" in said
    assert said.count("\n-- ") == 3
    assert "Marksbridge Riverside" in said
    assert "Northmark" in said.rpartition("-- Abandoned vehicles")[2]


def test_two_ward_vintages_give_different_tables_of_the_same_crimes(demo: tuple[Path, str]) -> None:
    rows = _ask(
        demo,
        "select boundary_set, sum(count) as crimes, count(distinct area_code) as areas from record_counts "
        "where dataset = 'crime' and period_type = 'month' group by all order by all",
    )
    assert {row["boundary_set"] for row in rows} == {
        "demo_district", "demo_unitary_2027", "demo_ward_2019", "demo_ward_2024",
    }  # fmt: skip
    assert len({row["crimes"] for row in rows}) == 1
    assert len({row["areas"] for row in rows}) == 4


def test_no_published_figure_adds_reports_and_removals(demo: tuple[Path, str]) -> None:
    units = _ask(
        demo,
        "select distinct supplier, unit_counted from record_counts where dataset = 'abandoned_vehicle' and count > 0",
    )
    assert {(row["supplier"], row["unit_counted"]) for row in units} == {
        ("northmark", "report"), ("westmark", "report"), ("fenmark", "report"), ("highmark", "report"),
        ("heathmark", "report"), ("stonemark", "report"), ("eastmark", "removal"), ("millmark", "case"),
        ("overmark", "visit"), ("nethermark", "notice"),
    }  # fmt: skip
    values = _ask(
        demo,
        "select status, value, note from indicator_values where indicator_id = 'abandoned_vehicles_reported_rate' "
        "and boundary_set = 'demo_district' and area_code = 'X07000002' and period_start = '2024-05-01'",
    )
    assert values == [{"status": "not_comparable", "value": None, "note": "counted here as removal, not as report"}]


_RATES = """
select areas.area_name, v.status, v.numerator, v.value, v.note
from indicator_values as v inner join areas using (boundary_set, area_code)
where indicator_id = 'abandoned_vehicles_reported_rate' and period_type = 'financial_year'
  and period_start = '2024-04-01' and boundary_set =
"""


def test_six_of_eleven_districts_have_a_rate_and_the_others_say_why_not(demo: tuple[Path, str]) -> None:
    rows = {row["area_name"]: row for row in _ask(demo, f"{_RATES} 'demo_district'")}
    assert {name: (row["status"], row["note"]) for name, row in rows.items()} == {
        "Northmark": ("ok", None),
        "Eastmark": ("not_comparable", "counted here as removal, not as report"),
        "Westmark": ("partial", "not every expected return has come"),
        "Millmark": ("not_comparable", "counted here as case, not as report"),
        "Fenmark": ("ok", None),
        "Highmark": ("ok", None),
        "Saltmark": ("not_supplied", "no return has come"),
        "Heathmark": ("ok", None),
        "Overmark": ("not_comparable", "counted here as visit, not as report"),
        "Nethermark": ("not_comparable", "counted here as notice, not as report"),
        "Stonemark": ("ok", None),
    }
    assert (rows["Heathmark"]["numerator"], rows["Heathmark"]["value"]) == (0, 0)
    for name, row in rows.items():
        has_value = row["status"] in ("ok", "partial")
        assert (row["numerator"] is not None, row["value"] is not None) == (has_value, has_value), name
        assert name == "Heathmark" or not has_value or row["value"] > 1
    loaded = _ask(
        demo,
        "select supplier, count(*) as rows from records where dataset = 'abandoned_vehicle' "
        "and occurred_from between '2024-04-01' and '2025-03-31' group by all",
    )
    assert {row["supplier"] for row in loaded} == {name.lower() for name in rows} - {"saltmark", "heathmark"}


def test_an_area_that_is_counted_in_two_units_has_no_rate(demo: tuple[Path, str]) -> None:
    rows = {row.pop("area_name"): row for row in _ask(demo, f"{_RATES} 'demo_unitary_2027'")}
    units = "case, notice, removal, visit"
    assert rows["North and East Mark"] == {
        "status": "not_comparable", "numerator": None, "value": None,
        "note": f"counted in parts of this area as {units}, not as report",
    }  # fmt: skip
    west = rows["West Mark"]
    parts = _ask(
        demo, f"select sum(numerator) as reports from ({_RATES} 'demo_district') where area_name <> 'Northmark'"
    )
    assert (west["status"], west["numerator"]) == ("partial", parts[0]["reports"])


def test_the_first_run_shows_quarantine_a_revision_a_gap_and_a_nil_return(demo: tuple[Path, str]) -> None:
    rows = _ask(
        demo,
        "select supplier, strftime(period_start, '%Y-%m') as month, state, is_late, revision, rows_quarantined "
        "from coverage "
        "where dataset in ('crime', 'abandoned_vehicle') "
        "and (state <> 'received' or is_late or revision > 1 or rows_quarantined > 0) order by all",
    )
    found = {(row["supplier"], row["month"]): row for row in rows}
    assert found["markshire", "2024-06"]["revision"] == 2
    assert found["markshire", "2024-09"]["is_late"]
    assert found["westmark", "2024-11"]["state"] == "not_supplied"
    assert found["westmark", "2024-12"]["state"] == "nil_return"
    assert found["westmark", "2024-05"]["rows_quarantined"] == 2
    assert found["northmark", "2023-09"]["rows_quarantined"] == 1
    assert found["nethermark", "2024-01"]["is_late"]
    assert found["highmark", "2024-09"]["rows_quarantined"] == found["millmark", "2023-10"]["rows_quarantined"] == 1
    states = [
        {row["state"] for row in rows if row["supplier"] == supplier and "2024-04" <= row["month"] < "2025-03"}
        for supplier in ("saltmark", "heathmark", "stonemark")
    ]
    assert states == [{"not_supplied"}, {"nil_return"}, set()]


def test_a_row_that_was_recorded_as_wrong_is_placed_where_it_should_be(demo: tuple[Path, str]) -> None:
    rows = _ask(demo, "select place_method, square_m, _row from records where source_id = 'EM2410003'")
    assert rows == [{"place_method": "postcode", "square_m": 100, "_row": 6}]
    ledger = sqlite3.connect(f"file:{demo[0] / 'ledger.sqlite'}?mode=ro", uri=True)
    told = ledger.execute("select count, example from issue_total where issue_type = 'corrected'").fetchall()
    unknown = ledger.execute("select count(*) from issue_total where issue_type = 'unknown_postcode'").fetchone()
    ledger.close()
    assert [(count, "postcode_of_a_caravan: " in example) for count, example in told] == [(1, True)]
    assert unknown == (0,)


def test_a_postcode_places_a_record_as_it_was_on_its_day(demo: tuple[Path, str]) -> None:
    rows = _ask(
        demo,
        "select source_id, place_method, place_confidence from records "
        "where source_id in ('EM2309007', 'EM2409003', 'EM2307003') order by all",
    )
    assert [tuple(row.values()) for row in rows] == [
        ("EM2307003", "postcode", 0.95),
        ("EM2309007", "postcode", 0.95),
        ("EM2409003", "postcode_terminated", 0.855),
    ]


def test_a_street_in_place_of_a_grid_reference_is_found_or_said_to_be_ambiguous(demo: tuple[Path, str]) -> None:
    rows = _ask(
        demo,
        "select source_id, place_method, round(place_confidence, 2) as sure, square_m >= 100 as is_wide "
        "from records where partner = 'demo_westmark' and place_method <> 'grid_reference' order by 1",
    )
    assert [tuple(row.values()) for row in rows] == [
        ("W202308-003", "street", 0.95, True),
        ("W202308-004", "street", 0.86, True),
        ("W202308-005", "street", 0.95, True),
        ("W202308-006", "ambiguous_street", None, None),
    ]
    ledger = sqlite3.connect(f"file:{demo[0] / 'ledger.sqlite'}?mode=ro", uri=True)
    told = ledger.execute(
        "select issue_type, count, example from issue_total where issue_type like '%street%' "
        "and example like '%OS_GRID%' order by 1"
    ).fetchall()
    ledger.close()
    assert [(kind, count) for kind, count, _ in told] == [("ambiguous_street", 1), ("street_respelt", 1)]
    assert [example.partition(": ")[2] for *_, example in told] == [
        "OS_GRID: 2 streets of this name; its town or village would tell", "OS_GRID: read as Tenterfield Road",
    ]  # fmt: skip
    assert {"UPRNs: 6,884", "names: 147 streets, 23 places"} <= set(demo[1].splitlines())


def test_each_way_to_a_place_is_used_and_a_ward_is_enough(demo: tuple[Path, str]) -> None:
    rows = _ask(
        demo,
        "select partner, string_agg(distinct place_method, ' ' order by place_method) as ways from records "
        "where dataset = 'abandoned_vehicle' group by all",
    )
    assert {row["partner"].removeprefix("demo_"): row["ways"] for row in rows} == {
        "northmark": "coordinates",
        "eastmark": "postcode postcode_terminated",
        "westmark": "ambiguous_street grid_reference street",
        "millmark": "ambiguous_street street",
        "fenmark": "unknown_uprn uprn",
        "highmark": "coordinates dummy_location",
        "heathmark": "coordinates",
        "overmark": "area no_location",
        "nethermark": "coordinates",
        "stonemark": "postcode postcode_sector",
    }
    [visits] = _ask(
        demo,
        "select sum(count) as visits, count(distinct area_code) as wards from record_counts "
        "where supplier = 'overmark' and dataset = 'abandoned_vehicle' "
        "and boundary_set = 'demo_ward_2024' and period_type = 'month' and area_code like 'X05%' and count > 0",
    )
    assert visits["wards"] == 3
    assert visits["visits"] > 150


def test_a_rate_is_its_numerator_by_its_denominator_with_its_interval(demo: tuple[Path, str]) -> None:
    rows = _ask(demo, "select * from indicator_values where value is not null")
    assert len(rows) > 1000
    for row in rows:
        assert row["value"] == pytest.approx(row["numerator"] / row["denominator"] * 1000)
        assert row["ci_lower"] <= row["value"] <= row["ci_upper"]
        assert row["denominator_source"] == "demo_county_council/population_estimate"


def test_the_planted_trend_is_there_to_be_found(demo: tuple[Path, str]) -> None:
    [row] = _ask(
        demo,
        "select sum(count) filter (where period_start < '2024-07-01') / 15.0 as before, "
        "sum(count) filter (where period_start >= '2024-07-01') / 9.0 as after from record_counts "
        "where category_code = 'vehicle_crime' and area_code in ('X05000203', 'X05000204') and period_type = 'month'",
    )
    assert float(row["after"]) > 1.5 * float(row["before"])


def test_the_status_tells_what_is_missing(demo: tuple[Path, str]) -> None:
    home, _said = demo
    done = subprocess.run(
        [sys.executable, "-m", "pipelines.cli.main", "status"],
        env={**os.environ, "COMMONGRID_HOME": str(home)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "28 returns not supplied" in done.stdout


def test_the_forces_own_totals_are_explained(demo: tuple[Path, str]) -> None:
    rows = _ask(
        demo,
        "select strftime(period_start, '%Y-%m') as month, theirs, ours, cause, difference from reconciliation "
        "where partner = 'demo_police' and boundary_set = 'demo_district' order by all",
    )
    assert len({row["month"] for row in rows}) == 15
    beside = [(row["month"], row["cause"], row["difference"]) for row in rows if row["cause"] != "unplaced"]
    assert beside == [("2024-02", "cancelled_or_reclassified", 2.0), ("2024-06", "unexplained", 3.0)]
    february = [(row["theirs"], row["ours"], row["difference"]) for row in rows if row["month"] == "2024-02"]
    assert february == [(1122.0, 1108, 2.0), (1122.0, 1108, 12.0)]
    removed = _ask(
        demo,
        "select period_start, cause from reconciliation where partner = 'demo_eastmark' and cause <> 'none' "
        "and boundary_set = 'demo_district' order by 1",
    )
    assert [row["cause"] for row in removed] == ["cancelled_or_reclassified", "repeated"]
