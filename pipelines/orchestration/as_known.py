"""The same models built from what was known on a past day, with today's specs, into a database of their own."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

from pipelines.specs.fingerprint import digest
from pipelines.specs.load import SpecSet
from warehouse.home import Home
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
    inputs = [(item["feed"], item["supplier"], item["period_start"], item["delivery_id"], item["fingerprint"]) for item in plan.current]
    folder = home.build / "as_known"
    database = folder / f"known_{known_by:%Y%m%d}_{digest(inputs, plan.state)}.duckdb"
    if database.exists():
        return database
    folder.mkdir(parents=True, exist_ok=True)
    for old in sorted(folder.glob("*.duckdb"), key=lambda path: path.stat().st_mtime)[: -_KEPT + 1]:
        old.unlink()
    draft = folder / "draft.duckdb"
    draft.unlink(missing_ok=True)
    snapshot = folder / "snapshot"
    write_snapshot(home, specs, plan, snapshot)
    run_dbt(home, snapshot, draft, full_refresh=True)
    shutil.rmtree(snapshot)
    draft.rename(database)
    return database
