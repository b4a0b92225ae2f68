"""Tells the journal and the ledger what came of one delivery: taken, a duplicate, issued again, or refused.

The journal is told first, then the ledger, in one transaction. A process that ends between the two has changed nothing
that the next load does not find as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, delete, insert

from pipelines.harmonise.delivery import Harmonised
from pipelines.harmonise.returns import returns_of
from pipelines.intake.claims import Claim
from pipelines.orchestration.prepare import Prepared, Preparer
from pipelines.orchestration.report import LoadReport, Say
from pipelines.read.records import Records
from pipelines.specs.load import SpecSet
from pipelines.specs.parts import part_of
from warehouse import ledger as led
from warehouse.journal import Arrival, Journal
from warehouse.ledger import Ledger, check_account

_OUTCOMES = ("loaded", "ignored", "duplicate", "quarantined", "erased")
Row = dict[str, Any]


class Settler:
    """Settles the deliveries of one load, and tells of each."""

    def __init__(self, preparer: Preparer, ledger: Ledger, journal: Journal, report: LoadReport, say: Say) -> None:
        self.preparer, self.ledger, self.journal = preparer, ledger, journal
        self.specs: SpecSet = preparer.specs
        self.report, self.say = report, say

    def settle(self, made: Prepared, arrival: Arrival, is_new: bool) -> Row | None:
        """Tell of one delivery.

        Args:
            made: what could be made of it.
            arrival: how it came; its `path` is where its bytes lie from now on.
            is_new: whether it has just come, or lies in landing and is looked at again.

        Returns:
            Its row in the ledger, if that has changed.
        """
        known = self._known(made.delivery_id)
        taken = known is not None and known["state"] != "refused"
        if made.refusal is not None:
            return self._refuse(made, arrival, known)
        row = None
        if made.result is not None and made.records is not None and not (taken and _is_made(made, known)):
            row = self._accept(made, arrival, known, made.records, made.result)
        if taken and known is not None:
            self._again(made, arrival, known, is_new)
        return row

    def _known(self, delivery_id: str) -> Row | None:
        """The delivery as the ledger has it now: another process may have told of it meanwhile."""
        found = self.ledger.rows(led.delivery, delivery_id=delivery_id)
        return dict(found[0]) if found else None

    def came_again(self, path: str, name: str) -> bool:
        """Note that all that was taken from a path has come from there once more; False where nothing was."""
        before = [row for row in self.ledger.rows(led.arrival, path=path) if row["outcome"] != "refused"]
        latest = {row["delivery_id"]: row for row in before}
        again = [
            {**{key: row[key] for key in row if key != "arrival_id"}, "received_at": led.now(), "outcome": "duplicate"}
            for row in latest.values()
        ]
        if not again:
            return False
        with self.ledger.change() as connection:
            connection.execute(insert(led.arrival), again)
        self.report.duplicates += [f"{name}:{row['member']}" if row["member"] else name for row in again]
        what = "its content was" if len(again) == 1 else f"its {len(again):,} deliveries were"
        self.say(f"duplicate {name}: {what} taken from there before{self._stale(latest)}")
        return True

    # --- again --------------------------------------------------------------------------------------------------------

    def _again(self, made: Prepared, arrival: Arrival, known: Row, is_new: bool) -> None:
        """The same content for the same period again: issued again where that is declared, else a duplicate."""
        own = [dict(row) for row in self.ledger.rows(led.return_, delivery_id=made.delivery_id)]
        issued, source = made.claim.facts.issued, made.claim.source
        if issued is not None and own and all(row["known_on"] != issued for row in own):
            self._issue_again(made, replace(arrival, path=known["path"], member=known["member"]), own, issued)
            return
        if not is_new and (known["path"], known["member"]) == (arrival.path, arrival.member):
            return
        with self.ledger.change() as connection:
            self._arrive(connection, made, arrival, led.now(), "duplicate")
        self.report.duplicates.append(str(source))
        when = f"{known['received_at']:%Y-%m-%d}"
        self.say(f"duplicate {source}: the same content was taken on {when}{self._stale([made.delivery_id])}")

    def _stale(self, deliveries: Iterable[str]) -> str:
        """What to say where a content has since been replaced by a revision."""
        current = {row["delivery_id"] for row in led.current_returns(self.ledger)}
        own = [row for row in deliveries if row not in current and self.ledger.rows(led.return_, delivery_id=row)]
        return " and has been revised since; if the partner issues it anew, give --issued DATE" if own else ""

    def _issue_again(self, made: Prepared, arrival: Arrival, own: list[Row], issued: date) -> None:
        at = self.journal.arrived(arrival, led.now())
        latest = {(row["supplier"], row["period_start"], row["part"]): row for row in own}
        again = [
            {**row, "known_on": issued, "is_declared": True, "received_at": at, **_unjudged()}
            for row in latest.values()
        ]
        with self.ledger.change() as connection:
            self._arrive(connection, made, arrival, at, "reissued")
            led.put(connection, led.return_, again)
        self.report.accepted.append({**_told(made), "reissued": True})
        self.say(f"reissued  {made.claim.source}: as issued on {issued}")

    # --- refused ------------------------------------------------------------------------------------------------------

    def _refuse(self, made: Prepared, arrival: Arrival, known: Row | None) -> Row | None:
        """Refused; what was taken before, under other specs, stays as it is."""
        if not made.delivery_id or made.refusal is None:
            return None
        reason = f"{made.refusal.issue_type}: {made.refusal}"
        row = {**self._delivery(made, arrival, known), "state": "refused", "reason": reason}
        is_kept = known is not None and known["state"] != "refused"
        with self.ledger.change() as connection:
            self._arrive(connection, made, arrival, led.now(), "refused")
            if not is_kept:
                led.put(connection, led.delivery, [row])
        return None if is_kept else row

    # --- taken --------------------------------------------------------------------------------------------------------

    def _accept(self, made: Prepared, arrival: Arrival, known: Row | None, records: Records, result: Harmonised) -> Row:
        row = {**self._delivery(made, arrival, known), **_account(records, result), "state": "accepted", "reason": None}
        check_account(row, str(made.claim.source))
        again = known is not None and known["state"] != "refused"
        if not again:
            made.came = self.journal.arrived(arrival, made.came)
        with self.ledger.change() as connection:
            if not again:
                self._arrive(connection, made, arrival, made.came, "retried" if known else "new")
            led.put(connection, led.delivery, [row])
            if made.making is not None:
                led.put_new(connection, led.making, [made.making.row()])
            issue_totals(connection, row, result)
            fresh = self._returns(made, row, result)
            led.put(connection, led.return_, self._as_before(connection, row, fresh) if again else fresh)
        self._tell(made, row, records, result)
        return row

    def _delivery(self, made: Prepared, arrival: Arrival, known: Row | None) -> Row:
        """What the ledger keeps of a delivery, whatever came of it."""
        return {
            **made.key,
            "partner": made.claim.feed.partner,
            "dataset": made.claim.feed.dataset,
            "sha256": made.sha256,
            "path": arrival.path,
            "member": arrival.member,
            "name_period": made.claim.facts.period,
            "name_supplier": made.supplier,
            "received_at": known["received_at"] if known else made.came,
            "spec_version": made.claim.version.valid_from.isoformat(),
        }

    def _returns(self, made: Prepared, row: Row, result: Harmonised) -> list[Row]:
        claim, issued = made.claim, made.claim.facts.issued
        shared = {
            "feed": row["feed"],
            "delivery_id": row["delivery_id"],
            "known_on": issued or made.came.date(),
            "is_declared": issued is not None,
            "replaces": claim.version.replaces,
            "fingerprint": row["fingerprint"],
            "received_at": made.came,
            **_unjudged(),
        }
        return [
            {**shared, **item, "part": part_of(claim.feed, claim.version, item["period_start"])}
            for item in returns_of(result, claim, self.specs)
        ]

    def _as_before(self, connection: Connection, row: Row, fresh: list[Row]) -> list[Row]:
        """Harmonised again under other specs: the returns stay as they came, with what the delivery now says."""
        own = self.ledger.rows(led.return_, delivery_id=row["delivery_id"])
        connection.execute(delete(led.return_).where(led.return_.c.delivery_id == row["delivery_id"]))
        kept = []
        for old in {old["known_on"]: old for old in own}.values():
            same = {name: old[name] for name in ("known_on", "is_declared", "received_at", "is_approved", "reason")}
            # What was accepted once stays so; what was held is judged again, by the limits that now hold.
            same["state"] = "accepted" if old["state"] == "accepted" else "unchecked"
            kept += [{**item, **same} for item in fresh]
        return kept

    def _arrive(self, connection: Connection, made: Prepared, arrival: Arrival, at: datetime, outcome: str) -> None:
        """Note that a delivery arrived, where it was found, and what came of it."""
        found, landing = made.claim.source.path, self.preparer.home.landing
        row = {
            "delivery_id": arrival.delivery,
            "path": found.relative_to(landing).as_posix() if found.is_relative_to(landing) else str(found),
            "member": arrival.member,
            "received_at": at,
            "issued_on": arrival.issued,
            "period": arrival.period,
            "outcome": outcome,
        }
        connection.execute(insert(led.arrival), row)

    def _tell(self, made: Prepared, row: Row, records: Records, result: Harmonised) -> None:
        source = made.claim.source
        counts = {name: row[name] for name in ("records", *_OUTCOMES, "unread")}
        self.report.accepted.append({**_told(made), **counts})
        lost = row["quarantined"] + row["unread"]
        self.say(f"loaded    {source}: {row['loaded']:,} rows{f', {lost:,} quarantined' if lost else ''}")
        for item in records.unread[:3]:
            self.say(f"          {source}:{item.line}: {item.message} (quarantined)")
        quarantined = result.set_aside.filter(result.set_aside["outcome"] == "quarantined")
        for kind in quarantined["issue_type"].unique(maintain_order=True):
            self.say(f"          {result.examples[kind]} ({result.issues[kind]:,} quarantined)")


def _is_made(made: Prepared, known: Row | None) -> bool:
    """Whether another process has told of these very rows meanwhile."""
    return known is not None and known["fingerprint"] == made.fingerprint and made.sha256 == known["sha256"]


def _unjudged() -> Row:
    return {"state": "unchecked", "reason": None, "is_approved": False}


def _told(made: Prepared) -> Row:
    return {
        "source": str(made.claim.source),
        "feed": made.claim.feed.name,
        "supplier": made.supplier,
        "delivery_id": made.delivery_id,
    }


def _account(records: Records, result: Harmonised) -> Row:
    """Both of law 1's equations, in the ledger's columns."""
    return {
        "records": records.total,
        "header": records.headers_read,
        "skipped": sum(records.skipped.values()),
        "read": records.read,
        "unread": len(records.unread),
        "rows_made": result.account["made"],
        **{name: result.account[name] for name in _OUTCOMES},
    }


def issue_totals(connection: Connection, row: Mapping[str, Any], result: Harmonised) -> None:
    """Note how many issues of each type a delivery raised, in place of what was noted of it before."""
    connection.execute(delete(led.issue_total).where(led.issue_total.c.delivery_id == row["delivery_id"]))
    totals = [
        {"delivery_id": row["delivery_id"], "issue_type": kind, "count": count, "example": result.examples.get(kind)}
        for kind, count in result.issues.items()
    ]
    led.put(connection, led.issue_total, totals)


def claim_arrival(claim: Claim, made: Prepared, path: str, is_given: bool) -> Arrival:
    """How a delivery came, as the journal keeps it."""
    facts = claim.facts
    return Arrival(
        made.delivery_id, path, claim.source.inner, claim.feed.name, facts.period, made.supplier, facts.issued, is_given
    )
