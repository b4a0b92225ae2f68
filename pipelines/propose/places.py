"""The ways to a place that columns offer: coordinates with the CRS their range tells, grid references, postcodes."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from pipelines.propose.columns import Column
from pipelines.propose.words import words

# West, south, east and north of the United Kingdom: in degrees, and in metres of the National Grid.
_DEGREES = (-9.0, 49.5, 2.2, 61.2)
_METRES = (1_000.0, 1_000.0, 700_000.0, 1_300_000.0)
_EAST = frozenset(words("easting east x lon long longitude lng xcoord"))
_NORTH = frozenset(words("northing north y lat latitude ycoord"))
# Words of the headings above that say of which of the two kinds they are.
_IN_DEGREES = frozenset(words("lon long longitude lng lat latitude"))
# What means a coordinate whatever else a heading says.
_EXACT = frozenset(words("easting northing longitude latitude lat lon lng"))
_OTHER_WORDS = frozenset(words("coordinate coord gps location geo point bng os osgb wgs grid ref site m"))


@dataclass(frozen=True)
class Way:
    """A way to a place, as the spec writes it, and what is to be asked of it."""

    by: str
    columns: tuple[str, ...]
    crs: str = ""
    ask: str | None = None


def ways_of(columns: list[Column]) -> list[Way]:
    """The ways that the columns of a table offer, the more exact first."""
    ways = [*_pairs(columns)]
    ways.sort(key=lambda way: way.crs != "EPSG:27700")
    for kind, by in (("grid reference", "grid_reference"), ("postcode", "postcode")):
        found = [column.heading for column in columns if column.kind == kind]
        ask = f"the column {found[1]} holds one too; which is the place?" if len(found) > 1 else None
        ways += [Way(by, (found[0],), ask=ask)] if found else []
    return ways


def _pairs(columns: list[Column]) -> list[Way]:
    """Coordinates: a column of eastings or longitudes, with the next one of northings or latitudes."""
    ways, left = [], [column for column in columns if column.numbers is not None and column.filled]
    for east in [column for column in left if _side(column) == "east"]:
        rest = [column for column in left if _side(column) == "north" and _alike(column, east)]
        if rest:
            north = min(rest, key=lambda column: abs(column.place - east.place))
            left = [column for column in left if column not in (east, north)]
            ways += _way(east, north)
    return ways if ways else _unnamed(left)


def _side(column: Column) -> str | None:
    said = set(column.words)
    if said - _EAST - _NORTH - _OTHER_WORDS and not _EXACT & said:
        # `bng_e` and `e` name an easting where nothing else is said.
        return None if said - {"bng", "e", "n", "os"} else {"e": "east", "n": "north"}.get(column.words[-1])
    if said & _EAST:
        return "east"
    return "north" if said & _NORTH else None


def _alike(first: Column, second: Column) -> bool:
    """Whether both headings speak of degrees, or neither does."""
    return bool(_IN_DEGREES & set(first.words)) == bool(_IN_DEGREES & set(second.words))


def _way(x: Column, y: Column) -> list[Way]:
    for crs, bounds in (("EPSG:4326", _DEGREES), ("EPSG:27700", _METRES)):
        if _within(x, y, bounds):
            told = bool(_IN_DEGREES & set(x.words)) == (crs == "EPSG:4326")
            ask = None if told else f"by their range these are {crs}, though the headings say otherwise; are they?"
            return [Way("coordinates", (x.heading, y.heading), crs, ask)]
        if _within(y, x, bounds):
            ask = f"the values look swapped: {y.heading} has the ones that lie east; is it so in every file?"
            return [Way("coordinates", (y.heading, x.heading), crs, ask)]
    return []


def _within(x: Column, y: Column, bounds: tuple[float, float, float, float]) -> bool:
    west, south, east, north = bounds
    if x.numbers is None or y.numbers is None:
        return False
    (left, _x, right), (low, _y, high) = x.numbers.spread, y.numbers.spread
    return west <= left and right <= east and south <= low and high <= north


def _unnamed(columns: list[Column]) -> list[Way]:
    """Columns without a telling heading whose values, in degrees, lie in the United Kingdom side by side."""
    exact = [column for column in columns if column.kind == "number" and column.distinct > 3]
    for first, second in pairwise(exact):
        if second.place != first.place + 1:
            continue
        for x, y in ((first, second), (second, first)):
            if _within(x, y, _DEGREES):
                ask = f"by their range {x.heading} and {y.heading} are longitude and latitude; are they?"
                return [Way("coordinates", (x.heading, y.heading), "EPSG:4326", ask)]
    return []
