"""Points into areas beside geopandas.sjoin, in the same run, and what a new boundary set costs as records grow.

    python benchmarks/place.py [--points 500000] [--repeat 5]

Reads the 2024 districts and the Surrey wards of 2025 from `../shared/data` (or $COMMONGRID_REAL_DATA). Both sides start
from arrays of coordinates and areas as shapely geometries that nothing has been built for, and end with an area code
for each point. Of sjoin's usual ways the fastest counts: points left, `within` or `intersects`; areas left, `contains`.
Ends with 1 where a limit is missed, or where an answer differs for another reason than a point on an edge.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import polars as pl
import shapely

from pipelines.place.assign import OUTSIDE, assign_all, remember_places
from pipelines.place.boundaries.sets import BoundaryFields, add_boundaries
from pipelines.place.raster import area_at

HERE = Path(__file__).resolve().parent
SEED = 20031
MOST_GROWTH = 1.2
RECORDS, TIMES, PLACES = 1_000_000, 4, 50_000

_CORNERS = 2_000

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class Case:
    """A boundary set: the files below `geography`, the fields, and how many times as fast as sjoin it is to be."""

    name: str
    files: str
    fields: BoundaryFields
    least: float


CASES = (
    Case("districts", "lad/lad_2024_bsc.geojson", BoundaryFields("LAD24CD", "LAD24NM"), 8),
    Case("surrey_wards", "boundaries_surrey/ward/*.geojson", BoundaryFields("WD25CD", "WD25NM", "LAD25CD"), 4),
)


class Areas:
    """The areas of a set in order of code; `shapes` are new each time, with nothing prepared or indexed."""

    def __init__(self, path: Path) -> None:
        table = pl.read_parquet(path).drop_nulls("wkb").sort("area_code")
        self.codes = table["area_code"]
        self._wkb = table["wkb"].to_numpy()

    def shapes(self) -> Array:
        """The areas' geometries."""
        made: Array = shapely.from_wkb(self._wkb)
        return made


def ours(codes: pl.Series, shapes: Array, x: Array, y: Array) -> pl.Series:
    """The code of each point, as `pipelines.place.assign` finds it."""
    return pl.concat([codes, pl.Series([OUTSIDE])]).gather(area_at(shapes, x, y))


def joined(codes: pl.Series, shapes: Array, x: Array, y: Array, predicate: str) -> geopandas.GeoDataFrame:
    """The points joined to the areas by geopandas, points left unless the areas `contains` them."""
    points = geopandas.GeoDataFrame(geometry=geopandas.points_from_xy(x, y), crs=27700)
    areas = geopandas.GeoDataFrame({"code": codes.to_numpy()}, geometry=shapes, crs=27700)
    if predicate == "contains":
        return geopandas.sjoin(areas, points, how="inner", predicate=predicate)
    return geopandas.sjoin(points, areas, how="left", predicate=predicate)


def draws(shapes: Array, count: int) -> dict[str, tuple[Array, Array]]:
    """Points anywhere in the extent, sea included; and points as crimes lie, thick around the middle of every area."""
    random = np.random.default_rng(SEED)
    west, south, east, north = shapely.total_bounds(shapes)
    middles = shapely.get_coordinates(shapely.point_on_surface(shapes))[random.integers(0, len(shapes), count)]
    spread = float(np.sqrt(shapely.area(shapes).mean())) / 4
    around = middles + random.normal(0, spread, (count, 2))
    anywhere = random.uniform(west, east, count), random.uniform(south, north, count)
    return {"uniform": anywhere, "clustered": (around[:, 0], around[:, 1])}


def seconds(step: Callable[[], Any]) -> float:
    """How long one turn takes."""
    started = time.perf_counter()
    step()
    return time.perf_counter() - started


def compared(areas: Areas, x: Array, y: Array) -> dict[str, int]:
    """How many points differ from sjoin `within` because they lie on an edge, and how many for no such reason.

    Some corners of areas are looked at too: no area holds them `within`; ours is the lowest code of those they touch.
    """
    shapes = areas.shapes()
    corners = np.random.default_rng(SEED).choice(shapely.get_coordinates(shapes), _CORNERS)
    x, y = np.append(x, corners[:, 0]), np.append(y, corners[:, 1])
    found = pl.DataFrame({"point": np.arange(len(x)), "ours": ours(areas.codes, shapes, x, y)})
    pairs = pl.from_pandas(joined(areas.codes, shapes, x, y, "within")[["code"]].reset_index(names="point"))
    # Where areas overlap, sjoin gives a point to each of them; ours is the lowest code.
    theirs = pairs.group_by("point").agg(pl.col("code").min())
    both = found.join(theirs.with_columns(pl.col("code").fill_null(OUTSIDE)), on="point", how="left")
    odd = both.filter(pl.col("ours") != pl.col("code"))
    number = {code: index for index, code in enumerate(areas.codes)}
    odd_points = shapely.points(x[odd["point"].to_numpy()], y[odd["point"].to_numpy()])
    edges = shapely.boundary(shapes[[number.get(code, 0) for code in odd["ours"]]])
    on_edge = int(((odd["ours"] != OUTSIDE).to_numpy() & (shapely.distance(edges, odd_points) == 0)).sum())
    return {"on_edge": on_edge, "unexplained": odd.height - on_edge}


def one_case(case: Case, areas: Areas, count: int, repeat: int) -> dict[str, float]:
    """Measure one set with both draws; the ratios."""
    ratios = {}
    for draw, (x, y) in draws(areas.shapes(), count).items():
        mine: list[float] = []
        theirs: dict[str, list[float]] = {"within": [], "intersects": [], "contains": []}
        for _ in range(repeat):
            shapes = areas.shapes()
            mine.append(seconds(lambda shapes=shapes, x=x, y=y: ours(areas.codes, shapes, x, y)))
            for predicate, turns in theirs.items():
                shapes = areas.shapes()
                turns.append(
                    seconds(lambda s=shapes, x=x, y=y, predicate=predicate: joined(areas.codes, s, x, y, predicate))
                )
        best = min(theirs, key=lambda name: statistics.median(theirs[name]))
        fastest, own = statistics.median(theirs[best]), statistics.median(mine)
        differing = compared(areas, x, y)
        ratios[f"{case.name}_{draw}"] = fastest / own
        print(
            f"{case.name:13} {draw:10} {len(x):,} points, {len(areas.codes)} areas: {own * 1000:.0f} ms; "
            f"sjoin ({best}) {fastest * 1000:.0f} ms: {fastest / own:.1f} x as fast (at least {case.least}); of these "
            f"and {_CORNERS:,} corners {differing['on_edge']} differ on an edge, {differing['unexplained']} unexplained"
        )
        if differing["unexplained"]:
            sys.exit("answers differ")
    return ratios


def growth(home: Path, x: Array, y: Array, repeat: int) -> float:
    """Time of assigning all places to new sets after many records, over that after a quarter of them."""
    random = np.random.default_rng(SEED)
    table = pl.DataFrame({"place_id": np.arange(PLACES), "easting": x[:PLACES], "northing": y[:PLACES]})
    table = table.with_columns(square_m=pl.lit(1, pl.Int32))
    folders = {}
    for records in (RECORDS, RECORDS * TIMES):
        folders[records] = home / f"places-{records}"
        for _ in range(records // 250_000):
            # A delivery: many records at some of the places.
            remember_places(folders[records], table[random.integers(0, PLACES, 250_000)])
    taken: dict[int, list[float]] = {records: [] for records in folders}
    for _ in range(repeat):
        for records, folder in folders.items():
            for done in (home / "sets").glob("*/places/*.parquet"):
                done.unlink()
            taken[records].append(seconds(lambda folder=folder: assign_all(folder, home / "sets")))
    few, many = (statistics.median(turns) for turns in taken.values())
    print(
        f"new sets      {RECORDS:,} records on {PLACES:,} places: {few * 1000:.0f} ms; {RECORDS * TIMES:,} records on "
        f"the same: {many * 1000:.0f} ms: {many / few:.2f} x (at most {MOST_GROWTH})"
    )
    return many / few


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", type=int, default=500_000)
    parser.add_argument("--repeat", type=int, default=5)
    options = parser.parse_args()
    data = Path(os.environ.get("COMMONGRID_REAL_DATA", HERE.parent.parent / "shared/data")) / "geography"
    if not (data / "lad").is_dir():
        raise SystemExit(f"no real data in {data}: set COMMONGRID_REAL_DATA to a folder with geography/lad")
    ratios: dict[str, float] = {}
    missed = []
    with tempfile.TemporaryDirectory(prefix="commongrid-bench-") as scratch:
        home = Path(scratch)
        for case in CASES:
            add_boundaries(sorted(data.glob(case.files)), home / "sets", case.name, case.fields, None, None)
            areas = Areas(home / "sets" / case.name / "areas.parquet")
            measured = one_case(case, areas, options.points, options.repeat)
            missed += [name for name, ratio in measured.items() if ratio < case.least]
            ratios |= measured
        ratios["more_records"] = growth(home, *draws(areas.shapes(), PLACES)["clustered"], options.repeat)
    missed += ["more_records"] if ratios["more_records"] > MOST_GROWTH else []
    print(json.dumps({name: round(ratio, 2) for name, ratio in ratios.items()}))
    if missed:
        raise SystemExit(f"a limit was missed: {', '.join(missed)}")


if __name__ == "__main__":
    main()
