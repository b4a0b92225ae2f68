"""What was wrong with which row, gathered while a delivery is harmonised."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from pipelines.protect.personal import tells_of_person
from pipelines.read.records import Note

if TYPE_CHECKING:
    import polars as pl

INDEX = "_index"


@dataclass
class Faults:
    """Faults of rows, as frames of `_index` (row of the frame, from 0), issue_type, column, value, message.

    A value that looks as if it told who a person is, is kept with none of them.

    `repairs` are frames of the same columns, of what was mended and stops no row.
    """

    frames: list[pl.DataFrame] = field(default_factory=list)
    repairs: list[pl.DataFrame] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    def note(self, issue_type: str, message: str, column: str) -> None:
        """Note something of a column that stops no row."""
        self.notes.append(Note(issue_type, message, column=column))

    def add(self, rows: pl.DataFrame, issue_type: str, column: str, message: str, value: str | None = None) -> None:
        """Note a fault of each row of `rows`, a frame with `_index`; `value` names the column of the offending text."""
        self.frames.append(_told(rows, issue_type, column, message, value))

    def repair(self, rows: pl.DataFrame, issue_type: str, column: str, message: str, value: str | None = None) -> None:
        """Note a repair of each row of `rows`, as `add` does a fault; `value` names the column of the text as sent."""
        self.repairs.append(_told(rows, issue_type, column, message, value))

    def table(self) -> pl.DataFrame:
        """All faults, in row order."""
        return _together(self.frames)

    def repaired(self) -> pl.DataFrame:
        """All repairs, in row order."""
        return _together(self.repairs)


def _told(rows: pl.DataFrame, issue_type: str, column: str, message: str, value: str | None) -> pl.DataFrame:
    import polars as pl

    return rows.select(
        pl.col(INDEX).cast(pl.UInt32),
        issue_type=pl.lit(issue_type),
        column=pl.lit(column),
        value=_no_persons(rows[value].cast(pl.String)) if value else pl.lit(None, pl.String),
        message=pl.lit(message),
    )


def _no_persons(values: pl.Series) -> pl.Series:
    """Values, null where one looks like a person's name, number or address."""
    personal = [text for text in values.drop_nulls().unique() if tells_of_person(text.strip())]
    return values.set(values.is_in(personal).fill_null(False), None) if personal else values


def _together(frames: list[pl.DataFrame]) -> pl.DataFrame:
    import polars as pl

    schema = {INDEX: pl.UInt32, **dict.fromkeys(("issue_type", "column", "value", "message"), pl.String)}
    return pl.concat([pl.DataFrame(schema=schema), *frames]).sort(INDEX, maintain_order=True)
