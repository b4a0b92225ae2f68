"""National Grid references: every written form gives the centre of its square, and nothing else gives anything."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.specs.grid_reference import lacks_letters, parse_grid_reference, write_grid_reference

LETTERS = "ABCDEFGHJKLMNOPQRSTUVWXYZ"


def written(easting: int, northing: int, digits: int) -> str:
    """A point as a reference of `digits` each way: the letters from a 25 by 25 table, as OS sets them out."""
    fives = [LETTERS[start : start + 5] for start in range(0, 25, 5)]
    table = [[big + small for big in fives[row // 5] for small in fives[row % 5]] for row in range(25)]
    # The table's origin lies 1,000 km west and 500 km south of the grid's.
    letters = table[24 - (northing + 500_000) // 100_000][(easting + 1_000_000) // 100_000]
    return letters + f"{easting % 100_000:05}"[:digits] + f"{northing % 100_000:05}"[:digits]


def corner(east: float, north: float, side: int) -> tuple[float, float]:
    return east - side / 2, north - side / 2


EASTINGS, NORTHINGS = st.integers(0, 699_999), st.integers(0, 1_299_999)


def as_written_by(draw: st.DrawFn, text: str) -> str:
    """The text in any case, with spaces and commas wherever they may stand."""
    gap = st.sampled_from(["", "", " ", ", ", "  ", "\t"])
    # Figures in two groups are halves, so a gap within figures would need another: they stay together here.
    parts = re.findall(r"[A-Z]|[0-9*]+", text)
    joined = "".join(part + draw(gap) for part in parts)
    return draw(st.sampled_from([joined, joined.lower(), f" {joined}"]))


@st.composite
def references(draw: st.DrawFn) -> tuple[int, int, int, str]:
    """A point, the side of a square that holds it, and a reference of that square in one of the supported forms."""
    easting, northing, digits = draw(EASTINGS), draw(NORTHINGS), draw(st.integers(0, 5))
    side, text = 10 ** (5 - digits), written(easting, northing, digits)
    form = draw(st.sampled_from(["plain", "halves", "quadrant", "tetrad", "masked", "metres", "masked metres"]))
    if form == "quadrant" and digits < 5:
        half = side // 2
        text += ("N" if northing % side >= half else "S") + ("E" if easting % side >= half else "W")
        side = half
    elif form == "tetrad":
        # As the atlases print it: five columns of five letters, from the south-west, without O.
        columns = ("ABCDE", "FGHIJ", "KLMNP", "QRSTU", "VWXYZ")
        text = written(easting, northing, 1) + columns[easting % 10_000 // 2_000][northing % 10_000 // 2_000]
        side = 2_000
    elif form == "masked":
        stars = "*" * draw(st.integers(1, 5 - digits)) if digits < 5 else ""
        text = text[:2] + text[2 : 2 + digits] + stars + text[2 + digits :] + stars
    elif form == "halves" and digits:
        text = f"{text[: 2 + digits]} {text[2 + digits :]}"
        return easting, northing, side, text
    elif form == "metres":
        return easting, northing, 1, f"{easting:06}{draw(st.sampled_from(['', ' ', ',', ', ']))}{northing:06}"
    elif form == "masked metres":
        hidden = draw(st.integers(1, 5))
        halves = (f"{value:06}"[:-hidden] + "*" * hidden for value in (easting, northing))
        return easting, northing, 10**hidden, ",".join(halves)
    return easting, northing, side, as_written_by(draw, text)


@settings(max_examples=400)
@given(references())
def test_every_written_form_gives_the_centre_of_the_square_that_holds_the_point(
    reference: tuple[int, int, int, str],
) -> None:
    easting, northing, side, text = reference
    found = parse_grid_reference(text)
    assert found is not None
    assert found[2] == side
    assert corner(*found) == (easting // side * side, northing // side * side)


@given(EASTINGS, NORTHINGS, st.integers(1, 5))
def test_figures_without_letters_are_read_with_those_declared_and_not_without(
    easting: int, northing: int, digits: int
) -> None:
    text = written(easting, northing, digits)
    assert parse_grid_reference(text[2:], text[:2]) == parse_grid_reference(text)
    assert parse_grid_reference(text[2:]) is None
    assert lacks_letters(text[2:])
    assert not lacks_letters(text)


@given(EASTINGS, NORTHINGS, st.sampled_from([1, 5, 10, 50, 100, 500, 1000, 5000, 10_000, 50_000, 100_000]))
def test_a_reference_that_we_write_is_read_as_the_square_that_holds_the_point(
    easting: int, northing: int, side: int
) -> None:
    found = parse_grid_reference(write_grid_reference(easting + 0.25, northing + 0.75, side))
    assert found is not None
    assert (*corner(*found), found[2]) == (easting // side * side, northing // side * side, side)


@pytest.mark.parametrize(
    ("east", "north", "side"), [(-1, 0, 1), (700_000, 0, 1), (0, 1_300_000, 10), (0, 0, 2_000), (0, 0, 1_000_000)]
)
def test_no_reference_is_written_of_a_square_that_has_none(east: float, north: float, side: int) -> None:
    with pytest.raises(ValueError, match=r"off the National Grid|no grid reference names"):
        write_grid_reference(east, north, side)


@given(st.text(alphabet="SUTQNEWVZAO0123456789* ,", max_size=16), st.sampled_from([None, "SU"]))
def test_any_text_is_a_square_of_the_grid_or_nothing(text: str, letters: str | None) -> None:
    found = parse_grid_reference(text, letters)
    if found is not None:
        west, south = corner(*found)
        assert (west >= 0) and (west + found[2] <= 700_000)
        assert (south >= 0) and (south + found[2] <= 1_300_000)


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
        ("SU 997,496", (499750, 149650, 100)),
        ("SU, 997, 496", (499750, 149650, 100)),
        ("s u 9 9 7 4 9 6", (499750, 149650, 100)),
        ("SU", (450000, 150000, 100_000)),
        ("SU NE", (475000, 175000, 50_000)),
        ("SU99NE", (497500, 197500, 5000)),
        ("SU 997 496 sw", (499725, 149625, 50)),
        ("SU99A", (491000, 191000, 2000)),
        ("SU99Z", (499000, 199000, 2000)),
        ("SU 99 P", (495000, 199000, 2000)),
        # The metre this side of Surrey's change of letters, and the one beyond it.
        ("SU 99999 49999", (499999.5, 149999.5, 1)),
        ("TQ 00000 50000", (500000.5, 150000.5, 1)),
        ("499700 149600", (499700.5, 149600.5, 1)),
        ("499700,149600", (499700.5, 149600.5, 1)),
        ("499700149600", (499700.5, 149600.5, 1)),
        ("462500 1214500", (462500.5, 1214500.5, 1)),
        ("091492011318", (91492.5, 11318.5, 1)),
        ("SU 99* 49*", (499500, 149500, 1000)),
        ("SU9**4**", (495000, 145000, 10_000)),
        ("SU 997 49*", (499500, 149500, 1000)),
        ("367***,159***", (367500, 159500, 1000)),
        ("367***,15****", (365000, 155000, 10_000)),
    ],
)
def test_references_as_people_write_them(text: str, place: tuple[float, float, int]) -> None:
    assert parse_grid_reference(text) == place


@pytest.mark.parametrize(
    "text",
    [
        "",
        "SU 997 49",
        "SU 997 4961",
        "SU997496x",
        "997 496",
        "SI 997 496",
        "S 997 496",
        "SUU 997 496",
        "SU 367*** 496***",
        "SU 9*7 496",
        "SU 997 **6",
        "SU99O",
        "SU 997 496 A",
        "SU A",
        "SU 99999 49999 NE",
        "SU 99* 49* NE",
        "SU99NN",
        "499700 14960",
        "49970 0149600",
        "700000 149600",
        "499700 1300000",
        "******,******",
        "499700149600 NE",
        "4997001496000",
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
