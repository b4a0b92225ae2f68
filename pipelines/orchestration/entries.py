"""What is kept of one delivery in files: what was read, what it became, what was set aside, every issue."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipelines.harmonise.delivery import Harmonised
from pipelines.read.raw import write_raw
from pipelines.read.records import Records
from warehouse.home import Home, whole


def keep(home: Home, row: Mapping[str, Any], records: Records, read_by: str, result: Harmonised) -> None:
    """Keep what was read and what it became, each in a file of its own.

    Args:
        home: the home.
        row: the delivery's `feed`, `delivery_id` and `fingerprint`.
        records: what was read of it.
        read_by: what it was read by.
        result: what it became.
    """
    import polars as pl

    write_raw(home.raw_of(row), records, read_by, result.stated_rows)
    with whole(home.harmonised_of(row)) as draft:
        marked = result.rows.with_columns(pl.lit(row["delivery_id"]).alias("_delivery_id"))
        marked.write_parquet(draft, compression_level=1)


def keep_aside(home: Home, row: Mapping[str, Any], result: Harmonised) -> None:
    """Keep the rows set aside and every issue, also of a delivery that is then refused: its sender will ask."""
    import polars as pl

    mark = pl.lit(row["delivery_id"]).alias("_delivery_id")
    for path, frame in ((home.quarantine_of(row), result.set_aside), (home.issues_of(row), result.issue_rows)):
        path.unlink(missing_ok=True)
        if frame.height:
            with whole(path) as draft:
                frame.with_columns(mark).write_parquet(draft)


def sweep(home: Home, row: Mapping[str, Any]) -> None:
    """Delete what was made of a delivery with anything else than it is made with now, at whatever time.

    Args:
        home: the home.
        row: the delivery's `feed`, `delivery_id` and `fingerprint` as the ledger has them.
    """
    for path_of in (home.harmonised_of, home.quarantine_of, home.issues_of):
        current = path_of(row)
        for path in current.parent.glob(f"{row['delivery_id']}-*.parquet"):
            if path != current:
                path.unlink()
