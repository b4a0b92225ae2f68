"""The recording profile of a feed: what its figures mean, and so which of them may be added up or compared."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from pipelines.specs.base import Day, Name, Spec, SupplierName, Text


class Break(Spec):
    """A change of practice, system or definition, after which figures are not those of before."""

    on: Day = Field(description="the first day recorded the new way")
    what: Text = Field(description="what was changed, as a reader of the figures should know it")
    compares: bool = Field(
        False, description="whether figures from then on may be compared with earlier ones all the same"
    )
    supplier: SupplierName | None = Field(
        None, description="whose recording it was, where the partner sends for several"
    )


class Recording(Spec):
    """What is counted, by which clock, what the location means, and from when on, and how far, figures compare."""

    unit: Name
    clock: Literal["occurred", "reported", "closed", "snapshot", "month"]
    place: Literal["incident", "snap_point", "home", "school", "premises", "office", "area"]
    includes: tuple[Text, ...] = Field((), description="what is counted and what is not, a sentence each")
    covers_from: Day | None = Field(None, description="the day from which the figures are whole; else from the first")
    breaks: tuple[Break, ...] = Field((), description="known changes of recording, in the order of their days")
    note: Text | None = None

    def breaks_of(self, supplier: str) -> list[Break]:
        """The changes in what this supplier sends that figures cannot be compared across."""
        return [item for item in self.breaks if not item.compares and item.supplier in (None, supplier)]
