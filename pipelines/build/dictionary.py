"""The published tables and their columns, read from where they are declared: the models' own contracts, the specs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from pipelines.build.column_classes import column_classes, personal_tables
from pipelines.specs.load import SpecSet

# By libyaml, where it is there: these files are long, and every build and publication reads them.
_SWIFT = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def dictionary_rows(specs: SpecSet, project: Path) -> list[dict[str, Any]]:
    """One row for each column of each published table; tables in name order.

    A row has table, column, type, description; sensitivity, special_category, criminal_offence; and whether the rows of
    the table are personal data.

    Raises:
        BuildError: where a column has no class.
    """
    tables = [*_models(project), *_release_tables(project)]
    classes = column_classes(
        specs, project, {table["name"]: [column["name"] for column in table["columns"]] for table in tables}
    )
    personal = personal_tables(specs)
    rows = [
        {
            "table": table["name"],
            "column": column["name"],
            "type": column["data_type"],
            "description": " ".join(column["description"].split()),
            **classes[table["name"], column["name"]].row(),
            "personal": table["name"] in personal,
        }
        for table in tables
        for column in table["columns"]
    ]
    return sorted(rows, key=lambda row: row["table"])


def published_tables(project: Path) -> dict[str, dict[str, Any]]:
    """Published model name to its `meta`: `key` (columns that order and identify rows) and `partition`."""
    return {model["name"]: model["config"]["meta"] for model in _models(project)}


def release_columns(project: Path, table: str) -> dict[str, str]:
    """Column to type of a table that publishing makes, in order."""
    [declared] = [item for item in _release_tables(project) if item["name"] == table]
    return {column["name"]: column["data_type"] for column in declared["columns"]}


def _models(project: Path) -> Iterator[dict[str, Any]]:
    for path in sorted((project / "models").rglob("*.yml")):
        declared = yaml.load(path.read_text(encoding="utf-8"), Loader=_SWIFT) or {}
        for model in declared.get("models", []):
            if model.get("config", {}).get("meta", {}).get("published"):
                yield model


def _release_tables(project: Path) -> list[dict[str, Any]]:
    tables: list[dict[str, Any]] = yaml.safe_load((project / "release_tables.yml").read_text(encoding="utf-8"))[
        "tables"
    ]
    return tables
