"""One sheet of a workbook as text. Dates become ISO 8601, whole numbers lose the decimal point a spreadsheet adds."""

from __future__ import annotations

import io
from datetime import date, datetime, time, timedelta
from typing import Any

from pipelines.intake.refusal import Refusal
from pipelines.read.records import ROW, Records, Unread, distinct
from pipelines.specs.models import SheetFormat
from pipelines.specs.problems import nearest


def read_sheet(content: bytes, format_: SheetFormat, name: str) -> Records:
    """Read the declared sheet; every row with anything in it is a record.

    Raises:
        Refusal: for an empty or damaged file, a sheet that is not there, or a header that is not where declared.
    """
    import polars as pl
    import python_calamine

    if not content:
        raise Refusal("empty_file", f"{name}: the file is empty; ask the partner to send it again")
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(content))
        if format_.sheet not in book.sheet_names:
            close = nearest(format_.sheet, book.sheet_names)
            raise Refusal(
                "unreadable",
                f'{name}: there is no sheet "{format_.sheet}"{close}; it has {", ".join(book.sheet_names)}',
            )
        rows = book.get_sheet_by_name(format_.sheet).to_python(skip_empty_area=False)
    except python_calamine.CalamineError as error:
        raise Refusal(
            "unreadable", f"{name}: not a readable workbook ({error}); ask the partner to send it again"
        ) from error
    header_at = format_.header_row - 1
    if len(rows) <= header_at or not any(cell != "" for cell in rows[header_at]):
        raise Refusal(
            "empty_file", f"{name}: row {format_.header_row} of {format_.sheet} should hold the header and is empty"
        )
    header = [(_text(cell) or "").strip() for cell in rows[header_at]]
    while header and not header[-1]:
        header.pop()
    records = Records(pl.DataFrame(), header)
    kept: list[list[Any]] = []
    for number, row in enumerate(rows, start=1):
        cells = [_text(cell) for cell in row]
        if number == format_.header_row:
            continue
        if not any(cell is not None for cell in cells):
            records.skipped["blank_row"] = records.skipped.get("blank_row", 0) + 1
        elif number < format_.header_row:
            records.skipped["before_header"] = records.skipped.get("before_header", 0) + 1
        elif any(cell is not None for cell in cells[len(header) :]):
            message = f"a cell to the right of the {len(header)} columns of the header"
            records.unread.append(Unread(number, 0, 0, "field_count", message, "\t".join(cell or "" for cell in cells)))
        else:
            kept.append([number, *cells[: len(header)], *[None] * (len(header) - len(cells))])
    records.frame = pl.DataFrame(
        kept, schema={ROW: pl.UInt32, **dict.fromkeys(distinct(header), pl.String)}, orient="row"
    )
    return records


def _text(cell: Any) -> str | None:
    """A cell as the partner would read it; None where it is empty."""
    if cell is None or cell == "":
        return None
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() else repr(cell)
    if isinstance(cell, datetime):
        midnight = cell.time() == time()
        return cell.date().isoformat() if midnight else cell.isoformat(sep=" ", timespec="seconds")
    if isinstance(cell, date | time):
        return cell.isoformat()
    if isinstance(cell, timedelta):
        return str(cell)
    return str(cell)
