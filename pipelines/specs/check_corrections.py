"""Checks of a partner's corrections against its feeds: what they name is there, and rows have it."""

from __future__ import annotations

from collections.abc import Iterator

from pipelines.specs.corrections import Recorded
from pipelines.specs.feeds import FeedVersion, PeriodPlace
from pipelines.specs.load import FeedSpec, SpecSet
from pipelines.specs.periods import period_start, written
from pipelines.specs.problems import Problem, nearest
from pipelines.specs.sensitivity import identifier_columns


def check_corrections(partner: str, specs: SpecSet) -> Iterator[Problem]:
    """Every problem of one partner's corrections."""
    first: dict[str, Recorded] = {}
    for item in specs.corrections[partner]:
        known = first.setdefault(item.correction.id, item)
        checks = _Checks(partner, item, specs)
        if known is not item:
            yield checks.problem(f"the id already stands on line {known.line}; each has its own", "id")
        yield from checks.all()


class _Checks:
    """The checks of one correction."""

    def __init__(self, partner: str, item: Recorded, specs: SpecSet) -> None:
        self.partner, self.specs = partner, specs
        self.item, self.correction = item, item.correction
        self.document = specs.documents["corrections", partner]

    def problem(self, message: str, *place: str) -> Problem:
        """A problem at a place of this correction."""
        return self.document.problem((self.item.index, *place), f"{self.correction.id}: {message}")

    def all(self) -> Iterator[Problem]:
        """Every problem of this correction."""
        name = f"{self.partner}/{self.correction.dataset}"
        feed = self.specs.feeds.get(name)
        yield from self.supplier()
        if feed is not None:
            yield from self.period(feed)
        elif ("feed", name) not in self.specs.documents:  # else what is wrong with the feed is told already
            known = [other.dataset for other in self.specs.feeds.values() if other.partner == self.partner]
            close = nearest(self.correction.dataset, known)
            message = f'{self.partner} has no feed "{self.correction.dataset}"{close}'
            yield self.problem(message, "dataset")

    def supplier(self) -> Iterator[Problem]:
        """The supplier is one of the partner's, and is named where there are several."""
        supplier = self.correction.supplier
        known = self.specs.partners[self.partner].suppliers if self.partner in self.specs.partners else {}
        if supplier is None and len(known) > 1:
            yield self.problem(f"{self.partner} sends for several suppliers; say by `supplier` whose rows these are")
        if supplier is not None and known and supplier not in known:
            close = nearest(supplier, known)
            yield self.problem(f'"{supplier}" is not a supplier of {self.partner}{close}', "supplier")

    def period(self, feed: FeedSpec) -> Iterator[Problem]:
        """The period is one of the feed's calendar, and a version of the feed reads it."""
        kind, day = feed.feed.cadence.every, self.correction.period
        start = period_start(kind, day)
        version = feed.version_on(start)
        if start != day:
            message = f"a {kind.value.replace('_', ' ')} of {feed.name} begins on {start}, not on {day}"
            yield self.problem(message, "period")
        elif version is None:
            first = feed.feed.versions[0].valid_from
            message = f"no version of {feed.name} covers {written(kind, day)} (the first is valid from {first})"
            yield self.problem(message, "period")
        elif feed.dataset in self.specs.datasets:
            yield from self.columns(feed, version)

    def columns(self, feed: FeedSpec, version: FeedVersion) -> Iterator[Problem]:
        """Each column is one that rows have past reading; none that is changed says when or whose a row is."""
        dataset = self.specs.datasets[feed.dataset]
        if any(column.field not in dataset.fields for _header, column in version.fills()):
            return  # what is wrong with the feed is told already
        hidden = set(identifier_columns(version, dataset))
        used = version.used_columns()
        for role, column in [*(("match", name) for name in self.correction.match), *self._expected()]:
            if column in hidden:
                message = "holds an identifier, which is not kept past reading: no row can be found or changed by it"
            elif column in used:
                continue
            elif version.ignores(column):
                message = f"is under `ignore` in {feed.name}, so rows do not have it"
            else:
                close = nearest(column, [name for name in used if name not in hidden])
                message = f"is no column that {feed.name} makes rows from{close}"
            yield self.problem(f'"{column}" {message}', role, column)
        for column in self.correction.change:
            for message in _unchangeable(column, version):
                yield self.problem(f'"{column}" {message}', "change", column)

    def _expected(self) -> Iterator[tuple[str, str]]:
        return (("expect", name) for name in self.correction.expect if name not in self.correction.match)


def _unchangeable(column: str, version: FeedVersion) -> Iterator[str]:
    """Why a column cannot be changed, if it cannot."""
    if isinstance(version.period, PeriodPlace) and version.period.column == column:
        yield "says the period of a row, which a correction cannot change"
    if version.supplier is not None and version.supplier.column == column:
        yield "says the supplier of a row, which a correction cannot change"
    for split in version.split:
        if split.column == column:
            made = ", ".join(f'"{name}"' for name in split.new_columns)
            yield f"is split before rows are corrected; change what is made of it: {made}"
    reads = [(join.name, join.columns) for join in version.join]
    reads += [(choice.name, choice.reads) for choice in version.choose]
    for name, columns in reads:
        if column in columns:
            yield f'is joined or chosen from before rows are corrected; change what is made of it: "{name}"'
