"""The postcode directory of a home, made from publishers' files: whole, or not at all.

`postcodes.parquet` has a row for each life of a postcode, from the month it was introduced to the month it was
terminated, in order of both: postcode (compact), easting and northing (metres, EPSG:27700; null where it has none),
introduced and terminated (the first of the month; null where not known, and where it has not ended), quality (the
positional quality indicator, 1 to 9), square_m, is_outside_cover, and source (the layout it came in).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.intake.refusal import Refusal
from pipelines.place.directories.postcode_files import line_of, read_file, recognised
from pipelines.place.directories.postcode_layouts import Layout, Named
from pipelines.place.directories.publisher_files import PublisherFile, publisher_files
from pipelines.place.ways.postcode_areas import sector_key, sector_squares
from pipelines.place.ways.postcode_quality import NOT_SAID, QUALITIES, SECTOR_MEAN
from warehouse.home import whole

if TYPE_CHECKING:
    import polars as pl

# A new edition of a directory grows by a few postcodes in a thousand: one this much smaller is another, or cut short.
LEAST_KEPT = 0.9
_LARGE_BYTES = 200_000_000
DIRECTORY_COLUMNS = (
    "postcode", "easting", "northing", "introduced", "terminated", "quality", "square_m", "is_outside_cover", "source",
)  # fmt: skip
Say = Callable[[str], None]


@dataclass(frozen=True)
class AddedPostcodes:
    """What a directory holds: postcodes, and of them those ended, used again at another time, and without a place."""

    postcodes: int
    lives: int
    terminated: int
    reused: int
    without_position: int
    outside_cover: int
    first_introduced: date | None
    last_change: date | None
    layouts: tuple[str, ...]
    files_left_out: tuple[str, ...]
    before: int | None

    def lines(self) -> list[str]:
        """What it says to a person."""
        span = f", introduced from {self.first_introduced:%Y-%m}" if self.first_introduced else ", without dates"
        until = f", last change {self.last_change:%Y-%m}" if self.last_change else ""
        told = [f"{self.postcodes:,} postcodes ({', '.join(self.layouts)}){span}{until}"]
        told.append(
            f"{self.terminated:,} terminated, {self.reused:,} used again, {self.without_position:,} without a position"
            f", {self.outside_cover:,} outside the cover of the National Grid"
        )
        if self.before is not None:
            told.append(f"takes the place of a directory of {self.before:,} postcodes")
        if self.files_left_out:
            told.append(f"left out of the archives: {len(self.files_left_out)} files that are no postcode directory")
        return told


def add_postcodes(
    files: list[Path],
    directory: Path,
    named: Named | None = None,
    *,
    accept_fewer: bool = False,
    say: Say | None = None,
) -> AddedPostcodes:
    """Make the directory of a home from publishers' files; it takes the place of an earlier one.

    Args:
        files: CSV files in UTF-8 in a layout of `postcode_layouts`, or ZIP archives of them.
        directory: the Parquet file to write.
        named: columns that a person named.
        accept_fewer: take a directory with under 90 % of the postcodes of the one in place.
        say: told of each file as it is read.

    Raises:
        Refusal: for a file that is cut short, in no known layout, or says something that cannot be read, with its line;
            for a postcode at two positions at one time; for far fewer postcodes than there were.
    """
    import duckdb
    import polars as pl

    with publisher_files(files) as found, duckdb.connect() as connection:
        taken, left_out = recognised(found, named or Named())
        frames = []
        for index, (file, layout) in enumerate(taken):
            if say and file.path.stat().st_size > _LARGE_BYTES:
                say(f"{file.shown}: a large file, which takes a minute or two to read")
            frame = read_file(connection, file, layout)
            if say:
                say(f"{file.shown}: {frame.height:,} records ({layout.name})")
            frames.append(frame.with_columns(file=pl.lit(index, pl.UInt16)))
        lives = _lives(pl.concat(frames))
        if not lives.height:
            raise Refusal("empty_file", f"{files[0]}: holds no postcodes")
        _only_one_position(lives, taken)
    table = _with_squares(lives).sort("postcode", "introduced", "terminated", nulls_last=[False, False, True])
    before = _count_before(directory)
    added = _told(table, taken, left_out, before)
    if before and added.postcodes < LEAST_KEPT * before and not accept_fewer:
        raise Refusal(
            "revision_halved",
            f"{files[0]}: {added.postcodes:,} postcodes, where the directory in place has {before:,}; if that is "
            "right, give --accept-fewer",
        )
    with whole(directory) as draft:
        table.write_parquet(draft)
    return added


def _lives(records: pl.DataFrame) -> pl.DataFrame:
    """The records as lives of postcodes: each once, a split postcode as its first part, which has most addresses.

    National Records of Scotland takes part A for the whole postcode in its own products.
    """
    import polars as pl

    if records["postcode"].n_unique() == records.height:
        return records
    first = pl.col("part").is_null() | (pl.col("part") == pl.col("part").min().over("postcode"))
    said = [name for name in records.columns if name not in ("file", "record", "part", "source")]
    has_parts = records["part"].null_count() < records.height
    return (records.filter(first) if has_parts else records).unique(said, keep="first", maintain_order=True)


def _only_one_position(lives: pl.DataFrame, taken: list[tuple[PublisherFile, Layout]]) -> None:
    """A postcode that stands at two positions in the same months is refused with its line."""
    import polars as pl

    twice = lives.filter(pl.col("postcode").is_duplicated() & pl.col("easting").is_not_null()).with_row_index("n")
    pairs = twice.join(twice, on="postcode", suffix="_other").filter(pl.col("n") < pl.col("n_other"))
    elsewhere = pl.any_horizontal(pl.col(name) != pl.col(f"{name}_other") for name in ("easting", "northing"))
    # A life without dates is one that always was. Two may meet in a month, for only the month is known.
    starts = pl.max_horizontal(pl.col(each).fill_null(date.min) for each in ("introduced", "introduced_other"))
    ends = pl.min_horizontal(pl.col(each).fill_null(date.max) for each in ("terminated", "terminated_other"))
    clash = pairs.filter(elsewhere & (starts < ends)).sort("n_other")
    if not clash.height:
        return
    row = clash.row(0, named=True)
    places = []
    for ending in ("_other", ""):
        file, layout = taken[row[f"file{ending}"]]
        places.append(f"{file.shown}:{line_of(file, row[f'record{ending}'] + layout.has_header)[0]}")
    raise Refusal(
        "bad_value",
        f'{places[0]}: postcode "{row["postcode"]}" stands at another position in {places[1]} in the same months '
        f"({clash['postcode'].n_unique():,} such postcodes); give one directory of one date",
    )


def _with_squares(lives: pl.DataFrame) -> pl.DataFrame:
    """The lives as the directory has them, with the side of each position's square by its quality."""
    import polars as pl

    sides = {quality: each.square_m for quality, each in QUALITIES.items()}
    side = pl.col("quality").replace_strict(sides, default=NOT_SAID.square_m, return_dtype=pl.Int32)
    table = lives.drop("file", "record", "part").with_columns(sector=sector_key(pl.col("postcode")), square_m=side)
    of_sector = sector_squares(lives).select(sector="key", sector_m="square_m")
    is_mean = pl.col("quality") == SECTOR_MEAN
    return (
        table.join(of_sector, on="sector", how="left", maintain_order="left")
        .with_columns(square_m=pl.when(is_mean).then(pl.coalesce("sector_m", "square_m")).otherwise("square_m"))
        .with_columns(square_m=pl.when(pl.col("easting").is_not_null()).then("square_m"))
        .select(DIRECTORY_COLUMNS)
    )


def _count_before(directory: Path) -> int | None:
    import polars as pl

    if not directory.exists():
        return None
    count: int = pl.scan_parquet(directory).select(pl.col("postcode").n_unique()).collect().item()
    return count


def _told(
    table: pl.DataFrame, taken: list[tuple[PublisherFile, Layout]], left_out: tuple[str, ...], before: int | None
) -> AddedPostcodes:
    import polars as pl

    each = table.group_by("postcode").agg(
        lives=pl.len(),
        is_ended=pl.col("terminated").is_not_null().all(),
        is_placed=pl.col("easting").is_not_null().any(),
        is_outside=pl.col("is_outside_cover").any(),
    )
    changes = [table[name].max() for name in ("introduced", "terminated")]
    first = table["introduced"].min()
    return AddedPostcodes(
        postcodes=each.height,
        lives=table.height,
        terminated=int(each["is_ended"].sum()),
        reused=int((each["lives"] > 1).sum()),
        without_position=each.filter(~pl.col("is_placed") & ~pl.col("is_outside")).height,
        outside_cover=each.filter(~pl.col("is_placed") & pl.col("is_outside")).height,
        first_introduced=first if isinstance(first, date) else None,
        last_change=max((day for day in changes if isinstance(day, date)), default=None),
        layouts=tuple(dict.fromkeys(layout.name for _, layout in taken)),
        files_left_out=left_out,
        before=before,
    )
