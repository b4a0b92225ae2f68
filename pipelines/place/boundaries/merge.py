"""Whole areas of a loaded set put together into areas to come, such as the councils that follow a reorganisation."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.intake.refusal import Refusal
from pipelines.place.boundaries.sets import area_schema, write_set
from pipelines.place.lookups.derive import as_lookup
from pipelines.place.lookups.pairs import read_fields
from pipelines.place.lookups.shares import AreaSet
from pipelines.place.lookups.store import write_lookup

if TYPE_CHECKING:
    import polars as pl

# What a code begins with that stands in until the true one is published. No code of a publisher has a colon.
PENDING = "pending:"


@dataclass(frozen=True)
class MergedSet:
    """What came of merging.

    `areas`: of the new set. `pending`: those whose codes stand in for ones not published yet. `kept`: areas carried
    over as they are; `left_out`: areas of the from-set that no group names and that were not carried over.
    `without_parent`: areas whose parts do not all have one parent.
    """

    areas: int
    pending: tuple[str, ...]
    kept: tuple[str, ...]
    left_out: tuple[str, ...]
    without_parent: tuple[str, ...]


def merge_set(
    boundaries: Path,
    lookups: Path,
    from_set: str,
    to_set: str,
    groups: Path,
    valid_from: date,
    *,
    pending: bool,
    keep_rest: bool,
) -> MergedSet:
    """Make a boundary set of whole areas of another, and the lookups between the two; earlier ones are replaced.

    Forward the lookup is exact. Backward, an area that is one of several has no weights: it is not comparable until
    they are derived.

    Args:
        boundaries: the home's folder of boundary sets.
        lookups: the home's folder of lookups.
        from_set: the loaded set whose areas are put together.
        to_set: the new set's name.
        groups: a CSV file with from_code, to_code, to_name: one record for each area that is put into another.
        valid_from: the day the new areas come into force.
        pending: whether new codes may stand in for ones not published yet: they begin with `pending:`.
        keep_rest: whether areas that no group names are carried over unchanged; else they are left out.

    Raises:
        Refusal: for a set that is not loaded, a file that cannot be read, an area named twice or unknown, an area to
            come with two names, or with the code of an area that stays, a pending code without `pending`.
    """
    import polars as pl

    if from_set == to_set:
        raise Refusal("bad_value", f"the merged areas need a set of their own, not {from_set} again")
    source = AreaSet(boundaries, from_set)
    table = pl.read_parquet(source.path)
    named, shown = read_fields(groups, {name: name for name in ("from_code", "to_code", "to_name")})
    _check(named, shown, table, from_set, pending=pending)
    rest = table.join(named, left_on="area_code", right_on="from_code", how="anti")
    kept = rest if keep_rest else rest.clear()
    clash = sorted(set(kept["area_code"]) & set(named["to_code"]))
    if clash:
        raise Refusal("bad_value", f"{shown}: {clash[0]} is an area that stays; the new one needs a code of its own")
    membership = table.join(named.drop("line"), left_on="area_code", right_on="from_code")
    merged = _dissolved(membership, to_set, f"merged from {from_set}", valid_from)
    carried = kept.with_columns(boundary_set=pl.lit(to_set), source_release=pl.lit(f"as in {from_set}"))
    columns = list(area_schema())
    areas = pl.concat([merged.select(columns), carried.select(columns)])
    pairs = pl.concat(
        [
            named.select("from_code", "to_code"),
            kept.select(from_code="area_code", to_code="area_code"),
        ]
    ).with_columns(is_alone=pl.len().over("to_code") == 1)
    write_set(boundaries, to_set, areas)
    _write_lookups(lookups, pairs, from_set, to_set)
    return MergedSet(
        areas=areas.height,
        pending=tuple(code for code in areas["area_code"].sort() if code.startswith(PENDING)),
        kept=tuple(kept["area_code"].sort()),
        left_out=() if keep_rest else tuple(rest["area_code"].sort()),
        without_parent=tuple(merged.filter(pl.col("parent_code").is_null())["area_code"].sort()),
    )


def _check(named: pl.DataFrame, shown: str, table: pl.DataFrame, from_set: str, *, pending: bool) -> None:
    """Raises a Refusal with the line of what is wrong with the groups."""
    import polars as pl

    for name in ("from_code", "to_code", "to_name"):
        lost = named.filter(pl.col(name).is_null())
        if lost.height:
            raise Refusal("bad_value", f'{shown}:{lost["line"][0]}: no "{name}"')
    again = named.filter(pl.col("from_code").is_duplicated()).sort("from_code", "line")
    if again.height:
        first, second = again.head(2).rows(named=True)
        raise Refusal(
            "bad_value",
            f"{shown}:{second['line']}: {second['from_code']} also stands in line {first['line']}; an area goes whole "
            "into one other, or it is a split, which `lookups derive` gives weights",
        )
    unknown = named.join(table, left_on="from_code", right_on="area_code", how="anti", maintain_order="left")
    if unknown.height:
        line, code = unknown.select("line", "from_code").row(0)
        raise Refusal("bad_value", f'{shown}:{line}: "{code}" is no area of {from_set}')
    names = named.with_columns(first=pl.col("to_name").first().over("to_code"))
    two = names.filter(pl.col("to_name") != pl.col("first"))
    if two.height:
        row = two.row(0, named=True)
        raise Refusal(
            "bad_value", f'{shown}:{row["line"]}: {row["to_code"]} is "{row["to_name"]}" here, "{row["first"]}" above'
        )
    stands_in = named.filter(pl.col("to_code").str.starts_with(PENDING))
    if stands_in.height and not pending:
        raise Refusal(
            "bad_value",
            f"{shown}:{stands_in['line'][0]}: {stands_in['to_code'][0]} stands in for a code not published yet; say "
            "--pending to take it all the same",
        )


def _dissolved(membership: pl.DataFrame, to_set: str, release: str, valid_from: date) -> pl.DataFrame:
    """The areas to come: each the exact union of its parts, below the parent that all parts have."""
    import polars as pl
    import shapely

    rows = []
    for (code,), parts in membership.sort("area_code").group_by("to_code", maintain_order=True):
        shapes = shapely.from_wkb(parts["wkb"].drop_nulls().to_numpy())
        parents = parts["parent_code"].unique()
        rows.append(
            {
                "boundary_set": to_set,
                "area_code": code,
                "area_name": parts["to_name"][0],
                "parent_code": parents[0] if len(parents) == 1 else None,
                "valid_from": valid_from,
                "source_release": release,
                "has_cover": bool(len(shapes)),
                "wkb": shapely.to_wkb(shapely.union_all(shapes)) if len(shapes) else None,
            }
        )
    return pl.DataFrame(rows, schema=area_schema())


def _write_lookups(lookups: Path, pairs: pl.DataFrame, from_set: str, to_set: str) -> None:
    import polars as pl

    alone = pl.col("is_alone")
    ahead = pairs.select(
        "from_code",
        "to_code",
        weight=pl.lit(1.0),
        method=pl.when(alone).then(pl.lit("unchanged")).otherwise(pl.lit("merged")),
    )
    behind = pairs.select(
        from_code="to_code",
        to_code="from_code",
        weight=pl.when(alone).then(1.0),
        method=pl.when(alone).then(pl.lit("unchanged")).otherwise(pl.lit("not_comparable")),
    )
    write_lookup(lookups, as_lookup(ahead, from_set, to_set))
    write_lookup(lookups, as_lookup(behind, to_set, from_set))
