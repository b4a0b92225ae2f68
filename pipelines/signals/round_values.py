"""`heaping` and `threshold`: more values than are to be expected on the first of the month, the hour, a 5, a limit."""

from __future__ import annotations

from datetime import date, timedelta

from pipelines.signals import limits
from pipelines.signals.series import Summary
from pipelines.signals.shares import Departure, Share, against_expectation


def days_crowded(item: Summary, name: str) -> Departure | None:
    """Whether too many rows are dated on the first of a month, or on the last."""
    days = {date.fromisoformat(day): n for day, n in item.of("day", name).items()}
    total, length = sum(days.values()), _days_of(days)
    found = []
    for words, chosen in (("first", _is_first), ("last", _is_last)):
        expected = sum(chosen(day) for day in length) / len(length)
        if not 0 < expected < 1:
            continue
        part = sum(n for day, n in days.items() if chosen(day))
        departure = against_expectation(Share(part, total), expected, limits.LEAST_FIRST_OR_LAST, tests=2)
        if departure is not None:
            what = f"{part:,.0f} of {total:,.0f} rows are dated on the {words} day of a month"
            found.append(_said(departure, name, what))
    return max(found, key=lambda item: item.strength, default=None)


def _days_of(days: dict[date, float]) -> list[date]:
    """Every day of the months that have rows."""
    first, last = min(days).replace(day=1), (max(days).replace(day=1) + timedelta(days=32)).replace(day=1)
    return [first + timedelta(days=count) for count in range((last - first).days)]


def _is_first(day: date) -> bool:
    return day.day == 1


def _is_last(day: date) -> bool:
    return (day + timedelta(days=1)).day == 1


def even_times(item: Summary, name: str) -> Departure | None:
    """Whether too many rows are timed at midnight, or on a quarter of an hour."""
    counts = item.of("clock", name)
    total, midnight = sum(counts.values()), counts.get("midnight", 0)
    at = against_expectation(Share(midnight, total), limits.EXPECTED_MIDNIGHT, limits.LEAST_MIDNIGHT, tests=2)
    if at is not None:
        return _said(at, name, f"{midnight:,.0f} of {total:,.0f} rows are timed at midnight")
    quarter = counts.get("quarter", 0) + midnight
    on = against_expectation(Share(quarter, total), limits.EXPECTED_QUARTER, limits.LEAST_QUARTER, tests=2)
    return on and _said(on, name, f"{quarter:,.0f} of {total:,.0f} rows are timed on a quarter of an hour")


def round_figures(item: Summary, name: str) -> Departure | None:
    """Whether too many figures end in 0 or 5."""
    counts = item.of("digit", name)
    total, even = sum(counts.values()), counts.get("0", 0) + counts.get("5", 0)
    found = against_expectation(Share(even, total), limits.EXPECTED_ROUND, limits.LEAST_ROUND)
    least = limits.LEAST_ROUND_FIGURE
    return found and _said(found, name, f"{even:,.0f} of {total:,.0f} figures from {least} up end in 0 or 5")


def at_threshold(item: Summary, name: str) -> Departure | None:
    """Whether figures crowd in the cell that begins at a threshold, or in the one just short of it."""
    counts = {int(cell): n for cell, n in item.of("near", name).items()}
    found = []
    for cell, words in ((0, "at, or just beyond,"), (-1, "just short of")):
        around = sum(counts.get(beside, 0) for beside in (cell - 1, cell, cell + 1))
        if around < limits.LEAST_FIGURES:
            continue
        inside = counts.get(cell, 0)
        expected, least = limits.EXPECTED_AT_THRESHOLD, limits.LEAST_AT_THRESHOLD
        departure = against_expectation(Share(inside, around), expected, least, tests=2)
        if departure is not None:
            what = f"{inside:,.0f} of {around:,.0f} figures around {name.rsplit(maxsplit=1)[-1]} are {words} it"
            found.append(_said(departure, name.split(maxsplit=1)[0], what))
    return max(found, key=lambda item: item.strength, default=None)


def _said(found: Departure, name: str, what: str) -> Departure:
    evidence = f"{what}; expected share {found.expected:.2f}, found {found.found:.2f}"
    return Departure(found.expected, found.found, found.strength, name, evidence)
