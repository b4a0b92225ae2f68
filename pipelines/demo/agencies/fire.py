"""The fire and rescue service's monthly file: `incidents-2024-04.jsonl`, a JSON object for each incident.

It tells of all fires, of malicious false alarms and of road traffic collisions; other false alarms and special services
are not part of what was agreed. Places are grid references of the 10 m square.
"""

from __future__ import annotations

import json
from datetime import date
from functools import partial

from pipelines.demo.agencies.calendars import LAST_YEAR, issued
from pipelines.demo.agencies.files import AgencyFile
from pipelines.demo.agencies.sending import minutes_of_day, points_of_people
from pipelines.demo.county import County
from pipelines.demo.draws import choose, days_in, generator, one
from pipelines.demo.names import KEEPER_LAST
from pipelines.demo.vehicles import grid_reference

FIRE_SERVICE = "demo_fire"
FIRE_STATION = "SJ 9730 1280"  # Marksbridge fire station: where the mobilising system puts what it cannot place
FIRES_AT_STATION = 4  # in each file
FIRE_NO_LETTERS = date(2024, 9, 1)  # one grid reference without its letters
FIRE_TWICE = date(2024, 8, 1)  # one incident stands twice, with two numbers of casualties
FIRE_UNMAPPED, UNMAPPED_KIND = date(2025, 1, 1), "P-LI"  # a kind new to the service: no map covers it
_STREAM = 54
_A_MONTH = 108
# Kinds by weight in winter, and how much more of each there are in the six months from April.
_KINDS = {
    "P-DW": (17, 0.9), "P-OB": (8, 1.0), "P-RV": (14, 1.0), "P-OO": (4, 1.3), "S-GR": (8, 3.0), "S-RF": (24, 1.2),
    "S-DE": (3, 1.1), "S-OT": (5, 1.2), "CH": (7, 0.3), "FA-M": (4, 1.0), "RTC": (16, 0.9),
}  # fmt: skip
_DELIBERATE = {"P-DW": 0.1, "P-OB": 0.25, "P-RV": 0.45, "P-OO": 0.4, "S-GR": 0.6, "S-RF": 0.7, "S-DE": 0.8, "S-OT": 0.6}
_HURT = {"P-DW": 0.18, "P-OB": 0.06, "P-RV": 0.03, "RTC": 0.7}  # casualties an incident
_CALLS = ("Smoke seen from the road", "Flames above the hedge", "Alarm sounding", "Bin alight", "Two cars, one on side")


def fire_files() -> list[AgencyFile]:
    """Twelve months of incidents."""
    return [
        AgencyFile(issued(month, 1, 8), FIRE_SERVICE, f"incidents-{month:%Y-%m}.jsonl", partial(fire_file, month=month))
        for month in LAST_YEAR
    ]


def fire_file(county: County, month: date) -> bytes:
    """The incidents of a month, in order of number."""
    rng = generator(county, _STREAM, month)
    count = int(rng.poisson(_A_MONTH))
    is_summer = 4 <= month.month <= 9
    kinds = choose({kind: weight * (more if is_summer else 1) for kind, (weight, more) in _KINDS.items()}, count, rng)
    points, days = points_of_people(county, count, rng).tolist(), days_in(month, count, rng)
    times = minutes_of_day(count, rng)
    incidents = []
    for index, kind in enumerate(kinds):
        motive = None
        if kind in _DELIBERATE:
            motive = "DEL" if rng.random() < _DELIBERATE[kind] else "ACC"
        incidents.append(
            {
                "incident": f"{month:%y%m}{index + 1:04d}",
                "call": f"{days[index].isoformat()} {times[index]}",
                "kind": kind,
                "motive": motive,
                "casualties": int(rng.poisson(_HURT.get(kind, 0.0))),
                "where": {"grid": _square(*points[index]), "station": f"F{int(rng.integers(1, 12)):02d}"},
                "caller_said": one(_CALLS, rng),
            }
        )
    for index in rng.choice(count, FIRES_AT_STATION, replace=False).tolist():
        incidents[index]["where"] = {"grid": FIRE_STATION, "station": "F03"}
    incidents[2]["caller_said"] = f"Mr {one(KEEPER_LAST, rng)} at the farm says the barn is well alight"
    if month == FIRE_NO_LETTERS:
        incidents[5]["where"] = {"grid": _square(*points[5])[3:], "station": "F01"}
    if month == FIRE_UNMAPPED:
        incidents[8]["kind"] = UNMAPPED_KIND
    if month == FIRE_TWICE:
        incidents.append({**incidents[10], "casualties": 2 + int(str(incidents[10]["casualties"]))})
    return "".join(json.dumps(incident) + "\n" for incident in incidents).encode("utf-8")


def _square(easting: float, northing: float) -> str:
    """The eight-figure grid reference of the 10 m square that holds a point, as `SJ 8123 3456`."""
    letters = grid_reference(easting, northing).split()[0]
    return f"{letters} {int(easting % 100_000 // 10):04d} {int(northing % 100_000 // 10):04d}"
