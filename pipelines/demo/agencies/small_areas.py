"""The statistics office's yearly estimates for wards, by sex and age band, and of households: `small_areas_2023.csv`.

They agree with the county council's estimates of the same year. When the office has new figures to go by it makes a
year again: the file has the same name and another vintage, and takes the place of the first.
"""

from __future__ import annotations

from collections import Counter
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

from pipelines.demo.agencies.files import AgencyFile
from pipelines.demo.agencies.sending import delimited
from pipelines.demo.county import County
from pipelines.demo.draws import generator
from pipelines.demo.population import estimates

if TYPE_CHECKING:
    from pipelines.demo.geography import Floats, Generator

STATISTICS_OFFICE = "demo_statistics_office"
HEADER = ("Ward", "Measure", "Sex", "Age", "Vintage", "Estimate")
FIRST_YEAR, SECOND_YEAR = date(2022, 1, 1), date(2023, 1, 1)
REVISED_ISSUED = date(2025, 3, 27)  # the first year once more
WITHHELD_CELLS = 2  # cells of the second year that hold "c", as they are withheld
OLD_WARD_CODE = "X05000110"  # a ward that ended in 2024: the first file of all has a row of it by mistake
_STREAM = 65
# Age bands and their share of women and of men.
_AGES = {
    "0-9": (0.105, 0.113), "10-14": (0.056, 0.061), "15-17": (0.032, 0.035), "18-24": (0.076, 0.083),
    "25-34": (0.127, 0.127), "35-44": (0.126, 0.124), "45-54": (0.132, 0.131), "55-64": (0.131, 0.13),
    "65-74": (0.108, 0.105), "75+": (0.107, 0.091),
}  # fmt: skip
_SEXES = ("Female", "Male")
_WOMEN = 0.508
_REVISION = 0.015  # how far a ward's figures move when a year is made again


def small_area_files() -> list[AgencyFile]:
    """Two years, and the first of them made again."""
    sent = (
        (FIRST_YEAR, date(2023, 11, 23), "November 2023"),
        (SECOND_YEAR, date(2024, 11, 21), "November 2024"),
        (FIRST_YEAR, REVISED_ISSUED, "March 2025, rebased"),
    )
    return [
        AgencyFile(
            day, STATISTICS_OFFICE, f"small_areas_{year:%Y}.csv", partial(small_areas_file, year=year, vintage=vintage)
        )
        for year, day, vintage in sent
    ]


def small_areas_file(county: County, year: date, vintage: str) -> bytes:
    """A year's estimates in one vintage: by ward, the people of each sex and age band, and the households."""
    people, homes = Counter[str](), Counter[str]()
    for block, residents, households in zip(county.blocks, *estimates(county, year.year), strict=True):
        people[block.ward_2024] += int(residents)
        homes[block.ward_2024] += int(households)
    is_revised = "rebased" in vintage
    moved = generator(county, _STREAM, year.replace(month=2)).normal(1, _REVISION, len(people)) if is_revised else None
    rng = generator(county, _STREAM, year)
    rows: list[list[object]] = []
    for index, ward in enumerate(sorted(people)):
        factor = 1.0 if moved is None else float(moved[index])
        cells = _shared_out(round(people[ward] * factor), rng)
        rows += [[ward, "Residents", sex, age, vintage, count] for (sex, age), count in cells.items()]
        rows.append([ward, "Households", "", "", vintage, round(homes[ward] * factor)])
    if year == SECOND_YEAR:
        for row in rows[12 : 12 + WITHHELD_CELLS]:
            row[5] = "c"
    if year == FIRST_YEAR and not is_revised:
        rows.append([OLD_WARD_CODE, "Households", "", "", vintage, 1_850])
    return delimited(HEADER, rows)


def _shared_out(total: int, rng: Generator) -> dict[tuple[str, str], int]:
    """A ward's residents by sex and age band, whole numbers that add up to them: largest remainders first."""
    import numpy as np

    keys = [(sex, age) for sex in _SEXES for age in _AGES]
    by_sex = {sex: share for sex, share in zip(_SEXES, (_WOMEN, 1 - _WOMEN), strict=True)}
    weights: Floats = np.array([by_sex[sex] * _AGES[age][_SEXES.index(sex)] for sex, age in keys])
    weights *= rng.lognormal(0, 0.08, len(keys))
    exact = weights / weights.sum() * total
    whole = np.floor(exact).astype(int)
    short = total - int(whole.sum())
    whole[np.argsort(whole - exact, kind="stable")[:short]] += 1
    return dict(zip(keys, whole.tolist(), strict=True))
