"""No longer than declared: what is past its retention is deleted, said and noted, and nothing else is touched."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.intake.sources import in_landing
from pipelines.orchestration.decisions import restore_decisions
from pipelines.orchestration.partition import waiting
from pipelines.orchestration.purge import PurgeReport, purge
from pipelines.orchestration.replay import replay
from pipelines.orchestration.restore_purged import restore_purged
from pipelines.reports.facts import read_facts
from pipelines.specs.check import load_specs
from tests.conftest import Bench, code_map
from tests.integration.keepers import BESIDE, BOOK, CSV, FEED, PARTNER, PLANTED, people, send
from tests.integration.street import WEST, street
from warehouse import ledger as led
from warehouse.journal import Journal
from warehouse.ledger import open_ledger

RETENTION = "{files: 12 months, rows: 6 years}"
TODAY = datetime.now().date()
YEAR, YEARS = TODAY + timedelta(days=370), TODAY + timedelta(days=6 * 366 + 5)


@pytest.fixture
def keeper(bench: Bench, tmp_path: Path) -> Bench:
    return people(bench, tmp_path, RETENTION)


def purged(bench: Bench, as_of: date, dry_run: bool = False) -> PurgeReport:
    return purge(bench.home, bench.specs, bench.ledger, bench.said.append, as_of, dry_run=dry_run)


def lying(bench: Bench) -> list[str]:
    return [path.relative_to(bench.home.landing).as_posix() for path in in_landing(bench.home.landing)]


def files(bench: Bench, *folders: str) -> dict[str, bytes]:
    return {
        path.relative_to(bench.home.root).as_posix(): path.read_bytes()
        for folder in folders
        for path in sorted((bench.home.root / folder).rglob("*.parquet"))
    }


def state(bench: Bench) -> list[dict[str, Any]]:
    return [dict(row) for row in bench.ledger.rows(led.delivery)]


def returns(bench: Bench) -> list[dict[str, Any]]:
    return [{**row, "received_at": None} for row in led.current_returns(bench.ledger)]


def rebuilt(bench: Bench) -> list[str]:
    """Make the ledger again, as `load --rebuild` does; what was lost."""
    bench.ledger.close()
    bench.ledger = open_ledger(bench.home, rebuild=True)
    restore_decisions(bench.ledger, Journal(bench.home.journal))
    lost = restore_purged(bench.home, bench.specs, bench.ledger, bench.said.append)
    assert bench.load().ok
    return lost


def test_files_go_with_their_companions_when_their_time_has_passed_and_rows_stay(keeper: Bench) -> None:
    send(keeper.home.landing, CSV, BESIDE, "av-2015-05.ctl", BOOK)
    street(keeper.home.landing / "police_uk", [("a1", WEST, "Burglary")])
    assert keeper.load().ok
    everything, kept = lying(keeper), files(keeper, "raw", "harmonised", "quarantine", "issues")
    assert purged(keeper, TODAY + timedelta(days=360)) == PurgeReport()
    tried = purged(keeper, YEAR, dry_run=True)
    assert lying(keeper) == everything
    keeper.said.clear()
    done = purged(keeper, YEAR)
    assert done == tried
    assert done.files == [f"{PARTNER}/{name}" for name in (CSV, BESIDE, BOOK)]
    assert done.companions == [f"{PARTNER}/av-2015-05.ctl"]
    assert lying(keeper) == ["police_uk/2014-05-surrey-street.csv"]
    assert files(keeper, "raw", "harmonised", "quarantine", "issues") == kept
    assert all(any(Path(name).name in line for line in keeper.said) for name in (*done.files, *done.companions))
    assert {row["state"] for row in keeper.ledger.rows(led.file_path) if PARTNER in row["path"]} == {"purged"}
    lines = [json.loads(line) for line in keeper.home.journal.read_text().splitlines()]
    assert [line["path"] for line in lines if line["what"] == "purged"] == done.files
    assert PLANTED not in keeper.home.journal.read_text()


def test_nobody_wants_a_purged_file_again(keeper: Bench) -> None:
    send(keeper.home.landing, CSV)
    assert keeper.load().ok
    purged(keeper, YEAR)
    assert waiting(keeper.home, keeper.specs, keeper.ledger) == []
    assert read_facts(keeper.home, keeper.specs, keeper.ledger, TODAY).swept == []
    assert purged(keeper, YEAR) == PurgeReport()
    assert keeper.load().accepted == []


@pytest.mark.parametrize("name", [CSV, f"again/{CSV}"])
def test_a_purged_file_that_is_sent_again_is_a_duplicate_and_goes_again(keeper: Bench, name: str) -> None:
    send(keeper.home.landing, CSV)
    assert keeper.load().ok
    purged(keeper, YEAR)
    before = state(keeper)
    path = keeper.home.landing / PARTNER / name
    [sent] = send(keeper.home.landing, CSV)
    path.parent.mkdir(exist_ok=True)
    sent.rename(path)
    report = keeper.load()
    assert (len(report.duplicates), report.accepted, report.refused) == (1, [], [])
    assert state(keeper) == before
    assert keeper.load().unchanged == 1
    assert purged(keeper, YEAR).files == [f"{PARTNER}/{name}"]


def test_a_file_of_several_feeds_stays_as_long_as_any_says(keeper: Bench) -> None:
    folder = keeper.home.specs / "partners" / PARTNER
    text = (folder / "abandoned_vehicle.yml").read_text()
    other = folder / "crime.yml"
    other.write_text(
        text.replace(RETENTION, "10 years")
        .replace("unit: report, clock: reported", "unit: recorded_crime, clock: occurred")
        .replace("      Keeper: keeper_name\n", "")
        .replace("    location:", "    ignore: [Keeper]\n    location:")
        .replace("map: kind", "map: crime_kind")
    )
    (folder / "codes" / "crime_kind.csv").write_text(code_map("C,map,burglary"))
    specs = load_specs(keeper.home.specs)
    both = Bench(keeper.home, specs, keeper.ledger)
    send(both.home.landing, CSV)
    assert len(both.load().accepted) == 2
    assert purged(both, YEAR).files == []
    assert purged(both, TODAY + timedelta(days=3660)).files == [f"{PARTNER}/{CSV}"]


def test_a_companion_of_several_files_stays_with_the_last(keeper: Bench, tmp_path: Path) -> None:
    spec = keeper.home.specs / "partners" / PARTNER / "abandoned_vehicle.yml"
    spec.write_text(spec.read_text().replace("{stem}.ctl", "MANIFEST.ctl"))
    shared = Bench(keeper.home, load_specs(keeper.home.specs), keeper.ledger)
    first, second = send(shared.home.landing, BESIDE, "av-2015-06.csv")
    (first.parent / "MANIFEST.ctl").write_text("2 of them")
    assert shared.load().ok
    with shared.ledger.change() as connection:
        for row in shared.ledger.rows(led.arrival):
            if row["path"].endswith(second.name):
                led.put(connection, led.arrival, [{**row, "received_at": datetime.now() + timedelta(days=90)}])
    done = purged(shared, YEAR)
    assert (done.files, done.companions) == ([f"{PARTNER}/{BESIDE}"], [])
    done = purged(shared, YEAR + timedelta(days=100))
    assert (done.files, done.companions) == ([f"{PARTNER}/{second.name}"], [f"{PARTNER}/MANIFEST.ctl"])


def test_rows_lose_what_was_written_and_nothing_that_counts(keeper: Bench) -> None:
    from pipelines.reports.unmapped import unmapped

    send(keeper.home.landing, CSV, BOOK)
    assert keeper.load().ok
    counted, before = files(keeper, "harmonised"), state(keeper)
    asides = {path: pl.read_parquet(path) for path in sorted(keeper.home.quarantine.rglob("*.parquet"))}
    assert any("?" in str(frame.rows()) for frame in asides.values())
    done = purged(keeper, YEARS)
    assert sorted(done.deliveries) == sorted(row["delivery_id"] for row in before)
    assert files(keeper, "raw") == {}
    assert (files(keeper, "harmonised"), state(keeper)) == (counted, before)
    for path, frame in asides.items():
        now = pl.read_parquet(path)
        assert now.schema == frame.schema
        same = [name for name in frame.columns if name not in ("value", "record", "message")]
        assert now.select(same).equals(frame.select(same))
        assert now["value"].null_count() == now["record"].null_count() == now.height
    assert unmapped(keeper.home, keeper.specs, keeper.ledger).codes == []
    assert purged(keeper, YEARS) == PurgeReport()


def test_a_purge_that_was_ended_midway_is_finished_by_the_next(keeper: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    send(keeper.home.landing, CSV, BOOK)
    assert keeper.load().ok
    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", lambda *_args, **_named: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            purged(keeper, YEAR)
    assert lying(keeper) == [f"{PARTNER}/{CSV}", f"{PARTNER}/{BOOK}"]
    assert purged(keeper, YEAR).files == [f"{PARTNER}/{CSV}", f"{PARTNER}/{BOOK}"]
    assert lying(keeper) == []


def test_a_rebuild_knows_what_was_purged_and_makes_it_again_from_raw_rows(keeper: Bench) -> None:
    send(keeper.home.landing, CSV, "av-2014-07.zip", BOOK)
    assert keeper.load().ok
    before, current = state(keeper), returns(keeper)
    purged(keeper, YEAR)
    assert rebuilt(keeper) == []
    assert state(keeper) == before
    assert returns(keeper) == current
    assert {row["state"] for row in keeper.ledger.rows(led.file_path)} == {"purged"}
    assert waiting(keeper.home, keeper.specs, keeper.ledger) == []


def test_a_rebuild_says_what_cannot_be_made_again(keeper: Bench) -> None:
    send(keeper.home.landing, CSV, BOOK)
    assert keeper.load().ok
    purged(keeper, YEAR)
    gone = sorted(keeper.home.raw.rglob("*.parquet"))[0]
    gone.unlink()
    [lost] = rebuilt(keeper)
    assert "cannot be made again" in lost
    assert FEED in lost
    assert len(state(keeper)) == 1
    assert {row["state"] for row in keeper.ledger.rows(led.file_path)} == {"purged"}


def test_a_replay_uses_raw_rows_and_names_the_file_that_is_gone_where_it_cannot(keeper: Bench) -> None:
    send(keeper.home.landing, CSV)
    assert keeper.load().ok
    purged(keeper, YEAR)
    (keeper.home.specs / "partners" / PARTNER / "codes" / "kind.csv").write_text(code_map("C,map,car", "?,map,other"))
    mended = Bench(keeper.home, load_specs(keeper.home.specs), keeper.ledger)
    report = replay(mended.home, mended.specs, mended.ledger, mended.said.append)
    assert [(row["loaded_before"], row["loaded"]) for row in report.again] == [(1, 2)]
    (keeper.home.specs / "partners" / PARTNER / "codes" / "kind.csv").write_text(code_map("C,map,car"))
    spec = keeper.home.specs / "partners" / PARTNER / "abandoned_vehicle.yml"
    mended = Bench(keeper.home, load_specs(keeper.home.specs), keeper.ledger)
    with mended.ledger.change() as connection:
        led.put(connection, led.delivery, [{**state(mended)[0], "quarantined": 1, "loaded": 1}])
    spec.write_text(spec.read_text().replace("Keeper: keeper_name", "Keeper: registration_mark", 1))
    spec.write_text(spec.read_text().replace("format: {type: csv}", "format: {type: csv, encoding: cp1252}", 1))
    mended = Bench(keeper.home, load_specs(keeper.home.specs), keeper.ledger)
    report = replay(mended.home, mended.specs, mended.ledger, mended.said.append)
    [told] = report.load.refused
    assert CSV in told
    assert "was purged after its retention" in told


def test_a_run_purges_by_today_at_the_latest(keeper: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    from pipelines.orchestration import steps

    asked: list[date] = []

    def noted(*args: Any, **_named: Any) -> PurgeReport:
        asked.append(args[-1])
        return PurgeReport()

    monkeypatch.setattr(steps, "purge", noted)
    keeper.run(YEARS)
    keeper.run(date(2014, 9, 30))
    assert asked == [date.today(), date(2014, 9, 30)]


def test_a_file_that_no_feed_claimed_stays(keeper: Bench) -> None:
    send(keeper.home.landing, "notes.txt")
    assert not keeper.load().ok
    assert purged(keeper, YEARS) == PurgeReport()
    assert lying(keeper) == [f"{PARTNER}/notes.txt"]
