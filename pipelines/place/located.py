"""What a way to a place gives back: a table of one row for each location, placed or not, and with what confidence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl

# easting, northing: metres, EPSG:27700, the centre of the square. square_m: the square's side in metres.
# place_method: the way that found it, or a key of `UNPLACED`. place_confidence: 0 to 1, how far the location may be
# trusted to lie in the square; null where there is no place. stated_set, stated_area: the area that the partner names
# in place of a point, by its boundary set and code.
PLACE_COLUMNS = (
    "easting", "northing", "square_m", "place_method", "place_confidence", "stated_set", "stated_area",
)  # fmt: skip

# Method of a row without a place -> the issue it raises.
UNPLACED = {
    "no_location": "no_location",
    "bad_location": "bad_location",
    "outside_cover": "outside_cover",
    "unknown_postcode": "unknown_postcode",
    "historic_area_code": "historic_area_code",
    "unknown_area_code": "unknown_area_code",
    "area_outside_sets": "area_outside_sets",
}


def place_schema() -> dict[str, pl.DataType]:
    """The types of `PLACE_COLUMNS`."""
    import polars as pl

    kinds = (pl.Float64(), pl.Float64(), pl.Int32(), pl.String(), pl.Float64(), pl.String(), pl.String())
    return dict(zip(PLACE_COLUMNS, kinds, strict=True))


def as_located(frame: pl.DataFrame) -> pl.DataFrame:
    """`frame` with all of `PLACE_COLUMNS` in their order and types; those it lacks are null."""
    import polars as pl

    return frame.select(
        (pl.col(name) if name in frame.columns else pl.lit(None)).cast(kind).alias(name)
        for name, kind in place_schema().items()
    )


def located_rows(rows: list[tuple[Any, ...]]) -> pl.DataFrame:
    """Rows of easting, northing, square_m, place_method and place_confidence as a located table."""
    import polars as pl

    schema = dict(list(place_schema().items())[:5])
    return as_located(pl.DataFrame(rows, schema=schema, orient="row"))
