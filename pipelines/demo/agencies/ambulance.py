"""What the demo ambulance service sends each week: incidents of violence, drink and drugs that it went to.

A CSV a week, from Monday to Sunday, with the patient's age in years and a grid reference of 100 metres. Each fault is
planted by name below, in a week declared there.
"""

from __future__ import annotations

import csv
import io
from datetime import date, datetime, timedelta
from functools import partial

import pipelines.demo.draws as draw
from pipelines.demo.agencies.calendars import WEEKS
from pipelines.demo.agencies.files import AgencyFile
from pipelines.demo.agencies.people import points_anywhere
from pipelines.demo.agencies.planted import CALLER_NAME, CALLER_PHONE
from pipelines.demo.county import County
from pipelines.demo.vehicles import grid_reference

PARTNER = "demo_ambulance"
_STREAM = 47
REPEATED = date(2025, 1, 13)  # one incident stands twice
NAME_IN_TEXT = date(2025, 1, 27)  # the note of one incident names the caller, with a telephone number
UNMAPPED, UNMAPPED_NATURE = date(2025, 2, 10), "MAJAX"  # one incident is of a nature no map covers
AGE_UNHEARD_OF = date(2025, 2, 24)  # one patient is 214 years old
NOWHERE = date(2025, 3, 10)  # two incidents have no grid reference
NO_SUCH_HOUR, SKIPPED = date(2025, 3, 24), datetime(2025, 3, 30, 1)  # one call came in the hour that summer time skips

HEADER = ("Incident", "Call Connect", "Nature", "Age", "Sex", "Grid Ref", "Conveyed", "Notes")
_NATURES = {
    "ASSAULT": 0.2, "ASSAULT-WPN": 0.05, "ASSAULT-SEX": 0.03, "DV": 0.09, "ALCOHOL": 0.34, "OD-DRUG": 0.2,
    "STAB-ACC": 0.02, "OTHER": 0.07,
}  # fmt: skip
_SEXES = {"Male": 0.62, "Female": 0.35, "Unknown": 0.03}
_NOTES = ("", "", "", "Police on scene", "Stand off, await police", "Door code needed")


def ambulance_files() -> list[AgencyFile]:
    """Every file the ambulance service ever sends."""
    return [
        AgencyFile(week + timedelta(days=9), PARTNER, f"AMB_week_{week:%Y-%m-%d}.csv", partial(week_file, week=week))
        for week in WEEKS
    ]


def week_file(county: County, week: date) -> bytes:
    """A week's incidents: UTF-8 CSV with a byte order mark."""
    rng = draw.generator(county, _STREAM, week)
    count = 24 + int(rng.poisson(9))
    days = draw.days_from(week, 7, count, rng)
    natures, sexes = draw.choose(_NATURES, count, rng), draw.choose(_SEXES, count, rng)
    rows = []
    for index, (east, north) in enumerate(points_anywhere(county, count, rng).tolist()):
        seconds = int(rng.normal(22, 4) * 3600) % 86_400  # mostly by night
        called = datetime(days[index].year, days[index].month, days[index].day) + timedelta(seconds=seconds)
        if called.replace(minute=0, second=0) == SKIPPED:
            called += timedelta(hours=1)
        rows.append(
            [
                f"{week:%y%j}{index + 1:04d}",
                f"{called:%d/%m/%Y %H:%M:%S}",
                natures[index],
                str(14 + int(70 * rng.random() ** 1.8)) if rng.random() > 0.06 else "",
                sexes[index],
                grid_reference(east, north),
                draw.one(("Y", "Y", "N"), rng),
                draw.one(_NOTES, rng),
            ]
        )
    _spoil(rows, week)
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerows([HEADER, *rows])
    return text.getvalue().encode("utf-8-sig")


def _spoil(rows: list[list[str]], week: date) -> None:
    """Plant the faults of a week."""
    if week == REPEATED:
        rows.append(rows[3])
    if week == NAME_IN_TEXT:
        rows[6][7] = f"Caller {CALLER_NAME} will meet crew, {CALLER_PHONE}"
    if week == UNMAPPED:
        rows[2][2] = UNMAPPED_NATURE
    if week == AGE_UNHEARD_OF:
        rows[5][3] = "214"
    if week == NOWHERE:
        rows[1][5] = rows[8][5] = ""
    if week == NO_SUCH_HOUR:
        rows[-1][1] = f"{SKIPPED + timedelta(minutes=17):%d/%m/%Y %H:%M:%S}"
