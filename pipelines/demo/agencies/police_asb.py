"""The police force's monthly incident log of anti-social behaviour: `ASB log Apr 2024.txt`, cp1252, tabs between.

It holds the calls that the crime file has as `ASB-…`, under the log's own numbers, with a qualifier where the caller
was asked for one, and with what the call taker typed.
"""

from __future__ import annotations

from datetime import date
from functools import partial

from pipelines.demo.agencies.calendars import LAST_YEAR, issued
from pipelines.demo.agencies.files import AgencyFile
from pipelines.demo.agencies.police_records import recorded
from pipelines.demo.agencies.sending import delimited
from pipelines.demo.county import County
from pipelines.demo.draws import choose, generator, one
from pipelines.demo.names import KEEPER_FIRST, KEEPER_LAST
from pipelines.demo.schedule import POLICE

HEADER = ("Incident", "Logged", "NSIR type", "Qualifier", "Easting", "Northing", "Log")
ASB_LATE, ASB_LATE_ISSUED = date(2024, 8, 1), date(2024, 11, 4)
ASB_SWAPPED = date(2024, 6, 1)  # one incident has its easting as northing
ASB_OLD_CODE, OLD_CODE = date(2024, 10, 1), "ROWDY"  # two rows coded as before 2011: no map covers it
# Each log names a caller, with a telephone number that is kept free for drama: none of it may be found afterwards.
ASB_CALLER_PHONE = "01632 960"
_STREAM = 52
_TYPES = {"ASB-P": "PER", "ASB-N": "NUI", "ASB-E": "ENV"}
_QUALIFIERS = {
    "": 0.52, "NONE": 0.25, "NS": 0.05, "YP": 0.07, "OP": 0.05, "DIS": 0.025, "STU": 0.015, "FAITH": 0.01,
    "LGBT": 0.005, "GRT": 0.003, "REF": 0.002,
}  # fmt: skip
_LOGS = (
    "Youths on the green, loud, no damage seen", "Motorbikes up and down the lane", "Neighbours shouting again",
    "Group drinking outside the shop", "Eggs thrown at windows", "Fire lit by the play area, out on arrival",
    "Mattress left across the path", "Moved on, no offences",
)  # fmt: skip


def asb_files() -> list[AgencyFile]:
    """Twelve months of the log, one of them late."""
    return [
        AgencyFile(
            ASB_LATE_ISSUED if month == ASB_LATE else issued(month, 1, 12),
            POLICE,
            f"ASB log {month:%b %Y}.txt",
            partial(asb_file, month=month),
        )
        for month in LAST_YEAR
    ]


def asb_file(county: County, month: date) -> bytes:
    """The log of a month, in order of time; a call whose place the crime file lacks has none here either."""
    import numpy as np
    from convertbng.cutil import convert_bng

    rng = generator(county, _STREAM, month)
    calls = sorted((each for each in recorded(county, month) if each["Offence"] in _TYPES), key=lambda c: c["Occurred"])
    placed = [index for index, call in enumerate(calls) if call["Lon"]]
    lon, lat = (np.array([float(calls[index][name]) for index in placed]) for name in ("Lon", "Lat"))
    metres = np.rint(np.column_stack(convert_bng(lon, lat))).astype(int).tolist()
    points: dict[int, list[int]] = dict(zip(placed, metres, strict=True))
    qualifiers = choose(_QUALIFIERS, len(calls), rng)
    rows = []
    for index, call in enumerate(calls):
        day, time = call["Occurred"].split()
        logged = f"{day[8:]}/{day[5:7]}/{day[:4]} {time}"
        number, (east, north) = f"{month:%y%m}-{2000 + index}", points.get(index, ("", ""))
        rows.append([number, logged, _TYPES[call["Offence"]], qualifiers[index], east, north, one(_LOGS, rng)])
    rows[3][6] = (
        f"Caller {one(KEEPER_FIRST, rng)} {one(KEEPER_LAST, rng)}, {ASB_CALLER_PHONE}{int(rng.integers(0, 1000)):03d}: "
        "same lads as last week"
    )
    if month == ASB_SWAPPED:
        rows[placed[2]][4:6] = reversed(rows[placed[2]][4:6])
    if month == ASB_OLD_CODE:
        rows[6][2] = rows[11][2] = OLD_CODE
    return delimited(HEADER, rows, delimiter="\t", encoding="cp1252")
