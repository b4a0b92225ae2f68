"""Small street files and boundary sets for tests: two square wards side by side in Surrey, and crimes about them."""

from __future__ import annotations

import json
from pathlib import Path

HEADER = (
    "Crime ID,Month,Reported by,Falls within,Longitude,Latitude,Location,LSOA code,LSOA name,Crime type,"
    "Last outcome category,Context"
)
# (longitude, latitude) of a point in the west ward, the east ward, in neither, and no point.
WEST, EAST, BEYOND, NOWHERE = ("-0.55", "51.25"), ("-0.45", "51.25"), ("-0.20", "51.25"), ("", "")
# Guildford and Mole Valley: districts that Surrey's force speaks for.
WEST_PARENT, EAST_PARENT = "E07000209", "E07000210"


def street(
    folder: Path,
    rows: list[tuple[str, tuple[str, str], str]],
    month: str = "2014-05",
    supplier: str = "surrey",
    note: str = "",
) -> Path:
    """Write a street file of rows (crime id, point, crime type); `note` changes its bytes and nothing else."""
    lines = [HEADER]
    lines += [
        f"{id_},{month},Surrey Police,Surrey Police,{point[0]},{point[1]},On or near A Street{note},,,{kind},,"
        for id_, point, kind in rows
    ]
    path = folder / f"{month}-{supplier}-street.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def wards(folder: Path, name: str = "wards", codes: tuple[str, str] = ("W01", "W02"), split: float = -0.5) -> Path:
    """Write two wards that share the edge at longitude `split`."""
    boxes = ((codes[0], WEST_PARENT, -0.6, split), (codes[1], EAST_PARENT, split, -0.4))
    features = [
        {
            "type": "Feature",
            "properties": {"code": code, "name": f"Ward {code}", "parent": parent},
            "geometry": {"type": "Polygon", "coordinates": [[[w, 51.2], [e, 51.2], [e, 51.3], [w, 51.3], [w, 51.2]]]},
        }
        for code, parent, w, e in boxes
    ]
    path = folder / f"{name}.geojson"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return path


def add_wards(home_boundaries: Path, path: Path, name: str = "ward_2014") -> None:
    from pipelines.place.boundaries.sets import BoundaryFields, add_boundaries

    add_boundaries([path], home_boundaries, name, BoundaryFields("code", "name", "parent"), None, None)
