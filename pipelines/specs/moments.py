"""What a date, time or month in a partner's text stands for, by the format that the spec declares of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.specs.patterns import LOCAL_TIME

if TYPE_CHECKING:
    import polars as pl


def parse_moments(texts: pl.Series, format_: str, years_from: int | None = None) -> pl.DataFrame:
    """First and last moment (to the second, inclusive) that each text of a column stands for, in local time.

    A month stands for all of it, a day for all of it, a minute for its 60 seconds. Null where a text does not fit. A
    moment with an offset (`%z`) or with `UTC` becomes the time a clock in the United Kingdom showed. `clash` is
    `skipped` or `repeated` for a time without an offset in the hour that summer time leaves out or has twice.

    Args:
        texts: text values.
        format_: strptime format; it names at least year and month.
        years_from: the first of the hundred years that a year of two digits may mean.
    """
    import polars as pl

    distinct = texts.drop_nulls().unique()
    format_ = format_.replace("%T", "%H:%M:%S").replace("%R", "%H:%M")
    has_day = "%d" in format_ or "%j" in format_
    whole, whole_format = (distinct, format_) if has_day else (distinct + " 01", f"{format_} %d")
    clock = any(code in format_ for code in ("%H", "%I"))
    if clock and "%M" not in format_:
        whole, whole_format = whole + " 00", f"{whole_format} %M"
    if "%z" in format_ or "UTC" in format_:
        zoned = whole.str.replace(r"Z$", "+0000").str.to_datetime(whole_format, strict=False, time_unit="us")
        zoned = zoned if "%z" in format_ else zoned.dt.replace_time_zone("UTC")
        start = zoned.dt.convert_time_zone(LOCAL_TIME).dt.replace_time_zone(None)
    elif clock:
        start = whole.str.to_datetime(whole_format, strict=False, time_unit="us")
    else:
        start = whole.str.to_date(whole_format, strict=False).cast(pl.Datetime("us"))
    if years_from is not None:
        year = years_from + (start.dt.year() - years_from) % 100
        day = pl.select(pl.datetime(year, start.dt.month(), start.dt.day())).to_series()
        start = day + (start - start.dt.truncate("1d"))
    step = "1s" if "%S" in format_ else "1m" if "%M" in format_ else "1h" if clock else "1d" if has_day else "1mo"
    # A year written short would be taken for one of the first centuries.
    start = start.set(start.dt.year() < 1000, None)
    is_local = "%z" not in format_ and "UTC" not in format_
    clash = _clashes(start) if clock and is_local else pl.Series([None] * start.len(), dtype=pl.String)
    table = pl.DataFrame({"text": distinct, "first": start, "clash": clash}).with_columns(
        last=pl.col("first").dt.offset_by(step).dt.offset_by("-1s")
    )
    found = pl.DataFrame({"text": texts}).join(table, on="text", how="left", maintain_order="left")
    return found.select("first", "last", "clash")


def _clashes(start: pl.Series) -> pl.Series:
    """Which local times did not exist, or came twice, because the clocks were changed."""
    import polars as pl

    exists = start.dt.replace_time_zone(LOCAL_TIME, non_existent="null", ambiguous="earliest").is_not_null()
    once = start.dt.replace_time_zone(LOCAL_TIME, non_existent="null", ambiguous="null").is_not_null()
    told = pl.when(start.is_null()).then(None).when(~exists).then(pl.lit("skipped"))
    return pl.select(told.when(~once).then(pl.lit("repeated")).otherwise(None).cast(pl.String)).to_series()
