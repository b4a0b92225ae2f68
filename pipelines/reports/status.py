"""The state of a home on a day: what came of every expected return, what is kept out, and whose move it is."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from pipelines.reports.facts import Facts, read_facts
from pipelines.reports.grid import Block, blocks_of
from pipelines.reports.moves import Move, moves_of
from pipelines.specs.load import SpecSet
from warehouse.home import Home
from warehouse.ledger import Ledger


@dataclass(frozen=True)
class Totals:
    """How much there is of each: returns by their state, over all periods; rows; codes; deliveries; files."""

    received: int
    late: int
    not_supplied: int
    held: int
    refused: int
    quarantined: int
    unmapped: int
    unmapped_codes: int
    files: int


@dataclass(frozen=True)
class Status:
    """What a data officer looks at.

    `is_loaded` tells whether anything was ever loaded; `is_past`, whether `as_of` is a day gone by: landing is then not
    looked at, for nobody knows what lay there.
    """

    as_of: date
    is_past: bool
    is_loaded: bool
    grid: tuple[Block, ...]
    moves: tuple[Move, ...]
    totals: Totals

    def summary(self) -> dict[str, Any]:
        """As plain data."""
        return asdict(self)


def gather(
    facts: Facts, specs: SpecSet, as_of: date, *, periods: int | None = None, is_past: bool = False, problems: int = 0
) -> Status:
    """What the facts come to.

    Args:
        facts: what was read of a home.
        specs: the specs in force.
        as_of: the day it is judged on.
        periods: how many periods of each partner are shown; None for as many as its kind is mostly looked at.
        is_past: whether that day is gone by.
        problems: how many problems the specs have.
    """
    states = [row["state"] for row in facts.coverage]
    totals = Totals(
        received=sum(state in ("received", "nil_return") for state in states),
        late=states.count("late"),
        not_supplied=states.count("not_supplied"),
        held=len(facts.held),
        refused=len(facts.refused),
        quarantined=sum(facts.quarantined.values()),
        unmapped=sum(sum(item.codes.values()) for item in facts.unmapped),
        unmapped_codes=sum(len(item.codes) for item in facts.unmapped),
        files=len(facts.swept),
    )
    moves = moves_of(facts, specs, as_of, problems)
    return Status(
        as_of, is_past, facts.is_loaded, tuple(blocks_of(facts.coverage, specs, periods)), tuple(moves), totals
    )


def status_of(
    home: Home,
    specs: SpecSet,
    ledger: Ledger | None,
    as_of: date,
    *,
    today: date,
    feed: str | None = None,
    periods: int | None = None,
    problems: int = 0,
) -> Status:
    """The status of a home. It only reads, and waits for nobody who changes the home.

    Args:
        home: the home.
        specs: the specs in force.
        ledger: its ledger; None where nothing was ever loaded.
        as_of: the day lateness is judged by; of a day gone by, only what was known then is taken.
        today: this day.
        feed: take this feed alone.
        periods: how many periods of each partner are shown.
        problems: how many problems the specs have.
    """
    is_past = as_of < today
    facts = read_facts(home, specs, ledger, as_of, as_of if is_past else None)
    if feed is not None:
        facts = facts.of_feed(feed)
    return gather(facts, specs, as_of, periods=periods, is_past=is_past, problems=problems)
