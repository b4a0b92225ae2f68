"""When the demo county's agencies report: the periods their files are of, by first days, and the day each is issued."""

from __future__ import annotations

from datetime import date, timedelta

from pipelines.demo import schedule

LAST_YEAR = schedule.MONTHS[12:]  # 2024-04 .. 2025-03, of feeds by the month
BOTH_YEARS = schedule.QUARTERS  # 2023-04 .. 2025-01, of feeds by the quarter
TERMS = tuple(date(year, month, 1) for year in (2023, 2024, 2025) for month in (1, 5, 9))[1:7]  # 2023-05 .. 2025-01
WEEKS = tuple(date(2024, 12, 30) + timedelta(weeks=week) for week in range(13))  # Mondays; to 30 March 2025


def after(first: date, months: int) -> date:
    """The first day after so many months from `first`, a first of the month."""
    month = first.year * 12 + first.month - 1 + months
    return date(month // 12, month % 12 + 1, 1)


def working_day(day: date) -> date:
    """The day itself, or the Monday after where it is of a weekend."""
    return day + timedelta(days=7 - day.weekday()) if day.weekday() > 4 else day


def issued(first: date, months: int, days: int) -> date:
    """The day on which the file of a period is sent: so many days after its end, and on no weekend but before it."""
    day = after(first, months) + timedelta(days=days)
    return day - timedelta(days=max(0, day.weekday() - 4))
