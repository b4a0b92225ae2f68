"""The ways to a place that a feed's spec may declare: which columns say where a row is, and how they are read.

A way names the columns it reads (`reads`) and the kinds of reference data it looks them up in (`needs`).
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from pipelines.specs.base import Spec, Text


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


class PostcodeSector(Spec):
    """A postcode's sector, as a square around the postcodes that the loaded directory has in it."""

    by: Literal["postcode_sector"]
    column: Text

    @property
    def reads(self) -> tuple[str, ...]:
        """The column it reads: a whole postcode, a sector as `GU1 4`, or only an outward code."""
        return (self.column,)

    @property
    def needs(self) -> tuple[str, ...]:
        """The postcode directory."""
        return ("postcodes",)


class PostcodeDistrict(Spec):
    """A postcode's district, its outward code, as a square around the postcodes that the loaded directory has in it."""

    by: Literal["postcode_district"]
    column: Text

    @property
    def reads(self) -> tuple[str, ...]:
        """The column it reads: a whole postcode, a sector, or an outward code as `GU1`."""
        return (self.column,)

    @property
    def needs(self) -> tuple[str, ...]:
        """The postcode directory."""
        return ("postcodes",)


Location = Annotated[
    Coordinates | GridReference | Postcode | PostcodeSector | PostcodeDistrict, Field(discriminator="by")
]
