"""The demo county as data: its areas in two vintages, its blocks with their people, and its postcodes."""

from __future__ import annotations

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
    NORTHMARK,
    RESIDENTS_PER_HOUSEHOLD,
    SETTLEMENTS,
    WARDS_2019,
    WARDS_2024,
    WardNames,
)

if TYPE_CHECKING:
    from pipelines.demo.geography import Floats, Generator, Ints, Objects

SEED = 20030401
POSTCODES = 900
_INWARD_LETTERS = "ABDEFGHJLNPQRSTUWXYZ"  # real unit postcodes never use C I K M O V here
_FIRST_CODE_2019, _FIRST_CODE_2024 = 101, 201


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
    import numpy as np
    import shapely

    rng = np.random.default_rng(seed)
    polygons, people = make_blocks(make_outline(rng), rng)
    beside = neighbours(polygons)
    district_of = make_districts(polygons, beside)
    wards: dict[int, tuple[list[Area], list[str]]] = {
        2019: _wards(polygons, people, district_of, beside, WARDS_2019, rng, _FIRST_CODE_2019),
    }
    kept = district_of == list(DISTRICTS).index(NORTHMARK)
    reviewed, codes = _wards(polygons, people, district_of, beside, WARDS_2024, rng, _FIRST_CODE_2024)
    old, old_codes = wards[2019]
    wards[2024] = (
        [area for area in old if area.parent_code == NORTHMARK] + reviewed,
        [before if stays else after for before, after, stays in zip(old_codes, codes, kept, strict=True)],
    )
    blocks = _blocks(polygons, people, district_of, wards[2019][1], wards[2024][1], rng)
    districts = tuple(
        Area(code, name, COUNTY_CODE, shapely.coverage_union_all(polygons[district_of == index]))
        for index, (code, name) in enumerate(DISTRICTS.items())
    )
    return County(
        seed=seed,
        outline=shapely.coverage_union_all(polygons),
        wards_2019=tuple(wards[2019][0]),
        wards_2024=tuple(wards[2024][0]),
        districts=districts,
        blocks=blocks,
        postcodes=_postcodes(polygons, people, rng),
        vehicle_crime_wards=_adjoining_pair(wards[2024][0]),
    )


def _wards(
    polygons: Objects,
    people: Floats,
    district_of: Ints,
    beside: dict[int, dict[int, float]],
    names: dict[str, WardNames],
    rng: Generator,
    first_code: int,
) -> tuple[list[Area], list[str]]:
    """The wards of the districts named in `names`, and the ward code of each block ("" in other districts)."""
    import numpy as np
    import shapely

    points, ward_of = centres(polygons), [""] * len(polygons)
    areas: list[Area] = []
    for index, district in enumerate(DISTRICTS):
        if district not in names:
            continue
        members = np.flatnonzero(district_of == index)
        group = np.full(len(polygons), -1)
        # A block without people still weighs a little, so that it counts as land.
        group[members] = cluster(points[members], people[members] + 1, names[district].count, rng)
        group = join_up(group, beside, members.tolist())
        merged = [shapely.coverage_union_all(polygons[group == ward]) for ward in range(names[district].count)]
        called = name_wards(merged, district, names[district])
        for ward in sorted(range(len(merged)), key=called.__getitem__):
            code = f"X05{first_code + len(areas):06d}"
            areas.append(Area(code, called[ward], district, merged[ward]))
            for block in np.flatnonzero(group == ward).tolist():
                ward_of[block] = code
    return areas, ward_of


def _blocks(
    polygons: Objects, people: Floats, district_of: Ints, ward_2019: list[str], ward_2024: list[str], rng: Generator
) -> tuple[Block, ...]:
    """The blocks with whole residents and households."""
    codes = list(DISTRICTS)
    sizes = rng.normal(RESIDENTS_PER_HOUSEHOLD, 0.15, len(polygons)).clip(1.8, 3.0)
    return tuple(
        Block(polygon, codes[district], old, new, round(number), round(number / size))
        for polygon, number, district, old, new, size in zip(
            polygons.tolist(), people.tolist(), district_of.tolist(), ward_2019, ward_2024, sizes.tolist(), strict=True
        )
    )


def _postcodes(polygons: Objects, people: Floats, rng: Generator) -> tuple[Postcode, ...]:
    """Invented postcodes where people live: `ZM` is no postcode area; its number goes by the nearest settlement."""
    import numpy as np

    where = rng.choice(len(polygons), POSTCODES, p=people / people.sum())
    points = points_in(polygons[where], rng)
    towns = np.array([(place.easting, place.northing) for place in SETTLEMENTS], dtype=float)
    units: dict[str, Postcode] = {}
    for (easting, northing), town in zip(points.tolist(), nearest(points, towns).tolist(), strict=True):
        # Nines are left free, so that a postcode can be valid and yet not in the directory.
        code = ""
        while not code or code in units:
            inward = [_INWARD_LETTERS[int(letter)] for letter in rng.integers(0, len(_INWARD_LETTERS), 2)]
            code = f"ZM{town + 1} {rng.integers(1, 9)}{''.join(inward)}"
        units[code] = Postcode(code, round(easting), round(northing))
    return tuple(units[code] for code in sorted(units))


def _adjoining_pair(wards: list[Area]) -> tuple[str, str]:
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
