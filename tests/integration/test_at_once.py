"""Commands at once in one home: loads come one after the other, and nothing is taken twice."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT, on_both_stores
from tests.integration.street import WEST, street
from warehouse import ledger as led
from warehouse.home import Home
from warehouse.ledger import open_ledger


@pytest.fixture
def home(tmp_path: Path, ledger_url: str | None) -> Home:
    return Home(tmp_path / "home", ROOT / "ingest_specs", ROOT / "dbt_project", None, ledger_url)


def _begin(home: Home, *arguments: str) -> subprocess.Popen[str]:
    environment = {
        **os.environ,
        "COMMONGRID_HOME": str(home.root),
        "COMMONGRID_SPECS": str(home.specs),
        "COMMONGRID_LEDGER": home.ledger_url or "",
    }
    command = [sys.executable, "-m", "pipelines.cli.main", *arguments]
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


@on_both_stores
def test_two_loads_of_the_same_at_once_take_it_once(home: Home, tmp_path: Path) -> None:
    paths = [street(tmp_path / str(n), [(f"a{n}", WEST, "Burglary")], month=f"2014-0{n}") for n in range(1, 6)]
    loads = [_begin(home, "load", *map(str, order)) for order in (paths, reversed(paths))]
    ended = [load.communicate(timeout=120) for load in loads]
    assert [load.returncode for load in loads] == [0, 0], ended
    ledger = open_ledger(home)
    outcomes = sorted(row["outcome"] for row in ledger.rows(led.arrival))
    assert outcomes == ["duplicate"] * 5 + ["new"] * 5
    assert [row["rows_loaded"] for row in led.current_returns(ledger)] == [1] * 5
    ledger.close()


@pytest.mark.parametrize("command", ["load", "run"])
def test_a_load_waits_for_whoever_changes_the_home(home: Home, command: str) -> None:
    with home.alone():
        waiting = _begin(home, command)
        assert waiting.stdout is not None
        line = waiting.stdout.readline()
        assert line.startswith(f"waiting   another process is changing {home.root} (")
        assert line.endswith(f"process {os.getpid()})\n")
        assert not home.ledger.exists()
    out, err = waiting.communicate(timeout=120)
    assert (waiting.returncode, err) == (0, "")
    assert "waiting" not in out


@pytest.mark.parametrize("command", ["build", "publish"])
def test_other_commands_say_at_once_who_changes_the_home(home: Home, command: str) -> None:
    with home.alone():
        refused = _begin(home, command)
        out, err = refused.communicate(timeout=60)
    assert (refused.returncode, out) == (1, "")
    assert f"process {os.getpid()}); try again when it has finished" in err
