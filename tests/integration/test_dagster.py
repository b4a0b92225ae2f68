"""Dagster is a thin layer: it ends in the same tables as the command line, and what it shows is the ledger's."""

from __future__ import annotations

import traceback
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import dagster as dg
import pytest

from pipelines.demo import make_county, write_deliveries, write_reference
from pipelines.orchestration.dagster_feeds import feed_key
from pipelines.orchestration.dagster_home import definitions_for
from pipelines.orchestration.dagster_sensor import requested
from pipelines.orchestration.dev import prepare
from pipelines.orchestration.partition import standing
from pipelines.orchestration.steps import load_step, run_steps
from pipelines.place.boundaries.sets import BoundaryFields, add_boundaries
from pipelines.specs.check import load_specs
from tests.conftest import on_both_stores
from tests.integration.street import WEST, street
from warehouse.home import Home
from warehouse.ledger import Ledger, LedgerError, open_ledger
from warehouse.releases import read_manifest, release_path

ROOT = Path(__file__).parents[2]
SPECS = load_specs(ROOT / "ingest_specs")
FEED = "police_uk/crime"
POLICE = "demo_police/crime"
JUNE = date(2023, 6, 30)


def _home(folder: Path) -> Home:
    return Home(folder, ROOT / "ingest_specs", ROOT / "dbt_project")


@pytest.fixture(scope="module")
def parsed(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """A home whose project dbt has parsed once, for its manifest."""
    from pipelines.orchestration.dagster_warehouse import manifest_path

    home = _home(tmp_path_factory.mktemp("parsed"))
    manifest_path(home)
    return home


@pytest.fixture
def home(tmp_path: Path, parsed: Home, ledger_url: str | None) -> Home:
    made = replace(_home(tmp_path / "home"), ledger_url=ledger_url)
    made.build.mkdir(parents=True)
    (made.build / "graph").symlink_to(parsed.build / "graph")
    return made


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as made:
        yield made


def _load(defs: dg.Definitions, instance: dg.DagsterInstance, feed: str, period: str) -> dg.ExecuteInProcessResult:
    job = defs.resolve_implicit_global_asset_job_def()
    return job.execute_in_process(
        instance=instance, asset_selection=[feed_key(feed)], partition_key=period, raise_on_error=False
    )


def _events(result: dg.ExecuteInProcessResult, kind: str) -> list[dg.DagsterEvent]:
    return [event for event in result.all_events if event.event_type_value == kind]


def _checks(result: dg.ExecuteInProcessResult) -> dict[str, tuple[bool, str]]:
    found = result.get_asset_check_evaluations()
    return {item.check_name: (item.passed, item.severity.value) for item in found}


@on_both_stores
def test_a_partition_is_loaded_checked_and_described(home: Home, instance: dg.DagsterInstance) -> None:
    street(home.landing / "police_uk" / "2014-05", [("a1", WEST, "Burglary"), ("a2", WEST, "Robbery")])
    result = _load(definitions_for(home), instance, FEED, "2014-05-01")
    assert result.success
    (event,) = _events(result, "ASSET_MATERIALIZATION")
    facts = {name: item.value for name, item in event.step_materialization_data.materialization.metadata.items()}
    assert (facts["state"], facts["suppliers"]) == ("received", ["surrey"])
    assert facts["dagster/partition_row_count"] == 2
    assert _checks(result) == {
        "rows_fit_contract": (True, "ERROR"),
        "like_its_history": (True, "WARN"),
        "every_row_accounted_for": (True, "ERROR"),
    }


def test_a_ledger_out_of_reach_fails_a_run_without_a_word_of_the_password(
    home: Home, instance: dg.DagsterInstance, postgres_url: str
) -> None:
    street(home.landing / "police_uk" / "2014-05", [("a1", WEST, "Burglary")])
    away = replace(home, ledger_url=postgres_url.replace("sesame", "wordpass"))
    result = _load(definitions_for(away), instance, FEED, "2014-05-01")
    assert not result.success
    shown = "\n".join(f"{event} {event.event_specific_data}" for event in result.all_events)
    assert "password authentication failed" in shown
    assert "wordpass" not in shown
    with pytest.raises(LedgerError) as told:
        open_ledger(away)
    assert "wordpass" not in "".join(traceback.format_exception(told.value))


def test_nothing_returned_is_neither_a_failure_nor_a_materialisation(home: Home, instance: dg.DagsterInstance) -> None:
    result = _load(definitions_for(home), instance, POLICE, "2023-04-01")
    assert result.success
    assert not _events(result, "ASSET_MATERIALIZATION")
    (seen,) = _events(result, "ASSET_OBSERVATION")
    assert seen.asset_observation_data.asset_observation.metadata["state"].value in ("not expected", "not_supplied")


def test_a_refused_delivery_fails_with_its_reason_each_time(home: Home, instance: dg.DagsterInstance) -> None:
    path = home.landing / "police_uk" / "2014-05" / "2014-05-surrey-street.csv"
    path.parent.mkdir(parents=True)
    path.write_text("Crime ID,Month\na1,2014-05\n", encoding="utf-8")
    defs = definitions_for(home)
    for _again in range(2):
        result = _load(defs, instance, FEED, "2014-05-01")
        assert not result.success
        (failed,) = result.get_step_failure_events()
        said = str(failed.step_failure_data.user_failure_data)
        assert path.name in said or "2014-05-surrey-street.csv" in said


def test_a_return_unlike_its_history_is_a_warning(home: Home, instance: dg.DagsterInstance) -> None:
    usual = [(f"a{row}", WEST, "Burglary") for row in range(10)]
    for month in range(1, 7):
        street(home.landing / "police_uk" / str(month), usual, month=f"2014-{month:02}")
    ledger = Ledger(home.ledger)
    load_step(home, SPECS, ledger, print, [])
    ledger.close()
    street(home.landing / "police_uk" / "7", [(f"b{row}", WEST, "Robbery") for row in range(90)], month="2014-07")
    result = _load(definitions_for(home), instance, FEED, "2014-07-01")
    assert result.success
    passed, severity = _checks(result)["like_its_history"]
    action = SPECS.feeds[FEED].feed.versions[-1].expect.history.volume.action
    assert (passed, severity) == (False, "WARN" if action == "warn" else "ERROR")


def test_a_load_from_the_command_line_shows_and_a_broken_display_stops_nothing(home: Home) -> None:
    street(home.landing / "police_uk" / "2014-04", [("a1", WEST, "Burglary")], month="2014-04")
    ledger, said = Ledger(home.ledger), list[str]()
    load_step(home, SPECS, ledger, said.append, [])
    prepare(home)
    street(home.landing / "police_uk" / "2014-05", [("a1", WEST, "Burglary")])
    load_step(home, SPECS, ledger, said.append, [])
    with dg.DagsterInstance.from_config(str(home.dagster)) as shown:
        assert shown.get_materialized_partitions(feed_key(FEED)) == {"2014-04-01", "2014-05-01"}
        assert not shown.telemetry_enabled
    (home.dagster / "dagster.yaml").write_text("telemetry: 7\n", encoding="utf-8")
    street(home.landing / "police_uk" / "2014-06", [("a1", WEST, "Burglary")], month="2014-06")
    assert load_step(home, SPECS, ledger, said.append, []).ok
    assert "warning   all was loaded, but Dagster does not show it" in said[-1]
    assert standing(home, SPECS, ledger, FEED, date(2014, 6, 1)).state == "received"
    ledger.close()


def _county(home: Home) -> None:
    county = make_county()
    files = write_reference(county, home.root / "reference" / "demo")
    fields = BoundaryFields("LAD24CD", "LAD24NM", "LAD24CD")
    add_boundaries([files.districts], home.boundaries, "demo_district", fields, None, None)
    write_deliveries(county, home.landing, issued_to=JUNE)


@pytest.mark.slow
def test_dagster_and_the_command_line_publish_the_same(
    home: Home, tmp_path: Path, parsed: Home, instance: dg.DagsterInstance
) -> None:
    other = _home(tmp_path / "other")
    for each in (home, other):
        _county(each)
    ledger = Ledger(other.ledger)
    run_steps(other, SPECS, ledger, print, date.today())
    ledger.close()

    defs = definitions_for(home)
    keys, rest = requested(home, SPECS)
    assert keys
    assert rest is None
    for feed, period in reversed(keys):
        assert _load(defs, instance, feed, period).success
    result = defs.resolve_job_def("build_and_publish").execute_in_process(instance=instance)
    assert result.success
    assert all(passed for passed, _severity in _checks(result).values())
    assert _content(home) == _content(other)

    again = defs.resolve_job_def("build_and_publish").execute_in_process(instance=instance)
    made = again.get_asset_materialization_events()[0].step_materialization_data.materialization
    assert made.metadata["built"].value == "unchanged"

    monthly = defs.resolve_job_def("monthly_load").execute_in_process(instance=instance)
    assert monthly.success
    assert _content(home) == _content(other)


def _content(home: Home) -> str:
    return str(read_manifest(release_path(home, "restricted", None))["content"])
