"""A publisher's lookup file: which areas of one set became, or lie in, which of another, and what that makes exact.

The Office for National Statistics marks each pair with a change: U unchanged, M merged, S split, X irregular, which is
not like for like. Other files only pair codes; then how often each code stands in the file says what it is.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.intake.refusal import Refusal
from pipelines.place.directories.publisher_files import publisher_files
from pipelines.specs.problems import nearest

if TYPE_CHECKING:
    import polars as pl

# The pair needs a weight that the file does not give. In a lookup it is not comparable until one is worked out.
NEEDS_WEIGHT = "needs_weight"
# Change flag to the methods forward and backward, and whether the from-area and the to-area stand in one pair only.
FLAGS = {
    "U": ("unchanged", "unchanged", True, True),
    "M": ("merged", NEEDS_WEIGHT, True, False),
    "S": (NEEDS_WEIGHT, "summed_back", False, True),
    "X": ("not_comparable", "not_comparable", False, False),
}


def read_fields(path: Path, fields: dict[str, str]) -> tuple[pl.DataFrame, str]:
    """Fields of a publisher's CSV file, under our names, as text without outer blanks, and `line`; a blank is null.

    Args:
        path: a CSV file with a header, or a ZIP archive that holds one.
        fields: our name to the file's.

    Returns:
        The table, and what the file is called when something is wrong with it.

    Raises:
        Refusal: for a file that cannot be read, an archive of several, a missing field, a header alone.
    """
    import duckdb
    import polars as pl

    with publisher_files([path]) as files:
        if len(files) > 1:
            raise Refusal("unreadable", f"{path}: holds {len(files)} CSV files; unpack it and give the one meant")
        file = files[0]
        header = [name.strip() for name in file.first_record()]
        for wanted in fields.values():
            if wanted not in header:
                raise Refusal(
                    "missing_column",
                    f'{file.shown}:1: no field "{wanted}"{nearest(wanted, header)}; it has {", ".join(header)}',
                )
        columns = [f"c{index}" for index in range(len(header))]
        with duckdb.connect() as connection:
            table = file.read(connection, columns, "*", header=True)
    if table.is_empty():
        raise Refusal("empty_file", f"{file.shown}: holds a header and no records")
    picked = table.select(
        pl.col(columns[header.index(theirs)]).str.strip_chars().replace("", None).alias(ours)
        for ours, theirs in fields.items()
    )
    return picked.with_row_index("line", offset=2), file.shown


def read_pairs(
    path: Path, from_field: str, to_field: str, change: str | None, *, finer: bool
) -> tuple[pl.DataFrame, str]:
    """The pairs of a lookup file: line, from_code, to_code and, with `change`, change.

    Args:
        path: as for `read_fields`.
        from_field: the field that holds the from-areas' codes.
        to_field: the field that holds the to-areas' codes.
        change: the field that holds the change flags, if it has one.
        finer: whether its records are of smaller areas than those two, so that a pair stands in it many times.

    Raises:
        Refusal: as `read_fields`; a record without a code; a pair given twice, unless `finer`.
    """
    import polars as pl

    fields = {"from_code": from_field, "to_code": to_field, **({"change": change} if change else {})}
    pairs, shown = read_fields(path, fields)
    for name, theirs in fields.items():
        lost = pairs.filter(pl.col(name).is_null())
        if lost.height:
            raise Refusal("bad_value", f'{shown}:{lost["line"][0]}: no "{theirs}"; complete the record or take it out')
    again = pairs.filter(pl.struct("from_code", "to_code").is_duplicated()).sort("from_code", "to_code", "line")
    if again.height and not finer:
        first, second = again.head(2).rows(named=True)
        raise Refusal(
            "bad_value",
            f"{shown}:{second['line']}: {second['from_code']} to {second['to_code']} also stands in line "
            f"{first['line']}; take one out, or say --finer if its records are of smaller areas than these",
        )
    return pairs.unique(["from_code", "to_code"], keep="first", maintain_order=True), shown


def judged(pairs: pl.DataFrame, shown: str, *, exact: bool) -> pl.DataFrame:
    """The methods of each pair, forward and backward: `needs_weight` where the file makes it no weight.

    Args:
        pairs: of `read_pairs`, all of the file.
        shown: what the file is called.
        exact: whether the file pairs whole areas, as a reorganisation of councils does, and is not a best fit.

    Raises:
        Refusal: for an unknown flag, or one that the other pairs of the file contradict: a file cut short.
    """
    return _by_flag(pairs, shown) if "change" in pairs.columns else _by_number(pairs, exact=exact)


def _by_flag(pairs: pl.DataFrame, shown: str) -> pl.DataFrame:
    import polars as pl

    unknown = pairs.filter(~pl.col("change").is_in(list(FLAGS)))
    if unknown.height:
        line, flag = unknown.select("line", "change").row(0)
        raise Refusal(
            "bad_value", f'{shown}:{line}: change "{flag}" is none of U unchanged, M merged, S split, X irregular'
        )
    counted = pairs.with_columns(_alone("from_code"), _alone("to_code"))
    for flag, (_, _, from_alone, to_alone) in FLAGS.items():
        if flag == "X":
            continue
        agrees = (pl.col("from_alone") == from_alone) & (pl.col("to_alone") == to_alone)
        wrong = counted.filter(pl.col("change") == flag, ~agrees)
        if wrong.height:
            row = wrong.row(0, named=True)
            raise Refusal(
                "bad_value",
                f"{shown}:{row['line']}: {row['from_code']} to {row['to_code']} is marked {flag}, and the other pairs "
                "of the two areas do not agree; the file may have been cut short: get it again from its publisher",
            )
    return counted.select(
        "from_code",
        "to_code",
        forward=pl.col("change").replace_strict({flag: rule[0] for flag, rule in FLAGS.items()}),
        backward=pl.col("change").replace_strict({flag: rule[1] for flag, rule in FLAGS.items()}),
    )


def _by_number(pairs: pl.DataFrame, *, exact: bool) -> pl.DataFrame:
    import polars as pl

    counted = pairs.with_columns(_alone("from_code"), _alone("to_code"))
    is_same = pl.col("from_alone") & pl.col("to_alone") & (exact | (pl.col("from_code") == pl.col("to_code")))
    merged, summed = (pl.lit(name if exact else "best_fit") for name in ("merged", "summed_back"))
    return counted.select(
        "from_code",
        "to_code",
        forward=pl.when(is_same)
        .then(pl.lit("unchanged"))
        .when("from_alone")
        .then(merged)
        .otherwise(pl.lit(NEEDS_WEIGHT)),
        backward=pl.when(is_same)
        .then(pl.lit("unchanged"))
        .when("to_alone")
        .then(summed)
        .otherwise(pl.lit(NEEDS_WEIGHT)),
    )


def _alone(code: str) -> pl.Expr:
    """Whether a code stands in one pair only."""
    import polars as pl

    return (pl.len().over(code) == 1).alias(f"{code.removesuffix('_code')}_alone")
