"""One-sheet workbooks whose bytes depend on their content alone: no clock, no compression library."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from xml.sax.saxutils import escape

_MEMBER_DATE = (1980, 1, 1, 0, 0, 0)
_ODS_KIND = "application/vnd.oasis.opendocument.spreadsheet"
_OASIS = "urn:oasis:names:tc:opendocument:xmlns"


def workbook(
    sheet: str, rows: Sequence[Sequence[Any]], made: datetime, creator: str = "Eastmark District Council"
) -> bytes:
    """The bytes of an .xlsx with one sheet; its properties say who `made` it and when, dates become date cells."""
    from openpyxl import Workbook
    from openpyxl.writer.excel import ExcelWriter

    book = Workbook()
    page = book.active
    page.title = sheet
    for row in rows:
        page.append(list(row))
    page.column_dimensions["A"].width = 14
    book.properties.creator = creator
    book.properties.created = made
    # ExcelWriter is used directly because Workbook.save stamps the time of saving over `modified`.
    book.properties.modified = made
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        writer = ExcelWriter(book, archive)
        writer.write_data()
    return _undated(buffer.getvalue())


def open_workbook(sheet: str, rows: Sequence[Sequence[Any]]) -> bytes:
    """The bytes of an .ods (OpenDocument 1.3) with one sheet; dates become date cells, whole numbers number cells."""
    spaces = " ".join(f'xmlns:{name}="{_OASIS}:{name}:1.0"' for name in ("office", "table", "text"))
    lines = "".join(f"<table:table-row>{''.join(map(_ods_cell, row))}</table:table-row>" for row in rows)
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<office:document-content {spaces} office:version="1.3">'
        f'<office:body><office:spreadsheet><table:table table:name="{escape(sheet)}">{lines}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    manifest = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<m:manifest xmlns:m="{_OASIS}:manifest:1.0" m:version="1.3">'
        f'<m:file-entry m:full-path="/" m:media-type="{_ODS_KIND}"/>'
        '<m:file-entry m:full-path="content.xml" m:media-type="text/xml"/></m:manifest>'
    )
    parts = {"mimetype": _ODS_KIND, "META-INF/manifest.xml": manifest, "content.xml": content}
    return packed({name: text.encode("utf-8") for name, text in parts.items()})


def _ods_cell(value: object) -> str:
    if value is None or value == "":
        return "<table:table-cell/>"
    kind, shown = 'office:value-type="string"', escape(str(value))
    if isinstance(value, date):
        kind, shown = f'office:value-type="date" office:date-value="{value.isoformat()}"', f"{value:%d/%m/%Y}"
    elif isinstance(value, int):
        kind = f'office:value-type="float" office:value="{value}"'
    return f"<table:table-cell {kind}><text:p>{shown}</text:p></table:table-cell>"


def packed(members: dict[str, bytes]) -> bytes:
    """A zip archive of these members, stored without compression, with one date on every member."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as target:
        for name, content in members.items():
            member = zipfile.ZipInfo(name, _MEMBER_DATE)
            member.create_system = 0
            target.writestr(member, content)
    return out.getvalue()


def _undated(archive: bytes) -> bytes:
    """The same zip archive, stored without compression, with one date on every member."""
    with zipfile.ZipFile(io.BytesIO(archive)) as source:
        return packed({name: source.read(name) for name in source.namelist()})
