"""The calendars returns and figures go by: where a period starts, where it ends, and what it is called."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta

from pipelines.specs.base import PeriodType

# First month of each kind of period within its year, and its length in months.
_MONTHS = {
    PeriodType.MONTH: (1, 1),
    PeriodType.QUARTER: (1, 3),
    PeriodType.TERM: (9, 4),
    PeriodType.CALENDAR_YEAR: (1, 12),
    PeriodType.FINANCIAL_YEAR: (4, 12),
    PeriodType.ACADEMIC_YEAR: (9, 12),
}
_TERMS = {9: "autumn", 1: "spring", 5: "summer"}


def period_start(kind: PeriodType, day: date) -> date:
    """The first day of the period that holds `day`."""
    if kind is PeriodType.WEEK:
        return day - timedelta(days=day.weekday())
    first, length = _MONTHS[kind]
    month = day.year * 12 + day.month - 1
    start = month - (month - (first - 1)) % length
    return date(start // 12, start % 12 + 1, 1)


def next_start(kind: PeriodType, start: date) -> date:
    """The first day of the period after the one that starts on `start`."""
    if kind is PeriodType.WEEK:
        return start + timedelta(days=7)
    month = start.year * 12 + start.month - 1 + _MONTHS[kind][1]
    return date(month // 12, month % 12 + 1, 1)


def period_end(kind: PeriodType, start: date) -> date:
    """The last day of the period that starts on `start`."""
    return next_start(kind, start) - timedelta(days=1)


def periods_between(kind: PeriodType, first: date, last: date) -> Iterator[date]:
    """The starts of every period from the one that holds `first` to the one that holds `last`."""
    start = period_start(kind, first)
    while start <= last:
        yield start
        start = next_start(kind, start)


def months_of(kind: PeriodType, start: date) -> list[date]:
    """The first days of the months that a period touches."""
    return list(periods_between(PeriodType.MONTH, start, period_end(kind, start)))


def is_made_of(kind: PeriodType, smaller: PeriodType) -> bool:
    """Whether each period of a kind is made of whole ones of another, or is one: a year of months, but not of weeks."""
    if kind is smaller:
        return True
    if PeriodType.WEEK in (kind, smaller):
        return False
    (first, length), (first_smaller, length_smaller) = _MONTHS[kind], _MONTHS[smaller]
    return length % length_smaller == 0 and (first - first_smaller) % length_smaller == 0


def label(kind: PeriodType, start: date) -> str:
    """What people call it: `May 2014`, `2013/14`, `2014`, `Q2 2014`, `spring term 2014`, `week of 5 May 2014`."""
    match kind:
        case PeriodType.MONTH:
            return f"{start:%B %Y}"
        case PeriodType.WEEK:
            return f"week of {start.day} {start:%B %Y}"
        case PeriodType.QUARTER:
            return f"Q{(start.month + 2) // 3} {start.year}"
        case PeriodType.TERM:
            return f"{_TERMS[start.month]} term {start.year}"
        case PeriodType.CALENDAR_YEAR:
            return str(start.year)
        case _:
            return f"{start.year}/{(start.year + 1) % 100:02d}"


def written(kind: PeriodType, start: date) -> str:
    """A period as specs write it: by its first month, a week by its Monday."""
    return start.isoformat() if kind is PeriodType.WEEK else f"{start:%Y-%m}"


def first_day(period: str) -> date:
    """The day a `--period` such as `2014-05`, `2014` or `2014-05-12` begins.

    Raises:
        ValueError: where it is none of these.
    """
    parts = [int(part) for part in period.split("-")]
    year, month, day = (*parts, 1, 1)[:3]
    return date(year, month, day)


def period_named(text: str) -> tuple[PeriodType, date]:
    """The period that a person names.

    It is `2014-05`, `2014-Q2`, `2014`, `2013/14` (financial), `academic 2013/14`, `autumn term 2013` or
    `week 2014-05-05`.

    Raises:
        ValueError: where it is none of these.
    """
    if found := re.fullmatch(r"(\d{4})-(\d{2})", text):
        return PeriodType.MONTH, date(int(found[1]), int(found[2]), 1)
    if found := re.fullmatch(r"(\d{4})-?Q([1-4])", text):
        return PeriodType.QUARTER, date(int(found[1]), int(found[2]) * 3 - 2, 1)
    if re.fullmatch(r"\d{4}", text):
        return PeriodType.CALENDAR_YEAR, date(int(text), 1, 1)
    if (found := re.fullmatch(r"(\d{4})/(\d{2})", text)) and (int(found[1]) + 1) % 100 == int(found[2]):
        return PeriodType.FINANCIAL_YEAR, date(int(found[1]), 4, 1)
    if (found := re.fullmatch(r"academic (\d{4})/(\d{2})", text)) and (int(found[1]) + 1) % 100 == int(found[2]):
        return PeriodType.ACADEMIC_YEAR, date(int(found[1]), 9, 1)
    if found := re.fullmatch(rf"({'|'.join(_TERMS.values())}) term (\d{{4}})", text):
        month = next(month for month, name in _TERMS.items() if name == found[1])
        return PeriodType.TERM, date(int(found[2]), month, 1)
    if found := re.fullmatch(r"week (\d{4}-\d{2}-\d{2})", text):
        return PeriodType.WEEK, period_start(PeriodType.WEEK, date.fromisoformat(found[1]))
    raise ValueError(
        f'"{text}" is not a period; write 2014-05, 2014-Q2, 2014, 2013/14, "autumn term 2013" or "week 2014-05-05"'
    )
