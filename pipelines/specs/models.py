"""The shape of the other spec files: datasets, partners, code lists and maps, indicators.

A key that is not here is an error; the field names are what a data officer reads. What does not belong here: checks
that need more than one file (`check.py`), and reading (`load.py`).
"""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Literal

from pydantic import Field, field_validator, model_validator

from pipelines.specs.base import Day, Name, PeriodType, Spec, SupplierName, Text, regex


class Sensitivity(StrEnum):
    """How far a value may travel. A direct identifier is never stored past landing."""

    IDENTIFIER = "identifier"
    QUASI_IDENTIFIER = "quasi_identifier"
    SENSITIVE = "sensitive"
    PLAIN = "plain"


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
        return regex(value)


class Dataset(Spec):
    """A canonical kind of record or return, whoever sends it."""

    title: Text
    description: Text
    shape: Literal["event", "observation"]
    key: tuple[Name, ...] = Field((), description="fields that tell one record from another; none: content tells")
    clock: Name | None = Field(None, description="the interval field that dates an event")
    category: Name | None = Field(None, description="the code field an event is counted by")
    outcome: Name | None = Field(None, description="the code field that says how an event ended")
    additive: bool | tuple[Text, ...] = Field(
        False, description="of figures: whether those of two areas add up to that of both; or which measures do"
    )
    fields: dict[Name, DatasetField]


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
