"""Workbooks that would harm: each is refused with its reason, and the caller lives."""

from __future__ import annotations

import io
import struct
import time
import zipfile

import pytest

from pipelines.intake.refusal import Refusal
from pipelines.read import limits
from pipelines.read.limits import MAX_RECORD_BYTES
from tests.unit.naughty_child import SECRET
from tests.unit.workbooks import (
    HEAD,
    compound,
    filled,
    ods,
    ods_cell,
    ods_parts,
    read,
    record,
    workbook,
    xls,
    xls_records,
    xls_text,
    xlsx,
    xlsx_parts,
    zipped,
)

PLAIN = workbook(["Ref", "What"], *[[number, SECRET] for number in range(50)])
LAUGHS = (
    '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    '<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]>'
)
SHEET = "xl/worksheets/sheet1.xml"
MB = 1024**2


def refused(content: bytes) -> tuple[str, str]:
    with pytest.raises(Refusal) as error:
        read(content)
    assert str(error.value).startswith("x.xlsx:")
    assert SECRET not in str(error.value)
    return error.value.issue_type, str(error.value)


# --- too large --------------------------------------------------------------------------------------------------------


def repeated(rows: int, columns: int) -> bytes:
    cell = ods_cell("1", f'office:value-type="float" office:value="1" table:number-columns-repeated="{columns}"')
    return ods(ods_cell("Ref"), f'<table:table-row table:number-rows-repeated="{rows}">{cell}</table:table-row>')


@pytest.mark.parametrize(
    ("content", "issue", "told"),
    [
        (filled("XFD1048576"), "too_large", 'x.xlsx:1048576: sheet "Removals" has a filled cell at XFD1048576'),
        (filled("B2", "T1048576"), "too_large", "T1048576: 1,048,576 rows of 20 columns"),
        (filled("XFE2"), "too_many_columns", 'x.xlsx:2: sheet "Removals" has a filled cell at XFE2'),
        (repeated(1_048_575, 16_384), "too_large", "x.xlsx:1048576:"),
        (repeated(1, 16_385), "too_many_columns", "a filled cell at XFE2"),
    ],
)
def test_a_sheet_that_reaches_too_far_is_refused_with_its_cell(content: bytes, issue: str, told: str) -> None:
    found, message = refused(content)
    assert found == issue
    assert told in message


def test_cells_that_are_only_formatted_do_not_make_a_sheet_large() -> None:
    content = xlsx(HEAD + '<row r="2"><c r="A2"><v>1</v></c></row><row r="1048576"><c r="XFD1048576" s="1"/></row>')
    assert read(content).frame.rows() == [(2, "1")]
    empty = '<table:table-cell table:number-columns-repeated="16383"/>'
    rows = f'<table:table-row table:number-rows-repeated="1048574">{empty}</table:table-row>'
    assert read(ods(ods_cell("Ref") + empty, ods_cell("1") + empty, rows)).frame.rows() == [(2, "1")]


def test_a_sheet_within_the_limits_that_takes_too_much_memory_ends_the_child_alone() -> None:
    begun = time.monotonic()
    issue, message = refused(filled("P1048576"))
    assert issue == "reader_stopped"
    assert "more than the 512 MB of memory a reader may have; ask the partner" in message
    assert time.monotonic() - begun < limits.CHILD_SECONDS


@pytest.mark.parametrize("of", ["xlsx", "ods"])
def test_a_cell_larger_than_any_real_one_is_refused_with_its_row(of: str) -> None:
    text = "x" * (MAX_RECORD_BYTES + 1)
    data = f'<row r="2"><c r="B2" t="inlineStr"><is><t>{text}</t></is></c></row>'
    issue, message = refused(
        xlsx(HEAD + data) if of == "xlsx" else ods(ods_cell("Ref"), "<table:table-cell/>" + ods_cell(text))
    )
    assert issue == "too_large"
    assert message.startswith(
        'x.xlsx:2: sheet "Removals" has 1,048,577 bytes of text in this row, most of it in column B'
    )
    assert (
        read(xlsx(HEAD + data.replace("B2", "A2").replace("xx", "x", 1))).frame["Ref"].str.len_bytes()[0]
        == len(text) - 1
    )


def test_a_cell_of_very_many_blanks_is_refused() -> None:
    issue, message = refused(ods(ods_cell("Ref"), ods_cell('<text:s text:c="9999999"/>')))
    assert (issue, message[:9]) == ("too_large", "x.xlsx:2:")


def test_an_archive_that_unpacks_to_too_much_is_refused() -> None:
    parts = {**xlsx_parts(HEAD), "xl/media/big.bin": bytes(60 * MB)}
    issue, message = refused(zipped(parts))
    assert issue == "too_large"
    assert "over 200 times its size" in message
    issue, message = refused(declared(zipped(xlsx_parts(HEAD)), SHEET, 513 * MB))
    assert issue == "too_large"
    assert "bytes when unpacked, and 536,870,912 are the most" in message


def test_an_archive_of_too_many_parts_is_refused() -> None:
    parts: dict[str, str | bytes] = {f"xl/media/{number}.txt": b"" for number in range(10_001)}
    assert refused(zipped({**xlsx_parts(HEAD), **parts}))[0] == "too_large"


# --- archives that lie or lead out ------------------------------------------------------------------------------------


def entries(content: bytes, part: str) -> list[int]:
    """Where the two headers of a part begin: the one before its bytes, and the one in the directory."""
    name = part.encode()
    local, listed = content.index(b"PK\x03\x04"), content.index(b"PK\x01\x02")
    while content[local + 30 : local + 30 + len(name)] != name:
        local = content.index(b"PK\x03\x04", local + 4)
    while content[listed + 46 : listed + 46 + len(name)] != name:
        listed = content.index(b"PK\x01\x02", listed + 4)
    return [local, listed]


def declared(content: bytes, part: str, size: int) -> bytes:
    """An archive that says a part has another size than it has."""
    changed = bytearray(content)
    local, listed = entries(content, part)
    struct.pack_into("<I", changed, local + 22, size)
    struct.pack_into("<I", changed, listed + 24, size)
    return bytes(changed)


@pytest.mark.parametrize("size", [10, 100_000])
def test_sizes_that_lie_are_refused(size: int) -> None:
    issue, message = refused(declared(zipped(xlsx_parts(HEAD)), SHEET, size))
    assert issue == "unsafe_archive"
    assert f"'{SHEET}' is said to have {size:,} bytes and has not" in message


@pytest.mark.parametrize("path", ["../out.xml", "xl/../../out.xml", "/etc/out.xml", "..\\out.xml", "C:/out.xml"])
def test_paths_that_lead_out_are_refused(path: str) -> None:
    assert refused(zipped({**xlsx_parts(HEAD), path: "x"}))[0] == "unsafe_archive"


def test_links_and_parts_of_one_name_are_refused() -> None:
    link = zipfile.ZipInfo("xl/link.xml")
    link.external_attr = 0o120777 << 16
    for part in (link, SHEET.upper()):
        out = io.BytesIO(zipped(xlsx_parts(HEAD)))
        with zipfile.ZipFile(out, "a") as archive:
            archive.writestr(part, "x")
        assert refused(out.getvalue())[0] == "unsafe_archive"


@pytest.mark.parametrize("inner", [PLAIN, b"\x1f\x8b\x08" + bytes(20), b"7z\xbc\xaf\x27\x1c" + bytes(20)])
def test_an_archive_in_a_workbook_is_refused(inner: bytes) -> None:
    issue, message = refused(zipped({**xlsx_parts(HEAD), "xl/embeddings/a.bin": inner}))
    assert issue == "unsafe_archive"
    assert "'xl/embeddings/a.bin'" in message


# --- XML --------------------------------------------------------------------------------------------------------------


def with_doctype(parts: dict[str, str | bytes], part: str) -> bytes:
    return zipped({**parts, part: LAUGHS + str(parts[part])})


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/styles.xml", "[Content_Types].xml", "_rels/.rels", SHEET])
def test_a_document_type_in_any_part_is_refused(part: str) -> None:
    issue, message = refused(with_doctype(xlsx_parts(HEAD), part))
    assert issue == "unsafe_xml"
    assert part in message


@pytest.mark.parametrize("part", ["content.xml", "META-INF/manifest.xml"])
def test_a_document_type_in_an_ods_is_refused(part: str) -> None:
    assert refused(with_doctype(ods_parts('<table:table table:name="Removals"/>'), part))[0] == "unsafe_xml"


def test_a_document_type_in_another_encoding_is_refused() -> None:
    parts = xlsx_parts(HEAD)
    sheet = f'<?xml version="1.0" encoding="UTF-16"?>{LAUGHS}{parts[SHEET]!s}'.encode("utf-16")
    assert refused(zipped({**parts, SHEET: sheet}))[0] == "unsafe_xml"


def test_a_document_type_far_below_the_top_is_refused() -> None:
    parts = xlsx_parts(HEAD)
    below = f"<?xml version='1.0'?><!--{'x' * 2 * MB}-->{LAUGHS}{parts['xl/styles.xml']!s}"
    assert refused(zipped({**parts, "xl/styles.xml": below}))[0] == "unsafe_xml"


@pytest.mark.parametrize(
    "data",
    [
        HEAD + "<row>",
        HEAD + '<row r="2"><c r="A2"><v>&nothing;</v></c></row>',
        HEAD + '<row r="2"><c r="A2"><v>1</v></c><c r="A2"><v>2</v></c></row>',
        HEAD + '<row r="3"><c r="A3"><v>1</v></c></row><row r="2"><c r="A3"><v>2</v></c></row>',
        HEAD + '<row r="2"><c r="A2"><v><![CDATA[1]]></v></c></row>',
        HEAD + '<row r="2"><c r="A2"><v>1</v><f>2</f></c></row>',
        HEAD + '<row r="2"><c r="A2" t="s"><v>x</v></c></row>',
        HEAD + '<row r="2"><c r="A2" t="e"><v>#SPILL!</v></c></row>',
        HEAD + '<row r="2"><c r="A0"><v>1</v></c></row>',
        HEAD + '<row r="2"><c r="2"><v>1</v></c></row>',
        HEAD + '<row r="2"><c r="A2" t="new"><v>1</v></c></row>',
    ],
)
def test_a_sheet_that_would_be_read_otherwise_than_it_is_shown_is_refused(data: str) -> None:
    assert refused(xlsx(data))[0] == "unreadable"


# --- protected --------------------------------------------------------------------------------------------------------


def flagged(content: bytes) -> bytes:
    changed = bytearray(content)
    local, listed = entries(content, SHEET)
    changed[local + 6] |= 1
    changed[listed + 8] |= 1
    return bytes(changed)


def encrypted_ods() -> bytes:
    manifest = '<m:manifest xmlns:m="u"><m:file-entry><m:encryption-data/></m:file-entry></m:manifest>'
    return zipped({**ods_parts(""), "META-INF/manifest.xml": manifest, "content.xml": b"\x8e\x01scrambled"})


PROTECTED: dict[str, bytes] = {
    "xlsx": compound({"EncryptionInfo": b"x", "EncryptedPackage": b"x"}),
    "zip": flagged(zipped(xlsx_parts(HEAD))),
    "ods": encrypted_ods(),
    "xls": compound({"Workbook": xls_records(xls_text(0, 0, "Ref"), before=record(0x2F, bytes(6)))}),
}


@pytest.mark.parametrize("content", PROTECTED.values(), ids=PROTECTED)
def test_a_workbook_with_a_password_is_refused(content: bytes) -> None:
    issue, message = refused(content)
    assert issue == "encrypted"
    assert message == "x.xlsx: a password is needed to open it; ask the partner to send it without"


def renamed_macros() -> bytes:
    parts = xlsx_parts(HEAD)
    kind = '<Override PartName="/xl/data.bin" ContentType="application/vnd.ms-office.vbaProject"/></Types>'
    return zipped({**parts, "[Content_Types].xml": str(parts["[Content_Types].xml"]).replace("</Types>", kind)})


def macro_sheet() -> bytes:
    parts = xlsx_parts(HEAD)
    relations = str(parts["xl/_rels/workbook.xml.rels"]).replace(
        "relationships/worksheet", "relationships/xlMacrosheet"
    )
    return zipped({**parts, "xl/_rels/workbook.xml.rels": relations})


MACROS: dict[str, bytes] = {
    "xlsx": zipped({**xlsx_parts(HEAD), "xl/vbaProject.bin": b"x"}),
    "renamed": renamed_macros(),
    "macro sheet": macro_sheet(),
    "ods": zipped({**ods_parts(""), "Basic/Standard/Module1.xml": "<x/>"}),
    "xls": compound({"Workbook": xls_records(xls_text(0, 0, "Ref")), "_VBA_PROJECT": b"x"}),
    "xls macro sheet": compound({"Workbook": xls_records(sheet_kind=1)}),
}


@pytest.mark.parametrize("content", MACROS.values(), ids=MACROS)
def test_a_workbook_with_macros_is_refused(content: bytes) -> None:
    issue, message = refused(content)
    assert issue == "holds_macros"
    assert "ask the partner to save it without" in message


def test_a_workbook_that_could_hold_macros_and_has_none_is_read() -> None:
    parts = xlsx_parts(HEAD + '<row r="2"><c r="A2"><v>1</v></c></row>')
    kinds = str(parts["[Content_Types].xml"]).replace(
        "openxmlformats-officedocument.spreadsheetml.sheet.main", "ms-excel.sheet.macroEnabled.main"
    )
    assert read(zipped({**parts, "[Content_Types].xml": kinds})).frame.rows() == [(2, "1")]
    table = ods_parts(
        f'<table:table table:name="Removals"><table:table-row>{ods_cell("Ref")}</table:table-row></table:table>'
    )
    assert read(zipped({**table, "Basic/script-lc.xml": "<x/>", "Basic/Standard/script-lb.xml": "<x/>"})).header == [
        "Ref"
    ]


# --- no workbook, or a damaged one ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"Ref,What\n1,Oakham Lane 12\n", "looks like delimited text (CSV)"),
        ("\ufeffRef;Straße\n".encode("cp1252", "ignore"), "looks like delimited text (CSV)"),
        ("Ref,What\n".encode("utf-16"), "looks like text (UTF-16)"),
        (b"\xef\xbb\xbf <!DOCTYPE html><html><table>", "looks like a web page (HTML)"),
        (b"%PDF-1.7\n%\x00", "looks like a PDF"),
        (b'<?xml version="1.0"?><Workbook/>', "looks like XML"),
        (bytes(range(256)), "a file of another kind"),
        (zipped({"word/document.xml": "<x/>"}), "a Word document"),
        (zipped({"xl/workbook.bin": b"x"}), "a binary workbook (.xlsb)"),
        (
            zipped({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": "<x/>"}),
            "an OpenDocument file",
        ),
        (zipped({"removals.csv": "Ref,What"}), "an archive (zip) with no workbook's parts"),
        (compound({"WordDocument": b"x"}), "a Word document"),
        (compound({"Contents": b"x"}), "a file of another program"),
    ],
)
def test_a_file_that_is_no_workbook_is_refused_with_what_it_looks_like(content: bytes, kind: str) -> None:
    issue, message = refused(content)
    assert issue == "unreadable"
    assert message.startswith(f"x.xlsx: this is no workbook (.xlsx, .xls, .ods) but {kind}")


def test_a_file_of_no_bytes_is_an_empty_file() -> None:
    assert refused(b"") == ("empty_file", "x.xlsx: the file is empty; ask the partner to send it again")


def a_bit_turned() -> bytes:
    changed = bytearray(PLAIN)
    changed[entries(PLAIN, SHEET)[0] + 30 + len(SHEET) + 40] ^= 1
    return bytes(changed)


LISTED = xls_records(xls_text(0, 0, "Ref"))
DAMAGED: dict[str, bytes] = {
    "cut short": PLAIN[: len(PLAIN) // 2],
    "without its end": PLAIN[:-10],
    "a bit turned": a_bit_turned(),
    "without its sheet": zipped({name: part for name, part in xlsx_parts(HEAD).items() if name != SHEET}),
    "no tables in an ods": zipped({**ods_parts(""), "content.xml": "<x"}),
    "xls of nothing": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
    "xls cut short": xls(xls_text(0, 0, "Ref"))[:1600],
    "xls in a circle": compound({"Workbook": LISTED}).replace(struct.pack("<I", 0xFFFFFFFE), struct.pack("<I", 1), 2),
    "xls without its sheet": compound({"Workbook": LISTED[:60]}),
}


@pytest.mark.parametrize("content", DAMAGED.values(), ids=DAMAGED)
def test_a_damaged_workbook_is_refused(content: bytes) -> None:
    issue, message = refused(content)
    assert issue == "unreadable"
    assert "not a readable workbook" in message
