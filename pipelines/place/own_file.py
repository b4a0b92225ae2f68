"""An analyst's own CSV file, given back with the place of every row and the area of each boundary set that holds it.

Nothing is stored. The file is read as publishers' files are: UTF-8, a header, and no record with a field too few or too
many, or it is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.intake.refusal import Refusal
from pipelines.place.assign import OUTSIDE, codes_at
from pipelines.place.boundaries.sets import set_names
from pipelines.place.directories.publisher_files import PublisherFile
from pipelines.place.locate import locate
from pipelines.place.reference import ReferenceData
from pipelines.specs.locations import Location
from pipelines.specs.problems import nearest
from warehouse.home import whole

if TYPE_CHECKING:
    import polars as pl

ADDED = ("easting", "northing", "square_m", "place_method", "place_confidence")
# The area code of a row that has no place, as in the published tables.
_UNPLACED = "unplaced"


@dataclass(frozen=True)
class LocatedFile:
    """What came of a file.

    Args:
        rows: how many it holds.
        placed: how many of them have a place.
        methods: how many rows by place method, those first that have a place.
        areas: for each set, how many rows lie in an area of it.
        renamed: columns that were added under another name, as the file has one of theirs.
    """

    rows: int
    placed: int
    methods: dict[str, int]
    areas: dict[str, int]
    renamed: dict[str, str]


def locate_file(
    file: Path, out: Path, ways: tuple[Location, ...], reference: ReferenceData, boundaries: Path, sets: list[str]
) -> LocatedFile:
    """Write a CSV file again with `ADDED` and a column for each boundary set after its own columns, row by row.

    Args:
        file: the CSV file; its columns and rows stay as they are.
        out: the file to write.
        ways: which of its columns say where a row is, in the order they are tried.
        reference: what places are looked up in.
        boundaries: the home's folder of boundary sets.
        sets: the boundary sets. A row without a place is `unplaced`, one in no area `outside`.

    Raises:
        Refusal: where the file cannot be read, lacks a column of a way, or a set or the postcode directory is not
            loaded.
    """
    import polars as pl

    known = set_names(boundaries)
    for name in sets:
        if name not in known:
            there = f"; there are {', '.join(known)}" if known else ": none is loaded, see commongrid boundaries add"
            raise Refusal("not_a_file", f'there is no boundary set "{name}"{nearest(name, known)}{there}')
    if any("postcodes" in way.needs for way in ways) and reference.postcodes is None:
        raise Refusal("not_a_file", "no postcode directory is loaded: commongrid postcodes add")
    frame = _read(file, ways)
    places = locate(frame, ways, reference).select(ADDED)
    areas = [_areas(places, boundaries / name / "areas.parquet").alias(name) for name in sets]
    added = places.with_columns(areas)
    names = _free_names(added.columns, frame.columns)
    with whole(out) as draft:
        pl.concat([frame, added.rename(names)], how="horizontal").write_csv(draft)
    is_placed = places["easting"].is_not_null()
    methods = {
        method: count
        for some in (is_placed, ~is_placed)
        for method, count in places.filter(some)["place_method"].value_counts(sort=True).iter_rows()
    }
    inside = {codes.name: codes.filter(~codes.is_in([OUTSIDE, _UNPLACED])).len() for codes in areas}
    renamed = {old: new for old, new in names.items() if old != new}
    return LocatedFile(frame.height, int(is_placed.sum()), methods, inside, renamed)


def _read(file: Path, ways: tuple[Location, ...]) -> pl.DataFrame:
    """The file, every column as text."""
    import duckdb

    if not file.is_file():
        raise Refusal("not_a_file", f"{file}: there is no such file")
    source = PublisherFile(file, str(file))
    columns = source.first_record()
    for way in ways:
        for name in way.reads:
            if name not in columns:
                raise Refusal("missing_column", f'{file}:1: no column "{name}"{nearest(name, columns)}')
    twice = next((name for name in columns if columns.count(name) > 1), None)
    if twice is not None:
        raise Refusal("missing_column", f'{file}:1: two columns are called "{twice}"; give one another name')
    with duckdb.connect() as connection:
        return source.read(connection, columns, "*", header=True)


def _areas(places: pl.DataFrame, areas: Path) -> pl.Series:
    """The area code of each row."""
    import polars as pl

    numbered = places.select("easting", "northing").with_row_index("row")
    placed = numbered.drop_nulls("easting")
    codes = placed.select("row", area_code=codes_at(areas, placed["easting"], placed["northing"]))
    found = numbered.join(codes, on="row", how="left", maintain_order="left")
    return found.select(pl.col("area_code").fill_null(_UNPLACED)).to_series()


def _free_names(added: list[str], taken: list[str]) -> dict[str, str]:
    """A name for each added column that the file has no column of."""
    names: dict[str, str] = {}
    for name in added:
        free = name
        while free in taken or free in names.values():
            free = f"located_{free}"
        names[name] = free
    return names
