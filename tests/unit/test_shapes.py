"""What each shape asks of a dataset, and whether its rows stand somewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.specs.check import gather
from pipelines.specs.models import Dataset
from quality_checks.row_schema import stored_columns
from tests.conftest import classed

_ASSET = """
title: Things
description: One row is one thing.
shape: {shape}
{more}
fields:
  kind: {{type: code, list: kinds, required: true, sensitivity: plain, description: What kind}}
  {fields}
"""
_ANSWER = """question_code: {type: code, list: kinds, required: true, sensitivity: plain, description: The question}
  weight: {type: number, required: true, sensitivity: plain, description: Its weight}
  sample_size: {type: integer, sensitivity: plain, description: How many were asked}"""
NO_WEIGHT = _ANSWER.replace("weight: {type: number, required: true", "weight: {type: number")
NO_SAMPLE = _ANSWER.replace("sample_size", "sampled")


def problems(folder: Path, shape: str, more: str, fields: str) -> list[str]:
    (folder / "datasets").mkdir()
    (folder / "codelists").mkdir()
    (folder / "partners").mkdir()
    (folder / "codelists" / "kinds.csv").write_text("code,label\na,A\n")
    text = classed(_ASSET.format(shape=shape, more=more, fields=fields)).lstrip()
    (folder / "datasets" / "thing.yml").write_text(text)
    return [problem.message for problem in gather(folder)[1] if "thing.yml" in str(problem)]


@pytest.mark.parametrize(
    ("shape", "more", "fields", "said"),
    [
        ("asset", "category: kind", "", None),
        ("asset", "additive: false", "", "a dataset of assets names its `category`"),
        ("response", "category: kind", _ANSWER, None),
        ("response", "additive: false", _ANSWER, "a dataset of responses names its `category`"),
        ("response", "category: kind", NO_WEIGHT, "`weight` of type number or integer, `required: true`"),
        ("response", "category: kind", NO_SAMPLE, "`sample_size` of type integer, which a feed need not fill"),
    ],
)
def test_a_shape_says_what_it_needs(tmp_path: Path, shape: str, more: str, fields: str, said: str | None) -> None:
    found = problems(tmp_path, shape, more, fields)
    if said is None:
        assert found == []
    else:
        assert len(found) == 1
        assert said in found[0]


def test_only_figures_stand_nowhere_and_only_pseudonyms_of_identifiers_are_stored() -> None:
    usual = {"description": "it", "special_category": False, "criminal_offence": False, "sensitivity": "identifier"}
    name = {**usual, "type": "text"}
    kept = {**name, "pseudonym": {"purpose": "linkage", "normalise": "text"}}
    for shape in ("event", "observation", "asset", "response"):
        dataset = Dataset.model_validate(
            {"title": "T", "description": "D", "shape": shape, "persons": True, "fields": {"name": name, "ref": kept}}
        )
        assert dataset.is_placed == (shape != "observation")
        assert list(stored_columns(dataset)) == ["ref"]
