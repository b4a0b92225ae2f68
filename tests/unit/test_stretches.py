"""Text read in stretches, in every dialect that can be declared: the seams between stretches leave no trace."""

from __future__ import annotations

import csv
import io
import tracemalloc
from collections import Counter

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from pipelines.intake.refusal import Refusal
from pipelines.read import encodings
from pipelines.read.delimited import read_delimited
from pipelines.read.limits import MAX_COLUMNS, MAX_RECORD_BYTES
from pipelines.read.records import Records, gathered
from pipelines.specs.formats import CsvFormat

PIECES = [
    b"a",
    b"bc",
    b",",
    b",",
    b'"',
    b'"',
    b'""',
    b"\n",
    b"\n",
    b"\r\n",
    b"\r",
    b" ",
    b"\xc3\xa9",
    b"one,two\n",
    b"1,2\n",
]
DAMAGE = [*PIECES, b"\0", b"\xe9", b"\xef\xbb\xbf", b"\\"]


def read(content: bytes, cells: tuple[str, ...] = (), **format_: object) -> Records:
    declared = CsvFormat.model_validate({"type": "csv", **format_})
    return gathered(read_delimited(io.BytesIO(content), declared, "x.csv", cells))


def rows(records: Records) -> list[tuple[object, ...]]:
    return records.frame.rows()


def told(records: Records) -> list[tuple[int, str]]:
    return [(record.line, record.issue_type) for record in records.unread]


def everything(content: bytes, **format_: object) -> object:
    """All that reading says of a file: rows, records set aside and skipped, notes; or why it is refused."""
    try:
        records = read(content, **format_)
    except Refusal as refusal:
        return str(refusal)
    return rows(records), sorted(records.unread, key=str), dict(records.skipped), records.notes, records.total


@pytest.fixture
def small_stretches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encodings, "STRETCH_BYTES", 7)


# A quotation mark that nothing closes is looked for to the end of the file, whatever the size of a stretch.
@given(st.lists(st.sampled_from(DAMAGE), max_size=40).map(b"".join), st.integers(1, 30))
@example(b'1,"2\n3\n4",5\n6,7', 3)
@example(b'1,"2\n3,4\n5,6\n', 5)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_size_of_a_stretch_makes_no_difference(monkeypatch: pytest.MonkeyPatch, body: bytes, size: int) -> None:
    content = b"one,two\n" + body
    monkeypatch.setattr(encodings, "STRETCH_BYTES", 2**23)
    whole = everything(content)
    # The header has to stand in the first stretch.
    monkeypatch.setattr(encodings, "STRETCH_BYTES", len(b"one,two\n") + size)
    assert everything(content) == whole


@given(st.data(), st.sampled_from(["utf-16", "utf-16-le", "utf-16-be", "cp1252", "iso-8859-1", "ascii", "utf-8"]))
@settings(max_examples=60)
def test_every_encoding_is_decoded_exactly_with_spans_of_the_bytes_as_sent(data: st.DataObject, encoding: str) -> None:
    codec = "utf-16-le" if encoding == "utf-16" else encoding
    texts = st.text(st.characters(codec=codec, exclude_characters='\0\r\n",\ufeff\ufffd'), min_size=1, max_size=5)
    table = data.draw(st.lists(st.tuples(texts, texts), min_size=1, max_size=6))
    torn = data.draw(st.integers(0, len(table) - 1))
    lines = ["one,two", *(",".join(row) + (",3" if number == torn else "") for number, row in enumerate(table))]
    mark = b"\xff\xfe" if encoding == "utf-16" else b""
    content = mark + "\n".join(lines).encode(codec)
    records = read(content, encoding=encoding)
    assert [row[1:] for row in rows(records)] == [row for number, row in enumerate(table) if number != torn]
    (record,) = records.unread
    assert content[record.first_byte : record.after_byte].decode(codec) == lines[torn + 1]


@pytest.mark.parametrize(
    ("content", "format_", "expected"),
    [
        (b"one;two\n1;'a;b'\n", {"delimiter": ";", "quote": "'"}, [(2, "1", "a;b")]),
        (b'one,two\n1,a "b" c\n', {"quote": ""}, [(2, "1", 'a "b" c')]),
        (b'one,two\n1,"a\\"b,c"\n', {"escape": "\\"}, [(2, "1", 'a"b,c')]),
        (b"one,two\n1,a\\,b\n", {"escape": "\\"}, [(2, "1", "a,b")]),
        (b'one, two\n1, "a, b"\n2, c\n', {"delimiter": ", "}, [(2, "1", "a, b"), (3, "2", "c")]),
        (b"one two\n1 'a b'\n", {"delimiter": " ", "quote": "'"}, [(2, "1", "a b")]),
        (b"one,two\r1,2\r3,4", {"line_end": "cr"}, [(2, "1", "2"), (3, "3", "4")]),
        (b"1,2\n3,4\n", {"names": ["one", "two"]}, [(1, "1", "2"), (2, "3", "4")]),
        (b"Title\n1,2\n", {"names": ["one", "two"], "header_row": 2}, [(2, "1", "2")]),
        (b"one,two\n1,2\n3,4\nend of file\n", {"footer_rows": 1}, [(2, "1", "2"), (3, "3", "4")]),
    ],
)
def test_a_declared_dialect_is_read(content: bytes, format_: dict[str, object], expected: list[object]) -> None:
    records = read(content, **format_)
    assert rows(records) == expected
    assert records.unread == []


def test_a_header_of_two_rows_is_one_header() -> None:
    records = read(b"Land,Land,\nroad,path,total\n1,2,3\n", header_row=(1, 2))
    assert records.header == ["Land / road", "Land / path", "total"]
    assert (rows(records), records.headers_read, records.total) == ([(3, "1", "2", "3")], 2, 3)


def test_a_cell_above_the_header_is_given_when_asked_for() -> None:
    content = b'Fernshire,x\nPeriod,"May, 2024"\none,two\n1,2\n'
    assert read(content, ("B2", "C1"), header_row=3).cells == {"B2": "May, 2024", "C1": None}
    with pytest.raises(Refusal, match="A3 does not stand above the header"):
        read(content, ("A3",), header_row=3)


# --- another table, another header, an end that is none ---------------------------------------------------------------


def test_what_stands_below_a_header_that_appears_again_is_another_table(small_stretches: None) -> None:
    records = read(b'one,two\n1,2\n\n"one", two\n3,4\n5,6,7\n')
    assert rows(records) == [(2, "1", "2")]
    assert sorted(told(records)) == [(4, "header_again"), (5, "second_table"), (6, "field_count")]
    assert records.total == 6


def test_a_table_that_goes_on_below_its_header_is_declared(small_stretches: None) -> None:
    records = read(b"one,two\n1,2\none,two\n3,4\n", header_again="skip")
    assert rows(records) == [(2, "1", "2"), (4, "3", "4")]
    assert (records.skipped, records.unread) == ({"header_again": 1}, [])


@pytest.mark.parametrize(
    ("content", "issue"),
    [
        (b"one,two\n1,2\n3", "cut_file"),
        (b'one,two\n1,2\n3,"a\nb', "cut_file"),
        (b"one,two\n1,2\n3\n", "field_count"),
        (b'one,two\n1,2\n3,"a\nb\n', "malformed_quotes"),
    ],
)
def test_a_file_cut_within_a_record_says_so(content: bytes, issue: str) -> None:
    records = read(content)
    assert rows(records) == [(2, "1", "2")]
    assert {kind for _, kind in told(records)} == {issue}


def test_a_last_line_without_an_end_is_noted_or_where_there_always_is_one_set_aside() -> None:
    content = b"one,two\n1,2\n3,4"
    records = read(content)
    assert [(note.issue_type, note.line) for note in records.notes] == [("no_last_line_end", 3)]
    assert len(rows(records)) == 2
    records = read(content, last_line_ends=True)
    assert (rows(records), told(records), records.notes) == ([(2, "1", "2")], [(3, "cut_file")], [])
    assert read(content + b"\n").notes == []


# --- a record that does not close -------------------------------------------------------------------------------------


def test_a_stray_mark_costs_its_own_row_where_those_below_are_whole() -> None:
    records = read(b'one,two\n1,"2\n3,4\n5,"6"\n7,8\n')
    assert rows(records) == [(3, "3", "4"), (4, "5", "6"), (5, "7", "8")]
    assert told(records) == [(2, "malformed_quotes")]


def test_where_nobody_can_tell_the_end_of_a_broken_record_nothing_of_it_is_read() -> None:
    # The middle line has as many fields as a record, yet is the middle of a note.
    records = read(b'one,two\n1,"he said\n3,4\nthen "left" again",5\n6,7\n')
    assert rows(records) == [(5, "6", "7")]
    assert told(records) == [(2, "malformed_quotes"), (3, "malformed_quotes"), (4, "malformed_quotes")]


# --- limits -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "issue"),
    [
        (b"one,two\n1," + b"x" * 3 * 10**6 + b"\n3,4\n", "too_large"),
        (b"one,two\n1,2\n" + b"\0" * 3 * 10**6, "too_large"),
        (b"x" * 20_000_000, "too_large"),
        (b",".join([b"c"] * (MAX_COLUMNS + 1)) + b"\n1\n", "too_many_columns"),
        (b"," * 1_000_000 + b"\n", "too_many_columns"),
    ],
    ids=["long field", "zero bytes", "endless line", "too many columns", "a million columns"],
)
def test_what_no_real_return_holds_is_refused(content: bytes, issue: str) -> None:
    with pytest.raises(Refusal, match=r"x\.csv") as error:
        read(content)
    assert error.value.issue_type == issue


def test_a_quoted_field_is_looked_for_no_further_than_the_limit() -> None:
    filler = b"1,2\n" * (MAX_RECORD_BYTES // 2)
    records = read(b'one,two\n0,"\n' + filler)
    assert told(records) == [(2, "malformed_quotes")]
    assert records.frame.height == MAX_RECORD_BYTES // 2


@pytest.mark.slow
def test_memory_is_bounded_whatever_the_size_of_the_file() -> None:
    class Endless(io.RawIOBase):
        """A file of some 200 MB that is never held."""

        def __init__(self) -> None:
            self.left = 200
            self.line = b'abc,"d,e",2014-05\n' * 55_000

        def read(self, size: int = -1) -> bytes:
            self.left -= 1
            return b"" if self.left < 0 else b"a,b,c\n" + self.line if self.left == 199 else self.line

    reading = read_delimited(Endless(), CsvFormat(type="csv"), "x.csv")  # type: ignore[arg-type]
    tracemalloc.start()
    count = sum(batch.frame.height for batch in reading.batches)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 200 * 55_000
    assert peak < 64 * 2**20


# --- a fuzzer and an oracle -------------------------------------------------------------------------------------------


def lenient(content: bytes) -> set[tuple[str, ...]]:
    """Every record that Python's own reader can make, from any line on: what is read strictly must be among them."""
    lines = content.decode("utf-8", "replace").replace("\r\r\n", "\n").replace("\r\n", "\n").split("\n")
    made = set()
    for first in range(len(lines)):
        text = io.StringIO("\n".join(lines[first:]), newline="")
        made.add(tuple(next(csv.reader(text), [])))
    return made


@pytest.mark.slow
@given(st.lists(st.sampled_from(DAMAGE), max_size=60).map(b"".join), st.integers(8, 40))
@settings(max_examples=2500, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_no_crash_and_no_silent_difference(monkeypatch: pytest.MonkeyPatch, body: bytes, size: int) -> None:
    monkeypatch.setattr(encodings, "STRETCH_BYTES", size)
    content = b"one,two\n" + body
    try:
        records = read(content)
    except Refusal:
        return
    possible = lenient(content)
    for row in rows(records):
        cells = tuple(str(cell or "") for cell in row[1:])
        normal = tuple(cell.replace("\r\r\n", "\n").replace("\r\n", "\n") for cell in cells)
        assert normal in possible
    places = Counter([row[0] for row in rows(records)] + [record.line for record in records.unread])
    assert max(places.values(), default=1) == 1
    lines = content.count(b"\n") + (not content.endswith(b"\n"))
    spanned = sum(sum(str(cell).count("\n") for cell in row[1:]) for row in rows(records))
    assert records.total + spanned == lines
