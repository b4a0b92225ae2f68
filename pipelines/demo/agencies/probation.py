"""What the demo probation service sends: orders and licences begun, each month, and its caseload, each quarter.

The starts come out of its case system, a line an order; the caseload is a snapshot that an analyst makes up in a
workbook, wide by kind of order. Each fault is planted by name below, in a period declared there.
"""

from __future__ import annotations

import csv
import io
from datetime import date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

import pipelines.demo.draws as draw
from pipelines.demo.agencies.calendars import BOTH_YEARS, LAST_YEAR, after, working_day
from pipelines.demo.agencies.files import AgencyFile
from pipelines.demo.agencies.people import homes, people
from pipelines.demo.agencies.planted import (
    CASE_NUMBER,
    CASE_NUMBER_OTHERWISE,
    PROBATIONER,
    PROBATIONER_MAIL,
    PROBATIONER_PHONE,
    PROBATIONER_POSTCODE,
)
from pipelines.demo.county import County
from pipelines.demo.workbook import workbook

if TYPE_CHECKING:
    from pipelines.demo.geography import Generator

PARTNER = "demo_probation"
_STREAM, _CASELOAD_STREAM = 41, 411
TWO_ORDERS = date(2024, 6, 1)  # one person begins two orders
NUMBER_OTHERWISE = date(2024, 11, 1)  # that person's number is written in another way
UNMAPPED, UNMAPPED_ORDER = (
    date(2024, 9, 1),
    "DRO",
)  # two orders are of a kind no map covers: deferred, with requirements
BORN_AFTERWARDS = date(2024, 12, 1)  # one date of birth is after the order began
REPEATED = date(2025, 1, 1)  # one line stands twice
REMARKS = date(2024, 7, 1)  # the remarks of one line hold a telephone number and an address of mail
CORRECTED, CORRECTED_ISSUED = date(2024, 4, 1), date(2025, 3, 10)  # this quarter's caseload is sent again
IN_WORDS, WORDS = date(2024, 7, 1), "under 5"  # a cell of this quarter's caseload holds words no spec declares

STARTS_HEADER = (
    "Disposal ID", "CRN", "Surname", "Forename(s)", "DOB", "Sex", "Ethnicity", "Start Date", "Disposal Type",
    "Main Offence", "Tier", "RoSH", "Postcode", "Team", "Remarks",
)  # fmt: skip
_ORDERS = {"CO": 0.43, "SSO": 0.3, "LIC": 0.19, "PSS": 0.08}
# Home Office codes as courts use them; driving with drink or drugs, and breaches, are no recorded crime.
_OFFENCES = {
    "10501": 0.17, "00806": 0.12, "00801": 0.05, "04600": 0.12, "04910": 0.06, "02800": 0.07, "03401": 0.03,
    "09250": 0.06, "19300": 0.05, "80300": 0.1, "80701": 0.05, "05800": 0.05, "12509": 0.05, "00811": 0.02,
}  # fmt: skip
_TIERS = {"T1": 0.18, "T2": 0.36, "T3": 0.34, "T4": 0.12}
_RISKS = {"RL": 0.3, "RM": 0.48, "RH": 0.2, "RV": 0.02}
_TEAMS = ("Harrowmere", "Marksbridge", "South of the estuary")

CASELOAD_HEADER = (
    "District", "Code", "Community order", "Suspended sentence order", "On licence", "Post-sentence supervision",
    "People",
)  # fmt: skip
_PER_THOUSAND = (1.05, 0.75, 0.8, 0.25)  # orders and licences under supervision, by kind, to a thousand residents


def probation_files() -> list[AgencyFile]:
    """Every file the probation service ever sends."""
    files = [
        AgencyFile(working_day(after(month, 1) + timedelta(days=9)), PARTNER, f"starts_{month:%Y%m}.csv",
                   partial(starts_file, month=month))
        for month in LAST_YEAR
    ]  # fmt: skip
    for quarter in BOTH_YEARS:
        files.append(_caseload(working_day(after(quarter, 3) + timedelta(days=24)), quarter))
    return [*files, _caseload(CORRECTED_ISSUED, CORRECTED, corrected=True)]


def _caseload(issued: date, quarter: date, corrected: bool = False) -> AgencyFile:
    name = f"Caseload at end of quarter from {quarter:%b %Y}.xlsx"
    return AgencyFile(
        issued, PARTNER, name, partial(caseload_file, quarter=quarter, issued=issued, corrected=corrected)
    )


def starts_file(county: County, month: date) -> bytes:
    """A month's starts: cp1252 CSV, every cell in quotation marks, a line an order or licence."""
    rng = draw.generator(county, _STREAM, month)
    rows = _starts(county, month, rng)
    _spoil(rows, month)
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow(STARTS_HEADER)
    writer.writerows([row[name] for name in STARTS_HEADER] for row in rows)
    return text.getvalue().encode("cp1252")


def _starts(county: County, month: date, rng: Generator) -> list[dict[str, str]]:
    count = draw.how_many(62, 40, 90, month, rng)
    days = draw.days_in(month, count, rng)
    who, codes = people(count, (18, 68), 0.85, month, rng), homes(county, count, rng)
    columns = [draw.choose(table, count, rng) for table in (_ORDERS, _OFFENCES, _TIERS, _RISKS)]
    return [
        {
            "Disposal ID": f"25{month:%y%m}{index + 1:04d}",
            "CRN": f"X{int(rng.integers(100_000, 700_000))}",
            "Surname": who[index].surname,
            "Forename(s)": who[index].forename,
            "DOB": f"{who[index].born:%d/%m/%Y}",
            "Sex": who[index].sex,
            "Ethnicity": who[index].group,
            "Start Date": f"{days[index]:%d/%m/%Y}",
            **{name: column[index] for name, column in zip(STARTS_HEADER[8:12], columns, strict=True)},
            "Postcode": codes[index] if rng.random() > 0.04 else "",  # no fixed abode
            "Team": draw.one(_TEAMS, rng),
            "Remarks": "",
        }
        for index in range(count)
    ]


def _spoil(rows: list[dict[str, str]], month: date) -> None:
    """Plant the faults of a month."""
    theirs = {
        "CRN": CASE_NUMBER,
        "Surname": PROBATIONER.surname,
        "Forename(s)": PROBATIONER.forename,
        "DOB": f"{PROBATIONER.born:%d/%m/%Y}",
        "Sex": PROBATIONER.sex,
        "Ethnicity": PROBATIONER.group,
        "Postcode": PROBATIONER_POSTCODE,
    }
    if month == TWO_ORDERS:
        rows[4].update(theirs, **{"Disposal Type": "CO"})
        rows[5].update(theirs, **{"Disposal Type": "SSO", "Start Date": rows[4]["Start Date"]})
    if month == NUMBER_OTHERWISE:
        rows[7].update(theirs, CRN=CASE_NUMBER_OTHERWISE)
    if month == UNMAPPED:
        for row in (rows[2], rows[9]):
            row["Disposal Type"] = UNMAPPED_ORDER
    if month == BORN_AFTERWARDS:
        rows[3]["DOB"] = f"{after(month, 2):%d/%m/%Y}"
    if month == REMARKS:
        rows[6]["Remarks"] = f"Ring partner on {PROBATIONER_PHONE} or write to {PROBATIONER_MAIL}"
    if month == REPEATED:
        rows.append(rows[1])


def caseload_file(county: County, quarter: date, issued: date, corrected: bool) -> bytes:
    """A quarter's caseload: a workbook, a row a district, numbers below 5 written as `c`, and a row of the county.

    Orders stand by their kind; people are each counted once, so that they are fewer.
    """
    rng = draw.generator(county, _CASELOAD_STREAM, quarter)
    rows: list[list[object]] = []
    totals = [0] * (len(_PER_THOUSAND) + 1)
    for district in county.districts:
        residents = sum(block.residents for block in county.blocks if block.district == district.code)
        counts = [int(rng.poisson(rate * residents / 1000)) for rate in _PER_THOUSAND]
        if corrected and district == county.districts[0]:
            counts[1] += 9  # a team's orders had been left out
        counts.append(round(sum(counts) * 0.93))
        totals = [total + count for total, count in zip(totals, counts, strict=True)]
        rows.append([district.name, district.code, *("c" if 0 < count < 5 else count for count in counts)])
    if quarter == IN_WORDS:
        rows[6][5] = WORDS
    if quarter == BOTH_YEARS[0]:
        rows[10][5] = "-"  # not yet counted by that team
    last = after(quarter, 3) - timedelta(days=1)
    title = [["Markshire Probation"], [f"Caseload on {last:%d %B %Y}" + (", corrected" if corrected else "")], []]
    foot: list[list[object]] = [["County", "", *totals], ["c: fewer than 5"]]
    made = datetime(issued.year, issued.month, issued.day, 9)
    return workbook("Caseload", [*title, list(CASELOAD_HEADER), *rows, *foot], made, creator="Markshire Probation")
