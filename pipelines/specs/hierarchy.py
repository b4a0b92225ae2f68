"""What a dated scheme says of two days: which codes roll up to which, and which of them mean the same throughout.

What does not belong here: whether the scheme is well formed (`check_codes.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

from pipelines.specs.models import Code

_EVER, _ALWAYS = date.min, date.max


class Hierarchy:
    """The entries of one scheme, as a tree that changes with time. The scheme must have passed its checks."""

    def __init__(self, entries: Iterable[Code]) -> None:
        self.entries = tuple(entries)
        self._of: dict[str, list[Code]] = {}
        self._below: dict[str | None, list[Code]] = {}
        for entry in self.entries:
            self._of.setdefault(entry.code, []).append(entry)
            self._below.setdefault(entry.parent, []).append(entry)

    def path(self, entry: Code, last: date = _ALWAYS) -> tuple[str, ...]:
        """The codes from the top of the scheme down to an entry's own, as they stand on its last day up to `last`."""
        day, line = min(entry.last_day, last), [entry.code]
        while entry.parent is not None:
            entry = next(above for above in self._of[entry.parent] if above.holds_on(day))
            line.append(entry.code)
        return tuple(reversed(line))

    def ancestors(self, code: str) -> set[str]:
        """Every code that a code has ever rolled up to, itself left out."""
        return {above for entry in self._of.get(code, ()) for above in self._lines(entry)} - {code}

    def leaves(self) -> Iterator[Code]:
        """The entries that no other rolls up to while they are in force: those that records are coded by."""
        for entry in self.entries:
            if not any(below.shares_days_with(entry) for below in self._below.get(entry.code, ())):
                yield entry

    def beginnings(self) -> list[date | None]:
        """The first day of each era: of each stretch of days in which the same codes are in force, in order.

        None stands for the first era of a scheme that has no beginning. One whose records all begin on a day begins
        with it, whatever its roll-ups say.
        """
        start = min((entry.first_day for entry in self.leaves()), default=_EVER)
        changes = {entry.first_day for entry in self.entries}
        changes |= {entry.last_day + timedelta(days=1) for entry in self.entries if entry.valid_to is not None}
        eras = sorted({start} | {day for day in changes if day > start})
        return [None if day == _EVER else day for day in eras]

    def series(self, first: date | None = None, last: date | None = None) -> dict[str, str | None]:
        """The code by which each code in force may be counted from one day to another: the coarsest common roll-up.

        Where a code came, went, changed its meaning or moved within those days, it took from its siblings or gave to
        them, so none of them can be followed by itself: all are counted as the code above. What is left is as fine as
        can be said for every day.

        Args:
            first: the first day of the series; None for the beginning of time.
            last: the last day; None for as long as the scheme stands.

        Returns:
            Of each code in force on any of those days, the code to count it as: itself or one above it. None where
            nothing is comparable: a code without a parent that came or went.
        """
        first, last = first or _EVER, last or _ALWAYS
        current = [entry for entry in self.entries if entry.first_day <= last and entry.last_day >= first]
        unsteady = {entry.code for entry in current if entry.first_day > first or entry.last_day < last}
        changed = {entry.parent for entry in current if entry.code in unsteady}
        lost = {entry.code for entry in current if entry.code in unsteady and entry.parent is None}
        lines: dict[str, set[tuple[str, ...]]] = {}
        for entry in current:
            lines.setdefault(entry.code, set()).add(self.path(entry, last))
        for places in lines.values():
            if len(places) > 1:
                shared = _shared(places)
                changed |= set(shared[-1:])
                lost |= {line[0] for line in places} if not shared else set()
        found: dict[str, str | None] = {}
        for code, places in lines.items():
            line = min(places)
            found[code] = None if line[0] in lost else next((above for above in line if above in changed), code)
        return found

    def _lines(self, entry: Code) -> Iterator[str]:
        if entry.parent is not None:
            yield entry.parent
            for above in self._of[entry.parent]:
                if above.shares_days_with(entry):
                    yield from self._lines(above)


def _shared(lines: set[tuple[str, ...]]) -> tuple[str, ...]:
    """What lines from the top have in common, without the code at their end."""
    above = [line[:-1] for line in lines]
    depth = next((at for at, step in enumerate(zip(*above, strict=False)) if len(set(step)) > 1), min(map(len, above)))
    return above[0][:depth]
