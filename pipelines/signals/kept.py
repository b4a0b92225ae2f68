"""Keeps the summary of every return, so that a return is counted once, however long its feed goes on.

A feed's summaries lie in one Parquet file. Each has the key of what it was made of, and is left out once the harmonised
file that it was made of is gone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.signals.series import Summary
from pipelines.signals.summary import COUNTS, Count
from warehouse.home import whole

if TYPE_CHECKING:
    import polars as pl


def kept_or_made(
    path: Path, wanted: Mapping[str, str], make: Callable[[str], Iterable[Count]], is_there: Callable[[str], bool]
) -> dict[str, pl.DataFrame]:
    """The summary of each key wanted; those that are not kept are made, and kept from now on.

    Args:
        path: the file of the feed.
        wanted: the key of each summary, to the name of a harmonised file that it is made of.
        make: makes the summary of a key.
        is_there: whether a harmonised file of that name is still there.
    """
    import polars as pl

    kept = pl.read_parquet(path) if path.exists() else None
    known = set() if kept is None else set(kept["key"].unique())
    fresh = [(*count, key, wanted[key]) for key in sorted(wanted.keys() - known) for count in make(key)]
    if fresh:
        texts = dict.fromkeys(("kind", "name", "code"), pl.String())
        schema = {**texts, "n": pl.Float64(), "key": pl.String(), "made_of": pl.String()}
        made = pl.DataFrame(fresh, schema=schema, orient="row", strict=False)
        if kept is not None:
            there = [name for name in kept["made_of"].unique() if is_there(name)]
            made = pl.concat([kept.filter(pl.col("made_of").is_in(there)), made])
        kept = made
        with whole(path) as draft:
            kept.write_parquet(draft)
    if kept is None:
        return {}
    mine = kept.filter(pl.col("key").is_in(list(wanted)))
    return {str(key): rows for (key,), rows in mine.group_by("key")}


def summary_of(period: date, rows: pl.DataFrame) -> Summary:
    """One return's counts, as the judges take them."""
    found = Summary(period)
    for kind, name, code, n in rows.select(COUNTS).iter_rows():
        found.counts.setdefault((kind, name), {})[code] = n
    return found
