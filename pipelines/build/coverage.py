"""The coverage grid: every expected return, and what came of it, as of a stated day.

A supplier is expected where it speaks for an area of a loaded boundary set, and where it has ever returned anything;
outside the days its `expected_from` and `expected_to` allow, nothing is expected of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from pipelines.specs.load import FeedSpec, SpecSet
from pipelines.specs.parts import parts_of
from pipelines.specs.periods import period_end, periods_between

# A return not in hand this many days after it was due is taken as not supplied; until then it is late.
LATE_DAYS = 92

# The states of a return of which nothing has come.
NOT_IN_HAND = ("not_due", "due", "late", "not_supplied")

Return = dict[str, Any]


@dataclass(frozen=True)
class InHand:
    """What has come of one supplier and period: its returns in force, and the share of the period they speak for."""

    returns: list[Return]
    share: float

    @property
    def first_known_on(self) -> date:
        """The day by which all of it was known."""
        day: date = max(item["first_known_on"] for item in self.returns)
        return day

    @property
    def last(self) -> Return:
        """The return that was known last."""
        return max(self.returns, key=lambda item: (item["known_on"], item["revision"]))

    def rows(self, name: str) -> int:
        """A count of the ledger, over all its returns."""
        return sum(item[f"rows_{name}"] for item in self.returns)


@dataclass(frozen=True)
class Arrived:
    """What the ledger knows that coverage is made of."""

    current: list[Return]
    refused: set[tuple[str, str, date]]


def coverage(specs: SpecSet, arrived: Arrived, area_codes: set[str], as_of: date) -> list[Return]:
    """The coverage grid as rows of the published table `coverage`, in key order.

    Args:
        specs: the specs in force.
        arrived: current returns, and the (feed, supplier, period) of deliveries refused or held.
        area_codes: codes and parent codes of the areas of all loaded boundary sets.
        as_of: the day to judge lateness by.
    """
    rows = []
    for feed in specs.feeds.values():
        mine = [item for item in arrived.current if item["feed"] == feed.name]
        in_hand = _in_hand(feed, mine)
        first_known = min((item["first_known_on"] for item in mine), default=None)
        for supplier in sorted(_expected_suppliers(feed, specs, mine, area_codes)):
            starts = (
                set(_expected_periods(feed, mine, as_of))
                if supplier in _steady(feed, specs, mine, area_codes)
                else set()
            )
            starts |= {start for name, start in in_hand if name == supplier}
            for start in sorted(starts):
                found = in_hand.get((supplier, start))
                is_refused = (feed.name, supplier, start) in arrived.refused
                row = _row(feed, supplier, start, found, is_refused, as_of, first_known)
                rows.append(row if _is_expected(feed, specs, supplier, start) else _not_expected(row))
    return rows


def _in_hand(feed: FeedSpec, mine: list[Return]) -> dict[tuple[str, date], InHand]:
    """What has come of a feed, by supplier and period; a run in parallel to another's is no part of it."""
    found: dict[tuple[str, date], list[Return]] = {}
    for item in mine:
        found.setdefault((item["supplier"], item["period_start"]), []).append(item)
    in_hand = {}
    for (supplier, start), items in found.items():
        parts = _parts(feed, start)
        own = [item for item in items if not is_compared_only(feed, item)]
        if own:
            days = {part: (last - first).days + 1 for part, (first, last) in parts.items()}
            spoken = sum(days[part] for part in {item["part"] for item in own})
            in_hand[supplier, start] = InHand(own, spoken / sum(days.values()))
    return in_hand


def _parts(feed: FeedSpec, start: date) -> dict[str, tuple[date, date]]:
    return parts_of(feed, start) or {"": (start, start)}


def is_compared_only(feed: FeedSpec, item: Return) -> bool:
    """Whether a return is of a run in parallel to another's, and so no part of its period."""
    return item["part"] not in _parts(feed, item["period_start"])


def speaking_suppliers(feed: FeedSpec, specs: SpecSet, area_codes: Iterable[str]) -> dict[str, set[str]]:
    """For each supplier of a feed, which of `area_codes` it speaks for."""
    codes = set(area_codes)
    suppliers = specs.partners[feed.partner].suppliers
    return {name: codes & set(supplier.speaks_for) for name, supplier in suppliers.items()}


def _steady(feed: FeedSpec, specs: SpecSet, mine: list[Return], area_codes: set[str]) -> set[str]:
    """Suppliers expected every period: those that speak for a loaded area; without boundaries, those that returned."""
    speaking = {name for name, codes in speaking_suppliers(feed, specs, area_codes).items() if codes}
    return speaking or {item["supplier"] for item in mine}


def _expected_suppliers(feed: FeedSpec, specs: SpecSet, mine: list[Return], area_codes: set[str]) -> set[str]:
    return _steady(feed, specs, mine, area_codes) | {item["supplier"] for item in mine}


def _is_expected(feed: FeedSpec, specs: SpecSet, supplier: str, start: date) -> bool:
    known = specs.partners[feed.partner].suppliers.get(supplier)
    return known is None or known.is_expected(start, period_end(feed.feed.cadence.every, start))


def _not_expected(row: Return) -> Return:
    """The row of a period in which nothing was expected of the supplier; what came all the same is shown as it is."""
    state = "not_applicable" if row["state"] in NOT_IN_HAND else row["state"]
    return {**row, "state": state, "is_late": False}


def _expected_periods(feed: FeedSpec, mine: list[Return], as_of: date) -> Iterable[date]:
    cadence = feed.feed.cadence
    first = cadence.from_ or min((item["period_start"] for item in mine), default=None)
    if first is None:
        return ()
    last = min(as_of, cadence.to) if cadence.to else as_of
    return periods_between(cadence.every, first, last)


def _row(
    feed: FeedSpec,
    supplier: str,
    start: date,
    found: InHand | None,
    is_refused: bool,
    as_of: date,
    first_known: date | None,
) -> Return:
    due_on = period_end(feed.feed.cadence.every, start) + timedelta(days=feed.feed.cadence.due_days)
    # A backlog loaded when a feed is taken on was never expected on its day, and is not late.
    was_awaited = first_known is not None and due_on >= first_known
    known_on = found.first_known_on if found else as_of
    return {
        "partner": feed.partner,
        "supplier": supplier,
        "dataset": feed.dataset,
        "period_type": feed.feed.cadence.every.value,
        "period_start": start,
        "state": _state(found, is_refused, start, due_on, feed, as_of),
        "is_late": (was_awaited if found else True) and known_on > due_on,
        "due_on": due_on,
        "received_at": found.last["known_on"] if found else None,
        "revision": found.last["revision"] if found else None,
        "records_received": found.rows("received") if found else None,
        "rows_loaded": found.rows("loaded") if found else None,
        "rows_quarantined": found.rows("quarantined") if found else None,
        "period_share": found.share if found else 0.0,
        "rows_in_force": found.rows("in_force") if found else None,
    }


def _state(found: InHand | None, is_refused: bool, start: date, due_on: date, feed: FeedSpec, as_of: date) -> str:
    if found is not None:
        if found.share < 1:
            return "partial"
        return "received" if found.rows("received") else "nil_return"
    if is_refused:
        return "refused"
    if as_of <= period_end(feed.feed.cadence.every, start):
        return "not_due"
    if as_of <= due_on:
        return "due"
    return "late" if as_of <= due_on + timedelta(days=LATE_DAYS) else "not_supplied"
