"""JSON, JSON lines and GeoJSON: what Python's own reader finds is what is read, and what is no record is set aside."""

from __future__ import annotations

import codecs
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.intake.refusal import Refusal
from pipelines.read import json_walk, trees
from pipelines.read.json_text import read_geojson, read_json
from pipelines.read.records import ROW, Reading, Records, gathered
from pipelines.specs.formats import GeoJsonFormat, JsonFormat

ENCODINGS = ["utf-8", "cp1252", "iso-8859-1", "ascii", "utf-16", "utf-16-le", "utf-16-be"]

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=6)
NUMBERS = st.one_of(st.integers(), st.integers(10**19, 10**20), st.floats(allow_nan=False, allow_infinity=False))
SCALARS = st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS)
KEYS = st.text(st.sampled_from("abé _"), min_size=1, max_size=2)
OBJECTS = st.recursive(
    st.dictionaries(KEYS, SCALARS, max_size=4), lambda below: st.dictionaries(KEYS, below | SCALARS, max_size=3)
)


def reading(content: bytes, needed: frozenset[str] = frozenset(), **format_: object) -> Reading:
    kind = JsonFormat.model_validate({"type": "json", **format_})
    return read_json(io.BytesIO(content), kind, "x.json", needed)


def read(content: bytes | str, *needed: str, **format_: object) -> Records:
    return gathered(reading(content if isinstance(content, bytes) else content.encode(), frozenset(needed), **format_))


def lines(content: bytes | str, *needed: str, **format_: object) -> Records:
    return read(content, *needed, type="json_lines", **format_)


def features(content: str, *needed: str, **format_: object) -> Records:
    kind = GeoJsonFormat.model_validate({"type": "geojson", **format_})
    return gathered(read_geojson(io.BytesIO(content.encode()), kind, "x.geojson", frozenset(needed)))


def collection(*members: dict[str, Any], **beside: Any) -> str:
    return json.dumps({"type": "FeatureCollection", "features": members, **beside})


def feature(properties: Any, at: Any = (-0.5, 51.25), **beside: Any) -> dict[str, Any]:
    geometry = at if at is None or isinstance(at, dict) else {"type": "Point", "coordinates": at}
    return {"type": "Feature", "properties": properties, "geometry": geometry, **beside}


def told(records: Records) -> list[tuple[int, str, str]]:
    return [(record.line, record.issue_type, record.message) for record in records.unread]


def refused(content: bytes | str, **format_: object) -> tuple[str, str]:
    with pytest.raises(Refusal) as error:
        read(content, **format_)
    return error.value.issue_type, str(error.value)


# --- the peer -------------------------------------------------------------------------------------------------------


def flat(members: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, str | None]]:
    """What a record of objects and scalars says, by Python's own decoder."""
    for key, value in members.items():
        if isinstance(value, dict) and value:
            yield from flat(value, f"{prefix}{key}.")
        elif isinstance(value, bool):
            yield prefix + key, str(value).upper()
        else:
            yield prefix + key, value if isinstance(value, str) and value else None


def peer(text: str, path: str = "") -> tuple[list[str], list[list[str | None]]]:
    """The header and the rows of a document."""
    document = json.loads(text, parse_int=str, parse_float=str)
    for part in path.split(".") if path else []:
        document = document[part]
    records = [dict(flat(record)) for record in document]
    paths = list(dict.fromkeys(name for record in records for name in record))
    is_group = {name: any(other.startswith(f"{name}.") for other in paths) for name in paths}
    header = [name for name in paths if not is_group[name] or any(record.get(name) is not None for record in records)]
    return header, [[record.get(name) for name in header] for record in records]


@given(
    st.lists(OBJECTS, max_size=5), st.sampled_from(["", "items", "data.items"]), st.sampled_from(ENCODINGS),
    st.booleans(), st.sampled_from([None, 0, 2]),
)  # fmt: skip
def test_a_document_is_read_as_python_reads_it(
    records: list[dict[str, Any]], path: str, encoding: str, escaped: bool, indent: int | None
) -> None:
    document: Any = records
    for part in reversed(path.split(".") if path else []):
        document = {"about": {"n": [1, {"é": []}]}, part: document, "next": None}
    is_whole = encoding.startswith("utf")
    text = json.dumps(document, ensure_ascii=escaped or not is_whole, indent=indent)
    found = read(text.encode(encoding), encoding=encoding, records=path)
    header, rows = peer(text, path)
    assert found.header == header
    assert [list(row) for row in found.frame.rows()] == [[at, *row] for at, row in enumerate(rows, start=1)]
    assert (found.unread, found.total) == ([], len(records))


@given(st.lists(OBJECTS, min_size=1, max_size=5), st.sampled_from(ENCODINGS), st.booleans(), st.booleans())
def test_lines_are_read_as_python_reads_them(
    records: list[dict[str, Any]], encoding: str, marked: bool, closed: bool
) -> None:
    is_whole = encoding.startswith("utf")
    text = "\n".join(json.dumps(record, ensure_ascii=not is_whole) for record in records) + "\n" * closed
    mark = codecs.BOM_UTF8 if marked and encoding == "utf-8" else b""
    found = lines(mark + text.encode(encoding), encoding=encoding)
    header, rows = peer(f"[{','.join(text.splitlines() if text.isascii() else text.strip().split(chr(10)))}]")
    # U+FFFD stands for bytes that are no text where a file is transcoded, so its line is set aside.
    if encoding.startswith("utf-16") and "�" in text:
        return
    assert found.header == header
    assert [list(row) for row in found.frame.rows()] == [[at, *row] for at, row in enumerate(rows, start=1)]
    assert (found.unread, found.total) == ([], len(records))


LISTS = st.lists(st.one_of(SCALARS, st.dictionaries(KEYS, SCALARS, max_size=2)), max_size=3)
TORN = st.one_of(
    OBJECTS, LISTS, SCALARS, st.dictionaries(st.sampled_from(["a", "b", "a.b", "b.a"]), SCALARS | LISTS | OBJECTS)
)
DAMAGE = ["{", '{"a":1,"a":2}', '{"a":NaN}', '{"a":"\\u0000"}', '{"\\ud800":1}', '{"a":1}}', "x", "", "\r", " ", "[]"]


@given(st.lists(TORN, max_size=6), st.sets(st.sampled_from(["a", "b", "a.b", "a.b.a"])))
def test_every_item_of_a_list_has_one_end(records: list[Any], needed: set[str]) -> None:
    found = read(json.dumps(records), *needed)
    ends = [*found.frame[ROW], *(record.line for record in found.unread)]
    assert sorted(ends) == list(range(1, len(records) + 1))
    assert found.total == len(records)


@given(st.lists(st.one_of(TORN.map(json.dumps), st.sampled_from(DAMAGE)), min_size=1, max_size=6), st.booleans())
def test_every_line_has_one_end(texts: list[str], closed: bool) -> None:
    content = ("\n".join(texts) + "\n" * closed).encode()
    if not content.strip():
        return
    found = lines(content)
    physical = content.decode().removesuffix("\n").split("\n")
    assert found.total == len(physical)
    assert found.skipped.get("blank_line", 0) == sum(not line.strip() for line in physical)
    for record in found.unread:
        assert content[record.first_byte : record.after_byte].decode() == record.text == physical[record.line - 1]
    for row in found.frame[ROW]:
        assert isinstance(json.loads(physical[row - 1]), dict)


@given(st.lists(st.dictionaries(KEYS, st.integers(0, 99), max_size=2), min_size=1, max_size=9), st.integers(1, 40))
def test_the_window_it_is_read_through_changes_nothing(records: list[dict[str, int]], chunk: int) -> None:
    text = json.dumps({"about": [records], "é": "é", "data": records, "after": {"n": '\\"é'}}, ensure_ascii=False)
    whole = read(text, records="data")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"_CHUNK": chunk, "_AHEAD": 40, "MAX_RECORD_BYTES": 39, "_SMALL": 8}.items():
            patch.setattr(json_walk, name, value)
        assert read(text, records="data").frame.equals(whole.frame)


# --- values -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("1E10", "1E10"), ("1.10", "1.10"), ("-0", "-0"), ("12345678901234567890", "12345678901234567890"),
        ("1e999", "1e999"), ("true", "TRUE"), ("false", "FALSE"), ("null", None), ('""', None), ('" "', " "),
        ('"007"', "007"), ('"1\\n2"', "1\n2"), ('"\\u00e9"', "é"), ('"\\ud83d\\ude00"', "😀"), ('"null"', "null"),
    ],
)  # fmt: skip
def test_a_value_keeps_its_text(written: str, value: str | None) -> None:
    assert read(f'[{{"a": {written}}}]').frame.rows() == [(1, value)]
    assert lines(f'{{"a": {written}}}').frame.rows() == [(1, value)]


def test_objects_become_dotted_paths_in_order_of_appearance() -> None:
    found = read('[{"b": 1, "in": {"lat": 2}}, {"a": 3, "in": {"lon": {"deg": 4}}}]')
    assert found.header == ["b", "in.lat", "a", "in.lon.deg"]
    assert found.frame.rows() == [(1, "1", "2", None, None), (2, None, None, "3", "4")]


def test_an_object_that_is_null_is_no_column_of_its_own() -> None:
    found = read('[{"at": null}, {"at": {"lat": 1}}, {"at": {}}]', "at.lat")
    assert found.header == ["at.lat"]
    assert found.frame.rows() == [(1, None), (2, "1")]
    assert told(found) == [(3, "missing_key", 'lacks "at.lat"; name it under `optional` if a record may leave it out')]
    assert read('[{"at": null}, {"at": {}}]').header == ["at"]
    assert read('[{"at": "x"}, {"at": {"lat": 1}}]').header == ["at", "at.lat"]


@pytest.mark.parametrize(
    ("record", "needed", "issue", "message"),
    [
        ('{"a": [1], "b": 2}', {"a"}, "nested_value", '"a" is a list, where one value should stand'),
        ('{"a": [{"b": 1}]}', {"a.b"}, "nested_value", '"a" is a list, where one value should stand'),
        ('{"in": {"a": []}}', {"in.a"}, "nested_value", '"in.a" is a list, where one value should stand'),
        ('{"a": {"b": 1}}', {"a"}, "nested_value", '"a" is an object, where one value should stand'),
        ('{"a": {}}', {"a"}, "nested_value", '"a" is an object, where one value should stand'),
        ('{"a": 1}', {"b"}, "missing_key", 'lacks "b"; name it under `optional` if a record may leave it out'),
        ('{"a": 1, "a": 1}', set(), "repeated_key", 'has "a" twice in one object; ask the partner which one holds'),
        ('{"c": [{"a": 1, "a": 1}]}', set(), "repeated_key",
         'has "a" twice in one object; ask the partner which one holds'),
        ('{"a.b": 1, "a": {"b": 1}}', set(), "repeated_key",
         'has two values for "a.b", from different places; ask the partner which one holds'),
        ('{"a": NaN}', set(), "not_json", "holds NaN, which JSON does not know; ask the partner for null"),
        ('{"a": [-Infinity]}', set(), "not_json",
         "holds -Infinity, which JSON does not know; ask the partner for null"),
        ('{"a": "\\u0000"}', set(), "nul_byte", '"a" holds zero bytes (NUL), written as an escape'),
        ('{"a\\u0000": 1}', set(), "nul_byte", "a key holds zero bytes (NUL), written as an escape"),
        ('{"a": "\\ud83d"}', set(), "bad_encoding",
         '"a" holds an escape that stands for half a character (\\uD800 to \\uDFFF)'),
        ("[1]", set(), "not_json", "is a list, where a record (an object) should stand"),
        ("1", set(), "not_json", "is a text or number, where a record (an object) should stand"),
        ("null", set(), "not_json", "is null, where a record (an object) should stand"),
    ],
)  # fmt: skip
def test_what_is_no_record_is_set_aside_and_no_more(record: str, needed: set[str], issue: str, message: str) -> None:
    sound = json.dumps({name: "x" for name in sorted(needed)} or {"a": "x"})
    found = read(f"[{sound}, {record}, {sound}]", *needed)
    assert told(found) == [(2, issue, message)]
    assert found.unread[0].text == record
    assert found.frame[ROW].to_list() == [1, 3]
    assert "\0" not in "".join(found.header)
    assert told(lines(f"{sound}\n{record}\n{sound}", *needed)) == [(2, issue, message)]


def test_a_list_that_is_not_read_is_a_column_without_values() -> None:
    found = read('[{"a": 1, "tags": ["x"]}, {"a": 2, "tags": {"b": 1}}]', "a")
    assert found.header == ["a", "tags", "tags.b"]
    assert found.frame.rows() == [(1, "1", None, None), (2, "2", None, "1")]


def test_what_is_optional_may_be_missing_but_not_more_than_one_value() -> None:
    found = read('[{"a": 1}, {"a": 1, "b": 2}, {"a": 1, "b": [2]}]', "a", optional=["b"])
    assert found.frame.rows() == [(1, "1", None), (2, "1", "2")]
    assert [record.issue_type for record in found.unread] == ["nested_value"]


def test_a_column_that_no_record_has_is_not_in_the_header() -> None:
    found = read('[{"a": 1}, {"a": 2}]', "a", "b")
    assert (found.header, found.frame.rows(), found.unread) == (["a"], [(1, "1"), (2, "2")], [])


@pytest.mark.parametrize("content", ["[]", " [ ] ", '{"n": 0, "items": []}'])
def test_an_empty_list_is_no_rows_and_no_fault(content: str) -> None:
    found = read(content, "b", "a", records="items" if "{" in content else "")
    assert (found.header, found.total, found.frame.columns) == (["a", "b"], 0, [ROW, "a", "b"])


def test_records_that_cannot_be_read_leave_the_header_to_the_spec() -> None:
    found = lines('{"a": \nx\n{"b"', "a")
    assert (found.header, [record.issue_type for record in found.unread]) == (
        ["a"],
        ["not_json", "not_json", "cut_file"],
    )


def test_a_key_may_have_any_name() -> None:
    found = read('[{"_row": 1, "": 2, "a\\nb": 3, "$x": 4}]')
    assert found.header == ["_row", "", "a\nb", "$x"]
    assert found.frame.rows() == [(1, "1", "2", "3", "4")]


def test_many_records_come_in_batches_in_their_order() -> None:
    content = json.dumps([{"n": number} if number % 1000 else [] for number in range(25_001)]).encode()
    batches = list(reading(content).batches)
    assert [batch.frame.height + len(batch.unread) for batch in batches] == [20_000, 5_001]
    assert [row for batch in batches for row in batch.frame[ROW]] == [n + 1 for n in range(25_001) if n % 1000]


def test_many_columns_and_long_texts_make_small_batches() -> None:
    wide = json.dumps([{f"k{column}": 1 for column in range(10_000)}] * 20).encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trees, "_BATCH_CELLS", 150_000)
        assert [batch.frame.height for batch in reading(wide).batches] == [15, 5]
    long = json.dumps([{"a": "x" * 10**6}] * 12).encode()
    assert [batch.frame.height for batch in reading(long).batches] == [9, 3]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp1252"])
def test_the_span_of_a_set_aside_record_is_of_the_bytes_as_sent(encoding: str) -> None:
    content = '["é", {"é": "ü"}, [1,  2], {}]'.encode(encoding)
    found = read(content, encoding=encoding)
    own = "utf-16-le" if encoding == "utf-16" else encoding
    spans = [content[record.first_byte : record.after_byte].decode(own) for record in found.unread]
    assert spans == [record.text for record in found.unread] == ['"é"', "[1,  2]"]


# --- documents that are not taken -------------------------------------------------------------------------------------

CUT = "the file may have been cut short; ask the partner to send it again"
AGAIN = "ask the partner to send it again"


@pytest.mark.parametrize(
    ("content", "path", "message"),
    [
        ('{"x": []}', "", 'column 1: the document is an object, not a list: its keys are "x"; name the path'),
        ("5", "", "column 1: the document is a number, not a list; name the path to the list"),
        ("[]", "a", 'column 1: the document is a list, so it has no "a"; check the feed\'s `records`'),
        ('{"b": 1, "c": 2}', "a.d", 'x.json: the document has no "a", where `records` says that the list is: '
         'its keys are "b", "c"; check'),
        ('{"a": {}}', "a.d", 'x.json: "a" has no "d", where `records` says that the list is: it has no keys; check'),
        ('{"a": {"d": "x"}}', "a.d", 'column 13: "d" is a text, not a list; name the path'),
        ('{"a": [], "a": []}', "a", 'column 16: "a" stands twice; ask the partner which one holds'),
        ("[] []", "", "column 4: text after the document's end; if each line is a record, declare `type: json_lines`"),
        ('[{"a": 1}\n,{"a": tru}]', "", "x.json:2: column 8: is not JSON: expecting value; ask"),
        ('[{"a": 1} {"a": 2}]', "", "column 11: is not JSON: expecting ',' or ']'; ask"),
        ('[{"a" 1}]', "", "column 7: is not JSON: expecting ':' delimiter; ask"),
        ("{'a': []}", "a", "column 2: is not JSON: expecting a key in quotation marks; ask"),
        ("[1,]", "", "column 4: is not JSON: expecting value; ask"),
        ('["\t"]', "", "column 3: is not JSON: invalid control character at; ask"),
        ('[{"a": 1}, {"a', "", f"column 15: the text ends within record 2: {CUT}"),
        ('[{"a": 1}, {"a": tr', "", f"column 20: the text ends within record 2: {CUT}"),
        ('[{"a": 1},', "", f"column 11: the text ends within record 2: {CUT}"),
        ('[{"a": 1}', "", f"column 10: the text ends within a list or object: {CUT}"),
        ('{"a": [{"a": 1}], "b": {"c": [1, 2', "a", f"column 35: the text ends within a list or object: {CUT}"),
        ('[{"a": "\0"}]', "", f"column 9: zero bytes (NUL): the file is damaged; {AGAIN}"),
    ],
)  # fmt: skip
def test_a_damaged_document_is_refused_with_its_place(content: str, path: str, message: str) -> None:
    issue, said = refused(content, records=path)
    assert issue == "unreadable"
    assert said.startswith("x.json:")
    assert message in said


@pytest.mark.parametrize("type_", ["json", "json_lines"])
@pytest.mark.parametrize("content", [b"", b" \n\r\n", codecs.BOM_UTF8])
def test_no_text_is_an_empty_file(content: bytes, type_: str) -> None:
    assert refused(content, type=type_) == (
        "empty_file",
        "x.json: the file is empty; ask the partner to send it again",
    )


@pytest.mark.parametrize("type_", ["json", "json_lines"])
@pytest.mark.parametrize(
    ("content", "encoding", "message"),
    [
        ("[1]".encode("utf-16"), "utf-8", "x.json:1: the file is UTF-16, where the spec declares utf-8; declare"),
        ("[1]".encode("utf-16-le"), "cp1252", "x.json:1: the file is UTF-16, where the spec declares cp1252; declare"),
        ("[1]".encode("utf-16-be"), "utf-8", "x.json:1: the file is UTF-16, where the spec declares utf-8; declare"),
        (b"[1]", "utf-16-le", "x.json:1: the file is not UTF-16, where the spec declares utf-16-le; check"),
        ("[1]".encode("utf-16-le"), "utf-16", "x.json: UTF-16 without a byte order mark; declare"),
        (codecs.BOM_UTF16_BE + "[1]".encode("utf-16-be"), "utf-16-le",
         "x.json:1: the file is utf-16-be, not utf-16-le"),
        (codecs.BOM_UTF8 + b"[1]", "cp1252", "x.json:1: the file begins as UTF-8, not cp1252; declare"),
    ],
)  # fmt: skip
def test_another_encoding_than_declared_is_refused(content: bytes, encoding: str, message: str, type_: str) -> None:
    issue, said = refused(content, encoding=encoding, type=type_)
    assert issue == "bad_encoding"
    assert said.startswith(message)


def test_bytes_that_are_no_text_refuse_a_document_with_their_place() -> None:
    found = refused(b'[{"a": "x"},\n {"a": "caf\xe9"}]')
    assert found == ("bad_encoding", "x.json:2: column 12: a byte that is not utf-8; check the feed's `encoding`")
    assert refused(b'["\x81"]', encoding="cp1252")[1].startswith("x.json:1: column 3: a byte that is not cp1252")
    assert refused('["é'.encode()[:-1])[1] == f"x.json:1: column 3: the text ends within a character: {CUT}"


def test_bytes_that_are_no_text_set_their_line_aside() -> None:
    found = lines(b'{"a": 1}\n{"a": "caf\xe9"}\n{"a": "\x00"}\n{"a": 2}\n')
    assert told(found) == [
        (2, "bad_encoding", "byte 0xe9 at column 11 is not utf-8; check the feed's `encoding`"),
        (3, "nul_byte", "holds zero bytes (NUL): the file is damaged or in another encoding"),
    ]
    assert found.frame.rows() == [(1, "1"), (4, "2")]


def test_the_last_line_breaks_off_or_is_whole() -> None:
    found = lines('{"a": 1}\n{"a": 2}\n{"a": "se')
    assert told(found) == [(3, "cut_file", "breaks off at the end of the file; ask the partner to send it again")]
    assert lines('{"a": 1}\n{"a": 2}').unread == []
    assert told(lines('{"a": 1}\n{"a": "secret"\n')) == [
        (2, "not_json", "is not JSON at column 15: expecting ',' delimiter")
    ]


# --- GeoJSON ----------------------------------------------------------------------------------------------------------


def test_a_feature_is_its_properties_its_id_and_its_point() -> None:
    found = features(
        '{"type": "FeatureCollection", "features": [{"type": "Feature", "id": 7, "bbox": [1, 2], "properties": '
        '{"ref": "a", "at": {"road": "A3"}}, "geometry": {"type": "Point", "coordinates": [-0.50, 51.10, 3]}}]}',
        "ref", "longitude",
    )  # fmt: skip
    assert found.header == ["ref", "at.road", "id", "longitude", "latitude"]
    assert found.frame.rows() == [(1, "a", "A3", "7", "-0.50", "51.10")]


def test_no_geometry_is_no_place() -> None:
    found = features(collection(feature({"a": 1}, None), feature({"a": 2}, []), feature({"a": 3})), "longitude")
    assert found.frame.rows() == [(1, "1", None, None), (2, "2", None, None), (3, "3", "-0.5", "51.25")]


SQUARE = {"type": "Polygon", "coordinates": [[[0, 0], [0, 1], [1, 1], [0, 0]]]}


@pytest.mark.parametrize(
    ("member", "issue", "message"),
    [
        (feature({"a": 1}, SQUARE), "nested_value", 'is a Polygon, not a point; "longitude" is read from points only'),
        (feature({"a": 1}, {"type": "Secret"}), "nested_value", "has a geometry of no known type; "),
        (feature({"a": 1}, [1]), "nested_value", "its point has no two numbers as coordinates; "),
        (feature({"a": 1}, [1, None]), "nested_value", "its point has no two numbers as coordinates; "),
        (feature({"a": 1, "longitude": -1}), "repeated_key", 'has a property "longitude" unlike its point; ask'),
        (feature({"a": 1, "id": 1}, id=2), "repeated_key", 'has two values for "id", from different places; ask'),
        (feature([1]), "missing_key", 'has no "properties" that are an object or null'),
        ({"type": "Feature", "geometry": None}, "missing_key", 'has no "properties" that are an object or null'),
        ({**feature({"a": 1}), "type": "Point"}, "missing_key", 'has no "type" that says it is a Feature'),
        (feature(None), "missing_key", 'lacks "a"; name it under `optional`'),
        ({"type": "Feature", "properties": {"a": 1}}, "missing_key", 'lacks "longitude"; name it'),
    ],
)  # fmt: skip
def test_what_is_no_feature_with_a_point_is_set_aside(member: dict[str, Any], issue: str, message: str) -> None:
    found = features(collection(feature({"a": 0}), member), "a", "longitude")
    [record] = found.unread
    assert (record.line, record.issue_type) == (2, issue)
    assert record.message.startswith(message)
    assert found.frame[ROW].to_list() == [1]


def test_a_shape_without_a_point_is_read_where_nobody_asks_for_one() -> None:
    found = features(collection(feature({"a": 1}, SQUARE), feature({"a": 2, "longitude": "x"})), "a")
    assert found.header == ["a", "longitude", "latitude"]
    assert found.frame.rows() == [(1, "1", None, None), (2, "2", None, "51.25")]


def test_a_property_that_says_the_same_is_no_second_value() -> None:
    found = features(collection(feature({"id": "a", "longitude": "-0.5"}, id="a")), "id", "longitude")
    assert found.frame.rows() == [(1, "a", "-0.5", "51.25")]


def crs(name: Any) -> dict[str, Any]:
    return {"type": "name", "properties": {"name": name}}


@pytest.mark.parametrize(
    "name",
    [
        "urn:ogc:def:crs:OGC:1.3:CRS84", "urn:ogc:def:crs:OGC::CRS84", "EPSG:4326", "urn:ogc:def:crs:EPSG::4326",
        "http://www.opengis.net/def/crs/OGC/1.3/CRS84", "http://www.opengis.net/def/crs/EPSG/0/4326", "OGC:CRS84",
    ],
)  # fmt: skip
def test_longitude_and_latitude_by_their_old_name_are_read(name: str) -> None:
    assert features(collection(feature({"a": 1}), crs=crs(name))).frame.height == 1


@pytest.mark.parametrize(
    "member",
    [
        crs("urn:ogc:def:crs:EPSG::27700"), crs("EPSG:27700"), crs("EPSG:43260"), crs("EPSG:3857"), crs(5), None,
        {"type": "link", "properties": {"href": "http://x"}},
    ],
)  # fmt: skip
def test_coordinates_of_another_system_are_never_longitude(member: Any) -> None:
    after = collection(feature({"a": 1}), crs=member)
    before = json.dumps({"crs": member, **json.loads(collection(feature({"a": 1})))})
    inside = collection(feature({"a": 1}, crs=member))
    for content in (after, before, inside):
        with pytest.raises(Refusal, match="not in longitude and latitude; ask the partner") as error:
            features(content)
        assert error.value.issue_type == "unreadable"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("[]", "column 1: the document is a list, not GeoJSON"),
        ("{}", 'the document has no "type", as a GeoJSON FeatureCollection has: it has no keys'),
        ('{"type": "FeatureCollection"}', 'the document has no "features"'),
        ('{"features": []}', 'the document has no "type"'),
        ('{"type": "Topology", "objects": {}}', "column 10: the document says that it is something else than"),
        ('{"type": "FeatureCollection", "features": {}}', '"features" is an object, not a list'),
        (collection()[:-1] + ', "features": []}', '"features" stands twice'),
        (collection()[:-1], CUT),
        (collection() + "x", "text after the document's end"),
    ],
)  # fmt: skip
def test_what_is_no_feature_collection_is_refused(content: str, message: str) -> None:
    with pytest.raises(Refusal) as error:
        features(content)
    assert error.value.issue_type == "unreadable"
    assert message in str(error.value)


def test_a_collection_of_no_features_is_a_nil_return() -> None:
    found = features(collection(), "a", "longitude")
    assert (found.header, found.total) == (["a", "longitude"], 0)


# --- public files -----------------------------------------------------------------------------------------------------


def test_public_geojson_is_read_as_python_reads_it(real_data: Path) -> None:
    for name in ("boundaries_surrey/lsoa/E07000207.geojson", "police-forces.json"):
        text = (real_data / "geography" / name).read_text(encoding="utf-8")
        properties = [item["properties"] for item in json.loads(text, parse_int=str, parse_float=str)["features"]]
        found = features(text)
        assert found.header == [*properties[0], "longitude", "latitude"]
        assert [dict(zip(found.header, row[1:-2], strict=False)) for row in found.frame.rows()] == properties


def test_public_json_is_read_where_its_list_is(real_data: Path) -> None:
    content = (real_data / "geography/code_history/E07.json").read_bytes()
    found = read(content, "nm", records="areas.E07000001")
    assert found.header == ["date.e", "date.s", "nm", "parent", "status"]
    assert found.frame["nm"].to_list() == ["Mid Bedfordshire"]
