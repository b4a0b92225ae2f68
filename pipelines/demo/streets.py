"""The demo county's streets, and its properties with their numbers, in the layouts of Ordnance Survey's files.

The numbers and ids are invented: none is meant to be one of a real property or street.
"""

from __future__ import annotations

import csv
import io
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.demo.names import COUNTY_NAME, DISTRICTS, SETTLEMENTS, STREETS, STREETS_OF_ALL, Settlement

if TYPE_CHECKING:
    from pipelines.demo.county import County

_STREAM = 9  # of random numbers, apart from those that the rest of the county is drawn with
_FIRST_UPRN = 909_000_000_001
_PROPERTIES_EACH_POSTCODE = 5
_DECIMALS = 7  # of a degree, as in OS Open UPRN
_FIELDS = (
    "ID", "NAMES_URI", "NAME1", "NAME1_LANG", "NAME2", "NAME2_LANG", "TYPE", "LOCAL_TYPE", "GEOMETRY_X", "GEOMETRY_Y",
    "MOST_DETAIL_VIEW_RES", "LEAST_DETAIL_VIEW_RES", "MBR_XMIN", "MBR_YMIN", "MBR_XMAX", "MBR_YMAX",
    "POSTCODE_DISTRICT", "POSTCODE_DISTRICT_URI", "POPULATED_PLACE", "POPULATED_PLACE_URI", "POPULATED_PLACE_TYPE",
    "DISTRICT_BOROUGH", "DISTRICT_BOROUGH_URI", "DISTRICT_BOROUGH_TYPE", "COUNTY_UNITARY", "COUNTY_UNITARY_URI",
    "COUNTY_UNITARY_TYPE", "REGION", "REGION_URI", "COUNTRY", "COUNTRY_URI", "RELATED_SPATIAL_OBJECT",
    "SAME_AS_DBPEDIA", "SAME_AS_GEONAMES",
)  # fmt: skip


@dataclass(frozen=True)
class Named:
    """A street or settlement: its bounds in whole metres (EPSG:27700), and the settlement it lies in."""

    name: str
    kind: str
    settlement: Settlement
    bounds: tuple[int, int, int, int]


def named_things(county: County) -> list[Named]:
    """The settlements, and in each the streets that every one has and those of its own."""
    import numpy as np

    rng = np.random.default_rng([county.seed, _STREAM])
    found = []
    for place in SETTLEMENTS:
        reach = place.spread_m
        kind = "Town" if place.residents > 8_000 else "Village"
        found.append(Named(place.name, kind, place, _around(place.easting, place.northing, reach, reach)))
        for street in (*STREETS_OF_ALL, *STREETS[place.name]):
            east, north = rng.normal((place.easting, place.northing), reach / 2)
            long, wide = rng.uniform(80, 400), rng.uniform(10, 150)
            bounds = _around(east, north, *((long, wide) if rng.random() < 0.5 else (wide, long)))
            found.append(Named(street, "Named Road", place, bounds))
    return found


def _around(east: float, north: float, across: float, along: float) -> tuple[int, int, int, int]:
    return round(east - across), round(north - along), round(east + across), round(north + along)


def write_names(county: County, path: Path) -> None:
    """Write the gazetteer as OS Open Names comes: an archive of tiles without a header, which stands beside them."""
    tile = io.StringIO(newline="")
    writer = csv.DictWriter(tile, _FIELDS, restval="", lineterminator="\n")
    for number, each in enumerate(named_things(county)):
        writer.writerow(_record(number, each))
    for number, code in enumerate(county.postcodes[:3]):  # the publisher's tiles hold postcodes too
        position = {"GEOMETRY_X": code.easting, "GEOMETRY_Y": code.northing}
        writer.writerow(
            {"ID": f"demo9{number}", "NAME1": code.postcode, "TYPE": "other", "LOCAL_TYPE": "Postcode", **position}
        )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in (
            ("Doc/OS_Open_Names_Header.csv", ",".join(_FIELDS) + "\n"),
            ("Data/SJ82.csv", tile.getvalue()),
        ):
            archive.writestr(zipfile.ZipInfo(name, (2024, 10, 1, 0, 0, 0)), "\ufeff" + text)


def _record(number: int, each: Named) -> dict[str, object]:
    west, south, east, north = each.bounds
    is_road = each.kind == "Named Road"
    return {
        "ID": f"demo{number:06d}",
        "NAME1": each.name,
        "TYPE": "transportNetwork" if is_road else "populatedPlace",
        "LOCAL_TYPE": each.kind,
        "GEOMETRY_X": (west + east) // 2,
        "GEOMETRY_Y": (south + north) // 2,
        "MBR_XMIN": west,
        "MBR_YMIN": south,
        "MBR_XMAX": east,
        "MBR_YMAX": north,
        "POSTCODE_DISTRICT": f"ZM{SETTLEMENTS.index(each.settlement) + 1}",
        "POPULATED_PLACE": each.settlement.name if is_road else "",
        "DISTRICT_BOROUGH": DISTRICTS[each.settlement.district],
        "COUNTY_UNITARY": COUNTY_NAME,
    }


def properties(county: County) -> dict[int, tuple[float, float]]:
    """The properties about each postcode: an invented UPRN and its point, in EPSG:27700 metres."""
    import numpy as np
    import shapely

    rng = np.random.default_rng([county.seed, _STREAM + 1])
    centres = np.array([(code.easting, code.northing) for code in county.postcodes], dtype=float)
    points = np.repeat(centres, _PROPERTIES_EACH_POSTCODE, axis=0)
    points = (points + rng.uniform(-60, 60, points.shape)).round(2)
    points = points[shapely.contains_xy(county.outline, points[:, 0], points[:, 1])]
    return {_FIRST_UPRN + number: (east, north) for number, (east, north) in enumerate(points.tolist())}


def write_uprns(county: County, path: Path) -> None:
    """Write the properties as OS Open UPRN has them: a number, a position in metres and in degrees."""
    import numpy as np
    from convertbng.cutil import convert_lonlat

    found = properties(county)
    points = np.array(list(found.values()))
    lon, lat = convert_lonlat(np.ascontiguousarray(points[:, 0]), np.ascontiguousarray(points[:, 1]))
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow(["UPRN", "X_COORDINATE", "Y_COORDINATE", "LATITUDE", "LONGITUDE"])
        for (number, (east, north)), west, up in zip(found.items(), lon, lat, strict=True):
            writer.writerow([number, east, north, round(up, _DECIMALS), round(west, _DECIMALS)])
