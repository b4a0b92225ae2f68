"""The gazetteer of a home, made from OS Open Names: streets and populated places, each with its bounds and its town.

A long road comes as a `Named Road` and as a `Section Of Named Road` for each settlement it runs through: all of them
are one street. So are two records of a name in one settlement and district whose bounds touch.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.intake.refusal import Refusal
from pipelines.place.directories.gazetteer import COLUMNS, PLACE
from pipelines.place.directories.publisher_files import PublisherFile, publisher_files
from pipelines.place.directories.replaced import refuse_far_fewer
from pipelines.place.ways.street_names import normal_name
from pipelines.place.ways.uprns import GRID_EAST_M, GRID_NORTH_M, connected
from warehouse.home import whole

if TYPE_CHECKING:
    import polars as pl
    from duckdb import DuckDBPyConnection

# The fields of OS Open Names in CSV, in order (Ordnance Survey, OS Open Names technical specification).
FIELDS = (
    "id", "names_uri", "name1", "name1_lang", "name2", "name2_lang", "type", "local_type", "geometry_x", "geometry_y",
    "most_detail_view_res", "least_detail_view_res", "mbr_xmin", "mbr_ymin", "mbr_xmax", "mbr_ymax",
    "postcode_district", "postcode_district_uri", "populated_place", "populated_place_uri", "populated_place_type",
    "district_borough", "district_borough_uri", "district_borough_type", "county_unitary", "county_unitary_uri",
    "county_unitary_type", "region", "region_uri", "country", "country_uri", "related_spatial_object",
    "same_as_dbpedia", "same_as_geonames",
)  # fmt: skip
ROADS = ("Named Road", "Section Of Named Road")
_NUMBERS = ("geometry_x", "geometry_y", "mbr_xmin", "mbr_ymin", "mbr_xmax", "mbr_ymax")
_KEPT = (
    "id", "name1", "name2", "type", "local_type", *_NUMBERS,
    "postcode_district", "populated_place", "district_borough", "county_unitary",
)  # fmt: skip
_NUMBER_OF_COLUMNS = dict(zip(("easting", "northing", "xmin", "ymin", "xmax", "ymax"), _NUMBERS, strict=True))


@dataclass(frozen=True)
class NamesAdded:
    """What was taken and left of a gazetteer.

    `streets`, of which there are `records` with their sections; `places`, which are populated; `ambiguous` is how many
    names stand for several streets of one district. `repeated` records were given twice over. `left` counts by type
    what was left out: postcodes, numbered roads, woods, hills, schools.
    """

    streets: int
    records: int
    places: int
    ambiguous: int
    repeated: int
    left: dict[str, int]


def add_names(files: list[Path], target: Path, *, fewer: bool = False) -> NamesAdded:
    """Make the gazetteer of a home from tiles of OS Open Names; it takes the place of an earlier one.

    Args:
        files: CSV tiles, with a header or without, or ZIP archives of them.
        target: the Parquet file to write, with `gazetteer.COLUMNS`.
        fewer: take far fewer than are in place.

    Raises:
        Refusal: where a tile is cut short or is of another layout, a position is no number, an id stands for two
            things, none is a road or place, or far fewer are than were in place. What was in place stays.
    """
    with publisher_files(files) as sources, whole(target) as draft, connected(draft.parent) as connection:
        _take(connection, sources)
        given = dict(connection.execute("select local_type, count(*) from given group by all").fetchall())
        _refuse_bad(connection, sources)
        repeated = _without_repeats(connection)
        _join_streets(connection)
        table = connection.execute(f"select {', '.join(COLUMNS)} from streets order by id").pl()
        if table.is_empty():
            raise Refusal("empty_file", f"{files[0]}: no road or populated place at all")
        refuse_far_fewer(table.height, target, "roads and places", is_told=fewer)
        table.write_parquet(draft)
    return _told(table, given, repeated)


def _take(connection: DuckDBPyConnection, sources: list[PublisherFile]) -> None:
    """Every record of every tile, the columns that are kept, as text."""
    import duckdb

    connection.execute(f"create table given ({', '.join(f'{name} varchar' for name in _KEPT)}, source integer)")
    for number, source in enumerate(sources):
        first = source.first_record()
        if len(first) != len(FIELDS):
            raise Refusal(
                "field_count",
                f"{source.shown}:1: {len(first)} fields, where a record of OS Open Names has {len(FIELDS)}; give its "
                "CSV tiles as they were published",
            )
        source.refuse_without_last_line_end()
        header = first[0].strip().upper() == "ID"
        scan = source.scan(list(FIELDS), header=header)
        try:
            connection.execute(f"insert into given select {', '.join(_KEPT)}, {number} from {scan}")
        except duckdb.Error as error:
            raise source.explained(error) from error


def _refuse_bad(connection: DuckDBPyConnection, sources: list[PublisherFile]) -> None:
    """Keep the roads and places, their positions as numbers; refuse those that have none."""
    numbers = ", ".join(f"try_cast({raw} as double) as {name}" for name, raw in _NUMBER_OF_COLUMNS.items())
    unread = " or ".join(f"({raw} is not null and {name} is null)" for name, raw in _NUMBER_OF_COLUMNS.items())
    connection.execute(
        f"""
        create table kept as
        select
            * exclude (name1),
            name1 as name,
            {numbers}
        from given
        where local_type in {ROADS} or type = '{PLACE}'
        """
    )
    bad = connection.execute(
        f"""
        select id, source
        from kept
        where
            id is null or name is null or {unread}
            or not coalesce(easting between 0 and {GRID_EAST_M} and northing between 0 and {GRID_NORTH_M}, false)
            or (xmin is null) <> (xmax is null) or (ymin is null) <> (ymax is null) or xmin > xmax or ymin > ymax
        order by source
        limit 1
        """
    ).fetchall()
    if bad:
        found, number = bad[0]
        place = f"{sources[number].shown}:{_line_of(sources[number], found)}"
        message = f'{place}: record "{found or ""}" has no name, or no position in metres on the National Grid'
        raise Refusal("bad_value", f"{message}; get the file again from its publisher")


def _line_of(source: PublisherFile, found: str | None) -> int:
    import csv

    with source.path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file)
        return next((reader.line_num for record in reader if record[0] == (found or "")), 1)


def _without_repeats(connection: DuckDBPyConnection) -> int:
    """Leave out records given twice over; how many. An id that stands for two things is refused."""
    connection.execute("create table once as select distinct * exclude (source) from kept")
    twice = connection.execute("select id from once group by id having count(*) > 1 order by id limit 1").fetchall()
    if twice:
        raise Refusal(
            "bad_value",
            f'the id "{twice[0][0]}" stands for two different records; give the tiles of one release only',
        )
    (before,), (after,) = connection.execute("select count(*) from kept union all select count(*) from once").fetchall()
    return int(before) - int(after)


def _join_streets(connection: DuckDBPyConnection) -> None:
    """Number the records: those of one street have one number, which is the same for the same records."""
    connection.execute("create table numbered as select *, row_number() over (order by id) as record from once")
    touching = connection.execute(
        f"""
        select one.record, other.record
        from numbered as one
        inner join numbered as other
            on one.name = other.name and one.record < other.record
            and one.populated_place is not distinct from other.populated_place
            and one.district_borough is not distinct from other.district_borough
            and one.county_unitary is not distinct from other.county_unitary
        where
            one.local_type in {ROADS} and other.local_type in {ROADS}
            and one.xmin <= other.xmax and other.xmin <= one.xmax
            and one.ymin <= other.ymax and other.ymin <= one.ymax
        union all
        -- A section belongs to the road that it lies in; to the shortest, where several could be it.
        select
            section.record,
            arg_min(road.record, (road.xmax - road.xmin) + (road.ymax - road.ymin))
        from numbered as section
        inner join numbered as road on section.name = road.name
        where
            section.local_type = '{ROADS[1]}' and road.local_type = '{ROADS[0]}'
            and road.xmin <= section.xmin and section.xmax <= road.xmax
            and road.ymin <= section.ymin and section.ymax <= road.ymax
        group by section.record
        """
    ).fetchall()
    joined = _joined(touching)
    import polars as pl

    pairs = pl.DataFrame(list(joined.items()), schema={"record": pl.Int64, "street": pl.Int64}, orient="row")
    connection.register("joined", pairs)
    connection.execute(
        """
        create table streets as
        select numbered.*, coalesce(joined.street, numbered.record) as street
        from numbered left join joined using (record)
        """
    )


def _joined(pairs: list[tuple[int, int]]) -> dict[int, int]:
    """The least of all numbers that each number of a pair is joined to, directly or through others."""
    of: dict[int, int] = {}

    def root(number: int) -> int:
        while (above := of.setdefault(number, number)) != number:
            of[number] = of[above]
            number = above
        return number

    for one, other in sorted(pairs):
        least, most = sorted((root(one), root(other)))
        of[most] = least
    return {number: root(number) for number in of}


def _told(table: pl.DataFrame, given: dict[str | None, int], repeated: int) -> NamesAdded:
    import polars as pl

    roads = table.filter(pl.col("type") != PLACE)
    names = {name: normal_name(name) for name in roads["name"].unique()}
    streets = roads.with_columns(compared=pl.col("name").replace_strict(names, return_dtype=pl.String))
    several = streets.group_by("compared", "district_borough", "county_unitary").agg(pl.col("street").n_unique())
    left = {str(name): count for name, count in given.items() if name not in set(table["local_type"])}
    return NamesAdded(
        streets=roads["street"].n_unique(),
        records=roads.height,
        places=table.height - roads.height,
        ambiguous=several.filter(pl.col("street") > 1).height,
        repeated=repeated,
        left=dict(sorted(left.items(), key=lambda item: (-item[1], item[0]))),
    )
