"""The same however they arrive: what is current depends on what was issued when, and never on how it came."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.orchestration.decisions import accept, close_period, reopen_period, restore_decisions
from pipelines.reports.facts import read_facts
from pipelines.reports.moves import moves_of
from pipelines.reports.parallel import parallel_runs
from pipelines.specs.base import PeriodType
from pipelines.specs.check import load_specs
from tests.conftest import Bench, on_both_stores
from tests.integration.street import add_wards, wards
from tests.integration.testshire import FEED, Row, log, specs_with, version
from warehouse import ledger as led
from warehouse.journal import Journal
from warehouse.ledger import Ledger, open_ledger

JULY, AUGUST, SEPTEMBER = date(2014, 7, 1), date(2014, 8, 1), date(2014, 9, 1)
MAY: list[Row] = [("a1", "2014-05-03", "B"), ("a2", "2014-05-20", "R"), ("a3", "2014-05-30", "D")]
CORRECTED: list[Row] = [("a1", "2014-05-03", "R"), ("a2", "2014-05-20", "R")]
JUNE: list[Row] = [("b1", "2014-06-02", "B")]

COUNTS = """
    select area_code, category_code, count from record_counts
    where period_type = 'month' and boundary_set = 'ward_2014' and dataset = 'crime' and count > 0
    and period_start = '{month}' order by all
"""


@pytest.fixture
def council(bench: Bench, tmp_path: Path) -> Bench:
    add_wards(bench.home.boundaries, wards(tmp_path))
    bench.specs = specs_with(tmp_path)
    return bench


def counts(bench: Bench, month: str = "2014-05-01") -> list[tuple[Any, ...]]:
    return bench.ask(COUNTS.format(month=month))


def current(bench: Bench) -> list[tuple[Any, ...]]:
    """What is in force, without what the order of arrival may decide: the moment of receipt."""
    names = ("feed", "supplier", "period_start", "part", "delivery_id", "known_on", "revision", "rows_loaded")
    return [tuple(row[name] for name in names) for row in led.current_returns(bench.ledger)]


def reopened(bench: Bench) -> None:
    """The ledger is lost; what is in landing and in the journal is not."""
    bench.ledger.close()
    bench.ledger = open_ledger(bench.home, rebuild=True)


# --- what is the same -------------------------------------------------------------------------------------------------


def test_an_identical_nil_return_for_the_next_month_is_a_return(council: Bench, tmp_path: Path) -> None:
    may, june = log(tmp_path / "1", []), log(tmp_path / "1", [], "2014-06")
    assert may.read_bytes() == june.read_bytes()
    assert council.load(may).ok
    assert council.load(june).ok
    council.build()
    states = council.ask("select period_start, state, rows_loaded from coverage where partner = 'testshire' order by 1")
    assert states[:2] == [(date(2014, 5, 1), "nil_return", 0), (date(2014, 6, 1), "nil_return", 0)]
    again = council.load(log(tmp_path / "2", [], "2014-06"))
    assert (len(again.duplicates), len(again.accepted)) == (1, 0)


def test_the_same_bytes_from_two_partners_are_two_deliveries(council: Bench, tmp_path: Path) -> None:
    partners = tmp_path / "specs" / "partners"
    shutil.copytree(partners / "testshire", partners / "otherton")
    spec = (partners / "otherton" / "partner.yml").read_text().replace("testshire:", "otherton:")
    (partners / "otherton" / "partner.yml").write_text(spec)
    council.specs = load_specs(tmp_path / "specs")
    for partner in ("testshire", "otherton"):
        log(council.home.landing / partner, MAY)
    assert council.load().ok
    assert {row["feed"] for row in council.ledger.rows(led.return_)} == {FEED, "otherton/crime"}
    assert len({row["sha256"] for row in council.ledger.rows(led.delivery)}) == 1
    assert len(council.ledger.rows(led.file)) == 1
    assert len(council.ledger.rows(led.file_path)) == 2


@on_both_stores
def test_an_earlier_content_issued_again_becomes_current_and_a_mere_copy_does_not(
    council: Bench, tmp_path: Path
) -> None:
    first, second = log(tmp_path / "1", MAY), log(tmp_path / "2", CORRECTED)
    council.load(first, issued=JULY)
    council.load(second, issued=AUGUST)
    shutil.copy(first, copied := log(tmp_path / "3", []))
    report = council.load(copied)
    assert (len(report.duplicates), current(council)[0][-1]) == (1, 2)
    assert "has been revised since; if the partner issues it anew, give --issued DATE" in council.said[-1]
    council.load(first, issued=SEPTEMBER)
    assert current(council)[0][-3:] == (SEPTEMBER, 3, 3)
    council.build()
    assert len(council.ask("select * from records")) == 3


ARRIVALS: dict[str, tuple[list[Row], str, date]] = {
    "original": (MAY, "2014-05", JULY),
    "correction": (CORRECTED, "2014-05", AUGUST),
    "late file": (JUNE, "2014-06", SEPTEMBER),
    "duplicate": (MAY, "2014-05", JULY),
}


def _in_order(bench: Bench, folder: Path, order: tuple[str, ...]) -> None:
    for number, name in enumerate(order):
        rows, month, issued = ARRIVALS[name]
        assert bench.load(log(folder / str(number), rows, month), issued=issued).ok


@on_both_stores
def test_in_all_24_orders_the_same_returns_are_in_force(council: Bench, tmp_path: Path) -> None:
    ends = set()
    for number, order in enumerate(itertools.permutations(ARRIVALS)):
        council.empty()
        _in_order(council, tmp_path / str(number), order)
        ends.add(tuple(current(council)))
    assert len(ends) == 1
    assert [row[-2:] for row in ends.pop()] == [(2, 2), (1, 1)]


@pytest.mark.slow
def test_in_all_24_orders_the_tables_are_identical(council: Bench, tmp_path: Path) -> None:
    ends = set()
    for number, order in enumerate(itertools.permutations(ARRIVALS)):
        council.empty()
        add_wards(council.home.boundaries, wards(tmp_path))
        _in_order(council, tmp_path / str(number), order)
        council.build()
        ends.add(tuple(sorted(council.hashes().items())))
    assert len(ends) == 1


# --- what a later return takes the place of ---------------------------------------------------------------------------


def test_records_of_the_same_key_are_replaced_and_others_stay(council: Bench, tmp_path: Path) -> None:
    council.specs = specs_with(tmp_path, version(replaces="keys"))
    council.load(log(tmp_path / "1", MAY), issued=JULY)
    council.build()
    # An update of the month that says one record anew, twice, and one more; and June's file, that says an old one anew.
    update: list[Row] = [("a1", "2014-05-03", "B"), ("a1", "2014-05-04", "B"), ("a9", "2014-05-09", "D")]
    council.load(log(tmp_path / "2", update), issued=AUGUST)
    council.build()
    held = council.ask("select source_id, cast(occurred_from as date)::varchar, revision from records order by 1, 2")
    assert held == [
        ("a1", "2014-05-04", 2),
        ("a2", "2014-05-20", 1),
        ("a3", "2014-05-30", 1),
        ("a9", "2014-05-09", 2),
    ]
    [row] = [row for row in council.ledger.rows(led.delivery) if row["duplicate"]]
    assert (row["rows_made"], row["loaded"], row["duplicate"]) == (3, 2, 1)
    assert counts(council) == [("W01", "burglary", 1), ("W02", "drugs", 2), ("W02", "robbery", 1)]
    incremental = council.hashes()
    council.build(full=True)
    assert council.hashes() == incremental


def test_returns_that_replace_nothing_are_added_each_content_once(council: Bench, tmp_path: Path) -> None:
    council.specs = specs_with(tmp_path, version(replaces="nothing"))
    for number, rows in enumerate((MAY, CORRECTED, MAY)):
        council.load(log(tmp_path / str(number), rows), issued=date(2014, 7, 1 + number))
    council.build()
    assert counts(council) == [("W01", "burglary", 1), ("W02", "drugs", 1), ("W02", "robbery", 3)]
    assert council.ask("select count(*), count(distinct record_id) from records") == [(5, 5)]
    [(state, loaded, received)] = council.ask(
        "select state, rows_loaded, records_received from coverage where partner = 'testshire' "
        "and period_start = '2014-05-01'"
    )
    assert (state, loaded, received) == ("received", 5, 5)


OLD = version(files="old", valid_to="2014-05-16")
NEW = version("2014-05-17", files="new")


def test_a_period_in_parts_is_partial_until_all_have_come(council: Bench, tmp_path: Path) -> None:
    council.specs = specs_with(tmp_path, OLD, NEW)
    council.load(log(tmp_path, MAY[:1], files="old"), issued=JULY)
    council.build()
    seen = (
        "select state, round(period_share, 4) from coverage where partner = 'testshire' and period_start = '2014-05-01'"
    )
    figures = (
        "select distinct status, round(coverage_share, 4) from record_counts where partner = 'testshire' "
        "and period_start = '2014-05-01' and period_type = 'month' and area_code in ('W01', 'W02') order by 1"
    )
    assert council.ask(seen) == [("partial", 0.5161)]
    assert [status for status, _share in council.ask(figures)] == ["partial"]
    council.load(log(tmp_path, MAY[1:], files="new"), issued=AUGUST)
    council.build()
    assert council.ask(seen) == [("received", 1.0)]
    assert counts(council) == [("W01", "burglary", 1), ("W02", "drugs", 1), ("W02", "robbery", 1)]
    # A revision of one part leaves the other as it is.
    council.load(log(tmp_path / "2", MAY[1:2], files="new"), issued=SEPTEMBER)
    council.build()
    assert counts(council) == [("W01", "burglary", 1), ("W02", "robbery", 1)]
    assert {row[3]: row[-2] for row in current(council)} == {"2014-01-01": 1, "2014-05-17": 2}
    incremental = council.hashes()
    council.build(full=True)
    assert council.hashes() == incremental


def test_systems_that_run_in_parallel_are_compared_and_never_added(council: Bench, tmp_path: Path) -> None:
    council.specs = specs_with(tmp_path, version(files="old", valid_to="2014-06-30"), NEW)
    council.load(log(tmp_path, MAY, files="old"), log(tmp_path, JUNE, "2014-06", files="old"), issued=JULY)
    # The new system was filled with May's earlier records as well.
    council.load(log(tmp_path, MAY, files="new"), log(tmp_path, JUNE, "2014-06", files="new"), issued=JULY)
    council.build()
    assert counts(council) == [("W01", "burglary", 1), ("W02", "drugs", 1), ("W02", "robbery", 1)]
    assert counts(council, "2014-06-01") == [("W01", "burglary", 1)]
    aside = pl.concat([pl.read_parquet(path) for path in council.home.quarantine.rglob("*.parquet")])
    assert aside["issue_type"].unique().to_list() == ["parallel_run"]
    assert aside.height == 4
    states = council.ask("select state from coverage where partner = 'testshire' order by period_start limit 2")
    assert states == [("received",), ("received",)]
    runs = parallel_runs(council.home, council.specs, led.current_returns(council.ledger))
    assert [(run.first.day, run.last.day, run.counted, run.in_parallel) for run in runs] == [
        (17, 31, 2, 2),  # the old system, of the days the new one counts
        (1, 16, 1, 1),  # the new system, of the days before it began
        (1, 30, 1, 1),  # June: the new system counts, the old one still runs
    ]
    facts = read_facts(council.home, council.specs, council.ledger, date(2014, 7, 1))
    moves = [move.what for move in moves_of(facts, council.specs, date(2014, 7, 1)) if move.kind == "parallel"]
    assert "two systems report on 2014-05-17 to 2014-05-31: the system that counts has 2 rows, the other 2" in moves[1]


# --- any sequence -----------------------------------------------------------------------------------------------------

STEPS: dict[str, Callable[[Bench, Path], object]] = {
    "may": lambda bench, folder: bench.load(log(folder, MAY), issued=JULY),
    "may corrected": lambda bench, folder: bench.load(log(folder, CORRECTED), issued=AUGUST),
    "may empty": lambda bench, folder: bench.load(log(folder, []), issued=date(2014, 8, 15)),
    "may reissued": lambda bench, folder: bench.load(log(folder, MAY), issued=SEPTEMBER),
    "june": lambda bench, folder: bench.load(log(folder, JUNE, "2014-06"), issued=AUGUST),
    "june says may anew": lambda bench, folder: bench.load(
        log(folder, [*JUNE, ("a1", "2014-06-09", "D")], "2014-06"), issued=SEPTEMBER
    ),
    "undeclared": lambda bench, folder: bench.load(log(folder, [("u1", "2014-05-07", "D")])),
    "drugs are robberies": lambda bench, folder: _recoded(bench),
}


def _recoded(bench: Bench) -> None:
    codes = bench.specs.root / "partners" / "testshire" / "codes" / "kind.csv"
    codes.write_text(codes.read_text().replace("D,map,drugs", "D,map,robbery"))
    bench.specs = load_specs(bench.specs.root)
    bench.load()


def _incremental_equals_full(bench: Bench, folder: Path, replaces: str, steps: list[str]) -> None:
    bench.empty()
    bench.specs = specs_with(folder, version(replaces=replaces))
    add_wards(bench.home.boundaries, wards(folder))
    for number, name in enumerate(steps):
        STEPS[name](bench, folder / str(number))
        bench.build()
    incremental = bench.hashes()
    bench.build(full=True)
    assert bench.hashes() == incremental


@pytest.mark.parametrize("replaces", ["reporting_period", "keys", "nothing"])
def test_incremental_equals_full_refresh_after_a_hard_sequence(council: Bench, tmp_path: Path, replaces: str) -> None:
    hard = ["may", "june", "june says may anew", "may empty", "drugs are robberies", "may corrected"]
    _incremental_equals_full(council, tmp_path / "hard", replaces, hard)


def test_a_month_known_earlier_but_loaded_later_makes_another_late(council: Bench, tmp_path: Path) -> None:
    _incremental_equals_full(council, tmp_path, "reporting_period", ["june says may anew", "may"])
    late = council.ask(
        "select period_start, is_late from coverage where partner = 'testshire' and revision is not null"
    )
    assert late == [(date(2014, 5, 1), False), (date(2014, 6, 1), True)]


@pytest.mark.slow
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(st.sampled_from(sorted(STEPS)), min_size=2, max_size=5),
    replaces=st.sampled_from(["reporting_period", "keys", "nothing"]),
)
def test_incremental_equals_full_refresh_after_any_sequence(
    council: Bench, tmp_path_factory: pytest.TempPathFactory, steps: list[str], replaces: str
) -> None:
    _incremental_equals_full(council, tmp_path_factory.mktemp("steps"), replaces, steps)


# --- as known at a day ------------------------------------------------------------------------------------------------

issues = st.lists(
    st.tuples(
        st.sampled_from(["2014-05", "2014-06"]),
        st.dates(date(2014, 7, 1), date(2014, 7, 6)),
        st.lists(st.sampled_from("BRD"), max_size=4),
    ),
    min_size=1,
    max_size=5,
    unique_by=lambda item: item[:2],
)


def _oracle(told: list[tuple[str, date, list[str]]], day: date) -> list[tuple[date, str, int]]:
    """What a person would say who keeps, for each month, the letter that was issued last by that day."""
    latest: dict[str, list[str]] = {}
    for month, _issued, kinds in sorted((item for item in told if item[1] <= day), key=lambda item: item[1]):
        latest[month] = kinds
    named = {"B": "burglary", "R": "robbery", "D": "drugs"}
    found = [
        (date.fromisoformat(f"{month}-01"), named[kind], kinds.count(kind))
        for month, kinds in latest.items()
        for kind in set(kinds)
    ]
    return sorted(found)


@pytest.mark.slow
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(told=issues, day=st.dates(date(2014, 6, 30), date(2014, 7, 7)), shuffled=st.randoms(use_true_random=False))
def test_what_was_known_on_a_day_agrees_with_an_oracle(
    council: Bench,
    tmp_path_factory: pytest.TempPathFactory,
    told: list[tuple[str, date, list[str]]],
    day: date,
    shuffled: Any,
) -> None:
    from pipelines.orchestration.as_known import known_database
    from warehouse.query import ask

    council.empty()
    folder = tmp_path_factory.mktemp("told")
    arriving = list(told)
    shuffled.shuffle(arriving)
    for number, (month, issued, kinds) in enumerate(arriving):
        rows = [(f"r{index}", f"{month}-0{1 + index}", kind) for index, kind in enumerate(kinds)]
        assert council.load(log(folder / str(number), rows, month), issued=issued).ok
    database = known_database(council.home, council.specs, council.ledger, day)
    sql = "select period_start, category_code, count(*) as n from records group by all order by all"
    assert [tuple(row.values()) for row in ask(database, sql).to_pylist()] == _oracle(told, day)


# --- the journal ------------------------------------------------------------------------------------------------------


@on_both_stores
def test_a_ledger_made_again_from_landing_knows_when_things_came_and_what_was_declared(
    council: Bench, tmp_path: Path
) -> None:
    log(council.home.landing / "testshire", JUNE, "2014-06")
    council.load()
    council.load(log(tmp_path / "1", MAY), issued=JULY)
    council.load(
        log(tmp_path / "2", CORRECTED).rename(tmp_path / "odd.csv"), feed=FEED, period="2014-05", issued=AUGUST
    )
    council.load(log(tmp_path / "3", MAY), issued=SEPTEMBER)
    names = ("feed", "supplier", "period_start", "delivery_id", "known_on", "is_declared", "received_at", "state")
    before = [tuple(row[name] for name in names) for row in council.ledger.rows(led.return_)]
    council.build()
    tables = council.hashes()
    reopened(council)
    assert council.load().ok
    after = [tuple(row[name] for name in names) for row in council.ledger.rows(led.return_)]
    assert sorted(after) == sorted(before)
    assert len(after) == 4
    council.build(full=True)
    assert council.hashes() == tables


def test_a_journal_whose_last_line_was_cut_off_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    Journal(path).decided("accepted", led.now(), delivery="d1", reason="asked")
    with path.open("ab") as file:
        file.write(b'{"at": "2014-')
    Journal(path).decided("accepted", led.now(), delivery="d2", reason="asked again")
    assert Journal(path).accepted() == {"d1": "asked", "d2": "asked again"}


# --- what a person must look at ---------------------------------------------------------------------------------------

MANY: list[Row] = [(f"m{n}", "2014-05-09", "D") for n in range(40)]


@on_both_stores
def test_a_revision_with_half_the_rows_is_held_until_somebody_accepts_it(council: Bench, tmp_path: Path) -> None:
    council.load(log(tmp_path / "1", MANY), issued=JULY)
    report = council.load(log(tmp_path / "2", MANY[:20]), issued=AUGUST)
    assert not report.ok
    assert "20 rows, where the revision known on 2014-07-01 has 40" in report.held[0]
    assert current(council)[0][-1] == 40
    [held] = council.ledger.rows(led.return_, state="held")
    journal = Journal(council.home.journal)
    taken = accept(council.ledger, council.specs, journal, held["delivery_id"], "the force merged its records")
    assert [row["rows_loaded"] for row in taken] == [20]
    assert current(council)[0][-1] == 20
    reopened(council)
    assert council.load().ok
    assert current(council)[0][-1] == 20


def test_half_the_rows_are_held_whichever_of_the_two_came_first(council: Bench, tmp_path: Path) -> None:
    council.load(log(tmp_path / "2", MANY[:10]), issued=AUGUST)
    assert current(council)[0][-1] == 10
    report = council.load(log(tmp_path / "1", MANY), issued=JULY)
    assert len(report.held) == 1
    assert current(council)[0][-2:] == (1, 40)
    council.load(log(tmp_path / "3", MANY[:15]), issued=date(2014, 7, 15))
    council.load(log(tmp_path / "4", MANY[:39]), issued=date(2014, 9, 15))
    assert [row["state"] for row in council.ledger.rows(led.return_)].count("held") == 2
    assert current(council)[0][-1] == 39


@on_both_stores
def test_a_return_for_a_closed_period_is_held_and_one_that_came_before_is_not(council: Bench, tmp_path: Path) -> None:
    journal = Journal(council.home.journal)
    council.load(log(tmp_path / "1", MAY), issued=JULY)
    close_period(council.ledger, journal, PeriodType.CALENDAR_YEAR, date(2014, 1, 1))
    report = council.load(log(tmp_path / "2", CORRECTED), log(tmp_path / "2", JUNE, "2014-06"), issued=AUGUST)
    assert len(report.held) == 2
    assert "2014 was closed on" in report.held[0]
    assert [row[-1] for row in current(council)] == [3]
    # Made again, the ledger holds what it held: the first return had come before.
    reopened(council)
    restore_decisions(council.ledger, Journal(council.home.journal))
    council.load()
    assert [row[-1] for row in current(council)] == [3]
    assert reopen_period(council.ledger, journal, PeriodType.CALENDAR_YEAR, date(2014, 1, 1))
    assert not reopen_period(council.ledger, journal, PeriodType.CALENDAR_YEAR, date(2014, 1, 1))


def test_a_return_for_a_month_that_has_not_begun_is_refused(council: Bench, tmp_path: Path) -> None:
    report = council.load(log(tmp_path, [], "2114-05"))
    assert "log-2114-05.csv: reports on May 2114, which had not begun when it came on" in report.refused[0]
    assert not council.ledger.rows(led.return_)


# --- half a file, half a write ----------------------------------------------------------------------------------------


def test_a_file_that_is_still_being_copied_is_left_alone(council: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.intake.settled.LOOK_AGAIN_SECONDS", 0.4)
    path = log(council.home.landing / "testshire", MAY)
    whole = path.read_text()
    path.write_text(whole[:60])
    begun = threading.Event()

    def copy() -> None:
        begun.set()
        for end in range(61, len(whole) + 1):
            time.sleep(0.01)
            path.write_text(whole[:end])

    copying = threading.Thread(target=copy)
    copying.start()
    begun.wait()
    report = council.load()
    copying.join()
    assert report.ok
    assert (report.waiting, report.accepted) == ([str(path)], [])
    assert not council.ledger.rows(led.file_path)
    time.sleep(0.05)
    assert council.load().ok
    assert current(council)[0][-1] == 3


def test_a_file_that_changes_while_it_is_read_is_left_for_the_next_time(
    council: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipelines.orchestration import prepare

    path = log(council.home.landing / "testshire", MAY)
    read = prepare.read_delivery

    def grows(*arguments: Any) -> Any:
        records = read(*arguments)
        with path.open("a") as file:
            file.write("a9,2014-05-09,D,508500,151500\n")
        return records

    monkeypatch.setattr(prepare, "read_delivery", grows)
    report = council.load()
    assert report.waiting == [str(path)]
    assert not council.ledger.rows(led.delivery)
    monkeypatch.undo()
    council.load()
    assert current(council)[0][-1] == 4


@on_both_stores
@pytest.mark.parametrize("at", range(1, 6))
def test_a_crash_between_two_writes_leaves_nothing_half_done(
    council: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, at: int
) -> None:
    council.load(log(tmp_path / "1", MAY), issued=JULY)
    before = current(council)
    left = itertools.count(1)
    put = led.put

    def crash(*arguments: Any) -> None:
        if next(left) == at:
            raise KeyboardInterrupt
        put(*arguments)

    monkeypatch.setattr(led, "put", crash)
    path = log(tmp_path / "2", CORRECTED)
    with pytest.raises(KeyboardInterrupt):
        council.load(path, issued=AUGUST)
    monkeypatch.undo()
    reached = current(council)
    assert reached in (before, [(*before[0][:4], reached[0][4], AUGUST, 2, 2)])
    council.load(path, issued=AUGUST)
    assert current(council)[0][-3:] == (AUGUST, 2, 2)
    assert len(council.ledger.rows(led.return_)) == 2
    assert not council.ledger.rows(led.return_, state="unchecked")


KILLED = """
import os, sys
from warehouse import ledger as led
left, put = int(sys.argv.pop(1)), led.put

def killed(*arguments):
    global left
    left -= 1
    if not left:
        os._exit(137)
    put(*arguments)

led.put = killed
from pipelines.cli.main import main
main()
"""


@pytest.mark.slow
@pytest.mark.parametrize("at", [1, 2, 4, 5])
def test_a_load_that_is_killed_between_journal_and_ledger_is_as_if_it_had_not_been(
    council: Bench, tmp_path: Path, at: int
) -> None:
    home, path = tmp_path / "home", log(tmp_path / "1", MAY)
    environment = {**os.environ, "COMMONGRID_HOME": str(home), "COMMONGRID_SPECS": str(tmp_path / "specs")}
    command = [str(at), "load", str(path)]
    done = subprocess.run([sys.executable, "-c", KILLED, *command], env=environment, capture_output=True, check=False)
    assert done.returncode == 137
    noted = len((home / "journal.jsonl").read_text().splitlines()) if (home / "journal.jsonl").exists() else 0
    again = subprocess.run(
        [sys.executable, "-m", "pipelines.cli.main", "load", str(path), "--json"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(again.stdout)["refused"] == []
    ledger = Ledger(home / "ledger.sqlite")
    [row] = led.current_returns(ledger)
    assert (row["rows_loaded"], row["state"], row["revision"]) == (3, "accepted", 1)
    ledger.close()
    lines = (home / "journal.jsonl").read_text().splitlines()
    assert len(lines) == 1
    assert noted in (0, 1)
