"""How far each published column may travel, and whether its table is personal data.

A column that a field of a dataset fills has that field's class, by the strictest of the datasets it may be of. The
others are declared in one place, `dbt_project/column_classes.yml`. A column in neither stops the build.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from pipelines.build.dataset_models import own_columns, placed
from pipelines.build.dbt import BuildError
from pipelines.specs.load import SpecSet
from pipelines.specs.models import Dataset, DatasetField, Sensitivity
from quality_checks.row_schema import stored_columns

# The strictest first.
_STRICT = (Sensitivity.IDENTIFIER, Sensitivity.SENSITIVE, Sensitivity.QUASI_IDENTIFIER, Sensitivity.PLAIN)
_DECLARED = "column_classes.yml"
# What the tables that bring datasets together take of each: column to how its field is named in the dataset.
_CATEGORY = ("category_code", "category_name", "source_category")
_FIGURES = ("area_code", "measure", "value", "symbol", "vintage")
_ANSWERS = {
    "question_code": "question_code",
    "sample_size": "sample_size",
    "weight": "weight",
    "weight_squared": "weight",
}


@dataclass(frozen=True)
class ColumnClass:
    """What may be done with a column."""

    sensitivity: Sensitivity
    special_category: bool = False
    criminal_offence: bool = False

    def row(self) -> dict[str, Any]:
        """As the data dictionary tells it."""
        return {
            "sensitivity": self.sensitivity.value,
            "special_category": self.special_category,
            "criminal_offence": self.criminal_offence,
        }


def strictest(fields: Iterable[DatasetField]) -> ColumnClass | None:
    """The class of a column that any of these fields may fill; None where none does."""
    found = list(fields)
    if not found:
        return None
    return ColumnClass(
        min((field.sensitivity for field in found), key=_STRICT.index),
        any(field.special_category for field in found),
        any(field.criminal_offence for field in found),
    )


def column_classes(
    specs: SpecSet, project: Path, columns: Mapping[str, Iterable[str]]
) -> dict[tuple[str, str], ColumnClass]:
    """The class of every published column, by table and column.

    Raises:
        BuildError: where one has none, with all that have none.
    """
    filled, declared = _filled(specs), _declared(project)
    found: dict[tuple[str, str], ColumnClass] = {}
    without = []
    for table, names in columns.items():
        for name in names:
            made = strictest(filled.get(table, {}).get(name, ())) or declared.get(name)
            if made is None:
                without.append(f"{table}.{name}")
            else:
                found[table, name] = made
    if without:
        raise BuildError(
            f"a published column has no class: {', '.join(without)}; "
            f"name it in dbt_project/{_DECLARED}, or let a field of a dataset fill it"
        )
    return found


def personal_tables(specs: SpecSet) -> set[str]:
    """The published tables whose rows are personal data: those of persons, what they share, and where they stand."""
    persons = {name: dataset for name, dataset in placed(specs).items() if dataset.persons}
    tables = {f"fct_{name}" for name in persons}
    if any(dataset.shape == "event" for dataset in persons.values()):
        tables.add("records")
    # A place may be somebody's home.
    return tables | {"place_areas"} if persons else tables


def _declared(project: Path) -> dict[str, ColumnClass]:
    declared = yaml.safe_load((project / _DECLARED).read_text(encoding="utf-8"))
    return {
        name: ColumnClass(Sensitivity(kind))
        for kind, listed in declared.items()
        for item in listed
        for name in ([item] if isinstance(item, str) else item)
    }


def _filled(specs: SpecSet) -> dict[str, dict[str, list[DatasetField]]]:
    """Table to column to the fields that may fill it."""
    tables: dict[str, dict[str, list[DatasetField]]] = {}

    def fill(table: str, column: str, field: DatasetField | None) -> None:
        if field is not None:
            tables.setdefault(table, {}).setdefault(column, []).append(field)

    for name, dataset in placed(specs).items():
        category = dataset.fields.get(dataset.category or "")
        for column, field in _facts(dataset).items():
            fill(f"fct_{name}", column, field)
            if dataset.shape == "event" and column in (*_CATEGORY, "source_id", "occurred_from", "occurred_to"):
                fill("records", column, field)
        if dataset.shape == "event":
            fill("records", "outcome_code", dataset.fields.get(dataset.outcome or ""))
        table = {"event": "record_counts", "asset": "asset_counts", "response": "response_counts"}[dataset.shape]
        for counts in (table, "changes") if table == "record_counts" else (table,):
            for column in ("category_code", "category_name"):
                fill(counts, column, category)
        for column, source in _ANSWERS.items() if dataset.shape == "response" else ():
            fill(table, column, dataset.fields.get(source))
    for dataset in specs.datasets.values():
        if dataset.shape == "observation":
            for table in ("observations", "changes"):
                _figures(table, dataset, fill)
    return tables


def _facts(dataset: Dataset) -> dict[str, DatasetField]:
    """The columns of a dataset's own table that its fields fill."""
    fields = stored_columns(dataset)
    columns = own_columns(dataset)
    if "source_id" in fields:
        columns["source_id"] = fields["source_id"]
    if dataset.category:
        columns |= dict.fromkeys(("category_code", "source_category"), dataset.fields[dataset.category])
    if dataset.clock:
        columns |= dict.fromkeys(("occurred_from", "occurred_to"), dataset.fields[dataset.clock])
    return columns


def _figures(table: str, dataset: Dataset, fill: Any) -> None:
    """What the table of all figures, and that of those that moved, take of a dataset of figures."""
    for name in _FIGURES:
        fill(table, name, dataset.fields.get(name))
    fill(table, "category_code", dataset.fields.get("category_code"))
    for name in dataset.key:
        if name not in (*_FIGURES, "boundary_set", "category_code"):
            fill(table, "breakdown", dataset.fields[name])
    if table == "changes":
        for column in ("old_value", "new_value"):
            fill(table, column, dataset.fields.get("value"))
