"""Distinct places, kept once, and the area of each boundary set that holds them, worked out once and remembered.

Both are append-only Parquet: `places/*.parquet` (place_id, easting, northing, square_m) and, beside each set's areas,
`places/*.parquet` (place_id, area_code). A record then finds its area by a hash join.
"""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.place.boundaries import set_names
from warehouse.home import whole

if TYPE_CHECKING:
    import polars as pl

OUTSIDE = "outside"


def remember_places(folder: Path, places: pl.DataFrame) -> int:
    """Add the places not yet known (columns place_id, easting, northing, square_m); how many were new."""
    import polars as pl

    fresh = places.unique("place_id")
    known = _known(folder)
    if known is not None:
        fresh = fresh.join(known, on="place_id", how="anti")
    if fresh.height:
        with whole(folder / f"{uuid.uuid4().hex}.parquet") as draft:
            fresh.select("place_id", "easting", "northing", pl.col("square_m").cast(pl.Int32)).write_parquet(draft)
    return fresh.height


def _known(folder: Path, columns: tuple[str, ...] = ("place_id",)) -> pl.DataFrame | None:
    import polars as pl

    files = sorted(folder.glob("*.parquet"))
    return pl.concat([pl.read_parquet(file, columns=list(columns)) for file in files]) if files else None


def assign_all(places: Path, boundaries: Path) -> dict[str, int]:
    """Bring every boundary set up to all known places. Returns how many places were new to each set."""
    known = _known(places, ("place_id", "easting", "northing"))
    if known is None:
        return {}
    added = {}
    for name in set_names(boundaries):
        done = _known(boundaries / name / "places")
        missing = known if done is None else known.join(done, on="place_id", how="anti")
        added[name] = missing.height
        if missing.height:
            assigned = assign(missing, boundaries / name / "areas.parquet")
            with whole(boundaries / name / "places" / f"{uuid.uuid4().hex}.parquet") as draft:
                assigned.write_parquet(draft)
    return added


def assign(places: pl.DataFrame, areas: Path) -> pl.DataFrame:
    """The area of each place: place_id and area_code, `outside` where no area holds it.

    A place on an edge belongs to the area with the lowest code of those that touch it: always exactly one.

    Args:
        places: place_id, easting, northing in metres, EPSG:27700.
        areas: the set's `areas.parquet`.
    """
    import polars as pl
    import shapely

    from pipelines.place.raster import area_at

    table = pl.read_parquet(areas, columns=["area_code", "wkb"]).drop_nulls("wkb").sort("area_code")
    shapes = shapely.from_wkb(table["wkb"].to_numpy())
    number = area_at(shapes, places["easting"].to_numpy(), places["northing"].to_numpy())
    codes = pl.concat([table["area_code"], pl.Series([OUTSIDE])])
    return pl.DataFrame({"place_id": places["place_id"], "area_code": codes.gather(number)}).sort("place_id")
