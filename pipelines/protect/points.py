"""Points made coarse as they are read: the square of a declared side that holds one is all that is kept of it."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from pipelines.protect.told import each_text
from pipelines.specs.grid_reference import GRID_NORTH, is_on_grid, parse_grid_reference, write_grid_reference
from pipelines.specs.locations import GEOGRAPHIC, NATIONAL_GRID, Coordinates, GridReference

if TYPE_CHECKING:
    import polars as pl

# Metres of a degree of latitude on GRS80, rounded down, so that a net drawn with it is never too fine.
METRES_OF_A_DEGREE = 110_000
# Decimals that tell the middle of a mesh of 100 m to a tenth of its side, and no finer.
_DECIMALS = 4
# No coordinate in metres is larger, on the National Grid or elsewhere: what is, is in smaller units, of which a square
# of so many would be too fine.
_MOST_ON_GRID, _MOST_METRES = GRID_NORTH, 10_000_000
_STARS = re.compile(r"(\d+)(\*{1,5})")
_SIDES = (10, 100, 1_000, 10_000, 100_000)


def coarse_coordinates(x: pl.Series, y: pl.Series, way: Coordinates, keep_m: int) -> tuple[pl.Series, pl.Series]:
    """Two columns of coordinates, of which only the square or mesh of `keep_m` is told; null where none can be.

    Metres become the south-west corner of the square of that side: the place is then the middle of it. Degrees become
    the middle of a mesh of a net of whole meshes from 0, 0, of at least that side each way, to four decimals. What
    stands for no location, as 0 or 999999, is kept: it is nobody's.
    """
    import polars as pl

    made = {pair: _coarse_pair(*pair, way, keep_m) for pair in set(zip(x, y, strict=True))}
    pairs = [made[pair] for pair in zip(x, y, strict=True)]
    east, north = (pl.Series([pair[axis] for pair in pairs], dtype=pl.String) for axis in (0, 1))
    return east.alias(x.name), north.alias(y.name)


def _coarse_pair(x: str | None, y: str | None, way: Coordinates, keep_m: int) -> tuple[str | None, str | None]:
    if _is_dummy(x) and _is_dummy(y):
        return x, y
    if is_geographic(way.crs):
        return _mesh(x, y, way, keep_m)
    hidden = max(_hidden(x), _hidden(y))
    most = _MOST_ON_GRID if way.crs == NATIONAL_GRID else _MOST_METRES
    if 10**hidden > keep_m:
        return _masked(x, hidden, most), _masked(y, hidden, most)
    return _corner(x, keep_m, most), _corner(y, keep_m, most)


def is_geographic(crs: str) -> bool:
    """Whether coordinates of a system are degrees."""
    if crs in (NATIONAL_GRID, *GEOGRAPHIC):
        return crs in GEOGRAPHIC
    from pyproj import CRS

    return bool(CRS(crs).is_geographic)


def _number(text: str | None) -> float | None:
    try:
        number = float((text or "").replace("*", "0") if _STARS.fullmatch(text or "") else text or "")
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _hidden(text: str | None) -> int:
    found = _STARS.fullmatch(text or "")
    return len(found[2]) if found else 0


def _is_dummy(text: str | None) -> bool:
    """Whether a text is what systems put where there is no coordinate: 0, 1, -1, figures that are all nines."""
    return re.fullmatch(r"-?(0+|1|9+)(\.0*)?", text or "") is not None


def _corner(text: str | None, side: int, most: int) -> str | None:
    number = _number(text)
    return None if number is None or abs(number) > most else str(math.floor(number / side) * side)


def _masked(text: str | None, hidden: int, most: int) -> str | None:
    """A coordinate with as many figures hidden by stars as in the other that belongs to it."""
    corner = _corner(text, 10**hidden, most)
    return None if corner is None else f"{corner[:-hidden] or '0'}{'*' * hidden}"


def _mesh(x: str | None, y: str | None, way: Coordinates, keep_m: int) -> tuple[str | None, str | None]:
    """The middle of the mesh that holds a longitude and latitude; its width is by the latitude of its middle."""
    longitude, latitude = _number(x), _number(y)
    if longitude is None or latitude is None or abs(latitude) > 89 or abs(longitude) > 180:
        return None, None
    step = keep_m / METRES_OF_A_DEGREE
    middle = (math.floor(latitude / step) + 0.5) * step
    across = step / math.cos(math.radians(middle))
    return f"{(math.floor(longitude / across) + 0.5) * across:.{_DECIMALS}f}", f"{middle:.{_DECIMALS}f}"


def coarse_references(texts: pl.Series, way: GridReference, keep_m: int) -> pl.Series:
    """Grid references of squares of `keep_m` or, where that was all that was sent, larger; null for other texts."""
    return each_text(texts, lambda text: _coarse_reference(text, way, keep_m))


def _coarse_reference(text: str, way: GridReference, keep_m: int) -> str | None:
    if re.fullmatch(r"[\s,-]*(0+|9+)[\s,-]*(0*|9*)", text):
        return text
    square = parse_grid_reference(text, way.letters)
    if square is None or not is_on_grid(square[0], square[1]):
        return None
    east, north, side = square
    return write_grid_reference(east, north, next(size for size in _SIDES if size >= max(side, keep_m)))
