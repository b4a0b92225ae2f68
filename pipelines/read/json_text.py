"""The readers of JSON, JSON lines and GeoJSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from typing import BinaryIO

from pipelines.intake.refusal import Refusal
from pipelines.read.encodings import sent_length, stretches, undecodable
from pipelines.read.geojson import FeatureDecoder, features_of
from pipelines.read.json_records import Decoder, keys_of, kind_of, records_of
from pipelines.read.json_walk import Walk, begin
from pipelines.read.limits import MAX_RECORD_BYTES
from pipelines.read.records import Reading
from pipelines.read.stretch import bad_byte
from pipelines.read.trees import Found, Wanted, quoted, read_tree, too_deep
from pipelines.specs.formats import GeoJsonFormat, JsonFormat


def read_json(file: BinaryIO, format_: JsonFormat, name: str, needed: frozenset[str]) -> Reading:
    """Read JSON, a record for each item of a list, or JSON lines, a record for each line.

    Objects within a record become columns of dotted paths. An object that is null, or empty, in some records and
    filled in others is no column of its own.

    Args:
        file: the file; it is read twice.
        format_: the encoding and the place of the list, as declared.
        name: the file's name, for messages.
        needed: the columns that the spec reads.

    Raises:
        Refusal: where nothing of the file can be taken; also while the batches are read.
    """
    wanted = Wanted.of(needed, format_.optional, ".")
    find = _lines if format_.type == "json_lines" else _document
    return read_tree(partial(find, file, format_, name, wanted), wanted, name)


def read_geojson(file: BinaryIO, format_: GeoJsonFormat, name: str, needed: frozenset[str]) -> Reading:
    """Read a GeoJSON FeatureCollection, a record for each feature.

    Args:
        file: the file; it is read twice.
        format_: the encoding, as declared.
        name: the file's name, for messages.
        needed: the columns that the spec reads.

    Raises:
        Refusal: where nothing of the file can be taken; also while the batches are read.
    """
    wanted = Wanted.of(needed, format_.optional, ".")
    return read_tree(partial(_collection, file, format_, name, wanted), wanted, name)


def _collection(file: BinaryIO, format_: GeoJsonFormat, name: str, wanted: Wanted) -> Iterator[Found]:
    walk = Walk(file, format_.encoding, name)
    yield from features_of(walk, FeatureDecoder(wanted, f"{name}: record "))
    walk.finish()


def _document(file: BinaryIO, format_: JsonFormat, name: str, wanted: Wanted) -> Iterator[Found]:
    walk = Walk(file, format_.encoding, name)
    path = format_.records.split(".") if format_.records else []
    yield from _at(walk, path, "the document", Decoder(wanted, f"{name}: record "))
    walk.finish()


def _at(walk: Walk, path: list[str], what: str, decoder: Decoder) -> Iterator[Found]:
    """The records of the list at a path below the value that comes next."""
    if not path:
        yield from records_of(walk, what, decoder)
        return
    first, *rest = path
    if (opening := walk.peek()) != "{":
        told = f"{what} is {kind_of(opening)}, so it has no {quoted(first)}"
        raise Refusal("unreadable", f"{walk.place()}: {told}; check the feed's `records`")
    keys: list[str] = []
    for key in walk.members():
        if key == first and key in keys:
            raise Refusal("unreadable", f"{walk.place()}: {quoted(key)} stands twice; ask the partner which one holds")
        if key == first:
            yield from _at(walk, rest, quoted(key), decoder)
        else:
            walk.skip()
        if len(keys) < 20 or key == first:
            keys.append(key)
    if first not in keys:
        told = f"{what} has no {quoted(first)}, where `records` says that the list is: {keys_of(keys)}"
        raise Refusal("unreadable", f"{walk.name}: {told}; check the feed's `records`, or ask for the usual file")


def _lines(file: BinaryIO, format_: JsonFormat, name: str, wanted: Wanted) -> Iterator[Found]:
    """The records of JSON lines, blank lines among them."""
    begin(file, format_.encoding, name)
    file.seek(0)
    decoder, row, is_empty = Decoder(wanted, f"{name}:"), 0, True
    for stretch in stretches(file, format_.encoding, name):
        content, sent_at, start = stretch.content, stretch.sent_at, 0
        damaged = undecodable(content, format_.encoding)[::-1]
        while start < len(content):
            row, end = row + 1, content.find(b"\n", start)
            is_cut, end = end < 0, end if end >= 0 else len(content)
            if end - start > MAX_RECORD_BYTES:
                told = f"a line of {end - start:,} bytes, where {MAX_RECORD_BYTES:,} are the most"
                raise Refusal("too_large", f"{name}:{row}: {told}; ask the partner how the file is made")
            line = content[start:end]
            after = sent_at + sent_length(line, format_.encoding)
            found = Found(row, line.decode("utf-8", "replace"), (sent_at, after))
            if damaged and damaged[-1] < end:
                told = bad_byte(content, start, damaged.pop(), format_.encoding)
                found.blame("bad_encoding", f"{told}; check the feed's `encoding`")
            yield _line(found, decoder, is_cut)
            is_empty = is_empty and found.is_blank
            sent_at, start = after + sent_length(content[end : end + 1], format_.encoding), end + 1
    if is_empty:
        raise Refusal("empty_file", f"{name}: the file is empty; ask the partner to send it again")


def _line(found: Found, decoder: Decoder, is_cut: bool) -> Found:
    """One line as a record, if it is one."""
    text = found.text or ""
    if not text.strip(" \t\r"):
        found.is_blank = True
    elif "\0" in text:
        found.blame("nul_byte", "holds zero bytes (NUL): the file is damaged or in another encoding")
    if found.is_blank or found.fault:
        return found
    decoder.clear()
    try:
        value = decoder.json.decode(text)
    except json.JSONDecodeError as error:
        if is_cut:
            found.blame("cut_file", "breaks off at the end of the file; ask the partner to send it again")
        # The messages of the JSON module name what it expects, never what it found.
        found.blame("not_json", f"is not JSON at column {error.colno}: {error.msg[:1].lower()}{error.msg[1:]}")
        return found
    except RecursionError:
        raise too_deep(f"{decoder.where}{found.row}") from None
    return decoder.record(found, value)
