"""A place from two columns of coordinates in a declared CRS."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.place.cover import in_cover
from pipelines.place.located import as_located
from pipelines.place.transform import to_national_grid
from pipelines.specs.locations import Coordinates

if TYPE_CHECKING:
    import polars as pl


def by_coordinates(distinct: pl.DataFrame, way: Coordinates) -> pl.DataFrame:
    """Each location of `distinct`, by two of its columns, as a located table."""
    import numpy as np
    import polars as pl

    texts = distinct.select(x=pl.col(way.x).str.strip_chars(), y=pl.col(way.y).str.strip_chars())
    numbers = texts.select(pl.col("x", "y").replace("", None).cast(pl.Float64, strict=False))
    given = texts.select(given=pl.col("x").fill_null("").ne("") | pl.col("y").fill_null("").ne(""))["given"]
    x, y = numbers["x"].to_numpy(), numbers["y"].to_numpy()
    readable = np.isfinite(x) & np.isfinite(y)
    east, north = np.full(len(x), np.nan), np.full(len(x), np.nan)
    if readable.any():
        east[readable], north[readable] = to_national_grid(x[readable], y[readable], way.crs)
    covered = in_cover(east, north)
    placed = pl.DataFrame(
        {
            "easting": pl.Series(np.where(covered, east, np.nan)).round(3).fill_nan(None),
            "northing": pl.Series(np.where(covered, north, np.nan)).round(3).fill_nan(None),
            "square_m": pl.Series(np.where(covered, way.square_m, 0), dtype=pl.Int32).replace(0, None),
            "place_method": pl.select(
                pl.when(pl.Series(covered)).then(pl.lit("coordinates"))
                .when(~given).then(pl.lit("no_location"))
                .when(~pl.Series(readable)).then(pl.lit("bad_location"))
                .otherwise(pl.lit("outside_cover"))
            ).to_series(),
        }
    )  # fmt: skip
    return as_located(placed.with_columns(place_confidence=pl.when(pl.col("easting").is_not_null()).then(pl.lit(1.0))))
