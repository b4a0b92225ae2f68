"""Where people are, made as coarse as the spec declares while a file is read; and postcodes that are one person's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipelines.protect.points import coarse_coordinates, coarse_references
from pipelines.protect.postcodes import FEWEST_POSTCODES, coarse_postcodes, without_small
from pipelines.protect.told import Told, cleaned, told_of
from pipelines.specs.locations import (
    Coordinates,
    GridReference,
    Location,
    Postcode,
    PostcodeDistrict,
    PostcodeSector,
)

if TYPE_CHECKING:
    import polars as pl

# How fine what is kept of a postcode is, the finest first.
_LEVELS = ("unit", "sector", "district")
_SMALL = (
    f"its sector has fewer than {FEWEST_POSTCODES} postcodes in use in the loaded directory: only its district is kept"
)
_BAD = "cannot be read as a location, so that nothing of it is kept"


def coarse_places(
    frame: pl.DataFrame, ways: tuple[Location, ...], persons: bool, large: frozenset[str] | None
) -> tuple[pl.DataFrame, list[Told]]:
    """A frame of text with its locations as coarse as the ways declare, and what is told of texts that were lost.

    Args:
        frame: `_row` and columns of text.
        ways: the ways to a place.
        persons: whether rows are about people: then a column of postcodes keeps no more than its ways read of it.
        large: the postcode sectors that are no person's; None where whole postcodes are not looked at.
    """
    told: list[Told] = []
    for way in ways:
        if any(name not in frame.columns for name in way.reads):
            continue
        if isinstance(way, Coordinates) and way.keep_m is not None:
            keep_m = _coarsest(way, ways)
            x, y = (cleaned(frame[name]) for name in (way.x, way.y))
            coarse = coarse_coordinates(x, y, way, keep_m)
            for before, after in zip((x, y), coarse, strict=True):
                told += told_of(frame, before.is_not_null() & after.is_null(), after.name, "bad_location", _BAD)
            frame = frame.with_columns(*coarse)
        elif isinstance(way, GridReference) and way.keep_m is not None:
            texts = cleaned(frame[way.column])
            references = coarse_references(texts, way, way.keep_m)
            told += told_of(frame, texts.is_not_null() & references.is_null(), way.column, "bad_location", _BAD)
            frame = frame.with_columns(references.alias(way.column))
    for column, level in _kept_of_postcodes(ways, persons).items():
        if column in frame.columns:
            texts = cleaned(frame[column])
            made, said = _postcodes(frame, texts, column, level, large)
            frame = frame.with_columns(made.alias(column))
            told += said
    return frame, told


def _coarsest(way: Coordinates, ways: tuple[Location, ...]) -> int:
    """The side that is kept of a point, where several ways read it from the same columns."""
    same = [each.keep_m or 0 for each in ways if isinstance(each, Coordinates) and set(each.reads) & set(way.reads)]
    return max(same)


def _kept_of_postcodes(ways: tuple[Location, ...], persons: bool) -> dict[str, str]:
    """How much is kept of each column of postcodes, where that is less than all or postcodes may be people."""
    read: dict[str, list[str]] = {}
    declared: dict[str, list[str]] = {}
    for way in ways:
        if isinstance(way, Postcode):
            read.setdefault(way.column, []).append(way.keep)
            if way.keep != "unit":
                declared.setdefault(way.column, []).append(way.keep)
        elif isinstance(way, PostcodeSector | PostcodeDistrict):
            read.setdefault(way.column, []).append(way.by.removeprefix("postcode_"))
    finest = {column: min(levels, key=_LEVELS.index) for column, levels in read.items()} if persons else {}
    return finest | {column: max(levels, key=_LEVELS.index) for column, levels in declared.items()}


def _postcodes(
    frame: pl.DataFrame, texts: pl.Series, column: str, level: str, large: frozenset[str] | None
) -> tuple[pl.Series, list[Told]]:
    if level != "unit":
        made = coarse_postcodes(texts, level)
        told = told_of(frame, texts.is_not_null() & made.is_null(), column, "bad_location", _BAD)
        if level == "sector" and large:
            district, small = without_small(texts, large)
            made = district.zip_with(small, made)
            told += told_of(frame, small, column, "small_postcode", _SMALL)
        return made, told
    if large is None:
        return texts, []
    made, small = without_small(texts, large)
    return made, told_of(frame, small, column, "small_postcode", _SMALL)
