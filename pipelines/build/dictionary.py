"""The data dictionary: every published column, read from where it is declared, the models' own contracts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml


def dictionary_rows(project: Path) -> list[dict[str, Any]]:
    """One row for each column of each published model: table, column, type, description."""
    rows = []
    for path in sorted((project / "models").rglob("*.yml")):
        declared = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        for model in declared.get("models", []):
            if not model.get("config", {}).get("meta", {}).get("published"):
                continue
            rows += [
                {
                    "table": model["name"],
                    "column": column["name"],
                    "type": column["data_type"],
                    "description": " ".join(column["description"].split()),
                }
                for column in model["columns"]
            ]
    return sorted(rows, key=lambda row: row["table"])


def published_tables(project: Path) -> dict[str, dict[str, Any]]:
    """Published model name to its `meta`: `key` (columns that order and identify rows) and `partition`."""
    tables = {}
    for path in sorted((project / "models").rglob("*.yml")):
        declared = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
        for model in declared.get("models", []):
            meta = model.get("config", {}).get("meta", {})
            if meta.get("published"):
                tables[model["name"]] = meta
    return tables
