"""How much of each area of one boundary set lies in each area of another: by surface, by addresses, by population.

Each measure is a table of from_code, to_code and measure; what of a from-area lies in no area of the other set stands
under `outside`. They say how much, not which method follows: that is `derive`'s.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.intake.refusal import Refusal
from pipelines.place.assign import OUTSIDE, assign
from pipelines.place.boundaries.sets import set_names
from pipelines.specs.problems import nearest

if TYPE_CHECKING:
    import polars as pl

# As drawn, areas that are the same differ along their edges: the ONS's unchanged small areas (LSOAs) of Surrey, 2011
# and 2021, by up to 1.2 % of their surface, and no true change between the two is smaller than 5 %.
SLIVER = 0.02
# Great Britain has some forty million addresses: as points, more than memory should hold at once.
_POINTS_AT_ONCE = 1_000_000


class AreaSet:
    """The areas of a loaded boundary set that have a surface on the National Grid.

    Args:
        folder: the home's folder of boundary sets.
        name: the set's name.

    Raises:
        Refusal: where no such set is loaded.
    """

    def __init__(self, folder: Path, name: str) -> None:
        loaded = set_names(folder)
        if name not in loaded:
            raise Refusal(
                "not_a_file",
                f'boundary set "{name}" is not loaded{nearest(name, loaded)}; load it with `commongrid boundaries add`',
            )
        self.name = name
        self.path = folder / name / "areas.parquet"

    @cached_property
    def table(self) -> pl.DataFrame:
        """The set's areas with a surface: the columns of `area_schema`."""
        import polars as pl

        return pl.read_parquet(self.path).drop_nulls("wkb").sort("area_code")

    @cached_property
    def codes(self) -> Any:
        """An array of their codes."""
        return self.table["area_code"].to_numpy()

    @cached_property
    def shapes(self) -> Any:
        """An array of their outlines, EPSG:27700."""
        import shapely

        return shapely.from_wkb(self.table["wkb"].to_numpy())

    @cached_property
    def surfaces(self) -> Any:
        """An array of their surfaces in square metres."""
        import shapely

        return shapely.area(self.shapes)


@dataclass(frozen=True)
class Pieces:
    """What areas of two sets have in common: positions in each, the piece itself, its surface in square metres."""

    first: Any
    second: Any
    shapes: Any
    surfaces: Any


def pieces(shapes: Any, others: Any) -> Pieces:
    """The common pieces of two arrays of outlines that have a surface."""
    import shapely

    first, second = shapely.STRtree(others).query(shapes, predicate="intersects")
    common = shapely.intersection(shapes[first], others[second])
    # Areas that share a surface and, elsewhere, an edge have both in common; the edge is left out.
    mixed = shapely.get_type_id(common) == shapely.GeometryType.GEOMETRYCOLLECTION
    common[mixed] = shapely.buffer(common[mixed], 0)
    surfaces = shapely.area(common)
    kept = surfaces > 0
    return Pieces(first[kept], second[kept], common[kept], surfaces[kept])


def by_surface(source: AreaSet, target: AreaSet) -> pl.DataFrame:
    """Square metres of each from-area in each to-area.

    Returns:
        from_code, to_code, measure (square metres), share (of the from-area's surface), back_share (of the to-area's).
        Areas that only touch are left out. No row `outside`: it is what the shares lack of 1.
    """
    import polars as pl

    found = pieces(source.shapes, target.shapes)
    return pl.DataFrame(
        {
            "from_code": source.codes[found.first],
            "to_code": target.codes[found.second],
            "measure": found.surfaces,
            "share": found.surfaces / source.surfaces[found.first],
            "back_share": found.surfaces / target.surfaces[found.second],
        },
        schema_overrides={"from_code": pl.String, "to_code": pl.String},
    )


def by_points(source: AreaSet, target: AreaSet, points: pl.DataFrame) -> pl.DataFrame:
    """How many points of each from-area lie in each to-area, or `outside`.

    Args:
        source: the set that shares are of.
        target: the set they are shared among.
        points: easting and northing in metres, EPSG:27700; each row counts once.
    """
    import polars as pl

    counts = []
    for some in points.select("easting", "northing").with_row_index("place_id").iter_slices(_POINTS_AT_ONCE):
        held = assign(some, source.path).filter(pl.col("area_code") != OUTSIDE)
        here = some.join(held, on="place_id", how="semi")
        both = held.join(assign(here, target.path), on="place_id", suffix="_to")
        counts.append(both.group_by(from_code="area_code", to_code="area_code_to").agg(measure=pl.len()))
    none = pl.DataFrame(schema={"from_code": pl.String, "to_code": pl.String, "measure": pl.Float64})
    every = pl.concat([none, *(count.cast({"measure": pl.Float64}) for count in counts)])
    return every.group_by("from_code", "to_code").agg(pl.col("measure").sum())


def points_within(reference: Path, source: AreaSet) -> tuple[str, pl.DataFrame]:
    """The addresses near a set: those of `uprns.parquet`, else the live postcodes in their stead.

    Args:
        reference: the home's folder of reference data.
        source: the set whose extent matters; points beyond it are not read.

    Returns:
        What they are, `uprns` or `postcodes`, and their easting and northing.

    Raises:
        Refusal: where neither is loaded.
    """
    import polars as pl
    import shapely

    kind = next((kind for kind in ("uprns", "postcodes") if (reference / f"{kind}.parquet").exists()), None)
    if kind is None:
        raise Refusal(
            "not_a_file",
            "neither addresses nor postcodes are loaded to share by: `commongrid postcodes add`, or say --by area",
        )
    west, south, east, north = shapely.total_bounds(source.shapes)
    points = pl.scan_parquet(reference / f"{kind}.parquet")
    if "terminated" in points.collect_schema():
        points = points.filter(pl.col("terminated").is_null())
    near = pl.col("easting").is_between(west, east) & pl.col("northing").is_between(south, north)
    return kind, points.filter(near).select("easting", "northing").collect()


def by_people(source: AreaSet, target: AreaSet, small: AreaSet, people: pl.DataFrame) -> pl.DataFrame:
    """How much of a count by small areas belongs to each from-area in each to-area, or `outside`.

    A small area's count is spread evenly over its surface. A from-area is left out where that would say nothing that
    its surface does not say: where one small area makes up all of it, or one that it touches has no count.

    Args:
        source: the set that shares are of.
        target: the set they are shared among.
        small: the set of the small areas, smaller than the areas of `source`.
        people: area_code of the small area and its value.
    """
    import numpy as np
    import polars as pl

    value = dict(people.select("area_code", "value").iter_rows())
    density = np.array([value.get(code, np.nan) for code in small.codes], dtype=float) / small.surfaces
    held = pieces(source.shapes, small.shapes)
    whole = pl.DataFrame(
        {
            "from_code": source.codes[held.first],
            "people": held.surfaces * density[held.second],
            # A sliver of a neighbouring small area is no second one.
            "is_real": held.surfaces > SLIVER * np.minimum(source.surfaces[held.first], small.surfaces[held.second]),
        },
        schema_overrides={"from_code": pl.String},
    )
    usable = (
        whole.group_by("from_code")
        .agg(
            pl.col("people").fill_nan(0).sum(),
            parts=pl.col("is_real").sum(),
            lacks=(pl.col("is_real") & pl.col("people").is_nan()).any(),
        )
        .filter(pl.col("parts") > 1, ~pl.col("lacks"), pl.col("people") > 0)
    )
    cut = pieces(source.shapes, target.shapes)
    fine = pieces(cut.shapes, small.shapes)
    inside = (
        pl.DataFrame(
            {
                "from_code": source.codes[cut.first[fine.first]],
                "to_code": target.codes[cut.second[fine.first]],
                "measure": fine.surfaces * np.nan_to_num(density[fine.second]),
            },
            schema_overrides={"from_code": pl.String, "to_code": pl.String},
        )
        .group_by("from_code", "to_code")
        .agg(pl.col("measure").sum())
        .join(usable, on="from_code", how="semi")
    )
    placed = inside.group_by("from_code").agg(placed=pl.col("measure").sum())
    beyond = usable.join(placed, on="from_code", how="left").select(
        "from_code",
        to_code=pl.lit(OUTSIDE),
        measure=(pl.col("people") - pl.col("placed").fill_null(0)).clip(lower_bound=0),
    )
    return pl.concat([inside, beyond]).filter(pl.col("measure") > 0)
