"""XML: what Python's own reader finds below each record is what is read, and what is not one value is set aside."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.intake.refusal import Refusal
from pipelines.read.records import ROW, Records, gathered
from pipelines.read.xml_text import read_xml
from pipelines.specs.formats import XmlFormat

WHITE = " \t\r\n"


def read(content: bytes | str, *needed: str, record: str = "//Row", **format_: object) -> Records:
    kind = XmlFormat.model_validate({"type": "xml", "record": record, **format_})
    file = io.BytesIO(content if isinstance(content, bytes) else content.encode())
    return gathered(read_xml(file, kind, "x.xml", frozenset(needed)))


def row(inside: str, *needed: str, **format_: object) -> tuple[dict[str, str | None], list[tuple[str, str]]]:
    """One record's values, and why it was set aside if it was."""
    found = read(f"<Rows><Row>{inside}</Row></Rows>", *needed, **format_)
    values = found.frame.rows(named=True)
    kept = {name: value for name, value in values[0].items() if name != ROW} if values else {}
    return kept, [(record.issue_type, record.message) for record in found.unread]


def refused(content: bytes | str, record: str = "//Row") -> tuple[str, str]:
    with pytest.raises(Refusal) as error:
        read(content, record=record)
    return error.value.issue_type, str(error.value)


# --- the peer -------------------------------------------------------------------------------------------------------


def local(name: str) -> str:
    return name.rpartition("}")[2]


def texts(element: ET.Element, path: str = "") -> Iterator[tuple[str, str | None]]:
    """Every path below a record with its text, as often as it is there; a group without text is None and unsaid."""
    own = "".join([element.text or "", *(child.tail or "" for child in element)]).strip(WHITE)
    if own or (path and not len(element)):
        yield path or ".", own or None
    for name, value in element.attrib.items():
        yield f"{path}/@{local(name)}".strip("/"), value or None
    for child in element:
        if local(child.tag) != "Row":
            yield from texts(child, f"{path}/{local(child.tag)}".strip("/"))


def paths(element: ET.Element, path: str = "") -> Iterator[str]:
    yield from (f"{path}/@{local(name)}".strip("/") for name in element.attrib)
    for child in element:
        if local(child.tag) != "Row":
            below = f"{path}/{local(child.tag)}".strip("/")
            yield below
            yield from paths(child, below)


def peer(root: ET.Element) -> list[dict[str, str | None]]:
    """The values of each record that holds some, in the order the records end; null where a path is there twice."""
    found: list[dict[str, str | None]] = []
    for element in root:
        found += peer(element)
    if local(root.tag) == "Row":
        twice = {path for path, times in Counter(paths(root)).items() if times > 1}
        values = dict(texts(root))
        gone = [name for name in values if any(name == path or name.startswith(f"{path}/") for path in twice)]
        found.append({**values, **dict.fromkeys(gone)})
    return found


NAMES = st.sampled_from(["a", "b", "{urn:x}b", "Row", "é"])
CHARACTERS = st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"], exclude_characters="￾￿")
TEXTS = st.one_of(
    st.none(), st.sampled_from(["", " ", "\n", " x y ", "<&>\"'", "]]>", "\t1\n2"]), st.text(CHARACTERS, max_size=4)
)


def element(below: st.SearchStrategy[list[ET.Element]]) -> st.SearchStrategy[ET.Element]:
    def made(
        name: str, text: str | None, tail: str | None, named: dict[str, str], inside: list[ET.Element]
    ) -> ET.Element:
        found = ET.Element(name, named)
        found.text, found.tail = text, tail
        found.extend(inside)
        return found

    attributes = st.dictionaries(
        st.sampled_from(["id", "{urn:x}id", "b"]), TEXTS.map(lambda text: text or ""), max_size=2
    )
    return st.builds(made, NAMES, TEXTS, TEXTS, attributes, below)


ELEMENTS = st.recursive(element(st.just([])), lambda below: element(st.lists(below, max_size=4)), max_leaves=12)


@given(st.lists(ELEMENTS, max_size=3), st.sampled_from(["utf-8", "utf-16", "iso-8859-1", "windows-1252"]))
def test_records_are_read_as_python_reads_them(inside: list[ET.Element], encoding: str) -> None:
    root = ET.Element("Root")
    for item in inside:
        item.tail = None
    root.extend([*inside, ET.Element("Row", {"last": "1"})])
    content = ET.tostring(root, encoding=encoding, xml_declaration=True)
    expected = peer(ET.fromstring(content))
    found = read(content)
    assert (found.unread, found.total) == ([], len(expected))
    for values, got in zip(expected, found.frame.rows(named=True), strict=True):
        filled = {name: value for name, value in got.items() if value is not None and name != ROW}
        assert filled == {name: value for name, value in values.items() if value is not None}
    names = {name for values in expected for name in values}
    assert {name for name in names if not any(f"{name}/" in other[: len(name) + 1] for other in names)} <= set(
        found.header
    )
    assert set(found.header) <= names
    assert found.frame[ROW].to_list() == list(range(1, len(expected) + 1))


# --- columns ----------------------------------------------------------------------------------------------------------


def test_columns_are_paths_below_the_record() -> None:
    content = (
        '<Return><Head>x</Head><Incident id="7"><Label> A  3\n</Label><Address type="home"><Postcode>GU1</Postcode>'
        "</Address></Incident><Incident id='8'/></Return>"
    )
    for record in ("Return/Incident", "/Return/Incident", "//Incident", "//Return/Incident"):
        found = read(content, "Label", record=record, optional=["Label"])
        assert found.header == ["@id", "Label", "Address/@type", "Address/Postcode"]
        assert found.frame.rows() == [(1, "7", "A  3", "home", "GU1"), (2, "8", None, None, None)]


def test_namespaces_are_passed_over() -> None:
    content = '<n:Rows xmlns:n="urn:a" xmlns="urn:b"><n:Row n:id="1"><Label>x</Label></n:Row></n:Rows>'
    assert read(content, record="Rows/Row").frame.rows(named=True) == [{ROW: 1, "@id": "1", "Label": "x"}]


@pytest.mark.parametrize(
    ("inside", "values"),
    [
        ("<a/>", {"a": None}),
        ("<a></a>", {"a": None}),
        ("<a> \n </a>", {"a": None}),
        ("<a>\u00a0x\u00a0</a>", {"a": "\u00a0x\u00a0"}),
        ("<a>1E10</a><b>007</b>", {"a": "1E10", "b": "007"}),
        ("<a>x<![CDATA[<b>&]]>y</a>", {"a": "x<b>&y"}),
        ("<a>x<!-- no -->y<?no no?>z</a>", {"a": "xyz"}),
        ("<a>&#233;&amp;&lt;</a>", {"a": "é&<"}),
        ("<a>call <b>him</b> back</a>", {"a/b": "him", "a": "call  back"}),
        ("<a>\n  <b>x</b>\n</a>", {"a/b": "x"}),
        ('<a k=""/>', {"a/@k": None}),
        ('<a k=" x "/>', {"a/@k": " x "}),
        ("own", {".": "own"}),
        ("<_row>1</_row>", {f"{ROW}\x002": "1"}),
    ],
)
def test_a_value_keeps_its_text(inside: str, values: dict[str, str | None]) -> None:
    assert row(inside) == (values, [])


def test_an_element_that_is_empty_in_one_record_and_a_group_in_another_is_no_column() -> None:
    content = "<Rows><Row><a/></Row><Row><a><b>x</b></a></Row></Rows>"
    assert read(content).header == ["a/b"]
    assert read(content, "a", optional=["a"]).header == ["a", "a/b"]


@pytest.mark.parametrize(
    ("inside", "needed", "issue", "message"),
    [
        ("<a>1</a><a>2</a>", "a", "repeated_key", 'has "a" more than once; ask the partner which one holds'),
        ("<g><a>1</a></g><g/>", "g/a", "repeated_key", 'has "g" more than once; ask the partner which one holds'),
        ("<g><a>1</a><a>1</a></g>", "g/a", "repeated_key", 'has "g/a" more than once; ask the partner which one holds'),
        ("<a><b>1</b></a>", "a", "nested_value", '"a" holds other elements, where one value should stand'),
        ("<b>1</b>", "a", "missing_key", 'lacks "a"; name it under `optional` if a record may leave it out'),
        ("<a>1</a>", "a/@id", "missing_key", 'lacks "a/@id"; name it under `optional` if a record may leave it out'),
    ],
)
def test_what_is_not_one_value_is_set_aside(inside: str, needed: str, issue: str, message: str) -> None:
    *groups, last = needed.split("/")
    sound = f'<a {last[1:]}="x">x</a>' if last[0] == "@" else f"<{last}>x</{last}>"
    for group in groups if last[0] != "@" else []:
        sound = f"<{group}>{sound}</{group}>"
    found = read(f"<Rows><Row>{sound}</Row><Row>{inside}</Row><Row>{sound}</Row></Rows>", needed)
    assert [(record.line, record.issue_type, record.message) for record in found.unread] == [(2, issue, message)]
    assert found.frame[ROW].to_list() == [1, 3]


def test_what_is_there_twice_and_not_read_is_a_column_without_values() -> None:
    values, unread = row("<a>1</a><g><b>2</b></g><g><c>3</c></g><d k='4'/><d>5</d>", "a")
    assert values == {"a": "1", "g/b": None, "g/c": None, "d": None, "d/@k": None}
    assert unread == []


def test_two_attributes_that_differ_by_namespace_only_are_there_twice() -> None:
    found = read('<Rows xmlns:n="urn:n"><Row id="1" n:id="2"/></Rows>', "@id")
    assert [record.issue_type for record in found.unread] == ["repeated_key"]


def test_a_record_within_a_record_is_one_of_its_own() -> None:
    content = "<Rows><Row><a>1</a><In><Row><a>2</a></Row></In><b>3</b></Row><Row><a>4</a></Row></Rows>"
    found = read(content, "a")
    assert (found.header, found.unread) == (["a", "b"], [])
    assert found.frame.rows() == [(1, "2", None), (2, "1", "3"), (3, "4", None)]
    assert read(content, "a", record="Rows/Row").header == ["a", "In/Row/a", "b"]


def test_the_text_of_a_set_aside_record_is_its_values() -> None:
    [record] = read("<Rows><Row id='7'><a>1</a><a>2</a> <b/></Row></Rows>", "a").unread
    assert (record.text, record.first_byte, record.after_byte) == ("7\t1\t2", 0, 0)


def test_many_records_come_in_batches() -> None:
    kind = XmlFormat(type="xml", record="Rows/Row")
    content = b"<Rows>" + b"<Row><a>1</a></Row>" * 20_500 + b"</Rows>"
    batches = list(read_xml(io.BytesIO(content), kind, "x.xml", frozenset({"a"})).batches)
    assert [batch.frame.height for batch in batches] == [20_000, 500]
    assert batches[1].frame[ROW].to_list() == list(range(20_001, 20_501))


# --- documents that are not taken -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "record", "message"),
    [
        ("<Rows><Rox/></Rows>", "Rows/Row", 'x.xml: there is no "Rows/Row" (did you mean "Rows/Rox"?); the file has '
         '"Rows", "Rows/Rox"; check the feed\'s `record`'),
        ("<Rows><In><Rox/></In></Rows>", "//Row", 'there is no "//Row" (did you mean "//Rows"?); the file has "Rows"'),
        ("<Rows><Row></Rows>", "//Row", "x.xml:1: column 14: is not XML: mismatched tag; ask the partner"),
        ("<Rows>\n<Row a=1/></Rows>", "//Row", "x.xml:2: column 8: is not XML: not well-formed (invalid token); ask"),
        ("<Rows><Row>&nbsp;</Row></Rows>", "//Row", "x.xml:1: column 12: is not XML: undefined entity; ask"),
        ("<Rows><Row/></Rows><Rows/>", "//Row", "is not XML: junk after document element; ask"),
        ("<Rows><Row/>\n<Row>", "//Row", "x.xml:2: column 6: is not XML: no element found; the file may have been cut"),
        ("<Rows><Row/><Row", "//Row", "is not XML: unclosed token; the file may have been cut short; ask"),
        ("<Rows><n:Row/></Rows>", "//Row", "is not XML: unbound prefix; ask"),
        ("<Rows><Row>\0</Row></Rows>", "//Row", "is not XML: not well-formed (invalid token); ask"),
        ("{}", "//Row", "is not XML: not well-formed (invalid token); ask"),
    ],
)  # fmt: skip
def test_a_damaged_document_is_refused_with_its_place(content: str, record: str, message: str) -> None:
    issue, said = refused(content, record)
    assert issue == "unreadable"
    assert message in said


@pytest.mark.parametrize("content", [b"", b" \n"])
def test_no_text_is_an_empty_file(content: bytes) -> None:
    assert refused(content) == ("empty_file", "x.xml: the file is empty; ask the partner to send it again")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'<?xml version="1.0" encoding="hz"?><Row/>', 'x.xml:1: declares the encoding "hz", which is no name'),
        (b'<?xml version="1.0" encoding="shift_jis"?><Row/>', 'declares the encoding "shift_jis", which is no name'),
        (b'<?xml version="1.0" encoding="zlib"?><Row/>', 'declares the encoding "zlib", which is no name'),
        (b'<?xml version="1.0" encoding="utf-16"?><Row/>', "the encoding is not the one that the file declares"),
    ],
)
def test_an_encoding_that_is_not_read_is_refused(content: bytes, message: str) -> None:
    issue, said = refused(content)
    assert issue == "bad_encoding"
    assert message in said


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "UTF-16", "us-ascii", "ascii", *(f"iso-8859-{part}" for part in range(1, 17) if part != 12),
     *(f"{name}{part}" for name in ("windows-", "cp") for part in range(1250, 1259))],
)  # fmt: skip
def test_a_declared_encoding_is_decoded_exactly(encoding: str) -> None:
    text = bytes(range(0xA0, 0x100)).decode(encoding, "ignore") if encoding not in ("utf-8", "UTF-16") else "é€"
    content = f'<?xml version="1.0" encoding="{encoding}"?><Rows><Row><a>{text}.</a></Row></Rows>'.encode(encoding)
    assert read(content).frame["a"].to_list() == [f"{text}."]


def test_a_byte_that_is_no_text_is_refused() -> None:
    assert refused(b"<Rows><Row>\xe9</Row></Rows>")[0] == "unreadable"
    assert refused(b'<?xml version="1.0" encoding="windows-1252"?><Row>\x81</Row>')[0] == "unreadable"


# --- public files -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["Service", "Function"])
def test_public_xml_is_read_as_python_reads_it(real_data: Path, name: str) -> None:
    content = (real_data / "indicators/functions_services.xml").read_bytes()
    found = read(content, "Identifier", "Label", record=f"//{name}")
    records = list(ET.fromstring(content).iter(name))
    assert (found.frame.height, found.unread) == (len(records), [])
    assert set(zip(found.frame["Identifier"], found.frame["Label"], strict=True)) == {
        (record.findtext("Identifier"), (record.findtext("Label") or "").strip(WHITE)) for record in records
    }
