"""The workbook of a page, as bytes that depend on the page alone: no clock, no compression, no macro, no link."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from pipelines.propose.template import guide as words
from pipelines.propose.template.page import GUIDE, LISTS, Choices, Entry, Guide, Mark, Page
from pipelines.read.workbook_cells import column_letters

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.cell import Cell
    from openpyxl.worksheet.worksheet import Worksheet

# Said by the properties of every template, so that the same page makes the same file.
_MADE = datetime(2000, 1, 1)
_MEMBER_DATE = (1980, 1, 1, 0, 0, 0)
# How far down cells are checked and formatted.
_ROWS = 5000
_DATE_SHOWN, _TEXT = "dd mmm yyyy", "@"
_FIRST_DAY, _LAST_DAY = "DATE(1900,1,1)", "DATE(2099,12,31)"
_BEYOND = 10**15
# The fills of what must be filled, of what may be, of what stays empty, and of a row that lacks something.
_DARK, _PALE, _GREY, _LACKING = "1F3864", "5B7DB1", "8C8C8C", "F8CBAD"
# What Excel takes at most in the box beside a cell.
_TITLE_LENGTH, _PROMPT_LENGTH = 32, 255
_LIST_HEADINGS = ("In column", "Write this", "Code", "What it is called", "Part of", "From", "To", "What it covers")


def workbook(page: Page, guide: Guide) -> bytes:
    """The bytes of the .xlsx: how to fill it in, the table, and the lists in full."""
    from openpyxl import Workbook

    book = Workbook()
    _guide_sheet(_sheet(book, GUIDE, is_first=True), page, guide)
    table = _sheet(book, page.sheet)
    others = {mark.sheet: _sheet(book, mark.sheet) for mark in page.marks if mark.sheet}
    ranges = _list_sheet(_sheet(book, LISTS), page) if page.lists() else {}
    _table(table, page, ranges)
    for mark in page.marks:
        _mark(others.get(mark.sheet, table), mark)
    return _bytes(book)


def _sheet(book: Workbook, name: str, *, is_first: bool = False) -> Worksheet:
    sheet: Any = book.active if is_first else book.create_sheet()
    sheet.title = name
    sheet.sheet_view.showGridLines = not is_first
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    return sheet


def _put(sheet: Worksheet, row: int, column: int, value: object, **style: Any) -> Cell:
    """Fill a cell. A text is a text, also where it begins like a formula."""
    from openpyxl.styles import Alignment, Font, PatternFill

    cell: Any = sheet.cell(row, column)
    cell.value = value
    if isinstance(value, str):
        cell.data_type = "s"
    cell.font = Font(bold=style.get("bold", False), size=style.get("size", 11), color=style.get("colour"))
    cell.alignment = Alignment(wrap_text=style.get("wrap", False), vertical="top")
    if "fill" in style:
        cell.fill = PatternFill("solid", fgColor=style["fill"])
    if isinstance(value, date):
        cell.number_format = _DATE_SHOWN
    return cell


# --- the sheet of words -----------------------------------------------------------------------------------------------


def _guide_sheet(sheet: Worksheet, page: Page, guide: Guide) -> None:
    for letter, width in zip("ABC", (38, 18, 70), strict=True):
        sheet.column_dimensions[letter].width = width
    _put(sheet, 1, 1, f"{guide.title}: how to fill this in", bold=True, size=16)
    row = 3
    for heading, lines in words.passages(page, guide):
        _put(sheet, row, 1, heading, bold=True, size=12)
        for line in lines:
            row += 1
            sheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=3)
            _put(sheet, row, 1, line, wrap=True)
            # A merged cell does not grow by itself.
            sheet.row_dimensions[row].height = 15 * (1 + len(line) // 125)
        row += 2
    _put(sheet, row, 1, "The columns", bold=True, size=12)
    for said in (("Column", "Is it needed?", "What to write"), *words.columns(page)):
        row += 1
        is_heading = said[0] == "Column" and said[1] == "Is it needed?"
        for column, text in enumerate(said, start=1):
            _put(sheet, row, column, text, wrap=True, bold=is_heading or (said[1] == words.MUST and column < 3))
        sheet.row_dimensions[row].height = 15 * max(1 + len(said[0]) // 36, 1 + len(said[2]) // 68)


# --- the sheet of lists -----------------------------------------------------------------------------------------------


def _list_sheet(sheet: Worksheet, page: Page) -> dict[str, str]:
    """Write every list in full. Returns for each the range of the texts that may be written."""
    for column, (heading, width) in enumerate(
        zip(_LIST_HEADINGS, (30, 44, 26, 44, 34, 13, 13, 70), strict=True), start=1
    ):
        _put(sheet, 1, column, heading, bold=True, colour="FFFFFF", fill=_DARK)
        sheet.column_dimensions[column_letters(column)].width = width
    sheet.freeze_panes = "A2"
    ranges, row = {}, 2
    for choices in page.lists():
        used = [entry.heading for entry in page.entries if choices in (entry.choices, entry.words)]
        ranges[choices.name] = f"'{LISTS}'!$B${row}:$B${row + len(choices.texts) - 1}"
        row = _one_list(sheet, row, choices, " / ".join(used))
    return ranges


def _one_list(sheet: Worksheet, row: int, choices: Choices, where: str) -> int:
    lines = sorted(choices.lines, key=lambda line: not line.is_used)
    for line in lines:
        shown = line.text if line.is_used else "(not in a row: it sums others up, or is not in force)"
        style: dict[str, Any] = {"wrap": True} if line.is_used else {"wrap": True, "colour": _GREY}
        label = line.label if line.label != line.text else None
        cells = (where, shown, line.code, label, line.part_of, line.first, line.last, line.about)
        for column, value in enumerate(cells, start=1):
            if value:
                _put(sheet, row, column, value, **style)
        row += 1
    return row + 1


# --- the table --------------------------------------------------------------------------------------------------------


def _table(sheet: Worksheet, page: Page, ranges: dict[str, str]) -> None:
    if page.opening is not None:
        _put(sheet, page.opening[0], page.first_column, page.opening[1], bold=True)
    elif page.title and not any(mark.row == 1 for mark in page.marks) and page.header_rows[:1] > (1,):
        _put(sheet, 1, page.first_column, page.title, bold=True, size=14)
    is_hinted = bool(page.header_rows) and page.header_rows[0] > 1 and page.opening is None
    free = page.header_rows[0] - 1 if is_hinted else 0
    is_hinted = is_hinted and all(mark.row != free for mark in page.marks)
    for place, entry in enumerate(page.entries):
        column = page.first_column + place
        if page.header_rows:
            _heading(sheet, page.header_rows, column, entry)
        if is_hinted and free > 1:
            _put(sheet, free, column, words.must(entry), colour=_GREY)
        _format(sheet, column, entry)
        _check(sheet, page, column, entry, ranges)
        sheet.column_dimensions[column_letters(column)].width = _width(entry)
    _show_what_lacks(sheet, page)
    sheet.freeze_panes = f"A{page.first_row}"


def _heading(sheet: Worksheet, rows: tuple[int, ...], column: int, entry: Entry) -> None:
    """A heading; one that a feed reads from two rows is parted as it is joined."""
    fill = {words.MUST: _DARK, words.NOT: _GREY}.get(words.must(entry), _PALE)
    upper, parted, lower = entry.heading.partition(" / ") if len(rows) == 2 else ("", "", entry.heading)
    texts = {rows[-1]: lower if parted or len(rows) == 1 else upper, rows[0]: upper if parted else ""}
    if len(rows) == 1:
        texts = {rows[0]: entry.heading}
    for row, text in texts.items():
        lines = 1 + len(text) // int(_width(entry) - 2)
        sheet.row_dimensions[row].height = max(sheet.row_dimensions[row].height or 0, 16 * lines)
        _put(sheet, row, column, text or None, bold=True, colour="FFFFFF", fill=fill, wrap=True)


def _width(entry: Entry) -> float:
    longest = max([len(text) for text in (entry.choices.texts if entry.choices else [])] or [0])
    return max(16.0, min(44.0, max(min(len(entry.heading), 34), longest) + 3))


def _format(sheet: Worksheet, column: int, entry: Entry) -> None:
    """How cells of a column look, and whether they keep what is typed: a text keeps its leading zeros."""
    shown = {"date": _DATE_SHOWN, "text": _TEXT, "choice": _TEXT}.get(entry.kind, "General")
    sheet.column_dimensions[column_letters(column)].number_format = shown


def _check(sheet: Worksheet, page: Page, column: int, entry: Entry, ranges: dict[str, str]) -> None:
    """What may stand in a column, and what is said beside a cell."""
    from openpyxl.worksheet.datavalidation import DataValidation

    letters = column_letters(column)
    rule: dict[str, Any] = _rule(entry, f"{letters}{page.first_row}", ranges)
    check: Any = DataValidation(allow_blank=True, **rule)
    check.promptTitle, check.prompt = _cut(entry.heading, _TITLE_LENGTH), _cut(words.how(entry), _PROMPT_LENGTH)
    check.errorTitle, check.error = _cut(entry.heading, _TITLE_LENGTH), _cut(_mistake(entry), 225)
    # Rows at the foot of the table are no records: whoever writes one is asked, and not stopped.
    is_open = page.has_foot or (entry.choices is not None and not entry.choices.is_closed)
    check.errorStyle = "warning" if is_open else "stop"
    check.showInputMessage, check.showErrorMessage = True, bool(rule)
    check.add(f"{letters}{page.first_row}:{letters}{page.first_row + _ROWS - 1}")
    sheet.add_data_validation(check)


def _rule(entry: Entry, cell: str, ranges: dict[str, str]) -> dict[str, Any]:
    if entry.kind == "choice" and entry.choices is not None:
        return {"type": "list", "formula1": ranges[entry.choices.name]}
    if entry.kind == "date":
        return {"type": "date", "operator": "between", "formula1": _FIRST_DAY, "formula2": _LAST_DAY}
    if entry.kind == "nothing":
        return {"type": "custom", "formula1": f"LEN({cell})=0"}
    if entry.kind not in ("integer", "number"):
        return {}
    low = -_BEYOND if entry.lower is None else entry.lower
    high = _BEYOND if entry.upper is None else entry.upper
    if entry.words is not None:
        whole = f",{cell}=INT({cell})" if entry.kind == "integer" else ""
        number = f"IF(ISNUMBER({cell}),AND({cell}>={low:g},{cell}<={high:g}{whole}),FALSE)"
        return {"type": "custom", "formula1": f"OR({number},COUNTIF({ranges[entry.words.name]},{cell})>0)"}
    kind = "whole" if entry.kind == "integer" else "decimal"
    return {"type": kind, "operator": "between", "formula1": f"{low:.15g}", "formula2": f"{high:.15g}"}


def _mistake(entry: Entry) -> str:
    if entry.kind == "nothing":
        return "This is not kept. Leave the column empty."
    return f"Not what this column takes. {words.how(entry)}"


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _show_what_lacks(sheet: Worksheet, page: Page) -> None:
    """Cells that must be filled are coloured where the rest of their row is filled and they are not."""
    from openpyxl.formatting.rule import FormulaRule
    from openpyxl.styles import PatternFill

    first, last = page.first_row, page.first_row + _ROWS - 1
    left, right = (column_letters(page.first_column + place) for place in (0, len(page.entries) - 1))
    lacking = PatternFill(bgColor=_LACKING)
    for place, entry in enumerate(page.entries):
        if entry.is_required:
            letters = column_letters(page.first_column + place)
            formula = f"AND(COUNTA(${left}{first}:${right}{first})>0,LEN({letters}{first})=0)"
            rule = FormulaRule(formula=[formula], fill=lacking)
            sheet.conditional_formatting.add(f"{letters}{first}:{letters}{last}", rule)


def _mark(sheet: Worksheet, mark: Mark) -> None:
    """A cell outside the table: framed, with what it holds written to its left where there is room."""
    from openpyxl.styles import Border, Side
    from openpyxl.worksheet.datavalidation import DataValidation

    cell: Any = sheet.cell(mark.row, mark.column)
    line = Side(style="medium", color=_DARK)
    cell.border = Border(left=line, right=line, top=line, bottom=line)
    cell.number_format = {"date": _DATE_SHOWN, "text": _TEXT, "number": "0"}[mark.kind]
    if mark.column > 1 and sheet.cell(mark.row, mark.column - 1).value is None:
        _put(sheet, mark.row, mark.column - 1, mark.label, wrap=True, bold=True)
        dimension = sheet.column_dimensions[column_letters(mark.column - 1)]
        dimension.width = max(dimension.width, min(44.0, len(mark.label) * 1.2))
        sheet.row_dimensions[mark.row].height = 16 * (1 + int(len(mark.label) * 1.2) // 44)
    own = sheet.column_dimensions[column_letters(mark.column)]
    own.width = max(own.width, 16.0)
    bounds = {"date": (_FIRST_DAY, _LAST_DAY), "number": ("0", str(_BEYOND))}.get(mark.kind)
    rule: dict[str, Any] = {"operator": "between", "formula1": bounds[0], "formula2": bounds[1]} if bounds else {}
    kind = {"date": "date", "number": "decimal"}.get(mark.kind)
    check: Any = DataValidation(type=kind, allow_blank=True, **rule)
    check.prompt, check.showInputMessage, check.showErrorMessage = _cut(mark.label, _PROMPT_LENGTH), True, bool(rule)
    check.error = _cut(f"{mark.label}: a {mark.kind} is wanted here", 225)
    check.add(cell.coordinate)
    sheet.add_data_validation(check)


# --- bytes ------------------------------------------------------------------------------------------------------------


def _bytes(book: Workbook) -> bytes:
    """The workbook stored without compression, with one date on every part."""
    from openpyxl.writer.excel import ExcelWriter

    book.properties.creator = "Commongrid"
    book.properties.created = book.properties.modified = _MADE
    written = io.BytesIO()
    # ExcelWriter is used directly because Workbook.save stamps the time of saving over `modified`.
    with zipfile.ZipFile(written, "w") as archive:
        ExcelWriter(book, archive).write_data()
    with zipfile.ZipFile(written) as source:
        return _packed((name, source.read(name)) for name in source.namelist())


def _packed(members: Iterable[tuple[str, bytes]]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as target:
        for name, content in members:
            member = zipfile.ZipInfo(name, _MEMBER_DATE)
            member.create_system = 0
            target.writestr(member, content)
    return out.getvalue()
