"""The signals of one supplier's returns: each of its kind, with its evidence in words that accuse nobody."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from itertools import groupby

from pipelines.signals import limits
from pipelines.signals.categories import Neighbours, shifts
from pipelines.signals.days import delay_change, dispersal_change, month_end
from pipelines.signals.round_values import at_threshold, days_crowded, even_times, round_figures
from pipelines.signals.series import Judge, Summary, Told, told_of, told_when_begun
from pipelines.signals.shares import Departure, Share, against_history
from pipelines.specs.base import PeriodType
from pipelines.specs.models import Code
from pipelines.specs.replies import Kind


@dataclass(frozen=True)
class Feed:
    """What judging needs to know of a feed: its calendar, its clock, the days its recording changed, and its codes."""

    every: PeriodType
    clock: str | None
    breaks: Sequence[date]
    codes: Sequence[Code]


@dataclass(frozen=True)
class Signal:
    """Something for a person to look at in one return."""

    kind: Kind
    told: Told


def signals_of(summaries: Sequence[Summary], feed: Feed) -> list[Signal]:
    """The signals of one supplier's returns.

    Args:
        summaries: its returns, one a period, in the order of their periods.
        feed: what is known of its feed. Returns on two sides of a break are not held against each other.
    """
    found: list[Signal] = []
    for _era, items in groupby(summaries, lambda item: sum(day <= item.period for day in feed.breaks)):
        stretch = list(items)
        for kind, told in _every(stretch, feed):
            found += [Signal(kind, item) for item in told]
    return _one_shift_a_code(found)


def _one_shift_a_code(signals: list[Signal]) -> list[Signal]:
    """The signals without shifts that a stronger one of the same return explains: it has one of their codes."""
    kept: list[Signal] = []
    taken: set[tuple[date, str]] = set()
    for signal in sorted(signals, key=lambda item: -item.told.departure.strength):
        codes = {(signal.told.period, code) for code in signal.told.departure.concerns.split(" of ")[0].split(", ")}
        if signal.kind == "category_shift":
            if codes & taken:
                continue
            taken |= codes
        kept.append(signal)
    return sorted(kept, key=lambda item: (item.told.period, item.kind, item.told.departure.concerns))


def _every(stretch: list[Summary], feed: Feed) -> Iterator[tuple[Kind, list[Told]]]:
    # Judging each thing by itself keeps its history its own: what departs in one column says nothing of another.
    names = {kind: sorted({name for item in stretch for name in item.names(kind)}) for kind in _KINDS}
    neighbours = Neighbours(feed.codes)
    for name in names["category"]:
        for pair, tests in neighbours.pairs(name, stretch):
            enough = partial(_sum_of, name=name, codes=pair)
            judge = partial(shifts, name=name, pair=pair, tests=tests, neighbours=neighbours)
            yield "category_shift", _judged(stretch, feed, enough, judge)
    for name in names["day"]:
        days = partial(_total, kind="day", name=name)
        if feed.every is not PeriodType.WEEK:
            yield "month_end", _judged(stretch, feed, days, partial(month_end, name=name, every=feed.every))
            yield "heaping", _begun(stretch, days, partial(days_crowded, name=name), "the days of the period alike")
        if not names["delay"] and feed.every is not PeriodType.WEEK:
            yield "delay_change", _judged(stretch, feed, days, partial(dispersal_change, name=name, every=feed.every))
    for name in names["delay"]:
        delays = partial(_total, kind="delay", name=name)
        yield "delay_change", _judged(stretch, feed, delays, partial(delay_change, name=name))
    for name in names["clock"]:
        times = partial(_total, kind="clock", name=name)
        yield "heaping", _begun(stretch, times, partial(even_times, name=name), "all minutes of a day alike")
    for name in names["digit"]:
        digits = partial(_total, kind="digit", name=name)
        yield "heaping", _begun(stretch, digits, partial(round_figures, name=name), "all last figures alike")
    for name in names["near"]:
        near = partial(_total, kind="near", name=name)
        yield "threshold", _begun(stretch, near, partial(at_threshold, name=name), "the figures on both sides of it")
    columns = [*((("missing", name)) for name in names["missing"]), ("unmapped", "")]
    for kind, name in columns:
        judge = partial(_missing_rising, kind=kind, name=name, tests=len(columns))
        yield "missing_rising", _judged(stretch, feed, partial(_missing_base, kind=kind, name=name), judge)


_KINDS = ("category", "day", "delay", "clock", "digit", "near", "missing")


def _judged(stretch: list[Summary], feed: Feed, size: Callable[[Summary], float], judge: Judge) -> list[Told]:
    enough = [item for item in stretch if size(item) >= limits.LEAST_ROWS]
    return told_of(enough, feed.every, judge)


def _begun(
    stretch: list[Summary], size: Callable[[Summary], float], judge: Callable[[Summary], Departure | None], against: str
) -> list[Told]:
    enough = [item for item in stretch if size(item) >= limits.LEAST_FIGURES]
    return told_when_begun(enough, judge, against)


def _total(item: Summary, kind: str, name: str) -> float:
    return sum(item.of(kind, name).values())


def _sum_of(item: Summary, name: str, codes: tuple[str, str]) -> float:
    counts = item.of("category", name)
    return sum(counts.get(code, 0) for code in codes)


def _missing_base(item: Summary, kind: str, name: str) -> float:
    """The rows that may lack a value: those loaded, and of unmapped codes those set aside for them as well."""
    if kind == "missing" and (kind, name) not in item.counts:
        return 0
    return item.one("rows") + (item.one("unmapped") if kind == "unmapped" else 0)


def _missing_rising(new: Summary, history: Sequence[Summary], kind: str, name: str, tests: int) -> Departure | None:
    def share(item: Summary) -> Share:
        return Share(item.one(kind, name), _missing_base(item, kind, name))

    found = against_history(share(new), [share(item) for item in history], limits.LEAST_MISSING, tests)
    if found is None or not found.side:
        return None
    of, whole = share(new).part, share(new).whole
    if kind == "unmapped":
        concerns, what = "unmapped", f"{of:,.0f} of {whole:,.0f} rows have a code that no map covers"
    elif name == "place":
        concerns, what = "place", f"{of:,.0f} of {whole:,.0f} rows could not be placed"
    else:
        concerns, what = name, f"{of:,.0f} of {whole:,.0f} rows have no {name}"
    evidence = f"{what}; expected share {found.expected:.2f}, found {found.found:.2f}"
    return Departure(found.expected, found.found, found.strength, concerns, evidence)
