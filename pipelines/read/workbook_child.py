"""The reader of workbooks that runs in a child process: `pipelines.read.guarded` calls its `answer`.

Asked for a sheet, it tells a row at a time, as a list: number, cells, faults (column, issue type, error), whether the
row is hidden, and its merged ranges. Its summary lists the workbook's sheets and gives the wanted cells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, Protocol

from pipelines.intake.refusal import Refusal
from pipelines.read.limits import MAX_RECORD_BYTES
from pipelines.read.workbook_cells import Row, column_letters

_ZIP, _COMPOUND = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ODS = b"application/vnd.oasis.opendocument.spreadsheet"
_MIMETYPE_BYTES = 200
_HEAD_BYTES = 4096
_BEGINNINGS = {
    b"%pdf": "a PDF",
    b"<!doctype html": "a web page (HTML)",
    b"<html": "a web page (HTML)",
    b"<table": "a web page (HTML)",
    b"<?xml": "XML",
    b"rar!": "an archive (RAR)",
    b"7z\xbc\xaf": "an archive (7z)",
    b"\x1f\x8b": "an archive (gzip)",
    b"\x89png": "a picture",
    b"\xff\xd8\xff": "a picture",
}


class _Workbook(Protocol):
    """A workbook of any kind: its sheets (name, hidden), complete when rows have been read, and some sheets' rows."""

    @property
    def sheets(self) -> list[tuple[str, bool]]: ...

    def rows(self, wanted: set[str]) -> Iterator[tuple[str, Row]]: ...


def answer(request: dict[str, Any], file: BinaryIO, tell: Callable[[Any], None]) -> dict[str, Any]:
    """Read a sheet, or only the list of sheets.

    Args:
        request: `name` of the file; `sheet` (None: none is read); `cells` as a list of sheet, row, column and key.
        file: the workbook.
        tell: takes the rows.

    Raises:
        Refusal: where the workbook cannot be taken.
    """
    name, sheet = request["name"], request["sheet"]
    cells: dict[str, dict[int, list[tuple[int, str]]]] = {}
    for other, number, column, key in request["cells"]:
        cells.setdefault(other, {}).setdefault(number, []).append((column, key))
    book = _open(file, name)
    texts: dict[str, str | None] = {key: None for *_place, key in request["cells"]}
    wanted = {sheet, *cells} - {None}
    for found, row in book.rows(wanted):
        _within_limits(row, name, found)
        for column, key in cells.get(found, {}).get(row.number, ()):
            texts[key] = row.cells[column - 1] if column <= len(row.cells) else None
        if found == sheet:
            faults = [[fault.column, fault.issue_type, fault.error] for fault in row.faults]
            tell([row.number, row.cells, faults, row.is_hidden, row.spans])
    for absent in sorted(wanted - {listed for listed, _hidden in book.sheets}):
        raise _no_sheet(absent, [listed for listed, _hidden in book.sheets], name)
    return {"sheets": book.sheets, "cells": texts}


def _open(file: BinaryIO, name: str) -> _Workbook:
    head = file.read(_HEAD_BYTES)
    if head.startswith(_COMPOUND):
        from pipelines.read.workbook_xls import Xls

        return Xls(file, name)
    if not head.startswith(_ZIP):
        raise Refusal("unreadable", f"{name}: this is no workbook (.xlsx, .xls, .ods) but {looks_like(head)}")
    from pipelines.read.workbook_guard import Package

    package = Package(file, name)
    if package.find("xl/workbook.xml"):
        from pipelines.read.workbook_xlsx import Xlsx

        return Xlsx(package, file)
    mimetype = package.read("mimetype", _MIMETYPE_BYTES).strip()
    if package.find("content.xml") and (mimetype.startswith(_ODS) or not mimetype):
        from pipelines.read.workbook_ods import Ods

        return Ods(package)
    raise Refusal("unreadable", f"{name}: this is no workbook (.xlsx, .xls, .ods) but {_package_kind(package.find)}")


def _package_kind(find: Callable[[str], str | None]) -> str:
    kinds = {
        "xl/workbook.bin": "a binary workbook (.xlsb); ask the partner to save it as .xlsx",
        "word/document.xml": "a Word document; ask the partner for a workbook",
        "ppt/presentation.xml": "a presentation; ask the partner for a workbook",
        "mimetype": "an OpenDocument file of another kind; ask the partner for a workbook",
    }
    kind = next((kind for part, kind in kinds.items() if find(part)), None)
    return kind or "an archive (zip) with no workbook's parts; ask the partner for a workbook"


def looks_like(head: bytes) -> str:
    """What a file that is no workbook seems to be, and what to do, from its first bytes."""
    begins = head.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    for beginning, kind in _BEGINNINGS.items():
        if begins.startswith(beginning):
            return f"looks like {kind}; ask the partner for a workbook"
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "looks like text (UTF-16); ask the partner for a workbook, or change the feed's `format`"
    # A file of text may be in any encoding, and be cut within a character; but it holds no control characters.
    if not head.translate(None, bytes(set(range(256)) - set(range(32)) | {9, 10, 13})):
        first = head.split(b"\n", 1)[0]
        kind = "delimited text (CSV)" if any(mark in first for mark in b",;|\t") else "text"
        return f"looks like {kind}; ask the partner for a workbook, or change the feed's `format`"
    return "a file of another kind; ask the partner for a workbook"


def _no_sheet(sheet: str, sheets: list[str], name: str) -> Refusal:
    from pipelines.specs.problems import nearest

    close = nearest(sheet, sheets)
    return Refusal("unreadable", f'{name}: there is no sheet "{sheet}"{close}; it has {", ".join(sheets)}')


def _within_limits(row: Row, name: str, sheet: str) -> None:
    if sum(len(cell) for cell in row.cells if cell) * 4 <= MAX_RECORD_BYTES:
        return
    sizes = [len(cell.encode()) if cell else 0 for cell in row.cells]
    if sum(sizes) > MAX_RECORD_BYTES:
        longest = max(range(len(sizes)), key=sizes.__getitem__) + 1
        message = (
            f'{name}:{row.number}: sheet "{sheet}" has {sum(sizes):,} bytes of text in this row, most of it in column '
            f"{column_letters(longest)}, and {MAX_RECORD_BYTES:,} are the most; ask the partner what it is"
        )
        raise Refusal("too_large", message)
