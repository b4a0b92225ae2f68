"""Workbooks of Office Open XML (.xlsx, .xlsm): values by python-calamine, what it does not tell by a scan of the XML.

calamine gives an empty text for a cell with an error, nothing for a formula that was saved without its result, and
aborts the process for a sheet that reaches too far. Used in the child process.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, NoReturn
from xml.parsers.expat import ParserCreate

from pipelines.intake.refusal import Refusal
from pipelines.read.workbook_calamine import Calamine
from pipelines.read.workbook_cells import ERRORS, Bounds, Row, column_letters, column_number
from pipelines.read.workbook_guard import Package

_WORKBOOK = "xl/workbook.xml"
_TRUE = ("1", "true")
# What a cell may have in it, and the types of cell whose value is looked at even where there is no formula.
_VALUE, _TEXT, _FORMULA = 1, 2, 4
_LOOKED_AT = ("e", "s")
# Of the number of the last row there can be.
_MOST_DIGITS = 7


@dataclass
class Sheet:
    """A sheet as the workbook lists it, and the part that holds it."""

    name: str
    is_hidden: bool
    part: str


class Xlsx:
    """An .xlsx whose package has been checked."""

    def __init__(self, package: Package, file: BinaryIO) -> None:
        package.check_types()
        self._package, self._file = package, file
        self._listed = _sheets(package)
        self.sheets = [(sheet.name, sheet.is_hidden) for sheet in self._listed]

    def rows(self, wanted: set[str]) -> Iterator[tuple[str, Row]]:
        """The rows of the sheets wanted, each with its sheet's name; names of no sheet are passed over."""
        chosen = [sheet for sheet in self._listed if sheet.name in wanted]
        # All are scanned before calamine, which has no limits of its own, sees the first.
        scans = [_Scan(self._package, sheet) for sheet in chosen]
        if not chosen:
            return
        book = Calamine(self._file, self._package.name)
        for sheet, scan in zip(chosen, scans, strict=True):
            for row in book.rows(sheet.name, scan.errors, scan.hidden):
                yield sheet.name, row


def _sheets(package: Package) -> list[Sheet]:
    """The sheets of cells, in the workbook's order."""
    kinds: dict[str, tuple[str, str]] = {}
    sheets: list[Sheet] = []

    def relation(name: str, attributes: dict[str, str]) -> None:
        if _local(name) == "Relationship":
            kind = attributes.get("Type", "").rpartition("/")[2]
            kinds[attributes.get("Id", "")] = (kind, attributes.get("Target", ""))

    def listed(name: str, attributes: dict[str, str]) -> None:
        if _local(name) != "sheet":
            return
        number = next((value for key, value in attributes.items() if _local(key) == "id"), "")
        kind, target = kinds.get(number, ("", ""))
        if kind.lower().endswith("macrosheet"):
            package.refuse("holds_macros", "holds a sheet of macros; ask the partner to save it without, as .xlsx")
        if kind == "worksheet":
            is_hidden = attributes.get("state", "visible") != "visible"
            sheets.append(
                Sheet(attributes.get("name", ""), is_hidden, posixpath.normpath(posixpath.join("xl", target)))
            )

    for part, handler in (("xl/_rels/workbook.xml.rels", relation), (_WORKBOOK, listed)):
        parser = ParserCreate()
        parser.StartElementHandler = handler
        package.parse(part, parser)
    if len({sheet.name for sheet in sheets}) < len(sheets):
        package.refuse("unreadable", "has two sheets of one name; ask the partner to save it anew")
    return sheets


def _local(name: str) -> str:
    """A name without its prefix. calamine looks at no more, so no more is looked at here."""
    return name.rpartition(":")[2]


class _Scan:
    """One pass over the XML of a sheet: how far it reaches, its errors, its hidden rows.

    `errors` has, by row and column, the error a cell shows; an empty text stands for a formula without its result.
    """

    def __init__(self, package: Package, sheet: Sheet) -> None:
        self.errors: dict[int, dict[int, str]] = {}
        self.hidden: set[int] = set()
        self._package, self._sheet = package, sheet
        self._bounds = Bounds(package.name, sheet.name)
        self._row, self._column, self._last = 0, 0, (0, 0)
        # Digits of the row that cells most likely stand in, and the columns by their letters.
        self._row_digits, self._columns = "0", dict[str, int]()
        self._names: dict[str, str] = {}
        # The cell being scanned: what has been seen in it, and its value where that is looked at.
        self._cell: dict[str, str] = {}
        self._seen, self._value, self._is_in_value = 0, "", False
        self._parser = ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._outside
        package.parse(sheet.part, self._parser)

    def _outside(self, name: str, _attributes: dict[str, str]) -> None:
        if _local(name) == "sheetData":
            self._parser.StartElementHandler = self._start
            self._parser.EndElementHandler = self._end
            self._parser.StartCdataSectionHandler = self._cdata

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        local = self._names.get(name) or self._names.setdefault(name, _local(name))
        if local == "c":
            self._cell, self._seen = attributes, 0
        elif local == "v":
            self._is_in_value = True
            # Only some values are looked at: a call for each cell's text takes time.
            if self._seen or self._cell.get("t") in _LOOKED_AT:
                self._value = ""
                self._parser.CharacterDataHandler = self._take
            self._seen |= _VALUE
        elif local == "f":
            if self._seen & _VALUE:
                self._refuse("a value above its formula")
            self._seen |= _FORMULA
        elif local == "is":
            self._seen |= _TEXT
        elif local == "row":
            self._start_row(attributes)

    def _end(self, name: str) -> None:
        local = self._names.get(name)
        if local == "v":
            self._is_in_value = False
            self._parser.CharacterDataHandler = None
        elif local == "c":
            self._end_cell(self._cell)
        elif name.endswith("sheetData"):
            self._parser.StartElementHandler = self._parser.EndElementHandler = None
            self._parser.StartCdataSectionHandler = None

    def _take(self, text: str) -> None:
        self._value += text

    def _cdata(self) -> None:
        # calamine reads past it without a word.
        if self._is_in_value:
            self._refuse("a value written as CDATA")

    def _start_row(self, attributes: dict[str, str]) -> None:
        number = attributes.get("r", "")
        self._row = int(number) if number.isdecimal() and len(number) <= _MOST_DIGITS else self._row + 1
        self._row_digits, self._column = str(self._row), 0
        if attributes.get("hidden") in _TRUE:
            self.hidden.add(self._row)

    def _end_cell(self, cell: dict[str, str]) -> None:
        row, column = place = self._place(cell.get("r"))
        # The same cell twice: calamine keeps the last one, and nobody knows which one holds.
        if place <= self._last:
            self._refuse("a cell that stands twice or out of order")
        self._last, self._row, self._column = place, row, column
        kind, seen = cell.get("t", "n"), self._seen
        if (seen or kind == "e") and (row > self._bounds.rows or column > self._bounds.columns):
            self._bounds.take(row, column)
        if kind == "e":
            self._take_error(row, column, self._value.strip() if seen & _VALUE else "")
        elif seen & _VALUE and kind == "s" and self._value and not self._value.isdecimal():
            self._refuse("a reference to a text that is no number")
        elif seen & _FORMULA and not seen & _TEXT and not (seen & _VALUE and (self._value or kind == "str")):
            self.errors.setdefault(row, {})[column] = ""

    def _take_error(self, row: int, column: int, error: str) -> None:
        if error and error not in ERRORS:
            self._refuse(f"an error that is none of {', '.join(sorted(ERRORS))}", row, column)
        self.errors.setdefault(row, {})[column] = error or "an error"

    def _place(self, reference: str | None) -> tuple[int, int]:
        if reference is None:
            return self._row, self._column + 1
        if reference.endswith(self._row_digits):
            column = self._columns.get(reference[: -len(self._row_digits)])
            if column is not None:
                return self._row, column
        letters = reference.rstrip("0123456789")
        digits = reference[len(letters) :]
        is_place = letters.isascii() and letters.isalpha() and len(letters) <= 3 and 0 < len(digits) <= _MOST_DIGITS
        if not is_place or int(digits) < 1:
            self._refuse("a cell without a right place")
        self._columns[letters] = column_number(letters)
        return int(digits), self._columns[letters]

    def _refuse(self, what: str, row: int | None = None, column: int | None = None) -> NoReturn:
        where = f"{column_letters(column or self._column or 1)}{row or self._row}"
        message = (
            f'{self._package.name}:{row or self._row}: sheet "{self._sheet.name}" has {what} (at or after {where})'
        )
        raise Refusal("unreadable", f"{message}; ask the partner to save it anew in a spreadsheet program")
