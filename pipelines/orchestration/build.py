"""Brings the warehouse up to what is harmonised."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from pipelines.build.plan import Plan, finish_build, plan_build, start_build
from pipelines.orchestration.report import Say
from pipelines.specs.load import SpecSet
from warehouse.home import Home
from warehouse.ledger import Ledger


@dataclass
class BuildReport:
    """What a build did."""

    plan: Plan
    nodes: list[tuple[str, str, str, float, str]]

    def summary(self) -> dict[str, Any]:
        """As plain data."""
        return {
            "built": bool(self.nodes),
            "full": self.plan.is_full and bool(self.nodes),
            "changed_returns": len(self.plan.changed),
            "models": sum(kind == "model" for kind, *_ in self.nodes),
            "tests": sum(kind in ("test", "unit_test") for kind, *_ in self.nodes),
        }


def build(home: Home, specs: SpecSet, ledger: Ledger, say: Say, as_of: date, *, full: bool = False) -> BuildReport:
    """Build what has changed; with `full`, everything anew. Nothing changed costs nothing.

    A dataset's own table is left as it is where none of its returns has changed.

    Raises:
        BuildError: where a model or test failed; the next build does it again.
    """
    from pipelines.place.assign import assign_all

    if full:
        home.warehouse.unlink(missing_ok=True)
    for name, count in assign_all(home.places, home.boundaries, say).items():
        if count:
            say(f"placed    {count:,} new places in {name}")
    plan = plan_build(home, specs, ledger, as_of)
    if plan.is_nothing:
        say("build     nothing has changed")
        return BuildReport(plan, [])
    from pipelines.build.dataset_models import tables_besides
    from pipelines.build.dbt import run_dbt
    from pipelines.build.snapshot import write_snapshot

    if plan.is_full:
        home.warehouse.unlink(missing_ok=True)
        Path(f"{home.warehouse}.wal").unlink(missing_ok=True)
    what = "everything anew" if plan.is_full else f"{len(plan.changed):,} changed returns"
    say(f"building  {what}")
    start_build(ledger, plan)
    snapshot = home.build / "snapshot"
    write_snapshot(home, specs, plan, snapshot)
    still = [] if plan.is_full else tables_besides(specs, plan.changed_datasets())
    result = run_dbt(home, snapshot, home.warehouse, full_refresh=plan.is_full, without=still)
    finish_build(ledger, plan)
    tests = sum(kind in ("test", "unit_test") for kind, *_ in result.nodes)
    models = sum(kind == "model" for kind, *_ in result.nodes)
    say(f"built     {models} models; {tests} tests passed")
    return BuildReport(plan, result.nodes)
