"""Two systems of one supplier that run in parallel: what each says of the same days, compared and never added."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from pipelines.harmonise.aside import PARALLEL
from pipelines.specs.load import FeedSpec, SpecSet
from pipelines.specs.parts import Days, parts_of
from warehouse.home import Home

if TYPE_CHECKING:
    import polars as pl

Return = dict[str, Any]


@dataclass(frozen=True)
class Compared:
    """What two systems say of the days that both report on, in rows. `counted` is what figures are made of."""

    feed: str
    supplier: str
    period_start: date
    first: date
    last: date
    counted: int
    in_parallel: int


def parallel_runs(home: Home, specs: SpecSet, current: Iterable[Return]) -> list[Compared]:
    """Every run in parallel that the returns in force tell of, in key order."""
    groups: dict[tuple[str, str, date], list[Return]] = {}
    for item in current:
        if item["feed"] in specs.feeds:
            groups.setdefault((item["feed"], item["supplier"], item["period_start"]), []).append(item)
    return [
        run
        for (feed, _supplier, _start), items in sorted(groups.items())
        if len(items) > 1 or items[0]["part"]
        for item in items
        for run in _runs(home, specs, specs.feeds[feed], item, items)
    ]


def _runs(home: Home, specs: SpecSet, feed: FeedSpec, item: Return, items: list[Return]) -> Iterator[Compared]:
    """One system's rows of the days of others, beside what those others count on them."""
    left_out = _left_out(home, item)
    clock = specs.datasets[feed.dataset].clock
    if not left_out or clock is None:
        return
    version = next((one for one in feed.feed.versions if one.valid_from.isoformat() == item["part"]), None)
    parts = parts_of(feed, item["period_start"])
    ends = version.valid_to if version is not None and version.valid_to else date.max
    windows = [
        (first, min(last, ends)) for part, (first, last) in parts.items() if part != item["part"] and first <= ends
    ]
    others = [other for other in items if other is not item and other["part"] in parts]
    counted = sum(_count(home, other, clock, window) for other in others for window in windows)
    first, last = min(window[0] for window in windows), max(window[1] for window in windows)
    yield Compared(feed.name, item["supplier"], item["period_start"], first, last, counted, left_out)


def _left_out(home: Home, item: Return) -> int:
    """How many rows of a return were left out because another system reports on their days."""
    import polars as pl

    path = home.quarantine_of(item)
    if not path.exists():
        return 0
    rows = pl.read_parquet(path, columns=["issue_type", "supplier", "period_start"])
    return rows.filter((pl.col("issue_type") == PARALLEL) & _of(item)).height


def _count(home: Home, item: Return, clock: str, days: Days) -> int:
    import polars as pl

    rows = pl.read_parquet(home.harmonised_of(item), columns=["supplier", "period_start", f"{clock}_from"])
    return rows.filter(_of(item) & pl.col(f"{clock}_from").cast(pl.Date).is_between(*days)).height


def _of(item: Return) -> pl.Expr:
    import polars as pl

    mine: pl.Expr = (pl.col("supplier") == item["supplier"]) & (pl.col("period_start") == item["period_start"])
    return mine
