"""The northern districts' monthly returns of abandoned vehicles: three formats, three codings, two units counted.

Northmark and Westmark count reports; Eastmark counts the vehicles it takes away, about one for every three reports.
Each spoilt row is planted by name below, in a month declared there.
"""

from __future__ import annotations

import csv
import io
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from pipelines.demo.county import County
from pipelines.demo.draws import choose, days_in, generator, how_many, one, points_of, postcodes_of, registration
from pipelines.demo.names import EASTMARK, KEEPER_FIRST, KEEPER_LAST, MAKES, NORTHMARK, OFFICER_NOTES, WESTMARK
from pipelines.demo.schedule import WESTMARK_NIL, next_month
from pipelines.demo.workbook import workbook

if TYPE_CHECKING:
    from pipelines.demo.geography import Generator

NORTHMARK_SHORT_ROW = date(2023, 9, 1)  # one line lacks a field
NORTHMARK_EXTRA_COMMA = date(2024, 2, 1)  # one line has a comma in its notes and no quotes
WESTMARK_UNMAPPED = date(2024, 5, 1)  # two rows of a code no map covers
WESTMARK_BAD_DATE = date(2024, 2, 1)  # one row dated 31 February
WESTMARK_STREETS = date(2023, 8, 1)  # four rows have a street in place of a grid reference
# Of two streets of the name, the town's; another spelling; a street after a house; and one that might be either.
STREETS_NAMED = ("Mill Lane, Wendlemoor", "Tenterfeild Road", "outside 14 Drovers Rd", "Church Lane")
EASTMARK_REPEATED = date(2024, 3, 1)  # one row stands twice
EASTMARK_UNKNOWN_POSTCODE = date(2024, 10, 1)  # one postcode is in no directory
UNKNOWN_POSTCODE = "ZM3 9ZZ"
UNMAPPED_CODE = "12"

_NORTHMARK_STREAM, _EASTMARK_STREAM, _WESTMARK_STREAM = 2, 3, 4
_NORTHMARK_TYPES = {"CAR": 0.6, "VAN": 0.14, "M/C": 0.12, "CVN": 0.05, "TRLR": 0.03, "HGV": 0.03, "OTH": 0.03}
_NORTHMARK_NOT_A_VEHICLE = ("BIKE", 0.04)
_EASTMARK_TYPES = {
    "Car": 0.58, "Van": 0.14, "Motorbike": 0.09, "Moped": 0.06, "Caravan": 0.06, "Trailer": 0.03, "Lorry": 0.02,
    "Other": 0.02,
}  # fmt: skip
_WESTMARK_TYPES = {"01": 0.6, "02": 0.15, "03": 0.12, "04": 0.06, "05": 0.03, "06": 0.04}
_SHOPPING_TROLLEYS = date(2024, 1, 1)  # Eastmark lists one among its vehicles
_ENTERED_IN_ERROR = date(2023, 10, 1)  # Westmark leaves in a row it had struck out


def northmark_file(county: County, month: date, correction: bool) -> bytes:
    """Northmark's reports: comma CSV in cp1252, dates dd/mm/yyyy, eastings and northings, with keepers' names.

    As a correction: the third row is gone, the first has another type, and two reports found since are added.
    """
    rng = generator(county, _NORTHMARK_STREAM, month)
    rows = _northmark_rows(county, month, how_many(24, 15, 40, month, rng), 1, rng)
    if correction:
        rows[0][2] = "VAN" if rows[0][2] != "VAN" else "CAR"
        rows = rows[:2] + rows[3:] + _northmark_rows(county, month, 2, len(rows) + 1, rng)
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(
        ["Ref No", "Date reported", "Type", "Make", "Keeper", "Reg mark", "Easting", "Northing", "Officer notes"]
    )
    for index, row in enumerate(rows):
        if month == NORTHMARK_SHORT_ROW and index == 6:
            row = [*row[:5], *row[6:]]  # noqa: PLW2901 - the registration mark was left out, comma and all
        if month == NORTHMARK_EXTRA_COMMA and index == 4:
            text.write(",".join([*row[:-1], "Flat tyres, untaxed"]) + "\r\n")
            continue
        writer.writerow(row)
    return text.getvalue().encode("cp1252")


def _northmark_rows(county: County, month: date, count: int, first: int, rng: Generator) -> list[list[str]]:
    points = points_of(county, NORTHMARK, count, rng).round().astype(int).tolist()
    days = days_in(month, count, rng)
    types = choose(dict([*_NORTHMARK_TYPES.items(), _NORTHMARK_NOT_A_VEHICLE]), count, rng)
    rows = []
    for index in range(count):
        keeper = f"{one(KEEPER_FIRST, rng)} {one(KEEPER_LAST, rng)}" if rng.random() < 0.7 else ""
        rows.append(
            [
                f"AV/{month:%y}/{month:%m}{first + index:03d}",
                f"{days[index]:%d/%m/%Y}",
                types[index],
                one(MAKES, rng),
                keeper,
                registration(rng),
                str(points[index][0]),
                str(points[index][1]),
                one(OFFICER_NOTES, rng),
            ]
        )
    return rows


def eastmark_file(county: County, month: date, correction: bool) -> bytes:
    """Eastmark's removals: a workbook with a title, a header on row 3, date cells, postcodes, and a row of totals."""
    del correction  # Eastmark never sends a month again
    rng = generator(county, _EASTMARK_STREAM, month)
    count = how_many(10, 6, 15, month, rng)
    days = days_in(month, count, rng)
    types = choose(_EASTMARK_TYPES, count, rng)
    postcodes = postcodes_of(county, EASTMARK, count, rng)
    rows: list[list[object]] = [
        [f"EM{month:%y%m}{index + 1:03d}", days[index], types[index], postcodes[index].postcode, ""]
        for index in range(count)
    ]
    if month == EASTMARK_REPEATED:
        rows.append(list(rows[1]))
    if month == EASTMARK_UNKNOWN_POSTCODE:
        rows[2][3] = UNKNOWN_POSTCODE
    if month == _SHOPPING_TROLLEYS:
        rows[0][2] = "Shopping trolley"
    total = len(rows)
    title = f"Eastmark District Council: vehicles removed, {month:%B %Y}"
    header = ["Our ref", "Removed on", "What", "Postcode", "Remarks"]
    totals: list[object] = ["Total removed", None, total, None, None]
    made = datetime.combine(next_month(month) + timedelta(days=4), datetime.min.time().replace(hour=9))
    return workbook("Removals", [[title], [], header, *rows, totals], made)


def westmark_file(county: County, month: date, correction: bool) -> bytes:
    """Westmark's reports: text with pipes between, dates like 07-Mar-2024, grid references like `SJ 812 345`.

    In one month some rows have a street where the grid reference belongs.
    """
    del correction  # Westmark never sends a month again
    rng = generator(county, _WESTMARK_STREAM, month)
    count = 0 if month == WESTMARK_NIL else how_many(19, 12, 30, month, rng)
    points = points_of(county, WESTMARK, count, rng).tolist()
    days = [f"{day:%d-%b-%Y}" for day in days_in(month, count, rng)]
    types = choose(_WESTMARK_TYPES, count, rng)
    if month == WESTMARK_UNMAPPED:
        types[3] = types[7] = UNMAPPED_CODE
    if month == WESTMARK_BAD_DATE:
        days[5] = f"31-Feb-{month:%Y}"
    if month == _ENTERED_IN_ERROR:
        types[2] = "99"
    grids = [grid_reference(*point) for point in points]
    if month == WESTMARK_STREETS:
        grids[2:6] = STREETS_NAMED
    lines = ["REF|REPORTED|TYPE_CODE|OS_GRID|LOGGED_BY"]
    for index, grid in enumerate(grids):
        ref = f"W{month:%Y%m}-{index + 1:03d}"
        team = f"Team {int(rng.integers(1, 4))}"
        lines.append("|".join([ref, days[index], types[index], grid, team]))
    return ("\r\n".join(lines) + "\r\n").encode("utf-8")


def grid_reference(easting: float, northing: float) -> str:
    """The six-figure National Grid reference of the 100 m square that holds a point, as `SJ 812 345`."""
    letters = "ABCDEFGHJKLMNOPQRSTUVWXYZ"  # five by five from the north-west, without I
    east, north = int(easting // 100_000), int(northing // 100_000)
    # The grid's origin is the south-west corner of square S, two of the great squares east and one north of V.
    great = letters[(3 - north // 5) * 5 + 2 + east // 5]
    small = letters[(4 - north % 5) * 5 + east % 5]
    return f"{great}{small} {int(easting % 100_000 // 100):03d} {int(northing % 100_000 // 100):03d}"
