"""Dates of birth and ages as bands of age, on the day that a row is of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipelines.specs.moments import parse_moments

if TYPE_CHECKING:
    import polars as pl

# In years. Whoever would be older by the date given is a slip of the pen.
OLDEST = 120
_AGE = r"^\d{1,3}$"


@dataclass(frozen=True)
class Band:
    """A band of ages in whole years, both included; `upper` is None where it is open."""

    code: str
    lower: int
    upper: int | None


def bands_of(entries: Iterable[Any]) -> tuple[Band, ...]:
    """The finest bands of a code list, youngest first: codes with a `lower` that no other band has as its parent."""
    banded = [entry for entry in entries if entry.lower is not None]
    parents = {entry.parent for entry in banded}
    leaves = [Band(entry.code, entry.lower, entry.upper) for entry in banded if entry.code not in parents]
    return tuple(sorted(leaves, key=lambda band: band.lower))


def ages_born(texts: pl.Series, format_: str, years_from: int | None, days: pl.Series) -> pl.Series:
    """The age in whole years on each day of who was born as the texts say; null where that cannot be or be told.

    Who was born on 29 February is a year older from 1 March on in a year without that day, as in English law.

    Args:
        texts: dates of birth.
        format_: strptime format.
        years_from: the first of the hundred years that a year of two digits may mean.
        days: a date for each text.
    """
    import polars as pl

    born = parse_moments(texts, format_, years_from)["first"].cast(pl.Date).alias("born")
    both = pl.DataFrame([born, days.alias("day")])
    day, birth = pl.col("day"), pl.col("born")
    passed = (day.dt.month() > birth.dt.month()) | (
        (day.dt.month() == birth.dt.month()) & (day.dt.day() >= birth.dt.day())
    )
    age = day.dt.year() - birth.dt.year() - pl.when(passed).then(0).otherwise(1)
    return _possible(both.select(age=pl.when(day >= birth).then(age).cast(pl.Int32)).to_series())


def ages_told(texts: pl.Series) -> pl.Series:
    """Ages in whole years that are written as such; null where a text is none."""
    import polars as pl

    written = texts.set(~texts.str.contains(_AGE).fill_null(False), None)
    return _possible(written.cast(pl.Int32).alias("age"))


def _possible(ages: pl.Series) -> pl.Series:
    return ages.set((ages > OLDEST).fill_null(False), None)


def banded(ages: pl.Series, bands: tuple[Band, ...]) -> pl.Series:
    """The code of the band that each age lies in; null where it lies in none."""
    import polars as pl

    expression = pl.lit(None, pl.String)
    for band in bands:
        inside = (pl.col("age") >= band.lower) & (pl.col("age") <= (OLDEST if band.upper is None else band.upper))
        expression = pl.when(inside).then(pl.lit(band.code)).otherwise(expression)
    return ages.alias("age").to_frame().select(code=expression).to_series()
