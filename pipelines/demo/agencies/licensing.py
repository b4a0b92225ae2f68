"""Two districts' registers of licensed premises, as they stood on the last day of each quarter.

Eastmark sends `premises-licences-2023-07.csv`, since it began to send in July 2023: places by UPRN. Overmark sends
`Overmark licensing from Apr 2023.csv`: places by postcode. All premises in force are in a register; between two
registers some come and some go. Both name the licence holder.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import TYPE_CHECKING

from pipelines.demo.agencies.calendars import BOTH_YEARS, issued
from pipelines.demo.agencies.files import AgencyFile
from pipelines.demo.agencies.sending import delimited
from pipelines.demo.county import County
from pipelines.demo.draws import choose, generator, one, postcodes_of
from pipelines.demo.names import EASTMARK, KEEPER_FIRST, KEEPER_LAST, OVERMARK
from pipelines.demo.schedule import EASTMARK_COUNCIL, OVERMARK_COUNCIL
from pipelines.demo.streets import properties

if TYPE_CHECKING:
    from pipelines.demo.geography import Generator

EASTMARK_HEADER = ("Licence", "Type", "Premises", "Alcohol", "Late food", "From", "To", "UPRN", "Holder")
EASTMARK_QUARTERS = BOTH_YEARS[1:]  # from July 2023
LICENCE_UNKNOWN_UPRN, UNKNOWN_UPRN = date(2024, 1, 1), "909099999998"  # a property in no list
LICENCE_WITHOUT_NUMBER = date(2024, 7, 1)  # one licence lacks its number
OVERMARK_HEADER = ("LICENCE NO", "KIND", "TRADING AS", "SALE OF ALCOHOL", "GRANTED", "POSTCODE", "LICENSEE")
LICENCE_TWICE = date(2024, 4, 1)  # one licence stands twice, with its old kind and its new one
LICENCE_UNMAPPED, UNMAPPED_KIND = date(2024, 10, 1), "Axe throwing"  # a kind no map covers
_EASTMARK_STREAM, _OVERMARK_STREAM = 61, 62
_EASTMARK_EVER, _OVERMARK_EVER = 96, 46  # premises that are in any register of the two years
_NEW_SHARE, _GONE_SHARE = 0.14, 0.12  # of them, those that come after the first quarter, and that go before the last
_KINDS = {
    "pub": 0.24, "restaurant": 0.2, "shop": 0.26, "takeaway": 0.13, "club": 0.07, "hotel": 0.03, "venue": 0.06,
    "night_club": 0.01,
}  # fmt: skip
_EASTMARK_KINDS = {
    "pub": "Public house", "restaurant": "Restaurant", "shop": "Off licence", "takeaway": "Takeaway",
    "club": "Members club (CPC)", "hotel": "Hotel", "venue": "Hall", "night_club": "Nightclub",
}  # fmt: skip
# Overmark licenses night clubs as public houses.
_OVERMARK_KINDS = {
    "pub": "PH", "restaurant": "REST", "shop": "OFF", "takeaway": "LNR", "club": "CPC", "hotel": "HOT", "venue": "ENT",
    "night_club": "PH",
}  # fmt: skip
_SIGNS = ("Plough", "Heron", "Lamp and Anchor", "Three Sickles", "Ferryman", "Old Kiln", "Green Dray", "Bell")
_LATE = ("takeaway", "pub", "night_club", "hotel")  # may sell hot food after eleven
_TRADES = {"pub": "The {}", "hotel": "{} Hotel", "shop": "{} Stores", "venue": "{} Hall", "night_club": "Club {}"}


@dataclass(frozen=True)
class _Premises:
    """Premises through the two years: `comes` and `goes` are indexes of quarters, in force from one to the other."""

    number: int
    kind: str
    name: str
    holder: str
    granted: date
    ends: date | None
    sells_alcohol: bool
    comes: int
    goes: int

    def stands(self, quarter: date) -> bool:
        """Whether it is in force at the end of the quarter."""
        return self.comes <= BOTH_YEARS.index(quarter) < self.goes


def licence_files() -> list[AgencyFile]:
    """Seven of Eastmark's registers and eight of Overmark's."""
    eastmark = [
        AgencyFile(
            issued(quarter, 3, 14),
            EASTMARK_COUNCIL,
            f"premises-licences-{quarter:%Y-%m}.csv",
            partial(eastmark_register, quarter=quarter),
        )
        for quarter in EASTMARK_QUARTERS
    ]
    overmark = [
        AgencyFile(
            issued(quarter, 3, 28),
            OVERMARK_COUNCIL,
            f"Overmark licensing from {quarter:%b %Y}.csv",
            partial(overmark_register, quarter=quarter),
        )
        for quarter in BOTH_YEARS
    ]
    return [*eastmark, *overmark]


def eastmark_register(county: County, quarter: date) -> bytes:
    """Eastmark's register at the end of a quarter."""
    import numpy as np
    import shapely

    rng = generator(county, _EASTMARK_STREAM, BOTH_YEARS[0])
    held = _premises(_EASTMARK_EVER, rng)
    found = properties(county)
    points = np.array(list(found.values()))
    inside = shapely.contains_xy(county.district(EASTMARK).polygon, points[:, 0], points[:, 1])
    uprns = rng.choice(np.array(list(found))[inside], len(held), replace=False).tolist()
    rows = []
    for each, uprn in zip(held, uprns, strict=True):
        if each.stands(quarter):
            alcohol, late = ("Y" if each.sells_alcohol else "N"), ("Y" if each.kind in _LATE else "N")
            ends = f"{each.ends:%d/%m/%Y}" if each.ends else ""
            what = [f"EM/PL/{each.number:04d}", _EASTMARK_KINDS[each.kind], each.name, alcohol, late]
            rows.append([*what, f"{each.granted:%d/%m/%Y}", ends, str(uprn), each.holder])
    if quarter == LICENCE_UNKNOWN_UPRN:
        rows[5][7] = UNKNOWN_UPRN
    if quarter == LICENCE_WITHOUT_NUMBER:
        rows[9][0] = ""
    return delimited(EASTMARK_HEADER, rows, encoding="cp1252")


def overmark_register(county: County, quarter: date) -> bytes:
    """Overmark's register at the end of a quarter."""
    rng = generator(county, _OVERMARK_STREAM, BOTH_YEARS[0])
    held = _premises(_OVERMARK_EVER, rng)
    rows = []
    for each, code in zip(held, postcodes_of(county, OVERMARK, len(held), rng), strict=True):
        if each.stands(quarter):
            what = [f"OV{each.number}", _OVERMARK_KINDS[each.kind], each.name, "YES" if each.sells_alcohol else "NO"]
            rows.append([*what, f"{each.granted:%d.%m.%Y}", code.postcode, each.holder])
    if quarter == LICENCE_TWICE:
        rows.insert(4, [rows[3][0], "REST" if rows[3][1] != "REST" else "PH", *rows[3][2:6], rows[8][6]])
    if quarter == LICENCE_UNMAPPED:
        rows[6][1] = UNMAPPED_KIND
    return delimited(OVERMARK_HEADER, rows, delimiter=";", encoding="iso-8859-1")


def _premises(count: int, rng: Generator) -> list[_Premises]:
    """So many premises, in order of number: those that come later have the higher ones."""
    kinds = choose(_KINDS, count, rng)
    old = round(count * (1 - _NEW_SHARE))
    comes = [0] * old + sorted(rng.integers(1, len(BOTH_YEARS), count - old).tolist())
    made = []
    for index, kind in enumerate(kinds):
        first = BOTH_YEARS[comes[index]]
        granted = first + timedelta(days=int(rng.integers(0, 80)) if comes[index] else -int(rng.integers(30, 6_000)))
        is_short = kind == "venue" and rng.random() < 0.3  # a licence for some years, not for good
        made.append(
            _Premises(
                number=101 + index,
                kind=kind,
                name=_TRADES.get(kind, "{}").format(one(_SIGNS, rng)),
                holder=f"{one(KEEPER_FIRST, rng)} {one(KEEPER_LAST, rng)}",
                granted=granted,
                ends=date(2027, 3, 31) if is_short else None,
                sells_alcohol=kind != "takeaway",
                comes=comes[index],
                goes=_goes(comes[index], rng),
            )
        )
    return made


def _goes(comes: int, rng: Generator) -> int:
    """The first quarter whose register no longer has premises: mostly none of the two years."""
    last = len(BOTH_YEARS)
    return int(rng.integers(comes + 1, last)) if comes + 1 < last and rng.random() < _GONE_SHARE else last
