"""Ordnance Survey National Grid references: letters for the 100 km square, then as many digits east as north."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pipelines.place.cover import in_cover
from pipelines.place.located import located_rows
from pipelines.specs.locations import GridReference

if TYPE_CHECKING:
    import polars as pl

# The letters run A to Z without I, five to a row, from the north-west (OS, "A guide to coordinate systems in Great
# Britain", section 7): first by 500 km square, then by 100 km square within it.
_LETTERS = "ABCDEFGHJKLMNOPQRSTUVWXYZ"
_WRITTEN = re.compile(r"([A-HJ-Z]{2})\s*(?:(\d{2,10})|(\d{1,5})\s+(\d{1,5}))")


def parse_grid_reference(text: str) -> tuple[float, float, int] | None:
    """Easting and northing of the centre of the square a reference names, and the square's side, in metres.

    Lower case is allowed, and spaces around the figures. None where the text is no reference, or names a square
    outside the grid.

    >>> parse_grid_reference("SU 997 496")
    (499750.0, 149650.0, 100)
    """
    found = _WRITTEN.fullmatch(text.strip().upper())
    if found is None:
        return None
    digits = found.group(2) or ""
    east_digits, north_digits = (
        (digits[: len(digits) // 2], digits[len(digits) // 2 :]) if digits else found.group(3, 4)
    )
    if len(east_digits) != len(north_digits):
        return None
    first, second = (_LETTERS.index(letter) for letter in found.group(1))
    east_100km = (first - 2) % 5 * 5 + second % 5
    north_100km = 19 - first // 5 * 5 - second // 5
    if not (0 <= east_100km < 7 and 0 <= north_100km < 13):
        return None
    square = 10 ** (5 - len(east_digits))
    east = east_100km * 100_000 + int(east_digits) * square
    north = north_100km * 100_000 + int(north_digits) * square
    return east + square / 2, north + square / 2, square


def write_grid_reference(easting: float, northing: float, square_m: int) -> str | None:
    """The reference of the square of the National Grid that holds a point in metres; None beyond the grid.

    Args:
        easting: metres, EPSG:27700.
        northing: metres.
        square_m: the side of the square: 1, 10, 100, 1000 or 10,000 metres.

    >>> write_grid_reference(499750.0, 149650.0, 100)
    'SU 997 496'
    """
    if not (0 <= easting < 700_000 and 0 <= northing < 1_300_000):
        return None
    (east_100km, east), (north_100km, north) = divmod(int(easting), 100_000), divmod(int(northing), 100_000)
    first = (3 - north_100km // 5) * 5 + east_100km // 5 + 2
    second = (4 - north_100km % 5) * 5 + east_100km % 5
    digits = 5 - len(str(square_m)) + 1
    written = (f"{value // square_m:0{digits}}" for value in (east, north))
    return f"{_LETTERS[first]}{_LETTERS[second]} {' '.join(written)}"


def by_grid_reference(distinct: pl.DataFrame, way: GridReference) -> pl.DataFrame:
    """Each location of `distinct`, by its grid reference, as a located table."""
    import numpy as np

    rows: list[tuple[Any, ...]] = []
    for text in distinct[way.column]:
        if text is None or not text.strip():
            rows.append((None, None, None, "no_location", None))
            continue
        square = parse_grid_reference(text)
        if square is None:
            rows.append((None, None, None, "bad_location", None))
        elif not in_cover(np.array([square[0]]), np.array([square[1]]))[0]:
            rows.append((None, None, None, "outside_cover", None))
        else:
            rows.append((*square, "grid_reference", 1.0))
    return located_rows(rows)
