"""The strict reader: what is well formed is read as Python's own reader does, and nothing else is read at all."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from pipelines.intake.refusal import Refusal
from pipelines.read.delimited import read_delimited
from pipelines.read.delivery import read_delivery
from pipelines.read.records import ROW, Records, gathered
from pipelines.specs.formats import CsvFormat
from tests.unit.makers import STREET_FILE, STREET_HEADER, claimed, shipped, street

DELIMITERS = [",", ";", "|", "\t"]
# What a partner's editor, export or transfer may leave in a file; quotation marks and line ends are frequent.
PIECES = [b"a", b"bc", b",", b",", b'"', b'"', b'""', b"\n", b"\n", b"\r\n", b"\r", b" ", b"\xc3\xa9", b";", b"1"]

ANYTHING = st.lists(st.sampled_from([*PIECES, b"\0", b"\xe9", b"\xef\xbb\xbf"]), max_size=30).map(b"".join)


def read(content: bytes, **format_: object) -> Records:
    return gathered(read_delimited(io.BytesIO(content), CsvFormat.model_validate({"type": "csv", **format_}), "x.csv"))


def rows(records: Records) -> list[tuple[object, ...]]:
    return records.frame.rows()


def unread(records: Records) -> list[tuple[int, str]]:
    return [(record.line, record.issue_type) for record in records.unread]


@st.composite
def tables(draw: st.DrawFn, encoding: str) -> list[list[str]]:
    width = draw(st.integers(1, 5))
    texts = st.text(st.characters(codec=encoding, exclude_characters="\0\r\ufeff"), max_size=8)
    cells = st.one_of(
        texts, st.sampled_from(["", " ", '"', ",", ";", "|", "\t", "\n", "\r\n", 'a "b" c', "a,b\nc", "=1"])
    )
    return draw(st.lists(st.lists(cells, min_size=width, max_size=width), min_size=1, max_size=8))


@given(
    st.data(), st.sampled_from(["utf-8", "cp1252"]), st.sampled_from(DELIMITERS), st.sampled_from(["\n", "\r\n"]),
    st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]), st.booleans(),
)  # fmt: skip
def test_well_formed_text_is_read_as_python_reads_it(
    data: st.DataObject, encoding: str, delimiter: str, end: str, quoting: int, closed: bool
) -> None:
    table = data.draw(tables(encoding))
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=delimiter, lineterminator=end, quoting=quoting).writerows(table)  # type: ignore[arg-type]
    text = out.getvalue() if closed else out.getvalue().removesuffix(end)
    content = text.encode(encoding)
    if not content.strip():
        return
    peer = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    header = [name.strip() for name in peer[0]]
    assume(not any(header) or header not in [[cell.strip() for cell in row] for row in peer[1:]])
    records = read(content, encoding=encoding, delimiter=delimiter)
    assert records.header == [name.strip() for name in peer[0]]
    assert records.unread == []
    assert [list(row[1:]) for row in rows(records)] == [[cell or None for cell in row] for row in peer[1:]]
    assert records.total == len(table)


@given(st.lists(st.sampled_from(PIECES), max_size=40).map(b"".join))
@example(b'"a\nb",c')
@example(b"1,2\r\r\n3,4")
@example(b'1,"2\n\n3"\n\n"')
@example(b"\r\n\r\n \r\n")
def test_every_physical_line_has_one_end(body: bytes) -> None:
    content = b"one,two\n" + body
    records = read(content)
    lines = [line.removesuffix("\r").removesuffix("\r") for line in content.decode().removesuffix("\n").split("\n")]
    ends: list[int] = [1]
    for line, *cells in rows(records):
        spanned = 1 + sum(str(cell).count("\n") for cell in cells)
        ends += range(int(str(line)), int(str(line)) + spanned)
        if '"' not in lines[int(str(line)) - 1]:
            assert "\r" not in lines[int(str(line)) - 1]
            assert [cell or "" for cell in cells] == lines[int(str(line)) - 1].split(",")
    for record in records.unread:
        text = content[record.first_byte : record.after_byte].decode()
        assert record.text == text
        ends += range(record.line, record.line + 1 + text.count("\n"))
    blank = [number for number, line in enumerate(lines, start=1) if not line and number not in ends]
    assert len(blank) == records.skipped.get("blank_line", 0)
    assert sorted([*ends, *blank]) == list(range(1, len(lines) + 1))


@given(st.one_of(st.binary(max_size=60), ANYTHING), st.sampled_from(["utf-8", "cp1252"]), st.integers(1, 3))
def test_any_bytes_end_in_an_account_or_a_refusal(content: bytes, encoding: str, header_row: int) -> None:
    try:
        records = read(content, encoding=encoding, header_row=header_row)
    except Refusal as refusal:
        assert refusal.issue_type in {"empty_file", "bad_encoding", "unreadable"}
        assert str(refusal).startswith("x.csv")
    else:
        assert records.frame.width == len(records.header) + 1
        assert records.frame[ROW].is_sorted()


TEARS = ["{0},{1}", "{0},{1},{2},extra", '{0},"{1},{2}', '{0},{1}",{2}', '"{0}"x,{1},{2}', '{0},{1},"', "{0}"]


@given(
    st.lists(st.from_regex(r"[a-z0-9]{1,4}", fullmatch=True), min_size=1, max_size=12),
    st.data(),
    st.sampled_from(TEARS),
)
def test_one_torn_row_costs_one_row(names: list[str], data: st.DataObject, tear: str) -> None:
    at = data.draw(st.integers(0, len(names) - 1))
    sound = [[name, str(number), "x"] for number, name in enumerate(names)]
    lines = ["a,b,c", *(",".join(row) for row in sound)]
    lines[at + 1] = tear.format(*sound[at])
    records = read("\n".join(lines).encode())
    assert [record.line for record in records.unread] == [at + 2]
    assert [list(row[1:]) for row in rows(records)] == sound[:at] + sound[at + 1 :]


def test_a_shifted_row_is_never_loaded() -> None:
    records = read(b"id,town,county,value\n1,Leeds,W,10\n2,Yo,rk,20,\n3,Hull,E,30\n")
    assert unread(records) == [(3, "field_count")]
    assert records.unread[0].message == "5 fields where the header has 4"
    assert [row[1] for row in rows(records)] == ["1", "3"]


@pytest.mark.parametrize(
    ("line", "issue", "message"),
    [
        ('1,"a', "malformed_quotes", "a quotation mark opens a field and none closes it"),
        ('1,a"b', "malformed_quotes", "a quotation mark inside a field that is not quoted"),
        ('1,"a"b', "malformed_quotes", "text after the quotation mark that closes a field"),
        ('1,"a",2', "field_count", "3 fields where the header has 2"),
        ("1", "field_count", "1 fields where the header has 2"),
        ("1,2\r3,4", "field_count", "a carriage return with no line feed breaks the record in two"),
        ("1\r,2", "field_count", "a carriage return with no line feed breaks the record in two"),
    ],
)
def test_a_torn_record_says_how(line: str, issue: str, message: str) -> None:
    records = read(f"one,two\n0,0\n{line}\n9,9\n".encode())
    assert [(record.line, record.issue_type, record.message, record.text) for record in records.unread] == [
        (3, issue, message, line)
    ]
    assert rows(records) == [(2, "0", "0"), (4, "9", "9")]


def test_rows_are_numbered_by_the_line_they_begin_on() -> None:
    records = read(b'a,b\n"1\n\n2",x\n\n3,y\n"4\r\n5",z\r\n6,w')
    assert rows(records) == [(2, "1\n\n2", "x"), (6, "3", "y"), (7, "4\r\n5", "z"), (9, "6", "w")]
    assert records.skipped == {"blank_line": 1}


def test_a_heading_may_hold_line_ends() -> None:
    records = read(b'"Ref\np,q\nno","Ward"\n1,2\n')
    assert records.header == ["Ref\np,q\nno", "Ward"]
    assert rows(records) == [(4, "1", "2")]
    assert records.unread == []


def test_a_byte_order_mark_is_no_part_of_the_header() -> None:
    assert read(b"\xef\xbb\xbfone,two\n1,2\n").header == ["one", "two"]
    assert read(b'\xef\xbb\xbf"one",two\n1,2\n').header == ["one", "two"]


def test_a_header_stands_where_it_is_declared() -> None:
    records = read(b'Abandoned "vehicles, 2014\n\none,two\n1,2\n', header_row=3)
    assert (records.header, records.skipped, rows(records)) == (["one", "two"], {"before_header": 2}, [(4, "1", "2")])
    assert records.total == 4


@pytest.mark.parametrize("content", [b"", b"\n\n", b"  \r\n", b"\n\none,two\n"])
def test_no_header_is_an_empty_file(content: bytes) -> None:
    with pytest.raises(Refusal, match=r"x\.csv:") as error:
        read(content)
    assert error.value.issue_type == "empty_file"


def test_a_header_past_the_end_is_an_empty_file() -> None:
    with pytest.raises(Refusal, match=r"x\.csv:9: there is no header here") as error:
        read(b"one,two\n", header_row=9)
    assert error.value.issue_type == "empty_file"


def test_a_header_alone_is_no_rows_and_no_fault() -> None:
    records = read(b"one,two")
    assert (records.total, rows(records), records.unread, records.skipped) == (1, [], [], {})


@pytest.mark.parametrize(
    ("content", "encoding", "line", "message"),
    [
        (b"one,two\n1,caf\xe9\n", "utf-8", 2, "byte 0xe9 at column 6 is not utf-8; check the feed's `encoding`"),
        (b"one,two\n\xc3\xa9\xff,2\n", "utf-8", 2, "byte 0xff at column 2 is not utf-8; check the feed's `encoding`"),
        (b"one,two\n1,2\n3,\x80\n", "ascii", 3, "byte 0x80 at column 3 is not ascii; check the feed's `encoding`"),
        (b"one,two\n1,2\n\x81,2\n", "cp1252", 3, "a byte at column 1 is not cp1252; check the feed's `encoding`"),
    ],
)
def test_bytes_of_another_encoding_set_their_line_aside(content: bytes, encoding: str, line: int, message: str) -> None:
    records = read(content, encoding=encoding)
    assert [(item.line, item.issue_type, item.message) for item in records.unread] == [(line, "bad_encoding", message)]
    assert records.total == content.count(b"\n")


def test_a_header_in_another_encoding_is_refused() -> None:
    with pytest.raises(Refusal, match=r"x\.csv:1: byte 0xe9 at column 4 is not utf-8") as error:
        read(b"caf\xe9,two\n1,2\n")
    assert error.value.issue_type == "bad_encoding"


def test_nul_bytes_set_their_record_aside() -> None:
    records = read(b'one,two\n1,\x002\n"a\nb\x00c",5\n7,8\n')
    assert unread(records) == [(2, "nul_byte"), (3, "nul_byte"), (4, "nul_byte")]
    assert rows(records) == [(5, "7", "8")]


@pytest.mark.parametrize("mark", [b"", b"\xff\xfe"])
def test_utf_16_read_as_utf_8_is_refused(mark: bytes) -> None:
    with pytest.raises(Refusal, match="encoding") as error:
        read(mark + "one,two\n1,2\n".encode("utf-16-le"))
    assert error.value.issue_type == "bad_encoding"


def test_line_ends_doubled_on_the_way_are_line_ends() -> None:
    records = read(b'one,two\r\r\n1,2\r\r\n"3","4"\r\r\n\r\r\n"5",6\r\r\n')
    assert records.header == ["one", "two"]
    assert rows(records) == [(2, "1", "2"), (3, "3", "4"), (5, "5", "6")]
    assert records.unread == []


def test_a_byte_order_mark_within_the_file_is_text() -> None:
    assert rows(read(b"one,two\n\xef\xbb\xbf1,2\n")) == [(2, "\ufeff1", "2")]


def test_carriage_returns_alone_are_no_line_ends() -> None:
    with pytest.raises(Refusal, match=r"x\.csv:1: the header cannot be read: a carriage return with no line feed"):
        read(b"one,two\r1,2\r3,4\r")


def test_a_declared_encoding_is_decoded_exactly() -> None:
    assert rows(read("one,two\n£5,“x”\n".encode("cp1252"), encoding="cp1252")) == [(2, "£5", "“x”")]


def test_numbers_and_dates_stay_as_written() -> None:
    texts = ["007", "12345678901234567890", "1E10", "01/02/2024", " 1 ", "NULL", "nan", "true"]
    assert [row[1] for row in rows(read(("a\n" + "\n".join(texts)).encode()))] == texts


# --- the header against the spec ------------------------------------------------------------------------------------


def delivered(header: str, *lines: list[str]) -> Records:
    content = "\n".join([header, *(",".join(line) for line in lines)]).encode()
    return read_delivery(io.BytesIO(content), claimed(STREET_FILE), shipped().datasets["crime"])


@pytest.mark.parametrize(
    ("old", "new", "issue", "message"),
    [
        ("Crime type", "Crime Type", "missing_column", 'the header lacks "Crime type" (did you mean "Crime Type"?)'),
        ("Context", "Contextual", "unknown_column", 'the spec does not know "Contextual" (did you mean "Context"?)'),
        ("Context", "Month", "repeated_column", ':1: the header names "Month" twice; ask the partner which one holds'),
        ("Context", "_row", "unknown_column", ':1: the spec does not know "_row"; map it'),
        (",Context", ",Context,", "unknown_column", ':1: the spec does not know "(no heading)"; map it'),
    ],
)  # fmt: skip
def test_a_header_unlike_the_spec_is_refused(old: str, new: str, issue: str, message: str) -> None:
    with pytest.raises(Refusal) as error:
        delivered(STREET_HEADER.replace(old, new))
    assert error.value.issue_type == issue
    assert message in str(error.value)


def test_two_nameless_columns_are_refused_and_do_not_collide() -> None:
    with pytest.raises(Refusal, match='names "\\(no heading\\)" twice'):
        delivered(STREET_HEADER + ",,", [*street(), "", ""])


def test_a_column_that_may_be_left_out_may_be_missing() -> None:
    names = STREET_HEADER.split(",")
    row = dict(zip(names, street("c1"), strict=True))
    short = [name for name in names if name != "Context"]
    records = delivered(",".join(short), [row[name] for name in short])
    assert records.frame.columns == [
        ROW,
        "Crime ID",
        "Month",
        "Crime type",
        "Last outcome category",
        "Longitude",
        "Latitude",
    ]
    assert records.frame["Crime ID"].to_list() == ["c1"]


@pytest.mark.parametrize(("encoding", "mark"), [("utf-8", b""), ("utf-8", b"\xef\xbb\xbf"), ("cp1252", b"")])
def test_the_span_of_a_set_aside_record_is_of_the_bytes_as_sent(encoding: str, mark: bytes) -> None:
    content = mark + "naïve,café\n1,2\nü,ö,ä\n3,4\n".encode(encoding)
    [record] = read(content, encoding=encoding).unread
    assert content[record.first_byte : record.after_byte] == "ü,ö,ä".encode(encoding)
