"""Unique Property Reference Numbers and where they lie, from OS Open UPRN: forty million, so never held in memory."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pipelines.intake.refusal import Refusal
from pipelines.place.directories.publisher_files import PublisherFile, publisher_files
from pipelines.place.directories.replaced import refuse_far_fewer
from pipelines.place.located import as_located
from pipelines.specs.locations import Uprn
from pipelines.specs.problems import nearest
from warehouse.home import whole

if TYPE_CHECKING:
    import polars as pl
    from duckdb import DuckDBPyConnection

# OS Open UPRN, CSV: one record a property, the position in metres of EPSG:27700 and again in degrees (not kept).
HEADER = ("UPRN", "X_COORDINATE", "Y_COORDINATE", "LATITUDE", "LONGITUDE")
# A UPRN is a number of up to twelve digits (BS 7666); a place from it is a point.
_UPRN = r"\d{1,12}"
UPRN_SQUARE_M = 1
# The National Grid is seven by thirteen squares of 100 km.
GRID_EAST_M, GRID_NORTH_M = 700_000, 1_300_000
# What sorting may take before it goes on in files: a quarter of what a small server has.
_MEMORY = "1GB"
_SOUND = f"""
    uprn is not null
    and coalesce(easting between 0 and {GRID_EAST_M} and northing between 0 and {GRID_NORTH_M}, false)
"""


class Box(NamedTuple):
    """A rectangle on the National Grid, metres; its edges belong to it."""

    west: float
    south: float
    east: float
    north: float


def add_uprns(files: list[Path], target: Path, within: Box | None = None, *, fewer: bool = False) -> int:
    """Make the UPRNs of a home from files of OS Open UPRN; they take the place of earlier ones.

    Args:
        files: CSV files with the publisher's header, or ZIP archives of them.
        target: the Parquet file to write: uprn, easting, northing (metres, EPSG:27700), in order of uprn.
        within: keep only those in this box; else all.
        fewer: take far fewer than are in place.

    Returns:
        How many UPRNs are kept.

    Raises:
        Refusal: where a file is cut short, a column is missing, a value is no number or off the National Grid, a UPRN
            stands twice, none is kept, or far fewer are than were in place. What was in place stays.
    """
    with publisher_files(files) as sources, whole(target) as draft:
        with connected(draft.parent) as connection:
            _write(connection, sources, draft, within)
            _refuse_bad(connection, sources, draft)
            count = int(connection.execute(f"select count(*) from {_parquet(draft)}").fetchall()[0][0])
        if not count:
            raise Refusal("empty_file", f"{files[0]}: no UPRN {'within the box' if within else 'at all'}")
        refuse_far_fewer(count, target, "UPRNs", is_told=fewer)
    return count


@contextmanager
def connected(folder: Path) -> Iterator[DuckDBPyConnection]:
    """A DuckDB connection that sorts what does not fit in memory in a folder beside what is being written."""
    import tempfile

    import duckdb

    with tempfile.TemporaryDirectory(prefix=".sorting-", dir=folder) as scratch, duckdb.connect() as connection:
        connection.execute(f"set memory_limit = '{_MEMORY}'; set enable_progress_bar = false")
        connection.execute(f"set temp_directory = '{scratch.replace(chr(39), chr(39) * 2)}'")
        yield connection


def _write(connection: DuckDBPyConnection, sources: list[PublisherFile], draft: Path, within: Box | None) -> None:
    import duckdb

    selects = [f"select {', '.join(HEADER[:3])} from {_scan(source)}" for source in sources]
    kept = "true"
    if within is not None:
        # What is unsound is kept wherever it lies, to be refused.
        kept = f"(easting between ? and ? and northing between ? and ?) or not ({_SOUND})"
    sql = f"""
        copy (
            select uprn, easting, northing
            from (
                select
                    case when regexp_full_match(trim(UPRN), '{_UPRN}') then cast(UPRN as bigint) end as uprn,
                    try_cast(X_COORDINATE as double) as easting,
                    try_cast(Y_COORDINATE as double) as northing
                from ({" union all ".join(selects)})
            )
            where {kept}
            order by uprn
        ) to '{draft.as_posix().replace("'", "''")}' (format parquet)
    """
    try:
        connection.execute(sql, [within.west, within.east, within.south, within.north] if within else [])
    except duckdb.Error as error:
        told = [source for source in sources if str(source.path) in str(error)] or sources
        raise told[0].explained(error) from error


def _scan(source: PublisherFile) -> str:
    header = source.first_record()
    for name in HEADER:
        if name not in header:
            raise Refusal("missing_column", f'{source.shown}:1: no column "{name}"{nearest(name, header)}')
    source.refuse_without_last_line_end()
    return source.scan(header, header=True)


def _parquet(path: Path) -> str:
    return "read_parquet('" + path.as_posix().replace("'", "''") + "')"


def _refuse_bad(connection: DuckDBPyConnection, sources: list[PublisherFile], draft: Path) -> None:
    """Refuse what was written where a value is none, off the grid, or a UPRN stands twice."""
    if connection.execute(f"select 1 from {_parquet(draft)} where not ({_SOUND}) limit 1").fetchall():
        raise _first_bad(sources)
    # In order of uprn, so that the one before is all there is to look at.
    twice = connection.execute(
        f"""
        select uprn
        from (select uprn, lag(uprn) over () as before from {_parquet(draft)})
        where uprn = before
        limit 1
        """
    ).fetchall()
    if twice:
        lines = _lines_of(sources, str(twice[0][0]))
        raise Refusal("bad_value", f"UPRN {twice[0][0]} stands twice ({', '.join(lines)}); give each file once")


def _records(source: PublisherFile) -> Iterator[tuple[str, dict[str, str]]]:
    """Each record by its heading, with its file and line. It reads line by line, only to name what is wrong."""
    with source.path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        for record in reader:
            yield f"{source.shown}:{reader.line_num}", record


def _lines_of(sources: list[PublisherFile], uprn: str) -> list[str]:
    found = (place for source in sources for place, row in _records(source) if row["UPRN"].strip().lstrip("0") == uprn)
    return [place for place, _ in zip(found, range(2), strict=False)]


def _first_bad(sources: list[PublisherFile]) -> Refusal:
    import re

    for place, row in (each for source in sources for each in _records(source)):
        if not re.fullmatch(_UPRN, row["UPRN"].strip(), re.ASCII):
            return Refusal("bad_value", f'{place}: UPRN "{row["UPRN"]}" is no number of up to twelve digits')
        for name, most in (("X_COORDINATE", GRID_EAST_M), ("Y_COORDINATE", GRID_NORTH_M)):
            try:
                is_sound = 0 <= float(row[name]) <= most
            except ValueError:
                is_sound = False
            if not is_sound:
                return Refusal(
                    "bad_value", f'{place}: {name} "{row[name]}" is no number of metres on the National Grid'
                )
    return Refusal("bad_value", "a UPRN or a position that is no number")


def by_uprn(distinct: pl.DataFrame, way: Uprn, uprns: Path | None) -> pl.DataFrame:
    """Each location of `distinct`, by its UPRN in the file of them, as a located table.

    A UPRN is its digits: blanks and leading noughts are left out. `100061234567.0`, as a spreadsheet may write it, is
    no UPRN.
    """
    import polars as pl

    text = pl.col(way.column).str.replace_all(r"\s+", "").fill_null("")
    digits = text.str.extract(r"^0*([1-9][0-9]{0,11})$").cast(pl.Int64)
    wanted = distinct.select(given=text, uprn=digits)
    found = wanted.join(_positions(wanted["uprn"].drop_nulls().unique(), uprns), "uprn", "left", maintain_order="left")
    has = pl.col("easting").is_not_null()
    return as_located(
        found.select(
            "easting",
            "northing",
            square_m=pl.when(has).then(pl.lit(UPRN_SQUARE_M, pl.Int32)),
            place_confidence=pl.when(has).then(pl.lit(1.0)),
            place_method=pl.when(has)
            .then(pl.lit("uprn"))
            .when(pl.col("given") == "")
            .then(pl.lit("no_location"))
            .when(pl.col("uprn").is_null())
            .then(pl.lit("bad_location"))
            .otherwise(pl.lit("unknown_uprn")),
        )
    )


def _positions(wanted: pl.Series, uprns: Path | None) -> pl.DataFrame:
    """uprn, easting and northing of those wanted that the file holds; only they are brought into memory."""
    import duckdb
    import polars as pl

    if uprns is None or wanted.is_empty():
        return pl.DataFrame(schema={"uprn": pl.Int64, "easting": pl.Float64, "northing": pl.Float64})
    with duckdb.connect() as connection:
        connection.register("wanted", wanted.to_frame("uprn"))
        return connection.execute(
            f"select uprn, easting, northing from {_parquet(uprns)} semi join wanted using (uprn)"
        ).pl()
