"""A place by its street: however the name is written, never another street, and no guess between two of a name."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from pipelines.place.directories.gazetteer import COLUMNS, Gazetteer
from pipelines.place.locate import locate
from pipelines.place.reference import ReferenceData
from pipelines.place.ways.street_names import normal_district, normal_name, words_of
from pipelines.specs.locations import Street

# name, town, district, bounds (in hundreds of metres east and north of 500000, 130000): a street each.
STREETS = (
    ("High Street", "Fernford", "Waverley", (0, 0, 8, 2)),
    ("High Street", "Bramhurst", "Waverley", (100, 100, 104, 101)),
    ("High Street", "Southam", "Horsham", (0, -300, 2, -298)),
    ("High Road", "Fernford", "Waverley", (3, 3, 5, 4)),
    ("Woodbridge Road", "Fernford", "Waverley", (1, 1, 9, 3)),
    ("Woodbridge Rise", "Bramhurst", "Waverley", (101, 99, 103, 100)),
    ("St Mary's Close", "Fernford", "Waverley", (2, 2, 2.2, 2.2)),
    ("The Green", "Fernford", "Waverley", (4, 4, 5, 5)),
    ("5th Avenue", "Fernford", "Waverley", (5, 5, 6, 6)),
    ("Upper Manor Road", "Fernford", "Waverley", (6, 5, 7, 6)),
    ("Church Street North", "Fernford", "Waverley", (6, 7, 7, 8)),
    ("King's Gardens", "Bramhurst", "Waverley", (102, 102, 103, 103)),
    ("Longacre Lane", None, "Waverley", (20, 0, 21, 1)),
    ("Longacre Lane", None, "Waverley", (140, 100, 141, 101)),
    ("Hillcrest Drive", "Fernford", "Waverley", (7, 7, 8, 8)),
    ("Hillcroft Drive", "Fernford", "Waverley", (8, 8, 9, 9)),
    ("Southam Road", "Bramhurst", "Waverley", (104, 99, 105, 105)),
    ("Bevois Mews", "Southam", "Horsham", (1, -299, 1.5, -298)),
    ("Market Hill", "Cardiff", None, (900, 900, 901, 901)),
    ("Front Street", "Fernford", "Waverley", (9, 1, 10, 2)),
    ("Park Road", "Fernford", "Waverley", (9, 3, 10, 4)),
)
PLACES = (
    ("Fernford", "Waverley", (-5, -5, 15, 15)),
    ("Bramhurst", "Waverley", (95, 95, 110, 110)),
    ("Southam", "Horsham", (-10, -310, 10, -290)),
)


def gazetteer() -> Gazetteer:
    rows: list[tuple[Any, ...]] = []
    things = [(name, "transportNetwork", town, at, box) for name, town, at, box in STREETS]
    things += [(name, "populatedPlace", None, at, box) for name, at, box in PLACES]
    for number, (name, kind, town, at, box) in enumerate(things):
        west, south, east, north = (value * 100 + (500_000, 130_000)[side % 2] for side, value in enumerate(box))
        outward = {"Fernford": "GU6", "Bramhurst": "GU7"}.get(town or "", "RH12")
        county = "Surrey" if at else "Cardiff"
        rows.append((name, None, kind, "", west, south, west, south, east, north, outward, town, at, county, number))
    kinds = dict.fromkeys(COLUMNS, pl.String) | dict.fromkeys(COLUMNS[4:10], pl.Float64) | {"street": pl.Int64}
    return Gazetteer(pl.DataFrame(rows, schema=kinds, orient="row"))


REFERENCE = ReferenceData(None)
REFERENCE.names = gazetteer()  # type: ignore[misc]


def found(texts: list[str | None], localities: list[str | None] | None = None, **keys: Any) -> list[dict[str, Any]]:
    frame = pl.DataFrame(
        {"at": texts, "town": localities or [None] * len(texts)}, schema={"at": pl.String, "town": pl.String}
    )
    way = Street(by="street", column="at", locality="town" if localities else None, **keys)
    return locate(frame, (way,), REFERENCE).rows(named=True)


def one(text: str, locality: str | None = None, district: str | None = "Waverley", **keys: Any) -> dict[str, Any]:
    (row,) = found([text], [locality], in_district=district, **keys)
    return row


def centre(index: int) -> tuple[float, float]:
    west, south, east, north = STREETS[index][3]
    return 500_000 + (west + east) * 50, 130_000 + (south + north) * 50


@pytest.mark.parametrize(
    ("text", "index"),
    [
        ("Woodbridge Road", 4),
        ("WOODBRIDGE RD.", 4),
        ("12a Woodbridge Rd", 4),
        ("12-14 Woodbridge Road", 4),
        ("Flat 3, 12 Woodbridge Road, Fernford, Surrey GU6 7AA", 4),
        ("o/s 5 Woodbridge Road", 4),
        ("nr the Woodbridge Rd", 4),
        ("On or near Woodbridge Road", 4),
        ("land adj. to Woodbridge Road", 4),
        ("Woodbridge Road Fernford", 4),
        ("jct Woodbridge Road with High Street", 4),
        ("4 Front St", 19),
        ("opposite Park Rd", 20),
        ("12 St Mary's Close", 6),
        ("near St. Marys Close, Fernford", 6),
        ("Woodbridge Rd j/w Southam Rd", 4),
        ("Junction of Woodbridge Road and Southam Road", 4),
        ("St. Marys Cl", 6),
        ("Saint Mary\u2019s Close", 6),
        ("the green", 7),
        ("Fifth Ave", 8),
        ("Upr Manor Rd", 9),
        ("Church St Nth", 10),
        ("Kings Gdns", 11),
        ("High Street, Fernford", 0),
        ("5 High St Bramhurst", 1),
        ("High Street, GU7 1AA", 1),
        ("Longacre Lane, Fernford", 12),
        ("Longacre Lane, Bramhurst", 13),
    ],
)
def test_a_street_is_found_however_it_is_written(text: str, index: int) -> None:
    row = one(text)
    assert (row["easting"], row["northing"]) == centre(index)
    assert (row["place_method"], row["place_confidence"], row["place_message"]) == ("street", 0.95, None)


@pytest.mark.parametrize(
    ("text", "index", "score"),
    [
        ("Woodbrige Road", 4, 0.9),
        ("Woodbirdge Rd, Fernford", 4, 0.9),
        ("7 Wodbridge Road", 4, 0.9),
        ("Rose Cottage, Wooodbridge Road", 4, 10 / 11),
        ("St Marry's Close", 6, 11 / 12),
    ],
)
def test_a_misspelt_street_is_found_and_said_to_be(text: str, index: int, score: float) -> None:
    row = one(text)
    assert (row["easting"], row["northing"]) == centre(index)
    assert row["place_confidence"] == round(0.95 * score, 3)
    assert row["place_message"] == f"read as {normal_name(STREETS[index][0]).title()}"
    assert one(text, min_score=1)["place_method"] == "unknown_street"


@pytest.mark.parametrize(
    "text",
    [
        "Woodbridge Street",  # another kind of way
        "Woodbridge Road East",  # a name that goes on
        "Woodbridge Road Cottages",
        "4th Avenue",  # another figure
        "15th Avenue",
        "Lower Manor Road",
        "Manor Road",
        "Church Street South",
        "Hugh Street",  # too short a name for a slip
        "Bevois Mews",  # of another district
        "Green Close",
        "Fernford Road",
        "Nowhere",
        "12",
        "High Street, Southam",  # the town is known, and has one in another district
    ],
)
def test_what_is_another_street_is_not_taken_for_one(text: str) -> None:
    row = one(text)
    assert (row["place_method"], row["easting"], row["place_confidence"]) == ("unknown_street", None, None)


@pytest.mark.parametrize(
    ("text", "locality", "district", "note"),
    [
        ("High Street", None, "Waverley", "2 streets of this name"),
        ("High Street", "Surrey", "Waverley", "2 streets of this name"),
        ("High Street", "Waverley", "Waverley", "2 streets of this name"),
        ("High Street", None, None, "3 streets of this name"),
        ("Longacre Lane", None, None, "2 streets of this name"),
        ("High St / Southam Road", None, "Waverley", "2 streets of this name"),
    ],
)
def test_no_street_is_picked_of_several(text: str, locality: str | None, district: str | None, note: str) -> None:
    row = one(text, locality, district)
    assert (row["place_method"], row["easting"]) == ("ambiguous_street", None)
    assert row["place_message"].startswith(note)


def test_two_names_as_like_are_ambiguous() -> None:
    # One letter from Hillcrest, three from Hillcroft: clear. As far from either: not.
    assert one("Hillcrst Drive")["place_message"] == "read as Hillcrest Drive"
    row = one("Hillcrft Drive", min_score=0.7, margin=0.5)
    assert (row["place_method"], row["place_message"]) == (
        "ambiguous_street", "2 streets are nearly of this name, none clearly more",
    )  # fmt: skip


def test_the_locality_tells_streets_apart() -> None:
    rows = found(["High Street"] * 4, ["Fernford", "BRAMHURST", "nowhere", ""], in_district="Waverley Borough Council")
    assert [row["easting"] for row in rows] == [centre(0)[0], centre(1)[0], None, None]


def test_the_district_is_a_column_or_a_name_or_anywhere() -> None:
    frame = pl.DataFrame({"at": ["High Street"] * 4, "in": ["Horsham District Council", "Waverley", "", "Atlantis"]})
    rows = locate(frame, (Street(by="street", column="at", district="in"),), REFERENCE)
    assert rows["place_method"].to_list() == ["street", "ambiguous_street", "ambiguous_street", "unknown_street"]
    assert rows["place_message"][3] == "the gazetteer has no district of this name"
    assert one("Bevois Mews", district=None)["place_method"] == "street"
    # A unitary authority has no districts; the gazetteer has it as the county.
    assert one("Market Hill", district="City of Cardiff Council")["place_method"] == "street"
    with pytest.raises(ValidationError, match="give one of them"):
        Street(by="street", column="at", district="in", in_district="Waverley")


def test_a_street_is_the_square_around_all_of_it() -> None:
    assert one("Woodbridge Road")["square_m"] == 800
    assert one("St Mary's Close")["square_m"] == 100, "none is smaller"


def test_a_town_or_village_is_a_place() -> None:
    row = one("Fernford")
    assert (row["place_method"], row["square_m"], row["place_confidence"]) == ("place_name", 2_000, 0.95)
    assert one("nr Bramhurst")["place_method"] == "place_name"
    assert one("Bramhusrt")["place_message"] == "read as Bramhurst"
    assert one("Rose Cottage, Fernford")["place_method"] == "unknown_street", "the town is not the cottage's place"


def test_what_says_nothing_has_no_place() -> None:
    methods = [row["place_method"] for row in found(["", None, "  ", "???", "-"])]
    assert methods == ["no_location"] * 3 + ["bad_location"] * 2


def test_without_a_gazetteer_no_street_is_known() -> None:
    rows = locate(pl.DataFrame({"at": ["High Street", ""]}), (Street(by="street", column="at"),), ReferenceData(None))
    assert rows["place_method"].to_list() == ["unknown_street", "no_location"]


def test_each_is_looked_up_as_it_would_be_alone() -> None:
    texts = ["High Street", "Woodbrige Road", "12 High St, Bramhurst", "", "Fernford"]
    assert found(texts, in_district="Waverley") == [
        row for text in texts for row in found([text], in_district="Waverley")
    ]


@given(st.text(max_size=40) | st.sampled_from([name for name, *_ in STREETS]))
def test_normalising_twice_is_normalising_once(text: str) -> None:
    once = normal_name(text)
    assert normal_name(once) == once
    assert normal_district(normal_district(text)) == normal_district(text)


WORDS = (
    "the", "st", "sts", "by", "pass", "nth", "south", "first", "1st", "rd", "street", "road", "saint", "cl", "close",
    "gt", "mt", "av", "high", "5",
)  # fmt: skip


@given(
    st.lists(
        st.sampled_from(WORDS),
        max_size=6,
    )
)
def test_abbreviations_are_written_out_once(words: list[str]) -> None:
    assert normal_name(normal_name(" ".join(words))) == normal_name(" ".join(words))


SHORT = {
    "street": ("st", "str"), "road": ("rd",), "close": ("cl",), "avenue": ("ave", "av"), "gardens": ("gdns",),
    "lane": ("ln",), "drive": ("dr", "drv"), "north": ("nth",), "upper": ("upr",), "5th": ("fifth",), "st": ("saint",),
    "mews": ("mws",), "rise": (), "hill": (),
}  # fmt: skip


@st.composite
def written(draw: st.DrawFn) -> tuple[int, str]:
    """A street of the gazetteer in any of its writings, and which it is."""
    index = draw(
        st.sampled_from([at for at, each in enumerate(STREETS) if each[0] not in ("High Street", "Longacre Lane")])
    )
    name = STREETS[index][0].replace("'", draw(st.sampled_from(["'", "", "\u2019", "`"])))
    words = [draw(st.sampled_from((word, *SHORT.get(word.lower(), ())))) for word in name.split()]
    words = [draw(st.sampled_from((word, word.upper(), word.lower(), word.title()))) for word in words]
    words = [word + draw(st.sampled_from(("", "."))) if len(word) < 5 else word for word in words]
    house = draw(st.sampled_from(("", "12 ", "12a, ", "no. 3 ", "near ", "Outside 4 ", "opp ")))
    return index, house + draw(st.sampled_from((" ", "  "))).join(words) + draw(st.sampled_from(("", ".", ", ", " ")))


@settings(deadline=None)
@given(written())
def test_any_writing_of_a_name_finds_the_same_street(each: tuple[int, str]) -> None:
    index, text = each
    row = one(text, district=None)
    assert (row["easting"], row["northing"]) == centre(index)
    assert row["place_confidence"] == 0.95


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Alfold By-Pass", "alfold bypass"),
        ("Alfold Bypass", "alfold bypass"),
        ("Derby Passage", "derby passage"),
        ("Derby Pass.", "derby passage"),
        ("The Street", "street"),
        ("St", "saint"),
        ("St Street St Nth", "saint street street north"),
        ("Dr Close Dr", "dr close drive"),
        ("Gt. St Mary's Pl", "great saint marys place"),
    ],
)
def test_one_form_for_a_name(text: str, name: str) -> None:
    assert normal_name(text) == name


def test_words_are_without_accents_and_punctuation() -> None:
    assert words_of("Ffordd y Môr, O\u2019Neill's & Co.") == ["ffordd", "y", "mor", "oneills", "and", "co"]
