"""Boundary files, postcodes, properties and names of the demo county, in the forms a publisher would give them out."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.demo.county import Area, County
from pipelines.demo.names import DISTRICTS, FENMARK, HEATHMARK, HIGHMARK, STONEMARK, WESTMARK
from pipelines.demo.streets import write_names, write_uprns

_DECIMALS = 8  # of a degree: about a millimetre
# The columns of the ONS Postcode Directory that say where and when a postcode was; the rest are codes of areas.
_ONS_COLUMNS = ("pcd", "pcds", "dointr", "doterm", "oseast1m", "osnrth1m", "osgrdind")
_SINCE_RECORDS_BEGAN = "198001"
# Eastmark goes on writing this one after it was terminated, and this one had stood elsewhere before it was used again.
TERMINATED_POSTCODE, TERMINATED_IN = "ZM4 4FR", "202402"
REUSED_POSTCODE, FIRST_LIFE, USED_AGAIN_FROM = "ZM5 7DE", ("198001", "201506"), "201604"
_HISTORY_COLUMNS = ("GEOGCD", "GEOGNM", "OPER_DATE", "TERM_DATE", "PARENTCD", "ENTITYCD", "STATUS")
_FIRST_DAY_OF_2019, _LAST_DAY_OF_2019, _FIRST_DAY_OF_2024 = "02/05/2019", "01/05/2024", "02/05/2024"
# The eleven districts become two councils on 1 April 2027; their codes are not published yet. All in the west count
# reports of abandoned vehicles; in the east hardly any two count the same.
_NORTH_AND_EAST, _WEST = ("pending:north-and-east-mark", "North and East Mark"), ("pending:west-mark", "West Mark")
_IN_THE_WEST = (WESTMARK, FENMARK, HIGHMARK, HEATHMARK, STONEMARK)
_COUNCILS_2027 = tuple((code, *(_WEST if code in _IN_THE_WEST else _NORTH_AND_EAST)) for code in DISTRICTS)


@dataclass(frozen=True)
class ReferenceFiles:
    """Where the files were written. Attribute columns are those of the vintage, as `WD19CD`, `WD19NM`, `LAD19CD`."""

    wards_2019: Path
    wards_2024: Path
    districts: Path
    postcodes: Path
    uprns: Path
    names: Path
    code_history: Path
    councils_2027: Path


def write_reference(county: County, folder: Path) -> ReferenceFiles:
    """Write the boundary files of `county`, and what places are looked up in, into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    files = ReferenceFiles(
        folder / "wards_2019.geojson",
        folder / "wards_2024.gpkg",
        folder / "districts.geojson",
        folder / "postcodes.csv",
        folder / "osopenuprn.csv",
        folder / "opname_csv.zip",
        folder / "ChangeHistory.csv",
        folder / "councils_2027.csv",
    )
    _write_geojson(files.wards_2019, county.wards_2019, ("WD19CD", "WD19NM", "LAD19CD"))
    _write_geopackage(files.wards_2024, county.wards_2024, ("WD24CD", "WD24NM", "LAD24CD"))
    _write_geojson(files.districts, county.districts, ("LAD24CD", "LAD24NM"))
    _write_table(files.postcodes, _ONS_COLUMNS, _postcode_lives(county))
    write_uprns(county, files.uprns)
    write_names(county, files.names)
    _write_table(files.code_history, _HISTORY_COLUMNS, _code_history(county))
    _write_table(files.councils_2027, ("from_code", "to_code", "to_name"), _COUNCILS_2027)
    return files


def _write_table(path: Path, header: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def _code_history(county: County) -> list[list[object]]:
    """Each area code and its time, in the layout of ChangeHistory.csv of the ONS Code History Database."""
    before, after = ({ward.code for ward in wards} for wards in (county.wards_2019, county.wards_2024))
    wards = {ward.code: ward for ward in (*county.wards_2019, *county.wards_2024)}
    rows: list[list[object]] = []
    for area in (*county.districts, *wards.values()):
        has_ended = area.code in before - after
        began = _FIRST_DAY_OF_2024 if area.code in after - before else _FIRST_DAY_OF_2019
        ended, status = (_LAST_DAY_OF_2019, "terminated") if has_ended else ("", "live")
        rows.append([area.code, area.name, began, ended, area.parent_code, area.code[:3], status])
    return rows


def _postcode_lives(county: County) -> list[list[object]]:
    """A record for each life of a postcode, in the layout of the ONS Postcode Directory, all of the best quality."""
    rows: list[list[object]] = []
    elsewhere = county.postcodes[0]
    for each in county.postcodes:
        life = (_SINCE_RECORDS_BEGAN, TERMINATED_IN if each.postcode == TERMINATED_POSTCODE else "")
        lives = [(life, each)]
        if each.postcode == REUSED_POSTCODE:
            lives = [(FIRST_LIFE, elsewhere), ((USED_AGAIN_FROM, ""), each)]
        outcode, incode = each.postcode.split()
        for months, at in lives:
            rows.append([f"{outcode:<4}{incode}", each.postcode, *months, at.easting, at.northing, 1])
    return rows


def _attributes(area: Area, columns: Sequence[str]) -> dict[str, str]:
    """The code, name and, if there is a third column, the parent of an area."""
    return dict(zip(columns, (area.code, area.name, area.parent_code), strict=False))


def _write_geojson(path: Path, areas: Sequence[Area], columns: Sequence[str]) -> None:
    """Write areas as GeoJSON (RFC 7946): lon/lat in WGS 84, outer rings anticlockwise."""
    features = [
        {
            "type": "Feature",
            "properties": _attributes(area, columns),
            "geometry": {"type": "Polygon", "coordinates": _rings(area.polygon)},
        }
        for area in areas
    ]
    collection = {"type": "FeatureCollection", "name": path.stem, "features": features}
    path.write_text(json.dumps(collection, separators=(",", ":")) + "\n", encoding="utf-8")


def _rings(polygon: Any) -> list[list[list[float]]]:
    """The rings of a polygon in EPSG:27700 as lists of [lon, lat].

    A vertex that two areas share gets the same lon/lat in both, so the areas still tile.
    """
    import numpy as np
    import shapely
    from convertbng.cutil import convert_lonlat

    polygon = shapely.orient_polygons(polygon, exterior_cw=False)
    rings = []
    for ring in (polygon.exterior, *polygon.interiors):
        corners = shapely.get_coordinates(ring)
        lon, lat = convert_lonlat(np.ascontiguousarray(corners[:, 0]), np.ascontiguousarray(corners[:, 1]))
        rings.append(np.column_stack([lon, lat]).round(_DECIMALS).tolist())
    return rings


def _write_geopackage(path: Path, areas: Sequence[Area], columns: Sequence[str]) -> None:
    """Write areas as a GeoPackage in EPSG:27700."""
    import numpy as np
    import pyogrio
    import shapely

    path.unlink(missing_ok=True)
    # GDAL stamps the day it writes into the file unless told another.
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": "2024-05-02T00:00:00.000Z"})
    try:
        pyogrio.raw.write(
            path,
            geometry=shapely.to_wkb(np.array([area.polygon for area in areas], dtype=object)),
            field_data=[
                np.array([_attributes(area, columns)[column] for area in areas], dtype=object) for column in columns
            ],
            fields=list(columns),
            layer=path.stem,
            driver="GPKG",
            geometry_type="Polygon",
            crs="EPSG:27700",
        )
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})
