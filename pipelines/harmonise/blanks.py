"""Blanks around the texts of a delivery: they are left out wherever a text is used, and that is told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.harmonise.faults import INDEX, Faults
from pipelines.specs.feeds import FeedVersion

if TYPE_CHECKING:
    import polars as pl


def note_blanks(text: pl.DataFrame, version: FeedVersion, plain: set[str], faults: Faults) -> None:
    """Note each text, not empty, with blanks around it. What is made of headings and split cells is not looked at.

    Args:
        text: rows as sent, with `_index` and text columns.
        version: says which columns are used, and how they are made.
        plain: the columns whose texts may be told.
        faults: takes the notes.
    """
    import polars as pl

    made = set(version.made_columns()) - ({version.unpivot.value} if version.unpivot else set())
    columns = [name for name in version.used_columns() if name in text.columns and name not in made]
    # Most files have none: comparing whole columns is quick, and only those that differ are looked at row by row.
    differs = [(pl.col(name).str.strip_chars() != pl.col(name)).any().alias(name) for name in columns]
    found = text.select(differs).row(0, named=True) if columns else {}
    for name in [name for name, is_found in found.items() if is_found]:
        stripped = pl.col(name).str.strip_chars()
        rows = text.select(INDEX, name).filter((stripped != pl.col(name)) & (stripped != ""))
        message = "blanks around it are left out"
        faults.repair(rows, "blanks_trimmed", name, message, name if name in plain else None)
