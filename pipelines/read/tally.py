"""What control totals are held against, counted while a file is read: its records, sums of columns, and trailers."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, Context, Decimal
from typing import TYPE_CHECKING

from pipelines.specs.feeds import FeedVersion

if TYPE_CHECKING:
    import polars as pl

# Sums are exact: no digit is ever rounded away.
_EXACT = Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN)
# A number of a return has a few digits, perhaps many zeros before them. What is far longer is none.
_LONGEST_NUMBER = 100
_EXPONENT = r"(?:[eE][+-]?\d{1,3})?"


@dataclass(frozen=True)
class Marks:
    """What groups the digits of a number, and its decimal mark."""

    thousands: str = ""
    decimal: str = "."

    def number(self, text: str) -> Decimal | None:
        """The number that a text is, whole and exact; None where it is none."""
        text = text.strip()
        group, point = re.escape(self.thousands), re.escape(self.decimal)
        whole = rf"(?:\d{{1,3}}(?:{group}\d{{3}})+|\d+)" if self.thousands else r"\d+"
        exponent = _EXPONENT if not self.thousands and self.decimal == "." else ""
        shape = rf"[+-]?(?:{whole}(?:{point}\d*)?|{point}\d+){exponent}"
        if len(text) > _LONGEST_NUMBER or not text.isascii() or re.fullmatch(shape, text) is None:
            return None
        plain = text.replace(self.thousands, "") if self.thousands else text
        return Decimal(plain.replace(self.decimal, "."))


def marks_of(version: FeedVersion, column: str) -> Marks:
    """The marks of a column of the file: those its mapping declares, or that of the column its cells go into."""
    unpivot = version.unpivot
    is_wide = unpivot is not None and bool(unpivot.takes([column]))
    declared = version.columns.get(unpivot.value if unpivot is not None and is_wide else column, ())
    marks = [Marks(item.thousands, item.decimal) for item in declared]
    return next((item for item in marks if item != Marks()), Marks())


@dataclass
class ColumnSum:
    """The exact sum of a column, and how many cells are empty or no number: they count as 0."""

    total: Decimal = Decimal(0)
    no_number: int = 0

    def add(self, total: Decimal, no_number: int) -> None:
        """Add what another stretch holds."""
        self.total = _EXACT.add(self.total, total)
        self.no_number += no_number


@dataclass
class Tally:
    """The count of a file as far as it was read.

    `rows` are the records that are neither header nor skipped, whether they could be read or not. `sums` are of the
    columns that a control sums, by the name the spec has for them, as far as the file has them. `trailers` are the rows
    skipped by the rules that a control names: line and text, the cells joined by the delimiter (a tab in sheets).
    """

    rows: int = 0
    sums: dict[str, ColumnSum] = field(default_factory=dict)
    trailers: dict[str, list[tuple[int, str]]] = field(default_factory=dict)

    def add(self, other: Tally) -> None:
        """Add what was counted of another stretch."""
        self.rows += other.rows
        for column, item in other.sums.items():
            self.sums.setdefault(column, ColumnSum()).add(item.total, item.no_number)
        for rule, rows in other.trailers.items():
            self.keep_trailers(rule, rows)

    def keep_trailers(self, rule: str, rows: list[tuple[int, str]]) -> None:
        """Keep rows that a rule skipped, if there are any."""
        if rows:
            self.trailers.setdefault(rule, []).extend(rows)

    def count(self, frame: pl.DataFrame, unread: int, version: FeedVersion) -> None:
        """Count a stretch of records: those read, with all columns of the file, and how many were not."""
        self.rows += frame.height + unread
        for control in version.control:
            if control.column in frame.columns and control.column not in self.sums:
                self.sums[control.column] = column_sum(frame[control.column], marks_of(version, control.column))


def column_sum(texts: pl.Series, marks: Marks) -> ColumnSum:
    """The sum of a column of text."""
    found = ColumnSum()
    for text, count in texts.alias("text").value_counts(name="count").iter_rows():
        number = marks.number(text or "")
        if number is None:
            found.no_number += count
        else:
            found.add(_EXACT.multiply(number, Decimal(count)), 0)
    return found
