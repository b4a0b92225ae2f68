"""The quality record of one return: shares, days, metres and counts, in which nothing tells of a person."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pipelines.signals import limits
from pipelines.signals.days import median
from pipelines.signals.series import Summary
from pipelines.specs.models import Dataset

TOO_FEW = f"fewer than {limits.LEAST_TOLD} rows"
TOO_FEW_ON_ONE_SIDE = f"{TOO_FEW} on one side of the share"


@dataclass(frozen=True)
class Known:
    """What the ledger and the coverage grid know of a return."""

    received: int
    quarantined: int
    late_days: int
    revisions: int
    open_signals: int


@dataclass(frozen=True)
class Measure:
    """One measure; `value` is null where `note` says why."""

    measure: str
    value: float | None
    note: str | None = None


def quality_of(summary: Summary, known: Known, dataset: Dataset) -> Iterator[Measure]:
    """The quality record of one return, a measure each.

    Shares are told to the whole per cent. One of fewer than `LEAST_TOLD` rows is null, and so is one of a dataset of
    persons that tells fewer than so many rows from the rest.
    """
    yield from _completeness(summary, dataset)
    yield from _places(summary, dataset)
    received = known.received
    yield _share("unmapped_share", summary.one("unmapped"), received, dataset)
    yield _share("quarantined_share", known.quarantined, received, dataset)
    yield Measure("late_days", known.late_days)
    yield Measure("revisions", known.revisions)
    if compared := summary.one("compared"):
        yield _share("revised_share", summary.one("revised"), compared, dataset)
    yield Measure("open_signals", known.open_signals)


def _completeness(summary: Summary, dataset: Dataset) -> Iterator[Measure]:
    """Cells filled: of required fields, of the others, of all, and of each field."""
    rows = summary.one("rows")
    filled = {name: rows - summary.one("missing", name) for name in summary.names("missing") if name in dataset.fields}
    groups = {
        "completeness": list(filled),
        "completeness_required": [name for name in filled if dataset.fields[name].required],
        "completeness_optional": [name for name in filled if not dataset.fields[name].required],
    }
    for measure, names in groups.items():
        if names and rows:
            part = sum(filled[name] for name in names) / len(names)
            yield _share(measure, part, rows, dataset)
    for name, part in filled.items():
        if rows:
            yield _share(f"completeness:{name}", part, rows, dataset)


def _places(summary: Summary, dataset: Dataset) -> Iterator[Measure]:
    """How many events have a place, how it was found, and how precise it is."""
    methods, rows = summary.of("method"), summary.one("rows")
    if not methods:
        return
    squares = {int(side): n for side, n in summary.of("square").items()}
    placed = sum(squares.values())
    yield _share("placed_share", placed, rows, dataset)
    for method in sorted(methods):
        yield _share(f"place_method:{method}", methods[method], rows, dataset)
    if placed:
        is_told = placed >= limits.LEAST_TOLD
        middle = float(median(list(squares.items())))
        yield Measure("placed_square_m", middle if is_told else None, None if is_told else TOO_FEW)
        for side in limits.SQUARES:
            within = sum(n for size, n in squares.items() if size <= side)
            yield _share(f"placed_within_m:{side}", within, placed, dataset)


def _share(measure: str, part: float, whole: float, dataset: Dataset) -> Measure:
    if whole < limits.LEAST_TOLD:
        return Measure(measure, None, TOO_FEW)
    rarer = min(part, whole - part)
    if dataset.persons and 0 < rarer < limits.LEAST_TOLD:
        return Measure(measure, None, TOO_FEW_ON_ONE_SIDE)
    return Measure(measure, round(part / whole, 2))
