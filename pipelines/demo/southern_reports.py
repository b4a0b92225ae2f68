"""What the districts south of the estuary send of abandoned vehicles where they count reports.

Fenmark sends every week, Highmark and Heathmark every month, Stonemark once a year; Saltmark, which would count reports
too, sends nothing. Each spoilt row is planted by name below, in a period declared there.
"""

from __future__ import annotations

import json
from datetime import date
from xml.sax.saxutils import escape

from pipelines.demo.county import County
from pipelines.demo.draws import (
    as_degrees,
    choose,
    days_from,
    days_in,
    generator,
    how_many,
    one,
    points_of,
    postcodes_of,
)
from pipelines.demo.geography import main_town
from pipelines.demo.names import FENMARK, HEATHMARK, HIGHMARK, SETTLEMENTS, STONEMARK
from pipelines.demo.streets import properties

_FENMARK_STREAM, _HIGHMARK_STREAM, _HEATHMARK_STREAM, _STONEMARK_STREAM = 21, 22, 23, 24
_FENMARK_KINDS = {"10": 0.55, "11": 0.15, "20": 0.14, "30": 0.08, "40": 0.04, "90": 0.04}
FENMARK_REPEATED = date(2024, 7, 1)  # a line stands twice in this week's file
FENMARK_UNKNOWN_UPRN, UNKNOWN_UPRN = date(2024, 10, 14), 909_099_999_999  # a property in no list
# Whoever takes the call writes what they are told.
_HIGHMARK_LABELS = {
    "Car": 0.3, "car": 0.12, "Hatchback": 0.1, "Estate car": 0.06, "4x4": 0.05, "White van": 0.1, "Van": 0.06,
    "Moped": 0.05, "motor bike": 0.05, "Caravan": 0.04, "Trailer with rubbish": 0.02, "Lorry": 0.02, "not sure": 0.03,
}  # fmt: skip
HIGHMARK_UNMAPPED, UNMAPPED_LABEL = date(2024, 9, 1), "Hearse"  # a label no map covers
HIGHMARK_SWAPPED = date(2024, 2, 1)  # one report has its longitude as latitude
HIGHMARK_NOWHERE = date(2023, 12, 1)  # one report lies at 0, 0
# Heathmark's reports by month; of every other month it says that there were none.
HEATHMARK_REPORTS = {date(2023, 5, 1): 1, date(2023, 9, 1): 2, date(2024, 1, 1): 1}
_HEATHMARK_TYPES = {"C": 0.7, "L": 0.1, "M": 0.2}
_REMARKS = ("By the common", "Wheels and plates gone", "Track to the gravel pit")
_SECTOR_SHARE = 0.08  # of Stonemark's reports
_STONEMARK_VEHICLES = {
    "PRIVATE CAR": 0.62, "LIGHT GOODS": 0.14, "CYCLE, MOTOR": 0.1, "TOURER": 0.05, "HEAVY GOODS": 0.04, "PLANT": 0.03,
    "SUPERMARKET TROLLEY": 0.02,
}  # fmt: skip


def fenmark_file(county: County, week: date, correction: bool) -> bytes:
    """Fenmark's reports: lines of fixed width, one file a week, the property's number in place of a location."""
    import numpy as np
    import shapely

    del correction  # Fenmark never sends a week again
    rng = generator(county, _FENMARK_STREAM, week)
    count = min(1 + int(rng.poisson(0.8)), 7)
    found = properties(county)
    points = np.array(list(found.values()))
    ours = np.array(list(found))[shapely.contains_xy(county.district(FENMARK).polygon, points[:, 0], points[:, 1])]
    kinds, days = choose(_FENMARK_KINDS, count, rng), days_from(week, 7, count, rng)
    numbers = rng.choice(ours, count).tolist()
    if week == FENMARK_UNKNOWN_UPRN:
        numbers[0] = UNKNOWN_UPRN
    lines = [
        f"{week:%y%m%d}{index + 1:02d}{days[index]:%d%m%Y}{kinds[index]}{numbers[index]:012d}{rng.integers(1, 6):>3}"
        for index in range(count)
    ]
    if week == FENMARK_REPEATED:
        lines.append(lines[0])
    return "".join(f"{line}\r\n" for line in ["FENMARK AV REPORTS", *lines]).encode("ascii")


def highmark_file(county: County, month: date, correction: bool) -> bytes:
    """Highmark's reports: XML, with the minute of the call, a label typed by hand, and longitude and latitude."""
    del correction  # Highmark never sends a month again
    rng = generator(county, _HIGHMARK_STREAM, month)
    count = how_many(8, 4, 16, month, rng)
    lon, lat = as_degrees(points_of(county, HIGHMARK, count, rng), 6)
    labels = choose(_HIGHMARK_LABELS, count, rng)
    days, minutes = days_in(month, count, rng), rng.integers(7 * 60, 21 * 60, count).tolist()
    if month == HIGHMARK_UNMAPPED:
        labels[1] = UNMAPPED_LABEL
    if month == HIGHMARK_SWAPPED:
        lon[2], lat[2] = lat[2], lon[2]
    if month == HIGHMARK_NOWHERE:
        lon[0] = lat[0] = 0.0
    reports = "".join(
        f'  <Report id="HM{month:%y%m}{index + 1:03d}">\n'
        f"    <Received>{days[index].isoformat()}T{minutes[index] // 60:02d}:{minutes[index] % 60:02d}</Received>\n"
        f"    <About>{escape(labels[index])}</About>\n"
        f'    <Pin lat="{lat[index]}" lon="{lon[index]}"/>\n  </Report>\n'
        for index in range(count)
    )
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<Export council="Highmark">\n'
    return f"{head}{reports}</Export>\n".encode()


def heathmark_file(county: County, month: date, correction: bool) -> bytes:
    """Heathmark's reports: JSON, whether there were any or not, with eastings and northings to ten metres."""
    del correction  # Heathmark never sends a month again
    rng = generator(county, _HEATHMARK_STREAM, month)
    count = HEATHMARK_REPORTS.get(month, 0)
    points = (points_of(county, HEATHMARK, count, rng) // 10 * 10).astype(int).tolist()
    days, types = days_in(month, count, rng), choose(_HEATHMARK_TYPES, count, rng)
    reports = [
        {
            "number": f"HE{month:%y%m}-{index + 1}",
            "received": days[index].isoformat(),
            "type": types[index],
            "place": {"easting": points[index][0], "northing": points[index][1], "remark": one(_REMARKS, rng)},
        }
        for index in range(count)
    ]
    told = {"council": "Heathmark", "month": f"{month:%Y-%m}", "reports": reports}
    return (json.dumps(told, indent=1) + "\n").encode("utf-8")


def stonemark_file(county: County, year: date, correction: bool) -> bytes:
    """Stonemark's reports of a financial year: UTF-16 text with tabs, a last line that says how many there are.

    Where the officer had no whole postcode, its sector is given: in the main town only, where sectors are small.
    """
    del correction  # Stonemark never sends a year again
    rng = generator(county, _STONEMARK_STREAM, year)
    count = int(rng.poisson(82))
    length = (year.replace(year=year.year + 1) - year).days
    days, vehicles = days_from(year, length, count, rng), choose(_STONEMARK_VEHICLES, count, rng)
    codes = [postcodes_of(county, STONEMARK, 1, rng)[0].postcode for _ in range(count)]
    lines = ["No.\tDate of report\tVehicle\tPostcode"]
    for index, code in enumerate(codes):
        is_in_town = code.split()[0] == f"ZM{SETTLEMENTS.index(main_town(STONEMARK)) + 1}"
        written = code[:-2] if is_in_town and rng.random() < _SECTOR_SHARE else code
        lines.append(f"{year:%Y}/{index + 1}\t{days[index].day} {days[index]:%B %Y}\t{vehicles[index]}\t{written}")
    lines.append(f"END OF RETURN\t{count}\t\t")
    return "".join(f"{line}\r\n" for line in lines).encode("utf-16")
