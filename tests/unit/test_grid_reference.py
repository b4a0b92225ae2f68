"""National Grid references: every written form gives the centre of its square, and nothing else gives anything."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.specs.grid_reference import parse_grid_reference

LETTERS = "ABCDEFGHJKLMNOPQRSTUVWXYZ"


def written(easting: int, northing: int, digits: int) -> str:
    """A point as a reference of `digits` each way: the letters from a 25 by 25 table, as OS sets them out."""
    fives = [LETTERS[start : start + 5] for start in range(0, 25, 5)]
    table = [[big + small for big in fives[row // 5] for small in fives[row % 5]] for row in range(25)]
    # The table's origin lies 1,000 km west and 500 km south of the grid's.
    letters = table[24 - (northing + 500_000) // 100_000][(easting + 1_000_000) // 100_000]
    return letters + f"{easting % 100_000:05}"[:digits] + f"{northing % 100_000:05}"[:digits]


@given(st.integers(0, 699_999), st.integers(0, 1_299_999), st.integers(1, 5))
def test_a_reference_gives_the_centre_of_the_square_that_holds_the_point(
    easting: int, northing: int, digits: int
) -> None:
    found = parse_grid_reference(written(easting, northing, digits))
    assert found is not None
    east, north, square = found
    assert square == 10 ** (5 - digits)
    assert (east - square / 2, north - square / 2) == (easting // square * square, northing // square * square)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("SU 997 496", (499750, 149650, 100)),
        ("su997496", (499750, 149650, 100)),
        ("  SU  99  49 ", (499500, 149500, 1000)),
        ("SU\t9974\t4961", (499745, 149615, 10)),
        ("SU 99748 49612", (499748.5, 149612.5, 1)),
        ("SV 0 0", (5000, 5000, 10_000)),
        # Ben Nevis and Land's End as OS prints them.
        ("NN 166 712", (216650, 771250, 100)),
        ("SW 342 250", (134250, 25050, 100)),
        ("TR 338 378", (633850, 137850, 100)),
        ("HP 62 14", (462500, 1214500, 1000)),
    ],
)
def test_references_as_people_write_them(text: str, place: tuple[float, float, int]) -> None:
    assert parse_grid_reference(text) == place


@pytest.mark.parametrize(
    "text",
    [
        "",
        "SU",
        "SU 997 49",
        "SU 997 4961",
        "SU997496x",
        "997 496",
        "SI 997 496",
        "S 997 496",
        "SUU 997 496",
        "499750 149650",
        "SU 367*** 496***",
        "SU 997,496",
        "SU 997496 12",
        "SU 9974 96",
        "SU 123456 123456",
        "AA 12 34",
        "ZZ 12 34",
        "VV 12 34",
        "n/a",
    ],
)
def test_what_is_no_reference_gives_nothing(text: str) -> None:
    assert parse_grid_reference(text) is None
