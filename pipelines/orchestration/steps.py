"""The steps in their order: load and check, build, publish. What the command line and Dagster both call."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from pipelines.intake.claims import Declared
from pipelines.orchestration.build import build
from pipelines.orchestration.purge import purge
from pipelines.orchestration.report import LoadReport, Say
from pipelines.specs.load import SpecSet
from warehouse import ledger as led
from warehouse.home import Home
from warehouse.ledger import Ledger


def load_step(
    home: Home,
    specs: SpecSet,
    ledger: Ledger,
    say: Say,
    paths: list[Path],
    *,
    feed: str | None = None,
    period: str | None = None,
    issued: date | None = None,
) -> LoadReport:
    """Load, then hold the new returns against their feeds' history."""
    from pipelines.intake.claims import period_given
    from pipelines.orchestration.check import check_returns
    from pipelines.orchestration.load import Loader
    from pipelines.orchestration.requests import settle_requests

    start = period_given(period)
    settle_requests(home, specs, ledger, say)
    loader = Loader(home, specs, ledger, say)
    report = loader.load(paths, Declared(feed, start, issued))
    check_returns(ledger, specs, loader.journal, report, say)
    _show(home, specs, ledger, say, report)
    return report


def _show(home: Home, specs: SpecSet, ledger: Ledger, say: Say, report: LoadReport) -> None:
    """Let Dagster, where this home has it, display what was loaded. It is a display: it can fail, the load cannot."""
    if not report.accepted or not (home.dagster / "dagster.yaml").exists():
        return
    try:
        from pipelines.orchestration.dagster_feeds import report_runless

        report_runless(home, specs, ledger, report)
    except Exception as error:
        say(f"warning   all was loaded, but Dagster does not show it: {error}")


def publish_step(home: Home, ledger: Ledger, say: Say, audience: str, as_of: date) -> dict[str, Any]:
    """Publish a release if the warehouse differs from the current one."""
    from pipelines.orchestration.requests import take_back
    from pipelines.publish.release import publish

    outcome = publish(home, ledger, audience, as_of)
    if outcome.is_new:
        say(f"published {outcome.release_id} for {audience}: {outcome.path}")
    else:
        say(f"published nothing new: {outcome.release_id} still holds")
    withdrawn = take_back(home, ledger, say, date.today())
    return {
        "release_id": outcome.release_id,
        "new": outcome.is_new,
        "path": str(outcome.path),
        "withdrawn": withdrawn,
    }


def run_steps(home: Home, specs: SpecSet, ledger: Ledger, say: Say, as_of: date) -> tuple[dict[str, Any], bool]:
    """Load, purge, build, check, publish. Data that was refused degrades its own feed, visibly, and stops nothing else.

    What is purged is so by today's date at the latest: `as_of` may lie ahead, and what is deleted does not come back.
    """
    report = load_step(home, specs, ledger, say, [])
    purged = purge(home, specs, ledger, say, min(as_of, date.today()))
    done = {"load": report.summary(), "purge": purged.summary()}
    if report.known_refused:
        say(f"waiting   {report.known_refused} files refused earlier; tried again once they or the specs change")
    if not ledger.rows(led.return_) and not home.warehouse.exists():
        say(
            f"nothing to do: put partners' files below {home.landing}/<partner>/, or name them: commongrid load FILE..."
        )
        return {**done, "build": {"built": False}, "publish": {"new": False}}, report.ok
    built = build(home, specs, ledger, say, as_of)
    if not built.nodes and (home.releases / "restricted" / "current").exists():
        return {**done, "build": built.summary(), "publish": {"new": False}}, report.ok
    published = publish_step(home, ledger, say, "restricted", as_of)
    return {**done, "build": built.summary(), "publish": published}, report.ok
