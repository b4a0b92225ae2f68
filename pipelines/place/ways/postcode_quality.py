"""How good a postcode's position is: the positional quality indicator, as a square and a confidence."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Quality:
    """The side in metres of the square that a position stands for, and how far a record may be trusted to lie in it."""

    square_m: int
    confidence: float


NO_POSITION = 9
SECTOR_MEAN = 6
# The indicators of the ONSPD user guide (`osgrdind`, `gridind`), which Code-Point Open writes as 10 to 90. What each
# says of the position is the publishers'; the squares and confidences are ours. A unit postcode has some fifteen
# addresses, which in a town lie within fifty metres of their mean; no directory says how far they lie in the country,
# so none is certain.
QUALITIES: dict[int, Quality] = {
    1: Quality(100, 0.95),  # in the building nearest the mean of the postcode's addresses
    2: Quality(100, 0.95),  # the same, found by eye (Scotland)
    3: Quality(200, 0.9),  # within 50 m of the true position, which is added on every side
    4: Quality(100, 0.9),  # the mean of its addresses, in no building
    5: Quality(500, 0.7),  # taken from the postcodes around it
    # The mean of its sector, mostly a box or a large user: its square is the sector's own, this one where it has none.
    SECTOR_MEAN: Quality(5000, 0.5),
    8: Quality(200, 0.7),  # ended before Gridlink (about 2000); positions were then kept to 100 m
}
# A directory that says nothing of quality holds good and bad positions alike.
NOT_SAID = Quality(100, 0.9)

# What a confidence is multiplied by. A postcode goes on being used, at the same doors, after it has been replaced; one
# that was not yet introduced is more likely a slip, or its record was placed later. Where a postcode stood at two
# positions and the day is not known, either may be meant. A misread character is mended where only one reading is left.
TERMINATED = 0.9
LATER = 0.7
EITHER_OF_TWO = 0.5
REPAIRED = 0.8
