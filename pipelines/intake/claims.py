"""Which feed a file belongs to: the feeds' own file patterns decide, nothing else."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache

from pipelines.intake.companions import is_own_companion
from pipelines.intake.refusal import Refusal
from pipelines.intake.sources import Source
from pipelines.specs.feeds import FeedVersion
from pipelines.specs.formats import SheetFormat
from pipelines.specs.load import FeedSpec, SpecSet
from pipelines.specs.parts import may_report
from pipelines.specs.patterns import NameFacts, matcher, tokens
from pipelines.specs.periods import first_day, period_start
from pipelines.specs.problems import nearest

_matcher = lru_cache(maxsize=None)(matcher)


@dataclass(frozen=True)
class Claim:
    """A feed that takes a source, the version of its spec that reads it, and what name and caller declare."""

    feed: FeedSpec
    version: FeedVersion
    source: Source
    facts: NameFacts


@dataclass(frozen=True)
class Declared:
    """What the caller says of the files: `--feed`, `--period`, `--issued`. It overrules what names say."""

    feed: str | None = None
    period: date | None = None
    issued: date | None = None


def period_given(text: str | None) -> date | None:
    """The first day of a `--period`.

    Raises:
        Refusal: where it is not a period.
    """
    try:
        return first_day(text) if text else None
    except ValueError as error:
        raise Refusal("bad_value", f'--period "{text}" is not a period such as 2014-05 or 2014') from error


def claims(specs: SpecSet, source: Source, declared: Declared, partner: str | None = None) -> list[Claim]:
    """The feeds that take a source. None takes the companion of another of its files, unless the caller says so.

    Args:
        specs: the specs in force.
        source: the file or member.
        declared: what the caller says.
        partner: take only this partner's feeds (the file lies in its folder of landing).

    Raises:
        Refusal: where a feed takes the name, but its specs do not cover the period, or know no such supplier.
    """
    found = []
    for feed in specs.feeds.values():
        if declared.feed is not None and feed.name != declared.feed:
            continue
        if partner is not None and feed.partner != partner:
            continue
        if declared.feed is None and is_own_companion(feed, source):
            continue
        claim = claim_of(feed, source, declared)
        if claim is not None:
            _known_supplier(specs, claim)
            found.append(claim)
    return found


def claim_of(feed: FeedSpec, source: Source, declared: Declared) -> Claim | None:
    """One feed's claim on a source, if its patterns take the name.

    Raises:
        Refusal: where the name is taken, but the feed's specs do not cover the period.
    """
    said: NameFacts | None = None
    for version in reversed(feed.feed.versions):
        facts = next((facts for pattern in version.files if (facts := _matcher(pattern)(source.name))), None)
        if facts is None and declared.feed == feed.name:
            facts = NameFacts()
        if facts is None:
            continue
        named = declared.period or facts.period
        period = period_start(feed.feed.cadence.every, named) if named else None
        facts = replace(facts, period=period, issued=declared.issued or facts.issued)
        said = said or facts
        if facts.period is None:
            if version.period in (None, "given") and not _sheet_says_period(version):
                raise Refusal("outside_validity", f"{source}: its name does not say the period; give --period")
            return Claim(feed, version, source, facts)
        if may_report(feed, version, facts.period):
            return Claim(feed, version, source, facts)
    if said is not None:
        first = feed.feed.versions[0].valid_from
        message = f"{source}: no version of {feed.name} covers {said.period} (the first is valid from {first})"
        raise Refusal("outside_validity", f"{message}; add a version to the feed's spec")
    return None


def _sheet_says_period(version: FeedVersion) -> bool:
    return isinstance(version.format, SheetFormat) and "period" in tokens(version.format.sheet)


def claim_again(feed: FeedSpec, source: Source, facts: NameFacts) -> Claim:
    """A claim made anew from what was noted of a delivery: its feed, period, supplier and issue, as declared then.

    Raises:
        Refusal: where no version of the feed covers the period any more.
    """
    versions = [
        version
        for version in reversed(feed.feed.versions)
        if facts.period is None or may_report(feed, version, facts.period)
    ]
    if not versions:
        message = f"{source}: no version of {feed.name} covers {facts.period} any more"
        raise Refusal("outside_validity", f"{message}; add a version to the feed's spec")
    named = (item for item in versions if any(_matcher(pattern)(source.name) for pattern in item.files))
    return Claim(feed, next(named, versions[0]), source, facts)


def _known_supplier(specs: SpecSet, claim: Claim) -> None:
    suppliers = specs.partners[claim.feed.partner].suppliers
    said = claim.facts.supplier
    if said is not None and said not in suppliers:
        message = f'{claim.source}: {claim.feed.partner} has no supplier "{said}"{nearest(said, suppliers)}'
        raise Refusal("unknown_supplier", f"{message}; rename the file or add the supplier to partner.yml")


def supplier_of(specs: SpecSet, claim: Claim) -> str:
    """The supplier a claim's file speaks for: the one its name says, or the partner's only one.

    Empty where each row says its own.

    Raises:
        Refusal: where the name says none and the partner has several.
    """
    suppliers = specs.partners[claim.feed.partner].suppliers
    if claim.version.supplier is not None:
        return ""
    if claim.facts.supplier is not None:
        return claim.facts.supplier
    if len(suppliers) == 1:
        return next(iter(suppliers))
    raise Refusal(
        "unknown_supplier",
        f"{claim.source}: its name does not say which supplier of {claim.feed.partner} it speaks for",
    )


def nearest_patterns(specs: SpecSet, name: str, count: int = 3) -> list[str]:
    """The file patterns most like a name that no feed takes, each as `feed: pattern`."""
    known = [(feed.name, pattern) for feed in specs.feeds.values() for pattern in feed.feed.versions[-1].files]
    known.sort(key=lambda item: -difflib.SequenceMatcher(None, name, item[1].rpartition("/")[2]).ratio())
    return [f"{feed}: {pattern}" for feed, pattern in known[:count]]
