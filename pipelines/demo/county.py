"""The demo county as data: its areas in two vintages, its blocks with their people, and its postcodes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipelines.demo.geography import (
    centres,
    cluster,
    join_up,
    main_town,
    make_blocks,
    make_districts,
    make_outline,
    name_wards,
    nearest,
    neighbours,
    points_in,
)
from pipelines.demo.names import (
    COUNTY_CODE,
    DISTRICTS,
    EASTMARK,
    LANDS,
    RESIDENTS_PER_HOUSEHOLD,
    SETTLEMENTS,
    WARDS_2019,
    WARDS_2024,
    Land,
    WardNames,
)

if TYPE_CHECKING:
    from pipelines.demo.geography import Floats, Generator, Ints, Objects

SEED = 20030401
_INWARD_LETTERS = "ABDEFGHJLNPQRSTUWXYZ"  # real unit postcodes never use C I K M O V here
_FIRST_CODE_2024 = 201


@dataclass(frozen=True)
class Area:
    """A ward or district: an invented code, a name, the code of the area it lies in, a polygon in EPSG:27700."""

    code: str
    name: str
    parent_code: str
    polygon: Any


@dataclass(frozen=True)
class Block:
    """A small piece of the county, its areas in every set, and its people in the middle of 2023, whole numbers."""

    polygon: Any
    district: str
    ward_2019: str
    ward_2024: str
    residents: int
    households: int


@dataclass(frozen=True)
class Postcode:
    """An invented postcode and the point it stands for, whole metres in EPSG:27700."""

    postcode: str
    easting: int
    northing: int


@dataclass(frozen=True)
class County:
    """The whole county. `vehicle_crime_wards` are the two adjoining 2024 wards where vehicle crime comes to double."""

    seed: int
    outline: Any
    wards_2019: tuple[Area, ...]
    wards_2024: tuple[Area, ...]
    districts: tuple[Area, ...]
    blocks: tuple[Block, ...]
    postcodes: tuple[Postcode, ...]
    vehicle_crime_wards: tuple[str, str]

    def district(self, code: str) -> Area:
        """The district of a code."""
        return next(area for area in self.districts if area.code == code)


def make_county(seed: int = SEED) -> County:
    """The demo county; the same seed makes the same county."""
    import shapely

    parts = [_part(land, seed) for land in LANDS]
    wards_2024 = tuple(ward for part in parts for ward in part.wards_2024)
    return County(
        seed=seed,
        outline=shapely.coverage_union_all([part.outline for part in parts]),
        wards_2019=tuple(ward for part in parts for ward in part.wards_2019),
        wards_2024=wards_2024,
        districts=tuple(district for part in parts for district in part.districts),
        blocks=tuple(block for part in parts for block in part.blocks),
        postcodes=tuple(postcode for part in parts for postcode in part.postcodes),
        vehicle_crime_wards=_adjoining_pair(wards_2024),
    )


@dataclass(frozen=True)
class _Part:
    """What lies in one land: see County."""

    outline: Any
    wards_2019: list[Area]
    wards_2024: list[Area]
    districts: list[Area]
    blocks: list[Block]
    postcodes: list[Postcode]


def _part(land: Land, seed: int) -> _Part:
    """One land and all in it, made with random numbers of its own."""
    import numpy as np
    import shapely

    rng = np.random.default_rng([seed, *land.stream] if land.stream else seed)
    polygons, people = make_blocks(land, make_outline(land, rng), rng)
    beside = neighbours(polygons)
    district_of = make_districts(land, polygons, beside)
    where = _Where(land, polygons, people, district_of, beside)
    old, old_codes = _wards(where, WARDS_2019, rng, land.first_ward)
    reviewed, codes = _wards(where, WARDS_2024, rng, _FIRST_CODE_2024)
    new_codes = [after or before for before, after in zip(old_codes, codes, strict=True)]
    return _Part(
        outline=shapely.coverage_union_all(polygons),
        wards_2019=old,
        wards_2024=[area for area in old if area.parent_code not in WARDS_2024] + reviewed,
        districts=[
            Area(code, DISTRICTS[code], COUNTY_CODE, shapely.coverage_union_all(polygons[district_of == index]))
            for index, code in enumerate(land.districts)
        ],
        blocks=_blocks(where, old_codes, new_codes, rng),
        postcodes=_postcodes(where, rng),
    )


@dataclass(frozen=True)
class _Where:
    """A land's blocks: polygons, residents before rounding, the index of their district, and who lies beside whom."""

    land: Land
    polygons: Objects
    people: Floats
    district_of: Ints
    beside: dict[int, dict[int, float]]


def _wards(where: _Where, names: dict[str, WardNames], rng: Generator, first_code: int) -> tuple[list[Area], list[str]]:
    """The wards of the districts named in `names`, and the ward code of each block ("" in other districts)."""
    import numpy as np
    import shapely

    polygons, people = where.polygons, where.people
    points, ward_of = centres(polygons), [""] * len(polygons)
    areas: list[Area] = []
    for index, district in enumerate(where.land.districts):
        if district not in names:
            continue
        members = np.flatnonzero(where.district_of == index)
        group = np.full(len(polygons), -1)
        # A block without people still weighs a little, so that it counts as land.
        group[members] = cluster(points[members], people[members] + 1, names[district].count, rng)
        group = join_up(group, where.beside, members.tolist())
        merged = [shapely.coverage_union_all(polygons[group == ward]) for ward in range(names[district].count)]
        called = name_wards(merged, district, names[district])
        for ward in sorted(range(len(merged)), key=called.__getitem__):
            code = f"X05{first_code + len(areas):06d}"
            areas.append(Area(code, called[ward], district, merged[ward]))
            for block in np.flatnonzero(group == ward).tolist():
                ward_of[block] = code
    return areas, ward_of


def _blocks(where: _Where, ward_2019: list[str], ward_2024: list[str], rng: Generator) -> list[Block]:
    """The blocks with whole residents and households."""
    codes = where.land.districts
    sizes = rng.normal(RESIDENTS_PER_HOUSEHOLD, 0.15, len(where.polygons)).clip(1.8, 3.0).tolist()
    polygons, people, district_of = where.polygons.tolist(), where.people.tolist(), where.district_of.tolist()
    return [
        Block(polygon, codes[district], old, new, round(number), round(number / size))
        for polygon, number, district, old, new, size in zip(
            polygons, people, district_of, ward_2019, ward_2024, sizes, strict=True
        )
    ]


def _postcodes(where: _Where, rng: Generator) -> list[Postcode]:
    """Invented postcodes where people live: `ZM` is no postcode area; its number goes by the nearest settlement."""
    import numpy as np

    chosen = rng.choice(len(where.polygons), where.land.postcodes, p=where.people / where.people.sum())
    points = points_in(where.polygons[chosen], rng)
    places = where.land.settlements
    towns = np.array([(place.easting, place.northing) for place in places], dtype=float)
    first = SETTLEMENTS.index(places[0]) + 1
    units: dict[str, Postcode] = {}
    for (easting, northing), town in zip(points.tolist(), nearest(points, towns).tolist(), strict=True):
        # Nines are left free, so that a postcode can be valid and yet not in the directory.
        code = ""
        while not code or code in units:
            inward = [_INWARD_LETTERS[int(letter)] for letter in rng.integers(0, len(_INWARD_LETTERS), 2)]
            code = f"ZM{first + town} {rng.integers(1, 9)}{''.join(inward)}"
        units[code] = Postcode(code, round(easting), round(northing))
    return [units[code] for code in sorted(units)]


def _adjoining_pair(wards: Sequence[Area]) -> tuple[str, str]:
    """Two Eastmark wards that share a border and lie near the main town, but do not hold its centre."""
    import shapely

    town = main_town(EASTMARK)
    centre = shapely.Point(town.easting, town.northing)
    ours = [ward for ward in wards if ward.parent_code == EASTMARK and not ward.polygon.contains(centre)]
    ours.sort(key=lambda ward: (ward.polygon.centroid.distance(centre), ward.code))
    pairs = [(one, other) for last, other in enumerate(ours) for one in ours[:last]]
    one, other = next(
        pair for pair in pairs if shapely.length(shapely.intersection(pair[0].polygon, pair[1].polygon)) > 0
    )
    return one.code, other.code
