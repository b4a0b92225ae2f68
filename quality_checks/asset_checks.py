"""The factory of asset checks: what Pandera, Great Expectations and the row accounting found of a feed's partition.

The checks themselves ran when the rows were loaded, and what they found is in the ledger. An asset check shows it where
the feed is looked at, and stops what depends on it in the same run. Nothing is checked a second time.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

import dagster as dg

from pipelines.orchestration.partition import Standing, standing
from pipelines.specs.check import load_specs
from pipelines.specs.load import FeedSpec, SpecSet
from warehouse.home import Home
from warehouse.ledger import check_account, open_ledger

CONTRACT, HISTORY, ACCOUNT = "rows_fit_contract", "like_its_history", "every_row_accounted_for"
_UNLIKE = ("volume_unlike_history", "mix_unlike_history")

_DESCRIPTIONS = {
    CONTRACT: "Pandera: no more rows break the dataset's contract than the feed's spec allows (quarantined_share)",
    HISTORY: "Great Expectations: the number of rows and the mix of categories are like the feed's earlier returns",
    ACCOUNT: "every record read and every row made was loaded, ignored, a duplicate or quarantined",
}


def feed_checks(home: Home, specs: SpecSet) -> list[dg.AssetChecksDefinition]:
    """The checks of every feed."""
    return [_checks_of(home, feed) for feed in specs.feeds.values()]


def _checks_of(home: Home, feed: FeedSpec) -> dg.AssetChecksDefinition:
    key = dg.AssetKey([feed.partner, feed.dataset])
    blocking = {CONTRACT: True, HISTORY: _stops(feed), ACCOUNT: True}
    specs = [
        dg.AssetCheckSpec(name, asset=key, description=_DESCRIPTIONS[name], blocking=blocks)
        for name, blocks in blocking.items()
    ]

    @dg.multi_asset_check(name=f"{feed.partner}__{feed.dataset}__checks", specs=specs, can_subset=True)
    def check_feed(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        period = date.fromisoformat(context.partition_key) if context.has_partition_key else None
        now, found = _standing(home, feed.name, period)
        for name in sorted(item.name for item in context.selected_asset_check_keys):
            yield _JUDGES[name](key, now, found)

    return check_feed


def _stops(feed: FeedSpec) -> bool:
    """Whether the feed's spec has a return held that is unlike its history."""
    limits = [version.expect.history for version in feed.feed.versions]
    return any("stop" in (limit.volume.action, limit.category_mix.action) for limit in limits)


def _standing(home: Home, feed: str, period: date | None) -> tuple[FeedSpec, Standing]:
    specs = load_specs(home.specs)
    if not home.exists:
        return specs.feeds[feed], Standing(feed, period, [], [], [], [], [])
    ledger = open_ledger(home)
    try:
        return specs.feeds[feed], standing(home, specs, ledger, feed, period)
    finally:
        ledger.close()


def _contract(key: dg.AssetKey, feed: FeedSpec, found: Standing) -> dg.AssetCheckResult:
    shares = {row["delivery_id"]: _share(row) for row in found.deliveries}
    above = [row for row in found.deliveries if shares[row["delivery_id"]] > _allowed(feed, row)]
    said = [f"{row['path']}: {shares[row['delivery_id']]:.1%} of its rows cannot be used" for row in above]
    reasons: Counter[str] = Counter()
    for row in found.issues:
        reasons[row["issue_type"]] += row["count"]
    return _result(
        key,
        CONTRACT,
        [*found.refused, *said],
        found,
        {
            "quarantined_share": max(shares.values(), default=0.0),
            "quarantined_rows": sum(row["quarantined"] + row["unread"] for row in found.deliveries),
            "issues": dg.MetadataValue.json(dict(reasons)),
        },
    )


def _share(row: dict[str, Any]) -> float:
    rows = row["rows_made"] + row["unread"]
    return float((row["quarantined"] + row["unread"]) / rows) if rows else 0.0


def _allowed(feed: FeedSpec, row: dict[str, Any]) -> float:
    used = [version for version in feed.feed.versions if version.valid_from.isoformat() == row["spec_version"]]
    return (used or list(feed.feed.versions))[-1].expect.quarantined_share


def _history(key: dg.AssetKey, _feed: FeedSpec, found: Standing) -> dg.AssetCheckResult:
    """A return that is held is an error; one that is unlike its history, but current, is a warning."""
    unlike = [row for row in found.issues if row["issue_type"] in _UNLIKE]
    held = {row["delivery_id"] for row in found.held}
    severity = dg.AssetCheckSeverity.ERROR if held else dg.AssetCheckSeverity.WARN
    said = [f"{row['example']}{' (held)' if row['delivery_id'] in held else ''}" for row in unlike]
    return _result(key, HISTORY, said, found, {"held": len(held)}, severity)


def _account(key: dg.AssetKey, _feed: FeedSpec, found: Standing) -> dg.AssetCheckResult:
    lost = []
    for row in found.deliveries:
        try:
            check_account(row, row["path"])
        except AssertionError as error:
            lost.append(str(error))
    counted = ("records", "rows_made", "loaded", "ignored", "duplicate", "quarantined", "erased", "unread")
    return _result(key, ACCOUNT, lost, found, {name: sum(row[name] for row in found.deliveries) for name in counted})


def _result(
    key: dg.AssetKey,
    name: str,
    said: list[str],
    found: Standing,
    metadata: dict[str, Any],
    severity: dg.AssetCheckSeverity = dg.AssetCheckSeverity.ERROR,
) -> dg.AssetCheckResult:
    nothing = "" if found.in_hand else f"nothing to judge: {found.state}"
    return dg.AssetCheckResult(
        asset_key=key,
        check_name=name,
        passed=not said,
        severity=severity,
        description="\n".join(said) or nothing or None,
        metadata={"period": str(found.period or "all"), "deliveries": len(found.deliveries), **metadata},
    )


_JUDGES: dict[str, Callable[[dg.AssetKey, FeedSpec, Standing], dg.AssetCheckResult]] = {
    CONTRACT: _contract,
    HISTORY: _history,
    ACCOUNT: _account,
}
