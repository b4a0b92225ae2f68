"""What all spec files have in common: how a name, a text, a day and a period type are written."""

from __future__ import annotations

import re
from datetime import date
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints

# Pattern of a text to how a person is told to write it.
HOW_WRITTEN: dict[str, str] = {}


def written(pattern: str, how: str) -> StringConstraints:
    """A text of a pattern, and in words how it is written: whoever wrote it otherwise is told these."""
    HOW_WRITTEN[pattern] = how
    return StringConstraints(pattern=pattern)


NAME = r"^[a-z][a-z0-9_]{0,62}$"
Name = Annotated[str, written(NAME, "small letters, figures and `_`, a letter first")]
SupplierName = Annotated[
    str, written(r"^[a-z0-9][a-z0-9_-]{0,62}$", "small letters, figures, `_` and `-`, a letter or a figure first")
]


Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]


def _day(value: object) -> object:
    """Accept a month (`2013-05`) where a date is meant: its first day."""
    if isinstance(value, int):
        value = str(value)
    if isinstance(value, str) and re.fullmatch(r"\d{4}", value):
        return f"{value}-01-01"
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}", value):
        return f"{value}-01"
    return value


Day = Annotated[date, BeforeValidator(_day)]


def regex(value: str | None) -> str | None:
    """A regular expression as it was given.

    Raises:
        ValueError: where it is none.
    """
    if value is not None:
        try:
            re.compile(value)
        except re.error as error:
            raise ValueError(f"not a regular expression: {error}") from error
    return value


class Spec(BaseModel):
    """Common ground of all spec models: unknown keys are errors, and a spec is never changed once read."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class PeriodType(StrEnum):
    """The calendars a return can report by. Weeks start on Monday, financial years in April, academic in September.

    A term is a third of an academic year, so that Easter lies in the second: from September, January and May.
    """

    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    TERM = "term"
    CALENDAR_YEAR = "calendar_year"
    FINANCIAL_YEAR = "financial_year"
    ACADEMIC_YEAR = "academic_year"
