"""One delivery read by its spec: header held against the spec, declared rows skipped, identifiers dropped."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pipelines.intake.claims import Claim
from pipelines.intake.refusal import Refusal
from pipelines.read.delimited import read_delimited
from pipelines.read.records import ROW, Records
from pipelines.read.sheet import read_sheet
from pipelines.specs.models import CsvFormat, Dataset, FeedVersion, Sensitivity
from pipelines.specs.problems import nearest


def read_delivery(content: bytes, claim: Claim, dataset: Dataset) -> Records:
    """The rows of one delivery as text, without identifiers.

    Columns the spec ignores are not kept, nor those that fill a field classed as identifier. The text of a record that
    could not be read is kept only where the feed has no identifier at all, since it may hold one.

    Raises:
        Refusal: where nothing of the file can be taken.
    """
    version, name = claim.version, str(claim.source)
    if isinstance(version.format, CsvFormat):
        records = read_delimited(content, version.format, name)
    else:
        records = read_sheet(content, version.format, name)
    _check_header(records.header, version, f"{name}:{version.format.header_row}")
    _skip(records, version)
    hidden = set(identifier_columns(version, dataset))
    kept = [header for header in version.needed_columns() if header not in hidden]
    records.frame = records.frame.select(ROW, *kept)
    if hidden:
        records.unread = [replace(record, text=None) for record in records.unread]
    return records


def identifier_columns(version: FeedVersion, dataset: Dataset) -> Iterator[str]:
    """The columns that fill a direct identifier: read past, and stored nowhere."""
    for header, column in version.columns.items():
        if dataset.fields[column.field].sensitivity is Sensitivity.IDENTIFIER:
            yield header


def _check_header(header: list[str], version: FeedVersion, place: str) -> None:
    repeated = {name for name in header if name and header.count(name) > 1}
    if repeated:
        raise Refusal(
            "repeated_column", f'{place}: the header names "{min(repeated)}" twice; ask the partner which one holds'
        )
    known = [*version.needed_columns(), *version.ignore]
    missing = [name for name in version.needed_columns() if name not in header]
    if missing:
        new = [name for name in header if name not in known]
        told = ", ".join(f'"{name}"{nearest(name, new)}' for name in missing)
        message = (
            f"{place}: the header lacks {told}; ask the partner for the usual columns, or add a version to the spec"
        )
        raise Refusal("missing_column", message)
    unknown = [name for name in header if name not in known]
    if unknown:
        told = ", ".join(f'"{name}"{nearest(name, known)}' for name in unknown)
        message = f"{place}: the spec does not know {told}; map it under `columns`, or name it under `ignore`"
        raise Refusal("unknown_column", message)


def _skip(records: Records, version: FeedVersion) -> None:
    import polars as pl

    for rule in version.skip:
        if rule.column not in records.frame.columns:
            continue
        cell = pl.col(rule.column).fill_null("").str.strip_chars()
        hit = cell == rule.equals if rule.equals is not None else cell.str.starts_with(rule.starts_with or "")
        before = records.frame.height
        records.frame = records.frame.filter(~hit)
        if records.frame.height < before:
            records.skipped[rule.rule] = records.skipped.get(rule.rule, 0) + before - records.frame.height
