"""The demo police force's monthly file: `crime_2023-04.csv`, UTF-8, one row for each crime or incident, in lon/lat."""

from __future__ import annotations

import csv
import io
import math
from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from pipelines.demo.county import Block, County
from pipelines.demo.geography import nearest, points_in
from pipelines.demo.names import NORTH, NORTHMARK, SETTLEMENTS, SOUTH
from pipelines.demo.patterns_of_crime import (
    BURGLARY,
    BURGLARY_TREND_PER_MONTH,
    DISPOSALS,
    KINDS,
    RECODED,
    RECODED_FROM,
    VEHICLE,
    VEHICLE_TREND,
    VEHICLE_TREND_FROM,
    Kind,
)
from pipelines.demo.schedule import MONTHS

if TYPE_CHECKING:
    from pipelines.demo.geography import Floats, Generator, Objects

HEADER = ("Ref", "Occurred", "Offence", "Disposal", "Beat", "Lon", "Lat")
NO_LOCATION_SHARE = 0.007
SOUTHERN_LEVEL = 0.3  # crimes a resident south of the estuary, where nothing is large, beside those north of it
_FIRST_SOUTHERN = 10_001  # each southern district numbers its crimes from its own thousand on
TEST_MONTHS = (date(2023, 5, 1), date(2024, 2, 1))  # two rows of offence TEST in each
CORRECTION_REMOVED, CORRECTION_RECODED, CORRECTION_ADDED = 12, 25, 9
# What a corrected offence becomes: another kind of crime, so that counts by category move.
_RECLASSIFIED = {"VIOL-1": "PO-1", "VIOL-2": "PO-2", "BURG-B": "THFT-O", "CD-O": "ARSON", "THFT-O": "SHOP"}
_STREAM = 1  # each feed draws its own random numbers


@dataclass(frozen=True)
class _Crime:
    """One row before it is written: `occurred` as the file says it, a point in EPSG:27700 metres."""

    occurred: str
    offence: str
    disposal: str
    easting: float
    northing: float


# What was made of a county and month: the force's other files are about the same crimes. A seed makes one county.
_MADE: dict[tuple[int, date, bool], bytes] = {}


def crime_file(county: County, month: date, correction: bool) -> bytes:
    """The file of a month; as a correction, the same month with rows removed, reclassified and added."""
    key = (county.seed, month, correction)
    if key not in _MADE:
        _MADE[key] = _crime_file(county, month, correction)
    return _MADE[key]


def _crime_file(county: County, month: date, correction: bool) -> bytes:
    import numpy as np

    rng = np.random.default_rng([county.seed, _STREAM, month.year, month.month])
    rows = _rows(_month(county, month, rng), month, 1, rng)
    if month in TEST_MONTHS:
        rows += [[f"{_prefix(month)}-T{n}", f"{month:%Y-%m}-0{n} 09:00", "TEST", "", "", "", ""] for n in (1, 2)]
    if correction:
        rows = _corrected(rows, county, month)
    rows += _south(county, month)
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(HEADER)
    writer.writerows(rows)
    return text.getvalue().encode("utf-8")


def _prefix(month: date) -> str:
    return f"MS{month:%y%m}"


def _south(county: County, month: date) -> list[list[str]]:
    """The rows of the districts south of the estuary, each with random numbers of its own, in order of district."""
    import numpy as np

    rows: list[list[str]] = []
    for index, district in enumerate(SOUTH.districts):
        rng = np.random.default_rng([county.seed, _STREAM, month.year, month.month, 100 + index])
        blocks = [block for block in county.blocks if block.district == district]
        polygons = _polygons(blocks)
        people = np.array([block.residents for block in blocks], dtype=float)
        crimes = []
        for kind in KINDS:
            elsewhere = people / NORTH.residents * _mean(kind, month) * SOUTHERN_LEVEL
            scattered = rng.choice(len(polygons), rng.poisson(elsewhere.sum()), p=elsewhere / elsewhere.sum())
            crimes += _crimes(kind, points_in(polygons[scattered], rng), month, rng)
        rows += _rows(sorted(crimes, key=_order), month, _FIRST_SOUTHERN + 1_000 * index, rng)
    return rows


def _month(county: County, month: date, rng: Generator) -> list[_Crime]:
    """All crimes of a month north of the estuary, in order of time."""
    blocks = [block for block in county.blocks if block.district in NORTH.districts]
    crimes = [crime for kind in KINDS for crime in _of_kind(kind, county, blocks, month, rng)]
    return sorted(crimes, key=_order)


def _order(crime: _Crime) -> tuple[str, str, float]:
    return crime.occurred, crime.offence, crime.easting


def _polygons(blocks: list[Block]) -> Objects:
    import numpy as np

    return np.array([block.polygon for block in blocks], dtype=object)


def _mean(kind: Kind, month: date) -> float:
    """How many crimes of a kind are to be expected in a month north of the estuary."""
    days = monthrange(month.year, month.month)[1]
    season = 1 + kind.season * math.cos(2 * math.pi * (month.month - kind.peak_month) / 12)
    return kind.a_month * days / 30.44 * season


def _of_kind(kind: Kind, county: County, blocks: list[Block], month: date, rng: Generator) -> list[_Crime]:
    """The crimes of one kind in a month: at hot spots, and at homes by how many people live there."""
    import numpy as np

    mean, polygons = _mean(kind, month), _polygons(blocks)
    elsewhere = _where(kind, county, blocks, month) * mean * (1 - sum(kind.hot.values()))
    points = [
        rng.normal((spot.easting, spot.northing), spot.spread_m, (rng.poisson(mean * share), 2))
        for spot, share in kind.hot.items()
    ]
    scattered = rng.choice(len(polygons), rng.poisson(elsewhere.sum()), p=elsewhere / elsewhere.sum())
    return _crimes(kind, np.vstack([*points, points_in(polygons[scattered], rng)]), month, rng)


def _crimes(kind: Kind, where: Floats, month: date, rng: Generator) -> list[_Crime]:
    """A crime of a kind at each point (n, 2), with its time, offence and disposal."""
    days, count = monthrange(month.year, month.month)[1], len(where)
    times = _times(kind, month, days, count, rng)
    offences = rng.choice(list(kind.offences), count, p=_weights(kind.offences)).tolist()
    disposals = rng.choice(list(DISPOSALS), count, p=_weights(DISPOSALS)).tolist()
    return [
        _Crime(
            time,
            RECODED.get(offence, offence) if month >= RECODED_FROM else offence,
            "-" if offence.startswith("ASB") else disposal,
            easting,
            northing,
        )
        for time, offence, disposal, (easting, northing) in zip(times, offences, disposals, where.tolist(), strict=True)
    ]


def _where(kind: Kind, county: County, blocks: list[Block], month: date) -> Floats:
    """The share of a kind's crimes that each block has, (blocks,); trends make the sum differ from 1."""
    import numpy as np

    shares = np.array([block.residents for block in blocks], dtype=float)
    shares /= shares.sum()
    if kind is VEHICLE and month >= VEHICLE_TREND_FROM:
        shares[[block.ward_2024 in county.vehicle_crime_wards for block in blocks]] *= VEHICLE_TREND
    if kind is BURGLARY:
        falling = 1 - BURGLARY_TREND_PER_MONTH * MONTHS.index(month)
        shares[[block.district == NORTHMARK for block in blocks]] *= falling
    return shares


def _weights(table: dict[str, float]) -> Floats:
    import numpy as np

    weights: Floats = np.array(list(table.values()))
    weights /= weights.sum()
    return weights


def _times(kind: Kind, month: date, days: int, count: int, rng: Generator) -> list[str]:
    """`count` times within the month, as `2024-03-05 21:40`."""
    import numpy as np

    weekdays = [date(month.year, month.month, day).weekday() for day in range(1, days + 1)]
    by_day = np.array([kind.week[weekday] for weekday in weekdays])
    day = rng.choice(days, count, p=by_day / by_day.sum()) + 1
    peaks = np.array(kind.hours)
    peak = peaks[rng.choice(len(peaks), count, p=peaks[:, 2] / peaks[:, 2].sum())]
    minutes = np.floor(rng.normal(peak[:, 0], peak[:, 1]) % 24 * 12).astype(int) * 5 % 1440  # people say five past
    # On the last Sunday of March no clock shows the hour from one to two: what happens then is told an hour later.
    skipped = max((d for d in range(25, days + 1) if weekdays[d - 1] == 6), default=0) if month.month == 3 else 0
    minutes = np.where((day == skipped) & (minutes // 60 == 1), minutes + 60, minutes)
    return [
        f"{month:%Y-%m}-{d:02d} {m // 60:02d}:{m % 60:02d}" for d, m in zip(day.tolist(), minutes.tolist(), strict=True)
    ]


def _rows(crimes: list[_Crime], month: date, first: int, rng: Generator) -> list[list[str]]:
    """Crimes as rows of text, numbered from `first`; a few lose their location."""
    import numpy as np
    from convertbng.cutil import convert_lonlat

    where = np.round(np.array([(crime.easting, crime.northing) for crime in crimes]), 2)
    lon, lat = convert_lonlat(np.ascontiguousarray(where[:, 0]), np.ascontiguousarray(where[:, 1]))
    towns = np.array([(place.easting, place.northing) for place in SETTLEMENTS], dtype=float)
    beats = nearest(where, towns).tolist()
    lost = (rng.random(len(crimes)) < NO_LOCATION_SHARE).tolist()
    rows = []
    for index, crime in enumerate(crimes):
        place = ["", "", ""] if lost[index] else [f"B{beats[index] + 1}", f"{lon[index]:.7f}", f"{lat[index]:.7f}"]
        ref = f"{_prefix(month)}-{first + index:05d}"
        rows.append([ref, crime.occurred, crime.offence, crime.disposal, *place])
    return rows


def _corrected(rows: list[list[str]], county: County, month: date) -> list[list[str]]:
    """The rows of a month as the force sends them again: some gone, some of another offence, some new at the end."""
    import numpy as np

    rng = np.random.default_rng([county.seed, _STREAM, month.year, month.month, 2])
    gone = set(rng.choice(len(rows), CORRECTION_REMOVED, replace=False).tolist())
    open_to_change = [index for index, row in enumerate(rows) if row[2] in _RECLASSIFIED and index not in gone]
    changed = set(rng.choice(open_to_change, CORRECTION_RECODED, replace=False).tolist())
    kept = [
        [*row[:2], _RECLASSIFIED[row[2]], *row[3:]] if index in changed else row
        for index, row in enumerate(rows)
        if index not in gone
    ]
    extra = _month(county, month, rng)
    extra = [extra[index] for index in sorted(rng.choice(len(extra), CORRECTION_ADDED, replace=False).tolist())]
    return kept + _rows(extra, month, len(rows) + 1, rng)
