"""Periods that come in parts: a system was changed on a day within one, and each reports on its own days.

The versions of a feed say so by their dates. Where one's `valid_to` lies in a period or later and the next begins
within that period, the period is made of both. From the day the next one begins its rows count; where the earlier
one's `valid_to` is later still, the two run in parallel, and what the earlier one reports of those days is compared,
never added. A version without `valid_to` is simply followed by the next one, from the first period that begins then.
"""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

from pipelines.specs.feeds import FeedVersion
from pipelines.specs.load import FeedSpec
from pipelines.specs.periods import period_end

Days = tuple[date, date]


def parts_of(feed: FeedSpec, start: date) -> dict[str, Days]:
    """The parts of the period that begins on `start`, by label, each with its first and last day.

    The label is the day its version begins; a period that comes whole has one part, without a label. Empty where no
    version of the feed covers the period.
    """
    end = period_end(feed.feed.cadence.every, start)
    first = feed.version_on(start)
    if first is None:
        return {}
    takers = [first, *_joining(feed, start, end)]
    if len(takers) == 1:
        return {"": (start, end)}
    parts = {}
    for taker, follower in zip(takers, [*takers[1:], None], strict=True):
        last = end if follower is None else follower.valid_from - timedelta(days=1)
        parts[taker.valid_from.isoformat()] = (
            max(start, taker.valid_from),
            min(last, taker.valid_to or end),
        )
    return parts


def _joining(feed: FeedSpec, start: date, end: date) -> list[FeedVersion]:
    """The versions that begin within a period which the one before reports on as well."""
    versions = feed.feed.versions
    return [
        version
        for before, version in pairwise(versions)
        if start < version.valid_from <= end and before.valid_to is not None and before.valid_to >= start
    ]


def may_report(feed: FeedSpec, version: FeedVersion, start: date) -> bool:
    """Whether files of a version may report on the period that begins on `start`: on part of it, or in parallel."""
    first = feed.version_on(start)
    if first is not None and version.valid_from == first.valid_from:
        return True
    end = period_end(feed.feed.cadence.every, start)
    runs_on = version.valid_to is not None and version.valid_from <= end and version.valid_to >= start
    return runs_on or version in _joining(feed, start, end)


def part_of(feed: FeedSpec, version: FeedVersion, start: date) -> str:
    """Which part of a period a version's file is; its own label where it only runs in parallel, empty for the whole."""
    first = feed.version_on(start)
    is_first = first is not None and version.valid_from == first.valid_from
    return "" if is_first and "" in parts_of(feed, start) else version.valid_from.isoformat()
