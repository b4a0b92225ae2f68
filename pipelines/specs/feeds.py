"""The shape of a feed's spec: one partner's dataset, and how its files look from a date on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from pipelines.specs.base import Day, Name, PeriodType, Spec, Text, regex, written
from pipelines.specs.control import CompanionName, Control
from pipelines.specs.formats import CellName, Format, SkipRule
from pipelines.specs.locations import Location, SetNames, reference_of_sets
from pipelines.specs.patterns import FilePattern
from pipelines.specs.recording import Recording
from pipelines.specs.retention import Retention

# In place of a column's name: any of them.
ANY = "*"


class Cadence(Spec):
    """How often a return is expected, and how long after the period's end it is due."""

    every: PeriodType
    due: Annotated[str, written(r"^\d{1,3} days after$", "`20 days after`")]
    from_: Day | None = Field(None, alias="from", description="the first period expected; else the first ever returned")
    to: Day | None = Field(None, description="a day in the last period expected; else there is no end")
    ahead: bool = Field(False, description="whether figures may be of periods still to come, as projections are")

    @property
    def due_days(self) -> int:
        """Days between the end of a period and the day its return is due."""
        return int(self.due.split()[0])


class Column(Spec):
    """How one column of a partner's file becomes a field."""

    field: Name
    date: str | None = Field(None, description="strptime format of a date, time or month")
    years_from: int | None = Field(
        None, ge=1800, le=2100, description="the first of the hundred years that a year of two digits, `%y`, may mean"
    )
    map: Name | None = Field(None, description="the partner's code map, `codes/<map>.csv`")
    missing: tuple[str, ...] = Field((), description="texts that mean no value, besides an empty cell")
    symbols: dict[str, Text] = Field(
        {}, description="texts that stand in place of a number, and the code of `value_symbol` that each means"
    )
    thousands: Literal["", ",", ".", " ", "'"] = Field("", description="what groups the digits of a number")
    decimal: Literal[".", ","] = Field(".", description="the decimal mark of a number")
    born: Text | None = Field(
        None, description="strptime format of a date of birth, of which only the age band on the row's day is kept"
    )
    age: Literal["years"] | None = Field(None, description="the column holds an age, of which only its band is kept")
    keep: Literal["nothing", "restricted"] | None = Field(
        None, description="of a free text: nothing, or its words in restricted tables alone"
    )


class Unpivot(Spec):
    """A wide table made long: each cell of the columns named becomes a row of its own.

    The new columns are used like those of the file. `match` names them by its groups: what stands in the heading.
    """

    columns: tuple[Text, ...] = Field((), description="the headings whose cells become rows")
    match: str | None = Field(None, description="or a regular expression for whole headings; a named group is a column")
    name: Text | None = Field(None, description="the new column that holds the heading")
    value: Text = Field(description="the new column that holds the cell")
    empty: Literal["row", "left_out"] = Field("row", description="whether an empty cell makes a row")

    @model_validator(mode="after")
    def _one_way(self) -> Unpivot:
        if bool(self.columns) == (self.match is not None):
            raise ValueError("give either `columns` or `match`")
        if self.name is None and not (self.match and re.compile(self.match).groupindex):
            raise ValueError("give `name`, or a named group in `match`: what the heading says would be lost")
        return self

    @field_validator("match")
    @classmethod
    def _compiles(cls, value: str | None) -> str | None:
        return regex(value)

    @property
    def new_columns(self) -> tuple[str, ...]:
        """The columns it makes."""
        groups = re.compile(self.match).groupindex if self.match else {}
        return (*groups, *([self.name] if self.name else []), self.value)

    def takes(self, header: list[str]) -> list[str]:
        """The headings whose cells become rows, in the order of the file."""
        if self.match is None:
            return [name for name in header if name in self.columns]
        return [name for name in header if re.fullmatch(self.match, name)]


class Split(Spec):
    """One column that holds several values, as `1717 (5%)`: each named group of `match` is a column of its own."""

    column: Text
    match: str = Field(description="a regular expression for the whole cell")

    @field_validator("match")
    @classmethod
    def _names_groups(cls, value: str) -> str:
        if not re.compile(regex(value) or "").groupindex:
            raise ValueError("name at least one group, as in (?P<count>.*)")
        return value

    @property
    def new_columns(self) -> tuple[str, ...]:
        """The columns it makes."""
        return tuple(re.compile(self.match).groupindex)


class Join(Spec):
    """One new column of several, whose texts it holds one behind the other: as a kind and its detail, a day and a time.

    An empty cell is an empty text in it; where all are empty, so is the new one.
    """

    name: Text = Field(description="the new column")
    columns: tuple[Text, ...] = Field(min_length=2, description="the columns, in the order of their texts")
    between: str = Field(" | ", min_length=1, max_length=5, description="what stands between two texts")


class Choice(Spec):
    """One new column out of several: which of them a row's cell is from is told by what another column says.

    Where that column says something else, the cell is empty.
    """

    name: Text = Field(description="the new column")
    by: Text = Field(description="the column that tells")
    from_: dict[Text, Text] = Field(
        alias="from", min_length=1, description="what it says, and the column that the cell is then taken from"
    )

    @property
    def reads(self) -> tuple[str, ...]:
        """The columns it reads, each once."""
        return tuple(dict.fromkeys((self.by, *self.from_.values())))


class SupplierColumn(Spec):
    """Where a file speaks for several suppliers: the column that says which one a row is of."""

    column: Text
    map: Name | None = Field(None, description="what the partner writes, and the supplier's name in partner.yml")


class PeriodPlace(Spec):
    """Where the reporting period stands, if not in the file's name: a column, or one cell, and its date format."""

    column: Text | None = None
    cell: CellName | None = Field(None, description="as `B2`, above the header; in a workbook also `Notes!B2`")
    date: Text = Field(description="`%Y-%m`; `%Y` or `%Y-%y` is the year, financial or academic, that begins then")
    match: str | None = Field(None, description="where more stands there: a regular expression whose one group is it")

    @model_validator(mode="after")
    def _one_place(self) -> PeriodPlace:
        if (self.column is None) == (self.cell is None):
            raise ValueError("give either `column` or `cell`")
        return self

    @field_validator("match")
    @classmethod
    def _one_group(cls, value: str | None) -> str | None:
        if value is not None and re.compile(regex(value) or "").groups != 1:
            raise ValueError("`match` has one group, the period")
        return value


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
    revision: HistoryCheck = Field(
        HistoryCheck(action="stop", limit=0.5),
        description="the share of the rows of the revision before that a new one must have more than",
    )


def _of_any(value: object) -> object:
    return {ANY: value} if isinstance(value, (int, float, str)) else value


Share = Annotated[float, Field(ge=0, le=1)]
# Column to a share; a share by itself is that of all columns together.
Shares = Annotated[dict[Text, Share], BeforeValidator(_of_any, json_schema_input_type=Share | dict[Text, Share])]


class Expect(Spec):
    """What a delivery must look like to be taken."""

    rows: Range = Range()
    quarantined_share: float = Field(0.1, ge=0, le=1, description="above this share of the rows the file is refused")
    unmapped_share: Shares = Field(
        {}, description="above this share of rows with a code no map knows the file is refused; or of each column"
    )
    history: History = History()


class Reconciles(Spec):
    """The events that a feed's figures are the sender's own totals of."""

    dataset: Name = Field(description="a dataset of events")
    partner: Name | None = Field(None, description="who sends those events; if it is not said, the feed's own partner")


class FeedVersion(Spec):
    """How the files look from one date on."""

    valid_from: Day
    valid_to: Day | None = None
    files: tuple[FilePattern, ...] = Field(min_length=1)
    format: Format
    columns: dict[Text, tuple[Column, ...]]
    also_called: dict[Text, tuple[Text, ...]] = Field({}, description="other headings that a column may go by")
    ignore: tuple[Text, ...] = Field((), description="columns read past and stored nowhere; `*` at the end is anything")
    skip: tuple[SkipRule, ...] = ()
    unpivot: Unpivot | None = None
    split: tuple[Split, ...] = ()
    join: tuple[Join, ...] = ()
    choose: tuple[Choice, ...] = ()
    period: PeriodPlace | Literal["given"] | None = Field(
        None, description="where the file's name does not say it; `given`: whoever loads the file says so by --period"
    )
    supplier: SupplierColumn | None = None
    location: tuple[Location, ...] = ()
    replaces: Literal["reporting_period", "keys", "nothing"] = Field(
        "reporting_period",
        description="what a later return takes the place of: the whole of its period; records of the same key; nothing",
    )
    companion: CompanionName | None = Field(
        None, description="the file beside it that states control totals, as `{name}.ctl`; until it is there, wait"
    )
    control: tuple[Control, ...] = ()
    expect: Expect = Expect()

    def fills(self) -> Iterator[tuple[str, Column]]:
        """Each column of the file with each field it fills."""
        for header, columns in self.columns.items():
            for column in columns:
                yield header, column

    def made_columns(self) -> list[str]:
        """The columns that unpivoting, splitting, joining and choosing make."""
        made = list(self.unpivot.new_columns) if self.unpivot else []
        for split in self.split:
            made += split.new_columns
        return [*made, *(join.name for join in self.join), *(choice.name for choice in self.choose)]

    def combined_columns(self) -> list[str]:
        """The columns that joining and choosing read, each once."""
        names = [column for join in self.join for column in join.columns]
        return list(dict.fromkeys([*names, *(column for choice in self.choose for column in choice.reads)]))

    def used_columns(self) -> list[str]:
        """The columns that rows are made from, each once: to fill, place or date them, or tell whose they are."""
        names = [*self.columns, *(split.column for split in self.split), *self.combined_columns()]
        for location in self.location:
            names += location.reads
        if isinstance(self.period, PeriodPlace) and self.period.column is not None:
            names.append(self.period.column)
        if self.supplier is not None:
            names.append(self.supplier.column)
        return list(dict.fromkeys(names))

    def needed_columns(self) -> list[str]:
        """The columns the file must have: those used and not made, and those unpivoted if listed."""
        made = set(self.made_columns())
        wide = self.unpivot.columns if self.unpivot else ()
        return list(dict.fromkeys([*(name for name in self.used_columns() if name not in made), *wide]))

    def ignores(self, header: str) -> bool:
        """Whether a column is left out on purpose."""
        return any(header == name or (name[-1] == "*" and header.startswith(name[:-1])) for name in self.ignore)

    @field_validator("columns", mode="before")
    @classmethod
    def _short_form(cls, value: object) -> object:
        """`Header: field` is short for `Header: [{field: field}]`."""
        if isinstance(value, dict):
            return {
                key: [
                    {"field": one} if isinstance(one, str) else one
                    for one in (item if isinstance(item, list) else [item])
                ]
                for key, item in value.items()
            }
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
    retention: Retention
    draft: bool = Field(False, description="a proposal whose questions nobody has answered yet: never loaded")
    boundary_set: SetNames | None = Field(
        None, description="the set an observation's area codes are from, or a list of sets: see the day of the row"
    )
    reconciles: Reconciles | None = Field(
        None,
        description="the dataset whose totals its figures are, as the sender counts",
    )
    versions: tuple[FeedVersion, ...] = Field(min_length=1)

    def needs(self, version: FeedVersion) -> tuple[str, ...]:
        """The kinds of reference data that decide what a version makes of a file: for places, and for area codes."""
        ways = [kind for way in version.location for kind in way.needs]
        return tuple(dict.fromkeys([*ways, *reference_of_sets(self.boundary_set or ())]))

    @field_validator("reconciles", mode="before")
    @classmethod
    def _short_form(cls, value: object) -> object:
        """`reconciles: crime` is short for `reconciles: {dataset: crime}`."""
        return {"dataset": value} if isinstance(value, str) else value

    @field_validator("versions")
    @classmethod
    def _dated_apart(cls, versions: tuple[FeedVersion, ...]) -> tuple[FeedVersion, ...]:
        starts = [version.valid_from for version in versions]
        if starts != sorted(set(starts)):
            raise ValueError("versions stand in date order, each with its own `valid_from`")
        return versions
