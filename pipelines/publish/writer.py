"""Writes one release into its folder: DuckDB, Parquet, CSV, GeoPackage, manifest; what is unchanged is linked."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.publish.tables import Part, PublishedTable, literal, quoted
from warehouse.releases import DATABASE, read_manifest, sync

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

# Columns too wide for a spreadsheet; they are in the DuckDB file, the Parquet and the GeoPackage.
_NOT_IN_CSV = {("areas", "geometry")}
# First characters by which a spreadsheet takes a cell for a formula (OWASP, CSV injection).
_RUNS = "'=', '+', '-', '@', chr(9), chr(13), chr(0)"


class Writer:
    """Writes one release into its draft folder, linking what is as it was in the last one."""

    def __init__(
        self,
        connection: DuckDBPyConnection,
        tables: list[PublishedTable],
        release: dict[str, Any],
        last: Path | None,
        draft: Path,
    ) -> None:
        self.connection, self.tables, self.release, self.last, self.draft = connection, tables, release, last, draft
        self.before = read_manifest(last)["tables"] if last else {}

    def write(self) -> None:
        """Everything but the move into place."""
        for name in ("changes", "releases"):
            self.connection.execute(f"create table made.{name} as from main.{name}")
        # DuckDB writes one file at a time on one core; CSV beside Parquet keeps the other busy.
        with ThreadPoolExecutor(1) as beside, self.connection.cursor() as cursor:
            csv = beside.submit(self._all_csv, cursor)
            self._all_parquet()
            csv.result()
        self._geopackage()
        self.connection.execute("checkpoint made")
        self.connection.execute("detach made")
        sync(self.draft / DATABASE)
        self._manifest()

    def _all_parquet(self) -> None:
        for table in self.tables:
            self._parquet(table)
        for name in ("changes", "releases"):
            self._parquet_file(f"select * from made.{name}", self.draft / "parquet" / name / "all.parquet")

    def _all_csv(self, connection: DuckDBPyConnection) -> None:
        (self.draft / "csv").mkdir()
        for table in self.tables:
            self._csv(connection, table.name, table.columns, table.hash)
        for name in ("changes", "releases"):
            described = connection.execute(f"describe made.{name}").fetchall()
            self._csv(connection, name, {column: kind for column, kind, *_ in described}, None)

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
            # The table was made in key order, and the connection keeps it.
            sql = f"select * from made.{quoted(table.name)} {where}"
            self._parquet_file(sql, self.draft / relative)

    def _parquet_file(self, sql: str, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.connection.execute(f"copy ({sql}) to '{literal(path)}' (format parquet, compression zstd)")

    def _csv(
        self, connection: DuckDBPyConnection, name: str, columns: dict[str, str], unchanged_if: str | None
    ) -> None:
        relative = Path("csv") / f"{name}.csv"
        if self.last is not None and unchanged_if is not None and self.before.get(name, {}).get("hash") == unchanged_if:
            self._link(relative)
            return
        shown = ", ".join(
            _harmless(column, kind) for column, kind in columns.items() if (name, column) not in _NOT_IN_CSV
        )
        sql = f"select {shown} from made.{quoted(name)}"
        connection.execute(f"copy ({sql}) to '{literal(self.draft / relative)}' (format csv, header)")

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
        manifest = {**self.release, "tables": {table.name: table.described() for table in self.tables}}
        path = self.draft / "manifest.json"
        path.write_text(json.dumps(manifest, indent=1, default=str) + "\n", encoding="utf-8")
        sync(path)


def _harmless(column: str, kind: str) -> str:
    """A text column with cells that a spreadsheet would run made harmless; numbers stay as they are."""
    name = quoted(column)
    if kind.lower() != "varchar":
        return name
    return f"if(left({name}, 1) in ({_RUNS}), '''' || {name}, {name}) as {name}"
