"""The police force's monthly file of outcomes: `outcomes-202404.csv`, UTF-8, each by the reference of its crime.

An outcome is told where somebody was dealt with, or might have been: crimes closed without a suspect are not in it.
Most are of crimes of the month; those that went to court are of the month before. A few are of crimes from before the
county's files begin, so their references are in no crime file, and the force's new system has no place for them.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial
from typing import NamedTuple

from pipelines.demo.agencies.calendars import LAST_YEAR, after, issued
from pipelines.demo.agencies.files import AgencyFile
from pipelines.demo.agencies.police_records import recorded
from pipelines.demo.agencies.sending import delimited
from pipelines.demo.county import County
from pipelines.demo.draws import choose, generator, one
from pipelines.demo.schedule import MONTHS, POLICE

HEADER = ("Crime ref", "Outcome date", "Outcome type", "Lon", "Lat", "Officer")
OLD_CRIMES = 3  # in each file: crimes recorded before the first crime file
ALSO_CHARGED = 0.03  # of the crimes dealt with otherwise: charged in the end as well, so they have two outcomes
OUTCOME_TWICE = date(2024, 7, 1)  # a row stands twice
OUTCOME_UNMAPPED, UNMAPPED_TYPE = date(2024, 11, 1), "23"  # a type that no map covers
OUTCOMES_CORRECTED = date(2024, 5, 1)  # sent again: two outcomes withdrawn, three of another type
OUTCOMES_CORRECTED_ISSUED = date(2025, 4, 8)
WITHDRAWN, CHANGED = 2, 3
_STREAM = 51
# How a crime's disposal in the crime file is told by outcome type.
_TYPES = {
    "CHG": {"1": 0.94, "1A": 0.06},
    "LR": {"8": 1.0},
    "CAU": {"3": 0.75, "2": 0.2, "3A": 0.05},
    "NFA-PI": {"10": 0.4, "9": 0.2, "21": 0.4},
    "OTH-AG": {"20": 0.7, "22": 0.3},
}
_OLD = ("1", "5", "16")  # how crimes of long ago end


class _Outcome(NamedTuple):
    """One row before it is written."""

    ref: str
    day: date
    kind: str
    lon: str
    lat: str


def outcome_files() -> list[AgencyFile]:
    """Twelve months of outcomes, and one of them a second time."""
    files = [_planned(month, issued(month, 1, 17), False) for month in LAST_YEAR]
    return [*files, _planned(OUTCOMES_CORRECTED, OUTCOMES_CORRECTED_ISSUED, True)]


def _planned(month: date, day: date, correction: bool) -> AgencyFile:
    content = partial(outcome_file, month=month, correction=correction)
    return AgencyFile(day, POLICE, f"outcomes-{month:%Y%m}.csv", content)


def outcome_file(county: County, month: date, correction: bool) -> bytes:
    """The file of a month; as a correction, with rows withdrawn at its head and others of another type."""
    rows = _given(county, month)
    if month == OUTCOME_UNMAPPED:
        rows[10] = rows[10]._replace(kind=UNMAPPED_TYPE)
    if month == OUTCOME_TWICE:
        rows.insert(5, rows[4])
    if correction:
        changed = rows[WITHDRAWN : WITHDRAWN + CHANGED]
        anew = [row._replace(kind="8" if row.kind != "8" else "3") for row in changed]
        rows = [*anew, *rows[WITHDRAWN + CHANGED :]]
    return delimited(
        HEADER, [(row.ref, f"{row.day:%d/%m/%Y}", row.kind, row.lon, row.lat, 4000 + int(row.ref[-2:])) for row in rows]
    )


def _given(county: County, month: date) -> list[_Outcome]:
    """The outcomes that were given in a month, in order of day."""
    rng = generator(county, _STREAM, month)
    last = after(month, 1) - timedelta(days=1)
    rows = []
    for crime in recorded(county, month):
        if crime["Disposal"] in _TYPES:
            happened = date.fromisoformat(crime["Occurred"][:10])
            day = min(happened + timedelta(days=int(rng.integers(0, 25))), last)
            (kind,) = choose(_TYPES[crime["Disposal"]], 1, rng)
            rows.append(_Outcome(crime["Ref"], day, kind, crime["Lon"], crime["Lat"]))
            if kind not in ("1", "1A") and rng.random() < ALSO_CHARGED:
                rows.append(_Outcome(crime["Ref"], last, "1", crime["Lon"], crime["Lat"]))
    months = MONTHS.index(month)
    for crime in recorded(county, MONTHS[months - 1]):
        if crime["Disposal"] == "COURT":
            day = month + timedelta(days=int(rng.integers(0, 27)))
            rows.append(_Outcome(crime["Ref"], day, "1", crime["Lon"], crime["Lat"]))
    for number in rng.choice(25, OLD_CRIMES, replace=False).tolist():  # no crime in two months' files
        rows.append(
            _Outcome(f"MS2302-{25 * months + number:05d}", month + timedelta(days=number), one(_OLD, rng), "", "")
        )
    return sorted(rows, key=lambda row: (row.day, row.ref, row.kind))
