"""What the demo's partners send and when: every file of two years, with its issue date, in order of issue.

The faults a real exchange has are declared here where they concern whole files: a late month, two corrected months, a
month never sent, a nil return, a partner that starts late. Faults within a file stand with the rows they spoil.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

# Everything issued up to this day is the first instalment. The second brings the late month, both corrections, and
# February and March 2025 of every monthly feed, and the last of the police force's bulletins.
FIRST_INSTALMENT = date(2025, 2, 28)

POLICE, NORTHMARK_COUNCIL, EASTMARK_COUNCIL = "demo_police", "demo_northmark", "demo_eastmark"
WESTMARK_COUNCIL, COUNTY_COUNCIL = "demo_westmark", "demo_county_council"

MONTHS = tuple(date(2023 + (3 + month) // 12, (3 + month) % 12 + 1, 1) for month in range(24))  # 2023-04 .. 2025-03
YEARS = (date(2022, 1, 1), date(2023, 1, 1), date(2024, 1, 1))

# Days between the end of a month and its file; none passes the 20 days after which a return is late.
_DAYS_AFTER = {POLICE: 13, NORTHMARK_COUNCIL: 7, EASTMARK_COUNCIL: 10, WESTMARK_COUNCIL: 15}
_FILE_NAMES = {
    POLICE: "crime_{:%Y-%m}.csv",
    NORTHMARK_COUNCIL: "AV_{:%m%y}.csv",
    EASTMARK_COUNCIL: "Eastmark vehicles removed {:%b %Y}.xlsx",
    WESTMARK_COUNCIL: "WMDC_ABV_{:%Y%m}.txt",
    COUNTY_COUNCIL: "population_{:%Y}.csv",
}
_BULLETIN = "recorded_crime_bulletin.csv"
QUARTERS = MONTHS[9::3]  # the force has published a bulletin since the first quarter of 2024

POLICE_LATE, POLICE_LATE_ISSUED = date(2024, 9, 1), date(2025, 3, 24)
POLICE_CORRECTED, POLICE_CORRECTED_ISSUED = date(2024, 6, 1), date(2025, 4, 2)
NORTHMARK_CORRECTED, NORTHMARK_CORRECTED_ISSUED = date(2024, 8, 1), date(2025, 4, 3)
WESTMARK_NEVER_SENT, WESTMARK_NIL = date(2024, 11, 1), date(2024, 12, 1)
EASTMARK_STARTS = date(2023, 7, 1)


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
        name = _BULLETIN if self.is_bulletin else _FILE_NAMES[self.partner].format(self.period)
        return f"{self.partner}/{self.issued.isoformat()}/{name}"


def planned() -> list[Planned]:
    """Every file the partners ever send, in order of issue."""
    files = [
        Planned(_issued(partner, month), partner, month)
        for partner in _DAYS_AFTER
        for month in MONTHS
        if not (partner == WESTMARK_COUNCIL and month == WESTMARK_NEVER_SENT)
        and not (partner == EASTMARK_COUNCIL and month < EASTMARK_STARTS)
    ]
    files += [Planned(date(year.year + 1, 2, 14), COUNTY_COUNCIL, year) for year in YEARS]
    files += [Planned(quarter + timedelta(days=120), POLICE, quarter, is_bulletin=True) for quarter in QUARTERS]
    files.append(Planned(POLICE_CORRECTED_ISSUED, POLICE, POLICE_CORRECTED, correction=True))
    files.append(Planned(NORTHMARK_CORRECTED_ISSUED, NORTHMARK_COUNCIL, NORTHMARK_CORRECTED, correction=True))
    return sorted(files, key=lambda file: (file.issued, file.partner, file.period))


def _issued(partner: str, month: date) -> date:
    """The issue date of a month's first file: a few days' wander about the partner's custom, over no weekend."""
    if partner == POLICE and month == POLICE_LATE:
        return POLICE_LATE_ISSUED
    day = next_month(month) + timedelta(days=_DAYS_AFTER[partner] + month.month * 5 % 4)
    return day - timedelta(days=max(0, day.weekday() - 4))


def next_month(month: date) -> date:
    """The first day of the month after."""
    return date(month.year + month.month // 12, month.month % 12 + 1, 1)
