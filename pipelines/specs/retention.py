"""How long what a partner sent may be kept: its files, and what was read of them row by row."""

from __future__ import annotations

import calendar
import re
from datetime import date
from typing import Annotated, Any

from pydantic import model_validator

from pipelines.specs.base import Spec, written

_LENGTH, _HOW = r"^\d{1,3} (months|years)$", "`6 years` or `18 months`"
Length = Annotated[str, written(_LENGTH, _HOW)]


class Retention(Spec):
    """Lengths of time, counted from the day of receipt. `10 years` alone is short for both.

    `files` is how long a file stays in landing. `rows` is how long what was read of it is kept as the partner wrote it:
    raw rows, and the content of rows in quarantine. Harmonised rows and what they count stay after that, and are never
    made again.
    """

    files: Length
    rows: Length

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        if not re.match(_LENGTH, value):
            raise ValueError(f'"{value}" is not written as {_HOW}')
        return {"files": value, "rows": value}

    @property
    def written(self) -> str:
        """As a spec says it."""
        return self.rows if self.files == self.rows else f"{{files: {self.files}, rows: {self.rows}}}"

    @model_validator(mode="after")
    def _rows_outlive_files(self) -> Retention:
        if _months(self.files) > _months(self.rows):
            raise ValueError(f"files are kept longer ({self.files}) than what is read of them ({self.rows})")
        return self


def _months(length: str) -> int:
    number, unit = length.split()
    return int(number) * (12 if unit == "years" else 1)


def kept_until(received: date, length: str) -> date:
    """The last day on which something may be kept; in a month too short for the day, that month's last.

    Args:
        received: the day it came.
        length: as `18 months` or `6 years`.
    """
    years, month = divmod(received.month - 1 + _months(length), 12)
    year = received.year + years
    return date(year, month + 1, min(received.day, calendar.monthrange(year, month + 1)[1]))


def is_past(received: date, length: str, as_of: date) -> bool:
    """Whether something received on a day may be kept no longer."""
    return as_of > kept_until(received, length)
