"""Ordnance Survey National Grid references: letters for the 100 km square, then as many digits east as north."""

from __future__ import annotations

import re

# The letters run A to Z without I, five to a row, from the north-west (OS, "A guide to coordinate systems in Great
# Britain", section 7): first by 500 km square, then by 100 km square within it.
_LETTERS = "ABCDEFGHJKLMNOPQRSTUVWXYZ"
_WRITTEN = re.compile(r"^([A-HJ-Z]{2})(\d{2}|\d{4}|\d{6}|\d{8}|\d{10})$")


def parse_grid_reference(text: str) -> tuple[float, float, int] | None:
    """Easting and northing of the centre of the square a reference names, and the square's side, in metres.

    Spaces and lower case are allowed. None where the text is no reference, or names a square outside the grid.

    >>> parse_grid_reference("SU 997 496")
    (499750.0, 149650.0, 100)
    """
    found = _WRITTEN.match(re.sub(r"\s+", "", text).upper())
    if found is None:
        return None
    first, second = (_LETTERS.index(letter) for letter in found.group(1))
    east_100km = (first - 2) % 5 * 5 + second % 5
    north_100km = 19 - first // 5 * 5 - second // 5
    if not (0 <= east_100km < 7 and 0 <= north_100km < 13):
        return None
    digits = found.group(2)
    half = len(digits) // 2
    square = 10 ** (5 - half)
    east = east_100km * 100_000 + int(digits[:half]) * square
    north = north_100km * 100_000 + int(digits[half:]) * square
    return east + square / 2, north + square / 2, square
