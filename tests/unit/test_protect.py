"""Text of people is kept as little as its spec says: one person one pseudonym, an age for a birth date, a square."""

from __future__ import annotations

import re
from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.protect.bands import ages_born, ages_told, banded, bands_of
from pipelines.protect.keys import Key, new_key
from pipelines.protect.personal import holds_person, is_contact, tells_of_person
from pipelines.protect.points import coarse_coordinates, coarse_references
from pipelines.protect.postcodes import coarse_postcode, large_sectors, without_small
from pipelines.protect.pseudonyms import normalised, pseudonym
from pipelines.specs.grid_reference import parse_grid_reference, write_grid_reference
from pipelines.specs.locations import Coordinates, GridReference
from tests.unit.makers import shipped

DAY = date(2024, 5, 31)
KEY, OTHER = (new_key("weald/youth_child", "linkage", "records manager", DAY) for _ in range(2))
BANDS = bands_of(shipped().code_lists["age_band"].entries)
HOW = st.sampled_from(["text", "letters_and_digits", "digits"])
METRES = Coordinates(by="coordinates", x="x", y="y", crs="EPSG:27700", keep_m=100)
DEGREES = Coordinates(by="coordinates", x="x", y="y", crs="EPSG:4326", keep_m=100)


# --- pseudonyms -------------------------------------------------------------------------------------------------------


@given(st.text(), HOW, st.sampled_from(["", " ", "\t", "\u00a0 "]))
def test_the_same_person_has_the_same_pseudonym_whatever_case_and_blanks(text: str, how: str, blank: str) -> None:
    again = blank + text.casefold() + blank
    assert pseudonym(KEY, text, how) == pseudonym(KEY, again, how)


@given(st.text(min_size=1), HOW)
def test_another_key_makes_another_pseudonym(text: str, how: str) -> None:
    made, other = pseudonym(KEY, text, how), pseudonym(OTHER, text, how)
    assert (made is None) == (other is None) == (normalised(text, how) == "")
    if made is not None and other is not None:
        assert made.split(":")[1] != other.split(":")[1]
        assert re.fullmatch(rf"{KEY.key_id}:[0-9a-f]{{64}}", made)


@given(st.text(min_size=1), HOW)
def test_normalising_twice_is_normalising_once(text: str, how: str) -> None:
    assert normalised(normalised(text, how), how) == normalised(text, how)


def test_a_pseudonym_is_the_hmac_that_is_published() -> None:
    # RFC 4231, test case 2, with its key as the secret.
    key = Key("0a1b2c3d", "p", "d", "linkage", "x", DAY, None, b"Jefe")
    made = pseudonym(key, "WHAT do ya want for  nothing?", "text")
    assert made == "0a1b2c3d:5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"


def test_no_secret_is_shown() -> None:
    assert repr(KEY.secret)[2:-1] not in repr(KEY)
    assert "secret" not in KEY.told()


# --- ages -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("born", "day", "age"),
    [
        ("29/02/2000", date(2018, 2, 28), 17),
        ("29/02/2000", date(2018, 3, 1), 18),
        ("29/02/2000", date(2020, 2, 29), 20),
        ("31/05/2006", DAY, 18),
        ("01/06/2006", DAY, 17),
        ("01/06/2024", DAY, None),
        ("30/05/1904", DAY, 120),
        ("30/05/1903", DAY, None),
        ("31/02/2001", DAY, None),
        ("Ann Other", DAY, None),
        (None, DAY, None),
    ],
)
def test_an_age_is_that_of_the_day(born: str | None, day: date, age: int | None) -> None:
    days = pl.Series([day], dtype=pl.Date)
    assert ages_born(pl.Series([born], dtype=pl.String), "%d/%m/%Y", None, days).to_list() == [age]


@given(st.dates(date(1905, 1, 1), DAY), st.integers(0, 40_000))
def test_an_age_is_as_many_birthdays_as_there_were(born: date, lived: int) -> None:
    day = min(born + timedelta(days=lived), DAY)
    birthdays = sum(_birthday(born, year) <= day for year in range(born.year + 1, day.year + 1))
    made = ages_born(pl.Series([f"{born:%Y-%m-%d}"]), "%Y-%m-%d", None, pl.Series([day]))
    assert made.to_list() == [birthdays]


def _birthday(born: date, year: int) -> date:
    try:
        return born.replace(year=year)
    except ValueError:
        return date(year, 3, 1)


@given(st.integers(0, 120))
def test_every_age_lies_in_one_of_the_finest_bands(age: int) -> None:
    assert sum(band.lower <= age and (band.upper is None or age <= band.upper) for band in BANDS) == 1
    assert banded(ages_told(pl.Series([str(age)])), BANDS).null_count() == 0
    assert {band.code for band in BANDS}.isdisjoint({"under_18", "10_17", "adult", "35_over"})


# --- places -----------------------------------------------------------------------------------------------------------


@given(st.floats(1_001, 699_999), st.floats(1_001, 1_299_999), st.sampled_from([100, 250, 1000]))
def test_of_metres_the_corner_of_the_square_is_kept(east: float, north: float, keep_m: int) -> None:
    x, y = coarse_coordinates(pl.Series("x", [f"{east:.3f}"]), pl.Series("y", [f"{north:.3f}"]), METRES, keep_m)
    for kept, sent in ((int(x[0]), round(east, 3)), (int(y[0]), round(north, 3))):
        assert kept % keep_m == 0
        assert kept <= sent < kept + keep_m


@given(st.floats(-8, 2), st.floats(49, 61))
def test_of_degrees_a_mesh_of_at_least_the_side_is_kept(longitude: float, latitude: float) -> None:
    import math

    x, y = coarse_coordinates(pl.Series("x", [f"{longitude:.6f}"]), pl.Series("y", [f"{latitude:.6f}"]), DEGREES, 100)
    assert abs(float(y[0]) - latitude) * 111_400 < 62
    assert abs(float(x[0]) - longitude) * 111_400 * math.cos(math.radians(latitude)) < 62
    # A point a few metres off in the same mesh is kept as the same text, and what is kept is kept again.
    again = coarse_coordinates(x, y, DEGREES, 100)
    assert max(len(text.partition(".")[2]) for text in (x[0], y[0])) <= 4
    assert abs(float(again[1][0]) - float(y[0])) < 0.001


@given(st.integers(0, 699_999), st.integers(0, 1_299_999), st.sampled_from([1, 10, 100, 1000]))
def test_a_reference_becomes_that_of_the_square_it_lies_in(east: int, north: int, side: int) -> None:
    way = GridReference(by="grid_reference", column="x", keep_m=100)
    (made,) = coarse_references(pl.Series([write_grid_reference(east, north, side)]), way, 100)
    square = parse_grid_reference(made)
    assert square is not None
    assert square[2] == max(side, 100)
    assert abs(square[0] - (east // side * side + side / 2)) <= square[2] / 2


def test_what_stands_for_no_location_and_what_is_none() -> None:
    x, y = coarse_coordinates(
        pl.Series("x", ["0", "999999", "12 High St", "49977750", "367***"]),
        pl.Series("y", ["0", "999999", "1", "14967750", "14****"]),
        METRES,
        100,
    )
    assert x.to_list() == ["0", "999999", None, None, "36****"]
    assert y.to_list() == ["0", "999999", "0", None, "14****"]


@pytest.mark.parametrize(
    ("text", "level", "kept"),
    [
        ("GU1 4DY", "sector", "GU1 4**"),
        ("gu14dy", "district", "GU1 ***"),
        ("GUI 4DY", "sector", "GU1 4**"),
        ("EC1A 1BB", "district", "EC1A ***"),
        ("GU1 4", "district", "GU1 ***"),
        ("GU1 ***", "sector", "GU1 ***"),
        ("12 High Street", "sector", None),
    ],
)
def test_a_postcode_is_kept_as_far_as_is_said(text: str, level: str, kept: str | None) -> None:
    assert coarse_postcode(text, level) == kept


def test_a_postcode_that_may_be_one_person_is_kept_as_its_district() -> None:
    lives = [("GU14DY", None), ("GU14DZ", None), ("GU14EA", None), ("GU19AA", None), ("GU19AB", DAY), ("GU19AC", DAY)]
    directory = pl.DataFrame(lives, schema={"postcode": pl.String, "terminated": pl.Date}, orient="row")
    made, small = without_small(pl.Series(["GU1 4DY", "GU1 9AA", "what", None]), large_sectors(directory))
    assert made.to_list() == ["GU1 4DY", "GU1 ***", "what", None]
    assert small.to_list() == [False, True, False, False]


# --- words ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "spoke to john smith", "Mrs Featherstonehaugh was in", "victim Zoltan Kovacs", "J. Pargeter saw it",
        "ring 01483 123456", "at 07700 900461 any time", "write to a.b@example.org", "NHS 943 476 5919",
        "nino QQ 12 34 56 C or AB123456C", "a car, AB12 CDE", "near GU1 4DY", "12 Acacia Avenue", "at flat 3",
    ],
)  # fmt: skip
def test_a_text_in_which_somebody_can_be_found_is_told_from_others(text: str) -> None:
    assert holds_person(text)


@pytest.mark.parametrize(
    "text",
    [
        "Outside the Black Horse", "Bus stop, Market Square", "the mark on the door", "on 12/05/2024 at 10.30",
        "car park 3 at Marksbridge", "Guildford High Street, by the bank", "943 476 5918 people", "",
    ],
)  # fmt: skip
def test_words_about_a_place_are_kept(text: str) -> None:
    assert not holds_person(text)


def test_codes_are_no_contacts() -> None:
    assert not any(is_contact(text, True) for text in ("A Division", "07", "Burglary", "AB12CDE", "3", "1234567890"))
    assert all(is_contact(text, True) for text in ("a@b.example", "07700 900461", "943 476 5919", "Ms Blatherwick"))
    # A reference may be of as many figures as a number of a person.
    assert [is_contact(text, False) for text in ("a@b.example", "Ms Blatherwick", "9434765919")] == [True, True, False]
    assert tells_of_person("John Smith")
