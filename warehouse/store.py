"""Where a ledger is kept: SQLite in the home, or PostgreSQL by URL. Each knows its own locks, and what its errors mean.

One writer at a time, in either: a change that reads before it writes must see what the one before it wrote.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

from sqlalchemy import URL, Connection, Engine, Table, create_engine, event, func, inspect, make_url, select
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError
from sqlalchemy.schema import CreateSchema

# How long a change waits for another program's, in seconds.
PATIENCE = 30.0
_CONNECT_SECONDS = 10
# Any number will do, as long as every version of commongrid takes the same: who writes holds this lock.
_TURN = 7_269_434_106
_WRITES = "commongrid_writes"
_KEPT = "nothing of this change was kept"
_RESTORE = "put back the last backup of it, or rebuild it from landing: commongrid load --rebuild"


class LedgerError(Exception):
    """The ledger cannot be used as it is: what happened, and what to do."""

    def __init__(self, message: str, *, is_damage: bool = False) -> None:
        super().__init__(message)
        self.is_damage = is_damage


class Store(ABC):
    """A database that holds a ledger. `name` is what a person knows it by, without a password."""

    def __init__(self, name: str, engine: Engine, patience: float) -> None:
        self.name, self.engine, self.patience = name, engine, patience
        # Shares its connections with the engine; only says that a transaction is one that writes.
        self._writer = engine.execution_options(**{_WRITES: True})

    @contextmanager
    def change(self) -> Iterator[Connection]:
        """One transaction that writes, begun when no other is under way.

        Raises:
            LedgerError: where the store fails; then all of it is rolled back.
        """
        with self.faults(), self._writer.begin() as connection:
            self._take_turn(connection)
            yield connection

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One transaction that only reads.

        Raises:
            LedgerError: where the store fails.
        """
        with self.faults(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def faults(self) -> Iterator[None]:
        """Turns the store's errors into what a person can do about them; a fault of the program stays as it is."""
        try:
            yield
        except IntegrityError:
            raise
        except DBAPIError as error:
            self._tell(error)

    def _tell(self, error: DBAPIError) -> NoReturn:
        told = self._meaning(error)
        if told is None:
            raise error
        # The driver's own error says no more, and its traceback shows the arguments of the connection.
        raise told from None

    @property
    def is_missing(self) -> bool:
        """Whether there is not even a place to look for tables."""
        return False

    @abstractmethod
    def make_place(self) -> None:
        """See to it that the ledger can be begun, as far as that is ours to do."""

    @abstractmethod
    def _take_turn(self, connection: Connection) -> None:
        """Wait until no other process changes the ledger."""

    @abstractmethod
    def set_aside(self, tables: Sequence[Table]) -> None:
        """Put what is there where it can be found again, and leave an empty store."""

    @abstractmethod
    def _meaning(self, error: DBAPIError) -> LedgerError | None:
        """What an error means to a person; None where it is the program's fault."""


def open_store(target: Path | str, patience: float = PATIENCE) -> Store:
    """The store at a path (SQLite) or a URL (PostgreSQL). Nothing is connected yet.

    Raises:
        LedgerError: where the URL is none of PostgreSQL.
    """
    return SQLite(target, patience) if isinstance(target, Path) else PostgreSQL(_url(target), patience)


def _url(text: str) -> URL:
    example = "postgresql://user@host:5432/name"
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        # The text itself may hold a password, and so may the error that quotes it.
        raise LedgerError(
            f"ledger.url cannot be read; it is written as {example}, and of @ : / # ? in a password it says "
            "%40 %3A %2F %23 %3F"
        ) from None
    if url.drivername not in ("postgresql", "postgres", "postgresql+psycopg"):
        raise LedgerError(f"ledger.url is of the kind {url.drivername}://; only PostgreSQL is known: {example}")
    if not url.database:
        raise LedgerError(f"ledger.url names no database; it is written as {example}")
    return url.set(drivername="postgresql+psycopg")


def _stamp() -> str:
    return datetime.now(UTC).strftime("%Y%m%dT%H%M%S%f")


class SQLite(Store):
    """A file in WAL mode: readers go on while one process writes."""

    def __init__(self, path: Path, patience: float) -> None:
        self.path = path
        engine = create_engine(
            URL.create("sqlite", database=str(path)), connect_args={"timeout": patience}, hide_parameters=True
        )
        event.listen(engine, "connect", _careful)
        event.listen(engine, "begin", _begin)
        super().__init__(str(path), engine, patience)

    @property
    def is_missing(self) -> bool:
        """Whether there is no file. To look into it would make one."""
        try:
            return not self.path.exists()
        except PermissionError:
            # SQLite will say what it thinks of that.
            return False

    def make_place(self) -> None:
        """Make the folder, where there is none."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            reason = f"the ledger {self.path} cannot be made ({error.strerror})"
            raise LedgerError(f"{reason}; see to the rights on its folder") from None

    def _take_turn(self, connection: Connection) -> None:
        """BEGIN IMMEDIATE has waited for it."""

    def set_aside(self, tables: Sequence[Table]) -> None:
        """Rename the file, and what SQLite has beside it, which belongs to it: `ledger.sqlite.before-20260731T...`."""
        self.engine.dispose()
        aside = self.path.with_name(f"{self.path.name}.before-{_stamp()}")
        for suffix in ("", "-wal", "-shm"):
            part = self.path.with_name(self.path.name + suffix)
            if part.exists():
                part.rename(aside.with_name(aside.name + suffix))

    def _meaning(self, error: DBAPIError) -> LedgerError | None:
        code, reason = getattr(error.orig, "sqlite_errorname", ""), str(error.orig)
        meanings = {
            "SQLITE_BUSY": f"is locked: another program has had it open for writing for {self.patience:g} seconds; "
            f"{_KEPT}; close that program, or wait for its end, and try again",
            "SQLITE_LOCKED": f"is locked by this program itself; {_KEPT}; try again",
            "SQLITE_NOTADB": f"is damaged ({reason}): {_RESTORE}",
            "SQLITE_CORRUPT": f"is damaged ({reason}): {_RESTORE}",
            "SQLITE_READONLY": f"cannot be written, only read; {_KEPT}; see to the rights on the file and its folder",
            "SQLITE_CANTOPEN": "cannot be opened; see to the rights on the file and its folder",
            "SQLITE_PERM": "cannot be opened; see to the rights on the file and its folder",
            "SQLITE_FULL": f"has no room: its disk is full; {_KEPT}; make room and try again",
            "SQLITE_IOERR": f"cannot be read or written ({reason}); {_KEPT}; see to its disk and try again",
        }
        for begin, meaning in meanings.items():
            if code == begin or code.startswith(f"{begin}_"):
                is_damage = begin in ("SQLITE_NOTADB", "SQLITE_CORRUPT")
                return LedgerError(f"the ledger {self.name} {meaning}", is_damage=is_damage)
        return None


def _careful(connection: Any, _record: Any) -> None:
    # The driver would begin a transaction only before it writes: then two that have read first lose each other's
    # change. So SQLAlchemy begins them (https://docs.sqlalchemy.org/en/20/dialects/sqlite.html).
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.close()


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE" if connection.get_execution_options().get(_WRITES) else "BEGIN")


class PostgreSQL(Store):
    """A database on a server, reached through psycopg 3. What libpq knows of passwords holds (`~/.pgpass`)."""

    def __init__(self, url: URL, patience: float) -> None:
        name = url.set(drivername="postgresql", query={}).render_as_string()
        patient = {} if "connect_timeout" in url.query else {"connect_timeout": _CONNECT_SECONDS}
        engine = create_engine(
            url,
            connect_args={"client_encoding": "utf8", **patient},
            isolation_level="READ COMMITTED",
            pool_pre_ping=True,
            hide_parameters=True,
        )
        super().__init__(name, engine, patience)

    def make_place(self) -> None:
        """A database and its user are for their administrator to make."""

    def _take_turn(self, connection: Connection) -> None:
        wait = f"{max(1, round(self.patience * 1000))}ms"
        connection.execute(select(func.set_config("lock_timeout", wait, True)))
        connection.execute(select(func.pg_advisory_xact_lock(_TURN)))

    def set_aside(self, tables: Sequence[Table]) -> None:
        """Move the ledger's tables into a schema of their own: `ledger_before_20260731t...`."""
        schema = f"ledger_before_{_stamp().lower()}"
        with self.change() as connection:
            there = inspect(connection)
            held = [table.name for table in tables if there.has_table(table.name)]
            if held:
                connection.execute(CreateSchema(schema))
            quote = connection.dialect.identifier_preparer.quote
            for name in held:
                connection.exec_driver_sql(f"ALTER TABLE {quote(name)} SET SCHEMA {quote(schema)}")

    def _meaning(self, error: DBAPIError) -> LedgerError | None:
        state = getattr(error.orig, "sqlstate", None)
        reason = str(error.orig).strip().partition("\n")[0]
        meanings = {
            "55P03": f"is locked: another program has been changing it for {self.patience:g} seconds; {_KEPT}; wait "
            "for its end and try again",
            "53100": f"has no room: its server's disk is full; {_KEPT}; make room there and try again",
            "25006": f"cannot be written, only read; {_KEPT}; name the server that takes changes, or see to its "
            "default_transaction_read_only",
            "3F000": "has no schema to be begun in: make the one that the search_path names, and try again",
            "42501": f"may not be used so ({reason}); {_KEPT}; make the user the database's owner",
        }
        if state in meanings:
            return LedgerError(f"the ledger {self.name} {meanings[state]}")
        if error.connection_invalidated:
            return LedgerError(
                f"the connection to the ledger {self.name} was lost ({reason}); a change that was under way is there "
                "whole or not at all: run the command again, and nothing is taken twice"
            )
        if error.statement is None:
            return LedgerError(
                f"the ledger {self.name} cannot be reached: {reason}; see that the server runs, that the database and "
                "the user exist, and that the password stands in ~/.pgpass or PGPASSWORD"
            )
        return None
