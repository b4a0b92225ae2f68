"""Areas as publishers draw them, brought onto the National Grid: what a file says, nothing of it judged or mended."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.intake.refusal import Refusal
from pipelines.place.boundaries.crs import check_landing, crs_of
from pipelines.place.cover import in_cover
from pipelines.place.transform import ApproximateTransformError, to_national_grid
from pipelines.specs.problems import nearest

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[Any, Any]

# The name that stands for a file's own name without its ending, where no field names the parent area.
FILE_NAME = ":file"
_SURFACES = ("Polygon", "MultiPolygon")
# What GDAL takes a Shapefile's names for that says no encoding.
_LATIN = "ISO-8859-1"


@dataclass(frozen=True)
class BoundaryFields:
    """Which fields of a boundary file hold what. `old_code` is another code the area goes by."""

    code: str
    name: str
    parent: str | None = None
    old_code: str | None = None
    valid_from: str | None = None
    valid_to: str | None = None

    def named(self) -> Iterator[str]:
        """The fields that a file must have."""
        fields = (self.code, self.name, self.parent, self.old_code, self.valid_from, self.valid_to)
        return (field for field in fields if field is not None and field != FILE_NAME)


@dataclass(frozen=True)
class DrawnArea:
    """One feature of a file. `shape` is in EPSG:27700, as drawn, and None where the cover does not hold it."""

    file: str
    code: str
    name: str | None
    parent: str | None
    old_code: str | None
    valid_from: date | None
    valid_to: date | None
    shape: Any


@dataclass(frozen=True)
class BoundaryFile:
    """What was read of one file; `encoding` only where the file does not say one and its names told it."""

    areas: list[DrawnArea]
    encoding: str | None


def read_boundary_file(
    path: Path, fields: BoundaryFields, crs: str | None = None, layer: str | None = None
) -> BoundaryFile:
    """The areas of a GeoJSON, TopoJSON, GeoPackage or Shapefile.

    Args:
        path: the file; of a Shapefile the `.shp`, beside its `.shx` and `.dbf`.
        fields: the fields that hold code, name and so on.
        crs: overrules the CRS that the file declares; needed where it declares none.
        layer: the layer to read, of a file that has several.

    Raises:
        Refusal: for a file that cannot be read, a missing field, a CRS that is missing or cannot be, an area without
            a code or a surface.
    """
    import shapely

    info, geometry, table = _read(path, layer)
    for wanted in fields.named():
        if wanted not in table:
            raise Refusal(
                "missing_column", f'{path}: no field "{wanted}"{nearest(wanted, table)}; it has {", ".join(table)}'
            )
    encoding = _encoding(info, table)
    codes = [_code(value, index, fields.code, path) for index, value in enumerate(table[fields.code])]
    try:
        shapes = shapely.force_2d(shapely.from_wkb(geometry))
    except shapely.errors.GEOSException as error:
        raise Refusal("unreadable", f"{path}: holds a shape that cannot be read ({error})") from error
    for code, shape in zip(codes, shapes, strict=True):
        _check_surface(shape, code, path)
    drawn = _onto_grid(shapes, info["crs"], crs, path) if codes else []

    def text(field: str | None, index: int) -> str | None:
        return _text(table[field][index]) if field else None

    areas = [
        DrawnArea(
            file=str(path),
            code=code,
            name=text(fields.name, index),
            parent=path.stem if fields.parent == FILE_NAME else text(fields.parent, index),
            old_code=text(fields.old_code, index),
            valid_from=_day(text(fields.valid_from, index), fields.valid_from, code, path),
            valid_to=_day(text(fields.valid_to, index), fields.valid_to, code, path),
            shape=drawn[index],
        )
        for index, code in enumerate(codes)
    ]
    return BoundaryFile(areas, encoding)


def _read(path: Path, layer: str | None) -> tuple[dict[str, Any], Array, dict[str, Array]]:
    from pyogrio import list_layers
    from pyogrio.errors import DataLayerError, DataSourceError
    from pyogrio.raw import read

    if not path.is_file():
        raise Refusal("not_a_file", f"{path}: there is no such file")
    _check_companions(path)
    try:
        layers = [str(name) for name, kind in list_layers(path) if kind is not None]
        if layer is None and len(layers) > 1:
            raise Refusal("unreadable", f"{path}: has several layers, {', '.join(layers)}; give one with --layer")
        if layer is not None and layer not in layers:
            raise Refusal(
                "unreadable", f'{path}: no layer "{layer}"{nearest(layer, layers)}; it has {", ".join(layers)}'
            )
        info, _fids, geometry, values = read(path, layer=layer)
    except (DataSourceError, DataLayerError) as error:
        raise Refusal("unreadable", f"{path}: not a boundary file that can be read ({error})") from error
    except UnicodeDecodeError as error:
        raise Refusal(
            "unreadable",
            f"{path}: its names are not in the encoding it declares ({error.encoding}); "
            "of a Shapefile, correct the .cpg file or take it away",
        ) from error
    if geometry is None:
        raise Refusal("unreadable", f"{path}: a table without outlines, not a boundary file")
    return info, geometry, dict(zip(info["fields"], values, strict=True))


def _check_companions(path: Path) -> None:
    """A Shapefile is three files at least; without the others GDAL reads no codes, or nothing."""
    if path.suffix.lower() != ".shp":
        return
    beside = {other.suffix.lower() for other in path.parent.iterdir() if other.stem == path.stem}
    missing = [ending for ending in (".shx", ".dbf") if ending not in beside]
    if missing:
        raise Refusal(
            "unreadable",
            f"{path}: its {' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing; "
            "a Shapefile is .shp, .shx and .dbf together, and .prj says its CRS: put them beside each other",
        )


def _encoding(info: dict[str, Any], table: dict[str, Array]) -> str | None:
    """Read the names of a Shapefile that says no encoding in the one they are in, and say which.

    GDAL takes them for Latin-1, where every byte is a letter. Text that is UTF-8 throughout was never anything else;
    bytes that are control characters in Latin-1 are quotation marks and dashes in Windows-1252.
    """
    if info["encoding"] != _LATIN:
        return None
    texts = {value for column in table.values() for value in column if isinstance(value, str) and not value.isascii()}
    if not texts:
        return None
    for encoding in ("utf-8", "cp1252"):
        try:
            read = {text: text.encode("latin-1").decode(encoding) for text in texts}
        except UnicodeError:
            continue
        for column in table.values():
            for index, value in enumerate(column):
                if isinstance(value, str) and value in read:
                    column[index] = read[value]
        return encoding
    return None


def _code(value: Any, index: int, field: str, path: Path) -> str:
    code = _text(value)
    if code is None:
        raise Refusal("bad_value", f'{path}: area {index + 1} has no "{field}"')
    return code


def _text(value: Any) -> str | None:
    """An attribute as text without blanks around it; None where the file gives none."""
    if isinstance(value, float):
        return None if math.isnan(value) else str(int(value)) if value.is_integer() else str(value)
    return None if value is None else str(value).strip() or None


def _day(text: str | None, field: str | None, code: str, path: Path) -> date | None:
    """A day; a time after it, as GIS software writes, is left out. `NaT` is numpy's for none."""
    if text is None or text == "NaT":
        return None
    try:
        return date.fromisoformat(text[:10])
    except ValueError as error:
        raise Refusal(
            "bad_value", f'{path}: area {code}: "{field}" is {text}, not a date such as 2014-05-22'
        ) from error


def _check_surface(shape: Any, code: str, path: Path) -> None:
    if shape is None or shape.is_empty:
        raise Refusal("bad_value", f"{path}: area {code} has no surface: no outline")
    if shape.geom_type not in _SURFACES:
        raise Refusal(
            "bad_value", f"{path}: area {code} has no surface of its own: it is a {shape.geom_type}, not a polygon"
        )


def _onto_grid(shapes: Array, declared: str | None, given: str | None, path: Path) -> list[Any]:
    """Areas in EPSG:27700, None for those that the cover of the transformation does not hold.

    OSTN15 has no value at a few outlying rocks and sea cells. Corners there are left out: no point can be placed there
    either, so no point changes its area.
    """
    import numpy as np
    import shapely

    corners, owner = shapely.get_coordinates(shapes, return_index=True)
    x, y = corners.T.copy()
    if not (np.isfinite(x) & np.isfinite(y)).all():
        raise Refusal("bad_value", f"{path}: a corner of an area has no number for its place")
    crs = crs_of(None if declared is None else str(declared), given, x, y, path)
    try:
        east, north = to_national_grid(x, y, crs)
    except ApproximateTransformError as error:
        raise Refusal("unreadable", f"{path}: {error}") from error
    known = np.isfinite(east)
    inside = np.zeros(len(east), dtype=bool)
    inside[known] = in_cover(east[known], north[known])
    count = len(shapes)
    is_covered = np.bincount(owner[inside], minlength=count) > 0
    is_known = np.bincount(owner[~known], minlength=count) == 0
    if not is_covered.any():
        check_landing(crs, x, y, path)
    # A ring with corners that are no numbers does not close; shapes that have such are made anew, corner by corner.
    placed = shapely.set_coordinates(shapes.copy(), np.nan_to_num(np.column_stack((east, north))))
    starts = np.searchsorted(owner, np.arange(count))
    return [
        None
        if not is_covered[index]
        else placed[index]
        if is_known[index]
        else _without_unknown(shapes[index], east[starts[index] :], north[starts[index] :])
        for index in range(count)
    ]


def _without_unknown(shape: Any, east: Array, north: Array) -> Any:
    """A shape from its corners on the grid, in their order, without those that have no number."""
    import shapely

    parts, at = [], 0
    for part in shapely.get_parts(shape):
        parts += _kept_part(part, east[at:], north[at:])
        at += shapely.get_num_coordinates(part)
    return shapely.multipolygons(parts) if parts else None


def _kept_part(part: Any, east: Array, north: Array) -> list[Any]:
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
