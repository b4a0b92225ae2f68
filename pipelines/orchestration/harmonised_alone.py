"""Takes rows out of a delivery of which harmonised rows alone are kept any more, so that it cannot be made anew."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Any

from pipelines.harmonise.returns import spread
from pipelines.orchestration.prepare import Prepared
from pipelines.read.records import ROW
from pipelines.specs.models import Dataset
from warehouse import ledger as led
from warehouse.home import Home, whole
from warehouse.ledger import Ledger

if TYPE_CHECKING:
    import polars as pl


def without_rows(
    home: Home, ledger: Ledger, row: Mapping[str, Any], made: Prepared, rows: Collection[int], dataset: Dataset
) -> bool:
    """Keep the harmonised rows of a delivery without some, under the fingerprint it now has; whether any was there.

    Args:
        home: the home.
        ledger: the ledger: its accounts count the rows as erased.
        row: the delivery as the ledger has it.
        made: the same, with what decides its rows now.
        rows: the numbers of the rows to be taken out.
        dataset: its dataset.
    """
    import polars as pl

    frame = pl.read_parquet(home.harmonised_of(row))
    gone, rest = frame.filter(pl.col(ROW).is_in(list(rows))), frame.filter(~pl.col(ROW).is_in(list(rows)))
    if not gone.height or made.making is None:
        return False
    with whole(home.harmonised_of(made.key)) as draft:
        rest.write_parquet(draft, compression_level=1)
    for path_of in (home.quarantine_of, home.issues_of):
        if path_of(row).exists():
            path_of(made.key).unlink(missing_ok=True)
            path_of(made.key).hardlink_to(path_of(row))
    counted = {**row, "loaded": rest.height, "erased": row["erased"] + gone.height, "fingerprint": made.fingerprint}
    returns = [
        _without(dict(item), gone, rest, dataset) | {"fingerprint": made.fingerprint}
        for item in ledger.rows(led.return_, delivery_id=row["delivery_id"])
    ]
    with ledger.change() as connection:
        led.put_new(connection, led.making, [made.making.row()])
        led.put(connection, led.delivery, [counted])
        led.put(connection, led.return_, returns)
    return True


def _without(item: dict[str, Any], gone: pl.DataFrame, rest: pl.DataFrame, dataset: Dataset) -> dict[str, Any]:
    """A return without the rows that are gone: what it counts is still what it once received."""
    import polars as pl

    mine = (pl.col("supplier") == item["supplier"]) & (pl.col("period_start") == item["period_start"])
    left, lost = rest.filter(mine), gone.filter(mine)
    return item | {
        "rows_loaded": left.height,
        "rows_erased": item["rows_erased"] + lost.height,
        **spread(left, dataset),
    }
