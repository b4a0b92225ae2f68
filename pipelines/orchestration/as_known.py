"""The same models built from what was known on a past day, with today's specs, into a database of their own."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

from pipelines.specs.fingerprint import digest
from pipelines.specs.load import SpecSet
from warehouse.home import Home, whole
from warehouse.ledger import Ledger

# Each holds a whole warehouse; a question is often asked of the same day again, seldom of many days.
_KEPT = 4


def known_database(home: Home, specs: SpecSet, ledger: Ledger, known_by: date) -> Path:
    """The database as known on a day, built if it is not at hand.

    Raises:
        BuildError: where it could not be built.
    """
    from pipelines.build.dbt import run_dbt
    from pipelines.build.plan import plan_build
    from pipelines.build.snapshot import write_snapshot
    from pipelines.place.assign import assign_all

    assign_all(home.places, home.boundaries)
    plan = plan_build(home, specs, ledger, known_by, known_by)
    inputs = [
        (item["feed"], item["supplier"], item["period_start"], item["delivery_id"], item["fingerprint"])
        for item in plan.current
    ]
    kept = home.build / "as_known"
    database = kept / f"{known_by:%Y%m%d}-{digest(inputs, plan.state)}.duckdb"
    if database.exists():
        return database
    for old in sorted(kept.glob("*.duckdb"), key=lambda path: path.stat().st_mtime)[: -_KEPT + 1]:
        old.unlink()
    scratch = kept / "scratch"
    shutil.rmtree(scratch, ignore_errors=True)
    write_snapshot(home, specs, plan, scratch / "snapshot")
    try:
        run_dbt(home, scratch / "snapshot", scratch / "warehouse.duckdb", full_refresh=True)
        with whole(database) as draft:
            _published_only(home, scratch / "warehouse.duckdb", draft)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return database


def _published_only(home: Home, built: Path, target: Path) -> None:
    """The published tables of a warehouse as a database of their own, as a release holds them."""
    import duckdb

    from pipelines.build.dictionary import published_tables
    from pipelines.publish.tables import literal, materialise

    with duckdb.connect(config={"memory_limit": "1GB", "threads": "2"}) as connection:
        connection.execute(f"attach '{literal(built)}' as warehouse (read_only)")
        materialise(connection, "warehouse", target, published_tables(home.dbt_project))
        connection.execute("checkpoint made")
