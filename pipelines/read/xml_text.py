"""The reader of XML: a record for each element at a path, its columns the paths of what lies below it.

The elements pass by and no tree is built. A document type, an entity or an external reference refuses the file: no
return needs one, and each is a way to read other files, or to fill the memory.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, BinaryIO
from xml.etree.ElementTree import ParseError
from xml.parsers import expat

from pipelines.intake.refusal import Refusal
from pipelines.read.limits import MAX_COLUMNS, MAX_RECORD_BYTES
from pipelines.read.records import Reading
from pipelines.read.trees import (
    MAX_DEPTH,
    MAX_PATH,
    Found,
    Wanted,
    listed,
    quoted,
    read_tree,
    too_deep,
    too_many_columns,
)
from pipelines.specs.formats import XmlFormat
from pipelines.specs.problems import nearest

# The column of a record's own text, where it has some beside its elements.
OWN_TEXT = "."
_WHITE = " \t\r\n"
_CHUNK = 64 * 1024
# How many paths are remembered, and how deep, so that a message can say what there is instead of a record.
_PATHS, _PATHS_DEPTH = 200, 8
_BAD_ENCODINGS = tuple(
    expat.errors.codes[text]
    for text in (expat.errors.XML_ERROR_UNKNOWN_ENCODING, expat.errors.XML_ERROR_INCORRECT_ENCODING)
)
# The names of encodings that the parser reads rightly. Some that use several bytes a character it takes for others.
_ENCODINGS = re.compile(
    r"utf-(8|16([lb]e)?)|(us-)?ascii|iso-8859-([1-9]|1[013456])|(windows-|cp)125[0-8]", re.IGNORECASE
)


def read_xml(file: BinaryIO, format_: XmlFormat, name: str, needed: frozenset[str]) -> Reading:
    """Read XML, a record for each element at the path declared. Namespaces are passed over.

    A record within a record (`//Incident`) is one of its own, and what it holds is not the outer one's. Records are
    counted where they end.

    Args:
        file: the file; it is read twice.
        format_: the path of a record, as declared.
        name: the file's name, for messages.
        needed: the columns that the spec reads.

    Raises:
        Refusal: where nothing of the file can be taken; also while the batches are read.
    """
    wanted = Wanted.of(needed, format_.optional, "/")
    return read_tree(partial(_records, file, format_, name, wanted), wanted, name)


def _records(file: BinaryIO, format_: XmlFormat, name: str, wanted: Wanted) -> Iterator[Found]:
    """The records of a document."""
    from defusedxml.ElementTree import DefusedXMLParser

    file.seek(0)
    elements = _Elements(format_, name, wanted)
    parser = DefusedXMLParser(target=elements, forbid_dtd=True, forbid_entities=True, forbid_external=True)
    elements.parser = parser.parser
    elements.parser.XmlDeclHandler = elements.declaration
    is_empty, quiet = True, 0
    while chunk := file.read(_CHUNK):
        is_empty = is_empty and not chunk.strip()
        met = elements.met
        with _refusals(name):
            parser.feed(chunk)
        quiet = quiet + len(chunk) if elements.met == met else 0
        if quiet > MAX_RECORD_BYTES:
            raise elements.too_large("a tag or comment")
        yield from elements.taken()
    if is_empty:
        raise Refusal("empty_file", f"{name}: the file is empty; ask the partner to send it again")
    with _refusals(name, is_at_end=True):
        parser.close()
    yield from elements.taken()
    elements.check_found()


@contextmanager
def _refusals(name: str, is_at_end: bool = False) -> Iterator[None]:
    """Tell what the parser refuses as a Refusal, without the text it met."""
    from defusedxml.common import DefusedXmlException

    try:
        yield
    except DefusedXmlException:
        message = "declares a document type, entities or external references, which can harm"
        raise Refusal("unsafe_xml", f"{name}: {message}; ask the partner for XML without") from None
    except ParseError as error:
        line, column = error.position
        place, told = f"{name}:{line}: column {column + 1}", expat.ErrorString(error.code)
        if error.code in _BAD_ENCODINGS:
            message = f"{place}: the encoding is not the one that the file declares"
            raise Refusal("bad_encoding", f"{message}; ask the partner for UTF-8") from None
        cut = "; the file may have been cut short" if is_at_end else ""
        raise Refusal("unreadable", f"{place}: is not XML: {told}{cut}; ask the partner to send it again") from None


@dataclass(slots=True)
class _Record:
    """A record whose element is open."""

    found: Found = field(default_factory=lambda: Found(0))
    elements: set[str] = field(default_factory=set)
    repeated: set[str] = field(default_factory=set)
    groups: set[str] = field(default_factory=set)
    texts: list[str] = field(default_factory=list)
    size: int = 0


@dataclass(slots=True)
class _Element:
    """An element that is open, and where it lies in which record."""

    record: _Record | None
    path: str = ""
    texts: list[str] = field(default_factory=list)
    has_elements: bool = False


class _Elements:
    """Takes in elements as the parser meets them, and gives out records."""

    def __init__(self, format_: XmlFormat, name: str, wanted: Wanted) -> None:
        self.name, self.wanted, self.path = name, wanted, format_.record
        self.is_anywhere = format_.record.startswith("//")
        self.steps = format_.record.strip("/").split("/")
        self.parser: Any = None
        self.met = self.count = 0
        self._names: list[str] = []
        self._open: list[_Element] = []
        self._done: deque[Found] = deque()
        self._paths: dict[str, None] = {}
        self._locals: dict[str, str] = {}

    def taken(self) -> Iterator[Found]:
        """The records that have ended and were not given out yet."""
        while self._done:
            yield self._done.popleft()

    def check_found(self) -> None:
        """Refuse a document without a single record: a path that is wrong looks the same as nothing to report."""
        if self.count:
            return
        others = (f"//{path.rpartition('/')[2]}" if self.is_anywhere else path for path in self._paths)
        told = f"there is no {quoted(self.path)}{nearest(self.path, others)}"
        message = f"{told}; the file has {listed(list(self._paths))}"
        raise Refusal("unreadable", f"{self.name}: {message}; check the feed's `record`, or ask for the usual file")

    def too_large(self, what: str, most: int = MAX_RECORD_BYTES) -> Refusal:
        """What goes beyond the size of any real record is refused with."""
        place = f"{self.name}:{self.parser.CurrentLineNumber}"
        told = f"{place}: {what} has more than {most:,} characters"
        return Refusal("too_large", f"{told}; ask the partner how the file is made")

    # --- what the parser calls ----------------------------------------------------------------------------------------

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        """An element opens."""
        self.met += 1
        if len(self._open) >= MAX_DEPTH:
            raise too_deep(f"{self.name}:{self.parser.CurrentLineNumber}")
        name = self._local(tag)
        self._names.append(name)
        element = self._opened(name)
        self._open.append(element)
        named = [(self._local(key), value) for key, value in attributes.items()]
        if element.record is not None:
            prefix = f"{element.path}/@" if element.path else "@"
            for key, value in named:
                path = prefix + key
                self._count(element.record, path)
                self._grow(element.record, len(value))
                self._put(element.record, path, value or None)
        elif not self.count and len(self._paths) < _PATHS and len(self._names) <= _PATHS_DEPTH:
            self._paths["/".join(self._names)] = None

    def start_ns(self, prefix: str, uri: str) -> None:
        """A namespace is declared."""
        self._local(f"{uri}}}{prefix}")

    def declaration(self, _version: str, encoding: str | None, _standalone: int) -> None:
        """The document declares itself."""
        if encoding is not None and not _ENCODINGS.fullmatch(encoding):
            told = f"declares the encoding {quoted(encoding)}, which is no name of one that is read"
            raise Refusal("bad_encoding", f"{self.name}:1: {told}; ask the partner for UTF-8")

    def data(self, text: str) -> None:
        """Text, perhaps a part of what stands together."""
        self.met += 1
        if self._open and (record := self._open[-1].record) is not None:
            self._grow(record, len(text))
            self._open[-1].texts.append(text)

    def end(self, _tag: str) -> None:
        """An element closes."""
        self.met += 1
        self._names.pop()
        element = self._open.pop()
        if (record := element.record) is None:
            return
        text = "".join(element.texts).strip(_WHITE)
        if text or not (element.has_elements or not element.path):
            self._put(record, element.path or OWN_TEXT, text or None)
        elif element.path:
            record.groups.add(element.path)
        if not element.path:
            self._close(record)

    def comment(self, _text: str) -> None:
        """A comment, which says nothing."""
        self.met += 1

    def pi(self, _target: str, _text: str | None = None) -> None:
        """A processing instruction, which says nothing."""
        self.met += 1

    # --- records ------------------------------------------------------------------------------------------------------

    def _opened(self, name: str) -> _Element:
        """The element that opens, as a record, a part of one, or neither."""
        around = self._open[-1] if self._open else _Element(None)
        around.has_elements = True
        steps = self._names[-len(self.steps) :] if self.is_anywhere else self._names
        if steps == self.steps:
            return _Element(_Record())
        if around.record is None:
            return _Element(None)
        path = f"{around.path}/{name}" if around.path else name
        self._count(around.record, path)
        return _Element(around.record, path)

    def _count(self, record: _Record, path: str) -> None:
        """Take note of an element or attribute; one that was there before makes its path repeated."""
        if path in record.elements:
            record.repeated.add(path)
            return
        place = f"{self.name}:{self.parser.CurrentLineNumber}"
        record.elements.add(record.found.new_path(path, place))
        self._grow(record, len(path))

    def _grow(self, record: _Record, size: int) -> None:
        """Take note of so much more that a record holds."""
        record.size += size
        if record.size > MAX_RECORD_BYTES:
            raise self.too_large(f"record {self.count + 1}")

    def _local(self, tag: str) -> str:
        """A name without its namespace. The parser keeps every name it meets, so there is an end to how many."""
        if (name := self._locals.get(tag)) is None:
            if len(tag) > MAX_PATH:
                raise self.too_large("a name", MAX_PATH)
            if len(self._locals) >= MAX_COLUMNS:
                raise too_many_columns(f"{self.name}:{self.parser.CurrentLineNumber}")
            name = self._locals[tag] = tag.rpartition("}")[2]
        return name

    def _put(self, record: _Record, path: str, value: str | None) -> None:
        record.found.values[path] = value
        if value is not None:
            record.texts.append(value)

    def _close(self, record: _Record) -> None:
        """A record ends: what cannot be one value of a column that is read sets it aside."""
        self.count += 1
        found = record.found
        found.row, found.text = self.count, "\t".join(record.texts)
        for path in sorted(record.repeated):
            if path in self.wanted.reached:
                found.blame("repeated_key", f"has {quoted(path)} more than once; ask the partner which one holds")
        if record.repeated:
            above = self.wanted.above
            found.lost = {path for path in found.values if not record.repeated.isdisjoint([path, *above(path)])}
            found.values.update(dict.fromkeys(found.lost))
        for path in sorted(record.groups & self.wanted.read):
            found.blame("nested_value", f"{quoted(path)} holds other elements, where one value should stand")
        self._done.append(found)
