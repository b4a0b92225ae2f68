"""What reconciling needs of the specs and of the returns: who states whose total, and what became of the rows sent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from pipelines.build.coverage import is_compared_only
from pipelines.build.plan import Plan
from pipelines.specs.load import SpecSet
from warehouse.home import Home


def stating_feeds(specs: SpecSet) -> list[dict[str, str]]:
    """The feeds whose figures are totals of another's events: `stated_by`, `stated_as`, `partner`, `dataset`."""
    rows = []
    for feed in specs.feeds.values():
        if feed.reconciled is not None:
            partner, dataset = feed.reconciled.split("/")
            rows.append({"stated_by": feed.partner, "stated_as": feed.dataset, "partner": partner, "dataset": dataset})
    return rows


def return_counts(home: Home, specs: SpecSet, plan: Plan) -> Iterator[dict[str, Any]]:
    """Each current return of events, with what became of its rows, by the ledger, and how many its partner states.

    `rows_dated_outside` is how many of its quarantined rows are in order but for a date outside its period; it is told
    only of returns that a total is stated of, because it is read from the rows themselves.
    """
    stated = {feed.reconciled for feed in specs.feeds.values()}
    for item in plan.current:
        feed = specs.feeds[item["feed"]]
        if specs.datasets[feed.dataset].shape != "event" or is_compared_only(feed, item):
            continue
        is_asked = item["feed"] in stated or item["stated_rows"] is not None
        outside = _dated_outside(home, item) if is_asked and item["rows_quarantined"] else 0
        yield item | {"partner": feed.partner, "dataset": feed.dataset, "rows_dated_outside": outside}


def _dated_outside(home: Home, item: dict[str, Any]) -> int:
    """How many rows of a return were set aside for their date alone."""
    import polars as pl

    path = home.quarantine_of(item)
    mine = (pl.col("supplier") == item["supplier"]) & (pl.col("period_start") == item["period_start"])
    rows = pl.scan_parquet(path).filter(mine, pl.col("outcome") == "quarantined").group_by("_row", "_part")
    for_date = rows.agg((pl.col("issue_type") == "wrong_period").all().alias("alone")).filter("alone").collect()
    return for_date.height
