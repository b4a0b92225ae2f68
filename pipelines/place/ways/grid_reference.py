"""A place from a column of Ordnance Survey National Grid references."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from pipelines.place.cover import in_cover
from pipelines.place.located import ISSUE, as_located
from pipelines.place.ways.amiss import CONFIDENCE, OUTSIDE, Points
from pipelines.place.ways.stand_ins import DUMMIES, are_defaults
from pipelines.specs.grid_reference import lacks_letters, parse_grid_reference
from pipelines.specs.locations import GridReference

if TYPE_CHECKING:
    import polars as pl

_ALIKE = re.compile(r"0+|9+")
_TWO_NUMBERS = re.compile(r"(-?\d+)[ ,]+(-?\d+)")


def by_grid_reference(distinct: pl.DataFrame, way: GridReference) -> pl.DataFrame:
    """Each location of `distinct`, by its grid reference, as a located table: the centre of the square, and its side.

    A row without a place has the first of these that is true as its method: `no_location`, `dummy_location`,
    `letters_missing` (figures without letters, where the way declares none), `bad_location`, `default_point`,
    `outside_cover`. A square of which no part lies where the way says that the partner's points do (`within`) is
    placed with less confidence and a note.
    """
    import numpy as np
    import polars as pl

    texts = [(text or "").strip() for text in distinct[way.column]]
    squares = [parse_grid_reference(text, way.letters) for text in texts]
    numbers = np.array([square or (np.nan, np.nan, 0) for square in squares], dtype=float).reshape(-1, 3)
    east, north, side = numbers.T
    reasons = [_why_none(text, square) for text, square in zip(texts, squares, strict=True)]
    method = np.select(
        [np.array([reason != "" for reason in reasons], dtype=bool), are_defaults(east, north, side, way)],
        [np.array(reasons, dtype=object), "default_point"],
        np.where(in_cover(east, north), "grid_reference", "outside_cover").astype(object),
    )
    kind = np.full(len(texts), "", dtype=object)
    if way.within is not None:
        kind[~Points(east, north, side, side / 2).within(way.within)] = OUTSIDE
    placed = pl.DataFrame(
        {
            "easting": east,
            "northing": north,
            "square_m": pl.Series(side, dtype=pl.Int32),
            "place_confidence": pl.Series([CONFIDENCE[item] for item in kind], dtype=pl.Float64),
            ISSUE: pl.Series([item or None for item in kind], dtype=pl.String),
        }
    )
    is_placed = pl.Series(method == "grid_reference", dtype=pl.Boolean)
    return as_located(
        placed.select(pl.when(is_placed).then(pl.all())).with_columns(place_method=pl.Series(method, dtype=pl.String))
    )


def _why_none(text: str, square: tuple[float, float, int] | None) -> str:
    """Why a text names no square that could be a place; empty where it does."""
    if not text:
        return "no_location"
    if _is_dummy(text, square):
        return "dummy_location"
    if square is None:
        return "letters_missing" if lacks_letters(text) else "bad_location"
    return ""


def _is_dummy(text: str, square: tuple[float, float, int] | None) -> bool:
    """Whether a text is one figure over and over, or two numbers or a square's corner are dummy values.

    The corner of the grid, `SV 000 000`, lies in the sea south-west of Scilly. A square of 50 km or more, named by
    letters alone, is no dummy.
    """
    if _ALIKE.fullmatch(text):
        return True
    pair = _TWO_NUMBERS.fullmatch(text)
    if pair is not None:
        corner = (float(pair.group(1)), float(pair.group(2)))
    elif square is not None and square[2] <= 10_000:
        corner = (square[0] - square[2] / 2, square[1] - square[2] / 2)
    else:
        return False
    return corner[0] in DUMMIES and corner[1] in DUMMIES
