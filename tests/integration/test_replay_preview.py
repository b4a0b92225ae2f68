"""A preview tells what a replay would move, to the row, and changes nothing."""

from __future__ import annotations

import json
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner

from pipelines.build.in_force import only_in_force, survivors
from pipelines.cli.main import app
from pipelines.orchestration.preview import Move, preview
from pipelines.orchestration.replay import replay
from pipelines.specs.check import load_specs
from tests.conftest import Bench, code_map, on_both_stores
from tests.integration.testshire import KIND_LINES, Row, log, specs_with, version
from warehouse import ledger as led

JULY, AUGUST = date(2014, 7, 1), date(2014, 8, 1)
MAY: list[Row] = [(f"a{n}", f"2014-05-{n + 1:02}", "Z" if n < 5 else "B") for n in range(20)]
WHOSE = ("crime", "testshire", "month", date(2014, 5, 1))

Counts = Counter[tuple[Any, ...]]


@pytest.fixture
def council(bench: Bench, tmp_path: Path) -> Bench:
    bench.specs = specs_with(tmp_path)
    return bench


def mapped(bench: Bench, *lines: str) -> None:
    codes = bench.specs.root / "partners" / "testshire" / "codes" / "kind.csv"
    codes.write_text(code_map(*KIND_LINES, *(lines or ("Z,map,other_crime",))))
    bench.specs = load_specs(bench.specs.root)


def rows_in_force(bench: Bench) -> Counts:
    """Every row that counts, read from the files of the current returns and counted one by one."""
    counts: Counts = Counter()
    current = led.current_returns(bench.ledger)
    by_key = survivors(bench.home, current)
    for item in current:
        rows = only_in_force(pl.read_parquet(bench.home.harmonised_of(item)), by_key.get(item["delivery_id"]))
        rows = rows.filter(pl.col("supplier") == item["supplier"], pl.col("period_start") == item["period_start"])
        for category in rows["category_code"]:
            counts["crime", item["supplier"], item["period_type"], item["period_start"], category] += 1
    return counts


def files_of(bench: Bench) -> dict[str, bytes]:
    """Every file of a home but the lock, and all that the ledger knows."""
    root = bench.home.root
    files = {
        str(path.relative_to(root)): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and not path.name.startswith((".lock", "ledger"))
    }
    tables = led.delivery.metadata.sorted_tables
    return files | {table.name: repr([dict(row) for row in bench.ledger.rows(table)]).encode() for table in tables}


def is_what_replay_does(bench: Bench) -> tuple[Move, ...]:
    """What the preview tells, once it is held against what the replay then did."""
    was, files = rows_in_force(bench), files_of(bench)
    told = preview(bench.home, bench.specs, bench.ledger)
    assert files_of(bench) == files
    report = replay(bench.home, bench.specs, bench.ledger, bench.said.append)
    now = rows_in_force(bench)
    assert told.replay.summary() == report.summary()
    expected = {key: (was[key], now[key]) for key in was.keys() | now.keys() if was[key] != now[key]}
    found = {
        (move.dataset, move.supplier, move.period_type, move.period_start, move.category): (move.before, move.after)
        for move in told.moves
    }
    assert found == expected
    return told.moves


@on_both_stores
def test_rows_of_a_code_that_is_mapped_now(council: Bench, tmp_path: Path) -> None:
    council.load(log(tmp_path, MAY), issued=JULY)
    mapped(council)
    assert is_what_replay_does(council) == (Move(*WHOSE, "other_crime", 0, 5),)


def test_a_code_that_was_mapped_otherwise_moves_from_one_category_to_another(council: Bench, tmp_path: Path) -> None:
    council.load(log(tmp_path, MAY), issued=JULY)
    codes = council.specs.root / "partners" / "testshire" / "codes" / "kind.csv"
    codes.write_text(code_map("B,map,drugs", "Z,ignore,"))
    council.specs = load_specs(council.specs.root)
    assert is_what_replay_does(council) == (Move(*WHOSE, "burglary", 15, 0), Move(*WHOSE, "drugs", 0, 15))


def test_a_delivery_that_was_refused(council: Bench, tmp_path: Path) -> None:
    log(council.home.landing / "testshire", [(f"a{n}", f"2014-05-{n + 1:02}", "Z") for n in range(9)])
    assert not council.load().ok
    mapped(council)
    assert is_what_replay_does(council) == (Move(*WHOSE, "other_crime", 0, 9),)


def test_a_return_that_has_been_revised_since_moves_nothing(council: Bench, tmp_path: Path) -> None:
    council.load(log(tmp_path / "1", MAY), issued=JULY)
    council.load(log(tmp_path / "2", [(ref, day, "B") for ref, day, _kind in MAY]), issued=AUGUST)
    mapped(council)
    assert is_what_replay_does(council) == ()


def test_a_record_that_two_returns_tell_by_its_key_moves_once(bench: Bench, tmp_path: Path) -> None:
    bench.specs = specs_with(tmp_path, version(replaces="keys"))
    bench.load(log(tmp_path / "1", MAY), issued=JULY)
    bench.load(log(tmp_path / "2", [*MAY[:3], ("a5", "2014-05-06", "R"), *MAY[6:8]]), issued=AUGUST)
    mapped(bench)
    assert is_what_replay_does(bench) == (Move(*WHOSE, "other_crime", 0, 5),)


@pytest.mark.parametrize(
    ("waiting", "state", "moves"),
    [
        (8, "held", ()),
        (9, "accepted", (Move(*WHOSE, "burglary", 40, 12), Move(*WHOSE, "other_crime", 0, 9))),
    ],
)
def test_a_held_return_moves_figures_only_if_its_rows_let_it_go(
    council: Bench, tmp_path: Path, waiting: int, state: str, moves: tuple[Move, ...]
) -> None:
    many: list[Row] = [(f"m{n}", "2014-05-09", "B") for n in range(40)]
    council.load(log(tmp_path / "1", many), issued=JULY)
    few: list[Row] = [*many[:12], *((f"z{n}", "2014-05-09", "Z") for n in range(waiting))]
    council.load(log(tmp_path / "2", few), issued=AUGUST)
    assert [row["state"] for row in council.ledger.rows(led.return_, known_on=AUGUST)] == ["held"]
    mapped(council)
    assert is_what_replay_does(council) == moves
    assert [row["state"] for row in council.ledger.rows(led.return_, known_on=AUGUST)] == [state]


def test_nothing_waits_that_would_move(council: Bench, tmp_path: Path) -> None:
    council.load(log(tmp_path, MAY), issued=JULY)
    assert is_what_replay_does(council) == ()


def test_the_command_tells_the_figures_and_changes_nothing(
    council: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    council.load(log(tmp_path, MAY), issued=JULY)
    mapped(council)
    monkeypatch.setenv("COMMONGRID_HOME", str(council.home.root))
    monkeypatch.setenv("COMMONGRID_SPECS", str(council.specs.root))

    def said(*words: str) -> str:
        ended = CliRunner().invoke(app, ["replay", "--preview", *words])
        assert ended.exit_code == 0, ended.output
        return ended.stdout

    files = files_of(council)
    told = json.loads(said("--json"))
    [move] = told["moves"]
    assert (move["category"], move["before"], move["after"]) == ("other_crime", 0, 5)
    text = said()
    assert "15 rows would become 20" in text
    assert ["crime", "testshire", "May", "2014", "other_crime", "0", "5"] in [
        line.split() for line in text.splitlines()
    ]
    assert "1 figure would move; nothing was changed" in text
    assert files_of(council) == files
