"""One delivery read by its spec: header held against the spec, declared rows skipped, identifiers dropped."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO

from pipelines.intake.claims import Claim
from pipelines.read.delimited import read_delimited
from pipelines.read.fixed_width import read_fixed_width
from pipelines.read.headings import check_header, notes_of_renamed, renamed
from pipelines.read.records import ROW, Batch, Reading, Records, distinct, gathered
from pipelines.read.skipping import Skipper
from pipelines.specs.feeds import FeedVersion, PeriodPlace
from pipelines.specs.formats import CsvFormat, FixedWidthFormat, GeoJsonFormat, JsonFormat, SheetFormat
from pipelines.specs.models import Dataset
from pipelines.specs.sensitivity import identifier_columns


def read_delivery(file: BinaryIO, claim: Claim, dataset: Dataset | None) -> Records:
    """The rows of one delivery as text, without identifiers, all in memory.

    Raises:
        Refusal: where nothing of the file can be taken.
    """
    return gathered(reading_of(file, claim, dataset))


def reading_of(file: BinaryIO, claim: Claim, dataset: Dataset | None) -> Reading:
    """One delivery being read, batch by batch, as rows of text without identifiers.

    Columns the spec ignores are not kept, nor those that fill a field classed as identifier. The text of a record that
    could not be read is kept only where the feed has no identifier at all, since it may hold one. Of a dataset that is
    not known (None) nothing can be told to be an identifier.

    Raises:
        Refusal: where nothing of the file can be taken; also while the batches are read.
    """
    version = claim.version
    reading = _opened(file, claim, _needed(version))
    header = renamed(reading.header, version)
    check_header(header, version, reading.place)
    hidden = set(identifier_columns(version, dataset)) if dataset else set()
    kept = [name for name in kept_columns(version, header) if name not in hidden]
    skipper = Skipper(version, header)
    reading.batches = _kept(_counted(reading.batches, header, skipper, version), header, kept, bool(hidden))
    return replace(reading, header=kept, notes=[*reading.notes, *notes_of_renamed(reading.header, header)])


def _opened(file: BinaryIO, claim: Claim, needed: frozenset[str]) -> Reading:
    """The reader of the declared format, at work."""
    format_, name = claim.version.format, str(claim.source)
    cells = _cells(claim.version)
    match format_:
        case CsvFormat():
            return read_delimited(file, format_, name, cells)
        case FixedWidthFormat():
            return read_fixed_width(file, format_, name)
        case SheetFormat():
            from pipelines.read.sheet import read_sheet

            return read_sheet(file, format_, name, claim.source.sheet, cells)
        case JsonFormat():
            from pipelines.read.json_text import read_json

            return read_json(file, format_, name, needed)
        case GeoJsonFormat():
            from pipelines.read.json_text import read_geojson

            return read_geojson(file, format_, name, needed)
        case _:
            from pipelines.read.xml_text import read_xml

            return read_xml(file, format_, name, needed)


def _cells(version: FeedVersion) -> tuple[str, ...]:
    """The cells whose text is wanted: that of the period, and those that state control totals."""
    period = version.period
    cells = [period.cell if isinstance(period, PeriodPlace) else None, *(control.cell for control in version.control)]
    return tuple(dict.fromkeys(cell for cell in cells if cell is not None))


def _needed(version: FeedVersion) -> frozenset[str]:
    """The columns that a reader of trees must find in every record, by whichever name the file may give them."""
    optional = getattr(version.format, "optional", ())
    names = [name for name in version.needed_columns() if name not in optional]
    return frozenset(name for name in names if name not in version.also_called)


def kept_columns(version: FeedVersion, header: list[str]) -> list[str]:
    """The columns of a file that are kept: those that rows are made from, and those that are unpivoted."""
    wide = version.unpivot.takes(header) if version.unpivot else []
    return list(dict.fromkeys([*version.needed_columns(), *wide]))


def _counted(batches: Iterator[Batch], header: list[str], skipper: Skipper, version: FeedVersion) -> Iterator[Batch]:
    """Each batch without the rows that are skipped, with its tally."""
    names = [ROW, *distinct(header)]
    for batch in batches:
        frame = batch.frame
        if frame.columns != names:
            frame = frame.rename(dict(zip(frame.columns, names, strict=True)))
        left = skipper.without_skipped(replace(batch, frame=frame))
        left.tally.count(left.frame, len(left.unread), version)
        yield left


def _kept(batches: Iterator[Batch], header: list[str], kept: list[str], has_identifiers: bool) -> Iterator[Batch]:
    """Each batch without the columns that are not wanted, and without texts that may hold an identifier."""
    import polars as pl

    for batch in batches:
        absent = [pl.lit(None, pl.String).alias(name) for name in kept if name not in header]
        frame = batch.frame.with_columns(absent).select(ROW, *kept)
        unread = [replace(record, text=None) for record in batch.unread] if has_identifiers else batch.unread
        yield replace(batch, frame=frame, unread=unread)
