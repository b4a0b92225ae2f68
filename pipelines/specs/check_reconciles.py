"""Checks of a feed whose figures are the totals of another feed's events."""

from __future__ import annotations

from collections.abc import Iterator

from pipelines.specs.base import PeriodType
from pipelines.specs.load import FeedSpec, SpecSet
from pipelines.specs.models import Dataset
from pipelines.specs.periods import is_made_of
from pipelines.specs.problems import nearest


def reconciles_faults(feed: FeedSpec, dataset: Dataset, specs: SpecSet) -> Iterator[str]:
    """What is wrong with `reconciles` of a feed of `dataset`, as messages."""
    stated = feed.feed.reconciles
    if stated is None:
        return
    if dataset.shape != "observation":
        yield f"reconciles: {feed.dataset} holds {dataset.shape}s; only a feed of figures (observations) states totals"
    of = specs.datasets.get(stated.dataset)
    if of is None:
        if ("dataset", stated.dataset) not in specs.documents:
            yield f'reconciles: there is no dataset "{stated.dataset}"{nearest(stated.dataset, specs.datasets)}'
        return
    if of.shape != "event":
        yield f"reconciles: {stated.dataset} holds {of.shape}s; only events are counted, and so have totals"
        return
    yield from _between(feed, specs)


def _between(feed: FeedSpec, specs: SpecSet) -> Iterator[str]:
    """The totals are of a feed that there is, of its suppliers, and of whole periods of it."""
    name = feed.reconciled or ""
    other = specs.feeds.get(name)
    if other is None:
        if ("feed", name) not in specs.documents:
            senders = [feed.partner for feed in specs.feeds.values() if feed.dataset == name.split("/")[1]]
            yield f'reconciles: there is no feed "{name}"; say whose events, by `partner` ({", ".join(senders[:5])})'
        return
    kind, smaller = feed.feed.cadence.every, other.feed.cadence.every
    if kind is PeriodType.WEEK or not is_made_of(kind, smaller):
        yield f"reconciles: totals by {kind.value} cannot be held against {name}, which comes by {smaller.value}"
    if feed.partner in specs.partners and other.partner in specs.partners:
        suppliers = specs.partners[other.partner].suppliers
        if not suppliers.keys() & specs.partners[feed.partner].suppliers.keys():
            called = ", ".join(list(suppliers)[:5])
            yield f"reconciles: no supplier of {feed.partner} is one of {name}; name them alike ({called})"
