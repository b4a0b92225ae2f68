"""The coverage grid as people look at it: a window of periods for each partner, each period with its sign."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from pipelines.specs.base import PeriodType
from pipelines.specs.load import SpecSet
from pipelines.specs.periods import label, period_end, period_start, periods_between

# How many periods are shown, unless somebody asks for another number: a year and the period a year ago beside it.
SHOWN = {PeriodType.WEEK: 13, PeriodType.MONTH: 13, PeriodType.QUARTER: 9, PeriodType.TERM: 7}
_SHOWN_YEARS = 5
# Fewer suppliers than this are each told on a line of their own, alike or not.
FOLDED_FROM = 4


@dataclass(frozen=True)
class Sign:
    """How a state is drawn: a sign, the same in plain ASCII, what it means, and a tone that a view gives a colour."""

    sign: str
    ascii: str
    meaning: str
    tone: str


SIGNS = {
    "received": Sign("✓", "v", "received", "good"),
    "nil_return": Sign("0", "0", "nil return: nothing to report", "good"),
    "partial": Sign("P", "P", "partial: some of its parts have come", "wait"),
    "due": Sign("D", "D", "due: its day has not passed", "wait"),
    "late": Sign("L", "L", "late", "warn"),
    "refused": Sign("R", "R", "refused or held", "bad"),
    "not_supplied": Sign("✗", "x", "not supplied", "bad"),
    "not_due": Sign("·", ".", "not due: the period has not ended", "quiet"),
    "not_applicable": Sign("-", "-", "not expected of this supplier", "quiet"),
}  # fmt: skip
# Behind the sign of what came after its day.
LATE_MARK, LATE_MEANING = "*", "came after its due day"
_CAME = ("received", "nil_return", "partial")


@dataclass(frozen=True)
class Cell:
    """One expected return: what came of it."""

    period_start: date
    state: str
    is_late: bool
    due_on: date | None
    received_at: date | None
    revision: int | None
    rows_received: int | None
    rows_loaded: int | None
    rows_quarantined: int | None

    @property
    def looks(self) -> tuple[str, bool]:
        """What can be seen of it: its state, and whether it came late. A late one that has not come is just late."""
        return self.state, self.is_late and self.state in _CAME

    @property
    def mark(self) -> str:
        """What stands behind its sign."""
        return LATE_MARK if self.looks[1] else ""

    def told(self) -> str:
        """In words, as `received, 1,234 rows, 3 of them quarantined, revision 2, known on 2014-07-01`."""
        parts = [sign_of(self.state).meaning]
        if self.looks[1]:
            parts.append(LATE_MEANING)
        if self.rows_received:
            parts.append(f"{self.rows_received:,} row{'s' if self.rows_received > 1 else ''}")
        if self.rows_quarantined:
            parts.append(f"{self.rows_quarantined:,} quarantined")
        if self.revision is not None and self.revision > 1:
            parts.append(f"revision {self.revision}")
        if self.received_at is not None:
            parts.append(f"known on {self.received_at}")
        elif self.due_on is not None and self.state != "not_applicable":
            parts.append(f"due on {self.due_on}")
        return ", ".join(parts)


@dataclass(frozen=True)
class Line:
    """One supplier of one dataset; a cell for each period of its block, None where nothing is expected."""

    dataset: str
    supplier: str
    title: str
    cells: tuple[Cell | None, ...]

    @property
    def looks(self) -> tuple[tuple[str, bool] | None, ...]:
        """What can be seen of it."""
        return tuple(cell.looks if cell else None for cell in self.cells)


@dataclass(frozen=True)
class Block:
    """One partner's lines of one kind of period, and the starts of the periods shown."""

    partner: str
    title: str
    period_type: PeriodType
    periods: tuple[date, ...]
    lines: tuple[Line, ...]

    def last(self, count: int) -> Block:
        """The same with its last `count` periods alone."""
        lines = tuple(Line(one.dataset, one.supplier, one.title, one.cells[-count:]) for one in self.lines)
        return Block(self.partner, self.title, self.period_type, self.periods[-count:], lines)


def sign_of(state: str) -> Sign:
    """How a state is drawn; one that is not known here is drawn all the same."""
    return SIGNS.get(state) or Sign("?", "?", state.replace("_", " "), "quiet")


def states_in(blocks: Iterable[Block]) -> list[str]:
    """The states that are drawn in these blocks, in the order of the legend."""
    seen = {cell.state for block in blocks for line in block.lines for cell in line.cells if cell}
    return [*(state for state in SIGNS if state in seen), *sorted(seen - SIGNS.keys())]


def blocks_of(rows: Sequence[dict[str, Any]], specs: SpecSet, count: int | None = None) -> list[Block]:
    """The coverage grid by partner and kind of period, each with its last periods.

    Args:
        rows: rows of the coverage grid.
        specs: the specs in force.
        count: how many periods; None for as many as the kind of period is mostly looked at.
    """
    ordered = sorted(rows, key=lambda row: (row["partner"], row["period_type"], row["dataset"], row["supplier"]))
    return [
        _block(partner, PeriodType(kind), list(own), specs, count)
        for (partner, kind), own in groupby(ordered, key=lambda row: (row["partner"], row["period_type"]))
    ]


def _block(partner: str, kind: PeriodType, rows: list[dict[str, Any]], specs: SpecSet, count: int | None) -> Block:
    starts = [period_start(kind, row["period_start"]) for row in rows]
    shown = tuple(periods_between(kind, min(starts), max(starts)))[-(count or SHOWN.get(kind, _SHOWN_YEARS)) :]
    suppliers = specs.partners[partner].suppliers
    lines = []
    for (dataset, supplier), own in groupby(rows, key=lambda row: (row["dataset"], row["supplier"])):
        cells = {row["period_start"]: _cell(row) for row in own}
        line = tuple(cells.get(start) for start in shown)
        title = suppliers[supplier].title if supplier in suppliers else supplier
        if any(line):
            lines.append(Line(dataset, supplier, title, line))
    return Block(partner, specs.partners[partner].title, kind, shown, tuple(lines))


def _cell(row: dict[str, Any]) -> Cell:
    same = ("period_start", "state", "is_late", "due_on", "received_at", "revision", "rows_loaded", "rows_quarantined")
    return Cell(**{name: row[name] for name in same}, rows_received=row["records_received"])


def folded(lines: Sequence[Line]) -> list[tuple[Line, ...]]:
    """The lines, with suppliers of a dataset that are all alike in every period as one; few are not worth folding."""
    alike: dict[Any, list[Line]] = {}
    for line in lines:
        alike.setdefault((line.dataset, line.looks), []).append(line)
    found: list[tuple[Line, ...]] = []
    for group in alike.values():
        found += [tuple(group)] if len(group) >= FOLDED_FROM else [(line,) for line in group]
    return sorted(found, key=lambda group: (group[0].dataset, -len(group), group[0].supplier))


def heading(kind: PeriodType, start: date) -> tuple[str, str]:
    """What stands above a period: a first line that groups periods, and a second, of three letters or about."""
    match kind:
        case PeriodType.MONTH:
            return f"{start:%Y}", f"{start:%b}"
        case PeriodType.WEEK:
            return f"{start:%b}", f"{start.day}"
        case PeriodType.QUARTER:
            return f"{start:%Y}", f"Q{(start.month + 2) // 3}"
        case PeriodType.TERM:
            return f"{start:%Y}", label(kind, start)[:3]
        case PeriodType.CALENDAR_YEAR:
            return "", f"{start:%Y}"
        case _:
            return "", f"{start:%y}/{(start.year + 1) % 100:02d}"


def runs(kind: PeriodType, starts: Iterable[date]) -> list[str]:
    """Periods in words, those that follow on each other as one: `April 2023 to June 2023`, `November 2024`."""
    found: list[list[date]] = []
    for start in sorted(starts):
        if found and (start - period_end(kind, found[-1][-1])).days == 1:
            found[-1].append(start)
        else:
            found.append([start])
    return [label(kind, run[0]) + (f" to {label(kind, run[-1])}" if len(run) > 1 else "") for run in found]
