"""How an Ordnance Survey National Grid reference is written, and which square of the grid it names.

Letters name a 100 km square; then come as many figures east as north; then, for a part of that square, a quadrant
(`NE`, half its side) or, of a 10 km square, a tetrad (`A`, 2 km). Metres may stand in place of all that.
"""

from __future__ import annotations

import re

# The grid's extent in metres: OS, "A guide to coordinate systems in Great Britain", section 7.
GRID_EAST, GRID_NORTH = 700_000, 1_300_000
# The letters run A to Z without I, five to a row, from the north-west (the same guide): first by 500 km square, then by
# 100 km square within it.
_LETTERS = "ABCDEFGHJKLMNOPQRSTUVWXYZ"
# The 25 tetrads of a 10 km square run A to Z without O, five to a column, from the south-west: the scheme of botanical
# and bird atlases that is called DINTY after the letters of its second row from the top.
_TETRADS = "ABCDEFGHIJKLMNPQRSTUVWXYZ"
_WRITTEN = re.compile(r"(?:([A-HJ-Z]) ?([A-HJ-Z]))? ?([\d* ]*?) ?([NS] ?[EW]|[A-NP-Z])?")
_HALF = re.compile(r"(\d*)\**")

Square = tuple[float, float, int]


def parse_grid_reference(text: str, letters: str | None = None) -> Square | None:
    """Easting and northing of the centre of the square a reference names, and the square's side, in metres.

    Case does not count, nor do spaces and commas, except that figures in two groups are as many in each. Stars in place
    of the last figures (`SU 99* 49*`) name the square of the figures that are left; where they are not as many east as
    north, the larger. Twelve figures without letters, or thirteen north of 1,000 km, are metres, east then north.

    Args:
        text: a reference.
        letters: the 100 km square of figures that are written without one.

    Returns:
        None where the text is no reference, or names a square outside the grid.

    >>> parse_grid_reference("SU 997 496")
    (499750.0, 149650.0, 100)
    """
    found = _WRITTEN.fullmatch(_plain(text))
    if found is None:
        return None
    first, second, figures, part = found.groups()
    groups = figures.split()
    if first is None:
        metres = None if part else _metres(groups)
        if metres is not None or letters is None or not groups:
            return metres
        first, second = letters[0].upper(), letters[1].upper()
    corner = _corner(first, second)
    square = _figures(groups)
    if corner is None or square is None:
        return None
    east, north, side = corner[0] + square[0], corner[1] + square[1], square[2]
    if part:
        inner = None if "*" in figures else _part(part.replace(" ", ""), side)
        if inner is None:
            return None
        east, north, side = east + inner[0], north + inner[1], inner[2]
    return east + side / 2, north + side / 2, side


def lacks_letters(text: str) -> bool:
    """Whether a text would be a reference if only it named its 100 km square."""
    return parse_grid_reference(text) is None and parse_grid_reference(text, "SU") is not None


def is_on_grid(easting: float, northing: float) -> bool:
    """Whether a point in metres lies on the National Grid."""
    return 0 <= easting < GRID_EAST and 0 <= northing < GRID_NORTH


def write_grid_reference(easting: float, northing: float, side: int) -> str:
    """The reference of the square that holds a point, as `SU 997 496`.

    Args:
        easting: in metres, on the grid.
        northing: in metres, on the grid.
        side: the square's, in metres: 1, 10, 100 ... 100,000, or half of one of these from 10 on: 5, 50 ...

    Raises:
        ValueError: where a point lies off the grid, or no reference names a square of that side.
    """
    east, north = int(easting // 1), int(northing // 1)
    if not is_on_grid(easting, northing):
        raise ValueError(f"{easting}, {northing} lies off the National Grid")
    whole = side if _is_ten(side) else side * 2
    if not _is_ten(whole) or whole > 100_000:
        raise ValueError(f"no grid reference names a square of {side} m")
    column, row = east // 100_000 + 10, 24 - (north // 100_000 + 5)
    letters = _LETTERS[row // 5 * 5 + column // 5] + _LETTERS[row % 5 * 5 + column % 5]
    digits = 6 - len(str(whole))
    figures = [f"{value % 100_000:05}"[:digits] for value in (east, north)] if digits else []
    if side != whole:
        figures.append(("N" if north % whole >= side else "S") + ("E" if east % whole >= side else "W"))
    return " ".join([letters, *figures])


def _plain(text: str) -> str:
    """In capitals, with one space where there were spaces or commas."""
    return " ".join(text.upper().replace(",", " ").split())


def _is_ten(number: int) -> bool:
    return re.fullmatch("10*", str(number)) is not None


def _corner(first: str, second: str) -> tuple[int, int] | None:
    """The south-west corner of a 100 km square; None where it lies off the grid."""
    big, small = _LETTERS.index(first), _LETTERS.index(second)
    east, north = (big - 2) % 5 * 5 + small % 5, 19 - big // 5 * 5 - small // 5
    on_grid = 0 <= east < GRID_EAST // 100_000 and 0 <= north < GRID_NORTH // 100_000
    return (east * 100_000, north * 100_000) if on_grid else None


def _figures(groups: list[str]) -> tuple[int, int, int] | None:
    """East and north of a square within its 100 km square, and its side."""
    if len(groups) == 2 and len(groups[0]) != len(groups[1]):
        return None
    figures = "".join(groups)
    if len(figures) % 2 or len(figures) > 10:
        return None
    middle = len(figures) // 2
    halves = [_HALF.fullmatch(half) for half in (figures[:middle], figures[middle:])]
    known = [half.group(1) for half in halves if half is not None]
    if len(known) < 2:
        return None
    count = min(len(half) for half in known)
    side = int(10 ** (5 - count))
    east, north = (int(half[:count] or "0") * side for half in known)
    return east, north, side


def _metres(groups: list[str]) -> Square | None:
    """The square that twelve or thirteen figures name in metres; None where they name none."""
    figures = "".join(groups)
    if len(figures) not in (12, 13) or (len(groups) == 2 and len(groups[0]) != 6):
        return None
    halves = [_HALF.fullmatch(half) for half in (figures[:6], figures[6:])]
    if None in halves:
        return None
    hidden = max(half.count("*") for half in (figures[:6], figures[6:]))
    if hidden > 5:
        return None
    side = int(10**hidden)
    east, north = (int(half.replace("*", "0")) // side * side for half in (figures[:6], figures[6:]))
    if east >= GRID_EAST or north >= GRID_NORTH:
        return None
    return east + side / 2, north + side / 2, side


def _part(part: str, side: int) -> tuple[int, int, int] | None:
    """East and north of a part of a square from its corner, and the part's side; None where it has no such part."""
    if len(part) == 2:
        half = side // 2
        return (half * (part[1] == "E"), half * (part[0] == "N"), half) if side >= 10 else None
    if side != 10_000:
        return None
    place = _TETRADS.index(part)
    return place // 5 * 2_000, place % 5 * 2_000, 2_000
