"""One delivery read and harmonised, before the ledger is told: it changes nothing but files of its own."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from pipelines.harmonise.control import check_control
from pipelines.harmonise.delivery import Delivered, Harmonised, harmonise
from pipelines.harmonise.returns import check_expected
from pipelines.intake.claims import Claim, supplier_of
from pipelines.intake.companions import stated_beside
from pipelines.intake.refusal import Refusal
from pipelines.orchestration.entries import keep, keep_aside
from pipelines.place.reference import ReferenceData
from pipelines.protect.key_store import KeyStore, purposes_of
from pipelines.protect.minimise import Guard, guard_of, needs_guard
from pipelines.protect.rights import Rights
from pipelines.read.asked import Whose, as_asked
from pipelines.read.delivery import read_delivery
from pipelines.read.raw import read_raw, reading_digest
from pipelines.read.records import Erased, Records
from pipelines.specs.fingerprint import Making, digest, making_of, specs_digest
from pipelines.specs.load import SpecSet
from pipelines.specs.models import Dataset
from pipelines.specs.parts import part_of
from pipelines.specs.sensitivity import pseudonym_columns
from warehouse import ledger as led
from warehouse.home import Home
from warehouse.journal import Journal


@dataclass
class Prepared:
    """What could be made of one claimed source: rows, or why not. `came` is when it came first.

    `result` is None where the rows are at hand already, and where there is a refusal. `whose` tells whose each record
    was, where the delivery was made before.
    """

    claim: Claim
    supplier: str = ""
    sha256: str = ""
    delivery_id: str = ""
    making: Making | None = None
    came: datetime = datetime.min
    records: Records | None = None
    result: Harmonised | None = None
    refusal: Refusal | None = None
    whose: Whose | None = None

    def of_whole(self, row: int) -> list[Erased]:
        """Whose a record is, where all that is known is whose the whole delivery is."""
        period = self.claim.facts.period
        return [Erased(row, 1, self.supplier or None, period.isoformat() if period else None)]

    @property
    def fingerprint(self) -> str:
        """What the rows are made with."""
        return self.making.fingerprint if self.making else ""

    @property
    def key(self) -> dict[str, str]:
        """What its files are named by."""
        return {"feed": self.claim.feed.name, "delivery_id": self.delivery_id, "fingerprint": self.fingerprint}


class Preparer:
    """Prepares deliveries by the specs in force, with the reference data of one home."""

    def __init__(self, home: Home, specs: SpecSet, journal: Journal) -> None:
        self.home, self.specs, self.journal = home, specs, journal

    @cached_property
    def reference(self) -> ReferenceData:
        """Reference data for placing rows, read when first needed."""
        return ReferenceData(self.home.reference, self.home.boundaries)

    @cached_property
    def rights(self) -> Rights:
        """What people have asked of the rows about them."""
        return Rights(self.home.keys)

    @cached_property
    def reading_digest(self) -> str:
        """What decides what becomes of a file: the specs, the reference data and the keys."""
        keys = self.keys.stamp
        return digest(specs_digest(self.specs), self.reference.stamp(), *([keys] if keys else []))

    @cached_property
    def keys(self) -> KeyStore:
        """The keys that pseudonyms are made by."""
        return KeyStore(self.home)

    def guard(self, claim: Claim) -> Guard | None:
        """What making a delivery's text minimal needs; None where all of it may be kept as it was sent.

        Raises:
            Refusal: where one of the keys it needs is missing, wrong, or exposed.
        """
        feed, version = claim.feed, claim.version
        dataset = self.specs.datasets[feed.dataset]
        if not needs_guard(version, dataset):
            return None
        keys = self.keys.needed(feed.name, purposes_of(dataset, version))
        return guard_of(feed, version, self.specs, keys, lambda: self.reference.large_sectors, claim.facts.period)

    def identity(self, claim: Claim, supplier: str, content_hash: str) -> tuple[str, Making]:
        """A delivery's id, and what decides the rows that the specs in force make of it.

        What a file's name says of it is part of what is delivered: the same empty file for two months is two returns.
        """
        period = claim.facts.period
        part = part_of(claim.feed, claim.version, period) if period else ""
        said = f"{period or ''}\n{supplier}\n{part}"
        delivery_id = hashlib.sha256(f"{claim.feed.name}\n{content_hash}\n{said}".encode()).hexdigest()[:32]
        return delivery_id, self.making(claim, supplier, delivery_id)

    def making(self, claim: Claim, supplier: str, delivery_id: str) -> Making:
        """What decides the rows that the specs in force make of a claimed source, with what people ask of them."""
        reference = self.reference.digest(claim.feed.feed.needs(claim.version))
        dataset = self.specs.datasets[claim.feed.dataset]
        keys = self.keys.ids(claim.feed.name, purposes_of(dataset, claim.version))
        rights = self.rights.digest(delivery_id)
        return making_of(self.specs, claim.feed, claim.version, reference, claim.facts.period, supplier, keys, rights)

    def at_hand(self, key: Mapping[str, Any], known: Mapping[str, Any] | None) -> bool:
        """Whether a delivery that the ledger knows was taken, and nothing has to be made again."""
        if known is None or known["state"] == "refused" or known["fingerprint"] != key["fingerprint"]:
            return False
        return self.home.harmonised_of(key).exists()

    def prepare(self, claim: Claim, deliveries: Mapping[str, Mapping[str, Any]]) -> Prepared:
        """Read and harmonise one delivery, unless its rows are at hand.

        Args:
            claim: its feed, and the version that reads it.
            deliveries: the deliveries that the ledger knows, by id.
        """
        made = Prepared(claim)
        try:
            made.supplier = supplier_of(self.specs, claim)
            made.sha256 = claim.source.sha256()
            made.delivery_id, made.making = self.identity(claim, made.supplier, made.sha256)
            known = deliveries.get(made.delivery_id)
            made.came = self.journal.first_came(made.delivery_id) or (known["received_at"] if known else led.now())
            if not self.at_hand(made.key, known):
                self.make(made)
        except Refusal as refusal:
            made.refusal = refusal
        return made

    def make(self, made: Prepared) -> None:
        """Make a delivery's rows and keep them; where it is then refused, only what was wrong with it.

        Raises:
            Refusal: where it cannot be taken.
        """
        claim, dataset = made.claim, self.specs.datasets[made.claim.feed.dataset]
        guard = self.guard(claim)
        read_by = reading_digest(claim.version, dataset, guard)
        kept = read_raw(self.home.raw_of(made.key), read_by)
        records = kept[0] if kept is not None else self._read(claim, dataset, guard)
        columns = [header for header, _column, _how in pseudonym_columns(claim.version, dataset)]
        records = as_asked(records, self.rights, made.delivery_id, columns, made.whose or made.of_whole)
        delivered = Delivered(made.delivery_id, made.came.date())
        result = harmonise(records, claim, self.specs, made.supplier, self.reference, delivered)
        keep_aside(self.home, made.key, result)
        # What was kept has met its totals: nothing else of a reading is kept.
        beside = stated_beside(claim.version, claim.source) if kept is None else None
        result.stated_rows = check_control(records, claim, beside) if beside else kept[1] if kept else None
        check_expected(result, records, claim)
        keep(self.home, made.key, records, read_by, result)
        made.records, made.result = records, result

    def _read(self, claim: Claim, dataset: Dataset, guard: Guard | None) -> Records:
        if guard is not None:
            self.keys.remember(guard.keys)
        with claim.source.open() as file:
            return read_delivery(file, claim, dataset, guard)
