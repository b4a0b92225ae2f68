"""The shape of a typed row is its dataset's contract; a fault of the program is no fault of the data."""

from __future__ import annotations

from datetime import date, datetime

import polars as pl
import pytest

from pipelines.specs.models import Dataset
from quality_checks.row_schema import failures, polars_type, row_schema, stored_columns
from tests.unit.makers import shipped

PLAIN = {"sensitivity": "plain", "special_category": False, "criminal_offence": False, "description": "x"}
DATASET = Dataset.model_validate(
    {
        "title": "x",
        "description": "x",
        "shape": "observation",
        "persons": False,
        "fields": {
            "name": {"type": "text", "required": True, "pattern": "[a-z]+", **PLAIN},
            "kind": {"type": "code", "list": "kind", **PLAIN},
            "count": {"type": "integer", "min": 0, "max": 10, **PLAIN},
            "rate": {"type": "number", "min": -1, **PLAIN},
            "day": {"type": "date", **PLAIN},
            "when": {"type": "interval", "required": True, **PLAIN},
            "who": {"type": "text", **PLAIN, "sensitivity": "identifier"},
        },
    }
)
MOMENT = datetime(2014, 5, 1)
SOUND = {
    "name": "abc",
    "kind": "a",
    "count": 3,
    "rate": 0.5,
    "day": date(2014, 5, 1),
    "when_from": MOMENT,
    "when_to": MOMENT,
}


def typed(*rows: dict[str, object]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema={name: polars_type(field) for name, field in stored_columns(DATASET).items()})


def broken(*rows: dict[str, object]) -> list[tuple[object, ...]]:
    return failures(typed(*rows), row_schema(DATASET, {"kind": ["a", "b"]})).select("index", "field").rows()


def test_an_interval_is_two_columns_and_an_identifier_none() -> None:
    assert list(stored_columns(DATASET)) == ["name", "kind", "count", "rate", "day", "when_from", "when_to"]
    assert {"keeper_name", "registration_mark"}.isdisjoint(stored_columns(shipped().datasets["abandoned_vehicle"]))


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"count": 0},
        {"count": 10},
        {"rate": -1.0},
        {"kind": None, "count": None, "rate": None, "day": None},
        {"kind": "b"},
    ],
)
def test_what_the_contract_allows_passes(values: dict[str, object]) -> None:
    assert broken({**SOUND, **values}) == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", None),
        ("name", "ABC"),
        ("name", "abc1"),
        ("name", "abc\n"),
        ("kind", "c"),
        ("count", -1),
        ("count", 11),
        ("rate", -1.5),
        ("when_from", None),
    ],
)
def test_each_breach_is_found_at_its_row(field: str, value: object) -> None:
    assert broken(SOUND, {**SOUND, field: value}, SOUND) == [(1, field)]


def test_every_breach_of_every_row_is_found() -> None:
    rows = [{**SOUND, "count": -1, "name": "X"}, SOUND, {**SOUND, "count": 99}]
    assert sorted(broken(*rows)) == [(0, "count"), (0, "name"), (2, "count")]


def test_no_rows_break_nothing() -> None:
    assert broken() == []


def test_a_column_of_another_type_is_a_fault_of_the_program() -> None:
    schema = row_schema(DATASET, {"kind": ["a"]})
    with pytest.raises(TypeError, match="typed frame does not fit its schema"):
        failures(typed(SOUND).with_columns(pl.col("count").cast(pl.String)), schema)
    with pytest.raises(TypeError, match="typed frame does not fit its schema"):
        failures(typed(SOUND).drop("count"), schema)
