"""The dbt models of the datasets, written from their specs, so that a new dataset needs no SQL of its own.

Of every dataset whose rows are placed there is a staging view, a published table and its contract; `records` brings the
events of all together, `int_assets__rows` and `int_responses__rows` the rest. The files are committed, as others read
them and dbt needs them; `commongrid specs models` writes them again. What is made of them (counts, indicators) is SQL
written by hand that holds for any dataset.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import yaml

from pipelines.build.dbt import BuildError
from pipelines.specs.load import SpecSet
from pipelines.specs.models import Dataset, DatasetField
from quality_checks.row_schema import stored_columns

# Where the models lie in the dbt project; nothing else lies there.
FOLDER = Path("models") / "datasets"
_NOTE = "Made from ingest_specs/datasets by `commongrid specs models`; change it there, not here."
_TYPES = {
    "text": "varchar", "free_text": "varchar", "code": "varchar", "interval": "timestamp", "date": "date",
    "integer": "bigint", "number": "double",
}  # fmt: skip
# Of each response, what its counts are made of besides its category.
ANSWER = ("question_code", "weight", "sample_size")
_PARTITION = ["period_type", "period_start"]
# The columns every such table has, in order: type and description. A dataset's own stand between the two parts, and
# those that say when an event took place after `unit_counted`.
_BEFORE = {
    "record_id": (
        "varchar", "Identifies the record; the same in every release as long as its source id, or its content, is"
    ),
    "partner": ("varchar", "The agency that sent it"),
    "supplier": ("varchar", "Whom the delivery speaks for, where a partner sends for several"),
    "dataset": ("varchar", "The canonical kind of record or return"),
    "source_id": ("varchar", "The sender's own reference, where it gives one"),
    "category_code": ("varchar", "What is counted, in the shared scheme"),
    "source_category": ("varchar", "The sender's own code for the category"),
}  # fmt: skip
_UNIT = {
    "unit_counted": (
        "varchar", "What one record stands for, as report, removal or recorded crime; unlike units are never added"
    ),
}  # fmt: skip
_WHEN = {
    "occurred_from": ("timestamp", "First moment it may have taken place, local time"),
    "occurred_to": (
        "timestamp",
        "Last moment it may have taken place, to the second and inclusive; a whole month where only the month is known",
    ),
}
_AFTER = {
    "place_id": ("bigint", "The place it stands at; null where it has none"),
    "easting": ("double", "Easting in metres, EPSG:27700, of the point or of the middle of the square"),
    "northing": ("double", "Northing in metres, EPSG:27700, of the point or of the middle of the square"),
    "square_m": ("integer", "Side in metres of the square the place stands for"),
    "place_method": ("varchar", "How the place was found, or why there is none"),
    "place_confidence": (
        "double", "How far the location may be trusted to lie in its square, from 0 to 1; null where there is no place"
    ),
    "stated_set": ("varchar", "The boundary set of the area that the sender names in place of a point"),
    "stated_area": ("varchar", "The code of the area that the sender names in place of a point"),
    "period_type": ("varchar", "The calendar of the period, as month or financial_year"),
    "period_start": ("date", "First day of the period"),
    "revision": ("bigint", "How many revisions of its return there were when it became current"),
    "_delivery_id": ("varchar", "The delivery it came in"),
    "_row": ("uinteger", "First physical line, or sheet row, it stood on"),
    "_spec_version": ("varchar", "The version of the feed's spec that read it, by its first day"),
}  # fmt: skip
# Names that no stored column of a dataset may have, as the table has columns of ours by them.
RESERVED = frozenset({*_BEFORE, *_UNIT, *_WHEN, *_AFTER, "recorded_on", "grid_ref"}) - {"source_id", "category_code"}


def placed(specs: SpecSet, shape: str | None = None) -> dict[str, Dataset]:
    """The datasets whose rows are placed, of one shape or of any, in the order of their names."""
    return {
        name: dataset
        for name, dataset in sorted(specs.datasets.items())
        if dataset.is_placed and shape in (None, dataset.shape)
    }


def tables_besides(specs: SpecSet, datasets: Collection[str]) -> list[str]:
    """The tables of rows of all datasets but these."""
    return [f"fct_{name}" for name in placed(specs) if name not in datasets]


def own_columns(dataset: Dataset) -> dict[str, DatasetField]:
    """The stored columns of a dataset besides those that all tables have, whatever their fields are called."""
    shown = {"source_id", dataset.category, f"{dataset.clock}_from", f"{dataset.clock}_to"}
    return {name: field for name, field in stored_columns(dataset).items() if name not in shown}


def dataset_models(specs: SpecSet) -> dict[Path, str]:
    """Every file below `FOLDER` of the dbt project, by its path in the project, with its text.

    Raises:
        BuildError: where a field has the name of a column that every table has.
    """
    _check_names(specs)
    files: dict[Path, str] = {}
    for name, dataset in placed(specs).items():
        files[FOLDER / "staging" / f"stg_{name}.sql"] = _sql(f"{{{{ staged('{name}') }}}}")
        files[FOLDER / "marts" / f"fct_{name}.sql"] = _sql(_fact(name, dataset))
    events = [
        _call("event_records", name, outcome=dataset.outcome or "") for name, dataset in placed(specs, "event").items()
    ]
    files[FOLDER / "marts" / "records.sql"] = _sql("{{ config(materialized='view') }}", _union(events))
    assets = [_call("placed_rows", name) for name in placed(specs, "asset")]
    files[FOLDER / "intermediate" / "int_assets__rows.sql"] = _sql(_union(assets))
    answers = [_call("placed_rows", name, own=list(ANSWER)) for name in placed(specs, "response")]
    files[FOLDER / "intermediate" / "int_responses__rows.sql"] = _sql(_union(answers))
    files[FOLDER / "datasets.yml"] = f"# {_NOTE}\n" + _yaml({"models": list(_declared(specs))})
    files[FOLDER / "harmonised.yml"] = f"# {_NOTE}\n" + _yaml({"sources": [_harmonised(specs)]})
    return files


def stale_models(specs: SpecSet, project: Path) -> list[Path]:
    """The files below `FOLDER`, by their paths in the project, that are not as the specs would have them."""
    wanted = dataset_models(specs)
    held = {path.relative_to(project) for path in (project / FOLDER).rglob("*") if path.is_file()}
    changed = {path for path, text in wanted.items() if path in held and (project / path).read_text("utf-8") != text}
    return sorted(changed | (held ^ wanted.keys()))


def check_models(specs: SpecSet, project: Path) -> None:
    """Hold the models of a dbt project against the specs they are made from.

    Raises:
        BuildError: where a dataset has come, gone or changed since they were written.
    """
    if stale := stale_models(specs, project):
        names = ", ".join(path.name for path in stale[:5])
        more = f" and {len(stale) - 5} more" if len(stale) > 5 else ""
        raise BuildError(
            f"the models of the datasets are not those of the specs: {names}{more} in {project / FOLDER}; "
            "write them again with `commongrid specs models`"
        )


def write_models(specs: SpecSet, project: Path) -> list[Path]:
    """Make the files below `FOLDER` those of the specs; which of them were changed, as paths in `project`."""
    stale, wanted = stale_models(specs, project), dataset_models(specs)
    for path in stale:
        if path in wanted:
            (project / path).parent.mkdir(parents=True, exist_ok=True)
            (project / path).write_text(wanted[path], encoding="utf-8")
        else:
            (project / path).unlink()
    return stale


def _sql(*lines: str) -> str:
    return "\n".join((f"{{#- {_NOTE} -#}}", *lines)) + "\n"


def _check_names(specs: SpecSet) -> None:
    for name, dataset in placed(specs).items():
        if clash := sorted(RESERVED & own_columns(dataset).keys()):
            told = f"datasets/{name}.yml: {', '.join(clash)}: every table has a column of that name"
            raise BuildError(f"{told}; call the field something else")


def _fact(name: str, dataset: Dataset) -> str:
    config = (
        "{{ config(\n    materialized='incremental',\n    incremental_strategy='append',\n"
        f"    on_schema_change='fail',\n    pre_hook=\"{{{{ delete_changed_returns('{name}') }}}}\"\n) }}}}\n"
    )
    source_id = "source_id" if "source_id" in stored_columns(dataset) else ""
    own = list(own_columns(dataset))
    made: dict[str, str | list[str]] = {
        "own": own,
        "clock": dataset.clock or "",
        "category": dataset.category or "",
        "source_id": source_id,
    }
    return config + _call("dataset_fact", name, **made)


def _call(macro: str, name: str, **given: str | list[str]) -> str:
    """A call of a macro for a dataset, an argument a line; what is empty is left out."""
    arguments = [f"'{name}'", *(f"{key}={_literal(value)}" for key, value in given.items() if value)]
    line = f"{{{{ {macro}({', '.join(arguments)}) }}}}"
    if len(line) <= 120:
        return line
    return f"{{{{ {macro}(\n    " + ",\n    ".join(arguments) + "\n) }}"


def _literal(value: str | list[str]) -> str:
    if isinstance(value, str):
        return f"'{value}'"
    line = f"[{', '.join(map(_literal, value))}]"
    return line if len(line) < 90 else "[\n        " + ",\n        ".join(map(_literal, value)) + "\n    ]"


def _union(parts: list[str]) -> str:
    return "\nunion all\n".join(parts)


class _Plain(yaml.SafeDumper):
    """YAML without anchors: every table says its own."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _yaml(content: dict[str, Any]) -> str:
    return yaml.dump(content, Dumper=_Plain, sort_keys=False, width=118, allow_unicode=True)


def _declared(specs: SpecSet) -> Iterator[dict[str, Any]]:
    for name, dataset in placed(specs).items():
        yield {"name": f"stg_{name}", "description": f"{dataset.title}, of the returns this build replaces"}
        yield _contract(name, dataset)
    yield {"name": "int_assets__rows", "description": "The rows of every dataset of assets, as far as they are counted"}
    yield {"name": "int_responses__rows", "description": "The rows of every dataset of responses, as far as counted"}


def _contract(name: str, dataset: Dataset) -> dict[str, Any]:
    """What a dataset's table holds, as dbt enforces it and the data dictionary tells it."""
    key = ["period_start", "record_id"]
    declared: dict[str, Any] = {
        "name": f"fct_{name}",
        "description": f"{' '.join(dataset.description.split())} {personal_note(dataset)}".strip(),
        "config": {"meta": {"published": True, "key": key, "partition": _PARTITION}},
    }
    if dataset.shape != "event":
        # Those of events are held by the test of `records`.
        declared["data_tests"] = [{"unique_key": {"arguments": {"columns": key}}}]
    columns = [{"name": column, "data_type": kind, "description": said} for column, (kind, said) in _columns(dataset)]
    return {**declared, "columns": columns}


def personal_note(dataset: Dataset) -> str:
    """What the description of a table of a dataset's rows says of the people in them."""
    if not dataset.persons:
        return "Restricted."
    if any(field.pseudonym for field in dataset.fields.values()):
        return "Personal data: who it is of is told by keyed pseudonyms alone, and it is personal data all the same."
    return "Personal data: nothing in it names a person, and it is personal data all the same. Restricted."


def _columns(dataset: Dataset) -> Iterator[tuple[str, tuple[str, str]]]:
    fields = stored_columns(dataset)
    told = {"source_id": fields.get("source_id"), "category_code": fields.get(dataset.category or "")}
    for column, (kind, said) in _BEFORE.items():
        field = told.get(column)
        yield column, (kind, said if field is None else field.description)
    for column, field in own_columns(dataset).items():
        yield column, (_TYPES[field.type], _described(column, field))
    yield from _UNIT.items()
    if dataset.shape == "event":
        yield from _WHEN.items()
    yield from _AFTER.items()


def _described(column: str, field: DatasetField) -> str:
    if field.type == "interval":
        end = "first" if column.endswith("_from") else "last"
        return f"{field.description}: the {end} moment it may have been, local time"
    return field.description


def _harmonised(specs: SpecSet) -> dict[str, Any]:
    files = '{{ env_var("COMMONGRID_BUILD") }}/harmonised/{name}/*.parquet'
    return {
        "name": "harmonised",
        "description": "Harmonised rows of the deliveries whose returns changed, one Parquet file each",
        "config": {"meta": {"external_location": f"read_parquet('{files}', union_by_name = true)"}},
        "tables": [{"name": name} for name in sorted([*placed(specs), "observation"])],
    }
