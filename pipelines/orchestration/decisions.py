"""What a person decides of returns: to take one that was held, to close a period, to open it again."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from pipelines.orchestration.check import beside_revisions, note_judged
from pipelines.specs.base import PeriodType
from pipelines.specs.load import SpecSet
from warehouse import ledger as led
from warehouse.journal import Journal
from warehouse.ledger import Ledger

Row = dict[str, Any]


def accept(ledger: Ledger, specs: SpecSet, journal: Journal, delivery_id: str, reason: str) -> list[Row]:
    """Take the held returns of a delivery all the same, for the reason a person gives; the returns accepted."""
    held = [dict(row) for row in ledger.rows(led.return_, delivery_id=delivery_id, state="held")]
    if not held:
        return []
    journal.decided("accepted", led.now(), delivery=delivery_id, reason=reason)
    for row in held:
        row.update(state="accepted", is_approved=True, reason=reason)
    note_judged(ledger, beside_revisions(ledger, specs, held), [])
    return held


def close_period(ledger: Ledger, journal: Journal, kind: PeriodType, start: date) -> datetime:
    """Make a period's figures final: what comes for it from now on is held. Closing again changes nothing."""
    known = ledger.rows(led.closed_period, period_type=kind.value, period_start=start)
    if known:
        return datetime.fromisoformat(str(known[0]["closed_at"]))
    at = led.now()
    journal.decided("closed", at, period_type=kind.value, period_start=start)
    with ledger.change() as connection:
        row = {"period_type": kind.value, "period_start": start, "closed_at": at}
        led.put(connection, led.closed_period, [row])
    return at


def reopen_period(ledger: Ledger, journal: Journal, kind: PeriodType, start: date) -> bool:
    """Let returns of a closed period in again; whether it was closed."""
    if not ledger.rows(led.closed_period, period_type=kind.value, period_start=start):
        return False
    journal.decided("reopened", led.now(), period_type=kind.value, period_start=start)
    with ledger.change() as connection:
        led.remove(connection, led.closed_period, period_type=kind.value, period_start=start)
    return True


def restore_decisions(ledger: Ledger, journal: Journal) -> None:
    """Close in a new ledger what the journal has as closed; what was accepted is looked up there as returns come."""
    rows = [
        {"period_type": kind, "period_start": start, "closed_at": at} for (kind, start), at in journal.closed().items()
    ]
    with ledger.change() as connection:
        led.put(connection, led.closed_period, rows)
