"""What was read of a delivery, kept as one Parquet file: its rows as text, and the rest of the reading beside them.

It is what a delivery is harmonised from again when only maps, dates or places have changed.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import fields
from pathlib import Path
from typing import Any

from pipelines.protect.minimise import Guard
from pipelines.read.records import Erased, Note, Records, Unread
from pipelines.specs.feeds import FeedVersion, PeriodPlace
from pipelines.specs.fingerprint import METHOD, digest
from pipelines.specs.models import Dataset
from pipelines.specs.sensitivity import dropped_columns, identifier_columns
from warehouse.home import whole

_MARK = "commongrid"
_MADE = {"unread": Unread, "notes": Note, "erased": Erased}
_NOT_KEPT = ("frame", "tally", "restricted", "rectified")


def reading_digest(version: FeedVersion, dataset: Dataset, guard: Guard | None) -> str:
    """A hash of what decides how a file is read and what is kept of it, and not what becomes of its rows."""
    period = version.period
    return digest(
        METHOD,
        version.format,
        version.skip,
        version.used_columns(),
        sorted(name for name, column in version.fills() if column.map is not None),
        version.also_called,
        version.ignore,
        version.unpivot,
        version.split,
        version.join,
        version.choose,
        version.control,
        period.cell if isinstance(period, PeriodPlace) else None,
        sorted(identifier_columns(version, dataset)),
        sorted(dropped_columns(version, dataset)),
        _of_people(version, dataset, guard) if guard is not None else None,
    )


def _of_people(version: FeedVersion, dataset: Dataset, guard: Guard) -> list[Any]:
    """What decides how text is made minimal: the columns it is done to, by what, and the day ages are told on."""
    made = [
        (header, column.born, column.age, column.keep, column.years_from, column.missing, dataset.fields[column.field])
        for header, column in version.fills()
    ]
    clocks = [(header, column.date) for header, column in version.fills() if column.field == dataset.clock]
    return [guard.digest, dataset.persons, made, clocks, version.period, version.location]


def write_raw(path: Path, records: Records, read_by: str, stated_rows: int | None) -> None:
    """Keep a reading.

    Args:
        path: the Parquet file to make.
        records: what was read.
        read_by: the `reading_digest` it was read by.
        stated_rows: how many records the partner says there are; what was counted to hold it against is not kept.
    """
    names = [item.name for item in fields(records) if item.name not in _NOT_KEPT]
    rest = {name: getattr(records, name) for name in names}
    text = json.dumps({"read_by": read_by, "stated_rows": stated_rows, **rest}, default=vars, ensure_ascii=False)
    with whole(path) as draft:
        records.frame.write_parquet(draft, compression="lz4", metadata={_MARK: text})


def read_raw(path: Path, read_by: str) -> tuple[Records, int | None] | None:
    """A reading and the stated number of records as kept; None where there is none, or it was read otherwise.

    Args:
        path: the Parquet file.
        read_by: the `reading_digest` in force.
    """
    import polars as pl

    if not path.exists():
        return None
    rest: dict[str, Any] = json.loads(pl.read_parquet_metadata(path).get(_MARK) or "{}")
    if rest.pop("read_by", None) != read_by:
        return None
    for name, kind in _MADE.items():
        rest[name] = [kind(**item) for item in rest[name]]
    rest["skipped"] = Counter(rest["skipped"])
    stated_rows = rest.pop("stated_rows")
    return Records(frame=pl.read_parquet(path), **rest), stated_rows
