"""From what a partner wrote to a place: easting, northing and square size in EPSG:27700, and the method that found it.

Each distinct location is worked out once. A row nobody can place stays: its method says why, and it has no place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.place.located import COLUMN, DAY, ISSUE, MESSAGE, NOTED, PLACE_COLUMNS, TOLD, UNPLACED, located_rows
from pipelines.place.reference import ReferenceData
from pipelines.place.ways.area_codes import by_area
from pipelines.place.ways.coordinates import by_coordinates
from pipelines.place.ways.grid_reference import by_grid_reference
from pipelines.place.ways.postcode_areas import by_postcode_area
from pipelines.place.ways.postcodes import by_postcode
from pipelines.place.ways.streets import by_street
from pipelines.place.ways.uprns import by_uprn
from pipelines.specs.locations import (
    AreaCode,
    Coordinates,
    GridReference,
    Location,
    Postcode,
    PostcodeDistrict,
    PostcodeSector,
    Street,
    Uprn,
)

if TYPE_CHECKING:
    import polars as pl

_NUMBER = "\x00number"


def locate(
    frame: pl.DataFrame, ways: tuple[Location, ...], reference: ReferenceData, days: pl.Series | None = None
) -> pl.DataFrame:
    """Place every row of a frame of text columns by the declared ways, the first that succeeds.

    Args:
        frame: the rows, every column as text.
        ways: the ways, in the order they are tried.
        reference: what places are looked up in.
        days: the day each row is of (dates, one for each row, null where it is not known), by which a postcode is
            looked up; None where no row has one.

    Returns:
        One row for each row given, in order, with `PLACE_COLUMNS`, the place to the millimetre, and
        `TOLD`. Where there is no place the method is a key of `UNPLACED`.
    """
    import polars as pl

    columns = list(dict.fromkeys(name for way in ways for name in way.reads))
    if not columns:
        return _told(located_rows([(None, None, None, "no_location", None)] * frame.height))
    if days is None or not any(way.needs for way in ways):
        days = pl.Series([None], dtype=pl.Date).new_from_index(0, frame.height)
    given = frame.select(columns).with_columns(days.alias(DAY))
    distinct = given.unique(maintain_order=True)
    best = _one_way(distinct, ways[0], reference).with_columns(pl.lit(ways[0].reads[0]).alias(COLUMN))
    for way in ways[1:]:
        found = _one_way(distinct, way, reference).with_columns(pl.lit(way.reads[0]).alias(COLUMN))
        # A later way is tried where an earlier one found nothing. Why there is no place, the last one
        # says that was given anything to look at.
        is_found = best["easting"].is_not_null() | best["stated_area"].is_not_null()
        taken = is_found | (found["place_method"] == "no_location")
        best = best.select(
            pl.when(taken).then(pl.col(name)).otherwise(found[name]).alias(name) for name in found.columns
        )
    # By number, as a column of the partner's may be called what one of ours is.
    numbered = distinct.with_row_index(_NUMBER)
    number = given.join(numbered, on=[*columns, DAY], how="left", nulls_equal=True, maintain_order="left")[_NUMBER]
    return _told(best).select(pl.col(*PLACE_COLUMNS, *TOLD).gather(number))


def _told(located: pl.DataFrame) -> pl.DataFrame:
    """With the issue of each row that has no place, and what is said of one that has."""
    import polars as pl

    why = pl.col("place_method").replace_strict(UNPLACED, default=None, return_dtype=pl.String)
    said = pl.col(ISSUE).replace_strict(NOTED, default=None, return_dtype=pl.String)
    return located.with_columns(pl.col(ISSUE).fill_null(why), pl.col(MESSAGE).fill_null(said))


def _one_way(distinct: pl.DataFrame, way: Location, reference: ReferenceData) -> pl.DataFrame:
    if isinstance(way, Coordinates):
        return by_coordinates(distinct, way)
    if isinstance(way, GridReference):
        return by_grid_reference(distinct, way)
    if isinstance(way, PostcodeSector):
        return by_postcode_area(distinct, way, reference.postcode_sectors, reference.postcode_districts)
    if isinstance(way, PostcodeDistrict):
        return by_postcode_area(distinct, way, None, reference.postcode_districts)
    if isinstance(way, Uprn):
        return by_uprn(distinct, way, reference.uprns)
    if isinstance(way, Street):
        return by_street(distinct, way, reference.names)
    if isinstance(way, AreaCode):
        return by_area(distinct, way, reference.area_codes(way.boundary_set), DAY)
    return _by_kept_postcode(distinct, way, reference)


def _by_kept_postcode(distinct: pl.DataFrame, way: Postcode, reference: ReferenceData) -> pl.DataFrame:
    """By the postcode; where all but its sector or district was hidden as it was read, by that."""
    import polars as pl

    whole = by_postcode(distinct, way, reference.postcodes)
    masked = distinct[way.column].str.ends_with("**").fill_null(False)
    if not masked.any():
        return whole
    area = PostcodeSector(by="postcode_sector", column=way.column)
    part = by_postcode_area(distinct, area, reference.postcode_sectors, reference.postcode_districts)
    return whole.select(pl.when(masked).then(part[name]).otherwise(pl.col(name)).alias(name) for name in whole.columns)
