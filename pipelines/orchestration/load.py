"""Deliveries from landing, or from paths given, as far as harmonised: file by file, each with all that is in it."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.intake.claims import Claim, Declared, claim_again, claims, nearest_patterns
from pipelines.intake.companions import bring_companions, companion_stamp, is_companion, missing_companion
from pipelines.intake.landing import bring_in
from pipelines.intake.refusal import Refusal
from pipelines.intake.settled import Stamp, stamp, unsettled
from pipelines.intake.sources import Source, as_text, escaped, in_landing, opened, sha256
from pipelines.orchestration.prepare import Prepared, Preparer
from pipelines.orchestration.report import LoadReport, Say, silent
from pipelines.orchestration.sealing import KEY_FAULTS, claimed_of_persons, needed_key, seal_file, sends_persons
from pipelines.orchestration.settle import Settler, claim_arrival
from pipelines.place.assign import remember_places
from pipelines.read.sheets import by_sheet
from pipelines.specs.fingerprint import digest
from pipelines.specs.load import SpecSet
from pipelines.specs.patterns import NameFacts
from warehouse import ledger as led
from warehouse.home import Home, whole
from warehouse.journal import Arrival, Journal
from warehouse.ledger import Ledger
from warehouse.sealed import ChangedError

if TYPE_CHECKING:
    import polars as pl

# Below a partner's folder in landing: copies of files that a caller gave from elsewhere.
GIVEN = "given"


class _ChangingError(Exception):
    """The file was written to while it was read."""


def _heed(path: Path, before: Stamp | None) -> None:
    if stamp(path) != before:
        raise _ChangingError


def _content(path: Path) -> str:
    """The hash of a file as it came; empty where it cannot be read."""
    return sha256(path) if path.is_file() and os.access(path, os.R_OK) else ""


def _is_locked(problems: list[Refusal]) -> bool:
    return any(problem.issue_type in KEY_FAULTS for problem in problems)


@dataclass
class Found:
    """One file of this load, as the ledger will know it. `given`: a caller named it."""

    path: Path
    key: str
    partner: str | None
    given: bool


class Loader:
    """One load: holds what all its deliveries share."""

    def __init__(self, home: Home, specs: SpecSet, ledger: Ledger, say: Say = silent) -> None:
        self.home, self.specs, self.ledger, self.say = home, specs, ledger, say
        self.report = LoadReport()
        self.journal = Journal(home.journal)
        self.preparer = Preparer(home, specs, self.journal)
        self.settler = Settler(self.preparer, ledger, self.journal, self.report, say)
        self.files = {row["path"]: row for row in ledger.rows(led.file_path)}
        self.deliveries = {row["delivery_id"]: dict(row) for row in ledger.rows(led.delivery)}
        self.places: list[pl.DataFrame] = []

    def load(self, paths: list[Path], declared: Declared) -> LoadReport:
        """Load the paths given, or whatever in landing is new or was refused under other specs."""
        if not paths:
            self.report.refused += bring_in(self.home, self.say)
        return self.take([self._given(path) for path in paths] if paths else self.waiting(), declared)

    def take(self, found: list[Found], declared: Declared) -> LoadReport:
        """Load these files whole, each with every delivery in it; those still being written are left alone."""
        busy = unsettled(item.path for item in found)
        for item in found:
            if as_text(item.path) is None:
                self._refuse_name(item)
            elif item.path in busy:
                self._leave(item)
            elif declared != Declared() or not self._is_known(item):
                self._one_file(item, declared)
        self.remember()
        return self.report

    def _is_known(self, item: Found) -> bool:
        """Whether a file given from elsewhere was taken from there before, byte for byte; if so, that is told."""
        if not item.given or item.path.is_relative_to(self.home.landing):
            return False
        known = self.files.get(item.key)
        if known is None or known["state"] != "claimed" or known["specs_digest"] != self.reading_digest:
            return False
        is_same = (known["size"], known["mtime_ns"]) == stamp(item.path) and known["sha256"] == sha256(item.path)
        return is_same and self.settler.came_again(item.key, item.path.name)

    def remember(self) -> None:
        """Remember the places of all that was taken up."""
        if self.places:
            import polars as pl

            remember_places(self.home.places, pl.concat(self.places))
            self.places.clear()

    def _leave(self, item: Found) -> None:
        self.report.waiting.append(str(item.path))
        self.say(f"waiting   {item.path.name}: is still being written; left for the next time")

    def _refuse_name(self, item: Found) -> None:
        reason = f"{escaped(item.path)}: its name is not UTF-8, so nothing can be noted of it; rename it"
        self.report.refused.append(reason)
        self.say(f"refused   {reason}")

    # --- which files --------------------------------------------------------------------------------------------------

    def _given(self, path: Path) -> Found:
        path = path.resolve()
        if path.is_relative_to(self.home.landing):
            return self.found_in_landing(path, given=True)
        return Found(path, str(path), None, True)

    def found_in_landing(self, path: Path, given: bool = False) -> Found:
        """A file in landing, as the ledger will know it."""
        inside = path.relative_to(self.home.landing)
        partner = inside.parts[0] if inside.parts[0] in self.specs.partners and len(inside.parts) > 1 else None
        return Found(path, inside.as_posix(), partner, given)

    def waiting(self) -> list[Found]:
        """Files in landing whose bytes or specs have changed since they were last looked at."""
        waiting = []
        # A harmonised file that is gone is made again from landing.
        taken = [row for row in self.deliveries.values() if row["state"] != "refused"]
        lost = {row["path"] for row in taken if not self.home.harmonised_of(row).exists()}
        for path in in_landing(self.home.landing):
            item = self.found_in_landing(path)
            known = self.files.get(item.key)
            same = known is not None and (known["size"], known["mtime_ns"]) == stamp(path)
            is_known = known is not None and known["specs_digest"] == self.looked_at_with(item, known["state"])
            is_there = known is not None and known["state"] != "purged"
            if known is not None and is_there and same and is_known and item.key not in lost:
                self.report.unchanged += known["state"] == "claimed"
                self.report.known_refused += known["state"] != "claimed"
            else:
                waiting.append(item)
        return waiting

    @property
    def reading_digest(self) -> str:
        """What decides what becomes of a file: the specs and the reference data."""
        return self.preparer.reading_digest

    def looked_at_with(self, item: Found, state: str) -> str:
        """What decided what became of a file: of one not taken, also the companion that it is held against."""
        beside = "" if state == "claimed" else companion_stamp(self.specs, item.path, item.partner)
        return digest(self.reading_digest, beside) if beside else self.reading_digest

    # --- one file -----------------------------------------------------------------------------------------------------

    def _one_file(self, item: Found, declared: Declared) -> None:
        """Every delivery in one file; what is wrong with one member of an archive stops none of the others."""
        origin, before, found_at = item.path, stamp(item.path), item.key
        problems: list[Refusal] = []
        found: list[Claim] = []
        try:
            found = self._claimed(item, declared, problems)
        except Refusal as refusal:
            problems.append(refusal)
        if (not found and not problems) or self._waits(found) or self._lacks_key(found, problems):
            return
        try:
            for claim in found:
                made = self.preparer.prepare(claim, self.deliveries)
                _heed(origin, before)
                self._settle(made, item, declared)
                if made.refusal is not None:
                    problems.append(made.refusal)
            _heed(origin, before)
            if not _is_locked(problems):
                content = _content(item.path)
                self._seal(item, found, problems, before if item.path == origin else None)
                self._note_file(item, problems, len(found), {item.key: item.path, found_at: origin}, content)
        except (_ChangingError, ChangedError):
            self._leave(item)
            return
        self._tell(problems)

    def _tell(self, problems: list[Refusal]) -> None:
        for problem in problems:
            self.report.refused.append(str(problem))
            self.say(f"refused   {problem}")

    def _lacks_key(self, found: list[Claim], problems: list[Refusal]) -> bool:
        """Whether a file stays as it is, unread and not noted, because there is no key to open or to seal it with."""
        if not _is_locked(problems) and claimed_of_persons(self.specs, found):
            try:
                needed_key(self.preparer.keys)
            except Refusal as refusal:
                problems.append(refusal)
        if _is_locked(problems):
            self._tell(problems)
        return _is_locked(problems)

    def _seal(self, item: Found, found: list[Claim], problems: list[Refusal], before: Stamp | None) -> None:
        """Encrypt a file of people where it lies, now that it has been read. One given and refused lies elsewhere."""
        if not item.path.is_relative_to(self.home.landing) or not item.path.is_file():
            return
        is_theirs = claimed_of_persons(self.specs, found)
        if not is_theirs and not (problems and sends_persons(self.specs, item.partner)):
            return
        try:
            seal_file(item.path, found, needed_key(self.preparer.keys), before)
        except Refusal as refusal:
            # What nobody claims is told as it was without a key.
            if is_theirs:
                problems.append(refusal)

    def _claimed(self, item: Found, declared: Declared, problems: list[Refusal]) -> list[Claim]:
        """Every claim on a file, or on what is in it; `problems` takes what is wrong with single members.

        There is none on the companion of a delivery: it is read with that.

        Raises:
            Refusal: where the file cannot be opened, or nobody takes anything of it.
        """
        found: list[Claim] = []
        unclaimed: list[Source] = []
        companions = 0
        for source in opened(item.path):
            try:
                taken = self.claims_on(item, source, declared)
                found += taken
                if not taken and is_companion(self.specs, source, item.partner):
                    companions += 1
                elif not taken:
                    unclaimed.append(source)
            except Refusal as refusal:
                problems.append(refusal)
        if found and (others := [str(source) for source in unclaimed]):
            self._tell_unclaimed(item, others)
        if not found and not problems and not companions:
            raise Refusal("no_feed_claims", self._unclaimed(item))
        return found

    def claims_on(self, item: Found, source: Source, declared: Declared) -> list[Claim]:
        """The feeds that take a source: by its name, and as it was declared by those who gave it."""
        noted = [] if item.given else self.journal.given(item.key)
        again = [
            claim_again(self.specs.feeds[entry.feed], within, NameFacts(entry.period, entry.supplier, entry.issued))
            for entry in noted
            if entry.feed in self.specs.feeds and (within := source.within(entry.member)) is not None
        ]
        if noted and not self.journal.is_plain(item.key):
            return again
        found = claims(self.specs, source, declared, item.partner)
        return [*(claim for one in found for claim in by_sheet(one)), *again]

    def _waits(self, found: list[Claim]) -> bool:
        """Whether a file is left for the next time, because a companion that states its totals has not come."""
        absent = [(claim, name) for claim in found if (name := missing_companion(claim.version, claim.source))]
        for claim, name in absent:
            self.report.waiting.append(str(claim.source.path))
            self.say(f"waiting   {claim.source}: its companion {name} has not come")
        return bool(absent)

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

    def _settle(self, made: Prepared, item: Found, declared: Declared) -> None:
        """Tell of one delivery. A file from elsewhere is first copied to where files are kept."""
        is_told = item.given and (declared != Declared() or not item.path.is_relative_to(self.home.landing))
        if made.result is not None and item.given and not item.path.is_relative_to(self.home.landing):
            self._into_landing(item, made.claim, made.sha256)
        elif item.key.startswith(f"{item.partner}/{GIVEN}/"):
            is_told = True
        known = self.files.get(item.key)
        has_come_back = known is not None and known["state"] == "purged"
        self.take_up(made, claim_arrival(made.claim, made, item.key, is_told), item.given or has_come_back)

    def take_up(self, made: Prepared, arrival: Arrival, is_new: bool) -> dict[str, Any] | None:
        """Tell the ledger of one delivery; its row there, if that has changed."""
        row = self.settler.settle(made, arrival, is_new)
        if row is not None:
            self.deliveries[made.delivery_id] = row
        if row is not None and made.result is not None and "place_id" in made.result.rows.columns:
            placed = made.result.rows.select("place_id", "easting", "northing", "square_m")
            self.places.append(placed.drop_nulls().unique("place_id"))
        return row

    def _into_landing(self, item: Found, claim: Claim, content_hash: str) -> None:
        """Keep a file given from elsewhere where files are kept; its new path stands for it from here on."""
        partner = claim.feed.partner
        target = self.home.landing / partner / GIVEN / content_hash[:8] / item.path.name
        bring_companions([claim.version], item.path, target.parent)
        if not target.exists():
            with whole(target) as draft:
                shutil.copyfile(item.path, draft)
        item.path, item.partner = target, partner
        item.key = target.relative_to(self.home.landing).as_posix()

    def _note_file(
        self, item: Found, problems: list[Refusal], taken: int, places: dict[str, Path], content: str
    ) -> None:
        """What became of a file, where it lies now and where it was found; `content` is its hash, if it is there."""
        is_there = bool(content)
        state = "claimed" if taken and not problems else "refused" if taken else "unclaimed"
        at = {
            "sha256": content,
            "seen_at": led.now(),
            "state": state,
            "specs_digest": self.looked_at_with(item, state),
            "reason": "; ".join(f"{problem.issue_type}: {problem}" for problem in problems) or None,
        }
        rows = []
        for key, path in places.items():
            size, mtime_ns = (stamp(path) if is_there else None) or (0, 0)
            rows.append({**at, "path": key, "size": size, "mtime_ns": mtime_ns})
        with self.ledger.change() as connection:
            led.put(connection, led.file_path, rows)
            if is_there:
                led.put_new(connection, led.file, [{name: rows[0][name] for name in ("sha256", "size", "seen_at")}])
