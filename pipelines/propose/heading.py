"""Where a table begins: its header among the first rows, lines of a title above it, or no header at all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from pipelines.propose.shapes import class_of, is_year
from pipelines.protect.personal import tells_of_person

# How far down a header is looked for, and how many rows below tell what its columns hold.
_DEPTH = 40
_BELOW = 200
# A column is of a kind if this share of its values is.
_MOST = 0.8

GridRow = tuple[int, Sequence[str]]


@dataclass(frozen=True)
class Top:
    """The rows of the header, counted from 1 (none: there is no header), and the first row of the body.

    `ask` is what remains in doubt. `above` are the cells that stand above the table, by row.
    """

    rows: tuple[int, ...]
    first: int
    ask: str | None = None
    above: tuple[GridRow, ...] = field(default=())


def find_header(grid: Sequence[GridRow]) -> Top:
    """Where the header stands among the first rows of a table; rows without a filled cell are left out of it."""
    rows = [(number, [cell.strip() for cell in cells]) for number, cells in grid if any(cell.strip() for cell in cells)]
    if not rows:
        return Top((), 1, "there is no row; send a file that has some")
    width = _width(rows)
    for share in (0.8, 0.5, 0):
        least = max(min(width, 2), width * share)
        index = next((at for at, (_number, cells) in enumerate(rows[:_DEPTH]) if _filled(cells) >= least), None)
        if index is not None:
            return _begins_at(rows, index, width)
    return Top((rows[0][0],), rows[0][0] + 1, "no row stands out as the header; is it this one?")


def _begins_at(rows: Sequence[GridRow], index: int, width: int) -> Top:
    """The top of a table whose first full row is given: its header, or the row below a header with gaps, or data."""
    verdict = _verdict(rows, index)
    if verdict is None and index and _filled(rows[index - 1][1]) >= width * 0.5:
        index, verdict = (index - 1, above) if (above := _verdict(rows, index - 1)) is not None else (index, None)
    if verdict is None:
        ask = "no row looks like a header, so the columns are numbered; what is each called?"
        return Top((), rows[index][0], ask, tuple(rows[:index]))
    return _with_second_row(rows, index, width, verdict)


def _verdict(rows: Sequence[GridRow], index: int) -> str | None:
    return _is_header(rows[index][1], [cells for _number, cells in rows[index + 1 : index + 1 + _BELOW]])


def _width(rows: Sequence[GridRow]) -> int:
    """How many columns the table fills: the most frequent reach of its rows, where wide ones count for more."""
    reach = Counter(max(at for at, cell in enumerate(cells, 1) if cell) for _number, cells in rows)
    return max(reach, key=lambda width: (reach[width] * (width > 1), width))


def _filled(cells: Sequence[str]) -> int:
    return sum(1 for cell in cells if cell)


def _is_header(cells: Sequence[str], below: Sequence[Sequence[str]]) -> str | None:
    """Whether a row is a header: None if it is of the same kind as the rows below, else what is to be asked of it."""
    if not below:
        return "there is no row below it"
    same = other = typed = 0
    for at, cell in enumerate(cells):
        kind = _kind_below(at, below)
        if kind == "text" or not cell:
            continue
        typed += 1
        looks = class_of(cell)
        if looks == kind and not is_year(cell):
            same += 1
        elif looks != kind:
            other += 1
    if typed:
        return "" if other > same or (not same and _distinct(cells)) else None
    if not _occurs_below(cells, below) and not any(tells_of_person(cell) for cell in cells):
        return "its columns are all text, so only the words tell; is it the header?"
    return None


def _kind_below(at: int, below: Sequence[Sequence[str]]) -> str:
    kinds = Counter(class_of(row[at]) for row in below if at < len(row) and row[at])
    if not kinds:
        return "text"
    (kind, count), *_others = kinds.most_common(1)
    return kind if count >= _MOST * sum(kinds.values()) else "text"


def _distinct(cells: Sequence[str]) -> bool:
    filled = [cell.casefold() for cell in cells if cell]
    return len(set(filled)) == len(filled)


def _occurs_below(cells: Sequence[str], below: Sequence[Sequence[str]]) -> bool:
    """Whether a cell stands in its own column again, as values do and headings do not."""
    return any(cell and at < len(row) and row[at] == cell for row in below for at, cell in enumerate(cells))


def _with_second_row(rows: Sequence[GridRow], index: int, width: int, ask: str) -> Top:
    """The header with the row above or below that belongs to it."""
    number, cells = rows[index]
    above = tuple(rows[:index])
    two = "two rows are taken for the header; are they?"
    if index + 1 < len(rows) and rows[index + 1][0] == number + 1:
        lower = rows[index + 1][1]
        gaps = [at for at in range(width) if at >= len(cells) or not cells[at]]
        fills = [at for at in gaps if at < len(lower) and lower[at] and class_of(lower[at]) == "text"]
        if gaps and len(fills) >= 0.8 * len(gaps) and _verdict(rows, index + 1) is not None:
            return Top((number, number + 1), number + 2, two, above)
    if index and rows[index - 1][0] == number - 1:
        upper = rows[index - 1][1]
        groups = sum(1 for cell in upper[:width] if cell and (class_of(cell) != "number" or is_year(cell)))
        if 2 <= groups < _filled(cells):
            if not _distinct(cells[:width]):
                return Top((number - 1, number), number + 1, two, above[:-1])
            told = f"row {number - 1} has headings over several columns; write [{number - 1}, {number}] to keep them"
            return Top((number,), number + 1, told, above)
    return Top((number,), number + 1, ask or None, above)
