"""A publisher's lookup into the home: both directions, for the areas of the loaded sets, with weights if asked for."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.intake.refusal import Refusal
from pipelines.place.boundaries.sets import set_names
from pipelines.place.lookups.changes import chained, is_register, read_changes
from pipelines.place.lookups.derive import Measure, as_lookup, weigh_pairs
from pipelines.place.lookups.pairs import NEEDS_WEIGHT, judged, read_pairs
from pipelines.place.lookups.shares import AreaSet
from pipelines.place.lookups.store import NOT_COMPARABLE, lookup_path, methods_of, write_lookup

if TYPE_CHECKING:
    import polars as pl


@dataclass(frozen=True)
class LookupFile:
    """A publisher's file, and what its fields are.

    `from_field` and `to_field` hold the codes and `change` the change flags; a register of code changes, known by its
    header, needs none of them, and `after` and `until` bound the days whose changes count (without `until`, the day
    the to-set came into force does, where it is known). `exact`: whether it pairs
    whole areas. `finer`: whether its records are of smaller areas than the two.
    """

    path: Path
    from_field: str | None = None
    to_field: str | None = None
    change: str | None = None
    exact: bool = False
    finer: bool = False
    after: date | None = None
    until: date | None = None


@dataclass(frozen=True)
class Direction:
    """One of the two lookups a file makes.

    `methods`: pairs of each method. `awaiting`: from-areas that are divided and have no weights yet.
    `by_area_instead`: those of which the measure had nothing to say. `counted`: what weights were worked out from, as
    in `Derived`.
    """

    from_set: str
    to_set: str
    methods: dict[str, int]
    awaiting: int
    replaced: bool
    by_area_instead: int
    counted: str | None


@dataclass(frozen=True)
class AddedLookup:
    """What came of adding a file.

    `left_out`: pairs of areas that are not in the loaded sets. `not_loaded`: sets known by name only. `leads_nowhere`:
    areas of the loaded from-set of which the file names a to-area that the loaded to-set does not have.
    `register_alone`: whether it comes of a register alone, so that it lacks the areas that never changed.
    `not_in_file`: loaded set to those of its areas that the file does not name.
    """

    directions: tuple[Direction, Direction]
    left_out: int
    not_loaded: tuple[str, ...]
    leads_nowhere: tuple[str, ...]
    register_alone: bool
    not_in_file: dict[str, tuple[str, ...]] = field(default_factory=dict)


def add_lookup(
    file: LookupFile,
    boundaries: Path,
    lookups: Path,
    from_set: str,
    to_set: str,
    measure: Measure | None,
    *,
    keep_all: bool = False,
) -> AddedLookup:
    """Keep the lookups that a publisher's file makes, from one set to the other and back.

    Args:
        file: the file.
        boundaries: the home's folder of boundary sets.
        lookups: the home's folder of lookups.
        from_set: the boundary set of the from-codes; need not be loaded.
        to_set: the boundary set of the to-codes; need not be loaded.
        measure: what divided areas are shared by; None to leave them without weights, not comparable.
        keep_all: whether to keep pairs of areas that the loaded sets do not have.

    Raises:
        Refusal: for a file that cannot be read or contradicts itself, one that names no area of the loaded sets, and a
            measure where a set is not loaded.
    """
    if from_set == to_set:
        raise Refusal("bad_value", f"a lookup is from one boundary set to another, not from {from_set} to itself")
    loaded = {name: _codes(boundaries, name) for name in (from_set, to_set)}
    pairs, shown = _pairs(file, loaded[from_set], _begun(boundaries, to_set))
    here = {from_set: set(pairs["from_code"]), to_set: set(pairs["to_code"])}
    kept = pairs if keep_all else _of_loaded(pairs, loaded[from_set], loaded[to_set])
    if kept.is_empty():
        raise Refusal("bad_value", f"{shown}: pairs no area of {from_set} with one of {to_set}; is it the right field?")
    sets = None if measure is None else (AreaSet(boundaries, from_set), AreaSet(boundaries, to_set))
    ahead = kept.select("from_code", "to_code", method="forward")
    behind = kept.select(from_code="to_code", to_code="from_code", method="backward")
    made = (
        _weighed(ahead, (from_set, to_set), sets, measure),
        _weighed(behind, (to_set, from_set), sets and (sets[1], sets[0]), measure),
    )
    return AddedLookup(
        directions=(_written(*made[0], lookups), _written(*made[1], lookups)),
        left_out=pairs.height - kept.height,
        not_loaded=tuple(name for name, codes in loaded.items() if codes is None),
        leads_nowhere=_leading_nowhere(pairs, loaded[from_set], loaded[to_set]),
        register_alone=loaded[from_set] is None and is_register(file.path),
        not_in_file={
            name: tuple(sorted(codes - here[name])) for name, codes in loaded.items() if codes and codes - here[name]
        },
    )


def _codes(boundaries: Path, name: str) -> set[str] | None:
    import polars as pl

    if name not in set_names(boundaries):
        return None
    return set(pl.read_parquet(boundaries / name / "areas.parquet", columns=["area_code"])["area_code"])


def _begun(boundaries: Path, name: str) -> date | None:
    """The day a loaded set came into force, where it is known."""
    import polars as pl

    if name not in set_names(boundaries):
        return None
    days = pl.read_parquet(boundaries / name / "areas.parquet", columns=["valid_from"])["valid_from"]
    return days.max()  # type: ignore[return-value]


def _pairs(file: LookupFile, start: set[str] | None, in_force: date | None) -> tuple[pl.DataFrame, str]:
    """from_code, to_code, forward, backward of a whole file.

    Args:
        file: the file.
        start: the codes of the from-set, where it is loaded.
        in_force: the day the to-set came into force, where it is known: a register's later changes are not its own.
    """
    if is_register(file.path):
        changes, shown = read_changes(file.path)
        return chained(changes, start, file.after, file.until or in_force, exact=file.exact), shown
    if file.from_field is None or file.to_field is None:
        raise Refusal("missing_column", f"{file.path}: say which fields hold the codes: --from FIELD --to FIELD")
    if file.after or file.until:
        raise Refusal("bad_value", f"{file.path}: --after and --until are for a register of code changes; this is none")
    pairs, shown = read_pairs(file.path, file.from_field, file.to_field, file.change, finer=file.finer)
    return judged(pairs, shown, exact=file.exact), shown


def _of_loaded(pairs: pl.DataFrame, sources: set[str] | None, targets: set[str] | None) -> pl.DataFrame:
    import polars as pl

    for name, codes in (("from_code", sources), ("to_code", targets)):
        if codes is not None:
            pairs = pairs.filter(pl.col(name).is_in(sorted(codes)))
    return pairs


def _leading_nowhere(pairs: pl.DataFrame, sources: set[str] | None, targets: set[str] | None) -> tuple[str, ...]:
    import polars as pl

    if sources is None or targets is None:
        return ()
    lost = pairs.filter(pl.col("from_code").is_in(sorted(sources)), ~pl.col("to_code").is_in(sorted(targets)))
    return tuple(lost["from_code"].unique().sort())


def _weighed(
    pairs: pl.DataFrame, names: tuple[str, str], sets: tuple[AreaSet, AreaSet] | None, measure: Measure | None
) -> tuple[pl.DataFrame, int, int, str | None]:
    """The lookup of one direction, how many from-areas lack weights or have them by surface instead, what was counted.

    A pair with `needs_weight` is given one by the measure; without, it is not comparable.
    """
    import polars as pl

    wanting = pairs.filter((pl.col("method") == NEEDS_WEIGHT).all().over("from_code"))
    found = wanting.clear().select("from_code", "to_code", "method", weight=pl.lit(0.0))
    counted = None
    if sets is not None and measure is not None and wanting.height:
        weights, counted = weigh_pairs(wanting, *sets, measure)
        found = weights.select(found.columns)
    awaiting = pairs.filter(pl.col("method") == NEEDS_WEIGHT).join(found, on=("from_code", "to_code"), how="anti")
    settled = pairs.join(found, on=("from_code", "to_code"), how="anti").with_columns(
        pl.col("method").replace(NEEDS_WEIGHT, NOT_COMPARABLE)
    )
    settled = settled.with_columns(weight=pl.when(pl.col("method") != NOT_COMPARABLE).then(1.0))
    rows = pl.concat([settled.select(found.columns), found])
    instead = 0 if measure is None else found.filter(pl.col("method") != f"by_{measure.by}")["from_code"].n_unique()
    return as_lookup(rows, *names), awaiting["from_code"].n_unique(), instead, counted


def _written(rows: pl.DataFrame, awaiting: int, instead: int, counted: str | None, lookups: Path) -> Direction:
    from_set, to_set = rows.select("from_set", "to_set").row(0)
    is_there = lookup_path(lookups, from_set, to_set).exists()
    write_lookup(lookups, rows)
    return Direction(from_set, to_set, methods_of(rows), awaiting, is_there, instead, counted)
