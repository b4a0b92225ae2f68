"""Which suppliers speak for which areas, by what is known of the areas: their parents, and lookups that are exact.

A supplier names codes (`speaks_for`). It speaks for an area if it names the area itself, one that holds all of it (its
parent, or where an exact lookup leads to), or one that was made part of it. So the suppliers of the districts speak for
the unitary they will be merged to, and the supplier of the unitary for the districts that were.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.place.boundaries.sets import read_areas, set_names
from pipelines.place.lookups.store import EXACT, read_lookups
from pipelines.specs.load import FeedSpec, SpecSet
from warehouse.home import Home

# An area as boundary sets and lookups know it: the set and the code.
Area = tuple[str, str]
Edges = dict[Area, set[Area]]


@dataclass(frozen=True)
class Geography:
    """The areas of the loaded sets, each with the codes by which a supplier speaks for it.

    `reach` holds what tells it of the area itself. `through_parent` holds what was merged into the area's parent: asked
    only where nobody speaks for the area, because it tells no more than that somebody speaks for some of the parent.
    """

    reach: Mapping[Area, frozenset[str]]
    through_parent: Mapping[Area, frozenset[str]]

    @property
    def codes(self) -> set[str]:
        """Every code by which a supplier speaks for a loaded area."""
        return set().union(*self.reach.values(), *self.through_parent.values())


def geography(home: Home) -> Geography:
    """The geography of a home: of its boundary sets and its lookups."""
    import polars as pl

    if not set_names(home.boundaries):
        return Geography({}, {})
    areas = read_areas(home.boundaries).select("boundary_set", "area_code", "parent_code")
    pairs = read_lookups(home.lookups).filter(pl.col("method").is_in(EXACT))
    return geography_of(areas.rows(), pairs.select("from_set", "from_code", "to_set", "to_code").rows())


def geography_of(areas: Iterable[tuple[str, str, str | None]], pairs: Iterable[tuple[str, str, str, str]]) -> Geography:
    """What the areas (boundary set, code, parent's code) and exact pairs (from set, code, to set, code) say."""
    parents = {(set_name, code): parent for set_name, code, parent in areas}
    above: Edges = {}
    below: Edges = {}
    for from_set, from_code, to_set, to_code in pairs:
        above.setdefault((from_set, from_code), set()).add((to_set, to_code))
        below.setdefault((to_set, to_code), set()).add((from_set, from_code))
    # A parent is known by its code alone, whichever set it is an area of.
    called: dict[str, set[Area]] = {}
    for area in (*parents, *above, *below):
        called.setdefault(area[1], set()).add(area)

    def named(found: Iterable[Area]) -> set[str]:
        """The codes of areas and of their parents."""
        return {code for area in found for code in (area[1], parents.get(area)) if code is not None}

    reach, through_parent = {}, {}
    for area, parent in parents.items():
        over = called.get(parent, set()) if parent else set()
        reach[area] = frozenset(named(_all({area, *over}, above)) | named(_all({area}, below)))
        if parent:
            through_parent[area] = frozenset(named(_all(over, below) - over))
    return Geography(reach, through_parent)


def _all(start: set[Area], edges: Edges) -> set[Area]:
    """`start` and everything that edges lead to from there."""
    found, ahead = set(start), list(start)
    while ahead:
        fresh = edges.get(ahead.pop(), set()) - found
        found |= fresh
        ahead += fresh
    return found


def area_suppliers(specs: SpecSet, known: Geography) -> list[dict[str, Any]]:
    """A row for each feed, supplier and area of a loaded set that the supplier speaks for."""
    direct, fallback = _by_code(known.reach), _by_code(known.through_parent)
    rows = []
    for feed in specs.feeds.values():
        spoken = _spoken(feed, specs, direct)
        somebody = set().union(*spoken.values())
        for supplier, more in _spoken(feed, specs, fallback).items():
            spoken[supplier] |= more - somebody
        for supplier, areas in spoken.items():
            declared = specs.partners[feed.partner].suppliers[supplier]
            rows += [
                {
                    "dataset": feed.dataset,
                    "partner": feed.partner,
                    "supplier": supplier,
                    "unit_counted": feed.feed.recording.unit,
                    "boundary_set": set_name,
                    "area_code": code,
                    "expected_from": declared.expected_from,
                    "expected_to": declared.expected_to,
                }
                for set_name, code in sorted(areas)
            ]
    return rows


def _by_code(reach: Mapping[Area, frozenset[str]]) -> dict[str, set[Area]]:
    found: dict[str, set[Area]] = {}
    for area, codes in reach.items():
        for code in codes:
            found.setdefault(code, set()).add(area)
    return found


def _spoken(feed: FeedSpec, specs: SpecSet, areas: Mapping[str, set[Area]]) -> dict[str, set[Area]]:
    suppliers = specs.partners[feed.partner].suppliers
    return {
        name: set().union(*(areas.get(code, set()) for code in supplier.speaks_for))
        for name, supplier in suppliers.items()
    }
