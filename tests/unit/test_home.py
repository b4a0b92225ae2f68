"""A home has one writer: another is told who it is, and may wait."""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from pathlib import Path

import pytest

from tests.unit.makers import ROOT
from warehouse.home import Home, HomeBusyError, HomeError


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home", ROOT / "ingest_specs", ROOT / "dbt_project")


def _hold(home: Home, is_held: threading.Event, is_over: threading.Event) -> None:
    import sys

    sys.argv = ["/somewhere/commongrid", "load", "a-private-name.csv"]
    with home.alone():
        is_held.set()
        is_over.wait(60)


def test_whoever_comes_second_is_told_who_holds_the_home(home: Home) -> None:
    processes = multiprocessing.get_context("spawn")
    is_held, is_over = processes.Event(), processes.Event()
    other = processes.Process(target=_hold, args=(home, is_held, is_over))
    other.start()
    try:
        assert is_held.wait(60)
        said: list[str] = []
        for patience, lines in ((0.0, []), (0.3, [f"another process is changing {home.root}"])):
            with pytest.raises(HomeBusyError) as told, home.alone(patience, said.append if patience else None):
                pass
            holder = f"(commongrid load, process {other.pid})"
            assert str(told.value) == (
                f"{home.root} is being changed by another process {holder}; try again when it has finished"
            )
            assert said == [f"waiting   {line} {holder}" for line in lines]
    finally:
        is_over.set()
        other.join(60)
    with home.alone():
        pass


def test_patience_ends_when_the_home_is_free(home: Home) -> None:
    is_held, said = threading.Event(), list[str]()

    def briefly() -> None:
        with home.alone():
            is_held.set()
            time.sleep(0.2)

    other = threading.Thread(target=briefly)
    other.start()
    is_held.wait(60)
    with home.alone(60, said.append):
        assert len(said) == 1
        assert f"process {os.getpid()}" in (home.root / ".lock").read_text(encoding="utf-8")
    other.join()
    assert (home.root / ".lock").read_text(encoding="utf-8") == ""


def test_a_home_that_cannot_be_made_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    home = Home(tmp_path / "file", ROOT / "ingest_specs", ROOT / "dbt_project")
    with pytest.raises(HomeError, match=r"nothing can be written \(.+\); see to the room on the disk"), home.alone():
        pass


def test_a_home_has_one_id_however_many_ask_for_it_first(home: Home) -> None:
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(home.id())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert set(found) == {home.id()}
    assert len(home.id()) == 32
    assert [path.name for path in home.root.iterdir()] == ["home.id"]
