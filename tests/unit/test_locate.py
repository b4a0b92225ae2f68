"""From text to a place on the National Grid: exactly, by the declared ways, or not at all and with the reason."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.place.cover import in_cover
from pipelines.place.locate import locate
from pipelines.place.located import PLACE_COLUMNS, TOLD, UNPLACED
from pipelines.place.reference import ReferenceData
from pipelines.place.transform import ApproximateTransformError, to_national_grid
from pipelines.specs.locations import Coordinates, GridReference, Location, Postcode
from tests.unit.makers import NO_REFERENCE

# Ordnance Survey, "Transformations and OSGM15 user guide", test points of OSTN15: ETRS89 longitude and latitude in
# degrees, OSGB36 easting and northing in metres (Crown copyright, Open Government Licence v3).
OSTN15 = {
    "TP01": (-6.29977752014, 49.92226393730, 91492.146, 11318.804),
    "TP02": (-5.20304609998, 49.96006137820, 170370.718, 11572.405),
    "TP03": (-4.10864563561, 50.43885825610, 250359.811, 62016.569),
    "TP04": (-1.29782277240, 50.57563665000, 449816.371, 75335.861),
}
DIRECTORY = ReferenceData(None)
DIRECTORY.postcodes = pl.DataFrame({"postcode": ["GU14DY"], "easting": [499700.0], "northing": [149400.0]})

LONLAT = Coordinates(by="coordinates", x="x", y="y", crs="EPSG:4326", square_m=1)
ON_GRID = Coordinates(by="coordinates", x="x", y="y", crs="EPSG:27700", square_m=10)
REFERENCE = GridReference(by="grid_reference", column="grid")
POSTCODE = Postcode(by="postcode", column="postcode")


def places(
    ways: tuple[Location, ...], reference: ReferenceData = NO_REFERENCE, **columns: list[str | None]
) -> list[tuple[Any, ...]]:
    schema = dict.fromkeys(columns, pl.String)
    found = locate(pl.DataFrame(columns, schema=schema), ways, reference)
    assert found.columns == [*PLACE_COLUMNS, *TOLD]
    return found.select(PLACE_COLUMNS[:4]).rows()


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:4258"])
@pytest.mark.parametrize("name", OSTN15)
def test_longitude_and_latitude_go_by_ostn15(name: str, crs: str) -> None:
    longitude, latitude, easting, northing = OSTN15[name]
    way = LONLAT.model_copy(update={"crs": crs})
    ((east, north, square, method),) = places((way,), x=[str(longitude)], y=[str(latitude)])
    # A test point stands to the millimetre; a Helmert transformation would be metres out.
    assert (east, north) == (pytest.approx(easting, abs=0.002), pytest.approx(northing, abs=0.002))
    assert (square, method) == (1, "coordinates")


def test_at_the_ends_ostn15_goes_on_as_it_does_within() -> None:
    # Hugh Town is the capital of Scilly, and lies south of the first test point by less than two kilometres.
    ((east, north, _, method),) = places((LONLAT,), x=["-6.3147"], y=["49.9146"])
    shift = (OSTN15["TP01"][2] - 91400.001, OSTN15["TP01"][3] - 11399.999)
    assert (east - 90280.178, north - 10610.015) == (pytest.approx(shift[0], abs=0.1), pytest.approx(shift[1], abs=0.1))
    assert method == "coordinates"


def test_eastings_and_northings_stay_as_they_are() -> None:
    assert places((ON_GRID,), x=["499750.5", " 499751 "], y=["149650", "1.4965e5"]) == [
        (499750.5, 149650.0, 10, "coordinates"),
        (499751.0, 149650.0, 10, "coordinates"),
    ]


@pytest.mark.parametrize(
    ("name", "longitude", "latitude"),
    [
        ("Belfast", -5.93, 54.597),
        ("Rathlin Island", -6.2, 55.29),
        ("Dublin", -6.26, 53.35),
        ("Calais", 1.86, 50.95),
        ("Dogger Bank", 2.5, 54.8),
        ("Rockall", -13.687, 57.596),
        ("beyond the world", 400, 95),
    ],
)
def test_outside_great_britain_there_is_no_place(name: str, longitude: float, latitude: float) -> None:
    assert places((LONLAT,), x=[str(longitude)], y=[str(latitude)]) == [(None, None, None, "outside_cover")], name


@pytest.mark.parametrize(
    ("name", "longitude", "latitude"),
    [
        ("Land's End", -5.716, 50.066),
        ("St Agnes, Scilly", -6.35, 49.89),
        ("Lowestoft Ness", 1.763, 52.481),
        ("Mull of Galloway", -4.857, 54.635),
        ("Portpatrick", -5.118, 54.843),
        ("Mull of Kintyre", -5.80, 55.31),
        ("Rinns of Islay", -6.513, 55.673),
        ("St Kilda", -8.57, 57.81),
        ("Muckle Flugga", -0.885, 60.854),
        ("Foula", -2.07, 60.13),
        ("Isle of Man", -4.48, 54.15),
        ("South Foreland", 1.37, 51.14),
    ],
)
def test_the_ends_of_great_britain_have_places(name: str, longitude: float, latitude: float) -> None:
    assert places((LONLAT,), x=[str(longitude)], y=[str(latitude)])[0][3] == "coordinates", name


@pytest.mark.parametrize(
    ("x", "y", "method"),
    [
        ("", "", "no_location"),
        (None, None, "no_location"),
        (" ", None, "no_location"),
        ("-0.57", "", "bad_location"),
        (None, "51.24", "bad_location"),
        ("0.57W", "51.24", "bad_location"),
        ("-0,57", "51,24", "bad_location"),
        ("nan", "51.24", "bad_location"),
        ("inf", "51.24", "bad_location"),
        ("367***", "165***", "bad_location"),
    ],
)
def test_coordinates_not_given_or_not_readable(x: str | None, y: str | None, method: str) -> None:
    assert places((LONLAT,), x=[x], y=[y]) == [(None, None, None, method)]
    assert method in UNPLACED


def test_grid_references() -> None:
    texts = ["SU 997 496", "su9974", "", None, "here", "SU 99 4", "SV 00 99", "NA 00 00"]
    assert places((REFERENCE,), grid=texts) == [
        (499750.0, 149650.0, 100, "grid_reference"),
        (499500.0, 174500.0, 1000, "grid_reference"),
        (None, None, None, "no_location"),
        (None, None, None, "no_location"),
        (None, None, None, "bad_location"),
        (None, None, None, "bad_location"),
        (None, None, None, "outside_cover"),
        (500.0, 900500.0, 1000, "grid_reference"),
    ]


def test_postcodes() -> None:
    texts = ["GU1 4DY", " gu14dy", "GU1 9ZZ", "", None]
    assert places((POSTCODE,), DIRECTORY, postcode=texts) == [
        (499700.0, 149400.0, 100, "postcode"),
        (499700.0, 149400.0, 100, "postcode"),
        (None, None, None, "unknown_postcode"),
        (None, None, None, "no_location"),
        (None, None, None, "no_location"),
    ]
    assert places((POSTCODE,), NO_REFERENCE, postcode=texts[:1]) == [(None, None, None, "unknown_postcode")]


def test_a_second_way_is_tried_where_the_first_finds_nothing() -> None:
    columns = {
        "x": ["499750", "", "x", "9"],
        "y": ["149650", "", "1", "9"],
        "postcode": ["GU1 4DY", "GU1 4DY", "GU1 4DY", "XX1 1XX"],
    }
    assert places((ON_GRID, POSTCODE), DIRECTORY, **columns) == [
        (499750.0, 149650.0, 10, "coordinates"),
        (499700.0, 149400.0, 100, "postcode"),
        (499700.0, 149400.0, 100, "postcode"),
        (None, None, None, "unknown_postcode"),
    ]


@pytest.mark.parametrize("ways", [(), (LONLAT,), (REFERENCE,), (POSTCODE,), (LONLAT, REFERENCE, POSTCODE)])
def test_no_rows_are_no_places(ways: tuple[Location, ...]) -> None:
    assert places(ways, DIRECTORY, x=[], y=[], grid=[], postcode=[]) == []


def test_a_feed_without_locations_has_rows_without_places() -> None:
    assert places((), x=["1", "2"]) == [(None, None, None, "no_location")] * 2


@given(
    st.lists(
        st.tuples(st.sampled_from(["-0.57", "-0.58", "", "x"]), st.sampled_from(["51.24", "51.25", ""])), max_size=12
    )
)
def test_each_row_is_placed_as_it_would_be_alone(pairs: list[tuple[str, str]]) -> None:
    together = places((LONLAT,), x=[x for x, _ in pairs], y=[y for _, y in pairs])
    assert together == [places((LONLAT,), x=[x], y=[y])[0] for x, y in pairs]


# OSGB36 and ED50 longitude and latitude, Irish TM65, North American NAD27: here only known to metres, or not at all.
@pytest.mark.filterwarnings("ignore:Best transformation is not available")
@pytest.mark.parametrize("crs", ["EPSG:4277", "EPSG:4230", "EPSG:29902", "EPSG:4267"])
def test_a_crs_that_can_only_be_approximated_is_refused(crs: str) -> None:
    with pytest.raises(ApproximateTransformError, match=f"only an approximate transformation from {crs} is at hand"):
        to_national_grid(np.array([-0.57]), np.array([51.24]), crs)


def test_a_crs_nobody_knows_is_refused() -> None:
    with pytest.raises(ApproximateTransformError, match="EPSG:99999 is not a CRS that is known here"):
        to_national_grid(np.array([-0.57]), np.array([51.24]), "EPSG:99999")


def test_a_projection_of_etrs89_goes_by_ostn15_too() -> None:
    from pyproj import Transformer

    longitude, latitude, easting, northing = OSTN15["TP04"]
    # UTM zone 30 on ETRS89: its inverse is exact.
    x, y = Transformer.from_crs("EPSG:4258", "EPSG:25830", always_xy=True).transform(longitude, latitude)
    east, north = to_national_grid(np.array([x]), np.array([y]), "EPSG:25830")
    assert (east[0], north[0]) == (pytest.approx(easting, abs=0.002), pytest.approx(northing, abs=0.002))


def test_a_point_that_is_no_number_is_in_no_cover() -> None:
    assert in_cover(np.array([np.nan, 499750.0]), np.array([149650.0, 149650.0])).tolist() == [False, True]


def test_a_partners_columns_may_be_called_what_ours_are() -> None:
    way = Coordinates(by="coordinates", x="easting", y="place_method", crs="EPSG:27700", square_m=1)
    found = places((way,), easting=["499700", None, "499700"], place_method=["149600", None, "149600"])
    assert [row[:4] for row in found] == [
        (499_700.0, 149_600.0, 1, "coordinates"),
        (None, None, None, "no_location"),
        (499_700.0, 149_600.0, 1, "coordinates"),
    ]
