"""Puts new returns through the check against history, and makes them current, or holds them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import update

from pipelines.orchestration.report import LoadReport, Say
from pipelines.specs.load import SpecSet
from quality_checks.history import Profile, Verdict, judge
from warehouse import ledger as led
from warehouse.ledger import Ledger

_KEY = ("feed", "supplier", "period_start", "delivery_id", "known_on")


def check_returns(ledger: Ledger, specs: SpecSet, report: LoadReport, say: Say) -> list[Verdict]:
    """Judge every return not yet checked. What was loaded before a crash is judged by the next load."""
    fresh = [dict(row) for row in ledger.rows(led.return_, state="unchecked")]
    if not fresh:
        return []
    own: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in (*led.current_returns(ledger), *fresh):
        own.setdefault((row["feed"], row["supplier"]), []).append(row)
    verdicts = judge(
        [_profile(row, own[row["feed"], row["supplier"]], specs) for row in fresh if row["feed"] in specs.feeds]
    )
    stopped = {verdict.key for verdict in verdicts if verdict.action == "stop"}
    with ledger.change() as connection:
        for row in fresh:
            state = "held" if _name(row) in stopped else "accepted"
            match = [led.return_.c[name] == row[name] for name in _KEY]
            connection.execute(update(led.return_).where(*match).values(state=state))
        led.put(connection, led.issue_total, _totals(verdicts))
    for verdict in verdicts:
        feed, supplier, period, _delivery, _known = verdict.key
        line = f"{feed} {supplier} {period}: {verdict.message}"
        if verdict.action == "stop":
            report.held.append(line)
            say(
                f"held      {line}; ask the partner, or raise the limit in the feed's `expect: history:` and load again"
            )
        else:
            report.warnings.append(line)
            say(f"warning   {line}")
    return verdicts


def _name(row: dict[str, Any]) -> tuple[str, ...]:
    return tuple(str(row[name]) for name in _KEY)


def _profile(row: dict[str, Any], own: list[dict[str, Any]], specs: SpecSet) -> Profile:
    """A return beside the earlier periods of its feed and supplier, those of the same load included."""
    earlier = {
        other["period_start"]: (other["rows_loaded"], other["categories"])
        for other in own
        if other["period_start"] < row["period_start"]
    }
    feed = specs.feeds[row["feed"]]
    version = feed.version_on(row["period_start"]) or feed.feed.versions[-1]
    history = [earlier[start] for start in sorted(earlier)]
    return Profile(_name(row), row["rows_loaded"], row["categories"], history, version.expect.history)


def _totals(verdicts: list[Verdict]) -> list[dict[str, Any]]:
    return [
        {"delivery_id": verdict.key[3], "issue_type": verdict.issue_type, "count": 1, "example": verdict.message}
        for verdict in verdicts
    ]
