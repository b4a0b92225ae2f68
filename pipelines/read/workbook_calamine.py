"""The values of a sheet by python-calamine, joined with what a scan of the file found. Used in the child process."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from pipelines.intake.refusal import Refusal
from pipelines.read.workbook_cells import Row, row_of


class Calamine:
    """A workbook opened by calamine."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        import python_calamine

        self._name = name
        self._error = python_calamine.CalamineError
        file.seek(0)
        try:
            self._book = python_calamine.CalamineWorkbook.from_filelike(file)
        except python_calamine.PasswordError as error:
            message = f"{name}: a password is needed to open it; ask the partner to send it without"
            raise Refusal("encrypted", message) from error
        except python_calamine.CalamineError as error:
            raise self._unreadable(error) from error

    def sheets(self) -> list[tuple[str, bool]]:
        """The sheets of all kinds, in the workbook's order: name, and whether it is hidden."""
        import python_calamine

        seen = python_calamine.SheetVisibleEnum.Visible
        return [(sheet.name, sheet.visible != seen) for sheet in self._book.sheets_metadata]

    def rows(self, sheet: str, errors: dict[int, dict[int, str]], hidden: set[int]) -> Iterator[Row]:
        """The rows of a sheet that have anything in them.

        Args:
            sheet: the sheet's name.
            errors: by row and column, the errors a scan has found; they are taken out.
            hidden: the rows that are hidden.
        """
        try:
            opened = self._book.get_sheet_by_name(sheet)
            values = opened.iter_rows()
        except self._error as error:
            raise self._unreadable(error) from error
        spans: dict[int, list[tuple[int, int]]] = {}
        for (top, left), (_bottom, right) in opened.merged_cell_ranges or []:
            if right > left:
                spans.setdefault(top + 1, []).append((left + 1, right + 1))
        before = [None] * (opened.start[1] if opened.start else 0)
        number = 0
        for number, cells in enumerate(values, start=1):
            row = row_of(number, [*before, *cells])
            if number in errors:
                _put(row, errors.pop(number))
            if any(cell is not None for cell in row.cells) or row.faults:
                row.is_hidden, row.spans = number in hidden, spans.get(number, [])
                yield row
        for after in sorted(errors):
            row = Row(after, [], is_hidden=after in hidden, spans=spans.get(after, []))
            _put(row, errors[after])
            yield row

    def _unreadable(self, error: Exception) -> Refusal:
        # calamine's message may hold a cell's value: its kind must do.
        kind = type(error).__name__
        message = (
            f"{self._name}: not a readable workbook ({kind}); ask the partner to open it, save it and send it again"
        )
        return Refusal("unreadable", message)


def _put(row: Row, errors: dict[int, str]) -> None:
    for column, error in errors.items():
        row.put_error(column, error)
