"""Supplied figures on another boundary set: what is exact stays exact, what is estimated says so, nothing is lost."""

from __future__ import annotations

from datetime import date
from fractions import Fraction
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.place.lookups.store import EXACT, METHODS, lookup_schema
from tests.unit.models import rendered, run_models

MODELS = [
    "int_area_lookup__parts", "int_area_lookup__areas", "int_observations__routes", "int_observations__converted",
]  # fmt: skip
YEAR = date(2020, 1, 1)
Pair = tuple[str, str, float | None, str]
SUPPLIED = {
    **dict.fromkeys(("dataset", "partner", "supplier", "measure", "category_code", "breakdown"), pl.String),
    **dict.fromkeys(("boundary_set", "area_code", "period_type"), pl.String),
    "period_start": pl.Date,
    "value": pl.Float64,
    **dict.fromkeys(("symbol", "vintage", "status"), pl.String),
    "revision": pl.Int64,
}


def figure(area: str, value: float | None, **other: Any) -> dict[str, Any]:
    """One supplied figure; `other` replaces what it is of."""
    usual = {
        "dataset": "population", "partner": "county", "supplier": "county", "measure": "people", "category_code": None,
        "breakdown": None, "boundary_set": "old", "area_code": area, "period_type": "calendar_year",
        "period_start": YEAR, "value": value, "symbol": None, "vintage": None, "status": "ok", "revision": 1,
    }  # fmt: skip
    return usual | other


def pairs(*rows: Pair, from_set: str = "old", to_set: str = "new") -> pl.DataFrame:
    table = [(from_set, from_code, to_set, to_code, weight, method) for from_code, to_code, weight, method in rows]
    return pl.DataFrame(table, schema=lookup_schema(), orient="row")


def convert(
    figures: list[dict[str, Any]], *lookups: pl.DataFrame, additive: tuple[str | None, ...] = (None,)
) -> list[dict[str, Any]]:
    """The converted figures, in order of set and area."""
    supplied = pl.DataFrame([[row[name] for name in SUPPLIED] for row in figures], schema=SUPPLIED, orient="row")
    measures = [("population", name) for name in additive]
    tables = {
        "int_observations__supplied": supplied,
        "reconvert": supplied.select("partner", "dataset", "period_start").unique(),
        "area_lookup": pl.concat(lookups),
        "additive_measures": pl.DataFrame(measures, schema={"dataset": pl.String, "measure": pl.String}, orient="row"),
    }
    made = run_models(MODELS, tables)["int_observations__converted"]
    return made.sort("boundary_set", "area_code", "measure", "breakdown").to_dicts()


def told(rows: list[dict[str, Any]], *names: str) -> dict[str, Any]:
    """Area to the named columns of its figure."""
    wanted = names or ("value", "status", "flags", "area_method")
    return {row["area_code"]: tuple(row[name] for name in wanted) for row in rows}


def test_the_methods_that_are_exact_are_those_of_the_store() -> None:
    import duckdb

    condition = rendered("int_area_lookup__parts").split("bool_and(", 1)[1].split(") as is_exact")[0]
    listed = ", ".join(f"('{method}')" for method in METHODS)
    found = duckdb.sql(f"select method from (values {listed}) as methods (method) where {condition}").fetchall()
    assert {method for (method,) in found} == set(EXACT)


def test_each_method_gives_the_figure_its_status() -> None:
    lookup = pairs(
        ("same", "SAME", 1.0, "unchanged"), ("m1", "MERGED", 1.0, "merged"), ("m2", "MERGED", 1.0, "merged"),
        ("s1", "BACK", 1.0, "summed_back"), ("s2", "BACK", 1.0, "summed_back"),
        ("split", "LEFT", 0.25, "by_addresses"), ("split", "RIGHT", 0.75, "by_addresses"),
        ("best", "FIT", 1.0, "best_fit"), ("half", "FIT", 0.5, "by_area"),
        ("moved", "MOVED", None, "not_comparable"), ("fine", "MOVED", 1.0, "merged"),
    )  # fmt: skip
    values = {
        "same": 7, "m1": 10, "m2": 20, "s1": 1, "s2": 2, "split": 10, "best": 100, "half": 9, "moved": 5, "fine": 6,
        "elsewhere": 40, "unplaced": 3,
    }  # fmt: skip
    assert told(convert([figure(area, value) for area, value in values.items()], lookup)) == {
        "SAME": (7, "ok", None, "unchanged"),
        "MERGED": (30, "ok", None, "merged"),
        "BACK": (3, "ok", None, "summed_back"),
        # 2.5 and 7.5: the one unit left over goes to the lower code.
        "LEFT": (3, "estimated", "estimated_area", "by_addresses"),
        "RIGHT": (7, "estimated", "estimated_area", "by_addresses"),
        "FIT": (105, "estimated", "estimated_area", "best_fit,by_area"),
        "MOVED": (None, "not_comparable", None, "merged,not_comparable"),
        # All of an area that the lookup does not know, and the half of one that lies in no area of the set.
        "outside": (44, "estimated", "estimated_area", "by_area"),
        "unplaced": (3, "ok", None, "unchanged"),
    }


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ((None, "suppressed"), (5, None), (None, "suppressed", None)),
        ((None, "suppressed"), None, (None, "suppressed", "constituents_missing")),
        ((None, "not_available"), (5, None), (5, "partial", "constituents_missing")),
        (None, (5, None), (5, "partial", "constituents_missing")),
        (None, (None, "not_available"), (None, "not_supplied", "constituents_missing")),
        ((None, "rounded_to_zero"), (5, None), (5, "rounded", "rounded_constituents")),
        ((None, "rounded_to_zero"), (None, "rounded_to_zero"), (None, "rounded", "rounded_constituents")),
        ((None, "not_applicable"), (5, None), (5, "ok", None)),
        ((None, "not_applicable"), (None, "not_applicable"), (None, "not_applicable", None)),
        ((0, None), (0, None), (0, "ok", None)),
    ],
)
def test_a_figure_is_as_good_as_what_it_is_made_of(a: Any, b: Any, expected: tuple[Any, ...]) -> None:
    statuses = {
        None: "ok", "suppressed": "suppressed", "not_applicable": "not_applicable", "not_available": "not_supplied",
        "rounded_to_zero": "rounded",
    }  # fmt: skip
    given = [
        figure(area, said[0], symbol=said[1], status=statuses[said[1]])
        for area, said in (("a", a), ("b", b))
        if said is not None
    ]
    lookup = pairs(("a", "T", 1.0, "merged"), ("b", "T", 1.0, "merged"))
    assert told(convert(given, lookup), "value", "status", "flags") == {"T": expected}


def test_a_set_the_partner_supplies_itself_gets_no_converted_figures_of_that_measure_and_period() -> None:
    later, other = date(2021, 1, 1), "households"
    figures = [
        figure("a", 10), figure("A", 11, boundary_set="new"), figure("a", 12, period_start=later),
        figure("a", 4, measure=other), figure("a", 10, partner="another"),
    ]  # fmt: skip
    rows = convert(figures, pairs(("a", "A", 1.0, "unchanged")))
    assert sorted((row["partner"], row["measure"], row["period_start"], row["value"]) for row in rows) == [
        ("another", "people", YEAR, 10), ("county", "households", YEAR, 4), ("county", "people", later, 12),
    ]  # fmt: skip


def test_of_two_sets_that_lead_to_one_the_exact_is_taken_and_then_the_fuller() -> None:
    rough = pairs(("x", "T", 1.0, "best_fit"), ("y", "T", 1.0, "best_fit"), from_set="small")
    exact = pairs(("a", "T", 1.0, "merged"), ("b", "T", 1.0, "merged"))
    also = pairs(("p", "T", 1.0, "merged"), ("q", "T", 1.0, "merged"), from_set="alike")
    small = [figure(area, 50, boundary_set="small") for area in "xy"]
    old, alike = [figure("a", 1)], [figure(area, 2, boundary_set="alike") for area in "pq"]
    assert told(convert([*small, *old], rough, exact), "value", "status") == {"T": (1, "partial")}
    assert told(convert([*small, *old, *alike], rough, exact, also), "value", "status") == {"T": (4, "ok")}


def test_what_cannot_be_added_up_is_told_only_of_areas_that_have_not_changed() -> None:
    lookup = pairs(
        ("same", "SAME", 1.0, "unchanged"), ("a", "T", 1.0, "merged"), ("b", "T", 1.0, "merged"),
        ("hid", "HID", 1.0, "unchanged"), ("one", "ONE", 1.0, "best_fit"),
    )  # fmt: skip
    figures = [figure(area, 0.1234567890123) for area in ("same", "a", "b", "one", "far")]
    figures += [figure("hid", None, symbol="suppressed", status="suppressed")]
    columns = ("value", "symbol", "status", "area_method")
    assert told(convert(figures, lookup, additive=()), *columns) == {
        "SAME": (0.1234567890123, None, "ok", "unchanged"),
        "T": (None, None, "not_comparable", "merged"),
        "HID": (None, "suppressed", "suppressed", "unchanged"),
        "ONE": (None, None, "not_comparable", "best_fit"),
    }
    # A dataset may say it of one measure and not of another.
    rate = [figure(area, 0.5, measure="rate") for area in "ab"]
    rows = convert([figure("a", 1), figure("b", 2), *rate], lookup, additive=("people",))
    assert [(row["measure"], row["value"], row["status"]) for row in rows] == [
        ("people", 3, "ok"), ("rate", None, "not_comparable"),
    ]  # fmt: skip


def test_the_suppliers_of_a_partner_are_added_up_and_named_where_there_is_one() -> None:
    lookup = pairs(("a", "T", 1.0, "merged"), ("b", "T", 1.0, "merged"), ("c", "U", 1.0, "unchanged"))
    north, south = {"supplier": "north", "revision": 2}, {"supplier": "south"}
    figures = [figure("a", 1, **north), figure("a", 2, **south), figure("c", 9, **south)]
    columns = ("supplier", "value", "status", "revision")
    assert told(convert(figures, lookup), *columns) == {"T": (None, 3, "partial", 2), "U": ("south", 9, "ok", 1)}
    whole = convert([*figures, figure("b", 4, **north)], lookup)
    assert told(whole, *columns) == {"T": (None, 7, "ok", 2), "U": ("south", 9, "ok", 1)}


@st.composite
def splits(draw: st.DrawFn) -> list[Pair]:
    """A lookup of a few areas, each to a few others, some with a part that lies in none."""
    rows: list[Pair] = []
    for number in range(draw(st.integers(1, 4))):
        shares = draw(st.lists(st.integers(1, 9), min_size=1, max_size=5))
        gone = draw(st.sampled_from([0, 0, 3]))
        whole = sum(shares) + gone
        targets = draw(st.permutations("PQRSTU"))
        area = f"a{number}"
        method = "merged" if whole == shares[0] else draw(st.sampled_from(["by_area", "by_addresses"]))
        rows += [(area, to, share / whole, method) for share, to in zip(shares, targets, strict=False)]
    return rows


@settings(max_examples=25, deadline=None)
@given(
    rows=splits(),
    values=st.lists(st.integers(0, 10**7), min_size=6, max_size=6),
    hundredths=st.booleans(),
    order=st.randoms(use_true_random=False),
)
def test_every_set_adds_up_to_what_was_supplied(
    rows: list[Pair], values: list[int], hundredths: bool, order: Any
) -> None:
    areas = [*sorted({row[0] for row in rows}), "elsewhere", "unplaced"]
    figures = [figure(area, value / 100 if hundredths else value) for area, value in zip(areas, values, strict=False)]
    made = convert(figures, pairs(*rows))
    assert all(row["value"] is not None for row in made)
    total, supplied = (sum(Fraction(row["value"]) for row in side) for side in (made, figures))
    if hundredths:
        assert abs(total - supplied) < Fraction(1, 10**6)
    else:
        assert total == supplied
        assert all(row["value"].is_integer() for row in made)
    # No figure is further from its exact share than a unit for each area it has a share of.
    given = {row["area_code"]: row["value"] for row in figures}
    for code, (value,) in told(made, "value").items():
        mine = [(area, weight) for area, to, weight, _ in rows if to == code]
        if mine:
            assert abs(value - sum(given[area] * (weight or 0) for area, weight in mine)) < len(mine) + 1e-6
    # Neither the order of figures nor that of pairs makes any difference.
    shuffled, other = order.sample(figures, len(figures)), order.sample(rows, len(rows))
    assert convert(shuffled, pairs(*other)) == made
