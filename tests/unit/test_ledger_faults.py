"""A ledger that cannot be used says what happened and what to do, and nothing of a change that failed is kept."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import event, insert, select, update

from tests.postgres import PASSWORD, emptied
from tests.unit.makers import ROOT
from warehouse import ledger as led
from warehouse.home import Home
from warehouse.ledger import Ledger, LedgerError, open_ledger, put

SECRET = PASSWORD.partition(" ")[2].partition("/")[0]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home", ROOT / "ingest_specs", ROOT / "dbt_project")


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request: pytest.FixtureRequest, home: Home) -> Home:
    """A home whose ledger, not begun yet, is in the home or in PostgreSQL."""
    if request.param == "sqlite":
        return home
    return replace(home, ledger_url=emptied(request.getfixturevalue("postgres_url")))


@pytest.fixture
def elsewhere(home: Home, postgres_url: str) -> Home:
    return replace(home, ledger_url=emptied(postgres_url))


def note(ledger: Ledger, value: str) -> None:
    with ledger.change() as connection:
        put(connection, led.build_state, [{"key": "note", "value": value}])


def _begun(home: Home, value: str = "1", schema: str | None = None) -> None:
    """A ledger with something in it, and a journal beside it, as after a load."""
    ledger = open_ledger(home)
    note(ledger, value)
    if schema is not None:
        with ledger.change() as connection:
            connection.execute(update(led.meta).where(led.meta.c.key == "schema_version").values(value=schema))
    ledger.close()
    home.root.mkdir(parents=True, exist_ok=True)
    home.journal.write_text("{}\n", encoding="utf-8")


def _noted(home: Home) -> str | None:
    ledger = open_ledger(home)
    try:
        return ledger.state("note")
    finally:
        ledger.close()


def _refused(home: Home, rebuild: bool = False) -> str:
    with pytest.raises(LedgerError) as told:
        open_ledger(home, rebuild)
    assert SECRET not in str(told.value)
    return str(told.value)


# --- versions, and ledgers that are missing ---------------------------------------------------------------------------


def test_a_ledger_of_a_newer_version_is_left_alone(either: Home) -> None:
    _begun(either, schema="7")
    for rebuild in (False, True):
        told = _refused(either, rebuild)
        assert "was written by a newer version of commongrid (schema 7; this one knows 3): install that version" in told
    assert [path.name for path in either.root.glob("ledger.sqlite.before*")] == []


def test_a_ledger_of_an_earlier_version_is_rebuilt_and_kept_aside(either: Home) -> None:
    _begun(either, schema="1")
    assert "written by an earlier version of commongrid (schema 1; this one knows 3): rebuild it" in _refused(either)
    ledger = open_ledger(either, rebuild=True)
    assert ledger.rows(led.build_state) == []
    note(ledger, "2")
    ledger.close()
    assert _noted(either) == "2"
    assert _aside(either) == ["1"]


def test_a_rebuild_of_a_sound_ledger_keeps_it_aside_as_often_as_it_is_done(either: Home) -> None:
    _begun(either)
    for value in ("2", "3"):
        ledger = open_ledger(either, rebuild=True)
        note(ledger, value)
        ledger.close()
    assert (_noted(either), _aside(either)) == ("3", ["1", "2"])


def _aside(home: Home) -> list[str]:
    """What was noted in each ledger that was put aside, the oldest first."""
    if home.ledger_url is None:
        found = []
        for path in sorted(home.root.glob("ledger.sqlite.before-*")):
            if path.suffix.startswith(".before-") and "-wal" not in path.name and "-shm" not in path.name:
                with sqlite3.connect(path) as connection:
                    found += [value for (value,) in connection.execute("select value from build_state")]
                connection.close()
        return found
    import psycopg

    with psycopg.connect(home.ledger_url) as server:
        schemas = server.execute("select nspname from pg_namespace where nspname like 'ledger_before_%' order by 1")
        texts = [f'select value from "{name}".build_state' for (name,) in schemas.fetchall()]
        return [value for text in texts for (value,) in server.execute(text).fetchall()]  # type: ignore[call-overload]


def test_a_home_in_use_begins_no_empty_ledger(either: Home) -> None:
    _begun(either)
    if either.ledger_url is None:
        either.ledger.unlink()
    else:
        emptied(either.ledger_url)
    told = _refused(either)
    assert "is missing, although this home has been in use: put it back from a backup" in told
    assert "commongrid load --rebuild" in told
    assert not either.ledger.exists()
    ledger = open_ledger(either, rebuild=True)
    note(ledger, "again")
    ledger.close()
    assert _noted(either) == "again"


def test_an_empty_file_is_a_missing_ledger(home: Home) -> None:
    _begun(home)
    home.ledger.write_bytes(b"")
    assert "is missing, although this home has been in use" in _refused(home)


def test_a_home_with_an_empty_journal_has_not_been_in_use(either: Home) -> None:
    either.root.mkdir()
    either.journal.touch()
    assert _noted(either) is None


# --- SQLite -----------------------------------------------------------------------------------------------------------


def test_a_locked_ledger_names_the_file_and_is_tried_for_a_while(home: Home) -> None:
    _begun(home)
    ledger = Ledger(home.ledger, patience=0.1)
    with sqlite3.connect(home.ledger, isolation_level=None) as other:
        other.execute("begin immediate")
        with pytest.raises(LedgerError) as told:
            note(ledger, "2")
        assert str(told.value).startswith(f"the ledger {home.ledger} is locked: another program")
        assert "close that program" in str(told.value)
        assert ledger.state("note") == "1"
        other.execute("rollback")
    other.close()
    note(ledger, "3")
    ledger.close()
    assert _noted(home) == "3"


@pytest.mark.parametrize("damage", ["not a database", "malformed"])
def test_a_damaged_ledger_is_told_and_a_rebuild_moves_it_aside(home: Home, damage: str) -> None:
    _begun(home)
    content = bytearray(home.ledger.read_bytes())
    # The header, or the schema in the first page, which no statement can do without.
    begin, length = (0, 16) if damage == "not a database" else (100, 3000)
    content[begin : begin + length] = b"\xa5" * length
    home.ledger.write_bytes(content)
    told = _refused(home)
    assert f"the ledger {home.ledger} is damaged (" in told
    assert damage in told
    assert "put back the last backup of it, or rebuild it from landing: commongrid load --rebuild" in told
    assert home.ledger.read_bytes() == content
    open_ledger(home, rebuild=True).close()
    assert _noted(home) is None
    [aside] = home.root.glob("ledger.sqlite.before-*")
    assert aside.read_bytes() == content


def test_what_the_log_of_a_damaged_ledger_holds_goes_aside_with_it(home: Home) -> None:
    _begun(home)
    ledger = open_ledger(home)
    note(ledger, "in the log")
    wal = home.ledger.with_name("ledger.sqlite-wal").read_bytes()
    assert wal
    header = home.ledger.read_bytes()
    home.ledger.write_bytes(b"\xa5" * 100 + header[100:])
    open_ledger(home, rebuild=True).close()
    ledger.close()
    [aside] = home.root.glob("ledger.sqlite.before-*-wal")
    assert aside.read_bytes() == wal
    assert _noted(home) is None


def _pragma(ledger: Ledger, text: str) -> None:
    """Have SQLite itself refuse, as it would on such a disk."""
    event.listen(ledger._store.engine, "connect", lambda connection, _record: connection.execute(text))
    ledger.close()


def test_a_full_disk_rolls_the_change_back(home: Home) -> None:
    ledger = open_ledger(home)
    note(ledger, "1")
    with ledger._store.reading() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
    _pragma(ledger, f"PRAGMA max_page_count={pages}")
    full = pytest.raises(LedgerError, match="has no room: its disk is full; nothing of this change was kept")
    with full, ledger.change() as connection:
        put(connection, led.build_state, [{"key": "note", "value": "2"}])
        connection.execute(insert(led.build_state), [{"key": str(n), "value": "x" * 5000} for n in range(10)])
    ledger.close()
    assert _noted(home) == "1"


@contextmanager
def _as_nobody() -> Iterator[None]:
    """Without the rights of root, who may write anywhere."""
    was_root = os.geteuid() == 0
    if was_root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if was_root:
            os.seteuid(0)


def test_a_read_only_ledger_says_so(home: Home) -> None:
    _begun(home)
    ledger = open_ledger(home)
    _pragma(ledger, "PRAGMA query_only=ON")
    with pytest.raises(LedgerError, match="cannot be written, only read; nothing of this change was kept; see to the "):
        note(ledger, "2")
    ledger.close()
    assert _noted(home) == "1"


@pytest.fixture
def read_only() -> Iterator[Path]:
    """A folder that holds a ledger, and in which nobody may write."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        Ledger(folder / "ledger.sqlite").close()
        folder.chmod(0o555)
        yield folder
        folder.chmod(0o755)


def test_a_ledger_in_a_read_only_folder_says_so(read_only: Path) -> None:
    with _as_nobody():
        for name, told in (
            ("ledger.sqlite", r"cannot be (written, only read|opened); .*see to the rights on the file and its folder"),
            ("another.sqlite", r"cannot be opened; see to the rights on the file and its folder"),
            ("below/ledger.sqlite", r"cannot be made \(.+\); see to the rights on its folder"),
        ):
            with pytest.raises(LedgerError, match=told):
                Ledger(read_only / name)


def test_a_ledger_that_cannot_even_be_looked_at_says_so(read_only: Path) -> None:
    read_only.chmod(0o000)
    with _as_nobody(), pytest.raises(LedgerError, match="cannot be opened; see to the rights"):
        Ledger(read_only / "ledger.sqlite")


def test_an_error_of_the_program_is_none_of_the_ledger(either: Home) -> None:
    from sqlalchemy.exc import DBAPIError

    ledger = open_ledger(either)
    with pytest.raises(DBAPIError), ledger.change() as connection:
        connection.exec_driver_sql("select nonsense from nowhere")
    ledger.close()


# --- PostgreSQL -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (("sesame", "wordpass"), "password authentication failed"),
        (("/postgres", "/none"), 'database "none" does not exist'),
        (("commongrid:", "nobody:"), "authentication failed"),
        (("127.0.0.1:", "127.0.0.1:1"), "port"),
        (("/postgres", "/postgres?nonsense=1"), "nonsense"),
    ],
)
def test_a_server_that_lets_nobody_in_is_told_in_one_line(elsewhere: Home, wrong: tuple[str, str], reason: str) -> None:
    assert elsewhere.ledger_url is not None
    told = _refused(replace(elsewhere, ledger_url=elsewhere.ledger_url.replace(*wrong)))
    assert "cannot be reached: " in told
    assert reason in told
    assert "see that the server runs, that the database and the user exist, and that the password stands in" in told
    assert "\n" not in told
    assert "wordpass" not in told


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("mysql://sue:sesame@host/grid", "is of the kind mysql://; only PostgreSQL is known: postgresql://user@host"),
        ("sesame", "ledger.url cannot be read; it is written as postgresql://user@host:5432/name"),
        ("postgresql://sue:x@host:sesame/grid", "ledger.url cannot be read"),
        ("postgresql://sue:sesame@host", "names no database"),
    ],
)
def test_a_url_that_is_none_is_told_without_repeating_it(home: Home, url: str, expected: str) -> None:
    assert expected in _refused(replace(home, ledger_url=url))


def test_the_password_may_stand_in_a_file(elsewhere: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from sqlalchemy import make_url

    url = make_url(str(elsewhere.ledger_url))
    passwords = tmp_path / "pgpass"
    passwords.write_text(f"{url.host}:{url.port}:{url.database}:{url.username}:{PASSWORD}\n", encoding="utf-8")
    passwords.chmod(0o600)
    monkeypatch.setenv("PGPASSFILE", str(passwords))
    _begun(replace(elsewhere, ledger_url=f"postgresql://{url.username}@{url.host}:{url.port}/{url.database}"))
    assert _noted(elsewhere) == "1"


def test_a_ledger_of_another_home_is_refused(elsewhere: Home, tmp_path: Path) -> None:
    _begun(elsewhere)
    other = replace(elsewhere, root=tmp_path / "other")
    for rebuild in (False, True):
        told = _refused(other, rebuild)
        assert "belongs to another home: give this one a database of its own" in told
    assert elsewhere.id() in told
    assert _noted(elsewhere) == "1"
    # As the message says, for a home that was restored without its id.
    (other.root / "home.id").write_text(elsewhere.id(), encoding="utf-8")
    assert _noted(other) == "1"


def test_homes_may_have_a_schema_each(elsewhere: Home, tmp_path: Path) -> None:
    from sqlalchemy.schema import CreateSchema

    ledger = Ledger(str(elsewhere.ledger_url))
    with ledger.change() as connection:
        connection.execute(CreateSchema("one"))
    ledger.close()
    own = replace(elsewhere, root=tmp_path / "one", ledger_url=f"{elsewhere.ledger_url}?options=-csearch_path%3Done")
    _begun(own, "one")
    _begun(elsewhere, "public")
    assert (_noted(own), _noted(elsewhere)) == ("one", "public")
    lost = replace(own, root=tmp_path / "two", ledger_url=str(own.ledger_url).replace("Done", "Dtwo"))
    assert "has no schema to be begun in: make the one that the search_path names" in _refused(lost)


def test_a_database_of_others_is_not_taken_over(elsewhere: Home) -> None:
    import psycopg

    with psycopg.connect(str(elsewhere.ledger_url)) as server:
        server.execute("create table file (name text)")
    assert "holds tables that are not the ledger's, though of the same name (file)" in _refused(elsewhere)


def test_a_ledger_that_moves_to_postgresql_leaves_no_file_to_be_taken_for_it(elsewhere: Home) -> None:
    before = replace(elsewhere, ledger_url=None)
    _begun(before)
    before.journal.unlink()
    assert "is missing, although this home has been in use" in _refused(elsewhere)
    assert _noted(before) == "1"
    open_ledger(elsewhere, rebuild=True).close()
    assert not before.ledger.exists()
    assert _aside(before) == ["1"]
    before.journal.write_text("{}\n", encoding="utf-8")
    assert "name the right one (ledger.url)" in _refused(before)


def test_a_locked_database_is_told_after_a_while(elsewhere: Home) -> None:
    _begun(elsewhere)
    one, other = (Ledger(str(elsewhere.ledger_url), patience=0.2) for _ in range(2))
    with one.change(), pytest.raises(LedgerError, match=r"is locked: another program has been changing it for 0\.2"):
        note(other, "2")
    note(other, "3")
    one.close()
    other.close()
    assert _noted(elsewhere) == "3"


def test_a_read_only_server_says_so(elsewhere: Home) -> None:
    _begun(elsewhere)
    ledger = Ledger(f"{elsewhere.ledger_url}?options=-cdefault_transaction_read_only%3Don")
    with pytest.raises(LedgerError, match="cannot be written, only read; nothing of this change was kept"):
        note(ledger, "2")
    assert ledger.state("note") == "1"
    ledger.close()


def test_a_lost_connection_says_so_and_the_next_change_connects_again(elsewhere: Home) -> None:
    _begun(elsewhere)
    ledger, other = open_ledger(elsewhere), open_ledger(elsewhere)
    with pytest.raises(LedgerError, match=r"was lost .*run the command again"), ledger.change() as connection:
        put(connection, led.build_state, [{"key": "note", "value": "2"}])
        own = connection.exec_driver_sql("select pg_backend_pid()").scalar()
        with other._store.reading() as ending:
            ending.exec_driver_sql(f"select pg_terminate_backend({own})")
        connection.execute(select(led.build_state))
    assert ledger.state("note") == "1"
    note(ledger, "3")
    ledger.close()
    other.close()
    assert _noted(elsewhere) == "3"


def test_no_password_is_printed_by_a_command_that_fails(elsewhere: Home) -> None:
    url = str(elsewhere.ledger_url).replace("sesame", "wordpass")
    environment = {**os.environ, "COMMONGRID_HOME": str(elsewhere.root), "COMMONGRID_LEDGER": url}
    command = [sys.executable, "-m", "pipelines.cli.main", "load"]
    ended = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, env=environment, check=False)
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith("the ledger postgresql://commongrid:***@127.0.0.1:")
    assert "wordpass" not in ended.stderr
    assert len(ended.stderr.splitlines()) == 1
