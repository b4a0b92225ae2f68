"""Deliveries from landing, or from paths given, as far as harmonised. The ledger is told of each in one transaction."""

from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, delete

from pipelines.harmonise.control import check_control
from pipelines.harmonise.delivery import Harmonised, harmonise
from pipelines.harmonise.returns import check_expected, returns_of
from pipelines.intake.claims import Claim, Declared, claim_again, claims, nearest_patterns, supplier_of
from pipelines.intake.companions import stated_beside
from pipelines.intake.landing import bring_in
from pipelines.intake.refusal import Refusal
from pipelines.intake.sources import Source, in_landing, opened, sha256
from pipelines.orchestration.entries import arrive, harmonised_path, issue_totals, keep
from pipelines.orchestration.report import LoadReport, Say, silent
from pipelines.place.assign import remember_places
from pipelines.place.locate import Gazetteers
from pipelines.place.postcodes import read_postcodes
from pipelines.read.delivery import read_delivery
from pipelines.read.records import Records
from pipelines.read.sheets import by_sheet
from pipelines.specs.feeds import Postcode
from pipelines.specs.fingerprint import Making, digest, making_of, specs_digest
from pipelines.specs.load import SpecSet
from warehouse import ledger as led
from warehouse.home import Home, whole
from warehouse.ledger import Ledger, check_account

if TYPE_CHECKING:
    import polars as pl

# Below a partner's folder in landing: copies of files that a caller gave from elsewhere.
GIVEN = "given"

_DELIVERY_COUNTS = ("made", "loaded", "ignored", "duplicate", "quarantined")


@dataclass
class Prepared:
    """What could be made of one claimed source before the ledger is told: rows, or why not."""

    claim: Claim
    supplier: str = ""
    sha256: str = ""
    delivery_id: str = ""
    making: Making | None = None
    records: Records | None = None
    result: Harmonised | None = None
    refusal: Refusal | None = None

    @property
    def fingerprint(self) -> str:
        """What the rows are made with."""
        return self.making.fingerprint if self.making else ""


@dataclass
class Found:
    """One file of this load, as the ledger will know it."""

    path: Path
    key: str
    partner: str | None
    given: bool


class Loader:
    """One load: holds what all its deliveries share."""

    def __init__(self, home: Home, specs: SpecSet, ledger: Ledger, say: Say = silent) -> None:
        self.home, self.specs, self.ledger, self.say = home, specs, ledger, say
        self.report = LoadReport()
        self.files = {row["path"]: row for row in ledger.rows(led.file_path)}
        self.deliveries = {row["delivery_id"]: dict(row) for row in ledger.rows(led.delivery)}
        self.places: list[pl.DataFrame] = []

    @cached_property
    def gazetteers(self) -> Gazetteers:
        """Reference data for placing rows, read when first needed."""
        return Gazetteers(*read_postcodes(self.home.postcodes))

    def load(self, paths: list[Path], declared: Declared) -> LoadReport:
        """Load the paths given, or whatever in landing is new or was refused under other specs."""
        if not paths:
            self.report.refused += bring_in(self.home, self.say)
        return self.take([self._given(path) for path in paths] if paths else self.waiting(), declared)

    def take(self, found: list[Found], declared: Declared) -> LoadReport:
        """Load these files whole, each with every delivery in it."""
        for item in found:
            self._one_file(item, declared)
        if self.places:
            import polars as pl

            remember_places(self.home.places, pl.concat(self.places))
        return self.report

    def _given(self, path: Path) -> Found:
        path = path.resolve()
        if path.is_relative_to(self.home.landing):
            return self._landed(path, given=True)
        return Found(path, str(path), None, True)

    def _landed(self, path: Path, given: bool = False) -> Found:
        inside = path.relative_to(self.home.landing)
        partner = inside.parts[0] if inside.parts[0] in self.specs.partners and len(inside.parts) > 1 else None
        return Found(path, inside.as_posix(), partner, given)

    def waiting(self) -> list[Found]:
        """Files in landing whose bytes or specs have changed since they were last looked at."""
        waiting = []
        # A harmonised file that is gone is made again from landing.
        taken = [row for row in self.deliveries.values() if row["state"] != "refused"]
        lost = {row["path"] for row in taken if not harmonised_path(self.home, row).exists()}
        for path in in_landing(self.home.landing):
            item = self._landed(path)
            known = self.files.get(item.key)
            stat = path.stat()
            same = known is not None and (known["size"], known["mtime_ns"]) == (stat.st_size, stat.st_mtime_ns)
            if same and known is not None and known["specs_digest"] == self.reading_digest and item.key not in lost:
                self.report.unchanged += known["state"] == "claimed"
                self.report.known_refused += known["state"] != "claimed"
            else:
                waiting.append(item)
        return waiting

    @cached_property
    def reading_digest(self) -> str:
        """What decides how a file is read: the specs and the reference data."""
        stamp = self.home.postcodes.stat().st_mtime_ns if self.home.postcodes.exists() else 0
        return digest(specs_digest(self.specs), stamp)

    def _one_file(self, item: Found, declared: Declared) -> None:
        """Every delivery in one file; what is wrong with one member of an archive stops none of the others."""
        problems: list[Refusal] = []
        found: list[Claim] = []
        unclaimed: list[Source] = []
        try:
            for source in opened(item.path):
                try:
                    taken = self.claims_on(item, source, declared)
                    found += taken
                    unclaimed += [] if taken else [source]
                except Refusal as refusal:
                    problems.append(refusal)
            if found and (others := [str(source) for source in unclaimed]):
                self._tell_unclaimed(item, others)
            if not found and not problems:
                raise Refusal("no_feed_claims", self._unclaimed(item))
        except Refusal as refusal:
            problems.append(refusal)
        for claim in found:
            refused = self._settle(self._prepare(claim), item)
            if refused is not None:
                problems.append(refused)
        self._note_file(item, problems, len(found))
        for problem in problems:
            self.report.refused.append(str(problem))
            self.say(f"refused   {problem}")

    def claims_on(self, item: Found, source: Source, declared: Declared) -> list[Claim]:
        """The feeds that take a source. A file that was given stays with what was declared of it when it came."""
        if item.given or not item.key.startswith(f"{item.partner}/{GIVEN}/"):
            found = claims(self.specs, source, declared, item.partner)
            return [claim for one in found for claim in by_sheet(one)]
        noted = [
            (row, within)
            for row in self.deliveries.values()
            if row["path"] == item.key and row["feed"] in self.specs.feeds
            for within in [source.within(row["member"])]
            if within is not None
        ]
        return [claim_again(self.specs.feeds[row["feed"]], within, row) for row, within in noted]

    def _tell_unclaimed(self, item: Found, others: list[str]) -> None:
        """Members of an archive that no feed takes are told: whoever packed it may have meant them to be read."""
        listed = ", ".join(others[:5]) + (", ..." if len(others) > 5 else "")
        message = f"{item.path.name}: no feed takes {len(others):,} of its members: {listed}"
        self.report.warnings.append(message)
        self.say(f"warning   {message}")

    def _unclaimed(self, item: Found) -> str:
        known = "; ".join(nearest_patterns(self.specs, item.path.name))
        whose = f" of {item.partner}" if item.partner else ""
        expected = f"name it as a feed expects ({known}), or give --feed"
        return f"{item.path}: no feed{whose} takes a file of this name; {expected}"

    def _note_file(self, item: Found, problems: list[Refusal], taken: int) -> None:
        """What became of a file. One given from elsewhere is copied into landing if a delivery of it was taken."""
        known = item.path.is_file() and os.access(item.path, os.R_OK)
        stat = item.path.stat() if known else None
        content = sha256(item.path) if known else ""
        state = "claimed" if taken and not problems else "refused" if taken else "unclaimed"
        reason = "; ".join(f"{problem.issue_type}: {problem}" for problem in problems) or None
        at = {
            "path": item.key,
            "sha256": content,
            "size": stat.st_size if stat else 0,
            "mtime_ns": stat.st_mtime_ns if stat else 0,
            "seen_at": led.now(),
            "state": state,
            "specs_digest": self.reading_digest,
            "reason": reason,
        }
        with self.ledger.change() as connection:
            led.put(connection, led.file_path, [at])
            if content:
                led.put_new(connection, led.file, [{name: at[name] for name in ("sha256", "size", "seen_at")}])

    def _prepare(self, claim: Claim) -> Prepared:
        """Read and harmonise one delivery, unless its rows are at hand. Changes nothing but files of its own."""
        made = Prepared(claim)
        try:
            made.supplier = supplier_of(self.specs, claim)
            made.sha256 = claim.source.sha256()
            made.delivery_id, made.making = self.identity(claim, made.supplier, made.sha256)
            if self._at_hand(made) is None:
                with claim.source.open() as file:
                    made.records = read_delivery(file, claim, self.specs.datasets[claim.feed.dataset])
                made.result = harmonise(made.records, claim, self.specs, made.supplier, self.gazetteers)
                stated = stated_beside(claim.version, claim.source)
                made.result.stated_rows = check_control(made.records, claim, stated)
                check_expected(made.result, made.records, claim)
                keep(self.home, made.claim.feed, (made.delivery_id, made.fingerprint), made.records, made.result)
        except Refusal as refusal:
            made.refusal = refusal
        return made

    def _at_hand(self, made: Prepared) -> dict[str, Any] | None:
        """The delivery as the ledger knows it, if it was taken before and nothing has to be made again."""
        known = self.deliveries.get(made.delivery_id)
        if known is None or known["state"] == "refused" or known["fingerprint"] != made.fingerprint:
            return None
        return known if harmonised_path(self.home, known).exists() else None

    def _settle(self, made: Prepared, item: Found) -> Refusal | None:
        """Tell the ledger of one delivery; why it was refused, if it was."""
        if not made.delivery_id:
            return made.refusal
        known = self._at_hand(made)
        arrived_before = known is not None and (known["path"], known["member"]) == (item.key, made.claim.source.inner)
        if known is not None and (made.result is None or not arrived_before):
            if item.given or not arrived_before:
                self._again(made.claim, known, made.supplier)
            return None
        delivery = {
            "delivery_id": made.delivery_id,
            "feed": made.claim.feed.name,
            "partner": made.claim.feed.partner,
            "dataset": made.claim.feed.dataset,
            "sha256": made.sha256,
            "path": item.key,
            "member": made.claim.source.inner,
            "name_period": made.claim.facts.period,
            "name_supplier": made.supplier,
            "received_at": self.deliveries.get(made.delivery_id, {}).get("received_at") or led.now(),
            "fingerprint": made.fingerprint,
            "spec_version": made.claim.version.valid_from.isoformat(),
        }
        if made.refusal is not None or made.records is None or made.result is None:
            refusal = made.refusal or Refusal("unreadable", f"{made.claim.source}: nothing could be made of it")
            self._refuse(delivery, made.claim, refusal)
            return refusal
        if item.given and not item.path.is_relative_to(self.home.landing):
            self._into_landing(item, made.claim.feed.partner, made.sha256)
            delivery["path"] = item.key
        self._accept(delivery, made, made.records, made.result)
        return None

    def identity(self, claim: Claim, supplier: str, content_hash: str) -> tuple[str, Making]:
        """A delivery's id, and what decides the rows that the specs in force make of it.

        What a file's name says of it is part of what is delivered: the same empty file for two months is two returns.
        """
        said = f"{claim.facts.period or ''}\n{supplier}"
        delivery_id = hashlib.sha256(f"{claim.feed.name}\n{content_hash}\n{said}".encode()).hexdigest()[:32]
        by_postcode = any(isinstance(way, Postcode) for way in claim.version.location)
        reference = self.gazetteers.digest if by_postcode else ""
        return delivery_id, making_of(self.specs, claim.feed, claim.version, reference, claim.facts.period, supplier)

    def _into_landing(self, item: Found, partner: str, content_hash: str) -> None:
        """Keep a file given from elsewhere where files are kept; its new path stands for it from here on."""
        target = self.home.landing / partner / GIVEN / content_hash[:8] / item.path.name
        if not target.exists():
            with whole(target) as draft:
                shutil.copyfile(item.path, draft)
        item.path = target
        item.key = target.relative_to(self.home.landing).as_posix()

    def _again(self, claim: Claim, known: dict[str, Any], supplier: str) -> None:
        """The same content again: a duplicate, unless it is declared to be issued again, or for another period."""
        own = self.ledger.rows(led.return_, delivery_id=known["delivery_id"])
        issued = claim.facts.issued
        if issued is None or not own or any(row["known_on"] == issued for row in own):
            with self.ledger.change() as connection:
                arrive(connection, known, claim, "duplicate")
            self.report.duplicates.append(str(claim.source))
            self.say(f"duplicate {claim.source}: the same content was taken on {known['received_at']:%Y-%m-%d}")
            return
        latest = {(row["supplier"], row["period_start"]): dict(row) for row in own}
        with self.ledger.change() as connection:
            arrive(connection, known, claim, "reissued")
            again = [
                {**row, "known_on": issued, "is_declared": True, "received_at": led.now(), "state": "unchecked"}
                for row in latest.values()
            ]
            led.put(connection, led.return_, again)
        told = {
            "source": str(claim.source),
            "feed": known["feed"],
            "supplier": supplier,
            "delivery_id": known["delivery_id"],
        }
        self.report.accepted.append({**told, "reissued": True})
        self.say(f"reissued  {claim.source}: as issued on {issued}")

    def _refuse(self, delivery: dict[str, Any], claim: Claim, refusal: Refusal) -> None:
        row = {**delivery, "state": "refused", "reason": f"{refusal.issue_type}: {refusal}"}
        with self.ledger.change() as connection:
            if (
                delivery["delivery_id"] not in self.deliveries
                or self.deliveries[delivery["delivery_id"]]["state"] == "refused"
            ):
                led.put(connection, led.delivery, [row])
                self.deliveries[delivery["delivery_id"]] = row
            arrive(connection, delivery, claim, "refused")

    def _accept(self, delivery: dict[str, Any], made: Prepared, records: Records, result: Harmonised) -> None:
        claim, supplier, making = made.claim, made.supplier, made.making
        account = {
            "records": records.total,
            "header": records.headers_read,
            "skipped": sum(records.skipped.values()),
            "read": records.frame.height,
            "unread": len(records.unread),
            "rows_made": result.account["made"],
            **{name: result.account[name] for name in _DELIVERY_COUNTS[1:]},
        }
        check_account(account, str(claim.source))
        row = {**delivery, **account, "state": "accepted", "reason": None}
        if "place_id" in result.rows.columns:
            places = result.rows.select("place_id", "easting", "northing", "square_m").drop_nulls().unique("place_id")
            self.places.append(places)
        known = self.deliveries.get(delivery["delivery_id"])
        with self.ledger.change() as connection:
            arrive(connection, row, claim, "retried" if known else "new")
            if making is not None:
                led.put(connection, led.making, [making.row()])
            led.put(connection, led.delivery, [row])
            issue_totals(connection, row, result)
            if known is not None and known["state"] != "refused":
                self._redo_returns(connection, row, claim, result)
            else:
                led.put(connection, led.return_, self._returns(row, claim, result))
        self.deliveries[delivery["delivery_id"]] = row
        self._tell(row, claim, supplier, records, result)

    def _returns(self, row: dict[str, Any], claim: Claim, result: Harmonised) -> list[dict[str, Any]]:
        issued, received = claim.facts.issued, row["received_at"]
        shared = {
            "feed": row["feed"],
            "delivery_id": row["delivery_id"],
            "known_on": issued or received.date(),
            "is_declared": issued is not None,
            "replaces": claim.version.replaces,
            "part": "",
            "fingerprint": row["fingerprint"],
            "state": "unchecked",
            "received_at": received,
        }
        return [{**shared, **item} for item in returns_of(result, claim, self.specs)]

    def _redo_returns(self, connection: Connection, row: dict[str, Any], claim: Claim, result: Harmonised) -> None:
        """Harmonised again under other specs: the returns stay as they came, with what the delivery now says."""
        own = self.ledger.rows(led.return_, delivery_id=row["delivery_id"])
        connection.execute(delete(led.return_).where(led.return_.c.delivery_id == row["delivery_id"]))
        fresh = self._returns(row, claim, result)
        for old in {row["known_on"]: row for row in own}.values():
            kept = {name: old[name] for name in ("known_on", "is_declared", "received_at")}
            # What was accepted once stays so; what was held is judged again, by the limits that now hold.
            kept["state"] = "accepted" if old["state"] == "accepted" else "unchecked"
            led.put(connection, led.return_, [{**item, **kept} for item in fresh])

    def _tell(self, row: dict[str, Any], claim: Claim, supplier: str, records: Records, result: Harmonised) -> None:
        counts = {name: row[name] for name in ("records", "loaded", "ignored", "duplicate", "quarantined", "unread")}
        told = {
            "source": str(claim.source),
            "feed": row["feed"],
            "supplier": supplier,
            "delivery_id": row["delivery_id"],
            **counts,
        }
        self.report.accepted.append(told)
        lost = row["quarantined"] + row["unread"]
        aside = f", {lost:,} quarantined" if lost else ""
        self.say(f"loaded    {claim.source}: {row['loaded']:,} rows{aside}")
        for item in records.unread[:3]:
            self.say(f"          {claim.source}:{item.line}: {item.message} (quarantined)")
        quarantined = result.set_aside.filter(result.set_aside["outcome"] == "quarantined")
        for kind in quarantined["issue_type"].unique(maintain_order=True):
            self.say(f"          {result.examples[kind]} ({result.issues[kind]:,} quarantined)")
