"""Which CRS a boundary file is in: what it declares, and whether its numbers can be what it declares."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.intake.refusal import Refusal
from pipelines.place.cover import in_cover
from pipelines.specs.locations import NATIONAL_GRID

if TYPE_CHECKING:
    import numpy as np

    Numbers = np.ndarray[Any, Any]

# A CRS, None where the axes are swapped, and what numbers in it are in words.
Looks = tuple[str | None, str]

LONGITUDE_LATITUDE = "EPSG:4326"
# Rough boxes of the United Kingdom and its waters (west, south, east, north), to recognise numbers by and for nothing
# else: degrees, the metres of Web Mercator, the metres of UTM zone 30 north.
_BOXES = (
    (LONGITUDE_LATITUDE, "longitudes and latitudes", (-9.5, 49.0, 2.5, 61.5)),
    ("EPSG:3857", "metres of Web Mercator", (-1_060_000, 6_270_000, 280_000, 8_740_000)),
    ("EPSG:25830", "metres of UTM zone 30 north", (80_000, 5_430_000, 900_000, 6_820_000)),
)
# The share of corners that must look alike: a stray corner makes no other CRS.
_MOST = 0.9


def crs_of(declared: str | None, given: str | None, x: Numbers, y: Numbers, path: Path) -> str:
    """The CRS of a file, as `EPSG:27700`: the one given, else the one declared.

    Args:
        declared: what the file says, None where it says nothing.
        given: what the person loading it says, None where nothing.
        x: longitudes or eastings of all corners, as the file has them.
        y: latitudes or northings.
        path: the file, for messages.

    Raises:
        Refusal: where neither says one, or the numbers cannot be in it. The message says what they look like.
    """
    looks = what_numbers_are(x, y)
    if given is None and (declared is None or _says_nothing(declared)):
        raise Refusal("unreadable", f"{path}: does not say its CRS{_told(looks)}; {_way(looks, None)}")
    crs = authority(str(given or declared))
    fault = _cannot_be(crs, x, y, looks)
    if fault is not None:
        says = "you say" if given else "says its CRS is"
        raise Refusal("unreadable", f"{path}: {says} {crs}, but {fault}{_told(looks)}; {_way(looks, crs)}")
    return crs


def check_landing(crs: str, x: Numbers, y: Numbers, path: Path) -> None:
    """Of a file none of whose areas the cover holds: whether its numbers look like another CRS's.

    Raises:
        Refusal: where they do. Where they look like nothing else, the areas may well lie elsewhere.
    """
    looks = what_numbers_are(x, y)
    if looks is not None and looks[0] != crs:
        told = f"{path}: in {crs} all of it lies outside Great Britain{_told(looks)}; {_way(looks, crs)}"
        raise Refusal("unreadable", told)


def _told(looks: Looks | None) -> str:
    return f"; its numbers look like {looks[1]}" if looks else ""


def _way(looks: Looks | None, crs: str | None) -> str:
    """What to do: which CRS to give."""
    if looks is not None and looks[0] is None:
        return "write the file again with the longitude or easting first"
    if looks is not None and looks[0] != crs:
        return f"give --crs {looks[0]}"
    return "give --crs, as --crs EPSG:27700" if crs is None else "give the right one, as --crs EPSG:27700"


def what_numbers_are(x: Numbers, y: Numbers) -> Looks | None:
    """The CRS that numbers look like and what they are in words; no CRS for swapped axes; None for unknown ones."""
    for first, second, order in ((x, y, ""), (y, x, ", the second before the first")):
        for crs, words, (west, south, east, north) in _BOXES:
            if ((first >= west) & (first <= east) & (second >= south) & (second <= north)).mean() >= _MOST:
                return (None if order else crs), words + order
        if in_cover(first, second).mean() >= _MOST:
            return (None if order else NATIONAL_GRID), f"eastings and northings of the National Grid{order}"
    return None


def _cannot_be(crs: str, x: Numbers, y: Numbers, looks: Looks | None) -> str | None:
    """Why numbers cannot be in a CRS, or None: degrees beyond the globe, metres as small as degrees, axes swapped."""
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    try:
        is_geographic = CRS(crs).is_geographic
    except CRSError:
        return None  # the transformation from it will say that nobody knows it
    is_degrees = bool((abs(x) <= 180).all() and (abs(y) <= 90).all())
    if is_geographic and not is_degrees:
        return f"{_sample(x, y)} is no longitude and latitude"
    if not is_geographic and is_degrees:
        return f"{_sample(x, y)} is no easting and northing in metres"
    if looks is not None and looks[0] is None and (is_geographic or crs == NATIONAL_GRID):
        return f"{_sample(x, y)} lies far from here"
    return None


def _sample(x: Numbers, y: Numbers) -> str:
    """The first corner, as a message shows it."""
    return f"{x[0]:.10g}, {y[0]:.10g}"


def _says_nothing(declared: str) -> bool:
    """Whether a CRS is the one a GeoPackage writes where its maker knew none."""
    return "undefined" in declared.lower() or "unknown" in declared.lower()


def authority(crs: str) -> str:
    """`EPSG:27700` for a CRS however it is written; GeoJSON's CRS84 is EPSG:4326 with longitude first."""
    if crs.upper().startswith("EPSG:"):
        return crs.upper()
    if "CRS84" in crs.upper():
        return LONGITUDE_LATITUDE
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    try:
        code = CRS(crs).to_epsg(min_confidence=70)
    except CRSError:
        return crs  # the transformation from it will say that nobody knows it
    return f"EPSG:{code}" if code else crs
