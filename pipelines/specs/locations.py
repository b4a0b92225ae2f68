"""The ways to a place that a feed's spec may declare: which columns say where a row is, and how they are read.

A way names the columns it reads (`reads`) and the kinds of reference data it looks them up in (`needs`).
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

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


class Uprn(Spec):
    """A Unique Property Reference Number, found in the loaded OS Open UPRN."""

    by: Literal["uprn"]
    column: Text

    @property
    def reads(self) -> tuple[str, ...]:
        """The column it reads."""
        return (self.column,)

    @property
    def needs(self) -> tuple[str, ...]:
        """The UPRNs."""
        return ("uprns",)


class Street(Spec):
    """The name of a street or place, or a line of an address that has one, found in the loaded gazetteer."""

    by: Literal["street"]
    column: Text
    locality: Text | None = Field(None, description="column of the town or village: it tells streets of one name apart")
    district: Text | None = Field(None, description="column of the district or county the name is looked for in")
    in_district: Text | None = Field(None, description="the district or county that all names are looked for in")
    # One slip of the pen in a name of seven letters or more: in a shorter name, one letter makes another name
    # (Manor and Mayor, Beech and Beach).
    min_score: float = Field(0.85, gt=0.5, le=1, description="least likeness of a misspelt name, 0 to 1; 1 takes none")
    margin: float = Field(0.05, ge=0, le=0.5, description="by how much the best likeness must pass the second")

    @model_validator(mode="after")
    def _one_district(self) -> Street:
        if self.district is not None and self.in_district is not None:
            raise ValueError("`district` is a column and `in_district` a name: give one of them")
        return self

    @property
    def reads(self) -> tuple[str, ...]:
        """The columns it reads."""
        return tuple(dict.fromkeys(name for name in (self.column, self.locality, self.district) if name))

    @property
    def needs(self) -> tuple[str, ...]:
        """The gazetteer of names."""
        return ("names",)


Location = Annotated[Coordinates | GridReference | Postcode | Uprn | Street, Field(discriminator="by")]
