"""Seals files of people in landing, with their companions: what a feed of persons has taken or refused lies encrypted.

A file is one of people if any feed that claims it is (`specs/sensitivity.py`). What nobody could claim, in the folder
of a partner that sends such files, may be one under another name, and is sealed as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from pipelines.intake.claims import Claim
from pipelines.intake.companions import companion_of
from pipelines.intake.refusal import Refusal
from pipelines.intake.settled import Stamp
from pipelines.intake.sources import Source
from pipelines.protect.key_store import KeyStore
from pipelines.specs.load import FeedSpec, SpecSet
from pipelines.specs.sensitivity import is_of_persons
from warehouse.sealed import LandingKey, SealError, landing_key, seal

# What keeps a file from being read or taken until somebody sees to the key; the file itself is not at fault.
KEY_FAULTS = ("key_missing", "key_exposed")


def feed_of_persons(specs: SpecSet, feed: FeedSpec) -> bool:
    """Whether any version of a feed reads what is about persons."""
    return any(is_of_persons(version, specs.datasets[feed.dataset]) for version in feed.feed.versions)


def sends_persons(specs: SpecSet, partner: str | None) -> bool:
    """Whether any feed of a partner is of persons."""
    return any(feed_of_persons(specs, feed) for feed in specs.feeds.values() if feed.partner == partner)


def claimed_of_persons(specs: SpecSet, found: Iterable[Claim]) -> bool:
    """Whether any of the claims on a file is that of a feed of persons."""
    return any(is_of_persons(claim.version, specs.datasets[claim.feed.dataset]) for claim in found)


def needed_key(store: KeyStore) -> LandingKey:
    """The landing key.

    Raises:
        Refusal: where it is missing, lies where data or specs are kept, or is readable by others than its owner.
    """
    try:
        return landing_key(store.folder)
    except SealError as error:
        raise Refusal(error.issue_type, str(error)) from None


def seal_file(path: Path, found: Sequence[Claim], key: LandingKey, before: Stamp | None) -> list[Path]:
    """Seal a file in landing and the companions that lie beside it; those that were open.

    Args:
        path: the file.
        found: the claims on it.
        key: the landing key.
        before: its size and time when it was read.

    Raises:
        Refusal: where it is too large to be read again.
        ChangedError: where it has changed since it was read.
    """
    beside = {of.path for claim in found if (of := companion_of(claim.version, Source(path))) is not None}
    try:
        done = [other for other in sorted(beside) if seal(other, key)]
        return [*done, path] if seal(path, key, before) else done
    except SealError as error:
        raise Refusal(error.issue_type, str(error)) from None
