"""Streets of West Surrey and the edge of Sussex and Hampshire, looked up in two tiles of the real gazetteer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.place.directories.names import NamesAdded, add_names
from pipelines.place.locate import locate
from pipelines.place.reference import ReferenceData
from pipelines.specs.locations import Street


@pytest.fixture(scope="module")
def loaded(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[NamesAdded, ReferenceData]:
    folder = real_data / "geography" / "os_open_names"
    tiles = [folder / "SU82.csv", folder / "TQ02.csv"]
    for path in tiles:
        if not path.exists():
            pytest.skip(f"{path} is missing: set COMMONGRID_REAL_DATA to a folder that has it")
    home = tmp_path_factory.mktemp("names")
    return add_names(tiles, home / "names.parquet"), ReferenceData(home)


def found(reference: ReferenceData, text: str, district: str | None, locality: str | None = None) -> dict[str, Any]:
    frame = pl.DataFrame({"at": [text], "town": [locality]}, schema={"at": pl.String, "town": pl.String})
    way = Street(by="street", column="at", locality="town", in_district=district)
    (row,) = locate(frame, (way,), reference).rows(named=True)
    return row


def test_the_tiles_are_taken_whole(loaded: tuple[NamesAdded, ReferenceData]) -> None:
    added, reference = loaded
    # 2,789 named roads and 552 sections of them; hamlets, villages, suburbs, other settlements and towns.
    assert (added.records, added.places, added.repeated) == (2789 + 552, 67 + 88 + 18 + 5 + 4, 0)
    assert 2_700 < added.streets <= added.records - 500, "nearly every section lies in its road"
    assert added.left["Postcode"] == 6021
    assert added.records + added.places + sum(added.left.values()) == 11_565
    assert 50 < added.ambiguous < 150
    assert reference.names is not None


# The bounds are those of the record in the tile: west, south, east, north.
STREETS = {
    "exactly": ("Bookhurst Road", "Waverley", None, (506_900, 139_533, 508_619, 139_721)),
    "abbreviated": ("12 Longdene Rd", "Waverley Borough Council", None, (489_516, 132_569, 489_768, 132_892)),
    "in capitals": ("PITFOLD AVE", "Waverley", None, (487_874, 132_615, 487_954, 132_932)),
    "the only one there": ("High Street", "Horsham", None, (508_606, 125_721, 508_952, 126_526)),
    "told by its town": ("High Street", "Waverley", "Cranleigh", (505_208, 139_022, 506_054, 139_346)),
    "told in the address": ("o/s 3 High St, Haslemere, Surrey", "Waverley", None, (490_457, 132_805, 490_674, 133_205)),
    "without a comma": ("5 Church Rd Fernhurst", "Chichester", None, (489_624, 128_469, 489_970, 128_495)),
    "a section of a road": ("Petworth Road", "Waverley", "Chiddingfold", (495_941, 135_091, 496_326, 136_165)),
    "a road through two places": ("Haslemere Road", "Chichester", None, (489_549, 128_476, 489_906, 130_571)),
    "of a county": ("Exmoor Drive", "Surrey", None, (506_258, 138_072, 506_315, 138_122)),
    "with no district": ("Leechpool Lane", None, None, (519_395, 131_569, 519_550, 131_932)),
    "by the postcode district": ("Orchard Gdns, GU6 8AA", None, None, (506_492, 138_427, 506_659, 138_600)),
    "beyond the last house": ("Stroud Lane, Fernhurst", "Chichester", None, (490_997, 127_421, 491_104, 128_018)),
}  # fmt: skip
MISSPELT = {
    "a letter left out": ("Leechpol Lane", "Horsham", (519_395, 131_569, 519_550, 131_932)),
    "two letters the wrong way": ("Collingwodo Road", "Horsham", (516_970, 131_761, 517_082, 132_026)),
    "another letter": ("Parkhirst Fields", "Waverley", (485_661, 137_976, 485_880, 138_258)),
    "one too many, and short": ("44 Speeddwell Wy", "Horsham", (518_146, 132_204, 518_200, 132_307)),
}


def check(row: dict[str, Any], bounds: tuple[int, int, int, int]) -> None:
    west, south, east, north = bounds
    assert (row["easting"], row["northing"]) == ((west + east) / 2, (south + north) / 2)
    assert row["square_m"] == max(100, east - west, north - south)
    assert row["place_method"] == "street"


@pytest.mark.parametrize("name", STREETS)
def test_a_street_is_where_the_gazetteer_has_it(loaded: tuple[NamesAdded, ReferenceData], name: str) -> None:
    text, district, locality, bounds = STREETS[name]
    row = found(loaded[1], text, district, locality)
    check(row, bounds)
    assert (row["place_confidence"], row["place_message"]) == (0.95, None)


@pytest.mark.parametrize("name", MISSPELT)
def test_a_misspelt_street_is_read_as_the_right_one(loaded: tuple[NamesAdded, ReferenceData], name: str) -> None:
    text, district, bounds = MISSPELT[name]
    row = found(loaded[1], text, district)
    check(row, bounds)
    assert 0.8 < row["place_confidence"] < 0.95
    assert row["place_message"].startswith("read as ")


@pytest.mark.parametrize(
    ("text", "district", "streets"),
    [
        ("High Street", "Waverley", 2),
        ("High Street", "Chichester", 2),
        ("High Street", None, 6),
        ("Church Road", "Waverley", 4),
        ("Church Road, Haslemere", "Waverley", 2),
        ("Station Road", "Horsham", 7),
        ("Petworth Road", "Waverley", 2),
    ],
)
def test_streets_of_one_name_are_not_guessed_between(
    loaded: tuple[NamesAdded, ReferenceData], text: str, district: str | None, streets: int
) -> None:
    row = found(loaded[1], text, district)
    assert (row["place_method"], row["easting"]) == ("ambiguous_street", None)
    assert row["place_message"].startswith(f"{streets} streets of this name")


@pytest.mark.parametrize(
    ("text", "district"),
    [
        ("High Street, Cranleigh", "Horsham"),
        ("High Road", "Waverley"),
        ("Station Road", "Waverley"),
        ("Leechpool Close", "Horsham"),
        ("Bookhurst Road", "Horsham"),
        ("Nonesuch Avenue", None),
    ],
)
def test_what_is_not_there_is_not_found(
    loaded: tuple[NamesAdded, ReferenceData], text: str, district: str | None
) -> None:
    assert found(loaded[1], text, district)["place_method"] == "unknown_street"


def test_every_street_is_found_by_its_own_name_and_town(loaded: tuple[NamesAdded, ReferenceData]) -> None:
    _, reference = loaded
    assert reference.folder is not None
    table = pl.read_parquet(reference.folder / "names.parquet").filter(pl.col("type") == "transportNetwork")
    told = table.filter(pl.col("populated_place").is_not_null(), pl.col("district_borough").is_not_null())
    way = Street(by="street", column="name", locality="populated_place", district="district_borough")
    placed = pl.concat([told, locate(told, (way,), reference).drop("easting", "northing")], how="horizontal")
    # Two of a name in one town are ambiguous; every other is found, and by its name as it stands.
    several = pl.col("street").n_unique().over("name", "populated_place", "district_borough") > 1
    assert set(placed.filter(~several)["place_method"]) == {"street"}
    assert set(placed.filter(~several)["place_confidence"]) == {0.95}
    assert placed.filter(several)["place_method"].is_in(["ambiguous_street", "street"]).all()
    assert placed.filter(several).height < 0.02 * placed.height
