"""From any CRS to the National Grid, exactly or not at all: longitude and latitude by OSTN15, others by way of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

NATIONAL_GRID = "EPSG:27700"
# Geographic CRSs taken as ETRS89: the two differ by under a metre, which is WGS84's own indefiniteness (EPSG:1149).
_GEOGRAPHIC = ("EPSG:4326", "EPSG:4258")
_ETRS89_GRID = "+proj=tmerc +lat_0=49 +lon_0=-2 +k=0.9996012717 +x_0=400000 +y_0=-100000 +ellps=GRS80"
# West, south, east, north in degrees: of several transformations between two CRSs, the one made for here is wanted.
_BRITAIN = (-9.0, 49.8, 2.1, 61.0)


class ApproximateTransformError(Exception):
    """The exact transformation from a CRS is not available here, and an approximate one would not say so."""


def to_national_grid(x: np.ndarray[Any, Any], y: np.ndarray[Any, Any], crs: str) -> tuple[Any, Any]:
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
    if crs not in _GEOGRAPHIC:
        x, y = _to_longitude_latitude(x, y, crs)
    from convertbng.cutil import convert_bng

    east, north = convert_bng(np.ascontiguousarray(x), np.ascontiguousarray(y))
    lost = ~np.isfinite(east)
    if lost.any():
        east[lost], north[lost] = _at_the_ends(x[lost], y[lost])
    return east, north


def _at_the_ends(longitude: np.ndarray[Any, Any], latitude: np.ndarray[Any, Any]) -> tuple[Any, Any]:
    """The library stops short of the south of Scilly and the north of Unst; in two steps it gives all of OSTN15."""
    import numpy as np
    from convertbng.cutil import convert_etrs89_to_osgb36
    from pyproj import Proj

    # The National Grid's projection on the ellipsoid of ETRS89, to which OSTN15 then adds its shifts.
    east, north = Proj(_ETRS89_GRID)(longitude, latitude)
    return convert_etrs89_to_osgb36(np.ascontiguousarray(east), np.ascontiguousarray(north))


def _to_longitude_latitude(x: np.ndarray[Any, Any], y: np.ndarray[Any, Any], crs: str) -> tuple[Any, Any]:
    from pyproj import CRS
    from pyproj.exceptions import CRSError
    from pyproj.transformer import AreaOfInterest, TransformerGroup

    # pyproj degrades without a word where a grid file is missing; the group tells. An accuracy below 0 is unknown.
    try:
        source = CRS(crs)
    except CRSError as error:
        raise ApproximateTransformError(f"{crs} is not a CRS that is known here") from error
    group = TransformerGroup(source, CRS("EPSG:4258"), always_xy=True, area_of_interest=AreaOfInterest(*_BRITAIN))
    accuracy = group.transformers[0].accuracy if group.best_available and group.transformers else -1
    if not 0 <= accuracy <= 1:
        raise ApproximateTransformError(
            f"only an approximate transformation from {crs} is at hand; send longitude and latitude"
        )
    longitude, latitude = group.transformers[0].transform(x, y)
    return longitude, latitude
