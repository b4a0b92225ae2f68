"""The county council's inventory of street lights, once a year, as they stood on 31 March: `lights 2023-24.csv`.

About four hundred, of the lit roads in the towns. Over the two years most sodium lamps become LEDs, and some lights are
dimmed or lit for part of the night.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import partial

from pipelines.demo.agencies.calendars import issued
from pipelines.demo.agencies.files import AgencyFile
from pipelines.demo.agencies.sending import delimited, points_of_people
from pipelines.demo.county import County
from pipelines.demo.draws import choose, generator
from pipelines.demo.schedule import COUNTY_COUNCIL, FINANCIAL_YEARS

HEADER = ("Unit", "Lamp", "Burns", "Lamp fitted", "Column m", "Easting", "Northing")
LIGHTS = 400
LIGHT_WITHOUT_NUMBER = FINANCIAL_YEARS[0]  # one light lacks its number
LIGHT_NUMBERED_TWICE = FINANCIAL_YEARS[1]  # one number is on two lights
LIGHT_UNMAPPED, UNMAPPED_LAMP = FINANCIAL_YEARS[1], "GAS"  # a lamp no map covers: one heritage light
_STREAM = 64
_FITTED_EACH_YEAR, _TAKEN_DOWN_EACH_YEAR = 9, 4
_LED_A_YEAR = 0.38  # of the sodium lamps left, those that become LEDs in a year
_LAMPS = {"SOX": 0.34, "SON": 0.38, "LED": 0.16, "CDM": 0.07, "FLU": 0.05}
_BURNS = {"AN": 0.8, "PN": 0.15, "OFF": 0.05}
_HEIGHTS = {"5": 0.5, "6": 0.3, "8": 0.12, "10": 0.08}


@dataclass(frozen=True)
class _Light:
    unit: int
    lamp: str
    burns: str
    fitted: date
    height: str
    easting: int
    northing: int


def light_files() -> list[AgencyFile]:
    """Two inventories."""
    return [
        AgencyFile(
            issued(year, 12, 26),
            COUNTY_COUNCIL,
            f"lights {year:%Y}-{year.year % 100 + 1}.csv",
            partial(lights_file, year=year),
        )
        for year in FINANCIAL_YEARS
    ]


def lights_file(county: County, year: date) -> bytes:
    """The lights that stood at the end of a financial year."""
    lights = _at_first(county)
    for each in FINANCIAL_YEARS[: FINANCIAL_YEARS.index(year) + 1]:
        lights = _a_year_on(county, lights, each)
    rows = [
        [
            f"{light.unit:05d}",
            light.lamp,
            light.burns,
            f"{light.fitted:%d/%m/%Y}",
            light.height,
            light.easting,
            light.northing,
        ]
        for light in lights
    ]
    if year == LIGHT_WITHOUT_NUMBER:
        rows[20][0] = ""
    if year == LIGHT_NUMBERED_TWICE:
        rows[31][0] = rows[30][0]
    if year == LIGHT_UNMAPPED:
        rows[40][1] = UNMAPPED_LAMP
    return delimited(HEADER, rows)


def _at_first(county: County) -> list[_Light]:
    """The lights before the first of the years."""
    rng = generator(county, _STREAM, date(2023, 3, 1))
    lamps, burns, heights = (choose(table, LIGHTS, rng) for table in (_LAMPS, _BURNS, _HEIGHTS))
    points = points_of_people(county, LIGHTS, rng, nobody=0).round().astype(int).tolist()
    fitted = [date(2023, 3, 31) - timedelta(days=int(age)) for age in rng.integers(30, 7_000, LIGHTS)]
    return [
        _Light(10_001 + index, lamps[index], burns[index], fitted[index], heights[index], *points[index])
        for index in range(LIGHTS)
    ]


def _a_year_on(county: County, lights: list[_Light], year: date) -> list[_Light]:
    """The lights a year later: some taken down, some new, many sodium lamps now LEDs, which are dimmed at night."""
    rng = generator(county, _STREAM, year)
    gone = set(rng.choice(len(lights), _TAKEN_DOWN_EACH_YEAR, replace=False).tolist())
    left = []
    for index, light in enumerate(lights):
        is_changed = light.lamp in ("SOX", "SON") and rng.random() < _LED_A_YEAR
        day = year + timedelta(days=int(rng.integers(0, 360)))
        if index not in gone:
            left.append(replace(light, lamp="LED", burns="DIM", fitted=day) if is_changed else light)
    points = points_of_people(county, _FITTED_EACH_YEAR, rng, nobody=0).round().astype(int).tolist()
    first = max(light.unit for light in lights) + 1
    days = [year + timedelta(days=day) for day in rng.integers(0, 360, len(points)).tolist()]
    new = [_Light(first + at, "LED", "DIM", days[at], "6", *point) for at, point in enumerate(points)]
    return [*left, *new]
