"""The committed models of the datasets are those of their specs; every published column has a class."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines.build.codes import category_rows
from pipelines.build.column_classes import personal_tables, strictest
from pipelines.build.dataset_models import (
    FOLDER,
    check_models,
    dataset_models,
    placed,
    stale_models,
    write_models,
)
from pipelines.build.dbt import BuildError
from pipelines.build.dictionary import dictionary_rows
from pipelines.specs.check import gather, load_specs
from pipelines.specs.load import SpecSet
from pipelines.specs.models import DatasetField, Sensitivity
from tests.conftest import ROOT, classed
from tests.unit.models import rendered

PROJECT = ROOT / "dbt_project"


@pytest.fixture(scope="module")
def specs() -> SpecSet:
    return load_specs(ROOT / "ingest_specs")


def test_the_committed_models_are_those_of_the_specs(specs: SpecSet) -> None:
    assert stale_models(specs, PROJECT) == [], "run `commongrid specs models` and commit what it writes"


def test_a_dataset_that_came_or_went_is_told_and_written(specs: SpecSet, tmp_path: Path) -> None:
    project = tmp_path / "dbt_project"
    shutil.copytree(PROJECT / FOLDER, project / FOLDER)
    root = tmp_path / "ingest_specs"
    shutil.copytree(ROOT / "ingest_specs", root)
    (root / "datasets" / "bench.yml").write_text(
        classed("""
title: Benches
description: One row is one bench that stood.
shape: asset
category: category_code
fields:
  category_code: {type: code, list: lamp_type, required: true, sensitivity: plain, description: What kind}
  seats: {type: integer, sensitivity: plain, description: How many may sit on it}
""").lstrip()
    )
    changed, _problems = gather(root)
    with pytest.raises(BuildError, match=r"datasets.yml.*commongrid specs models"):
        check_models(changed, project)
    written = write_models(changed, project)
    assert FOLDER / "marts" / "fct_bench.sql" in written
    assert "own=['seats']" in (project / FOLDER / "marts" / "fct_bench.sql").read_text()
    assert "placed_rows('bench')" in (project / FOLDER / "intermediate" / "int_assets__rows.sql").read_text()
    check_models(changed, project)
    assert FOLDER / "marts" / "fct_bench.sql" in write_models(specs, project)
    assert not (project / FOLDER / "marts" / "fct_bench.sql").exists()
    check_models(specs, project)


def test_a_contract_has_the_columns_its_model_selects_in_order(specs: SpecSet) -> None:
    declared = yaml.safe_load(dataset_models(specs)[FOLDER / "datasets.yml"])["models"]
    contracts = {model["name"]: [item["name"] for item in model["columns"]] for model in declared if "columns" in model}
    assert contracts.keys() == {f"fct_{name}" for name in placed(specs)}
    for name, columns in contracts.items():
        selected = re.search(r"select\n(.*?)\nfrom ", rendered(name), re.DOTALL)
        assert selected is not None
        lines = [line.strip().rstrip(",") for line in selected[1].split("\n") if line.strip()]
        assert [line.rpartition(" ")[2] for line in lines] == columns, name


def test_an_identifier_has_a_column_only_where_it_is_kept_as_a_pseudonym(specs: SpecSet) -> None:
    columns = {(row["table"], row["column"]): row for row in dictionary_rows(specs, PROJECT)}
    assert columns["fct_youth_offence", "person_ref"]["sensitivity"] == "identifier"
    assert ("fct_probation_start", "person_name") not in columns
    assert ("fct_abandoned_vehicle", "keeper_name") not in columns
    kept = [row for row in columns.values() if row["sensitivity"] == "identifier"]
    fields = {name: dataset.fields for name, dataset in specs.datasets.items()}
    assert all(fields[row["table"].removeprefix("fct_")][row["column"]].pseudonym for row in kept)


def test_a_column_without_a_class_stops_the_build(specs: SpecSet, tmp_path: Path) -> None:
    project = tmp_path / "dbt_project"
    shutil.copytree(PROJECT, project, ignore=shutil.ignore_patterns("target", "logs"))
    path = project / "models" / "marts" / "marts.yml"
    path.write_text(path.read_text().replace("- name: coverage_share\n", "- name: name_of_driver\n", 1))
    with pytest.raises(BuildError, match=r"record_counts\.name_of_driver; name it in dbt_project/column_classes\.yml"):
        dictionary_rows(specs, project)


def test_a_union_has_the_strictest_class_of_its_datasets(specs: SpecSet) -> None:
    rows = {(row["table"], row["column"]): row for row in dictionary_rows(specs, PROJECT)}
    category = rows["records", "category_code"]
    assert (category["sensitivity"], category["special_category"], category["criminal_offence"]) == (
        "sensitive", True, True,
    )  # fmt: skip
    assert rows["asset_counts", "category_code"]["sensitivity"] == "plain"
    assert rows["response_counts", "category_code"]["sensitivity"] == "sensitive"

    def field(sensitivity: str, **flags: bool) -> DatasetField:
        usual: dict[str, Any] = {"special_category": False, "criminal_offence": False}
        return DatasetField(type="text", description="it", sensitivity=Sensitivity(sensitivity), **(usual | flags))

    made = strictest([field("plain", criminal_offence=True), field("quasi_identifier"), field("plain")])
    assert made is not None
    assert made.row() == {"sensitivity": "quasi_identifier", "special_category": False, "criminal_offence": True}


def test_a_table_of_persons_is_personal_and_says_so(specs: SpecSet) -> None:
    personal = personal_tables(specs)
    declared = yaml.safe_load(dataset_models(specs)[FOLDER / "datasets.yml"])["models"]
    said = {model["name"] for model in declared if "ersonal data" in model["description"]}
    assert said == {name for name in personal if name.startswith("fct_")}
    assert {f"fct_{name}" for name, dataset in specs.datasets.items() if dataset.persons} == said
    assert "records" in personal
    assert personal.isdisjoint({"record_counts", "asset_counts", "response_counts", "observations"})


def test_a_figure_is_expected_of_the_categories_that_a_feed_can_send(specs: SpecSet) -> None:
    rows = list(category_rows(specs))
    sent = {(row["dataset"], row["category_code"]) for row in rows if row["is_sent"]}
    feeds = {feed.dataset for feed in specs.feeds.values()}
    assert {dataset for dataset, _ in sent} <= feeds
    assert ("crime", "burglary") in sent
    unsent = {name for name, dataset in specs.datasets.items() if dataset.category} - feeds
    assert not unsent & {dataset for dataset, _ in sent}
    assert any(not row["is_sent"] for row in rows if row["dataset"] in feeds)


def test_a_field_by_the_name_of_a_column_of_ours_is_told(specs: SpecSet) -> None:
    crime = specs.datasets["crime"]
    fields = {**crime.fields, "square_m": crime.fields["occurred"].model_copy(update={"type": "integer"})}
    clashing = replace(specs, datasets={"crime": crime.model_copy(update={"fields": fields})})
    with pytest.raises(BuildError, match=r"datasets/crime\.yml: square_m: every table has a column of that name"):
        dataset_models(clashing)
