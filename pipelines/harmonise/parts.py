"""The rows that the records of a delivery make: wide ones unpivoted, cells split, joined and chosen from."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pipelines.harmonise.faults import INDEX, Faults
from pipelines.read.records import ROW
from pipelines.specs.feeds import Choice, FeedVersion, Join, Split, Unpivot

if TYPE_CHECKING:
    import polars as pl

# Which of the rows that a record makes this is, from 1.
PART = "_part"


def rows_made(frame: pl.DataFrame, version: FeedVersion, faults: Faults) -> pl.DataFrame:
    """Rows of text with `_index`, `_row`, `_part`, the columns that rows are made from, and those made here.

    Args:
        frame: `_row` and text columns, as read.
        version: says what to unpivot, to split, to join and to choose from.
        faults: takes the cells that do not fit the pattern that splits them.
    """
    import polars as pl

    rows = _unpivoted(frame, version.unpivot) if version.unpivot else frame.with_columns(_part(1))
    rows = rows.with_row_index(INDEX)
    for split in version.split:
        rows = _split(rows, split, faults)
    for join in version.join:
        rows = rows.with_columns(_joined(join))
    for choice in version.choose:
        rows = rows.with_columns(_chosen(choice))
    return rows.select(INDEX, ROW, PART, *(pl.col(name) for name in version.used_columns() if name in rows.columns))


def _part(number: int) -> pl.Expr:
    import polars as pl

    return pl.lit(number, pl.UInt16).alias(PART)


def _unpivoted(frame: pl.DataFrame, unpivot: Unpivot) -> pl.DataFrame:
    """A row for each cell of the wide columns, in the order of the file and of its columns."""
    import polars as pl

    header = [name for name in frame.columns if name != ROW]
    wide = unpivot.takes(header)
    kept = [name for name in frame.columns if name not in wide]
    heading = "\x00heading"
    long = frame.unpivot(on=wide, index=kept, variable_name=heading, value_name=unpivot.value)
    order = pl.Enum(wide)
    long = long.with_columns((pl.col(heading).cast(order).to_physical() + 1).cast(pl.UInt16).alias(PART))
    for name, said in _said(unpivot, wide).items():
        long = long.with_columns(pl.col(heading).replace_strict(said, return_dtype=pl.String).alias(name))
    if unpivot.empty == "left_out":
        long = long.filter(pl.col(unpivot.value).is_not_null())
    return long.drop(heading).sort(ROW, PART)


def _said(unpivot: Unpivot, wide: list[str]) -> dict[str, dict[str, str | None]]:
    """New column to what each heading says in it."""
    said: dict[str, dict[str, str | None]] = {unpivot.name: {name: name for name in wide}} if unpivot.name else {}
    if unpivot.match is not None:
        found = {name: re.fullmatch(unpivot.match, name) for name in wide}
        for group in re.compile(unpivot.match).groupindex:
            said[group] = {name: match.group(group) for name, match in found.items() if match}
    return said


def _split(rows: pl.DataFrame, split: Split, faults: Faults) -> pl.DataFrame:
    """The columns that the named groups of a split make; a cell that does not fit is a fault of its row."""
    import polars as pl

    groups = list(re.compile(split.match).groupindex)
    texts = rows[split.column].str.strip_chars().replace("", None)
    distinct = texts.drop_nulls().unique().to_list()
    found = {text: re.fullmatch(split.match, text) for text in distinct}
    unfit = [text for text, match in found.items() if match is None]
    message = "does not fit the pattern that splits it"
    faults.add(rows.select(INDEX).filter(texts.is_in(unfit)), "unsplit_value", split.column, message)
    fit = [(text, *(match.group(group) or None for group in groups)) for text, match in found.items() if match]
    table = pl.DataFrame(fit, schema=dict.fromkeys(["\x00text", *groups], pl.String), orient="row")
    made = pl.DataFrame({"\x00text": texts}).join(table, on="\x00text", how="left", maintain_order="left")
    return rows.with_columns(made.select(groups))


def _joined(join: Join) -> pl.Expr:
    """The texts of several columns in one, without the blanks around them; empty where all are."""
    import polars as pl

    texts = [pl.col(column).str.strip_chars().replace("", None) for column in join.columns]
    text = pl.concat_str([one.fill_null("") for one in texts], separator=join.between)
    return pl.when(pl.any_horizontal(one.is_not_null() for one in texts)).then(text).alias(join.name)


def _chosen(choice: Choice) -> pl.Expr:
    """The cell of the column that another column's text names; empty where that says something else."""
    import polars as pl

    said = pl.col(choice.by).str.strip_chars()
    cells = [pl.when(said == text).then(pl.col(column)) for text, column in choice.from_.items()]
    return pl.coalesce(cells).alias(choice.name)
