"""What lies open in landing though it is of people: files taken before they were sealed, or not loaded yet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pipelines.intake.claims import Claim, Declared
from pipelines.intake.companions import is_companion
from pipelines.intake.refusal import Refusal
from pipelines.intake.settled import stamp, unsettled
from pipelines.intake.sources import Source, as_text, in_landing, opened
from pipelines.orchestration.load import Found, Loader
from pipelines.orchestration.report import Say
from pipelines.orchestration.sealing import claimed_of_persons, feed_of_persons, needed_key, seal_file, sends_persons
from pipelines.protect.key_store import KeyStore
from pipelines.specs.load import SpecSet
from warehouse import ledger as led
from warehouse.home import Home
from warehouse.ledger import Ledger
from warehouse.sealed import ChangedError, is_sealed


@dataclass(frozen=True)
class Lying:
    """A file of people that lies open, and the claims on it."""

    item: Found
    claims: list[Claim]


def lying_open(home: Home, specs: SpecSet, ledger: Ledger) -> Iterator[Lying]:
    """Every finished file in landing that is of people, and companions of such, loaded or not, as far as it is open."""
    loader = Loader(home, specs, ledger)
    for path in in_landing(home.landing):
        if is_sealed(path) or as_text(path) is None:
            continue
        item = loader.found_in_landing(path)
        found = _claims(loader, item)
        if _feed_of_persons(loader, item, found):
            yield Lying(item, found)


def _claims(loader: Loader, item: Found) -> list[Claim]:
    try:
        return [claim for source in opened(item.path) for claim in loader.claims_on(item, source, Declared())]
    except Refusal:
        return []


def _feed_of_persons(loader: Loader, item: Found, found: list[Claim]) -> bool:
    if claimed_of_persons(loader.specs, found):
        return True
    held = {row["feed"] for row in loader.deliveries.values() if row["path"] == item.key}
    if any(feed_of_persons(loader.specs, loader.specs.feeds[feed]) for feed in held if feed in loader.specs.feeds):
        return True
    if found or not sends_persons(loader.specs, item.partner):
        return False
    # Of such a partner: looked at and not claimed, or a companion, which may name the people it counts.
    return item.key in loader.files or is_companion(loader.specs, Source(item.path), item.partner)


def seal_all(home: Home, specs: SpecSet, ledger: Ledger, say: Say) -> list[Path]:
    """Seal all that lies open; the ledger then knows each file as it lies.

    Returns:
        The files sealed. Those still being written are left, and told.

    Raises:
        Refusal: where there is no key, or a file is too large.
    """
    waiting = list(lying_open(home, specs, ledger))
    key = needed_key(KeyStore(home)) if waiting else None
    busy = unsettled(item.item.path for item in waiting)
    done: list[Path] = []
    for lying in waiting:
        path, before = lying.item.path, stamp(lying.item.path)
        try:
            if path in busy or key is None:
                raise ChangedError(path)
            done += seal_file(path, lying.claims, key, before)
        except ChangedError:
            say(f"waiting   {lying.item.key}: is still being written; left for the next time")
            continue
        _note(ledger, lying.item, before)
        say(f"sealed    {lying.item.key}")
    return done


def _note(ledger: Ledger, item: Found, before: tuple[int, int] | None) -> None:
    """Let the ledger know a file by its new size, if it knew it as it was: it is the same file."""
    for row in ledger.rows(led.file_path, path=item.key):
        if (row["size"], row["mtime_ns"]) == before:
            with ledger.change() as connection:
                led.put(connection, led.file_path, [{**row, "size": item.path.stat().st_size}])
