"""What the demo county's youth justice service sends each quarter: one XML file, with children, offences and disposals.

Its case system writes the three parts one after the other, each record with the child's number and date of birth, as
returns to the Youth Justice Board come in parts. The quarter is that of the contact, of the day the child was dealt
with, and of the day of the disposal. Each fault is planted by name below, in a quarter declared there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from functools import partial
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

import pipelines.demo.draws as draw
from pipelines.demo.agencies.calendars import BOTH_YEARS, after, working_day
from pipelines.demo.agencies.files import AgencyFile
from pipelines.demo.agencies.people import Person, districts_of, homes, people, points_anywhere
from pipelines.demo.agencies.planted import CHILD, CHILD_NUMBER, CHILD_NUMBER_OTHERWISE, CHILD_POSTCODE
from pipelines.demo.county import County
from pipelines.demo.vehicles import grid_reference

if TYPE_CHECKING:
    from pipelines.demo.geography import Generator

PARTNER = "demo_youth_justice"
_CHILD_STREAM, _OFFENCE_STREAM, _ORDER_STREAM = 42, 43, 44
KNOWN_CHILD = date(2023, 10, 1)  # the child of `planted` comes in this quarter, and again in the next one named
NUMBER_OTHERWISE = date(2024, 7, 1)  # with a blank in her number
BORN_TOO_LATE = date(2024, 1, 1)  # one child would be two years old
OFFENCE_REPEATED = date(2024, 4, 1)  # one offence stands twice
OFFENCE_IN_FUTURE = date(2023, 7, 1)  # one offence is dealt with in the quarter after: the year is a slip
UNMAPPED, UNMAPPED_DISPOSAL = date(2024, 10, 1), "Outcome 22"  # two disposals of a kind no map covers
NO_OFFENCE = date(2023, 4, 1)  # one disposal names an offence that stands in no file
CORRECTED, CORRECTED_ISSUED = date(2024, 7, 1), date(2025, 3, 18)  # this quarter is sent again, a disposal changed

_LEVELS = {"Standard": 0.52, "Enhanced": 0.36, "Intensive": 0.12}
# As the case system's list has the 16+1 groups, and says them in words.
ETHNICITY = {
    "W1": "White British", "W2": "White Irish", "W9": "White Other", "M1": "Mixed White & Black Caribbean",
    "M2": "Mixed White & Black African", "M3": "Mixed White & Asian", "M9": "Mixed Other", "A1": "Indian",
    "A2": "Pakistani", "A3": "Bangladeshi", "A9": "Asian Other", "B1": "Black Caribbean", "B2": "Black African",
    "B9": "Black Other", "O1": "Chinese", "O9": "Other ethnic group", "NS": "Not stated",
}  # fmt: skip
_SCHOOLS = {"Mainstream": 0.5, "PRU/AP": 0.2, "Special": 0.08, "EHE": 0.04, "NEET": 0.13, "Training": 0.05}
# The Board's kind of offence, the court's code, and the score of seriousness.
_OFFENCES = {
    ("Violence against the person", "10501", 3): 0.3, ("Violence against the person", "00806", 4): 0.09,
    ("Criminal damage", "05800", 2): 0.14, ("Theft and handling", "04600", 3): 0.14, ("Drugs", "09250", 2): 0.07,
    ("Drugs", "19300", 2): 0.04, ("Public order", "12509", 2): 0.07, ("Robbery", "03401", 6): 0.04,
    ("Domestic burglary", "02800", 6): 0.04, ("Motoring", "80701", 5): 0.04,
    ("Breach of statutory order", "99800", 3): 0.03,
}  # fmt: skip
_DISPOSALS = {
    "Youth Caution": 0.25, "Youth Conditional Caution": 0.2, "Referral Order": 0.3, "YRO": 0.13,
    "Conditional Discharge": 0.06, "Compensation": 0.03, "DTO": 0.03,
}  # fmt: skip


def youth_files() -> list[AgencyFile]:
    """Every file the youth justice service ever sends."""
    files = [_file(working_day(after(quarter, 3) + timedelta(days=20)), quarter) for quarter in BOTH_YEARS]
    return [*files, _file(CORRECTED_ISSUED, CORRECTED, corrected=True)]


def _file(issued: date, quarter: date, corrected: bool = False) -> AgencyFile:
    name = f"YJ_MARKSHIRE_{quarter:%Y%m}.xml"
    return AgencyFile(issued, PARTNER, name, partial(youth_file, quarter=quarter, corrected=corrected))


def youth_file(county: County, quarter: date, corrected: bool) -> bytes:
    """A quarter's file: UTF-8 XML with the parts `Children`, `Offences` and `Disposals`."""
    children = _children(county, quarter)
    offences = _offences(county, quarter, children)
    disposals = _disposals(county, quarter, children, offences)
    if corrected:
        disposals[0]["Type"] = "Youth Conditional Caution" if disposals[0]["Type"] == "YRO" else "YRO"
    last = after(quarter, 3) - timedelta(days=1)
    text = (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<YouthJusticeReturn service="Markshire" from="{quarter}" to="{last}" count="{len(children)}">\n'
        + _part("Children", "Child", children)
        + _part("Offences", "Offence", offences)
        + _part("Disposals", "Disposal", disposals)
        + "</YouthJusticeReturn>\n"
    )
    return text.encode("utf-8")


def _part(name: str, element: str, records: Sequence[Mapping[str, str]]) -> str:
    lines = [f"  <{name}>\n"]
    for record in records:
        cells = "".join(f"<{key}>{escape(value)}</{key}>" for key, value in record.items() if key != "id")
        lines.append(f'    <{element} id="{record["id"]}">{cells}</{element}>\n')
    return "".join([*lines, f"  </{name}>\n"])


def _whose(number: str, who: Person) -> dict[str, str]:
    """What every record says of the child it is about."""
    return {
        "ChildNumber": number,
        "DateOfBirth": who.born.isoformat(),
        "Sex": {"F": "2", "M": "1"}[who.sex],
        "Ethnicity": ETHNICITY[who.group],
    }


def _children(county: County, quarter: date) -> list[dict[str, str]]:
    """The children who came: each once, however many offences they are dealt with for."""
    rng = draw.generator(county, _CHILD_STREAM, quarter)
    count = 24 + int(rng.poisson(8))
    days = draw.days_from(quarter, 90, count, rng)
    who, codes = people(count, (11, 17), 0.82, quarter, rng, lean=0.6), homes(county, count, rng)
    levels, schools = draw.choose(_LEVELS, count, rng), draw.choose(_SCHOOLS, count, rng)
    numbers = [str(int(number)) for number in rng.integers(420_000_000, 500_000_000, count)]
    if quarter in (KNOWN_CHILD, NUMBER_OTHERWISE):
        who[2], codes[2] = CHILD, CHILD_POSTCODE
        numbers[2] = CHILD_NUMBER if quarter == KNOWN_CHILD else CHILD_NUMBER_OTHERWISE
    records = [
        {
            "id": f"C{quarter:%y%m}{index + 1:03d}",
            **_whose(numbers[index], who[index]),
            "Surname": who[index].surname,
            "Forename": who[index].forename,
            "ContactDate": days[index].isoformat(),
            "InterventionLevel": levels[index],
            "Education": schools[index],
            "HomePostcode": codes[index],
        }
        for index in range(count)
    ]
    if quarter == BORN_TOO_LATE:
        records[4]["DateOfBirth"] = quarter.replace(year=quarter.year - 2).isoformat()
    return records


def _offences(county: County, quarter: date, children: list[dict[str, str]]) -> list[dict[str, str]]:
    """One offence or more of each child: dealt with after the contact and within the quarter, some weeks after it."""
    rng = draw.generator(county, _OFFENCE_STREAM, quarter)
    last = after(quarter, 3) - timedelta(days=1)
    records: list[dict[str, str]] = []
    for child in children:
        for _ in range(1 + int(rng.poisson(0.45))):
            contact = date.fromisoformat(child["ContactDate"])
            dealt = min(contact + timedelta(days=int(rng.integers(0, 21))), last)
            committed = contact - timedelta(days=int(rng.integers(5, 120)))
            kind, code, score = _one_of(_OFFENCES, rng)
            records.append(
                {
                    "id": f"F{quarter:%y%m}{len(records) + 1:03d}",
                    **{key: child[key] for key in ("ChildNumber", "DateOfBirth", "Sex", "Ethnicity")},
                    "OffenceDate": committed.isoformat(),
                    "DealtWith": dealt.isoformat(),
                    "Category": kind,
                    "OffenceCode": code,
                    "Seriousness": str(score),
                }
            )
    for record, (east, north) in zip(records, points_anywhere(county, len(records), rng).tolist(), strict=True):
        record["GridRef"] = grid_reference(east, north)
    if quarter == OFFENCE_REPEATED:
        records.insert(6, records[5])
    if quarter == OFFENCE_IN_FUTURE:
        dealt = date.fromisoformat(records[3]["DealtWith"])
        records[3] = records[3] | {"DealtWith": dealt.replace(year=dealt.year + 1).isoformat()}
    return records


def _disposals(
    county: County, quarter: date, children: list[dict[str, str]], offences: list[dict[str, str]]
) -> list[dict[str, str]]:
    """What was done about the offences: one disposal of a child mostly, for its first offence, on the day of it."""
    rng = draw.generator(county, _ORDER_STREAM, quarter)
    first = {record["ChildNumber"]: record for record in reversed(offences)}
    mains = sorted(first.values(), key=lambda record: record["id"])
    types = draw.choose(_DISPOSALS, len(mains), rng)
    districts = districts_of(county, [child["HomePostcode"] for child in children])
    home = {child["ChildNumber"]: district for child, district in zip(children, districts, strict=True)}
    records = [
        {
            "id": f"D{quarter:%y%m}{index + 1:03d}",
            **{key: main[key] for key in ("ChildNumber", "DateOfBirth", "Sex", "Ethnicity")},
            "OffenceRef": main["id"],
            "Date": min(date.fromisoformat(main["DealtWith"]), after(quarter, 3) - timedelta(days=1)).isoformat(),
            "Type": types[index],
            "HomeDistrict": home[main["ChildNumber"]],
        }
        for index, main in enumerate(mains)
    ]
    if quarter == UNMAPPED:
        for record in (records[1], records[8]):
            record["Type"] = UNMAPPED_DISPOSAL
    if quarter == NO_OFFENCE:
        records[5]["OffenceRef"] = "F9999001"
    return records


def _one_of(table: dict[tuple[str, str, int], float], rng: Generator) -> tuple[str, str, int]:
    keys = list(table)
    total = sum(table.values())
    return keys[int(rng.choice(len(keys), p=[weight / total for weight in table.values()]))]
