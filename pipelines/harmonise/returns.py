"""What a delivery says as returns, and whether it is what its feed expects."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

from pipelines.harmonise.code_maps import UNMAPPED
from pipelines.harmonise.delivery import Harmonised
from pipelines.harmonise.parts import PART
from pipelines.intake.claims import Claim
from pipelines.intake.refusal import Refusal
from pipelines.read.records import ROW, Records
from pipelines.specs.feeds import ANY
from pipelines.specs.issue_types import read_issue_types
from pipelines.specs.load import SpecSet
from pipelines.specs.models import Dataset

if TYPE_CHECKING:
    import polars as pl

# How many codes a refusal names.
_CODES_NAMED = 10


def check_expected(result: Harmonised, records: Records, claim: Claim) -> None:
    """Hold a delivery against what its feed expects of any.

    Raises:
        Refusal: where more rows are quarantined than the spec allows, or their number is not what it expects.
    """
    expect, account = claim.version.expect, result.account
    rows = records.read + len(records.unread)
    if not expect.rows.min <= rows <= expect.rows.max:
        message = (
            f"{claim.source}: {rows:,} rows, where {claim.feed.name} expects {expect.rows.min:,} to {expect.rows.max:,}"
        )
        raise Refusal("row_count_unexpected", f"{message}; ask the partner whether the file is whole")
    _check_unmapped(result, claim)
    rows = account["made"] + len(records.unread)
    lost = account["quarantined"] + len(records.unread)
    if rows and lost / rows > expect.quarantined_share:
        types, kinds = read_issue_types(), [kind for kind, _ in result.issues.most_common()]
        worst = next(kind for kind in kinds if types[kind].row_effect == "row quarantined")
        message = (
            f"{claim.source}: {lost:,} of {rows:,} rows cannot be used (at most {expect.quarantined_share:.0%} may)"
        )
        raise Refusal("too_many_quarantined", f"{message}; mostly {worst}, first at {result.examples.get(worst, '')}")


def _check_unmapped(result: Harmonised, claim: Claim) -> None:
    """Hold the share of rows with a code that no map knows against what the spec allows, in any column or in each.

    Raises:
        Refusal: where it is larger, with the codes.
    """
    import polars as pl

    made = result.account["made"]
    for column, most in claim.version.expect.unmapped_share.items():
        found = result.set_aside.filter(pl.col("issue_type") == UNMAPPED, pl.col("outcome") == "quarantined")
        found = found if column == ANY else found.filter(pl.col("column") == column)
        rows = found.select(ROW, PART).n_unique()
        if made and rows / made > most:
            where = "" if column == ANY else f' in "{column}"'
            told = f"{rows:,} of {made:,} rows have codes{where} that no map knows (at most {most:.0%} may)"
            message = f"{claim.source}: {told}: {_codes_in(found)}"
            raise Refusal("too_many_unmapped", f"{message}; ask the partner what changed, and add them to the map")


def _codes_in(found: pl.DataFrame) -> str:
    """The codes of issues with their counts, the commonest first; of a column that is not plain, none is shown."""
    import polars as pl

    counts = found.group_by("value").len().sort(pl.col("len"), pl.col("value"), descending=[True, False])
    shown = [f'"{value}" ({count:,})' for value, count in counts.iter_rows() if value is not None]
    more = len(shown) - _CODES_NAMED
    hidden = counts.filter(pl.col("value").is_null())["len"].sum()
    told = shown[:_CODES_NAMED] + ([f"{more:,} more codes"] if more > 0 else [])
    return ", ".join(told + ([f"{hidden:,} that are not shown, as they may tell of people"] if hidden else []))


def returns_of(result: Harmonised, claim: Claim, specs: SpecSet) -> list[dict[str, Any]]:
    """The delivery's returns: one for each supplier and reporting period, with counts of its rows, months, categories.

    A file whose name or cell says the period is a return even with no rows (a nil return). What the partner states of a
    delivery of several returns is stated of none of them.
    """
    import polars as pl

    dataset = specs.datasets[claim.feed.dataset]
    keys: set[tuple[str, date]] = set(result.rows.select("supplier", "period_start").unique().iter_rows())
    if result.period is not None and result.supplier:
        keys.add((result.supplier, result.period))
    left_out = result.set_aside.filter(pl.col("outcome").is_in(["ignored", "duplicate", "erased"]))
    keys |= set(left_out.select("supplier", "period_start").drop_nulls().unique().iter_rows())
    returns = []
    for supplier, start in sorted(keys):
        rows = result.rows.filter((pl.col("period_start") == start) & (pl.col("supplier") == supplier))
        returns.append(
            {
                "supplier": supplier,
                "period_start": start,
                "period_type": claim.feed.feed.cadence.every.value,
                **_counts(result, rows, (supplier, start) if len(keys) > 1 else None),
                **spread(rows, dataset),
                "stated_rows": result.stated_rows if len(keys) == 1 else None,
            }
        )
    return returns


def spread(rows: pl.DataFrame, dataset: Dataset) -> dict[str, dict[str, int]]:
    """How many of a return's loaded rows there are by event month, and by category."""
    dated = rows[f"{dataset.clock}_from"] if dataset.clock else rows["period_start"]
    months = dated.dt.strftime("%Y-%m-01").value_counts().iter_rows()
    categories = rows[dataset.category].drop_nulls().value_counts().iter_rows() if dataset.category else ()
    return {
        "months": dict(sorted(months)),
        "categories": {str(code): count for code, count in sorted(categories)},
    }


def _counts(result: Harmonised, rows: pl.DataFrame, key: tuple[str, date] | None) -> dict[str, int]:
    """Rows of one return by outcome. All of a delivery's belong to its only return (`key` None), the unread as well."""
    import polars as pl

    aside = result.set_aside
    if key is not None:
        aside = aside.filter((pl.col("supplier") == key[0]) & (pl.col("period_start") == key[1]))
    outcomes = {name: [name] for name in ("ignored", "duplicate", "erased")}
    outcomes["quarantined"] = ["quarantined", "unread"]
    counts = {
        name: aside.filter(pl.col("outcome").is_in(kinds)).select("outcome", ROW, PART).n_unique()
        for name, kinds in outcomes.items()
    }
    counts = {"loaded": rows.height, **counts}
    return {"rows_received": sum(counts.values()), **{f"rows_{name}": count for name, count in counts.items()}}
