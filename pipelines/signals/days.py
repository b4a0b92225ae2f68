"""`month_end` and `delay_change`: on which days events are dated, and how long after them they were recorded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from pipelines.signals import limits
from pipelines.signals.series import Counts, Summary
from pipelines.signals.shares import Departure, Share, against_history
from pipelines.specs.base import PeriodType
from pipelines.specs.periods import period_end


def month_end(new: Summary, history: Sequence[Summary], name: str, every: PeriodType) -> Departure | None:
    """Whether more, or fewer, rows than before are dated in the last days of the period."""

    def share(item: Summary) -> Share:
        first = period_end(every, item.period) - timedelta(days=limits.LAST_DAYS - 1)
        days = item.of("day", name)
        last = sum(n for day, n in days.items() if date.fromisoformat(day) >= first)
        return Share(last, sum(days.values()))

    mine = share(new)
    found = against_history(mine, [share(item) for item in history], limits.LEAST_MONTH_END)
    if found is None:
        return None
    evidence = (
        f"{mine.part:,.0f} of {mine.whole:,.0f} rows are dated in the last {limits.LAST_DAYS} days of the period; "
        f"expected share {found.expected:.2f}, found {found.found:.2f}"
    )
    return Departure(found.expected, found.found, found.strength, name, evidence)


def delay_change(new: Summary, history: Sequence[Summary], name: str) -> Departure | None:
    """Whether rows are recorded later after the event than before, or sooner: by the share later than the median."""
    pool = [_whole(item.of("delay", name)) for item in history]
    usual = median([days for item in pool for days in item.items()])
    mine = _whole(new.of("delay", name))
    found = against_history(_beyond(mine, usual), [_beyond(item, usual) for item in pool], limits.LEAST_DELAY)
    if found is None:
        return None
    now = median(list(mine.items()))
    evidence = (
        f"half of the rows are recorded within {_days(usual)} of the event before, within {_days(now)} now; "
        f"expected share later than {_days(usual)} {found.expected:.2f}, found {found.found:.2f}"
    )
    return Departure(found.expected, found.found, found.strength, name, evidence)


def dispersal_change(new: Summary, history: Sequence[Summary], name: str, every: PeriodType) -> Departure | None:
    """Whether events lie closer together before the return's issue than they did, or farther apart.

    For feeds that do not say when a thing was recorded. How far the days from the event to the issue are from their own
    middle does not depend on when the return was issued: a late return is no change of recording.
    """
    pool = [_from_middle(item.of("day", name), every, item.period) for item in history]
    usual = median([days for item in pool for days in item.items()])
    mine = _from_middle(new.of("day", name), every, new.period)
    found = against_history(_beyond(mine, usual), [_beyond(item, usual) for item in pool], limits.LEAST_DELAY)
    if found is None:
        return None
    now = median(list(mine.items()))
    evidence = (
        f"days from the event to the return's issue: half lay within {_days(usual)} of their middle before, within "
        f"{_days(now)} now; expected share farther than {_days(usual)} {found.expected:.2f}, found {found.found:.2f}"
    )
    return Departure(found.expected, found.found, found.strength, name, evidence)


def median(counts: Sequence[tuple[int, float]]) -> int:
    """The least value that at least half of the counts do not exceed."""
    total, below = sum(n for _value, n in counts), 0.0
    for value, n in sorted(counts):
        below += n
        if 2 * below >= total:
            return value
    return 0


def _whole(counts: Counts) -> dict[int, float]:
    return {int(code): n for code, n in counts.items()}


def _beyond(counts: dict[int, float], usual: int) -> Share:
    return Share(sum(n for days, n in counts.items() if days > usual), sum(counts.values()))


def _from_middle(days: Counts, every: PeriodType, period: date) -> dict[int, float]:
    """How many rows lie so many days from the middle of their own."""
    last = period_end(every, period)
    before = {(last - date.fromisoformat(day)).days: n for day, n in days.items()}
    middle = median(list(before.items()))
    found: dict[int, float] = {}
    for count, n in before.items():
        found[abs(count - middle)] = found.get(abs(count - middle), 0) + n
    return found


def _days(count: int) -> str:
    return f"{count} day{'' if count == 1 else 's'}"
