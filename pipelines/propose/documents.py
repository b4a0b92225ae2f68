"""JSON, GeoJSON and XML: where the records are, and a sample of them."""

from __future__ import annotations

import io
import json
from collections import Counter
from dataclasses import replace
from typing import Any, BinaryIO, Literal
from xml.parsers.expat import ExpatError, ParserCreate

from pipelines.intake.refusal import Refusal
from pipelines.propose.encoding import Guess
from pipelines.propose.profile import Profile, profile_of
from pipelines.propose.sample import MAX_BYTES, Kind, Sample
from pipelines.propose.words import many
from pipelines.read.records import ROW, Batch, Reading, Records, gathered
from pipelines.specs.formats import GeoJsonFormat, JsonFormat, XmlFormat

_DEPTH = 6


def document_profile(sample: Sample, guess: Guess, kind: Kind) -> Profile:
    """The profile of a document.

    Raises:
        Refusal: where no list of records can be found in it.
    """
    sample = _content(sample, kind)
    doubts: dict[str, str] = {}
    format_: JsonFormat | GeoJsonFormat | XmlFormat
    if kind == "xml":
        paths = _xml_paths(sample)
        format_ = XmlFormat(type="xml", record=paths[0])
        doubts |= {"record": f"is it the record, or is it {paths[1]}?"} if len(paths) > 1 else {}
    elif kind == "geojson":
        format_ = GeoJsonFormat(type="geojson", encoding=guess.encoding)
    else:
        lists = [""] if kind == "json_lines" else _json_lists(sample, guess)
        type_: Literal["json", "json_lines"] = "json_lines" if kind == "json_lines" else "json"
        format_ = JsonFormat(type=type_, encoding=guess.encoding, records=lists[0])
        others = ", ".join(path or "the document itself" for path in lists[1:4])
        doubts |= {"records": f"is it the list of the records? There is also {others}."} if others else {}
    found = _read(sample, format_)
    if guess.ask and kind != "xml":
        doubts["encoding"] = guess.ask
    found.doubts |= doubts
    return found


def _content(sample: Sample, kind: Kind) -> Sample:
    """A sample of whole records.

    Raises:
        Refusal: for a document that is not looked at as a whole: one that is cut cannot be read.
    """
    if sample.is_whole:
        return sample
    if kind != "json_lines":
        told = f"more than {MAX_BYTES // 1024**2} MB, and a document cannot be looked at in part"
        raise Refusal("too_large", f"{sample.source}: {told}; cut a smaller one out of it")
    return replace(sample, content=sample.content[: sample.content.rfind(b"\n") + 1])


def _read(sample: Sample, format_: JsonFormat | GeoJsonFormat | XmlFormat) -> Profile:
    """The profile of the records, with the columns that some of them leave out declared as such."""
    name = str(sample.source)
    read = gathered(_reading(io.BytesIO(sample.content), format_, name, frozenset()))
    filled = [
        heading for heading, column in zip(read.header, read.frame.columns[1:], strict=True) if _any(read, column)
    ]
    strict = gathered(_reading(io.BytesIO(sample.content), format_, name, frozenset(filled)))
    short = [record.line for record in strict.unread if record.issue_type == "missing_key"]
    lacking = read.frame.filter(read.frame[ROW].is_in(short))
    optional = tuple(name for name in filled if lacking[name].null_count())
    batch = Batch(
        read.frame, [record for record in strict.unread if record.line not in short], read.skipped, read.notes
    )
    found = profile_of(sample, format_, Reading(read.header, name, iter([batch]), 0))
    if optional:
        found.format = format_.model_copy(update={"optional": optional})
        found.doubts["optional"] = f"left out in {many(len(short), 'record')}; may they be?"
    return found


def _any(read: Records, column: str) -> bool:
    return read.frame[column].null_count() < read.frame.height


def _reading(
    file: BinaryIO, format_: JsonFormat | GeoJsonFormat | XmlFormat, name: str, needed: frozenset[str]
) -> Reading:
    from pipelines.read.json_text import read_geojson, read_json
    from pipelines.read.xml_text import read_xml

    match format_:
        case JsonFormat():
            return read_json(file, format_, name, needed)
        case GeoJsonFormat():
            return read_geojson(file, format_, name, needed)
    return read_xml(file, format_, name, needed)


def _json_lists(sample: Sample, guess: Guess) -> list[str]:
    """The paths of the lists of objects in a document, the longest first."""
    try:
        document = json.loads(sample.content.decode(guess.encoding.replace("utf-8", "utf-8-sig")))
    except (ValueError, RecursionError) as error:
        raise Refusal("unreadable", f"{sample.source}: looks like JSON and is none; ask for it again") from error
    found: dict[str, int] = {}
    _find_lists(document, (), found)
    if not found:
        raise Refusal("unreadable", f"{sample.source}: holds no list of objects, so no records; what is it?")
    return sorted(found, key=lambda path: (-found[path], path))


def _find_lists(value: Any, path: tuple[str, ...], found: dict[str, int]) -> None:
    if isinstance(value, list) and value and all(isinstance(item, dict) for item in value[:100]):
        found[".".join(path)] = len(value)
    elif isinstance(value, dict) and len(path) < _DEPTH:
        for key, inner in value.items():
            _find_lists(inner, (*path, str(key)), found)


def _xml_paths(sample: Sample) -> list[str]:
    """The paths of elements that come again and hold others, the most frequent of the outermost first."""
    counts: Counter[tuple[str, ...]] = Counter()
    holds: set[tuple[str, ...]] = set()
    at: list[str] = []

    def begins(name: str, attributes: dict[str, str]) -> None:
        if at:
            holds.add(tuple(at))
        at.append(name.rpartition(":")[2])
        counts[tuple(at)] += 1
        if attributes:
            holds.add(tuple(at))

    def refuse(*_declared: object) -> None:
        message = f"{sample.source}: declares a document type, as no return does; ask for it without"
        raise Refusal("unsafe_xml", message)

    parser = ParserCreate()
    parser.StartElementHandler = begins
    parser.EndElementHandler = lambda _name: at.pop()
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(sample.content, sample.is_whole)
    except ExpatError as error:
        message = f"{sample.source}:{error.lineno}: looks like XML and is none; ask for it again"
        raise Refusal("unreadable", message) from error
    again = [path for path in counts if len(path) > 1 and path in holds and counts[path] > 1]
    if not again:
        again = [path for path in counts if len(path) > 1 and path in holds] or [next(iter(counts))]
    # A record whose elements come again within it has more than one value for them.
    flat = [path for path in again if all(counts[other] <= counts[path] for other in _below(path, again))] or again
    outermost = [path for path in flat if not any(path in _below(other, flat) for other in flat)]
    ordered = sorted(outermost, key=lambda path: -counts[path])
    return ["/".join(path) for path in ordered]


def _below(path: tuple[str, ...], paths: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    return [other for other in paths if other != path and other[: len(path)] == path]
