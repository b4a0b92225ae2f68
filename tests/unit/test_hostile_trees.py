"""JSON and XML that would harm, and files that are damaged: a refusal or an account, never a crash or a full memory."""

from __future__ import annotations

import io
import itertools
import json
import multiprocessing
import resource
import time
from collections.abc import Callable, Iterator
from typing import BinaryIO

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pipelines.intake.refusal import Refusal
from pipelines.read import json_walk
from pipelines.read.json_text import read_geojson, read_json
from pipelines.read.limits import MAX_COLUMNS, MAX_RECORD_BYTES
from pipelines.read.records import Reading, gathered
from pipelines.read.xml_text import read_xml
from pipelines.specs.formats import GeoJsonFormat, JsonFormat, XmlFormat

MB = 1024**2
NEEDED = frozenset({"a"})
# Seconds that no refusal takes, on a busy machine: most take some milliseconds.
SOON = 20


def as_json(file: BinaryIO) -> Reading:
    return read_json(file, JsonFormat(type="json", records="items"), "x", NEEDED)


def as_list(file: BinaryIO) -> Reading:
    return read_json(file, JsonFormat(type="json"), "x", NEEDED)


def as_lines(file: BinaryIO) -> Reading:
    return read_json(file, JsonFormat(type="json_lines"), "x", NEEDED)


def as_geojson(file: BinaryIO) -> Reading:
    return read_geojson(file, GeoJsonFormat(type="geojson"), "x", frozenset({"a", "longitude"}))


def as_xml(file: BinaryIO) -> Reading:
    return read_xml(file, XmlFormat(type="xml", record="//Row"), "x", NEEDED)


Reader = Callable[[BinaryIO], Reading]

SOUND: dict[Reader, bytes] = {
    as_json: '{"about": [1, {"b": null}], "items": [{"a": 1.50, "b": {"c": "é"}}, {"a": "x", "d": [1]}], '
    '"n": "\\u00e9"}'.encode(),
    as_lines: '{"a": 1.50, "b": {"c": "é"}}\n\n{"a": "x\\n", "d": [1]}\n{"a": true}\n'.encode(),
    as_geojson: '{"type": "FeatureCollection", "crs": {"properties": {"name": "EPSG:4326"}}, "features": [{"type": '
    '"Feature", "id": 1, "properties": {"a": "é"}, "geometry": {"type": "Point", "coordinates": [1.0, 2]}}]}'.encode(),
    as_xml: '<?xml version="1.0" encoding="utf-8"?><n:Rows xmlns:n="u"><!-- c --><Row id="1"><a>é&amp;</a><b><c/>x</b>'
    "</Row><Row><a><![CDATA[<]]></a><Row/></Row></n:Rows>".encode(),
}  # fmt: skip


def account(read: Reader, content: bytes) -> tuple[int, int]:
    """How many records were read, and how many set aside, of a file that may be refused instead."""
    try:
        records = gathered(read(io.BytesIO(content)))
    except Refusal as refusal:
        assert str(refusal).startswith("x:")
        return 0, 0
    assert records.total == records.frame.height + len(records.unread) + sum(records.skipped.values())
    return records.frame.height, len(records.unread)


@pytest.mark.parametrize("read", SOUND, ids=lambda read: read.__name__)
@given(st.data())
def test_damaged_bytes_end_in_an_account_or_a_refusal(read: Reader, data: st.DataObject) -> None:
    content = bytearray(SOUND[read])
    pieces = st.sampled_from(
        [b"", b"{", b"}", b"[", b"]", b'"', b"\\", b",", b":", b"<", b">", b"</a>", b"\0", b"\xff"]
    )
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content)))
        content[at : at + data.draw(st.integers(0, 3))] = data.draw(pieces | st.binary(max_size=3))
    account(read, bytes(content))


@given(st.data(), st.booleans())
def test_a_document_is_taken_if_and_only_if_python_takes_it(data: st.DataObject, through_a_small_window: bool) -> None:
    content = list(
        '{"about": [1.5e3, {"b": null, "c": "\\u00e9"}], "items": [{"a": -1.50}, {"a": "x", "d": [1]}], "n": 0}'
    )
    for _ in range(data.draw(st.integers(0, 3))):
        at = data.draw(st.integers(0, len(content)))
        content[at : at + data.draw(st.integers(0, 2))] = data.draw(st.sampled_from([*'{}[]",:\\ 0-.etn\t', "", "é"]))
    text = "".join(content)
    try:
        document = json.loads(text)
        expected = len(document["items"]) if isinstance(document["items"], list) else None
    except (ValueError, KeyError, TypeError):
        expected = None
    assume(text.count('"items"') == 1)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"_CHUNK": 7, "_AHEAD": 100, "_SMALL": 8}.items() if through_a_small_window else ():
            patch.setattr(json_walk, name, value)
        try:
            found = gathered(as_json(io.BytesIO(text.encode())))
        except Refusal:
            assert expected is None
        else:
            assert found.total == expected


@given(st.binary(max_size=80), st.sampled_from(list(SOUND)))
def test_any_bytes_end_in_an_account_or_a_refusal(content: bytes, read: Reader) -> None:
    account(read, content)


@pytest.mark.parametrize("read", [as_json, as_geojson, as_xml], ids=lambda read: read.__name__)
def test_a_document_cut_anywhere_is_refused(read: Reader) -> None:
    whole = SOUND[read]
    for length in range(len(whole)):
        with pytest.raises(Refusal):
            read(io.BytesIO(whole[:length]))
    assert account(read, whole)[0] > 0


def test_lines_cut_anywhere_lose_no_line_before() -> None:
    whole = SOUND[as_lines]
    for length in range(1, len(whole)):
        ended = whole[:length].count(b"}\n")
        read, unread = account(as_lines, whole[:length])
        assert ended <= read + unread <= ended + 1


# --- hostile ----------------------------------------------------------------------------------------------------------


def refused(read: Reader, content: bytes) -> str:
    begun = time.monotonic()
    with pytest.raises(Refusal) as error:
        gathered(read(io.BytesIO(content)))
    assert time.monotonic() - begun < SOON
    assert len(str(error.value)) < 400
    return error.value.issue_type


@pytest.mark.parametrize(
    ("read", "content", "issue"),
    [
        (as_list, b"[" * 100_000, "too_large"),
        (as_list, b"[" * 100_000 + b"]" * 100_000, "too_large"),
        (as_list, b'[{"a":' + b'{"a":' * 100_000, "too_large"),
        (as_list, b'[{"a":' + b'{"a":' * 300 + b"1" + b"}" * 301 + b"]", "too_large"),
        (as_json, b'{"skipped":' + b"[" * 100_000, "too_large"),
        (as_json, b'{"skipped":' + b'{"a":[' * 100_000, "too_large"),
        (as_lines, b"[" * 100_000 + b"\n", "too_large"),
        (as_geojson, b'{"features":[{"properties":' + b'{"a":' * 100_000, "too_large"),
        (as_geojson, b'{"crs":' + b"[" * 100_000, "too_large"),
        (as_xml, b"<Row>" * 100_000, "too_large"),
        (as_xml, b"<a>" * 300 + b"<Row/>" + b"</a>" * 300, "too_large"),
    ],
    ids=range(11),
)
def test_deep_nesting_is_refused(read: Reader, content: bytes, issue: str) -> None:
    assert refused(read, content) == issue


LONG = b"x" * (3 * MB)
KEYS = b",".join(b'"k%d":1' % number for number in range(1_000_000))
MANY = b",".join(b'{"a":1,"k%d":1}' % number for number in range(MAX_COLUMNS))


@pytest.mark.parametrize(
    ("read", "content", "issue"),
    [
        (as_list, b'[{"a":"' + LONG + b'"}]', "too_large"),
        (as_list, b'[{"' + LONG + b'":1}]', "too_large"),
        (as_list, b'[{"' + LONG[:2000] + b'":1}]', "too_large"),
        (as_list, b"[" + b"1" * (3 * MB) + b"]", "too_large"),
        (as_list, b'[{"a":' + b" " * (3 * MB) + b"1}]", "too_large"),
        (as_list, b"[{" + KEYS + b"}]", "too_large"),
        (as_list, b"[{" + KEYS[: MB // 2].rpartition(b",")[0] + b"}]", "too_many_columns"),
        (as_list, b"[" + MANY + b"]", "too_many_columns"),
        (as_json, b'{"' + LONG + b'":1,"items":[]}', "too_large"),
        (as_json, b'{"about":"' + LONG + b'","items":[]}', "too_large"),
        (as_lines, b'{"a":"' + LONG + b'"}\n', "too_large"),
        (as_lines, MANY.replace(b"},", b"}\n"), "too_many_columns"),
        (as_lines, b"\0" * (20 * MB), "too_large"),
        (as_geojson, b'{"features":[{"properties":{"a":"' + LONG, "too_large"),
        (as_geojson, b'{"type":"' + LONG, "too_large"),
        (as_xml, b"<Row><a>" + LONG + b"</a></Row>", "too_large"),
        (as_xml, b"<Row><a>" + (b"<b>" + b"x" * 100 + b"</b>") * 20_000 + b"</a></Row>", "too_large"),
        (as_xml, b'<Row a="' + LONG + b'"/>', "too_large"),
        (as_xml, b"<Row>" + (b'<a k="' + LONG[: MB // 2] + b'"/>') * 3 + b"</Row>", "too_large"),
        (as_xml, b"<Row><!--" + LONG + b"--></Row>", "too_large"),
        (as_xml, b"<" + LONG[:2000] + b"/>", "too_large"),
        (as_xml, b"<Rows>" + b"".join(b"<Row><k%d/></Row>" % n for n in range(MAX_COLUMNS + 1)), "too_many_columns"),
        (as_xml, b"<Rows>" + b"".join(b"<k%d/>" % number for number in range(MAX_COLUMNS)), "too_many_columns"),
        (as_xml, b"<Row>" + b"".join(b'<k xmlns:n%d="u"/>' % n for n in range(MAX_COLUMNS)), "too_many_columns"),
    ],
    ids=range(24),
)
def test_what_is_larger_than_any_return_is_refused(read: Reader, content: bytes, issue: str) -> None:
    assert refused(read, content) == issue


def test_a_record_of_the_largest_size_is_read() -> None:
    text = b"x" * (MAX_RECORD_BYTES - 100)
    for read, content in (
        (as_list, b'[{"a":"%s"}]' % text),
        (as_lines, b'{"a":"%s"}' % text),
        (as_xml, b"<Row><a>%s</a></Row>" % text),
    ):
        assert account(read, content) == (1, 0)


LAUGHS = b"".join(b'<!ENTITY l%d "%s">' % (number, b"&l%d;" % (number - 1) * 10) for number in range(1, 10))


@pytest.mark.parametrize(
    "content",
    [
        b'<!DOCTYPE Rows [<!ENTITY l0 "lol">' + LAUGHS + b"]><Rows><Row><a>&l9;</a></Row></Rows>",
        b'<!DOCTYPE Rows [<!ENTITY b "'
        + b"x" * 100_000
        + b'">]><Rows><Row><a>'
        + b"&b;" * 10_000
        + b"</a></Row></Rows>",
        b'<!DOCTYPE Rows [<!ENTITY f SYSTEM "file:///etc/hostname">]><Rows><Row><a>&f;</a></Row></Rows>',
        b'<!DOCTYPE Rows [<!ENTITY % f SYSTEM "http://127.0.0.1:9/x.dtd"> %f;]><Rows><Row/></Rows>',
        b'<!DOCTYPE Rows SYSTEM "http://127.0.0.1:9/x.dtd"><Rows><Row/></Rows>',
        b"<!DOCTYPE Rows><Rows><Row/></Rows>",
    ],
    ids=["billion laughs", "quadratic blow-up", "external entity", "parameter entity", "external DTD", "empty DTD"],
)
def test_document_types_and_entities_are_refused(content: bytes) -> None:
    assert refused(as_xml, content) == "unsafe_xml"


def test_a_path_that_grows_with_every_level_is_refused() -> None:
    levels = 150
    deep = "".join('{"%s":' % ("k" * 40) for _ in range(levels)) + "1" + "}" * levels
    assert refused(as_list, f"[{deep}]".encode()) == "too_large"
    nested = f"<{'k' * 40}>" * levels + f"</{'k' * 40}>" * levels
    assert refused(as_xml, f"<Row>{nested}</Row>".encode()) == "too_large"


def test_messages_hold_no_values() -> None:
    secret = "Jane Doe"
    for read, content in (
        (as_list, f'[{{"a":"{secret}}}]'),
        (as_list, f'[{{"a":["{secret}"]}}, "{secret}", {{"b":"{secret}"}}, {{"a":"{secret}","a":"{secret}"}}]'),
        (as_lines, f'{{"a":"{secret}\n{{"a": {secret}}}\n{{"a":{{"b":"{secret}"}}}}\n"{secret}"'),
        (as_geojson, json.dumps({"type": secret, "features": []})),
        (as_xml, f"<Row><a>{secret}</a><a>{secret}</a></Row>"),
        (as_xml, f"<Row><a>{secret}</Row>"),
    ):
        try:
            records = gathered(read(io.BytesIO(content.encode())))
        except Refusal as refusal:
            assert secret not in str(refusal)
        else:
            assert records.unread
            assert not any(secret in record.message for record in records.unread)


# --- memory -----------------------------------------------------------------------------------------------------------


class Made(io.RawIOBase):
    """A file that is made as it is read: a head, pieces many times over, and a foot."""

    def __init__(self, head: bytes, piece: bytes, times: int, foot: bytes) -> None:
        self.parts = head, piece, times, foot
        self.seek(0)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.at

    def seek(self, offset: int, whence: int = 0) -> int:
        self.pieces, self.left, self.at = self.made(), b"", 0
        while self.at < offset and self.read(offset - self.at):
            pass
        return self.at

    def made(self) -> Iterator[bytes]:
        head, piece, times, foot = self.parts
        yield head
        yield from itertools.repeat(piece, times)
        yield foot

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer).cast("B")  # type: ignore[arg-type]
        while not self.left and (piece := next(self.pieces, None)) is not None:
            self.left = piece
        count = min(len(view), len(self.left))
        view[:count], self.left, self.at = self.left[:count], self.left[count:], self.at + count
        return count


RECORD = b'{"a": 1234567.5, "b": {"c": "some text of a record", "d": null}, "e": "2024-01-02"}'
ROW = b'<Row><a>1234567.5</a><b id="7"><c>some text of a record</c></b><e>2024-01-02</e></Row>'
FEATURE = b'{"type": "Feature", "properties": %s, "geometry": {"type": "Point", "coordinates": [1, 2]}}' % RECORD


def growth(read: Reader, head: bytes, record: bytes, foot: bytes) -> tuple[int, float]:
    """How many records a large file has, and by how many megabytes the process grows from a smaller one to it."""
    peaks: list[int] = []
    for size in (20, 30):
        file = io.BufferedReader(Made(head, record * 100, size * MB // len(record) // 100, foot), MB)
        count = sum(batch.frame.height for batch in read(file).batches)  # type: ignore[arg-type]
        peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    return count, (peaks[1] - peaks[0]) / 1024


@pytest.mark.slow
@pytest.mark.parametrize(
    ("read", "head", "record", "foot"),
    [
        (as_json, b'{"items": [', RECORD + b",", RECORD + b"]}"),
        (as_json, b'{"about": [', RECORD + b",", RECORD + b'], "items": []}'),
        (as_lines, b"", RECORD + b"\n", RECORD),
        (as_geojson, b'{"type": "FeatureCollection", "features": [', FEATURE + b",", FEATURE + b"]}"),
        (as_xml, b"<Rows>", ROW, ROW + b"</Rows>"),
        (as_xml, b"<Rows><Row><a/></Row>", ROW.replace(b"Row", b"Other"), b"</Rows>"),
    ],
    ids=["json", "json about it", "lines", "geojson", "xml", "xml about it"],
)
def test_a_larger_file_takes_no_more_memory(read: Reader, head: bytes, record: bytes, foot: bytes) -> None:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        count, grown = pool.apply(growth, (read, head, record, foot))
    assert count in (0, 1, 30 * MB // len(record) // 100 * 100 + 1)
    assert grown < 5
