"""A place from a postcode: from the life of it that was in force on the day of the record."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.place.located import DAY, as_located
from pipelines.place.ways.postcode_quality import EITHER_OF_TWO, LATER, NOT_SAID, QUALITIES, REPAIRED, TERMINATED
from pipelines.specs.locations import Postcode
from pipelines.specs.postcode_text import SHAPE, normal, repaired

if TYPE_CHECKING:
    import polars as pl

# How a life of a postcode stands to the day of a record, the better first; as a place method.
IN_FORCE, ENDED, NOT_YET = range(3)
_METHODS = {IN_FORCE: "postcode", ENDED: "postcode_terminated", NOT_YET: "postcode_later"}
_FACTORS = {IN_FORCE: 1.0, ENDED: TERMINATED, NOT_YET: LATER}


def directory_schema() -> dict[str, Any]:
    """The columns of a postcode directory and their types; `postcode_directory` says what they hold."""
    import polars as pl

    return {
        "postcode": pl.String,
        **dict.fromkeys(("easting", "northing"), pl.Float64),
        **dict.fromkeys(("introduced", "terminated"), pl.Date),
        "quality": pl.UInt8,
        "square_m": pl.Int32,
        "is_outside_cover": pl.Boolean,
        "source": pl.String,
    }


def read_postcodes(directory: Path) -> pl.DataFrame:
    """The directory as it was loaded."""
    import polars as pl

    return as_directory(pl.read_parquet(directory))


def as_directory(frame: pl.DataFrame) -> pl.DataFrame:
    """A directory with all columns of `directory_schema`: one that was loaded before there were dates has none."""
    import polars as pl

    whole = frame.select(
        (pl.col(name) if name in frame.columns else pl.lit(None)).cast(kind).alias(name)
        for name, kind in directory_schema().items()
    )
    return whole.with_columns(pl.col("square_m").fill_null(NOT_SAID.square_m))


def by_postcode(distinct: pl.DataFrame, way: Postcode, directory: pl.DataFrame | None) -> pl.DataFrame:
    """Each location of `distinct`, by its postcode on its day, as a located table.

    Of a postcode's lives the one in force in the month of the day is taken; else the last that had ended by then; else
    the first that began after. Where no day is known, the one in use now, or the last. The months of both ends count.

    Args:
        distinct: the way's column, and the column `DAY` if days are known.
        way: which column holds the postcode.
        directory: as `read_postcodes` gives it; None where none is loaded.
    """
    import polars as pl

    day = pl.col(DAY) if DAY in distinct.columns else pl.lit(None, pl.Date)
    texts = distinct.select(text=normal(pl.col(way.column)).fill_null(""), day=day).with_row_index("n")
    lives = as_directory(pl.DataFrame(schema=directory_schema()) if directory is None else directory)
    read = texts.join(_readings(texts["text"].unique(), lives), on="text", how="left", maintain_order="left")
    found = _best_lives(read.drop_nulls("postcode"), lives)
    table = read.join(found, on="n", how="left", maintain_order="left")
    has = pl.col("easting").is_not_null()
    placed = table.select(
        "easting",
        "northing",
        square_m=pl.when(has).then("square_m"),
        place_confidence=pl.when(has).then(_confidence().round(3)),
        place_method=pl.when(pl.col("text") == "").then(pl.lit("no_location"))
        .when(~pl.col("is_readable")).then(pl.lit("invalid_postcode"))
        .when(pl.col("standing").is_null()).then(pl.lit("unknown_postcode"))
        .when(~has & pl.col("is_outside_cover").fill_null(False)).then(pl.lit("outside_cover"))
        .when(~has).then(pl.lit("postcode_without_position"))
        .otherwise(pl.col("standing").replace_strict(_METHODS, return_dtype=pl.String)),
        place_issue=pl.when(has & pl.col("is_repaired")).then(pl.lit("postcode_repaired")),
    )  # fmt: skip
    return as_located(placed)


def _readings(texts: pl.Series, lives: pl.DataFrame) -> pl.DataFrame:
    """What each text means: text, postcode (null where the directory has none), is_repaired, is_readable."""
    import polars as pl

    given = texts.to_frame("text").with_columns(postcode=pl.col("text"))
    exact = given.join(lives, on="postcode", how="semi")
    rest = given.join(exact, on="text", how="anti")["text"].to_list()
    mended = pl.DataFrame([(text, repaired(text)) for text in rest], schema=exact.schema, orient="row")
    found = mended.drop_nulls().join(lives, on="postcode", how="semi")
    lost = mended.join(found, on="text", how="anti")
    is_shaped = pl.col("text").str.contains(SHAPE) | pl.col("postcode").is_not_null()
    return pl.concat(
        [
            exact.with_columns(is_repaired=pl.lit(False), is_readable=pl.lit(True)),
            found.with_columns(is_repaired=pl.lit(True), is_readable=pl.lit(True)),
            lost.with_columns(is_repaired=pl.lit(False), is_readable=is_shaped, postcode=pl.lit(None, pl.String)),
        ]
    )


def _best_lives(wanted: pl.DataFrame, lives: pl.DataFrame) -> pl.DataFrame:
    """For each location the life its day is of: n, the directory's columns, how it stands, and whether it is in doubt.

    Args:
        wanted: n, postcode and day.
        lives: the directory.
    """
    import polars as pl

    month = pl.col("day").dt.truncate("1mo")
    known = lives.join(wanted, on="postcode", how="semi")
    told = wanted.select("n", "postcode", "day").join(known, on="postcode", how="inner")
    standing = (
        pl.when(month > pl.col("terminated")).then(ENDED)
        .when(month < pl.col("introduced")).then(NOT_YET)
        .otherwise(IN_FORCE)
    )  # fmt: skip
    # Among those in force in one month, the later; of two with the same dates, one with a position.
    told = told.with_columns(
        standing=standing,
        begins=pl.col("introduced").dt.epoch("d").fill_null(-1_000_000),
        ends=pl.col("terminated").dt.epoch("d").fill_null(1_000_000),
        is_in_doubt=pl.col("day").is_null() & _stood_elsewhere(),
    )
    nearest = (
        pl.when(pl.col("day").is_null()).then(-pl.col("ends"))
        .when(pl.col("standing") == ENDED).then(-pl.col("ends"))
        .when(pl.col("standing") == NOT_YET).then(pl.col("begins"))
        .otherwise(0)
    )  # fmt: skip
    ranked = told.sort(
        "n", "standing", nearest, pl.col("easting").is_null(), -pl.col("begins"), -pl.col("ends"), maintain_order=True
    )
    return ranked.unique("n", keep="first", maintain_order=True).drop("postcode", "day", "begins", "ends")


def _stood_elsewhere() -> pl.Expr:
    """Whether the lives of a postcode have more than one position."""
    import polars as pl

    return pl.any_horizontal(pl.col(name).min().over("n") < pl.col(name).max().over("n") for name in _POINT)


_POINT = ("easting", "northing")


def _confidence() -> pl.Expr:
    import polars as pl

    by_quality = {quality: each.confidence for quality, each in QUALITIES.items()}
    base = pl.col("quality").replace_strict(by_quality, default=NOT_SAID.confidence, return_dtype=pl.Float64)
    standing = pl.col("standing").replace_strict(_FACTORS, return_dtype=pl.Float64)
    doubt = pl.when("is_in_doubt").then(EITHER_OF_TWO).otherwise(1.0)
    return base * standing * doubt * pl.when("is_repaired").then(REPAIRED).otherwise(1.0)
