"""What is to be told of rows that were placed all the same, and of points where the records of a delivery pile up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.harmonise.faults import INDEX, Faults
from pipelines.place.located import NOTE, NOTE_COLUMN, NOTED
from pipelines.place.stand_ins import pile_ups
from pipelines.read.records import ROW
from pipelines.specs.feeds import FeedVersion

if TYPE_CHECKING:
    import polars as pl


def note_places(text: pl.DataFrame, placed: pl.DataFrame, faults: Faults) -> None:
    """Note each row whose place has a `NOTE`, under the first column of the way that placed it.

    Args:
        text: every row, with `_index`.
        placed: what `locate` made of them, in the same order.
        faults: takes the notes.
    """
    noted = text.select(INDEX).with_columns(placed.select(NOTE_COLUMN, NOTE)).drop_nulls(NOTE)
    for (column, kind), rows in noted.group_by(NOTE_COLUMN, NOTE, maintain_order=True):
        faults.repair(rows, str(kind), str(column), NOTED[kind])


def note_pile_ups(loaded: pl.DataFrame, version: FeedVersion, faults: Faults) -> None:
    """Note each point at which more of the loaded rows stand than a street has, once for the delivery."""
    for column, message in pile_ups(loaded, (ROW,), version.location):
        faults.note("pile_up", message, column)
