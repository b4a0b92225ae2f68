"""The Pandera schema of a typed row, built from the dataset's contract. It owns the shape of a row, nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.specs.models import Dataset, DatasetField

if TYPE_CHECKING:
    import pandera.polars as pa
    import polars as pl


def stored_columns(dataset: Dataset) -> dict[str, DatasetField]:
    """Column to field of all that is stored: an interval becomes two columns, an identifier one only as a pseudonym."""
    columns: dict[str, DatasetField] = {}
    for name, field in dataset.fields.items():
        if not field.is_stored:
            continue
        if field.type == "interval":
            columns[f"{name}_from"] = columns[f"{name}_to"] = field
        else:
            columns[name] = field
    return columns


def polars_type(field: DatasetField) -> pl.DataType:
    """The polars type of a stored field."""
    import polars as pl

    types: dict[str, pl.DataType] = {
        "text": pl.String(),
        "free_text": pl.String(),
        "code": pl.String(),
        "interval": pl.Datetime("us"),
        "date": pl.Date(),
        "integer": pl.Int64(),
        "number": pl.Float64(),
    }
    return types[field.type]


def row_schema(dataset: Dataset, codes: dict[str, list[str]]) -> pa.DataFrameSchema:
    """The schema of a dataset's typed rows.

    Args:
        dataset: the contract.
        codes: the codes of each code list the dataset names.
    """
    import pandera.polars as pa

    columns = {}
    for name, field in stored_columns(dataset).items():
        checks = []
        if field.min is not None:
            checks.append(pa.Check.ge(field.min))
        if field.max is not None:
            checks.append(pa.Check.le(field.max))
        if field.pattern is not None:
            checks.append(pa.Check.str_matches(f"^(?:{field.pattern})$"))
        if field.list is not None:
            checks.append(pa.Check.isin(codes[field.list]))
        columns[name] = pa.Column(polars_type(field), checks=checks, nullable=not field.required)
    return pa.DataFrameSchema(columns, strict=False)


def failures(frame: pl.DataFrame, schema: pa.DataFrameSchema) -> pl.DataFrame:
    """The rows of a typed frame that break its schema: `index` (row of the frame, from 0), `field`, `check`.

    Raises:
        TypeError: where a column is missing or of another type, which is a fault of the program, not of the data.
    """
    import pandera.polars as pa
    import polars as pl

    none = pl.DataFrame(schema={"index": pl.UInt32, "field": pl.String, "check": pl.String})
    try:
        schema.validate(frame, lazy=True)
    except pa.errors.SchemaErrors as error:
        cases = error.failure_cases
        whole = cases.filter(pl.col("index").is_null())
        if whole.height:
            raise TypeError(f"typed frame does not fit its schema: {whole.to_dicts()[:3]}") from error
        found: pl.DataFrame = cases.select(pl.col("index").cast(pl.UInt32), field="column", check="check")
        return found
    return none
