"""From what a partner wrote to a place: easting, northing and square size in EPSG:27700, and the method that found it.

Each distinct location is worked out once. A row nobody can place stays: its method says why, and it has no place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipelines.place.cover import in_cover
from pipelines.place.grid_reference import parse_grid_reference
from pipelines.place.postcodes import POSTCODE_SQUARE_M, normal
from pipelines.specs.feeds import Coordinates, GridReference, Location

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

NATIONAL_GRID = "EPSG:27700"
# Geographic CRSs taken as ETRS89: the two differ by under a metre, which is WGS84's own indefiniteness (EPSG:1149).
_GEOGRAPHIC = ("EPSG:4326", "EPSG:4258")
_ETRS89_GRID = "+proj=tmerc +lat_0=49 +lon_0=-2 +k=0.9996012717 +x_0=400000 +y_0=-100000 +ellps=GRS80"
# West, south, east, north in degrees: of several transformations between two CRSs, the one made for here is wanted.
_BRITAIN = (-9.0, 49.8, 2.1, 61.0)

_PlaceRow = tuple[float | None, float | None, int | None, str]
PLACE_COLUMNS = ("easting", "northing", "square_m", "place_method")
# Method of a row without a place -> the issue it raises.
UNPLACED = {
    "no_location": "no_location",
    "bad_location": "bad_location",
    "outside_cover": "outside_cover",
    "unknown_postcode": "unknown_postcode",
}


class ApproximateTransformError(Exception):
    """The exact transformation from a CRS is not available here, and an approximate one would not say so."""


@dataclass(frozen=True)
class Gazetteers:
    """Reference data that places are looked up in."""

    postcodes: pl.DataFrame | None
    digest: str


def locate(frame: pl.DataFrame, ways: tuple[Location, ...], gazetteers: Gazetteers) -> pl.DataFrame:
    """Place every row of a frame of text columns by the declared ways, the first that succeeds.

    Returns:
        One row for each row given, in order: easting, northing (metres, EPSG:27700, to the millimetre), square_m and
        place_method. Where there is no place the first three are null and the method is a key of `UNPLACED`.
    """
    import polars as pl

    columns = list(dict.fromkeys(name for way in ways for name in _columns(way)))
    if not columns:
        return _frame([(None, None, None, "no_location")] * frame.height)
    distinct = frame.select(columns).unique(maintain_order=True)
    best: pl.DataFrame | None = None
    for way in ways:
        found = _one_way(distinct, way, gazetteers)
        if best is None:
            best = found
            continue
        # A later way is tried where an earlier one found no place; what the last one says then stands.
        taken = best["easting"].is_not_null()
        best = best.select(
            pl.when(taken).then(pl.col(name)).otherwise(found[name]).alias(name) for name in PLACE_COLUMNS
        )
    placed = pl.concat([distinct, best if best is not None else distinct], how="horizontal")
    return (
        frame.select(columns)
        .join(placed, on=columns, how="left", nulls_equal=True, maintain_order="left")
        .select(PLACE_COLUMNS)
    )


def _columns(way: Location) -> tuple[str, ...]:
    return (way.x, way.y) if isinstance(way, Coordinates) else (way.column,)


def _one_way(distinct: pl.DataFrame, way: Location, gazetteers: Gazetteers) -> pl.DataFrame:
    if isinstance(way, Coordinates):
        return _by_coordinates(distinct, way)
    if isinstance(way, GridReference):
        return _by_grid_reference(distinct, way)
    return _by_postcode(distinct, way.column, gazetteers)


def _by_coordinates(distinct: pl.DataFrame, way: Coordinates) -> pl.DataFrame:
    import numpy as np
    import polars as pl

    texts = distinct.select(x=pl.col(way.x).str.strip_chars(), y=pl.col(way.y).str.strip_chars())
    numbers = texts.select(pl.col("x", "y").replace("", None).cast(pl.Float64, strict=False))
    given = texts.select(given=pl.col("x").fill_null("").ne("") | pl.col("y").fill_null("").ne(""))["given"]
    x, y = numbers["x"].to_numpy(), numbers["y"].to_numpy()
    readable = np.isfinite(x) & np.isfinite(y)
    east, north = np.full(len(x), np.nan), np.full(len(x), np.nan)
    if readable.any():
        east[readable], north[readable] = to_national_grid(x[readable], y[readable], way.crs)
    covered = in_cover(east, north)
    return pl.DataFrame(
        {
            "easting": pl.Series(np.where(covered, east, np.nan)).round(3).fill_nan(None),
            "northing": pl.Series(np.where(covered, north, np.nan)).round(3).fill_nan(None),
            "square_m": pl.Series(np.where(covered, way.square_m, 0), dtype=pl.Int32).replace(0, None),
            "place_method": pl.select(
                pl.when(pl.Series(covered)).then(pl.lit("coordinates"))
                .when(~given).then(pl.lit("no_location"))
                .when(~pl.Series(readable)).then(pl.lit("bad_location"))
                .otherwise(pl.lit("outside_cover"))
            ).to_series(),
        }
    )  # fmt: skip


def to_national_grid(x: np.ndarray[Any, Any], y: np.ndarray[Any, Any], crs: str) -> tuple[Any, Any]:
    """Eastings and northings in metres of points given in a CRS, by OSTN15; NaN where it has no value.

    Args:
        x: longitudes in degrees, or eastings in the unit of the CRS.
        y: latitudes in degrees, or northings.
        crs: as `EPSG:4326`.

    Raises:
        ApproximateTransformError: where only an approximate transformation to longitude and latitude is at hand.
    """
    import numpy as np

    if crs == NATIONAL_GRID:
        return x, y
    if crs not in _GEOGRAPHIC:
        x, y = _to_longitude_latitude(x, y, crs)
    from convertbng.cutil import convert_bng

    east, north = convert_bng(np.ascontiguousarray(x), np.ascontiguousarray(y))
    lost = ~np.isfinite(east)
    if lost.any():
        east[lost], north[lost] = _at_the_ends(x[lost], y[lost])
    return east, north


def _at_the_ends(longitude: np.ndarray[Any, Any], latitude: np.ndarray[Any, Any]) -> tuple[Any, Any]:
    """The library stops short of the south of Scilly and the north of Unst; in two steps it gives all of OSTN15."""
    import numpy as np
    from convertbng.cutil import convert_etrs89_to_osgb36
    from pyproj import Proj

    # The National Grid's projection on the ellipsoid of ETRS89, to which OSTN15 then adds its shifts.
    east, north = Proj(_ETRS89_GRID)(longitude, latitude)
    return convert_etrs89_to_osgb36(np.ascontiguousarray(east), np.ascontiguousarray(north))


def _to_longitude_latitude(x: np.ndarray[Any, Any], y: np.ndarray[Any, Any], crs: str) -> tuple[Any, Any]:
    from pyproj import CRS
    from pyproj.exceptions import CRSError
    from pyproj.transformer import AreaOfInterest, TransformerGroup

    # pyproj degrades without a word where a grid file is missing; the group tells. An accuracy below 0 is unknown.
    try:
        source = CRS(crs)
    except CRSError as error:
        raise ApproximateTransformError(f"{crs} is not a CRS that is known here") from error
    group = TransformerGroup(source, CRS("EPSG:4258"), always_xy=True, area_of_interest=AreaOfInterest(*_BRITAIN))
    accuracy = group.transformers[0].accuracy if group.best_available and group.transformers else -1
    if not 0 <= accuracy <= 1:
        raise ApproximateTransformError(
            f"only an approximate transformation from {crs} is at hand; send longitude and latitude"
        )
    longitude, latitude = group.transformers[0].transform(x, y)
    return longitude, latitude


def _by_grid_reference(distinct: pl.DataFrame, way: GridReference) -> pl.DataFrame:
    import numpy as np

    rows: list[_PlaceRow] = []
    for text in distinct[way.column]:
        if text is None or not text.strip():
            rows.append((None, None, None, "no_location"))
            continue
        square = parse_grid_reference(text)
        if square is None:
            rows.append((None, None, None, "bad_location"))
        elif not in_cover(np.array([square[0]]), np.array([square[1]]))[0]:
            rows.append((None, None, None, "outside_cover"))
        else:
            rows.append((*square, "grid_reference"))
    return _frame(rows)


def _by_postcode(distinct: pl.DataFrame, column: str, gazetteers: Gazetteers) -> pl.DataFrame:
    import polars as pl

    wanted = distinct.select(postcode=normal(pl.col(column)))
    if gazetteers.postcodes is None:
        found = wanted.with_columns(easting=pl.lit(None, pl.Float64), northing=pl.lit(None, pl.Float64))
    else:
        found = wanted.join(gazetteers.postcodes, on="postcode", how="left", maintain_order="left")
    has = pl.col("easting").is_not_null()
    return found.select(
        "easting",
        "northing",
        square_m=pl.when(has).then(pl.lit(POSTCODE_SQUARE_M, pl.Int32)),
        place_method=pl.when(has)
        .then(pl.lit("postcode"))
        .when(pl.col("postcode").fill_null("") == "")
        .then(pl.lit("no_location"))
        .otherwise(pl.lit("unknown_postcode")),
    )


def _frame(rows: Sequence[_PlaceRow]) -> pl.DataFrame:
    import polars as pl

    schema = {"easting": pl.Float64, "northing": pl.Float64, "square_m": pl.Int32, "place_method": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")
