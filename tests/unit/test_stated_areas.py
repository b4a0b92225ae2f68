"""Events whose sender names an area in place of a point: counted where that is known, and never lost."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.place.lookups.store import lookup_schema
from tests.unit.models import run_models

MODELS = ["int_area_lookup__parts", "int_stated_areas", "int_counts__counted"]
AREAS = [
    ("ward_2014", "W1", "D1"), ("ward_2014", "W2", "D1"), ("ward_2014", "W3", "D2"),
    ("ward_2020", "N1", "D1"), ("ward_2020", "N2", "D1"), ("ward_2020", "N3", "D2"),
    ("district", "D1", None), ("district", "D2", None), ("beat", "B1", None), ("beat", "B2", None),
]  # fmt: skip
LOOKUPS = [
    ("ward_2014", "W1", "ward_2020", "N1", 1.0, "unchanged"),
    ("ward_2014", "W2", "ward_2020", "N1", 0.5, "by_area"),
    ("ward_2014", "W2", "ward_2020", "N2", 0.5, "by_area"),
    ("ward_2014", "W3", "ward_2020", "N3", None, "not_comparable"),
    ("ward_2014", "W1", "beat", "B1", 1.0, "best_fit"),
    ("ward_2014", "W2", "beat", "B9", 1.0, "merged"),
]
Stated = tuple[str | None, str | None, int | None]
SETS = ("ward_2014", "ward_2020", "district", "beat")


def counted(records: list[Stated]) -> list[dict[str, Any]]:
    """Counts of records, each by the set and code of the area its sender names, and the place it stands at."""
    usual = {
        "dataset": "crime", "partner": "p", "supplier": "s", "category_code": "theft", "unit_counted": "report",
        "occurred_from": datetime(2020, 5, 3),
    }  # fmt: skip
    schema = {"stated_set": pl.String, "stated_area": pl.String, "place_id": pl.Int64}
    areas = dict.fromkeys(("boundary_set", "area_code", "parent_code"), pl.String)
    places = {"place_id": [1, 2], "boundary_set": ["ward_2014", "district"], "area_code": ["W3", "D2"]}
    tables = {
        "records": pl.DataFrame(records, schema=schema, orient="row").with_columns(
            pl.lit(value).alias(name) for name, value in usual.items()
        ),
        "recount": pl.DataFrame(
            {"dataset": "crime", "shape": "event", "boundary_set": SETS, "month": date(2020, 5, 1)},
            schema={**dict.fromkeys(("dataset", "shape", "boundary_set"), pl.String), "month": pl.Date},
        ),
        **dict.fromkeys(("int_assets__rows", "int_responses__rows"), pl.DataFrame(schema=schema)),
        "place_areas": pl.DataFrame(places, schema_overrides={"place_id": pl.Int64}),
        "areas": pl.DataFrame(AREAS, schema=areas, orient="row"),
        "area_lookup": pl.DataFrame(LOOKUPS, schema=lookup_schema(), orient="row"),
    }
    return run_models(MODELS, tables)["int_counts__counted"].to_dicts()


def where(*records: Stated) -> dict[str, tuple[str, bool]]:
    """Boundary set to the only area the records are counted in, and whether that is an estimate."""
    rows = counted(list(records))
    assert len(rows) == len(SETS)
    return {row["boundary_set"]: (row["area_code"], row["is_estimated"]) for row in rows}


def test_an_area_stands_for_the_areas_that_hold_all_of_it() -> None:
    assert where(("ward_2014", "W1", None)) == {
        "ward_2014": ("W1", False),
        "ward_2020": ("N1", False),
        # The parent of a ward is an area of the set of districts.
        "district": ("D1", False),
        "beat": ("B1", True),
    }


def test_an_area_that_no_other_holds_all_of_is_unplaced_of_its_parent_where_that_is_known() -> None:
    assert where(("ward_2014", "W2", None)) == {
        "ward_2014": ("W2", False),
        "ward_2020": ("unplaced:D1", False),
        "district": ("D1", False),
        # The lookup leads to an area that the set does not have, and no beat is part of a district.
        "beat": ("unplaced", False),
    }
    assert where(("ward_2014", "W3", None))["ward_2020"] == ("unplaced:D2", False)


def test_a_district_is_unplaced_of_itself_among_its_wards() -> None:
    found = where(("district", "D1", None))
    assert found["district"] == ("D1", False)
    assert found["ward_2014"] == found["ward_2020"] == ("unplaced:D1", False)
    assert found["beat"] == ("unplaced", False)


def test_a_place_is_known_better_than_an_area_and_an_unknown_area_not_at_all() -> None:
    assert where(("ward_2014", "W1", 1))["ward_2014"] == ("W3", False)
    assert where(("ward_2014", "W1", 1))["beat"] == ("outside", False)
    assert set(where(("ward_2014", "W9", None), (None, None, None)).values()) == {("unplaced", False)}


CODES = [(None, None), *((set_name, code) for set_name, code, _ in AREAS), ("ward_2014", "W9"), ("gone", "W1")]


@settings(max_examples=25, deadline=None)
@given(
    records=st.lists(st.tuples(st.sampled_from(CODES), st.sampled_from([None, None, 1, 2, 3])), min_size=1, max_size=12)
)
def test_every_set_counts_every_record_once(records: list[tuple[tuple[str | None, str | None], int | None]]) -> None:
    rows = counted([(*stated, place) for stated, place in records])
    known = {(set_name, code) for set_name, code, _ in AREAS}
    for name in SETS:
        mine = [row for row in rows if row["boundary_set"] == name]
        assert sum(row["record_count"] for row in mine) == len(records)
        for row in mine:
            code = row["area_code"]
            assert (name, code) in known or code == "outside" or code.split(":")[0] == "unplaced"
