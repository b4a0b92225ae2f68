"""Postcodes as text: put into one form, taken apart, and read where a letter and a figure were mistaken for each other.

The form is that of British Standard BS 7666 and Royal Mail's "Programmer's guide to the Postcode Address File": an
outward code (area of one or two letters, district of a figure and perhaps a figure or letter more) and an inward code
(a figure for the sector, two letters for the unit). `GIR 0AA` alone has another.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import polars as pl

# The shape of an outward code, of a sector and of a whole postcode, without spaces and in capitals.
OUTCODE = r"(?:[A-Z]{1,2}[0-9][0-9A-Z]?|GIR)"
SHAPE = rf"^{OUTCODE}[0-9][A-Z]{{2}}$"
_PARTS = re.compile(r"^(([A-Z]{1,2})([0-9]{1,2})([A-Z]?)|GIR)([0-9])([A-Z]{2})$")
_PART_OF = re.compile(rf"^({OUTCODE})(?:\s+([0-9]))?\s*\**$")
# The letters that are in use at each place, by the programmer's guide: a text that breaks this is a slip.
_ISSUED = re.compile(
    r"^(?:[A-PR-UWYZ][A-HK-Y]?(?:[0-9]|[1-9][0-9])[0-9][ABD-HJLNP-UW-Z]{2}"
    r"|[A-PR-UWYZ](?:[0-9][A-HJKPSTUW]|[A-HK-Y][0-9][ABEHMNPRVWXY])[0-9][ABD-HJLNP-UW-Z]{2}|GIR0AA)$"
)
# A figure 1 is not read as a letter: it can stand for I as well as for L.
_MISREAD = {"0": "O", "O": "0", "I": "1"}
_MOST_MISREAD = 2


@dataclass(frozen=True)
class PostcodeParts:
    """A postcode taken apart: `EC1A 1BB` is of area EC, district EC1, subdistrict EC1A, sector EC1A 1, unit BB."""

    outcode: str
    incode: str
    area: str
    district: str
    subdistrict: str | None
    sector: str
    unit: str

    @property
    def postcode(self) -> str:
        """As it is written: one space between the outward and the inward code."""
        return f"{self.outcode} {self.incode}"


def parse_postcode(text: str) -> PostcodeParts | None:
    """A postcode written in any case and with any spaces, taken apart; None where the text is none.

    That it has the form of a postcode does not say that it exists: only a directory does.
    """
    found = _PARTS.match(compact(text))
    if found is None:
        return None
    outcode, area, figures, letter, sector, unit = found.groups()
    return PostcodeParts(
        outcode=outcode,
        incode=sector + unit,
        area=area or outcode,
        district=f"{area}{figures}" if area else outcode,
        subdistrict=outcode if letter else None,
        sector=f"{outcode} {sector}",
        unit=unit,
    )


def compact(text: str) -> str:
    """A text without blanks, in capitals: the form that postcodes are compared in."""
    return "".join(text.split()).upper()


def normal(column: pl.Expr) -> pl.Expr:
    """`compact` of a column."""
    return column.str.to_uppercase().str.replace_all(r"\s+", "")


def repaired(text: str) -> str | None:
    """The one postcode that a text can mean if 0 and O were mistaken for each other in it, or 1 was written I.

    `GUI 4DY` can only be GU1 4DY, and `S01 1AA` only SO1 1AA, for no district is numbered 01. Of the readings, all
    within the letters in use, the one that changes fewest characters is taken if it is alone.

    Returns:
        The postcode in compact form; None for a text that needs no repair, or can be read in two ways or none.
    """
    given = compact(text)
    if _ISSUED.match(given) or not 5 <= len(given) <= 7:
        return None
    doubtful = [place for place, character in enumerate(given) if character in _MISREAD]
    for count in range(1, _MOST_MISREAD + 1):
        readings = {_swapped(given, places) for places in combinations(doubtful, count)}
        sound = [reading for reading in readings if _ISSUED.match(reading)]
        if sound:
            return sound[0] if len(sound) == 1 else None
    return None


def _swapped(text: str, places: tuple[int, ...]) -> str:
    return "".join(_MISREAD[letter] if place in places else letter for place, letter in enumerate(text))


def masked_postcode(text: str, level: str = "sector") -> str | None:
    """A sector or an outward code with stars in place of the rest; None for any other text, a whole postcode too.

    Args:
        text: an outward code, or a sector written apart from it, with or without stars: `GU1`, `GU1 4`, `gu1 4**`.
        level: `district` leaves out the sector.

    >>> masked_postcode("gu1 4"), masked_postcode("GU1 4**"), masked_postcode("GU1 4**", "district")
    ('GU1 4**', 'GU1 4**', 'GU1 ***')
    """
    found = _PART_OF.match(text.strip().upper())
    if found is None:
        return None
    outcode, sector = found.groups()
    return f"{outcode} {sector}**" if sector and level == "sector" else f"{outcode} ***"
