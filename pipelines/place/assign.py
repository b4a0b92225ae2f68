"""Distinct places, kept once, and the area of each boundary set that holds them, worked out once and remembered.

Places are append-only Parquet: `places/*.parquet` (place_id, easting, northing, square_m). Beside each set's areas lie
files of the same names: `places/*.parquet` (place_id, area_code). A record then finds its area by a hash join. After a
crash the two folders may not hold the same files; the next assignment sees to that.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.place.boundaries.sets import set_names
from warehouse.home import whole

if TYPE_CHECKING:
    import polars as pl

OUTSIDE = "outside"
# The most places in a file, as all of a file are assigned at a time: that takes half a gigabyte.
_AT_A_TIME = 2_000_000
# When there are more files than this of fewer places than that, they are put together.
_MOST_SMALL_FILES = 64
_SMALL = 1_000_000
# Names the file being made of several, and these, until they are gone.
_MERGING = "merging.txt"


def remember_places(folder: Path, places: pl.DataFrame) -> int:
    """Add the places not yet known (columns place_id, easting, northing, square_m); how many were new."""
    import polars as pl

    _finish_merging(folder)
    fresh = places.unique("place_id")
    files = sorted(folder.glob("*.parquet"))
    if files:
        known = pl.concat([pl.read_parquet(file, columns=["place_id"]) for file in files])
        fresh = fresh.join(known, on="place_id", how="anti")
    if fresh.height:
        fresh = fresh.select("place_id", "easting", "northing", pl.col("square_m").cast(pl.Int32))
        for some in fresh.iter_slices(_AT_A_TIME):
            with whole(folder / f"{uuid.uuid4().hex}.parquet") as draft:
                some.write_parquet(draft)
    _merge_small(folder)
    return fresh.height


def _merge_small(folder: Path) -> None:
    """Put many small files together. Whoever has linked to them keeps what they hold."""
    import polars as pl

    files = sorted(folder.glob("*.parquet"))
    small = [path for path in files if _rows(path) < _SMALL] if len(files) > _MOST_SMALL_FILES else []
    if len(small) <= _MOST_SMALL_FILES:
        return
    gathered: list[Path] = []
    while small and (not gathered or sum(map(_rows, gathered)) < _SMALL):
        gathered.append(small.pop())
    merged = folder / f"{uuid.uuid4().hex}.parquet"
    with whole(folder / _MERGING) as draft:
        draft.write_text("\n".join(path.name for path in (merged, *gathered)), encoding="utf-8")
    with whole(merged) as draft:
        pl.concat([pl.read_parquet(path) for path in gathered]).write_parquet(draft)
    _finish_merging(folder)


def _finish_merging(folder: Path) -> None:
    """Remove what was put together; where that was broken off before it was written, all is as it was."""
    note = folder / _MERGING
    if not note.exists():
        return
    merged, *gathered = note.read_text(encoding="utf-8").splitlines()
    if (folder / merged).exists():
        for name in gathered:
            (folder / name).unlink(missing_ok=True)
    note.unlink()


def _rows(path: Path) -> int:
    import polars as pl

    return int(pl.scan_parquet(path).select(pl.len()).collect().item())


def assign_all(places: Path, boundaries: Path, say: Callable[[str], None] = lambda _line: None) -> dict[str, int]:
    """Bring every boundary set up to all known places.

    Args:
        places: the home's folder of places.
        boundaries: the home's folder of boundary sets.
        say: told how far it has come, where there are millions.

    Returns:
        How many places were new to each set; empty where no place is known.
    """
    _finish_merging(places)
    files = {path.name: path for path in sorted(places.glob("*.parquet"))}
    return {name: _bring_up(files, boundaries / name, say) for name in set_names(boundaries)} if files else {}


def _bring_up(files: dict[str, Path], set_folder: Path, say: Callable[[str], None]) -> int:
    """Give each file of places its counterpart in a set, and remove those of files that have been put together."""
    import polars as pl

    folder = set_folder / "places"
    assigned = {path.name: path for path in folder.glob("*.parquet")}
    gone = [path for name, path in assigned.items() if name not in files]
    missing = [path for name, path in files.items() if name not in assigned]
    known, total, done = sum(map(_rows, gone)), sum(map(_rows, missing)), 0
    for path in gone:
        path.unlink()
    for path in missing:
        places = pl.read_parquet(path, columns=["place_id", "easting", "northing"])
        with whole(folder / path.name) as draft:
            assign(places, set_folder / "areas.parquet").write_parquet(draft)
        done += places.height
        if total > _AT_A_TIME:
            say(f"placing   {done:,} of {total:,} places in {set_folder.name}")
    return max(0, total - known)


def assign(places: pl.DataFrame, areas: Path) -> pl.DataFrame:
    """The area of each place: place_id and area_code, `outside` where no area holds it.

    A place on an edge belongs to the area with the lowest code of those that touch it: always exactly one.

    Args:
        places: place_id, easting, northing in metres, EPSG:27700.
        areas: the set's `areas.parquet`.
    """
    import polars as pl

    codes = codes_at(areas, places["easting"], places["northing"])
    return pl.DataFrame({"place_id": places["place_id"], "area_code": codes}).sort("place_id")


def codes_at(areas: Path, easting: pl.Series, northing: pl.Series) -> pl.Series:
    """The code of the area that holds each point, in order, or `outside`."""
    import polars as pl
    import shapely

    from pipelines.place.raster import area_at

    table = pl.read_parquet(areas, columns=["area_code", "wkb"]).drop_nulls("wkb").sort("area_code")
    shapes = shapely.from_wkb(table["wkb"].to_numpy())
    codes = pl.concat([table["area_code"], pl.Series([OUTSIDE])])
    return codes.gather(area_at(shapes, easting.to_numpy(), northing.to_numpy()))
