"""What the kinds of workbook have in common: a row as text, and how a cell is named and becomes text.

Used in the child process: it imports as little as possible.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from pipelines.intake.refusal import Refusal
from pipelines.read.limits import MAX_CELLS, MAX_COLUMNS

# A spreadsheet keeps 15 digits of a number. What has more has lost the rest when it was typed or opened.
_EXACT_BELOW = 1e15
# An Unread's message shows a cell's error; a partner's text in its place is not shown at length.
_LONGEST_ERROR = 20
ERRORS = frozenset({"#DIV/0!", "#N/A", "#NAME?", "#NULL!", "#NUM!", "#REF!", "#VALUE!", "#DATA!"})


@dataclass(frozen=True)
class Fault:
    """A cell that cannot be read as it stands. `error` is what it shows; empty: a formula without its result."""

    column: int
    issue_type: str
    error: str = ""


@dataclass
class Row:
    """A row of a sheet with anything in it. Rows and columns count from 1; empty cells are None.

    `spans` has the first and last column of each merged range that begins in this row and is wider than one column.
    """

    number: int
    cells: list[str | None]
    faults: list[Fault] = field(default_factory=list)
    is_hidden: bool = False
    spans: list[tuple[int, int]] = field(default_factory=list)

    def put_error(self, column: int, error: str) -> None:
        """Say that a cell holds an error, or, where that is empty, a formula without its result."""
        self.cells.extend([None] * (column - len(self.cells)))
        self.cells[column - 1] = error or None
        self.faults.append(Fault(column, "error_cell", error[:_LONGEST_ERROR]))


def row_of(number: int, values: list[Any]) -> Row:
    """A row of the values that a reader of workbooks gives, as text."""
    row = Row(number, [])
    for column, value in enumerate(values, start=1):
        kind = type(value)
        if kind is str:
            row.cells.append(value or None)
            continue
        row.cells.append(text_of(value))
        if (kind is float or kind is int) and not -_EXACT_BELOW < value < _EXACT_BELOW:
            row.faults.append(number_fault(column, value))
    return row


def number_fault(column: int, value: float) -> Fault:
    """What is wrong with a number that is not below 10**15."""
    if value - value == 0:
        return Fault(column, "digits_lost")
    return Fault(column, "error_cell", "a number beyond all bounds")


def text_of(value: Any) -> str | None:
    """A cell as the partner would read it, dates as ISO 8601; None where it is empty.

    Times are rounded to the second: a sheet keeps them as shares of a day, and 13:45 as 13:44:59.999.
    """
    if value is None or value == "":
        return None
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime):
        moment = _whole_second(value)
        return moment.date().isoformat() if moment.time() == time() else moment.isoformat(sep=" ")
    if isinstance(value, time):
        return _whole_second(datetime.combine(date(2000, 1, 1), value)).time().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(timedelta(seconds=round(value.total_seconds())))
    return str(value)


def _whole_second(moment: datetime) -> datetime:
    whole = moment.replace(microsecond=0)
    return whole + timedelta(seconds=1) if moment.microsecond >= 500_000 and moment.year < 9999 else whole


def column_number(letters: str) -> int:
    """The number of a column from its letters, from 1.

    >>> column_number("A"), column_number("XFD")
    (1, 16384)
    """
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number


def column_letters(number: int) -> str:
    """The letters of a column, counted from 1.

    >>> column_letters(1), column_letters(16384)
    ('A', 'XFD')
    """
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


class Bounds:
    """How far the filled cells of one sheet reach, held to the limits."""

    def __init__(self, name: str, sheet: str) -> None:
        self.name, self.sheet = name, sheet
        self.rows = self.columns = 0

    def take(self, row: int, column: int) -> None:
        """A filled cell.

        Raises:
            Refusal: where the sheet is now larger than any real one.
        """
        if row <= self.rows and column <= self.columns:
            return
        self.rows, self.columns = max(row, self.rows), max(column, self.columns)
        where = f'{self.name}:{row}: sheet "{self.sheet}" has a filled cell at {column_letters(column)}{row}'
        what = "delete the cells that stand apart from the table, or ask the partner to"
        if column > MAX_COLUMNS:
            message = f"{where}, beyond the {MAX_COLUMNS:,} columns a sheet can have; {what}"
            raise Refusal("too_many_columns", message)
        if self.rows * self.columns > MAX_CELLS:
            message = f"{where}: {self.rows:,} rows of {self.columns:,} columns, and {MAX_CELLS:,} cells are the most"
            raise Refusal("too_large", f"{message}; {what}")
