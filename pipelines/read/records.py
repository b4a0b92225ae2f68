"""What a reader makes of one file: the rows as text, and an account of every record in it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from pipelines.protect import told
from pipelines.read.tally import Tally

if TYPE_CHECKING:
    import polars as pl

ROW = told.ROW


@dataclass(frozen=True)
class Unread:
    """A record that does not have the declared shape: its first physical line or row, its bytes, and why.

    `first_byte` and `after_byte` span it in the file as sent; both are 0 where a format has no such place (a sheet).
    `text` is the record itself, or None where it may hold an identifier.
    """

    line: int
    first_byte: int
    after_byte: int
    issue_type: str
    message: str
    text: str | None


@dataclass(frozen=True)
class Erased:
    """A row that was erased as a person asked: where it stood, and whose it was. Nothing else of it is kept.

    `row` and `part` are as of any row; `period_start` is written as `2024-05-01`.
    """

    row: int
    part: int = 1
    supplier: str | None = None
    period_start: str | None = None

    @property
    def period(self) -> date | None:
        """The first day of its reporting period, where that is known."""
        return date.fromisoformat(self.period_start) if self.period_start else None


@dataclass(frozen=True)
class Rectified:
    """A cell that a person has had put right: its row, its column, what it is to say, and the request's number."""

    row: int
    column: str
    text: str
    request: str


@dataclass(frozen=True)
class Note:
    """Something to know of a file, or of a row that is kept: it stops nothing. `line` is 0 for the whole file."""

    issue_type: str
    message: str
    line: int = 0
    column: str | None = None


@dataclass
class Batch:
    """A stretch of a file: rows read, records set aside, records skipped by rule, and what is to be noted.

    `frame` has `_row` (UInt32; first physical line, sheet row, or the ordinal of a record in JSON and XML, from 1, each
    once in a file, in file order), then one text column for each of the header, named by `distinct`. Empty cells are
    null. `tally` is counted once the rules have skipped what they skip.
    """

    frame: pl.DataFrame
    unread: list[Unread] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)
    notes: list[Note] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)


@dataclass
class Reading:
    """A file whose header has been read and whose records are still to come, batch by batch.

    `place` is the header's, for messages (`x.csv:1`). `header_records` is how many records the header takes: 0 where
    the spec names the columns. `cells` holds the text of each cell that was asked for, None where it is empty. `notes`
    are of the header.
    """

    header: list[str]
    place: str
    batches: Iterator[Batch]
    header_records: int = 1
    cells: dict[str, str | None] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)


@dataclass
class Records:
    """The records of one file, all of them read.

    `erased` are rows that are in `frame` no more; `restricted` the numbers of rows that are, and may only be stored.
    """

    frame: pl.DataFrame
    header: list[str]
    headers_read: int = 1
    skipped: Counter[str] = field(default_factory=Counter)
    unread: list[Unread] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    cells: dict[str, str | None] = field(default_factory=dict)
    tally: Tally = field(default_factory=Tally)
    erased: list[Erased] = field(default_factory=list)
    restricted: list[int] = field(default_factory=list)
    rectified: list[Rectified] = field(default_factory=list)

    @property
    def read(self) -> int:
        """The records that had the declared shape, those since erased with them."""
        return self.frame.height + len({item.row for item in self.erased})

    @property
    def total(self) -> int:
        """All records: header, skipped, read and unread."""
        return self.headers_read + sum(self.skipped.values()) + self.read + len(self.unread)


def gathered(reading: Reading) -> Records:
    """A reading brought to its end, all in memory."""
    import polars as pl

    records = Records(no_rows(reading.header), reading.header, reading.header_records, cells=reading.cells)
    records.notes += reading.notes
    frames = [records.frame]
    for batch in reading.batches:
        frames.append(batch.frame)
        records.skipped += batch.skipped
        records.unread += batch.unread
        records.notes += batch.notes
        records.tally.add(batch.tally)
    records.frame = pl.concat(frames)
    records.unread.sort(key=lambda record: record.line)
    return records


def no_rows(header: list[str]) -> pl.DataFrame:
    """A frame of no rows with the columns of a header."""
    import polars as pl

    return pl.DataFrame(schema={ROW: pl.UInt32, **dict.fromkeys(distinct(header), pl.String)})


def distinct(header: list[str]) -> list[str]:
    """The header with repeats told apart; the check of the header against the spec refuses them by name."""
    seen = {ROW: 1}
    names = []
    for name in header:
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name}\x00{seen[name]}")
    return names
