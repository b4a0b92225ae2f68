"""Every column of every feed with its sensitivity class, and how that is known: declared, by its use, or guessed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from pipelines.propose.personal import by_heading
from pipelines.specs.feeds import FeedVersion, PeriodPlace
from pipelines.specs.load import FeedSpec, SpecSet
from pipelines.specs.models import Dataset, Sensitivity
from pipelines.specs.sensitivity import is_of_persons

Known = Literal["declared", "place", "period", "supplier", "guessed"]


@dataclass(frozen=True)
class ClassedColumn:
    """One use of one column in one version of a feed.

    `fills` names the field, or says what else the column is for. `looks_like` is what a heading under `ignore` seems to
    tell of a person, as "a name"; None where it seems to tell nothing, and for every class that is not guessed.
    """

    feed: str
    version: str
    column: str
    fills: str
    sensitivity: Sensitivity
    special_category: bool
    criminal_offence: bool
    known: Known
    looks_like: str | None = None

    @property
    def place(self) -> tuple[str, str]:
        """Feed and column, in which a guess is the same whatever the version."""
        return self.feed, self.column


def classed_columns(specs: SpecSet, only: str | None = None) -> list[ClassedColumn]:
    """The columns of all feeds, or of one: by feed, version and the order of the spec, what is ignored last."""
    return [
        column
        for name, feed in sorted(specs.feeds.items())
        if only in (None, name)
        for version in feed.feed.versions
        for column in _of_version(feed, version, specs.datasets[feed.dataset])
    ]


def guessed(columns: Iterable[ClassedColumn]) -> list[ClassedColumn]:
    """Those whose class nobody declared, once for each feed and column."""
    return list({column.place: column for column in columns if column.known == "guessed"}.values())


def _of_version(feed: FeedSpec, version: FeedVersion, dataset: Dataset) -> Iterator[ClassedColumn]:
    since = version.valid_from.isoformat()
    for column, made in _sources(version).items():
        for field in dict.fromkeys(item.field for name in made for item in version.columns.get(name, ())):
            told = dataset.fields[field]
            flags = told.sensitivity, told.special_category, told.criminal_offence
            yield ClassedColumn(feed.name, since, column, field, *flags, "declared")
    coarse = Sensitivity.QUASI_IDENTIFIER if is_of_persons(version, dataset) else Sensitivity.PLAIN
    placing = {column for way in version.location for column in way.reads}
    for column, made in _sources(version).items():
        if placing & set(made):
            yield ClassedColumn(feed.name, since, column, "(place)", coarse, False, False, "place")
    plain = Sensitivity.PLAIN, False, False
    if isinstance(version.period, PeriodPlace) and version.period.column is not None:
        yield ClassedColumn(feed.name, since, version.period.column, "(period)", *plain, "period")
    if version.supplier is not None:
        yield ClassedColumn(feed.name, since, version.supplier.column, "(supplier)", *plain, "supplier")
    for column in version.ignore:
        likeness = by_heading(column.rstrip("*"))
        guess = Sensitivity.PLAIN if likeness is None else Sensitivity.IDENTIFIER
        yield ClassedColumn(feed.name, since, column, "(nothing)", guess, False, False, "guessed", likeness)


def _sources(version: FeedVersion) -> dict[str, list[str]]:
    """Each column of the file, and the columns that it stands behind: itself, and those made of it, step by step.

    Wide columns that a pattern finds stand as that pattern.
    """
    steps: list[tuple[tuple[str, ...], tuple[str, ...]]] = []
    if version.unpivot is not None:
        wide = version.unpivot.columns or (version.unpivot.match or "",)
        steps.append((wide, version.unpivot.new_columns))
    steps += [((split.column,), split.new_columns) for split in version.split]
    steps += [(join.columns, (join.name,)) for join in version.join]
    steps += [(choice.reads, (choice.name,)) for choice in version.choose]
    made = {name for _, names in steps for name in names}
    read = (name for names, _ in steps for name in names)
    found = {name: [name] for name in (*version.used_columns(), *read) if name not in made}
    for names, becomes in steps:
        for behind in found.values():
            if set(behind) & set(names):
                behind.extend(becomes)
    return found
