"""Everything Dagster shows and runs for one home, made from its specs."""

from __future__ import annotations

import dagster as dg

from pipelines.orchestration.dagster_feeds import feed_assets
from pipelines.orchestration.dagster_sensor import (
    backlog_sensor,
    landing_sensor,
    monthly_job,
    monthly_schedule,
    warehouse_sensor,
)
from pipelines.orchestration.dagster_warehouse import warehouse_assets
from pipelines.specs.check import load_specs
from quality_checks.asset_checks import feed_checks
from warehouse.home import Home


def definitions_for(home: Home) -> dg.Definitions:
    """The definitions of one home.

    Raises:
        SpecError: where the specs are not in order; every problem is named.
    """
    specs = load_specs(home.specs)
    warehouse = warehouse_assets(home, specs)
    monthly = monthly_job(home, warehouse)
    publish = dg.define_asset_job(
        "build_and_publish",
        selection=dg.AssetSelection.assets(*warehouse.keys),
        description="Brings the warehouse up to what is harmonised, and publishes it if anything has changed",
    )
    return dg.Definitions(
        assets=[*feed_assets(home, specs), warehouse.snapshot, warehouse.models, warehouse.release],
        asset_checks=feed_checks(home, specs),
        jobs=[monthly, publish],
        sensors=[landing_sensor(home, specs), backlog_sensor(home, specs, monthly), warehouse_sensor(home, publish)],
        schedules=[monthly_schedule(monthly)],
        # A process for each step costs half a minute; the home has one writer at a time anyway.
        executor=dg.in_process_executor,
    )
