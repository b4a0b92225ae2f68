"""Text to values, by the spec's declarations alone: date formats, code maps. A value is read whole or not at all."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

from pipelines.harmonise.code_maps import IGNORED_TEXT, decide, faults_of
from pipelines.harmonise.faults import INDEX, Faults
from pipelines.specs.feeds import Column
from pipelines.specs.load import CodeTable
from pipelines.specs.models import DatasetField, Sensitivity
from pipelines.specs.moments import parse_moments

if TYPE_CHECKING:
    import polars as pl

IGNORED = "_ignored"
# The field of a dataset that says what stands in place of a number.
SYMBOL = "symbol"


def cleaned(column: str, missing: tuple[str, ...] = ()) -> pl.Expr:
    """A column without blanks around its values; what means no value becomes null."""
    import polars as pl

    text = pl.col(column).str.strip_chars()
    return pl.when(text.is_in(["", *missing])).then(None).otherwise(text)


def moments(frame: pl.DataFrame, header: str, column: Column, field: DatasetField, faults: Faults) -> list[pl.Series]:
    """The columns of a date (one) or interval (two: from, to); texts that do not fit become faults."""
    import polars as pl

    text = frame.select(cleaned(header, column.missing)).to_series()
    parsed = parse_moments(text, column.date or "", column.years_from)
    shown = header if field.sensitivity is Sensitivity.PLAIN else None
    bad = frame.select(INDEX, header).filter(text.is_not_null() & parsed["first"].is_null())
    faults.add(bad, "bad_value", header, f'not a date as the spec declares it ("{column.date}")', shown)
    skipped = frame.select(INDEX, header).filter((parsed["clash"] == "skipped").fill_null(False))
    faults.add(skipped, "skipped_hour", header, "a time no clock showed: summer time began in that hour", shown)
    repeated = int((parsed["clash"] == "repeated").sum())
    if repeated:
        message = f"{repeated:,} times in the hour that the end of summer time repeats are kept as written"
        faults.note("repeated_hour", message, header)
    if field.type == "date":
        return [parsed["first"].cast(pl.Date).alias(column.field)]
    return [parsed["first"].alias(f"{column.field}_from"), parsed["last"].alias(f"{column.field}_to")]


def numbers(frame: pl.DataFrame, header: str, column: Column, field: DatasetField, faults: Faults) -> list[pl.Series]:
    """A column of numbers; texts that are not one become faults.

    Where the spec declares symbols, also the column `symbol`: the code of what stands in place of a number.
    """
    import polars as pl

    text = frame.select(cleaned(header, column.missing)).to_series()
    if "" in column.symbols:
        text = text.fill_null("")
    is_symbol = text.is_in(list(column.symbols)).fill_null(False)
    figure = _plain_number(text.set(is_symbol, None), column)
    value = figure.cast(pl.Int64 if field.type == "integer" else pl.Float64, strict=False)
    value = value if field.type == "integer" else value.set(~value.is_finite().fill_null(True), None)
    bad = frame.select(INDEX, header).filter(text.is_not_null() & ~is_symbol & value.is_null())
    kind = "a whole number" if field.type == "integer" else "a number"
    told = f"not {kind}, nor a symbol that the spec declares" if column.symbols else f"not {kind}"
    faults.add(bad, "bad_value", header, told, header if field.sensitivity is Sensitivity.PLAIN else None)
    if not column.symbols:
        return [value.alias(column.field)]
    if is_symbol.any():
        counts = text.filter(is_symbol).value_counts(sort=True).iter_rows()
        listed = ", ".join(f'{count:,} "{symbol}" ({column.symbols[symbol]})' for symbol, count in counts)
        faults.note("symbol", f"kept as statuses, not as numbers: {listed}", header)
    symbol = text.replace_strict(column.symbols, default=None, return_dtype=pl.String)
    return [value.alias(column.field), symbol.alias(SYMBOL)]


def _plain_number(text: pl.Series, column: Column) -> pl.Series:
    """Numbers without the marks that group their digits, and with a point; null where those are out of place."""
    if not column.thousands and column.decimal == ".":
        return text
    group, point = re.escape(column.thousands), re.escape(column.decimal)
    whole = rf"\d{{1,3}}(?:{group}\d{{3}})+|\d+" if column.thousands else r"\d+"
    fits = text.str.contains(rf"^[+-]?(?:{whole})(?:{point}\d+)?$").fill_null(False)
    plain = text.str.replace_all(column.thousands, "", literal=True) if column.thousands else text
    return plain.str.replace(column.decimal, ".", literal=True).set(~fits, None)


def codes(
    frame: pl.DataFrame,
    header: str,
    column: Column,
    field: DatasetField,
    table: CodeTable,
    on: pl.Series,
    faults: Faults,
    ends: Mapping[str, date] | None = None,
) -> tuple[pl.Series, pl.Series]:
    """A column of shared codes, and which rows carry a code that is left out on purpose.

    Args:
        frame: text columns and `_index`.
        header: the partner's column.
        column: how it is declared.
        field: the field it fills.
        table: the partner's code map.
        on: for each row the first day of its reporting period, by which map entries are valid.
        faults: takes the texts that the map makes neither a code nor left out of, with why.
        ends: the last day of each shared code that has one.
    """
    ends = ends or {}
    decided = decide(frame.select(cleaned(header, column.missing)).to_series(), on, table, ends)
    shown = header if field.sensitivity is Sensitivity.PLAIN else None
    for fault in faults_of(decided, table, ends):
        faults.add(frame.select(INDEX, header).filter(fault.rows), fault.issue_type, header, fault.message, shown)
    return decided["code"].alias(column.field), (decided["end"] == IGNORED_TEXT).fill_null(False).alias(IGNORED)
