"""A person's rights: found, exported, put right, restricted and erased wherever their rows lie, and for good."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from pipelines.orchestration.requests import APPLIED, Requests
from pipelines.orchestration.steps import publish_step
from pipelines.orchestration.subjects import Found, Sought, Subjects
from pipelines.protect.rights import REGISTER, Act, Rights
from tests.conftest import Bench
from tests.integration.probation import make_key, probation_specs, starts
from tests.integration.street import add_wards, wards
from warehouse import ledger as led
from warehouse.home import Home
from warehouse.releases import QueryError, read_manifest, release_list, release_path

ADA, ADA_OTHERWISE, BEN = "X123456", " x12-3456 ", "X654321"
TODAY = date(2014, 9, 30)
MAY = (
    f"ORDER-111,{ADA},Ada Planted,01/02/1980,03/05/2014,CO,1,GU1 4",
    f"ORDER-222,{BEN},Ben Planted,01/02/1990,04/05/2014,LIC,2,GU1 4",
    f"ORDER-333,{ADA_OTHERWISE},Ada Planted,01/02/1980,05/05/2014,LIC,3,GU1 4",
    f"ORDER-444,{ADA},Ada Planted,01/02/1980,06/05/2014,???,3,GU1 4",
)
JUNE = (f"ORDER-555,{BEN},Ben Planted,01/02/1990,04/06/2014,CO,2,GU1 4",)


@pytest.fixture
def service(bench: Bench, tmp_path: Path, own_keys: Path) -> Iterator[Bench]:
    """A home with May's and June's starts loaded, built and published; its keys lie outside."""
    bench.specs = probation_specs(tmp_path)
    make_key(own_keys)
    add_wards(bench.home.boundaries, wards(tmp_path))
    landing = bench.home.landing / "testshire_probation"
    starts(landing, *MAY)
    starts(landing, *JUNE, month="2014-06")
    bench.run()
    yield bench


def subjects(service: Bench) -> Subjects:
    return Subjects(service.home, service.specs, service.ledger, service.said.append)


def asked(service: Bench, act: Act, identifier: str = ADA, **more: Any) -> tuple[Found, set[str]]:
    found = subjects(service).find(Sought(identifier))
    requests = Requests(service.home, service.specs, service.ledger, service.said.append)
    requests.request(act, found, TODAY, **more)
    changed = requests.carry_out()
    if changed:
        service.build()
        publish_step(service.home, service.ledger, service.said.append, "restricted", TODAY)
    return found, changed


def account(service: Bench, month: int = 5) -> dict[str, int]:
    (row,) = (row for row in service.ledger.rows(led.delivery) if row["name_period"] == date(2014, month, 1))
    return {name: row[name] for name in ("records", "rows_made", "loaded", "ignored", "quarantined", "erased")}


def texts_of(home: Home) -> str:
    """Every byte of a home, and what its Parquet files and databases hold once unpacked."""
    import duckdb
    import polars as pl

    said = []
    for path in sorted(item for item in home.root.rglob("*") if item.is_file()):
        said.append(path.read_bytes().decode("latin-1"))
        if path.suffix == ".parquet":
            said.append(str(pl.read_parquet(path, hive_partitioning=False).to_dict(as_series=False)))
        if path.suffix == ".duckdb":
            with duckdb.connect(str(path), read_only=True) as connection:
                tables = connection.execute("select table_schema, table_name from information_schema.tables").fetchall()
                said += [str(connection.execute(f'select * from "{a}"."{b}"').fetchall()) for a, b in tables]
    return "\n".join(said)


def test_a_person_is_found_however_their_number_is_written(service: Bench) -> None:
    for identifier in (ADA, "x 123 456", ADA_OTHERWISE):
        found = subjects(service).find(Sought(identifier))
        assert [sorted(item.rows) for item in found.held] == [[2, 4, 5]]
    (line,) = subjects(service).told(subjects(service).find(Sought(ADA)))
    assert (line["rows"], line["landing"], line["raw"], line["harmonised"], line["set_aside"]) == (3, *[True] * 4)
    assert len(line["releases"]) == 1
    assert not subjects(service).find(Sought("X000000")).held


def test_a_name_is_looked_for_in_the_files_where_it_is_asked_for(service: Bench) -> None:
    found = subjects(service).find(Sought("ada  PLANTED", ("person_name",)))
    assert [sorted(item.rows) for item in found.held] == [[2, 4, 5]]
    shutil.rmtree(service.home.landing)
    assert not subjects(service).find(Sought("ada  PLANTED", ("person_name",))).held


def test_an_export_holds_the_rows_as_sent_and_as_kept(service: Bench) -> None:
    at = subjects(service)
    rows = at.export(at.find(Sought(ADA)))
    assert [(row["row"], row["as_sent"]["Name"]) for row in rows] == [(n, "Ada Planted") for n in (2, 4, 5)]
    assert [len(row.get("harmonised", [])) for row in rows] == [1, 1, 0]
    assert rows[2]["set_aside"][0]["issue_type"] == "unmapped_code"
    assert "Ben" not in json.dumps(rows, default=str)


def test_what_is_erased_is_nowhere_and_the_account_still_adds_up(service: Bench) -> None:
    before = account(service)
    assert before == {"records": 5, "rows_made": 4, "loaded": 3, "ignored": 0, "quarantined": 1, "erased": 0}
    release = release_list(service.home, "restricted")[0]["release_id"]
    found, changed = asked(service, Act.ERASE)
    assert len(changed) == 1
    assert account(service) == {**before, "loaded": 1, "quarantined": 0, "erased": 3}
    returned = {row["period_start"].month: row for row in service.ledger.rows(led.return_)}
    assert (returned[5]["rows_received"], returned[5]["rows_loaded"], returned[5]["rows_erased"]) == (4, 1, 3)
    held = texts_of(service.home)
    for text in (*found.pseudonyms, ADA, "Planted,01/02/1980", "ORDER-111", "ORDER-333"):
        assert text not in held, text
    assert not (service.home.landing / "testshire_probation" / "starts-2014-05.csv").exists()
    assert (service.home.landing / "testshire_probation" / "starts-2014-06.csv").exists()
    manifest = read_manifest(service.home.releases / "restricted" / release)
    assert "erased or restricted" in manifest["withdrawn"]["reason"]
    with pytest.raises(QueryError, match="was withdrawn on"):
        release_path(service.home, "restricted", release)
    assert [path.name for path in (service.home.releases / "restricted" / release).iterdir()] == ["manifest.json"]
    assert not subjects(service).find(Sought(ADA)).held
    assert subjects(service).find(Sought(BEN)).held


@pytest.mark.slow
def test_what_was_erased_does_not_come_back_with_the_file_a_replay_or_a_new_return(
    service: Bench, tmp_path: Path
) -> None:
    asked(service, Act.ERASE)
    landing = service.home.landing / "testshire_probation"
    starts(landing, *MAY)
    service.run()
    assert account(service)["erased"] == 3
    july = [row.replace("/05/", "/07/").replace("ORDER", "LATER") for row in MAY]
    starts(landing, *july, month="2014-07")
    service.run()
    assert (account(service, 7)["loaded"], account(service, 7)["erased"]) == (1, 3)
    [identifier] = subjects(service).find(Sought(ADA)).held or [None]
    assert identifier is None


def test_rows_past_their_retention_are_found_and_erased_too(service: Bench) -> None:
    from pipelines.orchestration.purge import purge

    purge(service.home, service.specs, service.ledger, service.said.append, date(2040, 1, 1))
    assert not list(service.home.raw.rglob("*.parquet")) and not list(service.home.landing.rglob("*.csv"))
    before = account(service)
    found, changed = asked(service, Act.ERASE)
    # The third was quarantined, and nothing of it was kept any more.
    assert [sorted(item.rows) for item in found.held] == [[2, 4]]
    assert len(changed) == 1
    assert account(service) == {**before, "loaded": 1, "erased": 2}
    held = texts_of(service.home)
    assert not any(text in held for text in found.pseudonyms)
    assert service.ask("select count(*) from fct_probation_start") == [(2,)]
    _found, changed = asked(service, Act.RESTRICT, BEN)
    assert changed == set() and "neither restricted" in service.said[-1]


def test_an_erased_file_that_came_twice_leaves_landing_twice_and_a_rebuild_knows_it(service: Bench) -> None:
    from pipelines.orchestration.restore_purged import restore_purged
    from warehouse.ledger import open_ledger

    landing = service.home.landing / "testshire_probation"
    starts(landing / "again", *MAY)
    service.load()
    asked(service, Act.ERASE)
    assert [path.name for path in sorted(landing.rglob("*.csv"))] == ["starts-2014-06.csv"]
    assert service.load().refused == []
    before = account(service)
    service.ledger.close()
    service.ledger = open_ledger(service.home, rebuild=True)
    service.load()
    assert restore_purged(service.home, service.specs, service.ledger, service.said.append) == []
    assert account(service) == before


@pytest.mark.slow
def test_a_home_put_back_from_a_backup_meets_the_erasure_again(service: Bench, tmp_path: Path) -> None:
    from pipelines.orchestration.backup import back_up, restore
    from pipelines.orchestration.requests import after_restore
    from warehouse.ledger import open_ledger

    back_up(service.home, service.specs, service.ledger, tmp_path / "b.tar")
    found, _changed = asked(service, Act.ERASE)
    seen: list[str] = []

    def then(home: Home) -> None:
        seen.append(texts_of(home))
        after_restore(home, service.specs, service.said.append)

    restore(tmp_path / "b.tar", tmp_path / "again", then)
    assert all(any(text in seen[0] for text in found.pseudonyms) for _once in seen)
    restored = Bench(replace(service.home, root=tmp_path / "again"), service.specs, service.ledger)
    assert not any(text in texts_of(restored.home) for text in (*found.pseudonyms, ADA))
    restored.ledger = open_ledger(restored.home)
    assert account(restored)["erased"] == 3
    restored.run()
    held = texts_of(restored.home)
    restored.ledger.close()
    assert not any(text in held for text in (*found.pseudonyms, ADA))


@pytest.mark.slow
def test_a_restricted_row_is_stored_and_used_in_nothing_until_that_is_lifted(service: Bench) -> None:
    before, hashes = account(service), service.hashes()
    found, _changed = asked(service, Act.RESTRICT)
    assert account(service) == {**before, "loaded": 1, "ignored": 3, "quarantined": 0}
    assert service.hashes() != hashes
    assert subjects(service).find(Sought(ADA)).rows == found.rows
    asked(service, Act.LIFT)
    assert account(service) == before
    assert service.hashes() == hashes


@pytest.mark.slow
def test_a_cell_put_right_is_a_repair_that_tells_neither_text(service: Bench) -> None:
    asked(service, Act.RECTIFY, column="Tier", text="2")
    import polars as pl

    (row,) = (row for row in service.ledger.rows(led.delivery) if row["name_period"] == date(2014, 5, 1))
    tiers = pl.read_parquet(service.home.harmonised_of(row)).sort("_row")["tier_code"].to_list()
    assert tiers == ["tier_2"] * 3
    issues = pl.read_parquet(service.home.issues_of(row)).filter(pl.col("issue_type") == "rectified")
    assert issues["_row"].to_list() == [2, 4, 5]
    assert issues["value"].to_list() == [None] * 3


@pytest.mark.slow
def test_requests_are_carried_out_once_and_again_where_rows_have_come_since(service: Bench) -> None:
    _found, changed = asked(service, Act.ERASE)
    assert changed
    assert Requests(service.home, service.specs, service.ledger, service.said.append).carry_out() == set()
    assert (service.home.root / APPLIED).exists()


@pytest.mark.slow
def test_a_line_half_written_is_no_request_and_a_broken_one_stops_loading(service: Bench) -> None:
    from pipelines.intake.refusal import Refusal

    path = service.home.keys / REGISTER
    asked(service, Act.RESTRICT)
    whole = path.read_text()
    path.write_text(whole + '{"id": "erase-2014')
    assert len(Rights(service.home.keys).requests) == 1
    path.write_text(whole + "no line\n")
    with pytest.raises(Refusal, match=r"rights\.jsonl:2: is no line of the register"):
        service.run()
