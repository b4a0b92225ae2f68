"""A place from a postcode's sector or district: a square around the postcodes that the directory has in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.place.located import as_located
from pipelines.place.ways.postcode_quality import SECTOR_MEAN
from pipelines.specs.locations import PostcodeDistrict, PostcodeSector
from pipelines.specs.postcode_text import OUTCODE, SHAPE, normal, repaired

if TYPE_CHECKING:
    import polars as pl

# The square is centred on the median easting and northing, which a few misplaced postcodes do not move, and holds this
# share of the postcodes; the outlying rest would stretch it over its neighbours.
HELD = 0.95
LEAST_SQUARE_M = 1000
MOST_SQUARE_M = 100_000
_STEP_M = 100
# The square holds `HELD` of the postcodes of today, not of their addresses or of the record's day: our judgement.
SECTOR_CONFIDENCE = 0.8
DISTRICT_CONFIDENCE = 0.7
_SECTOR_TEXT = rf"^{OUTCODE}\s+[0-9]$|^(?:[A-Z]{{1,2}}[0-9][0-9A-Z])[0-9]$"
_OUTCODE_TEXT = rf"^{OUTCODE}$"


def sector_key(postcode: pl.Expr) -> pl.Expr:
    """The sector of a postcode in compact form: `GU14` for GU1 4DY, `GU144` for GU14 4DY."""
    return postcode.str.head(-2)


def outcode_key(postcode: pl.Expr) -> pl.Expr:
    """The outward code of a postcode in compact form."""
    return postcode.str.head(-3)


def squares(directory: pl.DataFrame, key: pl.Expr) -> pl.DataFrame:
    """A square for each area: key, easting, northing, square_m (a whole number of hundreds of metres).

    Args:
        directory: as `read_postcodes` gives it. Postcodes in use now are counted, each once; in an area that has none
            left, those it had. Positions that are themselves a sector's mean say nothing of its extent.
        key: the area of a postcode, from the column `postcode`.
    """
    import polars as pl

    placed = directory.filter(pl.col("easting").is_not_null() & pl.col("quality").ne_missing(SECTOR_MEAN)).select(
        "postcode", "easting", "northing", key=key, is_current=pl.col("terminated").is_null()
    )
    counted = placed.filter(pl.col("is_current") | ~pl.col("is_current").any().over("key"))
    centred = counted.with_columns(
        centre_east=pl.col("easting").median().over("key"), centre_north=pl.col("northing").median().over("key")
    )
    reach = pl.max_horizontal(
        (pl.col("easting") - pl.col("centre_east")).abs(), (pl.col("northing") - pl.col("centre_north")).abs()
    )
    side = (2 * reach.quantile(HELD, "higher") / _STEP_M).ceil() * _STEP_M
    return (
        centred.group_by("key")
        .agg(
            pl.col("centre_east").first().round(3).alias("easting"),
            pl.col("centre_north").first().round(3).alias("northing"),
            side.clip(LEAST_SQUARE_M, MOST_SQUARE_M).cast(pl.Int32).alias("square_m"),
        )
        .sort("key")
    )


def sector_squares(directory: pl.DataFrame) -> pl.DataFrame:
    """`squares` of the sectors."""
    import polars as pl

    return squares(directory, sector_key(pl.col("postcode")))


def district_squares(directory: pl.DataFrame) -> pl.DataFrame:
    """`squares` of the outward codes; and of districts that are only in use with a letter, as EC1 in EC1A and EC1V."""
    import polars as pl

    outcodes = squares(directory, outcode_key(pl.col("postcode")))
    lettered = directory.filter(pl.col("postcode").str.contains(r"^[A-Z]+[0-9][A-Z][0-9][A-Z]{2}$"))
    wide = squares(lettered, outcode_key(pl.col("postcode")).str.head(-1))
    return pl.concat([outcodes, wide.join(outcodes, on="key", how="anti")])


def by_postcode_area(
    distinct: pl.DataFrame,
    way: PostcodeSector | PostcodeDistrict,
    sectors: pl.DataFrame | None,
    districts: pl.DataFrame | None,
) -> pl.DataFrame:
    """Each location of `distinct`, by the sector or else the district that its text names, as a located table.

    The text is a whole postcode, a sector (`GU1 4` or `GU1 4**`: `GU14` is the district), or an outward code.

    Args:
        distinct: the way's column.
        way: which column holds the text.
        sectors: `sector_squares`; None to place by district alone, or where no directory is loaded.
        districts: `district_squares`; None where no directory is loaded.
    """
    import polars as pl

    texts = distinct.select(text=_told(pl.col(way.column)))
    keys = texts["text"].unique().to_frame().with_columns(_keys(pl.col("text")))
    empty = pl.DataFrame(schema={"key": pl.String, "easting": pl.Float64, "northing": pl.Float64, "square_m": pl.Int32})
    for name, areas in (("sector", sectors), ("district", districts)):
        drawn = empty if areas is None else areas
        renamed = drawn.rename({column: f"{name}_{column}" for column in drawn.columns})
        keys = keys.join(renamed, left_on=name, right_on=f"{name}_key", how="left")
    found = texts.join(keys, on="text", how="left", maintain_order="left")
    in_sector, in_district = pl.col("sector_easting").is_not_null(), pl.col("district_easting").is_not_null()
    point = ("easting", "northing", "square_m")
    return as_located(
        found.select(
            *[pl.coalesce(f"sector_{name}", f"district_{name}").alias(name) for name in point],
            place_confidence=pl.when(in_sector).then(SECTOR_CONFIDENCE).when(in_district).then(DISTRICT_CONFIDENCE),
            place_method=pl.when(in_sector).then(pl.lit("postcode_sector"))
            .when(in_district).then(pl.lit("postcode_district"))
            .when(pl.col("text") == "").then(pl.lit("no_location"))
            .when(pl.col("district").is_null()).then(pl.lit("invalid_postcode"))
            .otherwise(pl.lit("unknown_postcode")),
        )
    )  # fmt: skip


def _told(column: pl.Expr) -> pl.Expr:
    """What a text tells, in capitals, without the stars that stand for the rest: `GU1 4**`, `GU1 ***`."""
    return column.fill_null("").str.strip_chars_end("* ").str.strip_chars().str.to_uppercase()


def _keys(text: pl.Expr) -> list[pl.Expr]:
    """The keys of the sector and of the district that a text names; null where it names none."""
    import polars as pl

    compact = normal(text)
    mended = pl.when(~compact.str.contains(SHAPE)).then(text.map_elements(repaired, return_dtype=pl.String))
    whole = pl.coalesce(pl.when(compact.str.contains(SHAPE)).then(compact), mended)
    is_sector, is_outcode = text.str.contains(_SECTOR_TEXT), text.str.contains(_OUTCODE_TEXT)
    outcode = pl.when(is_sector & ~is_outcode).then(compact.str.head(-1)).when(is_outcode).then(compact)
    sector = pl.when(is_sector & ~is_outcode).then(compact)
    return [
        pl.coalesce(sector_key(whole), sector).alias("sector"),
        pl.coalesce(outcode_key(whole), outcode).alias("district"),
    ]
