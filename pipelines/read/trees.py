"""What the readers of trees (JSON, GeoJSON, XML) share: a header drawn from all records, and rows made to fit it.

A tree has no header line. Its file is read twice: once to learn every path that holds a value, once for the values.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from pipelines.intake.refusal import Refusal
from pipelines.read.limits import MAX_COLUMNS
from pipelines.read.records import Batch, Reading, Unread, no_rows

if TYPE_CHECKING:
    import polars as pl

# How deep a record or its place may lie, and how long a path may be. Real returns nest three or four levels deep.
MAX_DEPTH = 200
MAX_PATH = 1_000
# A batch ends at the first of these, so that neither many columns nor long texts fill the memory.
_BATCH_RECORDS = 20_000
_BATCH_CELLS = 1_000_000
_BATCH_CHARACTERS = 8 * 1024**2


@dataclass(frozen=True)
class Wanted:
    """The columns a spec reads: those every record must have, and those it may leave out."""

    required: frozenset[str]
    optional: frozenset[str]
    separator: str

    @classmethod
    def of(cls, needed: frozenset[str], optional: tuple[str, ...], separator: str) -> Wanted:
        """What is wanted, where a column that is needed may also be one that a record may leave out."""
        return cls(needed - frozenset(optional), frozenset(optional), separator)

    @cached_property
    def read(self) -> frozenset[str]:
        """Every column that is read."""
        return self.required | self.optional

    @cached_property
    def reached(self) -> frozenset[str]:
        """Every path that is read or has something below it that is."""
        return self.read | {path for name in self.read for path in self.above(name)}

    def above(self, name: str) -> list[str]:
        """The paths of the groups that a column lies in, outermost first."""
        parts = name.split(self.separator)
        return [self.separator.join(parts[:count]) for count in range(1, len(parts))]


@dataclass(slots=True)
class Found:
    """One record as it was found, its values by their paths, null where they are empty.

    `lost` are the paths where more or other than one value stands, so that their value is null; `nulls` those where
    the file itself says null, which speaks for all that might lie below. `fault` is an issue type and what is wrong.
    """

    row: int
    text: str | None = None
    span: tuple[int, int] = (0, 0)
    values: dict[str, str | None] = field(default_factory=dict)
    lost: set[str] = field(default_factory=set)
    nulls: set[str] = field(default_factory=set)
    fault: tuple[str, str] | None = None
    is_blank: bool = False

    def blame(self, issue: str, message: str) -> None:
        """Set the record aside, for the first fault found."""
        self.fault = self.fault or (issue, message)

    def new_path(self, path: str, place: str) -> str:
        """The path of one more value, within the limits of what any real record holds.

        Raises:
            Refusal: beyond them.
        """
        if len(path) > MAX_PATH:
            told = f"{place}: a key or path of more than {MAX_PATH:,} characters, {quoted(path)}"
            raise Refusal("too_large", f"{told}; ask the partner how the file is made")
        if len(self.values) > MAX_COLUMNS:
            raise too_many_columns(place)
        return path


def read_tree(find: Callable[[], Iterator[Found]], wanted: Wanted, name: str) -> Reading:
    """A file of records in a tree, read once here for its header, and once more as its batches are asked for.

    Of a file without records the header is what the spec requires, for such a file lacks nothing.

    Args:
        find: reads the file from its start, record by record.
        wanted: the columns the spec reads.
        name: the file's name, for messages.

    Raises:
        Refusal: where nothing of the file can be taken.
    """
    columns = _Columns(wanted, name)
    for found in find():
        columns.add(found)
    header = columns.names() or sorted(wanted.required)
    return Reading(header, name, _batches(find, wanted, header), header_records=0)


def quoted(path: str) -> str:
    """A path or key as messages show it: cut to a readable length, without what would upset a terminal."""
    shown = path if len(path) <= 60 else f"{path[:57]}..."
    return '"' + "".join(character if character.isprintable() else "?" for character in shown) + '"'


def listed(paths: list[str], most: int = 5) -> str:
    """The first few of some paths, for a message."""
    more = f" and {len(paths) - most:,} more" if len(paths) > most else ""
    return ", ".join(map(quoted, paths[:most])) + more


class _Columns:
    """The paths seen so far, in order, and whether anything was ever said there."""

    def __init__(self, wanted: Wanted, name: str) -> None:
        self.wanted, self.name = wanted, name
        self.said: dict[str, bool] = {}

    def add(self, found: Found) -> None:
        for path, value in found.values.items():
            if value is not None or path in found.lost:
                self.said[path] = True
            else:
                self.said.setdefault(path, False)
        if len(self.said) > MAX_COLUMNS:
            raise too_many_columns(f"{self.name}: record {found.row}")

    def names(self) -> list[str]:
        """The header: a group that is null or empty in some records and filled in others is no column of its own."""
        in_order = sorted(self.said)
        return [
            path
            for path, said in self.said.items()
            if said or path in self.wanted.read or not self._has_below(path, in_order)
        ]

    def _has_below(self, path: str, in_order: list[str]) -> bool:
        below = path + self.wanted.separator
        at = bisect_left(in_order, below)
        return at < len(in_order) and in_order[at].startswith(below)


def _batches(find: Callable[[], Iterator[Found]], wanted: Wanted, header: list[str]) -> Iterator[Batch]:
    # A column that no record has is missing from the header, and the whole file is refused for it.
    required = {name: wanted.above(name) for name in header if name in wanted.required}
    rows = _Rows(header)
    for found in find():
        if rows.is_full:
            yield rows.batch()
            rows = _Rows(header)
        if found.is_blank:
            rows.skipped += 1
            continue
        # An object that the file says is null says so of all that it might hold.
        missing = [name for name in required if name not in found.values and found.nulls.isdisjoint(required[name])]
        if missing:
            told = f"lacks {listed(missing)}; name it under `optional` if a record may leave it out"
            found.blame("missing_key", told)
        rows.add(found)
    yield rows.batch()


class _Rows:
    """A batch in the making."""

    def __init__(self, header: list[str]) -> None:
        self.header = header
        self.most = max(1, min(_BATCH_RECORDS, _BATCH_CELLS // max(1, len(header))))
        self.rows: list[int] = []
        self.columns: list[list[str | None]] = [[] for _name in header]
        self.unread: list[Unread] = []
        self.skipped = self.characters = 0

    @property
    def is_full(self) -> bool:
        return self.characters > _BATCH_CHARACTERS or len(self.rows) + len(self.unread) >= self.most

    def add(self, found: Found) -> None:
        self.characters += len(found.text or "")
        if found.fault:
            self.unread.append(Unread(found.row, *found.span, *found.fault, found.text))
            return
        self.rows.append(found.row)
        for name, column in zip(self.header, self.columns, strict=True):
            column.append(found.values.get(name))

    def batch(self) -> Batch:
        made = Batch(self._frame(), self.unread)
        if self.skipped:
            made.skipped["blank_line"] = self.skipped
        return made

    def _frame(self) -> pl.DataFrame:
        import polars as pl

        schema = no_rows(self.header).schema
        return pl.DataFrame(dict(zip(schema, [self.rows, *self.columns], strict=True)), schema=schema)


def too_deep(place: str) -> Refusal:
    """What a tree that is nested beyond all reason is refused with."""
    return Refusal("too_large", f"{place}: is nested more than {MAX_DEPTH} levels deep; ask the partner how it is made")


def too_many_columns(place: str) -> Refusal:
    """What has more names than any table has columns is refused with."""
    told = f"{place}: makes more than {MAX_COLUMNS:,} columns"
    return Refusal("too_many_columns", f"{told}; ask the partner for records that all have the same keys")
