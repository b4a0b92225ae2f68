"""Our own recorded changes to a partner's rows: `partners/<partner>/corrections.yml`.

Each says which rows it is about, what they say now, what they should say, why, and who said so. It holds only while the
source is wrong. What does not belong here: the checks against the feed (`check_corrections.py`) and the changing of
rows (`pipelines/harmonise/corrections.py`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Annotated

from pydantic import BeforeValidator, Field, model_validator

from pipelines.specs.base import Day, Name, PeriodType, Spec, SupplierName, Text
from pipelines.specs.periods import period_start


def _as_written(value: object) -> object:
    """A cell's text. YAML reads `01`, `5` and `yes` as numbers and truths: what the partner wrote would be lost."""
    if not isinstance(value, str):
        raise ValueError('a cell is a text: put it in quotation marks (`""` is an empty cell)')
    return value.strip()


Cell = Annotated[str, BeforeValidator(_as_written)]


class Correction(Spec):
    """One recorded change to a partner's rows. It fails once the source is right, or matches other rows than it did."""

    id: Name = Field(description="a name of its own in the file")
    dataset: Name = Field(description="the partner's feed: `crime` for `crime.yml`")
    period: Day = Field(description="the reporting period it is about, by its first day: `2014-05` or `2014-05-05`")
    supplier: SupplierName | None = Field(None, description="whose rows; needed where the partner has several")
    match: dict[Text, Cell] = Field(min_length=1, description="columns as the partner heads them, and their texts")
    expect: dict[Text, Cell] = Field({}, description="what those rows say now, wrongly: each column that is changed")
    rows: int = Field(1, ge=1, description="how many rows it must match")
    change: dict[Text, Cell] = Field({}, description="columns, and what they should say, in the partner's own codes")
    leave_out: bool = Field(False, description="or `true`: the rows are left out")
    reason: Text
    reported_by: Text = Field(description="a role, not a person's name")
    reported_on: Day

    @model_validator(mode="after")
    def _one_change(self) -> Correction:
        if bool(self.change) == self.leave_out:
            raise ValueError("give either `change` or `leave_out: true`")
        missing = [column for column in self.change if column not in self.expect]
        if missing:
            raise ValueError(f'`expect` does not say what "{missing[0]}" says now; it names every column of `change`')
        same = [column for column, text in self.change.items() if self.expect[column] == text]
        if same:
            raise ValueError(f'`change` leaves "{same[0]}" as `expect` has it')
        apart = [column for column, text in self.match.items() if self.expect.get(column, text) != text]
        if apart:
            raise ValueError(f'`match` and `expect` say different things of "{apart[0]}": no row can be both')
        return self

    @property
    def columns(self) -> list[str]:
        """Every column it looks at."""
        return list(dict.fromkeys([*self.match, *self.expect]))

    def concerns(self, kind: PeriodType, period: date | None, supplier: str) -> bool:
        """Whether it may be about a delivery.

        Args:
            kind: the feed's calendar.
            period: the period declared of the whole delivery; None where each row says its own.
            supplier: whom the whole speaks for; empty where each row says so.
        """
        is_then = period is None or period_start(kind, period) == period_start(kind, self.period)
        return is_then and (not supplier or self.supplier in (None, supplier))


@dataclass(frozen=True)
class Recorded:
    """A correction and where it stands: the file as a person would type it, the entry's line, its index in the list."""

    correction: Correction
    file: str
    line: int
    index: int

    @property
    def place(self) -> str:
        """As messages name it: `partners/x/corrections.yml:3: id`."""
        return f"{self.file}:{self.line}: {self.correction.id}"


def concerning(
    recorded: Iterable[Recorded], dataset: str, kind: PeriodType, period: date | None, supplier: str
) -> list[Recorded]:
    """Those of a partner's corrections that may be about a delivery of one of its datasets (`Correction.concerns`)."""
    return [
        item
        for item in recorded
        if item.correction.dataset == dataset and item.correction.concerns(kind, period, supplier)
    ]
