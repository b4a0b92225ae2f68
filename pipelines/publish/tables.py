"""The published tables of a warehouse: their columns, their parts by period, and a hash of each part's rows."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


class PublishError(Exception):
    """The warehouse cannot be published as it is."""


@dataclass(frozen=True)
class Part:
    """The rows of a table in one period, or all of a table that is not divided."""

    values: tuple[Any, ...]
    rows: int
    hash: str

    def folder(self, columns: list[str]) -> str:
        """The part's folder below its table, as `period_type=month/period_start=2014-05-01`; empty where undivided."""
        return "/".join(f"{name}={value}" for name, value in zip(columns, self.values, strict=True))


@dataclass
class PublishedTable:
    """One table: what orders its rows, what divides it, its columns and types, its parts."""

    name: str
    key: list[str]
    partition: list[str]
    columns: dict[str, str]
    parts: list[Part] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """All rows."""
        return sum(part.rows for part in self.parts)

    @property
    def hash(self) -> str:
        """A hash over the columns and all rows in key order; the same rows have the same hash in any release."""
        text = hashlib.sha256(repr(self.columns).encode())
        for part in self.parts:
            text.update(f"{part.folder(self.partition)}\n{part.hash}\n".encode())
        return text.hexdigest()

    def described(self) -> dict[str, Any]:
        """As a release's manifest tells of it."""
        return {
            "rows": self.rows,
            "hash": self.hash,
            "columns": self.columns,
            "parts": [
                {"folder": part.folder(self.partition), "rows": part.rows, "hash": part.hash} for part in self.parts
            ],
        }


def quoted(name: str) -> str:
    """An identifier, quoted for SQL."""
    return '"' + name.replace('"', '""') + '"'


def listed(names: list[str]) -> str:
    """Identifiers, quoted and joined."""
    return ", ".join(quoted(name) for name in names)


def literal(path: Path) -> str:
    """A path as the inside of a SQL text."""
    return str(path).replace("'", "''")


def materialise(
    connection: DuckDBPyConnection, source: str, target: Path, wanted: dict[str, dict[str, Any]]
) -> list[PublishedTable]:
    """Copy every published table, in key order, into a new DuckDB file, attached as `made`; views become tables.

    Args:
        connection: has the warehouse attached as `source`.
        source: the name the warehouse is attached by.
        target: the file to make.
        wanted: table name to its `key` and `partition`.

    Raises:
        PublishError: where the warehouse lacks a table.
    """
    connection.execute(f"attach '{literal(target)}' as made")
    listing = "select distinct table_name from duckdb_columns() where database_name = ?"
    held = {name for (name,) in connection.execute(listing, [source]).fetchall()}
    alike = {name for name in held & wanted.keys() if _only_records(connection, source, name)}
    for name, meta in sorted(wanted.items()):
        if name not in held:
            raise PublishError(f"the warehouse holds no table {name}; run `commongrid build --full`")
        if name in alike:
            continue
        rows = f"from {quoted(source)}.{quoted(name)} order by {listed(meta['key'])}"
        connection.execute(f"create table made.{quoted(name)} as {rows}")
    for name in sorted(alike):
        _view_of_records(connection, source, name)
    return examine(connection, "made", {name: meta for name, meta in wanted.items() if name not in alike})


def _only_records(connection: DuckDBPyConnection, source: str, name: str) -> bool:
    """Whether a dataset's own table has only columns of `records`: then a release need not hold its rows twice."""
    return name.startswith("fct_") and not set(_columns(connection, source, name)) - set(
        _columns(connection, source, "records")
    )


def _view_of_records(connection: DuckDBPyConnection, source: str, name: str) -> None:
    shown = listed(list(_columns(connection, source, name)))
    dataset = name.removeprefix("fct_")
    connection.execute("use made")
    # Named without its database, so that the view holds under whatever name the file is opened.
    connection.execute(f"create view {quoted(name)} as select {shown} from records where dataset = '{dataset}'")
    connection.execute("use memory")


def _columns(connection: DuckDBPyConnection, database: str, name: str) -> dict[str, str]:
    """Column to type of a table, in order."""
    sql = (
        "select column_name, data_type from duckdb_columns() "
        "where database_name = ? and table_name = ? order by column_index"
    )
    return dict(connection.execute(sql, [database, name]).fetchall())


def examine(connection: DuckDBPyConnection, database: str, tables: dict[str, dict[str, Any]]) -> list[PublishedTable]:
    """Every table to publish, with the hashes of its parts."""
    found = []
    for name, meta in sorted(tables.items()):
        table = PublishedTable(
            name, list(meta["key"]), list(meta.get("partition", [])), _columns(connection, database, name)
        )
        table.parts = _parts(connection, database, table)
        found.append(table)
    return found


def _parts(connection: DuckDBPyConnection, database: str, table: PublishedTable) -> list[Part]:
    row = ", ".join(f"coalesce(cast({quoted(name)} as varchar), chr(0))" for name in table.columns)
    groups = f"{listed(table.partition)}, " if table.partition else ""
    sql = f"""
        select {groups} count(*), md5(string_agg(md5(concat_ws(chr(31), {row})), '' order by {listed(table.key)}))
        from {quoted(database)}.{quoted(table.name)}
        {"group by all order by " + listed(table.partition) if table.partition else ""}
    """
    return [Part(tuple(item[:-2]), item[-2], item[-1] or "empty") for item in connection.execute(sql).fetchall()]
