"""Columns of text made others, text by text, and what is told of a text that was kept back: never the text itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

# The column of a frame of text that numbers its records, as they stand in the file.
ROW = "_row"


@dataclass(frozen=True)
class Told:
    """One text that was kept back, or made coarser than its way to a place declares: its record, column, and why."""

    line: int
    column: str
    issue_type: str
    message: str


def told_of(frame: pl.DataFrame, which: pl.Series, column: str, issue_type: str, message: str) -> list[Told]:
    """The same thing told of each record of `frame` for which `which` is true."""
    lines = frame[ROW].filter(which.fill_null(False))
    return [Told(line, column, issue_type, message) for line in lines]


def cleaned(texts: pl.Series, missing: tuple[str, ...] = ()) -> pl.Series:
    """Texts without blanks around them; what means no value is null."""
    plain = texts.str.strip_chars()
    return plain.set(plain.is_in(["", *missing]).fill_null(False), None)


def each_text(texts: pl.Series, become: Callable[[str], str | None]) -> pl.Series:
    """What each text becomes, each distinct one worked out once; null stays null."""
    import polars as pl

    made = {text: become(text) for text in texts.drop_nulls().unique()}
    return texts.replace_strict(made, default=None, return_dtype=pl.String)
