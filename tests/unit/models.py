"""Models of the warehouse run by themselves: their SQL, rendered without dbt, on tables made for a test."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import jinja2
import polars as pl

PROJECT = Path(__file__).resolve().parents[2] / "dbt_project"


def rendered(model: str) -> str:
    """A model's SQL, of a full build: every model and source it reads is a table of that name."""
    macros = "\n".join(path.read_text(encoding="utf-8") for path in sorted((PROJECT / "macros").glob("*.sql")))
    # A test block is dbt's own and no macro.
    macros = macros.replace("{% test ", "{% macro ").replace("{% endtest %}", "{% endmacro %}")
    [path] = (PROJECT / "models").rglob(f"{model}.sql")
    given: dict[str, Any] = {
        "ref": lambda name: name,
        "source": lambda _source, name: name,
        "config": lambda **_settings: "",
        "is_incremental": lambda: False,
        "this": model,
    }
    environment = jinja2.Environment(autoescape=False)
    environment.globals |= given
    return environment.from_string(macros + path.read_text(encoding="utf-8")).render().strip()


def run_models(models: list[str], tables: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """Make the models, in order, from tables named as their sources and models are."""
    import duckdb

    with duckdb.connect(config={"threads": 2}) as connection:
        for name, table in tables.items():
            connection.register(f"{name}_given", table.to_arrow())
            connection.execute(f"create table {name} as from {name}_given")
        for model in models:
            connection.execute(f"create table {model} as {rendered(model)}")
        return {model: connection.execute(f"from {model}").pl() for model in models}
