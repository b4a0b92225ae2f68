"""One delivery read by its spec: header held against the spec, declared rows skipped, text made minimal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, BinaryIO

from pipelines.intake.claims import Claim
from pipelines.protect.minimise import Guard, minimised, needs_guard
from pipelines.read.delimited import read_delimited
from pipelines.read.fixed_width import read_fixed_width
from pipelines.read.headings import check_header, notes_of_renamed, renamed
from pipelines.read.records import ROW, Batch, Note, Reading, Records, distinct, gathered
from pipelines.read.skipping import Skipper
from pipelines.specs.feeds import FeedVersion, PeriodPlace
from pipelines.specs.formats import CsvFormat, FixedWidthFormat, GeoJsonFormat, JsonFormat, SheetFormat
from pipelines.specs.models import Dataset
from pipelines.specs.sensitivity import dropped_columns, is_of_persons

if TYPE_CHECKING:
    import polars as pl


def read_delivery(file: BinaryIO, claim: Claim, dataset: Dataset | None, guard: Guard | None = None) -> Records:
    """The rows of one delivery as text that may be kept, all in memory: `reading_of` brought to its end.

    Raises:
        Refusal: where nothing of the file can be taken.
    """
    return gathered(reading_of(file, claim, dataset, guard))


def as_sent(file: BinaryIO, claim: Claim) -> pl.DataFrame:
    """Every column of a delivery's file, in clear and in memory alone, for whoever is entitled to it: with `_row`.

    Headings are those that the spec knows them by.

    Raises:
        Refusal: where nothing of the file can be read.
    """
    reading = _opened(file, claim, frozenset())
    frame = gathered(reading).frame
    return frame.rename(dict(zip(frame.columns[1:], distinct(renamed(reading.header, claim.version)), strict=True)))


def reading_of(file: BinaryIO, claim: Claim, dataset: Dataset | None, guard: Guard | None = None) -> Reading:
    """One delivery being read, batch by batch, as rows of text that may be kept.

    Columns the spec ignores are not kept, nor those that fill an identifier of which no pseudonym is kept. What tells
    of people is made as little as `minimised` says. The text of a record that could not be read is kept only where the
    feed has nothing of people at all. Of a dataset that is not known (None) nothing can be told to be an identifier.

    Args:
        file: the file's bytes.
        claim: its feed, and the version that reads it.
        dataset: what it is read into.
        guard: what making text minimal needs.

    Raises:
        Refusal: where nothing of the file can be taken; also while the batches are read.
        ValueError: where the version needs a guard and there is none, which is a fault of the program.
    """
    version = claim.version
    reading = _opened(file, claim, _needed(version))
    header = renamed(reading.header, version)
    of_persons = dataset is not None and is_of_persons(version, dataset)
    check_header(header, version, reading.place, of_persons)
    dropped = dropped_columns(version, dataset) if dataset else set()
    kept = [name for name in kept_columns(version, header) if name not in dropped]
    batches = _counted(reading.batches, header, Skipper(version, header), version)
    if dataset is not None and needs_guard(version, dataset):
        batches = _guarded(batches, version, dataset, guard)
    reading.batches = _kept(batches, header, kept, of_persons)
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


def _guarded(batches: Iterator[Batch], version: FeedVersion, dataset: Dataset, guard: Guard | None) -> Iterator[Batch]:
    """Each batch with what tells of people made minimal, and a note of each text that was lost by it."""
    if guard is None:
        raise ValueError(f"a version valid from {version.valid_from} keeps less than it reads, and no guard was given")
    for batch in batches:
        frame, told = minimised(batch.frame, version, dataset, guard)
        notes = [Note(item.issue_type, item.message, item.line, item.column) for item in told]
        yield replace(batch, frame=frame, notes=[*batch.notes, *notes])


def _kept(batches: Iterator[Batch], header: list[str], kept: list[str], of_persons: bool) -> Iterator[Batch]:
    """Each batch without the columns that are not wanted, and without unread texts that may tell of people."""
    import polars as pl

    for batch in batches:
        absent = [pl.lit(None, pl.String).alias(name) for name in kept if name not in header]
        frame = batch.frame.with_columns(absent).select(ROW, *kept)
        unread = [replace(record, text=None) for record in batch.unread] if of_persons else batch.unread
        yield replace(batch, frame=frame, unread=unread)
