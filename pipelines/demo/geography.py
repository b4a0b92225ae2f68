"""The shape of the demo county: an outline, small blocks that tile it, and wards and districts made of blocks.

Everything is a union of blocks, so wards and districts tile the county exactly in every vintage, neighbours share
their vertices, and any figure kept by block adds up alike in every set. EPSG:27700, metres, on a grid of 0.1 m.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeAlias

from pipelines.demo.names import SETTLEMENTS, Land, Settlement, WardNames

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Floats: TypeAlias = npt.NDArray[np.float64]
    Ints: TypeAlias = npt.NDArray[np.int64]
    Objects: TypeAlias = npt.NDArray[np.object_]
    Generator: TypeAlias = np.random.Generator

GRID_M = 0.1
RURAL_SHARE = 0.35  # of the blocks: open country has more, emptier blocks than its people would give it
EDGE_JITTER = 0.09  # sideways wander of an edge, as a share of its length


def make_outline(land: Land, rng: Generator) -> Any:
    """An irregular outline: a polygon that fills the land's bounds and is star-shaped, so never crosses itself."""
    import numpy as np
    import shapely

    angle = np.linspace(0, 2 * np.pi, 360, endpoint=False)
    radius = np.ones_like(angle)
    for wave in range(2, 12):
        radius += rng.uniform(0.3, 1.0) * 0.09 / wave**0.7 * np.cos(wave * angle + rng.uniform(0, 2 * np.pi))
    radius += rng.normal(0, 0.006, angle.size)
    ring = np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
    low, high = ring.min(axis=0), ring.max(axis=0)
    west, south, east, north = land.bounds
    scaled = np.array([west, south]) + (ring - low) / (high - low) * np.array([east - west, north - south])
    return shapely.Polygon(np.round(scaled, 1))


def make_blocks(land: Land, outline: Any, rng: Generator) -> tuple[Objects, Floats]:
    """A land cut into blocks, small in towns: an array of polygons, and the residents of each before rounding."""
    import numpy as np
    import shapely

    seeds, residents = _seeds(land, outline, rng)
    diagram = shapely.voronoi_polygons(shapely.multipoints(seeds), extend_to=outline.buffer(5_000), only_edges=True)
    edges = _wander(shapely.get_parts(shapely.segmentize(shapely.node(diagram), 1_500)), rng)
    lines = [shapely.intersection(shapely.multilinestrings(edges), outline), outline.exterior]
    # Noding on a grid gives every shared vertex one position, whichever side is asked.
    noded = shapely.unary_union(lines, grid_size=GRID_M)
    blocks = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
    seed_index, block_index = shapely.STRtree(blocks).query(shapely.points(seeds), predicate="intersects")
    seed_index, first = np.unique(seed_index, return_index=True)  # a seed on an edge belongs to one block only
    people: Floats = np.zeros(blocks.size)
    np.add.at(people, block_index[first], residents[seed_index])
    return blocks, people


def _seeds(land: Land, outline: Any, rng: Generator) -> tuple[Floats, Floats]:
    """Points (n, 2) thick in towns and thin between, and the residents each stands for, all of the land's together."""
    import numpy as np

    places = land.settlements
    urban = sum(place.residents for place in places)
    counts = [round(land.blocks * (1 - RURAL_SHARE) * place.residents / urban) for place in places]
    rural = land.blocks - sum(counts)
    parts, people = [], []
    for place, count in zip(places, counts, strict=True):
        centre = np.array([place.easting, place.northing])
        parts.append(_inside(outline, count, lambda n, c=centre, s=place.spread_m: rng.normal(c, s, (n, 2))))
        people.append(_share_out(place.residents, count, rng))
    west, south, east, north = land.bounds
    parts.append(_inside(outline, rural, lambda n: rng.uniform((west, south), (east, north), (n, 2))))
    people.append(_share_out(land.residents - urban, rural, rng))
    points: Floats = np.vstack(parts).round(1)
    return points, np.concatenate(people)


def _share_out(total: int, count: int, rng: Generator) -> Floats:
    """`total` split unevenly over `count` blocks."""
    weights: Floats = rng.lognormal(0, 0.35, count)
    weights *= total / weights.sum()
    return weights


def _inside(outline: Any, count: int, draw: Any) -> Floats:
    """The first `count` of the points that `draw(n)` makes which lie inside `outline`, as (count, 2)."""
    import numpy as np
    import shapely

    kept: Floats = np.empty((0, 2))
    while len(kept) < count:
        points = draw(2 * count)
        kept = np.vstack([kept, points[shapely.contains_xy(outline, points[:, 0], points[:, 1])]])
    return kept[:count]


def _wander(edges: Objects, rng: Generator) -> list[Any]:
    """Straight edges made crooked: three points between the ends of each, moved sideways."""
    import numpy as np
    import shapely

    crooked = []
    for edge in edges:
        ends = shapely.get_coordinates(edge)
        for start, end in pairwise(ends):
            along = end - start
            sideways = np.array([-along[1], along[0]])
            shifts = rng.normal(0, EDGE_JITTER, 3) * np.array([0.7, 1.0, 0.7])
            middle = [
                start + along * at + sideways * shift for at, shift in zip((0.25, 0.5, 0.75), shifts, strict=True)
            ]
            crooked.append(shapely.linestrings(np.array([start, *middle, end])))
    return crooked


def centres(blocks: Objects) -> Floats:
    """A point inside each block, as (n, 2)."""
    import shapely

    return shapely.get_coordinates(shapely.point_on_surface(blocks))  # type: ignore[no-any-return]


def nearest(points: Floats, targets: Floats) -> Ints:
    """For each point (n, 2), the index of the nearest target (m, 2)."""
    import numpy as np

    apart = points[:, None, :] - targets[None, :, :]
    found: Ints = np.argmin((apart**2).sum(axis=2), axis=1)
    return found


def neighbours(blocks: Objects) -> dict[int, dict[int, float]]:
    """For each block, the blocks it shares an edge with and the metres they share."""
    import shapely

    left, right = shapely.STRtree(blocks).query(blocks, predicate="touches")
    metres = shapely.length(shapely.intersection(blocks[left], blocks[right]))
    beside: dict[int, dict[int, float]] = {index: {} for index in range(len(blocks))}
    for one, other, shared in zip(left.tolist(), right.tolist(), metres.tolist(), strict=True):
        if shared > 0:
            beside[one][other] = shared
    return beside


def cluster(points: Floats, weights: Floats, count: int, rng: Generator) -> Ints:
    """Group points (n, 2) into `count` compact groups of like weight.

    K-means, started far apart, in which a group that has too much weight sees all points as further away.
    """
    import numpy as np

    seats = points[[int(rng.choice(len(points), p=weights / weights.sum()))]]
    while len(seats) < count:
        gap = ((points[:, None, :] - seats[None, :, :]) ** 2).sum(axis=2).min(axis=1) ** 0.5 * weights
        seats = np.vstack([seats, points[int(rng.choice(len(points), p=gap / gap.sum()))]])
    far, even = np.ones(count), weights.sum() / count
    for _ in range(60):
        apart = ((points[:, None, :] - seats[None, :, :]) ** 2).sum(axis=2)
        group: Ints = np.argmin(apart * far, axis=1)
        held = np.bincount(group, weights=weights, minlength=count)
        for index in np.flatnonzero(held):
            seats[index] = np.average(points[group == index], axis=0, weights=weights[group == index])
        far *= (np.maximum(held, even / 5) / even) ** 0.25
    return group


def join_up(groups: Ints, beside: dict[int, dict[int, float]], members: list[int]) -> Ints:
    """`groups` with every group in one piece: a stray block joins the group it shares the most border with.

    Only the blocks in `members` are looked at, and none joins a group outside them.
    """
    groups, allowed = groups.copy(), set(members)
    for _ in range(len(members)):
        strays = _strays(groups, beside, members)
        moved = 0
        for block in strays:
            border: dict[int, float] = {}
            for other, metres in beside[block].items():
                if other in allowed and groups[other] != groups[block]:
                    border[int(groups[other])] = border.get(int(groups[other]), 0.0) + metres
            if border:
                groups[block] = max(border, key=lambda group: (border[group], -group))
                moved += 1
        if not moved:
            return groups
    return groups


def _strays(groups: Ints, beside: dict[int, dict[int, float]], members: list[int]) -> list[int]:
    """Blocks that are not in the largest piece of their group."""
    pieces: dict[int, list[list[int]]] = {}
    unseen = set(members)
    for start in members:
        if start not in unseen:
            continue
        unseen.discard(start)
        piece, queue = [start], [start]
        while queue:
            found = [o for o in beside[queue.pop()] if o in unseen and groups[o] == groups[start]]
            unseen.difference_update(found)
            piece += found
            queue += found
        pieces.setdefault(int(groups[start]), []).append(piece)
    return sorted(block for each in pieces.values() for piece in sorted(each, key=len)[:-1] for block in piece)


def make_districts(land: Land, blocks: Objects, beside: dict[int, dict[int, float]]) -> Ints:
    """The district of each block as an index into the land's: the one whose main town is nearest."""
    import numpy as np

    towns = [main_town(code) for code in land.districts]
    seats = np.array([(town.easting, town.northing) for town in towns], dtype=float)
    return join_up(nearest(centres(blocks), seats), beside, list(range(len(blocks))))


def main_town(district: str) -> Settlement:
    """The main town of a district, by its code: the first of its settlements."""
    return next(place for place in SETTLEMENTS if place.district == district)


def name_wards(polygons: list[Any], district: str, names: WardNames) -> list[str]:
    """A name for each ward polygon of a district: settlements first, then by distance from the main town."""
    import shapely

    town = main_town(district)
    seat = shapely.Point(town.easting, town.northing)
    named: dict[int, str] = {}
    for place in SETTLEMENTS:
        if place.name in names.places:
            point = shapely.Point(place.easting, place.northing)
            free = [index for index in range(len(polygons)) if index not in named]
            named[min(free, key=lambda index: (polygons[index].distance(point), index))] = place.name
    rest = sorted(
        (index for index in range(len(polygons)) if index not in named),
        key=lambda index: (polygons[index].centroid.distance(seat), index),
    )
    named.update(zip(rest, names.others, strict=True))
    return [named[index] for index in range(len(polygons))]


def points_in(polygons: Objects, rng: Generator) -> Floats:
    """One point drawn evenly from within each polygon, as (n, 2)."""
    import numpy as np
    import shapely

    bounds = shapely.bounds(polygons)
    points: Floats = np.empty((len(polygons), 2))
    missing = np.arange(len(polygons))
    while missing.size:
        drawn = rng.uniform(bounds[missing, :2], bounds[missing, 2:])
        inside = shapely.contains_xy(polygons[missing], drawn[:, 0], drawn[:, 1])
        points[missing[inside]] = drawn[inside]
        missing = missing[~inside]
    return points
