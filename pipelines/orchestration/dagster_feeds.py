"""The feeds as Dagster assets, made from the specs: one asset a feed, a partition a reporting period.

Materialising a partition brings every delivery that speaks for it as far as harmonised. What is shown of it comes from
the ledger; nothing is decided here.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

import dagster as dg

from pipelines.orchestration.partition import Standing, Standings, load_period, standing
from pipelines.orchestration.report import LoadReport
from pipelines.specs.base import PeriodType
from pipelines.specs.check import load_specs
from pipelines.specs.load import FeedSpec, SpecSet
from pipelines.specs.periods import next_start, period_start
from warehouse import ledger as led
from warehouse.home import PATIENCE, Home
from warehouse.ledger import Ledger, open_ledger

# The home has one writer: whatever changes it draws from this pool, so that runs queue instead of colliding.
POOL = "duckdb_writer"

_STARTS = {
    PeriodType.WEEK: "0 0 * * 1",
    PeriodType.MONTH: "0 0 1 * *",
    PeriodType.QUARTER: "0 0 1 1,4,7,10 *",
    PeriodType.TERM: "0 0 1 1,5,9 *",
    PeriodType.CALENDAR_YEAR: "0 0 1 1 *",
    PeriodType.FINANCIAL_YEAR: "0 0 1 4 *",
    PeriodType.ACADEMIC_YEAR: "0 0 1 9 *",
}
# What the UI calls the formats.
_KINDS = {
    "csv": "csv",
    "fixed_width": "text",
    "xlsx": "excel",
    "json": "json",
    "json_lines": "json",
    "geojson": "geojson",
    "xml": "xml",
}


@dataclass
class AtWork:
    """A home held for changing, the specs as they are now, and its ledger."""

    home: Home
    specs: SpecSet
    ledger: Ledger


@contextmanager
def at_work(home: Home) -> Iterator[AtWork]:
    """Hold the home for one step, waiting for a command that holds it: the pool does not know of the command line."""
    specs = load_specs(home.specs)
    with home.alone(PATIENCE):
        ledger = open_ledger(home)
        try:
            yield AtWork(home, specs, ledger)
        finally:
            ledger.close()


def feed_key(feed: str) -> dg.AssetKey:
    """The asset of a feed: its partner and its dataset."""
    return dg.AssetKey(feed.split("/"))


def partitions_of(feed: FeedSpec) -> dg.TimeWindowPartitionsDefinition:
    """A feed's reporting periods, each called by its first day, from the first expected to the last."""
    cadence = feed.feed.cadence
    first = period_start(cadence.every, cadence.from_ or feed.feed.versions[0].valid_from)
    end = next_start(cadence.every, period_start(cadence.every, cadence.to)) if cadence.to else None
    return dg.TimeWindowPartitionsDefinition(
        start=first.isoformat(),
        end=end.isoformat() if end else None,
        fmt="%Y-%m-%d",
        cron_schedule=_STARTS[cadence.every],
    )


def feed_assets(home: Home, specs: SpecSet) -> list[dg.AssetsDefinition]:
    """An asset for each feed of the specs."""
    return [_feed_asset(home, specs, feed) for feed in specs.feeds.values()]


def _feed_asset(home: Home, specs: SpecSet, feed: FeedSpec) -> dg.AssetsDefinition:
    @dg.asset(
        key=feed_key(feed.name),
        partitions_def=partitions_of(feed),
        group_name=feed.partner,
        description=feed.feed.title,
        kinds={_KINDS[feed.feed.versions[-1].format.type], "parquet"},
        metadata=_declared(specs, feed),
        pool=POOL,
        # A period for which nothing has come is no materialisation, and no failure either: it stays missing.
        output_required=False,
    )
    def load_feed(context: dg.AssetExecutionContext) -> Iterator[dg.MaterializeResult[Any]]:
        period = date.fromisoformat(context.partition_key)
        with at_work(home) as at:
            report = load_period(home, at.specs, at.ledger, context.log.info, feed.name, period)
            found = standing(home, at.specs, at.ledger, feed.name, period)
            others = materializations(at, touched_by(at.ledger, report) - {(feed.name, period)})
        for event in others:
            context.log_event(event)
        refused = report.refused or found.refused
        if refused:
            raise dg.Failure("\n".join(refused), metadata=described(found), allow_retries=False)
        if found.in_hand:
            yield dg.MaterializeResult(metadata=described(found))
        else:
            context.log.info(f"{feed.name} {period}: {found.state}")
            context.log_event(
                dg.AssetObservation(
                    asset_key=context.asset_key, partition=context.partition_key, metadata=described(found)
                )
            )

    return load_feed


def _declared(specs: SpecSet, feed: FeedSpec) -> dict[str, Any]:
    """What the specs say of a feed, for whoever looks at its asset."""
    version, cadence = feed.feed.versions[-1], feed.feed.cadence
    suppliers = {name: supplier.title for name, supplier in specs.partners[feed.partner].suppliers.items()}
    return {
        "partner": specs.partners[feed.partner].title,
        "suppliers": dg.MetadataValue.json(suppliers),
        "cadence": cadence.every.value,
        "due": cadence.due,
        "files": [str(pattern) for pattern in version.files],
        "spec": f"partners/{feed.name}.yml",
    }


def described(found: Standing) -> dict[str, Any]:
    """A partition's standing as metadata."""
    return {
        "state": found.state,
        "suppliers": sorted({row["supplier"] for row in found.coverage if row["received_at"] is not None}),
        "rows_received": found.rows("records_received"),
        "rows_quarantined": found.rows("rows_quarantined"),
        "dagster/partition_row_count": found.rows("rows_loaded"),
        "deliveries": [row["delivery_id"] for row in found.deliveries],
        "issues": dg.MetadataValue.json(_totals(found)),
    }


def _totals(found: Standing) -> dict[str, int]:
    totals: dict[str, int] = {}
    for row in found.issues:
        totals[row["issue_type"]] = totals.get(row["issue_type"], 0) + row["count"]
    return totals


Touched = set[tuple[str, date]]


def materializations(at: AtWork, touched: Touched) -> list[dg.AssetMaterialization]:
    """A materialisation for every feed and period that a load touched, where there is a partition."""
    standings = Standings(at.home, at.specs, at.ledger, date.today(), {feed for feed, _period in touched})
    return [
        dg.AssetMaterialization(
            asset_key=feed_key(feed), partition=period.isoformat(), metadata=described(standings.of(feed, period))
        )
        for feed, period in sorted(touched)
        if feed in at.specs.feeds and partitions_of(at.specs.feeds[feed]).has_partition_key(period.isoformat())
    ]


def touched_by(ledger: Ledger, report: LoadReport) -> Touched:
    """The feeds and periods of what a load took."""
    taken = {item["delivery_id"] for item in report.accepted}
    return {(row["feed"], row["period_start"]) for row in ledger.rows(led.return_) if row["delivery_id"] in taken}


def report_runless(home: Home, specs: SpecSet, ledger: Ledger, report: LoadReport) -> None:
    """Show in Dagster what a load from the command line brought in."""
    _report(AtWork(home, specs, ledger), touched_by(ledger, report))


def report_past(home: Home) -> None:
    """Show in Dagster, new to this home, all that was loaded before."""
    with at_work(home) as at:
        _report(at, {(row["feed"], row["period_start"]) for row in at.ledger.rows(led.return_)})


def _report(at: AtWork, touched: Touched) -> None:
    with dg.DagsterInstance.from_config(str(at.home.dagster)) as instance:
        for event in materializations(at, touched):
            instance.report_runless_asset_event(event)
