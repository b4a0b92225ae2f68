"""What the demo hospital sends each month: attendances at its emergency department after an assault.

The file follows the minimum data set of Information Sharing to Tackle Violence: a header record with the reporting
period and the site, then the assaults. Date of birth, sex, the hospital's own number and the street picked from its
gazetteer are the site's additions. Attendances are of the month of arrival. Each fault is planted by name below.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

import pipelines.demo.draws as draw
from pipelines.demo.agencies.calendars import LAST_YEAR, after, working_day
from pipelines.demo.agencies.files import AgencyFile
from pipelines.demo.agencies.people import people
from pipelines.demo.agencies.planted import PATIENT_NAME, PATIENT_NUMBER, PATIENT_PHONE
from pipelines.demo.county import County
from pipelines.demo.streets import Named, named_things

if TYPE_CHECKING:
    from pipelines.demo.geography import Generator

PARTNER, SITE = "demo_hospital", "RZM01"
_STREAM = 46
NAME_IN_TEXT = date(2024, 8, 1)  # a name and a telephone number stand in the description of the place
UNMAPPED, UNMAPPED_METHOD = date(2024, 10, 1), "14"  # a new method, which no map covers
NO_SUCH_BIRTHDAY = date(2024, 12, 1)  # one date of birth is 30 February
REPEATED = date(2025, 2, 1)  # one attendance stands twice
LAST_NIGHT = date(2024, 5, 1)  # one was assaulted before midnight and came in the first hour of the month

_METHODS = {
    "01": 0.46, "02": 0.14, "03": 0.06, "04": 0.03, "05": 0.06, "06": 0.06, "07": 0.05, "08": 0.06, "12": 0.04,
    "99": 0.04,
}  # fmt: skip
_OTHERS = ("Pushed down steps", "Thrown stone", "Belt", "Dog lead")
_PLACES = {"10": 0.3, "40": 0.06, "50": 0.05, "60": 0.52, "91": 0.07}
# A description goes with a kind of place.
_DESCRIPTIONS = {
    "10": ("At own address", "At neighbour's", "In the hall of the flats"),
    "40": ("At work, behind the counter", "Loading bay"),
    "50": ("School field", "College bus stop"),
    "60": ("Outside the Green Dragon", "Taxi rank by the market", "Car park", "Kebab shop queue", "Footpath by river"),
    "91": ("Would not say", ""),
}


def emergency_files() -> list[AgencyFile]:
    """Every file the hospital ever sends."""
    return [
        AgencyFile(working_day(after(month, 1) + timedelta(days=11)), PARTNER, f"ISTV_{SITE}_{month:%b%y}.txt",
                   partial(attendances_file, month=month))
        for month in LAST_YEAR
    ]  # fmt: skip


def attendances_file(county: County, month: date) -> bytes:
    """A month's attendances: lines of fields parted by bars; the first is the header record, the last counts."""
    rng = draw.generator(county, _STREAM, month)
    count = draw.how_many(34, 20, 55, month, rng)
    streets = [each for each in named_things(county) if each.kind == "Named Road"]
    arrivals = _arrivals(month, count, rng)
    who = people(count, (15, 74), 0.68, month, rng, lean=1.9)
    methods, kinds = draw.choose(_METHODS, count, rng), draw.choose(_PLACES, count, rng)
    rows = []
    for index in range(count):
        street = _street(streets, rng)
        rows.append(
            [
                f"AE{month:%y%m}{index + 1:04d}",
                f"{SITE[:3]}{int(rng.integers(100_000, 900_000)):07d}",
                f"{who[index].born:%Y%m%d}",
                {"F": "2", "M": "1"}[who[index].sex],
                f"{arrivals[index]:%Y-%m-%d %H:%M}",
                f"{arrivals[index] - timedelta(minutes=int(rng.gamma(2, 70)) + 12):%Y-%m-%d %H:%M}",
                methods[index],
                draw.one(_OTHERS, rng) if methods[index] == "12" else "",
                kinds[index],
                draw.one(_DESCRIPTIONS[kinds[index]], rng),
                *([street.name, street.settlement.name] if rng.random() < 0.85 else ["", ""]),
            ]
        )
    _spoil(rows, month)
    last = after(month, 1) - timedelta(days=1)
    lines = [f"H|{month:%d/%m/%Y}|{last:%d/%m/%Y}|{SITE}", *("|".join(row) for row in rows), f"T|{len(rows)}"]
    return "".join(f"{line}\r\n" for line in lines).encode("ascii")


def _arrivals(month: date, count: int, rng: Generator) -> list[datetime]:
    """When they came, in order: on the nights of Fridays and Saturdays more often. None within the first hours."""
    last = after(month, 1) - timedelta(days=1)
    found = []
    for drawn in draw.days_in(month, count, rng):
        to_weekend = (5 + int(rng.integers(0, 2)) - drawn.weekday()) % 7
        day = min(drawn + timedelta(days=to_weekend), last) if rng.random() < 0.35 else drawn
        hour = (19 + int(rng.gamma(3, 1.6))) % 24 if rng.random() < 0.7 else int(rng.integers(9, 19))
        moment = datetime(day.year, day.month, day.day, hour, int(rng.integers(0, 60)))
        found.append(moment + timedelta(hours=12) if day == month and hour < 12 else moment)
    return sorted(found)


def _street(streets: list[Named], rng: Generator) -> Named:
    """A street: in the larger settlements more often."""
    total = sum(each.settlement.residents for each in streets)
    return streets[int(rng.choice(len(streets), p=[each.settlement.residents / total for each in streets]))]


def _spoil(rows: list[list[str]], month: date) -> None:
    """Plant the faults of a month."""
    if month == NAME_IN_TEXT:
        rows[4][1] = PATIENT_NUMBER
        rows[4][9] = f"Flat of {PATIENT_NAME}, ring {PATIENT_PHONE}"
    if month == UNMAPPED:
        rows[2][6] = rows[11][6] = UNMAPPED_METHOD
    if month == NO_SUCH_BIRTHDAY:
        rows[6][2] = f"{rows[6][2][:4]}0230"
    if month == REPEATED:
        rows.insert(9, rows[8])
    if month == LAST_NIGHT:
        before = month - timedelta(days=1)
        rows[0][4:6] = [f"{month:%Y-%m-%d} 00:41", f"{before:%Y-%m-%d} 23:25"]
