"""What a reader makes of one file: the rows as text, and an account of every record in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

ROW = "_row"


@dataclass(frozen=True)
class Unread:
    """A record that does not have the declared shape: its first physical line, its bytes, and why."""

    line: int
    first_byte: int
    after_byte: int
    issue_type: str
    message: str
    text: str | None


@dataclass
class Records:
    """The records of one file.

    `frame` has the column `_row` (first physical line or sheet row, from 1) and one text column for each column of
    the header; an empty cell is null.
    """

    frame: pl.DataFrame
    header: list[str]
    headers_read: int = 1
    skipped: dict[str, int] = field(default_factory=dict)
    unread: list[Unread] = field(default_factory=list)

    @property
    def total(self) -> int:
        """All records: header, skipped, read and unread."""
        return self.headers_read + sum(self.skipped.values()) + self.frame.height + len(self.unread)


def distinct(header: list[str]) -> list[str]:
    """The header with repeats told apart; the check of the header against the spec refuses them by name."""
    seen = {ROW: 1}
    names = []
    for name in header:
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name}\x00{seen[name]}")
    return names
