"""Coordinates and grid references that are not what they say: each is named, and mended only where the spec says so."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from pipelines.place.cover import in_cover
from pipelines.place.locate import locate
from pipelines.place.located import ISSUE, NOTED, UNPLACED
from pipelines.place.transform import from_national_grid
from pipelines.specs.locations import Coordinates, GridReference, Location
from tests.unit.makers import NO_REFERENCE

SURREY = (482_000.0, 128_000.0, 545_000.0, 177_000.0)
SURREY_DEGREES = (-0.85, 51.05, 0.06, 51.48)
BOTH = ("swapped_axes", "truncated_units")


def on_grid(**keys: Any) -> Coordinates:
    return Coordinates(by="coordinates", x="x", y="y", crs="EPSG:27700", **keys)


def in_degrees(**keys: Any) -> Coordinates:
    return Coordinates(by="coordinates", x="x", y="y", crs="EPSG:4326", **keys)


def reference(**keys: Any) -> GridReference:
    return GridReference(by="grid_reference", column="x", **keys)


def located(way: Location, x: str, y: str = "") -> dict[str, Any]:
    frame = pl.DataFrame({"x": [x], "y": [y]}, schema={"x": pl.String, "y": pl.String})
    (row,) = locate(frame, (way,), NO_REFERENCE).rows(named=True)
    is_placed = row["easting"] is not None
    # A row is placed and has all that a place has, or is not and has nothing but the reason.
    assert (row["place_method"] in UNPLACED) is not is_placed
    assert all((row[name] is not None) is is_placed for name in ("northing", "square_m", "place_confidence"))
    assert (row[ISSUE] is None or row[ISSUE] in NOTED) if is_placed else row[ISSUE] == UNPLACED[row["place_method"]]
    return row


def method(way: Location, x: str, y: str = "") -> str:
    return str(located(way, x, y)["place_method"])


def place(way: Location, x: str, y: str = "") -> tuple[Any, ...]:
    row = located(way, x, y)
    return row["easting"], row["northing"], row["square_m"], row["place_confidence"], row[ISSUE]


# --- values in place of a location -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("x", "y"),
    [
        ("0", "0"),
        ("0.0", "0.000000"),
        ("1", "1"),
        ("-1", "-1"),
        ("999999", "999999"),
        ("999999", "0"),
        ("9999999", "9999999"),
        ("-9999", "-9999"),
        ("99999", "99999"),
    ],
)
@pytest.mark.parametrize("way", [on_grid(), in_degrees(), on_grid(within=SURREY, mend=BOTH)])
def test_a_dummy_value_is_no_location(way: Coordinates, x: str, y: str) -> None:
    assert method(way, x, y) == "dummy_location"


def test_a_dummy_value_in_one_axis_alone_may_be_a_place() -> None:
    assert method(in_degrees(), "0", "51.4779") == "coordinates"  # the Royal Observatory, Greenwich
    assert method(on_grid(), "499999", "149999") == "coordinates"


@pytest.mark.parametrize(("x", "y"), [("000***", "000***"), ("999***", "999***"), ("999***", "000***")])
def test_a_masked_dummy_value_is_one_too(x: str, y: str) -> None:
    assert method(on_grid(), x, y) == "dummy_location"


@pytest.mark.parametrize(
    "text", ["0", "000000", "999999", "0,0", "1, 1", "-1 -1", "999999,999999", "999999999999", "SV 000 000", "sv0000"]
)
def test_a_dummy_value_is_no_grid_reference(text: str) -> None:
    assert method(reference(), text) == "dummy_location"
    assert method(reference(letters="SU"), text) == "dummy_location"


@pytest.mark.parametrize("text", ["SV", "SV SW"])
def test_a_whole_hundred_kilometre_square_at_the_corner_of_the_grid_is_no_dummy(text: str) -> None:
    assert method(reference(), text) == "outside_cover"


@pytest.mark.parametrize("default", ["SU 99700 49600", "499700,149600", "SU 997 496", "su99NE"])
def test_a_point_in_a_declared_default_square_is_no_location(default: str) -> None:
    ways = {"default_points": (default,)}
    if default != "su99NE":
        assert method(on_grid(**ways), "499700.4", "149600") == "default_point"
        assert method(on_grid(**ways), "499699", "149600") == "coordinates"
    assert method(on_grid(**ways), "489700", "149600") == "coordinates"
    longitude, latitude = (f"{value[0]:.7f}" for value in from_national_grid([499700.5], [149600.5], "EPSG:4326"))
    assert method(in_degrees(**ways), longitude, latitude) == (
        "coordinates" if default == "su99NE" else "default_point"
    )


def test_a_larger_square_than_the_default_one_is_a_location() -> None:
    way = reference(default_points=("SU 997 496",))
    assert [method(way, text) for text in ("SU 997 496", "SU 9975 4965", "SU 99 49", "SU 997 495")] == [
        "default_point", "default_point", "grid_reference", "grid_reference",
    ]  # fmt: skip
    masked = on_grid(default_points=("SU 995 495",))
    assert method(masked, "499***", "149***") == "coordinates"


# --- points that lie where the partner's cannot ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("x", "y", "name"),
    [
        ("149600", "499700", "swapped_axes"),
        ("4997", "1496", "truncated_units"),
        ("49970", "14960", "truncated_units"),
        ("499.7", "149.6", "truncated_units"),
        ("4997000", "1496000", "truncated_units"),
        ("499700000", "149600000", "truncated_units"),
    ],
)
def test_a_point_that_another_reading_explains_is_named_and_not_placed(x: str, y: str, name: str) -> None:
    assert method(on_grid(within=SURREY), x, y) == name
    other = next(kind for kind in BOTH if kind != name)
    assert method(on_grid(within=SURREY, mend=(other,)), x, y) == name


@pytest.mark.parametrize(
    ("x", "y", "mended"),
    [
        ("149600", "499700", (499700, 149600, 10, 0.9, "swapped_axes_mended")),
        ("4997", "1496", (499750, 149650, 100, 0.8, "truncated_units_mended")),
        ("49970", "14960", (499705, 149605, 10, 0.8, "truncated_units_mended")),
        ("499", "149", (499500, 149500, 1000, 0.8, "truncated_units_mended")),
        ("499.7", "149.62", (499750, 149670, 100, 0.8, "truncated_units_mended")),
        ("499.700", "149.620", (499700.5, 149620.5, 10, 0.8, "truncated_units_mended")),
        ("4997000", "1496000", (499700, 149600, 10, 0.8, "truncated_units_mended")),
    ],
)
def test_it_is_mended_where_the_spec_says_so(x: str, y: str, mended: tuple[Any, ...]) -> None:
    assert place(on_grid(within=SURREY, mend=BOTH, square_m=10), x, y) == mended


def test_what_is_mended_in_degrees_grows_by_the_degrees_lost() -> None:
    way = in_degrees(within=SURREY_DEGREES, mend=BOTH)
    east, north, square, confidence, note = place(way, "-0.05741", "5.12362")
    assert (square, confidence, note) == (12, 0.8, "truncated_units_mended")  # 0.0001 degrees of latitude are 11.2 m
    right = place(way, "-0.57415", "51.23625")
    assert (east, north) == (pytest.approx(right[0], abs=0.1), pytest.approx(right[1], abs=0.1))
    assert place(way, "51.2362", "-0.5742")[:2] == place(way, "-0.5742", "51.2362")[:2]


def test_a_point_with_two_explanations_is_never_mended() -> None:
    # Bounds so wide that ten times and a hundred times the same numbers lie within.
    way = on_grid(within=(20_000, 20_000, 400_000, 400_000), mend=BOTH)
    assert method(way, "3900", "2500") == "truncated_units"
    assert located(way, "3990", "900")[ISSUE] == "truncated_units_mended"


def test_a_point_nothing_explains_is_placed_where_it_is_written() -> None:
    # Aldershot, over the border of Surrey: partners' records do lie there.
    assert place(on_grid(within=(490_000, 128_000, 545_000, 177_000)), "486500", "150500") == (
        486500, 150500, 1, 0.7, "outside_expected",
    )  # fmt: skip
    assert place(on_grid(within=SURREY), "499700", "149600") == (499700, 149600, 1, 1.0, None)


def test_a_point_outside_what_is_expected_and_the_cover_has_no_place() -> None:
    assert method(in_degrees(within=SURREY_DEGREES, mend=BOTH), "-6.26", "53.35") == "outside_cover"


def test_a_grid_reference_outside_what_is_expected_is_told() -> None:
    way = reference(within=SURREY)
    assert place(way, "SU 997 496") == (499750, 149650, 100, 1.0, None)
    assert place(way, "SP 997 496") == (499750, 249650, 100, 0.7, "outside_expected")
    # Part of the square lies within.
    assert place(way, "SU") == (450000, 150000, 100_000, 1.0, None)


@pytest.mark.parametrize(
    ("way", "x", "y", "found"),
    [
        (in_degrees(), "51.24", "-0.57", "swapped_axes"),
        (in_degrees(), "-6.26", "53.35", "outside_cover"),  # Dublin
        (in_degrees(), "53.35", "-6.26", "outside_cover"),
        (in_degrees(), "400", "95", "outside_cover"),
        (on_grid(), "862000", "215000", "swapped_axes"),  # Inverness, north for east
        # As written it may be Belfast Lough; as Guildford it would be swapped: what it is, only `within` can tell.
        (on_grid(), "149600", "529700", "outside_cover"),
    ],
)
def test_without_within_a_swap_is_told_only_where_it_can_be_nothing_else(
    way: Coordinates, x: str, y: str, found: str
) -> None:
    assert method(way, x, y) == found


def test_ireland_and_the_sea_are_outside_the_cover_by_every_way_of_writing() -> None:
    for east, north in ((146_000, 529_000), (17_000, 380_000), (600_000, 700_000)):
        assert method(on_grid(), str(east), str(north)) == "outside_cover"
    assert [method(reference(), text) for text in ("NW 46 29", "146000,529000", "OV 99 99")] == ["outside_cover"] * 3


# --- masked figures --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("x", "y", "square"),
    [
        ("367***", "159***", (367500, 159500, 1000)),
        ("36712*", "15912*", (367125, 159125, 10)),
        ("367***", "1591**", (367500, 159500, 1000)),
        ("367123", "1591**", (367150, 159150, 100)),
        ("3*****", "1*****", (350000, 150000, 100_000)),
    ],
)
def test_stars_stand_for_the_middle_of_the_square_the_figures_name(
    x: str, y: str, square: tuple[float, float, int]
) -> None:
    assert place(on_grid(), x, y) == (*square, 1.0, None)
    # A part of the square within is enough.
    west, south = square[0] - square[2] / 2, square[1] - square[2] / 2
    assert place(on_grid(within=(west - 9, south - 9, west + 1, south + 1)), x, y)[4] is None


@pytest.mark.parametrize(
    ("x", "y"), [("******", "******"), ("367***", ""), ("367***", "here"), ("36*123", "159***"), ("9,367***", "159***")]
)
def test_what_is_masked_otherwise_cannot_be_read(x: str, y: str) -> None:
    assert method(on_grid(), x, y) == "bad_location"


def test_stars_are_read_on_the_national_grid_alone() -> None:
    assert method(in_degrees(), "-0.5***", "51.2***") == "bad_location"


def test_masked_points_may_be_swapped_too() -> None:
    way = on_grid(within=SURREY, mend=BOTH)
    assert place(way, "149***", "499***") == (499500, 149500, 1000, 0.9, "swapped_axes_mended")


# --- letters ---------------------------------------------------------------------------------------------------------


def test_figures_without_letters_need_them_declared() -> None:
    assert method(reference(), "997496") == "letters_missing"
    assert method(reference(), "997 496") == "letters_missing"
    assert method(reference(), "997 49") == "bad_location"
    assert place(reference(letters="SU"), "997496") == (499750, 149650, 100, 1.0, None)
    # Those written with their own letters keep them.
    assert place(reference(letters="SU"), "TQ 005 587") == (500550, 158750, 100, 1.0, None)


# --- laws ------------------------------------------------------------------------------------------------------------

NUMBERS = st.one_of(
    st.integers(-10, 1_300_000).map(str),
    st.floats(-200, 200).map(lambda value: f"{value:.4f}"),
    st.sampled_from(["", "x", "367***", "0", "999999", "1e5", "nan"]),
)
WAYS: st.SearchStrategy[Location] = st.sampled_from(
    [
        on_grid(),
        on_grid(within=SURREY, mend=BOTH, default_points=("SU 99",)),
        in_degrees(within=SURREY_DEGREES, mend=BOTH),
        in_degrees(),
        Coordinates(by="coordinates", x="x", y="y", crs="EPSG:25830"),
        reference(letters="TQ", within=SURREY),
    ]
)


@settings(max_examples=300)
@given(WAYS, NUMBERS, NUMBERS)
def test_no_place_is_outside_the_cover_and_no_row_is_lost(way: Location, x: str, y: str) -> None:
    row = located(way, x, y)
    if row["easting"] is not None:
        assert in_cover(np.array([row["easting"]]), np.array([row["northing"]]))[0]
        assert 1 <= row["square_m"] <= 100_000
        assert 0 < row["place_confidence"] <= 1


@given(st.floats(SURREY[0], SURREY[2]), st.floats(SURREY[1], SURREY[3]))
def test_swapped_and_mended_a_point_is_where_it_was(east: float, north: float) -> None:
    way = on_grid(within=SURREY, mend=BOTH)
    x, y = f"{east:.3f}", f"{north:.3f}"
    assume(SURREY[0] < float(x) < SURREY[2] and SURREY[1] < float(y) < SURREY[3])
    assert place(way, y, x) == (*place(way, x, y)[:3], 0.9, "swapped_axes_mended")


@given(st.floats(SURREY_DEGREES[0] + 0.001, SURREY_DEGREES[2]), st.floats(SURREY_DEGREES[1], SURREY_DEGREES[3]))
def test_swapped_in_degrees_and_mended_likewise(longitude: float, latitude: float) -> None:
    way = in_degrees(within=SURREY_DEGREES, mend=("swapped_axes",))
    x, y = f"{longitude:.6f}", f"{latitude:.6f}"
    assume(SURREY_DEGREES[0] <= float(x) <= SURREY_DEGREES[2] and SURREY_DEGREES[1] <= float(y) <= SURREY_DEGREES[3])
    assert place(way, y, x)[:3] == place(way, x, y)[:3]


@given(st.integers(482_000, 544_999), st.integers(128_000, 176_999), st.sampled_from([10, 100, 1000]))
def test_truncated_and_mended_the_square_holds_the_point(east: int, north: int, factor: int) -> None:
    found = place(on_grid(within=SURREY, mend=BOTH), str(east // factor), str(north // factor))
    assert found[2:] == (factor, 0.8, "truncated_units_mended")
    assert abs(found[0] - 0.5 - east) <= factor / 2
    assert abs(found[1] - 0.5 - north) <= factor / 2


@settings(max_examples=30)
@given(st.lists(st.tuples(NUMBERS, NUMBERS), max_size=8), WAYS)
def test_each_row_is_located_as_it_would_be_alone(pairs: list[tuple[str, str]], way: Location) -> None:
    frame = pl.DataFrame(
        {"x": [x for x, _ in pairs], "y": [y for _, y in pairs]}, schema_overrides={"x": pl.String, "y": pl.String}
    )
    together = locate(frame, (way,), NO_REFERENCE).rows(named=True)
    assert together == [located(way, x, y) for x, y in pairs]


# --- what a spec may say ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "keys", "message"),
    [
        (on_grid, {"within": (545_000, 128_000, 482_000, 177_000)}, "west less than east"),
        (on_grid, {"within": (482_000, 177_000, 545_000, 128_000)}, "south less than north"),
        (on_grid, {"within": SURREY_DEGREES}, "metres of the National Grid are meant"),
        (on_grid, {"within": (0, 0, 800_000, 100)}, "metres of the National Grid are meant"),
        (in_degrees, {"within": SURREY}, "degrees of longitude and latitude are meant, as the CRS is EPSG:4326"),
        (reference, {"within": SURREY_DEGREES}, "metres of the National Grid are meant"),
        (on_grid, {"mend": ("swapped_axes",)}, "mend: say `within`"),
        (on_grid, {"within": SURREY, "mend": ("swaped_axes",)}, "swapped_axes"),
        (on_grid, {"default_points": ("SU 997 49",)}, '"SU 997 49" is no grid reference; write "SU 99700 49600"'),
        (reference, {"default_points": ("997 496",)}, '"997 496" is no grid reference'),
        (reference, {"letters": "SI"}, 'letters: "SI" is no 100 km square'),
        (reference, {"letters": "ZZ"}, 'letters: "ZZ" is no 100 km square'),
        (reference, {"letters": "SU9"}, 'letters: "SU9" is no 100 km square'),
        (reference, {"pile_up_share": 0}, "greater than 0"),
    ],
)
def test_what_cannot_be_meant_is_refused(make: Any, keys: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        make(**keys)
