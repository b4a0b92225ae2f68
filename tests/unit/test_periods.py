"""Periods tile the calendar: each day lies in exactly one of each kind, and the next begins where it ends."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.specs.base import PeriodType
from pipelines.specs.periods import label, next_start, period_end, period_start, periods_between

kinds = st.sampled_from(list(PeriodType))
days = st.dates(date(1990, 1, 1), date(2090, 1, 1))


@given(kinds, days)
def test_a_day_lies_in_one_period(kind: PeriodType, day: date) -> None:
    start = period_start(kind, day)
    end = period_end(kind, start)
    assert start <= day <= end
    assert period_start(kind, start) == period_start(kind, end) == start
    assert next_start(kind, start) == end + timedelta(days=1) == period_start(kind, end + timedelta(days=1))
    assert period_start(kind, start - timedelta(days=1)) < start


@given(kinds, days, st.integers(0, 800))
def test_the_periods_between_two_days_leave_no_gap(kind: PeriodType, first: date, length: int) -> None:
    last = first + timedelta(days=length)
    starts = list(periods_between(kind, first, last))
    assert (starts[0], starts[-1]) == (period_start(kind, first), period_start(kind, last))
    assert starts[1:] == [next_start(kind, start) for start in starts[:-1]]


@given(kinds, st.data())
def test_no_two_periods_of_a_kind_have_one_name(kind: PeriodType, data: st.DataObject) -> None:
    one, other = (period_start(kind, data.draw(days)) for _ in range(2))
    assert (label(kind, one) == label(kind, other)) is (one == other)


@pytest.mark.parametrize(
    ("kind", "day", "start", "end", "name"),
    [
        (PeriodType.WEEK, date(2014, 5, 11), date(2014, 5, 5), date(2014, 5, 11), "week of 5 May 2014"),
        (PeriodType.WEEK, date(2015, 1, 1), date(2014, 12, 29), date(2015, 1, 4), "week of 29 December 2014"),
        (PeriodType.MONTH, date(2016, 2, 29), date(2016, 2, 1), date(2016, 2, 29), "February 2016"),
        (PeriodType.QUARTER, date(2014, 6, 30), date(2014, 4, 1), date(2014, 6, 30), "Q2 2014"),
        (PeriodType.CALENDAR_YEAR, date(2014, 12, 31), date(2014, 1, 1), date(2014, 12, 31), "2014"),
        (PeriodType.FINANCIAL_YEAR, date(2014, 3, 31), date(2013, 4, 1), date(2014, 3, 31), "2013/14"),
        (PeriodType.FINANCIAL_YEAR, date(1999, 4, 1), date(1999, 4, 1), date(2000, 3, 31), "1999/00"),
        (PeriodType.ACADEMIC_YEAR, date(2016, 8, 31), date(2015, 9, 1), date(2016, 8, 31), "2015/16"),
        (PeriodType.ACADEMIC_YEAR, date(2016, 9, 1), date(2016, 9, 1), date(2017, 8, 31), "2016/17"),
    ],
)
def test_the_calendars_of_public_agencies(kind: PeriodType, day: date, start: date, end: date, name: str) -> None:
    assert (period_start(kind, day), period_end(kind, start), label(kind, start)) == (start, end, name)
