"""What two districts send about fly-tipping.

Highmark sends every month, in codes that follow the national return: `flytip_2024-04.csv`, with the telephone number of
whoever reported it. Overmark sends every quarter, in words of its own, the street and the town in place of a map
reference; from October 2024 it counts bags left beside bins as well.
"""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import TYPE_CHECKING

from pipelines.demo.agencies.calendars import BOTH_YEARS, LAST_YEAR, issued
from pipelines.demo.agencies.files import AgencyFile
from pipelines.demo.agencies.sending import delimited
from pipelines.demo.county import County
from pipelines.demo.draws import choose, days_from, days_in, generator, how_many, points_of
from pipelines.demo.names import HIGHMARK, OVERMARK
from pipelines.demo.schedule import HIGHMARK_COUNCIL, OVERMARK_COUNCIL
from pipelines.demo.streets import named_things
from pipelines.demo.workbook import packed

if TYPE_CHECKING:
    from pipelines.demo.geography import Generator

HIGHMARK_HEADER = ("Incident", "Reported", "Land", "Waste", "Size", "Easting", "Northing", "Reporter tel")
TIPS_UNMAPPED, UNMAPPED_WASTE = date(2024, 7, 1), "W29"  # a code no map covers
TIPS_CUT_SHORT = date(2024, 11, 1)  # one easting and northing lack their last figure
TIPS_CORRECTED = date(2024, 6, 1)  # sent again: sizes judged anew, and the side waste taken out
TIPS_CORRECTED_ISSUED = date(2025, 3, 19)
TIPS_JUDGED_ANEW = 5
OVERMARK_HEADER = ("Job", "Found", "What", "Where it lay", "How much", "Street", "Town")
SIDE_WASTE_FROM = date(2024, 10, 1)  # of Overmark
TIPS_MISSPELT, MISSPELT_STREETS = date(2024, 4, 1), ("Tolhouse Lane", "The old sidings")  # the second is no street
TIPS_TWICE = date(2025, 1, 1)  # one job stands twice
_HIGHMARK_STREAM, _OVERMARK_STREAM = 58, 59
_QUARTER_DAYS = 90  # the shortest quarter
_HIGHMARK_LAND = {"L01": 0.45, "L02": 0.15, "L03": 0.1, "L05": 0.2, "L06": 0.04, "L07": 0.03, "L09": 0.02, "L10": 0.01}
_HIGHMARK_WASTE = {
    "W02": 0.36, "W01": 0.2, "W04": 0.05, "W05": 0.07, "W06": 0.1, "W07": 0.05, "W08": 0.04, "W09": 0.02, "W10": 0.01,
    "W13": 0.06, "W15": 0.04,
}  # fmt: skip
_HIGHMARK_SIZES = {"S1": 0.08, "S2": 0.18, "S3": 0.3, "S4": 0.3, "S5": 0.1, "S6": 0.03, "S7": 0.01}
_SIDE_WASTE = ("W01", "S1")
_OVERMARK_WHAT = {
    "Sofa, bed or mattress": 0.34, "Other household": 0.26, "Rubble": 0.1, "Fridge or cooker": 0.09, "Tyres": 0.07,
    "Garden waste": 0.08, "Trade waste": 0.05, "Not looked at": 0.01,
}  # fmt: skip
_OVERMARK_LAND = {"Verge": 0.3, "Road": 0.22, "Alley": 0.18, "Our land": 0.2, "Farm gate": 0.06, "River bank": 0.04}
_OVERMARK_SIZES = {"Item": 0.34, "Boot": 0.3, "Van": 0.3, "Truck": 0.06}


def tipping_files() -> list[AgencyFile]:
    """Twelve months of Highmark's, one of them a second time, and eight quarters of Overmark's."""
    highmark = [_highmark(month, issued(month, 1, 10), False) for month in LAST_YEAR]
    overmark = [
        AgencyFile(
            issued(quarter, 3, 30),
            OVERMARK_COUNCIL,
            f"Overmark_tipping_{quarter:%Y-%m}.zip",
            partial(overmark_tips, quarter=quarter),
        )
        for quarter in BOTH_YEARS
    ]
    return [*highmark, _highmark(TIPS_CORRECTED, TIPS_CORRECTED_ISSUED, True), *overmark]


def _highmark(month: date, day: date, correction: bool) -> AgencyFile:
    content = partial(highmark_tips, month=month, correction=correction)
    return AgencyFile(day, HIGHMARK_COUNCIL, f"flytip_{month:%Y-%m}.csv", content)


def highmark_tips(county: County, month: date, correction: bool) -> bytes:
    """Highmark's incidents of a month; as a correction, without its side waste and with some sizes judged anew."""
    rng = generator(county, _HIGHMARK_STREAM, month)
    count = how_many(38, 22, 60, month, rng)
    points = points_of(county, HIGHMARK, count, rng).round().astype(int).tolist()
    days = days_in(month, count, rng)
    tables = (choose(table, count, rng) for table in (_HIGHMARK_LAND, _HIGHMARK_WASTE, _HIGHMARK_SIZES))
    rows: list[list[object]] = []
    for index, codes in enumerate(zip(*tables, strict=True)):
        phone = f"01632 960{int(rng.integers(0, 1000)):03d}" if rng.random() < 0.6 else ""
        ref = f"FT{month:%y%m}-{index + 1:03d}"
        rows.append([ref, f"{days[index]:%Y-%m-%d}", *codes, *points[index], phone])
    rows[5][3:5] = _SIDE_WASTE
    if month == TIPS_UNMAPPED:
        rows[2][3] = UNMAPPED_WASTE
    if month == TIPS_CUT_SHORT:
        rows[7][5:7] = [points[7][0] // 10, points[7][1] // 10]
    if correction:
        for row in rows[10 : 10 + TIPS_JUDGED_ANEW]:
            row[4] = "S5" if row[4] != "S5" else "S4"
        rows = [row for row in rows if (row[3], row[4]) != _SIDE_WASTE]
    return delimited(HIGHMARK_HEADER, rows)


def overmark_tips(county: County, quarter: date) -> bytes:
    """Overmark's jobs of a quarter: semicolons, in a zip archive; from October 2024 with side waste in the towns."""
    rng = generator(county, _OVERMARK_STREAM, quarter)
    count = 58 + int(rng.poisson(14))
    rows = _overmark_rows(county, quarter, count, rng)
    if quarter >= SIDE_WASTE_FROM:
        for row in _overmark_rows(county, quarter, 35, rng):
            rows.append([*row[:2], "Bags by the bins", row[3], "Bag", *row[5:]])
    for index, row in enumerate(rows):
        row[0] = f"{quarter:%y%m}/{index + 1}"
    if quarter == TIPS_MISSPELT:
        rows[3][5], rows[9][5] = MISSPELT_STREETS
        rows[3][6] = "Overbridge"
    if quarter == TIPS_TWICE:
        rows.append(list(rows[6]))
    return packed({"tipping.csv": delimited(OVERMARK_HEADER, rows, delimiter=";", encoding="iso-8859-1")})


def _overmark_rows(county: County, quarter: date, count: int, rng: Generator) -> list[list[str]]:
    streets = [
        each for each in named_things(county) if each.kind == "Named Road" and each.settlement.district == OVERMARK
    ]
    days = days_from(quarter, _QUARTER_DAYS, count, rng)
    what, land, sizes = (choose(table, count, rng) for table in (_OVERMARK_WHAT, _OVERMARK_LAND, _OVERMARK_SIZES))
    rows = []
    for index in range(count):
        street = streets[int(rng.integers(0, len(streets)))]
        place = [street.name, street.settlement.name]
        rows.append(["", f"{days[index]:%d.%m.%Y}", what[index], land[index], sizes[index], *place])
    return rows
