"""That's not our figure: where a partner states its own total, theirs, ours, and the difference by cause."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from pipelines.specs.check import load_specs
from tests.conftest import Bench
from tests.integration.street import add_wards, wards
from tests.integration.testshire import HEADER, specs_with, version
from warehouse import ledger as led

Point = tuple[str, str]
Row = tuple[str, str, str, Point]
# A point in each ward of `street.py`, one in neither, and none.
WEST, EAST, BEYOND, NOWHERE = ("501500", "151500"), ("508500", "151500"), ("540000", "151500"), ("", "")
MAY: list[Row] = [("a1", "2014-05-03", "B", WEST), ("a2", "2014-05-20", "R", WEST), ("a3", "2014-05-30", "D", NOWHERE)]

_TOTALS = """
title: Offences by the sender's own count
cadence: {{every: {every}, due: 90 days after}}
recording: {{unit: recorded_crime, clock: occurred, place: area}}
retention: 5 years
reconciles: {reconciles}
versions:
  - valid_from: 2014-01
    files: "total.csv"
    format: {{type: csv}}
    period: {{column: Period, date: "{period}"}}
    columns: {{What: measure, Count: {{field: value, symbols: {{x: suppressed}}}}}}
"""
_MINISTRY = """
title: A ministry that counts what the council returns
description: Made for tests
contact: {role: statistics}
suppliers: {testshire: {title: Testshire}}
"""
_CONTROL = """    skip: [{rule: total, column: Ref, equals: Total}]
    control: [{of: rows, stated_in: trailer, rule: total, match: '^Total,(\\d+)'}]
"""


def stating(folder: Path, *versions: str, every: str = "month", by: str = "testshire") -> Any:
    """The specs of `testshire.py`, whose council speaks for the west ward alone, and a feed that states its totals."""
    specs_with(folder, *versions)
    root = folder / "specs"
    council = root / "partners" / "testshire" / "partner.yml"
    council.write_text(council.read_text().replace(", E07000210", ""))
    (root / "partners" / by).mkdir(exist_ok=True)
    if by != "testshire":
        (root / "partners" / by / "partner.yml").write_text(_MINISTRY)
    reconciles = "crime" if by == "testshire" else "{dataset: crime, partner: testshire}"
    period = "%Y-%m" if every == "month" else "%Y-%y"
    spec = _TOTALS.format(every=every, reconciles=reconciles, period=period)
    (root / "partners" / by / "stated_total.yml").write_text(spec)
    return load_specs(root)


def log(folder: Path, rows: list[Row], month: str = "2014-05", *, files: str = "log", total: int | None = None) -> Path:
    """Write a file of rows (reference, day, kind, point), and a trailer that states their number, if given."""
    lines = [HEADER, *(",".join((ref, day, kind, *point)) for ref, day, kind, point in rows)]
    lines += [] if total is None else [f"Total,{total},,,"]
    path = folder / f"{files}-{month}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def state(folder: Path, figures: list[tuple[str, str, str]]) -> Path:
    """Write a file of stated figures: period, what is counted, count."""
    path = folder / "total.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(["Period,What,Count", *(",".join(row) for row in figures)]) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def council(bench: Bench, tmp_path: Path) -> Bench:
    add_wards(bench.home.boundaries, wards(tmp_path))
    bench.specs = stating(tmp_path)
    return bench


def told(bench: Bench, period: str = "2014-05-01", columns: str = "theirs, ours, cause, difference") -> list[Any]:
    """What is told of one period."""
    return bench.ask(
        f"select {columns} from reconciliation where period_start = '{period}' order by stated_in, boundary_set, cause"
    )


def load(bench: Bench, *paths: Path, issued: date | None = None) -> None:
    assert bench.load(*paths, issued=issued).ok, bench.said


def test_each_cause_is_told_with_its_number(council: Bench, tmp_path: Path) -> None:
    west: list[Row] = [(f"w{n}", "2014-05-03", "B", WEST) for n in range(8)]
    unplaced: list[Row] = [(f"u{n}", "2014-05-04", "B", NOWHERE) for n in range(2)]
    elsewhere: list[Row] = [
        ("e0", "2014-05-05", "R", EAST),
        ("e1", "2014-05-05", "R", EAST),
        ("e2", "2014-05-06", "R", BEYOND),
    ]
    ignored: list[Row] = [(f"x{n}", "2014-05-07", "X", WEST) for n in range(4)]
    bad: list[Row] = [(f"q{n}", "2014-05-32", "B", WEST) for n in range(3)] + [("q3", "2014-06-08", "?", WEST)]
    outside: list[Row] = [(f"c{n}", "2014-06-01", "B", WEST) for n in range(5)]
    rows = [*west, *unplaced, *elsewhere, *ignored, *bad, *outside, west[0]]
    load(council, log(tmp_path, rows), state(tmp_path, [("2014-05", "Crime", "30"), ("2014-05", "Incidents", "4")]))
    council.build()
    assert told(council) == [
        (34.0, 8, "cancelled_or_reclassified", 4.0),
        (34.0, 8, "clock", 5.0),
        (34.0, 8, "outside", 3.0),
        (34.0, 8, "quarantined", 4.0),
        (34.0, 8, "repeated", 1.0),
        (34.0, 8, "unexplained", 7.0),
        (34.0, 8, "unplaced", 2.0),
    ]


def test_a_total_that_agrees_has_one_row_whatever_was_set_aside(council: Bench, tmp_path: Path) -> None:
    rows: list[Row] = [*MAY, ("x1", "2014-05-07", "X", WEST)]
    load(council, log(tmp_path, rows), state(tmp_path, [("2014-05", "Crime", "2")]))
    council.build()
    columns = "partner, supplier, dataset, period_type, boundary_set, stated_in, theirs, ours, cause, difference"
    whose = ("testshire", "testshire", "crime", "month", "ward_2014", "testshire/stated_total")
    assert told(council, columns=columns) == [(*whose, 2.0, 2, "none", 0.0)]


def test_what_has_not_come_is_not_0_and_is_compared_once_it_has(council: Bench, tmp_path: Path) -> None:
    load(council, log(tmp_path, MAY), state(tmp_path, [("2014-06", "Crime", "9")]))
    council.build()
    assert told(council, "2014-06-01") == [(9.0, None, "not_yet_received", 9.0)]
    load(council, log(tmp_path, [], "2014-06"))
    council.build()
    assert told(council, "2014-06-01") == [(9.0, 0, "unexplained", 9.0)]


def test_of_a_year_whose_months_have_not_all_come_the_rest_is_not_yet_received(bench: Bench, tmp_path: Path) -> None:
    add_wards(bench.home.boundaries, wards(tmp_path))
    bench.specs = stating(tmp_path, every="financial_year")
    months = [log(tmp_path, [(f"m{month}", f"{month}-03", "B", WEST)], month) for month in ("2014-04", "2014-06")]
    load(bench, *months, log(tmp_path, MAY), state(tmp_path, [("2014-15", "Crime", "50")]))
    bench.build()
    assert told(bench, "2014-04-01") == [(50.0, 4, "not_yet_received", 45.0), (50.0, 4, "unplaced", 1.0)]


def test_less_than_came_is_unexplained_though_more_is_to_come(bench: Bench, tmp_path: Path) -> None:
    add_wards(bench.home.boundaries, wards(tmp_path))
    bench.specs = stating(tmp_path, every="financial_year")
    load(bench, log(tmp_path, MAY), state(tmp_path, [("2014-15", "Crime", "1")]))
    bench.build()
    assert told(bench, "2014-04-01") == [(1.0, 2, "unexplained", -2.0), (1.0, 2, "unplaced", 1.0)]


def test_a_file_that_says_how_many_records_it_holds_states_a_total(bench: Bench, tmp_path: Path) -> None:
    add_wards(bench.home.boundaries, wards(tmp_path))
    bench.specs = stating(tmp_path, version() + _CONTROL)
    load(bench, log(tmp_path, [*MAY, ("x1", "2014-05-07", "X", WEST)], total=4))
    bench.build()
    of_file = [
        ("testshire/crime", 4.0, 2, "cancelled_or_reclassified", 1.0),
        ("testshire/crime", 4.0, 2, "unplaced", 1.0),
    ]
    columns = "stated_in, theirs, ours, cause, difference"
    assert told(bench, columns=columns) == of_file
    load(bench, state(tmp_path, [("2014-05", "Crime", "2")]))
    bench.build()
    assert told(bench, columns=columns) == [("testshire/stated_total", 2.0, 2, "none", 0.0)]


def test_records_that_later_files_replace_are_repeated_in_what_the_files_say(bench: Bench, tmp_path: Path) -> None:
    add_wards(bench.home.boundaries, wards(tmp_path))
    bench.specs = stating(tmp_path, version(replaces="keys") + _CONTROL)
    changed: list[Row] = [("a1", "2014-05-04", "B", WEST)]
    load(bench, log(tmp_path / "1", MAY, total=3), issued=date(2014, 6, 2))
    load(bench, log(tmp_path / "2", changed, total=1), issued=date(2014, 6, 9))
    bench.build()
    assert told(bench) == [(4.0, 2, "repeated", 1.0), (4.0, 2, "unplaced", 1.0)]
    load(bench, state(tmp_path, [("2014-05", "Crime", "3")]))
    bench.build()
    assert told(bench) == [(3.0, 2, "unplaced", 1.0)]


def test_rows_loaded_in_one_period_and_dated_in_another_differ_by_the_clock(
    council: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # No feed loads such rows today; were one to, both months would say so.
    monkeypatch.setattr("pipelines.harmonise.delivery._Work.check_period", lambda _work: None)
    late: list[Row] = [("a8", "2014-06-01", "B", WEST), ("a9", "2014-06-02", "B", WEST)]
    load(council, log(tmp_path, [*MAY, *late]), log(tmp_path, [("b1", "2014-06-03", "B", WEST)], "2014-06"))
    load(council, state(tmp_path, [("2014-05", "Crime", "5"), ("2014-06", "Crime", "1")]))
    council.build()
    assert told(council) == [(5.0, 2, "clock", 2.0), (5.0, 2, "unplaced", 1.0)]
    assert told(council, "2014-06-01") == [(1.0, 3, "clock", -2.0)]


def test_a_total_of_which_a_figure_is_withheld_is_none(council: Bench, tmp_path: Path) -> None:
    load(council, log(tmp_path, MAY), state(tmp_path, [("2014-05", "Crime", "2"), ("2014-05", "Hidden", "x")]))
    council.build()
    assert told(council) == []


def test_another_partner_may_count_what_one_returns(bench: Bench, tmp_path: Path) -> None:
    add_wards(bench.home.boundaries, wards(tmp_path))
    bench.specs = stating(tmp_path, version() + _CONTROL, by="ministry")
    path = state(bench.home.landing / "ministry", [("2014-05", "Crime", "7")])
    load(bench, log(tmp_path, MAY, total=3), path)
    bench.build()
    columns = "partner, stated_in, theirs, ours, cause, difference"
    assert told(bench, columns=columns) == [
        ("testshire", "ministry/stated_total", 7.0, 2, "unexplained", 4.0),
        ("testshire", "ministry/stated_total", 7.0, 2, "unplaced", 1.0),
    ]


def test_there_is_a_row_for_each_set_the_supplier_speaks_in_and_else_for_all_records(
    bench: Bench, tmp_path: Path
) -> None:
    bench.specs = stating(tmp_path)
    load(bench, log(tmp_path, [*MAY, ("e1", "2014-05-05", "R", EAST)]), state(tmp_path, [("2014-05", "Crime", "4")]))
    columns = "boundary_set, ours, cause, difference"
    bench.build()
    assert told(bench, columns=columns) == [(None, 4, "none", 0.0)]
    add_wards(bench.home.boundaries, wards(tmp_path))
    add_wards(bench.home.boundaries, wards(tmp_path, codes=("N01", "N02"), split=-0.44), "ward_2015")
    bench.build()
    assert told(bench, columns=columns) == [
        ("ward_2014", 2, "outside", 1.0),
        ("ward_2014", 2, "unplaced", 1.0),
        ("ward_2015", 3, "unplaced", 1.0),
    ]


_PARTS = (version(files="old", valid_to="2014-06-30"), version("2014-05-17", files="new"))


def test_the_parts_of_a_period_are_counted_together_and_a_parallel_run_is_not(bench: Bench, tmp_path: Path) -> None:
    add_wards(bench.home.boundaries, wards(tmp_path))
    bench.specs = stating(tmp_path, *_PARTS)
    stated = [("2014-05", "Crime", "3"), ("2014-06", "Crime", "2")]
    load(bench, log(tmp_path, [MAY[0]], files="old"), state(tmp_path, stated))
    bench.build()
    assert told(bench) == [(3.0, 1, "not_yet_received", 2.0)]
    june: list[Row] = [("b1", "2014-06-02", "B", WEST)]
    load(bench, log(tmp_path, MAY[1:], files="new"), log(tmp_path, june, "2014-06", files="new"))
    load(bench, log(tmp_path, june, "2014-06", files="old"))
    bench.build()
    assert told(bench) == [(3.0, 2, "unplaced", 1.0)]
    assert told(bench, "2014-06-01") == [(2.0, 1, "unexplained", 1.0)]


def test_a_late_total_and_a_revision_end_as_a_full_build_does(council: Bench, tmp_path: Path) -> None:
    load(council, log(tmp_path / "1", MAY), issued=date(2014, 6, 2))
    council.build()
    assert told(council) == []
    load(council, state(tmp_path, [("2014-05", "Crime", "3"), ("2014-06", "Crime", "1")]), issued=date(2014, 7, 1))
    council.build()
    columns = "stated_on, received_at, theirs, ours, cause, difference"
    stated_on = date(2014, 7, 1)
    assert told(council, columns=columns) == [(stated_on, date(2014, 6, 2), 3.0, 2, "unplaced", 1.0)]
    load(council, log(tmp_path / "2", [*MAY[:2], ("a4", "2014-05-31", "D", WEST)]), issued=date(2014, 8, 1))
    council.build()
    assert told(council, columns=columns) == [(stated_on, date(2014, 8, 1), 3.0, 3, "none", 0.0)]
    incremental = council.hashes()
    council.build(full=True)
    assert council.hashes() == incremental


def test_a_number_stated_later_of_a_return_in_hand_is_built(council: Bench, tmp_path: Path) -> None:
    load(council, log(tmp_path, MAY))
    council.build()
    with council.ledger.change() as connection:
        connection.execute(update(led.return_).values(stated_rows=5))
    assert council.build().summary()["built"]
    assert told(council) == [(5.0, 2, "unexplained", 2.0), (5.0, 2, "unplaced", 1.0)]
    assert not council.build().summary()["built"]
