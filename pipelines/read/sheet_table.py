"""The table in a sheet: where its header stands, which rows are its records, and what becomes of all the others."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipelines.intake.refusal import Refusal
from pipelines.read.headings import notes_of_trimmed
from pipelines.read.records import ROW, Batch, Note, Unread, distinct, no_rows
from pipelines.read.workbook_cells import Fault, Row, column_letters, column_number
from pipelines.specs.formats import SheetFormat

if TYPE_CHECKING:
    import polars as pl

# Cells of a batch: what is in memory at one time.
_BATCH_CELLS = 1_000_000
_FAULTS_TOLD = 3
_RANGES_TOLD = 20
_LINE_BREAKS = re.compile(r"\s*[\r\n]+\s*")
_AGAIN = "the header appears again; declare `header_again` if the table goes on"
_OTHER_TABLE = "stands below a header that appears again, so is of another table"
_NO_RESULT = "a formula whose result was not saved; ask the partner to open the workbook, save it and send it again"
_LOST = "a number of 16 digits or more, of which a sheet keeps 15; ask the partner to keep the column as text"


@dataclass
class _Part:
    """The part of the sheet read since the last batch."""

    rows: list[list[str | int | None]] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)

    def batch(self, header: list[str], notes: Iterable[Note] = ()) -> Batch:
        return Batch(_frame(self.rows, header), self.unread, +self.skipped, list(notes))


class SheetTable:
    """A table being read from the rows of a sheet, which come in order and only where anything is filled."""

    def __init__(self, rows: Iterator[Row], format_: SheetFormat, name: str, sheet: str) -> None:
        """Read down to the table's first record.

        Raises:
            Refusal: where the header, or the row it stands below, is not there.
        """
        self._format, self._name, self._sheet = format_, name, sheet
        first, last = format_.columns.split(":") if format_.columns else ("A", "")
        self._first, self._last = column_number(first), column_number(last) if last else None
        self._rows = rows
        self._held: Row | None = None
        self._part = _Part()
        # The last row of the sheet that has been accounted for.
        self._at = 0
        self._hidden: list[list[int]] = []
        self._again: set[tuple[str, ...]] = set()
        above = self._find_start()
        self._skip_to(above + (format_.header_rows[0] if format_.header_rows else format_.first_row))
        self.notes: list[Note] = []
        self.header = list(format_.names) if format_.names else self._read_header(above)
        if format_.names:
            self._again = {format_.names}
        self.place = f"{name}:{self._at}" if format_.header_rows else name

    # --- above the table ----------------------------------------------------------------------------------------------

    def _next(self) -> Row | None:
        row, self._held = self._held or next(self._rows, None), None
        return row

    def _find_start(self) -> int:
        """The row below which rows are counted; 0 where they count from the top."""
        if self._format.after is None:
            return 0
        while (row := self._next()) is not None:
            self._account_to(row.number, "before_header")
            firsts = [next((cell for cell in cells if cell), "") for cells in (row.cells, self._cells(row))]
            if any(first.strip().startswith(self._format.after) for first in firsts):
                return row.number
        message = f'{self._name}: no row of "{self._sheet}" begins with "{self._format.after}", where the table begins'
        raise Refusal("unreadable", f"{message}; ask the partner for the usual layout, or change `after` in the spec")

    def _skip_to(self, number: int) -> None:
        """Account for all rows above one."""
        while (row := self._next()) is not None:
            if row.number >= number:
                self._held = row
                break
            self._account_to(row.number, "before_header" if self._is_filled(row) else "blank_row")
        if self._held is not None:
            self._part.skipped["blank_row"] += number - 1 - self._at
            self._at = number - 1

    def _account_to(self, number: int, rule: str) -> None:
        """Count a row that is skipped by a rule, and the blank ones above it."""
        self._part.skipped["blank_row"] += number - 1 - self._at
        self._part.skipped[rule] += 1
        self._at = number

    def _read_header(self, above: int) -> list[str]:
        """The columns' names: of one row, or of two, where a merged heading goes for all columns below it."""
        lines: list[list[str]] = []
        numbers = [above + row for row in self._format.header_rows]
        spans: list[tuple[int, int]] = []
        for number in numbers:
            row = self._next()
            if row is None or row.number > number:
                row, self._held = Row(number, []), row
            cells = [cell or "" for cell in self._cells(row)]
            lines.append([_heading(cell) for cell in cells])
            self.notes += notes_of_trimmed(cells, lines[-1], number)
            spans = spans if len(lines) > 1 else row.spans
            self._at = number
        if not any(any(line) for line in lines):
            rows = " and ".join(map(str, numbers))
            message = (
                f'{self._name}:{numbers[0]}: the header of "{self._sheet}" should stand in row {rows} and does not'
            )
            raise Refusal("empty_file", f"{message}; ask the partner for the usual layout, or change `header_row`")
        self._again = {_trimmed(line) for line in lines if any(line)}
        names = list(lines[0]) if len(lines) == 1 else self._joined(lines, spans)
        return list(_trimmed(names))

    def _joined(self, lines: list[list[str]], spans: list[tuple[int, int]]) -> list[str]:
        upper, lower = (list(_trimmed(line)) for line in lines)
        width, below = max(len(upper), len(lower)), len(lower)
        upper += [""] * (width - len(upper))
        lower += [""] * (width - len(lower))
        for first, last in spans:
            left, right = first - self._first, last - self._first
            # Where a merged heading is wider than the headings below it, there are no columns of the table.
            for column in range(left + 1, min(right + 1, below)) if left >= 0 else ():
                upper[column] = upper[column] or upper[left]
        return [" / ".join(filter(None, pair)) for pair in zip(upper, lower, strict=True)]

    # --- the table ----------------------------------------------------------------------------------------------------

    def batches(self, notes: Iterable[Note]) -> Iterator[Batch]:
        """The table's rows, and what became of the others; at the end, what is to be noted of the sheet."""
        ends, is_over, is_other = self._format.ends_at_blank_row, False, False
        while (row := self._next()) is not None:
            is_blank = not self._is_filled(row)
            is_over = is_over or (ends and row.number > self._at + 1)
            if is_over or is_blank:
                self._account_to(row.number, "blank_row" if is_blank else "outside_table")
                is_over = is_over or (ends and is_blank)
                continue
            self._part.skipped["blank_row"] += row.number - 1 - self._at
            self._at = row.number
            is_other = self._take(row, is_other)
            if (len(self._part.rows) + len(self._part.unread)) * len(self.header) >= _BATCH_CELLS:
                part, self._part = self._part, _Part()
                yield part.batch(self.header)
        yield self._part.batch(self.header, [*notes, *self._hidden_rows()])

    def _take(self, row: Row, is_other: bool) -> bool:
        """Take a row of the table. Returns whether another table has begun."""
        if row.is_hidden:
            self._note_hidden(row.number)
        cells = self._cells(row)
        if is_other:
            self._aside(row, "second_table", _OTHER_TABLE)
        elif _trimmed([_heading(cell) for cell in cells]) in self._again:
            if self._format.header_again == "skip":
                self._part.skipped["header_again"] += 1
                return False
            self._aside(row, "header_again", _AGAIN)
            return True
        elif self._is_beyond(row):
            message = f"a cell to the right of the {len(self.header)} columns of the header"
            self._aside(row, "field_count", message)
        elif faults := self._faults(row):
            self._aside(row, faults[0].issue_type, self._told(faults))
        else:
            width = len(self.header)
            self._part.rows.append([row.number, *cells[:width], *[None] * (width - len(cells))])
        return is_other

    def _aside(self, row: Row, issue_type: str, message: str) -> None:
        text = "\t".join(cell or "" for cell in self._cells(row))
        self._part.unread.append(Unread(row.number, 0, 0, issue_type, message, text))

    def _told(self, faults: list[Fault]) -> str:
        parts = []
        for fault in faults[:_FAULTS_TOLD]:
            heading = self.header[fault.column - self._first]
            what = _LOST if fault.issue_type == "digits_lost" else fault.error or _NO_RESULT
            parts.append(f'column {column_letters(fault.column)} ("{heading}") holds {what}')
        more = len(faults) - _FAULTS_TOLD
        return "; ".join(parts) + (f"; and {more} more such cells" if more > 0 else "")

    # --- cells of the table's columns ---------------------------------------------------------------------------------

    def _cells(self, row: Row) -> list[str | None]:
        """A row's cells in the table's columns."""
        return row.cells[self._first - 1 : self._last]

    def _faults(self, row: Row) -> list[Fault]:
        last = self._last or len(row.cells)
        within = [fault for fault in row.faults if self._first <= fault.column <= last]
        return sorted(within, key=lambda fault: fault.column)

    def _is_filled(self, row: Row) -> bool:
        return any(cell is not None for cell in self._cells(row)) or bool(self._faults(row))

    def _is_beyond(self, row: Row) -> bool:
        width = len(self.header)
        is_fault_beyond = any(fault.column - self._first >= width for fault in self._faults(row))
        return is_fault_beyond or any(cell is not None for cell in self._cells(row)[width:])

    # --- hidden rows --------------------------------------------------------------------------------------------------

    def _note_hidden(self, number: int) -> None:
        if self._hidden and self._hidden[-1][1] == number - 1:
            self._hidden[-1][1] = number
        else:
            self._hidden.append([number, number])

    def _hidden_rows(self) -> Iterator[Note]:
        ranges = [str(first) if first == last else f"{first}-{last}" for first, last in self._hidden]
        if ranges:
            more = len(ranges) - _RANGES_TOLD
            told = ", ".join(ranges[:_RANGES_TOLD]) + (f" and {more} more stretches" if more > 0 else "")
            what = f"row {told}; it is" if told.isdecimal() else f"rows {told}; they are"
            yield Note("hidden_rows", f'sheet "{self._sheet}" hides {what} read like the others')


def _heading(cell: str | None) -> str:
    return _LINE_BREAKS.sub(" ", cell or "").strip()


def _trimmed(names: list[str]) -> tuple[str, ...]:
    """Names without the empty ones at the end."""
    width = len(names)
    while width and not names[width - 1]:
        width -= 1
    return tuple(names[:width])


def _frame(rows: list[list[str | int | None]], header: list[str]) -> pl.DataFrame:
    import polars as pl

    if not rows:
        return no_rows(header)
    names = [ROW, *distinct(header)]
    columns = dict(zip(names, zip(*rows, strict=True), strict=True))
    return pl.DataFrame(columns, schema={name: pl.UInt32 if name == ROW else pl.String for name in names})
