"""Which revision of a return came before the one in force."""

from __future__ import annotations

from typing import Any

from warehouse import ledger as led
from warehouse.ledger import Ledger, revision_order

_RETURN = ("feed", "supplier", "period_start", "part")


def mark_before(ledger: Ledger, current: list[dict[str, Any]]) -> None:
    """Say of each return what the revision before it was made of: `before`, None where it is the first.

    Only of those that replace their period: of others, nothing came before, for all revisions are in force together.
    """
    revisions: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    asked = {_key(item) for item in current if item["revision"] > 1 and item["replaces"] == "reporting_period"}
    for row in ledger.rows(led.return_, state="accepted") if asked else ():
        if (key := _key(dict(row))) in asked:
            revisions.setdefault(key, []).append(dict(row))
    for item in current:
        earlier = [row for row in revisions.get(_key(item), ()) if revision_order(row) < revision_order(item)]
        last = max(earlier, key=revision_order, default=None)
        item["before"] = None if last is None else {name: last[name] for name in ("delivery_id", "fingerprint")}


def _key(row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in _RETURN)
