"""From any CRS to the National Grid, exactly or not at all: longitude and latitude by OSTN15, others by way of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipelines.specs.locations import GEOGRAPHIC, NATIONAL_GRID

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

# The geographic CRSs, WGS84 and ETRS89, are taken as one: they differ by under a metre, which is WGS84's own
# indefiniteness (EPSG:1149).
_ETRS89 = "EPSG:4258"
_ETRS89_GRID = "+proj=tmerc +lat_0=49 +lon_0=-2 +k=0.9996012717 +x_0=400000 +y_0=-100000 +ellps=GRS80"
# West, south, east, north in degrees: of several transformations between two CRSs, the one made for here is wanted.
_BRITAIN = (-9.0, 49.8, 2.1, 61.0)


class ApproximateTransformError(Exception):
    """The exact transformation from a CRS is not available here, and an approximate one would not say so."""


def to_national_grid(x: Array, y: Array, crs: str) -> tuple[Any, Any]:
    """Eastings and northings in metres of points given in a CRS, by OSTN15; NaN where it has no value.

    Args:
        x: longitudes in degrees, or eastings in the unit of the CRS.
        y: latitudes in degrees, or northings.
        crs: as `EPSG:4326`.

    Raises:
        ApproximateTransformError: where only an approximate transformation to longitude and latitude is at hand.
    """
    import numpy as np

    if crs == NATIONAL_GRID:
        return x, y
    if crs not in GEOGRAPHIC:
        x, y = _exact(crs, _ETRS89).transform(x, y)
    ostn15 = _ostn15()
    east, north = ostn15.convert_bng(np.ascontiguousarray(x), np.ascontiguousarray(y))
    lost = ~np.isfinite(east)
    if lost.any():
        # That function stops short of the south of Scilly and the north of Unst; in two steps it gives all of OSTN15.
        grid = _etrs89_grid()(x[lost], y[lost])
        east[lost], north[lost] = ostn15.convert_etrs89_to_osgb36(*map(np.ascontiguousarray, grid))
    return east, north


def from_national_grid(east: Array, north: Array, crs: str) -> tuple[Any, Any]:
    """Points of the National Grid in another CRS, by OSTN15; NaN where it has no value.

    Args:
        east: eastings in metres, EPSG:27700.
        north: northings in metres.
        crs: as `EPSG:4326`.

    Returns:
        Longitudes and latitudes in degrees, or eastings and northings in the unit of the CRS.

    Raises:
        ApproximateTransformError: where only an approximate transformation from longitude and latitude is at hand.
    """
    import numpy as np

    if crs == NATIONAL_GRID:
        return east, north
    onward = None if crs in GEOGRAPHIC else _exact(_ETRS89, crs)
    grid = _ostn15().convert_osgb36_to_etrs89(np.ascontiguousarray(east), np.ascontiguousarray(north))
    known = np.isfinite(grid[0])
    longitude, latitude = np.full(len(known), np.nan), np.full(len(known), np.nan)
    if known.any():
        longitude[known], latitude[known] = _etrs89_grid()(grid[0][known], grid[1][known], inverse=True)
        if onward is not None:
            longitude[known], latitude[known] = onward.transform(longitude[known], latitude[known])
    return longitude, latitude


def _ostn15() -> Any:
    """The library that has OSTN15 built in: no file of shifts can be missing while it is there."""
    try:
        from convertbng import cutil
    except ImportError as error:
        raise ApproximateTransformError(
            "OSTN15 is not at hand, and nothing else is exact: install the package convertbng"
        ) from error
    return cutil


def _etrs89_grid() -> Any:
    """The National Grid's projection on the ellipsoid of ETRS89, to which OSTN15 then adds its shifts."""
    from pyproj import Proj

    return Proj(_ETRS89_GRID)


def _exact(source: str, target: str) -> Any:
    """The transformation between two CRSs, one of them ETRS89, x before y; only if it is good to a metre."""
    from pyproj import CRS
    from pyproj.exceptions import CRSError
    from pyproj.transformer import AreaOfInterest, TransformerGroup

    other, way = (source, "from") if target == _ETRS89 else (target, "to")
    # pyproj degrades without a word where a grid file is missing; the group tells. An accuracy below 0 is unknown.
    try:
        ends = CRS(source), CRS(target)
    except CRSError as error:
        raise ApproximateTransformError(f"{other} is not a CRS that is known here") from error
    group = TransformerGroup(*ends, always_xy=True, area_of_interest=AreaOfInterest(*_BRITAIN))
    accuracy = group.transformers[0].accuracy if group.best_available and group.transformers else -1
    if not 0 <= accuracy <= 1:
        raise ApproximateTransformError(
            f"only an approximate transformation {way} {other} is at hand; use longitude and latitude"
        )
    return group.transformers[0]
