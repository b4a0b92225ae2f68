"""What kinds of crime the demo's police record: how many, when in the year, week and day, and at which hot spots."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from pipelines.demo.names import EASTMARK, NORTHMARK, WESTMARK


@dataclass(frozen=True)
class HotSpot:
    """A small place with much crime: its centre in EPSG:27700 and its spread, both in metres."""

    name: str
    district: str
    easting: int
    northing: int
    spread_m: int


CENTRE = HotSpot("Marksbridge town centre", EASTMARK, 397_150, 312_650, 110)
QUAY = HotSpot("Harrowmere Quay", NORTHMARK, 388_750, 326_500, 90)
RETAIL = HotSpot("Longacre retail park, Thornwick", WESTMARK, 382_300, 312_300, 130)
STATION = HotSpot("Marksbridge station", EASTMARK, 397_900, 313_250, 60)
HOT_SPOTS = (CENTRE, QUAY, RETAIL, STATION)

# Hours of the day as peaks: (hour, spread in hours, weight).
NIGHT_OUT = ((23.0, 2.5, 0.65), (16.0, 3.5, 0.35))
EVENING = ((20.5, 2.5, 0.75), (16.0, 2.5, 0.25))
SHOP_HOURS = ((13.0, 2.0, 0.6), (16.5, 1.5, 0.4))
OVERNIGHT = ((2.5, 2.5, 0.6), (13.0, 3.5, 0.4))
WHILE_AT_WORK = ((10.0, 2.5, 0.5), (16.0, 2.0, 0.5))
ALL_DAY = ((14.0, 5.0, 1.0),)

# Monday to Sunday.
EVEN_WEEK = (1.0, 1.0, 1.0, 1.0, 1.05, 1.05, 0.95)
WEEKEND = (0.75, 0.7, 0.75, 0.85, 1.35, 1.7, 1.2)
SHOP_WEEK = (1.0, 1.0, 1.0, 1.05, 1.15, 1.25, 0.6)
WORK_WEEK = (1.15, 1.2, 1.2, 1.15, 1.1, 0.65, 0.5)


@dataclass(frozen=True)
class Kind:
    """One kind of crime.

    `offences` are the force's own codes with their weights; `a_month` the mean number in a month of the year's mean;
    `season` the share by which the peak month stands above that mean; `hot` the share of crimes at each hot spot.
    """

    offences: dict[str, float]
    a_month: float
    season: float
    peak_month: int
    hours: tuple[tuple[float, float, float], ...]
    week: tuple[float, ...]
    hot: dict[HotSpot, float]


VEHICLE = Kind(
    {"VEH-F": 0.5, "VEH-T": 0.3, "VEH-I": 0.2}, 88, 0.05, 11, OVERNIGHT, EVEN_WEEK, {RETAIL: 0.08, STATION: 0.03}
)
BURGLARY = Kind({"BURG-D": 0.7, "BURG-B": 0.3}, 84, 0.3, 12, OVERNIGHT, EVEN_WEEK, {})
KINDS = (
    VEHICLE,
    BURGLARY,
    Kind(
        {"VIOL-1": 0.42, "VIOL-2": 0.3, "HAR-1": 0.2, "SEX-1": 0.08}, 290, 0.08, 7, NIGHT_OUT, WEEKEND,
        {CENTRE: 0.17, QUAY: 0.07},
    ),
    Kind({"ASB-N": 0.62, "ASB-P": 0.28, "ASB-E": 0.1}, 170, 0.35, 7, EVENING, WEEKEND, {CENTRE: 0.08, QUAY: 0.07}),
    Kind({"SHOP": 1.0}, 92, 0.1, 12, SHOP_HOURS, SHOP_WEEK, {CENTRE: 0.34, RETAIL: 0.3, QUAY: 0.08}),
    Kind({"CD-V": 0.45, "CD-O": 0.48, "ARSON": 0.07}, 76, 0.08, 6, EVENING, WEEKEND, {CENTRE: 0.05}),
    Kind({"PO-1": 0.8, "PO-2": 0.2}, 62, 0.12, 7, NIGHT_OUT, WEEKEND, {CENTRE: 0.2, QUAY: 0.08}),
    Kind({"THFT-O": 0.7, "THFT-M": 0.3}, 54, 0.05, 8, ALL_DAY, EVEN_WEEK, {CENTRE: 0.08, RETAIL: 0.1}),
    Kind({"DRUG-P": 0.75, "DRUG-S": 0.25}, 28, 0.05, 6, EVENING, WEEKEND, {CENTRE: 0.12, QUAY: 0.1}),
    Kind({"CYC": 1.0}, 26, 0.5, 7, WHILE_AT_WORK, WORK_WEEK, {STATION: 0.36, CENTRE: 0.1}),
    Kind({"OTH-F": 0.4, "OTH-X": 0.6}, 16, 0.0, 6, ALL_DAY, EVEN_WEEK, {}),
    Kind({"THFT-P": 1.0}, 12, 0.1, 12, SHOP_HOURS, SHOP_WEEK, {CENTRE: 0.4, STATION: 0.15}),
    Kind({"ROB-P": 0.85, "ROB-B": 0.15}, 11, 0.1, 11, NIGHT_OUT, WEEKEND, {CENTRE: 0.2}),
    Kind({"WPN": 1.0}, 8, 0.0, 6, EVENING, WEEKEND, {CENTRE: 0.1}),
)  # fmt: skip

# From April 2024 the force has new codes for two offences; the old ones are not used again.
RECODED_FROM = date(2024, 4, 1)
RECODED = {"CYC": "BIKE", "HAR-1": "STALK-H"}

# How a crime stood when its month was sent, with weights. ASB has no disposal.
DISPOSALS = {
    "NFA-NS": 0.34, "NFA-UP": 0.26, "OPEN": 0.2, "CHG": 0.08, "COURT": 0.03, "LR": 0.04, "CAU": 0.02, "NFA-PI": 0.02,
    "OTH-AG": 0.01,
}  # fmt: skip

VEHICLE_TREND_FROM = date(2024, 7, 1)
VEHICLE_TREND = 2.0
BURGLARY_TREND_PER_MONTH = 0.025  # of the first month's level: Northmark falls to about 0.43 of it in two years
