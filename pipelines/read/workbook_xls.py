"""Workbooks of Excel 97 to 2003 (.xls): values by python-calamine, what it does not tell by a walk of the records.

The structures are those of [MS-CFB] (the compound file) and [MS-XLS] (the records of the workbook in it). A program
that writes a formula with a made-up result (some write 0) cannot be told from one that has worked it out. Used in the
child process.
"""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, NoReturn

from pipelines.intake.refusal import Refusal
from pipelines.read.workbook_calamine import Calamine
from pipelines.read.workbook_cells import Row

_NO_SECTOR = 0xFFFFFFFA
_EOF, _BOUND_SHEET, _FILE_PASS, _BEGIN = 0x0A, 0x85, 0x2F, 0x0809
_FORMULAS, _BOOLEAN_OR_ERROR, _ROW = (0x06, 0x0206, 0x0406), 0x0205, 0x0208
# What may stand between a formula and the text that is its result.
_TEXT, _BETWEEN = 0x0207, (0x0221, 0x04BC, 0x0236, 0x3C)
_HIDDEN_ROW = 0x20
_ERRORS = {0: "#NULL!", 7: "#DIV/0!", 15: "#VALUE!", 23: "#REF!", 29: "#NAME?", 36: "#NUM!", 42: "#N/A"}
_MACRO_SHEETS = (1, 6)
_OTHER_KINDS = {"WordDocument": "a Word document", "PowerPoint Document": "a PowerPoint presentation"}


@dataclass
class _Entry:
    """A stream or storage of a compound file."""

    name: str
    start: int
    size: int


class CompoundFile:
    """A file of streams, by the name of each."""

    def __init__(self, content: bytes, name: str) -> None:
        """Read the list of streams.

        Raises:
            Refusal: where the file is damaged.
        """
        self._content, self._name = content, name
        try:
            (shift,) = struct.unpack_from("<H", content, 30)
            (mini_shift,) = struct.unpack_from("<H", content, 32)
            if shift not in (9, 12) or mini_shift != 6:
                self._refuse()
            self._size = 1 << shift
            self._next = self._table(self._list_of_tables())
            directory = self._chain(struct.unpack_from("<I", content, 48)[0])
            self.entries = [self._entry(directory, at) for at in range(0, len(directory) - 127, 128)]
            self._cutoff, mini_start = struct.unpack_from("<II", content, 56)
            mini = self._chain(mini_start)
            self._mini_next = array("I", mini[: len(mini) // 4 * 4])
        except struct.error:
            self._refuse()

    def stream(self, name: str) -> bytes | None:
        """The bytes of a stream; None: there is none of the name."""
        entry = next((entry for entry in self.entries if entry.name == name), None)
        if entry is None:
            return None
        if entry.size >= self._cutoff:
            return self._chain(entry.start)[: entry.size]
        root = self._chain(self.entries[0].start)
        parts: list[bytes] = []
        sector = entry.start
        while sector < _NO_SECTOR and len(parts) <= len(self._mini_next):
            parts.append(root[sector * 64 : sector * 64 + 64])
            sector = self._mini_next[sector] if sector < len(self._mini_next) else _NO_SECTOR
        return b"".join(parts)[: entry.size]

    def _refuse(self) -> NoReturn:
        message = f"{self._name}: not a readable workbook: the file is damaged or was cut short"
        raise Refusal("unreadable", f"{message}; ask the partner to open it, save it and send it again")

    def _sector(self, number: int) -> bytes:
        at = (number + 1) * self._size
        if at >= len(self._content):
            self._refuse()
        return self._content[at : at + self._size]

    def _list_of_tables(self) -> list[int]:
        """The sectors that say which sector follows which; the first 109 of them stand in the file's header."""
        numbers = list(struct.unpack_from("<109I", self._content, 76))
        (more,) = struct.unpack_from("<I", self._content, 68)
        while more < _NO_SECTOR and len(numbers) * self._size <= len(self._content):
            *further, more = struct.unpack(f"<{self._size // 4}I", self._sector(more))
            numbers += further
        return [number for number in numbers if number < _NO_SECTOR]

    def _table(self, sectors: list[int]) -> array[int]:
        if len(sectors) * self._size > len(self._content):
            self._refuse()
        follows = array("I")
        for sector in sectors:
            part = self._sector(sector)
            follows.frombytes(part[: len(part) // 4 * 4])
        return follows

    def _chain(self, start: int) -> bytes:
        parts: list[bytes] = []
        sector = start
        while sector < _NO_SECTOR:
            # As many sectors as there are: a chain that is longer runs in a circle.
            if sector >= len(self._next) or len(parts) > len(self._next):
                self._refuse()
            parts.append(self._sector(sector))
            sector = self._next[sector]
        return b"".join(parts)

    @staticmethod
    def _entry(directory: bytes, at: int) -> _Entry:
        (length,) = struct.unpack_from("<H", directory, at + 64)
        start, size = struct.unpack_from("<II", directory, at + 116)
        name = directory[at : at + min(max(length - 2, 0), 62)].decode("utf-16-le", "replace")
        return _Entry(name, start, size)


class Xls:
    """An .xls whose streams have been looked at."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._name = name
        file.seek(0)
        compound = CompoundFile(file.read(), name)
        self._check_streams({entry.name for entry in compound.entries})
        self._records = compound.stream("Workbook") or compound.stream("Book") or b""
        del compound
        self._starts = self._sheet_starts()
        self._book = Calamine(file, name)
        listed = self._book.sheets()
        if len(listed) != len(self._starts):
            self._refuse("unreadable", "not a readable workbook: its list of sheets is damaged; ask for it again")
        kept = zip(listed, self._starts, strict=True)
        self._sheets = {sheet: start for (sheet, _hidden), (start, kind) in kept if kind == 0}
        self.sheets = [(sheet, hidden) for sheet, hidden in listed if sheet in self._sheets]
        if len({sheet for sheet, _hidden in listed}) < len(listed):
            self._refuse("unreadable", "has two sheets of one name; ask the partner to save it anew")

    def rows(self, wanted: set[str]) -> Iterator[tuple[str, Row]]:
        """The rows of the sheets wanted, each with its sheet's name; names of no sheet are passed over."""
        for sheet, start in self._sheets.items():
            if sheet in wanted:
                errors, hidden = self._scan(start)
                for row in self._book.rows(sheet, errors, hidden):
                    yield sheet, row

    def _refuse(self, issue_type: str, message: str) -> NoReturn:
        raise Refusal(issue_type, f"{self._name}: {message}")

    def _check_streams(self, names: set[str]) -> None:
        if names & {"EncryptedPackage", "EncryptionInfo"}:
            self._refuse("encrypted", "a password is needed to open it; ask the partner to send it without")
        if {name.upper() for name in names} & {"_VBA_PROJECT_CUR", "_VBA_PROJECT", "VBA"}:
            self._refuse("holds_macros", "holds macros; ask the partner to save it without, as .xlsx")
        if not names & {"Workbook", "Book"}:
            kind = next((kind for stream, kind in _OTHER_KINDS.items() if stream in names), "a file of another program")
            self._refuse("unreadable", f"this is no workbook (.xlsx, .xls, .ods) but {kind}; ask for a workbook")

    def _sheet_starts(self) -> list[tuple[int, int]]:
        """Where each sheet's records begin, and what kind of sheet it is (0: of cells)."""
        starts = []
        for kind, at, size in self._walk(0):
            if kind == _FILE_PASS:
                self._refuse("encrypted", "a password is needed to open it; ask the partner to send it without")
            if kind == _BOUND_SHEET and size >= 6:
                start, _hidden, sheet_kind = struct.unpack_from("<IBB", self._records, at)
                if sheet_kind in _MACRO_SHEETS:
                    self._refuse(
                        "holds_macros", "holds a sheet of macros; ask the partner to save it without, as .xlsx"
                    )
                starts.append((start, sheet_kind))
        return starts

    def _walk(self, at: int) -> Iterator[tuple[int, int, int]]:
        """The records from one that begins a sheet to the one that ends it: kind, place and size of each."""
        records, depth = self._records, 0
        while at + 4 <= len(records):
            kind, size = struct.unpack_from("<HH", records, at)
            at += 4
            if at + size > len(records):
                break
            if kind == _BEGIN:
                depth += 1
            elif kind == _EOF:
                depth -= 1
                if depth <= 0:
                    return
            elif depth == 1:
                # Deeper are charts that stand in the sheet.
                yield kind, at, size
            at += size
        self._refuse("unreadable", "not a readable workbook: it was cut short; ask the partner to send it again")

    def _scan(self, start: int) -> tuple[dict[int, dict[int, str]], set[int]]:
        """A sheet's errors by row and column (an empty text: a formula without its result), and its hidden rows."""
        records, errors, hidden = self._records, dict[int, dict[int, str]](), set[int]()
        awaits_text: tuple[int, int] | None = None
        for kind, at, size in self._walk(start):
            if awaits_text and kind not in _BETWEEN:
                if kind != _TEXT:
                    errors.setdefault(awaits_text[0], {})[awaits_text[1]] = ""
                awaits_text = None
            if kind == _ROW and size >= 14:
                number, flags = struct.unpack_from("<H10xH", records, at)
                if flags & _HIDDEN_ROW:
                    hidden.add(number + 1)
            elif kind == _BOOLEAN_OR_ERROR and size >= 8:
                row, column, value, is_error = struct.unpack_from("<HHxxBB", records, at)
                if is_error:
                    errors.setdefault(row + 1, {})[column + 1] = _ERRORS.get(value, "an error")
            elif kind in _FORMULAS and size >= 14:
                row, column, result, value, marker = struct.unpack_from("<HHxxBxBxxxH", records, at)
                if marker == 0xFFFF and result == 2:
                    errors.setdefault(row + 1, {})[column + 1] = _ERRORS.get(value, "an error")
                elif marker == 0xFFFF and result == 0:
                    awaits_text = (row + 1, column + 1)
        if awaits_text:
            errors.setdefault(awaits_text[0], {})[awaits_text[1]] = ""
        return errors, hidden
