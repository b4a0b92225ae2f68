"""What a way to a place gives back: a table of one row for each location, placed or not, and with what confidence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl

# The column, beside those a way reads, that holds the day a row is of: for ways that depend on it.
DAY = "\x00day"
# easting, northing: metres, EPSG:27700, the centre of the square. square_m: the square's side in metres.
# place_method: the way that found it, or a key of `UNPLACED`. place_confidence: 0 to 1, how far the location may be
# trusted to lie in the square; null where there is no place. stated_set, stated_area: the area that the partner names
# in place of a point, by its boundary set and code.
PLACE_COLUMNS = (
    "easting", "northing", "square_m", "place_method", "place_confidence", "stated_set", "stated_area",
)  # fmt: skip
# What is told of a row's place and not published: the issue type (of every row without a place, and of a few with
# one), what it says beyond its type, and the first column of the way that told it.
ISSUE, MESSAGE, COLUMN = TOLD = ("place_issue", "place_message", "place_column")

# What the issues of rows that have a place say, where the way does not say more itself.
NOTED = {
    "swapped_axes_mended": "read with east for north, as only so does it lie within",
    "truncated_units_mended": "read in another unit, as only so does it lie within, with a square to match",
    "outside_expected": "lies outside what the feed's spec declares as within, and is placed there",
    "postcode_repaired": "read with a letter for a figure or a figure for a letter, as only so is it a known postcode",
}

# Method of a row without a place -> the issue it raises.
UNPLACED = {
    "no_location": "no_location",
    "bad_location": "bad_location",
    "outside_cover": "outside_cover",
    "unknown_postcode": "unknown_postcode",
    "dummy_location": "dummy_location",
    "default_point": "default_point",
    "swapped_axes": "swapped_axes",
    "truncated_units": "truncated_units",
    "letters_missing": "letters_missing",
    "invalid_postcode": "invalid_postcode",
    "postcode_without_position": "postcode_without_position",
    "unknown_uprn": "unknown_uprn",
    "unknown_street": "unknown_street",
    "ambiguous_street": "ambiguous_street",
    "historic_area_code": "historic_area_code",
    "unknown_area_code": "unknown_area_code",
    "area_outside_sets": "area_outside_sets",
}


def place_schema() -> dict[str, pl.DataType]:
    """The types of `PLACE_COLUMNS`."""
    import polars as pl

    numbers = {"square_m": pl.Int32(), **dict.fromkeys(("easting", "northing", "place_confidence"), pl.Float64())}
    return {name: numbers.get(name, pl.String()) for name in PLACE_COLUMNS}


def located_schema() -> dict[str, pl.DataType]:
    """The types of `PLACE_COLUMNS` and `TOLD`."""
    import polars as pl

    return {**place_schema(), **dict.fromkeys(TOLD, pl.String())}


def as_located(frame: pl.DataFrame) -> pl.DataFrame:
    """`frame` with all of `PLACE_COLUMNS` and `TOLD` in order and typed; those it lacks are null."""
    import polars as pl

    return frame.select(
        (pl.col(name) if name in frame.columns else pl.lit(None)).cast(kind).alias(name)
        for name, kind in located_schema().items()
    )


def located_rows(rows: list[tuple[Any, ...]]) -> pl.DataFrame:
    """Rows of easting, northing, square_m, place_method and place_confidence as a located table."""
    import polars as pl

    schema = dict(list(place_schema().items())[:5])
    return as_located(pl.DataFrame(rows, schema=schema, orient="row"))
