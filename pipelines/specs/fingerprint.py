"""What a harmonised file depends on, as one hash: when it changes, the file is made again.

The fingerprint covers the feed's version, its dataset, the maps and code lists in use, the corrections that may be
about the delivery, the reference data that placed the rows, and `METHOD`, which is raised whenever the code would make
something else of the same input.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from pipelines.specs.base import Spec
from pipelines.specs.corrections import concerning
from pipelines.specs.feeds import FeedVersion
from pipelines.specs.load import FeedSpec, SpecSet

METHOD = 5


def digest(*parts: Any) -> str:
    """A hash of plain values and specs; 16 hex characters (64 bits) are plenty among a home's files."""
    text = json.dumps(parts, sort_keys=True, default=_plain, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _plain(value: Any) -> Any:
    if isinstance(value, Spec):
        return value.model_dump(mode="json")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)


@dataclass(frozen=True)
class Making:
    """What decides the rows of a delivery, as hashes; when a figure moves, they tell what was changed."""

    spec: str
    maps: str
    corrections: str
    reference: str
    rights: str = ""

    @property
    def fingerprint(self) -> str:
        """All of it as one hash."""
        return digest(*asdict(self).values())

    def row(self) -> dict[str, str]:
        """As the ledger keeps it."""
        return {"fingerprint": self.fingerprint, **asdict(self)}


def making_of(
    specs: SpecSet,
    feed: FeedSpec,
    version: FeedVersion,
    reference: str,
    period: date | None,
    supplier: str,
    keys: tuple[str, ...] = (),
    rights: str = "",
) -> Making:
    """What decides the rows that `version` of a feed makes of a delivery.

    Args:
        specs: the specs in force.
        feed: the feed.
        version: its version.
        reference: the digest of the reference data that places rows; empty where none is used.
        period: the period declared of the whole delivery; None where its rows say theirs.
        supplier: whom the whole speaks for; empty where its rows say so.
        keys: what the keys are called that pseudonyms are made by.
        rights: a hash of what people have had erased, restricted or put right in it; empty where they have not.
    """
    dataset = specs.datasets[feed.dataset]
    maps = {name for _header, column in version.fills() if (name := column.map)}
    if version.supplier is not None and version.supplier.map:
        maps.add(version.supplier.map)
    lists = {item.list for item in dataset.fields.values() if item.list}
    ours = concerning(specs.corrections.get(feed.partner, ()), feed.dataset, feed.feed.cadence.every, period, supplier)
    settings = (feed.feed.recording.unit, feed.feed.cadence.every, feed.feed.boundary_set)
    return Making(
        spec=digest(METHOD, version, *settings, dataset, (period, supplier), *([keys] if keys else [])),
        maps=digest(
            {name: feed.maps[name].entries for name in sorted(maps)},
            {name: specs.code_lists[name].entries for name in sorted(lists)},
        ),
        corrections=digest([item.correction for item in ours]) if ours else "",
        reference=reference,
        rights=rights,
    )


def specs_digest(specs: SpecSet) -> str:
    """A hash of everything in the set, for telling whether a file once refused is worth trying again."""
    return digest(
        METHOD,
        specs.datasets,
        specs.partners,
        {
            name: (feed.feed, {key: table.entries for key, table in feed.maps.items()})
            for name, feed in specs.feeds.items()
        },
        {name: table.entries for name, table in specs.code_lists.items()},
        specs.indicators,
        {name: [item.correction for item in recorded] for name, recorded in specs.corrections.items()},
    )
