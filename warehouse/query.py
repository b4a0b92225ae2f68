"""Read-only SQL on a release, locked down: one SELECT, no files, no network, no settings."""

from __future__ import annotations

import io
import json
import sys
import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from warehouse.releases import QueryError

if TYPE_CHECKING:
    import pyarrow as pa

FORMATS = ("table", "csv", "json", "parquet")
_TABLE_ROWS = 200


def ask(database: Path, sql: str) -> pa.Table:
    """The answer to one SELECT.

    The database is opened read-only; memory, threads and temporary files are bounded, then access to anything outside
    it is shut off, then its settings are locked, before the question is put.

    Raises:
        QueryError: where the text is not one SELECT, or DuckDB cannot answer it.
    """
    import duckdb

    with tempfile.TemporaryDirectory(prefix="commongrid-query-") as scratch:
        settings = {"memory_limit": "1GB", "threads": "2", "temp_directory": scratch, "max_temp_directory_size": "5GB"}
        connection = duckdb.connect(str(database), read_only=True, config=dict(settings))
        try:
            connection.execute("set enable_external_access = false")
            connection.execute("set lock_configuration = true")
            statements = connection.extract_statements(sql)
            if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
                raise QueryError("give one SELECT: a release is only read")
            return connection.execute(statements[0]).to_arrow_table()
        except duckdb.Error as error:
            raise QueryError(str(error).strip()) from error
        finally:
            connection.close()


def write_answer(table: pa.Table, format_: str, out: IO[str]) -> None:
    """Write an answer as a table for people, or as CSV, JSON or Parquet."""
    if format_ == "table":
        _print_table(table, out)
    elif format_ == "json":
        out.write(json.dumps(table.to_pylist(), default=str, ensure_ascii=False, indent=1) + "\n")
    elif format_ == "csv":
        import csv

        writer = csv.writer(_LineFeeds(out), lineterminator="\r\n")
        writer.writerow(table.column_names)
        writer.writerows([neutral(value) for value in row.values()] for row in table.to_pylist())
    else:
        import pyarrow.parquet as pq

        if out is sys.stdout and sys.stdout.isatty():
            raise QueryError(
                "Parquet is not for a terminal: send it to a file, as ... --format parquet > answer.parquet"
            )
        bytes_ = io.BytesIO()
        pq.write_table(table, bytes_)
        binary: Any = getattr(out, "buffer", out)
        binary.write(bytes_.getvalue())


class _LineFeeds:
    """Lines as csv writes them, but ended by LF: csv quotes a CR only where CR LF is the line end."""

    def __init__(self, out: IO[str]) -> None:
        self._out = out

    def write(self, line: str) -> int:
        return self._out.write(line.removesuffix("\r\n") + "\n")


def answer_text(table: pa.Table) -> str:
    """An answer as a table for people."""
    text = io.StringIO()
    _print_table(table, text)
    return text.getvalue()


def neutral(value: Any) -> Any:
    """A text that a spreadsheet would run as a formula, made harmless by an apostrophe (OWASP, CSV injection)."""
    if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r", "\0"):
        return f"'{value}"
    return value


def _print_table(table: pa.Table, out: IO[str]) -> None:
    from rich.console import Console
    from rich.table import Table

    shown = Table(box=None, header_style="bold", pad_edge=False)
    numeric = {
        name for name, kind in zip(table.column_names, table.schema.types, strict=True)
        if str(kind).startswith(("int", "uint", "float", "double", "decimal"))
    }  # fmt: skip
    for name in table.column_names:
        shown.add_column(name, justify="right" if name in numeric else "left", overflow="fold")
    for row in table.slice(0, _TABLE_ROWS).to_pylist():
        shown.add_row(*(_cell(value) for value in row.values()))
    width = None if getattr(out, "isatty", lambda: False)() else 200
    console = Console(file=out, width=width, highlight=False, markup=False)
    console.print(shown)
    if table.num_rows > _TABLE_ROWS:
        console.print(f"... {table.num_rows - _TABLE_ROWS:,} more rows; --format csv gives all")


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"
    return str(value)
