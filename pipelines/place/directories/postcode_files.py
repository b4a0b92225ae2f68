"""Publishers' files of postcodes, read whole: what each record says, where it lies on the National Grid, its line."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.intake.refusal import Refusal
from pipelines.place.cover import in_cover
from pipelines.place.directories.postcode_layouts import (
    LONGITUDE_LATITUDE,
    Layout,
    Named,
    is_heading_file,
    known_layouts,
    layout_of,
)
from pipelines.place.directories.publisher_files import PublisherFile
from pipelines.place.transform import ApproximateTransformError, to_national_grid
from pipelines.place.ways.postcode_quality import NO_POSITION

if TYPE_CHECKING:
    import polars as pl
    from duckdb import DuckDBPyConnection

# Northern Ireland's eastings and northings are of the Irish Grid (ONSPD user guide), and the Channel Islands have none.
_OFF_THE_GRID = ("BT", "GY", "JE")
# ONS gives out the whole directory, and in this folder of the same archive again in a file for each area.
_AGAIN_BY_AREA = "/multi_csv/"
# Looser than the form of a postcode: directories hold a few of other forms, which harm nobody. Headings are kept out.
_LIKE_A_POSTCODE = "^[A-Z][A-Z0-9]+[0-9][A-Z]{2}[A-Z]?$"
_UNKNOWN = (
    "a layout that is not known. Name its columns with --postcode, and --easting and --northing or --longitude and "
    "--latitude; a file without a header needs a line of column names first."
)


def recognised(
    files: Sequence[PublisherFile], named: Named
) -> tuple[list[tuple[PublisherFile, Layout]], tuple[str, ...]]:
    """Files with their layout, and those of archives that are something else: lists of names, notes."""
    taken, left_out = [], []
    for file in files:
        is_member = "!" in file.shown and not Path(file.shown).exists()
        layout = None
        try:
            first = file.first_record()
            if not is_heading_file(first):
                layout = layout_of(first, named)
        except Refusal as refusal:
            if not is_member:
                shown = "" if str(refusal).startswith(file.shown) else f"{file.shown}:1: "
                raise Refusal(refusal.issue_type, f"{shown}{refusal}") from refusal
        if layout is not None:
            taken.append((file, layout))
        elif is_member:
            left_out.append(file.shown)
        else:
            raise Refusal("missing_column", f"{file.shown}:1: {_UNKNOWN} Known are: {known_layouts()}")
    if not taken:
        raise Refusal("missing_column", f"{left_out[0]}: {_UNKNOWN} Known are: {known_layouts()}")
    if any(_AGAIN_BY_AREA not in file.shown for file, _ in taken):
        taken = [each for each in taken if _AGAIN_BY_AREA not in each[0].shown]
    return taken, tuple(left_out)


def read_file(connection: DuckDBPyConnection, file: PublisherFile, layout: Layout) -> pl.DataFrame:
    """Every record of a file: postcode, part, x, y in metres, dates, quality, record number.

    Raises:
        Refusal: where a record cannot be read, with its line.
    """
    import polars as pl

    _must_be_whole(file, layout)
    columns = [f"c{place}" for place in range(len(layout.columns))]
    frame = file.read(connection, columns, _selected(layout), header=layout.has_header).with_row_index("record")
    bad = frame.filter(pl.col("fault").is_not_null())
    if bad.height:
        _refuse_value(file, layout, bad.row(0, named=True), bad.height)
    return _on_the_grid(frame.drop("fault"), file, layout).with_columns(source=pl.lit(layout.name))


def _selected(layout: Layout) -> str:
    """What is selected of a file's columns c0, c1, ...; `fault` says which part cannot be read."""

    def text(column: str | None) -> str:
        return "null::varchar" if column is None else f"nullif(trim(c{layout.columns.index(column)}), '')"

    def day(column: str | None) -> str:
        formats = ", ".join(f"'{each}'" for each in layout.dates)
        return f"date_trunc('month', try_strptime({text(column)}, [{formats}]))::date"

    def number(column: str | None) -> str:
        return f"case when isfinite(try_cast({text(column)} as double)) then try_cast({text(column)} as double) end"

    postcode = f"upper(regexp_replace({text(layout.postcode)}, '\\s+', '', 'g'))"
    whole_form = "'^(.*[0-9][A-Z]{2})([A-Z])$'"
    split = f"regexp_matches({postcode}, {whole_form})" if layout.has_split_postcodes else "false"
    quality = f"try_cast({text(layout.quality)} as integer) / {layout.quality_unit}"
    parts = {
        "x": (number(layout.x), text(layout.x)),
        "y": (number(layout.y), text(layout.y)),
        "introduced": (day(layout.introduced), text(layout.introduced)),
        "terminated": (day(layout.terminated), text(layout.terminated)),
    }
    unread = " ".join(
        f"when {value} is null and {given} is not null then '{name}'" for name, (value, given) in parts.items()
    )
    return f"""
        case when {split} then regexp_extract({postcode}, {whole_form}, 1) else {postcode} end as postcode,
        case when {split} then regexp_extract({postcode}, {whole_form}, 2) end as part,
        {", ".join(f"{value} as {name}" for name, (value, _) in parts.items())},
        try_cast({quality} as utinyint) as quality,
        case
            when not coalesce(regexp_matches({postcode}, '{_LIKE_A_POSTCODE}'), false) then 'postcode'
            {unread}
            when {text(layout.quality)} is not null
                and not coalesce({quality} in (1, 2, 3, 4, 5, 6, 7, 8, 9), false) then 'quality'
        end as fault
    """


def _refuse_value(file: PublisherFile, layout: Layout, bad: dict[str, Any], count: int) -> None:
    column = getattr(layout, bad["fault"])
    line, record = line_of(file, bad["record"] + layout.has_header)
    found = record[layout.columns.index(column)] if record else ""
    wanted = {"postcode": "a postcode", "x": "a number", "y": "a number", "quality": "1 to 9"}.get(bad["fault"])
    dates = "a date as " + " or ".join(layout.dates)
    raise Refusal(
        "bad_value",
        f'{file.shown}:{line}: "{found}" in column "{column}" is not {wanted or dates} ({count:,} such records)',
    )


def line_of(file: PublisherFile, record: int) -> tuple[int, list[str]]:
    """The line on which a record begins, counted from 0, and its fields."""
    with file.path.open(encoding="utf-8-sig", newline="") as opened:
        reader = csv.reader(opened)
        begins = 1
        for fields in reader:
            if fields:
                if record == 0:
                    return begins, fields
                record -= 1
            begins = reader.line_num + 1
    return begins, []


def _must_be_whole(file: PublisherFile, layout: Layout) -> None:
    """A last record without a line end may lack the end of its last field, which nothing else would show."""
    with file.path.open("rb") as opened:
        opened.seek(-1, 2)
        if opened.read(1) in (b"\n", b"\r") or layout.columns[-1] not in layout.used:
            return
        opened.seek(0)
        line = sum(1 for _ in opened)
    raise Refusal(
        "cut_file",
        f"{file.shown}:{line}: the last record has no line end, so the file may have been cut short within it; get it "
        "again, or end the line if the record is whole",
    )


def _on_the_grid(frame: pl.DataFrame, file: PublisherFile, layout: Layout) -> pl.DataFrame:
    """Positions in place of x and y: none where the publisher has none, or it lies outside the cover."""
    import numpy as np
    import polars as pl

    # ONS writes 99.999999 for a latitude that is not known, and 999999 for an easting; others leave one out, or both 0.
    unknown = (
        pl.any_horizontal(pl.col("x", "y").is_null())
        | (pl.col("x") == 999_999)
        | ((pl.col("x") == 0) & (pl.col("y") == 0))
        | (pl.col("quality").eq_missing(NO_POSITION))
        | ((pl.col("y") > 90) & pl.lit(layout.crs == LONGITUDE_LATITUDE))
    )
    known = ~frame.select(unknown.alias("unknown"))["unknown"].to_numpy()
    x, y = frame["x"].to_numpy(), frame["y"].to_numpy()
    east, north = np.full(len(x), np.nan), np.full(len(x), np.nan)
    try:
        if known.any():
            east[known], north[known] = to_national_grid(x[known], y[known], layout.crs)
    except ApproximateTransformError as error:
        raise Refusal("unreadable", f"{file.shown}: {error}") from error
    off_the_grid = pl.col("postcode").str.extract(r"^([A-Z]{1,2})\d").is_in(_OFF_THE_GRID).fill_null(False)
    covered = in_cover(east, north) & ~frame.select(off_the_grid)["postcode"].to_numpy()
    return frame.drop("x", "y").with_columns(
        easting=pl.Series(np.where(covered, east, np.nan)).round(3).fill_nan(None),
        northing=pl.Series(np.where(covered, north, np.nan)).round(3).fill_nan(None),
        is_outside_cover=off_the_grid | (pl.Series(known) & ~pl.Series(covered)),
    )
