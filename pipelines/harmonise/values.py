"""Text to values, by the spec's declarations alone: date formats, code maps. A value is read whole or not at all."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from pipelines.harmonise.faults import INDEX, Faults
from pipelines.specs.load import CodeTable
from pipelines.specs.models import Column, DatasetField, Sensitivity

if TYPE_CHECKING:
    import polars as pl

IGNORED = "_ignored"


def cleaned(column: str, missing: tuple[str, ...] = ()) -> pl.Expr:
    """A column without blanks around its values; what means no value becomes null."""
    import polars as pl

    text = pl.col(column).str.strip_chars()
    return pl.when(text.is_in(["", *missing])).then(None).otherwise(text)


def parse_moments(texts: pl.Series, format_: str) -> pl.DataFrame:
    """First and last moment (to the second, inclusive) that each text of a column stands for.

    A month stands for all of it, a day for all of it, a minute for its 60 seconds. Null where a text does not fit.

    Args:
        texts: text values.
        format_: strptime format; it names at least year and month.
    """
    import polars as pl

    distinct = texts.drop_nulls().unique()
    format_ = format_.replace("%T", "%H:%M:%S").replace("%R", "%H:%M")
    has_day = "%d" in format_ or "%j" in format_
    whole, whole_format = (distinct, format_) if has_day else (distinct + " 01", f"{format_} %d")
    clock = any(code in format_ for code in ("%H", "%I"))
    if clock and "%M" not in format_:
        whole, whole_format = whole + " 00", f"{whole_format} %M"
    if clock:
        start = whole.str.to_datetime(whole_format, strict=False, time_unit="us")
    else:
        start = whole.str.to_date(whole_format, strict=False).cast(pl.Datetime("us"))
    step = "1s" if "%S" in format_ else "1m" if "%M" in format_ else "1h" if clock else "1d" if has_day else "1mo"
    # A year written short would be taken for one of the first centuries.
    start = start.set(start.dt.year() < 1000, None)
    table = pl.DataFrame({"text": distinct, "first": start}).with_columns(
        last=pl.col("first").dt.offset_by(step).dt.offset_by("-1s")
    )
    return (
        pl.DataFrame({"text": texts}).join(table, on="text", how="left", maintain_order="left").select("first", "last")
    )


def moments(frame: pl.DataFrame, header: str, column: Column, field: DatasetField, faults: Faults) -> list[pl.Series]:
    """The columns of a date (one) or interval (two: from, to); texts that do not fit become faults."""
    import polars as pl

    text = frame.select(cleaned(header, column.missing)).to_series()
    parsed = parse_moments(text, column.date or "")
    bad = frame.select(INDEX, header).filter(text.is_not_null() & parsed["first"].is_null())
    message = f'not a date as the spec declares it ("{column.date}")'
    faults.add(bad, "bad_value", header, message, header if field.sensitivity is Sensitivity.PLAIN else None)
    if field.type == "date":
        return [parsed["first"].cast(pl.Date).alias(column.field)]
    return [parsed["first"].alias(f"{column.field}_from"), parsed["last"].alias(f"{column.field}_to")]


def numbers(frame: pl.DataFrame, header: str, column: Column, field: DatasetField, faults: Faults) -> pl.Series:
    """A column of numbers; texts that are not one become faults."""
    import polars as pl

    text = frame.select(cleaned(header, column.missing)).to_series()
    value = text.cast(pl.Int64 if field.type == "integer" else pl.Float64, strict=False)
    value = value if field.type == "integer" else value.set(~value.is_finite().fill_null(True), None)
    bad = frame.select(INDEX, header).filter(text.is_not_null() & value.is_null())
    kind = "a whole number" if field.type == "integer" else "a number"
    faults.add(bad, "bad_value", header, f"not {kind}", header if field.sensitivity is Sensitivity.PLAIN else None)
    return value.alias(column.field)


def codes(
    frame: pl.DataFrame,
    header: str,
    column: Column,
    field: DatasetField,
    table: CodeTable,
    on: pl.Series,
    faults: Faults,
) -> tuple[pl.Series, pl.Series]:
    """A column of shared codes, and which rows carry a code that is left out on purpose.

    Args:
        frame: text columns and `_index`.
        header: the partner's column.
        column: how it is declared.
        field: the field it fills.
        table: the partner's code map.
        on: for each row the first day of its reporting period, by which map entries are valid.
        faults: takes the codes that no entry maps.
    """
    import polars as pl

    entries = pl.DataFrame(
        [
            (entry.raw.strip(), entry.code, entry.action == "ignore", entry.valid_from, entry.valid_to)
            for entry in table.entries
        ],
        schema={"raw": pl.String, "code": pl.String, "ignore": pl.Boolean, "from": pl.Date, "to": pl.Date},
        orient="row",
    )
    text = frame.select(cleaned(header, column.missing)).to_series()
    wanted = pl.DataFrame({"raw": text, "on": on})
    valid = (pl.col("from").fill_null(date.min) <= pl.col("on")) & (pl.col("on") <= pl.col("to").fill_null(date.max))
    mapped = wanted.unique().join(entries, on="raw", how="inner").filter(valid).select("raw", "on", "code", "ignore")
    found = wanted.join(mapped, on=["raw", "on"], how="left", maintain_order="left")
    unknown = frame.select(INDEX, header).filter(text.is_not_null() & found["ignore"].is_null())
    message = f"no entry of codes/{table.path.name} maps this code in this period"
    faults.add(unknown, "unmapped_code", header, message, header if field.sensitivity is Sensitivity.PLAIN else None)
    return found["code"].alias(column.field), found["ignore"].fill_null(False).alias(IGNORED)
