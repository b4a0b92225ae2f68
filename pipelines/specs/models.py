"""The shape of every spec file. A key that is not here is an error; the field names are what a data officer reads.

What does not belong here: checks that need more than one file (`check.py`), and reading (`load.py`).
"""

from __future__ import annotations

import re
from datetime import date
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, field_validator, model_validator

from pipelines.specs.patterns import FilePattern

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
SupplierName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
Text = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]


def _day(value: object) -> object:
    """Accept a month (`2013-05`) where a date is meant: its first day."""
    if isinstance(value, int):
        value = str(value)
    if isinstance(value, str) and re.fullmatch(r"\d{4}", value):
        return f"{value}-01-01"
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}", value):
        return f"{value}-01"
    return value


Day = Annotated[date, BeforeValidator(_day)]


class Spec(BaseModel):
    """Common ground of all spec models: unknown keys are errors, and a spec is never changed once read."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class PeriodType(StrEnum):
    """The calendars a return can report by. Weeks start on Monday, financial years in April, academic in September."""

    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    CALENDAR_YEAR = "calendar_year"
    FINANCIAL_YEAR = "financial_year"
    ACADEMIC_YEAR = "academic_year"


class Sensitivity(StrEnum):
    """How far a value may travel. A direct identifier is never stored past landing."""

    IDENTIFIER = "identifier"
    QUASI_IDENTIFIER = "quasi_identifier"
    SENSITIVE = "sensitive"
    PLAIN = "plain"


# --- datasets -------------------------------------------------------------------------------------------------------


class DatasetField(Spec):
    """One field of a dataset's canonical contract."""

    type: Literal["text", "code", "interval", "date", "integer", "number"]
    sensitivity: Sensitivity
    description: Text
    required: bool = False
    list: Name | None = Field(None, description="the shared code list a `code` field is written in")
    min: float | None = None
    max: float | None = None
    pattern: str | None = Field(None, description="a regular expression the whole text must match")

    @model_validator(mode="after")
    def _code_has_list(self) -> DatasetField:
        if (self.type == "code") != (self.list is not None):
            raise ValueError("a field of type `code` names its `list`, and only such a field does")
        return self

    @field_validator("pattern")
    @classmethod
    def _pattern_compiles(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                re.compile(value)
            except re.error as error:
                raise ValueError(f"not a regular expression: {error}") from error
        return value


class Dataset(Spec):
    """A canonical kind of record or return, whoever sends it."""

    title: Text
    description: Text
    shape: Literal["event", "observation"]
    key: tuple[Name, ...] = Field((), description="fields that tell one record from another; none: content tells")
    clock: Name | None = Field(None, description="the interval field that dates an event")
    category: Name | None = Field(None, description="the code field an event is counted by")
    outcome: Name | None = Field(None, description="the code field that says how an event ended")
    fields: dict[Name, DatasetField]


# --- partners -------------------------------------------------------------------------------------------------------


class Contact(Spec):
    """Whom to ask at a partner: a role and an office address, never a named person's private details."""

    role: Text
    email: Text | None = None


class Supplier(Spec):
    """Whom a delivery speaks for, and for which areas."""

    title: Text
    speaks_for: tuple[Text, ...] = Field((), description="GSS codes of the areas this supplier speaks for")


class Partner(Spec):
    """An agency that sends data."""

    title: Text
    description: Text
    contact: Contact
    suppliers: dict[SupplierName, Supplier] = Field(min_length=1)


# --- feeds ----------------------------------------------------------------------------------------------------------


class Cadence(Spec):
    """How often a return is expected, and how long after the period's end it is due."""

    every: PeriodType
    due: Annotated[str, StringConstraints(pattern=r"^\d{1,3} days after$")]
    from_: Day | None = Field(None, alias="from", description="the first period expected; else the first ever returned")
    to: Day | None = Field(None, description="a day in the last period expected; else there is no end")

    @property
    def due_days(self) -> int:
        """Days between the end of a period and the day its return is due."""
        return int(self.due.split()[0])


class Recording(Spec):
    """The recording profile: what is counted, by which clock, and what the location means."""

    unit: Name
    clock: Literal["occurred", "reported", "closed", "snapshot", "month"]
    place: Literal["incident", "snap_point", "home", "area"]
    note: Text | None = None


class CsvFormat(Spec):
    """Delimited text."""

    type: Literal["csv"]
    encoding: Literal["utf-8", "cp1252"] = "utf-8"
    delimiter: Literal[",", ";", "|", "\t"] = ","
    header_row: int = Field(1, ge=1, le=100, description="physical line of the header, counted from 1")


class SheetFormat(Spec):
    """One sheet of a workbook. Cells become text: dates as ISO 8601, whole numbers without a decimal point."""

    type: Literal["xlsx"]
    sheet: Text
    header_row: int = Field(1, ge=1, le=100, description="sheet row of the header, counted from 1")


class SkipRule(Spec):
    """Rows that are not records (totals, notes), named so that their skipping is counted and explained."""

    rule: Name
    column: Text
    equals: str | None = None
    starts_with: str | None = None

    @model_validator(mode="after")
    def _one_test(self) -> SkipRule:
        if (self.equals is None) == (self.starts_with is None):
            raise ValueError("give either `equals` or `starts_with`")
        return self


class Column(Spec):
    """How one column of a partner's file becomes a field."""

    field: Name
    date: str | None = Field(None, description="strptime format of a date, time or month")
    map: Name | None = Field(None, description="the partner's code map, `codes/<map>.csv`")
    missing: tuple[str, ...] = Field((), description="texts that mean no value, besides an empty cell")


class Coordinates(Spec):
    """A point as two columns in a declared CRS."""

    by: Literal["coordinates"]
    x: Text
    y: Text
    crs: Annotated[str, StringConstraints(pattern=r"^EPSG:\d{4,6}$")]
    square_m: int = Field(1, ge=1, le=100_000, description="side in metres of the square the point stands for")


class GridReference(Spec):
    """An Ordnance Survey National Grid reference."""

    by: Literal["grid_reference"]
    column: Text


class Postcode(Spec):
    """A full postcode, found in the loaded postcode directory."""

    by: Literal["postcode"]
    column: Text


Location = Annotated[Coordinates | GridReference | Postcode, Field(discriminator="by")]


class PeriodColumn(Spec):
    """Where the reporting period stands, if not in the file name: a column and its date format."""

    column: Text
    date: Text


class Range(Spec):
    """Inclusive bounds."""

    min: int = 0
    max: int = 10**12


class HistoryCheck(Spec):
    """A bound on how far a return may stand from its feed's own history, and what happens beyond it."""

    action: Literal["warn", "stop"] = "warn"
    limit: float = Field(gt=0)


class History(Spec):
    """A new return against the feed's earlier ones. Nothing is judged before `after` returns are known."""

    after: int = Field(6, ge=3, description="how many earlier returns there must be")
    volume: HistoryCheck = HistoryCheck(limit=2.0)
    category_mix: HistoryCheck = HistoryCheck(limit=0.35)


class Expect(Spec):
    """What a delivery must look like to be taken."""

    rows: Range = Range()
    quarantined_share: float = Field(0.1, ge=0, le=1, description="above this share of the rows the file is refused")
    history: History = History()


class FeedVersion(Spec):
    """How the files look from one date on."""

    valid_from: Day
    valid_to: Day | None = None
    files: tuple[FilePattern, ...] = Field(min_length=1)
    format: CsvFormat | SheetFormat = Field(discriminator="type")
    columns: dict[Text, Column]
    ignore: tuple[Text, ...] = Field((), description="columns read past and stored nowhere")
    skip: tuple[SkipRule, ...] = ()
    period: PeriodColumn | None = None
    location: tuple[Location, ...] = ()
    replaces: Literal["reporting_period"] = "reporting_period"
    expect: Expect = Expect()

    def needed_columns(self) -> list[str]:
        """The columns that are read, each once: those that fill fields, and those that place or date a row."""
        names = list(self.columns)
        for location in self.location:
            names += [location.x, location.y] if isinstance(location, Coordinates) else [location.column]
        if self.period is not None:
            names.append(self.period.column)
        return list(dict.fromkeys(names))

    @field_validator("columns", mode="before")
    @classmethod
    def _short_form(cls, value: object) -> object:
        """`Header: field` is short for `Header: {field: field}`."""
        if isinstance(value, dict):
            return {key: {"field": item} if isinstance(item, str) else item for key, item in value.items()}
        return value

    @field_validator("files", mode="before")
    @classmethod
    def _one_or_many(cls, value: object) -> object:
        return [value] if isinstance(value, str) else value


class Feed(Spec):
    """One partner's dataset."""

    title: Text
    cadence: Cadence
    recording: Recording
    retention: Annotated[str, StringConstraints(pattern=r"^\d{1,3} (months|years)$")]
    boundary_set: Name | None = Field(None, description="the set an observation's area codes are from")
    versions: tuple[FeedVersion, ...] = Field(min_length=1)

    @field_validator("versions")
    @classmethod
    def _dated_apart(cls, versions: tuple[FeedVersion, ...]) -> tuple[FeedVersion, ...]:
        starts = [version.valid_from for version in versions]
        if starts != sorted(set(starts)):
            raise ValueError("versions stand in date order, each with its own `valid_from`")
        return versions


# --- code lists and maps (CSV rows) ----------------------------------------------------------------------------------


class Code(Spec):
    """One code of a shared scheme."""

    code: Text
    label: Text
    parent: Text | None = None
    valid_from: Day | None = None
    valid_to: Day | None = None
    description: str | None = None


class CodeMapEntry(Spec):
    """One of a partner's codes and its way into the shared scheme; `ignore` leaves such rows out on purpose."""

    raw: str
    action: Literal["map", "ignore"] = "map"
    code: Text | None = None
    valid_from: Day | None = None
    valid_to: Day | None = None
    note: str | None = None

    @model_validator(mode="after")
    def _code_if_mapped(self) -> CodeMapEntry:
        if (self.action == "map") != (self.code is not None):
            raise ValueError("a mapped code names its `code`; an ignored one has none")
        return self


# --- indicators -----------------------------------------------------------------------------------------------------


class Numerator(Spec):
    """What is counted: a dataset, the unit it is counted in, and the categories in or out."""

    dataset: Name
    unit_counted: Name
    categories: tuple[Text, ...] = Field((), description="codes counted; none means all")
    except_categories: tuple[Text, ...] = ()


class Denominator(Spec):
    """What it is set against: a measure that an observation dataset supplies."""

    dataset: Name
    measure: Text


class Indicator(Spec):
    """A defined measure. Values are computed from the numerator and denominator, never averaged."""

    title: Text
    version: int = Field(1, ge=1)
    definition: Text
    rationale: Text
    kind: Literal["input", "output", "outcome"]
    level: Literal["partnership", "outcomes", "value_added"] = "outcomes"
    sharing_sense: int = Field(ge=1, le=4, description="one of the four senses in which an indicator is shared")
    polarity: Literal["low_is_good", "high_is_good", "no_judgement"]
    framework: Text
    lead_partner: Text
    numerator: Numerator
    denominator: Denominator
    scale: int = Field(ge=1)
    unit: Text
    period_types: tuple[PeriodType, ...] = Field(min_length=1)
    caveats: Text | None = None
