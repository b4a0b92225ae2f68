"""Lookups worked out from the outlines of two boundary sets: what is exact, and the rest shared out by a measure.

A from-area that lies wholly in one to-area is exact by any measure. The rest is apportioned by addresses, population
or surface; where the first two have nothing to say of an area, its surface stands in, and the rows say so by method.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.intake.refusal import Refusal
from pipelines.place.assign import OUTSIDE
from pipelines.place.lookups.shares import SLIVER, AreaSet, by_people, by_points, by_surface, points_within
from pipelines.place.lookups.store import lookup_schema

if TYPE_CHECKING:
    import polars as pl


# Shares of surface that differ from 0 or 1 by less than this do so because floating-point numbers are rounded.
_ROUNDING = 1e-9


class By(StrEnum):
    """What the figures of a divided area are shared by."""

    addresses = "addresses"
    population = "population"
    area = "area"


@dataclass(frozen=True)
class People:
    """A count by small areas, as population: the boundary set of the small areas, and their counts.

    `counts` has area_code and value; `lacking` are the small areas it does not name.
    """

    areas: AreaSet
    counts: pl.DataFrame
    lacking: tuple[str, ...] = ()


@dataclass(frozen=True)
class Measure:
    """How divided areas are shared out.

    Args:
        by: the measure.
        reference: the home's folder of reference data; for `addresses`.
        people: the small areas and their counts; for `population`.
        tolerance: the share of both areas below which a common piece is a sliver, 0 to 1.
    """

    by: By
    reference: Path | None = None
    people: People | None = None
    tolerance: float = SLIVER

    def weigh(self, source: AreaSet, target: AreaSet) -> tuple[str, pl.DataFrame]:
        """What was counted, and from_code, to_code (or `outside`) and measure."""
        if self.by is By.population:
            if self.people is None:
                raise Refusal(
                    "missing_column",
                    "--by population needs a count by small areas: --weights FILE --weights-set SET "
                    "--weights-code FIELD --weights-value FIELD",
                )
            return self.people.areas.name, by_people(source, target, self.people.areas, self.people.counts)
        if self.by is By.addresses:
            if self.reference is None:
                raise ValueError("addresses lie in the home's folder of reference data")
            kind, points = points_within(self.reference, source)
            return kind, by_points(source, target, points)
        return "surface", by_surface(source, target).select("from_code", "to_code", "measure")


@dataclass(frozen=True)
class Derived:
    """A lookup worked out, and what there is to say of it.

    `counted`: what was counted (`uprns`, `postcodes`, `surface`, or the set of the small areas). `by_area_instead`:
    from-areas of which the measure had nothing to say. `outside`: from-area to the share of it that lies in no
    to-area, 0 to 1. `slivers`: how many pieces were left out.
    """

    rows: pl.DataFrame
    counted: str
    by_area_instead: tuple[str, ...]
    outside: dict[str, float]
    slivers: int


def derive(source: AreaSet, target: AreaSet, measure: Measure) -> Derived:
    """The lookup from one loaded boundary set to another.

    Raises:
        Refusal: where the measure lacks its data.
    """
    import polars as pl

    cut = by_surface(source, target)
    real = cut.filter(pl.max_horizontal("share", "back_share") >= measure.tolerance)
    inside = cut.group_by("from_code").agg(inside=pl.col("share").sum())
    beyond = (
        pl.DataFrame({"from_code": source.codes}, schema={"from_code": pl.String})
        .join(inside, on="from_code", how="left")
        .select("from_code", beyond=1 - pl.col("inside").fill_null(0))
        .with_columns(beyond=pl.when(pl.col("beyond") >= max(measure.tolerance, _ROUNDING)).then("beyond").otherwise(0))
    )
    is_whole = (pl.len().over("from_code") == 1) & (pl.col("beyond") == 0)
    judged = real.join(beyond, on="from_code").with_columns(is_whole=is_whole)
    exact = judged.filter("is_whole").select("from_code", "to_code", weight=1.0, method=_exact(source, target, measure))
    divided = judged.filter(~pl.col("is_whole"))
    shared, counted, instead = _shared(divided, source, target, measure)
    rows = pl.concat([exact, shared.select("from_code", "to_code", "weight", "method")])
    return Derived(
        rows=as_lookup(rows, source.name, target.name),
        counted=counted,
        by_area_instead=instead,
        outside=_outside(rows, source),
        slivers=cut.height - real.height,
    )


def as_lookup(rows: pl.DataFrame, from_set: str, to_set: str) -> pl.DataFrame:
    """Rows of from_code, to_code, weight and method as the columns of `lookup_schema`, in order."""
    import polars as pl

    named = rows.with_columns(from_set=pl.lit(from_set), to_set=pl.lit(to_set))
    return named.select(pl.col(name).cast(kind) for name, kind in lookup_schema().items()).sort("from_code", "to_code")


def _exact(source: AreaSet, target: AreaSet, measure: Measure) -> pl.Expr:
    """The method of a from-area that lies wholly in one to-area.

    The same area where the to-area lies wholly in it too; else a part: of an area that is no more, where the from-set
    is the later one by the day it came into force, or of one that came of a merger.
    """
    import polars as pl

    begun = [areas.table["valid_from"].min() for areas in (source, target)]
    is_later = all(day is not None for day in begun) and begun[0] > begun[1]  # type: ignore[operator]
    part = pl.lit("summed_back" if is_later else "merged")
    return pl.when(pl.col("back_share") >= 1 - measure.tolerance).then(pl.lit("unchanged")).otherwise(part)


def _shared(
    divided: pl.DataFrame, source: AreaSet, target: AreaSet, measure: Measure
) -> tuple[pl.DataFrame, str, tuple[str, ...]]:
    """Weights of the areas that are divided: by the measure, or by their surface where it has nothing to say."""
    import polars as pl

    surface = divided.select("from_code", "to_code", "measure", "beyond").with_columns(
        weight=pl.col("measure") / pl.col("measure").sum().over("from_code") * (1 - pl.col("beyond")),
        method=pl.lit("by_area"),
    )
    if measure.by is By.area:
        return surface, "surface", ()
    counted, weighed = measure.weigh(source, target)
    # What lies in a sliver, or beyond by less than the tolerance, lies there because the edges are drawn otherwise.
    beyond = divided.filter(pl.col("beyond") > 0).select("from_code", to_code=pl.lit(OUTSIDE)).unique()
    real = pl.concat([divided.select("from_code", "to_code"), beyond])
    weighed = weighed.join(real, on=("from_code", "to_code"), how="semi")
    weights = weighed.with_columns(
        weight=pl.col("measure") / pl.col("measure").sum().over("from_code"), method=pl.lit(f"by_{measure.by}")
    )
    instead = surface.join(weights, on="from_code", how="anti")
    rows = pl.concat([weights.filter(pl.col("to_code") != OUTSIDE), instead], how="diagonal")
    return rows, counted, tuple(instead["from_code"].unique().sort())


def _outside(rows: pl.DataFrame, source: AreaSet) -> dict[str, float]:
    """The share of each from-area that no to-area takes, where there is any."""
    import polars as pl

    taken = rows.group_by("from_code").agg(taken=pl.col("weight").sum())
    every = pl.DataFrame({"from_code": source.codes}, schema={"from_code": pl.String}).sort("from_code")
    left = every.join(taken, on="from_code", how="left", maintain_order="left").select(
        "from_code", left=1 - pl.col("taken").fill_null(0)
    )
    return {str(code): float(share) for code, share in left.filter(pl.col("left") > _ROUNDING).iter_rows()}


def weigh_pairs(pairs: pl.DataFrame, source: AreaSet, target: AreaSet, measure: Measure) -> tuple[pl.DataFrame, str]:
    """Weights for pairs of areas that a publisher names without saying how much of each belongs where.

    Args:
        pairs: from_code and to_code: all the areas among which each from-area is shared.
        source: the set of the from-codes.
        target: the set of the to-codes.
        measure: what they are shared by.

    Returns:
        from_code, to_code, weight, method, and what was counted. The weights of a from-area add up to 1; one of which
        neither the measure nor the surface says anything is left out.
    """
    import polars as pl

    pairs = pairs.select("from_code", "to_code")
    done = [pairs.clear().with_columns(weight=pl.lit(0.0), method=pl.lit(""))]
    counted, weighed_by = measure.weigh(source, target)
    for how in (measure, Measure(By.area)):
        if how is not measure:
            _, weighed_by = how.weigh(source, target)
        weighed = pairs.join(weighed_by, on=("from_code", "to_code"), how="left")
        total = pl.col("measure").sum().over("from_code")
        weights = weighed.with_columns(pl.col("measure").fill_null(0)).filter(total > 0)
        named = weights.with_columns(weight=pl.col("measure") / total, method=pl.lit(f"by_{how.by}"))
        done.append(named.select("from_code", "to_code", "weight", "method"))
        pairs = pairs.join(weights, on="from_code", how="anti")
        if pairs.is_empty():
            break
    return pl.concat(done), counted


def read_people(path: Path, areas: AreaSet, code: str, value: str) -> People:
    """A count by small areas from a CSV file with a header.

    Args:
        path: the file.
        areas: the loaded boundary set of the small areas.
        code: the field that holds their codes.
        value: the field that holds the counts, 0 or more.

    Raises:
        Refusal: for a file that cannot be read, a missing field, an area given twice, a value that is no count.
    """
    import polars as pl

    from pipelines.place.lookups.pairs import read_fields

    table, shown = read_fields(path, {"area_code": code, "value": value})
    counts = table.with_columns(number=pl.col("value").cast(pl.Float64, strict=False))
    bad = counts.filter(~((pl.col("number") >= 0) & pl.col("number").is_finite()).fill_null(False))
    if bad.height:
        line, text = bad.row(0, named=True)["line"], bad.row(0, named=True)["value"]
        raise Refusal("bad_value", f'{shown}:{line}: "{text or ""}" in "{value}" is not a count, 0 or more')
    twice = counts.filter(pl.col("area_code").is_duplicated())
    if twice.height:
        first = twice.filter(pl.col("area_code") == twice["area_code"][0])
        lines: list[Any] = first["line"].to_list()
        raise Refusal("bad_value", f'{shown}:{lines[1]}: "{first["area_code"][0]}" also stands in line {lines[0]}')
    kept = counts.select("area_code", value="number")
    lacking = sorted(set(areas.codes) - set(kept["area_code"]))
    if len(lacking) == len(areas.codes):
        raise Refusal("bad_value", f'{shown}: none of its "{code}" is an area of {areas.name}')
    return People(areas, kept, tuple(lacking))
