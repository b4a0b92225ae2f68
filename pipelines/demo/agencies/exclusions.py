"""What the schools of the demo county send through the county council: suspensions and exclusions, each term.

A workbook a term, named after the term, its first month in a line above the table. Each fault is planted by name below,
in a term declared there by its first day.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

import pipelines.demo.draws as draw
from pipelines.demo.agencies.calendars import TERMS, after, working_day
from pipelines.demo.agencies.files import AgencyFile
from pipelines.demo.agencies.people import Person, homes, people
from pipelines.demo.agencies.planted import PARENT_MAIL, PUPIL, PUPIL_NUMBER, PUPIL_POSTCODE
from pipelines.demo.county import County
from pipelines.demo.names import SETTLEMENTS, Settlement
from pipelines.demo.workbook import workbook

if TYPE_CHECKING:
    from pipelines.demo.geography import Generator

PARTNER = "demo_education"
_STREAM = 45
LATE, LATE_ISSUED = date(2024, 9, 1), date(2025, 3, 14)  # the autumn term of 2024 comes months late
CORRECTED, CORRECTED_ISSUED = date(2024, 1, 1), date(2024, 9, 20)  # one term is sent again with a reason changed
KNOWN_PUPIL = date(2024, 5, 1)  # the pupil of `planted`, with a parent's address of mail in the comment
WITHDRAWN, WITHDRAWN_REASON = date(2023, 9, 1), "OT"  # two give a reason that was withdrawn in 2020
BAD_NUMBER = date(2024, 9, 1)  # one pupil number has a letter too few
BORN_UNHEARD_OF = date(2023, 5, 1)  # one date of birth lies a century back
NO_SCHOOL = date(2025, 1, 1)  # one school has no position

HEADER = (
    "Exclusion ID", "URN", "School", "Phase", "School E", "School N", "UPN", "Surname", "Forename", "DOB", "Sex",
    "Ethnicity", "NCY", "SEN", "Home postcode", "Category", "Start date", "Sessions", "Reason 1", "Reason 2",
    "Reason 3", "Comment",
)  # fmt: skip
_TERM_NAMES = {9: "autumn", 1: "spring", 5: "summer"}
# Codes of the school census for the groups of the 16+1.
_CENSUS_GROUPS = {
    "W1": "WBRI", "W2": "WIRI", "W9": "WOTH", "M1": "MWBC", "M2": "MWBA", "M3": "MWAS", "M9": "MOTH", "A1": "AIND",
    "A2": "APKN", "A3": "ABAN", "A9": "AOTH", "B1": "BCRB", "B2": "BAFR", "B9": "BOTH", "O1": "CHNE", "O9": "OOTH",
    "NS": "NOBT",
}  # fmt: skip
_REASONS = {
    "DB": 0.36, "VA": 0.17, "PP": 0.15, "PA": 0.07, "VP": 0.06, "DA": 0.05, "OW": 0.03, "DM": 0.03, "BU": 0.02,
    "TH": 0.015, "MT": 0.015, "RA": 0.015, "SM": 0.01, "LG": 0.01,
}  # fmt: skip
_NEEDS = {"N": 0.55, "K": 0.33, "E": 0.12}
_UPN_LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
_AUTHORITY = 990  # no local authority has this number


def upn(digits: str) -> str:
    """A unique pupil number: twelve digits after their check letter.

    The letter is the one at the remainder by 23 of the digits' sum, the first digit times 2, the second times 3 and so
    on to the twelfth times 13, by the Department for Education's guide to these numbers. I, O and S are left out.

    Raises:
        ValueError: where there are not twelve digits.
    """
    if len(digits) != 12 or not digits.isdecimal():
        raise ValueError("a unique pupil number has twelve digits after its letter")
    total = sum(place * int(digit) for place, digit in enumerate(digits, start=2))
    return _UPN_LETTERS[total % 23] + digits


def term_name(term: date) -> str:
    """How schools name a term, by its first day: `autumn 2024`."""
    return f"{_TERM_NAMES[term.month]} {term.year}"


def exclusion_files() -> list[AgencyFile]:
    """Every file the education department ever sends."""
    files = []
    for term in TERMS:
        issued = LATE_ISSUED if term == LATE else working_day(after(term, 4) + timedelta(days=16))
        files.append(_file(issued, term))
    return [*files, _file(CORRECTED_ISSUED, CORRECTED, corrected=True)]


def _file(issued: date, term: date, corrected: bool = False) -> AgencyFile:
    name = f"Exclusions {term_name(term)}.xlsx"
    return AgencyFile(issued, PARTNER, name, partial(exclusions_file, term=term, issued=issued, corrected=corrected))


def exclusions_file(county: County, term: date, issued: date, corrected: bool) -> bytes:
    """A term's exclusions: a workbook with the term in its second line and the header in its fourth."""
    rng = draw.generator(county, _STREAM, term)
    count = 38 + int(rng.poisson(14))
    who = people(count, (4, 15), 0.7, date(term.year - (term.month < 9), 9, 1), rng, lean=0.5)
    codes, days = homes(county, count, rng), _school_days(term, count, rng)
    rows = [_row(f"{term:%y%m}-{index + 1:03d}", who[index], codes[index], days[index], rng) for index in range(count)]
    _spoil(rows, term)
    if corrected:
        rows[0]["Reason 1"] = "PA" if rows[0]["Reason 1"] != "PA" else "VA"
    last = after(term, 3)
    title = [
        ["Markshire County Council: suspensions and permanent exclusions"],
        [f"{term_name(term).capitalize()}: {term:%B %Y} to {last:%B %Y}"],
        [],
    ]
    cells = [[row[name] for name in HEADER] for row in rows]
    made = datetime(issued.year, issued.month, issued.day, 10)
    return workbook("Exclusions", [*title, list(HEADER), *cells], made, creator="Markshire County Council")


def _row(ref: str, who: Person, home: str, day: date, rng: Generator) -> dict[str, object]:
    """One exclusion: up to three reasons, two sessions to a day; of a permanent one no sessions are told."""
    year = _year_group(who, day)
    kind = draw.choose({"S": 0.955, "P": 0.03, "L": 0.015}, 1, rng)[0]
    reasons = [*dict.fromkeys(draw.choose(_REASONS, 1 + int(rng.integers(0, 3)), rng)), "", ""]
    sessions = {"P": "", "L": 1}.get(kind, int(rng.integers(1, 11)))
    since = who.born.year % 100 + 5  # the year of the number: that of the reception class
    return {
        "Exclusion ID": ref,
        **_school(year, rng),
        "UPN": upn(f"{_AUTHORITY}{4000 + int(rng.integers(0, 60))}{since:02d}{int(rng.integers(0, 1000)):03d}"),
        "Surname": who.surname,
        "Forename": who.forename,
        "DOB": who.born,
        "Sex": who.sex,
        "Ethnicity": _CENSUS_GROUPS[who.group],
        "NCY": str(year) if year else "R",
        "SEN": draw.choose(_NEEDS, 1, rng)[0],
        "Home postcode": home,
        "Category": kind,
        "Start date": day,
        "Sessions": sessions,
        "Reason 1": reasons[0],
        "Reason 2": reasons[1],
        "Reason 3": reasons[2],
        "Comment": "",
    }


def _year_group(who: Person, day: date) -> int:
    """The year group by age on the last 31 August: 4 is the reception class, 0."""
    september = day.year - (day.month < 9)
    return september - who.born.year - ((who.born.month, who.born.day) > (8, 31)) - 4


def _school(year: int, rng: Generator) -> dict[str, object]:
    """A school for a year group: a primary in every settlement, a secondary in the towns, one special school."""
    if rng.random() < 0.08:
        place, phase, name = SETTLEMENTS[2], "Special", f"{SETTLEMENTS[2].name} Lodge School"
    elif year < 7:
        place, phase = _settlement(SETTLEMENTS, rng), "Primary"
        name = f"{place.name} Primary School"
    else:
        place, phase = _settlement(tuple(each for each in SETTLEMENTS if each.residents >= 10_000), rng), "Secondary"
        name = f"{place.name} High School"
    number = 990_000 + SETTLEMENTS.index(place) * 10 + ("Primary", "Secondary", "Special").index(phase)
    beside = (number % 7 - 3) * place.spread_m // 8
    return {
        "URN": number,
        "School": name,
        "Phase": phase,
        "School E": place.easting + beside,
        "School N": place.northing - beside // 2,
    }


def _settlement(places: tuple[Settlement, ...], rng: Generator) -> Settlement:
    """One of the settlements, by their residents."""
    total = sum(place.residents for place in places)
    return places[int(rng.choice(len(places), p=[place.residents / total for place in places]))]


def _school_days(term: date, count: int, rng: Generator) -> list[date]:
    """Days of a term in order: Mondays to Fridays, none in the holidays about Christmas and in the summer."""
    first, last = {
        9: (term + timedelta(days=3), term.replace(month=12, day=19)),
        1: (term + timedelta(days=5), term.replace(month=4, day=30)),
        5: (term, term.replace(month=7, day=22)),
    }[term.month]
    every = [first + timedelta(days=day) for day in range((last - first).days + 1)]
    school = [day for day in every if day.weekday() < 5]
    return [school[at] for at in sorted(rng.integers(0, len(school), count).tolist())]


def _spoil(rows: list[dict[str, object]], term: date) -> None:
    """Plant the faults of a term."""
    if term == KNOWN_PUPIL:
        theirs = {
            "UPN": PUPIL_NUMBER,
            "Surname": PUPIL.surname,
            "Forename": PUPIL.forename,
            "DOB": PUPIL.born,
            "Sex": PUPIL.sex,
            "Ethnicity": _CENSUS_GROUPS[PUPIL.group],
            "Home postcode": PUPIL_POSTCODE,
        }
        classmate = next(row for row in rows if row["NCY"] == str(_year_group(PUPIL, term)))
        classmate.update(theirs, Comment=f"Letter home returned; write to {PARENT_MAIL}")
    if term == WITHDRAWN:
        rows[2]["Reason 1"] = rows[7]["Reason 1"] = WITHDRAWN_REASON
    if term == BAD_NUMBER:
        rows[5]["UPN"] = str(rows[5]["UPN"])[1:]
    if term == BORN_UNHEARD_OF:
        born = rows[6]["DOB"]
        assert isinstance(born, date)
        rows[6]["DOB"] = born.replace(year=born.year - 100, day=min(born.day, 28))
    if term == NO_SCHOOL:
        rows[4]["School E"] = rows[4]["School N"] = ""
