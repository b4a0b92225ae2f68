"""Who a record is: its key where the sender gives one, else its content and its place among identical rows."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl
    from duckdb import DuckDBPyConnection


@cache
def _hasher() -> DuckDBPyConnection:
    """One connection for all hashing: opening one costs more than hashing a month."""
    import duckdb

    return duckdb.connect(config={"threads": 1})


def md5(texts: pl.Series) -> pl.Series:
    """The MD5 of each text, in hexadecimal. Not for secrets: a short name for a long text, the same everywhere."""
    import polars as pl

    if texts.len() == 0:
        return pl.Series(texts.name, [], dtype=pl.String)
    with _hasher().cursor() as cursor:
        cursor.register("given", pl.DataFrame({"text": texts}).to_arrow())
        return cursor.execute("select md5(text) as text from given").pl().to_series().alias(texts.name)


def place_ids(places: pl.DataFrame) -> pl.Series:
    """A stable 60-bit number for each place: the start of the MD5 of `easting,northing,square_m` (mm, mm, m)."""
    import polars as pl

    text = places.select(
        pl.concat_str(
            (pl.col("easting") * 1000).round().cast(pl.Int64),
            (pl.col("northing") * 1000).round().cast(pl.Int64),
            pl.col("square_m"),
            separator=",",
        )
    ).to_series()
    # 15 hexadecimal digits are 60 bits: they fit a signed 64-bit integer without a sign.
    return md5(text).str.slice(0, 15).str.to_integer(base=16, dtype=pl.Int64).alias("place_id")


def record_ids(frame: pl.DataFrame, within: str, key: list[str], content: list[str]) -> pl.Series:
    """The record id of each row: a hash of what it is within and its key, or of this, its content and its ordinal.

    Args:
        frame: the rows of one delivery, with `supplier`.
        within: the feed's name, and what else a key is unique within.
        key: columns of the key; a row with a null in the first of them has none.
        content: all columns as the partner wrote them.
    """
    import polars as pl

    end, null, at = "\x1f", "\x00", "\x00at"
    by_content = pl.concat_str([pl.col(name).cast(pl.String).fill_null(null) for name in content], separator=end)
    ordinal = pl.int_range(pl.len()).over("supplier", by_content).cast(pl.String)
    scope = [pl.lit(within), pl.col("supplier")]
    anonymous = pl.concat_str(*scope, pl.lit("content"), by_content, ordinal, separator=end)
    named = pl.concat_str(*scope, pl.lit("key"), *(pl.col(name).fill_null(null) for name in key), separator=end)
    numbered = frame.with_row_index(at)
    has_key = pl.col(key[0]).is_not_null() if key else pl.lit(False)
    texts = [
        numbered.filter(has_key).select(at, named.alias("record_id")),
        numbered.filter(~has_key).select(at, anonymous.alias("record_id")),
    ]
    return md5(pl.concat(texts).sort(at)["record_id"])
