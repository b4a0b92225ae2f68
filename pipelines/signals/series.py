"""A supplier's returns in the order of their periods: which are held against which, and what is told once.

A departure that goes on is told where it began. While it goes on it is no part of what later returns are held against;
once it has gone on for `SETTLED` returns, it is how things are, and they are held against it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from pipelines.signals import limits
from pipelines.signals.shares import Departure
from pipelines.specs.base import PeriodType
from pipelines.specs.periods import label

Counts = dict[str, float]


@dataclass
class Summary:
    """The counts of one return: (kind, name) to code to n."""

    period: date
    counts: dict[tuple[str, str], Counts] = field(default_factory=dict)

    def of(self, kind: str, name: str = "") -> Counts:
        """The counts of a kind and name, none where nothing of it was there."""
        return self.counts.get((kind, name), {})

    def one(self, kind: str, name: str = "") -> float:
        """The count of a kind that has no codes; 0 where there is none."""
        return self.of(kind, name).get("", 0)

    def names(self, kind: str) -> list[str]:
        """What of a kind is counted."""
        return sorted(name for found, name in self.counts if found == kind)


@dataclass(frozen=True)
class Told:
    """A departure, in which period, and which periods it was held against."""

    period: date
    departure: Departure
    compared_with: str


Judge = Callable[[Summary, Sequence[Summary]], Departure | None]


def told_of(summaries: Iterable[Summary], kind: PeriodType, judge: Judge) -> list[Told]:
    """What a judge says of each return, held against those before it.

    Args:
        summaries: the returns of one supplier between two breaks, in order, each with enough to be judged on.
        kind: their calendar.
        judge: what it says of a return and its history: None where there is nothing to tell.
    """
    history: list[Summary] = []
    run: list[Summary] = []
    last: Departure | None = None
    is_told = False
    told = []
    for item in summaries:
        pool = history[-limits.HISTORY :]
        found = judge(item, pool) if len(pool) >= limits.LEAST_HISTORY else None
        if found is None:
            history.append(item)
            run, last = [], None
            continue
        if last is None or (last.side, last.concerns) != (found.side, found.concerns):
            run, is_told = [], False
        if found.is_clear and not is_told:
            told.append(Told(item.period, found, _periods(pool, kind)))
            is_told = True
        run, last = [*run, item], found
        if len(run) == limits.SETTLED:
            history, run, last = run, [], None
    return told


def told_when_begun(
    summaries: Iterable[Summary], judge: Callable[[Summary], Departure | None], expectation: str
) -> list[Told]:
    """The same where a return is held against what is to be expected of any, in words.

    It goes on until `SETTLED` returns in a row are as expected: near a limit, chance makes it come and go.
    """
    told, quiet = [], limits.SETTLED
    for item in summaries:
        found = judge(item)
        if found is not None and quiet >= limits.SETTLED:
            told.append(Told(item.period, found, expectation))
        quiet = 0 if found is not None else quiet + 1
    return told


def _periods(pool: Sequence[Summary], kind: PeriodType) -> str:
    """`12 returns, April 2023 to March 2024`."""
    return f"{len(pool)} returns, {label(kind, pool[0].period)} to {label(kind, pool[-1].period)}"
