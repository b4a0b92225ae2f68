"""A place from two columns of coordinates in a declared CRS."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pipelines.place.cover import in_cover
from pipelines.place.located import ISSUE, UNPLACED, as_located
from pipelines.place.transform import to_national_grid
from pipelines.place.ways.amiss import CONFIDENCE, OUTSIDE, SWAPPED, Explained, Points, explained, far_from_britain
from pipelines.place.ways.stand_ins import are_defaults, are_dummies
from pipelines.protect.points import is_geographic
from pipelines.specs.locations import NATIONAL_GRID, Coordinates

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

    Array = np.ndarray[Any, Any]

# Figures of which stars may hide the last: `367***`. Five of them hide all but the 100 km square.
_MASKED = re.compile(r"(\d+)(\*{0,5})")


def by_coordinates(distinct: pl.DataFrame, way: Coordinates) -> pl.DataFrame:
    """Each location of `distinct`, by two of its columns, as a located table.

    A row without a place has the first of these that is true as its method: `no_location`, `bad_location`,
    `dummy_location`, `swapped_axes` and `truncated_units` (see `amiss`), `default_point`, `outside_cover`.

    Where the way declares `within`, a point without it is read anew if another reading of it lies within. If the way
    mends that, and only one reading does, the row is placed there, with the confidence of `CONFIDENCE` and a note; its
    square is as large as the figures that were lost make it. A point that no reading explains is placed where it is
    written, likewise with less confidence and a note: partners' records do lie across borders. Where the way declares
    no `within`, only a swap is looked for, and told only where the point as it is written has nothing to do with the
    British Isles and the swapped one lies in the cover.

    Stars in place of the last figures, on the National Grid, stand for the middle of the square that the others name.
    Where the way keeps only squares (`keep_m`), a point stands for the middle of the one that was kept of it.
    """
    import numpy as np
    import polars as pl

    texts = distinct.select(x=pl.col(way.x).str.strip_chars(), y=pl.col(way.y).str.strip_chars()).fill_null("")
    points, side = _points(texts, way)
    given = texts.select(pl.col("x").ne("") | pl.col("y").ne("")).to_series().to_numpy()
    readable = np.isfinite(points.x) & np.isfinite(points.y)
    dummy = are_dummies(points.x, points.y)
    found = _explained(points, readable & ~dummy, way)
    east, north = _on_grid(found.x, found.y, readable & ~dummy, way.crs)
    covered = in_cover(east, north)
    kind, is_read_anew = found.kind, np.isin(found.kind, list(UNPLACED))
    if way.within is None:
        kind = np.where(_is_swap(points, readable & ~dummy & ~covered, way.crs), SWAPPED, kind)
        is_read_anew = kind == SWAPPED
    mended = is_read_anew & found.is_sole & np.isin(kind, way.mend)
    side = np.maximum(side, found.lost_m)
    default = are_defaults(east, north, side, way)
    method = np.select(
        [~given, ~readable, dummy, is_read_anew & ~mended, default, ~covered],
        ["no_location", "bad_location", "dummy_location", kind, "default_point", "outside_cover"],
        "coordinates",
    )
    square = np.maximum(way.square_m, side)
    placed = pl.DataFrame(
        {
            "easting": pl.Series(east).round(3),
            "northing": pl.Series(north).round(3),
            "square_m": pl.Series(square, dtype=pl.Int32),
            "place_confidence": pl.Series([CONFIDENCE[item] for item in kind], dtype=pl.Float64),
            ISSUE: pl.Series([_NOTES.get(item) for item in kind], dtype=pl.String),
        }
    )
    is_placed = pl.Series(method == "coordinates")
    return as_located(
        placed.select(pl.when(is_placed).then(pl.all())).with_columns(place_method=pl.Series(method, dtype=pl.String))
    )


# What is amiss with a row that is placed -> the issue it raises.
_NOTES = {kind: kind if kind == OUTSIDE else f"{kind}_mended" for kind in CONFIDENCE if kind}


def _points(texts: pl.DataFrame, way: Coordinates) -> tuple[Points, Array]:
    """The numbers of two columns of text, NaN where there is none, and the side of the squares that stars leave."""
    import numpy as np
    import polars as pl

    numbers = texts.select(pl.all().replace("", None).cast(pl.Float64, strict=False))
    decimals = pl.min_horizontal(pl.all().str.extract(r"^[^eE]*\.(\d*)$").str.len_bytes().fill_null(0))
    x, y = (numbers[name].fill_null(np.nan).to_numpy().copy() for name in ("x", "y"))
    side = np.zeros(len(x))
    if way.crs == NATIONAL_GRID:
        masked = texts.with_row_index().filter(pl.any_horizontal(pl.all().exclude("index").str.ends_with("*")))
        for index, *pair in masked.iter_rows():
            square = _unmasked(*pair)
            if square is not None:
                x[index], y[index], side[index] = square
    if way.keep_m is not None:
        coarse = np.isfinite(x) & np.isfinite(y) & (side == 0) & ~are_dummies(x, y)
        side[coarse] = way.keep_m
        if not is_geographic(way.crs):
            # What was kept of a point is the corner of its square.
            x[coarse] += way.keep_m / 2
            y[coarse] += way.keep_m / 2
    unit = 10.0 ** -texts.select(decimals.cast(pl.Float64)).to_series().to_numpy()
    # Of degrees, half a square is less than the figures tell.
    margin = np.zeros(len(x)) if is_geographic(way.crs) else side / 2
    return Points(x, y, unit, margin), side


def _unmasked(x: str, y: str) -> tuple[float, float, int] | None:
    """The centre and side of the square that figures before stars name, of two such the larger.

    None where a text is none such. Figures that are all 0 or all 9 are a dummy value, and given as that.
    """
    found = [_MASKED.fullmatch(text) for text in (x, y)]
    figures = [match.group(1) for match in found if match is not None]
    if len(figures) < 2:
        return None
    if all(set(text) in ({"0"}, {"9"}) for text in figures):
        return float(figures[0]), float(figures[1]), 1
    side = int(10 ** max(len(match.group(2)) for match in found if match is not None))
    east, north = (int(text.replace("*", "0")) // side * side for text in (x, y))
    return east + side / 2, north + side / 2, side


def _explained(points: Points, usable: Array, way: Coordinates) -> Explained:
    """What is amiss with the usable points by what the way declares; nothing where it declares no bounds."""
    import numpy as np

    x, y = np.where(usable, points.x, np.nan), np.where(usable, points.y, np.nan)
    if way.within is not None:
        return explained(Points(x, y, points.unit, points.margin), way.within, way.crs)
    nothing = np.full(len(x), "", dtype=object)
    return Explained(nothing, np.zeros(len(x), dtype=bool), x, y, np.zeros(len(x)))


def _is_swap(points: Points, lost: Array, crs: str) -> Array:
    """Which of the points that lie in no cover do so if they are swapped, and can be nothing else."""
    far = lost & far_from_britain(points.x, points.y, crs)
    covered: Array = in_cover(*_on_grid(points.y, points.x, far, crs))
    return covered


def _on_grid(x: Array, y: Array, usable: Array, crs: str) -> tuple[Any, Any]:
    """Eastings and northings of the usable points; NaN for all others."""
    import numpy as np

    east, north = np.full(len(x), np.nan), np.full(len(x), np.nan)
    if usable.any():
        east[usable], north[usable] = to_national_grid(x[usable], y[usable], crs)
    return east, north
