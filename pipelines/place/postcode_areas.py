"""Postcode sectors and districts as squares, drawn around the postcodes that a directory has in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.place.postcode_quality import SECTOR_MEAN

if TYPE_CHECKING:
    import polars as pl

# The square is centred on the median easting and northing, which a few misplaced postcodes do not move, and holds this
# share of the postcodes; the outlying rest would stretch it over its neighbours.
HELD = 0.95
LEAST_SQUARE_M = 1000
MOST_SQUARE_M = 100_000
_STEP_M = 100


def sector_key(postcode: pl.Expr) -> pl.Expr:
    """The sector of a postcode in compact form: `GU14` for GU1 4DY, `GU144` for GU14 4DY."""
    return postcode.str.head(-2)


def outcode_key(postcode: pl.Expr) -> pl.Expr:
    """The outward code of a postcode in compact form."""
    return postcode.str.head(-3)


def squares(directory: pl.DataFrame, key: pl.Expr) -> pl.DataFrame:
    """A square for each area: key, easting, northing, square_m (a whole number of hundreds of metres).

    Args:
        directory: as `read_postcodes` gives it. Postcodes in use now are counted, each once; in an area that has none
            left, those it had. Positions that are themselves a sector's mean say nothing of its extent.
        key: the area of a postcode, from the column `postcode`.
    """
    import polars as pl

    placed = directory.filter(
        pl.col("easting").is_not_null() & (pl.col("quality").ne_missing(SECTOR_MEAN))
    ).select("postcode", "easting", "northing", key=key, is_current=pl.col("terminated").is_null())
    counted = placed.filter(pl.col("is_current") | ~pl.col("is_current").any().over("key"))
    centred = counted.with_columns(
        centre_east=pl.col("easting").median().over("key"), centre_north=pl.col("northing").median().over("key")
    )
    reach = pl.max_horizontal(
        (pl.col("easting") - pl.col("centre_east")).abs(), (pl.col("northing") - pl.col("centre_north")).abs()
    )
    side = (2 * reach.quantile(HELD, "higher") / _STEP_M).ceil() * _STEP_M
    return (
        centred.group_by("key")
        .agg(
            pl.col("centre_east").first().round(3).alias("easting"),
            pl.col("centre_north").first().round(3).alias("northing"),
            side.clip(LEAST_SQUARE_M, MOST_SQUARE_M).cast(pl.Int32).alias("square_m"),
        )
        .sort("key")
    )


def sector_squares(directory: pl.DataFrame) -> pl.DataFrame:
    """`squares` of the sectors."""
    import polars as pl

    return squares(directory, sector_key(pl.col("postcode")))


def district_squares(directory: pl.DataFrame) -> pl.DataFrame:
    """`squares` of the outward codes; and of districts that are only in use with a letter, as EC1 in EC1A and EC1V."""
    import polars as pl

    outcodes = squares(directory, outcode_key(pl.col("postcode")))
    lettered = directory.filter(pl.col("postcode").str.contains(r"^[A-Z]+[0-9][A-Z][0-9][A-Z]{2}$"))
    wide = squares(lettered, outcode_key(pl.col("postcode")).str.head(-1))
    return pl.concat([outcodes, wide.join(outcodes, on="key", how="anti")])
