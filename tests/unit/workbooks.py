"""Workbooks for tests: of openpyxl's making, or made part by part where openpyxl would not write such a thing."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable, Iterable
from typing import Any

import openpyxl
from openpyxl.worksheet.worksheet import Worksheet

from pipelines.read.records import Records, gathered
from pipelines.read.sheet import read_sheet
from pipelines.specs.formats import SheetFormat

_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_SPREADSHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_MAIN = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
_OASIS = "urn:oasis:names:tc:opendocument:xmlns"
_CALC = "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"
ODS_KIND = "application/vnd.oasis.opendocument.spreadsheet"

Shape = Callable[[Worksheet], None]


def read(content: bytes, sheet: str = "Removals", *, cells: tuple[str, ...] = (), **declared: Any) -> Records:
    """A sheet read whole, from a file that is called `x.xlsx` whatever it is."""
    format_ = SheetFormat.model_validate({"type": "xlsx", "sheet": sheet, **declared})
    return gathered(read_sheet(io.BytesIO(content), format_, "x.xlsx", cells=cells))


def workbook(
    *rows: Iterable[Any], sheet: str = "Removals", more: tuple[str, ...] = (), shape: Shape | None = None
) -> bytes:
    """An .xlsx of these rows, by openpyxl; `shape` may change its sheet further."""
    book = openpyxl.Workbook()
    page = book.active
    assert isinstance(page, Worksheet)
    page.title = sheet
    for number, row in enumerate(rows, start=1):
        for column, cell in enumerate(row, start=1):
            if cell is not None:
                page.cell(number, column, cell)
    for name in more:
        book.create_sheet(name)
    if shape is not None:
        shape(page)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def zipped(parts: dict[str, str | bytes]) -> bytes:
    """An archive of these parts."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def xlsx_parts(data: str, **more: str | bytes) -> dict[str, str | bytes]:
    """The parts of an .xlsx whose sheet `Removals` has this `sheetData`; its second cell style is a date."""
    return {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_MAIN}"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r1" '
        f'Type="{_RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
        f'<Relationship Id="r1" Type="{_RELATIONS}/worksheet" Target="worksheets/sheet1.xml"/>'
        f'<Relationship Id="r2" Type="{_RELATIONS}/styles" Target="styles.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_SPREADSHEET}" xmlns:r="{_RELATIONS}"><sheets>'
        '<sheet name="Removals" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/styles.xml": f'<styleSheet xmlns="{_SPREADSHEET}"><cellXfs count="2"><xf numFmtId="0"/>'
        '<xf numFmtId="22"/></cellXfs></styleSheet>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{_SPREADSHEET}"><sheetData>{data}</sheetData></worksheet>',
        **more,
    }


def xlsx(data: str) -> bytes:
    """An .xlsx whose sheet `Removals` has this `sheetData`."""
    return zipped(xlsx_parts(data))


HEAD = '<row r="1"><c r="A1" t="inlineStr"><is><t>Ref</t></is></c></row>'


def filled(*cells: str) -> bytes:
    """An .xlsx with a header and a number in each of these cells, in order."""
    rows = "".join(
        f'<row r="{cell.lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZ")}"><c r="{cell}"><v>1</v></c></row>' for cell in cells
    )
    return xlsx(HEAD + rows)


def ods_parts(tables: str, styles: str = "") -> dict[str, str | bytes]:
    """The parts of an .ods of these tables."""
    spaces = " ".join(f'xmlns:{name}="{_OASIS}:{name}:1.0"' for name in ("office", "table", "text", "style"))
    return {
        "mimetype": ODS_KIND,
        "META-INF/manifest.xml": f'<m:manifest xmlns:m="{_OASIS}:manifest:1.0"/>',
        "content.xml": f'<office:document-content {spaces} xmlns:calcext="{_CALC}">'
        f"<office:automatic-styles>{styles}</office:automatic-styles>"
        f"<office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>",
    }


def ods(*rows: str, sheet: str = "Removals") -> bytes:
    """An .ods whose one table has these rows, each the XML of its cells."""
    body = "".join(row if row.startswith("<table:table-row") else ods_row(row) for row in rows)
    return zipped(ods_parts(f'<table:table table:name="{sheet}">{body}</table:table>'))


def ods_row(cells: str, attributes: str = "") -> str:
    return f"<table:table-row {attributes}>{cells}</table:table-row>"


def ods_cell(text: str = "", attributes: str = 'office:value-type="string"') -> str:
    return f"<table:table-cell {attributes}><text:p>{text}</text:p></table:table-cell>"


def compound(streams: dict[str, bytes]) -> bytes:
    """A compound file of these streams, each made as long as streams that are stored sector by sector are."""
    padded = [content + bytes(max(4096, -(-len(content) // 512) * 512) - len(content)) for content in streams.values()]
    follows, starts, directory_at = [0xFFFFFFFD], [], 1
    entries = [_entry("Root Entry", 5, 0xFFFFFFFE, 0)]
    sectors = -(-(len(streams) + 1) // 4)
    follows += [*range(2, 1 + sectors), 0xFFFFFFFE]
    for name, content in zip(streams, padded, strict=True):
        starts.append(len(follows))
        follows += [*range(len(follows) + 1, len(follows) + len(content) // 512), 0xFFFFFFFE]
        entries.append(_entry(name, 2, starts[-1], len(content)))
    assert len(follows) <= 128, "a compound file with one table of sectors holds no more"
    table = struct.pack("<128I", *follows, *[0xFFFFFFFF] * (128 - len(follows)))
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<5H", 0x3E, 3, 0xFFFE, 9, 6) + bytes(10)
    header += struct.pack("<5I", 1, directory_at, 0, 4096, 0xFFFFFFFE) + struct.pack("<3I", 0, 0xFFFFFFFE, 0)
    header += struct.pack("<109I", 0, *[0xFFFFFFFF] * 108)
    return header + table + b"".join(entries).ljust(sectors * 512, b"\0") + b"".join(padded)


def _entry(name: str, kind: int, start: int, size: int) -> bytes:
    encoded = (name + "\0").encode("utf-16-le")
    ends = struct.pack("<HBB3I", len(encoded), kind, 1, *[0xFFFFFFFF] * 3)
    return encoded.ljust(64, b"\0") + ends + bytes(36) + struct.pack("<IQ", start, size)


def record(kind: int, content: bytes = b"") -> bytes:
    """A record of an .xls."""
    return struct.pack("<HH", kind, len(content)) + content


def xls_text(row: int, column: int, text: str) -> bytes:
    """A cell of text; rows and columns count from 0, as they do in the file."""
    return record(0x0204, struct.pack("<4HB", row, column, 0, len(text), 1) + text.encode("utf-16-le"))


def xls_records(*cells: bytes, before: bytes = b"", sheet_kind: int = 0) -> bytes:
    """The records of an .xls whose one sheet `Removals` has these cells."""
    begin, name = struct.pack("<4H", 0x0600, 5, 0, 0) + bytes(8), b"Removals"
    sizes = len(record(0x0809, begin)) + len(before) + 4 + 8 + len(name) + 4
    listed = struct.pack("<IBBBB", sizes, 0, sheet_kind, len(name), 0) + name
    workbook = record(0x0809, begin) + before + record(0x85, listed) + record(0x0A)
    begin = struct.pack("<4H", 0x0600, 0x10, 0, 0) + bytes(8)
    return workbook + record(0x0809, begin) + b"".join(cells) + record(0x0A)


def xls(*cells: bytes) -> bytes:
    """An .xls whose one sheet `Removals` has these cells."""
    return compound({"Workbook": xls_records(*cells)})


ERROR_CELL = ods_cell("#DIV/0!", 'office:value-type="string" office:string-value="" calcext:value-type="error"')


def rows(records: Records) -> list[tuple[Any, ...]]:
    return records.frame.rows()


def set_aside(records: Records) -> list[tuple[int, str]]:
    return [(item.line, item.issue_type) for item in records.unread]
