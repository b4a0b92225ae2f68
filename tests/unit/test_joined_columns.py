"""Columns made of several: texts one behind the other, and the one of several that another column names."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from pipelines.harmonise.faults import Faults
from pipelines.harmonise.parts import rows_made
from pipelines.specs.feeds import FeedVersion
from tests.unit.makers import spoiled, told

VERSION = FeedVersion.model_validate(
    {
        "valid_from": "2014-01",
        "files": "x.csv",
        "format": {"type": "csv"},
        "join": [
            {"name": "Kind", "columns": ["Type", "Detail"]},
            {"name": "When", "columns": ["Day", "Time"], "between": " "},
        ],
        "choose": [{"name": "Code", "by": "Level", "from": {"Country": "country", "District": "district"}}],
        "columns": {"Kind": "category_code", "When": "occurred", "Code": "area_code"},
    }
)


def made(**cells: str | None) -> dict[str, str | None]:
    names = ("Type", "Detail", "Day", "Time", "Level", "country", "district")
    frame = pl.DataFrame(
        {"_row": [2], **{name: [cells.get(name)] for name in names}}, schema_overrides=dict.fromkeys(names, pl.String)
    )
    (row,) = rows_made(frame, VERSION, Faults()).to_dicts()
    return row


def test_texts_are_joined_in_order_without_the_blanks_around_them() -> None:
    assert made(Type=" Fire ", Detail="Car")["Kind"] == "Fire | Car"
    assert made(Type="Fire")["Kind"] == "Fire | "
    assert made(Detail="Car")["Kind"] == " | Car"
    assert made(Type=" ", Detail=None)["Kind"] is None
    assert made(Day="03/05/2024", Time="14:10")["When"] == "03/05/2024 14:10"


@pytest.mark.parametrize(
    ("level", "code"), [("Country", "E92"), (" District ", "E07"), ("Ward", None), ("country", None), (None, None)]
)
def test_a_cell_is_chosen_by_what_another_column_says_and_by_nothing_else(level: str | None, code: str | None) -> None:
    assert made(Level=level, country="E92", district="E07")["Code"] == code


def test_an_empty_cell_is_not_made_up_for_by_another_level() -> None:
    assert made(Level="District", country="E92")["Code"] is None


def test_a_made_column_that_nothing_uses_is_told(tmp_path: Path) -> None:
    path = "partners/dfe/school_exclusion.yml"
    root = spoiled(tmp_path, (path, "      Area code: {field: area_code", "      new_la_code: {field: area_code"))
    assert any('the column "Area code" is made and not used' in problem for problem in told(root))
