"""Points that stand for no location: dummy values, declared default points, points where too many records pile up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from pipelines.specs.grid_reference import write_grid_reference
from pipelines.specs.locations import Coordinates, GridReference, Location

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

    Array = np.ndarray[Any, Any]

# What systems put where a coordinate is missing: 0, 1, and figures that are all nines, also below zero. No point of
# which both coordinates are such lies on land in Great Britain: in metres they lie in the Atlantic, in degrees abroad.
DUMMIES = (0, *(sign * number for number in (1, *(10**k - 1 for k in range(1, 10))) for sign in (1, -1)))
# A pile is told of from this many records on: in a small return a few at one door are a large share.
PILE_UP_LEAST = 20
# Records of a larger square do not stand at one point.
PILE_UP_SQUARE_M = 100


def are_dummies(x: Array, y: Array) -> Array:
    """Which pairs of numbers are written in place of a location, as 0, 0 or 999999, 999999."""
    import numpy as np

    found: Array = np.isin(x, DUMMIES) & np.isin(y, DUMMIES)
    return found


def are_defaults(
    east: Array,
    north: Array,
    side: Array,
    way: Coordinates | GridReference,
) -> Array:
    """Which points lie in a square that is declared to be no location.

    Args:
        east: eastings in metres, EPSG:27700; NaN lies in none.
        north: northings in metres.
        side: in metres, of the square each was written as: a larger one than is declared is not meant.
        way: declares the squares.
    """
    import numpy as np

    found = np.zeros(len(east), dtype=bool)
    for centre_east, centre_north, square in way.default_squares:
        west, south = centre_east - square / 2, centre_north - square / 2
        found |= (
            (west <= east) & (east < west + square) & (south <= north) & (north < south + square) & (side <= square)
        )
    return found


def pile_ups(rows: pl.DataFrame, record: Sequence[str], ways: tuple[Location, ...]) -> Iterator[tuple[str, str]]:
    """Points that hold so many records that they are likely to be where a sender puts what it has no location for.

    A point is told of if it holds more than `pile_up_share` of the records that its way placed, and `PILE_UP_LEAST` or
    more. The default share, 0.05, lies above what streets come to: of 108 monthly street files of the national police
    archive, in which every crime stands at one of a force's snap points, the point with most holds up to 0.039 (a
    prison) in all but one; there it is 0.061, 278 crimes where the next point has 46.

    Args:
        rows: placed rows with `PLACE_COLUMNS`.
        record: the columns by which a record is told from others.
        ways: the ways they were placed by.

    Yields:
        A column of the way, and a sentence that names the point as `default_points` takes it.
    """
    import polars as pl

    declared: dict[str, Coordinates | GridReference] = {}
    for way in ways:
        if isinstance(way, Coordinates | GridReference):
            declared.setdefault(way.by, way)
    for by, way in declared.items():
        placed = rows.filter(pl.col("place_method") == by)
        total = placed.select(record).n_unique()
        points = placed.filter(pl.col("square_m") <= PILE_UP_SQUARE_M).group_by("easting", "northing", "square_m")
        counts = points.agg(count=pl.struct(record).n_unique()).sort("count", "easting", "northing", descending=True)
        large = counts.filter((pl.col("count") >= PILE_UP_LEAST) & (pl.col("count") > way.pile_up_share * total))
        for east, north, square, count in large.iter_rows():
            side = 1 if isinstance(way, Coordinates) and square == way.square_m else square
            point = write_grid_reference(east, north, side)
            told = f"{count:,} of {total:,} records stand at one point"
            yield way.reads[0], f'{told}; if it is no location, say default_points: ["{point}"] in the feed\'s spec'
