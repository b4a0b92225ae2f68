"""Cells that hold several values, as `1717 (5%)` or `(51.3, -2.4)`, and the regular expression that parts them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.propose.words import snake

if TYPE_CHECKING:
    import polars as pl

_FIGURE = r"[\d,]+(?:\.\d+)?"
# What a cell may hold in the place of a figure.
_SYMBOL = r"[*:.x~-]{1,2}"
_MOST = 0.95
# The United Kingdom, in degrees.
_WEST, _SOUTH, _EAST, _NORTH = -9.0, 49.5, 2.2, 61.2

# A pattern for polars to test, and the expression for the spec, where {0} is a name made of the heading.
_SHAPES = (
    (
        rf"^({_FIGURE}|{_SYMBOL}) ?\(({_FIGURE}|{_SYMBOL}) ?%\)$",
        rf"(?P<{{0}}_count>{_FIGURE}|{_SYMBOL}) ?\((?P<{{0}}_percent>{_FIGURE}|{_SYMBOL}) ?%\)",
    ),
    (
        rf"^({_FIGURE}|{_SYMBOL}) ?\(({_FIGURE}|{_SYMBOL})\)$",
        rf"(?P<{{0}}_first>{_FIGURE}|{_SYMBOL}) ?\((?P<{{0}}_second>{_FIGURE}|{_SYMBOL})\)",
    ),
    (
        r"^\(?-?\d{1,3}\.\d+, ?-?\d{1,3}\.\d+\)?$",
        r"\(?(?P<{0}_first>-?[\d.]+), ?(?P<{0}_second>-?[\d.]+)\)?",
    ),
    (
        r"(?i)^POINT ?\(-?\d+\.\d+ -?\d+\.\d+\)$",
        r"POINT ?\((?P<{0}_first>-?[\d.]+) (?P<{0}_second>-?[\d.]+)\)",
    ),
    (rf"^({_FIGURE}|{_SYMBOL}) ?%$", rf"(?P<{{0}}_percent>{_FIGURE}|{_SYMBOL}) ?%"),
    (rf"^£ ?{_FIGURE}$", rf"£ ?(?P<{{0}}_pounds>{_FIGURE})"),
)


def shape_of(texts: pl.Series) -> int | None:
    """Which shape nearly all values have; None where they have none."""
    if not len(texts):
        return None
    for number, (pattern, _match) in enumerate(_SHAPES):
        if texts.str.contains(pattern).sum() >= _MOST * len(texts):
            return number
    return None


def split_of(heading: str, texts: pl.Series) -> str | None:
    """The regular expression that splits the cells of a column; None where they hold one value each."""
    shape = shape_of(texts)
    return None if shape is None else match_for(shape, snake(heading))


def match_for(shape: int, name: str) -> str:
    """The regular expression of a shape, with groups called after a name."""
    return _SHAPES[shape][1].replace("{0}", name[:40])


def coordinates_in(texts: pl.Series) -> tuple[str, str] | None:
    """In which order cells of two figures hold latitude and longitude of the United Kingdom; None where they do not."""
    import polars as pl

    both = texts.str.extract_groups(r"(-?\d{1,3}\.\d+)[, ]+(-?\d{1,3}\.\d+)")
    found = pl.DataFrame({"pair": both}).unnest("pair").select(pl.all().cast(pl.Float64, strict=False)).drop_nulls()
    if found.height < 0.9 * len(texts) or not found.height:
        return None
    first, second = (float(found[name].median() or 0.0) for name in found.columns)  # type: ignore[arg-type]
    if _SOUTH <= first <= _NORTH and _WEST <= second <= _EAST:
        return "latitude", "longitude"
    return ("longitude", "latitude") if _SOUTH <= second <= _NORTH and _WEST <= first <= _EAST else None
