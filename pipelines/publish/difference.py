"""What differs between any two releases of an audience: the figures that moved, and those that are new."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.build.dictionary import release_columns
from pipelines.publish.changes import compared_parts, create_changes
from pipelines.publish.returns import differing_returns
from pipelines.publish.tables import literal
from pipelines.specs.problems import nearest
from warehouse import ledger as led
from warehouse.home import Home
from warehouse.ledger import Ledger
from warehouse.releases import DATABASE, QueryError, read_manifest, release_list, release_path

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection
    from sqlalchemy import RowMapping

TABLES = ("record_counts", "indicator_values", "observations")
Row = dict[str, Any]
# Area codes of what lies in no area: `outside`, `unplaced`, `unplaced:<parent>`.
_NOWHERE = "(area_code = 'outside' or starts_with(area_code, 'unplaced'))"

# A figure is new where its period, its boundary set or its definition is: it had no value that could have moved.
# The largest movement comes first; a figure that came from nothing, or went, moved by all of it.
_FIGURES = """
    create temporary table figures as
    with named as (
        select boundary_set, area_code, any_value(area_name) as area_name
        from (from new.areas union all by name from old.areas) group by all
    ),
    called as (
        select period_type, period_start, any_value(label) as period
        from (from new.periods union all by name from old.periods) group by all
    ),
    counted as (
        select indicator_id, any_value(numerator_dataset) as numerator_dataset
        from (from new.indicators union all by name from old.indicators) group by all
    )
    select changes.* exclude (release_id), area_name, period, new_value - old_value as difference,
        old_value is null and reason in ('new_period', 'boundary', 'definition') as is_new,
        abs(coalesce(new_value, 0) - coalesce(old_value, 0)) as size
    from changes
    left join named using (boundary_set, area_code)
    left join called using (period_type, period_start)
    left join counted using (indicator_id)
    where coalesce("table" = $table, true)
        and coalesce(lower(coalesce(dataset, numerator_dataset)) = lower($dataset), $dataset is null)
        and coalesce(lower($area) in (lower(area_code), lower(area_name)), $area is null)
"""
_KEY = """dataset, partner, supplier, indicator_id, measure, boundary_set, period_type, period_start, area_code,
    category_code, breakdown, unit_counted"""
_KNOWN = {
    "dataset": """
        select dataset from {db}.record_counts union select dataset from {db}.observations
        union select numerator_dataset from {db}.indicators
    """,
    "area": """
        select area_code from {db}.areas union select area_name from {db}.areas
        union select area_code from {db}.record_counts union select area_code from {db}.observations
    """,
}


@dataclass(frozen=True)
class Wanted:
    """Which figures to look at: of one table, of one dataset (and the indicators that count it), of one area.

    An area is named by its code or its name. None takes all.
    """

    table: str | None = None
    dataset: str | None = None
    area: str | None = None


class Difference:
    """The figures that differ between two releases, as `difference` has worked them out."""

    def __init__(self, connection: DuckDBPyConnection, old: str, new: str, deliveries: Mapping[str, str]) -> None:
        self._connection, self.old, self.new, self.deliveries = connection, old, new, deliveries

    def summary(self) -> Row:
        """How many figures `moved`, in how many `areas`, and how many are `new`."""
        sql = f"""
            select count(*) filter (where not is_new) as moved,
                count(distinct area_code) filter (where not is_new and not {_NOWHERE}) as areas,
                count(*) filter (where is_new) as new
            from figures
        """
        return self._rows(sql)[0]

    def groups(self) -> list[Row]:
        """Figures by reason and table, the moved before the new: how many, in how many areas, the largest movement."""
        sql = f"""
            select reason, "table", is_new, count(*) as figures,
                count(distinct area_code) filter (where not {_NOWHERE}) as areas,
                arg_max(figures, size) as largest
            from figures group by all order by is_new, figures desc, reason, "table"
        """
        return self._rows(sql)

    def moved(self, limit: int | None = None) -> list[Row]:
        """The figures that moved, those of a reason and table together, the largest movement first.

        Args:
            limit: at most so many of each reason and table; None gives all.
        """
        place = f'row_number() over (partition by reason, "table" order by size desc, {_KEY})'
        kept = "" if limit is None else f"qualify {place} <= {limit}"
        sql = f"""
            from figures select * exclude (is_new, size) where not is_new {kept}
            order by count(*) over (partition by reason, "table") desc, reason, "table", size desc, {_KEY}
        """
        return self._rows(sql)

    def columns(self) -> list[str]:
        """What is told of every figure."""
        described = self._rows("describe from figures select * exclude (size)")
        return [str(row["column_name"]) for row in described]

    def every(self) -> Iterator[Row]:
        """Every figure that differs, the new ones too, in the order of its key."""
        names = self.columns()
        cursor = self._connection.execute(f'from figures select * exclude (size) order by "table", {_KEY}')
        while found := cursor.fetchmany(10_000):
            yield from (dict(zip(names, row, strict=True)) for row in found)

    def _rows(self, sql: str) -> list[Row]:
        cursor = self._connection.execute(sql)
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def two_releases(home: Home, audience: str, old: str | None, new: str | None) -> tuple[Path | None, Path]:
    """The folders of the releases to compare: by default the current one, and of it the one before it.

    Returns:
        The old release, None where the new one is the first; and the new one.

    Raises:
        QueryError: where there is no such release.
    """
    later = release_path(home, audience, new)
    if old is not None:
        return release_path(home, audience, old), later
    ids = [row["release_id"] for row in release_list(home, audience) if not row["is_withdrawn"]]
    before = ids[: ids.index(later.name)]
    return (release_path(home, audience, before[-1]) if before else None), later


@contextmanager
def difference(home: Home, ledger: Ledger, old: Path, new: Path, wanted: Wanted) -> Iterator[Difference]:
    """What moved from one release to another, both only read.

    Raises:
        QueryError: where the ledger does not know a release, the two cannot be compared, or neither has what is wanted.
    """
    import duckdb

    manifests = [read_manifest(path) for path in (new, old)]
    inputs, before = _inputs(ledger, new.name), _inputs(ledger, old.name)
    returned = differing_returns(inputs, before, ledger.rows(led.return_), ledger.rows(led.making))
    compared = compared_parts(*(manifest["tables"] for manifest in manifests))
    with tempfile.TemporaryDirectory(prefix="commongrid-diff-") as scratch:
        config = {"memory_limit": "1GB", "threads": "2", "temp_directory": scratch}
        connection = duckdb.connect(config=dict(config))
        try:
            for name, path in (("new", new), ("old", old)):
                connection.execute(f"attach '{literal(path / DATABASE)}' as {name} (read_only)")
            columns = release_columns(home.dbt_project, "changes")
            create_changes(connection, columns, ("new", "old"), returned, compared, new.name)
            connection.execute(_FIGURES, vars(wanted))
            _check(connection, wanted)
            yield Difference(connection, old.name, new.name, _deliveries(connection, ledger))
        except duckdb.Error as error:
            raise QueryError(f"{old.name} and {new.name} cannot be compared: {error}") from error
        finally:
            connection.close()


def _inputs(ledger: Ledger, release_id: str) -> Sequence[RowMapping]:
    if not ledger.rows(led.release, release_id=release_id):
        raise QueryError(f"the ledger does not know of what {release_id} was made, so nobody can say what moved since")
    return ledger.rows(led.release_input, release_id=release_id)


def _check(connection: DuckDBPyConnection, wanted: Wanted) -> None:
    """Nothing found may mean that nothing moved, or that a name is wrong."""
    if connection.execute("select count(*) from figures").fetchone() != (0,):
        return
    for kind, name in (("dataset", wanted.dataset), ("area", wanted.area)):
        if name is None:
            continue
        sql = " union ".join(_KNOWN[kind].format(db=db) for db in ("new", "old"))
        known = [found for (found,) in connection.execute(sql).fetchall() if found is not None]
        if name.casefold() not in {found.casefold() for found in known}:
            raise QueryError(f'neither release has figures of the {kind} "{name}"{nearest(name, known)}')


def _deliveries(connection: DuckDBPyConnection, ledger: Ledger) -> dict[str, str]:
    """Where the deliveries lie that the figures name, by their ids."""
    named = {found for (found,) in connection.execute("select distinct delivery_id from figures").fetchall()}
    return {
        row["delivery_id"]: row["path"] if row["member"] is None else f"{row['path']}: {row['member']}"
        for row in ledger.rows(led.delivery)
        if row["delivery_id"] in named
    }
