"""The ledger: the only truth about what happened. Files, deliveries, returns, their accounting, builds and releases.

It is a small transactional store: SQLite in the home, or PostgreSQL by URL. Revisions and coverage are views over it,
never stored in it. What the rows of a delivery became is counted here; the rows themselves are Parquet.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Connection,
    Date,
    DateTime,
    Float,
    Integer,
    MetaData,
    RowMapping,
    String,
    Table,
    delete,
    insert,
    inspect,
    select,
    update,
)

from warehouse import store
from warehouse.home import Home
from warehouse.store import PATIENCE, Store, open_store

SCHEMA_VERSION = "3"

_meta = MetaData()
meta = Table("meta", _meta, Column("key", String, primary_key=True), Column("value", String, nullable=False))
file = Table(
    "file",
    _meta,
    Column("sha256", String, primary_key=True, comment="of the bytes as they came; an archive is one file"),
    Column("size", BigInteger, nullable=False),
    Column("seen_at", DateTime, nullable=False, comment="when it was first seen"),
)
file_path = Table(
    "file_path",
    _meta,
    Column("path", String, primary_key=True, comment="as found: below landing, else absolute"),
    Column("sha256", String, nullable=False, index=True, comment="of the file there; empty where it cannot be read"),
    Column("size", BigInteger, nullable=False),
    Column("mtime_ns", BigInteger, nullable=False),
    Column("seen_at", DateTime, nullable=False),
    Column("state", String, nullable=False, comment="claimed, unclaimed, refused, purged"),
    Column("specs_digest", String, nullable=False, comment="the specs in force when it was last looked at"),
    Column("reason", String),
)
delivery = Table(
    "delivery",
    _meta,
    Column("delivery_id", String, primary_key=True, comment="hash of feed, content, and what its name says of it"),
    Column("feed", String, nullable=False, index=True),
    Column("partner", String, nullable=False),
    Column("dataset", String, nullable=False),
    Column("sha256", String, nullable=False),
    Column("state", String, nullable=False, comment="accepted, held (by a history check), refused"),
    Column("reason", String),
    Column("path", String, nullable=False, comment="where its bytes lie, for reading again"),
    Column("member", String, comment="name inside an archive"),
    Column("name_period", Date, comment="the period the name or the caller declared"),
    Column("name_supplier", String),
    Column("received_at", DateTime, nullable=False),
    Column("fingerprint", String, nullable=False, comment="what the current harmonised file was made with"),
    Column("spec_version", String, comment="valid_from of the feed version in use"),
    *(
        Column(name, Integer, nullable=False, default=0)
        for name in (
            "records",
            "header",
            "skipped",
            "read",
            "unread",
            "rows_made",
            "loaded",
            "ignored",
            "duplicate",
            "quarantined",
            "erased",
        )
    ),
    CheckConstraint(
        "state = 'refused' or records = header + skipped + \"read\" + unread", name="every_record_is_accounted_for"
    ),
    CheckConstraint(
        "state = 'refused' or rows_made = loaded + ignored + duplicate + quarantined + erased",
        name="every_row_is_accounted_for",
    ),
)
arrival = Table(
    "arrival",
    _meta,
    Column("arrival_id", Integer, primary_key=True, autoincrement=True),
    Column("delivery_id", String, nullable=False, index=True),
    Column("path", String, nullable=False),
    Column("member", String),
    Column("received_at", DateTime, nullable=False),
    Column("issued_on", Date, comment="declared by name, folder or caller; null where nobody said"),
    Column("period", Date),
    Column("outcome", String, nullable=False, comment="new, duplicate, reissued, retried, refused"),
)
return_ = Table(
    "return",
    _meta,
    Column("feed", String, primary_key=True),
    Column("supplier", String, primary_key=True),
    Column("period_start", Date, primary_key=True),
    Column("part", String, primary_key=True, comment="which declared part of the period; empty: the whole"),
    Column("delivery_id", String, primary_key=True),
    Column("known_on", Date, primary_key=True),
    Column("period_type", String, nullable=False),
    Column("replaces", String, nullable=False, comment="reporting_period, keys, nothing"),
    Column("is_declared", Boolean, nullable=False, comment="whether known_on was declared, or is the day of receipt"),
    Column("fingerprint", String, nullable=False),
    Column("state", String, nullable=False, comment="unchecked, accepted or held"),
    Column("reason", String, comment="why it is held, or why a person accepted it"),
    Column("is_approved", Boolean, nullable=False, default=False, comment="whether a person accepted it"),
    Column("received_at", DateTime, nullable=False),
    *(
        Column(f"rows_{name}", Integer, nullable=False)
        for name in ("received", "loaded", "ignored", "duplicate", "quarantined")
    ),
    Column("rows_erased", Integer, nullable=False, default=0, comment="as people asked"),
    Column("stated_rows", Integer, comment="how many records the partner says it has; null where it does not say"),
    Column("months", JSON, nullable=False, comment="event month -> rows loaded"),
    Column("categories", JSON, nullable=False, comment="category -> rows loaded"),
)
making = Table(
    "making",
    _meta,
    Column("fingerprint", String, primary_key=True),
    *(
        Column(name, String, nullable=False, comment="a hash")
        for name in ("spec", "maps", "corrections", "reference", "rights")
    ),
)
closed_period = Table(
    "closed_period",
    _meta,
    Column("period_type", String, primary_key=True),
    Column("period_start", Date, primary_key=True),
    Column("closed_at", DateTime, nullable=False),
)
issue_total = Table(
    "issue_total",
    _meta,
    Column("delivery_id", String, primary_key=True),
    Column("issue_type", String, primary_key=True),
    Column("count", Integer, nullable=False),
    Column("example", String, comment="where the first one stands, and plain values only"),
)
built_return = Table(
    "built_return",
    _meta,
    Column("feed", String, primary_key=True),
    Column("supplier", String, primary_key=True),
    Column("period_start", Date, primary_key=True),
    Column("delivery_id", String, primary_key=True),
    Column("fingerprint", String, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("in_force", String, nullable=False, comment="a hash of which of its rows hold; empty: all"),
    Column("months", JSON, nullable=False),
)
built_coverage = Table(
    "built_coverage",
    _meta,
    Column("feed", String, primary_key=True),
    Column("supplier", String, primary_key=True),
    Column("period_start", Date, primary_key=True),
    Column("period_share", Float, nullable=False, comment="how much of the period was spoken for"),
    Column("is_late", Boolean, nullable=False),
)
pending = Table(
    "pending",
    _meta,
    Column("feed", String, primary_key=True),
    Column("supplier", String, primary_key=True),
    Column("period_start", Date, primary_key=True),
    Column("months", JSON, nullable=False, comment="event months whose figures this return left or entered"),
)
build_state = Table(
    "build_state", _meta, Column("key", String, primary_key=True), Column("value", String, nullable=False)
)
release = Table(
    "release",
    _meta,
    Column("release_id", String, primary_key=True),
    Column("audience", String, nullable=False),
    Column("published_at", DateTime, nullable=False),
    Column("as_of", Date, nullable=False),
    Column("content", String, nullable=False, comment="hash over the hashes of all tables"),
)
release_input = Table(
    "release_input",
    _meta,
    Column("release_id", String, primary_key=True),
    Column("feed", String, primary_key=True),
    Column("supplier", String, primary_key=True),
    Column("period_start", Date, primary_key=True),
    Column("delivery_id", String, primary_key=True),
    Column("fingerprint", String, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("known_on", Date, nullable=False),
)

Row = Mapping[str, Any]


LedgerError = store.LedgerError
# When a ledger may be begun: where there is none; never; or anew, with what is there put aside.
Begin = Literal["if none", "never", "anew"]


def now() -> datetime:
    """This moment in UTC, without a zone, as the ledger keeps it."""
    return datetime.now(UTC).replace(tzinfo=None)


def open_ledger(home: Home, rebuild: bool = False) -> Ledger:
    """The ledger of a home, wherever it is kept. The one way in, for all that is not a test.

    Args:
        home: the home; its ledger is begun if nothing was ever loaded here.
        rebuild: put what is there aside and begin an empty ledger, to be filled from landing. An SQLite file is
            renamed, PostgreSQL's tables move into another schema: nothing is deleted.

    Raises:
        LedgerError: where it is locked, damaged, out of reach, of another version, of another home, or missing although
            the home has been in use. Says what to do.
    """
    if rebuild:
        begin: Begin = "anew"
    else:
        begin = "never" if _in_use(home) else "if none"
    if home.ledger_url is None:
        return Ledger(home.ledger, begin=begin)
    ledger = Ledger(home.ledger_url, begin=begin, home_id=home.id())
    if rebuild and home.ledger.exists():
        # The ledger has moved to PostgreSQL. Left in place, the file would be taken for it where the URL is not set.
        open_store(home.ledger).set_aside([])
    return ledger


def _in_use(home: Home) -> bool:
    """Whether anything has ever been loaded into a home, as far as the home knows without its ledger."""
    has_journal = home.journal.exists() and home.journal.stat().st_size > 0
    return has_journal or (home.ledger_url is not None and home.ledger.exists())


class Ledger:
    """An open ledger. Reads see the last commit; every change is one transaction, and one at a time."""

    def __init__(
        self, target: Path | str, patience: float = PATIENCE, *, begin: Begin = "if none", home_id: str | None = None
    ) -> None:
        """Open the SQLite ledger at a path, or the PostgreSQL one at a URL.

        Args:
            target: the path or the URL.
            patience: how many seconds a change waits for another program's.
            begin: whether an empty one may be begun.
            home_id: the home that a ledger kept elsewhere must belong to.

        Raises:
            LedgerError: where it cannot be used as it is.
        """
        self._store: Store = open_store(target, patience)
        try:
            self._ready(begin, home_id)
        except BaseException:
            self.close()
            raise

    def _ready(self, begin: Begin, home_id: str | None) -> None:
        try:
            facts = self._facts()
        except LedgerError as error:
            if begin != "anew" or not error.is_damage:
                raise
            facts = {"schema_version": ""}
        self._check(facts, home_id, is_leaving=begin == "anew")
        if facts and begin == "anew":
            self._store.set_aside(_meta.sorted_tables)
            facts = {}
        if not facts:
            if begin == "never":
                raise LedgerError(
                    f"the ledger {self._store.name} is missing, although this home has been in use: put it back from a "
                    "backup, name the right one (ledger.url), or rebuild it from landing: commongrid load --rebuild"
                )
            self._begin(home_id)

    def _facts(self) -> dict[str, str]:
        """What the ledger knows of itself; nothing where there is none."""
        if self._store.is_missing:
            return {}
        with self._store.reading() as connection:
            return _facts_in(connection)

    def _check(self, facts: dict[str, str], home_id: str | None, is_leaving: bool = False) -> None:
        """Whether the ledger found is one to work on, or, if it is being left, one to put aside."""
        name, found = self._store.name, facts.get("schema_version", "")
        if home_id is not None and facts.get("home", home_id) != home_id:
            raise LedgerError(
                f"the ledger {name} belongs to another home: give this one a database of its own. If it is this home's "
                f"after all, and the home has lost its file home.id, write {facts['home']} into that"
            )
        if found.isdigit() and int(found) > int(SCHEMA_VERSION):
            raise LedgerError(
                f"the ledger {name} was written by a newer version of commongrid (schema {found}; this one knows "
                f"{SCHEMA_VERSION}): install that version"
            )
        if facts and found != SCHEMA_VERSION and not is_leaving:
            raise LedgerError(
                f"the ledger {name} was written by an earlier version of commongrid (schema {found or 'unknown'}; this "
                f"one knows {SCHEMA_VERSION}): rebuild it from landing: commongrid load --rebuild"
            )

    def _begin(self, home_id: str | None) -> None:
        self._store.make_place()
        own = {"schema_version": SCHEMA_VERSION} | ({"home": home_id} if home_id else {})
        with self._store.change() as connection:
            # Another process may have begun it since.
            facts = _facts_in(connection)
            if not facts:
                _create(connection, self._store.name, own)
        self._check(facts, home_id)

    @contextmanager
    def change(self) -> Iterator[Connection]:
        """One transaction: all of it, or nothing. No other process changes the ledger meanwhile.

        Raises:
            LedgerError: where the ledger cannot be written, or another process does not come to an end.
        """
        with self._store.change() as connection:
            yield connection

    def rows(self, table: Table, **equal: Any) -> Sequence[RowMapping]:
        """Rows of a table whose columns equal the values given, in the order of its key."""
        query = select(table)
        for name, value in equal.items():
            query = query.where(table.c[name] == value)
        keys = [column.name for column in table.primary_key]
        with self._store.reading() as connection:
            found = connection.execute(query).mappings().all()
        # Databases differ in the order they keep rows in, and in how they sort texts.
        return sorted(found, key=lambda row: tuple(row[name] for name in keys))

    def state(self, key: str) -> str | None:
        """A remembered fact about the last build."""
        found = self.rows(build_state, key=key)
        return str(found[0]["value"]) if found else None

    def close(self) -> None:
        """Let go of the file, or of the server."""
        self._store.engine.dispose()


def _facts_in(connection: Connection) -> dict[str, str]:
    if not inspect(connection).has_table(meta.name):
        return {}
    return {row.key: row.value for row in connection.execute(select(meta.c.key, meta.c.value))}


def _create(connection: Connection, name: str, facts: dict[str, str]) -> None:
    there = inspect(connection)
    others = [table.name for table in _meta.sorted_tables if there.has_table(table.name)]
    if others and not there.has_table(meta.name):
        raise LedgerError(
            f"{name} holds tables that are not the ledger's, though of the same name ({', '.join(others)}): give the "
            "ledger a database of its own"
        )
    _meta.create_all(connection)
    connection.execute(insert(meta), [{"key": key, "value": value} for key, value in facts.items()])


def put(connection: Connection, table: Table, rows: Iterable[Row]) -> None:
    """Insert rows, each taking the place of one with the same key."""
    keys = [column.name for column in table.primary_key]
    for row in rows:
        match = [table.c[name] == row[name] for name in keys]
        changed = (
            connection.execute(update(table).where(*match).values(**row)) if _exists(connection, table, match) else None
        )
        if changed is None:
            connection.execute(insert(table), dict(row))


def remove(connection: Connection, table: Table, **equal: Any) -> None:
    """Delete the rows whose columns equal the values given."""
    connection.execute(delete(table).where(*(table.c[name] == value for name, value in equal.items())))


def put_new(connection: Connection, table: Table, rows: Iterable[Row]) -> None:
    """Insert the rows whose key is not there yet."""
    for row in rows:
        if not _exists(connection, table, [column == row[column.name] for column in table.primary_key]):
            connection.execute(insert(table), dict(row))


def _exists(connection: Connection, table: Table, match: list[Any]) -> bool:
    return connection.execute(select(table).where(*match).limit(1)).first() is not None


def replace_all(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Empty a table and fill it with `rows`."""
    connection.execute(delete(table))
    if rows:
        connection.execute(insert(table), [dict(row) for row in rows])


def current_returns(ledger: Ledger, known_by: date | None = None) -> list[dict[str, Any]]:
    """The returns in force, each with its revision number, from 1, within its feed, supplier, period and part.

    Of a return that replaces its reporting period, the last revision is in force; of one that replaces `keys` or
    `nothing`, all are. Revisions are ordered by the day they were known on; of one day, declared issues come before
    undeclared ones, declared ones by their content's hash (so that no order of arrival matters), undeclared ones by
    when they came.

    Args:
        ledger: the ledger.
        known_by: take only what was known on that day; None takes all.
    """
    groups: dict[tuple[str, str, date, str], list[RowMapping]] = {}
    for row in ledger.rows(return_, state="accepted"):
        if known_by is None or row["known_on"] <= known_by:
            groups.setdefault((row["feed"], row["supplier"], row["period_start"], row["part"]), []).append(row)
    current: list[dict[str, Any]] = []
    for _key, found in sorted(groups.items()):
        rows = sorted(found, key=revision_order)
        numbered = [
            {**row, "revision": number, "first_known_on": rows[0]["known_on"]} for number, row in enumerate(rows, 1)
        ]
        if rows[-1]["replaces"] == "reporting_period":
            current.append(numbered[-1])
        else:
            # One content that was issued again is one return, as it was issued last.
            current.extend({row["delivery_id"]: row for row in numbered}.values())
    return current


def revision_order(row: RowMapping | Mapping[str, Any]) -> tuple[date, datetime, str]:
    """The sort key of revisions of one return."""
    return (row["known_on"], datetime.min if row["is_declared"] else row["received_at"], str(row["delivery_id"]))


def check_account(account: dict[str, int], name: str) -> None:
    """Law 1: both equations hold, or nothing is stored.

    Raises:
        AssertionError: where a record or row is unaccounted for, which is a fault of the program.
    """
    records = account["header"] + account["skipped"] + account["read"] + account["unread"]
    rows = sum(account[name] for name in ("loaded", "ignored", "duplicate", "quarantined", "erased"))
    if account["records"] != records or account["rows_made"] != rows:
        raise AssertionError(f"{name}: rows are unaccounted for: {account}")
