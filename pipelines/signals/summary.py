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
_LINEAGE = ("_row", "_part", "_spec_version", "place_id")


def summarise(rows: pl.DataFrame, aside: pl.DataFrame | None, dataset: Dataset) -> pl.DataFrame:
    """The counts of one return.

    Args:
        rows: its harmonised rows.
        aside: its rows set aside, with `_row`, `_part`, `outcome` and `issue_type`; None where there are none.
        dataset: their contract.

    Returns:
        `kind`, `name`, `code` (texts, never null) and `n` (a number), in no order that matters.
    """
    import polars as pl

    found = [
        _counted("rows", "", [("", rows.height)]),
        _missing(rows, dataset),
        _unmapped(aside),
        _categories(rows, dataset),
        *_moments(rows, dataset),
        *_figures(rows, dataset),
    ]
    if "place_method" in rows.columns:
        found += [_values("method", "", rows["place_method"]), _values("square", "", rows["square_m"])]
    return pl.concat(found)


def revised(rows: pl.DataFrame, before: pl.DataFrame) -> pl.DataFrame:
    """How many rows a return and the revision before it do not have alike, and how many there are in either."""
    import polars as pl

    shared = [name for name in rows.columns if name in before.columns and name not in _LINEAGE]
    new, old = ({*frame.select(shared).hash_rows(seed=1)} for frame in (rows, before))
    ids, former = set(rows["record_id"]), set(before["record_id"])
    changed = len(new - old) + len(former - ids)
    told = [_counted("revised", "", [("", changed)]), _counted("compared", "", [("", len(ids | former))])]
    return pl.concat(told)


def _counted(kind: str, name: str, counts: list[tuple[str, float]]) -> pl.DataFrame:
    import polars as pl

    schema = {**dict.fromkeys(COUNTS[:3], pl.String()), COUNTS[3]: pl.Float64()}
    return pl.DataFrame([(kind, name, code, float(n)) for code, n in counts], schema=schema, orient="row")


def _values(kind: str, name: str, column: pl.Series) -> pl.DataFrame:
    """How often each value of a column stands there, nulls left out."""
    counts = column.drop_nulls().value_counts().iter_rows()
    return _counted(kind, name, [(str(value), count) for value, count in counts])


def stored(dataset: Dataset, rows: pl.DataFrame) -> dict[str, DatasetField]:
    """Field to its declaration, of those that rows have a column for."""
    return {name: field for name, field in dataset.fields.items() if column_of(name, field) in rows.columns}


def column_of(name: str, field: DatasetField) -> str:
    """The column that tells whether a field has a value."""
    return f"{name}_from" if field.type == "interval" else name


def _missing(rows: pl.DataFrame, dataset: Dataset) -> pl.DataFrame:
    nulls = [(name, rows[column_of(name, field)].null_count()) for name, field in stored(dataset, rows).items()]
    if "symbol" in rows.columns and "value" in rows.columns:
        # A figure withheld for a declared reason is not missing.
        nulls = [(name, count) for name, count in nulls if name != "symbol"]
        without = rows["value"].is_null() & rows["symbol"].is_null()
        nulls = [(name, int(without.sum()) if name == "value" else count) for name, count in nulls]
    if "place_method" in rows.columns:
        nulls.append(("place", rows["easting"].null_count()))
    import polars as pl

    return pl.concat([_counted("missing", name, [("", count)]) for name, count in nulls])


def _unmapped(aside: pl.DataFrame | None) -> pl.DataFrame:
    import polars as pl

    if aside is None:
        return _counted("unmapped", "", [])
    found = aside.filter(pl.col("outcome") == "quarantined", pl.col("issue_type") == "unmapped_code")
    return _counted("unmapped", "", [("", found.select("_row", "_part").n_unique())])


def _categories(rows: pl.DataFrame, dataset: Dataset) -> pl.DataFrame:
    """Rows by category; of figures that add up, their sums by measure and category, breakdowns left out."""
    import polars as pl

    if dataset.category is None or dataset.category not in rows.columns:
        return _counted("category", "", [])
    if dataset.shape != "observation":
        return _values("category", dataset.category, rows[dataset.category])
    measures = _additive(rows, dataset)
    sums = measures.group_by("measure", dataset.category).agg(pl.col("value").sum()).drop_nulls()
    made = [
        _counted("category", f"{dataset.category} of {measure}", [(code, value)])
        for measure, code, value in sums.rows()
    ]
    return pl.concat([_counted("category", "", []), *made])


def _additive(rows: pl.DataFrame, dataset: Dataset) -> pl.DataFrame:
    """The figures whose sum over areas is a count: of additive measures, and of all, not of a part of a breakdown.

    None where a breakdown has no figure for all of it, or more than one boundary set is in use: sums would count twice.
    """
    import polars as pl

    if "measure" not in rows.columns or not dataset.additive:
        return rows.clear().with_columns(measure=pl.lit("")) if "measure" not in rows.columns else rows.clear()
    if dataset.additive is not True:
        rows = rows.filter(pl.col("measure").is_in(list(dataset.additive)))
    told_apart = {"area_code", "measure", dataset.category}
    for name in (name for name in dataset.key if name not in told_apart and name in rows.columns):
        if rows[name].null_count() and name != "boundary_set":
            rows = rows.filter(pl.col(name).is_null())
        elif rows[name].n_unique() > 1:
            return rows.clear()
    return rows


def _moments(rows: pl.DataFrame, dataset: Dataset) -> Iterator[pl.DataFrame]:
    """Days and times of the clock, and how long after them other days lie."""
    import polars as pl

    clock = dataset.clock
    if clock is None:
        return
    first, last = pl.col(f"{clock}_from"), pl.col(f"{clock}_to")
    known = rows.filter(last - first < pl.duration(days=1))
    yield _values("day", clock, known[f"{clock}_from"].dt.date())
    timed = known.filter(last - first < pl.duration(hours=1)).select(hour=first.dt.hour(), minute=first.dt.minute())
    is_midnight = (pl.col("hour") == 0) & (pl.col("minute") == 0)
    named = pl.when(is_midnight).then(pl.lit("midnight")).when(pl.col("minute") % 15 == 0).then(pl.lit("quarter"))
    yield _values("clock", clock, timed.select(at=named.otherwise(pl.lit("other")))["at"])
    for name, field in stored(dataset, rows).items():
        if name == clock or field.type not in ("interval", "date"):
            continue
        later = pl.col(column_of(name, field)).cast(pl.Date)
        is_day = pl.lit(True)
        if field.type == "interval":
            is_day = pl.col(f"{name}_to") - pl.col(f"{name}_from") < pl.duration(days=1)
        days = known.filter(is_day).select(days=(later - first.cast(pl.Date)).dt.total_days())["days"]
        days = days.drop_nulls()
        yield _values("delay", name, days.filter(days >= 0).clip(upper_bound=limits.LONGEST_DELAY))


def _figures(rows: pl.DataFrame, dataset: Dataset) -> Iterator[pl.DataFrame]:
    """Last digits of figures that somebody counts or estimates, and figures beside the thresholds of any."""
    for name, field in stored(dataset, rows).items():
        if field.type not in ("integer", "number"):
            continue
        figures = rows[name].drop_nulls()
        # Numbers of assets and of surveys are properties of the thing or of the sample, and come in standard sizes.
        is_estimate = dataset.shape == "observation" if name == "value" else dataset.shape == "event"
        if is_estimate:
            whole = figures.filter((figures == figures.floor()) & (figures >= limits.LEAST_ROUND_FIGURE))
            yield _values("digit", name, whole.cast(int) % 10)
        for threshold in field.thresholds:
            width = 1 if field.type == "integer" else threshold * limits.THRESHOLD_CELL
            cells = ((figures - threshold) / width).floor()
            yield _values("near", f"{name} {threshold:g}", cells.filter(cells.is_between(-2, 1)).cast(int))
