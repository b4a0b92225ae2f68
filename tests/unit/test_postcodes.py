"""A record stands where its postcode stood on its day; a sector or district is a square, never a point."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from pipelines.place.locate import locate
from pipelines.place.located import UNPLACED
from pipelines.place.reference import ReferenceData
from pipelines.place.ways.postcode_areas import district_squares, sector_squares
from pipelines.place.ways.postcode_quality import QUALITIES
from pipelines.place.ways.postcodes import as_directory
from pipelines.specs.locations import Location, Postcode, PostcodeDistrict, PostcodeSector
from tests.unit.makers import NO_REFERENCE

POSTCODE = Postcode(by="postcode", column="postcode")
SECTOR = PostcodeSector(by="postcode_sector", column="postcode")
DISTRICT = PostcodeDistrict(by="postcode_district", column="postcode")
Life = tuple[str, float | None, date | None, date | None, int | None]


def directory(*lives: Life, outside: tuple[str, ...] = ()) -> ReferenceData:
    """A directory whose northings are all 150,000 m."""
    names = ("postcode", "easting", "introduced", "terminated", "quality")
    frame = pl.DataFrame(
        lives, schema=dict(zip(names, (pl.String, pl.Float64, pl.Date, pl.Date, pl.UInt8), strict=True)), orient="row"
    )
    reference = ReferenceData(None)
    reference.postcodes = as_directory(
        frame.with_columns(
            northing=pl.when(pl.col("easting").is_not_null()).then(150_000.0),
            is_outside_cover=pl.col("postcode").is_in(outside),
        )
    )
    return reference


def found(
    reference: ReferenceData, *texts: str | None, day: date | None = None, ways: tuple[Location, ...] = (POSTCODE,)
) -> list[tuple[Any, ...]]:
    frame = pl.DataFrame({"postcode": texts}, schema={"postcode": pl.String})
    days = pl.Series([day] * len(texts), dtype=pl.Date)
    placed = locate(frame, ways, reference, days)
    return placed.select("easting", "place_method", "place_confidence").rows()


LIVES = directory(
    ("GU14DY", 1.0, date(1980, 1, 1), date(2004, 3, 1), 1),
    ("GU14DY", 2.0, date(2010, 6, 1), None, 1),
    ("GU14AA", 3.0, date(2010, 6, 1), None, None),
    ("GU14ZZ", None, date(1980, 1, 1), None, 9),
    ("BT11AA", None, date(1980, 1, 1), None, 1),
    outside=("BT11AA",),
)


@pytest.mark.parametrize(
    ("day", "easting", "method", "confidence"),
    [
        (date(1979, 12, 31), 1.0, "postcode_later", 0.665),
        (date(1980, 1, 1), 1.0, "postcode", 0.95),
        (date(2004, 3, 31), 1.0, "postcode", 0.95),
        (date(2004, 4, 1), 1.0, "postcode_terminated", 0.855),
        (date(2010, 5, 31), 1.0, "postcode_terminated", 0.855),
        (date(2010, 6, 1), 2.0, "postcode", 0.95),
        (date(2026, 1, 1), 2.0, "postcode", 0.95),
        (None, 2.0, "postcode", 0.475),
    ],
)
def test_a_postcode_that_was_used_again_is_the_one_in_force_on_the_day(
    day: date | None, easting: float, method: str, confidence: float
) -> None:
    assert found(LIVES, "GU1 4DY", day=day) == [(easting, method, confidence)]


def test_what_the_directory_cannot_place_says_why() -> None:
    day = date(2012, 1, 1)
    assert found(LIVES, "gu14aa", "GU1 4ZZ", "BT1 1AA", "GU1 9XX", "GU1", "", None, day=day) == [
        (3.0, "postcode", 0.9),
        (None, "postcode_without_position", None),
        (None, "outside_cover", None),
        (None, "unknown_postcode", None),
        (None, "invalid_postcode", None),
        (None, "no_location", None),
        (None, "no_location", None),
    ]
    assert found(NO_REFERENCE, "GU1 4DY", "GUI 4DY", "x", day=day) == [
        (None, "unknown_postcode", None),
        (None, "unknown_postcode", None),
        (None, "invalid_postcode", None),
    ]


def test_a_misread_postcode_is_placed_told_and_trusted_less() -> None:
    day = date(2012, 1, 1)
    assert found(LIVES, "GUI 4DY", "GUI 4XX", day=day) == [
        (2.0, "postcode", 0.76),
        (None, "unknown_postcode", None),
    ]
    days = pl.Series([day, day], dtype=pl.Date)
    told = locate(pl.DataFrame({"postcode": ["GUI 4DY", "GU1 4DY"]}), (POSTCODE,), LIVES, days)
    assert told.select("place_issue", "place_column").rows() == [("postcode_repaired", "postcode"), (None, "postcode")]
    # A text that the directory holds as it is written is never mended.
    odd = directory(("S011AA", 1.0, None, None, 1), ("SO11AA", 2.0, None, None, 1))
    assert found(odd, "S01 1AA", day=day) == [(1.0, "postcode", 0.95)]


def test_a_later_way_takes_a_postcode_without_a_position() -> None:
    day = date(2012, 1, 1)
    ways = (POSTCODE, SECTOR)
    assert found(LIVES, "GU1 4ZZ", "GU1 4AA", "GU1 4XX", day=day, ways=ways) == [
        (2.5, "postcode_sector", 0.8),
        (3.0, "postcode", 0.9),
        (2.5, "postcode_sector", 0.8),
    ]


def test_the_better_the_quality_the_more_it_is_trusted_and_the_smaller_its_square() -> None:
    assert all(0 < each.confidence < 1 for each in QUALITIES.values())
    assert QUALITIES.keys() == {1, 2, 3, 4, 5, 6, 8}
    assert max(QUALITIES.values(), key=lambda each: each.square_m) == min(
        QUALITIES.values(), key=lambda each: each.confidence
    )


months = st.one_of(st.none(), st.dates(date(2000, 1, 1), date(2000, 12, 31)).map(lambda day: day.replace(day=1)))
lives = st.lists(
    st.tuples(st.sampled_from(["AB11AA", "AB11AB"]), months, months, st.booleans()), min_size=1, max_size=6
)


def naive(rows: list[tuple[Any, ...]], text: str, day: date | None) -> tuple[int | None, str]:
    """The same by looking at every life: its place in the list, and the method."""
    best: tuple[tuple[Any, ...], int] | None = None
    for index, (postcode, begins, ends, is_placed) in enumerate(rows):
        if postcode != text:
            continue
        first, last = begins or date.min, ends or date.max
        month = day.replace(day=1) if day else None
        if month is None:
            rank: tuple[Any, ...] = (0, -last.toordinal())
        elif month > last:
            rank = (1, -last.toordinal())
        elif month < first:
            rank = (2, first.toordinal())
        else:
            rank = (0, 0)
        rank = (*rank, not is_placed, -first.toordinal(), -last.toordinal())
        if best is None or rank < best[0]:
            best = (rank, index)
    if best is None:
        return None, "unknown_postcode"
    rank, index = best
    if not rows[index][3]:
        return None, "postcode_without_position"
    return index, ("postcode", "postcode_terminated", "postcode_later")[rank[0]]


@given(
    lives,
    st.lists(
        st.tuples(
            st.sampled_from(["AB1 1AA", "ab11ab", "AB1 1AD"]),
            st.one_of(st.none(), st.dates(date(1999, 12, 1), date(2001, 1, 31))),
        ),
        min_size=1,
        max_size=6,
    ),
)
def test_a_look_up_equals_looking_at_every_life(
    rows: list[tuple[Any, ...]], asked: list[tuple[str, date | None]]
) -> None:
    reference = directory(
        *[
            (postcode, float(n) if placed else None, begins, ends, 1)
            for n, (postcode, begins, ends, placed) in enumerate(rows)
        ]
    )
    frame = pl.DataFrame({"postcode": [text for text, _ in asked]})
    days = pl.Series([day for _, day in asked], dtype=pl.Date)
    placed = locate(frame, (POSTCODE,), reference, days).select("easting", "place_method").rows()
    for (text, day), (easting, method) in zip(asked, placed, strict=True):
        index, wanted = naive(rows, text.upper().replace(" ", ""), day)
        assert (easting, method) == (None if index is None else float(index), wanted)


def units(sector: str, *points: tuple[float, float], ended: bool = False) -> pl.DataFrame:
    """Postcodes of a sector at points given in metres from (500000, 150000)."""
    codes = [f"{sector}{first}{second}" for first in "ABDEF" for second in "ABDEFGHJLN"][: len(points)]
    return as_directory(
        pl.DataFrame(
            {
                "postcode": codes,
                "easting": [500_000.0 + east for east, _ in points],
                "northing": [150_000.0 + north for _, north in points],
                "terminated": [date(2001, 1, 1) if ended else None] * len(points),
            },
            schema_overrides={"terminated": pl.Date},
        )
    )


def test_the_square_of_a_sector_holds_nearly_all_its_postcodes_and_no_outlier_moves_it() -> None:
    spread = [(float(100 * n), 0.0) for n in range(-10, 10)]
    table = pl.concat(
        [units("GU14", *spread), units("GU15", (0, 0), (90_000, 0), *[(10.0 * n, 0.0) for n in range(38)])]
    )
    assert sector_squares(table).rows() == [("GU14", 499_950.0, 150_000.0, 1900), ("GU15", 500_185.0, 150_000.0, 1000)]


@given(st.lists(st.tuples(st.floats(-20_000, 20_000), st.floats(-20_000, 20_000)), min_size=1, max_size=50))
def test_a_square_holds_its_share_and_is_never_small(points: list[tuple[float, float]]) -> None:
    table = units("GU14", *points)
    ((key, east, north, side),) = sector_squares(table).rows()
    held = [
        max(abs(row[1] - east), abs(row[2] - north)) <= side / 2 + 0.001
        for row in table.select("postcode", "easting", "northing").rows()
    ]
    assert key == "GU14"
    assert sum(held) >= 0.95 * len(points) - 1e-9
    assert side >= 1000
    assert side % 100 == 0


def test_postcodes_that_ended_count_only_where_none_is_left_and_sector_means_not_at_all() -> None:
    table = pl.concat(
        [
            units("GU14", (0, 0), (1000, 0)),
            units("GU15", (5000, 0)),
            units("GU15", (9000, 0), ended=True).with_columns(postcode=pl.lit("GU15ZZ")),
            units("GU16", (7000, 0), ended=True),
            units("GU17", (0, 0)).with_columns(quality=pl.lit(6, pl.UInt8)),
        ]
    )
    assert {row[0]: row[1] for row in sector_squares(table).rows()} == {
        "GU14": 500_500.0, "GU15": 505_000.0, "GU16": 507_000.0,
    }  # fmt: skip
    assert district_squares(table)["key"].to_list() == ["GU1"]


def areas() -> ReferenceData:
    reference = ReferenceData(None)
    reference.postcodes = pl.concat(
        [units("GU14", (0, 0)), units("GU144", (9000, 0)), units("EC1A1", (1000, 0)), units("EC1V1", (3000, 0))]
    )
    return reference


@pytest.mark.parametrize(
    ("text", "sector", "district"),
    [
        ("GU1 4DY", ("postcode_sector", 0), ("postcode_district", 0)),
        ("gu1  4", ("postcode_sector", 0), ("postcode_district", 0)),
        ("GU1", ("postcode_district", 0), ("postcode_district", 0)),
        (" GU14 ", ("postcode_district", 9000), ("postcode_district", 9000)),
        ("GU14 4", ("postcode_sector", 9000), ("postcode_district", 9000)),
        ("GU144", ("postcode_sector", 9000), ("postcode_district", 9000)),
        ("GUI44DY", ("postcode_sector", 9000), ("postcode_district", 9000)),
        ("GU14 9AA", ("postcode_district", 9000), ("postcode_district", 9000)),
        ("EC1A 1BB", ("postcode_sector", 1000), ("postcode_district", 1000)),
        ("EC1", ("postcode_district", 2000), ("postcode_district", 2000)),
        ("GU9", ("unknown_postcode", None), ("unknown_postcode", None)),
        ("GU9 9ZZ", ("unknown_postcode", None), ("unknown_postcode", None)),
        ("GU", ("invalid_postcode", None), ("invalid_postcode", None)),
        ("Guildford", ("invalid_postcode", None), ("invalid_postcode", None)),
        ("", ("no_location", None), ("no_location", None)),
        (None, ("no_location", None), ("no_location", None)),
    ],
)
def test_a_sector_or_a_district_is_found_in_what_a_column_says(
    text: str | None, sector: tuple[str, int | None], district: tuple[str, int | None]
) -> None:
    for way, (method, metres) in ((SECTOR, sector), (DISTRICT, district)):
        frame = pl.DataFrame({"postcode": [text]}, schema={"postcode": pl.String})
        (row,) = locate(frame, (way,), areas()).rows(named=True)
        assert row["place_method"] == method
        assert row["easting"] == (None if metres is None else 500_000 + metres)
        assert (row["square_m"] or 1000) >= 1000
        confidence = {"postcode_sector": 0.8, "postcode_district": 0.7}.get(method)
        assert row["place_confidence"] == confidence
        assert (confidence is None) == (method in UNPLACED)
    assert found(NO_REFERENCE, "GU1 4", ways=(SECTOR,)) == [(None, "unknown_postcode", None)]


def test_the_day_of_a_row_decides_where_it_stands_beside_others_of_the_same_postcode(tmp_path: Path) -> None:
    frame = pl.DataFrame({"postcode": ["GU1 4DY", "GU1 4DY", "GU1 4DY"]})
    days = pl.Series([date(2001, 1, 1), date(2011, 1, 1), None], dtype=pl.Date)
    assert locate(frame, (POSTCODE,), LIVES, days)["easting"].to_list() == [1.0, 2.0, 2.0]


def test_a_spec_may_name_a_sector_or_a_district() -> None:
    ways: TypeAdapter[Location] = TypeAdapter(Location)
    assert ways.validate_python({"by": "postcode_sector", "column": "postcode"}) == SECTOR
    assert ways.validate_python({"by": "postcode_district", "column": "postcode"}) == DISTRICT
    assert SECTOR.needs == DISTRICT.needs == POSTCODE.needs == ("postcodes",)
