"""Fills a new ledger with what was purged from landing: that it was there, and deliveries whose raw rows are kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipelines.intake.claims import claim_again
from pipelines.intake.refusal import Refusal
from pipelines.orchestration.load import Loader
from pipelines.orchestration.prepare import Prepared
from pipelines.orchestration.purge import note_purged
from pipelines.orchestration.replay import member_of
from pipelines.orchestration.report import Say
from pipelines.specs.load import SpecSet
from pipelines.specs.patterns import NameFacts
from warehouse import ledger as led
from warehouse.home import Home
from warehouse.ledger import Ledger


def restore_purged(home: Home, specs: SpecSet, ledger: Ledger, say: Say) -> list[str]:
    """Make the deliveries of purged files again from their raw rows, and note the files as purged.

    Returns:
        What could not be made again, a line a delivery.
    """
    loader = Loader(home, specs, ledger, say)
    lost = []
    for path, line in loader.journal.purged().items():
        if (home.landing / path).exists():
            continue
        note_purged(ledger, path, led.now())
        for item in line["deliveries"]:
            if item["state"] != "refused" and (why := _again(loader, item)) is not None:
                lost.append(f"{path}: {item['feed']}: was purged, and cannot be made again: {why}")
    loader.remember()
    for told in lost:
        say(f"lost      {told}")
    return lost


def _again(loader: Loader, item: Mapping[str, Any]) -> str | None:
    """Make one delivery again, once for each day of issue; why that cannot be."""
    feed = loader.specs.feeds.get(item["feed"])
    if feed is None:
        return "its feed is no longer declared"
    try:
        for arrival in loader.journal.arrivals(item["delivery_id"]):
            source = member_of(loader.home.landing / arrival.path, arrival.member)
            facts = NameFacts(arrival.period, arrival.supplier or None, arrival.issued)
            claim = claim_again(feed, source, facts)
            came = loader.journal.first_came(arrival.delivery) or led.now()
            made = Prepared(claim, arrival.supplier or "", item["sha256"], arrival.delivery, came=came)
            made.making = loader.preparer.making(claim, made.supplier, arrival.delivery)
            if not loader.home.raw_of(made.key).exists():
                return "the raw rows are gone as well"
            if not loader.preparer.at_hand(made.key, loader.deliveries.get(arrival.delivery)):
                loader.preparer.make(made)
            loader.take_up(made, arrival, is_new=False)
    except Refusal as refusal:
        return f"{refusal.issue_type}: {refusal}"
    return None
