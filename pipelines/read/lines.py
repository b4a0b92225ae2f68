"""The physical lines of a stretch of delimited text, each told by what the fast path may do with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipelines.read.lexer import Dialect

if TYPE_CHECKING:
    import numpy as np

_NEWLINE, _RETURN = 10, 13


@dataclass
class Lines:
    """Lines of a stretch: `starts` and `ends` (without the line end) are byte offsets into `content`.

    `first` is the number of the first line in the file, from 1. Masks, one flag a line: `blank`; `marked`, with a
    quotation mark or escape character; `neat`, where every quoted field is quoted as a whole and holds no mark inside;
    `broken`, with a carriage return in it. `fields` counts those of a line that is plain or neat.
    """

    content: bytes
    first: int
    starts: np.ndarray[Any, Any]
    ends: np.ndarray[Any, Any]
    blank: np.ndarray[Any, Any]
    marked: np.ndarray[Any, Any]
    neat: np.ndarray[Any, Any]
    broken: np.ndarray[Any, Any]
    fields: np.ndarray[Any, Any]

    def __len__(self) -> int:
        return len(self.starts)

    def at(self, offset: int) -> int:
        """The index of the line that holds an offset."""
        return int(self.starts.searchsorted(offset, side="right")) - 1


def split_lines(content: bytes, first: int, dialect: Dialect) -> Lines:
    """The lines of a stretch, looked at all together."""
    import numpy as np

    data = np.frombuffer(content, dtype=np.uint8)
    breaks = np.flatnonzero(data == _NEWLINE)
    starts = np.concatenate(([0], breaks + 1))
    ends = np.concatenate((breaks, [len(data)]))
    if starts[-1] == len(data):
        starts, ends = starts[:-1], ends[:-1]
    returns = np.flatnonzero(data == _RETURN)
    if len(returns):
        # CR LF, or CR CR LF where a program has turned the LF of a CR LF into another.
        for _ in range(2):
            ends = ends - ((ends > starts) & (data[np.maximum(ends - 1, 0)] == _RETURN))
    broken = _between(returns, starts, ends) > 0
    escapes = _between(_places(data, dialect.escape), starts, ends)
    is_mark = data == dialect.quote[0] if dialect.quote else np.zeros(len(data), dtype=bool)
    marks = np.flatnonzero(is_mark)
    counted = _between(marks, starts, ends)
    parts = _places(data, dialect.delimiter)
    if len(marks) and len(dialect.delimiter) == 1:
        neat = _neat(data, starts, ends, marks, counted, dialect) & (counted > 0) & ~broken & (escapes == 0)
        # Whether an odd number of marks stands before a place; eight bits are enough for that.
        odd = np.cumsum(is_mark, dtype=np.uint8) & 1
        at_start = np.where(starts > 0, odd[np.maximum(starts - 1, 0)], 0)
        of_part = np.repeat(np.arange(len(starts)), _between(parts, starts, ends))
        parts = parts[odd[parts] == at_start[of_part]]
    else:
        neat = np.zeros(len(starts), dtype=bool)
    marked = (counted > 0) | (escapes > 0)
    fields = _between(parts, starts, ends) + 1
    return Lines(content, first, starts, ends, starts == ends, marked, neat, broken, fields)


def _places(data: np.ndarray[Any, Any], mark: bytes) -> np.ndarray[Any, Any]:
    """Where a single byte stands; nowhere, for a mark that is empty or longer (the lexer reads such lines)."""
    import numpy as np

    return np.flatnonzero(data == mark[0]) if len(mark) == 1 else np.zeros(0, dtype=np.int64)


def _between(
    places: np.ndarray[Any, Any], starts: np.ndarray[Any, Any], ends: np.ndarray[Any, Any]
) -> np.ndarray[Any, Any]:
    """How many of the places lie in each line."""
    import numpy as np

    if not len(places):
        return np.zeros(len(starts), dtype=np.int64)
    counted: np.ndarray[Any, Any] = np.searchsorted(places, ends) - np.searchsorted(places, starts)
    return counted


def _neat(
    data: np.ndarray[Any, Any],
    starts: np.ndarray[Any, Any],
    ends: np.ndarray[Any, Any],
    marks: np.ndarray[Any, Any],
    counted: np.ndarray[Any, Any],
    dialect: Dialect,
) -> np.ndarray[Any, Any]:
    """Which lines have neat quotation marks, so that they cannot be read in two ways.

    Neat: an even number of marks; the first of each pair at the line's start or behind a delimiter, the second at its
    end or before one.
    """
    import numpy as np

    line = np.repeat(np.arange(len(starts)), counted)
    before = np.cumsum(counted) - counted
    opens = (np.arange(len(marks)) - before[line]) % 2 == 0
    mark = dialect.delimiter[0]
    behind = (data[np.maximum(marks - 1, 0)] == mark) | (marks == starts[line])
    ahead = (data[np.minimum(marks + 1, len(data) - 1)] == mark) | (marks + 1 >= ends[line])
    wrong = np.zeros(len(starts), dtype=bool)
    wrong[line[np.where(opens, ~behind, ~ahead)]] = True
    neat: np.ndarray[Any, Any] = ~wrong & (counted % 2 == 0)
    return neat
