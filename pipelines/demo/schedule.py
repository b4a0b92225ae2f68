"""What the demo's partners send and when: every file of two years, with its issue date, in order of issue.

The faults a real exchange has are declared here where they concern whole files: late months, two corrected months, a
month never sent, nil returns, a partner that starts late, one that never sends. Faults within
a file stand with the rows they spoil.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

# Everything issued up to this day is the first instalment. The second brings the late month, both corrections, and
# February and March 2025 of every monthly feed, and the last of the police force's bulletins.
FIRST_INSTALMENT = date(2025, 2, 28)

POLICE, COUNTY_COUNCIL = "demo_police", "demo_county_council"
NORTHMARK_COUNCIL, EASTMARK_COUNCIL, WESTMARK_COUNCIL = "demo_northmark", "demo_eastmark", "demo_westmark"
MILLMARK_COUNCIL, FENMARK_COUNCIL, HIGHMARK_COUNCIL = "demo_millmark", "demo_fenmark", "demo_highmark"
HEATHMARK_COUNCIL, OVERMARK_COUNCIL = "demo_heathmark", "demo_overmark"
NETHERMARK_COUNCIL, STONEMARK_COUNCIL = "demo_nethermark", "demo_stonemark"
# Saltmark's district council has agreed to send its reports and has never sent a file.

MONTHS = tuple(date(2023 + (3 + month) // 12, (3 + month) % 12 + 1, 1) for month in range(24))  # 2023-04 .. 2025-03
QUARTERS = MONTHS[::3]
WEEKS = tuple(date(2024, 4, 1) + timedelta(weeks=week) for week in range(52))  # 1 April 2024 was a Monday
YEARS = (date(2022, 1, 1), date(2023, 1, 1), date(2024, 1, 1))
FINANCIAL_YEARS = (date(2023, 4, 1), date(2024, 4, 1))

POLICE_LATE, POLICE_LATE_ISSUED = date(2024, 9, 1), date(2025, 3, 24)
POLICE_CORRECTED, POLICE_CORRECTED_ISSUED = date(2024, 6, 1), date(2025, 4, 2)
NORTHMARK_CORRECTED, NORTHMARK_CORRECTED_ISSUED = date(2024, 8, 1), date(2025, 4, 3)
WESTMARK_NEVER_SENT, WESTMARK_NIL = date(2024, 11, 1), date(2024, 12, 1)
# Nethermark's officer was away: both came together, the first of them late.
NETHERMARK_LATE, NETHERMARK_LATE_ISSUED = date(2024, 1, 1), date(2024, 3, 8)


@dataclass(frozen=True)
class _Custom:
    """What a partner sends: for which periods, by their first days, how many months each has (0: a week), and its name.

    `days_after`: days from the end of a period to its file, within those after which a return is late. `wander`: a
    monthly file comes up to three days later, and none at a weekend.
    """

    periods: tuple[date, ...]
    months: int
    days_after: int
    name: str
    wander: bool = True


_CUSTOMS = {
    POLICE: _Custom(MONTHS, 1, 13, "crime_{:%Y-%m}.csv"),
    NORTHMARK_COUNCIL: _Custom(MONTHS, 1, 7, "AV_{:%m%y}.csv"),
    EASTMARK_COUNCIL: _Custom(MONTHS[3:], 1, 10, "Eastmark vehicles removed {:%b %Y}.xlsx"),  # from July 2023
    WESTMARK_COUNCIL: _Custom(MONTHS, 1, 15, "WMDC_ABV_{:%Y%m}.txt"),
    MILLMARK_COUNCIL: _Custom(QUARTERS, 3, 19, "Millmark cases, quarter from {:%b %Y}.ods"),
    FENMARK_COUNCIL: _Custom(WEEKS, 0, 1, "FEN{:%Y%m%d}.dat", wander=False),
    HIGHMARK_COUNCIL: _Custom(MONTHS, 1, 4, "abandoned-{:%Y-%m}.xml"),
    HEATHMARK_COUNCIL: _Custom(MONTHS, 1, 2, "AVReturn_{:%Y%m}.json"),
    OVERMARK_COUNCIL: _Custom(QUARTERS, 3, 25, "Overmark_visits_{:%Y-%m}.zip"),
    NETHERMARK_COUNCIL: _Custom(MONTHS, 1, 12, "notices_{:%B_%Y}.geojson"),
    STONEMARK_COUNCIL: _Custom(FINANCIAL_YEARS, 12, 40, "AV return {:%Y}.txt"),
    COUNTY_COUNCIL: _Custom(YEARS, 12, 44, "population_{:%Y}.csv", wander=False),
}
SENDERS = frozenset(_CUSTOMS)  # every partner that ever sends a file
_BULLETIN = "recorded_crime_bulletin.csv"
BULLETIN_QUARTERS = QUARTERS[3:]  # the force has published a bulletin since the first quarter of 2024


@dataclass(frozen=True)
class Planned:
    """One file: who sends it, for which period (its first day), issued when; `correction` replaces what went before.

    `is_bulletin`: it is the police force's own count of a quarter's months.
    """

    issued: date
    partner: str
    period: date
    correction: bool = False
    is_bulletin: bool = False

    @property
    def path(self) -> str:
        """Where the file lands, below the landing folder."""
        name = _BULLETIN if self.is_bulletin else _CUSTOMS[self.partner].name.format(self.period)
        return f"{self.partner}/{self.issued.isoformat()}/{name}"

    @property
    def days_after(self) -> int:
        """Days from the first day after the period to the file."""
        return (self.issued - _next(_CUSTOMS[self.partner].months, self.period)).days


def planned() -> list[Planned]:
    """Every file the partners ever send, in order of issue."""
    files = [
        Planned(_issued(partner, custom, period), partner, period)
        for partner, custom in _CUSTOMS.items()
        for period in custom.periods
        if not (partner == WESTMARK_COUNCIL and period == WESTMARK_NEVER_SENT)
    ]
    files += [
        Planned(quarter + timedelta(days=120), POLICE, quarter, is_bulletin=True) for quarter in BULLETIN_QUARTERS
    ]
    files.append(Planned(POLICE_CORRECTED_ISSUED, POLICE, POLICE_CORRECTED, correction=True))
    files.append(Planned(NORTHMARK_CORRECTED_ISSUED, NORTHMARK_COUNCIL, NORTHMARK_CORRECTED, correction=True))
    return sorted(files, key=lambda file: (file.issued, file.partner, file.period))


def _issued(partner: str, custom: _Custom, period: date) -> date:
    """The issue date of a period's first file: a few days' wander about the partner's custom, over no weekend."""
    if (partner, period) == (POLICE, POLICE_LATE):
        return POLICE_LATE_ISSUED
    if (partner, period) == (NETHERMARK_COUNCIL, NETHERMARK_LATE):
        return NETHERMARK_LATE_ISSUED
    day = _next(custom.months, period) + timedelta(days=custom.days_after)
    if not custom.wander:
        return day
    day += timedelta(days=period.month * 5 % 4)
    return day - timedelta(days=max(0, day.weekday() - 4))


def next_month(month: date) -> date:
    """The first day of the month after."""
    return _next(1, month)


def _next(months: int, first: date) -> date:
    """The first day after a period of so many months, or of a week where it has none."""
    if not months:
        return first + timedelta(weeks=1)
    month = first.year * 12 + first.month - 1 + months
    return date(month // 12, month % 12 + 1, 1)
