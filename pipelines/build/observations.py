"""The supplied figures of every observation dataset in one shape, so that a new dataset of figures needs no SQL."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.build.in_force import Surviving, only_in_force
from pipelines.build.plan import Plan
from pipelines.specs.load import SpecSet
from pipelines.specs.models import Dataset
from warehouse.home import Home

if TYPE_CHECKING:
    import polars as pl

# The fields of an observation dataset that mean the same in all of them; the others of its key break a figure down.
SHARED = ("boundary_set", "area_code", "measure", "category_code")
_LINEAGE = ("partner", "supplier", "period_type", "period_start", "_delivery_id", "_row")


def write_observations(home: Home, specs: SpecSet, plan: Plan, held: dict[str, Surviving], folder: Path) -> None:
    """Write the figures of changed returns to `folder`, a file a delivery, and an empty one: there is always a file."""
    folder.mkdir(parents=True)
    in_one_shape(None, "", None).write_parquet(folder / "empty.parquet")
    for item in plan.current:
        feed = specs.feeds[item["feed"]]
        dataset = specs.datasets[feed.dataset]
        target = folder / f"{item['delivery_id']}-{item['fingerprint']}.parquet"
        changed = (item["feed"], item["supplier"], item["period_start"]) in plan.changed
        if dataset.shape == "observation" and changed and not target.exists():
            import polars as pl

            rows = only_in_force(pl.read_parquet(home.harmonised_of(item)), held.get(item["delivery_id"]))
            if "boundary_set" not in rows.columns:
                # Figures of no area code: their set, where the feed names one, is nobody's to tell but the feed's.
                named = feed.feed.boundary_set or ()
                rows = rows.with_columns(boundary_set=pl.lit(named[0] if len(named) == 1 else None, pl.String))
            in_one_shape(rows, feed.dataset, dataset).write_parquet(target)


def additive_measures(specs: SpecSet) -> list[dict[str, str | None]]:
    """The `dataset` and `measure` of figures that add up, as their datasets say; no measure means all of a dataset."""
    return [
        {"dataset": name, "measure": measure}
        for name, dataset in specs.datasets.items()
        for measure in ([None] if dataset.additive is True else dataset.additive or [])
    ]


def reconverted(specs: SpecSet, plan: Plan) -> list[dict[str, Any]]:
    """The `partner`, `dataset` and `period_start` whose figures are to be converted to other boundary sets again.

    Those of every changed return; all of them where the specs have changed, which say what may be added up.
    """
    again = {(feed, start) for feed, _supplier, start in plan.changed}
    if plan.state["specs"] != plan.previous.get("specs"):
        again |= {(item["feed"], item["period_start"]) for item in plan.current}
    split = [(*feed.split("/"), start) for feed, start in sorted(again)]
    return [dict(zip(("partner", "dataset", "period_start"), item, strict=True)) for item in split]


def in_one_shape(rows: pl.DataFrame | None, name: str, dataset: Dataset | None) -> pl.DataFrame:
    """Harmonised rows of one observation dataset as the columns all of them share; None gives the columns alone.

    A dataset without measures has its own name for one. `breakdown` holds the other fields of the key, as
    `school_type=total, sex=all`, null where there are none. A figure of no area code is `unplaced`. `vintage` is the
    publication an estimate is from, of a dataset that has a field of that name.
    """
    import polars as pl

    schema = {
        **dict.fromkeys((*SHARED, "breakdown", "dataset", "symbol", "vintage"), pl.String()),
        "value": pl.Float64(),
        **dict.fromkeys(("partner", "supplier", "period_type", "_delivery_id"), pl.String()),
        "period_start": pl.Date(),
        "_row": pl.UInt32(),
    }
    if rows is None or dataset is None:
        return pl.DataFrame(schema=schema)
    others = [field for field in dataset.key if field not in SHARED]
    said = [pl.when(pl.col(field).is_not_null()).then(pl.format(f"{field}={{}}", pl.col(field))) for field in others]
    known = [field for field in (*SHARED, "symbol", "vintage", "value", *_LINEAGE) if field in rows.columns]
    made = rows.select(
        *known,
        dataset=pl.lit(name),
        breakdown=pl.concat_str(said, separator=", ", ignore_nulls=True).replace("", None) if said else pl.lit(None),
    )
    absent = [pl.lit(None, kind).alias(field) for field, kind in schema.items() if field not in made.columns]
    made = made.with_columns(absent).with_columns(
        pl.col("measure").fill_null(name), pl.col("area_code").fill_null("unplaced")
    )
    return made.select(pl.col(field).cast(kind) for field, kind in schema.items())
