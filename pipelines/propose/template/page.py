"""What a blank workbook is made of: the table to be filled, its columns, the cells beside it, and the lists.

Plain data. How a page comes about is told in `of_dataset.py` and `of_feed.py`; how it looks, in `book.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Literal

# How a day stands in a workbook's cell once it is read.
ISO_DAY = "%Y-%m-%d"
GUIDE, LISTS = "How to fill this in", "Code lists"


class NoTemplateError(ValueError):
    """A workbook that cannot be made as it was asked for; the message says why, and what can be."""


@dataclass(frozen=True)
class Listed:
    """A line of a list: the text to write, and what it stands for. `is_used` is false of what no row may say."""

    text: str
    code: str
    label: str
    part_of: str = ""
    first: date | None = None
    last: date | None = None
    about: str = ""
    is_used: bool = True


@dataclass(frozen=True)
class Choices:
    """A list to choose from; `is_closed` where nothing else is understood."""

    name: str
    lines: tuple[Listed, ...]
    is_closed: bool = True

    @property
    def texts(self) -> list[str]:
        """What may be written, in the order of the list."""
        return [line.text for line in self.lines if line.is_used]


Kind = Literal["text", "choice", "date", "number", "integer", "nothing"]


@dataclass(frozen=True)
class Entry:
    """A column to be filled.

    `field` is the dataset's field it fills; empty for a place, a period or a supplier. `written` says how, where the
    kind does not. A number lies from `lower` to `upper`, or is one of `words`. `nothing` is a column whose heading
    must be there and whose cells are not kept.
    """

    heading: str
    kind: Kind
    about: str
    field: str = ""
    is_required: bool = False
    choices: Choices | None = None
    lower: float | None = None
    upper: float | None = None
    words: Choices | None = None
    written: str = ""


@dataclass(frozen=True)
class Mark:
    """A cell outside the table that has to be filled: the period or a total. `sheet` is empty for the table's own."""

    sheet: str
    row: int
    column: int
    kind: Literal["date", "number", "text"]
    role: Literal["period", "rows", "total"]
    label: str


@dataclass(frozen=True)
class Page:
    """The sheet with the table.

    Rows and columns count from 1. `header_rows` are none where the table has no header. `opening` is the row below
    which rows are counted, and the text it begins with. `has_foot`: rows that are no records stand below the table.
    """

    sheet: str
    entries: tuple[Entry, ...]
    header_rows: tuple[int, ...]
    first_row: int
    first_column: int = 1
    marks: tuple[Mark, ...] = ()
    opening: tuple[int, str] | None = None
    title: str = ""
    has_foot: bool = False

    def lists(self) -> list[Choices]:
        """The lists its columns choose from, each once."""
        found: dict[str, Choices] = {}
        for entry in self.entries:
            for choices in (entry.choices, entry.words):
                if choices is not None:
                    found.setdefault(choices.name, choices)
        return list(found.values())


@dataclass(frozen=True)
class Guide:
    """What the first sheet says besides what the page itself tells.

    `foot` are steps at the end of the table; `no_nil` says why an empty table cannot be sent, empty where it can.
    """

    title: str
    one_row: str
    every: str
    file_name: str
    send_to: str
    foot: tuple[str, ...] = ()
    no_nil: str = ""
    not_asked: tuple[str, ...] = ()
    has_persons: bool = False
