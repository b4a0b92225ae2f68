"""What tests of lookups share: boundary sets of rectangles, lookups kept and read, figures converted by the book."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import polars as pl
import shapely

from pipelines.place.boundaries.sets import area_schema, write_set
from pipelines.place.lookups.shares import AreaSet
from pipelines.place.lookups.store import read_lookups

# Somewhere in Surrey: the rectangles are given in metres from here.
EAST, NORTH = 500_000, 150_000

Pairs = dict[tuple[str, str], tuple[float | None, str]]


def rectangle(west: float, south: float, east: float, north: float) -> shapely.Polygon:
    return shapely.box(EAST + west, NORTH + south, EAST + east, NORTH + north)


def kept_set(
    home: Path, name: str, shapes: Mapping[str, Any], valid_from: date | None = None, parent: str | None = None
) -> AreaSet:
    """A loaded boundary set of the shapes given by code."""
    rows = [
        {
            "boundary_set": name,
            "area_code": code,
            "area_name": f"Area {code}",
            "parent_code": parent,
            "valid_from": valid_from,
            "has_cover": shape is not None,
            "wkb": None if shape is None else shapely.to_wkb(shape),
        }
        for code, shape in shapes.items()
    ]
    write_set(home / "boundaries", name, pl.DataFrame(rows, schema=area_schema()))
    return AreaSet(home / "boundaries", name)


def kept_pairs(home: Path, from_set: str, to_set: str) -> Pairs:
    """The pairs of a kept lookup: weight and method."""
    rows = read_lookups(home / "lookups").filter(pl.col("from_set") == from_set, pl.col("to_set") == to_set)
    return as_pairs(rows)


def as_pairs(rows: pl.DataFrame) -> Pairs:
    return {(a, b): (weight, method) for a, b, weight, method in rows.select(
        "from_code", "to_code", "weight", "method"
    ).iter_rows()}  # fmt: skip


def table(rows: Iterable[tuple[str, str, float | None, str]]) -> pl.DataFrame:
    """Pairs as a frame of from_code, to_code, weight and method."""
    schema = {"from_code": pl.String, "to_code": pl.String, "weight": pl.Float64, "method": pl.String}
    return pl.DataFrame(list(rows), schema=schema, orient="row")


def converted(figures: Mapping[str, int], pairs: Pairs) -> dict[str, int]:
    """Whole figures of the to-areas: each from-area's shared out by its weights, the rest to the largest remainders.

    A plain reference, in exact fractions, of what applying a lookup means. Weights that add up to 1 share all of a
    figure out.
    """
    totals: dict[str, int] = {}
    for code, figure in figures.items():
        parts = sorted((to, weight) for (source, to), (weight, _) in pairs.items() if source == code)
        if not parts or any(weight is None for _, weight in parts):
            raise ValueError(f"{code} is not comparable")
        due = {to: Fraction(weight or 0) * figure for to, weight in parts}
        whole = {to: int(share) for to, share in due.items()}
        left = round(sum(due.values())) - sum(whole.values())
        for to in sorted(due, key=lambda to: (whole[to] - due[to], to))[:left]:
            whole[to] += 1
        for to, share in whole.items():
            totals[to] = totals.get(to, 0) + share
    return totals
