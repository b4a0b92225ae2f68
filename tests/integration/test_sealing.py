"""Files of people lie sealed in landing, and everything that reads them sees what came."""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path
from typing import Any

import pytest

from pipelines.intake.sources import Source, in_landing
from pipelines.orchestration import load as loading
from pipelines.specs.check import load_specs
from tests.conftest import Bench
from tests.integration.keepers import BESIDE, BOOK, CSV, PARTNER, PLANTED, people, send, text
from warehouse import ledger as led
from warehouse.sealed import is_sealed, landing_key, make_landing_key

ALL = (CSV, "av-2014-06.csv.gz", "av-2014-07.zip", BESIDE, "av-2015-05.ctl", BOOK)


def names_in(content: bytes) -> bool:
    """Whether a planted name is in some bytes, or in what an archive among them unpacks to."""
    return any(part.encode(coding) in content for part in PLANTED.split() for coding in ("utf-8", "utf-16-le"))


def in_clear(path: Path) -> bool:
    content = path.read_bytes()
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as packed:
            content += b"".join(packed.read(name) for name in packed.namelist())
    if content[:2] == b"\x1f\x8b":
        content += zlib.decompress(content, 31)
    return names_in(content)


@pytest.fixture
def keeper(bench: Bench, tmp_path: Path) -> Bench:
    return people(bench, tmp_path)


def state(bench: Bench) -> list[tuple[Any, ...]]:
    return [
        (row["delivery_id"], row["state"], row["sha256"], row["loaded"], row["quarantined"], row["path"], row["member"])
        for row in bench.ledger.rows(led.delivery)
    ]


def test_the_planted_name_would_be_found(tmp_path: Path) -> None:
    assert all(in_clear(path) for path in send(tmp_path, *ALL))


def test_what_a_feed_of_persons_has_taken_lies_sealed_and_is_read_as_it_came(keeper: Bench) -> None:
    sent = send(keeper.home.landing, *ALL)
    before = {path: (Source(path).sha256(), path.stat().st_mtime_ns) for path in sent}
    report = keeper.load()
    assert report.ok, report.refused
    assert len(report.accepted) == 5
    assert sorted(in_landing(keeper.home.landing)) == sorted(sent)
    assert all(map(is_sealed, sent))
    assert not any(map(in_clear, sent))
    assert {path: (Source(path).sha256(), path.stat().st_mtime_ns) for path in sent} == before
    again = keeper.load()
    assert (again.unchanged, again.accepted, again.refused) == (5, [], [])


def test_a_rebuild_reads_sealed_files_to_the_same_deliveries(keeper: Bench) -> None:
    from pipelines.orchestration.decisions import restore_decisions
    from warehouse.journal import Journal
    from warehouse.ledger import open_ledger

    send(keeper.home.landing, *ALL)
    keeper.load()
    before = state(keeper)
    keeper.ledger.close()
    for folder in (keeper.home.raw, keeper.home.harmonised):
        for path in folder.rglob("*.parquet"):
            path.unlink()
    keeper.ledger = open_ledger(keeper.home, rebuild=True)
    restore_decisions(keeper.ledger, Journal(keeper.home.journal))
    assert keeper.load().ok
    assert state(keeper) == before


def test_a_file_that_was_refused_is_sealed_and_tried_again_from_there(keeper: Bench) -> None:
    [path] = send(keeper.home.landing, CSV)
    path.write_bytes(text("2014-05").replace(b"Keeper", b"Owner"))
    assert not keeper.load().ok
    assert is_sealed(path)
    assert keeper.load().known_refused == 1
    path.write_bytes(text("2014-05"))
    assert keeper.load().ok
    assert not in_clear(path)


def test_a_file_of_no_feed_in_such_a_partners_folder_is_sealed_too(keeper: Bench) -> None:
    [path] = send(keeper.home.landing, "av-2014-05.csv.old")
    assert not keeper.load().ok
    assert not in_clear(path)
    assert keeper.load().known_refused == 1


def test_a_given_file_is_sealed_where_it_is_kept_and_not_where_it_was(keeper: Bench, tmp_path: Path) -> None:
    [path] = send(tmp_path / "mail", CSV)
    assert keeper.load(path).ok
    [kept] = in_landing(keeper.home.landing)
    assert (is_sealed(kept), is_sealed(path)) == (True, False)
    assert len(keeper.load(path).duplicates) == 1
    assert keeper.load().unchanged == 1


def test_feeds_without_persons_stay_as_they_came(bench: Bench) -> None:
    from tests.integration.street import WEST, street

    path = street(bench.home.landing / "police_uk", [("a1", WEST, "Burglary")])
    before = path.read_bytes()
    assert bench.load().ok
    assert path.read_bytes() == before


@pytest.mark.parametrize("moment", ["sealed", "settled"])
def test_a_crash_between_sealing_and_noting_leaves_what_the_next_load_finds(
    keeper: Bench, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    send(keeper.home.landing, CSV)
    with monkeypatch.context() as patch:
        name = "_note_file" if moment == "sealed" else "_seal"
        patch.setattr(loading.Loader, name, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            keeper.load()
    [path] = in_landing(keeper.home.landing)
    assert is_sealed(path) is (moment == "sealed")
    before = state(keeper)
    report = keeper.load()
    assert report.ok
    assert (report.accepted, report.duplicates) == ([], [])
    assert is_sealed(path)
    assert state(keeper) == before
    assert keeper.load().unchanged == 1
    assert [row["outcome"] for row in keeper.ledger.rows(led.arrival)] == ["new"]


def test_a_file_written_to_while_it_is_sealed_is_left_for_the_next_time(
    keeper: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    [path] = send(keeper.home.landing, CSV)
    seal_file = loading.seal_file

    def late(*args: Any) -> Any:
        path.write_bytes(text("2014-05", "Another Name"))
        return seal_file(*args)

    with monkeypatch.context() as patch:
        patch.setattr(loading, "seal_file", late)
        assert keeper.load().waiting
    assert path.read_bytes() == text("2014-05", "Another Name")
    assert len(keeper.load().accepted) == 1


# --- keys -------------------------------------------------------------------------------------------------------------


def test_without_a_key_nothing_of_persons_is_loaded(
    keeper: Bench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from tests.integration.street import WEST, street

    [path] = send(keeper.home.landing, CSV)
    street(keeper.home.landing / "police_uk", [("a1", WEST, "Burglary")])
    keys = tmp_path / "keys"
    with monkeypatch.context() as patch:
        patch.setenv("COMMONGRID_KEYS", str(keys))
        for _time in range(2):
            report = keeper.load()
            [told] = report.refused
            assert "commongrid keys make --landing" in told
            assert PLANTED not in told
        assert path.read_bytes() == text("2014-05")
        assert [row["feed"] for row in keeper.ledger.rows(led.delivery)] == ["police_uk/crime"]
        assert not list(keeper.home.raw.rglob(f"{PARTNER}/**/*.parquet"))
        make_landing_key(keys, "records officer")
        assert keeper.load().ok
        assert is_sealed(path)


@pytest.mark.parametrize("fault", ["gone", "exposed", "other", "in_the_home"])
def test_a_sealed_file_whose_key_is_not_in_order_waits_for_it(
    keeper: Bench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, fault: str
) -> None:
    paths = send(keeper.home.landing, CSV, "av-2014-07.zip")
    keys = keeper.home.root / "keys" if fault == "in_the_home" else tmp_path / "keys"
    good = make_landing_key(tmp_path / "kept", "records officer")
    monkeypatch.setenv("COMMONGRID_KEYS", str(tmp_path / "kept"))
    assert keeper.load().ok
    monkeypatch.setenv("COMMONGRID_KEYS", str(keys))
    if fault != "gone":
        make_landing_key(keys, "somebody")
    if fault == "exposed":
        (keys / "landing.age").write_bytes(good.path.read_bytes())
        (keys / "landing.age").chmod(0o640)
    for path in keeper.home.harmonised.rglob("*.parquet"):
        path.unlink()
    before = state(keeper), [dict(row) for row in keeper.ledger.rows(led.file_path)]
    for _time in range(2):
        report = keeper.load()
        assert len(report.refused) == 2
        assert not any(PLANTED in line or "AGE-SECRET" in line for line in report.refused)
    assert (state(keeper), [dict(row) for row in keeper.ledger.rows(led.file_path)]) == before
    monkeypatch.setenv("COMMONGRID_KEYS", str(tmp_path / "kept"))
    assert keeper.load().ok
    assert len(list(keeper.home.harmonised.rglob("*.parquet"))) == 2
    assert all(map(is_sealed, paths))


def test_a_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    from warehouse.sealed import SealError

    key = make_landing_key(tmp_path / "keys", "records officer")
    assert (key.path.stat().st_mode & 0o777, key.path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert landing_key(tmp_path / "keys") == key
    assert "# custodian: records officer" in key.path.read_text()
    assert key.identity not in repr(key)
    with pytest.raises(SealError, match="is there already"):
        make_landing_key(tmp_path / "keys", "another")
    assert landing_key(tmp_path / "keys") == key


# --- what lies open ---------------------------------------------------------------------------------------------------


def test_what_was_taken_before_is_sealed_by_command_and_found_unchanged(
    keeper: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipelines.orchestration.open_files import lying_open, seal_all

    sent = send(keeper.home.landing, *ALL)
    with monkeypatch.context() as patch:
        patch.setattr(loading.Loader, "_seal", lambda *_: None)
        assert keeper.load().ok
    [later] = send(keeper.home.landing, "av-2014-09.csv")
    assert all(map(in_clear, [*sent, later]))
    assert {item.item.path for item in lying_open(keeper.home, keeper.specs, keeper.ledger)} == {*sent, later}
    done = seal_all(keeper.home, keeper.specs, keeper.ledger, keeper.said.append)
    assert sorted(done) == sorted([*sent, later])
    assert not any(map(in_clear, [*sent, later]))
    report = keeper.load()
    assert (len(report.accepted), report.unchanged, report.refused) == (1, 5, [])
    assert not list(lying_open(keeper.home, keeper.specs, keeper.ledger))


def test_the_command_tells_what_it_sealed(
    keeper: Bench, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from pipelines.cli.sealing import seal

    send(keeper.home.landing, CSV)
    monkeypatch.setenv("COMMONGRID_HOME", str(keeper.home.root))
    monkeypatch.setenv("COMMONGRID_SPECS", str(keeper.home.specs))
    seal()
    assert capsys.readouterr().out.splitlines() == [f"sealed    {PARTNER}/{CSV}", "1 file sealed"]


# --- who else reads landing -------------------------------------------------------------------------------------------


def test_the_status_and_the_sensor_find_sealed_files_as_they_were_taken(keeper: Bench) -> None:
    from datetime import date

    from pipelines.orchestration.partition import waiting
    from pipelines.reports.facts import read_facts

    send(keeper.home.landing, *ALL)
    assert keeper.load().ok
    assert read_facts(keeper.home, keeper.specs, keeper.ledger, date(2014, 9, 1)).swept == []
    assert waiting(keeper.home, keeper.specs, keeper.ledger) == []


def test_a_corrected_spec_is_replayed_from_sealed_files(keeper: Bench, tmp_path: Path) -> None:
    from pipelines.orchestration.replay import replay
    from tests.conftest import code_map

    send(keeper.home.landing, CSV, BOOK, "av-2014-07.zip")
    assert keeper.load().ok
    codes = keeper.home.specs / "partners" / PARTNER / "codes" / "kind.csv"
    codes.write_text(code_map("C,map,car", "?,map,other"))
    changed = people(keeper, tmp_path, columns="Keeper: registration_mark")
    codes.write_text(code_map("C,map,car", "?,map,other"))
    changed = type(keeper)(changed.home, load_specs(changed.home.specs), keeper.ledger)
    for path in keeper.home.raw.rglob("*.parquet"):
        path.unlink()
    report = replay(changed.home, changed.specs, changed.ledger, print)
    assert report.load.refused == []
    assert [(row["loaded_before"], row["loaded"]) for row in report.again] == [(1, 2)] * 3


def test_reading_one_file_to_try_out_a_spec_sees_what_came(keeper: Bench, tmp_path: Path) -> None:
    from pipelines.intake.claims import Declared
    from pipelines.orchestration.try_out import trial_of, try_out
    from pipelines.place.reference import ReferenceData

    [path] = send(keeper.home.landing, BOOK)
    assert keeper.load().ok
    spec = keeper.home.specs / "partners" / PARTNER / "abandoned_vehicle.yml"
    trial = trial_of(spec, keeper.home.specs, None)
    [result] = try_out(path, trial, Declared(), ReferenceData(None), None)
    assert not result.refused
