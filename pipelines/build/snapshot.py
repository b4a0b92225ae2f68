"""Writes what dbt reads: current returns, coverage, areas, codes, indicators, and links to harmonised files."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.build.agreements import agreement_rows, agreement_sides
from pipelines.build.codes import category_rows, code_rows, series_rows
from pipelines.build.dataset_models import check_models
from pipelines.build.dictionary import dictionary_rows
from pipelines.build.in_force import Surviving, only_in_force, survivors
from pipelines.build.observations import additive_measures, reconverted, write_observations
from pipelines.build.plan import Plan
from pipelines.build.reconciliation import return_counts, stating_feeds
from pipelines.build.recording import breaks, profiles
from pipelines.build.recording_practice import recording_practice
from pipelines.build.speaking import area_suppliers, geography
from pipelines.place.boundaries.sets import read_areas, set_names
from pipelines.place.directories.area_registry import AreaRegistry
from pipelines.place.located import place_schema
from pipelines.place.lookups.store import read_lookups
from pipelines.specs.base import PeriodType
from pipelines.specs.hierarchy import Hierarchy
from pipelines.specs.load import SpecSet
from pipelines.specs.models import Indicator
from pipelines.specs.periods import label, months_of, next_start, period_end, periods_between
from quality_checks.row_schema import polars_type, stored_columns
from warehouse.home import Home, whole

if TYPE_CHECKING:
    import polars as pl

TEXT, DAY, WHOLE, FLAG, NUMBER = "text", "day", "whole", "flag", "number"


def write_snapshot(home: Home, specs: SpecSet, plan: Plan, folder: Path) -> None:
    """Write the whole snapshot to `folder`, in place of an earlier one.

    Raises:
        BuildError: where the dbt project does not fit the specs, or a published column has no class.
    """
    check_models(specs, home.dbt_project)
    fresh = folder.with_name(f"{folder.name}-next")
    shutil.rmtree(fresh, ignore_errors=True)
    with whole(fresh) as draft:
        draft.mkdir(parents=True)
        _returns(draft, plan)
        _write(draft / "reconciles.parquet", _RECONCILES, stating_feeds(specs))
        _write(draft / "return_counts.parquet", _RETURN_COUNTS, return_counts(home, specs, plan))
        _places(home, draft)
        _areas(home, specs, plan, draft)
        areas = AreaRegistry(home.boundaries, home.code_history, home.lookups)
        areas.table(plan.as_of).write_parquet(draft / "area_codes.parquet")
        _codes(specs, draft)
        _write(draft / "agreements.parquet", _AGREEMENTS, agreement_rows(specs, plan.as_of))
        _write(draft / "agreement_sides.parquet", _SIDES, agreement_sides(specs, plan.as_of))
        _practice(home, specs, plan, draft)
        _periods(plan, draft)
        _write(draft / "data_dictionary.parquet", _DICTIONARY, dictionary_rows(specs, home.dbt_project))
        held = survivors(home, plan.current)
        for name, dataset in specs.datasets.items():
            if dataset.is_placed:
                _harmonised_files(home, specs, plan, held, draft / "harmonised" / name)
        write_observations(home, specs, plan, held, draft / "harmonised" / "observation")
        _write(draft / "additive_measures.parquet", {"dataset": TEXT, "measure": TEXT}, additive_measures(specs))
        _write(draft / "reconvert.parquet", {**_FEED, "period_start": DAY}, reconverted(specs, plan))
    shutil.rmtree(folder, ignore_errors=True)
    fresh.rename(folder)


_FEED = dict.fromkeys(("partner", "dataset"), TEXT)
_DICTIONARY = {
    **dict.fromkeys(("table", "column", "type", "description", "sensitivity"), TEXT),
    **dict.fromkeys(("special_category", "criminal_offence", "personal"), FLAG),
}
_COVERAGE = {
    **dict.fromkeys(("partner", "supplier", "dataset", "period_type"), TEXT),
    "period_start": DAY,
    "state": TEXT,
    "is_late": FLAG,
    **dict.fromkeys(("due_on", "received_at"), DAY),
    **dict.fromkeys(("revision", "records_received", "rows_loaded", "rows_quarantined", "rows_in_force"), WHOLE),
    "period_share": NUMBER,
}
_RETURNS = {
    **dict.fromkeys(("partner", "dataset", "supplier", "period_type"), TEXT),
    "period_start": DAY,
    "delivery_id": TEXT,
    "fingerprint": TEXT,
    "revision": WHOLE,
    "known_on": DAY,
}
_CODE_LISTS = {
    **dict.fromkeys(("list", "code", "label", "parent", "path", "description"), TEXT),
    **dict.fromkeys(("publisher", "title", "edition", "note"), TEXT),
    **dict.fromkeys(("valid_from", "valid_to"), DAY),
    **dict.fromkeys(("level", "lower", "upper"), WHOLE),
}
_CODE_SERIES = {**dict.fromkeys(("list", "code", "series_code", "series_label"), TEXT), "series_from": DAY}
_AGREEMENTS = {
    "agreement": WHOLE,
    **dict.fromkeys(("partner_a", "dataset_a", "partner_b", "dataset_b", "categories"), TEXT),
    **dict.fromkeys(("within_m", "within_hours"), WHOLE),
    "agreed_on": DAY,
}
_SIDES = {"agreement": WHOLE, **dict.fromkeys(("side", "partner", "dataset", "category_code"), TEXT)}
_RECONCILES = dict.fromkeys(("stated_by", "stated_as", "partner", "dataset"), TEXT)
_RECORDING = {
    **dict.fromkeys(("partner", "dataset", "unit_counted", "clock", "place_kind", "includes"), TEXT),
    "covers_from": DAY,
    **dict.fromkeys(("breaks", "note"), TEXT),
}
_BREAKS = {**dict.fromkeys(("dataset", "partner", "supplier", "what"), TEXT), "break_on": DAY}
_OF_RETURN = {name: _RETURNS[name] for name in ("partner", "supplier", "dataset", "period_type", "period_start")}
_SIGNALS = {
    **_OF_RETURN,
    **dict.fromkeys(("signal", "concerns", "evidence"), TEXT),
    "strength": NUMBER,
    **dict.fromkeys(("compared_with", "reply", "replied_by"), TEXT),
    "replied_on": DAY,
    "state": TEXT,
}
_QUALITY = {**_OF_RETURN, "measure": TEXT, "value": NUMBER, "note": TEXT}
_RETURN_COUNTS = {
    **{name: _RETURNS[name] for name in ("partner", "dataset", "supplier", "period_type", "period_start", "known_on")},
    **dict.fromkeys(("rows_received", "rows_loaded", "rows_in_force", "rows_ignored", "rows_duplicate"), WHOLE),
    **dict.fromkeys(("rows_quarantined", "rows_dated_outside", "rows_erased", "stated_rows"), WHOLE),
}


def _write(path: Path, columns: dict[str, str], rows: Iterable[dict[str, Any]]) -> None:
    import polars as pl

    types = {TEXT: pl.String, DAY: pl.Date, WHOLE: pl.Int64, FLAG: pl.Boolean, NUMBER: pl.Float64}
    schema = {name: types[kind] for name, kind in columns.items()}
    pl.DataFrame([[row.get(name) for name in columns] for row in rows], schema=schema, orient="row").write_parquet(path)


def _returns(draft: Path, plan: Plan) -> None:
    split = [dict(zip(("partner", "dataset"), item["feed"].split("/"), strict=True)) | item for item in plan.current]
    _write(draft / "current_returns.parquet", _RETURNS, split)
    changed = [
        dict(zip(("partner", "dataset"), feed.split("/"), strict=True)) | {"supplier": supplier, "period_start": start}
        for feed, supplier, start in sorted(plan.changed)
    ]
    columns = {name: _RETURNS[name] for name in ("partner", "dataset", "supplier", "period_start")}
    _write(draft / "changed_returns.parquet", columns, changed)
    _write(draft / "coverage.parquet", _COVERAGE, plan.coverage)


def _practice(home: Home, specs: SpecSet, plan: Plan, draft: Path) -> None:
    signals, quality = recording_practice(home, specs, plan)
    _write(draft / "recording_signals.parquet", _SIGNALS, signals)
    _write(draft / "quality.parquet", _QUALITY, quality)


def _places(home: Home, draft: Path) -> None:
    """Every place in every set, and every place, as links to the append-only files."""
    import polars as pl

    empty = pl.DataFrame(schema={"place_id": pl.Int64, "area_code": pl.String})
    for name in set_names(home.boundaries):
        _link(home.boundaries / name / "places", draft / "place_areas" / f"boundary_set={name}")
    (draft / "place_areas" / "boundary_set=").mkdir(parents=True)
    empty.write_parquet(draft / "place_areas" / "boundary_set=" / "empty.parquet")


def _link(source: Path, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for path in source.glob("*.parquet"):
        os.link(path, target / path.name)


def _areas(home: Home, specs: SpecSet, plan: Plan, draft: Path) -> None:
    """Areas, the suppliers that speak for each, and what is to be counted again."""
    import polars as pl
    import shapely

    areas = read_areas(home.boundaries)
    shapes = shapely.from_wkb(areas["wkb"].to_list())
    wkt = [None if shape is None else shapely.to_wkt(shape, rounding_precision=2) for shape in shapes]
    areas.drop("wkb").with_columns(geometry=pl.Series(wkt, dtype=pl.String)).write_parquet(draft / "areas.parquet")
    columns = {
        **dict.fromkeys(("dataset", "partner", "supplier", "unit_counted", "boundary_set", "area_code"), TEXT),
        **dict.fromkeys(("expected_from", "expected_to"), DAY),
    }
    _write(draft / "area_suppliers.parquet", columns, area_suppliers(specs, geography(home)))
    read_lookups(home.lookups).write_parquet(draft / "area_lookup.parquet")
    _write(draft / "recording.parquet", _RECORDING, profiles(specs))
    _write(draft / "recording_breaks.parquet", _BREAKS, breaks(specs))
    columns = {**dict.fromkeys(("dataset", "shape", "boundary_set"), TEXT), "month": DAY}
    _write(draft / "recount.parquet", columns, _recount(home, specs, plan))


def _recount(home: Home, specs: SpecSet, plan: Plan) -> list[dict[str, Any]]:
    """(dataset, set, month) to count again: what a changed return touches in every set, all of a changed set.

    Of rows without a clock the month is the first of their period. Supplied figures are not counted.
    """
    touched = plan.changed_months() | _moved_coverage(plan)
    every = {(item["feed"].split("/")[1], month) for item in plan.current for month in item["months"]}
    every |= {(row["dataset"], month) for row in plan.coverage for month in _months(row)}
    again = {(dataset, name, month) for dataset, month in touched for name in set_names(home.boundaries)}
    touched_sets = _touched_sets(home, plan)
    again |= {(dataset, name, month) for dataset, month in every for name in touched_sets}
    if plan.state.get("specs") != plan.previous.get("specs"):
        again |= {(dataset, name, month) for dataset, month in every for name in set_names(home.boundaries)}
    shapes = {name: dataset.shape for name, dataset in specs.datasets.items() if dataset.is_placed}
    return [
        {"dataset": dataset, "shape": shapes[dataset], "boundary_set": name, "month": date.fromisoformat(month)}
        for dataset, name, month in sorted(again)
        if dataset in shapes
    ]


def _touched_sets(home: Home, plan: Plan) -> set[str]:
    """The sets whose figures a changed set touches: its own and, where the areas of others are known by its, all."""
    removed = {key.removeprefix("set:") for key in plan.previous.keys() - plan.state.keys()}
    if not plan.changed_sets | removed:
        return set()
    leading = {*read_lookups(home.lookups)["from_set"], *_stated_sets(home, plan)}
    is_leading = not leading.isdisjoint(plan.changed_sets | removed)
    return set(set_names(home.boundaries)) if is_leading else plan.changed_sets


def _stated_sets(home: Home, plan: Plan) -> set[str]:
    """The sets of the areas that partners name in place of a point."""
    import polars as pl

    found: set[str] = set()
    for path in {home.harmonised_of(item) for item in plan.current}:
        rows = pl.scan_parquet(path)
        if "stated_set" in rows.collect_schema():
            found.update(rows.select(pl.col("stated_set").drop_nulls().unique()).collect()["stated_set"])
    return found


def _moved_coverage(plan: Plan) -> set[tuple[str, str]]:
    """Months whose coverage has moved, or may have: all that miss a return, where the grid is not the one built.

    A return of another supplier or month may make one that has come late, or show that one is missing.
    """
    if plan.state.get("grid") == plan.previous.get("grid"):
        return set()
    # A changed return counts here too: a nil return has no event months of its own.
    moved = plan.moved | plan.changed.keys()
    return {
        (row["dataset"], month)
        for row in plan.coverage
        if row["state"] not in ("received", "nil_return")
        or (f"{row['partner']}/{row['dataset']}", row["supplier"], row["period_start"]) in moved
        for month in _months(row)
    }


def _months(row: dict[str, Any]) -> list[str]:
    return [month.isoformat() for month in months_of(PeriodType(row["period_type"]), row["period_start"])]


def _codes(specs: SpecSet, draft: Path) -> None:
    _write(draft / "code_lists.parquet", _CODE_LISTS, code_rows(specs))
    _write(draft / "code_series.parquet", _CODE_SERIES, series_rows(specs))
    columns = {**dict.fromkeys(("dataset", "category_code", "category_name"), TEXT), "valid_from": DAY, "valid_to": DAY}
    _write(draft / "dataset_categories.parquet", {**columns, "is_sent": FLAG}, category_rows(specs))
    _indicators(specs, draft)


def _indicators(specs: SpecSet, draft: Path) -> None:
    rows, counted = [], []
    for name, item in specs.indicators.items():
        flat = item.model_dump(mode="json")
        rows.append(
            {
                **flat,
                "indicator_id": name,
                "name": item.title,
                "numerator_dataset": item.numerator.dataset,
                "unit_counted": item.numerator.unit_counted,
                "denominator_dataset": item.denominator.dataset,
                "denominator_measure": item.denominator.measure,
                "period_types": ",".join(item.period_types),
                "categories": ",".join(_counted_categories(specs, item)),
                "allows": ",".join(sorted(set(item.allows))) or None,
            }
        )
        counted += [{"indicator_id": name, "category_code": code} for code in _counted_categories(specs, item)]
    text = (
        "indicator_id", "name", "definition", "rationale", "kind", "level", "unit", "framework", "polarity",
        "lead_partner", "numerator_dataset", "unit_counted", "denominator_dataset", "denominator_measure",
        "period_types", "categories", "allows", "caveats",
    )  # fmt: skip
    columns = {**dict.fromkeys(text, TEXT), **dict.fromkeys(("version", "sharing_sense", "scale"), WHOLE)}
    _write(draft / "indicators.parquet", columns, rows)
    _write(draft / "indicator_categories.parquet", {"indicator_id": TEXT, "category_code": TEXT}, counted)


def _counted_categories(specs: SpecSet, item: Indicator) -> list[str]:
    """The finest categories an indicator's numerator counts; a code that others roll up to stands for all of them."""
    dataset = specs.datasets[item.numerator.dataset]
    scheme = dataset.fields[dataset.category].list if dataset.category else None
    tree = Hierarchy(specs.code_lists[scheme].entries if scheme else ())
    wanted, left_out = set(item.numerator.categories), set(item.numerator.except_categories)
    counted = []
    for code in {entry.code for entry in tree.leaves()}:
        line = {code, *tree.ancestors(code)}
        if (not wanted or wanted & line) and not left_out & line:
            counted.append(code)
    return sorted(counted)


def _periods(plan: Plan, draft: Path) -> None:
    """Every kind of period from the first to the last year that anything reports on."""
    days = [item["period_start"] for item in (*plan.current, *plan.coverage)] or [plan.as_of]
    first, last = date(min(days).year, 1, 1), date((max(days) + timedelta(days=7)).year, 12, 31)
    rows = [
        {
            "period_type": kind.value,
            "period_start": start,
            "period_end": period_end(kind, start),
            "label": label(kind, start),
            "days": (next_start(kind, start) - start).days,
        }
        for kind in PeriodType
        for start in periods_between(kind, first, last)
    ]
    columns = {"period_type": TEXT, "period_start": DAY, "period_end": DAY, "label": TEXT, "days": WHOLE}
    _write(draft / "periods.parquet", columns, rows)


def _harmonised_files(home: Home, specs: SpecSet, plan: Plan, held: dict[str, Surviving], folder: Path) -> None:
    """Links to the harmonised files of a dataset's changed returns, and an empty one: there is always a file.

    Of a delivery whose records later ones have replaced, only the rows in force are written.
    """
    import polars as pl

    dataset = folder.name
    folder.mkdir(parents=True)
    empty_rows(specs, dataset).write_parquet(folder / "empty.parquet")
    for item in plan.current:
        source = home.harmonised_of(item)
        target = folder / source.name
        is_changed = (item["feed"], item["supplier"], item["period_start"]) in plan.changed
        if item["feed"].split("/")[1] != dataset or not is_changed or target.exists():
            continue
        if (found := held.get(item["delivery_id"])) is None:
            os.link(source, target)
        else:
            only_in_force(pl.read_parquet(source), found).write_parquet(target)


def empty_rows(specs: SpecSet, dataset: str) -> pl.DataFrame:
    """A harmonised frame of a dataset with no rows: its columns and types."""
    import polars as pl

    contract = specs.datasets[dataset]
    columns: dict[str, Any] = dict.fromkeys(
        ("record_id", "partner", "supplier", "unit_counted", "period_type"), pl.String
    )
    columns["period_start"] = pl.Date
    columns |= {name: polars_type(field) for name, field in stored_columns(contract).items()}
    if contract.category:
        columns["source_category"] = pl.String
    if contract.is_placed:
        columns |= {"place_id": pl.Int64, **place_schema()}
    columns |= {"_spec_version": pl.String, "_row": pl.UInt32, "_part": pl.UInt16, "_delivery_id": pl.String}
    return pl.DataFrame(schema=columns)
