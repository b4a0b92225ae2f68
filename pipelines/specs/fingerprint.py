"""What a harmonised file depends on, as one hash: when it changes, the file is made again.

The fingerprint covers the feed's version, its dataset, the maps and code lists in use, the reference data that placed
the rows, and `METHOD`, which is raised whenever the code would make something else of the same input.
"""

from __future__ import annotations

import hashlib
import json
from datetime import date
from typing import Any

from pipelines.specs.base import Spec
from pipelines.specs.feeds import FeedVersion
from pipelines.specs.load import FeedSpec, SpecSet

METHOD = 2


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


def feed_fingerprint(specs: SpecSet, feed: FeedSpec, version: FeedVersion, *context: Any) -> str:
    """The fingerprint of what `version` of a feed makes of a delivery.

    `context` is what else decides the result: the declared period and supplier, the digest of the postcode directory.
    """
    dataset = specs.datasets[feed.dataset]
    maps = {name for _header, column in version.fills() if (name := column.map)}
    if version.supplier is not None and version.supplier.map:
        maps.add(version.supplier.map)
    lists = {item.list for item in dataset.fields.values() if item.list}
    return digest(
        METHOD,
        version,
        feed.feed.recording,
        feed.feed.cadence.every,
        feed.feed.boundary_set,
        dataset,
        {name: feed.maps[name].entries for name in sorted(maps)},
        {name: specs.code_lists[name].entries for name in sorted(lists)},
        context,
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
    )
