"""Renders the macros of dbt_project/macros/statistics as dbt would, and runs them in DuckDB."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import duckdb
import jinja2

STATISTICS = Path(__file__).resolve().parents[2] / "dbt_project" / "macros" / "statistics"
LEVELS = [90, 95, 99, 99.8]


class _Exceptions:
    """What dbt offers a macro to stop a compilation with."""

    @staticmethod
    def raise_compiler_error(message: str) -> None:
        raise ValueError(message)


MACROS = (
    jinja2.Environment(autoescape=False)
    .from_string("\n".join(path.read_text(encoding="utf-8") for path in sorted(STATISTICS.glob("*.sql"))))
    .make_module({"exceptions": _Exceptions})
)
CONNECTION = duckdb.connect(config={"threads": 1})


def sql(macro: str, *arguments: Any, **named: Any) -> str:
    """What a macro is rendered to."""
    return str(getattr(MACROS, macro)(*arguments, **named))


def table(query: str) -> list[tuple[Any, ...]]:
    """The rows of a query."""
    return CONNECTION.execute(query).fetchall()


def value(macro: str, *arguments: Any, rows: str | None = None) -> Any:
    """What a macro gives, of numbers, or of the columns of `rows`."""
    return table(f"select {sql(macro, *arguments)} {'from ' + rows if rows else ''}")[0][0]


def literal(cell: Any) -> str:
    """A value in SQL: a float as a double, which DuckDB otherwise reads as a decimal; null for None."""
    if isinstance(cell, float):
        text = repr(cell)
        return text if "e" in text else f"{text}e0"
    return "null" if cell is None else repr(cell)


def given_rows(columns: str, *rows: tuple[Any, ...]) -> str:
    """Rows as the FROM of a query, names in `columns`."""
    lines = [", ".join(literal(cell) for cell in row) for row in rows]
    return f"(values {', '.join(f'({line})' for line in lines)}) as given ({columns})"


def alpha(level: float) -> float:
    """What a level leaves out, both sides together."""
    return 1 - level / 100
