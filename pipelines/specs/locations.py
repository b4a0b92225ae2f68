"""The ways to a place that a feed's spec may declare: which columns say where a row is, and how they are read.

A way names the columns it reads (`reads`) and the kinds of reference data it looks them up in (`needs`).
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, StringConstraints

from pipelines.specs.base import Name, Spec, Text


def _one_or_many(value: object) -> object:
    return (value,) if isinstance(value, str) else value


# One boundary set, or several: which of them a code is of is told by the day of its row.
SetNames = Annotated[tuple[Name, ...], BeforeValidator(_one_or_many), Field(min_length=1)]


def reference_of_sets(names: tuple[str, ...]) -> tuple[str, ...]:
    """The kinds of reference data that tell codes of these boundary sets: the sets themselves and the code history."""
    return ("code_history", *(f"boundaries/{name}" for name in names)) if names else ()


class Coordinates(Spec):
    """A point as two columns in a declared CRS."""

    by: Literal["coordinates"]
    x: Text
    y: Text
    crs: Annotated[str, StringConstraints(pattern=r"^EPSG:\d{4,6}$")]
    square_m: int = Field(1, ge=1, le=100_000, description="side in metres of the square the point stands for")

    @property
    def reads(self) -> tuple[str, ...]:
        """The columns it reads."""
        return (self.x, self.y)

    @property
    def needs(self) -> tuple[str, ...]:
        """No reference data."""
        return ()


class GridReference(Spec):
    """An Ordnance Survey National Grid reference."""

    by: Literal["grid_reference"]
    column: Text

    @property
    def reads(self) -> tuple[str, ...]:
        """The column it reads."""
        return (self.column,)

    @property
    def needs(self) -> tuple[str, ...]:
        """No reference data."""
        return ()


class Postcode(Spec):
    """A full postcode, found in the loaded postcode directory."""

    by: Literal["postcode"]
    column: Text

    @property
    def reads(self) -> tuple[str, ...]:
        """The column it reads."""
        return (self.column,)

    @property
    def needs(self) -> tuple[str, ...]:
        """The postcode directory."""
        return ("postcodes",)


class AreaCode(Spec):
    """The code of an area of a boundary set, where no point is given: it says in which area a row is, and no more."""

    by: Literal["area"]
    column: Text
    boundary_set: SetNames = Field(description="the set the codes are from, or a list of sets")

    @property
    def reads(self) -> tuple[str, ...]:
        """The column it reads."""
        return (self.column,)

    @property
    def needs(self) -> tuple[str, ...]:
        """The sets, and the code history."""
        return reference_of_sets(self.boundary_set)


Location = Annotated[Coordinates | GridReference | Postcode | AreaCode, Field(discriminator="by")]
