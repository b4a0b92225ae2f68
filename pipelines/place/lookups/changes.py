"""A register of changes of area codes, such as of councils across reorganisations, read as a lookup between two sets.

Each record says that on a day one code became another, and whether the new area was split off or merged. Its layout is
known by its header. A code that is never named in it stays as it is: a new boundary is given a new code.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.intake.refusal import Refusal
from pipelines.place.directories.publisher_files import publisher_files
from pipelines.place.lookups.compose import compose
from pipelines.place.lookups.pairs import NEEDS_WEIGHT, read_fields

if TYPE_CHECKING:
    import polars as pl

FIELDS = {
    "from_code": "changed_from_code",
    "to_code": "changed_to_code",
    "date": "date",
    "split": "split",
    "merge": "merge",
}
_TRUTH = {"true": True, "false": False}


def is_register(path: Path) -> bool:
    """Whether a CSV file has the layout of a register of code changes.

    Raises:
        Refusal: where it cannot be read.
    """
    with publisher_files([path]) as files:
        return set(FIELDS.values()) <= {name.strip() for name in files[0].first_record()}


def read_changes(path: Path) -> tuple[pl.DataFrame, str]:
    """The changes: line, from_code, to_code, date, split, merge; and what the file is called.

    Raises:
        Refusal: as `read_fields`; a record without a code, a date that is none, a flag other than True and False, the
            same change twice.
    """
    import polars as pl

    table, shown = read_fields(path, FIELDS)
    typed = table.with_columns(
        pl.col("date").str.to_date("%Y-%m-%d", strict=False),
        *(pl.col(name).str.to_lowercase().replace_strict(_TRUTH, default=None) for name in ("split", "merge")),
    )
    for name, theirs in FIELDS.items():
        bad = table.filter(typed[name].is_null())
        if bad.height:
            wanted = {"date": "a date such as 2019-04-01", "split": "True or False", "merge": "True or False"}
            raise Refusal(
                "bad_value",
                f'{shown}:{bad["line"][0]}: "{bad[name][0] or ""}" in "{theirs}" is not {wanted.get(name, "a code")}',
            )
    again = typed.filter(pl.struct("from_code", "to_code", "date").is_duplicated()).sort("from_code", "to_code", "line")
    if again.height:
        first, second = again.head(2).rows(named=True)
        raise Refusal(
            "bad_value",
            f"{shown}:{second['line']}: {second['from_code']} to {second['to_code']} on {second['date']} also stands "
            f"in line {first['line']}; take one out",
        )
    return typed, shown


def chained(
    changes: pl.DataFrame, start: set[str] | None, after: date | None, until: date | None, *, exact: bool
) -> pl.DataFrame:
    """The pairs that a row of changes makes of the areas of one day and another.

    Args:
        changes: of `read_changes`.
        start: the codes to start from; None for those that the changes end in that time and do not begin.
        after: changes up to this day have happened already; None for no bound.
        until: the last day whose changes count; None for no bound.
        exact: whether an area that became one other, neither split nor merged, is the same area under another code; it
            may also have been given a new boundary.

    Returns:
        from_code, to_code, and the methods forward and backward, as of `judged`.
    """
    import polars as pl

    span = changes.filter(
        pl.lit(True) if after is None else pl.col("date") > after,
        pl.lit(True) if until is None else pl.col("date") <= until,
    )
    if start is None:
        begun = span.select("to_code", begun="date").group_by("to_code").agg(pl.col("begun").min())
        ended = span.join(begun, left_on="from_code", right_on="to_code", how="left")
        start = set(ended.filter(pl.col("begun").is_null() | (pl.col("begun") >= pl.col("date")))["from_code"])
    codes = sorted(start)
    forward = backward = _same(codes)
    for _day, step in span.sort("date").group_by("date", maintain_order=True):
        ruled = _ruled(step, exact=exact)
        ahead = ruled.select("from_code", "to_code", weight=pl.lit(1.0), method="forward")
        forward = compose(forward, pl.concat([ahead, _same(sorted(set(forward["to_code"]) - set(ahead["from_code"])))]))
        known = ruled.filter(pl.col("from_code").is_in(backward["from_code"].unique().to_list()))
        behind = known.select(from_code="to_code", to_code="from_code", weight=pl.lit(1.0), method="backward")
        kept = sorted(set(backward["from_code"]) - set(ruled["from_code"]))
        backward = compose(pl.concat([behind, _same(kept)]), backward)
    return forward.select("from_code", "to_code", forward="method").join(
        backward.select(from_code="to_code", to_code="from_code", backward="method"), on=("from_code", "to_code")
    )


def _same(codes: list[str]) -> pl.DataFrame:
    import polars as pl

    rows = [(code, code, 1.0, "unchanged") for code in codes]
    schema = {"from_code": pl.String, "to_code": pl.String, "weight": pl.Float64, "method": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _ruled(step: pl.DataFrame, *, exact: bool) -> pl.DataFrame:
    """The methods of the changes of one day."""
    import polars as pl

    # Both at once, or shared out without being said to be split: nothing tells which part went where.
    several = {name: pl.len().over(name) > 1 for name in ("from_code", "to_code")}
    step = step.with_columns(
        is_unclear=(pl.col("split") & pl.col("merge"))
        | (several["from_code"] & ~pl.col("split"))
        | (several["to_code"] & ~pl.col("merge"))
    )
    is_unclear = pl.any_horizontal(pl.col("is_unclear").any().over(name) for name in ("from_code", "to_code"))
    alone = pl.when(pl.lit(exact) | (pl.col("from_code") == pl.col("to_code")))
    alone_method = alone.then(pl.lit("unchanged")).otherwise(pl.lit("best_fit"))

    def told(split: str, merged: str) -> pl.Expr:
        return (
            pl.when(is_unclear)
            .then(pl.lit("not_comparable"))
            .when("split")
            .then(pl.lit(split))
            .when("merge")
            .then(pl.lit(merged))
            .otherwise(alone_method)
        )

    return step.select(
        "from_code", "to_code", forward=told(NEEDS_WEIGHT, "merged"), backward=told("summed_back", NEEDS_WEIGHT)
    )
