"""What is counted of one return's rows, so that its recording practice can be judged without reading them again.

A summary is a long table of counts, small whatever the return's size. `kind` says what is counted:

| kind | name | code | n |
|---|---|---|---|
| `rows` | | | rows |
| `missing` | column, or `place` | | rows without a value |
| `unmapped` | | | rows set aside for a code that no map covers |
| `category` | column, and the measure of figures | code | rows, or the sum of the figures |
| `day` | column | day | rows known to the day |
| `clock` | column | `midnight`, `quarter` (with the full hour), `other` | rows known to less than an hour |
| `digit` | column | last digit | whole figures of at least `LEAST_ROUND_FIGURE` |
| `near` | column and threshold | cell, from -2 to 1; the threshold begins cell 0 | figures |
| `delay` | column | days after the event | rows |
| `method` | | place method | events |
| `square` | | side in metres | placed events |
| `revised`, `compared` | | | rows that differ from the revision before; rows of either |

What does not belong here: what any of it means (`judge.py`, `quality.py`), and keeping it (`kept.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pipelines.signals import limits
from pipelines.specs.models import Dataset, DatasetField

if TYPE_CHECKING:
    import polars as pl

COUNTS = ("kind", "name", "code", "n")
Count = tuple[str, str, str, float]


def summarise(rows: pl.DataFrame, aside: pl.DataFrame | None, dataset: Dataset) -> list[Count]:
    """The counts of one return: kind, name, code and n, in no order that matters.

    Args:
        rows: its harmonised rows.
        aside: its rows set aside, with `_row`, `_part`, `outcome` and `issue_type`; None where there are none.
        dataset: their contract.
    """
    found: list[Count] = [("rows", "", "", rows.height), ("unmapped", "", "", _unmapped(aside))]
    found += _missing(rows, dataset)
    found += _categories(rows, dataset)
    found += _moments(rows, dataset)
    found += _figures(rows, dataset)
    if "place_method" in rows.columns:
        found += _values("method", "", rows["place_method"])
        found += _values("square", "", rows["square_m"])
    return found


def revised(rows: pl.DataFrame, before: pl.DataFrame) -> list[Count]:
    """How many rows a return and the revision before it do not have alike, and how many there are in either."""
    shared = sorted(name for name in rows.columns if name in before.columns and not name.startswith("_"))
    new, old = (frame.select("record_id", told=frame.select(shared).hash_rows(seed=1)) for frame in (rows, before))
    alike = new.join(old, on=["record_id", "told"], how="semi").height
    either = new.select("record_id").vstack(old.select("record_id")).n_unique()
    return [("revised", "", "", either - alike), ("compared", "", "", either)]


def _values(kind: str, name: str, column: pl.Series) -> Iterator[Count]:
    """How often each value of a column stands there, nulls left out."""
    for value, count in column.drop_nulls().value_counts().iter_rows():
        yield kind, name, str(value), count


def stored(dataset: Dataset, rows: pl.DataFrame) -> dict[str, DatasetField]:
    """Field to its declaration, of those that rows have a column for."""
    return {name: field for name, field in dataset.fields.items() if column_of(name, field) in rows.columns}


def column_of(name: str, field: DatasetField) -> str:
    """The column that tells whether a field has a value."""
    return f"{name}_from" if field.type == "interval" else name


def _missing(rows: pl.DataFrame, dataset: Dataset) -> Iterator[Count]:
    """Rows without a value, by column. A figure withheld for a declared reason is not missing."""
    withheld = "symbol" in rows.columns and "value" in rows.columns
    for name, field in stored(dataset, rows).items():
        column = rows[column_of(name, field)]
        if not withheld or name not in ("symbol", "value"):
            yield "missing", name, "", column.null_count()
        elif name == "value":
            yield "missing", name, "", int((column.is_null() & rows["symbol"].is_null()).sum())
    if "place_method" in rows.columns:
        yield "missing", "place", "", rows["easting"].null_count()


def _unmapped(aside: pl.DataFrame | None) -> int:
    import polars as pl

    if aside is None:
        return 0
    found = aside.filter(pl.col("outcome") == "quarantined", pl.col("issue_type") == "unmapped_code")
    return found.select("_row", "_part").n_unique()


def _categories(rows: pl.DataFrame, dataset: Dataset) -> Iterator[Count]:
    """Rows by category; of figures that add up, their sums by measure and category, breakdowns left out."""
    import polars as pl

    if dataset.category is None or dataset.category not in rows.columns:
        return
    if dataset.shape != "observation":
        yield from _values("category", dataset.category, rows[dataset.category])
        return
    sums = _additive(rows, dataset).group_by("measure", dataset.category).agg(pl.col("value").sum()).drop_nulls()
    for measure, code, value in sums.iter_rows():
        yield "category", f"{dataset.category} of {measure}", code, value


def _additive(rows: pl.DataFrame, dataset: Dataset) -> pl.DataFrame:
    """The figures whose sum over areas is a count: of additive measures, and of all, not of a part of a breakdown.

    None where a breakdown has no figure for all of it, or more than one boundary set is in use: sums would count twice.
    """
    import polars as pl

    if "measure" not in rows.columns:
        return rows.clear().with_columns(measure=pl.lit("", pl.String))
    if dataset.additive is not True:
        rows = rows.filter(pl.col("measure").is_in(list(dataset.additive or ())))
    told_apart = {"area_code", "measure", dataset.category}
    for name in (name for name in dataset.key if name not in told_apart and name in rows.columns):
        if rows[name].null_count() and name != "boundary_set":
            rows = rows.filter(pl.col(name).is_null())
        elif rows[name].n_unique() > 1:
            return rows.clear()
    return rows


def _moments(rows: pl.DataFrame, dataset: Dataset) -> Iterator[Count]:
    """Days and times of the clock, and how long after them other days lie."""
    import polars as pl

    clock = dataset.clock
    if clock is None:
        return
    first, last = pl.col(f"{clock}_from"), pl.col(f"{clock}_to")
    known = rows.filter(last - first < pl.duration(days=1))
    yield from _values("day", clock, known[f"{clock}_from"].dt.date())
    timed = known.filter(last - first < pl.duration(hours=1))
    is_midnight = (first.dt.hour() == 0) & (first.dt.minute() == 0)
    named = pl.when(is_midnight).then(pl.lit("midnight")).when(first.dt.minute() % 15 == 0).then(pl.lit("quarter"))
    yield from _values("clock", clock, timed.select(at=named.otherwise(pl.lit("other")))["at"])
    for name, field in stored(dataset, rows).items():
        if name != clock and field.type in ("interval", "date"):
            yield from _values("delay", name, _delays(known, clock, name, field))


def _delays(known: pl.DataFrame, clock: str, name: str, field: DatasetField) -> pl.Series:
    """Days from the event to another day of the row, where both are known to the day and in that order."""
    import polars as pl

    if field.type == "interval":
        known = known.filter(pl.col(f"{name}_to") - pl.col(f"{name}_from") < pl.duration(days=1))
    days = known[column_of(name, field)].cast(pl.Date) - known[f"{clock}_from"].cast(pl.Date)
    whole = days.dt.total_days().drop_nulls()
    return whole.filter(whole >= 0).clip(upper_bound=limits.LONGEST_DELAY)


def _figures(rows: pl.DataFrame, dataset: Dataset) -> Iterator[Count]:
    """Last digits of figures that somebody counts or estimates, and figures beside the thresholds of any."""
    import polars as pl

    for name, field in stored(dataset, rows).items():
        if field.type not in ("integer", "number"):
            continue
        figures = rows[name].drop_nulls()
        # Numbers of assets and of surveys are properties of the thing or of the sample, and come in standard sizes.
        is_estimate = dataset.shape == "observation" if name == "value" else dataset.shape == "event"
        if is_estimate:
            whole = figures.filter((figures == figures.floor()) & (figures >= limits.LEAST_ROUND_FIGURE))
            yield from _values("digit", name, whole.cast(pl.Int64) % 10)
        for threshold in field.thresholds:
            width = 1 if field.type == "integer" else threshold * limits.THRESHOLD_CELL
            cells = ((figures - threshold) / width).floor().cast(pl.Int64)
            yield from _values("near", f"{name} {threshold:g}", cells.filter(cells.is_between(-2, 1)))
