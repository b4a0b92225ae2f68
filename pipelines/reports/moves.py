"""Whose move it is: what is to be done about returns, files and rows, by whom, and by which command or file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from pipelines.reports.facts import Facts, Held, Refused, SetAside, Unmapped
from pipelines.reports.grid import runs
from pipelines.reports.parallel import Compared
from pipelines.reports.signals import Signal
from pipelines.reports.sweep import Swept
from pipelines.specs.base import PeriodType
from pipelines.specs.issue_types import read_issue_types
from pipelines.specs.load import SpecSet
from pipelines.specs.periods import label

US = "us"
Kind = Literal[
    "specs", "late", "refused", "held", "landing", "not_supplied", "unmapped", "quarantined", "parallel", "signals"
]
# Most urgent first: what stops everything, whole returns that can still be had, whole files that nobody took, what has
# been missing for long, rows, what is only to be compared, and what is only to be looked at.
URGENCY: tuple[Kind, ...] = (
    "specs", "late", "refused", "held", "landing", "not_supplied", "unmapped", "quarantined", "parallel",
    "signals",
)  # fmt: skip
# More than so many names are a number.
_NAMES = 3


@dataclass(frozen=True)
class Move:
    """One thing to be done. `whose` is a partner's name, or `us`; `do` is the command, file or person that does it."""

    kind: Kind
    whose: str
    what: str
    since: date
    do: str
    feed: str | None = None
    suppliers: tuple[str, ...] = ()
    periods: tuple[date, ...] = ()


def moves_of(facts: Facts, specs: SpecSet, as_of: date, problems: int = 0) -> list[Move]:
    """All that is to be done, the most urgent first, and what has waited longest first among its like.

    Args:
        facts: what is known.
        specs: the specs in force.
        as_of: the day it is judged on.
        problems: how many problems the specs have.
    """
    moves = [
        *_broken_specs(problems, as_of),
        *_missing(facts.coverage, specs, as_of),
        *(_refused(item, specs) for item in facts.refused),
        *(_held(item, specs) for item in facts.held),
        *_landing(facts.swept, specs),
        *(_unmapped(item, specs) for item in facts.unmapped),
        *(_quarantined(item, specs) for item in facts.set_aside),
        *(_parallel(item, specs) for item in facts.parallel),
        *_signals(facts.signals, specs),
    ]
    return sorted(moves, key=lambda move: (URGENCY.index(move.kind), move.since, move.feed or "", move.what))


def _broken_specs(problems: int, as_of: date) -> Iterator[Move]:
    if problems:
        what = f"the specs have {_many(problems, 'problem')}: nothing is loaded until they are mended"
        yield Move("specs", US, what, as_of, "commongrid specs check")


def _missing(rows: Iterable[dict[str, Any]], specs: SpecSet, as_of: date) -> Iterator[Move]:
    """Returns that are late or were never supplied: those of suppliers that miss the same periods are one move."""
    missing: dict[tuple[str, Kind, str], dict[str, list[dict[str, Any]]]] = {}
    for row in rows:
        kind = _missing_kind(row, as_of)
        if kind is not None:
            key = (f"{row['partner']}/{row['dataset']}", kind, row["state"])
            missing.setdefault(key, {}).setdefault(row["supplier"], []).append(row)
    for (feed, kind, state), of_supplier in missing.items():
        alike: dict[tuple[date, ...], list[str]] = {}
        for supplier, own in of_supplier.items():
            alike.setdefault(tuple(sorted(row["period_start"] for row in own)), []).append(supplier)
        for starts, suppliers in alike.items():
            since = min(row["due_on"] for row in of_supplier[suppliers[0]])
            yield _ask(feed, kind, state, suppliers, starts, since, specs)


def _missing_kind(row: dict[str, Any], as_of: date) -> Kind | None:
    if row["state"] == "not_supplied":
        return "not_supplied"
    is_overdue = row["state"] == "partial" and row["due_on"] is not None and as_of > row["due_on"]
    return "late" if row["state"] == "late" or is_overdue else None


def _ask(
    feed: str, kind: Kind, state: str, suppliers: list[str], starts: tuple[date, ...], since: date, specs: SpecSet
) -> Move:
    partner = feed.split("/", maxsplit=1)[0]
    periods = runs(_calendar(specs, feed), starts)
    listed = ", ".join(periods) if len(periods) <= _NAMES else f"{len(starts)} periods, the first {periods[0]}"
    words = {"partial": "not all parts have come", "late": "late", "not_supplied": "not supplied"}[state]
    can = ", if it can still be had" if kind == "not_supplied" else ""
    what = f"{_named(feed, suppliers, specs)}: {words}: {listed}"
    return Move(kind, partner, what, since, f"ask {_contact(specs, partner)}{can}", feed, tuple(suppliers), starts)


def _refused(item: Refused, specs: SpecSet) -> Move:
    whose = _whose(item.issue_type, item.feed.split("/")[0])
    period = f", {label(_calendar(specs, item.feed), item.period)}" if item.period else ""
    suppliers = [item.supplier] if item.supplier else []
    what = f"{_named(item.feed, suppliers, specs)}{period}: refused: {item.issue_type}: {item.message}"
    if whose == US:
        do = f"mend {_spec_file(item.feed, specs)} or what it draws on, then commongrid run"
    else:
        do = f"commongrid report {item.delivery_id[:8]}, for {_contact(specs, whose)}; ask for the file again"
    periods = (item.period,) if item.period else ()
    return Move("refused", whose, what, item.since, do, item.feed, tuple(suppliers), periods)


def _held(item: Held, specs: SpecSet) -> Move:
    period = label(_calendar(specs, item.feed), item.period)
    what = f"{_named(item.feed, [item.supplier], specs)}, {period}: held: {item.reason}"
    do = f'ask whether it is right; if so, commongrid accept {item.delivery_id[:8]} --reason "..."'
    return Move("held", US, what, item.since, do, item.feed, (item.supplier,), (item.period,))


def _unmapped(item: Unmapped, specs: SpecSet) -> Move:
    told = [f'"{code}" ({count:,})' for code, count in item.codes.items()]
    listed = ", ".join(told[: 2 * _NAMES]) + (f" and {len(told) - 2 * _NAMES} more" if len(told) > 2 * _NAMES else "")
    rows = _many(sum(item.codes.values()), "row")
    what = f"{item.feed}: {rows} with {_many(len(told), 'unmapped code')} in {item.column}: {listed}"
    where = item.map or _spec_file(item.feed, specs)
    do = f"commongrid unmapped --feed {item.feed} --out FILE.csv suggests what to add to {where}; then commongrid run"
    return Move("unmapped", US, what, item.since, do, item.feed)


def _quarantined(item: SetAside, specs: SpecSet) -> Move:
    whose = _whose(item.issue_type, item.feed.split("/")[0])
    count = len(item.deliveries)
    files = f" of {count} deliveries" if count > 1 else ""
    first = f"; first {item.example}" if item.example else ""
    what = f"{item.feed}: {_many(item.rows, 'row')}{files} quarantined: {item.issue_type}{first}"
    if whose == US:
        do = f"mend {_spec_file(item.feed, specs)} or what it draws on, then commongrid run"
    else:
        more = f" (and of {count - 1:,} more)" if count > 1 else ""
        do = f"commongrid report {item.deliveries[0][:8]}{more}, for {_contact(specs, whose)}; ask for a correction"
    return Move("quarantined", whose, what, item.since, do, item.feed)


def _parallel(item: Compared, specs: SpecSet) -> Move:
    days = f"{item.first} to {item.last}"
    counts = f"the system that counts has {_many(item.counted, 'row')}, the other {item.in_parallel:,}"
    what = f"{_named(item.feed, [item.supplier], specs)}: two systems report on {days}: {counts}"
    do = f"compare the two; once one has stopped, end its version in {_spec_file(item.feed, specs)}"
    return Move("parallel", US, what, item.first, do, item.feed, (item.supplier,), (item.period_start,))


def _signals(found: Iterable[Signal], specs: SpecSet) -> Iterator[Move]:
    """Signals about recording that nobody has replied to: one move a feed, and the partner's."""
    feeds: dict[str, list[Signal]] = {}
    for item in found:
        feeds.setdefault(f"{item['partner']}/{item['dataset']}", []).append(item)
    for feed, items in feeds.items():
        partner = feed.split("/", maxsplit=1)[0]
        suppliers = tuple(sorted({item["supplier"] for item in items}))
        told = [f"{item['signal']} ({label(item['period_type'], item['period_start'])})" for item in items]
        listed = ", ".join(told[:_NAMES]) + (f" and {len(told) - _NAMES} more" if len(told) > _NAMES else "")
        what = f"{_named(feed, suppliers, specs)}: {_many(len(items), 'recording signal')} to look at: {listed}"
        replies = f"{specs.root.name}/partners/{partner}/replies.yml"
        do = f"commongrid report of that return, for {_contact(specs, partner)}; the reply goes into {replies}"
        periods = tuple(sorted({item["period_start"] for item in items}))
        yield Move("signals", partner, what, min(periods), do, feed, suppliers, periods)


_LANDING = {
    "not_loaded": ("not loaded yet", "commongrid run"),
    "changed": ("changed since it was looked at", "commongrid run"),
    "waits": ("waiting for a companion that has not come", "ask the partner for it"),
    "unfinished": ("still being written, by its name", "wait; if nobody writes to it any more, ask for it again"),
    "hidden": ("hidden, and never taken", "rename it if it is a partner's file; else take it away"),
    "gone": ("loaded, and gone from landing", "put it back from a backup: without it nothing can be read again"),
}  # fmt: skip


def _landing(found: Sequence[Swept], specs: SpecSet) -> Iterator[Move]:
    """Files that no delivery records: a move for each that was refused, one for each kind of the others."""
    kinds: dict[str, list[Swept]] = {}
    for item in found:
        if item.kind == "not_taken":
            yield _not_taken(item, specs)
        else:
            kinds.setdefault(item.kind, []).append(item)
    for kind, items in kinds.items():
        words, do = _LANDING[kind]
        names = [f"{item.path} ({item.why})" if kind == "waits" else item.path for item in items]
        listed = ", ".join(names[:_NAMES]) + (f" and {len(names) - _NAMES} more" if len(names) > _NAMES else "")
        what = f"{_many(len(names), 'file')} in landing, {words}: {listed}"
        yield Move("landing", US, what, min(item.since for item in items), do)


def _not_taken(item: Swept, specs: SpecSet) -> Move:
    folder = item.path.split("/")[0]
    whose = _whose(item.issue_type or "", folder) if folder in specs.partners else US
    if whose == US:
        do = "rename it as a feed expects, mend the feed's spec, or commongrid load FILE --feed PARTNER/DATASET"
    else:
        do = f"send the reason to {_contact(specs, whose)} and ask for the file again"
    what = f"{item.path} in landing, not taken: {item.issue_type}: {item.why}"
    return Move("landing", whose, what, item.since, do)


def _whose(issue_type: str, partner: str) -> str:
    """Who must act on an issue; on one that the register does not know, we."""
    known = read_issue_types().get(issue_type)
    return partner if known is not None and known.responsibility == "partner" else US


def _named(feed: str, suppliers: Sequence[str], specs: SpecSet) -> str:
    """The feed, and of which suppliers, where its partner has several."""
    if len(specs.partners[feed.split("/", maxsplit=1)[0]].suppliers) == 1 or not suppliers:
        return feed
    return f"{feed} of {', '.join(suppliers) if len(suppliers) <= _NAMES else f'{len(suppliers)} suppliers'}"


def _contact(specs: SpecSet, partner: str) -> str:
    contact = specs.partners[partner].contact
    return f"the {contact.role}" + (f" ({contact.email})" if contact.email else "")


def _spec_file(feed: str, specs: SpecSet) -> str:
    return f"{specs.root.name}/partners/{feed}.yml"


def _calendar(specs: SpecSet, feed: str) -> PeriodType:
    return specs.feeds[feed].feed.cadence.every


def _many(count: int, thing: str) -> str:
    return f"{count:,} {thing}{'' if count == 1 else 's'}"
