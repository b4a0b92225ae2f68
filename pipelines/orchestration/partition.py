"""One feed and one reporting period: what waits for it in landing, loading that, and how it stands in the ledger.

Plain functions, for whatever shows or starts loads feed by feed. What a load does to a file is `load.py`'s.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from pipelines.build.plan import coverage_grid
from pipelines.intake.claims import Claim, Declared, supplier_of
from pipelines.intake.companions import companion_stamp, is_companion, missing_companion
from pipelines.intake.refusal import Refusal
from pipelines.intake.sources import Source, opened, sha256
from pipelines.orchestration.check import check_returns
from pipelines.orchestration.load import Found, Loader
from pipelines.orchestration.report import LoadReport, Say
from pipelines.specs.load import SpecSet
from pipelines.specs.periods import period_start
from warehouse import ledger as led
from warehouse.home import Home
from warehouse.ledger import Ledger


@dataclass(frozen=True)
class Waiting:
    """A delivery that the next load would take up, or a file (`feed` None) that no feed takes as its specs stand."""

    path: Path
    feed: str | None
    period: date | None
    content: str
    fingerprint: str


def waiting(home: Home, specs: SpecSet, ledger: Ledger) -> list[Waiting]:
    """All that a load would take up now. Nothing is changed by asking."""
    loader = Loader(home, specs, ledger)
    return [delivery for item in loader.waiting() for delivery in _deliveries(loader, item)]


def _deliveries(loader: Loader, item: Found) -> Iterator[Waiting]:
    try:
        for source in opened(item.path):
            found = loader.claims_on(item, source, Declared())
            content = _content(source) if found else _file_content(item.path)
            for claim in found:
                if missing_companion(claim.version, claim.source) is not None:
                    continue
                supplier = supplier_of(loader.specs, claim)
                delivery_id, making = loader.preparer.identity(claim, supplier, content)
                fingerprint = making.fingerprint
                if not _is_done(loader, item, delivery_id, fingerprint):
                    beside = companion_stamp(loader.specs, item.path, item.partner)
                    yield Waiting(item.path, claim.feed.name, _period(claim), content + beside, fingerprint)
            if not found and not is_companion(loader.specs, source, item.partner):
                yield Waiting(item.path, None, None, content, loader.reading_digest)
    except (Refusal, OSError):
        yield Waiting(item.path, None, None, _file_content(item.path), loader.reading_digest)


def _is_done(loader: Loader, item: Found, delivery_id: str, fingerprint: str) -> bool:
    """Whether this delivery was taken or refused under these very specs: only others' specs have changed since."""
    known, seen = loader.deliveries.get(delivery_id), loader.files.get(item.key)
    if seen is None or known is None or known["fingerprint"] != fingerprint:
        return False
    # What was refused is worth another try once the companion that states its totals is another.
    beside = companion_stamp(loader.specs, item.path, item.partner)
    return known["state"] != "refused" or not beside or seen["specs_digest"] == loader.looked_at_with(item, "refused")


def _period(claim: Claim) -> date | None:
    said = claim.facts.period
    return None if said is None else period_start(claim.feed.feed.cadence.every, said)


def _content(source: Source) -> str:
    stat = source.path.stat()
    return _hash(source, stat.st_size, stat.st_mtime_ns)


@lru_cache(maxsize=65536)
def _hash(source: Source, _size: int, _mtime_ns: int) -> str:
    """The hash of a source, worked out once while the file stays as it is: a sensor asks again every minute."""
    return source.sha256()


def _file_content(path: Path) -> str:
    """The hash of a file as it is, packed or damaged."""
    try:
        stat = path.stat()
        return _file_hash(path, stat.st_size, stat.st_mtime_ns)
    except OSError:
        return ""


@lru_cache(maxsize=65536)
def _file_hash(path: Path, _size: int, _mtime_ns: int) -> str:
    return sha256(path)


def load_period(home: Home, specs: SpecSet, ledger: Ledger, say: Say, feed: str, period: date) -> LoadReport:
    """Load the waiting files that hold a delivery of this feed for this period, or one that names no period.

    A file is loaded whole: what else an archive holds comes with it.
    """
    loader = Loader(home, specs, ledger, say)
    chosen = [
        item
        for item in loader.waiting()
        if any(delivery.feed == feed and delivery.period in (period, None) for delivery in _deliveries(loader, item))
    ]
    report = loader.take(chosen, Declared())
    check_returns(ledger, specs, loader.journal, report, say)
    return report


@dataclass(frozen=True)
class Standing:
    """How one feed stands for one period, or (`period` None) for all.

    `coverage` are rows of the coverage grid, `deliveries` the ledger's rows of the deliveries that are current or held,
    `held` the returns that the check against history holds back, `refused` the reasons of deliveries refused.
    """

    feed: str
    period: date | None
    coverage: list[dict[str, Any]]
    deliveries: list[dict[str, Any]]
    held: list[dict[str, Any]]
    refused: list[str]
    issues: list[dict[str, Any]]

    @property
    def in_hand(self) -> bool:
        """Whether any supplier's return is here, a nil return or a held one included."""
        return bool(self.deliveries)

    @property
    def state(self) -> str:
        """The states of the coverage grid, in words."""
        counts = Counter("held" if self._is_held(row) else row["state"] for row in self.coverage)
        nothing = "refused" if self.refused else "not expected"
        if len(counts) == 1:
            return str(next(iter(counts)))
        return ", ".join(f"{count} {state}" for state, count in counts.most_common()) or nothing

    def rows(self, name: str) -> int:
        """The sum of one of the coverage grid's counts."""
        return sum(row[name] or 0 for row in self.coverage)

    def _is_held(self, row: dict[str, Any]) -> bool:
        key = (row["supplier"], row["period_start"])
        return row["state"] == "refused" and any((item["supplier"], item["period_start"]) == key for item in self.held)


class Standings:
    """The ledger as it is now, asked once for however many feeds and periods."""

    def __init__(self, home: Home, specs: SpecSet, ledger: Ledger, as_of: date, feeds: Collection[str]) -> None:
        wanted = {name: specs.feeds[name] for name in feeds if name in specs.feeds}
        self.specs = replace(specs, feeds=wanted)
        current, grid = coverage_grid(home, self.specs, ledger, as_of)
        self._current = _by_feed(current)
        self._grid = _by_feed([{**row, "feed": f"{row['partner']}/{row['dataset']}"} for row in grid])
        self._held = _by_feed([dict(row) for row in ledger.rows(led.return_, state="held")])
        self._deliveries = {
            row["delivery_id"]: dict(row) for name in wanted for row in ledger.rows(led.delivery, feed=name)
        }
        self._ledger = ledger

    def of(self, feed: str, period: date | None) -> Standing:
        """How a feed stands for a period; None takes all its periods together."""
        current, grid, held = (
            [row for row in table.get(feed, []) if period in (row["period_start"], None)]
            for table in (self._current, self._grid, self._held)
        )
        keys = sorted({row["delivery_id"] for row in (*current, *held)})
        issues = [dict(row) for key in keys for row in self._ledger.rows(led.issue_total, delivery_id=key)]
        deliveries = [self._deliveries[key] for key in keys]
        here = {(row["supplier"], row["period_start"]) for row in (*current, *held)}
        return Standing(feed, period, grid, deliveries, held, self._refusals(feed, period, here), issues)

    def _refusals(self, feed: str, period: date | None, here: set[tuple[str, date]]) -> list[str]:
        """Why deliveries for the period were refused, of suppliers that have no other return for it."""
        kind = self.specs.feeds[feed].feed.cadence.every
        refused = []
        for row in self._deliveries.values():
            if row["feed"] == feed and row["state"] == "refused" and row["name_period"] is not None:
                start = period_start(kind, row["name_period"])
                if period in (start, None) and (row["name_supplier"], start) not in here:
                    refused.append(row["reason"])
        return refused


def _by_feed(rows: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        found.setdefault(row["feed"], []).append(row)
    return found


def standing(home: Home, specs: SpecSet, ledger: Ledger, feed: str, period: date | None) -> Standing:
    """How one feed stands for a period, as of today."""
    return Standings(home, specs, ledger, date.today(), [feed]).of(feed, period)
