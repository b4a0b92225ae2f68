"""People of the demo county, invented: names no real list was drawn on for, with a date of birth, a sex and a group."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from pipelines.demo.county import County
from pipelines.demo.draws import choose, one
from pipelines.demo.geography import points_in

if TYPE_CHECKING:
    from pipelines.demo.geography import Floats, Generator

FORENAMES = {
    "F": ("Arwenna", "Bethsaba", "Calantha", "Demelda", "Eluned", "Fenella", "Ghislane", "Hepzibah", "Ianthe",
          "Jessamy", "Keturah", "Loveday", "Melisend", "Nerys", "Orinthia", "Petronel"),
    "M": ("Aubrec", "Barnabey", "Cadwell", "Dunstan", "Evander", "Ferris", "Garrick", "Hannibal", "Inigo", "Jocelin",
          "Kelham", "Leofric", "Mungo", "Ninian", "Osbert", "Piers"),
}  # fmt: skip
SURNAMES = (
    "Aldersyke", "Birkenthwaite", "Cawdrell", "Dragley", "Ellenhow", "Fothermoor", "Grizebeck-Hale", "Hathersedge",
    "Inskipley", "Jagger-Thorne", "Kirkbrack", "Longsight", "Moorcrake", "Nunnwick", "Oxenhollow", "Penhallam",
    "Quarrenden", "Rushbeck", "Skelderwell", "Thackeray-Moss", "Ullathwaite", "Vennacombe", "Wolstenby", "Yealmford",
)  # fmt: skip
# Codes of the 16+1 ethnic groups, by how often they are met with in the county.
GROUPS = {
    "W1": 0.78, "W2": 0.01, "W9": 0.05, "M1": 0.02, "M2": 0.005, "M3": 0.01, "M9": 0.005, "A1": 0.01, "A2": 0.025,
    "A3": 0.01, "A9": 0.01, "B1": 0.015, "B2": 0.015, "B9": 0.005, "O1": 0.005, "O9": 0.005, "NS": 0.02,
}  # fmt: skip


@dataclass(frozen=True)
class Person:
    """An invented person: the sex is F or M, the ethnic group a code of the 16+1."""

    surname: str
    forename: str
    born: date
    sex: str
    group: str


def people(count: int, ages: tuple[int, int], men: float, on: date, rng: Generator, lean: float = 1.7) -> list[Person]:
    """Invented people, each drawn by itself.

    Args:
        count: how many.
        ages: least and greatest age in whole years, both met with.
        men: which share of them are men, 0 to 1.
        on: the day they are of that age.
        rng: where the chance comes from.
        lean: above 1 the younger are met with more often, below 1 the older.
    """
    youngest, oldest = ages
    groups = choose(GROUPS, count, rng)
    found = []
    for group in groups:
        sex = "M" if rng.random() < men else "F"
        age = youngest + int((oldest + 1 - youngest) * rng.random() ** lean)
        birthday = _years_before(on, age) - timedelta(days=int(rng.integers(0, 365)))
        found.append(Person(one(SURNAMES, rng), one(FORENAMES[sex], rng), birthday, sex, group))
    return found


def _years_before(day: date, years: int) -> date:
    return day.replace(year=day.year - years, day=min(day.day, 28))


def districts_of(county: County, postcodes: list[str]) -> list[str]:
    """The code of the district each postcode lies in; empty for one that is not the county's."""
    import shapely

    points = {each.postcode: (each.easting, each.northing) for each in county.postcodes}
    found = []
    for code in postcodes:
        ours = [
            each.code
            for each in county.districts
            if code in points and shapely.contains_xy(each.polygon, *points[code])
        ]
        found.append(ours[0] if ours else "")
    return found


def homes(county: County, count: int, rng: Generator) -> list[str]:
    """Postcodes where people live: there are more of them where more do."""
    return [county.postcodes[at].postcode for at in rng.integers(0, len(county.postcodes), count).tolist()]


def points_anywhere(county: County, count: int, rng: Generator) -> Floats:
    """Points in the county, thicker where people live, as (count, 2) metres in EPSG:27700."""
    import numpy as np

    residents = np.array([block.residents for block in county.blocks], dtype=float)
    chosen = rng.choice(len(county.blocks), count, p=residents / residents.sum())
    return points_in(np.array([block.polygon for block in county.blocks], dtype=object)[chosen], rng)
