"""`category_shift`: rows move from one code to its neighbour while the sum of the two stays as it was."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from math import sqrt
from statistics import mean, variance

from pipelines.signals import limits
from pipelines.signals.series import Summary
from pipelines.signals.shares import Departure, Share, against_history
from pipelines.specs.models import Code


class Neighbours:
    """The codes of a list by the code they roll up to. Only those that always were siblings are neighbours."""

    def __init__(self, codes: Sequence[Code]) -> None:
        self._parents: dict[str, set[str | None]] = {}
        self._held: dict[str, list[Code]] = {}
        self.labels: dict[str, str] = {}
        for entry in codes:
            self._parents.setdefault(entry.code, set()).add(entry.parent)
            self._held.setdefault(entry.code, []).append(entry)
            self.labels[entry.code] = entry.label

    def pairs(self, name: str, summaries: Sequence[Summary]) -> Iterator[tuple[tuple[str, str], int]]:
        """Every two neighbours that any return has rows of, with how many such pairs there are.

        Both codes hold on the first day of the first return and of the last: where one came or went, rows moved to it
        because the list says so.
        """
        seen = sorted({code for item in summaries for code in item.of("category", name)})
        steady = [code for code in seen if self._is_steady(code, summaries)]
        found = [pair for pair in combinations(steady, 2) if self._parents[pair[0]] == self._parents[pair[1]]]
        yield from ((pair, len(found)) for pair in found)

    def _is_steady(self, code: str, summaries: Sequence[Summary]) -> bool:
        days = (summaries[0].period, summaries[-1].period)
        entries = self._held.get(code, [])
        return len(entries) == 1 and all(entries[0].holds_on(day) for day in days)


def shifts(
    new: Summary, history: Sequence[Summary], name: str, pair: tuple[str, str], tests: int, neighbours: Neighbours
) -> Departure | None:
    """Whether the rows of two neighbours are shared out otherwise than before, while there are as many of both."""
    first, second = pair
    of = [_counts(item, name, pair) for item in (*history, new)]
    sums = [a + b for a, b in of]
    usual = mean(sums[:-1])
    spread = sqrt(max(usual, variance(sums[:-1])))
    stays = abs(sums[-1] - usual) <= limits.SUM_STAYS * spread
    shares = [Share(a, a + b) for a, b in of]
    found = against_history(shares[-1], shares[:-1], limits.LEAST_SHIFT, tests)
    if found is None:
        return None
    (was_first, was_second), (is_first, is_second) = [mean(item) for item in zip(*of[:-1], strict=True)], of[-1]
    is_clear = stays and (is_first - was_first) * (is_second - was_second) < 0
    evidence = (
        f"{neighbours.labels[first]} {was_first:,.0f} to {is_first:,.0f}, "
        f"{neighbours.labels[second]} {was_second:,.0f} to {is_second:,.0f}; "
        f"together {usual:,.0f} and {sums[-1]:,.0f}; expected share {found.expected:.2f}, found {found.found:.2f}"
    )
    scope = name.partition(" of ")[2]
    concerns = f"{first}, {second}" + (f" of {scope}" if scope else "")
    return Departure(found.expected, found.found, found.strength, concerns, evidence, is_clear)


def _counts(item: Summary, name: str, pair: tuple[str, str]) -> tuple[float, float]:
    counts = item.of("category", name)
    return counts.get(pair[0], 0), counts.get(pair[1], 0)
