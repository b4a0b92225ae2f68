"""The cells of a sheet: what a person reads in one is what is read, and what cannot be read so is set aside."""

from __future__ import annotations

import struct
from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.worksheet.worksheet import Worksheet

from pipelines.read.records import Records
from tests.unit.workbooks import (
    ERROR_CELL,
    HEAD,
    ods,
    ods_cell,
    read,
    record,
    rows,
    set_aside,
    workbook,
    xls,
    xls_text,
    xlsx,
    xlsx_parts,
    zipped,
)

NUMBER = 'office:value-type="float" office:value='

CELLS: list[tuple[Any, str]] = [
    (datetime(2024, 8, 5), "2024-08-05"),
    (datetime(2024, 8, 5, 13, 45), "2024-08-05 13:45:00"),
    (date(2024, 8, 6), "2024-08-06"),
    (time(9, 30), "09:30:00"),
    (timedelta(hours=26, minutes=5), "1 day, 2:05:00"),
    (12, "12"),
    (12.0, "12"),
    (12.5, "12.5"),
    (999_999_999_999_999, "999999999999999"),
    (-3, "-3"),
    (True, "TRUE"),
    (False, "FALSE"),
    ("007", "007"),
    ("1/2", "1/2"),
    ("0.10", "0.10"),
    ("'=1", "'=1"),
    ("caf\u00e9", "caf\u00e9"),
    (" two  lines\nand a\ttab ", " two  lines\nand a\ttab "),
]


def test_cells_become_the_text_a_person_reads() -> None:
    told = read(workbook(["a"], *[[cell] for cell, _text in CELLS]))
    assert told.frame["a"].to_list() == [text for _cell, text in CELLS]


def test_cells_of_an_ods_become_the_same_text() -> None:
    told = {
        ods_cell("05/08/24", 'office:value-type="date" office:date-value="2024-08-05"'): "2024-08-05",
        ods_cell("x", 'office:value-type="date" office:date-value="2024-08-05T13:45:00"'): "2024-08-05 13:45:00",
        ods_cell("x", 'office:value-type="time" office:time-value="PT09H30M00S"'): "09:30:00",
        ods_cell("x", 'office:value-type="time" office:time-value="PT26H05M00S"'): "1 day, 2:05:00",
        ods_cell("1,234.50", f'{NUMBER}"1234.5"'): "1234.5",
        ods_cell("£12", 'office:value-type="currency" office:value="12"'): "12",
        ods_cell("x", 'office:value-type="boolean" office:boolean-value="true"'): "TRUE",
        ods_cell("a<text:s text:c='3'/>b<text:tab/>c<text:line-break/>d"): "a   b\tc\nd",
        ods_cell(" in one\n  <text:span>place</text:span> "): "in one place",
        ods_cell("one</text:p><text:p>two"): "one\ntwo",
        ods_cell("no type", ""): "no type",
        '<table:table-cell office:value-type="string"><office:annotation><text:p>a comment</text:p></office:annotation>'
        "<text:p>its cell</text:p></table:table-cell>": "its cell",
    }
    assert read(ods(ods_cell("a"), *told)).frame["a"].to_list() == list(told.values())


def test_a_time_is_rounded_to_the_second_a_person_reads() -> None:
    data = HEAD + '<row r="2"><c r="A2" s="1"><v>45509.57291666</v></c></row>'
    assert read(xlsx(data)).frame["Ref"].to_list() == ["2024-08-05 13:45:00"]


def test_dates_counted_from_1904_are_read_as_such() -> None:
    def from_1904(page: Worksheet) -> None:
        assert page.parent is not None
        page.parent.epoch = CALENDAR_MAC_1904

    content = workbook(["a"], [datetime(2024, 8, 5)], shape=from_1904)
    assert read(content).frame["a"].to_list() == ["2024-08-05"]


# --- cells that cannot be read ----------------------------------------------------------------------------------------


LONG = ("999999999999999", "1e15", "-2e19")
LONG_NUMBERS = {
    "xlsx": workbook(["Ref"], *[[float(number)] for number in LONG]),
    "ods": ods(ods_cell("Ref"), *[ods_cell("x", f'{NUMBER}"{number}"') for number in LONG]),
    "xls": xls(
        xls_text(0, 0, "Ref"),
        *[record(0x203, struct.pack("<3Hd", row, 0, 0, float(number))) for row, number in enumerate(LONG, start=1)],
    ),
}


@pytest.mark.parametrize("content", LONG_NUMBERS.values(), ids=LONG_NUMBERS)
def test_a_number_of_more_digits_than_a_sheet_keeps_is_set_aside(content: bytes) -> None:
    records = read(content)
    assert rows(records) == [(2, "999999999999999")]
    assert set_aside(records) == [(3, "digits_lost"), (4, "digits_lost")]
    assert records.unread[0].message.startswith('column A ("Ref") holds a number of 16 digits or more')
    assert records.unread[0].text == "1000000000000000"


def test_a_number_that_is_none_is_set_aside() -> None:
    data = "".join(f'<row r="{at}"><c r="A{at}"><v>{text}</v></c></row>' for at, text in ((2, "NaN"), (3, "1e999")))
    assert set_aside(read(xlsx(HEAD + data))) == [(2, "error_cell"), (3, "error_cell")]


def xls_formula(row: int, column: int, kind: int, value: int = 0) -> bytes:
    return record(0x06, struct.pack("<3HBxBxxxH", row, column, 0, kind, value, 0xFFFF) + bytes(8))


ERRORS = {
    "xlsx": xlsx(
        HEAD + '<row r="2"><c r="A2" t="e"><v>#DIV/0!</v></c></row>'
        '<row r="3"><c r="A3" t="e"><f>x</f><v>#N/A</v></c></row>'
        '<row r="4"><c r="A4"><f>1+1</f></c></row><row r="5"><c r="A5"><f>1+1</f><v/></c></row>'
        '<row r="6"><c r="A6" t="str"><f>""</f><v></v></c></row><row r="7"><c r="A7"><f>1+1</f><v>2</v></c></row>'
        '<row r="8"><c r="A8" t="str"><f>x</f></c></row>'
    ),
    "ods": ods(
        ods_cell("Ref"),
        ERROR_CELL,
        ods_cell("#N/A", f'table:formula="of:=x" {NUMBER}"0"'),
        '<table:table-cell table:formula="of:=1+1"/>',
        '<table:table-cell table:formula="of:=1+1"><text:p/></table:table-cell>',
        ods_cell("", 'table:formula="of:=x" office:value-type="string" office:string-value=""'),
        ods_cell("2", f'table:formula="of:=1+1" {NUMBER}"2"'),
        '<table:table-cell table:formula="of:=x"/>',
    ),
    "xls": xls(
        xls_text(0, 0, "Ref"),
        record(0x205, struct.pack("<3HBB", 1, 0, 0, 7, 1)),
        xls_formula(2, 0, 2, 42),
        xls_formula(3, 0, 0),
        xls_formula(4, 0, 0),
        record(0x205, struct.pack("<3HBB", 5, 1, 0, 1, 0)),
        xls_formula(6, 0, 0),
        record(0x207, struct.pack("<HB", 1, 0) + b"2"),
        xls_formula(7, 0, 0),
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    "content", [pytest.param(content, id=kind) for kind, content in ERRORS.items() if kind != "xls"]
)
def test_errors_and_formulas_without_results_are_set_aside(content: bytes) -> None:
    records = read(content)
    assert set_aside(records) == [(line, "error_cell") for line in (2, 3, 4, 5, 8)]
    assert [item.message for item in records.unread[:2]] == [
        'column A ("Ref") holds #DIV/0!',
        'column A ("Ref") holds #N/A',
    ]
    assert "a formula whose result was not saved" in records.unread[2].message
    assert [item.text for item in records.unread] == ["#DIV/0!", "#N/A", "", "", ""]
    assert rows(records) == [(7, "2")]
    assert (records.skipped, records.total) == ({"blank_row": 1}, 8)


def test_a_text_that_an_ods_calls_an_error_is_not_repeated() -> None:
    """A message reaches reports and logs, and an error cell may show what a person wrote."""
    is_error = 'office:value-type="string" calcext:value-type="error"'
    shown = [ods_cell(text, is_error) for text in ("Lovell Fallowick", "Err:502", "#DIV/0!")]
    records = read(ods(ods_cell("Ref"), *shown))
    held = [item.message.partition(" holds ")[2] for item in records.unread]
    assert held == ["an error", "Err:502", "#DIV/0!"]


def test_errors_of_an_xls_are_set_aside() -> None:
    records = read(ERRORS["xls"], names=("Ref", "Is"))
    assert set_aside(records) == [(line, "error_cell") for line in (2, 3, 4, 5, 8)]
    assert records.unread[1].message == 'column A ("Ref") holds #N/A'
    assert rows(records) == [(1, "Ref", None), (6, None, "TRUE"), (7, "2", None)]


def test_a_row_with_several_such_cells_names_three_of_them() -> None:
    cells = "".join(f'<c r="{letter}2" t="e"><v>#N/A</v></c>' for letter in "ABCDE")
    (record_,) = read(xlsx(f'<row r="2">{cells}</row>'), names=tuple("abcde")).unread
    told = "; ".join(f'column {letter} ("{letter.lower()}") holds #N/A' for letter in "ABC")
    assert record_.message == f"{told}; and 2 more such cells"


# --- all rows, exactly ------------------------------------------------------------------------------------------------

# What XML can hold, but that a carriage return becomes a line feed, that `_x0041_` is how an .xlsx writes an A, and
# that openpyxl writes `#N/A` and its like as errors.
TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=0xFFFD, exclude_categories=("Cs", "Cc")), max_size=8)
CELL = (
    st.none() | TEXT.filter(lambda text: "_x" not in text and not text.startswith(("=", "#"))) | st.just("two\nlines")
)
TABLE = st.lists(st.lists(CELL, min_size=1, max_size=4), max_size=12)


def told_exactly(table: list[list[str | None]], records: Records) -> None:
    filled = {
        number: tuple(cell or None for cell in row)
        for number, row in enumerate(table, start=2)
        if any(cell for cell in row)
    }
    beyond = {number for number, row in filled.items() if any(row[3:])}
    assume(not any([(cell or "").strip() for cell in row] == ["a", "b", "c"] for row in table))
    assert {item.line: item.issue_type for item in records.unread} == dict.fromkeys(beyond, "field_count")
    expected = [(number, *(*row, None, None, None)[:3]) for number, row in filled.items() if number not in beyond]
    assert rows(records) == expected
    assert records.total == max(filled, default=1)


@settings(max_examples=15)
@given(TABLE)
def test_any_table_of_texts_is_read_back_exactly(table: list[list[str | None]]) -> None:
    told_exactly(table, read(workbook("abc", *table)))


@pytest.mark.slow
@settings(max_examples=40)
@given(TABLE)
def test_any_table_of_texts_is_read_back_exactly_from_each_kind(table: list[list[str | None]]) -> None:
    told_exactly(table, read(workbook("abc", *table)))
    told_exactly(table, read(ods("".join(map(ods_cell, "abc")), *["".join(map(ods_text, row)) for row in table])))
    cells = [
        xls_text(at, column, cell) for at, row in enumerate(["abc", *table]) for column, cell in enumerate(row) if cell
    ]
    told_exactly(table, read(xls(*cells)))


def ods_text(text: str | None) -> str:
    """A cell of a text, written as OpenDocument has it: each blank that is not alone in words of its own."""
    lines = (text or "").split("\n")
    marked = [line.replace("&", "&amp;").replace("<", "&lt;").replace(" ", "<text:s/>") for line in lines]
    return ods_cell("</text:p><text:p>".join(marked)) if text else "<table:table-cell/>"


def test_a_sheet_of_shared_texts_is_read() -> None:
    spreadsheet = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    parts = xlsx_parts('<row r="1"><c r="A1" t="s"><v>1</v></c></row><row r="2"><c r="A2" t="s"><v>0</v></c></row>')
    relations = str(parts["xl/_rels/workbook.xml.rels"])
    shared = relations.rpartition("<Relationship ")[2].replace("styles", "sharedStrings").replace("r2", "r3")
    parts["xl/_rels/workbook.xml.rels"] = relations.replace("</Relationships>", f"<Relationship {shared}")
    parts["xl/sharedStrings.xml"] = (
        f'<sst xmlns="{spreadsheet}"><si><r><t xml:space="preserve">two </t></r><r><t>runs</t></r></si>'
        "<si><t>Ref</t></si></sst>"
    )
    assert rows(read(zipped(parts))) == [(2, "two runs")]
