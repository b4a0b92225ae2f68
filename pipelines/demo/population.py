"""The county council's yearly estimates of residents and households, for wards of both vintages and for districts.

Estimates are made by block and added up, so a district equals the sum of its wards in either vintage.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

from pipelines.demo.county import Block, County

if TYPE_CHECKING:
    from pipelines.demo.geography import Ints

HEADER = ("Geography", "Code", "Measure", "Value")
# Boundary set to the area a block is in; the names are those the boundary sets are loaded under.
BOUNDARY_SETS: dict[str, Callable[[Block], str]] = {
    "demo_ward_2019": lambda block: block.ward_2019,
    "demo_ward_2024": lambda block: block.ward_2024,
    "demo_district": lambda block: block.district,
}
RESIDENTS, HOUSEHOLDS, DWELLINGS = "Usual residents", "Households", "Dwellings"
DWELLINGS_PER_HOUSEHOLD = 1.03
_BASE_YEAR = 2023  # the year of the people in a Block
_GROWTH_A_YEAR = 0.006
_STREAM = 5


def population_file(county: County, year: date, correction: bool) -> bytes:
    """The file of a year: UTF-8 CSV, one row for each area and measure; dwellings are given for districts only."""
    del correction  # no year is sent again
    residents, households = estimates(county, year.year)
    rows: list[tuple[str, str, str, int]] = []
    for name, area_of in BOUNDARY_SETS.items():
        people, homes = Counter[str](), Counter[str]()
        for block, there, dwelling in zip(county.blocks, residents.tolist(), households.tolist(), strict=True):
            people[area_of(block)] += there
            homes[area_of(block)] += dwelling
        for code in sorted(people):
            rows += [(name, code, RESIDENTS, people[code]), (name, code, HOUSEHOLDS, homes[code])]
            if name == "demo_district":
                rows.append((name, code, DWELLINGS, round(homes[code] * DWELLINGS_PER_HOUSEHOLD)))
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(HEADER)
    writer.writerows(rows)
    return text.getvalue().encode("utf-8")


def estimates(county: County, year: int) -> tuple[Ints, Ints]:
    """Residents and households of each block in the middle of `year`, whole numbers; some blocks grow, some shrink."""
    import numpy as np

    rng = np.random.default_rng([county.seed, _STREAM])
    growth = rng.normal(_GROWTH_A_YEAR, 0.012, len(county.blocks))
    factor = (1 + growth) ** (year - _BASE_YEAR)
    residents = np.rint([block.residents for block in county.blocks] * factor).astype(np.int64)
    households = np.rint([block.households for block in county.blocks] * factor).astype(np.int64)
    return residents, households
