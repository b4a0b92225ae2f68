"""What a partner replies to a signal about its recording: `partners/<partner>/replies.yml`.

What does not belong here: the checks against the feeds (`check_replies.py`) and the signals (`pipelines/signals/`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from pydantic import Field

from pipelines.specs.base import Day, Name, Spec, SupplierName, Text

Kind = Literal["category_shift", "heaping", "threshold", "month_end", "delay_change", "missing_rising"]
SIGNALS: tuple[Kind, ...] = get_args(Kind)


class Reply(Spec):
    """A partner's reply to the signals of one kind in one of its returns."""

    signal: Kind = Field(description="the signal, as the table `recording_signals` names it")
    dataset: Name = Field(description="the partner's feed: `crime` for `crime.yml`")
    period: Day = Field(description="the reporting period it is about, by its first day: `2014-05` or `2014-05-05`")
    supplier: SupplierName | None = Field(None, description="whose return; needed where the partner has several")
    concerns: Text | None = Field(
        None, description="which of several such signals, by the table's `concerns`; else all"
    )
    reply: Text = Field(description="what the partner says of it")
    replied_by: Text = Field(description="a role, not a person's name")
    replied_on: Day

    @property
    def about(self) -> tuple[object, ...]:
        """What it is about: two replies to the same are one too many."""
        return (self.signal, self.dataset, self.period, self.supplier, self.concerns)


@dataclass(frozen=True)
class Replied:
    """A reply and where it stands: its line, and its index in the list."""

    reply: Reply
    line: int
    index: int
