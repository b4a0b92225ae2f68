"""The signals and the quality record of every current return, for the snapshot. A return is summarised once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from pipelines.build.coverage import is_compared_only
from pipelines.build.plan import Plan
from pipelines.signals import limits
from pipelines.signals.judge import Feed, Signal, signals_of
from pipelines.signals.kept import kept_or_made, summary_of
from pipelines.signals.quality import Known, quality_of
from pipelines.signals.series import Summary
from pipelines.signals.summary import Count, revised, summarise
from pipelines.specs.fingerprint import digest
from pipelines.specs.load import FeedSpec, SpecSet
from pipelines.specs.models import Dataset
from pipelines.specs.replies import Reply
from warehouse.home import Home
from warehouse.ledger import revision_order

Rows = list[dict[str, Any]]
_MADE = ("delivery_id", "fingerprint")


@dataclass(frozen=True)
class Return:
    """All that is in force of one supplier and period: its deliveries in the order they were known."""

    supplier: str
    period: date
    items: Rows

    @property
    def key(self) -> str:
        """A hash of all that its summary is made of."""
        made = [(*(item[name] for name in (*_MADE, "part")), item["before"]) for item in self.items]
        return digest(limits.METHOD, self.supplier, self.period, made)


def recording_practice(home: Home, specs: SpecSet, plan: Plan) -> tuple[Rows, Rows]:
    """The rows of `recording_signals` and of `quality`."""
    signals: Rows = []
    quality: Rows = []
    coverage = {
        (f"{row['partner']}/{row['dataset']}", row["supplier"], row["period_start"]): row for row in plan.coverage
    }
    for name, returns in _by_feed(specs, plan).items():
        feed = specs.feeds[name]
        summaries = _summaries(home, feed, specs.datasets[feed.dataset], returns)
        found = [row for supplier in sorted(summaries) for row in _signals(feed, specs, supplier, summaries[supplier])]
        signals += found
        for item in returns:
            grid = coverage[name, item.supplier, item.period]
            summary = next(one for one in summaries[item.supplier] if one.period == item.period)
            still_open = sum(_is_of(row, item) and row["state"] == "open" for row in found)
            quality += _quality(feed, specs.datasets[feed.dataset], item, summary, grid, still_open)
    return signals, quality


def _by_feed(specs: SpecSet, plan: Plan) -> dict[str, list[Return]]:
    groups: dict[tuple[str, str, date], Rows] = {}
    for item in plan.current:
        if not is_compared_only(specs.feeds[item["feed"]], item):
            groups.setdefault((item["feed"], item["supplier"], item["period_start"]), []).append(item)
    feeds: dict[str, list[Return]] = {}
    for (feed, supplier, period), items in sorted(groups.items()):
        feeds.setdefault(feed, []).append(Return(supplier, period, sorted(items, key=revision_order)))
    return feeds


# --- summaries ------------------------------------------------------------------------------------------------------


def _summaries(home: Home, feed: FeedSpec, dataset: Dataset, returns: list[Return]) -> dict[str, list[Summary]]:
    """The summaries of each supplier, in the order of their periods."""
    by_key = {item.key: item for item in returns}
    path = home.summaries / feed.dataset / f"{feed.partner}.parquet"
    folder = home.harmonised / feed.dataset / feed.partner
    kept = kept_or_made(
        path,
        {key: home.harmonised_of(item.items[-1]).name for key, item in by_key.items()},
        lambda key: _summary(home, dataset, by_key[key]),
        lambda name: (folder / name).exists(),
    )
    found: dict[str, list[Summary]] = {}
    for key, item in by_key.items():
        found.setdefault(item.supplier, []).append(summary_of(item.period, kept[key]))
    return found


def _summary(home: Home, dataset: Dataset, item: Return) -> list[Count]:
    import polars as pl

    mine = (pl.col("supplier") == item.supplier) & (pl.col("period_start") == item.period)
    rows = pl.concat([pl.read_parquet(home.harmonised_of(one)).filter(mine) for one in item.items], how="diagonal")
    if any(one["replaces"] == "keys" for one in item.items):
        rows = rows.unique("record_id", keep="last", maintain_order=True)
    aside = [pl.read_parquet(path).filter(mine) for one in item.items if (path := home.quarantine_of(one)).exists()]
    found = summarise(rows, pl.concat(aside, how="diagonal") if aside else None, dataset)
    before = item.items[-1]["before"]
    earlier = None if before is None else home.harmonised_of({"feed": item.items[-1]["feed"], **before})
    if earlier is not None and earlier.exists() and len(item.items) == 1:
        found += revised(rows, pl.read_parquet(earlier).filter(mine))
    return found


# --- rows -----------------------------------------------------------------------------------------------------------


def _signals(feed: FeedSpec, specs: SpecSet, supplier: str, summaries: list[Summary]) -> Iterator[dict[str, Any]]:
    dataset = specs.datasets[feed.dataset]
    scheme = dataset.fields[dataset.category].list if dataset.category else None
    breaks = [item.on for item in feed.feed.recording.breaks_of(supplier)]
    codes = specs.code_lists[scheme].entries if scheme else ()
    known = Feed(feed.feed.cadence.every, dataset.clock, breaks, codes)
    replies = [item.reply for item in specs.replies.get(feed.partner, ()) if item.reply.dataset == feed.dataset]
    for signal in signals_of(summaries, known):
        told, departure = signal.told, signal.told.departure
        reply = _reply_to(signal, supplier, replies)
        yield {
            **_of_return(feed, supplier, told.period),
            "signal": signal.kind,
            "concerns": departure.concerns,
            "evidence": departure.evidence,
            "strength": round(departure.strength, 1),
            "compared_with": told.compared_with,
            "reply": reply.reply if reply else None,
            "replied_by": reply.replied_by if reply else None,
            "replied_on": reply.replied_on if reply else None,
            "state": "answered" if reply else "open",
        }


def _of_return(feed: FeedSpec, supplier: str, period: date) -> dict[str, Any]:
    kind = feed.feed.cadence.every.value
    named = {"partner": feed.partner, "supplier": supplier, "dataset": feed.dataset}
    return {**named, "period_type": kind, "period_start": period}


def _reply_to(signal: Signal, supplier: str, replies: Iterable[Reply]) -> Reply | None:
    """The reply to a signal: rather one that names what it concerns than one to all of its kind."""
    fitting = [
        item
        for item in replies
        if (item.signal, item.period) == (signal.kind, signal.told.period)
        and item.supplier in (None, supplier)
        and item.concerns in (None, signal.told.departure.concerns)
    ]
    return max(fitting, key=lambda item: item.concerns is not None, default=None)


def _is_of(row: dict[str, Any], item: Return) -> bool:
    return (row["supplier"], row["period_start"]) == (item.supplier, item.period)


def _quality(
    feed: FeedSpec, dataset: Dataset, item: Return, summary: Summary, grid: dict[str, Any], open_signals: int
) -> Rows:
    first = max(one["first_known_on"] for one in item.items)
    known = Known(
        received=grid["records_received"],
        quarantined=grid["rows_quarantined"],
        late_days=(first - grid["due_on"]).days if grid["is_late"] else 0,
        revisions=grid["revision"],
        open_signals=open_signals,
    )
    of_return = _of_return(feed, item.supplier, item.period)
    return [
        {**of_return, "measure": one.measure, "value": one.value, "note": one.note}
        for one in quality_of(summary, known, dataset)
    ]
