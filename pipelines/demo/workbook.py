"""A one-sheet workbook whose bytes depend on its content alone: no clock, no compression library."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from datetime import datetime
from typing import Any

_MEMBER_DATE = (1980, 1, 1, 0, 0, 0)


def workbook(sheet: str, rows: Sequence[Sequence[Any]], made: datetime) -> bytes:
    """The bytes of an .xlsx with one sheet; `made` is what its properties say, dates become date cells."""
    from openpyxl import Workbook
    from openpyxl.writer.excel import ExcelWriter

    book = Workbook()
    page = book.active
    page.title = sheet
    for row in rows:
        page.append(list(row))
    page.column_dimensions["A"].width = 14
    book.properties.creator = "Eastmark District Council"
    book.properties.created = made
    # ExcelWriter is used directly because Workbook.save stamps the time of saving over `modified`.
    book.properties.modified = made
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        writer = ExcelWriter(book, archive)
        writer.write_data()
    return _undated(buffer.getvalue())


def _undated(archive: bytes) -> bytes:
    """The same zip archive, stored without compression, with one date on every member."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(archive)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as target:
        for name in source.namelist():
            member = zipfile.ZipInfo(name, _MEMBER_DATE)
            member.create_system = 0
            target.writestr(member, source.read(name))
    return out.getvalue()
