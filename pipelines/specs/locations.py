"""The ways to a place that a feed's spec may declare: which columns say where a row is, and how they are read.

A way names the columns it reads (`reads`) and the kinds of reference data it looks them up in (`needs`).
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from pipelines.specs.base import Name, Spec, Text, written
from pipelines.specs.grid_reference import GRID_EAST, GRID_NORTH, parse_grid_reference

NATIONAL_GRID = "EPSG:27700"
# CRSs of longitude and latitude that are taken as ETRS89.
GEOGRAPHIC = ("EPSG:4326", "EPSG:4258")

Bounds = tuple[float, float, float, float]


def _one_or_many(value: object) -> object:
    return (value,) if isinstance(value, str) else value


# One boundary set, or several: which of them a code is of is told by the day of its row.
SetNames = Annotated[tuple[Name, ...], BeforeValidator(_one_or_many), Field(min_length=1)]


def reference_of_sets(names: tuple[str, ...]) -> tuple[str, ...]:
    """The kinds of reference data that tell codes of these boundary sets: the sets themselves and the code history."""
    return ("code_history", *(f"boundaries/{name}" for name in names)) if names else ()


class _Way(Spec):
    """A way to a place: which columns it reads, and what it looks them up in."""

    COLUMNS: ClassVar[tuple[str, ...]] = ("column",)
    KINDS: ClassVar[tuple[str, ...]] = ()

    @property
    def reads(self) -> tuple[str, ...]:
        """The columns it reads."""
        columns = [getattr(self, name) for name in self.COLUMNS]
        return tuple(dict.fromkeys(column for column in columns if column))

    @property
    def needs(self) -> tuple[str, ...]:
        """The kinds of reference data it looks them up in."""
        return self.KINDS


class _Point(_Way):
    """What may be declared of points, however they are written: where they lie, and which of them are no location."""

    within: Bounds | None = Field(None, description="west, south, east, north of where the partner's points can lie")
    default_points: tuple[Text, ...] = Field((), description="grid references of squares that stand for no location")
    keep_m: int | None = Field(
        None, ge=100, le=100_000, description="side in metres of the square that alone is kept of a point"
    )
    pile_up_share: float = Field(
        0.05, gt=0, le=1, description="above this share of the records at one point, that point is told of"
    )

    @field_validator("default_points")
    @classmethod
    def _are_references(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for text in value:
            if parse_grid_reference(text) is None:
                raise ValueError(f'"{text}" is no grid reference; write "SU 99700 49600" or "499700,149600"')
        return value

    @field_validator("default_points", mode="before")
    @classmethod
    def _are_texts(cls, value: object) -> object:
        if isinstance(value, list) and not all(isinstance(item, str) for item in value):
            raise ValueError('write each in quotation marks, as "499700,149600"')
        return value

    @field_validator("within", mode="before")
    @classmethod
    def _are_four(cls, value: object) -> object:
        if isinstance(value, list) and len(value) != 4:
            raise ValueError("write four numbers: west, south, east, north")
        return value

    @field_validator("within")
    @classmethod
    def _is_a_box(cls, value: Bounds | None) -> Bounds | None:
        if value is not None:
            west, south, east, north = value
            if not (west < east and south < north):
                raise ValueError("write west, south, east, north, with west less than east and south less than north")
        return value

    @property
    def default_squares(self) -> list[tuple[float, float, int]]:
        """Centre and side, in metres, of each square that stands for no location."""
        found = (parse_grid_reference(text) for text in self.default_points)
        return [square for square in found if square is not None]


def _check_on_grid(within: Bounds) -> None:
    west, south, east, north = within
    if west < 0 or south < 0 or east > GRID_EAST or north > GRID_NORTH or east <= 360:
        raise ValueError(f"within: metres of the National Grid are meant, from 0 to {GRID_EAST} and {GRID_NORTH}")


class Coordinates(_Point):
    """A point as two columns in a declared CRS."""

    COLUMNS: ClassVar[tuple[str, ...]] = ("x", "y")

    by: Literal["coordinates"]
    x: Text
    y: Text
    crs: Annotated[str, written(r"^EPSG:\d{4,6}$", "`EPSG:27700`")]
    square_m: int = Field(1, ge=1, le=100_000, description="side in metres of the square the point stands for")
    mend: tuple[Literal["swapped_axes", "truncated_units"], ...] = Field(
        (), description="what is put right where only one reading of a point lies within"
    )

    @model_validator(mode="after")
    def _agrees(self) -> Coordinates:
        if self.mend and self.within is None:
            raise ValueError("mend: say `within`, [west, south, east, north], which tells what is to be mended")
        if self.within is not None and self.crs == NATIONAL_GRID:
            _check_on_grid(self.within)
        if self.within is not None and self.crs in GEOGRAPHIC:
            west, south, east, north = self.within
            if west < -180 or south < -90 or east > 180 or north > 90:
                raise ValueError(f"within: degrees of longitude and latitude are meant, as the CRS is {self.crs}")
        return self


class GridReference(_Point):
    """An Ordnance Survey National Grid reference."""

    by: Literal["grid_reference"]
    column: Text
    letters: str | None = Field(None, description="the 100 km square of figures that are written without letters")

    @model_validator(mode="after")
    def _agrees(self) -> GridReference:
        # Two letters alone are the reference of a 100 km square.
        if self.letters is not None and (len(self.letters) != 2 or parse_grid_reference(self.letters) is None):
            raise ValueError(f'letters: "{self.letters}" is no 100 km square of the National Grid; write two, as SU')
        if self.within is not None:
            _check_on_grid(self.within)
        if self.keep_m is not None and self.keep_m not in (100, 1_000, 10_000, 100_000):
            raise ValueError("keep_m: a grid reference names squares of 100, 1000, 10000 or 100000 m")
        return self


class Postcode(_Way):
    """A full postcode, found in the loaded postcode directory."""

    KINDS: ClassVar[tuple[str, ...]] = ("postcodes",)

    by: Literal["postcode"]
    column: Text
    keep: Literal["unit", "sector", "district"] = Field("unit", description="how much of the postcode is kept")


class PostcodeSector(_Way):
    """A postcode's sector, as a square around the postcodes that the loaded directory has in it.

    The column may hold a whole postcode, a sector as `GU1 4`, or only an outward code.
    """

    KINDS: ClassVar[tuple[str, ...]] = ("postcodes",)

    by: Literal["postcode_sector"]
    column: Text


class PostcodeDistrict(_Way):
    """A postcode's district, its outward code, as a square around the postcodes that the loaded directory has in it.

    The column may hold a whole postcode, a sector, or an outward code as `GU1`.
    """

    KINDS: ClassVar[tuple[str, ...]] = ("postcodes",)

    by: Literal["postcode_district"]
    column: Text


class Uprn(_Way):
    """A Unique Property Reference Number, found in the loaded OS Open UPRN."""

    KINDS: ClassVar[tuple[str, ...]] = ("uprns",)

    by: Literal["uprn"]
    column: Text


class Street(_Way):
    """The name of a street or place, or a line of an address that has one, found in the loaded gazetteer."""

    COLUMNS: ClassVar[tuple[str, ...]] = ("column", "locality", "district")
    KINDS: ClassVar[tuple[str, ...]] = ("names",)

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


class AreaCode(_Way):
    """The code of an area of a boundary set, where no point is given: it says in which area a row is, and no more."""

    by: Literal["area"]
    column: Text
    boundary_set: SetNames = Field(description="the set the codes are from, or a list of sets")

    @property
    def needs(self) -> tuple[str, ...]:
        """The sets, and the code history."""
        return reference_of_sets(self.boundary_set)


Location = Annotated[
    Coordinates | GridReference | Postcode | PostcodeSector | PostcodeDistrict | Uprn | Street | AreaCode,
    Field(discriminator="by"),
]
