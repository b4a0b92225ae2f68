"""The loaded gazetteer of streets and places, made ready for looking names up, a district at a time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pipelines.place.ways.street_names import Shape, normal_district, normal_name

if TYPE_CHECKING:
    import polars as pl

# The table that `names add` writes: easting and northing are the publisher's point of it, xmin to ymax its bounds, all
# metres in EPSG:27700. Records with the same `street` are one street: the road itself and sections of it.
COLUMNS = (
    "name", "name2", "type", "local_type", "easting", "northing", "xmin", "ymin", "xmax", "ymax",
    "postcode_district", "populated_place", "district_borough", "county_unitary", "street",
)  # fmt: skip
PLACE = "populatedPlace"


Bounds = tuple[float, float, float, float]  # west, south, east and north, metres in EPSG:27700


class Entry(NamedTuple):
    """A record of the gazetteer, with its place and postcode district as they are compared."""

    street: int
    is_place: bool
    bounds: Bounds
    place: str
    outward: str


@dataclass
class Names:
    """The names of one district, or of all.

    `entries` has those of each name in its compared form. `alike` has, for each kind of way and the words that tell
    names apart, the rest of each name and the name.
    """

    entries: dict[str, list[Entry]] = field(default_factory=dict)
    alike: dict[tuple[str, tuple[str, ...]], dict[str, str]] = field(default_factory=dict)

    def add(self, name: str, entry: Entry) -> None:
        """Take one in."""
        held = self.entries.get(name)
        if held is not None:
            held.append(entry)
            return
        self.entries[name] = [entry]
        shape = Shape.of(name)
        self.alike.setdefault((shape.kind, shape.telling), {})[shape.rest] = name


class Gazetteer:
    """Streets and places by name, within a district or anywhere.

    Args:
        table: the records, with `COLUMNS`.
    """

    def __init__(self, table: pl.DataFrame) -> None:
        import polars as pl

        districts = [table[name].unique().drop_nulls().to_list() for name in ("district_borough", "county_unitary")]
        compared = {text: normal_district(text) for text in {*districts[0], *districts[1]}}
        self._table = table.with_columns(
            pl.col("district_borough", "county_unitary").replace_strict(compared, default=None, return_dtype=pl.String)
        )
        self._districts = frozenset(compared.values())
        self._made: dict[str | None, Names] = {}

    @cached_property
    def places(self) -> dict[str, list[Bounds]]:
        """The bounds of each town and village by its name as compared; none of those in no tile that was loaded."""
        import polars as pl

        places: dict[str, list[Bounds]] = {
            normal_name(name): [] for name in self._table["populated_place"].unique() if name
        }
        rows = self._table.filter(pl.col("type") == PLACE).select(COLUMNS[:2] + COLUMNS[4:10]).iter_rows()
        for name, name2, *position in rows:
            for text in dict.fromkeys(normal_name(each) for each in (name, name2) if each):
                places.setdefault(text, []).append(_bounds(*position))
        return places

    @classmethod
    def of_file(cls, path: Path) -> Gazetteer:
        """The gazetteer as it was loaded."""
        import polars as pl

        return cls(pl.read_parquet(path))

    def names(self, district: str | None) -> Names | None:
        """The names within a district or county, or all where it is None; None where it knows no such district."""
        import polars as pl

        compared = None if district is None else normal_district(district)
        if compared is not None and compared not in self._districts:
            return None
        if compared not in self._made:
            table = self._table
            if compared is not None:
                table = table.filter((pl.col("district_borough") == compared) | (pl.col("county_unitary") == compared))
            self._made[compared] = _names(table.select(COLUMNS).iter_rows())
        return self._made[compared]


def _bounds(east: float, north: float, *bounds: float | None) -> Bounds:
    """The bounds of a record, or its point where it has none."""
    west, south, right, top = bounds
    if west is None or south is None or right is None or top is None:
        return east, north, east, north
    return west, south, right, top


def _names(rows: Iterable[tuple[Any, ...]]) -> Names:
    names = Names()
    compared: dict[str | None, str] = {}

    def of(text: str | None) -> str:
        if text not in compared:
            compared[text] = normal_name(text) if text else ""
        return compared[text]

    for name, name2, kind, _, *position, outward, place, _, _, street in rows:
        entry = Entry(street, kind == PLACE, _bounds(*position), of(place), outward or "")
        for text in dict.fromkeys((of(name), of(name2))):
            if text:
                names.add(text, entry)
    return names
