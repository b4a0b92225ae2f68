"""The police force's monthly file of stops and searches: `stop-and-search-2024-04.csv`, laid out as data.police.uk's.

Columns and labels are those of the publication, so times are universal time with their offset written; the points are
the force's own. Who was searched is told by sex, age range and ethnic group.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import partial
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from pipelines.demo.agencies.calendars import LAST_YEAR, issued
from pipelines.demo.agencies.files import AgencyFile
from pipelines.demo.agencies.sending import delimited, points_of_people
from pipelines.demo.county import County
from pipelines.demo.draws import as_degrees, choose, days_in, generator, how_many
from pipelines.demo.schedule import POLICE

if TYPE_CHECKING:
    from pipelines.demo.geography import Generator

HEADER = (
    "Type", "Date", "Part of a policing operation", "Policing operation", "Latitude", "Longitude", "Gender",
    "Age range", "Self-defined ethnicity", "Officer-defined ethnicity", "Legislation", "Object of search", "Outcome",
    "Outcome linked to object of search", "Removal of more than just outer clothing",
)  # fmt: skip
SEARCHES_CORRECTED = date(2024, 9, 1)  # sent again: outcomes that were open have been entered, and one search is gone
SEARCHES_CORRECTED_ISSUED = date(2025, 3, 12)
SEARCH_UNMAPPED, UNMAPPED_OBJECT = date(2024, 12, 1), "Crossbows"  # an object no map covers
SEARCH_SWAPPED = date(2024, 7, 1)  # one search has its longitude as latitude
_STREAM = 53
_TYPES = {"Person search": 0.72, "Person and Vehicle search": 0.23, "Vehicle search": 0.05}
_GENDERS = {"Male": 0.88, "Female": 0.11, "Other": 0.003, "": 0.007}
_AGES = {"10-17": 0.17, "18-24": 0.33, "25-34": 0.24, "over 34": 0.22, "under 10": 0.002, "": 0.038}
# The self-defined group, its weight, and the group the officer saw.
_GROUPS = {
    "White - English/Welsh/Scottish/Northern Irish/British": (0.63, "White"),
    "White - Any other White background": (0.06, "White"),
    "White - Irish": (0.01, "White"),
    "Black/African/Caribbean/Black British - African": (0.03, "Black"),
    "Black/African/Caribbean/Black British - Caribbean": (0.02, "Black"),
    "Asian/Asian British - Pakistani": (0.03, "Asian"),
    "Asian/Asian British - Indian": (0.015, "Asian"),
    "Mixed/Multiple ethnic groups - White and Black Caribbean": (0.025, "Black"),
    "Mixed/Multiple ethnic groups - Any other Mixed/Multiple ethnic background": (0.01, "Mixed"),
    "Other ethnic group - Any other ethnic group": (0.01, "Other"),
    "Other ethnic group - Not stated": (0.16, "White"),
}
_DRUGS, _PACE = "Misuse of Drugs Act 1971 (section 23)", "Police and Criminal Evidence Act 1984 (section 1)"
_FIREARMS = "Firearms Act 1968 (section 47)"
# The power and the object, and their weight.
_GROUNDS = {
    (_DRUGS, "Controlled drugs"): 0.6,
    (_PACE, "Offensive weapons"): 0.14,
    (_PACE, "Stolen goods"): 0.1,
    (_PACE, "Article for use in theft"): 0.09,
    (_PACE, "Articles for use in criminal damage"): 0.04,
    (_FIREARMS, "Firearms"): 0.01,
    ("Criminal Justice and Public Order Act 1994 (section 60)", "Anything to threaten or harm anyone"): 0.02,
}
_NOTHING = "A no further action disposal"
_OUTCOMES = {
    _NOTHING: 0.7, "Arrest": 0.13, "Community resolution": 0.1, "Summons / charged by post": 0.03,
    "Khat or Cannabis warning": 0.02, "Penalty Notice for Disorder": 0.01, "Caution (simple or conditional)": 0.01,
}  # fmt: skip


def search_files() -> list[AgencyFile]:
    """Twelve months of searches, and one of them a second time."""
    files = [_planned(month, issued(month, 1, 15), False) for month in LAST_YEAR]
    return [*files, _planned(SEARCHES_CORRECTED, SEARCHES_CORRECTED_ISSUED, True)]


def _planned(month: date, day: date, correction: bool) -> AgencyFile:
    content = partial(search_file, month=month, correction=correction)
    return AgencyFile(day, POLICE, f"stop-and-search-{month:%Y-%m}.csv", content)


def search_file(county: County, month: date, correction: bool) -> bytes:
    """The searches of a month in order of time; as a correction, the last is gone and open outcomes are entered."""
    rng = generator(county, _STREAM, month)
    count = how_many(105, 80, 140, month, rng)
    points = points_of_people(county, count, rng, nobody=1)
    lon, lat = as_degrees(points, 6)
    if month == SEARCH_SWAPPED:
        lon[4], lat[4] = lat[4], lon[4]
    times = [_moment(day, minute) for day, minute in zip(days_in(month, count, rng), _minutes(count, rng), strict=True)]
    kinds, genders, ages = (choose(table, count, rng) for table in (_TYPES, _GENDERS, _AGES))
    groups = choose({name: weight for name, (weight, _) in _GROUPS.items()}, count, rng)
    grounds = rng.choice(len(_GROUNDS), count, p=[weight / sum(_GROUNDS.values()) for weight in _GROUNDS.values()])
    outcomes = choose(_OUTCOMES, count, rng)
    rows = []
    for index in range(count):
        power, sought = list(_GROUNDS)[int(grounds[index])]
        found = outcomes[index] != _NOTHING
        linked = ("True" if rng.random() < 0.8 else "False") if found else ""
        stripped = "True" if rng.random() < 0.03 else "False"
        is_vehicle = kinds[index] == "Vehicle search"  # nobody was searched
        who = [genders[index], ages[index], groups[index], _GROUPS[groups[index]][1]] if not is_vehicle else [""] * 4
        what = [power, sought, outcomes[index], linked, "" if is_vehicle else stripped]
        rows.append([kinds[index], times[index], "False", "", lat[index], lon[index], *who, *what])
    if month == SEARCH_UNMAPPED:
        rows[7][11] = UNMAPPED_OBJECT
    if month == SEARCHES_CORRECTED and not correction:
        for row in rows[3:40:6]:
            row[12:14] = ["", ""]
    return delimited(HEADER, rows[:-1] if correction else rows)


def _minutes(count: int, rng: Generator) -> list[int]:
    drawn: list[int] = rng.normal(18 * 60, 4 * 60, count).astype(int).clip(0, 23 * 60 + 55).tolist()
    return [minute // 5 * 5 for minute in drawn]


def _moment(day: date, minute: int) -> str:
    local = datetime(day.year, day.month, day.day, minute // 60, minute % 60, tzinfo=ZoneInfo("Europe/London"))
    return local.astimezone(UTC).isoformat(timespec="seconds")
