"""What may be wrong with drawn areas, each told with its areas: rings that cross, areas that overlap, gaps between.

All shapes are in EPSG:27700, in metres. What is narrower than publishers themselves generalise outlines is a sliver: it
comes of how lines were drawn, and is counted. What is wider is a fault, or a gap to be told.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipelines.intake.refusal import Refusal
from pipelines.specs.grid_reference import is_on_grid, write_grid_reference

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

# The Office for National Statistics generalises its boundaries to 20 m ("BGC", Open Geography Portal). Two outlines of
# one line may lie so far apart, and nobody can say from the drawing which is right.
SLIVER_M = 20.0
# A sliver is also a small share of the smaller area: a beat of one street would vanish in a strip of 20 m.
SLIVER_SHARE = 0.01
# A ring is mended where that changes the area by less than either.
MENDED_M2, MENDED_SHARE = 100.0, 0.001
# A part smaller than this has no surface to lose.
_NOTHING_M2 = 1.0
# How far from a hole its neighbours are looked for.
_RIM_M = 0.1
_TOLD = 5

# GEOS's reasons (`IsValidOp`) in the words of someone who looks at a map.
_REASONS = {
    "Self-intersection": "its outline crosses itself",
    "Ring Self-intersection": "a ring touches itself",
    "Nested shells": "one of its parts lies inside another",
    "Holes are nested": "one of its holes lies inside another",
    "Hole lies outside shell": "a hole lies outside its part",
    "Interior is disconnected": "its holes cut it in two",
    "Duplicate Rings": "a ring is drawn twice",
    "Too few points in geometry component": "a ring has too few corners",
}


@dataclass(frozen=True)
class Mended:
    """An area whose rings were mended: why, where (metres, EPSG:27700), and by how much its surface changed."""

    code: str
    reason: str
    easting: float
    northing: float
    change_m2: float

    def __str__(self) -> str:
        return f"{self.code}: {self.reason} at {at(self.easting, self.northing)}"


@dataclass(frozen=True)
class Overlap:
    """Two areas of a set that share ground: how much, its greatest mean width, and its share of the smaller area."""

    codes: tuple[str, str]
    square_m: float
    width_m: float
    share: float

    @property
    def is_sliver(self) -> bool:
        """Whether it is no wider than how lines are drawn."""
        return self.width_m < SLIVER_M and self.share < SLIVER_SHARE

    def __str__(self) -> str:
        one, other = self.codes
        return f"{one} and {other} share {surface(self.square_m)}, {self.share:.1%} of the smaller"


@dataclass(frozen=True)
class Gap:
    """A hole between areas: its size, its mean width, a point in it, and the areas it shares an edge with."""

    codes: tuple[str, ...]
    square_m: float
    width_m: float
    easting: float
    northing: float

    @property
    def is_sliver(self) -> bool:
        """Whether it is no wider than how lines are drawn."""
        return self.width_m < SLIVER_M

    def __str__(self) -> str:
        about = ", ".join(self.codes[:_TOLD]) + (f" and {len(self.codes) - _TOLD} more" if self.codes[_TOLD:] else "")
        where = "between" if len(self.codes) > 1 else "inside"
        return f"{surface(self.square_m)} at {at(self.easting, self.northing)}, {where} {about}"


def at(easting: float, northing: float) -> str:
    """A point as `E 499750, N 149650 (SU 997 496)`; the reference is left out beyond the grid."""
    reference = f" ({write_grid_reference(easting, northing, 100)})" if is_on_grid(easting, northing) else ""
    return f"E {easting:.0f}, N {northing:.0f}{reference}"


def surface(square_m: float) -> str:
    """A surface in the unit that suits its size."""
    if square_m >= 1_000_000:
        return f"{square_m / 1_000_000:,.2f} km²"
    return f"{square_m / 10_000:,.1f} ha" if square_m >= 10_000 else f"{square_m:,.0f} m²"


def mend(code: str, shape: Any, file: str) -> tuple[Any, Mended | None]:
    """An area with sound rings, and what was mended of it, if anything.

    Args:
        code: the area.
        shape: its polygon or multipolygon.
        file: where it stands, for messages.

    Raises:
        Refusal: where mending would change its surface or lose a part, or it has no surface.
    """
    import shapely

    if shape.is_valid:
        if shape.area <= 0:
            raise Refusal("bad_value", f"{file}: area {code} has no surface")
        return shape, None
    reason, easting, northing = _why(shape)
    new = shapely.make_valid(shape, method="structure", keep_collapsed=False)
    if new.is_empty:
        raise Refusal("bad_value", f"{file}: area {code} has no surface: {reason} at {at(easting, northing)}")
    change = abs(new.area - shape.area)
    if change > max(MENDED_M2, MENDED_SHARE * shape.area) or _lost_part(shape, new):
        raise Refusal(
            "bad_value",
            f"{file}: area {code}: {reason} at {at(easting, northing)}, and mending it would change its surface from "
            f"{surface(shape.area)} to {surface(new.area)}; get the area in another resolution, or mend it in the file",
        )
    return new, Mended(code, reason, easting, northing, change)


def _why(shape: Any) -> tuple[str, float, float]:
    """Why a shape is not valid, in words, and where."""
    import shapely

    told = str(shapely.is_valid_reason(shape))
    found = re.fullmatch(r"(.*)\[(\S+) (\S+)\]", told)
    if found is None:
        point = shapely.get_coordinates(shape)[0]
        return told, float(point[0]), float(point[1])
    return _REASONS.get(found[1], found[1]), float(found[2]), float(found[3])


def _lost_part(drawn: Any, mended: Any) -> bool:
    import shapely

    for part in shapely.get_parts(drawn):
        sound = part if part.is_valid else shapely.make_valid(part, method="structure", keep_collapsed=False)
        if sound.area >= _NOTHING_M2 and shapely.difference(sound, mended).area > MENDED_SHARE * sound.area:
            return True
    return False


def unmatched(shapes: Array) -> Array:
    """Which areas have an edge that is not wholly an edge of the neighbour there: only these can overlap another."""
    import shapely

    odd: Array = ~shapely.is_empty(shapely.coverage_invalid_edges(shapes))
    return odd


def overlaps(codes: list[str], shapes: Array, odd: Array) -> list[Overlap]:
    """The pairs of areas that share ground, the greatest first.

    Args:
        codes: the area codes.
        shapes: their valid polygons, in the same order.
        odd: which of them are `unmatched`.
    """
    import numpy as np
    import shapely

    suspects = np.flatnonzero(odd)
    if not len(suspects):
        return []
    one, other = shapely.STRtree(shapes).query(shapes[suspects], predicate="intersects")
    one = suspects[one]
    # Each pair once: of two suspects, from the first of them.
    once = (one < other) | ((one > other) & ~odd[other])
    one, other = one[once], other[once]
    shared = shapely.intersection(shapes[one], shapes[other])
    square = shapely.area(shared)
    share = square / np.minimum(shapely.area(shapes[one]), shapely.area(shapes[other]))
    found = []
    for index in np.flatnonzero(square > 0):
        pair = sorted((codes[one[index]], codes[other[index]]))
        width = max(_width(part) for part in shapely.get_parts(shared[index]))
        found.append(Overlap((pair[0], pair[1]), float(square[index]), width, float(share[index])))
    return sorted(found, key=lambda overlap: (-overlap.square_m, overlap.codes))


def gaps(codes: list[str], shapes: Array, odd: Array) -> list[Gap]:
    """The holes in the ground that the areas cover together, the greatest first.

    Args:
        codes: the area codes.
        shapes: their valid polygons, in the same order.
        odd: which of them are `unmatched`; without any, the areas are put together by their edges, which is quick.
    """
    import numpy as np
    import shapely

    whole = shapely.union_all(shapes) if odd.any() else shapely.coverage_union_all(shapes)
    rings = [ring for part in shapely.get_parts(whole) for ring in part.interiors]
    if not rings:
        return []
    holes = np.array([shapely.Polygon(ring) for ring in rings], dtype=object)
    # Those that share an edge with a hole, not a corner alone: of a rim about it, they hold more than that of a corner.
    rims = shapely.buffer(holes, _RIM_M)
    hole, area = shapely.STRtree(shapes).query(rims, predicate="intersects")
    is_beside = shapely.area(shapely.intersection(rims[hole], shapes[area])) > 4 * _RIM_M**2
    hole, area = hole[is_beside], area[is_beside]
    found = []
    for index, shape in enumerate(holes):
        point = shapely.point_on_surface(shape)
        about = tuple(sorted(codes[number] for number in area[hole == index]))
        found.append(Gap(about, float(shape.area), _width(shape), point.x, point.y))
    return sorted(found, key=lambda gap: (-gap.square_m, gap.codes))


def _width(shape: Any) -> float:
    """The mean width of a strip in metres: its surface over half its outline."""
    return 2 * float(shape.area) / float(shape.length) if shape.length else 0.0
