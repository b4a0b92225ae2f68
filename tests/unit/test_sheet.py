"""A sheet as text: what a person reads in a cell is what is read, and every row is accounted for."""

from __future__ import annotations

import io
from datetime import date, datetime, time
from typing import Any

import openpyxl
import pytest

from pipelines.intake.refusal import Refusal
from pipelines.read.delivery import read_delivery
from pipelines.read.records import ROW, Records
from pipelines.read.sheet import read_sheet
from pipelines.specs.models import SheetFormat
from tests.unit.makers import claimed, shipped

EASTMARK_FILE = "2024-09-04/Eastmark vehicles removed Aug 2024.xlsx"
EASTMARK_HEADER = ["Our ref", "Removed on", "What", "Postcode", "Remarks"]


def workbook(*rows: list[Any], sheet: str = "Removals", more: tuple[str, ...] = ()) -> bytes:
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.title = sheet
    for number, row in enumerate(rows, start=1):
        for column, cell in enumerate(row, start=1):
            if cell is not None:
                page.cell(number, column, cell)
    for name in more:
        book.create_sheet(name)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def read(content: bytes, header_row: int = 1, sheet: str = "Removals") -> Records:
    return read_sheet(content, SheetFormat(type="xlsx", sheet=sheet, header_row=header_row), "x.xlsx")


def test_cells_become_the_text_a_person_reads() -> None:
    cells = [
        datetime(2024, 8, 5),
        datetime(2024, 8, 5, 13, 45),
        date(2024, 8, 6),
        time(9, 30),
        12,
        12.0,
        12.5,
        1e15,
        -3,
        True,
        False,
        "007",
        "1/2",
        "0.10",
        "=1",
        "caf\u00e9",
        "",
    ]
    told = read(workbook(["a"], *[[cell] for cell in cells[:-3]], ["'=1"], [cells[-2]]))
    texts = [
        "2024-08-05",
        "2024-08-05 13:45:00",
        "2024-08-06",
        "09:30:00",
        "12",
        "12",
        "12.5",
        "1000000000000000",
        "-3",
        "TRUE",
        "FALSE",
        "007",
        "1/2",
        "0.10",
        "'=1",
        "caf\u00e9",
    ]
    assert told.frame["a"].to_list() == texts


def test_a_title_above_the_header_is_skipped_and_counted() -> None:
    records = read(workbook(["Vehicles removed"], [], ["Ref", "What"], [1, "Car"], [], [2, None]), header_row=3)
    assert records.header == ["Ref", "What"]
    assert records.frame.rows() == [(4, "1", "Car"), (6, "2", None)]
    assert records.skipped == {"before_header": 1, "blank_row": 2}
    assert records.total == 6


def test_a_totals_row_named_by_the_spec_is_skipped_and_counted() -> None:
    content = workbook(
        ["Eastmark"],
        [],
        EASTMARK_HEADER,
        ["E1", datetime(2024, 8, 5), "Car", "XM1 1AA", "x"],
        [],
        ["Total for August", None, 1],
    )
    records = read_delivery(content, claimed(EASTMARK_FILE), shipped().datasets["abandoned_vehicle"])
    assert records.frame.rows() == [(4, "E1", "2024-08-05", "Car", "XM1 1AA")]
    assert records.skipped == {"before_header": 1, "blank_row": 2, "totals": 1}
    assert records.total == 6


def test_headings_lose_the_blanks_around_them() -> None:
    assert read(workbook([" Ref ", "What\n"], [1, 2])).header == ["Ref", "What"]


def test_a_cell_beside_the_table_is_not_read_past() -> None:
    records = read(workbook(["Ref", "What"], [1, "Car", None, "see note"], [2, "Van"]))
    assert [(item.line, item.issue_type) for item in records.unread] == [(2, "field_count")]
    assert records.unread[0].message == "a cell to the right of the 2 columns of the header"
    assert records.frame[ROW].to_list() == [3]
    assert records.total == 3


def test_a_short_row_is_a_row_with_empty_cells() -> None:
    assert read(workbook(["Ref", "What", "Where"], [1])).frame.rows() == [(2, "1", None, None)]


@pytest.mark.parametrize(
    ("header", "issue", "message"),
    [
        ([*EASTMARK_HEADER[:-1], "What"], "repeated_column", 'the header names "What" twice'),
        ([*EASTMARK_HEADER[:-1], None, None, "Notes"], "unknown_column", 'the spec does not know "", "", "Notes"'),
        (
            [*EASTMARK_HEADER[:-2], "Post code", "Remarks"],
            "missing_column",
            'lacks "Postcode" (did you mean "Post code"?)',
        ),
    ],
)
def test_a_header_unlike_the_spec_is_refused_with_its_row(header: list[Any], issue: str, message: str) -> None:
    content = workbook([], [], header, ["E1", datetime(2024, 8, 5), "Car", "XM1 1AA"])
    with pytest.raises(Refusal) as error:
        read_delivery(content, claimed(EASTMARK_FILE), shipped().datasets["abandoned_vehicle"])
    assert error.value.issue_type == issue
    assert str(error.value).startswith("Eastmark vehicles removed Aug 2024.xlsx:3: ")
    assert message in str(error.value)


def test_a_missing_sheet_is_refused_with_the_nearest() -> None:
    with pytest.raises(Refusal) as error:
        read(workbook(["Ref"], sheet="Removal", more=("Notes",)))
    message = 'x.xlsx: there is no sheet "Removals" (did you mean "Removal"?); it has Removal, Notes'
    assert (error.value.issue_type, str(error.value)) == ("unreadable", message)


@pytest.mark.parametrize("rows", [(), (["Ref"], ["What"]), (["Ref"], [None], [None], [1])])
def test_no_header_where_declared_is_an_empty_file(rows: tuple[list[Any], ...]) -> None:
    with pytest.raises(Refusal, match="row 3 of Removals should hold the header and is empty") as error:
        read(workbook(*rows), header_row=3)
    assert error.value.issue_type == "empty_file"


def test_a_file_of_no_bytes_is_an_empty_file() -> None:
    with pytest.raises(Refusal, match="the file is empty") as error:
        read(b"")
    assert error.value.issue_type == "empty_file"


WHOLE = workbook(["Ref", "What"], *[[number, "Car"] for number in range(50)])


@pytest.mark.parametrize(
    "content",
    [b"Ref,What\n1,Car\n", WHOLE[: len(WHOLE) // 2], WHOLE[100:], b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)],
    ids=["text", "cut short", "without its beginning", "another kind"],
)
def test_a_damaged_workbook_is_refused(content: bytes) -> None:
    with pytest.raises(Refusal, match="not a readable workbook") as error:
        read(content)
    assert error.value.issue_type == "unreadable"
