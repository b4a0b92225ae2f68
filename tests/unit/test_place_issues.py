"""What is amiss with a location is told of its row by name, and of a delivery where it is a matter of the whole."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipelines.harmonise.delivery import Harmonised
from pipelines.place.located import NOTED, UNPLACED
from pipelines.read.records import ROW
from pipelines.specs.issue_types import read_issue_types
from pipelines.specs.locations import Coordinates
from tests.unit.makers import (
    GUILDFORD,
    STREET_FILE,
    claimed,
    harmonised,
    lenient,
    line_of,
    spoiled,
    street,
    street_file,
    told,
)

SPEC = "partners/police_uk/crime.yml"
LOCATION = '{by: coordinates, x: Longitude, y: Latitude, crs: "EPSG:4326"'
SURREY = (-0.85, 51.05, 0.06, 51.48)
ALDERSHOT, LEEDS, SWAPPED, TENFOLD = ("-0.7", "51.2"), ("-1.5", "53.8"), ("51.2", "-0.7"), ("-7.0001", "512.0001")


def of_points(*points: tuple[str, str], **keys: Any) -> Harmonised:
    """Street crimes at these points, by a spec that says this of its coordinates."""
    claim = lenient(claimed(STREET_FILE))
    way = Coordinates(by="coordinates", x="Longitude", y="Latitude", crs="EPSG:4326", **keys)
    claim = replace(claim, version=claim.version.model_copy(update={"location": (way,)}))
    rows = [street(f"c{number}", at=point) for number, point in enumerate(points)]
    return harmonised(street_file(rows), claim)[1]


def issues(result: Harmonised, *columns: str) -> list[tuple[Any, ...]]:
    return result.issue_rows.select(columns).rows()


def test_what_is_named_stands_in_the_register_with_what_becomes_of_the_row() -> None:
    types = read_issue_types()
    # A supplied figure may have an area code that nobody knows: it is kept, and was to have no place.
    of_figures = {"historic_area_code", "unknown_area_code", "area_outside_sets"}
    assert {types[kind].row_effect for kind in {*UNPLACED.values()} - of_figures} == {"row kept unplaced"}
    assert {types[kind].row_effect for kind in of_figures} == {"row kept"}
    assert {types[kind].row_effect for kind in (*NOTED, "pile_up")} == {"row kept"}
    assert types["swapped_axes_mended"].severity == types["truncated_units_mended"].severity == "info"
    assert types["outside_expected"].severity == types["pile_up"].severity == "warning"


def test_each_row_that_is_not_placed_says_by_name_why() -> None:
    default = ("499700,149600",)
    result = of_points(GUILDFORD, ("0", "0"), SWAPPED, TENFOLD, within=SURREY, default_points=default)
    assert result.account["loaded"] == 4
    named = ["dummy_location", "swapped_axes", "truncated_units"]
    assert result.rows["place_method"].to_list() == ["coordinates", *named]
    assert issues(result, ROW, "issue_type") == [(3 + number, name) for number, name in enumerate(named)]


def test_a_row_that_is_mended_or_strays_is_placed_and_told_with_its_column() -> None:
    mend = ("swapped_axes", "truncated_units")
    result = of_points(GUILDFORD, SWAPPED, TENFOLD, LEEDS, ALDERSHOT, within=SURREY, mend=mend)
    assert result.rows["place_method"].to_list() == ["coordinates"] * 5
    assert result.rows["place_confidence"].to_list() == [1.0, 0.9, 0.8, 0.7, 1.0]
    assert issues(result, ROW, "issue_type", "column", "value") == [
        (3, "swapped_axes_mended", "Longitude", None),
        (4, "truncated_units_mended", "Longitude", None),
        (5, "outside_expected", "Longitude", None),
    ]
    assert all(message for (message,) in issues(result, "message"))


def test_a_mended_row_has_the_place_of_one_that_was_right() -> None:
    result = of_points(ALDERSHOT, SWAPPED, within=SURREY, mend=("swapped_axes",))
    assert result.rows["place_id"].n_unique() == 1


def pile(count: int, others: int) -> list[tuple[str, str]]:
    """Crimes at one point, and at as many others as are asked for, two at each."""
    return [GUILDFORD] * count + [(f"-0.{600 + number // 2}", "51.2") for number in range(others)]


def test_a_point_where_records_pile_up_is_told_once_for_the_delivery() -> None:
    result = of_points(*pile(30, 300))
    assert result.issues["pile_up"] == 1
    ((row, column, message),) = issues(result, ROW, "column", "message")
    assert (row, column) == (0, "Longitude")
    assert message.startswith("30 of 330 records stand at one point; if it is no location, say default_points: [")
    assert set(result.rows["place_method"]) == {"coordinates"}
    # What it says, put into the spec, is what was meant: that point and no other.
    settled = of_points(*pile(30, 300), default_points=(message.split('"')[1],))
    assert settled.issues == {"default_point": 30}
    assert settled.rows["place_method"].to_list() == ["default_point"] * 30 + ["coordinates"] * 300


@pytest.mark.parametrize(
    ("count", "others", "keys"),
    [
        (16, 300, {}),  # 5 per cent, but few
        (30, 570, {}),  # just 5 per cent
        (19, 0, {}),  # every one of a small return
        (30, 300, {"pile_up_share": 0.1}),
        (30, 300, {"square_m": 1000}),  # a square, and no point
    ],
)
def test_streets_and_small_returns_are_no_pile(count: int, others: int, keys: dict[str, Any]) -> None:
    assert of_points(*pile(count, others), **keys).issues == {}


def test_two_piles_are_told_each() -> None:
    result = of_points(*pile(30, 100), *[ALDERSHOT] * 25)
    assert [kind for (kind,) in issues(result, "issue_type")] == ["pile_up", "pile_up"]
    assert len({message.split('"')[1] for (message,) in issues(result, "message")}) == 2


def test_records_repeated_in_a_return_make_no_pile() -> None:
    claim = lenient(claimed(STREET_FILE))
    same = [street("c1")] * 40 + [street(f"c{number}", at=ALDERSHOT) for number in range(2, 12)]
    _, result = harmonised(street_file(same), claim)
    assert result.account["duplicate"] == 39
    assert "pile_up" not in result.issues


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ("within: [0.06, 51.05, -0.85, 51.48]", "write west, south, east, north"),
        ("within: [482000, 128000, 545000, 177000]", "degrees of longitude and latitude are meant"),
        ("within: [0, 51]", "write four numbers: west, south, east, north"),
        ("default_points: [499700149600]", "write each in quotation marks"),
        ("mend: [swapped_axes]", "mend: say `within`"),
        ('default_points: ["SU 997"]', '"SU 997" is no grid reference; write "SU 99700 49600" or "499700,149600"'),
        ("defaultpoints: []", 'unknown key "defaultpoints" (did you mean "default_points"?)'),
    ],
)
def test_the_check_of_specs_says_on_which_line_a_key_is_wrong(tmp_path: Path, keys: str, message: str) -> None:
    root = spoiled(tmp_path, (SPEC, LOCATION, f"{LOCATION}, {keys}"))
    (problem, *_) = told(root)
    assert problem.startswith(f"{SPEC}:{line_of(root / SPEC, LOCATION)}: ")
    assert message in problem
