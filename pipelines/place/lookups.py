"""Area lookups: how the figures of one boundary set's areas become figures of another's. One Parquet file each pair.

A pair's `weight` is the share, 0 to 1, of the from-area's figure that belongs to the to-area, and `method` says how it
is known. The weights of a from-area add up to 1, except where part of it lies in no area of the other set.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from warehouse.home import whole

if TYPE_CHECKING:
    import polars as pl

# Methods whose weight is 1 because the from-area lies wholly in the to-area: the same area, one of several that were
# merged, one of the parts that an area was split into.
EXACT = ("unchanged", "merged", "summed_back")
# Methods whose weights are somebody's judgement: shares of what stands in each part, or the whole area to where most of
# it lies.
ESTIMATED = ("by_addresses", "by_population", "by_area", "best_fit")
# No weight is honest: the boundary moved in a way that no lookup follows. The weight is null.
NOT_COMPARABLE = "not_comparable"
METHODS = (*EXACT, *ESTIMATED, NOT_COMPARABLE)


def lookup_schema() -> dict[str, Any]:
    """The columns of a lookup and their types."""
    import polars as pl

    text = ("from_set", "from_code", "to_set", "to_code")
    return {**dict.fromkeys(text, pl.String), "weight": pl.Float64, "method": pl.String}


def lookup_files(folder: Path) -> list[Path]:
    """The lookups of a home, in name order."""
    return sorted(folder.glob("*.parquet"))


def write_lookup(folder: Path, rows: pl.DataFrame) -> None:
    """Keep the lookup from one set to another, in place of an earlier one of the same two sets.

    Args:
        folder: the home's folder of lookups.
        rows: the columns of `lookup_schema`, all of one from_set and one to_set.
    """
    import polars as pl

    (from_set, to_set), *others = rows.select("from_set", "to_set").unique().rows()
    if others:
        raise ValueError("a lookup is from one boundary set to one other")
    table = rows.select(pl.col(name).cast(kind) for name, kind in lookup_schema().items())
    with whole(folder / f"{from_set}--{to_set}.parquet") as draft:
        table.sort("from_code", "to_code").write_parquet(draft)


def read_lookups(folder: Path) -> pl.DataFrame:
    """The pairs of all lookups."""
    import polars as pl

    frames = [pl.read_parquet(path) for path in lookup_files(folder)]
    return pl.concat([pl.DataFrame(schema=lookup_schema()), *frames])


def lookups_digest(folder: Path) -> str:
    """A hash of all lookups."""
    text = hashlib.sha256()
    for path in lookup_files(folder):
        text.update(path.name.encode() + b"\0" + path.read_bytes())
    return text.hexdigest()[:16]
