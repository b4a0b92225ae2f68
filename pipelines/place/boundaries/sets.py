"""Boundary sets: dated sets of areas on the National Grid, kept as Parquet. Two sets of one kind stand side by side.

`areas.parquet` of a set: boundary_set, area_code, area_name, parent_code, old_code (another code the area goes by),
valid_from and valid_to, source_release (the publisher's), has_cover (whether the transformation covers the area) and
wkb (EPSG:27700, null where it does not). A row is a version of an area: the code is what another set may name too.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.intake.refusal import Refusal
from pipelines.place.boundaries import checks
from pipelines.place.boundaries.checks import Gap, Mended, Overlap
from pipelines.place.boundaries.files import FILE_NAME, BoundaryFields, DrawnArea, read_boundary_file
from pipelines.specs.problems import nearest
from warehouse.home import whole

if TYPE_CHECKING:
    import polars as pl

__all__ = [
    "FILE_NAME", "AddOptions", "AddedSet", "BoundaryFields", "add_boundaries", "area_schema", "read_areas",
    "remove_set", "set_digest", "set_names", "write_set",
]  # fmt: skip

# A new file of a set that holds less than this share of the areas in place is taken for the wrong file.
_FEWER = 0.5
_TOLD = 5


@dataclass(frozen=True)
class AddOptions:
    """What else may be said of a set and its files.

    Args:
        valid_to: the last day the areas were in force.
        source_release: the publisher's release, as `ONS Open Geography 2024-12 BGC`.
        layer: the layer to read, of files that have several.
        join_parts: whether several features of one code and name are parts of one area.
        accept_fewer: whether the set may shrink to less than half of its areas.
    """

    valid_to: date | None = None
    source_release: str | None = None
    layer: str | None = None
    join_parts: bool = False
    accept_fewer: bool = False


@dataclass(frozen=True)
class AddedSet:
    """What came of adding a set: areas, those beyond the cover or without a parent, and all that was found in them.

    `slivers` are overlaps and `gaps` holes between areas; both with the greatest first. `joined` counts the areas put
    together of several features, `encodings` names those read by their letters as the files say none.
    """

    areas: int
    outside_cover: int
    without_parent: int
    joined: int = 0
    mended: tuple[Mended, ...] = ()
    slivers: tuple[Overlap, ...] = ()
    gaps: tuple[Gap, ...] = ()
    encodings: tuple[str, ...] = ()


def add_boundaries(
    files: list[Path],
    folder: Path,
    name: str,
    fields: BoundaryFields,
    valid_from: date | None = None,
    crs: str | None = None,
    options: AddOptions | None = None,
) -> AddedSet:
    """Load a boundary set; it takes the place of an earlier one of the same name. Nothing of it is kept if it fails.

    Args:
        files: GeoJSON, TopoJSON, GeoPackage or Shapefile, each whole areas of the set.
        folder: the home's folder of boundary sets.
        name: the set's name, as `ward_2018`.
        fields: the fields that hold code, name and so on.
        valid_from: the day the areas came into force, where no field says it.
        crs: overrules the CRS the files declare; needed where they declare none.
        options: what else is said of the set.

    Raises:
        Refusal: for a file that cannot be read, a missing field, a CRS that is missing or cannot be, a code given
            twice, an area without a surface or with rings that cannot be mended, areas that overlap, no area within the
            cover, or far fewer areas than the set in place has.
    """
    import polars as pl
    import shapely

    options = options or AddOptions()
    read = [read_boundary_file(path, fields, crs, options.layer) for path in files]
    drawn = [area for file in read for area in file.areas]
    if not drawn:
        raise Refusal("empty_file", f"{files[0]}: holds no areas")
    sound, mended = _mended(drawn)
    areas = [_dated(area, valid_from, options.valid_to) for area in _one_of_each(sound, options.join_parts)]
    slivers, gaps = _side_by_side(areas)
    _check_fewer(folder, name, len(areas), options.accept_fewer)
    rows = [
        {
            "boundary_set": name,
            "area_code": area.code,
            "area_name": area.name,
            "parent_code": area.parent,
            "old_code": area.old_code,
            "valid_from": area.valid_from,
            "valid_to": area.valid_to,
            "source_release": options.source_release,
            "has_cover": area.shape is not None,
            "wkb": None if area.shape is None else shapely.to_wkb(area.shape),
        }
        for area in areas
    ]
    table = pl.DataFrame(rows, schema=area_schema())
    write_set(folder, name, table)
    return AddedSet(
        areas=table.height,
        outside_cover=table.filter(~pl.col("has_cover")).height,
        without_parent=table["parent_code"].null_count(),
        joined=len(drawn) - len(areas),
        mended=mended,
        slivers=slivers,
        gaps=gaps,
        encodings=tuple(sorted({file.encoding for file in read if file.encoding})),
    )


def _mended(drawn: list[DrawnArea]) -> tuple[list[DrawnArea], tuple[Mended, ...]]:
    """The areas with sound rings, and what was mended."""
    sound, mended = [], []
    for area in drawn:
        if area.shape is not None:
            shape, mending = checks.mend(area.code, area.shape, area.file)
            area = replace(area, shape=shape)  # noqa: PLW2901
            if mending:
                mended.append(mending)
        sound.append(area)
    return sound, tuple(mended)


def _one_of_each(drawn: list[DrawnArea], join_parts: bool) -> list[DrawnArea]:
    """Each code once: features of one code, name and parent put together where that is asked for."""
    areas = []
    for code, group in groupby(sorted(drawn, key=lambda area: area.code), key=lambda area: area.code):
        first, *others = group
        if not others:
            areas.append(first)
            continue
        are_alike = all(replace(other, file=first.file, shape=first.shape) == first for other in others)
        if join_parts and are_alike:
            areas.append(_joined([first, *others]))
            continue
        where = f'{others[0].file}: area "{code}" also stands in {first.file}'
        names = {area.name for area in (first, *others)}
        if not are_alike:
            raise Refusal("bad_value", where + (f", as {_listed(names)}" if len(names) > 1 else ""))
        raise Refusal("bad_value", f"{where}; give --join-parts if the {len(others) + 1} are parts of one area")
    return areas


def _joined(parts: list[DrawnArea]) -> DrawnArea:
    """One area of several features, which share no ground."""
    import shapely

    shapes = [part.shape for part in parts if part.shape is not None]
    if not shapes:
        return parts[0]
    shape = shapely.union_all(shapes)
    twice = sum(part.area for part in shapes) - shape.area
    if twice > max(checks.MENDED_M2, checks.MENDED_SHARE * shape.area):
        told = f'{parts[0].file}: the parts of area "{parts[0].code}" share {checks.surface(twice)}: drawn twice'
        raise Refusal("bad_value", f"{told}; leave one of them out")
    return replace(parts[0], shape=shape)


def _dated(area: DrawnArea, valid_from: date | None, valid_to: date | None) -> DrawnArea:
    """An area with the set's dates where it has none of its own."""
    dated = replace(area, valid_from=area.valid_from or valid_from, valid_to=area.valid_to or valid_to)
    if dated.valid_from and dated.valid_to and dated.valid_to < dated.valid_from:
        raise Refusal(
            "bad_value", f"{area.file}: area {area.code} ends on {dated.valid_to}, before it begins, {dated.valid_from}"
        )
    return dated


def _side_by_side(areas: list[DrawnArea]) -> tuple[tuple[Overlap, ...], tuple[Gap, ...]]:
    """The slivers where areas overlap, and the gaps between them; a wider overlap is refused."""
    import numpy as np

    on_grid = [area for area in areas if area.shape is not None]
    file = areas[0].file
    if not on_grid:
        raise Refusal(
            "outside_cover",
            f"{file}: all {len(areas):,} areas lie outside Great Britain, the cover of the National Grid, and no place "
            "could lie in them; if they do lie here, give their CRS with --crs",
        )
    codes, shapes = [area.code for area in on_grid], np.array([area.shape for area in on_grid], dtype=object)
    odd = checks.unmatched(shapes)
    found = checks.overlaps(codes, shapes, odd)
    real = [overlap for overlap in found if not overlap.is_sliver]
    if real:
        raise Refusal(
            "bad_value",
            f"{file}: areas overlap, and a place could lie in both: {_listed(map(str, real))}; areas of one set lie "
            "side by side: leave one out, or load them as two sets",
        )
    return tuple(found), tuple(checks.gaps(codes, shapes, odd))


def _check_fewer(folder: Path, name: str, count: int, accept: bool) -> None:
    import polars as pl

    path = folder / name / "areas.parquet"
    held = pl.scan_parquet(path).select(pl.len()).collect().item() if path.exists() else 0
    if count < _FEWER * held and not accept:
        raise Refusal(
            "bad_value",
            f"{name}: the files hold {count:,} areas, and the set in place has {held:,}; name all files of the set, "
            "or give --accept-fewer if it has become so small",
        )


def _listed(items: Iterable[str | None]) -> str:
    told = [str(item) for item in items]
    return "; ".join(told[:_TOLD]) + (f"; and {len(told) - _TOLD:,} more" if len(told) > _TOLD else "")


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
    with whole(folder / name / "areas.parquet") as draft:
        areas.sort("area_code").write_parquet(draft)
        # Before the areas take their place: killed between the two, places are to be assigned again, none is wrong.
        shutil.rmtree(folder / name / "places", ignore_errors=True)


def remove_set(folder: Path, name: str) -> None:
    """Forget a set and the places assigned to it; figures of it go with the next build.

    Args:
        folder: the home's folder of boundary sets.
        name: the set's name.

    Raises:
        Refusal: where there is no such set.
    """
    if name not in set_names(folder):
        known = set_names(folder)
        has = f"it has {', '.join(known)}" if known else "it has none"
        raise Refusal("not_a_file", f'no boundary set "{name}"{nearest(name, known)} in this home; {has}')
    # Without its areas it is no set any more, should the process be killed here.
    (folder / name / "areas.parquet").unlink()
    shutil.rmtree(folder / name)


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
