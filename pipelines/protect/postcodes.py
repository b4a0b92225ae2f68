"""Postcodes made coarse as they are read: the rest is hidden by stars, `GU1 4**` or `GU1 ***`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.protect.told import each_text
from pipelines.specs.postcode_text import compact, masked_postcode, parse_postcode, repaired

if TYPE_CHECKING:
    import polars as pl

# A sector of fewer postcodes in use is a large user's, or a few doors: its postcode may be one person.
FEWEST_POSTCODES = 3


def coarse_postcode(text: str, level: str) -> str | None:
    """A postcode's `sector` or `district` alone; None where the text is no postcode, nor a part of one.

    >>> coarse_postcode("gu1 4dy", "sector"), coarse_postcode("GU1 4DY", "district"), coarse_postcode("GU1", "sector")
    ('GU1 4**', 'GU1 ***', 'GU1 ***')
    """
    whole = parse_postcode(text) or parse_postcode(repaired(text) or "")
    if whole is not None:
        return f"{whole.sector}**" if level == "sector" else f"{whole.outcode} ***"
    return masked_postcode(text, level)


def coarse_postcodes(texts: pl.Series, level: str) -> pl.Series:
    """`coarse_postcode` of each text of a column."""
    return each_text(texts, lambda text: coarse_postcode(text, level))


def large_sectors(directory: pl.DataFrame) -> frozenset[str]:
    """The sectors, in compact form, that have enough postcodes in use for one of these to be nobody's own.

    Args:
        directory: `postcode` in compact form, and `terminated`, null while it is in use.
    """
    import polars as pl

    live = directory.filter(pl.col("terminated").is_null()).select(sector=pl.col("postcode").str.head(-2))
    # A postcode stands in a directory once for each of its lives; of those only one is in use.
    counts = live.group_by("sector").len().filter(pl.col("len") >= FEWEST_POSTCODES)
    return frozenset(counts["sector"])


def without_small(texts: pl.Series, large: frozenset[str]) -> tuple[pl.Series, pl.Series]:
    """Postcodes, of small sectors only the district; and which of them were made so.

    Texts that are no postcode are kept: they place nobody.
    """
    import polars as pl

    small = {text for text in texts.drop_nulls().unique() if _is_small(text, large)}
    is_small = texts.is_in(list(small)).fill_null(False)
    district = coarse_postcodes(texts.set(~is_small, None), "district")
    return pl.select(pl.when(is_small).then(district).otherwise(texts)).to_series(), is_small


def _is_small(text: str, large: frozenset[str]) -> bool:
    whole = parse_postcode(text) or parse_postcode(repaired(text) or "")
    return whole is not None and compact(whole.sector) not in large
