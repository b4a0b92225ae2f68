"""The formats of partners' files, as a spec declares them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, field_validator, model_validator

from pipelines.specs.base import Name, Spec, Text, regex, written
from pipelines.specs.patterns import check_pattern


class SkipRule(Spec):
    """Rows that are not records (totals, notes), named so that their skipping is counted and explained."""

    rule: Name
    column: Text | None = Field(
        None, description="the column looked at; none: the first cell of the row that is filled"
    )
    equals: str | None = None
    starts_with: str | None = None
    matches: str | None = Field(None, description="a regular expression that the whole cell matches")
    to_end: bool = Field(False, description="this row and every row after it: notes or another table at the foot")

    @model_validator(mode="after")
    def _one_test(self) -> SkipRule:
        if sum(test is not None for test in (self.equals, self.starts_with, self.matches)) != 1:
            raise ValueError("give one of `equals`, `starts_with` and `matches`")
        return self

    @field_validator("matches")
    @classmethod
    def _compiles(cls, value: str | None) -> str | None:
        return regex(value)


HeaderRow = int | tuple[int, int]


Encoding = Literal["utf-8", "cp1252", "iso-8859-1", "ascii", "utf-16", "utf-16-le", "utf-16-be"]


CellName = Annotated[str, written(r"^(.+!)?[A-Z]{1,3}[1-9]\d{0,6}$", "`B2` or `Notes!B2`")]


class _Headed(Spec):
    """What text and sheets have in common: where the header stands, or what it would have said."""

    header_row: Annotated[HeaderRow, Field(description="row of the header, from 1; `[2, 3]` where it fills two")] = 1
    names: tuple[Text, ...] = Field((), description="the columns' names, where the file has no header of its own")
    header_again: Literal["second_table", "skip"] = Field(
        "second_table", description="what a header that appears again begins: another table, or more of this one"
    )

    @field_validator("header_row")
    @classmethod
    def _rows_in_order(cls, value: HeaderRow) -> HeaderRow:
        first, last = value if isinstance(value, tuple) else (value, value)
        if not 1 <= first <= last <= min(first + 1, 1000):
            raise ValueError("`header_row` is a row from 1 to 1000, or two rows one below the other")
        return value

    @property
    def header_rows(self) -> tuple[int, ...]:
        """The rows the header fills, counted from 1; none where the spec gives the names."""
        if self.names:
            return ()
        return self.header_row if isinstance(self.header_row, tuple) else (self.header_row,)

    @property
    def first_row(self) -> int:
        """The first row below the header, counted from 1."""
        if self.header_rows:
            return self.header_rows[-1] + 1
        return self.header_row if isinstance(self.header_row, int) else self.header_row[0]


class CsvFormat(_Headed):
    """Delimited text. Every record must have as many fields as the header."""

    type: Literal["csv"]
    encoding: Encoding = Field("utf-8", description="a byte order mark at the start is read past")
    delimiter: Annotated[str, StringConstraints(min_length=1, max_length=3)] = Field(
        ",", description="what parts the fields: `,` `;` `|`, a tab, or up to three characters"
    )
    quote: Literal['"', "'", ""] = Field('"', description="the quotation mark; empty: there is none")
    escape: Literal["", "\\"] = Field("", description="what makes a quotation mark plain; empty: writing it twice")
    line_end: Literal["lf", "cr"] = Field("lf", description="`lf`: LF or CR LF; `cr`: a bare carriage return")
    footer_rows: int = Field(0, ge=0, le=1000, description="how many records at the end are no records")
    last_line_ends: bool = Field(
        False, description="whether the last line always has a line end: if so, one without is a file cut short"
    )

    @field_validator("delimiter")
    @classmethod
    def _parts_fields(cls, value: str) -> str:
        if set(value) & set("\"'\\\r\n\0") or value.isalnum() or not value.isascii():
            raise ValueError("a delimiter is no letter, digit, quotation mark or line end")
        return value


class FixedWidthFormat(Spec):
    """Text whose fields stand at fixed places of each line, counted in characters."""

    type: Literal["fixed_width"]
    encoding: Encoding = "utf-8"
    fields: dict[Text, tuple[int, int]] = Field(
        min_length=1, description="the columns' names: first and last place of each, counted from 1"
    )
    first_row: int = Field(1, ge=1, le=1000, description="the first line that is a record, counted from 1")
    footer_rows: int = Field(0, ge=0, le=1000, description="how many lines at the end are no records")
    short_lines: bool = Field(False, description="whether blanks at the end of a line may be missing")

    @field_validator("fields")
    @classmethod
    def _apart(cls, value: dict[str, tuple[int, int]]) -> dict[str, tuple[int, int]]:
        after = 0
        for name, (first, last) in value.items():
            if not after < first <= last <= 10_000:
                raise ValueError(f'"{name}": fields stand in order, do not overlap, and count from 1')
            after = last
        return value


class SheetFormat(_Headed):
    """A sheet of a workbook (.xlsx, .xls, .ods).

    Cells become text: dates as ISO 8601, whole numbers without a decimal point.
    """

    type: Literal["xlsx"]
    sheet: Text = Field(description="its name; or a pattern, `{period:%b %Y}` or `*`: every sheet it fits is a return")
    after: Text | None = Field(
        None, description="the table begins below the row whose first filled cell begins so; rows count from there"
    )
    columns: Annotated[str, written(r"^[A-Z]{1,3}:[A-Z]{1,3}$", "`B:F`")] | None = Field(
        None, description="the columns of the sheet that the table fills, as `B:F`; else all"
    )
    ends_at_blank_row: bool = Field(False, description="whether the table ends at the first blank row below it")

    @property
    def is_pattern(self) -> bool:
        """Whether `sheet` stands for every sheet that fits it."""
        return "*" in self.sheet or "{" in self.sheet

    @field_validator("sheet")
    @classmethod
    def _sheet_pattern(cls, value: str) -> str:
        return check_pattern(value) if "*" in value or "{" in value else value


class JsonFormat(Spec):
    """JSON, a record for each item of a list; or JSON lines, a record for each line."""

    type: Literal["json", "json_lines"]
    encoding: Encoding = "utf-8"
    records: str = Field("", description="the path to the list, as `data.items`; empty: the document is the list")
    optional: tuple[Text, ...] = Field((), description="columns that a record may leave out; it is read as empty")


class GeoJsonFormat(Spec):
    """GeoJSON: a record for each feature.

    Its columns: the properties, `id`, and `longitude` and `latitude` of a point.
    """

    type: Literal["geojson"]
    encoding: Encoding = "utf-8"
    optional: tuple[Text, ...] = Field((), description="columns that a record may leave out; it is read as empty")


class XmlFormat(Spec):
    """XML: a record for each element at a path. Its columns are paths below it: `Label`, `Address/Postcode`, `@id`."""

    type: Literal["xml"]
    record: Text = Field(description="the path from the root, as `Return/Incident`; `//Incident` for any depth")
    optional: tuple[Text, ...] = Field((), description="columns that a record may leave out; it is read as empty")


Format = Annotated[
    CsvFormat | FixedWidthFormat | SheetFormat | JsonFormat | GeoJsonFormat | XmlFormat, Field(discriminator="type")
]
