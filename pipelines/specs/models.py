"""The shape of the other spec files: datasets, partners, code lists and maps, indicators.

A key that is not here is an error; the field names are what a data officer reads. What does not belong here: checks
that need more than one file (`check.py`), and reading (`load.py`).
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from pipelines.specs.base import Day, Name, PeriodType, Spec, SupplierName, Text, regex


class Sensitivity(StrEnum):
    """How far a value may travel. A direct identifier is never stored past landing."""

    IDENTIFIER = "identifier"
    QUASI_IDENTIFIER = "quasi_identifier"
    SENSITIVE = "sensitive"
    PLAIN = "plain"


class Pseudonym(Spec):
    """How an identifier is kept: as a keyed pseudonym, the same for the same text under the same key."""

    purpose: Name = Field(description="what it is kept for; each purpose has a key of its own")
    normalise: Literal["text", "letters_and_digits", "digits"] = Field(
        description="what of it counts: its words whatever their case, its letters and digits, or its digits alone"
    )


class DatasetField(Spec):
    """One field of a dataset's canonical contract."""

    type: Literal["text", "code", "interval", "date", "integer", "number", "free_text"]
    sensitivity: Sensitivity
    special_category: bool = Field(
        description="whether it tells of a person's health, origin, belief or sex life (UK GDPR, Article 9)"
    )
    criminal_offence: bool = Field(
        description="whether it tells of offences or of what was done about them (UK GDPR, Article 10)"
    )
    pseudonym: Pseudonym | None = Field(None, description="of an identifier: how it is kept; none means it is dropped")
    description: Text
    required: bool = False
    list: Name | None = Field(None, description="the shared code list a `code` field is written in")
    min: float | None = None
    max: float | None = None
    pattern: str | None = Field(None, description="a regular expression the whole text must match")
    thresholds: tuple[Annotated[float, Field(gt=0)], ...] = Field(
        (), description="of a number: where something begins to apply, so that figures may crowd there (`threshold`)"
    )

    @model_validator(mode="after")
    def _thresholds_are_of_numbers(self) -> DatasetField:
        if self.thresholds and self.type not in ("integer", "number"):
            raise ValueError("only a field of type `integer` or `number` has `thresholds`")
        return self

    @model_validator(mode="after")
    def _code_has_list(self) -> DatasetField:
        if (self.type == "code") != (self.list is not None):
            raise ValueError("a field of type `code` names its `list`, and only such a field does")
        return self

    @model_validator(mode="after")
    def _identifiers_become_pseudonyms(self) -> DatasetField:
        if self.pseudonym is not None and (self.sensitivity is not Sensitivity.IDENTIFIER or self.type != "text"):
            raise ValueError("only an `identifier` of type `text` is kept as a `pseudonym`")
        if self.type == "free_text" and self.sensitivity is not Sensitivity.SENSITIVE:
            raise ValueError("nobody knows what stands in a free text: its sensitivity is `sensitive`")
        return self

    @property
    def is_stored(self) -> bool:
        """Whether anything of it is kept past reading: an identifier only as a pseudonym."""
        return self.sensitivity is not Sensitivity.IDENTIFIER or self.pseudonym is not None

    @field_validator("pattern")
    @classmethod
    def _pattern_compiles(cls, value: str | None) -> str | None:
        return regex(value)


class Dataset(Spec):
    """A canonical kind of record or return, whoever sends it."""

    title: Text
    description: Text
    shape: Literal["event", "observation", "asset", "response"]
    persons: bool = Field(description="whether a row is about a person, named or not: such rows are personal data")
    key: tuple[Name, ...] = Field((), description="fields that tell one record from another; none: content tells")
    clock: Name | None = Field(None, description="the interval field that dates an event")
    category: Name | None = Field(None, description="the code field an event is counted by")
    outcome: Name | None = Field(None, description="the code field that says how an event ended")
    additive: bool | tuple[Text, ...] = Field(
        False, description="of figures: whether those of two areas add up to that of both; or which measures do"
    )
    fields: dict[Name, DatasetField]

    @property
    def is_placed(self) -> bool:
        """Whether a row stands somewhere of its own: a figure is of an area, and says which."""
        return self.shape != "observation"


class Contact(Spec):
    """Whom to ask at a partner: a role and an office address, never a named person's private details."""

    role: Text
    email: Text | None = None


class Supplier(Spec):
    """Whom a delivery speaks for, and for which areas."""

    title: Text
    speaks_for: tuple[Text, ...] = Field((), description="GSS codes of the areas this supplier speaks for")
    expected_from: Day | None = Field(None, description="a day in the first period it is expected in; else always")
    expected_to: Day | None = Field(None, description="a day in the last period it is expected in; else for ever")

    @model_validator(mode="after")
    def _in_order(self) -> Supplier:
        if self.expected_from and self.expected_to and self.expected_to < self.expected_from:
            raise ValueError("`expected_to` comes before `expected_from`")
        return self

    def is_expected(self, first: date, last: date) -> bool:
        """Whether a return is expected of it for a period from `first` to `last`."""
        return (self.expected_from is None or self.expected_from <= last) and (
            self.expected_to is None or first <= self.expected_to
        )


class Partner(Spec):
    """An agency that sends data."""

    title: Text
    description: Text
    contact: Contact
    suppliers: dict[SupplierName, Supplier] = Field(min_length=1)


class _Dated(Spec):
    """What holds from one day to another, both included; without them, always."""

    valid_from: Day | None = None
    valid_to: Day | None = None

    @model_validator(mode="after")
    def _dates_in_order(self) -> Self:
        if self.valid_from and self.valid_to and self.valid_to < self.valid_from:
            raise ValueError(f"`valid_to` ({self.valid_to}) comes before `valid_from` ({self.valid_from})")
        return self

    @property
    def first_day(self) -> date:
        """The first day it holds; the earliest there is, where it says none."""
        return self.valid_from or date.min

    @property
    def last_day(self) -> date:
        """The last day it holds; the latest there is, where it says none."""
        return self.valid_to or date.max

    def holds_on(self, day: date) -> bool:
        """Whether it holds on a day."""
        return self.first_day <= day <= self.last_day

    def shares_days_with(self, other: _Dated) -> bool:
        """Whether there is a day on which both hold."""
        return self.first_day <= other.last_day and other.first_day <= self.last_day


class Code(_Dated):
    """One code of a shared scheme."""

    code: Text
    label: Text
    parent: Text | None = None
    lower: int | None = Field(None, description="of a band: the lowest value in it")
    upper: int | None = Field(None, description="of a band: the highest value in it; none where it is open")
    description: str | None = None


class ListSource(Spec):
    """Where a code list comes from: one line of `codelists/sources.csv`."""

    list: Name
    publisher: Text
    title: Text
    edition: str | None = None
    note: str | None = Field(None, description="what in the list is not the publisher's, and what was left out")


class CodeMapEntry(_Dated):
    """One of a partner's codes and its way into the shared scheme; `ignore` leaves such rows out on purpose.

    `match` says which texts the line is about: `exact`, the text as it stands; `folded`, that text whatever its case
    and however wide its blanks; `contains`, any text it stands in, folded too; `regex`, any text that fits it whole.
    Until both `agreed_by` and `agreed_on` are there the line is proposed, and its rows are kept out.
    """

    raw: str
    match: Literal["exact", "folded", "contains", "regex"] = "exact"
    action: Literal["map", "ignore"] = "map"
    code: Text | None = None
    agreed_by: Text | None = Field(None, description="who at the partner agreed to the line: a role, or a document")
    agreed_on: Day | None = None
    note: str | None = None

    @model_validator(mode="after")
    def _code_if_mapped(self) -> CodeMapEntry:
        if (self.action == "map") != (self.code is not None):
            raise ValueError("a mapped code names its `code`; an ignored one has none")
        return self

    @model_validator(mode="after")
    def _agreed_by_somebody_some_day(self) -> CodeMapEntry:
        if (self.agreed_by is None) != (self.agreed_on is None):
            missing = "agreed_by" if self.agreed_by is None else "agreed_on"
            raise ValueError(f"`{missing}` is missing: an agreed line says who agreed to it and on which day")
        return self

    @property
    def is_agreed(self) -> bool:
        """Whether somebody at the partner has agreed to it; else it is proposed."""
        return self.agreed_by is not None

    @property
    def names_text(self) -> bool:
        """Whether it is about one text, which it names whole; else about any that is like its own."""
        return self.match in ("exact", "folded")

    @property
    def text(self) -> str:
        """What texts are held against: of `folded` and `contains` it is folded, as those texts are."""
        return folded(self.raw) if self.match in ("folded", "contains") else self.raw.strip()

    def same_result(self, other: CodeMapEntry) -> bool:
        """Whether it makes of a text what the other does."""
        return (self.action, self.code) == (other.action, other.code)


def folded(text: str) -> str:
    """A text without what writers of one code differ in: its case, and how wide its blanks are.

    >>> folded("  Burnt   OUT car ")
    'burnt out car'
    """
    return " ".join(text.split()).casefold()


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
    allows: tuple[Literal["breaks", "clocks"], ...] = Field(
        (), description="what a value may be added up across, with a note, in place of being refused"
    )
    caveats: Text | None = None
