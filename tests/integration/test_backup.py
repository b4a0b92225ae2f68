"""A home that was backed up, lost and restored is the home it was; what is not whole is neither made nor restored."""

from __future__ import annotations

import json
import os
import tarfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipelines.intake.refusal import Refusal
from pipelines.orchestration import backup as backing
from pipelines.orchestration.backup import back_up, restore
from tests.conftest import Bench
from tests.integration.keepers import BESIDE, BOOK, CSV, PLANTED, people, send
from tests.integration.street import EAST, WEST, add_wards, street, wards
from tests.integration.test_sealing import in_clear, names_in
from warehouse import ledger as led
from warehouse.home import Home
from warehouse.ledger import open_ledger

ROWS = [("a1", WEST, "Burglary"), ("a2", EAST, "Robbery")]


def nothing(_home: Home) -> None:
    """What is to be done with a restored home, where nothing is."""


@pytest.fixture
def keeper(bench: Bench, tmp_path: Path) -> Bench:
    return people(bench, tmp_path)


def filled(bench: Bench) -> Bench:
    send(bench.home.landing, CSV, "av-2014-07.zip", BESIDE, "av-2015-05.ctl", BOOK)
    street(bench.home.landing / "police_uk", ROWS)
    assert bench.load().ok
    return bench


def saved(bench: Bench, to: Path) -> dict[str, Any]:
    return back_up(bench.home, bench.specs, bench.ledger, to)


def tree(root: Path) -> dict[str, bytes]:
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def all_rows(home: Home) -> dict[str, list[dict[str, Any]]]:
    ledger = open_ledger(home)
    found = {table.name: [dict(row) for row in ledger.rows(table)] for table in led.delivery.metadata.sorted_tables}
    ledger.close()
    return found


@pytest.mark.slow
@pytest.mark.parametrize("name", ["backup.tar", "backup"])
def test_a_home_that_was_lost_is_restored_and_a_run_changes_nothing(keeper: Bench, tmp_path: Path, name: str) -> None:
    add_wards(keeper.home.boundaries, wards(tmp_path))
    filled(keeper)
    keeper.run()
    hashes, rows = keeper.hashes(), all_rows(keeper.home)
    releases = tree(keeper.home.releases)
    saved(keeper, tmp_path / name)
    keeper.empty()
    keeper.ledger.close()
    home = replace(keeper.home, root=tmp_path / "again")
    restore(tmp_path / name, home.root, nothing)
    assert all_rows(home) == rows
    assert tree(home.releases) == releases
    again = Bench(home, keeper.specs, open_ledger(home))
    summary, ok = again.run()
    assert ok
    assert (summary["load"]["accepted"], summary["load"]["unchanged_files"]) == ([], 5)
    assert summary["publish"]["new"] is False
    assert again.hashes() == hashes
    again.ledger.close()


def test_what_is_restored_is_what_was_backed_up_and_a_load_finds_nothing_new(keeper: Bench, tmp_path: Path) -> None:
    filled(keeper)
    (keeper.home.root / "commongrid.yml").write_text("landing: {url: landing}\n")
    before, rows = tree(keeper.home.root), all_rows(keeper.home)
    made = saved(keeper, tmp_path / "b.tar")
    home = replace(keeper.home, root=tmp_path / "again")
    assert restore(tmp_path / "b.tar", home.root, nothing)["files"] == made["files"]
    after = tree(home.root)
    assert after.keys() <= before.keys()
    missing = {name.split("/")[0] for name in before.keys() - after.keys()}
    assert missing <= {".lock", "commongrid.yml", "build", "ledger.sqlite-wal", "ledger.sqlite-shm"}
    assert {name for name in after if after[name] != before[name]} <= {"ledger.sqlite"}
    assert all_rows(home) == rows
    again = Bench(home, keeper.specs, open_ledger(home))
    report = again.load()
    assert (report.accepted, report.unchanged) == ([], 5)
    again.ledger.close()


def test_no_planted_name_is_in_a_backup(keeper: Bench, tmp_path: Path, keys_folder: Path) -> None:
    filled(keeper)
    saved(keeper, tmp_path / "b.tar")
    secret = (keys_folder / "landing.age").read_text().split()[-1].encode()
    whole = (tmp_path / "b.tar").read_bytes()
    assert not names_in(whole)
    assert secret not in whole
    saved(keeper, tmp_path / "folder")
    found = [path for path in (tmp_path / "folder").rglob("*") if path.is_file()]
    assert found
    assert not any(map(in_clear, found))
    assert (tmp_path / "b.tar").stat().st_mode & 0o77 == 0


def test_there_is_no_backup_while_files_of_people_lie_open(keeper: Bench, tmp_path: Path) -> None:
    filled(keeper)
    send(keeper.home.landing, "av-2014-09.csv")
    with pytest.raises(Refusal, match="commongrid seal") as error:
        saved(keeper, tmp_path / "b.tar")
    assert PLANTED not in str(error.value)
    assert not (tmp_path / "b.tar").exists()


def test_a_backup_is_made_whole_or_not_at_all(keeper: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    filled(keeper)
    room = tmp_path / "room"
    room.mkdir()
    put = backing._put

    def failing(shelf: Any, item: Any) -> Any:
        if item.name.startswith("raw/"):
            raise OSError(28, "No space left on device")
        return put(shelf, item)

    for name in ("b.tar", "b"):
        with monkeypatch.context() as patch:
            patch.setattr(backing, "_put", failing)
            with pytest.raises(Refusal, match="No space left"):
                saved(keeper, room / name)
        assert list(room.iterdir()) == []

    def changing(shelf: Any, item: Any) -> Any:
        if item.name.endswith(BOOK):
            open_ = Path.open

            def late(path: Path, *args: Any, **named: Any) -> Any:
                os.utime(item.path, ns=(1, 1))
                return open_(path, *args, **named)

            with monkeypatch.context() as inner:
                inner.setattr(Path, "open", late)
                return put(shelf, item)
        return put(shelf, item)

    monkeypatch.setattr(backing, "_put", changing)
    with pytest.raises(Refusal, match="was written to meanwhile"):
        saved(keeper, room / "b.tar")
    assert list(room.iterdir()) == []


@pytest.mark.parametrize("place", ["there", "inside"])
def test_a_backup_overwrites_nothing_and_lies_elsewhere(keeper: Bench, tmp_path: Path, place: str) -> None:
    to = tmp_path / "b.tar" if place == "there" else keeper.home.root / "b.tar"
    if place == "there":
        to.write_text("mine")
    with pytest.raises(Refusal, match=r"is there already|lies in the home"):
        saved(keeper, to)


def test_a_ledger_in_postgresql_is_left_to_its_own_tools(keeper: Bench, tmp_path: Path) -> None:
    elsewhere = replace(keeper.home, ledger_url="postgresql://user@host:5432/name")
    with pytest.raises(Refusal, match="pg_dump"):
        back_up(elsewhere, keeper.specs, keeper.ledger, tmp_path / "b.tar")


def _entries(change: Callable[[dict[str, Any]], None]) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        path = folder / "manifest.json"
        manifest = json.loads(path.read_text())
        change(manifest)
        path.write_text(json.dumps(manifest))

    return spoil


def _flip(folder: Path) -> None:
    path = next(folder.rglob(CSV))
    path.write_bytes(path.read_bytes()[:-1] + b"\0")


SPOILT: dict[str, Callable[[Path], None]] = {
    "a byte": _flip,
    "a file gone": lambda folder: next(folder.rglob(CSV)).unlink(),
    "no manifest": lambda folder: (folder / "manifest.json").unlink(),
    "no json": lambda folder: (folder / "manifest.json").write_text("{"),
    "of later": _entries(lambda manifest: manifest.update(version=2)),
    "leads out": _entries(lambda manifest: manifest["files"][0].update(name="../../out")),
    "links out": _entries(lambda manifest: manifest["files"].append({"name": "x", "link": "/etc", "size": 0})),
}


@pytest.mark.parametrize("spoil", SPOILT.values(), ids=SPOILT)
@pytest.mark.parametrize("packed", [True, False])
def test_a_backup_that_is_not_as_it_was_made_restores_nothing(
    keeper: Bench, tmp_path: Path, spoil: Callable[[Path], None], packed: bool
) -> None:
    send(keeper.home.landing, CSV)
    assert keeper.load().ok
    folder, room = tmp_path / "folder", tmp_path / "room"
    room.mkdir()
    saved(keeper, folder)
    spoil(folder)
    source = folder
    if packed:
        source = tmp_path / "b.tar"
        with tarfile.open(source, "w") as tar:
            for path in sorted(folder.rglob("*")):
                tar.add(path, path.relative_to(folder), recursive=False)
    with pytest.raises(Refusal):
        restore(source, room / "home", nothing)
    assert list(room.iterdir()) == []


def test_a_home_is_restored_into_an_empty_folder_only(keeper: Bench, tmp_path: Path) -> None:
    saved(keeper, tmp_path / "b.tar")
    (tmp_path / "home").mkdir()
    restore(tmp_path / "b.tar", tmp_path / "home", nothing)
    with pytest.raises(Refusal, match="is not empty"):
        restore(tmp_path / "b.tar", tmp_path / "home", nothing)


def test_no_tar_and_a_cut_one_are_told(keeper: Bench, tmp_path: Path) -> None:
    send(keeper.home.landing, CSV)
    assert keeper.load().ok
    saved(keeper, tmp_path / "b.tar")
    content = (tmp_path / "b.tar").read_bytes()
    for number, spoilt in enumerate((b"", b"x" * 2000, content[: len(content) // 2])):
        (tmp_path / "c.tar").write_bytes(spoilt)
        with pytest.raises(Refusal):
            restore(tmp_path / "c.tar", tmp_path / f"home{number}", nothing)
        assert not (tmp_path / f"home{number}").exists()


def test_a_home_is_seen_to_before_it_is_in_its_place(keeper: Bench, tmp_path: Path) -> None:
    saved(keeper, tmp_path / "b.tar")
    seen: list[bool] = []
    restore(tmp_path / "b.tar", tmp_path / "home", lambda home: seen.append(home.ledger.exists()))
    assert seen == [True]

    def failing(_home: Home) -> None:
        raise Refusal("key_missing", "the erasures cannot be replayed")

    with pytest.raises(Refusal, match="erasures"):
        restore(tmp_path / "b.tar", tmp_path / "other", failing)
    assert not (tmp_path / "other").exists()


def test_the_commands_say_what_they_did(
    keeper: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from pipelines.cli import keeping

    send(keeper.home.landing, CSV)
    assert keeper.load().ok
    monkeypatch.setenv("COMMONGRID_HOME", str(keeper.home.root))
    monkeypatch.setenv("COMMONGRID_SPECS", str(keeper.home.specs))
    keeping.backup(tmp_path / "b.tar")
    keeping.restore(tmp_path / "b.tar", tmp_path / "again")
    keeping.purge("2999-01-01", dry_run=True)
    told = capsys.readouterr().out
    assert "without its keys, what is sealed cannot be read" in told
    assert "files restored into" in told
    assert "1 files and 0 companions from landing" in told
    assert (keeper.home.landing / "keepershire" / CSV).exists()
