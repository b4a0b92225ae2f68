"""Which rows of a return are in force, where a later return replaces records of the same key and not its period."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipelines.specs.fingerprint import digest
from warehouse.home import Home
from warehouse.ledger import revision_order

if TYPE_CHECKING:
    import polars as pl

Return = dict[str, Any]


@dataclass(frozen=True)
class Surviving:
    """The rows of one delivery that no later return has replaced: their count by return, and a hash of which."""

    rows: pl.DataFrame

    def count(self, item: Return) -> int:
        """How many of a return's rows are in force."""
        return self._of(item).height

    def hash(self, item: Return) -> str:
        """A hash of which rows of a return are in force."""
        return digest(self._of(item)["record_id"].sort().to_list())

    def _of(self, item: Return) -> pl.DataFrame:
        import polars as pl

        return self.rows.filter(
            (pl.col("supplier") == item["supplier"]) & (pl.col("period_start") == item["period_start"])
        )


def mark_in_force(home: Home, current: list[Return]) -> None:
    """Say of each return how many of its rows are in force, and which: `rows_in_force`, and `in_force` as a hash.

    Where a return replaces its period, or nothing, all of its rows are.
    """
    surviving = survivors(home, current)
    for item in current:
        found = surviving.get(item["delivery_id"])
        item["rows_in_force"] = item["rows_loaded"] if found is None else found.count(item)
        item["in_force"] = "" if found is None else found.hash(item)


def survivors(home: Home, current: Iterable[Return]) -> dict[str, Surviving]:
    """The rows in force of every delivery whose records replace those of the same key, by delivery.

    Of the returns of a feed and supplier in the order they were known, and of one day in the order of their periods,
    the last row of each record holds.
    """
    groups: dict[tuple[str, str], list[Return]] = {}
    for item in current:
        if item["replaces"] == "keys":
            groups.setdefault((item["feed"], item["supplier"]), []).append(item)
    kept: dict[str, list[pl.DataFrame]] = {}
    for (_feed, supplier), items in groups.items():
        for delivery, rows in _last_of_each(home, supplier, items).items():
            kept.setdefault(delivery, []).append(rows)
    return {delivery: Surviving(_together(frames)) for delivery, frames in kept.items()}


def _last_of_each(home: Home, supplier: str, items: list[Return]) -> dict[str, pl.DataFrame]:
    import polars as pl

    frames = []
    for item in sorted(items, key=lambda item: (item["known_on"], item["period_start"], revision_order(item))):
        rows = pl.read_parquet(
            home.harmonised_of(item), columns=["record_id", "supplier", "period_start", "_row", "_part"]
        )
        mine = (pl.col("supplier") == supplier) & (pl.col("period_start") == item["period_start"])
        frames.append(rows.filter(mine).with_columns(_delivery_id=pl.lit(item["delivery_id"])))
    last = pl.concat(frames).unique("record_id", keep="last", maintain_order=True)
    empty = last.clear()
    found = {str(name[0]): rows for name, rows in last.group_by("_delivery_id", maintain_order=True)}
    return {item["delivery_id"]: found.get(item["delivery_id"], empty) for item in items}


def _together(frames: list[pl.DataFrame]) -> pl.DataFrame:
    import polars as pl

    return pl.concat(frames).select("record_id", "supplier", "period_start", "_row", "_part")


def only_in_force(rows: pl.DataFrame, found: Surviving | None) -> pl.DataFrame:
    """The rows of a delivery that are in force; all of them, where nothing is said of it."""
    return rows if found is None else rows.join(found.rows, on=["_row", "_part"], how="semi", maintain_order="left")
