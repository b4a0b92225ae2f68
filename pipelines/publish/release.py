"""Makes a release: a folder of a DuckDB file, Parquet and CSV that explains itself, or nothing where nothing changed."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert

from pipelines.build.dictionary import published_tables
from pipelines.publish.changes import COLUMNS as CHANGES
from pipelines.publish.changes import create_changes
from pipelines.publish.tables import Part, PublishedTable, PublishError, examine, listed, quoted
from warehouse import ledger as led
from warehouse.home import Home
from warehouse.ledger import Ledger
from warehouse.releases import DATABASE, audience_folder, current_release, point_to, read_manifest, sync

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# Columns too wide for a spreadsheet; they are in the DuckDB file, the Parquet and the GeoPackage.
_NOT_IN_CSV = {("areas", "geometry")}
_RELEASES = {"release_id": "varchar", "audience": "varchar", "published_at": "timestamp", "as_of": "date", "content": "varchar"}


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
            f"nothing can be published for {audience} yet: without disclosure control small counts would show; use restricted"
        )
    _whole(home, ledger)
    last = current_release(home, audience)
    published_at = led.now().replace(microsecond=0)
    with _draft(home, audience) as draft, _connected(home, last) as connection:
        tables = _materialise(home, connection, draft)
        content = hashlib.sha256("".join(f"{table.name}:{table.hash}\n" for table in tables).encode()).hexdigest()
        if last is not None and read_manifest(last)["content"] == content:
            return Outcome(last.name, last, False)
        release_id = f"{published_at:%Y%m%dT%H%M%S}-{content[:8]}"
        release = {"release_id": release_id, "audience": audience, "published_at": published_at, "as_of": as_of, "content": content}
        inputs = _inputs(ledger)
        _extra_tables(connection, ledger, release, inputs, last)
        _Writer(connection, tables, release, last, draft).write()
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


def _materialise(home: Home, connection: DuckDBPyConnection, draft: Path) -> list[PublishedTable]:
    """Every published table, in key order, in the release's own database; views are worked out this once."""
    wanted = published_tables(home.dbt_project)
    connection.execute(f"attach '{_literal(draft / DATABASE)}' as made")
    held = {name for (name,) in connection.execute(
        "select table_name from duckdb_columns() where database_name = 'warehouse'").fetchall()}  # fmt: skip
    for name, meta in sorted(wanted.items()):
        if name not in held:
            raise PublishError(f"the warehouse holds no table {name}; run `commongrid build --full`")
        connection.execute(f"create table made.{quoted(name)} as from warehouse.{quoted(name)} order by {listed(meta['key'])}")
    return examine(connection, "made", wanted)


def _whole(home: Home, ledger: Ledger) -> None:
    if not home.warehouse.exists():
        raise PublishError("there is no warehouse yet; run `commongrid build` first")
    if ledger.rows(led.pending) or ledger.state("grid") is None:
        raise PublishError("the last build did not finish; run `commongrid build` first")


def _connected(home: Home, last: Path | None) -> DuckDBPyConnection:
    import duckdb

    temp = home.build / "temp"
    temp.mkdir(parents=True, exist_ok=True)
    config = {"memory_limit": "1GB", "threads": "2", "temp_directory": str(temp), "preserve_insertion_order": "true"}
    connection = duckdb.connect(config=dict(config))
    connection.execute(f"attach '{_literal(home.warehouse)}' as warehouse (read_only)")
    if last is not None:
        connection.execute(f"attach '{_literal(last / DATABASE)}' as last (read_only)")
    return connection


def _literal(path: Path) -> str:
    return str(path).replace("'", "''")


def _inputs(ledger: Ledger) -> list[dict[str, Any]]:
    names = ("feed", "supplier", "period_start", "delivery_id", "fingerprint", "revision")
    known = {(row["feed"], row["supplier"], row["period_start"], row["delivery_id"]): row for row in ledger.rows(led.return_)}
    return [
        {
            **{name: row[name] for name in names},
            "known_on": known[row["feed"], row["supplier"], row["period_start"], row["delivery_id"]]["known_on"],
        }
        for row in ledger.rows(led.built_return)
    ]


def _extra_tables(
    connection: DuckDBPyConnection, ledger: Ledger, release: dict[str, Any], inputs: list[dict[str, Any]], last: Path | None
) -> None:
    """The tables that tell of releases: `changes` and `releases`. They are no part of a release's content hash."""
    before = [dict(row) for row in ledger.rows(led.release_input, release_id=last.name)] if last else []
    for name, rows in (("new_inputs", inputs), ("old_inputs", before)):
        connection.execute(
            f"create table {name} (feed varchar, dataset varchar, supplier varchar, period_start date, "
            "delivery_id varchar, fingerprint varchar)"
        )
        values = [
            (row["feed"], row["feed"].split("/")[1], row["supplier"], row["period_start"], row["delivery_id"], row["fingerprint"])
            for row in rows
        ]
        if values:
            connection.executemany(f"insert into {name} values (?, ?, ?, ?, ?, ?)", values)
    create_changes(connection, "warehouse", "last" if last else None, release["release_id"])
    columns = ", ".join(f"{name} {kind}" for name, kind in _RELEASES.items())
    connection.execute(f"create table releases ({columns})")
    rows = [*ledger.rows(led.release, audience=release["audience"]), release]
    connection.executemany("insert into releases values (?, ?, ?, ?, ?)", [[row[name] for name in _RELEASES] for row in rows])


class _Writer:
    """Writes one release into its draft folder, linking what is as it was in the last one."""

    def __init__(
        self, connection: DuckDBPyConnection, tables: list[PublishedTable], release: dict[str, Any], last: Path | None, draft: Path
    ) -> None:
        self.connection, self.tables, self.release, self.last, self.draft = connection, tables, release, last, draft
        self.before = read_manifest(last)["tables"] if last else {}

    def write(self) -> None:
        """Everything but the move into place."""
        for table in self.tables:
            self._parquet(table)
            self._csv(table.name, list(table.columns.items()), "made", table.hash)
        for name, columns in (("changes", CHANGES), ("releases", _RELEASES)):
            self.connection.execute(f"create table made.{name} as from main.{name}")
            self._parquet_file(f"select * from made.{name}", self.draft / "parquet" / name / "all.parquet")
            self._csv(name, list(columns.items()), "made", None)
        self._geopackage()
        self.connection.execute("checkpoint made")
        self.connection.execute("detach made")
        sync(self.draft / DATABASE)
        self._manifest()

    def _parquet(self, table: PublishedTable) -> None:
        known = {item["folder"]: item["hash"] for item in self.before.get(table.name, {}).get("parts", [])}
        same_columns = self.before.get(table.name, {}).get("columns") == table.columns
        for part in table.parts or [Part((), 0, "empty")]:
            folder = part.folder(table.partition if part.values else [])
            relative = Path("parquet") / table.name / folder / "all.parquet"
            if self.last is not None and same_columns and known.get(folder) == part.hash:
                self._link(relative)
                continue
            chosen = [
                f"{quoted(name)} = '{str(value).replace(chr(39), chr(39) * 2)}'"
                for name, value in zip(table.partition, part.values, strict=False)
            ]
            where = f"where {' and '.join(chosen)}" if chosen else ""
            sql = f"select * from made.{quoted(table.name)} {where} order by {listed(table.key)}"
            self._parquet_file(sql, self.draft / relative)

    def _parquet_file(self, sql: str, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.connection.execute(f"copy ({sql}) to '{_literal(path)}' (format parquet, compression zstd)")

    def _csv(self, name: str, columns: list[tuple[str, str]], database: str, hash_: str | None) -> None:
        relative = Path("csv") / f"{name}.csv"
        if self.last is not None and hash_ is not None and self.before.get(name, {}).get("hash") == hash_:
            self._link(relative)
            return
        (self.draft / "csv").mkdir(exist_ok=True)
        shown = ", ".join(_harmless(column, kind) for column, kind in columns if (name, column) not in _NOT_IN_CSV)
        sql = f"select {shown} from {database}.{quoted(name)}"
        self.connection.execute(f"copy ({sql}) to '{_literal(self.draft / relative)}' (format csv, header)")

    def _link(self, relative: Path) -> None:
        assert self.last is not None
        target = self.draft / relative
        target.parent.mkdir(parents=True, exist_ok=True)
        os.link(self.last / relative, target)

    def _geopackage(self) -> None:
        """The areas as a GeoPackage, one layer a boundary set."""
        areas = next(table for table in self.tables if table.name == "areas")
        if not areas.rows:
            return
        if self.last is not None and self.before.get("areas", {}).get("hash") == areas.hash:
            self._link(Path("areas.gpkg"))
            return
        from pipelines.publish.geopackage import write_areas

        write_areas(self.connection, self.draft / "areas.gpkg")

    def _manifest(self) -> None:
        described = {
            table.name: {
                "rows": table.rows,
                "hash": table.hash,
                "columns": table.columns,
                "parts": [
                    {"folder": part.folder(table.partition), "rows": part.rows, "hash": part.hash} for part in table.parts
                ],
            }
            for table in self.tables
        }
        manifest = {**self.release, "tables": described}
        path = self.draft / "manifest.json"
        path.write_text(json.dumps(manifest, indent=1, default=str) + "\n", encoding="utf-8")
        sync(path)


def _harmless(column: str, kind: str) -> str:
    """A text column with cells that a spreadsheet would run made harmless (OWASP, CSV injection); numbers as they are."""
    name = quoted(column)
    if kind.lower() != "varchar":
        return name
    return f"case when regexp_matches({name}, '^[=+\\-@\\t\\r\\x00]') then '''' || {name} else {name} end as {name}"
