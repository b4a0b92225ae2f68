"""Documents with bytes cut out, put in and changed: a reader refuses, or reads what an oracle reads, and never crashes.

Delimited text is fuzzed in `test_stretches.py`, workbooks in `test_spoiled_workbooks.py`.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.intake.refusal import Refusal
from pipelines.read.fixed_width import read_fixed_width
from pipelines.read.json_text import read_geojson, read_json
from pipelines.read.records import Reading, Records, gathered
from pipelines.read.xml_text import read_xml
from pipelines.specs.formats import FixedWidthFormat, GeoJsonFormat, JsonFormat, XmlFormat

pytestmark = pytest.mark.slow

NEEDED = frozenset({"a", "b"})
FIXED = FixedWidthFormat(type="fixed_width", fields={"a": (1, 3), "b": (5, 6)})
BITS = [
    b"{",
    b"}",
    b"[",
    b"]",
    b'"',
    b",",
    b":",
    b"\\",
    b"<",
    b">",
    b"/",
    b"&",
    b"\n",
    b"\0",
    b"\xff",
    b"1",
    b"e",
    b" ",
]

values = st.one_of(st.text("xy \u00e9<&\"'\\", max_size=4), st.integers(-5, 10**20).map(str))
tables = st.lists(st.tuples(values, values), min_size=1, max_size=5)
edits = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 3), st.sampled_from(BITS)), max_size=3)


def spoiled(content: bytes, changes: list[tuple[int, int, bytes]]) -> bytes:
    """The content with some bytes taken out at a place and others put in there."""
    for place, cut, put in changes:
        at = place % (len(content) + 1)
        content = content[:at] + put + content[at + cut :]
    return content


def outcome(read: Callable[[io.BytesIO], Reading], content: bytes) -> Records | None:
    """What is read, every record accounted for; None where it is refused, or would be: a column is missing."""
    try:
        records = gathered(read(io.BytesIO(content)))
    except Refusal:
        return None
    lines = [*records.frame["_row"], *(record.line for record in records.unread)]
    assert len(lines) == len(set(lines))
    return records if set(records.header) >= NEEDED else None


def rows(records: Records) -> list[dict[str, Any]]:
    return records.frame.drop("_row").to_dicts()


def plain(record: dict[str, Any]) -> dict[str, Any]:
    """A flat JSON object as text, as far as an oracle can say it simply."""
    return {key: value if value != "" else None for key, value in record.items()}


@given(tables, edits)
@settings(max_examples=800, deadline=None)
def test_json(table: list[tuple[str, str]], changes: list[tuple[int, int, bytes]]) -> None:
    content = spoiled(json.dumps([{"a": a, "b": b} for a, b in table], ensure_ascii=False).encode(), changes)
    records = outcome(lambda file: read_json(file, JsonFormat(type="json"), "x.json", NEEDED), content)
    if records is None or records.unread:
        return
    oracle = json.loads(content.decode("utf-8-sig"), parse_int=str, parse_float=str)
    if all(isinstance(value, str) for record in oracle for value in record.values()):
        for row, record in zip(rows(records), map(plain, oracle), strict=True):
            assert {key: row[key] for key in record} == record


@given(tables, edits)
@settings(max_examples=800, deadline=None)
def test_json_lines(table: list[tuple[str, str]], changes: list[tuple[int, int, bytes]]) -> None:
    content = spoiled(b"\n".join(json.dumps({"a": a, "b": b}).encode() for a, b in table), changes)
    records = outcome(lambda file: read_json(file, JsonFormat(type="json_lines"), "x.jsonl", NEEDED), content)
    if records is None:
        return
    lines = content.split(b"\n")
    for row in records.frame.to_dicts():
        oracle = json.loads(lines[row.pop("_row") - 1].decode("utf-8-sig"), parse_int=str, parse_float=str)
        flat = plain(oracle)
        if all(value is None or isinstance(value, str) for value in flat.values()):
            assert {key: row[key] for key in flat} == flat


@given(tables, edits)
@settings(max_examples=400, deadline=None)
def test_geojson(table: list[tuple[str, str]], changes: list[tuple[int, int, bytes]]) -> None:
    features = [
        {"type": "Feature", "geometry": {"type": "Point", "coordinates": [-0.5, 51.25]}, "properties": {"a": a, "b": b}}
        for a, b in table
    ]
    document = {"type": "FeatureCollection", "features": features}
    content = spoiled(json.dumps(document, ensure_ascii=False).encode(), changes)
    records = outcome(lambda file: read_geojson(file, GeoJsonFormat(type="geojson"), "x.geojson", NEEDED), content)
    if records is None or records.unread:
        return
    oracle = json.loads(content.decode("utf-8-sig"), parse_int=str, parse_float=str)["features"]
    assert [row["a"] for row in rows(records)] == [feature["properties"]["a"] or None for feature in oracle]


@given(tables, edits)
@settings(max_examples=800, deadline=None)
def test_xml(table: list[tuple[str, str]], changes: list[tuple[int, int, bytes]]) -> None:
    root = ElementTree.Element("Return")
    for values_ in table:
        record = ElementTree.SubElement(root, "Row")
        for name, value in zip("ab", values_, strict=True):
            ElementTree.SubElement(record, name).text = value
    content = spoiled(ElementTree.tostring(root, encoding="utf-8"), changes)
    format_ = XmlFormat(type="xml", record="Return/Row")
    records = outcome(lambda file: read_xml(file, format_, "x.xml", NEEDED), content)
    if records is None or records.unread:
        return
    oracle = ElementTree.fromstring(content)
    told = [{name: (row.findtext(name) or "").strip() or None for name in "ab"} for row in oracle.findall("Row")]
    assert [{name: row[name] for name in "ab"} for row in rows(records)] == told


@given(st.lists(st.tuples(st.text("xy\u00e9", min_size=3, max_size=3), st.text("12", min_size=2, max_size=2))), edits)
@settings(max_examples=800, deadline=None)
def test_fixed_width(table: list[tuple[str, str]], changes: list[tuple[int, int, bytes]]) -> None:
    content = spoiled("".join(f"{a} {b}\n" for a, b in [*table, ("xxx", "11")]).encode(), changes)
    records = outcome(lambda file: read_fixed_width(file, FIXED, "x.txt"), content)
    if records is None:
        return
    lines = [line.removesuffix(b"\r") for line in content.split(b"\n")]
    for row in records.frame.to_dicts():
        text = lines[row["_row"] - 1].decode()
        assert (text[3:4] + text[6:]).strip() == ""
        assert (row["a"], row["b"]) == (text[:3].strip(" \t") or None, text[4:6].strip(" \t") or None)
    assert records.total == len(lines) - (not lines[-1])
