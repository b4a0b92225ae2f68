"""Supplied figures under the boundary sets that their area codes are of, and what is told of codes that are of none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipelines.harmonise.faults import INDEX
from pipelines.place.reference import ReferenceData
from pipelines.place.ways.area_codes import OLD_CODE, OUTSIDE_SETS, UNKNOWN, resolved

if TYPE_CHECKING:
    import polars as pl

AREA, SET = "area_code", "boundary_set"


def _repairs(rows: pl.DataFrame, column: str, value: str | None) -> pl.DataFrame:
    import polars as pl

    return rows.select(
        pl.col(INDEX).cast(pl.UInt32),
        issue_type="issue",
        column=pl.lit(column),
        value=pl.col(value) if value else pl.lit(None, pl.String),
        message="message",
    )


@dataclass(frozen=True)
class Figures:
    """The set and the code of each row of supplied figures, and what is to be told of some."""

    boundary_set: pl.Series
    area_code: pl.Series
    told: pl.DataFrame


def figures_of_sets(
    codes: pl.DataFrame, days: pl.Series, named: tuple[str, ...], reference: ReferenceData, column: str, is_plain: bool
) -> Figures:
    """Each figure under the set whose area its code is of.

    A code that an area went by before becomes its code now. No figure of an area that has ended is given to the area
    that followed it: it is the figure of a part, and stays under its own code. Where one set alone is named, the code
    is of that set even if the set does not hold it, or is not loaded; of several, nobody knows, and the set is null.

    Args:
        codes: `_index` and area_code of the rows.
        days: the day each is of.
        named: the sets that the codes may be of.
        reference: what codes are looked up in.
        column: the partner's column of the code.
        is_plain: whether its texts may be told.
    """
    import polars as pl

    known = reference.area_codes(named)
    found = pl.concat([codes.select(INDEX), resolved(codes[AREA], days, known)], how="horizontal")
    is_area = pl.col(SET).is_not_null() & (pl.col("issue").is_null() | (pl.col("issue") == OLD_CODE))
    sole = pl.lit(named[0] if len(named) == 1 else None, pl.String)
    made = found.select(
        pl.when(is_area).then(pl.col(SET)).otherwise(sole).alias(SET),
        pl.when(is_area).then(pl.col(AREA)).otherwise(pl.col("given")).alias(AREA),
    )
    # While a set is not loaded, no code can be said to be none of its own.
    unsure = pl.lit(bool(known.not_loaded)) & pl.col("issue").is_in([UNKNOWN, OUTSIDE_SETS])
    told = _repairs(found.filter(pl.col("issue").is_not_null() & ~unsure), column, "given" if is_plain else None)
    return Figures(made[SET], made[AREA], told)
