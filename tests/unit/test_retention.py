"""A length of time ends on a day, whatever the calendar; what is past it is past."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from pipelines.specs.retention import Retention, is_past, kept_until

DAYS = st.dates(date(1990, 1, 1), date(2050, 12, 31))
LENGTHS = st.builds("{} {}".format, st.integers(0, 400), st.sampled_from(["months", "years"]))


@pytest.mark.parametrize(
    ("received", "length", "last"),
    [
        (date(2024, 1, 31), "1 months", date(2024, 2, 29)),
        (date(2024, 2, 29), "1 years", date(2025, 2, 28)),
        (date(2024, 12, 15), "1 months", date(2025, 1, 15)),
        (date(2024, 6, 1), "18 months", date(2025, 12, 1)),
        (date(2024, 6, 1), "6 years", date(2030, 6, 1)),
        (date(2024, 6, 1), "0 months", date(2024, 6, 1)),
    ],
)
def test_a_length_ends_on_a_day(received: date, length: str, last: date) -> None:
    assert kept_until(received, length) == last
    assert not is_past(received, length, last)
    assert is_past(received, length, last + timedelta(days=1))


@given(DAYS, DAYS, LENGTHS)
def test_what_came_later_is_kept_no_shorter(one: date, other: date, length: str) -> None:
    first, second = sorted((one, other))
    assert first <= kept_until(first, length) <= kept_until(second, length)


@given(DAYS, st.integers(0, 30))
def test_years_are_twelve_months(received: date, years: int) -> None:
    assert kept_until(received, f"{years} years") == kept_until(received, f"{12 * years} months")


def test_one_length_stands_for_both() -> None:
    assert Retention.model_validate("18 months") == Retention(files="18 months", rows="18 months")


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("ten years", "is not written as `6 years` or `18 months`"),
        ({"files": "2 years", "rows": "12 months"}, "files are kept longer"),
        ({"files": "2 years"}, "rows"),
        ({"files": "2 weeks", "rows": "12 months"}, "files"),
    ],
)
def test_what_is_no_retention_is_told(said: object, told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        Retention.model_validate(said)
