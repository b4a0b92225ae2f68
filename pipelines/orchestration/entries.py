"""What is kept of one delivery: its files, and its entries in the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, delete, insert

from pipelines.harmonise.delivery import Harmonised
from pipelines.intake.claims import Claim
from pipelines.read.records import Records
from pipelines.specs.load import FeedSpec
from warehouse import ledger as led
from warehouse.home import Home, whole


def harmonised_path(home: Home, row: Mapping[str, Any]) -> Path:
    """Where a delivery's harmonised rows lie."""
    partner, dataset = str(row["feed"]).split("/")
    return home.harmonised / dataset / partner / f"{row['delivery_id']}-{row['fingerprint']}.parquet"


def keep(home: Home, feed: FeedSpec, key: tuple[str, str], records: Records, result: Harmonised) -> None:
    """Keep what was read, what it became, what was set aside and every issue, each in a file of its own.

    Args:
        home: the home.
        feed: the feed.
        key: the delivery's id, and the fingerprint of what it was harmonised with.
        records: what was read of it.
        result: what it became.
    """
    import polars as pl

    delivery_id, fingerprint = key
    mark = pl.lit(delivery_id).alias("_delivery_id")
    with whole(home.raw / feed.partner / feed.dataset / f"{delivery_id}.parquet") as draft:
        records.frame.write_parquet(draft, compression="lz4")
    row = {"feed": feed.name, "delivery_id": delivery_id, "fingerprint": fingerprint}
    with whole(harmonised_path(home, row)) as draft:
        result.rows.with_columns(mark).write_parquet(draft, compression_level=1)
    if result.set_aside.height:
        with whole(home.quarantine / feed.partner / feed.dataset / f"{delivery_id}-{fingerprint}.parquet") as draft:
            result.set_aside.with_columns(mark).write_parquet(draft)
    if result.issue_rows.height:
        with whole(home.issues / feed.partner / feed.dataset / f"{delivery_id}-{fingerprint}.parquet") as draft:
            result.issue_rows.with_columns(mark).write_parquet(draft)


def arrive(connection: Connection, delivery: dict[str, Any], claim: Claim, outcome: str) -> int:
    """Note that a delivery arrived, and how; the arrival's number, by which undeclared revisions are ordered."""
    row = {
        "delivery_id": delivery["delivery_id"],
        "path": str(claim.source.path),
        "member": claim.source.inner,
        "received_at": led.now(),
        "issued_on": claim.facts.issued,
        "period": claim.facts.period,
        "outcome": outcome,
    }
    key = connection.execute(insert(led.arrival), row).inserted_primary_key
    assert key is not None
    return int(key[0])


def issue_totals(connection: Connection, row: dict[str, Any], result: Harmonised) -> None:
    """Note how many issues of each type a delivery raised, in place of what was noted of it before."""
    connection.execute(delete(led.issue_total).where(led.issue_total.c.delivery_id == row["delivery_id"]))
    totals = [
        {"delivery_id": row["delivery_id"], "issue_type": kind, "count": count, "example": result.examples.get(kind)}
        for kind, count in result.issues.items()
    ]
    led.put(connection, led.issue_total, totals)
