"""What the districts' files of abandoned vehicles are drawn with: days, kinds and places within a district."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, timedelta
from typing import TYPE_CHECKING

from pipelines.demo.county import County, Postcode
from pipelines.demo.geography import points_in

if TYPE_CHECKING:
    from pipelines.demo.geography import Floats, Generator


def generator(county: County, stream: int, period: date) -> Generator:
    """The random numbers of one feed and period, so that each file is the same whichever others are written."""
    import numpy as np

    day = [period.day] if period.day > 1 else []  # of a week
    return np.random.default_rng([county.seed, stream, period.year, period.month, *day])


def how_many(mean: int, least: int, most: int, month: date, rng: Generator) -> int:
    """How many rows a month has: a few more in the months cars are taxed and sold, within bounds."""
    busier = 1.2 if month.month in (3, 4, 9, 10) else 0.95
    return min(max(int(rng.poisson(mean * busier)), least), most)


def days_in(month: date, count: int, rng: Generator) -> list[date]:
    """`count` days of the month in order."""
    days = sorted(rng.integers(1, monthrange(month.year, month.month)[1] + 1, count).tolist())
    return [month.replace(day=day) for day in days]


def choose(table: dict[str, float], count: int, rng: Generator) -> list[str]:
    """`count` keys of a table, by its weights."""
    total = sum(table.values())
    chosen: list[str] = rng.choice(list(table), count, p=[weight / total for weight in table.values()]).tolist()
    return chosen


def one(choices: tuple[str, ...], rng: Generator) -> str:
    """One of the choices, each as likely as the others."""
    return choices[int(rng.integers(0, len(choices)))]


def points_of(county: County, district: str, count: int, rng: Generator) -> Floats:
    """Points in a district, thicker where people live, as (count, 2) metres in EPSG:27700."""
    import numpy as np

    blocks = [block for block in county.blocks if block.district == district]
    people = np.array([block.residents for block in blocks], dtype=float) + 15  # lay-bys have vehicles and no people
    chosen = rng.choice(len(blocks), count, p=people / people.sum())
    return points_in(np.array([block.polygon for block in blocks], dtype=object)[chosen], rng)


def postcodes_of(county: County, district: str, count: int, rng: Generator) -> list[Postcode]:
    """Postcodes of a district, each one at most once."""
    import shapely

    polygon = county.district(district).polygon
    ours = [code for code in county.postcodes if shapely.contains_xy(polygon, code.easting, code.northing)]
    return [ours[index] for index in rng.choice(len(ours), count, replace=False).tolist()]


def registration(rng: Generator) -> str:
    """A registration mark in today's layout whose first letter is never issued."""
    letters = "ABCDEFGHJKLMNOPRSTUVWXYZ"
    last = "".join(letters[int(index)] for index in rng.integers(0, len(letters), 3))
    return f"Q{letters[int(rng.integers(0, len(letters)))]}{int(rng.integers(2, 24)):02d} {last}"


def as_degrees(points: Floats, decimals: int) -> tuple[list[float], list[float]]:
    """Longitudes and latitudes (WGS 84) of points (n, 2) in EPSG:27700 metres."""
    import numpy as np
    from convertbng.cutil import convert_lonlat

    lon, lat = convert_lonlat(np.ascontiguousarray(points[:, 0]), np.ascontiguousarray(points[:, 1]))
    return [round(float(each), decimals) for each in lon], [round(float(each), decimals) for each in lat]


def days_from(first: date, length: int, count: int, rng: Generator) -> list[date]:
    """`count` days of the `length` days from `first` on, in order."""
    return [first + timedelta(days=day) for day in sorted(rng.integers(0, length, count).tolist())]
