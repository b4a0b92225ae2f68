"""The warehouse is what the current returns say, however they came; and a release is what the warehouse says."""

from __future__ import annotations

import itertools
import shutil
import stat
from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.build.dataset_models import placed
from pipelines.place.boundaries.sets import remove_set, set_names
from pipelines.specs.check import load_specs
from tests.conftest import Bench, on_both_stores
from tests.integration.street import BEYOND, EAST, NOWHERE, WEST, add_wards, street, wards
from tests.unit.makers import spoiled
from warehouse import ledger as led

MAY = [("a1", WEST, "Burglary"), ("a2", EAST, "Robbery"), ("", WEST, "Anti-social behaviour"), ("a3", NOWHERE, "Drugs")]
MAY_CORRECTED = [("a1", EAST, "Burglary"), ("a2", EAST, "Robbery"), ("a4", BEYOND, "Drugs")]
JUNE = [("b1", WEST, "Burglary"), ("b2", WEST, "Burglary")]

COUNTS = """
    select area_code, category_code, count from record_counts
    where period_type = 'month' and boundary_set = 'ward_2014' and period_start = '{month}' and count > 0 order by all
"""


@pytest.fixture
def warded(bench: Bench, tmp_path: Path) -> Bench:
    add_wards(bench.home.boundaries, wards(tmp_path))
    return bench


def _counts(bench: Bench, month: str = "2014-05-01") -> list[tuple[object, ...]]:
    return bench.ask(COUNTS.format(month=month))


def test_a_count_is_dense_and_adds_up_to_all_records(warded: Bench, tmp_path: Path) -> None:
    warded.load(street(tmp_path, [*MAY, ("a5", BEYOND, "Drugs")]))
    warded.build()
    assert _counts(warded) == [
        ("W01", "anti_social_behaviour", 1),
        ("W01", "burglary", 1),
        ("W02", "robbery", 1),
        ("outside", "drugs", 1),
        ("unplaced", "drugs", 1),
    ]
    rows = warded.ask(
        "select area_code, count(*), count(distinct category_code), min(status), min(flags) from record_counts "
        "where period_type = 'month' group by all order by all"
    )
    assert rows[:2] == [("W01", 14, 14, "ok", "snapped_points"), ("W02", 14, 14, "ok", "snapped_points")]


def test_a_correction_replaces_and_an_empty_one_leaves_nothing(warded: Bench, tmp_path: Path) -> None:
    warded.load(street(tmp_path / "1", MAY), street(tmp_path / "1", JUNE, month="2014-06"), issued=date(2014, 7, 1))
    warded.build()
    warded.load(street(tmp_path / "2", MAY_CORRECTED), issued=date(2014, 8, 1))
    warded.build()
    assert _counts(warded) == [("W02", "burglary", 1), ("W02", "robbery", 1), ("outside", "drugs", 1)]
    assert warded.ask("select distinct revision from records where period_start = '2014-05-01'") == [(2,)]
    june = street(tmp_path / "3", [], month="2014-06")
    spec = warded.specs.feeds["police_uk/crime"].feed.versions[0].expect.rows.min
    assert spec == 1, "an empty street file is refused: police never publish one"
    assert not warded.load(june, issued=date(2014, 9, 1)).ok


def test_a_nil_return_is_zero_and_ok_and_a_gap_is_null(bench: Bench) -> None:
    from pipelines.demo import make_county, write_deliveries, write_reference
    from pipelines.place.boundaries.sets import BoundaryFields, add_boundaries

    county = make_county()
    files = write_reference(county, bench.home.root / "reference" / "demo")
    add_boundaries(
        [files.districts],
        bench.home.boundaries,
        "demo_district",
        BoundaryFields("LAD24CD", "LAD24NM", "LAD24CD"),
        None,
        None,
    )
    written = write_deliveries(county, bench.home.landing)
    for path in written:
        if "westmark" not in str(path):
            path.unlink()
    bench.load()
    bench.build(as_of=date(2025, 7, 1))
    rows = bench.ask(
        "select period_start, sum(count), min(status), max(status) from record_counts where supplier = 'westmark' "
        "and area_code = 'X07000003' and period_type = 'month' and period_start in ('2024-11-01', '2024-12-01') "
        "group by all order by 1"
    )
    assert rows == [(date(2024, 11, 1), None, "not_supplied", "not_supplied"), (date(2024, 12, 1), 0, "ok", "ok")]
    states = bench.ask(
        "select period_start, state from coverage where supplier = 'westmark' "
        "and period_start in ('2024-10-01', '2024-11-01', '2024-12-01') order by 1"
    )
    assert [state for _, state in states] == ["received", "not_supplied", "nil_return"]
    districts = [f"X070000{number:02}" for number in range(1, 12) if number != 3]
    others = bench.ask(
        "select distinct area_code, status, count from record_counts "
        "where dataset = 'abandoned_vehicle' and area_code not in ('X07000003', 'outside', 'unplaced') "
        "and coalesce(flags, '') not like '%outside_supplier_area%' order by 1"
    )
    assert others == [(code, "not_supplied", None) for code in districts]


@on_both_stores
def test_every_order_of_original_correction_and_replay_ends_in_the_same_tables(warded: Bench, tmp_path: Path) -> None:
    original, correction = street(tmp_path / "1", MAY), street(tmp_path / "2", MAY_CORRECTED)
    steps = {
        "original": (original, date(2014, 7, 1)),
        "correction": (correction, date(2014, 8, 1)),
        "replay": (original, date(2014, 7, 1)),
        "june": (street(tmp_path / "3", JUNE, month="2014-06"), date(2014, 8, 1)),
    }
    currents = set()
    for order in itertools.permutations(steps):
        warded.empty()
        for name in order:
            path, issued = steps[name]
            warded.load(path, issued=issued)
        currents.add(
            tuple(
                (row["period_start"], row["delivery_id"], row["revision"]) for row in led.current_returns(warded.ledger)
            )
        )
    assert len(currents) == 1


# What may happen to a home between two builds.
STEPS = {
    "may": lambda bench, folder: bench.load(street(folder, MAY), issued=date(2014, 7, 1)),
    "may again": lambda bench, folder: bench.load(street(folder, MAY), issued=date(2014, 7, 1)),
    "may corrected": lambda bench, folder: bench.load(street(folder, MAY_CORRECTED), issued=date(2014, 8, 1)),
    "may reissued": lambda bench, folder: bench.load(street(folder, MAY), issued=date(2014, 9, 1)),
    "june": lambda bench, folder: bench.load(street(folder, JUNE, month="2014-06"), issued=date(2014, 7, 9)),
    "kent": lambda bench, folder: bench.load(street(folder, MAY, supplier="kent"), issued=date(2014, 7, 9)),
    "other wards": lambda bench, folder: add_wards(
        bench.home.boundaries, wards(folder, codes=("N01", "N02"), split=-0.46), "ward_2015"
    ),
    "wards redrawn": lambda bench, folder: add_wards(bench.home.boundaries, wards(folder, split=-0.56)),
    "wards removed": lambda bench, _folder: _remove(bench, "ward_2014"),
    "other wards removed": lambda bench, _folder: _remove(bench, "ward_2015"),
}


def _remove(bench: Bench, name: str) -> None:
    if name in set_names(bench.home.boundaries):
        remove_set(bench.home.boundaries, name)


def _incremental_equals_full(bench: Bench, folder: Path, steps: list[str]) -> None:
    bench.empty()
    add_wards(bench.home.boundaries, wards(folder))
    for number, name in enumerate(steps):
        STEPS[name](bench, folder / str(number))
        bench.build()
    incremental = bench.hashes()
    bench.build(full=True)
    assert bench.hashes() == incremental


@on_both_stores
def test_incremental_equals_full_refresh_after_a_hard_sequence(bench: Bench, tmp_path: Path) -> None:
    steps = ["may", "june", "may corrected", "wards redrawn", "kent", "may reissued", "other wards", "wards removed"]
    _incremental_equals_full(bench, tmp_path, steps)


def test_the_figures_of_a_removed_set_go_with_the_next_build(warded: Bench, tmp_path: Path) -> None:
    add_wards(warded.home.boundaries, wards(tmp_path, codes=("N01", "N02"), split=-0.46), "ward_2015")
    warded.load(street(tmp_path, MAY), issued=date(2014, 7, 1))
    warded.build()
    asked = "select distinct boundary_set from {} where boundary_set is not null order by all"

    def sets_in(table: str) -> list[str]:
        return [str(name) for (name,) in warded.ask(asked.format(table))]

    tables = ("record_counts", "indicator_values", "areas", "place_areas")
    assert all(sets_in(table) == ["ward_2014", "ward_2015"] for table in tables)
    remove_set(warded.home.boundaries, "ward_2014")
    warded.build()
    assert all(sets_in(table) == ["ward_2015"] for table in tables)
    incremental = warded.hashes()
    warded.build()
    assert warded.said[-1] == "build     nothing has changed"
    warded.build(full=True)
    assert warded.hashes() == incremental


@pytest.mark.slow
@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.sampled_from(sorted(STEPS)), min_size=1, max_size=5))
def test_incremental_equals_full_refresh_after_any_sequence(
    bench: Bench, tmp_path_factory: pytest.TempPathFactory, steps: list[str]
) -> None:
    _incremental_equals_full(bench, tmp_path_factory.mktemp("steps"), steps)


@on_both_stores
def test_a_build_that_was_killed_is_done_again(warded: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from pipelines.build import dbt

    warded.load(street(tmp_path / "1", MAY), issued=date(2014, 7, 1))
    warded.build()
    warded.load(street(tmp_path / "2", MAY_CORRECTED), issued=date(2014, 8, 1))
    real = dbt.run_dbt

    def killed(*arguments: object, **options: object) -> object:
        real(*arguments, **options)  # type: ignore[arg-type]
        raise KeyboardInterrupt

    monkeypatch.setattr(dbt, "run_dbt", killed)
    with pytest.raises(KeyboardInterrupt):
        warded.build()
    monkeypatch.undo()
    assert warded.ledger.rows(led.pending)
    from pipelines.publish.tables import PublishError

    with pytest.raises(PublishError, match="did not finish"):
        warded.publish()
    warded.build()
    incremental = warded.hashes()
    warded.build(full=True)
    assert warded.hashes() == incremental
    assert not warded.ledger.rows(led.pending)


def test_a_table_of_rows_is_left_as_it_is_where_none_of_its_returns_has_changed(warded: Bench, tmp_path: Path) -> None:
    warded.load(street(tmp_path, MAY))
    first = {name: kind for kind, name, *_ in warded.build().nodes}
    warded.load(street(tmp_path, MAY, month="2014-06"))
    second = {name: kind for kind, name, *_ in warded.build().nodes}
    left = {name for name, kind in first.items() if kind == "model"} - second.keys()
    assert left == {f"fct_{name}" for name in placed(warded.specs)} - {"fct_crime"}
    # Of the tests, those of such a table alone are left out.
    keyed = {f"fct_{name}" for name, dataset in placed(warded.specs).items() if dataset.shape != "event"}
    assert {name for name in first.keys() - second.keys() - left} == {
        f"unique_key_{name}_period_start__record_id" for name in keyed
    }
    incremental = warded.hashes()
    warded.build(full=True)
    assert warded.hashes() == incremental


def test_figures_of_two_ward_vintages_differ_and_each_adds_up(warded: Bench, tmp_path: Path) -> None:
    add_wards(warded.home.boundaries, wards(tmp_path, codes=("N01", "N02"), split=-0.56), "ward_2015")
    warded.load(street(tmp_path, MAY))
    warded.build()
    by_set = warded.ask(
        "select boundary_set, area_code, sum(count) from record_counts where period_type = 'month' group by all "
        "having sum(count) > 0 order by all"
    )
    assert by_set == [
        ("ward_2014", "W01", 2), ("ward_2014", "W02", 1), ("ward_2014", "unplaced", 1),
        ("ward_2015", "N02", 3), ("ward_2015", "unplaced", 1),
    ]  # fmt: skip


def test_an_area_nobody_spoke_for_is_not_supplied_though_a_neighbours_rows_fall_in_it(
    warded: Bench, tmp_path: Path
) -> None:
    warded.load(street(tmp_path, MAY, supplier="kent"))
    warded.build()
    west = warded.ask(
        "select supplier, status, sum(count), max(coverage_share) from record_counts where area_code = 'W01' "
        "and period_type = 'month' group by all order by 1"
    )
    assert west == [("kent", "partial", 2, 0.0), ("surrey", "not_supplied", None, 0.0)]
    [(status, value)] = set(
        warded.ask("select status, value from indicator_values where area_code = 'W01' and period_type = 'month'")
    )
    assert (status, value) == ("not_supplied", None)


def test_nobody_waits_for_a_supplier_in_months_it_is_not_expected_in(warded: Bench, tmp_path: Path) -> None:
    force = "    title: Surrey Police\n"
    root = spoiled(tmp_path, ("partners/police_uk/partner.yml", force, f"{force}    expected_to: 2014-05\n"))
    for month in (4, 7):
        warded.load(street(tmp_path, MAY[:2], month=f"2014-{month:02}"))
    states = "select month(period_start), state from coverage where supplier = 'surrey' order by 1"
    figures = (
        "select distinct month(period_start), supplier, status, sum(count), count(distinct category_code) "
        "from record_counts where area_code = 'W01' and period_type = 'month' group by all order by all"
    )
    warded.build(as_of=date(2014, 12, 30))
    assert warded.ask(figures) == [
        (4, "surrey", "ok", 1, 14), (5, "surrey", "not_supplied", None, 14), (6, "surrey", "not_supplied", None, 14),
        (7, "surrey", "ok", 1, 14),
    ]  # fmt: skip
    warded.specs = load_specs(root)
    warded.build(as_of=date(2014, 12, 30))
    assert warded.ask(states)[:4] == [(4, "received"), (5, "not_supplied"), (6, "not_applicable"), (7, "received")]
    # June has nobody to wait for; what came for July all the same stands apart from the area's own figures.
    assert warded.ask(figures) == [
        (4, "surrey", "ok", 1, 14), (5, "surrey", "not_supplied", None, 14), (6, None, "not_supplied", None, 14),
        (7, "surrey", "partial", 1, 1), (7, None, "not_supplied", None, 14),
    ]  # fmt: skip
    incremental = warded.hashes()
    warded.build(full=True, as_of=date(2014, 12, 30))
    assert warded.hashes() == incremental


def test_no_change_makes_no_release_and_a_new_month_links_the_old_ones(warded: Bench, tmp_path: Path) -> None:
    warded.load(street(tmp_path, MAY))
    warded.build()
    first = warded.publish()
    assert first.is_new
    assert not warded.publish().is_new
    warded.load(street(tmp_path, JUNE, month="2014-06"))
    warded.build()
    second = warded.publish()
    assert second.is_new
    may = "parquet/records/period_type=month/period_start=2014-05-01/all.parquet"
    june = may.replace("05-01", "06-01")
    assert (first.path / may).stat().st_ino == (second.path / may).stat().st_ino
    assert not (first.path / june).exists()
    assert (second.path / june).exists()
    assert (warded.home.releases / "restricted" / "current").resolve() == second.path


def test_a_release_is_for_its_owner_only_and_holds_no_views_on_files(warded: Bench, tmp_path: Path) -> None:
    import duckdb

    warded.load(street(tmp_path, MAY))
    warded.build()
    path = warded.publish().path
    assert stat.S_IMODE(path.stat().st_mode) == 0o700
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    with duckdb.connect(str(path / "commongrid.duckdb"), read_only=True) as connection:
        views = connection.execute("select view_name, sql from duckdb_views() where not internal").fetchall()
        assert {name for name, _sql in views} == {"fct_crime", "fct_abandoned_vehicle", "fct_crime_outcome"}
        assert not any("read_" in sql or "/" in sql for _name, sql in views)
        assert connection.execute("select count(*) from fct_crime").fetchone() == (4,)
        tables = {name for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall()}
    assert tables >= {
        "records", "record_counts", "place_areas", "coverage", "periods", "areas", "code_lists", "indicators",
        "indicator_values", "changes", "data_dictionary", "releases", "observations",
    }  # fmt: skip
    for name in tables:
        assert (path / "csv" / f"{name}.csv").is_file()
        assert list((path / "parquet" / name).rglob("*.parquet")), name


def test_every_published_column_is_in_the_data_dictionary(warded: Bench, tmp_path: Path) -> None:
    warded.load(street(tmp_path, MAY))
    warded.build()
    missing = warded.ask(
        "select c.table_name, c.column_name from duckdb_columns() c "
        'where c.table_name in (select "table" from data_dictionary) '
        'and (c.table_name, c.column_name) not in (select ("table", "column") from data_dictionary)'
    )
    assert missing == []


@on_both_stores
def test_changes_say_what_moved_and_why(warded: Bench, tmp_path: Path) -> None:
    warded.load(street(tmp_path / "1", MAY), issued=date(2014, 7, 1))
    warded.build()
    warded.publish()
    warded.load(
        street(tmp_path / "2", MAY_CORRECTED), street(tmp_path / "2", JUNE, month="2014-06"), issued=date(2014, 8, 1)
    )
    warded.build()
    path = warded.publish().path
    from warehouse.query import ask

    moved = ask(
        path / "commongrid.duckdb",
        "select reason, area_code, category_code, old_value, new_value from changes where \"table\" = 'record_counts' "
        "and period_type = 'month' order by all",
    ).to_pylist()
    assert [tuple(row.values()) for row in moved] == [
        ("new_period", "W01", "burglary", None, 2.0),
        ("revision", "W01", "anti_social_behaviour", 1.0, 0.0),
        ("revision", "W01", "burglary", 1.0, 0.0),
        ("revision", "W02", "burglary", 0.0, 1.0),
        ("revision", "outside", "drugs", None, 1.0),
        ("revision", "unplaced", "drugs", 1.0, None),
    ]


def test_what_was_known_on_a_past_day_can_be_asked_again(warded: Bench, tmp_path: Path) -> None:
    from pipelines.orchestration.as_known import known_database
    from warehouse.query import ask

    warded.load(street(tmp_path / "2", MAY_CORRECTED), issued=date(2014, 8, 1))
    warded.load(street(tmp_path / "1", MAY), issued=date(2014, 7, 1))
    for day, rows, revision in ((date(2014, 7, 15), 4, 1), (date(2014, 8, 15), 3, 2), (date(2014, 6, 1), 0, None)):
        database = known_database(warded.home, warded.specs, warded.ledger, day)
        answer = ask(database, "select count(*) as n, max(revision) as revision from records").to_pylist()
        assert answer == [{"n": rows, "revision": revision}]


def test_csv_cells_that_a_spreadsheet_would_run_are_made_harmless(warded: Bench, tmp_path: Path) -> None:
    warded.load(street(tmp_path, [("=HYPERLINK(1)", WEST, "Burglary"), ("-5", EAST, "Drugs")]))
    warded.build()
    text = (warded.publish().path / "csv" / "records.csv").read_text()
    assert "'=HYPERLINK(1)" in text
    assert ",=HYPERLINK" not in text
    assert "'-5" in text


def test_only_restricted_can_be_published_until_there_is_disclosure_control(warded: Bench) -> None:
    from pipelines.publish.release import AudienceError

    with pytest.raises(AudienceError, match="without disclosure control"):
        warded.publish("public")


def test_a_new_set_is_assigned_to_all_known_places_without_reading_a_partners_file(
    warded: Bench, tmp_path: Path
) -> None:
    """Neither what partners sent nor what was read of it is there any more when a set is added and built."""
    warded.load(street(tmp_path / "1", MAY), street(tmp_path / "2", JUNE, month="2014-06"))
    warded.build()
    for folder in (warded.home.landing, warded.home.raw, tmp_path / "1", tmp_path / "2"):
        shutil.rmtree(folder)
    add_wards(warded.home.boundaries, wards(tmp_path, codes=("N01", "N02"), split=-0.56), "ward_2015")
    warded.build()
    counts = warded.ask(
        "select area_code, sum(count) from record_counts where period_type = 'month' and boundary_set = 'ward_2015' "
        "group by all having sum(count) > 0 order by all"
    )
    assert counts == [("N02", 5), ("unplaced", 1)]
