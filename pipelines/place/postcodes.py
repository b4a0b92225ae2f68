"""The postcode directory: unit postcodes and their mean position, from a publisher's own file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.intake.refusal import Refusal
from pipelines.place.located import as_located
from pipelines.specs.locations import Postcode
from pipelines.specs.problems import nearest
from warehouse.home import whole

if TYPE_CHECKING:
    import polars as pl

# A unit postcode covers some fifteen addresses; its mean position is honest to about a hundred metres in a town.
POSTCODE_SQUARE_M = 100


def normal(column: pl.Expr) -> pl.Expr:
    """A postcode without spaces, in capitals."""
    return column.str.to_uppercase().str.replace_all(r"\s+", "")


def add_postcodes(files: list[Path], directory: Path, postcode: str, easting: str, northing: str) -> int:
    """Make the directory of a home from CSV files with a header; it takes the place of an earlier one.

    Args:
        files: CSV files, UTF-8.
        directory: the Parquet file to write: postcode, easting, northing (metres, EPSG:27700).
        postcode: the column of the postcode.
        easting: the column of the easting in metres.
        northing: the column of the northing in metres.

    Returns:
        How many postcodes the directory holds.

    Raises:
        Refusal: where a file or column is missing, a position is not a number, or a postcode has two positions.
    """
    import polars as pl

    frames = []
    for file in files:
        try:
            frame = pl.read_csv(file, infer_schema=False)
        except (OSError, pl.exceptions.PolarsError) as error:
            raise Refusal("unreadable", f"{file}: not a readable CSV file ({error})") from error
        for name in (postcode, easting, northing):
            if name not in frame.columns:
                raise Refusal("missing_column", f'{file}:1: no column "{name}"{nearest(name, frame.columns)}')
        frames.append(frame.select(postcode=normal(pl.col(postcode)), easting=easting, northing=northing))
    raw = pl.concat(frames)
    table = raw.with_columns(pl.col("easting", "northing").cast(pl.Float64, strict=False)).unique().sort("postcode")
    lost = table.filter(pl.col("easting").is_null() | pl.col("northing").is_null() | pl.col("postcode").is_null())
    if lost.height:
        raise Refusal(
            "bad_value", f'postcode "{lost["postcode"][0]}" has no position that is a number ({lost.height} such rows)'
        )
    if table["postcode"].n_unique() < table.height:
        twice = table.filter(pl.col("postcode").is_duplicated())["postcode"][0]
        raise Refusal("bad_value", f'postcode "{twice}" stands at two positions; give one directory of one date')
    with whole(directory) as draft:
        table.write_parquet(draft)
    return table.height


def read_postcodes(directory: Path) -> pl.DataFrame:
    """The directory as it was loaded."""
    import polars as pl

    return pl.read_parquet(directory)


def by_postcode(distinct: pl.DataFrame, way: Postcode, directory: pl.DataFrame | None) -> pl.DataFrame:
    """Each location of `distinct`, by its postcode in the directory, as a located table."""
    import polars as pl

    wanted = distinct.select(postcode=normal(pl.col(way.column)))
    if directory is None:
        found = wanted.with_columns(easting=pl.lit(None, pl.Float64), northing=pl.lit(None, pl.Float64))
    else:
        found = wanted.join(directory, on="postcode", how="left", maintain_order="left")
    has = pl.col("easting").is_not_null()
    placed = found.select(
        "easting",
        "northing",
        square_m=pl.when(has).then(pl.lit(POSTCODE_SQUARE_M, pl.Int32)),
        place_confidence=pl.when(has).then(pl.lit(1.0)),
        place_method=pl.when(has)
        .then(pl.lit("postcode"))
        .when(pl.col("postcode").fill_null("") == "")
        .then(pl.lit("no_location"))
        .otherwise(pl.lit("unknown_postcode")),
    )
    return as_located(placed)
