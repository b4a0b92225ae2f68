"""Landing elsewhere: what arrives on another machine is mirrored whole, once, and nothing there or here is lost."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fsspec.implementations.memory import MemoryFileSystem

from pipelines.intake import landing
from pipelines.intake.claims import Declared
from pipelines.intake.landing import bring_in, fetch
from pipelines.intake.refusal import Refusal
from pipelines.intake.remote import Remote, told
from pipelines.intake.sources import in_landing
from pipelines.orchestration.load import Loader
from tests.unit.makers import ROOT, STREET, shipped
from warehouse import ledger as led
from warehouse.home import Home
from warehouse.ledger import Ledger
from warehouse.sealed import landing_key, seal

URL = "memory://partners/in"
MAY, JUNE = "police/2024-05.csv", "police/2024-06.csv"


class Away:
    """A folder on another machine."""

    def __init__(self) -> None:
        self.fs = MemoryFileSystem()

    def put(self, name: str, content: bytes = b"a,b\n") -> None:
        self.fs.pipe_file(f"/partners/in/{name}", content)


@pytest.fixture
def away() -> Iterator[Away]:
    MemoryFileSystem.store.clear()
    yield Away()
    MemoryFileSystem.store.clear()


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home", tmp_path, tmp_path, URL)


def here(home: Home) -> dict[str, bytes]:
    return {path.relative_to(home.landing).as_posix(): path.read_bytes() for path in in_landing(home.landing)}


def test_what_arrives_is_fetched_once(away: Away, home: Home) -> None:
    away.put(MAY, b"may")
    away.put(JUNE, b"june")
    said: list[str] = []
    assert fetch(home, URL, said.append) == [home.landing / MAY, home.landing / JUNE]
    assert said == [f"fetched   {MAY}", f"fetched   {JUNE}"]
    assert here(home) == {MAY: b"may", JUNE: b"june"}
    before = {path: path.stat() for path in home.landing.rglob("*")} | {home.root: (home.root / "landing.json").stat()}
    assert fetch(home, URL, said.append) == []
    after = {path: path.stat() for path in home.landing.rglob("*")} | {home.root: (home.root / "landing.json").stat()}
    assert (len(said), before) == (2, after)


def test_an_unchanged_file_is_not_even_asked_for(away: Away, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    away.put(MAY)
    fetch(home, URL, print)
    monkeypatch.setattr(Remote, "copy", None)
    monkeypatch.setattr(Remote, "entry", None)
    assert fetch(home, URL, print) == []


def test_only_what_changed_is_fetched_again(away: Away, home: Home) -> None:
    away.put(MAY, b"may")
    away.put(JUNE, b"june")
    fetch(home, URL, print)
    away.put(MAY, b"yam")
    assert fetch(home, URL, print) == [home.landing / MAY]
    assert here(home) == {MAY: b"yam", JUNE: b"june"}


def test_what_is_removed_there_stays_here_and_the_reverse(away: Away, home: Home) -> None:
    away.put(MAY)
    away.put(JUNE)
    fetch(home, URL, print)
    away.fs.rm_file(f"/partners/in/{MAY}")
    (home.landing / JUNE).unlink()
    assert fetch(home, URL, print) == []
    assert list(here(home)) == [MAY]
    # What was deleted here, as its retention may require, comes back only if somebody asks for it.
    (home.root / "landing.json").unlink()
    assert fetch(home, URL, print) == [home.landing / JUNE]


@pytest.mark.parametrize("name", ["police/a.csv.part", "a.csv.filepart", ".hidden/a.csv", "police/~$Book.xlsx"])
def test_what_is_still_being_written_is_left(away: Away, home: Home, name: str) -> None:
    away.put(name)
    away.put(MAY)
    assert fetch(home, URL, print) == [home.landing / MAY]


def during_copy(monkeypatch: pytest.MonkeyPatch, then: Callable[[], Any]) -> None:
    copy = Remote.copy

    def copied(self: Remote, path: str, target: Path) -> None:
        copy(self, path, target)
        then()

    monkeypatch.setattr(Remote, "copy", copied)


@pytest.mark.parametrize("content", [b"first and second half", b"FIRST HALF"])
def test_a_file_that_changes_while_copied_is_left_for_the_next_time(
    away: Away, home: Home, monkeypatch: pytest.MonkeyPatch, content: bytes
) -> None:
    away.put(MAY, b"first half")
    said: list[str] = []
    with monkeypatch.context() as patch:
        during_copy(patch, lambda: away.put(MAY, content))
        assert fetch(home, URL, said.append) == []
    assert said == [f"waiting   {MAY}: is still being written; left for the next time"]
    assert here(home) == {}
    assert fetch(home, URL, print) == [home.landing / MAY]
    assert here(home) == {MAY: content}


def test_a_file_that_grew_since_it_was_listed_or_is_gone_is_left(
    away: Away, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.csv", "b.csv", "c.csv"):
        away.put(name)

    def change() -> None:
        away.put("b.csv", b"more than was listed")
        if away.fs.exists("/partners/in/c.csv"):
            away.fs.rm_file("/partners/in/c.csv")

    during_copy(monkeypatch, change)
    assert fetch(home, URL, print) == [home.landing / "a.csv"]
    assert list(here(home)) == ["a.csv"]


def test_a_new_version_takes_the_old_ones_place_only_when_it_is_whole(
    away: Away, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    away.put(MAY, b"old")
    fetch(home, URL, print)
    away.put(MAY, b"new")
    seen = []
    during_copy(monkeypatch, lambda: seen.append(here(home)))
    fetch(home, URL, print)
    assert seen == [{MAY: b"old"}]
    assert here(home) == {MAY: b"new"}


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["police/a.csv", "police/A.csv"], "differs from 'police/a.csv' only in capital letters"),
        (["Police/b.csv", "police/b.csv"], "only in capital letters"),
        (["../../x.csv"], "is not one that a file can have here"),
        (["police/../../../x.csv"], "is not one that a file can have here"),
        (["police//x.csv"], "is not one that a file can have here"),
        (["police\\x.csv"], "is not one that a file can have here"),
        (["x\x1b[2J.csv"], "is not one that a file can have here"),
        (["x" * 240 + ".csv"], "is not one that a file can have here"),
        (["police.csv", "police.csv/x.csv"], "lies in a folder that is also a file"),
    ],
)
def test_paths_that_cannot_be_kept_are_refused_and_stop_no_other(
    away: Away, home: Home, monkeypatch: pytest.MonkeyPatch, names: list[str], words: str
) -> None:
    # Most of these are possible only in an object store, which has no folders.
    monkeypatch.setattr(MemoryFileSystem, "async_impl", True)
    for name in [*names, MAY]:
        MemoryFileSystem.store[f"/partners/in/{name}"] = away.fs.open("/spare", "wb")
    refused = bring_in(home, print)
    assert any(words in reason for reason in refused)
    assert "\x1b" not in "".join(refused)
    fetched = {path.name for path in home.root.parent.rglob("*") if path.is_file()}
    assert fetched >= {Path(MAY).name}
    assert "x.csv" not in fetched


def test_what_shows_an_empty_folder_in_an_object_store_is_no_file(
    away: Away, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(MemoryFileSystem, "async_impl", True)
    away.put(MAY)
    MemoryFileSystem.store["/partners/in/police/"] = away.fs.open("/spare", "wb")
    assert bring_in(home, print) == []
    assert list(here(home)) == [MAY]


def test_a_link_is_refused(away: Away, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    away.put(MAY)
    ls = MemoryFileSystem.ls

    def linked(self: MemoryFileSystem, path: str, **options: Any) -> Any:
        return [{**info, "type": "link" if info["type"] == "file" else info["type"]} for info in ls(self, path)]

    monkeypatch.setattr(MemoryFileSystem, "ls", linked)
    (reason,) = bring_in(home, print)
    assert reason.startswith(f"{URL}/{MAY}: is a link")
    assert here(home) == {}


def test_a_file_put_here_by_hand_is_not_lost(away: Away, home: Home) -> None:
    for name, content in {"same.csv": b"same", "size.csv": b"other", "bytes.csv": b"abc", "folder.csv/x": b""}.items():
        (home.landing / name).parent.mkdir(parents=True, exist_ok=True)
        (home.landing / name).write_bytes(content)
    for name, content in {"same.csv": b"same", "size.csv": b"longer", "bytes.csv": b"xyz", "folder.csv": b"x"}.items():
        away.put(name, content)
    refused = bring_in(home, print)
    assert [reason.partition(":")[0] for reason in refused] == ["memory"] * 3
    assert [reason.split("/in/")[1].partition(":")[0] for reason in refused] == ["bytes.csv", "folder.csv", "size.csv"]
    assert here(home) == {"same.csv": b"same", "size.csv": b"other", "bytes.csv": b"abc", "folder.csv/x": b""}
    away.put("same.csv", b"changed")
    bring_in(home, print)
    assert here(home)["same.csv"] == b"changed"


def test_a_fetch_that_was_killed_goes_on(away: Away, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed between a file's rename and the note of it, and the file changed there before the next fetch."""
    away.put(MAY, b"may")
    away.put(JUNE, b"june")
    kept: list[bytes] = []
    with monkeypatch.context() as patch:
        during_copy(patch, lambda: kept.append((home.root / "landing.json").read_bytes()))
        fetch(home, URL, print)
    (home.root / "landing.json").write_bytes(kept[0])
    (home.landing / JUNE).unlink()
    away.put(MAY, b"corrected")
    assert fetch(home, URL, print) == [home.landing / MAY, home.landing / JUNE]
    assert here(home) == {MAY: b"corrected", JUNE: b"june"}


def test_a_damaged_memory_costs_a_fetch_and_no_file(away: Away, home: Home) -> None:
    away.put(MAY)
    fetch(home, URL, print)
    for content in ("", "{", "[]", '{"files": 3}', json.dumps({"url": "memory://other", "files": {MAY: {}}})):
        (home.root / "landing.json").write_text(content, encoding="utf-8")
        assert fetch(home, URL, print) == [home.landing / MAY]


def test_one_file_that_cannot_be_read_stops_no_other(away: Away, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    away.put(MAY)
    away.put(JUNE)
    get = MemoryFileSystem.get_file

    def picky(self: MemoryFileSystem, path: str, *others: Any, **options: Any) -> None:
        if path.endswith(MAY):
            raise PermissionError(13, "Permission denied")
        get(self, path, *others, **options)

    monkeypatch.setattr(MemoryFileSystem, "get_file", picky)
    (reason,) = bring_in(home, print)
    assert reason.startswith(f"{URL}/{MAY}: cannot be read (PermissionError: [Errno 13] Permission denied)")
    assert list(here(home)) == [JUNE]


def test_a_connection_that_breaks_keeps_what_was_fetched(
    away: Away, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    away.put(MAY)
    away.put(JUNE)

    def broken(*_args: Any, **_options: Any) -> None:
        raise ConnectionResetError(104, "Connection reset by peer")

    with monkeypatch.context() as patch:
        during_copy(patch, lambda: patch.setattr(MemoryFileSystem, "info", broken) if here(home) else None)
        with pytest.raises(Refusal, match="Connection reset by peer"):
            fetch(home, URL, print)
    assert list(here(home)) == [MAY]
    assert fetch(home, URL, print) == [home.landing / JUNE]


def test_a_full_disk_is_told_as_such(away: Away, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    away.put(MAY)

    def full(*_args: Any, **_options: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(MemoryFileSystem, "get_file", full)
    (reason,) = bring_in(home, print)
    assert reason == (
        f"{home.root}: nothing can be written (No space left on device); "
        "see to the room on the disk and the rights on the folder"
    )
    assert here(home) == {}


def test_a_sensor_fetches_a_while_and_goes_on_the_next_time(
    away: Away, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        away.put(f"{number}.csv")
    clock = iter(range(100))
    monkeypatch.setattr(landing.time, "monotonic", lambda: next(clock))
    said: list[str] = []
    assert bring_in(home, said.append, seconds=2) == []
    assert (list(here(home)), said[-1]) == (["0.csv", "1.csv"], "waiting   3 more files for the next time")
    bring_in(home, said.append)
    assert len(here(home)) == 5


def test_a_sensor_does_not_wait_for_a_fetch_under_way(away: Away, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    away.put(MAY)
    told_to: list[str] = []
    during_copy(monkeypatch, lambda: told_to.extend(bring_in(home, told_to.append, seconds=30)))
    assert fetch(home, URL, print) == [home.landing / MAY]
    assert told_to == []


def test_no_landing_elsewhere_is_nothing_to_fetch(tmp_path: Path) -> None:
    home = Home(tmp_path / "home", tmp_path, tmp_path)
    assert bring_in(home, print) == []
    assert home.landing == tmp_path / "home" / "landing"
    assert not home.root.exists()


@pytest.mark.parametrize("form", ["{}", "file://{}", "local://{}"])
def test_a_folder_of_this_machine_is_landing_itself(tmp_path: Path, form: str) -> None:
    share = tmp_path / "a share"
    share.mkdir()
    home = Home(tmp_path / "home", tmp_path, tmp_path, form.format(share))
    assert home.landing == share
    assert (fetch(home, form.format(share), print), bring_in(home, print)) == ([], [])
    assert not home.root.exists()
    share.rmdir()
    (reason,) = bring_in(home, print)
    assert reason == f"landing {share}: there is no such folder; make it, or mount its disk"


def test_a_file_url_may_be_written_with_percents() -> None:
    assert Home(Path(), Path(), Path(), "file:///srv/a%20share").landing == Path("/srv/a share")


def test_the_environment_names_landing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("COMMONGRID_HOME", str(tmp_path))
    monkeypatch.setenv("COMMONGRID_LANDING", "sftp://sue:s3cret@host/in")
    home = Home.from_environment()
    assert (home.landing, home.landing_url) == (tmp_path / "landing", "sftp://sue:s3cret@host/in")
    assert "s3cret" not in repr(home)
    monkeypatch.setenv("COMMONGRID_LANDING", "")
    assert Home.from_environment().landing_url is None


def test_a_folder_that_is_not_there_is_no_empty_one(away: Away, home: Home) -> None:
    with pytest.raises(Refusal, match="there is no such folder") as error:
        fetch(home, URL, print)
    assert error.value.issue_type == "unreadable"
    away.fs.makedirs("/partners/in")
    said: list[str] = []
    assert fetch(home, URL, said.append) == []
    assert said == [f"waiting   {URL}: no files there"]


def test_a_folder_that_may_not_be_read_is_no_empty_one(away: Away, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    away.put(MAY)
    ls = MemoryFileSystem.ls

    def picky(self: MemoryFileSystem, path: str, **options: Any) -> Any:
        if path.endswith("police"):
            raise PermissionError(13, "Permission denied")
        return ls(self, path, **options)

    monkeypatch.setattr(MemoryFileSystem, "ls", picky)
    with pytest.raises(Refusal, match="check the address, the network, and the account's rights"):
        fetch(home, URL, print)


def test_a_url_of_one_file_is_refused(away: Away, home: Home) -> None:
    away.put("a.csv")
    with pytest.raises(Refusal, match="is a file; name the folder it lies in"):
        fetch(home, f"{URL}/a.csv", print)


SECRETS = ("s3cret", "p@ss:w/o#r?d", "p%40ss")


@pytest.mark.parametrize(
    "url",
    [
        "sftp://sue:s3cret@host.example/in",
        "sftp://sue:p@ss:w/o#r?d@host.example/in",
        "sftp://sue:p%40ss@host.example/in",
        "abfs://box@host.example/in?sig=s3cret",
        "nowhere://sue:s3cret@host.example/in",
    ],
)
@pytest.mark.parametrize("broken", [ValueError, OSError, ImportError, RuntimeError])
def test_no_message_holds_a_password(
    home: Home, monkeypatch: pytest.MonkeyPatch, url: str, broken: type[Exception]
) -> None:
    import fsspec

    class Talkative:
        def __init__(self, **_options: Any) -> None:
            raise broken(f"cannot do {url} with s3cret, p@ss, {SECRETS} or 'sue:s3cret'")

        @staticmethod
        def _get_kwargs_from_urls(_url: str) -> dict[str, str]:
            return {}

    monkeypatch.setattr(fsspec, "url_to_fs", lambda _url, **_options: Talkative())
    monkeypatch.setattr("pipelines.intake.remote._known_hosts_only", lambda: Talkative)
    secret = next(word for word in SECRETS if word in url)
    with pytest.raises(Refusal) as error:
        fetch(home, url, print)
    assert error.value.__suppress_context__
    assert secret not in str(error.value)
    assert told(url) in str(error.value)
    assert secret not in told(url)
    assert "host.example/in" in told(url)


@pytest.mark.parametrize(
    ("url", "package"), [("s3://bucket/in", "s3fs"), ("sftp://host/in", "paramiko"), ("gs://bucket/in", "gcsfs")]
)
def test_a_missing_package_is_named(home: Home, monkeypatch: pytest.MonkeyPatch, url: str, package: str) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(Refusal, match=f"a package is missing; run `pip install {package}`"):
        fetch(home, url, print)


def test_a_kind_of_place_that_is_not_known_is_told(home: Home) -> None:
    with pytest.raises(Refusal, match='nowhere://host/in: "nowhere" is no kind of place that is known'):
        fetch(home, "nowhere://host/in", print)


def street(away: Away) -> None:
    header = "Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,LSOA code,LSOA name,Crime type,"
    row = 'a1,2014-05,Surrey Police,Surrey Police,-0.5,51.2,On or near X,,,Burglary,"",'
    away.put("police_uk/2014-05/2014-05-surrey-street.csv", f"{header}Last outcome category,Context\n{row}\n".encode())


def test_a_load_begins_with_what_has_arrived(away: Away, tmp_path: Path) -> None:
    street(away)
    home = Home(tmp_path / "home", ROOT / "ingest_specs", ROOT / "dbt_project", URL)
    ledger = Ledger(home.ledger)
    report = Loader(home, shipped(), ledger).load([], Declared())
    assert [row["feed"] for row in ledger.rows(led.delivery)] == [STREET]
    assert report.ok
    # What cannot be fetched is told, and stops nothing that is here.
    away.fs.rm("/partners", recursive=True)
    (home.landing / "police_uk" / "new.csv").write_bytes(b"x")
    report = Loader(home, shipped(), ledger).load([], Declared())
    ledger.close()
    assert [reason.partition(": ")[0] for reason in report.refused] == [
        URL,
        str(home.landing / "police_uk" / "new.csv"),
    ]


def test_the_sensor_fetches_before_it_looks(away: Away, tmp_path: Path) -> None:
    import dagster as dg

    from pipelines.orchestration.dagster_feeds import feed_assets
    from pipelines.orchestration.dagster_sensor import landing_sensor

    street(away)
    home = Home(tmp_path / "home", ROOT / "ingest_specs", ROOT / "dbt_project", URL)
    sensor = landing_sensor(home, shipped())
    shown = dg.Definitions(assets=feed_assets(home, shipped()), sensors=[sensor])
    with dg.DagsterInstance.ephemeral() as instance:
        tick = sensor.evaluate_tick(dg.build_sensor_context(instance=instance, definitions=shown))
    assert [run.partition_key for run in tick.run_requests or []] == ["2014-05-01"]


def test_a_file_that_was_sealed_here_is_not_fetched_again(away: Away, home: Home, keys_folder: Path) -> None:
    away.put(MAY, b"may")
    fetch(home, URL, print)
    seal(home.landing / MAY, landing_key(keys_folder))
    before = here(home)
    assert fetch(home, URL, print) == []
    (home.root / "landing.json").unlink()
    said: list[str] = []
    assert fetch(home, URL, said.append) == []
    assert said == []
    assert here(home) == before
    assert fetch(home, URL, print) == []
    (home.root / "landing.json").unlink()
    away.put(MAY, b"another")
    fetch(home, URL, said.append)
    assert "another file of this name" in said[0]
    assert here(home) == before
