"""The boundary sets of a home as people ask for them: what each holds, from when and whom, and the places in it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pipelines.place.assign import OUTSIDE
from pipelines.place.boundaries.sets import set_names

_YEAR = re.compile(r"_(19|20)\d\d([_-]?\d\d)?$")


@dataclass(frozen=True)
class ListedSet:
    """One set. `kind` is its name without the date at its end, so that `ward_2013` and `ward_2025` are both `ward`.

    The dates are the earliest begin and the latest end of its areas, None where no area has one; `parents` counts the
    areas above, `places` the places found in an area and `outside` those that lie in none.
    """

    name: str
    kind: str
    areas: int
    outside_cover: int
    valid_from: date | None
    valid_to: date | None
    source_release: str | None
    parents: int
    without_parent: int
    places: int
    outside: int


def kind_of(name: str) -> str:
    """The kind of areas a set holds, by its name: all of it but the date at its end.

    >>> kind_of("ward_2013"), kind_of("beat"), kind_of("surrey_unitary_2027_04")
    ('ward', 'beat', 'surrey_unitary')
    """
    return _YEAR.sub("", name) or name


def listed_sets(folder: Path) -> list[ListedSet]:
    """The sets of a home, those of one kind together and in the order of their names, which carry the date.

    Args:
        folder: the home's folder of boundary sets.
    """
    sets = [_listed(folder, name) for name in set_names(folder)]
    return sorted(sets, key=lambda item: (item.kind, item.name))


def _listed(folder: Path, name: str) -> ListedSet:
    import polars as pl

    areas = pl.read_parquet(folder / name / "areas.parquet").drop("wkb")
    releases = areas["source_release"].drop_nulls().unique().sort().to_list()
    files = sorted((folder / name / "places").glob("*.parquet"))
    placed = (
        pl.scan_parquet(files).select("area_code").collect()["area_code"] if files else pl.Series([], dtype=pl.String)
    )
    outside = int((placed == OUTSIDE).sum())
    begins, ends = areas["valid_from"].drop_nulls().to_list(), areas["valid_to"].drop_nulls().to_list()
    return ListedSet(
        name=name,
        kind=kind_of(name),
        areas=areas.height,
        outside_cover=areas.filter(~pl.col("has_cover")).height,
        valid_from=min(begins, default=None),
        valid_to=max(ends, default=None) if len(ends) == areas.height else None,
        source_release=", ".join(releases) or None,
        parents=areas["parent_code"].drop_nulls().n_unique(),
        without_parent=areas["parent_code"].null_count(),
        places=len(placed) - outside,
        outside=outside,
    )
