"""Makes a release: a folder of DuckDB, Parquet and CSV that explains itself, or nothing where nothing changed."""

from __future__ import annotations

import hashlib
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert

from pipelines.build.dictionary import published_tables, release_columns
from pipelines.publish.changes import compared_parts, create_changes
from pipelines.publish.returns import differing_returns
from pipelines.publish.tables import PublishedTable, PublishError, literal, materialise
from pipelines.publish.writer import Writer
from warehouse import ledger as led
from warehouse.home import Home
from warehouse.ledger import Ledger
from warehouse.releases import DATABASE, audience_folder, current_release, point_to, read_manifest, sync

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

Rows = list[dict[str, Any]]


class AudienceError(Exception):
    """A release for an audience that nothing can be published for yet."""


@dataclass(frozen=True)
class Outcome:
    """The release that now holds, and whether it was made just now."""

    release_id: str
    path: Path
    is_new: bool


def publish(home: Home, ledger: Ledger, audience: str, as_of: date) -> Outcome:
    """Publish the warehouse for an audience, unless its current release already holds the same.

    Raises:
        AudienceError: for an audience other than `restricted`: there is no disclosure control yet.
        PublishError: where the warehouse is missing or not whole.
    """
    if audience != "restricted":
        raise AudienceError(
            f"nothing can be published for {audience} yet: without disclosure control small counts would show; "
            "use restricted"
        )
    _whole(home, ledger)
    last = current_release(home, audience)
    published_at = led.now().replace(microsecond=0)
    with _draft(home, audience) as draft, _connected(home, last) as connection:
        tables = materialise(connection, "warehouse", draft / DATABASE, published_tables(home.dbt_project))
        content = hashlib.sha256("".join(f"{table.name}:{table.hash}\n" for table in tables).encode()).hexdigest()
        if last is not None and read_manifest(last)["content"] == content:
            return Outcome(last.name, last, False)
        release_id = f"{published_at:%Y%m%dT%H%M%S}-{content[:8]}"
        release = {
            "release_id": release_id,
            "audience": audience,
            "published_at": published_at,
            "as_of": as_of,
            "content": content,
        }
        inputs = _inputs(ledger)
        _changes(home, connection, ledger, release, tables, inputs, last)
        _releases(home, connection, ledger, release)
        Writer(connection, tables, release, last, draft).write()
        path = draft.with_name(release_id)
        draft.rename(path)
    sync(path.parent)
    with ledger.change() as transaction:
        transaction.execute(insert(led.release), release)
        if inputs:
            transaction.execute(insert(led.release_input), [{"release_id": release_id, **item} for item in inputs])
    point_to(home, audience, release_id)
    return Outcome(release_id, path, True)


@contextmanager
def _draft(home: Home, audience: str) -> Iterator[Path]:
    """A folder to make a release in; what is left there at the end, or was left by a crash, is removed."""
    folder = audience_folder(home, audience)
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    for stale in folder.glob(".*.part"):
        shutil.rmtree(stale)
    draft = folder / f".{uuid.uuid4().hex[:8]}.part"
    draft.mkdir(mode=0o700)
    try:
        yield draft
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _whole(home: Home, ledger: Ledger) -> None:
    if not home.warehouse.exists():
        raise PublishError("there is no warehouse yet; run `commongrid build` first")
    if ledger.rows(led.pending) or ledger.state("grid") is None:
        raise PublishError("the last build did not finish; run `commongrid build` first")


def _connected(home: Home, last: Path | None) -> DuckDBPyConnection:
    import duckdb

    temp = home.build / "temp"
    temp.mkdir(parents=True, exist_ok=True)
    config = {
        "memory_limit": "400MB",
        "threads": "2",
        "temp_directory": str(temp),
        "preserve_insertion_order": "true",
        # Give memory back as it falls free: what was loaded and built before is still in this process.
        "allocator_flush_threshold": "8MB",
    }
    connection = duckdb.connect(config=dict(config))
    connection.execute(f"attach '{literal(home.warehouse)}' as warehouse (read_only)")
    if last is not None:
        connection.execute(f"attach '{literal(last / DATABASE)}' as last (read_only)")
    return connection


def _inputs(ledger: Ledger) -> Rows:
    """The returns the warehouse was built of, each with the day its delivery was last known on.

    Raises:
        PublishError: where what was built is no longer what the ledger knows.
    """
    names = ("feed", "supplier", "period_start", "delivery_id", "fingerprint", "revision")
    known: dict[tuple[Any, ...], date] = {}
    for row in ledger.rows(led.return_, state="accepted"):
        key = tuple(row[name] for name in names[:4])
        known[key] = max(row["known_on"], known.get(key, date.min))
    inputs = [{name: row[name] for name in names} for row in ledger.rows(led.built_return)]
    if any(tuple(row[name] for name in names[:4]) not in known for row in inputs):
        raise PublishError("what was loaded since is not built yet; run `commongrid build` first")
    return [{**row, "known_on": known[tuple(row[name] for name in names[:4])]} for row in inputs]


def _changes(
    home: Home,
    connection: DuckDBPyConnection,
    ledger: Ledger,
    release: dict[str, Any],
    tables: list[PublishedTable],
    inputs: Rows,
    last: Path | None,
) -> None:
    """Make `changes`: what moved since the last release. It is no part of a release's content hash."""
    columns = release_columns(home.dbt_project, "changes")
    if last is None:
        create_changes(connection, columns, None, [], [], release["release_id"])
        return
    before = ledger.rows(led.release_input, release_id=last.name)
    returned = differing_returns(inputs, before, ledger.rows(led.return_), ledger.rows(led.making))
    compared = compared_parts({table.name: table.described() for table in tables}, read_manifest(last)["tables"])
    create_changes(connection, columns, ("made", "last"), returned, compared, release["release_id"])


def _releases(home: Home, connection: DuckDBPyConnection, ledger: Ledger, release: dict[str, Any]) -> None:
    """Make `releases`: every release up to and with this one."""
    columns = release_columns(home.dbt_project, "releases")
    connection.execute(f"create table releases ({', '.join(f'{name} {kind}' for name, kind in columns.items())})")
    told: Rows = [*(dict(row) for row in ledger.rows(led.release, audience=release["audience"])), release]
    places = ", ".join("?" for _ in columns)
    connection.executemany(f"insert into releases values ({places})", [[row[name] for name in columns] for row in told])
