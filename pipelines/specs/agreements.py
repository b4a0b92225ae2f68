"""Agreements of two partners that their records may be compared: `ingest_specs/agreements.yml`.

What may be compared is counted and never merged, and only while both have signed and the agreement is in force.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from pydantic import Field, model_validator

from pipelines.specs.base import Day, Name, Spec, Text, written

FeedName = Annotated[str, written(r"^[a-z][a-z0-9_]*/[a-z][a-z0-9_]*$", "`partner/dataset`")]


class Agreement(Spec):
    """What two partners have agreed may be compared, how near records have to be, and who at each agreed to it."""

    between: tuple[FeedName, FeedName] = Field(description="the two feeds, as `[police/crime, hospital/attendance]`")
    categories: dict[FeedName, tuple[Text, ...]] = Field(
        {}, description="of either feed, the codes whose records may be compared; without it, all"
    )
    within_m: int = Field(ge=1, le=10_000, description="how near in metres, besides what their squares leave open")
    within_hours: int = Field(ge=0, le=168, description="how near in time, in hours")
    agreed_by: dict[Name, Text] = Field({}, description="partner, and the role that signed for it; both must have")
    agreed_on: Day = Field(description="the day from which it holds")
    valid_to: Day | None = Field(None, description="the last day it holds; without it, until it is taken out")

    @model_validator(mode="after")
    def _fits_together(self) -> Agreement:
        first, second = self.partners
        if first == second:
            raise ValueError(f"`between` names two partners; both of these feeds are of {first}")
        for name in self.categories:
            if name not in self.between:
                raise ValueError(f'`categories` names "{name}", which is not one of `between`')
        for name in self.agreed_by:
            if name not in self.partners:
                raise ValueError(f'`agreed_by` names "{name}", which is neither {first} nor {second}')
        if self.valid_to is not None and self.valid_to < self.agreed_on:
            raise ValueError("`valid_to` comes before `agreed_on`")
        return self

    @property
    def partners(self) -> tuple[str, str]:
        """Whose the two feeds are."""
        first, second = (name.partition("/")[0] for name in self.between)
        return first, second

    @property
    def unsigned(self) -> list[str]:
        """The partners that have not signed."""
        return [name for name in self.partners if name not in self.agreed_by]

    def holds_on(self, day: date) -> bool:
        """Whether both have signed and it is in force on a day."""
        return not self.unsigned and self.agreed_on <= day and (self.valid_to is None or day <= self.valid_to)


@dataclass(frozen=True)
class Declared:
    """An agreement and where it stands: its index in the list."""

    agreement: Agreement
    index: int


def in_force(declared: Iterable[Declared], day: date) -> list[Agreement]:
    """The agreements that hold on a day, in a steady order."""
    return sorted((item.agreement for item in declared if item.agreement.holds_on(day)), key=lambda item: item.between)
