"""What Dagster is told: an asset a feed with its periods, checks that block where they must, runs asked for once."""

from __future__ import annotations

import shutil
from pathlib import Path

import dagster as dg
import pytest

from pipelines.orchestration.dagster_feeds import POOL, feed_key, partitions_of
from pipelines.orchestration.dagster_home import definitions_for
from pipelines.orchestration.dagster_sensor import BACKLOG, requested
from pipelines.orchestration.steps import load_step
from pipelines.specs.check import load_specs
from pipelines.specs.feeds import Cadence
from pipelines.specs.load import SpecSet
from tests.integration.street import WEST, street
from warehouse.home import Home
from warehouse.ledger import Ledger

ROOT = Path(__file__).parents[2]
SPECS = load_specs(ROOT / "ingest_specs")
FEED = "police_uk/crime"


@pytest.fixture(scope="module")
def defs(tmp_path_factory: pytest.TempPathFactory) -> dg.Definitions:
    # The manifest is parsed into the home's build folder; nothing else is needed, not even a ledger.
    home = Home(tmp_path_factory.mktemp("fresh"), ROOT / "ingest_specs", ROOT / "dbt_project")
    made = definitions_for(home)
    assert {path.name for path in home.root.iterdir()} == {"build"}
    return made


@pytest.fixture
def home(tmp_path: Path) -> Home:
    specs = tmp_path / "specs"
    shutil.copytree(ROOT / "ingest_specs", specs)
    return Home(tmp_path / "home", specs, ROOT / "dbt_project")


def test_the_definitions_load(defs: dg.Definitions) -> None:
    dg.Definitions.validate_loadable(defs)


def test_a_fresh_home_needs_no_ledger_and_the_source_tree_stays_as_it_is(defs: dg.Definitions) -> None:
    assert not (ROOT / "dbt_project" / "target").exists()


@pytest.mark.parametrize("name", sorted(SPECS.feeds))
def test_every_feed_is_an_asset_with_its_periods(defs: dg.Definitions, name: str) -> None:
    node = defs.resolve_asset_graph().get(feed_key(name))
    assert node.group_name == SPECS.feeds[name].partner
    assert node.partitions_def == partitions_of(SPECS.feeds[name])
    assert node.pools == {POOL}
    assert node.description == SPECS.feeds[name].feed.title


@pytest.mark.parametrize(
    ("every", "first", "second"),
    [
        ("week", "2024-01-01", "2024-01-08"),
        ("month", "2024-01-01", "2024-02-01"),
        ("quarter", "2024-01-01", "2024-04-01"),
        ("calendar_year", "2024-01-01", "2025-01-01"),
        ("financial_year", "2023-04-01", "2024-04-01"),
        ("academic_year", "2023-09-01", "2024-09-01"),
    ],
)
def test_a_cadence_is_its_own_calendar(every: str, first: str, second: str) -> None:
    feed = SPECS.feeds[FEED]
    cadence = Cadence.model_validate({"every": every, "due": "20 days after", "from": "2024-01-03", "to": "2025-06-01"})
    spec = feed.feed.model_copy(update={"cadence": cadence})
    keys = partitions_of(type(feed)(feed.partner, feed.dataset, spec, feed.maps)).get_partition_keys()
    assert keys[:2] == [first, second]


def test_the_periods_begin_with_the_first_version_and_end_with_the_cadence() -> None:
    assert partitions_of(SPECS.feeds[FEED]).get_first_partition_key() == "2010-12-01"
    demo = partitions_of(SPECS.feeds["demo_police/crime"]).get_partition_keys()
    assert (demo[0], demo[-1], len(demo)) == ("2023-04-01", "2025-03-01", 24)


def test_checks_block_where_they_must(defs: dg.Definitions) -> None:
    graph = defs.resolve_asset_graph()
    for name, feed in SPECS.feeds.items():
        checks = {key.name: graph.get_check_spec(key) for key in graph.get(feed_key(name)).check_keys}
        history = feed.feed.versions[-1].expect.history
        stops = "stop" in (history.volume.action, history.category_mix.action)
        blocking = {check: spec.blocking for check, spec in checks.items()}
        assert blocking == {"rows_fit_contract": True, "like_its_history": stops, "every_row_accounted_for": True}


def test_every_dbt_test_is_a_check(defs: dg.Definitions) -> None:
    graph = defs.resolve_asset_graph()
    shown = {key.name for key in graph.asset_check_keys}
    singular = {path.stem for path in (ROOT / "dbt_project" / "tests").glob("*.sql")}
    assert singular <= shown


def test_the_graph_runs_from_feeds_to_the_release(defs: dg.Definitions) -> None:
    graph = defs.resolve_asset_graph()
    assert {feed_key("demo_police/crime"), feed_key(FEED)} <= graph.get(dg.AssetKey("fct_crime")).parent_keys
    assert dg.AssetKey("records") in graph.get(dg.AssetKey("release")).parent_keys


def _asked(home: Home) -> tuple[dict[tuple[str, str], str], str | None]:
    return requested(home, SPECS)


def _landed(home: Home, month: str = "2014-05", **more: str) -> Path:
    return street(home.landing / "police_uk" / month, [("a1", WEST, "Burglary")], month=month, **more)


def _load(home: Home) -> None:
    specs: SpecSet = load_specs(home.specs)
    ledger = Ledger(home.ledger)
    try:
        load_step(home, specs, ledger, print, [])
    finally:
        ledger.close()


def test_a_new_file_asks_for_its_partition_with_one_key(home: Home) -> None:
    assert _asked(home) == ({}, None)
    _landed(home)
    keys, rest = _asked(home)
    assert list(keys) == [(FEED, "2014-05-01")]
    assert rest is None
    assert _asked(home)[0] == keys
    _landed(home, note=" (again)")
    assert _asked(home)[0][FEED, "2014-05-01"] != keys[FEED, "2014-05-01"]


def test_what_the_ledger_knows_is_not_asked_for_whatever_else_changes(home: Home) -> None:
    _landed(home)
    _load(home)
    assert _asked(home) == ({}, None)
    _edit(home.specs / "partners" / "demo_police" / "crime.yml", "title:", "title: New,")
    assert _asked(home) == ({}, None)


def test_a_refused_file_is_asked_for_again_once_its_spec_is_mended(home: Home) -> None:
    path = home.specs / "partners" / "police_uk" / "crime.yml"
    good = path.read_text(encoding="utf-8")
    _edit(path, "Crime ID:", "Crime number:")
    _landed(home)
    before = _asked(home)[0]
    _load(home)
    assert _asked(home) == ({}, None)
    path.write_text(good, encoding="utf-8")
    after = _asked(home)[0]
    assert list(after) == [(FEED, "2014-05-01")]
    assert after != before
    _load(home)
    assert _asked(home) == ({}, None)


def test_what_has_no_partition_and_a_backlog_go_to_the_monthly_load(home: Home) -> None:
    unknown = home.landing / "police_uk" / "unknown.csv"
    unknown.parent.mkdir(parents=True)
    unknown.write_text("a,b\n", encoding="utf-8")
    keys, rest = _asked(home)
    assert (keys, bool(rest)) == ({}, True)
    for month in range(BACKLOG + 1):
        _landed(home, f"{2014 + month // 12}-{month % 12 + 1:02}")
    keys, backlog = _asked(home)
    assert (keys, bool(backlog), backlog != rest) == ({}, True, True)


def test_the_sensor_asks_for_runs_of_the_partitions(home: Home) -> None:
    _landed(home)
    defs = definitions_for(home)
    with dg.DagsterInstance.ephemeral() as instance, _context(instance, defs) as context:
        tick = defs.resolve_sensor_def("landing").evaluate_tick(context)
        (run,) = tick.run_requests or []
        assert (run.partition_key, run.asset_selection) == ("2014-05-01", [feed_key(FEED)])
        assert run.run_key == _asked(home)[0][FEED, "2014-05-01"]
        assert not defs.resolve_sensor_def("backlog").evaluate_tick(context).run_requests


def _context(instance: dg.DagsterInstance, defs: dg.Definitions) -> dg.SensorEvaluationContext:
    return dg.build_sensor_context(instance=instance, definitions=defs)


def _edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_the_command_line_does_not_wait_for_dagster(home: Home) -> None:
    import subprocess
    import sys

    code = "import sys, pipelines.orchestration.steps, pipelines.cli.commands; print('dagster' in sys.modules)"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "False"


def test_every_format_has_a_kind_to_show() -> None:
    from typing import get_args

    from pipelines.orchestration.dagster_feeds import _KINDS
    from pipelines.specs import formats

    models = [
        item
        for item in vars(formats).values()
        if isinstance(item, type) and "type" in getattr(item, "model_fields", {})
    ]
    types = {name for model in models for name in get_args(model.model_fields["type"].annotation)}
    assert types == set(_KINDS)
    assert all(dg.AssetSpec("x", kinds={kind}) for kind in _KINDS.values())
