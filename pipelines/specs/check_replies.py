"""Checks of a partner's replies against its feeds: what they name is there."""

from __future__ import annotations

from collections.abc import Iterator

from pipelines.specs.load import SpecSet
from pipelines.specs.periods import period_start, written
from pipelines.specs.problems import Problem, nearest
from pipelines.specs.replies import Replied


def check_replies(partner: str, specs: SpecSet) -> Iterator[Problem]:
    """Every problem of one partner's replies."""
    document = specs.documents["replies", partner]
    first: dict[tuple[object, ...], Replied] = {}
    for item in specs.replies[partner]:
        known = first.setdefault(item.reply.about, item)
        if known is not item:
            message = f"line {known.line} replies to the same signal; put both into one `reply`"
            yield document.problem((item.index, "signal"), message)
        for place, message in (*_supplier(partner, item, specs), *_feed(partner, item, specs)):
            yield document.problem((item.index, place), message)


def _supplier(partner: str, item: Replied, specs: SpecSet) -> Iterator[tuple[str, str]]:
    """The supplier is one of the partner's, and is named where there are several."""
    supplier = item.reply.supplier
    known = specs.partners[partner].suppliers if partner in specs.partners else {}
    if supplier is None and len(known) > 1:
        yield "signal", f"{partner} sends for several suppliers; say by `supplier` whose return this is"
    if supplier is not None and known and supplier not in known:
        yield "supplier", f'"{supplier}" is not a supplier of {partner}{nearest(supplier, known)}'


def _feed(partner: str, item: Replied, specs: SpecSet) -> Iterator[tuple[str, str]]:
    """The feed is one of the partner's, and has such a period."""
    name = f"{partner}/{item.reply.dataset}"
    feed = specs.feeds.get(name)
    if feed is None:
        if ("feed", name) not in specs.documents:  # else what is wrong with the feed is told already
            known = [other.dataset for other in specs.feeds.values() if other.partner == partner]
            yield "dataset", f'{partner} has no feed "{item.reply.dataset}"{nearest(item.reply.dataset, known)}'
        return
    kind, day = feed.feed.cadence.every, item.reply.period
    start = period_start(kind, day)
    if start != day:
        yield "period", f"a {kind.value.replace('_', ' ')} of {name} begins on {start}, not on {day}"
    elif feed.version_on(start) is None:
        first = feed.feed.versions[0].valid_from
        yield "period", f"no version of {name} covers {written(kind, day)} (the first is valid from {first})"
