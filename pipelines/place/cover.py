"""Where the National Grid transformation may be trusted: Great Britain and the Isle of Man, with their inshore waters.

Libraries give finite eastings and northings over Ireland, the open sea and France too, where OSTN15 has no truth to
give. The polygon here is our own, drawn by hand in whole kilometres of EPSG:27700 outside every headland and island
of Great Britain (positions read off public gazetteers) and inside the middle of the North Channel and the Strait of
Dover. A test holds it against the 40 OSTN15 test points and, where at hand, the district boundaries of the whole UK.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from shapely import Polygon

# fmt: off
COVER_KM: tuple[tuple[int, int], ...] = (
    # Isles of Scilly, Cornwall and Devon, north coast
    (60, 0), (60, 25), (120, 60), (165, 100), (195, 160), (165, 180),
    # Wales
    (140, 205), (150, 240), (190, 275), (190, 330), (203, 395), (212, 415),
    # Isle of Man, Galloway, the middle of the North Channel
    (200, 455), (200, 500), (190, 530), (184, 555), (176, 580), (150, 599), (147, 612), (142, 622),
    # Islay, Tiree, Barra, St Kilda
    (120, 630), (95, 645), (70, 700), (70, 745), (35, 770), (0, 870), (0, 920), (30, 965),
    # Lewis, North Rona, Orkney, Foula, Shetland
    (130, 1050), (200, 1055), (290, 1045), (360, 1075), (370, 1150), (410, 1190), (440, 1240), (480, 1240), (495, 1180),
    (470, 1120), (445, 1060), (405, 1000), (375, 955),
    # Moray, Aberdeen, Fife, Northumberland
    (400, 880), (432, 865), (435, 830), (420, 780), (395, 700), (415, 670), (445, 650), (455, 590), (470, 545),
    # Yorkshire, Lincolnshire, Norfolk, Suffolk, Essex
    (510, 525), (545, 480), (555, 425), (575, 400), (575, 365), (600, 360), (645, 350), (668, 320), (672, 285),
    (665, 250),
    (655, 215), (652, 190),
    # Kent and the middle of the Strait of Dover, the Channel coast
    (654, 165), (648, 142), (625, 112), (600, 95), (565, 82), (500, 75), (470, 60), (400, 55), (365, 50), (335, 65),
    (310, 40), (285, 20), (225, 15), (170, 0),
)
# fmt: on


@cache
def cover_polygon() -> Polygon:
    """The cover as a prepared polygon in EPSG:27700, in metres."""
    import shapely

    polygon = shapely.Polygon([(east * 1000, north * 1000) for east, north in COVER_KM])
    shapely.prepare(polygon)
    return polygon


def in_cover(easting: np.ndarray[Any, Any], northing: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Which points of EPSG:27700 (metres, arrays of one length) lie within the cover; NaN never does."""
    import shapely

    covered: np.ndarray[Any, Any] = shapely.contains_xy(cover_polygon(), easting, northing)
    return covered
