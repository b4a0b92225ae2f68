"""A place by the name of its street: exactly as the gazetteer has it, else by likeness, else not at all.

A street is a line, so it is placed as the square around all of it. Two streets of a name in a district are told apart
by the town or village, or they are ambiguous: none is picked.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from pipelines.place.directories.gazetteer import Bounds, Entry, Gazetteer, Names
from pipelines.place.located import ISSUE, MESSAGE, as_located, located_schema
from pipelines.place.ways.street_names import Reading, Shape, named_in, normal_district, normal_name, read_text
from pipelines.specs.locations import Street

if TYPE_CHECKING:
    import polars as pl

# The smallest square a street stands for: the publisher's bounds are of the middle of the road, and what is reported
# at a street stands beside it, round its corner or in its yards.
LEAST_SQUARE_M = 100
# How far a street that goes by the very name is to be trusted: it may lie beyond the gazetteer's idea of it, or the
# name be of a newer street elsewhere. What is misspelt is trusted less, by its likeness.
EXACT_CONFIDENCE = 0.95
# A street beyond the last house goes by the nearest town or village, though the gazetteer has it in none. The towns
# that post is sorted in have the country around them for some five kilometres.
AROUND_M = 5_000
# The issue of a row that was placed, though not by what it says letter by letter.
RESPELT = "street_respelt"


class Match(NamedTuple):
    """What a text was found to mean: the entries of a name, and how like the text it is, 0 to 1.

    `after` are the words of the text beside the name; `rivals` how many names are as like.
    """

    name: str
    entries: list[Entry]
    score: float
    after: str = ""
    rivals: int = 1


def by_street(distinct: pl.DataFrame, way: Street, gazetteer: Gazetteer | None) -> pl.DataFrame:
    """Each location of `distinct`, by the street or place it names, as a located table."""
    import polars as pl

    text = pl.col(way.column)
    locality = pl.col(way.locality) if way.locality else pl.lit(None, pl.String)
    district = pl.col(way.district) if way.district else pl.lit(way.in_district, pl.String)
    wanted = distinct.select(text=text, locality=locality, district=district).select(
        pl.all().str.strip_chars().fill_null("")
    )
    finder = _Finder(way, gazetteer)
    rows = [finder.placed(*row) for row in wanted.iter_rows()]
    schema = located_schema()
    names = ("easting", "northing", "square_m", "place_method", "place_confidence", ISSUE, MESSAGE)
    return as_located(pl.DataFrame(rows, schema={name: schema[name] for name in names}, orient="row"))


class _Finder:
    """Looks texts up; each text and each question of likeness once."""

    def __init__(self, way: Street, gazetteer: Gazetteer | None) -> None:
        self.way, self.gazetteer = way, gazetteer
        self.liked: dict[tuple[int, str], Match | None] = {}

    def placed(self, text: str, locality: str, district: str) -> tuple[Any, ...]:
        """easting, northing, square_m, place_method, place_confidence, and what is told of one location."""
        reading = read_text(text)
        if not reading.names[0][0]:
            return _without("bad_location" if text else "no_location")
        names = self.gazetteer.names(district or None) if self.gazetteer else None
        if names is None:
            return _without("unknown_street", "the gazetteer has no district of this name" if self.gazetteer else None)
        match = _exact(reading, names) or self._like(reading, names)
        if match is None:
            return _without("unknown_street")
        if match.rivals > 1:
            return _without("ambiguous_street", f"{match.rivals} streets are nearly of this name, none clearly more")
        match = self._told_apart(match, f"{match.after} {locality}", reading.outward, district)
        streets = {entry.street for entry in match.entries}
        if not streets:
            return _without("unknown_street", "no street of this name is in or near the town or village given")
        if len(streets) > 1:
            return _without("ambiguous_street", f"{len(streets)} streets of this name; its town or village would tell")
        return _square(match)

    def _told_apart(self, match: Match, around: str, outward: str, district: str) -> Match:
        """The match without the streets elsewhere than in the town or village that the words around it name.

        Those that the gazetteer has in the place are taken; else those near it, which may be none; then, if some of
        them are, those in the postcode district. Words that name no place the gazetteer knows leave all, and so does
        the name of the district.
        """
        assert self.gazetteer is not None
        entries, places = match.entries, self.gazetteer.places
        named = named_in(normal_name(around), places)
        near = [entry for entry in entries if entry.place in named]
        named -= {normal_district(district)}
        if not near and named:
            bounds = [each for name in named for each in places[name]]
            is_known = bounds and not entries[0].is_place
            near = [entry for entry in entries if any(_gap(entry.bounds, each) <= AROUND_M for each in bounds)]
            if is_known and not near:
                return match._replace(entries=[])
        entries = near or entries
        return match._replace(entries=[each for each in entries if outward and each.outward == outward] or entries)

    def _like(self, reading: Reading, names: Names) -> Match | None:
        """The first name of the reading that one name of the gazetteer is like."""
        for name, after in reading.whole:
            key = (id(names), name)
            if key not in self.liked:
                self.liked[key] = self._likest(Shape.of(name), names)
            if (match := self.liked[key]) is not None:
                return match._replace(after=after)
        return None

    def _likest(self, shape: Shape, names: Names) -> Match | None:
        """The name of the same kind of way that is likest, if it is like enough, and how many are as like."""
        from rapidfuzz import process
        from rapidfuzz.distance import OSA

        others = names.alike.get((shape.kind, shape.telling), {})
        least, margin = self.way.min_score, self.way.margin
        found = process.extract(
            shape.rest, others.keys(), scorer=OSA.normalized_similarity, score_cutoff=least - margin, limit=8
        )
        if not found or found[0][1] < least:
            return None
        best = found[0][1]
        rivals = [name for name, score, _ in found if score > best - margin or score == best]
        name = others[found[0][0]]
        entries = names.entries[name]
        streets = [entry for entry in entries if not entry.is_place]
        return Match(name, streets or entries, best, rivals=len(rivals))


def _exact(reading: Reading, names: Names) -> Match | None:
    """The first name of the reading that is a street; else a place, where that is what the text begins with."""
    for name, after in reading.names:
        streets = [entry for entry in names.entries.get(name, ()) if not entry.is_place]
        if streets:
            return Match(name, streets, 1.0, after)
    for name in (reading.names[0][0], reading.first):
        if name in names.entries:
            return Match(name, names.entries[name], 1.0)
    return None


def _gap(one: Bounds, other: Bounds) -> float:
    """The metres between two rectangles, along the grid: 0 where they meet."""
    west, south = max(one[0], other[0]), max(one[1], other[1])
    east, north = min(one[2], other[2]), min(one[3], other[3])
    return max(west - east, south - north, 0.0)


def _square(match: Match) -> tuple[Any, ...]:
    """The square around all of a street, its side a whole number of metres."""
    west, south, east, north = (
        pick(entry.bounds[side] for entry in match.entries) for side, pick in enumerate((min, min, max, max))
    )
    side = max(LEAST_SQUARE_M, math.ceil(east - west), math.ceil(north - south))
    method = "place_name" if match.entries[0].is_place else "street"
    told = (None, None) if match.score == 1 else (RESPELT, f"read as {match.name.title()}")
    return (west + east) / 2, (south + north) / 2, side, method, round(EXACT_CONFIDENCE * match.score, 3), *told


def _without(method: str, message: str | None = None) -> tuple[Any, ...]:
    return None, None, None, method, None, None, message
