"""A workbook with a sheet for each return: every sheet that the spec's pattern fits is claimed on its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

from pipelines.intake.claims import Claim
from pipelines.intake.refusal import Refusal
from pipelines.specs.formats import SheetFormat
from pipelines.specs.parts import may_report
from pipelines.specs.patterns import matcher
from pipelines.specs.periods import period_start

_matcher = lru_cache(maxsize=None)(matcher)


def by_sheet(claim: Claim) -> Iterator[Claim]:
    """The claim itself; or, where its spec names sheets by a pattern, a claim for each sheet that fits it.

    Raises:
        Refusal: where no sheet fits, or the version does not cover a sheet's period.
    """
    format_ = claim.version.format
    if not isinstance(format_, SheetFormat) or not format_.is_pattern:
        yield claim
        return
    from pipelines.read.sheet import sheet_names

    with claim.source.open() as file:
        names = sheet_names(file, str(claim.source))
    found = [(name, facts) for name in names if (facts := _matcher(format_.sheet)(name)) is not None]
    if not found:
        message = f'{claim.source}: no sheet fits "{format_.sheet}"; it has {", ".join(names)}'
        raise Refusal("unreadable", message)
    for name, said in found:
        period = period_start(claim.feed.feed.cadence.every, said.period) if said.period else claim.facts.period
        facts = replace(
            claim.facts,
            period=period,
            supplier=said.supplier or claim.facts.supplier,
            issued=said.issued or claim.facts.issued,
        )
        if period is not None and not may_report(claim.feed, claim.version, period):
            message = f"{claim.source}: sheet {name}: this version of the spec does not cover {period}"
            raise Refusal("outside_validity", f"{message}; add a version to the feed's spec")
        yield replace(claim, source=replace(claim.source, sheet=name), facts=facts)
