"""Coordinates that lie where the partner's points cannot, and the one reading of them that explains it."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Any

from pipelines.specs.locations import GEOGRAPHIC, NATIONAL_GRID, Bounds

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

SWAPPED, TRUNCATED, OUTSIDE = "swapped_axes", "truncated_units", "outside_expected"
# How far a place may be trusted, by what was amiss with it. A swap has one explanation and loses nothing; a lost unit
# may also have been another; of a point where none was expected nothing is known but that it is unlikely. The numbers
# are ours: only their order means something.
CONFIDENCE = {"": 1.0, SWAPPED: 0.9, TRUNCATED: 0.8, OUTSIDE: 0.7}
_FACTORS = (10.0, 100.0, 1000.0, 0.1, 0.01, 0.001)
# A degree of latitude at the pole, where it is longest (WGS84), so that a square is never too small.
_METRES_A_DEGREE = 111_700
_LARGEST_SQUARE_M = 100_000
# Beyond these no point that is written rightly can lie that has to do with the British Isles, their seas or the coasts
# across: in degrees, and in metres of the National Grid, on which Kerry lies at -200,000.
_NEAR_BRITAIN: dict[str, Bounds] = {
    **dict.fromkeys(GEOGRAPHIC, (-15.0, 47.0, 5.0, 63.0)),
    NATIONAL_GRID: (-300_000.0, -200_000.0, 800_000.0, 1_400_000.0),
}


@dataclass(frozen=True)
class Points:
    """Points as arrays of one length, in the units of a CRS.

    `unit` is the place value of the last figure each is written to, `margin` half the side of the square it stands for
    (0 for a point): a square lies within bounds if part of it does.
    """

    x: Array
    y: Array
    unit: Array
    margin: Array

    def within(self, bounds: Bounds) -> Array:
        """Which of them lie within bounds; NaN never does."""
        west, south, east, north = bounds
        across = (west - self.margin <= self.x) & (self.x <= east + self.margin)
        found: Array = across & (south - self.margin <= self.y) & (self.y <= north + self.margin)
        return found

    def swapped(self) -> Points:
        """The same with x for y."""
        return Points(self.y, self.x, self.unit, self.margin)

    def scaled(self, factor: float) -> Points:
        """Each `factor` times as far out: where figures were cut off, at the middle of those it may have had."""
        import numpy as np

        lost = self.unit * factor / 2 if factor > 1 else np.zeros_like(self.unit)
        x, y = self.x * factor, self.y * factor
        return Points(x + np.copysign(lost, x), y + np.copysign(lost, y), self.unit * factor, lost)


@dataclass(frozen=True)
class Explained:
    """What is amiss with each point (`kind`, empty where nothing is), and the point as it is then to be read.

    `is_sole` says that no other reading lies within. `lost_m` is the side in metres of the square that the figures left
    stand for, 0 where none were lost.
    """

    kind: Array
    is_sole: Array
    x: Array
    y: Array
    lost_m: Array


def explained(points: Points, bounds: Bounds, crs: str) -> Explained:
    """Read each point that lies without bounds as swapped, or as written in another unit, where that lies within.

    Args:
        points: as written.
        bounds: west, south, east, north of where they can lie, in units of the CRS.
        crs: as `EPSG:27700`; its unit is the degree or else taken to be the metre.
    """
    import numpy as np

    metres = _METRES_A_DEGREE if crs in GEOGRAPHIC else 1
    readings = [(SWAPPED, points.swapped(), np.zeros_like(points.x))]
    for factor in _FACTORS:
        scaled = points.scaled(factor)
        readings.append((TRUNCATED, scaled, np.ceil(np.round(scaled.margin * 2 * metres, 6))))
    is_amiss = np.isfinite(points.x) & np.isfinite(points.y) & ~points.within(bounds)
    is_masked = points.margin > 0
    fits = np.array(
        [
            is_amiss & reading.within(bounds) & (lost <= _LARGEST_SQUARE_M) & (~is_masked | (kind == SWAPPED))
            for kind, reading, lost in readings
        ]
    )
    first, count = fits.argmax(axis=0), fits.sum(axis=0)
    kinds = np.array([kind for kind, _, _ in readings], dtype=object)[first]
    kind = np.where(count > 0, kinds, np.where(is_amiss, OUTSIDE, "")).astype(object)

    def chosen(written: Array, read: list[Array]) -> Array:
        return np.where(count > 0, np.take_along_axis(np.array(read), first[None, :], axis=0)[0], written)

    return Explained(
        kind=kind,
        is_sole=count == 1,
        x=chosen(points.x, [reading.x for _, reading, _ in readings]),
        y=chosen(points.y, [reading.y for _, reading, _ in readings]),
        lost_m=chosen(np.zeros_like(points.x), [lost for _, _, lost in readings]),
    )


def far_from_britain(x: Array, y: Array, crs: str) -> Array:
    """Which points have nothing to do with the British Isles as they are written; none where the CRS is another."""
    import numpy as np

    west, south, east, north = _NEAR_BRITAIN.get(crs, (-inf, -inf, inf, inf))
    far: Array = np.isfinite(x) & np.isfinite(y) & ~((west <= x) & (x <= east) & (south <= y) & (y <= north))
    return far
