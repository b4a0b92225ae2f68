"""What two districts' environmental health teams send about noise, each in its own way and its own unit.

Eastmark sends each complaint, every month: `Noise complaints 2024-04.csv`, cp1252, labels in words, with who complained
and what they said. Highmark sends cases, each once however often it was complained of, every quarter, in a workbook.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from pipelines.demo.agencies.calendars import BOTH_YEARS, LAST_YEAR, after, issued
from pipelines.demo.agencies.files import AgencyFile
from pipelines.demo.agencies.sending import delimited
from pipelines.demo.county import County
from pipelines.demo.draws import choose, days_from, days_in, generator, how_many, one, points_of, postcodes_of
from pipelines.demo.names import EASTMARK, HIGHMARK, KEEPER_FIRST, KEEPER_LAST
from pipelines.demo.schedule import EASTMARK_COUNCIL, HIGHMARK_COUNCIL
from pipelines.demo.workbook import workbook

if TYPE_CHECKING:
    from pipelines.demo.geography import Generator

EASTMARK_HEADER = ("Complaint", "Received", "Noise", "From", "Action", "Postcode", "Complainant", "Details")
NOISE_UNMAPPED, UNMAPPED_NOISE = date(2024, 8, 1), "Wind turbine"  # a label no map covers
NOISE_CONFLICT = date(2024, 10, 1)  # one complaint stands twice, with two actions
NOISE_LATE, NOISE_LATE_ISSUED = date(2024, 12, 1), date(2025, 2, 20)
HIGHMARK_HEADER = ("Case", "Opened", "Kind of noise", "Source", "Closed as", "Easting", "Northing", "Complaints")
CASE_WITHOUT_DAY = date(2024, 7, 1)  # one case has words where its day belongs
CASE_TWICE = date(2023, 10, 1)  # one case stands twice
_EASTMARK_STREAM, _HIGHMARK_STREAM = 55, 56
_QUARTER_DAYS = 90  # the shortest quarter
# What made the noise, where it came from, and how often.
_EASTMARK_NOISE = {
    ("Loud music / TV", "House or flat"): 0.36,
    ("Dog barking", "House or flat"): 0.22,
    ("Party", "House or flat"): 0.1,
    ("DIY", "House or flat"): 0.05,
    ("Loud music / TV", "Pub or club"): 0.08,
    ("Construction", "Building site"): 0.06,
    ("Intruder alarm", "Shop / office"): 0.03,
    ("Car alarm", "Street"): 0.02,
    ("Plant or machinery", "Factory"): 0.04,
    ("Fireworks", "Not known"): 0.02,
    ("Cockerel", "Farm"): 0.02,
}
_EASTMARK_ACTIONS = {
    "Advice letter": 0.45, "Diary sheets not returned": 0.25, "No further action": 0.14, "Warning": 0.08,
    "Notice served": 0.03, "Open": 0.05,
}  # fmt: skip
_DETAILS = (
    "Bass through the party wall most nights after eleven", "Left out all day, never stops",
    "Started before seven again",
    "Windows open – every word can be heard", "Only at weekends", "Has been going on since Easter",  # noqa: RUF001 - cp1252
)  # fmt: skip
_HIGHMARK_NOISE = {
    ("MUS", "D"): 0.34, ("DOG", "D"): 0.26, ("PPL", "D"): 0.1, ("MCH", "I"): 0.08, ("MUS", "L"): 0.08,
    ("ALM", "C"): 0.04, ("ANI", "A"): 0.06, ("BLD", "S"): 0.04,
}  # fmt: skip
_HIGHMARK_CLOSED = {"ADV": 0.5, "NIL": 0.2, "WARN": 0.12, "S80": 0.05, "NOSN": 0.08, "": 0.05}  # S80: a notice


def noise_files() -> list[AgencyFile]:
    """Twelve months of Eastmark's complaints, one of them late, and eight quarters of Highmark's cases."""
    eastmark = [
        AgencyFile(
            NOISE_LATE_ISSUED if month == NOISE_LATE else issued(month, 1, 9),
            EASTMARK_COUNCIL,
            f"Noise complaints {month:%Y-%m}.csv",
            partial(eastmark_noise, month=month),
        )
        for month in LAST_YEAR
    ]
    highmark = [
        AgencyFile(
            issued(quarter, 3, 20),
            HIGHMARK_COUNCIL,
            f"Noise cases opened from {quarter:%b %Y}.xlsx",
            partial(highmark_noise, quarter=quarter),
        )
        for quarter in BOTH_YEARS
    ]
    return [*eastmark, *highmark]


def eastmark_noise(county: County, month: date) -> bytes:
    """Eastmark's complaints of a month; more in summer, when windows are open."""
    rng = generator(county, _EASTMARK_STREAM, month)
    count = how_many(44 if 5 <= month.month <= 8 else 28, 15, 70, month, rng)
    noises, actions = _pairs(_EASTMARK_NOISE, count, rng), choose(_EASTMARK_ACTIONS, count, rng)
    postcodes, days = postcodes_of(county, EASTMARK, count, rng), days_in(month, count, rng)
    rows: list[list[str]] = []
    for index in range(count):
        who = f"{one(KEEPER_FIRST, rng)} {one(KEEPER_LAST, rng)}"
        place = postcodes[index].postcode
        ref, day = f"EN{month:%y%m}/{index + 1:03d}", f"{days[index]:%d/%m/%Y}"
        rows.append([ref, day, *noises[index], actions[index], place, who, one(_DETAILS, rng)])
    rows[1][7] = f"{rows[1][6]} says: it is {one(KEEPER_LAST, rng)} at the end house, as everybody knows"
    if month == NOISE_UNMAPPED:
        rows[4][2] = UNMAPPED_NOISE
    if month == NOISE_CONFLICT:
        rows.append([*rows[3][:4], "Warning" if rows[3][4] != "Warning" else "Advice letter", *rows[3][5:]])
    return delimited(EASTMARK_HEADER, rows, encoding="cp1252")


def highmark_noise(county: County, quarter: date) -> bytes:
    """Highmark's cases of a quarter: two lines of title, codes in capitals, eastings and northings to ten metres."""
    rng = generator(county, _HIGHMARK_STREAM, quarter)
    count = 16 + int(rng.poisson(9 if quarter.month in (4, 7) else 4))
    noises = _pairs(_HIGHMARK_NOISE, count, rng)
    closed, days = choose(_HIGHMARK_CLOSED, count, rng), days_from(quarter, _QUARTER_DAYS, count, rng)
    points = (points_of(county, HIGHMARK, count, rng) // 10 * 10).astype(int).tolist()
    rows: list[list[object]] = [
        [f"HN-{quarter:%y%m}-{index + 1:02d}", days[index], *noises[index], closed[index], *points[index],
         1 + int(rng.poisson(0.9))]
        for index in range(count)
    ]  # fmt: skip
    if quarter == CASE_WITHOUT_DAY:
        rows[3][1] = "during the fair"
    if quarter == CASE_TWICE:
        rows.append(list(rows[2]))
    title = [["Highmark District Council"], [f"Noise cases opened in the quarter from {quarter:%B %Y}"], []]
    total: list[object] = ["Cases", len(rows), "", "", "", "", "", sum(int(str(row[7])) for row in rows)]
    made = datetime.combine(after(quarter, 3) + timedelta(days=12), datetime.min.time().replace(hour=15))
    return workbook("Noise", [*title, list(HIGHMARK_HEADER), *rows, total], made, "Highmark District Council")


def _pairs(table: dict[tuple[str, str], float], count: int, rng: Generator) -> list[tuple[str, str]]:
    """`count` pairs of a table, by its weights."""
    pairs, total = list(table), sum(table.values())
    return [pairs[at] for at in rng.choice(len(pairs), count, p=[weight / total for weight in table.values()]).tolist()]
