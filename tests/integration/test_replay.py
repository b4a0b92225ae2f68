"""Rows in quarantine and deliveries refused go through again once specs are corrected, into the same accounting."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from pipelines.orchestration.replay import replay
from pipelines.specs.check import load_specs
from tests.conftest import Bench, code_map
from tests.integration.testshire import FEED, KIND_LINES, Row, log, specs_with, version
from warehouse import ledger as led

JULY = date(2014, 7, 1)
# Five rows of a code that no map knows, among twenty.
MAY: list[Row] = [(f"a{n}", f"2014-05-{n + 1:02}", "Z" if n < 5 else "B") for n in range(20)]


@pytest.fixture
def council(bench: Bench, tmp_path: Path) -> Bench:
    bench.specs = specs_with(tmp_path)
    return bench


def mapped(bench: Bench) -> None:
    """Say what Z means."""
    codes = bench.specs.root / "partners" / "testshire" / "codes" / "kind.csv"
    codes.write_text(code_map(*KIND_LINES, "Z,map,other_crime"))
    bench.specs = load_specs(bench.specs.root)


def again(bench: Bench, feed: str | None = None):
    return replay(bench.home, bench.specs, bench.ledger, bench.said.append, feed)


def test_rows_of_a_code_go_through_once_the_map_knows_it(council: Bench, tmp_path: Path) -> None:
    council.load(log(tmp_path, MAY), issued=JULY)
    [before] = council.ledger.rows(led.delivery)
    assert (before["loaded"], before["quarantined"]) == (15, 5)
    assert [row["quarantined"] for row in again(council).as_before] == [5]
    mapped(council)
    [told] = again(council).again
    assert (told["loaded_before"], told["loaded"], told["quarantined_before"], told["quarantined"]) == (15, 20, 5, 0)
    [row] = council.ledger.rows(led.delivery)
    assert row["rows_made"] == row["loaded"] + row["ignored"] + row["duplicate"] + row["quarantined"] == 20
    [current] = led.current_returns(council.ledger)
    assert (current["rows_loaded"], current["known_on"], current["revision"]) == (20, JULY, 1)
    assert not list(council.home.quarantine.rglob(f"*{row['fingerprint']}.parquet"))
    assert council.ledger.rows(led.issue_total, issue_type="unmapped_code") == []
    assert [arrival["outcome"] for arrival in council.ledger.rows(led.arrival)] == ["new"]
    nothing = again(council)
    assert (nothing.again, nothing.as_before) == ([], [])


def test_a_replay_is_what_loading_under_the_mended_map_would_have_been(council: Bench, tmp_path: Path) -> None:
    council.load(log(tmp_path, MAY), issued=JULY)
    mapped(council)
    again(council)
    [row] = council.ledger.rows(led.delivery)
    replayed = pl.read_parquet(council.home.harmonised_of(row))
    council.empty()
    council.load(log(tmp_path, MAY), issued=JULY)
    [loaded] = [pl.read_parquet(path) for path in council.home.harmonised.rglob("*.parquet")]
    assert replayed.equals(loaded)


def test_what_was_read_is_enough_where_only_a_map_has_changed(council: Bench, tmp_path: Path) -> None:
    council.load(log(tmp_path, MAY), issued=JULY)
    for path in council.home.landing.rglob("*.csv"):
        path.unlink()
    mapped(council)
    assert [row["loaded"] for row in again(council).again] == [20]


def test_a_file_that_would_now_be_read_otherwise_has_to_be_there(council: Bench, tmp_path: Path) -> None:
    council.load(log(tmp_path, MAY), issued=JULY)
    [landed] = council.home.landing.rglob("*.csv")
    landed.unlink()
    council.specs = specs_with(
        tmp_path, version().replace("Kind: {", "Kind : {").replace("{type: csv}", "{type: csv, quote: ''}")
    )
    report = again(council)
    assert "its file is gone from landing; put it back" in report.load.refused[0]
    assert [row["rows_loaded"] for row in led.current_returns(council.ledger)] == [15]
    assert [row["outcome"] for row in council.ledger.rows(led.arrival)] == ["new"]


def test_a_delivery_that_was_refused_goes_through_as_it_came(council: Bench, tmp_path: Path) -> None:
    strange: list[Row] = [(f"a{n}", f"2014-05-{n + 1:02}", "Z") for n in range(9)]
    log(council.home.landing / "testshire", strange)
    assert not council.load().ok
    [refused] = council.ledger.rows(led.delivery, state="refused")
    mapped(council)
    report = again(council)
    assert report.load.ok
    assert [row["loaded"] for row in report.again] == [9]
    [current] = led.current_returns(council.ledger)
    assert (current["rows_loaded"], current["known_on"]) == (9, refused["received_at"].date())
    assert council.load().ok
    assert len(led.current_returns(council.ledger)) == 1


def test_one_feed_is_replayed_alone(council: Bench, tmp_path: Path) -> None:
    council.load(log(tmp_path, MAY), issued=JULY)
    mapped(council)
    assert again(council, "police_uk/crime").again == []
    assert [row["feed"] for row in again(council, FEED).again] == [FEED]


# --- at the command line ----------------------------------------------------------------------------------------------


def _run(home: Path, specs: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "COMMONGRID_HOME": str(home), "COMMONGRID_SPECS": str(specs)}
    command = [sys.executable, "-m", "pipelines.cli.main", *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_a_held_return_is_accepted_a_period_closed_and_rows_replayed_by_command(tmp_path: Path) -> None:
    specs_with(tmp_path)
    home, specs = tmp_path / "home", tmp_path / "specs"
    assert _run(home, specs, "load", str(log(tmp_path / "1", MAY)), "--issued", "2014-07-01").returncode == 0
    half = log(tmp_path / "2", MAY[5:11])
    held = _run(home, specs, "load", str(half), "--issued", "2014-08-01")
    assert held.returncode == 0, "fifteen rows are too few to judge by"
    many: list[Row] = [(f"m{n}", "2014-06-09", "B") for n in range(40)]
    _run(home, specs, "load", str(log(tmp_path / "3", many, "2014-06")), "--issued", "2014-07-01")
    held = _run(home, specs, "load", str(log(tmp_path / "4", many[:9], "2014-06")), "--issued", "2014-08-01")
    assert held.returncode == 1
    assert "9 rows, where the revision known on 2014-07-01 has 40" in held.stdout
    command = next(line for line in held.stdout.splitlines() if "commongrid accept" in line)
    delivery = command.partition("commongrid accept ")[2].split()[0]
    assert _run(home, specs, "accept", delivery, "--reason", " ").returncode == 2
    taken = _run(home, specs, "accept", delivery, "--reason", "two depots merged", "--json")
    assert json.loads(taken.stdout)["accepted"][0]["reason"] == "two depots merged"
    once_more = _run(home, specs, "accept", delivery, "--reason", "again")
    assert (once_more.returncode, "nothing to accept" in once_more.stderr) == (1, True)

    assert _run(home, specs, "close", "2014-13").returncode == 2
    assert "has not ended" in _run(home, specs, "close", "2199").stderr
    assert "held until somebody accepts it" in _run(home, specs, "close", "2014-06").stdout
    late = _run(home, specs, "load", str(log(tmp_path / "5", many[:38], "2014-06")), "--issued", "2014-09-01")
    assert (late.returncode, "June 2014 was closed on" in late.stdout) == (1, True)
    assert "is open again" in _run(home, specs, "close", "2014-06", "--reopen").stdout
    assert _run(home, specs, "close", "2014-06", "--reopen").returncode == 1

    nothing = _run(home, specs, "replay")
    assert "5 rows wait; the specs make nothing else of them yet" in nothing.stdout
    (specs / "partners/testshire/codes/kind.csv").write_text(code_map(*KIND_LINES, "Z,map,other_crime"))
    done = _run(home, specs, "replay", "--json")
    assert [row["loaded"] - row["loaded_before"] for row in json.loads(done.stdout)["replayed"]] == [5]
    assert _run(home, specs, "replay", "--feed", "testshire/crim").returncode == 2

    (home / "ledger.sqlite").unlink()
    missing = _run(home, specs, "status")
    assert (missing.returncode, "commongrid load --rebuild" in missing.stderr) == (1, True)
    rebuilt = _run(home, specs, "load", "--rebuild", "--json")
    assert rebuilt.returncode in (0, 1), rebuilt.stderr
    states = json.loads(_run(home, specs, "status", "--json").stdout)
    assert states["totals"]["received"] == 2
