"""Area lookups: how the figures of one boundary set's areas become figures of another's. One Parquet file each pair.

A pair's `weight` is the share, 0 to 1, of the from-area's figure that belongs to the to-area, and `method` says how it
is known. The weights of a from-area add up to 1, except where part of it lies in no area of the other set.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.intake.refusal import Refusal
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
    with whole(lookup_path(folder, from_set, to_set)) as draft:
        table.sort("from_code", "to_code").write_parquet(draft)


def lookup_path(folder: Path, from_set: str, to_set: str) -> Path:
    """Where the lookup from one set to another lies, if there is one."""
    return folder / f"{from_set}--{to_set}.parquet"


def lookup_between(folder: Path, from_set: str, to_set: str) -> pl.DataFrame:
    """The pairs of the lookup from one set to another.

    Raises:
        Refusal: where there is none; says which there are.
    """
    import polars as pl

    path = lookup_path(folder, from_set, to_set)
    if not path.exists():
        kept = ", ".join(f"{a} to {b}" for a, b in lookup_pairs(folder)) or "none"
        raise Refusal("not_a_file", f"there is no lookup from {from_set} to {to_set}; there are: {kept}")
    return pl.read_parquet(path)


def lookup_pairs(folder: Path) -> list[tuple[str, str]]:
    """The from-set and to-set of every lookup of a home, in name order."""
    return [(path.stem.split("--")[0], path.stem.split("--")[1]) for path in lookup_files(folder)]


def remove_lookup(folder: Path, from_set: str, to_set: str) -> None:
    """Forget the lookup from one set to another.

    Raises:
        Refusal: where there is none.
    """
    lookup_between(folder, from_set, to_set)
    lookup_path(folder, from_set, to_set).unlink()


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


def methods_of(rows: pl.DataFrame) -> dict[str, int]:
    """How many pairs of a lookup there are of each method, in the order of `METHODS`."""
    counts = dict(rows.group_by("method").len().iter_rows())
    return {method: counts[method] for method in METHODS if method in counts}
