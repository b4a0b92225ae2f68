"""What starts runs without a person: new files in landing, a warehouse that lags behind them, and the calendar.

What is to be done is asked of landing and of the ledger each time. Dagster only remembers that it was asked for: a run
is requested once for the same `run_key`.
"""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import dagster as dg

from pipelines.build.plan import Plan, plan_build
from pipelines.intake.landing import bring_in
from pipelines.orchestration.dagster_feeds import POOL, at_work, feed_key, partitions_of
from pipelines.orchestration.dagster_warehouse import RELEASE, Warehouse, release_facts
from pipelines.orchestration.partition import Waiting, waiting
from pipelines.orchestration.steps import run_steps
from pipelines.specs.check import load_specs
from pipelines.specs.fingerprint import digest
from pipelines.specs.load import SpecSet
from pipelines.specs.problems import SpecError
from warehouse.home import Home
from warehouse.ledger import open_ledger
from warehouse.releases import current_release

# A run costs seconds whatever it loads: more partitions than this come in by one run of `monthly_load`.
BACKLOG = 20
# A tick is ended by Dagster after a minute. What has not been fetched by then comes with the next.
FETCH_SECONDS = 30
# Most returns are due 20 days after their month.
MONTHLY = "0 6 21 * *"

_UNDER_WAY = [dg.DagsterRunStatus.QUEUED, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.STARTED]

Partition = tuple[str, str]


def requested(home: Home, specs: SpecSet) -> tuple[dict[Partition, str], str | None]:
    """The run key of each partition to load, and that of a run for all else that waits, if anything does.

    A run key is of feed, content and spec fingerprint: a refused file is tried again once its spec is mended, and a
    file already asked for is not asked for again.
    """
    if not home.landing.exists():
        return {}, None
    ledger = open_ledger(home)
    try:
        found = waiting(home, load_specs(home.specs), ledger)
    finally:
        ledger.close()
    placed: dict[Partition, list[Waiting]] = {}
    rest = []
    for item in found:
        partition = _partition(specs, item)
        if partition is None:
            rest.append(item)
        else:
            placed.setdefault(partition, []).append(item)
    if len(placed) > BACKLOG:
        return {}, f"backlog:{_key(found)}"
    keys = {partition: f"{partition[0]}:{_key(items)}" for partition, items in sorted(placed.items())}
    return keys, f"backlog:{_key(rest)}" if rest else None


def _partition(specs: SpecSet, item: Waiting) -> Partition | None:
    """Where a delivery belongs among the assets as Dagster knows them."""
    if item.feed is None or item.period is None or item.feed not in specs.feeds:
        return None
    key = item.period.isoformat()
    return (item.feed, key) if partitions_of(specs.feeds[item.feed]).has_partition_key(key) else None


def _key(items: list[Waiting]) -> str:
    return digest(sorted((str(item.feed), str(item.period), item.content, item.fingerprint) for item in items))


def landing_sensor(home: Home, specs: SpecSet) -> dg.SensorDefinition:
    """Loads the partitions that new files in landing speak for."""
    feeds = [feed_key(name) for name in specs.feeds]

    @dg.sensor(
        asset_selection=dg.AssetSelection.assets(*feeds),
        minimum_interval_seconds=60,
        description="Loads each feed and period that a new, changed or mended file in landing speaks for",
    )
    def landing(context: dg.SensorEvaluationContext) -> Iterator[dg.RunRequest | dg.SkipReason]:
        bring_in(home, context.log.info, FETCH_SECONDS)
        try:
            keys, rest = requested(home, specs)
        except SpecError as error:
            yield dg.SkipReason(f"the specs are not in order: {error}")
            return
        for (feed, period), run_key in keys.items():
            yield dg.RunRequest(run_key, asset_selection=[feed_key(feed)], partition_key=period)
        if not keys:
            yield dg.SkipReason("the rest is for the sensor `backlog`" if rest else "nothing new in landing")

    return landing


def backlog_sensor(home: Home, specs: SpecSet, monthly: dg.JobDefinition) -> dg.SensorDefinition:
    """Runs the monthly load for what the landing sensor cannot give a partition."""

    @dg.sensor(
        job=monthly,
        minimum_interval_seconds=60,
        description="Runs monthly_load for a large backlog, and for files that tell no feed or no expected period",
    )
    def backlog(_context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        try:
            _keys, rest = requested(home, specs)
        except SpecError as error:
            return dg.SkipReason(f"the specs are not in order: {error}")
        return dg.RunRequest(rest) if rest else dg.SkipReason("no backlog in landing")

    return backlog


def warehouse_sensor(home: Home, job: Any) -> dg.SensorDefinition:
    """Builds and publishes once the loads are through."""

    @dg.sensor(
        job=job,
        minimum_interval_seconds=60,
        description="Builds and publishes when the warehouse lags behind the ledger and no load is under way",
    )
    def warehouse(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
        if not home.exists:
            return dg.SkipReason("nothing was ever loaded")
        # Whether loads are still queued is a question of the queue, not of the data: only the queue can answer it.
        busy = dg.RunsFilter(statuses=_UNDER_WAY)
        if context.instance.get_runs_count(busy):
            return dg.SkipReason("runs are still under way")
        try:
            plan = _plan(home)
        except SpecError as error:
            return dg.SkipReason(f"the specs are not in order: {error}")
        if plan.is_nothing:
            return dg.SkipReason("the warehouse holds all that was loaded")
        return dg.RunRequest(_build_key(home, plan))

    return warehouse


def _plan(home: Home) -> Plan:
    ledger = open_ledger(home)
    try:
        return plan_build(home, load_specs(home.specs), ledger, date.today())
    finally:
        ledger.close()


def _build_key(home: Home, plan: Plan) -> str:
    """A build that fails is not tried again until something changes; one back to an earlier state is another build."""
    last = current_release(home, "restricted")
    names = ("feed", "supplier", "period_start", "delivery_id", "fingerprint", "revision")
    current = [[str(item[name]) for name in names] for item in plan.current]
    return f"build:{digest(plan.state, current, last.name if last else None)}"


def monthly_job(home: Home, warehouse: Warehouse) -> dg.JobDefinition:
    """What `commongrid run` does, as one run."""

    @dg.op(pool=POOL, description="Loads, builds and publishes whatever is new, as `commongrid run` does")
    def run_everything(context: dg.OpExecutionContext) -> None:
        with at_work(home) as at:
            summary, ok = run_steps(home, at.specs, at.ledger, context.log.info, date.today())
        for event in _events(home, warehouse, summary):
            context.log_event(event)
        if not ok:
            lines: Sequence[str] = [*summary["load"]["refused"], *summary["load"]["held"]]
            raise dg.Failure("all else was done; to be seen to:\n" + "\n".join(lines), allow_retries=False)

    @dg.job(name="monthly_load", description="Loads whatever waits in landing, builds and publishes")
    def monthly_load() -> None:
        run_everything()

    return monthly_load


def _events(home: Home, warehouse: Warehouse, summary: dict[str, Any]) -> list[dg.AssetMaterialization]:
    events = []
    if summary["build"]["built"]:
        facts = {"built": f"{summary['build']['changed_returns']:,} changed returns"}
        events = [dg.AssetMaterialization(key, metadata=facts) for key in sorted(warehouse.models.keys)]
    if summary["publish"]["new"]:
        events.append(dg.AssetMaterialization(RELEASE, metadata=release_facts(home, summary["publish"])))
    return events


def monthly_schedule(monthly: dg.JobDefinition) -> dg.ScheduleDefinition:
    """The month's run, a day after most returns are due."""
    return dg.ScheduleDefinition(
        name="monthly",
        job=monthly,
        cron_schedule=MONTHLY,
        execution_timezone="Europe/London",
        description="On the 21st at six: loads whatever waits in landing, builds and publishes",
    )
