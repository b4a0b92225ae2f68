"""Boundary sets: dated sets of areas from publishers' files, onto the National Grid, kept as Parquet.

`areas.parquet` of a set: boundary_set, area_code, area_name, parent_code, old_code (another code the area goes by),
valid_from and valid_to, source_release (the publisher's), has_cover (whether the transformation covers the area) and
wkb (EPSG:27700, null where it does not).
"""

from __future__ import annotations

import hashlib
import math
import shutil
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.intake.refusal import Refusal
from pipelines.place.cover import in_cover
from pipelines.place.transform import ApproximateTransformError, to_national_grid
from pipelines.specs.problems import nearest
from warehouse.home import whole

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

# The name that stands for a file's own name without its ending, where no field names the parent area.
FILE_NAME = ":file"


@dataclass(frozen=True)
class BoundaryFields:
    """Which fields of a boundary file hold what."""

    code: str
    name: str
    parent: str | None = None


@dataclass(frozen=True)
class AddedSet:
    """What came of adding a set: areas, those beyond the cover, and those whose rings were mended."""

    areas: int
    outside_cover: int
    mended: tuple[str, ...]
    without_parent: int


def add_boundaries(
    files: list[Path], folder: Path, name: str, fields: BoundaryFields, valid_from: date | None, crs: str | None
) -> AddedSet:
    """Load a boundary set; it takes the place of an earlier one of the same name.

    Args:
        files: GeoJSON, GeoPackage or Shapefile, each whole areas of the set.
        folder: the home's folder of boundary sets.
        name: the set's name, as `ward_2018`.
        fields: the fields that hold code, name and parent code.
        valid_from: the day the areas came into force.
        crs: overrules the CRS the files declare; needed where they declare none.

    Raises:
        Refusal: for a file that cannot be read, a missing field or CRS, a code given twice, an area without a surface.
    """
    import polars as pl

    rows: list[dict[str, Any]] = []
    mended: list[str] = []
    for path in files:
        rows += _areas_of(path, name, fields, crs, mended)
    seen: dict[str, str] = {}
    for row in rows:
        if row["area_code"] in seen:
            raise Refusal(
                "bad_value", f'{row.pop("file")}: area "{row["area_code"]}" also stands in {seen[row["area_code"]]}'
            )
        seen[row["area_code"]] = row.pop("file")
    if not rows:
        raise Refusal("empty_file", f"{files[0]}: holds no areas")
    table = pl.DataFrame(rows, schema=area_schema()).with_columns(valid_from=pl.lit(valid_from, pl.Date))
    write_set(folder, name, table)
    uncovered = table.filter(~pl.col("has_cover")).height
    return AddedSet(table.height, uncovered, tuple(mended), table["parent_code"].null_count())


def area_schema() -> dict[str, Any]:
    """The columns of a set's areas and their types."""
    import polars as pl

    return {
        **dict.fromkeys(("boundary_set", "area_code", "area_name", "parent_code", "old_code"), pl.String),
        **dict.fromkeys(("valid_from", "valid_to"), pl.Date),
        "source_release": pl.String,
        "has_cover": pl.Boolean,
        "wkb": pl.Binary,
    }


def write_set(folder: Path, name: str, areas: pl.DataFrame) -> None:
    """Keep the areas of a set, in place of an earlier one of its name; all places are to be assigned anew.

    Args:
        folder: the home's folder of boundary sets.
        name: the set's name.
        areas: the columns of `area_schema`.
    """
    # First, as places of the earlier areas beside the new ones would never be found out.
    shutil.rmtree(folder / name / "places", ignore_errors=True)
    with whole(folder / name / "areas.parquet") as draft:
        areas.sort("area_code").write_parquet(draft)


def _areas_of(
    path: Path, name: str, fields: BoundaryFields, crs: str | None, mended: list[str]
) -> list[dict[str, Any]]:
    import shapely
    from pyogrio.errors import DataLayerError, DataSourceError
    from pyogrio.raw import read

    if not path.is_file():
        raise Refusal("not_a_file", f"{path}: there is no such file")
    try:
        info, _fids, geometry, values = read(path)
    except (DataSourceError, DataLayerError) as error:
        raise Refusal("unreadable", f"{path}: not a boundary file that can be read ({error})") from error
    table = dict(zip(info["fields"], values, strict=True))
    parent = None if fields.parent == FILE_NAME else fields.parent
    for wanted in filter(None, (fields.code, fields.name, parent)):
        if wanted not in table:
            raise Refusal(
                "missing_column", f'{path}: no field "{wanted}"{nearest(wanted, table)}; it has {", ".join(table)}'
            )
    declared = crs or info["crs"]
    if declared is None:
        raise Refusal("unreadable", f"{path}: does not say its CRS; give --crs, as --crs EPSG:27700")
    shapes = shapely.from_wkb(geometry)
    rows = []
    for index, drawn in enumerate(shapes):
        code, label = _text(table[fields.code][index]), _text(table[fields.name][index])
        if code is None:
            raise Refusal("bad_value", f'{path}: area {index + 1} has no "{fields.code}"')
        is_sound = drawn is None or drawn.is_valid
        shape = drawn if is_sound else shapely.make_valid(drawn, method="structure", keep_collapsed=False)
        if not is_sound:
            mended.append(code)
        if shape is None or shape.is_empty or shape.geom_type not in ("Polygon", "MultiPolygon"):
            raise Refusal("bad_value", f"{path}: area {code} has no surface")
        on_grid = _on_grid(shape, str(declared), path)
        over = _text(table[parent][index]) if parent else path.stem if fields.parent == FILE_NAME else None
        wkb = None if on_grid is None else shapely.to_wkb(on_grid)
        rows.append(
            {
                "boundary_set": name,
                "area_code": code,
                "area_name": label,
                "parent_code": over,
                "has_cover": on_grid is not None,
                "wkb": wkb,
                "file": str(path),
            }
        )
    return rows


def _text(value: Any) -> str | None:
    """An attribute as text; None where the file gives none."""
    if isinstance(value, float):
        return None if math.isnan(value) else str(int(value)) if value.is_integer() else str(value)
    return None if value is None else str(value)


def _on_grid(shape: Any, crs: str, path: Path) -> Any:
    """An area in EPSG:27700, or None where the cover of the transformation does not hold it.

    OSTN15 has no value at a few outlying rocks and sea cells. Corners there are left out: no point can be placed there
    either, so no point changes its area.
    """
    import numpy as np
    import shapely

    corners = shapely.get_coordinates(shape)
    try:
        east, north = to_national_grid(corners[:, 0].copy(), corners[:, 1].copy(), _authority(crs))
    except ApproximateTransformError as error:
        raise Refusal("unreadable", f"{path}: {error}") from error
    known = np.isfinite(east)
    if not in_cover(east[known], north[known]).any():
        return None
    if known.all():
        return shapely.set_coordinates(shape, np.column_stack((east, north)))
    parts, at = [], 0
    for part in shapely.get_parts(shape):
        count = shapely.get_num_coordinates(part)
        kept = _kept_part(part, east[at : at + count], north[at : at + count])
        parts += kept
        at += count
    return shapely.make_valid(shapely.multipolygons(parts)) if parts else None


def _kept_part(part: Any, east: np.ndarray[Any, Any], north: np.ndarray[Any, Any]) -> list[Any]:
    import numpy as np
    import shapely

    rings, at = [], 0
    for ring in (part.exterior, *part.interiors):
        count = len(ring.coords)
        pairs = np.column_stack((east[at : at + count], north[at : at + count]))
        at += count
        # A ring's last corner is its first again; it is closed anew once the unknown corners are out.
        pairs = pairs[:-1][np.isfinite(pairs[:-1, 0])]
        rings.append(shapely.linearrings(np.vstack((pairs, pairs[:1]))) if len(pairs) >= 3 else None)
    if rings[0] is None:
        return []
    return [shapely.Polygon(rings[0], [ring for ring in rings[1:] if ring is not None])]


def _authority(crs: str) -> str:
    """`EPSG:27700` for a CRS however it is written; GeoJSON's CRS84 is EPSG:4326 with longitude first."""
    if crs.upper().startswith("EPSG:"):
        return crs.upper()
    if "CRS84" in crs.upper():
        return "EPSG:4326"
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    try:
        code = CRS(crs).to_epsg(min_confidence=70)
    except CRSError:
        return crs  # the transformation from it will say that nobody knows it
    return f"EPSG:{code}" if code else crs


def set_names(folder: Path) -> list[str]:
    """The boundary sets of a home, in name order."""
    return sorted(path.parent.name for path in folder.glob("*/areas.parquet"))


def set_digest(folder: Path, name: str) -> str:
    """A hash of a set's areas."""
    return hashlib.sha256((folder / name / "areas.parquet").read_bytes()).hexdigest()[:16]


def read_areas(folder: Path) -> pl.DataFrame:
    """The areas of all sets."""
    import polars as pl

    frames = [pl.read_parquet(folder / name / "areas.parquet") for name in set_names(folder)]
    return pl.concat([pl.DataFrame(schema=area_schema()), *frames], how="diagonal")
