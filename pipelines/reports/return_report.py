"""What a partner is told of one delivery: what came of it, what is wrong, what was repaired, and whose move it is.

Only facts are gathered here, each value masked already. How they look is `return_page.py`, the list of every issue
`return_csv.py`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

from pipelines.reports.find_delivery import file_name
from pipelines.reports.issue_groups import LOST, Group, groups_of, type_of, without_our_part
from pipelines.reports.masking import Masking, masking_of
from pipelines.reports.signals import ASKED, open_signals
from pipelines.specs.feeds import FeedVersion
from pipelines.specs.issue_types import IssueType
from pipelines.specs.load import SpecSet
from pipelines.specs.periods import label
from warehouse import ledger as led
from warehouse.home import Home
from warehouse.ledger import Ledger

Move = Literal["partner", "us", "both", "nobody"]

# What tells the returns of one feed apart.
_RETURN = ("supplier", "period_start", "part")


@dataclass(frozen=True)
class Facts:
    """What the home knows of a delivery: rows of the ledger, and the file of its issues, None where there is none.

    `returns` are its own, `current` those in force of its feed, `totals` its rows of `issue_total`. `files` has the
    name of each delivery of `current`. `signals` are the open ones about the recording of its feed.
    """

    delivery: Mapping[str, Any]
    arrivals: Sequence[Mapping[str, Any]]
    returns: Sequence[Mapping[str, Any]]
    current: Sequence[Mapping[str, Any]]
    files: Mapping[str, str]
    totals: Sequence[Mapping[str, Any]]
    issues: Path | None
    signals: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True)
class Part:
    """One part of an account, and what it means."""

    name: str
    count: int
    meaning: str


@dataclass(frozen=True)
class Account:
    """What came of all records, or of all rows: the parts add up to the total."""

    title: str
    what: str
    total: int
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class Said:
    """One return of the delivery: for whom and when it speaks, and whether it is in force.

    `state` is accepted, held, unchecked or replaced. `note` says why it is held, or by which file it was replaced.
    """

    supplier: str
    period: str
    known_on: date
    is_declared: bool
    state: str
    revision: int | None
    rows_loaded: int
    note: str


@dataclass(frozen=True)
class ToLookAt:
    """A signal about how one of the delivery's returns was recorded, as it is put to the partner."""

    title: str
    signal: str
    concerns: str
    supplier: str
    period: str
    evidence: str
    compared_with: str


@dataclass(frozen=True)
class Refused:
    """Why nothing of a delivery is used; `message` is masked. `worst` is the issue that cost most of its rows."""

    type: IssueType
    message: str
    worst: IssueType | None


@dataclass(frozen=True)
class ReturnReport:
    """All that the report on one delivery says, each value masked.

    `state` is accepted, held, refused, unchecked or replaced. `row_word` is what the format calls a place in the file:
    line, row or record. `total` is how many rows the delivery made or would have, `kept_out` how many cannot be used.
    `since` names the file that was taken for the same return after this one was refused.
    """

    delivery_id: str
    title: str
    partner: str
    contact: str
    feed: str
    file: str
    received_on: date
    known_on: date
    is_declared: bool
    periods: tuple[str, ...]
    suppliers: tuple[str, ...]
    returns: tuple[Said, ...]
    state: str
    move: Move
    row_word: str
    total: int
    loaded: int
    kept_out: int
    accounts: tuple[Account, ...]
    groups: tuple[Group, ...]
    refused: Refused | None
    since: str
    to_look_at: tuple[ToLookAt, ...] = ()

    def section(self, name: str) -> list[Group]:
        """The groups of a section, the gravest first."""
        return [group for group in self.groups if group.section == name]

    @property
    def asks_for_a_look(self) -> bool:
        """Whether nothing is to be mended, but a signal about the recording is for the partner to look at."""
        return self.move == "nobody" and bool(self.to_look_at)


def facts_of(home: Home, ledger: Ledger, delivery: Mapping[str, Any]) -> Facts:
    """What the home knows of a delivery. Nothing is changed, and no lock is needed."""
    key, feed = delivery["delivery_id"], delivery["feed"]
    issues = home.issues_of(delivery)
    return Facts(
        delivery,
        [dict(row) for row in ledger.rows(led.arrival, delivery_id=key)],
        [dict(row) for row in ledger.rows(led.return_, delivery_id=key)],
        [row for row in led.current_returns(ledger) if row["feed"] == feed],
        {row["delivery_id"]: file_name(dict(row)) for row in ledger.rows(led.delivery, feed=feed)},
        [dict(row) for row in ledger.rows(led.issue_total, delivery_id=key)],
        issues if issues.exists() else None,
        [row for row in open_signals(home) if f"{row['partner']}/{row['dataset']}" == feed],
    )


def version_of(delivery: Mapping[str, Any], specs: SpecSet) -> FeedVersion | None:
    """The version of its feed that a delivery was read by; None where the specs have it no more."""
    feed = specs.feeds.get(delivery["feed"])
    versions = feed.feed.versions if feed is not None else ()
    return next((item for item in versions if item.valid_from.isoformat() == delivery["spec_version"]), None)


def masking_for(delivery: Mapping[str, Any], specs: SpecSet) -> Masking:
    """What may be shown of a delivery."""
    return masking_of(version_of(delivery, specs), specs.datasets.get(delivery["dataset"]))


def return_report(facts: Facts, specs: SpecSet) -> ReturnReport:
    """All that the report on a delivery says.

    Args:
        facts: what the home knows of it.
        specs: the specs in force: they name things, and say what may be shown.
    """
    delivery = facts.delivery
    masking = masking_for(delivery, specs)
    version, feed = version_of(delivery, specs), specs.feeds.get(delivery["feed"])
    partner = specs.partners.get(delivery["partner"])
    returns = _returns(facts, specs)
    refused = _refused(delivery, masking)
    since = _since(facts) if refused is not None else ""
    total = delivery["rows_made"] + delivery["unread"]
    groups = groups_of(facts.issues, facts.totals, masking, total)
    state = _state(delivery, returns)
    declared = [row["issued_on"] for row in facts.arrivals if row["issued_on"] is not None]
    received = delivery["received_at"].date()
    return ReturnReport(
        delivery_id=delivery["delivery_id"],
        title=feed.feed.title if feed is not None else delivery["feed"],
        partner=partner.title if partner is not None else delivery["partner"],
        contact=partner.contact.role if partner is not None else "",
        feed=delivery["feed"],
        file=file_name(delivery),
        received_on=received,
        known_on=max((item.known_on for item in returns), default=max(declared, default=received)),
        is_declared=any(item.is_declared for item in returns) or bool(declared),
        periods=tuple(dict.fromkeys(item.period for item in returns)) or _named_period(delivery, specs),
        suppliers=tuple(dict.fromkeys(item.supplier for item in returns)) or _named_supplier(delivery, specs),
        returns=returns,
        state=state,
        move="nobody" if since else _move(state, refused, groups),
        row_word=_row_word(version),
        total=total,
        loaded=delivery["loaded"],
        kept_out=delivery["quarantined"] + delivery["unread"],
        accounts=_accounts(delivery),
        groups=groups,
        refused=refused,
        since=since,
        to_look_at=_to_look_at(facts, specs),
    )


def _to_look_at(facts: Facts, specs: SpecSet) -> tuple[ToLookAt, ...]:
    """The open signals about the returns that this delivery is current for."""
    key = facts.delivery["delivery_id"]
    mine = {(row["supplier"], row["period_start"]) for row in facts.current if row["delivery_id"] == key}
    return tuple(
        ToLookAt(
            title=ASKED[row["signal"]],
            signal=row["signal"],
            concerns=row["concerns"],
            supplier=_supplier_title(row["partner"], row["supplier"], specs),
            period=label(row["period_type"], row["period_start"]),
            evidence=row["evidence"],
            compared_with=row["compared_with"],
        )
        for row in facts.signals
        if (row["supplier"], row["period_start"]) in mine
    )


def _row_word(version: FeedVersion | None) -> str:
    words = {"csv": "line", "fixed_width": "line", "xlsx": "row"}
    return words.get(version.format.type, "record") if version is not None else "row"


# --- returns --------------------------------------------------------------------------------------------------------


def _returns(facts: Facts, specs: SpecSet) -> tuple[Said, ...]:
    """The delivery's returns; of one that was issued again, the last issue."""
    last: dict[tuple[Any, ...], Mapping[str, Any]] = {}
    for row in sorted(facts.returns, key=led.revision_order):
        last[tuple(row[name] for name in _RETURN)] = row
    told = _history(facts)
    rows = sorted(last.values(), key=lambda row: (row["period_start"], row["supplier"], row["part"]))
    return tuple(_said(row, facts, specs, told) for row in rows)


def _said(row: Mapping[str, Any], facts: Facts, specs: SpecSet, history: str) -> Said:
    same = [
        item for item in facts.current if all(item[name] == row[name] for name in ("supplier", "period_start", "part"))
    ]
    own = next((item for item in same if item["delivery_id"] == row["delivery_id"]), None)
    state, note = row["state"], (row["reason"] or history) if row["state"] == "held" else ""
    if state == "accepted" and own is None and same:
        state = "replaced"
        note = f"by {facts.files.get(same[-1]['delivery_id'], '')}, known on {told_day(same[-1]['known_on'])}"
    return Said(
        supplier=_supplier_title(facts.delivery["partner"], row["supplier"], specs),
        period=label(row["period_type"], row["period_start"]),
        known_on=row["known_on"],
        is_declared=row["is_declared"],
        state=state,
        revision=own["revision"] if own is not None else None,
        rows_loaded=row["rows_loaded"],
        note=note,
    )


def told_day(day: date) -> str:
    """A day as people write it, `7 June 2024`."""
    return f"{day.day} {day:%B %Y}"


def _history(facts: Facts) -> str:
    """What the check against history found; its messages hold no values."""
    found = [row for row in facts.totals if type_of(row["issue_type"]).row_effect.startswith("return ")]
    return "; ".join(row["example"] for row in found if row["example"])


def _supplier_title(partner: str, supplier: str, specs: SpecSet) -> str:
    known = specs.partners[partner].suppliers if partner in specs.partners else {}
    return known[supplier].title if supplier in known else supplier


def _named_supplier(delivery: Mapping[str, Any], specs: SpecSet) -> tuple[str, ...]:
    name = delivery["name_supplier"]
    return (_supplier_title(delivery["partner"], name, specs),) if name else ()


def _named_period(delivery: Mapping[str, Any], specs: SpecSet) -> tuple[str, ...]:
    feed = specs.feeds.get(delivery["feed"])
    start = delivery["name_period"]
    return (label(feed.feed.cadence.every, start),) if feed is not None and start is not None else ()


def _since(facts: Facts) -> str:
    """The file in force for the return that a refused one should have been, if it came later; else empty."""
    delivery = facts.delivery
    for row in facts.current:
        is_same = row["period_start"] == delivery["name_period"]
        if is_same and row["supplier"] == delivery["name_supplier"] and row["received_at"] > delivery["received_at"]:
            return facts.files.get(row["delivery_id"], "")
    return ""


# --- state and move -------------------------------------------------------------------------------------------------


def _refused(delivery: Mapping[str, Any], masking: Masking) -> Refused | None:
    if delivery["state"] != "refused":
        return None
    kind, _, message = (delivery["reason"] or "").partition(": ")
    worst = re.search(r"; mostly (\w+)", message)
    told = without_our_part(masking.reason(kind, message))
    return Refused(type_of(kind), told, type_of(worst[1]) if worst else None)


def _state(delivery: Mapping[str, Any], returns: Sequence[Said]) -> str:
    states = {item.state for item in returns}
    if delivery["state"] != "accepted":
        return str(delivery["state"])
    if states == {"replaced"}:
        return "replaced"
    return next((state for state in ("held", "unchecked") if state in states), "accepted")


def _move(state: str, refused: Refused | None, groups: Sequence[Group]) -> Move:
    """Who has to act."""
    if state in ("replaced", "unchecked"):
        return "us" if state == "unchecked" else "nobody"
    if state == "held":
        return "partner"
    if refused is not None:
        return _mends(refused, groups)
    who = {group.section for group in groups if group.is_urgent}
    return "both" if len(who) == 2 else "partner" if "partner" in who else "us" if who else "nobody"


def _mends(refused: Refused, groups: Sequence[Group]) -> Move:
    """Who can mend a refused file: of one with too many bad rows, whoever can mend most of these."""
    if refused.type.issue_type != "too_many_quarantined":
        return refused.type.responsibility
    lost = {"partner": 0, "us": 0}
    for group in groups:
        lost[group.type.responsibility] += group.rows if group.type.row_effect == LOST else 0
    if refused.worst is not None and not any(lost.values()):
        lost[refused.worst.responsibility] += 1
    return "us" if lost["us"] > lost["partner"] else "partner"


# --- accounts -------------------------------------------------------------------------------------------------------


def _accounts(delivery: Mapping[str, Any]) -> tuple[Account, ...]:
    """The two accounts of law 1; none where nothing was counted, for the file was refused while it was read."""
    if not delivery["records"]:
        return ()
    records = (
        Part("Header", delivery["header"], "the rows that name the columns"),
        Part("Skipped", delivery["skipped"], "blank lines, totals and the like, as we have agreed"),
        Part("Read", delivery["read"], "records of the usual shape"),
        Part("Unreadable", delivery["unread"], "records without the usual shape, kept out"),
    )
    rows = (
        Part("Loaded", delivery["loaded"], "used"),
        Part("Left out on purpose", delivery["ignored"], "with a code that we have agreed not to count"),
        Part("Repeated", delivery["duplicate"], "there already, so counted once"),
        Part("Kept out", delivery["quarantined"], "cannot be used until they are mended"),
        *([Part("Erased", delivery["erased"], "as a person asked")] if delivery["erased"] else []),
    )
    return (
        Account("What is in the file", "records", delivery["records"], records),
        Account("What became of the records we could read", "rows", delivery["rows_made"], rows),
    )
