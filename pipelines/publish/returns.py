"""The returns in which two releases differ, and how: where the reasons in `changes` come from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import RowMapping

from pipelines.specs.base import PeriodType
from pipelines.specs.periods import months_of

Row = Mapping[str, Any] | RowMapping
Key = tuple[str, str, date]

# What decides the rows of a delivery (columns of the ledger's `making`), and the reason where that was changed. The
# first that differs is told; the spec comes last, since what the others changed is the narrower answer.
_CHANGED = (
    ("rights", "erasure"),
    ("corrections", "correction"),
    ("maps", "code_map"),
    ("reference", "geocoding"),
    ("spec", "replay"),
)
_ORDER = [reason for _, reason in _CHANGED]


def differing_returns(
    new: Iterable[Row], old: Iterable[Row], returns: Iterable[Row], makings: Iterable[Row]
) -> list[dict[str, Any]]:
    """One row for each feed, supplier and period whose deliveries, or what was made of them, differ.

    A key that had no delivery is a `late_return` (whether its period is new, only the figures tell); one with other
    deliveries, or with the same in another order, is a `revision`; one whose delivery was made again says what changed.

    Args:
        new: what the new release was made of: feed, supplier, period_start, delivery_id, fingerprint, revision.
        old: what the old one was made of.
        returns: the ledger's returns, for their period types and event months.
        makings: the ledger's table `making`.

    Returns:
        Rows of partner, dataset, supplier, period_start, months (first days: the period's, and those of its events),
        reason, delivery_id; in the order of feed, supplier and period.
    """
    after, before = _by_key(new), _by_key(old)
    months = _months(returns)
    made = {row["fingerprint"]: row for row in makings}
    rows = []
    for key in sorted(after.keys() | before.keys()):
        found = _difference(after.get(key, []), before.get(key, []), made)
        if found is None:
            continue
        feed, supplier, start = key
        partner, dataset = feed.split("/")
        rows.append(
            {
                "partner": partner,
                "dataset": dataset,
                "supplier": supplier,
                "period_start": start,
                "months": sorted(months.get(key, set()) | {start.replace(day=1)}),
                "reason": found[0],
                "delivery_id": found[1],
            }
        )
    return rows


def _by_key(rows: Iterable[Row]) -> dict[Key, list[Row]]:
    """The rows of each feed, supplier and period, in the order of their revisions."""
    found: dict[Key, list[Row]] = {}
    for row in sorted(rows, key=lambda row: (row["revision"], row["delivery_id"])):
        found.setdefault((row["feed"], row["supplier"], row["period_start"]), []).append(row)
    return found


def _months(returns: Iterable[Row]) -> dict[Key, set[date]]:
    found: dict[Key, set[date]] = {}
    for row in returns:
        key = (row["feed"], row["supplier"], row["period_start"])
        months = {date.fromisoformat(month) for month in row["months"]}
        found.setdefault(key, set()).update(months, months_of(PeriodType(row["period_type"]), row["period_start"]))
    return found


def _difference(new: Sequence[Row], old: Sequence[Row], made: Mapping[str, Row]) -> tuple[str, str] | None:
    """The reason and the delivery it is told of: of several, the last revision."""
    now, was = [row["delivery_id"] for row in new], [row["delivery_id"] for row in old]
    if not was:
        return "late_return", now[-1]
    if now != was:
        came, gone = [item for item in now if item not in was], [item for item in was if item not in now]
        return "revision", (came or gone or now)[-1]
    redone = [
        (_changed(made.get(one["fingerprint"]), made.get(other["fingerprint"])), one["delivery_id"])
        for one, other in zip(new, old, strict=True)
        if one["fingerprint"] != other["fingerprint"]
    ]
    return min(reversed(redone), key=lambda item: _ORDER.index(item[0]), default=None)


def _changed(new: Row | None, old: Row | None) -> str:
    if new is not None and old is not None:
        for name, reason in _CHANGED:
            if new[name] != old[name]:
                return reason
    return "replay"
