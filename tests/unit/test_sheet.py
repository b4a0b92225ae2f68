"""A sheet as text: what a person reads in a cell is what is read, and every row is accounted for."""

from __future__ import annotations

import io
import struct
from datetime import datetime
from typing import Any

import pytest
from openpyxl.worksheet.worksheet import Worksheet

from pipelines.intake.refusal import Refusal
from pipelines.read import sheet_table
from pipelines.read.delivery import read_delivery
from pipelines.read.records import ROW, Records
from pipelines.read.sheet import read_sheet, sheet_names
from pipelines.specs.formats import SheetFormat
from tests.unit.makers import claimed, shipped
from tests.unit.workbooks import (
    ERROR_CELL,
    ods,
    ods_cell,
    ods_parts,
    ods_row,
    read,
    record,
    rows,
    set_aside,
    workbook,
    xls,
    xls_text,
    zipped,
)

EASTMARK_FILE = "2024-09-04/Eastmark vehicles removed Aug 2024.xlsx"
EASTMARK_HEADER = ["Our ref", "Removed on", "What", "Postcode", "Remarks"]


def notes(records: Records) -> list[tuple[str, str]]:
    return [(note.issue_type, note.message) for note in records.notes]


# --- the header -------------------------------------------------------------------------------------------------------


def test_a_title_above_the_header_is_skipped_and_counted() -> None:
    records = read(workbook(["Vehicles removed"], [], ["Ref", "What"], [1, "Car"], [], [2, None]), header_row=3)
    assert records.header == ["Ref", "What"]
    assert rows(records) == [(4, "1", "Car"), (6, "2", None)]
    assert records.skipped == {"before_header": 1, "blank_row": 2}
    assert records.total == 6


def test_headings_lose_the_blanks_around_them_and_line_breaks_within() -> None:
    content = workbook([" Ref ", "Date \n of removal", "What\n", None, " "], [1, 2, 3])
    assert read(content).header == ["Ref", "Date of removal", "What"]


GROUPED = [["", "Land type", "", "Size"], ["Year", "Road", "River", ""]]
JOINED = ["Year", "Land type / Road", "Land type / River", "Size"]


def grouped_xlsx(page: Worksheet) -> None:
    page.merge_cells("B1:C1")


def grouped_ods() -> bytes:
    spanned = ods_cell("Land type", 'office:value-type="string" table:number-columns-spanned="2"')
    upper = ods_cell() + spanned + "<table:covered-table-cell/>" + ods_cell("Size")
    return ods(upper, "".join(map(ods_cell, GROUPED[1])), "".join(map(ods_cell, "1234")))


def grouped_xls() -> bytes:
    cells = [xls_text(0, 1, "Land type"), xls_text(0, 3, "Size")]
    cells += [xls_text(1, column, text) for column, text in enumerate(GROUPED[1]) if text]
    cells += [xls_text(2, column, text) for column, text in enumerate("1234")]
    return xls(*cells, record(0xE5, struct.pack("<5H", 1, 0, 0, 1, 2)))


@pytest.mark.parametrize(
    "content",
    [workbook(*GROUPED, "1234", shape=grouped_xlsx), grouped_ods(), grouped_xls()],
    ids=["xlsx", "ods", "xls"],
)
def test_a_merged_heading_of_two_rows_goes_for_all_columns_below_it(content: bytes) -> None:
    records = read(content, header_row=[1, 2])
    assert records.header == JOINED
    assert rows(records) == [(3, "1", "2", "3", "4")]
    assert (records.headers_read, records.total) == (2, 3)


@pytest.mark.parametrize(
    "content", [workbook(*GROUPED, "1234"), ods(*["".join(map(ods_cell, row)) for row in GROUPED])]
)
def test_a_heading_that_is_not_merged_goes_for_its_own_column_only(content: bytes) -> None:
    assert read(content, header_row=[1, 2]).header == ["Year", "Land type / Road", "River", "Size"]


def test_a_merged_heading_wider_than_what_is_below_it_makes_no_columns() -> None:
    content = workbook(["All of 2024"], ["Ref", "What"], [1, 2], shape=lambda page: page.merge_cells("A1:F1"))
    assert read(content, header_row=[1, 2]).header == ["All of 2024 / Ref", "All of 2024 / What"]


def test_a_sheet_without_a_header_is_read_by_the_names_declared() -> None:
    records = read(workbook(["A title"], [1, "Car"], [2, "Van"]), names=("Ref", "What"), header_row=2)
    assert records.header == ["Ref", "What"]
    assert rows(records) == [(2, "1", "Car"), (3, "2", "Van")]
    assert (records.headers_read, records.skipped, records.total) == (0, {"before_header": 1}, 3)


@pytest.mark.parametrize("content", [(), (["Ref"], ["What"]), (["Ref"], [None], [None], [1])])
def test_no_header_where_declared_is_an_empty_file(content: tuple[list[Any], ...]) -> None:
    with pytest.raises(Refusal) as error:
        read(workbook(*content), header_row=3)
    assert error.value.issue_type == "empty_file"
    assert str(error.value).startswith('x.xlsx:3: the header of "Removals" should stand in row 3 and does not; ')


# --- the rows of the table --------------------------------------------------------------------------------------------


def test_a_table_found_by_the_row_above_it() -> None:
    content = workbook(["Table 1"], ["Ref"], [1], [], [None, "Table 2: removals "], [], ["Ref", "What"], [5, "Car"])
    records = read(content, after="Table 2", header_row=2)
    assert rows(records) == [(8, "5", "Car")]
    assert records.skipped == {"before_header": 4, "blank_row": 2}
    assert records.total == 8


def test_a_table_whose_row_above_it_is_missing_is_refused() -> None:
    with pytest.raises(Refusal, match=r'x\.xlsx: no row of "Removals" begins with "Table 2"') as error:
        read(workbook(["Ref"], ["see Table 2"]), after="Table 2")
    assert error.value.issue_type == "unreadable"


def test_cells_outside_the_declared_columns_are_not_the_tables() -> None:
    content = workbook(
        ["x", "Ref", "What", "Other"],
        [None, 1, "Car"],
        [9, None, None, "a"],
        [None, 2, "Van", "=1/0"],
        [1e17, 3, "Bus"],
    )
    records = read(content, columns="B:C")
    assert records.header == ["Ref", "What"]
    assert rows(records) == [(2, "1", "Car"), (4, "2", "Van"), (5, "3", "Bus")]
    assert records.skipped == {"blank_row": 1}
    assert (records.unread, records.total) == ([], 5)


@pytest.mark.parametrize("gap", [[], [None, None, "beside"]], ids=["blank", "blank in its columns"])
def test_a_table_that_ends_at_a_blank_row(gap: list[Any]) -> None:
    content = workbook(["Ref", "What"], [1, "Car"], gap, ["A note"], [], ["=1/0", "Another"])
    records = read(content, ends_at_blank_row=True, columns="A:B")
    assert rows(records) == [(2, "1", "Car")]
    assert records.skipped == {"blank_row": 2, "outside_table": 2}
    assert (records.unread, records.total) == ([], 6)


def test_a_header_that_appears_again_begins_another_table() -> None:
    records = read(workbook(["Ref", "What"], [1, "Car"], [], ["Ref ", "What"], [2, "Van"], [3, "=1/0"], []))
    assert rows(records) == [(2, "1", "Car")]
    assert set_aside(records) == [(4, "header_again"), (5, "second_table"), (6, "second_table")]
    assert (records.skipped, records.total) == ({"blank_row": 1}, 6)


@pytest.mark.parametrize("header", [{"header_row": 1}, {"names": ("Ref", "What")}])
def test_a_header_that_appears_again_is_skipped_where_declared(header: dict[str, Any]) -> None:
    content = workbook(["Ref", "What"], [1, "Car"], ["Ref", "What"], [2, "Van"])
    records = read(content, header_again="skip", **header)
    assert rows(records) == [(2, "1", "Car"), (4, "2", "Van")]
    assert (records.unread, records.total) == ([], 4)
    assert records.skipped["header_again"] == (2 if "names" in header else 1)


def test_a_totals_row_named_by_the_spec_is_skipped_and_counted() -> None:
    content = workbook(
        ["Eastmark"],
        [],
        EASTMARK_HEADER,
        ["E1", datetime(2024, 8, 5), "Car", "XM1 1AA", "x"],
        [],
        ["Total for August", None, 1],
    )
    records = read_delivery(io.BytesIO(content), claimed(EASTMARK_FILE), shipped().datasets["abandoned_vehicle"])
    assert rows(records) == [(4, "E1", "2024-08-05", "Car", "XM1 1AA")]
    assert records.skipped == {"before_header": 1, "blank_row": 2, "totals": 1}
    assert records.total == 6


def test_a_header_unlike_the_spec_is_refused_with_its_row() -> None:
    content = workbook([], [], [*EASTMARK_HEADER[:-1], "What"], ["E1", datetime(2024, 8, 5), "Car", "XM1 1AA"])
    with pytest.raises(Refusal, match=r"^Eastmark vehicles removed Aug 2024\.xlsx:3: the header names") as error:
        read_delivery(io.BytesIO(content), claimed(EASTMARK_FILE), shipped().datasets["abandoned_vehicle"])
    assert error.value.issue_type == "repeated_column"


def test_a_cell_beside_the_table_is_not_read_past() -> None:
    records = read(workbook(["Ref", "What"], [1, "Car", None, "see note"], [2, "Van"], [3, None, None, "=1/0"]))
    assert set_aside(records) == [(2, "field_count"), (4, "field_count")]
    assert records.unread[0].message == "a cell to the right of the 2 columns of the header"
    assert records.unread[0].text == "1\tCar\t\tsee note"
    assert records.frame[ROW].to_list() == [3]
    assert records.total == 4


def test_a_short_row_is_a_row_with_empty_cells() -> None:
    assert rows(read(workbook(["Ref", "What", "Where"], [1]))) == [(2, "1", None, None)]


def test_a_large_sheet_comes_in_batches_that_add_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheet_table, "_BATCH_CELLS", 10)
    content = workbook(
        ["Title"], ["Ref", "What"], *[[number, "Car", *["x"] * (number % 4 == 0)] for number in range(20)]
    )
    format_ = SheetFormat(type="xlsx", sheet="Removals", header_row=2)
    reading = read_sheet(io.BytesIO(content), format_, "x.xlsx")
    batches = list(reading.batches)
    assert [batch.frame.height + len(batch.unread) for batch in batches] == [5, 5, 5, 5, 0]
    assert [batch.skipped for batch in batches] == [{"before_header": 1}, {}, {}, {}, {}]
    assert [number for batch in batches for number in batch.frame[ROW]] == [n + 3 for n in range(20) if n % 4]
    assert (reading.place, reading.header_records) == ("x.xlsx:2", 1)


# --- sheets, hidden rows, wanted cells --------------------------------------------------------------------------------


def test_a_missing_sheet_is_refused_with_the_nearest() -> None:
    for content in (workbook(["Ref"], sheet="Removal", more=("Notes",)), ods(ods_cell("Ref"), sheet="Removal")):
        with pytest.raises(Refusal) as error:
            read(content)
        assert error.value.issue_type == "unreadable"
        assert str(error.value).startswith(
            'x.xlsx: there is no sheet "Removals" (did you mean "Removal"?); it has Removal'
        )


def hide(page: Worksheet) -> None:
    for number in (2, 4, 5, 6, 9):
        page.row_dimensions[number].hidden = True
    assert page.parent is not None
    page.parent["Notes"].sheet_state = "hidden"
    page.parent["Lists"].sheet_state = "veryHidden"


def hidden_ods() -> bytes:
    hides, shows = 'table:visibility="filter"', ""
    of_row = [shows, hides, shows, hides, 'table:visibility="collapse" table:number-rows-repeated="2"', shows]
    table = "".join(ods_row(ods_cell("R1"), attributes) for attributes in of_row)
    hidden = '<style:table-properties table:display="false"/>'
    styles = f'<style:style style:name="t2" style:family="table">{hidden}</style:style>'
    others = "".join(f'<table:table table:name="{name}" table:style-name="t2"/>' for name in ("Notes", "Lists"))
    return zipped(ods_parts(f'<table:table table:name="Removals">{table}</table:table>{others}', styles))


HIDDEN = {
    "xlsx": workbook(*[["R1"]] * 7, more=("Notes", "Lists"), shape=hide),
    "ods": hidden_ods(),
}


@pytest.mark.parametrize("content", HIDDEN.values(), ids=HIDDEN)
def test_hidden_rows_and_sheets_are_read_and_noted(content: bytes) -> None:
    records = read(content, names=("Ref",))
    assert records.frame[ROW].to_list() == [1, 2, 3, 4, 5, 6, 7]
    assert notes(records) == [
        ("hidden_sheet", 'the workbook hides "Notes", "Lists"'),
        ("hidden_rows", 'sheet "Removals" hides rows 2, 4-6; they are read like the others'),
    ]
    assert sheet_names(io.BytesIO(content), "x.xlsx") == ["Removals", "Notes", "Lists"]


def test_hidden_rows_of_an_xls_are_noted() -> None:
    hidden = record(0x208, struct.pack("<H10xHH", 1, 0x20, 0)) + record(0x208, struct.pack("<H10xHH", 2, 0, 0))
    records = read(xls(hidden, *[xls_text(row, 0, "Ref") for row in range(3)]), names=("Number",))
    assert notes(records) == [("hidden_rows", 'sheet "Removals" hides row 2; it is read like the others')]


def test_a_hidden_sheet_that_is_read_is_noted() -> None:
    def hide_it(page: Worksheet) -> None:
        page.sheet_state = "hidden"

    records = read(workbook(["Ref"], [1], more=("Notes",), shape=hide_it))
    assert notes(records) == [("hidden_sheet", 'sheet "Removals" is hidden, and is read all the same')]


def test_a_sheet_with_nothing_hidden_has_no_notes() -> None:
    assert read(workbook(["Ref"], [1], more=("Notes",))).notes == []


def test_wanted_cells_of_this_sheet_and_others() -> None:
    def fill(page: Worksheet) -> None:
        assert page.parent is not None
        page.parent["Notes"]["B2"] = datetime(2024, 8, 1)
        page.parent["Notes"]["C3"] = "of Notes"

    content = workbook(["August", None, 31], [], ["Ref"], [1], more=("Notes",), shape=fill)
    wanted = ("A1", "C1", "Z9", "Notes!B2", "'Notes'!C3", "Notes!A1")
    records = read(content, cells=wanted, header_row=3)
    assert records.cells == dict(zip(wanted, ["August", "31", None, "2024-08-01", "of Notes", None], strict=True))
    assert rows(records) == [(4, "1")]
    with pytest.raises(Refusal, match=r'there is no sheet "Note" \(did you mean "Notes"'):
        read(content, cells=("Note!B2",), header_row=3)


def test_wanted_cells_of_an_ods_and_of_cells_with_errors() -> None:
    tables = {"Notes": ods_cell("of Notes"), "Removals": ods_cell("Ref"), "Last": ERROR_CELL}
    body = "".join(f'<table:table table:name="{name}">{ods_row(row)}</table:table>' for name, row in tables.items())
    records = read(zipped(ods_parts(body)), cells=("Notes!A1", "A1", "Last!A1"))
    assert records.cells == {"Notes!A1": "of Notes", "A1": "Ref", "Last!A1": "#DIV/0!"}


def test_the_sheet_to_read_can_be_another_than_the_declared_pattern() -> None:
    format_ = SheetFormat(type="xlsx", sheet="*")
    reading = read_sheet(io.BytesIO(workbook(["Ref"], [1], sheet="Aug 2024")), format_, "x.xlsx", "Aug 2024")
    assert reading.header == ["Ref"]
