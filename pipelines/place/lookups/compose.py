"""Lookups one after another: from a set to another by way of a third, and through a chain of dated changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.place.lookups.pairs import NEEDS_WEIGHT
from pipelines.place.lookups.store import ESTIMATED, EXACT, NOT_COMPARABLE

if TYPE_CHECKING:
    import polars as pl

# From the strongest to the weakest; of two lookups in a row, the weaker names the whole. What is only lacking a weight
# may yet be given one, what is not comparable never.
STRENGTH = (*EXACT, *ESTIMATED, NEEDS_WEIGHT, NOT_COMPARABLE)


def compose(first: pl.DataFrame, second: pl.DataFrame) -> pl.DataFrame:
    """From A to C by way of B: the sum, over the areas of B, of the products of their weights.

    Args:
        first: from_code (of A), to_code (of B), weight, method.
        second: from_code (of B), to_code (of C), weight, method.

    Returns:
        The same columns, from A to C. The method is the weakest on any of the ways; where one of them has no weight,
        the pair has none. What leads to an area of B from which `second` leads nowhere is lost.
    """
    import polars as pl

    rank = {method: index for index, method in enumerate(STRENGTH)}
    ways = first.join(
        second.select(to_code="from_code", last="to_code", weight_on="weight", method_on="method"), on="to_code"
    )
    joined = ways.group_by("from_code", to_code="last").agg(
        weight=(pl.col("weight") * pl.col("weight_on")).sum(),
        is_lacking=(pl.col("weight") * pl.col("weight_on")).is_null().any(),
        worst=pl.max_horizontal(
            pl.col(name).replace_strict(rank, return_dtype=pl.Int32) for name in ("method", "method_on")
        ).max(),
    )
    return joined.select(
        "from_code",
        "to_code",
        weight=pl.when("is_lacking").then(None).otherwise("weight"),
        method=pl.col("worst").replace_strict(dict(enumerate(STRENGTH)), return_dtype=pl.String),
    ).sort("from_code", "to_code")


def lost_on_the_way(first: pl.DataFrame, second: pl.DataFrame) -> list[str]:
    """From-areas of A of which a part leads to an area of B that `second` does not know, in order."""
    lost = first.join(second.select("from_code").unique(), left_on="to_code", right_on="from_code", how="anti")
    return [str(code) for code in lost["from_code"].unique().sort()]
